/* run.h - the daemon put together: sources, messages, deadlines and the service manager on one loop. */
#ifndef DAEMON_RUN_H
#define DAEMON_RUN_H

#include <stdbool.h>

#include "daemon/config.h"

/* Works until told to stop (`once`: until every stream had one run and the outbox nothing due). Takes `config` over and
 * frees it. `path` is read again at SIGHUP. Returns the program's exit code. */
int run_daemon(struct config *config, const char *path, bool once);

#endif
