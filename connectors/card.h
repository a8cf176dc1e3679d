/* card.h - what a message says, in parts that every kind of destination can show: a text that is complete by itself,
 * and the same facts in order. */
#ifndef CONNECTORS_CARD_H
#define CONNECTORS_CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/layout.h"
#include "connectors/messenger.h"
#include "connectors/text.h"

/* A layout's list_item that stands for the headline of an entry's own kind: {"kind", "facts"}. */
#define CARD_HEADLINE "@headline"

/* A view of a message for some readers in some destination's markup. */
struct card {
	const struct message *message;
	const struct layout *layout; /* NULL: a kind that nobody wrote a layout for is shown by its facts */
	const struct text_markup *markup;
	unsigned visible, withheld; /* classes of facts, see template.h */
};

/* Nobody sees what the kind's audience may not see, nor what `readers` may not see. */
struct card card_of(const struct message *message, enum audience readers, const struct text_markup *markup);

/* The message as one escaped paragraph of at most `budget` code points, with a note when it is late or may be a repeat:
 * screen readers, notification pop-ups and plain messages have nothing else. */
void card_text(const struct card *card, size_t budget, struct buffer *text);
/* Appends the layout's field of that number (below layout->field_count); false when it misses something. */
bool card_field(const struct card *card, size_t number, struct buffer *value);
/* Appends the layout's list, or of a kind without layout its facts, an entry after `before` with `between` them; at most
 * `most` entries and how many more there are. False when there is none. */
bool card_list(const struct card *card, const char *before, const char *between, size_t most, struct buffer *text);
/* Whether it comes so late that its readers must be told. */
bool card_is_late(const struct card *card);
/* The account's id as it may stand in a link, or NULL: links are made of a configured base and an id, never of an address
 * that somebody wrote into the CRM. */
const char *card_account_id(const struct card *card);
/* The event's id, safe to show; false when there is none. */
bool card_event(const struct card *card, struct buffer *text);

#endif
