/* db_played.h - the database and the time of what is tested are played here: each statement lies until a test answers it,
 * and a timer comes with the loop's next turn, for which the clock is set forward to it. Included by the tests of what a source's
 * work is made of. */
#ifndef TESTS_UNIT_DB_PLAYED_H
#define TESTS_UNIT_DB_PLAYED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/loop.h"
#include "tests/unit/statements_played.h"

enum {
	WALL_S_AHEAD = 1795000000, /* of the wall clock, before the monotonic one: the middle of a day */
};

/* ---- the clocks, and the timers ---- */

static struct event_base *base;
static int64_t clock_ms;
static int64_t pending_ms; /* until the timer that was armed last */
static int64_t waited_ms;  /* for all timers that came, together */

int64_t loop_monotonic_ms(void)
{
	return clock_ms;
}

int64_t loop_wall_ms(void)
{
	return (int64_t)WALL_S_AHEAD * 1000 + clock_ms;
}

/* Without jitter. */
int64_t loop_backoff_ms(unsigned attempt, int64_t first_ms, int64_t most_ms)
{
	int64_t ms = first_ms << (attempt - 1);

	return ms < most_ms ? ms : most_ms;
}

int64_t loop_retry_ms(unsigned attempt)
{
	return loop_backoff_ms(attempt, 5000, (int64_t)15 * 60 * 1000);
}

struct event *loop_timer(struct event_base *of, event_callback_fn callback, void *context)
{
	return evtimer_new(of, callback, context);
}

void loop_arm(struct event *timer, int64_t ms)
{
	pending_ms = ms > 0 ? ms : 0;
	(void)event_add(timer, &(struct timeval){ 0, 0 });
}

struct event *loop_event_free(struct event *event)
{
	if (event != NULL)
		event_free(event);
	return NULL;
}

static inline void turn_loop(void)
{
	clock_ms += pending_ms;
	waited_ms += pending_ms;
	pending_ms = 0;
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

/* ---- the database ---- */

static inline void play_begin(void)
{
	base = event_base_new();
	clock_ms = 1000000;
	pending_ms = waited_ms = 0;
	asked = answered = 0;
	connected = true;
}

static inline void play_end(void)
{
	event_base_free(base);
}

static inline bool is_asked(void)
{
	return answered < asked;
}

/* The statement whose turn it is, which calls that function (or names that table). */
static inline const struct statement *expect(const char *name)
{
	if (!is_asked())
		fail_msg("%s is not asked for", name);
	if (strstr(statements[answered].sql, name) == NULL)
		fail_msg("'%s' is asked instead of %s", statements[answered].sql, name);
	return &statements[answered];
}

/* Answers it with `rows` rows of these columns; NULL is SQL NULL. */
static inline void answer(int rows, int columns, const char *const *names, const char *const *texts)
{
	const struct statement *statement = &statements[answered++];
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc attributes[VALUES_MOST] = { 0 };
	char name[VALUES_MOST][32], text[400];

	assert_in_range(columns, 0, VALUES_MOST);
	for (int column = 0; column < columns; column++) {
		(void)snprintf(name[column], sizeof name[column], "%s", names[column]);
		attributes[column].name = name[column];
	}
	assert_int_equal(1, PQsetResultAttrs(result, columns, attributes));
	for (int i = 0; i < rows * columns; i++) {
		(void)snprintf(text, sizeof text, "%s", texts[i] == NULL ? "" : texts[i]);
		int length = texts[i] == NULL ? -1 : (int)strlen(text);
		assert_int_equal(1, PQsetvalue(result, i / columns, i % columns, text, length));
	}
	statement->done(statement->context, result, NULL);
	PQclear(result);
}

static inline void answer_one(const char *text)
{
	answer(1, 1, (const char *const[]){ "x" }, &text);
}

static inline void answer_nothing(void)
{
	answer(0, 2, (const char *const[]){ "x", "y" }, NULL);
}

static inline void answer_failure(void)
{
	const struct statement *statement = &statements[answered++];

	statement->done(statement->context, NULL, &(struct failure){ .kind = FAILURE_PERMANENT, .text = "played" });
}

#endif
