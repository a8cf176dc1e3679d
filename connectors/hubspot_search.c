/* READ_CHANGES: a keyset by id. Every request is a first page of its own query, so neither the ceiling of 10,000
 * results (HubSpot, CRM search) nor thousands of equal timestamps can stop it, and a restart goes on behind the
 * last id.
 *
 * The index shows a change after a while, most at once, some after many minutes. So there are two watermarks:
 * usually a run begins a little before the fresh one; a run that proves begins at the proven one, which stays
 * behind the present by as long as the index may lag ("a few moments", says HubSpot; other clients allow for an
 * hour). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "connectors/hubspot_internal.h"

enum {
	BODY_MOST = 3000, /* characters (HubSpot, CRM search) */
	ID_DIGITS = 19,
	INSTANT_DIGITS = 13,
	SHORT_COUNTS_MOST = 3, /* after so many the list is read again */
};

static const int64_t DAY_MS = 86400000;

/* ---- the window ---- */

bool hubspot_search_start(struct reading *reading, int64_t now_ms)
{
	int64_t settle_ms = reading->session->settings->settle_s * 1000;
	int64_t overlap_ms = reading->session->settings->overlap_s * 1000;
	int64_t settled = hubspot_settled_time(reading->session, now_ms);

	if (reading->resumed && reading->hi > settled + settle_ms) {
		/* The window's end was taken from a clock that ran ahead: what changes until then, below
		 * `last`, would be passed over. From the beginning, then. */
		reading->last = 0;
		reading->hi = settled;
	}
	if (!reading->resumed) {
		/* So far ahead of the vendor's clock the watermarks can't be believed. */
		if (reading->fresh > settled + DAY_MS)
			reading->fresh = reading->proven = 0;
		reading->lo = reading->prove ? reading->proven : reading->fresh - overlap_ms;
		if (reading->lo < HUBSPOT_LO_LEAST_MS)
			reading->lo = HUBSPOT_LO_LEAST_MS;
		reading->hi = settled;
	}
	reading->page_last = reading->last;
	if (reading->lo <= reading->hi)
		return true;
	/* Nothing has settled since the last run: all stays as it was. */
	reading->fresh_until = reading->fresh;
	if (reading->prove && reading->proven > 0)
		reading->complete_until = reading->proven;
	hubspot_cursor_write_done(reading);
	return false;
}

static void close_window(struct reading *reading, int64_t now_ms)
{
	int64_t proven = reading->hi - reading->session->settings->late_s * 1000;

	reading->fresh = reading->fresh_until = reading->hi;
	if (reading->prove) {
		if (proven > reading->proven)
			reading->proven = proven;
		reading->complete_until = reading->proven;
	}
	reading->step = hubspot_archived_is_due(reading, now_ms) ? HUBSPOT_STEP_ARCHIVED : HUBSPOT_STEP_DONE;
	hubspot_cursor_write_done(reading);
}

/* ---- asking ---- */

static size_t digits(int64_t number)
{
	char text[24];

	return (size_t)snprintf(text, sizeof text, "%" PRId64, number);
}

/* A body that is short enough now must not become too long later in the run, when `last` has grown. */
static bool check_length(const struct reading *reading, const struct buffer *body, struct failure *failure)
{
	size_t groups = reading->only == NULL ? 1 : reading->only->count;
	size_t most = body->length + groups * (ID_DIGITS - digits(reading->last));

	if (reading->only == NULL)
		most += INSTANT_DIGITS - digits(reading->lo);
	if (most <= BODY_MOST && !body->overflown)
		return true;
	if (reading->only == NULL)
		failure_set(failure, FAILURE_PERMANENT,
			"the mapping of [%s] asks for so many properties that the search would have %zu "
			"characters; HubSpot takes at most %d: map fewer",
			entity_shape(reading->entity)->name, most, BODY_MOST);
	else
		failure_set(failure, FAILURE_PERMANENT,
			"the search would have more than the %d characters that HubSpot takes", BODY_MOST);
	return false;
}

static void begin_request(const struct reading *reading, struct http_request *request)
{
	(void)buffer_printf(&request->url, "%s/crm/v3/objects/%s/search", reading->session->base_url,
		hubspot_path(reading->object));
	request->is_post = true;
	request->timeout_s = 120;
	request->body_limit = HUBSPOT_PAGE_LIMIT;
}

static void write_window(const struct reading *reading, struct buffer *out)
{
	(void)buffer_printf(out,
		"[{\"filters\":["
		"{\"propertyName\":\"%s\",\"operator\":\"GTE\",\"value\":\"%" PRId64 "\"},"
		"{\"propertyName\":\"%s\",\"operator\":\"LTE\",\"value\":\"%" PRId64 "\"},"
		"{\"propertyName\":\"hs_object_id\",\"operator\":\"GT\",\"value\":\"%" PRId64 "\"}]}]",
		reading->modified, reading->lo, reading->modified, reading->hi, reading->last);
}

bool hubspot_search_request(struct reading *reading, struct http_request *request, struct failure *failure)
{
	begin_request(reading, request);
	(void)buffer_append_text(&request->body, "{\"filterGroups\":");
	if (reading->only == NULL)
		write_window(reading, &request->body);
	else
		hubspot_look_write_groups(reading, &request->body);
	(void)buffer_append_text(&request->body,
		",\"sorts\":[{\"propertyName\":\"hs_object_id\",\"direction\":\"ASCENDING\"}],\"properties\":[");
	hubspot_stream_write_properties(reading, "\"", &request->body);
	(void)buffer_printf(&request->body, "],\"limit\":%zu}", reading->limit);
	if (!check_length(reading, &request->body, failure))
		return false;
	hubspot_stream_begin_page(reading);
	return true;
}

/* ---- the answer ---- */

/* A page of fewer rows than asked for is the last one. `total` is how many match behind `last`; of a page
 * that is short without holding all of them the vendor's index owes us the rest, so we ask on (or, without a
 * single row to go on from, again). The totals of two pages, or the first total and the rows of the whole
 * run, can't be compared: records that change or are archived meanwhile leave the window, those indexed late
 * enter it. Only within one answer must the two agree. */
static bool judge_page(struct reading *reading, int64_t total, struct failure *failure)
{
	size_t count = record_reader_count(reading->reader);

	if (count == 0 && total > 0) {
		failure_set(failure, FAILURE_TRANSIENT,
			"%s page %u: HubSpot counts %" PRId64 " more records but sends none", reading->object,
			reading->page, total);
		return false;
	}
	if (count > 0 && reading->page_last <= reading->last) {
		failure_set(failure, FAILURE_PERMANENT,
			"%s page %u: %zu records, but none behind id %" PRId64
			": HubSpot does not keep to the filter, and the run would never end",
			reading->object, reading->page, count, reading->last);
		return false;
	}
	reading->page_is_last = count < reading->limit && total <= (int64_t)count;
	return true;
}

bool hubspot_search_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	json_auto_t *envelope = hubspot_stream_end_page(reading, reading->reader, failure);

	if (envelope == NULL)
		return false;
	if (reading->stage_unknown) {
		/* The records in question have not been handed out; the page is asked for again. */
		reading->step = HUBSPOT_STEP_PIPELINES;
		return true;
	}
	const json_t *total = json_object_get(envelope, "total");
	if (!json_is_integer(total)) {
		failure_set(failure, FAILURE_TRANSIENT, "%s page %u: the answer has no total", reading->object,
			reading->page);
		return false;
	}
	if (!judge_page(reading, json_integer_value(total), failure))
		return false;
	if (!hubspot_links_are_pending(reading)) {
		hubspot_search_advance(reading, now_ms);
		return true;
	}
	reading->step = HUBSPOT_STEP_LINKS;
	if (reading->cautious) {
		reading->last = reading->page_last;
		hubspot_cursor_write(reading);
	}
	return true;
}

void hubspot_search_advance(struct reading *reading, int64_t now_ms)
{
	reading->last = reading->page_last;
	reading->page++;
	reading->step = reading->page_is_last ? HUBSPOT_STEP_DONE : HUBSPOT_STEP_SEARCH;
	if (reading->only != NULL)
		return;
	if (reading->page_is_last)
		close_window(reading, now_ms);
	else
		hubspot_cursor_write(reading);
}

/* ---- counting, for READ_ALL ---- */

void hubspot_count_request(struct reading *reading, int64_t now_ms, struct http_request *request)
{
	int64_t until = reading->start;

	if (until == 0)
		until = hubspot_settled_time(reading->session, now_ms);
	begin_request(reading, request);
	(void)buffer_printf(&request->body,
		"{\"filterGroups\":[{\"filters\":[{\"propertyName\":\"%s\",\"operator\":\"LTE\",\"value\":"
		"\"%" PRId64 "\"}]}],\"properties\":[\"%s\"],\"limit\":1}",
		reading->modified, until, reading->modified);
}

bool hubspot_count_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	json_auto_t *document = json_loadb(buffer_text(&reading->body), reading->body.length, JSON_ALLOW_NUL, NULL);
	const json_t *total = json_object_get(document, "total");

	if (!json_is_integer(total) || json_integer_value(total) < 0) {
		failure_set(failure, FAILURE_TRANSIENT, "number of %s: the answer has no total", reading->object);
		return false;
	}
	if (!reading->listed) {
		/* By the vendor's clock, which this answer has told. */
		reading->expected = json_integer_value(total);
		reading->start = hubspot_settled_time(reading->session, now_ms);
		hubspot_list_advance(reading);
		return true;
	}
	if (json_integer_value(total) > reading->seen) {
		/* It may be the index that is behind, with records that were archived just now. */
		failure_set(failure, FAILURE_TRANSIENT,
			"%s: of %" JSON_INTEGER_FORMAT " records that HubSpot counts, its list had only %" PRId64,
			reading->object, json_integer_value(total), reading->seen);
		reading->short_counts++;
		/* A list that an earlier run had read to its end has been given its time. */
		if (reading->page == 1 || reading->short_counts == SHORT_COUNTS_MOST)
			hubspot_list_restart(reading);
		return false;
	}
	reading->fresh = reading->proven = reading->walked = reading->start;
	reading->fresh_until = reading->complete_until = reading->start;
	reading->step = HUBSPOT_STEP_DONE;
	hubspot_cursor_write_done(reading);
	return true;
}
