/* config_activity.h - what an advocate can be asked for, by the names that the policy may use. */
#ifndef DAEMON_CONFIG_ACTIVITY_H
#define DAEMON_CONFIG_ACTIVITY_H

#include <stdbool.h>

#include "daemon/config_fault.h"
#include "daemon/config_file.h"

/* Whether there is an activity of that name; if not, that is added to `faults` under the key, with the nearest one. */
bool config_activity_check(const struct config_section *section, const char *key, const char *name,
	struct config_faults *faults) __attribute__((warn_unused_result));

#endif
