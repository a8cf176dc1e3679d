/* Archived records. Search never shows them (HubSpot, CRM search), and their list is in the order of ids: there is
 * no asking for the new ones. So a run that proves goes through all of it, once an hour, 5,000 records at most; a
 * longer list is gone on with in the next such run. With a run each quarter of an hour, of 400,000 records (HubSpot
 * keeps them for 90 days) the last is met within a day even so; and READ_ALL, in which it doesn't come, tells of
 * any number. Only ids and times are asked for: a tombstone leaves everything else as it was. Its time is that of
 * the record's last change, as it is of a living one, so that a restored record isn't taken for an older state of
 * itself. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

enum { PAGES_A_RUN = 50 };

static const int64_t EVERY_MS = 3600 * 1000;

/* `walked` stays as it was until the whole list has been gone through. */
bool hubspot_archived_is_due(const struct reading *reading, int64_t now_ms)
{
	int64_t since = hubspot_server_time(reading->session, now_ms) - reading->walked;

	return reading->prove && (since < 0 || since >= EVERY_MS);
}

/* A record that isn't archived would come here as one whose fields are all empty. */
static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;
	int64_t number;

	(void)modified_ms;
	(void)extras;
	if (hubspot_parse_id(id->text, id->length, &number)) {
		reading->disordered = reading->disordered || number <= reading->page_last;
		reading->page_last = number;
	}
	return values == NULL || value_is(&values[COLUMN_DELETED], "t");
}

static void open_reader(struct reading *reading)
{
	static const char *const containers[] = { "results", NULL };
	static const struct mapping_entity nothing = { 0 };
	const struct record_reader_settings settings = {
		.entity = reading->entity,
		.mapping = &nothing,
		.containers = containers,
		.prefix = "",
		.id = "id",
		.modified = reading->modified_path,
		.deleted = "archived",
		.inspect = inspect,
		.context = reading,
	};

	reading->archived_reader = record_reader_new(&settings, &reading->sink);
	reading->page = 1;
	reading->last = 0;
}

void hubspot_archived_request(struct reading *reading, struct http_request *request)
{
	if (reading->archived_reader == NULL)
		open_reader(reading);
	(void)buffer_printf(&request->url, "%s/crm/v3/objects/%s?limit=%d", reading->session->base_url,
		hubspot_path(reading->object), HUBSPOT_LIST_MOST);
	if (reading->walk != NULL) {
		(void)buffer_append_text(&request->url, "&after=");
		(void)buffer_append_encoded(&request->url, reading->walk);
	}
	(void)buffer_printf(&request->url, "&properties=%s&archived=true", reading->modified);
	request->timeout_s = 120;
	request->body_limit = HUBSPOT_PAGE_LIMIT;
	reading->page_last = reading->last;
	reading->disordered = false;
	record_reader_reset(reading->archived_reader);
}

bool hubspot_archived_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	json_auto_t *envelope = hubspot_stream_end_page(reading, reading->archived_reader, failure);
	const char *after;

	if (envelope == NULL || !hubspot_stream_next_page(reading, envelope, reading->walk, &after, failure))
		return false;
	if (reading->disordered || (after != NULL && reading->page_last <= reading->last)) {
		failure_set(failure, FAILURE_PERMANENT,
			"archived %s page %u: the ids don't rise behind %" PRId64 ": the list may never end",
			reading->object, reading->page, reading->last);
		return false;
	}
	free(reading->walk);
	reading->walk = after == NULL ? NULL : memory_copy_text(after);
	if (after == NULL)
		reading->walked = hubspot_server_time(reading->session, now_ms);
	reading->step = after != NULL && reading->page < PAGES_A_RUN ? HUBSPOT_STEP_ARCHIVED : HUBSPOT_STEP_DONE;
	reading->last = reading->page_last;
	reading->page++;
	hubspot_cursor_write_done(reading);
	return true;
}
