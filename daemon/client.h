/* client.h - a plain blocking link to PostgreSQL, for subcommands that ask a question and exit. */
#ifndef DAEMON_CLIENT_H
#define DAEMON_CLIENT_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "connectors/failure.h"
#include "connectors/secret.h"

struct client;

/* NULL: `failure` says why (TRANSIENT). `password` may be NULL. Not for the daemon's loop: it blocks. */
struct client *client_connect(const char *conninfo, const struct secret *password, struct failure *failure);
struct client *client_close(struct client *client); /* takes NULL, returns NULL */
/* One statement with text parameters. The result is the caller's (PQclear); NULL: `failure`, whose code is the
 * SQLSTATE. */
PGresult *client_query(struct client *client, const char *sql, int count, const char *const *values,
	struct failure *failure) __attribute__((warn_unused_result));
/* A script of several statements without parameters, as one implicit transaction unless it says otherwise. */
bool client_script(struct client *client, const char *sql, struct failure *failure)
	__attribute__((warn_unused_result));

#endif
