/* entity.h - the canonical shape of what is synced: every entity's columns and their types. */
#ifndef CONNECTORS_ENTITY_H
#define CONNECTORS_ENTITY_H

#include <stddef.h>

enum entity {
	ENTITY_ACCOUNT,
	ENTITY_STAFF,
	ENTITY_CONTACT,
	ENTITY_SUPPORT_CASE,
	ENTITY_OPPORTUNITY,
	ENTITY_REQUEST,     /* a rep's request for a reference, filed in the CRM */
	ENTITY_ASSOCIATION, /* a record's account, where the vendor keeps the link apart from the record */
	ENTITY_OBSERVATION, /* a number about an account, from a record of its own: a scorecard's row */
	ENTITY_COUNT,
};

enum column_type { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_BOOLEAN, COLUMN_INSTANT, COLUMN_DATE, COLUMN_SIGNALS };

struct column {
	const char *name; /* the same name in the mapping file and in the table advocacy.stage_ENTITY */
	enum column_type type;
};

/* The columns of the synced entities begin with these three, which the connector fills, not the mapping. */
enum { COLUMN_REMOTE_ID, COLUMN_MODIFIED_AT, COLUMN_DELETED, COLUMN_FIRST_MAPPED };

enum { COLUMNS_MAX = 24 };

struct entity_shape {
	const char *name; /* "account": the mapping's section, and stage_account's suffix */
	const struct column *columns;
	size_t count;
};

const struct entity_shape *entity_shape(enum entity entity);
/* ENTITY_COUNT when there is none of that name. */
enum entity entity_by_name(const char *name);
/* The column's index, or -1. */
int entity_column(enum entity entity, const char *name);

#endif
