#include "daemon/config_sla.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/config_activity.h"
#include "daemon/config_fill.h"
#include "daemon/duration.h"

enum { PERCENT_MOST = 999, ROLE_SIZE = 16 };

struct building {
	const struct config_section *section;
	const struct sla_settings *settings;
	struct config_faults *faults;
	json_t *sla;
	bool good;
};

static void refuse(struct building *building, const char *key, const char *text, const char *right)
{
	config_section_fault(building->faults, building->section, key, "%s: '%.60s' %s", key, text, right);
	building->good = false;
}

/* "4bh" as seconds; NULL is left to the database. */
static void set_time(struct building *building, const char *key, const char *member, const char *text)
{
	struct failure failure;
	int64_t seconds;

	if (text == NULL)
		return;
	if (!duration_parse_target(text, building->settings->business_day_s, &seconds, &failure)) {
		config_section_fault(building->faults, building->section, key, "%s: %s", key, failure.text);
		building->good = false;
		return;
	}
	(void)json_object_set_new(building->sla, member, json_integer(seconds));
}

static void set_text(struct building *building, const char *member, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(building->sla, member, json_string(text));
}

/* "75% owner": the number's end, and the word behind it ("" when there is none). */
static bool split_step(const char *text, size_t length, char role[static ROLE_SIZE])
{
	const char *word = text + length + strspn(text + length, " \t");
	size_t size = strlen(word);

	if (size >= ROLE_SIZE || (size > 0 && word == text + length))
		return false;
	memcpy(role, word, size + 1);
	return true;
}

static bool is_role(const char *role, const char *const *roles)
{
	for (; *roles != NULL; roles++)
		if (strcmp(*roles, role) == 0)
			return true;
	return false;
}

/* warn = 50% silent, 75%, 90% manager */
static void set_thresholds(struct building *building)
{
	static const char *const roles[] = { "silent", "owner", "manager", NULL };
	json_t *thresholds = json_array();
	long above = 0;

	if (building->settings->warn == NULL) {
		json_decref(thresholds);
		return;
	}
	for (char **at = building->settings->warn; *at != NULL; at++) {
		char role[ROLE_SIZE];
		size_t digits = strspn(*at, "0123456789"), length = digits + ((*at)[digits] == '%');
		long percent = digits == 0 || digits > 3 ? 0 : strtol(*at, NULL, 10);
		if (percent < 1 || percent > PERCENT_MOST || percent == 100 || !split_step(*at, length, role) ||
			(role[0] != '\0' && !is_role(role, roles)))
			refuse(building, "warn", *at,
				"is no threshold; write a percentage of the target from 1% to 999% but 100%, which "
				"is "
				"the breach itself, and silent, owner or manager, as in 75% owner");
		else if (percent <= above)
			refuse(building, "warn", *at, "isn't above the one before; thresholds rise");
		else
			(void)json_array_append_new(thresholds,
				json_pack("[I, s]", (json_int_t)percent, role[0] == '\0' ? "owner" : role));
		above = percent;
	}
	(void)json_object_set_new(building->sla, "thresholds", thresholds);
}

/* escalate = 4bh manager, 1bd program */
static void set_ladder(struct building *building)
{
	static const char *const roles[] = { "owner", "manager", "csm", "rep", "program", NULL };
	json_t *ladder = json_array();
	struct failure failure;
	int64_t above_s = 0;

	if (building->settings->escalate == NULL) {
		json_decref(ladder);
		return;
	}
	for (char **at = building->settings->escalate; *at != NULL; at++) {
		char role[ROLE_SIZE];
		size_t length = strcspn(*at, " \t");
		char *time = memory_copy(*at, length);
		int64_t after_s = 0;
		if (strcmp(*at, "never") == 0 && at == building->settings->escalate && at[1] == NULL)
			; /* nobody is told more than once */
		else if (!split_step(*at, length, role) || !is_role(role, roles))
			refuse(building, "escalate", *at,
				"is no step; write how long after the breach, and owner, manager, csm, rep or "
				"program, as in "
				"4bh manager");
		else if (strcmp(time, "0") != 0 &&
			 !duration_parse_target(time, building->settings->business_day_s, &after_s, &failure))
			refuse(building, "escalate", *at, failure.text);
		else if (after_s < above_s)
			refuse(building, "escalate", *at, "comes before the step in front of it; steps rise");
		else
			(void)json_array_append_new(
				ladder, json_pack("{s:s, s:I}", "role", role, "after_s", (json_int_t)after_s));
		above_s = after_s > above_s ? after_s : above_s;
		free(time);
	}
	(void)json_object_set_new(building->sla, "ladder", ladder);
}

/* A move that both starts and ends a clock would keep it from ever measuring anything. */
static void check_conditions(struct building *building)
{
	char **const *ends[] = { &building->settings->fulfil, &building->settings->cancel };

	for (char **start = building->settings->start; start != NULL && *start != NULL; start++)
		for (size_t i = 0; i < 2; i++)
			for (char **end = *ends[i]; end != NULL && *end != NULL; end++)
				if (strcmp(*start, *end) == 0)
					refuse(building, "start", *start,
						"both starts and ends the clock; leave it out of one of them");
}

json_t *config_sla_build(
	const struct config_section *section, const struct sla_settings *settings, struct config_faults *faults)
{
	struct building building = {
		.section = section, .settings = settings, .faults = faults, .sla = json_object(), .good = true
	};

	set_text(&building, "name", section->name);
	set_text(&building, "metric", settings->metric);
	/* An approval's team is what its promises are told apart by, as a request's priority is. */
	bool approves = settings->metric != NULL && strcmp(settings->metric, "approval") == 0;
	if (approves ? settings->priority != NULL : settings->approver != NULL)
		refuse(&building, approves ? "priority" : "approver",
			approves ? settings->priority : settings->approver,
			approves ? "means nothing for an approval; write approver = TEAM"
				 : "means nothing for this metric; approver goes with metric = approval");
	set_text(&building, "priority", approves ? settings->approver : settings->priority);
	set_text(&building, "calendar", settings->calendar);
	set_time(&building, "target", "target_s", settings->target);
	(void)json_object_set_new(
		building.sla, "business_day_s", json_integer((json_int_t)settings->business_day_s));
	(void)json_object_set_new(building.sla, "order", json_integer((json_int_t)settings->order));
	config_set_list(building.sla, "activity_types", settings->activity_types);
	config_set_list(building.sla, "segments", settings->segments);
	config_set_list(building.sla, "regions", settings->regions);
	config_set_list(building.sla, "start", settings->start);
	config_set_list(building.sla, "fulfil", settings->fulfil);
	config_set_list(building.sla, "cancel", settings->cancel);
	config_set_list(building.sla, "pause", settings->pause);
	check_conditions(&building);
	for (char **at = settings->activity_types; at != NULL && *at != NULL; at++)
		building.good = config_activity_check(section, "activity_types", *at, faults) && building.good;
	set_time(&building, "reopen", "reopen_s", settings->reopen);
	set_time(&building, "pause_at_most", "pause_cap_s", settings->pause_at_most);
	set_thresholds(&building);
	set_ladder(&building);
	set_time(&building, "repeat", "repeat_s", settings->repeat);
	(void)json_object_set_new(building.sla, "passes", json_integer((json_int_t)settings->passes));
	set_text(&building, "owed_by", settings->owed_by);
	set_text(&building, "owed_to", settings->owed_to);
	if (building.good)
		return building.sla;
	json_decref(building.sla);
	return NULL;
}
