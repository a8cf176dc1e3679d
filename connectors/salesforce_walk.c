#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "connectors/salesforce_reading.h"

enum { HEAD_LIMIT = 16384 - 512, QUERY_TIMEOUT_S = 180 /* queries end after 120 s */, WINDOW_LEAST_MS = 1000 };

static const char DATA_PATH[] = "/services/data/";

static bool same_place(const struct salesforce_place *one, const struct salesforce_place *other)
{
	return one->at_ms == other->at_ms && strcmp(one->id, other->id) == 0;
}

static void forget_locator(struct reading *reading)
{
	reading->walk.locator[0] = '\0';
}

/* ---- asking ---- */

/* A query that was too much for the server is cut by time; but only what lies before the watermark is: behind it there
 * is little, and no end. */
static void begin_query(struct reading *reading)
{
	struct salesforce_walk *walk = &reading->walk;
	const struct salesforce_cursor *cursor = &reading->cursor;

	walk->begun = cursor->last;
	walk->begun_rows = cursor->rows;
	walk->total = -1;
	walk->received = 0;
	walk->settled_ms = walk->until_ms = INT64_MAX;
	if (walk->window_ms > 0 && cursor->hi_ms - cursor->last.at_ms > walk->window_ms)
		walk->until_ms = cursor->last.at_ms + walk->window_ms;
}

/* Changes are read to the present, without an upper bound: one is seen at once. What keeps late commits from being
 * lost is that only a time in the past is ever committed, and that the time before it is read again. */
static void append_query(const struct reading *reading, struct buffer *url)
{
	bool all = reading->cursor.all;
	struct buffer query;
	size_t count;
	const struct json_field *fields = record_reader_fields(reading->reader, &count);

	buffer_init(&query, SALESFORCE_QUERY_LIMIT);
	if (all)
		salesforce_query_all(
			&query, &reading->subject, fields, count, &reading->cursor.last, reading->only, false);
	else
		salesforce_query_changes(
			&query, &reading->subject, fields, count, &reading->cursor.last, reading->walk.until_ms);
	/* queryAll: those in the recycle bin too. */
	(void)buffer_printf(url, "%s%s/%s?q=", DATA_PATH, reading->session->settings->api_version,
		!all && salesforce_has_deleted(&reading->subject) ? "queryAll" : "query");
	(void)buffer_append_encoded(url, buffer_text(&query));
	url->overflown = url->overflown || query.overflown;
	buffer_free(&query);
}

static bool is_too_long(const struct http_request *request)
{
	size_t length = request->url.length;

	for (size_t i = 0; i < request->header_count; i++)
		length += request->headers[i].length + 2;
	return request->url.overflown || request->url.length >= SALESFORCE_URL_LIMIT || length >= HEAD_LIMIT;
}

/* What a query and its further pages have in common. */
static bool begin_request(const struct reading *reading, struct http_request *request, struct failure *failure)
{
	if (!salesforce_request_begin(reading->session, &reading->subject, "application/json", request, failure))
		return false;
	request->timeout_s = QUERY_TIMEOUT_S;
	request->body_limit = SALESFORCE_PAGE_BYTES_LIMIT;
	return true;
}

static bool end_request(const struct reading *reading, unsigned page, struct http_request *request)
{
	char option[32];

	(void)snprintf(request->what, sizeof request->what, "%.60s page %u", reading->subject.object, page);
	(void)snprintf(option, sizeof option, "batchSize=%d", (int)reading->session->settings->page_size);
	return http_request_header(request, "Sforce-Query-Options", option) && !is_too_long(request);
}

bool salesforce_walk_ask(struct reading *reading, struct http_request *request, struct failure *failure)
{
	const struct session *session = reading->session;
	const struct salesforce_subject *subject = &reading->subject;
	struct salesforce_walk *walk = &reading->walk;

	if (!begin_request(reading, request, failure))
		return false;
	if (walk->generation != session->generation)
		forget_locator(reading);
	walk->generation = session->generation;
	reading->asked_locator = walk->locator[0] != '\0';
	if (!reading->asked_locator)
		begin_query(reading);
	if (reading->asked_locator)
		(void)buffer_append_text(&request->url, walk->locator);
	else
		append_query(reading, &request->url);
	if (end_request(reading, walk->pages + 1, request))
		return true;
	if (reading->only == NULL)
		failure_set(failure, FAILURE_PERMANENT,
			"%s: its %zu mapped fields make a query that is too long for a URL (%zu bytes, Salesforce "
			"takes 16,384 with the headers): map fewer fields",
			subject->object, subject->mapping->count, request->url.length);
	else
		failure_set(failure, FAILURE_PERMANENT,
			"%s: the query is too long for a URL (%zu bytes, Salesforce takes 16,384 with the headers)",
			subject->object, request->url.length);
	return false;
}

void salesforce_walk_head(struct reading *reading)
{
	if (!reading->asked_locator && reading->server_ms != INT64_MIN)
		reading->walk.settled_ms = reading->server_ms - reading->session->settings->settle_s * 1000;
}

/* The result's order was fixed when the query ran, but a row that changed since may be sent as it is now, its new stamp
 * in its old place: going on behind that stamp would leave out all that stands between. So only rows that were settled
 * before the query began mark a place. An id never changes. */
void salesforce_walk_inspect(struct reading *reading, const struct value *id, int64_t modified_ms)
{
	bool all = reading->cursor.all;

	if (modified_ms > reading->newest_ms)
		reading->newest_ms = modified_ms;
	if (!salesforce_is_id(id->text, id->length) ||
		(!all && (modified_ms == INT64_MIN || modified_ms > reading->walk.settled_ms)))
		return;
	reading->page_last = (struct salesforce_place){ .at_ms = all ? INT64_MIN : modified_ms };
	memcpy(reading->page_last.id, id->text, id->length);
}

/* ---- a page ---- */

struct page {
	int64_t total, count;
	bool done;
	char next[SALESFORCE_LOCATOR_SIZE]; /* when not done */
};

/* A path of ours on the same host: the token is sent there. */
static bool is_path(const char *path)
{
	size_t length = strlen(path);

	return strncmp(path, DATA_PATH, sizeof DATA_PATH - 1) == 0 && salesforce_is_locator(path, length);
}

/* The envelope around the records (REST API, Query), or what came of it; NULL: all right, else what is wrong. */
static const char *read_envelope(const struct reading *reading, const char *text, size_t length, struct page *page)
{
	json_auto_t *json = json_loadb(text, length, 0, NULL);
	const json_t *total = json_object_get(json, "totalSize");
	const json_t *done = json_object_get(json, "done");

	if (!json_is_integer(total) || json_integer_value(total) < 0 || !json_is_boolean(done) ||
		!record_reader_found(reading->reader))
		return "the answer is JSON, but no query result";
	page->total = json_integer_value(total);
	page->done = json_is_true(done);
	page->count = (int64_t)record_reader_count(reading->reader);
	if (page->done)
		return NULL;
	const char *next = json_string_value(json_object_get(json, "nextRecordsUrl"));
	if (next == NULL || !is_path(next))
		return "the answer isn't the last page, but its nextRecordsUrl is missing or no path of the API";
	(void)snprintf(page->next, sizeof page->next, "%s", next);
	return NULL;
}

/* What stands before the records tells where the next page is (REST API, Query). A page that turns out to be bad is
 * asked for again first. Where Bulk is to go on, there is no next page. */
bool salesforce_walk_ahead(const struct reading *reading, struct http_request *request)
{
	const struct session *session = reading->session;
	struct page page = { .done = true };
	struct failure failure;
	struct buffer begun;

	if (record_reader_count(reading->reader) == 0 || reading->walk.generation != session->generation)
		return false;
	buffer_init(&begun, SALESFORCE_LOCATOR_SIZE * 2);
	bool good = record_reader_begun(reading->reader, &begun) &&
		    read_envelope(reading, buffer_text(&begun), begun.length, &page) == NULL && !page.done;
	buffer_free(&begun);
	if (!good || (!reading->asked_locator && salesforce_bulk_suits(reading, page.total)) ||
		!begin_request(reading, request, &failure))
		return false;
	(void)buffer_append_text(&request->url, page.next);
	return end_request(reading, reading->walk.pages + 2, request);
}

static bool read_page(struct reading *reading, struct page *page, struct failure *failure)
{
	struct salesforce_error error;
	const char *envelope;
	size_t length;

	if (!reading->answer.is_json) {
		salesforce_error_read(reading->session, buffer_text(&reading->body), reading->body.length, &error);
		failure_set(failure, FAILURE_TRANSIENT, "%s: HTTP 200, but the answer isn't JSON%s%.200s",
			reading->subject.object, error.message[0] == '\0' ? "" : ": ", error.message);
		failure->http_status = reading->answer.status;
		return false;
	}
	if (!record_reader_finish(reading->reader, &envelope, &length, failure)) {
		failure_prefix(failure, "%s", reading->subject.object);
		failure->http_status = reading->answer.status;
		return false;
	}
	const char *wrong = read_envelope(reading, envelope, length, page);
	return wrong == NULL || salesforce_reading_fail(reading, failure, wrong);
}

/* Rows are missing, or came twice, and which ones isn't known: the query is void and begins again where it
 * began. */
static bool void_query(struct reading *reading, int64_t received, struct failure *failure)
{
	failure_set(failure, FAILURE_TRANSIENT,
		"%s: Salesforce counted %lld records and sent %lld: the query is asked again",
		reading->subject.object, (long long)reading->walk.total, (long long)received);
	failure->http_status = reading->answer.status;
	reading->cursor.last = reading->walk.begun;
	reading->cursor.rows = reading->walk.begun_rows;
	forget_locator(reading);
	salesforce_reading_write_cursor(reading);
	return false;
}

/* A page that leads nowhere: another try may help, a third wouldn't. */
static bool barren_page(struct reading *reading, struct failure *failure)
{
	failure_set(failure, reading->walk.barren ? FAILURE_PERMANENT : FAILURE_TRANSIENT,
		"%s: Salesforce says there are more records, but page %u adds none", reading->subject.object,
		reading->walk.pages + 1);
	failure->http_status = reading->answer.status;
	reading->walk.barren = true;
	return false;
}

static void finish_query(struct reading *reading)
{
	struct salesforce_walk *walk = &reading->walk;

	forget_locator(reading);
	if (walk->until_ms == INT64_MAX) {
		salesforce_reading_complete(reading);
		return;
	}
	/* The window went well: a wider one next. */
	reading->cursor.last = (struct salesforce_place){ .at_ms = walk->until_ms };
	walk->window_ms *= 2;
	salesforce_reading_write_cursor(reading);
}

static void take_total(struct reading *reading, int64_t total)
{
	if (reading->walk.total >= 0)
		return;
	reading->walk.total = total;
	reading->expected = reading->walk.until_ms == INT64_MAX ? reading->walk.begun_rows + total : -1;
}

bool salesforce_walk_page(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	struct salesforce_walk *walk = &reading->walk;
	struct salesforce_cursor *cursor = &reading->cursor;
	struct page page = { .done = false };

	if (!read_page(reading, &page, failure))
		return false;
	reading->session->expiries = 0;
	if (!page.done && (page.count == 0 || strcmp(page.next, walk->locator) == 0))
		return barren_page(reading, failure);
	take_total(reading, page.total);
	int64_t received = walk->received + page.count;
	if (page.done ? received != walk->total : received > walk->total)
		return void_query(reading, received, failure);
	salesforce_reading_set_watermark(reading, now_ms);
	walk->barren = false;
	walk->received = received;
	walk->pages++;
	cursor->rows = walk->begun_rows + received;
	if (page.done) {
		finish_query(reading);
		return true;
	}
	if (reading->page_last.id[0] != '\0' && cursor->hi_ms != INT64_MIN)
		cursor->last = reading->page_last;
	(void)snprintf(walk->locator, sizeof walk->locator, "%s", page.next);
	if (!reading->asked_locator && cursor->hi_ms != INT64_MIN && salesforce_bulk_suits(reading, walk->total))
		salesforce_bulk_begin(reading);
	salesforce_reading_write_cursor(reading);
	return true;
}

/* ---- a refusal ---- */

/* In silence, unless this place has lost its locator before: then going on would turn in circles. */
bool salesforce_walk_lost(struct reading *reading, const struct salesforce_error *error, struct failure *failure)
{
	struct salesforce_walk *walk = &reading->walk;

	forget_locator(reading);
	if (!walk->lost || !same_place(&walk->lost_at, &reading->cursor.last)) {
		walk->lost = true;
		walk->lost_at = reading->cursor.last;
		return true;
	}
	failure_set(failure, FAILURE_PERMANENT,
		"%s: Salesforce lost the query's locator twice in the same place%s%.200s", reading->subject.object,
		error->message[0] == '\0' ? "" : ": ", error->message);
	failure->http_status = reading->answer.status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", error->code);
	return false;
}

/* A smaller page would not help, for the server looks for the rows before it cuts pages. All records are left to Bulk,
 * which cuts them by id itself; of changes half the time is asked for. */
bool salesforce_walk_split(struct reading *reading, int64_t now_ms)
{
	struct salesforce_walk *walk = &reading->walk;
	const struct salesforce_cursor *cursor = &reading->cursor;

	salesforce_reading_set_watermark(reading, now_ms);
	if (cursor->hi_ms == INT64_MIN)
		return false;
	if (cursor->all) {
		if (!salesforce_bulk_suits(reading, INT64_MAX))
			return false;
		forget_locator(reading);
		salesforce_bulk_begin(reading);
		return true;
	}
	int64_t until_ms = walk->until_ms < cursor->hi_ms ? walk->until_ms : cursor->hi_ms;
	int64_t half_ms = (until_ms - cursor->last.at_ms) / 2;
	half_ms -= half_ms % 1000;
	if (half_ms < WINDOW_LEAST_MS)
		return false;
	walk->window_ms = half_ms;
	forget_locator(reading);
	return true;
}
