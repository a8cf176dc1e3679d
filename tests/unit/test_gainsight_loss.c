/* Against a Gainsight with every quirk, edited while it is read, and killed anywhere: no row is lost. */
#include "tests/unit/gainsight_bench.h"

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

/* What the daemon does: changes, and everything when they can't be gone on with. True: it was everything. */
static bool poll(
	struct bench *bench, struct server *server, struct buffer *cursor, void (*between)(struct server *))
{
	bool all = !open_mode(bench, READ_CHANGES, false, buffer_text(cursor));

	/* The server's clock: what is edited from now on is edited later. */
	bench->now_ms = edits_at_ms;
	if (all)
		open_all(bench, NULL);
	enum read_step end = run(bench, server, between);
	buffer_clear(cursor);
	assert_true(buffer_append_text(cursor, cursor_of(bench)));
	if (end == READ_FAILED) {
		assert_false(all);
		return poll(bench, server, cursor, between);
	}
	return all;
}

/* Rows edited while pages are read, thousands within one second, servers that clamp in silence, all
 * three empties, a filter in any time zone, a tenant that doesn't sort: every row is read in its last version
 * by the run that follows the edits. */
static void test_nothing_is_lost(void **state)
{
	static const size_t clamps[] = { 0, 3, 25 };
	static const int64_t zones_min[] = { 0, 330, -480 };
	struct bench *bench = *state;
	unsigned changes = 0;

	for (unsigned round = 0; round < 36; round++) {
		struct server *server = server_new(300, NOW_MS - 20 * HOUR_MS, round % 2 == 0 ? 3 : 90 * 1000);
		struct buffer cursor;
		server->clamp = clamps[round % 3];
		server->filter_zone_ms = zones_min[round / 3 % 3] * 60000;
		server->flat_container = round % 4 == 1;
		server->says_1011 = round % 5 == 1;
		server->says_result_false = round % 5 == 2;
		server->ignores_order = round >= 30;
		for (size_t i = 0; i < server->count; i += 50)
			server->rows[i].modified_ms = 0;
		bench->settings.page_size = 20;
		renew_session(bench);
		bench->seen = (struct seen){ 0 };
		edits_at_ms = NOW_MS;
		buffer_init(&cursor, 4096);
		assert_true(poll(bench, server, &cursor, edit_some));
		/* An import: 200 rows in one second, in disorder, and new companies. */
		for (size_t i = 0; i < 200; i++) {
			server->rows[(i * 37) % 250].modified_ms = NOW_MS + 2 * HOUR_MS + (int64_t)(i % 7);
			server->rows[(i * 37) % 250].version++;
		}
		edits_at_ms = NOW_MS + 3 * HOUR_MS;
		(void)poll(bench, server, &cursor, edit_some);
		changes += poll(bench, server, &cursor, NULL) ? 0 : 1;
		assert_all_read(bench, server);
		buffer_free(&cursor);
		free(server);
	}
	/* Which must not come from everything being read each time. */
	assert_true(changes >= 24);
}

/* Killed after any page, with the cursor that was committed with it: the rest is read, nothing is left out. */
static void test_resume_anywhere(void **state)
{
	struct bench *bench = *state;
	struct server *server = server_new(250, NOW_MS - 20 * HOUR_MS, 7);
	struct buffer cursor;

	buffer_init(&cursor, 4096);
	bench->settings.page_size = 20;
	renew_session(bench);
	for (int runs = 0; runs < 2; runs++) {
		enum read_mode mode = runs == 0 ? READ_ALL : READ_CHANGES;
		bench->seen = (struct seen){ .server = server };
		for (unsigned kills = 0;; kills++) {
			int status;
			assert_true(kills < 400);
			assert_true(open_mode(
				bench, mode, runs == 1, cursor.length == 0 ? NULL : buffer_text(&cursor)));
			/* The end of everything has three steps that are taken together. */
			for (int steps = 0; steps < 3 && next(bench) == READ_REQUEST; steps++) {
				char *body = server_answer(server, query(bench), &status);
				/* Once the page breaks off as well: the place before it stays good. */
				if (kills % 3 == 2) {
					body[strlen(body) / 2] = '\0';
					assert_false(answer(bench, status, NULL, body));
				} else {
					assert_true(answer(bench, status, NULL, body));
				}
				free(body);
			}
			const char *place = cursor_of(bench);
			if (place != NULL) {
				buffer_clear(&cursor);
				(void)buffer_append_text(&cursor, place);
			}
			if (next(bench) == READ_COMPLETE)
				break;
		}
		assert_all_read(bench, server);
		assert_until(bench, NOW_MS, NOW_MS - 4 * HOUR_MS);
		for (size_t i = 0; i < server->count; i++) {
			server->rows[i].modified_ms = NOW_MS - HOUR_MS + (int64_t)(i % 90) * 100;
			server->rows[i].version++;
		}
	}
	buffer_free(&cursor);
	free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resume_anywhere, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("gainsight loss", tests, NULL, NULL);
}
