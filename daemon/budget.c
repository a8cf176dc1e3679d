#include "daemon/budget.h"

static int64_t reserve_percent(enum budget_purpose purpose)
{
	switch (purpose) {
	case BUDGET_PROTECTION:
		return 0;
	case BUDGET_FRESHNESS:
		return 10;
	case BUDGET_PROOF:
		return 20;
	}
	return 0;
}

enum { LOOK_AGAIN_S = 3600 };

static int64_t percent_of(int64_t percent, int64_t whole)
{
	return whole / 100 * percent + whole % 100 * percent / 100;
}

static int64_t left_of(int64_t allowed, int64_t used, enum budget_purpose purpose)
{
	int64_t left = allowed - percent_of(reserve_percent(purpose), allowed) - used;

	return left > 0 ? left : 0;
}

static int64_t own_left(
	const struct budget_settings *settings, const struct budget_use *use, enum budget_purpose purpose)
{
	return settings->calls > 0 ? left_of(settings->calls, use->calls, purpose) : INT64_MAX;
}

int64_t budget_left(
	const struct budget_settings *settings, const struct budget_use *use, enum budget_purpose purpose)
{
	int64_t left = own_left(settings, use, purpose);

	if (use->quota.allowed >= 0 && use->quota.used >= 0) {
		int64_t share =
			left_of(percent_of(settings->share_percent, use->quota.allowed), use->quota.used, purpose);
		if (share < left)
			left = share;
	}
	return left;
}

int64_t budget_wait_s(const struct budget_settings *settings, const struct budget_use *use,
	enum budget_purpose purpose, int64_t calls, int64_t poll_s)
{
	int64_t left = budget_left(settings, use, purpose);

	if (left == INT64_MAX)
		return poll_s;
	if (calls < 1)
		calls = 1;
	int64_t runs = left / calls;
	int64_t wait_s = runs < 1 ? use->day_left_s : use->day_left_s / runs;
	/* Only our own count begins anew at midnight UTC: Salesforce's day is a rolling one, HubSpot's that of the
	 * account's time zone (SOAP API, Implementation Considerations; HubSpot, Usage guidelines). */
	if (runs < 1 && own_left(settings, use, purpose) / calls >= 1 && wait_s > LOOK_AGAIN_S)
		wait_s = LOOK_AGAIN_S;
	return wait_s > poll_s ? wait_s : poll_s;
}
