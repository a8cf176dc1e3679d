#include "connectors/http_message.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { URL_LIMIT = 32 * 1024, BODY_LIMIT = 4 * 1024 * 1024, HEADER_LIMIT = 16 * 1024 };

void http_request_init(struct http_request *request)
{
	*request = (struct http_request){ .timeout_s = 60, .body_limit = 1024 * 1024 };
	buffer_init(&request->url, URL_LIMIT);
	buffer_init(&request->body, BODY_LIMIT);
	for (size_t i = 0; i < HTTP_HEADERS_MAX; i++)
		buffer_init(&request->headers[i], HEADER_LIMIT);
}

void http_request_free(struct http_request *request)
{
	buffer_wipe(&request->url);
	buffer_wipe(&request->body);
	for (size_t i = 0; i < HTTP_HEADERS_MAX; i++)
		buffer_wipe(&request->headers[i]);
	request->header_count = 0;
}

void http_request_clear(struct http_request *request)
{
	http_request_free(request);
	http_request_init(request);
}

bool http_request_header(struct http_request *request, const char *name, const char *value)
{
	if (request->header_count == HTTP_HEADERS_MAX)
		return false;
	for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++)
		if (*at < 0x20 || *at == 0x7f)
			return false;
	struct buffer *header = &request->headers[request->header_count];
	if (!buffer_append_text(header, name) || !buffer_append_text(header, ": ") ||
		!buffer_append_text(header, value))
		return false;
	request->header_count++;
	return true;
}

static bool same_bytes(const struct buffer *one, const struct buffer *other)
{
	return one->length == other->length && memcmp(buffer_text(one), buffer_text(other), one->length) == 0;
}

bool http_request_same(const struct http_request *one, const struct http_request *other)
{
	if (one->is_post != other->is_post || one->is_patch != other->is_patch ||
		one->header_count != other->header_count || !same_bytes(&one->url, &other->url) ||
		!same_bytes(&one->body, &other->body))
		return false;
	for (size_t i = 0; i < one->header_count; i++)
		if (!same_bytes(&one->headers[i], &other->headers[i]))
			return false;
	return true;
}

void http_request_copy(struct http_request *ret_copy, const struct http_request *request)
{
	ret_copy->is_post = request->is_post;
	ret_copy->is_patch = request->is_patch;
	ret_copy->header_count = request->header_count;
	(void)buffer_append(&ret_copy->url, buffer_text(&request->url), request->url.length);
	(void)buffer_append(&ret_copy->body, buffer_text(&request->body), request->body.length);
	for (size_t i = 0; i < request->header_count; i++)
		(void)buffer_append(
			&ret_copy->headers[i], buffer_text(&request->headers[i]), request->headers[i].length);
}

const char *http_head_value(const struct http_head *head, const char *name)
{
	for (size_t i = head->count; i > 0; i--)
		if (strcasecmp(head->headers[i - 1].name, name) == 0)
			return head->headers[i - 1].value;
	return NULL;
}

bool http_head_is_json(const struct http_head *head)
{
	const char *type = http_head_value(head, "Content-Type");

	if (type == NULL)
		return false;
	size_t length = strcspn(type, "; ");
	return (length == 16 && strncasecmp(type, "application/json", length) == 0) ||
	       (length > 5 && strncasecmp(type + length - 5, "+json", 5) == 0);
}

void http_head_keep(struct http_head_copy *copy, const struct http_head *head)
{
	static const char *const names[] = { "Content-Type", "Retry-After", "Date", "Sforce-Limit-Info" };

	static_assert(sizeof names / sizeof names[0] == sizeof copy->headers / sizeof copy->headers[0],
		"each name has its place");
	copy->head = (struct http_head){ .status = head->status, .headers = copy->headers };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = http_head_value(head, names[i]);
		if (value == NULL)
			continue;
		size_t at = copy->head.count++;
		(void)snprintf(copy->values[at], sizeof copy->values[at], "%s", value);
		copy->headers[at] = (struct http_header){ names[i], copy->values[at] };
	}
}

long http_head_retry_after(const struct http_head *head, long most)
{
	const char *text = http_head_value(head, "Retry-After");
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return 0;
	long seconds = strtol(text, &end, 10);
	if (*end != '\0')
		return 0;
	return seconds < 1 ? 1 : seconds > most ? most : seconds;
}
