#include "daemon/allowance.h"

#include <inttypes.h>

#include "daemon/loop.h"

static const int64_t DAY_S = 86400;

static int64_t day_of(int64_t wall_ms)
{
	return wall_ms / 1000 / DAY_S;
}

/* At midnight the count begins anew, also before the first call of the day. */
int64_t allowance_spent(const struct allowance *allowance)
{
	return allowance->day == day_of(loop_wall_ms()) ? allowance->calls : 0;
}

static void set(struct allowance *allowance, int64_t calls)
{
	allowance->calls = calls;
	allowance->day = day_of(loop_wall_ms());
}

void allowance_learn(struct allowance *allowance, int64_t calls, int64_t age_ms)
{
	int64_t now_ms = loop_wall_ms();

	/* A run that began yesterday has learnt yesterday's count. */
	if (day_of(now_ms - age_ms) == day_of(now_ms) && calls > allowance_spent(allowance))
		set(allowance, calls);
}

void allowance_spend(struct allowance *allowance, int64_t calls)
{
	set(allowance, allowance_spent(allowance) + calls);
}

struct quota allowance_quota(const struct allowance *allowance)
{
	struct quota quota = { -1, -1 };

	allowance->source->connector->session_quota(allowance->session, &quota);
	return quota;
}

static struct budget_use use_of(const struct allowance *allowance)
{
	return (struct budget_use){
		.calls = allowance_spent(allowance),
		.quota = allowance_quota(allowance),
		.day_left_s = DAY_S - loop_wall_ms() / 1000 % DAY_S,
	};
}

static struct budget_settings budget_of(const struct allowance *allowance)
{
	return (struct budget_settings){ allowance->source->api_budget, allowance->source->api_share };
}

int64_t allowance_left(const struct allowance *allowance, enum budget_purpose purpose)
{
	const struct budget_settings budget = budget_of(allowance);
	const struct budget_use use = use_of(allowance);

	return budget_left(&budget, &use, purpose);
}

int64_t allowance_wait_s(const struct allowance *allowance, enum budget_purpose purpose, int64_t calls)
{
	const struct budget_settings budget = budget_of(allowance);
	const struct budget_use use = use_of(allowance);

	return budget_wait_s(&budget, &use, purpose, calls, allowance->source->poll_s);
}

void allowance_explain(const struct allowance *allowance, struct failure *failure)
{
	struct quota quota = allowance_quota(allowance);

	if (quota.used < 0 || quota.allowed < 0)
		failure_set(failure, FAILURE_THROTTLED,
			"the calls that this source may make today are used up (%" PRId64
			" by us); it goes on at midnight UTC",
			allowance_spent(allowance));
	else
		failure_set(failure, FAILURE_THROTTLED,
			"the calls that this source may make today are used up (%" PRId64 " by us, %" PRId64
			" of %" PRId64 " by all, as the vendor says); it looks again each hour",
			allowance_spent(allowance), quota.used, quota.allowed);
}
