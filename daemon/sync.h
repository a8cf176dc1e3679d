/* sync.h - one run over one stream: pages to stage tables, then merge, rules and cursor in one commit. */
#ifndef DAEMON_SYNC_H
#define DAEMON_SYNC_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "daemon/authorizer.h"
#include "daemon/db.h"
#include "daemon/http.h"

struct sync_run;

/* The code of the failure of a run that has made all the calls it may. */
#define SYNC_CALLS_SPENT "CALLS_SPENT"

struct sync_settings {
	struct event_base *base;
	struct http *http;
	struct db *db; /* the source's own link; it holds the source's lease */
	const char *source;
	const struct connector *connector;
	struct session *session;
	struct authorizer *authorizer; /* of the session */
	enum entity entity;
	const struct mapping_entity *mapping;
	const char *fingerprint;   /* of the mapping as configured */
	enum read_mode mode;       /* READ_CHANGES reads all by itself when there is no other way */
	int64_t full_read_every_s; /* how often READ_ALL is due; 0: never by itself */
	int64_t prove_every_s;     /* how often READ_CHANGES reaches back behind all that comes late */
	int64_t checkpoint_rows;   /* commit after so many rows, at the next place to stop */
	int64_t yield_ms;      /* monotonic: a READ_ALL that READ_CHANGES waits for stops then; INT64_MAX: never */
	int64_t calls_most;    /* after so many it ends, THROTTLED, and keeps what it has; INT64_MAX: no limit */
	int64_t calls_again_s; /* for how long, in that case */
	int64_t calls_known; /* made today, as far as calls_most allows for them: what else the database knows of counts, too */
	bool preview; /* commit nothing; `previewed` says what the whole run would change */
	/* These alone are asked for, before a first load, and the run itself is still to come; nothing, where the stream has been
	 * read before. NULL: the run itself. */
	const struct record_filter *look;
};

struct sync_outcome {
	bool complete;       /* the reading is through */
	bool looked;         /* nothing but the look was taken */
	bool yielded;        /* it stopped at yield_ms and goes on in the next run, or was not wanted in the end */
	enum read_mode mode; /* what was read in the end */
	int64_t full_due_s;  /* until READ_ALL is due; -1: never */
	int64_t expected;    /* records that the vendor says there are; -1: not said */
	int64_t calls_today; /* of the source, before this run; -1: not known */
	struct failure failure; /* when not complete */
	int64_t rows_known;     /* read by earlier runs of the same full read, which `expected` counts too */
	int64_t rows_read, rows_changed, rows_rejected, calls;
	int64_t suspended, reinstated;
	int64_t duration_ms;
};

struct sync_events {
	void *context;
	/* The run is over; called from the loop, once. The run is freed by the caller (may be from inside). */
	void (*done)(void *context, const struct sync_outcome *outcome);
	/* After each commit, for progress lines. May be NULL. */
	void (*progress)(void *context, const struct sync_outcome *so_far);
	/* A preview: everything is read and nothing is changed yet. `difference` is what sync_preview returns, JSON. The
	 * run waits for sync_decide. */
	void (*previewed)(void *context, const char *difference);
};

/* What is pointed to must outlive the run. */
struct sync_run *sync_start(const struct sync_settings *settings, const struct sync_events *events);
/* After `previewed`: all of it is committed at once, or nothing. */
void sync_decide(struct sync_run *run, bool commit);
/* As if yield_ms were over. */
void sync_yield(struct sync_run *run);
/* Drops the run; what was not committed comes again with the next one. Takes NULL, returns NULL. */
struct sync_run *sync_free(struct sync_run *run);

#endif
