/* Writing and reading many records in a call: composite/sobjects (REST API, sObject Collections). */
#include "tests/sandbox/salesforce_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_MOST 200

/* One record of a write, as far as it was checked. */
struct change {
	const struct salesforce_object *object;
	uint32_t index;
	json_t *result; /* NULL: nothing against it */
};

static void refuse(struct change *change, const char *code, const char *field, const char *message)
{
	if (change->result)
		return;
	change->result = json_pack("{s:b, s:[{s:s, s:s, s:[]}]}", "success", 0, "errors", "statusCode", code,
		"message", message, "fields");
	if (field)
		json_array_append_new(
			json_object_get(json_array_get(json_object_get(change->result, "errors"), 0), "fields"),
			json_string(field));
}

/* What can't even be read as the field's type is an error of the whole call. */
static bool is_readable(const struct salesforce_field *field, const json_t *value)
{
	const char *text = json_string_value(value);
	int64_t time;

	switch (field->type) {
	case SALESFORCE_BOOLEAN:
		return json_is_boolean(value);
	case SALESFORCE_INT:
	case SALESFORCE_DOUBLE:
	case SALESFORCE_CURRENCY:
	case SALESFORCE_PERCENT:
		return json_is_null(value) || json_is_number(value);
	case SALESFORCE_DATE:
		return json_is_null(value) || (text && strlen(text) == 10 && text_parse_time(text, 10, &time));
	case SALESFORCE_DATETIME:
		return json_is_null(value) ||
		       (text && strlen(text) >= 20 && text_parse_time(text, strlen(text), &time));
	default:
		return json_is_null(value) || text != NULL;
	}
}

/* A character past U+FFFF counts as two (Salesforce Help 005166849). */
static size_t count_units(const char *text)
{
	size_t units = 0;

	for (; *text; text++)
		if (((unsigned char)*text & 0xC0) != 0x80)
			units += (unsigned char)*text >= 0xF0 ? 2 : 1;
	return units;
}

static bool check_value(struct change *change, const struct salesforce_field *field, const json_t *value)
{
	size_t length = json_string_length(value);
	char message[300];

	if (!is_readable(field, value))
		return false;
	if (salesforce_field_read_only(change->object, field)) {
		snprintf(message, sizeof(message),
			"Unable to create/update fields: %s. Please check the security settings of this field and "
			"verify "
			"that it is read/write for your profile or permission set.",
			field->name);
		refuse(change, "INVALID_FIELD_FOR_INSERT_UPDATE", field->name, message);
	} else if (json_is_string(value) && salesforce_picklist_restricted(change->object, field) &&
		   !salesforce_picklist_has(change->object, field, json_string_value(value), length)) {
		snprintf(message, sizeof(message), "%s: bad value for restricted picklist field: %.100s",
			field->name, json_string_value(value));
		refuse(change, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", field->name, message);
	} else if (json_is_string(value) && salesforce_field_length(field) > 0 &&
		   count_units(json_string_value(value)) > (size_t)salesforce_field_length(field)) {
		snprintf(message, sizeof(message), "%s: data value too large (max length=%d)", field->name,
			salesforce_field_length(field));
		refuse(change, "STRING_TOO_LONG", field->name, message);
	}
	return true;
}

static void find_record(struct salesforce *salesforce, const char *id, struct change *change)
{
	enum world_kind kind;
	char message[200];

	if (!id || !world_salesforce_find(salesforce->world, id, strlen(id), &kind, &change->index) ||
		kind != change->object->kind) {
		refuse(change, "MALFORMED_ID", "Id", "Id value of incorrect type");
	} else if (!world_present(salesforce->world, WORLD_SALESFORCE, kind, change->index) ||
		   world_purged(salesforce->world, WORLD_SALESFORCE, kind, change->index)) {
		refuse(change, "INVALID_CROSS_REFERENCE_KEY", NULL, "invalid cross reference id");
	} else if (world_deleted(salesforce->world, WORLD_SALESFORCE, kind, change->index)) {
		refuse(change, "ENTITY_IS_DELETED", NULL, "entity is deleted");
	} else if (salesforce_schema_lists(
			   server_switch(salesforce->server, "salesforce.locked_records", ""), id)) {
		snprintf(message, sizeof(message),
			"unable to obtain exclusive access to this record or 1 records: %s", id);
		refuse(change, "UNABLE_TO_LOCK_ROW", NULL, message);
		json_object_set_new(change->result, "id", json_string(id));
	} else if (salesforce_schema_lists(
			   server_switch(salesforce->server, "salesforce.invalid_records", ""), id)) {
		refuse(change, "FIELD_CUSTOM_VALIDATION_EXCEPTION", NULL, "Ask the owner of the account first.");
	}
}

/* False: the call as a whole is refused, with `*ret_problem`. */
static bool check_record(
	struct salesforce *salesforce, json_t *record, struct change *change, const char **ret_problem)
{
	const char *type = json_string_value(json_object_get(json_object_get(record, "attributes"), "type"));
	const char *name;
	json_t *value;
	char message[200];

	change->object = type ? salesforce_object_find(type, strlen(type)) : NULL;
	if (!json_is_object(record) || !type) {
		*ret_problem = "Each sObject in the request must have an entity type information";
		return false;
	}
	if (!change->object) {
		snprintf(message, sizeof(message), "sObject type '%.60s' is not supported.", type);
		refuse(change, "INVALID_TYPE", NULL, message);
		return true;
	}
	find_record(salesforce, json_string_value(json_object_get(record, "id")), change);
	json_object_foreach (record, name, value) {
		if (strcmp(name, "attributes") == 0 || strcmp(name, "id") == 0)
			continue;
		const struct salesforce_field *field = salesforce_field_find(change->object, name, strlen(name));
		snprintf(message, sizeof(message), "No such column '%.60s' on sobject of type %s", name,
			change->object->name);
		if (!field) {
			refuse(change, "INVALID_FIELD", NULL, message);
		} else if (!check_value(change, field, value)) {
			*ret_problem = "Cannot deserialize instance of a field's type from its value";
			return false;
		}
	}
	return true;
}

static void apply(struct salesforce *salesforce, json_t *record, struct change *change)
{
	const char *name;
	json_t *value;

	json_object_foreach (record, name, value) {
		char number[40];
		struct text_slice text = { json_string_value(value), json_string_length(value) };

		if (strcmp(name, "attributes") == 0 || strcmp(name, "id") == 0)
			continue;
		if (json_is_boolean(value))
			text = text_slice_of(json_is_true(value) ? "true" : "false");
		if (json_is_number(value)) {
			snprintf(number, sizeof(number), "%.10g", json_number_value(value));
			text = text_slice_of(number);
		}
		world_field_write(salesforce->world, WORLD_SALESFORCE, change->object->kind, change->index,
			salesforce_field_find(change->object, name, strlen(name))->name, text);
	}
}

static void write_all(struct salesforce *salesforce, struct server_call *call, json_t *records, bool all_or_none)
{
	size_t count = json_array_size(records), refused = 0;
	struct change *changes = calloc(count + 1, sizeof(*changes));
	json_t *results = json_array();
	const char *problem = NULL;

	if (!changes)
		abort();
	for (size_t at = 0; at < count && !problem; at++) {
		if (!check_record(salesforce, json_array_get(records, at), &changes[at], &problem) && !problem)
			problem = "malformed";
		refused += changes[at].result != NULL;
	}
	for (size_t at = 0; at < count && !problem; at++) {
		json_t *record = json_array_get(records, at);

		if (!changes[at].result && all_or_none && refused > 0)
			refuse(&changes[at], "ALL_OR_NONE_OPERATION_ROLLED_BACK", NULL,
				"Record rolled back because not all records were valid and the request was using "
				"AllOrNone header");
		if (changes[at].result) {
			json_array_append(results, changes[at].result);
			continue;
		}
		apply(salesforce, record, &changes[at]);
		json_array_append_new(
			results, json_pack("{s:s, s:b, s:[]}", "id",
					 json_string_value(json_object_get(record, "id")), "success", 1, "errors"));
	}
	for (size_t at = 0; at < count; at++)
		json_decref(changes[at].result);
	free(changes);
	if (!problem) {
		server_answer_json(call, 200, results);
		return;
	}
	json_decref(results);
	salesforce_answer_error(call, 400, "JSON_PARSER_ERROR", problem);
}

/* Missing records are null in their place; so is a name that isn't an id. */
static void read_all(struct salesforce *salesforce, struct server_call *call, const char *version,
	const struct salesforce_object *object)
{
	const char *ids = server_call_parameter(call, "ids"), *fields = server_call_parameter(call, "fields");
	struct text_buffer out = { 0 }, scratch = { 0 };
	enum world_kind kind;
	uint32_t index;

	if (!ids || !*ids || !fields || !*fields) {
		salesforce_answer_error(call, 400, "MALFORMED_QUERY", "ids and fields are required");
		return;
	}
	for (const char *name = fields; *name; name += strcspn(name, ",") + (name[strcspn(name, ",")] == ','))
		if (!salesforce_field_find(object, name, strcspn(name, ","))) {
			salesforce_answer_error(call, 400, "INVALID_FIELD", "No such column on entity");
			return;
		}
	text_buffer_add_char(&out, '[');
	for (const char *id = ids; *id; id += strcspn(id, ",") + (id[strcspn(id, ",")] == ',')) {
		size_t length = strcspn(id, ",");

		if (id != ids)
			text_buffer_add_char(&out, ',');
		if (!world_salesforce_find(salesforce->world, id, length, &kind, &index) || kind != object->kind ||
			!world_present(salesforce->world, WORLD_SALESFORCE, kind, index) ||
			world_deleted(salesforce->world, WORLD_SALESFORCE, kind, index)) {
			text_buffer_add_string(&out, "null");
			continue;
		}
		struct salesforce_record record;
		char whole[19];
		salesforce_record_open(&record, salesforce->world, object, index);
		world_salesforce_id(kind, index, whole);
		text_buffer_format(&out,
			"{\"attributes\":{\"type\":\"%s\",\"url\":\"/services/data/%s/sobjects/%s/%s\"}",
			object->name, version, object->name, whole);
		for (const char *name = fields; *name;
			name += strcspn(name, ",") + (name[strcspn(name, ",")] == ',')) {
			const struct salesforce_field *field =
				salesforce_field_find(object, name, strcspn(name, ","));
			struct salesforce_value value = { .scratch = &scratch };

			salesforce_record_value(&record, field, &value);
			text_buffer_format(&out, ",\"%s\":", field->name);
			salesforce_value_write(&record, field, &value, &out);
		}
		text_buffer_add_char(&out, '}');
	}
	text_buffer_add_char(&out, ']');
	text_buffer_free(&scratch);
	server_answer_buffer(call, 200, "application/json;charset=UTF-8", &out);
}

void salesforce_collections_handle(struct salesforce *salesforce, struct server_call *call, const char *version,
	const struct salesforce_object *object)
{
	json_t *body = server_call_json(call), *records = json_object_get(body, "records");

	if (object)
		read_all(salesforce, call, version, object);
	else if (!salesforce_takes_json(call))
		return;
	else if (!json_is_array(records) || json_array_size(records) == 0)
		salesforce_answer_error(call, 400, "JSON_PARSER_ERROR", "The request must have records");
	else if (json_array_size(records) > RECORDS_MOST)
		salesforce_answer_error(call, 400, "EXCEEDED_ID_LIMIT",
			"record limit reached. cannot submit more than 200 records into this call");
	else
		write_all(salesforce, call, records, json_is_true(json_object_get(body, "allOrNone")));
}
