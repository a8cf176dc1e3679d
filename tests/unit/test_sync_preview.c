/* test_sync_preview.c - runs that stand beside a stream's own: a preview of what would change, and a look at what is at risk. */
#include "tests/unit/sync_played.h"

/* ---- a preview ---- */

static void a_preview_stands_for_itself(void **state)
{
	(void)state;
	settings.mode = READ_ALL;
	settings.preview = true;
	settings.yield_ms = clock_ms;
	settings.checkpoint_rows = 1;
	vendor.reads_ahead = true;
	begin(&(struct stored){ .cursor = "c0", .full_cursor = "3", .full_rows = "300" });
	assert_string_equal(vendor.opened, "changes:c0 all:-");
	pages_come(5);
	assert_int_equal(pages.aheads, 4); /* nothing waits for it */
	expect_portion("advocacy.sync_preview(", "all - t 500 5");
	answer_one("{}");
	assert_int_equal(previews, 1);
	turn_loop();
	assert_int_equal(dones, 0);
	sync_decide(run, true);
	applied("all - t 500 5");
	ended();
	assert_true(outcome.complete);
	assert_int_equal(outcome.rows_changed, 7);
}

static void a_preview_that_is_not_wanted_changes_nothing(void **state)
{
	(void)state;
	settings.preview = true;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(5);
	expect_portion("advocacy.sync_preview(", "changes c0 t 500 5");
	answer_one("{}");
	sync_decide(run, false);
	ended();
	assert_false(outcome.complete);
	assert_true(outcome.yielded);
}

static void of_a_preview_that_fails_nothing_is_kept(void **state)
{
	(void)state;
	settings.preview = true;
	vendor.fail_page = 3;
	vendor.fail_times = 1;
	failure_set(&vendor.failure, FAILURE_PERMANENT, "no such field");
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(3);
	ended();
	assert_int_equal(outcome.failure.kind, FAILURE_PERMANENT);
	assert_int_equal(previews, 0);
}

static void a_preview_that_the_database_refuses_fails(void **state)
{
	(void)state;
	settings.preview = true;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(5);
	(void)expect("advocacy.sync_preview(");
	answer_failure();
	assert_non_null(staged.emptied);
	staged.emptied(staged.events.context);
	ended();
	assert_string_equal(outcome.failure.text, "played");
	assert_int_equal(previews, 0);
}

/* ---- a look at what is at risk, before a first load ---- */

static const struct record_filter at_risk;

static void a_look_brings_what_it_asks_for_and_proves_nothing(void **state)
{
	(void)state;
	settings.look = &at_risk;
	settings.checkpoint_rows = 100;
	begin(&(struct stored){ .untouched = true });
	assert_string_equal(vendor.opened, "all?:-");
	pages_come(5);
	assert_string_equal(expect("advocacy.sync_apply(")->values[10], "-"); /* not all that there are */
	applied("all - f 500 5");
	ended();
	assert_true(outcome.looked);
	assert_false(outcome.complete);
	assert_int_equal(outcome.failure.kind, FAILURE_NONE);
}

static void a_look_ends_where_the_load_is_as_good(void **state)
{
	(void)state;
	settings.look = &at_risk;
	vendor.pages = 200;
	begin(&(struct stored){ .untouched = true });
	pages_come(100);
	applied("all - f 10000 100");
	ended();
	assert_int_equal(outcome.failure.kind, FAILURE_NONE);
}

/* What it has brought until then protects all the same. */
static void a_look_that_fails_keeps_what_it_has(void **state)
{
	(void)state;
	settings.look = &at_risk;
	vendor.fail_page = 3;
	vendor.fail_times = 1;
	vendor.stop_every = 0;
	failure_set(&vendor.failure, FAILURE_PERMANENT, "no such field");
	begin(&(struct stored){ .untouched = true });
	pages_come(3);
	applied("all - f 300 3");
	ended();
	assert_true(outcome.looked);
	assert_int_equal(outcome.failure.kind, FAILURE_PERMANENT);
}

static void where_there_is_nothing_to_look_at_nothing_is_asked(void **state)
{
	(void)state;
	settings.look = &at_risk;
	begin(&(struct stored){ .cursor = "c0" });
	ended();
	assert_string_equal(vendor.opened, "");
	assert_true(outcome.looked);
	assert_int_equal(outcome.calls, 0);
	run = sync_free(run);
	asked = answered = dones = 0;
	vendor.cannot_look = true;
	begin(&(struct stored){ .untouched = true });
	ended();
	assert_string_equal(vendor.opened, "all?:-");
	assert_true(outcome.looked);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_preview_stands_for_itself),
		TEST(a_preview_that_is_not_wanted_changes_nothing),
		TEST(of_a_preview_that_fails_nothing_is_kept),
		TEST(a_preview_that_the_database_refuses_fails),
		TEST(a_look_brings_what_it_asks_for_and_proves_nothing),
		TEST(a_look_ends_where_the_load_is_as_good),
		TEST(a_look_that_fails_keeps_what_it_has),
		TEST(where_there_is_nothing_to_look_at_nothing_is_asked),
	};
	int failed = cmocka_run_group_tests_name("sync_preview", tests, NULL, NULL);

	libevent_global_shutdown();
	return failed;
}
