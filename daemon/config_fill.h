/* config_fill.h - reads a section's keys into the structs that their table rows name, and words its faults. */
#ifndef DAEMON_CONFIG_FILL_H
#define DAEMON_CONFIG_FILL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "connectors/option.h"
#include "daemon/config_fault.h"
#include "daemon/config_file.h"

/* Fault texts say where: "[source crm] poll: ...". */
void config_section_fault(struct config_faults *faults, const struct config_section *section, const char *key,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Some rows and the zeroed struct that they fill. A section may have several: common keys and a vendor's own.
 */
struct config_table {
	const struct option *options;
	size_t count;
	void *settings;
	bool open; /* the vendor isn't known, so a key that isn't here may be its own */
};

/* Gives every row its default, then reads the section's keys into them, secrets from their files and paths
 * relative to the file that they stand in. Adds a fault for each key that is unknown, can't be read, or is
 * missing. False when it added one. */
bool config_fill(const struct config_section *section, const struct config_table *tables, size_t table_count,
	struct config_faults *faults) __attribute__((warn_unused_result));

/* What OPTION_LIST read, as JSON for the policy; NULL is an empty list. Owned by the caller. */
json_t *config_json_list(char **list);
/* Sets the member where the list is given: what isn't given is for all, and left out. */
void config_set_list(json_t *object, const char *member, char **list);

#endif
