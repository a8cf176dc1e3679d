/* What server.c (listeners, calls) and answer.c (answers, and the ways they go wrong) share. */
#ifndef SANDBOX_SERVER_INTERNAL_H
#define SANDBOX_SERVER_INTERNAL_H

#include "tests/sandbox/fault.h"
#include "tests/sandbox/server.h"

#include <event2/http.h>
#include <openssl/ssl.h>

#define FAULTS_PER_CALL 8

struct listener {
	struct server *server;
	int number;
	struct evhttp *http;
	struct evhttp_bound_socket *socket; /* NULL while the vendor refuses connections */
	uint16_t port;
	long latency_ms;
	struct server_vendor_operations operations;
	json_t *endpoints; /* "query Account" -> how many calls */
	json_t *statuses;
	json_int_t calls;
};

struct server {
	struct event_base *base;
	struct listener listeners[SERVER_LISTENERS];
	struct fault_table *faults;
	struct event *door_timer;
	SSL_CTX *tls; /* NULL: none */
	struct server_call *first_call;
	struct server_switch {
		char *key;
		char *meaning;
		char *value;
	} * switches;
	size_t switch_count;
};

struct server_call {
	struct listener *listener;
	struct evhttp_request *request;       /* NULL once evhttp has it back */
	struct evhttp_connection *connection; /* ours alone while an answer is being broken */
	struct server_call *next;
	struct server_call **link;
	struct event *timer;
	struct evkeyvalq parameters;
	bool parameters_parsed;
	char *body;
	size_t body_length;
	json_t *json;
	bool gzip_allowed;
	struct fault faults[FAULTS_PER_CALL];
	size_t fault_count;
	int status;
	struct text_buffer answer;
};

void server_call_free(struct server_call *call);
void server_count_call(struct listener *listener, const char *endpoint, const char *object);
/* 0: the caller got no status at all. */
void server_count_status(struct listener *listener, int status);

#endif
