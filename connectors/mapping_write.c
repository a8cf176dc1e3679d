/* The sections of a mapping that say what is written back, and why some of it must not be. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/mapping.h"
#include "connectors/memory.h"

enum { WORD_LIMIT = 100 };

static const struct {
	const char *name, *word;
} states[FLAG_STATES] = {
	[FLAG_ELIGIBLE] = { "eligible", "Available" },
	[FLAG_CAUTION] = { "caution", "Caution" },
	[FLAG_SUSPENDED] = { "suspended", "Suspended" },
	[FLAG_INELIGIBLE] = { "ineligible", "Ineligible" },
	[FLAG_WITHDRAWN] = { "withdrawn", "Withdrawn" },
	[FLAG_LEFT] = { "left", "Left" },
};

const char *flag_state_name(enum flag_state state)
{
	return states[state].name;
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

static bool set_since(struct mapping_write *write, const char *value, int line, struct failure *failure)
{
	const char *bar = strchr(value, '|');

	if (bar != NULL && strcmp(bar + 1 + strspn(bar + 1, " \t"), "date") != 0) {
		failure_set(failure, FAILURE_PERMANENT,
			"'%.60s' is not understood: only '| date' may stand behind the field", bar);
		return false;
	}
	write->since_is_day = bar != NULL;
	return set_field(&write->since, "availability_since", value,
		bar == NULL ? strlen(value) : (size_t)(bar - value), line, failure);
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

bool mapping_write_set(struct mapping *mapping, const char *name, const char *key, const char *value, int line,
	struct failure *failure)
{
	enum entity entity = entity_by_name(name);

	if (entity != ENTITY_CONTACT && entity != ENTITY_ACCOUNT) {
		failure_set(failure, FAILURE_PERMANENT,
			"no section [write %.60s]; there are [write contact] and [write account]", name);
		return false;
	}
	struct mapping_write *write = &mapping->entities[entity].write;
	if (!write->present)
		*write = (struct mapping_write){
			.present = true, .line = line, .availability.column = -1, .since.column = -1
		};
	if (strcmp(key, "availability") == 0)
		return set_field(&write->availability, key, value, strlen(value), line, failure);
	if (strcmp(key, "availability_since") == 0)
		return set_since(write, value, line, failure);
	for (int i = 0; i < FLAG_STATES; i++)
		if (strcmp(key, states[i].name) == 0)
			return set_word(&write->words[i], key, value, failure);
	failure_set(failure, FAILURE_PERMANENT,
		"[write %.60s] has no key '%.60s'; it has availability, availability_since, and a word for each "
		"state: "
		"eligible, caution, suspended, ineligible, withdrawn, left",
		name, key);
	return false;
}

/* Also where it is reached from another record: Contact.Advocate_Status__c. Vendors don't tell names apart by case. */
static bool reads(const char *remote, const char *written, bool same_record)
{
	const char *dot = strrchr(remote, '.');

	return dot == NULL ? same_record && strcasecmp(remote, written) == 0 : strcasecmp(dot + 1, written) == 0;
}

static bool refuse_loop(const struct mapping *mapping, enum entity entity, const struct mapped_field *written,
	int *ret_line, struct failure *failure)
{
	for (int i = 0; i < ENTITY_COUNT; i++) {
		const struct mapping_entity *other = &mapping->entities[i];
		for (size_t j = 0; j < other->count; j++) {
			const struct mapped_field *field = &other->fields[j];
			if (!reads(field->remote, written->remote, i == (int)entity))
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

bool mapping_write_check(struct mapping *mapping, enum entity entity, int *ret_line, struct failure *failure)
{
	struct mapping_entity *records = &mapping->entities[entity];
	struct mapping_write *write = &records->write;
	const char *name = entity_shape(entity)->name;

	if (!write->present)
		return true;
	*ret_line = write->line;
	for (int i = 0; i < FLAG_STATES; i++)
		if (write->words[i] == NULL)
			write->words[i] = memory_copy_text(states[i].word);
	if (write->availability.remote == NULL) {
		failure_set(failure, FAILURE_PERMANENT, "[write %s] lacks 'availability = FIELD'", name);
		return false;
	}
	if (!records->present) {
		failure_set(failure, FAILURE_PERMANENT,
			"[write %s] needs [%s]: only records that are read are written to", name, name);
		return false;
	}
	if (write->since.remote != NULL && strcasecmp(write->since.remote, write->availability.remote) == 0) {
		failure_set(failure, FAILURE_PERMANENT, "availability and availability_since are the same field");
		return false;
	}
	return refuse_loop(mapping, entity, &write->availability, ret_line, failure) &&
	       (write->since.remote == NULL || refuse_loop(mapping, entity, &write->since, ret_line, failure));
}

void mapping_write_clear(struct mapping_write *write)
{
	free(write->availability.signal);
	free(write->availability.remote);
	free(write->since.signal);
	free(write->since.remote);
	for (int i = 0; i < FLAG_STATES; i++)
		free(write->words[i]);
	*write = (struct mapping_write){ 0 };
}
