-- policy_apply(policy, at) -> what
--
-- Purpose:    makes the policy file's contents hold, all of it or nothing. What the policy no longer names is retired;
--             open clocks stay on the versions they began with.
-- Parameters: policy  {"risks": [{"name","signal","enter":{"operator","value"},"clear":{"operator","value"},"hold_s",
--                       "action","severity","enter_observations","enter_apart_s","clear_observations",
--                       "clear_apart_s","dwell_s","flaps","drop":{"points","within_s"},"date",
--                       "lapse_s","confirm"}],
--                      "calendars": [{"name","time_zone","weekly_hours","holidays"}],
--                      "slas": [as in sla_policy_define],
--                      "approvals": [as in approval_define],
--                      "kinds": [{"name","audience","severity","follows":[...],"mutes":[...]}],
--                      "routes": [{"name","kinds":[...],"channel","severities","regions","segments","owners","to"}],
--                      "settings": {"name": value}};
--                     a section that is absent is left as it is, an empty one retires all;
--             at      now.
-- Returns:    one line of text per change, in the order they were made; none when nothing changed.
--             Raises 22023 naming the entry, the value and what would be right.
-- Writes:     calendar, calendar_span, what calendar_follow writes, sla_policy, what approval_define writes, message_kind, route, risk_rule, policy_setting, audit_log; and what risk_evaluate
--             writes, when a rule or a setting changed.
CREATE OR REPLACE FUNCTION advocacy.policy_apply(policy jsonb, at timestamptz DEFAULT now())
RETURNS TABLE (what text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	changes text[] := '{}';
	problem text;
	entry   record;
	newest  bigint;
	defined bigint;
	causes  bigint[];
	renewed bigint[] := '{}'; -- new versions of calendars
BEGIN
	problem := advocacy.policy_problem(policy);
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'the policy can''t be applied: %', problem USING ERRCODE = '22023';
	END IF;
	PERFORM advocacy.sync_lock();

	FOR entry IN SELECT p.name, p.time_zone, p.weekly_hours, p.holidays
	             FROM jsonb_to_recordset(policy -> 'calendars')
	                  AS p (name text, time_zone text, weekly_hours jsonb, holidays date[]) ORDER BY p.name LOOP
		SELECT max(c.calendar_id) INTO newest FROM advocacy.calendar AS c WHERE c.name = entry.name;
		defined := advocacy.calendar_renew(entry.name, entry.time_zone, entry.weekly_hours, entry.holidays, at);
		IF defined IS DISTINCT FROM newest THEN
			renewed := renewed || defined;
			changes := changes || format('calendar %s: version %s', entry.name,
				(SELECT c.version FROM advocacy.calendar AS c WHERE c.calendar_id = defined));
		END IF;
	END LOOP;

	IF policy ? 'slas' THEN
		FOR entry IN
			UPDATE advocacy.sla_policy AS s SET active = false
			WHERE s.active AND s.name NOT IN (SELECT p.value ->> 'name' FROM jsonb_array_elements(policy -> 'slas') AS p)
			RETURNING s.name
		LOOP
			changes := changes || format('sla %s: retired', entry.name);
		END LOOP;
		FOR entry IN SELECT p.value FROM jsonb_array_elements(policy -> 'slas') AS p ORDER BY p.value ->> 'name' LOOP
			changes := changes || advocacy.sla_policy_define(entry.value, at);
		END LOOP;
		changes := array_remove(changes, NULL);
	END IF;

	IF policy ? 'kinds' THEN
		WITH gone AS (
			DELETE FROM advocacy.message_kind AS k
			WHERE k.kind NOT IN (SELECT p.value ->> 'name' FROM jsonb_array_elements(policy -> 'kinds') AS p)
			RETURNING k.kind
		), defined AS (
			INSERT INTO advocacy.message_kind AS k (kind, audience, severity, follows, mutes)
			SELECT p.name, p.audience, p.severity, coalesce(p.follows, '{}'), coalesce(p.mutes, '{}')
			FROM jsonb_to_recordset(policy -> 'kinds')
			     AS p (name text, audience text, severity text, follows text[], mutes text[])
			ORDER BY p.name
			ON CONFLICT (kind) DO UPDATE SET audience = excluded.audience, severity = excluded.severity,
				follows = excluded.follows, mutes = excluded.mutes
			WHERE (k.audience, k.severity, k.follows, k.mutes)
				IS DISTINCT FROM (excluded.audience, excluded.severity, excluded.follows, excluded.mutes)
			RETURNING k.kind
		)
		SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM defined) INTO newest;
		IF newest > 0 THEN
			changes := changes || format('messages: %s kinds are told otherwise', newest);
		END IF;
	END IF;

	IF policy ? 'routes' THEN
		FOR entry IN
			DELETE FROM advocacy.route AS r
			WHERE r.route NOT IN (SELECT p.value ->> 'name' FROM jsonb_array_elements(policy -> 'routes') AS p)
			RETURNING r.route
		LOOP
			changes := changes || format('route %s: retired', entry.route);
		END LOOP;
		FOR entry IN
			INSERT INTO advocacy.route AS r (route, kinds, channel, severities, regions, segments, owners, recipient)
			SELECT p.name, p.kinds, p.channel, p.severities, p.regions, p.segments,
			       (SELECT array_agg(lower(o.owner)) FROM unnest(p.owners) AS o (owner)), coalesce(p.to, 'channel')
			FROM jsonb_to_recordset(policy -> 'routes') AS p (name text, kinds text[], channel text, severities text[],
			                                                  regions text[], segments text[], owners text[], "to" text)
			ORDER BY p.name
			ON CONFLICT (route) DO UPDATE SET kinds = excluded.kinds, channel = excluded.channel,
				severities = excluded.severities, regions = excluded.regions, segments = excluded.segments,
				owners = excluded.owners, recipient = excluded.recipient
			WHERE (r.kinds, r.channel, r.severities, r.regions, r.segments, r.owners, r.recipient)
				IS DISTINCT FROM (excluded.kinds, excluded.channel, excluded.severities, excluded.regions,
				                  excluded.segments, excluded.owners, excluded.recipient)
			RETURNING r.route, r.kinds, r.channel
		LOOP
			changes := changes || format('route %s: %s to %s', entry.route, array_to_string(entry.kinds, ', '),
			                             entry.channel);
		END LOOP;
	END IF;

	IF policy ? 'settings' THEN
		FOR entry IN
			SELECT s.name, NULL::jsonb AS value FROM advocacy.policy_setting AS s
			WHERE NOT coalesce((policy -> 'settings') ? s.name, false)
			UNION ALL
			SELECT p.key, p.value FROM jsonb_each(policy -> 'settings') AS p
			ORDER BY 1
		LOOP
			IF advocacy.policy_setting_define(entry.name, entry.value, at) THEN
				changes := changes || format('setting %s: %s', entry.name, coalesce(entry.value::text, 'default'));
			END IF;
		END LOOP;
	END IF;

	IF policy ? 'risks' THEN
		FOR entry IN
			SELECT r.rule FROM advocacy.risk_rule AS r
			WHERE r.active AND r.rule NOT IN (SELECT p.value ->> 'name' FROM jsonb_array_elements(policy -> 'risks') AS p)
			ORDER BY r.rule
		LOOP
			PERFORM advocacy.risk_rule_retire(entry.rule, at);
			changes := changes || format('risk %s: retired', entry.rule);
		END LOOP;
		FOR entry IN
			SELECT p.name, p.signal, p.enter ->> 'operator' AS enter_operator, (p.enter ->> 'value')::numeric AS enter_value,
			       p.clear ->> 'operator' AS clear_operator, (p.clear ->> 'value')::numeric AS clear_value,
			       make_interval(secs => coalesce(p.hold_s, 0)) AS clear_hold,
			       coalesce(p.action, 'suspend') AS action, coalesce(p.severity, 'soft') AS severity,
			       coalesce(p.enter_observations, 1) AS enter_observations,
			       make_interval(secs => coalesce(p.enter_apart_s, 0)) AS enter_apart,
			       coalesce(p.clear_observations, 1) AS clear_observations,
			       make_interval(secs => coalesce(p.clear_apart_s, 0)) AS clear_apart,
			       make_interval(secs => coalesce(p.dwell_s, 0)) AS dwell, coalesce(p.flaps, 0) AS flaps,
			       (p.drop ->> 'points')::numeric AS drop_points,
			       make_interval(secs => (p.drop ->> 'within_s')::bigint) AS drop_within, p.date AS date_side,
			       make_interval(secs => p.lapse_s) AS lapse, coalesce(p.confirm, false) AS confirm
			FROM jsonb_to_recordset(policy -> 'risks')
			     AS p (name text, signal text, enter jsonb, clear jsonb, hold_s bigint, action text, severity text,
			           enter_observations integer, enter_apart_s bigint, clear_observations integer,
			           clear_apart_s bigint, dwell_s bigint, flaps integer, drop jsonb, date text, lapse_s bigint,
			           confirm boolean)
			ORDER BY p.name
		LOOP
			IF advocacy.risk_rule_define(entry.name, entry.signal, entry.enter_operator, entry.enter_value,
			                             entry.clear_operator, entry.clear_value, entry.clear_hold, entry.action,
			                             entry.severity, entry.enter_observations, entry.enter_apart,
			                             entry.clear_observations, entry.clear_apart, entry.dwell, entry.flaps,
			                             entry.drop_points, entry.drop_within, entry.date_side, entry.lapse, entry.confirm, at) THEN
				changes := changes || format('risk %s: version %s', entry.name,
					(SELECT r.version FROM advocacy.risk_rule AS r WHERE r.rule = entry.name));
			END IF;
		END LOOP;
	END IF;

	-- Changed rules hold for what is known already.
	IF EXISTS (SELECT FROM unnest(changes) AS c (line) WHERE c.line LIKE 'risk %' OR c.line LIKE 'setting %') THEN
		IF EXISTS (SELECT FROM advocacy.risk_rule AS r WHERE r.active AND r.signal = 'oldest_open_case_at')
		   AND EXISTS (SELECT FROM unnest(changes) AS c (line) WHERE c.line LIKE 'risk %') THEN
			PERFORM advocacy.signal_refresh_escalations(
				(SELECT array_agg(DISTINCT c.account_id) FROM advocacy.support_case AS c WHERE c.account_id IS NOT NULL), at);
			TRUNCATE pg_temp.work_evaluate;
		END IF;
		causes := advocacy.risk_evaluate_contacts(ARRAY(SELECT a.advocate_id FROM advocacy.advocate AS a
			WHERE a.retired_at IS NULL ORDER BY 1), at);
		PERFORM FROM advocacy.risk_evaluate(NULL, at);
		PERFORM advocacy.request_follow_causes(causes, at);
	END IF;
	-- It locks requests: after all that locks advocates.
	IF policy ? 'approvals' THEN
		changes := changes || ARRAY(SELECT a.line FROM advocacy.approval_define(policy -> 'approvals', at) AS a (line));
	END IF;
	-- Clocks come after their requests: what is judged above suspends advocates, and moves their requests.
	PERFORM advocacy.calendar_follow(renewed, at);
	IF cardinality(changes) > 0 THEN
		INSERT INTO advocacy.audit_log (at, actor, action, subject, details)
		VALUES (at, session_user, 'policy_apply', 'policy', jsonb_build_object('changes', to_jsonb(changes)));
		PERFORM pg_notify('advocacy_deadline', '');
	END IF;
	RETURN QUERY SELECT c.line FROM unnest(changes) AS c (line);
END
$$;

COMMENT ON FUNCTION advocacy.policy_apply(jsonb, timestamptz) IS
	'Makes a policy hold, all of it or nothing; answers one line per change, none when nothing changed.';
