/* check_online.h - asks the database and every vendor whether the configuration would work. */
#ifndef DAEMON_CHECK_ONLINE_H
#define DAEMON_CHECK_ONLINE_H

#include "daemon/config.h"

/* Reads one page of every stream, keeps nothing, changes nothing. Prints one line per question to stdout. Returns the exit
 * code: EX_OK, EX_UNAVAILABLE when somebody didn't answer, EX_CONFIG when somebody said no. */
int check_online(const struct config *config);

#endif
