/* command.h - the subcommands that answer a question and exit: status, explain, check. */
#ifndef DAEMON_COMMAND_H
#define DAEMON_COMMAND_H

#include <stdbool.h>

#include "daemon/config.h"

/* The answer goes to stdout, complaints to stderr. All return the exit code. */
int command_status(const struct config *config, bool json);
/* `advocate`: its number, or its contact's e-mail address. */
int command_explain(const struct config *config, const char *advocate);
/* The configuration is good already when this runs. `online`: is the database there and new enough, does it accept the
 * policy, and does every vendor answer a first page of every stream? */
int command_check(const struct config *config, bool online);

#endif
