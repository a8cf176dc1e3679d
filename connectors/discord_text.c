/* Discord's way to write texts: Markdown, whose signs a backslash makes harmless. */
#include <inttypes.h>
#include <string.h>

#include "connectors/discord.h"
#include "connectors/utf8.h"

/* '/' and '@' too: they make an address a link, a name a mention. */
static const char special[] = "\\*_~`|<>#[]/@";

/* Appends the character escaped; returns how many code points that takes. */
static size_t escape(struct buffer *out, unsigned character)
{
	bool is_special = character < 0x80 && character != 0 && strchr(special, (int)character) != NULL;

	if (is_special)
		(void)buffer_append_text(out, "\\");
	text_append(out, character);
	return is_special ? 2 : 1;
}

/* The length in bytes of what must stay together: a time, a backslash with what it is for, or one
 * character. */
static size_t unit_length(const char *text, size_t length)
{
	size_t taken = text_tag_length(text, length), next;

	if (taken > 0)
		return taken;
	(void)utf8_next(text, length, &taken);
	if (text[0] != '\\' || taken == length)
		return taken;
	(void)utf8_next(text + taken, length - taken, &next);
	return taken + next;
}

static void date(struct buffer *out, int64_t ms)
{
	(void)buffer_printf(out, "<t:%" PRId64 ":f>", ms / 1000);
}

const struct text_markup discord_markup = { escape, unit_length, date };
