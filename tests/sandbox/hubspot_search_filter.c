/* The filters of a search. */
#include "tests/sandbox/hubspot_search_filter.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const comparison_names[] = {
	[SEARCH_EQ] = "EQ",
	[SEARCH_NEQ] = "NEQ",
	[SEARCH_LT] = "LT",
	[SEARCH_LTE] = "LTE",
	[SEARCH_GT] = "GT",
	[SEARCH_GTE] = "GTE",
	[SEARCH_BETWEEN] = "BETWEEN",
	[SEARCH_IN] = "IN",
	[SEARCH_NOT_IN] = "NOT_IN",
	[SEARCH_HAS_PROPERTY] = "HAS_PROPERTY",
	[SEARCH_NOT_HAS_PROPERTY] = "NOT_HAS_PROPERTY",
	[SEARCH_CONTAINS_TOKEN] = "CONTAINS_TOKEN",
	[SEARCH_NOT_CONTAINS_TOKEN] = "NOT_CONTAINS_TOKEN",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- reading ---- */

static void invalid(struct hubspot *hubspot, struct server_call *call, const char *words, const char *what)
{
	hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL, "%s%s", words, what);
}

static bool is_time(const struct hubspot_property *property)
{
	return property->type == HUBSPOT_DATE || property->type == HUBSPOT_DATETIME;
}

/* False: answered. */
static bool read_value(struct hubspot *hubspot, struct server_call *call, const struct hubspot_property *property,
	json_t *json, struct search_value *value)
{
	if (!hubspot_json_text(json, value->space, sizeof(value->space), &value->text)) {
		invalid(hubspot, call, "A filter misses a value: ", property->name);
		return false;
	}
	if (property->type == HUBSPOT_NUMBER) {
		char *end;
		value->number = strtod(value->text, &end);
		if (end == value->text || *end != '\0') {
			invalid(hubspot, call, "Not a number in a filter on ", property->name);
			return false;
		}
	}
	if (!is_time(property))
		return true;
	size_t length = strlen(value->text);
	size_t digits = strspn(value->text, "0123456789");
	if (digits == length && digits > 0 && digits < 18) {
		value->time = strtoll(value->text, NULL, 10);
	} else if (!text_parse_time(value->text, length, &value->time)) {
		invalid(hubspot, call, "Not a date in a filter on ", property->name);
		return false;
	}
	if (value->time == 0) { /* a known defect of the real one */
		hubspot_error(hubspot, call, 500, NULL, NULL, "internal error");
		return false;
	}
	return true;
}

static bool read_values(
	struct hubspot *hubspot, struct server_call *call, struct search_filter *filter, json_t *values)
{
	if (!json_is_array(values) || json_array_size(values) == 0) {
		invalid(hubspot, call, "A filter with IN or NOT_IN misses its values: ", filter->property->name);
		return false;
	}
	filter->values = calloc(json_array_size(values), sizeof(*filter->values));
	if (!filter->values)
		abort();
	for (size_t i = 0; i < json_array_size(values); i++, filter->value_count++)
		if (!read_value(hubspot, call, filter->property, json_array_get(values, i), &filter->values[i]))
			return false;
	return true;
}

static bool read_comparison(
	struct hubspot *hubspot, struct server_call *call, json_t *json, enum search_comparison *comparison)
{
	const char *name = json_string_value(json);
	for (size_t i = 0; name && i < COUNT(comparison_names); i++) {
		if (strcmp(name, comparison_names[i]) != 0)
			continue;
		*comparison = (enum search_comparison)i;
		return true;
	}
	hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
		"Invalid input JSON on line 1, column 1: Cannot deserialize value of type "
		"`Filter$OperatorEnum` from String \"%s\": value not one of declared Enum instance names: "
		"[IN, NOT_HAS_PROPERTY, LT, EQ, GT, NOT_IN, GTE, CONTAINS_TOKEN, HAS_PROPERTY, LTE, "
		"NOT_CONTAINS_TOKEN, BETWEEN, NEQ]",
		name ? name : "null");
	return false;
}

/* `associations.contact` of a ticket and the like; false: answered. */
static bool read_association(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	const char *name, json_t *json, struct search_filter *filter)
{
	static const struct hubspot_object *const targets[] = { &hubspot_companies, &hubspot_contacts };
	for (size_t i = 0; i < COUNT(targets); i++)
		if (strcmp(name, targets[i]->singular) == 0 || strcmp(name, targets[i]->plural) == 0)
			filter->association = targets[i];
	bool known = filter->association == &hubspot_companies  ? object != &hubspot_companies
		     : filter->association == &hubspot_contacts ? object == &hubspot_tickets
								: false;
	json_t *value = json_object_get(json, "value");
	char space[32];
	const char *text;
	if (!known || filter->comparison != SEARCH_EQ || !hubspot_json_text(value, space, sizeof(space), &text)) {
		invalid(hubspot, call,
			"The sandbox plays this association filter only as EQ towards companies, "
			"or from tickets towards contacts: ",
			name);
		return false;
	}
	if (!hubspot_find(hubspot, filter->association, text, strlen(text), &filter->association_index))
		filter->association_index = WORLD_NONE;
	return true;
}

/* Takes a filter that only says where ids or modified dates lie into the group's bounds. */
static bool take_bound(struct search_group *group, const struct search_filter *filter)
{
	bool stamp = filter->property->field == HUBSPOT_MODIFIED;
	if (!stamp && filter->property->field != HUBSPOT_ID)
		return false;
	double low = stamp ? (double)filter->value.time : filter->value.number;
	double high = low;
	switch (filter->comparison) {
	case SEARCH_EQ:
		break;
	case SEARCH_GT:
		low += 1; /* ids and stamps are whole numbers well inside a double */
		high = 9e15;
		break;
	case SEARCH_GTE:
		high = 9e15;
		break;
	case SEARCH_LT:
		high -= 1;
		low = stamp ? -9e15 : 0;
		break;
	case SEARCH_LTE:
		low = stamp ? -9e15 : 0;
		break;
	case SEARCH_BETWEEN:
		high = stamp ? (double)filter->high.time : filter->high.number;
		break;
	default:
		return false;
	}
	if (stamp) {
		if ((int64_t)low > group->lowest_stamp)
			group->lowest_stamp = (int64_t)low;
		if ((int64_t)high < group->highest_stamp)
			group->highest_stamp = (int64_t)high;
		return true;
	}
	if (low < 0)
		low = 0;
	if (high < 0 || high > 9e15)
		high = high < 0 ? 0 : 9e15;
	if (low > 9e15)
		low = 9e15;
	if ((uint64_t)low > group->lowest_id)
		group->lowest_id = (uint64_t)low;
	if ((uint64_t)high < group->highest_id)
		group->highest_id = (uint64_t)high;
	return true;
}

/* False: answered. */
static bool read_filter(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	json_t *json, struct search_group *group)
{
	struct search_filter *filter = &group->filters[group->filter_count];
	const char *name = json_string_value(json_object_get(json, "propertyName"));
	filter->json = json;
	if (!name) {
		invalid(hubspot, call, "A filter misses its propertyName", "");
		return false;
	}
	if (!read_comparison(hubspot, call, json_object_get(json, "operator"), &filter->comparison))
		return false;
	if (strncmp(name, "associations.", 13) == 0) {
		group->filter_count++;
		return read_association(hubspot, call, object, name + 13, json, filter);
	}
	filter->property = hubspot_property_find(hubspot, object, name, strlen(name));
	if (!filter->property) {
		struct text_buffer more = { 0 };
		text_buffer_add_string(&more, ",\"errors\":[{\"message\":\"A property of a filter does not exist\","
					      "\"code\":\"PROPERTY_DOESNT_EXIST\",\"context\":{\"propertyName\":[");
		text_buffer_add_json_string(&more, name);
		text_buffer_add_string(&more, "]}}]");
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", text_buffer_terminate(&more),
			"There was a problem with the request.");
		text_buffer_free(&more);
		return false;
	}
	group->filter_count++; /* from here on it may own values */
	switch (filter->comparison) {
	case SEARCH_HAS_PROPERTY:
	case SEARCH_NOT_HAS_PROPERTY:
		return true;
	case SEARCH_IN:
	case SEARCH_NOT_IN:
		return read_values(hubspot, call, filter, json_object_get(json, "values"));
	case SEARCH_BETWEEN:
		if (!read_value(hubspot, call, filter->property, json_object_get(json, "highValue"), &filter->high))
			return false;
		break;
	default:
		break;
	}
	if (!read_value(hubspot, call, filter->property, json_object_get(json, "value"), &filter->value))
		return false;
	if (take_bound(group, filter))
		group->filter_count--;
	return true;
}

static bool read_group(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	json_t *list, struct search_filters *filters, size_t *in_all)
{
	if (filters->group_count == SEARCH_GROUPS) {
		invalid(hubspot, call, "Too many filterGroups, the maximum is 5", "");
		return false;
	}
	struct search_group *group = &filters->groups[filters->group_count++];
	group->lowest_stamp = INT64_MIN;
	group->highest_stamp = INT64_MAX;
	group->highest_id = UINT64_MAX;
	if (list && !json_is_array(list)) {
		invalid(hubspot, call, "Invalid input JSON: filters must be a list", "");
		return false;
	}
	if (json_array_size(list) > SEARCH_FILTERS) {
		invalid(hubspot, call, "Too many filters in a filterGroup, the maximum is 6", "");
		return false;
	}
	*in_all += json_array_size(list);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!read_filter(hubspot, call, object, json_array_get(list, i), group))
			return false;
	group->first_index = hubspot_index_from_id(hubspot, object->kind, group->lowest_id);
	group->end_index = group->highest_id == UINT64_MAX
				   ? world_limit(hubspot->world, object->kind)
				   : hubspot_index_from_id(hubspot, object->kind, group->highest_id + 1);
	return true;
}

bool search_filters_read(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	json_t *body, struct search_filters *filters)
{
	memset(filters, 0, sizeof(*filters));
	json_t *groups = json_object_get(body, "filterGroups");
	json_t *shorthand = json_object_get(body, "filters");
	size_t in_all = 0;
	if (json_is_null(groups))
		groups = NULL;
	if (json_is_null(shorthand))
		shorthand = NULL;
	if (groups && !json_is_array(groups)) {
		invalid(hubspot, call, "Invalid input JSON: filterGroups must be a list", "");
		return false;
	}
	if (shorthand && !read_group(hubspot, call, object, shorthand, filters, &in_all))
		return false;
	for (size_t i = 0; i < json_array_size(groups); i++)
		if (!read_group(hubspot, call, object, json_object_get(json_array_get(groups, i), "filters"),
			    filters, &in_all))
			return false;
	if (in_all > SEARCH_FILTERS_IN_ALL) {
		invalid(hubspot, call, "Too many filters, the maximum is 18 in all groups together", "");
		return false;
	}
	if (filters->group_count == 0)
		return read_group(hubspot, call, object, NULL, filters, &in_all);
	return true;
}

void search_filters_free(struct search_filters *filters)
{
	for (size_t i = 0; i < filters->group_count; i++)
		for (size_t each = 0; each < filters->groups[i].filter_count; each++)
			free(filters->groups[i].filters[each].values);
}

/* ---- asking ---- */

static int compare_texts(struct text_slice left, const char *right, bool with_case)
{
	size_t right_length = strlen(right);
	size_t shorter = left.length < right_length ? left.length : right_length;
	int difference = with_case ? strncmp(left.bytes, right, shorter) : strncasecmp(left.bytes, right, shorter);
	if (difference != 0)
		return difference;
	return (left.length > right_length) - (left.length < right_length);
}

static int compare(const struct hubspot_property *property, const struct hubspot_value *value,
	const struct search_value *wanted)
{
	if (property->type == HUBSPOT_NUMBER)
		return (value->number > wanted->number) - (value->number < wanted->number);
	if (is_time(property))
		return (value->time > wanted->time) - (value->time < wanted->time);
	/* Texts are compared without case, options of an enumeration with it. */
	return compare_texts(
		value->text, wanted->text, property->type == HUBSPOT_ENUMERATION || property->type == HUBSPOT_BOOL);
}

/* A string property is lower-cased for IN, its values are not: asked in capitals nothing is found. */
static bool is_among(const struct search_filter *filter, const struct hubspot_value *value)
{
	for (size_t i = 0; i < filter->value_count; i++) {
		if (filter->property->type == HUBSPOT_STRING) {
			const char *wanted = filter->values[i].text;
			size_t each = 0;
			while (each < value->text.length && wanted[each] != '\0' &&
				tolower((unsigned char)value->text.bytes[each]) == (unsigned char)wanted[each])
				each++;
			if (each == value->text.length && wanted[each] == '\0')
				return true;
		} else if (compare(filter->property, value, &filter->values[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool matches_pattern(const char *text, size_t length, const char *pattern)
{
	if (*pattern == '\0')
		return length == 0;
	if (*pattern == '*') {
		for (size_t skipped = 0; skipped <= length; skipped++)
			if (matches_pattern(text + skipped, length - skipped, pattern + 1))
				return true;
		return false;
	}
	return length > 0 && tolower((unsigned char)*text) == tolower((unsigned char)*pattern) &&
	       matches_pattern(text + 1, length - 1, pattern + 1);
}

static bool contains_token(struct text_slice text, const char *pattern)
{
	if (matches_pattern(text.bytes, text.length, pattern))
		return true;
	for (size_t first = 0; first < text.length;) {
		size_t end = first;
		while (end < text.length &&
			(isalnum((unsigned char)text.bytes[end]) || (unsigned char)text.bytes[end] >= 0x80))
			end++;
		if (end > first && matches_pattern(text.bytes + first, end - first, pattern))
			return true;
		first = end + 1;
	}
	return false;
}

static bool association_matches(
	struct hubspot *hubspot, const struct hubspot_record *record, const struct search_filter *filter)
{
	uint32_t wanted = filter->association_index;
	if (wanted == WORLD_NONE || world_deleted(hubspot->world, WORLD_HUBSPOT, filter->association->kind, wanted))
		return false;
	if (filter->association == &hubspot_contacts)
		return record->of.ticket.contact == wanted;
	switch (record->object->kind) {
	case WORLD_CONTACT:
		return record->of.contact.account == wanted;
	case WORLD_OPPORTUNITY:
		return record->of.deal.account == wanted;
	default:
		return record->of.ticket.account == wanted;
	}
}

static bool filter_matches(
	struct hubspot *hubspot, struct hubspot_record *record, const struct search_filter *filter)
{
	if (!filter->property)
		return association_matches(hubspot, record, filter);
	struct hubspot_value value;
	hubspot_record_value(hubspot, record, filter->property, &value);
	bool filled = value.text.bytes && value.text.length > 0; /* a cleared one counts as none */
	if (filter->comparison == SEARCH_HAS_PROPERTY)
		return filled;
	if (filter->comparison == SEARCH_NOT_HAS_PROPERTY)
		return !filled;
	if (!filled)
		return false;
	switch (filter->comparison) {
	case SEARCH_EQ:
		return compare(filter->property, &value, &filter->value) == 0;
	case SEARCH_NEQ:
		return compare(filter->property, &value, &filter->value) != 0;
	case SEARCH_LT:
		return compare(filter->property, &value, &filter->value) < 0;
	case SEARCH_LTE:
		return compare(filter->property, &value, &filter->value) <= 0;
	case SEARCH_GT:
		return compare(filter->property, &value, &filter->value) > 0;
	case SEARCH_GTE:
		return compare(filter->property, &value, &filter->value) >= 0;
	case SEARCH_BETWEEN:
		return compare(filter->property, &value, &filter->value) >= 0 &&
		       compare(filter->property, &value, &filter->high) <= 0;
	case SEARCH_IN:
		return is_among(filter, &value);
	case SEARCH_NOT_IN:
		return !is_among(filter, &value);
	case SEARCH_CONTAINS_TOKEN:
		return contains_token(value.text, filter->value.text);
	case SEARCH_NOT_CONTAINS_TOKEN:
		return !contains_token(value.text, filter->value.text);
	case SEARCH_HAS_PROPERTY:
	case SEARCH_NOT_HAS_PROPERTY:
		break;
	}
	return false;
}

bool search_group_matches(struct hubspot *hubspot, const struct hubspot_object *object,
	const struct search_group *group, uint32_t index, int64_t stamp, struct hubspot_record *record,
	bool *record_read)
{
	if (stamp < group->lowest_stamp || stamp > group->highest_stamp || index < group->first_index ||
		index >= group->end_index)
		return false;
	if (group->filter_count == 0)
		return true;
	if (!*record_read)
		hubspot_record_read(hubspot, object, index, record);
	*record_read = true;
	for (size_t i = 0; i < group->filter_count; i++)
		if (!filter_matches(hubspot, record, &group->filters[i]))
			return false;
	return true;
}
