/* The HubSpot connector refused: what each kind of refusal means for the run (HubSpot, Error handling). */
#include "tests/unit/hubspot_exchange.h"

/* ---- refusals ---- */

#define HTML "<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body>cloudflare</body>\r\n</html>"
#define LIMITED(policy)                                                                                            \
	"{\"status\":\"error\",\"message\":\"You have reached your limit.\",\"errorType\":\"RATE_LIMIT\","         \
	"\"correlationId\":\"c93e06a4-0000-4000-8000-000000000001\",\"policyName\":\"" policy "\"}"

static void test_refusals(void **state)
{
	static const struct {
		int status;
		const char *retry_after, *type, *body;
		enum failure_kind kind;
		int64_t wait_s;
		const char *code, *words, *more;
	} cases[] = {
		{ 429, NULL, JSON_TYPE, LIMITED("SECONDLY"), FAILURE_THROTTLED, 1, "SECONDLY", "too many",
			"c93e06a4-0000-4000-8000-000000000001" },
		{ 429, NULL, JSON_TYPE, LIMITED("TEN_SECONDLY_ROLLING"), FAILURE_THROTTLED, 10,
			"TEN_SECONDLY_ROLLING", "reached", "429" },
		{ 429, NULL, JSON_TYPE, LIMITED("DAILY"), FAILURE_THROTTLED, 3600, "DAILY", "of the day",
			"c93e06a4" },
		{ 429, "5", JSON_TYPE, LIMITED("DAILY"), FAILURE_THROTTLED, 3600, "DAILY", "of the day", "" },
		{ 429, "7", JSON_TYPE, LIMITED("SECONDLY"), FAILURE_THROTTLED, 7, "SECONDLY", "", "" },
		{ 429, "86400", JSON_TYPE, LIMITED("SECONDLY"), FAILURE_THROTTLED, 900, "SECONDLY", "", "" },
		{ 429, "0", JSON_TYPE, LIMITED("SECONDLY"), FAILURE_THROTTLED, 1, "SECONDLY", "", "" },
		{ 429, NULL, JSON_TYPE, "{\"category\":\"RATE_LIMITS\"}", FAILURE_THROTTLED, 10, "RATE_LIMITS", "",
			"" },
		{ 429, NULL, "text/html", HTML, FAILURE_THROTTLED, 10, "", "", "" },
		{ 429, NULL, JSON_TYPE, "", FAILURE_THROTTLED, 10, "", "", "" },
		{ 401, NULL, JSON_TYPE,
			"{\"status\":\"error\",\"message\":\"The OAuth token used to make this call expired "
			"4 second(s) "
			"ago.\",\"correlationId\":\"019cd9fe-0000-7000-8000-000000000001\",\"category\":"
			"\"EXPIRED_AUTHENTICATION\"}",
			FAILURE_CREDENTIALS, 0, "EXPIRED_AUTHENTICATION", "token",
			"019cd9fe-0000-7000-8000-000000000001" },
		{ 401, NULL, JSON_TYPE,
			"{\"status\":\"error\",\"message\":\"Authentication credentials not "
			"found.\",\"category\":\"INVALID_AUTHENTICATION\"}",
			FAILURE_CREDENTIALS, 0, "INVALID_AUTHENTICATION", "not found", "" },
		{ 401, NULL, JSON_TYPE, "", FAILURE_CREDENTIALS, 0, "", "revoked", "" },
		{ 403, NULL, JSON_TYPE,
			"{\"status\":\"error\",\"message\":\"This app hasn't been granted all required "
			"scopes to make this "
			"call.\",\"correlationId\":\"dc49c0a8-0000-4000-8000-000000000001\",\"errors\":[{"
			"\"message\":\"One or "
			"more\",\"context\":{\"requiredGranularScopes\":[\"crm.objects.deals.read\",\"crm."
			"objects.deals.sensitive.read.v2\"]}}],\"category\":\"MISSING_SCOPES\"}",
			FAILURE_PERMANENT, 0, "MISSING_SCOPES",
			"crm.objects.deals.read, crm.objects.deals.sensitive.read.v2", "dc49c0a8" },
		{ 403, NULL, JSON_TYPE,
			"{\"message\":\"This oauth-token (" TOKEN ") does not have proper permissions!\"}",
			FAILURE_PERMANENT, 0, "", "oauth-token (***) does not", "permission" },
		{ 403, NULL, JSON_TYPE,
			"{\"message\":\"token " TOKEN "\",\"category\":\"of:" TOKEN
			"\",\"correlationId\":\"7d0f3c52-91ab-4e6d-8c11-2f6a9be04d77\",\"errors\":[{"
			"\"context\":{\"requiredGranularScopes\":[\"91ab-4e6d-8c11\"]}}]}",
			FAILURE_PERMANENT, 0, "", "token ***", "" },
		{ 403, NULL, "text/html", HTML, FAILURE_TRANSIENT, 0, "", "edge", "9b1c2d3e4f5a6b80-FRA" },
		{ 400, NULL, JSON_TYPE,
			"{\"status\":\"error\",\"message\":\"The requested offset exceeds the maximum of "
			"10000 "
			"results\",\"correlationId\":\"5a7f3f0e-6b0e-4f0c-9d0c-3c4d8f1b2a10\",\"category\":"
			"\"VALIDATION_ERROR\"}",
			FAILURE_PERMANENT, 0, "VALIDATION_ERROR", "exceeds the maximum",
			"5a7f3f0e-6b0e-4f0c-9d0c-3c4d8f1b2a10" },
		{ 404, NULL, JSON_TYPE, "{\"category\":\"OBJECT_NOT_FOUND\"}", FAILURE_PERMANENT, 0,
			"OBJECT_NOT_FOUND", "companies page 1", "" },
		{ 405, NULL, "text/html", HTML, FAILURE_PERMANENT, 0, "", "405", "" },
		{ 408, NULL, NULL, "", FAILURE_TRANSIENT, 0, "", "408", "" },
		{ 409, NULL, JSON_TYPE, "{\"category\":\"CONFLICT\"}", FAILURE_PERMANENT, 0, "CONFLICT", "", "" },
		{ 414, NULL, "text/html", HTML, FAILURE_PERMANENT, 0, "", "too long", "" },
		{ 423, NULL, JSON_TYPE,
			"{\"status\":\"error\",\"message\":\"Resource is "
			"locked\",\"correlationId\":\"7b000000-0000-4000-8000-000000000002\"}",
			FAILURE_THROTTLED, 2, "", "locked", "7b000000" },
		{ 431, NULL, NULL, "", FAILURE_PERMANENT, 0, "", "431", "" },
		{ 477, "5400", JSON_TYPE,
			"{\"status\":\"error\",\"message\":\"Account is being "
			"migrated\",\"correlationId\":\"7b000000-0000-4000-8000-000000000001\"}",
			FAILURE_THROTTLED, 5400, "", "migrated", "7b000000" },
		{ 477, "999999", JSON_TYPE, "{}", FAILURE_THROTTLED, 86400, "", "data centres", "" },
		{ 477, NULL, JSON_TYPE, "{}", FAILURE_THROTTLED, 900, "", "data centres", "" },
		{ 500, NULL, JSON_TYPE, "{\"message\":\"oops\"}", FAILURE_TRANSIENT, 0, "", "oops", "" },
		{ 502, NULL, "text/html", HTML, FAILURE_TRANSIENT, 0, "", ": Bad Gateway cloudflare",
			"cf-ray 9b1c2d3e4f5a6b80-FRA" },
		{ 503, "30", "text/html", HTML, FAILURE_TRANSIENT, 30, "", "503", "" },
		{ 504, NULL, JSON_TYPE, "not json", FAILURE_TRANSIENT, 0, "", "not json", "" },
		{ 520, NULL, "text/html", HTML, FAILURE_TRANSIENT, 0, "", "520", "" },
		{ 521, NULL, "text/html", HTML, FAILURE_TRANSIENT, 0, "", "521", "" },
		{ 522, NULL, "text/html", HTML, FAILURE_TRANSIENT, 0, "", "support", "" },
		{ 523, NULL, "text/html", HTML, FAILURE_TRANSIENT, 0, "", "523", "" },
		{ 525, NULL, "text/html", HTML, FAILURE_TRANSIENT, 0, "", "support", "" },
		{ 526, NULL, "text/html", HTML, FAILURE_TRANSIENT, 0, "", "support", "" },
		{ 200, NULL, "text/html; charset=UTF-8", HTML, FAILURE_TRANSIENT, 0, "", "base_url (200,", "" },
		{ 200, NULL, JSON_TYPE, "", FAILURE_TRANSIENT, 0, "", "companies page 1", "" },
		{ 204, NULL, NULL, "", FAILURE_TRANSIENT, 0, "", "204", "" },
		{ 207, NULL, JSON_TYPE, EMPTY, FAILURE_TRANSIENT, 0, "", "207", "" },
		{ 302, NULL, "text/html", HTML, FAILURE_PERMANENT, 0, "", "base_url", "" },
		{ 500, NULL, JSON_TYPE, "{\"message\":\"caf\xc3\xa9\\nsecond\\u0000 line\",\"category\":\"A B\"}",
			FAILURE_TRANSIENT, 0, "", "caf\xc3\xa9 second", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t j = 0; j < 3; j++) {
			struct fixture f;
			struct http_header headers[] = { { "cf-ray", "9b1c2d3e4f5a6b80-FRA" },
				{ "content-type", cases[i].type }, { "retry-after", cases[i].retry_after } };
			size_t count = 1;
			if (cases[i].type != NULL)
				headers[count++] = headers[1];
			if (cases[i].retry_after != NULL)
				headers[count++] = headers[2];
			const struct http_head head = { cases[i].status, headers, count };
			start(&f);
			f.piece = pieces[j];
			open_reading(&f, ENTITY_ACCOUNT);
			ask(&f);
			assert_false(give_head(&f, &head, cases[i].body, strlen(cases[i].body)));
			if (f.failure.kind != cases[i].kind || f.failure.retry_after_s != cases[i].wait_s ||
				f.failure.http_status != cases[i].status ||
				strcmp(f.failure.code, cases[i].code) != 0 ||
				strstr(f.failure.text, cases[i].words) == NULL ||
				strstr(f.failure.text, cases[i].more) == NULL)
				fail_msg("case %zu: %s, wait %d, '%s': %s", i, failure_kind_name(f.failure.kind),
					(int)f.failure.retry_after_s, f.failure.code, f.failure.text);
			/* Nothing of the token, be it a piece. */
			for (size_t at = 0; at + 8 < sizeof TOKEN; at++) {
				char part[9];
				(void)snprintf(part, sizeof part, "%.8s", &TOKEN[at]);
				assert_null(strstr(f.failure.text, part));
				assert_null(strstr(f.failure.code, part));
			}
			assert_null(connector_hubspot.read_cursor(f.reading));
			/* The same page once more, from its beginning. */
			expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 0, BARE, 2));
			give(&f, EMPTY);
			end(&f);
		}
}

/* Waits grow with the refusals in a row, and an answer ends the row. */
static void test_refusals_in_a_row(void **state)
{
	static const int64_t unnamed[] = { 10, 10, 60, 60 }, secondly[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10 };
	struct fixture f;

	(void)state;
	start(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	for (size_t i = 0; i < 4; i++) {
		ask(&f);
		assert_false(give_with(&f, 429, JSON_TYPE, NULL, NULL, "{}"));
		assert_int_equal(f.failure.retry_after_s, unnamed[i]);
	}
	ask(&f);
	give(&f, page(9, record("5", "2026-10-01T08:00:00Z"), record("6", "2026-10-01T08:00:00Z")));
	for (size_t i = 0; i < 11; i++) {
		ask(&f);
		assert_false(give_with(&f, 429, JSON_TYPE, NULL, NULL, LIMITED("SECONDLY")));
		assert_int_equal(f.failure.retry_after_s, secondly[i]);
	}
	end(&f);
}

/* No head at all, and a refusal that never ends. */
static void test_no_answer(void **state)
{
	struct fixture f;
	const struct http_head head = { 503, NULL, 0 };
	size_t length = 1 << 20;
	char *noise = malloc(length);

	(void)state;
	assert_non_null(noise);
	memset(noise, 'x', length);
	start(&f);
	f.piece = 1000;
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	assert_false(connector_hubspot.read_finish(f.reading, f.now, &f.failure));
	assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	ask(&f);
	assert_false(give_head(&f, &head, noise, length));
	assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	assert_int_equal(f.failure.http_status, 503);
	free(noise);
	end(&f);
}

/* A page that took over 100 s is asked for in halves. */
static void test_page_is_halved(void **state)
{
	static const int limits[] = { 200, 100, 50, 25, 12, 12 };
	struct fixture f;

	(void)state;
	start(&f);
	set_number(&f, "page_size", 200);
	open_reading(&f, ENTITY_ACCOUNT);
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 0, BARE, limits[i]));
		assert_false(give_with(&f, 524, "text/html", NULL, NULL, HTML));
		assert_int_equal(f.failure.kind, FAILURE_TRANSIENT);
	}
	end(&f);
}

static void test_quota(void **state)
{
	struct fixture f;
	struct quota quota;
	const struct http_header headers[] = { { "content-type", JSON_TYPE },
		{ "x-hubspot-ratelimit-daily", "650000" }, { "x-hubspot-ratelimit-daily-remaining", "612345" } };
	const struct http_head head = { 200, headers, 3 };

	(void)state;
	start(&f);
	map(&f, "staff", "email", "email");
	connector_hubspot.session_quota(f.session, &quota);
	assert_int_equal(quota.used, -1);
	assert_int_equal(quota.allowed, -1);
	open_reading(&f, ENTITY_STAFF);
	ask(&f);
	assert_true(give_head(&f, &head, "{\"results\":[]}", 14));
	connector_hubspot.session_quota(f.session, &quota);
	assert_int_equal(quota.used, 37655);
	assert_int_equal(quota.allowed, 650000);
	/* A search says nothing of it, and takes nothing back. */
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	give(&f, EMPTY);
	connector_hubspot.session_quota(f.session, &quota);
	assert_int_equal(quota.used, 37655);
	end(&f);
}

static void test_bad_token(void **state)
{
	static const char *const tokens[] = { "", "pat-na1-one\r\nX-Evil: 1" };
	struct fixture f;

	(void)state;
	start(&f);
	for (size_t i = 0; i < 2; i++) {
		set_token(&f, tokens[i]);
		open_reading(&f, ENTITY_ACCOUNT);
		assert_int_equal(connector_hubspot.read_next(f.reading, NOW, &f.request, &f.failure), READ_FAILED);
		assert_int_equal(f.failure.kind, FAILURE_CREDENTIALS);
		assert_null(strstr(f.failure.text, "pat-"));
	}
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refusals_in_a_row),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_page_is_halved),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_bad_token),
	};

	return cmocka_run_group_tests_name("hubspot refusals", tests, NULL, NULL);
}
