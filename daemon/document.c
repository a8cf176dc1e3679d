#include "daemon/document.h"

#include <stdlib.h>

#include "connectors/memory.h"

struct document {
	struct transfer *transfer;
	struct http_head_copy head;
	struct buffer body;
	document_fn *done;
	void *context;
};

static void on_head(void *context, const struct http_head *head)
{
	struct document *document = context;

	http_head_keep(&document->head, head);
}

static bool on_body(void *context, const char *bytes, size_t length)
{
	struct document *document = context;

	return buffer_append(&document->body, bytes, length);
}

static void on_done(void *context, const struct failure *transport)
{
	struct document *document = context;
	struct failure failure;

	document->transfer = NULL;
	if (transport == NULL && document->body.overflown) {
		failure_set(
			&failure, FAILURE_TRANSIENT, "the answer is longer than %zu bytes", document->body.limit);
		transport = &failure;
	}
	document->done(document->context, transport == NULL ? &document->head.head : NULL,
		buffer_text(&document->body), document->body.length, transport);
	document_free(document);
}

struct document *document_ask(
	struct http *http, const struct http_request *request, size_t limit, document_fn *done, void *context)
{
	struct document *document = memory_allocate(sizeof *document);

	document->done = done;
	document->context = context;
	buffer_init(&document->body, limit);
	document->transfer = http_send(http, request,
		&(struct transfer_events){
			.context = document, .head = on_head, .body = on_body, .done = on_done });
	return document;
}

struct document *document_free(struct document *document)
{
	if (document == NULL)
		return NULL;
	document->transfer = http_cancel(document->transfer);
	buffer_wipe(&document->body);
	free(document);
	return NULL;
}
