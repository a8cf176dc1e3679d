#include "tests/sandbox/salesforce_internal.h"
#include "tests/sandbox/world_internal.h"

#include <stdlib.h>
#include <string.h>

struct rows {
	const struct world *world;
	const struct soql_query *query;
	enum world_walk_filter filter;
	uint32_t *indices;
	uint32_t count;
	uint32_t capacity;
	uint32_t enough;  /* stop here; UINT32_MAX when a sort comes first */
	uint64_t shuffle; /* decides where the query does not; 0: the smaller id comes first */
	struct text_buffer scratch;
};

static void rows_offer(struct rows *rows, uint32_t index)
{
	struct salesforce_record record;

	salesforce_record_open(&record, rows->world, rows->query->object, index);
	if (!soql_matches(rows->query, &record, &rows->scratch))
		return;
	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? rows->capacity * 2 : 256;
		rows->indices = world_allocate(rows->indices, rows->capacity, sizeof(*rows->indices));
	}
	rows->indices[rows->count++] = index;
}

/* A condition that names its records outright, so that the table need not be walked. */
static const struct soql_node *naming_condition(const struct soql_node *node, const char *field)
{
	if (!node)
		return NULL;
	if (node->kind == SOQL_AND) {
		const struct soql_node *left = naming_condition(node->left, field);

		return left ? left : naming_condition(node->right, field);
	}
	if (node->kind == SOQL_OR || node->kind == SOQL_NOT_IN || node->path.step_count ||
		strcmp(node->path.field->name, field) != 0)
		return NULL;
	return node->kind == SOQL_IN || node->operator== SOQL_EQUAL ? node : NULL;
}

static bool filter_admits(const struct rows *rows, uint32_t index)
{
	enum world_kind kind = rows->query->object->kind;

	return world_present(rows->world, WORLD_SALESFORCE, kind, index) &&
	       (rows->filter != WORLD_LIVE_ONLY || !world_deleted(rows->world, WORLD_SALESFORCE, kind, index));
}

static void rows_offer_children(struct rows *rows, uint32_t account)
{
	uint64_t iterator = 0;
	uint32_t child;

	while (world_child_next(
		rows->world, WORLD_SALESFORCE, rows->query->object->kind, account, &iterator, &child))
		if (filter_admits(rows, child))
			rows_offer(rows, child);
}

static int index_order(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left;
	uint32_t b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static void rows_unique(struct rows *rows)
{
	uint32_t kept = 0;

	if (!rows->count)
		return;
	qsort(rows->indices, rows->count, sizeof(*rows->indices), index_order);
	for (uint32_t at = 0; at < rows->count; at++)
		if (!at || rows->indices[at] != rows->indices[kept - 1])
			rows->indices[kept++] = rows->indices[at];
	rows->count = kept;
}

static bool rows_find_named(struct rows *rows)
{
	enum world_kind own = rows->query->object->kind;
	const struct soql_node *by_id = naming_condition(rows->query->where, "Id");
	const struct soql_node *by_account = own == WORLD_ACCOUNT || own == WORLD_STAFF
						     ? NULL
						     : naming_condition(rows->query->where, "AccountId");
	const struct soql_node *node = by_id ? by_id : by_account;

	if (!node)
		return false;
	for (size_t at = 0; at < node->literal_count; at++) {
		enum world_kind kind;
		uint32_t index;

		if (node->literals[at].null || !world_salesforce_find(rows->world, node->literals[at].text,
						       node->literals[at].length, &kind, &index))
			continue;
		if (by_id && kind == own && filter_admits(rows, index))
			rows_offer(rows, index);
		else if (!by_id && kind == WORLD_ACCOUNT)
			rows_offer_children(rows, index);
	}
	rows_unique(rows);
	return true;
}

/* Where an ascending walk by id may begin: `Id > 'x'` of a keyset. */
static uint32_t first_index(const struct rows *rows, const struct soql_node *node)
{
	enum world_kind kind;
	uint32_t index;

	if (!node || node->kind == SOQL_OR)
		return 0;
	if (node->kind == SOQL_AND) {
		uint32_t left = first_index(rows, node->left);
		uint32_t right = first_index(rows, node->right);

		return left > right ? left : right;
	}
	if (node->kind != SOQL_COMPARE || node->path.step_count || strcmp(node->path.field->name, "Id") != 0 ||
		(node->operator!= SOQL_GREATER && node->operator!= SOQL_GREATER_EQUAL))
		return 0;
	if (!world_salesforce_find(rows->world, node->literals[0].text, node->literals[0].length, &kind, &index) ||
		kind != rows->query->object->kind)
		return 0;
	return index;
}

static bool order_is(const struct soql_query *query, size_t at, const char *field)
{
	return at < query->order_count && !query->order[at].descending && !query->order[at].path.step_count &&
	       strcmp(query->order[at].path.field->name, field) == 0;
}

static void rows_find_walking(struct rows *rows, enum world_order order)
{
	struct world_walk walk;
	int64_t low, high, stamp;
	uint32_t index;

	soql_stamp_bounds(rows->query->where, &low, &high);
	world_walk_start(&walk, rows->world, WORLD_SALESFORCE, rows->query->object->kind, order, rows->filter, low,
		order == WORLD_BY_INDEX ? first_index(rows, rows->query->where) : 0);
	while (rows->count < rows->enough && world_walk_next(&walk, &index, &stamp)) {
		if (stamp >= high) {
			if (order == WORLD_BY_STAMP)
				return;
			continue;
		}
		rows_offer(rows, index);
	}
}

struct sorting {
	const struct rows *rows;
	struct text_buffer scratch[2];
};

static int row_order(const void *left, const void *right, void *argument)
{
	struct sorting *sorting = argument;
	const struct soql_query *query = sorting->rows->query;
	const uint32_t *indices[2] = { left, right };

	for (size_t at = 0; at < query->order_count; at++) {
		struct salesforce_record records[2];
		struct salesforce_value values[2] = { { .scratch = &sorting->scratch[0] },
			{ .scratch = &sorting->scratch[1] } };

		for (size_t side = 0; side < 2; side++) {
			salesforce_record_open(&records[side], sorting->rows->world, query->object, *indices[side]);
			soql_path_value(&query->order[at].path, &records[side], &values[side]);
		}
		int order = soql_compare_values(query->order[at].path.field, &values[0], &values[1]);

		if (order)
			return query->order[at].descending ? -order : order;
	}
	if (sorting->rows->shuffle) {
		uint64_t a = world_hash(sorting->rows->world, 903, sorting->rows->shuffle << 32 | *indices[0]);
		uint64_t b = world_hash(sorting->rows->world, 903, sorting->rows->shuffle << 32 | *indices[1]);

		return a < b ? -1 : a > b;
	}
	return index_order(left, right);
}

static void rows_sort(struct rows *rows)
{
	struct sorting sorting = { .rows = rows };

	if (rows->count > 1)
		qsort_r(rows->indices, rows->count, sizeof(*rows->indices), row_order, &sorting);
	text_buffer_free(&sorting.scratch[0]);
	text_buffer_free(&sorting.scratch[1]);
}

uint32_t *salesforce_rows_find(
	struct salesforce *salesforce, const struct soql_query *query, bool all, uint32_t *count)
{
	struct rows rows = { .world = salesforce->world,
		.query = query,
		.filter = all ? WORLD_LIVE_AND_DELETED : WORLD_LIVE_ONLY,
		.enough = UINT32_MAX };
	bool by_stamp = order_is(query, 0, "SystemModstamp") &&
			(query->order_count == 1 || (query->order_count == 2 && order_is(query, 1, "Id")));
	bool by_index = !query->order_count || (order_is(query, 0, "Id") && query->order_count == 1);
	int64_t low, high;

	/* Nobody promised an order among equals, or any order where none was asked for (SOQL, ORDER BY). */
	if (strcmp(server_switch(salesforce->server, "salesforce.row_order", "id"), "shuffled") == 0) {
		rows.shuffle = ++salesforce->shuffles;
		by_stamp = by_index = false;
	}
	if (rows_find_named(&rows)) {
		if (!by_index)
			rows_sort(&rows);
	} else if (by_stamp || by_index) {
		rows.enough = query->limit;
		soql_stamp_bounds(query->where, &low, &high);
		/* Nobody said in which order, so the walk that starts nearest will do. */
		if (!query->order_count && low > 0)
			by_stamp = true;
		rows_find_walking(&rows, by_stamp ? WORLD_BY_STAMP : WORLD_BY_INDEX);
	} else {
		rows_find_walking(&rows, WORLD_BY_STAMP);
		rows_sort(&rows);
	}
	text_buffer_free(&rows.scratch);
	*count = rows.count < query->limit ? rows.count : query->limit;
	return rows.indices;
}
