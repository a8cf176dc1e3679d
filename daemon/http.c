#include "daemon/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "connectors/memory.h"
#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/loop.h"

enum {
	CONNECT_TIMEOUT_S = 10,
	HEAD_LIMIT = 32 * 1024,
};

TAILQ_HEAD(transfers, transfer);

struct http {
	struct event_base *base;
	CURLM *multi;
	CURLSH *share;
	struct event *timer;
	struct transfers transfers;
	char *authorities; /* PEM; NULL: the system's */
	long tls_minimum;  /* CURL_SSLVERSION_... */
	bool inside_curl; /* libcurl (or we, at work on a transfer) is above us on the stack: nothing may be removed now */
};

struct transfer {
	TAILQ_ENTRY(transfer) link;
	struct http *http;
	struct transfer_events events;
	CURL *easy;
	struct curl_slist *headers;
	struct event *timer; /* the pause before sending, then the deadline */
	int64_t started_ms, paused_at_ms, paused_total_ms, timeout_ms;
	size_t body_limit, body_bytes;
	bool started, paused, broken_off, too_large, timed_out, head_told, must_not_repeat, cancelled;
	CURLcode resumed; /* what a resume met: anything but CURLE_OK ends the transfer on the next turn */
	char *what;
	struct buffer head_text; /* "name\0value\0" for each header, as they came */
	struct http_header answer_headers[HTTP_ANSWER_HEADERS_MAX];
	size_t answer_count;
};

static_assert(CURL_SOCKET_TIMEOUT == -1, "libevent calls a timer with descriptor -1");

static void transfer_end(struct transfer *transfer, CURLcode result);
static bool multi_open(struct http *http);

static void transfer_free(struct transfer *transfer)
{
	TAILQ_REMOVE(&transfer->http->transfers, transfer, link);
	transfer->timer = loop_event_free(transfer->timer);
	if (transfer->easy != NULL) {
		if (transfer->started)
			(void)curl_multi_remove_handle(transfer->http->multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
	}
	curl_slist_free_all(transfer->headers);
	buffer_wipe(&transfer->head_text);
	free(transfer->what);
	free(transfer);
}

static struct transfer *first_started(struct http *http)
{
	struct transfer *transfer = TAILQ_FIRST(&http->transfers);

	/* The analyzer can't see that transfer_free takes the first of the list out of it. */
	while (transfer != NULL && !transfer->started) /* NOLINT(clang-analyzer-unix.Malloc) */
		transfer = TAILQ_NEXT(transfer, link);
	return transfer;
}

/* libcurl has given up on this multi for good: every request fails, a new one begins. */
static void http_restart(struct http *http)
{
	struct transfer *transfer;

	log_write(
		LOG_LEVEL_ERROR, "http_restarted", NULL, "libcurl's multi handle failed; all transfers begin anew");
	/* From the front again each time: `done` may cancel any other transfer, and what it sends has not started. */
	while ((transfer = first_started(http)) != NULL)
		transfer_end(transfer, CURLE_SEND_ERROR);
	(void)curl_multi_cleanup(http->multi);
	if (!multi_open(http))
		abort();
}

static void read_messages(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle; /* *message dies with the removal */
		CURLcode result = message->data.result;
		struct transfer *transfer = NULL;
		if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer) == CURLE_OK && transfer != NULL)
			transfer_end(transfer, result);
	}
}

/* A transfer that was cancelled from inside libcurl is removed as soon as libcurl is off the stack. */
static void reap_cancelled(struct http *http)
{
	struct transfer *transfer = TAILQ_FIRST(&http->transfers);

	while (transfer != NULL) {
		struct transfer *next = TAILQ_NEXT(transfer, link);
		if (transfer->cancelled)
			transfer_free(transfer);
		transfer = next;
	}
}

/* Sockets and libcurl's timer alike. Messages are read after every action, also when nothing runs any more: the last
 * transfer may just have ended by time-out. */
static void on_event(evutil_socket_t descriptor, short what, void *context)
{
	struct http *http = context;
	int running;
	int ready = ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);

	http->inside_curl = true;
	CURLMcode code = curl_multi_socket_action(http->multi, descriptor, ready, &running);
	http->inside_curl = false;
	if (code != CURLM_OK) {
		http_restart(http);
		return;
	}
	reap_cancelled(http);
	read_messages(http);
}

/* The timer is libcurl's: only -1 deletes it, and zero is a timer too, which runs on the next turn. */
static int wants_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct http *http = context;

	(void)multi;
	if (timeout_ms < 0)
		return event_del(http->timer);
	loop_arm(http->timer, timeout_ms);
	return 0;
}

static int wants_socket(CURL *easy, curl_socket_t descriptor, int what, void *context, void *watch)
{
	struct http *http = context;

	(void)easy;
	(void)loop_event_free(watch);
	if (what == CURL_POLL_REMOVE)
		return 0;
	short events = EV_PERSIST;
	if ((what & CURL_POLL_IN) != 0)
		events |= EV_READ;
	if ((what & CURL_POLL_OUT) != 0)
		events |= EV_WRITE;
	struct event *event = event_new(http->base, descriptor, events, on_event, http);
	if (event != NULL && event_add(event, NULL) == 0 &&
		curl_multi_assign(http->multi, descriptor, event) == CURLM_OK)
		return 0;
	(void)loop_event_free(event);
	(void)curl_multi_assign(http->multi, descriptor, NULL); /* it must not hand us the freed one again */
	return -1;                                              /* libcurl then fails every transfer */
}

static bool multi_open(struct http *http)
{
	http->multi = curl_multi_init();
	return http->multi != NULL &&
	       curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, wants_socket) == CURLM_OK &&
	       curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) == CURLM_OK &&
	       curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, wants_timer) == CURLM_OK &&
	       curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) == CURLM_OK;
}

struct http *http_new(struct event_base *base)
{
	struct http *http = memory_allocate(sizeof *http);

	http->base = base;
	http->tls_minimum = CURL_SSLVERSION_TLSv1_2;
	TAILQ_INIT(&http->transfers);
	http->timer = loop_timer(base, on_event, http);
	/* One multi shares connections and names; TLS sessions only through a share object before 8.12. */
	http->share = curl_share_init();
	if (!multi_open(http) || http->share == NULL ||
		curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
		abort();
	return http;
}

void http_configure(struct http *http, const struct config_daemon *daemon)
{
	free(http->authorities);
	http->authorities = daemon->authorities == NULL ? NULL : memory_copy_text(daemon->authorities);
	http->tls_minimum =
		strcmp(daemon->tls_minimum, "1.3") == 0 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2;
}

struct http *http_free(struct http *http)
{
	struct transfer *transfer;

	if (http == NULL)
		return NULL;
	while ((transfer = TAILQ_FIRST(&http->transfers)) != NULL)
		transfer_free(transfer); /* NOLINT(clang-analyzer-unix.Malloc): as in first_started */
	(void)curl_multi_cleanup(http->multi);
	(void)curl_share_cleanup(http->share);
	http->timer = loop_event_free(http->timer);
	free(http->authorities);
	free(http);
	return NULL;
}

static void forget_head(struct transfer *transfer)
{
	buffer_clear(&transfer->head_text);
	transfer->answer_count = 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t length = size * count;

	/* A status line begins a new head: after a 1xx, or a proxy's answer to CONNECT. */
	if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		forget_head(transfer);
		return length;
	}
	size_t name = 0;
	while (name < length && bytes[name] != ':')
		name++;
	if (name == length || transfer->answer_count == HTTP_ANSWER_HEADERS_MAX)
		return length;
	size_t begin = name + 1, end = length;
	while (begin < end && (bytes[begin] == ' ' || bytes[begin] == '\t'))
		begin++;
	while (end > begin && (bytes[end - 1] == '\r' || bytes[end - 1] == '\n' || bytes[end - 1] == ' '))
		end--;
	/* The texts move when the buffer grows; pointers are made when the head is told. */
	size_t before = transfer->head_text.length;
	if (buffer_append(&transfer->head_text, bytes, name) && buffer_append(&transfer->head_text, "", 1) &&
		buffer_append(&transfer->head_text, bytes + begin, end - begin) &&
		buffer_append(&transfer->head_text, "", 1))
		transfer->answer_count++;
	else
		transfer->head_text.length = before;
	return length;
}

static void tell_head(struct transfer *transfer)
{
	struct http_head head = { .headers = transfer->answer_headers, .count = transfer->answer_count };
	const char *at = buffer_text(&transfer->head_text);
	long status = 0;

	if (transfer->head_told)
		return;
	transfer->head_told = true;
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	head.status = (int)status;
	for (size_t i = 0; i < transfer->answer_count; i++) {
		transfer->answer_headers[i].name = at;
		at += strlen(at) + 1;
		transfer->answer_headers[i].value = at;
		at += strlen(at) + 1;
	}
	if (transfer->events.head != NULL)
		transfer->events.head(transfer->events.context, &head);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size_t length = size * count;

	if (transfer->cancelled)
		return 0;
	bool ready = transfer->events.ready == NULL || transfer->events.ready(transfer->events.context);
	if (transfer->cancelled)
		return 0;
	if (!ready) {
		transfer->paused = true;
		transfer->paused_at_ms = loop_monotonic_ms();
		return CURL_WRITEFUNC_PAUSE; /* the same bytes come again after the resume */
	}
	tell_head(transfer);
	/* CURLOPT_MAXFILESIZE looks at Content-Length only; counting decoded bytes also stops a compression bomb. */
	transfer->body_bytes += length;
	if (transfer->body_bytes > transfer->body_limit) {
		transfer->too_large = true;
		return 0;
	}
	if (!transfer->cancelled && transfer->events.body(transfer->events.context, bytes, length))
		return length;
	transfer->broken_off = true;
	return 0;
}

/* Whether the request may have reached the server: then a repeat may say a thing twice. */
static bool may_have_arrived(const struct transfer *transfer)
{
	long request_bytes = 0;

	return curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &request_bytes) == CURLE_OK &&
	       request_bytes > 0;
}

/* "api.hubapi.com" or "127.0.0.1:8080" of the address that was asked for; an address holds no user here. Not more of it:
 * that of a webhook is a secret from its path on. */
static int host_of(const struct transfer *transfer, const char **ret_host)
{
	const char *url = NULL;

	if (curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK || url == NULL)
		url = "";
	const char *host = strstr(url, "://");
	*ret_host = host == NULL ? "" : host + 3;
	return (int)strcspn(*ret_host, "/?#");
}

static void transfer_failure(const struct transfer *transfer, CURLcode result, struct failure *failure)
{
	bool unknown = transfer->must_not_repeat && may_have_arrived(transfer);
	enum failure_kind kind = unknown ? FAILURE_UNKNOWN : FAILURE_TRANSIENT;

	if (transfer->too_large) {
		failure_set(failure, kind, "%s: the answer is larger than %zu bytes", transfer->what,
			transfer->body_limit);
		return;
	}
	/* libcurl's own detailed text may hold the URL, and with it a secret: only its general one is used. */
	const char *host;
	int length = host_of(transfer, &host);
	if (length > 100)
		length = 100;
	if (transfer->timed_out)
		failure_set(failure, kind, "%s: no whole answer within %" PRId64 " s, %zu bytes came (%.*s)",
			transfer->what, transfer->timeout_ms / 1000, transfer->body_bytes, length, host);
	else
		failure_set(
			failure, kind, "%s: %s (%.*s)", transfer->what, curl_easy_strerror(result), length, host);
}

static void transfer_end(struct transfer *transfer, CURLcode result)
{
	struct transfer_events events = transfer->events;
	struct failure failure;
	bool answered = result == CURLE_OK || transfer->broken_off;

	/* `head` may cancel: then the transfer must not vanish before we are through with it. */
	transfer->http->inside_curl = true;
	if (answered && !transfer->cancelled)
		tell_head(transfer);
	transfer->http->inside_curl = false;
	if (!answered)
		transfer_failure(transfer, result, &failure);
	bool cancelled = transfer->cancelled;
	transfer_free(transfer);
	if (!cancelled)
		events.done(events.context, answered ? NULL : &failure);
}

static void transfer_start(struct transfer *transfer)
{
	transfer->started = true;
	transfer->started_ms = loop_monotonic_ms();
	loop_arm(transfer->timer, transfer->timeout_ms);
	if (curl_multi_add_handle(transfer->http->multi, transfer->easy) != CURLM_OK)
		abort();
}

/* The pause before sending is over, or the time for the answer is. libcurl's own total time-out would count the time
 * in which we paused the download. */
static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct transfer *transfer = context;

	(void)descriptor;
	(void)what;
	if (transfer->cancelled) {
		transfer_free(transfer);
		return;
	}
	if (!transfer->started) {
		transfer_start(transfer);
		return;
	}
	if (transfer->resumed != CURLE_OK) {
		transfer_end(transfer, transfer->resumed);
		return;
	}
	int64_t used_ms = loop_monotonic_ms() - transfer->started_ms - transfer->paused_total_ms;
	if (transfer->paused)
		loop_arm(transfer->timer, transfer->timeout_ms);
	else if (used_ms < transfer->timeout_ms)
		loop_arm(transfer->timer, transfer->timeout_ms - used_ms);
	else {
		transfer->timed_out = true;
		transfer_end(transfer, CURLE_OPERATION_TIMEDOUT);
	}
}

static bool set_options(struct transfer *transfer, const struct http_request *request)
{
	const char *url = buffer_text(&request->url);
	/* The configuration accepts plain http for loopback only. */
	bool is_loopback = strncasecmp(url, "http://", 7) == 0;
	const char *authorities = transfer->http->authorities;
	CURL *easy = transfer->easy;
	CURLcode code = CURLE_OK;

#define SET(option, value) (code = code == CURLE_OK ? curl_easy_setopt(easy, option, value) : code)
	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, is_loopback ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSLVERSION, transfer->http->tls_minimum);
	SET(CURLOPT_PROXY_SSLVERSION, transfer->http->tls_minimum);
	if (authorities != NULL) {
		struct curl_blob blob = { (void *)(uintptr_t)authorities, strlen(authorities), CURL_BLOB_COPY };
		SET(CURLOPT_CAINFO_BLOB, &blob);
		SET(CURLOPT_PROXY_CAINFO_BLOB, &blob);
		/* The system's folder would be trusted besides. */
		SET(CURLOPT_CAPATH, (char *)NULL);
		SET(CURLOPT_PROXY_CAPATH, (char *)NULL);
	}
	SET(CURLOPT_SHARE, transfer->http->share);
	/* Over HTTP/2 a paused stream can still buffer 32 MiB. */
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	/* No low-speed limit: it would also count the time a vendor thinks before its first byte. */
	/* Meant for programs about to exit; here it keeps the cancellation of a transfer that is still resolving its
	 * name from waiting for the resolver's thread. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_USERAGENT, "advocated/" ADVOCATED_VERSION);
	if (is_loopback)
		SET(CURLOPT_PROXY, "");
	/* Else secret headers would go to the proxy too. */
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	if (request->accept_gzip)
		SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	if (request->must_not_repeat) {
		/* On a reused connection libcurl would send a POST again by itself. */
		SET(CURLOPT_FRESH_CONNECT, 1L);
		SET(CURLOPT_FORBID_REUSE, 1L);
	}
	if (request->is_post) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
		SET(CURLOPT_COPYPOSTFIELDS, buffer_text(&request->body));
		if (request->is_patch)
			SET(CURLOPT_CUSTOMREQUEST, "PATCH");
	}
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, transfer);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, transfer);
#undef SET
	return code == CURLE_OK;
}

static void add_header(struct transfer *transfer, const char *header)
{
	struct curl_slist *longer = curl_slist_append(transfer->headers, header);

	if (longer == NULL)
		abort();
	transfer->headers = longer;
}

struct transfer *http_send(
	struct http *http, const struct http_request *request, const struct transfer_events *events)
{
	struct transfer *transfer = memory_allocate(sizeof *transfer);

	transfer->http = http;
	transfer->events = *events;
	transfer->timeout_ms = (int64_t)request->timeout_s * 1000;
	transfer->body_limit = request->body_limit;
	transfer->must_not_repeat = request->must_not_repeat;
	transfer->what = memory_copy_text(request->what);
	buffer_init(&transfer->head_text, HEAD_LIMIT);
	TAILQ_INSERT_TAIL(&http->transfers, transfer, link);
	for (size_t i = 0; i < request->header_count; i++)
		add_header(transfer, buffer_text(&request->headers[i]));
	add_header(transfer, "Expect:"); /* no round trip before a larger body */
	transfer->easy = curl_easy_init();
	transfer->timer = loop_timer(http->base, on_timer, transfer);
	if (transfer->easy == NULL || !set_options(transfer, request))
		abort();
	loop_arm(transfer->timer, request->pause_before_ms);
	return transfer;
}

void http_resume(struct transfer *transfer)
{
	if (!transfer->paused)
		return;
	transfer->paused = false;
	transfer->paused_total_ms += loop_monotonic_ms() - transfer->paused_at_ms;
	/* This may call on_body before it returns; messages are read on the turn that libcurl's timer wakes. When on_body
	 * breaks off here, libcurl (7.88) only says so: it neither ends the transfer nor watches its socket again. */
	transfer->http->inside_curl = true;
	transfer->resumed = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
	transfer->http->inside_curl = false;
	if (transfer->cancelled)
		transfer_free(transfer);
	else if (transfer->resumed != CURLE_OK)
		loop_arm(transfer->timer, 0);
}

struct transfer *http_cancel(struct transfer *transfer)
{
	if (transfer == NULL)
		return NULL;
	if (transfer->http->inside_curl) {
		transfer->cancelled = true;
		loop_arm(transfer->timer, 0); /* libcurl may have no reason to come back soon */
	} else {
		transfer_free(transfer);
	}
	return NULL;
}
