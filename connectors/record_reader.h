/* record_reader.h - a page's bytes in, rows in the canonical columns out, record by record. */
#ifndef CONNECTORS_RECORD_READER_H
#define CONNECTORS_RECORD_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/buffer.h"
#include "connectors/entity.h"
#include "connectors/failure.h"
#include "connectors/mapping.h"
#include "connectors/value.h"

/* A record that can't be understood. Everything lives until the call returns. */
struct rejection {
	const char *remote_id; /* "?" and a number made from its bytes when even the id can't be read */
	const char *field;     /* NULL when it is the record as a whole */
	const char *reason;
	struct value raw; /* mended, cut to 16 KiB */
};

/* Where rows go. `values` are in the order of entity_shape(entity)->columns; all live until the call returns. */
struct record_sink {
	void *context;
	void (*record)(void *context, enum entity entity, const struct value *values, size_t count);
	void (*reject)(void *context, const struct rejection *rejection);
};

struct record_reader_settings {
	enum entity entity;
	const struct mapping_entity *mapping;
	const char *const *containers; /* JSON: paths of the record array, NULL-terminated */
	const char *prefix;            /* put before each mapped name, e.g. "properties."; "" for none */
	const char *id, *modified;     /* full paths */
	const char *deleted;           /* full path of a boolean, or NULL: rows are not deleted */
	const char *const *extras;     /* full paths read as text besides the mapping, NULL-terminated, or NULL */
	bool fold_case;
	/* Called for every record whose id can be read, in the page's order. `values` (may be changed; texts that
	 * live in the inspector or are constant) is NULL for a record that is about to be rejected. `modified_ms`
	 * is INT64_MIN when it can't be read. Returning false drops the record in silence. May be NULL. */
	bool (*inspect)(void *context, const struct value *id, int64_t modified_ms, struct value *values,
		const struct value *extras);
	void *context;
};

struct record_reader;

/* The settings' pointers must outlive the reader; the struct itself is copied. */
struct record_reader *record_reader_new(
	const struct record_reader_settings *settings, const struct record_sink *sink);
struct record_reader *record_reader_free(struct record_reader *reader); /* takes NULL, returns NULL */
/* The paths it looks for, each once, those that differ in case as one when `fold_case`: what a query has to select. In
 * the order id, modified, deleted, extras, then the mapping's. They live as long as the reader. */
const struct json_field *record_reader_fields(const struct record_reader *reader, size_t *ret_count);
/* Ready for the next page. */
void record_reader_reset(struct record_reader *reader);
/* False when the bytes can't be a page; record_reader_finish then says why. */
bool record_reader_feed(struct record_reader *reader, const char *bytes, size_t length);
/* After the last byte: false when the page was cut off or is no such document (TRANSIENT: an error page, a
 * broken connection). On success the envelope without the records is in *ret_envelope, valid until the reset. */
bool record_reader_finish(struct record_reader *reader, const char **ret_envelope, size_t *ret_length,
	struct failure *failure) __attribute__((warn_unused_result));
/* Among the records, appends the envelope that came before them, closed behind an empty array, for record arrays that
 * stand in the document's own object. False: we are elsewhere, or there is no room. */
bool record_reader_begun(const struct record_reader *reader, struct buffer *envelope);
/* Whether the record array was there at all. */
bool record_reader_found(const struct record_reader *reader);
/* Records in the page so far, rejected ones included. */
size_t record_reader_count(const struct record_reader *reader);

/* The remote names the mapping asks for, each once, in the file's order: what a query selects. */
size_t record_reader_names(const struct mapping_entity *mapping, const char **names, size_t room);

#endif
