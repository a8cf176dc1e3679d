#include "connectors/mapping.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"

struct mapping *mapping_new(void)
{
	return memory_allocate(sizeof(struct mapping));
}

static void words_free(char **words)
{
	for (char **word = words; word != NULL && *word != NULL; word++)
		free(*word);
	free(words);
}

struct mapping *mapping_free(struct mapping *mapping)
{
	if (mapping == NULL)
		return NULL;
	for (int i = 0; i < ENTITY_COUNT; i++) {
		struct mapping_entity *entity = &mapping->entities[i];
		for (size_t j = 0; j < entity->count; j++) {
			free(entity->fields[j].signal);
			free(entity->fields[j].remote);
			words_free(entity->fields[j].words);
			entity->fields[j].scale = scale_free(entity->fields[j].scale);
		}
		free(entity->fields);
		free(entity->object);
		mapping_write_clear(&entity->write);
	}
	free(mapping);
	return NULL;
}

/* A copy without the blanks around it. */
static char *trimmed(const char *text, size_t length)
{
	while (length > 0 && isspace((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	return memory_copy(text, length);
}

/* A remote name goes into a query's text, so it holds nothing but letters, digits, '_' and '.'. */
static bool is_field_name(const char *name)
{
	if (!isalpha((unsigned char)*name))
		return false;
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) && *name != '_' && *name != '.')
			return false;
	return name[-1] != '.';
}

/* The same, or a custom object's type as HubSpot numbers them: "2-3453932". */
static bool is_object_name(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return is_field_name(name) || (digits > 0 && name[digits] == '-' && name[digits + 1] != '\0' &&
					      strspn(name + digits + 1, "0123456789") == strlen(name + digits + 1));
}

/* A signal's name is an identifier in the policy file and a member name in JSON. */
static bool is_signal_name(const char *name)
{
	if (*name < 'a' || *name > 'z')
		return false;
	for (; *name != '\0'; name++)
		if (!(*name >= 'a' && *name <= 'z') && !(*name >= '0' && *name <= '9') && *name != '_')
			return false;
	return true;
}

static char **words_split(const char *text)
{
	char **words = memory_allocate(sizeof *words);
	size_t count = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, ",");
		char *word = trimmed(text, length);
		if (*word == '\0') {
			free(word);
		} else {
			words = memory_resize(words, (count + 2) * sizeof *words);
			words[count++] = word;
		}
		text += length + (text[length] == ',');
	}
	words[count] = NULL;
	return words;
}

/* "a, b, c" of the columns a mapping may name, for a message. */
static void name_columns(const struct entity_shape *shape, struct buffer *names)
{
	for (size_t i = COLUMN_FIRST_MAPPED; i < shape->count; i++)
		if (shape->columns[i].type != COLUMN_SIGNALS)
			(void)buffer_printf(names, "%s%s", names->length == 0 ? "" : ", ", shape->columns[i].name);
}

static bool resolve_key(enum entity entity, const char *key, struct mapped_field *field, struct failure *failure)
{
	const struct entity_shape *shape = entity_shape(entity);
	struct buffer names;

	if (strncmp(key, "signal.", 7) == 0) {
		if (entity_column(entity, "signals") < 0) {
			failure_set(failure, FAILURE_PERMANENT,
				"a signal is about an account or a contact: move '%.60s' to [account], "
				"[observation] or [contact]",
				key);
			return false;
		}
		if (!is_signal_name(key + 7)) {
			failure_set(failure, FAILURE_PERMANENT,
				"'%.60s' is no signal name: small letters, digits and '_', as in "
				"signal.health_score",
				key);
			return false;
		}
		field->column = -1;
		field->signal = memory_copy_text(key + 7);
		return true;
	}
	field->column = entity_column(entity, key);
	if (field->column >= COLUMN_FIRST_MAPPED && shape->columns[field->column].type != COLUMN_SIGNALS)
		return true;
	buffer_init(&names, 400);
	name_columns(shape, &names);
	failure_set(failure, FAILURE_PERMANENT, "[%s] has no column '%.60s'; it has %s%s", shape->name, key,
		buffer_text(&names), entity_column(entity, "signals") < 0 ? "" : ", and signal.NAME");
	buffer_free(&names);
	return false;
}

static bool parse_value(
	const char *value, const struct entity_shape *shape, struct mapped_field *field, struct failure *failure)
{
	const char *bar = strchr(value, '|');

	field->remote = trimmed(value, bar == NULL ? strlen(value) : (size_t)(bar - value));
	if (!is_field_name(field->remote)) {
		failure_set(failure, FAILURE_PERMANENT,
			"'%.60s' is no field name: letters, digits, '_' and '.', beginning with a letter",
			field->remote);
		return false;
	}
	if (bar == NULL)
		return true;
	char *rest = trimmed(bar + 1, strlen(bar + 1));
	if (field->signal != NULL) {
		field->scale = scale_parse(rest, failure);
		free(rest);
		return field->scale != NULL;
	}
	if (strncmp(rest, "in ", 3) == 0)
		field->words = words_split(rest + 3);
	bool good = field->words != NULL && field->words[0] != NULL && field->column >= 0 &&
		    shape->columns[field->column].type == COLUMN_BOOLEAN;
	if (!good)
		failure_set(failure, FAILURE_PERMANENT,
			"'| %.60s' is not understood: only a yes-or-no column takes '| in WORD, WORD'", rest);
	free(rest);
	return good;
}

static bool is_same(const struct mapped_field *one, const struct mapped_field *other)
{
	if (one->signal == NULL || other->signal == NULL)
		return one->signal == other->signal && one->column == other->column;
	return strcmp(one->signal, other->signal) == 0;
}

/* "example.health_score = 20 is 80": what the signal's line must make of it. */
static bool check_examples(
	const struct mapping_entity *entity, const char *signal, const char *examples, struct failure *failure)
{
	for (size_t i = 0; i < entity->count; i++)
		if (entity->fields[i].signal != NULL && strcmp(entity->fields[i].signal, signal) == 0)
			return scale_check(entity->fields[i].scale, examples, failure);
	failure_set(failure, FAILURE_PERMANENT, "there is no signal.%.60s above it", signal);
	return false;
}

bool mapping_set(struct mapping *mapping, const char *section, const char *key, const char *value, int line,
	struct failure *failure)
{
	enum entity name = entity_by_name(section);

	if (name == ENTITY_COUNT || name == ENTITY_ASSOCIATION) {
		failure_set(failure, FAILURE_PERMANENT,
			"no section [%.60s]; there are [account], [staff], [contact], [support_case], "
			"[opportunity], [request], [observation]",
			section);
		return false;
	}
	struct mapping_entity *entity = &mapping->entities[name];
	entity->present = true;
	if (strcmp(key, "object") == 0) {
		if (entity->object != NULL || !is_object_name(value)) {
			failure_set(failure, FAILURE_PERMANENT, "'object' is given twice or is no object name");
			return false;
		}
		entity->object = memory_copy_text(value);
		return true;
	}
	if (strncmp(key, "example.", 8) == 0)
		return check_examples(entity, key + 8, value, failure);
	struct mapped_field field = { .column = -1, .line = line };
	bool good =
		resolve_key(name, key, &field, failure) && parse_value(value, entity_shape(name), &field, failure);
	for (size_t i = 0; good && i < entity->count; i++)
		if (is_same(&entity->fields[i], &field)) {
			failure_set(failure, FAILURE_PERMANENT, "'%.60s' was given before, on line %d", key,
				entity->fields[i].line);
			good = false;
		}
	if (!good) {
		free(field.signal);
		free(field.remote);
		words_free(field.words);
		field.scale = scale_free(field.scale);
		return false;
	}
	entity->fields = memory_resize(entity->fields, (entity->count + 1) * sizeof field);
	entity->fields[entity->count++] = field;
	return true;
}

/* FNV-1a; the zero at the end keeps ("a", "bc") apart from ("ab", "c"). */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	while (*text++ != '\0');
	return hash;
}

void mapping_fingerprint(const struct mapping_entity *mapping, enum entity entity, const char *object,
	char text[static MAPPING_FINGERPRINT_SIZE])
{
	const uint64_t seed = UINT64_C(14695981039346656037);
	const struct entity_shape *shape = entity_shape(entity);
	uint64_t sum = hash_text(hash_text(seed, shape->name), object);

	for (size_t i = 0; i < mapping->count; i++) {
		const struct mapped_field *field = &mapping->fields[i];
		bool is_signal = field->signal != NULL;
		uint64_t line = hash_text(seed, field->remote);
		line = hash_text(line, is_signal ? "signal" : "column");
		line = hash_text(line, is_signal ? field->signal : shape->columns[field->column].name);
		for (char *const *word = field->words; word != NULL && *word != NULL; word++)
			line = hash_text(line, *word);
		if (field->scale != NULL)
			line = hash_text(line, scale_text(field->scale));
		sum += line;
	}
	(void)snprintf(text, MAPPING_FINGERPRINT_SIZE, "%016" PRIx64, sum);
}
