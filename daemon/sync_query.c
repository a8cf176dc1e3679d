#include "daemon/sync_query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/instant.h"

static const char *text_of(const PGresult *result, const char *column)
{
	int number = PQfnumber(result, column);

	return number < 0 || PQntuples(result) == 0 || PQgetisnull(result, 0, number)
		       ? NULL
		       : PQgetvalue(result, 0, number);
}

static int64_t integer_of(const PGresult *result, const char *column, int64_t otherwise)
{
	const char *text = text_of(result, column);

	return text == NULL ? otherwise : strtoll(text, NULL, 10);
}

static bool is_true(const PGresult *result, const char *column)
{
	const char *text = text_of(result, column);

	return text != NULL && *text == 't';
}

void sync_query_plan(struct db *db, const char *source, const char *stream, int64_t full_every_s,
	int64_t prove_every_s, db_result_fn *done, void *context)
{
	char full[32], prove[32];
	const char *values[] = { source, stream, full, prove };

	(void)snprintf(full, sizeof full, "%" PRId64 " seconds", full_every_s);
	(void)snprintf(prove, sizeof prove, "%" PRId64 " seconds", prove_every_s);
	db_query(db, "SELECT * FROM advocacy.stream_plan($1::text, $2::text, $3::interval, $4::interval)", 4,
		values, done, context);
}

void sync_query_read_plan(const PGresult *result, struct sync_plan *ret_plan)
{
	*ret_plan = (struct sync_plan){
		.cursor = text_of(result, "cursor"),
		.full_cursor = text_of(result, "full_cursor"),
		.full_due_s = integer_of(result, "full_due_s", -1),
		.calls_today = integer_of(result, "calls_today", 0),
		.full_rows = integer_of(result, "full_rows", 0),
		.prove = is_true(result, "prove"),
		.broken_off = is_true(result, "broken_off"),
		.full_broken_off = is_true(result, "full_broken_off"),
		.untouched = is_true(result, "untouched"),
		.unjudged = is_true(result, "unjudged"),
	};
}

static const char *instant_or_null(int64_t ms, char text[static INSTANT_TEXT_SIZE])
{
	if (ms == INT64_MIN)
		return NULL;
	instant_format(ms, text);
	return text;
}

/* sync_apply, or sync_preview, which takes the same. */
static void ask(
	struct db *db, const char *function, const struct sync_portion *portion, db_result_fn *done, void *context)
{
	char fresh[INSTANT_TEXT_SIZE], until[INSTANT_TEXT_SIZE], started[INSTANT_TEXT_SIZE];
	char rows[24], calls[24], expected[24], sql[512];

	instant_format(portion->started_ms, started);
	(void)snprintf(rows, sizeof rows, "%" PRId64, portion->rows);
	(void)snprintf(calls, sizeof calls, "%" PRId64, portion->calls);
	(void)snprintf(expected, sizeof expected, "%" PRId64, portion->expected);
	(void)snprintf(sql, sizeof sql,
		"SELECT * FROM advocacy.%s(source => $1::text, stream => $2::text, cursor => $3::text,"
		" complete => $4::boolean, complete_until => $5::timestamptz, rows_read => $6::bigint,"
		" calls => $7::bigint, started_at => $8::timestamptz, mode => $9::text,"
		" fresh_until => $10::timestamptz, expected => $11::bigint, mapping => $12::text)",
		function);
	const char *values[] = {
		portion->source,
		portion->stream,
		portion->cursor,
		portion->complete ? "t" : "f",
		instant_or_null(portion->until_ms, until),
		rows,
		calls,
		started,
		portion->mode == READ_ALL ? "all" : "changes",
		instant_or_null(portion->fresh_ms, fresh),
		portion->expected < 0 ? NULL : expected,
		portion->fingerprint,
	};
	db_query(db, sql, sizeof values / sizeof values[0], values, done, context);
}

void sync_query_apply(struct db *db, const struct sync_portion *portion, db_result_fn *done, void *context)
{
	ask(db, "sync_apply", portion, done, context);
}

void sync_query_preview(struct db *db, const struct sync_portion *portion, db_result_fn *done, void *context)
{
	ask(db, "sync_preview", portion, done, context);
}

void sync_query_read_applied(const PGresult *result, struct sync_applied *ret_applied)
{
	*ret_applied = (struct sync_applied){
		.rows_changed = integer_of(result, "rows_changed", 0),
		.rows_rejected = integer_of(result, "rows_rejected", 0),
		.suspended = integer_of(result, "suspended", 0),
		.reinstated = integer_of(result, "reinstated", 0),
	};
}
