/* duration.h - reads an SLA's target, which is given in business time. */
#ifndef DAEMON_DURATION_H
#define DAEMON_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/failure.h"

/* "4bh" (business hours), "1bd" (business days of `business_day_s` seconds each), or seconds, minutes and
 * hours of the calendar's open time: "20s", "15m", "4h". Plain days are refused: nobody can tell whether "2d"
 * means 48 open hours or two working days. At least 1 second, at most 400 days.
 *
 * *ret_s: seconds of open time. False, with what is wrong and what would be right. */
bool duration_parse_target(const char *text, int64_t business_day_s, int64_t *ret_s, struct failure *failure)
	__attribute__((warn_unused_result));

#endif
