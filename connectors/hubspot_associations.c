/* Which company a contact, ticket or deal belongs to: HubSpot keeps that apart from the record, so each page of a
 * search, and every so many records of a listing, are followed by one question about their ids (HubSpot, Associate
 * records). The listing could bring them along, but by the name of their type alone and page by page, and it would
 * save no more than one call in ten. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

void hubspot_links_add(struct reading *reading, int64_t id)
{
	/* Ids come in ascending order; only where they don't can one have come before. */
	bool ascends = reading->link_count == 0 || id > reading->links[reading->link_count - 1].id;
	for (size_t i = 0; !ascends && i < reading->link_count; i++)
		if (reading->links[i].id == id)
			return;
	if (reading->link_count == reading->link_room) {
		reading->link_room = reading->link_room == 0 ? 200 : reading->link_room * 2;
		reading->links = memory_resize(reading->links, reading->link_room * sizeof *reading->links);
	}
	reading->links[reading->link_count++] = (struct hubspot_link){ .id = id, .pending = true };
}

void hubspot_links_cut(struct reading *reading, size_t count)
{
	while (reading->link_count > count)
		free(reading->links[--reading->link_count].after);
}

bool hubspot_links_are_pending(const struct reading *reading)
{
	for (size_t i = 0; i < reading->link_count; i++)
		if (reading->links[i].pending)
			return true;
	return false;
}

bool hubspot_links_request(struct reading *reading, struct http_request *request, struct failure *failure)
{
	json_auto_t *body = json_object();
	json_t *inputs = json_array();
	char id[24];

	(void)json_object_set_new(body, "inputs", inputs);
	for (size_t i = 0; i < reading->link_count; i++) {
		struct hubspot_link *link = &reading->links[i];
		link->asked = link->pending && json_array_size(inputs) < HUBSPOT_LINKS_MOST;
		if (!link->asked)
			continue;
		json_t *input = json_object();
		(void)snprintf(id, sizeof id, "%" PRId64, link->id);
		(void)json_object_set_new(input, "id", json_string(id));
		if (link->after != NULL)
			(void)json_object_set_new(input, "after", json_string(link->after));
		(void)json_array_append_new(inputs, input);
	}
	if (!buffer_append_json(&request->body, body)) {
		failure_set(failure, FAILURE_PERMANENT, "companies of %s: the question can't be written",
			reading->object);
		return false;
	}
	(void)buffer_printf(&request->url, "%s/crm/v4/associations/%s/companies/batch/read",
		reading->session->base_url, reading->object);
	request->is_post = true;
	request->timeout_s = 120;
	request->body_limit = HUBSPOT_DOCUMENT_LIMIT;
	return true;
}

/* Ids are numbers in HubSpot's samples and strings in its specification. */
static bool read_id(const json_t *json, int64_t *ret_id)
{
	if (json_is_string(json))
		return hubspot_parse_id(json_string_value(json), json_string_length(json), ret_id);
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return false;
	*ret_id = json_integer_value(json);
	return true;
}

/* The numbers of associationTypes are HubSpot's own only in its category; users' labels have numbers too. */
static bool is_primary(const struct reading *reading, const json_t *types)
{
	size_t i;
	json_t *type;
	int64_t id;

	json_array_foreach (types, i, type) {
		const char *category = json_string_value(json_object_get(type, "category"));
		if (category != NULL && strcmp(category, "HUBSPOT_DEFINED") == 0 &&
			read_id(json_object_get(type, "typeId"), &id) && reading->primary_type != 0 &&
			id == reading->primary_type)
			return true;
	}
	return false;
}

static bool malformed(const struct reading *reading, struct failure *failure)
{
	failure_set(failure, FAILURE_TRANSIENT,
		"companies of %s, page %u: the answer is not a whole list of associations", reading->object,
		reading->page);
	return false;
}

/* One company of a record. The same company may be named twice, once for each label. */
static bool take_company(const struct reading *reading, struct hubspot_link *link, const json_t *to)
{
	int64_t company;

	if (!read_id(json_object_get(to, "toObjectId"), &company) || company == 0)
		return false;
	if (link->is_primary)
		return true;
	link->is_primary = is_primary(reading, json_object_get(to, "associationTypes"));
	link->several = link->several || (link->company != 0 && link->company != company);
	if (link->is_primary || link->company == 0)
		link->company = company;
	return true;
}

/* Whether the record's companies go on (HubSpot, Associate records; a client that left these pages out lost
 * links). */
static bool take_paging(
	const struct reading *reading, struct hubspot_link *link, const json_t *result, struct failure *failure)
{
	const json_t *next = json_object_get(json_object_get(result, "paging"), "next");
	const char *after = json_string_value(json_object_get(next, "after"));

	if (after == NULL || link->is_primary)
		return true;
	if (strlen(after) > HUBSPOT_AFTER_LIMIT || (link->after != NULL && strcmp(link->after, after) == 0)) {
		failure_set(failure, FAILURE_PERMANENT,
			"companies of %s: HubSpot's pages for record %" PRId64 " don't come to an end",
			reading->object, link->id);
		return false;
	}
	free(link->after);
	link->after = memory_copy_text(after);
	link->pending = true;
	return true;
}

static struct hubspot_link *find_asked(struct reading *reading, int64_t id)
{
	for (size_t i = 0; i < reading->link_count; i++)
		if (reading->links[i].asked && reading->links[i].id == id)
			return &reading->links[i];
	return NULL;
}

static bool take_results(struct reading *reading, const json_t *results, struct failure *failure)
{
	size_t i, j;
	json_t *result, *to;
	int64_t id;

	json_array_foreach (results, i, result) {
		if (!read_id(json_object_get(json_object_get(result, "from"), "id"), &id))
			return malformed(reading, failure);
		struct hubspot_link *link = find_asked(reading, id);
		if (link == NULL)
			continue;
		json_array_foreach (json_object_get(result, "to"), j, to)
			if (!take_company(reading, link, to))
				return malformed(reading, failure);
		if (!take_paging(reading, link, result, failure))
			return false;
	}
	return true;
}

/* The primary company, else the only one. Several without a primary one are no answer to "whose is it?", and a wrong one
 * could suspend the wrong advocates: that, like no company at all, is a row without one, which ends an earlier link. */
static void emit_rows(struct reading *reading)
{
	const char *entity = entity_shape(reading->entity)->name;
	char id[24], company[24];

	for (size_t i = 0; i < reading->link_count; i++) {
		const struct hubspot_link *link = &reading->links[i];
		bool is_known = link->company != 0 && (!link->several || link->is_primary);
		int id_length = snprintf(id, sizeof id, "%" PRId64, link->id);
		int company_length = snprintf(company, sizeof company, "%" PRId64, link->company);
		const struct value values[] = { { entity, strlen(entity) }, { id, (size_t)id_length },
			is_known ? (struct value){ company, (size_t)company_length } : (struct value){ NULL, 0 } };
		reading->sink.record(reading->sink.context, ENTITY_ASSOCIATION, values, 3);
	}
}

bool hubspot_links_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	json_auto_t *document = json_loadb(buffer_text(&reading->body), reading->body.length, JSON_ALLOW_NUL, NULL);
	const json_t *results = json_object_get(document, "results");

	if (!json_is_array(results))
		return malformed(reading, failure);
	/* An id without a company is missing from the results, or stands among the `errors` of a 207: both
	 * mean that no answer for it is to come. take_paging raises the flag again. */
	for (size_t i = 0; i < reading->link_count; i++)
		if (reading->links[i].asked)
			reading->links[i].pending = false;
	if (!take_results(reading, results, failure)) {
		for (size_t i = 0; i < reading->link_count; i++)
			reading->links[i].pending = reading->links[i].pending || reading->links[i].asked;
		return false;
	}
	if (hubspot_links_are_pending(reading))
		return true;
	emit_rows(reading);
	hubspot_links_cut(reading, 0);
	reading->page_links = 0;
	if (reading->searches)
		hubspot_search_advance(reading, now_ms);
	else
		hubspot_list_advance(reading);
	return true;
}
