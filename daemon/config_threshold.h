/* config_threshold.h - reads a risk's conditions, as in "< 60" or "is yes", and finds values that meet two of them at
 * once. */
#ifndef DAEMON_CONFIG_THRESHOLD_H
#define DAEMON_CONFIG_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/failure.h"

enum { THRESHOLD_VALUE_SIZE = 40 };

struct threshold {
	char operator[3];                 /* "<", "<=", ">", ">=" or "=" */
	char value[THRESHOLD_VALUE_SIZE]; /* a decimal number, with the digits as they were written */
};

/* False, with what is wrong and what would be right. */
bool threshold_parse(const char *text, struct threshold *ret_threshold, struct failure *failure)
	__attribute__((warn_unused_result));
/* Whether some value meets both; then `which` says which values do, as in "every value between 50 and 60". */
bool threshold_overlap(const struct threshold *one, const struct threshold *other, char *which, size_t size);
/* Exact, whatever the number of digits: below 0, 0 or above 0 as strcmp. */
int threshold_compare(const char *one, const char *other);

#endif
