/* service.h - what systemd is told, and what it and the operator tell us: readiness, status, watchdog, signals. */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <event2/event.h>
#include <stdbool.h>

struct service;

/* All are called from the loop. */
struct service_events {
	void *context;
	void (*stop)(void *context, int hurry); /* SIGTERM, SIGINT; `hurry`: the second one */
	void (*reload)(void *context);          /* SIGHUP */
	/* Before each ping of the watchdog: false keeps it back, and systemd restarts us soon. */
	bool (*alive)(void *context);
};

struct service *service_new(struct event_base *base, const struct service_events *events);
struct service *service_free(struct service *service); /* takes NULL, returns NULL */
/* The listening socket that a socket unit has passed; -1 when there is none. It stays open all the time. */
int service_socket(const struct service *service);

/* Each `status` is a sentence for a tired person. Equal ones in a row are told once. */
void service_ready(struct service *service, const char *status);
void service_status(struct service *service, const char *status);
/* RELOADING=1, with the monotonic stamp that Type=notify-reload wants; service_ready ends it. */
void service_reloading(struct service *service);
void service_stopping(struct service *service, const char *status);

#endif
