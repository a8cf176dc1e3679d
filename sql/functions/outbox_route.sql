-- outbox_route(kind, facts, owner) -> channel, recipient
--
-- Purpose:    where a message goes.
-- Parameters: kind, facts  of the message; owner  the person it is for.
-- Returns:    the distinct channels of the routes that name the kind and whose other conditions hold; where there is none,
--             of those for '*' whose conditions hold; where there is none either, of all for '*'. None at all only when
--             there is no route for '*'. recipient: owner when one of a channel's routes says so, else channel.
--             What tells that a channel is broken goes by another one, if there is any.
-- Writes:     nothing.
CREATE OR REPLACE FUNCTION advocacy.outbox_route(kind text, facts jsonb, owner text)
RETURNS TABLE (channel text, recipient text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- (plpgsql keeps the plan, which takes far longer to make than to run.)
	RETURN QUERY
	WITH message AS MATERIALIZED (
		SELECT (SELECT k.severity FROM advocacy.message_kind AS k WHERE k.kind = outbox_route.kind) AS severity,
		       a.region, a.segment,
		       CASE WHEN outbox_route.kind IN ('channel_broken', 'channel_recovered') THEN facts ->> 'channel' END AS broken
		  FROM (SELECT CASE WHEN facts ->> 'account_id' ~ '^[0-9]{1,18}$' THEN (facts ->> 'account_id')::bigint END AS account_id) AS f
		  LEFT JOIN advocacy.account AS a ON a.account_id = f.account_id
	), fitting AS (
		SELECT r.channel, r.recipient,
		       CASE WHEN NOT (outbox_route.kind = ANY (r.kinds) OR '*' = ANY (r.kinds)) THEN 4
		            WHEN NOT coalesce((r.severities IS NULL OR m.severity = ANY (r.severities))
		                          AND (r.regions IS NULL OR m.region = ANY (r.regions))
		                          AND (r.segments IS NULL OR m.segment = ANY (r.segments))
		                          AND (r.owners IS NULL OR outbox_route.owner = ANY (r.owners)), false)
		            THEN CASE WHEN '*' = ANY (r.kinds) THEN 3 ELSE 4 END
		            WHEN outbox_route.kind = ANY (r.kinds) THEN 1 ELSE 2 END AS place
		  FROM advocacy.route AS r CROSS JOIN message AS m
		 WHERE r.channel IS DISTINCT FROM m.broken
	), chosen AS (
		SELECT f.channel, f.recipient FROM fitting AS f
		 WHERE f.place = (SELECT min(n.place) FROM fitting AS n)
		   -- The last resort is for what must not be kept to a broken channel.
		   AND (f.place < 4 OR EXISTS (SELECT FROM message AS m WHERE m.broken IS NOT NULL))
	)
	SELECT c.channel, max(c.recipient) FROM chosen AS c GROUP BY c.channel
	UNION ALL
	SELECT m.broken, 'channel' FROM message AS m WHERE m.broken IS NOT NULL AND NOT EXISTS (SELECT FROM chosen);
END
$$;

COMMENT ON FUNCTION advocacy.outbox_route(text, jsonb, text) IS
	'The channels that a message goes to, by kind, severity, region, segment and owner; none only where no route is for all kinds.';
