#include "daemon/config_difference.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"
#include "daemon/config_kind.h"

/* Made once at the start, and held since. */
static const char *const fixed_keys[] = { "state_directory", "conninfo" };

static void say(struct config_differences *differences, bool needs_restart, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct config_differences *differences, bool needs_restart, const char *format, ...)
{
	va_list arguments;
	char text[400];

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	differences->items =
		memory_resize(differences->items, (differences->count + 1) * sizeof *differences->items);
	differences->items[differences->count++] = (struct config_difference){
		.text = memory_format("%s%s", text, needs_restart ? "; this needs a restart" : ""),
		.needs_restart = needs_restart,
	};
}

static bool same_text(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return strcmp(one, other) == 0;
}

static bool same_list(char **one, char **other)
{
	if (one == NULL || other == NULL)
		return one == other;
	for (; *one != NULL && *other != NULL; one++, other++)
		if (strcmp(*one, *other) != 0)
			return false;
	return *one == *other;
}

static bool same_secret(const struct secret *one, const struct secret *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return strcmp(secret_reveal(one), secret_reveal(other)) == 0;
}

/* Rows ----------------------------------------------------------------------------------------------- */

static const void *member_of(const struct option *row, const void *settings)
{
	return (const char *)settings + row->offset;
}

static bool same_row(const struct option *row, const void *before, const void *after)
{
	const void *one = member_of(row, before), *other = member_of(row, after);

	switch (row->type) {
	case OPTION_TEXT:
	case OPTION_URL:
	case OPTION_CHOICE:
	case OPTION_FILE:
		return same_text(*(char *const *)one, *(char *const *)other);
	case OPTION_LIST:
		return same_list(*(char **const *)one, *(char **const *)other);
	case OPTION_INTEGER:
	case OPTION_DURATION:
	case OPTION_PERCENT:
		return *(const int64_t *)one == *(const int64_t *)other;
	case OPTION_BOOLEAN:
		return *(const bool *)one == *(const bool *)other;
	case OPTION_SECRET:
		return same_secret(*(struct secret *const *)one, *(struct secret *const *)other);
	}
	return true;
}

static void write_row(const struct option *row, const void *settings, struct buffer *out)
{
	const void *member = member_of(row, settings);

	switch (row->type) {
	case OPTION_TEXT:
	case OPTION_URL:
	case OPTION_CHOICE:
	case OPTION_FILE:
		(void)buffer_append_text(out, *(char *const *)member == NULL ? "not set" : *(char *const *)member);
		return;
	case OPTION_LIST:
		if (*(char **const *)member == NULL)
			(void)buffer_append_text(out, "not set");
		for (char **at = *(char **const *)member; at != NULL && *at != NULL; at++)
			(void)buffer_printf(out, "%s%s", at == *(char **const *)member ? "" : ", ", *at);
		return;
	case OPTION_INTEGER:
		(void)buffer_printf(out, "%lld", (long long)*(const int64_t *)member);
		return;
	case OPTION_DURATION:
		(void)buffer_printf(out, "%llds", (long long)*(const int64_t *)member);
		return;
	case OPTION_PERCENT:
		(void)buffer_printf(out, "%lld%%", (long long)*(const int64_t *)member);
		return;
	case OPTION_BOOLEAN:
		(void)buffer_append_text(out, *(const bool *)member ? "yes" : "no");
		return;
	case OPTION_SECRET:
		(void)buffer_append_text(
			out, *(struct secret *const *)member == NULL ? "not set" : "another secret");
		return;
	}
}

static bool is_fixed(const char *key)
{
	for (size_t i = 0; i < sizeof fixed_keys / sizeof fixed_keys[0]; i++)
		if (strcmp(fixed_keys[i], key) == 0)
			return true;
	return false;
}

static void compare_rows(struct config_differences *differences, const char *subject, const struct option *rows,
	size_t count, const void *before, const void *after)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer value;

		if (same_row(&rows[i], before, after))
			continue;
		buffer_init(&value, 200);
		write_row(&rows[i], after, &value);
		say(differences, is_fixed(rows[i].name), "%s: %s is now %s", subject, rows[i].name,
			value.overflown ? "another one" : buffer_text(&value));
		buffer_free(&value);
	}
}

static void compare_kind(struct config_differences *differences, const char *subject, const char *kind_name,
	const void *before, const void *after)
{
	const struct config_kind *kind = config_kind_find(kind_name);

	compare_rows(differences, subject, kind->options, kind->option_count, before, after);
}

/* Sources and channels ------------------------------------------------------------------------------- */

static bool same_field(const struct mapped_field *one, const struct mapped_field *other)
{
	return one->column == other->column && same_text(one->signal, other->signal) &&
	       same_text(one->remote, other->remote) && same_list(one->words, other->words) &&
	       strcmp(scale_text(one->scale), scale_text(other->scale)) == 0;
}

static bool same_write(const struct mapping_write *one, const struct mapping_write *other)
{
	for (int i = 0; i < FLAG_STATES_MOST; i++)
		if (!same_text(one->words[i], other->words[i]))
			return false;
	return one->present == other->present && one->since_is_day == other->since_is_day &&
	       same_text(one->state.remote, other->state.remote) &&
	       same_text(one->since.remote, other->since.remote) &&
	       same_text(one->reason.remote, other->reason.remote);
}

static bool same_mapping(const struct mapping_entity *one, const struct mapping_entity *other)
{
	if (one->present != other->present || one->count != other->count || !same_text(one->object, other->object))
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!same_field(&one->fields[i], &other->fields[i]))
			return false;
	return same_write(&one->write, &other->write);
}

static void compare_sources(struct config_differences *differences, const struct config_source *before,
	const struct config_source *after)
{
	char subject[80];

	(void)snprintf(subject, sizeof subject, "source %s", after->name);
	compare_kind(differences, subject, "source", before, after);
	if (before->connector == after->connector)
		compare_rows(differences, subject, after->connector->options, after->connector->option_count,
			before->settings, after->settings);
	for (int entity = 0; entity < ENTITY_COUNT; entity++)
		if (!same_mapping(&before->mapping->entities[entity], &after->mapping->entities[entity]))
			say(differences, false, "%s: the mapping of %s changed", subject,
				entity_shape((enum entity)entity)->name);
}

bool config_same_source(const struct config_source *before, const struct config_source *after)
{
	struct config_differences differences = { 0 };

	compare_sources(&differences, before, after);
	bool is_same = differences.count == 0 && before->connector == after->connector;
	config_differences_clear(&differences);
	return is_same;
}

static void compare_channels(struct config_differences *differences, const struct config_channel *before,
	const struct config_channel *after)
{
	char subject[80];

	(void)snprintf(subject, sizeof subject, "channel %s", after->name);
	compare_kind(differences, subject, "channel", before, after);
	if (before->messenger == after->messenger)
		compare_rows(differences, subject, after->messenger->options, after->messenger->option_count,
			before->settings, after->settings);
}

static void compare_vendors(
	struct config_differences *differences, const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < before->source_count; i++)
		if (config_find_source(after, before->sources[i].name) == NULL)
			say(differences, false, "source %s is gone", before->sources[i].name);
	for (size_t i = 0; i < after->source_count; i++) {
		const struct config_source *old = config_find_source(before, after->sources[i].name);
		if (old == NULL)
			say(differences, false, "source %s is new", after->sources[i].name);
		else
			compare_sources(differences, old, &after->sources[i]);
	}
	for (size_t i = 0; i < before->channel_count; i++)
		if (config_find_channel(after, before->channels[i].name) == NULL)
			say(differences, false, "channel %s is gone", before->channels[i].name);
	for (size_t i = 0; i < after->channel_count; i++) {
		const struct config_channel *old = config_find_channel(before, after->channels[i].name);
		if (old == NULL)
			say(differences, false, "channel %s is new", after->channels[i].name);
		else
			compare_channels(differences, old, &after->channels[i]);
	}
}

/* Policy --------------------------------------------------------------------------------------------- */

static const char *name_of(const json_t *entry)
{
	return json_string_value(json_object_get(entry, "name"));
}

static json_t *find_entry(const json_t *list, const char *name)
{
	json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry)
		if (strcmp(name_of(entry), name) == 0)
			return entry;
	return NULL;
}

/* "enter, hold_s": the members in which they differ. Both have the same ones. */
static void name_members(json_t *before, json_t *after, struct buffer *out)
{
	const char *key;
	json_t *value;

	json_object_foreach (after, key, value)
		if (!json_equal(value, json_object_get(before, key)))
			(void)buffer_printf(out, "%s%s", out->length == 0 ? "" : ", ", key);
}

static void compare_lists(
	struct config_differences *differences, const char *kind, const json_t *before, const json_t *after)
{
	json_t *entry;
	size_t i;

	json_array_foreach (before, i, entry)
		if (find_entry(after, name_of(entry)) == NULL)
			say(differences, false, "%s %s is gone", kind, name_of(entry));
	json_array_foreach (after, i, entry) {
		json_t *old = find_entry(before, name_of(entry));
		struct buffer members;

		if (old == NULL) {
			say(differences, false, "%s %s is new", kind, name_of(entry));
			continue;
		}
		buffer_init(&members, 200);
		name_members(old, entry, &members);
		if (members.length > 0)
			say(differences, false, "%s %s: another %s", kind, name_of(entry), buffer_text(&members));
		buffer_free(&members);
	}
}

static void compare_policies(struct config_differences *differences, const json_t *before, const json_t *after)
{
	static const char *const lists[][2] = { { "risks", "risk" }, { "calendars", "calendar" }, { "slas", "sla" },
		{ "kinds", "message" }, { "routes", "route" } };
	struct buffer members;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		compare_lists(differences, lists[i][1], json_object_get(before, lists[i][0]),
			json_object_get(after, lists[i][0]));
	buffer_init(&members, 200);
	name_members(json_object_get(before, "settings"), json_object_get(after, "settings"), &members);
	if (members.length > 0)
		say(differences, false, "eligibility: another %s", buffer_text(&members));
	buffer_free(&members);
}

struct config_differences config_differences(const struct config *before, const struct config *after)
{
	struct config_differences differences = { 0 };

	compare_kind(&differences, "daemon", "daemon", &before->daemon, &after->daemon);
	if (!same_text(before->daemon.authorities, after->daemon.authorities))
		say(&differences, false, "daemon: other certificates in ca_file");
	compare_kind(&differences, "database", "database", &before->database, &after->database);
	compare_vendors(&differences, before, after);
	compare_policies(&differences, before->policy, after->policy);
	return differences;
}

void config_differences_clear(struct config_differences *differences)
{
	for (size_t i = 0; i < differences->count; i++)
		free(differences->items[i].text);
	free(differences->items);
	*differences = (struct config_differences){ 0 };
}
