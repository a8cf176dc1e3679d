/* salesforce_internal.h - what the files of the Salesforce connector share with each other and with nobody
 * else. */
#ifndef CONNECTORS_SALESFORCE_INTERNAL_H
#define CONNECTORS_SALESFORCE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "connectors/secret.h"

enum {
	SALESFORCE_ID_SIZE = 32, /* 15 or 18 characters, and room for the zero */
	SALESFORCE_ERROR_BODY_LIMIT = 16 * 1024,
	SALESFORCE_LOCATOR_SIZE = 2048,
	SALESFORCE_FLAGS_MOST = 200, /* records of a call (REST API, sObject Collections) */
};

/* The keys of [source NAME]. */
struct salesforce_settings {
	char *login_url;   /* NULL: the source's base_url */
	char *api_version; /* "v66.0" */
	char *flow;        /* "client_credentials" or "jwt_bearer" */
	char *client_id;
	struct secret *client_secret;
	char *username, *audience;  /* of the JWT */
	struct secret *private_key; /* PEM */
	int64_t overlap_s, settle_s, late_s, page_size;
	int64_t bulk_from; /* records; 0: never */
};

/* The object's metadata as last seen: what If-Modified-Since asks against. */
struct salesforce_described {
	char date[40]; /* the answer's Date; empty: ask for all of it */
	char fingerprint[MAPPING_FINGERPRINT_SIZE];
};

struct session {
	const char *base_url;
	const struct salesforce_settings *settings;
	char *instance_url;   /* where data calls go; base_url until a token says otherwise */
	struct secret *token; /* NULL: none */
	unsigned generation;  /* counts tokens: a locator doesn't outlive the token it came with */
	unsigned expiries;    /* sessions refused since the last answer that worked */
	bool clock_doubted;   /* the last token request was called too old */
	struct quota quota;
	struct salesforce_described described[ENTITY_COUNT];
};

/* Drops the token. True when the next one deserves a try; false when this was the second refusal without a
 * good answer in between: a new token won't help, and asking for one would go on for ever. */
bool salesforce_session_expire(struct session *session);

/* What is asked for, also for a message that names it. */
struct salesforce_subject {
	const char *object; /* "Account" */
	enum entity entity;
	const struct mapping_entity *mapping;
};

/* salesforce.c */
struct salesforce_subject salesforce_subject_of(const struct reading_request *request);
/* Clears the request and fills in what all data calls have in common: the instance's address, to which the path is to be
 * appended, the token and who we are. False: there is no token (EXPIRED), or it is no header (CREDENTIALS). */
bool salesforce_request_begin(const struct session *session, const struct salesforce_subject *subject,
	const char *accept, struct http_request *request, struct failure *failure);

/* salesforce_auth.c; see struct connector. */
bool salesforce_authorize(
	struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure);
bool salesforce_authorized(struct session *session, const struct http_head *head, const char *body, size_t length,
	int64_t now_ms, struct failure *failure);

/* salesforce_errors.c */

/* What an answer's head tells besides its headers' text. */
struct salesforce_answer {
	int status; /* 0: no answer */
	bool is_json, is_csv;
	int64_t retry_after_s; /* 0: not said */
};

/* What is said in an error body. */
struct salesforce_error {
	bool found;        /* whether the body was one of Salesforce's error documents at all */
	char code[64];     /* errorCode, or OAuth's `error`; may be empty */
	char message[256]; /* folded to one line; may be empty */
};

void salesforce_answer_read(const struct http_head *head, struct salesforce_answer *ret_answer);
/* Sforce-Limit-Info into `quota`, which keeps what the answer doesn't say (REST API, Limit Info Header). */
void salesforce_quota_read(const struct http_head *head, struct quota *quota);
/* An array of {message, errorCode}, one such object, or OAuth's {error, error_description}; of a body that is
 * none of these only the text, without tags. Of the session's secrets nothing is kept. */
void salesforce_error_read(
	const struct session *session, const char *body, size_t length, struct salesforce_error *ret_error);
/* The failure that an answer to a data call means (REST API, Error Responses); `status` isn't 200. */
void salesforce_error_classify(const struct salesforce_answer *answer, const struct salesforce_error *error,
	const struct salesforce_subject *subject, struct failure *failure);
/* The same for a refused data call, with what it means for the session: a token that has ended is dropped, and when
 * the one before ended at once too, that is CREDENTIALS. */
void salesforce_error_settle(struct session *session, const struct salesforce_answer *answer,
	const struct salesforce_error *error, const struct salesforce_subject *subject, struct failure *failure);
/* Whether the error says that the query asks for too much at once: a narrower window may do. */
bool salesforce_error_is_timeout(const struct salesforce_error *error);
/* Whether the error says that a query locator is no good any more (SOAP API, ExtendedErrorCode). */
bool salesforce_error_is_lost_locator(const struct salesforce_answer *answer, const struct salesforce_error *error);
/* Copies what the vendor says as vendor_text_copy does, without what the session keeps secret. */
void salesforce_copy_text(const struct session *session, const char *text, size_t length, char *out, size_t size);

/* salesforce_cursor.c */

/* A place in a query's order. READ_CHANGES goes by (SystemModstamp, Id); without an id it is the beginning of the instant.
 * READ_ALL goes by Id alone, backwards, and has no instant. */
struct salesforce_place {
	int64_t at_ms;
	char id[SALESFORCE_ID_SIZE]; /* empty: none */
};

struct salesforce_cursor {
	int64_t fresh_ms; /* seen up to here, but for what Salesforce shows late; INT64_MIN: nothing was ever read */
	int64_t proven_ms; /* nothing before it can be missing */

	/* The run under way; hi_ms is INT64_MIN when there is none. */
	int64_t hi_ms; /* fresh up to here once this run is complete */
	bool all;      /* READ_ALL */
	bool proving;  /* READ_CHANGES, from the proven watermark on */
	struct salesforce_place last;
	int64_t rows; /* READ_ALL: received so far */

	/* READ_ALL by a job of Bulk API 2.0, for the rows behind `last`. */
	char job[SALESFORCE_ID_SIZE];
	char locator[SALESFORCE_LOCATOR_SIZE]; /* of the next page; empty: the first */
	int64_t job_rows;
	int64_t jobs; /* how many were made in this run */
};

/* Whether an id can stand in a query's text as it is. */
bool salesforce_is_id(const char *id, size_t length);
/* Whether a locator is visible ASCII that can stand in the cursor's text as it is, and not too long. */
bool salesforce_is_locator(const char *locator, size_t length);
/* False, and a beginning, for a cursor that is NULL, unreadable, of another mapping, or that a run of this mode can't
 * go on from. */
bool salesforce_cursor_read(
	const char *text, const char *fingerprint, enum read_mode mode, struct salesforce_cursor *ret_cursor);
/* Clears `text`, then writes the cursor; leaves it empty for one that says no more than a beginning. */
void salesforce_cursor_write(const struct salesforce_cursor *cursor, const char *fingerprint, struct buffer *text);

/* salesforce_query.c */

/* User has no IsDeleted and isn't in the recycle bin (Object Reference, User). */
bool salesforce_has_deleted(const struct salesforce_subject *subject);
/* Whether the object's records say which one they were merged into, and there is a column to say so. */
bool salesforce_has_master(const struct salesforce_subject *subject);
/* The records that changed from `from` on, before `until_ms` (INT64_MAX: no end), in the order of places. */
void salesforce_query_changes(struct buffer *query, const struct salesforce_subject *subject,
	const struct json_field *fields, size_t count, const struct salesforce_place *from, int64_t until_ms);
/* All records behind `from`, or those of them that `only` (NULL: all) takes, the newest first; for a Bulk job in any order:
 * sorting takes its chunking away. */
void salesforce_query_all(struct buffer *query, const struct salesforce_subject *subject,
	const struct json_field *fields, size_t count, const struct salesforce_place *from,
	const struct record_filter *only, bool for_bulk);

/* salesforce_describe.c; see struct connector. */
bool salesforce_describe(struct session *session, const struct reading_request *reading, int64_t now_ms,
	struct http_request *request, struct failure *failure);
bool salesforce_described(struct session *session, const struct reading_request *reading,
	const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct description *description, struct failure *failure);

/* salesforce_flags.c; see struct connector. */
bool salesforce_flags_write(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure);
bool salesforce_flags_written(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_result *results, struct failure *failure);
bool salesforce_flags_read(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure);
bool salesforce_flags_found(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_found *found, struct failure *failure);

/* salesforce_read.c; see struct connector. */
struct reading *salesforce_read_open(
	struct session *session, const struct reading_request *request, const struct record_sink *sink);
struct reading *salesforce_read_free(struct reading *reading);
enum read_step salesforce_read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure);
void salesforce_read_head(struct reading *reading, const struct http_head *head);
bool salesforce_read_feed(struct reading *reading, const char *bytes, size_t length);
bool salesforce_read_ahead(const struct reading *reading, struct http_request *request);
bool salesforce_read_finish(struct reading *reading, int64_t now_ms, struct failure *failure);
const char *salesforce_read_cursor(const struct reading *reading);
void salesforce_read_until(const struct reading *reading, int64_t *ret_fresh_ms, int64_t *ret_complete_ms);
int64_t salesforce_read_expected(const struct reading *reading);

#endif
