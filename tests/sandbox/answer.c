#include "tests/sandbox/server_internal.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <zlib.h>

static const char *status_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 204, "No Content" },
		{ 207, "Multi-Status" },
		{ 302, "Found" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 423, "Locked" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t at = 0; at < sizeof(reasons) / sizeof(*reasons); at++)
		if (reasons[at].status == status)
			return reasons[at].reason;
	return "Unknown";
}

/* ---- faults on the way in ---- */

static bool kind_is_handlers(const struct listener *listener, const char *kind)
{
	const char *kinds = listener->operations.fault_kinds;
	size_t length = strlen(kind);

	for (const char *at = kinds; at && (at = strstr(at, kind)); at += length)
		if ((at == kinds || at[-1] == ' ') && at[length] == '*')
			return true;
	return false;
}

static bool kind_is_late(const char *kind)
{
	static const char *const late[] = { "slow", "stall", "truncate", "reset" };

	for (size_t at = 0; at < sizeof(late) / sizeof(*late); at++)
		if (strcmp(kind, late[at]) == 0)
			return true;
	return false;
}

static bool generic_fault_answer(struct server_call *call, const char *kind)
{
	static const char html[] = "<html><head><title>502 Bad Gateway</title></head><body><center>"
				   "<h1>502 Bad Gateway</h1></center><hr><center>edge</center></body></html>\n";
	static const char maintenance[] = "<html><body><h1>We are down for maintenance.</h1>Sorry for the "
					  "inconvenience.</body></html>\n";

	if (strcmp(kind, "502-html") == 0)
		server_answer(call, 502, "text/html; charset=UTF-8", html);
	else if (strcmp(kind, "200-html") == 0)
		server_answer(call, 200, "text/html; charset=UTF-8", maintenance);
	else if (strcmp(kind, "200-empty") == 0)
		server_answer(call, 200, "application/json;charset=UTF-8", "");
	else if (strcmp(kind, "refuse") == 0)
		server_answer_reset(call);
	else
		return false;
	return true;
}

bool server_call_begin(struct server_call *call, const char *endpoint, const char *object)
{
	struct listener *listener = call->listener;
	const struct server_vendor_operations *operations = &listener->operations;

	server_count_call(listener, endpoint, object);
	call->fault_count = fault_table_take(
		listener->server->faults, listener->number, endpoint, object, call->faults, FAULTS_PER_CALL);
	for (size_t at = 0; at < call->fault_count; at++) {
		struct fault *fault = &call->faults[at];

		if (kind_is_late(fault->kind) || kind_is_handlers(listener, fault->kind))
			continue;
		if (generic_fault_answer(call, fault->kind))
			return true;
		if (operations->answer_fault &&
			operations->answer_fault(call, fault, fault->kind, operations->context))
			return true;
	}
	return false;
}

const struct fault *server_call_fault(struct server_call *call, const char *kind)
{
	for (size_t at = 0; at < call->fault_count; at++)
		if (strcmp(call->faults[at].kind, kind) == 0)
			return &call->faults[at];
	return NULL;
}

/* ---- the answer ---- */

void server_call_add_header(struct server_call *call, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(call->request), name, value);
}

void server_call_allow_gzip(struct server_call *call)
{
	call->gzip_allowed = true;
}

static void answer_compress(struct server_call *call)
{
	const char *accepted = server_call_header(call, "Accept-Encoding");
	z_stream stream = { 0 };

	if (!call->gzip_allowed || !accepted || !strcasestr(accepted, "gzip") || call->answer.length < 256 ||
		strcmp(server_switch(call->listener->server, "gzip", "yes"), "no") == 0)
		return;
	if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	struct text_buffer packed = { .capacity = deflateBound(&stream, call->answer.length) };

	packed.bytes = malloc(packed.capacity);
	stream.next_in = (Bytef *)call->answer.bytes;
	stream.avail_in = (uInt)call->answer.length;
	stream.next_out = (Bytef *)packed.bytes;
	stream.avail_out = (uInt)packed.capacity;
	if (packed.bytes && deflate(&stream, Z_FINISH) == Z_STREAM_END) {
		packed.length = stream.total_out;
		text_buffer_free(&call->answer);
		call->answer = packed;
		server_call_add_header(call, "Content-Encoding", "gzip");
	} else {
		text_buffer_free(&packed);
	}
	deflateEnd(&stream);
}

static void answer_bytes_free(const void *bytes, size_t length, void *argument)
{
	(void)length;
	(void)argument;
	free((void *)(uintptr_t)bytes);
}

static void answer_send(struct server_call *call)
{
	struct evhttp_request *request = call->request;
	struct evbuffer *body = evbuffer_new();

	if (call->answer.length) {
		evbuffer_add_reference(body, call->answer.bytes, call->answer.length, answer_bytes_free, NULL);
		call->answer = (struct text_buffer){ 0 };
	}
	server_count_status(call->listener, call->status);
	evhttp_send_reply(request, call->status, status_reason(call->status), body);
	evbuffer_free(body);
	server_call_free(call);
}

static void connection_drop(struct server_call *call, bool reset)
{
	struct evhttp_connection *connection = call->connection;

	if (connection) {
		struct bufferevent *stream = evhttp_connection_get_bufferevent(connection);
		int descriptor = (int)bufferevent_getfd(stream);

		bufferevent_setcb(stream, NULL, NULL, NULL, NULL);
		bufferevent_disable(stream, EV_READ | EV_WRITE);
		if (reset && descriptor >= 0)
			setsockopt(descriptor, SOL_SOCKET, SO_LINGER,
				&(struct linger){ .l_onoff = 1, .l_linger = 0 }, sizeof(struct linger));
		evhttp_connection_free(connection);
	}
	server_call_free(call);
}

/* Not from inside the connection's own callbacks: libevent is still using it there. */
static void broken_connection_due(evutil_socket_t descriptor, short events, void *argument)
{
	struct server_call *call = argument;
	bool truncated = server_call_fault(call, "truncate") != NULL;

	(void)descriptor;
	(void)events;
	connection_drop(call, !truncated);
}

static void broken_connection_event(struct bufferevent *stream, short events, void *argument)
{
	struct server_call *call = argument;

	(void)events;
	bufferevent_disable(stream, EV_READ | EV_WRITE);
	event_add(call->timer, &(struct timeval){ 0 });
}

static void connection_drop_later(struct server_call *call, long milliseconds)
{
	call->timer = event_new(call->listener->server->base, -1, 0, broken_connection_due, call);
	event_add(call->timer,
		&(struct timeval){ .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 });
}

/* From here on evhttp no longer writes on this connection: what goes out is up to the fault. */
static bool connection_take(struct server_call *call)
{
	call->connection = evhttp_request_get_connection(call->request);
	if (!call->connection) {
		evhttp_request_free(call->request);
		server_call_free(call);
		return false;
	}
	struct bufferevent *stream = evhttp_connection_get_bufferevent(call->connection);

	bufferevent_setcb(stream, NULL, NULL, broken_connection_event, call);
	bufferevent_enable(stream, EV_READ | EV_WRITE);
	return true;
}

static void head_write(struct server_call *call, struct evbuffer *out)
{
	const struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);
	const struct evkeyval *header;

	evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\n", call->status, status_reason(call->status));
	TAILQ_FOREACH (header, headers, next)
		evbuffer_add_printf(out, "%s: %s\r\n", header->key, header->value);
	evbuffer_add_printf(out, "Content-Length: %zu\r\n\r\n", call->answer.length);
}

/* Half of the promised body; then silence, an end or a reset. */
static void answer_break(struct server_call *call, long silence_ms)
{
	if (!connection_take(call))
		return;
	struct bufferevent *stream = evhttp_connection_get_bufferevent(call->connection);
	struct evbuffer *out = bufferevent_get_output(stream);

	server_count_status(call->listener, 0);
	head_write(call, out);
	evbuffer_add(out, call->answer.bytes, call->answer.length / 2);
	connection_drop_later(call, silence_ms);
}

static void answer_finish(struct server_call *call)
{
	const struct fault *stall = server_call_fault(call, "stall");

	if (stall)
		answer_break(call, fault_parameter_number(stall, "ms", 600000));
	else if (server_call_fault(call, "truncate") || server_call_fault(call, "reset"))
		answer_break(call, 50);
	else
		answer_send(call);
}

static void answer_due(evutil_socket_t descriptor, short events, void *argument)
{
	struct server_call *call = argument;

	(void)descriptor;
	(void)events;
	event_free(call->timer);
	call->timer = NULL;
	answer_finish(call);
}

void server_answer_buffer(struct server_call *call, int status, const char *content_type, struct text_buffer *body)
{
	const struct fault *slow = server_call_fault(call, "slow");
	long delay = call->listener->latency_ms + (slow ? fault_parameter_number(slow, "ms", 3000) : 0);

	call->status = status;
	call->answer = *body;
	*body = (struct text_buffer){ 0 };
	if (content_type && status != 204)
		server_call_add_header(call, "Content-Type", content_type);
	answer_compress(call);
	if (!delay) {
		answer_finish(call);
		return;
	}
	call->timer = event_new(call->listener->server->base, -1, 0, answer_due, call);
	event_add(call->timer, &(struct timeval){ .tv_sec = delay / 1000, .tv_usec = delay % 1000 * 1000 });
}

void server_answer(struct server_call *call, int status, const char *content_type, const char *body)
{
	struct text_buffer buffer = { 0 };

	text_buffer_add_string(&buffer, body);
	server_answer_buffer(call, status, content_type, &buffer);
}

void server_answer_json(struct server_call *call, int status, json_t *body)
{
	struct text_buffer buffer = { 0 };
	char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(body);
	text_buffer_add_string(&buffer, text ? text : "null");
	free(text);
	server_answer_buffer(call, status, "application/json;charset=UTF-8", &buffer);
}

void server_answer_reset(struct server_call *call)
{
	server_count_status(call->listener, 0);
	if (connection_take(call))
		connection_drop_later(call, 0);
}
