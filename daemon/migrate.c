#include "daemon/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/client.h"
#include "daemon/sql_files.h"

/* A migration whose first line is "--! breaking" makes programs that don't know it stop. */
static const char breaking_mark[] = "--! breaking";

int sql_version(void)
{
	int version = 0;

	for (const struct sql_file *file = sql_migrations; file->name != NULL; file++)
		version = atoi(strrchr(file->name, '/') + 1);
	return version;
}

static bool run_file(struct client *client, const struct sql_file *file, struct failure *failure)
{
	if (client_script(client, file->text, failure))
		return true;
	failure_prefix(failure, "sql/%s", file->name);
	return false;
}

static bool run_files(struct client *client, const struct sql_file *files, struct failure *failure)
{
	for (; files->name != NULL; files++)
		if (!run_file(client, files, failure))
			return false;
	return true;
}

static bool begin(struct client *client, struct failure *failure)
{
	/* The lock ends with the connection; a rival waits here and then finds everything done. */
	return client_script(client,
		       "SET lock_timeout = '60s'; SET check_function_bodies = off;"
		       " SELECT pg_advisory_lock(hashtextextended('advocated migrate', 0))",
		       failure) &&
	       client_script(client,
		       "DO $$ BEGIN IF current_setting('server_encoding') <> 'UTF8' THEN"
		       " RAISE EXCEPTION 'the database is in %, and has to be in UTF8', "
		       "current_setting('server_encoding')"
		       " USING HINT = 'make one by createdb --encoding=UTF8 --template=template0'; END IF; END $$",
		       failure) &&
	       run_file(client, &sql_roles, failure) &&
	       client_script(client,
		       /* IF NOT EXISTS would ask for the right to make schemas first, also where there is nothing to make. */
		       "DO $$ BEGIN IF to_regnamespace('advocacy') IS NULL THEN CREATE SCHEMA advocacy; END IF; "
		       "END $$;"
		       "CREATE TABLE IF NOT EXISTS advocacy.schema_version ("
		       " version integer PRIMARY KEY, name text NOT NULL, breaking boolean NOT NULL,"
		       " program text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
		       failure);
}

/* 1: applied; 0: was there before; -1: failed. */
static int apply(struct client *client, const struct sql_file *file, struct failure *failure)
{
	char version[16];
	bool is_breaking = strncmp(file->text, breaking_mark, sizeof breaking_mark - 1) == 0;

	(void)snprintf(version, sizeof version, "%d", atoi(strrchr(file->name, '/') + 1));
	const char *values[] = { version, file->name, is_breaking ? "t" : "f", ADVOCATED_VERSION };
	if (!client_script(client, "BEGIN", failure))
		return -1;
	PGresult *result = client_query(client,
		"INSERT INTO advocacy.schema_version (version, name, breaking, program)"
		" VALUES ($1::integer, $2, $3::boolean, $4) ON CONFLICT DO NOTHING",
		4, values, failure);
	if (result == NULL)
		return -1;
	bool is_new = strcmp(PQcmdTuples(result), "1") == 0;
	PQclear(result);
	if (is_new && !run_file(client, file, failure))
		return -1;
	return client_script(client, "COMMIT", failure) ? is_new : -1;
}

/* Else the functions of a newer program would give way to ours, under daemons that count on them. */
static bool is_ours(struct client *client, struct failure *failure)
{
	PGresult *result = client_query(
		client, "SELECT coalesce(max(version), 0) FROM advocacy.schema_version", 0, NULL, failure);

	if (result == NULL)
		return false;
	long version = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	if (version <= sql_version())
		return true;
	failure_set(failure, FAILURE_PERMANENT,
		"the schema is at version %ld, newer than this program's %d, which would put its older functions "
		"in "
		"place: run the newer program's migrate",
		version, sql_version());
	return false;
}

static bool apply_all(struct client *client, struct failure *failure)
{
	for (const struct sql_file *file = sql_migrations; file->name != NULL; file++) {
		int applied = apply(client, file, failure);
		if (applied < 0)
			return false;
		if (applied > 0)
			(void)printf("applied %s\n", file->name);
	}
	/* Functions, views, comments and grants are replaced together, so nobody meets half of them. Daemons that run ask
	 * then whether they can work with what there is now: also where an earlier migrate was killed before it got here. */
	return client_script(client, "BEGIN", failure) && run_files(client, sql_functions, failure) &&
	       run_files(client, sql_views, failure) && run_files(client, sql_last, failure) &&
	       client_script(client, "NOTIFY advocacy_schema; COMMIT", failure);
}

int migrate(const struct config *config)
{
	struct failure failure;
	struct client *client =
		client_connect(config->database.migrate_conninfo, config->database.password, &failure);

	if (client == NULL) {
		(void)fprintf(stderr, "advocated: %s\n", failure.text);
		return EX_UNAVAILABLE;
	}
	bool good = begin(client, &failure) && is_ours(client, &failure) && apply_all(client, &failure);
	client_close(client);
	if (!good) {
		(void)fprintf(stderr, "advocated: migrate: %s\n", failure.text);
		return EXIT_FAILURE;
	}
	(void)printf("the schema advocacy is at version %d\n", sql_version());
	return EX_OK;
}
