/* What describes the account itself: owners, pipelines, properties, account details. */
#include "tests/sandbox/hubspot_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define USER_ID_BASE UINT64_C(9586001)

static void answer(struct server_call *call, struct text_buffer *body)
{
	server_answer_buffer(call, 200, HUBSPOT_JSON, body);
	text_buffer_free(body);
}

/* ---- owners ---- */

static void write_owner(const struct world_staff *staff, struct text_buffer *out)
{
	char created[32], updated[32];
	uint64_t user = USER_ID_BASE + staff->index;
	text_format_iso_time(created, staff->created_at);
	text_format_iso_time(updated, staff->modified_at);
	text_buffer_format(out, "{\"id\":\"%" PRIu64 "\",\"email\":", world_hubspot_id(WORLD_STAFF, staff->index));
	text_buffer_add_json_string(out, staff->email);
	text_buffer_add_string(out, ",\"type\":\"PERSON\",\"firstName\":");
	text_buffer_add_json_string(out, staff->first_name);
	text_buffer_add_string(out, ",\"lastName\":");
	text_buffer_add_json_string(out, staff->last_name);
	if (staff->active)
		text_buffer_format(out, ",\"userId\":%" PRIu64, user);
	else
		text_buffer_add_string(out, ",\"userId\":null");
	text_buffer_format(out,
		",\"userIdIncludingInactive\":%" PRIu64
		",\"createdAt\":\"%s\",\"updatedAt\":\"%s\",\"archived\":%s,\"teams\":[{\"id\":\"%s\","
		"\"name\":\"%s\",\"primary\":true}]}",
		user, created, updated, staff->active ? "false" : "true", staff->is_csm ? "368001" : "368002",
		staff->is_csm ? "CS" : "Sales");
}

void hubspot_owners(struct hubspot *hubspot, struct server_call *call)
{
	long limit;
	bool archived;
	uint64_t after = 0;
	const char *email = server_call_parameter(call, "email");
	const char *after_text = server_call_parameter(call, "after");
	if (!hubspot_parameter_number(hubspot, call, "limit", 1, 500, 100, &limit) ||
		!hubspot_parameter_flag(hubspot, call, "archived", &archived))
		return;
	if (after_text && *after_text && !hubspot_parse_id(after_text, &after)) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid parameter 'after': '%s' is no cursor of this listing", after_text);
		return;
	}
	struct text_buffer body = { 0 };
	text_buffer_add_string(&body, "{\"results\":[");
	uint32_t end = world_limit(hubspot->world, WORLD_STAFF);
	uint64_t next = 0;
	long count = 0;
	for (uint32_t i = hubspot_index_from_id(hubspot, WORLD_STAFF, after); i < end; i++) {
		struct world_staff staff;
		if (!world_present(hubspot->world, WORLD_HUBSPOT, WORLD_STAFF, i))
			continue;
		world_staff_read(hubspot->world, i, &staff);
		if (staff.active == archived || (email && *email && strcasecmp(email, staff.email) != 0))
			continue;
		if (count == limit) {
			next = world_hubspot_id(WORLD_STAFF, i);
			break;
		}
		if (count++ > 0)
			text_buffer_add_char(&body, ',');
		write_owner(&staff, &body);
	}
	text_buffer_add_char(&body, ']');
	if (next != 0)
		text_buffer_format(&body,
			",\"paging\":{\"next\":{\"after\":\"%" PRIu64
			"\",\"link\":\"https://api.hubapi.com%s?limit=%ld&after=%" PRIu64 "\"}}",
			next, server_call_path(call), limit, next);
	text_buffer_add_char(&body, '}');
	answer(call, &body);
}

void hubspot_owner(struct hubspot *hubspot, struct server_call *call, const char *id)
{
	bool archived;
	if (!hubspot_parameter_flag(hubspot, call, "archived", &archived))
		return;
	const char *id_property = server_call_parameter(call, "idProperty");
	bool by_user = id_property && strcasecmp(id_property, "userId") == 0;
	if (id_property && !by_user && strcasecmp(id_property, "id") != 0) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL, "Invalid parameter 'idProperty'");
		return;
	}
	uint32_t index = 0;
	uint64_t number;
	bool found = hubspot_parse_id(id, &number);
	if (found && by_user) {
		found = number >= USER_ID_BASE && number - USER_ID_BASE < world_limit(hubspot->world, WORLD_STAFF);
		index = found ? (uint32_t)(number - USER_ID_BASE) : 0;
	} else if (found) {
		found = world_hubspot_find(hubspot->world, WORLD_STAFF, id, strlen(id), &index);
	}
	struct world_staff staff;
	if (found) {
		world_staff_read(hubspot->world, index, &staff);
		found = staff.active != archived;
	}
	if (!found) {
		hubspot_error(hubspot, call, 404, "OBJECT_NOT_FOUND", NULL,
			"Object not found.  objectId are usually numeric.");
		return;
	}
	struct text_buffer body = { 0 };
	write_owner(&staff, &body);
	answer(call, &body);
}

/* ---- pipelines ---- */

static void write_pipeline(const struct hubspot_pipeline *pipeline, int order, struct text_buffer *out)
{
	text_buffer_format(out, "{\"id\":\"%s\",\"label\":\"%s\",\"displayOrder\":%d,\"archived\":false,",
		pipeline->id, pipeline->label, order);
	text_buffer_format(out, "\"createdAt\":\"%s\",\"updatedAt\":\"%s\",\"stages\":[",
		order == 0 ? "1970-01-01T00:00:00Z" : pipeline->updated_at, pipeline->updated_at);
	for (size_t i = 0; i < pipeline->stage_count; i++)
		text_buffer_format(out,
			"%s{\"id\":\"%s\",\"label\":\"%s\",\"displayOrder\":%zu,\"metadata\":%s,"
			"\"archived\":false,\"createdAt\":\"1970-01-01T00:00:00Z\",\"updatedAt\":"
			"\"1970-01-01T00:00:00Z\",\"writePermissions\":\"CRM_PERMISSIONS_ENFORCEMENT\"}",
			i > 0 ? "," : "", pipeline->stages[i].id, pipeline->stages[i].label, i,
			pipeline->stages[i].metadata);
	text_buffer_add_string(out, "]}");
}

void hubspot_pipelines(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, const char *id)
{
	const struct hubspot_pipeline *pipelines = object == &hubspot_deals     ? hubspot_deal_pipelines
						   : object == &hubspot_tickets ? hubspot_ticket_pipelines
										: NULL;
	struct text_buffer body = { 0 };
	if (id) {
		for (int i = 0; pipelines && i < 2; i++) {
			if (strcmp(pipelines[i].id, id) != 0)
				continue;
			write_pipeline(&pipelines[i], i, &body);
			answer(call, &body);
			return;
		}
		hubspot_error(hubspot, call, 404, "OBJECT_NOT_FOUND", NULL, "Pipeline %s not found", id);
		return;
	}
	text_buffer_add_string(&body, "{\"results\":[");
	for (int i = 0; pipelines && i < 2; i++) {
		if (i > 0)
			text_buffer_add_char(&body, ',');
		write_pipeline(&pipelines[i], i, &body);
	}
	text_buffer_add_string(&body, "]}");
	answer(call, &body);
}

/* ---- properties ---- */

static const char *field_type(enum hubspot_type type)
{
	switch (type) {
	case HUBSPOT_STRING:
		return "text";
	case HUBSPOT_NUMBER:
		return "number";
	case HUBSPOT_BOOL:
		return "booleancheckbox";
	case HUBSPOT_ENUMERATION:
		return "select";
	case HUBSPOT_DATE:
	case HUBSPOT_DATETIME:
		return "date";
	case HUBSPOT_PHONE:
		return "phonenumber";
	}
	return "text";
}

static void write_options(const char *options, struct text_buffer *out)
{
	int order = 0;
	for (const char *item = options; item && *item != '\0'; order++) {
		int length = (int)strcspn(item, ";");
		text_buffer_format(out,
			"%s{\"label\":\"%.*s\",\"value\":\"%.*s\",\"displayOrder\":%d,\"hidden\":false}",
			order > 0 ? "," : "", length, item, length, item, order);
		item += length;
		if (*item == ';')
			item++;
	}
}

bool hubspot_property_read_only(struct hubspot *hubspot, const struct hubspot_property *property)
{
	return hubspot_property_calculated(hubspot, property) || property->field == HUBSPOT_ID ||
	       property->field == HUBSPOT_CREATED || property->field == HUBSPOT_MODIFIED ||
	       property->field == HUBSPOT_MERGED_IDS;
}

static void write_property(struct hubspot *hubspot, const struct hubspot_object *object,
	const struct hubspot_property *property, struct text_buffer *out)
{
	bool calculated = hubspot_property_calculated(hubspot, property);
	bool archived = hubspot_property_archived(hubspot, object, property);
	enum hubspot_type type = hubspot_property_type(hubspot, object, property);
	bool staff = property->field == HUBSPOT_OWNER || property->field == COMPANY_CSM;
	bool read_only = hubspot_property_read_only(hubspot, property);
	text_buffer_format(out,
		"{\"name\":\"%s\",\"label\":\"%s\",\"type\":\"%s\",\"fieldType\":\"%s\","
		"\"description\":\"\",\"groupName\":\"%s\",\"options\":[",
		property->name, property->label, hubspot_type_name(type),
		calculated ? "calculation_equation" : field_type(type),
		property->custom ? "customer_success" : "information");
	write_options(property->options, out);
	text_buffer_format(out, "],\"calculated\":%s,\"externalOptions\":%s,%s", calculated ? "true" : "false",
		staff ? "true" : "false", staff ? "\"referencedObjectType\":\"OWNER\"," : "");
	if (calculated && property->field == COMPANY_HEALTH)
		text_buffer_add_string(out, "\"calculationFormula\":\"usage_score + nps_score\",");
	text_buffer_format(out,
		"\"hasUniqueValue\":%s,\"hidden\":false,\"hubspotDefined\":%s,\"displayOrder\":-1,"
		"\"formField\":false,\"archived\":%s,%s",
		property->field == HUBSPOT_ID ? "true" : "false", property->custom ? "false" : "true",
		archived ? "true" : "false", archived ? "\"archivedAt\":\"2026-06-01T00:00:00.000Z\"," : "");
	text_buffer_format(out,
		"\"modificationMetadata\":{\"archivable\":%s,\"readOnlyDefinition\":%s,"
		"\"readOnlyValue\":%s},\"createdAt\":\"2025-01-01T00:00:00.000Z\",\"updatedAt\":"
		"\"2025-06-01T00:00:00.000Z\",\"dataSensitivity\":\"non_sensitive\"}",
		property->custom ? "true" : "false", property->custom ? "false" : "true",
		read_only ? "true" : "false");
}

/* The definition as the live or the archived list has it; NULL when that list does not. */
static const struct hubspot_property *listed_property(
	struct hubspot *hubspot, const struct hubspot_object *object, const char *name, bool archived)
{
	const struct hubspot_property *property = hubspot_property_known(object, name, strlen(name));
	if (archived)
		return property && hubspot_property_archived(hubspot, object, property) ? property : NULL;
	return hubspot_property_find(hubspot, object, name, strlen(name));
}

void hubspot_properties(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, const char *name)
{
	bool archived;
	if (!hubspot_parameter_flag(hubspot, call, "archived", &archived))
		return;
	const char *sensitivity = server_call_parameter(call, "dataSensitivity");
	if (sensitivity && strcmp(sensitivity, "non_sensitive") != 0 && strcmp(sensitivity, "sensitive") != 0 &&
		strcmp(sensitivity, "highly_sensitive") != 0) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid parameter 'dataSensitivity': '%s'", sensitivity);
		return;
	}
	/* The account has no sensitive properties. */
	bool none = sensitivity && strcmp(sensitivity, "non_sensitive") != 0;
	struct text_buffer body = { 0 };
	if (name) {
		const struct hubspot_property *property =
			none ? NULL : listed_property(hubspot, object, name, archived);
		if (!property) {
			hubspot_error(hubspot, call, 404, "OBJECT_NOT_FOUND", NULL,
				"Property \"%s\" does not exist", name);
			return;
		}
		write_property(hubspot, object, property, &body);
		answer(call, &body);
		return;
	}
	text_buffer_add_string(&body, "{\"results\":[");
	bool first = true;
	for (size_t i = 0; !none && i < object->property_count; i++) {
		const struct hubspot_property *property = &object->properties[i];
		if (!listed_property(hubspot, object, property->name, archived))
			continue;
		if (!first)
			text_buffer_add_char(&body, ',');
		first = false;
		write_property(hubspot, object, property, &body);
	}
	/* A real account has hundreds that nobody mapped. */
	long extra = none || archived ? 0 : server_switch_number(hubspot->server, "hubspot.extra_properties", 0);
	for (long i = 0; i < extra; i++) {
		char extra_name[40];
		snprintf(extra_name, sizeof(extra_name), "hs_internal_%ld", i);
		struct hubspot_property property = { extra_name, "Internal", HUBSPOT_STRING, HUBSPOT_EMPTY, false,
			false, NULL };
		text_buffer_add_char(&body, ',');
		write_property(hubspot, object, &property, &body);
	}
	text_buffer_add_string(&body, "]}");
	answer(call, &body);
}

void hubspot_account(struct hubspot *hubspot, struct server_call *call)
{
	struct text_buffer body = { 0 };
	text_buffer_format(&body,
		"{\"portalId\":%ld,\"accountType\":\"STANDARD\",\"timeZone\":\"UTC\",\"utcOffset\":"
		"\"+00:00\",\"utcOffsetMilliseconds\":0,\"companyCurrency\":\"EUR\","
		"\"additionalCurrencies\":[\"USD\"],\"uiDomain\":\"app.hubspot.com\","
		"\"dataHostingLocation\":\"na1\"}",
		server_switch_number(hubspot->server, "hubspot.portal_id", 4471023));
	answer(call, &body);
}
