/* What becomes of a SIGINT or SIGTERM that comes while a token is asked for. HTTP and the kept secret are played here. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/authorizer.h"
#include "daemon/document.h"
#include "daemon/renewed_secret.h"

/* ---- played ---- */

enum { EXCHANGES = 2 };
static struct {
	document_fn *done;
	void *context;
} exchanges[EXCHANGES];
static int asked;
static int tell[2]; /* what the child does, a letter each */

struct document *document_ask(
	struct http *http, const struct http_request *request, size_t limit, document_fn *done, void *context)
{
	(void)http, (void)request, (void)limit;
	exchanges[asked].done = done;
	exchanges[asked++].context = context;
	return (struct document *)&exchanges[asked - 1];
}

struct document *document_free(struct document *document)
{
	(void)document;
	return NULL;
}

static void say(char letter)
{
	if (write(tell[1], &letter, 1) != 1)
		_exit(1);
}

struct renewed_secret *renewed_secret_new(
	const char *directory, const char *source, const struct connector *connector, struct session *session)
{
	(void)directory, (void)source, (void)connector, (void)session;
	return NULL;
}

struct renewed_secret *renewed_secret_free(struct renewed_secret *renewed)
{
	(void)renewed;
	return NULL;
}

bool renewed_secret_recall(struct renewed_secret *renewed, struct failure *failure)
{
	(void)renewed, (void)failure;
	return true;
}

void renewed_secret_leave(struct renewed_secret *renewed)
{
	(void)renewed;
}

void renewed_secret_keep(struct renewed_secret *renewed)
{
	(void)renewed;
	say('k');
}

static bool authorize(
	struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	(void)session, (void)now_ms, (void)request, (void)failure;
	return true;
}

static bool authorized(struct session *session, const struct http_head *head, const char *body, size_t length,
	int64_t now_ms, struct failure *failure)
{
	(void)session, (void)head, (void)body, (void)length, (void)now_ms, (void)failure;
	return true;
}

static const struct connector connector = { .name = "play", .authorize = authorize, .authorized = authorized };

static void on_token(void *context, const struct failure *failure)
{
	(void)context;
	say(failure == NULL ? 't' : 'f');
}

/* ---- the child ---- */

static struct authorizer *ask(bool holds)
{
	struct failure failure;
	struct authorizer *authorizer = authorizer_new(
		&(struct authorizer_settings){ .connector = &connector, .source = "play", .holds_signals = holds });

	if (!authorizer_ask(authorizer, on_token, NULL, &failure))
		_exit(1);
	return authorizer;
}

static void answer(int exchange)
{
	exchanges[exchange].done(exchanges[exchange].context, NULL, "", 0, NULL);
}

static void one(int number)
{
	struct authorizer *authorizer = ask(true);

	(void)raise(number);
	say('s');
	/* The loop has not turned since. */
	answer(0);
	authorizer_free(authorizer);
}

/* Of two at a time the first answer doesn't end the program: the other would be lost. */
static void two(int number)
{
	struct authorizer *first = ask(true), *second = ask(true);

	(void)raise(number);
	answer(0);
	answer(1);
	authorizer_free(first);
	authorizer_free(second);
}

static void dropped(int number)
{
	struct authorizer *authorizer = ask(true);

	(void)raise(number);
	say('s');
	authorizer_free(authorizer);
}

static void afterwards(int number)
{
	struct authorizer *authorizer = ask(true);

	answer(0);
	(void)raise(number);
	authorizer_free(authorizer);
}

static void unheld(int number)
{
	struct authorizer *authorizer = ask(false);

	(void)raise(number);
	authorizer_free(authorizer);
}

/* What it does as a program of its own, and that the signal ends it. */
static void expect_end(void (*child)(int number), int number, const char *told)
{
	char letters[16] = "";
	int status;

	assert_int_equal(0, pipe(tell));
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)signal(number, SIG_DFL);
		child(number);
		_exit(0);
	}
	(void)close(tell[1]);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	ssize_t length = read(tell[0], letters, sizeof letters - 1);
	(void)close(tell[0]);
	assert_true(length >= 0);
	assert_string_equal(told, letters);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(number, WTERMSIG(status));
}

static void test_signal_waits(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		expect_end(one, numbers[i], "sk");
		expect_end(two, numbers[i], "ktk");
		expect_end(dropped, numbers[i], "s");
		expect_end(afterwards, numbers[i], "kt");
		expect_end(unheld, numbers[i], "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signal_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
