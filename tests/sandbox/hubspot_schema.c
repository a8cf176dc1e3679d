/* The objects of the played HubSpot account, their properties and pipelines. */
#include "tests/sandbox/hubspot_internal.h"
#include "tests/sandbox/switch_list.h"

#include <string.h>
#include <strings.h>

/* Stages stand in the order in which hubspot_records.c counts them. */
const struct hubspot_pipeline hubspot_deal_pipelines[2] = {
	{ "default", "Sales Pipeline", "2025-02-02T09:00:00.000Z", 5,
		{ { "appointmentscheduled", "Prospecting", "{\"isClosed\":\"false\",\"probability\":\"0.2\"}" },
			{ "presentationscheduled", "Proposal", "{\"isClosed\":\"false\",\"probability\":\"0.4\"}" },
			{ "contractsent", "Negotiation", "{\"isClosed\":\"false\",\"probability\":\"0.8\"}" },
			{ "closedwon", "Closed Won", "{\"isClosed\":\"true\",\"probability\":\"1.0\"}" },
			{ "closedlost", "Closed Lost", "{\"isClosed\":\"true\",\"probability\":\"0.0\"}" } } },
	{ "729341105", "Renewals", "2025-06-18T13:20:11.402Z", 5,
		{ { "1068120411", "Upcoming", "{\"isClosed\":\"false\",\"probability\":\"0.6\"}" },
			{ "1068120412", "Quote sent", "{\"isClosed\":\"false\",\"probability\":\"0.7\"}" },
			{ "1068120413", "Negotiation", "{\"isClosed\":\"false\",\"probability\":\"0.9\"}" },
			{ "1068120414", "Renewed", "{\"isClosed\":\"true\",\"probability\":\"1.0\"}" },
			{ "1068120415", "Churned", "{\"isClosed\":\"true\",\"probability\":\"0.0\"}" } } },
};

/* An open stage without ticketState is on purpose: the field is optional and its absence means open. */
const struct hubspot_pipeline hubspot_ticket_pipelines[2] = {
	{ "0", "Support Pipeline", "2025-02-02T09:00:00.000Z", 4,
		{ { "1", "New", "{\"ticketState\":\"OPEN\",\"isClosed\":\"false\"}" },
			{ "2", "Waiting on contact", "{\"ticketState\":\"OPEN\",\"isClosed\":\"false\"}" },
			{ "3", "Waiting on us", "{\"ticketState\":\"OPEN\",\"isClosed\":\"false\"}" },
			{ "4", "Closed", "{\"ticketState\":\"CLOSED\",\"isClosed\":\"true\"}" } } },
	{ "412200781", "Product escalations", "2025-09-30T07:41:00.118Z", 4,
		{ { "981200351", "Triage", "{\"ticketState\":\"OPEN\"}" },
			{ "981200352", "With engineering", "{}" },
			{ "981200353", "Fix delivered", "{\"ticketState\":\"OPEN\"}" },
			{ "981200354", "Done", "{\"ticketState\":\"CLOSED\"}" } } },
};

#define DEAL_STAGES                                                                                                \
	"appointmentscheduled;presentationscheduled;contractsent;closedwon;closedlost;"                            \
	"1068120411;1068120412;1068120413;1068120414;1068120415"
#define TICKET_STAGES "1;2;3;4;981200351;981200352;981200353;981200354"
#define AVAILABILITY "Available;Caution;Suspended;Ineligible;Withdrawn;Left"
#define REQUEST_STATES                                                                                             \
	"Waiting;Refused;In progress;Scheduled;In doubt;Held;Feedback due;Completed;Declined;Expired;Cancelled;"   \
	"Unfulfillable"
#define LIFECYCLE "subscriber;lead;opportunity;customer;evangelist;other"

static const struct hubspot_property company_properties[] = {
	{ "hs_object_id", "Record ID", HUBSPOT_NUMBER, HUBSPOT_ID, false, false, NULL },
	{ "createdate", "Create Date", HUBSPOT_DATETIME, HUBSPOT_CREATED, false, false, NULL },
	{ "hs_lastmodifieddate", "Last Modified Date", HUBSPOT_DATETIME, HUBSPOT_MODIFIED, false, false, NULL },
	{ "hs_merged_object_ids", "Merged Record IDs", HUBSPOT_ENUMERATION, HUBSPOT_MERGED_IDS, false, false,
		NULL },
	{ "hubspot_owner_id", "Company owner", HUBSPOT_ENUMERATION, HUBSPOT_OWNER, false, false, NULL },
	{ "name", "Company name", HUBSPOT_STRING, COMPANY_NAME, false, false, NULL },
	{ "domain", "Company Domain Name", HUBSPOT_STRING, COMPANY_DOMAIN, false, false, NULL },
	{ "industry", "Industry", HUBSPOT_STRING, COMPANY_INDUSTRY, false, false, NULL },
	{ "country", "Country/Region", HUBSPOT_STRING, COMPANY_COUNTRY, false, false, NULL },
	{ "numberofemployees", "Number of Employees", HUBSPOT_NUMBER, COMPANY_EMPLOYEES, false, false, NULL },
	{ "lifecyclestage", "Lifecycle Stage", HUBSPOT_ENUMERATION, HUBSPOT_CUSTOMER, false, false, LIFECYCLE },
	{ "description", "Description", HUBSPOT_STRING, HUBSPOT_EMPTY, false, false, NULL },
	{ "cs_health", "CS health", HUBSPOT_NUMBER, COMPANY_HEALTH, true, false, NULL },
	{ "cs_region", "CS region", HUBSPOT_ENUMERATION, COMPANY_REGION, true, false, "EMEA;AMER;APAC" },
	{ "cs_arr", "Annual recurring revenue", HUBSPOT_NUMBER, COMPANY_REVENUE, true, false, NULL },
	{ "cs_owner_id", "Customer success manager", HUBSPOT_ENUMERATION, COMPANY_CSM, true, false, NULL },
	{ "renewal_date", "Renewal date", HUBSPOT_DATE, COMPANY_RENEWAL, true, false, NULL },
	{ "salesforce_account_id", "Salesforce account id", HUBSPOT_STRING, COMPANY_SALESFORCE_ID, true, false,
		NULL },
	{ "reference_status", "Reference status", HUBSPOT_ENUMERATION, HUBSPOT_EMPTY, true, false, AVAILABILITY },
	{ "reference_since", "Reference status since", HUBSPOT_DATE, HUBSPOT_EMPTY, true, false, NULL },
};

static const struct hubspot_property contact_properties[] = {
	{ "hs_object_id", "Record ID", HUBSPOT_NUMBER, HUBSPOT_ID, false, false, NULL },
	{ "createdate", "Create Date", HUBSPOT_DATETIME, HUBSPOT_CREATED, false, false, NULL },
	{ "lastmodifieddate", "Last Modified Date", HUBSPOT_DATETIME, HUBSPOT_MODIFIED, false, false, NULL },
	{ "hs_merged_object_ids", "Merged Contact IDs", HUBSPOT_ENUMERATION, HUBSPOT_MERGED_IDS, false, false,
		NULL },
	{ "hubspot_owner_id", "Contact owner", HUBSPOT_ENUMERATION, HUBSPOT_OWNER, false, false, NULL },
	{ "email", "Email", HUBSPOT_STRING, CONTACT_EMAIL, false, false, NULL },
	{ "hs_additional_emails", "Additional email addresses", HUBSPOT_ENUMERATION, HUBSPOT_EMPTY, false, false,
		NULL },
	{ "firstname", "First Name", HUBSPOT_STRING, CONTACT_FIRST_NAME, false, false, NULL },
	{ "lastname", "Last Name", HUBSPOT_STRING, CONTACT_LAST_NAME, false, false, NULL },
	{ "jobtitle", "Job Title", HUBSPOT_STRING, CONTACT_TITLE, false, false, NULL },
	{ "phone", "Phone Number", HUBSPOT_PHONE, CONTACT_PHONE, false, false, NULL },
	{ "associatedcompanyid", "Primary Associated Company ID", HUBSPOT_NUMBER, CONTACT_COMPANY, false, false,
		NULL },
	{ "lifecyclestage", "Lifecycle Stage", HUBSPOT_ENUMERATION, HUBSPOT_CUSTOMER, false, false, LIFECYCLE },
	{ "hs_email_optout", "Unsubscribed from all email", HUBSPOT_BOOL, CONTACT_OPTED_OUT, false, false,
		"true;false" },
	{ "do_not_call", "Do not call", HUBSPOT_BOOL, CONTACT_DO_NOT_CALL, true, false, "true;false" },
	{ "reference_advocate", "Reference advocate", HUBSPOT_BOOL, CONTACT_ADVOCATE, true, false, "true;false" },
	{ "advocate_status", "Advocate status", HUBSPOT_ENUMERATION, HUBSPOT_EMPTY, true, false, AVAILABILITY },
	{ "advocate_since", "Advocate status since", HUBSPOT_DATETIME, HUBSPOT_EMPTY, true, false, NULL },
};

static const struct hubspot_property deal_properties[] = {
	{ "hs_object_id", "Record ID", HUBSPOT_NUMBER, HUBSPOT_ID, false, false, NULL },
	{ "createdate", "Create Date", HUBSPOT_DATETIME, HUBSPOT_CREATED, false, false, NULL },
	{ "hs_lastmodifieddate", "Last Modified Date", HUBSPOT_DATETIME, HUBSPOT_MODIFIED, false, false, NULL },
	{ "hs_merged_object_ids", "Merged Record IDs", HUBSPOT_ENUMERATION, HUBSPOT_MERGED_IDS, false, false,
		NULL },
	{ "hubspot_owner_id", "Deal owner", HUBSPOT_ENUMERATION, HUBSPOT_OWNER, false, false, NULL },
	{ "dealname", "Deal Name", HUBSPOT_STRING, DEAL_NAME, false, false, NULL },
	{ "amount", "Amount", HUBSPOT_NUMBER, DEAL_AMOUNT, false, false, NULL },
	{ "dealstage", "Deal Stage", HUBSPOT_ENUMERATION, DEAL_STAGE, false, false, DEAL_STAGES },
	{ "pipeline", "Pipeline", HUBSPOT_ENUMERATION, DEAL_PIPELINE, false, false, "default;729341105" },
	{ "closedate", "Close Date", HUBSPOT_DATETIME, DEAL_CLOSE_DATE, false, false, NULL },
	{ "dealtype", "Deal Type", HUBSPOT_ENUMERATION, DEAL_TYPE, false, false, "newbusiness;existingbusiness" },
	{ "hs_is_closed", "Is Closed", HUBSPOT_BOOL, DEAL_CLOSED, false, true, "true;false" },
	{ "hs_is_closed_won", "Is Closed Won", HUBSPOT_BOOL, DEAL_WON, false, true, "true;false" },
	{ "hs_deal_stage_probability", "Deal probability", HUBSPOT_NUMBER, DEAL_PROBABILITY, false, true, NULL },
};

static const struct hubspot_property ticket_properties[] = {
	{ "hs_object_id", "Record ID", HUBSPOT_NUMBER, HUBSPOT_ID, false, false, NULL },
	{ "createdate", "Create date", HUBSPOT_DATETIME, HUBSPOT_CREATED, false, false, NULL },
	{ "hs_lastmodifieddate", "Last modified date", HUBSPOT_DATETIME, HUBSPOT_MODIFIED, false, false, NULL },
	{ "hs_merged_object_ids", "Merged Ticket IDs", HUBSPOT_ENUMERATION, HUBSPOT_MERGED_IDS, false, false,
		NULL },
	{ "hubspot_owner_id", "Ticket owner", HUBSPOT_ENUMERATION, HUBSPOT_OWNER, false, false, NULL },
	{ "subject", "Ticket name", HUBSPOT_STRING, TICKET_SUBJECT, false, false, NULL },
	{ "content", "Ticket description", HUBSPOT_STRING, TICKET_CONTENT, false, false, NULL },
	{ "hs_pipeline", "Pipeline", HUBSPOT_ENUMERATION, TICKET_PIPELINE, false, false, "0;412200781" },
	{ "hs_pipeline_stage", "Ticket status", HUBSPOT_ENUMERATION, TICKET_STAGE, false, false, TICKET_STAGES },
	{ "hs_ticket_priority", "Priority", HUBSPOT_ENUMERATION, TICKET_PRIORITY, false, false,
		"LOW;MEDIUM;HIGH;URGENT;P1;P2;P3;P4" },
	{ "hs_ticket_category", "Category", HUBSPOT_ENUMERATION, HUBSPOT_EMPTY, false, false,
		"PRODUCT_ISSUE;BILLING_ISSUE;FEATURE_REQUEST;GENERAL_INQUIRY" },
	{ "closed_date", "Close date", HUBSPOT_DATETIME, TICKET_CLOSED_AT, false, false, NULL },
	{ "cs_escalated", "Escalated", HUBSPOT_BOOL, TICKET_ESCALATED, true, false, "true;false" },
	{ "reference_activity", "Reference activity", HUBSPOT_ENUMERATION, HUBSPOT_EMPTY, true, false,
		"reference_call;case_study;quote;event_talk" },
	{ "reference_audience", "Reference audience", HUBSPOT_STRING, HUBSPOT_EMPTY, true, false, NULL },
	{ "reference_outcome", "Wanted outcome", HUBSPOT_STRING, HUBSPOT_EMPTY, true, false, NULL },
	{ "reference_needed_by", "Needed by", HUBSPOT_DATE, HUBSPOT_EMPTY, true, false, NULL },
	{ "reference_exposure", "Exposure", HUBSPOT_ENUMERATION, HUBSPOT_EMPTY, true, false,
		"internal;logo;named;public" },
	{ "reference_deal_id", "Deal", HUBSPOT_STRING, HUBSPOT_EMPTY, true, false, NULL },
	{ "reference_state", "Reference state", HUBSPOT_ENUMERATION, HUBSPOT_EMPTY, true, false, REQUEST_STATES },
	{ "reference_reason", "Reference: why", HUBSPOT_STRING, HUBSPOT_EMPTY, true, false, NULL },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct hubspot_object hubspot_companies = {
	.plural = "companies",
	.singular = "company",
	.message_name = "COMPANY",
	.type_id = "0-2",
	.kind = WORLD_ACCOUNT,
	.read_scope = "crm.objects.companies.read",
	.write_scope = "crm.objects.companies.write",
	.properties = company_properties,
	.property_count = COUNT(company_properties),
	.default_properties = "name,domain",
	.always_properties = "createdate,hs_lastmodifieddate,hs_object_id",
	.searched_properties = "name,domain",
};

const struct hubspot_object hubspot_contacts = {
	.plural = "contacts",
	.singular = "contact",
	.message_name = "CONTACT",
	.type_id = "0-1",
	.kind = WORLD_CONTACT,
	.read_scope = "crm.objects.contacts.read",
	.write_scope = "crm.objects.contacts.write",
	.properties = contact_properties,
	.property_count = COUNT(contact_properties),
	.default_properties = "firstname,lastname,email",
	.always_properties = "createdate,lastmodifieddate,hs_object_id",
	.searched_properties = "firstname,lastname,email,phone",
};

const struct hubspot_object hubspot_deals = {
	.plural = "deals",
	.singular = "deal",
	.message_name = "DEAL",
	.type_id = "0-3",
	.kind = WORLD_OPPORTUNITY,
	.read_scope = "crm.objects.deals.read",
	.write_scope = "crm.objects.deals.write",
	.properties = deal_properties,
	.property_count = COUNT(deal_properties),
	.default_properties = "dealname,amount,closedate,pipeline,dealstage",
	.always_properties = "createdate,hs_lastmodifieddate,hs_object_id",
	.searched_properties = "dealname,pipeline,dealstage",
};

const struct hubspot_object hubspot_tickets = {
	.plural = "tickets",
	.singular = "ticket",
	.message_name = "TICKET",
	.type_id = "0-5",
	.kind = WORLD_CASE,
	.read_scope = "tickets",
	.write_scope = "tickets",
	.properties = ticket_properties,
	.property_count = COUNT(ticket_properties),
	.default_properties = "content,hs_pipeline,hs_pipeline_stage,hs_ticket_category,hs_ticket_priority,subject",
	.always_properties = "createdate,hs_lastmodifieddate,hs_object_id",
	.searched_properties = "subject,content",
};

static const struct hubspot_object *const objects[] = { &hubspot_companies, &hubspot_contacts, &hubspot_deals,
	&hubspot_tickets };

const struct hubspot_object *hubspot_object_find(const char *name)
{
	for (size_t i = 0; i < COUNT(objects); i++)
		if (strcasecmp(name, objects[i]->plural) == 0 || strcmp(name, objects[i]->type_id) == 0)
			return objects[i];
	return NULL;
}

const char *hubspot_type_name(enum hubspot_type type)
{
	switch (type) {
	case HUBSPOT_STRING:
		return "string";
	case HUBSPOT_NUMBER:
		return "number";
	case HUBSPOT_BOOL:
		return "bool";
	case HUBSPOT_ENUMERATION:
		return "enumeration";
	case HUBSPOT_DATE:
		return "date";
	case HUBSPOT_DATETIME:
		return "datetime";
	case HUBSPOT_PHONE:
		return "phone_number";
	}
	return "string";
}

bool hubspot_property_calculated(struct hubspot *hubspot, const struct hubspot_property *property)
{
	if (property->field == COMPANY_HEALTH)
		return strcmp(server_switch(hubspot->server, "hubspot.health_calculated", "no"), "yes") == 0;
	return property->calculated;
}

static bool switch_names(struct hubspot *hubspot, const char *key, const struct hubspot_object *object,
	const struct hubspot_property *property, const char **value, size_t *length)
{
	return switch_list_find(
		server_switch(hubspot->server, key, ""), object->plural, property->name, value, length);
}

bool hubspot_property_archived(
	struct hubspot *hubspot, const struct hubspot_object *object, const struct hubspot_property *property)
{
	const char *value;
	size_t length;
	return switch_names(hubspot, "hubspot.archive_property", object, property, &value, &length);
}

enum hubspot_type hubspot_property_type(
	struct hubspot *hubspot, const struct hubspot_object *object, const struct hubspot_property *property)
{
	const char *value;
	size_t length;
	if (!switch_names(hubspot, "hubspot.property_type", object, property, &value, &length))
		return property->type;
	for (int type = HUBSPOT_STRING; type <= HUBSPOT_PHONE; type++) {
		const char *name = hubspot_type_name((enum hubspot_type)type);
		if (strlen(name) == length && strncmp(value, name, length) == 0)
			return (enum hubspot_type)type;
	}
	return property->type;
}

const struct hubspot_property *hubspot_property_known(
	const struct hubspot_object *object, const char *name, size_t length)
{
	for (size_t i = 0; i < object->property_count; i++)
		if (strncmp(object->properties[i].name, name, length) == 0 &&
			object->properties[i].name[length] == '\0')
			return &object->properties[i];
	return NULL;
}

const struct hubspot_property *hubspot_property_find(
	struct hubspot *hubspot, const struct hubspot_object *object, const char *name, size_t length)
{
	const char *value;
	size_t value_length;
	const struct hubspot_property *property = hubspot_property_known(object, name, length);
	if (!property || switch_names(hubspot, "hubspot.hide_property", object, property, &value, &value_length) ||
		hubspot_property_archived(hubspot, object, property))
		return NULL;
	return property;
}

static void add_property(struct hubspot *hubspot, const struct hubspot_object *object, const char *name,
	size_t length, uint64_t *properties)
{
	const struct hubspot_property *property = hubspot_property_find(hubspot, object, name, length);
	if (property)
		*properties |= UINT64_C(1) << (property - object->properties);
}

uint64_t hubspot_properties_of_list(
	struct hubspot *hubspot, const struct hubspot_object *object, const char *comma_separated)
{
	uint64_t properties = 0;
	for (const char *item = comma_separated; *item != '\0';) {
		size_t length = strcspn(item, ",");
		add_property(hubspot, object, item, length, &properties);
		item += length;
		if (*item == ',')
			item++;
	}
	return properties;
}

static uint64_t default_properties(struct hubspot *hubspot, const struct hubspot_object *object)
{
	return hubspot_properties_of_list(hubspot, object, object->default_properties);
}

static uint64_t always_properties(struct hubspot *hubspot, const struct hubspot_object *object)
{
	return hubspot_properties_of_list(hubspot, object, object->always_properties);
}

bool hubspot_properties_of_json(
	struct hubspot *hubspot, const struct hubspot_object *object, json_t *names, uint64_t *properties)
{
	*properties = always_properties(hubspot, object);
	if (!names || json_is_null(names) || (json_is_array(names) && json_array_size(names) == 0)) {
		*properties |= default_properties(hubspot, object);
		return true;
	}
	if (!json_is_array(names))
		return false;
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name) {
		if (!json_is_string(name))
			return false;
		add_property(hubspot, object, json_string_value(name), json_string_length(name), properties);
	}
	return true;
}

uint64_t hubspot_properties_of_call(
	struct hubspot *hubspot, const struct hubspot_object *object, struct server_call *call)
{
	uint64_t properties = always_properties(hubspot, object);
	bool asked = false;
	const struct evkeyvalq *parameters = server_call_parameters(call);
	if (!parameters)
		return properties | default_properties(hubspot, object);
	for (const struct evkeyval *each = parameters->tqh_first; each; each = each->next.tqe_next) {
		if (strcmp(each->key, "properties") != 0 || *each->value == '\0')
			continue;
		asked = true;
		properties |= hubspot_properties_of_list(hubspot, object, each->value);
	}
	return asked ? properties : properties | default_properties(hubspot, object);
}

uint32_t hubspot_index_from_id(struct hubspot *hubspot, enum world_kind kind, uint64_t id)
{
	uint32_t low = 0;
	uint32_t high = world_limit(hubspot->world, kind);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (world_hubspot_id(kind, middle) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool hubspot_merged_away(struct hubspot *hubspot, const struct hubspot_object *object, uint32_t index)
{
	return world_deleted(hubspot->world, WORLD_HUBSPOT, object->kind, index) &&
	       world_merged_into(hubspot->world, object->kind, index) != WORLD_NONE;
}

bool hubspot_find(struct hubspot *hubspot, const struct hubspot_object *object, const char *id, size_t length,
	uint32_t *index)
{
	return world_hubspot_find(hubspot->world, object->kind, id, length, index) &&
	       world_present(hubspot->world, WORLD_HUBSPOT, object->kind, *index) &&
	       !hubspot_merged_away(hubspot, object, *index);
}
