#include "daemon/config_activity.h"

#include <string.h>

#include "daemon/config_fill.h"

/* activity_types() of the database. */
static const char *const activities[] = { "reference_call", "case_study", "video_testimonial", "quote",
	"event_talk", "site_visit", "advisory_board", "rfp_support", "referral", "review", "beta_test" };
enum { ACTIVITY_COUNT = sizeof activities / sizeof activities[0] };

bool config_activity_check(
	const struct config_section *section, const char *key, const char *name, struct config_faults *faults)
{
	for (size_t i = 0; i < ACTIVITY_COUNT; i++)
		if (strcmp(activities[i], name) == 0)
			return true;
	const char *nearest = config_nearest(activities, ACTIVITY_COUNT, name);
	config_section_fault(faults, section, key, "%s: there is no activity '%.60s'; %s%s", key, name,
		nearest == NULL ? "the manual page advocated-policy(5) lists them" : nearest,
		nearest == NULL ? "" : " is the nearest");
	return false;
}
