#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/address.h"
#include "connectors/instant.h"
#include "connectors/memory.h"
#include "connectors/oauth.h"
#include "connectors/salesforce_internal.h"

enum {
	/* Real clients take 180 s, a page of Salesforce's on asset tokens allows no more than that; less leaves
	 * room for a clock that is behind. */
	JWT_LIFE_S = 120,
	TOKEN_LENGTH_LIMIT = 8 * 1024,
	TOKEN_BODY_LIMIT = 64 * 1024,
	ORIGIN_LIMIT = 256,
	/* Login attempts have a limit of their own, and it is a stern one (SOAP API, login). */
	LOGIN_THROTTLE_S = 15 * 60,
	CLOCK_SKEW_WORTH_TELLING_S = 30,
};

static bool is_jwt(const struct session *session)
{
	return strcmp(session->settings->flow, "jwt_bearer") == 0;
}

/* ---- asking ---- */

static bool append_assertion(
	const struct salesforce_settings *settings, int64_t now_ms, struct buffer *body, struct failure *failure)
{
	json_auto_t *claims = json_pack("{s:s, s:s, s:s, s:I}", "iss", settings->client_id, "sub",
		settings->username, "aud", settings->audience, "exp", (json_int_t)(now_ms / 1000 + JWT_LIFE_S));
	char *text = claims == NULL ? NULL : json_dumps(claims, JSON_COMPACT);

	if (text == NULL) {
		failure_set(failure, FAILURE_CREDENTIALS, "client_id, username or audience isn't valid UTF-8");
		return false;
	}
	bool good = oauth_append_jwt(body, text, settings->private_key, failure);
	free(text);
	return good;
}

bool salesforce_authorize(
	struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	const struct salesforce_settings *settings = session->settings;
	struct buffer *body = &request->body;
	bool good;

	http_request_clear(request);
	request->is_post = true;
	request->body_limit = TOKEN_BODY_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "token");
	good = buffer_printf(&request->url, "%s/services/oauth2/token",
		settings->login_url != NULL ? settings->login_url : session->base_url);
	good = http_request_header(request, "Content-Type", "application/x-www-form-urlencoded") && good;
	good = http_request_header(request, "Accept", "application/json") && good;
	if (is_jwt(session)) {
		good = buffer_append_text(body, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
						"&assertion=") &&
		       good;
		if (!append_assertion(settings, now_ms, body, failure))
			return false;
	} else {
		good = buffer_append_text(body, "grant_type=client_credentials&client_id=") && good;
		good = buffer_append_encoded(body, settings->client_id) && good;
		good = buffer_append_text(body, "&client_secret=") && good;
		good = buffer_append_encoded(body, secret_reveal(settings->client_secret)) && good;
	}
	if (!good)
		failure_set(failure, FAILURE_CREDENTIALS, "the token request is too long: check the credentials");
	return good;
}

/* ---- the good answer ---- */

/* "https://host[:port]" and nothing more: the token goes wherever this says. */
static bool is_usable_origin(const char *origin)
{
	const char *rest;

	return strlen(origin) <= ORIGIN_LIMIT && address_read(origin, &rest) == ADDRESS_GOOD && *rest == '\0';
}

static bool is_usable_token(const char *token)
{
	size_t length = strlen(token);

	for (size_t i = 0; i < length; i++)
		if (token[i] <= 0x20 || token[i] >= 0x7f)
			return false;
	return length > 0 && length <= TOKEN_LENGTH_LIMIT;
}

static bool take_token(struct session *session, const json_t *reply, struct failure *failure)
{
	const char *token = json_string_value(json_object_get(reply, "access_token"));
	const char *origin = json_string_value(json_object_get(reply, "instance_url"));

	if (token == NULL || !is_usable_token(token)) {
		failure_set(failure, FAILURE_TRANSIENT, "the token reply holds no usable access_token");
		return false;
	}
	if (origin == NULL)
		origin = session->base_url;
	size_t length = strlen(origin);
	while (length > 0 && origin[length - 1] == '/')
		length--;
	char *instance_url = memory_copy(origin, length);
	if (!is_usable_origin(instance_url)) {
		char text[128];
		salesforce_copy_text(session, origin, strlen(origin), text, sizeof text);
		failure_set(failure, FAILURE_CREDENTIALS,
			"the token reply's instance_url '%s' isn't https (http is for loopback alone): "
			"nothing is "
			"sent there",
			text);
		free(instance_url);
		return false;
	}
	session->token = secret_new(token);
	session->generation++;
	session->clock_doubted = false;
	free(session->instance_url);
	session->instance_url = instance_url;
	return true;
}

/* jansson frees the token's text as it is; overwrite it first. */
static void wipe_token(json_t *reply)
{
	const json_t *token = json_object_get(reply, "access_token");

	if (json_is_string(token))
		explicit_bzero((char *)(uintptr_t)json_string_value(token), json_string_length(token));
}

/* ---- the refusals (Salesforce Help, OAuth 2.0 Authorization Errors) ---- */

struct refusal {
	const char *error;
	const char *description; /* found anywhere in error_description, whatever the case; NULL: any */
	enum failure_kind kind;
	const char *advice;
};

static const char CLOCK_REFUSAL[] = "expired authorization code";

static const struct refusal refusals[] = {
	{ "invalid_grant", CLOCK_REFUSAL, FAILURE_CREDENTIALS,
		"the signed request counts as too old: check this host's clock (NTP)" },
	{ "invalid_grant", "expired access/refresh token", FAILURE_CREDENTIALS,
		"the grant has expired or was revoked: make new credentials" },
	{ "invalid_grant", "audience", FAILURE_CREDENTIALS,
		"set audience to https://login.salesforce.com, or to https://test.salesforce.com for a sandbox" },
	{ "invalid_grant", "hasn't approved this consumer", FAILURE_CREDENTIALS,
		"pre-authorise the integration user for the app (admin approved, with its profile or permission "
		"set)" },
	{ "invalid_grant", "not supported on this domain", FAILURE_CREDENTIALS,
		"set login_url to the org's own host, as in https://acme.my.salesforce.com" },
	{ "invalid_grant", "no client credentials user enabled", FAILURE_CREDENTIALS,
		"give the app a Run As user" },
	{ "invalid_grant", "user is locked", FAILURE_CREDENTIALS, "the integration user is locked: unlock it" },
	{ "invalid_grant", "authentication failure", FAILURE_CREDENTIALS,
		"check username, certificate and the app's policies" },
	{ "invalid_grant", NULL, FAILURE_CREDENTIALS, "the credentials were refused" },
	{ "invalid_client_id", NULL, FAILURE_CREDENTIALS,
		"check client_id; an app that was just made needs some minutes" },
	{ "invalid_client", NULL, FAILURE_CREDENTIALS,
		"check client_id and client_secret_file; an app that was just made needs some minutes" },
	{ "unsupported_grant_type", NULL, FAILURE_CREDENTIALS, "enable this flow on the app" },
	{ "inactive_user", NULL, FAILURE_CREDENTIALS, "the integration user is inactive" },
	{ "inactive_org", NULL, FAILURE_CREDENTIALS, "the org is inactive" },
	{ "rate_limit_exceeded", NULL, FAILURE_THROTTLED, "too many logins" },
};

static const struct refusal *find_refusal(const struct salesforce_error *error)
{
	static const struct refusal unknown = { "", NULL, FAILURE_CREDENTIALS, "no token is given" };

	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (strcmp(refusals[i].error, error->code) == 0 &&
			(refusals[i].description == NULL ||
				strcasestr(error->message, refusals[i].description) != NULL))
			return &refusals[i];
	return &unknown;
}

/* "; this clock is 412 s ahead of Salesforce's", or nothing when they agree. */
static void describe_skew(const struct http_head *head, int64_t now_ms, char *out, size_t size)
{
	const char *date = http_head_value(head, "Date");
	int64_t server_ms;

	out[0] = '\0';
	if (date == NULL || !instant_parse_http(date, &server_ms))
		return;
	int64_t skew_s = (now_ms - server_ms) / 1000;
	if (skew_s > CLOCK_SKEW_WORTH_TELLING_S)
		(void)snprintf(out, size, "; this host's clock is %lld s ahead of Salesforce's", (long long)skew_s);
	else if (skew_s < -CLOCK_SKEW_WORTH_TELLING_S)
		(void)snprintf(out, size, "; this host's clock is %lld s behind Salesforce's", (long long)-skew_s);
}

static void refuse(struct session *session, const struct http_head *head, const struct salesforce_answer *answer,
	const struct salesforce_error *error, int64_t now_ms, struct failure *failure)
{
	const struct refusal *refusal = find_refusal(error);
	enum failure_kind kind = refusal->kind;
	char skew[80] = "";

	if (refusal->description == CLOCK_REFUSAL) {
		describe_skew(head, now_ms, skew, sizeof skew);
		/* It may also have been on its way for too long: one more with a fresh time. */
		if (!session->clock_doubted)
			kind = FAILURE_TRANSIENT;
		session->clock_doubted = !session->clock_doubted;
	}
	failure_set(failure, kind, "token: %s%s%s%.180s (%s%sHTTP %d)", refusal->advice, skew,
		error->message[0] == '\0' ? "" : "; Salesforce says: ", error->message, error->code,
		error->code[0] == '\0' ? "" : ", ", answer->status);
	failure->http_status = answer->status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", error->code);
	if (kind == FAILURE_THROTTLED)
		failure->retry_after_s = answer->retry_after_s > 0 ? answer->retry_after_s : LOGIN_THROTTLE_S;
}

/* OAuth's codes are small letters, those of the data calls capitals; some front servers say neither. */
static bool is_oauth_error(const struct salesforce_answer *answer, const struct salesforce_error *error)
{
	if (!error->found || answer->status < 400 || answer->status >= 500)
		return false;
	if (error->code[0] == '\0')
		return answer->status <= 403;
	return error->code[0] < 'A' || error->code[0] > 'Z';
}

/* An answer of the front servers, or a data error: neither says anything about the credentials by itself. */
static void misfit(
	const struct salesforce_answer *answer, const struct salesforce_error *error, struct failure *failure)
{
	static const struct salesforce_subject subject = { .object = "token" };

	if (answer->status >= 300)
		salesforce_error_classify(answer, error, &subject, failure);
	else
		failure_set(failure, FAILURE_TRANSIENT,
			"token: the answer is no token reply; should it stay so, check base_url and "
			"login_url%s%.180s "
			"(HTTP %d)",
			error->message[0] == '\0' ? "" : "; Salesforce says: ", error->message, answer->status);
	failure->http_status = answer->status;
	if (!error->found || answer->status >= 500) {
		if (failure->kind != FAILURE_THROTTLED)
			failure->kind = FAILURE_TRANSIENT;
		return;
	}
	if (failure->kind == FAILURE_PERMANENT || failure->kind == FAILURE_EXPIRED)
		failure->kind = FAILURE_CREDENTIALS;
}

static bool begins_with_tag(const char *body, size_t length)
{
	size_t at = 0;

	while (at < length && (body[at] == ' ' || body[at] == '\t' || body[at] == '\r' || body[at] == '\n'))
		at++;
	return at < length && body[at] == '<';
}

bool salesforce_authorized(struct session *session, const struct http_head *head, const char *body, size_t length,
	int64_t now_ms, struct failure *failure)
{
	struct salesforce_answer answer;
	struct salesforce_error error;

	salesforce_answer_read(head, &answer);
	salesforce_quota_read(head, &session->quota);
	session->token = secret_free(session->token);
	if (answer.status == 200) {
		json_t *reply = answer.is_json ? json_loadb(body, length, 0, NULL) : NULL;
		if (json_is_object(reply)) {
			bool good = take_token(session, reply, failure);
			wipe_token(reply);
			json_decref(reply);
			failure->http_status = good ? failure->http_status : answer.status;
			return good;
		}
		json_decref(reply);
		/* Anything but a page of HTML may be a reply that was cut off, with the token in it. */
		if (!begins_with_tag(body, length))
			length = 0;
	}
	salesforce_error_read(session, body, length, &error);
	if (is_oauth_error(&answer, &error))
		refuse(session, head, &answer, &error, now_ms, failure);
	else
		misfit(&answer, &error, failure);
	return false;
}
