#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/salesforce_reading.h"

/* A job is left behind when it is read, or given up: it goes by itself after seven days (Bulk API 2.0, Limits), and
 * what is read from it can be read again until then, should the last page's rows be lost before they were kept. */
enum {
	PAGE_RECORDS = 50 * 1000,
	JOB_TIMEOUT_S = 60,
	RESULTS_TIMEOUT_S = 15 * 60,
	PAUSE_FIRST_MS = 1000,
	PAUSE_MOST_MS = 60 * 1000,
	WAIT_MOST_MS = 2 * 60 * 60 * 1000,
	/* 1, 2, 4, ... 32 s, then a minute each: two hours of them. */
	POLLS_MOST = 125,
	JOBS_MOST = 2,
};

void salesforce_bulk_resume(struct reading *reading)
{
	struct salesforce_cursor *cursor = &reading->cursor;

	reading->bulk.refused = cursor->jobs >= JOBS_MOST && cursor->job[0] == '\0';
	if (cursor->job[0] == '\0')
		return;
	reading->bulk.step = BULK_POLL;
	reading->csv = csv_reader_new(&reading->settings, &reading->sink);
}

bool salesforce_bulk_suits(const struct reading *reading, int64_t rows)
{
	const int64_t from = reading->session->settings->bulk_from;

	/* A job takes its time to begin; a look at some records is to bring them soon. */
	return reading->cursor.all && reading->only == NULL && !reading->bulk.refused && from > 0 && rows >= from;
}

void salesforce_bulk_begin(struct reading *reading)
{
	reading->bulk.step = BULK_CREATE;
	reading->walk.locator[0] = '\0';
	if (reading->csv == NULL)
		reading->csv = csv_reader_new(&reading->settings, &reading->sink);
}

/* ---- asking ---- */

static void append_job_path(const struct reading *reading, struct buffer *url)
{
	(void)buffer_printf(url, "/services/data/%s/jobs/query", reading->session->settings->api_version);
	if (reading->bulk.step != BULK_CREATE)
		(void)buffer_printf(url, "/%s", reading->cursor.job);
}

static bool ask_create(struct reading *reading, struct http_request *request)
{
	struct buffer query;
	size_t count;
	const struct json_field *fields = csv_reader_fields(reading->csv, &count);

	buffer_init(&query, SALESFORCE_QUERY_LIMIT);
	salesforce_query_all(&query, &reading->subject, fields, count, &reading->cursor.last, NULL, true);
	json_auto_t *job = json_pack("{s:s, s:s, s:s, s:s, s:s}", "operation", "query", "query",
		buffer_text(&query), "contentType", "CSV", "columnDelimiter", "COMMA", "lineEnding", "LF");
	bool good = !query.overflown && buffer_append_json(&request->body, job) &&
		    http_request_header(request, "Content-Type", "application/json; charset=UTF-8");
	buffer_free(&query);
	request->is_post = true;
	(void)snprintf(request->what, sizeof request->what, "%.60s bulk job", reading->subject.object);
	return good;
}

static void ask_poll(const struct reading *reading, struct http_request *request)
{
	unsigned polls = reading->bulk.polls;

	request->pause_before_ms = polls < 6 ? (unsigned)PAUSE_FIRST_MS << polls : PAUSE_MOST_MS;
	(void)snprintf(request->what, sizeof request->what, "%.60s bulk job's state", reading->subject.object);
}

static void ask_results(const struct reading *reading, struct http_request *request)
{
	(void)buffer_printf(&request->url, "/results?maxRecords=%d", PAGE_RECORDS);
	if (reading->cursor.locator[0] != '\0') {
		(void)buffer_append_text(&request->url, "&locator=");
		(void)buffer_append_encoded(&request->url, reading->cursor.locator);
	}
	request->timeout_s = RESULTS_TIMEOUT_S;
	request->body_limit = SALESFORCE_PAGE_BYTES_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "%.60s bulk page %u", reading->subject.object,
		reading->bulk.pages + 1);
}

bool salesforce_bulk_ask(struct reading *reading, struct http_request *request, struct failure *failure)
{
	bool is_results = reading->bulk.step == BULK_RESULTS;

	if (!salesforce_request_begin(reading->session, &reading->subject,
		    is_results ? "text/csv" : "application/json", request, failure))
		return false;
	append_job_path(reading, &request->url);
	request->timeout_s = JOB_TIMEOUT_S;
	if (is_results)
		ask_results(reading, request);
	else if (reading->bulk.step == BULK_POLL)
		ask_poll(reading, request);
	else if (!ask_create(reading, request)) {
		failure_set(failure, FAILURE_PERMANENT,
			"%s: its %zu mapped fields make a query that is too long: map fewer fields",
			reading->subject.object, reading->subject.mapping->count);
		return false;
	}
	return true;
}

void salesforce_bulk_head(struct reading *reading, const struct http_head *head)
{
	const char *rows = http_head_value(head, "Sforce-NumberOfRecords");
	const char *next = http_head_value(head, "Sforce-Locator");
	struct salesforce_bulk *bulk = &reading->bulk;
	char *end = NULL;

	bulk->page_rows = rows == NULL ? -1 : strtoll(rows, &end, 10);
	if (rows != NULL && (rows[0] < '0' || rows[0] > '9' || *end != '\0'))
		bulk->page_rows = -1;
	/* The last page has the word null, nothing, or no such header (Bulk API 2.0, Get Results). */
	if (next == NULL || strcmp(next, "null") == 0)
		next = "";
	bulk->next_is_good = salesforce_is_locator(next, strlen(next));
	(void)snprintf(bulk->next, sizeof bulk->next, "%s", bulk->next_is_good ? next : "");
}

/* ---- the answer ---- */

/* The job is of no use: what came of it is read again, by another job, and if that fails too by REST. The first failure
 * is told; the second isn't, for reading goes on. */
static bool lose_job(struct reading *reading, struct failure *failure)
{
	struct salesforce_cursor *cursor = &reading->cursor;
	struct salesforce_bulk *bulk = &reading->bulk;
	bool is_last = cursor->jobs >= JOBS_MOST;

	cursor->rows -= cursor->job_rows;
	cursor->job_rows = 0;
	cursor->job[0] = cursor->locator[0] = '\0';
	*bulk = (struct salesforce_bulk){ .step = is_last ? BULK_NONE : BULK_CREATE, .refused = is_last };
	salesforce_reading_write_cursor(reading);
	if (is_last)
		failure->kind = FAILURE_NONE;
	return is_last;
}

static bool job_failed(struct reading *reading, struct failure *failure, const char *what, const char *reason)
{
	failure_set(failure, FAILURE_TRANSIENT, "%s: the bulk job %s %s%s%.200s", reading->subject.object,
		reading->cursor.job, what, reason[0] == '\0' ? "" : ": ", reason);
	failure->http_status = reading->answer.status;
	return lose_job(reading, failure);
}

static bool take_job(struct reading *reading, const json_t *job, struct failure *failure)
{
	const json_t *id = json_object_get(job, "id");

	if (!json_is_string(id) || !salesforce_is_id(json_string_value(id), json_string_length(id)))
		return salesforce_reading_fail(reading, failure, "the answer is no bulk job");
	(void)snprintf(reading->cursor.job, sizeof reading->cursor.job, "%s", json_string_value(id));
	reading->cursor.jobs++;
	reading->bulk = (struct salesforce_bulk){ .step = BULK_POLL };
	salesforce_reading_write_cursor(reading);
	return true;
}

/* By Salesforce's clock, which goes on while nobody polls. */
static bool is_overdue(const struct reading *reading, const json_t *job)
{
	const json_t *created = json_object_get(job, "createdDate");
	int64_t created_ms;

	if (reading->server_ms != INT64_MIN && json_is_string(created) &&
		instant_parse(json_string_value(created), json_string_length(created), &created_ms))
		return reading->server_ms - created_ms > WAIT_MOST_MS;
	return reading->bulk.polls > POLLS_MOST;
}

static bool take_state(struct reading *reading, const json_t *job, struct failure *failure)
{
	const char *state = json_string_value(json_object_get(job, "state"));
	const json_t *processed = json_object_get(job, "numberRecordsProcessed");
	const json_t *reason = json_object_get(job, "errorMessage");
	char text[200];

	if (state == NULL)
		return salesforce_reading_fail(reading, failure, "the answer is no bulk job");
	if (strcmp(state, "UploadComplete") == 0 || strcmp(state, "InProgress") == 0) {
		reading->bulk.polls++;
		return !is_overdue(reading, job) ||
		       job_failed(reading, failure, "has not finished within two hours", "");
	}
	if (strcmp(state, "Failed") == 0 || strcmp(state, "Aborted") == 0) {
		salesforce_copy_text(reading->session, json_is_string(reason) ? json_string_value(reason) : "",
			json_string_length(reason), text, sizeof text);
		return job_failed(reading, failure, "failed", text);
	}
	if (strcmp(state, "JobComplete") != 0 || !json_is_integer(processed) || json_integer_value(processed) < 0)
		return salesforce_reading_fail(
			reading, failure, "the bulk job's state is none that is known, or its rows aren't counted");
	reading->bulk.processed = json_integer_value(processed);
	reading->bulk.step = BULK_RESULTS;
	reading->expected = reading->cursor.rows - reading->cursor.job_rows + reading->bulk.processed;
	return true;
}

static bool take_document(struct reading *reading, struct failure *failure)
{
	json_auto_t *job = json_loadb(buffer_text(&reading->body), reading->body.length, JSON_ALLOW_NUL, NULL);

	if (!reading->answer.is_json || !json_is_object(job))
		return salesforce_reading_fail(reading, failure, "HTTP 200, but the answer is no bulk job");
	return reading->bulk.step == BULK_CREATE ? take_job(reading, job, failure)
						 : take_state(reading, job, failure);
}

/* Rows can be missing without an error, as with a client that read one page alone: the count voids the job. */
static bool miscounted(struct reading *reading, struct failure *failure, int64_t told, int64_t came)
{
	char text[96];

	(void)snprintf(text, sizeof text, "%lld were told and %lld came", (long long)told, (long long)came);
	return job_failed(reading, failure, "has lost count of its records", text);
}

/* Another try may help, a third wouldn't. */
static bool broken_page(struct reading *reading, struct failure *failure)
{
	char reason[sizeof failure->text];

	(void)snprintf(reason, sizeof reason, "%s", failure->text);
	if (reading->bulk.broken)
		return job_failed(reading, failure, "sends a broken page", reason);
	reading->bulk.broken = true;
	return salesforce_reading_fail(reading, failure, reason);
}

static bool take_results(struct reading *reading, struct failure *failure)
{
	struct salesforce_cursor *cursor = &reading->cursor;
	struct salesforce_bulk *bulk = &reading->bulk;
	bool is_last = bulk->next[0] == '\0';

	if (!reading->answer.is_csv)
		return salesforce_reading_fail(reading, failure, "HTTP 200, but the answer isn't CSV");
	if (!csv_reader_finish(reading->csv, failure))
		return broken_page(reading, failure);
	bulk->broken = false;
	int64_t count = (int64_t)csv_reader_count(reading->csv);
	if (!bulk->next_is_good)
		return salesforce_reading_fail(reading, failure, "the bulk job's locator is none");
	if (bulk->page_rows != count)
		return miscounted(reading, failure, bulk->page_rows, count);
	int64_t received = cursor->job_rows + count;
	if (is_last ? received != bulk->processed : received > bulk->processed)
		return miscounted(reading, failure, bulk->processed, received);
	if (!is_last && (count == 0 || strcmp(bulk->next, cursor->locator) == 0))
		return job_failed(reading, failure, "says that there are more records, but a page adds none", "");
	cursor->job_rows = received;
	cursor->rows += count;
	bulk->pages++;
	if (is_last) {
		salesforce_reading_complete(reading);
		return true;
	}
	(void)snprintf(cursor->locator, sizeof cursor->locator, "%s", bulk->next);
	salesforce_reading_write_cursor(reading);
	return true;
}

bool salesforce_bulk_answer(struct reading *reading, struct failure *failure)
{
	bool good = reading->bulk.step == BULK_RESULTS ? take_results(reading, failure)
						       : take_document(reading, failure);

	if (good)
		reading->session->expiries = 0;
	return good;
}

/* Who is refused a job, for its object, the day's quota or the user's rights, may still read by REST; and a query that
 * is wrong is told so there. A job that can't be had any more is lost. */
bool salesforce_bulk_refused(struct reading *reading, struct failure *failure)
{
	bool is_create = reading->bulk.step == BULK_CREATE;
	char reason[sizeof failure->text];

	if (failure->kind != FAILURE_PERMANENT && !(is_create && strcmp(failure->code, "LIMIT_EXCEEDED") == 0))
		return false;
	if (is_create) {
		reading->bulk = (struct salesforce_bulk){ .step = BULK_NONE, .refused = true };
		return true;
	}
	/* Without the object's name, which is to stand there once. */
	(void)snprintf(reason, sizeof reason, "%s", failure->text + strlen(reading->subject.object) + 2);
	return job_failed(reading, failure, "can't be read any more", reason);
}
