/* test_salesforce_refusals.c - what the Salesforce connector makes of lost locators, ended sessions and errors. */
#include "tests/unit/salesforce_exchange.h"

/* ---- locators and sessions ---- */

static void lost_locators_begin_anew(void **state)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {
		{ 400, LOST },
		{ 400, ERROR("QUERY_LOCATOR_EXPIRED", "x") },
		{ 404, ERROR("QUERY_LOCATOR_NOT_FOUND", "x") },
		{ 400, ERROR("UNAUTHORIZED_USER_FOR_CURSOR", "x") },
		{ 400, ERROR("INVALID_QUERY_LOCATOR_FORMAT", "x") },
		{ 400, ERROR("LOCATOR_LOCATION_EXCEEDS_SIZE", "x") },
		{ 404, "<html>not found</html>" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		open_changes(fixture, ENTITY_ACCOUNT);
		(void)ask(fixture);
		good_page(fixture, PAGE_1);
		(void)ask(fixture);
		assert_true(reply(fixture, rows[i].status, rows[i].body));
		assert_cursor(fixture, MIDDLE_CURSOR);
		assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
		/* The fresh query has a count of its own. */
		good_page(fixture, PAGE("1", "\"done\":true", C));
		assert_complete(fixture);
		assert_cursor(fixture, DONE_CURSOR);
	}
	/* Without a locator in the request it is an error as any other. */
	open_changes(fixture, ENTITY_ACCOUNT);
	(void)ask(fixture);
	assert_false(reply(fixture, 400, LOST));
	refused(fixture, FAILURE_PERMANENT, "INVALID_QUERY_LOCATOR");
}

/* A proxy or a firewall that quotes the request. */
static void what_was_sent_is_not_told(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	assert_false(reply(fixture, 403, "<html>Blocked: GET / Authorization: Bearer 00D!tok-1 Accept: x</html>"));
	refused(fixture, FAILURE_PERMANENT, "Authorization: Bearer *** Accept: x");
	(void)ask(fixture);
	assert_false(reply(fixture, 400, ERROR("00D!tok-1", "no 00D!tok-1")));
	refused(fixture, FAILURE_PERMANENT, "no ***");
	assert_null(strstr(fixture->failure.text, "tok-1"));
	assert_string_equal("***", fixture->failure.code);
}

static void a_place_that_loses_twice_fails(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE("4", NEXT("0r8-1"), A));
	(void)ask(fixture);
	assert_true(reply(fixture, 400, LOST));
	(void)ask(fixture);
	/* Progress in between: the next loss is another one. */
	good_page(fixture, PAGE("3", NEXT("0r8-2"), B));
	(void)ask(fixture);
	assert_true(reply(fixture, 400, LOST));
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
	/* None this time: all that comes is too fresh to mark a place. */
	good_page(fixture, PAGE("2", NEXT("0r8-1"), RECORD("001FRESH", "x", "null", "false", "10:04:59")));
	(void)ask(fixture);
	assert_false(reply(fixture, 400, LOST));
	refused(fixture, FAILURE_PERMANENT, "lost the query's locator twice");
	assert_string_equal(fixture->failure.code, "INVALID_QUERY_LOCATOR");
	assert_cursor(fixture, MIDDLE_CURSOR);
}

static void an_ended_session_is_renewed_once(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	(void)ask(fixture);
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_EXPIRED, "Session expired or invalid");
	assert_string_equal(fixture->failure.code, "INVALID_SESSION_ID");
	assert_cursor(fixture, MIDDLE_CURSOR);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	refused(fixture, FAILURE_EXPIRED, "no session");

	/* The new token's instance, and a query from the last place: the locator died with its token. */
	give_token(fixture, "00D!tok-2", "https://acme2.my.salesforce.com");
	assert_string_equal(ask(fixture),
		"https://acme2.my.salesforce.com/services/data/v66.0/queryAll?q=" SELECT KEYSET_B ORDER);
	assert_string_equal(buffer_text(&fixture->request.headers[0]), "Authorization: Bearer 00D!tok-2");
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_CREDENTIALS, "a new session was refused at once");
	assert_null(fixture->session->token);

	/* After someone has mended it: two tries again, and an answer that works wipes the slate. */
	give_token(fixture, "00D!tok-3", HOST);
	(void)ask(fixture);
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_EXPIRED, "Session expired");
	give_token(fixture, "00D!tok-4", HOST);
	(void)ask(fixture);
	good_page(fixture, PAGE("2", NEXT("0r8-1"), C));
	(void)ask(fixture);
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_EXPIRED, "Session expired");
}

/* A token renewed by somebody else between two pages: the locator isn't used with it. */
static void a_locator_stays_with_its_token(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	give_token(fixture, "00D!tok-2", HOST);
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
}

/* ---- refusals ---- */

static void each_error_has_its_class(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
		int64_t retry_after_s;
		const char *code, *word;
	} rows[] = {
		{ 401, ERROR("INVALID_AUTH_HEADER", "x"), FAILURE_CREDENTIALS, 0, "INVALID_AUTH_HEADER", "token" },
		{ 401, ERROR("SOMETHING", "no"), FAILURE_CREDENTIALS, 0, "SOMETHING", "refused" },
		{ 401, "", FAILURE_CREDENTIALS, 0, "", "refused" },
		{ 401, ERROR("INVALID_SESSION_ID", "Connected app is not attached to Agent"), FAILURE_CREDENTIALS,
			0, "INVALID_SESSION_ID", "not attached to Agent" },
		{ 403, ERROR("INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
			FAILURE_CREDENTIALS, 0, "INVALID_SESSION_ID", "REST API" },
		{ 403,
			ERROR("REQUEST_LIMIT_EXCEEDED",
				"ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
			FAILURE_THROTTLED, 60, "REQUEST_LIMIT_EXCEEDED", "at the same time" },
		{ 403, ERROR("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), FAILURE_THROTTLED, 1800,
			"REQUEST_LIMIT_EXCEEDED", "24 hours" },
		{ 400, ERROR("LIMIT_EXCEEDED", "x"), FAILURE_THROTTLED, 1800, "LIMIT_EXCEEDED", "limit" },
		{ 503, ERROR("SERVER_UNAVAILABLE", "x"), FAILURE_TRANSIENT, 0, "SERVER_UNAVAILABLE", "busy" },
		{ 403, ERROR("API_CURRENTLY_DISABLED", "x"), FAILURE_TRANSIENT, 1800, "API_CURRENTLY_DISABLED",
			"off" },
		{ 403, ERROR("API_DISABLED_FOR_ORG", "x"), FAILURE_CREDENTIALS, 0, "API_DISABLED_FOR_ORG",
			"edition" },
		{ 500, ERROR("UNKNOWN_EXCEPTION", "An unexpected error occurred."), FAILURE_TRANSIENT, 0,
			"UNKNOWN_EXCEPTION", "An unexpected" },
		{ 400, ERROR("REQUEST_RUNNING_TOO_LONG", "x"), FAILURE_TRANSIENT, 0, "REQUEST_RUNNING_TOO_LONG",
			"long" },
		{ 400, ERROR("QUERY_TIMEOUT", "Your query request was running for too long."), FAILURE_TRANSIENT, 0,
			"QUERY_TIMEOUT", "too long" },
		{ 400, ERROR("QUERY_TOO_COMPLICATED", "x"), FAILURE_PERMANENT, 0, "QUERY_TOO_COMPLICATED",
			"fewer" },
		{ 400, ERROR("OPERATION_TOO_LARGE", "exceeded 100000 distinct who/what's"), FAILURE_PERMANENT, 0,
			"OPERATION_TOO_LARGE", "View All Data" },
		{ 400, ERROR("TXN_SECURITY_METERING_ERROR", "x"), FAILURE_TRANSIENT, 0,
			"TXN_SECURITY_METERING_ERROR", "Exempt" },
		{ 400, ERROR("TOO_MANY_APEX_REQUESTS", "x"), FAILURE_TRANSIENT, 0, "TOO_MANY_APEX_REQUESTS",
			"Apex" },
		{ 400, ERROR("TEMPORARY_QUERY_MORE_FAILURE", "x"), FAILURE_TRANSIENT, 0,
			"TEMPORARY_QUERY_MORE_FAILURE", "next page" },
		{ 400, ERROR("UNABLE_TO_LOCK_ROW", "x"), FAILURE_TRANSIENT, 0, "UNABLE_TO_LOCK_ROW", "locked" },
		{ 400, ERROR("MALFORMED_QUERY", "unexpected token: FORM"), FAILURE_PERMANENT, 0, "MALFORMED_QUERY",
			"unexpected token: FORM" },
		{ 400, ERROR("INVALID_TYPE", "sObject type 'X__c' is not supported."), FAILURE_PERMANENT, 0,
			"INVALID_TYPE", "permission set; Salesforce says: sObject type 'X__c'" },
		{ 400, ERROR("INVALID_QUERY_FILTER_OPERATOR", "x"), FAILURE_PERMANENT, 0,
			"INVALID_QUERY_FILTER_OPERATOR", "filtered" },
		{ 404, ERROR("NOT_FOUND", "The requested resource does not exist"), FAILURE_PERMANENT, 0,
			"NOT_FOUND", "base_url" },
		{ 403, ERROR("INSUFFICIENT_ACCESS", "x"), FAILURE_PERMANENT, 0, "INSUFFICIENT_ACCESS",
			"permission" },
		{ 403, ERROR("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "x"), FAILURE_CREDENTIALS, 0,
			"INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "password" },
		{ 403, ERROR("PASSWORD_LOCKOUT", "x"), FAILURE_CREDENTIALS, 0, "PASSWORD_LOCKOUT", "locked" },
		{ 403, ERROR("LOGIN_DURING_RESTRICTED_TIME", "x"), FAILURE_CREDENTIALS, 0,
			"LOGIN_DURING_RESTRICTED_TIME", "hours" },
		{ 403, ERROR("ORG_LOCKED", "x"), FAILURE_CREDENTIALS, 0, "ORG_LOCKED", "org" },
		{ 403, ERROR("TRIAL_EXPIRED", "x"), FAILURE_CREDENTIALS, 0, "TRIAL_EXPIRED", "trial" },
		{ 410, ERROR("UNSUPPORTED_API_VERSION", "x"), FAILURE_PERMANENT, 0, "UNSUPPORTED_API_VERSION",
			"api_version" },
		{ 500, ERROR("UNSUPPORTED_API_VERSION", "x"), FAILURE_PERMANENT, 0, "UNSUPPORTED_API_VERSION",
			"api_version" },
		{ 400, ERROR("NEVER_SEEN", "a new thing"), FAILURE_PERMANENT, 0, "NEVER_SEEN", "a new thing" },
		{ 500, ERROR("NEVER_SEEN", "a new thing"), FAILURE_TRANSIENT, 0, "NEVER_SEEN", "a new thing" },
		/* An object instead of an array, a body that says nothing, and the second of two that
		   matters. */
		{ 400, "{\"message\":\"too long\",\"errorCode\":\"QUERY_TIMEOUT\"}", FAILURE_TRANSIENT, 0,
			"QUERY_TIMEOUT", "too long" },
		{ 400, "[]", FAILURE_PERMANENT, 0, "", "HTTP 400" },
		{ 400, "[7,null]", FAILURE_PERMANENT, 0, "", "HTTP 400" },
		{ 400, "[{\"errorCode\":9,\"message\":[]}]", FAILURE_PERMANENT, 0, "", "HTTP 400" },
		{ 400,
			"[{\"message\":\"first\",\"errorCode\":\"ODD\"},{\"message\":\"second\",\"errorCode\":"
			"\"UNABLE_TO_LOCK_ROW\"}]",
			FAILURE_TRANSIENT, 0, "UNABLE_TO_LOCK_ROW", "second" },
		{ 400, "[{\"message\":\"cut off", FAILURE_PERMANENT, 0, "", "HTTP 400" },
		/* By status alone (REST API, Error Responses). */
		{ 403, "", FAILURE_PERMANENT, 0, "", "HTTP 403" },
		{ 405, "", FAILURE_PERMANENT, 0, "", "HTTP 405" },
		{ 406, "", FAILURE_TRANSIENT, 0, "", "HTTP 406" },
		{ 409, "", FAILURE_PERMANENT, 0, "", "HTTP 409" },
		{ 410, "<html>Gone</html>", FAILURE_PERMANENT, 0, "", "api_version" },
		{ 414, "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", FAILURE_PERMANENT, 0, "",
			"Bad Message 414 reason: URI Too Long" },
		{ 420, "We are setting things up...", FAILURE_TRANSIENT, 0, "", "base_url" },
		{ 429, "", FAILURE_TRANSIENT, 0, "", "HTTP 429" },
		{ 431, "", FAILURE_PERMANENT, 0, "", "fewer fields" },
		{ 500, "", FAILURE_TRANSIENT, 0, "", "HTTP 500" },
		{ 502, "<html><body>Bad gateway</body></html>", FAILURE_TRANSIENT, 0, "", "Bad gateway" },
		{ 503,
			"<html><body><center><table bgcolor=\"white\" width=\"758\"><tbody><tr><td><span "
			"style=\"font-family: Verdana; font-weight: bold;\">We are down for "
			"maintenance.</span><br><br>"
			"Sorry for the inconvenience. We'll be back "
			"shortly.</td></tr></tbody></table></center></body></html>",
			FAILURE_TRANSIENT, 0, "",
			"We are down for maintenance. Sorry for the inconvenience. We'll be back shortly." },
		{ 504, "", FAILURE_TRANSIENT, 0, "", "HTTP 504" },
	};
	static const size_t pieces[] = { 1, 7, 0 };
	struct fixture *fixture = *state;

	/* Where a query that is too much can't be halved. */
	fixture->settings.bulk_from = 0;
	open_all(fixture, NULL);
	for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(pieces); i++) {
		size_t row = i / COUNT_OF(pieces);
		fixture->piece = pieces[i % COUNT_OF(pieces)];
		give_token(fixture, "00D!tok-1", HOST);
		(void)ask(fixture);
		assert_false(reply(fixture, rows[row].status, rows[row].body));
		const struct failure *failure = &fixture->failure;
		if (failure->kind != rows[row].kind || strstr(failure->text, rows[row].word) == NULL ||
			failure->retry_after_s != rows[row].retry_after_s ||
			strcmp(failure->code, rows[row].code) != 0)
			fail_msg("row %zu: %s, %lld s, code '%s': %s", row, failure_kind_name(failure->kind),
				(long long)failure->retry_after_s, failure->code, failure->text);
		assert_memory_equal(failure->text, "Account: ", 9);
		assert_null(strchr(failure->text, '<'));
		assert_string_equal(cursor_of(fixture), "none");
		assert_int_equal(fixture->session->token == NULL, rows[row].kind == FAILURE_CREDENTIALS);
		assert_string_equal(fixture->rows, "");
	}
}

static void retry_after_is_heeded(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer = { .status = 429, .retry_after = "17", .body = "" };

	(void)ask(fixture);
	assert_false(feed(fixture, &answer, 0));
	refused(fixture, FAILURE_THROTTLED, "too many");
	assert_int_equal(fixture->failure.retry_after_s, 17);
	answer.status = 503;
	(void)ask(fixture);
	assert_false(feed(fixture, &answer, 0));
	refused(fixture, FAILURE_TRANSIENT, "HTTP 503");
	assert_int_equal(fixture->failure.retry_after_s, 17);
}

/* The field at fault is named as it stands in the mapping, so that it can be mended there. */
static void a_missing_field_is_named(void **state)
{
	static const char query[] =
		"\\nSELECT Id,Health__c FROM Account\\n          ^\\nERROR at Row:1:Column:11\\n";
	static const struct {
		const char *message, *word;
	} rows[] = {
		{ "No such column 'Health__c' on entity 'Account'. If you are attempting to use a custom "
		  "field, be sure to "
		  "append the '__c' after the custom field name. Please reference your WSDL or the describe "
		  "call for the "
		  "appropriate names.",
			"the field 'Health__c' (signal.health, line 12 of the mapping)" },
		{ "No such column 'EMAIL' on entity 'User'.", "the field 'Owner.Email' (owner_email, line 12" },
		{ "Didn't understand relationship 'Owner' in field path.", "the field 'Owner.Email' (owner_email" },
		{ "No such column 'SystemModstamp' on entity 'X'.", "the field 'SystemModstamp' isn't there" },
		{ "field can not be filtered in a query call", "a mapped field isn't there" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char body[1024];
		(void)snprintf(body, sizeof body, "[{\"message\":\"%s%s\",\"errorCode\":\"INVALID_FIELD\"}]", query,
			rows[i].message);
		(void)ask(fixture);
		assert_false(reply(fixture, 400, body));
		refused(fixture, FAILURE_PERMANENT, rows[i].word);
		refused(fixture, FAILURE_PERMANENT, "mend the mapping or the permission set");
		refused(fixture, FAILURE_PERMANENT, "(INVALID_FIELD, HTTP 400)");
		assert_null(strstr(fixture->failure.text, "SELECT"));
	}
}

static void quota_is_found_anywhere(void **state)
{
	static const struct {
		const char *limit;
		int64_t used, allowed;
	} rows[] = {
		{ NULL, -1, -1 },
		{ "", -1, -1 },
		{ "per-app-api-usage=40/20000(appName=advocated)", -1, -1 },
		{ "api-usage=10018/115000", 10018, 115000 },
		{ "api-usage=x/5; api-usage=7", 10018, 115000 },
		{ "api-usage=812/115000; per-app-api-usage=40/20000(appName=advocated)", 812, 115000 },
		{ "per-app-api-usage=40/20000(appName=advocated), api-usage=120000/115000", 120000, 115000 },
		{ "api-usage=99999999999999999999/1", 120000, 115000 },
	};
	struct fixture *fixture = *state;
	struct quota quota;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		/* On a refusal too. */
		const struct answer answer = { .status = 503, .limit = rows[i].limit, .body = "" };
		(void)ask(fixture);
		assert_false(feed(fixture, &answer, 0));
		salesforce->session_quota(fixture->session, &quota);
		assert_int_equal(quota.used, rows[i].used);
		assert_int_equal(quota.allowed, rows[i].allowed);
	}
}

static void streams_have_objects(void **state)
{
	static const char *const wanted[] = { "User", "Account", "Contact", "Case", "Opportunity" };
	size_t count = 0;

	(void)state;
	for (; salesforce->streams[count] != ENTITY_COUNT; count++)
		if (count < COUNT_OF(wanted))
			assert_string_equal(salesforce->default_object(salesforce->streams[count]), wanted[count]);
	assert_int_equal(count, COUNT_OF(wanted) + 1);
	assert_int_equal(salesforce->streams[count - 1], ENTITY_REQUEST);
	assert_null(salesforce->default_object(ENTITY_REQUEST));
	assert_string_equal(salesforce->name, "salesforce");
	assert_null(salesforce->session_free(NULL));
	assert_null(salesforce->read_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lost_locators_begin_anew),
		TEST(what_was_sent_is_not_told),
		TEST(a_place_that_loses_twice_fails),
		TEST(an_ended_session_is_renewed_once),
		TEST(a_locator_stays_with_its_token),
		TEST(each_error_has_its_class),
		TEST(retry_after_is_heeded),
		TEST(a_missing_field_is_named),
		TEST(quota_is_found_anywhere),
		cmocka_unit_test(streams_have_objects),
	};

	return cmocka_run_group_tests_name("salesforce_refusals", tests, NULL, NULL);
}
