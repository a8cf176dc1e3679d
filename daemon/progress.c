#include "daemon/progress.h"

#include <stddef.h>

#include "daemon/loop.h"

static LIST_HEAD(works, progress) works = LIST_HEAD_INITIALIZER(works);

void progress_begin(struct progress *progress, const char *what)
{
	if (progress->what == NULL)
		LIST_INSERT_HEAD(&works, progress, link);
	progress->what = what;
	progress->moved_ms = loop_monotonic_ms();
}

void progress_move(struct progress *progress)
{
	progress->moved_ms = loop_monotonic_ms();
}

void progress_end(struct progress *progress)
{
	if (progress->what != NULL)
		LIST_REMOVE(progress, link);
	progress->what = NULL;
}

const struct progress *progress_stalled(int64_t now_ms)
{
	const struct progress *progress;

	LIST_FOREACH(progress, &works, link)
	if (now_ms - progress->moved_ms > PROGRESS_LIMIT_MS)
		return progress;
	return NULL;
}
