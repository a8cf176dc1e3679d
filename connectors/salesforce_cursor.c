#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/salesforce_internal.h"

/* A cursor of another version is of no use. */
enum { CURSOR_VERSION = 2, CURSOR_LIMIT = 4096 };

static const struct salesforce_cursor beginning = {
	.fresh_ms = INT64_MIN, .proven_ms = INT64_MIN, .hi_ms = INT64_MIN, .last = { .at_ms = INT64_MIN }
};

bool salesforce_is_id(const char *id, size_t length)
{
	if (length == 0 || length >= SALESFORCE_ID_SIZE)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)id[i]))
			return false;
	return true;
}

bool salesforce_is_locator(const char *locator, size_t length)
{
	if (length >= SALESFORCE_LOCATOR_SIZE)
		return false;
	for (size_t i = 0; i < length; i++)
		if (locator[i] <= 0x20 || locator[i] >= 0x7f || locator[i] == '"' || locator[i] == '\\')
			return false;
	return true;
}

/* False when it is there and is no instant. */
static bool take_instant(const json_t *json, const char *key, int64_t *ret_ms)
{
	const json_t *value = json_object_get(json, key);

	*ret_ms = INT64_MIN;
	return value == NULL || (json_is_string(value) &&
					instant_parse(json_string_value(value), json_string_length(value), ret_ms));
}

static bool take_id(const json_t *json, const char *key, char out[static SALESFORCE_ID_SIZE])
{
	const json_t *value = json_object_get(json, key);

	if (value == NULL)
		return true;
	if (!json_is_string(value) || !salesforce_is_id(json_string_value(value), json_string_length(value)))
		return false;
	memcpy(out, json_string_value(value), json_string_length(value));
	return true;
}

static bool take_count(const json_t *json, const char *key, int64_t *ret_count)
{
	const json_t *value = json_object_get(json, key);

	*ret_count = json_integer_value(value);
	return value == NULL || (json_is_integer(value) && *ret_count >= 0);
}

static bool take_locator(const json_t *json, struct salesforce_cursor *cursor)
{
	const json_t *value = json_object_get(json, "locator");

	if (value == NULL)
		return true;
	if (!json_is_string(value) || !salesforce_is_locator(json_string_value(value), json_string_length(value)))
		return false;
	memcpy(cursor->locator, json_string_value(value), json_string_length(value));
	return true;
}

static bool parse_all(const json_t *json, struct salesforce_cursor *cursor)
{
	return take_count(json, "rows", &cursor->rows) && take_id(json, "job", cursor->job) &&
	       take_locator(json, cursor) && take_count(json, "job_rows", &cursor->job_rows) &&
	       take_count(json, "jobs", &cursor->jobs) && cursor->job_rows <= cursor->rows &&
	       cursor->hi_ms != INT64_MIN && (cursor->last.id[0] != '\0' || cursor->job[0] != '\0') &&
	       cursor->last.at_ms == INT64_MIN;
}

static bool parse_changes(const struct salesforce_cursor *cursor)
{
	if (cursor->fresh_ms == INT64_MIN || cursor->proven_ms == INT64_MIN || cursor->proven_ms > cursor->fresh_ms)
		return false;
	return cursor->hi_ms == INT64_MIN ? cursor->last.at_ms == INT64_MIN && cursor->last.id[0] == '\0'
					  : cursor->last.at_ms != INT64_MIN;
}

static bool cursor_parse(
	const json_t *json, const char *fingerprint, enum read_mode mode, struct salesforce_cursor *cursor)
{
	const char *mapping = json_string_value(json_object_get(json, "mapping"));

	if (json_integer_value(json_object_get(json, "v")) != CURSOR_VERSION || mapping == NULL ||
		strcmp(mapping, fingerprint) != 0)
		return false;
	cursor->all = json_is_true(json_object_get(json, "all"));
	cursor->proving = json_is_true(json_object_get(json, "proving"));
	if (cursor->all != (mode == READ_ALL) || !take_instant(json, "fresh", &cursor->fresh_ms) ||
		!take_instant(json, "proven", &cursor->proven_ms) || !take_instant(json, "hi", &cursor->hi_ms) ||
		!take_instant(json, "at", &cursor->last.at_ms) || !take_id(json, "id", cursor->last.id))
		return false;
	return cursor->all ? parse_all(json, cursor) : parse_changes(cursor);
}

bool salesforce_cursor_read(
	const char *text, const char *fingerprint, enum read_mode mode, struct salesforce_cursor *ret_cursor)
{
	*ret_cursor = beginning;
	ret_cursor->all = mode == READ_ALL;
	if (text == NULL)
		return false;
	json_auto_t *json = json_loads(text, 0, NULL);
	if (cursor_parse(json, fingerprint, mode, ret_cursor))
		return true;
	*ret_cursor = beginning;
	ret_cursor->all = mode == READ_ALL;
	return false;
}

static void append_instant(struct buffer *text, const char *key, int64_t ms)
{
	char instant[INSTANT_TEXT_SIZE];

	if (ms == INT64_MIN)
		return;
	instant_format(ms, instant);
	(void)buffer_printf(text, "\"%s\":\"%s\",", key, instant);
}

static void append_text(struct buffer *text, const char *key, const char *value)
{
	if (value[0] != '\0')
		(void)buffer_printf(text, "\"%s\":\"%s\",", key, value);
}

static void append_count(struct buffer *text, const char *key, int64_t count)
{
	if (count > 0)
		(void)buffer_printf(text, "\"%s\":%lld,", key, (long long)count);
}

void salesforce_cursor_write(const struct salesforce_cursor *cursor, const char *fingerprint, struct buffer *text)
{
	bool in_run = cursor->hi_ms != INT64_MIN;

	buffer_clear(text);
	text->limit = CURSOR_LIMIT;
	if (cursor->all ? !in_run || (cursor->last.id[0] == '\0' && cursor->job[0] == '\0')
			: cursor->fresh_ms == INT64_MIN)
		return;
	(void)buffer_printf(text, "{\"v\":%d,%s", CURSOR_VERSION, cursor->all ? "\"all\":true," : "");
	append_instant(text, "fresh", cursor->fresh_ms);
	append_instant(text, "proven", cursor->proven_ms);
	if (in_run) {
		append_instant(text, "hi", cursor->hi_ms);
		(void)buffer_append_text(text, cursor->proving ? "\"proving\":true," : "");
		append_instant(text, "at", cursor->last.at_ms);
		append_text(text, "id", cursor->last.id);
	}
	if (cursor->all) {
		append_count(text, "rows", cursor->rows);
		append_text(text, "job", cursor->job);
		append_text(text, "locator", cursor->locator);
		append_count(text, "job_rows", cursor->job_rows);
		append_count(text, "jobs", cursor->jobs);
	}
	(void)buffer_printf(text, "\"mapping\":\"%s\"}", fingerprint);
}
