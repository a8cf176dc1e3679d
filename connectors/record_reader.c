#include "connectors/record_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/buffer.h"
#include "connectors/json_record.h"
#include "connectors/json_splitter.h"
#include "connectors/memory.h"

enum {
	RECORD_LIMIT = 1024 * 1024,
	RAW_LIMIT = 16 * 1024,
	REMOTE_ID_LIMIT = 128,
	SIGNALS_LIMIT = 16 * 1024,
	NOT_READ = -1,
};

struct record_reader {
	struct record_reader_settings settings;
	struct record_sink sink;
	struct json_splitter *splitter;
	struct arena *arena;

	/* The wanted paths, each once: [0] id, [1] modified, then deleted, extras and mapped fields. */
	struct json_field *fields;
	struct json_value *found;
	size_t count;
	int deleted; /* index among the fields, or NOT_READ */
	int *extras; /* the same for each extra */
	size_t extra_count;
	int *mapped; /* the same for each mapped field */
	struct value *extra_values;

	struct buffer signals;
	bool has_signals;
};

static int want(struct record_reader *reader, const char *prefix, const char *name)
{
	char *path = memory_format("%s%s", prefix, name);

	for (size_t i = 0; i < reader->count; i++) {
		const char *known = reader->fields[i].path;
		if ((reader->settings.fold_case ? strcasecmp(known, path) : strcmp(known, path)) == 0) {
			free(path);
			return (int)i;
		}
	}
	reader->fields = memory_resize(reader->fields, (reader->count + 1) * sizeof *reader->fields);
	reader->fields[reader->count] = (struct json_field){ path, strlen(path) };
	return (int)reader->count++;
}

static bool read_record(void *context, const char *bytes, size_t length, bool too_long);

struct record_reader *record_reader_new(
	const struct record_reader_settings *settings, const struct record_sink *sink)
{
	struct record_reader *reader = memory_allocate(sizeof *reader);

	reader->settings = *settings;
	reader->sink = *sink;
	reader->arena = arena_new();
	reader->splitter = json_splitter_new(settings->containers, RECORD_LIMIT, read_record, reader);
	buffer_init(&reader->signals, SIGNALS_LIMIT);
	(void)want(reader, "", settings->id);
	(void)want(reader, "", settings->modified);
	reader->deleted = settings->deleted == NULL ? NOT_READ : want(reader, "", settings->deleted);
	for (const char *const *extra = settings->extras; extra != NULL && *extra != NULL; extra++) {
		reader->extras = memory_resize(reader->extras, (reader->extra_count + 1) * sizeof(int));
		reader->extras[reader->extra_count++] = want(reader, "", *extra);
	}
	reader->extra_values = memory_allocate(reader->extra_count * sizeof *reader->extra_values);
	reader->mapped = memory_allocate(settings->mapping->count * sizeof(int));
	for (size_t i = 0; i < settings->mapping->count; i++) {
		reader->mapped[i] = want(reader, settings->prefix, settings->mapping->fields[i].remote);
		if (settings->mapping->fields[i].signal != NULL)
			reader->has_signals = true;
	}
	reader->found = memory_allocate(reader->count * sizeof *reader->found);
	return reader;
}

struct record_reader *record_reader_free(struct record_reader *reader)
{
	if (reader == NULL)
		return NULL;
	for (size_t i = 0; i < reader->count; i++)
		free((void *)(uintptr_t)reader->fields[i].path);
	free(reader->fields);
	free(reader->found);
	free(reader->extras);
	free(reader->extra_values);
	free(reader->mapped);
	buffer_free(&reader->signals);
	json_splitter_free(reader->splitter);
	arena_free(reader->arena);
	free(reader);
	return NULL;
}

void record_reader_reset(struct record_reader *reader)
{
	json_splitter_reset(reader->splitter);
	arena_reset(reader->arena);
}

/* FNV-1a: a stable name for a record that has no readable id, so that it is listed once and not at each run. */
static const char *made_up_id(struct record_reader *reader, const char *bytes, size_t length)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	char *text = arena_take(reader->arena, 24);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
	(void)snprintf(text, 24, "?%016llx", (unsigned long long)hash);
	return text;
}

static void reject(struct record_reader *reader, const struct value *id, const char *bytes, size_t length,
	const char *field, const char *reason)
{
	struct rejection rejection = { .field = field, .reason = reason };

	if (id != NULL && id->text != NULL) {
		char *text = arena_take(reader->arena, id->length + 1);
		memcpy(text, id->text, id->length);
		text[id->length] = '\0';
		rejection.remote_id = text;
	} else {
		rejection.remote_id = made_up_id(reader, bytes, length);
	}
	rejection.raw = value_mend(bytes, length > RAW_LIMIT ? RAW_LIMIT : length, reader->arena);
	reader->sink.reject(reader->sink.context, &rejection);
}

/* An id is printable ASCII without blanks: it becomes part of queries and of log lines. */
static bool is_remote_id(const struct value *id)
{
	if (id->text == NULL || id->length > REMOTE_ID_LIMIT)
		return false;
	for (size_t i = 0; i < id->length; i++)
		if (id->text[i] <= 0x20 || id->text[i] >= 0x7f)
			return false;
	return true;
}

/* "| in A, B": is the text one of the words? */
static void apply_words(char *const *words, struct value *value)
{
	if (value->text == NULL)
		return;
	for (; *words != NULL; words++)
		if (value_is(value, *words)) {
			*value = (struct value){ "t", 1 };
			return;
		}
	*value = (struct value){ "f", 1 };
}

/* Appends `"name":value` to the signals object; an absent field says nothing, null says "not scored". */
static bool add_signal(struct record_reader *reader, const struct mapped_field *field,
	const struct json_value *json, const char **ret_problem)
{
	struct value value;

	if (json->type == JSON_VALUE_ABSENT)
		return true;
	if (!value_convert(json, COLUMN_NUMBER, reader->arena, &value, ret_problem))
		return false;
	/* JSON's grammar knows no leading '+' and no bare '.5': as text they pass, and SQL casts them. */
	bool good =
		buffer_printf(
			&reader->signals, "%s\"%s\":", reader->signals.length > 1 ? "," : "", field->signal) &&
		(value.text == NULL ? buffer_append_text(&reader->signals, "null")
				    : buffer_printf(&reader->signals, "\"%.*s\"", (int)value.length, value.text));
	if (!good)
		*ret_problem = "has too many signals";
	return good;
}

/* Fills the mapped columns; on failure *ret_field is the mapped remote name at fault. */
static bool convert_mapped(
	struct record_reader *reader, struct value *values, const char **ret_field, const char **ret_problem)
{
	const struct mapping_entity *mapping = reader->settings.mapping;
	const struct entity_shape *shape = entity_shape(reader->settings.entity);

	buffer_clear(&reader->signals);
	if (reader->has_signals)
		(void)buffer_append_text(&reader->signals, "{");
	for (size_t i = 0; i < mapping->count; i++) {
		const struct mapped_field *field = &mapping->fields[i];
		const struct json_value *json = &reader->found[reader->mapped[i]];
		bool good;
		if (field->signal != NULL) {
			good = add_signal(reader, field, json, ret_problem);
		} else {
			enum column_type type =
				field->words != NULL ? COLUMN_TEXT : shape->columns[field->column].type;
			good = value_convert(json, type, reader->arena, &values[field->column], ret_problem);
			if (good && field->words != NULL)
				apply_words(field->words, &values[field->column]);
		}
		if (!good) {
			*ret_field = field->remote;
			return false;
		}
	}
	if (reader->has_signals) {
		if (!buffer_append_text(&reader->signals, "}")) {
			*ret_field = "signal";
			*ret_problem = "has too many signals";
			return false;
		}
		values[entity_column(reader->settings.entity, "signals")] =
			(struct value){ buffer_text(&reader->signals), reader->signals.length };
	}
	return true;
}

/* Everything of a record that its bytes parsed into; false with the field and problem. */
static bool convert(struct record_reader *reader, struct value *values, int64_t *ret_modified_ms,
	const char **ret_field, const char **ret_problem)
{
	const struct json_value *found = reader->found;

	*ret_modified_ms = INT64_MIN;
	*ret_field = reader->settings.id;
	*ret_problem = "is missing or malformed";
	if (!value_convert(&found[0], COLUMN_TEXT, reader->arena, &values[COLUMN_REMOTE_ID], ret_problem))
		return false;
	if (!is_remote_id(&values[COLUMN_REMOTE_ID])) {
		values[COLUMN_REMOTE_ID] = (struct value){ NULL, 0 };
		return false;
	}
	*ret_field = reader->settings.modified;
	if (!value_convert(&found[1], COLUMN_INSTANT, reader->arena, &values[COLUMN_MODIFIED_AT], ret_problem))
		return false;
	(void)value_instant(&values[COLUMN_MODIFIED_AT], ret_modified_ms);
	values[COLUMN_DELETED] = (struct value){ "f", 1 };
	if (reader->deleted != NOT_READ) {
		*ret_field = reader->settings.deleted;
		if (!value_convert(&found[reader->deleted], COLUMN_BOOLEAN, reader->arena, &values[COLUMN_DELETED],
			    ret_problem))
			return false;
		if (values[COLUMN_DELETED].text == NULL)
			values[COLUMN_DELETED] = (struct value){ "f", 1 };
	}
	for (size_t i = 0; i < reader->extra_count; i++) {
		*ret_field = reader->settings.extras[i];
		if (!value_convert(&found[reader->extras[i]], COLUMN_TEXT, reader->arena, &reader->extra_values[i],
			    ret_problem))
			return false;
	}
	return convert_mapped(reader, values, ret_field, ret_problem);
}

static bool read_record(void *context, const char *bytes, size_t length, bool too_long)
{
	struct record_reader *reader = context;
	const struct record_reader_settings *settings = &reader->settings;
	const struct json_wanted wanted = { reader->fields, reader->count, settings->fold_case };
	struct value values[COLUMNS_MAX] = { 0 };
	const char *field = NULL, *problem = "is longer than 1 MiB";
	int64_t modified_ms = INT64_MIN;

	arena_reset(reader->arena);
	bool parsed = !too_long && json_record_read(bytes, length, &wanted, reader->arena, reader->found, &problem);
	bool good = parsed && convert(reader, values, &modified_ms, &field, &problem);
	const struct value *id = &values[COLUMN_REMOTE_ID];
	if (id->text != NULL && settings->inspect != NULL &&
		!settings->inspect(settings->context, id, modified_ms, good ? values : NULL, reader->extra_values))
		return true;
	if (good)
		reader->sink.record(
			reader->sink.context, settings->entity, values, entity_shape(settings->entity)->count);
	else
		reject(reader, id, bytes, length, parsed ? field : NULL, problem);
	return true;
}

bool record_reader_feed(struct record_reader *reader, const char *bytes, size_t length)
{
	return json_splitter_feed(reader->splitter, bytes, length);
}

bool record_reader_finish(
	struct record_reader *reader, const char **ret_envelope, size_t *ret_length, struct failure *failure)
{
	if (!json_splitter_complete(reader->splitter)) {
		failure_set(failure, FAILURE_TRANSIENT,
			"the answer is not a whole JSON document (%zu records read before it broke off)",
			json_splitter_count(reader->splitter));
		return false;
	}
	*ret_envelope = json_splitter_envelope(reader->splitter, ret_length);
	return true;
}

bool record_reader_found(const struct record_reader *reader)
{
	return json_splitter_found(reader->splitter);
}

size_t record_reader_count(const struct record_reader *reader)
{
	return json_splitter_count(reader->splitter);
}

size_t record_reader_names(const struct mapping_entity *mapping, const char **names, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < mapping->count && count < room; i++) {
		bool known = false;
		for (size_t j = 0; j < count && !known; j++)
			known = strcmp(names[j], mapping->fields[i].remote) == 0;
		if (!known)
			names[count++] = mapping->fields[i].remote;
	}
	return count;
}
