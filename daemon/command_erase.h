/* command_erase.h - `advocated erase`: forgets a person. */
#ifndef DAEMON_COMMAND_ERASE_H
#define DAEMON_COMMAND_ERASE_H

#include "daemon/config.h"

/* `contact`: a contact's number or e-mail address. Prints what was done, and what is left to people. Returns the exit
 * code. */
int command_erase(const struct config *config, const char *contact);

#endif
