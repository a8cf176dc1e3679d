/* The two halves of reading a page: json_splitter (bytes to records) and json_record (a record to fields). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/buffer.h"
#include "connectors/json_record.h"
#include "connectors/json_splitter.h"
#include "connectors/utf8.h"

static const char *const containers[] = { "data.records", "records", "data", NULL };

static const struct json_field fields[] = { { "Id", 2 }, { "Owner.Email", 11 }, { "n", 1 },
	{ "Csm__gr.Email", 13 } };
static const struct json_wanted wanted = { fields, 4, false };

struct seen {
	struct buffer text; /* every element, each between < and > */
	int too_long;
	int whole;      /* of them, those that on_object took */
	int stop_after; /* 0: never */
	int count;
};

static bool on_element(void *context, const char *bytes, size_t length, bool too_long)
{
	struct seen *seen = context;

	(void)buffer_append_text(&seen->text, "<");
	(void)buffer_append(&seen->text, bytes, length);
	(void)buffer_append_text(&seen->text, ">");
	seen->too_long += too_long;
	return ++seen->count != seen->stop_after;
}

static size_t on_object(void *context, const char *bytes, size_t length)
{
	struct seen *seen = context;
	struct arena *arena = arena_new();
	struct json_value values[4];
	const char *problem;
	size_t whole = json_record_read(bytes, length, &wanted, arena, values, &problem);

	arena_free(arena);
	if (whole > 0) {
		seen->whole++;
		(void)on_element(context, bytes, whole, false);
	}
	return whole;
}

/* Feeds `page` in pieces of `piece` bytes; returns whether every piece was taken. */
static bool feed(struct json_splitter *splitter, const char *page, size_t piece)
{
	size_t length = strlen(page);

	json_splitter_reset(splitter);
	for (size_t at = 0; at < length; at += piece)
		if (!json_splitter_feed(splitter, page + at, length - at < piece ? length - at : piece))
			return false;
	return true;
}

static void expect_split_by(json_object_fn *object, const char *page, const char *elements, const char *envelope)
{
	for (size_t piece = 1; piece <= strlen(page); piece++) {
		struct seen seen = { 0 };
		buffer_init(&seen.text, 65536);
		struct json_splitter *splitter = json_splitter_new(containers, 100, object, on_element, &seen);
		size_t length;
		assert_true(feed(splitter, page, piece));
		assert_true(json_splitter_complete(splitter));
		assert_string_equal(buffer_text(&seen.text), elements);
		assert_int_equal(json_splitter_count(splitter), seen.count);
		const char *got = json_splitter_envelope(splitter, &length);
		assert_int_equal(length, strlen(envelope));
		assert_string_equal(got, envelope);
		json_splitter_free(splitter);
		buffer_free(&seen.text);
	}
}

/* The same, however the page is cut and whether or not its objects can be taken whole. */
static void expect_split(const char *page, const char *elements, const char *envelope)
{
	expect_split_by(NULL, page, elements, envelope);
	expect_split_by(on_object, page, elements, envelope);
}

static void test_split(void **state)
{
	(void)state;
	expect_split("{\"records\":[{\"a\":1},{\"b\":[2,{\"c\":\"]}\"}]}],\"done\":true}",
		"<{\"a\":1}><{\"b\":[2,{\"c\":\"]}\"}]}>", "{\"records\":[],\"done\":true}");
	expect_split("{\"data\":{\"records\":[ {} , {} ]},\"x\":\"[\"}", "<{}><{}>",
		"{\"data\":{\"records\":[]},\"x\":\"[\"}");
	expect_split("{\"data\":[\"s\\\"]\",null,-1.5e3,true,[1]]}", "<\"s\\\"]\"><null><-1.5e3><true><[1]>",
		"{\"data\":[]}");
	expect_split("{\"other\":[{\"records\":[1]}],\"records\":[]}", "",
		"{\"other\":[{\"records\":[1]}],\"records\":[]}");
	/* A key inside of a string, an escaped key, and a second array of the same name are not the container. */
	expect_split("{\"t\":\"\\\"records\\\":[1]\",\"rec\\u006frds\":[7]}", "",
		"{\"t\":\"\\\"records\\\":[1]\",\"rec\\u006frds\":[7]}");
	expect_split("  {\"records\":[1]}\r\n", "<1>", "  {\"records\":[]}");
	expect_split("{\"records\":[}]}", "<}>", "{\"records\":[]}");
	/* What the reader of objects refuses. */
	expect_split("{\"records\":[{\"a\":1,},{\"Id\":1,\"Id\":2},{:},{\"a\":\"\\\\\"}]}",
		"<{\"a\":1,}><{\"Id\":1,\"Id\":2}><{:}><{\"a\":\"\\\\\"}>", "{\"records\":[]}");
}

static void test_split_whole(void **state)
{
	const char page[] = "{\"records\":[{\"a\":1},{\"b\":},3,[{}],{\"c\":{}}]}";
	struct seen seen = { 0 };

	(void)state;
	buffer_init(&seen.text, 65536);
	struct json_splitter *splitter = json_splitter_new(containers, 100, on_object, on_element, &seen);
	assert_true(feed(splitter, page, sizeof page));
	assert_int_equal(seen.count, 5);
	assert_int_equal(seen.whole, 2);
	assert_true(feed(splitter, page, 1));
	assert_int_equal(seen.count, 10);
	assert_int_equal(seen.whole, 2);
	json_splitter_free(splitter);
	buffer_free(&seen.text);
}

static void test_split_incomplete(void **state)
{
	const char page[] = "{\"records\":[{\"a\":\"x\"}],\"done\":true}";
	struct seen seen = { 0 };

	(void)state;
	buffer_init(&seen.text, 65536);
	struct json_splitter *splitter = json_splitter_new(containers, 100, on_object, on_element, &seen);
	for (size_t length = 0; length < strlen(page); length++) {
		json_splitter_reset(splitter);
		assert_true(json_splitter_feed(splitter, page, length));
		assert_false(json_splitter_complete(splitter));
	}
	assert_false(feed(splitter, "{\"records\":[]} {}", 100));
	assert_false(json_splitter_complete(splitter));
	assert_false(feed(splitter, "<html>down</html>", 100));
	assert_false(feed(splitter, "[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]", 100));
	assert_false(feed(splitter, "{\"a\":1]", 100));
	json_splitter_free(splitter);
	buffer_free(&seen.text);
}

static void test_split_limits(void **state)
{
	char page[400] = "{\"records\":[\"";
	struct seen seen = { 0 };

	(void)state;
	memset(page + strlen(page), 'x', 150);
	strcat(page, "\",{\"long\":\"");
	memset(page + strlen(page), 'x', 95);
	strcat(page, "\"},{\"short\":1}]}");
	for (size_t piece = 1; piece < 400; piece++) {
		seen = (struct seen){ 0 };
		buffer_init(&seen.text, 65536);
		struct json_splitter *splitter = json_splitter_new(containers, 100, on_object, on_element, &seen);
		assert_true(feed(splitter, page, piece));
		assert_int_equal(seen.too_long, 2);
		assert_int_equal(json_splitter_count(splitter), 3);
		assert_non_null(strstr(buffer_text(&seen.text), "<{\"short\":1}>"));
		json_splitter_free(splitter);
		buffer_free(&seen.text);
	}
}

static void test_split_stops(void **state)
{
	struct seen seen = { .stop_after = 1 };

	(void)state;
	buffer_init(&seen.text, 65536);
	struct json_splitter *splitter = json_splitter_new(containers, 100, on_object, on_element, &seen);
	assert_false(feed(splitter, "{\"records\":[1,2,3]}", 100));
	assert_int_equal(seen.count, 1);
	json_splitter_free(splitter);
	buffer_free(&seen.text);
}

static void test_envelope_limit(void **state)
{
	struct seen seen = { 0 };
	struct buffer page;

	(void)state;
	buffer_init(&seen.text, 65536);
	buffer_init(&page, 1 << 20);
	(void)buffer_append_text(&page, "{\"x\":\"");
	for (int i = 0; i < 70 * 1024; i++)
		(void)buffer_append_text(&page, "y");
	struct json_splitter *splitter = json_splitter_new(containers, 100, on_object, on_element, &seen);
	assert_false(feed(splitter, buffer_text(&page), 4096));
	json_splitter_free(splitter);
	buffer_free(&page);
	buffer_free(&seen.text);
}

static void test_record_fields(void **state)
{
	struct arena *arena = arena_new();
	struct json_value values[4];
	const char *problem;
	const char record[] = "{\"attributes\":{\"Id\":\"no\"},\"Id\":\"a\\u00e9\\ud83d\\ude00\\n\",\"Owner\":{"
			      "\"Email\":\"x@y\"},"
			      " \"n\" : -1.50e+2 , \"Csm__gr.Email\":null,\"list\":[{\"Id\":1}]}";

	(void)state;
	assert_true(json_record_read(record, strlen(record), &wanted, arena, values, &problem));
	assert_int_equal(values[0].type, JSON_VALUE_STRING);
	assert_int_equal(values[0].length, strlen("a\xc3\xa9\xf0\x9f\x98\x80\n"));
	assert_memory_equal(values[0].text, "a\xc3\xa9\xf0\x9f\x98\x80\n", values[0].length);
	assert_memory_equal(values[1].text, "x@y", 3);
	assert_int_equal(values[2].type, JSON_VALUE_NUMBER);
	assert_memory_equal(values[2].text, "-1.50e+2", values[2].length);
	assert_int_equal(values[3].type, JSON_VALUE_NULL);
	/* It ends where the object ends, whatever comes then. */
	assert_int_equal(json_record_read("{\"Id\":1}}", 9, &wanted, arena, values, &problem), 8);
	assert_int_equal(json_record_read("{\"Id\":1},{\"Id\":", 16, &wanted, arena, values, &problem), 8);
	arena_free(arena);
}

static void test_record_null_parent(void **state)
{
	struct arena *arena = arena_new();
	struct json_value values[4];
	const char *problem;

	(void)state;
	assert_true(json_record_read("{\"Owner\":null}", 14, &wanted, arena, values, &problem));
	assert_int_equal(values[0].type, JSON_VALUE_ABSENT);
	assert_int_equal(values[1].type, JSON_VALUE_NULL);
	assert_true(json_record_read("{\"Owner\":{}}", 12, &wanted, arena, values, &problem));
	assert_int_equal(values[1].type, JSON_VALUE_ABSENT);
	arena_free(arena);
}

static void test_record_fold_case(void **state)
{
	const struct json_wanted folded = { fields, 4, true };
	struct arena *arena = arena_new();
	struct json_value values[4];
	const char *problem;
	const char record[] = "{\"csm__gr.email\":\"m@h\",\"ID\":\"1\"}";

	(void)state;
	assert_true(json_record_read(record, strlen(record), &folded, arena, values, &problem));
	assert_int_equal(values[0].type, JSON_VALUE_STRING);
	assert_int_equal(values[3].type, JSON_VALUE_STRING);
	assert_true(json_record_read(record, strlen(record), &wanted, arena, values, &problem));
	assert_int_equal(values[0].type, JSON_VALUE_ABSENT);
	/* Two keys that fold together: which of them is meant, nobody can say. */
	const char twice[] = "{\"Id\":\"1\",\"ID\":\"2\"}";
	assert_false(json_record_read(twice, strlen(twice), &folded, arena, values, &problem));
	assert_string_equal(problem, "gives a field twice");
	arena_free(arena);
}

static void test_record_bad_strings(void **state)
{
	static const struct {
		const char *record, *problem;
	} cases[] = {
		{ "{\"Id\":\"a\\u0000b\"}", "holds a NUL character" },
		{ "{\"Id\":\"\\ud800\"}", "holds a lone surrogate" },
		{ "{\"Id\":\"\\ud800\\u0041\"}", "holds a lone surrogate" },
		{ "{\"Id\":\"\\udc00\"}", "holds a lone surrogate" },
		{ "{\"Id\":\"\\x\"}", "holds an unknown escape" },
		{ "{\"Id\":\"\\u12g4\"}", "holds a malformed \\u escape" },
		{ "{\"Id\":\"\xff\"}", "is not valid UTF-8" },
		{ "{\"Id\":\"\xc0\x80\"}", "is not valid UTF-8" },
		{ "{\"Id\":\"\xed\xa0\x80\"}", "is not valid UTF-8" },
	};
	struct arena *arena = arena_new();
	struct json_value values[4];
	const char *problem;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(json_record_read(
			cases[i].record, strlen(cases[i].record), &wanted, arena, values, &problem));
		assert_non_null(values[0].problem);
		assert_string_equal(values[0].problem, cases[i].problem);
	}
	/* In a field that nobody asked for it does no harm. */
	const char unasked[] = "{\"Description\":\"a\\u0000b\",\"Id\":\"1\"}";
	assert_true(json_record_read(unasked, strlen(unasked), &wanted, arena, values, &problem));
	assert_null(values[0].problem);
	arena_free(arena);
}

/* A NUL never becomes part of a value, not even behind a backslash. */
static void test_record_raw_control(void **state)
{
	struct arena *arena = arena_new();
	struct json_value values[4];
	const char *problem;

	(void)state;
	for (unsigned char c = 0; c < 0x20; c++) {
		char record[] = "{\"Id\":\"a?b\"}", escaped[] = "{\"Id\":\"\\?\"}";
		record[8] = escaped[8] = (char)c;
		assert_int_equal(json_record_read(record, sizeof record - 1, &wanted, arena, values, &problem), 0);
		assert_string_equal(problem, "holds a raw control character in a string");
		assert_int_equal(
			json_record_read(escaped, sizeof escaped - 1, &wanted, arena, values, &problem), 11);
		assert_string_equal(values[0].problem, "holds an unknown escape");
	}
	arena_free(arena);
}

static void test_record_malformed(void **state)
{
	static const char *const records[] = { "", "null", "[]", "{", "{\"Id\"}", "{\"Id\":}", "{\"Id\":1,}",
		"{\"Id\":01}", "{\"Id\":1.}", "{\"Id\":.5}", "{\"Id\":+1}", "{\"Id\":1e}", "{\"Id\":tru}",
		"{\"Id\":\"x}", "{\"Id\":\"x\\\"}", "{\"Id\":\"x\\", " {}", "{'Id':1}", "{\"Id\":\"a\nb\"}",
		"{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"Id\":NaN}" };
	struct arena *arena = arena_new();
	struct json_value values[4];
	char deep[200] = "{\"a\":";

	(void)state;
	for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
		const char *problem = NULL;
		/* A copy of the exact size, so that a sanitizer sees the first byte read too far. */
		char *copy = memory_copy(records[i], strlen(records[i]));
		assert_false(json_record_read(copy, strlen(records[i]), &wanted, arena, values, &problem));
		assert_non_null(problem);
		free(copy);
	}
	for (int i = 0; i < 40; i++)
		strcat(deep, "[");
	const char *problem = NULL;
	assert_false(json_record_read(deep, strlen(deep), &wanted, arena, values, &problem));
	assert_string_equal(problem, "nests too deeply");
	arena_free(arena);
}

static void test_utf8(void **state)
{
	size_t length;

	(void)state;
	assert_true(utf8_valid("plain ascii, longer than eight bytes", 36));
	assert_true(utf8_valid("12345678\xe6\x97\xa5\xe6\x9c\xac", 14));
	assert_false(utf8_valid("12345678\xe6\x97", 10));
	assert_false(utf8_valid("\xf4\x90\x80\x80", 4));
	assert_false(utf8_valid("\x80", 1));
	assert_int_equal(utf8_next("\xf0\x9f\x98\x80", 4, &length), 0x1F600);
	assert_int_equal(length, 4);
	assert_int_equal(utf8_next("\xff", 1, &length), 0xFFFD);
	assert_int_equal(length, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_whole),
		cmocka_unit_test(test_split_incomplete),
		cmocka_unit_test(test_split_limits),
		cmocka_unit_test(test_split_stops),
		cmocka_unit_test(test_envelope_limit),
		cmocka_unit_test(test_record_fields),
		cmocka_unit_test(test_record_null_parent),
		cmocka_unit_test(test_record_fold_case),
		cmocka_unit_test(test_record_bad_strings),
		cmocka_unit_test(test_record_raw_control),
		cmocka_unit_test(test_record_malformed),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
