/* The objects of the played Gainsight tenant: their fields and how the world looks in them. */
#include "tests/sandbox/gainsight_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STREAM_STAGE 1021
#define STREAM_CTA 1022
#define STREAM_UNDATED 1023
#define STREAM_VISIBLE 1024
#define DAY_MS INT64_C(86400000)
#define DELETE_LOG_DAYS 15
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

enum {
	ITEM_COMPANY_ACTIVE = 0,
	ITEM_STAGE_FIRST = 3,
	ITEM_STAGE_AT_RISK = 6,
	ITEM_CTA_TYPE_FIRST = 7,
	ITEM_CTA_NEW = 10,
	ITEM_CTA_SUCCESS = 12,
	ITEM_CTA_PRIORITY_FIRST = 13,
	ITEM_CTA_REASON_FIRST = 16,
	ITEM_LICENSE_FULL = 18,
	ITEM_LICENSE_VIEWER = 19
};

static const struct gainsight_object company, gsuser, person, company_person, call_to_action, da_picklist,
	delete_log;

static const struct gainsight_field company_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, COMPANY_NAME, NULL, NULL },
	{ "Status", "Status", GAINSIGHT_PICKLIST, COMPANY_STATUS, NULL, "Company Status" },
	{ "Stage", "Stage", GAINSIGHT_PICKLIST, COMPANY_STAGE, NULL, "Customer Lifecycle Stage" },
	{ "Industry", "Industry", GAINSIGHT_STRING, COMPANY_INDUSTRY, NULL, NULL },
	{ "Employees", "Employees", GAINSIGHT_NUMBER, COMPANY_EMPLOYEES, NULL, NULL },
	{ "ARR", "ARR", GAINSIGHT_CURRENCY, COMPANY_ARR, NULL, NULL },
	{ "RenewalDate", "Renewal Date", GAINSIGHT_DATE, COMPANY_RENEWAL, NULL, NULL },
	{ "Csm", "CSM", GAINSIGHT_LOOKUP, COMPANY_CSM, &gsuser, NULL },
	{ "ParentCompany", "Parent Company", GAINSIGHT_LOOKUP, ROW_EMPTY, &company, NULL },
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
	{ "Company_ID", "Company ID", GAINSIGHT_LOOKUP, PERSON_COMPANY, &company, NULL },
	{ "Person_ID", "Person ID", GAINSIGHT_LOOKUP, PERSON_PERSON, &person, NULL },
	{ "Title", "Title", GAINSIGHT_STRING, PERSON_TITLE, NULL, NULL },
	{ "Active", "Active", GAINSIGHT_BOOLEAN, PERSON_ACTIVE, NULL, NULL },
	{ "CreatedDate", "Created Date", GAINSIGHT_DATETIME, ROW_CREATED, NULL, NULL },
	{ "ModifiedDate", "Modified Date", GAINSIGHT_DATETIME, ROW_MODIFIED, NULL, NULL },
};

static const struct gainsight_field call_to_action_fields[] = {
	{ "Gsid", "GSID", GAINSIGHT_GSID, ROW_GSID, NULL, NULL },
	{ "Name", "Name", GAINSIGHT_STRING, CTA_NAME, NULL, NULL },
	{ "CompanyId", "Company", GAINSIGHT_LOOKUP, CTA_COMPANY, &company, NULL },
	{ "TypeId", "Type", GAINSIGHT_LOOKUP, CTA_TYPE, &da_picklist, NULL },
	{ "StatusId", "Status", GAINSIGHT_LOOKUP, CTA_STATUS, &da_picklist, NULL },
	{ "PriorityId", "Priority", GAINSIGHT_LOOKUP, CTA_PRIORITY, &da_picklist, NULL },
	{ "ReasonId", "Reason", GAINSIGHT_LOOKUP, CTA_REASON, &da_picklist, NULL },
	{ "OwnerId", "Owner", GAINSIGHT_LOOKUP, CTA_OWNER, &gsuser, NULL },
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

#define OBJECT(variable, object_name, object_label, object_source, object_kind, object_gsid)                       \
	static const struct gainsight_object variable = { .name = object_name,                                     \
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

static const struct gainsight_object *const objects[] = { &company, &gsuser, &person, &company_person,
	&call_to_action, &da_picklist, &delete_log };

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

const struct gainsight_field *gainsight_field_find(
	const struct gainsight_object *object, const char *name, size_t length)
{
	for (size_t i = 0; i < object->field_count; i++)
		if (strncmp(object->fields[i].name, name, length) == 0 && object->fields[i].name[length] == '\0')
			return &object->fields[i];
	return NULL;
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

/* ---- rows ---- */

static void add_deletion(
	struct gainsight *gainsight, size_t *capacity, enum world_gsid type, uint32_t index, int64_t deleted_at)
{
	if (gainsight->deletion_count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 64;
		gainsight->deletions = reallocarray(gainsight->deletions, *capacity, sizeof(*gainsight->deletions));
		if (!gainsight->deletions)
			abort();
	}
	gainsight->deletions[gainsight->deletion_count++] = (struct gainsight_deletion){ type, index, deleted_at };
}

static void read_delete_log(struct gainsight *gainsight)
{
	static const enum world_kind kinds[] = { WORLD_ACCOUNT, WORLD_CONTACT };
	int64_t oldest = world_now() - DELETE_LOG_DAYS * DAY_MS;
	uint64_t generation = world_generation(gainsight->world);
	if (gainsight->deletions && gainsight->deletion_generation == generation &&
		gainsight->deletion_day == oldest / DAY_MS)
		return;
	free(gainsight->deletions);
	gainsight->deletions = NULL;
	gainsight->deletion_count = 0;
	gainsight->deletion_generation = generation;
	gainsight->deletion_day = oldest / DAY_MS;
	size_t capacity = 0;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct world_walk walk;
		struct gainsight_row row;
		uint32_t index;
		int64_t stamp;
		/* Deleting moves the stamp, so nothing deleted lately stands before this. */
		world_walk_start(&walk, gainsight->world, WORLD_GAINSIGHT, kinds[i], WORLD_BY_STAMP,
			WORLD_DELETED_ONLY, oldest, 0);
		while (world_walk_next(&walk, &index, &stamp)) {
			if (kinds[i] == WORLD_ACCOUNT) {
				world_account_read(gainsight->world, WORLD_GAINSIGHT, index, &row.of.account);
				if (row.of.account.deleted_at >= oldest)
					add_deletion(gainsight, &capacity, WORLD_GSID_COMPANY, index,
						row.of.account.deleted_at);
				continue;
			}
			world_contact_read(gainsight->world, WORLD_GAINSIGHT, index, &row.of.contact);
			if (row.of.contact.deleted_at < oldest)
				continue;
			add_deletion(gainsight, &capacity, WORLD_GSID_PERSON, index, row.of.contact.deleted_at);
			add_deletion(
				gainsight, &capacity, WORLD_GSID_COMPANY_PERSON, index, row.of.contact.deleted_at);
		}
	}
}

uint32_t gainsight_rows(struct gainsight *gainsight, const struct gainsight_object *object)
{
	switch (object->source) {
	case GAINSIGHT_WORLD:
	case GAINSIGHT_CTAS:
		return world_limit(gainsight->world, object->kind);
	case GAINSIGHT_PICKLIST_ITEMS:
		return GAINSIGHT_PICKLIST_COUNT;
	case GAINSIGHT_DELETE_LOG:
		read_delete_log(gainsight);
		return (uint32_t)gainsight->deletion_count;
	}
	return 0;
}

bool gainsight_row_exists(struct gainsight *gainsight, const struct gainsight_object *object, uint32_t index)
{
	if (object->source == GAINSIGHT_PICKLIST_ITEMS || object->source == GAINSIGHT_DELETE_LOG)
		return index < gainsight_rows(gainsight, object);
	if (index >= world_limit(gainsight->world, object->kind) ||
		!world_present(gainsight->world, WORLD_GAINSIGHT, object->kind, index) ||
		world_deleted(gainsight->world, WORLD_GAINSIGHT, object->kind, index))
		return false;
	if (object->source == GAINSIGHT_CTAS)
		return world_hash(gainsight->world, STREAM_CTA, index) % 12 == 0;
	if (object != &company)
		return true;
	long percent = server_switch_number(gainsight->server, "gainsight.visible_percent", 100);
	return percent >= 100 || (long)(world_hash(gainsight->world, STREAM_VISIBLE, index) % 100) < percent;
}

bool gainsight_row_undated(struct gainsight *gainsight, const struct gainsight_object *object, uint32_t index)
{
	if (object->source != GAINSIGHT_WORLD)
		return false;
	long every = server_switch_number(gainsight->server, "gainsight.null_modified_every", 0);
	return every > 0 && world_hash(gainsight->world, STREAM_UNDATED + (uint32_t)object->gsid * 16, index) %
					    (uint64_t)every ==
				    0;
}

bool gainsight_row_find(
	struct gainsight *gainsight, const struct gainsight_object *object, struct text_slice gsid, uint32_t *index)
{
	return world_gainsight_find(gainsight->world, object->gsid, gsid.bytes, gsid.length, index) &&
	       gainsight_row_exists(gainsight, object, *index);
}

void gainsight_row_set(struct gainsight_row *row, const struct gainsight_object *object, uint32_t index)
{
	row->object = object;
	row->index = index;
	row->read = false;
}

static void read_row(struct gainsight *gainsight, struct gainsight_row *row)
{
	if (row->read)
		return;
	row->read = true;
	if (row->object->source != GAINSIGHT_WORLD && row->object->source != GAINSIGHT_CTAS)
		return;
	switch (row->object->kind) {
	case WORLD_ACCOUNT:
		world_account_read(gainsight->world, WORLD_GAINSIGHT, row->index, &row->of.account);
		break;
	case WORLD_CONTACT:
		world_contact_read(gainsight->world, WORLD_GAINSIGHT, row->index, &row->of.contact);
		break;
	case WORLD_STAFF:
		world_staff_read(gainsight->world, row->index, &row->of.staff);
		break;
	default:
		break;
	}
}

/* ---- values ---- */

static void value_slice(struct gainsight_value *value, struct text_slice text)
{
	if (!text.bytes)
		return;
	value->kind = GAINSIGHT_VALUE_TEXT;
	value->text = text;
}

static void value_string(struct gainsight_value *value, const char *string)
{
	if (string)
		value_slice(value, text_slice_of(string));
}

static void value_gsid(
	struct gainsight *gainsight, struct gainsight_value *value, enum world_gsid type, uint32_t index)
{
	if (index == WORLD_NONE)
		return;
	world_gainsight_id(gainsight->world, type, index, value->space);
	value_slice(value, (struct text_slice){ value->space, 36 });
}

static void value_number(struct gainsight_value *value, double number)
{
	value->kind = GAINSIGHT_VALUE_NUMBER;
	value->number = number;
}

static void value_flag(struct gainsight_value *value, bool flag)
{
	value->kind = GAINSIGHT_VALUE_FLAG;
	value->flag = flag;
}

static void value_time(struct gainsight_value *value, int64_t time)
{
	value->kind = GAINSIGHT_VALUE_TIME;
	value->time = time;
}

static void value_item(struct gainsight *gainsight, struct gainsight_value *value, uint32_t item)
{
	bool labels = strcmp(server_switch(gainsight->server, "gainsight.picklists", "gsid"), "label") == 0;
	if (labels)
		value_string(value, gainsight_picklist_items[item].label);
	else
		value_gsid(gainsight, value, WORLD_GSID_PICKLIST, item);
}

static bool cta_closed(const struct world_account *account)
{
	return !account->has_health || account->health >= 40;
}

static void value_of_company(struct gainsight *gainsight, struct gainsight_row *row,
	enum gainsight_attribute attribute, struct gainsight_value *value)
{
	const struct world_account *account = &row->of.account;
	switch (attribute) {
	case COMPANY_NAME:
		value_slice(value, account->name);
		break;
	case COMPANY_STATUS:
		value_item(gainsight, value, ITEM_COMPANY_ACTIVE);
		break;
	case COMPANY_STAGE: {
		uint64_t hash = world_hash(gainsight->world, STREAM_STAGE, row->index);
		if (account->has_health && account->health < 30)
			value_item(gainsight, value, ITEM_STAGE_AT_RISK);
		else if (hash % 5 != 0)
			value_item(gainsight, value, ITEM_STAGE_FIRST + (uint32_t)(hash / 5 % 3));
		break;
	}
	case COMPANY_INDUSTRY:
		value_string(value, account->industry);
		break;
	case COMPANY_EMPLOYEES:
		value_number(value, account->employees);
		break;
	case COMPANY_ARR:
		if (account->annual_recurring_revenue != 0)
			value_number(value, (double)account->annual_recurring_revenue);
		break;
	case COMPANY_RENEWAL:
		if (account->renewal_day != WORLD_NO_DAY)
			value_time(value, account->renewal_day * DAY_MS);
		break;
	case COMPANY_CSM:
		value_gsid(gainsight, value, WORLD_GSID_USER, account->csm);
		break;
	case COMPANY_SALESFORCE_ID:
		world_gainsight_sfdc_id(gainsight->world, row->index, value->space);
		value_string(value, value->space);
		break;
	case COMPANY_HUBSPOT_ID:
		if (!world_present(gainsight->world, WORLD_HUBSPOT, WORLD_ACCOUNT, row->index))
			break;
		snprintf(value->space, sizeof(value->space), "%" PRIu64,
			world_hubspot_id(WORLD_ACCOUNT, row->index));
		value_string(value, value->space);
		break;
	case COMPANY_SCORE:
		if (account->has_health)
			value_number(value, account->health);
		break;
	default:
		break;
	}
}

static void value_of_cta(struct gainsight *gainsight, struct gainsight_row *row, enum gainsight_attribute attribute,
	struct gainsight_value *value)
{
	const struct world_account *account = &row->of.account;
	uint64_t hash = world_hash(gainsight->world, STREAM_CTA, row->index) / 12;
	switch (attribute) {
	case CTA_NAME: {
		int length = account->name.length > 50 ? 50 : (int)account->name.length;
		snprintf(value->space, sizeof(value->space), "Check %.*s", length,
			account->name.bytes ? account->name.bytes : "");
		value_string(value, value->space);
		break;
	}
	case CTA_COMPANY:
		value_gsid(gainsight, value, WORLD_GSID_COMPANY, row->index);
		break;
	case CTA_TYPE:
		value_gsid(gainsight, value, WORLD_GSID_PICKLIST,
			ITEM_CTA_TYPE_FIRST + (hash % 3 == 0 ? (uint32_t)(1 + hash / 3 % 2) : 0));
		break;
	case CTA_STATUS:
		value_gsid(gainsight, value, WORLD_GSID_PICKLIST,
			cta_closed(account) ? ITEM_CTA_SUCCESS : ITEM_CTA_NEW);
		break;
	case CTA_PRIORITY:
		value_gsid(gainsight, value, WORLD_GSID_PICKLIST, ITEM_CTA_PRIORITY_FIRST + (uint32_t)(hash % 3));
		break;
	case CTA_REASON:
		value_gsid(gainsight, value, WORLD_GSID_PICKLIST, ITEM_CTA_REASON_FIRST + (uint32_t)(hash % 2));
		break;
	case CTA_OWNER:
		value_gsid(gainsight, value, WORLD_GSID_USER, account->csm);
		break;
	case CTA_DUE:
		value_time(value, (account->modified_at / DAY_MS + 14) * DAY_MS);
		break;
	case CTA_CLOSED:
		value_flag(value, cta_closed(account));
		break;
	case CTA_CLOSED_AT:
		if (cta_closed(account))
			value_time(value, account->modified_at);
		break;
	default:
		break;
	}
}

static void value_of_contact(struct gainsight *gainsight, struct gainsight_row *row,
	enum gainsight_attribute attribute, struct gainsight_value *value)
{
	const struct world_contact *contact = &row->of.contact;
	switch (attribute) {
	case PERSON_FIRST_NAME:
		value_slice(value, contact->first_name);
		break;
	case PERSON_LAST_NAME:
		value_slice(value, contact->last_name);
		break;
	case PERSON_NAME:
		snprintf(value->space, sizeof(value->space), "%.*s%s%.*s",
			contact->first_name.length > 38 ? 38 : (int)contact->first_name.length,
			contact->first_name.bytes ? contact->first_name.bytes : "",
			contact->first_name.bytes ? " " : "",
			contact->last_name.length > 38 ? 38 : (int)contact->last_name.length,
			contact->last_name.bytes ? contact->last_name.bytes : "");
		value_string(value, value->space);
		break;
	case PERSON_EMAIL:
		value_slice(value, contact->email);
		break;
	case PERSON_TITLE:
		value_slice(value, contact->title);
		break;
	case PERSON_ACTIVE:
		value_flag(value, true);
		break;
	case PERSON_COMPANY:
		value_gsid(gainsight, value, WORLD_GSID_COMPANY, contact->account);
		break;
	case PERSON_PERSON:
		value_gsid(gainsight, value, WORLD_GSID_PERSON, row->index);
		break;
	default:
		break;
	}
}

static void value_of_user(struct gainsight *gainsight, struct gainsight_row *row,
	enum gainsight_attribute attribute, struct gainsight_value *value)
{
	const struct world_staff *staff = &row->of.staff;
	switch (attribute) {
	case USER_NAME:
		value_string(value, staff->name);
		break;
	case USER_FIRST_NAME:
		value_string(value, staff->first_name);
		break;
	case USER_LAST_NAME:
		value_string(value, staff->last_name);
		break;
	case USER_EMAIL:
		value_string(value, staff->email);
		break;
	case USER_ACTIVE:
		value_flag(value, staff->active);
		break;
	case USER_LICENSE:
		value_item(gainsight, value, staff->is_csm ? ITEM_LICENSE_FULL : ITEM_LICENSE_VIEWER);
		break;
	default:
		break;
	}
}

static void value_of_item(uint32_t index, enum gainsight_attribute attribute, struct gainsight_value *value)
{
	if (attribute == ITEM_NAME)
		value_string(value, gainsight_picklist_items[index].label);
	else if (attribute == ITEM_CATEGORY)
		value_string(value, gainsight_picklist_items[index].category);
	else
		value_flag(value, gainsight_picklist_items[index].active);
}

static void value_of_deletion(struct gainsight *gainsight, uint32_t index, enum gainsight_attribute attribute,
	struct gainsight_value *value)
{
	const struct gainsight_deletion *deletion = &gainsight->deletions[index];
	if (attribute == LOG_RECORD)
		value_gsid(gainsight, value, deletion->type, deletion->index);
	else if (attribute == LOG_DELETED_ON)
		value_time(value, deletion->deleted_at);
	else
		value_string(value, deletion->type == WORLD_GSID_COMPANY  ? company.name
				    : deletion->type == WORLD_GSID_PERSON ? person.name
									  : company_person.name);
}

static void value_of_stamp(struct gainsight *gainsight, const struct gainsight_row *row,
	enum gainsight_attribute attribute, struct gainsight_value *value)
{
	bool created = attribute == ROW_CREATED;
	if (!created && gainsight_row_undated(gainsight, row->object, row->index))
		return;
	switch (row->object->kind) {
	case WORLD_ACCOUNT:
		value_time(value, created ? row->of.account.created_at : row->of.account.modified_at);
		break;
	case WORLD_CONTACT:
		value_time(value, created ? row->of.contact.created_at : row->of.contact.modified_at);
		break;
	case WORLD_STAFF:
		value_time(value, created ? row->of.staff.created_at : row->of.staff.modified_at);
		break;
	default:
		break;
	}
}

void gainsight_row_value(struct gainsight *gainsight, struct gainsight_row *row,
	const struct gainsight_field *field, struct gainsight_value *value)
{
	value->kind = GAINSIGHT_VALUE_NULL;
	value->text = (struct text_slice){ NULL, 0 };
	if (field->attribute == ROW_EMPTY)
		return;
	if (field->attribute == ROW_GSID) {
		value_gsid(gainsight, value, row->object->gsid, row->index);
		return;
	}
	read_row(gainsight, row);
	if (field->attribute == ROW_CREATED || field->attribute == ROW_MODIFIED)
		value_of_stamp(gainsight, row, field->attribute, value);
	else if (row->object->source == GAINSIGHT_PICKLIST_ITEMS)
		value_of_item(row->index, field->attribute, value);
	else if (row->object->source == GAINSIGHT_DELETE_LOG)
		value_of_deletion(gainsight, row->index, field->attribute, value);
	else if (row->object->source == GAINSIGHT_CTAS)
		value_of_cta(gainsight, row, field->attribute, value);
	else if (row->object->kind == WORLD_ACCOUNT)
		value_of_company(gainsight, row, field->attribute, value);
	else if (row->object->kind == WORLD_CONTACT)
		value_of_contact(gainsight, row, field->attribute, value);
	else
		value_of_user(gainsight, row, field->attribute, value);
}

bool gainsight_row_lookup(struct gainsight *gainsight, struct gainsight_row *row,
	const struct gainsight_field *field, uint32_t *index)
{
	struct gainsight_value value;
	gainsight_row_value(gainsight, row, field, &value);
	return value.kind == GAINSIGHT_VALUE_TEXT &&
	       gainsight_row_find(gainsight, field->lookup, value.text, index);
}

void gainsight_value_write(struct gainsight *gainsight, const struct gainsight_field *field,
	const struct gainsight_value *value, struct text_buffer *out)
{
	char time[32];
	switch (value->kind) {
	case GAINSIGHT_VALUE_NULL:
		text_buffer_add_string(out, "null");
		break;
	case GAINSIGHT_VALUE_TEXT:
		text_buffer_add_json(out, value->text);
		break;
	case GAINSIGHT_VALUE_FLAG:
		text_buffer_add_string(out, value->flag ? "true" : "false");
		break;
	case GAINSIGHT_VALUE_NUMBER:
		/* Currencies are printed as Java prints a double. */
		if (field->type == GAINSIGHT_CURRENCY)
			text_buffer_format(out, "%.1f", value->number);
		else
			text_buffer_format(out, "%.10g", value->number);
		break;
	case GAINSIGHT_VALUE_TIME:
		if (field->attribute == LOG_DELETED_ON) {
			text_format_salesforce_time(time, value->time);
		} else if (strcmp(server_switch(gainsight->server, "gainsight.dates", "ms"), "iso") != 0) {
			text_buffer_add_number(out, value->time);
			break;
		} else if (field->type == GAINSIGHT_DATE) {
			text_format_date(time, value->time);
		} else {
			text_format_iso_time(time, value->time);
		}
		text_buffer_format(out, "\"%s\"", time);
		break;
	}
}
