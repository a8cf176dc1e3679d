#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/vendor_text.h"

static const char token[] = "00Dx!AQ8AQzinp0FVyTQr";

struct fixture {
	struct secret *known[3];
	char out[200];
};

static int open_fixture(void **state)
{
	static struct fixture fixture;

	fixture.known[0] = secret_new(token);
	fixture.known[1] = NULL;
	fixture.known[2] = secret_new("abc");
	*state = &fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 3; i++)
		fixture->known[i] = secret_free(fixture->known[i]);
	return 0;
}

static const char *copied(struct fixture *fixture, const char *text, size_t length, size_t size)
{
	const struct secret *const hidden[] = { fixture->known[0], fixture->known[1], fixture->known[2] };

	memset(fixture->out, '#', sizeof fixture->out);
	vendor_text_copy(text, length, hidden, 3, fixture->out, size);
	return fixture->out;
}

#define COPIED(text) copied(fixture, text, sizeof(text) - 1, sizeof fixture->out)

static void a_page_of_html_is_its_text(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(COPIED("<!DOCTYPE html>\r\n<html><head><title>502 Bad Gateway</title></head>\r\n"
				   "<body><p>cloudflare</p></body></html>"),
		"502 Bad Gateway cloudflare");
	assert_string_equal(COPIED("3 < 4 and <"), "3 < 4 and <");
	assert_string_equal(COPIED("cut off <a href=\"x"), "cut off");
	assert_string_equal(COPIED("<p>a</p><br/>b<!-- c -->"), "a b");
	assert_string_equal(COPIED("<p></p>"), "");
	assert_string_equal(COPIED(""), "");
}

static void it_is_one_line_of_utf8(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(COPIED("  one\n<6>two\x1b[2J\tthree\xe2\x80\xa8"
				   "four  "),
		"one <6>two [2J three four");
	assert_string_equal(COPIED("a\x01\x7f"
				   "b\xc2\x85"
				   "c"),
		"a b c");
	assert_string_equal(COPIED("Caf\xc3\xa9 \xff!"), "Caf\xc3\xa9 \xef\xbf\xbd!");
	assert_string_equal(COPIED("a\0b"), "a b");
}

static void it_ends_between_characters(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(copied(fixture, "ab\xc3\xa9", 4, 4), "ab");
	assert_string_equal(copied(fixture, "ab\xc3\xa9", 4, 5), "ab\xc3\xa9");
	assert_string_equal(copied(fixture, "ab cd", 5, 4), "ab");
	assert_string_equal(copied(fixture, "ab", 2, 1), "");
}

static void no_piece_of_a_secret_is_told(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(COPIED("Bearer 00Dx!AQ8AQzinp0FVyTQr is no good"), "Bearer *** is no good");
	assert_string_equal(COPIED("its middle AQ8AQzin alone"), "its middle *** alone");
	assert_string_equal(COPIED("seven of it, AQ8AQzi, tell nothing"), "seven of it, AQ8AQzi, tell nothing");
	assert_string_equal(COPIED("abc is too short to be a secret"), "abc is too short to be a secret");
	/* Where the text is cut, neither is what would be left of it. */
	assert_string_equal(copied(fixture, token, sizeof token - 1, 12), "***");
	assert_string_equal(copied(fixture, token, sizeof token - 1, 3), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_page_of_html_is_its_text, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(it_is_one_line_of_utf8, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(it_ends_between_characters, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(no_piece_of_a_secret_is_told, open_fixture, close_fixture),
	};

	return cmocka_run_group_tests_name("vendor_text", tests, NULL, NULL);
}
