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

static int64_t left_of(int64_t allowed, int64_t used, enum budget_purpose purpose)
{
	int64_t left = allowed - allowed / 100 * reserve_percent(purpose) - used;

	return left > 0 ? left : 0;
}

int64_t budget_left(
	const struct budget_settings *settings, const struct budget_use *use, enum budget_purpose purpose)
{
	int64_t left = INT64_MAX;

	if (settings->calls > 0)
		left = left_of(settings->calls, use->calls, purpose);
	if (use->quota.allowed >= 0 && use->quota.used >= 0) {
		int64_t share = left_of(
			use->quota.allowed / 100 * settings->share_percent, use->quota.used, purpose);
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
	if (runs < 1)
		return use->day_left_s > poll_s ? use->day_left_s : poll_s;
	int64_t wait_s = use->day_left_s / runs;
	return wait_s > poll_s ? wait_s : poll_s;
}
