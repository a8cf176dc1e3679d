/* READ_ALL: the list endpoint (HubSpot, Using object APIs), which doesn't depend on the search index, in the order
 * of ids, which no change moves a record in. Only living records: for a first load those archived in the past are
 * of no use, and of a later one the caller takes what doesn't come as gone.
 *
 * That is proven by a count. A listing has no total, so a search says how many records were last changed up to the
 * watermark, once before (for progress) and once after. Whatever happens meanwhile can only make that number
 * smaller (a change lifts a record above the watermark, archiving takes it out), so at the end it is at most the
 * number of such records that were listed; if it is greater, the listing lacks some. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

enum {
	URL_MOST = 4096, /* others met 414 from 8 kB on; a search, with less room still, refuses the same mapping */
};

bool hubspot_list_request(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	if (reading->start == 0)
		reading->start = hubspot_settled_time(reading->session, now_ms);
	(void)buffer_printf(&request->url, "%s/crm/v3/objects/%s?limit=%zu", reading->session->base_url,
		hubspot_path(reading->object), reading->limit);
	if (reading->after != NULL) {
		(void)buffer_append_text(&request->url, "&after=");
		(void)buffer_append_encoded(&request->url, reading->after);
	}
	(void)buffer_append_text(&request->url, "&properties=");
	hubspot_stream_write_properties(reading, "", &request->url);
	(void)buffer_append_text(&request->url, "&archived=false");
	if (request->url.overflown || request->url.length > URL_MOST) {
		failure_set(failure, FAILURE_PERMANENT,
			"the mapping of [%s] asks for so many properties that an address would have more than %d "
			"characters: map fewer",
			entity_shape(reading->entity)->name, URL_MOST);
		return false;
	}
	request->timeout_s = 120;
	request->body_limit = HUBSPOT_PAGE_LIMIT;
	hubspot_stream_begin_page(reading);
	return true;
}

/* What the listing would have to keep to, to be whole: ids rise from page to page, so that no page is a repetition and
 * none leads back; and a page with nothing in it is the last one. */
static bool judge_page(const struct reading *reading, const char *after, struct failure *failure)
{
	if (reading->disordered) {
		failure_set(failure, FAILURE_PERMANENT,
			"%s page %u: the ids don't rise behind %" PRId64
			": whether the list is whole can't be known, and it may never end",
			reading->object, reading->page, reading->last);
		return false;
	}
	if (after != NULL && reading->page_last <= reading->last) {
		failure_set(failure, FAILURE_PERMANENT,
			"%s page %u: there is no record behind id %" PRId64
			" on it, and yet HubSpot names a next one: the list would never end",
			reading->object, reading->page, reading->last);
		return false;
	}
	return true;
}

bool hubspot_list_finish(struct reading *reading, struct failure *failure)
{
	json_auto_t *envelope = hubspot_stream_end_page(reading, reading->reader, failure);
	const char *after;

	if (envelope == NULL)
		return false;
	if (reading->stage_unknown) {
		/* The records in question have not been handed out; the page is asked for again. */
		reading->step = HUBSPOT_STEP_PIPELINES;
		return true;
	}
	if (!hubspot_stream_next_page(reading, envelope, reading->after, &after, failure) ||
		!judge_page(reading, after, failure))
		return false;
	free(reading->after);
	reading->after = after == NULL ? NULL : memory_copy_text(after);
	reading->listed = after == NULL;
	reading->last = reading->page_last;
	/* One without a readable id isn't inspected, but HubSpot counts it. */
	reading->seen +=
		reading->page_seen + (int64_t)(record_reader_count(reading->reader) - reading->page_inspected);
	reading->page_links = reading->link_count;
	reading->page++;
	hubspot_list_advance(reading);
	return true;
}

/* One question for the companies of as many records as it may name, not one for each page. */
enum hubspot_step hubspot_list_step(const struct reading *reading)
{
	if (reading->link_count > 0 &&
		(reading->listed || reading->link_count + HUBSPOT_LIST_MOST > HUBSPOT_LINKS_MOST))
		return HUBSPOT_STEP_LINKS;
	return reading->listed ? HUBSPOT_STEP_COUNT : HUBSPOT_STEP_LIST;
}

/* Records and their companies are to be kept together, unless that never comes about: when the vendor refuses again and
 * again, every single good answer has to count. Then the cursor names those whose companies are still to be asked for. */
void hubspot_list_advance(struct reading *reading)
{
	reading->step = hubspot_list_step(reading);
	if (reading->link_count == 0 || reading->cautious)
		hubspot_cursor_write(reading);
}

void hubspot_list_restart(struct reading *reading)
{
	free(reading->after);
	reading->after = NULL;
	reading->listed = false;
	reading->short_counts = 0;
	reading->start = reading->last = reading->seen = 0;
	reading->page = 1;
	reading->step = HUBSPOT_STEP_LIST;
}
