#include "daemon/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/channel.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/progress.h"

enum {
	LEASE_S = 120, /* longer than any delivery takes; a dead sender's rows wait no longer */
	LOOK_AT_LEAST_EVERY_MS = 60000,
	LOOK_AGAIN_MS = 5000, /* after a failed look */
	LOOK_NO_SOONER_MS = 100,
	SOON_MS = 1500,
};

struct outbox {
	struct event_base *base;
	struct db *db;
	struct http *http;
	struct outbox_events events;
	char *claimant;
	struct channel **channels;
	size_t count;
	struct event *timer;
	struct progress progress; /* of a look */
	bool looking;             /* a claim, or the question when to claim next, is under way */
	bool again;               /* look once more after it */
	bool stopped;
	int64_t asked_ms; /* monotonic: when we last asked what is due next, for the channels that were free then */
};

static void look(struct outbox *outbox);

static void on_given_back(void *context, const PGresult *result, const struct failure *failure)
{
	(void)context;
	if (result == NULL)
		log_write(LOG_LEVEL_WARNING, "release_failed", NULL,
			"the database could not be told of a message that was given back: %s", failure->text);
}

static struct channel *find_channel(struct outbox *outbox, const char *name)
{
	for (size_t i = 0; i < outbox->count; i++)
		if (strcmp(channel_name(outbox->channels[i]), name) == 0)
			return outbox->channels[i];
	return NULL;
}

static void give_back(struct outbox *outbox, const char *outbox_id)
{
	const char *values[] = { outbox->claimant, outbox_id };

	db_query(outbox->db, "SELECT advocacy.outbox_release($1::text, ARRAY[$2::bigint])", 2, values,
		on_given_back, outbox);
}

/* See channel_take. */
static void take_message(struct outbox *outbox, const PGresult *result, int row)
{
	struct channel *channel = find_channel(outbox, PQgetvalue(result, row, 2));

	/* While the claim was under way we were stopped, or a reload took the channel away, and its settings with it. */
	if (outbox->stopped || channel == NULL || !channel_is_open(channel))
		give_back(outbox, PQgetvalue(result, row, 0));
	else
		channel_take(channel, result, row);
}

static bool is_free(const struct channel *channel)
{
	return channel_is_open(channel) && channel_ready_ms(channel) <= loop_monotonic_ms();
}

/* It had had a message a moment before we asked what is due next, so it was not asked for. It may be ready by the time
 * the answer is here: nobody else would look for its messages then. */
static bool was_cooling(const struct outbox *outbox, const struct channel *channel)
{
	return channel_is_open(channel) && channel_ready_ms(channel) > outbox->asked_ms;
}

/* The channels that can take a message now, as a PostgreSQL array; names need no quotes (config.h). A busy one's verdict
 * makes us look again, a cooling one's timer. */
static size_t list_free_channels(const struct outbox *outbox, struct buffer *list)
{
	size_t count = 0;

	(void)buffer_append_text(list, "{");
	for (size_t i = 0; i < outbox->count; i++)
		if (is_free(outbox->channels[i]))
			(void)buffer_printf(
				list, "%s%s", count++ == 0 ? "" : ",", channel_name(outbox->channels[i]));
	(void)buffer_append_text(list, "}");
	return count;
}

/* Arms the timer for the first channel that gets ready again, or whose verdict has to be recorded again; no later than
 * `most_ms` from now. Returns whether there is one that gets ready. */
static bool arm(struct outbox *outbox, int64_t most_ms)
{
	int64_t now_ms = loop_monotonic_ms(), wait_ms = most_ms;
	bool any_cooling = false;

	for (size_t i = 0; i < outbox->count; i++) {
		const struct channel *channel = outbox->channels[i];
		if (channel_is_unrecorded(channel) && wait_ms > LOOK_AGAIN_MS)
			wait_ms = LOOK_AGAIN_MS;
		if (!was_cooling(outbox, channel))
			continue;
		any_cooling = true;
		if (channel_ready_ms(channel) - now_ms < wait_ms)
			wait_ms = channel_ready_ms(channel) - now_ms;
	}
	loop_arm(outbox->timer, wait_ms);
	return any_cooling;
}

static void tell_idle(struct outbox *outbox)
{
	if (outbox->events.idle != NULL)
		outbox->events.idle(outbox->events.context);
}

static void on_next(void *context, const PGresult *result, const struct failure *failure)
{
	struct outbox *outbox = context;
	int64_t wait_ms = LOOK_AT_LEAST_EVERY_MS;
	bool nothing_due = result != NULL && PQgetisnull(result, 0, 0);

	(void)failure;
	outbox->looking = false;
	progress_end(&outbox->progress);
	if (outbox->again || outbox->stopped) {
		outbox->again = false;
		look(outbox);
		return;
	}
	if (result == NULL)
		wait_ms = LOOK_AGAIN_MS;
	else if (!nothing_due && strtoll(PQgetvalue(result, 0, 0), NULL, 10) < wait_ms)
		wait_ms = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	/* A row that is due although it was not claimed belongs to a rival: asking at once would only turn in a circle. */
	bool any_cooling = arm(outbox, wait_ms > LOOK_NO_SOONER_MS ? wait_ms : LOOK_NO_SOONER_MS);
	/* What is deferred past a moment counts as idle: the channel is closed or the time has not come. */
	bool nothing_soon = nothing_due || wait_ms > SOON_MS;
	if (result != NULL && nothing_soon && !any_cooling && !outbox_is_busy(outbox))
		tell_idle(outbox);
}

static void ask_next(struct outbox *outbox)
{
	struct buffer list;

	buffer_init(&list, 64 * 1024);
	outbox->asked_ms = loop_monotonic_ms();
	(void)list_free_channels(outbox, &list);
	const char *values[] = { buffer_text(&list) };
	db_query(outbox->db,
		"SELECT CASE WHEN n.at IS NOT NULL THEN"
		" (greatest(0, least(extract(epoch FROM n.at - clock_timestamp()), 86400)) * 1000)::bigint END"
		" FROM advocacy.outbox_next_at($1::text[]) AS n (at)",
		1, values, on_next, outbox);
	buffer_free(&list);
}

static void on_claimed(void *context, const PGresult *result, const struct failure *failure)
{
	struct outbox *outbox = context;

	if (result == NULL) {
		outbox->looking = false;
		progress_end(&outbox->progress);
		log_write(
			LOG_LEVEL_WARNING, "claim_failed", NULL, "the outbox could not be read: %s", failure->text);
		loop_arm(outbox->timer, LOOK_AGAIN_MS);
		/* Who waits for the end of all deliveries would wait for ever. */
		if (outbox->stopped || failure->kind == FAILURE_PERMANENT)
			tell_idle(outbox);
		return;
	}
	progress_move(&outbox->progress);
	for (int row = 0; row < PQntuples(result); row++)
		take_message(outbox, result, row);
	ask_next(outbox);
}

static void claim(struct outbox *outbox)
{
	struct buffer list;
	char lease[24];

	buffer_init(&list, 64 * 1024);
	if (list_free_channels(outbox, &list) == 0) {
		ask_next(outbox);
	} else {
		(void)snprintf(lease, sizeof lease, "%d seconds", LEASE_S);
		const char *values[] = { outbox->claimant, buffer_text(&list), lease };
		db_query(outbox->db,
			"SELECT outbox_id, kind, channel, facts, attempts, possibly_repeated,"
			" (extract(epoch FROM created_at) * 1000)::bigint, recipient, recipient_user, "
			"recipient_place,"
			" thread_place, thread_id, is_edit, (extract(epoch FROM lost_at) * 1000)::bigint"
			" FROM advocacy.outbox_claim($1::text, $2::text[], $3::interval)",
			3, values, on_claimed, outbox);
	}
	buffer_free(&list);
}

static void look(struct outbox *outbox)
{
	if (outbox->stopped) {
		if (!outbox_is_busy(outbox))
			tell_idle(outbox);
		return;
	}
	if (!db_is_connected(outbox->db))
		return;
	if (outbox->looking) {
		outbox->again = true;
		return;
	}
	outbox->looking = true;
	progress_begin(&outbox->progress, "looking for messages");
	claim(outbox);
}

static void on_timer(evutil_socket_t descriptor, short what, void *context)
{
	struct outbox *outbox = context;

	(void)descriptor;
	(void)what;
	for (size_t i = 0; i < outbox->count; i++)
		channel_record(outbox->channels[i]);
	look(outbox);
}

struct outbox *outbox_new(struct event_base *base, struct db *db, struct http *http, const char *claimant,
	const struct outbox_events *events)
{
	struct outbox *outbox = memory_allocate(sizeof *outbox);

	outbox->base = base;
	outbox->db = db;
	outbox->http = http;
	outbox->claimant = memory_copy_text(claimant);
	outbox->events = *events;
	outbox->timer = loop_timer(base, on_timer, outbox);
	return outbox;
}

struct outbox *outbox_free(struct outbox *outbox)
{
	if (outbox == NULL)
		return NULL;
	progress_end(&outbox->progress);
	for (size_t i = 0; i < outbox->count; i++)
		outbox->channels[i] = channel_free(outbox->channels[i]);
	free(outbox->channels);
	outbox->timer = loop_event_free(outbox->timer);
	free(outbox->claimant);
	free(outbox);
	return NULL;
}

static void on_ended(void *context)
{
	look(context);
}

static void on_unrecorded(void *context)
{
	const struct outbox *outbox = context;

	loop_arm(outbox->timer, LOOK_AGAIN_MS);
}

void outbox_configure(struct outbox *outbox, const struct config *config)
{
	for (size_t i = 0; i < outbox->count; i++)
		channel_configure(outbox->channels[i], NULL, NULL);
	for (size_t i = 0; i < config->channel_count; i++) {
		const struct config_channel *configured = &config->channels[i];
		struct channel *channel = find_channel(outbox, configured->name);
		if (channel == NULL) {
			channel = channel_new(configured->name, &(struct channel_settings){ .db = outbox->db,
									.http = outbox->http,
									.claimant = outbox->claimant,
									.context = outbox,
									.ended = on_ended,
									.unrecorded = on_unrecorded });
			outbox->channels =
				memory_resize(outbox->channels, (outbox->count + 1) * sizeof *outbox->channels);
			outbox->channels[outbox->count++] = channel;
		}
		channel_configure(channel, configured, &config->layouts);
	}
}

void outbox_wake(struct outbox *outbox)
{
	/* Verdicts that a lost link kept go first: else their rows would be taken for a dead sender's. */
	for (size_t i = 0; i < outbox->count; i++)
		channel_record(outbox->channels[i]);
	look(outbox);
}

void outbox_stop(struct outbox *outbox)
{
	outbox->stopped = true;
}

bool outbox_is_busy(const struct outbox *outbox)
{
	if (outbox->looking)
		return true;
	for (size_t i = 0; i < outbox->count; i++)
		if (channel_is_busy(outbox->channels[i]))
			return true;
	return false;
}
