/* web.h - answers GET and HEAD on a socket of our own, with a limit on connections, bytes and time. */
#ifndef DAEMON_WEB_H
#define DAEMON_WEB_H

#include <event2/event.h>
#include <stdbool.h>

#include "connectors/buffer.h"
#include "connectors/failure.h"

struct web;

struct web_answer {
	int status;         /* 200 when the handler leaves it alone */
	const char *type;   /* plain text when the handler leaves it alone */
	struct buffer body; /* empty; the handler appends */
};

/* Answers `path` (without its query). False: not yet; the same is asked again at web_resume, until the connection's time
 * is over. Called from the loop or from web_resume. A status of 404 needs no body. */
typedef bool web_handler_fn(void *context, const char *path, struct web_answer *answer);

struct web_settings {
	struct event_base *base;
	const char *listen; /* "127.0.0.1:9464", "[::1]:9464" or "unix:/PATH", as config.h has checked it */
	int descriptor;     /* a listening socket to take over instead; -1: none */
	web_handler_fn *handler;
	void *context;
};

/* Listens at once. NULL and `failure` when that can't be: the address is taken, or not this machine's. A socket file that
 * nobody listens on any more is replaced. */
struct web *web_open(const struct web_settings *settings, struct failure *failure)
	__attribute__((warn_unused_result));
/* Closes all connections; not from inside the handler. Takes NULL, returns NULL. */
struct web *web_close(struct web *web);
/* Asks the handler again for whoever waits. */
void web_resume(struct web *web);

#endif
