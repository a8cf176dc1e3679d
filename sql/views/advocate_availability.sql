-- advocate_availability: who may be asked right now, and if not, why. Unknown is not available.
-- The same rules as explain_advocate, which has the evidence. No address of anybody.
CREATE OR REPLACE VIEW advocacy.advocate_availability AS
SELECT a.advocate_id, n.name, coalesce(t.name, t.source || ' ' || t.remote_id) AS account, a.account_id,
       w.reasons || k.capped = '{}' AS available, w.reasons || k.capped AS reasons,
       -- The worst of all that is open.
       CASE WHEN o.consent OR c.opted_out THEN 'withdrawn'
            WHEN a.retired_at IS NOT NULL OR t.deleted OR o.left_company THEN 'left'
            WHEN o.ineligible OR NOT g.allowed THEN 'ineligible'
            WHEN o.suspended THEN 'suspended'
            WHEN w.reasons || k.capped = '{}' THEN 'eligible'
            WHEN cardinality(w.reasons) = o.cautions THEN 'caution'
            ELSE 'hold' END AS state,
       k.capped, w.reasons AS others
  FROM advocacy.advocate AS a
  JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
  LEFT JOIN advocacy.account AS t ON t.account_id = a.account_id
 CROSS JOIN LATERAL (
	SELECT coalesce(nullif(btrim(concat_ws(' ', c.first_name, c.last_name)), ''), 'contact ' || c.remote_id) AS name) AS n
 CROSS JOIN LATERAL (
	SELECT CASE WHEN bool_or(f.known) THEN NULL
	            WHEN count(*) > 0 THEN max(f.until)
	            WHEN EXISTS (SELECT FROM advocacy.risk_rule AS u WHERE u.active AND u.signal = 'health_score')
	            THEN t.created_at END AS unknown_since
	  FROM (SELECT s.value IS NOT NULL AND y.last_success_at >= now() - o.stale_after AS known,
	               CASE WHEN s.value IS NULL THEN s.observed_at
	                    ELSE coalesce(y.last_success_at + o.stale_after, s.observed_at) END AS until
	          FROM advocacy.signal AS s
	          JOIN advocacy.source_status AS o ON o.source = s.source
	          LEFT JOIN advocacy.sync_stream AS y ON y.source = s.source AND y.stream = s.stream
	         WHERE s.account_id = a.account_id AND s.name = 'health_score'
	           AND EXISTS (SELECT FROM advocacy.account_source AS x
	                        WHERE x.account_id = s.account_id AND x.source = s.source AND NOT x.deleted)) AS f) AS h
 CROSS JOIN LATERAL (
	SELECT coalesce(bool_or(s.cause = 'consent' OR s.severity = 'withdrawn'), false) AS consent,
	       coalesce(bool_or(s.severity = 'left'), false) AS left_company,
	       coalesce(bool_or(s.severity = 'ineligible'), false) AS ineligible,
	       coalesce(bool_or(s.cause = 'person' AND s.severity IS NULL OR s.severity IN ('soft', 'hard')), false) AS suspended,
	       count(*) FILTER (WHERE s.severity = 'caution') AS cautions
	  FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id AND s.closed_at IS NULL) AS o
 -- As consent_allows for any activity; written out, since a reader may not read the table.
 CROSS JOIN LATERAL (
	SELECT coalesce(bool_or(x.given_at <= now() AND x.until > now()
	                        AND NOT EXISTS (SELECT FROM advocacy.consent AS w
	                                         WHERE w.contact_id = ANY (a.former_contacts || a.contact_id)
	                                           AND w.scope IN ('all', x.scope) AND w.withdrawn_at >= x.given_at
	                                           AND (w.given_at IS NULL OR w.consent_id = x.consent_id))), false)
	       OR ((SELECT p.value FROM advocacy.policy_setting AS p WHERE p.name = 'consent') = '"enrolment"'
	           AND NOT coalesce(bool_or(x.scope = 'all'), false)) IS TRUE AS allowed
	  FROM advocacy.consent AS x WHERE x.contact_id = ANY (a.former_contacts || a.contact_id)) AS g
 CROSS JOIN LATERAL (
	SELECT array_remove(
		ARRAY[CASE WHEN a.retired_at IS NOT NULL THEN 'retired' END]
		|| ARRAY(SELECT advocacy.suspension_reason(s.cause, s.severity, s.rule)
		           FROM advocacy.suspension AS s
		          WHERE s.advocate_id = a.advocate_id AND s.closed_at IS NULL ORDER BY s.suspension_id)
		|| ARRAY(SELECT coalesce('held: ' || min(r.evidence -> 'held' ->> 'source') FILTER (WHERE r.evidence -> 'held' ? 'observed')
		                         || ' is only observed; a person must approve what it says',
		                format('held: %s advocates would have been suspended at once; a person must decide',
		                       min(r.evidence -> 'held' ->> 'count')))
		           FROM advocacy.risk AS r
		           JOIN advocacy.risk_rule AS u ON u.rule = r.rule AND u.active AND u.action = 'suspend'
		          WHERE r.account_id = a.account_id AND r.cleared_at IS NULL AND r.held_at IS NOT NULL
		            AND a.retired_at IS NULL
		            AND NOT EXISTS (SELECT FROM advocacy.risk_override AS o
		                             WHERE (o.advocate_id = a.advocate_id OR o.account_id = a.account_id)
		                               AND o.ended_at IS NULL AND o.until > now()
		                               AND coalesce(o.rule = r.rule, u.severity NOT IN ('hard', 'ineligible')))
		          GROUP BY r.held_batch ORDER BY r.held_batch)
		|| ARRAY[CASE WHEN NOT g.allowed AND NOT o.consent THEN 'no valid consent' END,
		         CASE WHEN c.opted_out THEN 'opted out' END,
		         CASE WHEN c.missing_since IS NOT NULL AND NOT c.deleted THEN 'missing in ' || c.source END,
		         CASE WHEN a.account_id IS NULL THEN 'not linked to an account'
		              WHEN t.deleted THEN 'account deleted' END,
		         CASE WHEN EXISTS (SELECT FROM advocacy.identity_review AS i
		                            WHERE i.resolved_at IS NULL
		                              AND i.candidates @> jsonb_build_array(jsonb_build_object('account_id', a.account_id)))
		              THEN 'identity in doubt' END,
		         CASE WHEN h.unknown_since < now() - interval '7 days' THEN 'health unknown' END], NULL) AS reasons) AS w
 -- (Joined so that it isn't looked at where nobody asks for it: it takes longer than all else.)
 -- Only of those who were asked within a year, whose account was within a month, or who were reinstated: few.
 LEFT JOIN LATERAL (
	SELECT coalesce(array_agg('resting: ' || y.reason), '{}') AS capped
	  FROM advocacy.advocate_caps(a.advocate_id, NULL, now()) AS y
	 WHERE EXISTS (SELECT FROM advocacy.activity AS v
	                WHERE v.advocate_id = a.advocate_id AND v.status <> 'released' AND v.occurred_at > now() - interval '365 days')
	    OR EXISTS (SELECT FROM advocacy.advocate AS p
	                 JOIN advocacy.activity AS v ON v.advocate_id = p.advocate_id AND v.status <> 'released'
	                WHERE p.account_id = a.account_id AND v.occurred_at > now() - interval '30 days')
	    OR EXISTS (SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id AND s.closed_at IS NOT NULL)) AS k ON true;

COMMENT ON VIEW advocacy.advocate_availability IS
	'Who may be asked right now, and if not, why; unknown is not available. Evidence: explain_advocate().';
COMMENT ON COLUMN advocacy.advocate_availability.advocate_id IS 'The advocate.';
COMMENT ON COLUMN advocacy.advocate_availability.name IS 'First and last name of the contact.';
COMMENT ON COLUMN advocacy.advocate_availability.account IS 'Name of the customer account; NULL when not linked to one.';
COMMENT ON COLUMN advocacy.advocate_availability.account_id IS 'The customer account; NULL when not linked to one.';
COMMENT ON COLUMN advocacy.advocate_availability.available IS 'Whether the advocate may be asked now.';
COMMENT ON COLUMN advocacy.advocate_availability.reasons IS 'What stands against it; empty when available.';
COMMENT ON COLUMN advocacy.advocate_availability.state IS
	'The worst of all that is open, from worst to best: withdrawn, left, ineligible, suspended, hold, caution, eligible.';
COMMENT ON COLUMN advocacy.advocate_availability.capped IS 'Those of the reasons that are caps: the advocate has done enough for now.';
COMMENT ON COLUMN advocacy.advocate_availability.others IS 'Those of the reasons that aren''t caps.';
