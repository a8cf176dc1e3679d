#include "daemon/sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/memory.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/stage.h"

enum {
	TRIES_MAX = 5, /* of one page, before the run gives up */
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MOST_MS = 30000,
	WAIT_MOST_S = 120, /* a longer Retry-After ends the run; the schedule waits instead */
	TOKEN_BODY_LIMIT = 256 * 1024,
};

struct sync_run {
	struct sync_settings settings;
	struct sync_events events;
	struct sync_outcome outcome;
	struct stage *stage;
	struct reading *reading;
	struct http_request request;
	struct transfer *transfer;
	struct event *timer;     /* the wait before a page is asked for again, or zero: go on next turn */
	struct event *end_timer; /* zero: tells `done` */
	struct buffer token_body;
	struct http_head_copy token_head;
	bool authorizing, authorized_once;
	unsigned tries; /* of the page under way */
	int64_t uncommitted_rows, uncommitted_calls;
	int64_t started_ms, started_wall_ms;
	bool ending; /* nothing more is asked: commit what is staged, then say `failure` or complete */
	bool dead;   /* the link is gone or the stages are in doubt: nothing more can be committed */
};

static void ask_next_page(struct sync_run *run);

static void on_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct sync_run *run = context;

	stage_record(run->stage, entity, values, count);
	if (entity != ENTITY_ASSOCIATION) {
		run->uncommitted_rows++;
		run->outcome.rows_read++;
	}
}

static void on_reject(void *context, const struct rejection *rejection)
{
	struct sync_run *run = context;

	stage_reject(run->stage, rejection);
	run->uncommitted_rows++;
	run->outcome.rows_read++;
	log_write(LOG_LEVEL_DEBUG, "record_rejected",
		LOG_FIELDS({ "SOURCE", run->settings.source }, { "RECORD", rejection->remote_id }),
		"record %s set aside: %s %s", rejection->remote_id,
		rejection->field == NULL ? "the record" : rejection->field, rejection->reason);
}

/* Ends the run on the loop's next turn: callers are deep in other people's callbacks. */
static void end_run(struct sync_run *run)
{
	run->transfer = http_cancel(run->transfer);
	(void)event_del(run->timer);
	run->outcome.duration_ms = loop_monotonic_ms() - run->started_ms;
	loop_arm(run->end_timer, 0);
}

static void on_end(evutil_socket_t descriptor, short what, void *context)
{
	struct sync_run *run = context;

	(void)descriptor;
	(void)what;
	run->events.done(run->events.context, &run->outcome);
}

/* The link broke or a statement failed: whatever is staged is lost with it, and comes again next time. */
static void die(struct sync_run *run, const struct failure *failure)
{
	if (run->dead)
		return;
	run->dead = true;
	run->outcome.complete = false;
	run->outcome.failure = *failure;
	end_run(run);
}

static void on_stage_failed(void *context, const struct failure *failure)
{
	die(context, failure);
}

static void on_stage_room(void *context)
{
	struct sync_run *run = context;

	if (run->transfer != NULL)
		http_resume(run->transfer);
}

static int64_t integer_of(const PGresult *result, const char *column)
{
	int number = PQfnumber(result, column);

	return number < 0 || PQntuples(result) == 0 ? 0 : strtoll(PQgetvalue(result, 0, number), NULL, 10);
}

static void on_applied(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;

	if (result == NULL) {
		struct failure applied = *failure;
		failure_prefix(&applied, "committing %s", entity_shape(run->settings.entity)->name);
		die(run, &applied);
		return;
	}
	run->uncommitted_rows = run->uncommitted_calls = 0;
	run->outcome.rows_changed += integer_of(result, "rows_changed");
	run->outcome.rows_rejected += integer_of(result, "rows_rejected");
	run->outcome.suspended += integer_of(result, "suspended");
	run->outcome.reinstated += integer_of(result, "reinstated");
	run->outcome.duration_ms = loop_monotonic_ms() - run->started_ms;
	if (run->ending) {
		end_run(run);
		return;
	}
	if (run->events.progress != NULL)
		run->events.progress(run->events.context, &run->outcome);
	ask_next_page(run);
}

/* Everything is in the stages: merge, rules and cursor, in one transaction. */
static void on_flushed(void *context)
{
	struct sync_run *run = context;
	const struct connector *connector = run->settings.connector;
	bool complete = run->ending && run->outcome.failure.kind == FAILURE_NONE;
	char until[INSTANT_TEXT_SIZE], started[INSTANT_TEXT_SIZE], rows[24], calls[24];
	int64_t until_ms = complete ? connector->read_complete_until(run->reading) : INT64_MIN;

	if (run->dead)
		return;
	/* Without a place to go on from, the rows of a failed run stay in the stage, which the next one empties. */
	if (run->outcome.failure.kind != FAILURE_NONE &&
		(run->uncommitted_rows == 0 || connector->read_cursor(run->reading) == NULL)) {
		end_run(run);
		return;
	}
	if (until_ms != INT64_MIN)
		instant_format(until_ms, until);
	instant_format(run->started_wall_ms, started);
	(void)snprintf(rows, sizeof rows, "%" PRId64, run->uncommitted_rows);
	(void)snprintf(calls, sizeof calls, "%" PRId64, run->uncommitted_calls);
	run->outcome.complete = complete;
	const char *values[] = {
		run->settings.source,
		entity_shape(run->settings.entity)->name,
		connector->read_cursor(run->reading),
		complete ? "t" : "f",
		until_ms == INT64_MIN ? NULL : until,
		rows,
		calls,
		started,
	};
	db_query(run->settings.db,
		"SELECT * FROM advocacy.sync_apply($1::text, $2::text, $3::text, $4::boolean, $5::timestamptz,"
		" $6::bigint, $7::bigint, $8::timestamptz)",
		sizeof values / sizeof values[0], values, on_applied, run);
}

static void commit(struct sync_run *run)
{
	stage_flush(run->stage, on_flushed);
}

/* Nothing more will be asked. What is staged is kept, if the connector can say where to go on from there: so a
 * throttled or failing vendor slows a long load down but never sends it back to its beginning. */
static void finish(struct sync_run *run, const struct failure *failure)
{
	run->ending = true;
	if (failure != NULL)
		run->outcome.failure = *failure;
	/* Also when nothing will be committed: the link must not keep an open COPY. */
	commit(run);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	ask_next_page(context);
}

/* A page, or the authorisation, failed. */
static void page_failed(struct sync_run *run, const struct failure *failure)
{
	bool can_wait = (failure->kind == FAILURE_TRANSIENT || failure->kind == FAILURE_UNKNOWN ||
				failure->kind == FAILURE_THROTTLED) &&
			failure->retry_after_s <= WAIT_MOST_S;

	if (failure->kind == FAILURE_EXPIRED && run->settings.connector->authorize != NULL &&
		!run->authorized_once) {
		run->authorized_once = true;
		run->authorizing = true;
		loop_arm(run->timer, 0);
		return;
	}
	if (failure->kind == FAILURE_EXPIRED) {
		struct failure refused = *failure;
		refused.kind = FAILURE_CREDENTIALS;
		finish(run, &refused);
		return;
	}
	if (!can_wait || ++run->tries >= TRIES_MAX) {
		finish(run, failure);
		return;
	}
	int64_t wait_ms = failure->retry_after_s > 0
				  ? failure->retry_after_s * 1000
				  : loop_backoff_ms(run->tries, BACKOFF_FIRST_MS, BACKOFF_MOST_MS);
	log_write(LOG_LEVEL_INFO, "page_retried", LOG_FIELDS({ "SOURCE", run->settings.source }),
		"%s: %s; trying again in %.1f s", run->settings.source, failure->text, (double)wait_ms / 1000);
	loop_arm(run->timer, wait_ms);
}

static bool on_ready(void *context)
{
	const struct sync_run *run = context;

	return stage_has_room(run->stage);
}

static void on_page_head(void *context, const struct http_head *head)
{
	struct sync_run *run = context;

	run->settings.connector->read_head(run->reading, head);
}

static bool on_page_body(void *context, const char *bytes, size_t length)
{
	struct sync_run *run = context;

	return run->settings.connector->read_feed(run->reading, bytes, length);
}

static void settle_page(struct sync_run *run)
{
	if (run->uncommitted_rows >= run->settings.checkpoint_rows &&
		run->settings.connector->read_cursor(run->reading) != NULL)
		commit(run);
	else
		ask_next_page(run);
}

static void on_page_done(void *context, const struct failure *transport)
{
	struct sync_run *run = context;
	struct failure failure;

	run->transfer = NULL;
	if (transport != NULL) {
		page_failed(run, transport);
		return;
	}
	if (!run->settings.connector->read_finish(run->reading, loop_wall_ms(), &failure)) {
		page_failed(run, &failure);
		return;
	}
	run->tries = 0;
	run->authorized_once = false;
	settle_page(run);
}

/* The token's answer is small and read whole. */
static void on_token_head(void *context, const struct http_head *head)
{
	struct sync_run *run = context;

	http_head_keep(&run->token_head, head);
}

static bool on_token_body(void *context, const char *bytes, size_t length)
{
	struct sync_run *run = context;

	return buffer_append(&run->token_body, bytes, length);
}

static void on_token_done(void *context, const struct failure *transport)
{
	struct sync_run *run = context;
	struct failure failure;

	run->transfer = NULL;
	bool good = transport == NULL &&
		    run->settings.connector->authorized(run->settings.session, &run->token_head.head,
			    buffer_text(&run->token_body), run->token_body.length, loop_wall_ms(), &failure);
	buffer_wipe(&run->token_body);
	if (!good) {
		page_failed(run, transport != NULL ? transport : &failure);
		return;
	}
	log_write(LOG_LEVEL_DEBUG, "authorized", LOG_FIELDS({ "SOURCE", run->settings.source }), "%s: authorised",
		run->settings.source);
	run->authorizing = false;
	ask_next_page(run);
}

static void send_request(struct sync_run *run, const struct transfer_events *events)
{
	run->uncommitted_calls++;
	run->outcome.calls++;
	run->transfer = http_send(run->settings.http, &run->request, events);
	http_request_clear(&run->request);
}

static void ask_token(struct sync_run *run)
{
	struct failure failure;

	http_request_clear(&run->request);
	buffer_wipe(&run->token_body);
	if (!run->settings.connector->authorize(run->settings.session, loop_wall_ms(), &run->request, &failure)) {
		finish(run, &failure);
		return;
	}
	send_request(
		run, &(struct transfer_events){
			     .context = run, .head = on_token_head, .body = on_token_body, .done = on_token_done });
}

static void ask_next_page(struct sync_run *run)
{
	struct failure failure;

	if (run->dead)
		return;
	if (run->authorizing) {
		ask_token(run);
		return;
	}
	http_request_clear(&run->request);
	switch (run->settings.connector->read_next(run->reading, loop_wall_ms(), &run->request, &failure)) {
	case READ_REQUEST:
		send_request(run, &(struct transfer_events){ .context = run,
					  .ready = on_ready,
					  .head = on_page_head,
					  .body = on_page_body,
					  .done = on_page_done });
		return;
	case READ_COMPLETE:
		finish(run, NULL);
		return;
	case READ_FAILED:
		page_failed(run, &failure);
		return;
	}
}

static void on_cursor(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;

	if (result == NULL) {
		die(run, failure);
		return;
	}
	bool has_cursor = PQntuples(result) == 1 && !PQgetisnull(result, 0, 0);
	run->reading = run->settings.connector->read_open(run->settings.session, run->settings.entity,
		run->settings.mapping, has_cursor ? PQgetvalue(result, 0, 0) : NULL,
		&(struct record_sink){ .context = run, .record = on_record, .reject = on_reject });
	ask_next_page(run);
}

static void on_prepared(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;
	const char *stream[] = { run->settings.source, entity_shape(run->settings.entity)->name };

	if (result == NULL)
		die(run, failure);
	else
		db_query(run->settings.db,
			"SELECT cursor FROM advocacy.sync_stream WHERE source = $1 AND stream = $2", 2, stream,
			on_cursor, run);
}

struct sync_run *sync_start(const struct sync_settings *settings, const struct sync_events *events)
{
	struct sync_run *run = memory_allocate(sizeof *run);

	run->settings = *settings;
	run->events = *events;
	run->started_ms = loop_monotonic_ms();
	run->started_wall_ms = loop_wall_ms();
	run->timer = loop_timer(settings->base, on_timer, run);
	run->end_timer = loop_timer(settings->base, on_end, run);
	run->stage = stage_new(settings->db,
		&(struct stage_events){ .context = run, .room = on_stage_room, .failed = on_stage_failed });
	http_request_init(&run->request);
	buffer_init(&run->token_body, TOKEN_BODY_LIMIT);
	db_query(settings->db, "SELECT advocacy.stage_prepare()", 0, NULL, on_prepared, run);
	return run;
}

struct sync_run *sync_free(struct sync_run *run)
{
	if (run == NULL)
		return NULL;
	run->transfer = http_cancel(run->transfer);
	run->timer = loop_event_free(run->timer);
	run->end_timer = loop_event_free(run->end_timer);
	if (run->reading != NULL)
		run->reading = run->settings.connector->read_free(run->reading);
	run->stage = stage_free(run->stage);
	http_request_free(&run->request);
	buffer_wipe(&run->token_body);
	free(run);
	return NULL;
}
