#include "connectors/messenger.h"

#include <string.h>

const struct messenger *const messenger_all[] = { &messenger_slack, &messenger_slack_bot, &messenger_discord,
	NULL };

const struct messenger *messenger_find(const char *name)
{
	for (const struct messenger *const *at = messenger_all; *at != NULL; at++)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	return NULL;
}
