#include "daemon/pager.h"

#include <assert.h>
#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/loop.h"

/* On a kept connection the request asked for ahead is on its way after two turns of the loop: libcurl takes it over in the
 * first, and sends it in the next. A page that lies in its socket wholly is read in a single turn: so long it waits. */
enum { AHEAD_TURNS = 3 };

struct page {
	struct pager *pager;
	struct transfer *transfer;
	struct http_request request; /* of one asked for ahead: what it has to be the same as */
};

struct pager {
	struct http *http;
	struct transfer_events events;
	struct page *page, *ahead;
	bool asked_ahead;     /* of this page, whatever became of it */
	unsigned held;        /* turns for which the page waits for the one asked for ahead to be sent */
	struct event *resume; /* zero: lets a page go on that was held, or came before it was asked for */
};

static struct page *page_free(struct page *page)
{
	if (page == NULL)
		return NULL;
	page->transfer = http_cancel(page->transfer);
	http_request_free(&page->request);
	free(page);
	return NULL;
}

static bool on_ready(void *context)
{
	const struct page *page = context;
	const struct pager *pager = page->pager;

	return page == pager->page && pager->held == 0 &&
	       (pager->events.ready == NULL || pager->events.ready(pager->events.context));
}

static void on_head(void *context, const struct http_head *head)
{
	const struct page *page = context;
	const struct pager *pager = page->pager;

	if (page == pager->page)
		pager->events.head(pager->events.context, head);
}

static bool on_body(void *context, const char *bytes, size_t length)
{
	const struct page *page = context;

	/* Before it is asked for, nothing gets past on_ready. */
	return page->pager->events.body(page->pager->events.context, bytes, length);
}

static void on_done(void *context, const struct failure *failure)
{
	struct page *page = context;
	struct pager *pager = page->pager;
	bool is_ahead = page != pager->page;

	page->transfer = NULL;
	if (is_ahead) {
		/* An answer without a body, or none: as if it had not been asked for. */
		pager->ahead = page_free(page);
		return;
	}
	pager->page = page_free(page);
	pager->events.done(pager->events.context, failure);
}

static struct page *send_request(struct pager *pager, const struct http_request *request)
{
	struct page *page = memory_allocate(sizeof *page);

	page->pager = pager;
	http_request_init(&page->request);
	page->transfer = http_send(pager->http, request,
		&(struct transfer_events){
			.context = page, .ready = on_ready, .head = on_head, .body = on_body, .done = on_done });
	return page;
}

static void on_resume(evutil_socket_t descriptor, short what, void *context)
{
	struct pager *pager = context;

	(void)descriptor;
	(void)what;
	if (pager->held > 0 && --pager->held > 0)
		loop_arm(pager->resume, 0);
	else
		pager_resume(pager);
}

struct pager *pager_new(struct event_base *base, struct http *http, const struct transfer_events *events)
{
	struct pager *pager = memory_allocate(sizeof *pager);

	pager->http = http;
	pager->events = *events;
	pager->resume = loop_timer(base, on_resume, pager);
	return pager;
}

struct pager *pager_free(struct pager *pager)
{
	if (pager == NULL)
		return NULL;
	pager_stop(pager);
	pager->resume = loop_event_free(pager->resume);
	free(pager);
	return NULL;
}

bool pager_ask(struct pager *pager, const struct http_request *request)
{
	assert(pager->page == NULL);
	pager->asked_ahead = false;
	pager->held = 0;
	if (pager->ahead != NULL && http_request_same(&pager->ahead->request, request)) {
		pager->page = pager->ahead;
		pager->ahead = NULL;
		loop_arm(pager->resume, 0);
		return true;
	}
	pager->ahead = page_free(pager->ahead);
	pager->page = send_request(pager, request);
	return false;
}

void pager_ask_ahead(struct pager *pager, const struct http_request *request)
{
	assert(pager_may_ask_ahead(pager));
	pager->asked_ahead = true;
	pager->ahead = send_request(pager, request);
	http_request_copy(&pager->ahead->request, request);
	pager->held = AHEAD_TURNS;
	loop_arm(pager->resume, 0);
}

bool pager_may_ask_ahead(const struct pager *pager)
{
	return pager->page != NULL && !pager->asked_ahead;
}

bool pager_is_ahead(const struct pager *pager)
{
	return pager->ahead != NULL;
}

void pager_resume(struct pager *pager)
{
	if (pager->page != NULL)
		http_resume(pager->page->transfer);
}

void pager_stop(struct pager *pager)
{
	(void)event_del(pager->resume);
	pager->held = 0;
	pager->page = page_free(pager->page);
	pager->ahead = page_free(pager->ahead);
}
