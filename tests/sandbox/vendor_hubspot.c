/* The played HubSpot's front door: paths, credentials, scopes, rate limits, refusals and faults. */
#include "tests/sandbox/vendor_hubspot.h"

#include "tests/sandbox/hubspot_internal.h"
#include "tests/sandbox/switch_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEGMENTS 10

enum endpoint {
	ENDPOINT_UNKNOWN,
	ENDPOINT_LIST,
	ENDPOINT_RECORD,
	ENDPOINT_SEARCH,
	ENDPOINT_BATCH_READ,
	ENDPOINT_BATCH_WRITE,
	ENDPOINT_ASSOCIATIONS_BATCH,
	ENDPOINT_ASSOCIATIONS_RECORD,
	ENDPOINT_ASSOCIATION_LABELS,
	ENDPOINT_OWNERS,
	ENDPOINT_OWNER,
	ENDPOINT_PIPELINES,
	ENDPOINT_PROPERTIES,
	ENDPOINT_ACCOUNT,
	ENDPOINT_USAGE,
	ENDPOINT_TOKEN
};

static const char *const endpoint_names[] = {
	[ENDPOINT_UNKNOWN] = "unknown",
	[ENDPOINT_LIST] = "list",
	[ENDPOINT_RECORD] = "record",
	[ENDPOINT_SEARCH] = "search",
	[ENDPOINT_BATCH_READ] = "batch-read",
	[ENDPOINT_BATCH_WRITE] = "batch-write",
	[ENDPOINT_ASSOCIATIONS_BATCH] = "associations",
	[ENDPOINT_ASSOCIATIONS_RECORD] = "associations-record",
	[ENDPOINT_ASSOCIATION_LABELS] = "association-labels",
	[ENDPOINT_OWNERS] = "owners",
	[ENDPOINT_OWNER] = "owner",
	[ENDPOINT_PIPELINES] = "pipelines",
	[ENDPOINT_PROPERTIES] = "properties",
	[ENDPOINT_ACCOUNT] = "account-info",
	[ENDPOINT_USAGE] = "api-usage",
	[ENDPOINT_TOKEN] = "token",
};

struct route {
	enum endpoint endpoint;
	/* Texts of the path, or NULL; the types still have to be known ones. */
	const char *type;
	const char *other_type;
	const char *id;
	const char *verb; /* of a batch */
	char *segments[SEGMENTS];
	size_t count;
	char path[1024];
};

/* ---- faults ---- */

static bool answer_fault(struct server_call *call, const struct fault *fault, const char *kind, void *context)
{
	struct hubspot *hubspot = context;
	if (strcmp(kind, "401") == 0) {
		hubspot_answer_unauthenticated(hubspot, call);
	} else if (strcmp(kind, "401-expired") == 0) {
		hubspot_answer_expired(hubspot, call, world_now() - 4000);
	} else if (strcmp(kind, "401-empty") == 0) {
		server_answer(call, 401, HUBSPOT_JSON, "");
	} else if (strcmp(kind, "403") == 0) {
		hubspot_answer_missing_scope(
			hubspot, call, fault_parameter(fault, "scope", "crm.objects.companies.read"));
	} else if (strcmp(kind, "403-token") == 0) {
		hubspot_error(hubspot, call, 403, NULL, NULL,
			"This oauth-token (CNK...) does not have proper permissions!");
	} else if (strcmp(kind, "404") == 0) {
		hubspot_error(hubspot, call, 404, "OBJECT_NOT_FOUND", NULL,
			"Object not found.  objectId are usually numeric.");
	} else if (strcmp(kind, "409") == 0) {
		hubspot_error(hubspot, call, 409, "CONFLICT", NULL, "Contact already exists. Existing ID: 51204");
	} else if (strcmp(kind, "414") == 0) {
		hubspot_answer_edge(call, 414, "Request-URI Too Large");
	} else if (strcmp(kind, "423") == 0) {
		hubspot_error(hubspot, call, 423, NULL, NULL, "Resource is locked");
	} else if (strcmp(kind, "429") == 0) {
		const char *otherwise =
			strstr(server_call_path(call), "/search") ? "SECONDLY" : "TEN_SECONDLY_ROLLING";
		const char *retry_after = fault_parameter(fault, "retry_after", NULL);
		if (retry_after)
			server_call_add_header(call, "Retry-After", retry_after);
		hubspot_answer_limited(hubspot, call, fault_parameter(fault, "policy", otherwise));
	} else if (strcmp(kind, "477") == 0) {
		server_call_add_header(call, "Retry-After", fault_parameter(fault, "retry_after", "5"));
		hubspot_error(hubspot, call, 477, NULL, NULL, "Account is being migrated");
	} else if (strcmp(kind, "500") == 0) {
		hubspot_error(hubspot, call, 500, NULL, NULL, "internal error");
	} else if (strcmp(kind, "503") == 0) {
		hubspot_answer_edge(call, 503, "Service Temporarily Unavailable");
	} else if (strcmp(kind, "504") == 0) {
		hubspot_answer_edge(call, 504, "Gateway Time-out");
	} else if (strcmp(kind, "520") == 0) {
		hubspot_answer_edge(call, 520, "Web server is returning an unknown error");
	} else if (strcmp(kind, "524") == 0) {
		hubspot_answer_edge(call, 524, "A timeout occurred");
	} else {
		return hubspot_token_refuse(call, kind);
	}
	return true;
}

/* ---- routes ---- */

static bool is_dated(const char *version)
{
	return strcmp(version, "2026-03") == 0 || strcmp(version, "2026-09") == 0;
}

static void route_objects(struct route *route, char *const *rest, size_t count, const char *version)
{
	bool numbered = !is_dated(version);
	if (count == 0)
		return;
	route->type = rest[0];
	if (strcmp(version, "v4") == 0) {
		if (count != 4 || strcmp(rest[2], "associations") != 0)
			return;
	}
	if (count == 1) {
		route->endpoint = ENDPOINT_LIST;
	} else if (count == 2 && strcmp(rest[1], "search") == 0) {
		route->endpoint = ENDPOINT_SEARCH;
	} else if (count == 2) {
		route->endpoint = ENDPOINT_RECORD;
		route->id = rest[1];
	} else if (count == 3 && strcmp(rest[1], "batch") == 0) {
		if (strcmp(rest[2], "read") == 0)
			route->endpoint = ENDPOINT_BATCH_READ;
		else if (strcmp(rest[2], "create") == 0 || strcmp(rest[2], "update") == 0 ||
			 strcmp(rest[2], "upsert") == 0 || strcmp(rest[2], "archive") == 0)
			route->endpoint = ENDPOINT_BATCH_WRITE;
		route->verb = rest[2];
	} else if (count == 4 && strcmp(rest[2], "associations") == 0 &&
		   (!numbered || strcmp(version, "v4") == 0)) {
		route->endpoint = ENDPOINT_ASSOCIATIONS_RECORD;
		route->id = rest[1];
		route->other_type = rest[3];
	}
}

static void route_crm(struct route *route)
{
	char **segments = route->segments;
	const char *family, *version;
	if (route->count < 3)
		return;
	if (strcmp(segments[1], "v3") == 0 || strcmp(segments[1], "v4") == 0) {
		version = segments[1];
		family = segments[2];
	} else if (is_dated(segments[2]) ||
		   (strcmp(segments[1], "associations") == 0 && strcmp(segments[2], "v4") == 0)) {
		family = segments[1];
		version = segments[2];
	} else {
		return;
	}
	bool fourth = strcmp(version, "v4") == 0;
	char *const *rest = segments + 3;
	size_t count = route->count - 3;
	if (strcmp(family, "objects") == 0) {
		route_objects(route, rest, count, version);
		return;
	}
	if (strcmp(family, "associations") == 0 && (fourth || is_dated(version))) {
		if (count == 4 && strcmp(rest[2], "batch") == 0 && strcmp(rest[3], "read") == 0)
			route->endpoint = ENDPOINT_ASSOCIATIONS_BATCH;
		else if (count == 3 && strcmp(rest[2], "labels") == 0)
			route->endpoint = ENDPOINT_ASSOCIATION_LABELS;
		else
			return;
		route->type = rest[0];
		route->other_type = rest[1];
		return;
	}
	if (fourth)
		return;
	if (strcmp(family, "owners") == 0 && count <= 1) {
		/* HubSpot's own client asks for the list with a slash at the end. */
		route->endpoint = count == 1 && *rest[0] ? ENDPOINT_OWNER : ENDPOINT_OWNERS;
		route->id = count == 1 ? rest[0] : NULL;
		return;
	}
	if (count < 1 || count > 2)
		return;
	if (strcmp(family, "pipelines") == 0)
		route->endpoint = ENDPOINT_PIPELINES;
	else if (strcmp(family, "properties") == 0)
		route->endpoint = ENDPOINT_PROPERTIES;
	else
		return;
	route->type = rest[0];
	route->id = count == 2 ? rest[1] : NULL;
}

static void route_find(struct server_call *call, struct route *route)
{
	memset(route, 0, sizeof(*route));
	const char *path = server_call_path(call);
	size_t length = strlen(path);
	if (length == 0 || length >= sizeof(route->path) || path[0] != '/')
		return;
	memcpy(route->path, path + 1, length);
	for (char *segment = route->path;;) {
		if (route->count == SEGMENTS)
			return;
		route->segments[route->count++] = segment;
		char *slash = strchr(segment, '/');
		if (!slash)
			break;
		*slash = '\0';
		segment = slash + 1;
	}
	if (strcmp(route->segments[0], "crm") == 0) {
		route_crm(route);
		return;
	}
	if (route->count == 3 && strcmp(route->segments[0], "oauth") == 0) {
		const char *version = route->segments[1];
		bool known = strcmp(version, "v1") == 0 || strcmp(version, "v3") == 0 || is_dated(version);
		if (known && strcmp(route->segments[2], "token") == 0)
			route->endpoint = ENDPOINT_TOKEN;
		return;
	}
	if (route->count < 3 || strcmp(route->segments[0], "account-info") != 0 ||
		(strcmp(route->segments[1], "v3") != 0 && !is_dated(route->segments[1])))
		return;
	if (route->count == 3 && strcmp(route->segments[2], "details") == 0)
		route->endpoint = ENDPOINT_ACCOUNT;
	else if (route->count == 5 && strcmp(route->segments[2], "api-usage") == 0 &&
		 strcmp(route->segments[3], "daily") == 0 && strcmp(route->segments[4], "private-apps") == 0)
		route->endpoint = ENDPOINT_USAGE;
}

/* ---- a call ---- */

/* False: answered. */
static bool authenticated(struct hubspot *hubspot, struct server_call *call, bool *oauth)
{
	const char *header = server_call_header(call, "Authorization");
	int64_t expired_at = 0;
	enum hubspot_standing standing = HUBSPOT_TOKEN_UNKNOWN;
	if (header && strncasecmp(header, "Bearer ", 7) == 0)
		standing = hubspot_token_standing(hubspot, header + 7, &expired_at);
	*oauth = standing == HUBSPOT_TOKEN_OAUTH;
	if (standing == HUBSPOT_TOKEN_UNKNOWN)
		hubspot_answer_unauthenticated(hubspot, call);
	if (standing == HUBSPOT_TOKEN_EXPIRED)
		hubspot_answer_expired(hubspot, call, expired_at);
	return *oauth || standing == HUBSPOT_TOKEN_STATIC;
}

/* Search and associations are outside the ten-second policy; search answers show no such headers. */
static enum hubspot_policy policy_of(enum endpoint endpoint)
{
	if (endpoint == ENDPOINT_SEARCH)
		return HUBSPOT_POLICY_SEARCH;
	if (endpoint == ENDPOINT_ASSOCIATIONS_BATCH || endpoint == ENDPOINT_ASSOCIATIONS_RECORD)
		return HUBSPOT_POLICY_ASSOCIATIONS;
	return HUBSPOT_POLICY_GENERAL;
}

/* False: answered. The token may read everything but what `hubspot.missing_scopes` names, and write nothing but the objects
 * of `hubspot.write_scopes`. */
static bool allowed(struct hubspot *hubspot, struct server_call *call, const char *name, const char *scope)
{
	const char *missing = server_switch(hubspot->server, "hubspot.missing_scopes", "");
	size_t length = strlen(name);
	for (const char *item = missing; *item != '\0';) {
		size_t item_length = strcspn(item, ",");
		if (item_length == length && strncasecmp(item, name, length) == 0) {
			hubspot_answer_missing_scope(hubspot, call, scope);
			return false;
		}
		item += item_length;
		if (*item == ',')
			item++;
	}
	return true;
}

/* The methods that HubSpot has for the endpoint; those that write are refused for want of a scope. */
static bool method_exists(enum endpoint endpoint, const char *method, bool *writes)
{
	*writes = false;
	switch (endpoint) {
	case ENDPOINT_SEARCH:
	case ENDPOINT_BATCH_READ:
	case ENDPOINT_ASSOCIATIONS_BATCH:
		return strcmp(method, "POST") == 0;
	case ENDPOINT_BATCH_WRITE:
		*writes = true;
		return strcmp(method, "POST") == 0;
	case ENDPOINT_LIST:
		*writes = strcmp(method, "POST") == 0;
		return *writes || strcmp(method, "GET") == 0;
	case ENDPOINT_RECORD:
		*writes = strcmp(method, "PATCH") == 0 || strcmp(method, "DELETE") == 0;
		return *writes || strcmp(method, "GET") == 0;
	default:
		return strcmp(method, "GET") == 0;
	}
}

static void dispatch(struct hubspot *hubspot, struct server_call *call, const struct route *route,
	const struct hubspot_object *object, const struct hubspot_object *other)
{
	switch (route->endpoint) {
	case ENDPOINT_LIST:
		hubspot_list(hubspot, call, object, server_call_path(call));
		break;
	case ENDPOINT_RECORD:
		hubspot_record(hubspot, call, object, route->id);
		break;
	case ENDPOINT_SEARCH:
		hubspot_search(hubspot, call, object);
		break;
	case ENDPOINT_BATCH_READ:
		hubspot_batch_read(hubspot, call, object);
		break;
	case ENDPOINT_ASSOCIATIONS_BATCH:
		hubspot_associations_batch(hubspot, call, object, other);
		break;
	case ENDPOINT_ASSOCIATIONS_RECORD:
		hubspot_associations_record(hubspot, call, object, route->id, other);
		break;
	case ENDPOINT_ASSOCIATION_LABELS:
		hubspot_association_labels(hubspot, call, object, other);
		break;
	case ENDPOINT_OWNERS:
		hubspot_owners(hubspot, call);
		break;
	case ENDPOINT_OWNER:
		hubspot_owner(hubspot, call, route->id);
		break;
	case ENDPOINT_PIPELINES:
		hubspot_pipelines(hubspot, call, object, route->id);
		break;
	case ENDPOINT_PROPERTIES:
		hubspot_properties(hubspot, call, object, route->id);
		break;
	case ENDPOINT_ACCOUNT:
		hubspot_account(hubspot, call);
		break;
	case ENDPOINT_USAGE:
		hubspot_usage(hubspot, call);
		break;
	case ENDPOINT_BATCH_WRITE:
		hubspot_batch_write(hubspot, call, object, route->verb);
		break;
	case ENDPOINT_TOKEN:
	case ENDPOINT_UNKNOWN:
		break;
	}
}

static void handle(struct server_call *call, void *context)
{
	struct hubspot *hubspot = context;
	struct route route;
	route_find(call, &route);
	const struct hubspot_object *object = route.type ? hubspot_object_find(route.type) : NULL;
	const struct hubspot_object *other = route.other_type ? hubspot_object_find(route.other_type) : NULL;
	char name[80];
	snprintf(name, sizeof(name), "%s%s%s",
		object       ? object->plural
		: route.type ? route.type
			     : "",
		route.other_type ? "/" : "",
		other              ? other->plural
		: route.other_type ? route.other_type
				   : "");
	if (server_call_begin(call, endpoint_names[route.endpoint], name))
		return;

	char ray[40];
	snprintf(ray, sizeof(ray), "%016" PRIx64 "-FRA", world_hash(hubspot->world, 1011, ++hubspot->serial));
	server_call_add_header(call, "cf-cache-status", "DYNAMIC");
	server_call_add_header(call, "cf-ray", ray);
	server_call_allow_gzip(call);
	if (strlen(server_call_uri(call)) >
		(size_t)server_switch_number(hubspot->server, "hubspot.uri_limit", 8192)) {
		hubspot_answer_edge(call, 414, "Request-URI Too Large");
		return;
	}
	if (route.endpoint == ENDPOINT_UNKNOWN) {
		hubspot_error(hubspot, call, 404, NULL, NULL, "HTTP 404 Not Found");
		return;
	}
	if (route.endpoint == ENDPOINT_TOKEN) {
		hubspot_token(hubspot, call);
		return;
	}
	bool oauth, writes;
	if (!authenticated(hubspot, call, &oauth))
		return;
	if (!method_exists(route.endpoint, server_call_method(call), &writes)) {
		hubspot_error(hubspot, call, 405, NULL, NULL, "HTTP 405 Method Not Allowed");
		return;
	}
	if ((route.type && !object) || (route.other_type && !other)) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL, "Unable to infer object type from: %s",
			object ? route.other_type : route.type);
		return;
	}
	if (writes && (route.endpoint != ENDPOINT_BATCH_WRITE ||
			      !switch_list_has(server_switch(hubspot->server, "hubspot.write_scopes", ""),
				      object->plural))) {
		hubspot_answer_missing_scope(hubspot, call, object->write_scope);
		return;
	}
	if (object && !allowed(hubspot, call, object->plural, object->read_scope))
		return;
	if (other && !allowed(hubspot, call, other->plural, other->read_scope))
		return;
	if ((route.endpoint == ENDPOINT_OWNERS || route.endpoint == ENDPOINT_OWNER) &&
		!allowed(hubspot, call, "owners", "crm.objects.owners.read"))
		return;
	if (!hubspot_within_limits(hubspot, call, policy_of(route.endpoint), oauth))
		return;
	dispatch(hubspot, call, &route, object, other);
}

static void destroy(void *context)
{
	struct hubspot *hubspot = context;
	hubspot_search_free(hubspot);
	free(hubspot->burst.times);
	free(hubspot->search.times);
	free(hubspot->associations.times);
	free(hubspot);
}

void hubspot_register(struct server *server, struct world *world, const char *token)
{
	struct hubspot *hubspot = calloc(1, sizeof(*hubspot));
	if (!hubspot)
		abort();
	hubspot->server = server;
	hubspot->world = world;
	hubspot->token = token;
	struct server_vendor_operations operations = {
		.handle = handle,
		.answer_fault = answer_fault,
		.fault_kinds =
			"401 401-expired 401-empty 403 403-token 404 409 414 423 429 477 500 503 504 520 524 "
			"207-missing* search-disorder* search-above* token-revoked token-hub token-client "
			"token-secret token-code token-grant token-request",
		.context = hubspot,
		.destroy = destroy,
	};
	server_vendor_set(server, SERVER_HUBSPOT, &operations);

	static const char *const switches[][2] = {
		{ "hubspot.token", "the token in force instead of the one from the options" },
		{ "hubspot.second_token", "a token that is accepted too (overlapping rotation)" },
		{ "hubspot.missing_scopes", "objects that answer 403: companies,contacts,deals,tickets,owners" },
		{ "hubspot.write_scopes", "objects that batch/update may change: contacts,companies (none)" },
		{ "hubspot.locked_records", "ids,...: a write to them is a CONFLICT" },
		{ "hubspot.client_id", "of the OAuth app (aaaaaaaa-0000-4000-8000-000000000001)" },
		{ "hubspot.client_secret", "of the OAuth app (bbbbbbbb-0000-4000-8000-000000000002)" },
		{ "hubspot.refresh_token", "the refresh token in force (na1-cccc-0000-4000-8000-000000000003)" },
		{ "hubspot.rotate_refresh", "yes: each refresh gives a new refresh token and ends the old (no)" },
		{ "hubspot.token_seconds", "life of an OAuth access token (1800)" },
		{ "hubspot.token_calls", "it dies after so many calls (0: never)" },
		{ "hubspot.merged_id", "a merged-away id read by itself: missing (404, default) or survivor" },
		{ "hubspot.portal_id", "account-info's portalId (4471023)" },
		{ "hubspot.calls_per_ten_seconds", "general limit, rolling (190, with OAuth 110); 0: none" },
		{ "hubspot.search_per_second", "search limit, rolling (5); 0: none" },
		{ "hubspot.associations_per_ten_seconds",
			"limit of the association calls, rolling (150); 0: none" },
		{ "hubspot.associations_daily_limit", "association calls per UTC day (500000); 0: none" },
		{ "hubspot.daily_limit", "other calls per UTC day, OAuth's apart (650000); 0: none" },
		{ "hubspot.retry_after", "Retry-After on every 429 (not sent)" },
		{ "hubspot.uri_limit", "characters of a request URI before 414 (8192)" },
		{ "hubspot.search_lag_ms", "records changed less than this ago are not found by search (0)" },
		{ "hubspot.search_unsettled_ms",
			"records changed less than this ago come in no order, companies' health as it was (0)" },
		{ "hubspot.association_page", "associated ids per record and page (500)" },
		{ "hubspot.association_missing", "a record without associations: absent (default), error (207)" },
		{ "hubspot.to_object_id", "toObjectId as number (default) or string" },
		{ "hubspot.secondary_links", "percent of contacts that belong to a second company too (0)" },
		{ "hubspot.salesforce_id_percent", "percent of companies that hold salesforce_account_id (70)" },
		{ "hubspot.hide_property", "properties that vanish: companies.cs_health,deals.amount" },
		{ "hubspot.archive_property", "properties that were archived: companies.cs_health,deals.amount" },
		{ "hubspot.property_type", "properties whose type changed: companies.cs_health=string" },
		{ "hubspot.health_calculated",
			"yes: cs_health is calculated, and its changes move no modified date (no)" },
		{ "hubspot.extra_properties", "invented properties more in the property list (0)" },
	};
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		server_switch_register(server, switches[i][0], switches[i][1]);
}
