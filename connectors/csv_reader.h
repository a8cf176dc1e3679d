/* csv_reader.h - a page of comma-separated values in, rows in the canonical columns out, record by record. */
#ifndef CONNECTORS_CSV_READER_H
#define CONNECTORS_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/record_reader.h"

/* The page's first line is a header. Its names aren't looked at, for vendors spell those of related records as they
 * please: its columns must be the fields of csv_reader_fields, in that order. An empty cell is NULL. Cells may hold
 * commas, quotes (doubled) and line breaks. A record with too few or too many cells is rejected alone. */
struct csv_reader;

/* The settings' pointers must outlive the reader; the struct itself is copied. `containers` and `fold_case` (but for
 * which fields are the same) aren't looked at. */
struct csv_reader *csv_reader_new(const struct record_reader_settings *settings, const struct record_sink *sink);
struct csv_reader *csv_reader_free(struct csv_reader *reader); /* takes NULL, returns NULL */
/* As record_reader_fields. */
const struct json_field *csv_reader_fields(const struct csv_reader *reader, size_t *ret_count);
/* Ready for the next page. */
void csv_reader_reset(struct csv_reader *reader);
/* False when the bytes can't be a page; csv_reader_finish then says why. */
bool csv_reader_feed(struct csv_reader *reader, const char *bytes, size_t length);
/* After the last byte: false when the page was cut off inside of a record (the last line break may be missing, when a
 * quote ends the last cell), or has another number of columns
 * (TRANSIENT). A page without a byte is one without records. */
bool csv_reader_finish(struct csv_reader *reader, struct failure *failure) __attribute__((warn_unused_result));
/* Records in the page so far, rejected ones included, the header not. */
size_t csv_reader_count(const struct csv_reader *reader);

#endif
