/* config_risk.h - reads one [risk NAME]: when a signal puts an account at risk, and when it is well again. */
#ifndef DAEMON_CONFIG_RISK_H
#define DAEMON_CONFIG_RISK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/config_fault.h"
#include "daemon/config_file.h"

/* What a risk may watch. */
struct config_signals {
	const char *const *names; /* that some mapping feeds */
	size_t count;
	bool known; /* false: a mapping is at fault, so an unknown signal may be its fault */
};

/* A new reference; NULL when it added faults that leave none. */
json_t *config_risk_build(const struct config_section *section, const struct config_signals *signals,
	struct config_faults *faults) __attribute__((warn_unused_result));

#endif
