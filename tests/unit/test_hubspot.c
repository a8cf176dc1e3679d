/* The HubSpot connector reading: what it asks, what it makes of recorded answers, however their bytes arrive.
 */
#include "tests/unit/hubspot_exchange.h"

#define COMPANY_PROPERTIES "\"hs_lastmodifieddate\",\"name\",\"domain\",\"cs_health_score\",\"hubspot_owner_id\""
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

/* hubspot.md X1. */
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

/* A record with nothing but what every record has. */
static const char *record(const char *id, const char *modified)
{
	static char text[4][256];
	static unsigned turn;
	char *out = text[turn++ % 4];

	(void)snprintf(out, sizeof text[0], "{\"id\":\"%s\",\"properties\":{\"hs_lastmodifieddate\":\"%s\"}}", id,
		modified);
	return out;
}

static const char *page(int total, const char *one, const char *two)
{
	static char text[2048];

	(void)snprintf(
		text, sizeof text, "{\"total\":%d,\"results\":[%s%s%s]}", total, one, *two == '\0' ? "" : ",", two);
	return text;
}

/* ---- searching ---- */

static void test_first_load(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map_companies(&f);
		open_reading(&f, ENTITY_ACCOUNT, NULL);
		assert_null(connector_hubspot.read_cursor(f.reading));
		expect(&f, COMPANIES, search_companies(1000, NOW - 30000, 0));
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
		expect_cursor(&f, "{\"v\":1,\"lo\":1000,\"hi\":1790845170000,\"last\":8204417990,\"mapping\":\"");
		assert_int_equal(connector_hubspot.read_complete_until(f.reading), INT64_MIN);

		f.now += 90;
		expect(&f, COMPANIES, search_companies(1000, NOW - 30000, 8204417990));
		assert_int_equal(f.request.pause_before_ms, 160); /* 250 less the 90 that have passed */
		give(&f, page_two);
		expect_rows(&f, "account remote_id=8204418000 modified_at=2026-10-01T08:13:00.000Z deleted=f "
				"name=Contoso signals={}\n");
		expect_complete(
			&f, NOW - 30000, "{\"v\":1,\"lo\":1790845170000,\"hi\":0,\"last\":0,\"mapping\":\"");
		end(&f);
	}
}

/* A page as full as asked for is never the last one, whatever its total says. */
static void test_full_page_is_followed(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	ask(&f);
	give(&f, page(2, record("5", "2026-10-01T08:00:00Z"), record("6", "2026-10-01T08:00:00Z")));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 30000, 6, "\"hs_lastmodifieddate\"", 2));
	give(&f, EMPTY);
	expect_complete(&f, NOW - 30000, "{\"v\":1,\"lo\":1790845170000,");
	end(&f);
}

static void test_cursors(void **state)
{
	struct fixture f;
	char *mid, *done;

	(void)state;
	start(&f);
	map_companies(&f);
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	ask(&f);
	give(&f, page_one);
	mid = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	ask(&f);
	give(&f, page_two);
	expect_complete(&f, NOW - 30000, "");
	done = memory_copy_text(connector_hubspot.read_cursor(f.reading));

	/* After the end: from the watermark, less the overlap. */
	f.now = NOW + 60000;
	open_reading(&f, ENTITY_ACCOUNT, done);
	expect(&f, COMPANIES, search_companies(NOW - 330000, NOW + 30000, 0));
	give(&f, EMPTY);
	expect_complete(&f, NOW + 30000, "{\"v\":1,\"lo\":1790845230000,\"hi\":0,");
	/* In the middle: the same window, behind the last id. */
	open_reading(&f, ENTITY_ACCOUNT, mid);
	expect(&f, COMPANIES, search_companies(1000, NOW - 30000, 8204417990));
	/* Nothing has settled since. */
	f.now = NOW - 400000;
	open_reading(&f, ENTITY_ACCOUNT, done);
	expect_complete(&f, NOW - 30000, done);
	/* A window that ends in the future, or a watermark far in it, came from a wrong clock. */
	open_reading(&f, ENTITY_ACCOUNT, mid);
	expect(&f, COMPANIES, search_companies(1000, NOW - 430000, 0));
	f.now = NOW - INT64_C(90000000);
	open_reading(&f, ENTITY_ACCOUNT, done);
	expect(&f, COMPANIES, search_companies(1000, f.now - 30000, 0));
	f.now = NOW;
	/* What isn't a cursor of this connector. */
	static const char *const strange[] = { "", "junk", "[]",
		"{\"v\":2,\"lo\":1790845170000,\"hi\":0,\"last\":0}",
		"{\"v\":1,\"lo\":1790845170000,\"hi\":0,\"last\":0,\"mapping\":\"0\"}", "{\"v\":1}" };
	for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
		open_reading(&f, ENTITY_ACCOUNT, strange[i]);
		expect(&f, COMPANIES, search_companies(1000, NOW - 30000, 0));
	}
	/* Another mapping. */
	map(&f, "account", "region", "region");
	open_reading(&f, ENTITY_ACCOUNT, done);
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 30000, 0, COMPANY_PROPERTIES ",\"region\"", 2));
	free(mid);
	free(done);
	end(&f);
}

/* hubspot.md 7.3, defects 2 and 3: the rows are left out, their ids count. */
static void test_window_is_checked(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	ask(&f);
	give(&f, page(9, record("7", "2026-10-01T08:59:30.000Z"), record("100", "2026-10-01T08:59:30.001Z")));
	expect_rows(&f, "account remote_id=7 modified_at=2026-10-01T08:59:30.000Z deleted=f\n");
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 30000, 100, "\"hs_lastmodifieddate\"", 2));
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
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	ask(&f);
	give(&f, page(9, record("100", "2026-10-01T08:00:00Z"), record("99", "2026-10-01T08:00:00Z")));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 30000, 100, "\"hs_lastmodifieddate\"", 2));
	give(&f, page(9, record("9223372036854775806", "2026-10-01T08:00:00Z"),
			 record("101", "2026-10-01T08:00:00Z")));
	expect(&f, COMPANIES,
		search_of(MODIFIED, 1000, NOW - 30000, INT64_C(9223372036854775806), "\"hs_lastmodifieddate\"", 2));
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
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	ask(&f);
	/* Short, but HubSpot counts more than it sent: this is not the end. */
	give(&f, page(3, record("5", "2026-10-01T08:00:00Z"), ""));
	expect_cursor(&f, "{\"v\":1,\"lo\":1000,\"hi\":1790845170000,\"last\":5,");
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 30000, 5, "\"hs_lastmodifieddate\"", 2));
	give_bad(&f, page(2, "", ""), FAILURE_TRANSIENT, "counts 2 more records but sends none");
	/* Repeated as it was. */
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 30000, 5, "\"hs_lastmodifieddate\"", 2));
	give(&f, page(1, record("6", "2026-10-01T08:00:00Z"), ""));
	expect_complete(&f, NOW - 30000, "{\"v\":1,\"lo\":1790845170000,\"hi\":0,");
	end(&f);
}

static void test_clock(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	ask(&f);
	/* HubSpot's clock is ten minutes behind ours: the watermark is its time, not ours, less `settle`. */
	give_dated(&f, "Thu, 01 Oct 2026 08:50:00 GMT",
		page(5, record("5", "2026-10-01T08:00:00Z"), record("6", "2026-10-01T08:00:00Z")));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 630000, 6, "\"hs_lastmodifieddate\"", 2));
	/* A later page's Date moves nothing. */
	give_dated(&f, "Thu, 01 Oct 2026 08:49:00 GMT", page(0, "", ""));
	expect_complete(&f, NOW - 630000, "{\"v\":1,\"lo\":1790844570000,\"hi\":0,");
	/* The session knows it from now on. */
	f.now = NOW + 60000;
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW - 630000, 0, "\"hs_lastmodifieddate\"", 2));
	give_dated(&f, "Thu, 01 Oct 2026 09:10:00 GMT", EMPTY);
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, NOW + 570000, 0, "\"hs_lastmodifieddate\"", 2));
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
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	ask(&f);
	assert_true(f.request.body.length > 2900 && f.request.body.length <= 3000);
	for (int i = 60; i < 66; i++) {
		(void)snprintf(key, sizeof key, "signal.s%d", i);
		(void)snprintf(remote, sizeof remote, "a_property_with_rather_a_long_name_%05d", i);
		map(&f, "account", key, remote);
	}
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	assert_int_equal(connector_hubspot.read_next(f.reading, NOW, &f.request, &f.failure), READ_FAILED);
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(f.failure.text, "[account]"));
	assert_non_null(strstr(f.failure.text, "3000"));
	end(&f);
}

static void test_bad_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map(&f, "account", "arr", "arr");
		open_reading(&f, ENTITY_ACCOUNT, NULL);
		ask(&f);
		give(&f, "{\"total\":4,\"results\":[{\"id\":\"5\",\"properties\":{\"arr\":\"much\","
			 "\"hs_lastmodifieddate\":\"2026-10-01T08:00:00Z\"}},"
			 "{\"id\":\"6\",\"properties\":{\"arr\":\"1.5E3\",\"hs_lastmodifieddate\":"
			 "\"1790841600000\"}}]}");
		expect_rows(&f, "rejected 5 arr: is not a number\n"
				"account remote_id=6 modified_at=2026-10-01T08:00:00.000Z deleted=f arr=1.5E3\n");
		expect(&f, COMPANIES,
			search_of(MODIFIED, 1000, NOW - 30000, 6, "\"hs_lastmodifieddate\",\"arr\"", 2));
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
	open_reading(&f, ENTITY_ACCOUNT, NULL);
	for (size_t length = 0; length < sizeof page_one - 1; length++) {
		expect(&f, COMPANIES, search_companies(1000, NOW - 30000, 0));
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
	open_reading(&f, ENTITY_CONTACT, NULL);
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
	expect_cursor(&f, "{\"v\":1,\"lo\":1000,\"hi\":1790845170000,\"last\":6,");
	/* Our clock was set back meanwhile: the whole pause. */
	f.now -= 5000;
	ask(&f);
	assert_int_equal(f.request.pause_before_ms, 250);
	end(&f);
}

/* ---- owners ---- */

static void test_owners(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map(&f, "staff", "email", "email");
		open_reading(&f, ENTITY_STAFF, "junk");
		expect(&f, "/crm/v3/owners?limit=100&archived=false", NULL);
		assert_string_equal(f.request.what, "owners page 1");
		/* hubspot.md X16 */
		give(&f, "{\"results\":[{\"id\":\"41629001\",\"email\":\"csm@vendor.example\",\"type\":"
			 "\"PERSON\","
			 "\"firstName\":\"Mira\",\"lastName\":\"Holt\",\"userId\":9586001,"
			 "\"createdAt\":\"2021-02-10T17:59:04.891Z\",\"updatedAt\":\"2024-02-09T17:41:52."
			 "767Z\","
			 "\"archived\":false,\"teams\":[{\"id\":\"368001\",\"name\":\"CS\",\"primary\":true}]"
			 "}],"
			 "\"paging\":{\"next\":{\"after\":\"Mg==&x\",\"link\":\"…\"}}}");
		expect_rows(&f, "staff remote_id=41629001 modified_at=2024-02-09T17:41:52.767Z deleted=f "
				"email=csm@vendor.example name=Mira Holt\n");
		expect(&f, "/crm/v3/owners?limit=100&after=Mg%3D%3D%26x&archived=false", NULL);
		give_bad(&f, "{\"results\":[],\"paging\":{\"next\":{\"after\":\"Mg==&x\"}}}", FAILURE_PERMANENT,
			"page 2");
		expect(&f, "/crm/v3/owners?limit=100&after=Mg%3D%3D%26x&archived=false", NULL);
		give(&f, "{\"results\":[{\"id\":\"2\",\"email\":null,\"firstName\":\"\",\"lastName\":"
			 "\"Solo\"}]}");
		expect_rows(&f, "staff remote_id=2 deleted=f name=Solo\n");
		expect(&f, "/crm/v3/owners?limit=100&archived=true", NULL);
		give(&f, "{\"results\":[{\"id\":\"3\",\"archived\":true,\"updatedAt\":\"2024-02-09T17:41:"
			 "52Z\"}]}");
		expect_rows(&f, "staff remote_id=3 modified_at=2024-02-09T17:41:52.000Z deleted=t\n");
		expect_complete(&f, NOW, "{");
		end(&f);
	}
}

/* ---- pipelines ---- */

#define TICKETS "/crm/v3/objects/tickets/search"
/* hubspot.md X14, and a second pipeline whose stages have the same ids. */
static const char ticket_pipelines[] =
	"{\"results\":[{\"id\":\"0\",\"label\":\"Support "
	"Pipeline\",\"displayOrder\":0,\"archived\":false,\"stages\":["
	"{\"id\":\"1\",\"label\":\"New\",\"metadata\":{\"ticketState\":\"OPEN\",\"isClosed\":\"false\"}},"
	"{\"id\":\"4\",\"label\":\"Closed\",\"metadata\":{\"ticketState\":\"CLOSED\",\"isClosed\":\"true\"}}]"
	"},"
	"{\"id\":\"9\",\"label\":\"Other\",\"stages\":[{\"id\":\"4\",\"metadata\":{}}]}]}";

static const char *ticket(const char *id, const char *pipeline, const char *stage)
{
	static char text[4][256];
	static unsigned turn;
	char *out = text[turn++ % 4];

	(void)snprintf(out, sizeof text[0],
		"{\"id\":\"%s\",\"properties\":{\"hs_lastmodifieddate\":\"2026-10-01T08:00:00Z\","
		"\"hs_pipeline\":\"%s\",\"hs_pipeline_stage\":\"%s\"}}",
		id, pipeline, stage);
	return out;
}

#define TICKET_ROW(id) "support_case remote_id=" id " modified_at=2026-10-01T08:00:00.000Z deleted=f"

static void test_ticket_stages(void **state)
{
	static const char properties[] =
		"\"hs_lastmodifieddate\",\"hs_pipeline\",\"hs_pipeline_stage\",\"company\"";

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map(&f, "support_case", "account_remote_id", "company"); /* so that no associations are asked for */
		open_reading(&f, ENTITY_SUPPORT_CASE, NULL);
		expect(&f, "/crm/v3/pipelines/tickets", NULL);
		assert_string_equal(f.request.what, "pipelines of tickets");
		give_bad(&f, "{\"results\":", FAILURE_TRANSIENT, "pipelines of tickets");
		expect(&f, "/crm/v3/pipelines/tickets", NULL);
		give(&f, ticket_pipelines);
		assert_null(connector_hubspot.read_cursor(f.reading));
		expect(&f, TICKETS, search_of(MODIFIED, 1000, NOW - 30000, 0, properties, 2));
		give(&f, page(4, ticket("5", "0", "1"), ticket("6", "0", "4")));
		ask(&f);
		/* The pipelines were read in this run: a stage they lack is open, at once. */
		give(&f, page(2, ticket("7", "9", "4"), ticket("8", "0", "77")));
		expect_rows(&f, TICKET_ROW("5") " closed=f\n" TICKET_ROW("6") " closed=t\n" TICKET_ROW(
					"7") " closed=f\n" TICKET_ROW("8") " closed=f\n");

		/* Another run of the session: the pipelines are still known. A new stage turns up. */
		f.now = NOW + 3599000;
		open_reading(&f, ENTITY_SUPPORT_CASE, NULL);
		expect(&f, TICKETS, search_of(MODIFIED, 1000, f.now - 30000, 0, properties, 2));
		give(&f, page(2, ticket("6", "0", "4"), ticket("8", "0", "77")));
		expect_rows(&f, TICKET_ROW("6") " closed=t\n"); /* the other one is held back */
		assert_null(connector_hubspot.read_cursor(f.reading));
		expect(&f, "/crm/v3/pipelines/tickets", NULL);
		give(&f, "{\"results\":[{\"id\":\"0\",\"stages\":[{\"id\":\"77\","
			 "\"metadata\":{\"ticketState\":\"CLOSED\"}}]}]}");
		expect(&f, TICKETS, search_of(MODIFIED, 1000, f.now - 30000, 0, properties, 2));
		/* Read once a run: what is gone now is open, without asking for ever. */
		give(&f, page(2, ticket("6", "0", "4"), ticket("8", "0", "77")));
		expect_rows(&f, TICKET_ROW("6") " closed=f\n" TICKET_ROW("8") " closed=t\n");
		assert_non_null(connector_hubspot.read_cursor(f.reading));

		/* A stage that was never set is open and no riddle. */
		f.now += 60000;
		open_reading(&f, ENTITY_SUPPORT_CASE, NULL);
		ask(&f);
		give(&f, page(1, ticket("9", "0", ""), ""));
		expect_rows(&f, TICKET_ROW("9") " closed=f\n");
		/* An hour later they are read again. */
		f.now += 3600000;
		open_reading(&f, ENTITY_SUPPORT_CASE, NULL);
		expect(&f, "/crm/v3/pipelines/tickets", NULL);
		end(&f);
	}
}

static void test_deal_stages(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	set_number(&f, "page_size", 200);
	map(&f, "opportunity", "account_remote_id", "company");
	map(&f, "opportunity", "stage", "dealstage");
	open_reading(&f, ENTITY_OPPORTUNITY, NULL);
	expect(&f, "/crm/v3/pipelines/deals", NULL);
	give(&f, "{\"results\":[{\"id\":\"default\",\"stages\":["
		 "{\"id\":\"new\",\"metadata\":{\"isClosed\":\"false\",\"probability\":\"0.2\"}},"
		 "{\"id\":\"won\",\"metadata\":{\"isClosed\":\"true\",\"probability\":\"1.0\"}},"
		 "{\"id\":\"odd\",\"metadata\":{\"isClosed\":\"false\",\"probability\":\"1.0\"}},"
		 "{\"id\":\"lost\",\"metadata\":{\"isClosed\":\"true\",\"probability\":\"0.0\"}}]}]}");
	expect(&f, "/crm/v3/objects/0-3/search",
		search_of(MODIFIED, 1000, NOW - 30000, 0,
			"\"hs_lastmodifieddate\",\"pipeline\",\"dealstage\",\"company\"", 200));
	give(&f, "{\"total\":4,\"results\":["
		 "{\"id\":\"1\",\"properties\":{\"pipeline\":\"default\",\"dealstage\":\"new\"}},"
		 "{\"id\":\"2\",\"properties\":{\"pipeline\":\"default\",\"dealstage\":\"won\"}},"
		 "{\"id\":\"3\",\"properties\":{\"pipeline\":\"default\",\"dealstage\":\"odd\"}},"
		 "{\"id\":\"4\",\"properties\":{\"pipeline\":\"default\",\"dealstage\":\"lost\"}}]}");
	expect_rows(&f, "opportunity remote_id=1 deleted=f stage=new closed=f won=f\n"
			"opportunity remote_id=2 deleted=f stage=won closed=t won=t\n"
			"opportunity remote_id=3 deleted=f stage=odd closed=f won=f\n"
			"opportunity remote_id=4 deleted=f stage=lost closed=t won=f\n");
	/* What the mapping fills is the mapping's. */
	map(&f, "opportunity", "closed", "hs_is_closed");
	map(&f, "opportunity", "won", "hs_is_closed_won");
	open_reading(&f, ENTITY_OPPORTUNITY, NULL);
	ask(&f);
	give(&f, "{\"total\":1,\"results\":[{\"id\":\"1\",\"properties\":{\"dealstage\":\"won\",\"hs_is_"
		 "closed\":\"false\"}}]}");
	expect_rows(&f, "opportunity remote_id=1 deleted=f stage=won closed=f\n");
	end(&f);
}

/* ---- associations ---- */

#define CONTACTS "/crm/v3/objects/contacts/search"

static const char *contact(const char *id)
{
	static char text[4][256];
	static unsigned turn;
	char *out = text[turn++ % 4];

	(void)snprintf(out, sizeof text[0],
		"{\"id\":\"%s\",\"properties\":{\"lastmodifieddate\":\"2026-10-01T08:00:00Z\"}}", id);
	return out;
}

#define CONTACT_ROW(id) "contact remote_id=" id " modified_at=2026-10-01T08:00:00.000Z deleted=f\n"
#define LINK_ROW(entity, id, company)                                                                              \
	"association entity=" entity " remote_id=" id " account_remote_id=" company "\n"

#define NO_LINK_ROW(entity, id) "association entity=" entity " remote_id=" id "\n"

static void test_companies_of_contacts(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		open_reading(&f, ENTITY_CONTACT, NULL);
		expect(&f, CONTACTS,
			search_of("lastmodifieddate", 1000, NOW - 30000, 0, "\"lastmodifieddate\"", 2));
		give(&f, page(4, contact("51204"), contact("51377")));
		expect_rows(&f, CONTACT_ROW("51204") CONTACT_ROW("51377"));
		assert_null(connector_hubspot.read_cursor(f.reading));
		expect(&f, LINKS("contacts"), "{\"inputs\":[{\"id\":\"51204\"},{\"id\":\"51377\"}]}");
		assert_string_equal(f.request.what, "companies of contacts, page 1");
		assert_int_equal(f.request.pause_before_ms, 0);
		/* 51204: two, one of them primary, ids as numbers; 51377: goes on. */
		give(&f, "{\"status\":\"COMPLETE\",\"results\":[{\"from\":{\"id\":\"51204\"},\"to\":["
			 "{\"toObjectId\":8204417731,\"associationTypes\":[{\"category\":\"HUBSPOT_DEFINED\","
			 "\"typeId\":279,\"label\":null},"
			 "{\"category\":\"USER_DEFINED\",\"typeId\":1,\"label\":\"Partner\"}]},"
			 "{\"toObjectId\":8204417990,\"associationTypes\":[{\"category\":\"HUBSPOT_DEFINED\","
			 "\"typeId\":279,\"label\":null},"
			 "{\"category\":\"HUBSPOT_DEFINED\",\"typeId\":1,\"label\":\"Primary\"}]}]},"
			 "{\"from\":{\"id\":\"51377\"},\"to\":[{\"toObjectId\":\"7\",\"associationTypes\":[]}"
			 "],"
			 "\"paging\":{\"next\":{\"after\":\"MTAwMA%3D%3D\",\"link\":\"?after=MTAwMA%3D%3D\"}}"
			 "}]}");
		expect_rows(&f, "");
		assert_null(connector_hubspot.read_cursor(f.reading));
		expect(&f, LINKS("contacts"), "{\"inputs\":[{\"id\":\"51377\",\"after\":\"MTAwMA%3D%3D\"}]}");
		assert_false(give_with(&f, 502, "text/html", "cf-ray", "9b1c2d3e4f5a6b80-FRA", "<html>"));
		assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
		/* Only the links are asked for again. The same company once more is the same company. */
		expect(&f, LINKS("contacts"), "{\"inputs\":[{\"id\":\"51377\",\"after\":\"MTAwMA%3D%3D\"}]}");
		give(&f, "{\"results\":[{\"from\":{\"id\":\"51377\"},\"to\":[{\"toObjectId\":7}]}]}");
		expect_rows(&f, LINK_ROW("contact", "51204", "8204417990") LINK_ROW("contact", "51377", "7"));
		expect_cursor(&f, "{\"v\":1,\"lo\":1000,\"hi\":1790845170000,\"last\":51377,");

		expect(&f, CONTACTS,
			search_of("lastmodifieddate", 1000, NOW - 30000, 51377, "\"lastmodifieddate\"", 2));
		give(&f, page(3, contact("51400"), contact("51401")));
		ask(&f);
		/* 51400: several, none primary; 51401: none, said by a 207. */
		assert_true(give_with(&f, 207, JSON_TYPE, NULL, NULL,
			"{\"status\":\"COMPLETE\",\"results\":[{\"from\":{\"id\":\"51400\"},\"to\":[{"
			"\"toObjectId\":7},{\"toObjectId\":8}]}],"
			"\"numErrors\":1,\"errors\":[{\"status\":\"error\",\"category\":\"OBJECT_NOT_FOUND\","
			"\"context\":{\"fromObjectId\":[\"51401\"]}}]}"));
		expect_rows(&f, CONTACT_ROW("51400") CONTACT_ROW("51401") NO_LINK_ROW("contact", "51400")
					NO_LINK_ROW("contact", "51401"));
		ask(&f);
		give(&f, page(1, contact("51500"), ""));
		expect(&f, LINKS("contacts"), "{\"inputs\":[{\"id\":\"51500\"}]}");
		give(&f, "{\"results\":[]}");
		expect_complete(&f, NOW - 30000, "{\"v\":1,\"lo\":1790845170000,\"hi\":0,");
		/* No records, no question. */
		open_reading(&f, ENTITY_CONTACT, NULL);
		ask(&f);
		give(&f, EMPTY);
		expect_complete(&f, NOW - 30000, "{");
		end(&f);
	}
}

static void test_primary_types(void **state)
{
	static const struct {
		enum entity entity;
		const char *section, *object, *type, *row;
	} cases[] = {
		{ ENTITY_SUPPORT_CASE, "support_case", "tickets", "26", LINK_ROW("support_case", "5", "8") },
		{ ENTITY_OPPORTUNITY, "opportunity", "deals", "5", LINK_ROW("opportunity", "5", "8") },
	};
	char path[128], answer[512];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture f;
		start(&f);
		map(&f, cases[i].section, "closed", "closed");
		if (cases[i].entity == ENTITY_OPPORTUNITY)
			map(&f, cases[i].section, "won", "won");
		open_reading(&f, cases[i].entity, NULL);
		ask(&f);
		give(&f, page(1, record("5", "2026-10-01T08:00:00Z"), ""));
		buffer_clear(&f.rows);
		(void)snprintf(path, sizeof path, "/crm/v4/associations/%s/companies/batch/read", cases[i].object);
		expect(&f, path, "{\"inputs\":[{\"id\":\"5\"}]}");
		/* The other objects' numbers mean nothing here. */
		(void)snprintf(answer, sizeof answer,
			"{\"results\":[{\"from\":{\"id\":\"5\"},\"to\":["
			"{\"toObjectId\":7,\"associationTypes\":[{\"category\":\"HUBSPOT_DEFINED\","
			"\"typeId\":1}]},"
			"{\"toObjectId\":8,\"associationTypes\":[{\"category\":\"HUBSPOT_DEFINED\","
			"\"typeId\":%s}]}]}]}",
			cases[i].type);
		give(&f, answer);
		expect_rows(&f, cases[i].row);
		end(&f);
	}
}

static void test_bad_associations(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_CONTACT, NULL);
	ask(&f);
	give(&f, page(1, contact("5"), ""));
	static const char *const bad[] = { "", "{\"results\":[", "{}", "null", "{\"results\":[{\"to\":[]}]}",
		"{\"results\":[{\"from\":{\"id\":\"5\"},\"to\":[{\"toObjectId\":1.5}]}]}",
		"{\"results\":[{\"from\":{\"id\":\"5\"},\"to\":[{\"toObjectId\":\"x\"}]}]}",
		"{\"results\":[{\"from\":{\"id\":\"5\"},\"to\":[{}]}]}" };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		expect(&f, LINKS("contacts"), "{\"inputs\":[{\"id\":\"5\"}]}");
		give_bad(&f, bad[i], FAILURE_TRANSIENT, "companies of contacts, page 1");
	}
	/* Pages that lead to themselves. */
	ask(&f);
	give(&f, "{\"results\":[{\"from\":{\"id\":\"5\"},\"to\":[],\"paging\":{\"next\":{\"after\":"
		 "\"a\\\"b\"}}}]}");
	expect(&f, LINKS("contacts"), "{\"inputs\":[{\"id\":\"5\",\"after\":\"a\\\"b\"}]}");
	give_bad(&f,
		"{\"results\":[{\"from\":{\"id\":\"5\"},\"to\":[],\"paging\":{\"next\":{\"after\":\"a\\\"b\"}"
		"}}]}",
		FAILURE_PERMANENT, "don't come to an end");
	/* An answer that is far too long is broken off. */
	ask(&f);
	const struct http_head head = { 200, NULL, 0 };
	size_t length = 5 * 1024 * 1024;
	char *blanks = malloc(length);
	assert_non_null(blanks);
	memset(blanks, ' ', length);
	assert_false(give_head(&f, &head, blanks, length));
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	free(blanks);
	ask(&f);
	give(&f, "{\"results\":[]}");
	/* A mapping that has the company in a property needs none of this. */
	map(&f, "contact", "account_remote_id", "associatedcompanyid");
	open_reading(&f, ENTITY_CONTACT, NULL);
	ask(&f);
	give(&f, page(1, contact("5"), ""));
	expect_complete(&f, NOW - 30000, "{");
	end(&f);
}

static void test_what_it_is(void **state)
{
	static const enum entity streams[] = { ENTITY_STAFF, ENTITY_ACCOUNT, ENTITY_CONTACT, ENTITY_SUPPORT_CASE,
		ENTITY_OPPORTUNITY, ENTITY_COUNT };
	static const char *const objects[] = { "owners", "companies", "contacts", "tickets", "deals" };
	struct fixture f;

	(void)state;
	assert_string_equal(connector_hubspot.name, "hubspot");
	assert_null(connector_hubspot.authorize);
	assert_null(connector_hubspot.authorized);
	assert_memory_equal(connector_hubspot.streams, streams, sizeof streams);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(connector_hubspot.default_object(streams[i]), objects[i]);
	assert_int_equal(connector_hubspot.option_count, 4);
	assert_string_equal(connector_hubspot.options[0].name, "token_file");
	assert_int_equal(connector_hubspot.options[0].type, OPTION_SECRET);
	assert_true(connector_hubspot.options[0].required);
	start(&f);
	set_token(&f, "");
	option_clear(connector_hubspot.options, connector_hubspot.option_count, f.settings);
	option_defaults(connector_hubspot.options, connector_hubspot.option_count, f.settings);
	assert_null(*(struct secret **)setting(&f, "token_file"));
	assert_int_equal(*(int64_t *)setting(&f, "page_size"), 200);
	assert_int_equal(*(int64_t *)setting(&f, "overlap"), 300);
	assert_int_equal(*(int64_t *)setting(&f, "settle"), 30);
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
		cmocka_unit_test(test_window_is_checked),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_bad_record),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_page_is_repeated),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_ticket_stages),
		cmocka_unit_test(test_deal_stages),
		cmocka_unit_test(test_companies_of_contacts),
		cmocka_unit_test(test_primary_types),
		cmocka_unit_test(test_bad_associations),
		cmocka_unit_test(test_what_it_is),
	};

	return cmocka_run_group_tests_name("hubspot", tests, NULL, NULL);
}
