#include "connectors/value.h"

#include <string.h>
#include <strings.h>

#include "connectors/instant.h"
#include "connectors/utf8.h"

/* PostgreSQL's numeric would take more, but nothing in a CRM is that large: it is a broken value. */
enum { NUMBER_DIGITS_MAX = 40, NUMBER_EXPONENT_MAX = 30 };

static const int64_t EPOCH_MS_LEAST = 100000000000; /* 1973-03-03: below it seconds and milliseconds look alike */

bool value_is(const struct value *value, const char *text)
{
	return value->text != NULL && strlen(text) == value->length &&
	       memcmp(text, value->text, value->length) == 0;
}

static bool number_convert(const char *text, size_t length, struct value *ret_value, const char **ret_problem)
{
	const char *at = text, *end = text + length;
	size_t digits = 0, exponent = 0;

	*ret_problem = "is not a number";
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	const char *begin = at;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		digits++;
	if (at < end && *at == '.')
		for (at++; at < end && *at >= '0' && *at <= '9'; at++)
			digits++;
	if (digits == 0 || at == begin)
		return false;
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < end && (*at == '-' || *at == '+'))
			at++;
		if (at == end)
			return false;
		for (; at < end && *at >= '0' && *at <= '9'; at++)
			exponent = exponent > NUMBER_EXPONENT_MAX ? exponent : exponent * 10 + (size_t)(*at - '0');
	}
	if (at != end)
		return false;
	if (digits > NUMBER_DIGITS_MAX || exponent > NUMBER_EXPONENT_MAX) {
		*ret_problem = "is a number out of range";
		return false;
	}
	*ret_value = (struct value){ text, length };
	return true;
}

static bool boolean_convert(const struct json_value *json, struct value *ret_value, const char **ret_problem)
{
	static const struct {
		const char *word;
		bool meaning;
	} words[] = { { "true", true }, { "false", false }, { "yes", true }, { "no", false }, { "1", true },
		{ "0", false } };

	if (json->type == JSON_VALUE_TRUE || json->type == JSON_VALUE_FALSE) {
		*ret_value = json->type == JSON_VALUE_TRUE ? (struct value){ "t", 1 } : (struct value){ "f", 1 };
		return true;
	}
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i].word) == json->length &&
			strncasecmp(words[i].word, json->text, json->length) == 0) {
			*ret_value = words[i].meaning ? (struct value){ "t", 1 } : (struct value){ "f", 1 };
			return true;
		}
	*ret_problem = "is not a boolean";
	return false;
}

/* Epoch milliseconds, written as digits only. */
static bool epoch_parse(const char *text, size_t length, int64_t *ret_ms)
{
	int64_t ms = 0;

	if (length == 0 || length > 15)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		ms = ms * 10 + (text[i] - '0');
	}
	if (ms < EPOCH_MS_LEAST || !instant_exists(ms))
		return false;
	*ret_ms = ms;
	return true;
}

static bool time_convert(const struct json_value *json, bool is_date, struct arena *arena, struct value *ret_value,
	const char **ret_problem)
{
	int64_t ms;

	if (!(is_date && instant_parse_date(json->text, json->length, &ms)) &&
		!instant_parse(json->text, json->length, &ms) && !epoch_parse(json->text, json->length, &ms)) {
		*ret_problem = is_date ? "is not a date" : "is not a time with a zone";
		return false;
	}
	char *text = arena_take(arena, INSTANT_TEXT_SIZE);
	if (is_date)
		instant_format_date(ms, text);
	else
		instant_format(ms, text);
	*ret_value = (struct value){ text, strlen(text) };
	return true;
}

static bool text_convert(const struct json_value *json, struct value *ret_value, const char **ret_problem)
{
	if (json->type == JSON_VALUE_TRUE || json->type == JSON_VALUE_FALSE) {
		*ret_value =
			json->type == JSON_VALUE_TRUE ? (struct value){ "true", 4 } : (struct value){ "false", 5 };
		return true;
	}
	if (json->length > VALUE_TEXT_LIMIT) {
		*ret_problem = "is longer than 65,536 bytes";
		return false;
	}
	*ret_value = (struct value){ json->text, json->length };
	return true;
}

bool value_convert(const struct json_value *json, enum column_type type, struct arena *arena,
	struct value *ret_value, const char **ret_problem)
{
	if (json->type == JSON_VALUE_ABSENT || json->type == JSON_VALUE_NULL) {
		*ret_value = (struct value){ NULL, 0 };
		return true;
	}
	if (json->type == JSON_VALUE_COMPOUND) {
		*ret_problem = "is an object or a list, not a single value";
		return false;
	}
	if (json->type == JSON_VALUE_STRING && json->problem != NULL) {
		*ret_problem = json->problem;
		return false;
	}
	if (json->type == JSON_VALUE_STRING && json->length == 0) {
		*ret_value = (struct value){ NULL, 0 };
		return true;
	}
	bool is_word = json->type == JSON_VALUE_TRUE || json->type == JSON_VALUE_FALSE;
	switch (type) {
	case COLUMN_TEXT:
		return text_convert(json, ret_value, ret_problem);
	case COLUMN_BOOLEAN:
		return boolean_convert(json, ret_value, ret_problem);
	case COLUMN_NUMBER:
	case COLUMN_SIGNALS:
		if (!is_word)
			return number_convert(json->text, json->length, ret_value, ret_problem);
		*ret_problem = "is not a number";
		return false;
	case COLUMN_INSTANT:
	case COLUMN_DATE:
		if (!is_word)
			return time_convert(json, type == COLUMN_DATE, arena, ret_value, ret_problem);
		*ret_problem = type == COLUMN_DATE ? "is not a date" : "is not a time with a zone";
		return false;
	}
	*ret_problem = "has an unknown type";
	return false;
}

bool value_instant(const struct value *value, int64_t *ret_ms)
{
	return value->text != NULL && instant_parse(value->text, value->length, ret_ms);
}

struct value value_mend(const char *bytes, size_t length, struct arena *arena)
{
	/* U+FFFD takes three bytes. */
	char *out = arena_take(arena, length * 3 + 1);
	size_t used = 0;

	while (length > 0) {
		size_t taken;
		unsigned character = utf8_next(bytes, length, &taken);
		used += utf8_encode(character == 0 ? 0xFFFD : character, out + used);
		bytes += taken;
		length -= taken;
	}
	return (struct value){ out, used };
}
