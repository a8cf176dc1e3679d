-- What people do happens at a time: at none, or at one that never comes, nothing is written down.
BEGIN;
SELECT no_plan();
-- Each with nothing else that it needs, so that the time is what it refuses first.
SELECT throws_ok(format('SELECT * FROM advocacy.%I(%s)', p.proname, (
		SELECT string_agg(format('%I => %s', p.proargnames[n], CASE WHEN p.proargnames[n] = 'at' THEN coalesce(quote_literal(t.at), 'NULL') ELSE 'NULL' END || '::' || format_type(p.proargtypes[n - 1], NULL)), ', ')
		  FROM generate_series(1, p.pronargs) AS n)),
	'22023', 'nothing can be done at ' || coalesce(t.at, 'no time'), p.proname || coalesce(' at ' || t.at, ' at no time'))
  FROM pg_proc AS p CROSS JOIN unnest('{NULL,infinity,-infinity}'::text[]) AS t (at)
 WHERE p.pronamespace = 'advocacy'::regnamespace AND p.proname = ANY ('{activity_record,
	advocate_limit,advocate_reinstate,advocate_retire,commitment_observe,contact_erase,decisions_undo,drift_accept,notification_silence,notification_silence_end,
	request_criteria,resync_decide,risk_confirm,risk_override,risk_override_end,risk_reject,risk_release,risk_unpin,sla_acknowledge,sla_correct,writeback_start,writeback_stop}')
 ORDER BY p.proname, t.at;
SELECT * FROM finish();
ROLLBACK;
