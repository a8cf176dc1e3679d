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
