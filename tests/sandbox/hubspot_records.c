/* How a record of the world looks in HubSpot. */
#include "tests/sandbox/hubspot_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define STREAM_SALESFORCE_ID 1001
#define STREAM_TICKET 1002
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The stages that world_opportunity knows, in the order of the pipelines below. */
static const char *const world_stages[] = { "Prospecting", "Proposal", "Negotiation", "Closed Won", "Closed Lost" };

void hubspot_record_free(struct hubspot_record *record)
{
	text_buffer_free(&record->merged_ids);
}

void hubspot_record_read(
	struct hubspot *hubspot, const struct hubspot_object *object, uint32_t index, struct hubspot_record *record)
{
	record->object = object;
	record->index = index;
	record->merged_ids.length = 0;
#define TAKE_COMMON(part)                                                                                          \
	do {                                                                                                       \
		record->archived = record->of.part.deleted;                                                        \
		record->archived_at = record->of.part.deleted_at;                                                  \
		record->created_at = record->of.part.created_at;                                                   \
		record->modified_at = record->of.part.modified_at;                                                 \
	} while (0)
	switch (object->kind) {
	case WORLD_ACCOUNT:
		world_account_read(hubspot->world, WORLD_HUBSPOT, index, &record->of.company);
		TAKE_COMMON(company);
		break;
	case WORLD_CONTACT:
		world_contact_read(hubspot->world, WORLD_HUBSPOT, index, &record->of.contact);
		TAKE_COMMON(contact);
		break;
	case WORLD_OPPORTUNITY:
		world_opportunity_read(hubspot->world, WORLD_HUBSPOT, index, &record->of.deal);
		TAKE_COMMON(deal);
		break;
	case WORLD_CASE:
		world_case_read(hubspot->world, WORLD_HUBSPOT, index, &record->of.ticket);
		TAKE_COMMON(ticket);
		break;
	case WORLD_STAFF:
	case WORLD_KINDS:
		break;
	}
#undef TAKE_COMMON
}

/* ---- values ---- */

static void value_text(struct hubspot_value *value, struct text_slice text)
{
	if (!text.bytes)
		return;
	value->kind = HUBSPOT_VALUE_TEXT;
	value->text = text;
}

static void value_string(struct hubspot_value *value, const char *string)
{
	if (string)
		value_text(value, text_slice_of(string));
}

static void value_whole(struct hubspot_value *value, uint64_t number)
{
	int length = snprintf(value->space, sizeof(value->space), "%" PRIu64, number);
	value->kind = HUBSPOT_VALUE_NUMBER;
	value->number = (double)number;
	value->text = (struct text_slice){ value->space, (size_t)length };
}

static void value_number(struct hubspot_value *value, double number)
{
	int length = snprintf(value->space, sizeof(value->space), "%.10g", number);
	value->kind = HUBSPOT_VALUE_NUMBER;
	value->number = number;
	value->text = (struct text_slice){ value->space, (size_t)length };
}

static void value_time(struct hubspot_value *value, int64_t time)
{
	text_format_iso_time(value->space, time);
	value->kind = HUBSPOT_VALUE_TIME;
	value->time = time;
	value->text = text_slice_of(value->space);
}

static void value_flag(struct hubspot_value *value, bool flag)
{
	value_string(value, flag ? "true" : "false");
}

static void value_staff(struct hubspot_value *value, uint32_t staff)
{
	if (staff == WORLD_NONE)
		return;
	value_whole(value, world_hubspot_id(WORLD_STAFF, staff));
	value->kind = HUBSPOT_VALUE_TEXT;
}

static void value_merged_ids(struct hubspot *hubspot, struct hubspot_record *record, struct hubspot_value *value)
{
	enum world_kind kind = record->object->kind;
	uint64_t iterator = 0;
	uint32_t loser;
	record->merged_ids.length = 0;
	while (world_record_merged_next(hubspot->world, kind, record->index, &iterator, &loser)) {
		if (record->merged_ids.length > 0)
			text_buffer_add_char(&record->merged_ids, ';');
		text_buffer_format(&record->merged_ids, "%" PRIu64, world_hubspot_id(kind, loser));
	}
	if (record->merged_ids.length > 0)
		value_text(value, (struct text_slice){ record->merged_ids.bytes, record->merged_ids.length });
}

static void value_company(struct hubspot *hubspot, struct hubspot_record *record, enum hubspot_field field,
	struct hubspot_value *value)
{
	const struct world_account *company = &record->of.company;
	switch (field) {
	case HUBSPOT_OWNER:
		value_staff(value, company->owner);
		break;
	case COMPANY_NAME:
		value_text(value, company->name);
		break;
	case COMPANY_DOMAIN:
		value_text(value, company->domain);
		break;
	case COMPANY_INDUSTRY:
		value_string(value, company->industry);
		break;
	case COMPANY_COUNTRY:
		value_string(value, company->country);
		break;
	case COMPANY_REGION:
		value_string(value, company->region);
		break;
	case COMPANY_EMPLOYEES:
		value_whole(value, company->employees);
		break;
	case COMPANY_REVENUE:
		if (company->annual_recurring_revenue != 0)
			value_number(value, (double)company->annual_recurring_revenue);
		break;
	case COMPANY_CSM:
		value_staff(value, company->csm);
		break;
	case COMPANY_RENEWAL:
		if (company->renewal_day == WORLD_NO_DAY)
			break;
		value_time(value, (int64_t)company->renewal_day * 86400000);
		text_format_date(value->space, value->time);
		value->text = text_slice_of(value->space);
		break;
	case COMPANY_HEALTH:
		if (company->has_health)
			value_number(value, company->health);
		else if (company->modified_at >= world_today(hubspot->world))
			value_string(value, ""); /* a command cleared it: HubSpot then says "", not null */
		break;
	case COMPANY_SALESFORCE_ID: {
		long percent = server_switch_number(hubspot->server, "hubspot.salesforce_id_percent", 70);
		if ((long)(world_hash(hubspot->world, STREAM_SALESFORCE_ID, record->index) % 100) >= percent)
			break;
		world_salesforce_id(WORLD_ACCOUNT, record->index, value->space);
		value_string(value, value->space);
		break;
	}
	default:
		break;
	}
}

static void value_contact(struct hubspot *hubspot, struct hubspot_record *record, enum hubspot_field field,
	struct hubspot_value *value)
{
	const struct world_contact *contact = &record->of.contact;
	switch (field) {
	case HUBSPOT_OWNER: {
		struct world_account account;
		world_account_read(hubspot->world, WORLD_HUBSPOT, contact->account, &account);
		value_staff(value, account.owner);
		break;
	}
	case CONTACT_FIRST_NAME:
		value_text(value, contact->first_name);
		break;
	case CONTACT_LAST_NAME:
		value_text(value, contact->last_name);
		break;
	case CONTACT_EMAIL:
		value_text(value, contact->email);
		break;
	case CONTACT_TITLE:
		value_text(value, contact->title);
		break;
	case CONTACT_PHONE:
		value_text(value, contact->phone);
		break;
	case CONTACT_COMPANY:
		/* Archiving a company takes its associations away. */
		if (world_present(hubspot->world, WORLD_HUBSPOT, WORLD_ACCOUNT, contact->account) &&
			!world_deleted(hubspot->world, WORLD_HUBSPOT, WORLD_ACCOUNT, contact->account))
			value_whole(value, world_hubspot_id(WORLD_ACCOUNT, contact->account));
		break;
	case CONTACT_ADVOCATE:
		value_flag(value, contact->advocate);
		break;
	case CONTACT_OPTED_OUT:
		value_flag(value, contact->opted_out);
		break;
	case CONTACT_DO_NOT_CALL:
		value_flag(value, contact->do_not_call);
		break;
	default:
		break;
	}
}

static size_t deal_stage(const struct world_opportunity *deal)
{
	for (size_t i = 0; i < COUNT(world_stages); i++)
		if (strcasecmp(deal->stage, world_stages[i]) == 0)
			return i;
	if (deal->closed)
		return deal->won ? 3 : 4;
	return 0;
}

static void value_deal(struct hubspot_record *record, enum hubspot_field field, struct hubspot_value *value)
{
	const struct world_opportunity *deal = &record->of.deal;
	const struct hubspot_pipeline *pipeline = &hubspot_deal_pipelines[deal->renewal ? 1 : 0];
	switch (field) {
	case HUBSPOT_OWNER:
		value_staff(value, deal->owner);
		break;
	case DEAL_NAME:
		value_text(value, deal->name);
		break;
	case DEAL_AMOUNT:
		if (deal->amount != 0)
			value_number(value, (double)deal->amount);
		break;
	case DEAL_STAGE:
		value_string(value, pipeline->stages[deal_stage(deal)].id);
		break;
	case DEAL_PIPELINE:
		value_string(value, pipeline->id);
		break;
	case DEAL_CLOSE_DATE:
		if (deal->close_day != WORLD_NO_DAY)
			value_time(value, (int64_t)deal->close_day * 86400000);
		break;
	case DEAL_TYPE:
		value_string(value, deal->renewal ? "existingbusiness" : "newbusiness");
		break;
	case DEAL_CLOSED:
		value_flag(value, deal->closed);
		break;
	case DEAL_WON:
		value_flag(value, deal->won);
		break;
	case DEAL_PROBABILITY:
		value_number(value, deal->probability / 100.0);
		break;
	default:
		break;
	}
}

static void value_ticket(struct hubspot *hubspot, struct hubspot_record *record, enum hubspot_field field,
	struct hubspot_value *value)
{
	const struct world_case *ticket = &record->of.ticket;
	uint64_t hash = world_hash(hubspot->world, STREAM_TICKET, record->index);
	const struct hubspot_pipeline *pipeline = &hubspot_ticket_pipelines[hash % 8 == 0 ? 1 : 0];
	switch (field) {
	case HUBSPOT_OWNER:
		value_staff(value, ticket->owner);
		break;
	case TICKET_SUBJECT:
		value_text(value, ticket->subject);
		break;
	case TICKET_CONTENT:
		break;
	case TICKET_PIPELINE:
		value_string(value, pipeline->id);
		break;
	case TICKET_STAGE:
		value_string(value, pipeline->stages[ticket->closed ? 3 : hash / 8 % 3].id);
		break;
	case TICKET_PRIORITY: {
		/* "High" in a CRM's words is HIGH here; others pass as they were commanded. */
		size_t length = ticket->priority ? strlen(ticket->priority) : 0;
		if (length == 0 || length >= sizeof(value->space))
			break;
		for (size_t i = 0; i <= length; i++) {
			char letter = ticket->priority[i];
			value->space[i] = letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
		}
		value_string(value, value->space);
		break;
	}
	case TICKET_CLOSED_AT:
		if (ticket->closed)
			value_time(value, ticket->closed_at);
		break;
	case TICKET_ESCALATED:
		value_flag(value, ticket->escalated);
		break;
	default:
		break;
	}
}

void hubspot_record_value(struct hubspot *hubspot, struct hubspot_record *record,
	const struct hubspot_property *property, struct hubspot_value *value)
{
	struct text_slice written;
	value->kind = HUBSPOT_VALUE_NULL;
	value->text = (struct text_slice){ NULL, 0 };
	if (world_field_written(
		    hubspot->world, WORLD_HUBSPOT, record->object->kind, record->index, property->name, &written)) {
		/* As it was checked when it was written (hubspot_write.c). */
		value_text(value, written);
		bool is_time = property->type == HUBSPOT_DATE || property->type == HUBSPOT_DATETIME;
		if (is_time && written.length > 0 && text_parse_time(written.bytes, written.length, &value->time))
			value->kind = HUBSPOT_VALUE_TIME;
		return;
	}
	switch (property->field) {
	case HUBSPOT_ID:
		value_whole(value, world_hubspot_id(record->object->kind, record->index));
		return;
	case HUBSPOT_CREATED:
		value_time(value, record->created_at);
		return;
	case HUBSPOT_MODIFIED:
		value_time(value, record->modified_at);
		return;
	case HUBSPOT_MERGED_IDS:
		value_merged_ids(hubspot, record, value);
		return;
	case HUBSPOT_CUSTOMER:
		value_string(value, "customer");
		return;
	case HUBSPOT_EMPTY:
		return;
	default:
		break;
	}
	switch (record->object->kind) {
	case WORLD_ACCOUNT:
		value_company(hubspot, record, property->field, value);
		break;
	case WORLD_CONTACT:
		value_contact(hubspot, record, property->field, value);
		break;
	case WORLD_OPPORTUNITY:
		value_deal(record, property->field, value);
		break;
	case WORLD_CASE:
		value_ticket(hubspot, record, property->field, value);
		break;
	case WORLD_STAFF:
	case WORLD_KINDS:
		break;
	}
}

void hubspot_record_write(
	struct hubspot *hubspot, struct hubspot_record *record, uint64_t properties, struct text_buffer *out)
{
	char time[32];
	text_buffer_format(out, "{\"id\":\"%" PRIu64 "\",\"properties\":{",
		world_hubspot_id(record->object->kind, record->index));
	bool first = true;
	for (size_t i = 0; i < record->object->property_count; i++) {
		if (!(properties & (UINT64_C(1) << i)))
			continue;
		const struct hubspot_property *property = &record->object->properties[i];
		struct hubspot_value value;
		hubspot_record_value(hubspot, record, property, &value);
		if (!first)
			text_buffer_add_char(out, ',');
		first = false;
		text_buffer_add_char(out, '"');
		text_buffer_add_string(out, property->name);
		text_buffer_add_string(out, "\":");
		text_buffer_add_json(out, value.text);
	}
	text_format_iso_time(time, record->created_at);
	text_buffer_add_string(out, "},\"createdAt\":\"");
	text_buffer_add_string(out, time);
	text_format_iso_time(time, record->modified_at);
	text_buffer_add_string(out, "\",\"updatedAt\":\"");
	text_buffer_add_string(out, time);
	if (!record->archived) {
		text_buffer_add_string(out, "\",\"archived\":false");
		return;
	}
	text_format_iso_time(time, record->archived_at);
	text_buffer_add_string(out, "\",\"archived\":true,\"archivedAt\":\"");
	text_buffer_add_string(out, time);
	text_buffer_add_char(out, '"');
}
