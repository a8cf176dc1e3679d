#include "daemon/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "connectors/secret.h"
#include "daemon/db.h"
#include "daemon/deadlines.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/outbox.h"
#include "daemon/retention.h"
#include "daemon/sql_files.h"

enum {
	ASK_AGAIN_MS = 10000,
	LOOK_FOR_DEAD_MS = 5000, /* what a dead daemon has left under way waits no longer */
};

struct control {
	struct control_events events;
	const struct config *config;
	struct db *db;
	struct outbox *outbox;
	struct deadlines *deadlines;
	struct retention *retention;
	struct event *timer;  /* after a refusal: asks again */
	struct event *rivals; /* while connected */
	enum control_state state;
	char claimant[120];
	char problem[600];
	unsigned questions; /* of control_judge, not answered yet */
	bool listening;
	bool preparing; /* from the question for the schema until it is ready, refused or lost */
};

static void apply_policy(struct control *control);

/* Unique among all processes that ever were: a claim must never be taken for that of its namesake. */
static void name_claimant(char *name, size_t size)
{
	char host[64] = "host";
	uint64_t random = 0;

	(void)gethostname(host, sizeof host - 1);
	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		random = (uint64_t)loop_wall_ms();
	(void)snprintf(name, size, "%s/%ld/%016" PRIx64, host, (long)getpid(), random);
}

/* What doesn't end by itself, however often it is tried. */
static bool waits_for_person(enum control_state state)
{
	return state == CONTROL_NO_SCHEMA || state == CONTROL_BAD_POLICY;
}

static void set_state(struct control *control, enum control_state state, const char *problem)
{
	bool is_news = control->state != state || strcmp(control->problem, problem) != 0;
	bool is_mended = state == CONTROL_READY && waits_for_person(control->state);

	control->state = state;
	control->preparing = false;
	(void)snprintf(control->problem, sizeof control->problem, "%s", problem);
	if (is_news && *problem != '\0')
		log_write(waits_for_person(state) ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "database_not_ready", NULL,
			"%s", problem);
	if (is_mended)
		log_write(LOG_LEVEL_INFO, "database_ready", NULL, "the database can be worked on: work goes on");
	if (is_news && control->events.changed != NULL)
		control->events.changed(control->events.context);
}

static void refused(
	struct control *control, enum control_state state, const char *what, const struct failure *failure)
{
	char problem[600];

	if (!db_is_connected(control->db))
		return; /* the loss itself is told by on_lost */
	(void)snprintf(problem, sizeof problem, "%s: %s", what, failure->text);
	set_state(control, state, problem);
	loop_arm(control->timer, ASK_AGAIN_MS);
}

static void become_ready(struct control *control)
{
	(void)event_del(control->timer);
	set_state(control, CONTROL_READY, "");
	if (control->events.ready != NULL)
		control->events.ready(control->events.context);
	/* Listen first, then look at the tables, then trust notices. */
	outbox_wake(control->outbox);
	deadlines_connected(control->deadlines);
	retention_wake(control->retention);
}

static void on_listening(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;

	if (result == NULL) {
		refused(control, CONTROL_CONNECTING, "LISTEN", failure);
		return;
	}
	control->listening = true;
	become_ready(control);
}

static void on_second_listen(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;

	if (result == NULL)
		refused(control, CONTROL_CONNECTING, "LISTEN", failure);
	else
		db_query(control->db, "LISTEN advocacy_schema", 0, NULL, on_listening, control);
}

static void on_first_listen(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;

	if (result == NULL)
		refused(control, CONTROL_CONNECTING, "LISTEN", failure);
	else
		db_query(control->db, "LISTEN advocacy_deadline", 0, NULL, on_second_listen, control);
}

static void on_policy(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;

	if (result == NULL) {
		refused(control, CONTROL_BAD_POLICY, "the database refuses the policy", failure);
		return;
	}
	for (int row = 0; row < PQntuples(result); row++)
		log_write(LOG_LEVEL_INFO, "policy_changed", NULL, "policy: %s", PQgetvalue(result, row, 0));
	if (control->listening)
		become_ready(control);
	else
		db_query(control->db, "LISTEN advocacy_outbox", 0, NULL, on_first_listen, control);
}

static void apply_policy(struct control *control)
{
	char *policy = json_dumps(control->config->policy, JSON_COMPACT);
	const char *values[] = { policy };

	if (policy == NULL)
		abort();
	db_query(control->db, "SELECT what FROM advocacy.policy_apply($1::jsonb)", 1, values, on_policy, control);
	free(policy);
}

static void log_recovered(const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
		if (strcmp(PQgetvalue(result, row, 0), "0") != 0)
			log_write(LOG_LEVEL_WARNING, "messages_recovered", NULL,
				"%s messages were under way when their sender stopped; they may be repeated",
				PQgetvalue(result, row, 0));
}

/* Every sender holds an advisory lock named like itself on its link; whose lock can be had is dead. */
static void recover_from_dead(struct control *control, db_result_fn *done)
{
	const char *values[] = { control->claimant };

	db_query(control->db,
		"SELECT CASE WHEN pg_try_advisory_xact_lock(hashtextextended('advocated sender ' || "
		"s.claimed_by, 0))"
		" THEN advocacy.outbox_recover(s.claimed_by) ELSE 0 END"
		" FROM (SELECT DISTINCT claimed_by FROM advocacy.outbox"
		"       WHERE state = 'sending' AND claimed_by <> $1) AS s",
		1, values, done, control);
}

static void on_looked_for_dead(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;

	(void)failure;
	if (db_is_lost(control->db, result)) /* it says so itself, and looks again when it is back */
		return;
	if (result != NULL)
		log_recovered(result);
	loop_arm(control->rivals, LOOK_FOR_DEAD_MS);
}

static void on_rivals(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	recover_from_dead(context, on_looked_for_dead);
}

static void on_recovered(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;

	if (result == NULL) {
		refused(control, CONTROL_CONNECTING, "taking over what dead senders left", failure);
		return;
	}
	log_recovered(result);
	loop_arm(control->rivals, LOOK_FOR_DEAD_MS);
	apply_policy(control);
}

static void on_named(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;

	if (result == NULL)
		refused(control, CONTROL_CONNECTING, "taking the sender's lock", failure);
	else
		recover_from_dead(control, on_recovered);
}

static void on_schema(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;
	const char *values[] = { control->claimant };
	struct failure missing;

	if (result == NULL && failure->kind == FAILURE_TRANSIENT) {
		/* Says nothing of the schema: nobody has to make way. */
		refused(control, CONTROL_CONNECTING, "the schema's version", failure);
		return;
	}
	if (result == NULL) {
		bool absent = strcmp(failure->code, "42P01") == 0 || strcmp(failure->code, "3F000") == 0;
		failure_set(&missing, FAILURE_PERMANENT, "run `advocated migrate` first");
		refused(control, CONTROL_NO_SCHEMA, "the schema advocacy can't be used",
			absent ? &missing : failure);
		return;
	}
	long version = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	bool is_breaking = strcmp(PQgetvalue(result, 0, 1), "t") == 0;
	if (version < sql_version()) {
		failure_set(&missing, FAILURE_PERMANENT,
			"it is at version %ld and this program needs %d: run `advocated migrate`", version,
			sql_version());
		refused(control, CONTROL_NO_SCHEMA, "the schema advocacy is too old", &missing);
		return;
	}
	if (is_breaking) {
		failure_set(&missing, FAILURE_PERMANENT,
			"it is at version %ld, which this program (version %d) can't work with: upgrade the "
			"program",
			version, sql_version());
		refused(control, CONTROL_NO_SCHEMA, "the schema advocacy is too new", &missing);
		return;
	}
	if (strcmp(PQgetvalue(result, 0, 2), "UTF8") != 0) {
		failure_set(&missing, FAILURE_PERMANENT,
			"it is in %s, which can't keep all that vendors send, and has to be in UTF8",
			PQgetvalue(result, 0, 2));
		refused(control, CONTROL_NO_SCHEMA, "the database can't be used", &missing);
		return;
	}
	if (strcmp(PQgetvalue(result, 0, 3), "on") == 0) {
		failure_set(&missing, FAILURE_TRANSIENT,
			"it is a standby, or read-only for this role; with target_session_attrs=read-write "
			"conninfo finds the one that takes them");
		refused(control, CONTROL_CONNECTING, "the database takes no writes", &missing);
		return;
	}
	if (version > sql_version())
		log_write(LOG_LEVEL_INFO, "schema_newer", NULL,
			"the schema is at version %ld, newer than this program's %d, which can work with it: "
			"upgrade "
			"the program when the others are",
			version, sql_version());
	db_query(control->db, "SELECT pg_advisory_lock(hashtextextended('advocated sender ' || $1::text, 0))", 1,
		values, on_named, control);
}

static void ask_schema(struct control *control)
{
	char version[16];
	const char *values[] = { version };

	control->preparing = true;
	(void)snprintf(version, sizeof version, "%d", sql_version());
	db_query(control->db,
		"SELECT coalesce(max(version), 0), coalesce(bool_or(breaking) FILTER (WHERE version > "
		"$1::integer), false), current_setting('server_encoding'), current_setting('transaction_read_only')"
		" FROM advocacy.schema_version",
		1, values, on_schema, control);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct control *control = context;

	(void)descriptor;
	(void)what;
	if (db_is_connected(control->db))
		ask_schema(control);
}

static void on_connected(void *context)
{
	struct control *control = context;

	log_write(LOG_LEVEL_INFO, "database_connected", NULL, "the database is connected");
	ask_schema(control);
}

static void on_lost(void *context, const struct failure *failure)
{
	struct control *control = context;
	char problem[600];

	control->listening = false;
	(void)event_del(control->timer);
	(void)event_del(control->rivals);
	(void)snprintf(problem, sizeof problem, "the database can't be reached: %s", failure->text);
	set_state(control, CONTROL_CONNECTING, problem);
}

static void on_notified(void *context, const char *channel)
{
	struct control *control = context;

	if (strcmp(channel, "advocacy_outbox") == 0)
		outbox_wake(control->outbox);
	else if (strcmp(channel, "advocacy_deadline") == 0)
		deadlines_wake(control->deadlines);
	else if (strcmp(channel, "advocacy_schema") == 0)
		ask_schema(control);
}

static const char *password_of(const struct config *config)
{
	return config->database.password == NULL ? NULL : secret_reveal(config->database.password);
}

struct control *control_start(struct event_base *base, struct http *http, const struct config *config,
	const struct control_events *events)
{
	struct control *control = memory_allocate(sizeof *control);

	control->events = *events;
	control->config = config;
	name_claimant(control->claimant, sizeof control->claimant);
	control->timer = loop_timer(base, on_timer, control);
	control->rivals = loop_timer(base, on_rivals, control);
	control->db = db_new(base,
		&(struct db_settings){
			.conninfo = config->database.conninfo,
			.password = password_of(config),
			.purpose = "control",
		},
		&(struct db_events){
			.context = control, .connected = on_connected, .lost = on_lost, .notified = on_notified });
	control->outbox = outbox_new(base, control->db, http, control->claimant,
		&(struct outbox_events){ .context = events->context, .idle = events->idle });
	outbox_configure(control->outbox, config);
	control->deadlines = deadlines_new(base, control->db);
	control->retention = retention_new(base, control->db);
	db_connect(control->db);
	return control;
}

struct control *control_free(struct control *control)
{
	if (control == NULL)
		return NULL;
	control->db = db_free(control->db);
	control->outbox = outbox_free(control->outbox);
	control->deadlines = deadlines_free(control->deadlines);
	control->retention = retention_free(control->retention);
	control->timer = loop_event_free(control->timer);
	control->rivals = loop_event_free(control->rivals);
	free(control);
	return NULL;
}

void control_configure(struct control *control, const struct config *config)
{
	control->config = config;
	db_set_password(control->db, password_of(config));
	outbox_configure(control->outbox, config);
	if (db_is_connected(control->db) && control->state != CONTROL_NO_SCHEMA)
		apply_policy(control);
}

static void on_judged(void *context, const PGresult *result, const struct failure *failure)
{
	struct control *control = context;
	bool is_wrong = result != NULL && !PQgetisnull(result, 0, 0);

	(void)failure;
	/* Whoever asked again wants no answer to what they asked before. */
	if (--control->questions == 0)
		control->events.judged(control->events.context, is_wrong ? PQgetvalue(result, 0, 0) : NULL);
}

bool control_judge(struct control *control, const json_t *policy)
{
	if (!db_is_connected(control->db) || control->state == CONTROL_NO_SCHEMA)
		return false;
	char *text = json_dumps(policy, JSON_COMPACT);
	const char *values[] = { text };
	if (text == NULL)
		abort();
	control->questions++;
	db_query(control->db, "SELECT advocacy.policy_problem($1::jsonb)", 1, values, on_judged, control);
	free(text);
	return true;
}

void control_stop(struct control *control)
{
	outbox_stop(control->outbox);
}

bool control_is_busy(const struct control *control)
{
	return outbox_is_busy(control->outbox);
}

enum control_state control_state(const struct control *control)
{
	return control->state;
}

bool control_is_preparing(const struct control *control)
{
	/* Not again behind a refusal of the policy: that would be told too late, or never. */
	return control->preparing && control->state == CONTROL_CONNECTING;
}

const char *control_problem(const struct control *control)
{
	return control->problem;
}

void control_wake(struct control *control)
{
	outbox_wake(control->outbox);
	deadlines_wake(control->deadlines);
}

int64_t control_next_deadline_ms(const struct control *control)
{
	return deadlines_next_ms(control->deadlines);
}
