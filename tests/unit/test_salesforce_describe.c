/* test_salesforce_describe.c - the Salesforce connector holds an object's metadata against the mapping. */
#include "tests/unit/salesforce_exchange.h"

#include "connectors/description.h"

#define FIELD(name, type, calculated, relationship)                                                                \
	"{\"name\":\"" name "\",\"type\":\"" type "\",\"calculated\":" calculated ",\"filterable\":true,"          \
	"\"label\":\"x\",\"picklistValues\":[{\"value\":\"Name\"}],\"relationshipName\":" relationship "}"
#define ID FIELD("Id", "id", "false", "null")
#define STAMP FIELD("SystemModstamp", "datetime", "false", "null")
#define COMMON ID "," STAMP "," FIELD("OwnerId", "reference", "false", "\"Owner\"")
#define OBJECT(fields)                                                                                             \
	"{\"actionOverrides\":[],\"name\":\"Account\",\"childRelationships\":[{\"field\":\"AccountId\","           \
	"\"relationshipName\":\"Contacts\"}],\"fields\":[" fields "],\"keyPrefix\":\"001\",\"queryable\":true}"
#define GOOD                                                                                                       \
	OBJECT(COMMON                                                                                              \
		"," FIELD("Name", "string", "false", "null") "," FIELD("Health__c", "double", "false", "null"))

static bool described(struct fixture *fixture, const struct answer *answer, struct description *description)
{
	struct http_header headers[2];
	struct http_head head = { .status = answer->status, .headers = headers };

	if (answer->type != NULL)
		headers[head.count++] = (struct http_header){ "Content-Type", answer->type };
	if (answer->date != NULL)
		headers[head.count++] = (struct http_header){ "Date", answer->date };
	fixture->failure = (struct failure){ .kind = FAILURE_NONE };
	description_init(description);
	return salesforce->described(fixture->session, &fixture->what, &head, answer->body, strlen(answer->body),
		NOW_MS, description, &fixture->failure);
}

static bool take(struct fixture *fixture, int status, const char *body, struct description *description)
{
	const struct answer answer = { .status = status, .type = JSON_TYPE, .date = DATE, .body = body };

	return described(fixture, &answer, description);
}

static size_t headers_asked(struct fixture *fixture)
{
	assert_true(salesforce->describe(
		fixture->session, &fixture->what, NOW_MS, &fixture->request, &fixture->failure));
	return fixture->request.header_count;
}

static const struct mapped_field *field_of(const struct fixture *fixture, enum entity entity, const char *remote)
{
	const struct mapping_entity *mapping = &fixture->mapping->entities[entity];

	for (size_t i = 0; i < mapping->count; i++)
		if (strcmp(mapping->fields[i].remote, remote) == 0)
			return &mapping->fields[i];
	fail_msg("%s isn't mapped", remote);
	return NULL;
}

static void noted(const struct fixture *fixture, const struct description *description, enum note_kind kind,
	const char *remote, const char *text)
{
	const struct note *note = description_find(description, kind, field_of(fixture, fixture->entity, remote));

	if (note == NULL || strcmp(note->text, text) != 0)
		fail_msg("%s: %s", remote, note == NULL ? "no note" : note->text);
}

static void what_fits_has_no_notes(void **state)
{
	struct fixture *fixture = *state;
	struct description description;

	assert_int_equal(headers_asked(fixture), 3);
	assert_string_equal(buffer_text(&fixture->request.url), DATA "sobjects/Account/describe");
	assert_string_equal(buffer_text(&fixture->request.headers[0]), "Authorization: Bearer 00D!tok-1");
	assert_int_equal(fixture->request.body_limit, 8 * 1024 * 1024);
	assert_true(take(fixture, 200, GOOD, &description));
	assert_int_equal(description.count, 0);
	assert_false(description.unchanged);
	description_clear(&description);
}

/* Asked again, only if it changed since, by Salesforce's clock; for another mapping, all of it. */
static void unchanged_is_told_by_304(void **state)
{
	struct fixture *fixture = *state;
	const struct answer same = { .status = 304, .body = "" };
	const struct answer undated = { .status = 200, .type = JSON_TYPE, .date = "soon", .body = GOOD };
	struct description description;

	/* Not what was asked for. */
	assert_false(described(fixture, &same, &description));
	assert_true(take(fixture, 200, GOOD, &description));
	assert_int_equal(headers_asked(fixture), 4);
	assert_string_equal(buffer_text(&fixture->request.headers[3]), "If-Modified-Since: " DATE);
	assert_true(described(fixture, &same, &description));
	assert_true(description.unchanged);
	assert_int_equal(description.count, 0);
	fixture->what.fingerprint = "fedcba9876543210";
	assert_int_equal(headers_asked(fixture), 3);
	assert_false(described(fixture, &same, &description));
	fixture->what.fingerprint = FINGERPRINT;
	assert_int_equal(headers_asked(fixture), 4);
	/* A query that misses a field says that something changed. */
	(void)ask(fixture);
	assert_false(reply(fixture, 400, ERROR("INVALID_FIELD", "No such column 'Name' on entity 'Account'.")));
	assert_int_equal(headers_asked(fixture), 3);
	assert_true(described(fixture, &undated, &description));
	assert_int_equal(headers_asked(fixture), 3);
}

static void missing_fields_are_noted(void **state)
{
	struct fixture *fixture = *state;
	struct description description;

	map(fixture, "account", "csm_email", "Csm__r.Profile.Email");
	map(fixture, "account", "industry", "nAmE");
	map(fixture, "account", "region", "Owner.Nonsense__c");
	assert_true(take(fixture, 200, OBJECT(COMMON "," FIELD("Name", "string", "false", "null")), &description));
	assert_int_equal(description.count, 2);
	noted(fixture, &description, NOTE_MISSING, "Health__c",
		"Health__c: Account has no field Health__c, or hides it from the integration user");
	noted(fixture, &description, NOTE_MISSING, "Csm__r.Profile.Email",
		"Csm__r.Profile.Email: Account has no relationship Csm__r, or hides it from the integration user");
	description_clear(&description);
}

static void formulas_are_noted(void **state)
{
	struct fixture *fixture = *state;
	struct description description;

	assert_true(take(fixture, 200,
		OBJECT(COMMON "," FIELD("Name", "string", "true", "null") "," FIELD(
			"Health__c", "string", "true", "null")),
		&description));
	assert_int_equal(description.count, 3);
	noted(fixture, &description, NOTE_CALCULATED, "Name",
		"Name is a formula: it changes without its record's modified time");
	noted(fixture, &description, NOTE_CALCULATED, "Health__c",
		"Health__c is a formula: it changes without its record's modified time");
	noted(fixture, &description, NOTE_TYPE, "Health__c",
		"Health__c is of the type string, but signal.health takes a number");
	description_clear(&description);
}

static void types_are_held_against_columns(void **state)
{
	static const struct {
		const char *section, *column, *type;
		bool fits;
	} rows[] = {
		{ "account", "arr", "double", true },
		{ "account", "arr", "currency", true },
		{ "account", "arr", "percent", true },
		{ "account", "arr", "int", true },
		{ "account", "arr", "long", true },
		{ "account", "arr", "string", false },
		{ "account", "arr", "boolean", false },
		{ "account", "arr", "date", false },
		{ "account", "signal.x", "percent", true },
		{ "account", "signal.x", "picklist", false },
		{ "account", "renewal_on", "date", true },
		{ "account", "renewal_on", "datetime", true },
		{ "account", "renewal_on", "string", false },
		{ "support_case", "opened_at", "datetime", true },
		{ "support_case", "opened_at", "date", false },
		{ "support_case", "closed", "boolean", true },
		{ "support_case", "closed", "picklist", false },
		{ "support_case", "closed", "double", false },
		{ "account", "segment", "picklist", true },
		{ "account", "segment", "multipicklist", true },
		{ "account", "segment", "double", true },
		{ "account", "segment", "boolean", true },
		{ "account", "segment", "datetime", true },
		{ "account", "segment", "reference", true },
		{ "account", "segment", "neverheardof", true },
		{ "account", "segment", "address", false },
		{ "account", "segment", "location", false },
		{ "account", "segment", "base64", false },
	};
	struct fixture *fixture = *state;
	struct description description;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		mapping_free(fixture->mapping);
		fixture->mapping = mapping_new();
		fixture->entity = entity_by_name(rows[i].section);
		map(fixture, rows[i].section, rows[i].column, "F__c");
		fixture->what.entity = fixture->entity;
		fixture->what.mapping = &fixture->mapping->entities[fixture->entity];
		char *body = memory_format(OBJECT(COMMON "," FIELD("F__c", "%s", "false", "null")), rows[i].type);
		assert_true(take(fixture, 200, body, &description));
		free(body);
		if (description.count != !rows[i].fits)
			fail_msg("%s for %s", rows[i].type, rows[i].column);
		if (!rows[i].fits)
			assert_non_null(description_find(
				&description, NOTE_TYPE, field_of(fixture, fixture->entity, "F__c")));
		description_clear(&description);
	}
	/* With words, any text will do for a boolean. */
	mapping_free(fixture->mapping);
	fixture->mapping = mapping_new();
	map(fixture, "support_case", "closed", "F__c | in Closed, Done");
	fixture->what.mapping = &fixture->mapping->entities[ENTITY_SUPPORT_CASE];
	assert_true(
		take(fixture, 200, OBJECT(COMMON "," FIELD("F__c", "picklist", "false", "null")), &description));
	assert_int_equal(description.count, 0);
	open_changes(fixture, ENTITY_ACCOUNT);
}

/* What isn't understood is a failure and never a note: a mapping doesn't lose its fields to an error page. */
static void strange_answers_are_failures(void **state)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"{}",
		"{\"fields\":[]}",
		"{\"fields\":{}}",
		"{\"fields\":[7]}",
		OBJECT(STAMP),
		OBJECT(COMMON ",{\"name\":\"Name\",\"calculated\":false}"),
		OBJECT(COMMON ",{\"name\":\"Name\",\"type\":\"string\"}"),
		OBJECT(COMMON ",{\"type\":\"string\",\"calculated\":false}"),
		"{\"fields\":[" COMMON,
	};
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
		const char *word;
	} refusals[] = {
		{ 404, ERROR("NOT_FOUND", "The requested resource does not exist"), FAILURE_PERMANENT,
			"mend 'object' in the mapping" },
		{ 503, "<html>Maintenance</html>", FAILURE_TRANSIENT, "Maintenance" },
		{ 403, ERROR("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), FAILURE_THROTTLED,
			"24 hours" },
		{ 401, EXPIRED, FAILURE_EXPIRED, "Session expired" },
	};
	struct fixture *fixture = *state;
	const struct answer page = { .status = 200, .type = "text/html", .body = GOOD };
	struct description description;

	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		assert_false(take(fixture, 200, bodies[i], &description));
		refused(fixture, FAILURE_TRANSIENT, "no description");
		assert_int_equal(description.count, 0);
		assert_int_equal(headers_asked(fixture), 3);
	}
	assert_false(described(fixture, &page, &description));
	refused(fixture, FAILURE_TRANSIENT, "isn't JSON");
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		assert_false(take(fixture, refusals[i].status, refusals[i].body, &description));
		refused(fixture, refusals[i].kind, refusals[i].word);
		assert_int_equal(description.count, 0);
	}
	assert_false(salesforce->describe(
		fixture->session, &fixture->what, NOW_MS, &fixture->request, &fixture->failure));
	refused(fixture, FAILURE_EXPIRED, "no session");
	give_token(fixture, "00D!tok-2", HOST);
	assert_false(take(fixture, 401, EXPIRED, &description));
	refused(fixture, FAILURE_CREDENTIALS, "refused at once");
}

/* Without it no change could be asked for. */
static void the_cursor_field_must_be_there(void **state)
{
	struct fixture *fixture = *state;
	struct description description;

	assert_false(take(fixture, 200, OBJECT(ID), &description));
	refused(fixture, FAILURE_PERMANENT, "no SystemModstamp");
	assert_false(take(fixture, 200,
		OBJECT(ID ",{\"name\":\"SystemModstamp\",\"type\":\"datetime\",\"calculated\":false,\"filterable\":"
			  "false}"),
		&description));
	refused(fixture, FAILURE_PERMANENT, "no SystemModstamp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_fits_has_no_notes),
		TEST(unchanged_is_told_by_304),
		TEST(missing_fields_are_noted),
		TEST(formulas_are_noted),
		TEST(types_are_held_against_columns),
		TEST(strange_answers_are_failures),
		TEST(the_cursor_field_must_be_there),
	};

	return cmocka_run_group_tests_name("salesforce_describe", tests, NULL, NULL);
}
