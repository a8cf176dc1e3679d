#include "tests/sandbox/salesforce_internal.h"
#include "tests/sandbox/world_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void salesforce_cursor_close(struct salesforce_cursor *cursor)
{
	soql_free(cursor->query);
	free(cursor->rows);
	*cursor = (struct salesforce_cursor){ 0 };
}

/* Looks like an id of the prefix 0r8, as current help texts print it. */
static void cursor_name(struct salesforce *salesforce, char out[19])
{
	snprintf(out, 19, "0r85g%010luAAA",
		(unsigned long)(world_hash(salesforce->world, 900, salesforce->opened) % 10000000000u));
}

static struct salesforce_cursor *cursor_open(struct salesforce *salesforce, const struct salesforce_cursor *cursor)
{
	struct salesforce_cursor *slot = &salesforce->cursors[salesforce->opened % SALESFORCE_CURSORS];

	salesforce_cursor_close(slot);
	*slot = *cursor;
	salesforce->opened++;
	cursor_name(salesforce, slot->id);
	slot->opened_at = world_now();
	return slot;
}

struct salesforce_cursor *salesforce_cursor_find(
	struct salesforce *salesforce, const char *locator, unsigned long *offset)
{
	char *end;

	if (strlen(locator) < 20 || locator[18] != '-')
		return NULL;
	*offset = strtoul(locator + 19, &end, 10);
	if (*end || end == locator + 19)
		return NULL;
	for (size_t at = 0; at < SALESFORCE_CURSORS; at++)
		if (salesforce->cursors[at].query && strncmp(salesforce->cursors[at].id, locator, 18) == 0)
			return &salesforce->cursors[at];
	return NULL;
}

static void record_write(struct salesforce_record *record, const struct soql_select *select, const char *version,
	struct text_buffer *scratch, struct text_buffer *out)
{
	char id[19];

	world_salesforce_id(record->object->kind, record->index, id);
	text_buffer_add_string(out, "{\"attributes\":{\"type\":\"");
	text_buffer_add_string(out, record->object->name);
	text_buffer_add_string(out, "\",\"url\":\"/services/data/");
	text_buffer_add_string(out, version);
	text_buffer_add_string(out, "/sobjects/");
	text_buffer_add_string(out, record->object->name);
	text_buffer_add_char(out, '/');
	text_buffer_add(out, id, 18);
	text_buffer_add_string(out, "\"}");
	for (; select; select = select->next) {
		text_buffer_add_string(out, ",\"");
		text_buffer_add_string(out, select->is_parent ? select->field->relationship : select->field->name);
		text_buffer_add_string(out, "\":");
		if (!select->is_parent) {
			struct salesforce_value value = { .scratch = scratch };

			salesforce_record_value(record, select->field, &value);
			salesforce_value_write(record, select->field, &value, out);
			continue;
		}
		struct salesforce_record parent;

		if (salesforce_record_parent(record, select->field, &parent))
			record_write(&parent, select->first_child, version, scratch, out);
		else
			text_buffer_add(out, "null", 4);
	}
	text_buffer_add_char(out, '}');
}

static void page_answer(struct salesforce *salesforce, struct server_call *call, const char *version,
	struct salesforce_cursor *cursor, unsigned long offset)
{
	struct text_buffer scratch = { 0 };
	struct text_buffer out = { 0 };
	uint32_t end = cursor->row_count - offset > cursor->page_size ? (uint32_t)offset + cursor->page_size
								      : cursor->row_count;
	bool done = end == cursor->row_count;

	/* Whoever fetches the last page does not come back; a lost answer is repeated from the locator
	 * before. */
	text_buffer_format(&out, "{\"totalSize\":%u,\"done\":%s,", cursor->row_count, done ? "true" : "false");
	if (!done)
		text_buffer_format(
			&out, "\"nextRecordsUrl\":\"/services/data/%s/query/%s-%u\",", version, cursor->id, end);
	text_buffer_add_string(&out, "\"records\":[");
	for (uint32_t at = (uint32_t)offset; at < end; at++) {
		struct salesforce_record record;

		if (at > offset)
			text_buffer_add_char(&out, ',');
		salesforce_record_open(&record, salesforce->world, cursor->query->object, cursor->rows[at]);
		record_write(&record, cursor->query->select, version, &scratch, &out);
	}
	text_buffer_add_string(&out, "]}");
	text_buffer_free(&scratch);
	if (server_call_fault(call, "false-gzip"))
		server_call_add_header(call, "Content-Encoding", "gzip");
	else if (!server_call_fault(call, "plain"))
		server_call_allow_gzip(call);
	server_answer_buffer(call, 200, "application/json;charset=UTF-8", &out);
}

/* batchSize is a hint, kept between 200 and 2000; the switch makes the server ignore it. */
static uint32_t page_size(struct salesforce *salesforce, struct server_call *call)
{
	long forced = server_switch_number(salesforce->server, "salesforce.page_size", 0);
	const char *options = server_call_header(call, "Sforce-Query-Options");
	const char *hint = options ? strcasestr(options, "batchSize=") : NULL;
	long size = hint ? strtol(hint + 10, NULL, 10) : 2000;

	if (forced > 0)
		return (uint32_t)forced;
	return (uint32_t)(size < 200 ? 200 : size > 2000 ? 2000 : size);
}

static void count_answer(struct server_call *call, uint64_t count)
{
	struct text_buffer out = { 0 };

	text_buffer_format(&out, "{\"totalSize\":%lu,\"done\":true,\"records\":[]}", (unsigned long)count);
	server_answer_buffer(call, 200, "application/json;charset=UTF-8", &out);
}

static void more_answer(struct salesforce *salesforce, struct server_call *call,
	const struct salesforce_token *session, const char *version, const char *locator)
{
	unsigned long offset = 0;
	struct salesforce_cursor *cursor = salesforce_cursor_find(salesforce, locator, &offset);
	long life = server_switch_number(salesforce->server, "salesforce.cursor_seconds", 172800);

	if (cursor && (server_call_fault(call, "locator-lost") || world_now() - cursor->opened_at > life * 1000)) {
		salesforce_cursor_close(cursor);
		cursor = NULL;
	}
	/* Only whoever ran the query may page it; whether a user's new token counts as him is up to the switch. */
	bool foreign = cursor && cursor->session != session &&
		       server_switch_number(salesforce->server, "salesforce.cursor_session", 0);

	if (!cursor || foreign || offset >= cursor->row_count) {
		salesforce_answer_error(call, 400, "INVALID_QUERY_LOCATOR", "invalid query locator");
		return;
	}
	page_answer(salesforce, call, version, cursor, offset);
}

void salesforce_query_handle(struct salesforce *salesforce, struct server_call *call,
	const struct salesforce_token *session, const char *version, bool all, const char *locator)
{
	const char *text = server_call_parameter(call, "q");
	struct soql_error error;

	if (locator) {
		more_answer(salesforce, call, session, version, locator);
		return;
	}
	if (!text) {
		salesforce_answer_error(call, 400, "MALFORMED_QUERY", "SOQL statement is missing");
		return;
	}
	struct soql_query *query = soql_parse(text, &error);

	if (!query) {
		salesforce_answer_error(call, 400, error.code, error.message);
		return;
	}
	struct salesforce_cursor cursor = {
		.query = query, .page_size = page_size(salesforce, call), .session = session
	};

	if (query->count && !query->where) {
		count_answer(call, world_count(salesforce->world, WORLD_SALESFORCE, query->object->kind,
					   all ? WORLD_LIVE_AND_DELETED : WORLD_LIVE_ONLY, 0, INT64_MAX));
		soql_free(query);
		return;
	}
	cursor.rows = salesforce_rows_find(salesforce, query, all, &cursor.row_count);
	if (query->count) {
		count_answer(call, cursor.row_count);
		salesforce_cursor_close(&cursor);
	} else if (cursor.row_count <= cursor.page_size) {
		page_answer(salesforce, call, version, &cursor, 0);
		salesforce_cursor_close(&cursor);
	} else {
		page_answer(salesforce, call, version, cursor_open(salesforce, &cursor), 0);
	}
}

/* GET sobjects/X/ID, with all the fields or those of ?fields=. */
void salesforce_record_handle(struct salesforce *salesforce, struct server_call *call, const char *version,
	const struct salesforce_object *object, const char *id)
{
	const char *fields = server_call_parameter(call, "fields");
	struct text_buffer text = { 0 }, scratch = { 0 }, out = { 0 };
	struct soql_error error;
	enum world_kind kind;
	uint32_t index;

	if (!world_salesforce_find(salesforce->world, id, strlen(id), &kind, &index) || kind != object->kind ||
		!world_present(salesforce->world, WORLD_SALESFORCE, kind, index)) {
		salesforce_answer_error(call, 404, "NOT_FOUND", "The requested resource does not exist");
		return;
	}
	if (world_deleted(salesforce->world, WORLD_SALESFORCE, kind, index)) {
		salesforce_answer_error(call, 404, "ENTITY_IS_DELETED", "entity is deleted");
		return;
	}
	text_buffer_add_string(&text, "SELECT ");
	if (fields)
		text_buffer_add_string(&text, fields);
	for (size_t at = 0; !fields && at < object->field_count; at++)
		if (!object->fields[at].hidden)
			text_buffer_format(&text, "%s%s", at ? "," : "", object->fields[at].name);
	text_buffer_format(&text, " FROM %s", object->name);
	struct soql_query *query = soql_parse(text_buffer_terminate(&text), &error);

	text_buffer_free(&text);
	if (!query) {
		salesforce_answer_error(call, 400, error.code, error.message);
		return;
	}
	struct salesforce_record record;

	salesforce_record_open(&record, salesforce->world, object, index);
	record_write(&record, query->select, version, &scratch, &out);
	text_buffer_free(&scratch);
	soql_free(query);
	server_answer_buffer(call, 200, "application/json;charset=UTF-8", &out);
}
