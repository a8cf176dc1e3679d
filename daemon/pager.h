/* pager.h - asks a vendor for one page after the other, and for the next one already while a page comes. */
#ifndef DAEMON_PAGER_H
#define DAEMON_PAGER_H

#include <event2/event.h>
#include <stdbool.h>

#include "daemon/http.h"

struct pager;

/* `events` are those of the page that was asked for with pager_ask, as http_send's; none comes before pager_ask returns.
 * `http` must outlive the pager. */
struct pager *pager_new(struct event_base *base, struct http *http, const struct transfer_events *events);
/* Drops what is under way without a callback. Takes NULL, returns NULL. */
struct pager *pager_free(struct pager *pager);
/* Asks for a page; there may be none under way but one that was asked for ahead. If that one asks for the very same, its
 * answer is this page's. True: so it is, and no further call is made. Else it is dropped. The request is copied. */
bool pager_ask(struct pager *pager, const struct http_request *request);
/* If it may: sends the request that will probably be next, while a page comes (also from inside `body`), and keeps its
 * answer back: what has come waits in the socket, but for its first piece. The page goes on when it is on its way. One that
 * ends before it is asked for is forgotten. */
void pager_ask_ahead(struct pager *pager, const struct http_request *request);
/* Whether nothing was asked for ahead of this page yet. Once is enough: a vendor that refuses at once isn't asked again with
 * every piece of a page. */
bool pager_may_ask_ahead(const struct pager *pager);
/* Whether one is under way that was asked for ahead. */
bool pager_is_ahead(const struct pager *pager);
/* After `ready` said no. Not from inside an event. */
void pager_resume(struct pager *pager);
/* Drops what is under way without a callback, that page too. */
void pager_stop(struct pager *pager);

#endif
