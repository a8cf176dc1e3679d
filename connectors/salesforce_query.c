#include <string.h>
#include <strings.h>

#include "connectors/instant.h"
#include "connectors/salesforce_internal.h"

bool salesforce_has_deleted(const struct salesforce_subject *subject)
{
	return strcasecmp(subject->object, "User") != 0;
}

bool salesforce_has_master(const struct salesforce_subject *subject)
{
	static const char *const objects[] = { "Account", "Contact", "Case" };

	if (entity_column(subject->entity, "merged_into_remote_id") < 0)
		return false;
	for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
		if (strcasecmp(subject->object, objects[i]) == 0)
			return true;
	return false;
}

static void append_select(struct buffer *query, const struct salesforce_subject *subject,
	const struct json_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)buffer_printf(query, "%s%s", i == 0 ? "SELECT " : ",", fields[i].path);
	(void)buffer_printf(query, " FROM %s", subject->object);
}

/* Stamps have a resolution of one second (Object Reference), and a literal without a fraction is shorter. */
static void append_literal(struct buffer *query, const char *before, int64_t ms)
{
	char text[INSTANT_TEXT_SIZE];

	instant_format(ms, text);
	if (ms % 1000 == 0)
		(void)buffer_printf(query, "%s%.19sZ", before, text);
	else
		(void)buffer_printf(query, "%s%s", before, text);
}

void salesforce_query_changes(struct buffer *query, const struct salesforce_subject *subject,
	const struct json_field *fields, size_t count, const struct salesforce_place *from, int64_t until_ms)
{
	bool bounded = until_ms != INT64_MAX;

	append_select(query, subject, fields, count);
	(void)buffer_append_text(query, " WHERE ");
	if (from->id[0] == '\0') {
		append_literal(query, "SystemModstamp >= ", from->at_ms);
	} else {
		(void)buffer_append_text(query, bounded ? "(" : "");
		append_literal(query, "(SystemModstamp = ", from->at_ms);
		(void)buffer_printf(query, " AND Id > '%s')", from->id);
		append_literal(query, " OR SystemModstamp > ", from->at_ms);
		(void)buffer_append_text(query, bounded ? ")" : "");
	}
	if (bounded)
		append_literal(query, " AND SystemModstamp < ", until_ms);
	(void)buffer_append_text(query, " ORDER BY SystemModstamp, Id");
}

/* SOQL and SOSL Reference, Quoted String Escape Sequences. */
static void append_quoted(struct buffer *query, const char *text)
{
	(void)buffer_append_text(query, "'");
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '\'')
			(void)buffer_append_text(query, "\\");
		(void)buffer_append(query, text, 1);
	}
	(void)buffer_append_text(query, "'");
}

static void append_test(struct buffer *query, const struct record_test *test)
{
	(void)buffer_append_text(query, test->field);
	switch (test->kind) {
	case RECORD_TEST_NUMBER:
		(void)buffer_printf(query, " %s %s", test->operator, test->number);
		return;
	case RECORD_TEST_YES:
		(void)buffer_append_text(query, " = true");
		return;
	case RECORD_TEST_NO:
		(void)buffer_append_text(query, " = false");
		return;
	case RECORD_TEST_WORDS:
		break;
	}
	for (size_t i = 0; i < test->word_count; i++) {
		(void)buffer_append_text(query, i == 0 ? " IN (" : ",");
		append_quoted(query, test->words[i]);
	}
	(void)buffer_append_text(query, ")");
}

static void append_filter(struct buffer *query, const struct record_filter *only)
{
	for (size_t i = 0; i < only->count; i++) {
		const struct record_group *group = &only->groups[i];
		(void)buffer_append_text(query, i == 0 ? "(" : " OR ");
		for (size_t j = 0; j < group->count; j++) {
			(void)buffer_append_text(query, j == 0 ? "(" : " AND ");
			append_test(query, &group->tests[j]);
		}
		(void)buffer_append_text(query, ")");
	}
	(void)buffer_append_text(query, ")");
}

void salesforce_query_all(struct buffer *query, const struct salesforce_subject *subject,
	const struct json_field *fields, size_t count, const struct salesforce_place *from,
	const struct record_filter *only, bool for_bulk)
{
	const char *before = " WHERE ";

	append_select(query, subject, fields, count);
	if (from->id[0] != '\0') {
		(void)buffer_printf(query, "%sId < '%s'", before, from->id);
		before = " AND ";
	}
	if (only != NULL) {
		(void)buffer_append_text(query, before);
		append_filter(query, only);
	}
	if (!for_bulk)
		(void)buffer_append_text(query, " ORDER BY Id DESC");
}
