/* Gainsight as it answers on the wire: the query endpoint and the metadata calls. */
#ifndef SANDBOX_VENDOR_GAINSIGHT_H
#define SANDBOX_VENDOR_GAINSIGHT_H

#include "tests/sandbox/server.h"

/* The world and the key outlive the server. */
void gainsight_register(struct server *server, struct world *world, const char *access_key);

#endif
