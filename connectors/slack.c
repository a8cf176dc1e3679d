#include "connectors/slack.h"

#include "connectors/fact.h"
#include "connectors/slack_text.h"
#include "connectors/webhook.h"

enum { TEXT_LIMIT = 64 * 1024, INTERVAL_MS = 1000 };

static const struct option options[] = {
	{ .name = "webhook_url_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct slack_settings, webhook_url),
		.required = true,
		.help = "file with the incoming webhook's address, made from a service account: it dies with its "
			"creator" },
	MESSENGER_OPTIONS(struct slack_settings),
};

static bool check_settings(const void *settings, struct failure *failure)
{
	const struct slack_settings *own = settings;

	return webhook_check(own->webhook_url, failure);
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

	json_t *payload = slack_payload(own, message, audience_find(own->audience), text);
	return webhook_ask(request, own->webhook_url, "Slack", message, payload, failure);
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
