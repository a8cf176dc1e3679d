#include "connectors/gainsight.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"

enum { CURSOR_VERSION = 1 };

static const char *const step_names[] = {
	[GAINSIGHT_WALK] = "walk",
	[GAINSIGHT_SINCE] = "since",
	[GAINSIGHT_CONFIRM] = "since", /* the same query; what it was to confirm is not kept */
	[GAINSIGHT_DRAIN] = "drain",
	[GAINSIGHT_DONE] = "done",
};

static const char *const doubt_names[] = {
	[GAINSIGHT_SURE] = "",
	[GAINSIGHT_UNSORTED] = "not sorted as asked: read by Gsid",
	[GAINSIGHT_FILTER] = "filter on ModifiedDate isn't in UTC: read by Gsid",
};

void gainsight_cursor_write(const struct gainsight_cursor *cursor, const char *fingerprint, struct buffer *out)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "v", json_integer(CURSOR_VERSION));
	(void)json_object_set_new(object, "mapping", json_string(fingerprint));
	(void)json_object_set_new(object, "step", json_string(step_names[cursor->step]));
	if (cursor->step == GAINSIGHT_SINCE || cursor->step == GAINSIGHT_CONFIRM || cursor->step == GAINSIGHT_DRAIN)
		(void)json_object_set_new(object, "from", json_integer(cursor->from_s));
	if (cursor->gsid[0] != '\0')
		(void)json_object_set_new(object, "gsid", json_string(cursor->gsid));
	if (cursor->watermark_ms != INT64_MIN)
		(void)json_object_set_new(object, "watermark", json_integer(cursor->watermark_ms));
	if (cursor->full_read_ms != INT64_MIN)
		(void)json_object_set_new(object, "full_read", json_integer(cursor->full_read_ms));
	(void)json_object_set_new(object, "most_rows", json_integer(cursor->most_rows));
	if (cursor->doubt != GAINSIGHT_SURE)
		(void)json_object_set_new(object, "note", json_string(doubt_names[cursor->doubt]));
	char *text = json_dumps(object, JSON_COMPACT);
	buffer_clear(out);
	(void)buffer_append_text(out, text == NULL ? "" : text);
	free(text);
	json_decref(object);
}

/* The index of the word among `names`, or -1. */
static int name_index(const char *const *names, size_t count, const char *word)
{
	for (size_t i = 0; word != NULL && i < count; i++)
		if (strcmp(names[i], word) == 0)
			return (int)i;
	return -1;
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

static bool read_object(const json_t *object, const char *fingerprint, struct gainsight_cursor *cursor)
{
	const char *mapping = json_string_value(json_object_get(object, "mapping"));
	const char *gsid = json_string_value(json_object_get(object, "gsid"));
	const char *note = json_string_value(json_object_get(object, "note"));
	const json_t *from = json_object_get(object, "from");

	if (json_integer_value(json_object_get(object, "v")) != CURSOR_VERSION)
		return false;
	if (mapping == NULL || strcmp(mapping, fingerprint) != 0)
		return false;
	int step = name_index(step_names, GAINSIGHT_DONE + 1, json_string_value(json_object_get(object, "step")));
	if (step < 0 || !read_instant(object, "watermark", &cursor->watermark_ms) ||
		!read_instant(object, "full_read", &cursor->full_read_ms))
		return false;
	cursor->step = (enum gainsight_step)step;
	if (cursor->watermark_ms == INT64_MIN)
		return false;
	bool needs_from = step != GAINSIGHT_WALK && step != GAINSIGHT_DONE;
	if (needs_from && (!json_is_integer(from) || json_integer_value(from) > INT64_MAX / 1000 ||
				  json_integer_value(from) < INT64_MIN / 1000 ||
				  !instant_exists(json_integer_value(from) * 1000)))
		return false;
	cursor->from_s = needs_from ? json_integer_value(from) : 0;
	if (gsid != NULL && strlen(gsid) >= sizeof cursor->gsid)
		return false;
	(void)snprintf(cursor->gsid, sizeof cursor->gsid, "%s", gsid == NULL ? "" : gsid);
	cursor->most_rows = json_integer_value(json_object_get(object, "most_rows"));
	int doubt = note == NULL ? GAINSIGHT_SURE : name_index(doubt_names, GAINSIGHT_FILTER + 1, note);
	cursor->doubt = doubt < 0 ? GAINSIGHT_SURE : (enum gainsight_doubt)doubt;
	return true;
}

bool gainsight_cursor_read(const char *text, const char *fingerprint, struct gainsight_cursor *ret_cursor)
{
	struct gainsight_cursor cursor = { 0 };

	if (text == NULL)
		return false;
	json_t *object = json_loads(text, 0, NULL);
	bool good = object != NULL && read_object(object, fingerprint, &cursor);
	json_decref(object);
	if (good)
		*ret_cursor = cursor;
	return good;
}
