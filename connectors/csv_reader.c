#include "connectors/csv_reader.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/buffer.h"
#include "connectors/row_builder.h"
#include "connectors/utf8.h"

/* A cell that grows past CELL_LIMIT is no cell: a quote is missing somewhere, and where isn't known. */
enum { RECORD_LIMIT = 1024 * 1024, CELL_LIMIT = 4 * 1024 * 1024 };

struct cell {
	size_t offset, length; /* in the record's bytes */
};

struct csv_reader {
	struct row_builder *builder;
	struct csv_parser parser;
	struct cell *cells; /* the columns' */
	size_t columns;

	/* The record under way: its cells in quotes, with commas in between. */
	struct buffer record;
	size_t cell_count;

	size_t header_cells;
	bool has_header, broken;
	char last_byte;
	bool is_finishing; /* what comes now wasn't ended by a line break */
	bool is_cut;
	size_t count;
};

/* libcsv asks for more as long as a quoted cell goes on; outside bytes don't decide how much there is. */
static void *resize(void *old, size_t size)
{
	return size > CELL_LIMIT ? NULL : realloc(old, size);
}

static int is_never(unsigned char byte)
{
	(void)byte;
	return 0;
}

static void start_parser(struct csv_reader *reader)
{
	/* A stray quote spoils its own cell, not the page. */
	if (csv_init(&reader->parser, 0) != 0)
		abort();
	csv_set_realloc_func(&reader->parser, resize);
	csv_set_blk_size(&reader->parser, 4096);
	/* Blanks are a value's own. */
	csv_set_space_func(&reader->parser, is_never);
}

struct csv_reader *csv_reader_new(const struct record_reader_settings *settings, const struct record_sink *sink)
{
	struct csv_reader *reader = memory_allocate(sizeof *reader);

	reader->builder = row_builder_new(settings, sink);
	(void)row_builder_fields(reader->builder, &reader->columns);
	reader->cells = memory_allocate(reader->columns * sizeof *reader->cells);
	buffer_init(&reader->record, RECORD_LIMIT);
	start_parser(reader);
	return reader;
}

struct csv_reader *csv_reader_free(struct csv_reader *reader)
{
	if (reader == NULL)
		return NULL;
	csv_free(&reader->parser);
	row_builder_free(reader->builder);
	buffer_free(&reader->record);
	free(reader->cells);
	free(reader);
	return NULL;
}

const struct json_field *csv_reader_fields(const struct csv_reader *reader, size_t *ret_count)
{
	return row_builder_fields(reader->builder, ret_count);
}

void csv_reader_reset(struct csv_reader *reader)
{
	csv_free(&reader->parser);
	start_parser(reader);
	buffer_clear(&reader->record);
	reader->cell_count = reader->header_cells = reader->count = 0;
	reader->has_header = reader->broken = reader->is_finishing = reader->is_cut = false;
}

static void take_cell(void *bytes, size_t length, void *context)
{
	struct csv_reader *reader = context;
	struct buffer *record = &reader->record;

	bool good = buffer_append(record, ",", reader->cell_count == 0 ? 0 : 1) && buffer_append(record, "\"", 1);
	if (good && reader->cell_count < reader->columns)
		reader->cells[reader->cell_count] = (struct cell){ record->length, length };
	(void)(good && buffer_append(record, bytes, length) && buffer_append(record, "\"", 1));
	reader->cell_count++;
}

/* Text as it stands: what is a number or a boolean is for the column to say. */
static void read_cell(const char *text, size_t length, struct json_value *value)
{
	*value = (struct json_value){
		.type = length == 0 ? JSON_VALUE_NULL : JSON_VALUE_STRING, .text = text, .length = length
	};
	if (!utf8_valid(text, length))
		value->problem = "is not valid UTF-8";
	else if (length > 0 && memchr(text, '\0', length) != NULL)
		value->problem = "holds a NUL character";
}

static const char *read_record(struct csv_reader *reader, struct json_value *found)
{
	if (reader->record.overflown)
		return "is longer than 1 MiB";
	if (reader->cell_count < reader->columns)
		return "has fewer cells than the header";
	if (reader->cell_count > reader->columns)
		return "has more cells than the header";
	for (size_t i = 0; i < reader->columns; i++)
		read_cell(
			buffer_text(&reader->record) + reader->cells[i].offset, reader->cells[i].length, &found[i]);
	return NULL;
}

static void take_record(int terminator, void *context)
{
	struct csv_reader *reader = context;
	struct arena *arena;

	(void)terminator;
	if (!reader->has_header) {
		reader->has_header = true;
		reader->header_cells = reader->cell_count;
	} else if (reader->header_cells != reader->columns) {
		reader->broken = true;
	} else if (reader->is_finishing && (reader->cell_count < reader->columns || reader->last_byte != '"')) {
		reader->is_cut = true;
	} else {
		struct json_value *found = row_builder_begin(reader->builder, &arena);
		const char *problem = read_record(reader, found);
		row_builder_build(reader->builder, buffer_text(&reader->record), reader->record.length, problem);
		reader->count++;
	}
	buffer_clear(&reader->record);
	reader->cell_count = 0;
}

bool csv_reader_feed(struct csv_reader *reader, const char *bytes, size_t length)
{
	if (!reader->broken && csv_parse(&reader->parser, bytes, length, take_cell, take_record, reader) != length)
		reader->broken = true;
	if (length > 0)
		reader->last_byte = bytes[length - 1];
	return !reader->broken;
}

bool csv_reader_finish(struct csv_reader *reader, struct failure *failure)
{
	reader->is_finishing = true;
	/* Now a quote that isn't closed is an error: the page was cut off. */
	(void)csv_set_opts(&reader->parser, CSV_STRICT | CSV_STRICT_FINI);
	if (!reader->broken && csv_fini(&reader->parser, take_cell, take_record, reader) != 0)
		reader->is_cut = true;
	if (reader->has_header && reader->header_cells != reader->columns) {
		failure_set(failure, FAILURE_TRANSIENT, "the answer's header has %zu columns instead of %zu",
			reader->header_cells, reader->columns);
		return false;
	}
	if (!reader->broken && !reader->is_cut)
		return true;
	failure_set(failure, FAILURE_TRANSIENT,
		"the answer is not a whole CSV document (%zu records read before it broke off)", reader->count);
	return false;
}

size_t csv_reader_count(const struct csv_reader *reader)
{
	return reader->count;
}
