/* due.h - which of a source's streams has its turn next. */
#ifndef DAEMON_DUE_H
#define DAEMON_DUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/stream.h"

/* Whose changes are to be read first, though perhaps not yet; `once`: of those that have not run. NULL: none. */
struct stream *due_changes(struct stream *streams, size_t count, bool once);
/* Whose records at risk are to be asked for now (monotonic, in ms), by `policy` as config_policy.h tells it: in any stream that
 * goes before a first load, which may take hours. Marks as looked at where there is nothing to ask for. NULL: none. */
struct stream *due_look(struct stream *streams, size_t count, const json_t *policy, int64_t now_ms);
/* Whose records are all to be read first, though perhaps not yet, or never. NULL: there is no stream. */
struct stream *due_full(struct stream *streams, size_t count);

#endif
