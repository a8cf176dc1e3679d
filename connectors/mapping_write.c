/* The sections of a mapping that say what is written back, and why some of it must not be. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/mapping.h"
#include "connectors/memory.h"

enum { WORD_LIMIT = 100 };

static const struct flag_state availabilities[] = {
	{ "eligible", "Available" },
	{ "caution", "Caution" },
	{ "suspended", "Suspended" },
	{ "ineligible", "Ineligible" },
	{ "withdrawn", "Withdrawn" },
	{ "left", "Left" },
};

static const struct flag_state requests[] = {
	{ "waiting", "Waiting" },
	{ "refused", "Refused" },
	{ "submitted", "Submitted" },
	{ "triaged", "Triaged" },
	{ "matching", "Matching" },
	{ "proposed", "Proposed" },
	{ "awaiting_csm", "Awaiting CSM" },
	{ "awaiting_advocate", "Awaiting advocate" },
	{ "scheduled", "Scheduled" },
	{ "suspended_hold", "In doubt" },
	{ "held", "Held" },
	{ "feedback_due", "Feedback due" },
	{ "completed", "Completed" },
	{ "declined", "Declined" },
	{ "expired", "Expired" },
	{ "cancelled", "Cancelled" },
	{ "unfulfillable", "Unfulfillable" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

_Static_assert(
	COUNT(requests) <= FLAG_STATES_MOST && COUNT(availabilities) <= FLAG_STATES_MOST, "words for each state");

const struct flag_kind *flag_kind_of(enum entity entity)
{
	static const struct flag_kind availability = { availabilities, COUNT(availabilities), "availability",
		"availability_since", NULL };
	static const struct flag_kind request = { requests, COUNT(requests), "state", "state_since", "reason" };

	if (entity == ENTITY_CONTACT || entity == ENTITY_ACCOUNT)
		return &availability;
	return entity == ENTITY_REQUEST ? &request : NULL;
}

/* A field of the record itself: what is reached through a relationship is another record's. */
static bool is_own_field(const char *name, size_t length)
{
	if (length == 0 || length > WORD_LIMIT || !isalpha((unsigned char)*name))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

static bool given_twice(const char *key, struct failure *failure)
{
	failure_set(failure, FAILURE_PERMANENT, "'%.60s' is given twice", key);
	return false;
}

static bool set_field(struct mapped_field *field, const char *key, const char *value, size_t length, int line,
	struct failure *failure)
{
	if (field->remote != NULL)
		return given_twice(key, failure);
	while (length > 0 && isspace((unsigned char)value[length - 1]))
		length--;
	if (!is_own_field(value, length)) {
		failure_set(failure, FAILURE_PERMANENT,
			"'%.60s' is no field of the record itself: letters, digits and '_', beginning with a "
			"letter",
			value);
		return false;
	}
	field->remote = memory_copy(value, length);
	field->signal = memory_copy_text(key);
	field->line = line;
	return true;
}

static bool set_since(
	struct mapping_write *write, const char *key, const char *value, int line, struct failure *failure)
{
	const char *bar = strchr(value, '|');

	if (bar != NULL && strcmp(bar + 1 + strspn(bar + 1, " \t"), "date") != 0) {
		failure_set(failure, FAILURE_PERMANENT,
			"'%.60s' is not understood: only '| date' may stand behind the field", bar);
		return false;
	}
	write->since_is_day = bar != NULL;
	return set_field(
		&write->since, key, value, bar == NULL ? strlen(value) : (size_t)(bar - value), line, failure);
}

static bool set_word(char **word, const char *key, const char *value, struct failure *failure)
{
	if (*word != NULL)
		return given_twice(key, failure);
	if (*value == '\0' || strlen(value) > WORD_LIMIT) {
		failure_set(failure, FAILURE_PERMANENT, "'%.60s' needs a word of up to %d bytes", key, WORD_LIMIT);
		return false;
	}
	*word = memory_copy_text(value);
	return true;
}

/* Says which keys there are. */
static void unknown_key(const char *name, const char *key, const struct flag_kind *kind, struct failure *failure)
{
	char states[240] = "";

	for (size_t i = 0; i < kind->count; i++)
		(void)snprintf(states + strlen(states), sizeof states - strlen(states), "%s%s", i == 0 ? "" : ", ",
			kind->states[i].name);
	failure_set(failure, FAILURE_PERMANENT,
		"[write %.20s] has no key '%.60s'; it has %s, %s%s%s, and a word for each state: %s", name, key,
		kind->state, kind->since, kind->reason == NULL ? "" : ", ",
		kind->reason == NULL ? "" : kind->reason, states);
}

bool mapping_write_set(struct mapping *mapping, const char *name, const char *key, const char *value, int line,
	struct failure *failure)
{
	enum entity entity = entity_by_name(name);
	const struct flag_kind *kind = flag_kind_of(entity);

	if (kind == NULL) {
		failure_set(failure, FAILURE_PERMANENT,
			"no section [write %.60s]; there are [write contact], [write account] and [write request]",
			name);
		return false;
	}
	struct mapping_write *write = &mapping->entities[entity].write;
	if (!write->present)
		*write = (struct mapping_write){
			.present = true, .line = line, .state.column = -1, .since.column = -1, .reason.column = -1
		};
	if (strcmp(key, kind->state) == 0)
		return set_field(&write->state, key, value, strlen(value), line, failure);
	if (strcmp(key, kind->since) == 0)
		return set_since(write, key, value, line, failure);
	if (kind->reason != NULL && strcmp(key, kind->reason) == 0)
		return set_field(&write->reason, key, value, strlen(value), line, failure);
	for (size_t i = 0; i < kind->count; i++)
		if (strcmp(key, kind->states[i].name) == 0)
			return set_word(&write->words[i], key, value, failure);
	unknown_key(name, key, kind, failure);
	return false;
}

/* Also where it is reached from another record: Contact.Advocate_Status__c. Vendors don't tell names apart by case. */
static bool reads(const char *remote, const char *written, bool same_record)
{
	const char *dot = strrchr(remote, '.');

	return dot == NULL ? same_record && strcasecmp(remote, written) == 0 : strcasecmp(dot + 1, written) == 0;
}

static const char *object_of(
	const struct mapping *mapping, enum entity entity, const char *(*default_object)(enum entity entity))
{
	const char *object = mapping->entities[entity].object;

	if (object == NULL)
		object = default_object(entity);
	return object == NULL ? "" : object;
}

static bool refuse_loop(const struct mapping *mapping, enum entity entity, const struct mapped_field *written,
	const char *(*default_object)(enum entity entity), int *ret_line, struct failure *failure)
{
	const char *object = object_of(mapping, entity, default_object);

	for (int i = 0; i < ENTITY_COUNT; i++) {
		const struct mapping_entity *other = &mapping->entities[i];
		/* Requests may be cases of a record type of their own: what is one record is told by the object. */
		bool same_record = i == (int)entity ||
				   strcasecmp(object_of(mapping, (enum entity)i, default_object), object) == 0;
		for (size_t j = 0; j < other->count; j++) {
			const struct mapped_field *field = &other->fields[j];
			if (!reads(field->remote, written->remote, same_record))
				continue;
			*ret_line = written->line;
			failure_set(failure, FAILURE_PERMANENT,
				"'%.60s' is read on line %d too (%s%.60s): what the daemon writes would come back "
				"as news and "
				"keep its own decision alive; write into a field that nothing is read from",
				written->remote, field->line, field->signal != NULL ? "signal." : "",
				field->signal != NULL ? field->signal
						      : entity_shape((enum entity)i)->columns[field->column].name);
			return false;
		}
	}
	return true;
}

static bool lacks(const char *name, const char *key, struct failure *failure)
{
	failure_set(failure, FAILURE_PERMANENT, "[write %s] lacks '%s = FIELD'", name, key);
	return false;
}

bool mapping_write_check(struct mapping *mapping, enum entity entity,
	const char *(*default_object)(enum entity entity), int *ret_line, struct failure *failure)
{
	struct mapping_entity *records = &mapping->entities[entity];
	struct mapping_write *write = &records->write;
	const struct mapped_field *const fields[] = { &write->state, &write->since, &write->reason };
	const struct flag_kind *kind = flag_kind_of(entity);
	const char *name = entity_shape(entity)->name;

	if (kind == NULL || !write->present)
		return true;
	*ret_line = write->line;
	for (size_t i = 0; i < kind->count; i++)
		if (write->words[i] == NULL)
			write->words[i] = memory_copy_text(kind->states[i].word);
	if (write->state.remote == NULL)
		return lacks(name, kind->state, failure);
	if (kind->reason != NULL && write->reason.remote == NULL)
		return lacks(name, kind->reason, failure);
	if (!records->present) {
		failure_set(failure, FAILURE_PERMANENT,
			"[write %s] needs [%s]: only records that are read are written to", name, name);
		return false;
	}
	for (size_t i = 0; i < COUNT(fields); i++)
		for (size_t j = 0; j < i; j++)
			if (fields[i]->remote != NULL && fields[j]->remote != NULL &&
				strcasecmp(fields[i]->remote, fields[j]->remote) == 0) {
				failure_set(failure, FAILURE_PERMANENT, "%s and %s are the same field",
					fields[j]->signal, fields[i]->signal);
				return false;
			}
	for (size_t i = 0; i < COUNT(fields); i++)
		if (fields[i]->remote != NULL &&
			!refuse_loop(mapping, entity, fields[i], default_object, ret_line, failure))
			return false;
	return true;
}

void mapping_write_clear(struct mapping_write *write)
{
	struct mapped_field *const fields[] = { &write->state, &write->since, &write->reason };

	for (size_t i = 0; i < COUNT(fields); i++) {
		free(fields[i]->signal);
		free(fields[i]->remote);
	}
	for (size_t i = 0; i < FLAG_STATES_MOST; i++)
		free(write->words[i]);
	*write = (struct mapping_write){ 0 };
}
