/* config_fault.h - everything that is wrong with a configuration, each with its file and line. */
#ifndef DAEMON_CONFIG_FAULT_H
#define DAEMON_CONFIG_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct config_fault {
	char *file;
	int line;
	char *text; /* what is wrong, and what would be right; one printable line without secrets */
};

/* Zero-initialised it is empty. Past CONFIG_FAULTS_MOST only the number is kept. */
struct config_faults {
	struct config_fault *items;
	size_t count;
	size_t left_out;
};

enum { CONFIG_FAULTS_MOST = 500 };

void config_faults_add(struct config_faults *faults, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* How many there are, printed or not. */
size_t config_faults_count(const struct config_faults *faults);
/* Brings them into the order of the files' lines; files stay in the order in which they were first at fault.
 */
void config_faults_sort(struct config_faults *faults);
/* One line each: "file:line: text". */
void config_faults_print(const struct config_faults *faults, FILE *out);
/* The same to the log, one entry each. */
void config_faults_log(const struct config_faults *faults);
/* Leaves it empty, usable again. */
void config_faults_clear(struct config_faults *faults);

/* The name among `names` that was probably meant, or NULL. */
const char *config_nearest(const char *const *names, size_t count, const char *name);

#endif
