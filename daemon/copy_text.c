#include "daemon/copy_text.h"

/* `out` has room for twice the length; returns where it ends. */
static char *write_escaped(char *out, const char *text, size_t length)
{
	for (const char *at = text; at < text + length; at++) {
		char letter = *at;
		switch (*at) {
		case '\\':
			break;
		case '\t':
			letter = 't';
			break;
		case '\n':
			letter = 'n';
			break;
		case '\r':
			letter = 'r';
			break;
		default:
			*out++ = letter;
			continue;
		}
		*out++ = '\\';
		*out++ = letter;
	}
	return out;
}

bool copy_text_row(struct buffer *buffer, const struct value *values, size_t count)
{
	size_t most = 0;

	for (size_t i = 0; i < count; i++)
		most += values[i].text == NULL ? 3 : 2 * values[i].length + 1;
	char *begin = buffer_reserve(buffer, most), *out = begin;
	if (out == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (values[i].text == NULL) {
			*out++ = '\\';
			*out++ = 'N';
		} else {
			out = write_escaped(out, values[i].text, values[i].length);
		}
		*out++ = i + 1 < count ? '\t' : '\n';
	}
	buffer->length += (size_t)(out - begin);
	*out = '\0';
	return true;
}
