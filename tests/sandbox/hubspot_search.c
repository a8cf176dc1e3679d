/*
 * The search endpoint. What a search finds is kept as a list of indices for its next pages, without the lower
 * bound on the id: so a walk with `hs_object_id GT last` finds its list again and each page costs a page.
 */
#include "tests/sandbox/hubspot_search_filter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEARCH_LIMIT 200
#define SEARCH_CEILING 10000
#define SEARCH_BODY_CHARACTERS 3000
/* A list shorter than this is cheaper to find again than to keep. */
#define SEARCH_SET_WORTH_KEEPING 1000

struct search {
	struct search_filters filters;
	const char *query;
	const struct hubspot_property *sort; /* NULL: by id */
	bool descending;
	long limit;
	long after;
	uint64_t properties;
	int64_t newest_stamp; /* what the index does not show yet lies above */
};

struct sort_key {
	uint32_t index;
	bool missing;
	double number;
	char text[32];
};

void hubspot_search_free(struct hubspot *hubspot)
{
	for (size_t i = 0; i < HUBSPOT_SETS; i++) {
		free(hubspot->sets[i].key);
		free(hubspot->sets[i].indices);
	}
}

/* ---- the request ---- */

static void invalid(struct hubspot *hubspot, struct server_call *call, const char *words)
{
	hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL, "%s", words);
}

/* False: answered. */
static bool read_number(struct hubspot *hubspot, struct server_call *call, json_t *body, const char *name,
	long otherwise, long *number)
{
	json_t *json = json_object_get(body, name);
	*number = otherwise;
	if (!json || json_is_null(json))
		return true;
	char space[32];
	const char *text;
	if (!hubspot_json_text(json, space, sizeof(space), &text))
		text = "";
	size_t length = strspn(text, "0123456789");
	if (length == 0 || length > 9 || text[length] != '\0') {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid input JSON: %s must be a whole number", name);
		return false;
	}
	*number = strtol(text, NULL, 10);
	return true;
}

static bool read_sort(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	json_t *sorts, struct search *search)
{
	if (!sorts || json_is_null(sorts) || (json_is_array(sorts) && json_array_size(sorts) == 0))
		return true;
	if (!json_is_array(sorts)) {
		invalid(hubspot, call, "Invalid input JSON: sorts must be a list");
		return false;
	}
	if (json_array_size(sorts) > 1) {
		invalid(hubspot, call, "Only one sort rule is allowed");
		return false;
	}
	json_t *sort = json_array_get(sorts, 0);
	const char *name = json_string_value(json_is_string(sort) ? sort : json_object_get(sort, "propertyName"));
	const char *direction = json_string_value(json_object_get(sort, "direction"));
	if (json_is_string(sort) && name && *name == '-') {
		search->descending = true;
		name++;
	}
	if (direction && strcmp(direction, "ASCENDING") != 0 && strcmp(direction, "DESCENDING") != 0) {
		invalid(hubspot, call, "Invalid sort direction: neither ASCENDING nor DESCENDING");
		return false;
	}
	if (direction)
		search->descending = strcmp(direction, "DESCENDING") == 0;
	search->sort = name ? hubspot_property_find(hubspot, object, name, strlen(name)) : NULL;
	if (!search->sort) {
		invalid(hubspot, call, "The property to sort by does not exist");
		return false;
	}
	/* Ids ascending is how lists are kept anyway. */
	if (search->sort->field == HUBSPOT_ID && !search->descending)
		search->sort = NULL;
	return true;
}

static size_t count_characters(const char *text, size_t length)
{
	size_t count = 0;
	for (size_t i = 0; i < length; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* False: answered. */
static bool read_search(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	struct search *search)
{
	memset(search, 0, sizeof(*search));
	size_t length;
	const char *text = server_call_body(call, &length);
	size_t characters = count_characters(text, length);
	if (characters > SEARCH_BODY_CHARACTERS) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"The request body of a search must not exceed 3000 characters and has %zu", characters);
		return false;
	}
	json_t *body = hubspot_body(hubspot, call);
	if (!body || !read_number(hubspot, call, body, "limit", 10, &search->limit) ||
		!read_number(hubspot, call, body, "after", 0, &search->after))
		return false;
	if (search->limit < 1 || search->limit > SEARCH_LIMIT) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid limit %ld: it must be between 1 and %d", search->limit, SEARCH_LIMIT);
		return false;
	}
	if (search->after + search->limit > SEARCH_CEILING) {
		invalid(hubspot, call, "The requested offset exceeds the maximum of 10000 results");
		return false;
	}
	json_t *query = json_object_get(body, "query");
	search->query = json_string_value(query);
	if (query && !json_is_null(query) && !search->query) {
		invalid(hubspot, call, "Invalid input JSON: query must be a text");
		return false;
	}
	if (search->query && *search->query == '\0')
		search->query = NULL;
	if (!read_sort(hubspot, call, object, json_object_get(body, "sorts"), search))
		return false;
	if (!hubspot_properties_of_json(
		    hubspot, object, json_object_get(body, "properties"), &search->properties)) {
		invalid(hubspot, call, "Invalid input JSON: properties must be a list of names");
		return false;
	}
	return search_filters_read(hubspot, call, object, body, &search->filters);
}

/* ---- finding ---- */

static bool contains_text(struct text_slice text, const char *wanted)
{
	size_t length = strlen(wanted);
	for (size_t i = 0; i + length <= text.length; i++)
		if (strncasecmp(text.bytes + i, wanted, length) == 0)
			return true;
	return false;
}

static bool query_matches(struct hubspot *hubspot, struct hubspot_record *record, const char *query)
{
	uint64_t properties =
		hubspot_properties_of_list(hubspot, record->object, record->object->searched_properties);
	for (size_t i = 0; i < record->object->property_count; i++) {
		if (!(properties & (UINT64_C(1) << i)))
			continue;
		struct hubspot_value value;
		hubspot_record_value(hubspot, record, &record->object->properties[i], &value);
		if (value.text.bytes && contains_text(value.text, query))
			return true;
	}
	return false;
}

static bool row_matches(struct hubspot *hubspot, const struct hubspot_object *object, const struct search *search,
	uint32_t index, int64_t stamp, struct hubspot_record *record)
{
	bool record_read = false;
	bool matched = false;
	if (stamp > search->newest_stamp)
		return false;
	for (size_t i = 0; !matched && i < search->filters.group_count; i++)
		matched = search_group_matches(
			hubspot, object, &search->filters.groups[i], index, stamp, record, &record_read);
	if (!matched || !search->query)
		return matched;
	if (!record_read)
		hubspot_record_read(hubspot, object, index, record);
	return query_matches(hubspot, record, search->query);
}

static int compare_indices(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

static int compare_keys(const void *left, const void *right)
{
	const struct sort_key *a = left, *b = right;
	if (a->missing != b->missing)
		return a->missing ? 1 : -1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	int difference = strcasecmp(a->text, b->text);
	return difference != 0 ? difference : compare_indices(&a->index, &b->index);
}

static void sort_set(struct hubspot *hubspot, const struct hubspot_object *object, const struct search *search,
	struct hubspot_set *set)
{
	if (!search->sort) {
		bool sorted = true;
		for (size_t i = 1; sorted && i < set->count; i++)
			sorted = set->indices[i - 1] < set->indices[i];
		if (!sorted)
			qsort(set->indices, set->count, sizeof(*set->indices), compare_indices);
		return;
	}
	struct sort_key *keys = calloc(set->count + 1, sizeof(*keys));
	if (!keys)
		abort();
	struct hubspot_record record = { 0 };
	for (size_t i = 0; i < set->count; i++) {
		struct hubspot_value value;
		keys[i].index = set->indices[i];
		if (search->sort->field == HUBSPOT_MODIFIED) {
			keys[i].number =
				(double)world_stamp(hubspot->world, WORLD_HUBSPOT, object->kind, keys[i].index);
			continue;
		}
		hubspot_record_read(hubspot, object, keys[i].index, &record);
		hubspot_record_value(hubspot, &record, search->sort, &value);
		keys[i].missing = !value.text.bytes || value.text.length == 0;
		if (value.kind == HUBSPOT_VALUE_NUMBER)
			keys[i].number = value.number;
		else if (value.kind == HUBSPOT_VALUE_TIME)
			keys[i].number = (double)value.time;
		else if (value.text.bytes)
			memcpy(keys[i].text, value.text.bytes,
				value.text.length < sizeof(keys[i].text) ? value.text.length
									 : sizeof(keys[i].text) - 1);
	}
	hubspot_record_free(&record);
	qsort(keys, set->count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < set->count; i++)
		set->indices[search->descending ? set->count - 1 - i : i] = keys[i].index;
	free(keys);
}

static void set_add(struct hubspot_set *set, size_t *capacity, uint32_t index)
{
	if (set->count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 1024;
		uint32_t *indices = reallocarray(set->indices, *capacity, sizeof(*indices));
		if (!indices)
			abort();
		set->indices = indices;
	}
	set->indices[set->count++] = index;
}

static void find_set(struct hubspot *hubspot, const struct hubspot_object *object, const struct search *search,
	struct hubspot_set *set)
{
	int64_t lowest = INT64_MAX, highest = INT64_MIN;
	uint32_t first = WORLD_NONE;
	for (size_t i = 0; i < search->filters.group_count; i++) {
		const struct search_group *group = &search->filters.groups[i];
		if (group->lowest_stamp < lowest)
			lowest = group->lowest_stamp;
		if (group->highest_stamp > highest)
			highest = group->highest_stamp;
		if (group->first_index < first)
			first = group->first_index;
	}
	if (highest > search->newest_stamp)
		highest = search->newest_stamp;
	struct world_walk walk;
	struct hubspot_record record = { 0 };
	size_t capacity = 0;
	uint32_t index;
	int64_t stamp;
	bool by_stamp = lowest != INT64_MIN;
	world_walk_start(&walk, hubspot->world, WORLD_HUBSPOT, object->kind,
		by_stamp ? WORLD_BY_STAMP : WORLD_BY_INDEX, WORLD_LIVE_ONLY, by_stamp ? lowest : 0,
		by_stamp ? 0 : first);
	while (world_walk_next(&walk, &index, &stamp)) {
		if (by_stamp && stamp > highest)
			break;
		if (row_matches(hubspot, object, search, index, stamp, &record))
			set_add(set, &capacity, index);
	}
	hubspot_record_free(&record);
	sort_set(hubspot, object, search, set);
}

/* All that decides what is found, and in which order. */
static char *set_key(const struct hubspot_object *object, const struct search *search)
{
	struct text_buffer key = { 0 };
	text_buffer_format(
		&key, "%s %s %d\n", object->plural, search->sort ? search->sort->name : "", search->descending);
	for (size_t i = 0; i < search->filters.group_count; i++) {
		const struct search_group *group = &search->filters.groups[i];
		text_buffer_format(&key, "%" PRId64 " %" PRId64 " %u %u", group->lowest_stamp, group->highest_stamp,
			(unsigned)group->first_index, (unsigned)group->end_index);
		for (size_t each = 0; each < group->filter_count; each++) {
			char *json = json_dumps(group->filters[each].json, JSON_COMPACT | JSON_SORT_KEYS);
			text_buffer_add_char(&key, ' ');
			text_buffer_add_string(&key, json ? json : "?");
			free(json);
		}
		text_buffer_add_char(&key, '\n');
	}
	text_buffer_add_string(&key, search->query ? search->query : "");
	text_buffer_terminate(&key);
	return key.bytes;
}

/* The set of this search, found now or kept from an earlier page. Valid until the next call. */
static const struct hubspot_set *take_set(struct hubspot *hubspot, const struct hubspot_object *object,
	const struct search *search, struct hubspot_set *scratch)
{
	char *key = set_key(object, search);
	uint64_t generation = world_generation(hubspot->world);
	/* While something is too fresh to be shown, what is found changes by waiting. */
	bool settled = search->newest_stamp == INT64_MAX ||
		       world_count(hubspot->world, WORLD_HUBSPOT, object->kind, WORLD_LIVE_ONLY,
			       search->newest_stamp + 1, INT64_MAX) == 0;
	struct hubspot_set *oldest = &hubspot->sets[0];
	for (size_t i = 0; settled && i < HUBSPOT_SETS; i++) {
		struct hubspot_set *set = &hubspot->sets[i];
		if (set->last_used < oldest->last_used)
			oldest = set;
		if (!set->key || set->generation != generation || strcmp(set->key, key) != 0)
			continue;
		free(key);
		set->last_used = ++hubspot->set_clock;
		return set;
	}
	find_set(hubspot, object, search, scratch);
	if (!settled || scratch->count < SEARCH_SET_WORTH_KEEPING) {
		free(key);
		return scratch;
	}
	free(oldest->key);
	free(oldest->indices);
	*oldest = (struct hubspot_set){ .key = key,
		.generation = generation,
		.last_used = ++hubspot->set_clock,
		.indices = scratch->indices,
		.count = scratch->count };
	*scratch = (struct hubspot_set){ 0 };
	return oldest;
}

/* ---- the answer ---- */

/* As users report, the index is in no order near the present: what is unsettled stands in backward order. */
static void place_rows(struct hubspot *hubspot, const struct hubspot_object *object, int64_t settled_until,
	const uint32_t *indices, size_t count, uint32_t *out)
{
	size_t unsettled[SEARCH_LIMIT];
	size_t unsettled_count = 0;
	if (count > 0)
		memcpy(out, indices, count * sizeof(*out));
	if (settled_until == INT64_MAX)
		return;
	for (size_t i = 0; i < count; i++)
		if (world_stamp(hubspot->world, WORLD_HUBSPOT, object->kind, indices[i]) > settled_until)
			unsettled[unsettled_count++] = i;
	for (size_t i = 0; i < unsettled_count; i++)
		out[unsettled[i]] = indices[unsettled[unsettled_count - 1 - i]];
}

static void write_page(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	const struct search *search, uint64_t total, const uint32_t *found, size_t count)
{
	long unsettled_ms = server_switch_number(hubspot->server, "hubspot.search_unsettled_ms", 0);
	int64_t settled_until = unsettled_ms > 0 ? world_now() - unsettled_ms : INT64_MAX;
	uint32_t indices[SEARCH_LIMIT];
	place_rows(hubspot, object, settled_until, found, count, indices);
	struct text_buffer body = { 0 };
	struct hubspot_record record = { 0 };
	bool disordered = server_call_fault(call, "search-disorder") != NULL;
	bool above = server_call_fault(call, "search-above") != NULL;
	text_buffer_format(&body, "{\"total\":%" PRIu64 ",\"results\":[", total);
	for (size_t i = 0; i < count; i++) {
		hubspot_record_read(hubspot, object, indices[disordered ? count - 1 - i : i], &record);
		/* Edited while the query ran: comes with a date that the query did not ask for. */
		if (above && i + 1 == count)
			record.modified_at = world_now();
		if (object == &hubspot_companies && record.modified_at > settled_until)
			record.of.company.health = world_account_first_health(
				hubspot->world, record.index, &record.of.company.has_health);
		if (i > 0)
			text_buffer_add_char(&body, ',');
		hubspot_record_write(hubspot, &record, search->properties, &body);
		text_buffer_add_char(&body, '}');
	}
	text_buffer_add_char(&body, ']');
	if ((uint64_t)search->after + count < total)
		text_buffer_format(
			&body, ",\"paging\":{\"next\":{\"after\":\"%zu\"}}", (size_t)search->after + count);
	text_buffer_add_char(&body, '}');
	hubspot_record_free(&record);
	server_answer_buffer(call, 200, HUBSPOT_JSON, &body);
	text_buffer_free(&body);
}

static size_t position_of(const struct hubspot_set *set, uint32_t first_index)
{
	size_t low = 0, high = set->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->indices[middle] < first_index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Paging by date: the world itself is in that order, and counts without walking. */
static bool search_by_date(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	const struct search *search)
{
	const struct search_group *group = &search->filters.groups[0];
	if (search->filters.group_count != 1 || group->filter_count != 0 || search->query || !search->sort ||
		search->sort->field != HUBSPOT_MODIFIED || search->descending || group->lowest_id > 0 ||
		group->highest_id != UINT64_MAX)
		return false;
	int64_t highest = group->highest_stamp < search->newest_stamp ? group->highest_stamp : search->newest_stamp;
	int64_t end = highest == INT64_MAX ? highest : highest + 1;
	int64_t lowest = group->lowest_stamp;
	uint64_t total = lowest < end ? world_count(hubspot->world, WORLD_HUBSPOT, object->kind, WORLD_LIVE_ONLY,
						lowest, end)
				      : 0;
	uint32_t indices[SEARCH_LIMIT];
	size_t count = 0;
	long skipped = 0;
	uint32_t index;
	int64_t stamp;
	struct world_walk walk;
	world_walk_start(
		&walk, hubspot->world, WORLD_HUBSPOT, object->kind, WORLD_BY_STAMP, WORLD_LIVE_ONLY, lowest, 0);
	while (count < (size_t)search->limit && world_walk_next(&walk, &index, &stamp) && stamp <= highest)
		if (skipped++ >= search->after)
			indices[count++] = index;
	write_page(hubspot, call, object, search, total, indices, count);
	return true;
}

void hubspot_search(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object)
{
	struct search search;
	if (!read_search(hubspot, call, object, &search)) {
		search_filters_free(&search.filters);
		return;
	}
	long lag = server_switch_number(hubspot->server, "hubspot.search_lag_ms", 0);
	search.newest_stamp = lag > 0 ? world_now() - lag : INT64_MAX;
	if (search_by_date(hubspot, call, object, &search)) {
		search_filters_free(&search.filters);
		return;
	}
	uint32_t first_index = 0;
	if (search.filters.group_count == 1 && !search.sort) {
		first_index = search.filters.groups[0].first_index;
		search.filters.groups[0].first_index = 0;
	}
	struct hubspot_set scratch = { 0 };
	const struct hubspot_set *set = take_set(hubspot, object, &search, &scratch);
	size_t base = position_of(set, first_index);
	if (first_index == 0)
		base = 0; /* another order than by id has no position */
	size_t total = set->count - base;
	size_t after = (size_t)search.after < total ? (size_t)search.after : total;
	size_t count = total - after < (size_t)search.limit ? total - after : (size_t)search.limit;
	write_page(hubspot, call, object, &search, total, set->indices + base + after, count);
	free(scratch.indices);
	search_filters_free(&search.filters);
}
