/* The objects and fields of the played org, and the values that its records have in them. */
#ifndef SANDBOX_SALESFORCE_OBJECTS_H
#define SANDBOX_SALESFORCE_OBJECTS_H

#include "tests/sandbox/world.h"

#include <jansson.h>
#include <stdbool.h>

enum salesforce_type {
	SALESFORCE_ID,
	SALESFORCE_REFERENCE,
	SALESFORCE_STRING,
	SALESFORCE_EMAIL,
	SALESFORCE_PHONE,
	SALESFORCE_URL,
	SALESFORCE_PICKLIST,
	SALESFORCE_BOOLEAN,
	SALESFORCE_INT,
	SALESFORCE_DOUBLE,
	SALESFORCE_CURRENCY,
	SALESFORCE_PERCENT,
	SALESFORCE_DATE,
	SALESFORCE_DATETIME,
	SALESFORCE_TYPES
};

struct salesforce_field {
	const char *name;
	enum salesforce_type type;   /* as the org declares it at the moment */
	enum salesforce_type native; /* as its values are computed */
	int attribute;               /* enum salesforce_attribute */
	const char *relationship;    /* "Owner" for OwnerId; NULL where none can be followed */
	enum world_kind target;
	bool hidden;     /* by field-level security: neither describe nor SOQL knows it */
	bool calculated; /* a formula */
	bool read_only;  /* by field-level security: seen, but not to be written */
};

struct salesforce_object {
	const char *name;
	enum world_kind kind;
	const char *key_prefix;
	struct salesforce_field *fields; /* changed by salesforce_schema.c alone */
	size_t field_count;
};

/* Numbers are milliseconds for dates and datetimes. An id's bytes lie in `id`. */
struct salesforce_value {
	bool null;
	bool boolean;
	double number;
	int64_t time;
	struct text_slice text;
	char id[24];
	struct text_buffer *scratch; /* the caller's, where a text must be composed */
};

struct salesforce_record {
	const struct world *world;
	const struct salesforce_object *object;
	uint32_t index;
	bool loaded;
	bool queue; /* the owner of a case when it is a queue and not a user */
	union {
		struct world_staff staff;
		struct world_account account;
		struct world_contact contact;
		struct world_case support_case;
		struct world_opportunity opportunity;
	} as;
};

#define SALESFORCE_OBJECTS 5

extern const struct salesforce_object salesforce_objects[SALESFORCE_OBJECTS];

const struct salesforce_object *salesforce_object_find(const char *name, size_t length);
const struct salesforce_object *salesforce_object_of(enum world_kind kind);
const struct salesforce_field *salesforce_field_find(
	const struct salesforce_object *object, const char *name, size_t length);
const struct salesforce_field *salesforce_relationship_find(
	const struct salesforce_object *object, const char *name, size_t length);

void salesforce_record_open(struct salesforce_record *record, const struct world *world,
	const struct salesforce_object *object, uint32_t index);
void salesforce_record_value(
	struct salesforce_record *record, const struct salesforce_field *field, struct salesforce_value *value);
/* False when the lookup is empty. */
bool salesforce_record_parent(struct salesforce_record *record, const struct salesforce_field *relationship,
	struct salesforce_record *parent);
void salesforce_value_write(const struct salesforce_record *record, const struct salesforce_field *field,
	const struct salesforce_value *value, struct text_buffer *out);
/* A number in one of the ways that real answers write one: 62.0, 62, 1.0E7. */
void salesforce_double_write(const struct salesforce_record *record, double number, struct text_buffer *out);
bool salesforce_field_read_only(const struct salesforce_object *object, const struct salesforce_field *field);
/* Whether the picklist takes nothing but its values, and whether one of these is the word. */
bool salesforce_picklist_restricted(const struct salesforce_object *object, const struct salesforce_field *field);
bool salesforce_picklist_has(const struct salesforce_object *object, const struct salesforce_field *field,
	const char *word, size_t length);
int salesforce_field_length(const struct salesforce_field *field);
json_t *salesforce_describe(const struct salesforce_object *object, const char *version);
const char *salesforce_type_name(enum salesforce_type type);
/* SALESFORCE_TYPES for a word that names none. */
enum salesforce_type salesforce_type_find(const char *name, size_t length);

#endif
