/* outbox.h - delivers the outbox's rows: claims, renders, sends, records the verdict; one at a time per channel. */
#ifndef DAEMON_OUTBOX_H
#define DAEMON_OUTBOX_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/config.h"
#include "daemon/db.h"
#include "daemon/http.h"

struct outbox;

struct outbox_events {
	void *context;
	/* Nothing is due and nothing under way, after each look that finds it so; after outbox_stop: all is recorded. */
	void (*idle)(void *context);
};

/* `claimant` names this process among all that claim. `db` and `http` are shared and must outlive it. */
struct outbox *outbox_new(struct event_base *base, struct db *db, struct http *http, const char *claimant,
	const struct outbox_events *events);
struct outbox *outbox_free(struct outbox *outbox); /* after the link's end; takes NULL */
/* The channels to deliver to; `config` must stay until the next call. A delivery under way ends as it began. */
void outbox_configure(struct outbox *outbox, const struct config *config);
/* Looks now: the link came up, or a row was put (NOTIFY advocacy_outbox). */
void outbox_wake(struct outbox *outbox);
/* Claims nothing more; what is under way is finished. */
void outbox_stop(struct outbox *outbox);
/* Whether a claim, a delivery or its verdict is under way. */
bool outbox_is_busy(const struct outbox *outbox);

#endif
