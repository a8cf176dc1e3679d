#include "daemon/config_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"
#include "connectors/template.h"
#include "daemon/config_fill.h"
#include "daemon/shipped.h"

enum { EXPANDED_MOST = 8192, LABEL_MOST = 40 };

static const char shipped_name[] = "messages.conf (shipped)";

struct building {
	const struct config_file *shipped, *own;
	json_t *samples;
	struct layouts layouts;
	struct config_faults *faults;
};

json_t *config_messages_sample(const char *kind)
{
	json_t *samples = json_loads(shipped_samples, 0, NULL);
	json_t *sample = json_incref(json_object_get(samples, kind));

	json_decref(samples);
	return sample;
}

/* Phrases -------------------------------------------------------------------------------------------- */

static const char *find_phrase(const struct building *building, const char *name)
{
	const struct config_section *section = config_file_find(building->own, "phrase", name);
	const struct config_entry *entry = section == NULL ? NULL : config_section_find(section, "text");

	if (entry != NULL)
		return entry->value;
	section = config_file_find(building->shipped, "phrase", name);
	entry = section == NULL ? NULL : config_section_find(section, "text");
	return entry == NULL ? NULL : entry->value;
}

/* Puts the phrases in the places of their names, or with `out` NULL only looks whether they are there. Phrases hold no
 * phrases. Returns the name that there isn't, or NULL. */
static const char *expand(
	const struct building *building, const char *text, struct buffer *out, struct buffer *bare)
{
	static char name[LABEL_MOST];

	for (const char *at = text; *at != '\0';) {
		size_t length = strncmp(at, "{@", 2) == 0 ? strcspn(at, "}") : 0;
		if (length == 0 || at[length] == '\0') {
			(void)buffer_append(out, at, 1);
			(void)buffer_append(bare, at++, 1);
			continue;
		}
		(void)snprintf(name, sizeof name, "%.*s", (int)(length - 2), at + 2);
		const char *phrase = find_phrase(building, name);
		if (phrase == NULL)
			return name;
		(void)buffer_append_text(out, phrase);
		at += length + 1;
	}
	return NULL;
}

static void check_phrases(struct building *building)
{
	char problem[TEMPLATE_PROBLEM_SIZE];

	for (size_t i = 0; i < building->own->count; i++) {
		const struct config_section *section = &building->own->sections[i];
		if (strcmp(section->kind, "phrase") != 0 || section->name == NULL)
			continue;
		const struct config_entry *text = config_section_find(section, "text");
		if (config_file_find(building->shipped, "phrase", section->name) == NULL && text == NULL)
			config_section_fault(building->faults, section, NULL, "lacks 'text': what it stands for");
		else if (text != NULL && !template_check(text->value, NULL, problem))
			config_section_fault(building->faults, section, "text", "text: %s", problem);
	}
}

/* Messages ------------------------------------------------------------------------------------------- */

/* The text with its phrases, when it can be used with these facts; else NULL, with a fault. The caller frees it. */
static char *ready_text(struct building *building, const struct config_section *section,
	const struct config_entry *entry, const json_t *facts)
{
	char problem[TEMPLATE_PROBLEM_SIZE];
	struct buffer whole, bare;
	char *ready = NULL;

	buffer_init(&whole, EXPANDED_MOST);
	buffer_init(&bare, EXPANDED_MOST);
	const char *missing = expand(building, entry->value, &whole, &bare);
	if (missing != NULL)
		config_section_fault(building->faults, section, entry->key, "%.60s: there is no [phrase %.40s]",
			entry->key, missing);
	else if (!template_check(buffer_text(&bare), facts, problem))
		config_section_fault(building->faults, section, entry->key, "%.60s: %s", entry->key, problem);
	else
		ready = memory_copy_text(buffer_text(&whole));
	buffer_free(&whole);
	buffer_free(&bare);
	return ready;
}

static void set_text(struct building *building, const struct config_section *section,
	const struct config_entry *entry, const json_t *facts, char **text)
{
	char *ready = *entry->value == '\0' ? NULL : ready_text(building, section, entry, facts);

	if (ready == NULL && *entry->value != '\0')
		return;
	free(*text);
	*text = ready;
}

static void set_part(struct building *building, const struct config_section *section,
	const struct config_entry *entry, const json_t *facts, struct layout *layout)
{
	bool is_field = strncmp(entry->key, "field.", 6) == 0;
	const char *name = entry->key + (is_field ? 6 : 5);

	if (*name == '\0' || strlen(name) > LABEL_MOST || strpbrk(name, "*_~`<>&|@") != NULL) {
		config_section_fault(building->faults, section, entry->key,
			"%.60s: '%.60s' is no name; write up to %d letters, digits and blanks", entry->key, name,
			LABEL_MOST);
		return;
	}
	char *ready = *entry->value == '\0' ? memory_copy_text("") : ready_text(building, section, entry, facts);
	if (ready == NULL)
		return;
	if (is_field)
		layout_set_part(&layout->fields, &layout->field_count, name, ready);
	else
		layout_set_part(&layout->lines, &layout->line_count, name, ready);
	free(ready);
}

static void set_audience(struct building *building, const struct config_section *section,
	const struct config_entry *entry, struct layout *layout)
{
	enum audience audience = audience_find(entry->value);

	if (audience != AUDIENCE_COUNT)
		layout->audience = audience;
	else
		config_section_fault(building->faults, section, entry->key,
			"audience: '%.40s' is none; write rep, csm, program or ops", entry->value);
}

static void set_severity(struct building *building, const struct config_section *section,
	const struct config_entry *entry, struct layout *layout)
{
	enum severity severity = severity_find(entry->value);

	if (severity != SEVERITY_COUNT)
		layout->severity = severity;
	else
		config_section_fault(building->faults, section, entry->key,
			"severity: '%.40s' is none; write info, good, warning or danger", entry->value);
}

static void set_list(struct building *building, const struct config_section *section,
	const struct config_entry *entry, const json_t *facts, struct layout *layout)
{
	if (*entry->value != '\0' && !json_is_array(json_object_get(facts, entry->value))) {
		config_section_fault(
			building->faults, section, entry->key, "list: there is no list '%.40s' here", entry->value);
		return;
	}
	free(layout->list);
	layout->list = *entry->value == '\0' ? NULL : memory_copy_text(entry->value);
}

/* Whether there are such kinds is looked at when all are known. */
static void set_kinds(const struct config_entry *entry, char **kinds)
{
	free(*kinds);
	*kinds = *entry->value == '\0' ? NULL : memory_copy_text(entry->value);
}

static void set_key(struct building *building, const struct config_section *section,
	const struct config_entry *entry, const json_t *facts, struct layout *layout)
{
	const json_t *item = json_array_get(json_object_get(facts, layout->list == NULL ? "" : layout->list), 0);

	if (strcmp(entry->key, "audience") == 0)
		set_audience(building, section, entry, layout);
	else if (strcmp(entry->key, "severity") == 0)
		set_severity(building, section, entry, layout);
	else if (strcmp(entry->key, "headline") == 0)
		set_text(building, section, entry, facts, &layout->headline);
	else if (strcmp(entry->key, "action") == 0)
		set_text(building, section, entry, facts, &layout->action);
	else if (strcmp(entry->key, "list") == 0)
		set_list(building, section, entry, facts, layout);
	else if (strcmp(entry->key, "list_title") == 0)
		set_text(building, section, entry, facts, &layout->list_title);
	else if (strcmp(entry->key, "list_item") == 0)
		set_text(building, section, entry, item, &layout->list_item);
	else if (strcmp(entry->key, "follows") == 0)
		set_kinds(entry, &layout->follows);
	else if (strcmp(entry->key, "mutes") == 0)
		set_kinds(entry, &layout->mutes);
	else if (strncmp(entry->key, "line.", 5) == 0 || strncmp(entry->key, "field.", 6) == 0)
		set_part(building, section, entry, facts, layout);
	else
		config_section_fault(building->faults, section, entry->key,
			"has no key '%.60s'; there are audience, severity, headline, line.NAME, list, list_title, "
			"list_item, "
			"action, field.LABEL, follows and mutes",
			entry->key);
}

static void read_sections(struct building *building, const struct config_file *file, bool may_add)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct config_section *section = &file->sections[i];
		if (strcmp(section->kind, "message") != 0 || section->name == NULL)
			continue;
		const json_t *facts = json_object_get(building->samples, section->name);
		struct layout *layout = layout_find(&building->layouts, section->name);
		if (layout == NULL && (!may_add || facts == NULL)) {
			const char **names = memory_allocate((building->layouts.count + 1) * sizeof *names);
			for (size_t j = 0; j < building->layouts.count; j++)
				names[j] = building->layouts.all[j].kind;
			const char *nearest = config_nearest(names, building->layouts.count, section->name);
			config_section_fault(building->faults, section, NULL, "is no kind of message%s%s%s",
				nearest == NULL ? "; advocated-policy(5) lists them" : "; '",
				nearest == NULL ? "" : nearest, nearest == NULL ? "" : "' is the nearest");
			free(names);
			continue;
		}
		if (layout == NULL)
			layout = layout_add(&building->layouts, section->name);
		for (size_t j = 0; j < section->count; j++)
			set_key(building, section, &section->entries[j], facts, layout);
		if (layout->headline == NULL)
			config_section_fault(
				building->faults, section, "headline", "headline: a message can't do without one");
		if (layout->list != NULL && (layout->list_title == NULL || layout->list_item == NULL))
			config_section_fault(building->faults, section, "list",
				"list: it needs list_title and list_item besides");
	}
}

static void check_kinds(struct building *building, const struct config_section *section)
{
	static const char *const keys[] = { "follows", "mutes" };

	for (size_t i = 0; strcmp(section->kind, "message") == 0 && i < sizeof keys / sizeof keys[0]; i++) {
		const struct config_entry *entry = config_section_find(section, keys[i]);
		for (const char *at = entry == NULL ? "" : entry->value; *at != '\0'; at += strspn(at, ", ")) {
			char kind[64];
			size_t length = strcspn(at, ", ");
			(void)snprintf(kind, sizeof kind, "%.*s", (int)length, at);
			at += length;
			if (layout_find(&building->layouts, kind) == NULL)
				config_section_fault(building->faults, section, keys[i],
					"%s: there is no kind '%s'", keys[i], kind);
		}
	}
}

struct layouts config_messages_build(const struct config_file *file, struct config_faults *faults)
{
	struct config_file *shipped = config_file_parse(shipped_name, shipped_messages, faults);
	struct building building = { .shipped = shipped, .own = file, .faults = faults };

	building.samples = json_loads(shipped_samples, 0, NULL);
	check_phrases(&building);
	read_sections(&building, shipped, true);
	read_sections(&building, file, false);
	for (size_t i = 0; i < file->count; i++)
		check_kinds(&building, &file->sections[i]);
	json_decref(building.samples);
	config_file_free(shipped);
	return building.layouts;
}
