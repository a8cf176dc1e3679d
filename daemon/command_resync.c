#include "daemon/command_resync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "daemon/client.h"
#include "daemon/difference.h"

enum {
	LOOK_AGAIN_MS = 500,
	PATIENCE_LOOKS = 40, /* 20 s, after which it is worth saying that no daemon has begun */
};

static int complain(const char *text, int code)
{
	(void)fprintf(stderr, "advocated: %s\n", text);
	return code;
}

static void pause_a_little(void)
{
	const struct timespec wait = { .tv_nsec = LOOK_AGAIN_MS * 1000000L };

	(void)nanosleep(&wait, NULL);
}

static bool ask_person(void)
{
	char answer[16];

	(void)fputs("Apply this? [y/N] ", stdout);
	(void)fflush(stdout);
	return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static int decide(struct client *client, const char *id, bool commit)
{
	const char *values[] = { id, commit ? "t" : "f" };
	struct failure failure;
	PGresult *result =
		client_query(client, "SELECT advocacy.resync_decide($1::bigint, $2::boolean)", 2, values, &failure);

	if (result == NULL)
		return complain(failure.text, EXIT_FAILURE);
	PQclear(result);
	return EX_OK;
}

/* How it stands: columns source, stream, state, difference, detail, commit. NULL: said why. */
static PGresult *look(struct client *client, const char *id)
{
	const char *values[] = { id };
	struct failure failure;
	PGresult *result = client_query(client,
		"SELECT source, stream, state, difference, detail, commit IS NULL FROM advocacy.resync"
		" WHERE resync_id = $1::bigint",
		1, values, &failure);

	if (result == NULL)
		(void)complain(failure.text, EXIT_FAILURE);
	return result;
}

static int end(const PGresult *row)
{
	const char *state = PQgetvalue(row, 0, 2);
	bool failed = strcmp(state, "failed") == 0;

	(void)fprintf(failed ? stderr : stdout, "%s %s: %s%s%s\n", PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1),
		strcmp(state, "refused") == 0 ? "nothing was changed" : state, PQgetisnull(row, 0, 4) ? "" : ": ",
		PQgetvalue(row, 0, 4));
	return failed ? EXIT_FAILURE : EX_OK;
}

/* Waits until one of them is over. */
static int follow(struct client *client, const char *id, bool yes)
{
	bool shown = false;

	for (int looks = 0;; looks++) {
		PGresult *row = look(client, id);
		if (row == NULL || PQntuples(row) == 0) {
			PQclear(row);
			return EXIT_FAILURE;
		}
		const char *state = PQgetvalue(row, 0, 2);
		bool is_over = strcmp(state, "applied") == 0 || strcmp(state, "refused") == 0 ||
			       strcmp(state, "failed") == 0;
		if (!shown && !PQgetisnull(row, 0, 3)) {
			difference_print(PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1), PQgetvalue(row, 0, 3));
			shown = true;
			/* Refused when five minutes have passed meanwhile: the next look tells the end. */
			if (!is_over && *PQgetvalue(row, 0, 5) == 't')
				(void)decide(client, id, yes || ask_person());
		}
		if (looks == PATIENCE_LOOKS && strcmp(state, "wanted") == 0)
			(void)complain("still waiting: no daemon has begun with it; is one running?", 0);
		int code = is_over ? end(row) : EX_OK;
		PQclear(row);
		if (is_over)
			return code;
		pause_a_little();
	}
}

int command_resync(const struct config *config, const char *source, const char *stream, bool yes, bool dry_run)
{
	struct failure failure;
	struct client *client = client_connect(config->database.conninfo, config->database.password, &failure);
	bool has_terminal = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
	const char *values[] = { source, stream, yes ? "t" : dry_run || !has_terminal ? "f" : NULL };
	int code = EX_OK;

	if (client == NULL)
		return complain(failure.text, EX_UNAVAILABLE);
	PGresult *numbers = client_query(
		client, "SELECT advocacy.resync_request($1::text, $2::text, $3::boolean)", 3, values, &failure);
	if (numbers == NULL) {
		client_close(client);
		return complain(failure.text, EXIT_FAILURE);
	}
	for (int row = 0; row < PQntuples(numbers); row++)
		if (follow(client, PQgetvalue(numbers, row, 0), yes) != EX_OK)
			code = EXIT_FAILURE;
	if (!yes && !dry_run && !has_terminal)
		(void)complain("nothing was applied, since nobody could be asked; --yes applies it", 0);
	PQclear(numbers);
	client_close(client);
	return code;
}
