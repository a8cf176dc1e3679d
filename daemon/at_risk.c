#include "daemon/at_risk.h"

#include <string.h>

#include "daemon/config_threshold.h"

static const char PERSONAL[] = "contact.";

static const struct mapped_field *field_of_signal(const struct mapping_entity *mapping, const char *signal)
{
	for (size_t i = 0; i < mapping->count; i++)
		if (mapping->fields[i].signal != NULL && strcmp(mapping->fields[i].signal, signal) == 0)
			return &mapping->fields[i];
	return NULL;
}

static const struct mapped_field *field_of_column(
	const struct mapping_entity *mapping, enum entity entity, const char *name)
{
	int column = entity_column(entity, name);

	for (size_t i = 0; i < mapping->count; i++)
		if (mapping->fields[i].signal == NULL && mapping->fields[i].column == column)
			return &mapping->fields[i];
	return NULL;
}

/* Two rules over one score: the wider one asks for both. */
static bool widens(struct record_test *known, const struct record_test *test)
{
	bool is_same = known->kind == RECORD_TEST_NUMBER && test->kind == RECORD_TEST_NUMBER &&
		       strcmp(known->field, test->field) == 0 &&
		       known->operator[0] == test->operator[0] && test->operator[0] != '=';

	if (!is_same)
		return false;
	int order = threshold_compare(test->number, known->number);
	bool is_wider = (order < 0 && test->operator[0] == '>') || (order > 0 && test->operator[0] == '<') ||
			(order == 0 && test->operator[1] == '=');
	if (is_wider)
		*known = *test;
	return true;
}

/* What is more than can be asked for comes with the rest. `besides` is the same for all groups of a filter. */
static void add_group(
	struct record_filter *filter, const struct record_test *test, const struct record_test *besides)
{
	for (size_t i = 0; i < filter->count; i++)
		if (widens(&filter->groups[i].tests[0], test))
			return;
	if (filter->count == RECORD_GROUPS_MOST)
		return;
	struct record_group *group = &filter->groups[filter->count++];
	group->tests[group->count++] = *test;
	if (besides != NULL)
		group->tests[group->count++] = *besides;
}

/* False: a column that isn't mapped, or of too many words. */
static bool test_boolean(const struct mapped_field *field, struct record_test *ret_test)
{
	*ret_test = (struct record_test){ .kind = RECORD_TEST_YES };
	if (field == NULL)
		return false;
	ret_test->field = field->remote;
	for (char *const *word = field->words; word != NULL && *word != NULL; word++) {
		ret_test->kind = RECORD_TEST_WORDS;
		if (ret_test->word_count == RECORD_WORDS_MOST)
			return false;
		ret_test->words[ret_test->word_count++] = *word;
	}
	return true;
}

/* Of observations only those that count. */
static void add_signal(struct record_filter *filter, enum entity entity, const struct mapping_entity *mapping,
	const char *signal, const char *operator, const char * number)
{
	const struct mapped_field *field = field_of_signal(mapping, signal);
	struct record_test test, counts;

	if (field == NULL || !scale_invert(field->scale, operator, number, &test))
		return;
	test.field = field->remote;
	bool some_count = test_boolean(field_of_column(mapping, entity, "included"), &counts);
	add_group(filter, &test, some_count ? &counts : NULL);
}

static bool test_priority(const struct mapped_field *field, const json_t *policy, struct record_test *ret_test)
{
	const json_t *top = json_object_get(json_object_get(policy, "settings"), "top_priorities");
	size_t i;
	const json_t *word;

	*ret_test = (struct record_test){ .kind = RECORD_TEST_WORDS };
	if (field == NULL || json_array_size(top) == 0 || json_array_size(top) > RECORD_WORDS_MOST)
		return false;
	ret_test->field = field->remote;
	json_array_foreach (top, i, word)
		ret_test->words[ret_test->word_count++] = json_string_value(word);
	return true;
}

/* What signal_refresh_escalations counts. Where a closed case can be told neither by a yes or no nor by the connector, closed
 * ones come too. */
static void add_escalations(
	struct record_filter *filter, const struct mapping_entity *mapping, const json_t *policy)
{
	const struct mapped_field *closed = field_of_column(mapping, ENTITY_SUPPORT_CASE, "closed");
	struct record_test test, open;
	bool tells_open = test_boolean(closed, &open) && open.kind == RECORD_TEST_YES;

	if (filter->open)
		return; /* another risk asks for the same ones */
	filter->open = true;
	open.kind = RECORD_TEST_NO;
	if (test_boolean(field_of_column(mapping, ENTITY_SUPPORT_CASE, "escalated"), &test))
		add_group(filter, &test, tells_open ? &open : NULL);
	if (test_priority(field_of_column(mapping, ENTITY_SUPPORT_CASE, "priority"), policy, &test))
		add_group(filter, &test, tells_open ? &open : NULL);
}

static void add_risk(struct record_filter *filter, const json_t *risk, enum entity entity,
	const struct mapping_entity *mapping, const json_t *policy)
{
	const json_t *enter = json_object_get(risk, "enter");
	const char *signal = json_string_value(json_object_get(risk, "signal"));
	const char *operator= json_string_value(json_object_get(enter, "operator"));
	const char *number = json_string_value(json_object_get(enter, "value"));
	bool is_personal = strncmp(signal, PERSONAL, sizeof PERSONAL - 1) == 0;

	if (json_object_get(risk, "drop") != NULL || json_object_get(risk, "date") != NULL)
		return;
	if (entity == ENTITY_SUPPORT_CASE && strcmp(signal, "open_escalations") == 0)
		add_escalations(filter, mapping, policy);
	if (entity == ENTITY_CONTACT && is_personal)
		add_signal(filter, entity, mapping, signal + sizeof PERSONAL - 1, operator, number);
	if ((entity == ENTITY_ACCOUNT || entity == ENTITY_OBSERVATION) && !is_personal)
		add_signal(filter, entity, mapping, signal, operator, number);
}

bool at_risk_filter(const json_t *policy, enum entity entity, const struct mapping_entity *mapping,
	struct record_filter *ret_filter)
{
	size_t i;
	const json_t *risk;

	*ret_filter = (struct record_filter){ .count = 0 };
	json_array_foreach (json_object_get(policy, "risks"), i, risk)
		add_risk(ret_filter, risk, entity, mapping, policy);
	return ret_filter->count > 0;
}
