/* slack.h - what the parts of the Slack messenger share; private to connectors/slack*.c and their tests. */
#ifndef CONNECTORS_SLACK_H
#define CONNECTORS_SLACK_H

#include <jansson.h>
#include <stdbool.h>

#include "connectors/card.h"
#include "connectors/messenger.h"
#include "connectors/secret.h"

/* Of both ways to post: an incoming webhook, or a bot token. */
struct slack_settings {
	struct secret *webhook_url;
	struct secret *bot_token;
	char *channel_id, *api_url;
	char *account_url; /* NULL: no links */
	char *audience;
};

/* Budgets in code points after escaping, below Slack's own limits (Slack, Block Kit). */
enum {
	SLACK_TEXT_BUDGET = 3500,
	SLACK_SECTION_BUDGET = 2800,
	SLACK_FIELD_BUDGET = 1800,
	SLACK_FIELDS_MOST = 10,
};

/* The attachment {color, blocks} that repeats the text's facts in order; owned by the caller. */
json_t *slack_card_attachment(const struct slack_settings *settings, const struct card *card);

/* messenger.h's verdict, by what a webhook answers (Slack, Changes to errors for incoming webhooks). */
bool slack_verdict(const struct http_head *head, const char *body, size_t length, bool *ret_try_plain,
	struct failure *failure);

/* What is posted, but for the place; *text gets the plain text. Owned by the caller. */
json_t *slack_payload(const struct slack_settings *settings, const struct message *message, enum audience readers,
	struct buffer *text);

#endif
