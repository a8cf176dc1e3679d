/* messenger.h - what a destination for notifications is: facts become a request, an answer becomes a verdict. */
#ifndef CONNECTORS_MESSENGER_H
#define CONNECTORS_MESSENGER_H

#include <jansson.h>
#include <stdbool.h>

#include "connectors/failure.h"
#include "connectors/http_message.h"
#include "connectors/layout.h"
#include "connectors/option.h"

struct message {
	const char *kind;              /* "advocate_suspended" */
	const struct layouts *layouts; /* how kinds are told; any other kind is shown by its facts */
	const json_t *facts;    /* the outbox row's facts: an object of texts, lists of texts, lists of objects */
	bool possibly_repeated; /* it may have been delivered before: the text says so */
	int64_t created_ms;     /* when the fact came about */
	int64_t now_ms;
	bool plain; /* the layout was refused once: text only */
};

struct messenger {
	const char *name;             /* "slack" */
	const struct option *options; /* the keys of [channel NAME] that are its own */
	size_t option_count;
	size_t settings_size;
	/* What no single row can say; NULL when there is nothing to say. */
	bool (*check_settings)(const void *settings, struct failure *failure);
	/* Fills the request; *text gets the complete plain text of the message, for the notification table. False: a
	 * message that can't be rendered (PERMANENT). */
	bool (*render)(const void *settings, const struct message *message, struct http_request *request,
		struct buffer *text, struct failure *failure);
	/* The verdict on an answer. `head` NULL: no answer came; the caller has filled `failure` with TRANSIENT
	 * (nothing was sent) or UNKNOWN (it was sent). True: delivered. False: THROTTLED or TRANSIENT (try again),
	 * PERMANENT (this message never; `*ret_try_plain` when a plain one may pass), DESTINATION (channel is
	 * dead), UNKNOWN. */
	bool (*verdict)(const struct http_head *head, const char *body, size_t length, bool *ret_try_plain,
		struct failure *failure);
	int64_t interval_ms; /* the least time between two messages to one channel */
};

extern const struct messenger messenger_slack;

const struct messenger *messenger_find(const char *name);

#endif
