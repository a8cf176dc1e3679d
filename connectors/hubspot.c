/* The HubSpot connector: all records by listing, changes by search, companies of records by associations, owners by
 * listing. The comments name the pages of HubSpot's developer documentation that they rest on. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

static const struct option options[] = {
	{ .name = "token_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct hubspot_settings, token),
		.help = "holds the bearer token: a service key, or a private app's or static-auth app's "
			"token" },
	{ .name = "client_id",
		.type = OPTION_TEXT,
		.offset = offsetof(struct hubspot_settings, client_id),
		.help = "instead of token_file: an OAuth app's client id" },
	{ .name = "client_secret_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct hubspot_settings, client_secret),
		.help = "holds the OAuth app's client secret" },
	{ .name = "refresh_token_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct hubspot_settings, refresh_token),
		.help = "holds the refresh token that the OAuth app was given for this account" },
	{ .name = "page_size",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct hubspot_settings, page_size),
		.initial = "200",
		.least = 1,
		.most = 200,
		.help = "records for each search; a listing takes 100 at most" },
	{ .name = "overlap",
		.type = OPTION_DURATION,
		.offset = offsetof(struct hubspot_settings, overlap_s),
		.initial = "300s",
		.least = 0,
		.most = 86400,
		.help = "how far each run reaches back behind the one before, for what HubSpot's index shows "
			"late" },
	{ .name = "settle",
		.type = OPTION_DURATION,
		.offset = offsetof(struct hubspot_settings, settle_s),
		.initial = "30s",
		.least = 0,
		.most = 3600,
		.help = "how far a run stays behind the present, where HubSpot's index is not complete yet" },
	{ .name = "late",
		.former = "index_lag",
		.type = OPTION_DURATION,
		.offset = offsetof(struct hubspot_settings, late_s),
		.initial = "60m",
		.least = 0,
		.most = 86400,
		.help = "how late HubSpot's index may show a change; proving runs read that much again" },
};

static const enum entity streams[] = { ENTITY_STAFF, ENTITY_ACCOUNT, ENTITY_CONTACT, ENTITY_SUPPORT_CASE,
	ENTITY_OPPORTUNITY, ENTITY_REQUEST, ENTITY_COUNT };

/* Either a token, or all that renews one. */
static bool check_settings(const void *context, struct failure *failure)
{
	const struct hubspot_settings *settings = context;
	bool has_client_id = settings->client_id != NULL && settings->client_id[0] != '\0';
	bool is_oauth = has_client_id || settings->client_secret != NULL || settings->refresh_token != NULL;

	if (settings->token != NULL && is_oauth) {
		failure_set(failure, FAILURE_PERMANENT,
			"token_file is for a token made by hand; client_id, client_secret_file and "
			"refresh_token_file are for an OAuth app: only one of the two");
		return false;
	}
	if (settings->token == NULL && !is_oauth) {
		failure_set(failure, FAILURE_PERMANENT,
			"token_file is missing (or, for an OAuth app, client_id, client_secret_file and "
			"refresh_token_file)");
		return false;
	}
	if (!is_oauth)
		return true;
	const char *missing = !has_client_id                    ? "client_id"
			      : settings->client_secret == NULL ? "client_secret_file"
			      : settings->refresh_token == NULL ? "refresh_token_file"
								: NULL;
	if (missing != NULL)
		failure_set(failure, FAILURE_PERMANENT,
			"%s is missing: an OAuth app needs client_id, "
			"client_secret_file and refresh_token_file",
			missing);
	return missing == NULL;
}

static bool check_address(const char *base_url, const void *context, struct failure *failure)
{
	(void)context;
	if (strcasestr(base_url, ".hubspot.com") == NULL)
		return true;
	failure_set(
		failure, FAILURE_PERMANENT, "HubSpot's pages are there, not its API; write https://api.hubapi.com");
	return false;
}

const char *hubspot_default_object(enum entity entity)
{
	switch (entity) {
	case ENTITY_STAFF:
		return "owners";
	case ENTITY_ACCOUNT:
		return "companies";
	case ENTITY_CONTACT:
		return "contacts";
	case ENTITY_SUPPORT_CASE:
		return "tickets";
	case ENTITY_OPPORTUNITY:
		return "deals";
	case ENTITY_REQUEST:
	case ENTITY_OBSERVATION:
	case ENTITY_ASSOCIATION:
	case ENTITY_COUNT:
		break;
	}
	return NULL;
}

/* The specification of deals knows only the id of their type; both spellings work for the others. */
const char *hubspot_path(const char *object)
{
	return strcmp(object, "deals") == 0 ? "0-3" : object;
}

/* ---- session ---- */

static struct session *session_new(const char *base_url, const void *settings)
{
	struct session *session = memory_allocate(sizeof *session);

	session->base_url = base_url;
	session->settings = settings;
	hubspot_limits_init(session);
	return session;
}

static struct session *session_free(struct session *session)
{
	if (session == NULL)
		return NULL;
	hubspot_pipelines_clear(&session->tickets);
	hubspot_pipelines_clear(&session->deals);
	secret_free(session->access_token);
	secret_free(session->refresh_token);
	free(session);
	return NULL;
}

static void session_quota(const struct session *session, struct quota *ret_quota)
{
	*ret_quota = session->quota;
}

int64_t hubspot_server_time(const struct session *session, int64_t now_ms)
{
	return session->clock_known ? now_ms + session->clock_ahead_ms : now_ms;
}

int64_t hubspot_settled_time(const struct session *session, int64_t now_ms)
{
	return hubspot_server_time(session, now_ms) - session->settings->settle_s * 1000;
}

bool hubspot_parse_id(const char *text, size_t length, int64_t *ret_id)
{
	int64_t id = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(id, 10, &id) ||
			__builtin_add_overflow(id, text[i] - '0', &id))
			return false;
	}
	*ret_id = id;
	return true;
}

bool hubspot_dress(
	const struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	const char *token = hubspot_token(session, now_ms, failure);

	if (token == NULL)
		return false;
	char *value = memory_format("Bearer %s", token);
	bool good = http_request_header(request, "Authorization", value);
	explicit_bzero(value, strlen(value));
	free(value);
	if (!good) {
		failure_set(failure, FAILURE_CREDENTIALS, "the token holds something that can't stand in a header");
		return false;
	}
	request->accept_gzip = true;
	return http_request_header(request, "Accept", "application/json") &&
	       (!request->is_post || http_request_header(request, "Content-Type", "application/json"));
}

const struct connector connector_hubspot = {
	.name = "hubspot",
	.options = options,
	.option_count = sizeof options / sizeof options[0],
	.settings_size = sizeof(struct hubspot_settings),
	.check_settings = check_settings,
	.check_address = check_address,
	.streams = streams,
	.default_object = hubspot_default_object,
	.session_new = session_new,
	.session_free = session_free,
	.authorize = hubspot_authorize,
	.authorized = hubspot_authorized,
	.session_secrets = hubspot_session_secrets,
	.session_renew = hubspot_session_renew,
	.session_quota = session_quota,
	.describe = hubspot_describe,
	.described = hubspot_described,
	.read_open = hubspot_read_open,
	.read_free = hubspot_read_free,
	.read_next = hubspot_read_next,
	.read_head = hubspot_read_head,
	.read_feed = hubspot_read_feed,
	.read_finish = hubspot_read_finish,
	.read_cursor = hubspot_read_cursor,
	.read_until = hubspot_read_until,
	.read_expected = hubspot_read_expected,
	.flags_most = HUBSPOT_FLAGS_MOST,
	.flags_write = hubspot_flags_write,
	.flags_written = hubspot_flags_written,
	.flags_read = hubspot_flags_read,
	.flags_found = hubspot_flags_found,
};
