/* option.h - a configuration key as one table row: type, default, bounds and help in one place. */
#ifndef CONNECTORS_OPTION_H
#define CONNECTORS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectors/failure.h"

/* What the row's member in the settings struct is. */
enum option_type {
	OPTION_TEXT,     /* char * */
	OPTION_URL,      /* char *; https, or http towards loopback only; without a trailing slash */
	OPTION_CHOICE,   /* char *; one of `choices` */
	OPTION_LIST,     /* char **, NULL-terminated; "a, b, c" */
	OPTION_INTEGER,  /* int64_t within [least, most] */
	OPTION_DURATION, /* int64_t seconds within [least, most]; "90s", "15m", "4h", "2d", "0" */
	OPTION_PERCENT,  /* int64_t 0 to 100; "25%" or "25" */
	OPTION_BOOLEAN,  /* bool; yes/no, true/false, on/off */
	OPTION_SECRET,   /* struct secret *; the key names a file, never the value; read by the program, not here */
	OPTION_FILE,     /* char *; a path, taken relative to the file it stands in */
};

struct option {
	const char *name;   /* the key in the file */
	const char *former; /* what the key was called before; refused, and told what it is called now; or NULL */
	enum option_type type;
	size_t offset;       /* of the member in the settings struct */
	const char *initial; /* the default as it would be written; NULL: none */
	int64_t least, most;
	const char *choices; /* OPTION_CHOICE: "a b c" */
	bool required;
	const char *help; /* one line, for the manual page and the sample */
};

/* Reads `text` into the row's member of `settings`, freeing what was there. Not for OPTION_SECRET. False, with
 * what is wrong and what would be right, without touching the member. */
bool option_set(const struct option *option, void *settings, const char *text, struct failure *failure)
	__attribute__((warn_unused_result));
/* Gives every row of a zeroed settings struct its default. A default that can't be read is a bug: asserts. */
void option_defaults(const struct option *options, size_t count, void *settings);
/* Frees and zeroes the rows' members (secrets are wiped). */
void option_clear(const struct option *options, size_t count, void *settings);
/* The row of that name, or NULL. */
const struct option *option_find(const struct option *options, size_t count, const char *name);
/* The nearest name by edit distance for "did you mean", or NULL when none is near. */
const char *option_nearest(const struct option *options, size_t count, const char *name);

#endif
