#include "daemon/config_fill.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "connectors/secret.h"
#include "daemon/credential.h"

void config_section_fault(struct config_faults *faults, const struct config_section *section, const char *key,
	const char *format, ...)
{
	char title[112], text[640];
	va_list arguments;

	(void)snprintf(title, sizeof title, "[%.40s%s%.60s]", section->kind, section->name == NULL ? "" : " ",
		section->name == NULL ? "" : section->name);
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	config_faults_add(faults, section->file, key == NULL ? section->line : config_section_line(section, key),
		"%s %s", title, text);
}

static const struct option *find_row(
	const struct config_table *tables, size_t count, const char *key, const struct config_table **ret_table)
{
	for (size_t i = 0; i < count; i++) {
		const struct option *row = option_find(tables[i].options, tables[i].count, key);
		if (row != NULL) {
			*ret_table = &tables[i];
			return row;
		}
	}
	return NULL;
}

/* What a key is called that had this name once, or NULL. */
static const char *present_name(const struct config_table *table, const char *former)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->options[i].former != NULL && strcmp(table->options[i].former, former) == 0)
			return table->options[i].name;
	return NULL;
}

static void refuse_key(const struct config_section *section, const char *key, const struct config_table *tables,
	size_t count, struct config_faults *faults)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		const char *now = present_name(&tables[i], key);
		if (now != NULL) {
			config_section_fault(faults, section, key,
				"has no key '%.60s' any more; it is called '%s' now", key, now);
			return;
		}
		total += tables[i].count;
	}
	const char **names = memory_allocate((total + 1) * sizeof *names);
	size_t at = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < tables[i].count; j++)
			names[at++] = tables[i].options[j].name;
	const char *nearest = config_nearest(names, total, key);
	if (nearest != NULL)
		config_section_fault(
			faults, section, key, "has no key '%.60s'; '%s' is the nearest that it has", key, nearest);
	else
		config_section_fault(
			faults, section, key, "has no key '%.60s'; its keys are in the manual page", key);
	free(names);
}

/* Relative to the file it stands in. A plain name is looked for in the folder credentials beside it as well, from where
 * LoadCredential= takes it for the service: so commands find there what a service finds in $CREDENTIALS_DIRECTORY. */
static char *secret_path(const char *file, const char *name)
{
	char *path = config_file_resolve(file, name);

	if (strchr(name, '/') != NULL || access(path, F_OK) == 0)
		return path;
	char *in_folder = memory_format("credentials/%s", name);
	char *other = config_file_resolve(file, in_folder);
	free(in_folder);
	bool is_there = access(other, F_OK) == 0;
	free(is_there ? path : other);
	return is_there ? other : path;
}

/* Whether this is rather a secret than the name of its file, and so isn't told: an address, a Slack token, or long
 * with many digits or capital letters, as keys and passwords are. */
static bool looks_secret(const char *value)
{
	size_t length = strlen(value), odd = 0;

	for (size_t i = 0; i < length; i++)
		odd += isdigit((unsigned char)value[i]) || isupper((unsigned char)value[i]);
	return strstr(value, "://") != NULL || strncmp(value, "xox", 3) == 0 ||
	       (length >= 20 && odd >= 5 && value[0] != '/' && value[0] != '.');
}

static bool set_secret(const struct config_section *section, const struct config_entry *entry,
	const struct option *row, void *settings, struct failure *failure)
{
	struct secret **member = (struct secret **)(void *)((char *)settings + row->offset);

	if (*entry->value == '\0') {
		failure_set(failure, FAILURE_PERMANENT, "%s: has no value; name the file that holds the secret",
			row->name);
		return false;
	}
	char *path = secret_path(section->file, entry->value);
	struct secret *secret = credential_read(entry->value, path, getenv("CREDENTIALS_DIRECTORY"), failure);
	bool is_there = access(path, F_OK) == 0;
	free(path);
	if (secret == NULL && !is_there && looks_secret(entry->value)) {
		failure_set(failure, FAILURE_PERMANENT,
			"%s: names no file, and looks like the secret itself; put that into a file of its own "
			"(chmod "
			"600), and the file's name here",
			row->name);
		return false;
	}
	if (secret == NULL) {
		failure_prefix(failure, "%s", row->name);
		return false;
	}
	secret_free(*member);
	*member = secret;
	return true;
}

static bool set_row(const struct config_section *section, const struct config_entry *entry,
	const struct option *row, void *settings, struct failure *failure)
{
	if (row->type == OPTION_SECRET)
		return set_secret(section, entry, row, settings, failure);
	if (row->type != OPTION_FILE || *entry->value == '\0')
		return option_set(row, settings, entry->value, failure);
	char *path = config_file_resolve(section->file, entry->value);
	bool good = option_set(row, settings, path, failure);
	free(path);
	return good;
}

/* The key that looks like the missing one misspelt, where keys that nobody knows aren't refused; or NULL. */
static const struct config_entry *find_misspelt(const struct config_section *section,
	const struct config_table *tables, size_t count, const struct option *row)
{
	const struct config_table *table;

	for (size_t i = 0; tables[0].open && i < section->count; i++)
		if (find_row(tables, count, section->entries[i].key, &table) == NULL &&
			option_nearest(row, 1, section->entries[i].key) != NULL)
			return &section->entries[i];
	return NULL;
}

static bool has_required(const struct config_section *section, const struct config_table *tables, size_t count,
	const struct config_table *table, struct config_faults *faults)
{
	bool good = true;

	for (size_t i = 0; i < table->count; i++) {
		const struct option *row = &table->options[i];
		if (!row->required || config_section_find(section, row->name) != NULL)
			continue;
		const struct config_entry *misspelt = find_misspelt(section, tables, count, row);
		if (misspelt != NULL)
			config_section_fault(faults, section, misspelt->key,
				"has no key '%.60s'; '%s' is the nearest that it has", misspelt->key, row->name);
		else
			config_section_fault(faults, section, NULL, "lacks '%s': %s", row->name, row->help);
		good = false;
	}
	return good;
}

bool config_fill(const struct config_section *section, const struct config_table *tables, size_t table_count,
	struct config_faults *faults)
{
	bool good = true;

	for (size_t i = 0; i < table_count; i++)
		option_defaults(tables[i].options, tables[i].count, tables[i].settings);
	for (size_t i = 0; i < section->count; i++) {
		const struct config_entry *entry = &section->entries[i];
		const struct config_table *table = NULL;
		const struct option *row = find_row(tables, table_count, entry->key, &table);
		struct failure failure;

		if (row == NULL && tables[0].open)
			continue;
		if (row == NULL) {
			refuse_key(section, entry->key, tables, table_count, faults);
			good = false;
		} else if (!set_row(section, entry, row, table->settings, &failure)) {
			config_section_fault(faults, section, entry->key, "%s", failure.text);
			good = false;
		}
	}
	for (size_t i = 0; i < table_count; i++)
		if (!has_required(section, tables, table_count, &tables[i], faults))
			good = false;
	return good;
}

json_t *config_json_list(char **list)
{
	json_t *array = json_array();

	for (char **at = list; at != NULL && *at != NULL; at++)
		(void)json_array_append_new(array, json_string(*at));
	return array;
}

void config_set_list(json_t *object, const char *member, char **list)
{
	if (list != NULL)
		(void)json_object_set_new(object, member, config_json_list(list));
}
