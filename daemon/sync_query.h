/* sync_query.h - what a run asks the database about its stream: where it stands, and to take over what is staged. */
#ifndef DAEMON_SYNC_QUERY_H
#define DAEMON_SYNC_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "daemon/db.h"

/* Where a stream stands (advocacy.stream_plan). */
struct sync_plan {
	const char *cursor, *full_cursor; /* owned by the result; NULL: none */
	int64_t full_due_s;               /* -1: never */
	int64_t calls_today;
	int64_t full_rows; /* read so far by the full read under way */
	bool prove;
	bool broken_off, full_broken_off; /* a run was since changes, or all records, were last read to the end */
	bool untouched;                   /* nothing of it was ever stored */
	bool unjudged;                    /* no brake judges what is read now by how much comes at once */
};

void sync_query_plan(struct db *db, const char *source, const char *stream, int64_t full_every_s,
	int64_t prove_every_s, db_result_fn *done, void *context);
void sync_query_read_plan(const PGresult *result, struct sync_plan *ret_plan);

/* What is staged, and where to go on from behind it (advocacy.sync_apply). */
struct sync_portion {
	const char *source, *stream;
	const char *fingerprint; /* of the mapping as configured */
	enum read_mode mode;
	const char *cursor; /* NULL: the stored one stays */
	bool complete;
	int64_t fresh_ms, until_ms; /* wall clock, as is the next; INT64_MIN: nothing is said */
	int64_t started_ms;
	int64_t rows, calls; /* since the portion before */
	int64_t expected;    /* -1: not said */
};

struct sync_applied {
	int64_t rows_changed, rows_rejected, suspended, reinstated;
};

/* All of it in one transaction. */
void sync_query_apply(struct db *db, const struct sync_portion *portion, db_result_fn *done, void *context);
void sync_query_read_applied(const PGresult *result, struct sync_applied *ret_applied);
/* What that would change, and nothing is changed. */
void sync_query_preview(struct db *db, const struct sync_portion *portion, db_result_fn *done, void *context);

#endif
