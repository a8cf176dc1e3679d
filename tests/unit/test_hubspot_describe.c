/* The HubSpot connector comparing a mapping with an object's properties (HubSpot, Properties). */
#include "tests/unit/hubspot_exchange.h"

#include "connectors/description.h"

static struct reading_request request_of(const struct fixture *f, enum entity entity)
{
	return (struct reading_request){ .entity = entity,
		.mapping = &f->mapping->entities[entity],
		.fingerprint = f->fingerprint,
		.mode = READ_ALL };
}

static void expect_describe(struct fixture *f, enum entity entity, const char *path)
{
	const struct reading_request reading = request_of(f, entity);

	if (!connector_hubspot.describe(f->session, &reading, f->now, &f->request, &f->failure))
		fail_msg("%s", f->failure.text);
	assert_string_equal(buffer_text(&f->request.url) + strlen(BASE), path);
	assert_false(f->request.is_post);
	assert_string_equal(buffer_text(&f->request.headers[0]), "Authorization: Bearer " TOKEN);
	assert_int_equal(f->request.body_limit, 16 * 1024 * 1024);
}

static bool described(
	struct fixture *f, enum entity entity, int status, const char *body, struct description *description)
{
	const struct reading_request reading = request_of(f, entity);
	const struct http_header headers[] = { { "content-type", JSON_TYPE } };
	const struct http_head head = { status, headers, 1 };

	description_init(description);
	f->failure = (struct failure){ 0 };
	return connector_hubspot.described(
		f->session, &reading, &head, body, strlen(body), f->now, description, &f->failure);
}

/* "MISSING name: text", one a line, into f->rows. */
static void expect_notes(struct fixture *f, enum entity entity, const char *body, const char *notes)
{
	static const char *const kinds[] = { "MISSING", "TYPE", "CALCULATED" };
	struct description description;

	if (!described(f, entity, 200, body, &description))
		fail_msg("%s", f->failure.text);
	assert_false(description.unchanged);
	buffer_clear(&f->rows);
	for (size_t i = 0; i < description.count; i++) {
		buffer_printf(
			&f->rows, "%s %s\n", kinds[description.notes[i].kind], description.notes[i].field->remote);
		assert_non_null(strstr(description.notes[i].text, description.notes[i].field->remote));
	}
	description_clear(&description);
	expect_rows(f, notes);
}

#define PROPERTY(name, type) "{\"name\":\"" name "\",\"label\":\"x\",\"type\":\"" type "\",\"fieldType\":\"x\"}"
#define LIST_OF(properties) "{\"results\":[" properties "]}"

static void test_notes(void **state)
{
	struct fixture f;
	static const char properties[] = LIST_OF(PROPERTY("name", "string") "," PROPERTY("domain",
		"string") ",{\"name\":\"health\",\"type\":\"number\","
			  "\"calculated\":true,\"archived\":false,\"options\":[{\"label\":\"name\",\"value\":"
			  "\"gone\"}]},"
			  "{\"name\":\"old_region\",\"type\":\"string\",\"archived\":true},"
			  "{\"name\":\"segment_at\",\"type\":\"datetime\",\"calculated\":false}," PROPERTY(
				  "arr", "bool"));

	(void)state;
	start(&f);
	map(&f, "account", "name", "name");
	map(&f, "account", "domain", "Domain"); /* names have small letters */
	map(&f, "account", "region", "old_region");
	map(&f, "account", "industry", "gone");
	map(&f, "account", "arr", "arr");
	map(&f, "account", "segment", "segment_at");
	map(&f, "account", "signal.health", "health");
	map(&f, "account", "signal.at", "segment_at");
	map(&f, "account", "owner_email", "Owner.Email");
	expect_describe(&f, ENTITY_ACCOUNT, "/crm/v3/properties/companies?archived=false");
	assert_string_equal(f.request.what, "properties of companies");
	expect_notes(&f, ENTITY_ACCOUNT, properties,
		"MISSING Domain\nMISSING old_region\nMISSING gone\nTYPE arr\nCALCULATED health\nTYPE segment_at\n");
	/* The text says what a person must know. */
	struct description description;
	assert_true(described(&f, ENTITY_ACCOUNT, 200, properties, &description));
	assert_non_null(strstr(description.notes[2].text, "sensitive"));
	assert_string_equal(description.notes[3].text, "arr is of type bool, which can't become arr");
	description_clear(&description);
	/* All is well: nothing to say. */
	map(&f, "contact", "email", "email");
	expect_notes(&f, ENTITY_CONTACT, LIST_OF(PROPERTY("email", "string")), "");
	/* Other addresses. */
	expect_describe(&f, ENTITY_OPPORTUNITY, "/crm/v3/properties/0-3?archived=false");
	map(&f, "support_case", "object", "p4471023_case");
	expect_describe(&f, ENTITY_SUPPORT_CASE, "/crm/v3/properties/p4471023_case?archived=false");
	end(&f);
}

static void test_types(void **state)
{
	static const struct {
		const char *section, *column;
		enum entity entity;
		const char *good, *bad; /* types, each with a blank behind it */
	} cases[] = {
		{ "account", "name", ENTITY_ACCOUNT,
			"string number bool enumeration date datetime phone_number json newfangled ", "" },
		{ "account", "arr", ENTITY_ACCOUNT, "string number enumeration phone_number newfangled ",
			"bool date datetime object_coordinates json " },
		{ "account", "signal.x", ENTITY_ACCOUNT, "string number enumeration bool ", "date datetime json " },
		{ "account", "renewal_on", ENTITY_ACCOUNT, "string number enumeration date datetime ",
			"bool json " },
		{ "contact", "opted_out", ENTITY_CONTACT, "string number enumeration bool ",
			"date datetime json " },
		{ "support_case", "opened_at", ENTITY_SUPPORT_CASE, "string number enumeration datetime ",
			"bool date json " },
	};
	char body[256], type[32];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int good = 0; good < 2; good++)
			for (const char *at = good ? cases[i].good : cases[i].bad; *at != '\0';
				at += strcspn(at, " ") + 1) {
				struct fixture f;
				start(&f);
				map(&f, cases[i].section, cases[i].column, "p");
				(void)snprintf(type, sizeof type, "%.*s", (int)strcspn(at, " "), at);
				(void)snprintf(
					body, sizeof body, LIST_OF("{\"name\":\"p\",\"type\":\"%s\"}"), type);
				expect_notes(&f, cases[i].entity, body, good ? "" : "TYPE p\n");
				end(&f);
			}
	/* A list of words, or of labels, reads any text; a day is read from days. */
	struct fixture f;
	start(&f);
	map(&f, "contact", "advocate", "p | in 2026-10-01");
	expect_notes(&f, ENTITY_CONTACT, LIST_OF(PROPERTY("p", "date")), "");
	end(&f);
	start(&f);
	map(&f, "account", "signal.x", "p | labels Red 1, Green 2");
	map(&f, "account", "signal.y", "q | date");
	expect_notes(&f, ENTITY_ACCOUNT, LIST_OF(PROPERTY("p", "date") "," PROPERTY("q", "date")), "");
	end(&f);
	start(&f);
	map(&f, "account", "signal.y", "q | date");
	expect_notes(&f, ENTITY_ACCOUNT, LIST_OF(PROPERTY("q", "bool")), "TYPE q\n");
	end(&f);
}

static void test_owners_are_described(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	map(&f, "staff", "email", "email");
	map(&f, "staff", "name", "lastName");
	map(&f, "staff", "time_zone", "timezone");
	expect_describe(&f, ENTITY_STAFF, "/crm/v3/owners?limit=1&archived=false");
	expect_notes(&f, ENTITY_STAFF, "{\"results\":[{\"id\":\"1\"}],\"paging\":{\"next\":{\"after\":\"2\"}}}",
		"MISSING timezone\n");
	/* Nobody there is no news of what they are made of. */
	expect_notes(&f, ENTITY_STAFF, "{\"results\":[]}", "MISSING timezone\n");
	end(&f);
}

/* What isn't understood is a failure, never a note. */
static void test_unknown_shapes(void **state)
{
	static const char *const bad[] = { "", "{}", "[]", "{\"results\":{}}", "{\"results\":[]}",
		"{\"results\":[{\"type\":\"string\"}]}", "{\"results\":[{\"name\":7}]}", "{\"results\":[1]}",
		"{\"results\":[{\"name\":\"name\",\"type\":\"string\"}", "{\"results\":[{\"name\":\"name\"}]}x" };
	struct fixture f;
	struct description description;

	(void)state;
	start(&f);
	map(&f, "account", "name", "name");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(described(&f, ENTITY_ACCOUNT, 200, bad[i], &description));
		assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
		assert_int_equal(f.failure.http_status, 200);
		assert_int_equal(description.count, 0);
	}
	assert_false(described(&f, ENTITY_ACCOUNT, 403, "{\"category\":\"MISSING_SCOPES\"}", &description));
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	assert_string_equal(f.failure.code, "MISSING_SCOPES");
	assert_int_equal(description.count, 0);
	assert_false(described(&f, ENTITY_ACCOUNT, 429, "{\"policyName\":\"SECONDLY\"}", &description));
	assert_int_equal(f.failure.kind, FAILURE_THROTTLED);
	/* Without a token there is nothing to ask with. */
	set_token(&f, "");
	const struct reading_request reading = request_of(&f, ENTITY_ACCOUNT);
	assert_false(connector_hubspot.describe(f.session, &reading, NOW, &f.request, &f.failure));
	assert_int_equal(f.failure.kind, FAILURE_CREDENTIALS);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_owners_are_described),
		cmocka_unit_test(test_unknown_shapes),
	};

	return cmocka_run_group_tests_name("hubspot describe", tests, NULL, NULL);
}
