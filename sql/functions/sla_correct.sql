-- sla_correct(clock, evidence, ended_at, actor, at) -> void
--
-- Purpose:    takes back a breach, with evidence: the truth reached us late, and what was owed had been done before. What is
--             late and still runs is corrected by the move itself, made with its true time.
-- Parameters: clock  clock_id; evidence  what shows it; ended_at  when it truly ended;
--             actor  the person, NULL for session_user; at  now.
-- Returns:    nothing. Raises P0002 for an unknown clock, 55000 for one that didn't end late, 22023 without evidence and for
--             an ended_at that is missing, or lies before the start or after the breach.
-- Writes:     clock_event, sla_clock, audit_log, outbox (sla_corrected). Notifies advocacy_deadline.
CREATE OR REPLACE FUNCTION advocacy.sla_correct(
	clock bigint, evidence text, ended_at timestamptz, actor text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	who  constant text := coalesce(nullif(btrim(sla_correct.actor), ''), session_user);
	this advocacy.sla_clock;
BEGIN
	PERFORM advocacy.time_refuse(sla_correct.at);
	IF sla_correct.evidence IS NULL OR btrim(sla_correct.evidence) = '' THEN
		RAISE EXCEPTION 'a correction needs evidence'
			USING ERRCODE = '22023', COLUMN = 'evidence', HINT = 'Say what shows it, such as the record in the CRM.';
	END IF;
	SELECT k.* INTO this FROM advocacy.sla_clock AS k WHERE k.clock_id = sla_correct.clock FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no clock %', coalesce(sla_correct.clock::text, 'null')
			USING ERRCODE = 'P0002', HINT = 'advocacy.sla_report lists the clocks.';
	END IF;
	IF this.state <> 'met_late' THEN
		RAISE EXCEPTION 'clock % (%) is %: there is no late end to correct', this.clock_id, this.metric, this.state
			USING ERRCODE = '55000', HINT = 'What still runs is corrected by its move, made with its true time.';
	END IF;
	IF sla_correct.ended_at IS NULL OR sla_correct.ended_at < this.started_at OR sla_correct.ended_at > this.breached_at
	   OR this.breach_cause <> 'time' THEN
		RAISE EXCEPTION 'clock % can''t have ended in time at %', this.clock_id, coalesce(sla_correct.ended_at::text, 'null')
			USING ERRCODE = '22023', COLUMN = 'ended_at',
			      HINT = format('A time from %s to %s, when it was breached, is meant.', this.started_at, this.breached_at);
	END IF;
	this := advocacy.clock_unbreach(this, at, sla_correct.evidence, sla_correct.ended_at);
	INSERT INTO advocacy.audit_log (at, actor, action, subject, reason, details)
	VALUES (at, who, 'sla_correct', 'clock ' || this.clock_id, sla_correct.evidence,
	        jsonb_build_object('metric', this.metric, 'ended_at', sla_correct.ended_at, 'role', session_user));
	PERFORM pg_notify('advocacy_deadline', '');
END
$$;

COMMENT ON FUNCTION advocacy.sla_correct(bigint, text, timestamptz, text, timestamptz) IS
	'Takes back a breach, with evidence: the truth reached us late.';
