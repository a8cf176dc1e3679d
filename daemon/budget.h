/* budget.h - how many calls a source may still make today, and how far apart that spreads its runs. */
#ifndef DAEMON_BUDGET_H
#define DAEMON_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/connector.h"

struct budget_settings {
	int64_t calls;         /* a day that are ours; 0: no limit of our own */
	int64_t share_percent; /* of the vendor's daily allowance that may be used up, by whomever, before we stop */
};

struct budget_use {
	int64_t calls;      /* made by us on this day (UTC) */
	struct quota quota; /* what the vendor says; -1 where it says nothing */
	int64_t day_left_s; /* until the next midnight UTC */
};

/* What a call is for. The less it is needed to protect advocates, the earlier it gives way. */
enum budget_purpose {
	BUDGET_PROTECTION, /* streams that rules look at */
	BUDGET_FRESHNESS,  /* the other streams: not from the last tenth */
	BUDGET_PROOF,      /* full reads that could wait: not from the last fifth */
};

/* Calls left for that purpose today; INT64_MAX: no limit is known. */
int64_t budget_left(
	const struct budget_settings *settings, const struct budget_use *use, enum budget_purpose purpose);
/* How long to wait from one run to the next so that what is left lasts until midnight: at least `poll_s`, more when a run
 * of `calls` would come too often. With nothing left of our own calls, the rest of the day; of the vendor's alone, an hour. */
int64_t budget_wait_s(const struct budget_settings *settings, const struct budget_use *use,
	enum budget_purpose purpose, int64_t calls, int64_t poll_s);

#endif
