/* From a page's bytes to rows: value conversion, mapping, record_reader, and the COPY text that they become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/instant.h"
#include "connectors/record_reader.h"
#include "daemon/copy_text.h"

static struct mapping *mapping_of(const char *const lines[][3])
{
	struct mapping *mapping = mapping_new();
	struct failure failure;

	for (int i = 0; lines[i][0] != NULL; i++)
		assert_true(mapping_set(mapping, lines[i][0], lines[i][1], lines[i][2], i + 1, &failure));
	return mapping;
}

struct seen {
	struct buffer rows;    /* COPY text */
	struct buffer rejects; /* "id|field|reason\n" */
	struct buffer raw;
	struct buffer inspected;
	bool drop;
};

static void on_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct seen *seen = context;

	assert_int_equal(count, entity_shape(entity)->count);
	assert_true(copy_text_row(&seen->rows, values, count));
}

static void on_reject(void *context, const struct rejection *rejection)
{
	struct seen *seen = context;

	(void)buffer_printf(&seen->rejects, "%s|%s|%s\n", rejection->remote_id,
		rejection->field == NULL ? "-" : rejection->field, rejection->reason);
	buffer_clear(&seen->raw);
	(void)buffer_append(&seen->raw, rejection->raw.text, rejection->raw.length);
}

static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct seen *seen = context;

	(void)buffer_printf(&seen->inspected, "%.*s %lld %s %.*s\n", (int)id->length, id->text,
		modified_ms == INT64_MIN ? -1LL : (long long)modified_ms, values == NULL ? "bad" : "good",
		(int)extras[0].length, extras[0].text == NULL ? "" : extras[0].text);
	return !seen->drop;
}

static void seen_init(struct seen *seen)
{
	*seen = (struct seen){ 0 };
	buffer_init(&seen->rows, 1 << 20);
	buffer_init(&seen->rejects, 1 << 20);
	buffer_init(&seen->raw, 1 << 20);
	buffer_init(&seen->inspected, 1 << 20);
}

static void seen_free(struct seen *seen)
{
	buffer_free(&seen->rows);
	buffer_free(&seen->rejects);
	buffer_free(&seen->raw);
	buffer_free(&seen->inspected);
}

static const char *const account_lines[][3] = {
	{ "account", "name", "Name" },
	{ "account", "arr", "ARR" },
	{ "account", "renewal_on", "Renewal" },
	{ "account", "csm_email", "Csm.Email" },
	{ "account", "signal.health_score", "Health" },
	{ "account", "signal.nps", "Nps" },
	{ NULL, NULL, NULL },
};

static void read_page(const char *page, size_t piece, struct seen *seen, bool drop)
{
	static const char *const containers[] = { "records", NULL };
	static const char *const extras[] = { "Stage", NULL };
	struct mapping *mapping = mapping_of(account_lines);
	const struct record_reader_settings settings = {
		.entity = ENTITY_ACCOUNT,
		.mapping = &mapping->entities[ENTITY_ACCOUNT],
		.containers = containers,
		.prefix = "",
		.id = "Id",
		.modified = "Stamp",
		.deleted = "IsDeleted",
		.extras = extras,
		.inspect = inspect,
		.context = seen,
	};
	struct failure failure;
	const char *envelope;
	size_t length;

	seen_init(seen);
	seen->drop = drop;
	struct record_reader *reader = record_reader_new(
		&settings, &(struct record_sink){ .context = seen, .record = on_record, .reject = on_reject });
	for (size_t at = 0; at < strlen(page); at += piece)
		assert_true(record_reader_feed(
			reader, page + at, strlen(page) - at < piece ? strlen(page) - at : piece));
	assert_true(record_reader_finish(reader, &envelope, &length, &failure));
	record_reader_free(reader);
	mapping_free(mapping);
}

static void test_rows(void **state)
{
	const char page[] =
		"{\"records\":[{\"Id\":\"1\",\"Name\":\"Tab\\there \\\\ "
		"\\\"q\\\"\\nline\",\"ARR\":1.0E7,\"Renewal\":\"2026-11-20\","
		"\"Csm\":{\"Email\":\"k@a\"},\"Health\":\"62.50\",\"Nps\":null,\"IsDeleted\":true,"
		"\"Stamp\":\"2026-11-20T10:01:07.000+0000\",\"Stage\":\"live\"},"
		"{\"Id\":\"2\",\"Name\":\"\",\"Csm\":null,\"Renewal\":1798761600000,\"Stamp\":1790841053412}]}";

	(void)state;
	for (size_t piece = 1; piece < strlen(page); piece += 13) {
		struct seen seen;
		read_page(page, piece, &seen, false);
		assert_string_equal(buffer_text(&seen.rows),
			"1\t2026-11-20T10:01:07.000Z\tt\t\\N\tTab\\there \\\\ "
			"\"q\"\\nline\t\\N\t\\N\t\\N\t\\N\t1.0E7\t2026-11-20"
			"\t\\N\t\\N\t\\N\tk@a\t\\N\t{\"health_score\":\"62.50\",\"nps\":null}\n"
			"2\t2026-10-01T07:50:53.412Z\tf\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t2027-01-"
			"01\t\\N\t\\N\t\\N\t\\N\t\\N\t{}\n");
		assert_string_equal(buffer_text(&seen.rejects), "");
		assert_string_equal(
			buffer_text(&seen.inspected), "1 1795168867000 good live\n2 1790841053412 good \n");
		seen_free(&seen);
	}
}

/* One unreadable value spoils its record and nothing else, wherever the page is cut; the cursor still learns of it. */
static void test_rejections(void **state)
{
	const char page[] =
		"{\"records\":[{\"Id\":\"1\",\"Name\":\"a\\u0000b\",\"Stamp\":1790841053412},"
		"{\"Id\":\"2\",\"Health\":\"high\",\"Stamp\":1790841053412},"
		"{\"Id\":\"3\",\"Health\":1e400},{\"Id\":\"4\",\"Stamp\":\"2026-11-20T10:01:07\"},"
		"{\"Id\":\"5\",\"Name\":{\"x\":1}},{\"Id\":null},{\"Id\":\"with blank\"},{\"Id\":\"6\",},\"text\","
		"{\"Id\":\"7\",\"Renewal\":\"soon\"},{\"Id\":\"8\",\"Stamp\":1790841053}]}";

	(void)state;
	for (size_t piece = 1; piece <= strlen(page); piece++) {
		struct seen seen;
		read_page(page, piece, &seen, false);
		assert_string_equal(buffer_text(&seen.rows), "");
		const char *rejects = buffer_text(&seen.rejects);
		assert_non_null(strstr(rejects, "1|Name|holds a NUL character\n"));
		assert_non_null(strstr(rejects, "2|Health|is not a number\n"));
		assert_non_null(strstr(rejects, "3|Health|is a number out of range\n"));
		assert_non_null(strstr(rejects, "4|Stamp|is not a time with a zone\n"));
		assert_non_null(strstr(rejects, "5|Name|is an object or a list, not a single value\n"));
		assert_non_null(strstr(rejects, "|Id|is missing or malformed\n"));
		assert_non_null(strstr(rejects, "|-|is not valid JSON\n"));
		assert_non_null(strstr(rejects, "|-|is not a JSON object\n"));
		assert_non_null(strstr(rejects, "7|Renewal|is not a date\n"));
		assert_non_null(strstr(rejects, "8|Stamp|is not a time with a zone\n"));
		assert_non_null(strstr(buffer_text(&seen.inspected), "1 1790841053412 bad \n"));
		assert_non_null(strstr(buffer_text(&seen.inspected), "4 -1 bad \n"));
		seen_free(&seen);
	}
}

/* A number may have more digits than 64 bits hold. A megabyte of text is set aside, and the record behind it arrives. */
static void test_great_values(void **state)
{
	enum { MEGABYTE = 1000 * 1000 };
	struct buffer page;
	struct seen seen;

	(void)state;
	read_page("{\"records\":[{\"Id\":\"1\",\"Health\":9223372036854775808,\"Stamp\":1790841053412},"
		  "{\"Id\":\"2\",\"Stamp\":9223372036854775808}]}",
		50, &seen, false);
	assert_non_null(strstr(buffer_text(&seen.rows), "{\"health_score\":\"9223372036854775808\"}\n"));
	assert_string_equal(buffer_text(&seen.rejects), "2|Stamp|is not a time with a zone\n");
	seen_free(&seen);

	/* But what has more than forty is none; nor is an id what is longer than any vendor's. */
	read_page("{\"records\":[{\"Id\":\"1\",\"Health\":12345678901234567890123456789012345678901},"
		  "{\"Id\":\"12345678901234567890123456789012345678901234567890123456789012345678901234567890"
		  "1234567890123456789012345678901234567890123456789\"}]}",
		50, &seen, false);
	assert_string_equal(buffer_text(&seen.rows), "");
	assert_non_null(strstr(buffer_text(&seen.rejects), "1|Health|is a number out of range\n"));
	assert_non_null(strstr(buffer_text(&seen.rejects), "|Id|is missing or malformed\n"));
	seen_free(&seen);

	char *text = memory_allocate(MEGABYTE + 1);
	memset(text, 'x', MEGABYTE);
	buffer_init(&page, 4 * MEGABYTE);
	assert_true(buffer_printf(&page,
		"{\"records\":[{\"Id\":\"1\",\"Name\":\"%s\",\"Stamp\":1790841053412},"
		"{\"Id\":\"2\",\"Name\":\"%s%s\"},{\"Id\":\"3\",\"Stamp\":1790841053412}]}",
		text, text, text));
	read_page(buffer_text(&page), 16384, &seen, false);
	assert_true(strncmp(buffer_text(&seen.rows), "3\t", 2) == 0);
	const char *rejects = buffer_text(&seen.rejects);
	assert_non_null(strstr(rejects, "1|Name|is longer than 65,536 bytes\n"));
	assert_non_null(strstr(rejects, "|-|is longer than 1 MiB\n"));
	assert_in_range(seen.raw.length, 1, 16384);
	seen_free(&seen);
	buffer_free(&page);
	free(text);
}

static void test_raw_is_mended(void **state)
{
	struct seen seen;

	(void)state;
	read_page("{\"records\":[{\"Id\":\"1\",\"Name\":\"\xff\"}]}", 7, &seen, false);
	assert_string_equal(buffer_text(&seen.raw), "{\"Id\":\"1\",\"Name\":\"\xef\xbf\xbd\"}");
	seen_free(&seen);
	struct arena *arena = arena_new();
	const struct value mended = value_mend("a\0b", 3, arena);
	assert_int_equal(mended.length, 5);
	assert_memory_equal(mended.text,
		"a\xef\xbf\xbd"
		"b",
		5);
	arena_free(arena);
}

static void test_dropped(void **state)
{
	struct seen seen;

	(void)state;
	read_page("{\"records\":[{\"Id\":\"1\"},{\"Id\":\"2\",\"ARR\":\"x\"}]}", 9, &seen, true);
	assert_string_equal(buffer_text(&seen.rows), "");
	assert_string_equal(buffer_text(&seen.rejects), "");
	seen_free(&seen);
}

static void test_words(void **state)
{
	static const char *const lines[][3] = { { "support_case", "closed", "Status | in Closed, Done" },
		{ "support_case", "status", "Status" }, { NULL, NULL, NULL } };
	static const char *const containers[] = { "results", NULL };
	struct mapping *mapping = mapping_of(lines);
	const struct record_reader_settings settings = { .entity = ENTITY_SUPPORT_CASE,
		.mapping = &mapping->entities[ENTITY_SUPPORT_CASE],
		.containers = containers,
		.prefix = "properties.",
		.id = "id",
		.modified = "updatedAt" };
	const char page[] =
		"{\"results\":[{\"id\":\"1\",\"properties\":{\"Status\":\"Done\"}},"
		"{\"id\":\"2\",\"properties\":{\"Status\":\"Open\"}},{\"id\":\"3\",\"properties\":{}}]}";
	struct seen seen;
	const char *envelope;
	size_t length;
	struct failure failure;

	(void)state;
	seen_init(&seen);
	struct record_reader *reader = record_reader_new(
		&settings, &(struct record_sink){ .context = &seen, .record = on_record, .reject = on_reject });
	assert_true(record_reader_feed(reader, page, strlen(page)));
	assert_true(record_reader_finish(reader, &envelope, &length, &failure));
	assert_string_equal(buffer_text(&seen.rows),
		"1\t\\N\tf\t\\N\t\\N\t\\N\t\\N\tDone\t\\N\t\\N\tt\t\\N\t\\N\n"
		"2\t\\N\tf\t\\N\t\\N\t\\N\t\\N\tOpen\t\\N\t\\N\tf\t\\N\t\\N\n"
		"3\t\\N\tf\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n");
	record_reader_free(reader);
	mapping_free(mapping);
	seen_free(&seen);
}

static void test_mapping_faults(void **state)
{
	static const char *const lines[][4] = {
		{ "acount", "name", "Name", "no section [acount]" },
		{ "account", "nmae", "Name", "[account] has no column 'nmae'" },
		{ "account", "remote_id", "Id", "has no column 'remote_id'" },
		{ "account", "signals", "Id", "has no column 'signals'" },
		{ "staff", "signal.nps", "N", "move 'signal.nps' to [account]" },
		{ "account", "signal.Health", "N", "is no signal name" },
		{ "account", "name", "Na me", "is no field name" },
		{ "account", "name", "Name'; DROP", "is no field name" },
		{ "account", "name", "Name.", "is no field name" },
		{ "account", "name", "Name | in A", "only a yes-or-no column" },
		{ "support_case", "closed", "S | upper", "only a yes-or-no column" },
		{ "support_case", "closed", "S | in ", "only a yes-or-no column" },
	};
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct mapping *mapping = mapping_new();
		assert_false(mapping_set(mapping, lines[i][0], lines[i][1], lines[i][2], 3, &failure));
		if (strstr(failure.text, lines[i][3]) == NULL)
			fail_msg("%s", failure.text);
		mapping_free(mapping);
	}
	struct mapping *mapping = mapping_new();
	assert_true(mapping_set(mapping, "account", "name", "Name", 3, &failure));
	assert_false(mapping_set(mapping, "account", "name", "Other", 4, &failure));
	assert_non_null(strstr(failure.text, "on line 3"));
	mapping_free(mapping);
}

static void test_instants(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.999Z", -1 },
		{ "2026-11-20T10:01:07.000+0000", 1795168867000 },
		{ "2026-11-20T10:01:07.123456Z", 1795168867123 },
		{ "2026-11-20T11:31:07+01:30", 1795168867000 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
		{ "0001-01-01T00:00:00Z", -62135596800000 },
		{ "9999-12-31T23:59:59.999Z", 253402300799999 },
	};
	static const char *const bad[] = { "", "2026-11-20", "2026-11-20T10:01:07", "2026-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T10:60:00Z", "2026-11-20T10:01:07.Z",
		"2026-11-20T10:01:07+1", "2026-11-20T10:01:07Zx", "0001-01-01T00:00:00+01:00", "20261120T100107Z" };
	char text[INSTANT_TEXT_SIZE];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(instant_parse(good[i].text, strlen(good[i].text), &ms));
		assert_int_equal(ms, good[i].ms);
		instant_format(ms, text);
		assert_true(instant_parse(text, strlen(text), &ms));
		assert_int_equal(ms, good[i].ms);
	}
	instant_format(-62135596800000, text);
	assert_string_equal(text, "0001-01-01T00:00:00.000Z");
	instant_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	instant_format_date(253402300799999, text);
	assert_string_equal(text, "9999-12-31");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(instant_parse(bad[i], strlen(bad[i]), &ms));
	assert_true(instant_parse_http("Thu, 01 Oct 2026 08:00:01 GMT", &ms));
	assert_int_equal(ms, 1790841601000);
	assert_false(instant_parse_http("Thu, 01 Okt 2026 08:00:01 GMT", &ms));
	assert_false(instant_parse_http("Thursday, 01-Oct-26 08:00:01 GMT", &ms));
}

/* Every byte that a text may hold comes back as PostgreSQL would read it. */
static void test_copy_text(void **state)
{
	struct buffer buffer, wanted;
	char all[255];

	(void)state;
	buffer_init(&buffer, 1024);
	buffer_init(&wanted, 1024);
	(void)buffer_append_text(&wanted, "\\N\t");
	for (int c = 1; c <= 255; c++) {
		all[c - 1] = (char)c;
		const char *escape = c == '\t'   ? "\\t"
				     : c == '\n' ? "\\n"
				     : c == '\r' ? "\\r"
				     : c == '\\' ? "\\\\"
						 : NULL;
		(void)buffer_append(&wanted, escape == NULL ? &all[c - 1] : escape, escape == NULL ? 1 : 2);
	}
	(void)buffer_append_text(&wanted, "\t\n");
	const struct value values[] = { { NULL, 0 }, { all, sizeof all }, { "", 0 } };
	assert_true(copy_text_row(&buffer, values, 3));
	assert_string_equal(buffer_text(&buffer), buffer_text(&wanted));
	buffer_free(&buffer);
	buffer_free(&wanted);
}

static void test_copy_text_limit(void **state)
{
	const struct value values[] = { { "abcdefgh", 8 }, { "ijk", 3 } };
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 24); /* as much as were all of it escaped */
	assert_true(copy_text_row(&buffer, values, 2));
	assert_false(copy_text_row(&buffer, values, 2));
	assert_string_equal(buffer_text(&buffer), "abcdefgh\tijk\n");
	buffer_free(&buffer);
	buffer_init(&buffer, 23);
	assert_false(copy_text_row(&buffer, values, 2));
	assert_string_equal(buffer_text(&buffer), "");
	buffer_free(&buffer);
}

static void fingerprint(
	const char *const lines[][3], const char *object, char text[static MAPPING_FINGERPRINT_SIZE])
{
	struct mapping *mapping = mapping_of(lines);

	mapping_fingerprint(&mapping->entities[ENTITY_CONTACT], ENTITY_CONTACT, object, text);
	mapping_free(mapping);
}

/* Whatever decides what is read, and where it goes, tells two mappings apart; the order of the lines doesn't. */
static void test_fingerprints(void **state)
{
	static const char *const first[][3] = { { "contact", "first_name", "A" }, { "contact", "last_name", "B" },
		{ "contact", "advocate", "S | in Yes" }, { NULL, NULL, NULL } };
	static const char *const turned[][3] = { { "contact", "advocate", "S | in Yes" },
		{ "contact", "last_name", "B" }, { "contact", "first_name", "A" }, { NULL, NULL, NULL } };
	static const char *const others[][4][3] = {
		{ { "contact", "first_name", "B" }, { "contact", "last_name", "A" },
			{ "contact", "advocate", "S | in Yes" }, { NULL, NULL, NULL } },
		{ { "contact", "first_name", "A" }, { "contact", "last_name", "B" },
			{ "contact", "advocate", "S | in Yes, Maybe" }, { NULL, NULL, NULL } },
		{ { "contact", "first_name", "A" }, { "contact", "last_name", "B" }, { NULL, NULL, NULL } },
		{ { "contact", "first_name", "A" }, { "contact", "title", "B" },
			{ "contact", "advocate", "S | in Yes" }, { NULL, NULL, NULL } },
	};
	char one[MAPPING_FINGERPRINT_SIZE], two[MAPPING_FINGERPRINT_SIZE];

	(void)state;
	fingerprint(first, "Contact", one);
	assert_int_equal(strlen(one), MAPPING_FINGERPRINT_SIZE - 1);
	fingerprint(turned, "Contact", two);
	assert_string_equal(one, two);
	fingerprint(first, "Person__c", two);
	assert_string_not_equal(one, two);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		fingerprint(others[i], "Contact", two);
		assert_string_not_equal(one, two);
	}
}

/* What a query has to select: each once, in whatever case it is written twice. */
static void test_fields(void **state)
{
	static const char *const lines[][3] = { { "contact", "first_name", "Name" },
		{ "contact", "last_name", "nAME" }, { "contact", "title", "ID" }, { "contact", "email", "Email" },
		{ NULL, NULL, NULL } };
	static const char *const containers[] = { "records", NULL };
	static const char *const extras[] = { "Master", NULL };
	static const char *const wanted[] = { "Id", "Stamp", "Gone", "Master", "Name", "Email" };
	struct mapping *mapping = mapping_of(lines);
	const struct record_reader_settings settings = { .entity = ENTITY_CONTACT,
		.mapping = &mapping->entities[ENTITY_CONTACT],
		.containers = containers,
		.prefix = "",
		.id = "Id",
		.modified = "Stamp",
		.deleted = "Gone",
		.extras = extras,
		.fold_case = true };
	struct record_sink sink = { NULL, on_record, on_reject };
	struct record_reader *reader = record_reader_new(&settings, &sink);
	size_t count;
	const struct json_field *fields = record_reader_fields(reader, &count);

	(void)state;
	assert_int_equal(count, sizeof wanted / sizeof wanted[0]);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(fields[i].path, wanted[i]);
		assert_int_equal(fields[i].length, strlen(wanted[i]));
	}
	record_reader_free(reader);
	mapping_free(mapping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rejections),
		cmocka_unit_test(test_great_values),
		cmocka_unit_test(test_raw_is_mended),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_mapping_faults),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_instants),
		cmocka_unit_test(test_copy_text),
		cmocka_unit_test(test_copy_text_limit),
	};

	return cmocka_run_group_tests_name("record_reader", tests, NULL, NULL);
}
