/* metrics.h - /metrics, /healthz and /readyz: what the database and this process know of how things stand. */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "connectors/buffer.h"
#include "daemon/config.h"

struct metrics;

struct metrics_events {
	void *context;
	/* Whether the daemon does its part (a standby does); `text` gets a sentence in either case. */
	bool (*ready)(void *context, char *text, size_t size);
	/* Appends the daemon's own gauges. */
	void (*gauges)(void *context, struct buffer *page);
};

/* `descriptor`: a listening socket that systemd has passed, -1 for none; it goes before metrics_listen. Without either
 * nothing is opened. An address that can't be had now is tried again by itself: to be watched is not what the daemon is
 * for, so it does its work meanwhile. `config` is only looked at during the call. */
struct metrics *metrics_new(
	struct event_base *base, const struct config *config, int descriptor, const struct metrics_events *events);
struct metrics *metrics_free(struct metrics *metrics); /* takes NULL, returns NULL */
/* A reload: another address, another password. */
void metrics_configure(struct metrics *metrics, const struct config *config);

#endif
