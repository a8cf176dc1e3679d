/* How a mapping turns what a vendor says into a signal's number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/buffer.h"
#include "connectors/mapping.h"
#include "connectors/scale.h"

static const char *convert(const char *how, enum json_type type, const char *text)
{
	static char out[96];
	struct failure failure;
	struct scale *scale = how == NULL ? NULL : scale_parse(how, &failure);
	struct arena *arena = arena_new();
	struct json_value json = { .type = type, .text = text, .length = strlen(text) };
	struct value value;
	const char *problem = "";

	if (how != NULL && scale == NULL)
		fail_msg("%s", failure.text);
	if (!scale_convert(scale, &json, arena, &value, &problem))
		(void)snprintf(out, sizeof out, "%s", problem);
	else
		(void)snprintf(out, sizeof out, "%.*s", value.text == NULL ? 4 : (int)value.length,
			value.text == NULL ? "null" : value.text);
	arena_free(arena);
	scale_free(scale);
	return out;
}

static void test_plain(void **state)
{
	(void)state;
	assert_string_equal(convert(NULL, JSON_VALUE_NUMBER, "48.50"), "48.50");
	assert_string_equal(convert(NULL, JSON_VALUE_TRUE, "true"), "1");
	assert_string_equal(convert(NULL, JSON_VALUE_FALSE, "false"), "0");
	assert_string_equal(convert(NULL, JSON_VALUE_STRING, "Yes"), "1");
	assert_string_equal(convert(NULL, JSON_VALUE_STRING, ""), "null");
	assert_string_equal(convert(NULL, JSON_VALUE_NULL, "null"), "null");
	assert_string_equal(convert(NULL, JSON_VALUE_STRING, "Green"), "is not a number");
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(convert("in Defense, Oil and Gas", JSON_VALUE_STRING, "Oil and Gas"), "1");
	assert_string_equal(convert("in Defense, Oil and Gas", JSON_VALUE_STRING, "Oil"), "0");
	assert_string_equal(convert("in Defense", JSON_VALUE_NULL, "null"), "null");
	assert_string_equal(convert("in true", JSON_VALUE_TRUE, "true"), "1");
}

static void test_dates(void **state)
{
	(void)state;
	assert_string_equal(convert("date", JSON_VALUE_STRING, "2025-01-02"), "1735776000");
	assert_string_equal(convert("date", JSON_VALUE_STRING, "2025-01-02T03:04:05.000+0000"), "1735776000");
	assert_string_equal(convert("date", JSON_VALUE_NUMBER, "1735776000000"), "1735776000");
	assert_string_equal(convert("date", JSON_VALUE_STRING, "soon"), "is not a date");
	assert_string_equal(convert("date", JSON_VALUE_NULL, "null"), "null");
}

static void test_ranges(void **state)
{
	(void)state;
	assert_string_equal(convert("from 0 to 10", JSON_VALUE_NUMBER, "7.5"), "75");
	assert_string_equal(convert("from 100 to 0", JSON_VALUE_NUMBER, "20"), "80");
	assert_string_equal(convert("from -1 to 1", JSON_VALUE_STRING, "-1"), "0");
	assert_string_equal(convert("from 0 to 3", JSON_VALUE_NUMBER, "1"), "33.333333");
	assert_string_equal(convert("from 0 to 10", JSON_VALUE_NUMBER, "10.1"),
		"is outside of the scale that the mapping declares");
	assert_string_equal(convert("from 0 to 10", JSON_VALUE_NUMBER, "0"), "0");
	assert_string_equal(convert("from 0 to 10", JSON_VALUE_NULL, "null"), "null");
}

static void test_labels(void **state)
{
	(void)state;
	assert_string_equal(
		convert("labels Red 20, Light Green 80, Green 95.5", JSON_VALUE_STRING, "Light Green"), "80");
	assert_string_equal(convert("labels Red 20, Green 95.5", JSON_VALUE_STRING, "Green"), "95.5");
	assert_string_equal(convert("labels Red 20, Green 95", JSON_VALUE_STRING, "Dark Red"),
		"is none of the labels that the mapping knows");
	assert_string_equal(convert("labels Red 20", JSON_VALUE_STRING, ""), "null");
}

static void test_faults(void **state)
{
	static const char *const lines[][2] = {
		{ "upper", "'| upper' is not understood" },
		{ "in ,", "names no word" },
		{ "from 0", "two different numbers" },
		{ "from 10 to 10", "two different numbers" },
		{ "from low to high", "two different numbers" },
		{ "from nan to inf", "two different numbers" },
		{ "labels Red", "'Red' is no label with its number" },
		{ "labels Red 20, Red 30", "'Red' is given twice" },
		{ "labels Red 1e3", "'Red 1e3' is no label" },
	};
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		assert_null(scale_parse(lines[i][0], &failure));
		if (strstr(failure.text, lines[i][1]) == NULL)
			fail_msg("%s", failure.text);
	}
}

/* In a mapping: the direction is declared, and examples prove it when the file is read. */
static void test_examples(void **state)
{
	struct failure failure;
	struct mapping *mapping = mapping_new();
	struct mapping *other = mapping_new();
	char one[MAPPING_FINGERPRINT_SIZE], two[MAPPING_FINGERPRINT_SIZE];

	(void)state;
	assert_false(mapping_set(mapping, "account", "example.health_score", "20 is 80", 1, &failure));
	assert_non_null(strstr(failure.text, "there is no signal.health_score above it"));
	assert_true(
		mapping_set(mapping, "account", "signal.health_score", "Churn__c | from 100 to 0", 2, &failure));
	assert_true(mapping_set(mapping, "account", "example.health_score", "20 is 80, 100 is 0", 3, &failure));
	assert_false(mapping_set(mapping, "account", "example.health_score", "20 is 20", 4, &failure));
	assert_non_null(strstr(failure.text, "comes out as 80, not as 20; is the scale the wrong way round?"));
	assert_false(mapping_set(mapping, "account", "example.health_score", "20=80", 5, &failure));
	assert_non_null(strstr(failure.text, "'20=80' is no example"));
	assert_false(mapping_set(mapping, "account", "example.health_score", "Green is 80", 6, &failure));
	assert_non_null(strstr(failure.text, "the example 'Green' is not a number"));
	assert_true(mapping_set(mapping, "contact", "signal.gone", "Gone__c", 7, &failure));
	assert_false(mapping_set(mapping, "support_case", "signal.gone", "Gone__c", 8, &failure));

	/* Another scale is another mapping: all is read anew. */
	assert_true(mapping_set(other, "account", "signal.health_score", "Churn__c | from 0 to 100", 2, &failure));
	mapping_fingerprint(&mapping->entities[ENTITY_ACCOUNT], ENTITY_ACCOUNT, "Account", one);
	mapping_fingerprint(&other->entities[ENTITY_ACCOUNT], ENTITY_ACCOUNT, "Account", two);
	assert_string_not_equal(one, two);
	mapping_free(mapping);
	mapping_free(other);
}

static void test_aliases(void **state)
{
	struct failure failure;
	struct scale *scale = scale_parse("labels Red 20, Green 90", &failure), *copy = scale_copy(scale);
	struct arena *arena = arena_new();
	struct json_value json = { .type = JSON_VALUE_STRING, .text = "1I00", .length = 4 };
	struct value value;
	const char *problem;

	(void)state;
	scale_alias(copy, "Green", "1I00");
	scale_alias(copy, "Blue", "1I01");
	scale_alias(NULL, "Green", "1I00");
	assert_true(scale_convert(copy, &json, arena, &value, &problem));
	assert_true(value_is(&value, "90"));
	assert_false(scale_convert(scale, &json, arena, &value, &problem));
	assert_null(scale_copy(NULL));
	arena_free(arena);
	scale_free(scale);
	scale_free(copy);
}

/* What to ask the vendor for, as "field's test". */
static const char *invert(const char *how, const char *operator, const char * number)
{
	static char out[160];
	struct failure failure;
	struct scale *scale = how == NULL ? NULL : scale_parse(how, &failure);
	struct record_test test;
	int length = 0;

	if (how != NULL && scale == NULL)
		fail_msg("%s", failure.text);
	if (!scale_invert(scale, operator, number, &test))
		(void)snprintf(out, sizeof out, "nothing");
	else if (test.kind == RECORD_TEST_NUMBER)
		(void)snprintf(out, sizeof out, "%s %s", test.operator, test.number);
	else if (test.kind == RECORD_TEST_WORDS)
		for (size_t i = 0; i < test.word_count; i++)
			length += snprintf(out + length, sizeof out - (size_t)length, "%s%s", i == 0 ? "" : "|",
				test.words[i]);
	else
		(void)snprintf(out, sizeof out, "%s", test.kind == RECORD_TEST_YES ? "yes" : "no");
	scale_free(scale);
	return out;
}

static void test_the_way_back(void **state)
{
	static const char labels[] = "labels Green 90, Yellow 60, Red 20";
	struct buffer many;

	(void)state;
	assert_string_equal(invert(NULL, "<", "60.5"), "< 60.5");
	assert_string_equal(invert(NULL, ">=", "15"), ">= 15");
	assert_string_equal(invert(NULL, "=", "2"), "= 2");
	assert_string_equal(invert(NULL, "=", "1"), "yes");
	assert_string_equal(invert(NULL, "=", "0"), "no");
	assert_string_equal(invert("from 0 to 10", "<", "60"), "< 6.000000");
	assert_string_equal(invert("from 100 to 0", "<", "60"), "> 40.000000");
	assert_string_equal(invert("from 100 to 0", "<=", "60"), ">= 40.000000");
	assert_string_equal(invert("from 10 to 0", ">", "25"), "< 7.500000");
	assert_string_equal(invert(labels, "<", "60"), "Red");
	assert_string_equal(invert(labels, "<=", "60"), "Yellow|Red");
	assert_string_equal(invert(labels, "=", "90"), "Green");
	assert_string_equal(invert(labels, ">", "90"), "nothing");
	assert_string_equal(invert("in Defense, Oil and Gas", ">", "0"), "Defense|Oil and Gas");
	assert_string_equal(invert("in Defense", "=", "1"), "Defense");
	/* All other words, that is, and nobody knows them. */
	assert_string_equal(invert("in Defense", "=", "0"), "nothing");
	assert_string_equal(invert("in Defense", "<", "1"), "nothing");
	assert_string_equal(invert("date", "<", "1735776000"), "nothing");

	buffer_init(&many, 1000);
	for (int i = 0; i <= RECORD_WORDS_MOST; i++)
		(void)buffer_printf(&many, "%sword%d", i == 0 ? "in " : ", ", i);
	assert_string_equal(invert(buffer_text(&many), "=", "1"), "nothing");
	buffer_free(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_the_way_back),
	};

	return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
