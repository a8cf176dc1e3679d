/* allowance.h - the calls that a source has made today, and may still make by budget.h. */
#ifndef DAEMON_ALLOWANCE_H
#define DAEMON_ALLOWANCE_H

#include "daemon/budget.h"
#include "daemon/config.h"

/* What is pointed to must outlive it. */
struct allowance {
	const struct config_source *source;
	const struct session *session; /* which knows what the vendor last said of its quota */
	int64_t calls, day; /* of that day (UTC, since the epoch), as the database and we since have counted them */
};

/* The database has counted so many calls today (-1: not known), so many milliseconds ago. */
void allowance_learn(struct allowance *allowance, int64_t calls, int64_t age_ms);
/* So many more were made: the database counts what was committed; what a failed run or a refused preview has asked is known
 * here alone. */
void allowance_spend(struct allowance *allowance, int64_t calls);

/* How many are known to have been made today. */
int64_t allowance_spent(const struct allowance *allowance);

/* See budget.h; from the source's poll interval on. */
int64_t allowance_left(const struct allowance *allowance, enum budget_purpose purpose);
int64_t allowance_wait_s(const struct allowance *allowance, enum budget_purpose purpose, int64_t calls);
/* Why nothing is left: THROTTLED. */
void allowance_explain(const struct allowance *allowance, struct failure *failure);
struct quota allowance_quota(const struct allowance *allowance);

#endif
