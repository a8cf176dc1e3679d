#include "daemon/command.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/check_online.h"
#include "daemon/client.h"
#include "daemon/terminal.h"

static int complain(const struct failure *failure, int code)
{
	(void)fprintf(stderr, "advocated: %s\n", failure->text);
	return code;
}

/* A question that the database refused. Most often nobody has made the schema yet, or an old one is there. */
static int complain_refusal(const struct failure *failure)
{
	static const char *const absent[] = { "3F000", "42P01", "42883", "42703" };

	for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
		if (strcmp(failure->code, absent[i]) == 0) {
			(void)fprintf(stderr, "advocated: %s: run `advocated migrate` first\n", failure->text);
			return EXIT_FAILURE;
		}
	return complain(failure, EXIT_FAILURE);
}

static const char *text_of(const json_t *object, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? otherwise : text;
}

static int64_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* "4 min"; what stands for no time at all is `otherwise`. */
static void print_age(const json_t *seconds, const char *otherwise)
{
	int64_t s = json_integer_value(seconds);

	if (!json_is_integer(seconds))
		(void)printf("%10s", otherwise);
	else if (s < 120)
		(void)printf("%6" PRId64 " s  ", s);
	else if (s < 7200)
		(void)printf("%6" PRId64 " min", s / 60);
	else
		(void)printf("%6" PRId64 " h  ", s / 3600);
}

static void print_calls(const json_t *source)
{
	(void)printf("  calls today: %" PRId64, number_of(source, "calls_today"));
	if (json_is_integer(json_object_get(source, "api_budget")))
		(void)printf(" of %" PRId64, number_of(source, "api_budget"));
	if (json_is_integer(json_object_get(source, "calls_used")))
		(void)printf("; everybody's, says the vendor: %" PRId64, number_of(source, "calls_used"));
	if (json_is_integer(json_object_get(source, "calls_allowed")))
		(void)printf(" of %" PRId64, number_of(source, "calls_allowed"));
	(void)putchar('\n');
}

/* What is to be said of a stream besides its figures: what is wrong, or how far a full read is. */
static void print_remark(const json_t *stream)
{
	const json_t *loading = json_object_get(stream, "loading");
	const json_t *expected = json_object_get(loading, "expected");
	const char *failure = text_of(stream, "failure", "");

	terminal_print(failure);
	if (json_is_string(json_object_get(stream, "taken_out_at")))
		(void)printf("not in the configuration any more");
	if (json_is_object(loading)) {
		(void)printf("%sreading all: %" PRId64, *failure == '\0' ? "" : "; ", number_of(loading, "rows"));
		if (json_is_integer(expected))
			(void)printf(" of %" PRId64, (int64_t)json_integer_value(expected));
	}
	(void)putchar('\n');
}

static void print_source(const json_t *source)
{
	bool is_paused = strcmp(text_of(source, "state", ""), "paused") == 0;
	json_t *stream;
	size_t i;

	(void)printf("\n%s (%s): %s%s", text_of(source, "source", "?"), text_of(source, "connector", "?"),
		text_of(source, "state", "?"), json_is_string(json_object_get(source, "detail")) ? " - " : "");
	terminal_print(text_of(source, "detail", ""));
	(void)printf("%s\n", json_is_true(json_object_get(source, "held")) ? "" : "; no daemon works on it");
	print_calls(source);
	(void)printf("  %-14s %10s %10s %10s  %12s %9s %8s\n", "stream", "last good", "complete", "next in", "read",
		"rejected", "calls");
	json_array_foreach (json_object_get(source, "streams"), i, stream) {
		(void)printf("  %-14s ", text_of(stream, "stream", "?"));
		print_age(json_object_get(stream, "lag_s"), "never");
		(void)putchar(' ');
		print_age(json_object_get(stream, "complete_lag_s"), "never");
		(void)putchar(' ');
		/* A source that is paused for a person doesn't keep to the times that were planned before. */
		bool is_void = is_paused && number_of(stream, "next_run_s") == 0;
		print_age(is_void ? NULL : json_object_get(stream, "next_run_s"), "");
		(void)printf("  %12" PRId64 " %9" PRId64 " %8" PRId64 "  ", number_of(stream, "rows_read"),
			number_of(stream, "rows_rejected"), number_of(stream, "calls"));
		print_remark(stream);
	}
}

static void print_drift(const json_t *status)
{
	json_t *drift;
	size_t i;

	json_array_foreach (json_object_get(status, "drift"), i, drift) {
		(void)printf("Drift:     %s %s %s: ", text_of(drift, "source", "?"), text_of(drift, "stream", "?"),
			text_of(drift, "field", "?"));
		terminal_print(text_of(drift, "detail", ""));
		(void)putchar('\n');
	}
}

static void print_decisions(const json_t *status)
{
	json_t *batch;
	size_t i;

	json_array_foreach (json_object_get(status, "decisions"), i, batch)
		(void)printf("Decide:    batch %" PRId64 ", %s %s%s: %" PRId64 " advocates (advocated decisions)\n",
			number_of(batch, "batch"), text_of(batch, "source", "time"), text_of(batch, "stream", ""),
			json_is_string(json_object_get(batch, "observed")) ? ", only observed so far" : "",
			number_of(batch, "advocates"));
}

/* What of the flags in the CRMs wants somebody's eye; all is well goes without saying. */
static void print_writeback(const json_t *status)
{
	json_t *source;
	size_t i;

	json_array_foreach (json_object_get(status, "writeback"), i, source) {
		const char *name = text_of(source, "source", "?");
		int64_t waiting = number_of(source, "waiting"), refused = number_of(source, "refused");
		(void)printf("Flags:     %s: %" PRId64 " current, %" PRId64 " waiting, %" PRId64 " refused\n", name,
			number_of(source, "current"), waiting, refused);
		if (!json_is_true(json_object_get(source, "started")))
			(void)printf(
				"  nothing is written before somebody says SELECT advocacy.writeback_start('%s', "
				"'why');\n",
				name);
		if (json_is_string(json_object_get(source, "error"))) {
			(void)printf("  ");
			terminal_print(text_of(source, "error", ""));
			(void)putchar('\n');
		}
	}
}

/* "signals 400d (12 removed), audit for ever" */
static void print_retention(const json_t *status)
{
	json_t *history;
	size_t i;

	json_array_foreach (json_object_get(status, "retention"), i, history) {
		(void)printf("%s%s ", i == 0 ? "Kept:      " : ", ", text_of(history, "history", "?"));
		if (json_is_integer(json_object_get(history, "keep_s")))
			(void)printf("%" PRId64 "d", number_of(history, "keep_s") / 86400);
		else
			(void)printf("for ever");
		if (number_of(history, "removed") > 0)
			(void)printf(" (%" PRId64 " rows removed)", number_of(history, "removed"));
	}
	if (i > 0)
		(void)putchar('\n');
}

static void print_status(const json_t *status)
{
	const json_t *outbox = json_object_get(status, "outbox");
	const json_t *advocates = json_object_get(status, "advocates");
	const json_t *requests = json_object_get(status, "requests");
	json_t *item;
	size_t i;

	int64_t enrolled = number_of(advocates, "enrolled"), available = number_of(advocates, "available"),
		suspended = number_of(advocates, "suspended"), others = enrolled - available - suspended;

	(void)printf("Advocates: %" PRId64 " enrolled, %" PRId64 " available, %" PRId64 " suspended", enrolled,
		available, suspended);
	if (others > 0)
		(void)printf(", %" PRId64 " not available for other reasons", others);
	(void)putchar('\n');
	(void)printf("Requests:  %" PRId64 " open, %" PRId64 " past their deadline; next deadline %s\n",
		number_of(requests, "open"), number_of(requests, "breached"),
		text_of(status, "next_deadline_at", "none"));
	(void)printf("Messages:  %" PRId64 " waiting, %" PRId64 " under way, %" PRId64 " refused, %" PRId64
		     " without a route",
		number_of(outbox, "pending"), number_of(outbox, "sending"), number_of(outbox, "refused"),
		number_of(outbox, "nowhere"));
	int64_t muted = number_of(outbox, "muted"), folded = number_of(outbox, "folded");
	if (muted + folded > 0)
		(void)printf("; in the last week %" PRId64 " muted, %" PRId64 " told with others", muted, folded);
	(void)putchar('\n');
	json_array_foreach (json_object_get(status, "channels"), i, item)
		if (strcmp(text_of(item, "state", "open"), "open") != 0)
			(void)printf("  channel %s is %s, tried again at %s: %s\n", text_of(item, "channel", "?"),
				text_of(item, "state", "?"), text_of(item, "closed_until", "?"),
				text_of(item, "detail", ""));
	if (number_of(status, "rejected_records") > 0)
		(void)printf("Rejected:  %" PRId64 " records are set aside (table advocacy.rejected_record)\n",
			number_of(status, "rejected_records"));
	if (number_of(status, "identity_reviews") > 0)
		(void)printf("Identity:  %" PRId64 " questions for a person (table advocacy.identity_review)\n",
			number_of(status, "identity_reviews"));
	print_retention(status);
	print_decisions(status);
	print_drift(status);
	print_writeback(status);
	json_array_foreach (json_object_get(status, "sources"), i, item)
		print_source(item);
}

int command_status(const struct config *config, bool json)
{
	struct failure failure;
	struct client *client = client_connect(config->database.conninfo, config->database.password, &failure);

	if (client == NULL)
		return complain(&failure, EX_UNAVAILABLE);
	PGresult *result = client_query(client, "SELECT advocacy.status_report()", 0, NULL, &failure);
	client_close(client);
	if (result == NULL)
		return complain_refusal(&failure);
	json_t *status = json_loads(PQgetvalue(result, 0, 0), 0, NULL);
	if (json)
		(void)printf("%s\n", PQgetvalue(result, 0, 0));
	else
		print_status(status);
	json_decref(status);
	PQclear(result);
	return EX_OK;
}

/* An advocate's number from its number, or from its contact's e-mail address. Returns the exit code. */
static int find_advocate(struct client *client, const char *advocate, char *number, size_t size)
{
	const char *values[] = { advocate };
	struct failure failure;

	PGresult *result = client_query(client,
		"SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id)"
		" WHERE a.advocate_id::text = $1 OR lower(c.email) = lower($1) ORDER BY 1",
		1, values, &failure);
	if (result == NULL)
		return complain_refusal(&failure);
	int found = PQntuples(result);
	if (found == 1)
		(void)snprintf(number, size, "%s", PQgetvalue(result, 0, 0));
	else if (found == 0)
		(void)fprintf(stderr, "advocated: no advocate has the number or e-mail address '%s'\n", advocate);
	else
		for (int row = 0; row < found; row++)
			(void)fprintf(stderr, "%s%s",
				row == 0 ? "advocated: several advocates have it, name one by number: " : ", ",
				PQgetvalue(result, row, 0));
	if (found > 1)
		(void)fputc('\n', stderr);
	PQclear(result);
	return found == 1 ? EX_OK : EXIT_FAILURE;
}

int command_explain(const struct config *config, const char *advocate)
{
	struct failure failure;
	char number[32];
	struct client *client = client_connect(config->database.conninfo, config->database.password, &failure);

	if (client == NULL)
		return complain(&failure, EX_UNAVAILABLE);
	int code = find_advocate(client, advocate, number, sizeof number);
	if (code != EX_OK) {
		client_close(client);
		return code;
	}
	const char *values[] = { number };
	PGresult *result = client_query(client,
		"SELECT fact FROM advocacy.explain_advocate($1::bigint) ORDER BY ordinal", 1, values, &failure);
	client_close(client);
	if (result == NULL)
		return complain_refusal(&failure);
	for (int row = 0; row < PQntuples(result); row++) {
		terminal_print(PQgetvalue(result, row, 0));
		(void)putchar('\n');
	}
	PQclear(result);
	return EX_OK;
}

int command_check(const struct config *config, bool online)
{
	const json_t *policy = config->policy;
	size_t risks = json_array_size(json_object_get(policy, "risks"));
	size_t promises = json_array_size(json_object_get(policy, "slas"));
	size_t routes = json_array_size(json_object_get(policy, "routes"));

	(void)printf("%s: good (%zu source%s, %zu channel%s; %zu risk%s, %zu promise%s, %zu route%s)\n",
		config->file, config->source_count, config->source_count == 1 ? "" : "s", config->channel_count,
		config->channel_count == 1 ? "" : "s", risks, risks == 1 ? "" : "s", promises,
		promises == 1 ? "" : "s", routes, routes == 1 ? "" : "s");
	return online ? check_online(config) : EX_OK;
}
