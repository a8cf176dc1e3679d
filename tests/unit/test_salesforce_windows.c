/* test_salesforce_windows.c - changes that are too much for one query are asked for in windows of time. */
#include "tests/unit/salesforce_exchange.h"

#define TIMEOUT ERROR("QUERY_TIMEOUT", "Your query request was running for too long.")
#define FROM(from) " WHERE SystemModstamp >= 2026-11-20T" from "Z"
#define UNTIL(until) " AND SystemModstamp < 2026-11-20T" until "Z"

/* Half the time is asked for, and half of that, until the server can cope; then twice as much each time. Places and
 * watermarks are as ever: nothing is left out between two windows, and the last one has no end. */
static void windows_halve_and_grow_back(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(ask(fixture), QUERY SELECT FIRST ORDER);
	/* 8:55 to 10:04 are 69 minutes. */
	assert_true(reply(fixture, 400, TIMEOUT));
	assert_string_equal(ask(fixture), QUERY SELECT FROM("08:55:00") UNTIL("09:29:30") ORDER);
	assert_true(reply(fixture, 400, ERROR("REQUEST_RUNNING_TOO_LONG", "x")));
	assert_string_equal(ask(fixture), QUERY SELECT FROM("08:55:00") UNTIL("09:12:15") ORDER);
	good_page(fixture, PAGE("2", NEXT("0r8-1"), RECORD("001A", "a", "null", "false", "09:00:00")));
	assert_int_equal(salesforce->read_expected(fixture->reading), -1);
	assert_string_equal(ask(fixture), DATA "query/0r8-1");
	good_page(fixture, PAGE("2", "\"done\":true", RECORD("001B", "b", "null", "false", "09:00:00")));
	assert_cursor(
		fixture, REST_CURSOR(",\"hi\":\"2026-11-20T10:04:00.000Z\",\"at\":\"2026-11-20T09:12:15.000Z\""));
	/* The width isn't kept in the cursor: a restart asks for all the rest. */
	char *cursor = memory_copy_text(cursor_of(fixture));
	assert_string_equal(ask(fixture), QUERY SELECT FROM("09:12:15") UNTIL("09:46:45") ORDER);
	/* In the middle of a window, by its locator: half of what is left. */
	good_page(fixture, PAGE("2", NEXT("0r8-2"), RECORD("001C", "c", "null", "false", "09:40:00")));
	(void)ask(fixture);
	assert_true(reply(fixture, 400, TIMEOUT));
	assert_string_equal(ask(fixture),
		QUERY SELECT " WHERE ((SystemModstamp = 2026-11-20T09:40:00Z AND Id > '001C') OR "
			     "SystemModstamp > 2026-11-20T09:40:00Z)" UNTIL("09:43:22") ORDER);
	good_page(fixture, NOTHING);
	assert_string_equal(ask(fixture), QUERY SELECT FROM("09:43:22") UNTIL("09:50:06") ORDER);
	good_page(fixture, NOTHING);
	assert_string_equal(ask(fixture), QUERY SELECT FROM("09:50:06") UNTIL("10:03:34") ORDER);
	good_page(fixture, NOTHING);
	assert_string_equal(ask(fixture), QUERY SELECT FROM("10:03:34") ORDER);
	good_page(fixture, PAGE_2_ALONE);
	assert_complete(fixture);
	assert_cursor(fixture, DONE_CURSOR);
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor);
	assert_string_equal(ask(fixture), QUERY SELECT FROM("09:12:15") ORDER);
	free(cursor);
}

/* When a second is too much, there is nothing to halve; and without the server's time there is no end to cut at. */
static void a_window_has_a_least_width(void **state)
{
	struct fixture *fixture = *state;
	const struct answer undated = { .status = 400, .type = JSON_TYPE, .body = TIMEOUT };
	int halvings = 0;

	(void)ask(fixture);
	assert_false(feed(fixture, &undated, strlen(undated.body)));
	refused(fixture, FAILURE_TRANSIENT, "took too long");
	assert_cursor(fixture, UNCHANGED_CURSOR);
	for (;; halvings++) {
		(void)ask(fixture);
		if (!reply(fixture, 400, TIMEOUT))
			break;
	}
	refused(fixture, FAILURE_TRANSIENT, "took too long");
	assert_int_equal(halvings, 12);
	assert_string_equal(ask(fixture), QUERY SELECT FROM("08:55:00") UNTIL("08:55:01") ORDER);
	good_page(fixture, NOTHING);
	assert_string_equal(ask(fixture), QUERY SELECT FROM("08:55:01") UNTIL("08:55:03") ORDER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(windows_halve_and_grow_back),
		TEST(a_window_has_a_least_width),
	};

	return cmocka_run_group_tests_name("salesforce_windows", tests, NULL, NULL);
}
