/* value.h - turns what a vendor sent for a field into what the column of that type accepts. */
#ifndef CONNECTORS_VALUE_H
#define CONNECTORS_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/entity.h"
#include "connectors/json_record.h"
#include "connectors/memory.h"

/* text == NULL is SQL NULL. Valid UTF-8 without NUL, and for its column type something PostgreSQL accepts:
 * a COPY of such values can't fail. Not zero-terminated. */
struct value {
	const char *text;
	size_t length;
};

enum { VALUE_TEXT_LIMIT = 64 * 1024 };

/* Absent, null and "" are NULL. Numbers keep their digits (also as JSON strings: HubSpot). Instants: ISO 8601 with
 * a zone, or epoch milliseconds from 1973 on (Gainsight's and HubSpot's are either); dates also as an instant, of
 * which the UTC day counts. Booleans: true/false, or the words true, false, yes, no in any case, or 1 and 0. False
 * when the value is none of that; *ret_problem says why. */
bool value_convert(const struct json_value *json, enum column_type type, struct arena *arena,
	struct value *ret_value, const char **ret_problem) __attribute__((warn_unused_result));

/* An INSTANT value's milliseconds; the value must come from value_convert. */
bool value_instant(const struct value *value, int64_t *ret_ms);

/* A copy of bytes that came from outside as text that PostgreSQL and a reader can stand: each byte that isn't
 * valid UTF-8, and each NUL, becomes U+FFFD. */
struct value value_mend(const char *bytes, size_t length, struct arena *arena);

bool value_is(const struct value *value, const char *text);

#endif
