-- match_advocates: proposes advocates for a request, the best first, with the reasons for and against each. It proposes;
-- people ask. Everything in it may be shown to a rep, but for the name, which is the program's to tell.
-- Who can't be asked isn't among them; match_excluded tells those who may know why.
-- Parameters: request, a request_id; how_many; at.
-- Returns: rank; advocate_id, name, account; points, as match_rank counts them; speaks_for, speaks_against.
-- Refuses: an unknown request, fewer than one.
-- Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.match_advocates(request bigint, how_many integer DEFAULT 5, at timestamptz DEFAULT now())
RETURNS TABLE (rank integer, advocate_id bigint, name text, account text, points numeric, speaks_for text[],
	speaks_against text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
	-- Suspended or held for any reason: passed over at once. What else there is, is seen one batch after the other.
	but bigint[] := ARRAY(SELECT DISTINCT s.advocate_id FROM advocacy.suspension AS s WHERE s.closed_at IS NULL);
	batch integer;
	ranked bigint[];
	found_one record;
BEGIN
	PERFORM advocacy.match_refuse(match_advocates.request, match_advocates.how_many);
	batch := greatest(10, match_advocates.how_many + match_advocates.how_many / 2);
	rank := 0;
	LOOP
		ranked := '{}';
		FOR found_one IN
			WITH best AS MATERIALIZED (
				SELECT r.* FROM advocacy.match_rank(match_advocates.request, match_advocates.at, but, batch) AS r
			)
			SELECT b.*, c.name, c.account, c.reasons, y.speaks_for, y.speaks_against
			  FROM best AS b
			  LEFT JOIN advocacy.match_check(match_advocates.request, match_advocates.at, ARRAY(SELECT k.advocate_id FROM best AS k)) AS c
			    ON c.advocate_id = b.advocate_id
			 CROSS JOIN LATERAL advocacy.match_reasons(match_advocates.request, b.advocate_id, b.load, b.last_at, b.account_share,
			                                           b.cell_share) AS y
			 ORDER BY b.place
		LOOP
			ranked := ranked || found_one.advocate_id;
			CONTINUE WHEN found_one.reasons IS DISTINCT FROM '{}' OR rank >= match_advocates.how_many;
			rank := rank + 1;
			advocate_id := found_one.advocate_id;
			name := found_one.name;
			account := found_one.account;
			points := round(found_one.points / 1000.0, 1);
			speaks_for := found_one.speaks_for;
			speaks_against := found_one.speaks_against;
			RETURN NEXT;
		END LOOP;
		EXIT WHEN rank >= match_advocates.how_many OR cardinality(ranked) < batch;
		but := but || ranked;
		batch := least(batch * 4, 5000);
	END LOOP;
END $$;
COMMENT ON FUNCTION advocacy.match_advocates(bigint, integer, timestamptz) IS
	'Proposes advocates for a request, the best first, with the reasons for and against each; deterministic.';
