#include "tests/sandbox/salesforce_objects.h"

#include "tests/sandbox/salesforce_attribute.h"

#include <string.h>
#include <strings.h>

#define PLAIN(field_name, field_type, field_attribute)                                                             \
	{                                                                                                          \
		.name = field_name, .type = field_type, .native = field_type, .attribute = field_attribute,        \
		.target = WORLD_KINDS                                                                              \
	}
#define LOOKUP(field_name, field_attribute, field_relationship, field_target)                                      \
	{                                                                                                          \
		.name = field_name, .type = SALESFORCE_REFERENCE, .native = SALESFORCE_REFERENCE,                  \
		.attribute = field_attribute, .relationship = field_relationship, .target = field_target           \
	}
#define COMMON_FIELDS                                                                                              \
	PLAIN("CreatedDate", SALESFORCE_DATETIME, A_CREATED),                                                      \
		LOOKUP("CreatedById", A_CREATED_BY, "CreatedBy", WORLD_STAFF),                                     \
		PLAIN("LastModifiedDate", SALESFORCE_DATETIME, A_MODIFIED),                                        \
		LOOKUP("LastModifiedById", A_MODIFIED_BY, "LastModifiedBy", WORLD_STAFF),                          \
		PLAIN("SystemModstamp", SALESFORCE_DATETIME, A_STAMP)

static struct salesforce_field user_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("Username", SALESFORCE_STRING, A_EMAIL),
	PLAIN("LastName", SALESFORCE_STRING, A_LAST_NAME),
	PLAIN("FirstName", SALESFORCE_STRING, A_FIRST_NAME),
	PLAIN("Name", SALESFORCE_STRING, A_NAME),
	PLAIN("Email", SALESFORCE_EMAIL, A_EMAIL),
	PLAIN("IsActive", SALESFORCE_BOOLEAN, A_ACTIVE),
	PLAIN("UserType", SALESFORCE_PICKLIST, A_USER_TYPE),
	PLAIN("TimeZoneSidKey", SALESFORCE_PICKLIST, A_TIME_ZONE),
	LOOKUP("ManagerId", A_MANAGER, "Manager", WORLD_STAFF),
	COMMON_FIELDS,
};
static struct salesforce_field account_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("IsDeleted", SALESFORCE_BOOLEAN, A_IS_DELETED),
	LOOKUP("MasterRecordId", A_MASTER, "MasterRecord", WORLD_ACCOUNT),
	PLAIN("Name", SALESFORCE_STRING, A_NAME),
	PLAIN("Type", SALESFORCE_PICKLIST, A_TYPE),
	LOOKUP("ParentId", A_NULL, "Parent", WORLD_ACCOUNT),
	PLAIN("BillingCountry", SALESFORCE_STRING, A_COUNTRY),
	PLAIN("Website", SALESFORCE_URL, A_WEBSITE),
	PLAIN("Industry", SALESFORCE_PICKLIST, A_INDUSTRY),
	PLAIN("AnnualRevenue", SALESFORCE_CURRENCY, A_REVENUE),
	PLAIN("NumberOfEmployees", SALESFORCE_INT, A_EMPLOYEES),
	PLAIN("Rating", SALESFORCE_PICKLIST, A_NULL),
	LOOKUP("OwnerId", A_OWNER, "Owner", WORLD_STAFF),
	PLAIN("IsPersonAccount", SALESFORCE_BOOLEAN, A_FALSE),
	PLAIN("LastActivityDate", SALESFORCE_DATE, A_NULL),
	PLAIN("Health_Score__c", SALESFORCE_DOUBLE, A_HEALTH),
	PLAIN("Reference_Status__c", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("Reference_Since__c", SALESFORCE_DATE, A_NULL),
	COMMON_FIELDS,
};
static struct salesforce_field contact_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("IsDeleted", SALESFORCE_BOOLEAN, A_IS_DELETED),
	LOOKUP("MasterRecordId", A_NULL, "MasterRecord", WORLD_CONTACT),
	LOOKUP("AccountId", A_ACCOUNT, "Account", WORLD_ACCOUNT),
	PLAIN("LastName", SALESFORCE_STRING, A_LAST_NAME),
	PLAIN("FirstName", SALESFORCE_STRING, A_FIRST_NAME),
	PLAIN("Name", SALESFORCE_STRING, A_NAME),
	PLAIN("Title", SALESFORCE_STRING, A_TITLE),
	PLAIN("Email", SALESFORCE_EMAIL, A_EMAIL),
	PLAIN("Phone", SALESFORCE_PHONE, A_PHONE),
	PLAIN("MobilePhone", SALESFORCE_PHONE, A_NULL),
	LOOKUP("OwnerId", A_OWNER, "Owner", WORLD_STAFF),
	PLAIN("HasOptedOutOfEmail", SALESFORCE_BOOLEAN, A_OPTED_OUT),
	PLAIN("HasOptedOutOfFax", SALESFORCE_BOOLEAN, A_FALSE),
	PLAIN("DoNotCall", SALESFORCE_BOOLEAN, A_DO_NOT_CALL),
	PLAIN("EmailBouncedReason", SALESFORCE_STRING, A_NULL),
	PLAIN("EmailBouncedDate", SALESFORCE_DATETIME, A_NULL),
	PLAIN("IsEmailBounced", SALESFORCE_BOOLEAN, A_FALSE),
	PLAIN("IndividualId", SALESFORCE_REFERENCE, A_NULL),
	PLAIN("Reference_Advocate__c", SALESFORCE_BOOLEAN, A_ADVOCATE),
	PLAIN("Advocate_Status__c", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("Advocate_Since__c", SALESFORCE_DATETIME, A_NULL),
	COMMON_FIELDS,
};
static struct salesforce_field case_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("IsDeleted", SALESFORCE_BOOLEAN, A_IS_DELETED),
	LOOKUP("MasterRecordId", A_NULL, "MasterRecord", WORLD_CASE),
	PLAIN("CaseNumber", SALESFORCE_STRING, A_NUMBER),
	LOOKUP("ContactId", A_CONTACT, "Contact", WORLD_CONTACT),
	LOOKUP("AccountId", A_ACCOUNT, "Account", WORLD_ACCOUNT),
	LOOKUP("ParentId", A_NULL, "Parent", WORLD_CASE),
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
	LOOKUP("OwnerId", A_OWNER, "Owner", WORLD_STAFF),
	/* Of a record type of its own, in which reps ask for references. */
	PLAIN("Reference_Activity__c", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("Reference_Status__c", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("Reference_Priority__c", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("Exposure__c", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("Justification__c", SALESFORCE_STRING, A_NULL),
	PLAIN("Audience__c", SALESFORCE_STRING, A_NULL),
	PLAIN("Wanted_Outcome__c", SALESFORCE_STRING, A_NULL),
	PLAIN("Needed_By__c", SALESFORCE_DATE, A_NULL),
	PLAIN("Opportunity__c", SALESFORCE_REFERENCE, A_NULL),
	PLAIN("Reference_State__c", SALESFORCE_PICKLIST, A_NULL),
	PLAIN("Reference_Reason__c", SALESFORCE_STRING, A_NULL),
	PLAIN("Reference_State_Since__c", SALESFORCE_DATETIME, A_NULL),
	COMMON_FIELDS,
};
static struct salesforce_field opportunity_fields[] = {
	PLAIN("Id", SALESFORCE_ID, A_ID),
	PLAIN("IsDeleted", SALESFORCE_BOOLEAN, A_IS_DELETED),
	LOOKUP("AccountId", A_ACCOUNT, "Account", WORLD_ACCOUNT),
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
	LOOKUP("OwnerId", A_OWNER, "Owner", WORLD_STAFF),
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
		if (!object->fields[at].hidden && strlen(object->fields[at].name) == length &&
			strncasecmp(object->fields[at].name, name, length) == 0)
			return &object->fields[at];
	return NULL;
}

const struct salesforce_field *salesforce_relationship_find(
	const struct salesforce_object *object, const char *name, size_t length)
{
	for (size_t at = 0; at < object->field_count; at++) {
		const char *relationship = object->fields[at].relationship;

		if (relationship && !object->fields[at].hidden && strlen(relationship) == length &&
			strncasecmp(relationship, name, length) == 0)
			return &object->fields[at];
	}
	return NULL;
}
