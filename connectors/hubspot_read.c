/* One run over one stream: which request is next, and who reads its answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

struct reading *hubspot_read_open(
	struct session *session, const struct reading_request *request, const struct record_sink *sink)
{
	/* Owners can't be searched. */
	if (request->only != NULL && request->entity == ENTITY_STAFF)
		return NULL;
	struct reading *reading = memory_allocate(sizeof *reading);

	reading->session = session;
	reading->entity = request->entity;
	reading->mode = request->mode;
	reading->prove = request->mode == READ_CHANGES && request->prove;
	reading->searches = request->mode == READ_CHANGES || request->only != NULL;
	reading->only = request->only;
	reading->mapping = request->mapping;
	reading->sink = *sink;
	reading->page = 1;
	reading->limit = (size_t)session->settings->page_size;
	if (!reading->searches && reading->limit > HUBSPOT_LIST_MOST)
		reading->limit = HUBSPOT_LIST_MOST;
	reading->cautious = request->cautious && request->only == NULL; /* a look has no place to stop */
	reading->expected = -1;
	reading->closed_column = reading->won_column = reading->name_column = -1;
	reading->fresh_until = reading->complete_until = INT64_MIN;
	buffer_init(&reading->body, HUBSPOT_DOCUMENT_LIMIT);
	(void)snprintf(reading->fingerprint, sizeof reading->fingerprint, "%s", request->fingerprint);
	if (request->entity == ENTITY_STAFF) {
		hubspot_owners_open(reading);
		(void)hubspot_cursor_read(reading, request->cursor);
		return reading;
	}
	hubspot_stream_open(reading);
	if (!hubspot_cursor_read(reading, request->cursor) && request->mode == READ_CHANGES)
		return hubspot_read_free(reading);
	return reading;
}

struct reading *hubspot_read_free(struct reading *reading)
{
	if (reading == NULL)
		return NULL;
	record_reader_free(reading->reader);
	record_reader_free(reading->archived_reader);
	hubspot_links_cut(reading, 0);
	free(reading->links);
	free(reading->after);
	free(reading->walk);
	free(reading->cursor);
	buffer_free(&reading->name);
	buffer_free(&reading->body);
	free(reading);
	return NULL;
}

/* What a run over changes begins with. */
static enum hubspot_step changes_step(struct reading *reading, int64_t now_ms)
{
	if (reading->walking) {
		reading->fresh_until = reading->fresh;
		reading->complete_until = reading->proven;
		/* Once: should they be refused for good, changes must go on. */
		hubspot_cursor_write_done(reading);
		return HUBSPOT_STEP_ARCHIVED;
	}
	if (!hubspot_search_start(reading, now_ms))
		return HUBSPOT_STEP_DONE;
	return hubspot_links_are_pending(reading) ? HUBSPOT_STEP_LINKS : HUBSPOT_STEP_SEARCH;
}

static void start(struct reading *reading, int64_t now_ms)
{
	if (reading->entity == ENTITY_STAFF)
		hubspot_owners_start(reading, now_ms);
	else if (reading->only != NULL)
		reading->step = HUBSPOT_STEP_SEARCH;
	else if (reading->mode == READ_ALL)
		reading->step = reading->resumed ? hubspot_list_step(reading) : HUBSPOT_STEP_COUNT;
	else
		reading->step = changes_step(reading, now_ms);
}

/* What the request is, for the log and for failures. */
static void name_request(const struct reading *reading, char *what, size_t size)
{
	switch (reading->step) {
	case HUBSPOT_STEP_PIPELINES:
		(void)snprintf(what, size, "pipelines of %.40s", reading->object);
		return;
	case HUBSPOT_STEP_COUNT:
		(void)snprintf(what, size, "number of %.40s", reading->object);
		return;
	case HUBSPOT_STEP_LINKS:
		(void)snprintf(what, size, "companies of %.40s, page %u", reading->object, reading->page);
		return;
	case HUBSPOT_STEP_ARCHIVED:
		(void)snprintf(what, size, "archived %.40s page %u", reading->object,
			reading->archived_reader == NULL ? 1 : reading->page);
		return;
	default:
		(void)snprintf(what, size, "%.40s page %u", reading->object, reading->page);
		return;
	}
}

static bool fill_request(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	switch (reading->step) {
	case HUBSPOT_STEP_PIPELINES:
		hubspot_pipelines_request(reading, request);
		return true;
	case HUBSPOT_STEP_COUNT:
		hubspot_count_request(reading, now_ms, request);
		return true;
	case HUBSPOT_STEP_LIST:
		return hubspot_list_request(reading, now_ms, request, failure);
	case HUBSPOT_STEP_LINKS:
		return hubspot_links_request(reading, request, failure);
	case HUBSPOT_STEP_ARCHIVED:
		hubspot_archived_request(reading, request);
		return true;
	case HUBSPOT_STEP_OWNERS:
		hubspot_owners_request(reading, request);
		return true;
	default:
		return hubspot_search_request(reading, request, failure);
	}
}

static bool is_search(const struct reading *reading)
{
	return reading->step == HUBSPOT_STEP_SEARCH || reading->step == HUBSPOT_STEP_COUNT;
}

enum read_step hubspot_read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	http_request_clear(request);
	if (reading->step == HUBSPOT_STEP_START)
		start(reading, now_ms);
	if (reading->step == HUBSPOT_STEP_DONE)
		return READ_COMPLETE;
	reading->answer = (struct hubspot_answer){ 0 };
	buffer_clear(&reading->body);
	reading->body_too_long = false;
	if ((reading->step == HUBSPOT_STEP_SEARCH || reading->step == HUBSPOT_STEP_LIST) &&
		hubspot_pipelines_are_needed(reading) &&
		!hubspot_pipelines_are_current(hubspot_pipelines_of(reading), now_ms))
		reading->step = HUBSPOT_STEP_PIPELINES;
	name_request(reading, request->what, sizeof request->what);
	if (!fill_request(reading, now_ms, request, failure) ||
		!hubspot_dress(reading->session, now_ms, request, failure))
		return READ_FAILED;
	request->pause_before_ms = hubspot_limits_pause(reading->session, is_search(reading), now_ms);
	return READ_REQUEST;
}

void hubspot_read_head(struct reading *reading, const struct http_head *head)
{
	hubspot_answer_read(reading->session, &reading->answer, head);
	if (reading->step == HUBSPOT_STEP_SEARCH || reading->step == HUBSPOT_STEP_LIST)
		hubspot_stream_head(reading);
}

/* Whether the answer is of the kind that was asked for, as far as its head tells. */
static bool is_wanted(const struct reading *reading)
{
	const struct hubspot_answer *answer = &reading->answer;

	/* 207: some of the records have no associations. */
	return answer->is_json &&
	       (answer->status == 200 || (answer->status == 207 && reading->step == HUBSPOT_STEP_LINKS));
}

/* Who reads the answer's records; NULL when it is read as a whole. */
static struct record_reader *page_reader(const struct reading *reading)
{
	switch (reading->step) {
	case HUBSPOT_STEP_SEARCH:
	case HUBSPOT_STEP_LIST:
	case HUBSPOT_STEP_OWNERS:
		return reading->reader;
	case HUBSPOT_STEP_ARCHIVED:
		return reading->archived_reader;
	default:
		return NULL;
	}
}

bool hubspot_read_feed(struct reading *reading, const char *bytes, size_t length)
{
	enum { COMPLAINT_MOST = 64 * 1024 };
	struct record_reader *reader = page_reader(reading);

	if (!is_wanted(reading)) {
		/* Of a refusal the beginning will do: an error page is not worth a broken connection. */
		size_t room = COMPLAINT_MOST - reading->body.length;
		(void)buffer_append(&reading->body, bytes, length > room ? room : length);
		return true;
	}
	/* What comes now is behind the last place to stop; a refusal leaves that as it was. Behind the window's end only
	 * archived records are gone through: should that fail in the middle, the changes are kept. */
	reading->stoppable = reading->stoppable && reading->step == HUBSPOT_STEP_ARCHIVED;
	if (reader != NULL)
		return record_reader_feed(reader, bytes, length);
	reading->body_too_long = !buffer_append(&reading->body, bytes, length);
	return !reading->body_too_long;
}

/* The answer's Date against our clock at its end: too early by as long as the answer took, which is the
 * harmless side (a window that ends a little earlier). */
static void set_clock(struct reading *reading, int64_t now_ms)
{
	if (!reading->answer.dated)
		return;
	reading->session->clock_known = true;
	reading->session->clock_ahead_ms = reading->answer.date_ms - now_ms;
}

static bool finish_step(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	switch (reading->step) {
	case HUBSPOT_STEP_PIPELINES:
		return hubspot_pipelines_finish(reading, now_ms, failure);
	case HUBSPOT_STEP_COUNT:
		return hubspot_count_finish(reading, now_ms, failure);
	case HUBSPOT_STEP_LIST:
		return hubspot_list_finish(reading, failure);
	case HUBSPOT_STEP_LINKS:
		return hubspot_links_finish(reading, now_ms, failure);
	case HUBSPOT_STEP_ARCHIVED:
		return hubspot_archived_finish(reading, now_ms, failure);
	case HUBSPOT_STEP_OWNERS:
		return hubspot_owners_finish(reading, failure);
	default:
		return hubspot_search_finish(reading, now_ms, failure);
	}
}

bool hubspot_read_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	char what[96];

	set_clock(reading, now_ms);
	if (is_search(reading))
		hubspot_limits_searched(reading->session, now_ms);
	name_request(reading, what, sizeof what);
	if (!is_wanted(reading)) {
		hubspot_explain(reading->session, &reading->answer, what, buffer_text(&reading->body),
			reading->body.length, failure);
		hubspot_stream_soften(reading);
		return false;
	}
	reading->session->pace.throttled = 0;
	reading->session->renewed = false;
	if (reading->body_too_long) {
		failure_set(failure, FAILURE_PERMANENT, "%s: the answer is longer than %d bytes", what,
			HUBSPOT_DOCUMENT_LIMIT);
		return false;
	}
	if (finish_step(reading, now_ms, failure))
		return true;
	failure->http_status = reading->answer.status;
	return false;
}

const char *hubspot_read_cursor(const struct reading *reading)
{
	return reading->stoppable ? reading->cursor : NULL;
}

void hubspot_read_until(const struct reading *reading, int64_t *ret_fresh_ms, int64_t *ret_complete_ms)
{
	*ret_fresh_ms = reading->fresh_until;
	*ret_complete_ms = reading->complete_until;
}

int64_t hubspot_read_expected(const struct reading *reading)
{
	return reading->expected;
}
