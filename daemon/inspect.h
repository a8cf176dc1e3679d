/* inspect.h - asks a vendor what its metadata says against a stream's mapping. */
#ifndef DAEMON_INSPECT_H
#define DAEMON_INSPECT_H

#include "connectors/connector.h"
#include "daemon/authorizer.h"
#include "daemon/http.h"

struct inspection;

struct inspection_settings {
	struct http *http;
	const struct connector *connector; /* one that has `describe` */
	struct session *session;
	struct authorizer *authorizer; /* of the session */
	struct reading_request
		reading; /* entity and mapping count; what it points to must outlive the inspection */
};

/* Once, from the loop. What was found, or the failure. The inspection is gone after it. */
typedef void inspection_fn(
	void *context, const struct description *description, const struct failure *failure, int64_t calls);

/* Sends the request, and gets a new token first, once, when the connector wants one. */
struct inspection *inspection_start(
	struct event_base *base, const struct inspection_settings *settings, inspection_fn *done, void *context);
/* Drops it without a callback; takes NULL, returns NULL. */
struct inspection *inspection_free(struct inspection *inspection);

#endif
