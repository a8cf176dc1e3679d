/* test_http.c - transfers on the loop: their order, their time, and how they fail. */
#include "tests/unit/http_server.h"

static void test_order(void **state)
{
	struct client client = { .fixture = *state };

	exchange(&client, "/plain", NULL);
	assert_string_equal("hbd", client.order);
	assert_int_equal(200, client.status);
	assert_string_equal("text/x-test", client.type);
	assert_string_equal("hello", client.text);
}

static void test_empty_and_error(void **state)
{
	struct client empty = { .fixture = *state }, error = { .fixture = *state };

	exchange(&empty, "/empty", NULL);
	assert_string_equal("hd", empty.order);
	assert_int_equal(204, empty.status);
	exchange(&error, "/error", NULL);
	assert_string_equal("hbd", error.order);
	assert_int_equal(503, error.status);
	assert_string_equal("no", error.text);
}

/* Pauses before each megabyte for 10 ms. */
static bool pause_often(struct client *client)
{
	if (client->bytes / (1024 * 1024) < (size_t)pauses)
		return true;
	pauses++;
	client->paused = true;
	loop_arm(client->timer, 10);
	return false;
}

static void test_pause_and_resume(void **state)
{
	struct client client = { .fixture = *state, .decide = pause_often };

	pauses = 0;
	client.timer = loop_timer(client.fixture->base, on_resume, &client);
	exchange(&client, "/big", NULL);
	(void)loop_event_free(client.timer);
	assert_string_equal("hbd", client.order);
	assert_int_equal(BIG, client.bytes);
	assert_true(pauses >= 8);
}

static void test_timeout_leaves_pauses_out(void **state)
{
	struct client client = { .fixture = *state, .decide = pause_once_for_long };

	pauses = 0;
	client.timer = loop_timer(client.fixture->base, on_resume, &client);
	exchange(&client, "/big", one_second);
	(void)loop_event_free(client.timer);
	assert_string_equal("hbd", client.order);
	assert_int_equal(BIG, client.bytes);
}

static bool pause_once_for_a_while(struct client *client)
{
	if (pauses++ > 0)
		return true;
	loop_arm(client->timer, 700);
	return false;
}

/* The timer looks while nothing is paused, and 0.7 of its 1.0 s don't count. */
static void test_timeout_leaves_a_past_pause_out(void **state)
{
	struct client client = { .fixture = *state, .decide = pause_once_for_a_while };

	pauses = 0;
	client.timer = loop_timer(client.fixture->base, on_resume, &client);
	exchange(&client, "/slow", one_second);
	(void)loop_event_free(client.timer);
	assert_string_equal("hbd", client.order);
	assert_string_equal("slow", client.text);
}

static void test_timeout(void **state)
{
	struct client client = { .fixture = *state };
	int64_t started_ms = loop_monotonic_ms();

	exchange(&client, "/never", one_second);
	assert_string_equal("f", client.order);
	assert_int_equal(FAILURE_TRANSIENT, client.failure.kind);
	assert_in_range(loop_monotonic_ms() - started_ms, 900, 4000);
	assert_non_null(
		strstr(client.failure.text, "the thing: no whole answer within 1 s, 0 bytes came (127.0.0.1:"));
}

/* What comes slowly doesn't get longer by it. */
static void test_timeout_of_an_answer_under_way(void **state)
{
	struct client client = { .fixture = *state };

	exchange(&client, "/slow", one_second);
	assert_string_equal("hbf", client.order);
	assert_int_equal(FAILURE_TRANSIENT, client.failure.kind);
	assert_non_null(
		strstr(client.failure.text, "the thing: no whole answer within 1 s, 4 bytes came (127.0.0.1:"));
	turn(client.fixture, 600); /* the server ends it, too */
}

static void small_limit(struct http_request *request)
{
	request->body_limit = 100 * 1024;
}

static void test_body_limit(void **state)
{
	struct client client = { .fixture = *state };

	exchange(&client, "/big", small_limit);
	assert_string_equal("hbf", client.order);
	assert_true(client.bytes <= 100 * 1024);
	assert_int_equal(FAILURE_TRANSIENT, client.failure.kind);
	assert_non_null(strstr(client.failure.text, "larger than 102400 bytes"));
}

static void test_break_off(void **state)
{
	struct client client = { .fixture = *state, .break_off = true };

	exchange(&client, "/big", NULL);
	assert_string_equal("hbd", client.order);
	assert_true(client.bytes <= CHUNK);
}

static void must_not_repeat(struct http_request *request)
{
	request->is_post = request->must_not_repeat = true;
	request->timeout_s = 1;
	assert_true(buffer_append_text(&request->body, "{}"));
}

static void test_refused(void **state)
{
	struct client client = { .fixture = *state }, once = { .fixture = *state };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	char url[64];

	/* A port that is ours and on which nobody listens. */
	int taken = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(0, bind(taken, (struct sockaddr *)&address, sizeof address));
	assert_int_equal(0, getsockname(taken, (struct sockaddr *)&address, &length));
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%d/secret", ntohs(address.sin_port));
	send_url(&client, url, NULL);
	turn(*state, GIVE_UP_MS);
	assert_string_equal("f", client.order);
	assert_int_equal(FAILURE_TRANSIENT, client.failure.kind);
	assert_null(strstr(client.failure.text, "secret"));
	/* It surely was not sent. */
	send_url(&once, url, must_not_repeat);
	turn(*state, GIVE_UP_MS);
	assert_int_equal(FAILURE_TRANSIENT, once.failure.kind);
	(void)close(taken);
}

static void test_lost_answer(void **state)
{
	struct fixture *fixture = *state;
	struct client door = { .fixture = fixture }, late = { .fixture = fixture },
		      harmless = { .fixture = fixture };

	exchange(&door, "/door", must_not_repeat);
	assert_string_equal("f", door.order);
	assert_int_equal(FAILURE_UNKNOWN, door.failure.kind);
	assert_int_equal(1, fixture->served);
	exchange(&late, "/never", must_not_repeat);
	assert_int_equal(FAILURE_UNKNOWN, late.failure.kind);
	exchange(&harmless, "/door", NULL);
	assert_int_equal(FAILURE_TRANSIENT, harmless.failure.kind);
}

static void pause_before(struct http_request *request)
{
	request->pause_before_ms = 300;
	request->timeout_s = 1;
}

static void test_pause_before(void **state)
{
	struct client client = { .fixture = *state };
	int64_t started_ms = loop_monotonic_ms();

	exchange(&client, "/plain", pause_before);
	assert_string_equal("hbd", client.order);
	assert_true(loop_monotonic_ms() - started_ms >= 300);
}

static void test_chain(void **state)
{
	struct fixture *fixture = *state;
	struct client clients[4] = { 0 };

	for (size_t i = 0; i < 4; i++) {
		clients[i].fixture = fixture;
		clients[i].left = MANY / 4 - 1;
		send_to(&clients[i], "/plain", NULL);
	}
	for (int i = 0; i < 4; i++)
		turn(fixture, GIVE_UP_MS);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(MANY / 4, clients[i].dones);
	assert_int_equal(MANY, fixture->served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_and_error, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause_and_resume, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout_leaves_pauses_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout_leaves_a_past_pause_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout_of_an_answer_under_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_break_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, libraries_up, libraries_down);
}
