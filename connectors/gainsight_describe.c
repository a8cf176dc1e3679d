/* What an object's metadata (Gainsight, Data Management APIs) says against the mapping; its picklists' items. */
#include "connectors/gainsight.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/memory.h"

static const size_t DESCRIBE_LIMIT = 16u * 1024 * 1024; /* hundreds of fields, each with its items */

bool gainsight_describe(struct session *session, const struct reading_request *reading, int64_t now_ms,
	struct http_request *request, struct failure *failure)
{
	const char *object = gainsight_object(reading->entity, reading->mapping);

	http_request_clear(request);
	request->body_limit = DESCRIBE_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "%.40s metadata", object);
	if (!buffer_printf(&request->url,
		    "%s/v1/meta/services/objects/%s/describe?ic=false&cl=0&idd=false&ihc=false&piec=false",
		    session->base_url, object) ||
		!gainsight_session_sign(session, request)) {
		failure_set(failure, FAILURE_CREDENTIALS,
			"no request can be made: access_key_file holds no usable key");
		return false;
	}
	request->pause_before_ms = gainsight_session_pace(session, now_ms);
	return true;
}

/* Notes ----------------------------------------------------------------------------------------------- */

/* Whether a value of the vendor's type can become the column's; a type that isn't listed is not complained about. */
static bool fits(const char *data_type, enum column_type type)
{
	static const struct {
		const char *data_type;
		bool text, number, boolean, instant, date;
	} rows[] = {
		{ "STRING", true, true, true, true, true },
		{ "NUMBER", true, true, true, false, false },
		{ "CURRENCY", true, true, false, false, false },
		{ "PERCENTAGE", true, true, false, false, false },
		{ "BOOLEAN", true, false, true, false, false },
		{ "DATETIME", true, false, false, true, true },
		{ "DATE", true, false, false, false, true },
		{ "PICKLIST", true, false, false, false, false },
		{ "LOOKUP", true, false, false, false, false },
		{ "GSID", true, false, false, false, false },
		{ "EMAIL", true, false, false, false, false },
		{ "URL", true, false, false, false, false },
		{ "RICHTEXTAREA", true, false, false, false, false },
		{ "MULTISELECTDROPDOWNLIST", false, false, false, false, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcasecmp(rows[i].data_type, data_type) != 0)
			continue;
		switch (type) {
		case COLUMN_TEXT:
			return rows[i].text;
		case COLUMN_NUMBER:
		case COLUMN_SIGNALS:
			return rows[i].number;
		case COLUMN_BOOLEAN:
			return rows[i].boolean;
		case COLUMN_INSTANT:
			return rows[i].instant;
		case COLUMN_DATE:
			return rows[i].date;
		}
	}
	return true;
}

static enum column_type type_wanted(enum entity entity, const struct mapped_field *field)
{
	if (field->signal != NULL)
		return scale_takes(field->scale, COLUMN_TEXT)   ? COLUMN_TEXT
		       : scale_takes(field->scale, COLUMN_DATE) ? COLUMN_DATE
								: COLUMN_SIGNALS;
	return field->words != NULL ? COLUMN_TEXT : entity_shape(entity)->columns[field->column].type;
}

/* The field of that name; names are the same whatever their case. */
static const json_t *find_field(const json_t *fields, const char *name)
{
	size_t i;
	json_t *field;

	json_array_foreach (fields, i, field)
		if (strcasecmp(json_string_value(json_object_get(field, "fieldName")), name) == 0)
			return field;
	return NULL;
}

/* Of "Csm__gr.Email", the lookup: a field Csm, or one whose lookup has the name Csm__gr. */
static bool has_lookup(const json_t *fields, const char *dotted)
{
	const size_t length = strcspn(dotted, ".");
	char *name = memory_copy(dotted, length);
	size_t i;
	json_t *field;
	bool found = false;

	json_array_foreach (fields, i, field) {
		const json_t *detail = json_object_get(json_object_get(field, "meta"), "lookupDetail");
		const char *lookup = json_string_value(json_object_get(detail, "lookupName"));
		const char *own = json_string_value(json_object_get(field, "fieldName"));
		size_t own_length = strlen(own);
		found = found || (lookup != NULL && strcasecmp(lookup, name) == 0) ||
			(strncasecmp(own, name, own_length) == 0 && strcasecmp(name + own_length, "__gr") == 0);
	}
	free(name);
	return found;
}

static void note_field(const json_t *fields, enum entity entity, const struct mapped_field *mapped,
	struct description *description)
{
	const char *remote = mapped->remote;

	if (strchr(remote, '.') != NULL) {
		if (!has_lookup(fields, remote))
			description_note(description, NOTE_MISSING, mapped,
				"%.60s: the object has no lookup of that name, or it may not be read", remote);
		return;
	}
	const json_t *field = find_field(fields, remote);
	if (field == NULL) {
		description_note(description, NOTE_MISSING, mapped,
			"%.60s: the object has no such field, or it may not be read", remote);
		return;
	}
	const char *data_type = json_string_value(json_object_get(field, "dataType"));
	bool is_flag = mapped->signal != NULL && scale_takes(mapped->scale, COLUMN_BOOLEAN);
	if (!fits(data_type, type_wanted(entity, mapped)) && !(is_flag && fits(data_type, COLUMN_BOOLEAN)))
		description_note(description, NOTE_TYPE, mapped,
			"%.60s is a %.30s, which can't become what is mapped", remote, data_type);
	if (json_is_true(json_object_get(json_object_get(field, "meta"), "formulaField")))
		description_note(description, NOTE_CALCULATED, mapped,
			"%.60s is a formula: it changes without the record's ModifiedDate", remote);
}

/* Picklists ------------------------------------------------------------------------------------------- */

void gainsight_items_free(struct gainsight_items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		free(items->items[i].field);
		free(items->items[i].gsid);
		free(items->items[i].label);
	}
	free(items->items);
	*items = (struct gainsight_items){ 0 };
}

/* Inactive items too: records may still hold them. */
static void keep_items(const json_t *field, const char *remote, struct gainsight_items *items)
{
	const char *data_type = json_string_value(json_object_get(field, "dataType"));
	size_t i;
	json_t *option;

	if (field == NULL || strcasecmp(data_type, "PICKLIST") != 0)
		return;
	json_array_foreach (json_object_get(field, "options"), i, option) {
		const char *gsid = json_string_value(json_object_get(option, "value"));
		const char *label = json_string_value(json_object_get(option, "label"));
		if (gsid == NULL || label == NULL)
			continue;
		items->items = memory_resize(items->items, (items->count + 1) * sizeof *items->items);
		items->items[items->count++] = (struct gainsight_item){ memory_copy_text(remote),
			memory_copy_text(gsid), memory_copy_text(label) };
	}
}

const char *gainsight_items_label(
	const struct gainsight_items *items, const char *field, const char *gsid, size_t length)
{
	for (size_t i = 0; i < items->count; i++) {
		const struct gainsight_item *item = &items->items[i];
		if (strlen(item->gsid) == length && memcmp(item->gsid, gsid, length) == 0 &&
			strcasecmp(item->field, field) == 0)
			return item->label;
	}
	return NULL;
}

/* The field's words, and the Gsids of the items that they name; exactly, never by a part. */
static char **words_copy(const struct mapped_field *field, const struct gainsight_items *items)
{
	size_t count = 0, own;

	while (field->words[count] != NULL)
		count++;
	own = count;
	char **words = memory_allocate((count + items->count + 1) * sizeof *words);
	memcpy(words, field->words, count * sizeof *words);
	for (size_t i = 0; i < items->count; i++)
		for (size_t j = 0; j < own && strcasecmp(items->items[i].field, field->remote) == 0; j++)
			if (strcmp(items->items[i].label, field->words[j]) == 0) {
				words[count++] = items->items[i].gsid;
				break;
			}
	return words;
}

void gainsight_mapping_copy(
	const struct mapping_entity *mapping, const struct gainsight_items *items, struct mapping_entity *ret_copy)
{
	*ret_copy = *mapping;
	ret_copy->fields = memory_allocate((mapping->count + 1) * sizeof *ret_copy->fields);
	if (mapping->count > 0)
		memcpy(ret_copy->fields, mapping->fields, mapping->count * sizeof *ret_copy->fields);
	for (size_t i = 0; i < mapping->count; i++)
		if (mapping->fields[i].words != NULL)
			ret_copy->fields[i].words = words_copy(&mapping->fields[i], items);
	for (size_t i = 0; i < mapping->count; i++) {
		ret_copy->fields[i].scale = scale_copy(mapping->fields[i].scale);
		for (size_t j = 0; j < items->count; j++)
			if (strcasecmp(items->items[j].field, mapping->fields[i].remote) == 0)
				scale_alias(ret_copy->fields[i].scale, items->items[j].label, items->items[j].gsid);
	}
}

void gainsight_mapping_free(struct mapping_entity *copy)
{
	for (size_t i = 0; i < copy->count; i++)
		free(copy->fields[i].words);
	for (size_t i = 0; i < copy->count; i++)
		copy->fields[i].scale = scale_free(copy->fields[i].scale);
	free(copy->fields);
	*copy = (struct mapping_entity){ 0 };
}

/* The answer ------------------------------------------------------------------------------------------ */

/* The object's fields, each with a name and a type; NULL when the document is of no form that is known. */
static const json_t *find_fields(const json_t *document, const char *object)
{
	const json_t *described = json_array_get(json_object_get(document, "data"), 0);
	const char *name = json_string_value(json_object_get(described, "objectName"));
	const json_t *fields = json_object_get(described, "fields");
	size_t i;
	json_t *field;

	if (name == NULL || strcasecmp(name, object) != 0 || json_array_size(fields) == 0)
		return NULL;
	json_array_foreach (fields, i, field)
		if (!json_is_string(json_object_get(field, "fieldName")) ||
			!json_is_string(json_object_get(field, "dataType")))
			return NULL;
	return fields;
}

bool gainsight_described(struct session *session, const struct reading_request *reading,
	const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct description *description, struct failure *failure)
{
	const struct mapping_entity *mapping = reading->mapping;
	const char *object = gainsight_object(reading->entity, mapping);
	struct gainsight_items *items = &session->items[reading->entity];
	json_t *document = json_loadb(body, length, JSON_ALLOW_NUL, NULL);
	const json_t *fields = find_fields(document, object);
	const struct gainsight_answer answer = {
		.status = head->status,
		.body = body,
		.length = length,
		.has_rows = fields != NULL,
		.object = object,
		.mapping = mapping,
		.now_ms = now_ms,
		.retry_after_s = http_head_retry_after(head, 3600),
		.throttled = session->throttled,
	};

	enum gainsight_verdict verdict = gainsight_classify(&answer, failure);
	bool throttled = verdict == GAINSIGHT_FAILED && failure->kind == FAILURE_THROTTLED;
	session->throttled = throttled ? session->throttled + 1 : 0;
	if (verdict == GAINSIGHT_NO_ROWS)
		failure_set(failure, FAILURE_TRANSIENT, "%s: Gainsight has no metadata of it now", object);
	if (verdict == GAINSIGHT_ROWS) {
		gainsight_items_free(items);
		for (size_t i = 0; i < mapping->count; i++) {
			note_field(fields, reading->entity, &mapping->fields[i], description);
			keep_items(find_field(fields, mapping->fields[i].remote), mapping->fields[i].remote, items);
		}
	}
	json_decref(document);
	return verdict == GAINSIGHT_ROWS;
}
