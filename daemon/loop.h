/* loop.h - small things every user of the event loop needs: one-shot timers and backoff. */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <event2/event.h>
#include <stdint.h>

/* Arms a one-shot timer `ms` milliseconds from now (0: the loop's next turn; negative counts as 0). Allocation
 * failure aborts: a lost timer would be a stall that nobody sees. */
void loop_arm(struct event *timer, int64_t ms);
/* A new unarmed one-shot timer; aborts instead of returning NULL. */
struct event *loop_timer(struct event_base *base, event_callback_fn callback, void *context);
/* Frees an event or timer; takes NULL, returns NULL. */
struct event *loop_event_free(struct event *event);

/* Milliseconds on the monotonic clock; for distances only. */
int64_t loop_monotonic_ms(void);
/* Milliseconds since the epoch; for facts only. */
int64_t loop_wall_ms(void);

/* How long to wait before try number `attempt` (1, 2, …): doubling from `first_ms` up to `most_ms`, with jitter over
 * the upper half, so that many waiters don't come back as one. */
int64_t loop_backoff_ms(unsigned attempt, int64_t first_ms, int64_t most_ms);
/* The same for a vendor that fails: from 5 seconds up to 15 minutes. */
int64_t loop_retry_ms(unsigned attempt);

#endif
