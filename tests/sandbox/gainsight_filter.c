/* The `where` of a Gainsight query. */
#include "tests/sandbox/gainsight_filter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MINUTE_MS INT64_C(60000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* The document has no code for a request that is badly made as a whole. */
#define BAD_REQUEST "GU_1100"

/* ---- columns ---- */

void gainsight_hops_start(
	struct gainsight *gainsight, struct gainsight_hops *hops, const struct gainsight_object *object)
{
	hops->gainsight = gainsight;
	hops->count = 1;
	hops->items[0].object = object;
	hops->items[0].parent = 0;
	hops->items[0].via = NULL;
	hops->items[0].followed = true;
	hops->items[0].exists = true;
}

static bool hop_find(struct gainsight_hops *hops, size_t parent, const struct gainsight_field *via, size_t *hop)
{
	for (size_t i = 1; i < hops->count; i++) {
		if (hops->items[i].parent != parent || hops->items[i].via != via)
			continue;
		*hop = i;
		return true;
	}
	if (hops->count == GAINSIGHT_HOPS)
		return false;
	struct gainsight_hop *item = &hops->items[hops->count];
	item->object = via->lookup;
	item->parent = parent;
	item->via = via;
	item->followed = false;
	*hop = hops->count++;
	return true;
}

bool gainsight_column_find(struct gainsight_hops *hops, const char *name, struct gainsight_column *column)
{
	column->hop = 0;
	for (int steps = 0;; steps++) {
		const struct gainsight_object *object = hops->items[column->hop].object;
		const char *dot = strchr(name, '.');
		if (!dot) {
			column->field = gainsight_field_find(hops->gainsight, object, name, strlen(name));
			return column->field != NULL;
		}
		size_t length = (size_t)(dot - name);
		if (steps == 2 || length <= 4 || strncmp(dot - 4, "__gr", 4) != 0)
			return false;
		const struct gainsight_field *via = gainsight_field_find(hops->gainsight, object, name, length - 4);
		if (!via || via->type != GAINSIGHT_LOOKUP || !hop_find(hops, column->hop, via, &column->hop))
			return false;
		name = dot + 1;
	}
}

void gainsight_hops_set(struct gainsight_hops *hops, uint32_t index)
{
	gainsight_row_set(&hops->items[0].row, hops->items[0].object, index);
	for (size_t i = 1; i < hops->count; i++)
		hops->items[i].followed = false;
}

/* A hop's parent always stands before it. */
static struct gainsight_row *hop_row(struct gainsight *gainsight, struct gainsight_hops *hops, size_t hop)
{
	struct gainsight_hop *item = &hops->items[hop];
	if (hop == 0)
		return &item->row;
	if (!item->followed) {
		uint32_t index;
		struct gainsight_row *parent = hop_row(gainsight, hops, item->parent);
		item->followed = true;
		item->exists = parent && gainsight_row_lookup(gainsight, parent, item->via, &index);
		if (item->exists)
			gainsight_row_set(&item->row, item->object, index);
	}
	return item->exists ? &item->row : NULL;
}

void gainsight_column_value(struct gainsight *gainsight, struct gainsight_hops *hops,
	const struct gainsight_column *column, struct gainsight_value *value)
{
	struct gainsight_row *row = hop_row(gainsight, hops, column->hop);
	if (row) {
		gainsight_row_value(gainsight, row, column->field, value);
		return;
	}
	value->kind = GAINSIGHT_VALUE_NULL;
	value->text = (struct text_slice){ NULL, 0 };
}

void gainsight_bad_field(struct gainsight *gainsight, struct server_call *call,
	const struct gainsight_object *object, const char *name)
{
	gainsight_error(gainsight, call, 400, "GSOBJ_1002", "Invalid field %s for object %s", name, object->name);
}

/* ---- reading conditions ---- */

/* Digits where the pattern has 9, the pattern's own character elsewhere. */
static bool has_shape(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++)
		if (*pattern == '9' ? !isdigit((unsigned char)*text) : *text != *pattern)
			return false;
	return *text == '\0';
}

/* Times without an offset are in a zone that the document does not name: here a switch. */
static bool read_time(struct gainsight *gainsight, enum gainsight_type type, const char *text, int64_t *time)
{
	if (type == GAINSIGHT_DATE)
		return has_shape(text, "9999-99-99") && text_parse_time(text, strlen(text), time);
	if (has_shape(text, "9999-99-99T99:99:99.999Z") || has_shape(text, "9999-99-99T99:99:99.999+9999") ||
		has_shape(text, "9999-99-99T99:99:99.999-9999"))
		return text_parse_time(text, strlen(text), time);
	if (!has_shape(text, "9999-99-99 99:99:99") || !text_parse_time(text, strlen(text), time))
		return false;
	*time -= server_switch_number(gainsight->server, "gainsight.filter_zone_minutes", 0) * MINUTE_MS;
	return true;
}

/* False: answered. */
static bool read_operand(struct gainsight *gainsight, struct server_call *call, const struct gainsight_field *field,
	json_t *json, struct gainsight_operand *operand)
{
	switch (field->type) {
	case GAINSIGHT_NUMBER:
	case GAINSIGHT_CURRENCY:
		operand->number = json_number_value(json);
		if (json_is_number(json))
			return true;
		gainsight_error(
			gainsight, call, 400, "GSOBJ_VDTNUM1001", "Invalid number for field %s", field->name);
		return false;
	case GAINSIGHT_BOOLEAN:
		operand->flag = json_is_true(json);
		if (json_is_boolean(json))
			return true;
		gainsight_error(
			gainsight, call, 400, "GSOBJ_VDTBOOL1001", "Invalid boolean for field %s", field->name);
		return false;
	case GAINSIGHT_DATETIME:
	case GAINSIGHT_DATE:
		if (json_is_string(json) &&
			read_time(gainsight, field->type, json_string_value(json), &operand->time))
			return true;
		gainsight_error(
			gainsight, call, 400, "GSOBJ_1005", "Invalid date format for field %s", field->name);
		return false;
	case GAINSIGHT_GSID:
	case GAINSIGHT_LOOKUP:
	case GAINSIGHT_PICKLIST:
		operand->text = (struct text_slice){ json_string_value(json), json_string_length(json) };
		if (json_is_string(json) && operand->text.length > 0)
			return true;
		gainsight_error(
			gainsight, call, 400, "GSOBJ_1004", "Invalid or missing GSID for field %s", field->name);
		return false;
	case GAINSIGHT_STRING:
	case GAINSIGHT_EMAIL:
		operand->text = (struct text_slice){ json_string_value(json), json_string_length(json) };
		if (json_is_string(json))
			return true;
		gainsight_error(
			gainsight, call, 400, "GSOBJ_VDTBSTR1001", "Invalid text for field %s", field->name);
		return false;
	}
	return false;
}

static const char *const operator_names[] = {
	[GAINSIGHT_EQ] = "EQ",
	[GAINSIGHT_NE] = "NE",
	[GAINSIGHT_LT] = "LT",
	[GAINSIGHT_GT] = "GT",
	[GAINSIGHT_LTE] = "LTE",
	[GAINSIGHT_GTE] = "GTE",
	[GAINSIGHT_BTW] = "BTW",
	[GAINSIGHT_IN] = "IN",
	[GAINSIGHT_CONTAINS] = "CONTAINS",
	[GAINSIGHT_DOES_NOT_CONTAIN] = "DOES_NOT_CONTAINS", /* the vendor's spelling */
	[GAINSIGHT_STARTS_WITH] = "STARTS_WITH",
	[GAINSIGHT_ENDS_WITH] = "ENDS_WITH",
	[GAINSIGHT_IS_NULL] = "IS_NULL",
	[GAINSIGHT_IS_NOT_NULL] = "IS_NOT_NULL",
};

static bool is_text(enum gainsight_type type)
{
	return type != GAINSIGHT_NUMBER && type != GAINSIGHT_CURRENCY && type != GAINSIGHT_BOOLEAN &&
	       type != GAINSIGHT_DATE && type != GAINSIGHT_DATETIME;
}

static bool operator_fits(enum gainsight_operator comparison, enum gainsight_type type)
{
	switch (comparison) {
	case GAINSIGHT_CONTAINS:
	case GAINSIGHT_DOES_NOT_CONTAIN:
	case GAINSIGHT_STARTS_WITH:
	case GAINSIGHT_ENDS_WITH:
		return is_text(type);
	case GAINSIGHT_LT:
	case GAINSIGHT_GT:
	case GAINSIGHT_LTE:
	case GAINSIGHT_GTE:
	case GAINSIGHT_BTW:
		return type != GAINSIGHT_BOOLEAN;
	default:
		return true;
	}
}

/* False: answered. */
static bool read_condition(struct gainsight *gainsight, struct server_call *call,
	const struct gainsight_object *object, json_t *json, struct gainsight_hops *hops,
	struct gainsight_condition *condition)
{
	const char *name = json_string_value(json_object_get(json, "name"));
	const char *operator_name = json_string_value(json_object_get(json, "operator"));
	condition->alias = json_string_value(json_object_get(json, "alias"));
	if (!name || !operator_name || !condition->alias || *condition->alias == '\0') {
		gainsight_error(
			gainsight, call, 400, BAD_REQUEST, "A condition needs name, alias, value and operator");
		return false;
	}
	if (!gainsight_column_find(hops, name, &condition->column)) {
		gainsight_bad_field(gainsight, call, object, name);
		return false;
	}
	const struct gainsight_field *field = condition->column.field;
	size_t number = 0;
	while (number < COUNT(operator_names) && strcmp(operator_names[number], operator_name) != 0)
		number++;
	condition->comparison = (enum gainsight_operator)number;
	if (number == COUNT(operator_names) || !operator_fits(condition->comparison, field->type)) {
		gainsight_error(gainsight, call, 400, BAD_REQUEST, "Operator %s is not valid for field %s",
			operator_name, field->name);
		return false;
	}
	if (condition->comparison == GAINSIGHT_IS_NULL || condition->comparison == GAINSIGHT_IS_NOT_NULL)
		return true;
	json_t *values = json_object_get(json, "value");
	size_t count = json_array_size(values);
	bool enough = condition->comparison == GAINSIGHT_IN    ? count >= 1
		      : condition->comparison == GAINSIGHT_BTW ? count == 2
							       : count == 1;
	if (!json_is_array(values) || !enough) {
		gainsight_error(gainsight, call, 400, BAD_REQUEST,
			"The value of a condition must be an array of the operator's length");
		return false;
	}
	condition->operands = calloc(count, sizeof(*condition->operands));
	if (!condition->operands)
		abort();
	condition->operand_count = count;
	for (size_t i = 0; i < count; i++)
		if (!read_operand(gainsight, call, field, json_array_get(values, i), &condition->operands[i]))
			return false;
	return true;
}

/* ---- the expression: or := and {OR and}; and := item {AND item}; item := alias | ( or ) ---- */

struct expression {
	const char *rest;
	struct gainsight_where *where;
	bool parentheses;
	int depth;
};

static void skip_blanks(struct expression *expression)
{
	while (isspace((unsigned char)*expression->rest))
		expression->rest++;
}

static size_t word_length(const char *text)
{
	size_t length = 0;
	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length;
}

static bool take_word(struct expression *expression, const char *word)
{
	skip_blanks(expression);
	size_t length = word_length(expression->rest);
	if (length != strlen(word) || strncasecmp(expression->rest, word, length) != 0)
		return false;
	expression->rest += length;
	return true;
}

static bool emit(struct expression *expression, signed char code)
{
	struct gainsight_where *where = expression->where;
	if (where->program_length == sizeof(where->program))
		return false;
	where->program[where->program_length++] = code;
	return true;
}

static bool parse_or(struct expression *expression);

static bool parse_item(struct expression *expression)
{
	skip_blanks(expression);
	if (*expression->rest == '(') {
		if (!expression->parentheses || expression->depth == 16)
			return false;
		expression->rest++;
		expression->depth++;
		if (!parse_or(expression))
			return false;
		expression->depth--;
		skip_blanks(expression);
		return *expression->rest++ == ')';
	}
	size_t length = word_length(expression->rest);
	for (size_t i = 0; length > 0 && i < expression->where->condition_count; i++) {
		struct gainsight_condition *condition = &expression->where->conditions[i];
		if (strlen(condition->alias) != length || strncmp(condition->alias, expression->rest, length) != 0)
			continue;
		condition->used = true;
		expression->rest += length;
		return emit(expression, (signed char)i);
	}
	return false;
}

static bool parse_and(struct expression *expression)
{
	if (!parse_item(expression))
		return false;
	while (take_word(expression, "AND"))
		if (!parse_item(expression) || !emit(expression, GAINSIGHT_AND))
			return false;
	return true;
}

static bool parse_or(struct expression *expression)
{
	if (!parse_and(expression))
		return false;
	while (take_word(expression, "OR")) {
		expression->where->conjunctive = false;
		if (!parse_and(expression) || !emit(expression, GAINSIGHT_OR))
			return false;
	}
	return true;
}

static bool read_expression(struct gainsight *gainsight, const char *text, struct gainsight_where *where)
{
	struct expression expression = {
		.rest = text,
		.where = where,
		.parentheses =
			strcmp(server_switch(gainsight->server, "gainsight.parentheses", "refuse"), "accept") == 0,
	};
	if (!parse_or(&expression))
		return false;
	skip_blanks(&expression);
	if (*expression.rest != '\0')
		return false;
	for (size_t i = 0; i < where->condition_count; i++)
		if (!where->conditions[i].used)
			return false;
	return true;
}

bool gainsight_where_read(struct gainsight *gainsight, struct server_call *call,
	const struct gainsight_object *object, json_t *where, struct gainsight_hops *hops,
	struct gainsight_where *out)
{
	memset(out, 0, sizeof(*out));
	out->conjunctive = true;
	if (!where || json_is_null(where))
		return true;
	json_t *conditions = json_object_get(where, "conditions");
	const char *expression = json_string_value(json_object_get(where, "expression"));
	if (!json_is_object(where) || (conditions && !json_is_array(conditions)) ||
		json_array_size(conditions) > GAINSIGHT_CONDITIONS) {
		gainsight_error(gainsight, call, 400, BAD_REQUEST, "Malformed where");
		return false;
	}
	for (size_t i = 0; i < json_array_size(conditions); i++) {
		struct gainsight_condition *condition = &out->conditions[out->condition_count++];
		if (!read_condition(gainsight, call, object, json_array_get(conditions, i), hops, condition))
			return false;
	}
	if (out->condition_count == 0 && (!expression || *expression == '\0'))
		return true;
	if (!expression || !read_expression(gainsight, expression, out)) {
		gainsight_error(gainsight, call, 400, BAD_REQUEST, "Invalid filter expression");
		return false;
	}
	return true;
}

void gainsight_where_free(struct gainsight_where *where)
{
	for (size_t i = 0; i < where->condition_count; i++)
		free(where->conditions[i].operands);
}

/* ---- asking ---- */

static int compare_slices(struct text_slice left, struct text_slice right)
{
	size_t shorter = left.length < right.length ? left.length : right.length;
	int difference = shorter > 0 ? memcmp(left.bytes, right.bytes, shorter) : 0;
	return difference != 0 ? difference : (left.length > right.length) - (left.length < right.length);
}

static int compare(const struct gainsight_value *value, const struct gainsight_operand *operand)
{
	switch (value->kind) {
	case GAINSIGHT_VALUE_TEXT:
		return compare_slices(value->text, operand->text);
	case GAINSIGHT_VALUE_NUMBER:
		return (value->number > operand->number) - (value->number < operand->number);
	case GAINSIGHT_VALUE_FLAG:
		return (int)value->flag - (int)operand->flag;
	case GAINSIGHT_VALUE_TIME:
		return (value->time > operand->time) - (value->time < operand->time);
	case GAINSIGHT_VALUE_NULL:
		break;
	}
	return -1;
}

static bool contains(struct text_slice text, struct text_slice wanted)
{
	return wanted.length == 0 || memmem(text.bytes, text.length, wanted.bytes, wanted.length);
}

static bool condition_matches(
	struct gainsight *gainsight, const struct gainsight_condition *condition, struct gainsight_hops *hops)
{
	struct gainsight_value value;
	gainsight_column_value(gainsight, hops, &condition->column, &value);
	bool null = value.kind == GAINSIGHT_VALUE_NULL;
	const struct gainsight_operand *operand = condition->operands;
	if (condition->comparison == GAINSIGHT_IS_NULL)
		return null;
	if (condition->comparison == GAINSIGHT_IS_NOT_NULL)
		return !null;
	if (null || !operand)
		return false;
	switch (condition->comparison) {
	case GAINSIGHT_EQ:
		return compare(&value, operand) == 0;
	case GAINSIGHT_NE:
		return compare(&value, operand) != 0;
	case GAINSIGHT_LT:
		return compare(&value, operand) < 0;
	case GAINSIGHT_GT:
		return compare(&value, operand) > 0;
	case GAINSIGHT_LTE:
		return compare(&value, operand) <= 0;
	case GAINSIGHT_GTE:
		return compare(&value, operand) >= 0;
	case GAINSIGHT_BTW: {
		bool exclusive =
			strcmp(server_switch(gainsight->server, "gainsight.btw", "inclusive"), "exclusive") == 0;
		int low = compare(&value, &operand[0]), high = compare(&value, &operand[1]);
		return exclusive ? low > 0 && high < 0 : low >= 0 && high <= 0;
	}
	case GAINSIGHT_IN:
		for (size_t i = 0; i < condition->operand_count; i++)
			if (compare(&value, &operand[i]) == 0)
				return true;
		return false;
	case GAINSIGHT_CONTAINS:
		return contains(value.text, operand->text);
	case GAINSIGHT_DOES_NOT_CONTAIN:
		return !contains(value.text, operand->text);
	case GAINSIGHT_STARTS_WITH:
		return value.text.length >= operand->text.length &&
		       memcmp(value.text.bytes, operand->text.bytes, operand->text.length) == 0;
	case GAINSIGHT_ENDS_WITH:
		return value.text.length >= operand->text.length &&
		       memcmp(value.text.bytes + value.text.length - operand->text.length, operand->text.bytes,
			       operand->text.length) == 0;
	case GAINSIGHT_IS_NULL:
	case GAINSIGHT_IS_NOT_NULL:
		break;
	}
	return true;
}

bool gainsight_where_matches(
	struct gainsight *gainsight, const struct gainsight_where *where, struct gainsight_hops *hops)
{
	if (where->program_length == 0)
		return true;
	bool stack[GAINSIGHT_CONDITIONS * 4];
	size_t height = 0;
	for (size_t i = 0; i < where->program_length; i++) {
		signed char code = where->program[i];
		if (code >= 0) {
			stack[height] = condition_matches(gainsight, &where->conditions[code], hops);
			if (!stack[height++] && where->conjunctive)
				return false;
			continue;
		}
		height--;
		if (code == GAINSIGHT_AND)
			stack[height - 1] = stack[height - 1] && stack[height];
		else
			stack[height - 1] = stack[height - 1] || stack[height];
	}
	return stack[0];
}
