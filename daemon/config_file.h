/* config_file.h - reads INI files with their includes into sections of keys and values, line by line. */
#ifndef DAEMON_CONFIG_FILE_H
#define DAEMON_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/config_fault.h"

struct config_entry {
	char *key, *value; /* without blanks around them; valid UTF-8 */
	int line;
};

/* [source crm] is of kind "source" and name "crm"; [daemon] has no name (NULL). */
struct config_section {
	char *kind, *name;
	const char *file; /* as it was opened; owned by the config_file */
	int line;
	struct config_entry *entries;
	size_t count;
};

struct config_file {
	struct config_section *sections; /* in the order in which they were read */
	size_t count;
	char **files;
	size_t file_count;
	bool incomplete; /* a heading or a whole file couldn't be read: a section that is missing may have been there */
};

/* Reads `path` and, with `includes`, what its `include` and `include_dir` lines name. Adds a fault for
 * everything that isn't a section or a key = value of one, for keys and sections given twice, and for files
 * that can't be read. Never NULL: what could be read is there, so that the rest can be checked too. */
struct config_file *config_file_read(const char *path, bool includes, struct config_faults *faults)
	__attribute__((returns_nonnull, warn_unused_result));
/* The same for a text without includes; faults name it `name`. */
struct config_file *config_file_parse(const char *name, const char *text, struct config_faults *faults)
	__attribute__((returns_nonnull, warn_unused_result));
struct config_file *config_file_free(struct config_file *file); /* takes NULL, returns NULL */

/* NULL when there is none. `name` NULL: the section without a name. */
const struct config_section *config_file_find(const struct config_file *file, const char *kind, const char *name);
/* NULL when the section has no such key. */
const struct config_entry *config_section_find(const struct config_section *section, const char *key);
/* The key's line, or the section's. */
int config_section_line(const struct config_section *section, const char *key);

/* A regular file of at most 1 MiB, for reading; never waits for one that is a pipe. NULL: *ret_problem says why. */
FILE *config_file_open(const char *path, struct stat *status, const char **ret_problem)
	__attribute__((warn_unused_result));

/* `path` taken relative to the directory of `standing_in`; owned by the caller. */
char *config_file_resolve(const char *standing_in, const char *path)
	__attribute__((returns_nonnull, warn_unused_result));

#endif
