#include "daemon/settle.h"

#include <string.h>

#include "daemon/loop.h"

enum {
	PAUSED_MS = 60 * 60 * 1000, /* a refused credential is probed once an hour, and at a reload */
	THROTTLED_MS = 60 * 1000,
};

/* Up to a tenth earlier, so that many sources and hosts don't march in step. */
static int64_t with_jitter(int64_t ms)
{
	return ms - ms / 5 + loop_backoff_ms(1, ms / 5, ms / 5);
}

static void delay_all(struct stream *streams, size_t count, int64_t until_ms)
{
	for (size_t i = 0; i < count; i++) {
		struct stream *stream = &streams[i];
		if (stream->next_ms < until_ms)
			stream->next_ms = until_ms;
		if (stream->full_ms < until_ms)
			stream->full_ms = until_ms;
	}
}

/* The next run after one that went well: the poll interval, longer when the day's calls would not last. */
static const char *settle_well(const struct allowance *allowance, size_t count, struct stream *stream,
	enum read_mode asked, struct sync_outcome *outcome)
{
	int64_t now_ms = loop_monotonic_ms(), full_ms = INT64_MAX;

	if (asked == READ_ALL)
		stream->full_failures = 0;
	else
		stream->failures = 0;
	if (outcome->mode == READ_ALL && outcome->complete) {
		stream->full_wanted = false;
		outcome->full_due_s = stream_full_every_s(stream) > 0 ? stream_full_every_s(stream) : -1;
	}
	if (outcome->full_due_s >= 0)
		full_ms = now_ms + with_jitter(outcome->full_due_s * 1000);
	/* A full read that fails waits as long as it has to, however often changes go well meanwhile. */
	if (stream->full_failures == 0 || full_ms > stream->full_ms)
		stream->full_ms = full_ms;
	if (asked == READ_CHANGES) {
		/* One large run (a first load, or after an outage) says nothing of the next; two in a row do. All the
		 * source's streams live on the same calls. */
		int64_t calls = outcome->calls < stream->calls_before ? outcome->calls : stream->calls_before;
		calls = (calls < 1 ? 1 : calls) * (int64_t)count;
		int64_t wait_s = allowance_wait_s(allowance, stream_purpose(stream), calls);
		stream->calls_before = outcome->calls;
		stream->next_ms = now_ms + with_jitter(wait_s * 1000);
	}
	if (allowance_left(allowance, stream_purpose(stream)) > 0)
		return "current";
	allowance_explain(allowance, &outcome->failure);
	return "throttled";
}

/* Rights that were taken, functions or tables of another version, a database that takes no writes or can't read its
 * disk: somebody mends that, and doesn't think of a reload. It costs a page to try. */
static bool is_mended_in_database(const struct failure *failure)
{
	static const char *const classes[] = { "25", "3F", "42", "58" }; /* of SQLSTATEs */

	if (failure->kind != FAILURE_PERMANENT || failure->http_status != 0 || strlen(failure->code) != 5)
		return false;
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		if (strncmp(failure->code, classes[i], 2) == 0)
			return true;
	return false;
}

const char *settle(const struct allowance *allowance, struct stream *streams, size_t count, struct stream *stream,
	enum read_mode asked, struct sync_outcome *outcome)
{
	int64_t now_ms = loop_monotonic_ms();
	int64_t poll_ms = allowance->source->poll_s * 1000;

	if (outcome->complete || outcome->yielded) {
		const char *state = settle_well(allowance, count, stream, asked, outcome);
		stream->failure = outcome->failure.kind;
		return state;
	}
	stream->failure = outcome->failure.kind;
	/* A full read beside the changes that fails must not hold them up: it alone waits. */
	bool was_full = asked == READ_ALL;
	int64_t *due_ms = was_full ? &stream->full_ms : &stream->next_ms;
	unsigned failures = was_full ? ++stream->full_failures : ++stream->failures;
	enum failure_kind kind =
		is_mended_in_database(&outcome->failure) ? FAILURE_TRANSIENT : outcome->failure.kind;
	switch (kind) {
	case FAILURE_CREDENTIALS:
		delay_all(streams, count, now_ms + PAUSED_MS);
		return "paused";
	case FAILURE_PERMANENT:
		*due_ms = now_ms + (poll_ms > PAUSED_MS ? poll_ms : PAUSED_MS);
		break;
	case FAILURE_THROTTLED: {
		int64_t wait_ms =
			outcome->failure.retry_after_s > 0 ? outcome->failure.retry_after_s * 1000 : THROTTLED_MS;
		/* The vendor's no is for the whole source; our own budget keeps some calls for what needs them more. */
		if (strcmp(outcome->failure.code, SYNC_CALLS_SPENT) == 0)
			*due_ms = now_ms + wait_ms;
		else
			delay_all(streams, count, now_ms + wait_ms);
		return "throttled";
	}
	default: {
		int64_t wait_ms = loop_retry_ms(failures);
		int64_t asked_ms = outcome->failure.retry_after_s * 1000;
		*due_ms = now_ms + (asked_ms > wait_ms ? asked_ms : wait_ms);
		break;
	}
	}
	/* A first load that failed is not to be begun at once as a full read that is due. */
	if (!was_full && outcome->mode == READ_ALL && stream->full_ms < stream->next_ms)
		stream->full_ms = stream->next_ms;
	return kind == FAILURE_PERMANENT ? "paused" : "retrying";
}
