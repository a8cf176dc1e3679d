/* The day's calls, and how they are spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/budget.h"

static const struct quota unknown = { -1, -1 };

static void without_limits_the_poll_interval_holds(void **state)
{
	const struct budget_settings settings = { .calls = 0, .share_percent = 80 };
	const struct budget_use use = { .calls = 1000000, .quota = unknown, .day_left_s = 10 };

	(void)state;
	assert_int_equal(budget_left(&settings, &use, BUDGET_PROOF), INT64_MAX);
	assert_int_equal(budget_wait_s(&settings, &use, BUDGET_PROTECTION, 50, 300), 300);
}

static void our_own_budget_is_kept_back_by_purpose(void **state)
{
	const struct budget_settings settings = { .calls = 1000, .share_percent = 80 };
	const struct budget_use use = { .calls = 850, .quota = unknown, .day_left_s = 3600 };

	(void)state;
	assert_int_equal(budget_left(&settings, &use, BUDGET_PROTECTION), 150);
	assert_int_equal(budget_left(&settings, &use, BUDGET_FRESHNESS), 50);
	assert_int_equal(budget_left(&settings, &use, BUDGET_PROOF), 0);
}

static void what_others_use_counts(void **state)
{
	const struct budget_settings settings = { .calls = 0, .share_percent = 80 };
	const struct budget_use use = { .calls = 3, .quota = { 79000, 100000 }, .day_left_s = 3600 };

	(void)state;
	assert_int_equal(budget_left(&settings, &use, BUDGET_PROTECTION), 1000);
	assert_int_equal(budget_left(&settings, &use, BUDGET_FRESHNESS), 0);
}

static void the_tighter_limit_counts(void **state)
{
	const struct budget_settings settings = { .calls = 100, .share_percent = 100 };
	const struct budget_use use = { .calls = 10, .quota = { 99950, 100000 }, .day_left_s = 3600 };

	(void)state;
	assert_int_equal(budget_left(&settings, &use, BUDGET_PROTECTION), 50);
}

static void runs_are_spread_over_the_rest_of_the_day(void **state)
{
	const struct budget_settings settings = { .calls = 1000, .share_percent = 80 };
	struct budget_use use = { .calls = 0, .quota = unknown, .day_left_s = 86400 };

	(void)state;
	assert_int_equal(budget_wait_s(&settings, &use, BUDGET_PROTECTION, 1, 300), 300);
	use.calls = 900;
	use.day_left_s = 43200;
	assert_int_equal(budget_wait_s(&settings, &use, BUDGET_PROTECTION, 1, 300), 432);
	assert_int_equal(budget_wait_s(&settings, &use, BUDGET_PROTECTION, 50, 300), 21600);
	use.calls = 1000;
	assert_int_equal(budget_wait_s(&settings, &use, BUDGET_PROTECTION, 1, 300), 43200);
	use.calls = 2000;
	assert_int_equal(budget_wait_s(&settings, &use, BUDGET_PROTECTION, 1, 300), 43200);
	use.day_left_s = 7;
	assert_int_equal(budget_wait_s(&settings, &use, BUDGET_PROTECTION, 1, 300), 300);
}

/* Salesforce's day is a rolling one: when others have used it up, midnight brings nothing. */
static void the_vendors_own_limit_is_looked_at_again_each_hour(void **state)
{
	const struct budget_settings settings = { .calls = 1000, .share_percent = 80 };
	const struct budget_use use = { .calls = 3, .quota = { 90000, 100000 }, .day_left_s = 86000 };

	(void)state;
	assert_int_equal(budget_wait_s(&settings, &use, BUDGET_PROTECTION, 1, 300), 3600);
}

static void small_budgets_have_a_reserve_too(void **state)
{
	const struct budget_settings settings = { .calls = 50, .share_percent = 80 };
	const struct budget_use use = { .calls = 0, .quota = { 0, 10 }, .day_left_s = 3600 };

	(void)state;
	assert_int_equal(budget_left(&settings, &use, BUDGET_PROOF), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_limits_the_poll_interval_holds),
		cmocka_unit_test(our_own_budget_is_kept_back_by_purpose),
		cmocka_unit_test(what_others_use_counts),
		cmocka_unit_test(the_tighter_limit_counts),
		cmocka_unit_test(runs_are_spread_over_the_rest_of_the_day),
		cmocka_unit_test(the_vendors_own_limit_is_looked_at_again_each_hour),
		cmocka_unit_test(small_budgets_have_a_reserve_too),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
