/* A growing piece of text, and the JSON words that record pages are made of: pages never exist as a tree. */
#ifndef SANDBOX_TEXT_BUFFER_H
#define SANDBOX_TEXT_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty text. `bytes` is not terminated; text_buffer_terminate() makes it so. */
struct text_buffer {
	char *bytes;
	size_t length;
	size_t capacity;
};

/* Bytes that belong to somebody else; `bytes` NULL stands for null. May hold NUL bytes. */
struct text_slice {
	const char *bytes;
	size_t length;
};

void text_buffer_add(struct text_buffer *buffer, const void *bytes, size_t length);
void text_buffer_add_string(struct text_buffer *buffer, const char *string);
void text_buffer_add_char(struct text_buffer *buffer, char character);
void text_buffer_add_number(struct text_buffer *buffer, int64_t number);
void text_buffer_format(struct text_buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
const char *text_buffer_terminate(struct text_buffer *buffer);
void text_buffer_free(struct text_buffer *buffer);

/* "..." with JSON escapes (raw UTF-8 stays raw, NUL becomes \u0000); `null` for a NULL slice or string. */
void text_buffer_add_json(struct text_buffer *buffer, struct text_slice text);
void text_buffer_add_json_string(struct text_buffer *buffer, const char *string);

struct text_slice text_slice_of(const char *string);

/* Dates from milliseconds since 1970, always UTC; `out` takes at least 32 bytes. */
void text_format_date(char *out, int64_t milliseconds);            /* 2026-11-20 */
void text_format_salesforce_time(char *out, int64_t milliseconds); /* 2026-11-20T10:01:07.000+0000 */
void text_format_iso_time(char *out, int64_t milliseconds);        /* 2026-11-20T10:01:07.123Z */
/*
 * Reads 2026-11-20, or with T or a blank 10:01:07, .123 and Z, +01:00 or +0100 if they are there.
 * Without a zone it is UTC. False when it is none of these, or when bytes are left over.
 */
bool text_parse_time(const char *text, size_t length, int64_t *milliseconds);

#endif
