#include "daemon/copy_text.h"

static bool append_escaped(struct buffer *buffer, const char *text, size_t length)
{
	const char *at = text, *end = text + length, *begin = text;

	for (; at < end; at++) {
		char letter;
		switch (*at) {
		case '\\':
			letter = '\\';
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
			continue;
		}
		const char escape[2] = { '\\', letter };
		if (!buffer_append(buffer, begin, (size_t)(at - begin)) || !buffer_append(buffer, escape, 2))
			return false;
		begin = at + 1;
	}
	return buffer_append(buffer, begin, (size_t)(end - begin));
}

bool copy_text_row(struct buffer *buffer, const struct value *values, size_t count)
{
	size_t before = buffer->length;
	bool good = true;

	for (size_t i = 0; good && i < count; i++) {
		if (i > 0)
			good = buffer_append(buffer, "\t", 1);
		if (good)
			good = values[i].text == NULL ? buffer_append(buffer, "\\N", 2)
						      : append_escaped(buffer, values[i].text, values[i].length);
	}
	if (good && buffer_append(buffer, "\n", 1))
		return true;
	buffer->length = before;
	buffer->overflown = false;
	if (buffer->bytes != NULL)
		buffer->bytes[before] = '\0';
	return false;
}
