/* document.h - one request whose answer is small and read whole: tokens, metadata. */
#ifndef DAEMON_DOCUMENT_H
#define DAEMON_DOCUMENT_H

#include <stddef.h>

#include "daemon/http.h"

struct document;

/* The answer, or the failure of its transport (then `head` is NULL). The document is gone after it; what is passed lives
 * until the call returns, and the body, which may hold a token, is wiped then. */
typedef void document_fn(void *context, const struct http_head *head, const char *body, size_t length,
	const struct failure *transport);

/* Sends the request (copied) and reads up to `limit` bytes of its answer; a longer one is TRANSIENT. */
struct document *document_ask(
	struct http *http, const struct http_request *request, size_t limit, document_fn *done, void *context);
/* Drops it without a callback; takes NULL, returns NULL. */
struct document *document_free(struct document *document);

#endif
