-- person_found(channel, email, user_id, place, at) -> void
--
-- Purpose:    keeps where to write to a person, so that it isn't asked for every message. After a day it is asked anew, and
--             when no message can be written there: the channel may have been given another workspace's token.
-- Parameters: channel; email  of the person; user_id, place  as the destination said; at  now.
-- Returns:    nothing.
-- Writes:     person_place.
CREATE OR REPLACE FUNCTION advocacy.person_found(channel text, email text, user_id text, place text, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO advocacy.person_place AS p (channel, email, user_id, place, found_at)
	VALUES (person_found.channel, lower(person_found.email), person_found.user_id, person_found.place, person_found.at)
	ON CONFLICT (channel, email) DO UPDATE SET user_id = excluded.user_id, place = excluded.place, found_at = excluded.found_at
$$;

COMMENT ON FUNCTION advocacy.person_found(text, text, text, text, timestamptz) IS 'Keeps where to write to a person, for a day.';
