/* The attachment: a colour bar and the message's facts in order (Slack, Attachments). */
#include "connectors/slack.h"

#include <string.h>

#include "connectors/instant.h"
#include "connectors/slack_text.h"

enum {
	TEXT_LIMIT = 256 * 1024, /* bytes; budgets keep us far below */
	BLOCK_ITEMS = 10,
};

static json_t *mrkdwn(const char *text)
{
	/* verbatim: Slack makes no links and mentions out of what looks like one (Slack, Text object). */
	return json_pack("{s:s, s:b, s:s}", "type", "mrkdwn", "verbatim", 1, "text", text);
}

static void add_section(json_t *blocks, struct buffer *text)
{
	text_cut(text, SLACK_SECTION_BUDGET, &slack_markup);
	(void)json_array_append_new(
		blocks, json_pack("{s:s, s:o}", "type", "section", "text", mrkdwn(buffer_text(text))));
}

static void add_fields(json_t *blocks, const struct card *card)
{
	json_t *fields = json_array();
	struct buffer text;

	buffer_init(&text, TEXT_LIMIT);
	for (size_t i = 0; i < card->layout->field_count; i++) {
		buffer_clear(&text);
		(void)buffer_printf(&text, "*%s*\n", card->layout->fields[i].name);
		if (!card_field(card, i, &text) || json_array_size(fields) == SLACK_FIELDS_MOST)
			continue;
		text_cut(&text, SLACK_FIELD_BUDGET, &slack_markup);
		(void)json_array_append_new(fields, mrkdwn(buffer_text(&text)));
	}
	if (json_array_size(fields) > 0)
		(void)json_array_append_new(blocks, json_pack("{s:s, s:O}", "type", "section", "fields", fields));
	json_decref(fields);
	buffer_free(&text);
}

static void add_list(json_t *blocks, const struct card *card)
{
	struct buffer text;

	buffer_init(&text, TEXT_LIMIT);
	if (card->layout != NULL && card->layout->list != NULL)
		(void)buffer_printf(&text, "*%s*\n", card->layout->list_title);
	if (card_list(card, "• ", "\n", BLOCK_ITEMS, &text))
		add_section(blocks, &text);
	buffer_free(&text);
}

static void add_link(struct buffer *text, const struct slack_settings *settings, const struct card *card)
{
	const char *id = card_account_id(card);
	const char *base = settings->account_url;

	if (id == NULL || base == NULL || *base == '\0')
		return;
	(void)buffer_append_text(text, "<");
	for (; *base != '\0'; base++) {
		if (strchr("<>|\"", *base) != NULL || (unsigned char)*base <= 0x20 || (unsigned char)*base >= 0x7f)
			(void)buffer_printf(text, "%%%02X", (unsigned)(unsigned char)*base);
		else
			(void)buffer_append(text, *base == '&' ? "&amp;" : base, *base == '&' ? 5 : 1);
	}
	(void)buffer_printf(text, "%s%s|Account> · ", base[-1] == '/' ? "" : "/", id);
}

/* The last line: link, event id, time. It is always there, so an attachment never is without blocks. */
static void add_context(json_t *blocks, const struct slack_settings *settings, const struct card *card)
{
	const struct message *message = card->message;
	struct buffer text;

	buffer_init(&text, TEXT_LIMIT);
	add_link(&text, settings, card);
	if (card_event(card, &text))
		(void)buffer_append_text(&text, " · ");
	if (instant_exists(message->created_ms))
		slack_markup.date(&text, message->created_ms);
	else
		(void)buffer_append_text(&text, "advocated");
	if (card_is_late(card))
		(void)buffer_append_text(&text, " · delayed");
	if (message->possibly_repeated)
		(void)buffer_append_text(&text, " · may be a repeat");
	json_t *elements = json_array();
	(void)json_array_append_new(elements, mrkdwn(buffer_text(&text)));
	(void)json_array_append_new(blocks, json_pack("{s:s, s:o}", "type", "context", "elements", elements));
	buffer_free(&text);
}

json_t *slack_card_attachment(const struct slack_settings *settings, const struct card *card)
{
	static const char *const colors[SEVERITY_COUNT] = { "#439FE0", "good", "warning", "danger" };
	json_t *blocks = json_array();

	if (card->layout != NULL)
		add_fields(blocks, card);
	add_list(blocks, card);
	add_context(blocks, settings, card);
	return json_pack("{s:s, s:o}", "color", card->layout == NULL ? "#808080" : colors[card->layout->severity],
		"blocks", blocks);
}
