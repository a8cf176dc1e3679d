/* fact.h - what each fact that a message may tell is about, and who may read that. */
#ifndef CONNECTORS_FACT_H
#define CONNECTORS_FACT_H

#include <stdbool.h>

/* Who a kind of message is for, and who reads a channel. Nobody sees a fact that one of the two may not see. */
enum audience {
	AUDIENCE_REP,     /* who asks for references: nothing about health, support, payment or people */
	AUDIENCE_CSM,     /* who looks after the account */
	AUDIENCE_PROGRAM, /* who runs the advocacy program */
	AUDIENCE_OPS,     /* who runs this program: nothing about customers' health, payment or people */
	AUDIENCE_COUNT,
};

/* "rep", "csm", "program", "ops". */
const char *audience_name(enum audience audience);
/* AUDIENCE_COUNT when there is none of that name. */
enum audience audience_find(const char *name);
/* The classes of facts that it may see, as bits. */
unsigned audience_sees(enum audience audience);

/* Whether a fact of that name is of one of the classes. What isn't known counts as internal: it is for those who may see
 * everything. */
bool fact_is_visible(const char *name, unsigned classes);
/* Whether its class was ever said. */
bool fact_is_known(const char *name);

#endif
