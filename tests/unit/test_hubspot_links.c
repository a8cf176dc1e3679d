/* The HubSpot connector reading what is beside the records: owners, pipelines' stages, companies of records. */
#include "tests/unit/hubspot_exchange.h"

#define LINKS(type) "/crm/v4/associations/" type "/companies/batch/read"

/* ---- owners ---- */

static void test_owners(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		start(&f);
		f.piece = pieces[i];
		map(&f, "staff", "email", "email");
		/* A whole listing, whatever is asked for, and nowhere to go on from. */
		assert_true(open_mode(
			&f, ENTITY_STAFF, i == 0 ? READ_ALL : READ_CHANGES, false, i == 1 ? "junk" : NULL));
		expect(&f, "/crm/v3/owners?limit=500&archived=false", NULL);
		assert_string_equal(f.request.what, "owners page 1");
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
		expect(&f, "/crm/v3/owners?limit=500&after=Mg%3D%3D%26x&archived=false", NULL);
		give_bad(&f, "{\"results\":[],\"paging\":{\"next\":{\"after\":\"Mg==&x\"}}}", FAILURE_PERMANENT,
			"page 2");
		expect(&f, "/crm/v3/owners?limit=500&after=Mg%3D%3D%26x&archived=false", NULL);
		give(&f, "{\"results\":[{\"id\":\"2\",\"email\":null,\"firstName\":\"\",\"lastName\":"
			 "\"Solo\"}]}");
		expect_rows(&f, "staff remote_id=2 deleted=f name=Solo\n");
		expect(&f, "/crm/v3/owners?limit=500&archived=true", NULL);
		give(&f, "{\"results\":[{\"id\":\"3\",\"archived\":true,\"updatedAt\":\"2024-02-09T17:41:"
			 "52Z\"}]}");
		expect_rows(&f, "staff remote_id=3 modified_at=2024-02-09T17:41:52.000Z deleted=t\n");
		expect_until(&f, NOW, NOW);
		assert_null(connector_hubspot.read_cursor(f.reading));
		open_mode(&f, ENTITY_STAFF, READ_ALL, false, NULL);
		ask(&f);
		give_bad(&f, "{\"results\":[],\"paging\":{\"next\":{\"after\":\"5\"}}}", FAILURE_PERMANENT,
			"nobody");
		ask(&f);
		give_bad(&f, "{\"results\":[],\"paging\":{\"next\":{}}}", FAILURE_TRANSIENT, "which page");
		end(&f);
	}
}

/* ---- pipelines ---- */

#define TICKETS "/crm/v3/objects/tickets/search"
/* A new account's pipeline, and a second pipeline whose stages have the same ids. */
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
		open_reading(&f, ENTITY_SUPPORT_CASE);
		expect(&f, "/crm/v3/pipelines/tickets", NULL);
		assert_string_equal(f.request.what, "pipelines of tickets");
		give_bad(&f, "{\"results\":", FAILURE_TRANSIENT, "pipelines of tickets");
		expect(&f, "/crm/v3/pipelines/tickets", NULL);
		give(&f, ticket_pipelines);
		assert_null(connector_hubspot.read_cursor(f.reading));
		expect(&f, TICKETS, search_of(MODIFIED, 1000, HIGHEST, 0, properties, 2));
		give(&f, page(4, ticket("5", "0", "1"), ticket("6", "0", "4")));
		ask(&f);
		/* The pipelines were read in this run: a stage they lack is open, at once. */
		give(&f, page(2, ticket("7", "9", "4"), ticket("8", "0", "77")));
		expect_rows(&f, TICKET_ROW("5") " closed=f\n" TICKET_ROW("6") " closed=t\n" TICKET_ROW(
					"7") " closed=f\n" TICKET_ROW("8") " closed=f\n");

		/* Another run of the session: the pipelines are still known. A new stage turns up. */
		f.now = NOW + 3599000;
		open_reading(&f, ENTITY_SUPPORT_CASE);
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
		open_reading(&f, ENTITY_SUPPORT_CASE);
		ask(&f);
		give(&f, page(1, ticket("9", "0", ""), ""));
		expect_rows(&f, TICKET_ROW("9") " closed=f\n");
		/* An hour later they are read again. */
		f.now += 3600000;
		open_reading(&f, ENTITY_SUPPORT_CASE);
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
	open_reading(&f, ENTITY_OPPORTUNITY);
	expect(&f, "/crm/v3/pipelines/deals", NULL);
	give(&f, "{\"results\":[{\"id\":\"default\",\"stages\":["
		 "{\"id\":\"new\",\"metadata\":{\"isClosed\":\"false\",\"probability\":\"0.2\"}},"
		 "{\"id\":\"won\",\"metadata\":{\"isClosed\":\"true\",\"probability\":\"1.0\"}},"
		 "{\"id\":\"odd\",\"metadata\":{\"isClosed\":\"false\",\"probability\":\"1.0\"}},"
		 "{\"id\":\"lost\",\"metadata\":{\"isClosed\":\"true\",\"probability\":\"0.0\"}}]}]}");
	expect(&f, "/crm/v3/objects/0-3/search",
		search_of(MODIFIED, 1000, HIGHEST, 0,
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
	open_reading(&f, ENTITY_OPPORTUNITY);
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
		open_reading(&f, ENTITY_CONTACT);
		expect(&f, CONTACTS,
			search_of("lastmodifieddate", 1000, HIGHEST, 0,
				"\"lastmodifieddate\",\"hs_merged_object_ids\"", 2));
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
		expect_cursor(&f, window_of(1000, HIGHEST, 51377));

		expect(&f, CONTACTS,
			search_of("lastmodifieddate", 1000, HIGHEST, 51377,
				"\"lastmodifieddate\",\"hs_merged_object_ids\"", 2));
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
		expect_complete(&f, HIGHEST);
		/* No records, no question. */
		open_reading(&f, ENTITY_CONTACT);
		ask(&f);
		give(&f, EMPTY);
		expect_complete(&f, HIGHEST);
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
		open_reading(&f, cases[i].entity);
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
	open_reading(&f, ENTITY_CONTACT);
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
	open_reading(&f, ENTITY_CONTACT);
	ask(&f);
	give(&f, page(1, contact("5"), ""));
	expect_complete(&f, HIGHEST);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_ticket_stages),
		cmocka_unit_test(test_deal_stages),
		cmocka_unit_test(test_companies_of_contacts),
		cmocka_unit_test(test_primary_types),
		cmocka_unit_test(test_bad_associations),
	};

	return cmocka_run_group_tests_name("hubspot links", tests, NULL, NULL);
}
