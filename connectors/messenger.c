#include "connectors/messenger.h"

#include <string.h>

const struct messenger *messenger_find(const char *name)
{
	return strcmp(name, messenger_slack.name) == 0 ? &messenger_slack : NULL;
}
