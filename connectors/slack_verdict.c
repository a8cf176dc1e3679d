#include "connectors/slack.h"

#include <stdio.h>
#include <string.h>

enum { RETRY_DEFAULT_S = 30, RETRY_MOST_S = 3600, WORD_SIZE = 64 };

/* A webhook's words: the fault is the message's, the place's, or passes. `advice` says what a person can do. */
static const struct verdict {
	const char *word;
	enum failure_kind kind;
	bool try_plain;
	const char *advice;
} verdicts[] = {
	{ "invalid_payload", FAILURE_PERMANENT, false, "Slack doesn't understand the message" },
	{ "no_text", FAILURE_PERMANENT, false, "Slack finds no text in the message" },
	{ "missing_text_or_fallback_or_attachments", FAILURE_PERMANENT, false,
		"Slack finds no text in the message" },
	{ "invalid_blocks", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "invalid_blocks_format", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "msg_blocks_too_long", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "invalid_attachments", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "too_many_attachments", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "user_not_found", FAILURE_DESTINATION, false, "the webhook's user is gone: make a new webhook" },
	{ "action_prohibited", FAILURE_DESTINATION, false,
		"a Slack administrator has forbidden this way of posting: ask one" },
	{ "posting_to_general_channel_denied", FAILURE_DESTINATION, false,
		"the webhook's creator may not post in #general: choose another channel" },
	{ "invalid_token", FAILURE_DESTINATION, false,
		"the webhook's address is no longer good: make a new webhook" },
	{ "channel_not_found", FAILURE_DESTINATION, false, "the channel is gone: make a new webhook" },
	{ "channel_is_archived", FAILURE_DESTINATION, false,
		"the channel is archived: unarchive it or make a new webhook" },
	{ "no_service", FAILURE_DESTINATION, false, "the webhook was disabled or removed: make a new one" },
	{ "no_active_hooks", FAILURE_DESTINATION, false, "the webhook was disabled: make a new one" },
	{ "no_service_id", FAILURE_DESTINATION, false, "the webhook's address is wrong: copy it once more" },
	{ "no_team", FAILURE_DESTINATION, false, "the webhook's address is wrong: copy it once more" },
	{ "team_disabled", FAILURE_DESTINATION, false, "the Slack workspace is no longer active" },
	{ "rollup_error", FAILURE_TRANSIENT, false, "Slack failed" },
	{ NULL, FAILURE_NONE, false, NULL },
};

/* The body's word, from bare text or from {"error": …}; "" when it is neither. Other text isn't shown: an
 * error page can hold the address that was asked for, and the address is the secret. Fills *ret_retry_after_s
 * if JSON says it. */
static void read_word(const char *body, size_t length, char word[static WORD_SIZE], long *ret_retry_after_s)
{
	json_t *object = json_loadb(body == NULL ? "" : body, length, 0, NULL);
	const char *text = json_string_value(json_object_get(object, "error"));
	const json_t *retry_after = json_object_get(object, "retry_after");

	word[0] = '\0';
	if (json_is_number(retry_after) && json_number_value(retry_after) > 0 &&
		json_number_value(retry_after) < 1e9)
		*ret_retry_after_s = (long)json_number_value(retry_after);
	if (text == NULL && object == NULL && body != NULL)
		text = body;
	size_t size = text == NULL ? 0 : text == body ? length : strlen(text);
	while (text == body && size > 0 && strchr(" \r\n\t", text[size - 1]) != NULL)
		size--;
	bool good = size > 0 && size < WORD_SIZE;
	for (size_t i = 0; good && i < size; i++)
		good = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') || text[i] == '_';
	if (good)
		(void)snprintf(word, WORD_SIZE, "%.*s", (int)size, text);
	json_decref(object);
}

static bool fail(const struct http_head *head, enum failure_kind kind, const char *word, const char *advice,
	struct failure *failure)
{
	failure_set(failure, kind, "%s (status %d%s%s)", advice, head->status, *word == '\0' ? "" : ", ", word);
	failure->http_status = head->status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", word);
	return false;
}

static bool fail_throttled(
	const struct http_head *head, const char *word, long retry_after_s, struct failure *failure)
{
	long header_s = http_head_retry_after(head, RETRY_MOST_S);

	(void)fail(head, FAILURE_THROTTLED, word, "Slack takes no more messages for now", failure);
	if (header_s > 0)
		retry_after_s = header_s;
	if (retry_after_s < 1)
		retry_after_s = RETRY_DEFAULT_S;
	failure->retry_after_s = retry_after_s > RETRY_MOST_S ? RETRY_MOST_S : retry_after_s;
	return false;
}

bool slack_verdict(
	const struct http_head *head, const char *body, size_t length, bool *ret_try_plain, struct failure *failure)
{
	char word[WORD_SIZE];
	long retry_after_s = 0;

	*ret_try_plain = false;
	if (head == NULL)
		return false; /* the caller knows whether it was sent */
	read_word(body, length, word, &retry_after_s);
	if (head->status == 429)
		return fail_throttled(head, word, retry_after_s, failure);
	if (head->status == 200) {
		if (body != NULL && length == 2 && memcmp(body, "ok", 2) == 0)
			return true;
		return fail(head, FAILURE_PERMANENT, word, "Slack's answer isn't 'ok'", failure);
	}
	if (head->status >= 500)
		return fail(head, FAILURE_TRANSIENT, word, "Slack failed", failure);
	for (const struct verdict *verdict = verdicts; verdict->word != NULL; verdict++)
		if (strcmp(verdict->word, word) == 0) {
			*ret_try_plain = verdict->try_plain;
			return fail(head, verdict->kind, word, verdict->advice, failure);
		}
	if (head->status >= 300 && head->status < 400)
		return fail(head, FAILURE_DESTINATION, word,
			"the webhook's address leads elsewhere: copy it once more", failure);
	/* Not found and gone speak of the address, whatever the word is. */
	if (head->status == 404 || head->status == 410)
		return fail(head, FAILURE_DESTINATION, word, "there is no such webhook: make a new one", failure);
	if (head->status == 408)
		return fail(head, FAILURE_TRANSIENT, word, "Slack failed", failure);
	return fail(head, FAILURE_PERMANENT, word, "Slack refuses the message", failure);
}
