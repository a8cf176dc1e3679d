/* salesforce_reading.h - one run over one stream, as the files that read by REST and by Bulk share it. */
#ifndef CONNECTORS_SALESFORCE_READING_H
#define CONNECTORS_SALESFORCE_READING_H

#include "connectors/csv_reader.h"
#include "connectors/salesforce_internal.h"

enum {
	/* 16,384 bytes are the server's limit for the address and the headers together (Salesforce Help 000386264).
	 * What libcurl adds (Host, User-Agent, Accept-Encoding) has to fit in as well. */
	SALESFORCE_URL_LIMIT = 16 * 1000,
	SALESFORCE_QUERY_LIMIT = 100 * 1000,
	SALESFORCE_PAGE_BYTES_LIMIT = 256 * 1024 * 1024,
};

/* A query by REST, page by page. */
struct salesforce_walk {
	struct salesforce_place begun;         /* where the query began, */
	int64_t begun_rows;                    /* with as many rows read */
	char locator[SALESFORCE_LOCATOR_SIZE]; /* empty: the next request is a query of its own */
	unsigned generation;                   /* of the token that the locator came with */
	unsigned pages;                        /* good ones, for the log */
	int64_t total, received;
	int64_t settled_ms; /* rows stamped later may stand in the wrong place */
	int64_t window_ms;  /* READ_CHANGES: how much time a query may ask for; 0: all there is */
	int64_t until_ms;   /* where this query ends; INT64_MAX: in the present */
	bool barren;        /* the last page added nothing */
	bool lost;          /* a locator was lost at `lost_at` */
	struct salesforce_place lost_at;
};

enum salesforce_bulk_step {
	BULK_NONE, /* by REST */
	BULK_CREATE,
	BULK_POLL,
	BULK_RESULTS,
};

struct salesforce_bulk {
	enum salesforce_bulk_step step;
	bool refused; /* it isn't to be had, or failed twice: REST reads on */
	unsigned polls, pages;
	int64_t processed; /* the job's rows */
	bool broken;       /* the last page was no whole one */
	/* What the head of a results page says. */
	int64_t page_rows;                  /* -1: nothing */
	char next[SALESFORCE_LOCATOR_SIZE]; /* empty: it was the last page */
	bool next_is_good;
};

struct reading {
	struct session *session;
	struct salesforce_subject subject;
	char fingerprint[MAPPING_FINGERPRINT_SIZE];
	struct record_reader_settings settings;
	struct record_sink sink;
	const struct record_filter *only; /* NULL: all */
	struct record_reader *reader;
	struct csv_reader *csv; /* NULL until it is needed */
	bool complete;
	int64_t expected; /* records of the whole reading; -1: not known */

	struct salesforce_cursor cursor; /* what is read for good; moves only when a page is whole */
	struct buffer cursor_text;
	struct salesforce_walk walk;
	struct salesforce_bulk bulk;

	/* The answer under way. */
	int64_t asked_at_ms;
	bool asked_locator;
	struct salesforce_answer answer;
	int64_t server_ms; /* its Date; INT64_MIN: none */
	int64_t newest_ms; /* the latest stamp in it */
	struct salesforce_place page_last;
	struct buffer body; /* of an answer that is no page */
};

/* salesforce_read.c */

/* A failure that is the answer's fault and may pass; false. */
bool salesforce_reading_fail(const struct reading *reading, struct failure *failure, const char *what);
void salesforce_reading_write_cursor(struct reading *reading);
/* Fixes how far this run will have read, when that isn't fixed yet: by the server's time when the answer's query
 * ran, less what a commit may take to become visible: 1 to 3 s as users measured, a long transaction's far more. */
void salesforce_reading_set_watermark(struct reading *reading, int64_t now_ms);
void salesforce_reading_complete(struct reading *reading);

/* salesforce_walk.c: by REST */

/* The next request of the query; it may not fit (PERMANENT). */
bool salesforce_walk_ask(struct reading *reading, struct http_request *request, struct failure *failure);
void salesforce_walk_head(struct reading *reading);
/* The request behind the page that comes, when its beginning tells. */
bool salesforce_walk_ahead(const struct reading *reading, struct http_request *request);
/* Marks how far the page has come. */
void salesforce_walk_inspect(struct reading *reading, const struct value *id, int64_t modified_ms);
bool salesforce_walk_page(struct reading *reading, int64_t now_ms, struct failure *failure);
/* The locator is no good any more: the next request is a fresh query from the last place. False (PERMANENT): that place
 * has lost its locator before. */
bool salesforce_walk_lost(struct reading *reading, const struct salesforce_error *error, struct failure *failure);
/* The query took the server too long: asks for less from now on. False: for less there is no way to ask. */
bool salesforce_walk_split(struct reading *reading, int64_t now_ms);

/* salesforce_bulk.c: by Bulk API 2.0 */

/* Goes on where the cursor's run was. */
void salesforce_bulk_resume(struct reading *reading);
/* Whether a query of that many rows is one for Bulk. */
bool salesforce_bulk_suits(const struct reading *reading, int64_t rows);
/* The rows behind the cursor's place come by a job from now on. */
void salesforce_bulk_begin(struct reading *reading);
bool salesforce_bulk_ask(struct reading *reading, struct http_request *request, struct failure *failure);
void salesforce_bulk_head(struct reading *reading, const struct http_head *head);
bool salesforce_bulk_answer(struct reading *reading, struct failure *failure);
/* `failure` is what the refusal would mean. True when reading goes on all the same. */
bool salesforce_bulk_refused(struct reading *reading, struct failure *failure);

#endif
