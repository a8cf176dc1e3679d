/* A run from its beginning to its release: what is to be read, and what the rows go to. */
#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/sync_internal.h"
#include "daemon/sync_query.h"

enum {
	/* What a first load commits at once: it goes in while the vendor makes the next page, and little is left to do when
	 * the last one has come. Only while no brake judges: it has to see much together. */
	FIRST_LOAD_ROWS = 2000,
};

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
		sync_run_end(run);
	else
		sync_run_ask(run);
}

static void on_plan(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	if (result == NULL) {
		sync_run_die(run, failure);
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
	sync_run_ask(run);
}

static void on_cleared(void *context, const PGresult *result, const struct failure *failure)
{
	struct sync_run *run = context;

	progress_move(&run->progress);
	if (result == NULL) {
		sync_run_die(run, failure);
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
	sync_run_open_stage(run);
	sync_run_open_pages(run);
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
