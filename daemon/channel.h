/* channel.h - one destination: renders and sends one message at a time, so that each keeps its order, and records what came
 * of it. */
#ifndef DAEMON_CHANNEL_H
#define DAEMON_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/config.h"
#include "daemon/db.h"
#include "daemon/http.h"

struct channel;

/* What is pointed to must outlive the channel. */
struct channel_settings {
	struct db *db;
	struct http *http;
	const char *claimant; /* see outbox_new */
	void *context;
	void (*ended)(void *context);      /* the verdict is recorded: the next message may come */
	void (*unrecorded)(void *context); /* it could not be: channel_record again, later */
};

/* `name` is copied. Takes no message before channel_configure. */
struct channel *channel_new(const char *name, const struct channel_settings *settings);
/* After the link's end. Takes NULL, returns NULL. */
struct channel *channel_free(struct channel *channel);
/* What it is from now on; both must stay until the next call. NULL: it stands in the configuration no more. A request
 * under way is judged by what it was sent with; a delivery of several is begun anew. */
void channel_configure(
	struct channel *channel, const struct config_channel *configured, const struct layouts *layouts);

/* Delivers a row of outbox_claim that is for this channel, which must be open. Columns: outbox_id, kind, channel, facts,
 * attempts, possibly_repeated, created (epoch ms), recipient, its user and place, thread's place and id, whether that is
 * edited, begin of a lost try (epoch ms). */
void channel_take(struct channel *channel, const PGresult *result, int row);
/* A verdict goes to the database as soon as there is one; what a lost link kept goes now. */
void channel_record(struct channel *channel);

const char *channel_name(const struct channel *channel);
/* From the claim until the verdict is recorded. */
bool channel_is_busy(const struct channel *channel);
/* Stands in the configuration, and has no message under way. */
bool channel_is_open(const struct channel *channel);
/* Monotonic: the destination wants no message before. */
int64_t channel_ready_ms(const struct channel *channel);
/* A verdict waits for channel_record. */
bool channel_is_unrecorded(const struct channel *channel);

#endif
