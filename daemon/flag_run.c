#include "daemon/flag_run.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/memory.h"
#include "connectors/utf8.h"
#include "daemon/document.h"
#include "daemon/log.h"
#include "daemon/loop.h"

enum {
	LEASE_S = 180,                           /* longer than a call may take */
	LOOK_AGAIN_MS = 10 * 1000,               /* after a failed statement */
	REFUSED_CREDENTIALS_MS = 10 * 60 * 1000, /* who reads the source tells people */
	ANSWER_LIMIT = 4 * 1024 * 1024,
	CLOCK_GRAIN_MS = 2000, /* a Date header has no fractions, and rounds */
};

/* A part of the claimed flags that is still to be sent in one call. */
struct part {
	size_t from, count;
};

struct flag_run {
	struct flag_run_settings settings;
	struct flag_run_events events;
	int64_t not_before_ms; /* monotonic: no calls before */
	unsigned failures;     /* of whole calls, in a row, over all runs */

	int64_t calls, calls_most, calls_settled;
	struct document *document;
	bool authorizing, authorized, checking;
	struct flag_target target;
	struct flag *flags;
	struct flag_result *results;
	struct flag_found *found;
	size_t count;
	struct part *parts; /* a stack; a part that the vendor refuses as a whole is halved */
	size_t part_count;
	int64_t sent_ms;               /* monotonic: when the call began */
	int64_t echo_from, echo_until; /* the vendor's clock; INT64_MAX, INT64_MIN: not known */
	bool given_up;                 /* a call failed as a whole: what wasn't answered is for later */
	struct failure failure;
};

static void claim(struct flag_run *run);
static void send_next(struct flag_run *run);

static const char *source_name(const struct flag_run *run)
{
	return run->settings.source->name;
}

static void say(const struct flag_run *run, enum log_level level, const char *event, const char *text)
{
	log_write(
		level, event, LOG_FIELDS({ "SOURCE", source_name(run) }), "%s: flags: %s", source_name(run), text);
}

static void forget_flags(struct flag_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		free((void *)(uintptr_t)run->flags[i].remote_id);
		free((void *)(uintptr_t)run->flags[i].value);
		free((void *)(uintptr_t)run->flags[i].reason);
	}
	free(run->flags);
	free(run->results);
	free(run->found);
	free(run->parts);
	run->flags = NULL;
	run->results = NULL;
	run->found = NULL;
	run->parts = NULL;
	run->count = run->part_count = 0;
}

static void finish(struct flag_run *run)
{
	int64_t wait_ms = run->not_before_ms - loop_monotonic_ms();

	forget_flags(run);
	run->events.done(run->events.context, run->calls, wait_ms > 0 ? wait_ms : 0);
}

static void postpone(struct flag_run *run, int64_t ms)
{
	run->not_before_ms = loop_monotonic_ms() + ms;
}

/* ---- the database's answers to a batch ---- */

static void on_settled(void *context, const PGresult *result, const struct failure *failure)
{
	struct flag_run *run = context;

	if (db_is_lost(run->settings.db, result))
		return;
	/* The flags stay claimed: they are due again when the lease runs out, or when the source has a new holder. */
	if (result == NULL) {
		say(run, LOG_LEVEL_ERROR, "flags_not_recorded", failure->text);
		postpone(run, LOOK_AGAIN_MS);
		finish(run);
		return;
	}
	if (run->given_up || run->calls >= run->calls_most)
		finish(run);
	else
		claim(run);
}

static const char *verdict_word(enum flag_verdict verdict)
{
	static const char *const words[] = { "sent", "again", "refused" };

	return words[verdict];
}

static void log_batch(const struct flag_run *run)
{
	size_t counts[3] = { 0 };
	const struct flag_result *first = NULL;
	char text[400];

	for (size_t i = 0; i < run->count; i++) {
		counts[run->results[i].verdict]++;
		if (first == NULL && run->results[i].verdict != FLAG_SENT)
			first = &run->results[i];
	}
	if (run->given_up) {
		(void)snprintf(text, sizeof text, "%zu written, the rest later: %.300s", counts[FLAG_SENT],
			run->failure.text);
		say(run, LOG_LEVEL_WARNING, "flags_delayed", text);
		return;
	}
	(void)snprintf(text, sizeof text, "%zu of %zu %s records written%s%.260s", counts[FLAG_SENT], run->count,
		entity_shape(run->target.entity)->name,
		first == NULL ? "" : "; not: ", first == NULL ? "" : first->text);
	if (first == NULL)
		say(run, LOG_LEVEL_INFO, "flags_written", text);
	else
		say(run, LOG_LEVEL_WARNING, "flags_not_written", text);
}

/* Every flag of the batch has its result, or the batch was given up. */
static void settle(struct flag_run *run)
{
	char from[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE], calls[24];
	int64_t wait_ms = run->not_before_ms - loop_monotonic_ms();
	bool is_echo_known = run->echo_until > run->echo_from && instant_exists(run->echo_from) &&
			     instant_exists(run->echo_until);
	json_t *rows = json_array();
	char wait[48];

	for (size_t i = 0; i < run->count; i++) {
		const struct flag_result *result = &run->results[i];
		bool is_open = run->given_up && result->verdict == FLAG_AGAIN && result->text[0] == '\0';
		(void)json_array_append_new(rows, json_pack("[s, s, s, s]", run->flags[i].remote_id,
							  is_open ? "later" : verdict_word(result->verdict),
							  is_open ? run->failure.code : result->code,
							  is_open ? run->failure.text : result->text));
	}
	log_batch(run);
	if (is_echo_known) {
		instant_format(run->echo_from, from);
		instant_format(run->echo_until, until);
	}
	(void)snprintf(calls, sizeof calls, "%" PRId64, run->calls - run->calls_settled);
	(void)snprintf(wait, sizeof wait, "%" PRId64 " milliseconds", wait_ms > 0 ? wait_ms : 0);
	run->calls_settled = run->calls;
	char *text = json_dumps(rows, JSON_COMPACT);
	const char *values[] = { source_name(run), entity_shape(run->target.entity)->name, text, calls,
		is_echo_known ? from : NULL, is_echo_known ? until : NULL, run->given_up ? wait : NULL };
	db_query(run->settings.db,
		"SELECT advocacy.writeback_settle($1::text, $2::text, array_agg(r ->> 0 ORDER BY n),"
		" array_agg(r ->> 1 ORDER BY n), array_agg(r ->> 2 ORDER BY n), array_agg(r ->> 3 ORDER BY n),"
		" $4::bigint, $5::timestamptz, $6::timestamptz, $7::interval)"
		" FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS e (r, n)",
		7, values, on_settled, run);
	free(text);
	json_decref(rows);
}

static void settle_check(struct flag_run *run)
{
	json_t *rows = json_array();
	char calls[24];

	for (size_t i = 0; i < run->count; i++)
		(void)json_array_append_new(rows, json_pack("[s, s, b]", run->flags[i].remote_id,
							  run->found[i].value, run->found[i].present));
	(void)snprintf(calls, sizeof calls, "%" PRId64, run->calls - run->calls_settled);
	run->calls_settled = run->calls;
	char *text = json_dumps(rows, JSON_COMPACT);
	const char *values[] = { source_name(run), entity_shape(run->target.entity)->name, text, calls };
	db_query(run->settings.db,
		"SELECT advocacy.writeback_checked($1::text, $2::text, array_agg(r ->> 0 ORDER BY n),"
		" array_agg(r ->> 1 ORDER BY n), array_agg((r -> 2)::boolean ORDER BY n), $4::bigint)"
		" FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS e (r, n)",
		4, values, on_settled, run);
	free(text);
	json_decref(rows);
}

/* ---- the vendor's answers ---- */

static void give_up(struct flag_run *run, const struct failure *failure)
{
	int64_t wait_ms = failure->retry_after_s > 0             ? failure->retry_after_s * 1000
			  : failure->kind == FAILURE_CREDENTIALS ? REFUSED_CREDENTIALS_MS
								 : loop_retry_ms(++run->failures);

	run->given_up = true;
	run->failure = *failure;
	run->part_count = 0;
	postpone(run, wait_ms);
	if (!run->checking) {
		settle(run);
		return;
	}
	/* Nothing was changed; what stands there is looked at another time. */
	say(run, LOG_LEVEL_WARNING, "flags_not_read", failure->text);
	finish(run);
}

/* The call was refused as a whole, and the next one would be too: perhaps one record's fault. */
static void refused(struct flag_run *run, const struct part *part, const struct failure *failure)
{
	bool may_be_one = failure->http_status == 400 || failure->http_status == 404;

	if (run->checking) {
		give_up(run, failure);
		return;
	}
	if (part->count > 1 && may_be_one) {
		size_t half = part->count / 2;
		run->parts[run->part_count++] = (struct part){ part->from + half, part->count - half };
		run->parts[run->part_count++] = (struct part){ part->from, half };
	} else {
		for (size_t i = part->from; i < part->from + part->count; i++) {
			struct flag_result *result = &run->results[i];
			*result = (struct flag_result){ .verdict = FLAG_REFUSED };
			(void)snprintf(result->code, sizeof result->code, "%s", failure->code);
			(void)snprintf(result->text, sizeof result->text, "%.255s", failure->text);
			utf8_drop_cut(result->text);
		}
	}
	send_next(run);
}

static void failed(struct flag_run *run, const struct part *part, const struct failure *failure)
{
	switch (failure->kind) {
	case FAILURE_EXPIRED:
		if (run->settings.source->connector->authorize != NULL && !run->authorized) {
			run->authorizing = true;
			run->parts[run->part_count++] = *part;
			send_next(run);
			return;
		}
		give_up(run, failure);
		return;
	case FAILURE_PERMANENT:
		refused(run, part, failure);
		return;
	default:
		give_up(run, failure);
		return;
	}
}

/* When the records were changed by us, as the vendor's clock has it. */
static void note_echo(struct flag_run *run, const struct http_head *head)
{
	const char *date = http_head_value(head, "Date");
	int64_t ms, took_ms = loop_monotonic_ms() - run->sent_ms;

	if (date == NULL || !instant_parse_http(date, &ms))
		return;
	int64_t from = ms - took_ms - CLOCK_GRAIN_MS, until = ms + CLOCK_GRAIN_MS;
	run->echo_from = from < run->echo_from ? from : run->echo_from;
	run->echo_until = until > run->echo_until ? until : run->echo_until;
}

static void on_answer(void *context, const struct http_head *head, const char *body, size_t length,
	const struct failure *transport)
{
	struct flag_run *run = context;
	const struct connector *connector = run->settings.source->connector;
	const struct part part = run->parts[--run->part_count];
	const struct flag *flags = &run->flags[part.from];
	struct session *session = run->settings.session;
	struct failure failure;

	run->document = NULL;
	if (transport != NULL) {
		failed(run, &part, transport);
		return;
	}
	bool good = run->checking ? connector->flags_found(session, &run->target, flags, part.count, head, body,
					    length, loop_wall_ms(), &run->found[part.from], &failure)
				  : connector->flags_written(session, &run->target, flags, part.count, head, body,
					    length, loop_wall_ms(), &run->results[part.from], &failure);
	if (!good) {
		failed(run, &part, &failure);
		return;
	}
	note_echo(run, head);
	run->failures = 0;
	run->authorized = false;
	send_next(run);
}

static void on_token(void *context, const struct failure *failure)
{
	struct flag_run *run = context;

	run->authorizing = false;
	run->authorized = true;
	if (failure != NULL)
		give_up(run, failure);
	else
		send_next(run);
}

static void ask_token(struct flag_run *run)
{
	struct failure failure;

	if (authorizer_ask(run->settings.authorizer, on_token, run, &failure)) {
		run->calls++;
		return;
	}
	run->authorizing = false;
	give_up(run, &failure);
}

static void ask_part(struct flag_run *run)
{
	const struct connector *connector = run->settings.source->connector;
	const struct part part = run->parts[run->part_count - 1];
	const struct flag *flags = &run->flags[part.from];
	struct http_request request;
	struct failure failure = { 0 };

	http_request_init(&request);
	bool good = (run->checking ? connector->flags_read : connector->flags_write)(
		run->settings.session, &run->target, flags, part.count, loop_wall_ms(), &request, &failure);
	if (good) {
		run->calls++;
		run->sent_ms = loop_monotonic_ms();
		run->document = document_ask(run->settings.http, &request, ANSWER_LIMIT, on_answer, run);
	}
	http_request_free(&request);
	if (!good) {
		run->part_count--;
		failed(run, &part, &failure);
	}
}

static void send_next(struct flag_run *run)
{
	if (run->part_count == 0 && run->checking)
		settle_check(run);
	else if (run->part_count == 0)
		settle(run);
	else if (run->authorizing)
		ask_token(run);
	else
		ask_part(run);
}

/* ---- taking flags ---- */

/* Columns: entity, remote_id, and for a claim: wanted, since (epoch ms), reason. */
static void take_flags(struct flag_run *run, const PGresult *result)
{
	const struct config_source *source = run->settings.source;
	enum entity entity = entity_by_name(PQgetvalue(result, 0, 0));
	const struct mapping_entity *mapping = &source->mapping->entities[entity];

	run->target = (struct flag_target){ .entity = entity,
		.object = mapping->object != NULL ? mapping->object : source->connector->default_object(entity),
		.fields = &mapping->write };
	run->count = (size_t)PQntuples(result);
	run->flags = memory_allocate(run->count * sizeof *run->flags);
	run->results = memory_allocate(run->count * sizeof *run->results);
	run->found = memory_allocate(run->count * sizeof *run->found);
	/* As deep as halving goes. */
	run->parts = memory_allocate((run->count + 2) * sizeof *run->parts);
	for (size_t i = 0; i < run->count; i++) {
		int row = (int)i;
		run->flags[i].remote_id = memory_copy_text(PQgetvalue(result, row, 1));
		run->results[i].verdict = FLAG_AGAIN;
		if (run->checking)
			continue;
		run->flags[i].value =
			PQgetisnull(result, row, 2) ? NULL : memory_copy_text(PQgetvalue(result, row, 2));
		run->flags[i].since_ms = strtoll(PQgetvalue(result, row, 3), NULL, 10);
		run->flags[i].reason =
			PQgetisnull(result, row, 4) ? NULL : memory_copy_text(PQgetvalue(result, row, 4));
	}
	run->parts[run->part_count++] = (struct part){ 0, run->count };
	run->given_up = false;
	run->echo_from = INT64_MAX;
	run->echo_until = INT64_MIN;
	send_next(run);
}

static void on_taken(void *context, const PGresult *result, const struct failure *failure)
{
	struct flag_run *run = context;

	if (db_is_lost(run->settings.db, result))
		return;
	if (result == NULL) {
		say(run, LOG_LEVEL_WARNING, "flags_not_claimed", failure->text);
		postpone(run, LOOK_AGAIN_MS);
		finish(run);
		return;
	}
	if (PQntuples(result) > 0) {
		take_flags(run, result);
		return;
	}
	if (run->checking) {
		finish(run);
		return;
	}
	char most[24];
	(void)snprintf(most, sizeof most, "%zu", run->settings.source->connector->flags_most);
	const char *values[] = { source_name(run), most };
	run->checking = true;
	db_query(run->settings.db, "SELECT entity, remote_id FROM advocacy.writeback_check($1::text, $2::integer)",
		2, values, on_taken, run);
}

static void claim(struct flag_run *run)
{
	char most[24], lease[32];

	forget_flags(run);
	(void)snprintf(most, sizeof most, "%zu", run->settings.source->connector->flags_most);
	(void)snprintf(lease, sizeof lease, "%d seconds", LEASE_S);
	const char *values[] = { source_name(run), most, lease };
	run->checking = false;
	db_query(run->settings.db,
		"SELECT entity, remote_id, wanted, (extract(epoch FROM since) * 1000)::bigint, reason"
		" FROM advocacy.writeback_claim($1::text, $2::integer, $3::interval)",
		3, values, on_taken, run);
}

void flag_run_begin(struct flag_run *run, int64_t calls_most)
{
	run->calls = run->calls_settled = 0;
	run->calls_most = calls_most;
	run->authorized = run->authorizing = false;
	claim(run);
}

void flag_run_end(struct flag_run *run)
{
	run->document = document_free(run->document);
	authorizer_leave(run->settings.authorizer, run);
	forget_flags(run);
}

void flag_run_adopt(struct flag_run *run, const struct config_source *source)
{
	run->settings.source = source;
}

struct flag_run *flag_run_new(const struct flag_run_settings *settings, const struct flag_run_events *events)
{
	struct flag_run *run = memory_allocate(sizeof *run);

	run->settings = *settings;
	run->events = *events;
	return run;
}

struct flag_run *flag_run_free(struct flag_run *run)
{
	if (run == NULL)
		return NULL;
	flag_run_end(run);
	free(run);
	return NULL;
}
