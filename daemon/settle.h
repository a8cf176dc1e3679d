/* settle.h - when a stream is due again, by how its run has ended. */
#ifndef DAEMON_SETTLE_H
#define DAEMON_SETTLE_H

#include "daemon/allowance.h"
#include "daemon/stream.h"
#include "daemon/sync.h"

/* Of all the source's `streams`, one of which is `stream`: a refused credential and the vendor's "not now" are for all of
 * them. `asked`: as which kind of run it was begun; one over changes may have had to read all. Returns the state that the
 * source is known under until then: current, throttled, retrying or paused. A run that went well and has used up the day's
 * calls is given a failure that says so. */
const char *settle(const struct allowance *allowance, struct stream *streams, size_t count, struct stream *stream,
	enum read_mode asked, struct sync_outcome *outcome);

#endif
