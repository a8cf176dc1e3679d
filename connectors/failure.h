/* failure.h - one struct that says what went wrong, and by its kind what to do about it. */
#ifndef CONNECTORS_FAILURE_H
#define CONNECTORS_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

/* Each kind means one action; whoever decides what happens next looks at nothing else. */
enum failure_kind {
	FAILURE_NONE,
	FAILURE_TRANSIENT,   /* back off and try again */
	FAILURE_THROTTLED,   /* wait retry_after_s, then go on where we were */
	FAILURE_EXPIRED,     /* the session ended: authorize once more, then repeat */
	FAILURE_CREDENTIALS, /* refused for good: pause the source, tell operations */
	FAILURE_PERMANENT,   /* asking again changes nothing: stop this stream, tell operations */
	FAILURE_DESTINATION, /* this destination is dead, its messages wait (deliveries only) */
	FAILURE_UNKNOWN,     /* sent, but the answer was lost (deliveries only) */
};

struct failure {
	enum failure_kind kind;
	int http_status;       /* 0 when no answer came */
	int64_t retry_after_s; /* 0: the caller's own backoff */
	char code[64];         /* the vendor's word or the SQLSTATE, empty when there is none */
	char text[480];        /* one sentence without secrets, printable, for a log line */
};

/* Fills `failure` (code and status are cleared). Control characters become spaces, bytes that are not UTF-8 '?'; a text
 * that is too long is cut between two characters. */
void failure_set(struct failure *failure, enum failure_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "where: " in front of the text; each layer may say where it was. */
void failure_prefix(struct failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The kind's name as it is stored in sync_stream.failure_kind, e.g. "transient". */
const char *failure_kind_name(enum failure_kind kind);

#endif
