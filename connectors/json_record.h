/* json_record.h - reads the wanted fields out of one record's bytes, without building a tree. */
#ifndef CONNECTORS_JSON_RECORD_H
#define CONNECTORS_JSON_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/memory.h"

enum json_type {
	JSON_VALUE_ABSENT,
	JSON_VALUE_NULL,
	JSON_VALUE_TRUE,
	JSON_VALUE_FALSE,
	JSON_VALUE_NUMBER,
	JSON_VALUE_STRING,
	JSON_VALUE_COMPOUND
};

struct json_value {
	enum json_type type;
	const char *text; /* a number as it was written, a string decoded; not zero-terminated */
	size_t length;
	const char *problem; /* why a string can't be had ("holds a NUL character"); NULL when it is good */
};

/* Where a wanted field stands: its keys joined by dots ("Owner.Email"). A key that holds dots itself
 * (Gainsight's "Csm__gr.Email") has the same path. */
struct json_field {
	const char *path;
	size_t length;
};

struct json_wanted {
	const struct json_field *fields;
	size_t count;
	bool fold_case; /* keys match whatever their ASCII case */
};

/* Reads the object that begins `bytes` (RFC 8259, strictly, but for what stands inside strings nobody wants), fills
 * values[0..count) and returns the object's length in bytes, whatever comes behind it. Field texts point into `bytes` or
 * into `arena`. A null parent makes the fields below it null. 0 when no whole and valid object stands there, or when it
 * nests deeper than 32 or gives a wanted field twice; *ret_problem then says so. */
size_t json_record_read(const char *bytes, size_t length, const struct json_wanted *wanted, struct arena *arena,
	struct json_value *values, const char **ret_problem) __attribute__((warn_unused_result));

#endif
