#include "daemon/config_policy.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/config_approval.h"
#include "daemon/config_calendar.h"
#include "daemon/config_caps.h"
#include "daemon/config_fill.h"
#include "daemon/config_kind.h"
#include "daemon/config_retention.h"
#include "daemon/config_risk.h"
#include "daemon/config_sla.h"
#include "daemon/policy_kind.h"

struct building {
	const struct config_file *file;
	const struct config_policy_world *world;
	struct config_faults *faults;
};

static bool fill(struct building *building, const struct config_section *section, void *settings)
{
	const struct config_kind *kind = config_kind_find(section->kind);
	struct config_table table = { .options = kind->options, .count = kind->option_count, .settings = settings };

	return config_fill(section, &table, 1, building->faults);
}

static void clear(const struct config_section *section, void *settings)
{
	const struct config_kind *kind = config_kind_find(section->kind);

	option_clear(kind->options, kind->option_count, settings);
}

/* Risks, calendars, SLAs and approvals ----------------------------------------------------------------- */

static void build_risk(struct building *building, const struct config_section *section, json_t *list)
{
	json_t *risk = config_risk_build(section, &building->world->signals, building->faults);

	if (risk != NULL)
		(void)json_array_append_new(list, risk);
}

static void build_calendar(struct building *building, const struct config_section *section, json_t *list)
{
	struct calendar_settings settings = { 0 };

	if (fill(building, section, &settings)) {
		json_t *calendar = config_calendar_build(section, &settings, building->faults);
		if (calendar != NULL)
			(void)json_array_append_new(list, calendar);
	}
	clear(section, &settings);
}

/* Refers to a section of that kind; NULL: the key is missing, which is a fault already. */
static void check_reference(struct building *building, const struct config_section *section, const char *key,
	const char *kind, const char *name)
{
	const struct config_file *file = building->file;

	if (name == NULL || config_file_find(file, kind, name) != NULL)
		return;
	const char **names = memory_allocate((file->count + 1) * sizeof *names);
	size_t count = 0;
	for (size_t i = 0; i < file->count; i++)
		if (strcmp(file->sections[i].kind, kind) == 0 && file->sections[i].name != NULL)
			names[count++] = file->sections[i].name;
	const char *nearest = config_nearest(names, count, name);
	if (nearest != NULL)
		config_section_fault(building->faults, section, key,
			"%s: there is no [%s %.60s]; [%s %.60s] is the nearest", key, kind, name, kind, nearest);
	else
		config_section_fault(building->faults, section, key,
			"%s: there is no [%s %.60s]; add that section, or name "
			"another",
			key, kind, name);
	free(names);
}

/* Two for the same requests: nobody could tell which of them holds. */
static bool is_alone(struct building *building, const struct config_section *section, json_t *sla, json_t *list)
{
	static const char *const matching[] = { "metric", "priority", "order", "activity_types", "segments",
		"regions" };
	json_t *other;
	size_t i;

	json_array_foreach (list, i, other) {
		bool same = true;
		for (size_t j = 0; j < sizeof matching / sizeof matching[0]; j++) {
			json_t *left = json_object_get(other, matching[j]),
			       *right = json_object_get(sla, matching[j]);
			same = same && (left == right || json_equal(left, right));
		}
		if (!same)
			continue;
		config_section_fault(building->faults, section, "metric",
			"is for the same metric and priority as [sla %.60s]; keep one of them, "
			"or give them different "
			"priorities",
			json_string_value(json_object_get(other, "name")));
		return false;
	}
	return true;
}

static void build_sla(struct building *building, const struct config_section *section, json_t *list)
{
	struct sla_settings settings = { 0 };

	bool good = fill(building, section, &settings);
	check_reference(building, section, "calendar", "calendar", settings.calendar);
	json_t *sla = config_sla_build(section, &settings, building->faults);
	if (good && sla != NULL && is_alone(building, section, sla, list))
		(void)json_array_append(list, sla);
	json_decref(sla);
	clear(section, &settings);
}

static void build_approval(struct building *building, const struct config_section *section, json_t *list)
{
	json_t *approval = config_approval_build(section, building->faults);

	if (approval != NULL)
		(void)json_array_append_new(list, approval);
}

/* Whoever must say yes does so in time: an approval without a clock would wait for ever. */
static void check_approvals(struct building *building, const json_t *approvals, const json_t *slas)
{
	const struct config_section *first = NULL;
	const char *metric;
	json_t *sla;
	size_t i;

	json_array_foreach (slas, i, sla) {
		metric = json_string_value(json_object_get(sla, "metric"));
		if (metric != NULL && strcmp(metric, "approval") == 0 && json_object_get(sla, "priority") == NULL)
			return;
	}
	for (i = 0; i < building->file->count && first == NULL; i++)
		if (strcmp(building->file->sections[i].kind, "approval") == 0)
			first = &building->file->sections[i];
	if (first != NULL && json_array_size(approvals) > 0)
		config_section_fault(building->faults, first, NULL,
			"has no clock; add an [sla NAME] with metric = approval and no approver, which holds for "
			"every team");
}

/* Routes --------------------------------------------------------------------------------------------- */

static void check_kind(struct building *building, const struct config_section *section, const char *kind)
{
	const struct layouts *layouts = building->world->layouts;

	if (strcmp(kind, "*") == 0 || layout_find(layouts, kind) != NULL)
		return;
	const char **kinds = memory_allocate((layouts->count + 1) * sizeof *kinds);
	for (size_t i = 0; i < layouts->count; i++)
		kinds[i] = layouts->all[i].kind;
	const char *nearest = config_nearest(kinds, layouts->count, kind);
	if (nearest != NULL)
		config_section_fault(building->faults, section, "kinds",
			"kinds: there is no kind '%.60s'; '%s' is the nearest", kind, nearest);
	else
		config_section_fault(building->faults, section, "kinds",
			"kinds: there is no kind '%.60s'; the manual page advocated-policy(5) "
			"lists them, and * is the rest",
			kind);
	free(kinds);
}

static void check_severities(struct building *building, const struct config_section *section, char **names)
{
	for (char **name = names; name != NULL && *name != NULL; name++)
		if (severity_find(*name) == SEVERITY_COUNT)
			config_section_fault(building->faults, section, "severities",
				"severities: '%.40s' is none; there are info, good, warning and danger", *name);
}

/* NULL for what isn't given, which holds for all. */
static json_t *json_list_or_null(char **list)
{
	return list == NULL ? json_null() : config_json_list(list);
}

static void build_route(struct building *building, const struct config_section *section, json_t *list)
{
	struct route_settings settings = { 0 };

	bool good = fill(building, section, &settings);
	check_reference(building, section, "channel", "channel", settings.channel);
	for (char **kind = settings.kinds; kind != NULL && *kind != NULL; kind++)
		check_kind(building, section, *kind);
	check_severities(building, section, settings.severities);
	if (good)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:s}", "name", section->name, "kinds",
				      config_json_list(settings.kinds), "channel", settings.channel, "severities",
				      json_list_or_null(settings.severities), "regions",
				      json_list_or_null(settings.regions), "segments",
				      json_list_or_null(settings.segments), "owners",
				      json_list_or_null(settings.owners), "to", settings.recipient));
	clear(section, &settings);
}

static bool takes_everything(const json_t *route)
{
	static const char *const conditions[] = { "severities", "regions", "segments", "owners" };
	json_t *kind;
	size_t i;

	for (i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
		if (!json_is_null(json_object_get(route, conditions[i])))
			return false;
	json_array_foreach (json_object_get(route, "kinds"), i, kind)
		if (strcmp(json_string_value(kind), "*") == 0)
			return true;
	return false;
}

/* Nothing is ever told to nobody. */
static void check_routes(struct building *building, const json_t *routes)
{
	const struct config_section *last = NULL;
	json_t *route;
	size_t i;

	json_array_foreach (routes, i, route)
		if (takes_everything(route))
			return;
	for (i = 0; i < building->file->count; i++)
		if (strcmp(building->file->sections[i].kind, "route") == 0)
			last = &building->file->sections[i];
	if (last != NULL && json_array_size(routes) > 0)
		config_section_fault(building->faults, last, NULL,
			"is the last of routes of which none takes every message; add a [route NAME] with kinds = "
			"* and no "
			"other condition");
}

/* Messages ------------------------------------------------------------------------------------------- */

/* "a, b" as a list; NULL is none. */
static json_t *json_words(const char *text)
{
	json_t *array = json_array();

	for (const char *at = text == NULL ? "" : text; *at != '\0'; at += strspn(at, ", ")) {
		size_t length = strcspn(at, ", ");
		(void)json_array_append_new(array, json_stringn(at, length));
		at += length;
	}
	return array;
}

static json_t *build_kinds(const struct building *building)
{
	const struct layouts *layouts = building->world->layouts;
	json_t *list = json_array();

	for (size_t i = 0; layouts != NULL && i < layouts->count; i++) {
		const struct layout *layout = &layouts->all[i];
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", layout->kind, "audience",
				      audience_name(layout->audience), "severity", severity_name(layout->severity),
				      "follows", json_words(layout->follows), "mutes", json_words(layout->mutes)));
	}
	return list;
}

/* Whole ---------------------------------------------------------------------------------------------- */

typedef void build_function(struct building *building, const struct config_section *section, json_t *list);

/* Sections whose own heading is at fault (no name where there must be one) are left to the caller. */
static json_t *build_all(struct building *building, const char *kind, build_function *build)
{
	json_t *list = json_array();

	for (size_t i = 0; i < building->file->count; i++) {
		const struct config_section *section = &building->file->sections[i];
		if (section->name != NULL && strcmp(section->kind, kind) == 0)
			build(building, section, list);
	}
	return list;
}

/* Fills the settings of a section without a name, which may be absent. */
static bool fill_only(struct building *building, const char *name, void *settings)
{
	static const struct config_section absent = { .file = "" };
	const struct config_section *section = config_file_find(building->file, name, NULL);
	const struct config_kind *kind = config_kind_find(name);
	struct config_table table = { .options = kind->options, .count = kind->option_count, .settings = settings };

	return config_fill(section == NULL ? &absent : section, &table, 1, building->faults);
}

static void clear_only(const char *name, void *settings)
{
	const struct config_kind *kind = config_kind_find(name);

	option_clear(kind->options, kind->option_count, settings);
}

static void add_eligibility(struct building *building, json_t *object)
{
	const struct config_section *section = config_file_find(building->file, "eligibility", NULL);
	struct eligibility_settings settings = { 0 };

	bool good = fill_only(building, "eligibility", &settings);
	if (section != NULL)
		check_reference(building, section, "review_calendar", "calendar", settings.review_calendar);
	if (settings.review_calendar != NULL)
		(void)json_object_set_new(object, "review_calendar", json_string(settings.review_calendar));
	if (good)
		(void)json_object_update_new(object,
			json_pack("{s:o, s:I, s:I, s:b, s:s, s:I, s:I, s:I, s:I}", "top_priorities",
				config_json_list(settings.top_priorities), "breaker_percent",
				(json_int_t)settings.breaker_percent, "breaker_least",
				(json_int_t)settings.breaker_least, "observe", (int)settings.observe, "consent",
				settings.consent, "consent_term_s", (json_int_t)settings.consent_term_s,
				"answer_seconds", (json_int_t)settings.answer_s, "reinstate_percent",
				(json_int_t)settings.reinstate_percent, "reinstate_least",
				(json_int_t)settings.reinstate_least));
	clear_only("eligibility", &settings);
}

static void add_notifications(struct building *building, json_t *object)
{
	const struct config_section *section = config_file_find(building->file, "notifications", NULL);
	struct notification_settings settings = { 0 };

	bool good = fill_only(building, "notifications", &settings);
	for (char **name = settings.quiet_calendars; name != NULL && *name != NULL; name++)
		if (config_file_find(building->file, "calendar", *name) == NULL)
			config_section_fault(building->faults, section, "quiet_calendars",
				"quiet_calendars: there is no [calendar %.40s]", *name);
	if (good)
		(void)json_object_update_new(object,
			json_pack("{s:I, s:I, s:o, s:s, s:I, s:I}", "together", (json_int_t)settings.together,
				"weekly_most", (json_int_t)settings.weekly_most, "quiet_calendars",
				config_json_list(settings.quiet_calendars), "digest_day", settings.digest_day,
				"digest_hour", (json_int_t)settings.digest_hour, "repeat_after_s",
				(json_int_t)settings.repeat_after_s));
	clear_only("notifications", &settings);
}

static json_t *build_settings(struct building *building)
{
	json_t *object = json_object();

	add_eligibility(building, object);
	add_notifications(building, object);
	return object;
}

json_t *config_policy_build(
	const struct config_file *file, const struct config_policy_world *world, struct config_faults *faults)
{
	struct building building = { .file = file, .world = world, .faults = faults };
	size_t before = config_faults_count(faults);
	json_t *policy = json_object();

	(void)json_object_set_new(policy, "risks", build_all(&building, "risk", build_risk));
	(void)json_object_set_new(policy, "calendars", build_all(&building, "calendar", build_calendar));
	(void)json_object_set_new(policy, "slas", build_all(&building, "sla", build_sla));
	(void)json_object_set_new(policy, "approvals", build_all(&building, "approval", build_approval));
	if (config_faults_count(faults) == before) /* else the SLA that is missed may be the one at fault */
		check_approvals(&building, json_object_get(policy, "approvals"), json_object_get(policy, "slas"));
	(void)json_object_set_new(policy, "kinds", build_kinds(&building));
	(void)json_object_set_new(policy, "routes", build_all(&building, "route", build_route));
	if (config_faults_count(faults) == before) /* else the route that is missed may be the one at fault */
		check_routes(&building, json_object_get(policy, "routes"));
	json_t *settings = build_settings(&building);
	(void)json_object_set_new(settings, "caps", config_caps_build(file, faults));
	(void)json_object_set_new(settings, "retention", config_retention_build(file, faults));
	(void)json_object_set_new(policy, "settings", settings);
	return policy;
}
