#include "connectors/slack_text.h"

#include <inttypes.h>
#include <string.h>

#include "connectors/utf8.h"

enum { MODIFIER_APOSTROPHE = 0x02BC };

/* Appends the character escaped; returns how many code points that takes. */
static size_t escape(struct buffer *out, unsigned character)
{
	switch (character) {
	case '&':
		(void)buffer_append_text(out, "&amp;");
		return 5;
	case '<':
		(void)buffer_append_text(out, "&lt;");
		return 4;
	case '>':
		(void)buffer_append_text(out, "&gt;");
		return 4;
	case '`':
		text_append(out, MODIFIER_APOSTROPHE);
		return 1;
	default:
		text_append(out, character);
		return 1;
	}
}

/* The length in bytes of what must stay together: a time, an entity or one character. */
static size_t unit_length(const char *text, size_t length)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;" };
	size_t taken = text_tag_length(text, length);

	if (taken > 0)
		return taken;
	for (size_t i = 0; i < 3; i++)
		if (strlen(entities[i]) <= length && memcmp(text, entities[i], strlen(entities[i])) == 0)
			return strlen(entities[i]);
	(void)utf8_next(text, length, &taken);
	return taken;
}

static void date(struct buffer *out, int64_t ms)
{
	/* The markup takes whole seconds after 1970 only (Slack, Formatting message text). */
	if (ms < 1000) {
		text_time(out, ms);
		return;
	}
	(void)buffer_printf(out, "<!date^%" PRId64 "^{date_short_pretty} {time}|", ms / 1000);
	text_time(out, ms);
	(void)buffer_append_text(out, ">");
}

const struct text_markup slack_markup = { escape, unit_length, date };
