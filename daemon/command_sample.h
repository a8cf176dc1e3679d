/* command_sample.h - `advocated sample`: shows how a kind of message is told, or sends it to a channel. */
#ifndef DAEMON_COMMAND_SAMPLE_H
#define DAEMON_COMMAND_SAMPLE_H

#include <stdbool.h>

#include "daemon/config.h"

/* `kind`: its name, or "all", which are only shown. `channel` NULL: its text to stdout; else with `print` the request's body as that channel would
 * get it, and without it the sample is sent there, marked as one. The database isn't asked. Returns the exit code. */
int command_sample(const struct config *config, const char *kind, const char *channel, bool print);

#endif
