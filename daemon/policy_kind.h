/* policy_kind.h - the policy's kinds of sections, the table rows of their keys, and what they fill. */
#ifndef DAEMON_POLICY_KIND_H
#define DAEMON_POLICY_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config_kind.h"

/* One after the other, from 0; NULL behind the last one. */
const struct config_kind *policy_kind_at(size_t index);

/* The sections as written. The other kinds fill the structs of config.h. */
struct risk_settings {
	char *signal, *enter, *holds_while, *clear;
	int64_t hold_s;
	char *action, *severity;
	bool confirm;
	int64_t lapse_s;
	int64_t enter_observations, enter_apart_s, clear_observations, clear_apart_s, dwell_s, flaps;
};
struct calendar_settings {
	char *time_zone;
	char *days[7]; /* "09:00-17:00, ..." or "closed", Monday first; NULL: not given */
	bool always;
	char **holidays;
};
struct sla_settings {
	char *metric, *priority, *approver, *calendar, *target;
	int64_t business_day_s, order, passes;
	char **activity_types, **segments, **regions;
	char **start, **fulfil, **cancel, **pause; /* moves and states; NULL: as the metric ships */
	char *reopen, *pause_at_most, *repeat;     /* business time, as target */
	char **warn, **escalate;                   /* "75% owner", "4bh manager" */
	char *owed_by, *owed_to;
};
struct approval_settings {
	char *approver;
	char **exposures, **industries, **activity_types, **people;
};
struct route_settings {
	char **kinds;
	char *channel, *recipient;
	char **severities, **regions, **segments, **owners;
};
struct notification_settings {
	int64_t together, weekly_most, repeat_after_s;
	char **quiet_calendars;
	char *digest_day;
	int64_t digest_hour;
};
struct eligibility_settings {
	char **top_priorities;
	int64_t breaker_percent, breaker_least, reinstate_percent, reinstate_least;
	bool observe;
	char *consent;
	int64_t consent_term_s;
	char *review_calendar;
	int64_t answer_s;
};
struct caps_settings {
	int64_t per_30_days, per_quarter, per_365_days, account_per_30_days;
	int64_t rest_s, long_rest_s, share_percent, share_from, reinstated_rest_s, reinstated_watch_s;
	char **weights;
};
struct retention_settings {
	int64_t signals_s, runs_s, records_s, messages_s, decisions_s, clocks_s, audit_s;
};

#endif
