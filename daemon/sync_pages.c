/* Pages are asked for, one after the other, with patience. */
#include <stdio.h>

#include "daemon/counter.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/sync_internal.h"

enum {
	TRIES_MAX = 5, /* of one page, before the run gives up */
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MOST_MS = 30000,
	WAIT_MOST_S = 120,      /* a longer Retry-After ends the run; the schedule waits instead */
	LOOK_ROWS_MOST = 10000, /* at risk; when there are more, the load itself is as good a way to find them */
};

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct sync_run *run = context;

	(void)descriptor;
	(void)what;
	progress_move(&run->progress);
	sync_run_ask(run);
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
		sync_run_finish(run, &refused);
		return;
	}
	if (!can_wait || ++run->tries >= TRIES_MAX) {
		sync_run_finish(run, failure);
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
		sync_run_finish(run, NULL);
		return;
	}
	/* Beyond by one: the last page of all must not be taken for one of many. */
	if (are_calls_spent(run)) {
		struct failure spent;
		failure_set(&spent, FAILURE_THROTTLED,
			"the calls that this source may make today are used up; what has been read is kept");
		spent.retry_after_s = run->settings.calls_again_s;
		(void)snprintf(spent.code, sizeof spent.code, "%s", SYNC_CALLS_SPENT);
		sync_run_finish(run, &spent);
		return;
	}
	if (may_stop && should_yield(run)) {
		run->outcome.yielded = true;
		sync_run_finish(run, NULL);
		return;
	}
	if (may_stop && run->applying == 0 && is_checkpoint(run))
		sync_run_commit(run);
	else
		sync_run_ask(run);
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
	sync_run_ask(run);
}

static void ask_token(struct sync_run *run)
{
	struct failure failure;

	if (authorizer_ask(run->settings.authorizer, on_token, run, &failure))
		count_call(run);
	else
		page_failed(run, &failure);
}

void sync_run_ask(struct sync_run *run)
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
		sync_run_finish(run, NULL);
		return;
	case READ_FAILED:
		/* Asking the same reading again would not help, unless it only wants a token. */
		if (failure.kind == FAILURE_EXPIRED)
			page_failed(run, &failure);
		else
			sync_run_finish(run, &failure);
		return;
	}
}

void sync_run_open_pages(struct sync_run *run)
{
	run->timer = loop_timer(run->settings.base, on_timer, run);
	run->pager = pager_new(run->settings.base, run->settings.http,
		&(struct transfer_events){ .context = run,
			.ready = on_ready,
			.head = on_page_head,
			.body = on_page_body,
			.done = on_page_done });
	http_request_init(&run->request);
}
