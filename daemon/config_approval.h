/* config_approval.h - checks an [approval NAME] and turns it into what the database's approval_define takes. */
#ifndef DAEMON_CONFIG_APPROVAL_H
#define DAEMON_CONFIG_APPROVAL_H

#include <jansson.h>

#include "daemon/config_fault.h"
#include "daemon/config_file.h"

/* A new reference; NULL when it added faults. */
json_t *config_approval_build(const struct config_section *section, struct config_faults *faults)
	__attribute__((warn_unused_result));

#endif
