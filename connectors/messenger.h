/* messenger.h - what a destination for notifications is: facts become a request, an answer becomes a verdict. */
#ifndef CONNECTORS_MESSENGER_H
#define CONNECTORS_MESSENGER_H

#include <jansson.h>
#include <stdbool.h>

#include "connectors/failure.h"
#include "connectors/http_message.h"
#include "connectors/layout.h"
#include "connectors/option.h"

enum { MESSAGE_ID_SIZE = 64 };

/* What the answers to one delivery's requests have told, kept between them. Empty texts: not known. */
struct message_known {
	char user[MESSAGE_ID_SIZE];  /* the recipient, as the destination names people */
	char place[MESSAGE_ID_SIZE]; /* where to write to the recipient; of a delivered message, where it stands */
	bool remembered;             /* user and place are what an earlier delivery was told */
	char id[MESSAGE_ID_SIZE];    /* of a delivered message: what it can be answered and edited by */
	bool searched;               /* what may have been delivered before was looked for */
	bool certain;                /* ... and the answer can be relied on: it isn't there, or this is its id */
	bool alone;                  /* what it answers can't be answered any more: it is said by itself */
};

struct message {
	const char *kind;              /* "advocate_suspended" */
	const struct layouts *layouts; /* how kinds are told; any other kind is shown by its facts */
	const json_t *facts;    /* the outbox row's facts: an object of texts, lists of texts, lists of objects */
	bool possibly_repeated; /* it may have been delivered before: the text says so */
	int64_t created_ms;     /* when the fact came about */
	int64_t now_ms;
	bool plain;      /* the layout was refused once: text only */
	const char *key; /* the outbox row, to find the message by */
	/* For destinations that can do it; else they are NULL, false and 0. */
	const char *recipient;                /* the person's e-mail address; NULL: the channel itself */
	const char *thread_place, *thread_id; /* the message that this one answers; or changes: */
	bool is_edit;
	int64_t tried_ms; /* when a try began whose answer was lost */
	struct message_known known;
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
	 * (nothing was sent) or UNKNOWN (it was sent). True: delivered; or `*ret_more` (false before), the answer to a
	 * question: render anew with what is `known` now. False: THROTTLED or TRANSIENT (try again), PERMANENT (this message
	 * never; `*ret_try_plain` when a plain one may pass), DESTINATION (the recipient, or the channel, is dead),
	 * CREDENTIALS (the whole channel is), UNKNOWN. */
	bool (*verdict)(const struct message *message, const struct http_head *head, const char *body,
		size_t length, struct message_known *known, bool *ret_more, bool *ret_try_plain,
		struct failure *failure);
	bool is_personal;    /* it can write to people, answer, edit and look for messages */
	int64_t interval_ms; /* the least time between two messages to one channel */
};

/* The rows that every messenger has: of its settings struct's members account_url and audience. */
#define MESSENGER_OPTIONS(settings)                                                                                \
	{ .name = "account_url",                                                                                   \
		.type = OPTION_URL,                                                                                \
		.offset = offsetof(settings, account_url),                                                         \
		.help = "messages link to this address followed by the account's id, e.g. "                        \
			"https://acme.my.salesforce.com" },                                                        \
	{                                                                                                          \
		.name = "audience", .type = OPTION_CHOICE, .offset = offsetof(settings, audience),                 \
		.initial = "rep", .choices = "rep csm program ops",                                                \
		.help = "who reads this channel: reps and ops see nothing of health, support, payment or people"   \
	}

extern const struct messenger messenger_slack, messenger_slack_bot, messenger_discord;

/* All of them, NULL-terminated. */
extern const struct messenger *const messenger_all[];

#endif
