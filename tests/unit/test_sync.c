/* test_sync.c - one run over one stream: what is asked of the vendor and what of the database, and where it stops. */
#include "tests/unit/sync_played.h"

/* ---- a full read beside the changes ---- */

static void a_full_read_stops_for_what_is_due(void **state)
{
	(void)state;
	settings.mode = READ_ALL;
	settings.yield_ms = clock_ms + 3 * PAGE_MS;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(3);
	applied("all 3 f 300 3");
	ended();
	assert_true(outcome.yielded);
	assert_false(outcome.complete);
	assert_int_equal(outcome.failure.kind, FAILURE_NONE);
	assert_int_equal(outcome.rows_read, 300);
	assert_int_equal(outcome.full_due_s, 0); /* so that it is due again */
}

static void it_goes_on_from_its_place_and_completes(void **state)
{
	(void)state;
	settings.mode = READ_ALL;
	begin(&(struct stored){ .cursor = "c0", .full_cursor = "3", .full_rows = "300" });
	assert_string_equal(vendor.opened, "changes:c0 all:3");
	pages_come(2);
	assert_string_equal(vendor.asked, "4 5");
	/* The changes have gone on meanwhile: their cursor stays. */
	applied("all - t 200 2");
	ended();
	assert_true(outcome.complete);
	assert_false(outcome.yielded);
	assert_int_equal(outcome.mode, READ_ALL);
	assert_int_equal(outcome.rows_known, 300);
	assert_int_equal(outcome.expected, 500);
}

static void a_full_read_stops_when_it_is_told_to(void **state)
{
	(void)state;
	settings.mode = READ_ALL;
	begin(&(struct stored){ .cursor = "c0" });
	page_comes();
	sync_yield(run);
	assert_false(is_asked());
	page_comes();
	applied("all 2 f 200 2");
	ended();
	assert_true(outcome.yielded);
}

static void it_stops_only_where_it_can_go_on(void **state)
{
	(void)state;
	settings.mode = READ_ALL;
	settings.yield_ms = clock_ms;
	vendor.stop_every = 2;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(2);
	applied("all 2 f 200 2");
	ended();
	assert_true(outcome.yielded);
}

static void it_asks_nothing_ahead_of_its_end(void **state)
{
	(void)state;
	settings.mode = READ_ALL;
	settings.yield_ms = clock_ms + 2 * PAGE_MS;
	vendor.reads_ahead = true;
	begin(&(struct stored){ .cursor = "c0" });
	page_comes();
	assert_int_equal(pages.aheads, 1);
	page_comes();
	assert_int_equal(pages.aheads, 1);
	applied("all 2 f 200 2");
	ended();
}

static void what_the_changes_wait_for_is_not_cut_short(void **state)
{
	(void)state;
	/* A first load, and changes themselves. */
	settings.yield_ms = clock_ms;
	begin(&(struct stored){ 0 });
	assert_string_equal(vendor.opened, "changes:- all:-");
	sync_yield(run);
	pages_come(5);
	applied("all c0 t 500 5");
	ended();
	assert_true(outcome.complete);
}

static void changes_are_not_cut_short(void **state)
{
	(void)state;
	settings.yield_ms = clock_ms;
	begin(&(struct stored){ .cursor = "c0", .full_cursor = "3", .full_rows = "300", .prove = true });
	assert_string_equal(vendor.opened, "changes!:c0");
	sync_yield(run);
	pages_come(5);
	applied("changes c0 t 500 5");
	ended();
	assert_true(outcome.complete);
	assert_int_equal(outcome.rows_known, 0);
}

/* A full read that is due, where the cursor of the changes is of no use, leaves them a new one. */
static void a_full_read_instead_of_changes_is_theirs(void **state)
{
	(void)state;
	settings.mode = READ_ALL;
	settings.yield_ms = clock_ms;
	begin(&(struct stored){ .full_cursor = "3" });
	pages_come(2);
	applied("all c0 t 200 2");
	ended();
	assert_true(outcome.complete);
}

/* ---- checkpoints ---- */

static void rows_are_committed_while_the_next_page_comes(void **state)
{
	(void)state;
	settings.checkpoint_rows = 200;
	begin(&(struct stored){ .cursor = "c0" });
	page_comes();
	assert_false(is_asked());
	page_comes();
	assert_true(pages.under_way);
	pages_come(2); /* no second commit before the first is through */
	applied("changes c2 f 200 2");
	assert_int_equal(progresses, 1);
	assert_int_equal(outcome.rows_read, 400);
	page_comes();
	applied("changes c5 f 300 3");
	applied("changes c0 t 0 0");
	ended();
	assert_int_equal(progresses, 1); /* the end tells the rest */
}

static void a_first_load_that_nobody_judges_goes_in_small_portions(void **state)
{
	(void)state;
	vendor.pages = 45;
	begin(&(struct stored){ .unjudged = true });
	pages_come(20);
	applied("all 20 f 2000 20");
	pages_come(20);
	applied("all 40 f 2000 20");
	pages_come(5);
	applied("all c0 t 500 5");
	ended();
	assert_int_equal(outcome.rows_changed, 21);
	assert_int_equal(outcome.rows_rejected, 3);
	assert_int_equal(outcome.suspended, 6);
	assert_int_equal(outcome.reinstated, 9);
}

static void what_is_judged_goes_in_together(void **state)
{
	(void)state;
	vendor.pages = 25;
	begin(&(struct stored){ 0 });
	pages_come(25);
	applied("all c0 t 2500 25");
	ended();
}

static void the_end_waits_for_the_commit_before_it(void **state)
{
	(void)state;
	settings.checkpoint_rows = 400;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(5);
	applied("changes c4 f 400 4");
	turn_loop();
	assert_int_equal(dones, 0);
	applied("changes c0 t 100 1");
	ended();
	assert_int_equal(outcome.rows_changed, 14);
}

static void the_database_is_told_all_that_is_known(void **state)
{
	static const char *const told[] = { "crm", "account", "c0", "t", "-", "500", "5",
		"2026-11-18T11:23:20.000Z", "changes", "2026-01-01T00:00:00.000Z", "500", "f" };

	(void)state;
	begin(&(struct stored){ .cursor = "c0", .never_full = true });
	pages_come(5);
	const struct statement *asks = expect("advocacy.sync_apply(");
	for (int i = 0; i < 12; i++)
		assert_string_equal(asks->values[i], told[i]);
	applied("changes c0 t 500 5");
	ended();
	assert_int_equal(outcome.full_due_s, -1);
	run = sync_free(run);
	asked = answered = dones = 0;
	vendor.counts = false;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(5);
	assert_string_equal(expect("advocacy.sync_apply(")->values[10], "-");
}

static void a_cautious_run_keeps_a_place_without_rows(void **state)
{
	(void)state;
	vendor.empty_page = 1;
	begin(&(struct stored){ .cursor = "c0", .broken_off = true });
	page_comes();
	applied("changes c1 f 0 1");
	page_comes();
	applied("changes c2 f 100 1");
}

static void a_cautious_run_never_has_more_at_stake_than_is_safe(void **state)
{
	(void)state;
	begin(&(struct stored){ .cursor = "c0", .broken_off = true });
	assert_string_equal(vendor.opened, "changes~:c0");
	page_comes();
	applied("changes c1 f 100 1");
	page_comes();
	applied("changes c2 f 100 1");
	page_comes();
	assert_false(is_asked());
	page_comes();
	applied("changes c4 f 200 2");
	page_comes();
	applied("changes c0 t 100 1");
	ended();
}

static void each_way_of_reading_is_cautious_by_itself(void **state)
{
	(void)state;
	settings.mode = READ_ALL;
	begin(&(struct stored){ .cursor = "c0", .broken_off = true });
	assert_string_equal(vendor.opened, "changes:c0 all:-");
	run = sync_free(run);
	asked = answered = 0;
	pages.under_way = false;
	begin(&(struct stored){ .cursor = "c0", .full_broken_off = true });
	assert_string_equal(vendor.opened, "changes:c0 all:- changes~:c0 all~:-");
}

/* ---- calls ---- */

static void used_up_calls_end_a_run_and_keep_what_it_has(void **state)
{
	(void)state;
	settings.calls_most = 2;
	settings.calls_again_s = 77;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(3);
	applied("changes c3 f 300 3");
	ended();
	assert_false(outcome.complete);
	assert_int_equal(outcome.failure.kind, FAILURE_THROTTLED);
	assert_string_equal(outcome.failure.code, SYNC_CALLS_SPENT);
	assert_int_equal(outcome.failure.retry_after_s, 77);
}

static void the_last_page_is_not_one_too_many(void **state)
{
	(void)state;
	settings.calls_most = 5;
	vendor.reads_ahead = true;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(5);
	applied("changes c0 t 500 5");
	ended();
	assert_true(outcome.complete);
}

/* Nor is one that was asked for ahead: it may bring what is still wanted. */
static void a_call_made_ahead_is_used(void **state)
{
	(void)state;
	settings.calls_most = 2;
	vendor.reads_ahead = true;
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(3);
	assert_int_equal(pages.aheads, 2);
	applied("changes c3 f 300 3");
	ended();
}

static void calls_that_only_the_database_knows_of_count(void **state)
{
	(void)state;
	settings.calls_most = 4;
	settings.calls_known = 8;
	begin(&(struct stored){ .cursor = "c0", .calls_today = "11" });
	pages_come(2);
	applied("changes c2 f 200 2");
	ended();
	assert_int_equal(outcome.calls_today, 11);
	/* Of all that are used up one is left: it tells what the vendor says now. */
	run = sync_free(run);
	asked = answered = dones = 0;
	settings.calls_most = 4;
	settings.calls_known = 0;
	begin(&(struct stored){ .cursor = "c0", .calls_today = "11" });
	pages_come(2);
	applied("changes c2 f 200 2");
	ended();
}

static void without_a_limit_none_is_made_of_it(void **state)
{
	(void)state;
	begin(&(struct stored){ .cursor = "c0", .calls_today = "1000000" });
	pages_come(5);
	applied("changes c0 t 500 5");
	ended();
}

/* ---- failures ---- */

static void a_page_is_tried_five_times(void **state)
{
	(void)state;
	vendor.fail_page = 3;
	vendor.fail_times = 9;
	failure_set(&vendor.failure, FAILURE_TRANSIENT, "it takes too long");
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(2);
	for (int i = 0; i < 4; i++) {
		page_comes();
		assert_false(pages.under_way);
		turn_loop();
	}
	page_comes();
	assert_string_equal(vendor.asked, "1 2 3 3 3 3 3");
	assert_int_equal(waited_ms, 1000 + 2000 + 4000 + 8000);
	/* What has come before is kept; the rows of the page itself come again. */
	applied("changes c2 f 700 7");
	ended();
	assert_int_equal(outcome.failure.kind, FAILURE_TRANSIENT);
	assert_string_equal(outcome.failure.text, "it takes too long");
	assert_false(outcome.yielded);
}

static void each_page_has_its_own_tries(void **state)
{
	(void)state;
	vendor.fail_page = 2;
	vendor.fail_times = 4;
	failure_set(&vendor.failure, FAILURE_UNKNOWN, "broken off");
	begin(&(struct stored){ .cursor = "c0" });
	page_comes();
	for (int i = 0; i < 4; i++) {
		page_comes();
		turn_loop();
	}
	page_comes();
	vendor.fail_page = 3;
	vendor.fail_times = 4;
	for (int i = 0; i < 4; i++) {
		page_comes();
		turn_loop();
	}
	pages_come(3);
	applied("changes c0 t 1300 13");
	ended();
	assert_true(outcome.complete);
}

static void what_the_vendor_asks_to_wait_is_waited(void **state)
{
	(void)state;
	vendor.fail_page = 1;
	vendor.fail_times = 2;
	failure_set(&vendor.failure, FAILURE_THROTTLED, "slow down");
	vendor.failure.retry_after_s = 120;
	begin(&(struct stored){ .cursor = "c0" });
	page_comes();
	assert_int_equal(pending_ms, 120000);
	turn_loop();
	/* Longer ones are for the schedule. */
	vendor.failure.retry_after_s = 121;
	page_comes();
	applied("changes c0 f 200 2");
	ended();
	assert_int_equal(waited_ms, 120000);
	assert_int_equal(outcome.failure.retry_after_s, 121);
}

static void what_is_final_is_not_tried_again(void **state)
{
	(void)state;
	vendor.fail_page = 3;
	vendor.fail_times = 1;
	vendor.stop_every = 0;
	failure_set(&vendor.failure, FAILURE_PERMANENT, "no such field");
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(3);
	/* And without a place to go on from nothing is committed. */
	ended();
	assert_int_equal(outcome.failure.kind, FAILURE_PERMANENT);
}

static void a_token_is_asked_for_once_a_page(void **state)
{
	(void)state;
	connector.authorize = authorize;
	vendor.fail_page = 2;
	vendor.fail_times = 1;
	failure_set(&vendor.failure, FAILURE_EXPIRED, "the session has ended");
	begin(&(struct stored){ .cursor = "c0" });
	pages_come(2);
	turn_loop();
	assert_int_equal(tokens, 1);
	page_comes();
	vendor.fail_page = 3;
	vendor.fail_times = 2;
	page_comes();
	turn_loop();
	assert_int_equal(tokens, 2);
	page_comes();
	applied("changes c2 f 500 7");
	ended();
	assert_int_equal(tokens, 2);
	assert_int_equal(outcome.failure.kind, FAILURE_CREDENTIALS);
}

static void where_there_is_no_token_a_refusal_is_final(void **state)
{
	(void)state;
	vendor.fail_page = 1;
	vendor.fail_times = 1;
	vendor.stop_every = 0;
	failure_set(&vendor.failure, FAILURE_EXPIRED, "no");
	begin(&(struct stored){ .cursor = "c0" });
	page_comes();
	ended();
	assert_int_equal(tokens, 0);
	assert_int_equal(outcome.failure.kind, FAILURE_CREDENTIALS);
}

static void a_commit_that_is_refused_ends_the_run_when_nothing_is_open(void **state)
{
	(void)state;
	settings.checkpoint_rows = 100;
	begin(&(struct stored){ .cursor = "c0" });
	page_comes();
	(void)expect("advocacy.sync_apply(");
	answer_failure();
	assert_false(pages.under_way);
	turn_loop();
	assert_int_equal(dones, 0);
	staged.emptied(staged.events.context);
	ended();
	assert_string_equal(outcome.failure.text, "committing account: played");
	assert_false(outcome.complete);
}

static void a_stage_that_fails_waits_for_the_commit_under_way(void **state)
{
	(void)state;
	settings.checkpoint_rows = 100;
	begin(&(struct stored){ .cursor = "c0" });
	page_comes();
	staged.events.failed(
		staged.events.context, &(struct failure){ .kind = FAILURE_TRANSIENT, .text = "no COPY" });
	staged.events.failed(
		staged.events.context, &(struct failure){ .kind = FAILURE_TRANSIENT, .text = "later" });
	staged.emptied(staged.events.context);
	turn_loop();
	assert_int_equal(dones, 0);
	applied("changes c1 f 100 1");
	ended();
	assert_string_equal(outcome.failure.text, "no COPY");
}

static void a_lost_link_ends_the_run_at_once(void **state)
{
	(void)state;
	begin(&(struct stored){ .cursor = "c0" });
	connected = false;
	staged.events.failed(staged.events.context, &(struct failure){ .kind = FAILURE_TRANSIENT, .text = "gone" });
	ended();
	assert_null(staged.emptied);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_full_read_stops_for_what_is_due),
		TEST(it_goes_on_from_its_place_and_completes),
		TEST(a_full_read_stops_when_it_is_told_to),
		TEST(it_stops_only_where_it_can_go_on),
		TEST(it_asks_nothing_ahead_of_its_end),
		TEST(what_the_changes_wait_for_is_not_cut_short),
		TEST(changes_are_not_cut_short),
		TEST(a_full_read_instead_of_changes_is_theirs),
		TEST(rows_are_committed_while_the_next_page_comes),
		TEST(a_first_load_that_nobody_judges_goes_in_small_portions),
		TEST(what_is_judged_goes_in_together),
		TEST(the_end_waits_for_the_commit_before_it),
		TEST(the_database_is_told_all_that_is_known),
		TEST(a_cautious_run_keeps_a_place_without_rows),
		TEST(a_cautious_run_never_has_more_at_stake_than_is_safe),
		TEST(each_way_of_reading_is_cautious_by_itself),
		TEST(used_up_calls_end_a_run_and_keep_what_it_has),
		TEST(the_last_page_is_not_one_too_many),
		TEST(a_call_made_ahead_is_used),
		TEST(calls_that_only_the_database_knows_of_count),
		TEST(without_a_limit_none_is_made_of_it),
		TEST(a_page_is_tried_five_times),
		TEST(each_page_has_its_own_tries),
		TEST(what_the_vendor_asks_to_wait_is_waited),
		TEST(what_is_final_is_not_tried_again),
		TEST(a_token_is_asked_for_once_a_page),
		TEST(where_there_is_no_token_a_refusal_is_final),
		TEST(a_commit_that_is_refused_ends_the_run_when_nothing_is_open),
		TEST(a_stage_that_fails_waits_for_the_commit_under_way),
		TEST(a_lost_link_ends_the_run_at_once),
	};
	int failed = cmocka_run_group_tests_name("sync", tests, NULL, NULL);

	libevent_global_shutdown();
	return failed;
}
