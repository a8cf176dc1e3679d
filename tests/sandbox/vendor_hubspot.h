/* HubSpot as it answers on the wire: objects, search, associations, owners, pipelines, properties. */
#ifndef SANDBOX_VENDOR_HUBSPOT_H
#define SANDBOX_VENDOR_HUBSPOT_H

#include "tests/sandbox/server.h"

/* The world and the token outlive the server. */
void hubspot_register(struct server *server, struct world *world, const char *token);

#endif
