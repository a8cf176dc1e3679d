/* test_schedule.c - which stream of a source is read when, in which way, and what gives way to what. */
#include "tests/unit/schedule_played.h"

enum { SLICE_MS = 10000 /* a full read gets that much at once */, WRITE_CALLS = 10, LEASE_MS = 5000 };

static struct sync_outcome yielded(void)
{
	return (struct sync_outcome){
		.yielded = true, .mode = READ_ALL, .full_due_s = 0, .calls_today = -1, .calls = 1
	};
}

/* ---- full reads beside the changes ---- */

static void a_full_read_ends_with_the_next_poll(void **state)
{
	(void)state;
	begin_idle(0);
	expect_turn("account all");
	/* Between 54 and 60 s from when its changes were read; no time has passed since. */
	assert_int_equal(turn.settings.yield_ms, clock_ms + POLL_MS);
	assert_int_equal(turn.settings.calls_most, INT64_MAX);
}

static void it_gets_ten_seconds_at_the_least(void **state)
{
	(void)state;
	source.poll_s = 2;
	begin_idle(0);
	expect_turn("account all");
	assert_int_equal(turn.settings.yield_ms, clock_ms + SLICE_MS);
}

static void it_goes_on_behind_the_poll(void **state)
{
	(void)state;
	begin_idle(0);
	expect_turn("account all");
	clock_ms += POLL_MS;
	end_turn(yielded());
	expect_turn("account changes");
	turn_ends_well(0); /* under way: the database says that it is due */
	expect_turn("contact changes");
	turn_ends_well(-1);
	expect_turn("account all");
	turn_ends_well(0);
	/* Through: not before tomorrow; what comes next is the poll. */
	assert_false(turn.under_way);
	turn_loop();
	expect_turn("account changes");
	assert_int_equal(waited_ms, POLL_MS);
}

/* A vendor so slow, or a poll interval so short, that some poll is always due. */
static void it_has_its_turn_however_many_polls_are_due(void **state)
{
	(void)state;
	begin_idle(0);
	expect_turn("account all");
	for (int slices = 0; slices < 3; slices++) {
		clock_ms += 10 * POLL_MS;
		end_turn(yielded());
		for (int polls = 0; polls < 2; polls++) {
			expect_turn("account changes");
			clock_ms += POLL_MS;
			turn_ends_well(0);
			expect_turn("contact changes");
			clock_ms += POLL_MS;
			turn_ends_well(-1);
		}
		expect_turn("account all");
		assert_int_equal(turn.settings.yield_ms, clock_ms + SLICE_MS);
	}
}

static void one_that_fails_does_not_hold_up_the_polls(void **state)
{
	(void)state;
	begin_idle(0);
	end_turn((struct sync_outcome){ .mode = READ_ALL,
		.full_due_s = 0,
		.calls_today = -1,
		.calls = 1,
		.failure = { .kind = FAILURE_TRANSIENT } });
	assert_string_equal(reported, "retrying");
	assert_false(turn.under_way);
	assert_int_equal(pending_ms, 5000); /* then it is tried again */
	turn_loop();
	expect_turn("account all");
}

static void without_calls_left_it_waits_an_hour(void **state)
{
	(void)state;
	source.api_budget = 10; /* of which the last two are not for proofs */
	begin_with((struct schedule_settings){ .once = false });
	lease_events.taken(lease_events.context);
	assert_int_equal(turn.settings.calls_most, 10);
	end_turn((struct sync_outcome){ .complete = true, .full_due_s = 0, .calls_today = -1, .calls = 7 });
	assert_int_equal(turn.settings.calls_most, 3);
	assert_int_equal(turn.settings.calls_known, 7);
	end_turn((struct sync_outcome){ .complete = true, .full_due_s = -1, .calls_today = -1, .calls = 1 });
	assert_false(turn.under_way);
	assert_string_equal(reported, "current");
	assert_int_equal(pending_ms, HOUR_MS);
}

/* The last fifth of the day's calls is not for proofs. */
static void it_leaves_calls_to_the_polls(void **state)
{
	(void)state;
	source.api_budget = 100;
	begin_idle(0);
	expect_turn("account all");
	assert_int_equal(turn.settings.calls_most, 100 - 20 - 2);
}

static void with_none_left_one_call_is_made_all_the_same(void **state)
{
	(void)state;
	source.api_budget = 10;
	begin_with((struct schedule_settings){ .once = false });
	lease_events.taken(lease_events.context);
	end_turn((struct sync_outcome){ .complete = true, .full_due_s = -1, .calls_today = -1, .calls = 12 });
	assert_string_equal(reported, "throttled");
	expect_turn("contact changes");
	assert_int_equal(turn.settings.calls_most, 1);
}

/* ---- flags ---- */

static void a_full_read_stops_for_flags(void **state)
{
	(void)state;
	begin_idle(0);
	expect_turn("account all");
	flags.due = true;
	flags.events.wanted(flags.events.context);
	assert_int_equal(turn.yields, 1);
	assert_false(flags.writing);
	end_turn(yielded());
	assert_true(flags.writing);
	assert_int_equal(flags.calls_most, WRITE_CALLS);
	assert_false(turn.under_way);
	flags.due = flags.writing = false;
	flags.events.done(flags.events.context, 1);
	expect_turn("account all"); /* and goes on at once */
}

static void what_changed_does_not(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = false });
	lease_events.taken(lease_events.context);
	flags.due = true;
	flags.events.wanted(flags.events.context);
	assert_int_equal(turn.yields, 0);
	turn_ends_well(-1);
	assert_true(flags.writing);
	/* Then what is due to be read has its turn, however many flags there still are. */
	flags.writing = false;
	flags.events.done(flags.events.context, WRITE_CALLS);
	expect_turn("contact changes");
	turn_ends_well(-1);
	assert_true(flags.writing);
	flags.writing = false;
	flags.events.done(flags.events.context, WRITE_CALLS);
	assert_true(flags.writing); /* nothing is due */
}

static void flags_and_what_is_due_take_turns(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = false });
	flags.due = true;
	lease_events.taken(lease_events.context);
	assert_true(flags.writing);
	flags.writing = false;
	flags.events.done(flags.events.context, WRITE_CALLS);
	expect_turn("account changes");
	turn_ends_well(-1);
	assert_true(flags.writing);
	flags.writing = false;
	flags.events.done(flags.events.context, WRITE_CALLS);
	expect_turn("contact changes");
}

static void nor_does_a_resync(void **state)
{
	(void)state;
	begin_idle(-1);
	resyncs.stream = "contact";
	resyncs.events.wanted(resyncs.events.context);
	expect_turn("contact all preview");
	flags.due = true;
	flags.events.wanted(flags.events.context);
	assert_int_equal(turn.yields, 0);
}

static void flags_wait_when_no_calls_are_left(void **state)
{
	(void)state;
	source.api_budget = 2;
	begin_idle(-1);
	flags.due = true;
	flags.events.wanted(flags.events.context);
	assert_false(flags.writing);
	assert_true(flags.postponed_ms > POLL_MS);
}

static void a_single_run_leaves_flags_for_its_end(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = true });
	lease_events.taken(lease_events.context);
	flags.due = true;
	flags.events.wanted(flags.events.context);
	turn_ends_well(0);
	expect_turn("contact changes");
	turn_ends_well(-1);
	expect_turn("account all");
	assert_int_equal(turn.settings.yield_ms, INT64_MAX);
	assert_int_equal(turn.yields, 0);
	assert_int_equal(finishes, 0);
	turn_ends_well(0);
	assert_int_equal(finishes, 1);
	assert_true(schedule_succeeded(schedule));
	assert_true(schedule_deliver(schedule));
	assert_true(flags.writing);
	assert_int_equal(flags.calls_most, INT64_MAX);
	flags.events.done(flags.events.context, 1);
	assert_int_equal(deliveries, 1);
}

/* Those that fail slowly would make each other due again without end. */
static void of_a_single_run_a_full_read_is_tried_once(void **state)
{
	const struct sync_outcome failed = {
		.mode = READ_ALL, .full_due_s = 0, .calls_today = -1, .failure = { .kind = FAILURE_TRANSIENT }
	};

	(void)state;
	begin_with((struct schedule_settings){ .once = true });
	lease_events.taken(lease_events.context);
	turn_ends_well(0);
	turn_ends_well(0);
	expect_turn("account all");
	end_turn(failed);
	expect_turn("contact all");
	clock_ms += HOUR_MS;
	end_turn(failed);
	assert_int_equal(finishes, 1);
	assert_false(turn.under_way);
	assert_false(schedule_succeeded(schedule));
}

/* ---- what people ask for ---- */

static void a_resync_goes_before_what_is_due(void **state)
{
	(void)state;
	source.api_budget = 5;
	begin_with((struct schedule_settings){ .once = false });
	resyncs.stream = "contact";
	lease_events.taken(lease_events.context);
	assert_int_equal(resyncs.looks, 1);
	expect_turn("contact all preview");
	assert_int_equal(turn.settings.calls_most, INT64_MAX);
	turn.events.previewed(turn.events.context, "{}");
	assert_string_equal(resyncs.previewed, "{}");
	assert_int_equal(turn.decisions, 0);
	resyncs.events.decided(resyncs.events.context, true);
	assert_int_equal(turn.decisions, 1);
	assert_true(turn.commit);
	turn_ends_well(0);
	assert_int_equal(resyncs.ended, 1);
	assert_true(resyncs.outcome.complete);
	expect_turn("account changes");
	resyncs.events.decided(resyncs.events.context, true);
	assert_int_equal(turn.decisions, 0);
}

static void a_resync_of_a_stream_that_is_gone_fails(void **state)
{
	(void)state;
	begin_idle(-1);
	resyncs.stream = "opportunity";
	resyncs.events.wanted(resyncs.events.context);
	assert_int_equal(resyncs.ended, 1);
	assert_int_equal(resyncs.outcome.failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(resyncs.outcome.failure.text, "no stream opportunity"));
	assert_false(turn.under_way);
}

static void notices_are_looked_after_where_they_belong(void **state)
{
	(void)state;
	begin_idle(-1);
	link_events.notified(link_events.context, "advocacy_resync");
	assert_int_equal(resyncs.looks, 2);
	assert_int_equal(flags.looks, 0);
	link_events.notified(link_events.context, "advocacy_writeback");
	assert_int_equal(resyncs.looks, 2);
	assert_int_equal(flags.looks, 1);
}

/* ---- what is told of a long load ---- */

static void a_load_tells_how_far_it_is(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = false });
	lease_events.taken(lease_events.context);
	assert_int_equal(schedule_rows_expected(schedule), -1);
	/* 1,000 were read by an earlier run, and 2,000 in 10 s by this one. */
	turn.events.progress(turn.events.context,
		&(struct sync_outcome){
			.rows_known = 1000, .rows_read = 2000, .expected = 4000, .duration_ms = 10000 });
	assert_int_equal(schedule_rows_loading(schedule), 3000);
	assert_int_equal(schedule_rows_expected(schedule), 4000);
	assert_int_equal(schedule_seconds_left(schedule), 5);
	turn.events.progress(turn.events.context, &(struct sync_outcome){ .rows_read = 2000, .expected = -1 });
	assert_int_equal(schedule_seconds_left(schedule), -1);
	assert_int_equal(schedule_state(schedule), SCHEDULE_LOADING);
	turn_ends_well(-1);
	assert_int_equal(schedule_rows_loading(schedule), 0);
	turn_ends_well(-1);
	assert_int_equal(schedule_state(schedule), SCHEDULE_CURRENT);
}

/* ---- a dry run ---- */

static void a_dry_run_needs_no_lease_and_keeps_nothing(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = true, .dry_run = true });
	assert_int_equal(leases_asked, 0);
	expect_turn("account changes preview");
	turn.events.previewed(turn.events.context, "{}");
	assert_string_equal(previewed, "crm account {}");
	assert_int_equal(turn.decisions, 1);
	assert_false(turn.commit);
	end_turn((struct sync_outcome){ .yielded = true, .full_due_s = 0, .calls_today = -1 });
	expect_turn("contact changes preview");
	end_turn((struct sync_outcome){ .yielded = true, .full_due_s = -1, .calls_today = -1 });
	/* What is due in full is no part of it. */
	assert_false(turn.under_way);
	assert_int_equal(finishes, 1);
	assert_true(schedule_succeeded(schedule));
}

static void a_dry_run_of_which_a_stream_fails_did_not_succeed(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = true, .dry_run = true });
	end_turn((struct sync_outcome){ .yielded = true, .full_due_s = -1, .calls_today = -1 });
	end_turn((struct sync_outcome){
		.full_due_s = -1, .calls_today = -1, .failure = { .kind = FAILURE_CREDENTIALS } });
	assert_int_equal(finishes, 1);
	assert_false(schedule_succeeded(schedule));
}

/* ---- the link and the lease ---- */

static void a_lost_link_ends_everything_and_all_begins_anew(void **state)
{
	(void)state;
	begin_idle(0);
	expect_turn("account all");
	link_events.lost(link_events.context, &(struct failure){ .kind = FAILURE_TRANSIENT, .text = "gone" });
	assert_false(turn.under_way);
	assert_int_equal(resyncs.forgets, 1);
	assert_int_equal(flags.forgets, 1);
	link_events.notified(link_events.context, "advocacy_writeback");
	assert_int_equal(flags.looks, 0);
	link_events.connected(link_events.context);
	assert_int_equal(leases_asked, 2);
	assert_false(turn.under_way);
	lease_events.taken(lease_events.context);
	expect_turn("account all");
	assert_int_equal(flags.begins, 2);
}

static void a_lease_that_is_refused_is_asked_for_again(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = false });
	lease_events.refused(lease_events.context, &(struct failure){ .kind = FAILURE_PERMANENT, .text = "no" });
	assert_int_equal(pending_ms, LEASE_MS);
	turn_loop();
	assert_int_equal(leases_asked, 2);
	assert_int_equal(turns, 0);
}

static void a_single_run_does_not_wait_for_a_lease(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = true });
	lease_events.elsewhere(lease_events.context);
	assert_int_equal(finishes, 1);
	assert_int_equal(turns, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_full_read_ends_with_the_next_poll),
		TEST(it_gets_ten_seconds_at_the_least),
		TEST(it_goes_on_behind_the_poll),
		TEST(it_has_its_turn_however_many_polls_are_due),
		TEST(one_that_fails_does_not_hold_up_the_polls),
		TEST(without_calls_left_it_waits_an_hour),
		TEST(it_leaves_calls_to_the_polls),
		TEST(with_none_left_one_call_is_made_all_the_same),
		TEST(a_full_read_stops_for_flags),
		TEST(what_changed_does_not),
		TEST(flags_and_what_is_due_take_turns),
		TEST(nor_does_a_resync),
		TEST(flags_wait_when_no_calls_are_left),
		TEST(a_single_run_leaves_flags_for_its_end),
		TEST(of_a_single_run_a_full_read_is_tried_once),
		TEST(a_resync_goes_before_what_is_due),
		TEST(a_resync_of_a_stream_that_is_gone_fails),
		TEST(notices_are_looked_after_where_they_belong),
		TEST(a_load_tells_how_far_it_is),
		TEST(a_dry_run_needs_no_lease_and_keeps_nothing),
		TEST(a_dry_run_of_which_a_stream_fails_did_not_succeed),
		TEST(a_lost_link_ends_everything_and_all_begins_anew),
		TEST(a_lease_that_is_refused_is_asked_for_again),
		TEST(a_single_run_does_not_wait_for_a_lease),
	};
	int failed = cmocka_run_group_tests_name("schedule", tests, NULL, NULL);

	libevent_global_shutdown();
	return failed;
}
