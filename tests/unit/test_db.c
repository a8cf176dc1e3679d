/* test_db.c - the asynchronous link to PostgreSQL, against a private cluster that tests/pgbox makes. */
#include "tests/unit/cluster_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/db.h"

enum {
	COPY_BYTES = 50 * 1024 * 1024,
	CHUNK = 64 * 1024,
	GROWTH_KIB = 16 * 1024,
	NOTES = 64,
};

struct fixture {
	struct event_base *base;
	struct db *db, *other;       /* the one under test, and one that does things to it */
	int connected, lost, wanted; /* `wanted` connections: then the loop is left */
	char notified[128];
	char why[200]; /* what the last loss said */
};

/* What became of one statement. */
struct answer {
	struct fixture *fixture;
	int calls;
	bool good;
	int number; /* the order in which answers came */
	char value[80];
	struct failure failure;
};

static int answers, awaited;

/* ---- the fixture ---- */

static void on_connected(void *context)
{
	struct fixture *fixture = context;

	if (++fixture->connected == fixture->wanted)
		(void)event_base_loopbreak(fixture->base);
}

static void on_lost(void *context, const struct failure *failure)
{
	struct fixture *fixture = context;

	assert_int_equal(FAILURE_TRANSIENT, failure->kind);
	assert_true(failure->text[0] != '\0');
	(void)snprintf(fixture->why, sizeof fixture->why, "%.190s", failure->text);
	fixture->lost++;
}

static void on_notified(void *context, const char *channel)
{
	struct fixture *fixture = context;
	size_t used = strlen(fixture->notified);

	(void)snprintf(fixture->notified + used, sizeof fixture->notified - used, "%s ", channel);
	if (strstr(fixture->notified, "last") != NULL)
		(void)event_base_loopbreak(fixture->base);
}

static struct db *link_new(struct fixture *fixture, const char *where, const char *purpose)
{
	struct db *db = db_new(fixture->base, &(struct db_settings){ .conninfo = where, .purpose = purpose },
		&(struct db_events){
			.context = fixture, .connected = on_connected, .lost = on_lost, .notified = on_notified });

	db_connect(db);
	return db;
}

static int setup(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);

	fixture->base = event_base_new();
	fixture->wanted = 2;
	fixture->db = link_new(fixture, cluster_conninfo, "under test");
	fixture->other = link_new(fixture, cluster_conninfo, "other");
	answers = awaited = 0;
	cluster_wait(fixture->base);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	(void)db_free(fixture->db);
	(void)db_free(fixture->other);
	event_base_free(fixture->base);
	free(fixture);
	return 0;
}

static void on_result(void *context, const PGresult *result, const struct failure *failure)
{
	struct answer *answer = context;

	assert_true((result == NULL) != (failure == NULL));
	answer->calls++;
	answer->number = ++answers;
	answer->good = result != NULL;
	if (failure != NULL)
		answer->failure = *failure;
	else if (PQntuples(result) > 0)
		(void)snprintf(answer->value, sizeof answer->value, "%s",
			PQgetisnull(result, 0, 0) ? "(null)" : PQgetvalue(result, 0, 0));
	if (answers == awaited)
		(void)event_base_loopbreak(answer->fixture->base);
}

static void ask(struct db *db, struct answer *answer, const char *sql)
{
	awaited++;
	db_query(db, sql, 0, NULL, on_result, answer);
}

static struct answer ask_one(struct fixture *fixture, const char *sql)
{
	struct answer answer = { .fixture = fixture };

	ask(fixture->db, &answer, sql);
	cluster_wait(fixture->base);
	assert_int_equal(1, answer.calls);
	return answer;
}

/* ---- tests ---- */

static void test_session(void **state)
{
	struct fixture *fixture = *state;

	assert_true(db_is_connected(fixture->db));
	assert_string_equal(
		"advocated under test", ask_one(fixture, "SELECT current_setting('application_name')").value);
	assert_string_equal("", ask_one(fixture, "SELECT current_setting('search_path')").value);
	assert_string_equal("UTC", ask_one(fixture, "SELECT current_setting('TimeZone')").value);
	assert_string_equal("off", ask_one(fixture, "SELECT current_setting('jit')").value);
	assert_string_equal("UTF8", ask_one(fixture, "SELECT current_setting('client_encoding')").value);
	assert_string_equal("1", ask_one(fixture, "SELECT length('\xc3\xa9')").value);
	assert_string_equal("0", ask_one(fixture, "SELECT current_setting('idle_session_timeout')").value);
	assert_string_equal(
		"read committed", ask_one(fixture, "SELECT current_setting('transaction_isolation')").value);
}

static void test_order_and_values(void **state)
{
	struct fixture *fixture = *state;
	struct answer many[50] = { 0 }, values = { .fixture = fixture };
	char sql[80];
	const char *texts[] = { "it's\ta \\N tab", NULL };

	for (int i = 0; i < 50; i++) {
		many[i].fixture = fixture;
		(void)snprintf(sql, sizeof sql, "SELECT %d, pg_sleep(0.00%d)", i, 9 - i % 10);
		ask(fixture->db, &many[i], sql);
		memset(sql, 'x', sizeof sql); /* it was copied */
	}
	awaited++;
	db_query(fixture->db, "SELECT $1::text || coalesce($2::text, '(none)')", 2, texts, on_result, &values);
	cluster_wait(fixture->base);
	for (int i = 0; i < 50; i++) {
		assert_true(many[i].good);
		assert_int_equal(i + 1, many[i].number);
		assert_int_equal(i, atoi(many[i].value));
	}
	assert_string_equal("it's\ta \\N tab(none)", values.value);
}

static void check_failure(struct fixture *fixture, const char *code, enum failure_kind kind)
{
	char sql[160];

	(void)snprintf(
		sql, sizeof sql, "DO $$ BEGIN RAISE 'so not' USING ERRCODE = '%s', HINT = 'do this'; END $$", code);
	struct answer answer = ask_one(fixture, sql);
	assert_false(answer.good);
	assert_string_equal(code, answer.failure.code);
	assert_int_equal(kind, answer.failure.kind);
	assert_string_equal("so not (do this)", answer.failure.text);
}

static void test_errors_by_sqlstate(void **state)
{
	struct fixture *fixture = *state;
	static const char *const transient[] = { "40001", "40P01", "53300", "55P03", "57014" };
	static const char *const permanent[] = { "23505", "42P01", "22023", "P0002", "55000", "XX000" };

	for (size_t i = 0; i < sizeof transient / sizeof transient[0]; i++)
		check_failure(fixture, transient[i], FAILURE_TRANSIENT);
	for (size_t i = 0; i < sizeof permanent / sizeof permanent[0]; i++)
		check_failure(fixture, permanent[i], FAILURE_PERMANENT);
	/* And the link is as good as before. */
	assert_string_equal("7", ask_one(fixture, "SELECT 7").value);
	assert_int_equal(0, fixture->lost);
}

/* ---- COPY ---- */

struct copy {
	struct fixture *fixture;
	size_t sent, total;
	int rooms, dones;
	long most_kib;
	bool bad_row, failed, quick;
	char code[8];
};

static long memory_kib(void)
{
	long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/self/status", "r");

	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	(void)fclose(file);
	return kib;
}

static char rows[CHUNK];

static void on_room(void *context)
{
	struct copy *copy = context;
	bool more = true;

	copy->rooms++;
	assert_true(copy->sent <= copy->total);
	if (copy->bad_row)
		(void)db_copy_put(copy->fixture->db, "too\tmany\tcolumns\n", 17);
	while (more && copy->sent < copy->total) {
		more = db_copy_put(copy->fixture->db, rows, sizeof rows);
		copy->sent += sizeof rows;
	}
	long now_kib = memory_kib();
	if (now_kib > copy->most_kib)
		copy->most_kib = now_kib;
	/* The last rows were taken, whatever the answer was; the end may follow at once. */
	if (copy->sent >= copy->total)
		db_copy_end(copy->fixture->db);
}

static void on_copied(void *context, const struct failure *failure)
{
	struct copy *copy = context;

	copy->dones++;
	copy->failed = failure != NULL;
	if (failure != NULL)
		(void)snprintf(copy->code, sizeof copy->code, "%.7s", failure->code);
	if (!copy->quick)
		(void)event_base_loopbreak(copy->fixture->base);
}

static void start_copy(struct copy *copy)
{
	for (size_t i = 0; i < sizeof rows; i++)
		rows[i] = i % 1024 == 1023 ? '\n' : (char)('a' + i % 26);
	db_copy(copy->fixture->db, "COPY pg_temp.t FROM STDIN",
		&(struct db_copy_events){ .context = copy, .room = on_room, .done = on_copied });
}

/* A server that takes its time: a trigger sleeps for each 64 KiB. */
static void make_slow_table(struct fixture *fixture)
{
	assert_true(ask_one(fixture, "CREATE TEMPORARY TABLE t (x text)").good);
	assert_true(ask_one(fixture, "CREATE FUNCTION pg_temp.slow() RETURNS trigger LANGUAGE plpgsql AS"
				     " $$ BEGIN IF random() < 1.0 / 64 THEN PERFORM pg_catalog.pg_sleep(0.002); "
				     "END IF; RETURN NEW; END $$")
			    .good);
	assert_true(ask_one(fixture, "CREATE TRIGGER slow BEFORE INSERT ON pg_temp.t FOR EACH ROW"
				     " EXECUTE FUNCTION pg_temp.slow()")
			    .good);
}

static void test_copy_has_back_pressure(void **state)
{
	struct fixture *fixture = *state;
	struct copy copy = { .fixture = fixture, .total = COPY_BYTES };

	make_slow_table(fixture);
	long before_kib = memory_kib();
	start_copy(&copy);
	cluster_wait(fixture->base);
	assert_false(copy.failed);
	assert_int_equal(1, copy.dones);
	assert_true(copy.rooms > 10);
	assert_in_range(copy.most_kib, 1, before_kib + GROWTH_KIB);
	assert_string_equal("51200", ask_one(fixture, "SELECT count(*) FROM pg_temp.t").value);
	assert_string_equal("1023", ask_one(fixture, "SELECT max(length(x)) FROM pg_temp.t").value);
}

static void test_copy_refused(void **state)
{
	struct fixture *fixture = *state;
	struct copy bad = { .fixture = fixture, .total = 10 * CHUNK, .bad_row = true },
		    absent = { .fixture = fixture };

	assert_true(ask_one(fixture, "CREATE TEMPORARY TABLE t (x text)").good);
	start_copy(&bad);
	cluster_wait(fixture->base);
	assert_int_equal(1, bad.dones);
	assert_string_equal("22P04", bad.code);
	assert_string_equal("0", ask_one(fixture, "SELECT count(*) FROM pg_temp.t").value);
	assert_true(ask_one(fixture, "DROP TABLE pg_temp.t").good);
	start_copy(&absent);
	cluster_wait(fixture->base);
	assert_int_equal(0, absent.rooms);
	assert_string_equal("42P01", absent.code);
	assert_string_equal("1", ask_one(fixture, "SELECT 1").value);
}

/* ---- the link is cut ---- */

static const char cut[] = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE "
			  "application_name = 'advocated under test'";

static void test_cut(void **state)
{
	struct fixture *fixture = *state;
	struct answer flying[5] = { 0 }, cutter = { .fixture = fixture }, after = { .fixture = fixture };

	for (int i = 0; i < 5; i++) {
		flying[i].fixture = fixture;
		ask(fixture->db, &flying[i], "SELECT pg_sleep(30)");
	}
	fixture->wanted = 3;
	ask(fixture->other, &cutter, cut);
	awaited = 0; /* until it is connected again */
	cluster_wait(fixture->base);
	assert_true(cutter.good);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(1, flying[i].calls);
		assert_false(flying[i].good);
		assert_int_equal(FAILURE_TRANSIENT, flying[i].failure.kind);
	}
	assert_int_equal(1, fixture->lost);
	assert_string_equal("terminating connection due to administrator command", fixture->why);
	assert_true(db_is_connected(fixture->db));
	answers = 0;
	ask(fixture->db, &after, "SELECT 'back'");
	cluster_wait(fixture->base);
	assert_string_equal("back", after.value);
}

/* The server's word for why comes as a notice, then. */
static void test_cut_while_idle(void **state)
{
	struct fixture *fixture = *state;
	struct answer cutter = { .fixture = fixture };

	fixture->wanted = 3;
	ask(fixture->other, &cutter, cut);
	awaited = 0;
	cluster_wait(fixture->base);
	assert_int_equal(1, fixture->lost);
	assert_string_equal("terminating connection due to administrator command", fixture->why);
}

static void test_cut_in_copy(void **state)
{
	struct fixture *fixture = *state;
	struct copy copy = { .fixture = fixture, .total = COPY_BYTES, .quick = true };
	struct answer behind = { .fixture = fixture }, cutter = { .fixture = fixture };

	make_slow_table(fixture);
	start_copy(&copy);
	ask(fixture->db, &behind, "SELECT 1");
	while (copy.rooms < 3)
		(void)event_base_loop(fixture->base, EVLOOP_ONCE);
	fixture->wanted = 3;
	ask(fixture->other, &cutter, cut);
	awaited = 0;
	cluster_wait(fixture->base);
	assert_int_equal(1, copy.dones);
	assert_true(copy.failed);
	assert_int_equal(1, behind.calls);
	assert_false(behind.good);
	assert_int_equal(1, fixture->lost);
	answers = 0;
	assert_string_equal("2", ask_one(fixture, "SELECT 2").value);
}

static void test_while_down(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer = { .fixture = fixture };

	(void)db_free(fixture->db);
	fixture->db = link_new(fixture, "host=/nowhere user=postgres", "under test");
	ask(fixture->db, &answer, "SELECT 1");
	assert_int_equal(0, answer.calls); /* never from inside the call */
	cluster_wait(fixture->base);
	assert_int_equal(1, answer.calls);
	assert_int_equal(FAILURE_TRANSIENT, answer.failure.kind);
	while (fixture->lost == 0)
		(void)event_base_loop(fixture->base, EVLOOP_ONCE);
	assert_false(db_is_connected(fixture->db));
}

static void test_free_under_way(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer = { .fixture = fixture };

	ask(fixture->db, &answer, "SELECT pg_sleep(30)");
	(void)event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	fixture->db = db_free(fixture->db);
	(void)event_base_loop(fixture->base, EVLOOP_NONBLOCK);
	assert_int_equal(0, answer.calls);
}

static void test_notify(void **state)
{
	struct fixture *fixture = *state;
	struct answer sent[3] = { { .fixture = fixture }, { .fixture = fixture }, { .fixture = fixture } };

	assert_true(ask_one(fixture, "LISTEN first").good);
	assert_true(ask_one(fixture, "LISTEN last").good);
	ask(fixture->other, &sent[0], "NOTIFY unheard");
	ask(fixture->other, &sent[1], "NOTIFY first");
	ask(fixture->other, &sent[2], "NOTIFY last");
	awaited = 0;
	cluster_wait(fixture->base);
	assert_string_equal("first last ", fixture->notified);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_session, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order_and_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors_by_sqlstate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy_has_back_pressure, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_while_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_in_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_while_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_free_under_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_notify, setup, teardown),
	};
	/* What the environment, the role or the database say of sessions is not for ours. */
	(void)setenv("PGCLIENTENCODING", "LATIN1", 1);
	(void)setenv("PGOPTIONS", "-c idle_session_timeout=1h -c default_transaction_isolation=serializable", 1);
	int failed = cmocka_run_group_tests(tests, cluster_up, cluster_down);

	libevent_global_shutdown();
	return failed;
}
