#include "daemon/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static void give_up(void)
{
	fputs("advocated: can't arm a timer\n", stderr);
	abort();
}

void loop_arm(struct event *timer, int64_t ms)
{
	struct timeval after = { 0, 0 };

	if (ms > 0) {
		after.tv_sec = ms / 1000;
		after.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	}
	if (event_add(timer, &after) != 0)
		give_up();
}

struct event *loop_timer(struct event_base *base, event_callback_fn callback, void *context)
{
	struct event *timer = evtimer_new(base, callback, context);

	if (timer == NULL)
		give_up();
	return timer;
}

struct event *loop_event_free(struct event *event)
{
	if (event != NULL)
		event_free(event);
	return NULL;
}

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t loop_monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t loop_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t loop_backoff_ms(unsigned attempt, int64_t first_ms, int64_t most_ms)
{
	int64_t wait_ms = first_ms;
	uint32_t random;

	while (attempt-- > 1 && wait_ms < most_ms)
		wait_ms *= 2;
	if (wait_ms > most_ms)
		wait_ms = most_ms;
	/* Without randomness the waiters come back together: worse, not wrong. */
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
		random = 0;
	return wait_ms / 2 + (int64_t)(random % (uint64_t)(wait_ms / 2 + 1));
}

int64_t loop_retry_ms(unsigned attempt)
{
	return loop_backoff_ms(attempt, 5000, (int64_t)15 * 60 * 1000);
}
