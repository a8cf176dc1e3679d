#include "daemon/writeback.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/log.h"
#include "daemon/loop.h"

enum {
	FOLLOW_EVERY_MS =
		10 * 60 * 1000, /* what depends on time alone: health that became unknown, an override that ended */
	LOOK_AGAIN_MS = 10 * 1000, /* after a failed look */
};

struct writeback {
	struct writeback_settings settings;
	struct writeback_events events;
	struct event *timer;   /* when to look next */
	int64_t follow_ms;     /* monotonic: what depends on time alone is looked at then */
	int64_t not_before_ms; /* monotonic: the vendor wants no calls before */
	bool begun, asking, again, due, running;
	struct flag_run *run;
};

static const char *source_name(const struct writeback *writeback)
{
	return writeback->settings.run.source->name;
}

static void say(const struct writeback *writeback, enum log_level level, const char *event, const char *text)
{
	log_write(level, event, LOG_FIELDS({ "SOURCE", source_name(writeback) }), "%s: flags: %s",
		source_name(writeback), text);
}

static void on_run_done(void *context, int64_t calls, int64_t wait_ms)
{
	struct writeback *writeback = context;

	writeback->running = writeback->due = false;
	if (wait_ms > 0)
		writeback_postpone(writeback, wait_ms);
	writeback_look(writeback);
	writeback->events.done(writeback->events.context, calls);
}

void writeback_run(struct writeback *writeback, int64_t calls_most)
{
	writeback->running = true;
	flag_run_begin(writeback->run, calls_most);
}

bool writeback_is_mapped(const struct writeback *writeback)
{
	for (int entity = 0; entity < ENTITY_COUNT; entity++)
		if (writeback->settings.run.source->mapping->entities[entity].write.present)
			return true;
	return false;
}

bool writeback_is_due(const struct writeback *writeback)
{
	return writeback->due && !writeback->running && writeback->not_before_ms <= loop_monotonic_ms();
}

static void arm(struct writeback *writeback, int64_t wait_ms)
{
	int64_t now_ms = loop_monotonic_ms();

	if (wait_ms > writeback->follow_ms - now_ms)
		wait_ms = writeback->follow_ms - now_ms;
	loop_arm(writeback->timer, wait_ms);
}

void writeback_postpone(struct writeback *writeback, int64_t ms)
{
	writeback->not_before_ms = loop_monotonic_ms() + ms;
	arm(writeback, ms);
}

static void on_next(void *context, const PGresult *result, const struct failure *failure)
{
	struct writeback *writeback = context;
	int64_t held_ms = writeback->not_before_ms - loop_monotonic_ms();

	writeback->asking = false;
	if (db_is_lost(writeback->settings.run.db, result))
		return;
	if (result == NULL) {
		say(writeback, LOG_LEVEL_DEBUG, "flags_not_known", failure->text);
		arm(writeback, LOOK_AGAIN_MS);
		return;
	}
	if (writeback->again) {
		writeback->again = false;
		writeback_look(writeback);
		return;
	}
	int64_t wait_ms = PQgetisnull(result, 0, 0) ? INT64_MAX : strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	writeback->due = wait_ms <= 0;
	arm(writeback, wait_ms > 0 ? wait_ms : held_ms > 0 ? held_ms : INT64_MAX);
	if (writeback_is_due(writeback))
		writeback->events.wanted(writeback->events.context);
}

void writeback_look(struct writeback *writeback)
{
	const char *values[] = { source_name(writeback) };

	if (!writeback->begun || writeback->running)
		return;
	if (writeback->asking) {
		writeback->again = true;
		return;
	}
	writeback->asking = true;
	db_query(writeback->settings.run.db,
		"SELECT greatest(0, ceil(least(extract(epoch FROM n.at - clock_timestamp()), 86400) * "
		"1000))::bigint"
		" FROM advocacy.writeback_next_at($1::text) AS n (at)",
		1, values, on_next, writeback);
}

static void on_followed(void *context, const PGresult *result, const struct failure *failure)
{
	struct writeback *writeback = context;

	if (db_is_lost(writeback->settings.run.db, result))
		return;
	if (result == NULL)
		say(writeback, LOG_LEVEL_WARNING, "flags_not_followed", failure->text);
	writeback_look(writeback);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct writeback *writeback = context;

	(void)descriptor;
	(void)what;
	if (!writeback->begun)
		return;
	if (writeback->follow_ms > loop_monotonic_ms()) {
		writeback_look(writeback);
		return;
	}
	writeback->follow_ms = loop_monotonic_ms() + FOLLOW_EVERY_MS;
	db_query(writeback->settings.run.db, "SELECT advocacy.writeback_follow()", 0, NULL, on_followed, writeback);
}

static void on_recovered(void *context, const PGresult *result, const struct failure *failure)
{
	struct writeback *writeback = context;

	if (db_is_lost(writeback->settings.run.db, result))
		return;
	if (result == NULL) {
		say(writeback, LOG_LEVEL_ERROR, "flags_not_begun", failure->text);
		return;
	}
	if (strcmp(PQgetvalue(result, 0, 0), "0") != 0)
		log_write(LOG_LEVEL_INFO, "flags_recovered", LOG_FIELDS({ "SOURCE", source_name(writeback) }),
			"%s: %s flags were under way when their sender stopped; they are sent again",
			source_name(writeback), PQgetvalue(result, 0, 0));
	writeback->begun = true;
	writeback->follow_ms = loop_monotonic_ms() + FOLLOW_EVERY_MS;
	writeback_look(writeback);
}

static void on_registered(void *context, const PGresult *result, const struct failure *failure)
{
	const struct writeback *writeback = context;

	if (result == NULL && db_is_connected(writeback->settings.run.db))
		say(writeback, LOG_LEVEL_ERROR, "flags_not_registered", failure->text);
}

static void on_listening(void *context, const PGresult *result, const struct failure *failure)
{
	(void)context;
	(void)result;
	(void)failure;
}

/* What the database keeps of the mapping; for the caller to free. */
static char *describe_targets(const struct config_source *source)
{
	json_t *targets = json_object();

	for (int entity = 0; entity < ENTITY_COUNT; entity++) {
		const struct mapping_entity *mapping = &source->mapping->entities[entity];
		const struct mapping_write *write = &mapping->write;
		if (!write->present)
			continue;
		const struct flag_kind *kind = flag_kind_of((enum entity)entity);
		const char *since = write->since.remote == NULL ? "" : write->since.remote;
		const char *reason = write->reason.remote == NULL ? "" : write->reason.remote;
		char *fields = memory_format("%s.%s%s%s%s%s%s",
			mapping->object != NULL ? mapping->object
						: source->connector->default_object((enum entity)entity),
			write->state.remote, *since == '\0' ? "" : ", ", since,
			write->since_is_day ? " | date" : "", *reason == '\0' ? "" : ", ", reason);
		json_t *words = json_object();
		for (size_t i = 0; i < kind->count; i++)
			(void)json_object_set_new(words, kind->states[i].name, json_string(write->words[i]));
		(void)json_object_set_new(targets, entity_shape((enum entity)entity)->name,
			json_pack("{s:s, s:o}", "fields", fields, "words", words));
		free(fields);
	}
	char *text = json_dumps(targets, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(targets);
	return text;
}

/* Listens first, then looks. A source without anything to write is registered too: it may have had something before. */
void writeback_begin(struct writeback *writeback)
{
	struct db *db = writeback->settings.run.db;
	char *targets = describe_targets(writeback->settings.run.source);
	const char *values[] = { source_name(writeback), targets };

	db_query(
		db, "SELECT advocacy.writeback_register($1::text, $2::jsonb)", 2, values, on_registered, writeback);
	free(targets);
	if (!writeback_is_mapped(writeback))
		return;
	db_query(db, "LISTEN advocacy_writeback", 0, NULL, on_listening, writeback);
	db_query(db, "SELECT advocacy.writeback_recover($1::text)", 1, values, on_recovered, writeback);
}

void writeback_forget(struct writeback *writeback)
{
	flag_run_end(writeback->run);
	(void)event_del(writeback->timer);
	writeback->begun = writeback->asking = writeback->again = writeback->due = writeback->running = false;
}

struct writeback *writeback_new(const struct writeback_settings *settings, const struct writeback_events *events)
{
	struct writeback *writeback = memory_allocate(sizeof *writeback);

	writeback->settings = *settings;
	writeback->events = *events;
	writeback->timer = loop_timer(settings->base, on_timer, writeback);
	writeback->run = flag_run_new(
		&settings->run, &(struct flag_run_events){ .context = writeback, .done = on_run_done });
	return writeback;
}

void writeback_adopt(struct writeback *writeback, const struct config_source *source)
{
	writeback->settings.run.source = source;
	flag_run_adopt(writeback->run, source);
}

struct writeback *writeback_free(struct writeback *writeback)
{
	if (writeback == NULL)
		return NULL;
	writeback_forget(writeback);
	writeback->run = flag_run_free(writeback->run);
	writeback->timer = loop_event_free(writeback->timer);
	free(writeback);
	return NULL;
}
