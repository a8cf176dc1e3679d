/* test_salesforce_bulk.c - the Salesforce connector reads a large object whole by a job of Bulk API 2.0. */
#include "tests/unit/salesforce_exchange.h"

#define ALL DATA "query?q=SELECT Id,SystemModstamp,Name,Owner.Email,Health__c FROM Account"
#define NEWEST_FIRST " ORDER BY Id DESC"
#define JOBS DATA "jobs/query"
#define JOB JOBS "/7505e00000JoBqAAAV"
#define RESULTS JOB "/results?maxRecords=50000"
#define RUN(rest) "{\"v\":2,\"all\":true,\"hi\":\"2026-11-20T10:04:00.000Z\"" rest "}"
#define BEHIND_A(rest) RUN(",\"id\":\"0015e00000AbCdEAAV\"" rest)
#define LOADED "{\"v\":2,\"fresh\":\"2026-11-20T10:04:00.000Z\",\"proven\":\"2026-11-20T09:49:00.000Z\"}"
#define LARGE PAGE("60000", NEXT("0r8-2000"), A)
#define STATE_OF(state, rest)                                                                                      \
	"{\"id\":\"7505e00000JoBqAAAV\",\"operation\":\"query\",\"object\":\"Account\","                           \
	"\"createdDate\":\"2026-11-20T10:04:58.000+0000\",\"state\":\"" state "\",\"apiVersion\":66.0" rest "}"
#define CREATED STATE_OF("UploadComplete", "")
#define COMPLETE(rows) STATE_OF("JobComplete", ",\"numberRecordsProcessed\":" rows)
#define FAILED STATE_OF("Failed", ",\"errorMessage\":\"Your query\\nretried more than 15 times\"")
#define HEADER "\"Id\",\"SystemModstamp\",\"Name\",\"Owner.Email\",\"Health__c\"\n"
#define ROW_B "\"001B\",\"2026-11-20T09:58:12.000Z\",\"Bob's \"\"Famous\"\" BBQ\",\"kim@acme.example\",\"62.0\"\n"
#define ROW_C "\"001C\",\"2026-11-20T09:41:19.000Z\",\"line one\nline two, same cell\",\"\",\"\"\n"
#define ROW_D "\"001D\",\"2026-11-20T09:41:19.000Z\",\"Gr\xc3\xbcn\",\"\",\"\"\n"
#define SEEN_A "0015e00000AbCdEAAV|Bob's BBQ \xe2\x80\x93 Gr\xc3\xbcn|kim@acme.example|f;"
#define SEEN_B "001B|Bob's \"Famous\" BBQ|kim@acme.example|f;"
#define SEEN_C "001C|line one\nline two, same cell|-|f;"
#define SEEN_D "001D|Gr\xc3\xbcn|-|f;"

static bool csv(struct fixture *fixture, const char *records, const char *locator, const char *body)
{
	const struct answer answer = {
		.status = 200, .type = CSV_TYPE, .date = DATE, .records = records, .locator = locator, .body = body
	};

	return feed(fixture, &answer, strlen(body));
}

/* The first page says that there is much: what is behind it is left to a job. */
static void begin_job(struct fixture *fixture)
{
	open_all(fixture, NULL);
	assert_string_equal(ask(fixture), ALL NEWEST_FIRST);
	good_page(fixture, LARGE);
	assert_string_equal(ask(fixture), JOBS);
}

static void to_results(struct fixture *fixture)
{
	begin_job(fixture);
	good_page(fixture, CREATED);
	assert_string_equal(ask(fixture), JOB);
	good_page(fixture, COMPLETE("3"));
	assert_string_equal(ask(fixture), RESULTS);
}

static void a_job_in_pieces(void **state)
{
	static const size_t pieces[] = { 1, 7, 0 };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		const struct http_request *request = &fixture->request;
		fixture->piece = pieces[i];
		begin_job(fixture);
		assert_true(request->is_post);
		assert_string_equal(buffer_text(&request->body),
			"{\"operation\":\"query\",\"query\":\"SELECT Id,SystemModstamp,Name,Owner.Email,Health__c "
			"FROM "
			"Account WHERE Id < "
			"'0015e00000AbCdEAAV'\",\"contentType\":\"CSV\",\"columnDelimiter\":\"COMMA\","
			"\"lineEnding\":\"LF\"}");
		assert_string_equal(
			buffer_text(&request->headers[3]), "Content-Type: application/json; charset=UTF-8");
		assert_cursor(fixture, BEHIND_A(",\"rows\":1"));
		good_page(fixture, CREATED);
		assert_cursor(fixture, BEHIND_A(",\"rows\":1,\"job\":\"7505e00000JoBqAAAV\",\"jobs\":1"));
		assert_string_equal(ask(fixture), JOB);
		assert_false(request->is_post);
		assert_int_equal(request->pause_before_ms, 1000);
		good_page(fixture, COMPLETE("3"));
		assert_int_equal(salesforce->read_expected(fixture->reading), 4);
		assert_string_equal(ask(fixture), RESULTS);
		assert_string_equal(request->what, "Account bulk page 1");
		assert_string_equal(buffer_text(&request->headers[1]), "Accept: text/csv");
		assert_int_equal(request->pause_before_ms, 0);
		assert_true(csv(fixture, "2", "MjUw+MDA=", HEADER ROW_B ROW_C));
		assert_cursor(
			fixture, BEHIND_A(",\"rows\":3,\"job\":\"7505e00000JoBqAAAV\",\"locator\":\"MjUw+MDA=\","
					  "\"job_rows\":2,\"jobs\":1"));
		(void)ask(fixture);
		assert_string_equal(buffer_text(&request->url), RESULTS "&locator=MjUw%2BMDA%3D");
		assert_true(csv(fixture, "1", i == 0 ? "null" : i == 1 ? "" : NULL, HEADER ROW_D));
		assert_complete(fixture);
		assert_cursor(fixture, LOADED);
		assert_until(fixture, DATE_MS - 60000, DATE_MS - 60000 - 900000);
		assert_string_equal(fixture->rows, SEEN_A SEEN_B SEEN_C SEEN_D);
	}
}

static void only_what_is_large_is_a_job(void **state)
{
	struct fixture *fixture = *state;

	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, PAGE("49999", NEXT("0r8-2000"), A));
	assert_string_equal(ask(fixture), DATA "query/0r8-2000");
	fixture->settings.bulk_from = 0;
	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, LARGE);
	assert_string_equal(ask(fixture), DATA "query/0r8-2000");
	fixture->settings.bulk_from = 2;
	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, WHOLE);
	assert_complete(fixture);
	/* Changes are never. */
	open_changes(fixture, ENTITY_ACCOUNT);
	(void)ask(fixture);
	good_page(fixture, LARGE);
	assert_string_equal(ask(fixture), DATA "query/0r8-2000");
}

/* 1 s, doubling to a minute; after two hours of Salesforce's clock it is enough. */
static void patience_has_an_end(void **state)
{
	static const unsigned pauses_s[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct fixture *fixture = *state;
	struct answer waiting = { .status = 200,
		.type = JSON_TYPE,
		.date = "Fri, 20 Nov 2026 12:04:58 GMT",
		.body = STATE_OF("InProgress", "") };

	begin_job(fixture);
	good_page(fixture, CREATED);
	for (size_t i = 0; i < COUNT_OF(pauses_s); i++) {
		(void)ask(fixture);
		assert_int_equal(fixture->request.pause_before_ms, pauses_s[i] * 1000);
		assert_true(feed(fixture, &waiting, strlen(waiting.body)));
	}
	(void)ask(fixture);
	waiting.date = "Fri, 20 Nov 2026 12:04:59 GMT";
	assert_false(feed(fixture, &waiting, strlen(waiting.body)));
	refused(fixture, FAILURE_TRANSIENT, "has not finished within two hours");
	assert_string_equal(ask(fixture), JOBS);

	/* Without a Date, two hours of pauses. */
	begin_job(fixture);
	good_page(fixture, CREATED);
	waiting.date = NULL;
	int64_t paused_ms = 0;
	do {
		(void)ask(fixture);
		paused_ms += fixture->request.pause_before_ms;
	} while (feed(fixture, &waiting, strlen(waiting.body)));
	assert_in_range(paused_ms, 118 * 60000, 122 * 60000);
}

/* A restart goes on with the job, where it was. */
static void a_restart_finds_its_job(void **state)
{
	struct fixture *fixture = *state;

	begin_job(fixture);
	good_page(fixture, CREATED);
	open_all(fixture, cursor_of(fixture));
	assert_string_equal(ask(fixture), JOB);
	good_page(fixture, STATE_OF("InProgress", ""));
	(void)ask(fixture);
	assert_int_equal(fixture->request.pause_before_ms, 2000);
	good_page(fixture, COMPLETE("3"));
	(void)ask(fixture);
	assert_true(csv(fixture, "2", "L2", HEADER ROW_B ROW_C));
	open_all(fixture, cursor_of(fixture));
	(void)ask(fixture);
	good_page(fixture, COMPLETE("3"));
	assert_int_equal(salesforce->read_expected(fixture->reading), 4);
	assert_string_equal(ask(fixture), RESULTS "&locator=L2");
	/* A page that broke off is asked for again; a session that ended is renewed, the job stays. */
	assert_false(csv(fixture, "1", "null", HEADER "\"001D\",\"2026-11-20T09:4"));
	refused(fixture, FAILURE_TRANSIENT, "not a whole CSV document");
	assert_string_equal(ask(fixture), RESULTS "&locator=L2");
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_EXPIRED, "Session expired");
	give_token(fixture, "00D!tok-2", HOST);
	assert_string_equal(ask(fixture), RESULTS "&locator=L2");
	assert_true(csv(fixture, "1", "null", HEADER ROW_D));
	assert_complete(fixture);
	assert_cursor(fixture, LOADED);
	assert_string_equal(fixture->rows, SEEN_D);
}

/* Counts that differ, per page or in sum, make the job void: what came of it is read again by another. */
static void a_miscount_voids_the_job(void **state)
{
	static const struct {
		const char *records, *locator, *body, *word;
	} rows[] = {
		{ "3", "L2", HEADER ROW_B ROW_C, "3 were told and 2 came" },
		{ NULL, "L2", HEADER ROW_B ROW_C, "-1 were told and 2 came" },
		{ "two", "L2", HEADER ROW_B ROW_C, "-1 were told and 2 came" },
		{ "2", "null", HEADER ROW_B ROW_C, "3 were told and 2 came" },
		{ "0", "null", "", "3 were told and 0 came" },
		{ "4", "L2", HEADER ROW_B ROW_C ROW_D ROW_D, "3 were told and 4 came" },
		{ "0", "L2", HEADER, "a page adds none" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		to_results(fixture);
		assert_false(csv(fixture, rows[i].records, rows[i].locator, rows[i].body));
		refused(fixture, FAILURE_TRANSIENT, rows[i].word);
		refused(fixture, FAILURE_TRANSIENT, "7505e00000JoBqAAAV");
		assert_cursor(fixture, BEHIND_A(",\"rows\":1,\"jobs\":1"));
		assert_string_equal(ask(fixture), JOBS);
		good_page(fixture, CREATED);
		(void)ask(fixture);
		good_page(fixture, COMPLETE("1"));
		(void)ask(fixture);
		assert_true(csv(fixture, "1", NULL, HEADER ROW_D));
		assert_complete(fixture);
	}
	/* The same locator again. */
	to_results(fixture);
	assert_true(csv(fixture, "1", "L2", HEADER ROW_B));
	(void)ask(fixture);
	assert_false(csv(fixture, "1", "L2", HEADER ROW_C));
	refused(fixture, FAILURE_TRANSIENT, "a page adds none");
}

/* Told once; when the second job fails too, REST reads on behind the last place. */
static void two_failures_are_enough(void **state)
{
	struct fixture *fixture = *state;

	begin_job(fixture);
	good_page(fixture, CREATED);
	(void)ask(fixture);
	assert_false(reply(fixture, 200, FAILED));
	refused(fixture, FAILURE_TRANSIENT, "failed: Your query retried more than 15 times");
	assert_string_equal(ask(fixture), JOBS);
	good_page(fixture, CREATED);
	assert_cursor(fixture, BEHIND_A(",\"rows\":1,\"job\":\"7505e00000JoBqAAAV\",\"jobs\":2"));
	(void)ask(fixture);
	good_page(fixture, STATE_OF("Aborted", ""));
	assert_string_equal(ask(fixture), ALL " WHERE Id < '0015e00000AbCdEAAV'" NEWEST_FIRST);
	good_page(fixture, PAGE("60000", NEXT("0r8-2000"), B));
	assert_string_equal(ask(fixture), DATA "query/0r8-2000");
	/* After a restart too. */
	open_all(fixture, cursor_of(fixture));
	assert_string_equal(ask(fixture), ALL " WHERE Id < '0015e00000LoSeRAAV'" NEWEST_FIRST);
	good_page(fixture, LARGE);
	assert_string_equal(ask(fixture), DATA "query/0r8-2000");
}

/* Whoever keeps only cursors comes to the same end. */
static void failures_are_counted_across_restarts(void **state)
{
	struct fixture *fixture = *state;

	begin_job(fixture);
	good_page(fixture, CREATED);
	open_all(fixture, cursor_of(fixture));
	(void)ask(fixture);
	assert_false(reply(fixture, 200, FAILED));
	open_all(fixture, cursor_of(fixture));
	(void)ask(fixture);
	good_page(fixture, LARGE);
	assert_string_equal(ask(fixture), JOBS);
	good_page(fixture, CREATED);
	open_all(fixture, cursor_of(fixture));
	assert_string_equal(ask(fixture), JOB);
	assert_true(reply(fixture, 404, ERROR("NOT_FOUND", "x")));
	assert_string_equal(ask(fixture), ALL " WHERE Id < '0015e00000AbCdEAAV'" NEWEST_FIRST);
}

/* Who gets no job reads by REST; what has nothing to do with jobs is what it always is. */
static void a_refused_job_is_read_by_rest(void **state)
{
	static const struct {
		int status;
		const char *body;
	} refusals[] = {
		{ 400, ERROR("INVALIDENTITY", "Entity 'Account' is not supported by the Bulk API.") },
		{ 400, ERROR("API_ERROR", "Implementation restriction: View All Data") },
		{ 400, ERROR("EXCEEDED_QUOTA", "Max bulk v2 query jobs (10000) per 24 hrs has been reached") },
		{ 400, ERROR("LIMIT_EXCEEDED", "x") },
		{ 403, ERROR("FUNCTIONALITY_NOT_ENABLED", "x") },
		{ 404, ERROR("NOT_FOUND", "x") },
		{ 405, "" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		begin_job(fixture);
		assert_true(reply(fixture, refusals[i].status, refusals[i].body));
		assert_cursor(fixture, BEHIND_A(",\"rows\":1"));
		assert_string_equal(ask(fixture), ALL " WHERE Id < '0015e00000AbCdEAAV'" NEWEST_FIRST);
		good_page(fixture, LARGE);
		assert_string_equal(ask(fixture), DATA "query/0r8-2000");
	}
	begin_job(fixture);
	assert_false(reply(fixture, 503, ""));
	refused(fixture, FAILURE_TRANSIENT, "HTTP 503");
	assert_string_equal(ask(fixture), JOBS);
	assert_false(reply(fixture, 403, ERROR("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")));
	refused(fixture, FAILURE_THROTTLED, "24 hours");
	assert_string_equal(ask(fixture), JOBS);
	assert_false(reply(fixture, 403, ERROR("API_DISABLED_FOR_ORG", "x")));
	refused(fixture, FAILURE_CREDENTIALS, "edition");
}

/* A query that takes too long by REST is left to Bulk, which cuts it by itself. */
static void a_query_that_is_too_much_is_a_job(void **state)
{
#define TIMEOUT ERROR("QUERY_TIMEOUT", "Your query request was running for too long.")
	struct fixture *fixture = *state;

	open_all(fixture, NULL);
	(void)ask(fixture);
	assert_true(reply(fixture, 400, TIMEOUT));
	assert_string_equal(ask(fixture), JOBS);
	assert_non_null(strstr(buffer_text(&fixture->request.body), "FROM Account\""));
	good_page(fixture, CREATED);
	assert_cursor(fixture, RUN(",\"job\":\"7505e00000JoBqAAAV\",\"jobs\":1"));
	(void)ask(fixture);
	good_page(fixture, COMPLETE("1"));
	(void)ask(fixture);
	assert_true(csv(fixture, "1", "null", HEADER ROW_D));
	assert_complete(fixture);
	assert_cursor(fixture, LOADED);
	/* From the middle on; and where no job is to be had, it is a failure. */
	open_all(fixture, NULL);
	(void)ask(fixture);
	good_page(fixture, PAGE("9", NEXT("0r8-1"), A));
	(void)ask(fixture);
	assert_true(reply(fixture, 400, TIMEOUT));
	assert_string_equal(ask(fixture), JOBS);
	assert_true(reply(fixture, 400, ERROR("INVALIDENTITY", "x")));
	(void)ask(fixture);
	assert_false(reply(fixture, 400, TIMEOUT));
	refused(fixture, FAILURE_TRANSIENT, "took too long");
}

static void strange_answers_are_transient(void **state)
{
	static const char *const no_jobs[] = { "[]", "{}", "{\"id\":7}", "{\"id\":\"../x\"}", "<html>x</html>",
		"{\"id\":\"750" };
	static const char *const no_states[] = { "[]", "{}", STATE_OF("Dreaming", ""), STATE_OF("JobComplete", ""),
		COMPLETE("-1"), COMPLETE("\"3\""), "<html>x</html>" };
	struct fixture *fixture = *state;

	begin_job(fixture);
	for (size_t i = 0; i < COUNT_OF(no_jobs); i++) {
		assert_false(reply(fixture, 200, no_jobs[i]));
		refused(fixture, FAILURE_TRANSIENT, "no bulk job");
		assert_string_equal(ask(fixture), JOBS);
	}
	good_page(fixture, CREATED);
	for (size_t i = 0; i < COUNT_OF(no_states); i++) {
		assert_string_equal(ask(fixture), JOB);
		assert_false(reply(fixture, 200, no_states[i]));
		refused(fixture, FAILURE_TRANSIENT, "bulk job");
	}
	(void)ask(fixture);
	good_page(fixture, COMPLETE("3"));
	(void)ask(fixture);
	assert_false(reply(fixture, 200, "<html>Maintenance</html>"));
	refused(fixture, FAILURE_TRANSIENT, "isn't CSV");
	assert_string_equal(ask(fixture), RESULTS);
	assert_false(csv(fixture, "1", "null", "\"Id\",\"Name\"\n\"001B\",\"x\"\n"));
	refused(fixture, FAILURE_TRANSIENT, "Account: the answer's header has 2 columns instead of 5");
	assert_string_equal(ask(fixture), RESULTS);
	assert_false(csv(fixture, "1", "a b", HEADER ROW_B));
	refused(fixture, FAILURE_TRANSIENT, "locator");
	/* The job's results are gone: another one. */
	assert_string_equal(ask(fixture), RESULTS);
	assert_false(reply(fixture, 404, ERROR("NOT_FOUND", "x")));
	refused(fixture, FAILURE_TRANSIENT, "7505e00000JoBqAAAV can't be read any more: there is no such");
	assert_string_equal(ask(fixture), JOBS);
	/* A limit is waited for: the job is still there. */
	good_page(fixture, CREATED);
	(void)ask(fixture);
	assert_false(reply(fixture, 400, ERROR("LIMIT_EXCEEDED", "x")));
	refused(fixture, FAILURE_THROTTLED, "daily limit");
	assert_string_equal(ask(fixture), JOB);
}

/* A page that breaks off twice makes the job void. */
static void a_page_may_break_once(void **state)
{
	struct fixture *fixture = *state;

	to_results(fixture);
	assert_false(csv(fixture, "2", "L2", HEADER ROW_B "\"001C"));
	assert_string_equal(ask(fixture), RESULTS);
	assert_true(csv(fixture, "2", "L2", HEADER ROW_B ROW_C));
	for (int i = 0; i < 2; i++) {
		assert_string_equal(ask(fixture), RESULTS "&locator=L2");
		assert_false(csv(fixture, "1", "null", HEADER "\"001C"));
		refused(fixture, FAILURE_TRANSIENT,
			i == 0 ? "Account: the answer is not a whole CSV" : "sends a broken page");
	}
	assert_string_equal(ask(fixture), JOBS);
	assert_cursor(fixture, BEHIND_A(",\"rows\":1,\"jobs\":1"));
}

/* One record that can't be read is set aside, and counts. */
static void bad_records_count_and_are_set_aside(void **state)
{
	static const size_t pieces[] = { 1, 7, 0 };
	static const char body[] = HEADER "\"001N\",\"2026-11-20T09:41:19.000Z\",\"a\0b\",\"\",\"\"\n"
					  "\"001S\",\"short\"\n" ROW_D;
	const struct answer answer = {
		.status = 200, .type = CSV_TYPE, .date = DATE, .records = "3", .body = body
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		fixture->piece = pieces[i];
		to_results(fixture);
		assert_true(feed(fixture, &answer, sizeof body - 1));
		assert_complete(fixture);
		assert_memory_equal(fixture->rows, SEEN_A "!001N:Name;!?", sizeof SEEN_A "!001N:Name;!?" - 1);
		assert_non_null(strstr(fixture->rows, ":-;" SEEN_D));
	}
}

/* Cut off anywhere, a page is no page. */
static void a_cut_off_page_moves_nothing(void **state)
{
	static const char body[] = HEADER ROW_B ROW_C ROW_D;
	const struct answer answer = {
		.status = 200, .type = CSV_TYPE, .date = DATE, .records = "3", .body = body
	};
	struct fixture *fixture = *state;

	/* But for its last line break, without which it is whole. */
	for (size_t cut = 0; cut < sizeof body - 2; cut++) {
		to_results(fixture);
		assert_false(feed(fixture, &answer, cut));
		assert_int_equal(fixture->failure.kind, FAILURE_TRANSIENT);
		assert_until(fixture, INT64_MIN, INT64_MIN);
	}
	to_results(fixture);
	assert_true(feed(fixture, &answer, sizeof body - 2));
	assert_complete(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_in_pieces),
		TEST(only_what_is_large_is_a_job),
		TEST(patience_has_an_end),
		TEST(a_restart_finds_its_job),
		TEST(a_miscount_voids_the_job),
		TEST(two_failures_are_enough),
		TEST(failures_are_counted_across_restarts),
		TEST(a_refused_job_is_read_by_rest),
		TEST(a_query_that_is_too_much_is_a_job),
		TEST(strange_answers_are_transient),
		TEST(a_page_may_break_once),
		TEST(bad_records_count_and_are_set_aside),
		TEST(a_cut_off_page_moves_nothing),
	};

	return cmocka_run_group_tests_name("salesforce_bulk", tests, NULL, NULL);
}
