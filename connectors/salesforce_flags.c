/* Writing flags by sObject Collections, and reading them back (REST API, sObject Collections). */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/salesforce_internal.h"
#include "connectors/utf8.h"

enum { ANSWER_LIMIT = 1024 * 1024, WRITE_TIMEOUT_S = 60, ID_SIGNIFICANT = 15 };

static struct salesforce_subject subject_of(const struct flag_target *target)
{
	return (struct salesforce_subject){ .object = target->object, .entity = target->entity };
}

/* As much of it as the field takes, where a character past U+FFFF counts as two (Salesforce Help 005166849). */
static json_t *make_reason(const char *reason)
{
	size_t length = 0, units = 0, left = strlen(reason), taken;

	for (; left > 0; left -= taken, length += taken) {
		units += utf8_next(reason + length, left, &taken) > 0xffff ? 2 : 1;
		if (units > FLAG_REASON_CHARACTERS)
			break;
	}
	return json_stringn(reason, length);
}

/* Null clears a field. */
static json_t *make_record(const struct flag_target *target, const struct flag *flag)
{
	const struct mapping_write *fields = target->fields;
	char since[INSTANT_TEXT_SIZE];
	json_t *record = json_pack("{s:{s:s}, s:s, s:s?}", "attributes", "type", target->object, "id",
		flag->remote_id, fields->state.remote, flag->value);

	if (record != NULL && fields->reason.remote != NULL)
		(void)json_object_set_new(record, fields->reason.remote,
			flag->reason == NULL ? json_null() : make_reason(flag->reason));
	if (record == NULL || fields->since.remote == NULL)
		return record;
	if (fields->since_is_day)
		instant_format_date(flag->since_ms, since);
	else
		instant_format(flag->since_ms, since);
	(void)json_object_set_new(
		record, fields->since.remote, flag->value == NULL ? json_null() : json_string(since));
	return record;
}

static bool write_body(
	struct http_request *request, const struct flag_target *target, const struct flag *flags, size_t count)
{
	json_auto_t *body = json_pack("{s:b, s:[]}", "allOrNone", 0, "records");

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(json_object_get(body, "records"), make_record(target, &flags[i])) != 0)
			return false;
	return buffer_append_json(&request->body, body);
}

/* A call to the resource that writes and reads many records at once. */
static bool begin(struct session *session, const struct salesforce_subject *subject, struct http_request *request,
	struct failure *failure)
{
	if (!salesforce_request_begin(session, subject, "application/json", request, failure))
		return false;
	(void)buffer_printf(&request->url, "/services/data/%s/composite/sobjects", session->settings->api_version);
	request->timeout_s = WRITE_TIMEOUT_S;
	request->body_limit = ANSWER_LIMIT;
	return true;
}

bool salesforce_flags_write(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	const struct salesforce_subject subject = subject_of(target);

	(void)now_ms;
	if (!begin(session, &subject, request, failure))
		return false;
	request->is_post = request->is_patch = true;
	(void)snprintf(request->what, sizeof request->what, "%.60s flags of %zu records", subject.object, count);
	/* Without the first, a status could hand the account to another owner; the second keeps our writes out of
	 * what people see as recently used (REST API, Assignment Rule Header and MRU Header). */
	if (write_body(request, target, flags, count) &&
		http_request_header(request, "Content-Type", "application/json; charset=UTF-8") &&
		http_request_header(request, "Sforce-Auto-Assign", "FALSE") &&
		http_request_header(request, "Sforce-Mru", "updateMru=false"))
		return true;
	failure_set(failure, FAILURE_PERMANENT, "%s: the flags can't be written as JSON", subject.object);
	return false;
}

/* ---- the answers ---- */

static bool fail(const struct salesforce_subject *subject, int status, struct failure *failure, const char *what)
{
	failure_set(failure, FAILURE_TRANSIENT, "%s flags: %s", subject->object, what);
	failure->http_status = status;
	return false;
}

/* The document of an answer that went well; NULL: `failure`. */
static json_t *take_answer(struct session *session, const struct salesforce_subject *subject,
	const struct http_head *head, const char *body, size_t length, size_t count, struct failure *failure)
{
	struct salesforce_answer answer;

	salesforce_answer_read(head, &answer);
	salesforce_quota_read(head, &session->quota);
	if (answer.status != 200) {
		struct salesforce_error error;
		salesforce_error_read(session, body,
			length > SALESFORCE_ERROR_BODY_LIMIT ? SALESFORCE_ERROR_BODY_LIMIT : length, &error);
		salesforce_error_settle(session, &answer, &error, subject, failure);
		return NULL;
	}
	json_t *json = answer.is_json ? json_loadb(body, length, JSON_ALLOW_NUL, NULL) : NULL;
	/* Matched by position: what has another length is of no use (REST API, sObject Collections). */
	if (json_is_array(json) && json_array_size(json) == count) {
		session->expiries = 0;
		return json;
	}
	json_decref(json);
	(void)fail(subject, answer.status, failure, "the answer is not one result for each record");
	return NULL;
}

/* Two ids of one record may differ in their last three characters, which only check the case of the others. */
static bool is_other_record(const json_t *id, const struct flag *flag)
{
	return json_is_string(id) && strncmp(json_string_value(id), flag->remote_id, ID_SIGNIFICANT) != 0;
}

/* What a record's error means (SOAP API, StatusCode); what isn't here is refused. */
static const struct {
	const char *code;
	enum flag_verdict verdict;
	const char *advice;
} codes[] = {
	{ "UNABLE_TO_LOCK_ROW", FLAG_AGAIN, "somebody else is changing the record or its parent" },
	{ "ENTITY_IS_LOCKED", FLAG_AGAIN, "an approval process holds the record" },
	{ "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", FLAG_AGAIN, "a trigger of the org failed" },
	{ "SERVER_UNAVAILABLE", FLAG_AGAIN, "the server is too busy" },
	{ "UNKNOWN_EXCEPTION", FLAG_AGAIN, "Salesforce failed inside" },
	{ "TXN_SECURITY_METERING_ERROR", FLAG_AGAIN, "a transaction security policy stood in the way" },
	{ "ENTITY_IS_DELETED", FLAG_REFUSED, "the record is deleted" },
	{ "INVALID_CROSS_REFERENCE_KEY", FLAG_REFUSED,
		"the record isn't there, or is hidden from the integration user" },
	{ "INVALID_FIELD", FLAG_REFUSED,
		"a field isn't there, or is hidden from the integration user: mend the mapping or the permission "
		"set" },
	{ "INVALID_FIELD_FOR_INSERT_UPDATE", FLAG_REFUSED,
		"the integration user may not write the field: mend its field-level security" },
	{ "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", FLAG_REFUSED,
		"the picklist doesn't have that word: add it, or give another in [write]" },
	{ "FIELD_CUSTOM_VALIDATION_EXCEPTION", FLAG_REFUSED, "a validation rule of the org refuses it" },
	{ "INSUFFICIENT_ACCESS_OR_READONLY", FLAG_REFUSED, "the integration user may not edit this record" },
};

static void refuse(const struct session *session, const json_t *errors, struct flag_result *result)
{
	const json_t *error = json_array_get(errors, 0);
	const json_t *code = json_object_get(error, "statusCode"), *message = json_object_get(error, "message");
	const char *advice = "refused";
	char said[160];

	result->verdict = FLAG_REFUSED;
	salesforce_copy_text(session, json_is_string(code) ? json_string_value(code) : "", json_string_length(code),
		result->code, sizeof result->code);
	salesforce_copy_text(session, json_is_string(message) ? json_string_value(message) : "",
		json_string_length(message), said, sizeof said);
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(codes[i].code, result->code) == 0) {
			result->verdict = codes[i].verdict;
			advice = codes[i].advice;
		}
	(void)snprintf(result->text, sizeof result->text, "%s%s%s (%s)", advice,
		said[0] == '\0' ? "" : "; Salesforce says: ", said,
		result->code[0] == '\0' ? "without a code" : result->code);
	utf8_drop_cut(result->text);
}

bool salesforce_flags_written(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_result *results, struct failure *failure)
{
	const struct salesforce_subject subject = subject_of(target);

	(void)now_ms;
	json_auto_t *json = take_answer(session, &subject, head, body, length, count, failure);
	if (json == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(json, i), *success = json_object_get(row, "success");
		if (!json_is_boolean(success) || is_other_record(json_object_get(row, "id"), &flags[i]))
			return fail(
				&subject, head->status, failure, "a result isn't of the record that it stands for");
		results[i] = (struct flag_result){ .verdict = FLAG_SENT };
		if (json_is_false(success))
			refuse(session, json_object_get(row, "errors"), &results[i]);
	}
	return true;
}

bool salesforce_flags_read(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	const struct salesforce_subject subject = subject_of(target);

	(void)now_ms;
	if (!begin(session, &subject, request, failure))
		return false;
	(void)buffer_append_text(&request->url, "/");
	(void)buffer_append_encoded(&request->url, subject.object);
	(void)buffer_append_text(&request->url, "?ids=");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			(void)buffer_append_text(&request->url, ",");
		(void)buffer_append_encoded(&request->url, flags[i].remote_id);
	}
	(void)buffer_printf(&request->url, "&fields=Id,%s", target->fields->state.remote);
	(void)snprintf(request->what, sizeof request->what, "%.60s flags of %zu records, read back", subject.object,
		count);
	if (!request->url.overflown)
		return true;
	failure_set(failure, FAILURE_PERMANENT, "%s flags: the address is too long", subject.object);
	return false;
}

bool salesforce_flags_found(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_found *found, struct failure *failure)
{
	const struct salesforce_subject subject = subject_of(target);

	(void)now_ms;
	json_auto_t *json = take_answer(session, &subject, head, body, length, count, failure);
	if (json == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(json, i); /* null: there is no such record, for us */
		const char *value = json_string_value(json_object_get(row, target->fields->state.remote));
		if (!json_is_null(row) &&
			(!json_is_object(row) || is_other_record(json_object_get(row, "Id"), &flags[i])))
			return fail(&subject, head->status, failure, "a record isn't the one that was asked for");
		found[i] = (struct flag_found){ .present = json_is_object(row) };
		(void)snprintf(found[i].value, sizeof found[i].value, "%s", value == NULL ? "" : value);
		utf8_drop_cut(found[i].value);
	}
	return true;
}
