/* test_salesforce.c - the Salesforce connector reads what changed: queries, pages and cursors. */
#include "tests/unit/salesforce_exchange.h"

#define NINE_MS (DATE_MS - 65 * 60 * 1000)

/* ---- requests ---- */

static void first_request_is_complete(void **state)
{
	struct fixture *fixture = *state;
	const struct http_request *request = &fixture->request;

	assert_string_equal(ask(fixture), QUERY SELECT FIRST ORDER);
	assert_null(strchr(buffer_text(&request->url), ' '));
	assert_null(strchr(buffer_text(&request->url), '\''));
	assert_false(request->is_post);
	assert_true(request->accept_gzip);
	assert_string_equal(request->what, "Account page 1");
	assert_int_equal(request->header_count, 4);
	assert_string_equal(buffer_text(&request->headers[0]), "Authorization: Bearer 00D!tok-1");
	assert_string_equal(buffer_text(&request->headers[1]), "Accept: application/json");
	assert_string_equal(buffer_text(&request->headers[2]), "Sforce-Call-Options: client=advocated");
	assert_string_equal(buffer_text(&request->headers[3]), "Sforce-Query-Options: batchSize=500");
	/* Asked again without an answer: the same, not twice as long. */
	assert_string_equal(ask(fixture), QUERY SELECT FIRST ORDER);
	assert_int_equal(request->header_count, 4);
	assert_false(salesforce->read_finish(fixture->reading, NOW_MS, &fixture->failure));
	refused(fixture, FAILURE_TRANSIENT, "no answer");
	assert_cursor(fixture, UNCHANGED_CURSOR);
	assert_until(fixture, NINE_MS, INT64_MIN);
}

static void objects_and_fields_come_from_the_mapping(void **state)
{
	struct fixture *fixture = *state;

	open_changes(fixture, ENTITY_STAFF);
	assert_string_equal(ask(fixture), DATA "query?q=SELECT Id,SystemModstamp,Name FROM User" FIRST ORDER);
	good_page(fixture, "{\"totalSize\":1,\"done\":true,\"records\":[{\"Id\":\"0055e00000UsRaBAAV\","
			   "\"Name\":\"Kim\",\"SystemModstamp\":\"2026-11-20T10:01:07.000+0000\"}]}");
	assert_string_equal(fixture->rows, "0055e00000UsRaBAAV|Kim|-|f;");

	map(fixture, "staff", "object", "Advisor__c");
	open_changes(fixture, ENTITY_STAFF);
	assert_string_equal(
		ask(fixture), QUERY "SELECT Id,SystemModstamp,IsDeleted,Name FROM Advisor__c" FIRST ORDER);

	/* A field that feeds two columns, or is selected anyway, is selected once. */
	map(fixture, "contact", "first_name", "Name");
	map(fixture, "contact", "last_name", "Name");
	map(fixture, "contact", "title", "Id");
	open_changes(fixture, ENTITY_CONTACT);
	assert_string_equal(ask(fixture),
		QUERY "SELECT Id,SystemModstamp,IsDeleted,MasterRecordId,Name FROM Contact" FIRST ORDER);

	/* And so is one that is written in two ways. */
	map(fixture, "opportunity", "name", "Name");
	map(fixture, "opportunity", "owner_email", "nAME");
	map(fixture, "opportunity", "stage", "ID");
	open_changes(fixture, ENTITY_OPPORTUNITY);
	assert_string_equal(
		ask(fixture), QUERY "SELECT Id,SystemModstamp,IsDeleted,Name FROM Opportunity" FIRST ORDER);
	good_page(fixture, PAGE_2_ALONE);
	assert_string_equal(fixture->rows, "0015e00000MaStRAAV|Survivor Ltd|Survivor Ltd|f;");
}

/* The case of a mapped name doesn't matter to the server, whose reply has its own. */
static void reply_may_write_names_otherwise(void **state)
{
	struct fixture *fixture = *state;

	map(fixture, "opportunity", "name", "nAmE");
	map(fixture, "opportunity", "owner_email", "owner.EMAIL");
	open_changes(fixture, ENTITY_OPPORTUNITY);
	(void)ask(fixture);
	good_page(fixture, WHOLE);
	assert_non_null(strstr(fixture->rows, "0015e00000MaStRAAV|Survivor Ltd|kim@acme.example|f;"));
}

static void map_signals(struct fixture *fixture, int from, int to)
{
	char name[64], remote[128];

	for (int i = from; i < to; i++) {
		(void)snprintf(name, sizeof name, "signal.s%d", i);
		(void)snprintf(remote, sizeof remote,
			"A_field_with_a_name_that_is_rather_long_as_names_go_number_%d__c", i);
		map(fixture, "account", name, remote);
	}
	open_changes(fixture, ENTITY_ACCOUNT);
}

/* 16,384 bytes hold the address and the headers. */
static void too_many_fields_are_told(void **state)
{
	struct fixture *fixture = *state;
	char token[3000];

	map_signals(fixture, 0, 200);
	(void)ask(fixture);
	assert_in_range(fixture->request.url.length, 13000, 14000);

	memset(token, 't', sizeof token);
	token[sizeof token - 1] = '\0';
	secret_free(fixture->session->token);
	fixture->session->token = secret_new(token);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	refused(fixture, FAILURE_PERMANENT, "Account: its 203 mapped fields");

	give_token(fixture, "00D!tok-1", HOST);
	map_signals(fixture, 200, 260);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	refused(fixture, FAILURE_PERMANENT, "Account: its 263 mapped fields");
	map_signals(fixture, 260, 2000);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	refused(fixture, FAILURE_PERMANENT, "Account: its 2003 mapped fields");
}

/* ---- pages and cursors ---- */

static void a_run_in_pieces(void **state)
{
	static const size_t pieces[] = { 1, 7, 0 };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		fixture->piece = pieces[i];
		open_changes(fixture, ENTITY_ACCOUNT);
		assert_int_equal(salesforce->read_expected(fixture->reading), -1);
		(void)ask(fixture);
		good_page(fixture, PAGE_1);
		assert_cursor(fixture, MIDDLE_CURSOR);
		assert_int_equal(salesforce->read_expected(fixture->reading), 3);
		assert_string_equal(ask(fixture), DATA "query/0r85e00000LoCaTAAV-2000");
		assert_string_equal(fixture->request.what, "Account page 2");
		good_page(fixture, PAGE_2);
		assert_complete(fixture);
		assert_cursor(fixture, DONE_CURSOR);
		assert_until(fixture, DATE_MS - 60000, INT64_MIN);
		assert_string_equal(fixture->rows,
			"0015e00000AbCdEAAV|Bob's BBQ \xe2\x80\x93 Gr\xc3\xbcn|kim@acme.example|f;"
			"0015e00000LoSeRAAV|Old Duplicate|-|t;0015e00000MaStRAAV|Survivor Ltd|kim@acme.example|f;");
	}
}

/* The fresh watermark is where the next run begins, less the overlap; and it never goes back. */
static void runs_follow_each_other(void **state)
{
	struct fixture *fixture = *state;
	struct answer early = {
		.status = 200, .type = JSON_TYPE, .date = "Fri, 20 Nov 2026 10:04:30 GMT", .body = NOTHING
	};

	(void)ask(fixture);
	good_page(fixture, WHOLE);
	assert_cursor(fixture, DONE_CURSOR);
	char *cursor = memory_copy_text(cursor_of(fixture));
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor);
	assert_string_equal(cursor_of(fixture), cursor);
	assert_string_equal(ask(fixture), QUERY SELECT " WHERE SystemModstamp >= 2026-11-20T09:59:00Z" ORDER);
	/* Nothing changed: that was the only call. */
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_complete(fixture);
	assert_string_equal(cursor_of(fixture), cursor);
	assert_until(fixture, DATE_MS - 60000, INT64_MIN);

	/* Nor does it go anywhere when nothing tells the server's time. */
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor);
	(void)ask(fixture);
	early.date = NULL;
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_complete(fixture);
	assert_string_equal(cursor_of(fixture), cursor);

	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor);
	(void)ask(fixture);
	early.date = "Fri, 20 Nov 2026 10:20:00 GMT";
	/* The query took 20 seconds: it saw the org as it was before its answer's Date. */
	early.elapsed_ms = 20000;
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_cursor(fixture,
		"{\"v\":2,\"fresh\":\"2026-11-20T10:18:40.000Z\",\"proven\":\"2026-11-20T08:00:00.000Z\"}");
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor);
	(void)ask(fixture);
	early.elapsed_ms = -20000;
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_cursor(fixture,
		"{\"v\":2,\"fresh\":\"2026-11-20T10:19:00.000Z\",\"proven\":\"2026-11-20T08:00:00.000Z\"}");
	free(cursor);
}

/* A proving run begins where nothing before can be missing, and moves that place on to where nothing can be late any
 * more: a row that was stamped at 9:50 and became visible at 10:05 is seen by it, and by no other run. */
static void a_proving_run_moves_both_watermarks(void **state)
{
	struct fixture *fixture = *state;
	const struct answer early = {
		.status = 200, .type = JSON_TYPE, .date = "Fri, 20 Nov 2026 08:10:00 GMT", .body = NOTHING
	};

	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, true, cursor_of(fixture));
	assert_string_equal(ask(fixture), QUERY SELECT " WHERE SystemModstamp >= 2026-11-20T08:00:00Z" ORDER);
	good_page(fixture, PAGE_1);
	assert_cursor(fixture, REST_CURSOR(",\"hi\":\"2026-11-20T10:04:00.000Z\",\"proving\":true,"
					   "\"at\":\"2026-11-20T10:03:00.000Z\",\"id\":\"0015e00000LoSeRAAV\""));
	/* It goes on as what it is, even if no proof is asked for. */
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor_of(fixture));
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
	good_page(fixture, PAGE_2_ALONE);
	assert_complete(fixture);
	assert_cursor(fixture,
		"{\"v\":2,\"fresh\":\"2026-11-20T10:04:00.000Z\",\"proven\":\"2026-11-20T09:49:00.000Z\"}");
	assert_until(fixture, DATE_MS - 60000, DATE_MS - 60000 - 900000);
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, true, cursor_of(fixture));
	assert_string_equal(ask(fixture), QUERY SELECT " WHERE SystemModstamp >= 2026-11-20T09:49:00Z" ORDER);

	/* Half of a run that proves nothing is no part of a proof. */
	open_changes(fixture, ENTITY_ACCOUNT);
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, true, cursor_of(fixture));
	assert_string_equal(ask(fixture), QUERY SELECT " WHERE SystemModstamp >= 2026-11-20T08:00:00Z" ORDER);
	/* And neither watermark goes back. */
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_complete(fixture);
	assert_cursor(fixture, UNCHANGED_CURSOR);
	assert_until(fixture, NINE_MS, NINE_MS - 60 * 60 * 1000);
}

/* A record that was merged away says into which. */
static void a_merged_record_names_its_survivor(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE("2", "\"done\":true",
				   "{\"Id\":\"001LOSER\",\"Name\":\"x\",\"IsDeleted\":true,\"MasterRecordId\":"
				   "\"0015e00000MaStRAAV\",\"SystemModstamp\":\"2026-11-20T10:03:00.000+0000\"},"
				   "{\"Id\":\"001WON\",\"Name\":\"y\",\"IsDeleted\":false,\"MasterRecordId\":null,"
				   "\"SystemModstamp\":\"2026-11-20T10:03:00.000+0000\"}"));
	assert_string_equal(fixture->rows, "001LOSER|x|-|t>0015e00000MaStRAAV;001WON|y|-|f;");
}

/* A crash between two pages: the next run goes on behind the last row, with the watermark of the first part.
 */
static void a_crash_resumes_with_its_watermark(void **state)
{
	struct fixture *fixture = *state;
	struct answer later = { .status = 200,
		.type = JSON_TYPE,
		.date = "Sat, 21 Nov 2026 09:00:00 GMT",
		.body = PAGE("1", "\"done\":true", C) };

	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor_of(fixture));
	assert_cursor(fixture, MIDDLE_CURSOR);
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
	assert_true(feed(fixture, &later, strlen(later.body)));
	assert_complete(fixture);
	assert_cursor(fixture, DONE_CURSOR);
}

/* Stamps have whole seconds. */
static void a_watermark_of_no_whole_second(void **state)
{
	struct fixture *fixture = *state;

	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false,
		"{\"v\":2,\"fresh\":\"2026-11-20T09:00:00.700Z\",\"proven\":\"2026-11-20T08:00:00.900Z\","
		"\"mapping\":"
		"\"" FINGERPRINT "\"}");
	assert_string_equal(ask(fixture), QUERY SELECT FIRST ORDER);
	assert_cursor(fixture,
		"{\"v\":2,\"fresh\":\"2026-11-20T09:00:00.700Z\",\"proven\":\"2026-11-20T08:00:00.900Z\"}");
}

/* Without a place to go on from, what changed can't be asked for. */
static void cursors_of_another_kind_are_refused(void **state)
{
#define MAPPING "\"mapping\":\"" FINGERPRINT "\"}"
#define NINE "\"2026-11-20T09:00:00.000Z\""
	static const char *const cursors[] = {
		NULL,
		"",
		"{}",
		"[]",
		"null",
		"nonsense",
		"{\"v\":2}",
		"{\"v\":2," MAPPING,
		"{\"v\":1,\"lo\":" NINE "," MAPPING,
		"{\"v\":1,\"fresh\":" NINE ",\"proven\":" NINE "," MAPPING,
		"{\"v\":2,\"fresh\":" NINE ",\"proven\":" NINE ",\"mapping\":\"0123456789abcdee\"}",
		"{\"v\":2,\"fresh\":" NINE "," MAPPING,
		"{\"v\":2,\"proven\":" NINE "," MAPPING,
		"{\"v\":2,\"fresh\":\"yesterday\",\"proven\":" NINE "," MAPPING,
		"{\"v\":2,\"fresh\":5,\"proven\":" NINE "," MAPPING,
		"{\"v\":2,\"fresh\":" NINE ",\"proven\":\"2026-11-20T09:00:01.000Z\"," MAPPING,
		"{\"v\":2,\"all\":true,\"hi\":" NINE ",\"id\":\"001A\"," MAPPING,
		"{\"v\":2,\"fresh\":" NINE ",\"proven\":" NINE ",\"at\":" NINE "," MAPPING,
		"{\"v\":2,\"fresh\":" NINE ",\"proven\":" NINE ",\"hi\":" NINE "," MAPPING,
		"{\"v\":2,\"fresh\":" NINE ",\"proven\":" NINE ",\"hi\":" NINE ",\"at\":" NINE
		",\"id\":\"x' OR Id > '\"," MAPPING,
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cursors); i++) {
		open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, i % 2 == 0, cursors[i]);
		assert_null(fixture->reading);
	}
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false,
		"{\"v\":2,\"fresh\":" NINE ",\"proven\":" NINE ",\"hi\":" NINE ",\"at\":" NINE "," MAPPING);
	assert_string_equal(ask(fixture), QUERY SELECT " WHERE SystemModstamp >= 2026-11-20T09:00:00Z" ORDER);
}

/* A row that changed after the query began may be sent with its new stamp in its old place: going on behind
 * it would lose what stands between. It doesn't mark a place; nor does a record whose stamp or id can't be
 * read. */
static void only_settled_rows_mark_a_place(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE("9", NEXT("0r8-2"),
				   A "," B "," RECORD("001FRESH", "x", "null", "false",
					   "10:04:01") ","
						       "{\"Id\":\"001NOSTAMP\",\"SystemModstamp\":\"soon\"},"
						       "{\"Id\":\"it's\",\"SystemModstamp\":\"2026-11-20T10:"
						       "03:30.000+0000\",\"IsDeleted\":false},7"));
	assert_cursor(fixture, MIDDLE_CURSOR);
	assert_int_equal(fixture->row_count, 6);
	(void)ask(fixture);
	/* Later pages are measured by when their query began, not by their own Date. */
	const struct answer later = { .status = 200,
		.type = JSON_TYPE,
		.date = "Fri, 20 Nov 2026 10:30:00 GMT",
		.body = PAGE("9", NEXT("0r8-4"), RECORD("001FRESH2", "x", "null", "false", "10:20:00")) };
	assert_true(feed(fixture, &later, strlen(later.body)));
	assert_cursor(fixture, MIDDLE_CURSOR);
	(void)ask(fixture);
	good_page(fixture, PAGE("9", "\"done\":true", C "," C));
	assert_cursor(fixture, DONE_CURSOR);
}

/* Without a Date the newest stamp of the first page proves the server's time. */
static void a_missing_date_is_no_excuse(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer = { .status = 200, .type = JSON_TYPE, .body = PAGE_1 };

	(void)ask(fixture);
	assert_true(feed(fixture, &answer, strlen(answer.body)));
	assert_cursor(
		fixture, REST_CURSOR(",\"hi\":\"2026-11-20T10:02:00.000Z\",\"at\":\"2026-11-20T10:03:00.000Z\","
				     "\"id\":\"0015e00000LoSeRAAV\""));
	(void)ask(fixture);
	answer.body = PAGE_2;
	answer.date = "not a date";
	assert_true(feed(fixture, &answer, strlen(answer.body)));
	assert_cursor(fixture,
		"{\"v\":2,\"fresh\":\"2026-11-20T10:02:00.000Z\",\"proven\":\"2026-11-20T08:00:00.000Z\"}");
}

static void bad_records_count_and_are_set_aside(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE("3", "\"done\":true",
				   A ","
				     "{\"Id\":\"0015e00000NuLlEAAV\",\"Name\":\"a\\u0000b\",\"SystemModstamp\":"
				     "\"2026-11-20T10:02:00Z\"},"
				     "{\"Id\":\"0015e00000BrOkEAAV\",\"Health__c\":\"good\",\"SystemModstamp\":"
				     "\"2026-11-20T10:02:00Z\"}"));
	assert_complete(fixture);
	assert_non_null(strstr(fixture->rows, "!0015e00000NuLlEAAV:Name;!0015e00000BrOkEAAV:Health__c;"));
}

/* Cut off anywhere, a page is no page: nothing moves, and asking again is right. */
static void a_cut_off_page_moves_nothing(void **state)
{
	struct fixture *fixture = *state;
	const struct answer answer = { .status = 200, .type = JSON_TYPE, .date = DATE, .body = PAGE_1 };
	size_t length = strlen(answer.body);

	for (size_t cut = 0; cut < length; cut++) {
		assert_string_equal(ask(fixture), QUERY SELECT FIRST ORDER);
		assert_false(feed(fixture, &answer, cut));
		assert_int_equal(fixture->failure.kind, FAILURE_TRANSIENT);
		assert_cursor(fixture, UNCHANGED_CURSOR);
	}
	(void)ask(fixture);
	assert_true(feed(fixture, &answer, length));
	assert_cursor(fixture, MIDDLE_CURSOR);
	/* The second page fails, then is repeated by its locator and counted once. */
	(void)ask(fixture);
	const struct answer second = { .status = 200, .type = JSON_TYPE, .date = DATE, .body = PAGE_2 };
	assert_false(feed(fixture, &second, strlen(second.body) - 1));
	assert_string_equal(ask(fixture), DATA "query/0r85e00000LoCaTAAV-2000");
	good_page(fixture, PAGE_2);
	assert_complete(fixture);
}

static void strange_answers_are_transient(void **state)
{
	static const struct {
		int status;
		const char *type, *body, *word;
	} rows[] = {
		{ 200, "text/html", "<html><body><h1>Maintenance</h1><p>back\nsoon</p></body></html>",
			"isn't JSON: Maintenance back soon" },
		{ 200, JSON_TYPE, "<html>Maintenance</html>", "not a whole JSON document" },
		{ 200, NULL, NOTHING, "isn't JSON" },
		{ 200, JSON_TYPE, "", "before the first record); should it stay so, check base_url" },
		{ 200, JSON_TYPE, "[]", "no query result" },
		{ 200, JSON_TYPE, "{}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":0,\"done\":true}", "no query result" },
		{ 200, JSON_TYPE, "{\"done\":true,\"records\":[]}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":-1,\"done\":true,\"records\":[]}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":\"0\",\"done\":true,\"records\":[]}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":0,\"done\":1,\"records\":[]}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":0,\"done\":true,\"records\":[]}x", "not a whole JSON document" },
		{ 204, NULL, "", "no answer to a query" },
		{ 302, "text/html", "", "points elsewhere" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false", A), "nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false,\"nextRecordsUrl\":7", A), "nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false,\"nextRecordsUrl\":\"https://evil.example/\"", A),
			"nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false,\"nextRecordsUrl\":\"//evil/services/data/\"", A),
			"nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false,\"nextRecordsUrl\":\"@evil/services/data/\"", A),
			"nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", NEXT("a b"), A), "nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", NEXT("a\\r\\nX-Evil: 1"), A), "nextRecordsUrl" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer answer = {
			.status = rows[i].status, .type = rows[i].type, .date = DATE, .body = rows[i].body
		};
		assert_string_equal(ask(fixture), QUERY SELECT FIRST ORDER);
		assert_false(feed(fixture, &answer, strlen(answer.body)));
		refused(fixture, FAILURE_TRANSIENT, rows[i].word);
		assert_cursor(fixture, UNCHANGED_CURSOR);
	}
}

/* "totalSize equals rows or the cycle is void": the query begins again where it began. */
static void a_miscount_voids_the_query(void **state)
{
	static const char *const bodies[] = { PAGE("4", "\"done\":true", C), PAGE("3", "\"done\":true", B "," C),
		PAGE("2", NEXT("0r85e00000LoCaTAAV-4000"), B "," C) };
	struct fixture *fixture = *state;

	(void)ask(fixture);
	assert_false(reply(fixture, 200, PAGE("2", "\"done\":true", A)));
	refused(fixture, FAILURE_TRANSIENT, "counted 2 records and sent 1");
	assert_cursor(fixture, UNCHANGED_CURSOR);
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		open_changes(fixture, ENTITY_ACCOUNT);
		(void)ask(fixture);
		good_page(fixture, i == 0 ? PAGE("4", NEXT("0r8-2000"), A "," B) : PAGE_1);
		(void)ask(fixture);
		assert_false(reply(fixture, 200, bodies[i]));
		refused(fixture, FAILURE_TRANSIENT, "is asked again");
		assert_cursor(fixture,
			REST_CURSOR(",\"hi\":\"2026-11-20T10:04:00.000Z\",\"at\":\"2026-11-20T08:55:00.000Z\""));
		assert_string_equal(ask(fixture), QUERY SELECT FIRST ORDER);
		good_page(fixture, WHOLE);
		assert_complete(fixture);
		assert_cursor(fixture, DONE_CURSOR);
	}
	/* A resumed run is void back to where it was resumed. */
	open_changes(fixture, ENTITY_ACCOUNT);
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	open_reading(fixture, ENTITY_ACCOUNT, READ_CHANGES, false, cursor_of(fixture));
	(void)ask(fixture);
	good_page(fixture, PAGE("3", NEXT("0r8-1"), C));
	(void)ask(fixture);
	assert_false(reply(fixture, 200, PAGE("3", "\"done\":true", C)));
	assert_cursor(fixture, MIDDLE_CURSOR);
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
}

static void a_page_that_adds_nothing_fails_loudly(void **state)
{
	static const char *const barren[] = { PAGE("3", NEXT("0r8-4000"), ""),
		PAGE("3", NEXT("0r85e00000LoCaTAAV-2000"), B) };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(barren); i++) {
		open_changes(fixture, ENTITY_ACCOUNT);
		(void)ask(fixture);
		good_page(fixture, PAGE_1);
		(void)ask(fixture);
		assert_false(reply(fixture, 200, barren[i]));
		refused(fixture, FAILURE_TRANSIENT, "adds none");
		assert_string_equal(ask(fixture), DATA "query/0r85e00000LoCaTAAV-2000");
		assert_false(reply(fixture, 200, barren[i]));
		refused(fixture, FAILURE_PERMANENT, "adds none");
		assert_cursor(fixture, MIDDLE_CURSOR);
	}
	/* When the second try is good, the next barren page has its own. */
	open_changes(fixture, ENTITY_ACCOUNT);
	(void)ask(fixture);
	assert_false(reply(fixture, 200, barren[0]));
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	(void)ask(fixture);
	assert_false(reply(fixture, 200, barren[0]));
	refused(fixture, FAILURE_TRANSIENT, "adds none");
}

/* 5,000 rows of one stamp, and a locator lost among them. */
static void ties_are_walked_by_id(void **state)
{
	struct fixture *fixture = *state;
	struct buffer body;
	int at = 0;

	buffer_init(&body, 1024 * 1024);
	(void)ask(fixture);
	while (at < 5000) {
		buffer_clear(&body);
		int total = at == 2000 ? 5000 : 5000 - at;
		int end = at + 1000;
		(void)buffer_printf(&body, "{\"totalSize\":%d,\"records\":[",
			at < 2000   ? 5000
			: at < 3000 ? 3000
				    : total);
		for (int i = at; i < end; i++)
			(void)buffer_printf(&body,
				"%s{\"Id\":\"001%011dAAA\",\"SystemModstamp\":\"2026-11-19T10:00:"
				"00.000+0000\"}",
				i == at ? "" : ",", i);
		(void)buffer_printf(&body,
			"],\"done\":%s,\"nextRecordsUrl\":\"/services/data/v66.0/query/0r8-%d\"}",
			end == 5000 ? "true" : "false", end);
		good_page(fixture, buffer_text(&body));
		at = end;
		if (at == 5000)
			break;
		(void)ask(fixture);
		if (at == 2000) {
			assert_true(reply(fixture, 400, LOST));
			assert_string_equal(ask(fixture),
				QUERY SELECT " WHERE (SystemModstamp = 2026-11-19T10:00:00Z AND "
					     "Id > '00100000001999AAA') OR "
					     "SystemModstamp > 2026-11-19T10:00:00Z" ORDER);
		}
	}
	buffer_free(&body);
	assert_int_equal(fixture->row_count, 5000);
	assert_complete(fixture);
	assert_cursor(fixture, DONE_CURSOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_request_is_complete),
		TEST(objects_and_fields_come_from_the_mapping),
		TEST(reply_may_write_names_otherwise),
		TEST(too_many_fields_are_told),
		TEST(a_run_in_pieces),
		TEST(runs_follow_each_other),
		TEST(a_proving_run_moves_both_watermarks),
		TEST(a_merged_record_names_its_survivor),
		TEST(a_crash_resumes_with_its_watermark),
		TEST(a_watermark_of_no_whole_second),
		TEST(cursors_of_another_kind_are_refused),
		TEST(only_settled_rows_mark_a_place),
		TEST(a_missing_date_is_no_excuse),
		TEST(bad_records_count_and_are_set_aside),
		TEST(a_cut_off_page_moves_nothing),
		TEST(strange_answers_are_transient),
		TEST(a_miscount_voids_the_query),
		TEST(a_page_that_adds_nothing_fails_loudly),
		TEST(ties_are_walked_by_id),
	};

	return cmocka_run_group_tests_name("salesforce", tests, NULL, NULL);
}
