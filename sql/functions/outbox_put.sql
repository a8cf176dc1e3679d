-- outbox_put(kind, dedup_key, facts, priority, at) -> integer
--
-- Purpose:    says that people are to be told. Called by the transaction that makes it true.
-- Parameters: kind       what happened, as routes name it;
--             dedup_key  names the fact: the same fact is told once per channel, however often it is put;
--             facts      what the message is made of;
--             priority   lower goes first; at  now.
-- Returns:    how many rows were added: one for each distinct channel that outbox_route names; where it names none, a row in
--             state 'nowhere', for people to see. A message to a person waits for that person's hours (outbox_opens_at).
-- Writes:     outbox. Notifies advocacy_outbox.
CREATE OR REPLACE FUNCTION advocacy.outbox_put(
	kind text, dedup_key text, facts jsonb, priority integer DEFAULT 5, at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this     constant text := outbox_put.kind;
	audience constant text := (SELECT k.audience FROM advocacy.message_kind AS k WHERE k.kind = outbox_put.kind);
	owner    text;
	due      timestamptz := outbox_put.at;
	added    integer;
BEGIN
	IF this IS NULL OR this = '' OR outbox_put.dedup_key IS NULL OR outbox_put.dedup_key = '' THEN
		RAISE EXCEPTION 'an outbox row needs a kind and a key' USING ERRCODE = '22023';
	END IF;
	IF outbox_put.facts IS NULL OR jsonb_typeof(outbox_put.facts) <> 'object' THEN
		RAISE EXCEPTION 'the facts of % must be a JSON object', outbox_put.dedup_key USING ERRCODE = '22023';
	END IF;

	owner := advocacy.outbox_owner(audience, outbox_put.facts);
	IF owner IS NOT NULL AND NOT advocacy.outbox_is_urgent(this, outbox_put.facts, outbox_put.at) THEN
		due := advocacy.outbox_opens_at(owner, outbox_put.at);
	END IF;

	INSERT INTO advocacy.outbox (kind, dedup_key, channel, facts, priority, created_at, not_before, state, audience, owner,
	                             subject, recipients)
	SELECT this, outbox_put.dedup_key, c.channel, outbox_put.facts, outbox_put.priority::smallint, outbox_put.at, due,
	       CASE WHEN c.channel IS NULL THEN 'nowhere' ELSE 'pending' END, audience, owner,
	       advocacy.outbox_subject(outbox_put.facts),
	       CASE WHEN c.recipient = 'owner' THEN array_remove(ARRAY[owner, advocacy.outbox_manager(owner)], NULL) ELSE '{}' END
	FROM (SELECT r.channel, r.recipient FROM advocacy.outbox_route(this, outbox_put.facts, owner) AS r
	      UNION ALL
	      SELECT NULL, 'channel'
	      WHERE NOT EXISTS (SELECT FROM advocacy.outbox_route(this, outbox_put.facts, owner))) AS c
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
