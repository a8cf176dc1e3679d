#include "daemon/config_approval.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/config_activity.h"
#include "daemon/config_fill.h"
#include "daemon/config_kind.h"
#include "daemon/policy_kind.h"

/* exposures() of the database. */
static const char *const exposures[] = { "internal", "logo", "named", "public" };
enum { EXPOSURE_COUNT = sizeof exposures / sizeof exposures[0] };

static bool check_exposure(const struct config_section *section, const char *name, struct config_faults *faults)
{
	for (size_t i = 0; i < EXPOSURE_COUNT; i++)
		if (strcmp(exposures[i], name) == 0)
			return true;
	config_section_fault(faults, section, "exposures",
		"exposures: '%.40s' is none; there are internal, logo, named and public", name);
	return false;
}

static bool check_person(const struct config_section *section, const char *person, struct config_faults *faults)
{
	const char *at = strchr(person, '@');

	if (at != NULL && at != person && at[1] != '\0' && strpbrk(person, " \t") == NULL)
		return true;
	config_section_fault(faults, section, "people",
		"people: '%.60s' is no e-mail address; write those who may decide, as in dana@example.com", person);
	return false;
}

json_t *config_approval_build(const struct config_section *section, struct config_faults *faults)
{
	const struct config_kind *kind = config_kind_find("approval");
	struct approval_settings settings = { 0 };
	struct config_table table = {
		.options = kind->options, .count = kind->option_count, .settings = &settings
	};
	json_t *approval = NULL;

	bool good = config_fill(section, &table, 1, faults);
	for (char **at = settings.exposures; at != NULL && *at != NULL; at++)
		good = check_exposure(section, *at, faults) && good;
	for (char **at = settings.activity_types; at != NULL && *at != NULL; at++)
		good = config_activity_check(section, "activity_types", *at, faults) && good;
	for (char **at = settings.people; at != NULL && *at != NULL; at++)
		good = check_person(section, *at, faults) && good;
	if (good) {
		approval = json_pack("{s:s, s:s}", "name", section->name, "approver", settings.approver);
		config_set_list(approval, "exposures", settings.exposures);
		config_set_list(approval, "industries", settings.industries);
		config_set_list(approval, "activity_types", settings.activity_types);
		config_set_list(approval, "people", settings.people);
	}
	option_clear(kind->options, kind->option_count, &settings);
	return approval;
}
