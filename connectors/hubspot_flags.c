/* Writing flags by batch update, and reading them back by batch read (HubSpot, Using object APIs). */
#include <stdio.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/instant.h"
#include "connectors/utf8.h"

enum { WRITE_TIMEOUT_S = 120 };

/* The empty text clears a property. */
static json_t *make_input(const struct flag_target *target, const struct flag *flag)
{
	const struct mapping_write *fields = target->fields;
	char since[INSTANT_TEXT_SIZE];
	/* The id names the input too: each record is there once. */
	json_t *input = json_pack("{s:s, s:s, s:{s:s}}", "id", flag->remote_id, "objectWriteTraceId",
		flag->remote_id, "properties", fields->state.remote, flag->value == NULL ? "" : flag->value);

	if (input != NULL && fields->reason.remote != NULL)
		(void)json_object_set_new(json_object_get(input, "properties"), fields->reason.remote,
			json_string(flag->reason == NULL ? "" : flag->reason));
	if (input == NULL || fields->since.remote == NULL)
		return input;
	if (fields->since_is_day)
		instant_format_date(flag->since_ms, since);
	else
		instant_format(flag->since_ms, since);
	(void)json_object_set_new(json_object_get(input, "properties"), fields->since.remote,
		json_string(flag->value == NULL ? "" : since));
	return input;
}

/* Takes `body`. */
static bool fill_request(struct session *session, const struct flag_target *target, const char *verb, json_t *body,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	http_request_clear(request);
	bool good = buffer_append_json(&request->body, body);
	json_decref(body);
	if (!good) {
		failure_set(failure, FAILURE_PERMANENT, "flags of %.40s: they can't be written as JSON",
			target->object);
		return false;
	}
	(void)buffer_printf(&request->url, "%s/crm/v3/objects/%s/batch/%s", session->base_url,
		hubspot_path(target->object), verb);
	request->is_post = true;
	request->timeout_s = WRITE_TIMEOUT_S;
	request->body_limit = HUBSPOT_DOCUMENT_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "flags of %zu %.40s, %s", count, target->object, verb);
	if (!hubspot_dress(session, now_ms, request, failure))
		return false;
	request->pause_before_ms = hubspot_limits_pause(session, false, now_ms);
	return true;
}

bool hubspot_flags_write(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	json_t *body = json_pack("{s:[]}", "inputs");

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(json_object_get(body, "inputs"), make_input(target, &flags[i]));
	return fill_request(session, target, "update", body, count, now_ms, request, failure);
}

bool hubspot_flags_read(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	json_t *body = json_pack("{s:[s], s:[], s:[]}", "properties", target->fields->state.remote,
		"propertiesWithHistory", "inputs");

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
			json_object_get(body, "inputs"), json_pack("{s:s}", "id", flags[i].remote_id));
	return fill_request(session, target, "read", body, count, now_ms, request, failure);
}

/* ---- the answers ---- */

/* The document of an answer that has results; NULL: `failure`. Decided by the body, not by 200 or 207, which
 * newer specifications don't name any more. */
static json_t *take_answer(struct session *session, const struct flag_target *target, const struct http_head *head,
	const char *body, size_t length, struct failure *failure)
{
	struct hubspot_answer answer;
	char what[64];

	(void)snprintf(what, sizeof what, "flags of %.40s", target->object);
	hubspot_answer_read(session, &answer, head);
	bool is_good = (answer.status == 200 || answer.status == 207) && answer.is_json;
	if (!is_good) {
		hubspot_explain(session, &answer, what, body, length, failure);
		return NULL;
	}
	json_t *json = json_loadb(body, length, JSON_ALLOW_NUL, NULL);
	if (json_is_array(json_object_get(json, "results"))) {
		session->pace.throttled = 0;
		session->renewed = false;
		return json;
	}
	json_decref(json);
	failure_set(failure, FAILURE_TRANSIENT, "%s: the answer is not a whole list of results", what);
	failure->http_status = answer.status;
	return NULL;
}

/* `count` when it is none of them. */
static size_t find_flag(const struct flag *flags, size_t count, const json_t *id)
{
	const char *text = json_string_value(id);
	size_t i = 0;

	while (i < count && (text == NULL || strcmp(flags[i].remote_id, text) != 0))
		i++;
	return i;
}

static void refuse(const struct session *session, const json_t *error, struct flag_result *result)
{
	static const char *const passing[] = { "CONFLICT", "RATE_LIMITS", "RATE_LIMIT", "INTERNAL_ERROR",
		"TIMEOUT" };
	const json_t *category = json_object_get(error, "category"), *message = json_object_get(error, "message");

	*result = (struct flag_result){ .verdict = FLAG_REFUSED };
	hubspot_copy_text(session, json_is_string(category) ? json_string_value(category) : "",
		json_string_length(category), result->code, sizeof result->code);
	hubspot_copy_text(session, json_is_string(message) ? json_string_value(message) : "no reason given",
		json_is_string(message) ? json_string_length(message) : strlen("no reason given"), result->text,
		sizeof result->text);
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		if (strcmp(passing[i], result->code) == 0)
			result->verdict = FLAG_AGAIN;
}

/* An error names its inputs by what we called them, or by their ids (HubSpot, Error handling). */
static void take_error(const struct session *session, const json_t *error, const struct flag *flags, size_t count,
	struct flag_result *results)
{
	static const char *const names[] = { "objectWriteTraceId", "ids", "id" };
	const json_t *context = json_object_get(error, "context");
	json_t *id;
	size_t at;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		json_array_foreach (json_object_get(context, names[i]), at, id) {
			size_t place = find_flag(flags, count, id);
			if (place < count)
				refuse(session, error, &results[place]);
		}
}

/* These are about the property or the token, whichever the record is: halving the batch would find nobody to blame. */
static bool refuse_all(const struct session *session, const struct http_head *head, const char *body, size_t length,
	size_t count, struct flag_result *results, struct failure *failure)
{
	bool is_missing = head->status == 400 && memmem(body, length, "PROPERTY_DOESNT_EXIST", 21) != NULL;

	(void)session;
	if (!is_missing && head->status != 409)
		return false;
	for (size_t i = 0; i < count; i++) {
		results[i] = (struct flag_result){ .verdict = is_missing ? FLAG_REFUSED : FLAG_AGAIN };
		(void)snprintf(results[i].code, sizeof results[i].code, "%s",
			is_missing ? "PROPERTY_DOESNT_EXIST" : failure->code);
		(void)snprintf(results[i].text, sizeof results[i].text, "%.240s", failure->text);
		utf8_drop_cut(results[i].text);
	}
	return true;
}

bool hubspot_flags_written(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_result *results, struct failure *failure)
{
	json_t *row;
	size_t i;

	(void)now_ms;
	json_auto_t *json = take_answer(session, target, head, body, length, failure);
	if (json == NULL)
		return refuse_all(session, head, body, length, count, results, failure);
	for (i = 0; i < count; i++)
		results[i] = (struct flag_result){ .verdict = FLAG_AGAIN,
			.text = "HubSpot says nothing of this record" };
	json_array_foreach (json_object_get(json, "results"), i, row) {
		size_t place = find_flag(flags, count, json_object_get(row, "id"));
		if (place < count)
			results[place] = (struct flag_result){ .verdict = FLAG_SENT };
	}
	json_array_foreach (json_object_get(json, "errors"), i, row)
		take_error(session, row, flags, count, results);
	return true;
}

bool hubspot_flags_found(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_found *found, struct failure *failure)
{
	json_t *row;
	size_t i;

	(void)now_ms;
	json_auto_t *json = take_answer(session, target, head, body, length, failure);
	if (json == NULL)
		return false;
	for (i = 0; i < count; i++)
		found[i] = (struct flag_found){ .present = false };
	json_array_foreach (json_object_get(json, "results"), i, row) {
		size_t place = find_flag(flags, count, json_object_get(row, "id"));
		const char *value = json_string_value(
			json_object_get(json_object_get(row, "properties"), target->fields->state.remote));
		if (place == count)
			continue;
		found[place].present = true;
		(void)snprintf(found[place].value, sizeof found[place].value, "%s", value == NULL ? "" : value);
		utf8_drop_cut(found[place].value);
	}
	return true;
}
