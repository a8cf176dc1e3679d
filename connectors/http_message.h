/* http_message.h - a request as a connector wants it sent, and the head of the answer; no sockets here. */
#ifndef CONNECTORS_HTTP_MESSAGE_H
#define CONNECTORS_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/buffer.h"

enum { HTTP_HEADERS_MAX = 8, HTTP_ANSWER_HEADERS_MAX = 64 };

struct http_request {
	bool is_post;
	bool is_patch;                           /* with is_post: PATCH in its place */
	struct buffer url;                       /* may hold a secret (a webhook's address): never logged */
	struct buffer body;                      /* sent when is_post */
	struct buffer headers[HTTP_HEADERS_MAX]; /* "Name: value", without CR and LF; some hold tokens */
	size_t header_count;
	bool accept_gzip;
	bool must_not_repeat;     /* a fresh connection, so that libcurl can't resend it by itself */
	unsigned pause_before_ms; /* wait this long before sending: the vendor's pace */
	unsigned timeout_s;       /* from the connection's start to the last byte, pauses not counted */
	size_t body_limit;        /* decoded bytes we are ready to take */
	char what[96];            /* for the log: "Account page 3"; no secret */
};

/* Sets limits that suit a small document; a connector changes what it needs to. */
void http_request_init(struct http_request *request);
/* Wipes url, body and headers; leaves it initialised. */
void http_request_clear(struct http_request *request);
void http_request_free(struct http_request *request);
/* Adds "name: value". False when there is no room, or the value holds a control character: libcurl would send it
 * as it is, and with it a header of an attacker's choice. */
bool http_request_header(struct http_request *request, const char *name, const char *value)
	__attribute__((warn_unused_result));

/* Whether both ask for the same: address, headers and body. */
bool http_request_same(const struct http_request *one, const struct http_request *other);
/* Of an initialised `ret_copy`: what http_request_same looks at. */
void http_request_copy(struct http_request *ret_copy, const struct http_request *request);

struct http_header {
	const char *name, *value;
};

struct http_head {
	int status;
	const struct http_header *headers;
	size_t count;
};

/* The header's value, whatever the case of its name; NULL when it isn't there. The last one wins. */
const char *http_head_value(const struct http_head *head, const char *name);
/* Whether the content type says JSON (an error page often comes with a good status). */
bool http_head_is_json(const struct http_head *head);
/* What outlives the transfer of an answer that is read whole: its status and the few headers that verdicts look at. */
struct http_head_copy {
	struct http_head head;
	struct http_header headers[4];
	char values[4][160];
};
/* `copy` must stay where it is: its head points into it. */
void http_head_keep(struct http_head_copy *copy, const struct http_head *head);
/* Retry-After in seconds (only the delay form), clamped to [1, most]; 0 when absent or unreadable. */
long http_head_retry_after(const struct http_head *head, long most);

#endif
