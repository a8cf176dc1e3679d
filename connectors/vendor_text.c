#include "connectors/vendor_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "connectors/utf8.h"

/* Behind the tag that begins at `at`, or `at` when none does ("3 < 4" stays). */
static const char *skip_tag(const char *at, const char *end)
{
	if (*at != '<' || end - at < 2 || !(isalpha((unsigned char)at[1]) || at[1] == '/' || at[1] == '!'))
		return at;
	const char *close = memchr(at, '>', (size_t)(end - at));
	return close == NULL ? end : close + 1;
}

/* Behind what nobody may be told, or `at`. */
static const char *skip_secret(const char *at, const char *end, const struct secret *const *hidden, size_t count)
{
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		if (hidden[i] == NULL || strlen(secret_reveal(hidden[i])) < SECRET_LEAST)
			continue;
		size_t shown = secret_shown(secret_reveal(hidden[i]), at, (size_t)(end - at));
		most = shown > most ? shown : most;
	}
	return at + most;
}

/* C0 and C1 controls, blanks, and the line separators: all of them could forge a line of a log. */
static bool is_blank(unsigned character)
{
	return character <= 0x20 || (character >= 0x7f && character <= 0xa0) || character == 0x2028 ||
	       character == 0x2029;
}

/* What the next bytes are shown as, at most 4 of them; 0: as a blank. Moves `at` behind them. */
static size_t show_next(
	const char **at, const char *end, const struct secret *const *hidden, size_t count, char shown[static 4])
{
	const char *behind = skip_secret(*at, end, hidden, count);

	if (behind != *at) {
		*at = behind;
		memset(shown, '*', 3);
		return 3;
	}
	behind = skip_tag(*at, end);
	if (behind != *at) {
		*at = behind;
		return 0;
	}
	size_t taken;
	unsigned character = utf8_next(*at, (size_t)(end - *at), &taken);
	*at += taken;
	return is_blank(character) ? 0 : utf8_encode(character, shown);
}

void vendor_text_copy(
	const char *text, size_t length, const struct secret *const *hidden, size_t count, char *out, size_t size)
{
	const char *at = text, *end = text + length;
	size_t used = 0;
	bool gap = false;

	while (at < end) {
		char shown[4];
		size_t added = show_next(&at, end, hidden, count, shown);
		if (added == 0) {
			gap = used > 0;
			continue;
		}
		if (used + gap + added >= size)
			break;
		if (gap)
			out[used++] = ' ';
		memcpy(out + used, shown, added);
		used += added;
		gap = false;
	}
	out[used] = '\0';
}
