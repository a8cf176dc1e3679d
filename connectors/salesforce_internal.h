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
	int64_t overlap_s, settle_s, page_size;
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
};

/* Drops the token. True when the next one deserves a try; false when this was the second refusal without a
 * good answer in between: a new token won't help (salesforce.md 1.6, "reauth-once"). */
bool salesforce_session_expire(struct session *session);

/* salesforce_auth.c; see struct connector. */
bool salesforce_authorize(
	struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure);
bool salesforce_authorized(struct session *session, const struct http_head *head, const char *body, size_t length,
	int64_t now_ms, struct failure *failure);

/* salesforce_errors.c */

/* What an answer's head tells besides its headers' text. */
struct salesforce_answer {
	int status; /* 0: no answer */
	bool is_json;
	int64_t retry_after_s; /* 0: not said */
};

/* What is said in an error body. */
struct salesforce_error {
	bool found;        /* whether the body was one of Salesforce's error documents at all */
	char code[64];     /* errorCode, or OAuth's `error`; may be empty */
	char message[256]; /* folded to one line; may be empty */
};

/* What was asked for, for a message that names it. */
struct salesforce_subject {
	const char *object; /* "Account" */
	enum entity entity;
	const struct mapping_entity *mapping;
};

void salesforce_answer_read(const struct http_head *head, struct salesforce_answer *ret_answer);
/* Sforce-Limit-Info into `quota`, which keeps what the answer doesn't say (salesforce.md 5.1). */
void salesforce_quota_read(const struct http_head *head, struct quota *quota);
/* An array of {message, errorCode}, one such object, or OAuth's {error, error_description}; of a body that is
 * none of these only the text, without tags. */
void salesforce_error_read(const char *body, size_t length, struct salesforce_error *ret_error);
/* The failure that an answer to a data call means (salesforce.md 5.4 to 5.6); `status` isn't 200. */
void salesforce_error_classify(const struct salesforce_answer *answer, const struct salesforce_error *error,
	const struct salesforce_subject *subject, struct failure *failure);
/* Whether the error says that a query locator is no good any more (salesforce.md 2.3). */
bool salesforce_error_is_lost_locator(const struct salesforce_answer *answer, const struct salesforce_error *error);
/* Outside text as one printable line of valid UTF-8, tags dropped, cut to `size` - 1 bytes. */
void salesforce_fold(const char *text, size_t length, char *out, size_t size);

/* salesforce_query.c */

/* A place in the order (SystemModstamp, Id). */
struct salesforce_place {
	int64_t at_ms;
	char id[SALESFORCE_ID_SIZE]; /* empty: no place */
};

struct salesforce_cursor {
	int64_t lo_ms;                /* complete up to here; INT64_MIN: first load */
	int64_t hi_ms;                /* complete up to here once this run is; INT64_MIN: not known yet */
	struct salesforce_place last; /* in the middle of a run: read up to here */
};

/* A cursor that is NULL, unreadable or of another mapping is a first load's. */
void salesforce_cursor_read(const char *text, const char *fingerprint, struct salesforce_cursor *ret_cursor);
/* Clears `text`, then writes the cursor; leaves it empty for that of a first load. */
void salesforce_cursor_write(const struct salesforce_cursor *cursor, const char *fingerprint, struct buffer *text);
/* Whether an id can stand in a query's text as it is. */
bool salesforce_is_id(const char *id, size_t length);
/* Appends "/services/data/v66.0/queryAll?q=..." for the rows behind `cursor`; a query that is too long leaves
 * `url` overflown. */
void salesforce_query_append(struct buffer *url, const struct salesforce_settings *settings,
	const struct salesforce_subject *subject, const struct salesforce_cursor *cursor);
/* User has no IsDeleted and isn't in the recycle bin (salesforce.md 3.4). */
bool salesforce_has_deleted(const struct salesforce_subject *subject);

/* salesforce_read.c; see struct connector. */
struct reading *salesforce_read_open(struct session *session, enum entity entity,
	const struct mapping_entity *mapping, const char *cursor, const struct record_sink *sink);
struct reading *salesforce_read_free(struct reading *reading);
enum read_step salesforce_read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure);
void salesforce_read_head(struct reading *reading, const struct http_head *head);
bool salesforce_read_feed(struct reading *reading, const char *bytes, size_t length);
bool salesforce_read_finish(struct reading *reading, int64_t now_ms, struct failure *failure);
const char *salesforce_read_cursor(const struct reading *reading);
int64_t salesforce_read_complete_until(const struct reading *reading);

/* salesforce.c */
const char *salesforce_default_object(enum entity entity);

#endif
