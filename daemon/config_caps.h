/* config_caps.h - the [caps] section: how much an advocate may be asked for, as the database keeps it. */
#ifndef DAEMON_CONFIG_CAPS_H
#define DAEMON_CONFIG_CAPS_H

#include <jansson.h>

#include "daemon/config_fault.h"
#include "daemon/config_file.h"

/* The policy setting "caps"; a missing section is its defaults. A new reference. What is wrong is added to `faults`. */
json_t *config_caps_build(const struct config_file *file, struct config_faults *faults)
	__attribute__((warn_unused_result));

#endif
