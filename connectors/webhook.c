#include "connectors/webhook.h"

#include <stdio.h>
#include <string.h>

#include "connectors/address.h"

enum { ANSWER_LIMIT = 64 * 1024, TIMEOUT_S = 30 };

static bool is_usable(const char *url)
{
	const char *rest;

	if (address_read(url, &rest) != ADDRESS_GOOD)
		return false;
	for (const char *at = rest; *at != '\0'; at++)
		if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f || strchr("\"#<>\\^`{|}", *at) != NULL)
			return false;
	return true;
}

bool webhook_check(const struct secret *url, struct failure *failure)
{
	if (url == NULL || is_usable(secret_reveal(url)))
		return true;
	failure_set(failure, FAILURE_PERMANENT,
		"the file named by webhook_url_file must hold one address and nothing else, without blanks or '#': "
		"https://…, or http:// towards this machine only");
	return false;
}

bool webhook_ask(struct http_request *request, const struct secret *url, const char *destination,
	const struct message *message, json_t *payload, struct failure *failure)
{
	http_request_clear(request);
	request->is_post = true;
	request->must_not_repeat = true;
	request->timeout_s = TIMEOUT_S;
	request->body_limit = ANSWER_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "%s message %.60s", destination, message->kind);
	bool good = buffer_append_json(&request->body, payload) &&
		    http_request_header(request, "Content-Type", "application/json; charset=utf-8");
	json_decref(payload);
	if (!good) {
		failure_set(failure, FAILURE_PERMANENT, "the message can't be written as JSON");
		return false;
	}
	if (url == NULL || !is_usable(secret_reveal(url)) ||
		!buffer_append_text(&request->url, secret_reveal(url))) {
		failure_set(failure, FAILURE_DESTINATION, "the channel has no usable webhook address");
		return false;
	}
	return true;
}
