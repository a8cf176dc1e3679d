#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/memory.h"
#include "connectors/salesforce_reading.h"

enum { BODY_LIMIT = 64 * 1024, ELAPSED_MOST_MS = 60 * 60 * 1000 };

static const char *const containers[] = { "records", NULL };
static const char *const master[] = { "MasterRecordId", NULL };

bool salesforce_reading_fail(const struct reading *reading, struct failure *failure, const char *what)
{
	failure_set(failure, FAILURE_TRANSIENT, "%s: %s", reading->subject.object, what);
	failure->http_status = reading->answer.status;
	return false;
}

void salesforce_reading_write_cursor(struct reading *reading)
{
	salesforce_cursor_write(&reading->cursor, reading->fingerprint, &reading->cursor_text);
}

/* ---- opening ---- */

static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;

	salesforce_walk_inspect(reading, id, modified_ms);
	if (values != NULL && reading->settings.extras != NULL && extras[0].text != NULL)
		values[entity_column(reading->subject.entity, "merged_into_remote_id")] = extras[0];
	return true;
}

/* Where a run of changes begins. Before the proven watermark nothing can be missing; before the fresh one some
 * commits may still have been on their way, most of which the overlap catches. */
static void begin_changes(const struct reading *reading, bool prove, struct salesforce_cursor *cursor)
{
	int64_t from_ms =
		prove ? cursor->proven_ms : cursor->fresh_ms - reading->session->settings->overlap_s * 1000;

	/* Half of a run that proves nothing is no part of one that does. */
	if (cursor->hi_ms != INT64_MIN && (cursor->proving || !prove))
		return;
	cursor->hi_ms = INT64_MIN;
	cursor->proving = prove;
	/* Audit fields begin in 1970 (Object Reference, System Fields), and stamps have whole seconds. */
	cursor->last = (struct salesforce_place){ .at_ms = from_ms < 0 ? 0 : from_ms - from_ms % 1000 };
}

static void forget_answer(struct reading *reading)
{
	reading->answer = (struct salesforce_answer){ .status = 0 };
	reading->server_ms = reading->newest_ms = INT64_MIN;
	reading->page_last = (struct salesforce_place){ .at_ms = INT64_MIN };
	buffer_clear(&reading->body);
	record_reader_reset(reading->reader);
	if (reading->csv != NULL)
		csv_reader_reset(reading->csv);
}

struct reading *salesforce_read_open(
	struct session *session, const struct reading_request *request, const struct record_sink *sink)
{
	bool all = request->mode == READ_ALL;
	struct salesforce_cursor cursor;

	if (!salesforce_cursor_read(request->cursor, request->fingerprint, request->mode, &cursor) && !all)
		return NULL;
	struct reading *reading = memory_allocate(sizeof *reading);
	reading->session = session;
	reading->subject = salesforce_subject_of(request);
	reading->sink = *sink;
	reading->only = request->only;
	/* What lives has neither been deleted nor merged away. */
	reading->settings = (struct record_reader_settings){
		.entity = request->entity,
		.mapping = request->mapping,
		.containers = containers,
		.prefix = "",
		.id = "Id",
		.modified = "SystemModstamp",
		.deleted = !all && salesforce_has_deleted(&reading->subject) ? "IsDeleted" : NULL,
		.extras = !all && salesforce_has_master(&reading->subject) ? master : NULL,
		/* Replies use the canonical case, whatever the case in the query. */
		.fold_case = true,
		.inspect = inspect,
		.context = reading,
	};
	reading->reader = record_reader_new(&reading->settings, sink);
	buffer_init(&reading->body, BODY_LIMIT);
	buffer_init(&reading->cursor_text, 0);
	(void)snprintf(reading->fingerprint, sizeof reading->fingerprint, "%s", request->fingerprint);
	if (!all)
		begin_changes(reading, request->prove, &cursor);
	reading->cursor = cursor;
	reading->expected = -1;
	salesforce_bulk_resume(reading);
	salesforce_reading_write_cursor(reading);
	forget_answer(reading);
	return reading;
}

struct reading *salesforce_read_free(struct reading *reading)
{
	if (reading == NULL)
		return NULL;
	record_reader_free(reading->reader);
	csv_reader_free(reading->csv);
	buffer_free(&reading->body);
	buffer_free(&reading->cursor_text);
	free(reading);
	return NULL;
}

/* ---- an exchange ---- */

enum read_step salesforce_read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	if (reading->complete)
		return READ_COMPLETE;
	forget_answer(reading);
	reading->asked_at_ms = now_ms;
	bool good = reading->bulk.step == BULK_NONE ? salesforce_walk_ask(reading, request, failure)
						    : salesforce_bulk_ask(reading, request, failure);
	return good ? READ_REQUEST : READ_FAILED;
}

void salesforce_read_head(struct reading *reading, const struct http_head *head)
{
	const char *date = http_head_value(head, "Date");

	forget_answer(reading);
	salesforce_answer_read(head, &reading->answer);
	salesforce_quota_read(head, &reading->session->quota);
	if (date == NULL || !instant_parse_http(date, &reading->server_ms))
		reading->server_ms = INT64_MIN;
	if (reading->bulk.step == BULK_NONE)
		salesforce_walk_head(reading);
	else
		salesforce_bulk_head(reading, head);
}

bool salesforce_read_feed(struct reading *reading, const char *bytes, size_t length)
{
	bool good = reading->answer.status == 200;

	if (good && reading->bulk.step == BULK_NONE && reading->answer.is_json)
		return record_reader_feed(reading->reader, bytes, length);
	if (good && reading->bulk.step == BULK_RESULTS && reading->answer.is_csv)
		return csv_reader_feed(reading->csv, bytes, length);
	size_t room = reading->body.limit - reading->body.length;
	(void)buffer_append(&reading->body, bytes, length < room ? length : room);
	return true;
}

bool salesforce_read_ahead(const struct reading *reading, struct http_request *request)
{
	return reading->bulk.step == BULK_NONE && reading->answer.status == 200 && reading->answer.is_json &&
	       salesforce_walk_ahead(reading, request);
}

static bool refused(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	bool by_bulk = reading->bulk.step != BULK_NONE;
	struct salesforce_error error;

	salesforce_error_read(reading->session, buffer_text(&reading->body), reading->body.length, &error);
	if (!by_bulk && reading->asked_locator && salesforce_error_is_lost_locator(&reading->answer, &error))
		return salesforce_walk_lost(reading, &error, failure);
	if (!by_bulk && salesforce_error_is_timeout(&error) && salesforce_walk_split(reading, now_ms))
		return true;
	salesforce_error_settle(reading->session, &reading->answer, &error, &reading->subject, failure);
	return by_bulk && salesforce_bulk_refused(reading, failure);
}

bool salesforce_read_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	if (reading->answer.status == 0)
		return salesforce_reading_fail(reading, failure, "no answer came");
	if (reading->answer.status != 200)
		return refused(reading, now_ms, failure);
	return reading->bulk.step == BULK_NONE ? salesforce_walk_page(reading, now_ms, failure)
					       : salesforce_bulk_answer(reading, failure);
}

/* ---- watermarks ---- */

/* A transfer that took long means that the query ran that much before its Date was written. Without a Date the newest
 * stamp will do: the server's clock has passed it. */
void salesforce_reading_set_watermark(struct reading *reading, int64_t now_ms)
{
	struct salesforce_cursor *cursor = &reading->cursor;
	int64_t elapsed_ms = now_ms - reading->asked_at_ms;
	int64_t server_ms = reading->newest_ms;

	if (cursor->hi_ms != INT64_MIN)
		return;
	if (reading->server_ms != INT64_MIN) {
		elapsed_ms = elapsed_ms < 0 ? 0 : elapsed_ms > ELAPSED_MOST_MS ? ELAPSED_MOST_MS : elapsed_ms;
		server_ms = reading->server_ms - elapsed_ms;
	}
	if (server_ms == INT64_MIN)
		return;
	cursor->hi_ms = server_ms - reading->session->settings->settle_s * 1000;
}

/* What a run of changes may have missed, because it was committed later than it was stamped, lies less than `late`
 * before its watermark. That holds for all records too: what was committed before their first query, it has seen.
 * Neither watermark ever goes back. */
void salesforce_reading_complete(struct reading *reading)
{
	struct salesforce_cursor *cursor = &reading->cursor;
	struct salesforce_cursor next = {
		.fresh_ms = cursor->fresh_ms,
		.proven_ms = cursor->proven_ms,
		.hi_ms = INT64_MIN,
		.proving = cursor->all || cursor->proving,
		.last = { .at_ms = INT64_MIN },
		.rows = cursor->rows,
	};

	if (cursor->hi_ms != INT64_MIN) {
		int64_t proven_ms = cursor->hi_ms - reading->session->settings->late_s * 1000;
		if (cursor->hi_ms > next.fresh_ms)
			next.fresh_ms = cursor->hi_ms;
		if (next.proving && proven_ms > next.proven_ms)
			next.proven_ms = proven_ms;
	}
	*cursor = next;
	reading->complete = true;
	salesforce_reading_write_cursor(reading);
}

const char *salesforce_read_cursor(const struct reading *reading)
{
	return reading->cursor_text.length == 0 ? NULL : buffer_text(&reading->cursor_text);
}

void salesforce_read_until(const struct reading *reading, int64_t *ret_fresh_ms, int64_t *ret_complete_ms)
{
	*ret_fresh_ms = reading->cursor.fresh_ms;
	*ret_complete_ms = reading->complete && reading->cursor.proving ? reading->cursor.proven_ms : INT64_MIN;
}

int64_t salesforce_read_expected(const struct reading *reading)
{
	return reading->expected;
}
