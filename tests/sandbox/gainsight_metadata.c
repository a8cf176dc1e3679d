/* What Gainsight tells of its objects, fields and picklists. */
#include "tests/sandbox/gainsight_internal.h"

#include <stdio.h>
#include <string.h>

static uint32_t category_number(const char *category)
{
	uint32_t number = 0;
	for (size_t i = 0; i < GAINSIGHT_PICKLIST_COUNT; i++) {
		if (i > 0 &&
			strcmp(gainsight_picklist_items[i].category, gainsight_picklist_items[i - 1].category) != 0)
			number++;
		if (strcmp(gainsight_picklist_items[i].category, category) == 0)
			return number;
	}
	return number;
}

/* Categories have picklist ids too, far behind those of the items. */
static void category_gsid(struct gainsight *gainsight, const char *category, char out[37])
{
	world_gainsight_id(gainsight->world, WORLD_GSID_PICKLIST, 100000 + category_number(category), out);
}

static void write_options(struct gainsight *gainsight, const char *category, struct text_buffer *out)
{
	int order = 0;
	for (uint32_t i = 0; category && i < GAINSIGHT_PICKLIST_COUNT; i++) {
		char gsid[37];
		if (strcmp(gainsight_picklist_items[i].category, category) != 0)
			continue;
		world_gainsight_id(gainsight->world, WORLD_GSID_PICKLIST, i, gsid);
		text_buffer_format(out, "%s{\"label\":\"%s\",\"value\":\"%s\",", order > 0 ? "," : "",
			gainsight_picklist_items[i].label, gsid);
		order++;
		text_buffer_format(out,
			"\"active\":%s,\"defaultValue\":false,\"displayOrder\":%d,\"systemName\":\"%s\"}",
			gainsight_picklist_items[i].active ? "true" : "false", order,
			gainsight_picklist_items[i].label);
	}
}

static void write_field(struct gainsight *gainsight, const struct gainsight_object *object,
	const struct gainsight_field *field, struct text_buffer *out)
{
	bool system = field->attribute == ROW_GSID || field->attribute == ROW_CREATED ||
		      field->attribute == ROW_MODIFIED || object->source == GAINSIGHT_DELETE_LOG ||
		      object->source == GAINSIGHT_SCHEME;
	text_buffer_format(out, "{\"fieldName\":\"%s\",\"label\":\"%s\",\"dataType\":\"%s\",\"objectName\":\"%s\",",
		field->name, field->label, gainsight_type_name(gainsight_field_type(gainsight, object, field)),
		object->name);
	text_buffer_add_string(out, "\"options\":[");
	write_options(gainsight, field->category, out);
	text_buffer_format(out,
		"],\"meta\":{\"filterable\":true,\"sortable\":true,\"createable\":%s,\"updateable\":%s,"
		"\"readOnly\":%s,\"formulaField\":false,\"required\":%s,\"nillable\":%s,\"hidden\":false,"
		"\"hasLookup\":%s,",
		system ? "false" : "true", system ? "false" : "true", system ? "true" : "false",
		field->attribute == COMPANY_NAME ? "true" : "false",
		field->attribute == ROW_GSID ? "false" : "true",
		field->type == GAINSIGHT_LOOKUP ? "true" : "false");
	size_t name_length = strlen(field->name);
	bool custom = name_length > 4 && strcmp(field->name + name_length - 4, "__gc") == 0;
	text_buffer_format(out, "\"fieldGroupType\":\"%s\",", system ? "SYSTEM" : custom ? "CUSTOM" : "STANDARD");
	if (field->type == GAINSIGHT_STRING || field->type == GAINSIGHT_EMAIL)
		text_buffer_add_string(out, "\"length\":250,");
	if (field->lookup)
		text_buffer_format(out,
			"\"lookupDetail\":{\"lookupName\":\"%s__gr\",\"lookupObjects\":"
			"[{\"objectName\":\"%s\",\"fieldName\":\"Gsid\"}]},",
			field->name, field->lookup->name);
	text_buffer_add_string(out, "\"properties\":{");
	if (field->category) {
		char gsid[37];
		category_gsid(gainsight, field->category, gsid);
		text_buffer_format(
			out, "\"PICKLIST_CATEGORY\":\"%s\",\"PICKLIST_CATEGORY_ID\":\"%s\"", field->category, gsid);
	}
	text_buffer_add_string(out, "}}}");
}

void gainsight_describe(struct gainsight *gainsight, struct server_call *call,
	const struct gainsight_object *const *described, size_t count)
{
	struct text_buffer body = { 0 };
	gainsight_begin(gainsight, &body);
	text_buffer_add_char(&body, '[');
	for (size_t i = 0; i < count; i++) {
		text_buffer_format(&body, "%s{\"objectName\":\"%s\",\"label\":\"%s\",\"fields\":[",
			i > 0 ? "," : "", described[i]->name, described[i]->label);
		size_t written = 0;
		for (size_t each = 0; each < described[i]->field_count; each++) {
			if (gainsight_field_hidden(gainsight, described[i], &described[i]->fields[each]))
				continue;
			if (written++ > 0)
				text_buffer_add_char(&body, ',');
			write_field(gainsight, described[i], &described[i]->fields[each], &body);
		}
		text_buffer_add_string(&body, "]}");
	}
	text_buffer_add_char(&body, ']');
	gainsight_end(call, &body);
}

void gainsight_object_list(struct gainsight *gainsight, struct server_call *call)
{
	struct text_buffer body = { 0 };
	gainsight_begin(gainsight, &body);
	text_buffer_add_char(&body, '[');
	const struct gainsight_object *object;
	for (size_t i = 0; (object = gainsight_object_at(i)); i++)
		text_buffer_format(&body, "%s{\"objectName\":\"%s\",\"label\":\"%s\",\"readable\":true}",
			i > 0 ? "," : "", object->name, object->label);
	text_buffer_add_char(&body, ']');
	gainsight_end(call, &body);
}

void gainsight_dropdown(struct gainsight *gainsight, struct server_call *call, const char *category_id)
{
	struct text_buffer body = { 0 };
	size_t count = 0;
	gainsight_begin(gainsight, &body);
	text_buffer_add_char(&body, '[');
	for (uint32_t i = 0; i < GAINSIGHT_PICKLIST_COUNT; i++) {
		char gsid[37];
		category_gsid(gainsight, gainsight_picklist_items[i].category, gsid);
		if (strcmp(gsid, category_id) != 0)
			continue;
		world_gainsight_id(gainsight->world, WORLD_GSID_PICKLIST, i, gsid);
		text_buffer_format(&body, "%s{\"gsid\":\"%s\",\"name\":\"%s\",\"active\":%s}",
			count++ > 0 ? "," : "", gsid, gainsight_picklist_items[i].label,
			gainsight_picklist_items[i].active ? "true" : "false");
	}
	if (count == 0) {
		text_buffer_free(&body);
		gainsight_error(gainsight, call, 400, "GSOBJ_1004", "Invalid picklist category");
		return;
	}
	text_buffer_add_char(&body, ']');
	gainsight_end(call, &body);
}
