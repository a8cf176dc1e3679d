/*
 * The query endpoint. Where the conditions say which ids, dates or companies can match, only these are looked
 * at, and where the world already has the wanted order, looking ends with the page.
 */
#include "tests/sandbox/gainsight_filter.h"
#include "tests/sandbox/switch_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIMIT 5000
#define DEFAULT_LIMIT 1000
#define ORDER_KEYS 3
#define BAD_REQUEST "GU_1100"
#define STREAM_CHANCE 1040

enum order { ORDER_BY_INDEX, ORDER_BY_STAMP, ORDER_OTHER };

struct order_key {
	struct gainsight_column column;
	bool descending;
};

struct query {
	const struct gainsight_object *object;
	struct gainsight_hops hops;
	struct gainsight_where where;
	struct gainsight_column *columns;
	size_t column_count;
	struct text_buffer *column_keys; /* "Name": with quotes and colon */
	struct order_key order_keys[ORDER_KEYS];
	size_t order_key_count;
	enum order order;
	bool rotated;
	size_t limit;
	size_t offset;
	/* What the conditions leave: all of it still has to be asked. */
	bool dated;
	int64_t lowest_stamp;
	int64_t highest_stamp;
	uint32_t first_index;
	uint32_t end_index;
	const struct gainsight_condition *by_gsid;
	const struct gainsight_condition *by_company;
};

struct index_list {
	uint32_t *items;
	size_t count;
	size_t capacity;
};

struct page {
	struct gainsight *gainsight;
	struct query *query;
	struct text_buffer *out;
	size_t skipped;
	size_t written;
};

static void list_add(struct index_list *list, uint32_t index)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity ? list->capacity * 2 : 1024;
		list->items = reallocarray(list->items, list->capacity, sizeof(*list->items));
		if (!list->items)
			abort();
	}
	list->items[list->count++] = index;
}

/* ---- the request ---- */

/* False: answered. */
static bool read_select(struct gainsight *gainsight, struct server_call *call, json_t *select, struct query *query)
{
	size_t count = json_array_size(select);
	if (!json_is_array(select) || count == 0) {
		gainsight_error(gainsight, call, 400, BAD_REQUEST, "select is missing");
		return false;
	}
	query->columns = calloc(count, sizeof(*query->columns));
	query->column_keys = calloc(count, sizeof(*query->column_keys));
	if (!query->columns || !query->column_keys)
		abort();
	bool lower = strcmp(server_switch(gainsight->server, "gainsight.dotted_case", "same"), "lower") == 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(select, i));
		if (!name || !gainsight_column_find(&query->hops, name, &query->columns[i])) {
			gainsight_bad_field(gainsight, call, query->object, name ? name : "null");
			return false;
		}
		struct text_buffer *key = &query->column_keys[query->column_count++];
		text_buffer_format(key, "\"%s\":", name);
		for (size_t each = 0; lower && strchr(name, '.') && each < key->length; each++)
			if (key->bytes[each] >= 'A' && key->bytes[each] <= 'Z')
				key->bytes[each] = (char)(key->bytes[each] - 'A' + 'a');
	}
	return true;
}

/* The members of orderBy count in the order in which they stand. */
static bool read_order(struct gainsight *gainsight, struct server_call *call, json_t *order_by, struct query *query)
{
	if (!order_by || json_is_null(order_by))
		return true;
	if (!json_is_object(order_by) || json_object_size(order_by) > ORDER_KEYS) {
		gainsight_error(gainsight, call, 400, BAD_REQUEST, "Malformed orderBy");
		return false;
	}
	const char *name;
	json_t *value;
	json_object_foreach (order_by, name, value) {
		struct order_key *key = &query->order_keys[query->order_key_count++];
		const char *direction = json_string_value(value);
		if (!gainsight_column_find(&query->hops, name, &key->column)) {
			gainsight_bad_field(gainsight, call, query->object, name);
			return false;
		}
		if (!direction || (strcasecmp(direction, "asc") != 0 && strcasecmp(direction, "desc") != 0)) {
			gainsight_error(gainsight, call, 400, BAD_REQUEST, "Malformed orderBy");
			return false;
		}
		key->descending = strcasecmp(direction, "desc") == 0;
	}
	if (strcmp(server_switch(gainsight->server, "gainsight.order", "obey"), "ignore") == 0)
		query->order_key_count = 0;
	return true;
}

static bool read_number(struct gainsight *gainsight, struct server_call *call, json_t *body, const char *name,
	json_int_t lowest, json_int_t otherwise, size_t *number)
{
	json_t *json = json_object_get(body, name);
	*number = (size_t)otherwise;
	if (!json || json_is_null(json))
		return true;
	if (json_is_integer(json) && json_integer_value(json) >= lowest) {
		*number = (size_t)json_integer_value(json);
		return true;
	}
	gainsight_error(gainsight, call, 400, BAD_REQUEST, "Invalid %s", name);
	return false;
}

/* False: answered. */
static bool read_query(struct gainsight *gainsight, struct server_call *call, const struct gainsight_object *object,
	struct query *query)
{
	query->object = object;
	gainsight_hops_start(gainsight, &query->hops, object);
	json_t *body = gainsight_body(gainsight, call);
	if (!body || !read_select(gainsight, call, json_object_get(body, "select"), query) ||
		!gainsight_where_read(
			gainsight, call, object, json_object_get(body, "where"), &query->hops, &query->where) ||
		!read_order(gainsight, call, json_object_get(body, "orderBy"), query) ||
		!read_number(gainsight, call, body, "limit", 1, DEFAULT_LIMIT, &query->limit) ||
		!read_number(gainsight, call, body, "offset", 0, 0, &query->offset))
		return false;
	if (query->limit > LIMIT) {
		if (strcmp(server_switch(gainsight->server, "gainsight.limit_policy", "refuse"), "clamp") != 0) {
			gainsight_error(
				gainsight, call, 400, BAD_REQUEST, "Limit cannot be greater than %d", LIMIT);
			return false;
		}
		query->limit = LIMIT;
	}
	long clamp = server_switch_number(gainsight->server, "gainsight.clamp", LIMIT);
	if (clamp > 0 && query->limit > (size_t)clamp)
		query->limit = (size_t)clamp;
	return true;
}

static void free_query(struct query *query)
{
	for (size_t i = 0; i < query->column_count; i++)
		text_buffer_free(&query->column_keys[i]);
	free(query->column_keys);
	free(query->columns);
	gainsight_where_free(&query->where);
}

/* ---- where to look ---- */

/* First index whose id is not below `gsid`, or with `after` is above it. */
static uint32_t index_from_gsid(
	struct gainsight *gainsight, const struct gainsight_object *object, struct text_slice gsid, bool after)
{
	uint32_t low = 0, high = gainsight_rows(gainsight, object);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		char id[37];
		world_gainsight_id(gainsight->world, object->gsid, middle, id);
		size_t shorter = gsid.length < 36 ? gsid.length : 36;
		int difference = memcmp(id, gsid.bytes, shorter);
		if (difference == 0)
			difference = gsid.length > 36 ? -1 : gsid.length < 36 ? 1 : 0;
		if (difference < 0 || (after && difference == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void narrow_by_date(struct query *query, const struct gainsight_condition *condition)
{
	int64_t low = INT64_MIN, high = INT64_MAX;
	int64_t time = condition->operand_count > 0 ? condition->operands[0].time : 0;
	switch (condition->comparison) {
	case GAINSIGHT_EQ:
		low = high = time;
		break;
	case GAINSIGHT_GT:
	case GAINSIGHT_GTE:
		low = time;
		break;
	case GAINSIGHT_LT:
	case GAINSIGHT_LTE:
		high = time;
		break;
	case GAINSIGHT_BTW:
		low = time;
		high = condition->operands[1].time;
		break;
	default:
		return;
	}
	query->dated = true;
	if (low > query->lowest_stamp)
		query->lowest_stamp = low;
	if (high < query->highest_stamp)
		query->highest_stamp = high;
}

static void narrow_by_gsid(
	struct gainsight *gainsight, struct query *query, const struct gainsight_condition *condition)
{
	if (condition->comparison == GAINSIGHT_EQ || condition->comparison == GAINSIGHT_IN) {
		query->by_gsid = condition;
		return;
	}
	if (condition->operand_count != 1)
		return;
	struct text_slice gsid = condition->operands[0].text;
	if (condition->comparison == GAINSIGHT_GT || condition->comparison == GAINSIGHT_GTE) {
		uint32_t first =
			index_from_gsid(gainsight, query->object, gsid, condition->comparison == GAINSIGHT_GT);
		if (first > query->first_index)
			query->first_index = first;
	} else if (condition->comparison == GAINSIGHT_LT || condition->comparison == GAINSIGHT_LTE) {
		uint32_t end =
			index_from_gsid(gainsight, query->object, gsid, condition->comparison == GAINSIGHT_LTE);
		if (end < query->end_index)
			query->end_index = end;
	}
}

static void narrow(struct gainsight *gainsight, struct query *query)
{
	query->lowest_stamp = INT64_MIN;
	query->highest_stamp = INT64_MAX;
	query->end_index = gainsight_rows(gainsight, query->object);
	if (!gainsight_object_dated(query->object) || !query->where.conjunctive)
		return;
	for (size_t i = 0; i < query->where.condition_count; i++) {
		const struct gainsight_condition *condition = &query->where.conditions[i];
		if (condition->column.hop != 0)
			continue;
		if (condition->column.field->attribute == ROW_MODIFIED)
			narrow_by_date(query, condition);
		else if (condition->column.field->attribute == ROW_GSID)
			narrow_by_gsid(gainsight, query, condition);
		else if ((condition->column.field->attribute == PERSON_COMPANY ||
				 condition->column.field->attribute == CTA_COMPANY) &&
			 (condition->comparison == GAINSIGHT_EQ || condition->comparison == GAINSIGHT_IN))
			query->by_company = condition;
	}
}

static void choose_order(struct gainsight *gainsight, struct query *query)
{
	const struct order_key *keys = query->order_keys;
	if (query->order_key_count == 0) {
		query->rotated =
			strcmp(server_switch(gainsight->server, "gainsight.unordered", "stable"), "rotate") == 0;
		query->order = query->rotated ? ORDER_OTHER : ORDER_BY_INDEX;
		return;
	}
	query->order = ORDER_OTHER;
	if (keys[0].column.hop != 0 || keys[0].descending)
		return;
	if (keys[0].column.field->attribute == ROW_GSID)
		query->order = ORDER_BY_INDEX;
	if (keys[0].column.field->attribute != ROW_MODIFIED || !gainsight_object_dated(query->object))
		return;
	if (query->order_key_count == 1 ||
		(keys[1].column.hop == 0 && !keys[1].descending && keys[1].column.field->attribute == ROW_GSID))
		query->order = ORDER_BY_STAMP;
}

/* ---- rows ---- */

static bool row_matches(struct gainsight *gainsight, struct query *query, uint32_t index)
{
	if (!gainsight_row_exists(gainsight, query->object, index))
		return false;
	gainsight_hops_set(&query->hops, index);
	return gainsight_where_matches(gainsight, &query->where, &query->hops);
}

/* The hops must stand on the row. */
static void write_row(struct page *page)
{
	struct query *query = page->query;
	text_buffer_add_string(page->out, page->written > 0 ? ",{" : "{");
	for (size_t i = 0; i < query->column_count; i++) {
		struct gainsight_value value;
		gainsight_column_value(page->gainsight, &query->hops, &query->columns[i], &value);
		if (i > 0)
			text_buffer_add_char(page->out, ',');
		text_buffer_add(page->out, query->column_keys[i].bytes, query->column_keys[i].length);
		gainsight_value_write(page->gainsight, query->columns[i].field, &value, page->out);
	}
	text_buffer_add_char(page->out, '}');
	page->written++;
}

/* True when the page is full. */
static bool consider(struct page *page, uint32_t index)
{
	if (!row_matches(page->gainsight, page->query, index))
		return false;
	if (page->skipped < page->query->offset) {
		page->skipped++;
		return false;
	}
	write_row(page);
	return page->written == page->query->limit;
}

/* Each of these gives its candidates to the page, or when `list` is not NULL only to the list. */

static void walk_by_index(struct page *page, bool undated_only, struct index_list *list)
{
	struct query *query = page->query;
	if (!gainsight_object_dated(query->object)) {
		for (uint32_t i = query->first_index; i < query->end_index; i++) {
			if (!list && consider(page, i))
				return;
			if (list && row_matches(page->gainsight, query, i))
				list_add(list, i);
		}
		return;
	}
	struct world_walk walk;
	uint32_t index;
	int64_t stamp;
	world_walk_start(&walk, page->gainsight->world, WORLD_GAINSIGHT, query->object->kind, WORLD_BY_INDEX,
		WORLD_LIVE_ONLY, 0, query->first_index);
	while (world_walk_next(&walk, &index, &stamp) && index < query->end_index) {
		if (query->dated && (stamp < query->lowest_stamp || stamp > query->highest_stamp))
			continue;
		if (undated_only && !gainsight_row_undated(page->gainsight, query->object, index))
			continue;
		if (!list && consider(page, index))
			return;
		if (list && row_matches(page->gainsight, query, index))
			list_add(list, index);
	}
}

static void walk_by_stamp(struct page *page, struct index_list *list)
{
	struct query *query = page->query;
	struct world_walk walk;
	uint32_t index;
	int64_t stamp;
	world_walk_start(&walk, page->gainsight->world, WORLD_GAINSIGHT, query->object->kind, WORLD_BY_STAMP,
		WORLD_LIVE_ONLY, query->lowest_stamp, 0);
	while (world_walk_next(&walk, &index, &stamp) && stamp <= query->highest_stamp) {
		if (index < query->first_index || index >= query->end_index ||
			gainsight_row_undated(page->gainsight, query->object, index))
			continue;
		if (!list && consider(page, index))
			return;
		if (list && row_matches(page->gainsight, query, index))
			list_add(list, index);
	}
}

static void walk_by_points(struct page *page, struct index_list *list)
{
	struct gainsight *gainsight = page->gainsight;
	const struct gainsight_object *object = page->query->object;
	const struct gainsight_condition *condition =
		page->query->by_gsid ? page->query->by_gsid : page->query->by_company;
	for (size_t i = 0; i < condition->operand_count; i++) {
		struct text_slice gsid = condition->operands[i].text;
		uint32_t index;
		if (page->query->by_gsid) {
			if (gainsight_row_find(gainsight, object, gsid, &index) &&
				row_matches(gainsight, page->query, index))
				list_add(list, index);
			continue;
		}
		uint64_t iterator = 0;
		uint32_t child;
		if (!world_gainsight_find(gainsight->world, WORLD_GSID_COMPANY, gsid.bytes, gsid.length, &index))
			continue;
		if (object->kind == WORLD_ACCOUNT) {
			if (row_matches(gainsight, page->query, index))
				list_add(list, index);
			continue;
		}
		while (world_child_next(gainsight->world, WORLD_GAINSIGHT, WORLD_CONTACT, index, &iterator, &child))
			if (row_matches(gainsight, page->query, child))
				list_add(list, child);
	}
}

/* ---- sorting ---- */

struct sort_value {
	bool null;
	double number;
	char text[40];
};

struct sort_row {
	uint32_t index;
	struct sort_value values[ORDER_KEYS];
};

static int compare_rows(const void *left, const void *right, void *context)
{
	const struct sort_row *a = left, *b = right;
	const struct query *query = context;
	for (size_t i = 0; i < query->order_key_count; i++) {
		const struct sort_value *x = &a->values[i], *y = &b->values[i];
		int difference = 0;
		if (x->null || y->null)
			difference = (int)x->null - (int)y->null; /* null is highest */
		else if (x->number != y->number)
			difference = x->number < y->number ? -1 : 1;
		else
			difference = strcmp(x->text, y->text);
		if (difference != 0)
			return query->order_keys[i].descending ? -difference : difference;
	}
	return (a->index > b->index) - (a->index < b->index);
}

static void sort_list(struct gainsight *gainsight, struct query *query, struct index_list *list)
{
	struct sort_row *rows = calloc(list->count + 1, sizeof(*rows));
	if (!rows)
		abort();
	for (size_t i = 0; i < list->count; i++) {
		rows[i].index = list->items[i];
		if (query->order_key_count > 0)
			gainsight_hops_set(&query->hops, list->items[i]);
		for (size_t key = 0; key < query->order_key_count; key++) {
			struct sort_value *out = &rows[i].values[key];
			struct gainsight_value value;
			gainsight_column_value(gainsight, &query->hops, &query->order_keys[key].column, &value);
			out->null = value.kind == GAINSIGHT_VALUE_NULL;
			if (value.kind == GAINSIGHT_VALUE_NUMBER)
				out->number = value.number;
			else if (value.kind == GAINSIGHT_VALUE_TIME)
				out->number = (double)value.time;
			else if (value.kind == GAINSIGHT_VALUE_FLAG)
				out->number = value.flag ? 1 : 0;
			else if (value.text.bytes)
				memcpy(out->text, value.text.bytes,
					value.text.length < sizeof(out->text) ? value.text.length
									      : sizeof(out->text) - 1);
		}
	}
	qsort_r(rows, list->count, sizeof(*rows), compare_rows, query);
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = rows[i].index;
	free(rows);
}

static void write_list(struct page *page, struct index_list *list)
{
	struct gainsight *gainsight = page->gainsight;
	sort_list(gainsight, page->query, list);
	/* The same row may have been asked for twice. */
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		if (i == 0 || list->items[i] != list->items[i - 1])
			list->items[count++] = list->items[i];
	size_t start = 0;
	if (page->query->rotated && count > 0)
		start = world_hash(gainsight->world, STREAM_CHANCE, ++gainsight->serial) % count;
	for (size_t i = page->query->offset; i < count && page->written < page->query->limit; i++) {
		gainsight_hops_set(&page->query->hops, list->items[(start + i) % count]);
		write_row(page);
	}
}

/* ---- running ---- */

/* Ids in order out of one stretch of time: few enough to sort, or rather met on a walk through all? */
static bool stretch_is_narrow(struct gainsight *gainsight, const struct query *query)
{
	if (!query->dated)
		return false;
	if (query->lowest_stamp > query->highest_stamp)
		return true;
	enum world_kind kind = query->object->kind;
	int64_t end = query->highest_stamp == INT64_MAX ? INT64_MAX : query->highest_stamp + 1;
	uint64_t inside =
		world_count(gainsight->world, WORLD_GAINSIGHT, kind, WORLD_LIVE_ONLY, query->lowest_stamp, end);
	uint64_t all = world_count(gainsight->world, WORLD_GAINSIGHT, kind, WORLD_LIVE_ONLY, INT64_MIN, INT64_MAX);
	return inside < 10000 || inside < all / 4;
}

static void write_records(struct page *page)
{
	struct query *query = page->query;
	struct index_list list = { 0 };
	bool collects = true;
	if (query->by_gsid || query->by_company) {
		walk_by_points(page, &list);
	} else if (query->order == ORDER_BY_STAMP) {
		walk_by_stamp(page, NULL);
		if (!query->dated && page->written < query->limit &&
			server_switch_number(page->gainsight->server, "gainsight.null_modified_every", 0) > 0)
			walk_by_index(page, true, NULL);
		collects = false;
	} else if (stretch_is_narrow(page->gainsight, query)) {
		walk_by_stamp(page, &list);
	} else if (query->order == ORDER_BY_INDEX) {
		walk_by_index(page, false, NULL);
		collects = false;
	} else {
		walk_by_index(page, false, &list);
	}
	if (collects)
		write_list(page, &list);
	free(list.items);
}

/* True when it answered: the empties that are no empty container. */
static bool answer_empty(struct gainsight *gainsight, struct server_call *call)
{
	const char *way = server_switch(gainsight->server, "gainsight.empty", "records");
	if (strcmp(way, "chaos") == 0) {
		static const char *const ways[] = { "records", "no-data", "gsobj_1011" };
		way = ways[world_hash(gainsight->world, STREAM_CHANCE, ++gainsight->serial) % 3];
	}
	if (strcmp(way, "no-data") == 0)
		gainsight_error(gainsight, call, 200, NULL, "No data found for given criteria");
	else if (strcmp(way, "gsobj_1011") == 0)
		gainsight_error(gainsight, call, 400, "GSOBJ_1011", "No entity matches the given criteria");
	else
		return false;
	return true;
}

void gainsight_query(struct gainsight *gainsight, struct server_call *call, const struct gainsight_object *object)
{
	struct query *query = calloc(1, sizeof(*query));
	if (!query)
		abort();
	if (!read_query(gainsight, call, object, query)) {
		free_query(query);
		free(query);
		return;
	}
	narrow(gainsight, query);
	choose_order(gainsight, query);
	struct text_buffer body = { 0 };
	struct page page = { .gainsight = gainsight, .query = query, .out = &body };
	bool array = switch_list_has(server_switch(gainsight->server, "gainsight.array_objects", ""), object->name);
	gainsight_begin(gainsight, &body);
	text_buffer_add_string(&body, array ? "[" : "{\"records\":[");
	write_records(&page);
	text_buffer_add_string(&body, array ? "]" : "]}");
	free_query(query);
	free(query);
	if (page.written == 0 && answer_empty(gainsight, call)) {
		text_buffer_free(&body);
		return;
	}
	gainsight_end(call, &body);
}
