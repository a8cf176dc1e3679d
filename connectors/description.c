#include "connectors/description.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectors/memory.h"
#include "connectors/utf8.h"

void description_init(struct description *description)
{
	*description = (struct description){ 0 };
}

void description_clear(struct description *description)
{
	free(description->notes);
	description_init(description);
}

void description_note(struct description *description, enum note_kind kind, const struct mapped_field *field,
	const char *format, ...)
{
	struct note *note;
	va_list arguments;

	description->notes =
		memory_resize(description->notes, (description->count + 1) * sizeof *description->notes);
	note = &description->notes[description->count++];
	*note = (struct note){ .kind = kind, .field = field };
	va_start(arguments, format);
	(void)vsnprintf(note->text, sizeof note->text, format, arguments);
	va_end(arguments);
	utf8_drop_cut(note->text);
}

const struct note *description_find(
	const struct description *description, enum note_kind kind, const struct mapped_field *field)
{
	for (size_t i = 0; i < description->count; i++)
		if (description->notes[i].kind == kind && description->notes[i].field == field)
			return &description->notes[i];
	return NULL;
}
