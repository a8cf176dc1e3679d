#include "daemon/resync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/log.h"
#include "daemon/loop.h"

/* The source's other streams wait meanwhile. */
enum { DECISION_PATIENCE_MS = 5 * 60 * 1000, LOOK_AGAIN_MS = 60 * 1000 };

struct resync {
	struct db *db;
	const char *source;
	struct resync_events events;
	struct event *patience; /* waiting: for a decision; else after a failed question: until it is asked again */
	char id[24];            /* empty: nothing is to be done */
	char *stream;
	bool asking;  /* a question is under way */
	bool again;   /* and another one is wanted */
	bool waiting; /* for a decision */
	bool impatient;
};

static void say_failure(const struct resync *resync, const struct failure *failure)
{
	log_write(LOG_LEVEL_WARNING, "resync_failed", LOG_FIELDS({ "SOURCE", resync->source }), "%s: resync: %s",
		resync->source, failure->text);
}

static void decide(struct resync *resync, bool commit)
{
	resync->waiting = false;
	(void)event_del(resync->patience);
	resync->events.decided(resync->events.context, commit);
}

static void on_decision(void *context, const PGresult *result, const struct failure *failure)
{
	struct resync *resync = context;

	resync->asking = false;
	if (!resync->waiting)
		return;
	if (result == NULL) {
		say_failure(resync, failure);
		decide(resync, false);
	} else if (PQntuples(result) == 0) {
		decide(resync, false);
	} else if (!PQgetisnull(result, 0, 0)) {
		decide(resync, *PQgetvalue(result, 0, 0) == 't');
	} else if (resync->again) {
		resync->again = false;
		resync_look(resync);
	}
}

static void on_next(void *context, const PGresult *result, const struct failure *failure)
{
	struct resync *resync = context;

	resync->asking = false;
	if (result == NULL) {
		say_failure(resync, failure);
		loop_arm(resync->patience, LOOK_AGAIN_MS);
		return;
	}
	if (PQntuples(result) == 0) {
		if (resync->again) {
			resync->again = false;
			resync_look(resync);
		}
		return;
	}
	resync->again = false;
	(void)snprintf(resync->id, sizeof resync->id, "%s", PQgetvalue(result, 0, 0));
	free(resync->stream);
	resync->stream = memory_copy_text(PQgetvalue(result, 0, 1));
	log_write(LOG_LEVEL_INFO, "resync", LOG_FIELDS({ "SOURCE", resync->source }, { "STREAM", resync->stream }),
		"%s %s: resync %s begins", resync->source, resync->stream, resync->id);
	resync->events.wanted(resync->events.context);
}

void resync_look(struct resync *resync)
{
	if (resync->asking) {
		resync->again = true;
		return;
	}
	if (resync->waiting) {
		const char *values[] = { resync->id };
		resync->asking = true;
		db_query(resync->db, "SELECT commit FROM advocacy.resync WHERE resync_id = $1::bigint", 1, values,
			on_decision, resync);
	} else if (resync->id[0] == '\0') {
		const char *values[] = { resync->source };
		resync->asking = true;
		db_query(resync->db, "SELECT resync_id, stream FROM advocacy.resync_next($1::text)", 1, values,
			on_next, resync);
	}
}

void resync_previewed(struct resync *resync, const char *difference)
{
	const char *values[] = { resync->id, difference };

	resync->waiting = resync->asking = true;
	loop_arm(resync->patience, DECISION_PATIENCE_MS);
	db_query(resync->db, "SELECT advocacy.resync_read($1::bigint, $2::jsonb)", 2, values, on_decision, resync);
}

static void on_patience(evutil_socket_t descriptor, short what, void *context)
{
	struct resync *resync = context;

	(void)descriptor;
	(void)what;
	if (!resync->waiting) {
		resync_look(resync);
		return;
	}
	resync->impatient = true;
	decide(resync, false);
}

static void on_recorded(void *context, const PGresult *result, const struct failure *failure)
{
	struct resync *resync = context;

	/* Its end isn't stored, so it would be the next one again: not at once. */
	if (result == NULL) {
		say_failure(resync, failure);
		loop_arm(resync->patience, LOOK_AGAIN_MS);
		return;
	}
	resync_look(resync);
}

void resync_ended(struct resync *resync, const struct sync_outcome *outcome)
{
	bool failed = outcome->failure.kind != FAILURE_NONE;
	/* What is applied may still say that the day's calls are used up now. */
	const char *state = outcome->complete ? "applied" : failed ? "failed" : "refused";
	const char *values[] = { resync->id, state,
		failed              ? outcome->failure.text
		: resync->impatient ? "nobody decided within five minutes"
				    : NULL };

	log_write(LOG_LEVEL_INFO, "resync_ended",
		LOG_FIELDS({ "SOURCE", resync->source }, { "STREAM", resync->stream }), "%s %s: resync %s %s",
		resync->source, resync->stream, resync->id, state);
	resync->waiting = resync->impatient = false;
	(void)event_del(resync->patience);
	db_query(resync->db, "SELECT advocacy.resync_end($1::bigint, $2::text, $3::text)", 3, values, on_recorded,
		resync);
	resync->id[0] = '\0';
}

void resync_forget(struct resync *resync)
{
	resync->id[0] = '\0';
	resync->asking = resync->again = resync->waiting = resync->impatient = false;
	(void)event_del(resync->patience);
}

const char *resync_stream(const struct resync *resync)
{
	return resync->id[0] == '\0' ? NULL : resync->stream;
}

struct resync *resync_new(
	struct event_base *base, struct db *db, const char *source, const struct resync_events *events)
{
	struct resync *resync = memory_allocate(sizeof *resync);

	resync->db = db;
	resync->source = source;
	resync->events = *events;
	resync->patience = loop_timer(base, on_patience, resync);
	return resync;
}

struct resync *resync_free(struct resync *resync)
{
	if (resync == NULL)
		return NULL;
	resync->patience = loop_event_free(resync->patience);
	free(resync->stream);
	free(resync);
	return NULL;
}
