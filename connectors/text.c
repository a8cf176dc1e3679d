#include "connectors/text.h"

#include <inttypes.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/utf8.h"

enum { ELLIPSIS = 0x2026, EN_DASH = 0x2013 };

/* What has no width, or turns the direction of what follows: names could be made to look like others. */
static bool is_dropped(unsigned c)
{
	return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) ||
	       c == 0xFEFF || c == 0x061C || c == 0x180E || (c >= 0xE0000 && c <= 0xE007F);
}

/* A line break in a value could begin a line that looks like ours. */
static bool is_blank(unsigned c)
{
	return c <= 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

void text_append(struct buffer *out, unsigned character)
{
	char bytes[4];

	(void)buffer_append(out, bytes, utf8_encode(character, bytes));
}

void text_truncate(struct buffer *out, size_t length)
{
	out->length = length;
	if (out->bytes != NULL)
		out->bytes[length] = '\0';
}

void text_value(
	struct buffer *out, const char *bytes, size_t length, size_t budget, const struct text_markup *markup)
{
	size_t used = 0, begin = out->length;
	size_t room = begin; /* where the text can end and still have an ellipsis after it */
	bool blank = false;

	while (length > 0) {
		size_t taken;
		unsigned character = utf8_next(bytes, length, &taken);
		bytes += taken;
		length -= taken;
		if (is_dropped(character))
			continue;
		if (is_blank(character)) {
			blank = used > 0;
			continue;
		}
		if (blank)
			used += markup->escape(out, ' ');
		blank = false;
		used += markup->escape(out, character);
		if (used > budget) {
			text_truncate(out, room);
			text_append(out, ELLIPSIS);
			return;
		}
		if (used <= budget - 1)
			room = out->length;
	}
	if (used == 0)
		text_append(out, EN_DASH);
}

bool text_has_content(const char *bytes, size_t length)
{
	while (length > 0) {
		size_t taken;
		unsigned character = utf8_next(bytes, length, &taken);
		if (!is_dropped(character) && !is_blank(character))
			return true;
		bytes += taken;
		length -= taken;
	}
	return false;
}

size_t text_count(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

size_t text_tag_length(const char *text, size_t length)
{
	const char *end = text[0] == '<' ? memchr(text, '>', length) : NULL;

	return end == NULL ? 0 : (size_t)(end - text) + 1;
}

void text_cut(struct buffer *text, size_t budget, const struct text_markup *markup)
{
	size_t at = 0, used = 0;

	if (text_count(buffer_text(text), text->length) <= budget)
		return;
	for (;;) {
		size_t length = markup->unit(text->bytes + at, text->length - at);
		size_t points = text_count(text->bytes + at, length);
		if (used + points > budget - 1)
			break;
		used += points;
		at += length;
	}
	text_truncate(text, at);
	text_append(text, ELLIPSIS);
}

void text_time(struct buffer *out, int64_t ms)
{
	char iso[INSTANT_TEXT_SIZE];

	instant_format(ms, iso);
	(void)buffer_printf(out, "%.10s %.5s UTC", iso, iso + 11);
}

void text_duration(struct buffer *out, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	(void)buffer_printf(out, "%" PRId64 " %s", seconds / units[i].seconds, units[i].name);
	/* Two units say enough; seconds only where there is nothing else. */
	if (i < 2 && seconds % units[i].seconds / units[i + 1].seconds > 0)
		(void)buffer_printf(out, " %" PRId64 " %s", seconds % units[i].seconds / units[i + 1].seconds,
			units[i + 1].name);
}

static size_t escape_plain(struct buffer *out, unsigned character)
{
	text_append(out, character);
	return 1;
}

static size_t unit_plain(const char *text, size_t length)
{
	size_t taken;

	(void)utf8_next(text, length, &taken);
	return taken;
}

const struct text_markup text_plain = { escape_plain, unit_plain, text_time };
