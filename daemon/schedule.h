/* schedule.h - one source at work: its link, its lease, and which of its streams runs when. */
#ifndef DAEMON_SCHEDULE_H
#define DAEMON_SCHEDULE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/config.h"
#include "daemon/http.h"

struct schedule;

enum schedule_state {
	SCHEDULE_CONNECTING, /* no database */
	SCHEDULE_STANDBY,    /* another daemon works on this source */
	SCHEDULE_LOADING,    /* a run is under way that has read something, or the first ones are due */
	SCHEDULE_CURRENT,
	SCHEDULE_FAILING, /* tries again by itself */
	SCHEDULE_PAUSED,  /* a person must act */
};

struct schedule_events {
	void *context;
	void (*changed)(void *context);    /* the state or the numbers did: time for a new STATUS */
	void (*finished)(void *context);   /* once only: every stream had its run, or none will have */
	void (*delivered)(void *context);  /* once only: after schedule_deliver */
	void (*authorized)(void *context); /* schedule_is_authorizing holds no longer. May be NULL */
	/* dry_run only: what a stream's run would change, as sync_preview tells it. */
	void (*previewed)(void *context, const char *source, const char *stream, const char *difference);
};

struct schedule_settings {
	struct event_base *base;
	struct http *http;
	const struct config_source *source; /* these two must outlive the schedule */
	const struct config_database *database;
	json_t *policy;              /* so must this; as config_policy.h tells it */
	const char *state_directory; /* copied; where a secret that the vendor renewed is kept */
	bool once;                   /* each stream once, then nothing */
	bool dry_run; /* with `once`: changes nothing, and needs no lease; SIGINT and SIGTERM end it */
};

/* Begins at once: connects, takes the lease, runs every stream, and each again after the poll interval. */
struct schedule *schedule_start(const struct schedule_settings *settings, const struct schedule_events *events);
/* Ends whatever is under way; uncommitted rows come again, but see schedule_is_authorizing. Not from inside an event. Takes
 * NULL, returns NULL. */
struct schedule *schedule_free(struct schedule *schedule);

/* A reload that leaves the source as it is: the work goes on, with the same settings at another address (what they point to
 * stays where it is), with the policy for what is still to be looked at, and with the database's password for the next
 * connection. */
void schedule_adopt(struct schedule *schedule, const struct config_source *source,
	const struct config_database *database, json_t *policy);
/* Once only, after every source has finished: writes what is to be written back. True: it has begun, `delivered` follows. */
bool schedule_deliver(struct schedule *schedule);

enum schedule_state schedule_state(const struct schedule *schedule);
/* Why its own link to the database can't be had, twice in a row or more often; else empty. */
const char *schedule_link_problem(const struct schedule *schedule);
/* Logs that, once until it is had: for who knows that others have theirs. */
void schedule_tell_link(struct schedule *schedule);
/* A token is being asked for: whoever ends the schedule now may lose the only secret that the vendor still takes. */
bool schedule_is_authorizing(const struct schedule *schedule);
const char *schedule_source(const struct schedule *schedule);
/* Rows read by the run under way, 0 when there is none. */
int64_t schedule_rows_loading(const struct schedule *schedule);
/* Of how many, as the vendor says; -1: not known. */
int64_t schedule_rows_expected(const struct schedule *schedule);
/* Until they are all read, at the pace so far; -1: not known. */
int64_t schedule_seconds_left(const struct schedule *schedule);
/* Once only: whether `finished` has been told. */
bool schedule_finished(const struct schedule *schedule);
/* Once only: whether every stream ended complete. */
bool schedule_succeeded(const struct schedule *schedule);

#endif
