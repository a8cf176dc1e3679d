#include "connectors/json_record.h"

#include <string.h>
#include <strings.h>

#include "connectors/utf8.h"

enum { DEPTH_MAX = 32, PATH_MAX_BYTES = 256 };

struct reading {
	const char *at, *end;
	const struct json_wanted *wanted;
	struct arena *arena;
	struct json_value *values;
	const char *problem;
	size_t hint; /* fields come in the order they were asked for, more often than not */
	char path[PATH_MAX_BYTES];
};

static bool fail(struct reading *reading, const char *problem)
{
	reading->problem = problem;
	return false;
}

static void skip_space(struct reading *reading)
{
	while (reading->at < reading->end &&
		(*reading->at == ' ' || *reading->at == '\n' || *reading->at == '\r' || *reading->at == '\t'))
		reading->at++;
}

static bool is_digit(const struct reading *reading)
{
	return reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9';
}

static bool skip_digits(struct reading *reading)
{
	if (!is_digit(reading))
		return false;
	while (is_digit(reading))
		reading->at++;
	return true;
}

static bool skip_number(struct reading *reading)
{
	if (*reading->at == '-')
		reading->at++;
	if (reading->at < reading->end && *reading->at == '0')
		reading->at++;
	else if (!skip_digits(reading))
		return fail(reading, "holds a malformed number");
	if (reading->at < reading->end && *reading->at == '.') {
		reading->at++;
		if (!skip_digits(reading))
			return fail(reading, "holds a malformed number");
	}
	if (reading->at < reading->end && (*reading->at == 'e' || *reading->at == 'E')) {
		reading->at++;
		if (reading->at < reading->end && (*reading->at == '+' || *reading->at == '-'))
			reading->at++;
		if (!skip_digits(reading))
			return fail(reading, "holds a malformed number");
	}
	return true;
}

/* From behind the opening quote to behind the closing one. */
static bool skip_string(struct reading *reading, const char **ret_text, size_t *ret_length, bool *ret_escapes)
{
	const char *at = reading->at, *end = reading->end;

	*ret_text = at;
	*ret_escapes = false;
	for (; at < end; at++) {
		unsigned char c = (unsigned char)*at;
		if (c == '"') {
			*ret_length = (size_t)(at - *ret_text);
			reading->at = at + 1;
			return true;
		}
		if (c < 0x20)
			return fail(reading, "holds a raw control character in a string");
		if (c == '\\') {
			*ret_escapes = true;
			at += end - at > 1;
		}
	}
	return fail(reading, "ends inside of a string");
}

static bool hex4(const char *at, const char *end, unsigned *ret)
{
	unsigned value = 0;

	if (end - at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = at[i];
		unsigned digit;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			digit = (unsigned)(c - 'A') + 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

/* The character of a \u escape; *at stands behind "\u" and ends behind the escape (both halves of a pair). */
static const char *decode_unicode(const char **at, const char *end, unsigned *ret_character)
{
	unsigned high, low;

	if (!hex4(*at, end, &high))
		return "holds a malformed \\u escape";
	*at += 4;
	if (high == 0)
		return "holds a NUL character";
	if (high >= 0xDC00 && high <= 0xDFFF)
		return "holds a lone surrogate";
	if (high >= 0xD800 && high <= 0xDBFF) {
		if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u' || !hex4(*at + 2, end, &low) ||
			low < 0xDC00 || low > 0xDFFF)
			return "holds a lone surrogate";
		*at += 6;
		high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
	}
	*ret_character = high;
	return NULL;
}

/* Decodes a string's escapes into the arena; a decoded string is never longer than the written one. */
static void decode_string(
	struct reading *reading, const char *text, size_t length, bool escapes, struct json_value *value)
{
	const char *at = text, *end = text + length;

	value->type = JSON_VALUE_STRING;
	value->text = text;
	value->length = length;
	value->problem = NULL;
	if (escapes) {
		char *out = arena_take(reading->arena, length);
		size_t used = 0;
		while (at < end) {
			if (*at != '\\') {
				out[used++] = *at++;
				continue;
			}
			static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
			const char *found = strchr(from, at[1]);
			if (at[1] != '\0' && found != NULL) {
				out[used++] = to[found - from];
				at += 2;
				continue;
			}
			if (at[1] != 'u') {
				value->problem = "holds an unknown escape";
				return;
			}
			at += 2;
			unsigned character;
			value->problem = decode_unicode(&at, end, &character);
			if (value->problem != NULL)
				return;
			used += utf8_encode(character, out + used);
		}
		value->text = out;
		value->length = used;
	}
	/* There is no NUL in it: neither a raw one, which is a control character, nor an escaped one has come this far. */
	if (!utf8_valid(value->text, value->length))
		value->problem = "is not valid UTF-8";
}

static bool same_path(const struct reading *reading, const struct json_field *field, size_t length)
{
	if (field->length != length)
		return false;
	return memcmp(field->path, reading->path, length) == 0 ||
	       (reading->wanted->fold_case && strncasecmp(field->path, reading->path, length) == 0);
}

/* The wanted field at the current path, or NULL. */
static struct json_value *find_field(struct reading *reading, size_t path_length)
{
	const struct json_wanted *wanted = reading->wanted;

	if (reading->hint < wanted->count && same_path(reading, &wanted->fields[reading->hint], path_length))
		return &reading->values[reading->hint++];
	for (size_t i = 0; i < wanted->count; i++)
		if (same_path(reading, &wanted->fields[i], path_length)) {
			reading->hint = i + 1;
			return &reading->values[i];
		}
	return NULL;
}

/* "Owner": null says that Owner.Email is null. */
static void null_below(struct reading *reading, size_t path_length)
{
	for (size_t i = 0; i < reading->wanted->count; i++) {
		const struct json_field *field = &reading->wanted->fields[i];
		if (field->length <= path_length || field->path[path_length] != '.')
			continue;
		struct json_field parent = { field->path, path_length };
		struct json_value *value = &reading->values[i];
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it takes find_field's NULL for missing values */
		if (same_path(reading, &parent, path_length) && value->type == JSON_VALUE_ABSENT)
			value->type = JSON_VALUE_NULL;
	}
}

static bool literal(struct reading *reading, const char *word, size_t length)
{
	if ((size_t)(reading->end - reading->at) < length || memcmp(reading->at, word, length) != 0)
		return fail(reading, "is not valid JSON");
	reading->at += length;
	return true;
}

static bool read_value(struct reading *reading, size_t path_length, unsigned depth);

static bool read_array(struct reading *reading, unsigned depth)
{
	reading->at++;
	skip_space(reading);
	if (reading->at < reading->end && *reading->at == ']') {
		reading->at++;
		return true;
	}
	for (;;) {
		/* What stands in an array has no path: PATH_MAX_BYTES matches no field. */
		if (!read_value(reading, PATH_MAX_BYTES, depth + 1))
			return false;
		skip_space(reading);
		if (reading->at >= reading->end || (*reading->at != ',' && *reading->at != ']'))
			return fail(reading, "is not valid JSON");
		if (*reading->at++ == ']')
			return true;
	}
}

/* Reads a key and puts it behind the parent's path; returns the new path's length through ret_length. */
static bool read_key(struct reading *reading, size_t parent, size_t *ret_length)
{
	const char *text;
	size_t length;
	bool escapes;

	if (reading->at >= reading->end || *reading->at != '"')
		return fail(reading, "is not valid JSON");
	reading->at++;
	if (!skip_string(reading, &text, &length, &escapes))
		return false;
	size_t used = parent;
	if (used > 0 && used < PATH_MAX_BYTES)
		reading->path[used++] = '.';
	/* An escaped key is none of ours: vendors' field names are plain ASCII. Nor is an empty one, whose path would be
	 * its parent's: what stands below "" must not pass for the record's own fields. */
	if (escapes || length == 0 || used + length >= PATH_MAX_BYTES) {
		*ret_length = PATH_MAX_BYTES;
		return true;
	}
	memcpy(reading->path + used, text, length);
	*ret_length = used + length;
	return true;
}

static bool read_object(struct reading *reading, size_t path_length, unsigned depth)
{
	size_t member_length;

	reading->at++;
	skip_space(reading);
	if (reading->at < reading->end && *reading->at == '}') {
		reading->at++;
		return true;
	}
	for (;;) {
		skip_space(reading);
		if (!read_key(reading, path_length, &member_length))
			return false;
		skip_space(reading);
		if (reading->at >= reading->end || *reading->at++ != ':')
			return fail(reading, "is not valid JSON");
		if (!read_value(reading, member_length, depth + 1))
			return false;
		skip_space(reading);
		if (reading->at >= reading->end || (*reading->at != ',' && *reading->at != '}'))
			return fail(reading, "is not valid JSON");
		if (*reading->at++ == '}')
			return true;
	}
}

static bool read_scalar(struct reading *reading, struct json_value *value)
{
	const char *begin = reading->at;
	const char *text;
	size_t length;
	bool escapes;

	switch (*begin) {
	case '"':
		reading->at++;
		if (!skip_string(reading, &text, &length, &escapes))
			return false;
		if (value != NULL)
			decode_string(reading, text, length, escapes, value);
		return true;
	case 't':
		if (value != NULL)
			value->type = JSON_VALUE_TRUE;
		return literal(reading, "true", 4);
	case 'f':
		if (value != NULL)
			value->type = JSON_VALUE_FALSE;
		return literal(reading, "false", 5);
	case 'n':
		if (value != NULL)
			value->type = JSON_VALUE_NULL;
		return literal(reading, "null", 4);
	default:
		if (!skip_number(reading))
			return false;
		if (value != NULL)
			*value = (struct json_value){
				.type = JSON_VALUE_NUMBER, .text = begin, .length = (size_t)(reading->at - begin)
			};
		return true;
	}
}

static bool read_value(struct reading *reading, size_t path_length, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return fail(reading, "nests too deeply");
	skip_space(reading);
	if (reading->at >= reading->end)
		return fail(reading, "is not valid JSON");
	struct json_value *value =
		path_length > 0 && path_length < PATH_MAX_BYTES ? find_field(reading, path_length) : NULL;
	if (value != NULL && value->type != JSON_VALUE_ABSENT)
		return fail(reading, "gives a field twice");
	if (*reading->at == '{' || *reading->at == '[') {
		if (value != NULL)
			value->type = JSON_VALUE_COMPOUND;
		return *reading->at == '{' ? read_object(reading, path_length, depth) : read_array(reading, depth);
	}
	if (*reading->at == 'n' && path_length > 0 && path_length < PATH_MAX_BYTES)
		null_below(reading, path_length);
	return read_scalar(reading, value);
}

size_t json_record_read(const char *bytes, size_t length, const struct json_wanted *wanted, struct arena *arena,
	struct json_value *values, const char **ret_problem)
{
	struct reading reading = {
		.at = bytes, .end = bytes + length, .wanted = wanted, .arena = arena, .values = values
	};

	for (size_t i = 0; i < wanted->count; i++)
		values[i] = (struct json_value){ .type = JSON_VALUE_ABSENT };
	bool good =
		length > 0 && *bytes == '{' ? read_value(&reading, 0, 0) : fail(&reading, "is not a JSON object");
	if (good)
		return (size_t)(reading.at - bytes);
	*ret_problem = reading.problem;
	return 0;
}
