/* test_salesforce_all.c - the Salesforce connector reads all records by REST: order, places, what changes go on from. */
#include "tests/unit/salesforce_exchange.h"

#define ALL DATA "query?q=SELECT Id,SystemModstamp,Name,Owner.Email,Health__c FROM Account"
#define NEWEST_FIRST " ORDER BY Id DESC"
#define BEHIND_B " WHERE Id < '0015e00000LoSeRAAV'"
#define RUN(rest) "{\"v\":2,\"all\":true,\"hi\":\"2026-11-20T10:04:00.000Z\"" rest "}"
#define BEHIND_B_CURSOR RUN(",\"id\":\"0015e00000LoSeRAAV\",\"rows\":2")
#define LOADED "{\"v\":2,\"fresh\":\"2026-11-20T10:04:00.000Z\",\"proven\":\"2026-11-20T09:49:00.000Z\"}"

static void all_records_in_pieces(void **state)
{
	static const size_t pieces[] = { 1, 7, 0 };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		fixture->piece = pieces[i];
		open_all(fixture, NULL);
		assert_string_equal(cursor_of(fixture), "none");
		assert_int_equal(salesforce->read_expected(fixture->reading), -1);
		assert_string_equal(ask(fixture), ALL NEWEST_FIRST);
		good_page(fixture, PAGE_1);
		assert_cursor(fixture, BEHIND_B_CURSOR);
		assert_int_equal(salesforce->read_expected(fixture->reading), 3);
		assert_until(fixture, INT64_MIN, INT64_MIN);
		assert_string_equal(ask(fixture), DATA "query/0r85e00000LoCaTAAV-2000");
		/* Later pages don't move the watermark. */
		const struct answer later = {
			.status = 200, .type = JSON_TYPE, .date = "Fri, 20 Nov 2026 11:30:00 GMT", .body = PAGE_2
		};
		assert_true(feed(fixture, &later, strlen(later.body)));
		assert_complete(fixture);
		assert_cursor(fixture, LOADED);
		assert_until(fixture, DATE_MS - 60000, DATE_MS - 60000 - 900000);
		assert_int_equal(fixture->row_count, 3);
		/* Changes go on from before the first request, with and without proof. */
		open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor_of(fixture));
		assert_non_null(strstr(ask(fixture), " WHERE SystemModstamp >= 2026-11-20T09:59:00Z"));
		open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, true, cursor_of(fixture));
		assert_non_null(strstr(ask(fixture), " WHERE SystemModstamp >= 2026-11-20T09:49:00Z"));
	}
}

/* Feeds a page byte by byte; how many of its bytes had come when the page behind was told, 0 for never. */
static size_t told_ahead(struct fixture *fixture, int status, const char *body, struct http_request *ahead)
{
	const struct http_header headers[] = { { "content-type", JSON_TYPE }, { "Date", DATE } };
	const struct http_head head = { .status = status, .headers = headers, .count = 2 };
	size_t at = 0, told = 0;

	salesforce->read_head(fixture->reading, &head);
	for (; body[at] != '\0'; at++) {
		assert_true(salesforce->read_feed(fixture->reading, body + at, 1));
		if (told == 0 && salesforce->read_ahead(fixture->reading, ahead))
			told = at + 1;
	}
	return told;
}

static void the_next_page_is_told_by_the_first_record(void **state)
{
	static const char page[] = PAGE_1;
	static const char foreign[] =
		PAGE("3", "\"done\":false,\"nextRecordsUrl\":\"https://evil.example/x\"", A "," B);
	static const char behind[] = "{\"totalSize\":3,\"done\":false,\"records\":[" A "," B
				     "],\"nextRecordsUrl\":\"/services/data/v66.0/query/0r8-2\"}";
	struct fixture *fixture = *state;
	struct http_request ahead;

	http_request_init(&ahead);
	open_all(fixture, NULL);
	(void)ask(fixture);
	size_t told = told_ahead(fixture, 200, page, &ahead);
	assert_int_equal(told, strstr(page, B) - page - 1);
	assert_true(salesforce->read_finish(fixture->reading, NOW_MS, &fixture->failure));
	assert_string_equal(ask(fixture), DATA "query/0r85e00000LoCaTAAV-2000");
	assert_true(http_request_same(&ahead, &fixture->request));
	assert_string_equal(ahead.what, fixture->request.what);
	assert_int_equal(ahead.timeout_s, fixture->request.timeout_s);
	/* Another token makes it another request. */
	give_token(fixture, "00D!tok-2", HOST);
	(void)ask(fixture);
	assert_false(http_request_same(&ahead, &fixture->request));
	/* Neither the last page has one, nor what is no page. */
	assert_int_equal(told_ahead(fixture, 200, PAGE_2_ALONE, &ahead), 0);
	assert_int_equal(told_ahead(fixture, 503, PAGE_1, &ahead), 0);
	assert_int_equal(told_ahead(fixture, 200, foreign, &ahead), 0);
	/* It isn't there until the end: then it is, as ever. */
	open_all(fixture, NULL);
	(void)ask(fixture);
	assert_int_equal(told_ahead(fixture, 200, behind, &ahead), 0);
	assert_true(salesforce->read_finish(fixture->reading, NOW_MS, &fixture->failure));
	assert_string_equal(ask(fixture), DATA "query/0r8-2");
	/* Bulk will bring what is behind. */
	fixture->settings.bulk_from = 3;
	open_all(fixture, NULL);
	(void)ask(fixture);
	assert_int_equal(told_ahead(fixture, 200, PAGE_1, &ahead), 0);
	http_request_free(&ahead);
}

/* However many there are, Bulk isn't asked: it would take its time. */
static void a_look_asks_for_some_alone(void **state)
{
	const struct record_filter filter = {
		.groups = { { .tests = { { .field = "Health__c",
				      .kind = RECORD_TEST_NUMBER,
				      .operator= "<",
				      .number = "60" } },
				    .count = 1 },
			{ .tests = { { .field = "IsEscalated", .kind = RECORD_TEST_YES },
				  { .field = "IsClosed", .kind = RECORD_TEST_NO } },
				.count = 2 },
			{ .tests = { { .field = "Owner.Rank__c",
				  .kind = RECORD_TEST_WORDS,
				  .words = { "it's", "a\\b" },
				  .word_count = 2 } },
				.count = 1 } },
		.count = 3
	};
	static const char wanted[] = "((Health__c < 60) OR (IsEscalated = true AND IsClosed = false)"
				     " OR (Owner.Rank__c IN ('it\\'s','a\\\\b')))" NEWEST_FIRST;
	struct fixture *fixture = *state;
	char *text;

	fixture->settings.bulk_from = 1;
	fixture->only = &filter;
	open_all(fixture, NULL);
	text = memory_format("%s WHERE %s", ALL, wanted);
	assert_string_equal(ask(fixture), text);
	free(text);
	good_page(fixture, PAGE_1);
	assert_string_equal(ask(fixture), DATA "query/0r85e00000LoCaTAAV-2000");
	assert_true(reply(fixture, 400, LOST));
	text = memory_format("%s%s AND %s", ALL, BEHIND_B, wanted);
	assert_string_equal(ask(fixture), text);
	free(text);
	good_page(fixture, PAGE("1", "\"done\":true", C));
	assert_complete(fixture);
	assert_int_equal(fixture->row_count, 3);
}

/* Words without end, each of whose characters takes six in a URL: the mapping isn't to blame. */
static void a_look_that_has_no_room_in_a_url_is_refused(void **state)
{
	struct record_filter filter = {
		.groups = { { .tests = { { .field = "Rank__c", .kind = RECORD_TEST_WORDS } }, .count = 1 } },
		.count = 1
	};
	struct record_test *test = &filter.groups[0].tests[0];
	struct fixture *fixture = *state;
	char word[128];

	memset(word, '\'', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	while (test->word_count < RECORD_WORDS_MOST)
		test->words[test->word_count++] = word;
	fixture->only = &filter;
	open_all(fixture, NULL);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	assert_int_equal(fixture->failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(fixture->failure.text, "Account: the query is too long for a URL"));
}

static void an_interrupted_reading_goes_on(void **state)
{
	const struct answer later = { .status = 200,
		.type = JSON_TYPE,
		.date = "Sat, 21 Nov 2026 09:00:00 GMT",
		.body = PAGE("1", "\"done\":true", C) };
	struct fixture *fixture = *state;

	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	open_all(fixture, cursor_of(fixture));
	assert_cursor(fixture, BEHIND_B_CURSOR);
	assert_string_equal(ask(fixture), ALL BEHIND_B NEWEST_FIRST);
	assert_true(feed(fixture, &later, strlen(later.body)));
	assert_int_equal(salesforce->read_expected(fixture->reading), 3);
	assert_complete(fixture);
	assert_cursor(fixture, LOADED);
}

static void a_lost_locator_or_session_goes_on_behind_the_last_id(void **state)
{
	struct fixture *fixture = *state;

	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	(void)ask(fixture);
	assert_true(reply(fixture, 400, LOST));
	assert_string_equal(ask(fixture), ALL BEHIND_B NEWEST_FIRST);
	good_page(fixture, PAGE("1", "\"done\":true", C));
	assert_complete(fixture);
	assert_cursor(fixture, LOADED);

	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	give_token(fixture, "00D!tok-2", HOST);
	assert_string_equal(ask(fixture), ALL BEHIND_B NEWEST_FIRST);
}

/* However fresh: an id never changes. A record whose id can't stand in a query is no place. */
static void every_id_is_a_place(void **state)
{
	struct fixture *fixture = *state;

	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, PAGE("9", NEXT("0r8-1"),
				   A "," RECORD("001FRESH", "x", "null", "false",
					   "10:04:59") ","
						       "{\"Id\":\"001NOSTAMP\",\"SystemModstamp\":\"soon\"},{"
						       "\"Id\":\"it's\"},7"));
	assert_cursor(fixture, RUN(",\"id\":\"001NOSTAMP\",\"rows\":5"));
}

static void a_miscount_voids_the_query(void **state)
{
	struct fixture *fixture = *state;

	open_all(fixture, NULL);
	(void)ask(fixture);
	assert_false(reply(fixture, 200, PAGE("2", "\"done\":true", A)));
	refused(fixture, FAILURE_TRANSIENT, "counted 2 records and sent 1");
	assert_string_equal(cursor_of(fixture), "none");
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	open_all(fixture, cursor_of(fixture));
	(void)ask(fixture);
	good_page(fixture, PAGE("3", NEXT("0r8-9"), C));
	assert_cursor(fixture, RUN(",\"id\":\"0015e00000MaStRAAV\",\"rows\":3"));
	(void)ask(fixture);
	assert_false(reply(fixture, 200, PAGE("3", "\"done\":true", C)));
	refused(fixture, FAILURE_TRANSIENT, "counted 3 records and sent 2");
	assert_cursor(fixture, BEHIND_B_CURSOR);
	assert_string_equal(ask(fixture), ALL BEHIND_B NEWEST_FIRST);
}

/* An error page, or a short one, is never the end. */
static void nothing_ends_on_an_error(void **state)
{
	struct fixture *fixture = *state;

	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	(void)ask(fixture);
	assert_false(reply(fixture, 200, "<html>Maintenance</html>"));
	assert_int_not_equal(salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure),
		READ_COMPLETE);
	assert_false(reply(fixture, 503, ""));
	assert_cursor(fixture, BEHIND_B_CURSOR);
	(void)ask(fixture);
	assert_false(reply(fixture, 200, PAGE("3", "\"done\":true", "")));
	refused(fixture, FAILURE_TRANSIENT, "counted 3 records and sent 2");
	assert_until(fixture, INT64_MIN, INT64_MIN);
}

static void cursors_of_another_kind_are_a_beginning(void **state)
{
#define MAPPING "\"mapping\":\"" FINGERPRINT "\"}"
#define HI "\"hi\":\"2026-11-20T09:00:00.000Z\""
	static const char *const cursors[] = {
		"",
		"nonsense",
		"{\"v\":2,\"fresh\":\"2026-11-20T09:00:00.000Z\",\"proven\":\"2026-11-20T09:00:00.000Z\"," MAPPING,
		"{\"v\":1,\"all\":true," HI ",\"id\":\"001A\"," MAPPING,
		"{\"v\":2,\"all\":true," HI ",\"id\":\"001A\",\"mapping\":\"0123456789abcdee\"}",
		"{\"v\":2,\"all\":true,\"id\":\"001A\"," MAPPING,
		"{\"v\":2,\"all\":true," HI "," MAPPING,
		"{\"v\":2,\"all\":true," HI ",\"id\":\"x' OR Id > '\"," MAPPING,
		"{\"v\":2,\"all\":true," HI ",\"id\":\"001A\",\"rows\":-1," MAPPING,
		"{\"v\":2,\"all\":true," HI ",\"id\":\"001A\",\"rows\":\"1\"," MAPPING,
		"{\"v\":2,\"all\":true," HI ",\"job\":\"../..\"," MAPPING,
		"{\"v\":2,\"all\":true," HI ",\"job\":\"750A\",\"job_rows\":1," MAPPING,
		"{\"v\":2,\"all\":true," HI ",\"job\":\"750A\",\"locator\":\"a b\"," MAPPING,
		"{\"v\":2,\"all\":true," HI ",\"id\":\"001A\",\"at\":\"2026-11-20T09:00:00.000Z\"," MAPPING,
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cursors); i++) {
		open_all(fixture, cursors[i]);
		assert_string_equal(cursor_of(fixture), "none");
		assert_string_equal(ask(fixture), ALL NEWEST_FIRST);
	}
	open_all(fixture, "{\"v\":2,\"all\":true," HI ",\"id\":\"001A\"," MAPPING);
	assert_string_equal(ask(fixture), ALL " WHERE Id < '001A'" NEWEST_FIRST);
}

/* Without any sign of the server's time there is nothing that changes could go on from. */
static void nothing_tells_the_time(void **state)
{
	const struct answer undated = { .status = 200, .type = JSON_TYPE, .body = NOTHING };
	struct fixture *fixture = *state;

	open_all(fixture, NULL);
	(void)ask(fixture);
	assert_true(feed(fixture, &undated, strlen(undated.body)));
	assert_complete(fixture);
	assert_string_equal(cursor_of(fixture), "none");
	assert_until(fixture, INT64_MIN, INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_records_in_pieces),
		TEST(the_next_page_is_told_by_the_first_record),
		TEST(a_look_asks_for_some_alone),
		TEST(a_look_that_has_no_room_in_a_url_is_refused),
		TEST(an_interrupted_reading_goes_on),
		TEST(a_lost_locator_or_session_goes_on_behind_the_last_id),
		TEST(every_id_is_a_place),
		TEST(a_miscount_voids_the_query),
		TEST(nothing_ends_on_an_error),
		TEST(cursors_of_another_kind_are_a_beginning),
		TEST(nothing_tells_the_time),
	};

	return cmocka_run_group_tests_name("salesforce_all", tests, NULL, NULL);
}
