/* lease.h - a source is worked on by one daemon at a time: who holds its lease.
 *
 * The lease is an advisory lock of the very connection on which the source's transactions run: who lost the connection lost
 * the lease and can't commit, and a dead daemon's lease is free as soon as the server knows. */
#ifndef DAEMON_LEASE_H
#define DAEMON_LEASE_H

#include <stdbool.h>

#include "daemon/config.h"
#include "daemon/db.h"

struct lease;

/* None comes from inside lease_ask. */
struct lease_events {
	void *context;
	void (*taken)(void *context);     /* ours, and the database knows the source */
	void (*elsewhere)(void *context); /* another daemon has it; `taken` follows if we stand in line */
	/* The database would not: asking again is for the caller, unless the link is gone. */
	void (*refused)(void *context, const struct failure *failure);
};

/* waits: whether to stand in line for a source that another daemon has. What is pointed to must outlive it. */
struct lease *lease_new(
	struct db *db, const struct config_source *source, bool waits, const struct lease_events *events);
/* After its db. The lock goes with the connection. Takes NULL, returns NULL. */
struct lease *lease_free(struct lease *lease);
/* See schedule_adopt. */
void lease_adopt(struct lease *lease, const struct config_source *source);
/* Once on each connection, and again after `refused`. */
void lease_ask(struct lease *lease);

#endif
