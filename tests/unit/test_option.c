#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/option.h"
#include "connectors/secret.h"

struct settings {
	char *text, *url, *choice, *file;
	char **list, **chosen;
	int64_t integer, unbounded, duration, percent, warn;
	bool boolean;
	struct secret *secret;
};

#define ROW(member, kind, ...)                                                                                     \
	{                                                                                                          \
		.name = #member, .type = kind, .offset = offsetof(struct settings, member), __VA_ARGS__            \
	}

static const struct option rows[] = {
	ROW(text, OPTION_TEXT, .initial = "hello"),
	ROW(url, OPTION_URL),
	ROW(choice, OPTION_CHOICE, .initial = "soft", .choices = "soft hard"),
	ROW(file, OPTION_FILE),
	ROW(list, OPTION_LIST, .initial = "a, b"),
	ROW(chosen, OPTION_LIST, .choices = "red green"),
	ROW(integer, OPTION_INTEGER, .initial = "5", .least = 1, .most = 10),
	ROW(unbounded, OPTION_INTEGER),
	ROW(duration, OPTION_DURATION, .initial = "5m", .least = 5, .most = 86400),
	ROW(percent, OPTION_PERCENT),
	ROW(warn, OPTION_PERCENT, .initial = "75%", .least = 1, .most = 99),
	ROW(boolean, OPTION_BOOLEAN),
	ROW(secret, OPTION_SECRET),
};
enum { COUNT = sizeof rows / sizeof rows[0] };

static bool set(struct settings *settings, const char *name, const char *text, struct failure *failure)
{
	return option_set(option_find(rows, COUNT, name), settings, text, failure);
}

static void expect_good(struct settings *settings, const char *name, const char *text)
{
	struct failure failure = { 0 };

	if (!set(settings, name, text, &failure))
		fail_msg("%s = %s: %s", name, text, failure.text);
}

static void expect_refused(struct settings *settings, const char *name, const char *text, const char *piece)
{
	struct failure failure = { 0 };

	if (set(settings, name, text, &failure))
		fail_msg("%s = %s was taken", name, text);
	if (strstr(failure.text, piece) == NULL || strncmp(failure.text, name, strlen(name)) != 0)
		fail_msg("%s = %s: '%s' lacks '%s'", name, text, failure.text, piece);
}

static void test_defaults(void **state)
{
	struct settings settings = { 0 };

	(void)state;
	option_defaults(rows, COUNT, &settings);
	assert_string_equal(settings.text, "hello");
	assert_string_equal(settings.choice, "soft");
	assert_string_equal(settings.list[1], "b");
	assert_null(settings.list[2]);
	assert_int_equal(settings.integer, 5);
	assert_int_equal(settings.duration, 300);
	assert_int_equal(settings.warn, 75);
	assert_null(settings.url);
	assert_null(settings.secret);
	settings.secret = secret_new("x");
	option_clear(rows, COUNT, &settings);
	struct settings empty = { 0 };
	assert_memory_equal(&settings, &empty, sizeof empty);
}

static void test_urls(void **state)
{
	static const struct {
		const char *written, *kept;
	} good[] = {
		{ "https://acme.my.salesforce.com", "https://acme.my.salesforce.com" },
		{ "https://acme.example:8443/a/b%20c/", "https://acme.example:8443/a/b%20c" },
		{ "https://api.hubapi.com///", "https://api.hubapi.com" },
		{ "http://127.0.0.1:8080/", "http://127.0.0.1:8080" },
		{ "http://127.9.8.7", "http://127.9.8.7" },
		{ "http://localhost:1", "http://localhost:1" },
		{ "http://[::1]:8080/x", "http://[::1]:8080/x" },
		{ "https://[2001:db8::1]", "https://[2001:db8::1]" },
	};
	static const struct {
		const char *written, *piece;
	} bad[] = {
		{ "acme.example", "write https://" },
		{ "ftp://acme.example", "write https://" },
		{ "https://", "host" },
		{ "https:///path", "host" },
		{ "https://a b.example", "host" },
		{ "https://-a.example", "host" },
		{ "https://[::1", "host" },
		{ "https://[zz]", "host" },
		{ "https://a.example:", "port" },
		{ "https://a.example:0", "port" },
		{ "https://a.example:65536", "port" },
		{ "https://a.example:80x", "port" },
		{ "https://[::1]x", "port" },
		{ "https://a.example?x=1", "ends with its path" },
		{ "https://a.example/x?y", "ends with its path" },
		{ "https://a.example/#x", "ends with its path" },
		{ "https://a.example/a b", "ends with its path" },
		{ "http://acme.example", "localhost" },
		{ "http://127.0.0.1.evil.example", "localhost" },
		{ "http://localhost.evil.example", "localhost" },
		{ "http://128.0.0.1", "localhost" },
		{ "http://[::2]", "localhost" },
	};
	struct settings settings = { 0 };
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		expect_good(&settings, "url", good[i].written);
		assert_string_equal(settings.url, good[i].kept);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		expect_refused(&settings, "url", bad[i].written, bad[i].piece);
	assert_string_equal(settings.url, good[7].kept);
	/* A password in an address is refused, and not repeated. */
	assert_false(set(&settings, "url", "https://me:hunter2@acme.example", &failure));
	assert_null(strstr(failure.text, "hunter2"));
	assert_false(set(&settings, "url", "https://acme.example/?key=hunter2", &failure));
	assert_null(strstr(failure.text, "hunter2"));
	option_clear(rows, COUNT, &settings);
}

static void test_durations(void **state)
{
	struct settings settings = { 0 };

	(void)state;
	expect_good(&settings, "duration", "90s");
	assert_int_equal(settings.duration, 90);
	expect_good(&settings, "duration", "15m");
	assert_int_equal(settings.duration, 900);
	expect_good(&settings, "duration", "4h");
	assert_int_equal(settings.duration, 14400);
	expect_good(&settings, "duration", "1d");
	assert_int_equal(settings.duration, 86400);
	expect_refused(&settings, "duration", "2d", "write 5s to 1d");
	expect_refused(&settings, "duration", "4s", "write 5s to 1d");
	expect_refused(&settings, "duration", "0", "out of bounds");
	expect_refused(&settings, "duration", "4bh", "write 4h or 2d");
	expect_refused(&settings, "duration", "1bd", "SLA");
	expect_refused(&settings, "duration", "90", "no duration");
	expect_refused(&settings, "duration", "1h30m", "no duration");
	expect_refused(&settings, "duration", "1.5h", "no duration");
	expect_refused(&settings, "duration", "-5m", "no duration");
	expect_refused(&settings, "duration", "5 m", "no duration");
	expect_refused(&settings, "duration", "m", "no duration");
	expect_refused(&settings, "duration", "99999999999999999999s", "no duration");
	expect_refused(&settings, "duration", "9223372036854775807d", "no duration");
	assert_int_equal(settings.duration, 86400);
	const struct option zero = {
		.name = "hold", .type = OPTION_DURATION, .most = 10, .offset = offsetof(struct settings, duration)
	};
	struct failure failure;
	assert_true(option_set(&zero, &settings, "0", &failure));
	assert_int_equal(settings.duration, 0);
}

static void test_numbers(void **state)
{
	struct settings settings = { 0 };

	(void)state;
	expect_good(&settings, "integer", "10");
	expect_refused(&settings, "integer", "0", "write 1 to 10");
	expect_refused(&settings, "integer", "11", "write 1 to 10");
	expect_refused(&settings, "integer", "1e1", "whole number");
	expect_refused(&settings, "integer", "+5", "whole number");
	expect_refused(&settings, "integer", "", "no value");
	assert_int_equal(settings.integer, 10);
	expect_good(&settings, "unbounded", "-9223372036854775807");
	assert_true(settings.unbounded == -INT64_MAX);
	expect_refused(&settings, "unbounded", "9223372036854775808", "whole number");
	expect_good(&settings, "percent", "25%");
	assert_int_equal(settings.percent, 25);
	expect_good(&settings, "percent", "0");
	expect_good(&settings, "percent", "100%");
	expect_refused(&settings, "percent", "101", "0% to 100%");
	expect_refused(&settings, "percent", "-1", "0% to 100%");
	expect_refused(&settings, "percent", "%", "0% to 100%");
	expect_refused(&settings, "warn", "100%", "1% to 99%");
	assert_int_equal(settings.percent, 100);
}

static void test_words(void **state)
{
	static const char *const yes[] = { "yes", "TRUE", "On" }, *const no[] = { "no", "False", "off" };
	struct settings settings = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		expect_good(&settings, "boolean", yes[i]);
		assert_true(settings.boolean);
		expect_good(&settings, "boolean", no[i]);
		assert_false(settings.boolean);
	}
	expect_refused(&settings, "boolean", "1", "write yes or no");
	expect_good(&settings, "choice", "hard");
	expect_refused(&settings, "choice", "har", "soft hard");
	expect_refused(&settings, "choice", "soft hard", "soft hard");
	assert_string_equal(settings.choice, "hard");
	expect_good(&settings, "list", "one,two words ,\tthree");
	assert_string_equal(settings.list[0], "one");
	assert_string_equal(settings.list[1], "two words");
	assert_string_equal(settings.list[2], "three");
	assert_null(settings.list[3]);
	expect_refused(&settings, "list", "a,,b", "empty place");
	expect_refused(&settings, "list", "a,", "empty place");
	expect_refused(&settings, "list", ",", "empty place");
	expect_good(&settings, "chosen", "green, red");
	expect_refused(&settings, "chosen", "green, blue", "'blue'");
	assert_string_equal(settings.chosen[1], "red");
	expect_good(&settings, "file", "a/b c");
	assert_string_equal(settings.file, "a/b c");
	expect_refused(&settings, "text", "", "no value");
	option_clear(rows, COUNT, &settings);
}

static void test_nearest(void **state)
{
	static const struct option keys[] = { { .name = "severity" }, { .name = "client_secret_file" },
		{ .name = "poll" }, { .name = "signal" }, { .name = "sla" } };

	(void)state;
	assert_string_equal(option_nearest(keys, 5, "sevrity"), "severity");
	assert_string_equal(option_nearest(keys, 5, "severtiy"), "severity");
	assert_string_equal(option_nearest(keys, 5, "client_secret"), "client_secret_file");
	assert_string_equal(option_nearest(keys, 5, "pol"), "poll");
	assert_string_equal(option_nearest(keys, 5, "polling"), "poll");
	assert_string_equal(option_nearest(keys, 5, "signals"), "signal");
	assert_null(option_nearest(keys, 5, "weather"));
	assert_null(option_nearest(keys, 5, "x"));
	assert_null(option_nearest(keys, 5, ""));
	assert_null(option_nearest(keys, 0, "poll"));
	char longest[200];
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_null(option_nearest(keys, 5, longest));
	assert_null(option_find(keys, 5, "pol"));
	assert_ptr_equal(option_find(keys, 5, "poll"), &keys[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
