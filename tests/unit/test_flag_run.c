/* test_flag_run.c - what the database is told of flags that a vendor refuses. The database and HTTP are played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/connector.h"
#include "daemon/document.h"
#include "daemon/flag_run.h"

enum { STATEMENTS_MOST = 8 };

/* ---- the database ---- */

static struct statement {
	const char *sql;
	char values[7][4000];
	db_result_fn *done;
	void *context;
} statements[STATEMENTS_MOST];
static int asked, answered;

bool db_is_lost(const struct db *db, const PGresult *result)
{
	(void)db;
	(void)result;
	return false;
}

void db_query(
	struct db *db, const char *sql, int count, const char *const *values, db_result_fn *done, void *context)
{
	struct statement *statement = &statements[asked];

	(void)db;
	assert_in_range(asked, 0, STATEMENTS_MOST - 1);
	asked++;
	*statement = (struct statement){ .sql = sql, .done = done, .context = context };
	for (int i = 0; i < count; i++)
		(void)snprintf(statement->values[i], sizeof statement->values[i], "%s",
			values[i] == NULL ? "" : values[i]);
}

/* The next statement calls this function. */
static const struct statement *expect(const char *function)
{
	assert_in_range(answered, 0, asked - 1);
	assert_non_null(strstr(statements[answered].sql, function));
	return &statements[answered];
}

/* Answers it with so many flags. */
static void answer(int rows)
{
	static char names[5][8] = { "entity", "id", "wanted", "since", "reason" };
	const struct statement *statement = &statements[answered++];
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc columns[5] = { 0 };
	char id[16];

	for (int column = 0; column < 5; column++)
		columns[column].name = names[column];
	assert_int_equal(1, PQsetResultAttrs(result, 5, columns));
	for (int row = 0; row < rows; row++) {
		(void)snprintf(id, sizeof id, "id%d", row);
		assert_int_equal(1, PQsetvalue(result, row, 0, (char[]){ "account" }, 7));
		assert_int_equal(1, PQsetvalue(result, row, 1, id, (int)strlen(id)));
		assert_int_equal(1, PQsetvalue(result, row, 2, (char[]){ "no" }, 2));
		assert_int_equal(1, PQsetvalue(result, row, 3, (char[]){ "0" }, 1));
	}
	statement->done(statement->context, result, NULL);
	PQclear(result);
}

/* ---- HTTP ---- */

static document_fn *document_done;
static void *document_context;

struct document *document_ask(
	struct http *http, const struct http_request *request, size_t limit, document_fn *done, void *context)
{
	(void)http;
	(void)request;
	(void)limit;
	document_done = done;
	document_context = context;
	return NULL;
}

struct document *document_free(struct document *document)
{
	return document;
}

static void respond(void)
{
	const struct http_head head = { .status = 400 };

	document_done(document_context, &head, "", 0, NULL);
}

/* ---- a vendor that refuses whatever is written ---- */

static char refusal[600];

static const char *default_object(enum entity entity)
{
	(void)entity;
	return "Account";
}

static bool flags_write(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	(void)session, (void)target, (void)flags, (void)count, (void)now_ms, (void)request, (void)failure;
	return true;
}

static bool flags_written(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_result *results, struct failure *failure)
{
	(void)session, (void)target, (void)flags, (void)count, (void)body, (void)length, (void)now_ms,
		(void)results;
	failure_set(failure, FAILURE_PERMANENT, "%s", refusal);
	failure->http_status = head->status;
	return false;
}

static void on_done(void *context, int64_t calls, int64_t wait_ms)
{
	(void)context, (void)calls, (void)wait_ms;
}

/* Whatever the length of what the vendor says: each flag has its verdict, and with it never comes back by itself. */
static void refused_at_length(void **state)
{
	const struct connector connector = { .default_object = default_object,
		.flags_most = 2,
		.flags_write = flags_write,
		.flags_written = flags_written };
	struct mapping mapping = { 0 };
	const struct config_source source = {
		.name = (char[]){ "crm" }, .connector = &connector, .mapping = &mapping
	};

	(void)state;
	for (size_t ascii = 0; ascii < 4; ascii++) {
		asked = answered = 0;
		memset(refusal, 'x', ascii);
		refusal[ascii] = '\0';
		for (size_t at = ascii; at < 400; at += 3)
			(void)snprintf(refusal + at, sizeof refusal - at, "\u2019");
		struct flag_run *run = flag_run_new(&(struct flag_run_settings){ .source = &source },
			&(struct flag_run_events){ .done = on_done });
		flag_run_begin(run, 100);
		(void)expect("writeback_claim(");
		answer(2);
		respond(); /* of both, then of each */
		respond();
		respond();
		const struct statement *settle = expect("writeback_settle(");
		json_auto_t *rows = json_loads(settle->values[2], 0, NULL);
		assert_int_equal(2, json_array_size(rows));
		for (size_t i = 0; i < 2; i++) {
			const json_t *row = json_array_get(rows, i);
			assert_string_equal("refused", json_string_value(json_array_get(row, 1)));
			assert_in_range(json_string_length(json_array_get(row, 3)), 250, 255);
		}
		run = flag_run_free(run);
		assert_null(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_at_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
