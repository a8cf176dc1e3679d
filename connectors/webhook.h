/* webhook.h - the addresses of incoming webhooks: each is a secret that lets whoever has it post. */
#ifndef CONNECTORS_WEBHOOK_H
#define CONNECTORS_WEBHOOK_H

#include <stdbool.h>

/* https, or plain http towards this machine; a host, and nothing that could hide another one. */
bool webhook_is_address(const char *url);

#endif
