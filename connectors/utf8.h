/* utf8.h - checking, writing and mending UTF-8 (RFC 3629). */
#ifndef CONNECTORS_UTF8_H
#define CONNECTORS_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* No surrogates, no overlong forms, nothing past U+10FFFF. */
bool utf8_valid(const char *text, size_t length);
/* Writes one character (a valid scalar value) of up to 4 bytes; returns how many. */
size_t utf8_encode(unsigned character, char *out);
/* The next character of `text`, of which *ret_length bytes are its own; a byte that can't begin or continue one
 * counts as U+FFFD of length 1. `length` must be over 0. */
unsigned utf8_next(const char *text, size_t length, size_t *ret_length);
/* Takes away what a limit (snprintf's) left of the text's last character; PostgreSQL refuses half a character. */
void utf8_drop_cut(char *text);

#endif
