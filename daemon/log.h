/* log.h - the one logging call: a level, an event's name, fields, a sentence. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* To the journal a field arrives as ADVOCATED_NAME=value. */
struct log_field {
	const char *name; /* "SOURCE": capitals, digits, '_' */
	const char *value;
};

/* LOG_FIELDS({ "SOURCE", name }, { "STREAM", stream }), or NULL for none. */
#define LOG_FIELDS(...) ((const struct log_field[]){ __VA_ARGS__, { (void *)0, (void *)0 } })

/* Finds out whether stderr is the journal (sd-daemon's JOURNAL_STREAM); lines less urgent than `level` are dropped.
 * May be called again to change the level. */
void log_open(enum log_level level);
bool log_is_journal(void); /* as log_open has found */

/* Writes one event. When stderr is the journal, as structured fields; else as one line on stderr, in which control
 * characters are escaped, so that CRM text can't forge a second line. `event` is a word for machines. Never pass a
 * secret, nor a URL that holds one. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
