/* slack_template.h - sentences with places for facts; a fact that is missing takes its clause along. */
#ifndef CONNECTORS_SLACK_TEMPLATE_H
#define CONNECTORS_SLACK_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "connectors/buffer.h"

/* Facts as a template sees them. Nothing in them can be too odd: what is not of a kind that a place can show
 * counts as missing. */
struct slack_facts {
	const json_t *object;
	bool withheld; /* what tells of an account's health counts as missing; {withheld} is there instead */
	bool dates;    /* times as Slack's date markup (blocks), else in UTC (the message's text) */
};

/* Appends the template with its places filled:
 *
 *	{name} {name:form}   the fact, made safe; missing when it isn't there
 *	[clause|other]       the first of the clauses that misses nothing, or nothing at all
 *	<clause|other>       the same, but when each misses something, so does what is around it
 *
 * Forms: text (the default), long, number, names, time, duration, words, activity, rule, signal, metric,
 *team, asks, remedy, is, flag, count, records; slack_template.c says what each does. Values are never read as
 *templates. False, with nothing appended, when something is missing outside of every bracket. */
bool slack_template(struct buffer *out, const char *template, const struct slack_facts *facts)
	__attribute__((warn_unused_result));

/* The fact, or NULL when it is missing, null or withheld. */
const json_t *slack_fact(const struct slack_facts *facts, const char *name);

/* Whether a fact of this name tells of an account's health. */
bool slack_fact_is_sensitive(const char *name);

#endif
