/* gainsight_bench.h - a session, a mapping and a sink that remembers, for the tests of the Gainsight connector. */
#ifndef TESTS_UNIT_GAINSIGHT_BENCH_H
#define TESTS_UNIT_GAINSIGHT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "connectors/gainsight.h"
#include "tests/unit/gainsight_server.h"

/* 2026-10-01T08:00:01Z. */
#define NOW_MS INT64_C(1790841601000)
#define HOUR_MS (3600 * INT64_C(1000))

static const struct connector *const gainsight = &connector_gainsight;

struct seen {
	size_t records, rejected, deleted;
	char last_id[64], last_name[64], last_csm[64], last_industry[64], last_escalated[8], last_signals[128];
	char last_account[64], last_field[64];
	/* Which version of which row of the server arrived. */
	const struct server *server;
	int64_t versions[SERVER_ROWS_MAX];
};

struct bench {
	struct gainsight_settings settings;
	struct session *session;
	struct mapping *mapping;
	enum entity entity;
	char fingerprint[MAPPING_FINGERPRINT_SIZE];
	struct record_filter only; /* of the readings to open; without groups: all */
	struct reading_request asked;
	struct reading *reading;
	struct http_request request;
	struct failure failure;
	struct seen seen;
	struct record_sink sink;
	size_t piece; /* bytes fed at once */
	int64_t now_ms;
};

static inline void copy_column(
	enum entity entity, const struct value *values, const char *name, char *out, size_t size)
{
	int column = entity_column(entity, name);

	if (column >= 0)
		(void)snprintf(out, size, "%.*s", (int)values[column].length,
			values[column].text == NULL ? "" : values[column].text);
}

static inline void take_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct seen *seen = context;

	assert_int_equal(count, entity_shape(entity)->count);
	seen->records++;
	seen->deleted += value_is(&values[COLUMN_DELETED], "t") ? 1 : 0;
	copy_column(entity, values, "remote_id", seen->last_id, sizeof seen->last_id);
	copy_column(entity, values, "name", seen->last_name, sizeof seen->last_name);
	copy_column(entity, values, "csm_email", seen->last_csm, sizeof seen->last_csm);
	copy_column(entity, values, "industry", seen->last_industry, sizeof seen->last_industry);
	copy_column(entity, values, "escalated", seen->last_escalated, sizeof seen->last_escalated);
	copy_column(entity, values, "signals", seen->last_signals, sizeof seen->last_signals);
	copy_column(entity, values, "account_remote_id", seen->last_account, sizeof seen->last_account);
	for (size_t i = 0; seen->server != NULL && i < seen->server->count; i++)
		if (strcmp(seen->server->rows[i].gsid, seen->last_id) == 0)
			seen->versions[i] = atoll(seen->last_name + 1);
}

static inline void take_rejection(void *context, const struct rejection *rejection)
{
	struct seen *seen = context;

	seen->rejected++;
	(void)snprintf(
		seen->last_field, sizeof seen->last_field, "%s", rejection->field == NULL ? "" : rejection->field);
}

static inline void map(struct bench *bench, const char *section, const char *key, const char *value)
{
	assert_true(mapping_set(bench->mapping, section, key, value, 7, &bench->failure));
}

static inline int set_up(void **state)
{
	struct bench *bench = memory_allocate(sizeof *bench);

	bench->settings = (struct gainsight_settings){ .access_key = secret_new("0f6c2a7e-SECRET"),
		.page_size = 5000,
		.overlap_s = 600,
		.late_s = 4 * 3600,
		.calls_per_minute = 30 };
	bench->session = gainsight->session_new("https://northwind.example", &bench->settings);
	bench->mapping = mapping_new();
	bench->entity = ENTITY_ACCOUNT;
	map(bench, "account", "name", "Name");
	map(bench, "account", "csm_email", "Csm__gr.Email");
	map(bench, "account", "renewal_on", "Renewal_Date");
	bench->sink = (struct record_sink){ &bench->seen, take_record, take_rejection };
	http_request_init(&bench->request);
	bench->now_ms = NOW_MS;
	*state = bench;
	return 0;
}

static inline int tear_down(void **state)
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

/* A session of its own for settings that have changed. */
static inline void renew_session(struct bench *bench)
{
	bench->reading = gainsight->read_free(bench->reading);
	gainsight->session_free(bench->session);
	bench->session = gainsight->session_new("https://northwind.example", &bench->settings);
}

/* False: the cursor is refused. */
static inline bool open_mode(struct bench *bench, enum read_mode mode, bool prove, const char *cursor)
{
	char *copy = cursor == NULL ? NULL : memory_copy_text(cursor);
	const struct mapping_entity *mapping = &bench->mapping->entities[bench->entity];
	const char *object = mapping->object == NULL ? gainsight->default_object(bench->entity) : mapping->object;

	gainsight->read_free(bench->reading);
	mapping_fingerprint(mapping, bench->entity, object, bench->fingerprint);
	bench->asked = (struct reading_request){ .entity = bench->entity,
		.mapping = mapping,
		.fingerprint = bench->fingerprint,
		.mode = mode,
		.prove = prove,
		.cursor = copy,
		.only = bench->only.count == 0 ? NULL : &bench->only };
	bench->reading = gainsight->read_open(bench->session, &bench->asked, &bench->sink);
	free(copy);
	return bench->reading != NULL;
}

static inline void open_all(struct bench *bench, const char *cursor)
{
	assert_true(open_mode(bench, READ_ALL, false, cursor));
}

static inline void open_changes(struct bench *bench, const char *cursor)
{
	assert_true(open_mode(bench, READ_CHANGES, false, cursor));
}

static inline enum read_step next(struct bench *bench)
{
	return gainsight->read_next(bench->reading, bench->now_ms, &bench->request, &bench->failure);
}

static inline const char *query(struct bench *bench)
{
	return buffer_text(&bench->request.body);
}

static inline const char *cursor_of(struct bench *bench)
{
	return gainsight->read_cursor(bench->reading);
}

static inline bool answer(struct bench *bench, int status, const char *type, const char *body)
{
	const time_t now_s = (time_t)(bench->now_ms / 1000);
	struct tm now;
	char date[64];

	(void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now_s, &now));
	const struct http_header headers[] = { { "date", date }, { "Content-Type", type } };
	const struct http_head head = { status, headers, type == NULL ? 1 : 2 };
	size_t length = strlen(body), piece = bench->piece == 0 ? length : bench->piece;

	gainsight->read_head(bench->reading, &head);
	for (size_t at = 0; at < length; at += piece)
		if (!gainsight->read_feed(bench->reading, body + at, length - at < piece ? length - at : piece))
			break;
	return gainsight->read_finish(bench->reading, bench->now_ms, &bench->failure);
}

/* The next request, answered with rows: a JSON array. */
static inline void give(struct bench *bench, const char *rows)
{
	char *body = memory_format("{\"result\":true,\"data\":%s}", rows);

	assert_int_equal(next(bench), READ_REQUEST);
	if (!answer(bench, 200, "application/json", body))
		fail_msg("%s", bench->failure.text);
	free(body);
}

/* Asks the server until there is nothing more to ask; `between` may edit its rows after each answer. */
static inline enum read_step run(struct bench *bench, struct server *server, void (*between)(struct server *server))
{
	enum read_step step;
	unsigned asked = 0;

	bench->seen.server = server;
	while ((step = next(bench)) == READ_REQUEST) {
		int status;
		assert_true(++asked < 3000);
		char *body = server_answer(server, query(bench), &status);
		if (!answer(bench, status, "application/json", body))
			fail_msg("%s", bench->failure.text);
		free(body);
		if (between != NULL)
			between(server);
	}
	return step;
}

static inline void run_through(struct bench *bench, struct server *server, void (*between)(struct server *server))
{
	if (run(bench, server, between) != READ_COMPLETE)
		fail_msg("%s", bench->failure.text);
}

static inline void assert_until(const struct bench *bench, int64_t fresh_ms, int64_t complete_ms)
{
	int64_t fresh, complete;

	gainsight->read_until(bench->reading, &fresh, &complete);
	assert_int_equal(fresh, fresh_ms);
	assert_int_equal(complete, complete_ms);
}

/* A cursor as after a READ_ALL at NOW_MS over one row, K, modified at 2026-10-01 07:00:00. */
#define KNOWN_ROW "{\"Gsid\":\"1P02K\",\"ModifiedDate\":1790838000000}"

static inline char *done_cursor(struct bench *bench)
{
	open_all(bench, NULL);
	give(bench, "[" KNOWN_ROW "]");
	give(bench, "[" KNOWN_ROW "]");
	give(bench, "[" KNOWN_ROW "]");
	assert_int_equal(next(bench), READ_COMPLETE);
	assert_until(bench, NOW_MS, NOW_MS - bench->settings.late_s * 1000);
	bench->seen = (struct seen){ 0 };
	return memory_copy_text(cursor_of(bench));
}

static inline struct server *server_new(size_t count, int64_t first_ms, int64_t step_ms)
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

static inline void assert_all_read(const struct bench *bench, const struct server *server)
{
	for (size_t i = 0; i < server->count; i++)
		if (bench->seen.versions[i] != server->rows[i].version)
			fail_msg("row %zu (%s): version %lld of %lld", i, server->rows[i].gsid,
				(long long)bench->seen.versions[i], (long long)server->rows[i].version);
}

#endif
