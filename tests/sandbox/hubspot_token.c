/* OAuth (HubSpot, Manage OAuth tokens): refresh tokens for access tokens that die by the clock. */
#include "tests/sandbox/hubspot_internal.h"

#include <event2/http.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#define CLIENT_ID "aaaaaaaa-0000-4000-8000-000000000001"
#define CLIENT_SECRET "bbbbbbbb-0000-4000-8000-000000000002"
#define REFRESH_TOKEN "na1-cccc-0000-4000-8000-000000000003"

struct refusal {
	const char *fault;
	const char *error;
	const char *status;
	const char *message;
};

static const struct refusal refusals[] = {
	{ "token-revoked", "invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked" },
	{ "token-hub", "access_denied", "BAD_HUB", "hub is deleted or disconnected" },
	{ "token-client", "invalid_client", "BAD_CLIENT_ID", "missing or unknown client id" },
	{ "token-secret", "invalid_client", "BAD_CLIENT_SECRET", "client secret does not match the client id" },
	{ "token-code", "invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code" },
	{ "token-grant", "unsupported_grant_type", "BAD_GRANT_TYPE", "unsupported grant_type" },
	{ "token-request", "invalid_request", "BAD_REQUEST", "the form does not have what the grant needs" },
};

bool hubspot_token_refuse(struct server_call *call, const char *fault)
{
	for (size_t at = 0; at < sizeof(refusals) / sizeof(*refusals); at++) {
		const struct refusal *refusal = &refusals[at];
		if (strcmp(fault, refusal->fault) != 0)
			continue;
		server_answer_json(call, 400,
			json_pack("{s:s, s:s, s:s, s:s}", "error", refusal->error, "error_description",
				refusal->message, "status", refusal->status, "message", refusal->message));
		return true;
	}
	return false;
}

/* The one in force: the switch's, until a rotation replaced it. */
static const char *refresh_token(struct hubspot *hubspot)
{
	const char *first = server_switch(hubspot->server, "hubspot.refresh_token", REFRESH_TOKEN);
	if (strcmp(first, hubspot->refresh_first) != 0) {
		snprintf(hubspot->refresh_first, sizeof(hubspot->refresh_first), "%s", first);
		snprintf(hubspot->refresh_token, sizeof(hubspot->refresh_token), "%s", first);
	}
	return hubspot->refresh_token;
}

static void rotate(struct hubspot *hubspot)
{
	if (strcmp(server_switch(hubspot->server, "hubspot.rotate_refresh", "no"), "yes") != 0)
		return;
	uint64_t serial = ++hubspot->serial;
	snprintf(hubspot->refresh_token, sizeof(hubspot->refresh_token), "na1-%016" PRIx64 "-%" PRIu64,
		world_hash(hubspot->world, 1012, serial), serial);
}

/* Longer than the 255 that a careless client leaves room for. */
static const struct hubspot_access *mint(struct hubspot *hubspot, long seconds)
{
	struct hubspot_access *access = &hubspot->accesses[hubspot->next_access];
	hubspot->next_access = (hubspot->next_access + 1) % HUBSPOT_ACCESSES;
	access->expires_at = world_now() + seconds * 1000;
	access->calls = 0;
	size_t used = (size_t)snprintf(access->token, sizeof(access->token), "CKz9");
	while (used + 16 < sizeof(access->token))
		used += (size_t)snprintf(access->token + used, sizeof(access->token) - used, "%016" PRIx64,
			world_hash(hubspot->world, 1013, ++hubspot->serial));
	return access;
}

static void answer_token(struct hubspot *hubspot, struct server_call *call)
{
	long seconds = server_switch_number(hubspot->server, "hubspot.token_seconds", 1800);
	rotate(hubspot);
	server_answer_json(call, 200,
		json_pack("{s:s, s:s, s:s, s:I, s:[s,s,s,s,s,s], s:I, s:s}", "token_type", "bearer",
			"refresh_token", hubspot->refresh_token, "access_token", mint(hubspot, seconds)->token,
			"hub_id", (json_int_t)server_switch_number(hubspot->server, "hubspot.portal_id", 4471023),
			"scopes", "oauth", "crm.objects.companies.read", "crm.objects.contacts.read",
			"crm.objects.deals.read", "crm.objects.owners.read", "tickets", "expires_in",
			(json_int_t)seconds, "token_use", "access_token"));
}

static bool form_has(struct hubspot *hubspot, const struct evkeyvalq *form, const char *field, const char *key,
	const char *otherwise)
{
	const char *value = evhttp_find_header(form, field);
	return value && strcmp(value, server_switch(hubspot->server, key, otherwise)) == 0;
}

/* What is wrong with the form, as the fault of that name; NULL: nothing. */
static const char *form_fault(struct hubspot *hubspot, const struct evkeyvalq *form)
{
	const char *grant = evhttp_find_header(form, "grant_type");
	if (!grant)
		return "token-request";
	if (!form_has(hubspot, form, "client_id", "hubspot.client_id", CLIENT_ID))
		return "token-client";
	if (!form_has(hubspot, form, "client_secret", "hubspot.client_secret", CLIENT_SECRET))
		return "token-secret";
	/* A first exchange needs a person at a browser. */
	if (strcmp(grant, "authorization_code") == 0)
		return "token-code";
	if (strcmp(grant, "refresh_token") != 0)
		return "token-grant";
	const char *token = evhttp_find_header(form, "refresh_token");
	return token && strcmp(token, refresh_token(hubspot)) == 0 ? NULL : "token-revoked";
}

void hubspot_token(struct hubspot *hubspot, struct server_call *call)
{
	const char *type = server_call_header(call, "Content-Type");
	struct evkeyvalq form;
	if (strcmp(server_call_method(call), "POST") != 0) {
		hubspot_error(hubspot, call, 405, NULL, NULL, "HTTP 405 Method Not Allowed");
		return;
	}
	/* Secrets go into the body; in the query string they are not even looked at. */
	if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0) {
		hubspot_error(hubspot, call, 415, NULL, NULL, "HTTP 415 Unsupported Media Type");
		return;
	}
	TAILQ_INIT(&form);
	if (evhttp_parse_query_str(server_call_body(call, NULL), &form) != 0) {
		hubspot_token_refuse(call, "token-request");
		return;
	}
	const char *fault = form_fault(hubspot, &form);
	if (fault)
		hubspot_token_refuse(call, fault);
	else
		answer_token(hubspot, call);
	evhttp_clear_headers(&form);
}

enum hubspot_standing hubspot_token_standing(struct hubspot *hubspot, const char *token, int64_t *expired_at)
{
	long calls = server_switch_number(hubspot->server, "hubspot.token_calls", 0);
	for (size_t at = 0; at < HUBSPOT_ACCESSES; at++) {
		struct hubspot_access *access = &hubspot->accesses[at];
		if (!access->token[0] || strcmp(access->token, token) != 0)
			continue;
		if (calls > 0 && access->calls++ == calls)
			access->expires_at = world_now();
		*expired_at = access->expires_at;
		return *expired_at > world_now() ? HUBSPOT_TOKEN_OAUTH : HUBSPOT_TOKEN_EXPIRED;
	}
	const char *second = server_switch(hubspot->server, "hubspot.second_token", "");
	bool known = strcmp(token, server_switch(hubspot->server, "hubspot.token", hubspot->token)) == 0 ||
		     (*second && strcmp(token, second) == 0);
	return known ? HUBSPOT_TOKEN_STATIC : HUBSPOT_TOKEN_UNKNOWN;
}

void hubspot_answer_expired(struct hubspot *hubspot, struct server_call *call, int64_t expired_at)
{
	char time[32], more[80];
	text_format_iso_time(time, expired_at);
	snprintf(more, sizeof(more), ",\"context\":{\"expire time\":[\"%s\"]}", time);
	hubspot_error(hubspot, call, 401, "EXPIRED_AUTHENTICATION", more,
		"The OAuth token used to make this call expired %" PRId64 " second(s) ago.",
		(world_now() - expired_at) / 1000);
}
