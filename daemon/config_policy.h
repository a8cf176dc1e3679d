/* config_policy.h - turns the policy's sections (risks, calendars, SLAs, routes, eligibility) into what the
 * database is told. */
#ifndef DAEMON_CONFIG_POLICY_H
#define DAEMON_CONFIG_POLICY_H

#include <jansson.h>
#include <stddef.h>

#include "daemon/config.h"
#include "daemon/config_fault.h"
#include "daemon/config_file.h"
#include "daemon/config_risk.h"

/* What the policy refers to. */
struct config_policy_world {
	struct config_signals signals;
	const struct config_channel *channels;
	size_t channel_count;
	const struct layouts *layouts; /* the kinds that there are */
};

/* Always has these six members, lists in the order of the file:
 *	{"risks": [{"name", "signal", "enter": {"operator", "value"}, "clear": {"operator", "value"},
 *	            "hold_s", "action", "severity", "enter_observations", "enter_apart_s", "clear_observations",
 *	            "clear_apart_s", "dwell_s", "flaps", "drop": {"points", "within_s"} (only of a drop),
 *	            "date": "until" or "since" (only of a date; its values are seconds)}],
 *	 "calendars": [{"name", "time_zone", "weekly_hours", "holidays"}],
 *	 "slas": [{"name", "metric", "priority" (null: all), "calendar", "target_s", "warn_percent",
 *	           "owed_by", "owed_to"}],
 *	 "kinds": [{"name", "audience", "severity", "follows", "mutes"}],
 *	 "routes": [{"name", "kinds", "channel", "severities", "regions", "segments", "owners" (null: all), "to"}],
 *	 "settings": {"top_priorities": [...]}}
 * Times are whole seconds; the risks' values are texts, so that no digit of them is lost;
 * it is what the database function policy_apply takes.
 * A new reference, never NULL; of use only when no fault was added. */
json_t *config_policy_build(const struct config_file *file, const struct config_policy_world *world,
	struct config_faults *faults) __attribute__((warn_unused_result));

#endif
