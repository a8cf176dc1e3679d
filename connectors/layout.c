#include "connectors/layout.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"

static const char *const severities[SEVERITY_COUNT] = { "info", "good", "warning", "danger" };

const char *severity_name(enum severity severity)
{
	return severities[severity];
}

enum severity severity_find(const char *name)
{
	unsigned severity = 0;

	while (severity < SEVERITY_COUNT && strcmp(severities[severity], name) != 0)
		severity++;
	return (enum severity)severity;
}

struct layout *layout_find(const struct layouts *layouts, const char *kind)
{
	for (size_t i = 0; layouts != NULL && i < layouts->count; i++)
		if (strcmp(layouts->all[i].kind, kind) == 0)
			return &layouts->all[i];
	return NULL;
}

struct layout *layout_add(struct layouts *layouts, const char *kind)
{
	layouts->all = memory_resize(layouts->all, (layouts->count + 1) * sizeof *layouts->all);
	struct layout *layout = &layouts->all[layouts->count++];
	*layout = (struct layout){ .kind = memory_copy_text(kind) };
	return layout;
}

void layout_set_part(struct layout_part **parts, size_t *count, const char *name, const char *text)
{
	size_t at = 0;

	while (at < *count && strcmp((*parts)[at].name, name) != 0)
		at++;
	if (*text == '\0') {
		if (at == *count)
			return;
		free((*parts)[at].name);
		free((*parts)[at].text);
		memmove(&(*parts)[at], &(*parts)[at + 1], (*count - at - 1) * sizeof **parts);
		--*count;
		return;
	}
	if (at == *count) {
		*parts = memory_resize(*parts, (*count + 1) * sizeof **parts);
		(*parts)[(*count)++] = (struct layout_part){ memory_copy_text(name), NULL };
	}
	free((*parts)[at].text);
	(*parts)[at].text = memory_copy_text(text);
}

static void clear_parts(struct layout_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(parts[i].name);
		free(parts[i].text);
	}
	free(parts);
}

void layouts_clear(struct layouts *layouts)
{
	for (size_t i = 0; i < layouts->count; i++) {
		struct layout *layout = &layouts->all[i];
		free(layout->kind);
		free(layout->headline);
		free(layout->action);
		free(layout->follows);
		free(layout->mutes);
		free(layout->list);
		free(layout->list_title);
		free(layout->list_item);
		clear_parts(layout->lines, layout->line_count);
		clear_parts(layout->fields, layout->field_count);
	}
	free(layouts->all);
	*layouts = (struct layouts){ NULL, 0 };
}
