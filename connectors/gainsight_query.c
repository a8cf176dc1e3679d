#include "connectors/gainsight.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/instant.h"
#include "connectors/memory.h"

/* 'yyyy-MM-dd HH:mm:ss' in UTC: the only form of a filter's time that the vendor shows (gainsight.md 6.1). */
static json_t *filter_time(int64_t at_s)
{
	char iso[INSTANT_TEXT_SIZE], text[sizeof "2026-10-01 07:56:17"];

	instant_format(at_s * 1000, iso);
	(void)snprintf(text, sizeof text, "%.10s %.8s", iso, iso + 11);
	return json_string(text);
}

static void add_condition(
	json_t *conditions, struct buffer *expression, const char *name, const char *operator, json_t * value)
{
	char alias[2] = { (char)('A' + (int)json_array_size(conditions)), '\0' };
	json_t *condition = json_object();

	(void)json_object_set_new(condition, "name", json_string(name));
	(void)json_object_set_new(condition, "alias", json_string(alias));
	json_t *values = json_array();
	(void)json_array_append_new(values, value);
	(void)json_object_set_new(condition, "value", values);
	(void)json_object_set_new(condition, "operator", json_string(operator));
	(void)json_array_append_new(conditions, condition);
	(void)buffer_printf(expression, "%s%s", expression->length == 0 ? "" : " AND ", alias);
}

static void add_where(json_t *query, const struct gainsight_cursor *cursor)
{
	struct buffer expression;
	json_t *conditions = json_array();

	buffer_init(&expression, 64);
	if (cursor->step != GAINSIGHT_WALK)
		add_condition(conditions, &expression, "ModifiedDate", "GTE", filter_time(cursor->from_s));
	if (cursor->step == GAINSIGHT_DRAIN)
		add_condition(conditions, &expression, "ModifiedDate", "LT", filter_time(cursor->from_s + 1));
	if (cursor->gsid[0] != '\0' && (cursor->step == GAINSIGHT_WALK || cursor->step == GAINSIGHT_DRAIN))
		add_condition(conditions, &expression, "Gsid", "GT", json_string(cursor->gsid));
	if (json_array_size(conditions) > 0) {
		json_t *where = json_object();
		(void)json_object_set(where, "conditions", conditions);
		(void)json_object_set_new(where, "expression", json_string(buffer_text(&expression)));
		(void)json_object_set_new(query, "where", where);
	}
	json_decref(conditions);
	buffer_free(&expression);
}

/* The order of the members is the order of the sort (gainsight.md 5.1); jansson keeps it. */
static json_t *order_by(enum gainsight_step step)
{
	json_t *order = json_object();

	if (step == GAINSIGHT_SINCE || step == GAINSIGHT_CONFIRM)
		(void)json_object_set_new(order, "ModifiedDate", json_string("asc"));
	(void)json_object_set_new(order, "Gsid", json_string("asc"));
	return order;
}

static json_t *selection(const struct mapping_entity *mapping)
{
	const char **names = memory_allocate((mapping->count + 2) * sizeof *names);
	size_t count = 2;
	json_t *select = json_array();

	names[0] = "Gsid";
	names[1] = "ModifiedDate";
	count += record_reader_names(mapping, names + 2, mapping->count);
	for (size_t i = 0; i < count; i++) {
		bool known = false;
		/* Names are the same whatever their case (gainsight.md 5.3). */
		for (size_t j = 0; j < i && !known; j++)
			known = strcasecmp(names[i], names[j]) == 0;
		if (!known)
			(void)json_array_append_new(select, json_string(names[i]));
	}
	free(names);
	return select;
}

bool gainsight_query(const struct gainsight_cursor *cursor, const struct mapping_entity *mapping, int64_t limit,
	struct buffer *out)
{
	json_t *query = json_object();

	(void)json_object_set_new(query, "select", selection(mapping));
	add_where(query, cursor);
	(void)json_object_set_new(query, "orderBy", order_by(cursor->step));
	(void)json_object_set_new(query, "limit", json_integer(limit));
	(void)json_object_set_new(query, "offset", json_integer(0));
	char *text = json_dumps(query, JSON_COMPACT);
	bool good = text != NULL && buffer_append_text(out, text);
	free(text);
	json_decref(query);
	return good;
}
