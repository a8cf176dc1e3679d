#include "daemon/command_erase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/client.h"

static int complain(const struct failure *failure, int code)
{
	(void)fprintf(stderr, "advocated: %s\n", failure->text);
	return code;
}

/* One person may be several contacts, one a source; any of them stands for all, so the first will do. */
int command_erase(const struct config *config, const char *contact)
{
	const char *values[] = { contact };
	struct failure failure;

	struct client *client = client_connect(config->database.conninfo, config->database.password, &failure);
	if (client == NULL)
		return complain(&failure, EX_UNAVAILABLE);
	PGresult *result = client_query(client,
		"SELECT e.contacts, e.redacted FROM (SELECT c.contact_id FROM advocacy.contact AS c"
		"  WHERE c.contact_id::text = $1 OR lower(c.email) = lower($1) ORDER BY 1 LIMIT 1) AS c,"
		" advocacy.contact_erase(c.contact_id) AS e",
		1, values, &failure);
	client_close(client);
	if (result == NULL)
		return complain(&failure, EXIT_FAILURE);
	bool found = PQntuples(result) == 1;
	if (found)
		(void)printf("Erased: %s contacts are tombstones now, %s rows named the person and do no more.\n"
			     "Left to you: what Slack has shown, backups, and the vendors' own records.\n",
			PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1));
	else
		(void)fprintf(stderr, "advocated: no contact has the number or e-mail address '%s'\n", contact);
	PQclear(result);
	return found ? EX_OK : EXIT_FAILURE;
}
