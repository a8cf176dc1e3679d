/* test_csv_reader.c - from a page of comma-separated values to rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/buffer.h"
#include "connectors/csv_reader.h"

#define HEADER "\"Id\",\"Stamp\",\"Name\",\"Owner.Email\",\"Score\"\n"
#define STAMP ",\"2026-11-20T09:58:12.000Z\","

struct bench {
	struct mapping *mapping;
	struct csv_reader *reader;
	struct buffer rows; /* "id|modified|name|owner_email|signals;" or "!id:field:reason;" */
	struct buffer raw;  /* of the last rejection */
};

static void on_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	static const char *const names[] = { "remote_id", "modified_at", "name", "owner_email", "signals" };
	struct bench *bench = context;

	assert_int_equal(count, entity_shape(entity)->count);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct value *value = &values[entity_column(entity, names[i])];
		(void)buffer_append_text(&bench->rows, i == 0 ? "" : "|");
		if (value->text == NULL)
			(void)buffer_append_text(&bench->rows, "-");
		else
			(void)buffer_append(&bench->rows, value->text, value->length);
	}
	(void)buffer_append_text(&bench->rows, ";");
}

static void on_reject(void *context, const struct rejection *rejection)
{
	struct bench *bench = context;
	const char *id = rejection->remote_id[0] == '?' ? "?" : rejection->remote_id;

	(void)buffer_printf(&bench->rows, "!%s:%s:%s;", id, rejection->field == NULL ? "-" : rejection->field,
		rejection->reason);
	buffer_clear(&bench->raw);
	(void)buffer_append(&bench->raw, rejection->raw.text, rejection->raw.length);
}

static int setup(void **state)
{
	struct bench *bench = memory_allocate(sizeof *bench);
	struct failure failure;

	bench->mapping = mapping_new();
	assert_true(mapping_set(bench->mapping, "account", "name", "Name", 1, &failure));
	assert_true(mapping_set(bench->mapping, "account", "owner_email", "Owner.Email", 2, &failure));
	assert_true(mapping_set(bench->mapping, "account", "signal.score", "Score", 3, &failure));
	const struct record_reader_settings settings = { .entity = ENTITY_ACCOUNT,
		.mapping = &bench->mapping->entities[ENTITY_ACCOUNT],
		.prefix = "",
		.id = "Id",
		.modified = "Stamp" };
	bench->reader = csv_reader_new(&settings, &(struct record_sink){ bench, on_record, on_reject });
	buffer_init(&bench->rows, 1024 * 1024);
	buffer_init(&bench->raw, 1024 * 1024);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	csv_reader_free(bench->reader);
	mapping_free(bench->mapping);
	buffer_free(&bench->rows);
	buffer_free(&bench->raw);
	free(bench);
	return 0;
}

static bool feed(struct bench *bench, const char *bytes, size_t length, size_t piece)
{
	struct failure failure = { .kind = FAILURE_NONE };

	buffer_clear(&bench->rows);
	csv_reader_reset(bench->reader);
	for (size_t at = 0; at < length; at += piece) {
		size_t taken = length - at < piece ? length - at : piece;
		char *copy = memory_copy(bytes + at, taken);
		bool go_on = csv_reader_feed(bench->reader, copy, taken);
		free(copy);
		if (!go_on)
			break;
	}
	bool good = csv_reader_finish(bench->reader, &failure);
	assert_int_equal(failure.kind, good ? FAILURE_NONE : FAILURE_TRANSIENT);
	return good;
}

static void page(struct bench *bench, const char *bytes, size_t length, size_t count, const char *rows)
{
	static const size_t pieces[] = { 1, 7, SIZE_MAX };

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		assert_true(feed(bench, bytes, length, pieces[i]));
		assert_string_equal(buffer_text(&bench->rows), rows);
		assert_int_equal(csv_reader_count(bench->reader), count);
	}
}

#define PAGE(bench, text, count, rows) page(bench, text, sizeof(text) - 1, count, rows)

static void fields_are_in_the_order_of_the_columns(void **state)
{
	static const char *const wanted[] = { "Id", "Stamp", "Name", "Owner.Email", "Score" };
	struct bench *bench = *state;
	size_t count;
	const struct json_field *fields = csv_reader_fields(bench->reader, &count);

	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(fields[i].path, wanted[i]);
}

static void pages_become_rows(void **state)
{
	struct bench *bench = *state;

	PAGE(bench, "", 0, "");
	PAGE(bench, HEADER, 0, "");
	PAGE(bench, HEADER "\"1\"" STAMP "\"a\",\"k@x.example\",\"6.5\"\n", 1,
		"1|2026-11-20T09:58:12.000Z|a|k@x.example|{\"score\":\"6.5\"};");
	/* Commas, quotes, line breaks and blanks are a cell's own; empty is NULL; the last line break may be missing. */
	PAGE(bench, HEADER "\"1\"" STAMP "\" a, \"\"b\"\"\r\n\nc \",\"\",\"\"\r\n\"2\"" STAMP "\"\",\"x\",\"1e3\"",
		2,
		"1|2026-11-20T09:58:12.000Z| a, \"b\"\r\n\nc |-|{\"score\":null};"
		"2|2026-11-20T09:58:12.000Z|-|x|{\"score\":\"1e3\"};");
	/* Cells without quotes, and blanks around them. */
	PAGE(bench, "Id,Stamp,Name,Owner.Email,Score\n1,2026-11-20T09:58:12.000Z, a ,,7\n", 1,
		"1|2026-11-20T09:58:12.000Z| a |-|{\"score\":\"7\"};");
	/* The header's names are the vendor's affair. */
	PAGE(bench, "\"ID\",\"b\",\"c\",\"Owner_Email\",\"e\"\n\"1\"" STAMP "\"a\",\"\",\"\"\n", 1,
		"1|2026-11-20T09:58:12.000Z|a|-|{\"score\":null};");
}

/* One record is set aside, the ones around it aren't. */
static void bad_records_are_rejected_alone(void **state)
{
#define BEFORE HEADER "\"1\"" STAMP "\"a\",\"\",\"\"\n"
#define AFTER "\"3\"" STAMP "\"c\",\"\",\"\"\n"
#define SEEN(rejected)                                                                                             \
	"1|2026-11-20T09:58:12.000Z|a|-|{\"score\":null};" rejected                                                \
	"3|2026-11-20T09:58:12.000Z|c|-|{\"score\":null};"
	struct bench *bench = *state;

	PAGE(bench, BEFORE "\"2\"" STAMP "\"a\0b\",\"\",\"\"\n" AFTER, 3, SEEN("!2:Name:holds a NUL character;"));
	PAGE(bench, BEFORE "\"2\"" STAMP "\"a\xff\",\"\",\"\"\n" AFTER, 3, SEEN("!2:Name:is not valid UTF-8;"));
	PAGE(bench, BEFORE "\"2\"" STAMP "\"a\",\"\",\"good\"\n" AFTER, 3, SEEN("!2:Score:is not a number;"));
	PAGE(bench, BEFORE "\"2\",\"soon\",\"a\",\"\",\"\"\n" AFTER, 3,
		SEEN("!2:Stamp:is not a time with a zone;"));
	PAGE(bench, BEFORE "\"\"" STAMP "\"a\",\"\",\"\"\n" AFTER, 3, SEEN("!?:Id:is missing or malformed;"));
	PAGE(bench, BEFORE "\"2\"" STAMP "\"a\",\"\"\n" AFTER, 3, SEEN("!?:-:has fewer cells than the header;"));
	assert_string_equal(buffer_text(&bench->raw), "\"2\"" STAMP "\"a\",\"\"");
	PAGE(bench, BEFORE "\"2\"" STAMP "\"a\",\"\",\"\",\"x\"\n" AFTER, 3,
		SEEN("!?:-:has more cells than the header;"));
	/* A quote that isn't doubled stays in its cell when nothing else is wrong with it. */
	PAGE(bench, BEFORE "\"2\"" STAMP "\"a\"b\",\"\",\"\"\n" AFTER, 3,
		SEEN("2|2026-11-20T09:58:12.000Z|a\"b|-|{\"score\":null};"));
}

static void what_is_too_long_is_set_aside_or_no_page(void **state)
{
	struct bench *bench = *state;
	struct buffer text;
	char *filler = memory_allocate(5 * 1024 * 1024);

	memset(filler, 'x', 5 * 1024 * 1024);
	buffer_init(&text, 8 * 1024 * 1024);
	static const size_t lengths[] = { 65 * 1024, 1024 * 1024 };
	static const char *const seen[] = { SEEN("!2:Name:is longer than 65,536 bytes;"),
		SEEN("!?:-:is longer than 1 MiB;") };
	for (size_t i = 0; i < 2; i++) {
		buffer_clear(&text);
		(void)buffer_append_text(&text, BEFORE "\"2\"" STAMP "\"");
		(void)buffer_append(&text, filler, lengths[i]);
		(void)buffer_append_text(&text, "\",\"\",\"\"\n" AFTER);
		assert_true(feed(bench, text.bytes, text.length, 16 * 1024));
		assert_string_equal(buffer_text(&bench->rows), seen[i]);
	}
	/* A quote that is closed much too late doesn't take all the memory. */
	buffer_clear(&text);
	(void)buffer_append_text(&text, BEFORE "\"2\"" STAMP "\"");
	(void)buffer_append(&text, filler, 5 * 1024 * 1024);
	(void)buffer_append_text(&text, "\",\"\",\"\"\n" AFTER);
	assert_false(feed(bench, text.bytes, text.length, 16 * 1024));
	buffer_free(&text);
	free(filler);
}

static void what_is_no_page_is_told(void **state)
{
	static const char *const bodies[] = { "Id,Name\n", "\"Id\",\"Stamp\",\"Name\",\"Own", "<html>x</html>",
		HEADER "\"1\"", HEADER "\"1\"" STAMP "\"a\",\"\",", HEADER "\"1\"" STAMP "\"a\",\"\",\"7" };
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		assert_false(feed(bench, bodies[i], strlen(bodies[i]), 1));
		assert_string_equal(buffer_text(&bench->rows), "");
	}
	PAGE(bench, HEADER, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fields_are_in_the_order_of_the_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_become_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_records_are_rejected_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_too_long_is_set_aside_or_no_page, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_page_is_told, setup, teardown),
	};

	return cmocka_run_group_tests_name("csv_reader", tests, NULL, NULL);
}
