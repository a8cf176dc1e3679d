-- writeback_follow: makes what the CRMs are to show of advocates what it has to be.
-- An advocate's flag stands on their contact, and on every other contact of the same account with the same e-mail address,
-- in each source whose mapping says so; of several advocates who share a contact, one who isn't retired counts. An account's
-- flag is the best of its advocates'. What has no flag any more is cleared. A hold (unknown health, a breaker that waits for
-- a person) is our own doubt and no news for others: it changes nothing.
-- Parameters: advocates whose state may have changed (NULL: all of them, and all flags, those of requests too); at.
-- Returns: how many flags changed. Writes: crm_flag. Notifies advocacy_writeback.
CREATE OR REPLACE FUNCTION advocacy.writeback_follow(advocates bigint[] DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	everything constant boolean := writeback_follow.advocates IS NULL;
	touched integer;
	dropped integer;
BEGIN
	IF writeback_follow.advocates = '{}' OR NOT EXISTS (SELECT FROM advocacy.crm_target) THEN
		RETURN 0;
	END IF;
	-- Two who change one advocate at a time wait for each other here, and the second one sees both changes.
	PERFORM FROM advocacy.advocate AS a WHERE a.advocate_id = ANY (writeback_follow.advocates)
	 ORDER BY a.advocate_id FOR NO KEY UPDATE;

	WITH who AS MATERIALIZED (
		SELECT a.advocate_id, a.contact_id, a.account_id, c.email
		  FROM advocacy.advocate AS a JOIN advocacy.contact AS c ON c.contact_id = a.contact_id
		 WHERE everything OR a.advocate_id = ANY (writeback_follow.advocates)
	), concerned AS (
		SELECT w.contact_id FROM who AS w
		UNION
		SELECT x.contact_id FROM who AS w
		  JOIN advocacy.contact AS x ON x.account_id = w.account_id AND lower(x.email) = lower(w.email)
		UNION
		SELECT x.contact_id FROM advocacy.crm_flag AS f
		  JOIN advocacy.contact AS x ON x.source = f.source AND x.remote_id = f.remote_id
		 WHERE f.entity = 'contact' AND (everything OR f.advocate_id = ANY (writeback_follow.advocates))
	), wish AS (
		SELECT x.source, 'contact' AS entity, x.remote_id, g.advocate_id, x.account_id, v.state, t.words
		  FROM concerned AS i
		  JOIN advocacy.contact AS x ON x.contact_id = i.contact_id AND NOT x.deleted
		  JOIN advocacy.crm_target AS t ON t.source = x.source AND t.entity = 'contact'
		  LEFT JOIN LATERAL (
			SELECT b.advocate_id FROM (
				SELECT o.advocate_id, o.retired_at, true AS own FROM advocacy.advocate AS o WHERE o.contact_id = x.contact_id
				UNION ALL
				SELECT o.advocate_id, o.retired_at, false FROM advocacy.contact AS y
				  JOIN advocacy.advocate AS o ON o.contact_id = y.contact_id
				 WHERE y.account_id = x.account_id AND lower(y.email) = lower(x.email) AND y.contact_id <> x.contact_id) AS b
			 ORDER BY b.retired_at IS NOT NULL, NOT b.own, b.advocate_id DESC LIMIT 1) AS g ON true
		  LEFT JOIN advocacy.advocate_availability AS v ON v.advocate_id = g.advocate_id
		UNION ALL
		SELECT s.source, 'account', s.remote_id, NULL, s.account_id, b.state, t.words
		  FROM (SELECT w.account_id FROM who AS w
		        -- Where an advocate's flag stood until now: they may have moved.
		        UNION SELECT f.account_id FROM advocacy.crm_flag AS f
		         WHERE everything OR f.advocate_id = ANY (writeback_follow.advocates)) AS n
		  JOIN advocacy.account_source AS s ON s.account_id = n.account_id AND NOT s.deleted
		  JOIN advocacy.crm_target AS t ON t.source = s.source AND t.entity = 'account'
		  LEFT JOIN LATERAL (
			SELECT v.state FROM advocacy.advocate AS o
			  JOIN advocacy.advocate_availability AS v ON v.advocate_id = o.advocate_id
			 WHERE o.account_id = s.account_id AND o.retired_at IS NULL
			 ORDER BY array_position('{eligible,caution,suspended,ineligible,withdrawn,left,hold}', v.state) LIMIT 1) AS b ON true
	)
	SELECT advocacy.writeback_wish(array_agg((w.source, w.entity, w.remote_id, w.advocate_id, w.account_id, w.state,
			w.words ->> w.state, NULL)::advocacy.crm_wish), writeback_follow.at) INTO touched
	  FROM wish AS w WHERE w.state IS DISTINCT FROM 'hold';

	-- Records that are gone.
	DELETE FROM advocacy.crm_flag AS f
	 WHERE (everything OR f.advocate_id = ANY (writeback_follow.advocates) OR f.state IS NULL)
	   AND CASE f.entity
	       WHEN 'contact' THEN NOT EXISTS (SELECT FROM advocacy.contact AS c WHERE c.source = f.source
	                                        AND c.remote_id = f.remote_id AND NOT c.deleted)
	       WHEN 'account' THEN NOT EXISTS (SELECT FROM advocacy.account_source AS s WHERE s.source = f.source
	                                        AND s.remote_id = f.remote_id AND NOT s.deleted)
	       ELSE false END;
	GET DIAGNOSTICS dropped = ROW_COUNT;
	IF everything THEN
		touched := touched + advocacy.writeback_follow_requests(NULL, writeback_follow.at);
	END IF;
	RETURN touched + dropped;
END $$;
COMMENT ON FUNCTION advocacy.writeback_follow(bigint[], timestamptz) IS
	'Makes what the CRMs are to show of advocates what it has to be; returns how many flags changed.';
