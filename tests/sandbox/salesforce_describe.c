#include "tests/sandbox/salesforce_objects.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *soap;
	int length;
} types[] = {
	[SALESFORCE_ID] = { "id", "tns:ID", 18 },
	[SALESFORCE_REFERENCE] = { "reference", "tns:ID", 18 },
	[SALESFORCE_STRING] = { "string", "xsd:string", 255 },
	[SALESFORCE_EMAIL] = { "email", "xsd:string", 80 },
	[SALESFORCE_PHONE] = { "phone", "xsd:string", 40 },
	[SALESFORCE_URL] = { "url", "xsd:string", 255 },
	[SALESFORCE_PICKLIST] = { "picklist", "xsd:string", 255 },
	[SALESFORCE_BOOLEAN] = { "boolean", "xsd:boolean", 0 },
	[SALESFORCE_INT] = { "int", "xsd:int", 0 },
	[SALESFORCE_DOUBLE] = { "double", "xsd:double", 0 },
	[SALESFORCE_CURRENCY] = { "currency", "xsd:double", 0 },
	[SALESFORCE_PERCENT] = { "percent", "xsd:double", 0 },
	[SALESFORCE_DATE] = { "date", "xsd:date", 0 },
	[SALESFORCE_DATETIME] = { "datetime", "xsd:dateTime", 0 },
};

const char *salesforce_type_name(enum salesforce_type type)
{
	return types[type].name;
}

/* A double is written the ways that real answers write one: 62.0, 62, 1.0E7. */
static void double_write(const struct salesforce_record *record, double number, struct text_buffer *out)
{
	int64_t whole = (int64_t)number;

	if (whole >= 10000000 && (double)(whole / 1000000) * 1000000.0 == number) {
		double mantissa = number;
		int exponent = 0;

		for (; mantissa >= 10; exponent++)
			mantissa /= 10;
		text_buffer_format(out, "%.1fE%d", mantissa, exponent);
		return;
	}
	if ((double)whole != number) {
		text_buffer_format(out, "%.4g", number);
		return;
	}
	text_buffer_add_number(out, whole);
	if (record->index % 3)
		text_buffer_add(out, ".0", 2);
}

void salesforce_value_write(const struct salesforce_record *record, const struct salesforce_field *field,
	const struct salesforce_value *value, struct text_buffer *out)
{
	char time[32];

	if (value->null) {
		text_buffer_add(out, "null", 4);
		return;
	}
	switch (field->type) {
	case SALESFORCE_BOOLEAN:
		text_buffer_add_string(out, value->boolean ? "true" : "false");
		return;
	case SALESFORCE_INT:
		text_buffer_add_number(out, (int64_t)value->number);
		return;
	case SALESFORCE_DOUBLE:
	case SALESFORCE_CURRENCY:
	case SALESFORCE_PERCENT:
		double_write(record, value->number, out);
		return;
	case SALESFORCE_DATE:
		text_format_date(time, value->time);
		break;
	case SALESFORCE_DATETIME:
		text_format_salesforce_time(time, value->time);
		break;
	default:
		text_buffer_add_json(out, value->text);
		return;
	}
	text_buffer_add_char(out, '"');
	text_buffer_add_string(out, time);
	text_buffer_add_char(out, '"');
}

static json_t *describe_field(const struct salesforce_field *field)
{
	bool custom = strlen(field->name) > 3 && strcmp(field->name + strlen(field->name) - 3, "__c") == 0;
	bool system = strcmp(field->name, "Id") == 0 || strcmp(field->name, "IsDeleted") == 0 ||
		      strcmp(field->name, "SystemModstamp") == 0 || strncmp(field->name, "Created", 7) == 0 ||
		      strncmp(field->name, "LastModified", 12) == 0;
	json_t *description = json_pack(
		"{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:[], "
		"s:[]}",
		"name", field->name, "label", field->name, "type", types[field->type].name, "soapType",
		types[field->type].soap, "length", types[field->type].length, "precision",
		field->type == SALESFORCE_DOUBLE ? 5 : 0, "scale", field->type == SALESFORCE_DOUBLE ? 2 : 0,
		"nillable", field->type != SALESFORCE_BOOLEAN && !system, "createable", !system, "updateable",
		!system, "filterable", 1, "sortable", 1, "calculated", 0, "externalId", 0, "unique", 0, "custom",
		custom, "restrictedPicklist", 0, "referenceTo", "picklistValues");

	if (field->type == SALESFORCE_REFERENCE && field->target < WORLD_KINDS)
		json_array_append_new(json_object_get(description, "referenceTo"),
			json_string(salesforce_object_of(field->target)->name));
	json_object_set_new(description, "relationshipName",
		field->relationship ? json_string(field->relationship) : json_null());
	return description;
}

json_t *salesforce_describe(const struct salesforce_object *object, const char *version)
{
	json_t *fields = json_array();
	char url[96];

	for (size_t at = 0; at < object->field_count; at++)
		json_array_append_new(fields, describe_field(&object->fields[at]));
	snprintf(url, sizeof(url), "/services/data/%s/sobjects/%s", version, object->name);
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:[], s:{s:s}}", "name", object->name,
		"label", object->name, "keyPrefix", object->key_prefix, "custom", 0, "queryable", 1, "createable",
		1, "updateable", 1, "replicateable", 1, "fields", fields, "childRelationships", "urls", "sobject",
		url);
}
