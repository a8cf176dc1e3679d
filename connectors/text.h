/* text.h - makes other people's text safe to stand in a message: filtered, escaped for the destination, cut. */
#ifndef CONNECTORS_TEXT_H
#define CONNECTORS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectors/buffer.h"

/* What is special to a destination's texts. */
struct text_markup {
	/* Appends the character so that it is only itself; returns how many code points that takes. */
	size_t (*escape)(struct buffer *out, unsigned character);
	/* The length in bytes of what must stay together at the begin of a text that isn't empty: an entity, or one
	 * character. */
	size_t (*unit)(const char *text, size_t length);
	/* Appends an instant as each reader sees it in a time zone of one's own. */
	void (*date)(struct buffer *out, int64_t ms);
};

/* Appends a value from outside as one line: escaped, controls, line breaks and runs of blanks folded to one blank,
 * invisible and direction marks dropped, invalid UTF-8 mended. At most `budget` (over 1) code points are appended,
 * counted after escaping; what is longer ends with U+2026, and nothing escaped is cut. Nothing left gives an en dash:
 * destinations refuse empty texts. */
void text_value(
	struct buffer *out, const char *bytes, size_t length, size_t budget, const struct text_markup *markup);
/* Whether something would be left of the value. */
bool text_has_content(const char *bytes, size_t length);
/* The length of a tag "<…>" at the beginning of escaped text, in which '<' is never of a value; 0: there is none. */
size_t text_tag_length(const char *text, size_t length);
/* Cuts text that is already escaped to `budget` code points, as above. */
void text_cut(struct buffer *text, size_t budget, const struct text_markup *markup);
/* Appends one character. */
void text_append(struct buffer *out, unsigned character);
/* Takes back what stands behind `length`. */
void text_truncate(struct buffer *out, size_t length);
/* Code points of valid UTF-8. */
size_t text_count(const char *text, size_t length);
/* "2026-11-20 10:01 UTC". `ms` must be an instant that exists. */
void text_time(struct buffer *out, int64_t ms);
/* "1 h 20 min"; `seconds` must not be negative. */
void text_duration(struct buffer *out, int64_t seconds);

/* Nothing is special: for the log and for the notification table. */
extern const struct text_markup text_plain;

#endif
