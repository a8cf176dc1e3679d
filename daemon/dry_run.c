#include "daemon/dry_run.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>

#include "connectors/memory.h"
#include "daemon/counter.h"
#include "daemon/difference.h"
#include "daemon/http.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/schedule.h"

enum { PATIENCE_MS = 30000 }; /* for a database that can't be reached */

struct rehearsal {
	struct event_base *base;
	struct schedule **schedules;
	size_t count;
	struct event *patience;
	int exit_code;
};

static void on_previewed(void *context, const char *source, const char *stream, const char *difference)
{
	(void)context;
	difference_print(source, stream, difference);
}

static void on_finished(void *context)
{
	struct rehearsal *rehearsal = context;

	for (size_t i = 0; i < rehearsal->count; i++)
		if (!schedule_finished(rehearsal->schedules[i]))
			return;
	(void)event_base_loopbreak(rehearsal->base);
}

static void on_changed(void *context)
{
	struct rehearsal *rehearsal = context;

	for (size_t i = 0; i < rehearsal->count; i++)
		if (!schedule_finished(rehearsal->schedules[i]) &&
			schedule_state(rehearsal->schedules[i]) == SCHEDULE_CONNECTING) {
			if (!event_pending(rehearsal->patience, EV_TIMEOUT, NULL))
				loop_arm(rehearsal->patience, PATIENCE_MS);
			return;
		}
	(void)event_del(rehearsal->patience);
}

static void on_patience(evutil_socket_t descriptor, short what, void *context)
{
	struct rehearsal *rehearsal = context;

	(void)descriptor;
	(void)what;
	for (size_t i = 0; i < rehearsal->count; i++)
		schedule_tell_link(rehearsal->schedules[i]);
	log_write(LOG_LEVEL_ERROR, "database_unavailable", NULL, "the database can't be reached");
	rehearsal->exit_code = EX_UNAVAILABLE;
	(void)event_base_loopbreak(rehearsal->base);
}

int dry_run(struct config *config)
{
	struct rehearsal rehearsal = { .count = config->source_count, .exit_code = EX_OK };

	log_open(LOG_LEVEL_WARNING);
	(void)signal(SIGPIPE, SIG_IGN);
	rehearsal.base = event_base_new();
	if (rehearsal.base == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	struct http *http = http_new(rehearsal.base);
	http_configure(http, &config->daemon);
	rehearsal.patience = loop_timer(rehearsal.base, on_patience, &rehearsal);
	loop_arm(rehearsal.patience, PATIENCE_MS);
	rehearsal.schedules = memory_allocate(config->source_count * sizeof *rehearsal.schedules);
	for (size_t i = 0; i < config->source_count; i++)
		rehearsal.schedules[i] = schedule_start(&(struct schedule_settings){ .base = rehearsal.base,
								.http = http,
								.source = &config->sources[i],
								.database = &config->database,
								.policy = config->policy,
								.state_directory = config->daemon.state_directory,
								.once = true,
								.dry_run = true },
			&(struct schedule_events){ .context = &rehearsal,
				.changed = on_changed,
				.finished = on_finished,
				.previewed = on_previewed });
	if (event_base_dispatch(rehearsal.base) < 0)
		rehearsal.exit_code = EXIT_FAILURE;
	for (size_t i = 0; i < config->source_count; i++) {
		if (rehearsal.exit_code == EX_OK && !schedule_succeeded(rehearsal.schedules[i]))
			rehearsal.exit_code = EXIT_FAILURE;
		rehearsal.schedules[i] = schedule_free(rehearsal.schedules[i]);
	}
	free(rehearsal.schedules);
	rehearsal.patience = loop_event_free(rehearsal.patience);
	http_free(http);
	event_base_free(rehearsal.base);
	config_free(config);
	counter_clear();
	curl_global_cleanup();
	libevent_global_shutdown();
	return rehearsal.exit_code;
}
