/* The Gainsight connector's two readings: everything by Gsid, and changes by ModifiedDate. */
#include "tests/unit/gainsight_bench.h"

static void test_first_request(void **state)
{
	struct bench *bench = *state;

	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_true(bench->request.is_post);
	assert_string_equal(
		buffer_text(&bench->request.url), "https://northwind.example/v1/data/objects/query/Company");
	assert_string_equal(buffer_text(&bench->request.headers[0]), "AccessKey: 0f6c2a7e-SECRET");
	assert_string_equal(query(bench),
		"{\"select\":[\"Gsid\",\"ModifiedDate\",\"Name\",\"Csm__gr.Email\",\"Renewal_Date\"],"
		"\"orderBy\":{\"Gsid\":\"asc\"},\"limit\":5000,\"offset\":0}");
	assert_int_equal(bench->request.timeout_s, 120);
	assert_true(bench->request.accept_gzip);
	assert_null(strstr(bench->request.what, "SECRET"));
	assert_null(cursor_of(bench));
	assert_until(bench, INT64_MIN, INT64_MIN);
	assert_int_equal(gainsight->read_expected(bench->reading), -1);
}

static void test_objects(void **state)
{
	struct bench *bench = *state;

	map(bench, "staff", "name", "name");
	map(bench, "staff", "email", "gsid"); /* the id once more, in another case: asked for once, read twice */
	bench->entity = ENTITY_STAFF;
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.url), "/query/gsuser"));
	assert_non_null(strstr(query(bench), "[\"Gsid\",\"ModifiedDate\",\"name\"]"));
	assert_true(
		answer(bench, 200, NULL, "{\"result\":true,\"data\":[{\"Gsid\":\"1P01A\",\"NAME\":\"Mira\"}]}"));
	assert_string_equal(bench->seen.last_name, "Mira");
	bench->entity = ENTITY_ACCOUNT;
	map(bench, "account", "object", "Relationship");
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.url), "/query/Relationship"));
	assert_string_equal(gainsight->default_object(ENTITY_SUPPORT_CASE), "call_to_action");
}

/* Two answers, in every size of piece: both containers, a dotted key in another case, no Content-Type. */
static void test_rows(void **state)
{
	static const char *const bodies[] = {
		"{\"result\":true,\"errorCode\":null,\"errorDesc\":null,\"requestId\":\"0d5e\",\n "
		"\"data\":{\"records\":[\n"
		"  {\"Gsid\":\"1P02A\",\"Name\":\"Aldermoor \\u00e9\",\"csm__gr.email\":\"mira@x.example\","
		"\"Renewal_Date\":1798761600000,\"ModifiedDate\":1790841053412},\n"
		"  {\"Gsid\":\"1P02B\",\"Name\":\"Brackenridge\",\"csm__gr.email\":\"b@x.example\","
		"\"ModifiedDate\":\"2026-10-01T07:56:17.008Z\"}]},\n \"message\":null}",
		"{\"data\":[{\"Gsid\":\"1P02A\",\"Name\":\"A\",\"ModifiedDate\":null},"
		"{\"Gsid\":\"1P02B\",\"Name\":\"Brackenridge\",\"CSM__GR.EMAIL\":\"b@x.example\","
		"\"ModifiedDate\":null}],"
		"\"result\":true}",
	};
	struct bench *bench = *state;
	static const size_t pieces[] = { 1, 7, 0 };

	for (size_t b = 0; b < 2; b++)
		for (size_t p = 0; p < 3; p++) {
			bench->piece = pieces[p];
			bench->seen = (struct seen){ 0 };
			open_all(bench, NULL);
			assert_int_equal(next(bench), READ_REQUEST);
			assert_true(
				answer(bench, 200, b == 0 ? "application/json;charset=UTF-8" : NULL, bodies[b]));
			assert_int_equal(bench->seen.records, 2);
			assert_int_equal(bench->seen.rejected, 0);
			assert_string_equal(bench->seen.last_id, "1P02B");
			assert_string_equal(bench->seen.last_name, "Brackenridge");
			assert_string_equal(bench->seen.last_csm, "b@x.example");
			give(bench, "[{\"Gsid\":\"1P02C\"}]"); /* a later one: the walk goes on */
			assert_int_equal(next(bench), READ_REQUEST);
			assert_non_null(strstr(buffer_text(&bench->request.body),
				"\"where\":{\"conditions\":[{\"name\":\"Gsid\",\"alias\":"
				"\"A\",\"value\":[\"1P02B\"],"
				"\"operator\":\"GT\"}],\"expression\":\"A\"}"));
		}
}

static void test_bad_record_is_set_aside(void **state)
{
	struct bench *bench = *state;

	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	/* 10^9 to 10^11 could be seconds or milliseconds; two keys that fold together are no row. */
	assert_true(answer(bench, 200, NULL,
		"{\"result\":true,\"data\":[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790841053},"
		"{\"Gsid\":\"1P02B\",\"gsid\":\"1P02C\"},{\"Gsid\":\"1P02D\",\"Name\":\"D\"}]}"));
	assert_int_equal(bench->seen.records, 1);
	assert_int_equal(bench->seen.rejected, 2);
	give(bench, "[{\"Gsid\":\"1P02B\",\"gsid\":\"1P02C\"}]"); /* the last Gsid can't be read */
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(query(bench), "\"1P02D\""));
}

/* From the known row's second, or from ten minutes before the last run, whichever is earlier. */
static void test_change_queries(void **state)
{
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	bench->settings.page_size = 2;
	renew_session(bench);
	open_changes(bench, cursor);
	free(cursor);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_string_equal(strstr(buffer_text(&bench->request.body), "\"where\""),
		"\"where\":{\"conditions\":[{\"name\":\"ModifiedDate\",\"alias\":\"A\",\"value\":[\"2026-10-"
		"01 07:00:00\"],"
		"\"operator\":\"GTE\"}],\"expression\":\"A\"},"
		"\"orderBy\":{\"ModifiedDate\":\"asc\",\"Gsid\":\"asc\"},\"limit\":2,\"offset\":0}");
	/* A full page: its last second is drained by Gsid. */
	assert_true(answer(bench, 200, NULL,
		"{\"result\":true,\"data\":[" KNOWN_ROW ",{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000}]}"));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_string_equal(strstr(buffer_text(&bench->request.body), "\"where\""),
		"\"where\":{\"conditions\":[{\"name\":\"ModifiedDate\",\"alias\":\"A\",\"value\":"
		"[\"2026-10-01 07:56:17\"],"
		"\"operator\":\"GTE\"},{\"name\":\"ModifiedDate\",\"alias\":\"B\",\"value\":["
		"\"2026-10-01 07:56:18\"],"
		"\"operator\":\"LT\"}],\"expression\":\"A AND "
		"B\"},\"orderBy\":{\"Gsid\":\"asc\"},\"limit\":2,\"offset\":0}");
	assert_true(answer(bench, 200, NULL,
		"{\"result\":true,\"data\":[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790841377008},"
		"{\"Gsid\":\"1P02B\\\"\\\\\",\"ModifiedDate\":1790841377000}]}"));
	assert_int_equal(next(bench), READ_REQUEST);
	/* An id with a quote can't break out of the query. */
	assert_non_null(strstr(buffer_text(&bench->request.body),
		"{\"name\":\"Gsid\",\"alias\":\"C\",\"value\":[\"1P02B\\\"\\\\\"],\"operator\":\"GT\"}],"
		"\"expression\":\"A AND B AND C\""));
	assert_true(answer(bench, 400, NULL, "{\"result\":false,\"errorCode\":\"GSOBJ_1011\"}"));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(
		strstr(buffer_text(&bench->request.body), "[\"2026-10-01 07:56:18\"],\"operator\":\"GTE\""));
	assert_true(answer(bench, 200, NULL, "{\"result\":true,\"data\":[]}"));
	assert_int_equal(next(bench), READ_COMPLETE);
}

/* With nothing changed the known row is the whole answer: one call, and no row for the sink. The watermark moves
 * all the same: a client whose doesn't asks for the same window for ever. */
static void test_quiet_poll(void **state)
{
	struct bench *bench = *state;
	struct server *server = server_new(40, NOW_MS - 40 * HOUR_MS, HOUR_MS);

	open_all(bench, NULL);
	run_through(bench, server, NULL);
	assert_int_equal(server->calls, 3);
	assert_int_equal(bench->seen.records, 40);
	assert_until(bench, NOW_MS, NOW_MS - 4 * HOUR_MS);
	for (int prove = 0; prove < 2; prove++) {
		server->calls = 0;
		bench->seen.records = 0;
		assert_true(open_mode(bench, READ_CHANGES, prove == 1, cursor_of(bench)));
		run_through(bench, server, NULL);
		/* The log of deletions is read by runs that prove. */
		assert_int_equal(server->calls, prove == 0 ? 1 : 2);
		/* To prove is to read again what changed since four hours before. */
		assert_int_equal(bench->seen.records, prove == 0 ? 0 : 3);
		assert_until(bench, NOW_MS, prove == 0 ? INT64_MIN : NOW_MS - 4 * HOUR_MS);
	}
	/* One row more: it comes, the known one doesn't, and it is the known one from now on. */
	server->rows[7].modified_ms = NOW_MS;
	for (size_t wanted = 2; wanted-- > 0;) {
		bench->seen.records = 0;
		open_changes(bench, cursor_of(bench));
		run_through(bench, server, NULL);
		assert_int_equal(bench->seen.records, wanted);
	}
	free(server);
}

/* An empty answer is none where a row is known: each of the three is a doubt. Everything has to be read then, and the
 * cursor says so to whoever opens it. */
static void test_empty_is_a_doubt(void **state)
{
	static const struct {
		int status;
		const char *body;
	} empties[] = {
		{ 200, "{\"result\":true,\"data\":{\"records\":[]}}" },
		{ 200, "{\"result\":false,\"errorDesc\":\"No data found\",\"data\":null}" },
		{ 400, "{\"result\":false,\"errorCode\":\"GSOBJ_1011\"}" },
	};
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	for (size_t i = 0; i < sizeof empties / sizeof empties[0]; i++) {
		open_changes(bench, cursor);
		assert_int_equal(next(bench), READ_REQUEST);
		assert_true(answer(bench, empties[i].status, "application/json", empties[i].body));
		assert_int_equal(next(bench), READ_FAILED);
		assert_int_equal(bench->failure.kind, FAILURE_TRANSIENT);
		assert_non_null(strstr(bench->failure.text, "did not come again"));
		assert_int_equal(next(bench), READ_FAILED);
		char *doubted = memory_copy_text(cursor_of(bench));
		assert_false(open_mode(bench, READ_CHANGES, false, doubted));
		open_all(bench, doubted);
		assert_int_equal(next(bench), READ_REQUEST);
		assert_null(strstr(query(bench), "where"));
		free(doubted);
	}
	free(cursor);
}

/* A second that very many share isn't read again at each run. Then there is no row that has to come, and the run begins
 * as far back as changes may show themselves late. */
static void test_crowded_second(void **state)
{
	struct bench *bench = *state;
	struct server *server = server_new(150, NOW_MS - 20 * HOUR_MS, 1);

	open_all(bench, NULL);
	run_through(bench, server, NULL);
	for (int runs = 0; runs < 2; runs++) {
		server->calls = 0;
		open_changes(bench, cursor_of(bench));
		run_through(bench, server, NULL);
		assert_int_equal(server->calls, 1);
		assert_non_null(strstr(query(bench), "\"2026-10-01 04:00:01\""));
	}
	server->rows[9].modified_ms = NOW_MS - 3 * HOUR_MS;
	bench->seen.records = 0;
	open_changes(bench, cursor_of(bench));
	run_through(bench, server, NULL);
	assert_int_equal(bench->seen.records, 1);
	/* That one is known now. */
	open_changes(bench, cursor_of(bench));
	run_through(bench, server, NULL);
	assert_non_null(strstr(query(bench), "\"2026-10-01 05:00:01\""));
	free(server);
}

/* A change that shows itself only after a later one was read: a run that proves begins before it. */
static void test_late_commit(void **state)
{
	struct bench *bench = *state;
	struct server *server = server_new(40, NOW_MS - 400 * HOUR_MS, HOUR_MS);

	open_all(bench, NULL);
	run_through(bench, server, NULL);
	/* Runs that don't prove leave the proven watermark where it is. */
	bench->now_ms = NOW_MS + 10 * HOUR_MS;
	server->rows[3].modified_ms = bench->now_ms - 60000;
	open_changes(bench, cursor_of(bench));
	run_through(bench, server, NULL);
	server->rows[4].modified_ms = NOW_MS - 2 * HOUR_MS;
	server->rows[4].version = 9;
	open_changes(bench, cursor_of(bench));
	run_through(bench, server, NULL);
	assert_int_equal(bench->seen.versions[4], 1);
	assert_true(open_mode(bench, READ_CHANGES, true, cursor_of(bench)));
	run_through(bench, server, NULL);
	assert_int_equal(bench->seen.versions[4], 9);
	assert_until(bench, bench->now_ms, bench->now_ms - 4 * HOUR_MS);
	free(server);
}

/* A run that proves says what was deleted since the proven watermark, in pages as short as may be. */
static void test_deletions(void **state)
{
	struct bench *bench = *state;
	struct server *server = server_new(40, NOW_MS - 400 * HOUR_MS, HOUR_MS);

	for (size_t i = 0; i < 9; i++) {
		struct server_row *row = &server->deletions[server->deletion_count++];
		(void)snprintf(row->gsid, sizeof row->gsid, "1P02GONE%zu", i);
		row->modified_ms = NOW_MS - (9 - (int64_t)i) * HOUR_MS / 2 + HOUR_MS / 4;
	}
	bench->settings.page_size = 50;
	renew_session(bench);
	open_all(bench, NULL);
	run_through(bench, server, NULL);
	assert_int_equal(bench->seen.deleted, 0);
	char *cursor = memory_copy_text(cursor_of(bench));
	open_changes(bench, cursor);
	run_through(bench, server, NULL);
	assert_int_equal(bench->seen.deleted, 0);
	/* The last eight hours' halves, of which the pages' last ones come twice. */
	assert_true(open_mode(bench, READ_CHANGES, true, cursor));
	run_through(bench, server, NULL);
	assert_int_equal(bench->seen.deleted, 8 + 1);
	assert_string_equal(bench->seen.last_id, "1P02GONE8");
	assert_non_null(strstr(query(bench), "\"select\":[\"RecordId\",\"DeletedOn\"]"));
	assert_non_null(strstr(query(bench),
		"{\"name\":\"ObjectName\",\"alias\":\"A\",\"value\":[\"company\"],\"operator\":\"EQ\"}"));
	assert_non_null(strstr(buffer_text(&bench->request.url), "/query/record_delete_log"));
	/* A page that one second fills: those behind it come all the same. */
	for (size_t i = 4; i < 8; i++)
		server->deletions[i].modified_ms = NOW_MS - HOUR_MS;
	bench->settings.page_size = 4;
	renew_session(bench);
	bench->seen.last_id[0] = '\0';
	assert_true(open_mode(bench, READ_CHANGES, true, cursor));
	run_through(bench, server, NULL);
	assert_string_equal(bench->seen.last_id, "1P02GONE8");
	/* A tenant without a log is asked once. */
	server->has_no_log = true;
	for (unsigned calls = 2; calls > 0; calls--) {
		if (calls == 2) {
			bench->settings.page_size = 50;
			renew_session(bench);
		}
		server->calls = 0;
		assert_true(open_mode(bench, READ_CHANGES, true, cursor));
		run_through(bench, server, NULL);
		assert_int_equal(server->calls, calls);
		assert_until(bench, NOW_MS, NOW_MS - 4 * HOUR_MS);
	}
	free(cursor);
	free(server);
}

/* A walk is over when the row with the greatest Gsid is one that it has read; an empty answer alone is no end. */
static void test_end_of_walk(void **state)
{
	struct bench *bench = *state;

	/* A new row behind the place: it is read. */
	open_all(bench, NULL);
	give(bench, "[" KNOWN_ROW "]");
	give(bench, "[{\"Gsid\":\"1P02M\"}]");
	assert_non_null(strstr(query(bench), "\"orderBy\":{\"Gsid\":\"desc\"},\"limit\":1,"));
	give(bench, "[{\"Gsid\":\"1P02M\"}]");
	assert_non_null(strstr(query(bench), "\"1P02K\"],\"operator\":\"GT\""));
	give(bench, "[{\"Gsid\":\"1P02M\"}]");
	give(bench, "[" KNOWN_ROW "]");
	assert_int_equal(next(bench), READ_COMPLETE);
	/* A later row that doesn't come when it is asked for. */
	open_all(bench, NULL);
	give(bench, "[" KNOWN_ROW "]");
	give(bench, "[{\"Gsid\":\"1P02M\"}]");
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(answer(bench, 200, NULL, "{\"result\":true,\"data\":[]}"));
	assert_int_equal(bench->failure.kind, FAILURE_TRANSIENT);
	assert_non_null(strstr(cursor_of(bench), "\"step\":\"walk\""));
	/* The last row was deleted meanwhile: an empty answer confirms it. */
	open_all(bench, NULL);
	give(bench, "[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790838000000}," KNOWN_ROW "]");
	give(bench, "[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790838000000}]");
	give(bench, "[]");
	assert_non_null(strstr(query(bench), "\"1P02K\"],\"operator\":\"GT\""));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(query(bench), "\"operator\":\"EQ\""));
	/* Rows were read, and then there is none at all: no end. */
	open_all(bench, NULL);
	give(bench, "[" KNOWN_ROW "]");
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(answer(bench, 400, NULL, "{\"result\":false,\"errorCode\":\"GSOBJ_1011\"}"));
	assert_int_equal(bench->failure.kind, FAILURE_TRANSIENT);
}

/* The filters' zone is found out with the newest row; texts of filters are in that zone from then on. */
static void test_zone_of_filters(void **state)
{
	static const int64_t zones_min[] = { 0, 330, -480, 840, -840, 15 };
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof zones_min / sizeof zones_min[0]; i++) {
		struct server *server = server_new(30, NOW_MS - 40 * HOUR_MS, HOUR_MS);
		server->filter_zone_ms = zones_min[i] * 60000;
		renew_session(bench);
		open_all(bench, NULL);
		run_through(bench, server, NULL);
		assert_true(server->calls <= 3 + 9);
		char *cursor = memory_copy_text(cursor_of(bench));
		/* Found once, the next reading looks there first. */
		server->calls = 0;
		open_all(bench, NULL);
		run_through(bench, server, NULL);
		assert_int_equal(server->calls, 3);
		renew_session(bench);
		open_changes(bench, cursor);
		server->calls = 0;
		run_through(bench, server, NULL);
		assert_int_equal(server->calls, 1);
		/* The clocks are put an hour back or forth: nothing comes, or too much, and neither goes unseen. */
		server->filter_zone_ms += i % 2 == 0 ? -HOUR_MS : HOUR_MS;
		open_changes(bench, cursor);
		assert_int_equal(run(bench, server, NULL), READ_FAILED);
		free(cursor);
		free(server);
	}
}

/* A tenant whose filter can't be understood is read whole each time: its rows are complete, its cursor is refused. */
static void test_filter_of_no_zone(void **state)
{
	static const int64_t zones_min[] = { 7, 1000, -1000 };
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof zones_min / sizeof zones_min[0]; i++) {
		struct server *server = server_new(30, NOW_MS - 40 * HOUR_MS, HOUR_MS);
		server->filter_zone_ms = zones_min[i] * 60000;
		renew_session(bench);
		bench->seen = (struct seen){ 0 };
		open_all(bench, NULL);
		run_through(bench, server, NULL);
		assert_all_read(bench, server);
		assert_until(bench, NOW_MS, NOW_MS - 4 * HOUR_MS);
		char *cursor = memory_copy_text(cursor_of(bench));
		assert_false(open_mode(bench, READ_CHANGES, false, cursor));
		free(cursor);
		free(server);
	}
	/* The same where no row has a ModifiedDate, or where there is no row. */
	for (size_t count = 0; count < 5; count += 4) {
		struct server *server = server_new(count, 0, 0);
		bench->seen = (struct seen){ 0 };
		open_all(bench, NULL);
		run_through(bench, server, NULL);
		assert_all_read(bench, server);
		char *cursor = memory_copy_text(cursor_of(bench));
		assert_false(open_mode(bench, READ_CHANGES, false, cursor));
		free(cursor);
		free(server);
	}
}

/* Answers to queries for changes that a good filter and sort can't give. */
static void test_doubts(void **state)
{
	/* Pages of changes of which the last shows it; the drained second is 2026-10-01 07:56:17. */
	static const struct {
		const char *pages[3], *says;
	} rows[] = {
		{ { "[" KNOWN_ROW ",{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000},"
		    "{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790841376000}]" },
			"order" },
		/* a row of another second while one second is drained */
		{ { "[" KNOWN_ROW ",{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000}]",
			  "[{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841378000}]" },
			"filter" },
		/* not even the row that is known to be there */
		{ { "[" KNOWN_ROW ",{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000}]", "[]" }, "filter" },
		/* the same when a short page is to be confirmed */
		{ { "[" KNOWN_ROW "]", "[]" }, "filter" },
		/* rows from before the time asked for */
		{ { "[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790837999000}," KNOWN_ROW "]" }, "filter" },
		/* rows without a time, though it was asked for */
		{ { "[{\"Gsid\":\"1P02A\"}]" }, "filter" },
		/* rows, but not the known one */
		{ { "[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790838000000}]",
			  "[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790838000000},"
			  "{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000}]",
			  "[]" },
			"filter" },
	};
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	bench->settings.page_size = 2;
	renew_session(bench);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		open_changes(bench, cursor);
		for (size_t p = 0; p < 3 && rows[i].pages[p] != NULL; p++)
			give(bench, rows[i].pages[p]);
		if (next(bench) != READ_FAILED || strstr(bench->failure.text, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, bench->failure.text);
		char *doubted = memory_copy_text(cursor_of(bench));
		assert_false(open_mode(bench, READ_CHANGES, false, doubted));
		free(doubted);
	}
	free(cursor);
}

static void test_no_progress_is_a_fault(void **state)
{
	struct bench *bench = *state;
	const char *page = "{\"result\":true,\"data\":[{\"Gsid\":\"1P02A\"},{\"Gsid\":\"1P02B\"}]}";

	bench->settings.page_size = 2;
	renew_session(bench);
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_true(answer(bench, 200, NULL, page));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(answer(bench, 200, NULL, page));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(bench->failure.text, "kept"));
	/* The same for rows that don't come sorted, and for rows without ids. */
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(
		answer(bench, 200, NULL, "{\"result\":true,\"data\":[{\"Gsid\":\"1P02B\"},{\"Gsid\":\"1P02A\"}]}"));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(answer(bench, 200, NULL, "{\"result\":true,\"data\":[{\"Name\":\"B\"}]}"));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
}

/* For changes a cursor that isn't whole is refused; for everything it is a beginning. */
static void test_cursor_of_another_kind(void **state)
{
	static const char *const broken[] = {
		NULL, "", "{", "[]", "{\"v\":2}", "{\"v\":1,\"step\":\"done\"}", "null",
		"{\"v\":2,\"mapping\":\"0\",\"step\":\"done\",\"started\":1790841601000,\"proven\":1790841601000}"
	};
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		assert_false(open_mode(bench, READ_CHANGES, false, broken[i]));
		open_all(bench, broken[i]);
		assert_int_equal(next(bench), READ_REQUEST);
		assert_null(strstr(query(bench), "where"));
	}
	for (size_t i = 0; i < strlen(cursor); i++) {
		char *damaged = memory_copy_text(cursor);
		damaged[i] = '9';
		if (open_mode(bench, READ_CHANGES, true, damaged))
			assert_int_equal(next(bench), READ_REQUEST);
		open_all(bench, damaged);
		assert_int_equal(next(bench), READ_REQUEST);
		assert_null(strstr(query(bench), "where"));
		free(damaged);
	}
	/* The place of a walk is none for changes. */
	open_all(bench, NULL);
	give(bench, "[" KNOWN_ROW "]");
	char *walk = memory_copy_text(cursor_of(bench));
	assert_false(open_mode(bench, READ_CHANGES, false, walk));
	open_all(bench, walk);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(query(bench), "\"1P02K\"],\"operator\":\"GT\""));
	free(walk);
	/* A field more in the mapping: all rows again. */
	map(bench, "account", "industry", "Industry");
	assert_false(open_mode(bench, READ_CHANGES, false, cursor));
	free(cursor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_objects, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_record_is_set_aside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_change_queries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quiet_poll, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_empty_is_a_doubt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_crowded_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_late_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deletions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end_of_walk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_zone_of_filters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_filter_of_no_zone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_doubts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_progress_is_a_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cursor_of_another_kind, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("gainsight", tests, NULL, NULL);
}
