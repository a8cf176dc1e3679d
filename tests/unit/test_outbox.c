/* test_outbox.c - deliveries: when it looks for messages, and what becomes of each. */
#include "tests/unit/outbox_played.h"

/* ---- when it looks ---- */

/* The database was not asked about this channel, and said that nothing is due; the channel is ready by now. */
static void test_ready_while_asked(void **state)
{
	(void)state;
	deliver_and_ask("1");
	pass(INTERVAL_MS);
	answer_next(NULL);
	assert_int_equal(0, idle);
	pass(PACE_MS);
	expect("outbox_claim", "host/1", "{a}");
	answer_claim("2", "a", NULL, NULL);
	assert_int_equal(2, sent);
}

/* The same behind another channel that has something due later: that one's time is not waited for. */
static void test_ready_while_another_waits(void **state)
{
	(void)state;
	deliver_and_ask("1");
	configure(2);
	outbox_wake(outbox);
	answer_next(NULL);
	expect("outbox_claim", "host/1", "{b}");
	answer_claim(NULL, NULL, NULL, NULL);
	expect("outbox_next_at", "{b}");
	pass(INTERVAL_MS);
	answer_next("45000");
	assert_int_equal(0, idle);
	pass(PACE_MS);
	expect("outbox_claim", "host/1", "{a,b}");
}

static void test_ready_after_it_was_asked(void **state)
{
	(void)state;
	deliver_and_ask("1");
	pass(400);
	answer_next(NULL);
	assert_int_equal(0, idle);
	pass(INTERVAL_MS - 401);
	expect_nothing(); /* not before its time */
	pass(1);
	expect("outbox_claim", "host/1", "{a}");
	answer_claim(NULL, NULL, NULL, NULL);
	expect("outbox_next_at", "{a}");
	answer_next(NULL);
	assert_int_equal(1, idle);
	/* Nothing is due, no channel has to cool down: the next look is the one for safety. */
	pass(MINUTE_MS - 1);
	expect_nothing();
	pass(1);
	expect("outbox_claim", "host/1", "{a}");
}

static void test_next_look(void **state)
{
	static const struct {
		const char *next;
		int64_t wait_ms;
		int idle;
	} cases[] = { { "700", 700, 0 }, { "0", PACE_MS, 0 } /* a rival's: no circle */, { "5000", 5000, 1 },
		{ "86400000", MINUTE_MS, 1 } };

	(void)state;
	outbox_wake(outbox);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		idle = 0;
		expect("outbox_claim", "host/1", "{a}");
		answer_claim(NULL, NULL, NULL, NULL);
		answer_next(cases[i].next);
		assert_int_equal(cases[i].idle, idle);
		pass(cases[i].wait_ms - 1);
		expect_nothing();
		pass(1);
	}
	/* A row that is put while it looks may have come too late for that look. */
	outbox_wake(outbox);
	answer_claim(NULL, NULL, NULL, NULL);
	outbox_wake(outbox);
	idle = 0;
	answer_next(NULL);
	assert_int_equal(0, idle);
	expect("outbox_claim", "host/1", "{a}");
	/* A look that fails is tried again. */
	answer_failure(FAILURE_TRANSIENT);
	pass(LINK_MS);
	expect("outbox_claim", "host/1", "{a}");
}

/* ---- channels ---- */

static void test_channels_are_independent(void **state)
{
	(void)state;
	configure(3);
	outbox_wake(outbox);
	expect("outbox_claim", "host/1", "{a,b,c}");
	answer_claim("1", "a", "2", "b");
	assert_non_null(under_way("a"));
	assert_non_null(under_way("b"));
	expect("outbox_next_at", "{c}");
	answer_next(NULL);
	assert_int_equal(0, idle);

	/* While a hasn't answered, b has its first message and its second. */
	respond("b", "ok");
	expect("outbox_sent", "2", "host/1", "told b", "b");
	answer_done();
	expect("outbox_claim", "host/1", "{c}");
	answer_claim(NULL, NULL, NULL, NULL);
	answer_next(NULL);
	pass(INTERVAL_MS);
	expect("outbox_claim", "host/1", "{b,c}");
	answer_claim("3", "b", NULL, NULL);
	expect("outbox_next_at", "{c}");
	answer_next(NULL);
	assert_int_equal(3, sent);

	/* That a is to be left alone says nothing about b. */
	respond("a", "later");
	expect("outbox_retry", "1", "host/1", "later", "30000 milliseconds", "a", "waiting");
	expect("channel_close");
	answer_done();
	expect("outbox_claim", "host/1", "{c}");
	assert_non_null(under_way("b"));
	answer_claim(NULL, NULL, NULL, NULL);
	answer_next(NULL);
	respond("b", "ok");
	expect("outbox_sent", "3", "host/1", "told b", "b");
	answer_done();
	assert_int_equal(0, idle);
}

/* Two messages to one channel never are under way at once, whatever the database gives. */
static void test_one_at_a_time(void **state)
{
	(void)state;
	outbox_wake(outbox);
	answer_claim("1", "a", "2", "a");
	assert_int_equal(1, sent);
	expect("outbox_release", "host/1", "2");
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *word, *function, *wait, *channel_state;
	} cases[] = {
		{ "error", "outbox_retry", "4000 milliseconds", "" },
		{ NULL, "outbox_unknown", "4000 milliseconds", "" },
		{ "bad", "outbox_refused", "", "" },
		{ "later", "channel_close", "30000 milliseconds", "waiting" },
		{ "gone", "channel_close", "3600000 milliseconds", "broken" },
		{ "who", "channel_close", "3600000 milliseconds", "broken" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		begin_delivery("7");
		respond("a", cases[i].word);
		expect(cases[i].function, "7", "host/1", cases[i].word == NULL ? "no answer came" : cases[i].word,
			cases[i].wait, cases[i].channel_state[0] == '\0' ? "" : "a", cases[i].channel_state);
		answer_done();
		answer_next(NULL);
		clock_ms += INTERVAL_MS;
	}
}

/* Where to write to a person is asked first, and kept; the answer says where the message stands. */
static void test_person(void **state)
{
	(void)state;
	configure_personal();
	outbox_wake(outbox);
	expect("outbox_claim", "host/1", "{a}", "120 seconds");
	answer_claim_for("7", "dana");
	respond("a", "user");
	assert_int_equal(2, sent);
	respond("a", "place");
	assert_int_equal(3, sent);
	expect("outbox_next_at");
	answer_next(NULL);
	expect("person_found", "a", "dana", "user of dana", "place of dana");
	answer_done();
	respond("a", "stands");
	expect("outbox_sent", "7", "host/1", "told a", "a", "place of dana", "17.1", "t");
	answer_done();
}

/* A person who isn't there is no dead channel: the message goes to somebody else at once. */
static void test_person_is_gone(void **state)
{
	(void)state;
	configure_personal();
	outbox_wake(outbox);
	answer_claim_for("7", "dana");
	expect("outbox_next_at");
	answer_next(NULL);
	respond("a", "gone");
	expect("outbox_redirect", "7", "host/1", "gone");
	answer_done();
}

/* Questions without end are broken off. */
static void test_questions_end(void **state)
{
	(void)state;
	configure_personal();
	outbox_wake(outbox);
	answer_claim_for("7", "dana");
	expect("outbox_next_at");
	answer_next(NULL);
	for (int i = 0; i < 7; i++)
		respond("a", "user");
	assert_null(under_way("a"));
	expect("outbox_retry", "7");
	answer_done();
}

static void test_layout_refused(void **state)
{
	(void)state;
	begin_delivery("1");
	respond("a", "layout");
	expect_nothing();
	respond("a plain", "layout");
	expect("outbox_refused", "1", "host/1", "layout");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ready_while_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ready_while_another_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ready_after_it_was_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_next_look, setup, teardown),
		cmocka_unit_test_setup_teardown(test_channels_are_independent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_person, setup, teardown),
		cmocka_unit_test_setup_teardown(test_person_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_questions_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layout_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
