#include "tests/sandbox/server.h"

#include "tests/sandbox/server_internal.h"
#include "tests/sandbox/world_internal.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http_struct.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

static const char *const vendor_names[SERVER_LISTENERS] = { "salesforce", "hubspot", "gainsight", "slack",
	"discord", "control" };

const char *server_vendor_name(int listener)
{
	return vendor_names[listener];
}

int server_vendor_find(const char *name)
{
	for (int vendor = 0; vendor < SERVER_VENDORS; vendor++)
		if (strcmp(vendor_names[vendor], name) == 0)
			return vendor;
	return -1;
}

static const char *request_method(enum evhttp_cmd_type command)
{
	switch (command) {
	case EVHTTP_REQ_GET:
		return "GET";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_PATCH:
		return "PATCH";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	case EVHTTP_REQ_HEAD:
		return "HEAD";
	default:
		return "OPTIONS";
	}
}

static void call_arrived(struct evhttp_request *request, void *argument)
{
	struct listener *listener = argument;
	struct server *server = listener->server;
	struct server_call *call = world_allocate(NULL, 1, sizeof(*call));
	struct evbuffer *input = evhttp_request_get_input_buffer(request);
	struct bufferevent *stream = evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));

	/* Else the end of each page waits for the client's delayed acknowledgement. */
	setsockopt((int)bufferevent_getfd(stream), IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));

	*call = (struct server_call){ .listener = listener, .request = request, .link = &server->first_call };
	call->next = server->first_call;
	if (call->next)
		call->next->link = &call->next;
	server->first_call = call;
	call->body_length = evbuffer_get_length(input);
	call->body = world_allocate(NULL, call->body_length + 1, 1);
	evbuffer_copyout(input, call->body, call->body_length);
	call->body[call->body_length] = '\0';
	if (!listener->operations.handle) {
		server_answer(call, 503, "text/plain", "this vendor is not built into the sandbox\n");
		return;
	}
	listener->operations.handle(call, listener->operations.context);
}

void server_call_free(struct server_call *call)
{
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	if (call->timer)
		event_free(call->timer);
	if (call->parameters_parsed)
		evhttp_clear_headers(&call->parameters);
	for (size_t at = 0; at < call->fault_count; at++)
		fault_release(&call->faults[at]);
	json_decref(call->json);
	text_buffer_free(&call->answer);
	free(call->body);
	free(call);
}

/* A vendor that refuses has no listening socket at all, so the kernel itself answers the client. */
static void doors_check(evutil_socket_t descriptor, short events, void *argument)
{
	struct server *server = argument;

	(void)descriptor;
	(void)events;
	for (int vendor = 0; vendor < SERVER_VENDORS; vendor++) {
		struct listener *listener = &server->listeners[vendor];
		bool refuses = fault_table_refuses(server->faults, vendor);

		if (refuses && listener->socket) {
			evhttp_del_accept_socket(listener->http, listener->socket);
			listener->socket = NULL;
		} else if (!refuses && !listener->socket) {
			listener->socket =
				evhttp_bind_socket_with_handle(listener->http, "127.0.0.1", listener->port);
		}
	}
}

static struct bufferevent *tls_accept(struct event_base *base, void *argument)
{
	struct server *server = argument;
	struct bufferevent *stream = bufferevent_openssl_socket_new(
		base, -1, SSL_new(server->tls), BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);

	bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
	return stream;
}

static bool tls_open(struct server *server, const char *file)
{
	server->tls = SSL_CTX_new(TLS_server_method());
	if (server->tls && SSL_CTX_use_certificate_chain_file(server->tls, file) == 1 &&
		SSL_CTX_use_PrivateKey_file(server->tls, file, SSL_FILETYPE_PEM) == 1)
		return true;
	fprintf(stderr, "sandbox: %s: no certificate with its key\n", file);
	return false;
}

struct server *server_create(struct event_base *base, const struct server_options *options)
{
	struct server *server = world_allocate(NULL, 1, sizeof(*server));

	*server = (struct server){ .base = base, .faults = fault_table_create() };
	if (options->tls_file && !tls_open(server, options->tls_file))
		exit(EXIT_FAILURE);
	for (int at = 0; at < SERVER_LISTENERS; at++) {
		struct listener *listener = &server->listeners[at];

		*listener = (struct listener){ .server = server,
			.number = at,
			.http = evhttp_new(base),
			.latency_ms = at == SERVER_CONTROL ? 0 : options->latency_ms,
			.endpoints = json_object(),
			.statuses = json_object() };
		evhttp_set_gencb(listener->http, call_arrived, listener);
		if (server->tls && at != SERVER_CONTROL)
			evhttp_set_bevcb(listener->http, tls_accept, server);
		evhttp_set_timeout(listener->http, 300);
		evhttp_set_max_body_size(listener->http, 16 << 20);
		evhttp_set_allowed_methods(listener->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
								   EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE |
								   EVHTTP_REQ_HEAD | EVHTTP_REQ_OPTIONS);
	}
	server_switch_register(server, "gzip", "no: nothing is compressed, whoever asks for it (yes)");
	server->door_timer = event_new(base, -1, EV_PERSIST, doors_check, server);
	event_add(server->door_timer, &(struct timeval){ .tv_usec = 20000 });
	return server;
}

void server_destroy(struct server *server)
{
	while (server->first_call)
		server_call_free(server->first_call);
	for (int at = 0; at < SERVER_LISTENERS; at++) {
		struct listener *listener = &server->listeners[at];

		if (listener->operations.destroy)
			listener->operations.destroy(listener->operations.context);
		evhttp_free(listener->http);
		json_decref(listener->endpoints);
		json_decref(listener->statuses);
	}
	for (size_t at = 0; at < server->switch_count; at++) {
		free(server->switches[at].key);
		free(server->switches[at].meaning);
		free(server->switches[at].value);
	}
	free(server->switches);
	event_free(server->door_timer);
	fault_table_destroy(server->faults);
	SSL_CTX_free(server->tls);
	free(server);
}

bool server_listen(struct server *server)
{
	for (int at = 0; at < SERVER_LISTENERS; at++) {
		struct listener *listener = &server->listeners[at];
		struct sockaddr_in address;
		socklen_t length = sizeof(address);

		listener->socket = evhttp_bind_socket_with_handle(listener->http, "127.0.0.1", 0);
		if (!listener->socket || getsockname(evhttp_bound_socket_get_fd(listener->socket),
						 (struct sockaddr *)&address, &length) != 0) {
			fprintf(stderr, "sandbox: cannot listen on 127.0.0.1 for %s\n", vendor_names[at]);
			return false;
		}
		listener->port = ntohs(address.sin_port);
	}
	return true;
}

uint16_t server_port(const struct server *server, int listener)
{
	return server->listeners[listener].port;
}

const char *server_scheme(const struct server *server, int listener)
{
	return server->tls && listener != SERVER_CONTROL ? "https" : "http";
}

struct event_base *server_event_base(struct server *server)
{
	return server->base;
}

struct fault_table *server_faults(struct server *server)
{
	return server->faults;
}

void server_vendor_set(
	struct server *server, enum server_vendor vendor, const struct server_vendor_operations *operations)
{
	server->listeners[vendor].operations = *operations;
}

void server_control_set(
	struct server *server, void (*handle)(struct server_call *call, void *context), void *context)
{
	server->listeners[SERVER_CONTROL].operations =
		(struct server_vendor_operations){ .handle = handle, .context = context };
}

const char *server_vendor_fault_kinds(const struct server *server, int vendor)
{
	const char *kinds = server->listeners[vendor].operations.fault_kinds;

	return kinds ? kinds : "";
}

void server_set_latency(struct server *server, int vendor, long milliseconds)
{
	server->listeners[vendor].latency_ms = milliseconds;
}

/* ---- switches ---- */

static struct server_switch *switch_find(const struct server *server, const char *key)
{
	for (size_t at = 0; at < server->switch_count; at++)
		if (strcmp(server->switches[at].key, key) == 0)
			return &server->switches[at];
	return NULL;
}

void server_switch_register(struct server *server, const char *key, const char *meaning)
{
	server->switches = world_allocate(server->switches, server->switch_count + 1, sizeof(*server->switches));
	server->switches[server->switch_count++] =
		(struct server_switch){ .key = strdup(key), .meaning = strdup(meaning) };
}

bool server_switch_set(struct server *server, const char *key, const char *value)
{
	struct server_switch *found = switch_find(server, key);

	if (!found)
		return false;
	free(found->value);
	found->value = strdup(value);
	return true;
}

const char *server_switch(struct server *server, const char *key, const char *otherwise)
{
	const struct server_switch *found = switch_find(server, key);

	return found && found->value ? found->value : otherwise;
}

long server_switch_number(struct server *server, const char *key, long otherwise)
{
	const char *value = server_switch(server, key, NULL);

	return value ? strtol(value, NULL, 10) : otherwise;
}

void server_switch_list(const struct server *server, struct text_buffer *out)
{
	for (size_t at = 0; at < server->switch_count; at++)
		text_buffer_format(out, "  %-34s %s\n", server->switches[at].key, server->switches[at].meaning);
}

/* ---- a call as it came ---- */

struct server *server_call_server(struct server_call *call)
{
	return call->listener->server;
}

const char *server_call_method(struct server_call *call)
{
	return request_method(evhttp_request_get_command(call->request));
}

const char *server_call_uri(struct server_call *call)
{
	return evhttp_request_get_uri(call->request);
}

const char *server_call_path(struct server_call *call)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(call->request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;

	return path && *path ? path : "/";
}

const struct evkeyvalq *server_call_parameters(struct server_call *call)
{
	if (call->parameters_parsed)
		return &call->parameters;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(call->request);
	const char *query = uri ? evhttp_uri_get_query(uri) : NULL;

	call->parameters_parsed = true;
	if (!query || evhttp_parse_query_str(query, &call->parameters) != 0)
		TAILQ_INIT(&call->parameters);
	return &call->parameters;
}

const char *server_call_parameter(struct server_call *call, const char *name)
{
	return evhttp_find_header(server_call_parameters(call), name);
}

const char *server_call_header(struct server_call *call, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(call->request), name);
}

size_t server_call_head_length(struct server_call *call)
{
	size_t length = strlen(server_call_uri(call));
	const struct evkeyval *header;

	for (header = evhttp_request_get_input_headers(call->request)->tqh_first; header;
		header = header->next.tqe_next)
		length += strlen(header->key) + strlen(header->value) + strlen(": \r\n");
	return length;
}

const char *server_call_body(struct server_call *call, size_t *length)
{
	if (length)
		*length = call->body_length;
	return call->body;
}

json_t *server_call_json(struct server_call *call)
{
	if (!call->json)
		call->json = json_loadb(call->body, call->body_length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	return call->json;
}

/* ---- counting ---- */

static void count_up(json_t *counts, const char *key)
{
	json_t *count = json_object_get(counts, key);

	if (count)
		json_integer_set(count, json_integer_value(count) + 1);
	else
		json_object_set_new(counts, key, json_integer(1));
}

json_t *server_calls_json(const struct server *server)
{
	json_t *calls = json_object();

	for (int vendor = 0; vendor < SERVER_VENDORS; vendor++) {
		const struct listener *listener = &server->listeners[vendor];

		json_object_set_new(calls, vendor_names[vendor],
			json_pack("{s:I, s:O, s:O}", "calls", listener->calls, "endpoints", listener->endpoints,
				"statuses", listener->statuses));
	}
	return calls;
}

void server_count_call(struct listener *listener, const char *endpoint, const char *object)
{
	char key[160];

	snprintf(key, sizeof(key), "%s%s%s", endpoint, *object ? " " : "", object);
	count_up(listener->endpoints, key);
	listener->calls++;
}

void server_count_status(struct listener *listener, int status)
{
	char key[16];

	snprintf(key, sizeof(key), "%d", status);
	count_up(listener->statuses, status ? key : "none");
}
