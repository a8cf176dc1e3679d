#include "tests/unit/config_fixture.h"

#include "daemon/credential.h"

static struct secret *read_one(
	const struct fixture *fixture, const char *name, const char *credentials, struct failure *failure)
{
	char *path = fixture_path(fixture, name);
	char *directory = credentials == NULL ? NULL : fixture_path(fixture, credentials);
	struct secret *secret = credential_read(name, path, directory, failure);

	free(path);
	free(directory);
	return secret;
}

static void expect_secret(
	const struct fixture *fixture, const char *name, const char *credentials, const char *value)
{
	struct failure failure = { 0 };
	struct secret *secret = read_one(fixture, name, credentials, &failure);

	if (secret == NULL)
		fail_msg("%s: %s", name, failure.text);
	assert_string_equal(secret_reveal(secret), value);
	secret_free(secret);
}

static void expect_refused(
	const struct fixture *fixture, const char *name, const char *credentials, const char *piece)
{
	struct failure failure = { 0 };

	assert_null(read_one(fixture, name, credentials, &failure));
	if (strstr(failure.text, piece) == NULL || strstr(failure.text, name) == NULL)
		fail_msg("'%s' lacks '%s'", failure.text, piece);
	assert_null(strstr(failure.text, "hunter2"));
	assert_int_equal(failure.kind, FAILURE_CREDENTIALS);
}

static void test_line_ends(void **state)
{
	const struct fixture *fixture = *state;

	fixture_write(fixture, "plain", "hunter2");
	fixture_write(fixture, "unix", "hunter2\n");
	fixture_write(fixture, "dos", "hunter2\r\n");
	fixture_write(fixture, "pem", "-----BEGIN-----\nabc\n-----END-----\n");
	fixture_write(fixture, "blank", "hunter2 \n");
	expect_secret(fixture, "plain", NULL, "hunter2");
	expect_secret(fixture, "unix", NULL, "hunter2");
	expect_secret(fixture, "dos", NULL, "hunter2");
	expect_secret(fixture, "pem", NULL, "-----BEGIN-----\nabc\n-----END-----");
	expect_secret(fixture, "blank", NULL, "hunter2 ");
}

static void test_modes(void **state)
{
	static const unsigned bad[] = { 0640, 0604, 0620, 0602, 0644, 0601 };
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		fixture_write_bytes(fixture, "token", "hunter2", 7, bad[i]);
		expect_refused(fixture, "token", NULL, "chmod 600");
	}
	fixture_write_bytes(fixture, "token", "hunter2", 7, 0400);
	expect_secret(fixture, "token", NULL, "hunter2");
}

static void test_contents(void **state)
{
	const struct fixture *fixture = *state;
	char *longest = memory_allocate(CREDENTIAL_LIMIT + 1);

	memset(longest, 'x', CREDENTIAL_LIMIT + 1);
	fixture_write_bytes(fixture, "long", longest, CREDENTIAL_LIMIT + 1, 0600);
	expect_refused(fixture, "long", NULL, "64 KiB");
	fixture_write_bytes(fixture, "fits", longest, CREDENTIAL_LIMIT, 0600);
	longest[CREDENTIAL_LIMIT] = '\0';
	expect_secret(fixture, "fits", NULL, longest);
	free(longest);
	fixture_write(fixture, "empty", "");
	expect_refused(fixture, "empty", NULL, "is empty");
	fixture_write(fixture, "newline", "\n");
	expect_refused(fixture, "newline", NULL, "is empty");
	fixture_write_bytes(fixture, "nul", "hunter2\0tail", 12, 0600);
	expect_refused(fixture, "nul", NULL, "NUL");
	expect_refused(fixture, "missing", NULL, "can't be read");
	fixture_make_directory(fixture, "directory");
	expect_refused(fixture, "directory", NULL, "regular file");
	char *fifo = fixture_path(fixture, "fifo");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	free(fifo);
	expect_refused(fixture, "fifo", NULL, "regular file"); /* and doesn't wait for a writer */
}

static void test_credentials_directory(void **state)
{
	const struct fixture *fixture = *state;

	fixture_make_directory(fixture, "given");
	fixture_write(fixture, "token", "from the path");
	expect_secret(fixture, "token", "given", "from the path");
	fixture_write_bytes(fixture, "given/token", "from systemd\n", 13, 0444);
	expect_secret(fixture, "token", "given", "from systemd");
	expect_secret(fixture, "token", NULL, "from the path");
	/* What is there but of no use doesn't fall back to another secret. */
	fixture_write_bytes(fixture, "given/token", "", 0, 0400);
	expect_refused(fixture, "token", "given", "is empty");
	/* Only plain names are looked up there. */
	fixture_make_directory(fixture, "given/deep");
	fixture_write(fixture, "given/deep/token", "not this one");
	fixture_make_directory(fixture, "deep");
	fixture_write(fixture, "deep/token", "this one");
	expect_secret(fixture, "deep/token", "given", "this one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_line_ends, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_modes, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_contents, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_credentials_directory, fixture_up, fixture_down),
	};

	return cmocka_run_group_tests_name("credential", tests, NULL, NULL);
}
