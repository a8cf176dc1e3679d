#include "connectors/row_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"

enum {
	RAW_LIMIT = 16 * 1024,
	REMOTE_ID_LIMIT = 128,
	SIGNALS_LIMIT = 16 * 1024,
	NOT_READ = -1,
};

struct row_builder {
	struct record_reader_settings settings;
	struct record_sink sink;
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
	int signals_column; /* NOT_READ: no field is one */
};

static int want(struct row_builder *builder, const char *prefix, const char *name)
{
	char *path = memory_format("%s%s", prefix, name);

	for (size_t i = 0; i < builder->count; i++) {
		const char *known = builder->fields[i].path;
		if ((builder->settings.fold_case ? strcasecmp(known, path) : strcmp(known, path)) == 0) {
			free(path);
			return (int)i;
		}
	}
	builder->fields = memory_resize(builder->fields, (builder->count + 1) * sizeof *builder->fields);
	builder->fields[builder->count] = (struct json_field){ path, strlen(path) };
	return (int)builder->count++;
}

struct row_builder *row_builder_new(const struct record_reader_settings *settings, const struct record_sink *sink)
{
	struct row_builder *builder = memory_allocate(sizeof *builder);

	builder->settings = *settings;
	builder->sink = *sink;
	builder->arena = arena_new();
	buffer_init(&builder->signals, SIGNALS_LIMIT);
	builder->signals_column = NOT_READ;
	(void)want(builder, "", settings->id);
	(void)want(builder, "", settings->modified);
	builder->deleted = settings->deleted == NULL ? NOT_READ : want(builder, "", settings->deleted);
	for (const char *const *extra = settings->extras; extra != NULL && *extra != NULL; extra++) {
		builder->extras = memory_resize(builder->extras, (builder->extra_count + 1) * sizeof(int));
		builder->extras[builder->extra_count++] = want(builder, "", *extra);
	}
	builder->extra_values = memory_allocate(builder->extra_count * sizeof *builder->extra_values);
	builder->mapped = memory_allocate(settings->mapping->count * sizeof(int));
	for (size_t i = 0; i < settings->mapping->count; i++) {
		builder->mapped[i] = want(builder, settings->prefix, settings->mapping->fields[i].remote);
		if (settings->mapping->fields[i].signal != NULL)
			builder->signals_column = entity_column(settings->entity, "signals");
	}
	builder->found = memory_allocate(builder->count * sizeof *builder->found);
	return builder;
}

struct row_builder *row_builder_free(struct row_builder *builder)
{
	if (builder == NULL)
		return NULL;
	for (size_t i = 0; i < builder->count; i++)
		free((void *)(uintptr_t)builder->fields[i].path);
	free(builder->fields);
	free(builder->found);
	free(builder->extras);
	free(builder->extra_values);
	free(builder->mapped);
	buffer_free(&builder->signals);
	arena_free(builder->arena);
	free(builder);
	return NULL;
}

const struct json_field *row_builder_fields(const struct row_builder *builder, size_t *ret_count)
{
	*ret_count = builder->count;
	return builder->fields;
}

struct json_value *row_builder_begin(struct row_builder *builder, struct arena **ret_arena)
{
	arena_reset(builder->arena);
	*ret_arena = builder->arena;
	return builder->found;
}

/* FNV-1a: a stable name for a record that has no readable id, so that it is listed once and not at each run. */
static const char *made_up_id(struct row_builder *builder, const char *bytes, size_t length)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	char *text = arena_take(builder->arena, 24);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
	(void)snprintf(text, 24, "?%016llx", (unsigned long long)hash);
	return text;
}

static void reject(struct row_builder *builder, const struct value *id, const char *bytes, size_t length,
	const char *field, const char *reason)
{
	struct rejection rejection = { .field = field, .reason = reason };

	if (id != NULL && id->text != NULL) {
		char *text = arena_take(builder->arena, id->length + 1);
		memcpy(text, id->text, id->length);
		text[id->length] = '\0';
		rejection.remote_id = text;
	} else {
		rejection.remote_id = made_up_id(builder, bytes, length);
	}
	rejection.raw = value_mend(bytes, length > RAW_LIMIT ? RAW_LIMIT : length, builder->arena);
	builder->sink.reject(builder->sink.context, &rejection);
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
static bool add_signal(struct row_builder *builder, const struct mapped_field *field, const struct json_value *json,
	const char **ret_problem)
{
	struct value value;

	if (json->type == JSON_VALUE_ABSENT)
		return true;
	if (!scale_convert(field->scale, json, builder->arena, &value, ret_problem))
		return false;
	/* JSON's grammar knows no leading '+' and no bare '.5': as text they pass, and SQL casts them. */
	struct buffer *signals = &builder->signals;
	(void)buffer_append_text(signals, signals->length > 1 ? ",\"" : "\"");
	(void)buffer_append_text(signals, field->signal);
	(void)buffer_append_text(signals, value.text == NULL ? "\":null" : "\":\"");
	if (value.text != NULL) {
		(void)buffer_append(signals, value.text, value.length);
		(void)buffer_append_text(signals, "\"");
	}
	if (signals->overflown)
		*ret_problem = "has too many signals";
	return !signals->overflown;
}

/* Fills the mapped columns; on failure *ret_field is the mapped remote name at fault. */
static bool convert_mapped(
	struct row_builder *builder, struct value *values, const char **ret_field, const char **ret_problem)
{
	const struct mapping_entity *mapping = builder->settings.mapping;
	const struct entity_shape *shape = entity_shape(builder->settings.entity);

	buffer_clear(&builder->signals);
	if (builder->signals_column != NOT_READ)
		(void)buffer_append_text(&builder->signals, "{");
	for (size_t i = 0; i < mapping->count; i++) {
		const struct mapped_field *field = &mapping->fields[i];
		const struct json_value *json = &builder->found[builder->mapped[i]];
		bool good;
		if (field->signal != NULL) {
			good = add_signal(builder, field, json, ret_problem);
		} else {
			enum column_type type =
				field->words != NULL ? COLUMN_TEXT : shape->columns[field->column].type;
			good = value_convert(json, type, builder->arena, &values[field->column], ret_problem);
			if (good && field->words != NULL)
				apply_words(field->words, &values[field->column]);
		}
		if (!good) {
			*ret_field = field->remote;
			return false;
		}
	}
	if (builder->signals_column != NOT_READ) {
		if (!buffer_append_text(&builder->signals, "}")) {
			*ret_field = "signal";
			*ret_problem = "has too many signals";
			return false;
		}
		values[builder->signals_column] =
			(struct value){ buffer_text(&builder->signals), builder->signals.length };
	}
	return true;
}

/* Everything of a record that its bytes parsed into; false with the field and problem. */
static bool convert(struct row_builder *builder, struct value *values, int64_t *ret_modified_ms,
	const char **ret_field, const char **ret_problem)
{
	const struct json_value *found = builder->found;

	*ret_modified_ms = INT64_MIN;
	*ret_field = builder->settings.id;
	*ret_problem = "is missing or malformed";
	if (!value_convert(&found[0], COLUMN_TEXT, builder->arena, &values[COLUMN_REMOTE_ID], ret_problem))
		return false;
	if (!is_remote_id(&values[COLUMN_REMOTE_ID])) {
		values[COLUMN_REMOTE_ID] = (struct value){ NULL, 0 };
		return false;
	}
	*ret_field = builder->settings.modified;
	if (!value_convert(&found[1], COLUMN_INSTANT, builder->arena, &values[COLUMN_MODIFIED_AT], ret_problem))
		return false;
	(void)value_instant(&values[COLUMN_MODIFIED_AT], ret_modified_ms);
	values[COLUMN_DELETED] = (struct value){ "f", 1 };
	if (builder->deleted != NOT_READ) {
		*ret_field = builder->settings.deleted;
		if (!value_convert(&found[builder->deleted], COLUMN_BOOLEAN, builder->arena,
			    &values[COLUMN_DELETED], ret_problem))
			return false;
		if (values[COLUMN_DELETED].text == NULL)
			values[COLUMN_DELETED] = (struct value){ "f", 1 };
	}
	for (size_t i = 0; i < builder->extra_count; i++) {
		*ret_field = builder->settings.extras[i];
		if (!value_convert(&found[builder->extras[i]], COLUMN_TEXT, builder->arena,
			    &builder->extra_values[i], ret_problem))
			return false;
	}
	return convert_mapped(builder, values, ret_field, ret_problem);
}

void row_builder_build(struct row_builder *builder, const char *bytes, size_t length, const char *problem)
{
	const struct record_reader_settings *settings = &builder->settings;
	struct value values[COLUMNS_MAX] = { 0 };
	const char *field = NULL;
	int64_t modified_ms = INT64_MIN;

	bool good = problem == NULL && convert(builder, values, &modified_ms, &field, &problem);
	const struct value *id = &values[COLUMN_REMOTE_ID];
	if (id->text != NULL && settings->inspect != NULL &&
		!settings->inspect(settings->context, id, modified_ms, good ? values : NULL, builder->extra_values))
		return;
	if (good)
		builder->sink.record(
			builder->sink.context, settings->entity, values, entity_shape(settings->entity)->count);
	else
		reject(builder, id, bytes, length, field, problem);
}
