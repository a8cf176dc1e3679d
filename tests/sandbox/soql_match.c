#include "tests/sandbox/soql.h"

#include <string.h>

void soql_path_value(const struct soql_path *path, struct salesforce_record *record, struct salesforce_value *value)
{
	struct salesforce_record parents[2];
	struct salesforce_record *at = record;

	for (size_t step = 0; step < path->step_count; step++) {
		struct salesforce_record *parent = &parents[step % 2];

		if (!salesforce_record_parent(at, path->steps[step], parent)) {
			value->null = true;
			return;
		}
		at = parent;
	}
	salesforce_record_value(at, path->field, value);
	/* Texts may lie inside a parent that ends here. */
	if (path->step_count && !value->null && value->text.bytes && value->text.bytes != value->id &&
		value->text.bytes != value->scratch->bytes) {
		value->scratch->length = 0;
		text_buffer_add(value->scratch, value->text.bytes, value->text.length);
		value->text.bytes = value->scratch->bytes;
	}
}

static bool is_time(enum salesforce_type type)
{
	return type == SALESFORCE_DATE || type == SALESFORCE_DATETIME;
}

static bool is_number(enum salesforce_type type)
{
	return type == SALESFORCE_INT || type == SALESFORCE_DOUBLE || type == SALESFORCE_CURRENCY ||
	       type == SALESFORCE_PERCENT;
}

static bool is_id(enum salesforce_type type)
{
	return type == SALESFORCE_ID || type == SALESFORCE_REFERENCE;
}

static int text_compare(struct text_slice left, struct text_slice right, bool fold)
{
	size_t length = left.length < right.length ? left.length : right.length;

	for (size_t at = 0; at < length; at++) {
		unsigned char a = (unsigned char)left.bytes[at];
		unsigned char b = (unsigned char)right.bytes[at];

		if (fold && a >= 'A' && a <= 'Z')
			a = (unsigned char)(a + 32);
		if (fold && b >= 'A' && b <= 'Z')
			b = (unsigned char)(b + 32);
		if (a != b)
			return a < b ? -1 : 1;
	}
	return left.length < right.length ? -1 : left.length > right.length;
}

int soql_compare_values(const struct salesforce_field *field, const struct salesforce_value *left,
	const struct salesforce_value *right)
{
	if (left->null || right->null)
		return left->null ? (right->null ? 0 : -1) : 1;
	if (is_time(field->type))
		return left->time < right->time ? -1 : left->time > right->time;
	if (is_number(field->type))
		return left->number < right->number ? -1 : left->number > right->number;
	if (field->type == SALESFORCE_BOOLEAN)
		return (int)left->boolean - (int)right->boolean;
	return text_compare(left->text, right->text, !is_id(field->type));
}

static bool literal_compare(const struct salesforce_field *field, const struct salesforce_value *value,
	const struct soql_literal *literal, enum soql_operator operator)
{
	struct salesforce_value other = { .null = literal->null,
		.boolean = literal->boolean,
		.number = literal->number,
		.time = literal->time,
		.text = { literal->text, literal->length } };
	struct salesforce_value own = *value;

	if (own.null != other.null)
		return operator== SOQL_NOT_EQUAL;
	if (own.null)
		return operator== SOQL_EQUAL;
	if (own.text.bytes == value->id)
		own.text.bytes = own.id;
	/* Fifteen characters name the same record as eighteen. */
	if (is_id(field->type) && literal->length == 15)
		own.text.length = 15;
	int order = soql_compare_values(field, &own, &other);

	switch (operator) {
	case SOQL_EQUAL:
		return order == 0;
	case SOQL_NOT_EQUAL:
		return order != 0;
	case SOQL_LESS:
		return order < 0;
	case SOQL_LESS_EQUAL:
		return order <= 0;
	case SOQL_GREATER:
		return order > 0;
	case SOQL_GREATER_EQUAL:
		return order >= 0;
	}
	return false;
}

static bool node_matches(
	const struct soql_node *node, struct salesforce_record *record, struct text_buffer *scratch)
{
	struct salesforce_value value = { .scratch = scratch };

	if (node->kind == SOQL_AND)
		return node_matches(node->left, record, scratch) && node_matches(node->right, record, scratch);
	if (node->kind == SOQL_OR)
		return node_matches(node->left, record, scratch) || node_matches(node->right, record, scratch);
	soql_path_value(&node->path, record, &value);
	if (node->kind == SOQL_COMPARE)
		return literal_compare(node->path.field, &value, &node->literals[0], node->operator);
	for (size_t at = 0; at < node->literal_count; at++)
		if (literal_compare(node->path.field, &value, &node->literals[at], SOQL_EQUAL))
			return node->kind == SOQL_IN;
	return node->kind == SOQL_NOT_IN;
}

bool soql_matches(const struct soql_query *query, struct salesforce_record *record, struct text_buffer *scratch)
{
	return !query->where || node_matches(query->where, record, scratch);
}

void soql_stamp_bounds(const struct soql_node *node, int64_t *low, int64_t *high)
{
	int64_t right_low, right_high;

	*low = 0;
	*high = INT64_MAX;
	if (!node)
		return;
	if (node->kind == SOQL_AND || node->kind == SOQL_OR) {
		soql_stamp_bounds(node->left, low, high);
		soql_stamp_bounds(node->right, &right_low, &right_high);
		bool narrow = node->kind == SOQL_AND;

		*low = (right_low > *low) == narrow ? right_low : *low;
		*high = (right_high < *high) == narrow ? right_high : *high;
		return;
	}
	if (node->kind != SOQL_COMPARE || node->path.step_count || node->literals[0].null ||
		strcmp(node->path.field->name, "SystemModstamp") != 0)
		return;
	int64_t time = node->literals[0].time;

	if (node->operator== SOQL_GREATER || node->operator== SOQL_GREATER_EQUAL || node->operator== SOQL_EQUAL)
		*low = time;
	if (node->operator== SOQL_LESS)
		*high = time;
	if (node->operator== SOQL_LESS_EQUAL || node->operator== SOQL_EQUAL)
		*high = time + 1;
}
