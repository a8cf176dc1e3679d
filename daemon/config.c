#include "daemon/config.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"
#include "daemon/config_authority.h"
#include "daemon/config_file.h"
#include "daemon/config_fill.h"
#include "daemon/config_kind.h"
#include "daemon/config_mapping.h"
#include "daemon/config_message.h"
#include "daemon/config_policy.h"

enum { NAME_LIMIT = 41 };

struct loading {
	struct config *config;
	const struct config_vendors *vendors;
	const struct config_file *file;
	struct config_faults *faults;
	bool headings_good; /* otherwise a section that seems to be missing may be among those at fault */
	bool mappings_good;
};

static struct config_table table_of(const char *kind_name, void *settings)
{
	const struct config_kind *kind = config_kind_find(kind_name);

	return (struct config_table){ .options = kind->options, .count = kind->option_count, .settings = settings };
}

static void clear(const char *kind_name, void *settings)
{
	const struct config_kind *kind = config_kind_find(kind_name);

	option_clear(kind->options, kind->option_count, settings);
}

/* Headings ------------------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
	if (*name < 'a' || *name > 'z' || strlen(name) > NAME_LIMIT)
		return false;
	for (; *name != '\0'; name++)
		if (!(*name >= 'a' && *name <= 'z') && !isdigit((unsigned char)*name) && *name != '_' &&
			*name != '-')
			return false;
	return true;
}

static void refuse_kind(struct loading *loading, const struct config_section *section)
{
	const char *names[32];
	struct buffer known;
	size_t count = 0;
	const struct config_kind *kind;

	buffer_init(&known, 1024);
	for (; (kind = config_kind_at(count)) != NULL; count++) {
		assert(count < sizeof names / sizeof names[0]);
		names[count] = kind->name;
		(void)buffer_printf(
			&known, "%s[%s%s]", count == 0 ? "" : ", ", kind->name, kind->named ? " NAME" : "");
	}
	const char *nearest = config_nearest(names, count, section->kind);
	if (nearest != NULL)
		config_section_fault(loading->faults, section, NULL,
			"is no section; [%s%s] is the nearest that there is", nearest,
			config_kind_find(nearest)->named ? " NAME" : "");
	else
		config_section_fault(
			loading->faults, section, NULL, "is no section; there are %s", buffer_text(&known));
	buffer_free(&known);
}

static void check_headings(struct loading *loading)
{
	for (size_t i = 0; i < loading->file->count; i++) {
		const struct config_section *section = &loading->file->sections[i];
		const struct config_kind *kind = config_kind_find(section->kind);

		if (kind == NULL)
			refuse_kind(loading, section);
		else if (kind->named && section->name == NULL)
			config_section_fault(
				loading->faults, section, NULL, "needs a name; write [%s NAME]", kind->name);
		else if (!kind->named && section->name != NULL)
			config_section_fault(
				loading->faults, section, NULL, "takes no name; write [%s]", kind->name);
		else if (kind->named && !is_name(section->name))
			config_section_fault(loading->faults, section, NULL,
				"has a name that can't be used; a name begins with a small "
				"letter and has at most 41 small "
				"letters, digits, '_' and '-'");
	}
}

/* [daemon] and [database] ------------------------------------------------------------------------------ */

static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long port = digits > 0 && digits <= 5 && text[digits] == '\0' ? strtol(text, NULL, 10) : 0;

	return port >= 1 && port <= 65535;
}

/* Numbers only: a name would have to be resolved, and could come to mean every interface. */
static bool is_listen_address(const char *text)
{
	char host[INET6_ADDRSTRLEN + 2], binary[sizeof(struct in6_addr)];
	const char *colon = strrchr(text, ':');

	if (strncmp(text, "unix:", 5) == 0)
		return text[5] == '/' && strlen(text + 5) < sizeof((struct sockaddr_un *)NULL)->sun_path;
	if (colon == NULL || (size_t)(colon - text) >= sizeof host || !is_port(colon + 1))
		return false;
	size_t length = (size_t)(colon - text);
	memcpy(host, text, length);
	host[length] = '\0';
	if (host[0] != '[')
		return inet_pton(AF_INET, host, binary) == 1;
	if (host[length - 1] != ']')
		return false;
	host[length - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, binary) == 1;
}

static void load_daemon(struct loading *loading)
{
	static const struct config_section absent = { .kind = NULL, .file = "" };
	const struct config_section *section = config_file_find(loading->file, "daemon", NULL);
	struct config_daemon *daemon = &loading->config->daemon;
	struct config_table table = table_of("daemon", daemon);

	if (!config_fill(section == NULL ? &absent : section, &table, 1, loading->faults))
		return;
	if (daemon->metrics_listen != NULL && !is_listen_address(daemon->metrics_listen))
		config_section_fault(loading->faults, section, "metrics_listen",
			"metrics_listen: '%.60s' is no place to listen at; write ADDRESS:PORT "
			"with a numeric address, as in "
			"127.0.0.1:9464 or [::1]:9464, or unix:/PATH",
			daemon->metrics_listen);
	if (daemon->ca_file == NULL)
		return;
	struct failure failure;
	daemon->authorities = config_authority_read(daemon->ca_file, &failure);
	if (daemon->authorities == NULL)
		config_section_fault(loading->faults, section, "ca_file", "ca_file: %s", failure.text);
}

/* libpq's own words are not repeated: they quote the string, and a piece of a password may be in it. */
static void check_conninfo(
	struct loading *loading, const struct config_section *section, const char *key, const char *conninfo)
{
	char *message = NULL;

	if (conninfo == NULL)
		return;
	PQconninfoOption *options = PQconninfoParse(conninfo, &message);
	if (message != NULL)
		PQfreemem(message);
	if (options == NULL) {
		config_section_fault(loading->faults, section, key,
			"%s: libpq can't read it; write key=value pairs with blanks between "
			"them, as in host=db dbname=advocacy, "
			"or postgresql://HOST/DATABASE",
			key);
		return;
	}
	for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
		if (option->val != NULL && strchr(option->dispchar, '*') != NULL)
			config_section_fault(loading->faults, section, key,
				"%s: holds a %s; put it into a file of its own and name that as "
				"password_file, or in libpq's "
				"passfile",
				key, option->keyword);
	PQconninfoFree(options);
}

static void load_database(struct loading *loading)
{
	const struct config_section *section = config_file_find(loading->file, "database", NULL);
	struct config_database *database = &loading->config->database;
	struct config_table table = table_of("database", database);

	if (section == NULL && !loading->headings_good)
		return;
	if (section == NULL) {
		config_faults_add(loading->faults, loading->config->file, 1,
			"there is no [database]; add it, with conninfo = dbname=advocacy or the like");
		return;
	}
	bool good = config_fill(section, &table, 1, loading->faults);
	check_conninfo(loading, section, "conninfo", database->conninfo);
	check_conninfo(loading, section, "migrate_conninfo", database->migrate_conninfo);
	if (good && strcmp(database->schema, "advocacy") != 0)
		config_section_fault(loading->faults, section, "schema",
			"schema: '%.60s' can't be used: the schema is always called advocacy; "
			"leave the line out",
			database->schema);
	if (good && database->migrate_conninfo == NULL)
		database->migrate_conninfo = memory_copy_text(database->conninfo);
}

/* Vendors -------------------------------------------------------------------------------------------- */

static void refuse_vendor(struct loading *loading, const struct config_section *section, const char *name,
	const char *const *names, size_t count)
{
	char known[200] = "";
	size_t length = 0;

	if (name == NULL)
		return; /* a missing key, told already */
	for (size_t i = 0; i < count && length < sizeof known; i++)
		length += (size_t)snprintf(
			known + length, sizeof known - length, "%s%s", i == 0 ? "" : ", ", names[i]);
	config_section_fault(loading->faults, section, "connector",
		"connector: there is no '%.60s' here; write one of: %s", name, known);
}

static const struct connector *find_connector(
	struct loading *loading, const struct config_section *section, const char *name)
{
	const char *names[16];
	size_t count = 0;

	for (const struct connector *const *at = loading->vendors->connectors; *at != NULL; at++) {
		if (name != NULL && strcmp((*at)->name, name) == 0)
			return *at;
		if (count < sizeof names / sizeof names[0])
			names[count++] = (*at)->name;
	}
	refuse_vendor(loading, section, name, names, count);
	return NULL;
}

static const struct messenger *find_messenger(
	struct loading *loading, const struct config_section *section, const char *name)
{
	const char *names[16];
	size_t count = 0;

	for (const struct messenger *const *at = loading->vendors->messengers; *at != NULL; at++) {
		if (name != NULL && strcmp((*at)->name, name) == 0)
			return *at;
		if (count < sizeof names / sizeof names[0])
			names[count++] = (*at)->name;
	}
	refuse_vendor(loading, section, name, names, count);
	return NULL;
}

static const char *vendor_name(const struct config_section *section)
{
	const struct config_entry *entry = config_section_find(section, "connector");

	return entry == NULL ? NULL : entry->value;
}

static void check_source(
	struct loading *loading, const struct config_section *section, const struct config_source *source)
{
	const struct connector *connector = source->connector;
	struct failure failure;

	if (connector->check_settings != NULL && !connector->check_settings(source->settings, &failure))
		config_section_fault(loading->faults, section, NULL, "%s", failure.text);
	else if (connector->check_address != NULL &&
		 !connector->check_address(source->base_url, source->settings, &failure))
		config_section_fault(loading->faults, section, "base_url", "base_url: %s", failure.text);
}

/* The vendor isn't known, so of its keys only those can be judged that every vendor has. */
static void fill_common(struct loading *loading, const struct config_section *section, struct config_table table)
{
	table.open = true;
	bool good = config_fill(section, &table, 1, loading->faults);
	(void)good; /* the faults are what is wanted */
}

/* Sources -------------------------------------------------------------------------------------------- */

static void load_source(struct loading *loading, const struct config_section *section, struct config_source *source)
{
	source->name = memory_copy_text(section->name);
	source->streams[0] = ENTITY_COUNT;
	source->connector = find_connector(loading, section, vendor_name(section));
	struct config_table tables[2] = { table_of("source", source) };
	if (source->connector == NULL) {
		loading->mappings_good = false;
		fill_common(loading, section, tables[0]);
		return;
	}
	source->settings = memory_allocate(source->connector->settings_size);
	tables[1] = (struct config_table){
		.options = source->connector->options,
		.count = source->connector->option_count,
		.settings = source->settings,
	};
	bool good = config_fill(section, tables, 2, loading->faults);
	if (source->priority == 0)
		source->priority = (int64_t)loading->config->source_count * 10;
	if (good)
		check_source(loading, section, source);
	if (source->mapping_file != NULL)
		source->mapping =
			config_mapping_load(source->mapping_file, section, source->connector, loading->faults);
	if (source->mapping == NULL)
		loading->mappings_good = false;
	config_mapping_streams(source, section, loading->faults);
}

static void load_channel(
	struct loading *loading, const struct config_section *section, struct config_channel *channel)
{
	channel->name = memory_copy_text(section->name);
	channel->messenger = find_messenger(loading, section, vendor_name(section));
	struct config_table tables[2] = { table_of("channel", channel) };
	if (channel->messenger == NULL) {
		fill_common(loading, section, tables[0]);
		return;
	}
	channel->settings = memory_allocate(channel->messenger->settings_size);
	tables[1] = (struct config_table){
		.options = channel->messenger->options,
		.count = channel->messenger->option_count,
		.settings = channel->settings,
	};
	struct failure failure;
	if (config_fill(section, tables, 2, loading->faults) && channel->messenger->check_settings != NULL &&
		!channel->messenger->check_settings(channel->settings, &failure))
		config_section_fault(loading->faults, section, NULL, "%s", failure.text);
}

static void load_vendors(struct loading *loading)
{
	struct config *config = loading->config;

	for (size_t i = 0; i < loading->file->count; i++) {
		const struct config_section *section = &loading->file->sections[i];
		if (section->name == NULL)
			continue;
		if (strcmp(section->kind, "source") == 0) {
			config->sources = memory_resize(
				config->sources, (config->source_count + 1) * sizeof *config->sources);
			struct config_source *source = &config->sources[config->source_count++];
			*source = (struct config_source){ 0 };
			load_source(loading, section, source);
		}
		if (strcmp(section->kind, "channel") == 0) {
			config->channels = memory_resize(
				config->channels, (config->channel_count + 1) * sizeof *config->channels);
			struct config_channel *channel = &config->channels[config->channel_count++];
			*channel = (struct config_channel){ 0 };
			load_channel(loading, section, channel);
		}
	}
	if (!loading->headings_good)
		loading->mappings_good = false;
	else if (config->source_count == 0)
		config_faults_add(loading->faults, config->file, 1,
			"there is no [source NAME], so there would be nothing to sync; add one");
}

/* Policy --------------------------------------------------------------------------------------------- */

static void load_policy(struct loading *loading)
{
	const struct config *config = loading->config;
	static const enum entity about[] = { ENTITY_ACCOUNT, ENTITY_OBSERVATION, ENTITY_CONTACT };
	char **signals = memory_allocate(sizeof *signals);
	size_t count = 0;

	for (size_t i = 0; i < config->source_count; i++) {
		if (config->sources[i].mapping == NULL)
			continue;
		for (size_t k = 0; k < sizeof about / sizeof about[0]; k++) {
			const struct mapping_entity *entity = &config->sources[i].mapping->entities[about[k]];
			for (size_t j = 0; j < entity->count; j++) {
				if (entity->fields[j].signal == NULL)
					continue;
				signals = memory_resize(signals, (count + 1) * sizeof *signals);
				signals[count++] = memory_format("%s%s",
					about[k] == ENTITY_CONTACT ? "contact." : "", entity->fields[j].signal);
			}
		}
	}
	struct config_policy_world world = {
		.signals = { (const char *const *)signals, count, loading->mappings_good },
		.channels = config->channels,
		.channel_count = config->channel_count,
		.layouts = &config->layouts,
	};
	loading->config->policy = config_policy_build(loading->file, &world, loading->faults);
	for (size_t i = 0; i < count; i++)
		free(signals[i]);
	free(signals);
}

/* Whole ---------------------------------------------------------------------------------------------- */

struct config *config_load_with(
	const char *path, const struct config_vendors *vendors, struct config_faults *faults)
{
	size_t before = config_faults_count(faults);
	struct config_file *file = config_file_read(path, true, faults);
	struct config *config = memory_allocate(sizeof *config);
	struct loading loading = {
		.config = config, .vendors = vendors, .file = file, .faults = faults, .mappings_good = true
	};

	config->file = memory_copy_text(path);
	if (file->file_count > 0) { /* otherwise all that could be said is that it can't be read */
		size_t known = config_faults_count(faults);
		check_headings(&loading);
		loading.headings_good = !file->incomplete && config_faults_count(faults) == known;
		load_database(&loading);
		if (vendors != NULL) {
			load_daemon(&loading);
			load_vendors(&loading);
			config->layouts = config_messages_build(file, faults);
			load_policy(&loading);
		}
	}
	config_file_free(file);
	if (config_faults_count(faults) == before)
		return config;
	config_faults_sort(faults);
	return config_free(config);
}

struct config *config_load(const char *path, struct config_faults *faults)
{
	const struct config_vendors vendors = { connector_all, messenger_all };

	return config_load_with(path, &vendors, faults);
}

struct config *config_load_database(const char *path, struct config_faults *faults)
{
	return config_load_with(path, NULL, faults);
}

static void clear_vendor(const struct option *options, size_t count, void *settings)
{
	if (settings == NULL)
		return;
	option_clear(options, count, settings);
	free(settings);
}

struct config *config_free(struct config *config)
{
	if (config == NULL)
		return NULL;
	for (size_t i = 0; i < config->source_count; i++) {
		struct config_source *source = &config->sources[i];
		if (source->connector != NULL)
			clear_vendor(source->connector->options, source->connector->option_count, source->settings);
		source->mapping = mapping_free(source->mapping);
		clear("source", source);
		free(source->name);
	}
	for (size_t i = 0; i < config->channel_count; i++) {
		struct config_channel *channel = &config->channels[i];
		if (channel->messenger != NULL)
			clear_vendor(
				channel->messenger->options, channel->messenger->option_count, channel->settings);
		clear("channel", channel);
		free(channel->name);
	}
	clear("daemon", &config->daemon);
	free(config->daemon.authorities);
	clear("database", &config->database);
	free(config->sources);
	free(config->channels);
	free(config->file);
	json_decref(config->policy);
	layouts_clear(&config->layouts);
	free(config);
	return NULL;
}

const struct config_source *config_find_source(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->source_count; i++)
		if (strcmp(config->sources[i].name, name) == 0)
			return &config->sources[i];
	return NULL;
}

const struct config_channel *config_find_channel(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (strcmp(config->channels[i].name, name) == 0)
			return &config->channels[i];
	return NULL;
}
