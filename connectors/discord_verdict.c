#include <jansson.h>
#include <stdio.h>

#include "connectors/discord.h"

enum { RETRY_DEFAULT_S = 30, RETRY_MOST_S = 3600 };

/* The JSON error codes that a webhook meets (Discord, JSON Error Codes). `advice` says what a person can do. */
static const struct {
	int code;
	enum failure_kind kind;
	bool try_plain;
	const char *advice;
} codes[] = {
	{ 10003, FAILURE_DESTINATION, false, "the channel is gone: make a webhook in another one" },
	{ 10015, FAILURE_DESTINATION, false, "the webhook was deleted: make a new one" },
	{ 40005, FAILURE_PERMANENT, true, "Discord finds the message too large" },
	{ 40333, FAILURE_DESTINATION, false, "Discord blocks this machine's address" },
	{ 50001, FAILURE_DESTINATION, false, "the webhook may not post there" },
	{ 50006, FAILURE_PERMANENT, false, "Discord finds no text in the message" },
	{ 50013, FAILURE_DESTINATION, false, "the webhook may not post there" },
	{ 50027, FAILURE_DESTINATION, false, "the webhook's address is no longer good: make a new webhook" },
	{ 50035, FAILURE_PERMANENT, true, "Discord refuses the message's layout" },
	{ 50083, FAILURE_DESTINATION, false, "the thread is archived: open it again" },
	{ 160005, FAILURE_DESTINATION, false, "the thread is locked" },
	{ 200000, FAILURE_PERMANENT, true, "AutoMod of the server blocks the message" },
	{ 220001, FAILURE_DESTINATION, false, "the channel is a forum: add ?thread_id=… to the webhook's address" },
	{ 240000, FAILURE_PERMANENT, true, "Discord blocks a link in the message" },
	{ 0, FAILURE_NONE, false, NULL },
};

static bool fail(const struct http_head *head, enum failure_kind kind, json_int_t code, const char *advice,
	struct failure *failure)
{
	char said[24] = "";

	if (code > 0)
		(void)snprintf(said, sizeof said, "%" JSON_INTEGER_FORMAT, code);
	failure_set(failure, kind, "%s (status %d%s%s)", advice, head->status, code > 0 ? ", code " : "", said);
	(void)snprintf(failure->code, sizeof failure->code, "%s", said);
	failure->http_status = head->status;
	return false;
}

/* The longer of header and body: the header is in whole seconds, and a page of the door-keeper has it alone. */
static bool fail_throttled(const struct http_head *head, const json_t *answer, struct failure *failure)
{
	const json_t *after = json_object_get(answer, "retry_after");
	long wait_s = http_head_retry_after(head, RETRY_MOST_S);
	double asked_s = json_is_number(after) ? json_number_value(after) : 0;

	(void)fail(head, FAILURE_THROTTLED, 0,
		json_is_true(json_object_get(answer, "global"))
			? "Discord takes nothing more from this machine for now"
			: "Discord takes no more messages for now",
		failure);
	if (asked_s > RETRY_MOST_S)
		asked_s = RETRY_MOST_S;
	if (asked_s > (double)wait_s)
		wait_s = (long)asked_s + ((double)(long)asked_s < asked_s);
	failure->retry_after_s = wait_s < 1 ? RETRY_DEFAULT_S : wait_s;
	return false;
}

static bool fail_refused(
	const struct http_head *head, json_int_t code, bool *ret_try_plain, struct failure *failure)
{
	for (size_t i = 0; codes[i].code != 0; i++)
		if (codes[i].code == code) {
			*ret_try_plain = codes[i].try_plain;
			return fail(head, codes[i].kind, code, codes[i].advice, failure);
		}
	switch (head->status) {
	case 401:
		return fail(head, FAILURE_DESTINATION, code,
			"the webhook's address is no longer good: make a new webhook", failure);
	case 403:
		return fail(head, FAILURE_DESTINATION, code, "the webhook may not post there", failure);
	case 404:
		return fail(head, FAILURE_DESTINATION, code, "there is no such webhook: make a new one", failure);
	case 408:
		return fail(head, FAILURE_TRANSIENT, code, "Discord failed", failure);
	case 413:
		*ret_try_plain = true;
		return fail(head, FAILURE_PERMANENT, code, "Discord finds the message too large", failure);
	default:
		return fail(head, FAILURE_PERMANENT, code, "Discord refuses the message", failure);
	}
}

bool discord_verdict(
	const struct http_head *head, const char *body, size_t length, bool *ret_try_plain, struct failure *failure)
{
	*ret_try_plain = false;
	if (head == NULL)
		return false; /* the caller knows whether it was sent */
	json_t *answer = json_loadb(body == NULL ? "" : body, length, 0, NULL);
	json_int_t code = json_integer_value(json_object_get(answer, "code"));
	bool good = false;

	if (head->status == 429)
		(void)fail_throttled(head, answer, failure);
	else if (head->status == 204 || (head->status == 200 && json_is_string(json_object_get(answer, "id"))))
		good = true;
	else if (head->status == 200 || head->status == 504)
		/* A page of a proxy, or one that waited no longer: whether the message came through can't be known. */
		(void)fail(head, FAILURE_UNKNOWN, code, "Discord's answer isn't the message", failure);
	else if (head->status >= 500)
		(void)fail(head, FAILURE_TRANSIENT, code, "Discord failed", failure);
	else if (head->status >= 300 && head->status < 400)
		(void)fail(head, FAILURE_DESTINATION, code,
			"the webhook's address leads elsewhere: copy it once more", failure);
	else
		(void)fail_refused(head, code, ret_try_plain, failure);
	json_decref(answer);
	return good;
}
