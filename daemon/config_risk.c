#include "daemon/config_risk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/config_condition.h"
#include "daemon/config_fill.h"
#include "daemon/config_kind.h"
#include "daemon/config_threshold.h"
#include "daemon/policy_kind.h"

/* The database counts these itself (signal_refresh_escalations), no mapping needs to feed them. */
static const char *const derived_signals[] = { "open_escalations" };
/* Dates that need no mapping of their own as signals. */
static const char *const date_columns[] = { "renewal_on", "oldest_open_case_at" };

/* One of the advocate's own contact, "contact.nps". */
static bool is_personal(const char *signal)
{
	return signal != NULL && strncmp(signal, "contact.", 8) == 0;
}

static void check_signal(const struct config_section *section, const struct config_signals *signals,
	struct config_faults *faults, const char *key, const char *signal, bool dated)
{
	const char *const *others = dated ? date_columns : derived_signals;
	size_t derived = dated ? sizeof date_columns / sizeof date_columns[0]
			       : sizeof derived_signals / sizeof derived_signals[0];
	const char **names = memory_allocate((signals->count + derived) * sizeof *names);
	size_t count = 0;
	bool known = !signals->known;

	for (size_t i = 0; i < signals->count; i++)
		names[count++] = signals->names[i];
	for (size_t i = 0; i < derived; i++)
		names[count++] = others[i];
	for (size_t i = 0; i < count; i++)
		known = known || strcmp(names[i], signal) == 0;
	if (!known) {
		const char *nearest = config_nearest(names, count, signal);
		if (nearest != NULL)
			config_section_fault(faults, section, key,
				"%s: no mapping feeds '%.60s'; '%s' is the nearest that there is", key, signal,
				nearest);
		else
			config_section_fault(faults, section, key,
				"%s: no mapping feeds '%.60s'; add signal.%.60s = FIELD to "
				"a mapping's [%s]",
				key, signal, is_personal(signal) ? signal + 8 : signal,
				is_personal(signal) ? "contact" : "account");
	}
	free(names);
}

static bool parse_threshold(const struct config_section *section, struct config_faults *faults, const char *key,
	const char *text, struct threshold *ret_threshold)
{
	struct failure failure;

	if (threshold_parse(text, ret_threshold, &failure))
		return true;
	config_section_fault(faults, section, key, "%s: %s", key, failure.text);
	return false;
}

static void lack(
	const struct config_section *section, struct config_faults *faults, const char *key, const char *right)
{
	config_section_fault(faults, section, NULL, "lacks '%s': %s", key, right);
}

/* A key that the condition has no use for: whoever wrote it meant something else. */
static bool is_absent(
	const struct config_section *section, struct config_faults *faults, const char *key, const char *why)
{
	if (config_section_find(section, key) == NULL)
		return true;
	config_section_fault(faults, section, key, "%s: %s", key, why);
	return false;
}

/* The signal's value decides: *ret_enter is the threshold to be at risk, after a drop that of `while`. */
static bool read_thresholds(const struct config_section *section, struct config_faults *faults,
	const struct risk_settings *settings, const struct condition *condition, struct threshold *ret_enter,
	struct threshold *ret_leave)
{
	bool drops = condition->kind == CONDITION_DROP, entered = true;
	char which[128];

	if (settings->signal == NULL)
		lack(section, faults, "signal", "the signal to watch");
	if (drops && settings->holds_while == NULL)
		lack(section, faults, "while", "what the signal must be besides, as in < 75");
	if (settings->clear == NULL)
		lack(section, faults, "clear", "when it is well again, as in > 75");
	if (!drops)
		*ret_enter = condition->threshold;
	if (drops)
		entered = settings->holds_while != NULL &&
			  parse_threshold(section, faults, "while", settings->holds_while, ret_enter);
	else
		entered = is_absent(section, faults, "while", "it goes with enter = drops POINTS in TIME alone");
	bool left =
		settings->clear != NULL && parse_threshold(section, faults, "clear", settings->clear, ret_leave);
	if (entered && left && threshold_overlap(ret_enter, ret_leave, which, sizeof which)) {
		config_section_fault(faults, section, "clear",
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
static bool check_personal(const struct config_section *section, struct config_faults *faults,
	const struct risk_settings *settings, const struct condition *condition)
{
	static const char *const keys[] = { "hold", "enter_observations", "enter_apart", "clear_observations",
		"clear_apart", "dwell", "flaps", "confirm" };
	bool personal = is_personal(settings->signal), good = true;

	for (size_t i = 0; personal && i < sizeof keys / sizeof keys[0]; i++)
		good = is_absent(section, faults, keys[i],
			       "a contact's own signal has no use for it; leave this out") &&
		       good;
	if (personal && condition->kind != CONDITION_THRESHOLD) {
		config_section_fault(faults, section, "enter",
			"enter: a contact's own signal takes a threshold, as in <= 6 or is yes");
		good = false;
	}
	if (!personal)
		good = is_absent(section, faults, "lapse", "it goes with a signal contact.NAME alone") && good;
	if (!personal &&
		(strcmp(settings->severity, "left") == 0 || strcmp(settings->severity, "withdrawn") == 0)) {
		config_section_fault(faults, section, "severity",
			"severity: '%s' is about a person; it goes with a signal contact.NAME alone",
			settings->severity);
		good = false;
	}
	return good;
}

/* The date alone decides, so the other side of it is when the account is well again. */
static bool read_date(const struct config_section *section, struct config_faults *faults,
	const struct condition *condition, struct threshold *ret_enter, struct threshold *ret_leave)
{
	static const char *const keys[] = { "signal", "while", "clear", "enter_observations", "enter_apart",
		"clear_observations", "clear_apart" };
	bool until = condition->kind != CONDITION_SINCE, good = true;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		good = is_absent(
			       section, faults, keys[i], "enter names a date, which says it all; leave this out") &&
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

json_t *config_risk_build(
	const struct config_section *section, const struct config_signals *signals, struct config_faults *faults)
{
	const struct config_kind *kind = config_kind_find("risk");
	struct risk_settings settings = { 0 };
	struct condition condition;
	struct threshold enter, leave;
	struct config_table table = {
		.options = kind->options, .count = kind->option_count, .settings = &settings
	};
	json_t *risk = NULL;
	struct failure failure;

	bool good = config_fill(section, &table, 1, faults), read = false;
	size_t length = strlen(section->name), suffix = sizeof " held" - 1;
	if (length > suffix && strcmp(section->name + length - suffix, " held") == 0) {
		config_section_fault(faults, section, NULL,
			"the name: one that ends in \"held\" is the program's own; give it another");
		good = false;
	}
	if (settings.enter == NULL && settings.signal == NULL)
		lack(section, faults, "signal", "the signal to watch");
	if (settings.enter == NULL && settings.clear == NULL)
		lack(section, faults, "clear", "when it is well again, as in > 75");
	if (settings.enter != NULL && !condition_parse(settings.enter, &condition, &failure)) {
		config_section_fault(faults, section, "enter", "enter: %s", failure.text);
		good = false;
	} else if (settings.enter != NULL) {
		bool dated = is_dated(&condition);
		if (dated)
			check_signal(section, signals, faults, "enter", condition.signal, true);
		else if (settings.signal != NULL)
			check_signal(section, signals, faults, "signal", settings.signal, false);
		read = dated ? read_date(section, faults, &condition, &enter, &leave)
			     : read_thresholds(section, faults, &settings, &condition, &enter, &leave);
		good = good && check_personal(section, faults, &settings, &condition);
	}
	if (good && read)
		risk = pack_risk(section, &settings, &condition, &enter, &leave);
	option_clear(kind->options, kind->option_count, &settings);
	return risk;
}
