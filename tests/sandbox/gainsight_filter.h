/* The `where` of a Gainsight query: columns over lookups, conditions, and the expression that joins them. */
#ifndef SANDBOX_GAINSIGHT_FILTER_H
#define SANDBOX_GAINSIGHT_FILTER_H

#include "tests/sandbox/gainsight_internal.h"

#define GAINSIGHT_HOPS 12
#define GAINSIGHT_CONDITIONS 26

/* A row that is looked at: the first is the queried one, the others lie behind a lookup of an earlier one. */
struct gainsight_hop {
	const struct gainsight_object *object;
	size_t parent;
	const struct gainsight_field *via;
	struct gainsight_row row;
	bool followed;
	bool exists;
};

struct gainsight_hops {
	struct gainsight *gainsight;
	struct gainsight_hop items[GAINSIGHT_HOPS];
	size_t count;
};

struct gainsight_column {
	size_t hop;
	const struct gainsight_field *field;
};

enum gainsight_operator {
	GAINSIGHT_EQ,
	GAINSIGHT_NE,
	GAINSIGHT_LT,
	GAINSIGHT_GT,
	GAINSIGHT_LTE,
	GAINSIGHT_GTE,
	GAINSIGHT_BTW,
	GAINSIGHT_IN,
	GAINSIGHT_CONTAINS,
	GAINSIGHT_DOES_NOT_CONTAIN,
	GAINSIGHT_STARTS_WITH,
	GAINSIGHT_ENDS_WITH,
	GAINSIGHT_IS_NULL,
	GAINSIGHT_IS_NOT_NULL
};

struct gainsight_operand {
	struct text_slice text;
	double number;
	bool flag;
	int64_t time;
};

struct gainsight_condition {
	struct gainsight_column column;
	const char *alias;
	enum gainsight_operator comparison;
	struct gainsight_operand *operands;
	size_t operand_count;
	bool used;
};

struct gainsight_where {
	struct gainsight_condition conditions[GAINSIGHT_CONDITIONS];
	size_t condition_count;
	/* The expression in postfix order: a condition's index, or one of these. */
	signed char program[GAINSIGHT_CONDITIONS * 4];
	size_t program_length;
	bool conjunctive; /* nothing but ANDs: each condition alone narrows the answer */
};

#define GAINSIGHT_AND ((signed char)-1)
#define GAINSIGHT_OR ((signed char)-2)

/* A plain or dotted name; false: no such field. Adds hops as needed. */
bool gainsight_column_find(struct gainsight_hops *hops, const char *name, struct gainsight_column *column);
void gainsight_hops_start(
	struct gainsight *gainsight, struct gainsight_hops *hops, const struct gainsight_object *object);
/* Puts the first hop on a row and forgets the others. */
void gainsight_hops_set(struct gainsight_hops *hops, uint32_t index);
void gainsight_column_value(struct gainsight *gainsight, struct gainsight_hops *hops,
	const struct gainsight_column *column, struct gainsight_value *value);

/* False: answered. Must be freed in either case. */
bool gainsight_where_read(struct gainsight *gainsight, struct server_call *call,
	const struct gainsight_object *object, json_t *where, struct gainsight_hops *hops,
	struct gainsight_where *out);
void gainsight_where_free(struct gainsight_where *where);
bool gainsight_where_matches(
	struct gainsight *gainsight, const struct gainsight_where *where, struct gainsight_hops *hops);
void gainsight_bad_field(struct gainsight *gainsight, struct server_call *call,
	const struct gainsight_object *object, const char *name);

#endif
