#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connectors/gainsight.h"
#include "gainsight_server.h"

/* 2026-10-01T08:00:01Z, the Date of gainsight.md's examples. */
#define NOW_MS INT64_C(1790841601000)
#define DATE "Thu, 01 Oct 2026 08:00:01 GMT"
static const int64_t HOUR_MS = 3600 * INT64_C(1000);

static const struct connector *const gainsight = &connector_gainsight;

struct seen {
	size_t records, rejected;
	char last_id[64], last_name[64], last_csm[64], last_field[64];
	/* Which version of which row of the server arrived. */
	const struct server *server;
	int64_t versions[SERVER_ROWS_MAX];
};

struct bench {
	struct gainsight_settings settings;
	struct session *session;
	struct mapping *mapping;
	struct reading *reading;
	struct http_request request;
	struct failure failure;
	struct seen seen;
	struct record_sink sink;
	size_t piece; /* bytes fed at once */
	int64_t now_ms;
};

static void copy_value(const struct value *value, char *out, size_t size)
{
	(void)snprintf(out, size, "%.*s", (int)value->length, value->text == NULL ? "" : value->text);
}

static void take_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct seen *seen = context;

	assert_int_equal(count, entity_shape(entity)->count);
	seen->records++;
	copy_value(&values[COLUMN_REMOTE_ID], seen->last_id, sizeof seen->last_id);
	copy_value(&values[entity_column(entity, "name")], seen->last_name, sizeof seen->last_name);
	if (entity == ENTITY_ACCOUNT)
		copy_value(&values[entity_column(entity, "csm_email")], seen->last_csm, sizeof seen->last_csm);
	for (size_t i = 0; seen->server != NULL && i < seen->server->count; i++)
		if (strcmp(seen->server->rows[i].gsid, seen->last_id) == 0)
			seen->versions[i] = atoll(seen->last_name + 1);
}

static void take_rejection(void *context, const struct rejection *rejection)
{
	struct seen *seen = context;

	seen->rejected++;
	(void)snprintf(
		seen->last_field, sizeof seen->last_field, "%s", rejection->field == NULL ? "" : rejection->field);
}

static void map(struct bench *bench, const char *section, const char *key, const char *value)
{
	assert_true(mapping_set(bench->mapping, section, key, value, 7, &bench->failure));
}

static int set_up(void **state)
{
	struct bench *bench = memory_allocate(sizeof *bench);

	bench->settings = (struct gainsight_settings){ .access_key = secret_new("0f6c2a7e-SECRET"),
		.page_size = 5000,
		.overlap_s = 24 * 3600,
		.calls_per_minute = 30 };
	bench->session = gainsight->session_new("https://northwind.example", &bench->settings);
	bench->mapping = mapping_new();
	map(bench, "account", "name", "Name");
	map(bench, "account", "csm_email", "Csm__gr.Email");
	map(bench, "account", "renewal_on", "Renewal_Date");
	bench->sink = (struct record_sink){ &bench->seen, take_record, take_rejection };
	http_request_init(&bench->request);
	bench->now_ms = NOW_MS;
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	gainsight->read_free(bench->reading);
	gainsight->session_free(bench->session);
	secret_free(bench->settings.access_key);
	mapping_free(bench->mapping);
	http_request_free(&bench->request);
	free(bench);
	return 0;
}

static void open_reading(struct bench *bench, const char *cursor)
{
	char *copy = cursor == NULL ? NULL : memory_copy_text(cursor);

	gainsight->read_free(bench->reading);
	bench->reading = gainsight->read_open(
		bench->session, ENTITY_ACCOUNT, &bench->mapping->entities[ENTITY_ACCOUNT], copy, &bench->sink);
	free(copy);
}

static enum read_step next(struct bench *bench)
{
	return gainsight->read_next(bench->reading, bench->now_ms, &bench->request, &bench->failure);
}

static bool answer(struct bench *bench, int status, const char *type, const char *body)
{
	const struct http_header headers[] = { { "date", DATE }, { "Content-Type", type } };
	const struct http_head head = { status, headers, type == NULL ? 1 : 2 };
	size_t length = strlen(body), piece = bench->piece == 0 ? length : bench->piece;

	gainsight->read_head(bench->reading, &head);
	for (size_t at = 0; at < length; at += piece)
		if (!gainsight->read_feed(bench->reading, body + at, length - at < piece ? length - at : piece))
			break;
	return gainsight->read_finish(bench->reading, bench->now_ms, &bench->failure);
}

/* Runs to the end against the server; `between` may edit its rows before each answer. */
static void run(struct bench *bench, struct server *server, void (*between)(struct server *server))
{
	enum read_step step;
	unsigned asked = 0;

	bench->seen.server = server;
	while ((step = next(bench)) == READ_REQUEST) {
		int status;
		assert_true(++asked < 3000);
		char *body = server_answer(server, buffer_text(&bench->request.body), &status);
		if (!answer(bench, status, "application/json", body))
			fail_msg("%s", bench->failure.text);
		free(body);
		if (between != NULL)
			between(server);
	}
	assert_int_equal(step, READ_COMPLETE);
}

/* A cursor as after a whole run that ended at NOW_MS. */
static char *done_cursor(struct bench *bench)
{
	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_true(answer(bench, 200, "application/json", "{\"result\":true,\"data\":{\"records\":[]}}"));
	assert_int_equal(next(bench), READ_COMPLETE);
	assert_int_equal(gainsight->read_complete_until(bench->reading), NOW_MS);
	return memory_copy_text(gainsight->read_cursor(bench->reading));
}

static struct server *server_new(size_t count, int64_t first_ms, int64_t step_ms)
{
	struct server *server = memory_allocate(sizeof *server);

	server->count = count;
	for (size_t i = 0; i < count; i++) {
		/* The Gsid's order is not the order of the edits. */
		(void)snprintf(
			server->rows[i].gsid, sizeof server->rows[i].gsid, "1P02%06zuZ8IQ", i * 7919 % 999983);
		server->rows[i].modified_ms = first_ms + (int64_t)i * step_ms;
		server->rows[i].version = 1;
	}
	return server;
}

static void assert_all_read(const struct bench *bench, const struct server *server)
{
	for (size_t i = 0; i < server->count; i++)
		if (bench->seen.versions[i] != server->rows[i].version)
			fail_msg("row %zu (%s): version %lld of %lld", i, server->rows[i].gsid,
				(long long)bench->seen.versions[i], (long long)server->rows[i].version);
}

static void test_first_request(void **state)
{
	struct bench *bench = *state;

	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_true(bench->request.is_post);
	assert_string_equal(
		buffer_text(&bench->request.url), "https://northwind.example/v1/data/objects/query/Company");
	assert_string_equal(buffer_text(&bench->request.headers[0]), "AccessKey: 0f6c2a7e-SECRET");
	assert_string_equal(buffer_text(&bench->request.body),
		"{\"select\":[\"Gsid\",\"ModifiedDate\",\"Name\",\"Csm__gr.Email\",\"Renewal_Date\"],"
		"\"orderBy\":{\"Gsid\":\"asc\"},\"limit\":5000,\"offset\":0}");
	assert_int_equal(bench->request.timeout_s, 120);
	assert_true(bench->request.accept_gzip);
	assert_null(strstr(bench->request.what, "SECRET"));
	assert_null(gainsight->read_cursor(bench->reading));
	assert_int_equal(gainsight->read_complete_until(bench->reading), INT64_MIN);
}

static void test_staff_is_gsuser(void **state)
{
	struct bench *bench = *state;

	map(bench, "staff", "name", "name");
	map(bench, "staff", "email", "gsid"); /* the id once more, in another case: asked for once, read twice */
	bench->reading = gainsight->read_open(
		bench->session, ENTITY_STAFF, &bench->mapping->entities[ENTITY_STAFF], NULL, &bench->sink);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.url), "/query/gsuser"));
	assert_non_null(strstr(buffer_text(&bench->request.body), "[\"Gsid\",\"ModifiedDate\",\"name\"]"));
	assert_true(
		answer(bench, 200, NULL, "{\"result\":true,\"data\":[{\"Gsid\":\"1P01A\",\"NAME\":\"Mira\"}]}"));
	assert_string_equal(bench->seen.last_name, "Mira");
	map(bench, "account", "object", "Relationship");
	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.url), "/query/Relationship"));
}

/* G6 and G7, in every size of piece: both containers, a dotted key in another case, no Content-Type. */
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
			open_reading(bench, NULL);
			assert_int_equal(next(bench), READ_REQUEST);
			assert_true(
				answer(bench, 200, b == 0 ? "application/json;charset=UTF-8" : NULL, bodies[b]));
			assert_int_equal(bench->seen.records, 2);
			assert_int_equal(bench->seen.rejected, 0);
			assert_string_equal(bench->seen.last_id, "1P02B");
			assert_string_equal(bench->seen.last_name, "Brackenridge");
			assert_string_equal(bench->seen.last_csm, "b@x.example");
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

	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	/* 10^9 to 10^11 could be seconds or milliseconds; two keys that fold together are no row. */
	assert_true(answer(bench, 200, NULL,
		"{\"result\":true,\"data\":[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790841053},"
		"{\"Gsid\":\"1P02B\",\"gsid\":\"1P02C\"},{\"Gsid\":\"1P02D\",\"Name\":\"D\"}]}"));
	assert_int_equal(bench->seen.records, 1);
	assert_int_equal(bench->seen.rejected, 2);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.body), "\"1P02D\""));
}

static void test_change_queries(void **state)
{
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	bench->settings.page_size = 2;
	gainsight->session_free(bench->session);
	bench->session = gainsight->session_new("https://northwind.example", &bench->settings);
	open_reading(bench, cursor);
	free(cursor);
	assert_int_equal(next(bench), READ_REQUEST);
	/* The watermark is the server's date, less the overlap. */
	assert_string_equal(strstr(buffer_text(&bench->request.body), "\"where\""),
		"\"where\":{\"conditions\":[{\"name\":\"ModifiedDate\",\"alias\":\"A\",\"value\":[\"2026-09-"
		"30 08:00:01\"],"
		"\"operator\":\"GTE\"}],\"expression\":\"A\"},"
		"\"orderBy\":{\"ModifiedDate\":\"asc\",\"Gsid\":\"asc\"},\"limit\":2,\"offset\":0}");
	/* A full page: its last second is drained by Gsid (G8). */
	assert_true(answer(bench, 200, NULL,
		"{\"result\":true,\"data\":[{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000},"
		"{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790841377008}]}"));
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

/* A quiet poll: one page, one confirmation, and the watermark moves all the same (GS12). */
static void test_quiet_poll(void **state)
{
	struct bench *bench = *state;
	struct server *server = server_new(40, NOW_MS - 40 * HOUR_MS, HOUR_MS);

	open_reading(bench, NULL);
	run(bench, server, NULL);
	assert_int_equal(server->calls, 2);
	server->calls = 0;
	open_reading(bench, gainsight->read_cursor(bench->reading));
	run(bench, server, NULL);
	assert_int_equal(server->calls, 2);
	assert_int_equal(gainsight->read_complete_until(bench->reading), NOW_MS);
	server->count = 0;
	server->calls = 0;
	open_reading(bench, gainsight->read_cursor(bench->reading));
	run(bench, server, NULL);
	assert_int_equal(server->calls, 1);
	free(server);
}

static unsigned dice = 12345;

static unsigned roll(unsigned sides)
{
	dice = dice * 1103515245u + 12345u;
	return (dice >> 16) % sides;
}

static int64_t edits_at_ms;

static void edit_some(struct server *server)
{
	for (int i = 0; i < 5 && server->count > 0; i++) {
		struct server_row *row = &server->rows[roll((unsigned)server->count)];
		edits_at_ms += roll(3) * 400;
		row->modified_ms = edits_at_ms;
		row->version++;
	}
}

/* GS1, GS4: rows edited while pages are read, thousands within one second, servers that clamp in silence, all
 * three empties, a filter in any time zone, a tenant that doesn't sort: every row is read in its last version
 * by the run that follows the edits. */
static void test_nothing_is_lost(void **state)
{
	static const size_t clamps[] = { 0, 3, 25 };
	static const int64_t zones_min[] = { 0, 330, -480 };
	struct bench *bench = *state;

	for (unsigned round = 0; round < 36; round++) {
		struct server *server = server_new(300, NOW_MS - 20 * HOUR_MS, round % 2 == 0 ? 3 : 90 * 1000);
		server->clamp = clamps[round % 3];
		server->filter_zone_ms = zones_min[round / 3 % 3] * 60000;
		server->flat_container = round % 4 == 1;
		server->says_1011 = round % 5 == 1;
		server->says_result_false = round % 5 == 2;
		server->ignores_order = round >= 30;
		for (size_t i = 0; i < server->count; i += 50)
			server->rows[i].modified_ms = 0;
		bench->settings.page_size = 20;
		gainsight->session_free(bench->session);
		bench->session = gainsight->session_new("https://northwind.example", &bench->settings);
		bench->seen = (struct seen){ 0 };
		edits_at_ms = NOW_MS - 10 * HOUR_MS;
		open_reading(bench, NULL);
		run(bench, server, edit_some);
		/* An import: 200 rows in one second, in disorder, and new companies. */
		for (size_t i = 0; i < 200; i++) {
			server->rows[(i * 37) % 250].modified_ms = NOW_MS - 2 * HOUR_MS + (int64_t)(i % 7);
			server->rows[(i * 37) % 250].version++;
		}
		edits_at_ms = NOW_MS - HOUR_MS;
		open_reading(bench, gainsight->read_cursor(bench->reading));
		run(bench, server, edit_some);
		open_reading(bench, gainsight->read_cursor(bench->reading));
		run(bench, server, NULL);
		assert_all_read(bench, server);
		free(server);
	}
}

/* Killed after any page, with the cursor that was committed with it: the rest is read, nothing is left out.
 */
static void test_resume_anywhere(void **state)
{
	struct bench *bench = *state;
	struct server *server = server_new(250, NOW_MS - 20 * HOUR_MS, 7);
	struct buffer cursor;

	buffer_init(&cursor, 4096);
	bench->settings.page_size = 20;
	gainsight->session_free(bench->session);
	bench->session = gainsight->session_new("https://northwind.example", &bench->settings);
	for (int runs = 0; runs < 2; runs++) {
		bench->seen = (struct seen){ .server = server };
		for (unsigned kills = 0;; kills++) {
			int status;
			assert_true(kills < 200);
			open_reading(bench, cursor.length == 0 ? NULL : buffer_text(&cursor));
			if (next(bench) == READ_COMPLETE)
				break;
			char *body = server_answer(server, buffer_text(&bench->request.body), &status);
			/* Once the page breaks off as well: the place before it stays good. */
			if (kills % 3 == 2) {
				body[strlen(body) / 2] = '\0';
				assert_false(answer(bench, status, NULL, body));
			} else {
				assert_true(answer(bench, status, NULL, body));
			}
			free(body);
			const char *place = gainsight->read_cursor(bench->reading);
			if (place != NULL) {
				buffer_clear(&cursor);
				(void)buffer_append_text(&cursor, place);
			}
			if (next(bench) == READ_COMPLETE)
				break;
		}
		assert_all_read(bench, server);
		assert_int_equal(gainsight->read_complete_until(bench->reading), NOW_MS);
		for (size_t i = 0; i < server->count; i++) {
			server->rows[i].modified_ms = NOW_MS - HOUR_MS + (int64_t)(i % 90) * 100;
			server->rows[i].version++;
		}
	}
	buffer_free(&cursor);
	free(server);
}

static void test_full_read_when_due(void **state)
{
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	bench->settings.full_read_every_s = 24 * 3600;
	bench->now_ms = NOW_MS + 23 * HOUR_MS;
	open_reading(bench, cursor);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.body), "GTE"));
	bench->now_ms = NOW_MS + 24 * HOUR_MS;
	open_reading(bench, cursor);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_null(strstr(buffer_text(&bench->request.body), "where"));
	bench->settings.full_read_every_s = 0;
	open_reading(bench, cursor);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.body), "GTE"));
	free(cursor);
}

static void test_unsorted_is_told(void **state)
{
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	open_reading(bench, cursor);
	free(cursor);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_true(answer(bench, 200, NULL,
		"{\"result\":true,\"data\":[{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000},"
		"{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790841376000}]}"));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_null(strstr(buffer_text(&bench->request.body), "where"));
	assert_non_null(strstr(bench->request.what, "unsorted"));
	assert_true(answer(bench, 200, NULL, "{\"result\":true,\"data\":[]}"));
	assert_int_equal(next(bench), READ_COMPLETE);
	assert_non_null(strstr(gainsight->read_cursor(bench->reading), "not sorted as asked"));
	/* The next run tries again, and says nothing of it. */
	open_reading(bench, gainsight->read_cursor(bench->reading));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.body), "GTE"));
	assert_null(strstr(bench->request.what, "unsorted"));
}

/* Answers that a filter in UTC can't give: everything is read by Gsid instead, in the same run. */
static void test_filter_in_another_zone(void **state)
{
	/* Pages of changes of which the last shows it; the drained second is 2026-10-01 07:56:17. */
	static const char *const pages[][3] = {
		/* a row of another second while one second is drained */
		{ "{\"result\":true,\"data\":[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790841376000},"
		  "{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000}]}",
			"{\"result\":true,\"data\":[{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841378000}]}" },
		/* not even the row that is known to be there */
		{ "{\"result\":true,\"data\":[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790841376000},"
		  "{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000}]}",
			"{\"result\":true,\"data\":[]}" },
		/* the same when a short page is to be confirmed */
		{ "{\"result\":true,\"data\":[{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790841377000}]}",
			"{\"result\":true,\"data\":[]}" },
		/* rows from before the time asked for */
		{ "{\"result\":true,\"data\":[{\"Gsid\":\"1P02A\",\"ModifiedDate\":1790741376000},"
		  "{\"Gsid\":\"1P02B\",\"ModifiedDate\":1790741377000}]}" },
	};
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	bench->settings.page_size = 2;
	gainsight->session_free(bench->session);
	bench->session = gainsight->session_new("https://northwind.example", &bench->settings);
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		open_reading(bench, cursor);
		for (size_t p = 0; p < 3 && pages[i][p] != NULL; p++) {
			assert_int_equal(next(bench), READ_REQUEST);
			assert_non_null(strstr(buffer_text(&bench->request.body), "GTE"));
			assert_true(answer(bench, 200, NULL, pages[i][p]));
		}
		assert_int_equal(next(bench), READ_REQUEST);
		assert_null(strstr(buffer_text(&bench->request.body), "where"));
		assert_non_null(strstr(bench->request.what, "UTC"));
		assert_non_null(strstr(gainsight->read_cursor(bench->reading), "\"step\":\"walk\""));
	}
	free(cursor);
}

static void test_no_progress_is_a_fault(void **state)
{
	struct bench *bench = *state;
	const char *page = "{\"result\":true,\"data\":[{\"Gsid\":\"1P02A\"},{\"Gsid\":\"1P02B\"}]}";

	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_true(answer(bench, 200, NULL, page));
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(answer(bench, 200, NULL, page));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(bench->failure.text, "kept"));
	/* The same for rows that don't come sorted, and for rows without ids. */
	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(
		answer(bench, 200, NULL, "{\"result\":true,\"data\":[{\"Gsid\":\"1P02B\"},{\"Gsid\":\"1P02A\"}]}"));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_false(answer(bench, 200, NULL, "{\"result\":true,\"data\":[{\"Name\":\"B\"}]}"));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
}

static void test_cursor_of_another_kind(void **state)
{
	static const char *const broken[] = { "", "{", "[]", "{\"v\":1}", "{\"v\":2,\"step\":\"done\"}", "null",
		"{\"v\":1,\"mapping\":\"0\",\"step\":\"done\",\"watermark\":1790841601000}" };
	struct bench *bench = *state;
	char *cursor = done_cursor(bench);

	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		open_reading(bench, broken[i]);
		assert_int_equal(next(bench), READ_REQUEST);
		assert_null(strstr(buffer_text(&bench->request.body), "where"));
	}
	/* Damaged at any byte, it is never more than a first load. */
	for (size_t i = 0; i < strlen(cursor); i++) {
		char *damaged = memory_copy_text(cursor);
		damaged[i] = '9';
		open_reading(bench, damaged);
		assert_int_equal(next(bench), READ_REQUEST);
		free(damaged);
	}
	/* A field more in the mapping: all rows again. */
	map(bench, "account", "industry", "Industry");
	open_reading(bench, cursor);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_null(strstr(buffer_text(&bench->request.body), "where"));
	free(cursor);
}

/* The rows of gainsight.md 16 and its examples, each whole and in pieces. */
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
			open_reading(bench, NULL);
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
			assert_null(gainsight->read_cursor(bench->reading));
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
		open_reading(bench, NULL);
		assert_int_equal(next(bench), READ_REQUEST);
		assert_true(answer(bench, rows[i].status, "application/json", rows[i].body));
		assert_int_equal(next(bench), READ_COMPLETE);
	}
}

static void test_throttled_until_the_next_minute(void **state)
{
	struct bench *bench = *state;
	const char *body = "{\"result\":false,\"errorCode\":\"GU_2400\"}";

	bench->now_ms = NOW_MS - 1000 + 41 * 1000; /* 08:00:41 */
	open_reading(bench, NULL);
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

	open_reading(bench, NULL);
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
	assert_true(answer(bench, 200, NULL, "{\"result\":true,\"data\":[]}"));
	assert_int_equal(next(bench), READ_COMPLETE);
	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.body), "\"limit\":500,"));
}

static void test_pace(void **state)
{
	struct bench *bench = *state;
	int64_t now_ms = NOW_MS - 1000; /* on the minute */
	unsigned sent = 0;
	int64_t minute = now_ms / 60000;

	open_reading(bench, NULL);
	for (int i = 0; i < 15; i++) {
		assert_int_equal(next(bench), READ_REQUEST);
		assert_int_equal(bench->request.pause_before_ms, 0);
	}
	for (int i = 0; i < 15; i++) {
		assert_int_equal(next(bench), READ_REQUEST);
		assert_int_equal(bench->request.pause_before_ms, 2000);
	}
	/* Over ten minutes no clock minute sees more than its share, whatever the clock does. */
	gainsight->session_free(bench->session);
	bench->settings.calls_per_minute = 7;
	bench->session = gainsight->session_new("https://northwind.example", &bench->settings);
	open_reading(bench, NULL);
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

static void test_watermark_without_a_good_date(void **state)
{
	static const char *const dates[] = { NULL, "yesterday", "Thu, 01 Oct 2099 08:00:01 GMT" };
	struct bench *bench = *state;

	for (size_t i = 0; i < 3; i++) {
		const struct http_header header = { "Date", dates[i] };
		const struct http_head head = { 200, &header, dates[i] == NULL ? 0 : 1 };
		const char *body = "{\"result\":true,\"data\":[]}";
		open_reading(bench, NULL);
		assert_int_equal(next(bench), READ_REQUEST);
		gainsight->read_head(bench->reading, &head);
		assert_true(gainsight->read_feed(bench->reading, body, strlen(body)));
		assert_true(gainsight->read_finish(bench->reading, NOW_MS + 5000, &bench->failure));
		assert_int_equal(gainsight->read_complete_until(bench->reading), NOW_MS);
	}
}

static void test_settings(void **state)
{
	struct bench *bench = *state;
	struct quota quota;
	struct gainsight_settings initial = { 0 };

	option_defaults(gainsight->options, gainsight->option_count, &initial);
	assert_int_equal(initial.page_size, 5000);
	assert_int_equal(initial.overlap_s, 24 * 3600);
	assert_int_equal(initial.full_read_every_s, 24 * 3600);
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
	open_reading(bench, NULL);
	assert_int_equal(next(bench), READ_FAILED);
	assert_int_equal(bench->failure.kind, FAILURE_CREDENTIALS);
	assert_null(strstr(bench->failure.text, "evil"));
	gainsight->session_quota(bench->session, &quota);
	assert_true(quota.used == -1 && quota.allowed == -1);
	assert_null(gainsight->authorize);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_staff_is_gsuser, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_record_is_set_aside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_change_queries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quiet_poll, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resume_anywhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_read_when_due, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unsorted_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_filter_in_another_zone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_progress_is_a_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cursor_of_another_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_error_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_three_empties, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_throttled_until_the_next_minute, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limit_halves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watermark_without_a_good_date, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settings, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("gainsight", tests, NULL, NULL);
}
