/* test_mapping_write.c - what is written back stands in the mapping, is checked at load, and against the vendor's metadata. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/connector.h"
#include "connectors/secret.h"

static struct mapping *read_lines(const char *const (*lines)[3])
{
	struct mapping *mapping = mapping_new();
	struct failure failure;

	for (int line = 1; (*lines)[0] != NULL; lines++, line++) {
		bool is_write = strncmp((*lines)[0], "write ", 6) == 0;
		if (!(is_write ? mapping_write_set(
					 mapping, (*lines)[0] + 6, (*lines)[1], (*lines)[2], line, &failure)
			       : mapping_set(mapping, (*lines)[0], (*lines)[1], (*lines)[2], line, &failure)))
			fail_msg("line %d: %s", line, failure.text);
	}
	return mapping;
}

#define LINES(...) ((const char *const[][3]){ __VA_ARGS__, { NULL, NULL, NULL } })

static const char *default_object(enum entity entity)
{
	return entity == ENTITY_SUPPORT_CASE ? "Case"
	       : entity == ENTITY_REQUEST    ? NULL
					     : entity_shape(entity)->name;
}

static const char *word_of(const struct mapping *mapping, enum entity entity, const char *name)
{
	const struct flag_kind *kind = flag_kind_of(entity);

	for (size_t i = 0; i < kind->count; i++)
		if (strcmp(kind->states[i].name, name) == 0)
			return mapping->entities[entity].write.words[i];
	return NULL;
}

static void words_have_defaults(void **state)
{
	struct failure failure;
	int line;
	struct mapping *mapping = read_lines(
		LINES({ "contact", "email", "Email" }, { "write contact", "availability", "Advocate_Status__c" },
			{ "write contact", "availability_since", "Since__c | date" },
			{ "write contact", "suspended", "On hold, please" }));
	const struct mapping_write *write = &mapping->entities[ENTITY_CONTACT].write;

	(void)state;
	assert_true(mapping_write_check(mapping, ENTITY_CONTACT, default_object, &line, &failure));
	assert_true(mapping_write_check(mapping, ENTITY_ACCOUNT, default_object, &line, &failure));
	assert_true(write->present && write->since_is_day);
	assert_string_equal(write->state.remote, "Advocate_Status__c");
	assert_string_equal(write->since.remote, "Since__c");
	assert_string_equal(word_of(mapping, ENTITY_CONTACT, "eligible"), "Available");
	assert_string_equal(word_of(mapping, ENTITY_CONTACT, "suspended"), "On hold, please");
	mapping_free(mapping);
	mapping = read_lines(LINES({ "request", "object", "R__c" }, { "request", "outcome", "Outcome__c" },
		{ "write request", "state", "State__c" }, { "write request", "reason", "Reason__c" },
		{ "write request", "triaged", "In progress" }, { "write request", "matching", "In progress" }));
	assert_true(mapping_write_check(mapping, ENTITY_REQUEST, default_object, &line, &failure));
	assert_string_equal(mapping->entities[ENTITY_REQUEST].write.reason.remote, "Reason__c");
	assert_string_equal(word_of(mapping, ENTITY_REQUEST, "refused"), "Refused");
	assert_string_equal(word_of(mapping, ENTITY_REQUEST, "triaged"), "In progress");
	assert_string_equal(word_of(mapping, ENTITY_REQUEST, "matching"), "In progress");
	mapping_free(mapping);
}

static void lines_that_are_refused(void **state)
{
	static const struct {
		const char *name, *key, *value, *says;
	} cases[] = {
		{ "opportunity", "availability", "X", "[write contact], [write account] and [write request]" },
		{ "none", "availability", "X", "[write contact], [write account] and [write request]" },
		{ "contact", "availability_reason", "X", "has no key 'availability_reason'" },
		{ "contact", "availability", "Account.Status__c", "no field of the record itself" },
		{ "contact", "availability", "", "no field of the record itself" },
		{ "contact", "availability", "a b", "no field of the record itself" },
		{ "contact", "availability_since", "X | time", "only '| date'" },
		{ "contact", "caution", "", "needs a word" },
		{ "contact", "hold", "Hold", "has no key 'hold'" },
		{ "contact", "reason", "X",
			"has no key 'reason'; it has availability, availability_since, and a word" },
		{ "contact", "state", "X",
			"each state: eligible, caution, suspended, ineligible, withdrawn, left" },
		{ "request", "availability", "X",
			"has no key 'availability'; it has state, state_since, reason, and" },
		{ "request", "draft", "X", "awaiting_csm, awaiting_advocate" },
		{ "request", "reason", "Owner.Reason__c", "no field of the record itself" },
	};
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct mapping *mapping = mapping_new();
		assert_false(mapping_write_set(mapping, cases[i].name, cases[i].key, cases[i].value, 1, &failure));
		if (strstr(failure.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].key, failure.text);
		mapping_free(mapping);
	}
}

/* The daemon must not listen to itself. */
static void what_is_written_is_not_read(void **state)
{
	static const struct {
		const char *lines[5][3];
		int line;
		const char *says;
	} cases[] = {
		{ { { "contact", "email", "Email" }, { "write contact", "availability_since", "S" } }, 2,
			"lacks 'availability = FIELD'" },
		{ { { "account", "name", "Name" }, { "write contact", "availability", "S" } }, 2,
			"needs [contact]" },
		{ { { "contact", "advocate", "S__c | in Yes" }, { "write contact", "availability", "s__C" } }, 2,
			"read on line 1 too (advocate)" },
		{ { { "account", "signal.flag", "S" }, { "write account", "availability", "S" } }, 2,
			"read on line 1 too (signal.flag)" },
		{ { { "contact", "email", "Email" }, { "write contact", "availability", "S" },
			  { "support_case", "status", "Contact.S" } },
			2, "read on line 3 too (status)" },
		{ { { "contact", "title", "T" }, { "write contact", "availability", "S" },
			  { "write contact", "availability_since", "T" } },
			3, "read on line 1 too (title)" },
		{ { { "contact", "title", "T" }, { "write contact", "availability", "S" },
			  { "write contact", "availability_since", "s" } },
			2, "the same field" },
		{ { { "request", "outcome", "O" }, { "write request", "state", "S" } }, 2,
			"lacks 'reason = FIELD'" },
		{ { { "request", "outcome", "O" }, { "write request", "reason", "R" } }, 2,
			"lacks 'state = FIELD'" },
		{ { { "request", "outcome", "O" }, { "write request", "state", "S" },
			  { "write request", "reason", "s" } },
			2, "state and reason are the same field" },
		{ { { "request", "cancelled", "S | in Cancelled" }, { "write request", "state", "S" },
			  { "write request", "reason", "R" } },
			2, "read on line 1 too (cancelled)" },
		{ { { "request", "outcome", "R" }, { "write request", "state", "S" },
			  { "write request", "reason", "R" } },
			3, "read on line 1 too (outcome)" },
		/* A case of a record type of its own is a case, too. */
		{ { { "request", "object", "case" }, { "support_case", "status", "S" },
			  { "write request", "state", "S" }, { "write request", "reason", "R" } },
			3, "read on line 2 too (status)" },
		/* Another object's field of that name is another field. */
		{ { { "contact", "title", "T" }, { "account", "name", "S" },
			  { "write contact", "availability", "S" } },
			0, NULL },
	};
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int line = 0, where = 0;
		bool good = true;
		struct mapping *mapping = read_lines(cases[i].lines);
		for (int entity = 0; entity < ENTITY_COUNT; entity++)
			if (!mapping_write_check(mapping, (enum entity)entity, default_object, &line, &failure)) {
				good = false;
				where = line;
			}
		assert_int_equal(good, cases[i].says == NULL);
		if (!good && (where != cases[i].line || strstr(failure.text, cases[i].says) == NULL))
			fail_msg("case %zu, line %d: %s", i, where, failure.text);
		mapping_free(mapping);
	}
}

static void expect_notes_of(const struct connector *connector, struct mapping *mapping, enum entity entity,
	const char *body, const char *expected)
{
	void *settings = calloc(1, connector->settings_size);
	const struct reading_request reading = {
		.entity = entity, .mapping = &mapping->entities[entity], .fingerprint = "0123456789abcdef"
	};
	const struct http_header type = { "Content-Type", "application/json" };
	struct description description;
	struct failure failure;
	char text[1024] = "";
	int line;

	option_defaults(connector->options, connector->option_count, settings);
	assert_true(mapping_write_check(mapping, entity, connector->default_object, &line, &failure));
	struct session *session = connector->session_new("https://crm.example", settings);
	description_init(&description);
	if (!connector->described(session, &reading, &(struct http_head){ 200, &type, 1 }, body, strlen(body), 0,
		    &description, &failure))
		fail_msg("%s", failure.text);
	for (size_t i = 0; i < description.count; i++) {
		assert_int_equal(description.notes[i].kind, NOTE_UNWRITABLE);
		(void)strncat(text, description.notes[i].text, sizeof text - strlen(text) - 2);
		(void)strcat(text, "\n");
	}
	assert_string_equal(text, expected);
	description_clear(&description);
	connector->session_free(session);
	mapping_free(mapping);
	option_clear(connector->options, connector->option_count, settings);
	free(settings);
}

static void expect_notes(const struct connector *connector, const char *body, const char *expected)
{
	expect_notes_of(connector,
		read_lines(LINES({ "contact", "email", "email" }, { "write contact", "availability", "status" },
			{ "write contact", "availability_since", "since" })),
		ENTITY_CONTACT, body, expected);
}

static void expect_notes_of_requests(const struct connector *connector, const char *body, const char *expected)
{
	expect_notes_of(connector,
		read_lines(LINES({ "request", "object", "tickets" }, { "request", "outcome", "email" },
			{ "write request", "state", "state" }, { "write request", "reason", "why" })),
		ENTITY_REQUEST, body, expected);
}

#define SF(fields)                                                                                                 \
	"{\"fields\":[{\"name\":\"Id\",\"type\":\"id\",\"calculated\":false},{\"name\":\"SystemModstamp\","        \
	"\"type\":"                                                                                                \
	"\"datetime\",\"calculated\":false},{\"name\":\"Email\",\"type\":\"email\",\"calculated\":false}" fields   \
	"]}"
#define SF_FIELD(name, type, more) ",{\"name\":\"" name "\",\"type\":\"" type "\",\"calculated\":false" more "}"
#define WORD(word, active) "{\"value\":\"" word "\",\"active\":" active "}"

static void salesforce_says_what_cannot_be_written(void **state)
{
	(void)state;
	expect_notes(&connector_salesforce,
		SF(SF_FIELD("Status", "picklist", ",\"updateable\":true,\"restrictedPicklist\":false")
				SF_FIELD("Since", "datetime", "")),
		"");
	expect_notes(&connector_salesforce, SF(""),
		"status: Contact has no such field to write, or hides it from the integration user\n"
		"since: Contact has no such field to write, or hides it from the integration user\n");
	expect_notes(&connector_salesforce,
		SF(SF_FIELD("Status", "string", ",\"updateable\":false") SF_FIELD("Since", "date", "")),
		"status can't be written: a formula, or its field-level security\n"
		"since is of the type date, but must be a date and time (or '| date' behind the field)\n");
	expect_notes(&connector_salesforce,
		SF(SF_FIELD("Status", "picklist",
			",\"restrictedPicklist\":true,\"picklistValues\":[" WORD("Available", "true") "," WORD(
				"Caution", "true") "," WORD("Suspended", "false") "," WORD("Ineligible",
				"true") "," WORD("Withdrawn", "true") "," WORD("Left", "true") "]")
				SF_FIELD("Since", "datetime", "")),
		"status doesn't have the word 'Suspended' (suspended): add it to the picklist, or give another\n");
	expect_notes(&connector_salesforce, SF(SF_FIELD("Status", "boolean", "") SF_FIELD("Since", "datetime", "")),
		"status is of the type boolean, but must be a picklist or a text\n");
	expect_notes_of_requests(&connector_salesforce,
		SF(SF_FIELD("State", "string", "") SF_FIELD("Why", "string", ",\"length\":255")), "");
	expect_notes_of_requests(&connector_salesforce,
		SF(SF_FIELD("State", "string", "") SF_FIELD("Why", "string", ",\"length\":80")),
		"why holds fewer than the 255 characters that a reason may have\n");
	expect_notes_of_requests(&connector_salesforce,
		SF(SF_FIELD("State", "string", "") SF_FIELD("Why", "picklist", ",\"length\":255")),
		"why is of the type picklist, but must be a text\n");
	expect_notes_of_requests(&connector_salesforce,
		SF(SF_FIELD("State", "string", "")
				SF_FIELD("Why", "textarea", ",\"length\":999,\"updateable\":false")),
		"why can't be written: a formula, or its field-level security\n");
}

#define HS(fields) "{\"results\":[{\"name\":\"email\",\"type\":\"string\"}" fields "]}"
#define HS_FIELD(name, type, more) ",{\"name\":\"" name "\",\"type\":\"" type "\"" more "}"

static void hubspot_says_what_cannot_be_written(void **state)
{
	(void)state;
	expect_notes(
		&connector_hubspot, HS(HS_FIELD("status", "string", "") HS_FIELD("since", "datetime", "")), "");
	expect_notes(&connector_hubspot, HS(""),
		"status: contacts have no such property to write\nsince: contacts have no such property to "
		"write\n");
	expect_notes(&connector_hubspot,
		HS(HS_FIELD("status", "string", ",\"modificationMetadata\":{\"readOnlyValue\":true}")
				HS_FIELD("since", "date", "")),
		"status can't be written: it is read-only\n"
		"since must be of the type datetime ('| date' behind the field says which)\n");
	expect_notes(&connector_hubspot,
		HS(HS_FIELD("status", "enumeration",
			",\"options\":[{\"value\":\"Available\"},{\"value\":\"Caution\"},{\"value\":\"Suspended\"},"
			"{\"value\":\"Ineligible\"},{\"value\":\"Withdrawn\"},{\"label\":\"Left\",\"value\":"
			"\"gone\"}]") HS_FIELD("since", "datetime", "")),
		"status doesn't have the internal value 'Left' (left): add the option, or give another word\n");
	expect_notes(&connector_hubspot,
		HS(HS_FIELD("status", "number", ",\"archived\":false")
				HS_FIELD("since", "datetime", ",\"archived\":true")),
		"status must be a text or a choice (an enumeration)\nsince: contacts have no such property to "
		"write\n");
	expect_notes_of_requests(
		&connector_hubspot, HS(HS_FIELD("state", "string", "") HS_FIELD("why", "string", "")), "");
	expect_notes_of_requests(&connector_hubspot,
		HS(HS_FIELD("state", "string", "") HS_FIELD("why", "enumeration", "")), "why must be a text\n");
	expect_notes_of_requests(&connector_hubspot, HS(HS_FIELD("state", "string", "")),
		"why: tickets have no such property to write\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_have_defaults),
		cmocka_unit_test(lines_that_are_refused),
		cmocka_unit_test(what_is_written_is_not_read),
		cmocka_unit_test(salesforce_says_what_cannot_be_written),
		cmocka_unit_test(hubspot_says_what_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
