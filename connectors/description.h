/* description.h - what a vendor's metadata says against a mapping. */
#ifndef CONNECTORS_DESCRIPTION_H
#define CONNECTORS_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/mapping.h"

enum note_kind {
	NOTE_MISSING,    /* the object has no such field, or we may not see it: it can't be asked for */
	NOTE_TYPE,       /* its type can't become the column's */
	NOTE_CALCULATED, /* its value changes without the record's modified time: only reading all records shows it */
	NOTE_UNWRITABLE, /* a field of a flag can't be written, or not with these words */
};

struct note {
	enum note_kind kind;
	const struct mapped_field *field;
	char text[200]; /* in words, with the remote field's name: "Health__c is a formula ..." */
};

struct description {
	struct note *notes;
	size_t count;
	bool unchanged; /* the vendor says: as at the last time; then there are no notes */
};

void description_init(struct description *description);
/* Leaves it initialised. */
void description_clear(struct description *description);
void description_note(struct description *description, enum note_kind kind, const struct mapped_field *field,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The field's first note of that kind, or NULL. */
const struct note *description_find(
	const struct description *description, enum note_kind kind, const struct mapped_field *field);

#endif
