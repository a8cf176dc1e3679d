#include "daemon/inspect.h"

#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/document.h"
#include "daemon/loop.h"

enum { METADATA_LIMIT = 16 * 1024 * 1024 }; /* a large object's description has several hundred kilobytes */

struct inspection {
	struct inspection_settings settings;
	inspection_fn *done;
	void *context;
	struct event *timer; /* zero: the next step on the next turn, out of other people's callbacks */
	struct document *document;
	struct description description;
	struct failure failure;
	int64_t calls;
	bool authorizing, authorized, ended;
};

static void end(struct inspection *inspection, const struct failure *failure)
{
	inspection->failure.kind = FAILURE_NONE;
	if (failure != NULL)
		inspection->failure = *failure;
	inspection->ended = true;
	loop_arm(inspection->timer, 0);
}

/* A token is asked for once; a second refusal is the answer. */
static void failed(struct inspection *inspection, const struct failure *failure)
{
	if (failure->kind != FAILURE_EXPIRED || inspection->authorized ||
		inspection->settings.connector->authorize == NULL) {
		end(inspection, failure);
		return;
	}
	inspection->authorizing = true;
	loop_arm(inspection->timer, 0);
}

static void on_answer(void *context, const struct http_head *head, const char *body, size_t length,
	const struct failure *transport)
{
	struct inspection *inspection = context;
	const struct inspection_settings *settings = &inspection->settings;
	struct failure failure;

	inspection->document = NULL;
	if (transport != NULL) {
		end(inspection, transport);
		return;
	}
	if (settings->connector->described(settings->session, &settings->reading, head, body, length,
		    loop_wall_ms(), &inspection->description, &failure))
		end(inspection, NULL);
	else
		failed(inspection, &failure);
}

static void on_token(void *context, const struct failure *failure)
{
	struct inspection *inspection = context;

	inspection->authorizing = false;
	inspection->authorized = true;
	if (failure != NULL)
		end(inspection, failure);
	else
		loop_arm(inspection->timer, 0);
}

static void ask_token(struct inspection *inspection)
{
	struct failure failure;

	if (authorizer_ask(inspection->settings.authorizer, on_token, inspection, &failure))
		inspection->calls++;
	else
		end(inspection, &failure);
}

static void ask(struct inspection *inspection)
{
	const struct inspection_settings *settings = &inspection->settings;
	struct http_request request;
	struct failure failure;

	http_request_init(&request);
	if (settings->connector->describe(
		    settings->session, &settings->reading, loop_wall_ms(), &request, &failure)) {
		inspection->calls++;
		inspection->document =
			document_ask(settings->http, &request, METADATA_LIMIT, on_answer, inspection);
	} else {
		failed(inspection, &failure);
	}
	http_request_free(&request);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct inspection *inspection = context;

	(void)descriptor;
	(void)what;
	if (!inspection->ended) {
		if (inspection->authorizing)
			ask_token(inspection);
		else
			ask(inspection);
		return;
	}
	bool good = inspection->failure.kind == FAILURE_NONE;
	inspection->done(inspection->context, good ? &inspection->description : NULL,
		good ? NULL : &inspection->failure, inspection->calls);
	inspection_free(inspection);
}

struct inspection *inspection_start(
	struct event_base *base, const struct inspection_settings *settings, inspection_fn *done, void *context)
{
	struct inspection *inspection = memory_allocate(sizeof *inspection);

	inspection->settings = *settings;
	inspection->done = done;
	inspection->context = context;
	inspection->timer = loop_timer(base, on_timer, inspection);
	description_init(&inspection->description);
	loop_arm(inspection->timer, 0);
	return inspection;
}

struct inspection *inspection_free(struct inspection *inspection)
{
	if (inspection == NULL)
		return NULL;
	inspection->document = document_free(inspection->document);
	authorizer_leave(inspection->settings.authorizer, inspection);
	inspection->timer = loop_event_free(inspection->timer);
	description_clear(&inspection->description);
	free(inspection);
	return NULL;
}
