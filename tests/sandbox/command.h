/* The command language of scenario files and of the control listener: one command a line. */
#ifndef SANDBOX_COMMAND_H
#define SANDBOX_COMMAND_H

#include "tests/sandbox/server.h"
#include "tests/sandbox/vendor_slack.h"

struct commander;

struct commander *commander_create(struct server *server, struct world *world, struct slack *slack);
void commander_destroy(struct commander *commander);
/*
 * Obeys one line (empty ones and # comments are fine). True: `answer` holds what the command gave, if
 * anything. False: what is wrong and what would be right.
 */
bool command_execute(struct commander *commander, const char *line, struct text_buffer *answer);
/* Obeys it after a time; what goes wrong then is told on stderr. */
void command_execute_later(struct commander *commander, const char *line, double seconds, int64_t change_time);
extern const char command_help[];

#endif
