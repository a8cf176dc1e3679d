/* The control listener: tests give commands and ask for the truth. */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "tests/sandbox/command.h"
#include "tests/sandbox/vendor_discord.h"

struct control {
	struct server *server;
	struct world *world;
	struct slack *slack;
	struct discord *discord;
	struct commander *commander;
};

/* The structure must live as long as the server. */
void control_register(struct control *control);

#endif
