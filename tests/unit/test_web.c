/* test_web.c - what a stranger may do to the port for metrics, and what he gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "daemon/loop.h"
#include "daemon/web.h"

enum { CONNECTIONS_MOST = 16, GIVE_UP_MS = 20000 };

struct fixture {
	struct event_base *base;
	struct web *web;
	char folder[40], listen[80];
	bool later; /* the handler says so */
	int asked;
};

static bool handle(void *context, const char *path, struct web_answer *answer)
{
	struct fixture *fixture = context;

	fixture->asked++;
	if (strcmp(path, "/later") == 0 && fixture->later)
		return false;
	if (strcmp(path, "/nothing") == 0)
		answer->status = 404;
	else
		(void)buffer_printf(&answer->body, "you asked for %s\n", path);
	return true;
}

static void open_web(struct fixture *fixture)
{
	struct failure failure;

	fixture->web = web_open(&(struct web_settings){ .base = fixture->base,
					.listen = fixture->listen,
					.descriptor = -1,
					.handler = handle,
					.context = fixture },
		&failure);
	assert_non_null(fixture->web);
}

static int set_up(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);

	fixture->base = event_base_new();
	(void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/advocated-web.XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->listen, sizeof fixture->listen, "unix:%s/socket", fixture->folder);
	open_web(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct stat status;

	fixture->web = web_close(fixture->web);
	assert_int_equal(stat(fixture->listen + 5, &status), -1); /* the socket file went with it */
	assert_int_equal(rmdir(fixture->folder), 0);
	event_base_free(fixture->base);
	free(fixture);
	return 0;
}

static int visit(const struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture->listen + 5);
	assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof address), 0);
	return descriptor;
}

static void say(int descriptor, const char *text)
{
	assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
}

static void turn(const struct fixture *fixture)
{
	for (int i = 0; i < 20; i++)
		(void)event_base_loop(fixture->base, EVLOOP_NONBLOCK);
}

/* Everything until the other side closes; "" when nothing came and it is still open. */
static const char *hear(const struct fixture *fixture, int descriptor)
{
	static char text[100000];
	size_t length = 0;
	int64_t until_ms = loop_monotonic_ms() + GIVE_UP_MS;

	while (loop_monotonic_ms() < until_ms) {
		turn(fixture);
		ssize_t got = read(descriptor, text + length, sizeof text - 1 - length);
		if (got == 0 || (got < 0 && length == 0))
			break;
		length += got > 0 ? (size_t)got : 0;
	}
	text[length] = '\0';
	return text;
}

static const char *ask(const struct fixture *fixture, const char *request)
{
	int descriptor = visit(fixture);

	say(descriptor, request);
	const char *answer = hear(fixture, descriptor);
	(void)close(descriptor);
	turn(fixture);
	return answer;
}

static void assert_begins(const char *text, const char *beginning)
{
	if (strncmp(text, beginning, strlen(beginning)) != 0)
		fail_msg("'%.80s' does not begin with '%s'", text, beginning);
}

static void gives_and_describes(void **state)
{
	const struct fixture *fixture = *state;
	const char *answer = ask(fixture, "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n");

	assert_begins(answer, "HTTP/1.1 200 OK\r\n");
	assert_non_null(strstr(answer, "\r\nContent-Length: 17\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\nyou asked for /a\n"));
	answer = ask(fixture, "HEAD /a HTTP/1.0\r\n\r\n");
	assert_begins(answer, "HTTP/1.1 200 OK\r\n");
	assert_non_null(strstr(answer, "\r\nContent-Length: 17\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	assert_begins(ask(fixture, "GET http://host:1/a HTTP/1.1\r\n\r\n"), "HTTP/1.1 200 OK\r\n");
}

static void refuses(void **state)
{
	const struct fixture *fixture = *state;
	char *longest = memory_format("GET /%9000d HTTP/1.1\r\n\r\n", 1);

	assert_begins(ask(fixture, "GET /nothing HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found\r\n");
	const char *answer = ask(fixture, "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
	assert_begins(answer, "HTTP/1.1 405 Method Not Allowed\r\n");
	assert_non_null(strstr(answer, "\r\nAllow: GET, HEAD\r\n"));
	assert_begins(ask(fixture, "GET /a\r\n\r\n"), "HTTP/1.1 400 ");
	assert_begins(ask(fixture, "GET /a b HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 ");
	assert_begins(ask(fixture, "\r\n\r\n"), "HTTP/1.1 400 ");
	assert_begins(ask(fixture, "GET /a HTTP/2\r\n\r\n"), "HTTP/1.1 505 ");
	assert_begins(ask(fixture, longest), "HTTP/1.1 431 ");
	free(longest);
}

static void takes_what_drips_in(void **state)
{
	const struct fixture *fixture = *state;
	int descriptor = visit(fixture);

	say(descriptor, "GET /a HT");
	assert_string_equal(hear(fixture, descriptor), "");
	say(descriptor, "TP/1.1\r\n\r");
	assert_string_equal(hear(fixture, descriptor), "");
	say(descriptor, "\n");
	assert_begins(hear(fixture, descriptor), "HTTP/1.1 200 OK\r\n");
	(void)close(descriptor);
}

static void answers_later(void **state)
{
	struct fixture *fixture = *state;
	int one, other, gone;

	fixture->later = true;
	one = visit(fixture);
	say(one, "GET /later HTTP/1.1\r\n\r\n");
	assert_string_equal(hear(fixture, one), "");
	gone = visit(fixture);
	say(gone, "GET /later HTTP/1.1\r\n\r\n");
	turn(fixture);
	/* Done talking, not done listening. */
	other = visit(fixture);
	say(other, "GET /later HTTP/1.1\r\n\r\n");
	assert_int_equal(shutdown(other, SHUT_WR), 0);
	turn(fixture);
	(void)close(gone);
	turn(fixture);
	assert_int_equal(fixture->asked, 3);
	fixture->later = false;
	web_resume(fixture->web);
	assert_begins(hear(fixture, one), "HTTP/1.1 200 OK\r\n");
	assert_begins(hear(fixture, other), "HTTP/1.1 200 OK\r\n");
	web_resume(fixture->web);
	(void)close(one);
	(void)close(other);
}

static void limits_how_many_come(void **state)
{
	struct fixture *fixture = *state;
	int idle[CONNECTIONS_MOST];

	for (int i = 0; i < CONNECTIONS_MOST; i++) {
		idle[i] = visit(fixture);
		turn(fixture);
	}
	int late = visit(fixture);
	say(late, "GET /a HTTP/1.1\r\n\r\n");
	assert_string_equal(hear(fixture, late), "");
	assert_int_equal(fixture->asked, 0);
	/* One leaves, and the next comes in. */
	(void)close(idle[0]);
	assert_begins(hear(fixture, late), "HTTP/1.1 200 OK\r\n");
	(void)close(late);
	for (int i = 1; i < CONNECTIONS_MOST; i++)
		(void)close(idle[i]);
	turn(fixture);
}

static void ends_who_never_asks(void **state)
{
	const struct fixture *fixture = *state;
	int descriptor = visit(fixture);
	char byte;

	say(descriptor, "GET ");
	turn(fixture);
	int64_t started_ms = loop_monotonic_ms();
	ssize_t got = -1;
	while (got < 0 && loop_monotonic_ms() - started_ms < GIVE_UP_MS) {
		(void)event_base_loop(fixture->base, EVLOOP_ONCE);
		got = read(descriptor, &byte, 1);
	}
	assert_int_equal(got, 0);
	assert_in_range(loop_monotonic_ms() - started_ms, 9000, 12000);
	(void)close(descriptor);
}

static void knows_whose_socket_it_is(void **state)
{
	struct fixture *fixture = *state;
	struct failure failure;
	const struct web_settings again = { .base = fixture->base,
		.listen = fixture->listen,
		.descriptor = -1,
		.handler = handle,
		.context = fixture };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	/* Somebody listens: his it stays. */
	assert_null(web_open(&again, &failure));
	assert_non_null(strstr(failure.text, "in use"));
	assert_begins(ask(fixture, "GET /a HTTP/1.1\r\n\r\n"), "HTTP/1.1 200 OK\r\n");
	fixture->web = web_close(fixture->web);
	/* A dead program's is replaced. */
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture->listen + 5);
	int dead = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
	(void)close(dead);
	open_web(fixture);
	assert_begins(ask(fixture, "GET /a HTTP/1.1\r\n\r\n"), "HTTP/1.1 200 OK\r\n");
	/* A file that isn't a socket is nobody's to remove. */
	fixture->web = web_close(fixture->web);
	FILE *file = fopen(fixture->listen + 5, "w");
	assert_non_null(file);
	(void)fclose(file);
	assert_null(web_open(&again, &failure));
	assert_int_equal(unlink(fixture->listen + 5), 0);
	open_web(fixture);
}

static void takes_a_socket_over(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	struct failure failure;
	int passed = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(passed, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(passed, 8), 0);
	assert_int_equal(getsockname(passed, (struct sockaddr *)&address, &length), 0);
	struct web *web = web_open(
		&(struct web_settings){
			.base = fixture->base, .descriptor = passed, .handler = handle, .context = fixture },
		&failure);
	assert_non_null(web);
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof address), 0);
	say(descriptor, "GET /a HTTP/1.1\r\n\r\n");
	assert_int_equal(evutil_make_socket_nonblocking(descriptor), 0);
	int64_t until_ms = loop_monotonic_ms() + GIVE_UP_MS;
	const char *answer = "";
	while (*answer == '\0' && loop_monotonic_ms() < until_ms)
		answer = hear(fixture, descriptor);
	assert_begins(answer, "HTTP/1.1 200 OK\r\n");
	(void)close(descriptor);
	web = web_close(web);
	/* It is systemd's, and open for the next one who is started. */
	assert_int_equal(getsockname(passed, (struct sockaddr *)&address, &length), 0);
	(void)close(passed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_and_describes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_what_drips_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limits_how_many_come, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends_who_never_asks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_whose_socket_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_a_socket_over, set_up, tear_down),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as service.c does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
