/* What the files that play Salesforce share: the org's sessions and cursors. */
#ifndef SANDBOX_SALESFORCE_INTERNAL_H
#define SANDBOX_SALESFORCE_INTERNAL_H

#include "tests/sandbox/salesforce_objects.h"
#include "tests/sandbox/server.h"
#include "tests/sandbox/soql.h"
#include "tests/sandbox/vendor_salesforce.h"

#include <openssl/evp.h>

#define SALESFORCE_TOKENS 64
#define SALESFORCE_CURSORS 256
#define SALESFORCE_SCHEMA_SWITCHES 4

struct bulk_job;

struct salesforce_token {
	char text[128];
	int64_t used_at;
	long calls;
};

/* A query's result as it was when it was asked: ids only, the rows are read when their page is fetched. */
struct salesforce_cursor {
	char id[19];
	struct soql_query *query;
	uint32_t *rows;
	uint32_t row_count;
	uint32_t page_size;
	int64_t opened_at;
	const struct salesforce_token *session;
};

struct salesforce {
	struct server *server;
	struct world *world;
	struct salesforce_options options;
	EVP_PKEY *jwt_key;
	struct salesforce_token tokens[SALESFORCE_TOKENS];
	size_t next_token;
	uint64_t minted;
	struct salesforce_cursor cursors[SALESFORCE_CURSORS];
	uint64_t opened;
	long calls_used;
	char *schema_applied[SALESFORCE_SCHEMA_SWITCHES];
	int64_t schema_changed_at; /* 0: as it always was */
	int64_t bin_emptied_at;
	struct bulk_job *jobs; /* the latest first */
	uint64_t jobs_made;
	uint64_t bulk_bytes; /* of all results, deleted ones too */
	uint64_t shuffles;
};

/* Answers with the array that data calls answer errors with. */
void salesforce_answer_error(struct server_call *call, int status, const char *code, const char *message);
/* Whether the body comes as JSON; if not, it is answered. */
bool salesforce_takes_json(struct server_call *call);

/* salesforce_token.c */
void salesforce_token_handle(struct salesforce *salesforce, struct server_call *call);
bool salesforce_token_fault(struct server_call *call, const char *kind);
/* The session of this call, or NULL when it is expired, foreign or absent. */
struct salesforce_token *salesforce_token_of(struct salesforce *salesforce, struct server_call *call);

/* salesforce_schema.c: makes the fields be what the switches say now. */
void salesforce_schema_apply(struct salesforce *salesforce);
/* Whether a list like "Account,Case" holds the name. */
bool salesforce_schema_lists(const char *list, const char *name);

/* salesforce_query.c */
void salesforce_query_handle(struct salesforce *salesforce, struct server_call *call,
	const struct salesforce_token *session, const char *version, bool all, const char *locator);
void salesforce_record_handle(struct salesforce *salesforce, struct server_call *call, const char *version,
	const struct salesforce_object *object, const char *id);
void salesforce_cursor_close(struct salesforce_cursor *cursor);
struct salesforce_cursor *salesforce_cursor_find(
	struct salesforce *salesforce, const char *locator, unsigned long *offset);

/* salesforce_rows.c: the matching records, in order, at most LIMIT of them. The caller frees. */
uint32_t *salesforce_rows_find(
	struct salesforce *salesforce, const struct soql_query *query, bool all, uint32_t *count);

/* salesforce_collections.c: composite/sobjects. `object` is NULL for writing. */
void salesforce_collections_handle(struct salesforce *salesforce, struct server_call *call, const char *version,
	const struct salesforce_object *object);

/* salesforce_bulk.c: everything below jobs/query; `id` and `part` ("results", "resultPages") may be "". */
void salesforce_bulk_handle(
	struct salesforce *salesforce, struct server_call *call, int version, const char *id, const char *part);
/* NULL when there is no such job, or no longer. */
struct bulk_job *salesforce_bulk_find(struct salesforce *salesforce, const char *id);
const char *salesforce_bulk_object(const struct bulk_job *job);
void salesforce_bulk_free_all(struct salesforce *salesforce);

/* What a rolling day allows and what it has seen: jobs, and kilobytes of results. */
struct salesforce_bulk_quota {
	long jobs;
	long jobs_used;
	long kilobytes;
	long kilobytes_used;
};
struct salesforce_bulk_quota salesforce_bulk_quota_of(struct salesforce *salesforce);

#endif
