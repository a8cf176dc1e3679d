/* Text and attachment: a text that is complete by itself, since screen readers, notification pop-ups and a
 * degraded message have nothing else, and its facts in order beside a colour bar (slack.md 5.4). */
#include "connectors/slack.h"

#include <ctype.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/slack_template.h"
#include "connectors/slack_text.h"

enum {
	TEXT_LIMIT = 256 * 1024, /* bytes; budgets keep us far below */
	TEXT_ITEMS = 3,
	BLOCK_ITEMS = 10,
	PLAIN_FACTS_MOST = 20,
	VALUE_BUDGET = 200,
	LATE_MS = 2 * 60 * 1000, /* slack.md 3: users must be able to see that a message is late */
	ID_LENGTH_MOST = 64,
	KIND_LENGTH_MOST = 60,
};

static struct slack_facts facts_of(const struct slack_settings *settings, const struct message *message, bool dates)
{
	return (struct slack_facts){ message->facts, !settings->show_health, dates };
}

static bool is_late(const struct message *message)
{
	return message->now_ms - message->created_ms > LATE_MS && instant_exists(message->created_ms);
}

/* Items of a list of objects, each with `before` in front and `between` them; false when there is none. */
static bool add_items(struct buffer *out, const struct slack_layout *layout, const struct slack_facts *facts,
	const char *before, const char *between, size_t most)
{
	const json_t *list = slack_fact(facts, layout->list);
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct slack_facts item = { json_array_get(list, i), facts->withheld, false };
		size_t begin = out->length;
		if (!json_is_object(item.object))
			continue;
		(void)buffer_printf(out, "%s%s", shown == 0 ? "" : between, before);
		bool good = slack_template(out, layout->list_item, &item);
		if (good && shown < most) {
			shown++;
			continue;
		}
		left += good;
		out->length = begin;
		out->bytes[begin] = '\0';
	}
	if (left > 0)
		(void)buffer_printf(out, "%sand %zu more", between, left);
	return shown > 0;
}

/* Ends what stands since `begin` with one full stop, whatever the value before it ended with. */
static void end_sentence(struct buffer *text)
{
	while (text->length > 1 && text->bytes[text->length - 1] == '.' &&
		strchr(".!?", text->bytes[text->length - 2]) != NULL)
		text->bytes[--text->length] = '\0';
}

static void add_sentences(struct buffer *text, const struct slack_layout *layout, const struct slack_facts *facts)
{
	for (const char *const *sentence = layout->sentences; *sentence != NULL; sentence++) {
		size_t begin = text->length;
		bool good;
		(void)buffer_append_text(text, begin == 0 ? "" : " ");
		if (strcmp(*sentence, "@list") == 0) {
			(void)buffer_printf(text, "%s: ", layout->list_title);
			good = add_items(text, layout, facts, "", "; ", TEXT_ITEMS) &&
			       buffer_append_text(text, ".");
		} else {
			good = slack_template(text, *sentence, facts);
		}
		if (good) {
			end_sentence(text);
		} else {
			text->length = begin;
			text->bytes[begin] = '\0';
		}
	}
}

/* A name like "first_load" as words; it comes from outside as well. */
static void add_name(struct buffer *out, const char *name)
{
	size_t begin = out->length;

	slack_text_value(out, name, strlen(name), VALUE_BUDGET);
	for (size_t i = begin; i < out->length; i++)
		if (out->bytes[i] == '_')
			out->bytes[i] = ' ';
}

/* "disk_full" as "DISK FULL: ", the first words of a kind without layout. */
static void add_shouted(struct buffer *text, const char *kind)
{
	for (size_t i = 0; i < KIND_LENGTH_MOST && kind[i] != '\0'; i++) {
		char c = isalnum((unsigned char)kind[i]) ? (char)toupper((unsigned char)kind[i]) : ' ';
		(void)buffer_append(text, &c, 1);
	}
	(void)buffer_append_text(text, ": ");
}

/* A fact of a kind without layout. */
static bool add_fact(struct buffer *out, const struct slack_facts *facts, const json_t *fact)
{
	json_t *object = json_pack("{s:O}", "fact", fact);
	const struct slack_facts only = { object, false, facts->dates };
	bool good = slack_template(out, json_is_array(fact) ? "<{fact:names}>" : "<{fact:time}>", &only);

	json_decref(object);
	size_t size = json_array_size(fact) + json_object_size(fact);
	if (!good && size > 0)
		return buffer_printf(out, "%zu %s", size, size == 1 ? "entry" : "entries");
	return good;
}

/* All facts, as "name: value", for a kind that nobody wrote a layout for. */
static void add_facts(struct buffer *out, const struct slack_facts *facts, const char *before, const char *between)
{
	size_t shown = 0;
	const char *name;
	json_t *fact;

	/* The type asks for it; nothing is changed. */
	json_object_foreach ((json_t *)(uintptr_t)facts->object, name, fact) {
		size_t begin = out->length;
		if (slack_fact(facts, name) == NULL || shown == PLAIN_FACTS_MOST)
			continue;
		(void)buffer_printf(out, "%s%s", shown == 0 ? "" : between, before);
		add_name(out, name);
		(void)buffer_append_text(out, ": ");
		if (add_fact(out, facts, fact)) {
			shown++;
		} else {
			out->length = begin;
			out->bytes[begin] = '\0';
		}
	}
}

void slack_card_text(const struct slack_settings *settings, const struct message *message, struct buffer *text)
{
	const struct slack_layout *layout = slack_layout_find(message->kind);
	const struct slack_facts facts = facts_of(settings, message, false);
	struct buffer notes;

	buffer_init(&notes, 256);
	if (is_late(message)) {
		(void)buffer_append_text(&notes, " (delayed: this happened at ");
		slack_text_time(&notes, message->created_ms);
		(void)buffer_append_text(&notes, ")");
	}
	if (message->possibly_repeated)
		(void)buffer_append_text(&notes, " (may be a repeat)");
	buffer_clear(text);
	if (layout != NULL) {
		add_sentences(text, layout, &facts);
	} else {
		add_shouted(text, message->kind);
		add_facts(text, &facts, "", "; ");
	}
	slack_text_cut(text, SLACK_TEXT_BUDGET - notes.length);
	(void)buffer_append_text(text, buffer_text(&notes));
	buffer_free(&notes);
}

static json_t *mrkdwn(const char *text)
{
	/* verbatim: Slack makes no links and mentions out of what looks like one (slack.md 6.4). */
	return json_pack("{s:s, s:b, s:s}", "type", "mrkdwn", "verbatim", 1, "text", text);
}

static void add_section(json_t *blocks, struct buffer *text)
{
	slack_text_cut(text, SLACK_SECTION_BUDGET);
	(void)json_array_append_new(
		blocks, json_pack("{s:s, s:o}", "type", "section", "text", mrkdwn(buffer_text(text))));
}

static void add_fields(json_t *blocks, const struct slack_layout *layout, const struct slack_facts *facts)
{
	json_t *fields = json_array();
	struct buffer text;

	buffer_init(&text, TEXT_LIMIT);
	for (const struct slack_field *field = layout->fields; field->label != NULL; field++) {
		buffer_clear(&text);
		(void)buffer_printf(&text, "*%s*\n", field->label);
		if (!slack_template(&text, field->value, facts))
			continue;
		if (json_array_size(fields) < SLACK_FIELDS_MOST)
			(void)json_array_append_new(fields, mrkdwn(buffer_text(&text)));
	}
	if (json_array_size(fields) > 0)
		(void)json_array_append_new(blocks, json_pack("{s:s, s:O}", "type", "section", "fields", fields));
	json_decref(fields);
	buffer_free(&text);
}

static void add_list(json_t *blocks, const struct slack_layout *layout, const struct slack_facts *facts)
{
	struct buffer text;

	if (layout->list == NULL)
		return;
	buffer_init(&text, TEXT_LIMIT);
	(void)buffer_printf(&text, "*%s*\n", layout->list_title);
	if (add_items(&text, layout, facts, "• ", "\n", BLOCK_ITEMS))
		add_section(blocks, &text);
	buffer_free(&text);
}

/* The id as it may stand in a link, or NULL: links are made of the configured base and an id, never of an
 * address that somebody wrote into the CRM (slack.md 6.4). */
static const char *linkable_id(const json_t *id)
{
	const char *text = json_string_value(id);

	if (text == NULL || *text == '\0' || strlen(text) > ID_LENGTH_MOST)
		return NULL;
	for (const char *at = text; *at != '\0'; at++)
		if (!(*at >= 'A' && *at <= 'Z') && !(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9') &&
			*at != '_' && *at != '-')
			return NULL;
	return text;
}

static void add_link(struct buffer *text, const struct slack_settings *settings, const json_t *facts)
{
	const char *id = linkable_id(json_object_get(facts, "account_id"));
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
static void add_context(json_t *blocks, const struct slack_settings *settings, const struct message *message,
	const struct slack_facts *facts)
{
	struct buffer text;

	buffer_init(&text, TEXT_LIMIT);
	add_link(&text, settings, message->facts);
	bool has_event = slack_template(&text, "event {event}", facts);
	if (has_event)
		(void)buffer_append_text(&text, " · ");
	if (instant_exists(message->created_ms))
		slack_text_date(&text, message->created_ms);
	else
		(void)buffer_append_text(&text, "advocated");
	if (is_late(message))
		(void)buffer_append_text(&text, " · delayed");
	if (message->possibly_repeated)
		(void)buffer_append_text(&text, " · may be a repeat");
	json_t *elements = json_array();
	(void)json_array_append_new(elements, mrkdwn(buffer_text(&text)));
	(void)json_array_append_new(blocks, json_pack("{s:s, s:o}", "type", "context", "elements", elements));
	buffer_free(&text);
}

json_t *slack_card_attachment(const struct slack_settings *settings, const struct message *message)
{
	const struct slack_layout *layout = slack_layout_find(message->kind);
	const struct slack_facts facts = facts_of(settings, message, true);
	json_t *blocks = json_array();

	if (layout != NULL) {
		add_fields(blocks, layout, &facts);
		add_list(blocks, layout, &facts);
	} else {
		const struct slack_facts plain = facts_of(settings, message, false);
		struct buffer text;
		buffer_init(&text, TEXT_LIMIT);
		add_facts(&text, &plain, "• ", "\n");
		if (text.length > 0)
			add_section(blocks, &text);
		buffer_free(&text);
	}
	add_context(blocks, settings, message, &facts);
	return json_pack("{s:s, s:o}", "color", layout == NULL ? "#808080" : layout->color, "blocks", blocks);
}
