/* sync_played.h - a run whose vendor, pages, stages and database are played: what it asks of each is looked at, and every
 * answer comes exactly when a test says so. Included by the tests of runs. */
#ifndef TESTS_UNIT_SYNC_PLAYED_H
#define TESTS_UNIT_SYNC_PLAYED_H

#include "tests/unit/db_played.h"

#include "connectors/memory.h"
#include "daemon/pager.h"
#include "daemon/stage.h"
#include "daemon/sync.h"

enum { ROWS = 100 /* of a page */, PAGE_MS = 100 /* for which it comes */, HOUR_MS = 3600 * 1000 };

/* ---- a vendor whose pages are numbers, which are places to stop, too ---- */

struct reading {
	enum read_mode mode;
	int page;
	bool through;
	struct record_sink sink;
};

static struct vendor {
	int pages;
	int stop_every;            /* only behind so many pages there is a place to stop; 0: nowhere */
	int fail_page, fail_times; /* this page fails so often */
	struct failure failure;
	bool reads_ahead, counts, cannot_look;
	int empty_page; /* brings no row */
	/* What was seen of it. */
	char opened[200]; /* every reading: mode, "?" if a look, "!" if proving, "~" if cautious, and the cursor */
	char asked[800];  /* the pages, in order */
	int freed, readings;
} vendor;

static inline void note(char *text, size_t size, const char *what)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : " ", what);
}

static inline struct reading *read_open(
	struct session *session, const struct reading_request *request, const struct record_sink *sink)
{
	char text[80];

	(void)session;
	(void)snprintf(text, sizeof text, "%s%s%s%s:%s", request->mode == READ_ALL ? "all" : "changes",
		request->only != NULL ? "?" : "", request->prove ? "!" : "", request->cautious ? "~" : "",
		request->cursor == NULL ? "-" : request->cursor);
	note(vendor.opened, sizeof vendor.opened, text);
	if ((request->mode == READ_CHANGES && request->cursor == NULL) ||
		(request->only != NULL && vendor.cannot_look))
		return NULL;
	struct reading *reading = memory_allocate(sizeof *reading);
	reading->mode = request->mode;
	reading->sink = *sink;
	/* Of changes the place is "c" and the page. */
	if (request->cursor != NULL)
		reading->page = (int)strtol(request->cursor + (*request->cursor == 'c'), NULL, 10);
	vendor.readings++;
	return reading;
}

static inline struct reading *read_free(struct reading *reading)
{
	vendor.freed += reading != NULL;
	free(reading);
	return NULL;
}

static inline enum read_step read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	(void)now_ms;
	(void)failure;
	if (reading->page >= vendor.pages) {
		reading->through = true;
		return READ_COMPLETE;
	}
	(void)buffer_printf(&request->url, "%d", reading->page + 1);
	return READ_REQUEST;
}

static inline bool read_ahead(const struct reading *reading, struct http_request *request)
{
	(void)buffer_printf(&request->url, "%d", reading->page + 2);
	return vendor.reads_ahead && reading->page + 2 <= vendor.pages;
}

static inline void read_head(struct reading *reading, const struct http_head *head)
{
	(void)reading;
	assert_int_equal(head->status, 200);
}

static inline bool read_feed(struct reading *reading, const char *bytes, size_t length)
{
	(void)bytes;
	(void)length;
	if (reading->page + 1 == vendor.empty_page)
		return true;
	for (int i = 0; i < ROWS - 1; i++)
		reading->sink.record(reading->sink.context, ENTITY_ACCOUNT, NULL, 0);
	reading->sink.record(reading->sink.context, ENTITY_ASSOCIATION, NULL, 0);
	reading->sink.reject(reading->sink.context, &(struct rejection){ .remote_id = "r", .reason = "bad" });
	return true;
}

static inline bool read_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	(void)now_ms;
	if (reading->page + 1 == vendor.fail_page && vendor.fail_times > 0) {
		vendor.fail_times--;
		*failure = vendor.failure;
		return false;
	}
	reading->page++;
	return true;
}

static inline const char *read_cursor(const struct reading *reading)
{
	static char cursor[40];

	if (reading->through)
		return "c0"; /* before the first request */
	if (vendor.stop_every == 0 || reading->page % vendor.stop_every != 0)
		return NULL;
	(void)snprintf(cursor, sizeof cursor, "%s%d", reading->mode == READ_ALL ? "" : "c", reading->page);
	return cursor;
}

static inline void read_until(const struct reading *reading, int64_t *ret_fresh_ms, int64_t *ret_complete_ms)
{
	(void)reading;
	*ret_fresh_ms = INT64_C(1767225600000); /* 2026-01-01 */
	*ret_complete_ms = INT64_MIN;
}

static inline int64_t read_expected(const struct reading *reading)
{
	(void)reading;
	return vendor.counts ? (int64_t)vendor.pages * ROWS : -1;
}

static inline bool authorize(
	struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	(void)session;
	(void)now_ms;
	(void)request;
	(void)failure;
	return true;
}

static struct connector connector = {
	.name = "play",
	.read_open = read_open,
	.read_free = read_free,
	.read_next = read_next,
	.read_head = read_head,
	.read_feed = read_feed,
	.read_ahead = read_ahead,
	.read_finish = read_finish,
	.read_cursor = read_cursor,
	.read_until = read_until,
	.read_expected = read_expected,
};

/* ---- its token, which comes at once ---- */

static int tokens;

bool authorizer_ask(struct authorizer *authorizer, authorizer_fn *done, void *context, struct failure *failure)
{
	(void)authorizer;
	(void)failure;
	tokens++;
	done(context, NULL);
	return true;
}

void authorizer_leave(struct authorizer *authorizer, const void *context)
{
	(void)authorizer;
	(void)context;
}

/* ---- the pages: the one that was asked for comes when a test says so ---- */

static struct pages {
	struct transfer_events events;
	bool under_way, asked_ahead, is_ahead;
	char ahead[16];
	int aheads;
} pages;

struct pager *pager_new(struct event_base *of, struct http *http, const struct transfer_events *events)
{
	(void)of;
	(void)http;
	pages.events = *events;
	return NULL;
}

struct pager *pager_free(struct pager *pager)
{
	return pager;
}

bool pager_ask(struct pager *pager, const struct http_request *request)
{
	bool was_ahead = pages.is_ahead && strcmp(pages.ahead, buffer_text(&request->url)) == 0;

	(void)pager;
	assert_false(pages.under_way);
	note(vendor.asked, sizeof vendor.asked, buffer_text(&request->url));
	pages.under_way = true;
	pages.asked_ahead = pages.is_ahead = false;
	return was_ahead;
}

void pager_ask_ahead(struct pager *pager, const struct http_request *request)
{
	(void)pager;
	(void)snprintf(pages.ahead, sizeof pages.ahead, "%s", buffer_text(&request->url));
	pages.asked_ahead = pages.is_ahead = true;
	pages.aheads++;
}

bool pager_may_ask_ahead(const struct pager *pager)
{
	(void)pager;
	return pages.under_way && !pages.asked_ahead;
}

bool pager_is_ahead(const struct pager *pager)
{
	(void)pager;
	return pages.is_ahead;
}

void pager_resume(struct pager *pager)
{
	(void)pager;
}

void pager_stop(struct pager *pager)
{
	(void)pager;
	pages.under_way = pages.is_ahead = false;
}

static inline void page_comes(void)
{
	assert_true(pages.under_way);
	clock_ms += PAGE_MS;
	pages.events.head(pages.events.context, &(struct http_head){ .status = 200 });
	(void)pages.events.body(pages.events.context, "x", 1);
	pages.under_way = false;
	pages.events.done(pages.events.context, NULL);
}

/* ---- the stages, into which rows fall at once ---- */

static struct {
	struct stage_events events;
	int records, rejects, flushes;
	void (*emptied)(void *context); /* abandoned: a COPY is still open */
} staged;

struct stage *stage_new(struct db *db, const struct stage_events *events)
{
	(void)db;
	staged.events = *events;
	return NULL;
}

struct stage *stage_free(struct stage *stage)
{
	return stage;
}

void stage_record(struct stage *stage, enum entity entity, const struct value *values, size_t count)
{
	(void)stage;
	(void)entity;
	(void)values;
	(void)count;
	staged.records++;
}

void stage_reject(struct stage *stage, const struct rejection *rejection)
{
	(void)stage;
	(void)rejection;
	staged.rejects++;
}

bool stage_has_room(const struct stage *stage)
{
	(void)stage;
	return true;
}

void stage_flush(struct stage *stage, void (*done)(void *context))
{
	(void)stage;
	staged.flushes++;
	done(staged.events.context);
}

void stage_abandon(struct stage *stage, void (*done)(void *context))
{
	(void)stage;
	staged.emptied = done;
}

/* ---- the run ---- */

static struct sync_run *run;
static struct sync_settings settings;
static struct sync_outcome outcome;
static int dones, progresses, previews;

static inline void on_done(void *context, const struct sync_outcome *ended)
{
	(void)context;
	dones++;
	outcome = *ended;
}

static inline void on_progress(void *context, const struct sync_outcome *so_far)
{
	(void)context;
	progresses++;
	outcome = *so_far;
}

static inline void on_previewed(void *context, const char *difference)
{
	(void)context;
	assert_string_equal(difference, "{}");
	previews++;
}

static inline int set_up(void **state)
{
	(void)state;
	play_begin();
	vendor = (struct vendor){ .pages = 5, .stop_every = 1, .counts = true };
	connector.authorize = NULL;
	memset(&staged, 0, sizeof staged);
	memset(&pages, 0, sizeof pages);
	outcome = (struct sync_outcome){ 0 };
	tokens = dones = progresses = previews = 0;
	settings = (struct sync_settings){ .base = base,
		.source = "crm",
		.connector = &connector,
		.entity = ENTITY_ACCOUNT,
		.fingerprint = "f",
		.mode = READ_CHANGES,
		.full_read_every_s = 86400,
		.prove_every_s = 900,
		.checkpoint_rows = 20000,
		.yield_ms = INT64_MAX,
		.calls_most = INT64_MAX };
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	run = sync_free(run);
	assert_int_equal(vendor.readings, vendor.freed);
	play_end();
	return 0;
}

/* What stream_plan says. */
struct stored {
	const char *cursor, *full_cursor, *calls_today, *full_rows;
	bool never_full;
	bool prove, broken_off, full_broken_off, unjudged, untouched;
};

static inline const char *word(bool is_true)
{
	return is_true ? "t" : "f";
}

static inline void begin(const struct stored *stored)
{
	static const char *const names[] = { "cursor", "full_cursor", "full_due_s", "prove", "calls_today",
		"full_rows", "broken_off", "full_broken_off", "unjudged", "untouched" };
	const char *const plan[] = { stored->cursor, stored->full_cursor, stored->never_full ? NULL : "0",
		word(stored->prove), stored->calls_today == NULL ? "0" : stored->calls_today,
		stored->full_rows == NULL ? "0" : stored->full_rows, word(stored->broken_off),
		word(stored->full_broken_off), word(stored->unjudged), word(stored->untouched) };

	run = sync_start(&settings,
		&(struct sync_events){ .done = on_done, .progress = on_progress, .previewed = on_previewed });
	expect("advocacy.stage_clear()");
	answer_one("");
	const struct statement *asks = expect("advocacy.stream_plan(");
	assert_string_equal(asks->values[0], "crm");
	assert_string_equal(asks->values[1], "account");
	assert_string_equal(asks->values[2], "86400 seconds");
	assert_string_equal(asks->values[3], "900 seconds");
	answer(1, 10, names, plan);
}

/* What sync_apply is asked: mode, cursor, complete, rows and calls. */
static inline void expect_portion(const char *function, const char *said)
{
	const struct statement *asks = expect(function);
	char text[200];

	(void)snprintf(text, sizeof text, "%s %s %s %s %s", asks->values[8], asks->values[2], asks->values[3],
		asks->values[5], asks->values[6]);
	assert_string_equal(text, said);
}

static inline void applied(const char *said)
{
	static const char *const names[] = { "rows_changed", "rows_rejected", "suspended", "reinstated" };

	expect_portion("advocacy.sync_apply(", said);
	answer(1, 4, names, (const char *const[]){ "7", "1", "2", "3" });
}

static inline void pages_come(int count)
{
	while (count-- > 0)
		page_comes();
}

static inline void ended(void)
{
	assert_int_equal(dones, 0);
	turn_loop();
	assert_int_equal(dones, 1);
	assert_false(is_asked());
	assert_false(pages.under_way);
}

#endif
