/* buffer.h - a growing run of bytes that is born with a ceiling. */
#ifndef CONNECTORS_BUFFER_H
#define CONNECTORS_BUFFER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes from outside never decide how much we allocate: past `limit` an append fails and the buffer stays
 * `overflown` until it is cleared, so a caller may append many times and look once. */
struct buffer {
	char *bytes;   /* always ends with a zero byte that `length` does not count; NULL while empty and new */
	size_t length; /* bytes */
	size_t size, limit;
	bool overflown;
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_free(struct buffer *buffer);  /* leaves it empty, usable again */
void buffer_clear(struct buffer *buffer); /* keeps the memory */
bool buffer_append(struct buffer *buffer, const char *bytes, size_t length);
bool buffer_append_text(struct buffer *buffer, const char *text);
bool buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *buffer_text(const struct buffer *buffer); /* never NULL */

/* Room for `length` bytes more: the caller writes as many as it needs there, a zero byte behind them, and adds them to the
 * buffer's length. NULL past the limit. */
char *buffer_reserve(struct buffer *buffer, size_t length);

/* Appends `text` percent-encoded for a query string or form body (RFC 3986 unreserved characters stay). */
bool buffer_append_encoded(struct buffer *buffer, const char *text);

/* Appends the value, compact. False also for NULL: what could not be made can't be written. */
bool buffer_append_json(struct buffer *buffer, const json_t *value);

/* Overwrites the bytes before they are freed: for tokens and bodies that hold secrets. */
void buffer_wipe(struct buffer *buffer);

#endif
