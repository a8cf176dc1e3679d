#include "daemon/service.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "connectors/memory.h"
#include "connectors/utf8.h"
#include "daemon/loop.h"

struct service {
	struct service_events events;
	struct event *terminate, *interrupt, *hangup, *watchdog;
	int64_t watchdog_ms;
	int socket, stops;
	char status[256];
};

static void on_stop(evutil_socket_t number, short what, void *context)
{
	struct service *service = context;

	(void)number;
	(void)what;
	service->events.stop(service->events.context, service->stops++ > 0);
}

static void on_hangup(evutil_socket_t number, short what, void *context)
{
	struct service *service = context;

	(void)number;
	(void)what;
	service->events.reload(service->events.context);
}

static void on_watchdog(evutil_socket_t descriptor, short what, void *context)
{
	struct service *service = context;

	(void)descriptor;
	(void)what;
	/* From the loop: a loop that no longer turns pings no more. */
	if (service->events.alive(service->events.context))
		(void)sd_notify(0, "WATCHDOG=1");
	loop_arm(service->watchdog, service->watchdog_ms);
}

static struct event *watch_signal(
	struct event_base *base, int number, event_callback_fn callback, struct service *service)
{
	struct event *event = evsignal_new(base, number, callback, service);

	if (event == NULL || event_add(event, NULL) != 0) {
		fputs("advocated: can't watch for signals\n", stderr);
		abort();
	}
	return event;
}

struct service *service_new(struct event_base *base, const struct service_events *events)
{
	struct service *service = memory_allocate(sizeof *service);
	uint64_t watchdog_us = 0;

	service->events = *events;
	(void)signal(SIGPIPE, SIG_IGN);
	service->terminate = watch_signal(base, SIGTERM, on_stop, service);
	service->interrupt = watch_signal(base, SIGINT, on_stop, service);
	service->hangup = watch_signal(base, SIGHUP, on_hangup, service);
	service->socket = -1;
	for (int i = sd_listen_fds(1); i > 0; i--)
		if (sd_is_socket(SD_LISTEN_FDS_START + i - 1, AF_UNSPEC, SOCK_STREAM, 1) > 0)
			service->socket = SD_LISTEN_FDS_START + i - 1;
	service->watchdog = loop_timer(base, on_watchdog, service);
	if (sd_watchdog_enabled(0, &watchdog_us) > 0) {
		service->watchdog_ms = (int64_t)(watchdog_us / 2000);
		loop_arm(service->watchdog, service->watchdog_ms);
	}
	return service;
}

struct service *service_free(struct service *service)
{
	if (service == NULL)
		return NULL;
	service->terminate = loop_event_free(service->terminate);
	service->interrupt = loop_event_free(service->interrupt);
	service->hangup = loop_event_free(service->hangup);
	service->watchdog = loop_event_free(service->watchdog);
	free(service);
	return NULL;
}

int service_socket(const struct service *service)
{
	return service->socket;
}

/* A newline in a status would begin another assignment; half a character makes systemd drop it. */
static void keep_status(struct service *service, const char *status)
{
	(void)snprintf(service->status, sizeof service->status, "%s", status);
	utf8_drop_cut(service->status);
	for (char *at = service->status; *at != '\0'; at++)
		if (*at == '\n' || *at == '\r')
			*at = ' ';
}

void service_ready(struct service *service, const char *status)
{
	keep_status(service, status);
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", service->status);
}

void service_status(struct service *service, const char *status)
{
	if (strcmp(service->status, status) == 0)
		return;
	keep_status(service, status);
	(void)sd_notifyf(0, "STATUS=%s", service->status);
}

void service_reloading(struct service *service)
{
	struct timespec now;

	(void)service;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void service_stopping(struct service *service, const char *status)
{
	keep_status(service, status);
	(void)sd_notifyf(0, "STOPPING=1\nSTATUS=%s", service->status);
}
