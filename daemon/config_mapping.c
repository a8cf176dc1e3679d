#include "daemon/config_mapping.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config_fill.h"

static bool offers(const struct connector *connector, enum entity entity)
{
	for (const enum entity *stream = connector->streams; *stream != ENTITY_COUNT; stream++)
		if (*stream == entity)
			return true;
	return false;
}

/* Whether the mapping has something for the stream to do. */
static bool feeds(const struct mapping *mapping, enum entity entity)
{
	if (entity != ENTITY_ASSOCIATION)
		return mapping->entities[entity].present;
	return mapping->entities[ENTITY_CONTACT].present || mapping->entities[ENTITY_SUPPORT_CASE].present ||
	       mapping->entities[ENTITY_OPPORTUNITY].present;
}

/* "account, contact" of what the connector offers, and the mapping (unless NULL) feeds. */
static void name_streams(const struct connector *connector, const struct mapping *mapping, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (const enum entity *stream = connector->streams; *stream != ENTITY_COUNT && length < size; stream++)
		if (mapping == NULL || feeds(mapping, *stream))
			length += (size_t)snprintf(text + length, size - length, "%s%s", length == 0 ? "" : ", ",
				entity_shape(*stream)->name);
}

/* What a request must say before it can be filed at all; without such a line every one of them would be refused. */
static void check_request(const struct mapping_entity *request, const struct config_section *section,
	const struct connector *connector, struct config_faults *faults)
{
	static const char *const needed[] = { "activity_type", "justification", "audience", "outcome", "needed_by",
		"opportunity_remote_id", "submitted", NULL };
	bool names_rep = false;

	if (request->object == NULL && connector->default_object(ENTITY_REQUEST) == NULL)
		config_section_fault(faults, section, NULL,
			"needs object = NAME, the object in which your reps file requests: %s has no usual one",
			connector->name);
	for (const char *const *name = needed; *name != NULL; name++) {
		bool found = false;
		for (size_t i = 0; i < request->count; i++)
			found = found || request->fields[i].column == entity_column(ENTITY_REQUEST, *name);
		if (!found)
			config_section_fault(faults, section, NULL,
				"needs a line %s = FIELD: a request that doesn't say it is refused", *name);
	}
	for (size_t i = 0; i < request->count; i++)
		names_rep = names_rep ||
			    request->fields[i].column == entity_column(ENTITY_REQUEST, "requested_by_email") ||
			    request->fields[i].column == entity_column(ENTITY_REQUEST, "requested_by_remote_id");
	if (!names_rep)
		config_section_fault(faults, section, NULL,
			"needs requested_by_email = FIELD or requested_by_remote_id = FIELD: who is to be "
			"answered");
}

/* [write contact] */
static void load_write(struct mapping *mapping, const struct config_section *section,
	const struct connector *connector, struct config_faults *faults)
{
	struct failure failure;

	if (section->name == NULL) {
		config_section_fault(
			faults, section, NULL, "needs the name of what is written to: [write contact]");
		return;
	}
	if (connector->flags_most == 0) {
		config_section_fault(
			faults, section, NULL, "would do nothing: the connector %s can't write", connector->name);
		return;
	}
	for (size_t i = 0; i < section->count; i++) {
		const struct config_entry *entry = &section->entries[i];
		if (!mapping_write_set(mapping, section->name, entry->key, entry->value, entry->line, &failure))
			config_faults_add(faults, section->file, entry->line, "%s", failure.text);
	}
}

static void check_writes(
	struct mapping *mapping, const struct connector *connector, const char *path, struct config_faults *faults)
{
	struct failure failure;
	int line;

	for (int entity = 0; entity < ENTITY_COUNT; entity++)
		if (!mapping_write_check(mapping, (enum entity)entity, connector->default_object, &line, &failure))
			config_faults_add(faults, path, line, "%s", failure.text);
}

static void load_section(struct mapping *mapping, const struct config_section *section,
	const struct connector *connector, struct config_faults *faults)
{
	enum entity entity = entity_by_name(section->kind);
	char streams[160];
	struct failure failure;

	if (section->name != NULL) {
		config_section_fault(
			faults, section, NULL, "takes no name in a mapping; write [%.40s]", section->kind);
		return;
	}
	if (section->count == 0) {
		config_section_fault(
			faults, section, NULL, "maps nothing; give it lines COLUMN = FIELD, or leave it out");
		return;
	}
	for (size_t i = 0; i < section->count; i++) {
		const struct config_entry *entry = &section->entries[i];
		if (!mapping_set(mapping, section->kind, entry->key, entry->value, entry->line, &failure)) {
			config_faults_add(faults, section->file, entry->line, "%s", failure.text);
			if (entity == ENTITY_COUNT || entity == ENTITY_ASSOCIATION)
				return; /* the same would be said of each line of an unknown section */
		}
	}
	if (entity == ENTITY_REQUEST && offers(connector, entity))
		check_request(&mapping->entities[entity], section, connector, faults);
	if (offers(connector, entity))
		return;
	name_streams(connector, NULL, streams, sizeof streams);
	config_section_fault(faults, section, NULL, "would never be read: %s has no such stream, it has %s",
		connector->name, streams);
}

struct mapping *config_mapping_load(const char *path, const struct config_section *section,
	const struct connector *connector, struct config_faults *faults)
{
	size_t before = config_faults_count(faults);

	if (access(path, R_OK) != 0) {
		config_section_fault(faults, section, "mapping", "mapping: the file %.200s can't be read (%s)",
			path, strerror(errno));
		return NULL;
	}
	struct config_file *file = config_file_read(path, false, faults);
	struct mapping *mapping = mapping_new();
	for (size_t i = 0; i < file->count; i++)
		if (strcmp(file->sections[i].kind, "write") == 0)
			load_write(mapping, &file->sections[i], connector, faults);
		else
			load_section(mapping, &file->sections[i], connector, faults);
	config_file_free(file);
	if (config_faults_count(faults) == before)
		check_writes(mapping, connector, path, faults);
	if (config_faults_count(faults) == before)
		return mapping;
	return mapping_free(mapping);
}

static bool is_named(char **names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

void config_mapping_streams(
	struct config_source *source, const struct config_section *section, struct config_faults *faults)
{
	const struct connector *connector = source->connector;
	char **names = source->stream_names;
	char possible[160];
	size_t count = 0;

	name_streams(connector, source->mapping, possible, sizeof possible);
	for (char **name = names; name != NULL && *name != NULL; name++) {
		enum entity entity = entity_by_name(*name);
		if (entity == ENTITY_COUNT || !offers(connector, entity))
			config_section_fault(faults, section, "streams",
				"streams: %s has no stream '%.60s'; there are: %s", connector->name, *name,
				possible);
		else if (source->mapping != NULL && !feeds(source->mapping, entity))
			config_section_fault(faults, section, "streams",
				"streams: the mapping has no section [%.60s]; add it there, or "
				"leave the stream out",
				*name);
	}
	if (source->mapping == NULL)
		return;
	for (const enum entity *stream = connector->streams; *stream != ENTITY_COUNT; stream++)
		if (feeds(source->mapping, *stream) &&
			(names == NULL || is_named(names, entity_shape(*stream)->name)))
			source->streams[count++] = *stream;
	source->streams[count] = ENTITY_COUNT;
	if (count == 0 && names == NULL)
		config_section_fault(faults, section, "mapping",
			"mapping: %.200s maps nothing that %s can read; give it at least [account]",
			source->mapping_file, connector->name);
}
