#include "connectors/messenger.h"

const struct messenger *const messenger_all[] = { &messenger_slack, &messenger_slack_bot, &messenger_discord,
	NULL };
