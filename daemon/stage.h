/* stage.h - carries rows into the connection's stage tables, by COPY, with back-pressure. */
#ifndef DAEMON_STAGE_H
#define DAEMON_STAGE_H

#include <stdbool.h>

#include "connectors/entity.h"
#include "connectors/record_reader.h"
#include "daemon/db.h"

struct stage;

struct stage_events {
	void *context;
	void (*room)(void *context); /* after stage_has_room said no: it has again */
	void (*failed)(void *context, const struct failure *failure); /* a COPY failed; the stages are in doubt */
};

/* The tables are made with the first row (advocacy.stage_prepare()): a run that brings none writes nothing. Rows for several tables may come in any order; one COPY is
 * open at a time, for as long as it takes to send what waits. */
struct stage *stage_new(struct db *db, const struct stage_events *events);
struct stage *stage_free(struct stage *stage); /* no COPY may be open but on a lost link; takes NULL */
void stage_record(struct stage *stage, enum entity entity, const struct value *values, size_t count);
void stage_reject(struct stage *stage, const struct rejection *rejection);
/* Whether more rows should come now. Rows are taken all the same (a page's last ones). */
bool stage_has_room(const struct stage *stage);
/* Calls `done` once every row is in its table and no COPY is open: before it returns, when that is so already. */
void stage_flush(struct stage *stage, void (*done)(void *context));
/* Forgets the rows that wait, takes no more, and calls `done` as stage_flush does, once no COPY is open or queued. A COPY
 * that fails meanwhile is no failure. */
void stage_abandon(struct stage *stage, void (*done)(void *context));

#endif
