#include "daemon/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "daemon/log.h"
#include "daemon/loop.h"

/* libevent's evhttp would parse as well, but 2.1 limits neither how many connections it takes nor how long a request may
 * drip in, and whoever can reach the port could use up the descriptors that the database links need. */
enum {
	CONNECTIONS_MOST = 16, /* more wait in the kernel's queue */
	REQUEST_MOST = 8192,   /* bytes, the head of a request */
	ANSWER_MOST = 4 * 1024 * 1024,
	LIFETIME_S = 10, /* of a connection, from accept to close */
	NO_DESCRIPTOR_MS = 1000,
	BACKLOG = 64,
};

struct visitor {
	TAILQ_ENTRY(visitor) link;
	struct web *web;
	struct bufferevent *stream;
	struct event *deadline;
	char *path; /* of the request that waits for its answer; NULL: still reading, or answered */
	bool head_only, answered;
};
TAILQ_HEAD(visitors, visitor);

struct web {
	struct web_settings settings;
	struct evconnlistener *listener;
	struct event *again; /* after having run out of descriptors */
	char *socket_file;   /* made by us; removed at the end */
	struct visitors visitors;
	int count;
};

static void dismiss(struct visitor *visitor)
{
	struct web *web = visitor->web;

	TAILQ_REMOVE(&web->visitors, visitor, link);
	visitor->deadline = loop_event_free(visitor->deadline);
	bufferevent_free(visitor->stream);
	free(visitor->path);
	free(visitor);
	if (web->count-- == CONNECTIONS_MOST && web->listener != NULL)
		(void)evconnlistener_enable(web->listener);
}

static const char *reason_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 431:
		return "Request Header Fields Too Large";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Internal Server Error";
	}
}

/* One answer per connection: a scraper comes once in a while, and an idle connection is one more thing to limit. */
static void send_answer(struct visitor *visitor, struct web_answer *answer)
{
	struct evbuffer *output = bufferevent_get_output(visitor->stream);

	if (answer->body.overflown) {
		answer->status = 500;
		buffer_clear(&answer->body);
	}
	if (answer->body.length == 0)
		(void)buffer_printf(&answer->body, "%s\n", reason_of(answer->status));
	(void)evbuffer_add_printf(output,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: "
		"no-store\r\n%sConnection: "
		"close\r\n\r\n",
		answer->status, reason_of(answer->status), answer->type, answer->body.length,
		answer->status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!visitor->head_only)
		(void)evbuffer_add(output, answer->body.bytes, answer->body.length);
	visitor->answered = true;
	free(visitor->path);
	visitor->path = NULL;
}

static void answer_init(struct web_answer *answer, int status)
{
	answer->status = status;
	answer->type = "text/plain; charset=utf-8";
	buffer_init(&answer->body, ANSWER_MOST);
}

static void refuse(struct visitor *visitor, int status)
{
	struct web_answer answer;

	answer_init(&answer, status);
	send_answer(visitor, &answer);
	buffer_free(&answer.body);
}

static void ask_handler(struct visitor *visitor)
{
	const struct web_settings *settings = &visitor->web->settings;
	struct web_answer answer;

	answer_init(&answer, 200);
	if (settings->handler(settings->context, visitor->path, &answer))
		send_answer(visitor, &answer);
	buffer_free(&answer.body);
}

/* METHOD SP TARGET SP VERSION; a target may be a whole URL (RFC 9112, 3.2.2). */
static void take_request(struct visitor *visitor, char *line)
{
	char *rest = NULL;
	const char *method = strtok_r(line, " ", &rest), *target = strtok_r(NULL, " ", &rest);
	const char *version = strtok_r(NULL, " ", &rest);

	if (method == NULL || target == NULL || version == NULL || strtok_r(NULL, " ", &rest) != NULL ||
		strncmp(version, "HTTP/", 5) != 0) {
		refuse(visitor, 400);
		return;
	}
	visitor->head_only = strcmp(method, "HEAD") == 0;
	if (strncmp(version, "HTTP/1.", 7) != 0) {
		refuse(visitor, 505);
		return;
	}
	if (strcmp(method, "GET") != 0 && !visitor->head_only) {
		refuse(visitor, 405);
		return;
	}
	if (strncmp(target, "http://", 7) == 0)
		target += 7 + strcspn(target + 7, "/");
	visitor->path = memory_copy(target, strcspn(target, "?"));
	ask_handler(visitor);
}

static void on_readable(struct bufferevent *stream, void *context)
{
	struct visitor *visitor = context;
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t length;

	/* What comes behind the head is a body that nobody wants. Reading it lets our answer arrive before the end. */
	if (visitor->answered || visitor->path != NULL) {
		(void)evbuffer_drain(input, evbuffer_get_length(input));
		return;
	}
	struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
	if (end.pos < 0 || end.pos > REQUEST_MOST) {
		if (end.pos < 0 && evbuffer_get_length(input) < REQUEST_MOST)
			return;
		refuse(visitor, 431);
		(void)evbuffer_drain(input, evbuffer_get_length(input));
		return;
	}
	char *line = evbuffer_readln(input, &length, EVBUFFER_EOL_CRLF_STRICT);
	if (line == NULL || strlen(line) != length)
		refuse(visitor, 400);
	else
		take_request(visitor, line);
	free(line);
	(void)evbuffer_drain(input, evbuffer_get_length(input));
}

static void on_written(struct bufferevent *stream, void *context)
{
	struct visitor *visitor = context;

	if (!visitor->answered)
		return;
	/* The client reads to the end and closes; if it doesn't, its time runs out. */
	if ((bufferevent_get_enabled(stream) & EV_READ) == 0)
		dismiss(visitor);
	else
		(void)shutdown(bufferevent_getfd(stream), SHUT_WR);
}

static void on_gone(struct bufferevent *stream, short what, void *context)
{
	struct visitor *visitor = context;
	bool sends = visitor->answered && evbuffer_get_length(bufferevent_get_output(stream)) > 0;

	if ((what & BEV_EVENT_EOF) != 0 && (visitor->path != NULL || sends)) {
		/* It has said all it wants to say, and still listens. */
		(void)bufferevent_disable(stream, EV_READ);
		return;
	}
	dismiss(visitor);
}

static void on_deadline(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	dismiss(context);
}

static void on_visitor(struct evconnlistener *listener, evutil_socket_t descriptor, struct sockaddr *address,
	int length, void *context)
{
	struct web *web = context;
	struct bufferevent *stream = bufferevent_socket_new(web->settings.base, descriptor, BEV_OPT_CLOSE_ON_FREE);

	(void)address;
	(void)length;
	if (stream == NULL) {
		(void)close(descriptor);
		return;
	}
	struct visitor *visitor = memory_allocate(sizeof *visitor);
	visitor->web = web;
	visitor->stream = stream;
	visitor->deadline = loop_timer(web->settings.base, on_deadline, visitor);
	loop_arm(visitor->deadline, LIFETIME_S * 1000);
	TAILQ_INSERT_TAIL(&web->visitors, visitor, link);
	bufferevent_setcb(stream, on_readable, on_written, on_gone, visitor);
	bufferevent_setwatermark(stream, EV_READ, 0, REQUEST_MOST);
	(void)bufferevent_enable(stream, EV_READ | EV_WRITE);
	if (++web->count == CONNECTIONS_MOST)
		(void)evconnlistener_disable(listener);
}

/* Out of descriptors: libevent would ask again and again. */
static void on_refused(struct evconnlistener *listener, void *context)
{
	const struct web *web = context;

	log_write(LOG_LEVEL_WARNING, "metrics_refused", NULL, "a connection for metrics could not be taken: %s",
		strerror(EVUTIL_SOCKET_ERROR()));
	(void)evconnlistener_disable(listener);
	loop_arm(web->again, NO_DESCRIPTOR_MS);
}

static void on_again(evutil_socket_t descriptor, short what, void *context)
{
	const struct web *web = context;

	(void)descriptor;
	(void)what;
	if (web->count < CONNECTIONS_MOST)
		(void)evconnlistener_enable(web->listener);
}

/* "127.0.0.1:9464" or "[::1]:9464", which config.c has checked. */
static int open_port(const char *text)
{
	struct sockaddr_storage address;
	int length = sizeof address, yes = 1;

	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &length) != 0) {
		errno = EINVAL;
		return -1;
	}
	int descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return -1;
	(void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(descriptor, (struct sockaddr *)&address, (socklen_t)length) == 0)
		return descriptor;
	int error = errno;
	(void)close(descriptor);
	errno = error;
	return -1;
}

/* Whether nobody listens there any more. */
static bool is_abandoned(const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
		return false;
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return false;
	bool refused =
		connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
	(void)close(probe);
	return refused;
}

static int open_socket_file(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		return -1;
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (is_abandoned(&address))
		(void)unlink(path);
	int bound = bind(descriptor, (struct sockaddr *)&address, sizeof address);
	/* Whoever may enter the folder may read: no figure is about a person. */
	if (bound == 0 && chmod(path, 0666) == 0)
		return descriptor;
	int error = errno;
	(void)close(descriptor);
	errno = error;
	return -1;
}

struct web *web_open(const struct web_settings *settings, struct failure *failure)
{
	bool is_file = settings->descriptor < 0 && strncmp(settings->listen, "unix:", 5) == 0;
	int descriptor = settings->descriptor >= 0 ? settings->descriptor
			 : is_file                 ? open_socket_file(settings->listen + 5)
						   : open_port(settings->listen);

	if (descriptor < 0) {
		failure_set(failure, FAILURE_TRANSIENT, "%s: %s", settings->listen, strerror(errno));
		return NULL;
	}
	struct web *web = memory_allocate(sizeof *web);
	web->settings = *settings;
	web->settings.listen = NULL;
	TAILQ_INIT(&web->visitors);
	(void)evutil_make_socket_nonblocking(descriptor);
	/* One that systemd made listens already, and stays open for the next start. */
	web->listener = evconnlistener_new(settings->base, on_visitor, web,
		LEV_OPT_CLOSE_ON_EXEC | (settings->descriptor < 0 ? LEV_OPT_CLOSE_ON_FREE : 0),
		settings->descriptor < 0 ? BACKLOG : 0, descriptor);
	if (web->listener == NULL) {
		failure_set(failure, FAILURE_TRANSIENT, "%s: %s",
			settings->listen == NULL ? "socket" : settings->listen, strerror(errno));
		if (settings->descriptor < 0)
			(void)close(descriptor);
		free(web);
		return NULL;
	}
	if (is_file)
		web->socket_file = memory_copy_text(settings->listen + 5);
	web->again = loop_timer(settings->base, on_again, web);
	evconnlistener_set_error_cb(web->listener, on_refused);
	return web;
}

struct web *web_close(struct web *web)
{
	if (web == NULL)
		return NULL;
	evconnlistener_free(web->listener);
	web->listener = NULL;
	while (!TAILQ_EMPTY(&web->visitors))
		/* The analyzer doesn't see that TAILQ_REMOVE makes another one the first. */
		dismiss(TAILQ_FIRST(&web->visitors)); /* NOLINT(clang-analyzer-unix.Malloc) */
	web->again = loop_event_free(web->again);
	if (web->socket_file != NULL)
		(void)unlink(web->socket_file);
	free(web->socket_file);
	free(web);
	return NULL;
}

void web_resume(struct web *web)
{
	struct visitor *visitor;

	TAILQ_FOREACH (visitor, &web->visitors, link)
		if (visitor->path != NULL)
			ask_handler(visitor);
}
