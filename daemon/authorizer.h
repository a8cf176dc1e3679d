/* authorizer.h - gets a session its tokens: one exchange at a time, which also ends when nobody waits for it any more. */
#ifndef DAEMON_AUTHORIZER_H
#define DAEMON_AUTHORIZER_H

#include <stdbool.h>

#include "connectors/connector.h"
#include "daemon/http.h"

/* The vendor may give a new secret with a token, and the old one is void from then on: an exchange that is broken off
 * may have cost the only one there is. So it outlives whoever asked for it, and is lost only with the authorizer itself. */
struct authorizer;

struct authorizer_settings {
	struct http *http;
	const struct connector *connector;
	struct session *session;     /* of that connector */
	const char *source;          /* copied */
	const char *state_directory; /* copied; where a renewed secret is kept; NULL: nowhere */
	bool holds_signals; /* for a program that SIGINT and SIGTERM end: they wait for the exchange, if it doesn't handle them */
	void *context;
	void (*ended)(void *context); /* an exchange is over, and `done` comes next; may be NULL */
};

/* Once, from the loop. NULL: the session has a new token. Else why it has none, of the kinds of `authorized` and of a
 * transfer. */
typedef void authorizer_fn(void *context, const struct failure *failure);

/* What is pointed to must outlive it. */
struct authorizer *authorizer_new(const struct authorizer_settings *settings);
/* Drops the exchange under way; not from inside a callback. Takes NULL, returns NULL. */
struct authorizer *authorizer_free(struct authorizer *authorizer);

/* Sends the request, or waits for the one that is under way without anybody; nobody else may be waiting. Only where the
 * connector has `authorize`. False: `failure`, nothing was sent, and `done` doesn't come (TRANSIENT: another process is
 * asking for this source). */
bool authorizer_ask(struct authorizer *authorizer, authorizer_fn *done, void *context, struct failure *failure)
	__attribute__((warn_unused_result));
/* Whoever asked with this context is gone, if it was the one that waits; the exchange goes on. NULL does nothing. */
void authorizer_leave(struct authorizer *authorizer, const void *context);
bool authorizer_is_busy(const struct authorizer *authorizer);

#endif
