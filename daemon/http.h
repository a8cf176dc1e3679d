/* http.h - HTTP requests on the event loop: libcurl's multi interface, driven by libevent. */
#ifndef DAEMON_HTTP_H
#define DAEMON_HTTP_H

#include <event2/event.h>
#include <stdbool.h>

#include "connectors/failure.h"
#include "connectors/http_message.h"

struct config_daemon;
struct http;
struct transfer;

/* All are called from the loop, never from inside http_send, http_resume or http_cancel. A transfer may be cancelled
 * from inside any of them but `body`. */
struct transfer_events {
	void *context;
	/* Whether more body may come now; false pauses the download until http_resume. May be NULL. */
	bool (*ready)(void *context);
	void (*head)(void *context, const struct http_head *head);
	/* A piece of the body, decoded. False: break the transfer off; `done` follows without a failure. */
	bool (*body)(void *context, const char *bytes, size_t length);
	/* The end, once. NULL: an answer came, whole or broken off by `body`. Else TRANSIENT, or UNKNOWN for a request
	 * that must not be repeated and may have reached the server. The transfer is gone after it. */
	void (*done)(void *context, const struct failure *failure);
};

/* TLS 1.2 at the least, and the system's authorities. */
struct http *http_new(struct event_base *base);
/* What `daemon` says of both, for all requests from now on; copied. */
void http_configure(struct http *http, const struct config_daemon *daemon);
/* Drops all transfers without their callbacks. Takes NULL, returns NULL. */
struct http *http_free(struct http *http);
/* Starts `request` on one of the next turns (after its pause_before_ms); everything is copied. */
struct transfer *http_send(
	struct http *http, const struct http_request *request, const struct transfer_events *events);
void http_resume(struct transfer *transfer);
/* Drops the transfer without a callback; takes NULL, returns NULL. */
struct transfer *http_cancel(struct transfer *transfer);

#endif
