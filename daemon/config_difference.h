/* config_difference.h - what a reload changes, in sentences, and which changes need a restart. */
#ifndef DAEMON_CONFIG_DIFFERENCE_H
#define DAEMON_CONFIG_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/config.h"

struct config_difference {
	char *text;         /* "source crm: poll is now 1m" without secrets; one line */
	bool needs_restart; /* the running program can't take it over, the text says so */
};

struct config_differences {
	struct config_difference *items;
	size_t count;
};

/* Neither is changed. The caller frees the result with config_differences_clear. */
struct config_differences config_differences(const struct config *before, const struct config *after);
/* Whether a source is the same in both, settings, secrets and mapping included. */
bool config_same_source(const struct config_source *before, const struct config_source *after);
void config_differences_clear(struct config_differences *differences);

#endif
