#include "daemon/writeback.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/memory.h"
#include "daemon/document.h"
#include "daemon/log.h"
#include "daemon/loop.h"

enum {
	LEASE_S = 180, /* longer than a call may take */
	FOLLOW_EVERY_MS =
		10 * 60 * 1000, /* what depends on time alone: health that became unknown, an override that ended */
	LOOK_AGAIN_MS = 10 * 1000, /* after a failed look */
	RETRY_FIRST_MS = 5000,
	RETRY_MOST_MS = 15 * 60 * 1000,
	REFUSED_CREDENTIALS_MS = 10 * 60 * 1000, /* who reads the source tells people */
	ANSWER_LIMIT = 4 * 1024 * 1024,
	TOKEN_LIMIT = 256 * 1024,
	CLOCK_GRAIN_MS = 2000, /* a Date header has no fractions, and rounds */
};

/* A part of the claimed flags that is still to be sent in one call. */
struct part {
	size_t from, count;
};

struct writeback {
	struct writeback_settings settings;
	struct writeback_events events;
	struct event *timer;   /* when to look next */
	int64_t follow_ms;     /* monotonic: what depends on time alone is looked at then */
	int64_t not_before_ms; /* monotonic: the vendor wants no calls before */
	unsigned failures;     /* of whole calls, in a row */
	bool begun, asking, again, due, running;

	/* The run. */
	int64_t calls, calls_most;
	struct document *document;
	bool authorizing, authorized, checking;
	struct flag_target target;
	struct flag *flags;
	struct flag_result *results;
	struct flag_found *found;
	size_t count;
	struct part *parts; /* a stack; a part that the vendor refuses as a whole is halved */
	size_t part_count;
	int64_t calls_settled;
	int64_t sent_ms;               /* monotonic: when the call began */
	int64_t echo_from, echo_until; /* the vendor's clock; INT64_MAX, INT64_MIN: not known */
	bool given_up;                 /* a call failed as a whole: what wasn't answered is for later */
	struct failure failure;
};

static void claim(struct writeback *writeback);
static void send_next(struct writeback *writeback);

static const char *source_name(const struct writeback *writeback)
{
	return writeback->settings.source->name;
}

static void say(const struct writeback *writeback, enum log_level level, const char *event, const char *text)
{
	log_write(level, event, LOG_FIELDS({ "SOURCE", source_name(writeback) }), "%s: flags: %s",
		source_name(writeback), text);
}

static void forget_flags(struct writeback *writeback)
{
	for (size_t i = 0; i < writeback->count; i++) {
		free((void *)(uintptr_t)writeback->flags[i].remote_id);
		free((void *)(uintptr_t)writeback->flags[i].value);
	}
	free(writeback->flags);
	free(writeback->results);
	free(writeback->found);
	free(writeback->parts);
	writeback->flags = NULL;
	writeback->results = NULL;
	writeback->found = NULL;
	writeback->parts = NULL;
	writeback->count = writeback->part_count = 0;
}

static void finish(struct writeback *writeback)
{
	forget_flags(writeback);
	writeback->running = false;
	writeback->due = false;
	writeback_look(writeback);
	writeback->events.done(writeback->events.context, writeback->calls);
}

/* ---- the database's answers to a batch ---- */

/* Whoever holds the link tells of its loss next, and everything begins anew. */
static bool is_lost(const struct writeback *writeback, const PGresult *result)
{
	return result == NULL && !db_is_connected(writeback->settings.db);
}

static void on_settled(void *context, const PGresult *result, const struct failure *failure)
{
	struct writeback *writeback = context;

	if (is_lost(writeback, result))
		return;
	/* The flags stay claimed: they are due again when the lease runs out, or when the source has a new holder. */
	if (result == NULL) {
		say(writeback, LOG_LEVEL_ERROR, "flags_not_recorded", failure->text);
		writeback_postpone(writeback, LOOK_AGAIN_MS);
		finish(writeback);
		return;
	}
	if (writeback->given_up || writeback->calls >= writeback->calls_most)
		finish(writeback);
	else
		claim(writeback);
}

static const char *verdict_word(enum flag_verdict verdict)
{
	static const char *const words[] = { "sent", "again", "refused" };

	return words[verdict];
}

static void log_batch(const struct writeback *writeback)
{
	size_t counts[3] = { 0 };
	const struct flag_result *first = NULL;
	char text[400];

	for (size_t i = 0; i < writeback->count; i++) {
		counts[writeback->results[i].verdict]++;
		if (first == NULL && writeback->results[i].verdict != FLAG_SENT)
			first = &writeback->results[i];
	}
	if (writeback->given_up) {
		(void)snprintf(text, sizeof text, "%zu written, the rest later: %.300s", counts[FLAG_SENT],
			writeback->failure.text);
		say(writeback, LOG_LEVEL_WARNING, "flags_delayed", text);
		return;
	}
	(void)snprintf(text, sizeof text, "%zu of %zu %s records written%s%.260s", counts[FLAG_SENT],
		writeback->count, entity_shape(writeback->target.entity)->name,
		first == NULL ? "" : "; not: ", first == NULL ? "" : first->text);
	say(writeback, first == NULL ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "flags_written", text);
}

/* Every flag of the batch has its result, or the batch was given up. */
static void settle(struct writeback *writeback)
{
	char from[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE], calls[24];
	int64_t wait_ms = writeback->not_before_ms - loop_monotonic_ms();
	bool is_echo_known = writeback->echo_until > writeback->echo_from && instant_exists(writeback->echo_from) &&
			     instant_exists(writeback->echo_until);
	json_t *rows = json_array();
	char wait[48];

	for (size_t i = 0; i < writeback->count; i++) {
		const struct flag_result *result = &writeback->results[i];
		bool is_open = writeback->given_up && result->verdict == FLAG_AGAIN && result->text[0] == '\0';
		(void)json_array_append_new(rows, json_pack("[s, s, s, s]", writeback->flags[i].remote_id,
							  is_open ? "later" : verdict_word(result->verdict),
							  is_open ? writeback->failure.code : result->code,
							  is_open ? writeback->failure.text : result->text));
	}
	log_batch(writeback);
	if (is_echo_known) {
		instant_format(writeback->echo_from, from);
		instant_format(writeback->echo_until, until);
	}
	(void)snprintf(calls, sizeof calls, "%" PRId64, writeback->calls - writeback->calls_settled);
	(void)snprintf(wait, sizeof wait, "%" PRId64 " milliseconds", wait_ms > 0 ? wait_ms : 0);
	writeback->calls_settled = writeback->calls;
	char *text = json_dumps(rows, JSON_COMPACT);
	const char *values[] = { source_name(writeback), entity_shape(writeback->target.entity)->name, text, calls,
		is_echo_known ? from : NULL, is_echo_known ? until : NULL, writeback->given_up ? wait : NULL };
	db_query(writeback->settings.db,
		"SELECT advocacy.writeback_settle($1::text, $2::text, array_agg(r ->> 0 ORDER BY n), array_agg(r "
		"->> 1 ORDER "
		"BY n), array_agg(r ->> 2 ORDER BY n), array_agg(r ->> 3 ORDER BY n), $4::bigint, $5::timestamptz, "
		"$6::timestamptz, $7::interval) FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS e (r, n)",
		7, values, on_settled, writeback);
	free(text);
	json_decref(rows);
}

static void settle_check(struct writeback *writeback)
{
	json_t *rows = json_array();
	char calls[24];

	for (size_t i = 0; i < writeback->count; i++)
		(void)json_array_append_new(rows, json_pack("[s, s, b]", writeback->flags[i].remote_id,
							  writeback->found[i].value, writeback->found[i].present));
	(void)snprintf(calls, sizeof calls, "%" PRId64, writeback->calls - writeback->calls_settled);
	writeback->calls_settled = writeback->calls;
	char *text = json_dumps(rows, JSON_COMPACT);
	const char *values[] = { source_name(writeback), entity_shape(writeback->target.entity)->name, text,
		calls };
	db_query(writeback->settings.db,
		"SELECT advocacy.writeback_checked($1::text, $2::text, array_agg(r ->> 0 ORDER BY n), array_agg(r "
		"->> 1 ORDER "
		"BY n), array_agg((r -> 2)::boolean ORDER BY n), $4::bigint)"
		" FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS e (r, n)",
		4, values, on_settled, writeback);
	free(text);
	json_decref(rows);
}

/* ---- the vendor's answers ---- */

static void give_up(struct writeback *writeback, const struct failure *failure)
{
	int64_t wait_ms = failure->retry_after_s > 0 ? failure->retry_after_s * 1000
			  : failure->kind == FAILURE_CREDENTIALS
				  ? REFUSED_CREDENTIALS_MS
				  : loop_backoff_ms(++writeback->failures, RETRY_FIRST_MS, RETRY_MOST_MS);

	writeback->given_up = true;
	writeback->failure = *failure;
	writeback->part_count = 0;
	writeback_postpone(writeback, wait_ms);
	if (!writeback->checking) {
		settle(writeback);
		return;
	}
	/* Nothing was changed; what stands there is looked at another time. */
	say(writeback, LOG_LEVEL_WARNING, "flags_not_read", failure->text);
	finish(writeback);
}

/* The call was refused as a whole, and the next one would be too: perhaps one record's fault. */
static void refused(struct writeback *writeback, const struct part *part, const struct failure *failure)
{
	bool may_be_one = failure->http_status == 400 || failure->http_status == 404;

	if (writeback->checking) {
		give_up(writeback, failure);
		return;
	}
	if (part->count > 1 && may_be_one) {
		size_t half = part->count / 2;
		writeback->parts[writeback->part_count++] = (struct part){ part->from + half, part->count - half };
		writeback->parts[writeback->part_count++] = (struct part){ part->from, half };
	} else {
		for (size_t i = part->from; i < part->from + part->count; i++) {
			struct flag_result *result = &writeback->results[i];
			*result = (struct flag_result){ .verdict = FLAG_REFUSED };
			(void)snprintf(result->code, sizeof result->code, "%s", failure->code);
			(void)snprintf(result->text, sizeof result->text, "%.250s", failure->text);
		}
	}
	send_next(writeback);
}

static void failed(struct writeback *writeback, const struct part *part, const struct failure *failure)
{
	switch (failure->kind) {
	case FAILURE_EXPIRED:
		if (writeback->settings.source->connector->authorize != NULL && !writeback->authorized) {
			writeback->authorizing = true;
			writeback->parts[writeback->part_count++] = *part;
			send_next(writeback);
			return;
		}
		give_up(writeback, failure);
		return;
	case FAILURE_PERMANENT:
		refused(writeback, part, failure);
		return;
	default:
		give_up(writeback, failure);
		return;
	}
}

/* When the records were changed by us, as the vendor's clock has it. */
static void note_echo(struct writeback *writeback, const struct http_head *head)
{
	const char *date = http_head_value(head, "Date");
	int64_t ms, took_ms = loop_monotonic_ms() - writeback->sent_ms;

	if (date == NULL || !instant_parse_http(date, &ms))
		return;
	int64_t from = ms - took_ms - CLOCK_GRAIN_MS, until = ms + CLOCK_GRAIN_MS;
	writeback->echo_from = from < writeback->echo_from ? from : writeback->echo_from;
	writeback->echo_until = until > writeback->echo_until ? until : writeback->echo_until;
}

static void on_answer(void *context, const struct http_head *head, const char *body, size_t length,
	const struct failure *transport)
{
	struct writeback *writeback = context;
	const struct connector *connector = writeback->settings.source->connector;
	const struct part part = writeback->parts[--writeback->part_count];
	const struct flag *flags = &writeback->flags[part.from];
	struct session *session = writeback->settings.session;
	struct failure failure;

	writeback->document = NULL;
	if (transport != NULL) {
		failed(writeback, &part, transport);
		return;
	}
	bool good = writeback->checking
			    ? connector->flags_found(session, &writeback->target, flags, part.count, head, body,
				      length, loop_wall_ms(), &writeback->found[part.from], &failure)
			    : connector->flags_written(session, &writeback->target, flags, part.count, head, body,
				      length, loop_wall_ms(), &writeback->results[part.from], &failure);
	if (!good) {
		failed(writeback, &part, &failure);
		return;
	}
	note_echo(writeback, head);
	writeback->failures = 0;
	writeback->authorized = false;
	send_next(writeback);
}

static void on_token(void *context, const struct http_head *head, const char *body, size_t length,
	const struct failure *transport)
{
	struct writeback *writeback = context;
	struct failure failure;

	writeback->document = NULL;
	writeback->authorizing = false;
	writeback->authorized = true;
	if (transport != NULL) {
		give_up(writeback, transport);
		return;
	}
	if (!writeback->settings.source->connector->authorized(
		    writeback->settings.session, head, body, length, loop_wall_ms(), &failure)) {
		give_up(writeback, &failure);
		return;
	}
	renewed_secret_keep(writeback->settings.renewed);
	send_next(writeback);
}

static void ask_token(struct writeback *writeback, struct http_request *request)
{
	struct failure failure;

	renewed_secret_recall(writeback->settings.renewed);
	if (!writeback->settings.source->connector->authorize(
		    writeback->settings.session, loop_wall_ms(), request, &failure)) {
		writeback->authorizing = false;
		give_up(writeback, &failure);
		return;
	}
	writeback->calls++;
	writeback->document = document_ask(writeback->settings.http, request, TOKEN_LIMIT, on_token, writeback);
}

static void ask_part(struct writeback *writeback, struct http_request *request)
{
	const struct connector *connector = writeback->settings.source->connector;
	const struct part part = writeback->parts[writeback->part_count - 1];
	const struct flag *flags = &writeback->flags[part.from];
	struct failure failure = { 0 };
	bool good =
		(writeback->checking ? connector->flags_read : connector->flags_write)(writeback->settings.session,
			&writeback->target, flags, part.count, loop_wall_ms(), request, &failure);

	if (!good) {
		writeback->part_count--;
		failed(writeback, &part, &failure);
		return;
	}
	writeback->calls++;
	writeback->sent_ms = loop_monotonic_ms();
	writeback->document = document_ask(writeback->settings.http, request, ANSWER_LIMIT, on_answer, writeback);
}

static void send_next(struct writeback *writeback)
{
	struct http_request request;

	if (writeback->part_count == 0 && writeback->checking) {
		settle_check(writeback);
		return;
	}
	if (writeback->part_count == 0) {
		settle(writeback);
		return;
	}
	http_request_init(&request);
	if (writeback->authorizing)
		ask_token(writeback, &request);
	else
		ask_part(writeback, &request);
	http_request_free(&request);
}

/* ---- taking flags ---- */

/* Columns: entity, remote_id, and for a claim: wanted, since (epoch ms). */
static void take_flags(struct writeback *writeback, const PGresult *result)
{
	const struct config_source *source = writeback->settings.source;
	enum entity entity = entity_by_name(PQgetvalue(result, 0, 0));
	const struct mapping_entity *mapping = &source->mapping->entities[entity];

	writeback->target = (struct flag_target){ .entity = entity,
		.object = mapping->object != NULL ? mapping->object : source->connector->default_object(entity),
		.fields = &mapping->write };
	writeback->count = (size_t)PQntuples(result);
	writeback->flags = memory_allocate(writeback->count * sizeof *writeback->flags);
	writeback->results = memory_allocate(writeback->count * sizeof *writeback->results);
	writeback->found = memory_allocate(writeback->count * sizeof *writeback->found);
	/* As deep as halving goes. */
	writeback->parts = memory_allocate((writeback->count + 2) * sizeof *writeback->parts);
	for (size_t i = 0; i < writeback->count; i++) {
		int row = (int)i;
		writeback->flags[i].remote_id = memory_copy_text(PQgetvalue(result, row, 1));
		writeback->results[i].verdict = FLAG_AGAIN;
		if (writeback->checking)
			continue;
		writeback->flags[i].value =
			PQgetisnull(result, row, 2) ? NULL : memory_copy_text(PQgetvalue(result, row, 2));
		writeback->flags[i].since_ms = strtoll(PQgetvalue(result, row, 3), NULL, 10);
	}
	writeback->parts[writeback->part_count++] = (struct part){ 0, writeback->count };
	writeback->given_up = false;
	writeback->echo_from = INT64_MAX;
	writeback->echo_until = INT64_MIN;
	send_next(writeback);
}

static void on_taken(void *context, const PGresult *result, const struct failure *failure)
{
	struct writeback *writeback = context;

	if (is_lost(writeback, result))
		return;
	if (result == NULL) {
		say(writeback, LOG_LEVEL_WARNING, "flags_not_claimed", failure->text);
		writeback_postpone(writeback, LOOK_AGAIN_MS);
		finish(writeback);
		return;
	}
	if (PQntuples(result) > 0) {
		take_flags(writeback, result);
		return;
	}
	if (writeback->checking) {
		finish(writeback);
		return;
	}
	char most[24];
	(void)snprintf(most, sizeof most, "%zu", writeback->settings.source->connector->flags_most);
	const char *values[] = { source_name(writeback), most };
	writeback->checking = true;
	db_query(writeback->settings.db,
		"SELECT entity, remote_id FROM advocacy.writeback_check($1::text, $2::integer)", 2, values,
		on_taken, writeback);
}

static void claim(struct writeback *writeback)
{
	char most[24], lease[32];

	forget_flags(writeback);
	(void)snprintf(most, sizeof most, "%zu", writeback->settings.source->connector->flags_most);
	(void)snprintf(lease, sizeof lease, "%d seconds", LEASE_S);
	const char *values[] = { source_name(writeback), most, lease };
	writeback->checking = false;
	db_query(writeback->settings.db,
		"SELECT entity, remote_id, wanted, (extract(epoch FROM since) * 1000)::bigint"
		" FROM advocacy.writeback_claim($1::text, $2::integer, $3::interval)",
		3, values, on_taken, writeback);
}

void writeback_run(struct writeback *writeback, int64_t calls_most)
{
	writeback->running = true;
	writeback->calls = writeback->calls_settled = 0;
	writeback->calls_most = calls_most;
	writeback->authorized = writeback->authorizing = false;
	claim(writeback);
}

/* ---- when ---- */

bool writeback_is_mapped(const struct writeback *writeback)
{
	for (int entity = 0; entity < ENTITY_COUNT; entity++)
		if (writeback->settings.source->mapping->entities[entity].write.present)
			return true;
	return false;
}

bool writeback_is_due(const struct writeback *writeback)
{
	return writeback->due && !writeback->running && writeback->not_before_ms <= loop_monotonic_ms();
}

static void arm(struct writeback *writeback, int64_t wait_ms)
{
	int64_t now_ms = loop_monotonic_ms();

	if (wait_ms > writeback->follow_ms - now_ms)
		wait_ms = writeback->follow_ms - now_ms;
	loop_arm(writeback->timer, wait_ms);
}

void writeback_postpone(struct writeback *writeback, int64_t ms)
{
	writeback->not_before_ms = loop_monotonic_ms() + ms;
	arm(writeback, ms);
}

static void on_next(void *context, const PGresult *result, const struct failure *failure)
{
	struct writeback *writeback = context;
	int64_t held_ms = writeback->not_before_ms - loop_monotonic_ms();

	writeback->asking = false;
	if (is_lost(writeback, result))
		return;
	if (result == NULL) {
		say(writeback, LOG_LEVEL_DEBUG, "flags_not_known", failure->text);
		arm(writeback, LOOK_AGAIN_MS);
		return;
	}
	if (writeback->again) {
		writeback->again = false;
		writeback_look(writeback);
		return;
	}
	int64_t wait_ms = PQgetisnull(result, 0, 0) ? INT64_MAX : strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	writeback->due = wait_ms <= 0;
	arm(writeback, wait_ms > 0 ? wait_ms : held_ms > 0 ? held_ms : INT64_MAX);
	if (writeback_is_due(writeback))
		writeback->events.wanted(writeback->events.context);
}

void writeback_look(struct writeback *writeback)
{
	const char *values[] = { source_name(writeback) };

	if (!writeback->begun || writeback->running)
		return;
	if (writeback->asking) {
		writeback->again = true;
		return;
	}
	writeback->asking = true;
	db_query(writeback->settings.db,
		"SELECT greatest(0, ceil(least(extract(epoch FROM n.at - clock_timestamp()), 86400) * "
		"1000))::bigint"
		" FROM advocacy.writeback_next_at($1::text) AS n (at)",
		1, values, on_next, writeback);
}

static void on_followed(void *context, const PGresult *result, const struct failure *failure)
{
	struct writeback *writeback = context;

	if (is_lost(writeback, result))
		return;
	if (result == NULL)
		say(writeback, LOG_LEVEL_WARNING, "flags_not_followed", failure->text);
	writeback_look(writeback);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct writeback *writeback = context;

	(void)descriptor;
	(void)what;
	if (!writeback->begun)
		return;
	if (writeback->follow_ms > loop_monotonic_ms()) {
		writeback_look(writeback);
		return;
	}
	writeback->follow_ms = loop_monotonic_ms() + FOLLOW_EVERY_MS;
	db_query(writeback->settings.db, "SELECT advocacy.writeback_follow()", 0, NULL, on_followed, writeback);
}

static void on_recovered(void *context, const PGresult *result, const struct failure *failure)
{
	struct writeback *writeback = context;

	if (is_lost(writeback, result))
		return;
	if (result == NULL) {
		say(writeback, LOG_LEVEL_ERROR, "flags_not_begun", failure->text);
		return;
	}
	if (strcmp(PQgetvalue(result, 0, 0), "0") != 0)
		log_write(LOG_LEVEL_INFO, "flags_recovered", LOG_FIELDS({ "SOURCE", source_name(writeback) }),
			"%s: %s flags were under way when their sender stopped; they are sent again",
			source_name(writeback), PQgetvalue(result, 0, 0));
	writeback->begun = true;
	writeback->follow_ms = loop_monotonic_ms() + FOLLOW_EVERY_MS;
	writeback_look(writeback);
}

static void on_registered(void *context, const PGresult *result, const struct failure *failure)
{
	const struct writeback *writeback = context;

	if (result == NULL && db_is_connected(writeback->settings.db))
		say(writeback, LOG_LEVEL_ERROR, "flags_not_registered", failure->text);
}

static void on_listening(void *context, const PGresult *result, const struct failure *failure)
{
	(void)context;
	(void)result;
	(void)failure;
}

/* What the database keeps of the mapping; for the caller to free. */
static char *describe_targets(const struct config_source *source)
{
	json_t *targets = json_object();

	for (int entity = 0; entity < ENTITY_COUNT; entity++) {
		const struct mapping_entity *mapping = &source->mapping->entities[entity];
		const struct mapping_write *write = &mapping->write;
		if (!write->present)
			continue;
		const char *since = write->since.remote == NULL ? "" : write->since.remote;
		char *fields = memory_format("%s.%s%s%s%s",
			mapping->object != NULL ? mapping->object
						: source->connector->default_object((enum entity)entity),
			write->availability.remote, *since == '\0' ? "" : ", ", since,
			write->since_is_day ? " | date" : "");
		json_t *words = json_object();
		for (int i = 0; i < FLAG_STATES; i++)
			(void)json_object_set_new(
				words, flag_state_name((enum flag_state)i), json_string(write->words[i]));
		(void)json_object_set_new(targets, entity_shape((enum entity)entity)->name,
			json_pack("{s:s, s:o}", "fields", fields, "words", words));
		free(fields);
	}
	char *text = json_dumps(targets, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(targets);
	return text;
}

/* Listens first, then looks. A source without anything to write is registered too: it may have had something before. */
void writeback_begin(struct writeback *writeback)
{
	struct db *db = writeback->settings.db;
	char *targets = describe_targets(writeback->settings.source);
	const char *values[] = { source_name(writeback), targets };

	db_query(
		db, "SELECT advocacy.writeback_register($1::text, $2::jsonb)", 2, values, on_registered, writeback);
	free(targets);
	if (!writeback_is_mapped(writeback))
		return;
	db_query(db, "LISTEN advocacy_writeback", 0, NULL, on_listening, writeback);
	db_query(db, "SELECT advocacy.writeback_recover($1::text)", 1, values, on_recovered, writeback);
}

void writeback_forget(struct writeback *writeback)
{
	writeback->document = document_free(writeback->document);
	(void)event_del(writeback->timer);
	forget_flags(writeback);
	writeback->begun = writeback->asking = writeback->again = writeback->due = writeback->running = false;
}

struct writeback *writeback_new(const struct writeback_settings *settings, const struct writeback_events *events)
{
	struct writeback *writeback = memory_allocate(sizeof *writeback);

	writeback->settings = *settings;
	writeback->events = *events;
	writeback->timer = loop_timer(settings->base, on_timer, writeback);
	return writeback;
}

void writeback_adopt(struct writeback *writeback, const struct config_source *source)
{
	writeback->settings.source = source;
}

struct writeback *writeback_free(struct writeback *writeback)
{
	if (writeback == NULL)
		return NULL;
	writeback_forget(writeback);
	writeback->timer = loop_event_free(writeback->timer);
	free(writeback);
	return NULL;
}
