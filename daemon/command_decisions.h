/* command_decisions.h - shows what the circuit breaker holds and what was decided lately, and decides on it. */
#ifndef DAEMON_COMMAND_DECISIONS_H
#define DAEMON_COMMAND_DECISIONS_H

#include "daemon/config.h"

/* `verb`: NULL or "list"; "approve" or "reject" with a batch's number; "undo" with a cycle's number and a reason;
 * "undo-batch" with a batch's number and a reason. Who
 * calls the program is written down as the person. Returns the exit code; EX_USAGE when a word is missing or wrong. */
int command_decisions(const struct config *config, const char *verb, const char *number, const char *reason);

#endif
