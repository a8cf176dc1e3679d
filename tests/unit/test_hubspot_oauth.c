/* The HubSpot connector's credentials and its pace: OAuth's refresh (Manage OAuth tokens), both buckets. */
#include "tests/unit/hubspot_exchange.h"

#define SECRET "0f6f0ad2-client secret&x"
#define REFRESH "na1-refresh-1111-2222-3333"
#define ACCESS "CNKJ4-access-token-aaaa-bbbb"
#define GRANTED                                                                                                    \
	"{\"token_type\":\"bearer\",\"access_token\":\"" ACCESS "\",\"refresh_token\":\"" REFRESH                  \
	"\",\"expires_in\":1800,\"hub_id\":4471023,\"scopes\":[\"oauth\"],\"token_use\":\"access_token\"}"

static void start_oauth(struct fixture *f)
{
	start(f);
	set_token(f, NULL);
	*(char **)setting(f, "client_id") = memory_copy_text("5f0a-client");
	set_secret(f, "client_secret_file", SECRET);
	set_secret(f, "refresh_token_file", REFRESH);
}

static bool answer(struct fixture *f, int status, const char *type, const char *body)
{
	const struct http_header headers[] = { { "content-type", type } };
	const struct http_head head = { status, headers, 1 };

	f->failure = (struct failure){ 0 };
	return connector_hubspot.authorized(f->session, &head, body, strlen(body), f->now, &f->failure);
}

static void expect_authorize(struct fixture *f, const char *refresh_token)
{
	char body[512];

	if (!connector_hubspot.authorize(f->session, f->now, &f->request, &f->failure))
		fail_msg("%s", f->failure.text);
	assert_string_equal(buffer_text(&f->request.url), BASE "/oauth/v3/token");
	assert_true(f->request.is_post && f->request.must_not_repeat);
	assert_string_equal(f->request.what, "token");
	assert_int_equal(f->request.header_count, 2);
	assert_string_equal(buffer_text(&f->request.headers[0]), "Content-Type: application/x-www-form-urlencoded");
	(void)snprintf(body, sizeof body,
		"grant_type=refresh_token&client_id=5f0a-client&client_secret=0f6f0ad2-client%%20secret%%26x"
		"&refresh_token=%s",
		refresh_token);
	assert_string_equal(buffer_text(&f->request.body), body);
}

static void expect_expired(struct fixture *f)
{
	f->failure = (struct failure){ 0 };
	assert_int_equal(connector_hubspot.read_next(f->reading, f->now, &f->request, &f->failure), READ_FAILED);
	assert_int_equal(f->failure.kind, FAILURE_EXPIRED);
}

/* ---- OAuth ---- */

static void test_refresh(void **state)
{
	struct fixture f;

	(void)state;
	start_oauth(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	expect_expired(&f);
	expect_authorize(&f, REFRESH);
	assert_true(answer(&f, 200, JSON_TYPE, GRANTED));
	ask(&f);
	assert_string_equal(buffer_text(&f.request.headers[0]), "Authorization: Bearer " ACCESS);
	give(&f, page(9, record("5", "2026-10-01T08:00:00Z"), record("6", "2026-10-01T08:00:00Z")));
	/* By the clock, five minutes early, and the reading goes on where it was. */
	f.now = NOW + 1499999;
	ask(&f);
	f.now = NOW + 1500000;
	expect_expired(&f);
	expect_authorize(&f, REFRESH);
	assert_true(answer(&f, 200, JSON_TYPE, "{\"access_token\":\"second-token\",\"expires_in\":10}"));
	expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, 6, BARE, 2));
	assert_string_equal(buffer_text(&f.request.headers[0]), "Authorization: Bearer second-token");
	/* Of a short life, half. */
	f.now += 4999;
	ask(&f);
	f.now += 1;
	expect_expired(&f);
	/* Another refresh token is used from now on, until it is ours again. */
	assert_true(answer(&f, 200, JSON_TYPE, "{\"access_token\":\"third\",\"refresh_token\":\"other one\"}"));
	expect_authorize(&f, "other%20one");
	/* Without a word on its life it is half an hour. */
	f.now += 1499999;
	ask(&f);
	f.now += 1;
	expect_expired(&f);
	assert_true(answer(&f, 200, JSON_TYPE, GRANTED));
	expect_authorize(&f, REFRESH);
	end(&f);
}

static void expect_secrets(const struct fixture *f, const char *configured, const char *renewed)
{
	const struct secret *first, *second;

	connector_hubspot.session_secrets(f->session, &first, &second);
	assert_int_equal(first == NULL, configured == NULL);
	if (configured != NULL)
		assert_string_equal(secret_reveal(first), configured);
	assert_int_equal(second == NULL, renewed == NULL);
	if (renewed != NULL)
		assert_string_equal(secret_reveal(second), renewed);
}

/* What came in place of the refresh token is told, so that it can be kept, and taken back. */
static void test_renewed(void **state)
{
	struct fixture f;
	const struct secret *configured, *renewed;

	(void)state;
	start(&f);
	expect_secrets(&f, NULL, NULL); /* a token made by hand */
	end(&f);
	start_oauth(&f);
	expect_secrets(&f, REFRESH, NULL);
	assert_true(answer(&f, 200, JSON_TYPE, GRANTED));
	expect_secrets(&f, REFRESH, NULL); /* the same again */
	assert_true(answer(&f, 200, JSON_TYPE, "{\"access_token\":\"a\",\"refresh_token\":\"other one\"}"));
	expect_secrets(&f, REFRESH, "other one");
	assert_true(answer(&f, 200, JSON_TYPE, "{\"access_token\":\"b\"}"));
	expect_secrets(&f, REFRESH, "other one");
	assert_false(answer(&f, 400, JSON_TYPE, "{\"error\":\"invalid_grant\"}"));
	expect_secrets(&f, REFRESH, "other one");
	connector_hubspot.session_secrets(f.session, &configured, &renewed);
	connector_hubspot.session_renew(f.session, renewed); /* its own */
	expect_authorize(&f, "other%20one");
	struct secret *kept = secret_new("kept one");
	connector_hubspot.session_renew(f.session, kept);
	secret_free(kept);
	expect_secrets(&f, REFRESH, "kept one");
	expect_authorize(&f, "kept%20one");
	assert_true(answer(&f, 200, JSON_TYPE, GRANTED));
	expect_secrets(&f, REFRESH, NULL);
	expect_authorize(&f, REFRESH);
	end(&f);
}

#define EXPIRED                                                                                                    \
	"{\"status\":\"error\",\"message\":\"The OAuth token used to make this call expired 4 second(s) ago.\","   \
	"\"category\":\"EXPIRED_AUTHENTICATION\"}"

static void test_expired(void **state)
{
	struct fixture f;

	(void)state;
	start_oauth(&f);
	open_reading(&f, ENTITY_ACCOUNT);
	assert_true(answer(&f, 200, JSON_TYPE, GRANTED));
	for (int i = 0; i < 2; i++) {
		ask(&f);
		assert_false(give_with(&f, 401, JSON_TYPE, NULL, NULL, EXPIRED));
		assert_int_equal(f.failure.kind, FAILURE_EXPIRED);
		assert_string_equal(f.failure.code, "EXPIRED_AUTHENTICATION");
		expect_expired(&f);
		assert_true(answer(&f, 200, JSON_TYPE, GRANTED));
		/* The same page; a good answer makes the next refusal a first one. */
		expect(&f, COMPANIES, search_of(MODIFIED, 1000, HIGHEST, i == 0 ? 0 : 6, BARE, 2));
		if (i == 0)
			give(&f, page(9, record("5", "2026-10-01T08:00:00Z"), record("6", "2026-10-01T08:00:00Z")));
	}
	/* HubSpot quotes tokens; we don't. */
	assert_false(give_with(&f, 403, JSON_TYPE, NULL, NULL,
		"{\"message\":\"This oauth-token (" ACCESS ") does not have proper permissions!\"}"));
	assert_non_null(strstr(f.failure.text, "oauth-token (***) does not"));
	ask(&f);
	/* The new token is refused as well: a person must look. */
	assert_false(give_with(&f, 401, JSON_TYPE, NULL, NULL, ""));
	assert_int_equal(f.failure.kind, FAILURE_CREDENTIALS);
	end(&f);
}

static void test_token_refusals(void **state)
{
	static const struct {
		int status;
		const char *type, *body;
		enum failure_kind kind;
		const char *code, *words;
	} cases[] = {
		{ 400, JSON_TYPE,
			"{\"error\":\"invalid_grant\",\"error_description\":\"refresh token is invalid, expired or "
			"revoked\",\"status\":\"BAD_REFRESH_TOKEN\",\"message\":\"x\"}",
			FAILURE_CREDENTIALS, "invalid_grant", "install the app again" },
		{ 400, JSON_TYPE, "{\"error\":\"access_denied\",\"status\":\"BAD_HUB\"}", FAILURE_CREDENTIALS,
			"access_denied", "disconnected" },
		{ 400, JSON_TYPE, "{\"error\":\"invalid_client\",\"message\":\"bad " SECRET " and " REFRESH "\"}",
			FAILURE_CREDENTIALS, "invalid_client", "bad *** and ***" },
		{ 401, JSON_TYPE, "{\"error\":\"invalid_client\"}", FAILURE_CREDENTIALS, "invalid_client",
			"check client_id and client_secret_file" },
		{ 400, JSON_TYPE, "{\"error\":\"unsupported_grant_type\"}", FAILURE_CREDENTIALS,
			"unsupported_grant_type", "refresh_token_file" },
		{ 400, JSON_TYPE, "{\"status\":\"error\",\"category\":\"VALIDATION_ERROR\"}", FAILURE_CREDENTIALS,
			"VALIDATION_ERROR", "token" },
		{ 404, JSON_TYPE, "{}", FAILURE_CREDENTIALS, "", "404" },
		{ 401, JSON_TYPE, "", FAILURE_CREDENTIALS, "", "401" },
		{ 429, JSON_TYPE, "{\"error\":\"invalid_grant\",\"policyName\":\"TEN_SECONDLY_ROLLING\"}",
			FAILURE_THROTTLED, "TEN_SECONDLY_ROLLING", "too many" },
		{ 500, JSON_TYPE, "{\"error\":\"invalid_grant\"}", FAILURE_TRANSIENT, "", "500" },
		{ 502, "text/html", "<html>", FAILURE_TRANSIENT, "", "502" },
		{ 403, "text/html", "<html>", FAILURE_TRANSIENT, "", "edge" },
		{ 200, "text/html", "<html>", FAILURE_TRANSIENT, "", "200" },
		/* Broken off: nothing of it is shown. */
		{ 200, JSON_TYPE, "{\"access_token\":\"" ACCESS, FAILURE_TRANSIENT, "", "no token reply" },
		{ 200, JSON_TYPE, "{\"access_token\":\"\"}", FAILURE_TRANSIENT, "", "no token reply" },
		{ 200, JSON_TYPE, "[]", FAILURE_TRANSIENT, "", "no token reply" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture f;
		start_oauth(&f);
		assert_true(answer(&f, 200, JSON_TYPE, GRANTED));
		assert_false(answer(&f, cases[i].status, cases[i].type, cases[i].body));
		if (f.failure.kind != cases[i].kind || strcmp(f.failure.code, cases[i].code) != 0 ||
			strstr(f.failure.text, cases[i].words) == NULL ||
			f.failure.http_status != cases[i].status || strstr(f.failure.text, "CNKJ4-ac") != NULL ||
			strstr(f.failure.text, "0f6f0ad2") != NULL || strstr(f.failure.text, "na1-refr") != NULL)
			fail_msg("case %zu: %s '%s': %s", i, failure_kind_name(f.failure.kind), f.failure.code,
				f.failure.text);
		/* No token is left. */
		open_reading(&f, ENTITY_ACCOUNT);
		expect_expired(&f);
		end(&f);
	}
}

static void test_static_token_is_not_renewed(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	assert_false(connector_hubspot.authorize(f.session, NOW, &f.request, &f.failure));
	assert_int_equal(f.failure.kind, FAILURE_CREDENTIALS);
	end(&f);
}

static void test_settings(void **state)
{
	static const struct {
		const char *token, *client_id, *client_secret, *refresh_token, *words;
	} cases[] = {
		{ TOKEN, NULL, NULL, NULL, NULL },
		{ NULL, "id", SECRET, REFRESH, NULL },
		{ NULL, NULL, NULL, NULL, "token_file is missing" },
		{ NULL, "", NULL, NULL, "token_file is missing" },
		{ NULL, NULL, SECRET, REFRESH, "client_id is missing" },
		{ NULL, "id", NULL, REFRESH, "client_secret_file is missing" },
		{ NULL, "id", SECRET, NULL, "refresh_token_file is missing" },
		{ TOKEN, "id", SECRET, REFRESH, "only one of the two" },
		{ TOKEN, NULL, NULL, REFRESH, "only one of the two" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture f;
		start(&f);
		set_token(&f, cases[i].token);
		if (cases[i].client_id != NULL)
			*(char **)setting(&f, "client_id") = memory_copy_text(cases[i].client_id);
		set_secret(&f, "client_secret_file", cases[i].client_secret);
		set_secret(&f, "refresh_token_file", cases[i].refresh_token);
		assert_int_equal(connector_hubspot.check_settings(f.settings, &f.failure), cases[i].words == NULL);
		if (cases[i].words != NULL)
			assert_non_null(strstr(f.failure.text, cases[i].words));
		end(&f);
	}
}

/* ---- the pace ---- */

/* One call of an owners' list; gives its pause. */
static unsigned call(struct fixture *f, const char *most)
{
	const struct http_header headers[] = { { "content-type", JSON_TYPE }, { "x-hubspot-ratelimit-max", most } };
	const struct http_head head = { 200, headers, most == NULL ? 1 : 2 };

	assert_true(open_mode(f, ENTITY_STAFF, READ_ALL, false, NULL));
	ask(f);
	unsigned pause = f->request.pause_before_ms;
	f->now += pause;
	assert_true(give_head(f, &head, "{\"results\":[]}", 14));
	return pause;
}

static void test_general_bucket(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	for (int i = 0; i < 80; i++) {
		assert_int_equal(call(&f, NULL), 0);
		f.now += 10;
	}
	/* 800 ms have passed since the first of them. */
	assert_int_equal(call(&f, NULL), 9200);
	assert_int_equal(call(&f, NULL), 10);
	/* Searches have a pace of their own. */
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	assert_int_equal(f.request.pause_before_ms, 0);
	give(&f, EMPTY);
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	assert_int_equal(f.request.pause_before_ms, 250);
	/* 80 % of what HubSpot names: more, */
	f.now += 10000;
	assert_int_equal(call(&f, "190"), 0);
	for (int i = 1; i < 152; i++)
		assert_int_equal(call(&f, NULL), 0);
	assert_int_equal(call(&f, NULL), 10000);
	/* or less, */
	f.now += 20000;
	assert_int_equal(call(&f, "10"), 0);
	for (int i = 1; i < 8; i++)
		assert_int_equal(call(&f, NULL), 0);
	assert_int_equal(call(&f, NULL), 10000);
	/* and never none or without end. */
	f.now += 20000;
	assert_int_equal(call(&f, "1"), 0);
	assert_int_equal(call(&f, "0"), 10000);
	assert_int_equal(call(&f, "9999999999999999"), 10000);
	assert_int_equal(call(&f, NULL), 0);
	end(&f);
}

static void test_clock_is_set_back(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	for (int i = 0; i < 80; i++)
		(void)call(&f, NULL);
	f.now -= 3600000;
	assert_int_equal(call(&f, NULL), 10000);
	for (int i = 1; i < 80; i++)
		assert_int_equal(call(&f, NULL), 0);
	assert_int_equal(call(&f, NULL), 10000);
	end(&f);
}

/* The day is over, whatever the last headers said. */
static void test_daily(void **state)
{
	struct fixture f;
	struct quota quota;
	const struct http_header headers[] = { { "content-type", JSON_TYPE },
		{ "x-hubspot-ratelimit-daily", "650000" }, { "x-hubspot-ratelimit-daily-remaining", "612345" } };
	const struct http_head head = { 200, headers, 3 };

	(void)state;
	start(&f);
	assert_true(open_mode(&f, ENTITY_STAFF, READ_ALL, false, NULL));
	ask(&f);
	assert_true(give_head(&f, &head, "{\"results\":[]}", 14));
	open_reading(&f, ENTITY_ACCOUNT);
	ask(&f);
	assert_false(give_with(&f, 429, JSON_TYPE, NULL, NULL, "{\"policyName\":\"DAILY\"}"));
	assert_int_equal(f.failure.kind, FAILURE_THROTTLED);
	assert_int_equal(f.failure.retry_after_s, 3600);
	connector_hubspot.session_quota(f.session, &quota);
	assert_int_equal(quota.used, 650000);
	assert_int_equal(quota.allowed, 650000);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_renewed),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_token_refusals),
		cmocka_unit_test(test_static_token_is_not_renewed),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_general_bucket),
		cmocka_unit_test(test_clock_is_set_back),
		cmocka_unit_test(test_daily),
	};

	return cmocka_run_group_tests_name("hubspot credentials and pace", tests, NULL, NULL);
}
