/* copy_text.h - rows in PostgreSQL's COPY text format. */
#ifndef DAEMON_COPY_TEXT_H
#define DAEMON_COPY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/buffer.h"
#include "connectors/value.h"

/* Appends one row: tabs between, a newline behind, \N for NULL; backslash, tab, newline and carriage return are
 * escaped (PostgreSQL, COPY, "Text Format"), so no text of a vendor can end a field or a row. False, and
 * no part of the row, when it could pass the buffer's ceiling were every byte of it escaped. */
bool copy_text_row(struct buffer *buffer, const struct value *values, size_t count)
	__attribute__((warn_unused_result));

#endif
