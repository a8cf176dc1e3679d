/* db.h - one asynchronous link to PostgreSQL: connects, reconnects, runs statements in order, COPYs, listens. */
#ifndef DAEMON_DB_H
#define DAEMON_DB_H

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdbool.h>

#include "connectors/failure.h"

struct db;

struct db_settings {
	const char *conninfo; /* libpq's own string; several hosts allowed */
	const char *password; /* NULL: what conninfo or libpq's passfile say */
	const char *purpose;  /* for application_name and log lines: "control", "source salesforce" */
};

/* All are called from the loop, never from inside a db_… call. */
struct db_events {
	void *context;
	void (*connected)(void *context);
	/* The link is gone (or couldn't be had). Every statement in flight has been failed before. Connecting is tried
	 * again by itself, with backoff. */
	void (*lost)(void *context, const struct failure *failure);
	void (*notified)(void *context, const char *channel); /* may be NULL */
};

/* Nothing happens before db_connect. `settings` is copied, `events` too. */
struct db *db_new(struct event_base *base, const struct db_settings *settings, const struct db_events *events);
/* Statements in flight are dropped without their callbacks. Takes NULL, returns NULL. */
struct db *db_free(struct db *db);
void db_connect(struct db *db);
/* For the next connection; a link that is up stays. NULL as in the settings. */
void db_set_password(struct db *db, const char *password);
bool db_is_connected(const struct db *db);
/* Whether a callback got no result because the link is gone: `lost` comes next, and everything begins anew. */
bool db_is_lost(const struct db *db, const PGresult *result);

/* `result` on success (valid until the call returns), else NULL and `failure`: code is the SQLSTATE; kind is
 * TRANSIENT when the link was lost or the server says to try again (the statement's effect is then unknown: a
 * retry must be harmless), else PERMANENT. */
typedef void db_result_fn(void *context, const PGresult *result, const struct failure *failure);

/* Queues one statement with text parameters ($1 …; NULL is SQL NULL); everything is copied. Statements run in
 * order, one at a time, each in its own transaction. Queued while the link is down, it fails on the next turn. */
void db_query(
	struct db *db, const char *sql, int count, const char *const *values, db_result_fn *done, void *context);

struct db_copy_events {
	void *context;
	void (*room)(void *context); /* the server takes rows (first: the COPY began; then: after a backlog) */
	void (*done)(void *context, const struct failure *failure); /* NULL: the rows are in */
};

/* Queues a COPY … FROM STDIN. After `room` the caller puts rows as long as db_copy_put says true, then waits for
 * `room` again, and ends it with db_copy_end. Back-pressure is PQflush: libpq's buffer stays small. */
void db_copy(struct db *db, const char *sql, const struct db_copy_events *events);
/* Sends rows in COPY text format. True: more may come at once; false: wait for `room` (these rows were taken). */
bool db_copy_put(struct db *db, const char *bytes, size_t length);
void db_copy_end(struct db *db);

#endif
