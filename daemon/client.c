#include "daemon/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"

struct client {
	PGconn *connection;
};

static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

static void fill_failure(const PGresult *result, const char *otherwise, struct failure *failure)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	/* Who is refused with a hint needs no stack. */
	const char *where = hint != NULL ? NULL : PQresultErrorField(result, PG_DIAG_CONTEXT);
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	failure_set(failure, FAILURE_PERMANENT, "%s%s%s%s%s%s%.80s", message == NULL ? otherwise : message,
		detail == NULL ? "" : "; ", detail == NULL ? "" : detail, hint == NULL ? "" : " - ",
		hint == NULL ? "" : hint, where == NULL ? "" : " in ", where == NULL ? "" : where);
	(void)snprintf(failure->code, sizeof failure->code, "%s", code == NULL ? "" : code);
}

/* A command that root calls is refused where the service that runs as another user is not. */
static const char *login_advice(const char *message)
{
	bool is_about_user = strstr(message, "Peer authentication failed") != NULL ||
			     (strstr(message, "role \"") != NULL && strstr(message, "does not exist") != NULL);

	return is_about_user
		       ? "(without user= in conninfo the role is called as the user who calls this; it has to be "
			 "there, and a member of advocacy_daemon)"
		       : "";
}

struct client *client_connect(const char *conninfo, const struct secret *password, struct failure *failure)
{
	/* "dbname" is expanded, and the last word counts: conninfo's own for the time-out, ours for the password. */
	const char *const keywords[] = { "connect_timeout", "fallback_application_name", "dbname", "password",
		NULL };
	const char *const values[] = { "10", "advocated", conninfo,
		password == NULL ? NULL : secret_reveal(password), NULL };
	struct client *client = memory_allocate(sizeof *client);

	client->connection = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(client->connection) != CONNECTION_OK) {
		char *message = memory_copy_text(PQerrorMessage(client->connection));
		size_t length = strlen(message);
		while (length > 0 && message[length - 1] == '\n')
			message[--length] = '\0';
		const char *advice = login_advice(message);
		failure_set(failure, FAILURE_TRANSIENT, "the database can't be reached: %s%s%s", message,
			advice[0] == '\0' ? "" : " ", advice);
		free(message);
		return client_close(client);
	}
	(void)PQsetNoticeReceiver(client->connection, ignore_notice, NULL);
	if (!client_script(client,
		    "SET search_path = ''; SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET datestyle = "
		    "'ISO, YMD'; SET jit = off",
		    failure))
		return client_close(client);
	return client;
}

struct client *client_close(struct client *client)
{
	if (client == NULL)
		return NULL;
	PQfinish(client->connection);
	free(client);
	return NULL;
}

PGresult *client_query(
	struct client *client, const char *sql, int count, const char *const *values, struct failure *failure)
{
	PGresult *result = PQexecParams(client->connection, sql, count, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	fill_failure(result, PQerrorMessage(client->connection), failure);
	PQclear(result);
	return NULL;
}

bool client_script(struct client *client, const char *sql, struct failure *failure)
{
	PGresult *result = PQexec(client->connection, sql);
	ExecStatusType status = PQresultStatus(result);
	bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

	if (!good)
		fill_failure(result, PQerrorMessage(client->connection), failure);
	PQclear(result);
	return good;
}
