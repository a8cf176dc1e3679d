/* webhook.h - what posting to an incoming webhook takes: its address is a secret that lets whoever has it post. */
#ifndef CONNECTORS_WEBHOOK_H
#define CONNECTORS_WEBHOOK_H

#include "connectors/messenger.h"
#include "connectors/secret.h"

/* Whether the address can be used: one alone, https or http towards this machine, without a fragment, which nobody would
 * be sent. NULL is no fault: a required option that is missing is told elsewhere. */
bool webhook_check(const struct secret *url, struct failure *failure);
/* Fills the request; takes the payload. Nothing tells a webhook that a message is the same as before: libcurl must not send
 * it twice by itself. False: DESTINATION for an address that can't be used, PERMANENT for a payload that can't be written. */
bool webhook_ask(struct http_request *request, const struct secret *url, const char *destination,
	const struct message *message, json_t *payload, struct failure *failure);

#endif
