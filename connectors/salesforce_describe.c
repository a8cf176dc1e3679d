#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "connectors/instant.h"
#include "connectors/salesforce_internal.h"

enum { DESCRIBE_TIMEOUT_S = 120, DESCRIBE_BYTES_LIMIT = 8 * 1024 * 1024 };

/* What was described for another mapping says nothing about this one's fields. */
static bool has_described(const struct session *session, const struct reading_request *reading)
{
	const struct salesforce_described *described = &session->described[reading->entity];

	return described->date[0] != '\0' && strcmp(described->fingerprint, reading->fingerprint) == 0;
}

bool salesforce_describe(struct session *session, const struct reading_request *reading, int64_t now_ms,
	struct http_request *request, struct failure *failure)
{
	const struct salesforce_subject subject = salesforce_subject_of(reading);

	(void)now_ms;
	if (!salesforce_request_begin(session, &subject, "application/json", request, failure))
		return false;
	(void)buffer_printf(&request->url, "/services/data/%s/sobjects/", session->settings->api_version);
	(void)buffer_append_encoded(&request->url, subject.object);
	(void)buffer_append_text(&request->url, "/describe");
	request->timeout_s = DESCRIBE_TIMEOUT_S;
	request->body_limit = DESCRIBE_BYTES_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "%.60s metadata", subject.object);
	return !has_described(session, reading) ||
	       http_request_header(request, "If-Modified-Since", session->described[reading->entity].date);
}

/* ---- the answer ---- */

static const char *text_of(const json_t *field, const char *key)
{
	return json_string_value(json_object_get(field, key));
}

/* A field, or the relationship that the part before a dot names; NULL: there is none. */
static const json_t *find_field(const json_t *fields, const char *key, const char *name, size_t length)
{
	size_t index;
	const json_t *field;

	json_array_foreach (fields, index, field) {
		const char *known = text_of(field, key);
		if (known != NULL && strlen(known) == length && strncasecmp(known, name, length) == 0)
			return field;
	}
	return NULL;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Whether values of that type become the column's. A type that isn't known is text. */
static bool type_fits(const char *type, enum column_type column)
{
	static const char *const numbers[] = { "double", "currency", "percent", "int", "long", NULL };
	static const char *const compounds[] = { "address", "location", "base64", "complexvalue", NULL };
	static const char *const times[] = { "datetime", NULL };
	static const char *const dates[] = { "date", "datetime", NULL };
	static const char *const booleans[] = { "boolean", NULL };

	switch (column) {
	case COLUMN_NUMBER:
	case COLUMN_SIGNALS:
		return is_one_of(type, numbers);
	case COLUMN_BOOLEAN:
		return is_one_of(type, booleans);
	case COLUMN_INSTANT:
		return is_one_of(type, times);
	case COLUMN_DATE:
		return is_one_of(type, dates);
	case COLUMN_TEXT:
		break;
	}
	return !is_one_of(type, compounds);
}

static void check_type(const struct reading_request *reading, const struct mapped_field *field, const char *type,
	struct description *description)
{
	static const char *const wanted[] = { [COLUMN_TEXT] = "a text",
		[COLUMN_NUMBER] = "a number",
		[COLUMN_BOOLEAN] = "a boolean (or '| in' and the words that mean yes)",
		[COLUMN_INSTANT] = "a date and time",
		[COLUMN_DATE] = "a date",
		[COLUMN_SIGNALS] = "a number" };
	const struct entity_shape *shape = entity_shape(reading->entity);
	bool is_signal = field->signal != NULL;
	enum column_type column = is_signal              ? COLUMN_NUMBER
				  : field->words != NULL ? COLUMN_TEXT
							 : shape->columns[field->column].type;

	if (is_signal && scale_takes(field->scale, COLUMN_TEXT))
		column = COLUMN_TEXT;
	else if (is_signal && scale_takes(field->scale, COLUMN_DATE))
		column = COLUMN_DATE;
	if (type_fits(type, column) ||
		(is_signal && scale_takes(field->scale, COLUMN_BOOLEAN) && type_fits(type, COLUMN_BOOLEAN)))
		return;
	description_note(description, NOTE_TYPE, field, "%.80s is of the type %.40s, but %s%.40s takes %s",
		field->remote, type, is_signal ? "signal." : "",
		is_signal ? field->signal : shape->columns[field->column].name, wanted[column]);
}

/* Of a related record's field only the relationship is known here; the rest is the related object's. */
static void check_field(const struct reading_request *reading, const struct mapped_field *field,
	const json_t *fields, const char *object, struct description *description)
{
	const char *dot = strchr(field->remote, '.');
	size_t length = dot == NULL ? strlen(field->remote) : (size_t)(dot - field->remote);
	const json_t *known = find_field(fields, dot == NULL ? "name" : "relationshipName", field->remote, length);

	if (known == NULL) {
		description_note(description, NOTE_MISSING, field,
			"%.80s: %.80s has no %s %.*s, or hides it from the integration user", field->remote, object,
			dot == NULL ? "field" : "relationship", (int)(length < 80 ? length : 80), field->remote);
		return;
	}
	if (dot != NULL)
		return;
	check_type(reading, field, text_of(known, "type"), description);
	if (json_is_true(json_object_get(known, "calculated")))
		description_note(description, NOTE_CALCULATED, field,
			"%.80s is a formula: it changes without its record's modified time", field->remote);
}

/* Whether a picklist that takes nothing else has the word. */
static bool has_word(const json_t *field, const char *word)
{
	size_t index;
	const json_t *value;

	json_array_foreach (json_object_get(field, "picklistValues"), index, value) {
		const char *known = text_of(value, "value");
		if (known != NULL && strcmp(known, word) == 0 && !json_is_false(json_object_get(value, "active")))
			return true;
	}
	return false;
}

static const json_t *check_writable(const struct mapped_field *field, const json_t *fields, const char *object,
	const char *const *types, const char *wanted, struct description *description)
{
	const json_t *known = find_field(fields, "name", field->remote, strlen(field->remote));

	if (known == NULL)
		description_note(description, NOTE_UNWRITABLE, field,
			"%.80s: %.80s has no such field to write, or hides it from the integration user",
			field->remote, object);
	else if (json_is_false(json_object_get(known, "updateable")))
		description_note(description, NOTE_UNWRITABLE, field,
			"%.80s can't be written: a formula, or its field-level security", field->remote);
	else if (!is_one_of(text_of(known, "type"), types))
		description_note(description, NOTE_UNWRITABLE, field, "%.80s is of the type %.40s, but must be %s",
			field->remote, text_of(known, "type"), wanted);
	else
		return known;
	return NULL;
}

/* What the flags of the object are written to (6, "start-up check"). */
static void check_write(const struct reading_request *reading, const json_t *fields, const char *object,
	struct description *description)
{
	const struct mapping_write *write = &reading->mapping->write;
	const struct flag_kind *kind = flag_kind_of(reading->entity);
	static const char *const texts[] = { "picklist", "string", "textarea", "combobox", NULL };
	static const char *const lines[] = { "string", "textarea", NULL };
	static const char *const days[] = { "date", NULL }, *const times[] = { "datetime", NULL };

	if (!write->present)
		return;
	const json_t *known =
		check_writable(&write->state, fields, object, texts, "a picklist or a text", description);
	for (size_t i = 0;
		known != NULL && json_is_true(json_object_get(known, "restrictedPicklist")) && i < kind->count; i++)
		if (!has_word(known, write->words[i]))
			description_note(description, NOTE_UNWRITABLE, &write->state,
				"%.60s doesn't have the word '%.60s' (%s): add it to the picklist, or give another",
				write->state.remote, write->words[i], kind->states[i].name);
	known = write->reason.remote == NULL
			? NULL
			: check_writable(&write->reason, fields, object, lines, "a text", description);
	if (known != NULL && json_integer_value(json_object_get(known, "length")) < FLAG_REASON_CHARACTERS)
		description_note(description, NOTE_UNWRITABLE, &write->reason,
			"%.60s holds fewer than the %d characters that a reason may have", write->reason.remote,
			FLAG_REASON_CHARACTERS);
	if (write->since.remote != NULL)
		(void)check_writable(&write->since, fields, object, write->since_is_day ? days : times,
			write->since_is_day ? "a date" : "a date and time (or '| date' behind the field)",
			description);
}

static bool fail(const struct salesforce_subject *subject, int status, struct failure *failure, const char *what)
{
	failure_set(failure, FAILURE_TRANSIENT, "%s: %s", subject->object, what);
	failure->http_status = status;
	return false;
}

/* What the reader of records relies on, and that every field says what a check asks it. */
static bool is_metadata(const json_t *fields)
{
	size_t index;
	const json_t *field;

	json_array_foreach (fields, index, field) {
		if (text_of(field, "name") == NULL || text_of(field, "type") == NULL ||
			!json_is_boolean(json_object_get(field, "calculated")))
			return false;
	}
	return find_field(fields, "name", "Id", 2) != NULL;
}

static bool check_cursor_field(
	const struct salesforce_subject *subject, const json_t *fields, int status, struct failure *failure)
{
	const json_t *stamp = find_field(fields, "name", "SystemModstamp", strlen("SystemModstamp"));

	/* It may be there and yet not to be asked by, as ActivityFieldHistory's. */
	if (stamp != NULL && !json_is_false(json_object_get(stamp, "filterable")))
		return true;
	failure_set(failure, FAILURE_PERMANENT,
		"%s: this object has no SystemModstamp that can be filtered, so what changed can't be asked for: "
		"map "
		"another object",
		subject->object);
	failure->http_status = status;
	return false;
}

static bool read_metadata(const struct reading_request *reading, const struct salesforce_subject *subject,
	const char *body, size_t length, struct description *description, struct failure *failure)
{
	json_auto_t *json = json_loadb(body, length, JSON_ALLOW_NUL, NULL);
	const json_t *fields = json_object_get(json, "fields");

	if (!is_metadata(fields))
		return fail(subject, 200, failure, "the answer is no description of an object");
	if (!check_cursor_field(subject, fields, 200, failure))
		return false;
	for (size_t i = 0; i < reading->mapping->count; i++)
		check_field(reading, &reading->mapping->fields[i], fields, subject->object, description);
	check_write(reading, fields, subject->object, description);
	return true;
}

static bool refuse(struct session *session, const struct salesforce_subject *subject,
	const struct salesforce_answer *answer, const char *body, size_t length, struct failure *failure)
{
	struct salesforce_error error;

	if (length > SALESFORCE_ERROR_BODY_LIMIT)
		length = SALESFORCE_ERROR_BODY_LIMIT;
	salesforce_error_read(session, body, length, &error);
	salesforce_error_settle(session, answer, &error, subject, failure);
	if (answer->status != 404)
		return false;
	failure_set(failure, FAILURE_PERMANENT,
		"%s: the object isn't there, or is hidden from the integration user: mend 'object' in the mapping "
		"or "
		"the permission set (%s%sHTTP 404)",
		subject->object, error.code, error.code[0] == '\0' ? "" : ", ");
	failure->http_status = answer->status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", error.code);
	return false;
}

/* The next time only what changed since is asked for: since by Salesforce's clock (6). */
static void remember(struct session *session, const struct reading_request *reading, const struct http_head *head)
{
	struct salesforce_described *described = &session->described[reading->entity];
	const char *date = http_head_value(head, "Date");
	int64_t ms;

	described->date[0] = '\0';
	if (date == NULL || strlen(date) >= sizeof described->date || !instant_parse_http(date, &ms))
		return;
	(void)snprintf(described->date, sizeof described->date, "%s", date);
	(void)snprintf(described->fingerprint, sizeof described->fingerprint, "%s", reading->fingerprint);
}

bool salesforce_described(struct session *session, const struct reading_request *reading,
	const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct description *description, struct failure *failure)
{
	const struct salesforce_subject subject = salesforce_subject_of(reading);
	struct salesforce_answer answer;

	(void)now_ms;
	salesforce_answer_read(head, &answer);
	salesforce_quota_read(head, &session->quota);
	if (answer.status == 304 && has_described(session, reading)) {
		session->expiries = 0;
		description->unchanged = true;
		return true;
	}
	if (answer.status != 200)
		return refuse(session, &subject, &answer, body, length, failure);
	if (!answer.is_json)
		return fail(&subject, answer.status, failure, "HTTP 200, but the answer isn't JSON");
	if (!read_metadata(reading, &subject, body, length, description, failure))
		return false;
	session->expiries = 0;
	remember(session, reading, head);
	return true;
}
