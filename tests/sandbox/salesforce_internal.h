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
};

/* Answers with the array that data calls answer errors with. */
void salesforce_answer_error(struct server_call *call, int status, const char *code, const char *message);

/* salesforce_token.c */
void salesforce_token_handle(struct salesforce *salesforce, struct server_call *call);
bool salesforce_token_fault(struct server_call *call, const char *kind);
/* The session of this call, or NULL when it is expired, foreign or absent. */
struct salesforce_token *salesforce_token_of(struct salesforce *salesforce, struct server_call *call);

/* salesforce_query.c */
void salesforce_query_handle(struct salesforce *salesforce, struct server_call *call, const char *version, bool all,
	const char *locator);
void salesforce_record_handle(struct salesforce *salesforce, struct server_call *call, const char *version,
	const struct salesforce_object *object, const char *id);
void salesforce_cursor_close(struct salesforce_cursor *cursor);
struct salesforce_cursor *salesforce_cursor_find(
	struct salesforce *salesforce, const char *locator, unsigned long *offset);

/* salesforce_rows.c: the matching records, in order, at most LIMIT of them. The caller frees. */
uint32_t *salesforce_rows_find(
	const struct world *world, const struct soql_query *query, bool all, uint32_t *count);

#endif
