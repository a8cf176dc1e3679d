/* The file of a renewed secret: what stands in it, when it counts, and what the log says when it doesn't. */
#include "tests/unit/config_fixture.h"

#include <fcntl.h>

#include "connectors/connector.h"
#include "connectors/secret.h"
#include "daemon/log.h"
#include "daemon/renewed_secret.h"

#define FILE_NAME "hubspot.refresh-token"
#define CONFIGURED "configured-hunter2"
#define RENEWED "renewed-hunter2-0123456789"

/* A session that is nothing but its secrets. */
struct session {
	struct secret *configured, *renewed;
};

static void session_secrets(
	const struct session *session, const struct secret **ret_configured, const struct secret **ret_renewed)
{
	*ret_configured = session->configured;
	*ret_renewed = session->renewed;
}

static void session_renew(struct session *session, const struct secret *renewed)
{
	secret_free(session->renewed);
	session->renewed = secret_new(secret_reveal(renewed));
}

static const struct connector connector = {
	.name = "play",
	.session_secrets = session_secrets,
	.session_renew = session_renew,
};

struct play {
	const struct fixture *fixture;
	struct session session;
	struct renewed_secret *renewed;
};

/* As after a restart: nothing but the configured secret is known. */
static void play_start(
	struct play *play, const struct fixture *fixture, const char *directory, const char *configured)
{
	char *path = fixture_path(fixture, directory);

	*play = (struct play){ .fixture = fixture, .session.configured = secret_new(configured) };
	play->renewed = renewed_secret_new(path, "hubspot", &connector, &play->session);
	assert_non_null(play->renewed);
	free(path);
}

static void play_end(struct play *play)
{
	play->renewed = renewed_secret_free(play->renewed);
	play->session.renewed = secret_free(play->session.renewed);
	play->session.configured = secret_free(play->session.configured);
}

/* The vendor renews, and it is kept. NULL: it goes back to the configured one. */
static void play_renew(struct play *play, const char *secret)
{
	play->session.renewed = secret_free(play->session.renewed);
	if (secret != NULL)
		play->session.renewed = secret_new(secret);
	renewed_secret_keep(play->renewed);
}

/* What the session would use; NULL: the configured one. */
static void play_recall(struct play *play, const char *wanted)
{
	assert_true(renewed_secret_recall(play->renewed, &(struct failure){ .kind = FAILURE_NONE }));
	renewed_secret_leave(play->renewed);
	if (wanted == NULL) {
		assert_null(play->session.renewed);
		return;
	}
	assert_non_null(play->session.renewed);
	assert_string_equal(secret_reveal(play->session.renewed), wanted);
}

/* A restart in between. */
static void expect_recalled(const struct fixture *fixture, const char *configured, const char *wanted)
{
	struct play play;

	play_start(&play, fixture, "", configured);
	play_recall(&play, wanted);
	play_end(&play);
}

static void keep(const struct fixture *fixture, const char *configured, const char *secret)
{
	struct play play;

	play_start(&play, fixture, "", configured);
	play_renew(&play, secret);
	play_end(&play);
}

/* stderr goes into a file from here to log_end, which takes what is returned. */
static int log_begin(const struct fixture *fixture)
{
	char *path = fixture_path(fixture, "log");
	int before = dup(STDERR_FILENO), file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(before >= 0 && file >= 0);
	assert_true(dup2(file, STDERR_FILENO) >= 0);
	(void)close(file);
	free(path);
	log_open(LOG_LEVEL_DEBUG);
	return before;
}

/* Whether it was told so often, each time with that piece, and never with a secret. */
static void log_end(int before, const char *piece, int times)
{
	char text[4096];
	int found = 0;

	ssize_t length = pread(STDERR_FILENO, text, sizeof text - 1, 0);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	(void)close(before);
	assert_true(length >= 0);
	text[length] = '\0';
	assert_null(strstr(text, "hunter2"));
	for (const char *at = text; (at = strstr(at, piece)) != NULL; at++)
		found++;
	if (found != times)
		fail_msg("'%s' stands %d times, not %d, in '%s'", piece, found, times, text);
	for (const char *at = text; *at != '\0'; at++)
		times -= *at == '\n';
	if (times != 0)
		fail_msg("more is told than that: '%s'", text);
}

/* Into `text`, which has room for 1024; its length. */
static size_t read_file(const struct fixture *fixture, char *text)
{
	char *path = fixture_path(fixture, FILE_NAME);
	FILE *file = fopen(path, "r");

	free(path);
	assert_non_null(file);
	size_t length = fread(text, 1, 1023, file);
	(void)fclose(file);
	text[length] = '\0';
	return length;
}

static void test_survives_restart(void **state)
{
	const struct fixture *fixture = *state;
	struct play play;

	expect_recalled(fixture, CONFIGURED, NULL);
	keep(fixture, CONFIGURED, RENEWED);
	expect_recalled(fixture, CONFIGURED, RENEWED);
	keep(fixture, CONFIGURED, "third");
	expect_recalled(fixture, CONFIGURED, "third");
	/* The configured one is in force again: what was kept before must not come back. */
	keep(fixture, CONFIGURED, NULL);
	expect_recalled(fixture, CONFIGURED, CONFIGURED);
	/* Another process has renewed it since. */
	play_start(&play, fixture, "", CONFIGURED);
	play_renew(&play, RENEWED);
	keep(fixture, CONFIGURED, "of another process");
	play_recall(&play, "of another process");
	play_end(&play);
}

static void test_file(void **state)
{
	const struct fixture *fixture = *state;
	char *path = fixture_path(fixture, FILE_NAME), *new_path = fixture_path(fixture, FILE_NAME ".new");
	struct stat status, again;
	char text[1024];

	/* What a stop at the wrong moment left behind, with a mode of its own, is in nobody's way. */
	fixture_write_bytes(fixture, FILE_NAME ".new", "left behind, and longer than what comes", 39, 0644);
	mode_t mask = umask(0);
	keep(fixture, CONFIGURED, RENEWED);
	(void)umask(mask);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_not_equal(access(new_path, F_OK), 0);
	/* printf %s SECRET | sha256sum */
	(void)read_file(fixture, text);
	assert_string_equal(text, "99686897e69643bb9a93a4853d6c3fbeb2201d71882f6949732e9ae50159c39a "
				  "6b6283e7c9e01fee7238ae4aab39df7e14bf5608d6dad86c9105af15a724f64c\n" RENEWED);
	/* The same again writes nothing. */
	keep(fixture, CONFIGURED, RENEWED);
	assert_int_equal(stat(path, &again), 0);
	assert_int_equal(again.st_ino, status.st_ino);
	assert_int_equal(again.st_mtim.tv_nsec, status.st_mtim.tv_nsec);
	free(path);
	free(new_path);
}

static void test_configured_anew(void **state)
{
	const struct fixture *fixture = *state;
	struct play play;

	keep(fixture, CONFIGURED, RENEWED);
	int log = log_begin(fixture);
	play_start(&play, fixture, "", "a new one, hunter2");
	play_recall(&play, NULL);
	renewed_secret_keep(play.renewed);
	play_recall(&play, NULL);
	play_end(&play);
	log_end(log, "was kept for another configured secret; it is not used", 1);
	keep(fixture, "a new one, hunter2", "renewed once more");
	expect_recalled(fixture, "a new one, hunter2", "renewed once more");
}

static void expect_ignored(const struct fixture *fixture, const char *why)
{
	struct play play;
	int log = log_begin(fixture);

	play_start(&play, fixture, "", CONFIGURED);
	play_recall(&play, NULL);
	play_recall(&play, NULL);
	log_end(log, why, 1);
	/* It is no hindrance. */
	play_renew(&play, "fresh");
	play_end(&play);
	expect_recalled(fixture, CONFIGURED, "fresh");
}

static void test_damaged(void **state)
{
	const struct fixture *fixture = *state;
	static const size_t cuts[] = { 1, 64, 129, 130, 131, 130 + sizeof RENEWED - 2 };
	char whole[1024];

	keep(fixture, CONFIGURED, RENEWED);
	size_t length = read_file(fixture, whole);
	assert_int_equal(length, 130 + strlen(RENEWED));
	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
		fixture_write_bytes(fixture, FILE_NAME, whole, cuts[i], 0600);
		expect_ignored(fixture, FILE_NAME " is damaged");
	}
	for (size_t at = 64; at < length; at += 13) {
		char *wrong = memory_copy(whole, length);
		wrong[at] = '~';
		fixture_write_bytes(fixture, FILE_NAME, wrong, length, 0600);
		free(wrong);
		expect_ignored(fixture, FILE_NAME " is damaged");
	}
	fixture_write_bytes(fixture, FILE_NAME, "", 0, 0600);
	expect_ignored(fixture, FILE_NAME " is empty");
	fixture_write_bytes(fixture, FILE_NAME, whole, length, 0640);
	expect_ignored(fixture, "chmod 600");
	whole[140] = '\0';
	fixture_write_bytes(fixture, FILE_NAME, whole, length, 0600);
	expect_ignored(fixture, "NUL byte");
}

static void test_unwritable(void **state)
{
	const struct fixture *fixture = *state;
	struct play play;
	int log = log_begin(fixture);

	play_start(&play, fixture, "state", CONFIGURED); /* which isn't there */
	play_recall(&play, NULL);
	play_renew(&play, RENEWED);
	play_recall(&play, RENEWED); /* the session goes on */
	play_renew(&play, "second");
	play_recall(&play, "second");
	log_end(log, "error renewed_secret_not_kept: hubspot: the vendor gave a new refresh token", 1);

	/* As soon as it can be written, it is; and what the file held before is never taken for the newest. */
	fixture_make_directory(fixture, "state");
	char *directory = fixture_path(fixture, "state"), *inside = fixture_path(fixture, "state/" FILE_NAME);
	keep(fixture, CONFIGURED, "old");
	char *old = fixture_path(fixture, FILE_NAME);
	assert_int_equal(rename(old, inside), 0);
	play_recall(&play, "second");
	play_renew(&play, "third");
	play_end(&play);
	play_start(&play, fixture, "state", CONFIGURED);
	play_recall(&play, "third");

	/* A directory in the way of the file: the write fails at its last step, and leaves nothing behind. */
	log = log_begin(fixture);
	assert_int_equal(unlink(inside), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	play_renew(&play, "fourth");
	play_renew(&play, "fifth");
	play_end(&play);
	char *left = fixture_path(fixture, "state/" FILE_NAME ".new");
	assert_int_not_equal(access(left, F_OK), 0);
	log_end(log, "SOURCE=hubspot", 2); /* that it isn't a regular file, and that nothing can be kept */
	free(directory);
	free(inside);
	free(old);
	free(left);
}

static void expect_busy(struct play *play)
{
	struct failure failure = { .kind = FAILURE_NONE };

	assert_false(renewed_secret_recall(play->renewed, &failure));
	assert_int_equal(failure.kind, FAILURE_TRANSIENT);
	assert_non_null(strstr(failure.text, "another process is asking for a token"));
}

/* As two processes that share the directory: the second asks with what the first was given, never with the same. */
static void test_one_at_a_time(void **state)
{
	const struct fixture *fixture = *state;
	struct failure failure = { .kind = FAILURE_NONE };
	struct play one, other;

	play_start(&one, fixture, "", CONFIGURED);
	play_start(&other, fixture, "", CONFIGURED);
	assert_true(renewed_secret_recall(one.renewed, &failure));
	expect_busy(&other);
	assert_true(renewed_secret_recall(one.renewed, &failure)); /* a second try of its own */
	play_renew(&one, "second");
	play_recall(&other, "second");
	/* A request that came to nothing, and a process that is gone, hold off nobody. */
	assert_true(renewed_secret_recall(other.renewed, &failure));
	expect_busy(&one);
	renewed_secret_leave(other.renewed);
	play_recall(&one, "second");
	assert_true(renewed_secret_recall(other.renewed, &failure));
	expect_busy(&one);
	play_end(&other);
	play_recall(&one, "second");
	play_end(&one);
}

/* root, as of `check --online`, gives what it makes to the directory's owner, who must not be given anything else. */
static void test_linked_lock(void **state)
{
	const struct fixture *fixture = *state;
	char *lock = fixture_path(fixture, FILE_NAME ".lock"), *directory = fixture_path(fixture, "");
	enum { OWNER = 65534 };
	struct stat status;
	struct play play;

	if (geteuid() != 0) {
		free(lock);
		free(directory);
		skip();
	}
	assert_int_equal(chown(directory, OWNER, OWNER), 0);
	play_start(&play, fixture, "", CONFIGURED);
	play_recall(&play, NULL);
	assert_int_equal(stat(lock, &status), 0);
	assert_int_equal(status.st_uid, OWNER);
	assert_int_equal(unlink(lock), 0);
	char *other = fixture_path(fixture, "other");
	fixture_write(fixture, "other", "not theirs");
	assert_int_equal(link(other, lock), 0);
	play_recall(&play, NULL);
	assert_int_equal(stat(other, &status), 0);
	assert_int_equal(status.st_uid, 0);
	play_end(&play);
	free(other);
	free(lock);
	free(directory);
}

static void test_nothing_to_keep(void **state)
{
	const struct fixture *fixture = *state;
	struct session session = { NULL, NULL };

	assert_null(renewed_secret_new(fixture->directory, "hubspot", &connector, &session));
	assert_null(renewed_secret_new(fixture->directory, "salesforce", &connector_salesforce, &session));
	session.configured = secret_new(CONFIGURED);
	assert_null(renewed_secret_new(NULL, "hubspot", &connector, &session));
	secret_free(session.configured);
	assert_true(renewed_secret_recall(NULL, NULL));
	renewed_secret_leave(NULL);
	renewed_secret_keep(NULL);
	assert_null(renewed_secret_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_survives_restart, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_file, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_configured_anew, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_damaged, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_unwritable, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_linked_lock, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_nothing_to_keep, fixture_up, fixture_down),
	};

	return cmocka_run_group_tests_name("renewed_secret", tests, NULL, NULL);
}
