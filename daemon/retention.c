#include "daemon/retention.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/progress.h"

enum {
	FIRST_STEP_MS = 5000, /* what a start, or a link that came back, has to do comes first */
	REST_FACTOR = 4,      /* a step's own time, so that at most a fifth of the link's goes into it */
	REST_LEAST_MS = 50,
	LOOK_AT_LEAST_EVERY_MS = 3600 * 1000, /* a timer is a hint, the table is the truth */
	LOOK_AGAIN_MS = 60000,                /* after a step that failed */
};

struct retention {
	struct db *db;
	struct event *timer;
	struct progress progress; /* of a step */
	bool stepping;
	int64_t began_ms;
};

static void on_step(void *context, const PGresult *result, const struct failure *failure)
{
	struct retention *retention = context;
	int64_t rest_ms = REST_FACTOR * (loop_monotonic_ms() - retention->began_ms);
	int64_t wait_ms = LOOK_AT_LEAST_EVERY_MS;

	retention->stepping = false;
	progress_end(&retention->progress);
	if (result == NULL) {
		log_write(LOG_LEVEL_WARNING, "retention_failed", NULL, "removing old history failed: %s",
			failure->text);
		loop_arm(retention->timer, LOOK_AGAIN_MS);
		return;
	}
	if (!PQgetisnull(result, 0, 3))
		log_write(LOG_LEVEL_WARNING, "retention_failed", NULL, "removing old rows of %s failed: %s",
			PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 3));
	if (!PQgetisnull(result, 0, 1) && strtoll(PQgetvalue(result, 0, 1), NULL, 10) > 0)
		log_write(LOG_LEVEL_INFO, "history_removed", NULL, "%s rows of %s were older than they are kept",
			PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 0));
	if (!PQgetisnull(result, 0, 2) && strtoll(PQgetvalue(result, 0, 2), NULL, 10) < wait_ms)
		wait_ms = strtoll(PQgetvalue(result, 0, 2), NULL, 10);
	if (rest_ms < REST_LEAST_MS)
		rest_ms = REST_LEAST_MS;
	loop_arm(retention->timer, wait_ms < rest_ms ? rest_ms : wait_ms);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct retention *retention = context;

	(void)descriptor;
	(void)what;
	if (retention->stepping || !db_is_connected(retention->db))
		return;
	retention->stepping = true;
	retention->began_ms = loop_monotonic_ms();
	progress_begin(&retention->progress, "removing old history");
	db_query(retention->db,
		"SELECT relation, removed, (extract(epoch FROM next_at - clock_timestamp()) * 1000)::bigint,"
		" failure"
		" FROM advocacy.retention_run()",
		0, NULL, on_step, retention);
}

struct retention *retention_new(struct event_base *base, struct db *db)
{
	struct retention *retention = memory_allocate(sizeof *retention);

	retention->db = db;
	retention->timer = loop_timer(base, on_timer, retention);
	return retention;
}

struct retention *retention_free(struct retention *retention)
{
	if (retention == NULL)
		return NULL;
	progress_end(&retention->progress);
	retention->timer = loop_event_free(retention->timer);
	free(retention);
	return NULL;
}

void retention_wake(struct retention *retention)
{
	loop_arm(retention->timer, FIRST_STEP_MS);
}
