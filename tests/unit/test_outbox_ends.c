/* test_outbox_ends.c - deliveries that are cut short: the link is lost, the daemon stops, a channel is taken away. */
#include "tests/unit/outbox_played.h"

/* ---- a lost link ---- */

static void test_verdict_while_link_is_lost(void **state)
{
	(void)state;
	begin_delivery("1");
	connected = false;
	respond("a", "ok");
	pass(2 * MINUTE_MS);
	expect_nothing();
	assert_true(outbox_is_busy(outbox));
	connected = true;
	outbox_wake(outbox);
	/* Before anything else: its row would be taken for a dead sender's. */
	expect("outbox_sent", "1", "host/1", "told a", "a");
	answer_done();
	answer_next(NULL);
	expect("outbox_claim", "host/1", "{a}");
	assert_int_equal(1, sent);
}

static void test_verdict_lost_with_link(void **state)
{
	(void)state;
	begin_delivery("1");
	respond("a", "ok");
	expect("outbox_sent", "1", "host/1", "told a", "a");
	connected = false;
	answer_failure(FAILURE_TRANSIENT);
	pass(LINK_MS);
	expect_nothing();
	connected = true;
	outbox_wake(outbox);
	expect("outbox_sent", "1", "host/1", "told a", "a");
	outbox_wake(outbox); /* not twice */
	/* A server that says "try again" doesn't end the link: nobody wakes us then. */
	answer_failure(FAILURE_TRANSIENT);
	expect("outbox_next_at", "{}");
	answer_next(NULL);
	expect("outbox_next_at", "{}");
	answer_next(NULL);
	expect_nothing();
	assert_true(outbox_is_busy(outbox));
	pass(LINK_MS);
	expect("outbox_sent", "1", "host/1", "told a", "a");
	answer_done();
	assert_int_equal(1, sent);
}

/* What the database refuses is no reason to stand still for ever. */
static void test_verdict_refused(void **state)
{
	(void)state;
	begin_delivery("1");
	respond("a", "ok");
	answer_failure(FAILURE_PERMANENT);
	answer_next(NULL);
	pass(INTERVAL_MS);
	expect("outbox_claim", "host/1", "{a}");
}

/* ---- the end ---- */

static void test_stopped_while_claiming(void **state)
{
	(void)state;
	configure(2);
	outbox_wake(outbox);
	outbox_stop(outbox);
	expect("outbox_claim", "host/1", "{a,b}");
	answer_claim("1", "a", "2", "b");
	assert_int_equal(0, sent);
	expect("outbox_release", "host/1", "1");
	answer_done();
	expect("outbox_release", "host/1", "2");
	assert_int_equal(0, idle); /* not before they are given back */
	answer_done();
	answer_next("0");
	assert_int_equal(1, idle);
	outbox_wake(outbox);
	pass(MINUTE_MS);
	expect_nothing();
}

static void test_stopped_while_sending(void **state)
{
	(void)state;
	begin_delivery("1");
	outbox_stop(outbox);
	outbox_wake(outbox);
	assert_int_equal(0, idle);
	respond("a", "ok");
	expect("outbox_sent", "1", "host/1", "told a", "a");
	assert_int_equal(0, idle);
	answer_done();
	assert_int_equal(1, idle);
	pass(MINUTE_MS);
	expect_nothing();
}

/* Who waits for the end would wait for ever. */
static void test_stopped_while_claim_fails(void **state)
{
	(void)state;
	outbox_wake(outbox);
	outbox_stop(outbox);
	answer_failure(FAILURE_TRANSIENT);
	assert_int_equal(1, idle);
	assert_false(outbox_is_busy(outbox));
}

static void test_channel_taken_away(void **state)
{
	(void)state;
	configure(2);
	outbox_wake(outbox);
	answer_claim("1", "b", NULL, NULL);
	answer_next(NULL);
	outbox_wake(outbox);
	expect("outbox_claim", "host/1", "{a}");
	configure(0);
	answer_claim("2", "a", NULL, NULL);
	expect("outbox_release", "host/1", "2");
	answer_done();
	answer_next(NULL);
	/* A delivery under way ends as it began, but its settings are gone: it can't be laid out anew. */
	respond("b", "layout");
	expect("outbox_refused", "1", "host/1", "layout");
	assert_int_equal(1, sent);
}

static bool strange_verdict(const struct message *message, const struct http_head *head, const char *body,
	size_t length, struct message_known *known, bool *ret_more, bool *ret_try_plain, struct failure *failure)
{
	(void)message, (void)head, (void)length, (void)known, (void)ret_more, (void)ret_try_plain;
	failure_set(failure, FAILURE_PERMANENT, "'%s' is no answer", body);
	return false;
}

/* Channel a leads to a vendor that answers otherwise. */
static void configure_strange(void)
{
	static char name[] = "a";
	static const struct messenger strange = {
		.name = "strange", .render = messenger_render, .verdict = strange_verdict
	};
	static struct config_channel channel = { .name = name, .messenger = &strange, .settings = name };
	static struct config config = { .channels = &channel, .channel_count = 1 };

	outbox_configure(outbox, &config);
}

/* An answer is judged by who asked; else what arrived would be refused, and what didn't be taken for told. */
static void test_channel_leads_elsewhere(void **state)
{
	(void)state;
	begin_delivery("1");
	configure_strange();
	respond("a", "ok");
	expect("outbox_sent", "1", "host/1", "told a", "a");
	answer_done();
	answer_next(NULL);
	configure_personal();
	pass(INTERVAL_MS);
	expect("outbox_claim", "host/1", "{a}");
	answer_claim_for("2", "dana");
	answer_next(NULL);
	configure_strange();
	/* What comes next would be asked of somebody else. */
	respond("a", "user");
	expect("outbox_retry", "2", "host/1");
	answer_done();
	assert_int_equal(2, sent);
}

/* The same channel, for people, with another address or another token. */
static void configure_moved(void)
{
	static char name[] = "a", address[] = "elsewhere";
	static struct config_channel channel = { .name = name, .messenger = &personal, .settings = address };
	static struct config config = { .channels = &channel, .channel_count = 1 };

	outbox_configure(outbox, &config);
}

static void claim_for_dana(const char *id)
{
	outbox_wake(outbox);
	expect("outbox_claim", "host/1", "{a}");
	answer_claim_for(id, "dana");
	answer_next(NULL);
}

/* What the old address told is of no use at the new one: neither where a person is found, nor that nobody is there. */
static void test_channel_moves(void **state)
{
	static const char *const words[] = { "place", "gone", "who", "layout" };

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		configure_personal();
		claim_for_dana("7");
		respond("a", "user");
		configure_moved();
		respond("a", words[i]);
		expect("outbox_retry", "7", "host/1");
		assert_null(strstr(statements[answered].sql, "channel_close"));
		answer_done();
		expect("outbox_next_at");
		answer_next(NULL);
		assert_int_equal(2, sent);
		clock_ms += INTERVAL_MS;
		/* Begun anew, there. */
		claim_for_dana("7");
		respond("elsewhere", "stands");
		expect("outbox_sent", "7", "host/1", "told elsewhere", "a", "", "17.1");
		answer_done();
		answer_next(NULL);
		clock_ms += INTERVAL_MS;
		asked = answered = sent = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_verdict_while_link_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdict_lost_with_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdict_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stopped_while_claiming, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stopped_while_sending, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stopped_while_claim_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_channel_taken_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_channel_leads_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_channel_moves, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
