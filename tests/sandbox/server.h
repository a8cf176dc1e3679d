/*
 * What all the played vendors share: a listener each on 127.0.0.1, calls and their answers, counting, faults
 * and latency. A vendor only has to know its own manners.
 *
 * A vendor's engineer writes one file and one function, declared in his own header:
 *
 *	void hubspot_register(struct server *server, struct world *world, const char *token);
 *	void gainsight_register(struct server *server, struct world *world, const char *access_key);
 *
 * which calls server_vendor_set() once. The world and the strings outlive the server. A handler looks like
 *this:
 *
 *	static void handle(struct server_call *call, void *context)
 *	{
 *		...find out endpoint and object from the path (and body), nothing else...
 *		if (server_call_begin(call, "search", "companies"))
 *			return;		(a fault has already answered)
 *		...authenticate, check, do, answer exactly once, now or later...
 *	}
 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "tests/sandbox/text_buffer.h"
#include "tests/sandbox/world.h"

#include <event2/event.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum server_vendor {
	SERVER_SALESFORCE,
	SERVER_HUBSPOT,
	SERVER_GAINSIGHT,
	SERVER_SLACK,
	SERVER_DISCORD,
	SERVER_VENDORS,
	SERVER_CONTROL = SERVER_VENDORS,
	SERVER_LISTENERS
};

struct server;
struct server_call;
struct fault; /* read it with fault_parameter() and fault_parameter_number() */

/* A parameter of the command that set the fault: `fault hubspot 429 policy=SECONDLY` has "policy". */
const char *fault_parameter(const struct fault *fault, const char *name, const char *otherwise);
long fault_parameter_number(const struct fault *fault, const char *name, long otherwise);

struct server_vendor_operations {
	/* Answers one call. The call must be answered exactly once, but not necessarily before this returns.
	 */
	void (*handle)(struct server_call *call, void *context);
	/*
	 * Answers a call with a fault in the vendor's own words: "401", "403", "429", "500", "503"... with
	 * status, headers and body as in its document. True when it answered (or, where a fault is better
	 * played inside the handler, when it remembered what to do and did not answer: see
	 * server_call_fault()). Never asked for the kinds that the server plays itself: refuse, reset, stall,
	 * slow, truncate, 502-html, 200-html, 200-empty. An endpoint called "token" meets only faults with
	 * object=token.
	 */
	bool (*answer_fault)(struct server_call *call, const struct fault *fault, const char *kind, void *context);
	/*
	 * Kinds that this vendor knows besides the server's own, separated by blanks: "401 401-forever 429
	 * 500". A kind that ends in '*' is not answered by answer_fault(): server_call_begin() returns false
	 * and the handler asks server_call_fault() for it ("locator-lost*", "207-mixed*").
	 */
	const char *fault_kinds;
	void *context;
	/* Called once at the end, may be NULL. */
	void (*destroy)(void *context);
};

void server_vendor_set(
	struct server *server, enum server_vendor vendor, const struct server_vendor_operations *operations);

struct event_base *server_event_base(struct server *server);

/*
 * Switches: words set by `--set KEY=VALUE` or by the command `set KEY VALUE`, at any time, so ask each time.
 * KEY is `vendor.name` ("hubspot.search_lag_ms", "gainsight.limit_policy"). An unset key gives `otherwise`.
 * Register each key with its meaning, so that --help lists it and a mistyped key is refused.
 */
void server_switch_register(struct server *server, const char *key, const char *meaning);
const char *server_switch(struct server *server, const char *key, const char *otherwise);
long server_switch_number(struct server *server, const char *key, long otherwise);

/* ---- a call as it came ---- */

struct server *server_call_server(struct server_call *call);
const char *server_call_method(struct server_call *call); /* "GET", "POST", "PATCH", "PUT", "DELETE" */
const char *server_call_path(struct server_call *call);   /* without query, still percent-encoded */
const char *server_call_uri(struct server_call *call);    /* whole, as sent: for length limits */
/* The first value of a query parameter, decoded ('+' is a blank); NULL when it is not there. */
const char *server_call_parameter(struct server_call *call, const char *name);
const struct evkeyvalq *server_call_parameters(struct server_call *call);
const char *server_call_header(struct server_call *call, const char *name); /* NULL when it is not there */
size_t server_call_head_length(struct server_call *call); /* bytes of the URI and of all header lines */
/* The body, NUL-terminated for convenience; never NULL. */
const char *server_call_body(struct server_call *call, size_t *length);
/* The body as JSON (any value), NULL when it is none; belongs to the call. */
json_t *server_call_json(struct server_call *call);

/*
 * Counts the call under endpoint and object (shown by the control listener's /calls) and lets faults play.
 * True: it has been answered, or will be, and the handler must return. Call it before any side effect.
 * `object` may be "" where there is none; it is what `fault ... object=NAME` is compared with, without case.
 */
bool server_call_begin(struct server_call *call, const char *endpoint, const char *object);
/* The fault of a '*' kind that server_call_begin() let through for this call, or NULL. */
const struct fault *server_call_fault(struct server_call *call, const char *kind);

/* ---- the answer ---- */

void server_call_add_header(struct server_call *call, const char *name, const char *value);
/* The vendor compresses when the caller accepts gzip; otherwise answers go plain. */
void server_call_allow_gzip(struct server_call *call);

/* Each ends the call. Date and Content-Length are added by the server. */
void server_answer(struct server_call *call, int status, const char *content_type, const char *body);
void server_answer_json(struct server_call *call, int status, json_t *body); /* takes the reference */
void server_answer_buffer(struct server_call *call, int status, const char *content_type,
	struct text_buffer *body); /* takes the bytes, empties the buffer */
/* As if nobody were there any more: the connection is reset. */
void server_answer_reset(struct server_call *call);

/* END OF INTERFACE */

struct server_options {
	long latency_ms; /* before each answer of every vendor */
	const char *
		tls_file; /* PEM, certificate and key: the vendors speak TLS, the control listener doesn't; or NULL */
};

struct server *server_create(struct event_base *base, const struct server_options *options);
void server_destroy(struct server *server);
/* Binds every listener to a free port of 127.0.0.1. False with a message on stderr when that fails. */
bool server_listen(struct server *server);
uint16_t server_port(const struct server *server, int listener);
const char *server_scheme(const struct server *server, int listener); /* "http" or "https" */
const char *server_vendor_name(int listener);
int server_vendor_find(const char *name); /* -1: no such vendor */
/* The control listener has no faults and is not counted. */
void server_control_set(
	struct server *server, void (*handle)(struct server_call *call, void *context), void *context);
void server_set_latency(struct server *server, int vendor, long milliseconds);
/* False when nobody registered the key. */
bool server_switch_set(struct server *server, const char *key, const char *value);
void server_switch_list(const struct server *server, struct text_buffer *out);
json_t *server_calls_json(const struct server *server);
struct fault_table *server_faults(struct server *server);
const char *server_vendor_fault_kinds(const struct server *server, int vendor);

#endif
