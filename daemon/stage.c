#include "daemon/stage.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/copy_text.h"
#include "daemon/log.h"

enum {
	TABLES = ENTITY_COUNT + 1, /* the entities, and the rejected records behind them */
	REJECTED = ENTITY_COUNT,
	CHUNK_BYTES = 64 * 1024, /* from here on a COPY is worth opening, and what is sent at once */
	/* The download pauses, and goes on. What comes while the link commits waits here: so much that, with the page
	 * under way and the one asked for ahead, whose answers wait in their sockets, the vendor and the server work at
	 * the same time; and so little that memory is the same for ten thousand records and for millions. */
	HIGH_BYTES = 2 * 1024 * 1024,
	LOW_BYTES = 512 * 1024,
	TABLE_LIMIT = 16 * 1024 * 1024, /* one table's waiting rows: never reached while the download obeys */
	NO_TABLE = -1,
};

struct stage {
	struct db *db;
	struct stage_events events;
	struct buffer rows[TABLES];
	size_t waiting_bytes;
	size_t put;   /* of the open table's rows, those that are out and not removed from the buffer yet */
	int open;     /* the table whose COPY is open or about to be, or NO_TABLE */
	bool may_put; /* the server takes rows */
	bool prepared; /* the tables are there, or will be before any COPY: the link does one thing after the other */
	bool ending;   /* the COPY's end is sent */
	bool was_full; /* until the waiting rows are few again: all of them go out, however few of a table */
	bool abandoned;
	void (*flushed)(void *context);
};

static void pump(struct stage *stage);

struct stage *stage_new(struct db *db, const struct stage_events *events)
{
	struct stage *stage = memory_allocate(sizeof *stage);

	stage->db = db;
	stage->events = *events;
	stage->open = NO_TABLE;
	for (int i = 0; i < TABLES; i++)
		buffer_init(&stage->rows[i], TABLE_LIMIT);
	return stage;
}

struct stage *stage_free(struct stage *stage)
{
	if (stage == NULL)
		return NULL;
	for (int i = 0; i < TABLES; i++)
		buffer_free(&stage->rows[i]);
	free(stage);
	return NULL;
}

bool stage_has_room(const struct stage *stage)
{
	return stage->waiting_bytes < HIGH_BYTES;
}

static void add_row(struct stage *stage, int table, const struct value *values, size_t count)
{
	size_t before = stage->rows[table].length;

	if (stage->abandoned)
		return;
	/* A page is limited and the download obeys stage_has_room, so this is our own mistake; losing a row in silence
	 * would be worse than a restart. */
	if (!copy_text_row(&stage->rows[table], values, count)) {
		log_write(LOG_LEVEL_ERROR, "stage_overflown", NULL, "more rows came than the stage had room for");
		abort();
	}
	stage->waiting_bytes += stage->rows[table].length - before;
	if (!stage_has_room(stage))
		stage->was_full = true;
	pump(stage);
}

void stage_record(struct stage *stage, enum entity entity, const struct value *values, size_t count)
{
	add_row(stage, (int)entity, values, count);
}

void stage_reject(struct stage *stage, const struct rejection *rejection)
{
	const char *field = rejection->field;
	const struct value values[] = {
		{ rejection->remote_id, strlen(rejection->remote_id) },
		{ field, field == NULL ? 0 : strlen(field) },
		{ rejection->reason, strlen(rejection->reason) },
		rejection->raw,
	};

	add_row(stage, REJECTED, values, sizeof values / sizeof values[0]);
}

static void copy_statement(int table, struct buffer *sql)
{
	static const char rejected[] = "COPY pg_temp.stage_rejected (remote_id, field, reason, raw) FROM STDIN";

	if (table == REJECTED) {
		(void)buffer_append_text(sql, rejected);
		return;
	}
	const struct entity_shape *shape = entity_shape((enum entity)table);
	(void)buffer_printf(sql, "COPY pg_temp.stage_%s (", shape->name);
	for (size_t i = 0; i < shape->count; i++)
		(void)buffer_printf(sql, "%s%s", i == 0 ? "" : ", ", shape->columns[i].name);
	(void)buffer_append_text(sql, ") FROM STDIN");
}

/* Small remainders must go out too: the end is near, or the download waits for them. */
static bool is_urgent(const struct stage *stage)
{
	return stage->flushed != NULL || stage->was_full;
}

static void on_room(void *context)
{
	struct stage *stage = context;

	stage->may_put = true;
	pump(stage);
}

static void on_copied(void *context, const struct failure *failure)
{
	struct stage *stage = context;

	stage->open = NO_TABLE;
	stage->may_put = stage->ending = false;
	if (failure != NULL && !stage->abandoned)
		stage->events.failed(stage->events.context, failure);
	else
		pump(stage);
}

/* The COPY behind it fails too, and tells what it can; this is what matters. */
static void on_prepared(void *context, const PGresult *result, const struct failure *failure)
{
	struct stage *stage = context;

	if (result == NULL && !stage->abandoned)
		stage->events.failed(stage->events.context, failure);
}

static int fullest(const struct stage *stage)
{
	int table = 0;

	for (int i = 1; i < TABLES; i++)
		if (stage->rows[i].length > stage->rows[table].length)
			table = i;
	return table;
}

static void open_copy(struct stage *stage)
{
	int table = fullest(stage);
	struct buffer sql;

	if (stage->rows[table].length == 0 || (stage->rows[table].length < CHUNK_BYTES && !is_urgent(stage)))
		return;
	stage->open = table;
	if (!stage->prepared) {
		stage->prepared = true;
		db_query(stage->db, "SELECT advocacy.stage_prepare()", 0, NULL, on_prepared, stage);
	}
	buffer_init(&sql, 1024);
	copy_statement(table, &sql);
	stage->may_put = stage->ending = false;
	db_copy(stage->db, buffer_text(&sql),
		&(struct db_copy_events){ .context = stage, .room = on_room, .done = on_copied });
	buffer_free(&sql);
}

static void put_rows(struct stage *stage)
{
	struct buffer *rows = &stage->rows[stage->open];

	while (stage->may_put && stage->put < rows->length) {
		size_t length = rows->length - stage->put;
		if (length > CHUNK_BYTES)
			length = CHUNK_BYTES;
		stage->may_put = db_copy_put(stage->db, rows->bytes + stage->put, length);
		stage->put += length;
		stage->waiting_bytes -= length;
	}
	/* No byte is moved more than once on average, and the buffer holds at most twice what waits. */
	if (stage->put == 0 || stage->put * 2 < rows->length)
		return;
	memmove(rows->bytes, rows->bytes + stage->put, rows->length - stage->put + 1);
	rows->length -= stage->put;
	stage->put = 0;
}

/* A COPY ends as soon as its rows are out. Kept open while the vendor makes us wait, it would run into the statement
 * time-out, and the run with it. A batch grows by itself when the server is far away: what comes meanwhile waits. */
static void pump(struct stage *stage)
{
	if (stage->open != NO_TABLE && !stage->ending) {
		put_rows(stage);
		if (stage->may_put) {
			stage->ending = true;
			db_copy_end(stage->db);
		}
	}
	if (stage->open == NO_TABLE)
		open_copy(stage);
	if (stage->open == NO_TABLE && stage->flushed != NULL) {
		void (*flushed)(void *context) = stage->flushed;
		stage->flushed = NULL;
		flushed(stage->events.context);
		return;
	}
	if (stage->was_full && stage->waiting_bytes <= LOW_BYTES) {
		stage->was_full = false;
		stage->events.room(stage->events.context);
	}
}

void stage_flush(struct stage *stage, void (*done)(void *context))
{
	stage->flushed = done;
	pump(stage);
}

void stage_abandon(struct stage *stage, void (*done)(void *context))
{
	for (int i = 0; i < TABLES; i++)
		buffer_clear(&stage->rows[i]);
	stage->waiting_bytes = stage->put = 0;
	stage->was_full = false;
	stage->abandoned = true;
	stage_flush(stage, done);
}
