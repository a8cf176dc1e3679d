#include "connectors/record_reader.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/json_splitter.h"
#include "connectors/row_builder.h"

enum { RECORD_LIMIT = 1024 * 1024 };

struct record_reader {
	struct row_builder *builder;
	struct json_splitter *splitter;
	struct json_wanted wanted;
};

static size_t read_object(void *context, const char *bytes, size_t length)
{
	struct record_reader *reader = context;
	const char *problem;
	struct arena *arena;
	struct json_value *found = row_builder_begin(reader->builder, &arena);

	size_t whole = json_record_read(bytes, length, &reader->wanted, arena, found, &problem);
	if (whole > 0)
		row_builder_build(reader->builder, bytes, whole, NULL);
	return whole;
}

static bool read_element(void *context, const char *bytes, size_t length, bool too_long)
{
	struct record_reader *reader = context;
	const char *problem = "is longer than 1 MiB";
	struct arena *arena;
	struct json_value *found = row_builder_begin(reader->builder, &arena);

	bool parsed = !too_long && json_record_read(bytes, length, &reader->wanted, arena, found, &problem) > 0;
	row_builder_build(reader->builder, bytes, length, parsed ? NULL : problem);
	return true;
}

struct record_reader *record_reader_new(
	const struct record_reader_settings *settings, const struct record_sink *sink)
{
	struct record_reader *reader = memory_allocate(sizeof *reader);

	reader->builder = row_builder_new(settings, sink);
	reader->splitter = json_splitter_new(settings->containers, RECORD_LIMIT, read_object, read_element, reader);
	reader->wanted.fields = row_builder_fields(reader->builder, &reader->wanted.count);
	reader->wanted.fold_case = settings->fold_case;
	return reader;
}

struct record_reader *record_reader_free(struct record_reader *reader)
{
	if (reader == NULL)
		return NULL;
	row_builder_free(reader->builder);
	json_splitter_free(reader->splitter);
	free(reader);
	return NULL;
}

const struct json_field *record_reader_fields(const struct record_reader *reader, size_t *ret_count)
{
	return row_builder_fields(reader->builder, ret_count);
}

void record_reader_reset(struct record_reader *reader)
{
	json_splitter_reset(reader->splitter);
}

bool record_reader_feed(struct record_reader *reader, const char *bytes, size_t length)
{
	return json_splitter_feed(reader->splitter, bytes, length);
}

bool record_reader_finish(
	struct record_reader *reader, const char **ret_envelope, size_t *ret_length, struct failure *failure)
{
	if (!json_splitter_complete(reader->splitter)) {
		size_t count = json_splitter_count(reader->splitter);
		if (count > 0)
			failure_set(failure, FAILURE_TRANSIENT,
				"the answer is not a whole JSON document (%zu records read before it broke off)",
				count);
		else
			failure_set(failure, FAILURE_TRANSIENT,
				"the answer is not a whole JSON document (it broke off before the first record); "
				"should it stay so, check base_url");
		return false;
	}
	*ret_envelope = json_splitter_envelope(reader->splitter, ret_length);
	return true;
}

bool record_reader_begun(const struct record_reader *reader, struct buffer *envelope)
{
	size_t length;
	const char *text = json_splitter_begun(reader->splitter, &length);

	return text != NULL && buffer_append(envelope, text, length) && buffer_append_text(envelope, "]}");
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
