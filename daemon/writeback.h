/* writeback.h - one source's flags: when there is something to write into its records; flag_run.h writes it. */
#ifndef DAEMON_WRITEBACK_H
#define DAEMON_WRITEBACK_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/config.h"
#include "daemon/flag_run.h"

struct writeback;

struct writeback_settings {
	struct event_base *base;
	struct flag_run_settings run;
};

struct writeback_events {
	void *context;
	void (*wanted)(void *context);              /* there is something to do: see writeback_is_due */
	void (*done)(void *context, int64_t calls); /* a run is over, with so many calls to the vendor */
};

/* What is pointed to must outlive it. Nothing happens before writeback_begin. */
struct writeback *writeback_new(const struct writeback_settings *settings, const struct writeback_events *events);
/* Whatever is under way is broken off, without an event: it may have arrived, and is sent again by whoever holds the source
 * next. Takes NULL, returns NULL. */
struct writeback *writeback_free(struct writeback *writeback);
/* See schedule_adopt. */
void writeback_adopt(struct writeback *writeback, const struct config_source *source);
/* The source is ours now: tells the database what the mapping says, and takes over what others left under way. */
void writeback_begin(struct writeback *writeback);
/* Something may have changed: at each notice. */
void writeback_look(struct writeback *writeback);
/* The link is gone, and a run with it (no event). */
void writeback_forget(struct writeback *writeback);
/* Whether the mapping has something to write at all. */
bool writeback_is_mapped(const struct writeback *writeback);
bool writeback_is_due(const struct writeback *writeback);
/* Not before so many milliseconds from now. */
void writeback_postpone(struct writeback *writeback, int64_t ms);
/* Writes until nothing is due or so many calls are made; `done` follows, never from inside this. It is the only one to use
 * the session until then. */
void writeback_run(struct writeback *writeback, int64_t calls_most);

#endif
