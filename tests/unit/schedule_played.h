/* schedule_played.h - a source's work whose turns, link, lease and questions are played: which turn begins when, and what it
 * may, is looked at, and each ends exactly when a test says so. Included by the tests of schedules. */
#ifndef TESTS_UNIT_SCHEDULE_PLAYED_H
#define TESTS_UNIT_SCHEDULE_PLAYED_H

#include "tests/unit/db_played.h"

#include "daemon/authorizer.h"
#include "daemon/lease.h"
#include "daemon/resync.h"
#include "daemon/schedule.h"
#include "daemon/source_log.h"
#include "daemon/turn.h"
#include "daemon/writeback.h"

enum { POLL_MS = 60 * 1000, HOUR_MS = 3600 * 1000, DAY_S = 86400 };

/* ---- the link and the lease ---- */

static struct db_events link_events;
static struct lease_events lease_events;
static int leases_asked;

struct db *db_new(struct event_base *of, const struct db_settings *settings, const struct db_events *events)
{
	(void)of;
	(void)settings;
	link_events = *events;
	return NULL;
}

struct db *db_free(struct db *db)
{
	return db;
}

void db_connect(struct db *db)
{
	(void)db;
}

void db_set_password(struct db *db, const char *password)
{
	(void)db;
	(void)password;
}

struct lease *lease_new(
	struct db *db, const struct config_source *source, bool waits, const struct lease_events *events)
{
	(void)db;
	(void)source;
	(void)waits;
	lease_events = *events;
	return NULL;
}

struct lease *lease_free(struct lease *lease)
{
	return lease;
}

void lease_adopt(struct lease *lease, const struct config_source *source)
{
	(void)lease;
	(void)source;
}

void lease_ask(struct lease *lease)
{
	(void)lease;
	leases_asked++;
}

struct authorizer *authorizer_new(const struct authorizer_settings *settings)
{
	(void)settings;
	return NULL;
}

struct authorizer *authorizer_free(struct authorizer *authorizer)
{
	return authorizer;
}

bool authorizer_is_busy(const struct authorizer *authorizer)
{
	(void)authorizer;
	return false;
}

/* ---- turns ---- */

struct turn {
	struct turn_settings settings;
	struct sync_events events;
	bool under_way;
	int yields, decisions;
	bool commit;
};

static struct turn turn; /* the last one */
static int turns;

struct turn *turn_start(const struct turn_settings *settings, const struct sync_events *events)
{
	assert_false(turn.under_way);
	turn = (struct turn){ .settings = *settings, .events = *events, .under_way = true };
	turns++;
	return &turn;
}

void turn_decide(struct turn *of, bool commit)
{
	of->decisions++;
	of->commit = commit;
}

void turn_yield(struct turn *of)
{
	of->yields++;
}

struct turn *turn_free(struct turn *of)
{
	if (of != NULL)
		of->under_way = false;
	return NULL;
}

/* ---- what people ask for ---- */

static struct {
	struct resync_events events;
	const char *stream;
	int looks, forgets, ended;
	struct sync_outcome outcome;
	const char *previewed;
} resyncs;

struct resync *resync_new(
	struct event_base *of, struct db *db, const char *source, const struct resync_events *events)
{
	(void)of;
	(void)db;
	(void)source;
	resyncs.events = *events;
	return NULL;
}

struct resync *resync_free(struct resync *resync)
{
	return resync;
}

void resync_look(struct resync *resync)
{
	(void)resync;
	resyncs.looks++;
}

void resync_forget(struct resync *resync)
{
	(void)resync;
	resyncs.forgets++;
	resyncs.stream = NULL;
}

const char *resync_stream(const struct resync *resync)
{
	(void)resync;
	return resyncs.stream;
}

void resync_previewed(struct resync *resync, const char *difference)
{
	(void)resync;
	resyncs.previewed = difference;
}

void resync_ended(struct resync *resync, const struct sync_outcome *outcome)
{
	(void)resync;
	resyncs.ended++;
	resyncs.outcome = *outcome;
	resyncs.stream = NULL;
}

/* ---- flags ---- */

static struct {
	struct writeback_events events;
	bool due, writing;
	int begins, looks, forgets;
	int64_t calls_most, postponed_ms;
} flags;

struct writeback *writeback_new(const struct writeback_settings *settings, const struct writeback_events *events)
{
	(void)settings;
	flags.events = *events;
	return NULL;
}

struct writeback *writeback_free(struct writeback *writeback)
{
	return writeback;
}

void writeback_adopt(struct writeback *writeback, const struct config_source *source)
{
	(void)writeback;
	(void)source;
}

void writeback_begin(struct writeback *writeback)
{
	(void)writeback;
	flags.begins++;
}

void writeback_look(struct writeback *writeback)
{
	(void)writeback;
	flags.looks++;
}

void writeback_forget(struct writeback *writeback)
{
	(void)writeback;
	flags.forgets++;
	flags.writing = false;
}

bool writeback_is_mapped(const struct writeback *writeback)
{
	(void)writeback;
	return true;
}

bool writeback_is_due(const struct writeback *writeback)
{
	(void)writeback;
	return flags.due;
}

void writeback_postpone(struct writeback *writeback, int64_t ms)
{
	(void)writeback;
	flags.due = false;
	flags.postponed_ms = ms;
}

void writeback_run(struct writeback *writeback, int64_t calls_most)
{
	(void)writeback;
	assert_false(turn.under_way);
	flags.writing = true;
	flags.calls_most = calls_most;
}

/* ---- what is told ---- */

static char reported[40]; /* the source's state */

void source_log_outcome(
	const struct source_log *log, const struct stream *stream, const struct sync_outcome *outcome)
{
	(void)log;
	(void)stream;
	(void)outcome;
}

void source_log_look(const struct source_log *log, const struct stream *stream, const struct sync_outcome *outcome)
{
	(void)log;
	(void)stream;
	(void)outcome;
}

void source_log_progress(
	const struct source_log *log, const struct stream *stream, const struct sync_outcome *so_far)
{
	(void)log;
	(void)stream;
	(void)so_far;
}

void source_log_name_credentials(const struct source_log *log, struct failure *failure)
{
	(void)log;
	failure_prefix(failure, "named");
}

void source_log_report(struct source_log *log, const struct stream *stream, const char *state,
	const struct failure *failure, const struct quota *quota)
{
	(void)log;
	(void)stream;
	(void)failure;
	(void)quota;
	(void)snprintf(reported, sizeof reported, "%s", state);
}

/* ---- a source with two streams ---- */

struct session {
	struct quota quota;
};

static struct session *session_new(const char *base_url, const void *settings)
{
	static struct session session = { .quota = { -1, -1 } };

	(void)base_url;
	(void)settings;
	return &session;
}

static struct session *session_free(struct session *session)
{
	(void)session;
	return NULL;
}

static void session_quota(const struct session *session, struct quota *ret_quota)
{
	*ret_quota = session->quota;
}

static const char *default_object(enum entity entity)
{
	(void)entity;
	return "Thing";
}

static const struct connector connector = {
	.name = "play",
	.session_new = session_new,
	.session_free = session_free,
	.session_quota = session_quota,
	.default_object = default_object,
};

static struct config_source source;
static const struct config_database database = { .conninfo = NULL };
static struct schedule *schedule;
static int finishes, deliveries;
static char previewed[80];

static inline void on_finished(void *context)
{
	(void)context;
	finishes++;
}

static inline void on_delivered(void *context)
{
	(void)context;
	deliveries++;
}

static inline void on_previewed(void *context, const char *of, const char *stream, const char *difference)
{
	(void)context;
	(void)snprintf(previewed, sizeof previewed, "%s %s %s", of, stream, difference);
}

static inline int set_up(void **state)
{
	static char name[] = "crm";

	(void)state;
	play_begin();
	turn = (struct turn){ .under_way = false };
	memset(&resyncs, 0, sizeof resyncs);
	memset(&flags, 0, sizeof flags);
	turns = leases_asked = finishes = deliveries = 0;
	reported[0] = previewed[0] = '\0';
	source = (struct config_source){ .name = name,
		.connector = &connector,
		.mapping = mapping_new(),
		.streams = { ENTITY_ACCOUNT, ENTITY_CONTACT, ENTITY_COUNT },
		.poll_s = POLL_MS / 1000,
		.full_read_every_s = DAY_S,
		.api_share = 80 };
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	schedule = schedule_free(schedule);
	mapping_free(source.mapping);
	play_end();
	return 0;
}

static inline void begin_with(struct schedule_settings settings)
{
	settings.base = base;
	settings.source = &source;
	settings.database = &database;
	schedule = schedule_start(
		&settings, &(struct schedule_events){
				   .finished = on_finished, .delivered = on_delivered, .previewed = on_previewed });
	link_events.connected(link_events.context);
}

/* The turn under way, and what it is: "account changes", "contact all". */
static inline void expect_turn(const char *what)
{
	char text[80];

	assert_true(turn.under_way);
	(void)snprintf(text, sizeof text, "%s %s%s", stream_name(turn.settings.stream),
		turn.settings.mode == READ_ALL ? "all" : "changes", turn.settings.preview ? " preview" : "");
	assert_string_equal(text, what);
}

static inline void end_turn(struct sync_outcome outcome)
{
	assert_true(turn.under_way);
	turn.events.done(turn.events.context, &outcome);
}

/* It went well; a full read of the stream is due in so many seconds (-1: never). */
static inline void turn_ends_well(int64_t full_due_s)
{
	end_turn((struct sync_outcome){ .complete = true,
		.mode = turn.settings.mode,
		.full_due_s = full_due_s,
		.calls_today = -1,
		.calls = 1 });
}

/* Both streams have been read, and are due again in a minute; the first one's full read is due in so many seconds. */
static inline void begin_idle(int64_t full_due_s)
{
	begin_with((struct schedule_settings){ .once = false });
	lease_events.taken(lease_events.context);
	expect_turn("account changes");
	turn_ends_well(full_due_s);
	expect_turn("contact changes");
	turn_ends_well(-1);
}

#endif
