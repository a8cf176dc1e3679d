-- clock_move(clock_id, event, at, reason) -> void
--
-- Purpose:    pauses, resumes, fulfils or cancels a clock. A breach that came before is recorded first, so the verdict
--             doesn't depend on whether anybody had looked.
-- Parameters: clock_id; event  'pause', 'resume', 'fulfil' or 'cancel'; at  when it happened; reason.
-- Returns:    nothing. Raises 55000 when the clock's state forbids it.
-- Writes:     clock_event, sla_clock, outbox (a breach). Notifies advocacy_deadline. Locks the clock.
CREATE OR REPLACE FUNCTION advocacy.clock_move(clock_id bigint, event text, at timestamptz, reason text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this  constant bigint := clock_move.clock_id;
	what  constant text := clock_move.event;
	why   text := clock_move.reason;
	clock advocacy.sla_clock;
BEGIN
	SELECT k.* INTO clock FROM advocacy.sla_clock AS k WHERE k.clock_id = this FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no clock %', this USING ERRCODE = 'P0002';
	END IF;
	IF what IS NULL OR what NOT IN ('pause', 'resume', 'fulfil', 'cancel') THEN
		RAISE EXCEPTION 'a clock can''t %', what
			USING ERRCODE = '22023', HINT = 'A clock is paused, resumed, fulfilled or cancelled.';
	END IF;
	IF clock.ended_at IS NOT NULL OR what = 'pause' AND (clock.state <> 'running' OR clock.metric <> 'connect')
	   OR what = 'resume' AND clock.state <> 'paused' THEN
		RAISE EXCEPTION 'clock % (%, %) can''t %', this, clock.metric, clock.state, what
			USING ERRCODE = '55000',
			      HINT = 'Only connect pauses, when it runs; only a paused clock resumes; an ended one never moves.';
	END IF;

	IF clock.state = 'running' AND clock.breached_at IS NULL AND clock.breach_at < at THEN
		PERFORM advocacy.clock_breach(ARRAY[this], at);
		SELECT k.* INTO clock FROM advocacy.sla_clock AS k WHERE k.clock_id = this;
	ELSIF what IN ('fulfil', 'cancel') AND at <= clock.breached_at THEN
		why := concat_ws('; ', why, 'happened before the breach that was noticed at '
		                 || advocacy.sync_time_text(clock.detected_at));
	END IF;

	INSERT INTO advocacy.clock_event (clock_id, event, occurred_at, reason) VALUES (this, what, at, why);
	clock := advocacy.clock_apply(clock, what, at, at);
	UPDATE advocacy.sla_clock AS k
	SET state = clock.state, spent_s = clock.spent_s, running_since = clock.running_since, due_at = clock.due_at,
	    warn_at = clock.warn_at, breach_at = clock.breach_at, warned_at = clock.warned_at,
	    breached_at = clock.breached_at, detected_at = clock.detected_at, ended_at = clock.ended_at
	WHERE k.clock_id = this;
	PERFORM pg_notify('advocacy_deadline', '');
END
$$;

COMMENT ON FUNCTION advocacy.clock_move(bigint, text, timestamptz, text) IS
	'Pauses, resumes, fulfils or cancels a clock; a breach that came before is recorded first.';
