#include "tests/sandbox/text_buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void buffer_make_room(struct text_buffer *buffer, size_t length)
{
	if (buffer->capacity - buffer->length >= length)
		return;
	size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
	while (capacity - buffer->length < length)
		capacity *= 2;
	char *bytes = realloc(buffer->bytes, capacity);
	if (!bytes) {
		fputs("sandbox: out of memory\n", stderr);
		abort();
	}
	buffer->bytes = bytes;
	buffer->capacity = capacity;
}

void text_buffer_add(struct text_buffer *buffer, const void *bytes, size_t length)
{
	if (!length)
		return;
	buffer_make_room(buffer, length);
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
}

void text_buffer_add_string(struct text_buffer *buffer, const char *string)
{
	text_buffer_add(buffer, string, strlen(string));
}

void text_buffer_add_char(struct text_buffer *buffer, char character)
{
	buffer_make_room(buffer, 1);
	buffer->bytes[buffer->length++] = character;
}

void text_buffer_add_number(struct text_buffer *buffer, int64_t number)
{
	char digits[24];
	char *end = digits + sizeof(digits);
	char *at = end;
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		*--at = '-';
	text_buffer_add(buffer, at, (size_t)(end - at));
}

void text_buffer_format(struct text_buffer *buffer, const char *format, ...)
{
	va_list arguments;
	va_list again;

	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length > 0) {
		buffer_make_room(buffer, (size_t)length + 1);
		vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	}
	va_end(again);
}

const char *text_buffer_terminate(struct text_buffer *buffer)
{
	buffer_make_room(buffer, 1);
	buffer->bytes[buffer->length] = '\0';
	return buffer->bytes;
}

void text_buffer_free(struct text_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct text_buffer){ 0 };
}

static void buffer_add_escape(struct text_buffer *buffer, unsigned char character)
{
	switch (character) {
	case '"':
		text_buffer_add(buffer, "\\\"", 2);
		return;
	case '\\':
		text_buffer_add(buffer, "\\\\", 2);
		return;
	case '\n':
		text_buffer_add(buffer, "\\n", 2);
		return;
	case '\r':
		text_buffer_add(buffer, "\\r", 2);
		return;
	case '\t':
		text_buffer_add(buffer, "\\t", 2);
		return;
	default:
		text_buffer_format(buffer, "\\u%04x", character);
	}
}

void text_buffer_add_json(struct text_buffer *buffer, struct text_slice text)
{
	if (!text.bytes) {
		text_buffer_add(buffer, "null", 4);
		return;
	}
	size_t clean_from = 0;

	text_buffer_add_char(buffer, '"');
	for (size_t at = 0; at < text.length; at++) {
		unsigned char character = (unsigned char)text.bytes[at];

		if (character >= 0x20 && character != '"' && character != '\\')
			continue;
		text_buffer_add(buffer, text.bytes + clean_from, at - clean_from);
		buffer_add_escape(buffer, character);
		clean_from = at + 1;
	}
	text_buffer_add(buffer, text.bytes + clean_from, text.length - clean_from);
	text_buffer_add_char(buffer, '"');
}

struct text_slice text_slice_of(const char *string)
{
	return (struct text_slice){ .bytes = string, .length = string ? strlen(string) : 0 };
}

void text_buffer_add_json_string(struct text_buffer *buffer, const char *string)
{
	text_buffer_add_json(buffer, text_slice_of(string));
}

struct calendar {
	int year;
	unsigned month;
	unsigned day;
	unsigned hour;
	unsigned minute;
	unsigned second;
	unsigned millisecond;
};

/* Days to civil date by the era method: gmtime is too slow for millions of records. */
static struct calendar calendar_of(int64_t milliseconds)
{
	int64_t days = milliseconds / 86400000;
	int64_t rest = milliseconds % 86400000;

	if (rest < 0) {
		rest += 86400000;
		days--;
	}
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	unsigned day_of_era = (unsigned)(days - era * 146097);
	unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned shifted_month = (5 * day_of_year + 2) / 153;
	unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;

	return (struct calendar){
		.year = (int)((int64_t)year_of_era + era * 400) + (month <= 2),
		.month = month,
		.day = day_of_year - (153 * shifted_month + 2) / 5 + 1,
		.hour = (unsigned)(rest / 3600000),
		.minute = (unsigned)(rest / 60000 % 60),
		.second = (unsigned)(rest / 1000 % 60),
		.millisecond = (unsigned)(rest % 1000),
	};
}

static char *digits_put(char *out, unsigned number, int width)
{
	for (int at = width - 1; at >= 0; at--) {
		out[at] = (char)('0' + number % 10);
		number /= 10;
	}
	return out + width;
}

static char *date_put(char *out, const struct calendar *calendar)
{
	out = digits_put(out, (unsigned)calendar->year, 4);
	*out++ = '-';
	out = digits_put(out, calendar->month, 2);
	*out++ = '-';
	return digits_put(out, calendar->day, 2);
}

static char *time_put(char *out, const struct calendar *calendar)
{
	out = date_put(out, calendar);
	*out++ = 'T';
	out = digits_put(out, calendar->hour, 2);
	*out++ = ':';
	out = digits_put(out, calendar->minute, 2);
	*out++ = ':';
	out = digits_put(out, calendar->second, 2);
	*out++ = '.';
	return digits_put(out, calendar->millisecond, 3);
}

void text_format_date(char *out, int64_t milliseconds)
{
	struct calendar calendar = calendar_of(milliseconds);

	*date_put(out, &calendar) = '\0';
}

void text_format_salesforce_time(char *out, int64_t milliseconds)
{
	struct calendar calendar = calendar_of(milliseconds);

	calendar.millisecond = 0;
	memcpy(time_put(out, &calendar), "+0000", 6);
}

void text_format_iso_time(char *out, int64_t milliseconds)
{
	struct calendar calendar = calendar_of(milliseconds);

	memcpy(time_put(out, &calendar), "Z", 2);
}

static bool digits_take(const char **at, const char *end, int width, int *number)
{
	*number = 0;
	if (end - *at < width)
		return false;
	for (int digit = 0; digit < width; digit++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*number = *number * 10 + (**at - '0');
	}
	return true;
}

static bool char_take(const char **at, const char *end, char character)
{
	if (*at >= end || **at != character)
		return false;
	(*at)++;
	return true;
}

static bool zone_take(const char **at, const char *end, int *offset_minutes)
{
	*offset_minutes = 0;
	if (*at == end || char_take(at, end, 'Z'))
		return true;
	int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0;
	int hours, minutes;

	if (!sign)
		return false;
	(*at)++;
	if (!digits_take(at, end, 2, &hours))
		return false;
	char_take(at, end, ':');
	if (!digits_take(at, end, 2, &minutes))
		return false;
	*offset_minutes = sign * (hours * 60 + minutes);
	return true;
}

bool text_parse_time(const char *text, size_t length, int64_t *milliseconds)
{
	const char *at = text;
	const char *end = text + length;
	int year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, offset = 0;

	if (!digits_take(&at, end, 4, &year) || !char_take(&at, end, '-') || !digits_take(&at, end, 2, &month) ||
		!char_take(&at, end, '-') || !digits_take(&at, end, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	if (at < end) {
		if (!char_take(&at, end, 'T') && !char_take(&at, end, ' '))
			return false;
		if (!digits_take(&at, end, 2, &hour) || !char_take(&at, end, ':') ||
			!digits_take(&at, end, 2, &minute) || !char_take(&at, end, ':') ||
			!digits_take(&at, end, 2, &second))
			return false;
		if (char_take(&at, end, '.')) {
			int scale = 100;

			for (; at < end && *at >= '0' && *at <= '9'; at++, scale /= 10)
				fraction += (*at - '0') * scale;
		}
		if (!zone_take(&at, end, &offset) || hour > 23 || minute > 59 || second > 60)
			return false;
	}
	if (at != end)
		return false;
	struct tm calendar = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_sec = second };

	*milliseconds = ((int64_t)timegm(&calendar) - offset * 60) * 1000 + fraction;
	return true;
}
