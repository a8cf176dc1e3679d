/* config_condition.h - reads when an account is at risk: a threshold, a drop, or a time before or
 * after a date. */
#ifndef DAEMON_CONFIG_CONDITION_H
#define DAEMON_CONFIG_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/failure.h"
#include "daemon/config_threshold.h"

enum condition_kind {
	CONDITION_THRESHOLD, /* "< 60" */
	CONDITION_DROP,      /* "drops 20 in 14d" */
	CONDITION_UNTIL,     /* "within 60d of renewal_on" */
	CONDITION_SINCE,     /* "less than 180d since went_live_on" */
	CONDITION_AFTER,     /* "more than 7d since oldest_open_case_at" */
};

enum { CONDITION_SIGNAL_SIZE = 64 };

struct condition {
	enum condition_kind kind;
	struct threshold threshold;         /* of CONDITION_THRESHOLD */
	char points[THRESHOLD_VALUE_SIZE];  /* of CONDITION_DROP: how far it falls, above 0 */
	int64_t span_s;                     /* of the others: seconds, above 0 */
	char signal[CONDITION_SIGNAL_SIZE]; /* of CONDITION_UNTIL, _SINCE and _AFTER: the date's name */
};

/* False, with the word that is wrong and what would be right. */
bool condition_parse(const char *text, struct condition *ret_condition, struct failure *failure)
	__attribute__((warn_unused_result));

#endif
