#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "connectors/salesforce_internal.h"
#include "connectors/utf8.h"
#include "connectors/vendor_text.h"

enum { MINUTE_S = 60, RETRY_AFTER_MOST_S = 2 * 60 * MINUTE_S };

/* ---- reading ---- */

void salesforce_answer_read(const struct http_head *head, struct salesforce_answer *ret_answer)
{
	const char *type = http_head_value(head, "Content-Type");

	*ret_answer = (struct salesforce_answer){
		.status = head->status,
		.is_json = http_head_is_json(head),
		.is_csv = type != NULL && strncasecmp(type, "text/csv", 8) == 0,
		.retry_after_s = http_head_retry_after(head, RETRY_AFTER_MOST_S),
	};
}

static bool take_count(const char **at, int64_t *ret_count)
{
	int64_t count = 0;
	int digits = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++, digits++) {
		if (digits == 15)
			return false;
		count = count * 10 + (**at - '0');
	}
	*ret_count = count;
	return digits > 0;
}

void salesforce_quota_read(const struct http_head *head, struct quota *quota)
{
	static const char name[] = "api-usage=";
	const char *value = http_head_value(head, "Sforce-Limit-Info");
	int64_t used, allowed;

	for (const char *at = value; at != NULL && (at = strstr(at, name)) != NULL; at++) {
		/* "per-app-api-usage=" is the app's own allotment, not the org's. */
		if (at > value && (isalnum((unsigned char)at[-1]) || at[-1] == '-'))
			continue;
		const char *number = at + sizeof name - 1;
		if (take_count(&number, &used) && *number++ == '/' && take_count(&number, &allowed)) {
			*quota = (struct quota){ .used = used, .allowed = allowed };
			return;
		}
	}
}

void salesforce_copy_text(const struct session *session, const char *text, size_t length, char *out, size_t size)
{
	const struct secret *const hidden[] = { session->token, session->settings->client_secret };

	vendor_text_copy(text, length, hidden, sizeof hidden / sizeof hidden[0], out, size);
}

/* A query error first repeats the query, and says behind "ERROR at Row:1:Column:11" what is wrong with it. */
static void copy_message(
	const struct session *session, const char *text, size_t length, struct salesforce_error *error)
{
	const char *position = memmem(text, length, "ERROR at Row:", 13);

	if (position != NULL) {
		const char *line = memchr(position, '\n', length - (size_t)(position - text));
		if (line != NULL) {
			length -= (size_t)(line - text);
			text = line;
		}
	}
	salesforce_copy_text(session, text, length, error->message, sizeof error->message);
}

static void take_element(const struct session *session, const json_t *element, const char *code_key,
	const char *message_key, struct salesforce_error *error)
{
	const json_t *code = json_object_get(element, code_key);
	const json_t *message = json_object_get(element, message_key);

	error->found = true;
	salesforce_copy_text(session, json_is_string(code) ? json_string_value(code) : "", json_string_length(code),
		error->code, sizeof error->code);
	copy_message(session, json_is_string(message) ? json_string_value(message) : "",
		json_string_length(message), error);
}

/* ---- what an error's code means (SOAP API, ExceptionCode), as far as reading can meet it ---- */

struct code_row {
	const char *code;
	enum failure_kind kind;
	int64_t retry_after_s;
	const char *advice;
};

static const struct code_row code_rows[] = {
	{ "INVALID_SESSION_ID", FAILURE_EXPIRED, 0, "the session has ended" },
	{ "INVALID_AUTH_HEADER", FAILURE_CREDENTIALS, 0, "the access token was not understood" },
	{ "LIMIT_EXCEEDED", FAILURE_THROTTLED, 30 * MINUTE_S, "a daily limit of the org is used up" },
	{ "SERVER_UNAVAILABLE", FAILURE_TRANSIENT, 0, "the server is too busy" },
	{ "API_CURRENTLY_DISABLED", FAILURE_TRANSIENT, 30 * MINUTE_S,
		"Salesforce has switched the API off for a time because of a fault of its own" },
	{ "API_DISABLED_FOR_ORG", FAILURE_CREDENTIALS, 0,
		"the org's edition or the integration user's profile has no API access" },
	{ "UNKNOWN_EXCEPTION", FAILURE_TRANSIENT, 0, "Salesforce failed inside" },
	{ "REQUEST_RUNNING_TOO_LONG", FAILURE_TRANSIENT, 0, "the query took too long" },
	{ "QUERY_TIMEOUT", FAILURE_TRANSIENT, 0, "the query took too long" },
	{ "QUERY_TOO_COMPLICATED", FAILURE_PERMANENT, 0,
		"the query has too many (formula) fields: map fewer of them" },
	{ "OPERATION_TOO_LARGE", FAILURE_PERMANENT, 0,
		"the query is too large for this user: grant the integration user View All Data" },
	{ "TXN_SECURITY_METERING_ERROR", FAILURE_TRANSIENT, 0,
		"a transaction security policy stood in the way; should it stay so, grant the integration user "
		"'Exempt from Transaction Security'" },
	{ "TOO_MANY_APEX_REQUESTS", FAILURE_TRANSIENT, 0, "the org runs too many Apex requests at the moment" },
	{ "TEMPORARY_QUERY_MORE_FAILURE", FAILURE_TRANSIENT, 0, "the next page can't be had at the moment" },
	{ "UNABLE_TO_LOCK_ROW", FAILURE_TRANSIENT, 0, "a row is locked" },
	{ "MALFORMED_QUERY", FAILURE_PERMANENT, 0, "the query was not understood: mend the mapping" },
	{ "INVALID_FIELD", FAILURE_PERMANENT, 0,
		"a mapped field isn't there, or is hidden from the integration user: mend the mapping or the "
		"permission set" },
	{ "INVALID_TYPE", FAILURE_PERMANENT, 0,
		"the object isn't there, or is hidden from the integration user: mend 'object' in the mapping or "
		"the permission set" },
	{ "INVALID_QUERY_FILTER_OPERATOR", FAILURE_PERMANENT, 0,
		"SystemModstamp or Id of this object can't be filtered: map another object" },
	{ "NOT_FOUND", FAILURE_PERMANENT, 0, "there is no such resource: check base_url and api_version" },
	{ "INSUFFICIENT_ACCESS", FAILURE_PERMANENT, 0,
		"the integration user may not read this: mend the permission set" },
	{ "INSUFFICIENT_ACCESS_OR_READONLY", FAILURE_PERMANENT, 0,
		"the integration user may not read this: mend the permission set" },
	{ "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", FAILURE_CREDENTIALS, 0,
		"the integration user's password has expired: set 'Password Never Expires'" },
	{ "PASSWORD_LOCKOUT", FAILURE_CREDENTIALS, 0, "the integration user is locked out" },
	{ "LOGIN_DURING_RESTRICTED_TIME", FAILURE_CREDENTIALS, 0,
		"the integration user's login hours forbid it: widen them" },
	{ "ORG_LOCKED", FAILURE_CREDENTIALS, 0, "the org is locked" },
	{ "TRIAL_EXPIRED", FAILURE_CREDENTIALS, 0, "the org's trial has ended" },
	{ "UNSUPPORTED_API_VERSION", FAILURE_PERMANENT, 0,
		"the API version isn't served: set api_version to a later one" },
};

static const struct code_row *find_code(const char *code)
{
	for (size_t i = 0; i < sizeof code_rows / sizeof code_rows[0]; i++)
		if (strcmp(code_rows[i].code, code) == 0)
			return &code_rows[i];
	return NULL;
}

/* One code for two limits; only the text tells the one that passes in seconds from the daily one. */
static const struct code_row *find_limit(const char *message)
{
	static const struct code_row concurrent = { "REQUEST_LIMIT_EXCEEDED", FAILURE_THROTTLED, MINUTE_S,
		"too many long requests run in the org at the same time" };
	static const struct code_row total = { "REQUEST_LIMIT_EXCEEDED", FAILURE_THROTTLED, 30 * MINUTE_S,
		"the org's API calls of the last 24 hours are used up" };

	return strcasestr(message, "concurrent") != NULL ? &concurrent : &total;
}

/* A new token doesn't heal these, whatever their code: jsforce found that asking for one goes on for ever. */
static bool never_heals(const char *message)
{
	return strcasestr(message, "Connected app is not attached to Agent") != NULL ||
	       strcasestr(message, "This session is not valid for use with the REST API") != NULL;
}

/* ---- what a status means (REST API, Status Codes and Error Responses) ---- */

static const struct code_row *find_status(int status)
{
	static const struct {
		int status;
		struct code_row row;
	} rows[] = {
		{ 400, { "", FAILURE_PERMANENT, 0, "the request was refused" } },
		{ 401, { "", FAILURE_CREDENTIALS, 0, "the access token was refused" } },
		{ 403, { "", FAILURE_PERMANENT, 0, "the integration user may not do this" } },
		{ 404, { "", FAILURE_PERMANENT, 0, "there is no such resource: check base_url and api_version" } },
		{ 406, { "", FAILURE_TRANSIENT, 0, "Salesforce refused the request without a reason" } },
		{ 408, { "", FAILURE_TRANSIENT, 0, "the request took too long" } },
		{ 410, { "", FAILURE_PERMANENT, 0, "the API version is retired: set api_version to a later one" } },
		{ 414, { "", FAILURE_PERMANENT, 0, "the query is too long: map fewer fields" } },
		{ 420, { "", FAILURE_TRANSIENT, 0,
			       "Salesforce's edge knows no way to this org; should it stay so, check base_url" } },
		{ 429, { "", FAILURE_TRANSIENT, 0, "too many requests" } },
		{ 431, { "", FAILURE_PERMANENT, 0, "the query is too long: map fewer fields" } },
	};
	static const struct code_row server = { "", FAILURE_TRANSIENT, 0, "Salesforce is out of order" };
	static const struct code_row refused = { "", FAILURE_PERMANENT, 0, "the request was refused" };
	static const struct code_row moved = { "", FAILURE_TRANSIENT, 0,
		"Salesforce points elsewhere; should it stay so, check base_url and login_url" };
	static const struct code_row strange = { "", FAILURE_TRANSIENT, 0, "this is no answer to a query" };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].status == status)
			return &rows[i].row;
	return status >= 500 ? &server : status >= 400 ? &refused : status >= 300 ? &moved : &strange;
}

/* ---- public ---- */

void salesforce_error_read(
	const struct session *session, const char *body, size_t length, struct salesforce_error *ret_error)
{
	*ret_error = (struct salesforce_error){ .found = false };
	json_auto_t *json = json_loadb(body, length, JSON_ALLOW_NUL, NULL);
	if (json_is_object(json)) {
		if (json_object_get(json, "error") != NULL)
			take_element(session, json, "error", "error_description", ret_error);
		else
			take_element(session, json, "errorCode", "message", ret_error);
		return;
	}
	if (!json_is_array(json)) {
		salesforce_copy_text(session, body, length, ret_error->message, sizeof ret_error->message);
		return;
	}
	/* Several may have gone wrong at once, and the first isn't always the one that matters. */
	for (size_t i = 0; i < json_array_size(json); i++) {
		const json_t *element = json_array_get(json, i);
		if (!json_is_object(element))
			continue;
		struct salesforce_error error = { .found = false };
		take_element(session, element, "errorCode", "message", &error);
		bool known = find_code(error.code) != NULL || strcmp(error.code, "REQUEST_LIMIT_EXCEEDED") == 0;
		if (!ret_error->found || known)
			*ret_error = error;
		if (known)
			return;
	}
}

bool salesforce_error_is_timeout(const struct salesforce_error *error)
{
	return strcmp(error->code, "QUERY_TIMEOUT") == 0 || strcmp(error->code, "REQUEST_RUNNING_TOO_LONG") == 0;
}

bool salesforce_error_is_lost_locator(const struct salesforce_answer *answer, const struct salesforce_error *error)
{
	static const char *const codes[] = { "INVALID_QUERY_LOCATOR", "QUERY_LOCATOR_EXPIRED",
		"QUERY_LOCATOR_NOT_FOUND", "UNAUTHORIZED_USER_FOR_CURSOR", "INVALID_QUERY_LOCATOR_FORMAT",
		"LOCATOR_LOCATION_EXCEEDS_SIZE" };

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(codes[i], error->code) == 0)
			return true;
	return answer->status == 404;
}

/* The first 'Name' that the text quotes; apostrophes ("Didn't understand ...") quote nothing. */
static const char *find_quoted_name(const char *text, size_t *ret_length)
{
	static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

	for (const char *quote = strchr(text, '\''); quote != NULL; quote = strchr(quote + 1, '\'')) {
		size_t length = strspn(quote + 1, name_characters);
		if (length > 0 && length <= 80 && quote[1 + length] == '\'') {
			*ret_length = length;
			return quote + 1;
		}
	}
	return NULL;
}

/* Whether `name` is the path `remote`, or the part of it that is at fault: Helth__c of Owner.Helth__c. */
static bool is_part(const char *remote, const char *name, size_t length)
{
	for (const char *part = remote; part != NULL; part = strchr(part, '.')) {
		part += *part == '.';
		if (strncasecmp(part, name, length) == 0 && (part[length] == '\0' || part[length] == '.'))
			return true;
	}
	return false;
}

/* "the field 'Helth__c' (signal.health, line 12 of the mapping)": what the message quotes, found again. */
static bool name_culprit(
	const struct salesforce_error *error, const struct salesforce_subject *subject, char *out, size_t size)
{
	const struct mapping_entity *mapping = subject->mapping;
	size_t length;
	const char *name = find_quoted_name(error->message, &length);

	if (name == NULL)
		return false;
	for (size_t i = 0; mapping != NULL && i < mapping->count; i++) {
		const struct mapped_field *field = &mapping->fields[i];
		if (!is_part(field->remote, name, length))
			continue;
		(void)snprintf(out, size, "the field '%.80s' (%s%.40s, line %d of the mapping)", field->remote,
			field->signal != NULL ? "signal." : "",
			field->signal != NULL ? field->signal
					      : entity_shape(subject->entity)->columns[field->column].name,
			field->line);
		return true;
	}
	(void)snprintf(out, size, "the field '%.*s'", (int)length, name);
	return true;
}

static void describe(const struct salesforce_answer *answer, const struct salesforce_error *error,
	const struct salesforce_subject *subject, const struct code_row *row, struct failure *failure)
{
	char culprit[180], advice[300], said[80];

	if (strcmp(row->code, "INVALID_FIELD") == 0 && name_culprit(error, subject, culprit, sizeof culprit))
		(void)snprintf(advice, sizeof advice,
			"%s isn't there, or is hidden from the integration user: mend the mapping or "
			"the permission "
			"set",
			culprit);
	else
		(void)snprintf(advice, sizeof advice, "%s", row->advice);
	(void)snprintf(
		said, sizeof said, "%s%sHTTP %d", error->code, error->code[0] == '\0' ? "" : ", ", answer->status);

	/* 400 characters hold the advice and the code whole, and as much of the vendor's text as is left. */
	size_t taken = strlen(subject->object) + strlen(advice) + strlen(said) + sizeof ": ; Salesforce says: ()";
	size_t room = taken >= 398 ? 1 : 400 - taken;
	char message[sizeof error->message];
	(void)snprintf(message, room < sizeof message ? room : sizeof message, "%s", error->message);
	utf8_drop_cut(message);
	failure_set(failure, row->kind, "%s: %s%s%s (%s)", subject->object, advice,
		message[0] == '\0' ? "" : "; Salesforce says: ", message, said);
	failure->http_status = answer->status;
	failure->retry_after_s = row->retry_after_s > 0 ? row->retry_after_s : answer->retry_after_s;
	(void)snprintf(failure->code, sizeof failure->code, "%s", error->code);
}

void salesforce_error_classify(const struct salesforce_answer *answer, const struct salesforce_error *error,
	const struct salesforce_subject *subject, struct failure *failure)
{
	static const struct code_row hopeless = { "", FAILURE_CREDENTIALS, 0,
		"this kind of session may not use the REST API, and a new "
		"one won't either: check the app's set-up" };
	const struct code_row *row = NULL;

	if ((answer->status == 401 || answer->status == 403) && never_heals(error->message))
		row = &hopeless;
	else if (strcmp(error->code, "REQUEST_LIMIT_EXCEEDED") == 0)
		row = find_limit(error->message);
	else if (error->code[0] != '\0')
		row = find_code(error->code);
	if (row == NULL)
		row = find_status(answer->status);
	describe(answer, error, subject, row, failure);
	/* The vendor sends no Retry-After of its own; what stands before it may. */
	if (answer->status == 429 && failure->kind == FAILURE_TRANSIENT && answer->retry_after_s > 0)
		failure->kind = FAILURE_THROTTLED;
}

void salesforce_error_settle(struct session *session, const struct salesforce_answer *answer,
	const struct salesforce_error *error, const struct salesforce_subject *subject, struct failure *failure)
{
	salesforce_error_classify(answer, error, subject, failure);
	/* The metadata isn't what it was: the next describe asks for all of it. */
	if (strcmp(error->code, "INVALID_FIELD") == 0 || strcmp(error->code, "INVALID_TYPE") == 0)
		session->described[subject->entity].date[0] = '\0';
	if (failure->kind == FAILURE_CREDENTIALS)
		session->token = secret_free(session->token);
	if (failure->kind != FAILURE_EXPIRED || salesforce_session_expire(session))
		return;
	failure_set(failure, FAILURE_CREDENTIALS,
		"%s: a new session was refused at once, like the one before: check the app's session policies and "
		"base_url; Salesforce says: %.160s (%s, HTTP %d)",
		subject->object, error->message, error->code, answer->status);
	failure->http_status = answer->status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", error->code);
}
