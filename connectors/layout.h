/* layout.h - how each kind of message is told, whatever the destination; the wording is the operator's. */
#ifndef CONNECTORS_LAYOUT_H
#define CONNECTORS_LAYOUT_H

#include <stddef.h>

#include "connectors/fact.h"

/* Never alone in saying how bad it is: the headline's first word does. */
enum severity { SEVERITY_INFO, SEVERITY_GOOD, SEVERITY_WARNING, SEVERITY_DANGER, SEVERITY_COUNT };

/* "info", "good", "warning", "danger". */
const char *severity_name(enum severity severity);
/* SEVERITY_COUNT when there is none of that name. */
enum severity severity_find(const char *name);

struct layout_part {
	char *name; /* of a field: the label that is shown */
	char *text;
};

/* All texts are templates (template.h); a part that misses something is left out. */
struct layout {
	char *kind;
	enum audience audience;
	enum severity severity;
	char *headline;            /* what happened */
	struct layout_part *lines; /* why, and what was done about it */
	size_t line_count;
	char *action; /* what is asked of whom, by when; NULL: nothing */
	struct layout_part *fields;
	size_t field_count;
	char *follows,
		*mutes; /* "a, b": the kinds of problem that it ends; those that it makes superfluous; NULL: none */
	char *list;     /* the fact that is a list of objects; NULL: none */
	char *list_title, *list_item;
};

struct layouts {
	struct layout *all;
	size_t count;
};

/* NULL when there is none of that kind, or `layouts` is NULL. */
struct layout *layout_find(const struct layouts *layouts, const char *kind);
/* Adds an empty one; the kind is copied. */
struct layout *layout_add(struct layouts *layouts, const char *kind);
/* Sets the part of that name, in its place or behind all others; an empty text takes it away. */
void layout_set_part(struct layout_part **parts, size_t *count, const char *name, const char *text);
/* Leaves it empty. */
void layouts_clear(struct layouts *layouts);

#endif
