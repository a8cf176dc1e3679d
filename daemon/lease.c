#include "daemon/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"

struct lease {
	struct db *db;
	const struct config_source *source;
	bool waits;
	struct lease_events events;
};

static const char LOCK_NOT_AVAILABLE[] = "55P03"; /* SQLSTATE: lock_timeout ran out */

static void refused(const struct lease *lease, const struct failure *failure)
{
	lease->events.refused(lease->events.context, failure);
}

static void on_registered(void *context, const PGresult *result, const struct failure *failure)
{
	const struct lease *lease = context;

	if (result == NULL)
		refused(lease, failure);
	else
		lease->events.taken(lease->events.context);
}

static void on_listening(void *context, const PGresult *result, const struct failure *failure)
{
	struct lease *lease = context;
	const struct config_source *source = lease->source;
	char priority[24], stale_after[32], poll[32], budget[24], streams[256] = "{";
	size_t length = 1;

	if (result == NULL) {
		refused(lease, failure);
		return;
	}
	(void)snprintf(poll, sizeof poll, "%" PRId64 " seconds", source->poll_s);
	(void)snprintf(budget, sizeof budget, "%" PRId64, source->api_budget);
	(void)snprintf(priority, sizeof priority, "%" PRId64, source->priority);
	(void)snprintf(stale_after, sizeof stale_after, "%" PRId64 " seconds", source->stale_after_s);
	for (const enum entity *stream = source->streams; *stream != ENTITY_COUNT; stream++)
		length += (size_t)snprintf(streams + length, sizeof streams - length, "%s%s", length > 1 ? "," : "",
			entity_shape(*stream)->name);
	(void)snprintf(streams + length, sizeof streams - length, "}");
	const char *values[] = { source->name, source->connector->name, priority, stale_after, poll,
		source->api_budget > 0 ? budget : NULL, streams };
	db_query(lease->db,
		"SELECT advocacy.source_register($1::text, $2::text, $3::integer, $4::interval, $5::interval,"
		" $6::bigint, $7::text[])",
		7, values, on_registered, lease);
}

/* Listens first, then looks: what is asked for in between is seen in any case. */
static void listen_for_resyncs(struct lease *lease)
{
	db_query(lease->db, "LISTEN advocacy_resync", 0, NULL, on_listening, lease);
}

static void await(struct lease *lease);

static void on_awaited(void *context, const PGresult *result, const struct failure *failure)
{
	struct lease *lease = context;

	if (result != NULL)
		listen_for_resyncs(lease);
	else if (strcmp(failure->code, LOCK_NOT_AVAILABLE) == 0)
		await(lease);
	else
		refused(lease, failure);
}

/* In line on the server: a dead daemon's source is ours in the moment in which its lock ends, and nobody asks every second
 * until then. A minute at a time, since a statement that waits keeps VACUUM from cleaning up behind it. */
static void await(struct lease *lease)
{
	const char *values[] = { lease->source->name };

	db_query(lease->db,
		"SELECT set_config('lock_timeout', '60s', true),"
		" pg_advisory_lock(hashtextextended('advocated source ' || $1::text, 0))",
		1, values, on_awaited, lease);
}

static void on_asked(void *context, const PGresult *result, const struct failure *failure)
{
	struct lease *lease = context;

	if (result == NULL) {
		refused(lease, failure);
		return;
	}
	if (strcmp(PQgetvalue(result, 0, 0), "t") == 0) {
		listen_for_resyncs(lease);
		return;
	}
	if (lease->waits)
		await(lease);
	lease->events.elsewhere(lease->events.context);
}

void lease_ask(struct lease *lease)
{
	const char *values[] = { lease->source->name };

	db_query(lease->db, "SELECT pg_try_advisory_lock(hashtextextended('advocated source ' || $1::text, 0))", 1,
		values, on_asked, lease);
}

void lease_adopt(struct lease *lease, const struct config_source *source)
{
	lease->source = source;
}

struct lease *lease_new(
	struct db *db, const struct config_source *source, bool waits, const struct lease_events *events)
{
	struct lease *lease = memory_allocate(sizeof *lease);

	*lease = (struct lease){ .db = db, .source = source, .waits = waits, .events = *events };
	return lease;
}

struct lease *lease_free(struct lease *lease)
{
	free(lease);
	return NULL;
}
