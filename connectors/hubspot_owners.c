/* Owners: a short list, read whole each time and in either mode, the active ones and then the archived ones
 * (HubSpot, Owners). In between is the one place to stop. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

enum { PAGE_SIZE = 500, NAME_LIMIT = 1024 };

/* HubSpot keeps the two halves of a name apart. */
static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;
	const struct value *first = &extras[0], *last = &extras[1];

	(void)id;
	(void)modified_ms;
	if (values == NULL || reading->name_column < 0)
		return true;
	buffer_clear(&reading->name);
	if (first->text != NULL)
		(void)buffer_append(&reading->name, first->text, first->length);
	if (first->text != NULL && last->text != NULL)
		(void)buffer_append_text(&reading->name, " ");
	if (last->text != NULL)
		(void)buffer_append(&reading->name, last->text, last->length);
	if (reading->name.length > 0 && !reading->name.overflown)
		values[reading->name_column] = (struct value){ buffer_text(&reading->name), reading->name.length };
	return true;
}

void hubspot_owners_open(struct reading *reading)
{
	static const char *const containers[] = { "results", NULL };

	reading->object = "owners";
	reading->extras[0] = "firstName";
	reading->extras[1] = "lastName";
	reading->name_column = entity_column(ENTITY_STAFF, "name");
	for (size_t i = 0; i < reading->mapping->count; i++)
		if (reading->mapping->fields[i].column == reading->name_column)
			reading->name_column = -1;
	buffer_init(&reading->name, NAME_LIMIT);
	const struct record_reader_settings settings = {
		.entity = ENTITY_STAFF,
		.mapping = reading->mapping,
		.containers = containers,
		.prefix = "",
		.id = "id",
		.modified = "updatedAt",
		.deleted = "archived",
		.extras = reading->extras,
		.inspect = inspect,
		.context = reading,
	};
	reading->reader = record_reader_new(&settings, &reading->sink);
}

void hubspot_owners_start(struct reading *reading, int64_t now_ms)
{
	if (!reading->resumed)
		reading->hi = hubspot_server_time(reading->session, now_ms);
	reading->step = HUBSPOT_STEP_OWNERS;
}

void hubspot_owners_request(struct reading *reading, struct http_request *request)
{
	(void)buffer_printf(&request->url, "%s/crm/v3/owners?limit=%d", reading->session->base_url, PAGE_SIZE);
	if (reading->after != NULL) {
		(void)buffer_append_text(&request->url, "&after=");
		(void)buffer_append_encoded(&request->url, reading->after);
	}
	(void)buffer_printf(&request->url, "&archived=%s", reading->archived ? "true" : "false");
	request->body_limit = HUBSPOT_PAGE_LIMIT;
	record_reader_reset(reading->reader);
}

bool hubspot_owners_finish(struct reading *reading, struct failure *failure)
{
	json_auto_t *envelope = hubspot_stream_end_page(reading, reading->reader, failure);
	const char *after;

	if (envelope == NULL || !hubspot_stream_next_page(reading, envelope, reading->after, &after, failure))
		return false;
	if (after != NULL && record_reader_count(reading->reader) == 0) {
		failure_set(failure, FAILURE_PERMANENT,
			"owners page %u: nobody is on it, and yet HubSpot names a next one: the list would never "
			"end",
			reading->page);
		return false;
	}
	/* The list is as of its beginning: what changed meanwhile may be on a page that was read before. */
	if (reading->page == 1 && !reading->resumed && reading->answer.dated &&
		reading->answer.date_ms < reading->hi)
		reading->hi = reading->answer.date_ms;
	free(reading->after);
	reading->after = after == NULL ? NULL : memory_copy_text(after);
	reading->page++;
	if (after != NULL)
		return true;
	if (!reading->archived) {
		reading->archived = true;
		hubspot_cursor_write_owners(reading);
		return true;
	}
	reading->step = HUBSPOT_STEP_DONE;
	reading->fresh_until = reading->complete_until = reading->hi;
	return true;
}
