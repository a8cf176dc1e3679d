/* arguments.h - the command line: which command, on what, with which configuration. */
#ifndef DAEMON_ARGUMENTS_H
#define DAEMON_ARGUMENTS_H

#include <stdbool.h>

struct arguments {
	const char *file;    /* the configuration */
	const char *command; /* one of the known ones */
	const char *
		subject; /* explain, erase: whom; resync: which source; sample: which kind; decisions: list, approve,
			      * reject, undo; else NULL */
	const char *detail; /* resync: which stream, or NULL for all; sample: which channel, or NULL; decisions:
			      * which batch or cycle */
	bool database_only; /* the command talks to nobody else: no other section of the configuration matters */
	const char *reason; /* decisions undo: why, or NULL */
	bool online, json, yes, dry_run, print;
};

enum { ARGUMENTS_GO_ON = -1 };

/* Reads and checks them; prints help, the version or what is wrong. Returns ARGUMENTS_GO_ON, or the exit code. The texts
 * point into `words`. */
int arguments_read(int count, char **words, struct arguments *arguments);

#endif
