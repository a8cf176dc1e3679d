#include "connectors/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"

void buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){ .limit = limit };
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){ .limit = buffer->limit };
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->overflown = false;
	if (buffer->bytes != NULL)
		buffer->bytes[0] = '\0';
}

static bool make_room(struct buffer *buffer, size_t length)
{
	if (buffer->overflown || length > buffer->limit - buffer->length) {
		buffer->overflown = true;
		return false;
	}
	size_t wanted = buffer->length + length + 1;
	if (wanted <= buffer->size)
		return true;
	size_t size = buffer->size == 0 ? 256 : buffer->size;
	while (size < wanted)
		size *= 2;
	buffer->bytes = memory_resize(buffer->bytes, size);
	buffer->size = size;
	return true;
}

char *buffer_reserve(struct buffer *buffer, size_t length)
{
	return make_room(buffer, length) ? buffer->bytes + buffer->length : NULL;
}

bool buffer_append(struct buffer *buffer, const char *bytes, size_t length)
{
	if (!make_room(buffer, length))
		return false;
	if (length > 0)
		memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
	buffer->bytes[buffer->length] = '\0';
	return true;
}

bool buffer_append_text(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

bool buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || !make_room(buffer, (size_t)length))
		return false;
	va_start(arguments, format);
	(void)vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer->length += (size_t)length;
	return true;
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->bytes == NULL ? "" : buffer->bytes;
}

bool buffer_append_encoded(struct buffer *buffer, const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text != '\0'; text++) {
		bool done = strchr(unreserved, *text) != NULL
				    ? buffer_append(buffer, text, 1)
				    : buffer_printf(buffer, "%%%02X", (unsigned)(unsigned char)*text);
		if (!done)
			return false;
	}
	return true;
}

bool buffer_append_json(struct buffer *buffer, const json_t *value)
{
	char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);
	bool good = text != NULL && buffer_append_text(buffer, text);

	free(text);
	return good;
}

void buffer_wipe(struct buffer *buffer)
{
	if (buffer->bytes != NULL)
		explicit_bzero(buffer->bytes, buffer->size);
	buffer_free(buffer);
}
