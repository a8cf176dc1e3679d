/* How the world looks in the rows of the played Gainsight. */
#include "tests/sandbox/gainsight_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STREAM_STAGE 1021
#define STREAM_PREVIOUS_SCORE 1025
#define DAY_MS INT64_C(86400000)

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
	if (!gainsight_object_dated(row->object))
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

static bool cta_closed(struct gainsight *gainsight, const struct world_account *account)
{
	enum world_cta cta = world_account_cta(gainsight->world, account->index);
	if (cta != WORLD_CTA_GENERATED)
		return cta == WORLD_CTA_CLOSED;
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
	uint64_t hash = world_hash(gainsight->world, GAINSIGHT_STREAM_CTA, row->index) / 12;
	/* One that a command opened is about risk. */
	bool generated = world_account_cta(gainsight->world, row->index) == WORLD_CTA_GENERATED;
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
			ITEM_CTA_TYPE_FIRST + (generated && hash % 3 == 0 ? (uint32_t)(1 + hash / 3 % 2) : 0));
		break;
	case CTA_STATUS:
		value_gsid(gainsight, value, WORLD_GSID_PICKLIST,
			cta_closed(gainsight, account) ? ITEM_CTA_SUCCESS : ITEM_CTA_NEW);
		break;
	case CTA_PRIORITY:
		value_gsid(gainsight, value, WORLD_GSID_PICKLIST, ITEM_CTA_PRIORITY_FIRST + (uint32_t)(hash % 3));
		break;
	case CTA_REASON:
		value_gsid(gainsight, value, WORLD_GSID_PICKLIST,
			ITEM_CTA_REASON_FIRST + (generated ? (uint32_t)(hash % 2) : 0));
		break;
	case CTA_OWNER:
		value_gsid(gainsight, value, WORLD_GSID_USER, account->csm);
		break;
	case CTA_DUE:
		value_time(value, (account->modified_at / DAY_MS + 14) * DAY_MS);
		break;
	case CTA_CLOSED:
		value_flag(value, cta_closed(gainsight, account));
		break;
	case CTA_CLOSED_AT:
		if (cta_closed(gainsight, account))
			value_time(value, account->modified_at);
		break;
	default:
		break;
	}
}

static uint32_t previous_score(struct gainsight *gainsight, uint32_t index)
{
	return (uint32_t)(world_hash(gainsight->world, STREAM_PREVIOUS_SCORE, index) % GAINSIGHT_SCORES_IN_SCHEME);
}

/* No current score is "not scored": neither 0 nor green. */
static void value_of_score(struct gainsight *gainsight, struct gainsight_row *row,
	enum gainsight_attribute attribute, struct gainsight_value *value)
{
	const struct world_account *account = &row->of.account;
	uint32_t base = gainsight_scheme_base(gainsight);
	uint32_t previous = previous_score(gainsight, row->index);
	uint32_t current = account->has_health ? (uint32_t)(account->health + 0.5) : 0;
	if (current >= GAINSIGHT_SCORES_IN_SCHEME)
		current = GAINSIGHT_SCORES_IN_SCHEME - 1;
	if (attribute == CTA_COMPANY)
		value_gsid(gainsight, value, WORLD_GSID_COMPANY, row->index);
	else if (attribute == SCORE_MEASURE)
		value_gsid(gainsight, value, WORLD_GSID_MEASURE, 0);
	else if (!account->has_health)
		return;
	else if (attribute == SCORE_CURRENT)
		value_gsid(gainsight, value, WORLD_GSID_SCHEME, base + current);
	else if (attribute == SCORE_PREVIOUS)
		value_gsid(gainsight, value, WORLD_GSID_SCHEME, base + previous);
	else
		value_string(value, current > previous ? "Up" : current < previous ? "Down" : "Same");
}

/* In the changed scheme everything is red: an administrator's mistake, or not. */
static void value_of_scheme(uint32_t index, enum gainsight_attribute attribute, struct gainsight_value *value)
{
	static const char *const names[] = { "Red", "Yellow", "Green" };
	static const char *const colors[] = { "#F25C54", "#F8C630", "#3FB27F" };
	uint32_t score = index % GAINSIGHT_OTHER_SCHEME_BASE;
	size_t band = index >= GAINSIGHT_OTHER_SCHEME_BASE || score < 40 ? 0 : score < 70 ? 1 : 2;
	if (attribute == SCHEME_SCORE)
		value_number(value, score);
	else
		value_string(value, attribute == SCHEME_NAME ? names[band] : colors[band]);
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
		value_string(value, deletion->type == WORLD_GSID_COMPANY  ? gainsight_company.name
				    : deletion->type == WORLD_GSID_PERSON ? gainsight_person.name
									  : gainsight_company_person.name);
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
		/* Staff are read as Salesforce has them; the date that conditions meet is Gainsight's own. */
		value_time(
			value, created ? row->of.staff.created_at
				       : world_stamp(gainsight->world, WORLD_GAINSIGHT, WORLD_STAFF, row->index));
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
	else if (row->object->source == GAINSIGHT_MEASURES)
		value_string(value, "Overall Score");
	else if (row->object->source == GAINSIGHT_SCHEME)
		value_of_scheme(row->index, field->attribute, value);
	else if (row->object->source == GAINSIGHT_SCORES)
		value_of_score(gainsight, row, field->attribute, value);
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
