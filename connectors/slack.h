/* slack.h - what the parts of the Slack messenger share; private to connectors/slack*.c and their tests. */
#ifndef CONNECTORS_SLACK_H
#define CONNECTORS_SLACK_H

#include <jansson.h>
#include <stdbool.h>

#include "connectors/messenger.h"
#include "connectors/secret.h"

struct slack_settings {
	struct secret *webhook_url;
	char *account_url; /* NULL: no links */
	bool show_health;
};

/* Budgets in code points after escaping, below Slack's own limits (slack.md 5.1). */
enum {
	SLACK_TEXT_BUDGET = 3500,
	SLACK_SECTION_BUDGET = 2800,
	SLACK_FIELD_BUDGET = 1800,
	SLACK_FIELDS_MOST = 10,
};

/* "*label*" over the filled template; left out when the template misses something. */
struct slack_field {
	const char *label, *value;
};

/* How a kind is told. All texts are templates (slack_template.h). */
struct slack_layout {
	const char *kind;
	const char *color;                /* never alone in saying how bad it is: the text's first word does */
	const char *const *sentences;     /* NULL-terminated; "@list" stands for the list */
	const struct slack_field *fields; /* ends with a NULL label */
	const char *list;                 /* the fact that is a list of objects; NULL: none */
	const char *list_title, *list_item;
};

/* The layout of that kind, or NULL; and the kinds that have one, NULL-terminated. */
const struct slack_layout *slack_layout_find(const char *kind);
extern const char *const slack_layout_kinds[];

/* The message's text, escaped, as one paragraph within SLACK_TEXT_BUDGET. */
void slack_card_text(const struct slack_settings *settings, const struct message *message, struct buffer *text);
/* The attachment {color, blocks} that repeats the text's facts in order; owned by the caller. */
json_t *slack_card_attachment(const struct slack_settings *settings, const struct message *message);

/* messenger.h's verdict, by the table of slack.md 2.2. */
bool slack_verdict(const struct http_head *head, const char *body, size_t length, bool *ret_try_plain,
	struct failure *failure);

#endif
