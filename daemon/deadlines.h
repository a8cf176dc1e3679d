/* deadlines.h - fires whatever is due (SLA clocks, risks that have cleared) and sleeps until the next. */
#ifndef DAEMON_DEADLINES_H
#define DAEMON_DEADLINES_H

#include <event2/event.h>

#include "daemon/db.h"

struct deadlines;

/* `db` is shared and must outlive it. Nothing happens before deadlines_wake. */
struct deadlines *deadlines_new(struct event_base *base, struct db *db);
struct deadlines *deadlines_free(struct deadlines *deadlines); /* after the link's end; takes NULL */
/* The link came up: looks now, and compares the time zones that calendars were laid out by. */
void deadlines_connected(struct deadlines *deadlines);
/* Looks now: a clock was made or moved (NOTIFY advocacy_deadline). */
void deadlines_wake(struct deadlines *deadlines);
/* When the next deadline is, as milliseconds since the epoch; INT64_MAX when there is none. */
int64_t deadlines_next_ms(const struct deadlines *deadlines);

#endif
