/* test_salesforce_flags.c - flags go out by sObject Collections, and each record's answer is understood. */
#include "tests/unit/flag_fixture.h"

#define JSON "application/json;charset=UTF-8"
#define A "0035e00000XyZaBAAV"
#define B "0035e00000XyZbCAAV"
#define C "0035e00000XyZcDAAV"
#define ERROR(code, message)                                                                                       \
	"\"success\":false,\"errors\":[{\"statusCode\":\"" code "\",\"message\":\"" message "\",\"fields\":[]}]}"
#define GOOD(id) "{\"id\":\"" id "\",\"success\":true,\"errors\":[]}"

static void give_token(struct fixture *f)
{
	static const char body[] =
		"{\"access_token\":\"00D!t\",\"instance_url\":\"https://acme.my.salesforce.com\"}";
	const struct http_header type = { "Content-Type", JSON };

	assert_true(f->connector->authorized(
		f->session, &(struct http_head){ 200, &type, 1 }, body, strlen(body), FLAG_NOW, &f->failure));
}

static void start(struct fixture *f, const char *since)
{
	fixture_start(f, &connector_salesforce, "Contact", since);
	f->flags[0] = (struct flag){ A, "Suspended", FLAG_SINCE, NULL };
	f->flags[1] = (struct flag){ B, "Available", FLAG_SINCE, NULL };
	f->flags[2] = (struct flag){ C, NULL, FLAG_SINCE, NULL };
}

static bool ask(struct fixture *f)
{
	return f->connector->flags_write(
		f->session, &f->target, f->flags, FLAGS, FLAG_NOW, &f->request, &f->failure);
}

static void one_call_carries_them_all(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "Advocate_Since__c");
	assert_int_equal(f.connector->flags_most, 200);
	assert_false(ask(&f));
	assert_int_equal(f.failure.kind, FAILURE_EXPIRED);
	give_token(&f);
	assert_true(ask(&f));
	assert_true(f.request.is_post && f.request.is_patch);
	assert_false(f.request.must_not_repeat);
	assert_string_equal(buffer_text(&f.request.url),
		"https://acme.my.salesforce.com/services/data/v66.0/composite/sobjects");
	assert_true(fixture_header(&f, "Authorization: Bearer 00D!t"));
	assert_true(fixture_header(&f, "Sforce-Auto-Assign: FALSE"));
	assert_true(fixture_header(&f, "Sforce-Mru: updateMru=false"));
	assert_true(fixture_header(&f, "Content-Type: application/json; charset=UTF-8"));
	assert_string_equal(buffer_text(&f.request.body),
		"{\"allOrNone\":false,\"records\":["
		"{\"attributes\":{\"type\":\"Contact\"},\"id\":\"" A "\",\"Advocate_Status__c\":\"Suspended\","
		"\"Advocate_Since__c\":\"2026-10-01T08:00:00.000Z\"},"
		"{\"attributes\":{\"type\":\"Contact\"},\"id\":\"" B "\",\"Advocate_Status__c\":\"Available\","
		"\"Advocate_Since__c\":\"2026-10-01T08:00:00.000Z\"},"
		"{\"attributes\":{\"type\":\"Contact\"},\"id\":\"" C "\",\"Advocate_Status__c\":null,"
		"\"Advocate_Since__c\":null}]}");
	fixture_end(&f);
	/* A date without a time of day; and without any. */
	start(&f, "Since__c | date");
	give_token(&f);
	assert_true(ask(&f));
	assert_non_null(strstr(buffer_text(&f.request.body), "\"Since__c\":\"2026-10-01\""));
	fixture_end(&f);
	start(&f, NULL);
	give_token(&f);
	assert_true(ask(&f));
	assert_null(strstr(buffer_text(&f.request.body), "Since"));
	fixture_end(&f);
}

/* A request's reason goes with its state, and is taken away with it. */
static void reasons_go_with_states(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_requests(&f, &connector_salesforce, "Reference_Request__c");
	give_token(&f);
	f.flags[0] = (struct flag){ "a0X5e00000XyZaBAAV", "Refused", FLAG_SINCE, "outcome missing: \"\u00e9\"" };
	f.flags[1] = (struct flag){ "a0X5e00000XyZbCAAV", "Matching", FLAG_SINCE, NULL };
	f.flags[2] = (struct flag){ "a0X5e00000XyZcDAAV", NULL, FLAG_SINCE, NULL };
	assert_true(ask(&f));
	assert_string_equal(buffer_text(&f.request.body),
		"{\"allOrNone\":false,\"records\":["
		"{\"attributes\":{\"type\":\"Reference_Request__c\"},\"id\":\"a0X5e00000XyZaBAAV\","
		"\"State__c\":\"Refused\",\"Reason__c\":\"outcome missing: \\\"\u00e9\\\"\"},"
		"{\"attributes\":{\"type\":\"Reference_Request__c\"},\"id\":\"a0X5e00000XyZbCAAV\","
		"\"State__c\":\"Matching\",\"Reason__c\":null},"
		"{\"attributes\":{\"type\":\"Reference_Request__c\"},\"id\":\"a0X5e00000XyZcDAAV\","
		"\"State__c\":null,\"Reason__c\":null}]}");
	fixture_end(&f);
}

/* A text field counts a character past U+FFFF as two. */
static void a_reason_fits_its_field(void **state)
{
	struct fixture f;
	char whole[600], cut[600], accents[600] = "";

	(void)state;
	fixture_start_requests(&f, &connector_salesforce, "Reference_Request__c");
	give_token(&f);
	(void)snprintf(whole, sizeof whole, "%0253d\U0001F600", 7);
	(void)snprintf(cut, sizeof cut, "%0254d\U0001F600", 8);
	for (int i = 0; i < FLAG_REASON_CHARACTERS; i++)
		strcat(accents, "\u00e9");
	f.flags[0] = (struct flag){ "a0X5e00000XyZaBAAV", "Refused", FLAG_SINCE, whole };
	f.flags[1] = (struct flag){ "a0X5e00000XyZbCAAV", "Refused", FLAG_SINCE, cut };
	f.flags[2] = (struct flag){ "a0X5e00000XyZcDAAV", "Refused", FLAG_SINCE, accents };
	assert_true(ask(&f));
	cut[254] = '\0';
	json_t *body = json_loads(buffer_text(&f.request.body), 0, NULL);
	const json_t *records = json_object_get(body, "records");
	const char *const wanted[] = { whole, cut, accents };
	for (size_t i = 0; i < FLAGS; i++)
		assert_string_equal(
			json_string_value(json_object_get(json_array_get(records, i), "Reason__c")), wanted[i]);
	json_decref(body);
	fixture_end(&f);
}

static void each_record_has_its_own_answer(void **state)
{
	struct fixture f;
	struct quota quota;

	(void)state;
	start(&f, NULL);
	give_token(&f);
	/* A failed row may lack its id (REST API, sObject Collections). */
	assert_true(fixture_written(&f, 200, JSON,
		"[" GOOD(A) ",{\"id\":\"" B "\"," ERROR("UNABLE_TO_LOCK_ROW",
			"unable to obtain exclusive access to this record or "
			"1 records: " B) ",{" ERROR("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
			"Status: bad value for\\nrestricted picklist field: Fulfiled") "]"));
	expect_verdicts(&f, "SENT AGAIN REFUSED");
	assert_string_equal(f.results[1].code, "UNABLE_TO_LOCK_ROW");
	assert_non_null(strstr(f.results[2].text, "the picklist doesn't have that word"));
	assert_non_null(strstr(f.results[2].text, "Fulfiled"));
	connector_salesforce.session_quota(f.session, &quota);
	assert_int_equal(quota.used, 7);
	static const struct {
		const char *code, *verdicts;
	} cases[] = { { "ENTITY_IS_DELETED", "SENT REFUSED SENT" }, { "ENTITY_IS_LOCKED", "SENT AGAIN SENT" },
		{ "FIELD_CUSTOM_VALIDATION_EXCEPTION", "SENT REFUSED SENT" },
		{ "FIELD_INTEGRITY_EXCEPTION", "SENT REFUSED SENT" },
		{ "INVALID_FIELD_FOR_INSERT_UPDATE", "SENT REFUSED SENT" },
		{ "NEVER_HEARD_OF", "SENT REFUSED SENT" },
		{ "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "SENT AGAIN SENT" }, { "", "SENT REFUSED SENT" } };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *body = memory_format("[" GOOD(A) ",{\"success\":false,\"errors\":[{\"statusCode\":\"%s\","
						       "\"message\":\"m\"}]}," GOOD(C) "]",
			cases[i].code);
		assert_true(fixture_written(&f, 200, JSON, body));
		expect_verdicts(&f, cases[i].verdicts);
		free(body);
	}
	/* Fifteen characters are the same record. */
	assert_true(fixture_written(
		&f, 200, JSON, "[{\"id\":\"0035e00000XyZaB\",\"success\":true}," GOOD(B) "," GOOD(C) "]"));
	assert_true(fixture_written(&f, 200, JSON, "[{\"success\":false}," GOOD(B) "," GOOD(C) "]"));
	expect_verdicts(&f, "REFUSED SENT SENT");
	fixture_end(&f);
}

/* What isn't one result for each record says nothing of any: it is sent again, which does no harm. */
static void half_an_answer_is_none(void **state)
{
	static const char *const bodies[] = { "", "[", "{}", "[]", "null", "[" GOOD(A) "," GOOD(B) "]",
		"[" GOOD(B) "," GOOD(A) "," GOOD(C) "]", "[" GOOD(A) ",{}," GOOD(C) "]",
		"[" GOOD(A) ",null," GOOD(C) "]", "[" GOOD(A) "," GOOD(B) ",{\"success\":\"true\"}]" };
	struct fixture f;

	(void)state;
	start(&f, NULL);
	give_token(&f);
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		assert_false(fixture_written(&f, 200, JSON, bodies[i]));
		assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	}
	assert_false(fixture_written(&f, 200, "text/html", "<html>"));
	assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	fixture_end(&f);
}

static void refusals_of_the_whole_call(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
	} cases[] = {
		{ 403, "[{\"errorCode\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"TotalRequests Limit exceeded.\"}]",
			FAILURE_THROTTLED },
		{ 400, "[{\"errorCode\":\"JSON_PARSER_ERROR\",\"message\":\"x\"}]", FAILURE_PERMANENT },
		{ 403, "[{\"errorCode\":\"INSUFFICIENT_ACCESS\",\"message\":\"x\"}]", FAILURE_PERMANENT },
		{ 503, "[{\"errorCode\":\"SERVER_UNAVAILABLE\",\"message\":\"x\"}]", FAILURE_TRANSIENT },
		{ 401, "[{\"errorCode\":\"INVALID_SESSION_ID\",\"message\":\"x\"}]", FAILURE_EXPIRED },
		{ 401, "[{\"errorCode\":\"INVALID_SESSION_ID\",\"message\":\"x\"}]", FAILURE_CREDENTIALS },
	};
	struct fixture f;

	(void)state;
	start(&f, NULL);
	give_token(&f);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_false(fixture_written(&f, cases[i].status, JSON, cases[i].body));
		assert_int_equal(f.failure.kind, cases[i].kind);
		assert_int_equal(f.failure.http_status, cases[i].status);
	}
	fixture_end(&f);
}

static void what_stands_there_is_read_back(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, NULL);
	give_token(&f);
	assert_true(
		f.connector->flags_read(f.session, &f.target, f.flags, FLAGS, FLAG_NOW, &f.request, &f.failure));
	assert_false(f.request.is_post);
	assert_string_equal(buffer_text(&f.request.url),
		"https://acme.my.salesforce.com/services/data/v66.0/composite/sobjects/Contact?ids=" A "," B "," C
		"&fields=Id,Advocate_Status__c");
	assert_true(fixture_found(&f, 200, JSON,
		"[{\"attributes\":{\"type\":\"Contact\"},\"Id\":\"" A
		"\",\"Advocate_Status__c\":\"Suspended\"},null,"
		"{\"Id\":\"" C "\",\"Advocate_Status__c\":null}]"));
	assert_true(f.found[0].present && !f.found[1].present && f.found[2].present);
	assert_string_equal(f.found[0].value, "Suspended");
	assert_string_equal(f.found[2].value, "");
	assert_false(fixture_found(&f, 200, JSON, "[null,null]"));
	assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	assert_false(fixture_found(&f, 200, JSON, "[{\"Id\":\"" B "\"},null,null]"));
	assert_false(fixture_found(&f, 500, JSON, "[]"));
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_carries_them_all),
		cmocka_unit_test(reasons_go_with_states),
		cmocka_unit_test(a_reason_fits_its_field),
		cmocka_unit_test(each_record_has_its_own_answer),
		cmocka_unit_test(half_an_answer_is_none),
		cmocka_unit_test(refusals_of_the_whole_call),
		cmocka_unit_test(what_stands_there_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
