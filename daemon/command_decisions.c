#include "daemon/command_decisions.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/client.h"
#include "daemon/terminal.h"

static int complain(const char *text, int code)
{
	(void)fprintf(stderr, "advocated: %s\n", text);
	return code;
}

/* "mary on the command line": the audit log keeps it. */
static void name_person(char *text, size_t size)
{
	const struct passwd *user = getpwuid(getuid());

	(void)snprintf(text, size, "%s on the command line", user == NULL ? "somebody" : user->pw_name);
}

/* Asks, and prints each row as its columns with blanks between them. */
static int print_rows(struct client *client, const char *question, const char *none)
{
	struct failure failure;
	PGresult *result = client_query(client, question, 0, NULL, &failure);

	if (result == NULL)
		return complain(failure.text, EXIT_FAILURE);
	for (int row = 0; row < PQntuples(result); row++) {
		terminal_print(PQgetvalue(result, row, 0));
		(void)putchar('\n');
	}
	if (PQntuples(result) == 0)
		(void)puts(none);
	PQclear(result);
	return EX_OK;
}

static int list(struct client *client)
{
	(void)puts("Waiting for a person (advocated decisions approve BATCH, or reject BATCH)");
	int code = print_rows(client,
		"SELECT format('  batch %s: %s, %s advocates (%s)%s since %s; by %s', "
		"b.batch_id,"
		" CASE b.direction WHEN 'suspend' THEN 'suspensions' WHEN 'retire' THEN 'retirements'"
		" WHEN 'opt_out' THEN 'opt-outs' WHEN 'contact' THEN 'causes of their own'"
		" ELSE 'reinstatements' END, b.advocates,"
		" CASE b.observed WHEN 'first' THEN 'only observed: the first reading'"
		" WHEN 'mapping' THEN 'only observed: another mapping'"
		" WHEN 'rejected' THEN 'only observed: the last time it was rejected'"
		" ELSE format('%s at once are the limit', b.most) END,"
		" coalesce(', ' || b.source, ''), advocacy.sync_time_text(b.opened_at),"
		" coalesce((SELECT string_agg(DISTINCT r.rule, ', ') FROM advocacy.risk AS r"
		" WHERE r.cleared_at IS NULL AND b.batch_id IN (r.held_batch, r.clear_batch)),"
		" (SELECT string_agg(DISTINCT CASE s.rule"
		" WHEN 'retirement held' THEN 'contacts deleted or no longer marked'"
		" WHEN 'opt-out held' THEN 'contacts that opted out' ELSE s.rule END, ', ')"
		" FROM advocacy.suspension AS s"
		" WHERE s.cause = 'own' AND s.severity = 'hold' AND s.closed_at IS NULL"
		" AND s.evidence ->> 'batch' = b.batch_id::text), 'nothing any more'))"
		" FROM advocacy.decision_batch AS b WHERE b.decision IS NULL ORDER BY b.batch_id",
		"  nothing");
	if (code != EX_OK)
		return code;
	(void)puts("Decided lately (advocated decisions undo CYCLE REASON takes one back, undo-batch what was "
		   "approved)");
	return print_rows(client,
		"SELECT format('  cycle %s at %s%s%s: %s%s', c.cycle_id, advocacy.sync_time_text(c.decided_at),"
		" coalesce(' by ' || c.source || ' ' || c.stream, ''),"
		" coalesce(format(' (batch %s, approved by %s)', b.batch_id, b.decided_by), ''),"
		" CASE b.direction WHEN 'retire' THEN format('%s retirements', b.advocates)"
		" WHEN 'opt_out' THEN format('%s opt-outs', b.advocates)"
		" ELSE format('%s suspended, %s available again, %s held', c.suspended, c.reinstated, c.held) END,"
		" coalesce('; taken back by ' || c.undone_by, ''))"
		" FROM advocacy.decision_cycle AS c"
		" LEFT JOIN advocacy.decision_batch AS b ON b.cycle_id = c.cycle_id"
		" WHERE c.suspended + c.reinstated + c.held > 0 OR b.batch_id IS NOT NULL"
		" ORDER BY c.cycle_id DESC LIMIT 20",
		"  nothing");
}

static int decide(struct client *client, const char *verb, const char *number, const char *reason)
{
	char person[128];
	const char *values[3] = { number, person, reason };
	struct failure failure;
	const char *question =
		strcmp(verb, "approve") == 0
			? "SELECT format('%s advocates followed', advocacy.risk_release($1::bigint, $2::text))"
		: strcmp(verb, "reject") == 0
			? "SELECT format('%s were rejected', advocacy.risk_reject($1::bigint, $2::text))"
		: strcmp(verb, "undo") == 0
			? "SELECT format('%s suspensions ended, %s are there again', u.lifted, u.suspended_again)"
			  " FROM advocacy.decisions_undo($1::bigint, $3::text, $2::text) AS u"
			: "SELECT format('%s suspensions ended, %s are there again, %s retirements ended',"
			  " u.lifted, u.suspended_again, u.unretired)"
			  " FROM advocacy.decisions_undo_batch($1::bigint, $3::text, $2::text) AS u";

	name_person(person, sizeof person);
	PGresult *result = client_query(client, question, reason != NULL ? 3 : 2, values, &failure);
	if (result == NULL)
		return complain(failure.text, EXIT_FAILURE);
	(void)puts(PQgetvalue(result, 0, 0));
	PQclear(result);
	return EX_OK;
}

int command_decisions(const struct config *config, const char *verb, const char *number, const char *reason)
{
	struct failure failure;
	bool lists = verb == NULL || strcmp(verb, "list") == 0,
	     undoes = !lists && (strcmp(verb, "undo") == 0 || strcmp(verb, "undo-batch") == 0);

	if (!lists && !undoes && strcmp(verb, "approve") != 0 && strcmp(verb, "reject") != 0)
		return complain("decisions takes list, approve BATCH, reject BATCH, undo CYCLE REASON or "
				"undo-batch BATCH REASON",
			EX_USAGE);
	if (!lists && (number == NULL || strspn(number, "0123456789") != strlen(number) || *number == '\0'))
		return complain("approve, reject and undo-batch need the number of a batch, undo that of a cycle",
			EX_USAGE);
	if (undoes != (reason != NULL) || (lists && number != NULL))
		return complain(undoes ? "taking decisions back needs a reason" : "too many words", EX_USAGE);
	struct client *client = client_connect(config->database.conninfo, config->database.password, &failure);
	if (client == NULL)
		return complain(failure.text, EX_UNAVAILABLE);
	int code = lists ? list(client) : decide(client, verb, number, reason);
	client_close(client);
	return code;
}
