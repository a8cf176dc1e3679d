/* progress.h - the work under way and when it last moved: what does not move any more must not look alive to systemd. */
#ifndef DAEMON_PROGRESS_H
#define DAEMON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* Longer than the longest time-out that any piece of work has of its own (a statement's 11 minutes): what stands still for
 * so long has lost the timer or the descriptor that would have gone on with it. */
enum { PROGRESS_LIMIT_MS = 15 * 60 * 1000 };

/* Lives in whoever does the work. All zero: not under way. */
struct progress {
	LIST_ENTRY(progress) link;
	const char *what; /* "reading a stream"; not copied; NULL: not under way */
	int64_t moved_ms; /* monotonic */
};

/* Each may be called in any state: to begin twice is a move, to end twice nothing. */
void progress_begin(struct progress *progress, const char *what);
void progress_move(struct progress *progress);
void progress_end(struct progress *progress);

/* Some piece of work that has not moved within the limit before `now_ms`; NULL: there is none. */
const struct progress *progress_stalled(int64_t now_ms);

#endif
