#include "daemon/config_caps.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/config_activity.h"
#include "daemon/config_fill.h"
#include "daemon/config_kind.h"
#include "daemon/policy_kind.h"

enum { WEIGHT_MOST = 100 };

/* "case_study 2" */
static void add_weight(
	json_t *weights, const char *text, const struct config_section *section, struct config_faults *faults)
{
	size_t length = strcspn(text, " \t");
	char *name = memory_copy(text, length);
	const char *number = text + length + strspn(text + length, " \t");
	long weight = strtol(number, NULL, 10);

	if (*number == '\0' || strspn(number, "0123456789") != strlen(number) || weight < 1 ||
		weight > WEIGHT_MOST) {
		config_section_fault(faults, section, "weights",
			"weights: '%.60s' is not an activity and its weight, 1 to %d, as in case_study 2", text,
			WEIGHT_MOST);
	} else if (json_object_get(weights, name) != NULL) {
		config_section_fault(faults, section, "weights", "weights: '%s' is named twice", name);
	} else if (config_activity_check(section, "weights", name, faults)) {
		(void)json_object_set_new(weights, name, json_integer(weight));
	}
	free(name);
}

json_t *config_caps_build(const struct config_file *file, struct config_faults *faults)
{
	static const struct config_section absent = { .file = "" };
	const struct config_section *section = config_file_find(file, "caps", NULL);
	const struct config_kind *kind = config_kind_find("caps");
	struct caps_settings settings = { 0 };
	struct config_table table = {
		.options = kind->options, .count = kind->option_count, .settings = &settings
	};
	json_t *weights = json_object();

	if (section == NULL)
		section = &absent;
	if (!config_fill(section, &table, 1, faults)) {
		option_clear(kind->options, kind->option_count, &settings);
		return weights;
	}
	for (char **weight = settings.weights; weight != NULL && *weight != NULL; weight++)
		add_weight(weights, *weight, section, faults);
	json_t *caps = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "per_30_days",
		(json_int_t)settings.per_30_days, "per_quarter", (json_int_t)settings.per_quarter, "per_365_days",
		(json_int_t)settings.per_365_days, "account_per_30_days", (json_int_t)settings.account_per_30_days,
		"rest_s", (json_int_t)settings.rest_s, "long_rest_s", (json_int_t)settings.long_rest_s,
		"share_percent", (json_int_t)settings.share_percent, "share_from", (json_int_t)settings.share_from,
		"reinstated_rest_s", (json_int_t)settings.reinstated_rest_s, "reinstated_watch_s",
		(json_int_t)settings.reinstated_watch_s, "weights", weights);
	option_clear(kind->options, kind->option_count, &settings);
	return caps;
}
