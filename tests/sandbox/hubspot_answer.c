/* Refusals in HubSpot's own words, and reading parameters and bodies, which may end in one. */
#include "tests/sandbox/hubspot_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- answers ---- */

void hubspot_add_uuid(struct hubspot *hubspot, struct text_buffer *out)
{
	uint64_t hash = world_hash(hubspot->world, 1010, ++hubspot->serial);
	text_buffer_format(out, "%08" PRIx32 "-%04x-4%03x-8%03x-%012" PRIx64, (uint32_t)(hash >> 32),
		(unsigned)(hash >> 16 & 0xffff), (unsigned)(hash >> 4 & 0xfff), (unsigned)(hash & 0xfff),
		hubspot->serial & UINT64_C(0xffffffffffff));
}

static void answer(struct server_call *call, int status, struct text_buffer *body)
{
	server_answer_buffer(call, status, HUBSPOT_JSON, body);
	text_buffer_free(body);
}

void hubspot_error(struct hubspot *hubspot, struct server_call *call, int status, const char *category,
	const char *more, const char *format, ...)
{
	char message[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	struct text_buffer body = { 0 };
	text_buffer_add_string(&body, "{\"status\":\"error\",\"message\":");
	text_buffer_add_json_string(&body, message);
	text_buffer_add_string(&body, ",\"correlationId\":\"");
	hubspot_add_uuid(hubspot, &body);
	text_buffer_add_char(&body, '"');
	if (more)
		text_buffer_add_string(&body, more);
	if (category) {
		text_buffer_add_string(&body, ",\"category\":\"");
		text_buffer_add_string(&body, category);
		text_buffer_add_char(&body, '"');
	}
	text_buffer_add_char(&body, '}');
	answer(call, status, &body);
}

void hubspot_answer_unauthenticated(struct hubspot *hubspot, struct server_call *call)
{
	hubspot_error(hubspot, call, 401, "INVALID_AUTHENTICATION", NULL,
		"Authentication credentials not found. This API supports OAuth 2.0 authentication and you "
		"can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview");
}

void hubspot_answer_missing_scope(struct hubspot *hubspot, struct server_call *call, const char *scope)
{
	char more[400];
	snprintf(more, sizeof(more),
		",\"errors\":[{\"message\":\"One or more of the following scopes are "
		"required.\",\"context\":{"
		"\"requiredGranularScopes\":[\"%s\"]}}],\"links\":{\"scopes\":"
		"\"https://developers.hubspot.com/scopes\"}",
		scope);
	hubspot_error(hubspot, call, 403, "MISSING_SCOPES", more,
		"This app hasn't been granted all required scopes to make this call. Read more about "
		"required "
		"scopes here: https://developers.hubspot.com/scopes.");
}

/* The three spellings that clients have recorded differ in more than the policy's name. */
void hubspot_answer_limited(struct hubspot *hubspot, struct server_call *call, const char *policy)
{
	const char *retry_after = server_switch(hubspot->server, "hubspot.retry_after", "");
	if (*retry_after)
		server_call_add_header(call, "Retry-After", retry_after);
	struct text_buffer body = { 0 };
	const char *words = strcmp(policy, "SECONDLY") == 0 ? "secondly"
			    : strcmp(policy, "DAILY") == 0  ? "daily"
							    : "ten_secondly_rolling";
	text_buffer_format(&body,
		"{\"status\":\"error\",\"message\":\"You have reached your %s limit.\","
		"\"errorType\":\"RATE_LIMIT\",\"correlationId\":\"",
		words);
	hubspot_add_uuid(hubspot, &body);
	text_buffer_add_string(&body, "\",\"policyName\":");
	text_buffer_add_json_string(&body, policy);
	if (strcmp(policy, "TEN_SECONDLY_ROLLING") == 0) {
		text_buffer_format(&body, ",\"groupName\":\"publicapi:private-app-api-calls-ten-secondly:%ld\"}",
			server_switch_number(hubspot->server, "hubspot.portal_id", 4471023));
	} else {
		text_buffer_add_string(&body, ",\"requestId\":\"");
		hubspot_add_uuid(hubspot, &body);
		text_buffer_add_string(
			&body, strcmp(policy, "DAILY") == 0 ? "\"}" : "\",\"category\":\"RATE_LIMITS\"}");
	}
	answer(call, 429, &body);
}

void hubspot_answer_edge(struct server_call *call, int status, const char *words)
{
	struct text_buffer body = { 0 };
	text_buffer_format(&body,
		"<html>\n<head><title>%d %s</title></head>\n<body><center><h1>%d %s</h1></center>"
		"<hr><center>cloudflare</center></body>\n</html>\n",
		status, words, status, words);
	server_answer_buffer(call, status, "text/html", &body);
	text_buffer_free(&body);
}

/* ---- parameters and bodies ---- */

static bool parse_whole(const char *text, long *number)
{
	size_t length = strspn(text, "0123456789");
	if (length == 0 || length > 9 || text[length] != '\0')
		return false;
	*number = strtol(text, NULL, 10);
	return true;
}

bool hubspot_parameter_number(struct hubspot *hubspot, struct server_call *call, const char *name, long lowest,
	long highest, long otherwise, long *number)
{
	const char *text = server_call_parameter(call, name);
	*number = otherwise;
	if (!text)
		return true;
	if (!parse_whole(text, number)) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid parameter '%s': '%s' is not a whole number", name, text);
		return false;
	}
	if (*number < lowest || *number > highest) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid parameter '%s': %ld must be between %ld and %ld", name, *number, lowest, highest);
		return false;
	}
	return true;
}

bool hubspot_parameter_flag(struct hubspot *hubspot, struct server_call *call, const char *name, bool *flag)
{
	const char *text = server_call_parameter(call, name);
	*flag = text && strcasecmp(text, "true") == 0;
	if (!text || *flag || strcasecmp(text, "false") == 0)
		return true;
	hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
		"Invalid parameter '%s': '%s' is neither true nor false", name, text);
	return false;
}

json_t *hubspot_body(struct hubspot *hubspot, struct server_call *call)
{
	const char *type = server_call_header(call, "Content-Type");
	if (!type || strncasecmp(type, "application/json", 16) != 0) {
		hubspot_error(hubspot, call, 415, NULL, NULL, "HTTP 415 Unsupported Media Type");
		return NULL;
	}
	json_t *body = server_call_json(call);
	if (!json_is_object(body)) {
		hubspot_error(hubspot, call, 400, "VALIDATION_ERROR", NULL,
			"Invalid input JSON on line 1, column 1: not a JSON object");
		return NULL;
	}
	return body;
}

bool hubspot_json_text(json_t *value, char *space, size_t space_size, const char **text)
{
	*text = space;
	if (json_is_string(value))
		*text = json_string_value(value);
	else if (json_is_integer(value))
		snprintf(space, space_size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(space, space_size, "%.15g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(space, space_size, "%s", json_is_true(value) ? "true" : "false");
	else
		return false;
	return true;
}

bool hubspot_parse_id(const char *text, uint64_t *id)
{
	size_t length = strspn(text, "0123456789");
	if (length == 0 || length > 19 || text[length] != '\0')
		return false;
	*id = strtoull(text, NULL, 10);
	return true;
}
