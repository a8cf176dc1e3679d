/* The HubSpot connector reading: what it asks, what it makes of recorded answers, however their bytes arrive.
 */
#include "tests/unit/hubspot_exchange.h"

#define COMPANY_PROPERTIES BARE ",\"name\",\"domain\",\"cs_health_score\",\"hubspot_owner_id\""
#define LINKS(type) "/crm/v4/associations/" type "/companies/batch/read"

static void map_companies(struct fixture *f)
{
	map(f, "account", "name", "name");
	map(f, "account", "domain", "domain");
	map(f, "account", "signal.health", "cs_health_score");
	map(f, "account", "signal.health_again", "cs_health_score");
	map(f, "account", "owner_remote_id", "hubspot_owner_id");
}

static const char *search_companies(int64_t lo, int64_t hi, int64_t last)
{
	return search_of(MODIFIED, lo, hi, last, COMPANY_PROPERTIES, 2);
}

/* A page of a search (HubSpot, CRM search). */
static const char page_one[] =
	"{\"total\":3,\"results\":[\n"
	" {\"id\":\"8204417731\",\"properties\":{\"cs_health_score\":\"41\",\"cs_risk_state\":\"at_risk\","
	"\"createdate\":\"2023-01-19T10:00:00.112Z\",\n\"domain\":\"northwind.example\","
	"\"hs_lastmodifieddate\":\"2026-10-01T08:11:09.204Z\",\"hs_merged_object_ids\":null,"
	"\"hs_object_id\":\"8204417731\",\"hubspot_owner_id\":\"41629001\",\"name\":\"Northwind Ltd\"},"
	"\"createdAt\":\"2023-01-19T10:00:00.112Z\",\"updatedAt\":\"2026-10-01T08:11:09.204Z\",\"archived\":"
	"false},\n"
	" {\"id\":\"8204417990\",\"properties\":{\"cs_health_score\":\"\",\"domain\":null,"
	"\"hs_lastmodifieddate\":\"2026-10-01T08:12:40.001Z\",\"hubspot_owner_id\":\"\",\"name\":\"Fabrikam "
	"\\u00e9\"},"
	"\"createdAt\":\"2024-05-03T07:30:00.000Z\",\"archived\":false}],"
	"\"paging\":{\"next\":{\"after\":\"2\"}}}";
static const char page_two[] =
	"{\"total\":1,\"results\":[{\"id\":\"8204418000\",\"properties\":{\"name\":\"Contoso\","
	"\"hs_lastmodifieddate\":\"2026-10-01T08:13:00.000Z\"},\"archived\":false}]}";

/* ---- searching ---- */

static void test_first_load(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map_companies(&f);
		open_reading(&f, ENTITY_ACCOUNT);
		assert_null(connector_hubspot.read_cursor(f.reading));
		expect(&f, COMPANIES, search_companies(1000, HIGHEST, 0));
		assert_int_equal(f.request.header_count, 3);
		assert_string_equal(buffer_text(&f.request.headers[0]), "Authorization: Bearer " TOKEN);
		assert_string_equal(buffer_text(&f.request.headers[1]), "Accept: application/json");
		assert_string_equal(buffer_text(&f.request.headers[2]), "Content-Type: application/json");
		assert_string_equal(f.request.what, "companies page 1");
		assert_int_equal(f.request.timeout_s, 120);
		assert_int_equal(f.request.pause_before_ms, 0);
		give(&f, page_one);
		expect_rows(&f, "account remote_id=8204417731 modified_at=2026-10-01T08:11:09.204Z deleted=f "
				"name=Northwind Ltd domain=northwind.example owner_remote_id=41629001 "
				"signals={\"health\":\"41\",\"health_again\":\"41\"}\n"
				"account remote_id=8204417990 modified_at=2026-10-01T08:12:40.001Z deleted=f "
				"name=Fabrikam \xc3\xa9 signals={\"health\":null,\"health_again\":null}\n");
		expect_cursor(&f, window_of(1000, HIGHEST, 8204417990));

		f.now += 90;
		expect(&f, COMPANIES, search_companies(1000, HIGHEST, 8204417990));
		assert_int_equal(f.request.pause_before_ms, 160); /* 250 less the 90 that have passed */
		give(&f, page_two);
		expect_rows(&f, "account remote_id=8204418000 modified_at=2026-10-01T08:13:00.000Z deleted=f "
				"name=Contoso signals={}\n");
		expect_complete(&f, HIGHEST);
		end(&f);
	}
}

/* A page as full as asked for is never the last one, whatever its total says. */
static void test_full_page_is_followed(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	give(&f, page(2, record("5", "2026-10-01T08:00:00Z"), record("6", "2026-10-01T08:00:00Z")));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 6, BARE, 2));
	give(&f, EMPTY);
	expect_complete(&f, HIGHEST);
	end(&f);
}

static void test_cursors(void **state)
{
	struct fixture f;
	char *middle, *done;

	(void)state;
	start(&f);
	map_companies(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	give(&f, page_one);
	middle = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	ask(&f);
	give(&f, page_two);
	expect_complete(&f, HIGHEST);
	done = memory_copy_text(connector_hubspot.read_cursor(f.reading));

	/* After the end: from the watermark, less the overlap. With nothing changed that is one call. */
	f.now = NOW + 60000;
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, done));
	expect(&f, COMPANIES, search_companies(NOW - 330000, NOW + 30000, 0));
	give(&f, EMPTY);
	expect_complete(&f, NOW + 30000);
	/* In the middle: the same window, behind the last id. */
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, middle));
	expect(&f, COMPANIES, search_companies(1000, HIGHEST, 8204417990));
	/* Nothing has settled since. */
	f.now = NOW - 400000;
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, done));
	expect_until(&f, HIGHEST, INT64_MIN);
	expect_cursor(&f, done);
	/* A window that ends in the future, or a watermark far in it, came from a wrong clock. */
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, middle));
	expect(&f, COMPANIES, search_companies(1000, NOW - 430000, 0));
	f.now = NOW - INT64_C(90000000);
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, done));
	expect(&f, COMPANIES, search_companies(1000, f.now - 30000, 0));
	give(&f, EMPTY);
	expect_until(&f, f.now - 30000, INT64_MIN);
	expect_cursor(&f, cursor_of(f.now - 30000, 0, 1000));
	f.now = NOW;
	/* What can't be gone on from. */
	static const char *const strange[] = { "", "junk", "[]", "{\"v\":2,\"mapping\":\"0123456789abcdef\"}",
		"{\"v\":1,\"mapping\":\"0123456789abcdef\",\"fresh\":1000,\"proven\":0,\"walked\":0}",
		"{\"v\":2,\"mapping\":\"0123456789abcdef\",\"fresh\":999,\"proven\":0,\"walked\":0}",
		"{\"v\":2,\"mapping\":\"0123456789abcdef\",\"fresh\":1000,\"proven\":0,\"walked\":0,"
		"\"lo\":5000,\"hi\":4999,\"last\":0}",
		/* A listing's. */
		"{\"v\":2,\"mapping\":\"0123456789abcdef\",\"start\":1000,\"last\":0,\"seen\":0,\"expected\":0}" };
	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++)
		assert_false(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, strange[i]));
	assert_false(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, NULL));
	f.fingerprint = "fedcba9876543210"; /* another mapping's */
	assert_false(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, true, done));
	free(middle);
	free(done);
	end(&f);
}

/* The run that proves begins behind what the index may show late, and ends as far behind. */
static void test_prove(void **state)
{
	const int64_t lag = 3600000, walked = NOW - 1000; /* so that archived records are not due */
	struct fixture f;
	char *middle;

	(void)state;
	start(&f);
	assert_true(
		open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, true, cursor_of(NOW - 60000, NOW - 7000000, walked)));
	expect(&f, COMPANIES, search_of(MODIFIED, NOW - 7000000, HIGHEST, 0, BARE, 2));
	give(&f, page(3, record("5", "2026-10-01T08:00:00Z"), record("6", "2026-10-01T08:00:00Z")));
	middle = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	ask(&f);
	give(&f, EMPTY);
	expect_until(&f, HIGHEST, HIGHEST - lag);
	expect_cursor(&f, cursor_of(HIGHEST, HIGHEST - lag, walked));
	/* Gone on with by a run that need not prove: it proves all the same. */
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, false, middle));
	expect(&f, COMPANIES, search_of(MODIFIED, NOW - 7000000, HIGHEST, 6, BARE, 2));
	give(&f, EMPTY);
	expect_until(&f, HIGHEST, HIGHEST - lag);
	/* The other way about, a window that began too late proves nothing and is begun anew. */
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, true, window_of(NOW - 400000, HIGHEST, 6)));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 0, BARE, 2));
	/* What is proven stays proven, even where the lag was made longer. */
	set_number(&f, "late", 7200);
	assert_true(
		open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, true, cursor_of(NOW - 60000, NOW - 3700000, walked)));
	expect(&f, COMPANIES, search_of(MODIFIED, NOW - 3700000, HIGHEST, 0, BARE, 2));
	give(&f, EMPTY);
	expect_until(&f, HIGHEST, NOW - 3700000);
	expect_cursor(&f, cursor_of(HIGHEST, NOW - 3700000, walked));
	/* Nothing has settled since: what was proven still is. */
	assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, true, cursor_of(NOW - 10000, NOW - 20000, walked)));
	expect_until(&f, NOW - 10000, NOW - 20000);
	free(middle);
	end(&f);
}

/* Rows from outside of the window, as users met on both sides: they are left out, their ids count. */
static void test_window_is_checked(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	give(&f, page(9, record("7", "2026-10-01T08:59:30.000Z"), record("100", "2026-10-01T08:59:30.001Z")));
	expect_rows(&f, "account remote_id=7 modified_at=2026-10-01T08:59:30.000Z deleted=f\n");
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 100, BARE, 2));
	give(&f, page(1, record("101", "1970-01-01T00:00:00.999Z"), ""));
	expect_rows(&f, "");
	end(&f);
}

/* Ids are numbers: "99" comes before "100", in whatever order a page has them. */
static void test_ids(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	give(&f, page(9, record("100", "2026-10-01T08:00:00Z"), record("99", "2026-10-01T08:00:00Z")));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 100, BARE, 2));
	give(&f, page(9, record("9223372036854775806", "2026-10-01T08:00:00Z"),
			 record("101", "2026-10-01T08:00:00Z")));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, INT64_C(9223372036854775806), BARE, 2));
	give_bad(&f, page(9, record("101", "2026-10-01T08:00:00Z"), record("102", "2026-10-01T08:00:00Z")),
		FAILURE_PERMANENT, "none behind id 9223372036854775806");
	/* An id past 64 bits is no number at all. */
	ask(&f);
	give_bad(&f, page(9, record("9223372036854775808", "2026-10-01T08:00:00Z"), ""), FAILURE_PERMANENT,
		"none behind id");
	end(&f);
}

static void test_total(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	/* Short, but HubSpot counts more than it sent: this is not the end. */
	give(&f, page(3, record("5", "2026-10-01T08:00:00Z"), ""));
	expect_cursor(&f, window_of(1000, HIGHEST, 5));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 5, BARE, 2));
	give_bad(&f, page(2, "", ""), FAILURE_TRANSIENT, "counts 2 more records but sends none");
	/* Nor is a short page without a count. */
	ask(&f);
	give_bad(&f, "{\"results\":[{\"id\":\"6\",\"properties\":{}}]}", FAILURE_TRANSIENT, "has no total");
	/* Repeated as it was. */
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 5, BARE, 2));
	give(&f, page(1, record("6", "2026-10-01T08:00:00Z"), ""));
	expect_complete(&f, HIGHEST);
	end(&f);
}

static void test_clock(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	/* HubSpot's clock is ten minutes behind ours: the watermark is its time, not ours, less `settle`. */
	give_dated(&f, "Thu, 01 Oct 2026 08:50:00 GMT",
		page(5, record("5", "2026-10-01T08:00:00Z"), record("6", "2026-10-01T08:00:00Z")));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 630000, 6, BARE, 2));
	/* A later page's Date moves nothing. */
	give_dated(&f, "Thu, 01 Oct 2026 08:49:00 GMT", page(0, "", ""));
	expect_complete(&f, NOW - 630000);
	/* The session knows it from now on. */
	f.now = NOW + 60000;
	open_reading(&f, ENTITY_ACCOUNT);
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 630000, 0, BARE, 2));
	give_dated(&f, "Thu, 01 Oct 2026 09:10:00 GMT", EMPTY);
	open_reading(&f, ENTITY_ACCOUNT);
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW + 570000, 0, BARE, 2));
	end(&f);
}

static void test_body_limit(void **state)
{
	struct fixture f;
	char key[64], remote[128];

	(void)state;
	start(&f);
	/* Each name takes 43 characters with quotes and comma. */
	for (int i = 0; i < 60; i++) {
		(void)snprintf(key, sizeof key, "signal.s%d", i);
		(void)snprintf(remote, sizeof remote, "a_property_with_rather_a_long_name_%05d", i);
		map(&f, "account", key, remote);
	}
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	assert_true(f.request.body.length > 2900 && f.request.body.length <= 3000);
	for (int i = 60; i < 66; i++) {
		(void)snprintf(key, sizeof key, "signal.s%d", i);
		(void)snprintf(remote, sizeof remote, "a_property_with_rather_a_long_name_%05d", i);
		map(&f, "account", key, remote);
	}
	open_reading(&f, ENTITY_ACCOUNT);
	assert_int_equal(connector_hubspot.read_next(f.reading, NOW, &f.request, &f.failure), READ_FAILED);
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(f.failure.text, "[account]"));
	assert_non_null(strstr(f.failure.text, "3000"));
	end(&f);
}

/* Of 19 digits of an id and 13 of a time the first question of a stream has one and four: the later ones must fit, too. */
static void test_body_limit_of_later_pages(void **state)
{
	static const size_t most = 3000 - (19 - 1) - (13 - 4);
	char key[64], remote[128];

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		struct fixture f;
		start(&f);
		for (int i = 0; i < 60; i++) {
			(void)snprintf(key, sizeof key, "signal.s%d", i);
			(void)snprintf(remote, sizeof remote, "a_property_with_rather_a_long_name_%05d", i);
			map(&f, "account", key, remote);
		}
		open_reading(&f, ENTITY_ACCOUNT);
		ask(&f);
		size_t room = most - f.request.body.length - strlen(",\"\"");
		assert_true(room > 0 && room < 90);
		(void)snprintf(remote, sizeof remote, "%0*d", (int)(room + over), 0);
		remote[0] = 'p';
		map(&f, "account", "signal.last", remote);
		open_reading(&f, ENTITY_ACCOUNT);
		assert_int_equal(connector_hubspot.read_next(f.reading, NOW, &f.request, &f.failure),
			over == 0 ? READ_REQUEST : READ_FAILED);
		assert_int_equal(f.request.body.length, most + over);
		end(&f);
	}
}

static void test_bad_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map(&f, "account", "arr", "arr");
		open_reading(&f, ENTITY_ACCOUNT);
		ask(&f);
		give(&f, "{\"total\":4,\"results\":[{\"id\":\"5\",\"properties\":{\"arr\":\"much\","
			 "\"hs_lastmodifieddate\":\"2026-10-01T08:00:00Z\"}},"
			 "{\"id\":\"6\",\"properties\":{\"arr\":\"1.5E3\",\"hs_lastmodifieddate\":"
			 "\"1790841600000\"}}]}");
		expect_rows(&f, "rejected 5 arr: is not a number\n"
				"account remote_id=6 modified_at=2026-10-01T08:00:00.000Z deleted=f arr=1.5E3\n");
		expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 6, BARE ",\"arr\"", 2));
		end(&f);
	}
}

/* Wherever a page breaks off, it is repeated and nothing moves. */
static void test_cut_off(void **state)
{
	struct fixture f;
	const struct http_header headers[] = { { "Content-Type", JSON_TYPE } };
	const struct http_head head = { 200, headers, 1 };

	(void)state;
	start(&f);
	map_companies(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	for (size_t length = 0; length < sizeof page_one - 1; length++) {
		expect(&f, COMPANIES, search_companies(1000, HIGHEST, 0));
		assert_false(give_head(&f, &head, page_one, length));
		assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
		assert_null(connector_hubspot.read_cursor(f.reading));
	}
	ask(&f);
	give_bad(&f, "{\"total\":1,\"status\":\"error\"}", FAILURE_TRANSIENT, "companies page 1");
	ask(&f);
	give_bad(&f, "{\"status\":\"error\"}", FAILURE_TRANSIENT, "not a page of records");
	ask(&f);
	assert_false(give_with(&f, 200, "text/html", NULL, NULL, "<html><body>login</body></html>"));
	assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	ask(&f);
	give(&f, page_one);
	end(&f);
}

/* What a broken page showed is forgotten: neither its ids move the run on, nor are its links asked for. */
static void test_page_is_repeated(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_CONTACT);
	ask(&f);
	give_bad(&f,
		"{\"total\":9,\"results\":[{\"id\":\"5\",\"properties\":{}},{\"id\":\"100\",\"properties\":{}"
		"}",
		FAILURE_TRANSIENT, "(2 records read");
	ask(&f);
	give(&f, "{\"total\":9,\"results\":[{\"id\":\"5\",\"properties\":{}},{\"id\":\"6\",\"properties\":{}}"
		 "]}");
	expect(&f, LINKS("contacts"), "{\"inputs\":[{\"id\":\"5\"},{\"id\":\"6\"}]}");
	give(&f, "{\"results\":[]}");
	expect_cursor(&f, window_of(1000, HIGHEST, 6));
	/* Our clock was set back meanwhile: the whole pause. */
	f.now -= 5000;
	ask(&f);
	assert_int_equal(f.request.pause_before_ms, 250);
	end(&f);
}

static void test_what_it_is(void **state)
{
	static const enum entity streams[] = { ENTITY_STAFF, ENTITY_ACCOUNT, ENTITY_CONTACT, ENTITY_SUPPORT_CASE,
		ENTITY_OPPORTUNITY, ENTITY_REQUEST, ENTITY_COUNT };
	static const char *const objects[] = { "owners", "companies", "contacts", "tickets", "deals" };
	struct fixture f;

	(void)state;
	assert_string_equal(connector_hubspot.name, "hubspot");
	assert_memory_equal(connector_hubspot.streams, streams, sizeof streams);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(connector_hubspot.default_object(streams[i]), objects[i]);
	assert_null(connector_hubspot.default_object(ENTITY_REQUEST));
	start(&f);
	option_clear(connector_hubspot.options, connector_hubspot.option_count, f.settings);
	option_defaults(connector_hubspot.options, connector_hubspot.option_count, f.settings);
	assert_null(*(struct secret **)setting(&f, "token_file"));
	assert_int_equal(*(int64_t *)setting(&f, "page_size"), 200);
	assert_int_equal(*(int64_t *)setting(&f, "overlap"), 300);
	assert_int_equal(*(int64_t *)setting(&f, "settle"), 30);
	assert_int_equal(*(int64_t *)setting(&f, "late"), 3600);
	end(&f);
	assert_null(connector_hubspot.session_free(NULL));
	assert_null(connector_hubspot.read_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_load),
		cmocka_unit_test(test_full_page_is_followed),
		cmocka_unit_test(test_cursors),
		cmocka_unit_test(test_prove),
		cmocka_unit_test(test_window_is_checked),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_body_limit_of_later_pages),
		cmocka_unit_test(test_bad_record),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_page_is_repeated),
		cmocka_unit_test(test_what_it_is),
	};

	return cmocka_run_group_tests_name("hubspot", tests, NULL, NULL);
}
