/* slack_text.h - makes other people's text safe to stand in a Slack message: filter, escape, cut. */
#ifndef CONNECTORS_SLACK_TEXT_H
#define CONNECTORS_SLACK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connectors/buffer.h"

/* Appends a value from outside as one line of mrkdwn text (slack.md 6.4): '&', '<' and '>' escaped, controls,
 * line breaks and runs of blanks folded to one blank, invisible and direction marks dropped, '`' replaced,
 * invalid UTF-8 mended. At most `budget` (over 1) code points are appended, counted after escaping; what is
 * longer ends with U+2026, and no entity is cut. Nothing left gives an en dash: Slack refuses empty texts. */
void slack_text_value(struct buffer *out, const char *bytes, size_t length, size_t budget);
/* Whether something would be left of the value. */
bool slack_text_has_content(const char *bytes, size_t length);
/* Cuts text that is already escaped to `budget` code points, as above. */
void slack_text_cut(struct buffer *text, size_t budget);
/* Code points of valid UTF-8. */
size_t slack_text_count(const char *text, size_t length);
/* Appends escaped text as a person would read it: without the entities. */
void slack_text_unescape(struct buffer *out, const char *escaped);

/* "2026-11-20 10:01 UTC". `ms` must be an instant that exists. */
void slack_text_time(struct buffer *out, int64_t ms);
/* The same as Slack's date markup, which each reader sees in the time zone of the device: for blocks only. */
void slack_text_date(struct buffer *out, int64_t ms);
/* "1 h 20 min"; `seconds` must not be negative. */
void slack_text_duration(struct buffer *out, int64_t seconds);

#endif
