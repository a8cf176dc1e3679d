/* test_dry_run.c - when a dry run is over, and as what. The sources' work is played. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sysexits.h>

#include "daemon/difference.h"
#include "daemon/dry_run.h"
#include "daemon/loop.h"
#include "daemon/schedule.h"

enum { SOURCES = 2, SHORT_MS = 200 /* stands for any time that somebody has patience for */ };

/* ---- the time ---- */

void loop_arm(struct event *timer, int64_t ms)
{
	struct timeval after = { 0, (ms > 1000 ? SHORT_MS : ms) * 1000 };

	(void)event_add(timer, &after);
}

struct event *loop_timer(struct event_base *base, event_callback_fn callback, void *context)
{
	return evtimer_new(base, callback, context);
}

struct event *loop_event_free(struct event *event)
{
	if (event != NULL)
		event_free(event);
	return NULL;
}

int64_t loop_monotonic_ms(void)
{
	return 0;
}

int64_t loop_wall_ms(void)
{
	return 0;
}

/* ---- HTTP, of which nothing is wanted ---- */

struct http *http_new(struct event_base *base)
{
	(void)base;
	return NULL;
}

void http_configure(struct http *http, const struct config_daemon *daemon)
{
	(void)http;
	(void)daemon;
}

struct http *http_free(struct http *http)
{
	return http;
}

struct config *config_free(struct config *config)
{
	(void)config;
	return NULL;
}

/* ---- the sources' work: a script of steps, one a turn of the loop ---- */

struct schedule {
	struct schedule_events events;
	struct event *step;
	const char *
		script; /* c: connected, l: link lost, s: shows a difference, f: through, !: through, and failed; _: waits, -: nothing */
	bool connected, finished, succeeded, link_told, freed;
};

static struct schedule schedules[SOURCES];
static int started, shown;

static void step(evutil_socket_t descriptor, short what, void *context)
{
	struct schedule *schedule = context;
	char letter = *schedule->script;

	(void)descriptor;
	(void)what;
	if (letter == '\0')
		return;
	schedule->script++;
	loop_arm(schedule->step, letter == '_' ? SHORT_MS / 2 : 0);
	if (letter == 's')
		schedule->events.previewed(schedule->events.context, "crm", "account", "{}");
	if (letter == 'c' || letter == 'l') {
		schedule->connected = letter == 'c';
		schedule->events.changed(schedule->events.context);
	}
	if (letter == 'f' || letter == '!') {
		schedule->finished = true;
		schedule->succeeded = letter == 'f';
		schedule->events.finished(schedule->events.context);
	}
}

struct schedule *schedule_start(const struct schedule_settings *settings, const struct schedule_events *events)
{
	struct schedule *schedule = &schedules[started++];

	assert_true(settings->once);
	assert_true(settings->dry_run);
	schedule->events = *events;
	schedule->step = loop_timer(settings->base, step, schedule);
	loop_arm(schedule->step, 0);
	return schedule;
}

struct schedule *schedule_free(struct schedule *schedule)
{
	schedule->step = loop_event_free(schedule->step);
	schedule->freed = true;
	return NULL;
}

bool schedule_finished(const struct schedule *schedule)
{
	return schedule->finished;
}

bool schedule_succeeded(const struct schedule *schedule)
{
	return schedule->succeeded;
}

enum schedule_state schedule_state(const struct schedule *schedule)
{
	return schedule->connected ? SCHEDULE_LOADING : SCHEDULE_CONNECTING;
}

void schedule_tell_link(struct schedule *schedule)
{
	schedule->link_told = true;
}

void difference_print(const char *source, const char *stream, const char *difference)
{
	assert_string_equal(source, "crm");
	assert_string_equal(stream, "account");
	assert_string_equal(difference, "{}");
	shown++;
}

static int run(const char *one, const char *other)
{
	struct config_source sources[SOURCES] = { { .name = NULL } };
	struct config config = { .sources = sources, .source_count = SOURCES };

	memset(schedules, 0, sizeof schedules);
	started = shown = 0;
	schedules[0].script = one;
	schedules[1].script = other;
	int status = dry_run(&config);
	assert_int_equal(started, SOURCES);
	assert_true(schedules[0].freed && schedules[1].freed);
	return status;
}

static void it_ends_when_all_are_through(void **state)
{
	(void)state;
	assert_int_equal(run("csf", "css_sf"), EX_OK);
	assert_int_equal(shown, 4);
}

static void it_fails_when_one_does(void **state)
{
	(void)state;
	assert_int_equal(run("cs!", "csf"), EXIT_FAILURE);
	assert_int_equal(run("csf", "cs!"), EXIT_FAILURE);
}

static void without_a_database_it_gives_up(void **state)
{
	(void)state;
	assert_int_equal(run("-", "-"), EX_UNAVAILABLE);
	assert_true(schedules[0].link_told && schedules[1].link_told);
	/* Also where one is through, or the link is lost on the way. */
	assert_int_equal(run("csf", "-"), EX_UNAVAILABLE);
	assert_int_equal(run("csf", "cl"), EX_UNAVAILABLE);
}

static void a_link_that_comes_and_goes_is_not_waited_for_for_ever(void **state)
{
	(void)state;
	assert_int_equal(run("l_l_l_l_l_l_", "cf"), EX_UNAVAILABLE);
	assert_int_not_equal('\0', *schedules[0].script);
}

static void who_is_through_needs_no_database(void **state)
{
	(void)state;
	assert_int_equal(run("csfl", "c___f"), EX_OK);
}

static void what_takes_long_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(run("c___f", "cf"), EX_OK);
	assert_int_equal(run("cl_c___f", "cf"), EX_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_when_all_are_through),
		cmocka_unit_test(it_fails_when_one_does),
		cmocka_unit_test(without_a_database_it_gives_up),
		cmocka_unit_test(a_link_that_comes_and_goes_is_not_waited_for_for_ever),
		cmocka_unit_test(who_is_through_needs_no_database),
		cmocka_unit_test(what_takes_long_is_waited_for),
	};

	return cmocka_run_group_tests_name("dry_run", tests, NULL, NULL);
}
