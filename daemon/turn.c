#include "daemon/turn.h"

#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/at_risk.h"
#include "daemon/inspect.h"
#include "daemon/log.h"
#include "daemon/loop.h"

struct turn {
	struct turn_settings settings;
	struct sync_events events;
	struct inspection *inspection;
	struct sync_run *run;
	struct record_filter filter; /* of the look */
	int64_t calls_before;        /* of the inspection, and of a run before it */
};

static void start_run(struct turn *turn);
static void inspect(struct turn *turn);

/* Whether a failure that looks final may be a field that the vendor has lost: then its metadata tells, and the rest of
 * the stream goes on without it (INVALID_FIELD once stopped whole syncs until somebody noticed). */
static bool suspects_mapping(struct turn *turn, const struct failure *failure)
{
	struct stream *stream = turn->settings.stream;
	/* Said by the vendor, not by the database or by ourselves. */
	bool is_final = failure->kind == FAILURE_PERMANENT && failure->http_status != 0;
	bool suspects = is_final && !stream->suspected && stream->source->connector->describe != NULL;

	stream->suspected = is_final && (suspects || stream->suspected);
	return suspects;
}

static void tell_done(struct turn *turn, const struct sync_outcome *ended)
{
	struct sync_outcome outcome = *ended;

	outcome.calls += turn->calls_before;
	turn->events.done(turn->events.context, &outcome);
}

static void on_run_done(void *context, const struct sync_outcome *outcome)
{
	struct turn *turn = context;
	const struct stream *stream = turn->settings.stream;

	if (outcome->looked || !suspects_mapping(turn, &outcome->failure)) {
		tell_done(turn, outcome);
		return;
	}
	log_write(LOG_LEVEL_INFO, "mapping_suspected", LOG_FIELDS({ "SOURCE", stream->source->name }),
		"%s %s: %s; asking for the vendor's metadata", stream->source->name, stream_name(stream),
		outcome->failure.text);
	turn->calls_before += outcome->calls;
	turn->run = sync_free(turn->run);
	inspect(turn);
}

static void on_progress(void *context, const struct sync_outcome *so_far)
{
	const struct turn *turn = context;

	turn->events.progress(turn->events.context, so_far);
}

static void on_previewed(void *context, const char *difference)
{
	const struct turn *turn = context;

	turn->events.previewed(turn->events.context, difference);
}

static void start_run(struct turn *turn)
{
	const struct turn_settings *settings = &turn->settings;
	const struct config_source *source = settings->stream->source;

	/* By the mapping as the vendor can serve it. Only an inspection, which has just told that, leaves nothing to look at:
	 * so `done` isn't called before turn_start has returned. */
	if (settings->look != NULL && !at_risk_filter(settings->look, settings->stream->entity,
					      &settings->stream->mapping, &turn->filter)) {
		tell_done(turn, &(struct sync_outcome){ .looked = true, .calls_today = -1 });
		return;
	}
	turn->run = sync_start(
		&(struct sync_settings){
			.base = settings->base,
			.http = settings->http,
			.db = settings->log->db,
			.source = source->name,
			.connector = source->connector,
			.session = settings->session,
			.authorizer = settings->authorizer,
			.entity = settings->stream->entity,
			.mapping = &settings->stream->mapping,
			.fingerprint = settings->stream->fingerprint,
			.mode = settings->mode,
			.full_read_every_s = stream_full_every_s(settings->stream),
			.prove_every_s = source->prove_every_s,
			.checkpoint_rows = source->checkpoint_rows,
			.preview = settings->preview,
			.look = settings->look == NULL ? NULL : &turn->filter,
			.yield_ms = settings->yield_ms,
			.calls_most = settings->calls_most,
			.calls_again_s = settings->calls_again_s,
			.calls_known = settings->calls_known,
		},
		&(struct sync_events){
			.context = turn, .done = on_run_done, .progress = on_progress, .previewed = on_previewed });
}

static void on_inspected(
	void *context, const struct description *description, const struct failure *failure, int64_t calls)
{
	struct turn *turn = context;
	struct stream *stream = turn->settings.stream;

	turn->inspection = NULL;
	turn->calls_before += calls;
	if (failure != NULL && failure->kind == FAILURE_CREDENTIALS) {
		/* It is due again with the next turn. */
		tell_done(turn, &(struct sync_outcome){
					.mode = turn->settings.mode, .failure = *failure, .calls_today = -1 });
		return;
	}
	/* The run will say what else is wrong, and whether it matters. */
	if (failure != NULL)
		log_write(LOG_LEVEL_INFO, "not_described", LOG_FIELDS({ "SOURCE", stream->source->name }),
			"%s %s: %s", stream->source->name, stream_name(stream), failure->text);
	if (description != NULL && !description->unchanged) {
		bool is_news = stream_describe(stream, description);
		source_log_description(turn->settings.log, stream, description, is_news);
	}
	stream_inspected(stream, failure, loop_monotonic_ms());
	start_run(turn);
}

static void inspect(struct turn *turn)
{
	const struct stream *stream = turn->settings.stream;
	const struct config_source *source = stream->source;

	turn->inspection = inspection_start(turn->settings.base,
		&(struct inspection_settings){
			.http = turn->settings.http,
			.connector = source->connector,
			.session = turn->settings.session,
			.authorizer = turn->settings.authorizer,
			.reading = { .entity = stream->entity,
				.mapping = &source->mapping->entities[stream->entity],
				.fingerprint = stream->fingerprint },
		},
		on_inspected, turn);
}

struct turn *turn_start(const struct turn_settings *settings, const struct sync_events *events)
{
	struct turn *turn = memory_allocate(sizeof *turn);
	const struct stream *stream = settings->stream;

	turn->settings = *settings;
	turn->settings.look = json_incref(settings->look); /* a reload may bring another one meanwhile */
	turn->events = *events;
	if (settings->inspects && stream->source->connector->describe != NULL &&
		stream->inspect_ms <= loop_monotonic_ms())
		inspect(turn);
	else
		start_run(turn);
	return turn;
}

void turn_decide(struct turn *turn, bool commit)
{
	if (turn->run != NULL)
		sync_decide(turn->run, commit);
}

void turn_yield(struct turn *turn)
{
	turn->settings.yield_ms = 0;
	if (turn->run != NULL)
		sync_yield(turn->run);
}

struct turn *turn_free(struct turn *turn)
{
	if (turn == NULL)
		return NULL;
	turn->inspection = inspection_free(turn->inspection);
	turn->run = sync_free(turn->run);
	json_decref(turn->settings.look);
	free(turn);
	return NULL;
}
