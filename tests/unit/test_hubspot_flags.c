/* test_hubspot_flags.c - flags go out by batch update, and each record's answer is understood. */
#include "tests/unit/flag_fixture.h"

#define JSON "application/json;charset=utf-8"
#define RESULT(id) "{\"id\":\"" id "\",\"properties\":{\"hs_object_id\":\"" id "\"},\"archived\":false}"
#define ERROR(category, context)                                                                                   \
	"{\"status\":\"error\",\"category\":\"" category                                                           \
	"\",\"message\":\"[{\\\"error\\\":\\\"INVALID_OPTION\\\"}]\","                                             \
	"\"context\":{" context "}}"
#define BATCH(results, errors) "{\"status\":\"COMPLETE\",\"results\":[" results "],\"errors\":[" errors "]}"

static void start(struct fixture *f, const char *since)
{
	fixture_start(f, &connector_hubspot, "contacts", since);
	f->flags[0] = (struct flag){ "51204", "Suspended", FLAG_SINCE, NULL };
	f->flags[1] = (struct flag){ "51377", "Available", FLAG_SINCE, NULL };
	f->flags[2] = (struct flag){ "51400", NULL, FLAG_SINCE, NULL };
}

static void one_call_carries_them_all(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "advocate_since");
	assert_int_equal(f.connector->flags_most, 100);
	assert_true(
		f.connector->flags_write(f.session, &f.target, f.flags, FLAGS, FLAG_NOW, &f.request, &f.failure));
	assert_true(f.request.is_post && !f.request.is_patch);
	assert_string_equal(
		buffer_text(&f.request.url), "https://crm.example/crm/v3/objects/contacts/batch/update");
	assert_true(fixture_header(&f, "Authorization: Bearer pat-na1-7d0f3c52"));
	assert_true(fixture_header(&f, "Content-Type: application/json"));
	assert_string_equal(buffer_text(&f.request.body),
		"{\"inputs\":["
		"{\"id\":\"51204\",\"objectWriteTraceId\":\"51204\",\"properties\":{\"Advocate_Status__c\":"
		"\"Suspended\","
		"\"advocate_since\":\"2026-10-01T08:00:00.000Z\"}},"
		"{\"id\":\"51377\",\"objectWriteTraceId\":\"51377\",\"properties\":{\"Advocate_Status__c\":"
		"\"Available\","
		"\"advocate_since\":\"2026-10-01T08:00:00.000Z\"}},"
		"{\"id\":\"51400\",\"objectWriteTraceId\":\"51400\",\"properties\":{\"Advocate_Status__c\":\"\","
		"\"advocate_since\":\"\"}}]}");
	fixture_end(&f);
	start(&f, "advocate_since | date");
	assert_true(
		f.connector->flags_write(f.session, &f.target, f.flags, FLAGS, FLAG_NOW, &f.request, &f.failure));
	assert_non_null(strstr(buffer_text(&f.request.body), "\"advocate_since\":\"2026-10-01\""));
	fixture_end(&f);
}

/* A request's reason goes with its state, and is taken away with it. */
static void reasons_go_with_states(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_requests(&f, &connector_hubspot, "tickets");
	f.flags[0] = (struct flag){ "51204", "Refused", FLAG_SINCE, "outcome missing" };
	f.flags[1] = (struct flag){ "51377", "Matching", FLAG_SINCE, NULL };
	f.flags[2] = (struct flag){ "51400", NULL, FLAG_SINCE, NULL };
	assert_true(
		f.connector->flags_write(f.session, &f.target, f.flags, FLAGS, FLAG_NOW, &f.request, &f.failure));
	assert_string_equal(buffer_text(&f.request.url), "https://crm.example/crm/v3/objects/tickets/batch/update");
	assert_string_equal(buffer_text(&f.request.body),
		"{\"inputs\":["
		"{\"id\":\"51204\",\"objectWriteTraceId\":\"51204\",\"properties\":{\"State__c\":\"Refused\","
		"\"Reason__c\":\"outcome missing\"}},"
		"{\"id\":\"51377\",\"objectWriteTraceId\":\"51377\",\"properties\":{\"State__c\":\"Matching\","
		"\"Reason__c\":\"\"}},"
		"{\"id\":\"51400\",\"objectWriteTraceId\":\"51400\",\"properties\":{\"State__c\":\"\","
		"\"Reason__c\":\"\"}}]}");
	fixture_end(&f);
}

static void each_record_has_its_own_answer(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, NULL);
	assert_true(fixture_written(&f, 200, JSON,
		"{\"status\":\"COMPLETE\",\"results\":[" RESULT("51400") "," RESULT("51377") "," RESULT(
			"51204") "]}"));
	expect_verdicts(&f, "SENT SENT SENT");
	/* By what we called it; by its id; and one of which nothing is said. */
	assert_true(fixture_written(&f, 207, JSON,
		BATCH(RESULT("51204"), ERROR("VALIDATION_ERROR", "\"objectWriteTraceId\":[\"51377\"]"))));
	expect_verdicts(&f, "SENT REFUSED AGAIN");
	assert_string_equal(f.results[1].code, "VALIDATION_ERROR");
	assert_non_null(strstr(f.results[1].text, "INVALID_OPTION"));
	assert_true(fixture_written(&f, 207, JSON,
		BATCH(RESULT("51204"), ERROR("OBJECT_NOT_FOUND", "\"ids\":[\"51377\",\"51400\",\"1\"]"))));
	expect_verdicts(&f, "SENT REFUSED REFUSED");
	assert_true(fixture_written(&f, 200, JSON,
		BATCH(RESULT("51204") "," RESULT("51400"), ERROR("CONFLICT", "\"ids\":[\"51377\"]"))));
	expect_verdicts(&f, "SENT AGAIN SENT");
	/* Of records that we didn't ask for nothing is to be learnt. */
	assert_true(fixture_written(&f, 200, JSON, BATCH(RESULT("1") ",null,{\"id\":51204},7", "null,{},\"x\"")));
	expect_verdicts(&f, "AGAIN AGAIN AGAIN");
	fixture_end(&f);
}

static void refusals_of_the_whole_call(void **state)
{
	static const char limited[] =
		"{\"status\":\"error\",\"policyName\":\"TEN_SECONDLY_ROLLING\",\"errorType\":\"RATE_LIMIT\"}";
	struct fixture f;

	(void)state;
	start(&f, NULL);
	assert_false(fixture_written(&f, 429, JSON, limited));
	assert_int_equal(f.failure.kind, FAILURE_THROTTLED);
	assert_true(f.failure.retry_after_s > 0);
	assert_false(fixture_written(&f, 423, JSON, "{}"));
	assert_int_equal(f.failure.kind, FAILURE_THROTTLED);
	assert_false(fixture_written(&f, 502, "text/html", "<html>"));
	assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	assert_false(fixture_written(
		&f, 403, JSON, "{\"category\":\"MISSING_SCOPES\",\"message\":\"pat-na1-7d0f3c52\"}"));
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	assert_null(strstr(f.failure.text, "7d0f3c52"));
	/* One record's fault, perhaps: halving finds it. */
	assert_false(fixture_written(&f, 400, JSON, "{\"category\":\"VALIDATION_ERROR\",\"message\":\"x\"}"));
	assert_int_equal(f.failure.kind, FAILURE_PERMANENT);
	/* Every record's. */
	assert_true(fixture_written(&f, 400, JSON,
		"{\"category\":\"VALIDATION_ERROR\",\"errors\":[{\"code\":\"PROPERTY_DOESNT_EXIST\"}],\"message\":"
		"\"no x\"}"));
	expect_verdicts(&f, "REFUSED REFUSED REFUSED");
	assert_true(fixture_written(&f, 409, JSON, "{\"category\":\"CONFLICT\",\"message\":\"x\"}"));
	expect_verdicts(&f, "AGAIN AGAIN AGAIN");
	static const char *const halves[] = { "", "{", "[]", "{}", "{\"results\":null}", "{\"results\":{}}" };
	for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
		assert_false(fixture_written(&f, 200, JSON, halves[i]));
		assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	}
	fixture_end(&f);
}

static void what_stands_there_is_read_back(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, NULL);
	assert_true(
		f.connector->flags_read(f.session, &f.target, f.flags, FLAGS, FLAG_NOW, &f.request, &f.failure));
	assert_string_equal(buffer_text(&f.request.url), "https://crm.example/crm/v3/objects/contacts/batch/read");
	assert_string_equal(buffer_text(&f.request.body),
		"{\"properties\":[\"Advocate_Status__c\"],\"propertiesWithHistory\":[],"
		"\"inputs\":[{\"id\":\"51204\"},{\"id\":\"51377\"},{\"id\":\"51400\"}]}");
	assert_true(fixture_found(&f, 207, JSON,
		"{\"results\":[{\"id\":\"51400\",\"properties\":{\"Advocate_Status__c\":null}},"
		"{\"id\":\"51204\",\"properties\":{\"Advocate_Status__c\":\"Caution\"}}],"
		"\"errors\":[{\"category\":\"OBJECT_NOT_FOUND\",\"context\":{\"ids\":[\"51377\"]}}]}"));
	assert_true(f.found[0].present && !f.found[1].present && f.found[2].present);
	assert_string_equal(f.found[0].value, "Caution");
	assert_string_equal(f.found[2].value, "");
	assert_false(fixture_found(&f, 200, JSON, "{}"));
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_carries_them_all),
		cmocka_unit_test(reasons_go_with_states),
		cmocka_unit_test(each_record_has_its_own_answer),
		cmocka_unit_test(refusals_of_the_whole_call),
		cmocka_unit_test(what_stands_there_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
