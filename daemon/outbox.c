#include "daemon/outbox.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "connectors/messenger.h"
#include "daemon/counter.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/progress.h"

enum {
	LEASE_S = 120, /* longer than any delivery takes; a dead sender's rows wait no longer */
	LOOK_AT_LEAST_EVERY_MS = 60000,
	LOOK_AGAIN_MS = 5000, /* after a failed look */
	LOOK_NO_SOONER_MS = 100,
	SOON_MS = 1500,
	RETRY_FIRST_MS = 2000,
	RETRY_MOST_MS = 10 * 60 * 1000,
	BROKEN_S = 60 * 60, /* a dead channel is tried again once an hour */
	ANSWER_LIMIT = 64 * 1024,
	TEXT_LIMIT = 64 * 1024,
	VALUES_MOST = 7,
	QUESTIONS_MOST = 6, /* of one delivery: more would be a circle */
};

/* One destination: at most one message is under way to it, so each keeps its order. */
struct channel {
	struct outbox *outbox;
	char *name;
	const struct messenger *messenger;
	const void *settings;
	const struct layouts *layouts;
	bool configured;  /* it stands in the configuration in use */
	bool busy;        /* from the claim until the verdict is recorded */
	int64_t ready_ms; /* monotonic: not before then */

	/* The message under way. */
	char *outbox_id, *kind, *recipient, *thread_place, *thread_id;
	json_t *facts;
	bool is_edit;
	int64_t tried_ms;
	struct message_known known;
	unsigned questions; /* asked so far */
	bool possibly_repeated, plain;
	int64_t created_ms;
	unsigned attempts;
	struct transfer *transfer;
	struct progress sending;
	struct buffer answer, text;
	struct http_head_copy head;

	/* The verdict, kept until the database has it: it must survive a lost link. */
	char *verdict_sql, *verdict_values[VALUES_MOST];
	int verdict_count;
	bool verdict_asked; /* the statement is on its way */
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
static void send_message(struct channel *channel);

static void forget_verdict(struct channel *channel)
{
	free(channel->verdict_sql);
	channel->verdict_sql = NULL;
	for (int i = 0; i < channel->verdict_count; i++)
		free(channel->verdict_values[i]);
	channel->verdict_count = 0;
	channel->verdict_asked = false;
}

static void forget_message(struct channel *channel)
{
	forget_verdict(channel);
	free(channel->outbox_id);
	free(channel->kind);
	free(channel->recipient);
	free(channel->thread_place);
	free(channel->thread_id);
	json_decref(channel->facts);
	channel->outbox_id = channel->kind = channel->recipient = channel->thread_place = channel->thread_id = NULL;
	channel->known = (struct message_known){ 0 };
	channel->questions = 0;
	channel->facts = NULL;
	channel->transfer = http_cancel(channel->transfer);
	progress_end(&channel->sending);
	buffer_clear(&channel->answer);
	buffer_clear(&channel->text);
	channel->busy = channel->plain = false;
}

static struct channel *channel_free(struct channel *channel)
{
	forget_message(channel);
	buffer_free(&channel->answer);
	buffer_free(&channel->text);
	free(channel->name);
	free(channel);
	return NULL;
}

/* A verdict goes to the database as soon as there is one; a lost link keeps it until the next. */
static void on_recorded(void *context, const PGresult *result, const struct failure *failure)
{
	struct channel *channel = context;
	struct outbox *outbox = channel->outbox;

	channel->verdict_asked = false;
	if (result == NULL && failure->kind == FAILURE_TRANSIENT) {
		loop_arm(outbox->timer, LOOK_AGAIN_MS);
		return;
	}
	if (result == NULL)
		log_write(LOG_LEVEL_ERROR, "verdict_refused", LOG_FIELDS({ "CHANNEL", channel->name }),
			"the outcome of message %s could not be recorded: %s", channel->outbox_id, failure->text);
	forget_message(channel);
	look(outbox);
}

static void record_verdict(struct channel *channel)
{
	if (channel->verdict_sql == NULL || channel->verdict_asked || !db_is_connected(channel->outbox->db))
		return;
	channel->verdict_asked = true;
	db_query(channel->outbox->db, channel->verdict_sql, channel->verdict_count,
		(const char *const *)channel->verdict_values, on_recorded, channel);
}

static void set_verdict(struct channel *channel, const char *sql, int count, const char *const *values)
{
	forget_verdict(channel);
	channel->verdict_sql = memory_copy_text(sql);
	channel->verdict_count = count;
	for (int i = 0; i < count; i++)
		channel->verdict_values[i] = memory_copy_text(values[i]);
	record_verdict(channel);
}

static void delivered(struct channel *channel)
{
	const struct message_known *known = &channel->known;
	/* What was looked for with certainty isn't a repeat: it was found, or it had not arrived. */
	const char *values[] = { channel->outbox_id, channel->outbox->claimant, buffer_text(&channel->text),
		channel->name, known->place, known->id, known->certain ? "f" : "t" };

	log_write(LOG_LEVEL_INFO, "delivered", LOG_FIELDS({ "CHANNEL", channel->name }, { "KIND", channel->kind }),
		"%s: %s delivered (message %s)", channel->name, channel->kind, channel->outbox_id);
	/* A channel that was waiting or broken works again; nothing is written when it did all the time. */
	if (known->id[0] == '\0')
		set_verdict(channel,
			"SELECT advocacy.outbox_sent($1::bigint, $2::text, $3::text), "
			"advocacy.channel_open($4::text)",
			4, values);
	else
		set_verdict(channel,
			"SELECT advocacy.outbox_sent($1::bigint, $2::text, $3::text, place => $5::text, message_id "
			"=> $6::text,"
			" may_repeat => $7::boolean), advocacy.channel_open($4::text)",
			7, values);
}

/* The person can't be reached: the next one is tried, or the channel itself. */
static void redirect(struct channel *channel, const struct failure *failure)
{
	const char *values[] = { channel->outbox_id, channel->outbox->claimant, failure->text };

	log_write(LOG_LEVEL_WARNING, "redirected",
		LOG_FIELDS({ "CHANNEL", channel->name }, { "KIND", channel->kind }),
		"%s: message %s (%s) goes to somebody else: %s", channel->name, channel->outbox_id, channel->kind,
		failure->text);
	set_verdict(channel, "SELECT advocacy.outbox_redirect($1::bigint, $2::text, $3::text)", 3, values);
}

static void not_delivered(struct channel *channel, const struct failure *failure)
{
	static const char retry[] = "SELECT advocacy.outbox_retry($1::bigint, $2::text, $3::text, $4::interval)";
	static const char unknown[] =
		"SELECT advocacy.outbox_unknown($1::bigint, $2::text, $3::text, $4::interval)";
	static const char refused[] = "SELECT advocacy.outbox_refused($1::bigint, $2::text, $3::text)";
	/* One statement, so that the message waits exactly as long as its channel does: also when a person opens that
	 * before its time. */
	static const char closed[] = "SELECT advocacy.outbox_retry($1::bigint, $2::text, $3::text, interval '0'),"
				     " advocacy.channel_close($5::text, $6::text, now() + $4::interval, $3::text)";
	bool broken = failure->kind == FAILURE_DESTINATION || failure->kind == FAILURE_CREDENTIALS;
	char wait[40];
	int64_t wait_ms = failure->retry_after_s > 0
				  ? failure->retry_after_s * 1000
				  : loop_backoff_ms(channel->attempts + 1, RETRY_FIRST_MS, RETRY_MOST_MS);

	if (broken)
		wait_ms = (int64_t)BROKEN_S * 1000;
	(void)snprintf(wait, sizeof wait, "%" PRId64 " milliseconds", wait_ms);
	const char *values[] = { channel->outbox_id, channel->outbox->claimant, failure->text, wait, channel->name,
		broken ? "broken" : "waiting" };
	COUNT(COUNTER_DELIVERIES, 1, channel->name, failure_kind_name(failure->kind));
	/* What an edit would show was told by itself. */
	bool is_loss = !channel->is_edit || failure->kind != FAILURE_PERMANENT;
	bool passes = failure->kind == FAILURE_TRANSIENT || failure->kind == FAILURE_THROTTLED;
	log_write(!is_loss ? LOG_LEVEL_INFO
		  : passes ? LOG_LEVEL_WARNING
			   : LOG_LEVEL_ERROR,
		"not_delivered",
		LOG_FIELDS({ "CHANNEL", channel->name }, { "KIND", failure_kind_name(failure->kind) }),
		"%s: message %s (%s) not delivered: %s", channel->name, channel->outbox_id, channel->kind,
		failure->text);
	if (failure->kind == FAILURE_DESTINATION && channel->recipient != NULL) {
		redirect(channel, failure);
		return;
	}
	switch (failure->kind) {
	case FAILURE_PERMANENT:
		set_verdict(channel, refused, 3, values);
		return;
	case FAILURE_UNKNOWN:
		set_verdict(channel, unknown, 4, values);
		return;
	case FAILURE_THROTTLED:
	case FAILURE_DESTINATION:
	case FAILURE_CREDENTIALS:
		set_verdict(channel, closed, 6, values);
		return;
	default:
		set_verdict(channel, retry, 4, values);
		return;
	}
}

static void on_head(void *context, const struct http_head *head)
{
	struct channel *channel = context;

	http_head_keep(&channel->head, head);
}

static bool on_body(void *context, const char *bytes, size_t length)
{
	struct channel *channel = context;

	return buffer_append(&channel->answer, bytes, length);
}

static void on_given_back(void *context, const PGresult *result, const struct failure *failure)
{
	(void)context;
	if (result == NULL)
		log_write(LOG_LEVEL_WARNING, "release_failed", NULL,
			"the database could not be told of a message that was given back, or of a person: %s",
			failure->text);
}

static struct message message_of(const struct channel *channel)
{
	return (struct message){
		.kind = channel->kind,
		.layouts = channel->layouts,
		.facts = channel->facts,
		.possibly_repeated = channel->possibly_repeated && !channel->known.certain,
		.created_ms = channel->created_ms,
		.now_ms = loop_wall_ms(),
		.plain = channel->plain,
		.key = channel->outbox_id,
		.recipient = channel->recipient,
		.thread_place = channel->thread_place,
		.thread_id = channel->thread_id,
		.is_edit = channel->is_edit,
		.tried_ms = channel->tried_ms,
		.known = channel->known,
	};
}

/* For the next message to the same person; a lost one costs a question, no more. */
static void remember_person(struct channel *channel)
{
	const char *values[] = { channel->name, channel->recipient, channel->known.user, channel->known.place };

	if (channel->recipient != NULL && channel->known.place[0] != '\0')
		db_query(channel->outbox->db,
			"SELECT advocacy.person_found($1::text, $2::text, $3::text, $4::text)", 4, values,
			on_given_back, channel->outbox);
}

static void on_answered(void *context, const struct failure *transport)
{
	struct channel *channel = context;
	const struct message message = message_of(channel);
	struct failure failure;
	bool try_plain = false, more = false;

	channel->transfer = NULL;
	progress_end(&channel->sending);
	channel->ready_ms = loop_monotonic_ms() + channel->messenger->interval_ms;
	if (transport != NULL)
		failure = *transport;
	bool good = channel->messenger->verdict(&message, transport == NULL ? &channel->head.head : NULL,
		buffer_text(&channel->answer), channel->answer.length, &channel->known, &more, &try_plain,
		&failure);
	buffer_clear(&channel->answer);
	if (good && more && channel->configured && channel->questions++ < QUESTIONS_MOST) {
		if (message.known.place[0] == '\0')
			remember_person(channel);
		send_message(channel);
		return;
	}
	if (good && more) {
		failure_set(&failure, FAILURE_TRANSIENT, "broken off between two questions");
		good = false;
	}
	if (good) {
		delivered(channel);
		return;
	}
	/* A channel that a reload took away has lost its settings with it. */
	if (failure.kind == FAILURE_PERMANENT && try_plain && !channel->plain && channel->configured) {
		log_write(LOG_LEVEL_WARNING, "layout_refused", LOG_FIELDS({ "CHANNEL", channel->name }),
			"%s: message %s (%s) is sent again as plain text: %s", channel->name, channel->outbox_id,
			channel->kind, failure.text);
		channel->plain = true;
		send_message(channel);
		return;
	}
	not_delivered(channel, &failure);
}

static void send_message(struct channel *channel)
{
	const struct message message = message_of(channel);
	struct http_request request;
	struct failure failure;

	http_request_init(&request);
	buffer_clear(&channel->text);
	if (channel->messenger->render(channel->settings, &message, &request, &channel->text, &failure)) {
		progress_begin(&channel->sending, "delivering a message");
		channel->transfer = http_send(channel->outbox->http, &request,
			&(struct transfer_events){
				.context = channel, .head = on_head, .body = on_body, .done = on_answered });
	} else {
		not_delivered(channel, &failure);
	}
	http_request_free(&request);
}

static struct channel *find_channel(struct outbox *outbox, const char *name)
{
	for (size_t i = 0; i < outbox->count; i++)
		if (strcmp(outbox->channels[i]->name, name) == 0)
			return outbox->channels[i];
	return NULL;
}

static void give_back(struct outbox *outbox, const char *outbox_id)
{
	const char *values[] = { outbox->claimant, outbox_id };

	db_query(outbox->db, "SELECT advocacy.outbox_release($1::text, ARRAY[$2::bigint])", 2, values,
		on_given_back, outbox);
}

/* NULL for SQL NULL. */
static char *copy_column(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) ? NULL : memory_copy_text(PQgetvalue(result, row, column));
}

/* Columns: outbox_id, kind, channel, facts, attempts, possibly_repeated, created (epoch ms), recipient, its user and place,
 * thread's place and id, whether that is edited, begin of a lost try (epoch ms). */
static void take_message(struct outbox *outbox, const PGresult *result, int row)
{
	struct channel *channel = find_channel(outbox, PQgetvalue(result, row, 2));

	/* While the claim was under way we were stopped, or a reload took the channel away, and its settings with it. */
	if (outbox->stopped || channel == NULL || channel->busy || !channel->configured) {
		give_back(outbox, PQgetvalue(result, row, 0));
		return;
	}
	channel->busy = true;
	channel->outbox_id = memory_copy_text(PQgetvalue(result, row, 0));
	channel->kind = memory_copy_text(PQgetvalue(result, row, 1));
	channel->facts = json_loads(PQgetvalue(result, row, 3), 0, NULL);
	if (channel->facts == NULL)
		channel->facts = json_object();
	channel->attempts = (unsigned)strtoul(PQgetvalue(result, row, 4), NULL, 10);
	channel->possibly_repeated = strcmp(PQgetvalue(result, row, 5), "t") == 0;
	channel->created_ms = strtoll(PQgetvalue(result, row, 6), NULL, 10);
	/* A channel whose kind of destination was changed may not be able to do it any more. */
	if (channel->messenger->is_personal) {
		channel->recipient = copy_column(result, row, 7);
		(void)snprintf(channel->known.user, sizeof channel->known.user, "%s", PQgetvalue(result, row, 8));
		(void)snprintf(channel->known.place, sizeof channel->known.place, "%s", PQgetvalue(result, row, 9));
		channel->thread_place = copy_column(result, row, 10);
		channel->thread_id = copy_column(result, row, 11);
		channel->is_edit = strcmp(PQgetvalue(result, row, 12), "t") == 0;
		channel->tried_ms = strtoll(PQgetvalue(result, row, 13), NULL, 10);
	}
	send_message(channel);
}

static bool is_free(const struct channel *channel)
{
	return channel->configured && !channel->busy && channel->ready_ms <= loop_monotonic_ms();
}

/* It had had a message a moment before we asked what is due next, so it was not asked for. It may be ready by the time
 * the answer is here: nobody else would look for its messages then. */
static bool was_cooling(const struct channel *channel)
{
	return channel->configured && !channel->busy && channel->ready_ms > channel->outbox->asked_ms;
}

/* The channels that can take a message now, as a PostgreSQL array; names need no quotes (config.h). A busy one's verdict
 * makes us look again, a cooling one's timer. */
static size_t list_free_channels(const struct outbox *outbox, struct buffer *list)
{
	size_t count = 0;

	(void)buffer_append_text(list, "{");
	for (size_t i = 0; i < outbox->count; i++)
		if (is_free(outbox->channels[i]))
			(void)buffer_printf(list, "%s%s", count++ == 0 ? "" : ",", outbox->channels[i]->name);
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
		if (channel->verdict_sql != NULL && !channel->verdict_asked && wait_ms > LOOK_AGAIN_MS)
			wait_ms = LOOK_AGAIN_MS;
		if (!was_cooling(channel))
			continue;
		any_cooling = true;
		if (channel->ready_ms - now_ms < wait_ms)
			wait_ms = channel->ready_ms - now_ms;
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
		record_verdict(outbox->channels[i]);
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

void outbox_configure(struct outbox *outbox, const struct config *config)
{
	for (size_t i = 0; i < outbox->count; i++)
		outbox->channels[i]->configured = false;
	for (size_t i = 0; i < config->channel_count; i++) {
		const struct config_channel *configured = &config->channels[i];
		struct channel *channel = find_channel(outbox, configured->name);
		if (channel == NULL) {
			channel = memory_allocate(sizeof *channel);
			channel->outbox = outbox;
			channel->name = memory_copy_text(configured->name);
			buffer_init(&channel->answer, ANSWER_LIMIT);
			buffer_init(&channel->text, TEXT_LIMIT);
			outbox->channels =
				memory_resize(outbox->channels, (outbox->count + 1) * sizeof *outbox->channels);
			outbox->channels[outbox->count++] = channel;
		}
		channel->messenger = configured->messenger;
		channel->settings = configured->settings;
		channel->layouts = &config->layouts;
		channel->configured = true;
	}
}

void outbox_wake(struct outbox *outbox)
{
	/* Verdicts that a lost link kept go first: else their rows would be taken for a dead sender's. */
	for (size_t i = 0; i < outbox->count; i++)
		record_verdict(outbox->channels[i]);
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
		if (outbox->channels[i]->busy)
			return true;
	return false;
}
