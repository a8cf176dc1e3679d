/* config_sla.h - checks an SLA's section and turns it into what the database's sla_policy_define takes. */
#ifndef DAEMON_CONFIG_SLA_H
#define DAEMON_CONFIG_SLA_H

#include <jansson.h>

#include "daemon/config_fault.h"
#include "daemon/config_file.h"
#include "daemon/policy_kind.h"

/* A new reference; NULL when it added faults. What the section leaves out is left out here too: each metric ships with its
 * own conditions, thresholds and ladder, which the database knows. The words of conditions are the database's knowledge. */
json_t *config_sla_build(const struct config_section *section, const struct sla_settings *settings,
	struct config_faults *faults) __attribute__((warn_unused_result));

#endif
