/* flag_run.h - one run of one source's flags: claims what is to be written, sends it many at a time, records what came of
 * each, and looks at some that were written before. */
#ifndef DAEMON_FLAG_RUN_H
#define DAEMON_FLAG_RUN_H

#include <stdint.h>

#include "daemon/authorizer.h"
#include "daemon/config.h"
#include "daemon/db.h"
#include "daemon/http.h"

struct flag_run;

struct flag_run_settings {
	struct http *http;
	struct db *db; /* the source's own link; it holds the source's lease */
	const struct config_source *source;
	struct session *session;
	struct authorizer *authorizer; /* of the session */
};

struct flag_run_events {
	void *context;
	/* The run is over, with so many calls to the vendor; the next one not before so many milliseconds from now. */
	void (*done)(void *context, int64_t calls, int64_t wait_ms);
};

/* What is pointed to must outlive it. */
struct flag_run *flag_run_new(const struct flag_run_settings *settings, const struct flag_run_events *events);
/* As flag_run_end. Takes NULL, returns NULL. */
struct flag_run *flag_run_free(struct flag_run *run);
/* See schedule_adopt. */
void flag_run_adopt(struct flag_run *run, const struct config_source *source);
/* Writes until nothing is due or so many calls are made; `done` follows, never from inside this. Not while one is under
 * way. */
void flag_run_begin(struct flag_run *run, int64_t calls_most);
/* Breaks off what is under way, without an event: it may have arrived, and is sent again when its claim runs out. */
void flag_run_end(struct flag_run *run);

#endif
