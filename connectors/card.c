#include "connectors/card.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/template.h"

enum {
	TEXT_ITEMS = 3,
	PLAIN_FACTS_MOST = 20,
	VALUE_BUDGET = 200,
	LATE_MS = 2 * 60 * 1000, /* users must be able to see that a message is late */
	ID_LENGTH_MOST = 64,
	KIND_LENGTH_MOST = 60,
};

static struct template_facts facts_of(const struct card *card, bool dates)
{
	return (struct template_facts){ card->message->facts, card->visible, card->withheld, card->markup, dates };
}

struct card card_of(const struct message *message, enum audience readers, const struct text_markup *markup)
{
	const struct layout *layout = layout_find(message->layouts, message->kind);
	unsigned for_kind = audience_sees(layout == NULL ? AUDIENCE_PROGRAM : layout->audience);

	return (struct card){ message, layout, markup, for_kind & audience_sees(readers),
		for_kind & ~audience_sees(readers) };
}

bool card_is_late(const struct card *card)
{
	const struct message *message = card->message;

	return message->now_ms - message->created_ms > LATE_MS && instant_exists(message->created_ms);
}

/* Ends what stands since `begin` with one full stop, whatever the value before it ended with. */
static void end_sentence(struct buffer *text)
{
	while (text->length > 1 && text->bytes[text->length - 1] == '.' &&
		strchr(".!?", text->bytes[text->length - 2]) != NULL)
		text->bytes[--text->length] = '\0';
}

static void add_sentence(struct buffer *text, const char *template, const struct template_facts *facts)
{
	size_t begin = text->length;

	if (template == NULL)
		return;
	(void)buffer_append_text(text, begin == 0 ? "" : " ");
	if (template_fill(text, template, facts))
		end_sentence(text);
	else
		text_truncate(text, begin);
}

static bool ends_sentence(const struct buffer *text)
{
	return text->length > 0 && text->bytes[text->length - 1] == '.';
}

/* One entry of the list; of several messages told as one, each is its kind's headline. */
static bool add_item(const struct card *card, const json_t *item, struct buffer *text)
{
	/* Who may see a list may see what is in it. */
	struct template_facts facts = { item, ~0U, 0, card->markup, false };

	if (strcmp(card->layout->list_item, CARD_HEADLINE) != 0)
		return template_fill(text, card->layout->list_item, &facts);
	const char *kind = json_string_value(json_object_get(item, "kind"));
	const struct layout *layout = layout_find(card->message->layouts, kind == NULL ? "" : kind);
	if (layout == NULL)
		return false;
	facts.object = json_object_get(item, "facts");
	facts.visible = card->visible & audience_sees(layout->audience);
	if (!template_fill(text, layout->headline, &facts))
		return false;
	end_sentence(text);
	return true;
}

static bool add_list(
	const struct card *card, const char *before, const char *between, size_t most, struct buffer *text)
{
	const struct template_facts facts = facts_of(card, false);
	const json_t *list = template_fact(&facts, card->layout->list);
	/* "One. Two." rather than "One.; Two." */
	const char *after_sentence = strcmp(between, "; ") == 0 ? " " : between;
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		size_t begin = text->length;
		if (!json_is_object(item))
			continue;
		(void)buffer_printf(text, "%s%s",
			shown == 0            ? ""
			: ends_sentence(text) ? after_sentence
					      : between,
			before);
		bool good = add_item(card, item, text);
		if (good && shown < most) {
			shown++;
			continue;
		}
		left += good;
		text_truncate(text, begin);
	}
	if (left > 0)
		(void)buffer_printf(text, "%sand %zu more", ends_sentence(text) ? after_sentence : between, left);
	return shown > 0;
}

static void add_listed_sentence(const struct card *card, struct buffer *text)
{
	size_t begin = text->length;

	if (card->layout->list == NULL)
		return;
	(void)buffer_printf(text, "%s%s: ", begin == 0 ? "" : " ", card->layout->list_title);
	if (add_list(card, "", "; ", TEXT_ITEMS, text) && buffer_append_text(text, "."))
		end_sentence(text);
	else
		text_truncate(text, begin);
}

/* A name like "first_load" as words; it comes from outside as well. */
static void add_name(const struct card *card, struct buffer *out, const char *name)
{
	char words[VALUE_BUDGET * 4];

	(void)snprintf(words, sizeof words, "%s", name);
	for (char *at = words; *at != '\0'; at++)
		if (*at == '_')
			*at = ' ';
	text_value(out, words, strlen(words), VALUE_BUDGET, card->markup);
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
static bool add_fact(const struct card *card, struct buffer *out, const json_t *fact)
{
	json_t *object = json_pack("{s:O}", "fact", fact);
	const struct template_facts only = { object, ~0U, 0, card->markup, false };
	bool good = template_fill(out, json_is_array(fact) ? "<{fact:names}>" : "<{fact:time}>", &only);

	json_decref(object);
	size_t size = json_array_size(fact) + json_object_size(fact);
	if (!good && size > 0)
		return buffer_printf(out, "%zu %s", size, size == 1 ? "entry" : "entries");
	return good;
}

/* All facts, as "name: value", for a kind that nobody wrote a layout for. */
static bool add_facts(const struct card *card, const char *before, const char *between, struct buffer *out)
{
	const struct template_facts facts = facts_of(card, false);
	size_t shown = 0;
	const char *name;
	json_t *fact;

	/* The type asks for it; nothing is changed. */
	json_object_foreach ((json_t *)(uintptr_t)facts.object, name, fact) {
		size_t begin = out->length;
		if (template_fact(&facts, name) == NULL || shown == PLAIN_FACTS_MOST)
			continue;
		(void)buffer_printf(out, "%s%s", shown == 0 ? "" : between, before);
		add_name(card, out, name);
		(void)buffer_append_text(out, ": ");
		if (add_fact(card, out, fact))
			shown++;
		else
			text_truncate(out, begin);
	}
	return shown > 0;
}

static void add_notes(const struct card *card, struct buffer *notes)
{
	if (card_is_late(card)) {
		(void)buffer_append_text(notes, " (delayed: this happened at ");
		text_time(notes, card->message->created_ms);
		(void)buffer_append_text(notes, ")");
	}
	if (card->message->possibly_repeated)
		(void)buffer_append_text(notes, " (may be a repeat)");
}

void card_text(const struct card *card, size_t budget, struct buffer *text)
{
	const struct template_facts facts = facts_of(card, false);
	const struct layout *layout = card->layout;
	struct buffer notes;

	buffer_clear(text);
	if (layout != NULL) {
		add_sentence(text, layout->headline, &facts);
		for (size_t i = 0; i < layout->line_count; i++)
			add_sentence(text, layout->lines[i].text, &facts);
		add_listed_sentence(card, text);
		add_sentence(text, layout->action, &facts);
	}
	/* A wording of which nothing is left would be an empty message. */
	if (text->length == 0) {
		add_shouted(text, card->message->kind);
		(void)add_facts(card, "", "; ", text);
	}
	buffer_init(&notes, 256);
	add_notes(card, &notes);
	text_cut(text, budget - notes.length, card->markup);
	(void)buffer_append_text(text, buffer_text(&notes));
	buffer_free(&notes);
}

bool card_field(const struct card *card, size_t number, struct buffer *value)
{
	const struct template_facts facts = facts_of(card, true);

	return template_fill(value, card->layout->fields[number].text, &facts);
}

bool card_list(const struct card *card, const char *before, const char *between, size_t most, struct buffer *text)
{
	if (card->layout == NULL)
		return add_facts(card, before, between, text);
	return card->layout->list != NULL && add_list(card, before, between, most, text);
}

const char *card_account_id(const struct card *card)
{
	const char *text = json_string_value(json_object_get(card->message->facts, "account_id"));

	if (text == NULL || *text == '\0' || strlen(text) > ID_LENGTH_MOST)
		return NULL;
	for (const char *at = text; *at != '\0'; at++)
		if (!(*at >= 'A' && *at <= 'Z') && !(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9') &&
			*at != '_' && *at != '-')
			return NULL;
	return text;
}

bool card_event(const struct card *card, struct buffer *text)
{
	const struct template_facts facts = facts_of(card, false);

	return template_fill(text, "event {event}", &facts);
}
