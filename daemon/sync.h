/* sync.h - one run over one stream: pages to stage tables, then merge, rules and cursor in one commit. */
#ifndef DAEMON_SYNC_H
#define DAEMON_SYNC_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "daemon/db.h"
#include "daemon/http.h"

struct sync_run;

struct sync_settings {
	struct event_base *base;
	struct http *http;
	struct db *db; /* the source's own link; it holds the source's lease */
	const char *source;
	const struct connector *connector;
	struct session *session;
	enum entity entity;
	const struct mapping_entity *mapping;
	int64_t checkpoint_rows; /* commit after so many rows, at the next place to stop */
};

struct sync_outcome {
	bool complete;
	struct failure failure; /* when not complete */
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
};

/* What is pointed to must outlive the run. */
struct sync_run *sync_start(const struct sync_settings *settings, const struct sync_events *events);
/* Drops the run; what was not committed comes again with the next one. Takes NULL, returns NULL. */
struct sync_run *sync_free(struct sync_run *run);

#endif
