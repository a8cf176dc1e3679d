/* test_stage.c - rows for several tables go into the stage tables by COPY, against a private cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"
#include "daemon/db.h"
#include "daemon/loop.h"
#include "daemon/stage.h"

enum { GIVE_UP_MS = 60000, ROWS = 30000 };

static char cluster[64], conninfo[160];

struct fixture {
	struct event_base *base;
	struct db *db;
	struct stage *stage;
	struct event *limit;
	int left; /* rows still to be staged */
	int rooms, failures, flushes;
	char value[80]; /* the last answer's */
};

static int cluster_up(void **state)
{
	char command[300], line[200];
	FILE *out;

	(void)state;
	(void)snprintf(cluster, sizeof cluster, "/tmp/advocated-test-stage.%ld", (long)getpid());
	(void)snprintf(command, sizeof command, "PGBOX_OPTS='-c fsync=off' tests/pgbox up %s", cluster);
	out = popen(command, "r"); /* NOLINT(cert-env33-c) */
	if (out == NULL || fgets(line, sizeof line, out) == NULL || pclose(out) != 0)
		return -1;
	char *host = strstr(line, "PGHOST=");
	if (host == NULL)
		return -1;
	(void)snprintf(conninfo, sizeof conninfo, "host=%.*s user=postgres dbname=postgres",
		(int)strcspn(host + 7, " \n"), host + 7);
	return 0;
}

static int cluster_down(void **state)
{
	char command[120];

	(void)state;
	(void)snprintf(command, sizeof command, "tests/pgbox down %s", cluster);
	return system(command); /* NOLINT(cert-env33-c) */
}

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

static void on_limit(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	(void)context;
	fail_msg("what was waited for did not come");
}

static void turn(struct fixture *fixture)
{
	loop_arm(fixture->limit, GIVE_UP_MS);
	(void)event_base_dispatch(fixture->base);
	(void)event_del(fixture->limit);
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
	turn(fixture);
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
	fixture->limit = loop_timer(fixture->base, on_limit, NULL);
	fixture->db = db_new(fixture->base, &(struct db_settings){ .conninfo = conninfo, .purpose = "stage" },
		&(struct db_events){ .context = fixture, .connected = leave, .lost = on_lost });
	db_connect(fixture->db);
	turn(fixture);
	fixture->stage = stage_new(
		fixture->db, &(struct stage_events){ .context = fixture, .room = on_room, .failed = on_failed });
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
	(void)loop_event_free(fixture->limit);
	event_base_free(fixture->base);
	free(fixture);
	return 0;
}

static void flush(struct fixture *fixture)
{
	int before = fixture->flushes;

	stage_flush(fixture->stage, on_flushed);
	if (fixture->flushes == before)
		turn(fixture);
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
	turn(fixture);
	assert_int_equal(0, fixture->left);
	assert_true(fixture->rooms > 0);
	flush(fixture);
	assert_string_equal("20000 20000",
		ask(fixture, "SELECT count(*) || ' ' || count(DISTINCT remote_id) FROM pg_temp.stage_account"));
	assert_string_equal("10000 10000",
		ask(fixture, "SELECT count(*) || ' ' || count(DISTINCT remote_id) FROM pg_temp.stage_staff"));
	assert_string_equal("300 300",
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
	stage_one(fixture, ENTITY_ACCOUNT, 1);
	flush(fixture);
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
	turn(fixture);
	assert_int_equal(1, fixture->failures);
	assert_int_equal(0, fixture->flushes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_many_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush_of_nothing_and_of_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
	};
	int failed = cmocka_run_group_tests(tests, cluster_up, cluster_down);

	libevent_global_shutdown();
	return failed;
}
