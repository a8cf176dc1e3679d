-- writeback_claim: takes flags that are to be written into a source: of one entity, so that one request carries them, the
-- bad news first, and what belongs to one account together (parallel writes below one parent lock each other out).
-- A flag that a sender left under way is due again when its lease runs out: the value is the same, so sending it twice
-- does no harm. One that the vendor refused is tried once a day, for a person may have mended what was wrong.
-- Parameters: source; most, how many at the most; lease, after which others may assume that the sender died; at.
-- Returns: the claimed flags: entity, remote_id, wanted (NULL: clear it), since, reason (NULL: none). Writes: crm_flag.
CREATE OR REPLACE FUNCTION advocacy.writeback_claim(source text, most integer, lease interval, at timestamptz DEFAULT now())
RETURNS TABLE (entity text, remote_id text, wanted text, since timestamptz, reason text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	chosen text;
BEGIN
	IF writeback_claim.lease IS NULL OR writeback_claim.lease <= '0' THEN
		RAISE EXCEPTION 'a lease must be longer than nothing, not %', coalesce(writeback_claim.lease::text, 'null')
			USING ERRCODE = '22023';
	END IF;
	SELECT f.entity INTO chosen
	  FROM advocacy.crm_flag AS f
	  JOIN advocacy.crm_target AS t ON t.source = f.source AND t.entity = f.entity AND t.started_at IS NOT NULL
	 WHERE f.source = writeback_claim.source AND f.delivery <> 'current' AND f.not_before <= writeback_claim.at
	   AND (f.delivery <> 'sending' OR f.claimed_until <= writeback_claim.at)
	 ORDER BY f.state IS NOT DISTINCT FROM 'eligible', f.entity DESC LIMIT 1;
	RETURN QUERY
	WITH locked AS MATERIALIZED (
		SELECT f.remote_id, f.account_id, f.state FROM advocacy.crm_flag AS f
		 WHERE f.source = writeback_claim.source AND f.entity = chosen AND f.delivery <> 'current'
		   AND f.not_before <= writeback_claim.at
		   AND (f.delivery <> 'sending' OR f.claimed_until <= writeback_claim.at)
		 ORDER BY f.state IS NOT DISTINCT FROM 'eligible', f.account_id, f.remote_id
		 LIMIT writeback_claim.most
		   FOR UPDATE SKIP LOCKED
	), claimed AS (
		UPDATE advocacy.crm_flag AS f
		   SET delivery = 'sending', sending = f.wanted, sending_reason = f.wanted_reason, sending_since = f.wanted_since,
		       doubtful = true,
		       claimed_by = 'backend ' || pg_backend_pid(), claimed_until = writeback_claim.at + writeback_claim.lease
		  FROM locked AS l
		 WHERE f.source = writeback_claim.source AND f.entity = chosen AND f.remote_id = l.remote_id
		RETURNING f.entity, f.remote_id, f.sending, f.sending_since, f.sending_reason, f.account_id
	)
	SELECT c.entity, c.remote_id, c.sending, c.sending_since, c.sending_reason FROM claimed AS c ORDER BY c.account_id, c.remote_id;
END $$;
COMMENT ON FUNCTION advocacy.writeback_claim(text, integer, interval, timestamptz) IS
	'Takes flags of one entity that are to be written into a source, the bad news first; several senders get different ones.';
