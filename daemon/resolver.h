/* resolver.h - host names to addresses without stopping the loop. */
#ifndef DAEMON_RESOLVER_H
#define DAEMON_RESOLVER_H

#include <event2/event.h>

struct resolver;

/* `addresses` are numeric, separated by commas, in the order in which they should be tried; or NULL with `problem`
 * when the name can't be resolved. Both live until the call returns. */
typedef void resolver_fn(void *context, const char *addresses, const char *problem);

/* libpq resolves names synchronously (4 s inside PQconnectStart were measured with a slow resolver), and so does
 * getaddrinfo. One name is resolved in a thread of its own, which honours nsswitch.conf; `done` is called from the
 * loop, never from inside this call. */
struct resolver *resolver_start(struct event_base *base, const char *host, resolver_fn *done, void *context);
/* Forgets the answer if there is none yet; takes NULL, returns NULL. Not needed after `done`, which ends it. */
struct resolver *resolver_cancel(struct resolver *resolver);

#endif
