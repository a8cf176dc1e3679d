/* What has come is committed, and how a run ends. */
#include "daemon/loop.h"
#include "daemon/sync_internal.h"
#include "daemon/sync_query.h"

void sync_run_end(struct sync_run *run)
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
		sync_run_end(run);
}

static void on_emptied(void *context)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	run->emptied = true;
	end_when_idle(run);
}

void sync_run_die(struct sync_run *run, const struct failure *failure)
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
		sync_run_end(run);
}

static void on_stage_failed(void *context, const struct failure *failure)
{
	sync_run_die(context, failure);
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
		sync_run_die(run, &refused);
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
			sync_run_end(run);
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
		sync_run_die(run, failure);
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
		sync_run_end(run);
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
		sync_run_ask(run);
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
			sync_run_end(run);
		return;
	}
	run->outcome.complete = !failed && !run->outcome.yielded;
	apply(run, run->outcome.complete);
}

void sync_run_commit(struct sync_run *run)
{
	stage_flush(run->stage, on_flushed);
}

void sync_run_finish(struct sync_run *run, const struct failure *failure)
{
	run->ending = true;
	pager_stop(run->pager);
	if (failure != NULL)
		run->outcome.failure = *failure;
	/* Also when nothing will be committed: the link must not keep an open COPY. */
	sync_run_commit(run);
}

void sync_run_open_stage(struct sync_run *run)
{
	run->end_timer = loop_timer(run->settings.base, on_end, run);
	run->stage = stage_new(run->settings.db,
		&(struct stage_events){ .context = run, .room = on_stage_room, .failed = on_stage_failed });
}
