/* report.h - how the daemon stands, in a sentence for systemd and /readyz and in gauges for /metrics. */
#ifndef DAEMON_REPORT_H
#define DAEMON_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/buffer.h"
#include "daemon/control.h"
#include "daemon/schedule.h"

/* What is told about; nothing is owned. */
struct report {
	const struct control *control;
	struct schedule *const *schedules;
	size_t count;
};

/* "3 sources current, next deadline 14:05": for a tired person. Cut to `size`. */
void report_sentence(const struct report *report, char *text, size_t size);
/* Whether it does its part: the database is there, the policy in force, each source read here or by another daemon. `text`
 * gets the sentence, or what is missing. */
bool report_ready(const struct report *report, char *text, size_t size);
void report_gauges(const struct report *report, struct buffer *page);

#endif
