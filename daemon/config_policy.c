#include "daemon/config_policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/config_approval.h"
#include "daemon/config_calendar.h"
#include "daemon/config_caps.h"
#include "daemon/config_condition.h"
#include "daemon/config_fill.h"
#include "daemon/config_kind.h"
#include "daemon/config_retention.h"
#include "daemon/config_sla.h"
#include "daemon/config_threshold.h"

/* The database counts these itself (signal_refresh_escalations), no mapping needs to feed them. */
static const char *const derived_signals[] = { "open_escalations" };
/* Dates that need no mapping of their own as signals. */
static const char *const date_columns[] = { "renewal_on", "oldest_open_case_at" };

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

/* One of the advocate's own contact, "contact.nps". */
static bool is_personal(const char *signal)
{
	return signal != NULL && strncmp(signal, "contact.", 8) == 0;
}

static void check_signal(struct building *building, const struct config_section *section, const char *key,
	const char *signal, bool dated)
{
	const struct config_policy_world *world = building->world;
	const char *const *others = dated ? date_columns : derived_signals;
	size_t derived = dated ? sizeof date_columns / sizeof date_columns[0]
			       : sizeof derived_signals / sizeof derived_signals[0];
	const char **names = memory_allocate((world->signal_count + derived) * sizeof *names);
	size_t count = 0;
	bool known = !world->signals_known;

	for (size_t i = 0; i < world->signal_count; i++)
		names[count++] = world->signals[i];
	for (size_t i = 0; i < derived; i++)
		names[count++] = others[i];
	for (size_t i = 0; i < count; i++)
		known = known || strcmp(names[i], signal) == 0;
	if (!known) {
		const char *nearest = config_nearest(names, count, signal);
		if (nearest != NULL)
			config_section_fault(building->faults, section, key,
				"%s: no mapping feeds '%.60s'; '%s' is the nearest that there is", key, signal,
				nearest);
		else
			config_section_fault(building->faults, section, key,
				"%s: no mapping feeds '%.60s'; add signal.%.60s = FIELD to "
				"a mapping's [%s]",
				key, signal, is_personal(signal) ? signal + 8 : signal,
				is_personal(signal) ? "contact" : "account");
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

static void lack(
	struct building *building, const struct config_section *section, const char *key, const char *right)
{
	config_section_fault(building->faults, section, NULL, "lacks '%s': %s", key, right);
}

/* A key that the condition has no use for: whoever wrote it meant something else. */
static bool is_absent(
	struct building *building, const struct config_section *section, const char *key, const char *why)
{
	if (config_section_find(section, key) == NULL)
		return true;
	config_section_fault(building->faults, section, key, "%s: %s", key, why);
	return false;
}

/* The signal's value decides: *ret_enter is the threshold to be at risk, after a drop that of `while`. */
static bool read_thresholds(struct building *building, const struct config_section *section,
	const struct risk_settings *settings, const struct condition *condition, struct threshold *ret_enter,
	struct threshold *ret_leave)
{
	bool drops = condition->kind == CONDITION_DROP, entered = true;
	char which[128];

	if (settings->signal == NULL)
		lack(building, section, "signal", "the signal to watch");
	if (drops && settings->holds_while == NULL)
		lack(building, section, "while", "what the signal must be besides, as in < 75");
	if (settings->clear == NULL)
		lack(building, section, "clear", "when it is well again, as in > 75");
	if (!drops)
		*ret_enter = condition->threshold;
	if (drops)
		entered = settings->holds_while != NULL &&
			  parse_threshold(building, section, "while", settings->holds_while, ret_enter);
	else
		entered = is_absent(building, section, "while", "it goes with enter = drops POINTS in TIME alone");
	bool left =
		settings->clear != NULL && parse_threshold(building, section, "clear", settings->clear, ret_leave);
	if (entered && left && threshold_overlap(ret_enter, ret_leave, which, sizeof which)) {
		config_section_fault(building->faults, section, "clear",
			"%s meets both %s = %s %s and clear = %s %s; an account can't be at "
			"risk and well at once, as with "
			"enter = < 60 and clear = > 75",
			which, drops ? "while" : "enter", ret_enter->operator, ret_enter->value,
			ret_leave->operator, ret_leave->value);
		return false;
	}
	return entered && left && settings->signal != NULL;
}

static bool is_dated(const struct condition *condition)
{
	return condition->kind == CONDITION_UNTIL || condition->kind == CONDITION_SINCE ||
	       condition->kind == CONDITION_AFTER;
}

/* A contact's own signal has two thresholds and a lapse, and only it has a lapse, and can say that somebody left. */
static bool check_personal(struct building *building, const struct config_section *section,
	const struct risk_settings *settings, const struct condition *condition)
{
	static const char *const keys[] = { "hold", "enter_observations", "enter_apart", "clear_observations",
		"clear_apart", "dwell", "flaps", "confirm" };
	bool personal = is_personal(settings->signal), good = true;

	for (size_t i = 0; personal && i < sizeof keys / sizeof keys[0]; i++)
		good = is_absent(building, section, keys[i],
			       "a contact's own signal has no use for it; leave this out") &&
		       good;
	if (personal && condition->kind != CONDITION_THRESHOLD) {
		config_section_fault(building->faults, section, "enter",
			"enter: a contact's own signal takes a threshold, as in <= 6 or is yes");
		good = false;
	}
	if (!personal)
		good = is_absent(building, section, "lapse", "it goes with a signal contact.NAME alone") && good;
	if (!personal &&
		(strcmp(settings->severity, "left") == 0 || strcmp(settings->severity, "withdrawn") == 0)) {
		config_section_fault(building->faults, section, "severity",
			"severity: '%s' is about a person; it goes with a signal contact.NAME alone",
			settings->severity);
		good = false;
	}
	return good;
}

/* The date alone decides, so the other side of it is when the account is well again. */
static bool read_date(struct building *building, const struct config_section *section,
	const struct condition *condition, struct threshold *ret_enter, struct threshold *ret_leave)
{
	static const char *const keys[] = { "signal", "while", "clear", "enter_observations", "enter_apart",
		"clear_observations", "clear_apart" };
	bool until = condition->kind != CONDITION_SINCE, good = true;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		good = is_absent(building, section, keys[i],
			       "enter names a date, which says it all; leave this out") &&
		       good;
	*ret_enter = *ret_leave = (struct threshold){ 0 };
	memcpy(ret_enter->operator, until ? "<=" : "<", until ? 3 : 2);
	memcpy(ret_leave->operator, until ? ">" : ">=", until ? 2 : 3);
	/* After a date is a negative time before it. */
	(void)snprintf(ret_enter->value, sizeof ret_enter->value, "%" PRId64,
		condition->kind == CONDITION_AFTER ? -condition->span_s : condition->span_s);
	memcpy(ret_leave->value, ret_enter->value, sizeof ret_leave->value);
	return good;
}

static json_t *pack_risk(const struct config_section *section, const struct risk_settings *settings,
	const struct condition *condition, const struct threshold *enter, const struct threshold *leave)
{
	bool dated = is_dated(condition), personal = !dated && is_personal(settings->signal);
	/* A score has to stay well for a while; a date that has passed stays passed, and what a person says holds at once. */
	int64_t hold_s = (dated || personal) && config_section_find(section, "hold") == NULL ? 0 : settings->hold_s;
	bool confirm = config_section_find(section, "confirm") == NULL
			       ? strcmp(settings->severity, "hard") == 0 && !personal
			       : settings->confirm;
	json_t *risk = json_pack(
		"{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
		section->name, "signal", dated ? condition->signal : settings->signal, "enter", "operator",
		enter->operator, "value", enter->value, "clear", "operator", leave->operator, "value", leave->value,
		"hold_s", (json_int_t)hold_s, "action", settings->action, "severity", settings->severity,
		"enter_observations", (json_int_t)settings->enter_observations, "enter_apart_s",
		(json_int_t)settings->enter_apart_s, "clear_observations", (json_int_t)settings->clear_observations,
		"clear_apart_s", (json_int_t)settings->clear_apart_s, "dwell_s", (json_int_t)settings->dwell_s,
		"flaps", (json_int_t)(personal ? 0 : settings->flaps));

	if (condition->kind == CONDITION_DROP)
		(void)json_object_set_new(risk, "drop",
			json_pack("{s:s, s:I}", "points", condition->points, "within_s",
				(json_int_t)condition->span_s));
	if (dated)
		(void)json_object_set_new(
			risk, "date", json_string(condition->kind == CONDITION_SINCE ? "since" : "until"));
	if (settings->lapse_s > 0)
		(void)json_object_set_new(risk, "lapse_s", json_integer((json_int_t)settings->lapse_s));
	if (confirm)
		(void)json_object_set_new(risk, "confirm", json_true());
	return risk;
}

static void build_risk(struct building *building, const struct config_section *section, json_t *list)
{
	struct risk_settings settings = { 0 };
	struct condition condition;
	struct threshold enter, leave;
	struct failure failure;

	bool good = fill(building, section, &settings), read = false;
	size_t length = strlen(section->name), suffix = sizeof " held" - 1;
	if (length > suffix && strcmp(section->name + length - suffix, " held") == 0) {
		config_section_fault(building->faults, section, NULL,
			"the name: one that ends in \"held\" is the program's own; give it another");
		good = false;
	}
	if (settings.enter == NULL && settings.signal == NULL)
		lack(building, section, "signal", "the signal to watch");
	if (settings.enter == NULL && settings.clear == NULL)
		lack(building, section, "clear", "when it is well again, as in > 75");
	if (settings.enter != NULL && !condition_parse(settings.enter, &condition, &failure)) {
		config_section_fault(building->faults, section, "enter", "enter: %s", failure.text);
		good = false;
	} else if (settings.enter != NULL) {
		bool dated = is_dated(&condition);
		if (dated)
			check_signal(building, section, "enter", condition.signal, true);
		else if (settings.signal != NULL)
			check_signal(building, section, "signal", settings.signal, false);
		read = dated ? read_date(building, section, &condition, &enter, &leave)
			     : read_thresholds(building, section, &settings, &condition, &enter, &leave);
		good = good && check_personal(building, section, &settings, &condition);
	}
	if (good && read)
		(void)json_array_append_new(list, pack_risk(section, &settings, &condition, &enter, &leave));
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
	return list == NULL ? json_null() : json_list(list);
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
				      json_list(settings.kinds), "channel", settings.channel, "severities",
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
				json_list(settings.top_priorities), "breaker_percent",
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
				json_list(settings.quiet_calendars), "digest_day", settings.digest_day,
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
