/* test_http.c - transfers on the loop, against an evhttp server in the same process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <curl/curl.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "daemon/http.h"
#include "daemon/loop.h"

enum { BIG = 8 * 1024 * 1024, CHUNK = 64 * 1024, MANY = 200, GIVE_UP_MS = 20000 };

struct fixture {
	struct event_base *base;
	struct evhttp *server;
	struct http *http;
	struct event *limit;
	char root[64];
	int silent; /* a socket whose connections the kernel takes and nobody answers */
	char silent_url[64];
	struct evhttp_request *waiting;
	struct event *rest;
	struct evconnlistener *door;
	char door_url[64];
	int served; /* requests that reached the server */
};

/* What a client saw, and what it does in which callback. */
struct client {
	struct fixture *fixture;
	struct transfer *transfer;
	char order[64]; /* h, b (once for a run of them), d or f; r is not noted */
	int status;
	char type[64];
	char text[256];
	size_t bytes;
	int dones;
	struct failure failure;
	bool (*decide)(struct client *client); /* for ready */
	bool paused, break_off;
	char cancel_in; /* 'r', 'h', 'd' */
	struct transfer *victim;
	struct event *timer;
	int left; /* requests that are still to be sent from done */
};

/* ---- the server ---- */

static void answer_plain(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;
	struct evbuffer *body = evbuffer_new();

	fixture->served++;
	evbuffer_add_printf(body, "hello");
	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/x-test");
	evhttp_send_reply(request, 200, "OK", body);
	evbuffer_free(body);
}

static void answer_empty(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;

	fixture->served++;
	evhttp_send_reply(request, 204, "No Content", NULL);
}

static void answer_error(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;
	struct evbuffer *body = evbuffer_new();

	fixture->served++;
	evbuffer_add_printf(body, "no");
	evhttp_send_reply(request, 503, "Busy", body);
	evbuffer_free(body);
}

static void send_piece(struct evhttp_connection *connection, void *context)
{
	struct evhttp_request *request = context;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	long left = strtol(evhttp_find_header(headers, "X-Left"), NULL, 10);
	static char bytes[CHUNK];
	char text[24];

	if (left <= 0) {
		evhttp_connection_set_closecb(connection, NULL, NULL);
		evhttp_send_reply_end(request);
		return;
	}
	struct evbuffer *piece = evbuffer_new();
	evbuffer_add(piece, bytes, sizeof bytes);
	(void)snprintf(text, sizeof text, "%ld", left - CHUNK);
	evhttp_remove_header(headers, "X-Left");
	evhttp_add_header(headers, "X-Left", text);
	evhttp_send_reply_chunk_with_cb(request, piece, send_piece, request);
	evbuffer_free(piece);
}

/* The client has gone: evhttp leaves the unfinished request to us, and this is how it is given back. */
static void on_gone(struct evhttp_connection *connection, void *context)
{
	struct evhttp_request *request = context;

	(void)connection;
	if (evhttp_request_get_connection(request) == NULL)
		evhttp_send_reply_end(request);
}

/* 8 MiB, chunked, without a Content-Length. */
static void answer_big(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;
	char text[24];

	fixture->served++;
	(void)snprintf(text, sizeof text, "%d", BIG);
	evhttp_add_header(evhttp_request_get_output_headers(request), "X-Left", text);
	evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_gone, request);
	evhttp_send_reply_start(request, 200, "OK");
	send_piece(evhttp_request_get_connection(request), request);
}

/* Reads the request and slams the door. Not with evhttp, which then loses the request's memory. */
static void slam(struct bufferevent *stream, void *context)
{
	struct fixture *fixture = context;

	fixture->served++;
	bufferevent_free(stream);
}

static void on_visitor(struct evconnlistener *listener, evutil_socket_t descriptor, struct sockaddr *address,
	int length, void *context)
{
	struct fixture *fixture = context;
	struct bufferevent *stream = bufferevent_socket_new(fixture->base, descriptor, BEV_OPT_CLOSE_ON_FREE);

	(void)listener;
	(void)address;
	(void)length;
	bufferevent_setcb(stream, slam, NULL, NULL, fixture);
	(void)bufferevent_enable(stream, EV_READ);
}

static void listen_at_door(struct fixture *fixture)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;

	fixture->door = evconnlistener_new_bind(fixture->base, on_visitor, fixture, LEV_OPT_CLOSE_ON_FREE, 16,
		(struct sockaddr *)&address, sizeof address);
	assert_non_null(fixture->door);
	assert_int_equal(
		0, getsockname(evconnlistener_get_fd(fixture->door), (struct sockaddr *)&address, &length));
	(void)snprintf(
		fixture->door_url, sizeof fixture->door_url, "http://127.0.0.1:%d/door", ntohs(address.sin_port));
}

/* A piece at once, and the rest 1.4 s later. */
static void send_rest(evutil_socket_t descriptor, short what, void *context)
{
	struct fixture *fixture = context;

	(void)descriptor;
	(void)what;
	evhttp_send_reply_end(fixture->waiting);
	fixture->waiting = NULL;
}

static void answer_slowly(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;
	struct evbuffer *piece = evbuffer_new();

	fixture->served++;
	fixture->waiting = request;
	evbuffer_add_printf(piece, "slow");
	evhttp_send_reply_start(request, 200, "OK");
	evhttp_send_reply_chunk(request, piece);
	evbuffer_free(piece);
	loop_arm(fixture->rest, 1400);
}

static void listen_in_silence(struct fixture *fixture)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;

	fixture->silent = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(0, bind(fixture->silent, (struct sockaddr *)&address, sizeof address));
	assert_int_equal(0, listen(fixture->silent, 16));
	assert_int_equal(0, getsockname(fixture->silent, (struct sockaddr *)&address, &length));
	(void)snprintf(fixture->silent_url, sizeof fixture->silent_url, "http://127.0.0.1:%d/never",
		ntohs(address.sin_port));
}

static int setup(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);
	struct sockaddr_in address;
	socklen_t length = sizeof address;

	fixture->base = event_base_new();
	fixture->server = evhttp_new(fixture->base);
	struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(fixture->server, "127.0.0.1", 0);
	assert_non_null(bound);
	assert_int_equal(0, getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &length));
	(void)snprintf(fixture->root, sizeof fixture->root, "http://127.0.0.1:%d", ntohs(address.sin_port));
	evhttp_set_cb(fixture->server, "/plain", answer_plain, fixture);
	evhttp_set_cb(fixture->server, "/empty", answer_empty, fixture);
	evhttp_set_cb(fixture->server, "/error", answer_error, fixture);
	evhttp_set_cb(fixture->server, "/big", answer_big, fixture);
	evhttp_set_cb(fixture->server, "/slow", answer_slowly, fixture);
	fixture->rest = loop_timer(fixture->base, send_rest, fixture);
	listen_in_silence(fixture);
	listen_at_door(fixture);
	fixture->http = http_new(fixture->base);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	(void)http_free(fixture->http);
	evhttp_free(fixture->server);
	(void)close(fixture->silent);
	evconnlistener_free(fixture->door);
	(void)loop_event_free(fixture->limit);
	(void)loop_event_free(fixture->rest);
	event_base_free(fixture->base);
	free(fixture);
	return 0;
}

/* ---- the client ---- */

static void note(struct client *client, char letter)
{
	size_t used = strlen(client->order);

	if (letter == 'b' && used > 0 && client->order[used - 1] == 'b')
		return;
	if (used + 1 < sizeof client->order)
		client->order[used] = letter;
}

static bool on_ready(void *context)
{
	struct client *client = context;

	if (client->cancel_in == 'r') {
		client->cancel_in = 0;
		client->transfer = http_cancel(client->transfer);
		return true;
	}
	return client->decide == NULL || client->decide(client);
}

static void on_head(void *context, const struct http_head *head)
{
	struct client *client = context;
	const char *type = http_head_value(head, "content-type");

	note(client, 'h');
	client->status = head->status;
	(void)snprintf(client->type, sizeof client->type, "%s", type == NULL ? "" : type);
	if (client->cancel_in == 'h')
		client->transfer = http_cancel(client->transfer);
	if (client->victim != NULL)
		client->victim = http_cancel(client->victim);
}

static bool on_body(void *context, const char *bytes, size_t length)
{
	struct client *client = context;

	note(client, 'b');
	if (client->bytes + length < sizeof client->text)
		memcpy(client->text + client->bytes, bytes, length);
	client->bytes += length;
	return !client->break_off;
}

static void send_to(struct client *client, const char *path, void (*change)(struct http_request *request));

static void on_done(void *context, const struct failure *failure)
{
	struct client *client = context;

	client->transfer = NULL;
	client->dones++;
	note(client, failure == NULL ? 'd' : 'f');
	if (failure != NULL)
		client->failure = *failure;
	if (client->cancel_in == 'd')
		client->victim = http_cancel(client->victim);
	if (client->left > 0) {
		client->left--;
		send_to(client, "/plain", NULL);
		return;
	}
	(void)event_base_loopbreak(client->fixture->base);
}

static void send_url(struct client *client, const char *url, void (*change)(struct http_request *request))
{
	struct http_request request;

	http_request_init(&request);
	assert_true(buffer_append_text(&request.url, url));
	(void)snprintf(request.what, sizeof request.what, "the thing");
	request.body_limit = 2 * BIG;
	request.timeout_s = 10;
	if (change != NULL)
		change(&request);
	client->transfer = http_send(client->fixture->http, &request,
		&(struct transfer_events){
			.context = client, .ready = on_ready, .head = on_head, .body = on_body, .done = on_done });
	http_request_free(&request);
}

static void send_to(struct client *client, const char *path, void (*change)(struct http_request *request))
{
	char url[128];

	if (strcmp(path, "/never") == 0)
		(void)snprintf(url, sizeof url, "%s", client->fixture->silent_url);
	else if (strcmp(path, "/door") == 0)
		(void)snprintf(url, sizeof url, "%s", client->fixture->door_url);
	else
		(void)snprintf(url, sizeof url, "%s%s", client->fixture->root, path);
	send_url(client, url, change);
}

static void on_limit(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	(void)event_base_loopbreak(context);
}

/* Turns the loop until somebody breaks it, or for `ms`. */
static void turn(struct fixture *fixture, int64_t ms)
{
	if (fixture->limit == NULL)
		fixture->limit = loop_timer(fixture->base, on_limit, fixture->base);
	loop_arm(fixture->limit, ms);
	(void)event_base_dispatch(fixture->base);
	(void)event_del(fixture->limit);
}

static void exchange(struct client *client, const char *path, void (*change)(struct http_request *request))
{
	send_to(client, path, change);
	turn(client->fixture, GIVE_UP_MS);
}

/* ---- tests ---- */

static void test_order(void **state)
{
	struct client client = { .fixture = *state };

	exchange(&client, "/plain", NULL);
	assert_string_equal("hbd", client.order);
	assert_int_equal(200, client.status);
	assert_string_equal("text/x-test", client.type);
	assert_string_equal("hello", client.text);
}

static void test_empty_and_error(void **state)
{
	struct client empty = { .fixture = *state }, error = { .fixture = *state };

	exchange(&empty, "/empty", NULL);
	assert_string_equal("hd", empty.order);
	assert_int_equal(204, empty.status);
	exchange(&error, "/error", NULL);
	assert_string_equal("hbd", error.order);
	assert_int_equal(503, error.status);
	assert_string_equal("no", error.text);
}

static void on_resume(evutil_socket_t descriptor, short what, void *context)
{
	struct client *client = context;

	(void)descriptor;
	(void)what;
	client->paused = false;
	http_resume(client->transfer);
}

static int pauses;

/* Pauses before each megabyte for 10 ms. */
static bool pause_often(struct client *client)
{
	if (client->bytes / (1024 * 1024) < (size_t)pauses)
		return true;
	pauses++;
	client->paused = true;
	loop_arm(client->timer, 10);
	return false;
}

static void test_pause_and_resume(void **state)
{
	struct client client = { .fixture = *state, .decide = pause_often };

	pauses = 0;
	client.timer = loop_timer(client.fixture->base, on_resume, &client);
	exchange(&client, "/big", NULL);
	(void)loop_event_free(client.timer);
	assert_string_equal("hbd", client.order);
	assert_int_equal(BIG, client.bytes);
	assert_true(pauses >= 8);
}

static bool pause_once_for_long(struct client *client)
{
	if (pauses++ > 0)
		return true;
	loop_arm(client->timer, 2500);
	return false;
}

static void one_second(struct http_request *request)
{
	request->timeout_s = 1;
}

static void test_timeout_leaves_pauses_out(void **state)
{
	struct client client = { .fixture = *state, .decide = pause_once_for_long };

	pauses = 0;
	client.timer = loop_timer(client.fixture->base, on_resume, &client);
	exchange(&client, "/big", one_second);
	(void)loop_event_free(client.timer);
	assert_string_equal("hbd", client.order);
	assert_int_equal(BIG, client.bytes);
}

static bool pause_once_for_a_while(struct client *client)
{
	if (pauses++ > 0)
		return true;
	loop_arm(client->timer, 700);
	return false;
}

/* The timer looks while nothing is paused, and 0.7 of its 1.0 s don't count. */
static void test_timeout_leaves_a_past_pause_out(void **state)
{
	struct client client = { .fixture = *state, .decide = pause_once_for_a_while };

	pauses = 0;
	client.timer = loop_timer(client.fixture->base, on_resume, &client);
	exchange(&client, "/slow", one_second);
	(void)loop_event_free(client.timer);
	assert_string_equal("hbd", client.order);
	assert_string_equal("slow", client.text);
}

static void test_timeout(void **state)
{
	struct client client = { .fixture = *state };
	int64_t started_ms = loop_monotonic_ms();

	exchange(&client, "/never", one_second);
	assert_string_equal("f", client.order);
	assert_int_equal(FAILURE_TRANSIENT, client.failure.kind);
	assert_in_range(loop_monotonic_ms() - started_ms, 900, 4000);
	assert_non_null(strstr(client.failure.text, "the thing: "));
}

static void small_limit(struct http_request *request)
{
	request->body_limit = 100 * 1024;
}

static void test_body_limit(void **state)
{
	struct client client = { .fixture = *state };

	exchange(&client, "/big", small_limit);
	assert_string_equal("hbf", client.order);
	assert_true(client.bytes <= 100 * 1024);
	assert_int_equal(FAILURE_TRANSIENT, client.failure.kind);
	assert_non_null(strstr(client.failure.text, "larger than 102400 bytes"));
}

static void test_break_off(void **state)
{
	struct client client = { .fixture = *state, .break_off = true };

	exchange(&client, "/big", NULL);
	assert_string_equal("hbd", client.order);
	assert_true(client.bytes <= CHUNK);
}

/* After a cancellation nothing is called any more, wherever it came from; other transfers go on. */
static void check_cancel_in(struct fixture *fixture, char where, const char *path, const char *order)
{
	struct client client = { .fixture = fixture, .cancel_in = where }, next = { .fixture = fixture };

	exchange(&next, "/plain", NULL); /* a connection that can be reused */
	memset(next.order, 0, sizeof next.order);
	send_to(&client, path, NULL);
	turn(fixture, 150);
	assert_string_equal(order, client.order);
	assert_int_equal(0, client.dones);
	exchange(&next, "/plain", NULL);
	assert_string_equal("hbd", next.order);
}

static void test_cancel_in_head(void **state)
{
	check_cancel_in(*state, 'h', "/plain", "h");
	check_cancel_in(*state, 'h', "/big", "h");
}

static void test_cancel_in_head_without_body(void **state)
{
	check_cancel_in(*state, 'h', "/empty", "h");
}

static void test_cancel_in_ready(void **state)
{
	check_cancel_in(*state, 'r', "/plain", "");
	check_cancel_in(*state, 'r', "/big", "");
}

static void test_cancel_another(void **state)
{
	struct client victim = { .fixture = *state }, waiting = { .fixture = *state };
	struct client one = { .fixture = *state, .cancel_in = 'd' }, two = { .fixture = *state };

	/* From done, one that is under way; from head, one that has not begun. */
	send_to(&victim, "/never", NULL);
	turn(*state, 50);
	one.victim = victim.transfer;
	exchange(&one, "/plain", NULL);
	assert_string_equal("hbd", one.order);
	send_to(&two, "/plain", NULL);
	send_to(&waiting, "/plain", one_second);
	two.victim = waiting.transfer;
	turn(*state, 200);
	assert_string_equal("hbd", two.order);
	turn(*state, 200);
	assert_string_equal("", victim.order);
	assert_int_equal(0, waiting.dones);
}

static void test_cancel_while_paused(void **state)
{
	struct client client = { .fixture = *state, .decide = pause_once_for_long };

	pauses = 0;
	client.timer = loop_timer(client.fixture->base, on_resume, &client);
	send_to(&client, "/big", NULL);
	turn(*state, 150);
	assert_int_equal(1, pauses);
	client.transfer = http_cancel(client.transfer);
	(void)loop_event_free(client.timer);
	turn(*state, 50);
	assert_string_equal("", client.order);
}

static void must_not_repeat(struct http_request *request)
{
	request->is_post = request->must_not_repeat = true;
	request->timeout_s = 1;
	assert_true(buffer_append_text(&request->body, "{}"));
}

static void test_refused(void **state)
{
	struct client client = { .fixture = *state }, once = { .fixture = *state };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	char url[64];

	/* A port that is ours and on which nobody listens. */
	int taken = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(0, bind(taken, (struct sockaddr *)&address, sizeof address));
	assert_int_equal(0, getsockname(taken, (struct sockaddr *)&address, &length));
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%d/secret", ntohs(address.sin_port));
	send_url(&client, url, NULL);
	turn(*state, GIVE_UP_MS);
	assert_string_equal("f", client.order);
	assert_int_equal(FAILURE_TRANSIENT, client.failure.kind);
	assert_null(strstr(client.failure.text, "secret"));
	/* It surely was not sent. */
	send_url(&once, url, must_not_repeat);
	turn(*state, GIVE_UP_MS);
	assert_int_equal(FAILURE_TRANSIENT, once.failure.kind);
	(void)close(taken);
}

static void test_lost_answer(void **state)
{
	struct fixture *fixture = *state;
	struct client door = { .fixture = fixture }, late = { .fixture = fixture },
		      harmless = { .fixture = fixture };

	exchange(&door, "/door", must_not_repeat);
	assert_string_equal("f", door.order);
	assert_int_equal(FAILURE_UNKNOWN, door.failure.kind);
	assert_int_equal(1, fixture->served);
	exchange(&late, "/never", must_not_repeat);
	assert_int_equal(FAILURE_UNKNOWN, late.failure.kind);
	exchange(&harmless, "/door", NULL);
	assert_int_equal(FAILURE_TRANSIENT, harmless.failure.kind);
}

static void pause_before(struct http_request *request)
{
	request->pause_before_ms = 300;
	request->timeout_s = 1;
}

static void test_pause_before(void **state)
{
	struct client client = { .fixture = *state };
	int64_t started_ms = loop_monotonic_ms();

	exchange(&client, "/plain", pause_before);
	assert_string_equal("hbd", client.order);
	assert_true(loop_monotonic_ms() - started_ms >= 300);
}

static void test_chain(void **state)
{
	struct fixture *fixture = *state;
	struct client clients[4] = { 0 };

	for (size_t i = 0; i < 4; i++) {
		clients[i].fixture = fixture;
		clients[i].left = MANY / 4 - 1;
		send_to(&clients[i], "/plain", NULL);
	}
	for (int i = 0; i < 4; i++)
		turn(fixture, GIVE_UP_MS);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(MANY / 4, clients[i].dones);
	assert_int_equal(MANY, fixture->served);
}

static void test_free_under_way(void **state)
{
	struct client one = { .fixture = *state }, two = { .fixture = *state };

	send_to(&one, "/never", NULL);
	send_to(&two, "/big", NULL);
	turn(*state, 20);
	send_to(&two, "/plain", NULL);
	/* teardown frees everything while it is under way */
	assert_int_equal(0, one.dones);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_and_error, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause_and_resume, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout_leaves_pauses_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout_leaves_a_past_pause_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_break_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_in_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_in_head_without_body, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_in_ready, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_while_paused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_free_under_way, setup, teardown),
	};

	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	libevent_global_shutdown();
	return failed;
}
