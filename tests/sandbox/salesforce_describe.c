#include "tests/sandbox/salesforce_objects.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

enum salesforce_type salesforce_type_find(const char *name, size_t length)
{
	for (size_t at = 0; at < SALESFORCE_TYPES; at++)
		if (strlen(types[at].name) == length && strncasecmp(types[at].name, name, length) == 0)
			return (enum salesforce_type)at;
	return SALESFORCE_TYPES;
}

/* A double is written the ways that real answers write one: 62.0, 62, 1.0E7. */
void salesforce_double_write(const struct salesforce_record *record, double number, struct text_buffer *out)
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
		salesforce_double_write(record, value->number, out);
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

/* What the picklists of the played org offer; the first one is what a new record gets. */
static const struct {
	const char *object;
	const char *field;
	const char *values; /* with a '!' in front: no other value can be written */
} picklists[] = {
	{ "User", "UserType", "Standard|PowerPartner|CsnOnly" },
	{ "User", "TimeZoneSidKey", "Europe/Berlin|America/New_York|UTC" },
	{ "Account", "Type", "Customer - Direct|Customer - Channel|Prospect|Other" },
	{ "Account", "Industry",
		"Technology|Healthcare|Manufacturing|Retail|Financial Services|Education|Energy|Media" },
	{ "Account", "Rating", "Hot|Warm|Cold" },
	{ "Case", "Status", "New|Working|Escalated|Closed" },
	{ "Case", "Priority", "Medium|Low|High|P1|P2|P3|P4" },
	{ "Case", "Origin", "Phone|Email|Web" },
	{ "Case", "Type", "Problem|Question" },
	{ "Case", "Reason", "Installation|Performance|Other" },
	{ "Case", "Reference_Activity__c", "!Reference Call|Case Study|Quote|Event Talk" },
	{ "Case", "Reference_Status__c", "!Draft|Submitted|Cancelled" },
	{ "Case", "Reference_Priority__c", "Normal|Expedite" },
	{ "Case", "Exposure__c", "Internal|Logo|Named|Public" },
	{ "Opportunity", "StageName", "Prospecting|Proposal|Negotiation|Closed Won|Closed Lost" },
	{ "Opportunity", "Type", "New Business|Renewal" },
	{ "Opportunity", "LeadSource", "Web|Phone Inquiry|Partner Referral|Other" },
	{ "Opportunity", "ForecastCategory", "Pipeline|BestCase|Forecast|Omitted|Closed" },
	{ "Case", "Reference_State__c",
		"!Waiting|Refused|Submitted|Triaged|Matching|Proposed|Awaiting CSM|Awaiting advocate|Scheduled|In "
		"doubt|"
		"Held|Feedback due|Completed|Declined|Expired|Cancelled|Unfulfillable" },
	{ "Contact", "Advocate_Status__c", "!Available|Caution|Suspended|Ineligible|Withdrawn|Left" },
	{ "Account", "Reference_Status__c", "!Available|Caution|Suspended|Ineligible|Withdrawn|Left" },
};

static const char *picklist_of(
	const struct salesforce_object *object, const struct salesforce_field *field, bool *restricted)
{
	*restricted = false;
	for (size_t entry = 0; entry < sizeof(picklists) / sizeof(*picklists); entry++)
		if (strcmp(picklists[entry].object, object->name) == 0 &&
			strcmp(picklists[entry].field, field->name) == 0) {
			*restricted = picklists[entry].values[0] == '!';
			return picklists[entry].values + *restricted;
		}
	return "";
}

bool salesforce_picklist_restricted(const struct salesforce_object *object, const struct salesforce_field *field)
{
	bool restricted;

	(void)picklist_of(object, field, &restricted);
	return restricted && field->type == SALESFORCE_PICKLIST;
}

bool salesforce_picklist_has(const struct salesforce_object *object, const struct salesforce_field *field,
	const char *word, size_t length)
{
	bool restricted;
	const char *at = picklist_of(object, field, &restricted);

	for (; *at; at += strcspn(at, "|") + (at[strcspn(at, "|")] == '|'))
		if (strcspn(at, "|") == length && strncmp(at, word, length) == 0)
			return true;
	return false;
}

int salesforce_field_length(const struct salesforce_field *field)
{
	return types[field->type].length;
}

static json_t *describe_picklist(const struct salesforce_object *object, const struct salesforce_field *field)
{
	json_t *list = json_array();
	bool restricted;
	const char *at = picklist_of(object, field, &restricted);

	while (*at && field->type == SALESFORCE_PICKLIST) {
		size_t length = strcspn(at, "|");

		json_array_append_new(list,
			json_pack("{s:b, s:b, s:s%, s:n, s:s%}", "active", 1, "defaultValue",
				json_array_size(list) == 0, "label", at, length, "validFor", "value", at, length));
		at += length + (at[length] == '|');
	}
	return list;
}

static bool name_among(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Set by the service, never by a caller: system fields, and those that follow from others. */
bool salesforce_field_read_only(const struct salesforce_object *object, const struct salesforce_field *field)
{
	static const char *const everywhere[] = { "Id", "IsDeleted", "MasterRecordId", "CreatedDate", "CreatedById",
		"LastModifiedDate", "LastModifiedById", "SystemModstamp", "IsClosed", "IsWon", "ClosedDate",
		"CaseNumber", "ContactEmail", "LastActivityDate", "IsPersonAccount", "IsClosedOnCreate",
		"IsStopped", "LastStageChangeDate", "HasOpenActivity", "ForecastCategory", "IsEmailBounced",
		"UserType", NULL };

	if (field->calculated || field->read_only || name_among(field->name, everywhere))
		return true;
	/* The name of a person is put together from its parts. */
	return strcmp(field->name, "Name") == 0 && (object->kind == WORLD_STAFF || object->kind == WORLD_CONTACT);
}

static bool field_nillable(const struct salesforce_object *object, const struct salesforce_field *field)
{
	static const char *const required[] = { "Id", "CreatedDate", "CreatedById", "LastModifiedDate",
		"LastModifiedById", "SystemModstamp", "LastName", "StageName", "CloseDate", "CaseNumber",
		"Username", "UserType", "TimeZoneSidKey", NULL };

	if (field->calculated)
		return true;
	if (field->type == SALESFORCE_BOOLEAN || name_among(field->name, required))
		return false;
	if (strcmp(field->name, "OwnerId") == 0)
		return false;
	return strcmp(field->name, "Name") != 0 || object->kind == WORLD_CONTACT;
}

static json_t *describe_field(const struct salesforce_object *object, const struct salesforce_field *field)
{
	bool custom = strlen(field->name) > 3 && strcmp(field->name + strlen(field->name) - 3, "__c") == 0;
	bool is_number = field->type == SALESFORCE_DOUBLE || field->type == SALESFORCE_CURRENCY ||
			 field->type == SALESFORCE_PERCENT;
	bool writable = !salesforce_field_read_only(object, field);
	bool polymorphic = object->kind == WORLD_CASE && strcmp(field->name, "OwnerId") == 0;
	int precision = field->type == SALESFORCE_CURRENCY ? 18 : field->type == SALESFORCE_DOUBLE ? 5 : 3;
	json_t *targets = json_array();
	json_t *description = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i}", "name", field->name,
		"label", field->name, "type", types[field->type].name, "soapType", types[field->type].soap,
		"length", types[field->type].length, "byteLength", types[field->type].length * 3, "precision",
		is_number ? precision : 0, "scale", is_number && field->type != SALESFORCE_PERCENT ? 2 : 0,
		"digits", field->type == SALESFORCE_INT ? 8 : 0);

	json_object_update_new(description,
		json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}", "nillable",
			field_nillable(object, field), "createable", writable, "updateable", writable, "filterable",
			1, "sortable", 1, "groupable", !is_number, "calculated", field->calculated, "externalId", 0,
			"unique", 0, "idLookup",
			field->type == SALESFORCE_ID ||
				(object->kind == WORLD_CONTACT && field->type == SALESFORCE_EMAIL),
			"caseSensitive", 0, "custom", custom, "restrictedPicklist",
			salesforce_picklist_restricted(object, field), "polymorphicForeignKey", polymorphic));
	json_object_set_new(
		description, "defaultedOnCreate", json_boolean(field->type == SALESFORCE_BOOLEAN || !writable));
	/* The text of the formula is shown to administrators alone; that there is one, to everybody. */
	json_object_set_new(description, "calculatedFormula", json_null());
	if (polymorphic)
		json_array_append_new(targets, json_string("Group"));
	if (field->type == SALESFORCE_REFERENCE && field->target < WORLD_KINDS)
		json_array_append_new(targets, json_string(salesforce_object_of(field->target)->name));
	json_object_set_new(description, "referenceTo", targets);
	json_object_set_new(description, "picklistValues", describe_picklist(object, field));
	json_object_set_new(description, "relationshipName",
		field->relationship && field->type == SALESFORCE_REFERENCE ? json_string(field->relationship)
									   : json_null());
	return description;
}

json_t *salesforce_describe(const struct salesforce_object *object, const char *version)
{
	json_t *fields = json_array();
	char url[96];

	for (size_t at = 0; at < object->field_count; at++)
		if (!object->fields[at].hidden)
			json_array_append_new(fields, describe_field(object, &object->fields[at]));
	snprintf(url, sizeof(url), "/services/data/%s/sobjects/%s", version, object->name);
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:b, s:o, s:[], s:{s:s}}", "name", object->name,
		"label", object->name, "keyPrefix", object->key_prefix, "custom", 0, "queryable", 1, "createable",
		1, "updateable", 1, "deletable", object->kind != WORLD_STAFF, "replicateable", 1, "fields", fields,
		"childRelationships", "urls", "sobject", url);
}
