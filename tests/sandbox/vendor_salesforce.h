/* Salesforce as it answers on the wire: token, query, paging, replication calls, bulk jobs, describe, limits. */
#ifndef SANDBOX_VENDOR_SALESFORCE_H
#define SANDBOX_VENDOR_SALESFORCE_H

#include "tests/sandbox/server.h"

struct salesforce_options {
	const char *client_id;
	const char *client_secret;
	const char *username;            /* the integration user: `sub` of a JWT */
	const char *jwt_public_key_file; /* PEM; NULL: the JWT flow answers unsupported_grant_type */
};

/* False with a message on stderr when the public key cannot be read. */
bool salesforce_register(struct server *server, struct world *world, const struct salesforce_options *options);

#endif
