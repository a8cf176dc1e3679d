/* test_salesforce_auth.c - the Salesforce connector's settings, token requests and token replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "connectors/oauth.h"
#include "connectors/salesforce_internal.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define JSON_TYPE "application/json;charset=UTF-8"

static const struct connector *const salesforce = &connector_salesforce;
static const int64_t NOW_MS = INT64_C(1795161600000); /* 2026-11-20T08:00:00Z */
static const char NOW_DATE[] = "Fri, 20 Nov 2026 08:00:00 GMT";

/* ---- keys ---- */

static char *pem_of(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	static unsigned char passphrase[] = "open sesame";
	BIO *output = BIO_new(BIO_s_mem());
	char *bytes;

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(
				 output, key, cipher, NULL, 0, NULL, cipher == NULL ? NULL : passphrase),
		1);
	long length = BIO_get_mem_data(output, &bytes);
	char *pem = memory_copy(bytes, (size_t)length);
	BIO_free(output);
	return pem;
}

static EVP_PKEY *rsa_key;
static char *rsa_pem;

static int make_key(void **state)
{
	(void)state;
	rsa_key = EVP_RSA_gen(2048);
	rsa_pem = pem_of(rsa_key, NULL);
	return 0;
}

static int drop_key(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa_key);
	free(rsa_pem);
	return 0;
}

/* ---- settings and exchanges ---- */

static char version[] = "v66.0", cc[] = "client_credentials", jwt[] = "jwt_bearer", id[] = "3MVG9kEXAMPLE.key",
	    user[] = "sync@acme.example", audience[] = "https://login.salesforce.com";

struct fixture {
	struct salesforce_settings settings;
	struct session *session;
	struct http_request request;
	struct failure failure;
};

static int open_fixture(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);

	fixture->settings = (struct salesforce_settings){ .api_version = version,
		.flow = cc,
		.client_id = id,
		.client_secret = secret_new("0F1E/2D&3C=4B 5A"),
		.username = user,
		.audience = audience,
		.private_key = secret_new(rsa_pem),
		.overlap_s = 300,
		.settle_s = 60,
		.page_size = 2000 };
	fixture->session = salesforce->session_new("https://acme.my.salesforce.com", &fixture->settings);
	http_request_init(&fixture->request);
	*state = fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	salesforce->session_free(fixture->session);
	secret_free(fixture->settings.client_secret);
	secret_free(fixture->settings.private_key);
	http_request_free(&fixture->request);
	free(fixture);
	return 0;
}

/* The answer to a token request; `date` may be NULL. No failure may ever tell a secret. */
static bool answer(struct fixture *fixture, int status, const char *type, const char *date, const char *body)
{
	const struct http_header headers[] = { { "Content-Type", type }, { "Date", date == NULL ? "" : date },
		{ "sforce-limit-info", "api-usage=17/115000" } };
	const struct http_head head = { .status = status, .headers = headers, .count = COUNT_OF(headers) };

	fixture->failure = (struct failure){ .kind = FAILURE_NONE };
	/* A copy of exact size: reading past its end is seen. */
	size_t length = strlen(body);
	char *bytes = malloc(length == 0 ? 1 : length);
	memcpy(bytes, body, length);
	bool good = salesforce->authorized(fixture->session, &head, bytes, length, NOW_MS, &fixture->failure);
	free(bytes);
	assert_true(strlen(fixture->failure.text) <= 400);
	assert_null(strstr(fixture->failure.text, "0F1E"));
	assert_null(strstr(fixture->failure.text, "AQ0AQ"));
	assert_null(strchr(fixture->failure.text, '<'));
	return good;
}

#define REPLY(origin)                                                                                              \
	"{\"access_token\":\"00D5e000000AbCd!AQ0AQExampleOpaqueTokenWith.Dots_and!Bang\","                         \
	"\"signature\":\"kB3lq0xVnS0d0t4pXv1mC0Yk1k2b3n4m5o6p7q8r9s0=\",\"scope\":\"api\","                        \
	"\"instance_url\":\"" origin "\",\"id\":\"https://login.salesforce.com/id/00D5e000000AbCdEAK/"             \
	"0055e00000UsRaBAAV\",\"token_type\":\"Bearer\",\"issued_at\":\"1793534400123\","                          \
	"\"api_instance_url\":\"https://api.salesforce.com\"}"
#define JWT_REPLY                                                                                                  \
	"{\"access_token\":\"00D5e000000AbCd!ARYexample\",\"scope\":\"id api\","                                   \
	"\"instance_url\":\"https://acme.my.salesforce.com\",\"id\":\"https://login.salesforce.com/id/x/"          \
	"y\","                                                                                                     \
	"\"token_type\":\"Bearer\"}"

static const char *header_of(const struct http_request *request, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < request->header_count; i++) {
		const char *text = buffer_text(&request->headers[i]);
		if (strncmp(text, name, length) == 0 && strncmp(text + length, ": ", 2) == 0)
			return text + length + 2;
	}
	return NULL;
}

/* ---- settings ---- */

static void table_names_every_key(void **state)
{
	static const struct {
		const char *name, *initial;
	} wanted[] = { { "login_url", NULL }, { "api_version", "v66.0" }, { "flow", "client_credentials" },
		{ "client_id", NULL }, { "client_secret_file", NULL }, { "username", NULL },
		{ "audience", "https://login.salesforce.com" }, { "private_key_file", NULL }, { "overlap", "300s" },
		{ "settle", "60s" }, { "late", "15m" }, { "bulk_from", "50000" }, { "page_size", "2000" } };

	(void)state;
	assert_int_equal(salesforce->option_count, COUNT_OF(wanted));
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		const struct option *option = &salesforce->options[i];
		assert_string_equal(option->name, wanted[i].name);
		if (wanted[i].initial == NULL)
			assert_null(option->initial);
		else
			assert_string_equal(option->initial, wanted[i].initial);
		assert_non_null(option->help);
		assert_true(option->offset < salesforce->settings_size);
	}
}

static void defaults_are_good(void **state)
{
	struct salesforce_settings settings = { .flow = NULL };
	struct failure failure;
	const struct option *option = option_find(salesforce->options, salesforce->option_count, "page_size");

	(void)state;
	option_defaults(salesforce->options, salesforce->option_count, &settings);
	assert_int_equal(settings.overlap_s, 300);
	assert_int_equal(settings.settle_s, 60);
	assert_int_equal(settings.page_size, 2000);
	assert_null(settings.login_url);
	assert_false(option_set(option, &settings, "199", &failure));
	assert_false(option_set(option, &settings, "2001", &failure));
	assert_true(option_set(option, &settings, "200", &failure));
	settings.client_id = memory_copy_text("3MVG9");
	settings.client_secret = secret_new("secret");
	assert_true(salesforce->check_settings(&settings, &failure));
	option_clear(salesforce->options, salesforce->option_count, &settings);
	assert_null(settings.client_secret);
}

static void expect_refused(struct fixture *fixture, const char *word)
{
	fixture->failure = (struct failure){ .kind = FAILURE_NONE };
	assert_false(salesforce->check_settings(&fixture->settings, &fixture->failure));
	assert_int_equal(fixture->failure.kind, FAILURE_PERMANENT);
	assert_non_null(strstr(fixture->failure.text, word));
}

static void settings_are_checked_together(void **state)
{
	static char versions[][8] = { "v57.0", "v66", "66.0", "v66.1", "v6600.0", "", "v", "vv66.0", "v-66.0" };
	static char good[][8] = { "v58.0", "v66.0", "v100.0" };
	static char shared[] = "https://login.salesforce.com", own[] = "https://acme.my.salesforce.com",
		    empty[] = "";
	struct fixture *fixture = *state;
	struct salesforce_settings *settings = &fixture->settings;

	assert_true(salesforce->check_settings(settings, &fixture->failure));
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		settings->api_version = versions[i];
		expect_refused(fixture, "api_version");
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		settings->api_version = good[i];
		assert_true(salesforce->check_settings(settings, &fixture->failure));
	}
	settings->client_id = empty;
	expect_refused(fixture, "client_id");
	settings->client_id = id;

	settings->login_url = shared;
	expect_refused(fixture, "login_url");
	settings->login_url = own;
	assert_true(salesforce->check_settings(settings, &fixture->failure));
	struct secret *kept = settings->client_secret;
	settings->client_secret = NULL;
	expect_refused(fixture, "client_secret_file");

	settings->flow = jwt;
	settings->login_url = shared;
	assert_true(salesforce->check_settings(settings, &fixture->failure));
	settings->username = NULL;
	expect_refused(fixture, "username");
	settings->username = user;
	settings->private_key = secret_free(settings->private_key);
	expect_refused(fixture, "private_key_file");
	settings->client_secret = kept;
}

static void useless_keys_are_refused(void **state)
{
	struct fixture *fixture = *state;
	EVP_PKEY *small = EVP_RSA_gen(1024), *curve = EVP_EC_gen("P-256");
	char *cut = memory_copy(rsa_pem, strlen(rsa_pem) / 2);
	const struct {
		char *pem;
		const char *word;
	} rows[] = {
		{ memory_copy_text(""), "can't be read" },
		{ memory_copy_text("no key at all"), "can't be read" },
		{ cut, "can't be read" },
		{ pem_of(rsa_key, EVP_aes_128_cbc()), "passphrase" },
		{ pem_of(small, NULL), "2048" },
		{ pem_of(curve, NULL), "RSA" },
	};

	fixture->settings.flow = jwt;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		secret_free(fixture->settings.private_key);
		fixture->settings.private_key = secret_new(rows[i].pem);
		expect_refused(fixture, rows[i].word);
		expect_refused(fixture, "private_key_file");
		assert_false(salesforce->authorize(fixture->session, NOW_MS, &fixture->request, &fixture->failure));
		assert_int_equal(fixture->failure.kind, FAILURE_CREDENTIALS);
		free(rows[i].pem);
	}
	EVP_PKEY_free(small);
	EVP_PKEY_free(curve);
	/* A file whose last newline was cut off is a good key. */
	size_t length = strlen(rsa_pem);
	char *bare = memory_copy(rsa_pem, length - 1);
	secret_free(fixture->settings.private_key);
	fixture->settings.private_key = secret_new(bare);
	assert_true(salesforce->check_settings(&fixture->settings, &fixture->failure));
	free(bare);
}

/* ---- asking for a token ---- */

static void client_credentials_are_posted(void **state)
{
	static char login[] = "https://acme--uat.sandbox.my.salesforce.com";
	struct fixture *fixture = *state;
	struct http_request *request = &fixture->request;

	assert_true(salesforce->authorize(fixture->session, NOW_MS, request, &fixture->failure));
	assert_true(request->is_post);
	assert_string_equal(buffer_text(&request->url), "https://acme.my.salesforce.com/services/oauth2/token");
	assert_string_equal(buffer_text(&request->body),
		"grant_type=client_credentials&client_id=3MVG9kEXAMPLE.key&client_secret=0F1E%"
		"2F2D%263C%3D4B%205A");
	assert_string_equal(header_of(request, "Content-Type"), "application/x-www-form-urlencoded");
	assert_string_equal(header_of(request, "Accept"), "application/json");
	assert_null(strstr(request->what, "0F1E"));

	fixture->settings.login_url = login;
	assert_true(salesforce->authorize(fixture->session, NOW_MS, request, &fixture->failure));
	assert_string_equal(
		buffer_text(&request->url), "https://acme--uat.sandbox.my.salesforce.com/services/oauth2/token");
	assert_int_equal(request->header_count, 2);
}

static size_t decode_base64url(const char *text, size_t length, unsigned char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, held = 0;
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		const char *at = strchr(alphabet, text[i]);
		assert_non_null(at);
		bits = (bits << 6 | (unsigned)(at - alphabet)) & 0xffff;
		held += 6;
		if (held >= 8)
			out[used++] = (unsigned char)(bits >> (held -= 8) & 0xff);
	}
	return used;
}

static void jwt_is_signed(void **state)
{
	static const char prefix[] = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
	struct fixture *fixture = *state;
	unsigned char bytes[1024];

	fixture->settings.flow = jwt;
	assert_true(salesforce->authorize(fixture->session, NOW_MS + 999, &fixture->request, &fixture->failure));
	const char *body = buffer_text(&fixture->request.body);
	assert_memory_equal(body, prefix, sizeof prefix - 1);
	const char *token = body + sizeof prefix - 1;
	const char *claims = strchr(token, '.') + 1, *signature = strchr(claims, '.') + 1;
	assert_memory_equal(token, "eyJhbGciOiJSUzI1NiJ9.", 21);

	size_t length = decode_base64url(claims, (size_t)(signature - 1 - claims), bytes);
	json_t *json = json_loadb((const char *)bytes, length, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "iss")), id);
	assert_string_equal(json_string_value(json_object_get(json, "sub")), user);
	assert_string_equal(json_string_value(json_object_get(json, "aud")), audience);
	assert_true(json_is_integer(json_object_get(json, "exp")));
	assert_int_equal(json_integer_value(json_object_get(json, "exp")), NOW_MS / 1000 + 120);
	assert_int_equal(json_object_size(json), 4);
	json_decref(json);

	length = decode_base64url(signature, strlen(signature), bytes);
	assert_int_equal(length, 256);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, rsa_key), 1);
	assert_int_equal(EVP_DigestVerify(context, bytes, length, (const unsigned char *)token,
				 (size_t)(signature - 1 - token)),
		1);
	EVP_MD_CTX_free(context);
}

/* RFC 4648, section 10, without the padding; and the two characters that make it "url". */
static void base64url_vectors(void **state)
{
	static const struct {
		const char *plain, *encoded;
	} rows[] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xfe", "-__-" },
		{ "{\"alg\":\"RS256\"}", "eyJhbGciOiJSUzI1NiJ9" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer buffer;
		buffer_init(&buffer, 64);
		assert_true(oauth_append_base64url(
			&buffer, (const unsigned char *)rows[i].plain, strlen(rows[i].plain)));
		assert_string_equal(buffer_text(&buffer), rows[i].encoded);
		buffer_free(&buffer);
	}
}

/* ---- token replies ---- */

static void good_replies_open_a_session(void **state)
{
	struct fixture *fixture = *state;
	struct quota quota;

	salesforce->session_quota(fixture->session, &quota);
	assert_int_equal(quota.used, -1);
	assert_int_equal(quota.allowed, -1);
	assert_string_equal(fixture->session->instance_url, "https://acme.my.salesforce.com");
	assert_true(answer(fixture, 200, JSON_TYPE, NOW_DATE, REPLY("https://acme-2.my.salesforce.com/")));
	assert_string_equal(fixture->session->instance_url, "https://acme-2.my.salesforce.com");
	assert_string_equal(secret_reveal(fixture->session->token),
		"00D5e000000AbCd!AQ0AQExampleOpaqueTokenWith.Dots_and!Bang");
	salesforce->session_quota(fixture->session, &quota);
	assert_int_equal(quota.used, 17);

	/* The JWT reply has neither issued_at nor signature. */
	assert_true(answer(fixture, 200, JSON_TYPE, NOW_DATE, JWT_REPLY));
	assert_string_equal(secret_reveal(fixture->session->token), "00D5e000000AbCd!ARYexample");
	assert_string_equal(fixture->session->instance_url, "https://acme.my.salesforce.com");
	assert_int_equal(fixture->session->generation, 2);

	assert_true(answer(fixture, 200, JSON_TYPE, NOW_DATE, "{\"access_token\":\"abc\"}"));
	assert_string_equal(fixture->session->instance_url, "https://acme.my.salesforce.com");
}

static void instance_urls_are_checked(void **state)
{
	static const struct {
		const char *reply;
		bool good;
	} rows[] = {
		{ REPLY("https://acme.my.salesforce.com:8443"), true },
		{ REPLY("http://127.0.0.1:8080"), true },
		{ REPLY("http://localhost:8080/"), true },
		{ REPLY("http://[::1]:8080"), true },
		{ REPLY("http://acme.my.salesforce.com"), false },
		{ REPLY("http://127.evil.example"), false },
		{ REPLY("http://localhost.evil.example"), false },
		{ REPLY("http://127.0.0.1@evil.example"), false },
		{ REPLY("https://acme.example@evil.example"), false },
		{ REPLY("https://acme.example/path"), false },
		{ REPLY("https://acme.example?x"), false },
		{ REPLY("https://acme.example:"), false },
		{ REPLY("https://acme.example:80a"), false },
		{ REPLY("https://"), false },
		{ REPLY("ftp://acme.example"), false },
		{ REPLY("file:///etc/passwd"), false },
		{ REPLY(""), false },
		{ REPLY("https://acme.example\\r\\nX: y"), false },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(answer(fixture, 200, JSON_TYPE, NOW_DATE, rows[i].reply), rows[i].good);
		assert_int_equal(fixture->session->token != NULL, rows[i].good);
		assert_int_equal(fixture->failure.kind, rows[i].good ? FAILURE_NONE : FAILURE_CREDENTIALS);
	}
}

#define OAUTH(code, text) "{\"error\":\"" code "\",\"error_description\":\"" text "\"}"

static void each_refusal_is_classified(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
		const char *word;
	} rows[] = {
		{ 400, OAUTH("invalid_grant", "expired access/refresh token"), FAILURE_CREDENTIALS,
			"new credentials" },
		{ 400, OAUTH("invalid_grant", "audience is invalid"), FAILURE_CREDENTIALS, "set audience" },
		{ 400, OAUTH("invalid_grant", "Audience validation failed"), FAILURE_CREDENTIALS, "set audience" },
		{ 400, OAUTH("invalid_grant", "user hasn't approved this consumer"), FAILURE_CREDENTIALS,
			"pre-authorise" },
		{ 400, OAUTH("invalid_grant", "request not supported on this domain"), FAILURE_CREDENTIALS,
			"login_url" },
		{ 400, OAUTH("invalid_grant", "no client credentials user enabled"), FAILURE_CREDENTIALS,
			"Run As" },
		{ 400, OAUTH("invalid_grant", "user is locked"), FAILURE_CREDENTIALS, "unlock" },
		{ 400, OAUTH("invalid_grant", "authentication failure"), FAILURE_CREDENTIALS, "certificate" },
		{ 400, OAUTH("invalid_grant", "something else"), FAILURE_CREDENTIALS, "something else" },
		{ 400, OAUTH("invalid_client_id", "client identifier invalid"), FAILURE_CREDENTIALS, "client_id" },
		{ 401, OAUTH("invalid_client", "invalid client credentials"), FAILURE_CREDENTIALS,
			"client_secret_file" },
		{ 400, OAUTH("unsupported_grant_type", "grant type not supported"), FAILURE_CREDENTIALS,
			"enable this flow" },
		{ 400, OAUTH("inactive_user", "user is inactive"), FAILURE_CREDENTIALS, "inactive" },
		{ 400, OAUTH("inactive_org", "org is inactive"), FAILURE_CREDENTIALS, "inactive" },
		{ 400, OAUTH("rate_limit_exceeded", "slow down"), FAILURE_THROTTLED, "logins" },
		{ 400, OAUTH("never_seen", "a new thing"), FAILURE_CREDENTIALS, "a new thing" },
		{ 400, "{\"error\":\"invalid_client_id\"}", FAILURE_CREDENTIALS, "client_id" },
		{ 400, "{}", FAILURE_CREDENTIALS, "HTTP 400" },
		{ 400, OAUTH("invalid_grant", "echo 0F1E/2D&3C=4B 5A"), FAILURE_CREDENTIALS, "refused" },
		{ 500, OAUTH("server_error", "oops"), FAILURE_TRANSIENT, "oops" },
		{ 403, "[{\"message\":\"TotalRequests Limit exceeded.\",\"errorCode\":\"REQUEST_LIMIT_EXCEEDED\"}]",
			FAILURE_THROTTLED, "TotalRequests" },
		{ 401, "[{\"message\":\"Session expired or invalid\",\"errorCode\":\"INVALID_SESSION_ID\"}]",
			FAILURE_CREDENTIALS, "Session expired" },
		{ 429, "{}", FAILURE_TRANSIENT, "too many" },
		{ 503, "<html><body><b>We are down for\nmaintenance.</b></body></html>", FAILURE_TRANSIENT,
			"We are down for maintenance." },
		{ 404, "<html><body>Not here</body></html>", FAILURE_TRANSIENT, "Not here" },
		/* What stands before Salesforce quotes what it was sent; also where the text is cut. */
		{ 503, "<html>client_id=1&client_secret=0F1E/2D&3C=4B 5A&x=y</html>", FAILURE_TRANSIENT,
			"client_secret=***&x=y" },
		{ 503,
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 0F1E/2D&3C=4B 5A",
			FAILURE_TRANSIENT, "x ***" },
		{ 400, "", FAILURE_TRANSIENT, "HTTP 400" },
		{ 500, "", FAILURE_TRANSIENT, "HTTP 500" },
		{ 420, "We are setting things up...", FAILURE_TRANSIENT, "setting things up" },
		{ 302, "", FAILURE_TRANSIENT,
			"Salesforce points elsewhere; should it stay so, check base_url and login_url (HTTP 302)" },
		{ 200, "", FAILURE_TRANSIENT, "no token reply" },
		{ 200, "<html>Maintenance</html>", FAILURE_TRANSIENT,
			"no token reply; should it stay so, check base_url and login_url; Salesforce says: "
			"Maintenance" },
		{ 200, "{}", FAILURE_TRANSIENT, "access_token" },
		{ 200, "{\"access_token\":7}", FAILURE_TRANSIENT, "access_token" },
		{ 200, "{\"access_token\":\"AQ0AQ\\r\\nX-Evil: 1\"}", FAILURE_TRANSIENT, "access_token" },
		{ 200, "{\"access_token\":\"00D5e000000AbCd!AQ0AQExampleOpa", FAILURE_TRANSIENT, "no token reply" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(answer(fixture, 200, JSON_TYPE, NOW_DATE, JWT_REPLY));
		const char *type = rows[i].body[0] == '{' || rows[i].body[0] == '[' ? JSON_TYPE : "text/html";
		assert_false(answer(fixture, rows[i].status, type, NOW_DATE, rows[i].body));
		if (fixture->failure.kind != rows[i].kind || strstr(fixture->failure.text, rows[i].word) == NULL)
			fail_msg("row %zu: %s: %s", i, failure_kind_name(fixture->failure.kind),
				fixture->failure.text);
		assert_int_equal(fixture->failure.http_status, rows[i].status);
		assert_null(fixture->session->token);
		assert_int_equal(fixture->failure.retry_after_s > 0, rows[i].kind == FAILURE_THROTTLED);
	}
	/* The same cut-off reply under a wrong name: its token isn't told either. */
	assert_false(answer(fixture, 200, "text/plain", NOW_DATE, "{\"access_token\":\"00D5e000000AbCd!AQ0AQExam"));
	/* HTML that is called JSON. */
	assert_false(answer(fixture, 200, JSON_TYPE, NOW_DATE, "<html>Maintenance</html>"));
	assert_int_equal(fixture->failure.kind, FAILURE_TRANSIENT);
}

/* A wrong clock: one more try with a fresh time, then a person; and the answer says by how much. */
static void wrong_clock_is_told(void **state)
{
	static const char body[] = OAUTH("invalid_grant", "expired authorization code");
	struct fixture *fixture = *state;

	assert_false(answer(fixture, 400, JSON_TYPE, "Fri, 20 Nov 2026 07:50:00 GMT", body));
	assert_int_equal(fixture->failure.kind, FAILURE_TRANSIENT);
	assert_false(answer(fixture, 400, JSON_TYPE, "Fri, 20 Nov 2026 07:50:00 GMT", body));
	assert_int_equal(fixture->failure.kind, FAILURE_CREDENTIALS);
	assert_non_null(strstr(fixture->failure.text, "600 s ahead"));
	assert_non_null(strstr(fixture->failure.text, "NTP"));
	/* Again one try each once it has worked. */
	assert_true(answer(fixture, 200, JSON_TYPE, NOW_DATE, JWT_REPLY));
	assert_false(answer(fixture, 400, JSON_TYPE, "Fri, 20 Nov 2026 08:02:00 GMT", body));
	assert_int_equal(fixture->failure.kind, FAILURE_TRANSIENT);
	assert_non_null(strstr(fixture->failure.text, "120 s behind"));
	assert_true(answer(fixture, 200, JSON_TYPE, NOW_DATE, JWT_REPLY));
	assert_false(answer(fixture, 400, JSON_TYPE, NULL, body));
	assert_int_equal(fixture->failure.kind, FAILURE_TRANSIENT);
	assert_null(strstr(fixture->failure.text, " s behind"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_names_every_key),
		cmocka_unit_test(defaults_are_good),
		cmocka_unit_test_setup_teardown(settings_are_checked_together, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(useless_keys_are_refused, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(client_credentials_are_posted, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(jwt_is_signed, open_fixture, close_fixture),
		cmocka_unit_test(base64url_vectors),
		cmocka_unit_test_setup_teardown(good_replies_open_a_session, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(instance_urls_are_checked, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(each_refusal_is_classified, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(wrong_clock_is_told, open_fixture, close_fixture),
	};

	return cmocka_run_group_tests_name("salesforce_auth", tests, make_key, drop_key);
}
