#include "daemon/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "connectors/secret.h"
#include "daemon/db.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/sync.h"

enum {
	STANDBY_MS = 5000, /* a dead daemon's source is taken over within this */
	RETRY_FIRST_MS = 5000,
	RETRY_MOST_MS = 15 * 60 * 1000,
	PAUSED_MS = 60 * 60 * 1000, /* a refused credential is probed once an hour, and at a reload */
	THROTTLED_MS = 60 * 1000,
};

struct stream {
	enum entity entity;
	int64_t next_ms;   /* on the monotonic clock */
	unsigned failures; /* in a row */
	enum failure_kind failure;
	bool ran, succeeded;
};

struct schedule {
	struct schedule_settings settings;
	struct schedule_events events;
	struct db *db;
	struct session *session;
	struct sync_run *run;
	struct event *timer; /* the next due stream, or the next try for the lease */
	struct stream streams[ENTITY_COUNT];
	size_t stream_count;
	struct stream *running;
	bool leased, finished;
	int64_t rows_loading;
	int64_t quota_used;
};

static void plan(struct schedule *schedule);

static void changed(struct schedule *schedule)
{
	if (schedule->events.changed != NULL)
		schedule->events.changed(schedule->events.context);
}

/* Up to a tenth earlier, so that many sources and hosts don't march in step. */
static int64_t with_jitter(int64_t ms)
{
	return ms - ms / 5 + loop_backoff_ms(1, ms / 5, ms / 5);
}

static void on_reported(void *context, const PGresult *result, const struct failure *failure)
{
	const struct schedule *schedule = context;

	if (result == NULL)
		log_write(LOG_LEVEL_WARNING, "report_failed",
			LOG_FIELDS({ "SOURCE", schedule->settings.source->name }),
			"%s: its state could not be recorded: %s", schedule->settings.source->name, failure->text);
}

/* Tells the database, which tells people when it is worth telling. */
static void report(
	struct schedule *schedule, const struct stream *stream, const char *state, const struct failure *failure)
{
	bool went_well = failure->kind == FAILURE_NONE;
	const char *values[] = {
		schedule->settings.source->name,
		entity_shape(stream->entity)->name,
		state,
		went_well ? NULL : failure_kind_name(failure->kind),
		went_well ? NULL : failure->text,
	};
	struct quota quota = { -1, -1 };
	char used[24], allowed[24];

	db_query(schedule->db, "SELECT advocacy.source_report($1::text, $2::text, $3::text, $4::text, $5::text)", 5,
		values, on_reported, schedule);
	schedule->settings.source->connector->session_quota(schedule->session, &quota);
	if (quota.used < 0 || quota.used == schedule->quota_used)
		return;
	schedule->quota_used = quota.used;
	(void)snprintf(used, sizeof used, "%" PRId64, quota.used);
	(void)snprintf(allowed, sizeof allowed, "%" PRId64, quota.allowed);
	const char *calls[] = { schedule->settings.source->name, used, quota.allowed < 0 ? NULL : allowed };
	db_query(schedule->db, "SELECT advocacy.source_calls($1::text, $2::bigint, $3::bigint)", 3, calls,
		on_reported, schedule);
}

static void log_outcome(
	const struct schedule *schedule, const struct stream *stream, const struct sync_outcome *outcome)
{
	const char *source = schedule->settings.source->name;
	const char *name = entity_shape(stream->entity)->name;
	double seconds = (double)outcome->duration_ms / 1000;

	if (!outcome->complete) {
		log_write(LOG_LEVEL_WARNING, "sync_failed",
			LOG_FIELDS({ "SOURCE", source }, { "STREAM", name },
				{ "KIND", failure_kind_name(outcome->failure.kind) }),
			"%s %s: %s (after %" PRId64 " records, %" PRId64 " calls)", source, name,
			outcome->failure.text, outcome->rows_read, outcome->calls);
		return;
	}
	/* A steady state is silent: only what changed something is news. */
	bool is_news =
		outcome->rows_changed > 0 || outcome->rows_rejected > 0 || stream->failures > 0 || !stream->ran;
	log_write(is_news ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "synced",
		LOG_FIELDS({ "SOURCE", source }, { "STREAM", name }),
		"%s %s: %" PRId64 " records read, %" PRId64 " changed, %" PRId64 " rejected, %" PRId64
		" suspended, %" PRId64 " reinstated, %" PRId64 " calls, %.1f s",
		source, name, outcome->rows_read, outcome->rows_changed, outcome->rows_rejected, outcome->suspended,
		outcome->reinstated, outcome->calls, seconds);
}

static void delay_all(struct schedule *schedule, int64_t until_ms)
{
	for (size_t i = 0; i < schedule->stream_count; i++)
		if (schedule->streams[i].next_ms < until_ms)
			schedule->streams[i].next_ms = until_ms;
}

/* When this stream runs again, and under which state the source is known until then. */
static const char *settle(struct schedule *schedule, struct stream *stream, const struct sync_outcome *outcome)
{
	int64_t now_ms = loop_monotonic_ms();
	int64_t poll_ms = schedule->settings.source->poll_s * 1000;

	stream->failure = outcome->complete ? FAILURE_NONE : outcome->failure.kind;
	stream->ran = true;
	stream->succeeded = outcome->complete;
	if (outcome->complete) {
		stream->failures = 0;
		stream->next_ms = now_ms + with_jitter(poll_ms);
		return "current";
	}
	stream->failures++;
	switch (outcome->failure.kind) {
	case FAILURE_CREDENTIALS:
		delay_all(schedule, now_ms + PAUSED_MS);
		return "paused";
	case FAILURE_PERMANENT:
		stream->next_ms = now_ms + (poll_ms > PAUSED_MS ? poll_ms : PAUSED_MS);
		return "paused";
	case FAILURE_THROTTLED: {
		int64_t wait_ms =
			outcome->failure.retry_after_s > 0 ? outcome->failure.retry_after_s * 1000 : THROTTLED_MS;
		/* The allowance is the source's, not the stream's. */
		delay_all(schedule, now_ms + wait_ms);
		return "throttled";
	}
	default: {
		int64_t wait_ms = loop_backoff_ms(stream->failures, RETRY_FIRST_MS, RETRY_MOST_MS);
		int64_t asked_ms = outcome->failure.retry_after_s * 1000;
		stream->next_ms = now_ms + (asked_ms > wait_ms ? asked_ms : wait_ms);
		return "retrying";
	}
	}
}

static void on_progress(void *context, const struct sync_outcome *so_far)
{
	struct schedule *schedule = context;

	schedule->rows_loading = so_far->rows_read;
	log_write(LOG_LEVEL_INFO, "loading", LOG_FIELDS({ "SOURCE", schedule->settings.source->name }),
		"%s %s: %" PRId64 " records so far, %.0f a second", schedule->settings.source->name,
		entity_shape(schedule->running->entity)->name, so_far->rows_read,
		(double)so_far->rows_read * 1000 / (double)(so_far->duration_ms > 0 ? so_far->duration_ms : 1));
	changed(schedule);
}

/* A refused credential: which keys of the configuration name its files, so that nobody has to guess. */
static void name_credentials(const struct config_source *source, struct failure *failure)
{
	const struct connector *connector = source->connector;
	size_t used = strlen(failure->text), count = 0;

	for (size_t i = 0; i < connector->option_count && used < sizeof failure->text; i++)
		if (connector->options[i].type == OPTION_SECRET)
			used += (size_t)snprintf(failure->text + used, sizeof failure->text - used, "%s%s",
				count++ == 0 ? "; see " : " or ", connector->options[i].name);
	if (used < sizeof failure->text)
		(void)snprintf(failure->text + used, sizeof failure->text - used, " of [source %s]", source->name);
}

static void on_run_done(void *context, const struct sync_outcome *ended)
{
	struct schedule *schedule = context;
	struct stream *stream = schedule->running;
	struct sync_outcome outcome = *ended;

	if (outcome.failure.kind == FAILURE_CREDENTIALS)
		name_credentials(schedule->settings.source, &outcome.failure);
	log_outcome(schedule, stream, &outcome);
	const char *state = settle(schedule, stream, &outcome);
	if (db_is_connected(schedule->db))
		report(schedule, stream, state, &outcome.failure);
	schedule->run = sync_free(schedule->run);
	schedule->running = NULL;
	schedule->rows_loading = 0;
	changed(schedule);
	plan(schedule);
}

static void run_stream(struct schedule *schedule, struct stream *stream)
{
	const struct config_source *source = schedule->settings.source;

	schedule->running = stream;
	schedule->run = sync_start(
		&(struct sync_settings){
			.base = schedule->settings.base,
			.http = schedule->settings.http,
			.db = schedule->db,
			.source = source->name,
			.connector = source->connector,
			.session = schedule->session,
			.entity = stream->entity,
			.mapping = &source->mapping->entities[stream->entity],
			.checkpoint_rows = source->checkpoint_rows,
		},
		&(struct sync_events){ .context = schedule, .done = on_run_done, .progress = on_progress });
}

/* The stream that is due first; once only: that has not run yet. */
static struct stream *next_stream(struct schedule *schedule)
{
	struct stream *first = NULL;

	for (size_t i = 0; i < schedule->stream_count; i++) {
		struct stream *stream = &schedule->streams[i];
		if (schedule->settings.once && stream->ran)
			continue;
		if (first == NULL || stream->next_ms < first->next_ms)
			first = stream;
	}
	return first;
}

static void finish_once(struct schedule *schedule)
{
	if (schedule->finished)
		return;
	schedule->finished = true;
	if (schedule->events.finished != NULL)
		schedule->events.finished(schedule->events.context);
}

static void plan(struct schedule *schedule)
{
	struct stream *stream = next_stream(schedule);
	int64_t wait_ms;

	if (!schedule->leased || schedule->run != NULL)
		return;
	if (stream == NULL) {
		finish_once(schedule);
		return;
	}
	wait_ms = stream->next_ms - loop_monotonic_ms();
	if (wait_ms <= 0 || schedule->settings.once)
		run_stream(schedule, stream);
	else
		loop_arm(schedule->timer, wait_ms);
}

/* The database would not give the source to us. A lost link begins anew by itself. */
static void not_leased(struct schedule *schedule, const struct failure *failure)
{
	if (!db_is_connected(schedule->db))
		return;
	log_write(LOG_LEVEL_ERROR, "register_failed", LOG_FIELDS({ "SOURCE", schedule->settings.source->name }),
		"%s: %s", schedule->settings.source->name, failure->text);
	if (schedule->settings.once && failure->kind == FAILURE_PERMANENT)
		finish_once(schedule);
	else
		loop_arm(schedule->timer, STANDBY_MS);
}

static void on_registered(void *context, const PGresult *result, const struct failure *failure)
{
	struct schedule *schedule = context;

	if (result == NULL) {
		not_leased(schedule, failure);
		return;
	}
	schedule->leased = true;
	changed(schedule);
	plan(schedule);
}

static void on_lease(void *context, const PGresult *result, const struct failure *failure)
{
	struct schedule *schedule = context;
	const struct config_source *source = schedule->settings.source;
	char priority[24], stale_after[32];

	if (result == NULL) {
		not_leased(schedule, failure);
		return;
	}
	if (strcmp(PQgetvalue(result, 0, 0), "t") != 0) {
		if (schedule->settings.once) {
			log_write(LOG_LEVEL_ERROR, "standby", LOG_FIELDS({ "SOURCE", source->name }),
				"%s: another daemon works on this source", source->name);
			finish_once(schedule);
			return;
		}
		loop_arm(schedule->timer, STANDBY_MS);
		return;
	}
	(void)snprintf(priority, sizeof priority, "%" PRId64, source->priority);
	(void)snprintf(stale_after, sizeof stale_after, "%" PRId64 " seconds", source->stale_after_s);
	const char *values[] = { source->name, source->connector->name, priority, stale_after };
	db_query(schedule->db, "SELECT advocacy.source_register($1::text, $2::text, $3::integer, $4::interval)", 4,
		values, on_registered, schedule);
}

/* The lease is an advisory lock of the very connection on which the source's transactions run: who lost the
 * connection lost the lease and can't commit, and a dead daemon's lease is free as soon as the server knows. */
static void ask_lease(struct schedule *schedule)
{
	const char *values[] = { schedule->settings.source->name };

	db_query(schedule->db, "SELECT pg_try_advisory_lock(hashtextextended('advocated source ' || $1::text, 0))",
		1, values, on_lease, schedule);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct schedule *schedule = context;

	(void)descriptor;
	(void)what;
	if (!db_is_connected(schedule->db))
		return;
	if (schedule->leased)
		plan(schedule);
	else
		ask_lease(schedule);
}

static void on_connected(void *context)
{
	ask_lease(context);
}

static void on_lost(void *context, const struct failure *failure)
{
	struct schedule *schedule = context;

	log_write(LOG_LEVEL_DEBUG, "source_link_lost", LOG_FIELDS({ "SOURCE", schedule->settings.source->name }),
		"%s: %s", schedule->settings.source->name, failure->text);
	schedule->leased = false;
	/* What the run had not committed comes again. */
	schedule->run = sync_free(schedule->run);
	schedule->running = NULL;
	(void)event_del(schedule->timer);
	changed(schedule);
}

struct schedule *schedule_start(const struct schedule_settings *settings, const struct schedule_events *events)
{
	struct schedule *schedule = memory_allocate(sizeof *schedule);
	const struct config_source *source = settings->source;
	char *purpose = memory_format("source %s", source->name);

	schedule->settings = *settings;
	schedule->events = *events;
	schedule->quota_used = -1;
	for (const enum entity *entity = source->streams; *entity != ENTITY_COUNT; entity++)
		schedule->streams[schedule->stream_count++] = (struct stream){ .entity = *entity };
	schedule->timer = loop_timer(settings->base, on_timer, schedule);
	schedule->session = source->connector->session_new(source->base_url, source->settings);
	schedule->db = db_new(settings->base,
		&(struct db_settings){
			.conninfo = settings->database->conninfo,
			.password = settings->database->password == NULL
					    ? NULL
					    : secret_reveal(settings->database->password),
			.purpose = purpose,
		},
		&(struct db_events){ .context = schedule, .connected = on_connected, .lost = on_lost });
	free(purpose);
	db_connect(schedule->db);
	return schedule;
}

struct schedule *schedule_free(struct schedule *schedule)
{
	if (schedule == NULL)
		return NULL;
	schedule->run = sync_free(schedule->run);
	schedule->db = db_free(schedule->db);
	schedule->session = schedule->settings.source->connector->session_free(schedule->session);
	schedule->timer = loop_event_free(schedule->timer);
	free(schedule);
	return NULL;
}

enum schedule_state schedule_state(const struct schedule *schedule)
{
	bool all_ran = true, failing = false;

	if (!db_is_connected(schedule->db))
		return SCHEDULE_CONNECTING;
	if (!schedule->leased)
		return SCHEDULE_STANDBY;
	for (size_t i = 0; i < schedule->stream_count; i++) {
		const struct stream *stream = &schedule->streams[i];
		if (stream->failure == FAILURE_CREDENTIALS || stream->failure == FAILURE_PERMANENT)
			return SCHEDULE_PAUSED;
		all_ran = all_ran && stream->ran;
		failing = failing || stream->failure != FAILURE_NONE;
	}
	return failing ? SCHEDULE_FAILING : all_ran ? SCHEDULE_CURRENT : SCHEDULE_LOADING;
}

const char *schedule_source(const struct schedule *schedule)
{
	return schedule->settings.source->name;
}

int64_t schedule_rows_loading(const struct schedule *schedule)
{
	return schedule->rows_loading;
}

bool schedule_finished(const struct schedule *schedule)
{
	return schedule->finished;
}

bool schedule_succeeded(const struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->stream_count; i++)
		if (!schedule->streams[i].succeeded)
			return false;
	return true;
}
