#include "daemon/deadlines.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/counter.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/progress.h"

enum {
	LOOK_AT_LEAST_EVERY_MS = 60000, /* a timer is a hint, the table is the truth: wall clocks jump */
	LOOK_AGAIN_MS = 5000,           /* after a failed look */
	LOOK_NO_SOONER_MS = 100,        /* after one that fired nothing: what is due is another's work just now */
};

struct deadlines {
	struct db *db;
	struct event *timer;
	struct progress progress; /* of a look */
	bool looking, again;
	bool fresh; /* the link is new: its server process reads time zones anew, and they are compared */
	int64_t next_ms;
};

static void look(struct deadlines *deadlines);

static void on_fired(void *context, const PGresult *result, const struct failure *failure)
{
	struct deadlines *deadlines = context;
	int64_t wait_ms = LOOK_AT_LEAST_EVERY_MS;

	deadlines->looking = false;
	progress_end(&deadlines->progress);
	if (result == NULL) {
		log_write(LOG_LEVEL_WARNING, "deadlines_failed", NULL, "looking for what is due failed: %s",
			failure->text);
		loop_arm(deadlines->timer, LOOK_AGAIN_MS);
		return;
	}
	bool any_fired = PQntuples(result) == 1 && strtoll(PQgetvalue(result, 0, 0), NULL, 10) > 0;
	if (any_fired) {
		COUNT(COUNTER_DEADLINES, strtoll(PQgetvalue(result, 0, 0), NULL, 10), NULL);
		log_write(LOG_LEVEL_INFO, "deadlines_fired", NULL, "%s deadlines fired", PQgetvalue(result, 0, 0));
	}
	deadlines->next_ms = INT64_MAX;
	if (PQntuples(result) == 1 && !PQgetisnull(result, 0, 1)) {
		int64_t next_in_ms = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
		deadlines->next_ms = loop_wall_ms() + next_in_ms;
		if (next_in_ms < wait_ms)
			wait_ms = next_in_ms;
	}
	if (!any_fired && wait_ms <= 0)
		wait_ms = LOOK_NO_SOONER_MS;
	loop_arm(deadlines->timer, wait_ms);
	if (deadlines->again) {
		deadlines->again = false;
		look(deadlines);
	}
}

/* PostgreSQL says how long it is until then, so that two hosts' clocks can't disagree. A millisecond is added: a clock
 * is late only after its last instant. */
static void look(struct deadlines *deadlines)
{
	if (!db_is_connected(deadlines->db))
		return;
	if (deadlines->looking) {
		deadlines->again = true;
		return;
	}
	deadlines->looking = true;
	const char *parameters[] = { deadlines->fresh ? "t" : "f" };
	deadlines->fresh = false;
	progress_begin(&deadlines->progress, "looking for deadlines");
	db_query(deadlines->db,
		"SELECT fired, (extract(epoch FROM next_at - clock_timestamp()) * 1000)::bigint + 1"
		" FROM advocacy.deadlines_fire(fresh => $1)",
		1, parameters, on_fired, deadlines);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	look(context);
}

struct deadlines *deadlines_new(struct event_base *base, struct db *db)
{
	struct deadlines *deadlines = memory_allocate(sizeof *deadlines);

	deadlines->db = db;
	deadlines->next_ms = INT64_MAX;
	deadlines->timer = loop_timer(base, on_timer, deadlines);
	return deadlines;
}

struct deadlines *deadlines_free(struct deadlines *deadlines)
{
	if (deadlines == NULL)
		return NULL;
	progress_end(&deadlines->progress);
	deadlines->timer = loop_event_free(deadlines->timer);
	free(deadlines);
	return NULL;
}

void deadlines_wake(struct deadlines *deadlines)
{
	look(deadlines);
}

void deadlines_connected(struct deadlines *deadlines)
{
	deadlines->fresh = true;
	look(deadlines);
}

int64_t deadlines_next_ms(const struct deadlines *deadlines)
{
	return deadlines->next_ms;
}
