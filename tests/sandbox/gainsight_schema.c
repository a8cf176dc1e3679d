/* The objects of the played Gainsight tenant: their fields and how the world looks in them. */
#include "tests/sandbox/gainsight_internal.h"
#include "tests/sandbox/switch_list.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All picklists of the tenant; an item's place here is its index. */
const struct gainsight_picklist_item gainsight_picklist_items[GAINSIGHT_PICKLIST_COUNT] = {
	{ "Company Status", "Active", true },
	{ "Company Status", "Inactive", true },
	{ "Company Status", "Churn", true },
	{ "Customer Lifecycle Stage", "Onboarding", true },
	{ "Customer Lifecycle Stage", "Adoption", true },
	{ "Customer Lifecycle Stage", "Value Realized", true },
	{ "Customer Lifecycle Stage", "At Risk", true },
	{ "CTA Type", "Risk", true },
	{ "CTA Type", "Opportunity", true },
	{ "CTA Type", "Lifecycle", true },
	{ "CTA Status", "New", true },
	{ "CTA Status", "Work In Progress", true },
	{ "CTA Status", "Closed Success", true },
	{ "CTA Priority", "Low", true },
	{ "CTA Priority", "Medium", true },
	{ "CTA Priority", "High", true },
	{ "CTA Reason", "Health", true },
	{ "CTA Reason", "Renewal", true },
	{ "License Type", "Full", true },
	{ "License Type", "Viewer", true },
	{ "Advocate Status", "Active", true },
	{ "Advocate Status", "Suspended", true },
	{ "Advocate Status", "Legacy", false },
};

static const struct gainsight_field company_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, COMPANY_NAME, NULL, NULL },
	{ "Status", "Status", GAINSIGHT_PICKLIST, COMPANY_STATUS, NULL, "Company Status" },
	{ "Stage", "Stage", GAINSIGHT_PICKLIST, COMPANY_STAGE, NULL, "Customer Lifecycle Stage" },
	{ "Industry", "Industry", GAINSIGHT_STRING, COMPANY_INDUSTRY, NULL, NULL },
	{ "Employees", "Employees", GAINSIGHT_NUMBER, COMPANY_EMPLOYEES, NULL, NULL },
	{ "ARR", "ARR", GAINSIGHT_CURRENCY, COMPANY_ARR, NULL, NULL },
	{ "RenewalDate", "Renewal Date", GAINSIGHT_DATE, COMPANY_RENEWAL, NULL, NULL },
	{ "Csm", "CSM", GAINSIGHT_LOOKUP, COMPANY_CSM, &gainsight_gsuser, NULL },
	{ "ParentCompany", "Parent Company", GAINSIGHT_LOOKUP, ROW_EMPTY, &gainsight_company, NULL },
	{ "SfdcAccountId", "SFDC Account Id", GAINSIGHT_STRING, COMPANY_SALESFORCE_ID, NULL, NULL },
	{ "HubSpot_Company_Id__gc", "HubSpot Company Id", GAINSIGHT_STRING, COMPANY_HUBSPOT_ID, NULL, NULL },
	{ "Overall_Score__gc", "Overall Score", GAINSIGHT_NUMBER, COMPANY_SCORE, NULL, NULL },
	{ "Advocate_Status__gc", "Advocate Status", GAINSIGHT_PICKLIST, ROW_EMPTY, NULL, "Advocate Status" },
	{ "Advocate_Status_Date__gc", "Advocate Status Date", GAINSIGHT_DATETIME, ROW_EMPTY, NULL, NULL },
	{ "Advocate_Reason__gc", "Advocate Reason", GAINSIGHT_STRING, ROW_EMPTY, NULL, NULL },
	{ "CreatedDate", "Created Date", GAINSIGHT_DATETIME, ROW_CREATED, NULL, NULL },
	{ "ModifiedDate", "Modified Date", GAINSIGHT_DATETIME, ROW_MODIFIED, NULL, NULL },
};

static const struct gainsight_field gsuser_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, USER_NAME, NULL, NULL },
	{ "FirstName", "First Name", GAINSIGHT_STRING, USER_FIRST_NAME, NULL, NULL },
	{ "LastName", "Last Name", GAINSIGHT_STRING, USER_LAST_NAME, NULL, NULL },
	{ "Email", "Email", GAINSIGHT_EMAIL, USER_EMAIL, NULL, NULL },
	{ "SFDCUserName", "SFDC User Name", GAINSIGHT_STRING, USER_EMAIL, NULL, NULL },
	{ "IsActiveUser", "Is Active User", GAINSIGHT_BOOLEAN, USER_ACTIVE, NULL, NULL },
	{ "LicenseType", "License Type", GAINSIGHT_PICKLIST, USER_LICENSE, NULL, "License Type" },
	{ "CreatedDate", "Created Date", GAINSIGHT_DATETIME, ROW_CREATED, NULL, NULL },
	{ "ModifiedDate", "Modified Date", GAINSIGHT_DATETIME, ROW_MODIFIED, NULL, NULL },
};

static const struct gainsight_field person_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, PERSON_NAME, NULL, NULL },
	{ "FirstName", "First Name", GAINSIGHT_STRING, PERSON_FIRST_NAME, NULL, NULL },
	{ "LastName", "Last Name", GAINSIGHT_STRING, PERSON_LAST_NAME, NULL, NULL },
	{ "Email", "Email", GAINSIGHT_EMAIL, PERSON_EMAIL, NULL, NULL },
	{ "CreatedDate", "Created Date", GAINSIGHT_DATETIME, ROW_CREATED, NULL, NULL },
	{ "ModifiedDate", "Modified Date", GAINSIGHT_DATETIME, ROW_MODIFIED, NULL, NULL },
};

static const struct gainsight_field company_person_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Company_ID", "Company ID", GAINSIGHT_LOOKUP, PERSON_COMPANY, &gainsight_company, NULL },
	{ "Person_ID", "Person ID", GAINSIGHT_LOOKUP, PERSON_PERSON, &gainsight_person, NULL },
	{ "Title", "Title", GAINSIGHT_STRING, PERSON_TITLE, NULL, NULL },
	{ "Active", "Active", GAINSIGHT_BOOLEAN, PERSON_ACTIVE, NULL, NULL },
	{ "CreatedDate", "Created Date", GAINSIGHT_DATETIME, ROW_CREATED, NULL, NULL },
	{ "ModifiedDate", "Modified Date", GAINSIGHT_DATETIME, ROW_MODIFIED, NULL, NULL },
};

static const struct gainsight_field call_to_action_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, CTA_NAME, NULL, NULL },
	{ "CompanyId", "Company", GAINSIGHT_LOOKUP, CTA_COMPANY, &gainsight_company, NULL },
	{ "TypeId", "Type", GAINSIGHT_LOOKUP, CTA_TYPE, &gainsight_da_picklist, NULL },
	{ "StatusId", "Status", GAINSIGHT_LOOKUP, CTA_STATUS, &gainsight_da_picklist, NULL },
	{ "PriorityId", "Priority", GAINSIGHT_LOOKUP, CTA_PRIORITY, &gainsight_da_picklist, NULL },
	{ "ReasonId", "Reason", GAINSIGHT_LOOKUP, CTA_REASON, &gainsight_da_picklist, NULL },
	{ "OwnerId", "Owner", GAINSIGHT_LOOKUP, CTA_OWNER, &gainsight_gsuser, NULL },
	{ "DueDate", "Due Date", GAINSIGHT_DATE, CTA_DUE, NULL, NULL },
	{ "IsClosed", "Is Closed", GAINSIGHT_BOOLEAN, CTA_CLOSED, NULL, NULL },
	{ "ClosedDate", "Closed Date", GAINSIGHT_DATETIME, CTA_CLOSED_AT, NULL, NULL },
	{ "CreatedDate", "Created Date", GAINSIGHT_DATETIME, ROW_CREATED, NULL, NULL },
	{ "ModifiedDate", "Modified Date", GAINSIGHT_DATETIME, ROW_MODIFIED, NULL, NULL },
};

static const struct gainsight_field da_picklist_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, ITEM_NAME, NULL, NULL },
	{ "CategoryName", "Category Name", GAINSIGHT_STRING, ITEM_CATEGORY, NULL, NULL },
	{ "Active", "Active", GAINSIGHT_BOOLEAN, ITEM_ACTIVE, NULL, NULL },
};

static const struct gainsight_field delete_log_fields[] = {
	{ "RecordId", "Record Id", GAINSIGHT_STRING, LOG_RECORD, NULL, NULL },
	{ "ObjectName", "Object Name", GAINSIGHT_STRING, LOG_OBJECT, NULL, NULL },
	{ "DeletedOn", "Deleted On", GAINSIGHT_DATETIME, LOG_DELETED_ON, NULL, NULL },
};

/* Names of our own: in a real tenant they are configuration (Gainsight, Scorecard Objects). */
static const struct gainsight_field health_fact_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "CompanyId", "Company Id", GAINSIGHT_LOOKUP, CTA_COMPANY, &gainsight_company, NULL },
	{ "MeasureId", "Measure Id", GAINSIGHT_LOOKUP, SCORE_MEASURE, &gainsight_measure, NULL },
	{ "CurrentScoreId", "Current Score Id", GAINSIGHT_LOOKUP, SCORE_CURRENT, &gainsight_scheme, NULL },
	{ "PreviousScoreId", "Previous Score Id", GAINSIGHT_LOOKUP, SCORE_PREVIOUS, &gainsight_scheme, NULL },
	{ "Trend", "Trend", GAINSIGHT_STRING, SCORE_TREND, NULL, NULL },
	{ "CreatedDate", "Created Date", GAINSIGHT_DATETIME, ROW_CREATED, NULL, NULL },
	{ "ModifiedDate", "Modified Date", GAINSIGHT_DATETIME, ROW_MODIFIED, NULL, NULL },
};

static const struct gainsight_field measure_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, MEASURE_NAME, NULL, NULL },
};

static const struct gainsight_field scheme_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, SCHEME_NAME, NULL, NULL },
	{ "Score", "Score", GAINSIGHT_NUMBER, SCHEME_SCORE, NULL, NULL },
	{ "Color", "Color", GAINSIGHT_STRING, SCHEME_COLOR, NULL, NULL },
};

#define high_volume_log_fields delete_log_fields

#define OBJECT(variable, object_name, object_label, object_source, object_kind, object_gsid)                       \
	const struct gainsight_object gainsight_##variable = { .name = object_name,                                \
		.label = object_label,                                                                             \
		.source = object_source,                                                                           \
		.kind = object_kind,                                                                               \
		.gsid = object_gsid,                                                                               \
		.fields = variable##_fields,                                                                       \
		.field_count = COUNT(variable##_fields) }

OBJECT(company, "company", "Company", GAINSIGHT_WORLD, WORLD_ACCOUNT, WORLD_GSID_COMPANY);
OBJECT(gsuser, "gsuser", "User", GAINSIGHT_WORLD, WORLD_STAFF, WORLD_GSID_USER);
OBJECT(person, "person", "Person", GAINSIGHT_WORLD, WORLD_CONTACT, WORLD_GSID_PERSON);
OBJECT(company_person, "company_person", "Company Person", GAINSIGHT_WORLD, WORLD_CONTACT,
	WORLD_GSID_COMPANY_PERSON);
OBJECT(call_to_action, "call_to_action", "Call To Action", GAINSIGHT_CTAS, WORLD_ACCOUNT, WORLD_GSID_OTHER);
OBJECT(da_picklist, "da_picklist", "Picklist", GAINSIGHT_PICKLIST_ITEMS, WORLD_KINDS, WORLD_GSID_PICKLIST);
OBJECT(delete_log, "record_delete_log", "Record Delete Log", GAINSIGHT_DELETE_LOG, WORLD_KINDS, WORLD_GSID_OTHER);

OBJECT(high_volume_log, "record_delete_log_high_volume", "Record Delete Log High Volume", GAINSIGHT_DELETE_LOG,
	WORLD_KINDS, WORLD_GSID_OTHER);
OBJECT(health_fact, "customer_health_fact", "Customer Health Fact", GAINSIGHT_SCORES, WORLD_ACCOUNT,
	WORLD_GSID_SCORE);
OBJECT(measure, "scorecard_measure", "Scorecard Measure", GAINSIGHT_MEASURES, WORLD_KINDS, WORLD_GSID_MEASURE);
OBJECT(scheme, "scorecard_scheme_definition", "Scorecard Scheme Definition", GAINSIGHT_SCHEME, WORLD_KINDS,
	WORLD_GSID_SCHEME);

static const struct gainsight_object *const objects[] = { &gainsight_company, &gainsight_gsuser, &gainsight_person,
	&gainsight_company_person, &gainsight_call_to_action, &gainsight_da_picklist, &gainsight_delete_log,
	&gainsight_high_volume_log, &gainsight_health_fact, &gainsight_measure, &gainsight_scheme };

const struct gainsight_object *gainsight_object_find(const char *name)
{
	for (size_t i = 0; i < COUNT(objects); i++)
		if (strcasecmp(name, objects[i]->name) == 0)
			return objects[i];
	return NULL;
}

const struct gainsight_object *gainsight_object_at(size_t position)
{
	return position < COUNT(objects) ? objects[position] : NULL;
}

bool gainsight_field_hidden(
	struct gainsight *gainsight, const struct gainsight_object *object, const struct gainsight_field *field)
{
	const char *value;
	size_t length;
	return switch_list_find(server_switch(gainsight->server, "gainsight.hide_field", ""), object->name,
		field->name, &value, &length);
}

const struct gainsight_field *gainsight_field_find(
	struct gainsight *gainsight, const struct gainsight_object *object, const char *name, size_t length)
{
	for (size_t i = 0; i < object->field_count; i++)
		if (strncmp(object->fields[i].name, name, length) == 0 && object->fields[i].name[length] == '\0')
			return gainsight_field_hidden(gainsight, object, &object->fields[i]) ? NULL
											     : &object->fields[i];
	return NULL;
}

enum gainsight_type gainsight_field_type(
	struct gainsight *gainsight, const struct gainsight_object *object, const struct gainsight_field *field)
{
	const char *value;
	size_t length;
	if (!switch_list_find(server_switch(gainsight->server, "gainsight.field_type", ""), object->name,
		    field->name, &value, &length))
		return field->type;
	for (int type = GAINSIGHT_GSID; type <= GAINSIGHT_DATE; type++) {
		const char *name = gainsight_type_name((enum gainsight_type)type);
		if (strlen(name) == length && strncmp(value, name, length) == 0)
			return (enum gainsight_type)type;
	}
	return field->type;
}

const char *gainsight_type_name(enum gainsight_type type)
{
	static const char *const names[] = {
		[GAINSIGHT_GSID] = "GSID",
		[GAINSIGHT_LOOKUP] = "LOOKUP",
		[GAINSIGHT_PICKLIST] = "PICKLIST",
		[GAINSIGHT_STRING] = "STRING",
		[GAINSIGHT_EMAIL] = "EMAIL",
		[GAINSIGHT_NUMBER] = "NUMBER",
		[GAINSIGHT_CURRENCY] = "CURRENCY",
		[GAINSIGHT_BOOLEAN] = "BOOLEAN",
		[GAINSIGHT_DATETIME] = "DATETIME",
		[GAINSIGHT_DATE] = "DATE",
	};
	return names[type];
}
