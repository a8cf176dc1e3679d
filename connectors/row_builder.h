/* row_builder.h - a record's found values in, a row in the canonical columns out: what all page formats share. */
#ifndef CONNECTORS_ROW_BUILDER_H
#define CONNECTORS_ROW_BUILDER_H

#include <stddef.h>

#include "connectors/json_record.h"
#include "connectors/memory.h"
#include "connectors/record_reader.h"

/* For each record: `found = row_builder_begin(...)`, fill found[i] with the value of fields[i], row_builder_build(). */
struct row_builder;

/* The settings' pointers must outlive the builder; the struct itself is copied. `containers` isn't looked at. */
struct row_builder *row_builder_new(const struct record_reader_settings *settings, const struct record_sink *sink);
struct row_builder *row_builder_free(struct row_builder *builder); /* takes NULL, returns NULL */
/* The wanted paths, each once: id, modified, deleted, extras, then the mapping's in its order. */
const struct json_field *row_builder_fields(const struct row_builder *builder, size_t *ret_count);
/* Forgets the last record. What the values point to may be taken from *ret_arena. */
struct json_value *row_builder_begin(struct row_builder *builder, struct arena **ret_arena);
/* Gives the sink a row, or a rejection. `bytes` is the record as it came, for the latter; `problem` says why the record
 * as a whole can't be had, NULL when it could be parsed. */
void row_builder_build(struct row_builder *builder, const char *bytes, size_t length, const char *problem);

#endif
