-- cap_limits: what the policy's [caps] say, with what holds where they say nothing. 0 means no such cap.
-- Parameters: none. Returns: one row: weights within 30 days, a quarter (91 days) and 365 days; the account's within 30 days;
-- rest between calls and after a case study or a talk; the share of all calls of 30 days that one may have, in percent, in a
-- program of at least share_from; how long nobody is asked after a reinstatement, and how long at most once at a time; the
-- weights of activities that don't weigh 1. Writes: nothing.
CREATE OR REPLACE FUNCTION advocacy.cap_limits()
RETURNS TABLE (per_30_days integer, per_quarter integer, per_365_days integer, account_per_30_days integer, rest interval,
	long_rest interval, share_percent integer, share_from integer, reinstated_rest interval, reinstated_watch interval,
	weights jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((p.caps ->> 'per_30_days')::integer, 2), coalesce((p.caps ->> 'per_quarter')::integer, 5),
	       coalesce((p.caps ->> 'per_365_days')::integer, 12), coalesce((p.caps ->> 'account_per_30_days')::integer, 4),
	       make_interval(secs => coalesce((p.caps ->> 'rest_s')::bigint, 14 * 86400)),
	       make_interval(secs => coalesce((p.caps ->> 'long_rest_s')::bigint, 90 * 86400)),
	       coalesce((p.caps ->> 'share_percent')::integer, 10), coalesce((p.caps ->> 'share_from')::integer, 20),
	       make_interval(secs => coalesce((p.caps ->> 'reinstated_rest_s')::bigint, 7 * 86400)),
	       make_interval(secs => coalesce((p.caps ->> 'reinstated_watch_s')::bigint, 30 * 86400)),
	       coalesce(p.caps -> 'weights', '{"case_study": 2, "video_testimonial": 2, "event_talk": 2, "site_visit": 2, "advisory_board": 2, "beta_test": 2}')
	  FROM (SELECT advocacy.policy_setting('caps', '{}') AS caps OFFSET 0) AS p -- asked once, not for each cap
$$;
COMMENT ON FUNCTION advocacy.cap_limits() IS 'What the policy''s [caps] say, with the defaults; 0 means no such cap.';
