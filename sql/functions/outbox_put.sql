-- outbox_put(kind, dedup_key, facts, priority, at) -> integer
--
-- Purpose:    says that people are to be told. Called by the transaction that makes it true.
-- Parameters: kind       what happened, as routes name it;
--             dedup_key  names the fact: the same fact is told once per channel, however often it is put;
--             facts      what the message is made of;
--             priority   lower goes first; at  now.
-- Returns:    how many rows were added. One for each distinct channel of the routes that name the kind; where none
--             names it, of the routes for '*'; where there is none either, a row in state 'nowhere', for people to see.
-- Writes:     outbox. Notifies advocacy_outbox.
CREATE OR REPLACE FUNCTION advocacy.outbox_put(
	kind text, dedup_key text, facts jsonb, priority integer DEFAULT 5, at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this  constant text := outbox_put.kind;
	added integer;
BEGIN
	IF this IS NULL OR this = '' OR outbox_put.dedup_key IS NULL OR outbox_put.dedup_key = '' THEN
		RAISE EXCEPTION 'an outbox row needs a kind and a key' USING ERRCODE = '22023';
	END IF;
	IF outbox_put.facts IS NULL OR jsonb_typeof(outbox_put.facts) <> 'object' THEN
		RAISE EXCEPTION 'the facts of % must be a JSON object', outbox_put.dedup_key USING ERRCODE = '22023';
	END IF;

	WITH named AS (
		SELECT DISTINCT r.channel FROM advocacy.route AS r WHERE this = ANY (r.kinds)
	), chosen AS (
		SELECT n.channel FROM named AS n
		UNION
		SELECT r.channel FROM advocacy.route AS r WHERE '*' = ANY (r.kinds) AND NOT EXISTS (SELECT FROM named)
	)
	INSERT INTO advocacy.outbox (kind, dedup_key, channel, facts, priority, created_at, not_before, state)
	SELECT this, outbox_put.dedup_key, c.channel, outbox_put.facts, outbox_put.priority::smallint, at, at,
	       CASE WHEN c.channel IS NULL THEN 'nowhere' ELSE 'pending' END
	FROM (SELECT channel FROM chosen
	      UNION ALL
	      SELECT NULL WHERE NOT EXISTS (SELECT FROM chosen)) AS c
	ORDER BY c.channel
	ON CONFLICT (dedup_key, (coalesce(channel, ''))) DO NOTHING;
	GET DIAGNOSTICS added = ROW_COUNT;
	IF added > 0 THEN
		PERFORM pg_notify('advocacy_outbox', '');
	END IF;
	RETURN added;
END
$$;

COMMENT ON FUNCTION advocacy.outbox_put(text, text, jsonb, integer, timestamptz) IS
	'Puts a fact into the outbox, once per channel that its kind is routed to; the key keeps it from being told twice.';
