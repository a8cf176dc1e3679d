#include "tests/sandbox/salesforce_attribute.h"
#include "tests/sandbox/salesforce_objects.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

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

static void native_value(
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

static bool type_is_number(enum salesforce_type type)
{
	return type == SALESFORCE_INT || type == SALESFORCE_DOUBLE || type == SALESFORCE_CURRENCY ||
	       type == SALESFORCE_PERCENT;
}

static bool type_is_time(enum salesforce_type type)
{
	return type == SALESFORCE_DATE || type == SALESFORCE_DATETIME;
}

static void number_set_from_text(struct salesforce_value *value)
{
	char copy[32], *end;

	value->null = !value->text.length || value->text.length >= sizeof(copy);
	if (value->null)
		return;
	memcpy(copy, value->text.bytes, value->text.length);
	copy[value->text.length] = '\0';
	value->number = strtod(copy, &end);
	value->null = *end != '\0';
}

static void text_set_from_native(struct salesforce_value *value, enum salesforce_type native)
{
	char time[32];

	value->scratch->length = 0;
	if (native == SALESFORCE_BOOLEAN) {
		text_buffer_add_string(value->scratch, value->boolean ? "true" : "false");
	} else if (type_is_number(native)) {
		text_buffer_format(value->scratch, "%.15g", value->number);
	} else {
		if (native == SALESFORCE_DATE)
			text_format_date(time, value->time);
		else
			text_format_salesforce_time(time, value->time);
		text_buffer_add_string(value->scratch, time);
	}
	value_set_text(value, (struct text_slice){ value->scratch->bytes, value->scratch->length });
}

/* A field whose type an administrator changed keeps what can be kept; the rest is lost, as in a real org. */
static void value_convert(const struct salesforce_field *field, struct salesforce_value *value)
{
	bool native_text = !type_is_number(field->native) && !type_is_time(field->native) &&
			   field->native != SALESFORCE_BOOLEAN;

	if (type_is_number(field->type)) {
		if (native_text)
			number_set_from_text(value);
		else
			value->null = !type_is_number(field->native);
	} else if (type_is_time(field->type)) {
		value->null = !type_is_time(field->native);
	} else if (field->type == SALESFORCE_BOOLEAN) {
		value->null = false;
		value->boolean = false;
	} else if (!native_text) {
		text_set_from_native(value, field->native);
	}
}

/* As it was checked when it was written (salesforce_collections.c). */
static void written_value(
	const struct salesforce_field *field, struct text_slice text, struct salesforce_value *value)
{
	value->null = !text.bytes;
	if (value->null)
		return;
	value->text = text;
	if (field->type == SALESFORCE_DATE || field->type == SALESFORCE_DATETIME)
		value->null = !text_parse_time(text.bytes, text.length, &value->time);
	else if (field->type == SALESFORCE_BOOLEAN)
		value->boolean = text.length == 4;
}

void salesforce_record_value(
	struct salesforce_record *record, const struct salesforce_field *field, struct salesforce_value *value)
{
	struct text_slice text;

	if (world_field_written(
		    record->world, WORLD_SALESFORCE, record->object->kind, record->index, field->name, &text)) {
		written_value(field, text, value);
		return;
	}
	native_value(record, field, value);
	if (field->type != field->native && (!value->null || field->type == SALESFORCE_BOOLEAN))
		value_convert(field, value);
}
