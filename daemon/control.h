/* control.h - the daemon's own link to the database: schema check, policy, LISTEN, outbox, deadlines and retention. */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/config.h"
#include "daemon/http.h"

struct control;

enum control_state {
	CONTROL_CONNECTING,
	CONTROL_NO_SCHEMA,  /* `advocated migrate` must run first; asked again by itself */
	CONTROL_BAD_POLICY, /* the database refuses the policy */
	CONTROL_READY,
};

struct control_events {
	void *context;
	void (*ready)(void *context);   /* the policy is in force and notices are listened to; after each connect */
	void (*changed)(void *context); /* the state did */
	void (*idle)(void *context);    /* nothing to deliver now */
	/* What is wrong with a policy, one sentence; NULL: nothing, or it could not be asked after all. */
	void (*judged)(void *context, const char *problem);
};

/* Begins at once. `config` must stay until control_configure brings another. */
struct control *control_start(struct event_base *base, struct http *http, const struct config *config,
	const struct control_events *events);
struct control *control_free(struct control *control); /* not from inside an event; takes NULL */
/* A reload: applies the new policy and channels. The link stays; its next connection takes the new password. */
void control_configure(struct control *control, const struct config *config);
/* Asks the database what it would refuse of a policy, before that is taken over: `judged` follows, of what was asked last.
 * False: it can't be asked now. */
bool control_judge(struct control *control, const json_t *policy);
/* Not ready yet, but at work on that: the database does as it is told. */
bool control_is_preparing(const struct control *control);
/* Claims no more messages; what is under way is finished: see control_is_busy. */
void control_stop(struct control *control);
bool control_is_busy(const struct control *control);

enum control_state control_state(const struct control *control);
/* Why it isn't ready, one sentence; "" when it is. */
const char *control_problem(const struct control *control);
/* Looks for deadlines and messages now. */
void control_wake(struct control *control);
/* Milliseconds since the epoch, INT64_MAX when there is none. */
int64_t control_next_deadline_ms(const struct control *control);

#endif
