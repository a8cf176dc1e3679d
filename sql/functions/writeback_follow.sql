-- writeback_follow: makes what the CRMs are to show of advocates what it has to be.
-- An advocate's flag stands on their contact, and on every other contact of the same account with the same e-mail address,
-- in each source whose mapping says so; of several advocates who share a contact, one who isn't retired counts. An account's
-- flag is the best of its advocates'. What has no flag any more is cleared. A hold (unknown health, a breaker that waits for
-- a person) is our own doubt and no news for others: it changes nothing.
-- A wish that was never in doubt and is taken back before it was sent leaves no trace: nothing is sent.
-- Parameters: advocates whose state may have changed (NULL: all of them, and all flags); at.
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
	), change AS MATERIALIZED (
		SELECT w.source, w.entity, w.remote_id, w.advocate_id, w.account_id, w.state, w.words ->> w.state AS wanted,
		       f.remote_id IS NOT NULL AS known,
		       -- What stands there for certain is what is wanted again.
		       coalesce(f.sent_at IS NOT NULL AND NOT f.doubtful AND f.sent IS NOT DISTINCT FROM w.words ->> w.state, false)
		           AS stands,
		       f.wanted IS DISTINCT FROM w.words ->> w.state AS differs
		  FROM wish AS w
		  LEFT JOIN advocacy.crm_flag AS f ON f.source = w.source AND f.entity = w.entity AND f.remote_id = w.remote_id
		 WHERE w.state IS DISTINCT FROM 'hold'
		   AND CASE WHEN f.remote_id IS NULL THEN w.state IS NOT NULL
		            ELSE (f.wanted, f.state, f.advocate_id, f.account_id)
		                 IS DISTINCT FROM (w.words ->> w.state, w.state, w.advocate_id, w.account_id) END
	), made AS (
		INSERT INTO advocacy.crm_flag AS f (source, entity, remote_id, advocate_id, account_id, state, wanted, wanted_since,
			not_before)
		SELECT c.source, c.entity, c.remote_id, c.advocate_id, c.account_id, c.state, c.wanted, writeback_follow.at,
		       writeback_follow.at
		  FROM change AS c WHERE NOT c.known ORDER BY c.source, c.entity, c.remote_id
		ON CONFLICT (source, entity, remote_id) DO NOTHING
		RETURNING f.delivery
	), moved AS (
		UPDATE advocacy.crm_flag AS f
		   SET advocate_id = c.advocate_id, account_id = c.account_id, state = c.state, wanted = c.wanted,
		       wanted_since = CASE WHEN NOT c.differs THEN f.wanted_since WHEN c.stands THEN f.sent_since
		                           ELSE writeback_follow.at END,
		       delivery = CASE WHEN NOT c.differs OR f.delivery = 'sending' THEN f.delivery
		                       WHEN c.stands THEN 'current' ELSE 'pending' END,
		       attempts = CASE WHEN c.differs THEN 0 ELSE f.attempts END,
		       not_before = CASE WHEN c.differs THEN writeback_follow.at ELSE f.not_before END
		  FROM change AS c
		 WHERE c.known AND f.source = c.source AND f.entity = c.entity AND f.remote_id = c.remote_id
		RETURNING f.delivery
	)
	SELECT count(*), count(*) FILTER (WHERE d.delivery = 'pending') INTO touched, dropped
	  FROM (SELECT m.delivery FROM made AS m UNION ALL SELECT m.delivery FROM moved AS m) AS d;
	IF dropped > 0 THEN
		PERFORM pg_notify('advocacy_writeback', '');
	END IF;

	-- Records that are gone, and those that were never told anything and aren't to be.
	DELETE FROM advocacy.crm_flag AS f
	 WHERE (everything OR f.advocate_id = ANY (writeback_follow.advocates) OR f.state IS NULL)
	   AND ((f.state IS NULL AND f.sent_at IS NULL AND NOT f.doubtful)
	        OR CASE f.entity
	           WHEN 'contact' THEN NOT EXISTS (SELECT FROM advocacy.contact AS c WHERE c.source = f.source
	                                            AND c.remote_id = f.remote_id AND NOT c.deleted)
	           ELSE NOT EXISTS (SELECT FROM advocacy.account_source AS s WHERE s.source = f.source
	                             AND s.remote_id = f.remote_id AND NOT s.deleted) END);
	GET DIAGNOSTICS dropped = ROW_COUNT;
	RETURN touched + dropped;
END $$;
COMMENT ON FUNCTION advocacy.writeback_follow(bigint[], timestamptz) IS
	'Makes what the CRMs are to show of advocates what it has to be; returns how many flags changed.';
