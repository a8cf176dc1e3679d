#include "tests/sandbox/salesforce_csv.h"

#include <string.h>

/* Every value stands in quotes, and quotes in it are doubled; line breaks and NULs stay what they are. */
static void text_add(struct text_slice text, struct text_buffer *out)
{
	const char *at = text.bytes;
	size_t left = text.length;
	const char *quote;

	while (left && (quote = memchr(at, '"', left))) {
		size_t length = (size_t)(quote + 1 - at);

		text_buffer_add(out, at, length);
		text_buffer_add_char(out, '"');
		at += length;
		left -= length;
	}
	text_buffer_add(out, at, left);
}

/* Null is an empty cell, as an empty text would be. */
static void value_add(struct salesforce_record *record, const struct salesforce_field *field,
	const struct salesforce_value *value, struct text_buffer *out)
{
	char time[32];

	if (value->null)
		return;
	switch (field->type) {
	case SALESFORCE_BOOLEAN:
		text_buffer_add_string(out, value->boolean ? "true" : "false");
		return;
	case SALESFORCE_INT:
		text_buffer_add_number(out, (int64_t)value->number);
		if (record->index % 4 == 1)
			text_buffer_add(out, ".0", 2);
		return;
	case SALESFORCE_DOUBLE:
	case SALESFORCE_CURRENCY:
	case SALESFORCE_PERCENT:
		salesforce_double_write(record, value->number, out);
		return;
	case SALESFORCE_DATE:
		text_format_date(time, value->time);
		text_buffer_add(out, time, 10);
		return;
	case SALESFORCE_DATETIME:
		/* 2026-11-20T10:01:07.000 and then Z, where JSON has +0000. */
		text_format_salesforce_time(time, value->time);
		time[23] = 'Z';
		text_buffer_add(out, time, 24);
		return;
	default:
		text_add(value->text, out);
	}
}

void salesforce_csv_add_header(const struct salesforce_csv *csv, struct text_buffer *out)
{
	for (size_t at = 0; at < csv->query->column_count; at++) {
		const struct soql_path *path = &csv->query->columns[at];

		if (at)
			text_buffer_add_char(out, csv->delimiter);
		text_buffer_add_char(out, '"');
		for (size_t step = 0; step < path->step_count; step++) {
			text_buffer_add_string(out, path->steps[step]->relationship);
			text_buffer_add_char(out, '.');
		}
		text_buffer_add_string(out, path->field->name);
		text_buffer_add_char(out, '"');
	}
	text_buffer_add_string(out, csv->line_end);
}

static bool same_parent(const struct soql_path *left, const struct soql_path *right)
{
	return left->step_count == right->step_count &&
	       memcmp(left->steps, right->steps, left->step_count * sizeof(*left->steps)) == 0;
}

void salesforce_csv_add_row(struct salesforce_csv *csv, uint32_t index, struct text_buffer *out)
{
	const struct soql_query *query = csv->query;
	struct salesforce_record chain[SOQL_PATH_LENGTH + 1];
	const struct soql_path *reached = NULL; /* the path whose parents lie in the chain */
	bool there = true;

	salesforce_record_open(&chain[0], csv->world, query->object, index);
	for (size_t at = 0; at < query->column_count; at++) {
		const struct soql_path *path = &query->columns[at];
		struct salesforce_value value = { .scratch = &csv->scratch };

		if (path->step_count && (!reached || !same_parent(reached, path))) {
			there = true;
			for (size_t step = 0; there && step < path->step_count; step++)
				there = salesforce_record_parent(&chain[step], path->steps[step], &chain[step + 1]);
			reached = path;
		}
		if (at)
			text_buffer_add_char(out, csv->delimiter);
		text_buffer_add_char(out, '"');
		if (!path->step_count || there) {
			salesforce_record_value(&chain[path->step_count], path->field, &value);
			value_add(&chain[path->step_count], path->field, &value, out);
		}
		text_buffer_add_char(out, '"');
	}
	text_buffer_add_string(out, csv->line_end);
}
