/* dry_run.h - `once --dry-run`: reads what a cycle would read, and says what it would change. */
#ifndef DAEMON_DRY_RUN_H
#define DAEMON_DRY_RUN_H

#include "daemon/config.h"

/* Prints the differences to stdout; changes nothing and delivers nothing, also beside a daemon that is at work. Frees
 * `config`; returns the exit code. */
int dry_run(struct config *config);

#endif
