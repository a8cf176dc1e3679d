#include "daemon/metrics.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "daemon/counter.h"
#include "daemon/db.h"
#include "daemon/exposition.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/web.h"

enum {
	FRESH_MS = 5000,    /* scrapes within that share one look at the database */
	PATIENCE_MS = 5000, /* then a scrape gets what is known, marked as stale */
	LISTEN_AGAIN_MS = 30000,
	FIGURES_MOST = 2 * 1024 * 1024,
	LABELS_MOST = 8,
	LAG_EVERY_MS = 5000,
	LAG_COUNT = 12, /* a minute of them */
};

struct metrics {
	struct event_base *base;
	struct metrics_events events;
	char *listen;
	int descriptor;
	struct web *web;
	struct db *db;              /* its own: a scrape waits for no policy or delivery, nor they for it */
	struct event *listen_again; /* armed while the address can't be had */
	struct event *patience;     /* armed while asking */
	struct event *lag_timer;
	struct buffer figures; /* the database's, as text; what the last good look brought */
	int64_t figures_ms;    /* monotonic: when; 0: never */
	int64_t settled_ms;    /* when a look last ended, well or not, or took too long */
	bool asking, stale, refused;
	int64_t lag_due_ms, lags_ms[LAG_COUNT];
	size_t lag_count;
};

/* --- the database's figures --- */

static void write_row(struct buffer *page, const PGresult *result, int row)
{
	const char *name = PQgetvalue(result, row, 0), *key;
	struct exposition_label labels[LABELS_MOST];
	json_t *object = json_loads(PQgetvalue(result, row, 3), 0, NULL), *value;
	size_t count = 0;

	if (row == 0 || strcmp(name, PQgetvalue(result, row - 1, 0)) != 0)
		exposition_family(page, name, PQgetvalue(result, row, 1), PQgetvalue(result, row, 2));
	json_object_foreach (object, key, value)
		if (count < LABELS_MOST && json_is_string(value))
			labels[count++] = (struct exposition_label){ key, json_string_value(value) };
	exposition_sample(page, name, labels, count, strtod(PQgetvalue(result, row, 4), NULL));
	json_decref(object);
}

static void settle(struct metrics *metrics)
{
	metrics->settled_ms = loop_monotonic_ms();
	if (metrics->web != NULL)
		web_resume(metrics->web);
}

static void on_figures(void *context, const PGresult *result, const struct failure *failure)
{
	struct metrics *metrics = context;

	metrics->asking = false;
	(void)event_del(metrics->patience);
	metrics->stale = result == NULL;
	if (result == NULL) {
		log_write(
			LOG_LEVEL_DEBUG, "metrics_stale", NULL, "the database gives no figures: %s", failure->text);
	} else {
		buffer_clear(&metrics->figures);
		for (int row = 0; row < PQntuples(result); row++)
			write_row(&metrics->figures, result, row);
		metrics->figures_ms = loop_monotonic_ms();
	}
	settle(metrics);
}

static void on_patience(evutil_socket_t descriptor, short what, void *context)
{
	struct metrics *metrics = context;

	(void)descriptor;
	(void)what;
	metrics->stale = true;
	settle(metrics);
}

static void ask_figures(struct metrics *metrics)
{
	loop_arm(metrics->patience, PATIENCE_MS);
	if (metrics->asking)
		return;
	metrics->asking = true;
	db_query(metrics->db,
		"SELECT name, kind, help, labels, value FROM advocacy.metric ORDER BY name, labels::text", 0, NULL,
		on_figures, metrics);
}

/* --- the process --- */

static void write_memory(struct buffer *page)
{
	unsigned long long size, resident;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL)
		return;
	if (fscanf(file, "%llu %llu", &size, &resident) == 2) { /* NOLINT(cert-err34-c) */
		double page_size = (double)sysconf(_SC_PAGESIZE);
		exposition_single(page, "process_virtual_memory_bytes", "gauge", "Address space of the daemon.",
			(double)size * page_size);
		exposition_single(page, "process_resident_memory_bytes", "gauge", "Memory of the daemon.",
			(double)resident * page_size);
	}
	(void)fclose(file);
}

static void write_descriptors(struct buffer *page)
{
	struct rlimit limit;
	DIR *folder = opendir("/proc/self/fd");
	int count = -3; /* ".", "..", and the folder itself */

	if (folder == NULL)
		return;
	while (readdir(folder) != NULL)
		count++;
	(void)closedir(folder);
	exposition_single(page, "process_open_fds", "gauge", "Open file descriptors.", count);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		exposition_single(
			page, "process_max_fds", "gauge", "How many there may be.", (double)limit.rlim_cur);
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void write_process(const struct metrics *metrics, struct buffer *page)
{
	const struct exposition_label version = { "version", ADVOCATED_VERSION };
	struct rusage usage;
	int64_t worst_ms = 0;

	exposition_family(page, "build_info", "gauge", "Always 1; which program this is.");
	exposition_sample(page, "build_info", &version, 1, 1);
	for (size_t i = 0; i < LAG_COUNT; i++)
		if (metrics->lags_ms[i] > worst_ms)
			worst_ms = metrics->lags_ms[i];
	exposition_single(page, "loop_lag_seconds", "gauge",
		"How late the event loop was at worst in the last minute, by samples.", (double)worst_ms / 1000);
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		exposition_single(page, "process_cpu_seconds_total", "counter", "CPU time of the daemon.",
			seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
	write_memory(page);
	write_descriptors(page);
}

static void on_lag(evutil_socket_t descriptor, short what, void *context)
{
	struct metrics *metrics = context;
	int64_t now_ms = loop_monotonic_ms(), late_ms = now_ms - metrics->lag_due_ms;

	(void)descriptor;
	(void)what;
	metrics->lags_ms[metrics->lag_count++ % LAG_COUNT] = late_ms > 0 ? late_ms : 0;
	metrics->lag_due_ms = now_ms + LAG_EVERY_MS;
	loop_arm(metrics->lag_timer, LAG_EVERY_MS);
}

/* --- answers --- */

static bool answer_metrics(struct metrics *metrics, struct web_answer *answer)
{
	int64_t now_ms = loop_monotonic_ms();
	struct buffer *page = &answer->body;

	if (metrics->settled_ms == 0 || now_ms - metrics->settled_ms >= FRESH_MS) {
		ask_figures(metrics);
		return false;
	}
	answer->type = EXPOSITION_TYPE;
	write_process(metrics, page);
	counter_write(page);
	metrics->events.gauges(metrics->events.context, page);
	exposition_single(page, "database_figures_stale", "gauge",
		"1 while the database does not answer: the figures from it are those of the last good look.",
		metrics->stale);
	if (metrics->figures_ms > 0) {
		exposition_single(page, "database_figures_age_seconds", "gauge", "Since the last good look.",
			(double)(now_ms - metrics->figures_ms) / 1000);
		(void)buffer_append(page, metrics->figures.bytes, metrics->figures.length);
	}
	return true;
}

static void answer_ready(const struct metrics *metrics, struct web_answer *answer)
{
	char text[600];

	if (!metrics->events.ready(metrics->events.context, text, sizeof text))
		answer->status = 503;
	(void)buffer_printf(&answer->body, "%s\n", text);
}

static bool on_asked(void *context, const char *path, struct web_answer *answer)
{
	struct metrics *metrics = context;

	if (strcmp(path, "/metrics") == 0)
		return answer_metrics(metrics, answer);
	if (strcmp(path, "/healthz") == 0)
		(void)buffer_append_text(&answer->body, "ok: the event loop turns\n");
	else if (strcmp(path, "/readyz") == 0)
		answer_ready(metrics, answer);
	else
		answer->status = 404;
	return true;
}

/* --- listening --- */

static void open_web(struct metrics *metrics)
{
	struct failure failure;

	metrics->web = web_open(&(struct web_settings){ .base = metrics->base,
					.listen = metrics->listen,
					.descriptor = metrics->descriptor,
					.handler = on_asked,
					.context = metrics },
		&failure);
	if (metrics->web != NULL) {
		metrics->refused = false;
		return;
	}
	/* Once: it is tried again until it goes well. */
	if (!metrics->refused)
		log_write(LOG_LEVEL_ERROR, "metrics_unavailable", NULL,
			"metrics can't be served, trying again every %d s: %s", LISTEN_AGAIN_MS / 1000,
			failure.text);
	metrics->refused = true;
	loop_arm(metrics->listen_again, LISTEN_AGAIN_MS);
}

static void on_listen_again(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	open_web(context);
}

static void on_connected(void *context)
{
	(void)context;
}

static void on_lost(void *context, const struct failure *failure)
{
	(void)context;
	(void)failure; /* the control link tells the log */
}

static const char *password_of(const struct config *config)
{
	return config->database.password == NULL ? NULL : secret_reveal(config->database.password);
}

static void start(struct metrics *metrics, const struct config *config)
{
	metrics->db = db_new(metrics->base,
		&(struct db_settings){ .conninfo = config->database.conninfo,
			.password = password_of(config),
			.purpose = "metrics" },
		&(struct db_events){ .context = metrics, .connected = on_connected, .lost = on_lost });
	db_connect(metrics->db);
	metrics->lag_due_ms = loop_monotonic_ms() + LAG_EVERY_MS;
	loop_arm(metrics->lag_timer, LAG_EVERY_MS);
	open_web(metrics);
}

static void stop(struct metrics *metrics)
{
	metrics->web = web_close(metrics->web);
	metrics->db = db_free(metrics->db);
	metrics->asking = metrics->refused = false;
	metrics->settled_ms = 0;
	(void)event_del(metrics->listen_again);
	(void)event_del(metrics->patience);
	(void)event_del(metrics->lag_timer);
}

struct metrics *metrics_new(
	struct event_base *base, const struct config *config, int descriptor, const struct metrics_events *events)
{
	struct metrics *metrics = memory_allocate(sizeof *metrics);

	metrics->base = base;
	metrics->events = *events;
	metrics->descriptor = descriptor;
	metrics->listen_again = loop_timer(base, on_listen_again, metrics);
	metrics->patience = loop_timer(base, on_patience, metrics);
	metrics->lag_timer = loop_timer(base, on_lag, metrics);
	buffer_init(&metrics->figures, FIGURES_MOST);
	if (config->daemon.metrics_listen != NULL)
		metrics->listen = memory_copy_text(config->daemon.metrics_listen);
	if (descriptor >= 0 || metrics->listen != NULL)
		start(metrics, config);
	return metrics;
}

struct metrics *metrics_free(struct metrics *metrics)
{
	if (metrics == NULL)
		return NULL;
	stop(metrics);
	metrics->listen_again = loop_event_free(metrics->listen_again);
	metrics->patience = loop_event_free(metrics->patience);
	metrics->lag_timer = loop_event_free(metrics->lag_timer);
	buffer_free(&metrics->figures);
	free(metrics->listen);
	free(metrics);
	return NULL;
}

void metrics_configure(struct metrics *metrics, const struct config *config)
{
	const char *listen = config->daemon.metrics_listen;
	bool is_same = listen == NULL ? metrics->listen == NULL
				      : metrics->listen != NULL && strcmp(listen, metrics->listen) == 0;

	if (metrics->db != NULL)
		db_set_password(metrics->db, password_of(config));
	if (is_same || metrics->descriptor >= 0)
		return;
	stop(metrics);
	free(metrics->listen);
	metrics->listen = listen == NULL ? NULL : memory_copy_text(listen);
	if (listen != NULL)
		start(metrics, config);
}
