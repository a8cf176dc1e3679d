/* Discord's webhooks: what executing one accepts, what it refuses and with which code, and what was posted. */
#ifndef SANDBOX_VENDOR_DISCORD_H
#define SANDBOX_VENDOR_DISCORD_H

#include "tests/sandbox/server.h"

/* The paths of its webhooks, without the address; they are named "program" and "people". */
#define DISCORD_PROGRAM                                                                                            \
	"/api/webhooks/223704706495545344/3d89bb7572e0fb30d8128367b3b1b44fecd1726de135cbe28a41f8b2f777c372ba29"
#define DISCORD_PEOPLE                                                                                             \
	"/api/webhooks/223704706495545345/5a4db0c572e0fb30d8128367b3b1b44fecd1726de135cbe28a41f8b2f777c372ba29"

struct discord;

struct discord *discord_register(struct server *server);
/* All accepted messages, oldest first; a new reference. */
json_t *discord_messages(const struct discord *discord);
void discord_forget_messages(struct discord *discord);

#endif
