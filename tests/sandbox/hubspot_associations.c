/* Associations: the v4 calls, and the member that listed records carry. */
#include "tests/sandbox/hubspot_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_INPUTS 1000
#define STREAM_SECOND_COMPANY 1003

struct link {
	uint32_t index;
	bool primary;
};

struct links {
	struct link *items;
	size_t count;
	size_t capacity;
};

struct pair {
	const struct hubspot_object *from;
	const struct hubspot_object *to;
	int type_id;
	int primary_type_id; /* 0: the pair knows no primary */
};

static const struct pair pairs[] = {
	{ &hubspot_contacts, &hubspot_companies, 279, 1 },
	{ &hubspot_companies, &hubspot_contacts, 280, 2 },
	{ &hubspot_deals, &hubspot_companies, 341, 5 },
	{ &hubspot_companies, &hubspot_deals, 342, 6 },
	{ &hubspot_tickets, &hubspot_companies, 339, 26 },
	{ &hubspot_companies, &hubspot_tickets, 340, 25 },
	{ &hubspot_deals, &hubspot_contacts, 3, 0 },
	{ &hubspot_contacts, &hubspot_deals, 4, 0 },
	{ &hubspot_tickets, &hubspot_contacts, 16, 0 },
	{ &hubspot_contacts, &hubspot_tickets, 15, 0 },
};

static const struct pair *pair_find(const struct hubspot_object *from, const struct hubspot_object *to)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].from == from && pairs[i].to == to)
			return &pairs[i];
	return NULL;
}

static void links_add(struct links *links, uint32_t index, bool primary)
{
	if (links->count == links->capacity) {
		size_t capacity = links->capacity ? links->capacity * 2 : 32;
		struct link *items = reallocarray(links->items, capacity, sizeof(*items));
		if (!items)
			abort();
		links->items = items;
		links->capacity = capacity;
	}
	links->items[links->count++] = (struct link){ index, primary };
}

static int links_compare(const void *left, const void *right)
{
	const struct link *a = left, *b = right;
	return (a->index > b->index) - (a->index < b->index);
}

static bool is_live(struct hubspot *hubspot, enum world_kind kind, uint32_t index)
{
	return index < world_limit(hubspot->world, kind) &&
	       world_present(hubspot->world, WORLD_HUBSPOT, kind, index) &&
	       !world_deleted(hubspot->world, WORLD_HUBSPOT, kind, index);
}

/* Contacts with a second company have their account's neighbour: so the way back can be found. */
static bool has_second_company(struct hubspot *hubspot, uint32_t contact)
{
	long percent = server_switch_number(hubspot->server, "hubspot.secondary_links", 0);
	return (long)(world_hash(hubspot->world, STREAM_SECOND_COMPANY, contact) % 100) < percent;
}

static void add_children(
	struct hubspot *hubspot, uint32_t account, enum world_kind kind, bool second_only, struct links *links)
{
	uint64_t iterator = 0;
	uint32_t child;
	while (world_child_next(hubspot->world, WORLD_HUBSPOT, kind, account, &iterator, &child)) {
		if (!is_live(hubspot, kind, child))
			continue;
		if (second_only && !has_second_company(hubspot, child))
			continue;
		links_add(links, child, !second_only);
	}
}

/* A merge takes the loser's links to the survivor. */
static uint32_t surviving_contact(struct hubspot *hubspot, uint32_t contact)
{
	uint32_t next;
	while (contact != WORLD_NONE &&
		(next = world_merged_into(hubspot->world, WORLD_CONTACT, contact)) != WORLD_NONE)
		contact = next;
	return contact;
}

static void collect(struct hubspot *hubspot, const struct hubspot_record *record, const struct hubspot_object *to,
	struct links *links)
{
	links->count = 0;
	if (record->archived)
		return;
	if (record->object->kind == WORLD_ACCOUNT) {
		if (to->kind == WORLD_ACCOUNT)
			return;
		add_children(hubspot, record->index, to->kind, false, links);
		uint32_t neighbour = record->index ^ 1;
		if (to->kind == WORLD_CONTACT &&
			server_switch_number(hubspot->server, "hubspot.secondary_links", 0) > 0 &&
			is_live(hubspot, WORLD_ACCOUNT, neighbour))
			add_children(hubspot, neighbour, WORLD_CONTACT, true, links);
	} else if (to->kind == WORLD_ACCOUNT) {
		uint32_t account = record->object->kind == WORLD_CONTACT       ? record->of.contact.account
				   : record->object->kind == WORLD_OPPORTUNITY ? record->of.deal.account
									       : record->of.ticket.account;
		bool account_live = is_live(hubspot, WORLD_ACCOUNT, account);
		if (account_live)
			links_add(links, account, true);
		if (account_live && record->object->kind == WORLD_CONTACT &&
			has_second_company(hubspot, record->index) && is_live(hubspot, WORLD_ACCOUNT, account ^ 1))
			links_add(links, account ^ 1, false);
	} else if (record->object->kind == WORLD_CASE && to->kind == WORLD_CONTACT) {
		uint32_t contact = surviving_contact(hubspot, record->of.ticket.contact);
		if (contact != WORLD_NONE && is_live(hubspot, WORLD_CONTACT, contact))
			links_add(links, contact, false);
	} else if (record->object->kind == WORLD_CONTACT && to->kind == WORLD_CASE) {
		uint64_t iterator = 0;
		uint32_t child;
		struct world_case ticket;
		while (world_child_next(
			hubspot->world, WORLD_HUBSPOT, WORLD_CASE, record->of.contact.account, &iterator, &child)) {
			world_case_read(hubspot->world, WORLD_HUBSPOT, child, &ticket);
			if (!ticket.deleted && surviving_contact(hubspot, ticket.contact) == record->index)
				links_add(links, child, false);
		}
	}
	if (links->count > 1)
		qsort(links->items, links->count, sizeof(*links->items), links_compare);
}

static size_t page_size(struct hubspot *hubspot)
{
	long size = server_switch_number(hubspot->server, "hubspot.association_page", 500);
	return size < 1 ? 1 : (size_t)size;
}

/* A cursor is the base64 of the next position with its '=' percent-encoded, as the vendor prints them. */
static void add_cursor(struct text_buffer *out, size_t position)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%zu", position);
	for (size_t i = 0; i < length; i += 3) {
		unsigned bits = (unsigned)(unsigned char)digits[i] << 16;
		if (i + 1 < length)
			bits |= (unsigned)(unsigned char)digits[i + 1] << 8;
		if (i + 2 < length)
			bits |= (unsigned char)digits[i + 2];
		text_buffer_add_char(out, alphabet[bits >> 18 & 63]);
		text_buffer_add_char(out, alphabet[bits >> 12 & 63]);
		if (i + 1 < length)
			text_buffer_add_char(out, alphabet[bits >> 6 & 63]);
		else
			text_buffer_add_string(out, "%3D");
		if (i + 2 < length)
			text_buffer_add_char(out, alphabet[bits & 63]);
		else
			text_buffer_add_string(out, "%3D");
	}
}

static int base64_digit(char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return letter - 'A';
	if (letter >= 'a' && letter <= 'z')
		return letter - 'a' + 26;
	if (letter >= '0' && letter <= '9')
		return letter - '0' + 52;
	return -1;
}

static bool parse_cursor(const char *text, size_t *position)
{
	char digits[24];
	size_t length = 0;
	unsigned bits = 0;
	int held = 0;
	for (; *text && *text != '=' && *text != '%'; text++) {
		int digit = base64_digit(*text);
		if (digit < 0)
			return false;
		bits = bits << 6 | (unsigned)digit;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		char letter = (char)(bits >> held & 255);
		if (letter < '0' || letter > '9' || length == 18)
			return false;
		digits[length++] = letter;
	}
	if (length == 0)
		return false;
	digits[length] = '\0';
	*position = strtoull(digits, NULL, 10);
	return true;
}

static void write_link(
	struct hubspot *hubspot, const struct pair *pair, const struct link *link, struct text_buffer *out)
{
	bool as_string = strcmp(server_switch(hubspot->server, "hubspot.to_object_id", "number"), "string") == 0;
	text_buffer_format(out, "{\"toObjectId\":%s%" PRIu64 "%s,\"associationTypes\":[", as_string ? "\"" : "",
		world_hubspot_id(pair->to->kind, link->index), as_string ? "\"" : "");
	if (link->primary && pair->primary_type_id != 0)
		text_buffer_format(out, "{\"category\":\"HUBSPOT_DEFINED\",\"typeId\":%d,\"label\":\"Primary\"},",
			pair->primary_type_id);
	text_buffer_format(out, "{\"category\":\"HUBSPOT_DEFINED\",\"typeId\":%d,\"label\":null}]}", pair->type_id);
}

static void write_links(struct hubspot *hubspot, const struct pair *pair, const struct links *links, size_t first,
	size_t last, struct text_buffer *out)
{
	text_buffer_add_char(out, '[');
	for (size_t i = first; i < last; i++) {
		if (i > first)
			text_buffer_add_char(out, ',');
		write_link(hubspot, pair, &links->items[i], out);
	}
	text_buffer_add_char(out, ']');
	if (last >= links->count)
		return;
	text_buffer_add_string(out, ",\"paging\":{\"next\":{\"after\":\"");
	add_cursor(out, last);
	text_buffer_add_string(out, "\",\"link\":\"?after=");
	add_cursor(out, last);
	text_buffer_add_string(out, "\"}}");
}

static bool page_bounds(struct hubspot *hubspot, const struct links *links, size_t first, size_t size, size_t *last)
{
	size_t highest = page_size(hubspot);
	if (size == 0 || size > highest)
		size = highest;
	if (first >= links->count)
		return false;
	*last = links->count - first > size ? first + size : links->count;
	return true;
}

static const struct pair *require_pair(struct hubspot *hubspot, struct server_call *call,
	const struct hubspot_object *from, const struct hubspot_object *to)
{
	const struct pair *pair = pair_find(from, to);
	if (!pair)
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"No association types are defined between %s and %s in this account", from->plural,
			to->plural);
	return pair;
}

/* False: answered. */
static bool check_inputs(struct hubspot *hubspot, struct server_call *call, json_t *inputs)
{
	if (!json_is_array(inputs) || json_array_size(inputs) == 0) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Some required fields were not set: [inputs]");
		return false;
	}
	if (json_array_size(inputs) > BATCH_INPUTS) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Maximum number of inputs supported in a batch request is 1000 and received %zu",
			json_array_size(inputs));
		return false;
	}
	for (size_t i = 0; i < json_array_size(inputs); i++) {
		json_t *input = json_array_get(inputs, i);
		json_t *id = json_object_get(input, "id");
		json_t *after = json_object_get(input, "after");
		size_t position;
		if (!json_is_string(id) && !json_is_integer(id)) {
			hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
				"Some required fields were not set: [id]");
			return false;
		}
		if (after && !json_is_null(after) &&
			(!json_is_string(after) || !parse_cursor(json_string_value(after), &position))) {
			hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL, "Invalid paging cursor");
			return false;
		}
	}
	return true;
}

static void add_missing(struct text_buffer *errors, const struct hubspot_object *from,
	const struct hubspot_object *to, const char *id)
{
	if (errors->length > 0)
		text_buffer_add_char(errors, ',');
	text_buffer_format(errors,
		"{\"status\":\"error\",\"category\":\"OBJECT_NOT_FOUND\",\"subCategory\":"
		"\"crm.associations.NO_ASSOCIATIONS_FOUND\",\"message\":\"No %s is associated with %s "
		"%.32s.\",\"context\":{\"fromObjectId\":[",
		to->singular, from->singular, id);
	text_buffer_add_json_string(errors, id);
	text_buffer_format(
		errors, "],\"fromObjectType\":[\"%s\"],\"toObjectType\":[\"%s\"]}}", from->singular, to->singular);
}

void hubspot_associations_batch(struct hubspot *hubspot, struct server_call *call,
	const struct hubspot_object *from, const struct hubspot_object *to)
{
	json_t *request_body = hubspot_body(hubspot, call);
	if (!request_body)
		return;
	json_t *inputs = json_object_get(request_body, "inputs");
	const struct pair *pair;
	if (!check_inputs(hubspot, call, inputs) || !(pair = require_pair(hubspot, call, from, to)))
		return;
	bool name_missing =
		strcmp(server_switch(hubspot->server, "hubspot.association_missing", "absent"), "error") == 0;
	char started[32], completed[32];
	text_format_iso_time(started, world_now());
	struct text_buffer body = { 0 };
	struct text_buffer errors = { 0 };
	struct hubspot_record record = { 0 };
	struct links links = { 0 };
	size_t found = 0, missing = 0;
	text_buffer_add_string(&body, "{\"status\":\"COMPLETE\",\"results\":[");
	for (size_t i = 0; i < json_array_size(inputs); i++) {
		json_t *input = json_array_get(inputs, i);
		char space[32];
		const char *id;
		uint32_t index;
		size_t first = 0, last = 0;
		hubspot_json_text(json_object_get(input, "id"), space, sizeof(space), &id);
		json_t *after = json_object_get(input, "after");
		if (json_is_string(after))
			parse_cursor(json_string_value(after), &first);
		links.count = 0;
		if (hubspot_find(hubspot, from, id, strlen(id), &index)) {
			hubspot_record_read(hubspot, from, index, &record);
			collect(hubspot, &record, to, &links);
		}
		if (!page_bounds(hubspot, &links, first, 0, &last)) {
			missing++;
			if (name_missing && strspn(id, "0123456789") == strlen(id))
				add_missing(&errors, from, to, id);
			continue;
		}
		text_buffer_format(&body, "%s{\"from\":{\"id\":\"%" PRIu64 "\"},\"to\":", found++ > 0 ? "," : "",
			world_hubspot_id(from->kind, index));
		write_links(hubspot, pair, &links, first, last, &body);
		text_buffer_add_char(&body, '}');
	}
	text_buffer_add_char(&body, ']');
	if (errors.length > 0) {
		text_buffer_format(&body, ",\"numErrors\":%zu,\"errors\":[", missing);
		text_buffer_add(&body, errors.bytes, errors.length);
		text_buffer_add_char(&body, ']');
	}
	text_format_iso_time(completed, world_now());
	text_buffer_format(&body, ",\"startedAt\":\"%s\",\"completedAt\":\"%s\"}", started, completed);
	int status = errors.length > 0 ? 207 : 200;
	free(links.items);
	hubspot_record_free(&record);
	text_buffer_free(&errors);
	server_answer_buffer(call, status, HUBSPOT_JSON, &body);
	text_buffer_free(&body);
}

void hubspot_associations_record(struct hubspot *hubspot, struct server_call *call,
	const struct hubspot_object *from, const char *id, const struct hubspot_object *to)
{
	long limit;
	uint32_t index;
	size_t first = 0, last = 0;
	const struct pair *pair = require_pair(hubspot, call, from, to);
	if (!pair || !hubspot_parameter_number(hubspot, call, "limit", 1, 500, 500, &limit))
		return;
	const char *after = server_call_parameter(call, "after");
	if (after && !parse_cursor(after, &first)) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL, "Invalid paging cursor");
		return;
	}
	if (!hubspot_find(hubspot, from, id, strlen(id), &index)) {
		hubspot_error(hubspot, call, 404, "OBJECT_NOT_FOUND", NULL,
			"Object not found.  objectId are usually numeric.");
		return;
	}
	struct hubspot_record record = { 0 };
	struct links links = { 0 };
	struct text_buffer body = { 0 };
	hubspot_record_read(hubspot, from, index, &record);
	collect(hubspot, &record, to, &links);
	text_buffer_add_string(&body, "{\"results\":");
	if (page_bounds(hubspot, &links, first, (size_t)limit, &last))
		write_links(hubspot, pair, &links, first, last, &body);
	else
		text_buffer_add_string(&body, "[]");
	text_buffer_add_char(&body, '}');
	free(links.items);
	hubspot_record_free(&record);
	server_answer_buffer(call, 200, HUBSPOT_JSON, &body);
	text_buffer_free(&body);
}

void hubspot_association_labels(struct hubspot *hubspot, struct server_call *call,
	const struct hubspot_object *from, const struct hubspot_object *to)
{
	const struct pair *pair = require_pair(hubspot, call, from, to);
	if (!pair)
		return;
	struct text_buffer body = { 0 };
	text_buffer_add_string(&body, "{\"results\":[");
	if (pair->primary_type_id != 0)
		text_buffer_format(&body, "{\"category\":\"HUBSPOT_DEFINED\",\"typeId\":%d,\"label\":\"Primary\"},",
			pair->primary_type_id);
	text_buffer_format(
		&body, "{\"category\":\"HUBSPOT_DEFINED\",\"typeId\":%d,\"label\":null}]}", pair->type_id);
	server_answer_buffer(call, 200, HUBSPOT_JSON, &body);
	text_buffer_free(&body);
}

void hubspot_associations_write(struct hubspot *hubspot, const struct hubspot_record *record,
	const struct hubspot_object *const *to, size_t to_count, struct text_buffer *out)
{
	struct links links = { 0 };
	bool any = false;
	for (size_t i = 0; i < to_count; i++) {
		const struct pair *pair = pair_find(record->object, to[i]);
		size_t last;
		if (!pair)
			continue;
		collect(hubspot, record, to[i], &links);
		if (!page_bounds(hubspot, &links, 0, 0, &last))
			continue;
		text_buffer_format(
			out, "%s\"%s\":{\"results\":[", any ? "," : ",\"associations\":{", to[i]->plural);
		any = true;
		/* A primary link is listed twice, labelled and unlabelled. */
		for (size_t each = 0; each < last; each++) {
			uint64_t id = world_hubspot_id(to[i]->kind, links.items[each].index);
			bool twice = links.items[each].primary && pair->primary_type_id != 0;
			text_buffer_format(out, "%s{\"id\":\"%" PRIu64 "\",\"type\":\"%s_to_%s\"}",
				each > 0 ? "," : "", id, record->object->singular, to[i]->singular);
			if (twice)
				text_buffer_format(out, ",{\"id\":\"%" PRIu64 "\",\"type\":\"%s_to_%s_unlabeled\"}",
					id, record->object->singular, to[i]->singular);
		}
		text_buffer_add_char(out, ']');
		if (last < links.count) {
			text_buffer_add_string(out, ",\"paging\":{\"next\":{\"after\":\"");
			add_cursor(out, last);
			text_buffer_format(out,
				"\",\"link\":\"https://api.hubapi.com/crm/v4/objects/%s/%" PRIu64
				"/associations/%s?after=",
				record->object->plural, world_hubspot_id(record->object->kind, record->index),
				to[i]->plural);
			add_cursor(out, last);
			text_buffer_add_string(out, "\"}}");
		}
		text_buffer_add_char(out, '}');
	}
	if (any)
		text_buffer_add_char(out, '}');
	free(links.items);
}
