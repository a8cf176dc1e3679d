/* When a stream is due again, by how its run has ended, and the day's calls that this depends on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/loop.h"
#include "daemon/settle.h"

enum { POLL_MS = 300 * 1000, HOUR_MS = 3600 * 1000, DAY_S = 86400 };

/* A session that is nothing but its quota. */
struct session {
	struct quota quota;
};

static void session_quota(const struct session *session, struct quota *ret_quota)
{
	*ret_quota = session->quota;
}

static const char *default_object(enum entity entity)
{
	(void)entity;
	return "Thing";
}

static const struct connector connector = {
	.name = "play",
	.session_quota = session_quota,
	.default_object = default_object,
};

struct fixture {
	struct session session;
	struct mapping *mapping;
	struct config_source source;
	struct stream streams[2];
	struct allowance allowance;
	int64_t now_ms;
};

static int set_up(void **state)
{
	static struct fixture f;
	static char name[] = "crm";

	f = (struct fixture){
		.session.quota = { -1, -1 }, .mapping = mapping_new(), .now_ms = loop_monotonic_ms()
	};
	f.source = (struct config_source){ .name = name,
		.connector = &connector,
		.mapping = f.mapping,
		.poll_s = POLL_MS / 1000,
		.full_read_every_s = DAY_S,
		.api_share = 80 };
	stream_init(&f.streams[0], &f.source, ENTITY_ACCOUNT);
	stream_init(&f.streams[1], &f.source, ENTITY_CONTACT);
	f.allowance = (struct allowance){ .source = &f.source, .session = &f.session };
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	stream_free(&f->streams[0]);
	stream_free(&f->streams[1]);
	mapping_free(f->mapping);
	return 0;
}

static struct sync_outcome well(void)
{
	return (struct sync_outcome){ .complete = true, .mode = READ_CHANGES, .full_due_s = -1, .calls = 1 };
}

static struct sync_outcome failed(enum failure_kind kind)
{
	return (struct sync_outcome){ .mode = READ_CHANGES, .full_due_s = -1, .failure = { .kind = kind } };
}

static void end(struct fixture *f, enum read_mode asked, struct sync_outcome outcome, const char *state)
{
	assert_string_equal(settle(&f->allowance, f->streams, 2, &f->streams[0], asked, &outcome), state);
}

static int64_t wait_ms(const struct fixture *f, int64_t due_ms)
{
	return due_ms - f->now_ms;
}

/* Up to a tenth early, and as much later as the test itself has taken. */
static void expect_about(const struct fixture *f, int64_t due_ms, int64_t ms)
{
	assert_in_range(wait_ms(f, due_ms), ms - ms / 5, ms + 10000);
}

static void a_good_run_comes_again_after_the_poll_interval(void **state)
{
	struct fixture *f = *state;

	f->streams[0].failures = 3;
	end(f, READ_CHANGES, well(), "current");
	expect_about(f, f->streams[0].next_ms, POLL_MS);
	assert_int_equal(f->streams[0].failures, 0);
	assert_int_equal(f->streams[0].failure, FAILURE_NONE);
	assert_int_equal(f->streams[1].next_ms, 0);
	assert_int_equal(f->streams[0].full_ms, INT64_MAX);
}

static void a_failed_run_is_tried_again_soon_and_then_later(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome asked_to_wait = failed(FAILURE_TRANSIENT);

	end(f, READ_CHANGES, failed(FAILURE_TRANSIENT), "retrying");
	assert_in_range(wait_ms(f, f->streams[0].next_ms), 2500, 15000);
	for (int i = 0; i < 20; i++)
		end(f, READ_CHANGES, failed(FAILURE_TRANSIENT), "retrying");
	assert_in_range(wait_ms(f, f->streams[0].next_ms), HOUR_MS / 8, HOUR_MS / 4 + 10000);
	asked_to_wait.failure.retry_after_s = 7200;
	end(f, READ_CHANGES, asked_to_wait, "retrying");
	assert_in_range(wait_ms(f, f->streams[0].next_ms), 2 * HOUR_MS, 2 * HOUR_MS + 10000);
	assert_int_equal(f->streams[1].next_ms, 0);
}

static void a_full_read_that_fails_waits_alone(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome outcome = failed(FAILURE_TRANSIENT), due = well();
	int64_t full_ms;

	outcome.mode = READ_ALL;
	end(f, READ_ALL, outcome, "retrying");
	assert_int_equal(f->streams[0].next_ms, 0);
	full_ms = f->streams[0].full_ms;
	assert_in_range(wait_ms(f, full_ms), 2500, 15000);
	/* Changes that go well say that it is due now; it waits all the same. */
	due.full_due_s = 0;
	end(f, READ_CHANGES, due, "current");
	assert_int_equal(f->streams[0].full_ms, full_ms);
	/* One that goes well is due again after its own time. */
	outcome.complete = true;
	outcome.failure.kind = FAILURE_NONE;
	end(f, READ_ALL, outcome, "current");
	expect_about(f, f->streams[0].full_ms, (int64_t)DAY_S * 1000);
}

static void what_concerns_the_source_holds_all_its_streams(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome throttled = failed(FAILURE_THROTTLED);

	f->streams[0].full_ms = f->streams[1].full_ms = 0;
	throttled.failure.retry_after_s = 40;
	end(f, READ_CHANGES, throttled, "throttled");
	for (int i = 0; i < 2; i++) {
		assert_in_range(wait_ms(f, f->streams[i].next_ms), 40000, 50000);
		assert_in_range(wait_ms(f, f->streams[i].full_ms), 40000, 50000);
	}
	end(f, READ_CHANGES, failed(FAILURE_CREDENTIALS), "paused");
	assert_in_range(wait_ms(f, f->streams[1].next_ms), HOUR_MS, HOUR_MS + 10000);
	assert_int_equal(f->streams[0].failure, FAILURE_CREDENTIALS);
}

static void our_own_budget_holds_the_one_stream(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome spent = failed(FAILURE_THROTTLED);

	spent.failure.retry_after_s = 40;
	(void)snprintf(spent.failure.code, sizeof spent.failure.code, "%s", SYNC_CALLS_SPENT);
	end(f, READ_CHANGES, spent, "throttled");
	assert_in_range(wait_ms(f, f->streams[0].next_ms), 40000, 50000);
	assert_int_equal(f->streams[1].next_ms, 0);
	end(f, READ_CHANGES, failed(FAILURE_PERMANENT), "paused");
	assert_in_range(wait_ms(f, f->streams[0].next_ms), HOUR_MS, HOUR_MS + 10000);
	assert_int_equal(f->streams[1].next_ms, 0);
}

/* A grant that somebody has taken and gives back: nobody thinks of a reload then. */
static void what_the_database_refuses_is_tried_again_soon(void **state)
{
	static const char *const soon[] = { "42501", "42883", "3F000", "25006", "58030" };
	static const char *const late[] = { "22003", "23514", "42", "", "GU_2400" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof soon / sizeof soon[0]; i++) {
		struct sync_outcome outcome = failed(FAILURE_PERMANENT);
		(void)snprintf(outcome.failure.code, sizeof outcome.failure.code, "%s", soon[i]);
		f->streams[0].failures = 0;
		end(f, READ_CHANGES, outcome, "retrying");
		assert_in_range(wait_ms(f, f->streams[0].next_ms), 1, 10000);
	}
	for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
		struct sync_outcome outcome = failed(FAILURE_PERMANENT);
		(void)snprintf(outcome.failure.code, sizeof outcome.failure.code, "%s", late[i]);
		end(f, READ_CHANGES, outcome, "paused");
		assert_in_range(wait_ms(f, f->streams[0].next_ms), HOUR_MS, HOUR_MS + 10000);
	}
}

static void a_first_load_that_failed_is_not_due_as_a_full_read(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome outcome = failed(FAILURE_TRANSIENT);

	f->streams[0].full_ms = 0;
	outcome.mode = READ_ALL;
	end(f, READ_CHANGES, outcome, "retrying");
	assert_int_equal(f->streams[0].full_ms, f->streams[0].next_ms);
}

static void a_full_read_that_was_wanted_is_wanted_once(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome outcome = well();

	f->streams[0].full_wanted = true;
	end(f, READ_CHANGES, outcome, "current");
	assert_true(f->streams[0].full_wanted);
	outcome.mode = READ_ALL;
	end(f, READ_ALL, outcome, "current");
	assert_false(f->streams[0].full_wanted);
}

static void a_full_read_that_yields_goes_on_as_soon_as_it_may(void **state)
{
	struct fixture *f = *state;
	const struct sync_outcome yielded = { .yielded = true, .mode = READ_ALL, .full_due_s = 0, .calls = 9 };
	int64_t next_ms = f->streams[0].next_ms = f->now_ms + POLL_MS;

	f->streams[0].full_wanted = true;
	end(f, READ_ALL, yielded, "current");
	assert_in_range(wait_ms(f, f->streams[0].full_ms), 0, 10000);
	assert_true(f->streams[0].full_wanted); /* it is not through */
	/* The polls are none of its business. */
	assert_int_equal(f->streams[0].next_ms, next_ms);
	assert_int_equal(f->streams[0].calls_before, 0);
}

static void a_full_read_that_is_never_due_by_itself_is_not_after_one(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome outcome = well();

	f->source.full_read_every_s = 0;
	outcome.mode = READ_ALL;
	end(f, READ_CHANGES, outcome, "current");
	assert_int_equal(f->streams[0].full_ms, INT64_MAX);
}

static void each_way_of_reading_fails_by_itself(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome outcome = failed(FAILURE_TRANSIENT);
	int64_t full_ms;

	/* Of changes that fail a full read knows nothing. */
	f->streams[0].full_ms = 0;
	end(f, READ_CHANGES, outcome, "retrying");
	assert_int_equal(f->streams[0].full_ms, 0);
	assert_int_equal(f->streams[0].full_failures, 0);
	/* And one that has failed waits for its own time, whatever is due next of the changes. */
	f->streams[0].next_ms = f->now_ms + HOUR_MS;
	outcome.mode = READ_ALL;
	end(f, READ_ALL, outcome, "retrying");
	full_ms = f->streams[0].full_ms;
	assert_in_range(wait_ms(f, full_ms), 2500, 15000);
	assert_int_equal(f->streams[0].full_failures, 1);
	/* What goes well is forgotten for its own way alone. */
	end(f, READ_CHANGES, well(), "current");
	assert_int_equal(f->streams[0].failures, 0);
	assert_int_equal(f->streams[0].full_failures, 1);
	outcome.failure.kind = FAILURE_NONE;
	outcome.complete = true;
	f->streams[0].failures = 2;
	end(f, READ_ALL, outcome, "current");
	assert_int_equal(f->streams[0].full_failures, 0);
	assert_int_equal(f->streams[0].failures, 2);
}

static void what_waits_longer_already_keeps_waiting(void **state)
{
	struct fixture *f = *state;

	/* The vendor names no time. */
	f->streams[1].next_ms = f->streams[1].full_ms = f->now_ms + HOUR_MS;
	end(f, READ_CHANGES, failed(FAILURE_THROTTLED), "throttled");
	assert_in_range(wait_ms(f, f->streams[0].next_ms), 60000, 70000);
	assert_int_equal(wait_ms(f, f->streams[1].next_ms), HOUR_MS);
	assert_int_equal(wait_ms(f, f->streams[1].full_ms), HOUR_MS);
	/* Nor is a refused mapping asked more often than it would be if it worked. */
	f->source.poll_s = 2 * HOUR_MS / 1000;
	end(f, READ_CHANGES, failed(FAILURE_PERMANENT), "paused");
	assert_in_range(wait_ms(f, f->streams[0].next_ms), 2 * HOUR_MS, 2 * HOUR_MS + 10000);
}

/* ---- the day's calls ---- */

/* A run that made no call says nothing of what the next one makes. */
static void a_run_without_a_call_counts_as_one(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome outcome = well();

	outcome.calls = 0;
	f->source.api_budget = 100;
	allowance_spend(&f->allowance, 98);
	int64_t wait_s = allowance_wait_s(&f->allowance, BUDGET_PROTECTION, 2);
	assert_true(wait_s >= POLL_MS / 1000);
	end(f, READ_CHANGES, outcome, "current");
	expect_about(f, f->streams[0].next_ms, wait_s * 1000);
}

/* Of what the vendor allows others use some, too. */
static void of_the_vendors_calls_a_share_is_ours(void **state)
{
	struct fixture *f = *state;

	f->session.quota = (struct quota){ 700, 1000 };
	assert_int_equal(allowance_left(&f->allowance, BUDGET_PROTECTION), 100);
	/* A vendor that says only what was used says nothing. */
	f->session.quota = (struct quota){ 700, -1 };
	assert_int_equal(allowance_left(&f->allowance, BUDGET_PROTECTION), INT64_MAX);
	struct failure failure;
	allowance_explain(&f->allowance, &failure);
	assert_non_null(strstr(failure.text, "(0 by us); it goes on at midnight UTC"));
}

/* All streams of the source live on them. Close to midnight the polls are far enough apart as they are. */
static void two_large_runs_in_a_row_slow_the_polls(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome large = well();

	large.calls = 100;
	f->source.api_budget = 1000;
	end(f, READ_CHANGES, large, "current");
	expect_about(f, f->streams[0].next_ms, POLL_MS);
	int64_t wait_s = allowance_wait_s(&f->allowance, stream_purpose(&f->streams[0]), 100 * INT64_C(2));
	end(f, READ_CHANGES, large, "current");
	expect_about(f, f->streams[0].next_ms, wait_s * 1000);
	end(f, READ_CHANGES, well(), "current");
	expect_about(f, f->streams[0].next_ms, POLL_MS);
}

static void used_up_calls_are_told(void **state)
{
	struct fixture *f = *state;
	struct sync_outcome outcome = well();

	f->source.api_budget = 100;
	allowance_spend(&f->allowance, 100);
	assert_string_equal(
		settle(&f->allowance, f->streams, 2, &f->streams[0], READ_CHANGES, &outcome), "throttled");
	assert_int_equal(outcome.failure.kind, FAILURE_THROTTLED);
	assert_non_null(strstr(outcome.failure.text, "(100 by us); it goes on at midnight UTC"));
	f->session.quota = (struct quota){ 950, 1000 };
	allowance_explain(&f->allowance, &outcome.failure);
	assert_non_null(strstr(outcome.failure.text, "(100 by us, 950 of 1000 by all, as the vendor says)"));
}

static void what_is_left_lasts_until_midnight(void **state)
{
	struct fixture *f = *state;
	int64_t left_s = DAY_S - loop_wall_ms() / 1000 % DAY_S;

	f->source.api_budget = 1;
	f->source.poll_s = 1;
	assert_in_range(allowance_wait_s(&f->allowance, BUDGET_PROTECTION, 1), left_s > 5 ? left_s - 5 : 1, left_s);
}

static void a_new_day_begins_with_all_its_calls(void **state)
{
	struct fixture *f = *state;

	f->source.api_budget = 100;
	allowance_spend(&f->allowance, 100);
	assert_int_equal(allowance_left(&f->allowance, BUDGET_PROTECTION), 0);
	/* As seen from the next day, before anything was counted on it. */
	f->allowance.day--;
	assert_int_equal(allowance_left(&f->allowance, BUDGET_PROTECTION), 100);
	assert_true(allowance_wait_s(&f->allowance, BUDGET_PROTECTION, 1) < DAY_S / 2);
	allowance_spend(&f->allowance, 7);
	assert_int_equal(allowance_left(&f->allowance, BUDGET_PROTECTION), 93);
}

static void what_the_database_counted_is_taken_over(void **state)
{
	struct fixture *f = *state;

	f->source.api_budget = 100;
	allowance_learn(&f->allowance, 30, 0);
	allowance_spend(&f->allowance, 2);
	assert_int_equal(allowance_left(&f->allowance, BUDGET_PROTECTION), 68);
	/* Fewer than we know of, not known, and of yesterday. */
	allowance_learn(&f->allowance, 10, 0);
	allowance_learn(&f->allowance, -1, 0);
	allowance_learn(&f->allowance, 99, (int64_t)DAY_S * 1000);
	assert_int_equal(allowance_left(&f->allowance, BUDGET_PROTECTION), 68);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_good_run_comes_again_after_the_poll_interval),
		TEST(a_failed_run_is_tried_again_soon_and_then_later),
		TEST(a_full_read_that_fails_waits_alone),
		TEST(what_concerns_the_source_holds_all_its_streams),
		TEST(our_own_budget_holds_the_one_stream),
		TEST(a_first_load_that_failed_is_not_due_as_a_full_read),
		TEST(what_the_database_refuses_is_tried_again_soon),
		TEST(a_full_read_that_was_wanted_is_wanted_once),
		TEST(a_full_read_that_yields_goes_on_as_soon_as_it_may),
		TEST(a_full_read_that_is_never_due_by_itself_is_not_after_one),
		TEST(each_way_of_reading_fails_by_itself),
		TEST(what_waits_longer_already_keeps_waiting),
		TEST(a_run_without_a_call_counts_as_one),
		TEST(of_the_vendors_calls_a_share_is_ours),
		TEST(two_large_runs_in_a_row_slow_the_polls),
		TEST(used_up_calls_are_told),
		TEST(what_is_left_lasts_until_midnight),
		TEST(a_new_day_begins_with_all_its_calls),
		TEST(what_the_database_counted_is_taken_over),
	};

	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
