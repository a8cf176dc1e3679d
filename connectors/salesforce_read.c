#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/memory.h"
#include "connectors/salesforce_internal.h"

enum {
	/* 16,384 bytes are the server's limit for the address and the headers together (salesforce.md 2.1).
	 * What libcurl adds (Host, User-Agent, Accept-Encoding) has to fit in as well. */
	URL_LIMIT = 16 * 1000,
	HEAD_LIMIT = 16384 - 512,
	LOCATOR_SIZE = 2048,
	QUERY_TIMEOUT_S = 180, /* 5.3 */
	PAGE_BYTES_LIMIT = 256 * 1024 * 1024,
	ELAPSED_MOST_MS = 60 * 60 * 1000,
};

static const char DATA_PATH[] = "/services/data/";
static const char *const containers[] = { "records", NULL };

struct reading {
	struct session *session;
	struct salesforce_subject subject;
	char fingerprint[MAPPING_FINGERPRINT_SIZE];
	struct record_reader *reader;
	bool complete;

	struct salesforce_cursor cursor; /* what is read for good; moves only when a page is whole */
	struct buffer cursor_text;

	/* The query under way: begun at a place, it has a locator for its next page. */
	struct salesforce_place begun;
	char locator[LOCATOR_SIZE]; /* empty: the next request is a query of its own */
	unsigned generation;        /* of the token that the locator came with */
	unsigned pages;             /* good ones, for the log */
	int64_t total, received;
	int64_t settled_ms; /* rows stamped later may stand in the wrong place */
	bool barren;        /* the last page added nothing */
	bool lost;          /* a locator was lost at `lost_at` */
	struct salesforce_place lost_at;

	/* The answer under way. */
	int64_t asked_at_ms;
	bool asked_locator;
	struct salesforce_answer answer;
	int64_t server_ms; /* its Date; INT64_MIN: none */
	int64_t newest_ms; /* the latest stamp in it */
	struct salesforce_place page_last;
	struct buffer error_body;
};

static bool same_place(const struct salesforce_place *one, const struct salesforce_place *other)
{
	return one->at_ms == other->at_ms && strcmp(one->id, other->id) == 0;
}

/* Remembers how far the page has come. The result's order was fixed when the query ran, but a row that
 * changed since may be sent as it is now, its new stamp in its old place: going on behind that stamp would
 * leave out all that stands between. So only rows that were settled before the query began mark a place. */
static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;

	(void)values;
	(void)extras;
	if (modified_ms > reading->newest_ms)
		reading->newest_ms = modified_ms;
	if (modified_ms == INT64_MIN || modified_ms > reading->settled_ms ||
		!salesforce_is_id(id->text, id->length))
		return true;
	reading->page_last = (struct salesforce_place){ .at_ms = modified_ms };
	memcpy(reading->page_last.id, id->text, id->length);
	return true;
}

static void write_cursor(struct reading *reading)
{
	salesforce_cursor_write(&reading->cursor, reading->fingerprint, &reading->cursor_text);
}

static void forget_locator(struct reading *reading)
{
	reading->locator[0] = '\0';
}

static void forget_answer(struct reading *reading)
{
	reading->answer = (struct salesforce_answer){ .status = 0 };
	reading->server_ms = reading->newest_ms = INT64_MIN;
	reading->page_last = (struct salesforce_place){ .at_ms = INT64_MIN };
	buffer_clear(&reading->error_body);
	record_reader_reset(reading->reader);
}

struct reading *salesforce_read_open(struct session *session, enum entity entity,
	const struct mapping_entity *mapping, const char *cursor, const struct record_sink *sink)
{
	struct reading *reading = memory_allocate(sizeof *reading);

	reading->session = session;
	reading->subject = (struct salesforce_subject){
		.object = mapping->object != NULL ? mapping->object : salesforce_default_object(entity),
		.entity = entity,
		.mapping = mapping,
	};
	const struct record_reader_settings settings = {
		.entity = entity,
		.mapping = mapping,
		.containers = containers,
		.prefix = "",
		.id = "Id",
		.modified = "SystemModstamp",
		.deleted = salesforce_has_deleted(&reading->subject) ? "IsDeleted" : NULL,
		/* Replies use the canonical case, whatever the case in the query (2.4). */
		.fold_case = true,
		.inspect = inspect,
		.context = reading,
	};
	reading->reader = record_reader_new(&settings, sink);
	buffer_init(&reading->error_body, SALESFORCE_ERROR_BODY_LIMIT);
	buffer_init(&reading->cursor_text, 0);
	mapping_fingerprint(
		reading->subject.mapping, reading->subject.entity, reading->subject.object, reading->fingerprint);
	salesforce_cursor_read(cursor, reading->fingerprint, &reading->cursor);
	write_cursor(reading);
	forget_answer(reading);
	return reading;
}

struct reading *salesforce_read_free(struct reading *reading)
{
	if (reading == NULL)
		return NULL;
	record_reader_free(reading->reader);
	buffer_free(&reading->error_body);
	buffer_free(&reading->cursor_text);
	free(reading);
	return NULL;
}

/* ---- asking ---- */

static bool add_headers(const struct session *session, struct http_request *request)
{
	struct buffer value;
	char option[32];

	buffer_init(&value, sizeof "Bearer " + strlen(secret_reveal(session->token)));
	(void)buffer_append_text(&value, "Bearer ");
	(void)buffer_append_text(&value, secret_reveal(session->token));
	(void)snprintf(option, sizeof option, "batchSize=%d", (int)session->settings->page_size);
	bool good = http_request_header(request, "Authorization", buffer_text(&value)) &&
		    http_request_header(request, "Accept", "application/json") &&
		    http_request_header(request, "Sforce-Query-Options", option) &&
		    http_request_header(request, "Sforce-Call-Options", "client=advocated");
	buffer_wipe(&value);
	return good;
}

static bool is_too_long(const struct http_request *request)
{
	size_t length = request->url.length;

	for (size_t i = 0; i < request->header_count; i++)
		length += request->headers[i].length + 2;
	return request->url.overflown || request->url.length >= URL_LIMIT || length >= HEAD_LIMIT;
}

static bool fill_request(struct reading *reading, struct http_request *request, struct failure *failure)
{
	const struct session *session = reading->session;

	http_request_clear(request);
	request->accept_gzip = true;
	request->timeout_s = QUERY_TIMEOUT_S;
	request->body_limit = PAGE_BYTES_LIMIT;
	(void)snprintf(
		request->what, sizeof request->what, "%.60s page %u", reading->subject.object, reading->pages + 1);
	/* Built anew each time: a new token may have come with another instance (story 8). */
	(void)buffer_append_text(&request->url, session->instance_url);
	if (reading->locator[0] != '\0')
		(void)buffer_append_text(&request->url, reading->locator);
	else
		salesforce_query_append(&request->url, session->settings, &reading->subject, &reading->cursor);
	if (!add_headers(session, request)) {
		failure_set(failure, FAILURE_CREDENTIALS, "the access token doesn't fit into a header");
		return false;
	}
	if (!is_too_long(request))
		return true;
	failure_set(failure, FAILURE_PERMANENT,
		"%s: its %zu mapped fields make a query that is too long for a URL (%zu bytes, "
		"Salesforce takes "
		"16,384 with the headers): map fewer fields",
		reading->subject.object, reading->subject.mapping->count, request->url.length);
	return false;
}

enum read_step salesforce_read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	if (reading->complete)
		return READ_COMPLETE;
	if (reading->session->token == NULL) {
		failure_set(failure, FAILURE_EXPIRED, "%s: there is no session with Salesforce",
			reading->subject.object);
		return READ_FAILED;
	}
	if (reading->generation != reading->session->generation)
		forget_locator(reading);
	reading->generation = reading->session->generation;
	forget_answer(reading);
	if (reading->locator[0] == '\0') {
		reading->begun = reading->cursor.last;
		reading->total = -1;
		reading->received = 0;
		reading->settled_ms = INT64_MAX;
	}
	if (!fill_request(reading, request, failure))
		return READ_FAILED;
	reading->asked_at_ms = now_ms;
	reading->asked_locator = reading->locator[0] != '\0';
	return READ_REQUEST;
}

void salesforce_read_head(struct reading *reading, const struct http_head *head)
{
	const char *date = http_head_value(head, "Date");

	forget_answer(reading);
	salesforce_answer_read(head, &reading->answer);
	salesforce_quota_read(head, &reading->session->quota);
	if (date == NULL || !instant_parse_http(date, &reading->server_ms))
		reading->server_ms = INT64_MIN;
	else if (!reading->asked_locator)
		reading->settled_ms = reading->server_ms - reading->session->settings->settle_s * 1000;
}

bool salesforce_read_feed(struct reading *reading, const char *bytes, size_t length)
{
	if (reading->answer.status == 200 && reading->answer.is_json)
		return record_reader_feed(reading->reader, bytes, length);
	size_t room = reading->error_body.limit - reading->error_body.length;
	(void)buffer_append(&reading->error_body, bytes, length < room ? length : room);
	return true;
}

/* ---- a page ---- */

struct page {
	int64_t total, count;
	bool done;
	char next[LOCATOR_SIZE]; /* when not done */
};

/* A path of ours on the same host: the token is sent there. */
static bool is_locator(const char *path)
{
	size_t length = strlen(path);

	if (strncmp(path, DATA_PATH, sizeof DATA_PATH - 1) != 0 || length >= LOCATOR_SIZE)
		return false;
	for (size_t i = 0; i < length; i++)
		if (path[i] <= 0x20 || path[i] >= 0x7f)
			return false;
	return true;
}

static bool page_fail(const struct reading *reading, struct failure *failure, const char *what)
{
	failure_set(failure, FAILURE_TRANSIENT, "%s: %s", reading->subject.object, what);
	failure->http_status = reading->answer.status;
	return false;
}

/* The envelope that comes around the records (2.2). */
static bool read_envelope(
	const struct reading *reading, const char *text, size_t length, struct page *page, struct failure *failure)
{
	json_auto_t *json = json_loadb(text, length, 0, NULL);
	const json_t *total = json_object_get(json, "totalSize");
	const json_t *done = json_object_get(json, "done");

	if (!json_is_integer(total) || json_integer_value(total) < 0 || !json_is_boolean(done) ||
		!record_reader_found(reading->reader))
		return page_fail(reading, failure, "the answer is JSON, but no query result");
	page->total = json_integer_value(total);
	page->done = json_is_true(done);
	page->count = (int64_t)record_reader_count(reading->reader);
	if (page->done)
		return true;
	const char *next = json_string_value(json_object_get(json, "nextRecordsUrl"));
	if (next == NULL || !is_locator(next))
		return page_fail(reading, failure,
			"the answer isn't the last page, but its nextRecordsUrl is missing or no "
			"path of the API");
	(void)snprintf(page->next, sizeof page->next, "%s", next);
	return true;
}

static bool read_page(struct reading *reading, struct page *page, struct failure *failure)
{
	struct salesforce_error error;
	const char *envelope;
	size_t length;

	if (!reading->answer.is_json) {
		salesforce_error_read(buffer_text(&reading->error_body), reading->error_body.length, &error);
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
	return read_envelope(reading, envelope, length, page, failure);
}

/* The run's watermark: the server's time when the first query ran, less what a commit may take to become
 * visible (3.2). A transfer that took long means that the query ran that much before its Date was written.
 * Without a Date the newest stamp will do: the server's clock has passed it. */
static void set_watermark(struct reading *reading, int64_t now_ms)
{
	int64_t elapsed_ms = now_ms - reading->asked_at_ms;
	int64_t server_ms = reading->newest_ms;

	if (reading->cursor.hi_ms != INT64_MIN)
		return;
	if (reading->server_ms != INT64_MIN) {
		elapsed_ms = elapsed_ms < 0 ? 0 : elapsed_ms > ELAPSED_MOST_MS ? ELAPSED_MOST_MS : elapsed_ms;
		server_ms = reading->server_ms - elapsed_ms;
	}
	if (server_ms == INT64_MIN)
		return;
	int64_t hi_ms = server_ms - reading->session->settings->settle_s * 1000;
	reading->cursor.hi_ms = hi_ms > reading->cursor.lo_ms ? hi_ms : reading->cursor.lo_ms;
}

/* Rows are missing, or came twice, and which ones isn't known: the query is void and begins again where it
 * began (story 11, "totalSize equals rows or the cycle is void"). */
static bool void_query(struct reading *reading, int64_t received, struct failure *failure)
{
	failure_set(failure, FAILURE_TRANSIENT,
		"%s: Salesforce counted %lld records and sent %lld: the query is asked again",
		reading->subject.object, (long long)reading->total, (long long)received);
	failure->http_status = reading->answer.status;
	reading->cursor.last = reading->begun;
	forget_locator(reading);
	write_cursor(reading);
	return false;
}

/* A page that leads nowhere: another try may help, a third wouldn't. */
static bool barren_page(struct reading *reading, struct failure *failure)
{
	failure_set(failure, reading->barren ? FAILURE_PERMANENT : FAILURE_TRANSIENT,
		"%s: Salesforce says there are more records, but page %u adds none", reading->subject.object,
		reading->pages + 1);
	failure->http_status = reading->answer.status;
	reading->barren = true;
	return false;
}

static void finish_run(struct reading *reading)
{
	reading->complete = true;
	forget_locator(reading);
	if (reading->cursor.hi_ms > reading->cursor.lo_ms)
		reading->cursor.lo_ms = reading->cursor.hi_ms;
	reading->cursor.last = (struct salesforce_place){ .at_ms = INT64_MIN };
	write_cursor(reading);
}

static bool finish_page(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	struct page page;

	if (!read_page(reading, &page, failure))
		return false;
	reading->session->expiries = 0;
	if (!page.done && (page.count == 0 || strcmp(page.next, reading->locator) == 0))
		return barren_page(reading, failure);
	if (reading->total < 0)
		reading->total = page.total;
	int64_t received = reading->received + page.count;
	if (page.done ? received != reading->total : received > reading->total)
		return void_query(reading, received, failure);
	set_watermark(reading, now_ms);
	reading->barren = false;
	reading->received = received;
	reading->pages++;
	if (page.done) {
		finish_run(reading);
		return true;
	}
	if (reading->page_last.id[0] != '\0' && reading->cursor.hi_ms != INT64_MIN)
		reading->cursor.last = reading->page_last;
	memcpy(reading->locator, page.next, sizeof reading->locator);
	write_cursor(reading);
	return true;
}

/* ---- a refusal ---- */

/* In silence: the next request is a fresh query from the last place. But when that place has lost its locator
 * before, going on would turn in circles. */
static bool lose_locator(struct reading *reading, const struct salesforce_error *error, struct failure *failure)
{
	forget_locator(reading);
	if (!reading->lost || !same_place(&reading->lost_at, &reading->cursor.last)) {
		reading->lost = true;
		reading->lost_at = reading->cursor.last;
		return true;
	}
	failure_set(failure, FAILURE_PERMANENT,
		"%s: Salesforce lost the query's locator twice in the same place%s%.200s", reading->subject.object,
		error->message[0] == '\0' ? "" : ": ", error->message);
	failure->http_status = reading->answer.status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", error->code);
	return false;
}

static bool refused(struct reading *reading, struct failure *failure)
{
	struct session *session = reading->session;
	struct salesforce_error error;

	salesforce_error_read(buffer_text(&reading->error_body), reading->error_body.length, &error);
	if (reading->asked_locator && salesforce_error_is_lost_locator(&reading->answer, &error))
		return lose_locator(reading, &error, failure);
	salesforce_error_classify(&reading->answer, &error, &reading->subject, failure);
	if (failure->kind == FAILURE_CREDENTIALS)
		session->token = secret_free(session->token);
	if (failure->kind != FAILURE_EXPIRED || salesforce_session_expire(session))
		return false;
	failure_set(failure, FAILURE_CREDENTIALS,
		"%s: a new session was refused at once, like the one before: check the app's session "
		"policies and "
		"base_url; Salesforce says: %.160s (%s, HTTP %d)",
		reading->subject.object, error.message, error.code, reading->answer.status);
	failure->http_status = reading->answer.status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", error.code);
	return false;
}

bool salesforce_read_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	if (reading->answer.status == 0)
		return page_fail(reading, failure, "no answer came");
	return reading->answer.status == 200 ? finish_page(reading, now_ms, failure) : refused(reading, failure);
}

const char *salesforce_read_cursor(const struct reading *reading)
{
	return reading->cursor_text.length == 0 ? NULL : buffer_text(&reading->cursor_text);
}

int64_t salesforce_read_complete_until(const struct reading *reading)
{
	return reading->cursor.hi_ms;
}
