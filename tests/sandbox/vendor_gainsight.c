/* The played Gainsight's front door: paths, the key, the fixed windows, refusals and faults. */
#include "tests/sandbox/vendor_gainsight.h"

#include "tests/sandbox/gainsight_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS INT64_C(86400000)
#define QUERY_PATH "/v1/data/objects/query/"
#define WRITE_PATH "/v1/data/objects/"
#define META_PATH "/v1/meta/services/objects/"
#define DROPDOWN_PATH "/v1/meta/services/dropdowns/"

enum endpoint {
	ENDPOINT_UNKNOWN,
	ENDPOINT_QUERY,
	ENDPOINT_WRITE,
	ENDPOINT_DESCRIBE,
	ENDPOINT_DESCRIBE_MANY,
	ENDPOINT_OBJECTS,
	ENDPOINT_DROPDOWN
};

static const char *const endpoint_names[] = {
	[ENDPOINT_UNKNOWN] = "unknown",
	[ENDPOINT_QUERY] = "query",
	[ENDPOINT_WRITE] = "write",
	[ENDPOINT_DESCRIBE] = "describe",
	[ENDPOINT_DESCRIBE_MANY] = "describe",
	[ENDPOINT_OBJECTS] = "objects",
	[ENDPOINT_DROPDOWN] = "dropdown",
};

/* ---- answers ---- */

static void add_request_id(struct gainsight *gainsight, struct text_buffer *out)
{
	uint64_t hash = world_hash(gainsight->world, 1030, ++gainsight->serial);
	text_buffer_format(out, "%08" PRIx32 "-%04x-4%03x-9%03x-%012" PRIx64, (uint32_t)(hash >> 32),
		(unsigned)(hash >> 16 & 0xffff), (unsigned)(hash >> 4 & 0xfff), (unsigned)(hash & 0xfff),
		gainsight->serial & UINT64_C(0xffffffffffff));
}

void gainsight_begin(struct gainsight *gainsight, struct text_buffer *out)
{
	text_buffer_add_string(out, "{\"result\":true,\"errorCode\":null,\"errorDesc\":null,\"requestId\":\"");
	add_request_id(gainsight, out);
	text_buffer_add_string(out, "\",\"data\":");
}

void gainsight_end(struct server_call *call, struct text_buffer *out)
{
	text_buffer_add_string(out, ",\"message\":null}");
	server_answer_buffer(call, 200, GAINSIGHT_JSON, out);
	text_buffer_free(out);
}

void gainsight_error(struct gainsight *gainsight, struct server_call *call, int status, const char *code,
	const char *format, ...)
{
	char words[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	struct text_buffer body = { 0 };
	text_buffer_add_string(&body, "{\"result\":false,\"errorCode\":");
	text_buffer_add_json_string(&body, code);
	text_buffer_add_string(&body, ",\"errorDesc\":");
	text_buffer_add_json_string(&body, words);
	text_buffer_add_string(&body, ",\"requestId\":\"");
	add_request_id(gainsight, &body);
	text_buffer_add_string(&body, "\",\"data\":null,\"message\":null}");
	server_answer_buffer(call, status, GAINSIGHT_JSON, &body);
	text_buffer_free(&body);
}

void gainsight_no_object(struct gainsight *gainsight, struct server_call *call)
{
	struct text_buffer body = { 0 };
	text_buffer_add_string(&body, "{\"result\":false,\"title\":\"OBJECT_NOT_FOUND\",\"errorDesc\":"
				      "\"Requested object not found.\",\"requestId\":\"");
	add_request_id(gainsight, &body);
	text_buffer_add_string(&body, "\"}");
	server_answer_buffer(call, 400, GAINSIGHT_JSON, &body);
	text_buffer_free(&body);
}

static void answer_bad_key(struct gainsight *gainsight, struct server_call *call, bool object_layer)
{
	if (object_layer)
		gainsight_error(gainsight, call, 400, "GSOBJ_1024", "Authorization headers are invalid");
	else
		gainsight_error(gainsight, call, 401, "GS_APIG_2401", "Unauthorized");
}

static void answer_throttled(struct gainsight *gainsight, struct server_call *call)
{
	gainsight_error(gainsight, call, 429, "GU_2400", "Too many request");
}

static bool answer_fault(struct server_call *call, const struct fault *fault, const char *kind, void *context)
{
	struct gainsight *gainsight = context;
	if (strcmp(kind, "401") == 0) {
		answer_bad_key(gainsight, call, false);
	} else if (strcmp(kind, "400-key") == 0) {
		answer_bad_key(gainsight, call, true);
	} else if (strcmp(kind, "403") == 0) {
		gainsight_error(
			gainsight, call, 403, "GS_APIG_2402", "IP address is outside the whitelisted ranges");
	} else if (strcmp(kind, "429") == 0) {
		const char *retry_after = fault_parameter(fault, "retry_after", NULL);
		if (retry_after)
			server_call_add_header(call, "Retry-After", retry_after);
		answer_throttled(gainsight, call);
	} else if (strcmp(kind, "500") == 0) {
		gainsight_error(gainsight, call, 500, "GU_1101", "Oops, something went wrong.");
	} else if (strcmp(kind, "503") == 0 || strcmp(kind, "504") == 0) {
		struct text_buffer body = { 0 };
		const char *words =
			*(kind + 2) == '3' ? "503 Service Temporarily Unavailable" : "504 Gateway Time-out";
		text_buffer_format(&body,
			"<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1>"
			"</center>\r\n</body>\r\n</html>\r\n",
			words, words);
		server_answer_buffer(call, *(kind + 2) == '3' ? 503 : 504, "text/html", &body);
		text_buffer_free(&body);
	} else if (strcmp(kind, "200-false") == 0) {
		gainsight_error(gainsight, call, 200, fault_parameter(fault, "code", "GU_1101"),
			"Oops, something went wrong.");
	} else if (strcmp(kind, "200-no-data") == 0) {
		gainsight_error(gainsight, call, 200, NULL, "No data found for given criteria");
	} else if (strcmp(kind, "302") == 0) {
		server_call_add_header(call, "Location", "https://login.northwind.example/saml?RelayState=sandbox");
		server_answer(call, 302, "text/html", "");
	} else {
		return false;
	}
	return true;
}

json_t *gainsight_body(struct gainsight *gainsight, struct server_call *call)
{
	const char *type = server_call_header(call, "Content-Type");
	if (!type || strncasecmp(type, "application/json", 16) != 0) {
		gainsight_error(gainsight, call, 415, NULL, "Unsupported Media Type");
		return NULL;
	}
	json_t *body = server_call_json(call);
	if (!json_is_object(body)) {
		gainsight_error(gainsight, call, 400, "GU_1100", "Malformed request body");
		return NULL;
	}
	return body;
}

/* ---- credentials and limits ---- */

static bool authenticated(struct gainsight *gainsight, struct server_call *call)
{
	const char *key = server_call_header(call, "AccessKey");
	return key && strcmp(key, server_switch(gainsight->server, "gainsight.key", gainsight->access_key)) == 0;
}

/* The windows are fixed: calendar minutes and UTC days. A refused call does not count. */
static bool within_limits(struct gainsight *gainsight)
{
	int64_t now = world_now();
	long per_minute = server_switch_number(gainsight->server, "gainsight.per_minute", 100);
	long per_day = server_switch_number(gainsight->server, "gainsight.per_day", 50000);
	if (now / MINUTE_MS != gainsight->minute) {
		gainsight->minute = now / MINUTE_MS;
		gainsight->minute_calls = 0;
	}
	if (now / DAY_MS != gainsight->day) {
		gainsight->day = now / DAY_MS;
		gainsight->day_calls = 0;
	}
	if ((per_minute > 0 && gainsight->minute_calls >= per_minute) ||
		(per_day > 0 && gainsight->day_calls >= per_day))
		return false;
	gainsight->minute_calls++;
	gainsight->day_calls++;
	return true;
}

/* ---- routes ---- */

static enum endpoint route_find(const char *path, char *name, size_t name_size)
{
	*name = '\0';
	const char *rest = NULL;
	enum endpoint endpoint = ENDPOINT_UNKNOWN;
	if (strncmp(path, QUERY_PATH, strlen(QUERY_PATH)) == 0) {
		endpoint = ENDPOINT_QUERY;
		rest = path + strlen(QUERY_PATH);
	} else if (strncmp(path, WRITE_PATH, strlen(WRITE_PATH)) == 0) {
		endpoint = ENDPOINT_WRITE;
		rest = path + strlen(WRITE_PATH);
	} else if (strncmp(path, DROPDOWN_PATH, strlen(DROPDOWN_PATH)) == 0) {
		endpoint = ENDPOINT_DROPDOWN;
		rest = path + strlen(DROPDOWN_PATH);
	} else if (strcmp(path, META_PATH "list") == 0) {
		return ENDPOINT_OBJECTS;
	} else if (strcmp(path, META_PATH "describe") == 0) {
		return ENDPOINT_DESCRIBE_MANY;
	} else if (strncmp(path, META_PATH, strlen(META_PATH)) == 0) {
		rest = path + strlen(META_PATH);
		const char *slash = strchr(rest, '/');
		if (!slash || strcmp(slash, "/describe") != 0)
			return ENDPOINT_UNKNOWN;
		snprintf(name, name_size, "%.*s", (int)(slash - rest), rest);
		return *name ? ENDPOINT_DESCRIBE : ENDPOINT_UNKNOWN;
	}
	if (!rest || *rest == '\0')
		return ENDPOINT_UNKNOWN;
	size_t length = strcspn(rest, "/");
	if (endpoint != ENDPOINT_WRITE && rest[length] != '\0')
		return ENDPOINT_UNKNOWN;
	snprintf(name, name_size, "%.*s", (int)length, rest);
	return endpoint;
}

static void describe_many(struct gainsight *gainsight, struct server_call *call)
{
	json_t *body = gainsight_body(gainsight, call);
	if (!body)
		return;
	json_t *names = json_object_get(body, "objectNames");
	const struct gainsight_object *objects[16];
	if (!json_is_array(names) || json_array_size(names) == 0 || json_array_size(names) > 16) {
		gainsight_error(gainsight, call, 400, "GU_1100", "objectNames is missing");
		return;
	}
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		objects[i] = name ? gainsight_object_find(name) : NULL;
		if (!objects[i]) {
			gainsight_no_object(gainsight, call);
			return;
		}
	}
	gainsight_describe(gainsight, call, objects, json_array_size(names));
}

static void handle(struct server_call *call, void *context)
{
	struct gainsight *gainsight = context;
	char name[80];
	enum endpoint endpoint = route_find(server_call_path(call), name, sizeof(name));
	if (server_call_begin(call, endpoint_names[endpoint], name))
		return;
	/* The load balancer's cookies: they mean nothing, and come all the same. */
	server_call_add_header(call, "Set-Cookie", "AWSALB=kQ1sandbox; Path=/");
	server_call_add_header(call, "Set-Cookie", "AWSALBCORS=kQ1sandbox; Path=/; SameSite=None; Secure");
	server_call_allow_gzip(call);
	if (!authenticated(gainsight, call)) {
		answer_bad_key(gainsight, call,
			strcmp(server_switch(gainsight->server, "gainsight.bad_key", "401"), "400") == 0);
		return;
	}
	if (endpoint == ENDPOINT_UNKNOWN) {
		gainsight_error(gainsight, call, 404, NULL, "Not Found");
		return;
	}
	if (!within_limits(gainsight)) {
		answer_throttled(gainsight, call);
		return;
	}
	const char *method = server_call_method(call);
	if (endpoint == ENDPOINT_WRITE) {
		gainsight_error(gainsight, call, 400, "GSOBJ_1023", "The sandbox does not play writing");
		return;
	}
	bool posts = endpoint == ENDPOINT_QUERY || endpoint == ENDPOINT_DESCRIBE_MANY;
	if (strcmp(method, posts ? "POST" : "GET") != 0) {
		gainsight_error(gainsight, call, 405, NULL, "Method Not Allowed");
		return;
	}
	const struct gainsight_object *object = gainsight_object_find(name);
	if ((endpoint == ENDPOINT_QUERY || endpoint == ENDPOINT_DESCRIBE) && !object) {
		gainsight_no_object(gainsight, call);
		return;
	}
	if (endpoint == ENDPOINT_QUERY)
		gainsight_query(gainsight, call, object);
	else if (endpoint == ENDPOINT_DESCRIBE)
		gainsight_describe(gainsight, call, &object, 1);
	else if (endpoint == ENDPOINT_DESCRIBE_MANY)
		describe_many(gainsight, call);
	else if (endpoint == ENDPOINT_OBJECTS)
		gainsight_object_list(gainsight, call);
	else
		gainsight_dropdown(gainsight, call, name);
}

static void destroy(void *context)
{
	struct gainsight *gainsight = context;
	free(gainsight->deletions);
	free(gainsight);
}

void gainsight_register(struct server *server, struct world *world, const char *access_key)
{
	struct gainsight *gainsight = calloc(1, sizeof(*gainsight));
	if (!gainsight)
		abort();
	gainsight->server = server;
	gainsight->world = world;
	gainsight->access_key = access_key;
	struct server_vendor_operations operations = {
		.handle = handle,
		.answer_fault = answer_fault,
		.fault_kinds = "401 400-key 403 429 500 503 504 200-false 200-no-data 302",
		.context = gainsight,
		.destroy = destroy,
	};
	server_vendor_set(server, SERVER_GAINSIGHT, &operations);

	static const char *const switches[][2] = {
		{ "gainsight.key", "the key in force instead of the one from the options (a reset)" },
		{ "gainsight.bad_key",
			"a wrong key answers 401 GS_APIG_2401 (401, default) or 400 GSOBJ_1024 (400)" },
		{ "gainsight.per_minute", "calls per calendar minute (100); 0: none" },
		{ "gainsight.per_day", "calls per UTC day (50000); 0: none" },
		{ "gainsight.array_objects",
			"objects whose rows come as `data` itself: company,gsuser or * (none)" },
		{ "gainsight.empty", "no rows: records (default), no-data, gsobj_1011, or chaos for any of them" },
		{ "gainsight.dotted_case", "keys of dotted fields: same (default) or lower" },
		{ "gainsight.limit_policy", "limit above 5000: refuse (default) or clamp" },
		{ "gainsight.clamp", "silently no more than this many rows in a page (5000)" },
		{ "gainsight.parentheses", "in an expression: refuse (default) or accept" },
		{ "gainsight.filter_zone_minutes", "zone of filter times without offset, in minutes east (0)" },
		{ "gainsight.btw", "BTW: inclusive (default) or exclusive" },
		{ "gainsight.dates", "dates in rows: ms (default) or iso" },
		{ "gainsight.picklists", "picklist values in rows: gsid (default) or label" },
		{ "gainsight.unordered", "without orderBy: stable (default) or rotate, another start each time" },
		{ "gainsight.hide_field", "fields that vanish: company.Overall_Score__gc (none)" },
		{ "gainsight.field_type", "fields whose type changed: company.Overall_Score__gc=STRING (none)" },
		{ "gainsight.scheme",
			"of scores: numeric (default) or changed, other definitions and all of them red" },
		{ "gainsight.log_merges", "no: a merged company's end is in no delete log (yes)" },
		{ "gainsight.high_volume", "objects whose deletions are in record_delete_log_high_volume: "
					   "person,company_person (none)" },
		{ "gainsight.order", "orderBy: obey (default) or ignore" },
		{ "gainsight.null_modified_every", "about every n-th row has no ModifiedDate (0: none)" },
		{ "gainsight.visible_percent", "percent of companies that queries find (100)" },
	};
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		server_switch_register(server, switches[i][0], switches[i][1]);
}
