/* template.h - sentences with places for facts; a fact that is missing takes its clause along. */
#ifndef CONNECTORS_TEMPLATE_H
#define CONNECTORS_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "connectors/buffer.h"
#include "connectors/text.h"

/* Facts as a template sees them. Nothing in them can be too odd: what is not of a kind that a place can show
 * counts as missing. */
struct template_facts {
	const json_t *object;
	unsigned visible;  /* the classes of facts (fact.h) that are shown: others count as missing */
	unsigned withheld; /* those that the message has, but not for these readers */
	const struct text_markup *markup;
	bool dates; /* times in the markup's own way, else in UTC */
};

/* Appends the template with its places filled:
 *
 *	{name} {name:form}   the fact, made safe; missing when it isn't there
 *	{withheld}           nothing, and missing unless there is a fact that is kept from the readers
 *	[clause|other]       the first of the clauses that misses nothing, or nothing at all
 *	<clause|other>       the same, but when each misses something, so does what is around it
 *
 * The forms are in template.c. Values are never read as templates. False, with nothing appended, when something is
 * missing outside of every bracket. */
bool template_fill(struct buffer *out, const char *template, const struct template_facts *facts)
	__attribute__((warn_unused_result));

/* The fact, or NULL when it is missing, null or not for these readers. */
const json_t *template_fact(const struct template_facts *facts, const char *name);

enum { TEMPLATE_PROBLEM_SIZE = 160, TEMPLATE_LENGTH_MOST = 1000 };

/* Whether the template can be used with facts such as those of `sample` (NULL: with any that fact.h knows). False: `problem` says what is wrong with it, and
 * what would be right: a bracket that isn't closed, an unknown form or fact, too long a text. */
bool template_check(const char *template, const json_t *sample, char problem[static TEMPLATE_PROBLEM_SIZE])
	__attribute__((warn_unused_result));

#endif
