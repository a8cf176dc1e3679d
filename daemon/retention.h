/* retention.h - removes history whose time is over, in small steps with a rest after each, once a day. */
#ifndef DAEMON_RETENTION_H
#define DAEMON_RETENTION_H

#include <event2/event.h>

#include "daemon/db.h"

struct retention;

/* `db` is shared and must outlive it. Nothing happens before retention_wake. */
struct retention *retention_new(struct event_base *base, struct db *db);
struct retention *retention_free(struct retention *retention); /* after the link's end; takes NULL */
/* The link came up, or the policy says anew how long what is kept: looks what is due. */
void retention_wake(struct retention *retention);

#endif
