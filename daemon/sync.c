#include "daemon/sync.h"

#include <stdio.h>
#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/counter.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/pager.h"
#include "daemon/progress.h"
#include "daemon/stage.h"
#include "daemon/sync_query.h"

enum {
	TRIES_MAX = 5, /* of one page, before the run gives up */
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MOST_MS = 30000,
	WAIT_MOST_S = 120, /* a longer Retry-After ends the run; the schedule waits instead */
	/* What a first load commits at once: it goes in while the vendor makes the next page, and little is left to do when
	 * the last one has come. Only while no brake judges: it has to see much together. */
	FIRST_LOAD_ROWS = 2000,
	LOOK_ROWS_MOST = 10000, /* at risk; when there are more, the load itself is as good a way to find them */
};

struct sync_run {
	struct sync_settings settings;
	struct sync_events events;
	struct sync_outcome outcome;
	struct stage *stage;
	struct reading *reading;
	struct http_request request;
	struct pager *pager;
	struct event *timer;     /* the wait before a page is asked for again, or zero: go on next turn */
	struct event *end_timer; /* zero: tells `done` */
	struct progress progress;
	bool authorizing, authorized_once;
	bool keeps_changes; /* a full read beside changes that go on: their cursor stays */
	bool cautious;      /* the run before this one was broken off */
	unsigned tries;     /* of the page under way */
	unsigned applying;  /* commits under way; pages come meanwhile */
	int64_t uncommitted_rows, uncommitted_calls;
	int64_t started_ms, started_wall_ms;
	int64_t rows_before; /* of the full read that goes on: read by earlier runs */
	bool ending;         /* nothing more is asked: commit what is staged, then say `failure` or complete */
	bool committed;      /* the last commit is under way */
	bool dead;           /* the link is gone or the stages are in doubt: nothing more can be committed */
	bool emptied;        /* dead: no COPY of ours is open or queued any more */
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
	pager_stop(run->pager);
	authorizer_leave(run->settings.authorizer, run);
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

static void end_when_idle(struct sync_run *run)
{
	if (run->emptied && run->applying == 0)
		end_run(run);
}

static void on_emptied(void *context)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	run->emptied = true;
	end_when_idle(run);
}

/* The link broke or a statement failed: whatever is staged is lost with it, and comes again next time. A link that lives
 * may still have a COPY and a commit of ours queued: `done` waits for them, since they would call a run that is gone. */
static void die(struct sync_run *run, const struct failure *failure)
{
	if (run->dead)
		return;
	run->dead = true;
	run->outcome.complete = false;
	run->outcome.failure = *failure;
	pager_stop(run->pager);
	authorizer_leave(run->settings.authorizer, run);
	(void)event_del(run->timer);
	if (db_is_connected(run->settings.db))
		stage_abandon(run->stage, on_emptied);
	else
		end_run(run);
}

static void on_stage_failed(void *context, const struct failure *failure)
{
	die(context, failure);
}

static void on_stage_room(void *context)
{
	struct sync_run *run = context;

	pager_resume(run->pager);
}

static void on_applied(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	run->applying--;
	if (run->dead) {
		end_when_idle(run);
		return;
	}
	if (result == NULL) {
		struct failure refused = *failure;
		failure_prefix(&refused, "committing %s", entity_shape(run->settings.entity)->name);
		die(run, &refused);
		return;
	}
	struct sync_applied applied;
	sync_query_read_applied(result, &applied);
	run->outcome.rows_changed += applied.rows_changed;
	run->outcome.rows_rejected += applied.rows_rejected;
	run->outcome.suspended += applied.suspended;
	run->outcome.reinstated += applied.reinstated;
	run->outcome.duration_ms = loop_monotonic_ms() - run->started_ms;
	if (run->committed) {
		if (run->applying == 0)
			end_run(run);
		return;
	}
	if (run->events.progress != NULL)
		run->events.progress(run->events.context, &run->outcome);
}

/* What the database is asked about what is staged. */
static struct sync_portion portion_of(struct sync_run *run, bool complete)
{
	const struct connector *connector = run->settings.connector;
	/* Beside a full read the changes have gone on from a cursor of their own. */
	bool keeps_stored_cursor = complete && run->outcome.mode == READ_ALL && run->keeps_changes;

	run->outcome.expected = run->outcome.looked ? -1 : connector->read_expected(run->reading);
	run->outcome.rows_known = run->outcome.mode == READ_ALL ? run->rows_before : 0;
	struct sync_portion portion = {
		.source = run->settings.source,
		.stream = entity_shape(run->settings.entity)->name,
		.fingerprint = run->settings.fingerprint,
		.mode = run->outcome.mode,
		.cursor = keeps_stored_cursor || run->outcome.looked ? NULL : connector->read_cursor(run->reading),
		.complete = complete,
		.fresh_ms = INT64_MIN,
		.until_ms = INT64_MIN,
		.started_ms = run->started_wall_ms,
		.rows = run->uncommitted_rows,
		.calls = run->uncommitted_calls,
		.expected = run->outcome.expected,
	};
	if (complete)
		connector->read_until(run->reading, &portion.fresh_ms, &portion.until_ms);
	return portion;
}

static void apply(struct sync_run *run, bool complete)
{
	const struct sync_portion portion = portion_of(run, complete);

	sync_query_apply(run->settings.db, &portion, on_applied, run);
	run->applying++;
	run->uncommitted_rows = run->uncommitted_calls = 0;
}

static void on_previewed(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	if (result == NULL)
		die(run, failure);
	else
		run->events.previewed(run->events.context, PQgetvalue(result, 0, 0));
}

void sync_decide(struct sync_run *run, bool commit)
{
	progress_move(&run->progress);
	if (run->dead)
		return;
	run->outcome.complete = commit;
	run->outcome.yielded = !commit;
	if (commit)
		apply(run, true);
	else
		end_run(run);
}

/* Everything is in the stages: merge, rules and cursor, in one transaction. The link does one thing after the other, so
 * rows of the next page, which is asked for at once, are copied when the stages are empty again. */
static void on_flushed(void *context)
{
	struct sync_run *run = context;
	bool failed = run->outcome.failure.kind != FAILURE_NONE;

	progress_move(&run->progress);
	if (run->dead)
		return;
	if (!run->ending) {
		apply(run, false);
		ask_next_page(run);
		return;
	}
	run->committed = true;
	if (run->settings.preview && !failed) {
		const struct sync_portion portion = portion_of(run, true);
		sync_query_preview(run->settings.db, &portion, on_previewed, run);
		return;
	}
	if (run->outcome.looked) {
		apply(run, false);
		return;
	}
	/* Without a place to go on from, the rows of a failed run stay in the stage, which the next one empties. With one, it
	 * is kept even when no row came: a reading that has found out that changes can't be told says so in its cursor. */
	if (failed && (run->settings.preview || run->settings.connector->read_cursor(run->reading) == NULL)) {
		if (run->applying == 0)
			end_run(run);
		return;
	}
	run->outcome.complete = !failed && !run->outcome.yielded;
	apply(run, run->outcome.complete);
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
	pager_stop(run->pager);
	if (failure != NULL)
		run->outcome.failure = *failure;
	/* Also when nothing will be committed: the link must not keep an open COPY. */
	commit(run);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct sync_run *run = context;

	(void)descriptor;
	(void)what;
	progress_move(&run->progress);
	ask_next_page(run);
}

static void count_answer(const struct sync_run *run, const char *outcome)
{
	COUNT(COUNTER_CALLS, 1, run->settings.source, outcome);
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

	progress_move(&run->progress);
	run->settings.connector->read_head(run->reading, head);
}

static void count_call(struct sync_run *run)
{
	run->uncommitted_calls++;
	run->outcome.calls++;
}

/* A call that was made ahead doesn't count yet: it may bring what is still wanted. */
static bool are_calls_spent(const struct sync_run *run)
{
	return run->outcome.calls - (pager_is_ahead(run->pager) ? 1 : 0) > run->settings.calls_most;
}

/* Changes wait for it; a preview goes through, since it would have to begin anew. */
static bool should_yield(const struct sync_run *run)
{
	return run->keeps_changes && !run->settings.preview && loop_monotonic_ms() >= run->settings.yield_ms;
}

/* Vendor and database work at the same time: while a page comes, the next one is asked for. */
static void ask_ahead(struct sync_run *run)
{
	const struct connector *connector = run->settings.connector;
	bool would_stop = run->outcome.calls > run->settings.calls_most || should_yield(run);

	if (connector->read_ahead == NULL || !pager_may_ask_ahead(run->pager) || would_stop)
		return;
	http_request_clear(&run->request);
	if (connector->read_ahead(run->reading, &run->request)) {
		count_call(run);
		pager_ask_ahead(run->pager, &run->request);
	}
	http_request_clear(&run->request);
}

static bool on_page_body(void *context, const char *bytes, size_t length)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	if (!run->settings.connector->read_feed(run->reading, bytes, length))
		return false;
	ask_ahead(run);
	return true;
}

/* A cautious run commits at its first place to stop, even if no row has come yet, and then never has more at stake than it
 * has made safe: so it gets on, however soon it is broken off again. */
static bool is_checkpoint(const struct sync_run *run)
{
	int64_t safe_rows = run->outcome.rows_read - run->uncommitted_rows;

	return run->uncommitted_rows >= run->settings.checkpoint_rows ||
	       (run->cautious && run->uncommitted_rows >= safe_rows);
}

static void settle_page(struct sync_run *run)
{
	bool may_stop = !run->settings.preview && !run->outcome.looked &&
			run->settings.connector->read_cursor(run->reading) != NULL;

	if (run->outcome.looked && run->outcome.rows_read >= LOOK_ROWS_MOST) {
		finish(run, NULL);
		return;
	}
	/* Beyond by one: the last page of all must not be taken for one of many. */
	if (are_calls_spent(run)) {
		struct failure spent;
		failure_set(&spent, FAILURE_THROTTLED,
			"the calls that this source may make today are used up; what has been read is kept");
		spent.retry_after_s = run->settings.calls_again_s;
		(void)snprintf(spent.code, sizeof spent.code, "%s", SYNC_CALLS_SPENT);
		finish(run, &spent);
		return;
	}
	if (may_stop && should_yield(run)) {
		run->outcome.yielded = true;
		finish(run, NULL);
		return;
	}
	if (may_stop && run->applying == 0 && is_checkpoint(run))
		commit(run);
	else
		ask_next_page(run);
}

static void on_page_done(void *context, const struct failure *transport)
{
	struct sync_run *run = context;
	struct failure failure;

	progress_move(&run->progress);
	if (transport != NULL)
		failure = *transport;
	if (transport != NULL || !run->settings.connector->read_finish(run->reading, loop_wall_ms(), &failure)) {
		count_answer(run, failure_kind_name(failure.kind));
		page_failed(run, &failure);
		return;
	}
	count_answer(run, "ok");
	run->tries = 0;
	run->authorized_once = false;
	settle_page(run);
}

static void on_token(void *context, const struct failure *failure)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	count_answer(run, failure == NULL ? "ok" : failure_kind_name(failure->kind));
	if (failure != NULL) {
		page_failed(run, failure);
		return;
	}
	run->authorizing = false;
	ask_next_page(run);
}

static void ask_token(struct sync_run *run)
{
	struct failure failure;

	if (authorizer_ask(run->settings.authorizer, on_token, run, &failure))
		count_call(run);
	else
		page_failed(run, &failure);
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
		if (!pager_ask(run->pager, &run->request))
			count_call(run);
		http_request_clear(&run->request);
		return;
	case READ_COMPLETE:
		finish(run, NULL);
		return;
	case READ_FAILED:
		/* Asking the same reading again would not help, unless it only wants a token. */
		if (failure.kind == FAILURE_EXPIRED)
			page_failed(run, &failure);
		else
			finish(run, &failure);
		return;
	}
}

static void open_reading(struct sync_run *run, enum read_mode mode, bool prove, const char *cursor)
{
	const struct reading_request request = {
		.entity = run->settings.entity,
		.mapping = run->settings.mapping,
		.fingerprint = run->settings.fingerprint,
		.mode = mode,
		.prove = prove,
		.cursor = cursor,
		.cautious = run->cautious,
		.only = run->settings.look,
	};

	run->outcome.mode = mode;
	run->reading = run->settings.connector->read_open(run->settings.session, &request,
		&(struct record_sink){ .context = run, .record = on_record, .reject = on_reject });
}

/* Of the calls that were made before this daemon began the database is the first to tell. One is always made. */
static void count_unknown_calls(struct sync_run *run)
{
	struct sync_settings *settings = &run->settings;
	int64_t unknown = run->outcome.calls_today - settings->calls_known;

	if (unknown > 0 && settings->calls_most != INT64_MAX)
		settings->calls_most = settings->calls_most > unknown ? settings->calls_most - unknown : 1;
}

/* Where nothing is to be looked at, or it can't be asked for, the run ends with no word. */
static void look(struct sync_run *run, const struct sync_plan *plan)
{
	run->outcome.looked = true;
	if (plan->untouched)
		open_reading(run, READ_ALL, false, NULL);
	if (run->reading == NULL)
		end_run(run);
	else
		ask_next_page(run);
}

static void on_plan(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	if (result == NULL) {
		die(run, failure);
		return;
	}
	struct sync_plan plan;
	sync_query_read_plan(result, &plan);
	run->cautious = run->settings.mode == READ_ALL ? plan.full_broken_off : plan.broken_off;
	if (plan.unjudged && run->settings.checkpoint_rows > FIRST_LOAD_ROWS)
		run->settings.checkpoint_rows = FIRST_LOAD_ROWS;
	run->outcome.full_due_s = plan.full_due_s;
	run->outcome.calls_today = plan.calls_today;
	count_unknown_calls(run);
	if (run->settings.look != NULL) {
		look(run, &plan);
		return;
	}
	run->rows_before = plan.full_rows;
	open_reading(run, READ_CHANGES, plan.prove, plan.cursor);
	run->keeps_changes = run->reading != NULL && run->settings.mode == READ_ALL;
	if (run->reading == NULL || run->settings.mode == READ_ALL) {
		/* Only opened to see whether changes could go on from there. */
		if (run->reading != NULL)
			run->reading = run->settings.connector->read_free(run->reading);
		/* A preview stands for itself: what an earlier full read has seen is not in its stages. */
		open_reading(run, READ_ALL, false, run->settings.preview ? NULL : plan.full_cursor);
	}
	ask_next_page(run);
}

static void on_cleared(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	if (result == NULL) {
		die(run, failure);
		return;
	}
	sync_query_plan(run->settings.db, run->settings.source, entity_shape(run->settings.entity)->name,
		run->settings.full_read_every_s, run->settings.prove_every_s, on_plan, run);
}

struct sync_run *sync_start(const struct sync_settings *settings, const struct sync_events *events)
{
	struct sync_run *run = memory_allocate(sizeof *run);

	run->settings = *settings;
	run->events = *events;
	progress_begin(&run->progress, "reading a stream");
	run->started_ms = loop_monotonic_ms();
	run->started_wall_ms = loop_wall_ms();
	run->outcome.mode = settings->mode;
	run->outcome.calls_today = run->outcome.full_due_s = run->outcome.expected = -1;
	run->timer = loop_timer(settings->base, on_timer, run);
	run->end_timer = loop_timer(settings->base, on_end, run);
	run->stage = stage_new(settings->db,
		&(struct stage_events){ .context = run, .room = on_stage_room, .failed = on_stage_failed });
	run->pager = pager_new(settings->base, settings->http,
		&(struct transfer_events){ .context = run,
			.ready = on_ready,
			.head = on_page_head,
			.body = on_page_body,
			.done = on_page_done });
	http_request_init(&run->request);
	/* What a run before this one has left behind. */
	db_query(settings->db, "SELECT advocacy.stage_clear()", 0, NULL, on_cleared, run);
	return run;
}

void sync_yield(struct sync_run *run)
{
	run->settings.yield_ms = 0;
}

struct sync_run *sync_free(struct sync_run *run)
{
	if (run == NULL)
		return NULL;
	progress_end(&run->progress);
	run->pager = pager_free(run->pager);
	authorizer_leave(run->settings.authorizer, run);
	run->timer = loop_event_free(run->timer);
	run->end_timer = loop_event_free(run->end_timer);
	if (run->reading != NULL)
		run->reading = run->settings.connector->read_free(run->reading);
	run->stage = stage_free(run->stage);
	http_request_free(&run->request);
	free(run);
	return NULL;
}
