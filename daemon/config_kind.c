#include "daemon/config_kind.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "connectors/secret.h"
#include "daemon/config.h"
#include "daemon/credential.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ROWS(array) (array), COUNT_OF(array)

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* Rows ----------------------------------------------------------------------------------------------- */

static const struct option daemon_options[] = {
	{ .name = "state_directory",
		.type = OPTION_FILE,
		.offset = offsetof(struct config_daemon, state_directory),
		.initial = "/var/lib/advocated",
		.help = "where the program may keep files of its own" },
	{ .name = "metrics_listen",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_daemon, metrics_listen),
		.help = "where /metrics, /healthz and /readyz are served: ADDRESS:PORT or unix:PATH" },
	{ .name = "log_level",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct config_daemon, log_level),
		.initial = "info",
		.choices = "error warning info debug",
		.help = "the least urgent thing to log" },
};

static const struct option database_options[] = {
	{ .name = "conninfo",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_database, conninfo),
		.required = true,
		.help = "how to reach the database, as a connection string of libpq's, without a password" },
	{ .name = "password_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct config_database, password),
		.help = "the file that holds the password of the database" },
	{ .name = "migrate_conninfo",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_database, migrate_conninfo),
		.help = "what 'advocated migrate' connects with, as the schema's owner; otherwise conninfo" },
	{ .name = "schema",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_database, schema),
		.initial = "advocacy",
		.help = "the schema's name; only 'advocacy' for now" },
};

static const struct option source_options[] = {
	{ .name = "connector",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_source, connector_name),
		.required = true,
		.help = "which vendor this is: salesforce, hubspot or gainsight" },
	{ .name = "base_url",
		.type = OPTION_URL,
		.offset = offsetof(struct config_source, base_url),
		.required = true,
		.help = "the address of the vendor's API" },
	{ .name = "mapping",
		.type = OPTION_FILE,
		.offset = offsetof(struct config_source, mapping_file),
		.required = true,
		.help = "the file that says which remote field feeds which column or signal" },
	{ .name = "poll",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, poll_s),
		.initial = "5m",
		.least = 5,
		.most = DAY,
		.help = "how often to ask for what changed" },
	{ .name = "streams",
		.type = OPTION_LIST,
		.offset = offsetof(struct config_source, stream_names),
		.help = "which entities to read; otherwise all that the mapping has" },
	{ .name = "priority",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct config_source, priority),
		.least = 1,
		.most = 1000000,
		.help = "the lower number wins where two sources know the same thing; otherwise 10 for the first "
			"source, 20 for the second and so on" },
	{ .name = "stale_after",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, stale_after_s),
		.initial = "48h",
		.least = 1,
		.most = 366 * DAY,
		.help = "how old what it knows may be before nobody is reinstated on it" },
	{ .name = "checkpoint_rows",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct config_source, checkpoint_rows),
		.initial = "10000",
		.least = 1,
		.most = 1000000,
		.help = "how many rows to commit at once in a long run" },
	{ .name = "full_read_every",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, full_read_every_s),
		.initial = "24h",
		.least = 0,
		.most = 90 * DAY,
		.help = "how often to read every record, changed or not, which proves that nothing was missed and "
			"shows "
			"what is gone; 0 for never" },
	{ .name = "calculated_read_every",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, calculated_read_every_s),
		.initial = "1h",
		.least = 0,
		.most = 90 * DAY,
		.help = "the same for a stream with mapped fields that change without their record, such as "
			"formulas" },
	{ .name = "prove_every",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, prove_every_s),
		.initial = "15m",
		.least = 0,
		.most = DAY,
		.help = "how often to look again at what the vendor may have shown late" },
	{ .name = "api_budget",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct config_source, api_budget),
		.initial = "0",
		.least = 0,
		.most = 100000000,
		.help = "how many calls a day (UTC) this source may make; 0 for no limit of its own" },
	{ .name = "api_share",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct config_source, api_share),
		.initial = "80",
		.least = 1,
		.most = 100,
		.help = "percent of the vendor's daily allowance that may be used up, by whomever, before this "
			"source "
			"stops" },
};

static const struct option channel_options[] = {
	{ .name = "connector",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_channel, connector_name),
		.required = true,
		.help = "what kind of destination this is: slack (an incoming webhook) or slack-bot (a bot "
			"token)" },
};

static const struct option route_options[] = {
	{ .name = "kinds",
		.type = OPTION_LIST,
		.offset = offsetof(struct route_settings, kinds),
		.required = true,
		.help = "the kinds of notifications that go this way; * is every kind that no route names" },
	{ .name = "channel",
		.type = OPTION_TEXT,
		.offset = offsetof(struct route_settings, channel),
		.required = true,
		.help = "the [channel NAME] that they go to" },
	{ .name = "to",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct route_settings, recipient),
		.initial = "channel",
		.choices = "channel owner",
		.help = "owner: to the person it is for, else the person's manager, else the channel; for channels "
			"that can write to people" },
	{ .name = "severities",
		.type = OPTION_LIST,
		.offset = offsetof(struct route_settings, severities),
		.help = "only messages of these severities: info, good, warning, danger" },
	{ .name = "regions",
		.type = OPTION_LIST,
		.offset = offsetof(struct route_settings, regions),
		.help = "only messages about accounts of these regions" },
	{ .name = "segments",
		.type = OPTION_LIST,
		.offset = offsetof(struct route_settings, segments),
		.help = "only messages about accounts of these segments" },
	{ .name = "owners",
		.type = OPTION_LIST,
		.offset = offsetof(struct route_settings, owners),
		.help = "only messages for these people, by e-mail address" },
};

static const struct option notification_options[] = {
	{ .name = "together",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct notification_settings, together),
		.initial = "3",
		.least = 0,
		.most = 1000,
		.help = "how many messages that wait for one person become a single one; 0: never" },
	{ .name = "weekly_most",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct notification_settings, weekly_most),
		.initial = "0", /* what is muted by it is told nowhere else */
		.least = 0,
		.most = 1000,
		.help = "how many messages a CSM gets within 7 days; what is not urgent beyond that is not told; "
			"0: no limit" },
	{ .name = "quiet_calendars",
		.type = OPTION_LIST,
		.offset = offsetof(struct notification_settings, quiet_calendars),
		.help = "calendars outside whose hours nobody is told what can wait; the one in the person's own "
			"time zone counts, "
			"else the first" },
};

static const struct option risk_options[] = {
	{ .name = "signal",
		.type = OPTION_TEXT,
		.offset = offsetof(struct risk_settings, signal),
		.help = "the signal to watch" },
	{ .name = "enter",
		.type = OPTION_TEXT,
		.offset = offsetof(struct risk_settings, enter),
		.required = true,
		.help = "when an account is at risk, as in < 60" },
	{ .name = "while",
		.type = OPTION_TEXT,
		.offset = offsetof(struct risk_settings, holds_while),
		.help = "what the signal must be besides, once it has dropped, as in < 75" },
	{ .name = "clear",
		.type = OPTION_TEXT,
		.offset = offsetof(struct risk_settings, clear),
		.help = "when it is well again, as in > 75" },
	{ .name = "hold",
		.type = OPTION_DURATION,
		.offset = offsetof(struct risk_settings, hold_s),
		.initial = "7d",
		.least = 0,
		.most = 366 * DAY,
		.help = "how long it must stay well before the risk is over" },
	{ .name = "action",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct risk_settings, action),
		.initial = "suspend",
		.choices = "suspend watch",
		.help = "suspend the account's advocates, or only watch and tell" },
	{ .name = "severity",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct risk_settings, severity),
		.initial = "soft",
		.choices = "soft hard caution hold ineligible withdrawn left",
		.help = "what it means: suspended (soft, hard), asked for only with the CSM's yes, on hold, or "
			"ineligible" },
	{ .name = "enter_observations",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct risk_settings, enter_observations),
		.initial = "1",
		.least = 1,
		.most = 100,
		.help = "how many fresh observations in a row it takes to be at risk" },
	{ .name = "enter_apart",
		.type = OPTION_DURATION,
		.offset = offsetof(struct risk_settings, enter_apart_s),
		.initial = "0",
		.least = 0,
		.most = 366 * DAY,
		.help = "how far apart they must be, by the source's own time" },
	{ .name = "clear_observations",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct risk_settings, clear_observations),
		.initial = "1",
		.least = 1,
		.most = 100,
		.help = "how many fresh observations in a row it takes to be well again" },
	{ .name = "clear_apart",
		.type = OPTION_DURATION,
		.offset = offsetof(struct risk_settings, clear_apart_s),
		.initial = "0",
		.least = 0,
		.most = 366 * DAY,
		.help = "how far apart they must be, by the source's own time" },
	{ .name = "dwell",
		.type = OPTION_DURATION,
		.offset = offsetof(struct risk_settings, dwell_s),
		.initial = "0",
		.least = 0,
		.most = 366 * DAY,
		.help = "how long a risk lasts at least" },
	{ .name = "flaps",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct risk_settings, flaps),
		.initial = "3",
		.least = 0,
		.most = 100,
		.help = "after so many changes in 30 days it stays until a person looks; 0: never" },
	{ .name = "lapse",
		.type = OPTION_DURATION,
		.offset = offsetof(struct risk_settings, lapse_s),
		.least = 1,
		.most = 3660 * DAY,
		.help = "for how long what a contact's own signal says counts" },
	{ .name = "confirm",
		.type = OPTION_BOOLEAN,
		.offset = offsetof(struct risk_settings, confirm),
		.initial = "no",
		.help = "once it is over, a person must say yes before its advocates are available again" },
};

#define WEEKDAY(day, number)                                                                                       \
	{                                                                                                          \
		.name = (day), .type = OPTION_TEXT, .offset = offsetof(struct calendar_settings, days[(number)]),  \
		.initial = "closed", .help = "open hours, as in 09:00-12:00, 13:00-17:00; or closed"               \
	}

static const struct option calendar_options[] = {
	{ .name = "time_zone",
		.type = OPTION_TEXT,
		.offset = offsetof(struct calendar_settings, time_zone),
		.required = true,
		.help = "an IANA name, as in Europe/Paris" },
	WEEKDAY("mon", 0),
	WEEKDAY("tue", 1),
	WEEKDAY("wed", 2),
	WEEKDAY("thu", 3),
	WEEKDAY("fri", 4),
	WEEKDAY("sat", 5),
	WEEKDAY("sun", 6),
	{ .name = "always",
		.type = OPTION_BOOLEAN,
		.offset = offsetof(struct calendar_settings, always),
		.initial = "no",
		.help = "open around the clock on all days, in place of the seven days" },
	{ .name = "holidays",
		.type = OPTION_LIST,
		.offset = offsetof(struct calendar_settings, holidays),
		.help = "local dates on which it is closed, as in 2026-12-25, 2027-01-01" },
};

static const struct option sla_options[] = {
	{ .name = "metric",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct sla_settings, metric),
		.choices = "acknowledge propose connect csm_consent advocate_reply rep_choice feedback "
			   "nomination_triage risk_review takedown",
		.required = true,
		.help = "which step is owed" },
	{ .name = "priority",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct sla_settings, priority),
		.choices = "normal expedite soft hard",
		.help = "for requests of this priority only (suspensions of this severity); otherwise for all "
			"others" },
	{ .name = "activity_types",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, activity_types),
		.help = "for requests of these types only" },
	{ .name = "segments",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, segments),
		.help = "for customers of these segments only" },
	{ .name = "regions",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, regions),
		.help = "for customers of these regions only" },
	{ .name = "order",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct sla_settings, order),
		.initial = "100",
		.least = 0,
		.most = 9999,
		.help = "of several that match, the lowest holds; then the one with the most conditions" },
	{ .name = "calendar",
		.type = OPTION_TEXT,
		.offset = offsetof(struct sla_settings, calendar),
		.required = true,
		.help = "the [calendar NAME] in whose open hours the time is counted" },
	{ .name = "target",
		.type = OPTION_TEXT,
		.offset = offsetof(struct sla_settings, target),
		.required = true,
		.help = "the time allowed, as in 4bh (business hours) or 1bd (business days)" },
	{ .name = "business_day",
		.type = OPTION_DURATION,
		.offset = offsetof(struct sla_settings, business_day_s),
		.initial = "8h",
		.least = MINUTE,
		.most = 24 * HOUR,
		.help = "what one bd of the target is" },
	{ .name = "start",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, start),
		.help = "the moves and states that start the clock; otherwise as the metric ships" },
	{ .name = "fulfil",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, fulfil),
		.help = "the moves and states that fulfil it" },
	{ .name = "cancel",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, cancel),
		.help = "the moves and states that cancel it" },
	{ .name = "pause",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, pause),
		.help = "the states and reasons while which it stands, as in waiting_on_rep" },
	{ .name = "pause_at_most",
		.type = OPTION_TEXT,
		.offset = offsetof(struct sla_settings, pause_at_most),
		.help = "a longer pause ends by itself; otherwise ten business days" },
	{ .name = "reopen",
		.type = OPTION_TEXT,
		.offset = offsetof(struct sla_settings, reopen),
		.help = "a start so soon after the end continues the same cycle; otherwise as the metric ships" },
	{ .name = "warn",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, warn),
		.help = "percentages of the target and who is told (silent, owner, manager), as in 75% owner, "
			"150% manager" },
	{ .name = "escalate",
		.type = OPTION_LIST,
		.offset = offsetof(struct sla_settings, escalate),
		.help = "who hears of a breach how long after it (owner, manager, csm, rep, program), as in "
			"4bh manager, 1bd program; or never" },
	{ .name = "repeat",
		.type = OPTION_TEXT,
		.offset = offsetof(struct sla_settings, repeat),
		.help = "when the steps begin anew while it is neither done nor acknowledged; otherwise one "
			"business day" },
	{ .name = "passes",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct sla_settings, passes),
		.initial = "9",
		.least = 1,
		.most = 9,
		.help = "how often the steps are gone through at most" },
	{ .name = "owed_by",
		.type = OPTION_TEXT,
		.offset = offsetof(struct sla_settings, owed_by),
		.help = "the team that owes it; otherwise as the metric ships" },
	{ .name = "owed_to",
		.type = OPTION_TEXT,
		.offset = offsetof(struct sla_settings, owed_to),
		.help = "the team that it is owed to; otherwise as the metric ships" },
};

static const struct option eligibility_options[] = {
	{ .name = "top_priorities",
		.type = OPTION_LIST,
		.offset = offsetof(struct eligibility_settings, top_priorities),
		.initial = "P1, Critical, Urgent, Highest",
		.help = "the priorities with which an open support case counts as escalated" },
	{ .name = "breaker_percent",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct eligibility_settings, breaker_percent),
		.initial = "10",
		.least = 1,
		.most = 100,
		.help = "the share of the available advocates, in percent, that one reading of a source may "
			"suspend by itself" },
	{ .name = "breaker_least",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct eligibility_settings, breaker_least),
		.initial = "3",
		.least = 0,
		.most = 1000,
		.help = "how many it may always suspend, however small the program" },
	{ .name = "reinstate_percent",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct eligibility_settings, reinstate_percent),
		.initial = "5",
		.least = 1,
		.most = 100,
		.help = "the share of the program's advocates, in percent, that may be available again at once" },
	{ .name = "reinstate_least",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct eligibility_settings, reinstate_least),
		.initial = "2",
		.least = 0,
		.most = 1000,
		.help = "how many always may, however small the program" },
	{ .name = "consent",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct eligibility_settings, consent),
		.initial = "required",
		.choices = "required enrolment",
		.help = "required: nobody is asked without a recorded consent to the activity; enrolment: who is "
			"in "
			"the program has consented by that" },
	{ .name = "consent_term",
		.type = OPTION_DURATION,
		.offset = offsetof(struct eligibility_settings, consent_term_s),
		.initial = "365d",
		.least = 24 * 3600,
		.most = (int64_t)10 * 366 * 24 * 3600,
		.help = "how long a consent holds that was recorded without an end" },
	{ .name = "review_calendar",
		.type = OPTION_TEXT,
		.offset = offsetof(struct eligibility_settings, review_calendar),
		.help = "the [calendar NAME] in whose open hours a CSM answers; otherwise within a day" },
	{ .name = "answer",
		.type = OPTION_DURATION,
		.offset = offsetof(struct eligibility_settings, answer_s),
		.initial = "8h",
		.least = 60,
		.most = 30 * DAY,
		.help = "how long the CSM has to answer a soft suspension before open requests go on without the "
			"advocate, in open hours of review_calendar" },
};

static const struct option caps_options[] = {
	{ .name = "per_30_days",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct caps_settings, per_30_days),
		.initial = "2",
		.least = 0,
		.most = 1000,
		.help = "how much an advocate may be asked for within 30 days; 0: no such cap" },
	{ .name = "per_quarter",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct caps_settings, per_quarter),
		.initial = "5",
		.least = 0,
		.most = 1000,
		.help = "the same within a quarter, 91 days" },
	{ .name = "per_365_days",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct caps_settings, per_365_days),
		.initial = "12",
		.least = 0,
		.most = 1000,
		.help = "the same within 365 days" },
	{ .name = "account_per_30_days",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct caps_settings, account_per_30_days),
		.initial = "4",
		.least = 0,
		.most = 1000,
		.help = "how much all advocates of an account together may be asked for within 30 days" },
	{ .name = "rest",
		.type = OPTION_DURATION,
		.offset = offsetof(struct caps_settings, rest_s),
		.initial = "14d",
		.least = 0,
		.most = (int64_t)366 * 24 * 3600,
		.help = "the rest between two reference calls" },
	{ .name = "long_rest",
		.type = OPTION_DURATION,
		.offset = offsetof(struct caps_settings, long_rest_s),
		.initial = "90d",
		.least = 0,
		.most = (int64_t)366 * 24 * 3600,
		.help = "the rest after a case study or an event talk, before anything" },
	{ .name = "share",
		.type = OPTION_PERCENT,
		.offset = offsetof(struct caps_settings, share_percent),
		.initial = "10%",
		.help = "the share of all calls within 30 days that one advocate may have, one call always; 0: "
			"any" },
	{ .name = "share_from",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct caps_settings, share_from),
		.initial = "20",
		.least = 0,
		.most = 100000,
		.help = "how many advocates the program must have for that" },
	{ .name = "reinstated_rest",
		.type = OPTION_DURATION,
		.offset = offsetof(struct caps_settings, reinstated_rest_s),
		.initial = "7d",
		.least = 0,
		.most = (int64_t)366 * 24 * 3600,
		.help = "how long nobody is asked after being reinstated" },
	{ .name = "reinstated_watch",
		.type = OPTION_DURATION,
		.offset = offsetof(struct caps_settings, reinstated_watch_s),
		.initial = "30d",
		.least = 0,
		.most = (int64_t)366 * 24 * 3600,
		.help = "how long after that only one ask at a time is open, and a light one comes first" },
	{ .name = "weights",
		.type = OPTION_LIST,
		.offset = offsetof(struct caps_settings, weights),
		.initial = "case_study 2, video_testimonial 2, event_talk 2, site_visit 2, advisory_board 2, "
			   "beta_test 2",
		.help = "how much an activity counts, where not 1" },
};

static const struct config_kind kinds[] = {
	{ "daemon", false, false, ROWS(daemon_options) },
	{ "database", false, false, ROWS(database_options) },
	{ "source", true, false, ROWS(source_options) },
	{ "channel", true, false, ROWS(channel_options) },
	{ "route", true, true, ROWS(route_options) },
	{ "notifications", false, true, ROWS(notification_options) },
	{ "risk", true, true, ROWS(risk_options) },
	{ "calendar", true, true, ROWS(calendar_options) },
	{ "sla", true, true, ROWS(sla_options) },
	{ "eligibility", false, true, ROWS(eligibility_options) },
	{ "caps", false, true, ROWS(caps_options) },
	/* Their keys are config_message.c's own. */
	{ "message", true, true, NULL, 0 },
	{ "phrase", true, true, NULL, 0 },
};

const struct config_kind *config_kind_all(size_t *ret_count)
{
	*ret_count = COUNT_OF(kinds);
	return kinds;
}

const struct config_kind *config_kind_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* Faults --------------------------------------------------------------------------------------------- */

void config_title(const struct config_section *section, char title[static CONFIG_TITLE_SIZE])
{
	(void)snprintf(title, CONFIG_TITLE_SIZE, "[%.40s%s%.60s]", section->kind, section->name == NULL ? "" : " ",
		section->name == NULL ? "" : section->name);
}

void config_section_fault(struct config_faults *faults, const struct config_section *section, const char *key,
	const char *format, ...)
{
	char title[CONFIG_TITLE_SIZE], text[640];
	va_list arguments;

	config_title(section, title);
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	config_faults_add(faults, section->file, key == NULL ? section->line : config_section_line(section, key),
		"%s %s", title, text);
}

/* Filling -------------------------------------------------------------------------------------------- */

static const struct option *find_row(
	const struct config_table *tables, size_t count, const char *key, const struct config_table **ret_table)
{
	for (size_t i = 0; i < count; i++) {
		const struct option *row = option_find(tables[i].options, tables[i].count, key);
		if (row != NULL) {
			*ret_table = &tables[i];
			return row;
		}
	}
	return NULL;
}

static void refuse_key(const struct config_section *section, const char *key, const struct config_table *tables,
	size_t count, struct config_faults *faults)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += tables[i].count;
	const char **names = memory_allocate((total + 1) * sizeof *names);
	size_t at = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < tables[i].count; j++)
			names[at++] = tables[i].options[j].name;
	const char *nearest = config_nearest(names, total, key);
	if (nearest != NULL)
		config_section_fault(
			faults, section, key, "has no key '%.60s'; '%s' is the nearest that it has", key, nearest);
	else
		config_section_fault(
			faults, section, key, "has no key '%.60s'; its keys are in the manual page", key);
	free(names);
}

/* Relative to the file it stands in. A plain name is looked for in the folder credentials beside it as well, from where
 * LoadCredential= takes it for the service: so commands find there what a service finds in $CREDENTIALS_DIRECTORY. */
static char *secret_path(const char *file, const char *name)
{
	char *path = config_file_resolve(file, name);

	if (strchr(name, '/') != NULL || access(path, F_OK) == 0)
		return path;
	char *in_folder = memory_format("credentials/%s", name);
	char *other = config_file_resolve(file, in_folder);
	free(in_folder);
	bool is_there = access(other, F_OK) == 0;
	free(is_there ? path : other);
	return is_there ? other : path;
}

static bool set_secret(const struct config_section *section, const struct config_entry *entry,
	const struct option *row, void *settings, struct failure *failure)
{
	struct secret **member = (struct secret **)(void *)((char *)settings + row->offset);

	if (*entry->value == '\0') {
		failure_set(failure, FAILURE_PERMANENT, "%s: has no value; name the file that holds the secret",
			row->name);
		return false;
	}
	char *path = secret_path(section->file, entry->value);
	struct secret *secret = credential_read(entry->value, path, getenv("CREDENTIALS_DIRECTORY"), failure);
	free(path);
	if (secret == NULL) {
		failure_prefix(failure, "%s", row->name);
		return false;
	}
	secret_free(*member);
	*member = secret;
	return true;
}

static bool set_row(const struct config_section *section, const struct config_entry *entry,
	const struct option *row, void *settings, struct failure *failure)
{
	if (row->type == OPTION_SECRET)
		return set_secret(section, entry, row, settings, failure);
	if (row->type != OPTION_FILE || *entry->value == '\0')
		return option_set(row, settings, entry->value, failure);
	char *path = config_file_resolve(section->file, entry->value);
	bool good = option_set(row, settings, path, failure);
	free(path);
	return good;
}

static bool has_required(
	const struct config_section *section, const struct config_table *table, struct config_faults *faults)
{
	bool good = true;

	for (size_t i = 0; i < table->count; i++) {
		const struct option *row = &table->options[i];
		if (!row->required || config_section_find(section, row->name) != NULL)
			continue;
		config_section_fault(faults, section, NULL, "lacks '%s': %s", row->name, row->help);
		good = false;
	}
	return good;
}

bool config_fill(const struct config_section *section, const struct config_table *tables, size_t table_count,
	struct config_faults *faults)
{
	bool good = true;

	for (size_t i = 0; i < table_count; i++)
		option_defaults(tables[i].options, tables[i].count, tables[i].settings);
	for (size_t i = 0; i < section->count; i++) {
		const struct config_entry *entry = &section->entries[i];
		const struct config_table *table = NULL;
		const struct option *row = find_row(tables, table_count, entry->key, &table);
		struct failure failure;

		if (row == NULL && tables[0].open)
			continue;
		if (row == NULL) {
			refuse_key(section, entry->key, tables, table_count, faults);
			good = false;
		} else if (!set_row(section, entry, row, table->settings, &failure)) {
			config_section_fault(faults, section, entry->key, "%s", failure.text);
			good = false;
		}
	}
	for (size_t i = 0; i < table_count; i++)
		if (!has_required(section, &tables[i], faults))
			good = false;
	return good;
}
