#include "tests/sandbox/salesforce_internal.h"
#include "tests/sandbox/world_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const schema_keys[SALESFORCE_SCHEMA_SWITCHES] = { "salesforce.hide_field",
	"salesforce.formula_field", "salesforce.field_type", "salesforce.readonly_field" };

static struct salesforce_field *field_named(const char *text, size_t length)
{
	const char *dot = memchr(text, '.', length);
	const struct salesforce_object *object = dot ? salesforce_object_find(text, (size_t)(dot - text)) : NULL;
	size_t name_length = dot ? length - (size_t)(dot + 1 - text) : 0;

	for (size_t at = 0; object && at < object->field_count; at++)
		if (strlen(object->fields[at].name) == name_length &&
			strncmp(object->fields[at].name, dot + 1, name_length) == 0)
			return &object->fields[at];
	return NULL;
}

static void word_apply(size_t key, const char *word, size_t length)
{
	const char *colon = key == 2 ? memchr(word, ':', length) : NULL;
	struct salesforce_field *field = field_named(word, colon ? (size_t)(colon - word) : length);
	enum salesforce_type type =
		colon ? salesforce_type_find(colon + 1, length - (size_t)(colon + 1 - word)) : SALESFORCE_TYPES;

	if (!field || (key == 2 && type == SALESFORCE_TYPES)) {
		fprintf(stderr, "sandbox: %s: %.*s is no %s\n", schema_keys[key], (int)length, word,
			key == 2 ? "Object.Field:type" : "Object.Field");
		return;
	}
	if (key == 0)
		field->hidden = true;
	else if (key == 1)
		field->calculated = true;
	else if (key == 3)
		field->read_only = true;
	else
		field->type = type;
}

static void schema_reset(void)
{
	for (size_t at = 0; at < SALESFORCE_OBJECTS; at++) {
		for (size_t field = 0; field < salesforce_objects[at].field_count; field++) {
			struct salesforce_field *changed = &salesforce_objects[at].fields[field];

			changed->hidden = false;
			changed->calculated = false;
			changed->read_only = false;
			changed->type = changed->native;
		}
	}
}

void salesforce_schema_apply(struct salesforce *salesforce)
{
	bool changed = false;

	for (size_t key = 0; key < SALESFORCE_SCHEMA_SWITCHES; key++) {
		const char *value = server_switch(salesforce->server, schema_keys[key], "");
		char **applied = &salesforce->schema_applied[key];

		if (strcmp(value, *applied ? *applied : "") == 0)
			continue;
		free(*applied);
		*applied = strdup(value);
		changed = true;
	}
	if (!changed)
		return;
	salesforce->schema_changed_at = world_now();
	schema_reset();
	for (size_t key = 0; key < SALESFORCE_SCHEMA_SWITCHES; key++) {
		const char *at = salesforce->schema_applied[key];

		while (at && *at) {
			size_t length = strcspn(at, ",");

			if (length)
				word_apply(key, at, length);
			at += length + (at[length] == ',');
		}
	}
}

bool salesforce_schema_lists(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; *at; at += at[strcspn(at, ",")] ? strcspn(at, ",") + 1 : strcspn(at, ","))
		if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
			return true;
	return false;
}
