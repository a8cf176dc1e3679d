/* at_risk.h - which records of a stream the policy takes for a risk, as far as a vendor can be asked for them. */
#ifndef DAEMON_AT_RISK_H
#define DAEMON_AT_RISK_H

#include <jansson.h>
#include <stdbool.h>

#include "connectors/entity.h"
#include "connectors/mapping.h"
#include "connectors/record_filter.h"

/* By the thresholds of the policy's risks over what `mapping` feeds, and of support cases by what makes the signal
 * open_escalations. Not by drops and dates: for the one there is nothing yet to fall from, the other decides by itself when
 * its day comes. `policy` is of the shape that config_policy.h tells. The filter's texts are the mapping's and the policy's.
 * False: there is nothing to ask for. */
bool at_risk_filter(const json_t *policy, enum entity entity, const struct mapping_entity *mapping,
	struct record_filter *ret_filter) __attribute__((warn_unused_result));

#endif
