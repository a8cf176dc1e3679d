/* migrate.h - brings the schema up to date: numbered migrations once, everything replaceable each time. */
#ifndef DAEMON_MIGRATE_H
#define DAEMON_MIGRATE_H

#include "daemon/config.h"

/* Idempotent; two at once wait for each other. Prints one line per migration to stdout. Returns the exit code. */
int migrate(const struct config *config);

#endif
