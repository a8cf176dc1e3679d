/* The HubSpot connector reading all records by listing, and what searching never shows: archived and merged ones. */
#include "tests/unit/hubspot_exchange.h"

#define LIST "/crm/v3/objects/companies?limit=2"
#define TAIL "&properties=hs_lastmodifieddate,hs_merged_object_ids&archived=false"
#define ARCHIVED "/crm/v3/objects/companies?limit=100"
#define ARCHIVED_TAIL "&properties=hs_lastmodifieddate&archived=true"
#define OLD "2026-10-01T08:00:00Z"
#define NEW "2026-10-01T08:59:45Z" /* changed after the watermark */
#define ROW(id) "account remote_id=" id " modified_at=2026-10-01T08:00:00.000Z deleted=f\n"

static const char *count_of(const char *modified, int64_t until)
{
	static char body[512];

	(void)snprintf(body, sizeof body,
		"{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"%s\",\"operator\":\"LTE\",\"value\":\"%lld\"}"
		"]}],"
		"\"properties\":[\"%s\"],\"limit\":1}",
		modified, (long long)until, modified);
	return body;
}

/* Up to behind the first count. */
static void open_list(struct fixture *f, int expected)
{
	assert_true(open_mode(f, ENTITY_ACCOUNT, READ_ALL, false, NULL));
	assert_int_equal(connector_hubspot.read_expected(f->reading), -1);
	expect(f, COMPANIES, count_of(MODIFIED, HIGHEST));
	assert_string_equal(f->request.what, "number of companies");
	give(f, total(expected));
	assert_int_equal(connector_hubspot.read_expected(f->reading), expected);
}

/* ---- reading all ---- */

static void test_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map(&f, "account", "name", "name");
		map(&f, "account", "domain", "domain");
		open_list(&f, 3);
		expect(&f, LIST "&properties=hs_lastmodifieddate,hs_merged_object_ids,name,domain&archived=false",
			NULL);
		assert_string_equal(f.request.what, "companies page 1");
		assert_int_equal(f.request.header_count, 2);
		give(&f, list_page("{\"id\":\"9\",\"properties\":{\"name\":\"Nine\",\"hs_lastmodifieddate\":\"" OLD
				   "\"},\"archived\":false}",
				 record("100", NEW), "MTAx=&x"));
		expect_rows(&f, "account remote_id=9 modified_at=2026-10-01T08:00:00.000Z deleted=f name=Nine\n"
				"account remote_id=100 modified_at=2026-10-01T08:59:45.000Z deleted=f\n");
		/* The one that changed since the watermark isn't counted. */
		expect_cursor(&f, list_cursor("MTAx=&x", 100, 1, 3));
		expect(&f,
			LIST "&after=MTAx%3D%26x&properties=hs_lastmodifieddate,hs_merged_object_ids,name,domain"
			     "&archived=false",
			NULL);
		/* A short page that names a next one is not the last. */
		give(&f, list_page(record("101", OLD), "", "300"));
		ask(&f);
		give(&f, list_page(record("300", OLD), record("301", OLD), NULL));
		/* Everything has come, but it isn't over before the count says so. */
		expect(&f, COMPANIES, count_of(MODIFIED, HIGHEST));
		give(&f, total(4));
		/* Changes are gone on with from before the first request. */
		expect_until(&f, HIGHEST, HIGHEST);
		expect_cursor(&f, cursor_of(HIGHEST, HIGHEST, HIGHEST));
		char *done = memory_copy_text(connector_hubspot.read_cursor(f.reading));
		assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, done));
		expect(&f, COMPANIES,
			search_of(MODIFIED, HIGHEST - 300000, HIGHEST, 0, BARE ",\"name\",\"domain\"", 2));
		free(done);
		end(&f);
	}
}

static void test_list_is_resumed(void **state)
{
	struct fixture f;
	char *middle, *counted;

	(void)state;
	start(&f);
	open_list(&f, 3);
	ask(&f);
	give(&f, list_page(record("9", OLD), record("100", OLD), "101"));
	middle = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	f.now = NOW + 500000;
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_ALL, false, middle));
	assert_int_equal(connector_hubspot.read_expected(f.reading), 3);
	expect(&f, LIST "&after=101" TAIL, NULL);
	give(&f, list_page(record("101", OLD), "", NULL));
	counted = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	/* The watermark is still that of the beginning. */
	expect(&f, COMPANIES, count_of(MODIFIED, HIGHEST));
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_ALL, false, counted));
	expect(&f, COMPANIES, count_of(MODIFIED, HIGHEST));
	give(&f, total(3));
	expect_until(&f, HIGHEST, HIGHEST);
	expect_cursor(&f, cursor_of(HIGHEST, HIGHEST, HIGHEST));
	/* It has had its time: a count that is still short means all once more. */
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_ALL, false, counted));
	ask(&f);
	give_bad(&f, total(4), FAILURE_TRANSIENT, "of 4 records");
	expect(&f, LIST TAIL, NULL);
	/* A cursor of no use is a beginning. */
	f.now = NOW;
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_ALL, false, BEGINNING));
	expect(&f, COMPANIES, count_of(MODIFIED, HIGHEST));
	f.fingerprint = "fedcba9876543210";
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_ALL, false, middle));
	expect(&f, COMPANIES, count_of(MODIFIED, HIGHEST));
	free(middle);
	free(counted);
	end(&f);
}

/* Whoever is told to wait for long keeps what came before; of a page that breaks off the companies are not known yet. */
static void test_refusal_keeps_the_place(void **state)
{
	struct fixture f;
	char *middle;

	(void)state;
	start(&f);
	open_list(&f, 3);
	ask(&f);
	give(&f, list_page(record("9", OLD), record("100", OLD), "101"));
	middle = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	ask(&f);
	assert_false(give_with(&f, 429, JSON_TYPE, "retry-after", "600", "{\"status\":\"error\"}"));
	expect_cursor(&f, middle);
	ask(&f);
	give_bad(&f, "{\"results\":[", FAILURE_TRANSIENT, "broke off");
	assert_null(connector_hubspot.read_cursor(f.reading));
	ask(&f);
	give(&f, list_page(record("101", OLD), "", NULL));
	assert_non_null(connector_hubspot.read_cursor(f.reading));
	free(middle);
	end(&f);
}

/* HubSpot's clock is ten minutes behind ours, and later pages' Dates move nothing. */
static void test_list_watermark(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_ALL, false, NULL));
	ask(&f);
	give_dated(&f, "Thu, 01 Oct 2026 08:50:00 GMT", total(2));
	ask(&f);
	/* One second back between two of its servers: the earlier one counts. */
	give_dated(&f, "Thu, 01 Oct 2026 08:49:59 GMT",
		list_page(record("5", "2026-10-01T08:49:29.000Z"), record("6", "2026-10-01T08:49:29.001Z"), "7"));
	ask(&f);
	give_dated(&f, "Thu, 01 Oct 2026 08:40:00 GMT", list_page("", "", NULL));
	expect(&f, COMPANIES, count_of(MODIFIED, NOW - 631000));
	give_bad(&f, total(2), FAILURE_TRANSIENT, "of 2 records that HubSpot counts, its list had only 1");
	ask(&f);
	give(&f, total(1));
	expect_until(&f, NOW - 631000, NOW - 631000);
	end(&f);
}

/* A list that ends early is found out. */
static void test_list_is_counted(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_list(&f, 7);
	ask(&f);
	give(&f, list_page(record("5", OLD), "{\"properties\":{}}", NULL)); /* rejected, but counted */
	ask(&f);
	give_bad(&f, "{\"results\":[]}", FAILURE_TRANSIENT, "no total");
	for (int i = 0; i < 3; i++) {
		expect(&f, COMPANIES, count_of(MODIFIED, HIGHEST));
		give_bad(&f, total(3), FAILURE_TRANSIENT, "of 3 records that HubSpot counts, its list had only 2");
	}
	/* It stays so: all once more, with a watermark of its own. */
	f.now = NOW + 1000000;
	expect(&f, LIST TAIL, NULL);
	give(&f, list_page(record("5", OLD), record("6", OLD), "7"));
	ask(&f);
	give(&f, list_page(record("7", OLD), "", NULL));
	expect(&f, COMPANIES, count_of(MODIFIED, NOW + 970000));
	give(&f, total(3));
	expect_until(&f, NOW + 970000, NOW + 970000);
	end(&f);
}

static void test_list_guards(void **state)
{
	struct fixture f;
	char *long_page = memory_allocate(600);

	(void)state;
	start(&f);
	open_list(&f, 7);
	ask(&f);
	give(&f, list_page(record("5", OLD), record("6", OLD), "7"));
	static const struct {
		const char *one, *two, *after;
		enum failure_kind kind;
		const char *words;
	} cases[] = {
		{ "", "", "8", FAILURE_PERMANENT, "no record behind id 6" }, /* a page that adds nothing */
		{ "{\"id\":\"x\"}", "", "8", FAILURE_PERMANENT, "no record behind id 6" },
		{ "{\"id\":\"6\"}", "{\"id\":\"7\"}", NULL, FAILURE_PERMANENT, "don't rise behind 6" },
		{ "{\"id\":\"9\"}", "{\"id\":\"8\"}", "9", FAILURE_PERMANENT, "don't rise" },
		{ "{\"id\":\"8\"}", "", "7", FAILURE_PERMANENT, "names the page itself" },
		{ "{\"id\":\"8\"}", "", "", FAILURE_PERMANENT, "no use" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		expect(&f, LIST "&after=7" TAIL, NULL);
		give_bad(&f, list_page(cases[i].one, cases[i].two, cases[i].after), cases[i].kind, cases[i].words);
	}
	memset(long_page, 'a', 513);
	ask(&f);
	give_bad(&f, list_page(record("8", OLD), "", long_page), FAILURE_PERMANENT, "no use");
	/* What is no page, or doesn't say whether it is the last one, is not the end. */
	static const char *const bad[] = { "", "{\"results\":[", "{\"status\":\"error\"}",
		"{\"results\":[],\"paging\":{}}", "{\"results\":[],\"paging\":[]}",
		"{\"results\":[],\"paging\":{\"next\":{\"after\":7}}}" };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ask(&f);
		give_bad(&f, bad[i], FAILURE_TRANSIENT, "companies page 2");
	}
	/* The same page, with nothing of all that remembered. */
	expect(&f, LIST "&after=7" TAIL, NULL);
	give(&f, list_page(record("7", OLD), "", NULL));
	ask(&f);
	give(&f, total(3));
	expect_until(&f, HIGHEST, HIGHEST);
	free(long_page);
	end(&f);
}

static void test_list_sizes(void **state)
{
	struct fixture f;
	char key[64], remote[128];

	(void)state;
	start(&f);
	set_number(&f, "page_size", 200);
	open_list(&f, 1);
	expect(&f, "/crm/v3/objects/companies?limit=100" TAIL, NULL);
	assert_false(give_with(&f, 524, "text/html", NULL, NULL, "<html>"));
	expect(&f, "/crm/v3/objects/companies?limit=50" TAIL, NULL);
	/* An address has an end. */
	for (int i = 0; i < 100; i++) {
		(void)snprintf(key, sizeof key, "signal.s%d", i);
		(void)snprintf(remote, sizeof remote, "a_property_with_rather_a_long_name_%05d", i);
		map(&f, "account", key, remote);
	}
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_ALL, false, NULL));
	ask(&f);
	give(&f, total(1));
	assert_int_equal(connector_hubspot.read_next(f.reading, NOW, &f.request, &f.failure), READ_FAILED);
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(f.failure.text, "[account]"));
	end(&f);
}

/* ---- companies of listed records ---- */

/* One question for ten pages; no place to stop before it is answered. */
static void test_companies_of_listed_contacts(void **state)
{
	static const char links[] = "/crm/v4/associations/contacts/companies/batch/read";
	struct fixture f;

	(void)state;
	start(&f);
	set_number(&f, "page_size", 200);
	assert_true(open_mode(&f, ENTITY_CONTACT, READ_ALL, false, NULL));
	expect(&f, "/crm/v3/objects/contacts/search", count_of("lastmodifieddate", HIGHEST));
	give(&f, total(1001));
	for (int i = 0; i < 10; i++) {
		ask(&f);
		assert_non_null(strstr(buffer_text(&f.request.url), "/crm/v3/objects/contacts?limit=100"));
		if (i == 5) {
			/* A page that broke off is asked about once. */
			give_bad(&f, "{\"results\":[{\"id\":\"501\",\"properties\":{}},", FAILURE_TRANSIENT,
				"page 6");
			ask(&f);
		}
		give_contacts(&f, 100 * i + 1, 100, 100 * i + 101);
		assert_null(connector_hubspot.read_cursor(f.reading));
	}
	ask(&f);
	assert_string_equal(buffer_text(&f.request.url) + strlen(BASE), links);
	assert_int_equal(inputs_of(&f), 1000);
	buffer_clear(&f.rows);
	give(&f, "{\"results\":[{\"from\":{\"id\":\"77\"},\"to\":[{\"toObjectId\":8}]}]}");
	assert_non_null(strstr(buffer_text(&f.rows), "association entity=contact remote_id=76\nassociation "
						     "entity=contact remote_id=77 account_remote_id=8\n"));
	expect_cursor(&f, list_cursor("1001", 1000, 1000, 1001));
	ask(&f);
	give_bad(&f, "{\"results\":[{\"id\":\"1009\",\"properties\":{}},", FAILURE_TRANSIENT, "page 11");
	ask(&f);
	give_contacts(&f, 1001, 1, 0);
	expect(&f, links, "{\"inputs\":[{\"id\":\"1001\"}]}");
	give(&f, "{\"results\":[]}");
	assert_non_null(connector_hubspot.read_cursor(f.reading));
	ask(&f);
	give(&f, total(1001));
	expect_until(&f, HIGHEST, HIGHEST);
	end(&f);
}

/* The list's page is repeated after the pipelines, not a search. */
static void test_stages_of_listed_tickets(void **state)
{
	static const char page_of_tickets[] =
		"{\"results\":[{\"id\":\"5\",\"properties\":{\"hs_lastmodifieddate\":\"" OLD
		"\",\"hs_pipeline\":\"0\",\"hs_pipeline_stage\":\"4\"}}]}";
	struct fixture f;

	(void)state;
	start(&f);
	map(&f, "support_case", "account_remote_id", "company");
	for (int i = 0; i < 2; i++) {
		assert_true(open_mode(&f, ENTITY_SUPPORT_CASE, READ_ALL, false, NULL));
		ask(&f);
		give(&f, total(1));
		if (i == 0) {
			expect(&f, "/crm/v3/pipelines/tickets", NULL);
			give(&f, "{\"results\":[]}");
		}
		expect(&f,
			"/crm/v3/objects/"
			"tickets?limit=2&properties=hs_lastmodifieddate,hs_pipeline,hs_pipeline_stage,"
			"company&archived=false",
			NULL);
		give(&f, page_of_tickets);
		if (i == 1) {
			expect_rows(&f, "");
			expect(&f, "/crm/v3/pipelines/tickets", NULL);
			give(&f, "{\"results\":[{\"id\":\"0\",\"stages\":[{\"id\":\"4\",\"metadata\":"
				 "{\"ticketState\":\"CLOSED\"}}]}]}");
			ask(&f);
			give(&f, page_of_tickets);
		}
		expect_rows(&f, i == 0 ? "support_case remote_id=5 modified_at=2026-10-01T08:00:00.000Z deleted=f "
					 "closed=f\n"
				       : "support_case remote_id=5 modified_at=2026-10-01T08:00:00.000Z deleted=f "
					 "closed=t\n");
		ask(&f);
		give(&f, total(1)); /* seen once, though sent twice */
		expect_until(&f, HIGHEST, HIGHEST);
	}
	end(&f);
}

/* ---- archived records ---- */

#define GONE(id) "{\"id\":\"" id "\",\"properties\":{\"hs_lastmodifieddate\":\"" OLD "\"},\"archived\":true}"
#define GONE_ROW(id) "account remote_id=" id " modified_at=2026-10-01T08:00:00.000Z deleted=t\n"

static void test_archived(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map(&f, "account", "name", "name");
		/* Last looked through an hour ago. */
		assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, true,
			cursor_of(NOW - 90000, NOW - 90000, NOW - 3600000)));
		ask(&f);
		give(&f, EMPTY);
		/* The window is closed: nothing of it is lost if this is as far as it gets. */
		expect_cursor(&f, walking_of(HIGHEST, NOW - 90000, NOW - 3600000));
		expect(&f, ARCHIVED ARCHIVED_TAIL, NULL);
		assert_string_equal(f.request.what, "archived companies page 1");
		give(&f, list_page(GONE("5"), GONE("60"), "61"));
		expect_rows(&f, GONE_ROW("5") GONE_ROW("60"));
		expect(&f, ARCHIVED "&after=61" ARCHIVED_TAIL, NULL);
		assert_string_equal(f.request.what, "archived companies page 2");
		/* A record that isn't archived would wipe what is known of it. */
		give(&f, list_page(record("70", OLD), GONE("71"), NULL));
		expect_rows(&f, GONE_ROW("71"));
		expect_until(&f, HIGHEST, NOW - 90000);
		expect_cursor(&f, cursor_of(HIGHEST, NOW - 90000, NOW));
		end(&f);
	}
}

static void test_archived_is_rare(void **state)
{
	static const struct {
		bool prove;
		int64_t walked;
		bool due;
	} cases[] = { { false, 0, false }, { true, NOW - 3599999, false }, { true, NOW - 3600000, true },
		{ true, NOW + 1, true } /* by a clock that was wrong */ };
	struct fixture f;

	(void)state;
	start(&f);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, cases[i].prove,
			cursor_of(NOW - 90000, NOW - 90000, cases[i].walked)));
		ask(&f);
		give(&f, EMPTY);
		assert_int_equal(connector_hubspot.read_next(f.reading, f.now, &f.request, &f.failure),
			cases[i].due ? READ_REQUEST : READ_COMPLETE);
	}
	end(&f);
}

/* However many there are: 50 pages a run, the rest in the next ones. */
static void test_archived_are_many(void **state)
{
	struct fixture f;
	char one[128], after[16], path[128], *cursor;

	(void)state;
	start(&f);
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, true, cursor_of(NOW - 90000, NOW - 90000, 0)));
	ask(&f);
	give(&f, EMPTY);
	for (int i = 1; i <= 50; i++) {
		ask(&f);
		(void)snprintf(one, sizeof one, "{\"id\":\"%d\",\"archived\":true}", i);
		(void)snprintf(after, sizeof after, "%d", i + 1);
		give(&f, list_page(one, "", after));
	}
	expect_until(&f, HIGHEST, NOW - 90000);
	cursor = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	assert_non_null(strstr(cursor, "\"walked\":0,\"walk\":\"51\""));
	/* A run that doesn't prove keeps the place; the next one that does goes on from it, due or not. */
	f.now = NOW + 60000;
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, cursor));
	ask(&f);
	give(&f, EMPTY);
	expect_until(&f, NOW + 30000, INT64_MIN);
	free(cursor);
	cursor = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, true, cursor));
	ask(&f);
	give(&f, EMPTY);
	(void)snprintf(path, sizeof path, "%s&after=51%s", ARCHIVED, ARCHIVED_TAIL);
	expect(&f, path, NULL);
	give_bad(&f, list_page("", "", "52"), FAILURE_PERMANENT, "archived companies page 1");
	ask(&f);
	give_bad(&f, list_page(GONE("52"), GONE("51"), NULL), FAILURE_PERMANENT, "don't rise");
	expect(&f, path, NULL);
	give(&f, list_page(GONE("51"), "", NULL));
	expect_until(&f, NOW + 30000, NOW - 90000);
	expect_cursor(&f, cursor_of(NOW + 30000, NOW - 90000, NOW + 60000));
	free(cursor);
	end(&f);
}

/* ---- merged records ---- */

#define MERGED(id, into)                                                                                           \
	"account remote_id=" id " modified_at=2026-10-01T08:00:00.000Z deleted=t merged_into_remote_id=" into "\n"

static const char *survivor(const char *id, const char *absorbed)
{
	static char text[512];

	(void)snprintf(text, sizeof text,
		"{\"id\":\"%s\",\"properties\":{\"hs_lastmodifieddate\":\"" OLD "\",\"hs_merged_object_ids\":%s}}",
		id, absorbed);
	return text;
}

static void test_merges(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		/* A chain, the survivor itself, blanks, and what is no id. */
		open_reading(&f, ENTITY_ACCOUNT);
		ask(&f);
		give(&f, page(1, survivor("9", "\"7; 8 ;9;;x7;10\""), ""));
		expect_rows(&f, MERGED("7", "9") MERGED("8", "9") MERGED("10", "9") ROW("9"));
		static const char *const none[] = { "null", "\"\"", "\";\"", "\"9\"" };
		for (size_t j = 0; j < sizeof none / sizeof none[0]; j++) {
			open_reading(&f, ENTITY_ACCOUNT);
			ask(&f);
			give(&f, page(1, survivor("9", none[j]), ""));
			expect_rows(&f, ROW("9"));
		}
		/* Outside of the window it is another one's business. */
		assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, cursor_of(NOW, NOW, NOW)));
		f.now = NOW + 60000;
		ask(&f);
		give(&f, page(1, survivor("9", "\"7\""), ""));
		expect_rows(&f, "");
		f.now = NOW;
		/* Listed: the same. */
		open_list(&f, 1);
		ask(&f);
		give(&f, list_page(survivor("9", "\"7\""), "", NULL));
		expect_rows(&f, MERGED("7", "9") ROW("9"));
		/* Contacts merge too; tickets don't say. */
		map(&f, "contact", "account_remote_id", "associatedcompanyid");
		open_reading(&f, ENTITY_CONTACT);
		ask(&f);
		give(&f, page(1, survivor("9", "\"7\""), ""));
		expect_rows(&f,
			"contact remote_id=7 deleted=t merged_into_remote_id=9\ncontact remote_id=9 deleted=f\n");
		map(&f, "support_case", "account_remote_id", "company");
		map(&f, "support_case", "closed", "is_closed");
		open_reading(&f, ENTITY_SUPPORT_CASE);
		ask(&f);
		assert_null(strstr(buffer_text(&f.request.body), "merged"));
		end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_list_is_resumed),
		cmocka_unit_test(test_refusal_keeps_the_place),
		cmocka_unit_test(test_list_watermark),
		cmocka_unit_test(test_list_is_counted),
		cmocka_unit_test(test_list_guards),
		cmocka_unit_test(test_list_sizes),
		cmocka_unit_test(test_companies_of_listed_contacts),
		cmocka_unit_test(test_stages_of_listed_tickets),
		cmocka_unit_test(test_archived),
		cmocka_unit_test(test_archived_is_rare),
		cmocka_unit_test(test_archived_are_many),
		cmocka_unit_test(test_merges),
	};

	return cmocka_run_group_tests_name("hubspot list", tests, NULL, NULL);
}
