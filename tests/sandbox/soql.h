/*
 * SOQL as far as a synchronising client needs it, and no further: what the real parser would refuse is
 * refused with the real one's error codes. Not played: LIKE, INCLUDES, NOT, functions other than count(),
 * aggregates, child subqueries, relative date literals; these give MALFORMED_QUERY with a text that says so.
 */
#ifndef SANDBOX_SOQL_H
#define SANDBOX_SOQL_H

#include "tests/sandbox/salesforce_objects.h"

#define SOQL_PATH_LENGTH 4

/* Owner.Email: one step and a field. */
struct soql_path {
	const struct salesforce_field *steps[SOQL_PATH_LENGTH];
	size_t step_count;
	const struct salesforce_field *field;
};

/* A selected field, or a parent with selected fields of its own. */
struct soql_select {
	const struct salesforce_field *field;
	bool is_parent;
	struct soql_select *first_child;
	struct soql_select *next;
};

enum soql_operator { SOQL_EQUAL, SOQL_NOT_EQUAL, SOQL_LESS, SOQL_LESS_EQUAL, SOQL_GREATER, SOQL_GREATER_EQUAL };

struct soql_literal {
	bool null;
	bool boolean;
	double number;
	int64_t time;
	char *text; /* decoded; ids in their 18-character form */
	size_t length;
};

enum soql_node_kind { SOQL_AND, SOQL_OR, SOQL_COMPARE, SOQL_IN, SOQL_NOT_IN };

struct soql_node {
	enum soql_node_kind kind;
	struct soql_node *left;
	struct soql_node *right;
	struct soql_path path;
	enum soql_operator operator;
	struct soql_literal *literals;
	size_t literal_count;
};

struct soql_order {
	struct soql_path path;
	bool descending;
};

struct soql_query {
	const struct salesforce_object *object;
	bool count; /* SELECT count() */
	struct soql_select *select;
	struct soql_path *columns; /* what was selected, in the order of the text */
	size_t column_count;
	struct soql_node *where;
	struct soql_order order[8];
	size_t order_count;
	uint32_t limit; /* UINT32_MAX: none */
};

struct soql_error {
	const char *code;
	char message[1024];
};

/* NULL with `error` filled in when the real service would refuse the text. */
struct soql_query *soql_parse(const char *text, struct soql_error *error);
void soql_free(struct soql_query *query);
/* Whether the record fulfils WHERE. */
bool soql_matches(const struct soql_query *query, struct salesforce_record *record, struct text_buffer *scratch);
/* -1, 0, 1 of one ORDER BY column; nulls come first, as in Salesforce. */
int soql_compare_values(const struct salesforce_field *field, const struct salesforce_value *left,
	const struct salesforce_value *right);
void soql_path_value(
	const struct soql_path *path, struct salesforce_record *record, struct salesforce_value *value);
/* The smallest [low, high) of SystemModstamp that holds all matches. */
void soql_stamp_bounds(const struct soql_node *node, int64_t *low, int64_t *high);

#endif
