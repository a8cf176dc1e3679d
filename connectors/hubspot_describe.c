/* The mapping against an object's properties (HubSpot, Properties). A property that doesn't exist is left out of
 * the answers in silence: a slip in the mapping would look like data that nobody has filled in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/json_record.h"
#include "connectors/json_splitter.h"
#include "connectors/memory.h"

enum { PROPERTY_LIMIT = 1024 * 1024 /* options and all */ };

/* The properties that flags are written to. */
enum { STATE, SINCE, REASON, WRITTEN };

/* What is known of a mapped field. */
struct finding {
	bool found, calculated;
	char type[32]; /* empty: not said */
};

struct survey {
	const struct mapping_entity *mapping;
	struct finding *findings; /* one for each mapped field */
	json_t *written[WRITTEN]; /* the properties that flags are written to; NULL: not found */
	struct arena *arena;
	bool malformed;
};

bool hubspot_describe(struct session *session, const struct reading_request *reading, int64_t now_ms,
	struct http_request *request, struct failure *failure)
{
	const char *object = reading->mapping->object != NULL ? reading->mapping->object
							      : hubspot_default_object(reading->entity);

	http_request_clear(request);
	/* Owners have no metadata; that one of them can be read is all that HubSpot can tell. */
	if (reading->entity == ENTITY_STAFF)
		(void)buffer_printf(&request->url, "%s/crm/v3/owners?limit=1&archived=false", session->base_url);
	else
		(void)buffer_printf(&request->url, "%s/crm/v3/properties/%s?archived=false", session->base_url,
			hubspot_path(object));
	request->body_limit = HUBSPOT_PAGE_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "properties of %.40s", object);
	if (!hubspot_dress(session, now_ms, request, failure))
		return false;
	request->pause_before_ms = hubspot_limits_pause(session, false, now_ms);
	return true;
}

/* ---- what there is ---- */

static bool text_is(const struct json_value *value, const char *text)
{
	return value->type == JSON_VALUE_STRING && value->problem == NULL && value->length == strlen(text) &&
	       memcmp(value->text, text, value->length) == 0;
}

/* Of these the options count too. */
static void keep_written(
	struct survey *survey, const struct json_value *name, bool archived, const char *bytes, size_t length)
{
	const struct mapping_write *write = &survey->mapping->write;
	const char *const remotes[WRITTEN] = { write->state.remote, write->since.remote, write->reason.remote };

	for (size_t i = 0; i < WRITTEN; i++)
		if (remotes[i] != NULL && survey->written[i] == NULL && !archived && text_is(name, remotes[i]))
			survey->written[i] = json_loadb(bytes, length, JSON_ALLOW_NUL, NULL);
}

static bool take_property(void *context, const char *bytes, size_t length, bool too_long)
{
	enum { NAME, TYPE, CALCULATED, ARCHIVED, COUNT };
	static const struct json_field fields[COUNT] = { { "name", 4 }, { "type", 4 }, { "calculated", 10 },
		{ "archived", 8 } };
	static const struct json_wanted wanted = { fields, COUNT, false };
	struct survey *survey = context;
	struct json_value found[COUNT];
	const char *problem;

	arena_reset(survey->arena);
	if (too_long || json_record_read(bytes, length, &wanted, survey->arena, found, &problem) == 0 ||
		found[NAME].type != JSON_VALUE_STRING) {
		survey->malformed = true;
		return false;
	}
	keep_written(survey, &found[NAME], found[ARCHIVED].type == JSON_VALUE_TRUE, bytes, length);
	for (size_t i = 0; i < survey->mapping->count; i++) {
		struct finding *finding = &survey->findings[i];
		if (!text_is(&found[NAME], survey->mapping->fields[i].remote) ||
			found[ARCHIVED].type == JSON_VALUE_TRUE)
			continue;
		finding->found = true;
		finding->calculated = found[CALCULATED].type == JSON_VALUE_TRUE;
		if (found[TYPE].type == JSON_VALUE_STRING && found[TYPE].problem == NULL &&
			found[TYPE].length < sizeof finding->type)
			memcpy(finding->type, found[TYPE].text, found[TYPE].length);
	}
	return true;
}

/* ---- what is wrong ---- */

/* Whether some value of the property's type can become the column's. Texts and choices may hold anything, and a type that
 * isn't known here says nothing. */
static bool fits(const char *type, const struct mapped_field *field, enum entity entity)
{
	enum column_type column =
		field->signal != NULL ? COLUMN_NUMBER : entity_shape(entity)->columns[field->column].type;
	bool is_day = strcmp(type, "date") == 0, is_instant = strcmp(type, "datetime") == 0;
	bool is_bool = strcmp(type, "bool") == 0;
	bool is_compound = strcmp(type, "json") == 0 || strcmp(type, "object_coordinates") == 0;

	if (field->words != NULL)
		return true;
	if (field->signal != NULL) {
		if (scale_takes(field->scale, COLUMN_TEXT))
			return true;
		if (scale_takes(field->scale, COLUMN_BOOLEAN) && is_bool)
			return true;
		column = scale_takes(field->scale, COLUMN_DATE) ? COLUMN_DATE : COLUMN_NUMBER;
	}
	switch (column) {
	case COLUMN_NUMBER:
	case COLUMN_SIGNALS:
		return !is_day && !is_instant && !is_bool && !is_compound;
	case COLUMN_BOOLEAN: /* a number may be 1 or 0 */
		return !is_day && !is_instant && !is_compound;
	case COLUMN_INSTANT: /* a day has no zone; a number may be epoch milliseconds */
		return !is_day && !is_bool && !is_compound;
	case COLUMN_DATE:
		return !is_bool && !is_compound;
	case COLUMN_TEXT:
		break;
	}
	return true;
}

static const char *target_name(const struct mapped_field *field, enum entity entity)
{
	return field->signal != NULL ? field->signal : entity_shape(entity)->columns[field->column].name;
}

static void note_field(const struct mapped_field *field, const struct finding *finding, enum entity entity,
	const char *object, struct description *description)
{
	/* Not a property at all: what it leads to isn't described here. */
	if (strchr(field->remote, '.') != NULL)
		return;
	if (!finding->found) {
		description_note(description, NOTE_MISSING, field,
			"%.60s: %.40s have no such property (sensitive ones are not listed, and so not read)",
			field->remote, object);
		return;
	}
	if (!fits(finding->type, field, entity))
		description_note(description, NOTE_TYPE, field, "%.60s is of type %s, which can't become %.60s",
			field->remote, finding->type, target_name(field, entity));
	if (finding->calculated)
		description_note(description, NOTE_CALCULATED, field,
			"%.60s is calculated: HubSpot doesn't say when it changes, so only reading all %.40s shows "
			"it",
			field->remote, object);
}

static bool has_option(const json_t *property, const char *word)
{
	size_t i;
	const json_t *option;

	json_array_foreach (json_object_get(property, "options"), i, option) {
		const char *value = json_string_value(json_object_get(option, "value"));
		if (value != NULL && strcmp(value, word) == 0)
			return true;
	}
	return false;
}

static bool is_type(const json_t *property, const char *type)
{
	const char *known = json_string_value(json_object_get(property, "type"));

	return known != NULL && strcmp(known, type) == 0;
}

static bool is_writable(const struct mapped_field *field, const json_t *property, const char *object,
	struct description *description)
{
	if (property == NULL)
		description_note(description, NOTE_UNWRITABLE, field, "%.60s: %.40s have no such property to write",
			field->remote, object);
	else if (json_is_true(json_object_get(property, "calculated")) ||
		 json_is_true(json_object_get(json_object_get(property, "modificationMetadata"), "readOnlyValue")))
		description_note(description, NOTE_UNWRITABLE, field, "%.60s can't be written: it is read-only",
			field->remote);
	else
		return true;
	return false;
}

/* What the flags of the object are written to (HubSpot, Properties: options, modificationMetadata). */
static void note_write(
	const struct survey *survey, enum entity entity, const char *object, struct description *description)
{
	const struct mapping_write *write = &survey->mapping->write;
	const struct flag_kind *kind = flag_kind_of(entity);
	const json_t *state = survey->written[STATE], *since = survey->written[SINCE],
		     *reason = survey->written[REASON];
	const char *day = write->since_is_day ? "date" : "datetime";

	if (!write->present)
		return;
	bool good = is_writable(&write->state, state, object, description);
	bool is_choice = good && is_type(state, "enumeration");
	if (good && !is_choice && !is_type(state, "string"))
		description_note(description, NOTE_UNWRITABLE, &write->state,
			"%.60s must be a text or a choice (an enumeration)", write->state.remote);
	for (size_t i = 0; is_choice && i < kind->count; i++)
		if (!has_option(state, write->words[i]))
			description_note(description, NOTE_UNWRITABLE, &write->state,
				"%.60s doesn't have the internal value '%.60s' (%s): add the option, or give "
				"another word",
				write->state.remote, write->words[i], kind->states[i].name);
	if (write->since.remote != NULL && is_writable(&write->since, since, object, description) &&
		!is_type(since, day))
		description_note(description, NOTE_UNWRITABLE, &write->since,
			"%.60s must be of the type %s ('| date' behind the field says which)", write->since.remote,
			day);
	if (write->reason.remote != NULL && is_writable(&write->reason, reason, object, description) &&
		!is_type(reason, "string"))
		description_note(
			description, NOTE_UNWRITABLE, &write->reason, "%.60s must be a text", write->reason.remote);
}

/* An owner's members (HubSpot, Owners). */
static void find_owner_fields(struct survey *survey)
{
	static const char *const members[] = { "id", "email", "firstName", "lastName", "type", "userId",
		"userIdIncludingInactive", "archived", "createdAt", "updatedAt" };

	for (size_t i = 0; i < survey->mapping->count; i++)
		for (size_t j = 0; j < sizeof members / sizeof members[0]; j++)
			if (strcmp(survey->mapping->fields[i].remote, members[j]) == 0)
				survey->findings[i].found = true;
}

static bool take_owner(void *context, const char *bytes, size_t length, bool too_long)
{
	(void)context;
	(void)bytes;
	(void)length;
	return !too_long;
}

/* Whether the body is the list that was asked for. No object is without properties: an empty list is no news of them. */
static bool survey_body(struct survey *survey, bool is_staff, const char *body, size_t length)
{
	static const char *const containers[] = { "results", NULL };
	struct json_splitter *splitter =
		json_splitter_new(containers, PROPERTY_LIMIT, NULL, is_staff ? take_owner : take_property, survey);
	bool good = json_splitter_feed(splitter, body, length) && json_splitter_complete(splitter) &&
		    json_splitter_found(splitter) && !survey->malformed &&
		    (is_staff || json_splitter_count(splitter) > 0);

	json_splitter_free(splitter);
	return good;
}

bool hubspot_described(struct session *session, const struct reading_request *reading, const struct http_head *head,
	const char *body, size_t length, int64_t now_ms, struct description *description, struct failure *failure)
{
	const struct mapping_entity *mapping = reading->mapping;
	const char *object = mapping->object != NULL ? mapping->object : hubspot_default_object(reading->entity);
	bool is_staff = reading->entity == ENTITY_STAFF;
	struct hubspot_answer answer;
	char *what = memory_format("properties of %.40s", object);

	(void)now_ms;
	hubspot_answer_read(session, &answer, head);
	bool good = answer.status == 200 && answer.is_json;
	if (!good)
		hubspot_explain(session, &answer, what, body, length, failure);
	struct survey survey = { .mapping = mapping,
		.findings = memory_allocate(mapping->count * sizeof *survey.findings),
		.arena = arena_new() };
	if (good && !survey_body(&survey, is_staff, body, length)) {
		good = false;
		failure_set(failure, FAILURE_TRANSIENT, "%s: the answer is not a whole list of properties", what);
		failure->http_status = answer.status;
	}
	if (good) {
		session->pace.throttled = 0;
		session->renewed = false;
		if (is_staff)
			find_owner_fields(&survey);
		for (size_t i = 0; i < mapping->count; i++)
			note_field(&mapping->fields[i], &survey.findings[i], reading->entity, object, description);
		note_write(&survey, reading->entity, object, description);
	}
	for (size_t i = 0; i < WRITTEN; i++)
		json_decref(survey.written[i]);
	arena_free(survey.arena);
	free(survey.findings);
	free(what);
	return good;
}
