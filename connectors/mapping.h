/* mapping.h - which remote field feeds which column or signal: a source's mapping file, parsed. */
#ifndef CONNECTORS_MAPPING_H
#define CONNECTORS_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/entity.h"
#include "connectors/failure.h"
#include "connectors/scale.h"

/* One line of the file. The right side is a remote field, optionally followed by "| in A, B": then the
 * column is a boolean, true where the field's text is exactly one of the words, and NULL stays NULL. What a signal's may
 * be followed by: scale.h.
 *
 *	[support_case]
 *	object = Case              the vendor's name of the object; optional
 *	closed = IsClosed
 *	escalated = Severity__c | in Sev1, Sev2
 *	[account]
 *	signal.health_score = Health_Score__c       a number that becomes a signal
 *	signal.health_score = Churn_Score__c | from 100 to 0
 *	example.health_score = 20 is 80             checked when the file is read; below the signal's line */
struct mapped_field {
	int column;   /* index among the entity's columns; -1 for a signal */
	char *signal; /* the signal's name; NULL for a column */
	char *remote;
	char **words;        /* of a column; NULL-terminated; NULL when there is no "| in" */
	struct scale *scale; /* of a signal; NULL: a number as it is */
	int line;            /* where it stands in the file, for messages */
};

/* What a record can be told, and the word that is written for it unless the mapping gives another. */
struct flag_state {
	const char *name, *word;
};

enum {
	FLAG_STATES_MOST = 17,
	FLAG_REASON_CHARACTERS =
		255, /* writeback_follow_requests cuts it there; so long is a text field of Salesforce's */
};

/* What records of one entity show: its states, and the mapping's keys for the fields. Of contacts and accounts whether
 * somebody may be asked (the names of advocate_availability.state, but for `hold`, which is never told); of requests what
 * has become of them. */
struct flag_kind {
	const struct flag_state *states;
	size_t count;
	const char *state, *since, *reason; /* keys; reason is NULL where there is no such field */
};

/* A section [write contact], [write account] or [write request]: where the records of that entity show their state. There is
 * no key for the reason of an availability: health, support and payment are nothing for a field that everybody reads.
 *
 *	[write contact]
 *	availability = Advocate_Status__c
 *	availability_since = Advocate_Since__c     optional; '| date' behind it for a field without a time of day
 *	suspended = On hold                        optional: another word than "Suspended"
 *	[write request]
 *	state = Reference_State__c
 *	reason = Reference_Reason__c               why it is refused, or waits */
struct mapping_write {
	bool present;
	int line;                                 /* of its first key */
	struct mapped_field state, since, reason; /* remote is NULL where it isn't written; column is -1 */
	bool since_is_day;
	char *words[FLAG_STATES_MOST]; /* by the kind's states; never NULL once mapping_write_check said yes */
};

struct mapping_entity {
	char *object; /* NULL: the connector's default */
	struct mapped_field *fields;
	size_t count;
	bool present; /* whether the file has this section at all */
	struct mapping_write write;
};

struct mapping {
	struct mapping_entity entities[ENTITY_COUNT];
};

struct mapping *mapping_new(void);
struct mapping *mapping_free(struct mapping *mapping); /* takes NULL, returns NULL */
/* Adds the line `key = value` of [section]. False, with what is wrong and what would be right in `failure`
 * (without file and line), for an unknown section or column, a second line for the same column, an empty or
 * malformed field name, or a "| in" on a column that isn't a boolean. */
bool mapping_set(struct mapping *mapping, const char *section, const char *key, const char *value, int line,
	struct failure *failure) __attribute__((warn_unused_result));

/* NULL: nothing is ever written into records of that entity. */
const struct flag_kind *flag_kind_of(enum entity entity);
/* Adds the line `key = value` of [write NAME], as mapping_set does. */
bool mapping_write_set(struct mapping *mapping, const char *name, const char *key, const char *value, int line,
	struct failure *failure) __attribute__((warn_unused_result));
/* Once all is read: fills in the words that weren't given. False, with what is wrong in `failure` and where in *ret_line, when
 * the section can't be worked with; above all when what is written would be read back as a column, a signal or a condition
 * of the same object's: the daemon would listen to itself. `default_object` is the connector's. An entity without the
 * section is good. */
bool mapping_write_check(struct mapping *mapping, enum entity entity,
	const char *(*default_object)(enum entity entity), int *ret_line, struct failure *failure)
	__attribute__((warn_unused_result));
void mapping_write_clear(struct mapping_write *write);

enum { MAPPING_FINGERPRINT_SIZE = 17 };

/* A text that stands for everything that decides what is read of `object` and where it goes; turning lines of the file
 * around changes nothing. A cursor carries it: with another mapping, records that did not change have fields that were
 * never asked for, so all is read again. */
void mapping_fingerprint(const struct mapping_entity *mapping, enum entity entity, const char *object,
	char text[static MAPPING_FINGERPRINT_SIZE]);

#endif
