/* What the Gainsight connector makes of refusals, empties and limits. */
#include "tests/unit/gainsight_bench.h"

/* Gainsight's error codes, each answer whole and in pieces (Error Codes for Company and Custom Object APIs). */
static void test_error_rows(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
		const char *code, *says;
	} rows[] = {
		{ 429, "{\"result\":false,\"errorCode\":\"GU_2400\",\"errorDesc\":\"Ines Dahl\"}",
			FAILURE_THROTTLED, "GU_2400", "" },
		{ 200, "{\"result\":false,\"errorCode\":\"GU_2400\"}", FAILURE_THROTTLED, "GU_2400", "" },
		{ 429, "<html>slow down</html>", FAILURE_THROTTLED, "", "" },
		{ 500, "{\"result\":false,\"errorCode\":\"GU_1101\",\"errorDesc\":\"Ines Dahl\"}",
			FAILURE_TRANSIENT, "GU_1101", "" },
		{ 400, "{\"result\":false,\"errorCode\":\"GU_1101\"}", FAILURE_TRANSIENT, "GU_1101", "" },
		{ 502, "<html>Bad Gateway</html>", FAILURE_TRANSIENT, "", "" },
		{ 503, "", FAILURE_TRANSIENT, "", "" },
		{ 200, "<!doctype html><title>Log in</title>", FAILURE_TRANSIENT, "", "" },
		{ 200, "", FAILURE_TRANSIENT, "", "" },
		{ 200, "{\"result\":true,\"data\":{\"records\":[{\"Gsid\":\"1P0", FAILURE_TRANSIENT, "", "" },
		{ 200, "{\"result\":true,\"data\":[]}{", FAILURE_TRANSIENT, "", "" },
		{ 200, "{\"result\":true,,\"data\":[]}", FAILURE_TRANSIENT, "", "" },
		{ 403, "<html>Forbidden</html>", FAILURE_TRANSIENT, "", "" },
		{ 401, "{\"result\":false,\"errorCode\":\"GS_APIG_2401\",\"errorDesc\":\"Ines Dahl\"}",
			FAILURE_CREDENTIALS, "GS_APIG_2401", "access_key_file" },
		{ 403, "{\"result\":false,\"errorCode\":\"GS_APIG_2402\"}", FAILURE_CREDENTIALS, "GS_APIG_2402",
			"address" },
		{ 200, "{\"result\":false,\"errorCode\":\"GS_APIG_2402\",\"data\":null}", FAILURE_CREDENTIALS,
			"GS_APIG_2402", "address" },
		{ 400, "{\"result\":false,\"errorCode\":\"GSOBJ_1024\"}", FAILURE_CREDENTIALS, "GSOBJ_1024",
			"access_key_file" },
		{ 401, "", FAILURE_CREDENTIALS, "", "" },
		{ 403, "{}", FAILURE_CREDENTIALS, "", "" },
		{ 302, "", FAILURE_PERMANENT, "", "base_url" },
		{ 400,
			"{\"result\":false,\"errorCode\":\"GSOBJ_1002\",\"errorDesc\":\"Invalid field Renewal_Date "
			"for object "
			"company, Ines Dahl\",\"requestId\":\"c004-77\"}",
			FAILURE_PERMANENT, "GSOBJ_1002", "'Renewal_Date' of the mapping file (line 7)" },
		{ 400,
			"{\"result\":false,\"errorCode\":\"GSOBJ_1002\",\"errorDesc\":\"Invalid field "
			"Renewal_Date2\"}",
			FAILURE_PERMANENT, "GSOBJ_1002", "mapping" },
		{ 400, "{\"result\":false,\"errorCode\":\"GSOBJ_1023\"}", FAILURE_PERMANENT, "GSOBJ_1023",
			"object" },
		{ 400, "{\"result\":false,\"title\":\"OBJECT_NOT_FOUND\",\"errorDesc\":\"x\"}", FAILURE_PERMANENT,
			"OBJECT_NOT_FOUND", "object" },
		{ 400, "{\"result\":false,\"errorCode\":\"GSOBJ_1005\",\"requestId\":\"c004-77\"}",
			FAILURE_PERMANENT, "GSOBJ_1005", "c004-77" },
		{ 200, "{\"result\":false,\"errorCode\":null,\"errorDesc\":\"Ines Dahl\"}", FAILURE_PERMANENT, "",
			"" },
		{ 200, "{\"result\":true,\"errorCode\":\"COCKPIT_5101\",\"data\":[]}", FAILURE_PERMANENT,
			"COCKPIT_5101", "" },
		{ 200, "{\"result\":false,\"errorCode\":\"Ines Dahl\"}", FAILURE_PERMANENT, "unreadable-code", "" },
		/* Protocol faults: never "no companies". */
		{ 200, "{\"result\":true,\"errorCode\":null,\"data\":null}", FAILURE_PERMANENT, "", "kept" },
		{ 200, "{\"result\":true,\"data\":{}}", FAILURE_PERMANENT, "", "kept" },
		{ 200, "{\"result\":\"true\",\"data\":[]}", FAILURE_PERMANENT, "", "kept" },
		{ 200, "{\"data\":{\"records\":[]}}", FAILURE_PERMANENT, "", "kept" },
		{ 200, "{}", FAILURE_PERMANENT, "", "kept" },
		{ 404, "{\"message\":\"Ines Dahl\"}", FAILURE_PERMANENT, "", "kept" },
	};
	static const size_t pieces[] = { 1, 7, 0 };
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t p = 0; p < 3; p++) {
			bench->piece = pieces[p];
			open_all(bench, NULL);
			assert_int_equal(next(bench), READ_REQUEST);
			bench->failure = (struct failure){ 0 };
			assert_false(answer(bench, rows[i].status, "application/json", rows[i].body));
			if (bench->failure.kind != rows[i].kind || strcmp(bench->failure.code, rows[i].code) != 0 ||
				strstr(bench->failure.text, rows[i].says) == NULL)
				fail_msg("row %zu: %s %s: %s", i, failure_kind_name(bench->failure.kind),
					bench->failure.code, bench->failure.text);
			assert_int_equal(bench->failure.http_status, rows[i].status);
			assert_non_null(strstr(bench->failure.text, "Company"));
			/* errorDesc can hold a person's data. */
			assert_null(strstr(bench->failure.text, "Dahl"));
			assert_null(strstr(bench->failure.text, "SECRET"));
			assert_null(cursor_of(bench));
			assert_int_equal(bench->seen.records, 0);
		}
}

static void test_three_empties(void **state)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {
		{ 200, "{\"result\":true,\"errorCode\":null,\"data\":{\"records\":[]},\"message\":null}" },
		{ 200, "{\"result\":true,\"errorCode\":\"\",\"data\":[]}" },
		{ 200, "{\"result\":false,\"errorCode\":null,\"errorDesc\":\"NO data found for given "
		       "criteria\",\"data\":null}" },
		{ 400, "{\"result\":false,\"errorCode\":\"GSOBJ_1011\",\"errorDesc\":\"No entity "
		       "matches\",\"data\":null}" },
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		open_all(bench, NULL);
		assert_int_equal(next(bench), READ_REQUEST);
		assert_true(answer(bench, rows[i].status, "application/json", rows[i].body));
		/* Nobody has said yet that there is no row at all. */
		assert_int_equal(next(bench), READ_REQUEST);
		assert_non_null(strstr(query(bench), "\"desc\""));
		assert_true(answer(bench, rows[i].status, "application/json", rows[i].body));
		assert_int_equal(next(bench), READ_COMPLETE);
	}
}

static void test_throttled_until_the_next_minute(void **state)
{
	struct bench *bench = *state;
	const char *body = "{\"result\":false,\"errorCode\":\"GU_2400\"}";

	bench->now_ms = NOW_MS - 1000 + 41 * 1000; /* 08:00:41 */
	open_all(bench, NULL);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(next(bench), READ_REQUEST);
		assert_false(answer(bench, 429, "application/json", body));
		int64_t wait_s = bench->failure.retry_after_s;
		assert_true(i < 2 ? wait_s > 19 && wait_s <= 19 + 15 : wait_s == 600);
	}
	/* The page is asked for again as it was: throttling is no reason for smaller ones. */
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.body), "\"limit\":5000"));
	assert_true(answer(bench, 200, NULL, "{\"result\":true,\"data\":[{\"Gsid\":\"1\"}]}"));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(answer(bench, 429, "application/json", body));
	assert_true(bench->failure.retry_after_s < 60);
}

static void test_limit_halves(void **state)
{
	struct bench *bench = *state;
	static const char *const limits[] = { "5000", "2500", "1250", "625", "312", "250", "250" };
	char wanted[32];

	open_all(bench, NULL);
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		assert_int_equal(next(bench), READ_REQUEST);
		(void)snprintf(wanted, sizeof wanted, "\"limit\":%s,", limits[i]);
		assert_non_null(strstr(buffer_text(&bench->request.body), wanted));
		if (i == 1) {
			assert_false(answer(bench, 200, NULL, "{\"result\":tr"));
			assert_int_equal(bench->failure.kind, FAILURE_TRANSIENT);
		}
		if (i == 2) {
			assert_false(gainsight->read_finish(bench->reading, NOW_MS, &bench->failure));
			assert_int_equal(bench->failure.kind, FAILURE_TRANSIENT);
		}
	}
	/* One row is asked for to prove the end, whatever the page's size. */
	assert_true(answer(bench, 200, NULL, "{\"result\":true,\"data\":[" KNOWN_ROW "]}"));
	give(bench, "[" KNOWN_ROW "]");
	assert_non_null(strstr(query(bench), "\"limit\":1,"));
	give(bench, "[" KNOWN_ROW "]");
	assert_int_equal(next(bench), READ_COMPLETE);
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.body), "\"limit\":500,"));
}

/* A gateway that ran out of time says so with a status; that it is out of order asks for no smaller pages. */
static void test_limit_halves_after_a_gateway(void **state)
{
	struct bench *bench = *state;

	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(answer(bench, 503, "text/html", "<html>"));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(query(bench), "\"limit\":5000,"));
	assert_false(answer(bench, 504, "text/html", "<html>"));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(query(bench), "\"limit\":2500,"));
}

static unsigned dice = 12345;

static unsigned roll(unsigned sides)
{
	dice = dice * 1103515245u + 12345u;
	return (dice >> 16) % sides;
}

static void test_pace(void **state)
{
	struct bench *bench = *state;
	int64_t now_ms = NOW_MS - 1000; /* on the minute */
	unsigned sent = 0;
	int64_t minute = now_ms / 60000;

	open_all(bench, NULL);
	for (int i = 0; i < 15; i++) {
		assert_int_equal(next(bench), READ_REQUEST);
		assert_int_equal(bench->request.pause_before_ms, 0);
	}
	for (int i = 0; i < 15; i++) {
		assert_int_equal(next(bench), READ_REQUEST);
		assert_int_equal(bench->request.pause_before_ms, 2000);
	}
	/* Over ten minutes no clock minute sees more than its share, whatever the clock does. */
	bench->settings.calls_per_minute = 7;
	renew_session(bench);
	open_all(bench, NULL);
	for (int i = 0; i < 70; i++) {
		bench->now_ms = now_ms;
		assert_int_equal(next(bench), READ_REQUEST);
		assert_true(bench->request.pause_before_ms <= 60000);
		now_ms += bench->request.pause_before_ms;
		sent = now_ms / 60000 == minute ? sent + 1 : 1;
		minute = now_ms / 60000;
		assert_true(sent <= 7);
		now_ms += roll(900);
	}
	bench->now_ms = now_ms - 5 * HOUR_MS;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(next(bench), READ_REQUEST);
		assert_true(bench->request.pause_before_ms <= 60000);
	}
}

/* The vendor's day is UTC's; our own calls are all that we can know of. */
static void test_quota(void **state)
{
	struct bench *bench = *state;
	struct quota quota;

	open_all(bench, NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(next(bench), READ_REQUEST);
	gainsight->session_quota(bench->session, &quota);
	assert_int_equal(quota.used, 3);
	bench->now_ms += 16 * HOUR_MS;
	assert_int_equal(next(bench), READ_REQUEST);
	gainsight->session_quota(bench->session, &quota);
	assert_int_equal(quota.used, 1);
}

static void test_watermark_without_a_good_date(void **state)
{
	static const char *const dates[] = { NULL, "yesterday", "Thu, 01 Oct 2099 08:00:01 GMT" };
	struct bench *bench = *state;

	for (size_t i = 0; i < 3; i++) {
		const struct http_header header = { "Date", dates[i] };
		const struct http_head head = { 200, &header, dates[i] == NULL ? 0 : 1 };
		const char *body = "{\"result\":true,\"data\":[]}";
		open_all(bench, NULL);
		assert_int_equal(next(bench), READ_REQUEST);
		gainsight->read_head(bench->reading, &head);
		assert_true(gainsight->read_feed(bench->reading, body, strlen(body)));
		assert_true(gainsight->read_finish(bench->reading, NOW_MS + 5000, &bench->failure));
		assert_until(bench, NOW_MS, NOW_MS - 4 * HOUR_MS);
	}
}

static void test_settings(void **state)
{
	struct bench *bench = *state;
	struct quota quota;
	struct gainsight_settings initial = { 0 };

	option_defaults(gainsight->options, gainsight->option_count, &initial);
	assert_int_equal(initial.page_size, 5000);
	assert_int_equal(initial.overlap_s, 600);
	assert_int_equal(initial.late_s, 4 * 3600);
	assert_int_equal(initial.calls_per_minute, 30);
	option_clear(gainsight->options, gainsight->option_count, &initial);
	assert_true(gainsight->check_settings(&bench->settings, &bench->failure));
	secret_free(bench->settings.access_key);
	bench->settings.access_key = secret_new("two words");
	assert_false(gainsight->check_settings(&bench->settings, &bench->failure));
	assert_null(strstr(bench->failure.text, "two words"));
	secret_free(bench->settings.access_key);
	/* A key with a line break would be a header of its own. */
	bench->settings.access_key = secret_new("key\r\nHost: evil");
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_FAILED);
	assert_int_equal(bench->failure.kind, FAILURE_CREDENTIALS);
	assert_null(strstr(bench->failure.text, "evil"));
	gainsight->session_quota(bench->session, &quota);
	assert_true(quota.used == 0 && quota.allowed == 50000);
	assert_null(gainsight->authorize);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_error_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_three_empties, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_throttled_until_the_next_minute, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limit_halves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limit_halves_after_a_gateway, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watermark_without_a_good_date, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settings, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("gainsight refusals", tests, NULL, NULL);
}
