/* Where a reading goes on, as text. READ_CHANGES: both watermarks, how far the archived records have been gone through,
 * and in the middle of a window that window. READ_ALL: its watermark and how far the listing got. Both may name records whose
 * companies are still to be asked for. Of owners, in either mode: that those who are active have been read. */
#include <stdlib.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

enum { VERSION = 2 };

static bool take_number(const json_t *cursor, const char *name, int64_t least, int64_t *ret)
{
	const json_t *number = json_object_get(cursor, name);

	if (!json_is_integer(number) || json_integer_value(number) < least)
		return false;
	*ret = json_integer_value(number);
	return true;
}

/* NULL when there is none. */
static char *take_page(const json_t *cursor, const char *name)
{
	const char *page = json_string_value(json_object_get(cursor, name));

	return page == NULL ? NULL : memory_copy_text(page);
}

static bool take_links(struct reading *reading, const json_t *cursor)
{
	size_t i;
	json_t *id;

	json_array_foreach (json_object_get(cursor, "links"), i, id) {
		if (!json_is_integer(id)) {
			hubspot_links_cut(reading, 0);
			return false;
		}
		hubspot_links_add(reading, json_integer_value(id));
	}
	reading->page_links = reading->link_count;
	return true;
}

/* The window that was being read. One without proof is of no use to a run that is to prove: it began too late. */
static bool take_window(struct reading *reading, const json_t *cursor)
{
	bool was_proving = json_is_true(json_object_get(cursor, "prove"));
	int64_t lo, hi, last;

	if (json_object_get(cursor, "last") == NULL || (reading->prove && !was_proving))
		return true;
	if (!take_number(cursor, "lo", HUBSPOT_LO_LEAST_MS, &lo) || !take_number(cursor, "hi", lo, &hi) ||
		!take_number(cursor, "last", 0, &last) || !take_links(reading, cursor))
		return false;
	reading->resumed = true;
	reading->prove = was_proving;
	reading->lo = lo;
	reading->hi = hi;
	reading->last = last;
	return true;
}

static bool take_changes(struct reading *reading, const json_t *cursor)
{
	if (!take_number(cursor, "fresh", HUBSPOT_LO_LEAST_MS, &reading->fresh) ||
		!take_number(cursor, "proven", 0, &reading->proven) ||
		!take_number(cursor, "walked", 0, &reading->walked) || !take_window(reading, cursor))
		return false;
	reading->walk = take_page(cursor, "walk");
	reading->walking = reading->prove && json_is_true(json_object_get(cursor, "walking"));
	return true;
}

static bool take_listing(struct reading *reading, const json_t *cursor)
{
	int64_t start, last, seen, expected;

	if (!take_number(cursor, "start", HUBSPOT_LO_LEAST_MS, &start) || !take_number(cursor, "last", 0, &last) ||
		!take_number(cursor, "seen", 0, &seen) || !take_number(cursor, "expected", -1, &expected) ||
		!take_links(reading, cursor))
		return false;
	reading->start = start;
	reading->last = last;
	reading->seen = seen;
	reading->expected = expected;
	reading->listed = json_is_true(json_object_get(cursor, "listed"));
	reading->after = take_page(cursor, "after");
	reading->resumed = true;
	return true;
}

static bool take_owners(struct reading *reading, const json_t *cursor)
{
	reading->resumed = take_number(cursor, "began", 0, &reading->hi);
	reading->archived = reading->resumed;
	return reading->resumed;
}

bool hubspot_cursor_read(struct reading *reading, const char *text)
{
	json_auto_t *cursor = text == NULL ? NULL : json_loads(text, 0, NULL);
	const char *mapping = json_string_value(json_object_get(cursor, "mapping"));

	if (json_integer_value(json_object_get(cursor, "v")) != VERSION || mapping == NULL ||
		strcmp(mapping, reading->fingerprint) != 0)
		return false;
	if (reading->entity == ENTITY_STAFF)
		return take_owners(reading, cursor);
	return reading->mode == READ_ALL ? take_listing(reading, cursor) : take_changes(reading, cursor);
}

static json_t *cursor_new(const struct reading *reading)
{
	json_t *cursor = json_object();

	(void)json_object_set_new(cursor, "v", json_integer(VERSION));
	(void)json_object_set_new(cursor, "mapping", json_string(reading->fingerprint));
	return cursor;
}

static void put_number(json_t *cursor, const char *name, int64_t number)
{
	(void)json_object_set_new(cursor, name, json_integer(number));
}

static void put_page(json_t *cursor, const char *name, const char *page)
{
	if (page != NULL)
		(void)json_object_set_new(cursor, name, json_string(page));
}

static void put_links(json_t *cursor, const struct reading *reading)
{
	if (reading->link_count == 0)
		return;
	json_t *links = json_array();
	for (size_t i = 0; i < reading->link_count; i++)
		(void)json_array_append_new(links, json_integer(reading->links[i].id));
	(void)json_object_set_new(cursor, "links", links);
}

static void keep(struct reading *reading, json_t *cursor)
{
	free(reading->cursor);
	reading->cursor = json_dumps(cursor, JSON_COMPACT);
	reading->stoppable = reading->cursor != NULL;
	json_decref(cursor);
}

static json_t *changes_new(const struct reading *reading)
{
	json_t *cursor = cursor_new(reading);

	put_number(cursor, "fresh", reading->fresh);
	put_number(cursor, "proven", reading->proven);
	put_number(cursor, "walked", reading->walked);
	put_page(cursor, "walk", reading->walk);
	return cursor;
}

static json_t *listing_new(const struct reading *reading)
{
	json_t *cursor = cursor_new(reading);

	put_number(cursor, "start", reading->start);
	put_page(cursor, "after", reading->after);
	put_number(cursor, "last", reading->last);
	put_number(cursor, "seen", reading->seen);
	put_number(cursor, "expected", reading->expected);
	if (reading->listed)
		(void)json_object_set_new(cursor, "listed", json_true());
	put_links(cursor, reading);
	return cursor;
}

void hubspot_cursor_write(struct reading *reading)
{
	if (reading->mode == READ_ALL) {
		keep(reading, listing_new(reading));
		return;
	}
	json_t *cursor = changes_new(reading);
	put_number(cursor, "lo", reading->lo);
	put_number(cursor, "hi", reading->hi);
	put_number(cursor, "last", reading->last);
	(void)json_object_set_new(cursor, "prove", json_boolean(reading->prove));
	put_links(cursor, reading);
	keep(reading, cursor);
}

void hubspot_cursor_write_done(struct reading *reading)
{
	json_t *cursor = changes_new(reading);

	if (reading->step == HUBSPOT_STEP_ARCHIVED)
		(void)json_object_set_new(cursor, "walking", json_true());
	keep(reading, cursor);
}

void hubspot_cursor_write_owners(struct reading *reading)
{
	json_t *cursor = cursor_new(reading);

	put_number(cursor, "began", reading->hi);
	keep(reading, cursor);
}
