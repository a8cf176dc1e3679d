/* gainsight_reading.h - one run over a stream, as gainsight_read.c and gainsight_advance.c share it. */
#ifndef CONNECTORS_GAINSIGHT_READING_H
#define CONNECTORS_GAINSIGHT_READING_H

#include "connectors/gainsight.h"

/* What is seen of a page while its rows pass. */
struct page {
	char last_id[GAINSIGHT_ID_SIZE]; /* empty: none could be read */
	int64_t last_modified_ms;        /* INT64_MIN: none could be read */
	bool ids_fall, times_fall;       /* not sorted as asked */
	bool strays;                     /* a row outside of the time that was asked for */
};

/* What the row with the greatest Gsid has said about the walk's place. */
enum top { TOP_NOT_ASKED, TOP_BEHIND, TOP_BEYOND };

/* A column that shows a picklist's label. */
struct label {
	int column;
	const char *field;
};

struct reading {
	struct session *session;
	enum entity entity;
	enum read_mode mode;
	struct mapping_entity mapping; /* with picklists' Gsids among the words */
	const char *object;
	char fingerprint[MAPPING_FINGERPRINT_SIZE]; /* the mapping's */
	struct record_reader *reader;
	struct record_reader *log_reader; /* of deletions; NULL: the run doesn't read them */
	struct label labels[COLUMNS_MAX];
	size_t label_count;
	int included;                     /* ENTITY_OBSERVATION: the column that says which rows count; -1: all */
	const struct record_filter *only; /* a look: walks through one group of it after the other; NULL: all */
	size_t group;                     /* the one under way */

	struct gainsight_cursor at;
	struct buffer cursor_text; /* empty: no page came through yet */
	size_t most_seen;          /* rows of the largest answer of this reading */
	enum top top;              /* of the walk's place */
	int zone_low, zone_high;   /* SEARCH: in steps; the row comes at `low`, and doesn't at `high` */
	bool searched;
	unsigned pages;

	bool under_way; /* a request was made and has not come to an end that could be judged */
	int64_t asked_limit, asked_ms;
	int status;
	long retry_after_s;
	int64_t server_ms; /* INT64_MIN: the answer had no date */
	struct buffer error_body;
	struct page page;
};

/* The second of an instant in milliseconds. */
int64_t gainsight_second(int64_t ms);
/* Appends the query for the reading's step to `out`. False when it grew past the buffer's limit. */
bool gainsight_query(const struct reading *reading, struct buffer *out) __attribute__((warn_unused_result));
/* What follows from a good answer of `count` rows: moves the reading's place, to its end or to a doubt as well. False:
 * the answer contradicts others, and the place stays. */
bool gainsight_advance(struct reading *reading, size_t count, struct failure *failure)
	__attribute__((warn_unused_result));

#endif
