/* http_server.h - an evhttp server in the same process, and clients that note what they are called with. Included by
 * the tests of transfers. */
#ifndef TESTS_UNIT_HTTP_SERVER_H
#define TESTS_UNIT_HTTP_SERVER_H

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

static inline void answer_plain(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;
	struct evbuffer *body = evbuffer_new();

	fixture->served++;
	evbuffer_add_printf(body, "hello");
	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/x-test");
	evhttp_send_reply(request, 200, "OK", body);
	evbuffer_free(body);
}

static inline void answer_empty(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;

	fixture->served++;
	evhttp_send_reply(request, 204, "No Content", NULL);
}

static inline void answer_error(struct evhttp_request *request, void *context)
{
	struct fixture *fixture = context;
	struct evbuffer *body = evbuffer_new();

	fixture->served++;
	evbuffer_add_printf(body, "no");
	evhttp_send_reply(request, 503, "Busy", body);
	evbuffer_free(body);
}

static inline void send_piece(struct evhttp_connection *connection, void *context)
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
static inline void on_gone(struct evhttp_connection *connection, void *context)
{
	struct evhttp_request *request = context;

	(void)connection;
	if (evhttp_request_get_connection(request) == NULL)
		evhttp_send_reply_end(request);
}

/* 8 MiB, chunked, without a Content-Length. */
static inline void answer_big(struct evhttp_request *request, void *context)
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
static inline void slam(struct bufferevent *stream, void *context)
{
	struct fixture *fixture = context;

	fixture->served++;
	bufferevent_free(stream);
}

static inline void on_visitor(struct evconnlistener *listener, evutil_socket_t descriptor, struct sockaddr *address,
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

static inline void listen_at_door(struct fixture *fixture)
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
static inline void send_rest(evutil_socket_t descriptor, short what, void *context)
{
	struct fixture *fixture = context;

	(void)descriptor;
	(void)what;
	evhttp_send_reply_end(fixture->waiting);
	fixture->waiting = NULL;
}

static inline void answer_slowly(struct evhttp_request *request, void *context)
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

static inline void listen_in_silence(struct fixture *fixture)
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

static inline int setup(void **state)
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

static inline int teardown(void **state)
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

static inline void note(struct client *client, char letter)
{
	size_t used = strlen(client->order);

	if (letter == 'b' && used > 0 && client->order[used - 1] == 'b')
		return;
	if (used + 1 < sizeof client->order)
		client->order[used] = letter;
}

static inline bool on_ready(void *context)
{
	struct client *client = context;

	if (client->cancel_in == 'r') {
		client->cancel_in = 0;
		client->transfer = http_cancel(client->transfer);
		return true;
	}
	return client->decide == NULL || client->decide(client);
}

static inline void on_head(void *context, const struct http_head *head)
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

static inline bool on_body(void *context, const char *bytes, size_t length)
{
	struct client *client = context;

	note(client, 'b');
	if (client->bytes + length < sizeof client->text)
		memcpy(client->text + client->bytes, bytes, length);
	client->bytes += length;
	return !client->break_off;
}

static inline void send_to(struct client *client, const char *path, void (*change)(struct http_request *request));

static inline void on_done(void *context, const struct failure *failure)
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

static inline void send_url(struct client *client, const char *url, void (*change)(struct http_request *request))
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

static inline void send_to(struct client *client, const char *path, void (*change)(struct http_request *request))
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

static inline void on_limit(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	(void)event_base_loopbreak(context);
}

/* Turns the loop until somebody breaks it, or for `ms`. */
static inline void turn(struct fixture *fixture, int64_t ms)
{
	if (fixture->limit == NULL)
		fixture->limit = loop_timer(fixture->base, on_limit, fixture->base);
	loop_arm(fixture->limit, ms);
	(void)event_base_dispatch(fixture->base);
	(void)event_del(fixture->limit);
}

static inline void exchange(struct client *client, const char *path, void (*change)(struct http_request *request))
{
	send_to(client, path, change);
	turn(client->fixture, GIVE_UP_MS);
}

static inline void on_resume(evutil_socket_t descriptor, short what, void *context)
{
	struct client *client = context;

	(void)descriptor;
	(void)what;
	client->paused = false;
	http_resume(client->transfer);
}

static int pauses;

static inline bool pause_once_for_long(struct client *client)
{
	if (pauses++ > 0)
		return true;
	loop_arm(client->timer, 2500);
	return false;
}

static inline void one_second(struct http_request *request)
{
	request->timeout_s = 1;
}

/* Once for all tests of a program. */
static inline int libraries_up(void **state)
{
	(void)state;
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

static inline int libraries_down(void **state)
{
	(void)state;
	curl_global_cleanup();
	libevent_global_shutdown();
	return 0;
}

#endif
