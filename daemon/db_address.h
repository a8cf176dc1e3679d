/* db_address.h - a conninfo whose host names are resolved, as libpq's parallel lists of keywords and values. */
#ifndef DAEMON_DB_ADDRESS_H
#define DAEMON_DB_ADDRESS_H

#include <event2/event.h>

struct db_address;

struct db_address_settings {
	const char *conninfo; /* checked before (config.h) */
	const char *password; /* NULL: what libpq finds by itself */
	const char *application_name;
	unsigned first; /* with which of the addresses to begin, counted round and round */
};

/* `keywords` and `values` are NULL-terminated for PQconnectStartParams; or NULL and `problem` says why. All live
 * until the call returns. */
typedef void db_address_fn(
	void *context, const char *const *keywords, const char *const *values, const char *problem);

/* libpq resolves names synchronously unless it is given hostaddr; so every host of `conninfo` is resolved first
 * and handed over as hostaddr, with `host` kept for TLS. A host that can't be resolved is left out, unless none can.
 * Where conninfo doesn't say otherwise, a server that has vanished from the net is noticed within a minute. `done` is called from the loop, at most once. The caller
 * owns the result and frees it, before or after `done` (from inside of it too). */
struct db_address *db_address_resolve(
	struct event_base *base, const struct db_address_settings *settings, db_address_fn *done, void *context);
struct db_address *db_address_free(struct db_address *address); /* takes NULL, returns NULL */

#endif
