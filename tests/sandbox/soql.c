#include "tests/sandbox/soql.h"

#include "tests/sandbox/soql_lexer.h"
#include "tests/sandbox/world_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct parser {
	struct soql_lexer lexer;
	struct soql_query *query;
	struct soql_error *error;
};

static void *zeroed(size_t size)
{
	void *memory = world_allocate(NULL, 1, size);

	memset(memory, 0, size);
	return memory;
}

static bool fail(struct parser *parser, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The real message: the line of the query, a caret, and where. Always false. */
static bool fail(struct parser *parser, const char *code, const char *format, ...)
{
	char what[512];
	va_list arguments;

	if (parser->error->code)
		return false;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	size_t column = (size_t)(parser->lexer.token - parser->lexer.text);
	size_t from = column > 60 ? column - 60 : 0;

	parser->error->code = code;
	snprintf(parser->error->message, sizeof(parser->error->message),
		"\n%.*s\n%*s^\nERROR at Row:1:Column:%zu\n%s", 120, parser->lexer.text + from, (int)(column - from),
		"", column + 1, what);
	return false;
}

static bool fail_token(struct parser *parser)
{
	if (parser->lexer.kind == SOQL_TOKEN_END)
		return fail(parser, "MALFORMED_QUERY", "unexpected token: '<EOF>'");
	if (parser->lexer.kind == SOQL_TOKEN_BAD)
		return fail(parser, "MALFORMED_QUERY", "%s", parser->lexer.wrong);
	return fail(parser, "MALFORMED_QUERY", "unexpected token: '%.*s'", (int)parser->lexer.length,
		parser->lexer.token);
}

static bool word_is(const struct parser *parser, const char *word)
{
	return parser->lexer.kind == SOQL_TOKEN_WORD && strlen(word) == parser->lexer.length &&
	       strncasecmp(word, parser->lexer.token, parser->lexer.length) == 0;
}

static bool word_take(struct parser *parser, const char *word)
{
	if (!word_is(parser, word))
		return false;
	soql_lexer_next(&parser->lexer);
	return true;
}

static bool symbol_take(struct parser *parser, const char *symbol)
{
	if (parser->lexer.kind != SOQL_TOKEN_SYMBOL || parser->lexer.length != strlen(symbol) ||
		memcmp(parser->lexer.token, symbol, parser->lexer.length) != 0)
		return false;
	soql_lexer_next(&parser->lexer);
	return true;
}

static bool path_resolve(struct parser *parser, const struct salesforce_object *object, struct soql_path *path)
{
	const char *at = parser->lexer.token;
	const char *end = at + parser->lexer.length;

	*path = (struct soql_path){ 0 };
	if (parser->lexer.kind != SOQL_TOKEN_WORD)
		return fail_token(parser);
	for (;;) {
		const char *dot = memchr(at, '.', (size_t)(end - at));
		size_t length = (size_t)((dot ? dot : end) - at);

		if (!dot) {
			path->field = salesforce_field_find(object, at, length);
			if (!path->field)
				return fail(parser, "INVALID_FIELD",
					"No such column '%.*s' on entity '%s'. If you are attempting to use "
					"a "
					"custom field, be sure to append the '__c' after the custom field "
					"name. "
					"Please reference your WSDL or the describe call for the appropriate "
					"names.",
					(int)length, at, object->name);
			soql_lexer_next(&parser->lexer);
			return true;
		}
		/* The object's own name may stand in front: Account.Name FROM Account. */
		if (!path->step_count && strlen(object->name) == length &&
			strncasecmp(object->name, at, length) == 0 &&
			!salesforce_relationship_find(object, at, length)) {
			at = dot + 1;
			continue;
		}
		const struct salesforce_field *step = salesforce_relationship_find(object, at, length);

		if (!step || path->step_count == SOQL_PATH_LENGTH)
			return fail(parser, "INVALID_FIELD",
				"Didn't understand relationship '%.*s' in field path. If you are attempting "
				"to "
				"use a custom relationship, be sure to append the '__r' after the custom "
				"relationship name. Please reference your WSDL or the describe call for the "
				"appropriate names.",
				(int)length, at);
		path->steps[path->step_count++] = step;
		object = salesforce_object_of(step->target);
		at = dot + 1;
	}
}

static bool select_add(struct parser *parser, const struct soql_path *path)
{
	struct soql_select **list = &parser->query->select;

	for (size_t step = 0; step < path->step_count; step++) {
		while (*list && !((*list)->is_parent && (*list)->field == path->steps[step]))
			list = &(*list)->next;
		if (!*list) {
			*list = zeroed(sizeof(**list));
			(*list)->is_parent = true;
			(*list)->field = path->steps[step];
		}
		list = &(*list)->first_child;
	}
	while (*list) {
		if (!(*list)->is_parent && (*list)->field == path->field)
			return fail(parser, "MALFORMED_QUERY", "duplicate field selected: %s", path->field->name);
		list = &(*list)->next;
	}
	*list = zeroed(sizeof(**list));
	(*list)->field = path->field;
	struct soql_query *query = parser->query;

	query->columns = world_allocate(query->columns, query->column_count + 1, sizeof(*query->columns));
	query->columns[query->column_count++] = *path;
	return true;
}

/* FROM comes after the fields that need it, so it is looked up first. */
static bool object_find(struct parser *parser)
{
	struct soql_lexer saved = parser->lexer;

	while (parser->lexer.kind != SOQL_TOKEN_END && parser->lexer.kind != SOQL_TOKEN_BAD &&
		!word_is(parser, "FROM"))
		soql_lexer_next(&parser->lexer);
	if (!word_take(parser, "FROM"))
		return fail_token(parser);
	if (parser->lexer.kind != SOQL_TOKEN_WORD)
		return fail_token(parser);
	parser->query->object = salesforce_object_find(parser->lexer.token, parser->lexer.length);
	if (!parser->query->object)
		return fail(parser, "INVALID_TYPE",
			"sObject type '%.*s' is not supported. If you are attempting to use a custom object, "
			"be "
			"sure to append the '__c' after the entity name. Please reference your WSDL or the "
			"describe call for the appropriate names.",
			(int)parser->lexer.length, parser->lexer.token);
	parser->lexer = saved;
	return true;
}

static bool select_parse(struct parser *parser)
{
	if (word_is(parser, "count")) {
		struct soql_lexer saved = parser->lexer;

		soql_lexer_next(&parser->lexer);
		if (symbol_take(parser, "(")) {
			if (!symbol_take(parser, ")"))
				return fail(parser, "MALFORMED_QUERY", "the sandbox plays count() only");
			parser->query->count = true;
			return true;
		}
		parser->lexer = saved;
	}
	do {
		struct soql_path path;

		if (!path_resolve(parser, parser->query->object, &path) || !select_add(parser, &path))
			return false;
	} while (symbol_take(parser, ","));
	return true;
}

static bool literal_fail(struct parser *parser, const struct salesforce_field *field, const char *quotes)
{
	return fail(parser, "INVALID_FIELD",
		"value of filter criterion for field '%s' must be of type %s and should %sbe enclosed in "
		"quotes",
		field->name, field->type == SALESFORCE_DATETIME ? "dateTime" : salesforce_type_name(field->type),
		quotes);
}

static bool literal_text(struct parser *parser, const struct salesforce_field *field, struct soql_literal *literal)
{
	if (parser->lexer.kind != SOQL_TOKEN_STRING)
		return literal_fail(parser, field, "");
	if (parser->lexer.string_length > 4000)
		return fail(parser, "MALFORMED_QUERY", "string literal over 4,000 characters");
	literal->text = world_allocate(NULL, parser->lexer.string_length + 19, 1);
	memcpy(literal->text, parser->lexer.string, parser->lexer.string_length);
	literal->length = parser->lexer.string_length;
	literal->text[literal->length] = '\0';
	if (field->type != SALESFORCE_ID && field->type != SALESFORCE_REFERENCE)
		return true;
	if (literal->length != 15 && literal->length != 18)
		return fail(parser, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: %s", literal->text);
	for (size_t at = 0; at < literal->length; at++)
		if (!isalnum((unsigned char)literal->text[at]))
			return fail(parser, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: %s", literal->text);
	return true;
}

/* Dates and datetimes lie between 1700 and 4000 (SOQL, Date Formats). */
static bool is_year(const char *date)
{
	return strncmp(date, "1700", 4) >= 0 && strncmp(date, "4000", 4) <= 0;
}

static bool literal_parse(struct parser *parser, const struct salesforce_field *field, struct soql_literal *literal)
{
	bool string = parser->lexer.kind == SOQL_TOKEN_STRING;

	*literal = (struct soql_literal){ 0 };
	if (parser->lexer.kind == SOQL_TOKEN_BAD || parser->lexer.kind == SOQL_TOKEN_END)
		return fail_token(parser);
	if (word_is(parser, "null")) {
		literal->null = true;
		soql_lexer_next(&parser->lexer);
		return true;
	}
	switch (field->type) {
	case SALESFORCE_BOOLEAN:
		if (!word_is(parser, "true") && !word_is(parser, "false"))
			return literal_fail(parser, field, "not ");
		literal->boolean = word_is(parser, "true");
		break;
	case SALESFORCE_INT:
	case SALESFORCE_DOUBLE:
	case SALESFORCE_CURRENCY:
	case SALESFORCE_PERCENT:
		if (parser->lexer.kind != SOQL_TOKEN_NUMBER)
			return literal_fail(parser, field, "not ");
		literal->number = strtod(parser->lexer.token, NULL);
		break;
	case SALESFORCE_DATE:
	case SALESFORCE_DATETIME:
		if (string)
			return literal_fail(parser, field, "not ");
		if (parser->lexer.kind != SOQL_TOKEN_DATE)
			return fail_token(parser);
		if ((field->type == SALESFORCE_DATETIME) != (parser->lexer.length > 10))
			return literal_fail(parser, field, "not ");
		if (!text_parse_time(parser->lexer.token, parser->lexer.length, &literal->time) ||
			!is_year(parser->lexer.token))
			return fail(parser, "MALFORMED_QUERY", "invalid date or datetime: %.*s",
				(int)parser->lexer.length, parser->lexer.token);
		break;
	default:
		if (!literal_text(parser, field, literal))
			return false;
		break;
	}
	soql_lexer_next(&parser->lexer);
	return true;
}

static bool literal_append(struct parser *parser, struct soql_node *node)
{
	node->literals = world_allocate(node->literals, node->literal_count + 1, sizeof(*node->literals));
	return literal_parse(parser, node->path.field, &node->literals[node->literal_count++]);
}

static bool list_parse(struct parser *parser, struct soql_node *node)
{
	if (!symbol_take(parser, "("))
		return fail_token(parser);
	do {
		if (!literal_append(parser, node))
			return false;
	} while (symbol_take(parser, ","));
	return symbol_take(parser, ")") || fail_token(parser);
}

static bool operator_parse(struct parser *parser, enum soql_operator *operator)
{
	static const char *const symbols[] = { "=", "!=", "<", "<=", ">", ">=" };

	for (size_t at = 0; at < sizeof(symbols) / sizeof(*symbols); at++) {
		if (!symbol_take(parser, symbols[at]))
			continue;
		*operator=(enum soql_operator) at;
		return true;
	}
	if (symbol_take(parser, "<>")) {
		*operator= SOQL_NOT_EQUAL;
		return true;
	}
	if (word_is(parser, "LIKE") || word_is(parser, "INCLUDES") || word_is(parser, "EXCLUDES"))
		return fail(parser, "MALFORMED_QUERY", "the sandbox does not play %.*s", (int)parser->lexer.length,
			parser->lexer.token);
	return fail_token(parser);
}

static struct soql_node *or_parse(struct parser *parser, int depth);

static bool condition_parse(struct parser *parser, struct soql_node *node)
{
	if (!path_resolve(parser, parser->query->object, &node->path))
		return false;
	if (word_take(parser, "IN")) {
		node->kind = SOQL_IN;
		return list_parse(parser, node);
	}
	if (word_take(parser, "NOT")) {
		node->kind = SOQL_NOT_IN;
		return word_take(parser, "IN") ? list_parse(parser, node) : fail_token(parser);
	}
	node->kind = SOQL_COMPARE;
	if (!operator_parse(parser, &node->operator) || !literal_append(parser, node))
		return false;
	bool ordered = node->operator!= SOQL_EQUAL && node->operator!= SOQL_NOT_EQUAL;

	if (ordered && (node->literals[0].null || node->path.field->type == SALESFORCE_BOOLEAN))
		return fail(parser, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on %s field",
			salesforce_type_name(node->path.field->type));
	return true;
}

static void node_free(struct soql_node *node)
{
	if (!node)
		return;
	node_free(node->left);
	node_free(node->right);
	for (size_t at = 0; at < node->literal_count; at++)
		free(node->literals[at].text);
	free(node->literals);
	free(node);
}

static struct soql_node *primary_parse(struct parser *parser, int depth)
{
	if (depth > 100) {
		fail(parser, "MALFORMED_QUERY", "too many parentheses");
		return NULL;
	}
	if (symbol_take(parser, "(")) {
		struct soql_node *inner = or_parse(parser, depth + 1);

		if (inner && !symbol_take(parser, ")")) {
			fail_token(parser);
			node_free(inner);
			return NULL;
		}
		return inner;
	}
	struct soql_node *node = zeroed(sizeof(*node));

	if (condition_parse(parser, node))
		return node;
	node_free(node);
	return NULL;
}

static struct soql_node *node_join(enum soql_node_kind kind, struct soql_node *left, struct soql_node *right)
{
	if (!right) {
		node_free(left);
		return NULL;
	}
	struct soql_node *node = zeroed(sizeof(*node));

	node->kind = kind;
	node->left = left;
	node->right = right;
	return node;
}

/* The real parser wants parentheses where AND and OR meet: it does not guess. */
static struct soql_node *or_parse(struct parser *parser, int depth)
{
	struct soql_node *node = primary_parse(parser, depth);
	const char *joint = word_is(parser, "AND") ? "AND" : "OR";
	enum soql_node_kind kind = word_is(parser, "AND") ? SOQL_AND : SOQL_OR;

	while (node && word_take(parser, joint))
		node = node_join(kind, node, primary_parse(parser, depth));
	if (node && (word_is(parser, "AND") || word_is(parser, "OR"))) {
		fail_token(parser);
		node_free(node);
		return NULL;
	}
	return node;
}

static bool order_parse(struct parser *parser)
{
	struct soql_query *query = parser->query;

	if (!word_take(parser, "BY"))
		return fail_token(parser);
	do {
		struct soql_order *order = &query->order[query->order_count];

		if (query->order_count == sizeof(query->order) / sizeof(*query->order))
			return fail(parser, "MALFORMED_QUERY", "too many ORDER BY fields");
		if (!path_resolve(parser, query->object, &order->path))
			return false;
		query->order_count++;
		order->descending = word_take(parser, "DESC");
		if (!order->descending)
			word_take(parser, "ASC");
		if (word_take(parser, "NULLS") && !word_take(parser, "FIRST"))
			return fail(parser, "MALFORMED_QUERY", "the sandbox plays NULLS FIRST only");
	} while (symbol_take(parser, ","));
	return true;
}

static bool query_parse(struct parser *parser)
{
	struct soql_query *query = parser->query;

	if (!word_take(parser, "SELECT"))
		return fail_token(parser);
	if (!object_find(parser) || !select_parse(parser))
		return false;
	if (!word_take(parser, "FROM"))
		return fail_token(parser);
	soql_lexer_next(&parser->lexer);
	if (word_take(parser, "WHERE")) {
		query->where = or_parse(parser, 0);
		if (!query->where)
			return parser->error->code ? false : fail_token(parser);
	}
	if (word_take(parser, "ORDER")) {
		if (query->count)
			return fail(parser, "MALFORMED_QUERY", "Ordering is not allowed with count()");
		if (!order_parse(parser))
			return false;
	}
	if (word_take(parser, "LIMIT")) {
		long limit = strtol(parser->lexer.token, NULL, 10);

		if (parser->lexer.kind != SOQL_TOKEN_NUMBER || limit < 0 || limit > INT32_MAX)
			return fail_token(parser);
		query->limit = (uint32_t)limit;
		soql_lexer_next(&parser->lexer);
	}
	return parser->lexer.kind == SOQL_TOKEN_END || fail_token(parser);
}

struct soql_query *soql_parse(const char *text, struct soql_error *error)
{
	struct parser parser = { .error = error };

	*error = (struct soql_error){ 0 };
	parser.query = zeroed(sizeof(*parser.query));
	parser.query->limit = UINT32_MAX;
	soql_lexer_start(&parser.lexer, text);
	if (strlen(text) > 100000)
		fail(&parser, "MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters.");
	else if (query_parse(&parser)) {
		soql_lexer_end(&parser.lexer);
		return parser.query;
	}
	soql_lexer_end(&parser.lexer);
	soql_free(parser.query);
	return NULL;
}

static void select_free(struct soql_select *select)
{
	while (select) {
		struct soql_select *next = select->next;

		select_free(select->first_child);
		free(select);
		select = next;
	}
}

void soql_free(struct soql_query *query)
{
	if (!query)
		return;
	select_free(query->select);
	node_free(query->where);
	free(query->columns);
	free(query);
}
