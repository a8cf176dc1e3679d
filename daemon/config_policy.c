#include "daemon/config_policy.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/config_calendar.h"
#include "daemon/config_kind.h"
#include "daemon/config_threshold.h"
#include "daemon/duration.h"

/* The database counts these itself (signal_refresh_escalations), no mapping needs to feed them. */
static const char *const derived_signals[] = { "open_escalations" };

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

static json_t *json_list(char **list)
{
	json_t *array = json_array();

	for (char **at = list; at != NULL && *at != NULL; at++)
		(void)json_array_append_new(array, json_string(*at));
	return array;
}

/* Risks ---------------------------------------------------------------------------------------------- */

static void check_signal(struct building *building, const struct config_section *section, const char *signal)
{
	const struct config_policy_world *world = building->world;
	size_t derived = sizeof derived_signals / sizeof derived_signals[0];
	const char **names = memory_allocate((world->signal_count + derived) * sizeof *names);
	size_t count = 0;
	bool known = !world->signals_known;

	for (size_t i = 0; i < world->signal_count; i++)
		names[count++] = world->signals[i];
	for (size_t i = 0; i < derived; i++)
		names[count++] = derived_signals[i];
	for (size_t i = 0; i < count; i++)
		known = known || strcmp(names[i], signal) == 0;
	if (!known) {
		const char *nearest = config_nearest(names, count, signal);
		if (nearest != NULL)
			config_section_fault(building->faults, section, "signal",
				"signal: no mapping feeds '%.60s'; '%s' is the nearest that there is", signal,
				nearest);
		else
			config_section_fault(building->faults, section, "signal",
				"signal: no mapping feeds '%.60s'; add signal.%.60s = FIELD to "
				"a mapping's [account]",
				signal, signal);
	}
	free(names);
}

static bool parse_threshold(struct building *building, const struct config_section *section, const char *key,
	const char *text, struct threshold *ret_threshold)
{
	struct failure failure;

	if (threshold_parse(text, ret_threshold, &failure))
		return true;
	config_section_fault(building->faults, section, key, "%s: %s", key, failure.text);
	return false;
}

static void build_risk(struct building *building, const struct config_section *section, json_t *list)
{
	struct risk_settings settings = { 0 };
	struct threshold enter, leave;
	char which[128];

	bool good = fill(building, section, &settings);
	if (settings.signal != NULL)
		check_signal(building, section, settings.signal);
	bool entered =
		settings.enter != NULL && parse_threshold(building, section, "enter", settings.enter, &enter);
	bool left = settings.clear != NULL && parse_threshold(building, section, "clear", settings.clear, &leave);
	if (entered && left && threshold_overlap(&enter, &leave, which, sizeof which))
		config_section_fault(building->faults, section, "clear",
			"%s meets both enter = %s %s and clear = %s %s; an account can't be at "
			"risk and well at once, as with "
			"enter = < 60 and clear = > 75",
			which, enter.operator, enter.value, leave.operator, leave.value);
	if (good && entered && left)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:I, s:s, s:s}", "name",
				      section->name, "signal", settings.signal, "enter", "operator", enter.operator,
				      "value", enter.value, "clear", "operator", leave.operator, "value",
				      leave.value, "hold_s", (json_int_t)settings.hold_s, "action", settings.action,
				      "severity", settings.severity));
	clear(section, &settings);
}

/* Calendars and SLAs ----------------------------------------------------------------------------------- */

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
static void check_reference(
	struct building *building, const struct config_section *section, const char *kind, const char *name)
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
		config_section_fault(building->faults, section, kind,
			"%s: there is no [%s %.60s]; [%s %.60s] is the nearest", kind, kind, name, kind, nearest);
	else
		config_section_fault(building->faults, section, kind,
			"%s: there is no [%s %.60s]; add that section, or name "
			"another",
			kind, kind, name);
	free(names);
}

/* Two for the same requests: nobody could tell which of them holds. */
static bool is_alone(struct building *building, const struct config_section *section, json_t *sla, json_t *list)
{
	json_t *other;
	size_t i;

	json_array_foreach (list, i, other) {
		if (!json_equal(json_object_get(other, "metric"), json_object_get(sla, "metric")) ||
			!json_equal(json_object_get(other, "priority"), json_object_get(sla, "priority")))
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
	struct failure failure;
	int64_t target_s = 0;

	bool good = fill(building, section, &settings);
	check_reference(building, section, "calendar", settings.calendar);
	if (settings.target != NULL &&
		!duration_parse_target(settings.target, settings.business_day_s, &target_s, &failure)) {
		config_section_fault(building->faults, section, "target", "target: %s", failure.text);
		good = false;
	}
	if (good) {
		json_t *sla = json_pack("{s:s, s:s, s:s?, s:s, s:I, s:I, s:s, s:s}", "name", section->name,
			"metric", settings.metric, "priority", settings.priority, "calendar", settings.calendar,
			"target_s", (json_int_t)target_s, "warn_percent", (json_int_t)settings.warn_percent,
			"owed_by", settings.owed_by, "owed_to", settings.owed_to);
		if (is_alone(building, section, sla, list))
			(void)json_array_append(list, sla);
		json_decref(sla);
	}
	clear(section, &settings);
}

/* Routes --------------------------------------------------------------------------------------------- */

static const struct messenger *messenger_of(struct building *building, const char *channel)
{
	for (size_t i = 0; i < building->world->channel_count; i++)
		if (strcmp(building->world->channels[i].name, channel) == 0)
			return building->world->channels[i].messenger;
	return NULL;
}

static void check_kind(
	struct building *building, const struct config_section *section, const char *const *kinds, const char *kind)
{
	size_t count = 0;

	if (strcmp(kind, "*") == 0)
		return;
	for (; kinds[count] != NULL; count++)
		if (strcmp(kinds[count], kind) == 0)
			return;
	const char *nearest = config_nearest(kinds, count, kind);
	if (nearest != NULL)
		config_section_fault(building->faults, section, "kinds",
			"kinds: there is no kind '%.60s'; '%s' is the nearest", kind, nearest);
	else
		config_section_fault(building->faults, section, "kinds",
			"kinds: there is no kind '%.60s'; the manual page advocated-policy(5) "
			"lists them, and * is the rest",
			kind);
}

static void build_route(struct building *building, const struct config_section *section, json_t *list)
{
	struct route_settings settings = { 0 };

	bool good = fill(building, section, &settings);
	check_reference(building, section, "channel", settings.channel);
	const struct messenger *messenger =
		settings.channel == NULL ? NULL : messenger_of(building, settings.channel);
	for (char **kind = settings.kinds; messenger != NULL && kind != NULL && *kind != NULL; kind++)
		check_kind(building, section, messenger->kinds, *kind);
	if (good)
		(void)json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "name", section->name, "kinds",
							  json_list(settings.kinds), "channel", settings.channel));
	clear(section, &settings);
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

static json_t *build_settings(struct building *building)
{
	static const struct config_section absent = { .file = "" };
	const struct config_section *section = config_file_find(building->file, "eligibility", NULL);
	const struct config_kind *kind = config_kind_find("eligibility");
	struct eligibility_settings settings = { 0 };
	struct config_table table = {
		.options = kind->options, .count = kind->option_count, .settings = &settings
	};

	if (!config_fill(section == NULL ? &absent : section, &table, 1, building->faults)) {
		option_clear(kind->options, kind->option_count, &settings);
		return json_object();
	}
	json_t *object = json_pack("{s:o, s:I, s:I}", "top_priorities", json_list(settings.top_priorities),
		"breaker_percent", (json_int_t)settings.breaker_percent, "breaker_least",
		(json_int_t)settings.breaker_least);
	option_clear(kind->options, kind->option_count, &settings);
	return object;
}

json_t *config_policy_build(
	const struct config_file *file, const struct config_policy_world *world, struct config_faults *faults)
{
	struct building building = { .file = file, .world = world, .faults = faults };
	json_t *policy = json_object();

	(void)json_object_set_new(policy, "risks", build_all(&building, "risk", build_risk));
	(void)json_object_set_new(policy, "calendars", build_all(&building, "calendar", build_calendar));
	(void)json_object_set_new(policy, "slas", build_all(&building, "sla", build_sla));
	(void)json_object_set_new(policy, "routes", build_all(&building, "route", build_route));
	(void)json_object_set_new(policy, "settings", build_settings(&building));
	return policy;
}
