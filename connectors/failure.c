#include "connectors/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Vendor text reaches these sentences; a newline in it must not look like a second log line. */
static void make_printable(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++)
		if (*at < 0x20 || *at == 0x7f)
			*at = ' ';
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
	char where[160];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(where, sizeof where, format, arguments);
	va_end(arguments);
	memcpy(old, failure->text, sizeof old);
	(void)snprintf(failure->text, sizeof failure->text, "%s: %.*s", where,
		(int)(sizeof old - sizeof where - 3), old);
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
