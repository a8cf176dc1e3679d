#ifndef SANDBOX_COMMAND_INTERNAL_H
#define SANDBOX_COMMAND_INTERNAL_H

#include "tests/sandbox/command.h"

#define COMMAND_WORDS 24

/* A word, or the value of a key=value; decoded when it was written as a JSON string. */
struct command_word {
	char *key; /* NULL: a plain word */
	char *value;
	size_t length;
};

struct command_line {
	struct command_word words[COMMAND_WORDS];
	size_t count;
};

struct commander {
	struct server *server;
	struct world *world;
	struct slack *slack;
	struct pending *pending;
};

/* NULL when fine, else what is wrong. */
const char *command_split(const char *text, struct command_line *line);
void command_release(struct command_line *line);
/* The plain word at a place, "" when there is none. */
const char *command_word(const struct command_line *line, size_t at);
const struct command_word *command_option(const struct command_line *line, const char *key);
/* The vendors named by vendor=, `otherwise` when there is no such option; 0 for an unknown one. */
unsigned command_vendors(const struct command_line *line, unsigned otherwise);
bool command_range(const char *text, uint32_t limit, uint32_t *from, uint32_t *to);

/* command_account.c: `account N ...` and `accounts A..B ...`. */
bool command_account(struct commander *commander, const struct command_line *line, struct text_buffer *answer);
bool command_accounts(struct commander *commander, const struct command_line *line, struct text_buffer *answer);
/* command_hubspot.c: `hubspot companies ID ...`. */
bool command_hubspot(struct commander *commander, const struct command_line *line, struct text_buffer *answer);

#endif
