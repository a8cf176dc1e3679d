/* test_pager.c - pages asked for one ahead, against an evhttp server in the same process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "connectors/memory.h"
#include "daemon/loop.h"
#include "daemon/pager.h"

enum { GIVE_UP_MS = 10000, WHOLE_BYTES = 64 * 1024 };

struct fixture {
	struct event_base *base;
	struct evhttp *server;
	struct http *http;
	struct pager *pager;
	struct event *limit;
	char root[64];
	char served[64];              /* the last letters of the paths that were asked for */
	struct evhttp_request *begun; /* /h: half of its answer is sent */
	char told[256];               /* what the pager said: the texts, "." for an end, "!" for a failure */
	bool full;                    /* ready says no */
	const char *behind;           /* asked for ahead with the first piece; NULL: nothing is */
};

static void answer(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;
	const char *path = evhttp_request_get_uri(request);
	struct evbuffer *body = evbuffer_new();

	(void)snprintf(fixture->served + strlen(fixture->served), 2, "%c", path[1]);
	if (path[1] == 'h') {
		fixture->begun = request;
		evbuffer_add_printf(body, "hal");
		evhttp_send_reply_start(request, 200, "OK");
		evhttp_send_reply_chunk(request, body);
	} else if (path[1] == 'w') {
		/* Wholly in the socket before it is read. */
		struct bufferevent *stream =
			evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));
		assert_int_equal(bufferevent_set_max_single_write(stream, 2 * (size_t)WHOLE_BYTES), 0);
		for (int i = 0; i < WHOLE_BYTES; i++)
			evbuffer_add(body, "w", 1);
		evhttp_send_reply(request, 200, "OK", body);
	} else if (path[1] == 'e') {
		evhttp_send_reply(request, 429, "Busy", NULL);
	} else {
		evbuffer_add_printf(body, "%s", path);
		evhttp_send_reply(request, 200, "OK", body);
	}
	evbuffer_free(body);
}

static void end_half(struct fixture *fixture)
{
	struct evbuffer *rest = evbuffer_new();

	evbuffer_add_printf(rest, "ves");
	evhttp_send_reply_chunk(fixture->begun, rest);
	evhttp_send_reply_end(fixture->begun);
	fixture->begun = NULL;
	evbuffer_free(rest);
}

static struct http_request request_to(const struct fixture *fixture, const char *path)
{
	struct http_request request;

	http_request_init(&request);
	assert_true(buffer_printf(&request.url, "%s/%s", fixture->root, path));
	assert_true(http_request_header(&request, "Authorization", "Bearer one"));
	return request;
}

static bool ask(struct fixture *fixture, const char *path)
{
	struct http_request request = request_to(fixture, path);
	bool was_ahead = pager_ask(fixture->pager, &request);

	http_request_free(&request);
	return was_ahead;
}

static void ask_ahead(struct fixture *fixture, const char *path)
{
	struct http_request request = request_to(fixture, path);

	pager_ask_ahead(fixture->pager, &request);
	http_request_free(&request);
}

static void tell(struct fixture *fixture, const char *text, size_t length)
{
	size_t used = strlen(fixture->told);

	assert_true(used + length < sizeof fixture->told);
	memcpy(fixture->told + used, text, length);
	fixture->told[used + length] = '\0';
}

static bool on_ready(void *context)
{
	const struct fixture *fixture = context;

	return !fixture->full;
}

static void on_head(void *context, const struct http_head *head)
{
	char text[8];

	(void)snprintf(text, sizeof text, "%d ", head->status);
	tell(context, text, strlen(text));
}

static bool on_body(void *context, const char *bytes, size_t length)
{
	struct fixture *fixture = context;

	tell(fixture, bytes, length < 64 ? length : 1); /* of a long piece its first letter */
	if (fixture->behind != NULL && pager_may_ask_ahead(fixture->pager))
		ask_ahead(fixture, fixture->behind);
	return true;
}

static void on_done(void *context, const struct failure *failure)
{
	tell(context, failure == NULL ? "." : "!", 1);
}

static void give_up(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	(void)context;
	fail_msg("nothing happened for too long");
}

static int open_fixture(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);
	struct sockaddr_in address;
	socklen_t length = sizeof address;

	assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), CURLE_OK);
	fixture->base = event_base_new();
	fixture->server = evhttp_new(fixture->base);
	struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(fixture->server, "127.0.0.1", 0);
	assert_non_null(bound);
	assert_int_equal(0, getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &length));
	(void)snprintf(fixture->root, sizeof fixture->root, "http://127.0.0.1:%d", ntohs(address.sin_port));
	evhttp_set_gencb(fixture->server, answer, fixture);
	fixture->http = http_new(fixture->base);
	fixture->pager = pager_new(fixture->base, fixture->http,
		&(struct transfer_events){
			.context = fixture, .ready = on_ready, .head = on_head, .body = on_body, .done = on_done });
	fixture->limit = loop_timer(fixture->base, give_up, fixture);
	loop_arm(fixture->limit, GIVE_UP_MS);
	*state = fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	fixture->pager = pager_free(fixture->pager);
	fixture->http = http_free(fixture->http);
	if (fixture->begun != NULL)
		evhttp_send_reply_end(fixture->begun);
	evhttp_free(fixture->server);
	fixture->limit = loop_event_free(fixture->limit);
	event_base_free(fixture->base);
	free(fixture);
	curl_global_cleanup();
	return 0;
}

#define UNTIL(condition)                                                                                           \
	while (!(condition))                                                                                       \
	assert_int_equal(event_base_loop(fixture->base, EVLOOP_ONCE), 0)

/* Turns enough for whatever is on its way on loopback to arrive. */
static void settle(struct fixture *fixture)
{
	struct timeval moment = { .tv_usec = 50000 };

	(void)event_base_loopexit(fixture->base, &moment);
	assert_int_equal(event_base_dispatch(fixture->base), 0);
}

/* The answer comes while the first page does, and is told when it is asked for. */
static void a_page_asked_for_ahead_is_kept_back(void **state)
{
	struct fixture *fixture = *state;

	fixture->behind = "two";
	assert_false(ask(fixture, "half"));
	UNTIL(strcmp(fixture->served, "ht") == 0);
	settle(fixture);
	assert_string_equal(fixture->told, "200 hal");
	fixture->behind = NULL;
	end_half(fixture);
	UNTIL(strchr(fixture->told, '.') != NULL);
	assert_string_equal(fixture->told, "200 halves.");
	assert_true(pager_is_ahead(fixture->pager));
	assert_true(ask(fixture, "two"));
	assert_false(pager_is_ahead(fixture->pager));
	assert_string_equal(fixture->told, "200 halves."); /* nothing before it returns */
	UNTIL(strstr(fixture->told, "/two.") != NULL);
	assert_string_equal(fixture->told, "200 halves.200 /two.");
	assert_string_equal(fixture->served, "ht");
}

/* All of it can be read in one turn; asked for behind that, the next one would come that much later. The kernel may take
 * its time to bring the request: but not always. */
static void the_request_ahead_goes_out_before_the_page_is_read(void **state)
{
	struct fixture *fixture = *state;
	bool in_time = false;

	/* The connections are made by the first round, and kept. */
	for (int round = 0; round < 20 && !in_time; round++) {
		fixture->served[0] = fixture->told[0] = '\0';
		fixture->behind = "two";
		assert_false(ask(fixture, "whole"));
		UNTIL(strcmp(fixture->served, "wt") == 0);
		in_time = strchr(fixture->told, '.') == NULL;
		UNTIL(strchr(fixture->told, '.') != NULL);
		fixture->behind = NULL;
		assert_true(ask(fixture, "two"));
		UNTIL(strstr(fixture->told, "/two.") != NULL);
	}
	assert_true(in_time);
}

static void another_one_is_asked_for_in_its_place(void **state)
{
	struct fixture *fixture = *state;

	fixture->behind = "two";
	assert_false(ask(fixture, "one"));
	UNTIL(strchr(fixture->told, '.') != NULL);
	fixture->behind = NULL;
	assert_false(ask(fixture, "three"));
	assert_false(pager_is_ahead(fixture->pager));
	UNTIL(strstr(fixture->told, "three.") != NULL);
	assert_string_equal(fixture->told, "200 /one.200 /three.");
}

/* A new token, for one. */
static void another_header_is_another_request(void **state)
{
	struct fixture *fixture = *state;
	struct http_request request = request_to(fixture, "two");

	fixture->behind = "two";
	assert_false(ask(fixture, "one"));
	UNTIL(strchr(fixture->told, '.') != NULL);
	fixture->behind = NULL;
	buffer_clear(&request.headers[0]);
	assert_true(buffer_append_text(&request.headers[0], "Authorization: Bearer two"));
	assert_false(pager_ask(fixture->pager, &request));
	http_request_free(&request);
	UNTIL(strstr(fixture->told, "/two.") != NULL);
	assert_string_equal(fixture->told, "200 /one.200 /two.");
}

/* A refusal without a body ends before it is asked for; then it is asked for again. */
static void an_answer_that_ends_too_early_is_none(void **state)
{
	struct fixture *fixture = *state;

	fixture->behind = "empty";
	assert_false(ask(fixture, "half"));
	UNTIL(strcmp(fixture->served, "he") == 0);
	UNTIL(!pager_is_ahead(fixture->pager));
	/* And not with each further piece of the page before. */
	assert_false(pager_may_ask_ahead(fixture->pager));
	end_half(fixture);
	UNTIL(strchr(fixture->told, '.') != NULL);
	assert_string_equal(fixture->told, "200 halves.");
	assert_string_equal(fixture->served, "he");
	fixture->behind = NULL;
	assert_false(ask(fixture, "empty"));
	UNTIL(strstr(fixture->told, "429 .") != NULL);
	assert_string_equal(fixture->told, "200 halves.429 .");
	assert_string_equal(fixture->served, "hee");
}

static void a_full_reader_holds_up_both(void **state)
{
	struct fixture *fixture = *state;

	fixture->behind = "two";
	assert_false(ask(fixture, "one"));
	UNTIL(strchr(fixture->told, '.') != NULL);
	fixture->behind = NULL;
	fixture->full = true;
	assert_true(ask(fixture, "two"));
	settle(fixture);
	assert_string_equal(fixture->told, "200 /one.");
	fixture->full = false;
	pager_resume(fixture->pager);
	UNTIL(strstr(fixture->told, "/two.") != NULL);
	assert_string_equal(fixture->told, "200 /one.200 /two.");
}

/* Its reader is full when the request behind it has gone out: it goes on when there is room, and not before. */
static void a_held_page_waits_for_a_full_reader_too(void **state)
{
	struct fixture *fixture = *state;

	fixture->behind = "two";
	assert_false(ask(fixture, "whole"));
	UNTIL(fixture->told[0] != '\0');
	fixture->full = true;
	assert_true(pager_is_ahead(fixture->pager));
	pager_resume(fixture->pager); /* room for a moment, while it is held */
	UNTIL(strcmp(fixture->served, "wt") == 0);
	settle(fixture);
	assert_string_equal(fixture->told, "200 w");
	fixture->full = false;
	pager_resume(fixture->pager);
	UNTIL(strchr(fixture->told, '.') != NULL);
	assert_true(ask(fixture, "two"));
	UNTIL(strstr(fixture->told, "/two.") != NULL);
}

/* The one that is asked for instead isn't held for it. */
static void stopping_lets_go_of_a_held_page(void **state)
{
	struct fixture *fixture = *state;

	fixture->behind = "two";
	assert_false(ask(fixture, "whole"));
	UNTIL(fixture->told[0] != '\0');
	fixture->behind = NULL;
	pager_stop(fixture->pager);
	assert_false(ask(fixture, "one"));
	UNTIL(strchr(fixture->told, '.') != NULL);
	assert_string_equal(fixture->told, "200 w200 /one.");
}

static void stopping_tells_nothing(void **state)
{
	struct fixture *fixture = *state;

	fixture->behind = "two";
	assert_false(ask(fixture, "half"));
	UNTIL(strcmp(fixture->served, "ht") == 0);
	fixture->behind = NULL;
	pager_stop(fixture->pager);
	assert_false(pager_is_ahead(fixture->pager));
	settle(fixture);
	assert_string_equal(fixture->told, "200 hal");
	assert_false(ask(fixture, "one"));
	UNTIL(strchr(fixture->told, '.') != NULL);
	assert_string_equal(fixture->told, "200 hal200 /one.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_page_asked_for_ahead_is_kept_back, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			the_request_ahead_goes_out_before_the_page_is_read, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(another_one_is_asked_for_in_its_place, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(another_header_is_another_request, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(an_answer_that_ends_too_early_is_none, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(a_full_reader_holds_up_both, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(
			a_held_page_waits_for_a_full_reader_too, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(stopping_lets_go_of_a_held_page, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(stopping_tells_nothing, open_fixture, close_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
