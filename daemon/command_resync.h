/* command_resync.h - `advocated resync`: asks the daemon at work for it, shows the difference, takes the decision. */
#ifndef DAEMON_COMMAND_RESYNC_H
#define DAEMON_COMMAND_RESYNC_H

#include <stdbool.h>

#include "daemon/config.h"

/* `stream` NULL: all of the source. `yes`: applied without asking; `dry_run`: only shown. With neither a person is asked,
 * when there is a terminal; without one it is only shown. Returns the exit code. */
int command_resync(const struct config *config, const char *source, const char *stream, bool yes, bool dry_run);

#endif
