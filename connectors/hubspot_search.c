/* Reading records by search: the keyset by id of hubspot.md 7.4. Every request is a first page of its own
 * query, so neither the ceiling of 10,000 results nor thousands of equal timestamps can stop it, and a
 * restart goes on behind the last id. The first load is the same search with the widest window. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

enum {
	BODY_MOST = 3000, /* characters, hubspot.md 1 */
	ID_DIGITS = 19,
	INSTANT_DIGITS = 13,
	LIMIT_LEAST = 10, /* the page size is halved down to this */
};

static const int64_t LO_LEAST_MS = 1000; /* a filter at the epoch itself is answered with 500, hubspot.md 4 */
static const int64_t DAY_MS = 86400000;

/* ---- opening ---- */

/* Whatever isn't a cursor of ours for this mapping means a first load. */
static void read_cursor(struct reading *reading, const char *text)
{
	json_auto_t *cursor = text == NULL ? NULL : json_loads(text, 0, NULL);
	const char *mapping = json_string_value(json_object_get(cursor, "mapping"));
	const json_t *lo = json_object_get(cursor, "lo"), *hi = json_object_get(cursor, "hi");
	const json_t *last = json_object_get(cursor, "last");

	reading->lo = LO_LEAST_MS;
	if (json_integer_value(json_object_get(cursor, "v")) != 1 || mapping == NULL ||
		strcmp(mapping, reading->fingerprint) != 0 || !json_is_integer(lo) || !json_is_integer(hi) ||
		!json_is_integer(last) || json_integer_value(lo) < LO_LEAST_MS || json_integer_value(last) < 0)
		return;
	if (json_integer_value(hi) == 0) {
		reading->watermark = json_integer_value(lo);
		return;
	}
	if (json_integer_value(hi) < json_integer_value(lo))
		return;
	reading->resumed = true;
	reading->lo = json_integer_value(lo);
	reading->hi = json_integer_value(hi);
	reading->last = json_integer_value(last);
}

/* The column's index when the mapping leaves it to us, else -1. */
static int left_column(const struct reading *reading, const char *name)
{
	int column = entity_column(reading->entity, name);

	for (size_t i = 0; i < reading->mapping->count; i++)
		if (reading->mapping->fields[i].column == column)
			return -1;
	return column;
}

static void describe_stream(struct reading *reading)
{
	const char *own = connector_hubspot.default_object(reading->entity);

	reading->object = reading->mapping->object != NULL ? reading->mapping->object : own;
	reading->is_default_object = strcmp(reading->object, own) == 0;
	reading->modified = strcmp(reading->object, "contacts") == 0 ? "lastmodifieddate" : "hs_lastmodifieddate";
	reading->wants_links = reading->entity != ENTITY_ACCOUNT && left_column(reading, "account_remote_id") >= 0;
	reading->closed_column = reading->won_column = -1;
	/* A custom object has pipelines and association types of its own, which only the mapping can know. */
	if (!reading->is_default_object)
		return;
	switch (reading->entity) {
	case ENTITY_CONTACT:
		reading->primary_type = 1;
		break;
	case ENTITY_SUPPORT_CASE:
		reading->primary_type = 26;
		reading->closed_column = left_column(reading, "closed");
		reading->extras[0] = "properties.hs_pipeline";
		reading->extras[1] = "properties.hs_pipeline_stage";
		break;
	case ENTITY_OPPORTUNITY:
		reading->primary_type = 5;
		reading->closed_column = left_column(reading, "closed");
		reading->won_column = left_column(reading, "won");
		reading->extras[0] = "properties.pipeline";
		reading->extras[1] = "properties.dealstage";
		break;
	default:
		break;
	}
}

/* Every record of the page. One outside of the window is left out: the index compares coarsely and answers
 * with what the record has become since (hubspot.md 7.3, defects 2 and 3); the next window brings it. */
static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;
	int64_t number;
	bool numbered = hubspot_parse_id(id->text, id->length, &number);

	if (numbered && number > reading->page_last)
		reading->page_last = number;
	if (modified_ms != INT64_MIN && (modified_ms < reading->lo || modified_ms > reading->hi))
		return false;
	if (values == NULL)
		return true;
	if (hubspot_pipelines_are_needed(reading) && !hubspot_pipelines_apply(reading, values, extras))
		return false;
	if (reading->wants_links && numbered)
		hubspot_links_add(reading, number);
	return true;
}

void hubspot_search_open(struct reading *reading, const char *cursor)
{
	static const char *const containers[] = { "results", NULL };

	describe_stream(reading);
	mapping_fingerprint(reading->mapping, reading->entity, reading->object, reading->fingerprint);
	read_cursor(reading, cursor);
	reading->limit = (size_t)reading->session->settings->page_size;
	const struct record_reader_settings settings = {
		.entity = reading->entity,
		.mapping = reading->mapping,
		.containers = containers,
		.prefix = "properties.",
		.id = "id",
		.modified = strcmp(reading->modified, "lastmodifieddate") == 0 ? "properties.lastmodifieddate"
									       : "properties.hs_lastmodifieddate",
		.deleted = "archived",
		.extras = hubspot_pipelines_are_needed(reading) ? reading->extras : NULL,
		.inspect = inspect,
		.context = reading,
	};
	reading->reader = record_reader_new(&settings, &reading->sink);
}

/* ---- the window ---- */

bool hubspot_search_start(struct reading *reading, int64_t now_ms)
{
	int64_t settle_ms = reading->session->settings->settle_s * 1000;
	int64_t overlap_ms = reading->session->settings->overlap_s * 1000;
	int64_t hi = hubspot_server_time(reading->session, now_ms) - settle_ms;

	if (reading->resumed && reading->hi > hi + settle_ms) {
		/* The window's end was taken from a clock that ran ahead: what changes until then, below
		 * `last`, would be passed over. From the beginning, then. */
		reading->last = 0;
		reading->hi = hi;
	}
	if (!reading->resumed) {
		/* So far ahead of the vendor's clock the watermark can't be believed. */
		if (reading->watermark > hi + DAY_MS)
			reading->watermark = 0;
		if (reading->watermark > 0)
			reading->lo = reading->watermark - overlap_ms;
		if (reading->lo < LO_LEAST_MS)
			reading->lo = LO_LEAST_MS;
		reading->hi = hi;
	}
	if (reading->hi < reading->lo) {
		/* Nothing has settled since the last run: all stays as it was. */
		reading->hi = reading->watermark > 0 ? reading->watermark : reading->lo;
		return false;
	}
	return true;
}

/* Adds the property unless it is in the list already. */
static void add_property(struct buffer *body, const char **names, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(names[i], name) == 0)
			return;
	(void)buffer_printf(body, "%s\"%s\"", *count == 0 ? "" : ",", name);
	names[(*count)++] = name;
}

/* The names are letters, digits and '_' (mapping.h): nothing to escape. */
static void write_properties(struct reading *reading, struct buffer *body)
{
	size_t room = reading->mapping->count + 3, count = 0;
	const char **mapped = memory_allocate(room * sizeof *mapped);
	const char **written = memory_allocate(room * sizeof *written);
	size_t mapped_count = record_reader_names(reading->mapping, mapped, room);

	add_property(body, written, &count, reading->modified);
	if (hubspot_pipelines_are_needed(reading))
		for (const char *const *extra = reading->extras; *extra != NULL; extra++)
			add_property(body, written, &count, *extra + strlen("properties."));
	for (size_t i = 0; i < mapped_count; i++)
		add_property(body, written, &count, mapped[i]);
	free(mapped);
	free(written);
}

static size_t digits(int64_t number)
{
	char text[24];

	return (size_t)snprintf(text, sizeof text, "%" PRId64, number);
}

/* A body that is short enough now must not become too long later in the run, when `last` has grown. */
static bool check_length(const struct reading *reading, const struct buffer *body, struct failure *failure)
{
	size_t most = body->length + ID_DIGITS - digits(reading->last) + INSTANT_DIGITS - digits(reading->lo);

	if (most <= BODY_MOST && !body->overflown)
		return true;
	failure_set(failure, FAILURE_PERMANENT,
		"the mapping of [%s] asks for so many properties that the search would have %zu characters; "
		"HubSpot takes "
		"at most %d: map fewer",
		entity_shape(reading->entity)->name, most, BODY_MOST);
	return false;
}

bool hubspot_search_request(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	const struct session *session = reading->session;
	/* The specification of deals knows only the id of their type; both spellings work for the others. */
	const char *path = strcmp(reading->object, "deals") == 0 ? "0-3" : reading->object;

	(void)buffer_printf(&request->url, "%s/crm/v3/objects/%s/search", session->base_url, path);
	(void)buffer_printf(&request->body,
		"{\"filterGroups\":[{\"filters\":["
		"{\"propertyName\":\"%s\",\"operator\":\"GTE\",\"value\":\"%" PRId64 "\"},"
		"{\"propertyName\":\"%s\",\"operator\":\"LTE\",\"value\":\"%" PRId64 "\"},"
		"{\"propertyName\":\"hs_object_id\",\"operator\":\"GT\",\"value\":\"%" PRId64 "\"}]}],"
		"\"sorts\":[{\"propertyName\":\"hs_object_id\",\"direction\":\"ASCENDING\"}],\"properties\":"
		"[",
		reading->modified, reading->lo, reading->modified, reading->hi, reading->last);
	write_properties(reading, &request->body);
	(void)buffer_printf(&request->body, "],\"limit\":%zu}", reading->limit);
	if (!check_length(reading, &request->body, failure))
		return false;
	request->is_post = true;
	request->timeout_s = 120;
	request->body_limit = HUBSPOT_PAGE_LIMIT;
	/* Counted from the end of the last one: when it was sent is not known here. */
	int64_t since = now_ms - session->searched_at_ms;
	if (session->searched && since < HUBSPOT_SEARCH_DISTANCE_MS)
		request->pause_before_ms =
			since < 0 ? HUBSPOT_SEARCH_DISTANCE_MS : (unsigned)(HUBSPOT_SEARCH_DISTANCE_MS - since);
	hubspot_clear_links(reading);
	reading->page_last = reading->last;
	reading->stage_unknown = false;
	record_reader_reset(reading->reader);
	return true;
}

/* 524: HubSpot worked on it for over 100 s (hubspot.md 18.2). */
void hubspot_search_soften(struct reading *reading)
{
	if (reading->step != HUBSPOT_STEP_PAGE || reading->answer.status != 524)
		return;
	if (reading->limit >= 2 * LIMIT_LEAST)
		reading->limit /= 2;
}

/* `hi` was set by our clock if the session had seen no Date yet. What changes after the scan has begun lies
 * above the watermark only if the watermark lies below that beginning, by the vendor's clock. */
static void narrow_window(struct reading *reading)
{
	if (reading->last != 0 || !reading->answer.dated)
		return;
	int64_t settled = reading->answer.date_ms - reading->session->settings->settle_s * 1000;
	if (settled < reading->hi)
		reading->hi = settled < reading->lo ? reading->lo : settled;
}

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

bool hubspot_search_finish(struct reading *reading, struct failure *failure)
{
	const char *envelope;
	size_t length;

	if (!record_reader_finish(reading->reader, &envelope, &length, failure)) {
		failure_prefix(failure, "%s page %u", reading->object, reading->page);
		return false;
	}
	json_auto_t *document = json_loadb(envelope, length, JSON_ALLOW_NUL, NULL);
	if (!record_reader_found(reading->reader) || document == NULL) {
		failure_set(failure, FAILURE_TRANSIENT, "%s page %u: the answer is not a page of records",
			reading->object, reading->page);
		return false;
	}
	if (reading->stage_unknown) {
		/* The records in question have not been handed out; the page is asked for again. */
		reading->step = HUBSPOT_STEP_PIPELINES;
		return true;
	}
	if (!judge_page(reading, json_integer_value(json_object_get(document, "total")), failure))
		return false;
	narrow_window(reading);
	if (hubspot_links_are_pending(reading))
		reading->step = HUBSPOT_STEP_LINKS;
	else
		hubspot_search_advance(reading);
	return true;
}

void hubspot_search_advance(struct reading *reading)
{
	reading->last = reading->page_last;
	reading->page++;
	reading->step = reading->page_is_last ? HUBSPOT_STEP_DONE : HUBSPOT_STEP_PAGE;
	if (reading->page_is_last)
		reading->complete_until = reading->hi;
	hubspot_write_cursor(reading, reading->page_is_last);
}
