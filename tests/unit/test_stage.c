/* test_stage.c - rows for several tables go into the stage tables by COPY, against a private cluster. */
#include "tests/unit/cluster_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"
#include "daemon/db.h"
#include "daemon/stage.h"

enum { ROWS = 120000 };

struct fixture {
	struct event_base *base;
	struct db *db;
	struct stage *stage;
	int left; /* rows still to be staged */
	int rooms, failures, flushes;
	char value[80]; /* the last answer's */
};

static void leave(void *context)
{
	struct fixture *fixture = context;

	(void)event_base_loopbreak(fixture->base);
}

static void on_lost(void *context, const struct failure *failure)
{
	(void)context;
	(void)failure;
}

static void on_result(void *context, const PGresult *result, const struct failure *failure)
{
	struct fixture *fixture = context;

	assert_null(failure);
	if (PQntuples(result) > 0)
		(void)snprintf(fixture->value, sizeof fixture->value, "%s", PQgetvalue(result, 0, 0));
	leave(fixture);
}

static const char *ask(struct fixture *fixture, const char *sql)
{
	db_query(fixture->db, sql, 0, NULL, on_result, fixture);
	cluster_wait(fixture->base);
	return fixture->value;
}

/* A row with the number in its remote id and a text that needs every escape there is. */
static void stage_one(struct fixture *fixture, enum entity entity, int number)
{
	const struct entity_shape *shape = entity_shape(entity);
	struct value values[64] = { 0 };
	char id[16];

	(void)snprintf(id, sizeof id, "%d", number);
	values[entity_column(entity, "remote_id")] = (struct value){ id, strlen(id) };
	values[entity_column(entity, "name")] = (struct value){ "a\tb\nc\\N\r\\.", 10 };
	stage_record(fixture->stage, entity, values, shape->count);
}

static void pour(struct fixture *fixture)
{
	while (fixture->left > 0 && stage_has_room(fixture->stage)) {
		fixture->left--;
		stage_one(fixture, fixture->left % 3 == 0 ? ENTITY_STAFF : ENTITY_ACCOUNT, fixture->left);
		if (fixture->left % 100 == 0)
			stage_reject(fixture->stage, &(struct rejection){ .remote_id = "r",
							     .field = NULL,
							     .reason = "bad",
							     .raw = { "{\"a\":\t1}", 8 } });
	}
}

static void on_room(void *context)
{
	struct fixture *fixture = context;

	fixture->rooms++;
	pour(fixture);
	if (fixture->left == 0)
		leave(fixture);
}

static void on_failed(void *context, const struct failure *failure)
{
	struct fixture *fixture = context;

	assert_non_null(failure);
	fixture->failures++;
	leave(fixture);
}

static void on_flushed(void *context)
{
	struct fixture *fixture = context;

	fixture->flushes++;
	leave(fixture);
}

static int setup(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);

	fixture->base = event_base_new();
	fixture->db =
		db_new(fixture->base, &(struct db_settings){ .conninfo = cluster_conninfo, .purpose = "stage" },
			&(struct db_events){ .context = fixture, .connected = leave, .lost = on_lost });
	db_connect(fixture->db);
	cluster_wait(fixture->base);
	fixture->stage = stage_new(
		fixture->db, &(struct stage_events){ .context = fixture, .room = on_room, .failed = on_failed });
	/* A second call on one link fails. */
	(void)ask(fixture, "CREATE SCHEMA IF NOT EXISTS advocacy");
	(void)ask(fixture, "CREATE OR REPLACE FUNCTION advocacy.stage_prepare() RETURNS void LANGUAGE plpgsql"
			   " AS $$BEGIN CREATE TEMPORARY TABLE prepared (); END$$");
	(void)ask(fixture,
		"CREATE TEMPORARY TABLE stage_rejected (remote_id text, field text, reason text, raw text)");
	for (int entity = 0; entity < ENTITY_COUNT; entity++) {
		const struct entity_shape *shape = entity_shape((enum entity)entity);
		struct buffer sql;

		buffer_init(&sql, 4096);
		(void)buffer_printf(&sql, "CREATE TEMPORARY TABLE stage_%s (", shape->name);
		for (size_t i = 0; i < shape->count; i++)
			(void)buffer_printf(&sql, "%s%s text", i == 0 ? "" : ", ", shape->columns[i].name);
		(void)buffer_append_text(&sql, ")");
		(void)ask(fixture, buffer_text(&sql));
		buffer_free(&sql);
	}
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	(void)db_free(fixture->db);
	(void)stage_free(fixture->stage);
	event_base_free(fixture->base);
	free(fixture);
	return 0;
}

static void flush(struct fixture *fixture)
{
	int before = fixture->flushes;

	stage_flush(fixture->stage, on_flushed);
	if (fixture->flushes == before)
		cluster_wait(fixture->base);
	else
		(void)event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	assert_int_equal(before + 1, fixture->flushes);
}

static void test_many_tables(void **state)
{
	struct fixture *fixture = *state;

	fixture->left = ROWS;
	pour(fixture);
	assert_true(fixture->left > 0); /* it said that it is full */
	cluster_wait(fixture->base);
	assert_int_equal(0, fixture->left);
	assert_true(fixture->rooms > 0);
	flush(fixture);
	assert_string_equal("80000 80000",
		ask(fixture, "SELECT count(*) || ' ' || count(DISTINCT remote_id) FROM pg_temp.stage_account"));
	assert_string_equal("40000 40000",
		ask(fixture, "SELECT count(*) || ' ' || count(DISTINCT remote_id) FROM pg_temp.stage_staff"));
	assert_string_equal("1200 1200",
		ask(fixture,
			"SELECT count(*) || ' ' || count(*) FILTER (WHERE field IS NULL AND raw = E'{\"a\":\\t1}')"
			" FROM pg_temp.stage_rejected"));
	assert_string_equal(
		"t", ask(fixture, "SELECT bool_and(name = E'a\\tb\\nc\\\\N\\r\\\\.') FROM pg_temp.stage_account"));
	assert_int_equal(0, fixture->failures);
}

static void test_flush_of_nothing_and_of_one(void **state)
{
	struct fixture *fixture = *state;

	stage_flush(fixture->stage, on_flushed);
	assert_int_equal(1, fixture->flushes); /* before it returns */
	(void)event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	assert_string_equal("t", ask(fixture, "SELECT to_regclass('pg_temp.prepared') IS NULL"));
	stage_one(fixture, ENTITY_ACCOUNT, 1);
	flush(fixture);
	assert_string_equal("f", ask(fixture, "SELECT to_regclass('pg_temp.prepared') IS NULL"));
	assert_string_equal("1", ask(fixture, "SELECT count(*) FROM pg_temp.stage_account"));
	stage_one(fixture, ENTITY_ACCOUNT, 2);
	flush(fixture);
	assert_string_equal("2", ask(fixture, "SELECT count(*) FROM pg_temp.stage_account"));
}

static void test_failure(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture, "DROP TABLE pg_temp.stage_account");
	stage_one(fixture, ENTITY_ACCOUNT, 1);
	stage_flush(fixture->stage, on_flushed);
	cluster_wait(fixture->base);
	assert_int_equal(1, fixture->failures);
	assert_int_equal(0, fixture->flushes);
}

static void abandon(struct fixture *fixture)
{
	stage_abandon(fixture->stage, on_flushed);
	assert_int_equal(0, fixture->flushes); /* a COPY is open */
	cluster_wait(fixture->base);
	assert_int_equal(1, fixture->flushes);
	assert_int_equal(0, fixture->rooms);
	assert_int_equal(0, fixture->failures);
}

/* The rows of a run that has died: what waits is dropped, what comes is not taken, and the link is free for the next run. */
static void test_abandoned(void **state)
{
	struct fixture *fixture = *state;
	int poured;

	fixture->left = ROWS;
	pour(fixture);
	poured = ROWS - fixture->left;
	assert_false(stage_has_room(fixture->stage));
	fixture->left = 0;
	abandon(fixture);
	assert_true(stage_has_room(fixture->stage));
	stage_one(fixture, ENTITY_ACCOUNT, 1);
	stage_reject(fixture->stage, &(struct rejection){ .remote_id = "r", .reason = "bad", .raw = { "{}", 2 } });
	flush(fixture);
	(void)ask(fixture,
		"SELECT (SELECT count(*) FROM pg_temp.stage_account)"
		" + (SELECT count(*) FROM pg_temp.stage_staff) + (SELECT count(*) FROM pg_temp.stage_rejected)");
	assert_true(strtol(fixture->value, NULL, 10) < poured / 2);
	assert_string_equal("0", ask(fixture, "SELECT count(*) FROM pg_temp.stage_rejected"));
	assert_string_equal("0", ask(fixture, "SELECT count(*) FROM pg_temp.stage_account WHERE remote_id = '1'"));
}

static void test_abandoned_by_what_fails_meanwhile(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture, "DROP TABLE pg_temp.stage_account");
	for (int number = 1; number < 5000; number++)
		stage_one(fixture, ENTITY_ACCOUNT, number);
	abandon(fixture);
}

/* Nothing is open: at once. */
static void test_abandoned_idle(void **state)
{
	struct fixture *fixture = *state;

	stage_one(fixture, ENTITY_ACCOUNT, 1);
	stage_abandon(fixture->stage, on_flushed);
	assert_int_equal(1, fixture->flushes);
	(void)event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	assert_string_equal("0", ask(fixture, "SELECT count(*) FROM pg_temp.stage_account"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_many_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush_of_nothing_and_of_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(test_abandoned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_abandoned_by_what_fails_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_abandoned_idle, setup, teardown),
	};
	int failed = cmocka_run_group_tests(tests, cluster_up, cluster_down);

	libevent_global_shutdown();
	return failed;
}
