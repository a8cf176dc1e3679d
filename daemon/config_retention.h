/* config_retention.h - the [retention] section: how long each history is kept, as the database keeps it. */
#ifndef DAEMON_CONFIG_RETENTION_H
#define DAEMON_CONFIG_RETENTION_H

#include <jansson.h>

#include "daemon/config_fault.h"
#include "daemon/config_file.h"

/* The policy setting "retention", {"signals_s": …}, 0 for ever; a missing section is its defaults. A new reference. What is
 * wrong is added to `faults`. */
json_t *config_retention_build(const struct config_file *file, struct config_faults *faults)
	__attribute__((warn_unused_result));

#endif
