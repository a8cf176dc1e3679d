/* Changing many records in a call: batch/update (HubSpot, Using object APIs). */
#include "tests/sandbox/hubspot_internal.h"
#include "tests/sandbox/switch_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_INPUTS 100

/* What is wrong with one property of an input; all empty: nothing. */
struct objection {
	const char *error; /* "INVALID_OPTION" */
	char name[64];
	char message[200];
};

static bool option_exists(const char *options, const char *value)
{
	size_t length = strlen(value);

	for (const char *at = options; at && *at; at += strcspn(at, ";") + (at[strcspn(at, ";")] == ';'))
		if (strcspn(at, ";") == length && strncmp(at, value, length) == 0)
			return true;
	return false;
}

static void check_value(struct hubspot *hubspot, const struct hubspot_property *property, const char *value,
	struct objection *objection)
{
	const char *error = NULL;
	int64_t time;
	char *end;

	if (hubspot_property_read_only(hubspot, property)) {
		error = "READ_ONLY_VALUE";
		snprintf(objection->message, sizeof(objection->message), "%s is a read only property",
			property->name);
	} else if (*value == '\0') {
		return;
	} else if ((property->type == HUBSPOT_ENUMERATION || property->type == HUBSPOT_BOOL) &&
		   !option_exists(property->options, value)) {
		error = "INVALID_OPTION";
		snprintf(objection->message, sizeof(objection->message), "%.80s was not one of the allowed options",
			value);
	} else if (property->type == HUBSPOT_NUMBER && (strtod(value, &end), *end != '\0')) {
		error = "INVALID_INTEGER";
		snprintf(objection->message, sizeof(objection->message), "%.80s was not a valid number.", value);
	} else if ((property->type == HUBSPOT_DATE || property->type == HUBSPOT_DATETIME) &&
		   (!text_parse_time(value, strlen(value), &time) ||
			   (property->type == HUBSPOT_DATE && time % 86400000 != 0))) {
		error = "INVALID_DATE";
		snprintf(objection->message, sizeof(objection->message), "%.80s is not a valid %s.", value,
			hubspot_type_name(property->type));
	}
	if (!error)
		return;
	objection->error = error;
	snprintf(objection->name, sizeof(objection->name), "%s", property->name);
}

/* False: answered, since no input could pass. */
static bool check_names(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, json_t *properties)
{
	const char *name;
	json_t *value;

	json_object_foreach (properties, name, value) {
		char more[300];

		if (hubspot_property_find(hubspot, object, name, strlen(name)))
			continue;
		snprintf(more, sizeof(more),
			",\"errors\":[{\"message\":\"Property \\\"%.60s\\\" does not "
			"exist\",\"code\":\"PROPERTY_DOESNT_EXIST\","
			"\"context\":{\"propertyName\":[\"%.60s\"]}}]",
			name, name);
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", more,
			"Property values were not valid: [{\"isValid\":false,\"message\":\"Property \\\"%.60s\\\" "
			"does not "
			"exist\",\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"%.60s\"}]",
			name, name);
		return false;
	}
	return true;
}

static void add_error(json_t *errors, const char *category, const char *key, const char *id, const char *message)
{
	json_array_append_new(errors, json_pack("{s:s, s:s, s:s, s:{s:[s]}}", "status", "error", "category",
					      category, "message", message, "context", key, id));
}

/* True: written, and `results` has it. */
static bool write_input(struct hubspot *hubspot, const struct hubspot_object *object, json_t *input,
	json_t *results, json_t *errors)
{
	const char *trace = json_string_value(json_object_get(input, "objectWriteTraceId")), *name;
	json_t *properties = json_object_get(input, "properties"), *value;
	struct objection objection = { 0 };
	char space[32], text_space[64], message[400];
	const char *id = "", *text;
	uint32_t index;

	(void)hubspot_json_text(json_object_get(input, "id"), space, sizeof(space), &id);
	if (!hubspot_find(hubspot, object, id, strlen(id), &index) ||
		world_deleted(hubspot->world, WORLD_HUBSPOT, object->kind, index)) {
		snprintf(message, sizeof(message),
			"Could not get some %s objects, they may be deleted or not exist.", object->message_name);
		add_error(errors, "OBJECT_NOT_FOUND", "ids", id, message);
		return false;
	}
	if (switch_list_has(server_switch(hubspot->server, "hubspot.locked_records", ""), id)) {
		add_error(errors, "CONFLICT", trace ? "objectWriteTraceId" : "ids", trace ? trace : id,
			"The record is being changed by somebody else");
		return false;
	}
	json_object_foreach (properties, name, value) {
		if (!hubspot_json_text(value, text_space, sizeof(text_space), &text))
			text = "";
		check_value(hubspot, hubspot_property_find(hubspot, object, name, strlen(name)), text, &objection);
	}
	if (objection.error) {
		snprintf(message, sizeof(message),
			"Property values were not valid: "
			"[{\"isValid\":false,\"message\":\"%s\",\"error\":\"%s\",\"name\":\"%s\"}]",
			objection.message, objection.error, objection.name);
		add_error(errors, "VALIDATION_ERROR", trace ? "objectWriteTraceId" : "ids", trace ? trace : id,
			message);
		return false;
	}
	json_object_foreach (properties, name, value) {
		if (!hubspot_json_text(value, text_space, sizeof(text_space), &text))
			text = "";
		world_field_write(hubspot->world, WORLD_HUBSPOT, object->kind, index, name, text_slice_of(text));
	}
	char created[32], updated[32];
	struct hubspot_record record = { 0 };
	hubspot_record_read(hubspot, object, index, &record);
	text_format_iso_time(created, record.created_at);
	text_format_iso_time(updated, record.modified_at);
	json_array_append_new(results, json_pack("{s:s, s:O, s:s, s:s, s:b}", "id", id, "properties", properties,
					       "createdAt", created, "updatedAt", updated, "archived", 0));
	hubspot_record_free(&record);
	return true;
}

void hubspot_batch_write(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, const char *verb)
{
	json_t *body = hubspot_body(hubspot, call);
	json_t *inputs = json_object_get(body, "inputs"), *results, *errors;
	bool traced = true;
	char started[32], completed[32];

	if (!body)
		return;
	if (strcmp(verb, "update") != 0) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL, "The sandbox has no batch/%s", verb);
		return;
	}
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
	for (size_t i = 0; i < json_array_size(inputs); i++) {
		json_t *input = json_array_get(inputs, i);

		if (!json_is_object(json_object_get(input, "properties")) || !json_object_get(input, "id")) {
			hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
				"Some required fields were not set: [id, properties]");
			return;
		}
		if (!check_names(hubspot, call, object, json_object_get(input, "properties")))
			return;
		traced = traced && json_is_string(json_object_get(input, "objectWriteTraceId"));
	}
	text_format_iso_time(started, world_now());
	results = json_array();
	errors = json_array();
	for (size_t i = 0; i < json_array_size(inputs); i++) {
		if (write_input(hubspot, object, json_array_get(inputs, i), results, errors) || traced)
			continue;
		/* Without names for the inputs one bad row fails the call (HubSpot, Error handling). */
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL, "%s",
			json_string_value(json_object_get(json_array_get(errors, 0), "message")));
		json_decref(results);
		json_decref(errors);
		return;
	}
	text_format_iso_time(completed, world_now());
	bool partial = json_array_size(errors) > 0;
	json_t *answer = json_pack("{s:s, s:o, s:s, s:s}", "status", "COMPLETE", "results", results, "startedAt",
		started, "completedAt", completed);
	if (partial) {
		json_object_set_new(answer, "numErrors", json_integer((json_int_t)json_array_size(errors)));
		json_object_set(answer, "errors", errors);
	}
	json_decref(errors);
	server_answer_json(call, partial ? 207 : 200, answer);
}
