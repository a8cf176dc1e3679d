#include "connectors/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "connectors/utf8.h"

enum { WHERE_SIZE = 160 };

/* Vendor text reaches these sentences: a newline in it must not look like a second log line, and PostgreSQL, which
 * keeps them, takes valid UTF-8 only. */
static void make_printable(char *text)
{
	size_t taken;

	utf8_drop_cut(text);
	for (size_t left = strlen(text); left > 0; left -= taken, text += taken) {
		unsigned char byte = (unsigned char)*text;
		(void)utf8_next(text, left, &taken);
		if (byte < 0x20 || byte == 0x7f)
			*text = ' ';
		else if (byte >= 0x80 && taken == 1)
			*text = '?';
	}
}

void failure_set(struct failure *failure, enum failure_kind kind, const char *format, ...)
{
	va_list arguments;

	*failure = (struct failure){ .kind = kind };
	va_start(arguments, format);
	(void)vsnprintf(failure->text, sizeof failure->text, format, arguments);
	va_end(arguments);
	make_printable(failure->text);
}

void failure_prefix(struct failure *failure, const char *format, ...)
{
	char old[sizeof failure->text];
	va_list arguments;

	memcpy(old, failure->text, sizeof old);
	va_start(arguments, format);
	(void)vsnprintf(failure->text, WHERE_SIZE, format, arguments);
	va_end(arguments);
	utf8_drop_cut(failure->text);
	size_t used = strlen(failure->text);
	(void)snprintf(failure->text + used, sizeof failure->text - used, ": %s", old);
	make_printable(failure->text);
}

const char *failure_kind_name(enum failure_kind kind)
{
	switch (kind) {
	case FAILURE_NONE:
		return "none";
	case FAILURE_TRANSIENT:
		return "transient";
	case FAILURE_THROTTLED:
		return "throttled";
	case FAILURE_EXPIRED:
		return "expired";
	case FAILURE_CREDENTIALS:
		return "credentials";
	case FAILURE_PERMANENT:
		return "permanent";
	case FAILURE_DESTINATION:
		return "destination";
	case FAILURE_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}
