#include "connectors/discord.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "connectors/card.h"
#include "connectors/fact.h"
#include "connectors/instant.h"
#include "connectors/webhook.h"

enum {
	TEXT_LIMIT = 64 * 1024,
	INTERVAL_MS = 2000, /* 30 a minute and channel; what Discord says beyond that is obeyed */
	LIST_MOST = 10,
};

static const struct option options[] = {
	{ .name = "webhook_url_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct discord_settings, webhook_url),
		.required = true,
		.help = "file with the webhook's address (Edit Channel, Integrations, Webhooks), for a thread with "
			"?thread_id=…" },
	MESSENGER_OPTIONS(struct discord_settings),
};

static bool check_settings(const void *settings, struct failure *failure)
{
	const struct discord_settings *own = settings;

	return webhook_check(own->webhook_url, failure);
}

/* Cuts the text and puts it into the object; nothing when it is empty, which Discord refuses. */
static void set_text(json_t *object, const char *name, struct buffer *text, size_t budget)
{
	text_cut(text, budget, &discord_markup);
	if (text->length > 0)
		(void)json_object_set_new(object, name, json_string(buffer_text(text)));
}

static void add_fields(json_t *embed, const struct card *card)
{
	json_t *fields = json_array();
	struct buffer name, value;

	buffer_init(&name, TEXT_LIMIT);
	buffer_init(&value, TEXT_LIMIT);
	for (size_t i = 0; i < card->layout->field_count && json_array_size(fields) < DISCORD_FIELDS_MOST; i++) {
		buffer_clear(&name);
		buffer_clear(&value);
		(void)buffer_append_text(&name, card->layout->fields[i].name);
		if (!card_field(card, i, &value))
			continue;
		json_t *field = json_pack("{s:b}", "inline", 1);
		set_text(field, "name", &name, DISCORD_NAME_BUDGET);
		set_text(field, "value", &value, DISCORD_VALUE_BUDGET);
		(void)json_array_append_new(fields, field);
	}
	if (json_array_size(fields) > 0)
		(void)json_object_set(embed, "fields", fields);
	json_decref(fields);
	buffer_free(&name);
	buffer_free(&value);
}

static void add_list(json_t *embed, const struct card *card)
{
	struct buffer text;

	buffer_init(&text, TEXT_LIMIT);
	if (card->layout != NULL && card->layout->list != NULL)
		(void)buffer_printf(&text, "**%s**\n", card->layout->list_title);
	if (card_list(card, "• ", "\n", LIST_MOST, &text))
		set_text(embed, "description", &text, DISCORD_LIST_BUDGET);
	buffer_free(&text);
}

/* The account's address as the embed's own: no text can change where it leads. */
static void add_link(json_t *embed, const struct discord_settings *settings, const struct card *card)
{
	const char *id = card_account_id(card), *base = settings->account_url;
	struct buffer url;

	if (id == NULL || base == NULL || *base == '\0')
		return;
	buffer_init(&url, TEXT_LIMIT);
	(void)buffer_printf(&url, "%s%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/", id);
	(void)json_object_set_new(embed, "title", json_string("Account"));
	(void)json_object_set_new(embed, "url", json_string(buffer_text(&url)));
	buffer_free(&url);
}

/* The last line, in which nothing is markup: event id, and whether it is late or may be a repeat. */
static void add_footer(json_t *embed, const struct card *card)
{
	struct card plain = *card;
	struct buffer text;
	char at[INSTANT_TEXT_SIZE];

	buffer_init(&text, TEXT_LIMIT);
	plain.markup = &text_plain;
	if (!card_event(&plain, &text))
		(void)buffer_append_text(&text, "advocated");
	if (card_is_late(card))
		(void)buffer_append_text(&text, " · delayed");
	if (card->message->possibly_repeated)
		(void)buffer_append_text(&text, " · may be a repeat");
	text_cut(&text, DISCORD_FOOTER_BUDGET, &text_plain);
	(void)json_object_set_new(embed, "footer", json_pack("{s:s}", "text", buffer_text(&text)));
	if (instant_exists(card->message->created_ms)) {
		instant_format(card->message->created_ms, at);
		(void)json_object_set_new(embed, "timestamp", json_string(at));
	}
	buffer_free(&text);
}

static json_t *make_embed(const struct discord_settings *settings, const struct card *card)
{
	static const int colors[SEVERITY_COUNT] = { 0x439FE0, 0x2EB67D, 0xECB22E, 0xE01E5A };
	json_t *embed =
		json_pack("{s:i}", "color", card->layout == NULL ? 0x808080 : colors[card->layout->severity]);

	add_link(embed, settings, card);
	if (card->layout != NULL)
		add_fields(embed, card);
	add_list(embed, card);
	add_footer(embed, card);
	return embed;
}

/* allowed_mentions: whatever a text says, nobody is mentioned by it (Discord, Allowed Mentions Object). */
static json_t *make_payload(
	const struct discord_settings *settings, const struct message *message, enum audience readers)
{
	const struct card card = card_of(message, readers, &discord_markup);
	struct buffer content;

	buffer_init(&content, TEXT_LIMIT);
	card_text(&card, message->plain ? DISCORD_PLAIN_BUDGET : DISCORD_CONTENT_BUDGET, &content);
	json_t *payload =
		json_pack("{s:s, s:{s:[]}}", "content", buffer_text(&content), "allowed_mentions", "parse");
	buffer_free(&content);
	if (payload != NULL && !message->plain) {
		json_t *embeds = json_array();
		(void)json_array_append_new(embeds, make_embed(settings, &card));
		(void)json_object_set_new(payload, "embeds", embeds);
	}
	return payload;
}

static bool render(const void *settings, const struct message *message, struct http_request *request,
	struct buffer *text, struct failure *failure)
{
	const struct discord_settings *own = settings;

	const enum audience readers = audience_find(own->audience);
	const struct card said = card_of(message, readers, &text_plain);
	card_text(&said, DISCORD_CONTENT_BUDGET, text);
	if (!webhook_ask(
		    request, own->webhook_url, "Discord", message, make_payload(own, message, readers), failure))
		return false;
	/* Without it what isn't kept gives no error (Discord, Execute Webhook). */
	const char *wait = strchr(buffer_text(&request->url), '?') == NULL ? "?wait=true" : "&wait=true";
	if (buffer_append_text(&request->url, wait))
		return true;
	failure_set(failure, FAILURE_DESTINATION, "the channel's webhook address is too long");
	return false;
}

static bool verdict(const struct message *message, const struct http_head *head, const char *body, size_t length,
	struct message_known *known, bool *ret_more, bool *ret_try_plain, struct failure *failure)
{
	(void)message;
	(void)known;
	*ret_more = false;
	return discord_verdict(head, body, length, ret_try_plain, failure);
}

const struct messenger messenger_discord = {
	.name = "discord",
	.options = options,
	.option_count = sizeof options / sizeof options[0],
	.settings_size = sizeof(struct discord_settings),
	.check_settings = check_settings,
	.render = render,
	.verdict = verdict,
	.interval_ms = INTERVAL_MS,
};
