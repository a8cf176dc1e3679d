/* gainsight.h - what the parts of the Gainsight connector share; private to connectors/gainsight*.c and their
 * tests. */
#ifndef CONNECTORS_GAINSIGHT_H
#define CONNECTORS_GAINSIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/buffer.h"
#include "connectors/connector.h"
#include "connectors/secret.h"

struct gainsight_settings {
	struct secret *access_key;
	int64_t page_size; /* rows */
	int64_t overlap_s; /* runs begin that far before the one before */
	int64_t late_s;    /* how late a change may show itself */
	int64_t calls_per_minute;
};

/* Remote ids are printable ASCII of at most 128 characters (record_reader). */
enum { GAINSIGHT_ID_SIZE = 128 + 1 };

/* Picklist items of one entity's fields, as its metadata names them (Gainsight, Data Management APIs). */
struct gainsight_item {
	char *field, *gsid, *label;
};

struct gainsight_items {
	struct gainsight_item *items;
	size_t count;
};

struct session {
	const char *base_url;
	const struct gainsight_settings *settings;
	int64_t limit;  /* rows a page; halved when an answer doesn't come through, doubled by each whole run */
	int64_t zone_s; /* of filters, as last found out: where to look first */
	int64_t minute; /* of the calls counted in `calls` */
	int64_t calls;
	int64_t day; /* the same of UTC days: for session_quota */
	int64_t day_calls;
	unsigned throttled; /* answers in a row that said "too many requests" */
	bool lacks_log;     /* of deletions: the tenant has none, or we may not read it */
	struct gainsight_items items[ENTITY_COUNT];
};

/* Where a reading stands. Every step is one query without an offset, which skips rows while others change. */
enum gainsight_step {
	GAINSIGHT_WALK,    /* READ_ALL: all rows, by Gsid; those without a ModifiedDate too */
	GAINSIGHT_TOP,     /* READ_ALL: the row with the greatest Gsid, to see that the walk has reached it */
	GAINSIGHT_PROBE,   /* READ_ALL: the newest row by its second: does a filter on ModifiedDate find it? */
	GAINSIGHT_SEARCH,  /* READ_ALL: the same in another time zone */
	GAINSIGHT_SINCE,   /* READ_CHANGES: ModifiedDate GTE from, by ModifiedDate and Gsid */
	GAINSIGHT_CONFIRM, /* the same from the last second of a short page: was it short because it was the last? */
	GAINSIGHT_DRAIN,   /* one second by Gsid: a page's end may have cut it in two */
	GAINSIGHT_DELETED, /* READ_CHANGES that proves: the log of deletions since from */
	GAINSIGHT_DONE,    /* READ_CHANGES begins here */
	GAINSIGHT_DOUBTED, /* READ_CHANGES can't be relied upon */
};

/* Why a filter on ModifiedDate can't be relied upon, so that everything has to be read by Gsid. */
enum gainsight_doubt {
	GAINSIGHT_SURE,
	GAINSIGHT_UNSORTED, /* a page did not come in the order asked for */
	GAINSIGHT_FILTER,   /* other rows came than were asked for, or none of those that are there */
	GAINSIGHT_GONE,     /* the known row did not come again */
};

/* A row that is known to be there, and when it was modified. */
struct gainsight_row {
	char gsid[GAINSIGHT_ID_SIZE]; /* empty: none */
	int64_t modified_ms;
};

/* A stream's place, kept as the cursor's JSON text. */
struct gainsight_cursor {
	enum gainsight_step step;
	int64_t from_s;               /* SINCE, CONFIRM, DELETED: seconds since 1970; DRAIN: the second */
	char gsid[GAINSIGHT_ID_SIZE]; /* WALK and DRAIN: rows after this one; "" from the start */
	int64_t started_ms;           /* server time of the run's first answer; INT64_MIN before it */
	int64_t proven_ms;            /* nothing that changed before can be missing; INT64_MIN: not known */
	bool proves;                  /* the run began at the proven watermark */
	bool known_came;              /* in this run */
	struct gainsight_row known;   /* of the run before: a query from its second on has to bring it */
	struct gainsight_row newest;  /* of the rows of this run */
	int64_t crowd;                /* rows within the newest one's second */
	int64_t zone_s;               /* filters' times are taken as local time that far ahead of UTC */
	int64_t most_rows;            /* most rows that one answer ever held: the server doesn't cut below that */
	enum gainsight_doubt doubt;
};

/* The cursor as text, in `out` (cleared first); `fingerprint` is the mapping's (mapping.h). */
void gainsight_cursor_write(const struct gainsight_cursor *cursor, const char *fingerprint, struct buffer *out);
/* False when `text` is NULL, of another version or another mapping, of a doubt or of the other mode, or no cursor. */
bool gainsight_cursor_read(const char *text, const char *fingerprint, enum read_mode mode,
	struct gainsight_cursor *ret_cursor) __attribute__((warn_unused_result));

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

/* Judges an answer (Gainsight, Error Codes for Company and Custom Object APIs). No text of the vendor's but its
 * codes gets into `failure`: errorDesc can hold personal data. */
enum gainsight_verdict gainsight_classify(const struct gainsight_answer *answer, struct failure *failure);

/* gainsight_session.c */
enum { GAINSIGHT_OPTION_COUNT = 5 };
extern const struct option gainsight_options[GAINSIGHT_OPTION_COUNT];
bool gainsight_check_settings(const void *settings, struct failure *failure);
struct session *gainsight_session_new(const char *base_url, const void *settings);
struct session *gainsight_session_free(struct session *session);
void gainsight_session_quota(const struct session *session, struct quota *ret_quota);
/* Counts a call and says how long, in milliseconds, it has to wait. */
unsigned gainsight_session_pace(struct session *session, int64_t now_ms);
/* The headers of every request. False: access_key_file holds no usable key. */
bool gainsight_session_sign(const struct session *session, struct http_request *request);
const char *gainsight_object(enum entity entity, const struct mapping_entity *mapping);
const char *gainsight_default_object(enum entity entity);

/* gainsight_describe.c; see struct connector. */
bool gainsight_describe(struct session *session, const struct reading_request *reading, int64_t now_ms,
	struct http_request *request, struct failure *failure);
/* Besides: keeps the picklist items of the mapped fields in the session, for the readings to come. */
bool gainsight_described(struct session *session, const struct reading_request *reading,
	const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct description *description, struct failure *failure);
void gainsight_items_free(struct gainsight_items *items);
/* The label of the item of `field` with that Gsid, or NULL. */
const char *gainsight_items_label(
	const struct gainsight_items *items, const char *field, const char *gsid, size_t length);
/* A copy of `mapping` in which "| in A" of a picklist also takes the Gsids of the items labelled A. What it is made of
 * must outlive it. */
void gainsight_mapping_copy(
	const struct mapping_entity *mapping, const struct gainsight_items *items, struct mapping_entity *ret_copy);
void gainsight_mapping_free(struct mapping_entity *copy);

/* gainsight_read.c; see struct connector. */
struct reading *gainsight_read_open(
	struct session *session, const struct reading_request *request, const struct record_sink *sink);
struct reading *gainsight_read_free(struct reading *reading);
enum read_step gainsight_read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure);
void gainsight_read_head(struct reading *reading, const struct http_head *head);
bool gainsight_read_feed(struct reading *reading, const char *bytes, size_t length);
bool gainsight_read_finish(struct reading *reading, int64_t now_ms, struct failure *failure);
const char *gainsight_read_cursor(const struct reading *reading);
void gainsight_read_until(const struct reading *reading, int64_t *ret_fresh_ms, int64_t *ret_complete_ms);
int64_t gainsight_read_expected(const struct reading *reading);

#endif
