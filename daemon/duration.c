#include "daemon/duration.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A calendar with less open time than this is refused by the database (calendar_define), and with it the
 * target. */
static const int64_t MOST_S = INT64_C(400) * 86400;

static bool refuse(struct failure *failure, const char *text, const char *right)
{
	failure_set(failure, FAILURE_PERMANENT, "'%.60s' %s", text, right);
	return false;
}

bool duration_parse_target(const char *text, int64_t business_day_s, int64_t *ret_s, struct failure *failure)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	int64_t factor = 0, seconds;

	if (strcmp(unit, "d") == 0)
		return refuse(failure, text,
			"could mean open hours or working days; write 2bd for business days, or 48bh "
			"for open hours");
	if (strcmp(unit, "bd") == 0)
		factor = business_day_s;
	if (strcmp(unit, "bh") == 0 || strcmp(unit, "h") == 0)
		factor = 3600;
	if (strcmp(unit, "m") == 0)
		factor = 60;
	if (strcmp(unit, "s") == 0)
		factor = 1;
	if (factor == 0 || digits == 0)
		return refuse(failure, text,
			"is no target; write business hours as in 4bh, business days as in 1bd, or 20s "
			"or 15m");
	if (digits > 12 || __builtin_mul_overflow(strtoll(text, NULL, 10), factor, &seconds) || seconds < 1 ||
		seconds > MOST_S)
		return refuse(
			failure, text, "is out of bounds; a target is at least 1s and at most 400 days of time");
	*ret_s = seconds;
	return true;
}
