#include "tests/sandbox/vendor_salesforce.h"

#include "tests/sandbox/salesforce_internal.h"
#include "tests/sandbox/world_internal.h"

#include <ctype.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define URI_LIMIT 16384 /* of the URI alone, and of it with the headers */
#define OLDEST_VERSION 41
#define NEWEST_VERSION 68
#define DAY_MS INT64_C(86400000)

/* What a data call's path says, before anything is done about it. */
struct resource {
	char version[8];
	int number;
	const char *endpoint;
	char object_name[48];
	const struct salesforce_object *object;
	char id[48];   /* a record, a query locator or a job */
	char part[16]; /* of a job: results, resultPages */
	struct soql_query *query;
};

void salesforce_answer_error(struct server_call *call, int status, const char *code, const char *message)
{
	server_answer_json(call, status, json_pack("[{s:s, s:s}]", "message", message, "errorCode", code));
}

bool salesforce_takes_json(struct server_call *call)
{
	const char *type = server_call_header(call, "Content-Type");

	if (type && strncasecmp(type, "application/json", 16) == 0)
		return true;
	salesforce_answer_error(call, 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json");
	return false;
}

static void session_error(struct server_call *call, const char *message)
{
	server_call_add_header(call, "WWW-Authenticate", "Token");
	salesforce_answer_error(call, 401, "INVALID_SESSION_ID", message);
}

static void limit_header_add(struct salesforce *salesforce, struct server_call *call)
{
	long total = server_switch_number(salesforce->server, "salesforce.limit_total", 115000);
	long used = server_switch_number(salesforce->server, "salesforce.limit_used", 0) + salesforce->calls_used;
	const char *mode = server_switch(salesforce->server, "salesforce.limit_header", "plain");
	char value[128];

	if (strcmp(mode, "off") == 0)
		return;
	if (strcmp(mode, "per-app") == 0)
		snprintf(value, sizeof(value), "api-usage=%ld/%ld; per-app-api-usage=%ld/20000(appName=advocated)",
			used, total, salesforce->calls_used);
	else
		snprintf(value, sizeof(value), "api-usage=%ld/%ld", used, total);
	server_call_add_header(call, "Sforce-Limit-Info", value);
}

static bool answer_fault(struct server_call *call, const struct fault *fault, const char *kind, void *context)
{
	struct salesforce *salesforce = context;
	struct salesforce_token *token;

	(void)fault;
	if (strncmp(kind, "token-", 6) == 0)
		return salesforce_token_fault(call, kind);
	if (strcmp(kind, "401") == 0) {
		token = salesforce_token_of(salesforce, call);
		if (token)
			*token = (struct salesforce_token){ 0 };
		session_error(call, "Session expired or invalid");
	} else if (strcmp(kind, "401-forever") == 0) {
		session_error(call, "This session is not valid for use with the REST API");
	} else if (strcmp(kind, "403-limit") == 0) {
		limit_header_add(salesforce, call);
		salesforce_answer_error(call, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
	} else if (strcmp(kind, "403-concurrent") == 0) {
		salesforce_answer_error(call, 403, "REQUEST_LIMIT_EXCEEDED",
			"ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
	} else if (strcmp(kind, "406") == 0) {
		server_answer(call, 406, NULL, "");
	} else if (strcmp(kind, "420") == 0) {
		server_answer(call, 420, "text/html; charset=UTF-8",
			"<html><body>We are setting things up...</body></html>");
	} else if (strcmp(kind, "429") == 0) {
		salesforce_answer_error(call, 429, "REQUEST_LIMIT_EXCEEDED", "Too many requests.");
	} else if (strcmp(kind, "500") == 0) {
		salesforce_answer_error(call, 500, "UNKNOWN_EXCEPTION",
			"An unexpected error occurred. Please include this ErrorId if you contact "
			"support: 1234567-12345 (-123456789)");
	} else if (strcmp(kind, "503") == 0) {
		salesforce_answer_error(
			call, 503, "SERVER_UNAVAILABLE", "Server is too busy. Please try again later.");
	} else if (strcmp(kind, "query-timeout") == 0) {
		salesforce_answer_error(call, 400, "QUERY_TIMEOUT", "Your query request was running for too long.");
	} else if (strcmp(kind, "bulk-gone") == 0) {
		salesforce_answer_error(call, 404, "NOT_FOUND", "The requested resource does not exist");
	} else if (strcmp(kind, "field-gone") == 0) {
		salesforce_answer_error(call, 400, "INVALID_FIELD",
			"\nSELECT Id,Health_Score__c FROM Account\n          ^\nERROR at "
			"Row:1:Column:11\nNo such column 'Health_Score__c' on entity 'Account'.");
	} else {
		return false;
	}
	return true;
}

static void versions_answer(struct server_call *call)
{
	static const char *const seasons[3] = { "Spring", "Summer", "Winter" };
	json_t *list = json_array();

	for (int number = OLDEST_VERSION; number <= NEWEST_VERSION; number++) {
		/* 66 is Spring '26, 67 Summer '26, 68 Winter '27. */
		int steps = number + 3 * 20 - 66;
		char label[24], url[40], version[16];

		snprintf(label, sizeof(label), "%s '%02d", seasons[steps % 3],
			26 + steps / 3 - 20 + (steps % 3 == 2));
		snprintf(version, sizeof(version), "%d.0", number);
		snprintf(url, sizeof(url), "/services/data/v%s", version);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "label", label, "url", url, "version", version));
	}
	server_answer_json(call, 200, list);
}

static const char *segment_take(const char *path, char *out, size_t size)
{
	size_t length = strcspn(path, "/");

	if (length >= size)
		length = size - 1;
	memcpy(out, path, length);
	out[length] = '\0';
	path += strcspn(path, "/");
	return *path ? path + 1 : path;
}

static void sobject_classify(const char *rest, struct resource *resource)
{
	char verb[48];

	rest = segment_take(rest, resource->object_name, sizeof(resource->object_name));
	rest = segment_take(rest, verb, sizeof(verb));
	resource->object = salesforce_object_find(resource->object_name, strlen(resource->object_name));
	if (resource->object)
		snprintf(resource->object_name, sizeof(resource->object_name), "%s", resource->object->name);
	if (!resource->object_name[0])
		resource->endpoint = "sobjects";
	else if (strcmp(verb, "describe") == 0 || strcmp(verb, "updated") == 0 || strcmp(verb, "deleted") == 0)
		resource->endpoint = verb[0] == 'u' ? "updated" : verb[2] == 'l' ? "deleted" : "describe";
	else if (verb[0] && !*rest)
		resource->endpoint = "record";
	else
		resource->endpoint = "unknown";
	snprintf(resource->id, sizeof(resource->id), "%s", verb);
}

static void queried_object_name(const char *soql, struct resource *resource)
{
	const char *from = strcasestr(soql, " from ");
	const struct salesforce_object *object =
		from ? salesforce_object_find(from + 6, strcspn(from + 6, " )")) : NULL;

	snprintf(resource->object_name, sizeof(resource->object_name), "%s", object ? object->name : "");
}

static void query_classify(struct salesforce *salesforce, struct server_call *call, const char *rest, bool all,
	struct resource *resource)
{
	unsigned long offset;

	segment_take(rest, resource->id, sizeof(resource->id));
	if (resource->id[0]) {
		struct salesforce_cursor *cursor = salesforce_cursor_find(salesforce, resource->id, &offset);

		resource->endpoint = "queryMore";
		if (cursor)
			snprintf(resource->object_name, sizeof(resource->object_name), "%s",
				cursor->query->object->name);
		return;
	}
	const char *text = server_call_parameter(call, "q");

	resource->endpoint = all ? "queryAll" : "query";
	if (text)
		queried_object_name(text, resource);
}

/* jobs/query, jobs/query/ID, jobs/query/ID/results: named for the faults that they are to meet. */
static void job_classify(
	struct salesforce *salesforce, struct server_call *call, const char *rest, struct resource *resource)
{
	const char *method = server_call_method(call);
	char kind[16];

	rest = segment_take(rest, kind, sizeof(kind));
	if (strcmp(kind, "query") != 0)
		return;
	rest = segment_take(rest, resource->id, sizeof(resource->id));
	segment_take(rest, resource->part, sizeof(resource->part));
	if (resource->part[0])
		resource->endpoint = strcasecmp(resource->part, "results") != 0 ? "jobResultPages"
				     : server_call_parameter(call, "locator")   ? "jobResultsMore"
										: "jobResults";
	else if (resource->id[0])
		resource->endpoint = strcmp(method, "PATCH") == 0    ? "jobAbort"
				     : strcmp(method, "DELETE") == 0 ? "jobDelete"
								     : "job";
	else
		resource->endpoint = strcmp(method, "POST") == 0 ? "jobCreate" : "jobs";
	const struct bulk_job *job = resource->id[0] ? salesforce_bulk_find(salesforce, resource->id) : NULL;
	const char *text = json_string_value(json_object_get(server_call_json(call), "query"));

	if (job)
		snprintf(resource->object_name, sizeof(resource->object_name), "%s", salesforce_bulk_object(job));
	else if (text)
		queried_object_name(text, resource);
}

/* composite/sobjects, and composite/sobjects/Contact for reading many by id. */
static void composite_classify(const char *rest, struct resource *resource)
{
	char kind[16];

	rest = segment_take(rest, kind, sizeof(kind));
	if (strcmp(kind, "sobjects") != 0)
		return;
	rest = segment_take(rest, resource->object_name, sizeof(resource->object_name));
	if (*rest)
		return;
	resource->endpoint = resource->object_name[0] ? "collectionsRead" : "collections";
	resource->object = salesforce_object_find(resource->object_name, strlen(resource->object_name));
}

/* /services/data/v66.0/... */
static void path_classify(struct salesforce *salesforce, struct server_call *call, struct resource *resource)
{
	const char *path = server_call_path(call);
	char version[16], verb[24], minor;

	resource->endpoint = "unknown";
	if (strncmp(path, "/services/data/", 15) != 0)
		return;
	path = segment_take(path + 15, version, sizeof(version));
	if (sscanf(version, "v%d.%c", &resource->number, &minor) != 2 || minor != '0' || strlen(version) > 5)
		return;
	snprintf(resource->version, sizeof(resource->version), "v%d.0", resource->number % 100);
	path = segment_take(path, verb, sizeof(verb));
	if (strcmp(verb, "query") == 0 || strcmp(verb, "queryAll") == 0)
		query_classify(salesforce, call, path, verb[5] == 'A', resource);
	else if (strcmp(verb, "sobjects") == 0)
		sobject_classify(path, resource);
	else if (strcmp(verb, "composite") == 0)
		composite_classify(path, resource);
	else if (strcmp(verb, "jobs") == 0)
		job_classify(salesforce, call, path, resource);
	else if (strcmp(verb, "limits") == 0)
		resource->endpoint = "limits";
}

static json_t *limit_json(long most, long used)
{
	return json_pack(
		"{s:I, s:I}", "Max", (json_int_t)most, "Remaining", (json_int_t)(most > used ? most - used : 0));
}

static void limits_answer(struct salesforce *salesforce, struct server_call *call)
{
	long total = server_switch_number(salesforce->server, "salesforce.limit_total", 115000);
	long used = server_switch_number(salesforce->server, "salesforce.limit_used", 0) + salesforce->calls_used;
	struct salesforce_bulk_quota quota = salesforce_bulk_quota_of(salesforce);

	server_answer_json(call, 200,
		json_pack("{s:o, s:o, s:o, s:{s:i, s:i, s:{s:i, s:i}}}", "DailyApiRequests",
			limit_json(total, used), "DailyBulkV2QueryJobs", limit_json(quota.jobs, quota.jobs_used),
			"DailyBulkV2QueryFileStorageMB",
			limit_json(quota.kilobytes / 1000, quota.kilobytes_used / 1000), "PermissionSets", "Max",
			1500, "Remaining", 1499, "CreateCustom", "Max", 1000, "Remaining", 999));
}

static void sobjects_answer(struct server_call *call)
{
	json_t *list = json_array();

	for (size_t at = 0; at < SALESFORCE_OBJECTS; at++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b}", "name",
				      salesforce_objects[at].name, "label", salesforce_objects[at].name,
				      "keyPrefix", salesforce_objects[at].key_prefix, "custom", 0, "queryable", 1,
				      "createable", 1, "updateable", 1, "replicateable", 1));
	server_answer_json(call, 200,
		json_pack("{s:s, s:i, s:o}", "encoding", "UTF-8", "maxBatchSize", 200, "sobjects", list));
}

/* Seconds are cut off, as the vendor says. */
static bool minute_parse(struct server_call *call, const char *name, int64_t *minute)
{
	const char *text = server_call_parameter(call, name);

	if (!text || !text_parse_time(text, strlen(text), minute) || strlen(text) < 20)
		return false;
	*minute -= *minute % 60000;
	return true;
}

static void time_text_write(struct text_buffer *out, const char *key, int64_t time)
{
	char text[32];

	text_format_salesforce_time(text, time);
	text_buffer_format(out, "\"%s\":\"%s\"", key, text);
}

static void replication_answer(
	struct salesforce *salesforce, struct server_call *call, const struct resource *resource)
{
	bool deleted = strcmp(resource->endpoint, "deleted") == 0;
	int64_t start, end, stamp, settled = world_settled_until(salesforce->world), now = world_now();
	struct text_buffer out = { 0 };
	struct world_walk walk;
	uint32_t index;
	size_t count = 0;

	if (!minute_parse(call, "start", &start) || !minute_parse(call, "end", &end)) {
		salesforce_answer_error(call, 400, "INVALID_REPLICATION_DATE",
			"start and end must be ISO 8601 datetimes with a time zone");
		return;
	}
	if (start >= end || (deleted && end - start <= 60000) || now - start > (deleted ? 15 : 30) * DAY_MS) {
		salesforce_answer_error(call, 400, "INVALID_REPLICATION_DATE",
			start >= end ? "startDate before endDate" : "startDate out of range");
		return;
	}
	text_buffer_add_string(&out, deleted ? "{\"deletedRecords\":[" : "{\"ids\":[");
	world_walk_start(&walk, salesforce->world, WORLD_SALESFORCE, resource->object->kind, WORLD_BY_STAMP,
		deleted ? WORLD_DELETED_OR_PURGED : WORLD_LIVE_ONLY, start, 0);
	while (world_walk_next(&walk, &index, &stamp) && stamp < end && count <= 600000) {
		char id[19];

		world_salesforce_id(resource->object->kind, index, id);
		if (count++)
			text_buffer_add_char(&out, ',');
		if (!deleted) {
			text_buffer_format(&out, "\"%s\"", id);
		} else {
			text_buffer_format(&out, "{\"id\":\"%s\",", id);
			time_text_write(&out, "deletedDate", stamp);
			text_buffer_add_char(&out, '}');
		}
	}
	if (count > 600000) {
		text_buffer_free(&out);
		salesforce_answer_error(
			call, 400, "EXCEEDED_ID_LIMIT", "the result would hold more than 600000 ids");
		return;
	}
	text_buffer_add_string(&out, "],");
	if (deleted) {
		time_text_write(&out, "earliestDateAvailable", now - 15 * DAY_MS);
		text_buffer_add_char(&out, ',');
	}
	time_text_write(&out, "latestDateCovered", end < settled ? end : settled);
	text_buffer_add_char(&out, '}');
	server_answer_buffer(call, 200, "application/json;charset=UTF-8", &out);
}

static void describe_answer(
	struct salesforce *salesforce, struct server_call *call, const struct resource *resource)
{
	const char *since = server_call_header(call, "If-Modified-Since");
	struct tm date = { 0 };

	if (since && strptime(since, "%a, %d %b %Y %H:%M:%S GMT", &date) &&
		salesforce->schema_changed_at <= (int64_t)timegm(&date) * 1000) {
		server_answer(call, 304, NULL, "");
		return;
	}
	server_answer_json(call, 200, salesforce_describe(resource->object, resource->version));
}

static void resource_answer(struct salesforce *salesforce, struct server_call *call,
	const struct salesforce_token *session, const struct resource *resource)
{
	const char *endpoint = resource->endpoint;

	if (strncmp(endpoint, "job", 3) == 0) {
		salesforce_bulk_handle(salesforce, call, resource->number, resource->id, resource->part);
	} else if (strncmp(endpoint, "query", 5) == 0) {
		salesforce_query_handle(salesforce, call, session, resource->version,
			strcmp(endpoint, "queryAll") == 0, resource->id[0] ? resource->id : NULL);
	} else if (strcmp(endpoint, "limits") == 0) {
		limits_answer(salesforce, call);
	} else if (strcmp(endpoint, "sobjects") == 0) {
		sobjects_answer(call);
	} else if (strcmp(endpoint, "collections") == 0) {
		salesforce_collections_handle(salesforce, call, resource->version, NULL);
	} else if (!resource->object) {
		salesforce_answer_error(call, 404, "NOT_FOUND", "The requested resource does not exist");
	} else if (strcmp(endpoint, "describe") == 0) {
		describe_answer(salesforce, call, resource);
	} else if (strcmp(endpoint, "collectionsRead") == 0) {
		salesforce_collections_handle(salesforce, call, resource->version, resource->object);
	} else if (strcmp(endpoint, "record") == 0) {
		salesforce_record_handle(salesforce, call, resource->version, resource->object, resource->id);
	} else {
		replication_answer(salesforce, call, resource);
	}
}

static void data_handle(struct salesforce *salesforce, struct server_call *call, const struct resource *resource)
{
	struct salesforce_token *token = salesforce_token_of(salesforce, call);
	long total = server_switch_number(salesforce->server, "salesforce.limit_total", 115000);

	if (!token) {
		session_error(call, "Session expired or invalid");
		return;
	}
	token->used_at = world_now();
	token->calls++;
	salesforce->calls_used++;
	limit_header_add(salesforce, call);
	if (server_switch_number(salesforce->server, "salesforce.limit_hard", 0) &&
		salesforce->calls_used + server_switch_number(salesforce->server, "salesforce.limit_used", 0) >
			total)
		salesforce_answer_error(call, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
	else if (resource->number && (resource->number < OLDEST_VERSION || resource->number > NEWEST_VERSION))
		salesforce_answer_error(
			call, 410, "UNSUPPORTED_API_VERSION", "The requested API version is not served");
	else if (strcmp(resource->endpoint, "unknown") == 0)
		salesforce_answer_error(call, 404, "NOT_FOUND", "The requested resource does not exist");
	else if (strcmp(server_call_method(call),
			 strcmp(resource->endpoint, "collections") == 0 ? "PATCH" : "GET") != 0 &&
		 strncmp(resource->endpoint, "job", 3) != 0)
		salesforce_answer_error(
			call, 405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed. Allowed are HEAD,GET");
	else
		resource_answer(salesforce, call, token, resource);
}

/* Looks at most once a second; worlds are young, so without the switch nothing is old enough. */
static void recycle_bin_empty(struct salesforce *salesforce)
{
	long seconds = server_switch_number(salesforce->server, "salesforce.recycle_bin_seconds", 0);
	int64_t now = world_now();

	if (seconds <= 0 || now - salesforce->bin_emptied_at < 1000)
		return;
	salesforce->bin_emptied_at = now;
	for (int kind = WORLD_ACCOUNT; kind < WORLD_KINDS; kind++) {
		struct world_walk walk;
		uint32_t index;
		int64_t stamp;

		world_walk_start(&walk, salesforce->world, WORLD_SALESFORCE, (enum world_kind)kind, WORLD_BY_STAMP,
			WORLD_DELETED_ONLY, 0, 0);
		while (world_walk_next(&walk, &index, &stamp) && stamp <= now - seconds * 1000)
			world_record_purge(
				salesforce->world, (enum world_kind)kind, index, WORLD_IN(WORLD_SALESFORCE));
	}
}

static void handle(struct server_call *call, void *context)
{
	struct salesforce *salesforce = context;
	const char *path = server_call_path(call);
	struct resource resource = { 0 };

	if (strlen(server_call_uri(call)) > URI_LIMIT) {
		if (!server_call_begin(call, "too-long", ""))
			server_answer(call, 414, "text/html;charset=iso-8859-1",
				"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>");
		return;
	}
	if (server_call_head_length(call) > URI_LIMIT) {
		if (!server_call_begin(call, "too-long", ""))
			server_answer(call, 431, "text/html;charset=iso-8859-1",
				"<h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>");
		return;
	}
	if (strcmp(path, "/services/oauth2/token") == 0) {
		if (!server_call_begin(call, "token", ""))
			salesforce_token_handle(salesforce, call);
		return;
	}
	if (strcmp(path, "/services/data/") == 0 || strcmp(path, "/services/data") == 0) {
		if (!server_call_begin(call, "versions", ""))
			versions_answer(call);
		return;
	}
	salesforce_schema_apply(salesforce);
	recycle_bin_empty(salesforce);
	path_classify(salesforce, call, &resource);
	if (!server_call_begin(call, resource.endpoint, resource.object_name))
		data_handle(salesforce, call, &resource);
}

static void destroy(void *context)
{
	struct salesforce *salesforce = context;

	for (size_t at = 0; at < SALESFORCE_CURSORS; at++)
		salesforce_cursor_close(&salesforce->cursors[at]);
	salesforce_bulk_free_all(salesforce);
	for (size_t key = 0; key < SALESFORCE_SCHEMA_SWITCHES; key++)
		free(salesforce->schema_applied[key]);
	EVP_PKEY_free(salesforce->jwt_key);
	free(salesforce);
}

static void switches_register(struct server *server)
{
	server_switch_register(
		server, "salesforce.page_size", "rows a page, whatever batchSize says (0: the hint)");
	server_switch_register(server, "salesforce.token_calls", "a token dies after so many calls (0: never)");
	server_switch_register(server, "salesforce.token_seconds", "a token dies unused for so long (7200)");
	server_switch_register(server, "salesforce.run_as", "0: the app has no run-as user");
	server_switch_register(server, "salesforce.instance_host",
		"host in instance_url (127.0.0.1); others answer 401; localhost works too");
	server_switch_register(server, "salesforce.limit_total", "calls a day (115000)");
	server_switch_register(server, "salesforce.limit_used", "calls that others have used already (0)");
	server_switch_register(server, "salesforce.limit_hard", "1: 403 above limit_total");
	server_switch_register(server, "salesforce.limit_header", "plain, per-app or off");
	server_switch_register(server, "salesforce.cursor_seconds", "life of a query locator (172800)");
	server_switch_register(server, "salesforce.cursor_session", "1: a locator dies with its session (0)");
	server_switch_register(
		server, "salesforce.row_order", "shuffled: anew each time wherever ORDER BY does not decide (id)");
	server_switch_register(server, "salesforce.bulk_queued_ms", "a job stays UploadComplete so long (100)");
	server_switch_register(server, "salesforce.bulk_running_ms", "and InProgress at least so long (200)");
	server_switch_register(server, "salesforce.bulk_page_rows", "most rows of a result page (50000)");
	server_switch_register(server, "salesforce.bulk_life_seconds", "an ended job is gone after it (604800)");
	server_switch_register(server, "salesforce.bulk_refused", "Object,...: INVALIDENTITY for these");
	server_switch_register(server, "salesforce.bulk_jobs_limit", "jobs a day (10000)");
	server_switch_register(server, "salesforce.bulk_jobs_used", "of these, used by others (0)");
	server_switch_register(server, "salesforce.bulk_storage_limit_kb", "results a day (1000000000)");
	server_switch_register(server, "salesforce.bulk_storage_used_kb", "of these, used by others (0)");
	server_switch_register(server, "salesforce.recycle_bin_seconds",
		"the bin forgets what was deleted so long ago (0: never)");
	server_switch_register(
		server, "salesforce.hide_field", "Object.Field,...: gone from describe, INVALID_FIELD in SOQL");
	server_switch_register(server, "salesforce.formula_field",
		"Object.Field,...: calculated; Account.Health_Score__c then changes without moving a stamp");
	server_switch_register(server, "salesforce.readonly_field",
		"Object.Field,...: field-level security lets nobody write them");
	server_switch_register(server, "salesforce.locked_records",
		"ids,...: whose rows somebody holds: UNABLE_TO_LOCK_ROW for writes");
	server_switch_register(server, "salesforce.invalid_records",
		"ids,...: which a validation rule refuses: FIELD_CUSTOM_VALIDATION_EXCEPTION for writes");
	server_switch_register(
		server, "salesforce.field_type", "Object.Field:type,...: as describe and the values have it now");
}

bool salesforce_register(struct server *server, struct world *world, const struct salesforce_options *options)
{
	struct salesforce *salesforce = world_allocate(NULL, 1, sizeof(*salesforce));

	memset(salesforce, 0, sizeof(*salesforce));
	salesforce->server = server;
	salesforce->world = world;
	salesforce->options = *options;
	if (options->jwt_public_key_file) {
		FILE *file = fopen(options->jwt_public_key_file, "r");

		if (file) {
			salesforce->jwt_key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
			fclose(file);
		}
		if (!salesforce->jwt_key) {
			fprintf(stderr, "sandbox: %s is no PEM public key\n", options->jwt_public_key_file);
			free(salesforce);
			return false;
		}
	}
	switches_register(server);
	server_vendor_set(server, SERVER_SALESFORCE,
		&(struct server_vendor_operations){ .handle = handle,
			.answer_fault = answer_fault,
			.fault_kinds =
				"401 401-forever 403-limit 403-concurrent 406 420 429 500 503 "
				"query-timeout field-gone locator-lost* plain* false-gzip* bulk-gone bulk-fail* "
				"bulk-stuck* bulk-short* bulk-count* bulk-cut* bulk-locator* "
				"bulk-no-locator* token-expired token-clock "
				"token-audience token-not-approved token-domain token-no-user "
				"token-locked token-client token-secret token-flow token-bare "
				"token-rate token-503",
			.context = salesforce,
			.destroy = destroy });
	return true;
}
