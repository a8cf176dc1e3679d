/* What the ways to read records have in common: what a stream is, its properties, its pages and their records. */
#include <stdio.h>
#include <string.h>

#include "connectors/hubspot_internal.h"

enum { LIMIT_LEAST = 10 /* a page's size is halved down to this */ };

static const char PREFIX[] = "properties.";

/* ---- what it is ---- */

/* The column's index when the mapping leaves it to us, else -1. */
static int left_column(const struct reading *reading, const char *name)
{
	int column = entity_column(reading->entity, name);

	for (size_t i = 0; i < reading->mapping->count; i++)
		if (reading->mapping->fields[i].column == column)
			return -1;
	return column;
}

static void describe_default_object(struct reading *reading)
{
	switch (reading->entity) {
	case ENTITY_ACCOUNT:
		reading->follows_merges = true;
		break;
	case ENTITY_CONTACT:
		reading->follows_merges = true;
		reading->primary_type = 1;
		break;
	case ENTITY_SUPPORT_CASE:
		reading->primary_type = 26;
		reading->closed_column = left_column(reading, "closed");
		break;
	case ENTITY_OPPORTUNITY:
		reading->primary_type = 5;
		reading->closed_column = left_column(reading, "closed");
		reading->won_column = left_column(reading, "won");
		break;
	default:
		break;
	}
	if (reading->follows_merges)
		reading->extras[0] = "properties.hs_merged_object_ids";
	if (!hubspot_pipelines_are_needed(reading))
		return;
	bool is_ticket = reading->entity == ENTITY_SUPPORT_CASE;
	reading->extras[0] = is_ticket ? "properties.hs_pipeline" : "properties.pipeline";
	reading->extras[1] = is_ticket ? "properties.hs_pipeline_stage" : "properties.dealstage";
}

static void describe_stream(struct reading *reading)
{
	const char *own = hubspot_default_object(reading->entity);

	reading->object = reading->mapping->object != NULL ? reading->mapping->object : own;
	reading->modified = strcmp(reading->object, "contacts") == 0 ? "lastmodifieddate" : "hs_lastmodifieddate";
	(void)snprintf(reading->modified_path, sizeof reading->modified_path, "%s%s", PREFIX, reading->modified);
	reading->wants_links = reading->entity != ENTITY_ACCOUNT && left_column(reading, "account_remote_id") >= 0;
	/* A custom object has pipelines and association types of its own, which only the mapping can know. */
	if (own != NULL && strcmp(reading->object, own) == 0)
		describe_default_object(reading);
}

/* Every record of the page. READ_CHANGES leaves one outside of the window out: the index compares coarsely and
 * answers with what the record has become since (both reported by users); the next window brings it. */
static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;
	int64_t number;
	bool numbered = hubspot_parse_id(id->text, id->length, &number);

	reading->page_inspected++;
	reading->disordered = reading->disordered || (numbered && number <= reading->page_last);
	if (numbered && number > reading->page_last)
		reading->page_last = number;
	if (modified_ms <= reading->start)
		reading->page_seen++;
	if (reading->mode == READ_CHANGES && modified_ms != INT64_MIN &&
		(modified_ms < reading->lo || modified_ms > reading->hi))
		return false;
	if (values == NULL)
		return true;
	if (hubspot_pipelines_are_needed(reading) && !hubspot_pipelines_apply(reading, values, extras))
		return false;
	if (reading->follows_merges)
		hubspot_merges_emit(reading, values, &extras[0]);
	if (reading->wants_links && numbered)
		hubspot_links_add(reading, number);
	return true;
}

void hubspot_stream_open(struct reading *reading)
{
	static const char *const containers[] = { "results", NULL };

	describe_stream(reading);
	const struct record_reader_settings settings = {
		.entity = reading->entity,
		.mapping = reading->mapping,
		.containers = containers,
		.prefix = PREFIX,
		.id = "id",
		.modified = reading->modified_path,
		.deleted = "archived",
		.extras = reading->extras,
		.inspect = inspect,
		.context = reading,
	};
	reading->reader = record_reader_new(&settings, &reading->sink);
}

/* The names are letters, digits and '_' (mapping.h): nothing to escape. */
void hubspot_stream_write_properties(const struct reading *reading, const char *quote, struct buffer *out)
{
	size_t count;
	const struct json_field *fields = record_reader_fields(reading->reader, &count);
	const char *comma = "";

	for (size_t i = 0; i < count; i++) {
		if (strncmp(fields[i].path, PREFIX, strlen(PREFIX)) != 0)
			continue;
		(void)buffer_printf(out, "%s%s%s%s", comma, quote, fields[i].path + strlen(PREFIX), quote);
		comma = ",";
	}
}

/* ---- pages ---- */

/* Our clock set the end of the window, or the watermark, if the session had seen no Date yet. What changes after the
 * reading has begun lies above it only if it lies below that beginning by the vendor's clock. */
void hubspot_stream_head(struct reading *reading)
{
	bool is_first = reading->step == HUBSPOT_STEP_SEARCH ? reading->last == 0 : reading->after == NULL;

	if (!is_first || !reading->answer.dated)
		return;
	int64_t settled = reading->answer.date_ms - reading->session->settings->settle_s * 1000;
	if (reading->step == HUBSPOT_STEP_SEARCH && settled < reading->hi)
		reading->hi = settled < reading->lo ? reading->lo : settled;
	if (reading->step == HUBSPOT_STEP_LIST && settled < reading->start)
		reading->start = settled < HUBSPOT_LO_LEAST_MS ? HUBSPOT_LO_LEAST_MS : settled;
}

void hubspot_stream_begin_page(struct reading *reading)
{
	hubspot_links_cut(reading, reading->page_links);
	reading->page_last = reading->last;
	reading->page_seen = 0;
	reading->page_inspected = 0;
	reading->disordered = false;
	reading->stage_unknown = false;
	record_reader_reset(reading->reader);
}

json_t *hubspot_stream_end_page(struct reading *reading, struct record_reader *reader, struct failure *failure)
{
	const char *text;
	size_t length;

	if (!record_reader_finish(reader, &text, &length, failure)) {
		failure_prefix(failure, "%s page %u", reading->object, reading->page);
		return NULL;
	}
	json_t *envelope = json_loadb(text, length, JSON_ALLOW_NUL, NULL);
	if (json_is_object(envelope) && record_reader_found(reader))
		return envelope;
	json_decref(envelope);
	failure_set(failure, FAILURE_TRANSIENT, "%s page %u: the answer is not a page of records", reading->object,
		reading->page);
	return NULL;
}

bool hubspot_stream_next_page(const struct reading *reading, const json_t *envelope, const char *before,
	const char **ret_after, struct failure *failure)
{
	const json_t *paging = json_object_get(envelope, "paging");
	const char *after = json_string_value(json_object_get(json_object_get(paging, "next"), "after"));

	/* Only a page without `paging` is the last one: a listing never ends because it can't be read. */
	if (after == NULL && paging != NULL && !json_is_null(paging)) {
		failure_set(failure, FAILURE_TRANSIENT,
			"%s page %u: HubSpot doesn't say which page is the next one", reading->object,
			reading->page);
		return false;
	}
	if (after != NULL && before != NULL && strcmp(after, before) == 0) {
		failure_set(failure, FAILURE_PERMANENT, "%s page %u: HubSpot names the page itself as the next one",
			reading->object, reading->page);
		return false;
	}
	if (after != NULL && (*after == '\0' || strlen(after) > HUBSPOT_AFTER_LIMIT)) {
		failure_set(failure, FAILURE_PERMANENT, "%s page %u: what HubSpot calls the next page is no use",
			reading->object, reading->page);
		return false;
	}
	*ret_after = after;
	return true;
}

/* 524: HubSpot worked on it for over 100 s (HubSpot, Error handling). */
void hubspot_stream_soften(struct reading *reading)
{
	if (reading->answer.status == 524 && reading->limit >= 2 * LIMIT_LEAST)
		reading->limit /= 2;
}
