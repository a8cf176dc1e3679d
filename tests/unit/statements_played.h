/* statements_played.h - the database of what is tested is played: a statement lies here until a test answers it, in its order.
 * Included by what plays the rest, after cmocka.h. */
#ifndef TESTS_UNIT_STATEMENTS_PLAYED_H
#define TESTS_UNIT_STATEMENTS_PLAYED_H

#include <stdio.h>

#include "daemon/db.h"

enum {
	STATEMENTS_MOST = 32, /* in one test */
	VALUES_MOST = 12,
};

static struct statement {
	char sql[600];
	char values[VALUES_MOST][200]; /* "-" is SQL NULL */
	db_result_fn *done;
	void *context;
} statements[STATEMENTS_MOST];
static int asked, answered;
static bool connected;

bool db_is_connected(const struct db *db)
{
	(void)db;
	return connected;
}

void db_query(
	struct db *db, const char *sql, int count, const char *const *values, db_result_fn *done, void *context)
{
	struct statement *statement = &statements[asked];

	(void)db;
	assert_in_range(asked, 0, STATEMENTS_MOST - 1);
	assert_in_range(count, 0, VALUES_MOST);
	asked++;
	*statement = (struct statement){ .done = done, .context = context };
	(void)snprintf(statement->sql, sizeof statement->sql, "%s", sql);
	for (int i = 0; i < count; i++)
		(void)snprintf(statement->values[i], sizeof statement->values[i], "%s",
			values[i] == NULL ? "-" : values[i]);
}

#endif
