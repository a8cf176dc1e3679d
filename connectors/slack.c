#include "connectors/slack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/fact.h"
#include "connectors/slack_text.h"
#include "connectors/webhook.h"

enum { TEXT_LIMIT = 64 * 1024, ANSWER_LIMIT = 64 * 1024, TIMEOUT_S = 30, INTERVAL_MS = 1000 };

static const struct option options[] = {
	{ .name = "webhook_url_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct slack_settings, webhook_url),
		.required = true,
		.help = "file with the incoming webhook's address, made from a service account: it dies with its "
			"creator" },
	{ .name = "account_url",
		.type = OPTION_URL,
		.offset = offsetof(struct slack_settings, account_url),
		.help = "messages link to this address followed by the account's id, e.g. "
			"https://acme.my.salesforce.com" },
	{ .name = "audience",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct slack_settings, audience),
		.initial = "rep",
		.choices = "rep csm program ops",
		.help = "who reads this channel: reps and ops see nothing of health, support, payment or people" },
};

static bool check_settings(const void *settings, struct failure *failure)
{
	const struct slack_settings *own = settings;

	if (own->webhook_url == NULL || webhook_is_address(secret_reveal(own->webhook_url)))
		return true;
	failure_set(failure, FAILURE_PERMANENT,
		"the file named by webhook_url_file must hold one address and nothing else, without blanks: "
		"https://…, or http:// towards this machine only");
	return false;
}

/* The whole payload; owned by the caller. parse and unfurl: what looks like a link stays text. */
static json_t *make_payload(const struct slack_settings *settings, const struct card *card, const char *text)
{
	json_t *payload = json_pack(
		"{s:s, s:s, s:b, s:b}", "text", text, "parse", "none", "unfurl_links", 0, "unfurl_media", 0);

	if (payload != NULL && !card->message->plain) {
		json_t *attachments = json_array();
		(void)json_array_append_new(attachments, slack_card_attachment(settings, card));
		(void)json_object_set_new(payload, "attachments", attachments);
	}
	return payload;
}

/* Takes the payload. */
static bool fill_webhook(const struct slack_settings *settings, const struct message *message, json_t *payload,
	struct http_request *request)
{
	http_request_clear(request);
	request->is_post = true;
	request->must_not_repeat =
		true; /* nothing tells Slack that a message is the same as before (vendor document: slack, deduplication) */
	request->timeout_s = TIMEOUT_S;
	request->body_limit = ANSWER_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "Slack message %.60s", message->kind);
	char *body = payload == NULL ? NULL : json_dumps(payload, JSON_COMPACT);
	bool good = body != NULL && buffer_append_text(&request->body, body) &&
		    buffer_append_text(&request->url, secret_reveal(settings->webhook_url)) &&
		    http_request_header(request, "Content-Type", "application/json; charset=utf-8");
	free(body);
	json_decref(payload);
	return good;
}

json_t *slack_payload(const struct slack_settings *settings, const struct message *message, enum audience readers,
	struct buffer *text)
{
	struct buffer escaped;

	struct card card = card_of(message, readers, &text_plain);
	card_text(&card, SLACK_TEXT_BUDGET, text);
	buffer_init(&escaped, TEXT_LIMIT);
	card = card_of(message, readers, &slack_markup);
	card_text(&card, SLACK_TEXT_BUDGET, &escaped);
	json_t *payload = make_payload(settings, &card, buffer_text(&escaped));
	buffer_free(&escaped);
	return payload;
}

static bool render(const void *settings, const struct message *message, struct http_request *request,
	struct buffer *text, struct failure *failure)
{
	const struct slack_settings *own = settings;

	if (own->webhook_url == NULL || !webhook_is_address(secret_reveal(own->webhook_url))) {
		failure_set(failure, FAILURE_DESTINATION, "the channel has no usable webhook address");
		return false;
	}
	json_t *payload = slack_payload(own, message, audience_find(own->audience), text);
	if (fill_webhook(own, message, payload, request))
		return true;
	failure_set(failure, FAILURE_PERMANENT, "the message can't be written as JSON");
	return false;
}

static bool verdict(const struct message *message, const struct http_head *head, const char *body, size_t length,
	struct message_known *known, bool *ret_more, bool *ret_try_plain, struct failure *failure)
{
	(void)message;
	(void)known;
	*ret_more = false;
	return slack_verdict(head, body, length, ret_try_plain, failure);
}

const struct messenger messenger_slack = {
	.name = "slack",
	.options = options,
	.option_count = sizeof options / sizeof options[0],
	.settings_size = sizeof(struct slack_settings),
	.check_settings = check_settings,
	.render = render,
	.verdict = verdict,
	.interval_ms = INTERVAL_MS,
};
