/* Block Kit's rules, as far as a message can break them. */
#ifndef SANDBOX_SLACK_BLOCKS_H
#define SANDBOX_SLACK_BLOCKS_H

#include <jansson.h>

/* The error word that Slack would answer, or NULL. */
const char *slack_blocks_check(json_t *blocks);

#endif
