/* OAuth besides static tokens (HubSpot, Manage OAuth tokens): an access token lives half an hour and is renewed by
 * the clock, five minutes early; a refusal renews it once more. A new refresh token, should HubSpot ever send one,
 * serves for the session's life, and whoever has the session can ask for it and keep it. */
#include <stdio.h>
#include <string.h>

#include "connectors/hubspot_internal.h"

enum {
	TOKEN_BODY_LIMIT = 64 * 1024,
	TOKEN_LENGTH_LIMIT = 8 * 1024,
	LIFE_S = 1800, /* where the answer doesn't say */
	LIFE_MOST_S = 86400,
	EARLY_S = 300,
};

static bool is_oauth(const struct session *session)
{
	return session->settings->refresh_token != NULL;
}

const char *hubspot_token(const struct session *session, int64_t now_ms, struct failure *failure)
{
	if (!is_oauth(session)) {
		const char *token = session->settings->token == NULL ? "" : secret_reveal(session->settings->token);
		if (*token != '\0')
			return token;
		failure_set(failure, FAILURE_CREDENTIALS, "the token file is empty");
		return NULL;
	}
	if (session->access_token != NULL && now_ms < session->refresh_at_ms)
		return secret_reveal(session->access_token);
	failure_set(failure, FAILURE_EXPIRED, "a new access token is due");
	return NULL;
}

bool hubspot_token_expire(struct session *session)
{
	bool is_worth_a_try = is_oauth(session) && !session->renewed;

	session->access_token = secret_free(session->access_token);
	session->renewed = is_worth_a_try;
	return is_worth_a_try;
}

void hubspot_session_secrets(
	const struct session *session, const struct secret **ret_configured, const struct secret **ret_renewed)
{
	*ret_configured = session->settings->refresh_token;
	*ret_renewed = session->refresh_token;
}

void hubspot_session_renew(struct session *session, const struct secret *renewed)
{
	struct secret *before = session->refresh_token;

	session->refresh_token = secret_new(secret_reveal(renewed));
	secret_free(before); /* which may be `renewed` itself */
}

/* ---- asking ---- */

static bool append_field(struct buffer *body, const char *name, const char *value)
{
	return buffer_append_text(body, name) && buffer_append_encoded(body, value);
}

bool hubspot_authorize(
	struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	const struct hubspot_settings *settings = session->settings;
	const struct secret *refresh_token =
		session->refresh_token != NULL ? session->refresh_token : settings->refresh_token;

	http_request_clear(request);
	if (!is_oauth(session)) {
		failure_set(failure, FAILURE_CREDENTIALS, "a token that was made by hand can't be renewed");
		return false;
	}
	request->is_post = true;
	request->must_not_repeat = true; /* the refresh token may be void once it was used */
	request->body_limit = TOKEN_BODY_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "token");
	bool good = buffer_printf(&request->url, "%s/oauth/v3/token", session->base_url) &&
		    http_request_header(request, "Content-Type", "application/x-www-form-urlencoded") &&
		    http_request_header(request, "Accept", "application/json") &&
		    append_field(&request->body, "grant_type=", "refresh_token") &&
		    append_field(&request->body, "&client_id=", settings->client_id) &&
		    append_field(&request->body, "&client_secret=", secret_reveal(settings->client_secret)) &&
		    append_field(&request->body, "&refresh_token=", secret_reveal(refresh_token));
	if (!good) {
		failure_set(
			failure, FAILURE_CREDENTIALS, "client_id, client secret or refresh token is far too long");
		return false;
	}
	request->pause_before_ms = hubspot_limits_pause(session, false, now_ms);
	return true;
}

/* ---- the answer ---- */

static const char *take_text(const json_t *reply, const char *name)
{
	const char *text = json_string_value(json_object_get(reply, name));

	return text == NULL || *text == '\0' || strlen(text) > TOKEN_LENGTH_LIMIT ? NULL : text;
}

static bool take_tokens(struct session *session, const json_t *reply, int64_t now_ms, struct failure *failure)
{
	const char *access = take_text(reply, "access_token"), *refresh = take_text(reply, "refresh_token");
	int64_t life_s = json_integer_value(json_object_get(reply, "expires_in"));

	if (access == NULL) {
		failure_set(failure, FAILURE_TRANSIENT, "token: the answer is no token reply");
		return false;
	}
	if (life_s <= 0 || life_s > LIFE_MOST_S)
		life_s = LIFE_S;
	session->access_token = secret_new(access);
	session->refresh_at_ms = now_ms + (life_s > 2 * EARLY_S ? life_s - EARLY_S : life_s / 2) * 1000;
	if (refresh == NULL)
		return true;
	session->refresh_token = secret_free(session->refresh_token);
	if (strcmp(refresh, secret_reveal(session->settings->refresh_token)) != 0)
		session->refresh_token = secret_new(refresh);
	return true;
}

/* jansson frees texts as they are; overwrite the tokens first. */
static void wipe_tokens(json_t *reply)
{
	static const char *const names[] = { "access_token", "refresh_token" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const json_t *token = json_object_get(reply, names[i]);
		if (json_is_string(token))
			explicit_bzero((char *)(uintptr_t)json_string_value(token), json_string_length(token));
	}
}

/* What a refusal calls for; one that isn't known is our own mistake, never a revoked token. */
static const char *advice(const char *error)
{
	if (strcmp(error, "invalid_grant") == 0)
		return "the refresh token is wrong, has expired or was revoked (perhaps the app was uninstalled): "
		       "install "
		       "the app again and put the new refresh token into refresh_token_file";
	if (strcmp(error, "access_denied") == 0)
		return "the account was deleted or disconnected from the app: install the app again";
	if (strcmp(error, "invalid_client") == 0)
		return "check client_id and client_secret_file";
	return "no token is given: check client_id, client_secret_file and refresh_token_file";
}

/* A refusal in OAuth's own form (RFC 6749, 5.2). False: it isn't one. */
static bool refuse(const struct session *session, const struct hubspot_answer *answer, const json_t *reply,
	struct failure *failure)
{
	const json_t *error = json_object_get(reply, "error");
	const json_t *text = json_object_get(reply, "error_description");
	char code[64], message[176] = "";

	if (!json_is_string(error) || answer->status < 400 || answer->status >= 500 || answer->status == 429)
		return false;
	if (!json_is_string(text))
		text = json_object_get(reply, "message");
	hubspot_copy_text(session, json_string_value(error), json_string_length(error), code, sizeof code);
	if (json_is_string(text))
		hubspot_copy_text(
			session, json_string_value(text), json_string_length(text), message, sizeof message);
	failure_set(failure, FAILURE_CREDENTIALS, "token: %s (%d %s)%s%s", advice(json_string_value(error)),
		answer->status, code, message[0] == '\0' ? "" : ": ", message);
	failure->http_status = answer->status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", code);
	return true;
}

bool hubspot_authorized(struct session *session, const struct http_head *head, const char *body, size_t length,
	int64_t now_ms, struct failure *failure)
{
	struct hubspot_answer answer;

	hubspot_answer_read(session, &answer, head);
	session->access_token = secret_free(session->access_token);
	json_t *reply = answer.is_json ? json_loadb(body, length, JSON_ALLOW_NUL, NULL) : NULL;
	bool good = false;
	if (answer.status == 200 && answer.is_json) {
		/* Whatever is wrong with it, it may hold a token: nothing of it is passed on. */
		good = take_tokens(session, reply, now_ms, failure);
		failure->http_status = good ? failure->http_status : answer.status;
	} else if (!refuse(session, &answer, reply, failure)) {
		hubspot_explain(session, &answer, "token", body, length, failure);
		if (failure->kind == FAILURE_PERMANENT || failure->kind == FAILURE_EXPIRED)
			failure->kind = FAILURE_CREDENTIALS;
	}
	wipe_tokens(reply);
	json_decref(reply);
	return good;
}
