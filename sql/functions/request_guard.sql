-- request_guard: a request's state changes as request_edges says and no other way, whoever writes the row; and before the
-- transaction ends there is the event that says who moved it and why.
-- Parameters: none, it is a trigger: before the change, and deferred after it. Returns: the row.
-- Raises: 55000 for a move that there isn't, and for one without its event. Writes: nothing.
-- As its owner, since what is deferred runs as whoever commits.
CREATE OR REPLACE FUNCTION advocacy.request_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF TG_WHEN = 'BEFORE' THEN
		IF NOT EXISTS (SELECT FROM advocacy.request_edges() AS e WHERE (e.from_state, e.to_state) = (OLD.state, NEW.state)) THEN
			RAISE EXCEPTION 'request REQ-% is %: it can''t become %', NEW.request_id, OLD.state, NEW.state
				USING ERRCODE = '55000', HINT = 'advocacy.request_edges() lists every move there is.';
		END IF;
	ELSIF NOT EXISTS (SELECT FROM advocacy.request_event AS e
	                  WHERE e.request_id = NEW.request_id AND (e.from_state, e.to_state) = (OLD.state, NEW.state)
	                    AND e.recorded_at = now()) THEN
		RAISE EXCEPTION 'request REQ-% became % without the event that says who moved it', NEW.request_id, NEW.state
			USING ERRCODE = '55000', HINT = 'Requests are moved by the functions advocacy.request_….';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION advocacy.request_guard() IS
	'Lets a request''s state change only as request_edges says, and only with its event, whoever writes the row.';
CREATE OR REPLACE TRIGGER request_moves BEFORE UPDATE OF state ON advocacy.request FOR EACH ROW
	WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION advocacy.request_guard();
DO $$ -- a constraint trigger can't be replaced
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t
	               WHERE t.tgrelid = 'advocacy.request'::pg_catalog.regclass AND t.tgname = 'request_moves_told') THEN
		CREATE CONSTRAINT TRIGGER request_moves_told AFTER UPDATE OF state ON advocacy.request
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
			WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION advocacy.request_guard();
	END IF;
END $$;
