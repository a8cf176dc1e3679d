/* config_calendar.h - checks a calendar's section and turns it into what the database's calendar_define
 * takes. */
#ifndef DAEMON_CONFIG_CALENDAR_H
#define DAEMON_CONFIG_CALENDAR_H

#include <jansson.h>

#include "daemon/config_fault.h"
#include "daemon/config_file.h"
#include "daemon/policy_kind.h"

/* {"name", "time_zone", "weekly_hours": {"mon": [["09:00","17:00"]], ...}, "holidays": ["2026-12-25", ...]},
 * a new reference; NULL when it added faults. The time zone is checked for its form only: which zones there
 * are is the database's knowledge. Days that are closed are left out of weekly_hours. */
json_t *config_calendar_build(const struct config_section *section, const struct calendar_settings *settings,
	struct config_faults *faults) __attribute__((warn_unused_result));

#endif
