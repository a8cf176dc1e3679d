/* slack_text.h - Slack's way to write texts: which characters it takes for markup, and how it shows an instant. */
#ifndef CONNECTORS_SLACK_TEXT_H
#define CONNECTORS_SLACK_TEXT_H

#include "connectors/text.h"

/* mrkdwn: '&', '<' and '>' escaped and nothing else, '`' replaced (it would leave a code span), instants as date
 * markup (Slack, Formatting message text). */
extern const struct text_markup slack_markup;

#endif
