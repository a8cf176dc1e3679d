#include "connectors/gainsight_reading.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/instant.h"
#include "connectors/memory.h"

/* The conditions under way, all to be met. */
struct where {
	json_t *conditions;
	struct buffer expression;
	int64_t zone_s;
};

static void add_values(struct where *where, const char *name, const char *operator, json_t * values)
{
	char alias[2] = { (char)('A' + (int)json_array_size(where->conditions)), '\0' };
	json_t *condition = json_object();

	(void)json_object_set_new(condition, "name", json_string(name));
	(void)json_object_set_new(condition, "alias", json_string(alias));
	(void)json_object_set_new(condition, "value", values);
	(void)json_object_set_new(condition, "operator", json_string(operator));
	(void)json_array_append_new(where->conditions, condition);
	(void)buffer_printf(&where->expression, "%s%s", where->expression.length == 0 ? "" : " AND ", alias);
}

static void add_condition(struct where *where, const char *name, const char *operator, json_t * value)
{
	json_t *values = json_array();

	(void)json_array_append_new(values, value);
	add_values(where, name, operator, values);
}

/* 'yyyy-MM-dd HH:mm:ss' in the filters' zone: the only form of a filter's time that the vendor shows. */
static void add_time(struct where *where, const char *name, const char *operator, int64_t at_s)
{
	char iso[INSTANT_TEXT_SIZE], text[sizeof "2026-10-01 07:56:17"];
	int64_t local_ms = (at_s + where->zone_s) * 1000;

	instant_format(instant_exists(local_ms) ? local_ms : at_s * 1000, iso);
	(void)snprintf(text, sizeof text, "%.10s %.8s", iso, iso + 11);
	add_condition(where, name, operator, json_string(text));
}

/* The log names objects in small letters, as metadata does. */
static json_t *small_letters(const char *object)
{
	char *name = memory_copy_text(object);

	for (char *at = name; *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	json_t *value = json_string(name);
	free(name);
	return value;
}

static json_t *number_of(const struct record_test *test)
{
	const double whole_most = 1e15, number = strtod(test->number, NULL);
	bool is_whole = number > -whole_most && number < whole_most && number == (double)(json_int_t)number;

	return is_whole ? json_integer((json_int_t)number) : json_real(number);
}

static bool has_word(const struct record_test *test, const char *word)
{
	for (size_t i = 0; i < test->word_count; i++)
		if (strcmp(test->words[i], word) == 0)
			return true;
	return false;
}

/* A picklist is filtered by the Gsids of its items (Gainsight, Data Management APIs); what names none of them is text. */
static json_t *words_of(const struct record_test *test, const struct gainsight_items *items)
{
	json_t *values = json_array();

	for (size_t i = 0; i < items->count; i++) {
		const struct gainsight_item *item = &items->items[i];
		if (strcasecmp(item->field, test->field) == 0 &&
			(has_word(test, item->label) || has_word(test, item->gsid)))
			(void)json_array_append_new(values, json_string(item->gsid));
	}
	for (size_t i = 0, items_named = json_array_size(values); items_named == 0 && i < test->word_count; i++)
		(void)json_array_append_new(values, json_string(test->words[i]));
	return values;
}

static void add_test(struct where *where, const struct record_test *test, const struct gainsight_items *items)
{
	json_t *words;

	switch (test->kind) {
	case RECORD_TEST_NUMBER:
		add_condition(where, test->field, record_test_operator(test), number_of(test));
		return;
	case RECORD_TEST_YES:
	case RECORD_TEST_NO:
		add_condition(where, test->field, "EQ", json_boolean(test->kind == RECORD_TEST_YES));
		return;
	case RECORD_TEST_WORDS:
		words = words_of(test, items);
		add_values(where, test->field, json_array_size(words) == 1 ? "EQ" : "IN", words);
		return;
	}
}

static void add_group(struct where *where, const struct reading *reading)
{
	const struct record_group *group = &reading->only->groups[reading->group];

	for (size_t i = 0; i < group->count; i++)
		add_test(where, &group->tests[i], &reading->session->items[reading->entity]);
}

static void add_conditions(struct where *where, const struct reading *reading)
{
	const struct gainsight_cursor *cursor = &reading->at;

	switch (cursor->step) {
	case GAINSIGHT_WALK:
		if (reading->only != NULL)
			add_group(where, reading);
		break;
	case GAINSIGHT_PROBE:
	case GAINSIGHT_SEARCH:
		add_condition(where, "Gsid", "EQ", json_string(cursor->newest.gsid));
		add_time(where, "ModifiedDate", "GTE", gainsight_second(cursor->newest.modified_ms));
		if (cursor->step == GAINSIGHT_PROBE)
			add_time(where, "ModifiedDate", "LT", gainsight_second(cursor->newest.modified_ms) + 1);
		return;
	case GAINSIGHT_SINCE:
	case GAINSIGHT_CONFIRM:
		add_time(where, "ModifiedDate", "GTE", cursor->from_s);
		return;
	case GAINSIGHT_DRAIN:
		add_time(where, "ModifiedDate", "GTE", cursor->from_s);
		add_time(where, "ModifiedDate", "LT", cursor->from_s + 1);
		break;
	case GAINSIGHT_DELETED:
		add_condition(where, "ObjectName", "EQ", small_letters(reading->object));
		add_time(where, "DeletedOn", "GTE", cursor->from_s);
		return;
	case GAINSIGHT_TOP:
	case GAINSIGHT_DONE:
	case GAINSIGHT_DOUBTED:
		return;
	}
	if (cursor->gsid[0] != '\0')
		add_condition(where, "Gsid", "GT", json_string(cursor->gsid));
}

static void add_where(json_t *query, const struct reading *reading)
{
	struct where where = { .conditions = json_array(), .zone_s = reading->at.zone_s };

	buffer_init(&where.expression, 64);
	add_conditions(&where, reading);
	if (json_array_size(where.conditions) > 0) {
		json_t *member = json_object();
		(void)json_object_set(member, "conditions", where.conditions);
		(void)json_object_set_new(member, "expression", json_string(buffer_text(&where.expression)));
		(void)json_object_set_new(query, "where", member);
	}
	json_decref(where.conditions);
	buffer_free(&where.expression);
}

/* The order of the members is the order of the sort (Gainsight, Company API, Read); jansson keeps it. */
static json_t *order_by(enum gainsight_step step)
{
	json_t *order = json_object();

	if (step == GAINSIGHT_DELETED) {
		(void)json_object_set_new(order, "DeletedOn", json_string("asc"));
		return order;
	}
	if (step == GAINSIGHT_SINCE || step == GAINSIGHT_CONFIRM)
		(void)json_object_set_new(order, "ModifiedDate", json_string("asc"));
	(void)json_object_set_new(order, "Gsid", json_string(step == GAINSIGHT_TOP ? "desc" : "asc"));
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
		/* Names are the same whatever their case (the Company API's own sample answers so). */
		for (size_t j = 0; j < i && !known; j++)
			known = strcasecmp(names[i], names[j]) == 0;
		if (!known)
			(void)json_array_append_new(select, json_string(names[i]));
	}
	free(names);
	return select;
}

bool gainsight_query(const struct reading *reading, struct buffer *out)
{
	const enum gainsight_step step = reading->at.step;
	json_t *query = json_object();

	(void)json_object_set_new(query, "select",
		step == GAINSIGHT_DELETED ? json_pack("[ss]", "RecordId", "DeletedOn")
					  : selection(&reading->mapping));
	add_where(query, reading);
	(void)json_object_set_new(query, "orderBy", order_by(step));
	(void)json_object_set_new(query, "limit", json_integer(reading->asked_limit));
	(void)json_object_set_new(query, "offset", json_integer(0));
	bool good = buffer_append_json(out, query);
	json_decref(query);
	return good;
}
