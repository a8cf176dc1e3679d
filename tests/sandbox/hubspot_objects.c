/* Reading records by listing or by id: what does not go through the search index. */
#include "tests/sandbox/hubspot_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_LIMIT 100
#define LIST_LIMIT_WITH_HISTORY 50
#define BATCH_INPUTS 100

struct list_request {
	long limit;
	bool archived;
	uint64_t properties;
	uint64_t history;
	const struct hubspot_object *associations[4];
	size_t association_count;
};

/* False: answered. */
static bool read_associations(struct hubspot *hubspot, struct server_call *call, struct list_request *request)
{
	const struct evkeyvalq *parameters = server_call_parameters(call);
	if (!parameters)
		return true;
	for (const struct evkeyval *each = parameters->tqh_first; each; each = each->next.tqe_next) {
		if (strcmp(each->key, "associations") != 0)
			continue;
		for (const char *item = each->value; *item != '\0';) {
			size_t length = strcspn(item, ",");
			char name[40];
			snprintf(name, sizeof(name), "%.*s", (int)length, item);
			const struct hubspot_object *object = hubspot_object_find(name);
			if (!object || request->association_count == 4) {
				hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
					"Unable to infer object type from: %s", name);
				return false;
			}
			request->associations[request->association_count++] = object;
			item += length;
			if (*item == ',')
				item++;
		}
	}
	return true;
}

static uint64_t read_history(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object)
{
	const struct evkeyvalq *parameters = server_call_parameters(call);
	uint64_t history = 0;
	if (!parameters)
		return 0;
	for (const struct evkeyval *each = parameters->tqh_first; each; each = each->next.tqe_next)
		if (strcmp(each->key, "propertiesWithHistory") == 0)
			history |= hubspot_properties_of_list(hubspot, object, each->value);
	return history;
}

static bool read_request(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	struct list_request *request)
{
	memset(request, 0, sizeof(*request));
	request->history = read_history(hubspot, call, object);
	if (!hubspot_parameter_flag(hubspot, call, "archived", &request->archived) ||
		!read_associations(hubspot, call, request))
		return false;
	request->properties = hubspot_properties_of_call(hubspot, object, call) | request->history;
	return true;
}

/* The world keeps no history: the present value is all there is of it. */
static void write_history(
	struct hubspot *hubspot, struct hubspot_record *record, uint64_t history, struct text_buffer *out)
{
	if (!history)
		return;
	char time[32];
	bool first = true;
	text_format_iso_time(time, record->modified_at);
	text_buffer_add_string(out, ",\"propertiesWithHistory\":{");
	for (size_t i = 0; i < record->object->property_count; i++) {
		if (!(history & (UINT64_C(1) << i)))
			continue;
		struct hubspot_value value;
		hubspot_record_value(hubspot, record, &record->object->properties[i], &value);
		text_buffer_format(out, "%s\"%s\":[", first ? "" : ",", record->object->properties[i].name);
		first = false;
		if (value.text.bytes) {
			text_buffer_add_string(out, "{\"value\":");
			text_buffer_add_json(out, value.text);
			text_buffer_format(out, ",\"timestamp\":\"%s\",\"sourceType\":\"CRM_UI\"}", time);
		}
		text_buffer_add_char(out, ']');
	}
	text_buffer_add_char(out, '}');
}

static void write_whole_record(struct hubspot *hubspot, struct hubspot_record *record,
	const struct list_request *request, struct text_buffer *out)
{
	hubspot_record_write(hubspot, record, request->properties, out);
	write_history(hubspot, record, request->history, out);
	hubspot_associations_write(hubspot, record, request->associations, request->association_count, out);
	text_buffer_add_char(out, '}');
}

void hubspot_list(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	const char *link_path)
{
	struct list_request request;
	if (!read_request(hubspot, call, object, &request))
		return;
	long highest = request.history ? LIST_LIMIT_WITH_HISTORY : LIST_LIMIT;
	if (!hubspot_parameter_number(hubspot, call, "limit", 1, highest, 10, &request.limit))
		return;
	uint64_t after = 0;
	const char *after_text = server_call_parameter(call, "after");
	if (after_text && *after_text && !hubspot_parse_id(after_text, &after)) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid parameter 'after': '%s' is no cursor of this listing", after_text);
		return;
	}
	struct world_walk walk;
	world_walk_start(&walk, hubspot->world, WORLD_HUBSPOT, object->kind, WORLD_BY_INDEX,
		request.archived ? WORLD_DELETED_ONLY : WORLD_LIVE_ONLY, 0,
		hubspot_index_from_id(hubspot, object->kind, after));
	struct text_buffer body = { 0 };
	struct hubspot_record record = { 0 };
	uint32_t index;
	int64_t stamp;
	long count = 0;
	bool more = false;
	text_buffer_add_string(&body, "{\"results\":[");
	while (world_walk_next(&walk, &index, &stamp)) {
		if (request.archived && hubspot_merged_away(hubspot, object, index))
			continue;
		if (count == request.limit) {
			more = true;
			break;
		}
		hubspot_record_read(hubspot, object, index, &record);
		if (count++ > 0)
			text_buffer_add_char(&body, ',');
		write_whole_record(hubspot, &record, &request, &body);
	}
	text_buffer_add_char(&body, ']');
	if (more) {
		uint64_t next = world_hubspot_id(object->kind, index);
		text_buffer_format(&body,
			",\"paging\":{\"next\":{\"after\":\"%" PRIu64
			"\",\"link\":\"https://api.hubapi.com%s?limit=%ld&after=%" PRIu64 "%s\"}}",
			next, link_path, request.limit, next, request.archived ? "&archived=true" : "");
	}
	text_buffer_add_char(&body, '}');
	hubspot_record_free(&record);
	server_answer_buffer(call, 200, HUBSPOT_JSON, &body);
	text_buffer_free(&body);
}

/* What a merged-away id reads as has been seen in both ways: as not found, and as the survivor. */
static bool find_by_id(
	struct hubspot *hubspot, const struct hubspot_object *object, const char *id, uint32_t *index)
{
	if (hubspot_find(hubspot, object, id, strlen(id), index))
		return true;
	if (strcmp(server_switch(hubspot->server, "hubspot.merged_id", "missing"), "survivor") != 0 ||
		!world_hubspot_find(hubspot->world, object->kind, id, strlen(id), index))
		return false;
	bool found = false;
	for (uint32_t next; (next = world_merged_into(hubspot->world, object->kind, *index)) != WORLD_NONE;) {
		*index = next;
		found = true;
	}
	return found;
}

void hubspot_record(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, const char *id)
{
	struct list_request request;
	if (!read_request(hubspot, call, object, &request))
		return;
	if (server_call_parameter(call, "idProperty")) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"The sandbox finds records by record id only");
		return;
	}
	uint32_t index;
	if (!find_by_id(hubspot, object, id, &index) ||
		world_deleted(hubspot->world, WORLD_HUBSPOT, object->kind, index) != request.archived) {
		hubspot_error(hubspot, call, 404, "OBJECT_NOT_FOUND", NULL,
			"Object not found.  objectId are usually numeric.");
		return;
	}
	struct text_buffer body = { 0 };
	struct hubspot_record record = { 0 };
	hubspot_record_read(hubspot, object, index, &record);
	write_whole_record(hubspot, &record, &request, &body);
	hubspot_record_free(&record);
	server_answer_buffer(call, 200, HUBSPOT_JSON, &body);
	text_buffer_free(&body);
}

void hubspot_batch_read(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object)
{
	json_t *request_body = hubspot_body(hubspot, call);
	if (!request_body)
		return;
	struct list_request request;
	memset(&request, 0, sizeof(request));
	if (!hubspot_parameter_flag(hubspot, call, "archived", &request.archived))
		return;
	json_t *inputs = json_object_get(request_body, "inputs");
	if (!json_is_array(inputs) || json_array_size(inputs) == 0) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Some required fields were not set: [inputs]");
		return;
	}
	if (json_array_size(inputs) > BATCH_INPUTS) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Maximum number of inputs supported in a batch request is 100 and received %zu",
			json_array_size(inputs));
		return;
	}
	json_t *id_property = json_object_get(request_body, "idProperty");
	if (id_property && !json_is_null(id_property)) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"The sandbox finds records by record id only");
		return;
	}
	json_t *history = json_object_get(request_body, "propertiesWithHistory");
	if (!hubspot_properties_of_json(
		    hubspot, object, json_object_get(request_body, "properties"), &request.properties) ||
		(history && !json_is_array(history) && !json_is_null(history))) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid input JSON: properties must be a list of names");
		return;
	}
	if (json_array_size(history) > 0) {
		if (!hubspot_properties_of_json(hubspot, object, history, &request.history)) {
			hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
				"Invalid input JSON: propertiesWithHistory must be a list of names");
			return;
		}
		request.properties |= request.history;
	}
	if (request.history && json_array_size(inputs) > LIST_LIMIT_WITH_HISTORY) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Maximum number of inputs supported in a batch request with history is 50 and received %zu",
			json_array_size(inputs));
		return;
	}
	for (size_t i = 0; i < json_array_size(inputs); i++) {
		json_t *id = json_object_get(json_array_get(inputs, i), "id");
		if (json_is_string(id) || json_is_integer(id))
			continue;
		hubspot_error(
			hubspot, call, 400, "VALIDATION_ERROR", NULL, "Some required fields were not set: [id]");
		return;
	}

	char started[32], completed[32];
	text_format_iso_time(started, world_now());
	const struct fault *fault = server_call_fault(call, "207-missing");
	struct text_buffer body = { 0 };
	struct text_buffer missing = { 0 };
	struct hubspot_record record = { 0 };
	size_t found = 0;
	text_buffer_add_string(&body, "{\"status\":\"COMPLETE\",\"results\":[");
	/* Backwards: the order of the inputs is no promise. */
	for (size_t i = json_array_size(inputs); i-- > 0;) {
		char space[32];
		const char *id;
		uint32_t index;
		hubspot_json_text(json_object_get(json_array_get(inputs, i), "id"), space, sizeof(space), &id);
		if ((fault && i % 2 == 1) || !hubspot_find(hubspot, object, id, strlen(id), &index) ||
			world_deleted(hubspot->world, WORLD_HUBSPOT, object->kind, index) != request.archived) {
			if (missing.length > 0)
				text_buffer_add_char(&missing, ',');
			text_buffer_add_json_string(&missing, id);
			continue;
		}
		hubspot_record_read(hubspot, object, index, &record);
		if (found++ > 0)
			text_buffer_add_char(&body, ',');
		write_whole_record(hubspot, &record, &request, &body);
	}
	text_buffer_add_char(&body, ']');
	if (missing.length > 0) {
		text_buffer_format(&body,
			",\"numErrors\":1,\"errors\":[{\"status\":\"error\",\"category\":"
			"\"OBJECT_NOT_FOUND\",\"message\":\"Could not get some %s objects, they may be "
			"deleted or not exist.\",\"context\":{\"ids\":[",
			object->message_name);
		text_buffer_add(&body, missing.bytes, missing.length);
		text_buffer_add_string(&body, "]}}]");
	}
	text_format_iso_time(completed, world_now());
	text_buffer_format(&body, ",\"startedAt\":\"%s\",\"completedAt\":\"%s\"}", started, completed);
	int status = missing.length > 0 ? 207 : 200;
	hubspot_record_free(&record);
	text_buffer_free(&missing);
	server_answer_buffer(call, status, HUBSPOT_JSON, &body);
	text_buffer_free(&body);
}
