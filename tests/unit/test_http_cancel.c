/* test_http_cancel.c - transfers that are given up: from which callback, in which state, and all of them at once. */
#include "tests/unit/http_server.h"

/* After a cancellation nothing is called any more, wherever it came from; other transfers go on. */
static void check_cancel_in(struct fixture *fixture, char where, const char *path, const char *order)
{
	struct client client = { .fixture = fixture, .cancel_in = where }, next = { .fixture = fixture };

	exchange(&next, "/plain", NULL); /* a connection that can be reused */
	memset(next.order, 0, sizeof next.order);
	send_to(&client, path, NULL);
	turn(fixture, 150);
	assert_string_equal(order, client.order);
	assert_int_equal(0, client.dones);
	exchange(&next, "/plain", NULL);
	assert_string_equal("hbd", next.order);
}

static void test_cancel_in_head(void **state)
{
	check_cancel_in(*state, 'h', "/plain", "h");
	check_cancel_in(*state, 'h', "/big", "h");
}

static void test_cancel_in_head_without_body(void **state)
{
	check_cancel_in(*state, 'h', "/empty", "h");
}

static void test_cancel_in_ready(void **state)
{
	check_cancel_in(*state, 'r', "/plain", "");
	check_cancel_in(*state, 'r', "/big", "");
}

static void test_cancel_another(void **state)
{
	struct client victim = { .fixture = *state }, waiting = { .fixture = *state };
	struct client one = { .fixture = *state, .cancel_in = 'd' }, two = { .fixture = *state };

	/* From done, one that is under way; from head, one that has not begun. */
	send_to(&victim, "/never", NULL);
	turn(*state, 50);
	one.victim = victim.transfer;
	exchange(&one, "/plain", NULL);
	assert_string_equal("hbd", one.order);
	send_to(&two, "/plain", NULL);
	send_to(&waiting, "/plain", one_second);
	two.victim = waiting.transfer;
	turn(*state, 200);
	assert_string_equal("hbd", two.order);
	turn(*state, 200);
	assert_string_equal("", victim.order);
	assert_int_equal(0, waiting.dones);
}

static void test_cancel_while_paused(void **state)
{
	struct client client = { .fixture = *state, .decide = pause_once_for_long };

	pauses = 0;
	client.timer = loop_timer(client.fixture->base, on_resume, &client);
	send_to(&client, "/big", NULL);
	turn(*state, 150);
	assert_int_equal(1, pauses);
	client.transfer = http_cancel(client.transfer);
	(void)loop_event_free(client.timer);
	turn(*state, 50);
	assert_string_equal("", client.order);
}

static void test_free_under_way(void **state)
{
	struct client one = { .fixture = *state }, two = { .fixture = *state };

	send_to(&one, "/never", NULL);
	send_to(&two, "/big", NULL);
	turn(*state, 20);
	send_to(&two, "/plain", NULL);
	/* teardown frees everything while it is under way */
	assert_int_equal(0, one.dones);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cancel_in_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_in_head_without_body, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_in_ready, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_while_paused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_free_under_way, setup, teardown),
	};

	return cmocka_run_group_tests(tests, libraries_up, libraries_down);
}
