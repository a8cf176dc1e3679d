#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/discord.h"
#include "connectors/fact.h"
#include "connectors/memory.h"
#include "connectors/slack_text.h"
#include "connectors/template.h"
#include "connectors/utf8.h"

static void assert_filtered(const char *input, size_t length, size_t budget, const char *wanted)
{
	struct buffer out;

	buffer_init(&out, 1024 * 1024);
	text_value(&out, input, length, budget, &slack_markup);
	assert_string_equal(buffer_text(&out), wanted);
	buffer_free(&out);
}

/* What a hostile field of the CRM can hold (Slack, Formatting message text). */
static void test_vectors(void **state)
{
	static const char *const vectors[][2] = {
		{ "Acme <b>&</b>", "Acme &lt;b&gt;&amp;&lt;/b&gt;" }, { "<!channel> hi", "&lt;!channel&gt; hi" },
		{ "<https://evil.example|Open>", "&lt;https://evil.example|Open&gt;" },
		{ "AT&amp;T", "AT&amp;amp;T" }, { "a\nb\tc", "a b c" }, { "x\u202Ey", "xy" }, { "`rm`", "ʼrmʼ" },
		{ "a\xFF"
		  "b",
			"a\uFFFDb" },
		{ "", "–" }, { "  \t \u200B\u2066 ", "–" },
		{ " a \r\n\x01 b\u2028\u2029c\xC2\x85"
		  "d\x7F ",
			"a b c d" },
		{ "\uFEFFne\u200Dxt\u2060\u061C", "next" },
		{ "*b* _i_ ~s~ :smile: @here #general", "*b* _i_ ~s~ :smile: @here #general" },
		{ "\xE2\x80", "\uFFFD\uFFFD" },
		{ "\xC0\xBC!channel>", "\uFFFD\uFFFD!channel&gt;" }, /* an overlong '<' is none */
	};

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
		assert_filtered(vectors[i][0], strlen(vectors[i][0]), 2800, vectors[i][1]);
	assert_filtered("a\0b", 3, 2800, "a b");
}

static void test_cut_keeps_entities(void **state)
{
	struct buffer out;
	char angles[3000];

	(void)state;
	memset(angles, '<', sizeof angles);
	buffer_init(&out, 1024 * 1024);
	text_value(&out, angles, sizeof angles, 2800, &slack_markup);
	assert_int_equal(text_count(out.bytes, out.length), 2797);
	assert_int_equal(out.length, 699 * 4 + 3);
	assert_string_equal(out.bytes + 699 * 4, "…");
	buffer_clear(&out);
	/* What just fits stays whole, with a blank or an entity at the edge too. */
	text_value(&out, angles, 700, 2800, &slack_markup);
	assert_int_equal(out.length, 2800);
	buffer_free(&out);
	assert_filtered("abcde", 5, 5, "abcde");
	assert_filtered("abcdef", 6, 5, "abcd…");
	assert_filtered("abc def", 7, 5, "abc…");
	assert_filtered("abcd  ", 6, 5, "abcd");
	assert_filtered("äöüßé", strlen("äöüßé"), 4, "äöü…");
	assert_filtered("abc&", 4, 5, "abc…");
	assert_filtered("&&", 2, 5, "…");
}

static void test_cut_of_escaped_text(void **state)
{
	struct buffer text;

	(void)state;
	buffer_init(&text, 1000);
	for (size_t budget = 2; budget < 16; budget++) {
		buffer_clear(&text);
		(void)buffer_append_text(&text, "a&lt;b&amp;ß&gt;");
		text_cut(&text, budget, &slack_markup);
		assert_true(text_count(text.bytes, text.length) <= budget);
		assert_true(utf8_valid(text.bytes, text.length));
		/* Every '&' still has its ';'. */
		for (const char *at = text.bytes; (at = strchr(at, '&')) != NULL; at++)
			assert_true(strncmp(at, "&lt;", 4) == 0 || strncmp(at, "&gt;", 4) == 0 ||
				    strncmp(at, "&amp;", 5) == 0);
		if (budget == 6)
			assert_string_equal(text.bytes, "a&lt;…");
		if (budget == 5)
			assert_string_equal(text.bytes, "a…");
		if (budget == 15)
			assert_string_equal(text.bytes, "a&lt;b&amp;ß…");
	}
	buffer_free(&text);
}

/* A time is shown whole, or not at all. */
static void test_cut_keeps_times(void **state)
{
	static const struct text_markup *const markups[] = { &slack_markup, &discord_markup };
	struct buffer text;

	(void)state;
	buffer_init(&text, 1000);
	for (size_t i = 0; i < 2; i++) {
		buffer_clear(&text);
		(void)buffer_append_text(&text, "due ");
		markups[i]->date(&text, 1795000000000);
		size_t whole = text.length;
		(void)buffer_append_text(&text, " and more");
		for (size_t budget = whole + 5; budget > 5; budget--) {
			text_cut(&text, budget, markups[i]);
			if (budget > whole)
				assert_non_null(strchr(text.bytes, '>'));
			else
				assert_string_equal("due …", text.bytes);
		}
	}
	buffer_free(&text);
}

static void test_random_bytes(void **state)
{
	unsigned dice = 7;
	struct buffer out;

	(void)state;
	buffer_init(&out, 1024 * 1024);
	for (int round = 0; round < 2000; round++) {
		char bytes[64];
		size_t budget = 2 + (size_t)round % 40;
		for (size_t i = 0; i < sizeof bytes; i++) {
			dice = dice * 1103515245u + 12345u;
			bytes[i] = (char)(dice >> 16 & (round % 2 == 0 ? 0xFF : 0x3F));
		}
		buffer_clear(&out);
		text_value(&out, bytes, sizeof bytes, budget, &slack_markup);
		assert_true(out.length > 0 && utf8_valid(out.bytes, out.length));
		assert_true(text_count(out.bytes, out.length) <= budget);
		assert_null(strpbrk(out.bytes, "<>`\n\r\t"));
	}
	buffer_free(&out);
}

static void test_times(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 1000);
	text_time(&out, INT64_C(1789653900999));
	assert_string_equal(out.bytes, "2026-09-17 14:05 UTC");
	buffer_clear(&out);
	slack_markup.date(&out, INT64_C(1789653900000));
	assert_string_equal(out.bytes, "<!date^1789653900^{date_short_pretty} {time}|2026-09-17 14:05 UTC>");
	buffer_clear(&out);
	slack_markup.date(&out, -5);
	assert_string_equal(out.bytes, "1969-12-31 23:59 UTC");
	static const struct {
		int64_t seconds;
		const char *wanted;
	} durations[] = { { 0, "0 s" }, { 59, "59 s" }, { 60, "1 min" }, { 119, "1 min" }, { 4800, "1 h 20 min" },
		{ 7200, "2 h" }, { 90000, "1 d 1 h" }, { 86400 * 3 + 59, "3 d" } };
	for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
		buffer_clear(&out);
		text_duration(&out, durations[i].seconds);
		assert_string_equal(out.bytes, durations[i].wanted);
	}
	buffer_free(&out);
}

static void test_templates(void **state)
{
	static const struct {
		const char *template, *wanted; /* NULL: something is missing */
	} rows[] = {
		{ "plain", "plain" },
		{ "{a}!", "A{b}[x|y]&lt;!" },
		{ "{none}", NULL },
		{ "{nothing}{a}", NULL },
		{ "{object}", NULL },
		{ "{blank}", NULL },
		{ "x[ y {none}| z {n}] t", "x z 48 t" },
		{ "x[ y {none}| z {none}] t", "x t" },
		{ "x[ y {n}| z {n}] t", "x y 48 t" },
		{ "x< y {none}| z {n}> t", "x z 48 t" },
		{ "x< y {none}| z {none}> t", NULL },
		{ "[x<{none}>]y", "y" },
		{ "[a[b[c {none}]d {n}]e]", "abd 48e" },
		{ "{names:names} {names:is}", "Ann, Bob and Cy are" },
		{ "{one:names} {one:is}", "Ann is" },
		{ "{many:names}", "1, 2, 3, 4, 5 and 2 more" },
		{ "{a:names}", "A{b}[x|y]&lt;" },
		{ "{empty:names}", NULL },
		{ "{n:number} {decimal:number} {real} {truth}", "48 48.5 1.5 yes" },
		{ "{zeros:number}", "100" },
		{ "{when:time} {day:time} {a:time}", "2026-11-20 10:01 UTC 2026-11-20 A{b}[x|y]&lt;" },
		{ "{seconds:duration}", "1 h" },
		{ "{a:duration}", NULL },
		{ "{threshold:asks}", "60 or more" },
		{ "{rule:rule} {own:rule}", "low health score our own rule" },
		{ "{own:flag}", NULL },
		{ "{truth:flag}", "truth" },
		{ "{metric:metric} {owed_by:team}", "acknowledged the advocacy program team" },
		{ "{names:count} {seconds:records}", "3 3600 records" },
		{ "{value}", "48" },
		{ "{withheld}", NULL },
	};
	json_t *object =
		json_pack("{s:s, s:n, s:{s:i}, s:s, s:i, s:[sss], s:[s], s:[sssssss], s:[], s:s, s:f, s:b}", "a",
			"A{b}[x|y]<", "nothing", "object", "n", 1, "blank", " \t", "n", 48, "names", "Ann", "Bob",
			"Cy", "one", "Ann", "many", "1", "2", "3", "4", "5", "6", "7", "empty", "decimal", "48.50",
			"real", 1.5, "truth", 1);
	json_t *more = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "at",
		"2026-11-20T10:01:07Z", "when", "2026-11-20T10:01:07Z", "day", "2026-11-20", "seconds", 3600,
		"threshold", "< 60", "rule", "health_low", "own", "our_own_rule", "metric", "acknowledge",
		"owed_by", "program", "value", "48", "zeros", "100");
	struct template_facts facts = { object, ~0U, 0, &slack_markup, false };
	struct buffer out;

	(void)state;
	assert_non_null(object);
	assert_int_equal(json_object_update(object, more), 0);
	buffer_init(&out, 10000);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buffer_clear(&out);
		(void)buffer_append_text(&out, ".");
		bool good = template_fill(&out, rows[i].template, &facts);
		if (good != (rows[i].wanted != NULL) || strcmp(out.bytes + 1, good ? rows[i].wanted : "") != 0)
			fail_msg("%s: %d '%s'", rows[i].template, good, out.bytes);
	}
	facts.visible = audience_sees(AUDIENCE_REP);
	facts.withheld = audience_sees(AUDIENCE_CSM) & ~audience_sees(AUDIENCE_REP);
	facts.dates = true;
	buffer_clear(&out);
	assert_false(template_fill(&out, "{value}", &facts));
	assert_true(template_fill(&out, "{withheld}[{rule}{threshold}]{at:time}", &facts));
	assert_string_equal(out.bytes, "<!date^1795168867^{date_short_pretty} {time}|2026-11-20 10:01 UTC>");
	buffer_free(&out);
	json_decref(object);
	json_decref(more);
}

/* What an operator may write, and what is said of the rest. */
static void test_template_check(void **state)
{
	static const struct {
		const char *template, *problem; /* NULL: it is good */
	} rows[] = {
		{ "plain", NULL },
		{ "{a}[ {b:time}|<{a}|none>]{withheld}", NULL },
		{ "{c}", "no fact 'c'" },
		{ "{a:shout}", "form" },
		{ "{a", "not closed" },
		{ "[a", "not closed by ']'" },
		{ "<a|b", "not closed by '>'" },
		{ "[a>b]", "'>' closes nothing" },
		{ "a]", "']' closes nothing" },
		{ "a}", "'}' closes nothing" },
		{ "a|b", "outside of brackets" },
		{ "{}", "no fact ''" },
		{ "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", "nested" },
		{ "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "}",
			"no fact's name" },
	};
	json_t *sample = json_pack("{s:s, s:n}", "a", "x", "b");
	char problem[TEMPLATE_PROBLEM_SIZE], long_one[TEMPLATE_LENGTH_MOST + 2];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool good = template_check(rows[i].template, sample, problem);
		if (good != (rows[i].problem == NULL) || (!good && strstr(problem, rows[i].problem) == NULL))
			fail_msg("%s: %d '%s'", rows[i].template, good, problem);
	}
	memset(long_one, 'a', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	assert_false(template_check(long_one, sample, problem));
	assert_non_null(strstr(problem, "longer than"));
	long_one[TEMPLATE_LENGTH_MOST] = '\0';
	assert_true(template_check(long_one, sample, problem));
	/* Of a phrase, whose kinds aren't known. */
	assert_true(template_check("{account}", NULL, problem));
	assert_false(template_check("{acount}", NULL, problem));
	json_decref(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_cut_keeps_entities),
		cmocka_unit_test(test_cut_of_escaped_text),
		cmocka_unit_test(test_cut_keeps_times),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_template_check),
	};

	return cmocka_run_group_tests_name("slack_text", tests, NULL, NULL);
}
