/* turn.h - one turn of a stream: the vendor's metadata when that is due, then the run. */
#ifndef DAEMON_TURN_H
#define DAEMON_TURN_H

#include <jansson.h>

#include "daemon/source_log.h"
#include "daemon/stream.h"
#include "daemon/sync.h"

struct turn;

struct turn_settings {
	struct event_base *base;
	struct http *http;
	struct source_log *log; /* with the link and the source */
	struct session *session;
	struct authorizer *authorizer; /* of the session */
	struct stream *stream;
	enum read_mode mode;
	bool inspects; /* asks for the metadata when it is due, not only when the mapping is suspected */
	bool preview;
	json_t *look; /* the policy: what it takes for a risk is asked for, before a first load; NULL: the run itself */
	int64_t yield_ms, calls_most, calls_again_s, calls_known; /* as in sync_settings */
};

/* What is pointed to must outlive the turn; `events` as those of a run. */
struct turn *turn_start(const struct turn_settings *settings, const struct sync_events *events);
void turn_decide(struct turn *turn, bool commit); /* after `previewed` */
/* A full read beside the changes stops at the next place; the rest comes later. Anything else goes on. */
void turn_yield(struct turn *turn);
struct turn *turn_free(struct turn *turn); /* takes NULL, returns NULL */

#endif
