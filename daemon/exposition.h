/* exposition.h - writes figures in Prometheus' text format (version 0.0.4). */
#ifndef DAEMON_EXPOSITION_H
#define DAEMON_EXPOSITION_H

#include <stddef.h>

#include "connectors/buffer.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct exposition_label {
	const char *name;
	const char *value; /* any text; escaped here */
};

/* Begins a family: all of its samples follow before the next one begins. `name` without "advocated_"; `kind` is counter or
 * gauge. A page that grows past its limit is `overflown`: look once, at the end. */
void exposition_family(struct buffer *page, const char *name, const char *kind, const char *help);
void exposition_sample(struct buffer *page, const char *name, const struct exposition_label *labels,
	size_t label_count, double value);
/* A family of one sample without labels. */
void exposition_single(struct buffer *page, const char *name, const char *kind, const char *help, double value);

#endif
