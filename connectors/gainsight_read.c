/* One run over a stream: opening, asking, rows as they pass. What an answer leads to is in gainsight_advance.c. */
#include "connectors/gainsight_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/instant.h"
#include "connectors/memory.h"

enum {
	REQUEST_TIMEOUT_S = 120, /* the vendor names none; others take up to 300 s for a full page */
	LIMIT_LEAST = 250,
	ERROR_BODY_LIMIT = 64 * 1024,
	CURSOR_LIMIT = 4 * 1024,
	RETRY_AFTER_MOST_S = 3600,
};

static const size_t PAGE_BODY_LIMIT = 64u * 1024 * 1024; /* a full page of 80 fields has some 20 MB */
static const int64_t DAY_MS = 24 * 3600 * INT64_C(1000);

/* Rows pass ------------------------------------------------------------------------------------------- */

static bool is_row(const struct gainsight_row *row, const char *gsid)
{
	return row->gsid[0] != '\0' && strcasecmp(row->gsid, gsid) == 0;
}

static void note_newest(struct gainsight_cursor *at, const char *gsid, int64_t modified_ms)
{
	struct gainsight_row *newest = &at->newest;
	bool is_first = newest->gsid[0] == '\0';

	if (!is_first && gainsight_second(modified_ms) < gainsight_second(newest->modified_ms))
		return;
	if (is_first || gainsight_second(modified_ms) > gainsight_second(newest->modified_ms))
		at->crowd = 0;
	at->crowd++;
	if (!is_first && modified_ms < newest->modified_ms)
		return;
	(void)snprintf(newest->gsid, sizeof newest->gsid, "%s", gsid);
	newest->modified_ms = modified_ms;
}

static void note_place(struct reading *reading, const char *gsid, int64_t modified_ms)
{
	struct page *page = &reading->page;
	const struct gainsight_cursor *at = &reading->at;
	int64_t end_ms = at->step == GAINSIGHT_DRAIN ? (at->from_s + 1) * 1000 : INT64_MAX;

	if (page->last_id[0] != '\0' && strcasecmp(gsid, page->last_id) < 0)
		page->ids_fall = true;
	(void)snprintf(page->last_id, sizeof page->last_id, "%s", gsid);
	if (modified_ms == INT64_MIN)
		return;
	if (modified_ms < page->last_modified_ms)
		page->times_fall = true;
	page->last_modified_ms = modified_ms;
	if (modified_ms < at->from_s * 1000 || modified_ms >= end_ms)
		page->strays = true;
}

/* Labels in the place of picklist items' Gsids. */
static void show_labels(const struct reading *reading, struct value *values)
{
	const struct gainsight_items *items = &reading->session->items[reading->entity];

	for (size_t i = 0; i < reading->label_count; i++) {
		struct value *value = &values[reading->labels[i].column];
		const char *label = value->text == NULL ? NULL
							: gainsight_items_label(items, reading->labels[i].field,
								  value->text, value->length);
		if (label != NULL)
			*value = (struct value){ label, strlen(label) };
	}
}

/* Asked for what it proves, not for its values: the walk has read the row, or will. */
static bool asks_for_one(enum gainsight_step step)
{
	return step == GAINSIGHT_TOP || step == GAINSIGHT_PROBE || step == GAINSIGHT_SEARCH;
}

static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;
	struct gainsight_cursor *at = &reading->at;
	char gsid[GAINSIGHT_ID_SIZE];

	(void)extras;
	(void)snprintf(gsid, sizeof gsid, "%.*s", (int)id->length, id->text);
	note_place(reading, gsid, modified_ms);
	if (modified_ms != INT64_MIN)
		note_newest(at, gsid, modified_ms);
	if (asks_for_one(at->step))
		return false;
	if (is_row(&at->known, gsid)) {
		at->known_came = true;
		/* It has only come to show that the filter works. */
		if (modified_ms == at->known.modified_ms)
			return false;
	}
	if (values == NULL)
		return true;
	if (reading->included >= 0 && !value_is(&values[reading->included], "t"))
		return false;
	show_labels(reading, values);
	return true;
}

/* A row of the log: the record that it tells of is deleted. */
static bool inspect_deletion(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;

	(void)id;
	(void)extras;
	if (modified_ms != INT64_MIN)
		reading->page.last_modified_ms = modified_ms;
	if (values != NULL)
		values[COLUMN_DELETED] = (struct value){ "t", 1 };
	return true;
}

/* Opening --------------------------------------------------------------------------------------------- */

static void begin_all(struct gainsight_cursor *at, int64_t zone_s)
{
	*at = (struct gainsight_cursor){
		.step = GAINSIGHT_WALK, .started_ms = INT64_MIN, .proven_ms = INT64_MIN, .zone_s = zone_s
	};
}

static void begin_changes(struct gainsight_cursor *at, const struct gainsight_settings *settings, bool prove)
{
	bool is_anchored = at->known.gsid[0] != '\0';
	int64_t overlap_s = is_anchored ? settings->overlap_s : settings->late_s;

	at->from_s = prove ? gainsight_second(at->proven_ms) : gainsight_second(at->started_ms) - overlap_s;
	if (is_anchored && gainsight_second(at->known.modified_ms) < at->from_s)
		at->from_s = gainsight_second(at->known.modified_ms);
	if (!instant_exists(at->from_s * 1000))
		at->from_s = 0;
	at->step = GAINSIGHT_SINCE;
	at->proves = prove;
	at->started_ms = INT64_MIN;
	at->known_came = false;
	at->newest = (struct gainsight_row){ 0 };
	at->crowd = 0;
}

/* False: the cursor is of no use for changes. */
static bool begin(struct reading *reading, const struct reading_request *request)
{
	struct gainsight_cursor *at = &reading->at;
	const struct session *session = reading->session;

	if (!gainsight_cursor_read(request->cursor, request->fingerprint, request->mode, at)) {
		begin_all(at, session->zone_s);
		return request->mode == READ_ALL;
	}
	/* In the middle of a run it goes on where it was; its watermark stays that of its first answer. */
	if (at->step == GAINSIGHT_DONE)
		begin_changes(at, session->settings, request->prove);
	return true;
}

static void choose_labels(struct reading *reading, const struct mapping_entity *mapping)
{
	const struct gainsight_items *items = &reading->session->items[reading->entity];
	const struct entity_shape *shape = entity_shape(reading->entity);

	for (size_t i = 0; i < mapping->count; i++) {
		const struct mapped_field *field = &mapping->fields[i];
		if (field->column < 0 || shape->columns[field->column].type != COLUMN_TEXT)
			continue;
		for (size_t j = 0; j < items->count; j++)
			if (strcasecmp(items->items[j].field, field->remote) == 0) {
				reading->labels[reading->label_count++] =
					(struct label){ field->column, field->remote };
				break;
			}
	}
}

/* ENTITY_OBSERVATION: only rows whose `included` is yes count, if the mapping has that line. */
static int included_column(enum entity entity, const struct mapping_entity *mapping)
{
	int column = entity_column(entity, "included");

	for (size_t i = 0; column >= 0 && i < mapping->count; i++)
		if (mapping->fields[i].column == column)
			return column;
	return -1;
}

/* Both shapes are real (Gainsight, Company API; clients of live tenants). */
static const char *const containers[] = { "data.records", "data", NULL };

/* For a run that proves. Only companies' deletions are known to stand in the log (Retrieve Deleted Data API). */
static void open_log(struct reading *reading, const struct record_sink *sink)
{
	static const struct mapping_entity nothing = { 0 };

	if (reading->entity != ENTITY_ACCOUNT || !reading->at.proves || reading->session->lacks_log)
		return;
	const struct record_reader_settings settings = {
		.entity = reading->entity,
		.mapping = &nothing,
		.containers = containers,
		.prefix = "",
		.id = "RecordId",
		.modified = "DeletedOn",
		.fold_case = true,
		.inspect = inspect_deletion,
		.context = reading,
	};
	reading->log_reader = record_reader_new(&settings, sink);
}

struct reading *gainsight_read_open(
	struct session *session, const struct reading_request *request, const struct record_sink *sink)
{
	struct reading *reading = memory_allocate(sizeof *reading);

	reading->session = session;
	reading->entity = request->entity;
	reading->mode = request->mode;
	reading->only = request->only;
	reading->object = gainsight_object(request->entity, request->mapping);
	reading->included = included_column(request->entity, request->mapping);
	(void)snprintf(reading->fingerprint, sizeof reading->fingerprint, "%s", request->fingerprint);
	gainsight_mapping_copy(request->mapping, &session->items[request->entity], &reading->mapping);
	choose_labels(reading, request->mapping);
	buffer_init(&reading->cursor_text, CURSOR_LIMIT);
	buffer_init(&reading->error_body, ERROR_BODY_LIMIT);
	const struct record_reader_settings settings = {
		.entity = request->entity,
		.mapping = &reading->mapping,
		.containers = containers,
		.prefix = "",
		.id = "Gsid",
		.modified = "ModifiedDate",
		.fold_case = true,
		.inspect = inspect,
		.context = reading,
	};
	reading->reader = record_reader_new(&settings, sink);
	if (!begin(reading, request))
		return gainsight_read_free(reading);
	open_log(reading, sink);
	return reading;
}

struct reading *gainsight_read_free(struct reading *reading)
{
	if (reading == NULL)
		return NULL;
	record_reader_free(reading->reader);
	record_reader_free(reading->log_reader);
	gainsight_mapping_free(&reading->mapping);
	buffer_free(&reading->cursor_text);
	buffer_free(&reading->error_body);
	free(reading);
	return NULL;
}

/* Asking ---------------------------------------------------------------------------------------------- */

static void name_request(const struct reading *reading, char *what, size_t size)
{
	static const char *const orders[] = {
		[GAINSIGHT_WALK] = "by Gsid",
		[GAINSIGHT_TOP] = "the last Gsid",
		[GAINSIGHT_PROBE] = "whether filters work",
		[GAINSIGHT_SEARCH] = "the filters' time zone",
		[GAINSIGHT_SINCE] = "changes",
		[GAINSIGHT_CONFIRM] = "changes, confirming the end",
		[GAINSIGHT_DRAIN] = "one second of changes",
		[GAINSIGHT_DELETED] = "deletions",
		[GAINSIGHT_DONE] = "",
		[GAINSIGHT_DOUBTED] = "",
	};

	(void)snprintf(what, size, "%.40s %s, page %u", reading->object,
		reading->only != NULL ? "at risk" : orders[reading->at.step], reading->pages + 1);
}

static struct record_reader *present_reader(const struct reading *reading)
{
	return reading->at.step == GAINSIGHT_DELETED ? reading->log_reader : reading->reader;
}

static bool fill_request(struct reading *reading, struct http_request *request)
{
	const struct session *session = reading->session;
	const char *object = reading->at.step == GAINSIGHT_DELETED ? "record_delete_log" : reading->object;

	http_request_clear(request);
	request->is_post = true;
	request->timeout_s = REQUEST_TIMEOUT_S;
	request->body_limit = PAGE_BODY_LIMIT;
	name_request(reading, request->what, sizeof request->what);
	return buffer_printf(&request->url, "%s/v1/data/objects/query/%s", session->base_url, object) &&
	       gainsight_session_sign(session, request) &&
	       http_request_header(request, "Content-Type", "application/json") &&
	       gainsight_query(reading, &request->body);
}

static void say_doubt(const struct reading *reading, struct failure *failure)
{
	static const char *const doubts[] = {
		[GAINSIGHT_SURE] = "",
		[GAINSIGHT_UNSORTED] = "changes did not come in the order of their time",
		[GAINSIGHT_FILTER] = "the filter on ModifiedDate gave other rows than were asked for",
		[GAINSIGHT_GONE] = "the row that was modified last did not come again",
	};

	failure_set(failure, FAILURE_TRANSIENT, "%s: %s, so changes may be missing; everything is to be read",
		reading->object, doubts[reading->at.doubt]);
}

enum read_step gainsight_read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	struct session *session = reading->session;

	if (reading->at.step == GAINSIGHT_DONE)
		return READ_COMPLETE;
	if (reading->at.step == GAINSIGHT_DOUBTED) {
		/* READ_ALL has read everything all the same. */
		if (reading->mode == READ_ALL)
			return READ_COMPLETE;
		say_doubt(reading, failure);
		return READ_FAILED;
	}
	/* The last answer never came, or not whole: ask for less. */
	if (reading->under_way && session->limit > LIMIT_LEAST)
		session->limit = session->limit / 2 < LIMIT_LEAST ? LIMIT_LEAST : session->limit / 2;
	reading->asked_limit = asks_for_one(reading->at.step) ? 1 : session->limit;
	reading->asked_ms = now_ms;
	if (!fill_request(reading, request)) {
		failure_set(failure, FAILURE_CREDENTIALS,
			"no request can be made: access_key_file holds no usable key, or the mapping has too many "
			"fields");
		return READ_FAILED;
	}
	request->pause_before_ms = gainsight_session_pace(session, now_ms);
	reading->under_way = true;
	reading->status = 0;
	reading->retry_after_s = 0;
	reading->server_ms = INT64_MIN;
	reading->page = (struct page){ .last_modified_ms = INT64_MIN };
	record_reader_reset(present_reader(reading));
	buffer_clear(&reading->error_body);
	return READ_REQUEST;
}

void gainsight_read_head(struct reading *reading, const struct http_head *head)
{
	const char *date = http_head_value(head, "Date");

	reading->status = head->status;
	reading->retry_after_s = http_head_retry_after(head, RETRY_AFTER_MOST_S);
	if (date == NULL || !instant_parse_http(date, &reading->server_ms))
		reading->server_ms = INT64_MIN;
}

static bool is_good_status(int status)
{
	return status >= 200 && status < 300;
}

bool gainsight_read_feed(struct reading *reading, const char *bytes, size_t length)
{
	/* Rows of an answer that failed don't count, so they aren't handed out either. */
	if (is_good_status(reading->status))
		return record_reader_feed(present_reader(reading), bytes, length);
	return buffer_append(&reading->error_body, bytes, length);
}

/* The server's clock at the run's first answer. Without one, or when it is past belief, ours at the time of
 * asking: a watermark too early only means reading some rows twice. */
static void note_start(struct reading *reading)
{
	if (reading->at.started_ms != INT64_MIN)
		return;
	bool credible = reading->server_ms != INT64_MIN && reading->server_ms <= reading->asked_ms + DAY_MS;
	reading->at.started_ms = credible ? reading->server_ms : reading->asked_ms;
}

bool gainsight_read_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	struct session *session = reading->session;
	struct gainsight_answer answer = {
		.status = reading->status,
		.body = buffer_text(&reading->error_body),
		.length = reading->error_body.length,
		.object = reading->object,
		.mapping = &reading->mapping,
		.now_ms = now_ms,
		.retry_after_s = reading->retry_after_s,
		.throttled = session->throttled,
	};

	if (reading->status == 0) {
		failure_set(failure, FAILURE_TRANSIENT, "%s: no answer came", reading->object);
		return false;
	}
	if (is_good_status(reading->status)) {
		if (!record_reader_finish(present_reader(reading), &answer.body, &answer.length, failure)) {
			failure_prefix(failure, "%s (status %d)", reading->object, reading->status);
			failure->http_status = reading->status;
			return false;
		}
		answer.has_rows = record_reader_found(present_reader(reading));
	}
	/* A gateway that ran out of time is a time-out as well: the next page is smaller. */
	reading->under_way = reading->status == 504;
	enum gainsight_verdict verdict = gainsight_classify(&answer, failure);
	bool throttled = verdict == GAINSIGHT_FAILED && failure->kind == FAILURE_THROTTLED;
	session->throttled = throttled ? session->throttled + 1 : 0;
	/* A tenant without a log that we may read: what is deleted shows when everything is read. */
	if (verdict == GAINSIGHT_FAILED && reading->at.step == GAINSIGHT_DELETED &&
		failure->kind == FAILURE_PERMANENT) {
		session->lacks_log = true;
		verdict = GAINSIGHT_NO_ROWS;
	}
	if (verdict == GAINSIGHT_FAILED)
		return false;

	size_t count = verdict == GAINSIGHT_ROWS ? record_reader_count(present_reader(reading)) : 0;
	note_start(reading);
	if (!gainsight_advance(reading, count, failure))
		return false;
	if (count > reading->most_seen)
		reading->most_seen = count;
	if ((int64_t)count > reading->at.most_rows)
		reading->at.most_rows = (int64_t)count;
	reading->pages++;
	gainsight_cursor_write(&reading->at, reading->fingerprint, &reading->cursor_text);
	return true;
}

const char *gainsight_read_cursor(const struct reading *reading)
{
	/* Whether filters work is asked in one go: a run that stopped in between would ask it anew each time. */
	bool is_trying = reading->at.step == GAINSIGHT_PROBE || reading->at.step == GAINSIGHT_SEARCH;

	return is_trying || reading->cursor_text.length == 0 ? NULL : buffer_text(&reading->cursor_text);
}

void gainsight_read_until(const struct reading *reading, int64_t *ret_fresh_ms, int64_t *ret_complete_ms)
{
	const struct gainsight_cursor *at = &reading->at;
	bool proves =
		at->started_ms != INT64_MIN && reading->only == NULL && (reading->mode == READ_ALL || at->proves);

	*ret_fresh_ms = at->started_ms;
	*ret_complete_ms = proves ? at->started_ms - reading->session->settings->late_s * 1000 : INT64_MIN;
}

int64_t gainsight_read_expected(const struct reading *reading)
{
	(void)reading;
	return -1;
}
