#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/instant.h"
#include "connectors/memory.h"
#include "connectors/salesforce_internal.h"

/* A cursor of another version is a first load. */
enum { CURSOR_VERSION = 1, CURSOR_LIMIT = 1024, QUERY_LIMIT = 100 * 1000 };

/* ---- the cursor ---- */

bool salesforce_is_id(const char *id, size_t length)
{
	if (length == 0 || length >= SALESFORCE_ID_SIZE)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)id[i]))
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

static bool cursor_parse(const json_t *json, const char *fingerprint, struct salesforce_cursor *cursor)
{
	const char *mapping = json_string_value(json_object_get(json, "mapping"));
	const json_t *id = json_object_get(json, "id");

	if (json_integer_value(json_object_get(json, "v")) != CURSOR_VERSION || mapping == NULL ||
		strcmp(mapping, fingerprint) != 0)
		return false;
	if (!take_instant(json, "lo", &cursor->lo_ms) || !take_instant(json, "hi", &cursor->hi_ms) ||
		!take_instant(json, "at", &cursor->last.at_ms))
		return false;
	if (id == NULL)
		return cursor->last.at_ms == INT64_MIN && cursor->hi_ms == INT64_MIN;
	if (cursor->last.at_ms == INT64_MIN || cursor->hi_ms == INT64_MIN || !json_is_string(id) ||
		!salesforce_is_id(json_string_value(id), json_string_length(id)))
		return false;
	memcpy(cursor->last.id, json_string_value(id), json_string_length(id));
	return true;
}

void salesforce_cursor_read(const char *text, const char *fingerprint, struct salesforce_cursor *ret_cursor)
{
	static const struct salesforce_cursor first = { INT64_MIN, INT64_MIN, { INT64_MIN, "" } };

	*ret_cursor = first;
	if (text == NULL)
		return;
	json_auto_t *json = json_loads(text, 0, NULL);
	if (!cursor_parse(json, fingerprint, ret_cursor))
		*ret_cursor = first;
}

static void append_instant(struct buffer *text, const char *key, int64_t ms)
{
	char instant[INSTANT_TEXT_SIZE];

	if (ms == INT64_MIN)
		return;
	instant_format(ms, instant);
	(void)buffer_printf(text, "\"%s\":\"%s\",", key, instant);
}

void salesforce_cursor_write(const struct salesforce_cursor *cursor, const char *fingerprint, struct buffer *text)
{
	bool in_run = cursor->last.id[0] != '\0';

	buffer_clear(text);
	text->limit = CURSOR_LIMIT;
	if (cursor->lo_ms == INT64_MIN && !in_run)
		return;
	(void)buffer_printf(text, "{\"v\":%d,", CURSOR_VERSION);
	append_instant(text, "lo", cursor->lo_ms);
	if (in_run) {
		append_instant(text, "hi", cursor->hi_ms);
		append_instant(text, "at", cursor->last.at_ms);
		(void)buffer_printf(text, "\"id\":\"%s\",", cursor->last.id);
	}
	(void)buffer_printf(text, "\"mapping\":\"%s\"}", fingerprint);
}

/* ---- the query ---- */

bool salesforce_has_deleted(const struct salesforce_subject *subject)
{
	return strcasecmp(subject->object, "User") != 0;
}

/* Appends "Id,SystemModstamp,IsDeleted,Name,...": each name once whatever its case, for SOQL refuses a field
 * that is selected twice. */
static void append_fields(struct buffer *query, const struct salesforce_subject *subject)
{
	const struct mapping_entity *mapping = subject->mapping;
	const char **names = memory_allocate((mapping->count + 3) * sizeof *names);
	size_t count = 0;

	names[count++] = "Id";
	names[count++] = "SystemModstamp";
	if (salesforce_has_deleted(subject))
		names[count++] = "IsDeleted";
	for (size_t i = 0; i < mapping->count; i++) {
		bool known = false;
		for (size_t j = 0; j < count && !known; j++)
			known = strcasecmp(names[j], mapping->fields[i].remote) == 0;
		if (!known)
			names[count++] = mapping->fields[i].remote;
	}
	for (size_t i = 0; i < count; i++) {
		(void)buffer_append_text(query, i == 0 ? "" : ",");
		(void)buffer_append_text(query, names[i]);
	}
	free(names);
}

/* Stamps have a resolution of one second (salesforce.md 2.2), and a literal without a fraction is shorter. */
static void append_literal(struct buffer *query, int64_t ms)
{
	char text[INSTANT_TEXT_SIZE];

	instant_format(ms, text);
	if (ms % 1000 == 0)
		(void)buffer_printf(query, "%.19sZ", text);
	else
		(void)buffer_append_text(query, text);
}

/* Read to the present, without an upper bound: a change is seen at once. What keeps late commits from being
 * lost is that only a time in the past is ever committed, and that the overlap before it is read again (3.2).
 */
static void append_where(
	struct buffer *query, const struct salesforce_settings *settings, const struct salesforce_cursor *cursor)
{
	if (cursor->last.id[0] != '\0') {
		(void)buffer_append_text(query, " WHERE (SystemModstamp = ");
		append_literal(query, cursor->last.at_ms);
		(void)buffer_printf(query, " AND Id > '%s') OR SystemModstamp > ", cursor->last.id);
		append_literal(query, cursor->last.at_ms);
		return;
	}
	if (cursor->lo_ms == INT64_MIN)
		return;
	/* Audit fields begin in 1970 (2.4). */
	int64_t from_ms = cursor->lo_ms - settings->overlap_s * 1000;
	from_ms = from_ms < 0 ? 0 : from_ms - from_ms % 1000;
	(void)buffer_append_text(query, " WHERE SystemModstamp >= ");
	append_literal(query, from_ms);
}

void salesforce_query_append(struct buffer *url, const struct salesforce_settings *settings,
	const struct salesforce_subject *subject, const struct salesforce_cursor *cursor)
{
	struct buffer query;

	buffer_init(&query, QUERY_LIMIT);
	(void)buffer_append_text(&query, "SELECT ");
	append_fields(&query, subject);
	(void)buffer_printf(&query, " FROM %s", subject->object);
	append_where(&query, settings, cursor);
	(void)buffer_append_text(&query, " ORDER BY SystemModstamp, Id");
	/* queryAll: those in the recycle bin too. */
	(void)buffer_printf(url, "/services/data/%s/%s?q=", settings->api_version,
		salesforce_has_deleted(subject) ? "queryAll" : "query");
	(void)buffer_append_encoded(url, buffer_text(&query));
	url->overflown = url->overflown || query.overflown;
	buffer_free(&query);
}
