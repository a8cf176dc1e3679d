#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/memory.h"
#include "connectors/oauth.h"
#include "connectors/salesforce_internal.h"

/* Versions before Summer '23 are never asked for: older ones lack features the queries rely on. */
enum { VERSION_LEAST = 58 };

#define MEMBER(name) offsetof(struct salesforce_settings, name)

static const struct option options[] = {
	{ .name = "login_url",
		.type = OPTION_URL,
		.offset = MEMBER(login_url),
		.help = "where tokens are asked for, the org's My Domain; default: base_url" },
	{ .name = "api_version",
		.type = OPTION_TEXT,
		.offset = MEMBER(api_version),
		.initial = "v66.0",
		.help = "REST API version, v58.0 or later" },
	{ .name = "flow",
		.type = OPTION_CHOICE,
		.offset = MEMBER(flow),
		.initial = "client_credentials",
		.choices = "client_credentials jwt_bearer",
		.help = "OAuth flow of the external client app" },
	{ .name = "client_id",
		.type = OPTION_TEXT,
		.offset = MEMBER(client_id),
		.required = true,
		.help = "the app's consumer key" },
	{ .name = "client_secret_file",
		.type = OPTION_SECRET,
		.offset = MEMBER(client_secret),
		.help = "file with the app's consumer secret, for client_credentials" },
	{ .name = "username",
		.type = OPTION_TEXT,
		.offset = MEMBER(username),
		.help = "the integration user's username (not e-mail), for jwt_bearer" },
	{ .name = "audience",
		.type = OPTION_URL,
		.offset = MEMBER(audience),
		.initial = "https://login.salesforce.com",
		.help = "for jwt_bearer; a sandbox wants https://test.salesforce.com" },
	{ .name = "private_key_file",
		.type = OPTION_SECRET,
		.offset = MEMBER(private_key),
		.help = "PEM file with the RSA key of the app's certificate, for jwt_bearer" },
	{ .name = "overlap",
		.type = OPTION_DURATION,
		.offset = MEMBER(overlap_s),
		.initial = "300s",
		.least = 0,
		.most = 7 * 86400,
		.help = "how much of the time before the last run is read again" },
	{ .name = "settle",
		.type = OPTION_DURATION,
		.offset = MEMBER(settle_s),
		.initial = "60s",
		.least = 0,
		.most = 86400,
		.help = "how long a change may take to become visible before it counts as read" },
	{ .name = "late",
		.type = OPTION_DURATION,
		.offset = MEMBER(late_s),
		.initial = "15m",
		.least = 0,
		.most = 7 * 86400,
		.help = "how late the longest transactions may show their changes; proving runs read that much "
			"again" },
	{ .name = "bulk_from",
		.type = OPTION_INTEGER,
		.offset = MEMBER(bulk_from),
		.initial = "50000",
		.least = 0,
		.most = 1000000000,
		.help = "records from which on an object is read whole by Bulk API 2.0; 0: never" },
	{ .name = "page_size",
		.type = OPTION_INTEGER,
		.offset = MEMBER(page_size),
		.initial = "2000",
		.least = 200,
		.most = 2000,
		.help = "records a page; a hint, the server may send fewer" },
};

/* Staff first: accounts name their owners. Accounts before what hangs on them. */
static const enum entity streams[] = { ENTITY_STAFF, ENTITY_ACCOUNT, ENTITY_CONTACT, ENTITY_SUPPORT_CASE,
	ENTITY_OPPORTUNITY, ENTITY_REQUEST, ENTITY_COUNT };

/* "v66.0": up to three digits, a dot and a zero. */
static bool version_read(const char *text, int *ret_version)
{
	char *end;

	if (text[0] != 'v' || text[1] < '1' || text[1] > '9' || strlen(text) > sizeof "v999.0" - 1)
		return false;
	long version = strtol(text + 1, &end, 10);
	if (strcmp(end, ".0") != 0)
		return false;
	*ret_version = (int)version;
	return true;
}

/* The client credentials flow is refused there: "request not supported on this domain". */
static bool is_shared_login_host(const char *url)
{
	return strcasecmp(url, "https://login.salesforce.com") == 0 ||
	       strcasecmp(url, "https://test.salesforce.com") == 0;
}

static bool check_jwt(const struct salesforce_settings *settings, struct failure *failure)
{
	if (settings->username == NULL || settings->username[0] == '\0') {
		failure_set(failure, FAILURE_PERMANENT,
			"flow = jwt_bearer needs username, the integration user's username");
		return false;
	}
	if (settings->private_key == NULL) {
		failure_set(failure, FAILURE_PERMANENT,
			"flow = jwt_bearer needs private_key_file, the RSA key of the app's certificate");
		return false;
	}
	if (oauth_check_key(settings->private_key, failure))
		return true;
	failure->kind = FAILURE_PERMANENT;
	failure_prefix(failure, "private_key_file");
	return false;
}

static bool check_client_credentials(const struct salesforce_settings *settings, struct failure *failure)
{
	if (settings->client_secret == NULL) {
		failure_set(failure, FAILURE_PERMANENT,
			"flow = client_credentials needs client_secret_file, the app's consumer secret");
		return false;
	}
	if (settings->login_url != NULL && is_shared_login_host(settings->login_url)) {
		failure_set(failure, FAILURE_PERMANENT,
			"flow = client_credentials isn't served by %s: login_url must be the org's own "
			"host, as in "
			"https://acme.my.salesforce.com",
			settings->login_url);
		return false;
	}
	return true;
}

static bool check_settings(const void *context, struct failure *failure)
{
	const struct salesforce_settings *settings = context;
	int version;

	if (settings->client_id == NULL || settings->client_id[0] == '\0') {
		failure_set(failure, FAILURE_PERMANENT, "client_id is missing: the app's consumer key");
		return false;
	}
	if (!version_read(settings->api_version, &version)) {
		failure_set(failure, FAILURE_PERMANENT, "api_version '%.20s' is no version, as in v66.0",
			settings->api_version);
		return false;
	}
	if (version < VERSION_LEAST) {
		failure_set(failure, FAILURE_PERMANENT, "api_version %s is too old: v%d.0 or later is wanted",
			settings->api_version, VERSION_LEAST);
		return false;
	}
	return strcmp(settings->flow, "jwt_bearer") == 0 ? check_jwt(settings, failure)
							 : check_client_credentials(settings, failure);
}

static bool check_address(const char *base_url, const void *context, struct failure *failure)
{
	const struct salesforce_settings *settings = context;

	if (strcasestr(base_url, ".lightning.force.com") != NULL) {
		failure_set(failure, FAILURE_PERMANENT,
			"the org's pages are there, not its API; write its My Domain, as in "
			"https://acme.my.salesforce.com");
		return false;
	}
	if (strstr(base_url, "/services/") != NULL) {
		failure_set(failure, FAILURE_PERMANENT,
			"the path and the version (api_version) are added by the program; write the org's My "
			"Domain "
			"alone, as in https://acme.my.salesforce.com");
		return false;
	}
	if (strcmp(settings->flow, "client_credentials") == 0 && settings->login_url == NULL &&
		is_shared_login_host(base_url)) {
		failure_set(failure, FAILURE_PERMANENT,
			"flow = client_credentials isn't served there; write the org's My Domain, as in "
			"https://acme.my.salesforce.com");
		return false;
	}
	return true;
}

static const char *default_object(enum entity entity)
{
	static const char *const objects[ENTITY_COUNT] = {
		[ENTITY_ACCOUNT] = "Account",
		[ENTITY_STAFF] = "User",
		[ENTITY_CONTACT] = "Contact",
		[ENTITY_SUPPORT_CASE] = "Case",
		[ENTITY_OPPORTUNITY] = "Opportunity",
	};

	return (unsigned)entity < ENTITY_COUNT ? objects[entity] : NULL;
}

struct salesforce_subject salesforce_subject_of(const struct reading_request *request)
{
	return (struct salesforce_subject){
		.object = request->mapping->object != NULL ? request->mapping->object
							   : default_object(request->entity),
		.entity = request->entity,
		.mapping = request->mapping,
	};
}

bool salesforce_request_begin(const struct session *session, const struct salesforce_subject *subject,
	const char *accept, struct http_request *request, struct failure *failure)
{
	struct buffer value;

	http_request_clear(request);
	if (session->token == NULL) {
		failure_set(failure, FAILURE_EXPIRED, "%s: there is no session with Salesforce", subject->object);
		return false;
	}
	request->accept_gzip = true;
	/* Built anew each time: a new token may have come with another instance. */
	(void)buffer_append_text(&request->url, session->instance_url);
	buffer_init(&value, sizeof "Bearer " + strlen(secret_reveal(session->token)));
	(void)buffer_append_text(&value, "Bearer ");
	(void)buffer_append_text(&value, secret_reveal(session->token));
	bool good = http_request_header(request, "Authorization", buffer_text(&value)) &&
		    http_request_header(request, "Accept", accept) &&
		    http_request_header(request, "Sforce-Call-Options", "client=advocated");
	buffer_wipe(&value);
	if (!good)
		failure_set(failure, FAILURE_CREDENTIALS, "the access token doesn't fit into a header");
	return good;
}

static struct session *session_new(const char *base_url, const void *settings)
{
	struct session *session = memory_allocate(sizeof *session);

	session->base_url = base_url;
	session->settings = settings;
	session->instance_url = memory_copy_text(base_url);
	session->quota = (struct quota){ .used = -1, .allowed = -1 };
	return session;
}

static struct session *session_free(struct session *session)
{
	if (session == NULL)
		return NULL;
	secret_free(session->token);
	free(session->instance_url);
	free(session);
	return NULL;
}

bool salesforce_session_expire(struct session *session)
{
	session->token = secret_free(session->token);
	if (++session->expiries < 2)
		return true;
	/* Whoever mends it gets the same two tries again. */
	session->expiries = 0;
	return false;
}

static void session_quota(const struct session *session, struct quota *ret_quota)
{
	*ret_quota = session->quota;
}

const struct connector connector_salesforce = {
	.name = "salesforce",
	.options = options,
	.option_count = sizeof options / sizeof options[0],
	.settings_size = sizeof(struct salesforce_settings),
	.check_settings = check_settings,
	.check_address = check_address,
	.streams = streams,
	.default_object = default_object,
	.session_new = session_new,
	.session_free = session_free,
	.authorize = salesforce_authorize,
	.authorized = salesforce_authorized,
	.session_quota = session_quota,
	.describe = salesforce_describe,
	.described = salesforce_described,
	.read_open = salesforce_read_open,
	.read_free = salesforce_read_free,
	.read_next = salesforce_read_next,
	.read_head = salesforce_read_head,
	.read_feed = salesforce_read_feed,
	.read_ahead = salesforce_read_ahead,
	.read_finish = salesforce_read_finish,
	.read_cursor = salesforce_read_cursor,
	.read_until = salesforce_read_until,
	.read_expected = salesforce_read_expected,
	.flags_most = SALESFORCE_FLAGS_MOST,
	.flags_write = salesforce_flags_write,
	.flags_written = salesforce_flags_written,
	.flags_read = salesforce_flags_read,
	.flags_found = salesforce_flags_found,
};
