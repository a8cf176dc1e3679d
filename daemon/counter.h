/* counter.h - what this process has done since it started, counted for /metrics. */
#ifndef DAEMON_COUNTER_H
#define DAEMON_COUNTER_H

#include <stdint.h>

#include "connectors/buffer.h"

/* The label values that each takes stand in its row in counter.c; here for whoever counts. */
enum counter {
	COUNTER_RUNS,        /* source, stream, mode, outcome */
	COUNTER_CALLS,       /* source, outcome */
	COUNTER_DELIVERIES,  /* channel, outcome */
	COUNTER_LINK_LOSSES, /* link */
	COUNTER_DEADLINES,   /* none */
	COUNTER_RELOADS,     /* outcome */
	COUNTER_LOG,         /* level */
	COUNTER_COUNT,
};

/* COUNT(COUNTER_CALLS, 1, source, "ok"); NULL for one without labels. The values are copied; they must come from a set
 * that is small and ours (names of the configuration, words of the program), for each combination is kept for good. */
#define COUNT(counter, amount, ...) counter_add(counter, amount, (const char *const[]){ __VA_ARGS__, NULL })
void counter_add(enum counter counter, int64_t amount, const char *const *values);

/* Appends all of them, those that nothing was counted on as well. */
void counter_write(struct buffer *page);
/* Forgets all: for the end of the process, and for tests. */
void counter_clear(void);

#endif
