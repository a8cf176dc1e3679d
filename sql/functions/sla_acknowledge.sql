-- sla_acknowledge(clock, note, actor, at) -> void
--
-- Purpose:    somebody is at what is late: nobody further is asked. If it isn't done by the time the promise's repeat says, the
--             ladder begins anew.
-- Parameters: clock  clock_id; note  what will be done; actor  the person, NULL for session_user; at  when.
-- Returns:    nothing. Raises P0002 for an unknown clock, 55000 for one that isn't late or has ended.
-- Writes:     clock_event, sla_clock, audit_log, outbox (sla_acknowledged). Notifies advocacy_deadline.
CREATE OR REPLACE FUNCTION advocacy.sla_acknowledge(
	clock bigint, note text DEFAULT NULL, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	who  constant text := coalesce(nullif(btrim(sla_acknowledge.actor), ''), session_user);
	this advocacy.sla_clock;
BEGIN
	PERFORM advocacy.time_refuse(sla_acknowledge.at);
	SELECT k.* INTO this FROM advocacy.sla_clock AS k WHERE k.clock_id = sla_acknowledge.clock FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no clock %', coalesce(sla_acknowledge.clock::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'advocacy.sla_report lists the clocks.';
	END IF;
	IF this.ended_at IS NOT NULL OR this.breached_at IS NULL THEN
		RAISE EXCEPTION 'clock % (%) is %: there is nothing to acknowledge', this.clock_id, this.metric,
				CASE WHEN this.ended_at IS NOT NULL THEN this.state ELSE 'in time' END
			USING ERRCODE = '55000', HINT = 'What is late and not done yet can be acknowledged.';
	END IF;
	this := advocacy.clock_log(this, 'acknowledge', at, at, sla_acknowledge.note, jsonb_build_object('actor', who));
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (at, who, 'sla_acknowledge', 'clock ' || this.clock_id, sla_acknowledge.note,
	        jsonb_build_object('metric', this.metric, 'subject', this.subject_kind || ' ' || this.subject_id, 'role', session_user));
	PERFORM advocacy.clock_tell(this, 'sla_acknowledged', at,
		jsonb_build_object('acknowledged_by', who, 'note', sla_acknowledge.note, 'pass', this.ladder_pass));
	PERFORM pg_notify('advocacy_deadline', '');
END
$$;

COMMENT ON FUNCTION advocacy.sla_acknowledge(bigint, text, text, timestamptz) IS
	'Says that somebody is at what is late: nobody further is asked until the promise''s repeat.';
