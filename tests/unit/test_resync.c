/* test_resync.c - what people want read anew: it is found, waits for their word, and ends. The database is played. */
#include "tests/unit/db_played.h"

#include "daemon/resync.h"

enum { PATIENCE_MS = 5 * 60 * 1000, AGAIN_MS = 60 * 1000 };

static struct resync *resync;
static int wanted, decided;
static bool commit;

static void on_wanted(void *context)
{
	(void)context;
	wanted++;
}

static void on_decided(void *context, bool said)
{
	(void)context;
	decided++;
	commit = said;
}

static int set_up(void **state)
{
	(void)state;
	play_begin();
	wanted = decided = 0;
	resync = resync_new(
		base, NULL, "crm", &(struct resync_events){ .wanted = on_wanted, .decided = on_decided });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	resync = resync_free(resync);
	play_end();
	return 0;
}

static void answer_next(const char *id, const char *stream)
{
	assert_string_equal(expect("advocacy.resync_next(")->values[0], "crm");
	if (id == NULL)
		answer_nothing();
	else
		answer(1, 2, (const char *const[]){ "resync_id", "stream" }, (const char *const[]){ id, stream });
}

/* Number 7, of contacts, is read and waits for a word. */
static void begin_waiting(void)
{
	resync_look(resync);
	answer_next("7", "contact");
	resync_previewed(resync, "{}");
	const struct statement *asks = expect("advocacy.resync_read(");
	assert_string_equal(asks->values[0], "7");
	assert_string_equal(asks->values[1], "{}");
	answer_one(NULL);
	assert_int_equal(decided, 0);
}

static void expect_end(const char *state, const char *detail)
{
	const struct statement *asks = expect("advocacy.resync_end(");

	assert_string_equal(asks->values[0], "7");
	assert_string_equal(asks->values[1], state);
	assert_string_equal(asks->values[2], detail);
	answer_one("");
}

static void what_is_wanted_is_found(void **state)
{
	(void)state;
	assert_null(resync_stream(resync));
	resync_look(resync);
	answer_next("7", "contact");
	assert_int_equal(wanted, 1);
	assert_string_equal(resync_stream(resync), "contact");
	/* One at a time. */
	resync_look(resync);
	assert_false(is_asked());
}

static void where_nothing_is_wanted_nothing_happens(void **state)
{
	(void)state;
	resync_look(resync);
	answer_next(NULL, NULL);
	assert_int_equal(wanted, 0);
	assert_null(resync_stream(resync));
	assert_false(is_asked());
}

/* What was wanted after the question was asked may not be in its answer. */
static void who_looks_meanwhile_is_not_forgotten(void **state)
{
	(void)state;
	resync_look(resync);
	resync_look(resync);
	answer_next(NULL, NULL);
	answer_next("7", "contact");
	assert_int_equal(wanted, 1);
	assert_false(is_asked());
}

static void who_was_answered_is_not_asked_for_again(void **state)
{
	(void)state;
	resync_look(resync);
	resync_look(resync);
	answer_next("7", "contact");
	resync_previewed(resync, "{}");
	answer_one(NULL);
	assert_false(is_asked());
}

static void a_question_that_fails_is_asked_again(void **state)
{
	(void)state;
	resync_look(resync);
	answer_failure();
	assert_false(is_asked());
	assert_int_equal(pending_ms, AGAIN_MS);
	turn_loop();
	answer_next("7", "contact");
	assert_int_equal(wanted, 1);
}

static void it_waits_for_a_word_and_takes_it(void **state)
{
	(void)state;
	begin_waiting();
	resync_look(resync);
	assert_string_equal(expect("FROM advocacy.resync ")->values[0], "7");
	answer_one(NULL);
	assert_int_equal(decided, 0);
	resync_look(resync);
	answer_one("t");
	assert_int_equal(decided, 1);
	assert_true(commit);
	resync_ended(resync, &(struct sync_outcome){ .complete = true });
	assert_null(resync_stream(resync));
	expect_end("applied", "-");
	answer_next(NULL, NULL); /* looks for the next one */
}

static void a_no_is_taken_as_well(void **state)
{
	(void)state;
	begin_waiting();
	resync_look(resync);
	answer_one("f");
	assert_int_equal(decided, 1);
	assert_false(commit);
	resync_ended(resync, &(struct sync_outcome){ .yielded = true });
	expect_end("refused", "-");
}

/* It was asked for with --yes. */
static void a_word_that_was_given_before_is_taken_at_once(void **state)
{
	(void)state;
	resync_look(resync);
	answer_next("7", "contact");
	resync_previewed(resync, "{}");
	answer_one("t");
	assert_int_equal(decided, 1);
	assert_true(commit);
}

static void a_word_that_comes_meanwhile_is_looked_for(void **state)
{
	(void)state;
	resync_look(resync);
	answer_next("7", "contact");
	resync_previewed(resync, "{}");
	resync_look(resync);
	assert_int_equal(asked - answered, 1); /* one question at a time */
	answer_one(NULL);
	(void)expect("FROM advocacy.resync ");
	answer_one("t");
	assert_int_equal(decided, 1);
	assert_true(commit);
}

static void who_waits_too_long_is_told_no(void **state)
{
	(void)state;
	begin_waiting();
	assert_int_equal(pending_ms, PATIENCE_MS);
	turn_loop();
	assert_int_equal(decided, 1);
	assert_false(commit);
	resync_ended(resync, &(struct sync_outcome){ .yielded = true });
	expect_end("refused", "nobody decided within five minutes");
	/* Of the next one that says nothing. */
	answer_next("7", "contact");
	resync_ended(resync, &(struct sync_outcome){ .yielded = true });
	expect_end("refused", "-");
}

static void a_word_that_comes_too_late_changes_nothing(void **state)
{
	(void)state;
	begin_waiting();
	resync_look(resync);
	turn_loop();
	assert_int_equal(decided, 1);
	answer_one("t");
	assert_int_equal(decided, 1);
}

static void what_is_gone_or_cannot_be_asked_is_not_applied(void **state)
{
	(void)state;
	begin_waiting();
	resync_look(resync);
	answer_failure();
	assert_int_equal(decided, 1);
	assert_false(commit);
	resync_ended(resync, &(struct sync_outcome){ .yielded = true });
	expect_end("refused", "-");
	answer_next("7", "contact");
	resync_previewed(resync, "{}");
	answer_nothing();
	assert_int_equal(decided, 2);
	assert_false(commit);
}

static void a_read_that_failed_says_why(void **state)
{
	(void)state;
	resync_look(resync);
	answer_next("7", "contact");
	resync_ended(resync,
		&(struct sync_outcome){ .failure = { .kind = FAILURE_PERMANENT, .text = "no such field" } });
	expect_end("failed", "no such field");
}

/* What is applied may say that the day's calls are used up by it. */
static void what_is_applied_is_applied_whatever_else_it_says(void **state)
{
	(void)state;
	resync_look(resync);
	answer_next("7", "contact");
	resync_ended(resync, &(struct sync_outcome){ .complete = true,
				     .failure = { .kind = FAILURE_THROTTLED, .text = "used up" } });
	expect_end("applied", "used up");
}

/* It would be the next one again, and again. */
static void an_end_that_is_not_stored_is_not_begun_at_once(void **state)
{
	(void)state;
	begin_waiting();
	resync_look(resync);
	answer_one("f");
	resync_ended(resync, &(struct sync_outcome){ .yielded = true });
	(void)expect("advocacy.resync_end(");
	answer_failure();
	assert_false(is_asked());
	assert_int_equal(pending_ms, AGAIN_MS);
	turn_loop();
	answer_next("7", "contact");
}

static void with_the_link_all_of_it_is_forgotten(void **state)
{
	(void)state;
	begin_waiting();
	resync_forget(resync);
	assert_null(resync_stream(resync));
	turn_loop();
	assert_int_equal(decided, 0);
	assert_false(is_asked());
	resync_look(resync);
	answer_next("8", "account");
	assert_string_equal(resync_stream(resync), "account");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_is_wanted_is_found),
		TEST(where_nothing_is_wanted_nothing_happens),
		TEST(who_looks_meanwhile_is_not_forgotten),
		TEST(who_was_answered_is_not_asked_for_again),
		TEST(a_question_that_fails_is_asked_again),
		TEST(it_waits_for_a_word_and_takes_it),
		TEST(a_no_is_taken_as_well),
		TEST(a_word_that_was_given_before_is_taken_at_once),
		TEST(a_word_that_comes_meanwhile_is_looked_for),
		TEST(who_waits_too_long_is_told_no),
		TEST(a_word_that_comes_too_late_changes_nothing),
		TEST(what_is_gone_or_cannot_be_asked_is_not_applied),
		TEST(a_read_that_failed_says_why),
		TEST(what_is_applied_is_applied_whatever_else_it_says),
		TEST(an_end_that_is_not_stored_is_not_begun_at_once),
		TEST(with_the_link_all_of_it_is_forgotten),
	};
	int failed = cmocka_run_group_tests_name("resync", tests, NULL, NULL);

	libevent_global_shutdown();
	return failed;
}
