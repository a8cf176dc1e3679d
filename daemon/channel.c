#include "daemon/channel.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/counter.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/progress.h"

enum {
	RETRY_FIRST_MS = 2000,
	RETRY_MOST_MS = 10 * 60 * 1000,
	BROKEN_S = 60 * 60, /* a dead channel is tried again once an hour */
	ANSWER_LIMIT = 64 * 1024,
	TEXT_LIMIT = 64 * 1024,
	VALUES_MOST = 7,
	QUESTIONS_MOST = 6, /* of one delivery: more would be a circle */
};

struct channel {
	struct channel_settings settings;
	char *name;
	const struct messenger *messenger;
	const void *own; /* the messenger's settings */
	const struct layouts *layouts;
	bool configured;     /* it stands in the configuration in use */
	unsigned configures; /* how often it was given a configuration */
	/* Whose answer is under way, and by which configuration: a reload may have put another one here since. */
	const struct messenger *asked;
	unsigned asked_configures;
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
	channel->busy = channel->plain = channel->is_edit = false;
	channel->tried_ms = 0;
}

static void on_recorded(void *context, const PGresult *result, const struct failure *failure)
{
	struct channel *channel = context;

	channel->verdict_asked = false;
	if (result == NULL && failure->kind == FAILURE_TRANSIENT) {
		channel->settings.unrecorded(channel->settings.context);
		return;
	}
	if (result == NULL)
		log_write(LOG_LEVEL_ERROR, "verdict_refused", LOG_FIELDS({ "CHANNEL", channel->name }),
			"the outcome of message %s could not be recorded: %s", channel->outbox_id, failure->text);
	forget_message(channel);
	channel->settings.ended(channel->settings.context);
}

void channel_record(struct channel *channel)
{
	if (channel->verdict_sql == NULL || channel->verdict_asked || !db_is_connected(channel->settings.db))
		return;
	channel->verdict_asked = true;
	db_query(channel->settings.db, channel->verdict_sql, channel->verdict_count,
		(const char *const *)channel->verdict_values, on_recorded, channel);
}

static void set_verdict(struct channel *channel, const char *sql, int count, const char *const *values)
{
	forget_verdict(channel);
	channel->verdict_sql = memory_copy_text(sql);
	channel->verdict_count = count;
	for (int i = 0; i < count; i++)
		channel->verdict_values[i] = memory_copy_text(values[i]);
	channel_record(channel);
}

static void delivered(struct channel *channel)
{
	const struct message_known *known = &channel->known;
	/* What was looked for with certainty isn't a repeat: it was found, or it had not arrived. */
	const char *values[] = { channel->outbox_id, channel->settings.claimant, buffer_text(&channel->text),
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
	const char *values[] = { channel->outbox_id, channel->settings.claimant, failure->text };

	log_write(LOG_LEVEL_WARNING, "redirected",
		LOG_FIELDS({ "CHANNEL", channel->name }, { "KIND", channel->kind }),
		"%s: message %s (%s) goes to somebody else: %s", channel->name, channel->outbox_id, channel->kind,
		failure->text);
	set_verdict(channel, "SELECT advocacy.outbox_redirect($1::bigint, $2::text, $3::text)", 3, values);
}

static bool is_broken(const struct failure *failure)
{
	return failure->kind == FAILURE_DESTINATION || failure->kind == FAILURE_CREDENTIALS;
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
	bool broken = is_broken(failure);
	char wait[40];
	int64_t wait_ms = failure->retry_after_s > 0
				  ? failure->retry_after_s * 1000
				  : loop_backoff_ms(channel->attempts + 1, RETRY_FIRST_MS, RETRY_MOST_MS);

	if (broken)
		wait_ms = (int64_t)BROKEN_S * 1000;
	(void)snprintf(wait, sizeof wait, "%" PRId64 " milliseconds", wait_ms);
	const char *values[] = { channel->outbox_id, channel->settings.claimant, failure->text, wait, channel->name,
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

static void on_remembered(void *context, const PGresult *result, const struct failure *failure)
{
	const struct channel *channel = context;

	if (result == NULL)
		log_write(LOG_LEVEL_WARNING, "person_not_kept", LOG_FIELDS({ "CHANNEL", channel->name }),
			"%s: where a person is found could not be recorded: %s", channel->name, failure->text);
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
		db_query(channel->settings.db,
			"SELECT advocacy.person_found($1::text, $2::text, $3::text, $4::text)", 4, values,
			on_remembered, channel);
}

static void on_answered(void *context, const struct failure *transport)
{
	struct channel *channel = context;
	const struct message message = message_of(channel);
	struct failure failure;
	bool try_plain = false, more = false;

	channel->transfer = NULL;
	progress_end(&channel->sending);
	channel->ready_ms = loop_monotonic_ms() + channel->asked->interval_ms;
	if (transport != NULL)
		failure = *transport;
	bool good = channel->asked->verdict(&message, transport == NULL ? &channel->head.head : NULL,
		buffer_text(&channel->answer), channel->answer.length, &channel->known, &more, &try_plain,
		&failure);
	buffer_clear(&channel->answer);
	bool is_renewed = channel->configures != channel->asked_configures;
	bool goes_on = channel->configured && !is_renewed;
	if (good && more && goes_on && channel->questions++ < QUESTIONS_MOST) {
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
	bool is_plain_next = failure.kind == FAILURE_PERMANENT && try_plain && !channel->plain;
	if (is_renewed && channel->configured && (is_plain_next || is_broken(&failure))) {
		/* It was said to an address, or a token, that may not be the channel's any more: nothing of it has arrived, and
		 * it is begun anew. */
		failure_prefix(&failure, "a reload came in between");
		failure.kind = FAILURE_TRANSIENT;
		failure.retry_after_s = 0;
		not_delivered(channel, &failure);
		return;
	}
	/* A channel that a reload took away has lost its settings with it. */
	if (is_plain_next && channel->configured) {
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
	channel->asked = channel->messenger;
	channel->asked_configures = channel->configures;
	if (channel->messenger->render(channel->own, &message, &request, &channel->text, &failure)) {
		progress_begin(&channel->sending, "delivering a message");
		channel->transfer = http_send(channel->settings.http, &request,
			&(struct transfer_events){
				.context = channel, .head = on_head, .body = on_body, .done = on_answered });
	} else {
		not_delivered(channel, &failure);
	}
	http_request_free(&request);
}

/* NULL for SQL NULL. */
static char *copy_column(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) ? NULL : memory_copy_text(PQgetvalue(result, row, column));
}

void channel_take(struct channel *channel, const PGresult *result, int row)
{
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
		channel->known.remembered = channel->known.place[0] != '\0';
		channel->thread_place = copy_column(result, row, 10);
		channel->thread_id = copy_column(result, row, 11);
		channel->is_edit = strcmp(PQgetvalue(result, row, 12), "t") == 0;
		channel->tried_ms = strtoll(PQgetvalue(result, row, 13), NULL, 10);
	}
	send_message(channel);
}

struct channel *channel_new(const char *name, const struct channel_settings *settings)
{
	struct channel *channel = memory_allocate(sizeof *channel);

	channel->settings = *settings;
	channel->name = memory_copy_text(name);
	buffer_init(&channel->answer, ANSWER_LIMIT);
	buffer_init(&channel->text, TEXT_LIMIT);
	return channel;
}

struct channel *channel_free(struct channel *channel)
{
	if (channel == NULL)
		return NULL;
	forget_message(channel);
	buffer_free(&channel->answer);
	buffer_free(&channel->text);
	free(channel->name);
	free(channel);
	return NULL;
}

void channel_configure(
	struct channel *channel, const struct config_channel *configured, const struct layouts *layouts)
{
	channel->configured = configured != NULL;
	if (configured == NULL)
		return;
	channel->configures++;
	channel->messenger = configured->messenger;
	channel->own = configured->settings;
	channel->layouts = layouts;
}

const char *channel_name(const struct channel *channel)
{
	return channel->name;
}

bool channel_is_busy(const struct channel *channel)
{
	return channel->busy;
}

bool channel_is_open(const struct channel *channel)
{
	return channel->configured && !channel->busy;
}

int64_t channel_ready_ms(const struct channel *channel)
{
	return channel->ready_ms;
}

bool channel_is_unrecorded(const struct channel *channel)
{
	return channel->verdict_sql != NULL && !channel->verdict_asked;
}
