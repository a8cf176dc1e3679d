/* Slack's incoming webhooks and Web API: what they accept, what they refuse and in which words, and what was posted. */
#ifndef SANDBOX_VENDOR_SLACK_H
#define SANDBOX_VENDOR_SLACK_H

#include "tests/sandbox/server.h"

struct slack;

/* `token` is the bot's; `log_file` gets a line for each accepted message; NULL: none. False with a message on stderr. */
struct slack *slack_register(struct server *server, const char *token, const char *log_file);
/* A webhook: NAME and /services/T.../B.../24 characters. NULL when fine, else what is wrong. */
const char *slack_add_webhook(struct slack *slack, const char *name, const char *path);
/* name -> path of all of them. */
json_t *slack_webhooks(const struct slack *slack);
/* All accepted messages, oldest first; a new reference. */
json_t *slack_messages(const struct slack *slack);
void slack_forget_messages(struct slack *slack);

#endif
