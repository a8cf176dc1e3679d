/* The HubSpot connector looking at some records before all are read. */
#include "tests/unit/hubspot_exchange.h"

#define TICKETS "/crm/v3/objects/tickets/search"
#define CONTACTS "/crm/v3/objects/contacts/search"
#define OLD "2019-01-01T00:00:00Z"
#define ROW(id) "account remote_id=" id " modified_at=2019-01-01T00:00:00.000Z deleted=f\n"
#define SORTED "\"sorts\":[{\"propertyName\":\"hs_object_id\",\"direction\":\"ASCENDING\"}]"
#define NUMBER(name, sign, decimal)                                                                                \
	{                                                                                                          \
		.field = (name), .kind = RECORD_TEST_NUMBER, .operator= sign, .number = decimal,                   \
	}

static bool open_look(struct fixture *f, enum entity entity, const struct record_filter *only)
{
	const struct record_sink sink = { f, add_row, add_rejection };
	const struct reading_request request = { .entity = entity,
		.mapping = &f->mapping->entities[entity],
		.fingerprint = f->fingerprint,
		.mode = READ_ALL,
		.only = only };

	connector_hubspot.read_free(f->reading);
	f->reading = connector_hubspot.read_open(f->session, &request, &sink);
	buffer_clear(&f->rows);
	return f->reading != NULL;
}

/* The body of a search for one group, of a company without a mapping. */
static const char *look_of(const char *filters, int64_t last)
{
	static char body[4096];

	(void)snprintf(body, sizeof body,
		"{\"filterGroups\":[{\"filters\":[%s,{\"propertyName\":\"hs_object_id\",\"operator\":\"GT\","
		"\"value\":\"%lld\"}]}]," SORTED ",\"properties\":[" BARE "],\"limit\":2}",
		filters, (long long)last);
	return body;
}

static const struct record_filter low_health = { { { { NUMBER("cs_health", "<", "60") }, 1 } }, 1, false };
#define LOW_HEALTH "{\"propertyName\":\"cs_health\",\"operator\":\"LT\",\"value\":\"60\"}"

/* ---- the walk ---- */

static void test_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		assert_true(open_look(&f, ENTITY_ACCOUNT, &low_health));
		expect(&f, COMPANIES, look_of(LOW_HEALTH, 0));
		assert_string_equal(f.request.what, "companies page 1");
		/* However old it is, and whatever time it is. */
		give_dated(&f, "Thu, 01 Oct 2026 09:00:00 GMT", page(3, record("9", OLD), record("100", OLD)));
		expect_rows(&f, ROW("9") ROW("100"));
		/* No place to go on from: what comes next is all records. */
		assert_null(connector_hubspot.read_cursor(f.reading));
		expect(&f, COMPANIES, look_of(LOW_HEALTH, 100));
		/* A refusal in between: the same page again. */
		assert_false(give_with(&f, 502, "text/html", NULL, NULL, "<html></html>"));
		assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
		expect(&f, COMPANIES, look_of(LOW_HEALTH, 100));
		give(&f, page(1, record("1000", OLD), ""));
		expect_rows(&f, ROW("1000"));
		assert_int_equal(connector_hubspot.read_expected(f.reading), -1);
		expect_until(&f, INT64_MIN, INT64_MIN);
		assert_null(connector_hubspot.read_cursor(f.reading));
		end(&f);
	}
}

/* The index owes rows: they are asked on for; and a page that leads nowhere ends the look. */
static void test_guards(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_look(&f, ENTITY_ACCOUNT, &low_health);
	ask(&f);
	give(&f, page(2, record("9", OLD), ""));
	expect(&f, COMPANIES, look_of(LOW_HEALTH, 9));
	give_bad(&f, page(1, record("9", OLD), ""), FAILURE_PERMANENT, "does not keep to the filter");
	expect(&f, COMPANIES, look_of(LOW_HEALTH, 9));
	give_bad(&f, "{\"results\":[]}", FAILURE_TRANSIENT, "no total");
	expect(&f, COMPANIES, look_of(LOW_HEALTH, 9));
	give(&f, EMPTY);
	expect_until(&f, INT64_MIN, INT64_MIN);
	end(&f);
}

static void test_full_pages(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	set_number(&f, "page_size", 200); /* as many as a search may ask for, not as a list may */
	open_look(&f, ENTITY_ACCOUNT, &low_health);
	ask(&f);
	assert_non_null(strstr(buffer_text(&f.request.body), "\"limit\":200}"));
	end(&f);
}

/* ---- what is asked for ---- */

static void test_operators(void **state)
{
	static const struct {
		struct record_test test;
		const char *filter;
	} cases[] = {
		{ NUMBER("a", "<=", "-0.5"), "{\"propertyName\":\"a\",\"operator\":\"LTE\",\"value\":\"-0.5\"}" },
		{ NUMBER("a", ">", "60.000000"),
			"{\"propertyName\":\"a\",\"operator\":\"GT\",\"value\":\"60.000000\"}" },
		{ NUMBER("a", ">=", "7"), "{\"propertyName\":\"a\",\"operator\":\"GTE\",\"value\":\"7\"}" },
		{ NUMBER("a", "=", "3"), "{\"propertyName\":\"a\",\"operator\":\"EQ\",\"value\":\"3\"}" },
		{ { .field = "a", .kind = RECORD_TEST_YES },
			"{\"propertyName\":\"a\",\"operator\":\"EQ\",\"value\":\"true\"}" },
		{ { .field = "a", .kind = RECORD_TEST_NO },
			"{\"propertyName\":\"a\",\"operator\":\"EQ\",\"value\":\"false\"}" },
		{ { .field = "a",
			  .kind = RECORD_TEST_WORDS,
			  .words = { "Urgent", "urgent", "P1", "7" },
			  .word_count = 4 },
			"{\"propertyName\":\"a\",\"operator\":\"IN\",\"values\":["
			"\"Urgent\",\"urgent\",\"URGENT\",\"P1\",\"p1\",\"7\"]}" },
		/* What would end a text, or isn't one. */
		{ { .field = "a",
			  .kind = RECORD_TEST_WORDS,
			  .words = { "\"}]\\", "a\nb", "\xc3\x84rger", "\xff" },
			  .word_count = 4 },
			"{\"propertyName\":\"a\",\"operator\":\"IN\",\"values\":["
			"\"\\\"}]\\\\\",\"a\\nb\",\"A\\nB\",\"\xc3\x84rger\",\"\xc3\x84RGER\"]}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct record_filter only = { { { { cases[i].test }, 1 } }, 1, false };
		struct fixture f;
		start(&f);
		open_look(&f, ENTITY_ACCOUNT, &only);
		expect(&f, COMPANIES, look_of(cases[i].filter, 0));
		end(&f);
	}
}

static void test_groups(void **state)
{
	static const struct record_filter only = {
		{ { { { .field = "p", .kind = RECORD_TEST_WORDS, .words = { "P1" }, .word_count = 1 },
			    { .field = "c", .kind = RECORD_TEST_NO } },
			  2 },
			{ { { .field = "e", .kind = RECORD_TEST_YES } }, 1 } },
		2, false
	};
	struct fixture f;

	(void)state;
	start(&f);
	map(&f, "account", "name", "name");
	open_look(&f, ENTITY_ACCOUNT, &only);
	/* Each group goes on behind the last id. */
	ask(&f);
	give(&f, page(3, record("9", OLD), record("100", OLD)));
	expect(&f, COMPANIES,
		"{\"filterGroups\":["
		"{\"filters\":[{\"propertyName\":\"p\",\"operator\":\"IN\",\"values\":[\"P1\",\"p1\"]},"
		"{\"propertyName\":\"c\",\"operator\":\"EQ\",\"value\":\"false\"},"
		"{\"propertyName\":\"hs_object_id\",\"operator\":\"GT\",\"value\":\"100\"}]},"
		"{\"filters\":[{\"propertyName\":\"e\",\"operator\":\"EQ\",\"value\":\"true\"},"
		"{\"propertyName\":\"hs_object_id\",\"operator\":\"GT\",\"value\":\"100\"}]}]," SORTED
		",\"properties\":[" BARE ",\"name\"],\"limit\":2}");
	end(&f);
}

/* ---- what comes with it ---- */

static void test_companies_of_contacts(void **state)
{
	static const struct record_filter only = { { { { NUMBER("nps", "<=", "6") }, 1 } }, 1, false };
	struct fixture f;

	(void)state;
	start(&f);
	assert_true(open_look(&f, ENTITY_CONTACT, &only));
	ask(&f);
	give(&f, page(3, "{\"id\":\"5\",\"properties\":{}}", "{\"id\":\"6\",\"properties\":{}}"));
	expect(&f, "/crm/v4/associations/contacts/companies/batch/read",
		"{\"inputs\":[{\"id\":\"5\"},{\"id\":\"6\"}]}");
	give(&f, "{\"results\":[{\"from\":{\"id\":\"5\"},\"to\":[{\"toObjectId\":77,\"associationTypes\":[]}]}]}");
	expect_rows(&f, "contact remote_id=5 deleted=f\ncontact remote_id=6 deleted=f\n"
			"association entity=contact remote_id=5 account_remote_id=77\n"
			"association entity=contact remote_id=6\n");
	assert_null(connector_hubspot.read_cursor(f.reading));
	ask(&f);
	assert_string_equal(buffer_text(&f.request.url), BASE CONTACTS);
	assert_non_null(strstr(buffer_text(&f.request.body), "\"operator\":\"GT\",\"value\":\"6\"}"));
	give(&f, EMPTY);
	expect_until(&f, INT64_MIN, INT64_MIN);
	end(&f);
}

static void test_stages_of_tickets(void **state)
{
	static const struct record_filter only = { { { { { .field = "e", .kind = RECORD_TEST_YES } }, 1 } }, 1,
		false };
	static const char tickets[] =
		"{\"total\":2,\"results\":["
		"{\"id\":\"5\",\"properties\":{\"hs_pipeline\":\"0\",\"hs_pipeline_stage\":\"4\"}},"
		"{\"id\":\"6\",\"properties\":{\"hs_pipeline\":\"0\",\"hs_pipeline_stage\":\"5\"}}]}";
	struct fixture f;

	(void)state;
	start(&f);
	map(&f, "support_case", "account_remote_id", "company");
	open_look(&f, ENTITY_SUPPORT_CASE, &only);
	expect(&f, "/crm/v3/pipelines/tickets", NULL);
	give(&f, "{\"results\":[{\"id\":\"0\",\"stages\":[{\"id\":\"4\",\"metadata\":{\"ticketState\":\"CLOSED\"}}]"
		 "}]}");
	ask(&f);
	assert_string_equal(buffer_text(&f.request.url), BASE TICKETS);
	/* In another run, an hour is not over: a stage that is new is asked for, and the page again. */
	open_look(&f, ENTITY_SUPPORT_CASE, &only);
	ask(&f);
	give(&f, tickets);
	expect(&f, "/crm/v3/pipelines/tickets", NULL);
	give(&f, "{\"results\":[{\"id\":\"0\",\"stages\":[{\"id\":\"5\",\"metadata\":{\"ticketState\":\"CLOSED\"}}]"
		 "}]}");
	buffer_clear(&f.rows);
	ask(&f);
	assert_string_equal(buffer_text(&f.request.url), BASE TICKETS);
	give(&f, tickets);
	expect_rows(
		&f, "support_case remote_id=5 deleted=f closed=f\nsupport_case remote_id=6 deleted=f closed=t\n");
	end(&f);
}

/* What of the filters excludes the closed ones of a ticket's search; "" when nothing does. */
static const char *exclusion(struct fixture *f, const struct record_filter *only, const char *pipelines)
{
	static char text[512];

	open_look(f, ENTITY_SUPPORT_CASE, only);
	expect(f, "/crm/v3/pipelines/tickets", NULL);
	give(f, pipelines);
	ask(f);
	const char *body = buffer_text(&f->request.body);
	const char *from = strstr(body, "{\"propertyName\":\"hs_pipeline_stage\"");
	if (from == NULL)
		return "";
	/* In every group. */
	size_t times = 0;
	for (const char *at = from; at != NULL; at = strstr(at + 1, "\"NOT_IN\""))
		times++;
	assert_int_equal(times - 1, only->count);
	(void)snprintf(text, sizeof text, "%.*s", (int)(strchr(from, ']') + 2 - from), from);
	return text;
}

#define STAGE(id, state) "{\"id\":\"" id "\",\"metadata\":{\"ticketState\":\"" state "\"}}"
#define PIPELINE(id, stages) "{\"id\":\"" id "\",\"stages\":[" stages "]}"

static void test_open_tickets(void **state)
{
	static const char pipelines[] = "{\"results\":[" PIPELINE(
		"0", STAGE("1", "OPEN") "," STAGE("4", "CLOSED") "," STAGE("5", "CLOSED")) "," PIPELINE("9",
		STAGE("4", "CLOSED") "," STAGE("5", "OPEN") "," STAGE("\\\"", "CLOSED")) "]}";
	static const struct record_group one = { { { .field = "e", .kind = RECORD_TEST_YES } }, 1 };
	static const struct record_group two = {
		{ { .field = "e", .kind = RECORD_TEST_YES }, { .field = "f", .kind = RECORD_TEST_YES } }, 2
	};
	struct record_filter only = { { one, one }, 2, true };
	struct fixture f;

	(void)state;
	start(&f);
	map(&f, "support_case", "account_remote_id", "company");
	/* Not 5, which in the second pipeline is open. */
	assert_string_equal(exclusion(&f, &only, pipelines),
		"{\"propertyName\":\"hs_pipeline_stage\",\"operator\":\"NOT_IN\",\"values\":[\"4\",\"\\\"\"]}");
	f.now += 3600000;
	assert_string_equal(exclusion(&f, &only, "{\"results\":[" PIPELINE("0", STAGE("1", "OPEN")) "]}"), "");
	/* All are wanted. */
	f.now += 3600000;
	only.open = false;
	assert_string_equal(exclusion(&f, &only, pipelines), "");
	/* With these there would be 20 filters, of the 18 that HubSpot takes. */
	f.now += 3600000;
	only = (struct record_filter){ { two, two, two, two, two }, 5, true };
	assert_string_equal(exclusion(&f, &only, pipelines), "");
	/* More stages than there is room for. */
	f.now += 3600000;
	only = (struct record_filter){ { one }, 1, true };
	struct buffer many;
	buffer_init(&many, 65536);
	buffer_append_text(&many, "{\"results\":[{\"id\":\"0\",\"stages\":[");
	for (int i = 0; i < 13; i++)
		buffer_printf(
			&many, "%s{\"id\":\"%d\",\"metadata\":{\"ticketState\":\"CLOSED\"}}", i == 0 ? "" : ",", i);
	buffer_append_text(&many, "]}]}");
	assert_string_equal(exclusion(&f, &only, buffer_text(&many)), "");
	buffer_free(&many);
	end(&f);
	/* A field says so: the filter has it already. */
	start(&f);
	map(&f, "support_case", "account_remote_id", "company");
	map(&f, "support_case", "closed", "is_closed");
	open_look(&f, ENTITY_SUPPORT_CASE, &only);
	ask(&f);
	assert_null(strstr(buffer_text(&f.request.body), "NOT_IN"));
	end(&f);
}

/* ---- what can't be asked for ---- */

static void test_refused(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_look(&f, ENTITY_ACCOUNT, &low_health);
	ask(&f);
	assert_false(give_with(&f, 400, JSON_TYPE, NULL, NULL,
		"{\"status\":\"error\",\"message\":\"There was a problem with the request.\","
		"\"category\":\"VALIDATION_ERROR\"}"));
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	expect_rows(&f, "");
	assert_false(open_look(&f, ENTITY_STAFF, &low_health));
	end(&f);
}

/* It mustn't become too long in the middle, where `last` has grown in every group. */
static void test_too_long(void **state)
{
	static const char word[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
	struct record_filter only = { .count = RECORD_GROUPS_MOST };
	struct fixture f;
	bool asked = true;

	(void)state;
	for (size_t i = 0; i < RECORD_GROUPS_MOST; i++)
		only.groups[i] = (struct record_group){ { { .field = "a", .kind = RECORD_TEST_WORDS } }, 1 };
	start(&f);
	for (size_t i = 0; asked; i++) {
		struct record_test *test = &only.groups[i % RECORD_GROUPS_MOST].tests[0];
		assert_in_range(i, 0, sizeof word - 2);
		test->words[test->word_count++] = word + i; /* no two of the same length */
		open_look(&f, ENTITY_ACCOUNT, &only);
		asked = connector_hubspot.read_next(f.reading, f.now, &f.request, &f.failure) == READ_REQUEST;
		if (asked)
			assert_in_range(f.request.body.length, 1, 3000 - RECORD_GROUPS_MOST * 18);
	}
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(f.failure.text, "more than the 3000 characters"));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_full_pages),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_companies_of_contacts),
		cmocka_unit_test(test_stages_of_tickets),
		cmocka_unit_test(test_open_tickets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests_name("hubspot look", tests, NULL, NULL);
}
