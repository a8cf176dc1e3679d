#include "daemon/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "connectors/secret.h"
#include "connectors/utf8.h"
#include "daemon/allowance.h"
#include "daemon/authorizer.h"
#include "daemon/db.h"
#include "daemon/due.h"
#include "daemon/lease.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/resync.h"
#include "daemon/settle.h"
#include "daemon/source_log.h"
#include "daemon/stream.h"
#include "daemon/turn.h"
#include "daemon/writeback.h"

enum {
	NOT_LEASED_MS = 5000,         /* after the database would not give a source to us */
	POSTPONE_MS = 60 * 60 * 1000, /* a full read for which the day's calls don't suffice */
	WRITE_SLICE_CALLS = 10,       /* then what is due to be read has its turn */
	SLICE_LEAST_MS = 10 * 1000,   /* a full read gets that much at once, even where every poll is due already */
	POLLS_BEFORE_FULL = 2,        /* of each stream: then a full read has its turn, although a poll is due */
};

struct schedule {
	struct schedule_settings settings;
	struct schedule_events events;
	struct db *db;
	struct lease *lease;
	struct session *session;
	struct authorizer *authorizer; /* of the session */
	struct source_log log;
	struct turn *turn;
	struct resync *resync;
	struct writeback *writeback;
	struct event *timer; /* the next due stream, or the next try for the lease */
	struct stream streams[ENTITY_COUNT];
	size_t stream_count;
	struct stream *running;
	enum read_mode asked; /* of the turn under way; a run over changes may have to read all */
	bool leased, finished;
	bool writing;    /* flags are being written, and nothing is read meanwhile: they share the session */
	bool wrote;      /* since the last turn */
	bool delivering; /* once only: what is still to be written is the last thing to do */
	bool resyncing;  /* the turn under way is one */
	int64_t rows_loading, rows_expected, seconds_left; /* of the turn under way; the last two -1: not known */
	size_t polls;                                      /* since a full read was due, and had no turn */
	struct allowance allowance;
	unsigned losses; /* of the link, since it was last there */
	bool loss_told;
	char link_problem[300];
};

static void plan(struct schedule *schedule);

static void changed(struct schedule *schedule)
{
	if (schedule->events.changed != NULL)
		schedule->events.changed(schedule->events.context);
}

static void end_turn(struct schedule *schedule, struct stream *stream, struct sync_outcome *outcome)
{
	source_log_outcome(&schedule->log, stream, outcome);
	stream->ran = true;
	stream->succeeded = outcome->complete || (schedule->settings.dry_run && outcome->yielded);
	const char *state = settle(
		&schedule->allowance, schedule->streams, schedule->stream_count, stream, schedule->asked, outcome);
	const struct quota quota = allowance_quota(&schedule->allowance);
	/* Where it failed, several that failed slowly would make each other due again without end. */
	if (schedule->settings.once && schedule->asked == READ_ALL)
		stream->full_ms = INT64_MAX;
	if (db_is_connected(schedule->db))
		source_log_report(&schedule->log, stream, state, &outcome->failure, &quota);
	if (schedule->resyncing)
		resync_ended(schedule->resync, outcome);
}

/* Whether the vendor takes no calls at all for now. What else a look met, be it that a search for what is at risk takes too
 * long, must not keep the load from coming, which brings it as well: once only, it would never come. */
static bool is_source_refused(const struct failure *failure)
{
	return failure->kind == FAILURE_CREDENTIALS || failure->kind == FAILURE_THROTTLED;
}

/* How a run, or the question before it, ended. */
static void on_turn_done(void *context, const struct sync_outcome *ended)
{
	struct schedule *schedule = context;
	struct stream *stream = schedule->running;
	struct sync_outcome outcome = *ended;

	if (outcome.failure.kind == FAILURE_CREDENTIALS)
		source_log_name_credentials(&schedule->log, &outcome.failure);
	allowance_learn(&schedule->allowance, outcome.calls_today, outcome.duration_ms);
	allowance_spend(&schedule->allowance, outcome.calls);
	stream->looked = stream->looked || outcome.looked;
	if (outcome.looked && !is_source_refused(&outcome.failure))
		source_log_look(&schedule->log, stream, &outcome);
	else
		end_turn(schedule, stream, &outcome);
	schedule->resyncing = false;
	schedule->wrote = false;
	schedule->turn = turn_free(schedule->turn);
	schedule->running = NULL;
	schedule->rows_loading = 0;
	schedule->rows_expected = schedule->seconds_left = -1;
	if (outcome.rows_read > 0)
		memory_give_back();
	changed(schedule);
	plan(schedule);
}

static void on_progress(void *context, const struct sync_outcome *so_far)
{
	struct schedule *schedule = context;

	schedule->rows_expected = so_far->expected;
	schedule->seconds_left = -1;
	int64_t known = so_far->rows_known + so_far->rows_read;
	schedule->rows_loading = known;
	if (so_far->expected > known && so_far->rows_read > 0)
		schedule->seconds_left =
			(so_far->expected - known) * so_far->duration_ms / so_far->rows_read / 1000;
	source_log_progress(&schedule->log, schedule->running, so_far);
	changed(schedule);
}

static void on_previewed(void *context, const char *difference)
{
	const struct schedule *schedule = context;

	if (schedule->resyncing) {
		resync_previewed(schedule->resync, difference);
		return;
	}
	schedule->events.previewed(schedule->events.context, schedule->settings.source->name,
		stream_name(schedule->running), difference);
	turn_decide(schedule->turn, false);
}

static void on_resync_decided(void *context, bool commit)
{
	const struct schedule *schedule = context;

	if (schedule->resyncing && schedule->turn != NULL)
		turn_decide(schedule->turn, commit);
}

static void run_stream(struct schedule *schedule, struct stream *stream, enum read_mode mode, bool looks)
{
	int64_t yield_ms = INT64_MAX, slice_ms = loop_monotonic_ms() + SLICE_LEAST_MS;
	enum budget_purpose purpose = mode == READ_ALL ? BUDGET_PROOF : stream_purpose(stream);

	for (size_t i = 0; i < schedule->stream_count; i++)
		if (schedule->streams[i].next_ms < yield_ms)
			yield_ms = schedule->streams[i].next_ms;
	schedule->running = stream;
	schedule->asked = mode;
	int64_t left = allowance_left(&schedule->allowance, purpose);
	schedule->turn = turn_start(
		&(struct turn_settings){
			.base = schedule->settings.base,
			.http = schedule->settings.http,
			.log = &schedule->log,
			.session = schedule->session,
			.authorizer = schedule->authorizer,
			.stream = stream,
			.mode = mode,
			.inspects = !schedule->settings.once,
			.preview = schedule->resyncing || schedule->settings.dry_run,
			.look = looks ? schedule->settings.policy : NULL,
			/* What a person asks for isn't cut short. One call is always made: it tells what the vendor says now. */
			.calls_most = schedule->resyncing ? INT64_MAX
				      : left < 1          ? 1
							  : left,
			.calls_again_s = allowance_wait_s(&schedule->allowance, purpose, left),
			.calls_known = allowance_spent(&schedule->allowance),
			.yield_ms = schedule->settings.once ? INT64_MAX
				    : yield_ms < slice_ms   ? slice_ms
							    : yield_ms,
		},
		&(struct sync_events){ .context = schedule,
			.done = on_turn_done,
			.progress = on_progress,
			.previewed = on_previewed });
}

/* Full reads take what is left: of the day's calls, and of the time between polls. */
static bool affords_full(const struct schedule *schedule)
{
	return allowance_left(&schedule->allowance, BUDGET_PROOF) > 0;
}

static void finish_once(struct schedule *schedule)
{
	if (schedule->finished)
		return;
	schedule->finished = true;
	if (schedule->events.finished != NULL)
		schedule->events.finished(schedule->events.context);
}

/* What a person asked for goes before what is merely due. */
static bool run_resync(struct schedule *schedule)
{
	const char *wanted = resync_stream(schedule->resync);

	for (size_t i = 0; wanted != NULL && i < schedule->stream_count; i++)
		if (strcmp(stream_name(&schedule->streams[i]), wanted) == 0) {
			schedule->resyncing = true;
			run_stream(schedule, &schedule->streams[i], READ_ALL, false);
			return true;
		}
	if (wanted == NULL)
		return false;
	struct sync_outcome none = { .mode = READ_ALL, .calls_today = -1 };
	failure_set(
		&none.failure, FAILURE_PERMANENT, "the configuration has no stream %s of this source now", wanted);
	resync_ended(schedule->resync, &none);
	return false;
}

static void on_resync_wanted(void *context)
{
	plan(context);
}

/* What protects advocates goes before what is merely read; but what is due to be read has its turn in between. */
static bool write_flags(struct schedule *schedule, const struct stream *stream)
{
	if (!writeback_is_due(schedule->writeback) ||
		(schedule->wrote && stream != NULL && stream->next_ms <= loop_monotonic_ms()))
		return false;
	int64_t left = allowance_left(&schedule->allowance, BUDGET_PROTECTION);
	if (left < 1) {
		writeback_postpone(
			schedule->writeback, allowance_wait_s(&schedule->allowance, BUDGET_PROTECTION, 1) * 1000);
		return false;
	}
	schedule->writing = schedule->wrote = true;
	writeback_run(schedule->writeback, left < WRITE_SLICE_CALLS ? left : WRITE_SLICE_CALLS);
	return true;
}

static void on_write_wanted(void *context)
{
	struct schedule *schedule = context;

	/* A full read that changes wait for can go on later. */
	if (schedule->settings.once)
		return;
	if (schedule->running != NULL && schedule->asked == READ_ALL && !schedule->resyncing)
		turn_yield(schedule->turn);
	plan(schedule);
}

static void end_delivery(struct schedule *schedule)
{
	if (!schedule->delivering)
		return;
	schedule->delivering = false;
	if (schedule->events.delivered != NULL)
		schedule->events.delivered(schedule->events.context);
}

static void on_written(void *context, int64_t calls)
{
	struct schedule *schedule = context;

	schedule->writing = false;
	allowance_spend(&schedule->allowance, calls);
	end_delivery(schedule);
	plan(schedule);
}

/* Once only, when every stream had its run: the full reads that are due, each at most once. */
static void finish_all(struct schedule *schedule, int64_t now_ms)
{
	struct stream *full = due_full(schedule->streams, schedule->stream_count);

	if (!schedule->finished && full != NULL && full->full_ms <= now_ms && !schedule->settings.dry_run &&
		affords_full(schedule))
		run_stream(schedule, full, READ_ALL, false);
	else
		finish_once(schedule);
}

/* A dry run shows what a run would do, all of it at once. */
static bool run_look(struct schedule *schedule, int64_t now_ms)
{
	struct stream *stream = NULL;

	if (!schedule->settings.dry_run)
		stream = due_look(schedule->streams, schedule->stream_count, schedule->settings.policy, now_ms);
	if (stream != NULL)
		run_stream(schedule, stream, READ_CHANGES, true);
	return stream != NULL;
}

static void plan(struct schedule *schedule)
{
	struct stream *stream = due_changes(schedule->streams, schedule->stream_count, schedule->settings.once);
	int64_t now_ms = loop_monotonic_ms();

	if (!schedule->leased || schedule->running != NULL || schedule->writing ||
		(!schedule->settings.once && (run_resync(schedule) || write_flags(schedule, stream))))
		return;
	if (stream == NULL) {
		finish_all(schedule, now_ms);
		return;
	}
	if (run_look(schedule, now_ms))
		return;
	struct stream *full = due_full(schedule->streams, schedule->stream_count);
	bool full_is_due = full->full_ms <= now_ms && affords_full(schedule) && !schedule->settings.once;
	bool full_starves = full_is_due && schedule->polls >= POLLS_BEFORE_FULL * schedule->stream_count;
	if (!full_is_due)
		schedule->polls = 0;
	if ((stream->next_ms <= now_ms || schedule->settings.once) && !full_starves) {
		schedule->polls++;
		run_stream(schedule, stream, READ_CHANGES, false);
		return;
	}
	if (full_is_due) {
		schedule->polls = 0;
		run_stream(schedule, full, READ_ALL, false);
		return;
	}
	if (full->full_ms <= now_ms)
		full->full_ms = now_ms + POSTPONE_MS;
	int64_t next_ms = full->full_ms < stream->next_ms ? full->full_ms : stream->next_ms;
	loop_arm(schedule->timer, next_ms - now_ms);
}

/* The database would not give the source to us. A lost link begins anew by itself. */
static void on_lease_refused(void *context, const struct failure *failure)
{
	struct schedule *schedule = context;

	if (!db_is_connected(schedule->db))
		return;
	log_write(LOG_LEVEL_ERROR, "register_failed", LOG_FIELDS({ "SOURCE", schedule->settings.source->name }),
		"%s: %s", schedule->settings.source->name, failure->text);
	if (schedule->settings.once && failure->kind == FAILURE_PERMANENT)
		finish_once(schedule);
	else
		loop_arm(schedule->timer, NOT_LEASED_MS);
}

static void on_lease_taken(void *context)
{
	struct schedule *schedule = context;

	schedule->leased = true;
	changed(schedule);
	writeback_begin(schedule->writeback);
	if (!schedule->settings.once)
		resync_look(schedule->resync);
	plan(schedule);
}

static void on_lease_elsewhere(void *context)
{
	struct schedule *schedule = context;

	log_write(schedule->settings.once ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "standby",
		LOG_FIELDS({ "SOURCE", schedule->settings.source->name }),
		"%s: another daemon works on this source", schedule->settings.source->name);
	if (schedule->settings.once)
		finish_once(schedule);
	else
		changed(schedule);
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
		lease_ask(schedule->lease);
}

static void on_connected(void *context)
{
	struct schedule *schedule = context;

	if (schedule->loss_told)
		log_write(LOG_LEVEL_INFO, "source_linked",
			LOG_FIELDS({ "SOURCE", schedule->settings.source->name }), "%s: the database is connected",
			schedule->settings.source->name);
	schedule->losses = 0;
	schedule->loss_told = false;
	if (!schedule->settings.dry_run) {
		lease_ask(schedule->lease);
		return;
	}
	schedule->leased = true;
	changed(schedule);
	plan(schedule);
}

static void on_notified(void *context, const char *channel)
{
	struct schedule *schedule = context;

	if (!schedule->leased || schedule->settings.once)
		return;
	if (strcmp(channel, "advocacy_writeback") == 0)
		writeback_look(schedule->writeback);
	else
		resync_look(schedule->resync);
}

static void on_lost(void *context, const struct failure *failure)
{
	struct schedule *schedule = context;

	log_write(LOG_LEVEL_DEBUG, "source_link_lost", LOG_FIELDS({ "SOURCE", schedule->settings.source->name }),
		"%s: %s", schedule->settings.source->name, failure->text);
	schedule->losses++;
	(void)snprintf(schedule->link_problem, sizeof schedule->link_problem, "%.*s",
		(int)(sizeof schedule->link_problem - 1), failure->text);
	utf8_drop_cut(schedule->link_problem);
	schedule->leased = false;
	/* What the run had not committed comes again. */
	schedule->turn = turn_free(schedule->turn);
	resync_forget(schedule->resync);
	writeback_forget(schedule->writeback);
	schedule->resyncing = schedule->writing = false;
	schedule->running = NULL;
	schedule->rows_loading = 0;
	schedule->rows_expected = schedule->seconds_left = -1;
	(void)event_del(schedule->timer);
	end_delivery(schedule);
	changed(schedule);
}

static void on_authorization_ended(void *context)
{
	const struct schedule *schedule = context;

	if (schedule->events.authorized != NULL)
		schedule->events.authorized(schedule->events.context);
}

struct schedule *schedule_start(const struct schedule_settings *settings, const struct schedule_events *events)
{
	struct schedule *schedule = memory_allocate(sizeof *schedule);
	const struct config_source *source = settings->source;
	char *purpose = memory_format("source %s", source->name);

	schedule->settings = *settings;
	schedule->events = *events;
	schedule->rows_expected = schedule->seconds_left = -1;
	for (const enum entity *entity = source->streams; *entity != ENTITY_COUNT; entity++)
		stream_init(&schedule->streams[schedule->stream_count++], source, *entity);
	schedule->timer = loop_timer(settings->base, on_timer, schedule);
	schedule->session = source->connector->session_new(source->base_url, source->settings);
	schedule->allowance = (struct allowance){ .source = source, .session = schedule->session };
	schedule->authorizer = authorizer_new(&(struct authorizer_settings){
		.http = settings->http,
		.connector = source->connector,
		.session = schedule->session,
		.source = source->name,
		.state_directory = settings->state_directory,
		.holds_signals = settings->dry_run,
		.context = schedule,
		.ended = on_authorization_ended,
	});
	schedule->db = db_new(settings->base,
		&(struct db_settings){
			.conninfo = settings->database->conninfo,
			.password = settings->database->password == NULL
					    ? NULL
					    : secret_reveal(settings->database->password),
			.purpose = purpose,
		},
		&(struct db_events){
			.context = schedule, .connected = on_connected, .lost = on_lost, .notified = on_notified });
	schedule->lease = lease_new(schedule->db, source, !settings->once,
		&(struct lease_events){ .context = schedule,
			.taken = on_lease_taken,
			.elsewhere = on_lease_elsewhere,
			.refused = on_lease_refused });
	schedule->resync = resync_new(settings->base, schedule->db, source->name,
		&(struct resync_events){
			.context = schedule, .wanted = on_resync_wanted, .decided = on_resync_decided });
	schedule->writeback = writeback_new(&(struct writeback_settings){ .base = settings->base,
						    .run = { .http = settings->http,
							    .db = schedule->db,
							    .source = source,
							    .session = schedule->session,
							    .authorizer = schedule->authorizer } },
		&(struct writeback_events){ .context = schedule, .wanted = on_write_wanted, .done = on_written });
	free(purpose);
	schedule->log = (struct source_log){
		.db = schedule->db, .source = source, .quota_used = -1, .dry = settings->dry_run
	};
	db_connect(schedule->db);
	return schedule;
}

struct schedule *schedule_free(struct schedule *schedule)
{
	if (schedule == NULL)
		return NULL;
	schedule->turn = turn_free(schedule->turn);
	for (size_t i = 0; i < schedule->stream_count; i++)
		stream_free(&schedule->streams[i]);
	schedule->resync = resync_free(schedule->resync);
	schedule->writeback = writeback_free(schedule->writeback);
	schedule->db = db_free(schedule->db);
	schedule->lease = lease_free(schedule->lease);
	schedule->authorizer = authorizer_free(schedule->authorizer);
	schedule->session = schedule->settings.source->connector->session_free(schedule->session);
	schedule->timer = loop_event_free(schedule->timer);
	free(schedule);
	return NULL;
}

void schedule_adopt(struct schedule *schedule, const struct config_source *source,
	const struct config_database *database, json_t *policy)
{
	schedule->settings.policy = policy;
	schedule->settings.source = schedule->log.source = schedule->allowance.source = source;
	for (size_t i = 0; i < schedule->stream_count; i++)
		schedule->streams[i].source = source;
	lease_adopt(schedule->lease, source);
	writeback_adopt(schedule->writeback, source);
	schedule->settings.database = database;
	db_set_password(schedule->db, database->password == NULL ? NULL : secret_reveal(database->password));
}

bool schedule_deliver(struct schedule *schedule)
{
	if (!schedule->leased || schedule->writing || !writeback_is_mapped(schedule->writeback))
		return false;
	schedule->writing = schedule->delivering = true;
	writeback_run(schedule->writeback, INT64_MAX);
	return true;
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

bool schedule_is_authorizing(const struct schedule *schedule)
{
	return authorizer_is_busy(schedule->authorizer);
}

const char *schedule_link_problem(const struct schedule *schedule)
{
	/* Lost once, it may only have been quicker than others to see that the server is gone. */
	return schedule->losses > 1 ? schedule->link_problem : "";
}

void schedule_tell_link(struct schedule *schedule)
{
	const char *problem = schedule_link_problem(schedule);

	if (schedule->loss_told || *problem == '\0')
		return;
	schedule->loss_told = true;
	log_write(LOG_LEVEL_WARNING, "source_unlinked", LOG_FIELDS({ "SOURCE", schedule->settings.source->name }),
		"%s has no connection to the database: %s", schedule->settings.source->name, problem);
}

const char *schedule_source(const struct schedule *schedule)
{
	return schedule->settings.source->name;
}

int64_t schedule_rows_loading(const struct schedule *schedule)
{
	return schedule->rows_loading;
}

int64_t schedule_rows_expected(const struct schedule *schedule)
{
	return schedule->rows_expected;
}

int64_t schedule_seconds_left(const struct schedule *schedule)
{
	return schedule->seconds_left;
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
