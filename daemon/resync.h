/* resync.h - what operators want read anew of a source: asks the database for it, and tells it what came of it. */
#ifndef DAEMON_RESYNC_H
#define DAEMON_RESYNC_H

#include <event2/event.h>
#include <stdbool.h>

#include "daemon/db.h"
#include "daemon/sync.h"

struct resync;

struct resync_events {
	void *context;
	void (*wanted)(void *context);               /* there is something to do: see resync_stream */
	void (*decided)(void *context, bool commit); /* after resync_previewed */
};

/* `db` is the source's own link; `source` must outlive it. */
struct resync *resync_new(
	struct event_base *base, struct db *db, const char *source, const struct resync_events *events);
struct resync *resync_free(struct resync *resync); /* takes NULL, returns NULL */
/* Something may have changed: after the lease, and at each notice. */
void resync_look(struct resync *resync);
/* The link is gone, and the run with it: it begins anew. */
void resync_forget(struct resync *resync);
/* The stream that is to be read, NULL: none. Stays until resync_ended. */
const char *resync_stream(const struct resync *resync);
/* Everything is read: what it would change, as JSON. `decided` follows, after five minutes without anybody's word with
 * false. */
void resync_previewed(struct resync *resync, const char *difference);
/* The run is over; looks for the next one. */
void resync_ended(struct resync *resync, const struct sync_outcome *outcome);

#endif
