#include "connectors/entity.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SYNCED                                                                                                     \
	{ "remote_id", COLUMN_TEXT }, { "modified_at", COLUMN_INSTANT },                                           \
	{                                                                                                          \
		"deleted", COLUMN_BOOLEAN                                                                          \
	}

static const struct column account_columns[] = {
	SYNCED,
	{ "salesforce_id", COLUMN_TEXT },
	{ "name", COLUMN_TEXT },
	{ "domain", COLUMN_TEXT },
	{ "industry", COLUMN_TEXT },
	{ "region", COLUMN_TEXT },
	{ "segment", COLUMN_TEXT },
	{ "arr", COLUMN_NUMBER },
	{ "renewal_on", COLUMN_DATE },
	{ "owner_remote_id", COLUMN_TEXT },
	{ "owner_email", COLUMN_TEXT },
	{ "csm_remote_id", COLUMN_TEXT },
	{ "csm_email", COLUMN_TEXT },
	{ "merged_into_remote_id", COLUMN_TEXT },
	{ "signals", COLUMN_SIGNALS },
};

static const struct column staff_columns[] = {
	SYNCED,
	{ "email", COLUMN_TEXT },
	{ "name", COLUMN_TEXT },
	{ "active", COLUMN_BOOLEAN },
	{ "manager_remote_id", COLUMN_TEXT },
	{ "time_zone", COLUMN_TEXT },
};

static const struct column contact_columns[] = {
	SYNCED,
	{ "account_remote_id", COLUMN_TEXT },
	{ "email", COLUMN_TEXT },
	{ "first_name", COLUMN_TEXT },
	{ "last_name", COLUMN_TEXT },
	{ "title", COLUMN_TEXT },
	{ "opted_out", COLUMN_BOOLEAN },
	{ "advocate", COLUMN_BOOLEAN },
	{ "merged_into_remote_id", COLUMN_TEXT },
	{ "persona", COLUMN_TEXT },
	{ "language", COLUMN_TEXT },
	{ "time_zone", COLUMN_TEXT },
	{ "products", COLUMN_TEXT },
	{ "use_cases", COLUMN_TEXT },
	{ "signals", COLUMN_SIGNALS },
};

static const struct column support_case_columns[] = {
	SYNCED,
	{ "account_remote_id", COLUMN_TEXT },
	{ "contact_remote_id", COLUMN_TEXT },
	{ "number", COLUMN_TEXT },
	{ "subject", COLUMN_TEXT },
	{ "status", COLUMN_TEXT },
	{ "priority", COLUMN_TEXT },
	{ "escalated", COLUMN_BOOLEAN },
	{ "closed", COLUMN_BOOLEAN },
	{ "opened_at", COLUMN_INSTANT },
	{ "closed_at", COLUMN_INSTANT },
};

static const struct column opportunity_columns[] = {
	SYNCED,
	{ "account_remote_id", COLUMN_TEXT },
	{ "name", COLUMN_TEXT },
	{ "stage", COLUMN_TEXT },
	{ "type", COLUMN_TEXT },
	{ "amount", COLUMN_NUMBER },
	{ "close_on", COLUMN_DATE },
	{ "closed", COLUMN_BOOLEAN },
	{ "won", COLUMN_BOOLEAN },
	{ "owner_remote_id", COLUMN_TEXT },
	{ "owner_email", COLUMN_TEXT },
};

static const struct column request_columns[] = {
	SYNCED,
	{ "opportunity_remote_id", COLUMN_TEXT },
	{ "activity_type", COLUMN_TEXT },
	{ "justification", COLUMN_TEXT },
	{ "audience", COLUMN_TEXT },
	{ "outcome", COLUMN_TEXT },
	{ "needed_by", COLUMN_DATE },
	{ "priority", COLUMN_TEXT },
	{ "exposure", COLUMN_TEXT },
	{ "requested_by_remote_id", COLUMN_TEXT },
	{ "requested_by_email", COLUMN_TEXT },
	{ "submitted", COLUMN_BOOLEAN }, /* a draft is nobody's business */
	{ "submitted_at", COLUMN_INSTANT },
	{ "cancelled", COLUMN_BOOLEAN },
};

static const struct column association_columns[] = {
	{ "entity", COLUMN_TEXT },
	{ "remote_id", COLUMN_TEXT },
	{ "account_remote_id", COLUMN_TEXT },
};

static const struct column observation_columns[] = {
	SYNCED,
	{ "account_remote_id", COLUMN_TEXT },
	{ "included", COLUMN_BOOLEAN }, /* whether the record counts; where it isn't mapped, all do */
	{ "signals", COLUMN_SIGNALS },
};

static const struct entity_shape shapes[ENTITY_COUNT] = {
	[ENTITY_ACCOUNT] = { "account", account_columns, COUNT_OF(account_columns) },
	[ENTITY_STAFF] = { "staff", staff_columns, COUNT_OF(staff_columns) },
	[ENTITY_CONTACT] = { "contact", contact_columns, COUNT_OF(contact_columns) },
	[ENTITY_SUPPORT_CASE] = { "support_case", support_case_columns, COUNT_OF(support_case_columns) },
	[ENTITY_OPPORTUNITY] = { "opportunity", opportunity_columns, COUNT_OF(opportunity_columns) },
	[ENTITY_REQUEST] = { "request", request_columns, COUNT_OF(request_columns) },
	[ENTITY_ASSOCIATION] = { "association", association_columns, COUNT_OF(association_columns) },
	[ENTITY_OBSERVATION] = { "observation", observation_columns, COUNT_OF(observation_columns) },
};

const struct entity_shape *entity_shape(enum entity entity)
{
	return &shapes[entity];
}

enum entity entity_by_name(const char *name)
{
	for (int i = 0; i < ENTITY_COUNT; i++)
		if (strcmp(shapes[i].name, name) == 0)
			return (enum entity)i;
	return ENTITY_COUNT;
}

int entity_column(enum entity entity, const char *name)
{
	const struct entity_shape *shape = &shapes[entity];

	for (size_t i = 0; i < shape->count; i++)
		if (strcmp(shape->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}
