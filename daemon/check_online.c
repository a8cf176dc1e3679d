#include "daemon/check_online.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/authorizer.h"
#include "daemon/client.h"
#include "daemon/http.h"
#include "daemon/inspect.h"
#include "daemon/loop.h"
#include "daemon/sql_files.h"

/* A daemon that is at work, or the check itself, may have used up the calls of a second or so: that is waited for. */
enum { TRIES = 2, THROTTLED_TRIES = 4, PAUSE_S = 2, PAUSE_MOST_S = 15 };

/* One stream's first page, asked for with the loop turning only for it. */
struct probe {
	struct event_base *base;
	struct http *http;
	const struct connector *connector;
	struct session *session;
	struct authorizer *authorizer;
	struct reading *reading;
	struct http_request request;
	bool good;
	bool described; /* the stream's fields are known, and told */
	int64_t records, rejected, misfits;
	enum entity entity;
	char what[96]; /* "salesforce account" */
	char rejected_reason[200];
	struct failure failure;
};

static void on_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct probe *probe = context;

	(void)entity;
	(void)values;
	(void)count;
	probe->records++;
}

static void on_reject(void *context, const struct rejection *rejection)
{
	struct probe *probe = context;

	probe->records++;
	if (probe->rejected++ == 0)
		(void)snprintf(probe->rejected_reason, sizeof probe->rejected_reason, "%s: %s %s",
			rejection->remote_id, rejection->field == NULL ? "the record" : rejection->field,
			rejection->reason);
}

static void on_head(void *context, const struct http_head *head)
{
	struct probe *probe = context;

	probe->connector->read_head(probe->reading, head);
}

static bool on_body(void *context, const char *bytes, size_t length)
{
	struct probe *probe = context;

	return probe->connector->read_feed(probe->reading, bytes, length);
}

static void on_done(void *context, const struct failure *transport)
{
	struct probe *probe = context;

	if (transport != NULL)
		probe->failure = *transport;
	probe->good =
		transport == NULL && probe->connector->read_finish(probe->reading, loop_wall_ms(), &probe->failure);
	(void)event_base_loopbreak(probe->base);
}

/* Sends what is in probe->request and waits for its end. */
static bool exchange(struct probe *probe)
{
	(void)http_send(probe->http, &probe->request,
		&(struct transfer_events){ .context = probe, .head = on_head, .body = on_body, .done = on_done });
	http_request_clear(&probe->request);
	(void)event_base_dispatch(probe->base);
	return probe->good;
}

static void on_token(void *context, const struct failure *failure)
{
	struct probe *probe = context;

	probe->good = failure == NULL;
	if (failure != NULL)
		probe->failure = *failure;
	(void)event_base_loopbreak(probe->base);
}

static bool authorize(struct probe *probe)
{
	if (!authorizer_ask(probe->authorizer, on_token, probe, &probe->failure))
		return false;
	(void)event_base_dispatch(probe->base);
	return probe->good;
}

/* True: records came, or there are none; some vendors are asked for a count first. */
static bool ask_page(struct probe *probe)
{
	enum { ANSWERS_MOST = 4 };
	int answers = 0;

	for (int try = 0; try < TRIES;) {
		enum read_step step = probe->connector->read_next(
			probe->reading, loop_wall_ms(), &probe->request, &probe->failure);
		if (step == READ_COMPLETE)
			return true;
		if (step == READ_REQUEST && exchange(probe)) {
			if (probe->records > 0 || ++answers == ANSWERS_MOST)
				return true;
			continue;
		}
		try++;
		if (probe->failure.kind != FAILURE_EXPIRED || probe->connector->authorize == NULL ||
			!authorize(probe))
			return false;
	}
	return false;
}

static int worse(int one, int other)
{
	if (one == EX_CONFIG || other == EX_CONFIG)
		return EX_CONFIG;
	return one != EX_OK ? one : other;
}

static void on_inspected(
	void *context, const struct description *description, const struct failure *failure, int64_t calls)
{
	struct probe *probe = context;

	(void)calls;
	probe->good = failure == NULL;
	if (failure != NULL)
		probe->failure = *failure;
	for (size_t i = 0; description != NULL && i < description->count; i++) {
		const struct note *note = &description->notes[i];
		const struct mapped_field *field = note->field;
		(void)printf("%s: %s (%s%s, line %d of the mapping)\n", probe->what, note->text,
			note->kind == NOTE_UNWRITABLE ? "write "
			: field->signal != NULL       ? "signal."
						      : "",
			field->signal != NULL ? field->signal
					      : entity_shape(probe->entity)->columns[field->column].name,
			field->line);
		if (note->kind != NOTE_CALCULATED)
			probe->misfits++;
	}
	(void)event_base_loopbreak(probe->base);
}

/* What the metadata says against the mapping, a line for each. False: it could not be asked. */
static bool check_fields(struct probe *probe, const struct reading_request *reading)
{
	if (probe->connector->describe == NULL)
		return true;
	(void)inspection_start(probe->base,
		&(struct inspection_settings){ .http = probe->http,
			.connector = probe->connector,
			.session = probe->session,
			.authorizer = probe->authorizer,
			.reading = *reading },
		on_inspected, probe);
	(void)event_base_dispatch(probe->base);
	return probe->good;
}

/* Fields and first page. False: why not is in probe->failure. */
static bool try_stream(struct probe *probe, const struct reading_request *reading)
{
	probe->records = probe->rejected = 0;
	probe->described = probe->described || check_fields(probe, reading);
	if (!probe->described)
		return false;
	if (probe->misfits > 0)
		return true;
	probe->reading = probe->connector->read_open(probe->session, reading,
		&(struct record_sink){ .context = probe, .record = on_record, .reject = on_reject });
	bool good = ask_page(probe);
	probe->reading = probe->connector->read_free(probe->reading);
	return good;
}

static bool is_passing(const struct failure *failure)
{
	return failure->kind == FAILURE_THROTTLED && failure->retry_after_s <= PAUSE_MOST_S;
}

static void pause_for(struct event_base *base, int64_t seconds)
{
	const struct timeval span = { .tv_sec = seconds > 0 ? seconds : PAUSE_S };

	(void)event_base_loopexit(base, &span);
	(void)event_base_dispatch(base);
}

static int check_stream(struct probe *probe, const struct config_source *source, enum entity entity)
{
	const char *name = entity_shape(entity)->name;
	const struct reading_request reading = {
		.entity = entity,
		.mapping = &source->mapping->entities[entity],
		.fingerprint = "",
		.mode = READ_ALL,
	};

	probe->entity = entity;
	probe->described = false;
	probe->misfits = 0;
	(void)snprintf(probe->what, sizeof probe->what, "%.60s %s", source->name, name);
	bool good = try_stream(probe, &reading);
	for (int try = 1; try < THROTTLED_TRIES && !good && is_passing(&probe->failure); try++) {
		pause_for(probe->base, probe->failure.retry_after_s);
		good = try_stream(probe, &reading);
	}
	if (good && probe->misfits > 0)
		return EX_CONFIG;
	if (!good) {
		(void)printf("%s %s: %s\n", source->name, name, probe->failure.text);
		return probe->failure.kind == FAILURE_CREDENTIALS || probe->failure.kind == FAILURE_PERMANENT
			       ? EX_CONFIG
			       : EX_UNAVAILABLE;
	}
	(void)printf("%s %s: good, %" PRId64 " records in the first answer", source->name, name, probe->records);
	if (probe->rejected > 0)
		(void)printf(", %" PRId64 " of them can't be read (%s)", probe->rejected, probe->rejected_reason);
	(void)putchar('\n');
	return EX_OK;
}

static int check_source(
	struct event_base *base, struct http *http, const char *state_directory, const struct config_source *source)
{
	struct probe probe = { .base = base, .http = http, .connector = source->connector };
	int code = EX_OK;

	http_request_init(&probe.request);
	probe.session = source->connector->session_new(source->base_url, source->settings);
	probe.authorizer = authorizer_new(&(struct authorizer_settings){
		.http = http,
		.connector = source->connector,
		.session = probe.session,
		.source = source->name,
		.state_directory = state_directory,
		.holds_signals = true,
	});
	for (const enum entity *entity = source->streams; *entity != ENTITY_COUNT; entity++)
		code = worse(code, check_stream(&probe, source, *entity));
	probe.authorizer = authorizer_free(probe.authorizer);
	probe.session = source->connector->session_free(probe.session);
	http_request_free(&probe.request);
	return code;
}

static int check_vendors(const struct config *config)
{
	struct event_base *base = event_base_new();
	int code = EX_OK;

	if (base == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	/* CURLOPT_NOSIGNAL leaves it to us: a vendor that hangs up must not end the program. */
	(void)signal(SIGPIPE, SIG_IGN);
	struct http *http = http_new(base);
	http_configure(http, &config->daemon);
	for (size_t i = 0; i < config->source_count; i++)
		code = worse(code, check_source(base, http, config->daemon.state_directory, &config->sources[i]));
	http_free(http);
	event_base_free(base);
	curl_global_cleanup();
	return code;
}

static int say_database(const char *problem, int code)
{
	(void)printf("database: %s\n", problem);
	return code;
}

static int check_policy(struct client *client, const struct config *config)
{
	char *policy = json_dumps(config->policy, JSON_COMPACT);
	const char *values[] = { policy };
	struct failure failure;

	PGresult *result = client_query(client, "SELECT advocacy.policy_problem($1::jsonb)", 1, values, &failure);
	free(policy);
	if (result == NULL)
		return say_database(failure.text, EX_CONFIG);
	int code = PQgetisnull(result, 0, 0) ? say_database("good, and the policy is accepted", EX_OK)
					     : say_database(PQgetvalue(result, 0, 0), EX_CONFIG);
	PQclear(result);
	return code;
}

static int check_database(const struct config *config)
{
	struct failure failure;
	struct client *client = client_connect(config->database.conninfo, config->database.password, &failure);

	if (client == NULL)
		return say_database(failure.text, EX_UNAVAILABLE);
	PGresult *result = client_query(client,
		"SELECT coalesce(max(version), 0), current_setting('server_encoding'),"
		" current_setting('transaction_read_only') FROM advocacy.schema_version",
		0, NULL, &failure);
	int code;
	if (result == NULL && strcmp(failure.code, "42P01") != 0 && strcmp(failure.code, "3F000") != 0)
		code = say_database(failure.text, EX_CONFIG);
	else if (result == NULL)
		code = say_database("the schema is missing: run `advocated migrate`", EX_CONFIG);
	else if (atoi(PQgetvalue(result, 0, 0)) < sql_version())
		code = say_database("the schema is too old: run `advocated migrate`", EX_CONFIG);
	else if (strcmp(PQgetvalue(result, 0, 1), "UTF8") != 0)
		code = say_database(
			"it isn't in UTF8: make one by createdb --encoding=UTF8 --template=template0", EX_CONFIG);
	else if (strcmp(PQgetvalue(result, 0, 2), "on") == 0)
		code = say_database(
			"it takes no writes: it is a standby, or read-only for this role", EX_UNAVAILABLE);
	else
		code = check_policy(client, config);
	PQclear(result);
	client_close(client);
	return code;
}

int check_online(const struct config *config)
{
	int code = check_database(config);

	return worse(code, check_vendors(config));
}
