#include "tests/sandbox/salesforce_internal.h"

#include <event2/http.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#define JWT_GRANT "urn:ietf:params:oauth:grant-type:jwt-bearer"

static void token_error(struct server_call *call, int status, const char *error, const char *description)
{
	json_t *body = json_pack("{s:s}", "error", error);

	if (description)
		json_object_set_new(body, "error_description", json_string(description));
	server_answer_json(call, status, body);
}

bool salesforce_token_fault(struct server_call *call, const char *kind)
{
	static const struct {
		const char *kind;
		const char *error;
		const char *description;
	} faults[] = {
		{ "token-expired", "invalid_grant", "expired access/refresh token" },
		{ "token-clock", "invalid_grant", "expired authorization code" },
		{ "token-audience", "invalid_grant", "audience is invalid" },
		{ "token-not-approved", "invalid_grant", "user hasn't approved this consumer" },
		{ "token-domain", "invalid_grant", "request not supported on this domain" },
		{ "token-no-user", "invalid_grant", "no client credentials user enabled" },
		{ "token-locked", "invalid_grant", "user is locked" },
		{ "token-client", "invalid_client_id", "client identifier invalid" },
		{ "token-secret", "invalid_client", "invalid client credentials" },
		{ "token-flow", "unsupported_grant_type", "grant type not supported" },
		{ "token-bare", "invalid_grant", NULL },
		{ "token-rate", "rate_limit_exceeded", "too many requests" },
	};

	for (size_t at = 0; at < sizeof(faults) / sizeof(*faults); at++) {
		if (strcmp(kind, faults[at].kind) != 0)
			continue;
		token_error(call, 400, faults[at].error, faults[at].description);
		return true;
	}
	if (strcmp(kind, "token-503") != 0)
		return false;
	server_answer(call, 503, "text/html; charset=UTF-8",
		"<html><body>We are down for maintenance.<br><br>We'll be back shortly.</body></html>");
	return true;
}

static const char *instance_host(struct salesforce *salesforce)
{
	return server_switch(salesforce->server, "salesforce.instance_host", "127.0.0.1");
}

static const char *token_mint(struct salesforce *salesforce)
{
	struct salesforce_token *token = &salesforce->tokens[salesforce->next_token];

	salesforce->next_token = (salesforce->next_token + 1) % SALESFORCE_TOKENS;
	*token = (struct salesforce_token){ .used_at = world_now() };
	snprintf(token->text, sizeof(token->text), "00D5g000000AbCd!AQ0.%016lx%016lx_Ex.%lu",
		(unsigned long)world_hash(salesforce->world, 901, salesforce->minted),
		(unsigned long)world_hash(salesforce->world, 902, salesforce->minted),
		(unsigned long)salesforce->minted);
	salesforce->minted++;
	return token->text;
}

static void token_answer(struct salesforce *salesforce, struct server_call *call, bool jwt)
{
	char instance[96], identity[128], issued[32], user[19];

	world_salesforce_id(WORLD_STAFF, 0, user);
	snprintf(instance, sizeof(instance), "%s://%s:%u", server_scheme(salesforce->server, SERVER_SALESFORCE),
		instance_host(salesforce), server_port(salesforce->server, SERVER_SALESFORCE));
	snprintf(identity, sizeof(identity), "https://login.salesforce.com/id/00D5g000000AbCdEAK/%s", user);
	snprintf(issued, sizeof(issued), "%lld", (long long)world_now());
	json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "access_token", token_mint(salesforce), "scope",
		jwt ? "id api" : "api", "instance_url", instance, "id", identity, "token_type", "Bearer");

	/* The JWT flow answers without these two. */
	if (!jwt) {
		json_object_set_new(body, "signature", json_string("kB3lq0xVnS0d0t4pXv1mC0Yk1k2b3n4m5o6p7q8r9s0="));
		json_object_set_new(body, "issued_at", json_string(issued));
		json_object_set_new(body, "api_instance_url", json_string("https://api.salesforce.com"));
	}
	server_call_add_header(call, "Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private");
	server_answer_json(call, 200, body);
}

/* Both alphabets, padded or not: -1 for anything else. */
static long base64_decode(const char *text, size_t length, unsigned char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	unsigned bits = 0;
	unsigned held = 0;
	long count = 0;

	while (length && text[length - 1] == '=')
		length--;
	for (size_t at = 0; at < length; at++) {
		const char *found = text[at] ? strchr(alphabet, text[at]) : NULL;
		unsigned digit = found                                ? (unsigned)(found - alphabet)
				 : text[at] == '-' || text[at] == '+' ? 62u
				 : text[at] == '_' || text[at] == '/' ? 63u
								      : 64u;

		if (digit == 64)
			return -1;
		bits = bits << 6 | digit;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[count++] = (unsigned char)(bits >> held);
		}
	}
	return count;
}

static bool jwt_signature_valid(EVP_PKEY *key, const char *text, size_t length, const char *signature)
{
	unsigned char bytes[1024];
	size_t signature_length = strlen(signature);
	EVP_MD_CTX *context;
	bool valid = false;

	if (signature_length > sizeof(bytes))
		return false;
	long count = base64_decode(signature, signature_length, bytes);

	if (count <= 0)
		return false;
	context = EVP_MD_CTX_new();
	if (context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1)
		valid = EVP_DigestVerify(context, bytes, (size_t)count, (const unsigned char *)text, length) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return valid;
}

static json_t *jwt_part(const char *text, size_t length)
{
	unsigned char bytes[4096];

	if (length > sizeof(bytes))
		return NULL;
	long count = base64_decode(text, length, bytes);

	return count < 0 ? NULL : json_loadb((const char *)bytes, (size_t)count, 0, NULL);
}

/* What is wrong with the claims: the description of an invalid_grant, or NULL. */
static const char *jwt_claims_wrong(struct salesforce *salesforce, json_t *claims)
{
	const char *audience = json_string_value(json_object_get(claims, "aud"));
	const char *subject = json_string_value(json_object_get(claims, "sub"));
	json_t *expiry = json_object_get(claims, "exp");
	int64_t expires = json_is_string(expiry) ? strtoll(json_string_value(expiry), NULL, 10)
						 : (int64_t)json_number_value(expiry);
	int64_t now = world_now() / 1000;

	if (!audience || (strcmp(audience, "https://login.salesforce.com") != 0 &&
				 strcmp(audience, "https://test.salesforce.com") != 0))
		return "audience is invalid";
	if (!subject || strcmp(subject, salesforce->options.username) != 0)
		return "user hasn't approved this consumer";
	if (expires < now || expires > now + 300)
		return "expired authorization code";
	return NULL;
}

static void jwt_handle(struct salesforce *salesforce, struct server_call *call, const char *assertion)
{
	const char *first = assertion ? strchr(assertion, '.') : NULL;
	const char *second = first ? strchr(first + 1, '.') : NULL;

	if (!salesforce->jwt_key) {
		token_error(call, 400, "unsupported_grant_type", "grant type not supported");
		return;
	}
	if (!second) {
		token_error(call, 400, "invalid_grant", "invalid assertion");
		return;
	}
	json_t *header = jwt_part(assertion, (size_t)(first - assertion));
	json_t *claims = jwt_part(first + 1, (size_t)(second - first - 1));
	const char *algorithm = json_string_value(json_object_get(header, "alg"));
	const char *issuer = json_string_value(json_object_get(claims, "iss"));
	const char *wrong = NULL;

	if (!algorithm || strcmp(algorithm, "RS256") != 0 ||
		!jwt_signature_valid(salesforce->jwt_key, assertion, (size_t)(second - assertion), second + 1))
		wrong = "invalid assertion";
	if (!wrong && issuer && strcmp(issuer, salesforce->options.client_id) == 0)
		wrong = jwt_claims_wrong(salesforce, claims);
	if (wrong)
		token_error(call, 400, "invalid_grant", wrong);
	else if (!issuer || strcmp(issuer, salesforce->options.client_id) != 0)
		token_error(call, 400, "invalid_client_id", "client identifier invalid");
	else
		token_answer(salesforce, call, true);
	json_decref(header);
	json_decref(claims);
}

static void client_credentials_handle(
	struct salesforce *salesforce, struct server_call *call, const struct evkeyvalq *form)
{
	const char *id = evhttp_find_header(form, "client_id");
	const char *secret = evhttp_find_header(form, "client_secret");
	const char *authorization = server_call_header(call, "Authorization");
	unsigned char basic[512] = { 0 };

	if (authorization && strncasecmp(authorization, "Basic ", 6) == 0 && strlen(authorization) < 600) {
		long count = base64_decode(authorization + 6, strlen(authorization + 6), basic);
		char *colon = count > 0 ? memchr(basic, ':', (size_t)count) : NULL;

		if (colon) {
			*colon = '\0';
			id = (const char *)basic;
			secret = colon + 1;
		}
	}
	if (!id || strcmp(id, salesforce->options.client_id) != 0)
		token_error(call, 400, "invalid_client_id", "client identifier invalid");
	else if (!secret || strcmp(secret, salesforce->options.client_secret) != 0)
		token_error(call, 400, "invalid_client", "invalid client credentials");
	else if (server_switch_number(salesforce->server, "salesforce.run_as", 1) == 0)
		token_error(call, 400, "invalid_grant", "no client credentials user enabled");
	else
		token_answer(salesforce, call, false);
}

void salesforce_token_handle(struct salesforce *salesforce, struct server_call *call)
{
	const char *type = server_call_header(call, "Content-Type");
	struct evkeyvalq form;

	if (strcmp(server_call_method(call), "POST") != 0) {
		token_error(call, 400, "invalid_request", "must use HTTP POST");
		return;
	}
	if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0 ||
		evhttp_parse_query_str(server_call_body(call, NULL), &form) != 0) {
		token_error(call, 400, "unsupported_grant_type", "grant type not supported");
		return;
	}
	const char *grant = evhttp_find_header(&form, "grant_type");

	if (grant && strcmp(grant, "client_credentials") == 0)
		client_credentials_handle(salesforce, call, &form);
	else if (grant && strcmp(grant, JWT_GRANT) == 0)
		jwt_handle(salesforce, call, evhttp_find_header(&form, "assertion"));
	else
		token_error(call, 400, "unsupported_grant_type", "grant type not supported");
	evhttp_clear_headers(&form);
}

struct salesforce_token *salesforce_token_of(struct salesforce *salesforce, struct server_call *call)
{
	const char *authorization = server_call_header(call, "Authorization");
	const char *host = server_call_header(call, "Host");
	long calls = server_switch_number(salesforce->server, "salesforce.token_calls", 0);
	long seconds = server_switch_number(salesforce->server, "salesforce.token_seconds", 7200);
	const char *wanted = instance_host(salesforce);

	if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
		return NULL;
	/* A good token at the instance's old address is no session either. */
	if (!host || strncasecmp(host, wanted, strlen(wanted)) != 0)
		return NULL;
	for (size_t at = 0; at < SALESFORCE_TOKENS; at++) {
		struct salesforce_token *token = &salesforce->tokens[at];

		if (!token->text[0] || strcmp(token->text, authorization + 7) != 0)
			continue;
		if (world_now() - token->used_at > seconds * 1000 || (calls > 0 && token->calls >= calls)) {
			*token = (struct salesforce_token){ 0 };
			return NULL;
		}
		return token;
	}
	return NULL;
}
