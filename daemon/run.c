#include "daemon/run.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "connectors/memory.h"
#include "daemon/config_difference.h"
#include "daemon/control.h"
#include "daemon/counter.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/metrics.h"
#include "daemon/progress.h"
#include "daemon/report.h"
#include "daemon/schedule.h"
#include "daemon/service.h"

enum {
	STOP_PATIENCE_MS = 4000,  /* for messages and tokens under way; a stop takes no more than 5 s */
	JUDGE_PATIENCE_MS = 5000, /* for what the database says of a new policy */
	ONCE_PATIENCE_MS = 30000, /* for a database that can't be reached */
};

struct program {
	const char *path;
	struct config *config;
	bool once;
	struct event_base *base;
	struct http *http;
	struct service *service;
	struct control *control;
	struct metrics *metrics; /* not of `once` */
	struct schedule **schedules;
	size_t schedule_count;
	size_t delivering;        /* once only: sources that still write flags */
	struct event *patience;   /* once: for the database; stopping and reloading: for what is under way */
	struct event *settled;    /* zero: what was under way has ended, out of its callbacks */
	struct config *candidate; /* reloading: that the database judges; else NULL */
	bool stopping, reloading, streams_finished, reloaded;
	bool impatient; /* reloading: a token has been waited for long enough */
	bool told_ready, told_stalled;
	int exit_code;
};

static struct report report_of(const struct program *program)
{
	return (struct report){ program->control, program->schedules, program->schedule_count };
}

static void describe(const struct program *program, char *text, size_t size)
{
	const struct report report = report_of(program);

	report_sentence(&report, text, size);
}

static bool on_ready_asked(void *context, char *text, size_t size)
{
	const struct program *program = context;
	const struct report report = report_of(program);

	if (!program->stopping)
		return report_ready(&report, text, size);
	(void)snprintf(text, size, "stopping");
	return false;
}

static void on_gauges_asked(void *context, struct buffer *page)
{
	const struct report report = report_of(context);

	report_gauges(&report, page);
}

static void tell_status(struct program *program)
{
	char status[240];

	if (program->stopping || program->control == NULL)
		return;
	describe(program, status, sizeof status);
	/* The first time is when the database has answered or can't be had: what can be known at the start is known. */
	if (program->told_ready)
		service_status(program->service, status);
	else
		service_ready(program->service, status);
	program->told_ready = true;
}

static void leave(struct program *program)
{
	(void)event_base_loopbreak(program->base);
}

static bool is_authorizing(const struct program *program)
{
	for (size_t i = 0; i < program->schedule_count; i++)
		if (schedule_is_authorizing(program->schedules[i]))
			return true;
	return false;
}

static void leave_when_idle(struct program *program)
{
	if (!control_is_busy(program->control) && !is_authorizing(program))
		leave(program);
}

/* Once only: with a link down nothing ends, so there is a limit to how long one may stay down. */
static void limit_waiting(struct program *program)
{
	bool all_connected = control_state(program->control) == CONTROL_READY;

	for (size_t i = 0; i < program->schedule_count; i++)
		all_connected =
			all_connected && (schedule_finished(program->schedules[i]) ||
						 schedule_state(program->schedules[i]) != SCHEDULE_CONNECTING);
	if (all_connected)
		(void)event_del(program->patience);
	else if (!event_pending(program->patience, EV_TIMEOUT, NULL))
		loop_arm(program->patience, ONCE_PATIENCE_MS);
}

/* Rows that are not committed come again; a message that is being sent and a token that is being asked for should end
 * well. */
static void begin_stop(struct program *program)
{
	program->stopping = true;
	loop_arm(program->patience, STOP_PATIENCE_MS);
	loop_arm(program->settled, 0);
}

static void start_schedules(struct program *program);

static void on_changed(void *context)
{
	struct program *program = context;

	if (program->control == NULL || program->stopping)
		return;
	/* A reload whose policy the database refuses: the rules in force stay, and the sources go on under them. */
	bool is_refused = program->reloaded && control_state(program->control) == CONTROL_BAD_POLICY;
	for (size_t i = 0; i < program->schedule_count && control_state(program->control) == CONTROL_READY; i++)
		schedule_tell_link(program->schedules[i]);
	if (program->once)
		limit_waiting(program);
	else if (is_refused)
		start_schedules(program);
	tell_status(program);
}

/* A schema that this version can't work with any more: others, which can, take over. What runs here is ended whole, and what
 * systemd starts then, which may be the newer version already, stands by or works. */
static void on_control_changed(void *context)
{
	struct program *program = context;

	if (program->control != NULL && !program->stopping && program->schedule_count > 0 &&
		control_state(program->control) == CONTROL_NO_SCHEMA) {
		program->exit_code = EX_UNAVAILABLE;
		begin_stop(program);
		return;
	}
	on_changed(context);
}

/* The last commit's messages may not have been noticed yet: look once more, then leave at the next idleness. */
static void end_streams(struct program *program)
{
	program->streams_finished = true;
	control_wake(program->control);
}

static void on_stream_finished(void *context)
{
	struct program *program = context;

	if (program->stopping)
		return;
	for (size_t i = 0; i < program->schedule_count; i++)
		if (!schedule_finished(program->schedules[i]))
			return;
	/* Flags last: what one source's records have decided is written into the others too. */
	for (size_t i = 0; i < program->schedule_count; i++)
		program->delivering += schedule_deliver(program->schedules[i]);
	if (program->delivering == 0)
		end_streams(program);
}

static void on_delivered(void *context)
{
	struct program *program = context;

	if (--program->delivering == 0 && !program->stopping)
		end_streams(program);
}

static void on_authorized(void *context)
{
	const struct program *program = context;

	if (program->stopping || program->reloading)
		loop_arm(program->settled, 0);
}

static bool is_running(const struct program *program, const char *source)
{
	for (size_t i = 0; i < program->schedule_count; i++)
		if (strcmp(schedule_source(program->schedules[i]), source) == 0)
			return true;
	return false;
}

/* Those that don't run yet. */
static void start_schedules(struct program *program)
{
	const struct config *config = program->config;

	program->schedules = memory_resize(program->schedules, config->source_count * sizeof *program->schedules);
	for (size_t i = 0; i < config->source_count; i++) {
		if (is_running(program, config->sources[i].name))
			continue;
		program->schedules[program->schedule_count++] = schedule_start(
			&(struct schedule_settings){
				.base = program->base,
				.http = program->http,
				.source = &config->sources[i],
				.database = &config->database,
				.policy = config->policy,
				.state_directory = config->daemon.state_directory,
				.once = program->once,
			},
			&(struct schedule_events){ .context = program,
				.changed = on_changed,
				.finished = on_stream_finished,
				.delivered = on_delivered,
				.authorized = on_authorized });
	}
}

/* Except for those that are asking for a token: they end when they have it. */
static void stop_schedules(struct program *program)
{
	size_t kept = 0;

	for (size_t i = 0; i < program->schedule_count; i++) {
		struct schedule *schedule = program->schedules[i];
		if (schedule_is_authorizing(schedule))
			program->schedules[kept++] = schedule;
		else
			(void)schedule_free(schedule);
	}
	program->schedule_count = kept;
}

static void on_ready(void *context)
{
	struct program *program = context;

	if (program->stopping)
		return;
	/* Sources wait for the policy: a score must not be judged by yesterday's rules. */
	start_schedules(program);
	on_changed(program);
}

static void on_idle(void *context)
{
	struct program *program = context;

	if (program->stopping)
		leave_when_idle(program);
	else if (program->once && program->streams_finished)
		leave(program);
	else
		tell_status(program);
}

static void on_stop(void *context, int hurry)
{
	struct program *program = context;

	if (program->stopping || hurry) {
		leave(program);
		return;
	}
	begin_stop(program);
	if (program->once) /* the work it was started for isn't done */
		program->exit_code = EXIT_FAILURE;
	log_write(LOG_LEVEL_INFO, "stopping", NULL, "stopping");
	service_stopping(program->service, "stopping: finishing the messages under way");
}

/* That the loop turns is not enough: work that nothing will ever wake up again must not look alive. */
static bool on_alive_asked(void *context)
{
	struct program *program = context;
	const struct progress *stalled = progress_stalled(loop_monotonic_ms());

	if (stalled != NULL && !program->told_stalled)
		log_write(LOG_LEVEL_ERROR, "stalled", LOG_FIELDS({ "WORK", stalled->what }),
			"%s has not moved for %d minutes; systemd is left to restart us", stalled->what,
			PROGRESS_LIMIT_MS / 60000);
	program->told_stalled = stalled != NULL;
	return stalled == NULL;
}

static void log_differences(const struct config *old, const struct config *new)
{
	struct config_differences differences = config_differences(old, new);

	for (size_t i = 0; i < differences.count; i++)
		log_write(LOG_LEVEL_INFO, "configuration_changed", NULL, "%s", differences.items[i].text);
	config_differences_clear(&differences);
}

static enum log_level level_of(const struct config *config)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	for (int i = 0; i < 4; i++)
		if (strcmp(config->daemon.log_level, names[i]) == 0)
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}

static struct config_source *find_source(struct config *config, const char *name)
{
	for (size_t i = 0; i < config->source_count; i++)
		if (strcmp(config->sources[i].name, name) == 0)
			return &config->sources[i];
	return NULL;
}

/* What runs of a source that is the same in the new configuration runs on, with what it uses moved over there; the rest is
 * ended. A paused one is ended as well: a reload is how a person says that it is mended. */
static void keep_schedules(struct program *program, struct config *config)
{
	size_t kept = 0;

	for (size_t i = 0; i < program->schedule_count; i++) {
		struct schedule *schedule = program->schedules[i];
		struct config_source *before = find_source(program->config, schedule_source(schedule));
		struct config_source *after = find_source(config, schedule_source(schedule));

		if (before == NULL || after == NULL || schedule_state(schedule) == SCHEDULE_PAUSED ||
			!config_same_source(before, after)) {
			(void)schedule_free(schedule);
			continue;
		}
		struct config_source duplicate = *after;
		*after = *before;
		*before = duplicate;
		schedule_adopt(schedule, after, &config->database, config->policy);
		program->schedules[kept++] = schedule;
	}
	program->schedule_count = kept;
}

static void refuse_reload(struct program *program)
{
	program->impatient = false;
	COUNT(COUNTER_RELOADS, 1, "refused");
	service_ready(program->service, "reload refused: the new configuration is wrong, see the journal");
}

/* All of it at once. */
static void adopt(struct program *program, struct config *config)
{
	char status[240];

	log_differences(program->config, config);
	/* Which database it is can't change under way, config_differences has said so: else the sources would write into
	 * the new one while the control link still worked on the old. */
	char *conninfo = config->database.conninfo;
	config->database.conninfo = program->config->database.conninfo;
	program->config->database.conninfo = conninfo;
	/* Nor where renewed secrets are kept: the ones in use would be left behind. */
	char *state_directory = config->daemon.state_directory;
	config->daemon.state_directory = program->config->daemon.state_directory;
	program->config->daemon.state_directory = state_directory;
	keep_schedules(program, config);
	struct config *old = program->config;
	program->config = config;
	program->reloaded = true;
	program->impatient = false;
	log_open(level_of(config));
	http_configure(program->http, &config->daemon);
	control_configure(program->control, config);
	metrics_configure(program->metrics, config);
	COUNT(COUNTER_RELOADS, 1, "applied");
	config_free(old);
	/* on_ready starts what is new or changed, under the new policy. */
	log_write(LOG_LEVEL_INFO, "reloaded", NULL, "the new configuration is in use");
	describe(program, status, sizeof status);
	program->told_ready = true;
	service_ready(program->service, status);
}

/* What the files say is checked first, then what of the policy only the database knows: all of it, or nothing. */
static void reload(struct program *program)
{
	struct config_faults faults = { 0 };

	program->reloading = false;
	(void)event_del(program->patience);
	program->candidate = config_free(program->candidate);
	struct config *config = config_load(program->path, &faults);
	if (config == NULL) {
		config_faults_log(&faults);
		log_write(LOG_LEVEL_ERROR, "reload_refused", NULL,
			"the configuration has %zu fault%s; the one in use stays", config_faults_count(&faults),
			config_faults_count(&faults) == 1 ? "" : "s");
		config_faults_clear(&faults);
		refuse_reload(program);
		return;
	}
	if (!control_judge(program->control, config->policy)) {
		adopt(program, config);
		return;
	}
	program->candidate = config;
	loop_arm(program->patience, JUDGE_PATIENCE_MS);
}

static void on_reload(void *context)
{
	struct program *program = context;

	if (program->stopping || program->once)
		return;
	service_reloading(program->service);
	if (!program->reloading)
		loop_arm(program->patience, STOP_PATIENCE_MS);
	program->reloading = true;
	loop_arm(program->settled, 0);
}

/* The database that doesn't answer is told when it is there again, and says then what it refuses. A token that is being asked
 * for meanwhile comes first. */
static void adopt_candidate(struct program *program)
{
	struct config *config = program->candidate;

	program->candidate = NULL;
	(void)event_del(program->patience);
	if (program->impatient || !is_authorizing(program)) {
		adopt(program, config);
		return;
	}
	config_free(config);
	on_reload(program);
}

static void on_judged(void *context, const char *problem)
{
	struct program *program = context;

	if (program->candidate == NULL || program->stopping)
		return;
	if (program->reloading) /* the files are read again anyway */
		return;
	if (problem == NULL) {
		adopt_candidate(program);
		return;
	}
	program->candidate = config_free(program->candidate);
	(void)event_del(program->patience);
	log_write(
		LOG_LEVEL_ERROR, "reload_refused", NULL, "the policy: %s; the configuration in use stays", problem);
	refuse_reload(program);
}

static void on_settled(evutil_socket_t descriptor, short what, void *context)
{
	struct program *program = context;

	(void)descriptor;
	(void)what;
	if (program->stopping) {
		stop_schedules(program);
		control_stop(program->control);
		leave_when_idle(program);
	} else if (program->reloading && !is_authorizing(program)) {
		reload(program);
	}
}

static void on_patience(evutil_socket_t descriptor, short what, void *context)
{
	struct program *program = context;

	(void)descriptor;
	(void)what;
	if (program->stopping) {
		if (control_is_busy(program->control))
			log_write(LOG_LEVEL_WARNING, "stopped_sending", NULL,
				"stopped while messages were under way; they may be repeated after the next start");
		leave(program);
		return;
	}
	if (program->reloading) {
		program->impatient = true;
		reload(program);
		return;
	}
	if (program->candidate != NULL) {
		adopt_candidate(program);
		return;
	}
	/* A changed policy is judged for all that is known. */
	if (control_is_preparing(program->control)) {
		loop_arm(program->patience, ONCE_PATIENCE_MS);
		return;
	}
	log_write(LOG_LEVEL_ERROR, "database_unavailable", NULL, "%s",
		*control_problem(program->control) == '\0' ? "not every source has a connection to the database"
							   : control_problem(program->control));
	program->exit_code = EX_UNAVAILABLE;
	leave(program);
}

static bool open_program(struct program *program)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	program->base = event_base_new();
	if (program->base == NULL)
		return false;
	program->patience = loop_timer(program->base, on_patience, program);
	program->settled = loop_timer(program->base, on_settled, program);
	program->service = service_new(program->base,
		&(struct service_events){
			.context = program, .stop = on_stop, .reload = on_reload, .alive = on_alive_asked });
	program->http = http_new(program->base);
	http_configure(program->http, &program->config->daemon);
	program->control = control_start(program->base, program->http, program->config,
		&(struct control_events){ .context = program,
			.ready = on_ready,
			.changed = on_control_changed,
			.idle = on_idle,
			.judged = on_judged });
	if (!program->once)
		program->metrics = metrics_new(program->base, program->config, service_socket(program->service),
			&(struct metrics_events){
				.context = program, .ready = on_ready_asked, .gauges = on_gauges_asked });
	return true;
}

static void close_program(struct program *program)
{
	program->metrics = metrics_free(program->metrics);
	for (size_t i = 0; i < program->schedule_count; i++)
		(void)schedule_free(program->schedules[i]);
	program->schedule_count = 0;
	free(program->schedules);
	program->control = control_free(program->control);
	program->http = http_free(program->http);
	program->service = service_free(program->service);
	program->patience = loop_event_free(program->patience);
	program->settled = loop_event_free(program->settled);
	if (program->base != NULL)
		event_base_free(program->base);
	program->candidate = config_free(program->candidate);
	program->config = config_free(program->config);
	curl_global_cleanup();
	libevent_global_shutdown();
	counter_clear();
}

int run_daemon(struct config *config, const char *path, bool once)
{
	struct program program = { .path = path, .config = config, .once = once, .exit_code = EX_OK };

	log_open(level_of(config));
	log_write(LOG_LEVEL_INFO, "starting", NULL, "advocated " ADVOCATED_VERSION ": %zu sources, %zu channels",
		config->source_count, config->channel_count);
	if (!open_program(&program)) {
		log_write(LOG_LEVEL_ERROR, "start_failed", NULL, "the event loop or libcurl can't be started");
		close_program(&program);
		return EXIT_FAILURE;
	}
	if (once)
		loop_arm(program.patience, ONCE_PATIENCE_MS);
	if (event_base_dispatch(program.base) < 0)
		program.exit_code = EXIT_FAILURE;
	if (once && program.exit_code == EX_OK && !program.stopping) {
		for (size_t i = 0; i < program.schedule_count; i++)
			if (!schedule_succeeded(program.schedules[i]))
				program.exit_code = EXIT_FAILURE;
	}
	close_program(&program);
	log_write(LOG_LEVEL_INFO, "stopped", NULL, "stopped");
	return program.exit_code;
}
