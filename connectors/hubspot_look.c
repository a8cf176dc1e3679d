/* A look at some records before all are listed: a search for what a filter takes, gone through by the keyset of
 * hubspot_search.c, with no window around it. It proves nothing, so it needs no count and gives no cursor. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

enum { FILTERS_MOST = 18 /* in all groups (HubSpot, CRM search) */ };
static_assert(
	RECORD_GROUPS_MOST * (RECORD_TESTS_MOST + 1) <= FILTERS_MOST, "HubSpot takes all groups with their ids");

static json_t *filter_new(const char *property, const char *operator, const char * value)
{
	return json_pack("{s:s, s:s, s:s}", "propertyName", property, "operator", operator, "value", value);
}

static char to_lower(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static char to_upper(char letter)
{
	return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

/* NULL: as it is. */
static void add_word(json_t *words, const char *text, char (*fold)(char))
{
	char *word = memory_copy_text(text);
	size_t i;
	json_t *known;

	for (char *at = word; fold != NULL && *at != '\0'; at++)
		*at = fold(*at);
	json_array_foreach (words, i, known)
		if (strcmp(json_string_value(known), word) == 0)
			break;
	if (i == json_array_size(words))
		(void)json_array_append_new(words, json_string(word));
	free(word);
}

static json_t *words_filter_new(const char *property, const char *operator, json_t * words)
{
	return json_pack("{s:s, s:s, s:o}", "propertyName", property, "operator", operator, "values", words);
}

/* A text property is looked up by words in lower case, options by their internal names, which usually are in upper case
 * where HubSpot made them (HubSpot, CRM search; Properties); which of the two it is, the mapping doesn't say. Other letters
 * than A to Z stay as they are. */
static json_t *words_new(const struct record_test *test)
{
	json_t *words = json_array();

	for (size_t i = 0; i < test->word_count; i++) {
		add_word(words, test->words[i], NULL);
		add_word(words, test->words[i], to_lower);
		add_word(words, test->words[i], to_upper);
	}
	return words;
}

static json_t *test_new(const struct record_test *test)
{
	switch (test->kind) {
	case RECORD_TEST_NUMBER:
		return filter_new(test->field, record_test_operator(test), test->number);
	case RECORD_TEST_YES:
		return filter_new(test->field, "EQ", "true");
	case RECORD_TEST_NO:
		return filter_new(test->field, "EQ", "false");
	case RECORD_TEST_WORDS:
		break;
	}
	return words_filter_new(test->field, "IN", words_new(test));
}

/* A stage of that name may be an open one in another pipeline. */
static bool is_closed_everywhere(const struct hubspot_pipelines *pipelines, const char *stage)
{
	for (size_t i = 0; i < pipelines->count; i++)
		if (!pipelines->stages[i].closed && strcmp(pipelines->stages[i].stage, stage) == 0)
			return false;
	return true;
}

/* Among the tickets of years the open ones are few. NULL: closed ones come, too, as no stage says which they are, or more
 * stages than there is room for. */
static json_t *open_new(struct reading *reading)
{
	enum { STAGES_MOST = 12 };
	const struct hubspot_pipelines *pipelines = hubspot_pipelines_of(reading);
	const struct record_filter *only = reading->only;
	size_t filters = 0;

	for (size_t i = 0; i < only->count; i++)
		filters += only->groups[i].count + 2; /* with this one, and the id */
	if (!only->open || reading->closed_column < 0 || filters > FILTERS_MOST)
		return NULL;
	json_t *stages = json_array();
	for (size_t i = 0; i < pipelines->count; i++)
		if (pipelines->stages[i].closed && is_closed_everywhere(pipelines, pipelines->stages[i].stage))
			add_word(stages, pipelines->stages[i].stage, NULL);
	if (json_array_size(stages) > 0 && json_array_size(stages) <= STAGES_MOST)
		return words_filter_new(strchr(reading->extras[1], '.') + 1, "NOT_IN", stages);
	json_decref(stages);
	return NULL;
}

static json_t *group_new(const struct record_group *group, json_t *open, int64_t last)
{
	json_t *filters = json_array();
	char id[24];

	for (size_t i = 0; i < group->count; i++)
		(void)json_array_append_new(filters, test_new(&group->tests[i]));
	if (open != NULL)
		(void)json_array_append(filters, open);
	(void)snprintf(id, sizeof id, "%" PRId64, last);
	(void)json_array_append_new(filters, filter_new("hs_object_id", "GT", id));
	return json_pack("{s:o}", "filters", filters);
}

void hubspot_look_write_groups(struct reading *reading, struct buffer *out)
{
	json_auto_t *groups = json_array();
	json_auto_t *open = open_new(reading);

	for (size_t i = 0; i < reading->only->count; i++)
		(void)json_array_append_new(groups, group_new(&reading->only->groups[i], open, reading->last));
	(void)buffer_append_json(out, groups);
}
