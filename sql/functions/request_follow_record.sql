-- request_follow_record(request, priority, exposure, needed_by, reason, at) -> void
--
-- Purpose:    an open request follows what its record in the CRM says anew: how urgent it is, how widely the customer is shown,
--             and until when it is needed. What has ended, or for the latter two has taken place, is left as it is. It is the
--             rep's own wish, whoever of Sales typed it: a breach that it makes doesn't count.
-- Parameters: request  request_id; priority, exposure, needed_by  what the record says now, NULL: nothing new; reason; at  now.
-- Returns:    nothing. Raises 22023 with the field for a word that isn't known, or a day that is over.
-- Writes:     as request_prioritize, request_expose, request_redate. Locks the request, then its clocks.
CREATE OR REPLACE FUNCTION advocacy.request_follow_record(
	request bigint, priority text, exposure text, needed_by timestamptz, reason text, at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	this   constant bigint := request_follow_record.request;
	now_is advocacy.request;
	moment timestamptz;
	ahead  boolean; -- it has yet to take place
BEGIN
	SELECT r.* INTO STRICT now_is FROM advocacy.request AS r WHERE r.request_id = this FOR UPDATE;
	moment := greatest(request_follow_record.at, now_is.updated_at); -- a move that a person dated ahead came first
	IF request_follow_record.priority IS NOT NULL
	   AND now_is.state NOT IN ('completed', 'declined', 'expired', 'cancelled', 'unfulfillable') THEN
		PERFORM advocacy.request_prioritize(this, request_follow_record.priority, request_follow_record.reason,
			now_is.requested_by, moment);
	END IF;
	ahead := now_is.state NOT IN ('held', 'feedback_due', 'completed', 'declined', 'expired', 'cancelled', 'unfulfillable');
	IF request_follow_record.exposure IS NOT NULL AND ahead THEN
		PERFORM advocacy.request_expose(this, request_follow_record.exposure, request_follow_record.reason,
			now_is.requested_by, moment);
	END IF;
	IF request_follow_record.needed_by IS NOT NULL AND ahead THEN
		PERFORM advocacy.request_redate(this, request_follow_record.needed_by, request_follow_record.reason,
			now_is.requested_by, request_follow_record.at);
	END IF;
END
$$;

COMMENT ON FUNCTION advocacy.request_follow_record(bigint, text, text, timestamptz, text, timestamptz) IS
	'Lets an open request follow its record in the CRM: how urgent it is, how widely the customer is shown, until when it is needed.';
