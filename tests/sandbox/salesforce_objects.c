#include "tests/sandbox/salesforce_objects.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DAY_MS INT64_C(86400000)

enum attribute {
	A_ID,
	A_IS_DELETED,
	A_MASTER,
	A_CREATED,
	A_CREATED_BY,
	A_MODIFIED,
	A_MODIFIED_BY,
	A_STAMP,
	A_OWNER,
	A_NAME,
	A_FIRST_NAME,
	A_LAST_NAME,
	A_EMAIL,
	A_ACCOUNT,
	A_CONTACT,
	A_MANAGER,
	A_ACTIVE,
	A_TYPE,
	A_INDUSTRY,
	A_COUNTRY,
	A_WEBSITE,
	A_REVENUE,
	A_EMPLOYEES,
	A_HEALTH,
	A_ADVOCATE,
	A_TITLE,
	A_PHONE,
	A_OPTED_OUT,
	A_DO_NOT_CALL,
	A_NUMBER,
	A_SUBJECT,
	A_STATUS,
	A_PRIORITY,
	A_CLOSED,
	A_CLOSED_DATE,
	A_ESCALATED,
	A_STAGE,
	A_AMOUNT,
	A_PROBABILITY,
	A_WON,
	A_FORECAST,
	A_ORIGIN,
	A_USER_TYPE,
	A_TIME_ZONE,
	A_NULL,
	A_FALSE
};

#define COMMON_FIELDS                                                                                              \
	{ "CreatedDate", SALESFORCE_DATETIME, A_CREATED, NULL, WORLD_KINDS },                                      \
		{ "CreatedById", SALESFORCE_REFERENCE, A_CREATED_BY, "CreatedBy", WORLD_STAFF },                   \
		{ "LastModifiedDate", SALESFORCE_DATETIME, A_MODIFIED, NULL, WORLD_KINDS },                        \
		{ "LastModifiedById", SALESFORCE_REFERENCE, A_MODIFIED_BY, "LastModifiedBy", WORLD_STAFF },        \
	{                                                                                                          \
		"SystemModstamp", SALESFORCE_DATETIME, A_STAMP, NULL, WORLD_KINDS                                  \
	}
#define PLAIN(name, type, attribute)                                                                               \
	{                                                                                                          \
		name, type, attribute, NULL, WORLD_KINDS                                                           \
	}

static const struct salesforce_field user_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("Username", SALESFORCE_STRING, A_EMAIL),
	PLAIN("LastName", SALESFORCE_STRING, A_LAST_NAME),
	PLAIN("FirstName", SALESFORCE_STRING, A_FIRST_NAME),
	PLAIN("Name", SALESFORCE_STRING, A_NAME),
	PLAIN("Email", SALESFORCE_EMAIL, A_EMAIL),
	PLAIN("IsActive", SALESFORCE_BOOLEAN, A_ACTIVE),
	PLAIN("UserType", SALESFORCE_PICKLIST, A_USER_TYPE),
	PLAIN("TimeZoneSidKey", SALESFORCE_PICKLIST, A_TIME_ZONE),
	{ "ManagerId", SALESFORCE_REFERENCE, A_MANAGER, "Manager", WORLD_STAFF },
	COMMON_FIELDS,
};
static const struct salesforce_field account_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("IsDeleted", SALESFORCE_BOOLEAN, A_IS_DELETED),
	{ "MasterRecordId", SALESFORCE_REFERENCE, A_MASTER, "MasterRecord", WORLD_ACCOUNT },
	PLAIN("Name", SALESFORCE_STRING, A_NAME),
	PLAIN("Type", SALESFORCE_PICKLIST, A_TYPE),
	{ "ParentId", SALESFORCE_REFERENCE, A_NULL, "Parent", WORLD_ACCOUNT },
	PLAIN("BillingCountry", SALESFORCE_STRING, A_COUNTRY),
	PLAIN("Website", SALESFORCE_URL, A_WEBSITE),
	PLAIN("Industry", SALESFORCE_PICKLIST, A_INDUSTRY),
	PLAIN("AnnualRevenue", SALESFORCE_CURRENCY, A_REVENUE),
	PLAIN("NumberOfEmployees", SALESFORCE_INT, A_EMPLOYEES),
	PLAIN("Rating", SALESFORCE_PICKLIST, A_NULL),
	{ "OwnerId", SALESFORCE_REFERENCE, A_OWNER, "Owner", WORLD_STAFF },
	PLAIN("IsPersonAccount", SALESFORCE_BOOLEAN, A_FALSE),
	PLAIN("LastActivityDate", SALESFORCE_DATE, A_NULL),
	PLAIN("Health_Score__c", SALESFORCE_DOUBLE, A_HEALTH),
	COMMON_FIELDS,
};
static const struct salesforce_field contact_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("IsDeleted", SALESFORCE_BOOLEAN, A_IS_DELETED),
	{ "MasterRecordId", SALESFORCE_REFERENCE, A_NULL, "MasterRecord", WORLD_CONTACT },
	{ "AccountId", SALESFORCE_REFERENCE, A_ACCOUNT, "Account", WORLD_ACCOUNT },
	PLAIN("LastName", SALESFORCE_STRING, A_LAST_NAME),
	PLAIN("FirstName", SALESFORCE_STRING, A_FIRST_NAME),
	PLAIN("Name", SALESFORCE_STRING, A_NAME),
	PLAIN("Title", SALESFORCE_STRING, A_TITLE),
	PLAIN("Email", SALESFORCE_EMAIL, A_EMAIL),
	PLAIN("Phone", SALESFORCE_PHONE, A_PHONE),
	PLAIN("MobilePhone", SALESFORCE_PHONE, A_NULL),
	{ "OwnerId", SALESFORCE_REFERENCE, A_OWNER, "Owner", WORLD_STAFF },
	PLAIN("HasOptedOutOfEmail", SALESFORCE_BOOLEAN, A_OPTED_OUT),
	PLAIN("HasOptedOutOfFax", SALESFORCE_BOOLEAN, A_FALSE),
	PLAIN("DoNotCall", SALESFORCE_BOOLEAN, A_DO_NOT_CALL),
	PLAIN("EmailBouncedReason", SALESFORCE_STRING, A_NULL),
	PLAIN("EmailBouncedDate", SALESFORCE_DATETIME, A_NULL),
	PLAIN("IsEmailBounced", SALESFORCE_BOOLEAN, A_FALSE),
	PLAIN("IndividualId", SALESFORCE_REFERENCE, A_NULL),
	PLAIN("Reference_Advocate__c", SALESFORCE_BOOLEAN, A_ADVOCATE),
	COMMON_FIELDS,
};
static const struct salesforce_field case_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("IsDeleted", SALESFORCE_BOOLEAN, A_IS_DELETED),
	{ "MasterRecordId", SALESFORCE_REFERENCE, A_NULL, "MasterRecord", WORLD_CASE },
	PLAIN("CaseNumber", SALESFORCE_STRING, A_NUMBER),
	{ "ContactId", SALESFORCE_REFERENCE, A_CONTACT, "Contact", WORLD_CONTACT },
	{ "AccountId", SALESFORCE_REFERENCE, A_ACCOUNT, "Account", WORLD_ACCOUNT },
	{ "ParentId", SALESFORCE_REFERENCE, A_NULL, "Parent", WORLD_CASE },
	PLAIN("ContactEmail", SALESFORCE_EMAIL, A_EMAIL),
	PLAIN("Subject", SALESFORCE_STRING, A_SUBJECT),
	PLAIN("Status", SALESFORCE_PICKLIST, A_STATUS),
	PLAIN("Priority", SALESFORCE_PICKLIST, A_PRIORITY),
	PLAIN("Origin", SALESFORCE_PICKLIST, A_ORIGIN),
	PLAIN("Type", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("Reason", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("IsClosed", SALESFORCE_BOOLEAN, A_CLOSED),
	PLAIN("ClosedDate", SALESFORCE_DATETIME, A_CLOSED_DATE),
	PLAIN("IsClosedOnCreate", SALESFORCE_BOOLEAN, A_FALSE),
	PLAIN("IsEscalated", SALESFORCE_BOOLEAN, A_ESCALATED),
	PLAIN("IsStopped", SALESFORCE_BOOLEAN, A_FALSE),
	{ "OwnerId", SALESFORCE_REFERENCE, A_OWNER, "Owner", WORLD_STAFF },
	COMMON_FIELDS,
};
static const struct salesforce_field opportunity_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("IsDeleted", SALESFORCE_BOOLEAN, A_IS_DELETED),
	{ "AccountId", SALESFORCE_REFERENCE, A_ACCOUNT, "Account", WORLD_ACCOUNT },
	PLAIN("Name", SALESFORCE_STRING, A_NAME),
	PLAIN("StageName", SALESFORCE_PICKLIST, A_STAGE),
	PLAIN("Amount", SALESFORCE_CURRENCY, A_AMOUNT),
	PLAIN("Probability", SALESFORCE_PERCENT, A_PROBABILITY),
	PLAIN("CloseDate", SALESFORCE_DATE, A_CLOSED_DATE),
	PLAIN("Type", SALESFORCE_PICKLIST, A_TYPE),
	PLAIN("NextStep", SALESFORCE_STRING, A_NULL),
	PLAIN("LeadSource", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("IsClosed", SALESFORCE_BOOLEAN, A_CLOSED),
	PLAIN("IsWon", SALESFORCE_BOOLEAN, A_WON),
	PLAIN("ForecastCategory", SALESFORCE_PICKLIST, A_FORECAST),
	{ "OwnerId", SALESFORCE_REFERENCE, A_OWNER, "Owner", WORLD_STAFF },
	PLAIN("LastStageChangeDate", SALESFORCE_DATETIME, A_STAMP),
	PLAIN("HasOpenActivity", SALESFORCE_BOOLEAN, A_FALSE),
	COMMON_FIELDS,
};

#define OBJECT(name, kind, prefix, fields)                                                                         \
	{                                                                                                          \
		name, kind, prefix, fields, sizeof(fields) / sizeof(*(fields))                                     \
	}

const struct salesforce_object salesforce_objects[5] = {
	OBJECT("User", WORLD_STAFF, "005", user_fields),
	OBJECT("Account", WORLD_ACCOUNT, "001", account_fields),
	OBJECT("Contact", WORLD_CONTACT, "003", contact_fields),
	OBJECT("Case", WORLD_CASE, "500", case_fields),
	OBJECT("Opportunity", WORLD_OPPORTUNITY, "006", opportunity_fields),
};

const struct salesforce_object *salesforce_object_find(const char *name, size_t length)
{
	for (size_t at = 0; at < 5; at++)
		if (strlen(salesforce_objects[at].name) == length &&
			strncasecmp(salesforce_objects[at].name, name, length) == 0)
			return &salesforce_objects[at];
	return NULL;
}

const struct salesforce_object *salesforce_object_of(enum world_kind kind)
{
	for (size_t at = 0; at < 5; at++)
		if (salesforce_objects[at].kind == kind)
			return &salesforce_objects[at];
	return NULL;
}

const struct salesforce_field *salesforce_field_find(
	const struct salesforce_object *object, const char *name, size_t length)
{
	for (size_t at = 0; at < object->field_count; at++)
		if (strlen(object->fields[at].name) == length &&
			strncasecmp(object->fields[at].name, name, length) == 0)
			return &object->fields[at];
	return NULL;
}

const struct salesforce_field *salesforce_relationship_find(
	const struct salesforce_object *object, const char *name, size_t length)
{
	for (size_t at = 0; at < object->field_count; at++) {
		const char *relationship = object->fields[at].relationship;

		if (relationship && strlen(relationship) == length && strncasecmp(relationship, name, length) == 0)
			return &object->fields[at];
	}
	return NULL;
}

void salesforce_record_open(struct salesforce_record *record, const struct world *world,
	const struct salesforce_object *object, uint32_t index)
{
	record->world = world;
	record->object = object;
	record->index = index;
	record->loaded = false;
	record->queue = false;
}

static void record_load(struct salesforce_record *record)
{
	if (record->loaded)
		return;
	record->loaded = true;
	switch (record->object->kind) {
	case WORLD_STAFF:
		world_staff_read(record->world, record->index, &record->as.staff);
		return;
	case WORLD_ACCOUNT:
		world_account_read(record->world, WORLD_SALESFORCE, record->index, &record->as.account);
		return;
	case WORLD_CONTACT:
		world_contact_read(record->world, WORLD_SALESFORCE, record->index, &record->as.contact);
		return;
	case WORLD_CASE:
		world_case_read(record->world, WORLD_SALESFORCE, record->index, &record->as.support_case);
		return;
	case WORLD_OPPORTUNITY:
		world_opportunity_read(record->world, WORLD_SALESFORCE, record->index, &record->as.opportunity);
		return;
	case WORLD_KINDS:
		return;
	}
}

/* Every tenth case waits in a queue. */
static bool case_in_queue(const struct salesforce_record *record)
{
	return record->object->kind == WORLD_CASE && record->index % 10 == 4;
}

/* What a lookup points at, WORLD_NONE for nothing. */
static uint32_t record_target(struct salesforce_record *record, int attribute)
{
	record_load(record);
	switch (attribute) {
	case A_MASTER:
		return record->as.account.merged_into;
	case A_MANAGER:
		return record->as.staff.manager;
	case A_CONTACT:
		return record->as.support_case.contact;
	case A_ACCOUNT:
		if (record->object->kind == WORLD_CONTACT)
			return record->as.contact.account;
		return record->object->kind == WORLD_CASE ? record->as.support_case.account
							  : record->as.opportunity.account;
	case A_OWNER:
	case A_CREATED_BY:
	case A_MODIFIED_BY:
		if (record->object->kind == WORLD_STAFF)
			return 0;
		if (record->object->kind == WORLD_ACCOUNT)
			return record->as.account.owner;
		if (record->object->kind == WORLD_CASE)
			return record->as.support_case.owner;
		if (record->object->kind == WORLD_OPPORTUNITY)
			return record->as.opportunity.owner;
		return world_account_owner(record->world, record->as.contact.account);
	default:
		return WORLD_NONE;
	}
}

bool salesforce_record_parent(struct salesforce_record *record, const struct salesforce_field *relationship,
	struct salesforce_record *parent)
{
	uint32_t target = record_target(record, relationship->attribute);

	if (target == WORLD_NONE)
		return false;
	salesforce_record_open(parent, record->world, salesforce_object_of(relationship->target), target);
	parent->queue = relationship->attribute == A_OWNER && case_in_queue(record);
	return true;
}

static void value_set_id(struct salesforce_value *value, enum world_kind kind, uint32_t index)
{
	value->null = index == WORLD_NONE;
	if (value->null)
		return;
	world_salesforce_id(kind, index, value->id);
	value->text = (struct text_slice){ .bytes = value->id, .length = 18 };
}

static void value_set_text(struct salesforce_value *value, struct text_slice text)
{
	value->text = text;
	value->null = !text.bytes || !text.length;
}

static void value_set_string(struct salesforce_value *value, const char *text)
{
	value_set_text(value, text_slice_of(text));
}

static void value_compose(
	struct salesforce_value *value, struct text_slice first, const char *between, struct text_slice last)
{
	value->scratch->length = 0;
	text_buffer_add(value->scratch, first.bytes, first.length);
	text_buffer_add_string(value->scratch, between);
	text_buffer_add(value->scratch, last.bytes, last.length);
	value_set_text(value, (struct text_slice){ value->scratch->bytes, value->scratch->length });
}

static int64_t record_created(const struct salesforce_record *record)
{
	switch (record->object->kind) {
	case WORLD_STAFF:
		return record->as.staff.created_at;
	case WORLD_ACCOUNT:
		return record->as.account.created_at;
	case WORLD_CONTACT:
		return record->as.contact.created_at;
	case WORLD_CASE:
		return record->as.support_case.created_at;
	case WORLD_OPPORTUNITY:
	case WORLD_KINDS:
		break;
	}
	return record->as.opportunity.created_at;
}

static void user_value(struct salesforce_record *record, int attribute, struct salesforce_value *value)
{
	const struct world_staff *staff = &record->as.staff;

	switch (attribute) {
	case A_NAME:
		value_set_string(value, staff->name);
		return;
	case A_FIRST_NAME:
		value_set_string(value, staff->first_name);
		return;
	case A_LAST_NAME:
		value_set_string(value, staff->last_name);
		return;
	case A_EMAIL:
		value_set_string(value, record->queue ? NULL : staff->email);
		return;
	case A_ACTIVE:
		value->boolean = staff->active;
		return;
	case A_USER_TYPE:
		value_set_string(value, "Standard");
		return;
	case A_TIME_ZONE:
		value_set_string(value, "Europe/Berlin");
		return;
	default:
		value->null = true;
	}
}

static void account_value(const struct world_account *account, int attribute, struct salesforce_value *value)
{
	switch (attribute) {
	case A_NAME:
		value_set_text(value, account->name);
		return;
	case A_TYPE:
		value_set_string(value, "Customer - Direct");
		return;
	case A_COUNTRY:
		value_set_string(value, account->country);
		return;
	case A_INDUSTRY:
		value_set_string(value, account->industry);
		return;
	case A_WEBSITE:
		if (account->domain.bytes)
			value_compose(value, text_slice_of("https://www."), "", account->domain);
		else
			value->null = true;
		return;
	case A_REVENUE:
		value->number = (double)account->annual_recurring_revenue;
		value->null = !account->annual_recurring_revenue;
		return;
	case A_EMPLOYEES:
		value->number = account->employees;
		return;
	case A_HEALTH:
		value->number = account->health;
		value->null = !account->has_health;
		return;
	default:
		value->null = true;
	}
}

static void contact_value(const struct world_contact *contact, int attribute, struct salesforce_value *value)
{
	switch (attribute) {
	case A_NAME:
		value_compose(value, contact->first_name, contact->first_name.bytes ? " " : "", contact->last_name);
		return;
	case A_FIRST_NAME:
		value_set_text(value, contact->first_name);
		return;
	case A_LAST_NAME:
		value_set_text(value, contact->last_name);
		return;
	case A_EMAIL:
		value_set_text(value, contact->email);
		return;
	case A_TITLE:
		value_set_text(value, contact->title);
		return;
	case A_PHONE:
		value_set_text(value, contact->phone);
		return;
	case A_OPTED_OUT:
		value->boolean = contact->opted_out;
		return;
	case A_DO_NOT_CALL:
		value->boolean = contact->do_not_call;
		return;
	case A_ADVOCATE:
		value->boolean = contact->advocate;
		return;
	default:
		value->null = true;
	}
}

static void case_value(struct salesforce_record *record, int attribute, struct salesforce_value *value)
{
	const struct world_case *support_case = &record->as.support_case;
	struct world_contact contact;

	switch (attribute) {
	case A_NUMBER:
		value->scratch->length = 0;
		text_buffer_format(value->scratch, "%08u", support_case->number);
		value_set_text(value, (struct text_slice){ value->scratch->bytes, value->scratch->length });
		return;
	case A_SUBJECT:
		value_set_text(value, support_case->subject);
		return;
	case A_STATUS:
		value_set_string(value, support_case->closed      ? "Closed"
					: support_case->escalated ? "Escalated"
								  : "Working");
		return;
	case A_PRIORITY:
		value_set_string(value, support_case->priority);
		return;
	case A_ORIGIN:
		value_set_string(value, record->index % 3 ? "Email" : "Web");
		return;
	case A_CLOSED:
		value->boolean = support_case->closed;
		return;
	case A_CLOSED_DATE:
		value->time = support_case->closed_at;
		value->null = !support_case->closed;
		return;
	case A_ESCALATED:
		value->boolean = support_case->escalated;
		return;
	case A_EMAIL:
		value->null = true;
		if (support_case->contact == WORLD_NONE)
			return;
		world_contact_read(record->world, WORLD_SALESFORCE, support_case->contact, &contact);
		value_compose(value, contact.email, "", (struct text_slice){ 0 });
		return;
	default:
		value->null = true;
	}
}

static void opportunity_value(
	const struct world_opportunity *opportunity, int attribute, struct salesforce_value *value)
{
	switch (attribute) {
	case A_NAME:
		value_set_text(value, opportunity->name);
		return;
	case A_STAGE:
		value_set_string(value, opportunity->stage);
		return;
	case A_AMOUNT:
		value->number = (double)opportunity->amount;
		value->null = !opportunity->amount;
		return;
	case A_PROBABILITY:
		value->number = opportunity->probability;
		return;
	case A_CLOSED_DATE:
		value->time = opportunity->close_day * DAY_MS;
		return;
	case A_TYPE:
		value_set_string(value, opportunity->renewal ? "Renewal" : "New Business");
		return;
	case A_CLOSED:
		value->boolean = opportunity->closed;
		return;
	case A_WON:
		value->boolean = opportunity->won;
		return;
	case A_FORECAST:
		value_set_string(value, opportunity->won ? "Closed" : opportunity->closed ? "Omitted" : "Pipeline");
		return;
	default:
		value->null = true;
	}
}

static bool common_value(
	struct salesforce_record *record, const struct salesforce_field *field, struct salesforce_value *value)
{
	switch (field->attribute) {
	case A_ID:
		value_set_id(value, record->object->kind, record->index);
		return true;
	case A_IS_DELETED:
		value->boolean =
			world_deleted(record->world, WORLD_SALESFORCE, record->object->kind, record->index);
		return true;
	case A_STAMP:
		value->time = world_stamp(record->world, WORLD_SALESFORCE, record->object->kind, record->index);
		return true;
	case A_MODIFIED:
		/* A roll-up or a robot moves the stamp alone, now and then. */
		value->time = world_stamp(record->world, WORLD_SALESFORCE, record->object->kind, record->index) -
			      (record->index % 5 == 0 ? 3600000 : 0);
		return true;
	case A_CREATED:
		record_load(record);
		value->time = record_created(record);
		return true;
	case A_NULL:
		value->null = true;
		return true;
	case A_FALSE:
		value->boolean = false;
		return true;
	case A_OWNER:
		if (case_in_queue(record)) {
			memcpy(value->id, "00G5g000001QueUEAU", 19);
			value->text = (struct text_slice){ .bytes = value->id, .length = 18 };
			return true;
		}
		break;
	default:
		break;
	}
	if (field->type != SALESFORCE_REFERENCE)
		return false;
	value_set_id(value, field->target, record_target(record, field->attribute));
	return true;
}

void salesforce_record_value(
	struct salesforce_record *record, const struct salesforce_field *field, struct salesforce_value *value)
{
	value->null = false;
	if (common_value(record, field, value))
		return;
	record_load(record);
	switch (record->object->kind) {
	case WORLD_STAFF:
		user_value(record, field->attribute, value);
		return;
	case WORLD_ACCOUNT:
		account_value(&record->as.account, field->attribute, value);
		return;
	case WORLD_CONTACT:
		contact_value(&record->as.contact, field->attribute, value);
		return;
	case WORLD_CASE:
		case_value(record, field->attribute, value);
		return;
	case WORLD_OPPORTUNITY:
		opportunity_value(&record->as.opportunity, field->attribute, value);
		return;
	case WORLD_KINDS:
		return;
	}
}
