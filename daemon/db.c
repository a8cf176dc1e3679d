#include "daemon/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "connectors/memory.h"
#include "connectors/utf8.h"
#include "daemon/counter.h"
#include "daemon/db_address.h"
#include "daemon/log.h"
#include "daemon/loop.h"

enum {
	CONNECT_TIMEOUT_MS = 15000, /* libpq ignores connect_timeout when connecting asynchronously */
	/* Past the server's own statement_timeout: a server that is frozen keeps no time-outs, and its kernel still
	 * answers keepalives. */
	ANSWER_TIMEOUT_MS = 660 * 1000,
	BACKOFF_FIRST_MS = 500,
	BACKOFF_MOST_MS = 5000, /* a primary that has moved is found within that */
};

enum db_state {
	DB_IDLE, /* never connected, or waiting to try again */
	DB_RESOLVING,
	DB_CONNECTING, /* PQconnectPoll */
	DB_PREPARING,  /* the session's settings are on their way */
	DB_READY,
};

struct statement {
	TAILQ_ENTRY(statement) link;
	char *sql;
	char **values;
	int count;
	bool is_copy, copy_began, failed;
	struct failure failure;
	db_result_fn *done;
	void *context;
	struct db_copy_events copy;
};
TAILQ_HEAD(statements, statement);

struct db {
	struct event_base *base;
	struct db_events events;
	char *conninfo, *password, *purpose;
	enum db_state state;
	unsigned attempt;
	/* In a row. Each makes the next attempt begin with the address after: a server that swallows packets would else
	 * eat every attempt's time, and those listed behind it were never tried. */
	unsigned timeouts;
	struct db_address *address;
	PGconn *connection;
	struct event *readable, *writable;
	/* Armed while idle after a loss, and as the deadline of a connection attempt and of the statement under way. */
	struct event *retry;
	struct event *pending; /* zero timer: calls what must not be called from inside a db_… call */
	bool sent;             /* the first statement is with the server */
	bool takes_rows;       /* a COPY has begun and its end isn't sent: libpq has no news until then */
	bool wants_room;       /* a COPY waits for the server to take what it has */
	bool give_room;        /* tell the COPY so on the next turn */
	char *reconnect_why;
	char last_words[300]; /* why the server ends the session, when it has said so */
	struct statements statements;
	struct statements orphans; /* queued while the link was down: failed on the next turn */
};

/* The session is ours alone: nothing on it may wait for ever, and no name is looked up by search path. */
static const char session_settings[] =
	"SELECT set_config('search_path', '', false), set_config('TimeZone', 'UTC', false),"
	/* What we send is UTF-8, whatever the role, the database or the environment are used to. */
	" set_config('client_encoding', 'UTF8', false),"
	" set_config('datestyle', 'ISO, YMD', false), set_config('client_min_messages', 'warning', false),"
	" set_config('statement_timeout', '600s', false), set_config('lock_timeout', '300s', false),"
	" set_config('idle_in_transaction_session_timeout', '60s', false),"
	/* Our leases are locks of the session: an idle one must live. And our locks count on seeing what others commit. */
	" set_config('idle_session_timeout', '0', false),"
	" set_config('default_transaction_isolation', 'read committed', false),"
	/* A host that dies without a word: the server ends its session, and with it its leases, within seconds. */
	" set_config('tcp_keepalives_idle', '3', false), set_config('tcp_keepalives_interval', '1', false),"
	" set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '10s', false),"
	/* Nor does the statement go on that a dead daemon was waiting for, or in line for a lock. */
	" set_config('client_connection_check_interval', '2s', false),"
	/* Of views as wide as ours the compiler takes seconds for what is read in milliseconds. */
	" set_config('jit', 'off', false),"
	" set_config('temp_buffers', '16MB', false), set_config('work_mem', '64MB', false)";

static void db_lose(struct db *db, enum failure_kind kind, const char *code, const char *text);
static void send_next(struct db *db);

static void statement_free(struct statement *statement)
{
	for (int i = 0; i < statement->count; i++)
		free(statement->values[i]);
	free(statement->values);
	free(statement->sql);
	free(statement);
}

/* The statement must be out of every list. */
static void statement_finish(struct statement *statement, const PGresult *result, const struct failure *failure)
{
	if (statement->is_copy)
		statement->copy.done(statement->copy.context, failure);
	else
		statement->done(statement->context, result, failure);
	statement_free(statement);
}

static void fail_all(struct statements *statements, const struct failure *failure)
{
	struct statements failed = TAILQ_HEAD_INITIALIZER(failed);
	struct statement *statement;

	/* A callback may queue a new statement; only those of before the loss fail with it. */
	TAILQ_CONCAT(&failed, statements, link);
	while ((statement = TAILQ_FIRST(&failed)) != NULL) {
		TAILQ_REMOVE(&failed, statement, link);
		statement_finish(statement, NULL, failure);
	}
}

/* libpq's messages are several lines; the first says it. */
static void first_line(const char *message, char *line, size_t size)
{
	(void)snprintf(line, size, "%.*s", (int)strcspn(message == NULL ? "" : message, "\n"),
		message == NULL ? "" : message);
	utf8_drop_cut(line);
}

static void lose_with_message(struct db *db)
{
	char line[300];

	if (db->last_words[0] != '\0')
		(void)snprintf(line, sizeof line, "%s", db->last_words);
	else
		first_line(PQerrorMessage(db->connection), line, sizeof line);
	db_lose(db, FAILURE_TRANSIENT, "", line[0] == '\0' ? "the connection was closed" : line);
}

static void close_link(struct db *db)
{
	db->readable = loop_event_free(db->readable);
	db->writable = loop_event_free(db->writable);
	db->address = db_address_free(db->address);
	/* Events first, the descriptor after: never the other way. */
	if (db->connection != NULL)
		PQfinish(db->connection);
	db->connection = NULL;
	db->last_words[0] = '\0';
	db->sent = db->takes_rows = db->wants_room = db->give_room = false;
}

static void db_lose(struct db *db, enum failure_kind kind, const char *code, const char *text)
{
	struct failure failure;

	failure_set(&failure, kind, "%s", text);
	(void)snprintf(failure.code, sizeof failure.code, "%s", code);
	COUNT(COUNTER_LINK_LOSSES, 1, db->purpose);
	close_link(db);
	db->state = DB_IDLE;
	db->attempt++;
	loop_arm(db->retry, loop_backoff_ms(db->attempt, BACKOFF_FIRST_MS, BACKOFF_MOST_MS));
	fail_all(&db->statements, &failure);
	db->events.lost(db->events.context, &failure);
}

static void on_socket(evutil_socket_t descriptor, short what, void *context);

/* libpq may change its socket while it connects, so the events are made anew at each step. */
static bool watch(struct db *db, bool read, bool write)
{
	int descriptor = PQsocket(db->connection);

	db->readable = loop_event_free(db->readable);
	db->writable = loop_event_free(db->writable);
	if (descriptor < 0)
		return false;
	db->readable = event_new(db->base, descriptor, EV_READ | EV_PERSIST, on_socket, db);
	db->writable = event_new(db->base, descriptor, EV_WRITE | EV_PERSIST, on_socket, db);
	return db->readable != NULL && db->writable != NULL && (!read || event_add(db->readable, NULL) == 0) &&
	       (!write || event_add(db->writable, NULL) == 0);
}

/* Pushes libpq's buffer; as long as something is left, the socket is watched for writing (and reading: the server
 * may be stuck sending to us). */
static bool flush(struct db *db)
{
	int left = PQflush(db->connection);

	if (left < 0)
		return false;
	if (left == 0 && db->wants_room) {
		db->wants_room = false;
		db->give_room = true;
		loop_arm(db->pending, 0);
	}
	return left == 0 ? event_del(db->writable) == 0 : event_add(db->writable, NULL) == 0;
}

static void result_failure(const PGresult *result, struct failure *failure)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char line[300];

	if (hint == NULL && code != NULL && strcmp(code, "42501") == 0)
		hint = "`advocated migrate` gives the role advocacy_daemon its rights";
	if (message == NULL) {
		first_line(PQresultErrorMessage(result), line, sizeof line);
		message = line;
	}
	/* 40: serialization failure, deadlock; 53: resources; 55P03: lock not to be had; 57: shutdown, cancel. */
	bool transient = code == NULL || strncmp(code, "40", 2) == 0 || strncmp(code, "53", 2) == 0 ||
			 strncmp(code, "57", 2) == 0 || strcmp(code, "55P03") == 0;
	failure_set(failure, transient ? FAILURE_TRANSIENT : FAILURE_PERMANENT, "%s%s%s%s", message,
		hint == NULL ? "" : " (", hint == NULL ? "" : hint, hint == NULL ? "" : ")");
	(void)snprintf(failure->code, sizeof failure->code, "%s", code == NULL ? "" : code);
}

/* A session that the server ends: it says why in answer to what is asked, or, while nothing is, in a notice. */
static void keep_last_words(struct db *db, const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity != NULL && strcmp(severity, "FATAL") == 0)
		first_line(
			PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), db->last_words, sizeof db->last_words);
}

static void prepared(struct db *db, bool good)
{
	if (!good) {
		lose_with_message(db);
		return;
	}
	db->state = DB_READY;
	db->attempt = db->timeouts = 0;
	(void)event_del(db->retry);
	db->events.connected(db->events.context);
}

/* One result of the first statement. */
static void take_result(struct db *db, PGresult *result)
{
	struct statement *statement = TAILQ_FIRST(&db->statements);
	ExecStatusType status = PQresultStatus(result);

	keep_last_words(db, result);
	if (db->state == DB_PREPARING || statement == NULL)
		return;
	if (status == PGRES_COPY_IN && statement->is_copy) {
		statement->copy_began = true;
		db->takes_rows = true;
		db->give_room = true;
		loop_arm(db->pending, 0);
	} else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && !statement->failed) {
		statement->failed = true;
		result_failure(result, &statement->failure);
	}
}

static void finish_first(struct db *db, const PGresult *result)
{
	struct statement *statement = TAILQ_FIRST(&db->statements);

	db->sent = false;
	db->takes_rows = db->wants_room = db->give_room = false;
	(void)event_del(db->retry);
	if (statement == NULL)
		return;
	TAILQ_REMOVE(&db->statements, statement, link);
	if (result == NULL && !statement->failed) {
		statement->failed = true;
		failure_set(&statement->failure, FAILURE_TRANSIENT, "the statement had no result");
	}
	statement_finish(
		statement, statement->failed ? NULL : result, statement->failed ? &statement->failure : NULL);
}

/* Reads whatever results are there. Only called while no db_… caller is above us on the stack. While a COPY takes rows,
 * PQgetResult would say so again and again, and each time would look like room for more. */
static void read_results(struct db *db)
{
	PGresult *last = NULL;

	while (db->connection != NULL && !db->takes_rows && !PQisBusy(db->connection)) {
		PGresult *result = PQgetResult(db->connection);
		if (result != NULL) {
			take_result(db, result);
			PQclear(last);
			last = result;
			continue;
		}
		if (!db->sent)
			break;
		if (db->state == DB_PREPARING) {
			db->sent = false;
			prepared(db, last != NULL && PQresultStatus(last) == PGRES_TUPLES_OK);
		} else {
			finish_first(db, last);
		}
		PQclear(last);
		last = NULL;
		send_next(db);
		if (!db->sent)
			break;
	}
	PQclear(last);
}

static void read_notices(struct db *db)
{
	PGnotify *notice;

	while (db->connection != NULL && (notice = PQnotifies(db->connection)) != NULL) {
		if (db->events.notified != NULL)
			db->events.notified(db->events.context, notice->relname);
		PQfreemem(notice);
	}
}

static void on_message(void *context, const PGresult *result)
{
	struct db *db = context;
	char line[300];

	first_line(PQresultErrorMessage(result), line, sizeof line);
	keep_last_words(db, result);
	log_write(LOG_LEVEL_DEBUG, "database_notice", LOG_FIELDS({ "LINK", db->purpose }), "%s", line);
}

static void connect_step(struct db *db)
{
	switch (PQconnectPoll(db->connection)) {
	case PGRES_POLLING_READING:
		if (!watch(db, true, false))
			lose_with_message(db);
		return;
	case PGRES_POLLING_WRITING:
		if (!watch(db, false, true))
			lose_with_message(db);
		return;
	case PGRES_POLLING_OK:
		break;
	default:
		lose_with_message(db);
		return;
	}
	db->state = DB_PREPARING;
	if (PQsetnonblocking(db->connection, 1) != 0 || !watch(db, true, false) ||
		PQsendQuery(db->connection, session_settings) != 1 || !flush(db)) {
		lose_with_message(db);
		return;
	}
	db->sent = true;
}

static void on_socket(evutil_socket_t descriptor, short what, void *context)
{
	struct db *db = context;

	(void)descriptor;
	if (db->state == DB_CONNECTING) {
		connect_step(db);
		return;
	}
	if ((what & EV_READ) != 0 && PQconsumeInput(db->connection) != 1) {
		lose_with_message(db);
		return;
	}
	if (!flush(db)) {
		lose_with_message(db);
		return;
	}
	read_results(db);
	read_notices(db);
}

static void resolved(void *context, const char *const *keywords, const char *const *values, const char *problem)
{
	struct db *db = context;

	if (problem != NULL) {
		db_lose(db, FAILURE_TRANSIENT, "", problem);
		return;
	}
	db->state = DB_CONNECTING;
	db->connection = PQconnectStartParams(keywords, values, 0);
	if (db->connection == NULL || PQstatus(db->connection) == CONNECTION_BAD) {
		lose_with_message(db);
		return;
	}
	(void)PQsetNoticeReceiver(db->connection, on_message, db);
	/* As if PQconnectPoll had returned PGRES_POLLING_WRITING. */
	if (!watch(db, false, true))
		lose_with_message(db);
}

static void begin(struct db *db)
{
	char *application = memory_format("advocated %s", db->purpose);

	db->state = DB_RESOLVING;
	loop_arm(db->retry, CONNECT_TIMEOUT_MS);
	db->address = db_address_resolve(db->base,
		&(struct db_address_settings){ .conninfo = db->conninfo,
			.password = db->password,
			.application_name = application,
			.first = db->timeouts },
		resolved, db);
	free(application);
}

static void on_retry(evutil_socket_t descriptor, short what, void *context)
{
	struct db *db = context;

	(void)descriptor;
	(void)what;
	switch (db->state) {
	case DB_IDLE:
		begin(db);
		return;
	case DB_READY:
		db_lose(db, FAILURE_TRANSIENT, "", "the server did not answer a statement within 11 min");
		return;
	case DB_RESOLVING:
	case DB_CONNECTING:
	case DB_PREPARING:
		db->timeouts++;
		db_lose(db, FAILURE_TRANSIENT, "", "the server did not answer within 15 s");
		return;
	}
}

static void on_pending(evutil_socket_t descriptor, short what, void *context)
{
	struct db *db = context;
	struct failure failure;

	(void)descriptor;
	(void)what;
	if (!TAILQ_EMPTY(&db->orphans)) {
		failure_set(&failure, FAILURE_TRANSIENT, "the database is not connected");
		fail_all(&db->orphans, &failure);
	}
	if (db->reconnect_why != NULL) {
		char *why = db->reconnect_why;
		db->reconnect_why = NULL;
		if (db->state != DB_IDLE)
			db_lose(db, FAILURE_TRANSIENT, "", why);
		free(why);
		return;
	}
	if (db->state != DB_READY)
		return;
	struct statement *statement = TAILQ_FIRST(&db->statements);
	if (db->give_room && statement != NULL && statement->copy_began) {
		db->give_room = false;
		statement->copy.room(statement->copy.context);
	}
	send_next(db);
}

/* Ends the link on the next turn and begins anew, as after a loss. */
static void reconnect(struct db *db, const char *why)
{
	if (db->reconnect_why != NULL)
		return;
	db->reconnect_why = memory_copy_text(why);
	loop_arm(db->pending, 0);
}

/* Hands the first statement to libpq if nothing is under way. Calls nobody back: a failure to send shows as a lost
 * link on the next turn. */
static void send_next(struct db *db)
{
	struct statement *statement = TAILQ_FIRST(&db->statements);

	if (db->state != DB_READY || db->sent || statement == NULL)
		return;
	int sent = PQsendQueryParams(db->connection, statement->sql, statement->count, NULL,
		(const char *const *)statement->values, NULL, NULL, 0);
	db->sent = true;
	loop_arm(db->retry, ANSWER_TIMEOUT_MS);
	if (sent != 1 || !flush(db))
		reconnect(db, "a statement could not be sent");
}

struct db *db_new(struct event_base *base, const struct db_settings *settings, const struct db_events *events)
{
	struct db *db = memory_allocate(sizeof *db);

	db->base = base;
	db->events = *events;
	db->conninfo = memory_copy_text(settings->conninfo);
	db->password = settings->password == NULL ? NULL : memory_copy_text(settings->password);
	db->purpose = memory_copy_text(settings->purpose);
	db->retry = loop_timer(base, on_retry, db);
	db->pending = loop_timer(base, on_pending, db);
	TAILQ_INIT(&db->statements);
	TAILQ_INIT(&db->orphans);
	return db;
}

static void drop_all(struct statements *statements)
{
	struct statement *statement;

	while ((statement = TAILQ_FIRST(statements)) != NULL) {
		TAILQ_REMOVE(statements, statement, link);
		statement_free(statement);
	}
}

static void forget_password(struct db *db)
{
	if (db->password != NULL)
		explicit_bzero(db->password, strlen(db->password));
	free(db->password);
	db->password = NULL;
}

void db_set_password(struct db *db, const char *password)
{
	forget_password(db);
	db->password = password == NULL ? NULL : memory_copy_text(password);
}

struct db *db_free(struct db *db)
{
	if (db == NULL)
		return NULL;
	close_link(db);
	db->retry = loop_event_free(db->retry);
	db->pending = loop_event_free(db->pending);
	drop_all(&db->statements);
	drop_all(&db->orphans);
	forget_password(db);
	free(db->conninfo);
	free(db->purpose);
	free(db->reconnect_why);
	free(db);
	return NULL;
}

void db_connect(struct db *db)
{
	if (db->state == DB_IDLE)
		loop_arm(db->retry, 0);
}

bool db_is_connected(const struct db *db)
{
	return db->state == DB_READY;
}

bool db_is_lost(const struct db *db, const PGresult *result)
{
	return result == NULL && !db_is_connected(db);
}

static void enqueue(struct db *db, struct statement *statement)
{
	if (db->state == DB_READY)
		TAILQ_INSERT_TAIL(&db->statements, statement, link);
	else
		TAILQ_INSERT_TAIL(&db->orphans, statement, link);
	loop_arm(db->pending, 0);
}

void db_query(
	struct db *db, const char *sql, int count, const char *const *values, db_result_fn *done, void *context)
{
	struct statement *statement = memory_allocate(sizeof *statement);

	statement->sql = memory_copy_text(sql);
	statement->count = count;
	statement->values = memory_allocate((size_t)count * sizeof(char *));
	for (int i = 0; i < count; i++)
		statement->values[i] = values[i] == NULL ? NULL : memory_copy_text(values[i]);
	statement->done = done;
	statement->context = context;
	enqueue(db, statement);
}

void db_copy(struct db *db, const char *sql, const struct db_copy_events *events)
{
	struct statement *statement = memory_allocate(sizeof *statement);

	statement->sql = memory_copy_text(sql);
	statement->values = memory_allocate(0);
	statement->is_copy = true;
	statement->copy = *events;
	enqueue(db, statement);
}

bool db_copy_put(struct db *db, const char *bytes, size_t length)
{
	int taken = PQputCopyData(db->connection, bytes, (int)length);
	int left = taken == 1 ? PQflush(db->connection) : -1;

	if (left == 0)
		return true;
	db->wants_room = true;
	if (left < 0 || event_add(db->writable, NULL) != 0)
		reconnect(db, "rows could not be sent");
	return false;
}

void db_copy_end(struct db *db)
{
	/* Nobody wants to hear of room any more: the caller would end the COPY once more. */
	db->takes_rows = db->wants_room = db->give_room = false;
	if (PQputCopyEnd(db->connection, NULL) != 1 || !flush(db))
		reconnect(db, "the end of the rows could not be sent");
}
