#include "connectors/gainsight.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"

enum { CURSOR_VERSION = 2, DAY_S = 24 * 3600 };

static const char *const step_names[] = {
	[GAINSIGHT_WALK] = "walk",
	/* The walk's end is proven anew. */
	[GAINSIGHT_TOP] = "walk",
	[GAINSIGHT_PROBE] = "walk",
	[GAINSIGHT_SEARCH] = "walk",
	[GAINSIGHT_SINCE] = "since",
	[GAINSIGHT_CONFIRM] = "since", /* the same query; what it was to confirm is not kept */
	[GAINSIGHT_DRAIN] = "drain",
	[GAINSIGHT_DELETED] = "since", /* the log is read whole or not at all */
	[GAINSIGHT_DONE] = "done",
	[GAINSIGHT_DOUBTED] = "doubted",
};

/* For people who look at a cursor. */
static const char *const doubt_names[] = {
	[GAINSIGHT_SURE] = "",
	[GAINSIGHT_UNSORTED] = "not sorted as asked",
	[GAINSIGHT_FILTER] = "the filter on ModifiedDate gives other rows than asked for",
	[GAINSIGHT_GONE] = "a row that was known to be there did not come",
};

static void write_instant(json_t *object, const char *name, int64_t ms)
{
	if (ms != INT64_MIN)
		(void)json_object_set_new(object, name, json_integer(ms));
}

static void write_row(json_t *object, const char *name, const struct gainsight_row *row)
{
	if (row->gsid[0] == '\0')
		return;
	json_t *member = json_object();
	(void)json_object_set_new(member, "gsid", json_string(row->gsid));
	(void)json_object_set_new(member, "modified", json_integer(row->modified_ms));
	(void)json_object_set_new(object, name, member);
}

void gainsight_cursor_write(const struct gainsight_cursor *cursor, const char *fingerprint, struct buffer *out)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "v", json_integer(CURSOR_VERSION));
	(void)json_object_set_new(object, "mapping", json_string(fingerprint));
	(void)json_object_set_new(object, "step", json_string(step_names[cursor->step]));
	if (cursor->step >= GAINSIGHT_SINCE && cursor->step <= GAINSIGHT_DELETED)
		(void)json_object_set_new(object, "from", json_integer(cursor->from_s));
	if (cursor->gsid[0] != '\0')
		(void)json_object_set_new(object, "gsid", json_string(cursor->gsid));
	write_instant(object, "started", cursor->started_ms);
	write_instant(object, "proven", cursor->proven_ms);
	if (cursor->proves)
		(void)json_object_set_new(object, "proves", json_true());
	write_row(object, "known", &cursor->known);
	if (cursor->known_came)
		(void)json_object_set_new(object, "known_came", json_true());
	write_row(object, "newest", &cursor->newest);
	if (cursor->crowd != 0)
		(void)json_object_set_new(object, "crowd", json_integer(cursor->crowd));
	if (cursor->zone_s != 0)
		(void)json_object_set_new(object, "zone", json_integer(cursor->zone_s));
	(void)json_object_set_new(object, "most_rows", json_integer(cursor->most_rows));
	if (cursor->doubt != GAINSIGHT_SURE)
		(void)json_object_set_new(object, "note", json_string(doubt_names[cursor->doubt]));
	char *text = json_dumps(object, JSON_COMPACT);
	buffer_clear(out);
	(void)buffer_append_text(out, text == NULL ? "" : text);
	free(text);
	json_decref(object);
}

/* A step by its name; GAINSIGHT_DOUBTED also for a word that names none. */
static enum gainsight_step read_step(const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "step"));

	for (int step = GAINSIGHT_WALK; name != NULL && step < GAINSIGHT_DOUBTED; step++)
		if (strcmp(step_names[step], name) == 0)
			return (enum gainsight_step)step;
	return GAINSIGHT_DOUBTED;
}

/* An optional instant: absent is INT64_MIN; false when it is there and none. */
static bool read_instant(const json_t *object, const char *name, int64_t *ret_ms)
{
	const json_t *value = json_object_get(object, name);

	if (value != NULL && (!json_is_integer(value) || !instant_exists(json_integer_value(value))))
		return false;
	*ret_ms = value == NULL ? INT64_MIN : json_integer_value(value);
	return true;
}

/* An optional id: absent is "". */
static bool read_id(const json_t *object, char id[static GAINSIGHT_ID_SIZE])
{
	const json_t *value = json_object_get(object, "gsid");
	const char *text = json_string_value(value);

	if (value != NULL && (text == NULL || strlen(text) >= GAINSIGHT_ID_SIZE))
		return false;
	(void)snprintf(id, GAINSIGHT_ID_SIZE, "%s", text == NULL ? "" : text);
	return true;
}

static bool read_row(const json_t *object, const char *name, struct gainsight_row *row)
{
	const json_t *member = json_object_get(object, name);

	return member == NULL ||
	       (read_id(member, row->gsid) && row->gsid[0] != '\0' &&
		       read_instant(member, "modified", &row->modified_ms) && row->modified_ms != INT64_MIN);
}

static bool read_from(const json_t *object, enum gainsight_step step, int64_t *ret_from_s)
{
	const json_t *from = json_object_get(object, "from");

	if (step != GAINSIGHT_SINCE && step != GAINSIGHT_DRAIN)
		return true;
	int64_t at_s = json_integer_value(from);
	if (!json_is_integer(from) || at_s > INT64_MAX / 1000 || at_s < INT64_MIN / 1000 ||
		!instant_exists(at_s * 1000))
		return false;
	*ret_from_s = at_s;
	return true;
}

static bool read_object(
	const json_t *object, const char *fingerprint, enum read_mode mode, struct gainsight_cursor *cursor)
{
	const char *mapping = json_string_value(json_object_get(object, "mapping"));

	if (json_integer_value(json_object_get(object, "v")) != CURSOR_VERSION)
		return false;
	if (mapping == NULL || strcmp(mapping, fingerprint) != 0)
		return false;
	cursor->step = read_step(object);
	if (cursor->step == GAINSIGHT_DOUBTED || (cursor->step == GAINSIGHT_WALK) != (mode == READ_ALL))
		return false;
	if (!read_from(object, cursor->step, &cursor->from_s) || !read_id(object, cursor->gsid) ||
		!read_row(object, "known", &cursor->known) || !read_row(object, "newest", &cursor->newest))
		return false;
	if (!read_instant(object, "started", &cursor->started_ms) || cursor->started_ms == INT64_MIN ||
		!read_instant(object, "proven", &cursor->proven_ms) ||
		(cursor->proven_ms == INT64_MIN) != (mode == READ_ALL))
		return false;
	cursor->proves = json_is_true(json_object_get(object, "proves"));
	cursor->known_came = json_is_true(json_object_get(object, "known_came"));
	cursor->crowd = json_integer_value(json_object_get(object, "crowd"));
	cursor->zone_s = json_integer_value(json_object_get(object, "zone"));
	cursor->most_rows = json_integer_value(json_object_get(object, "most_rows"));
	return cursor->zone_s > -DAY_S && cursor->zone_s < DAY_S;
}

bool gainsight_cursor_read(
	const char *text, const char *fingerprint, enum read_mode mode, struct gainsight_cursor *ret_cursor)
{
	struct gainsight_cursor cursor = { 0 };

	if (text == NULL)
		return false;
	json_t *object = json_loads(text, 0, NULL);
	bool good = object != NULL && read_object(object, fingerprint, mode, &cursor);
	json_decref(object);
	if (good)
		*ret_cursor = cursor;
	return good;
}
