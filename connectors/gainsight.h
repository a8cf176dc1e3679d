/* gainsight.h - what the parts of the Gainsight connector share; private to connectors/gainsight*.c and their
 * test. */
#ifndef CONNECTORS_GAINSIGHT_H
#define CONNECTORS_GAINSIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/buffer.h"
#include "connectors/connector.h"
#include "connectors/secret.h"

struct gainsight_settings {
	struct secret *access_key;
	int64_t page_size;         /* rows */
	int64_t overlap_s;         /* read again from this long before the last watermark */
	int64_t full_read_every_s; /* 0: only the first read is a full one */
	int64_t calls_per_minute;
};

/* Remote ids are printable ASCII of at most 128 characters (record_reader). */
enum { GAINSIGHT_ID_SIZE = 128 + 1 };

/* Where a reading stands. Every step is one query; there are no offsets (gainsight.md 7.2). */
enum gainsight_step {
	GAINSIGHT_WALK,    /* all rows, by Gsid; no condition on ModifiedDate, so that rows without one are read
			    too */
	GAINSIGHT_SINCE,   /* ModifiedDate GTE from, by ModifiedDate and Gsid */
	GAINSIGHT_CONFIRM, /* the same from the last second of a short page: was it short because it was the
			      last? */
	GAINSIGHT_DRAIN,   /* one second by Gsid: a page's end may have cut it in two */
	GAINSIGHT_DONE,
};

/* Why a run gave up on ModifiedDate and reads everything by Gsid instead. */
enum gainsight_doubt {
	GAINSIGHT_SURE,
	GAINSIGHT_UNSORTED, /* a page did not come in the order asked for */
	GAINSIGHT_FILTER,   /* the filter on ModifiedDate gave other rows than asked for: its time zone isn't
			       UTC */
};

/* A stream's place, kept as the cursor's JSON text. */
struct gainsight_cursor {
	enum gainsight_step step;
	int64_t from_s;               /* SINCE and CONFIRM: seconds since 1970; DRAIN: the second */
	char gsid[GAINSIGHT_ID_SIZE]; /* WALK and DRAIN: rows after this one; "" from the start */
	int64_t watermark_ms;         /* server time of the run's first answer; INT64_MIN before it */
	int64_t full_read_ms;         /* watermark of the last full read; INT64_MIN: none yet */
	int64_t most_rows;            /* most rows that one answer ever held: the server doesn't cut below that */
	enum gainsight_doubt doubt;   /* what the last run that changed to a full read met */
};

/* The cursor as text, in `out` (cleared first); `fingerprint` is the mapping's (mapping.h). */
void gainsight_cursor_write(const struct gainsight_cursor *cursor, const char *fingerprint, struct buffer *out);
/* False when `text` is NULL, of another version or another mapping, or no cursor at all: a first load. */
bool gainsight_cursor_read(const char *text, const char *fingerprint, struct gainsight_cursor *ret_cursor);

/* Appends the query for the cursor's step to `out`. False when it grew past the buffer's limit. */
bool gainsight_query(const struct gainsight_cursor *cursor, const struct mapping_entity *mapping, int64_t limit,
	struct buffer *out) __attribute__((warn_unused_result));

/* What an answer turned out to be. */
enum gainsight_verdict {
	GAINSIGHT_ROWS,    /* the rows count */
	GAINSIGHT_NO_ROWS, /* one of the three empties */
	GAINSIGHT_FAILED,  /* `failure` says why */
};

struct gainsight_answer {
	int status;
	const char *body; /* the whole body, or the envelope without its rows; need not be JSON; NULL with
			     length 0 */
	size_t length;
	bool has_rows;      /* whether the container of rows was there */
	const char *object; /* for the texts */
	const struct mapping_entity *mapping;
	int64_t now_ms;
	long retry_after_s; /* 0: no header */
	unsigned throttled; /* how often in a row it was throttled before */
};

/* Judges an answer in the order of gainsight.md 4. No text of the vendor's but its codes gets into `failure`:
 * errorDesc can hold personal data. */
enum gainsight_verdict gainsight_classify(const struct gainsight_answer *answer, struct failure *failure);

#endif
