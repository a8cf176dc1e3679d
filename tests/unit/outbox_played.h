/* outbox_played.h - the database, HTTP and the clock of an outbox are played here, so that each answer comes exactly
 * when a test says so: what outbox.c asks for is looked at, and nothing is ever waited for. Included by the tests of
 * deliveries. */
#ifndef TESTS_UNIT_OUTBOX_PLAYED_H
#define TESTS_UNIT_OUTBOX_PLAYED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/messenger.h"
#include "daemon/loop.h"
#include "daemon/outbox.h"
#include "tests/unit/statements_played.h"

enum {
	INTERVAL_MS = 1000, /* between two messages to one channel */
	PACE_MS = 100,      /* a look that is due comes no later */
	MINUTE_MS = 60000,  /* it looks at least as often */
	LINK_MS = 5000,     /* after a statement that failed as if the link were lost */
	RETRY_AFTER_S = 30,
	TRANSFERS_MOST = 8,   /* in one test */
	NEVER = -1,           /* of a timer: not armed */
};

/* ---- the clock, and the one timer ---- */

static int64_t clock_ms, timer_due_ms;
static event_callback_fn timer_callback;
static void *timer_context;

int64_t loop_monotonic_ms(void)
{
	return clock_ms;
}

int64_t loop_wall_ms(void)
{
	return 1795000000000 + clock_ms;
}

/* Without jitter. */
int64_t loop_backoff_ms(unsigned attempt, int64_t first_ms, int64_t most_ms)
{
	(void)most_ms;
	return first_ms * attempt;
}

struct event *loop_timer(struct event_base *base, event_callback_fn callback, void *context)
{
	(void)base;
	timer_callback = callback;
	timer_context = context;
	timer_due_ms = NEVER;
	return NULL;
}

void loop_arm(struct event *timer, int64_t ms)
{
	(void)timer;
	timer_due_ms = clock_ms + (ms > 0 ? ms : 0);
}

struct event *loop_event_free(struct event *event)
{
	return event;
}

/* Time passes; the timer runs when it is due. */
static inline void pass(int64_t ms)
{
	clock_ms += ms;
	if (timer_due_ms == NEVER || timer_due_ms > clock_ms)
		return;
	timer_due_ms = NEVER;
	timer_callback(-1, EV_TIMEOUT, timer_context);
}

/* ---- the database: statements lie here until a test answers them, in their order ---- */

static inline void expect_nothing(void)
{
	if (answered < asked)
		fail_msg("'%s' is asked", statements[answered].sql);
}

/* The statement whose turn it is calls this function, with these values. */
#define expect(...) expect_call(__VA_ARGS__, NULL)
static inline void expect_call(const char *function, ...)
{
	char call[80];
	va_list values;
	const char *value;

	if (answered == asked)
		fail_msg("%s is not asked for", function);
	(void)snprintf(call, sizeof call, "advocacy.%s(", function);
	if (strstr(statements[answered].sql, call) == NULL)
		fail_msg("'%s' is asked instead of %s", statements[answered].sql, function);
	va_start(values, function);
	for (int i = 0; (value = va_arg(values, const char *)) != NULL; i++)
		assert_string_equal(value, statements[answered].values[i]);
	va_end(values);
}

/* Answers it with rows of fourteen texts or fewer; NULL is SQL NULL. */
static inline void answer(int rows, int columns, const char *const *texts)
{
	const struct statement *statement = &statements[answered++];
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc names[14] = { 0 };
	char name[] = "x", text[80];

	for (int column = 0; column < columns; column++)
		names[column].name = name;
	assert_int_equal(1, PQsetResultAttrs(result, columns, names));
	for (int i = 0; i < rows * columns; i++) {
		(void)snprintf(text, sizeof text, "%s", texts[i] == NULL ? "" : texts[i]);
		int length = texts[i] == NULL ? -1 : (int)strlen(text);
		assert_int_equal(1, PQsetvalue(result, i / columns, i % columns, text, length));
	}
	statement->done(statement->context, result, NULL);
	PQclear(result);
}

static inline void answer_done(void)
{
	answer(1, 1, (const char *const[]){ "t" });
}

/* To outbox_next_at: milliseconds, or NULL for nothing. */
static inline void answer_next(const char *ms)
{
	answer(1, 1, &ms);
}

#define NOBODY NULL, NULL, NULL, NULL, NULL, "f", NULL

/* To outbox_claim: up to two messages. */
static inline void answer_claim(
	const char *id, const char *channel, const char *other_id, const char *other_channel)
{
	const char *const rows[] = { id, "sla_breach", channel, "{}", "1", "f", "0", NOBODY, other_id, "sla_breach",
		other_channel, "{}", "1", "f", "0", NOBODY };

	answer((id != NULL) + (other_id != NULL), 14, rows);
}

/* ... or one for a person, whose place isn't known. */
static inline void answer_claim_for(const char *id, const char *person)
{
	const char *const rows[] = { id, "sla_breach", "a", "{}", "0", "f", "0", person, NULL, NULL, NULL, NULL,
		"f", NULL };

	answer(1, 14, rows);
}

static inline void answer_failure(enum failure_kind kind)
{
	const struct statement *statement = &statements[answered++];

	statement->done(statement->context, NULL, &(struct failure){ .kind = kind, .text = "played" });
}

/* ---- HTTP: one request a message, known by its body, which is the channel's name ---- */

struct transfer {
	char body[40];
	struct transfer_events events;
	bool under_way;
};
static struct transfer transfers[TRANSFERS_MOST];
static int sent;

struct transfer *http_send(
	struct http *http, const struct http_request *request, const struct transfer_events *events)
{
	struct transfer *transfer = &transfers[sent];

	(void)http;
	assert_in_range(sent, 0, TRANSFERS_MOST - 1);
	sent++;
	*transfer = (struct transfer){ .events = *events, .under_way = true };
	(void)snprintf(transfer->body, sizeof transfer->body, "%s", buffer_text(&request->body));
	return transfer;
}

struct transfer *http_cancel(struct transfer *transfer)
{
	if (transfer != NULL)
		transfer->under_way = false;
	return NULL;
}

static inline struct transfer *under_way(const char *body)
{
	for (int i = 0; i < sent; i++)
		if (transfers[i].under_way && strcmp(transfers[i].body, body) == 0)
			return &transfers[i];
	return NULL;
}

/* The request that says `body` is answered: "ok", or a word that messenger_verdict knows; NULL: the answer is lost. */
static inline void respond(const char *body, const char *word)
{
	struct transfer *transfer = under_way(body);
	struct failure lost = { .kind = FAILURE_UNKNOWN, .text = "no answer came" };

	if (transfer == NULL) {
		fail_msg("'%s' is not under way", body);
		return;
	}
	transfer->under_way = false;
	if (word != NULL) {
		transfer->events.head(transfer->events.context, &(struct http_head){ .status = 200 });
		assert_true(transfer->events.body(transfer->events.context, word, strlen(word)));
	}
	transfer->events.done(transfer->events.context, word == NULL ? &lost : NULL);
}

/* ---- a messenger whose settings are the channel's name ---- */

static inline bool messenger_render(const void *settings, const struct message *message,
	struct http_request *request, struct buffer *text, struct failure *failure)
{
	(void)failure;
	return buffer_printf(&request->body, "%s%s", (const char *)settings, message->plain ? " plain" : "") &&
	       buffer_printf(text, "told %s", (const char *)settings);
}

static inline bool messenger_verdict(const struct message *message, const struct http_head *head, const char *body,
	size_t length, struct message_known *known, bool *ret_more, bool *ret_try_plain, struct failure *failure)
{
	static const struct {
		const char *word;
		enum failure_kind kind;
	} words[] = { { "later", FAILURE_THROTTLED }, { "error", FAILURE_TRANSIENT },
		{ "gone", FAILURE_DESTINATION }, { "who", FAILURE_CREDENTIALS }, { "bad", FAILURE_PERMANENT },
		{ "layout", FAILURE_PERMANENT } };

	assert_int_equal(length, strlen(body));
	if (head == NULL)
		return false;
	*ret_try_plain = strcmp(body, "layout") == 0;
	/* Questions, and an answer that says where the message stands. */
	*ret_more = strcmp(body, "user") == 0 || strcmp(body, "place") == 0;
	if (*ret_more) {
		assert_non_null(message->recipient);
		(void)snprintf(strcmp(body, "user") == 0 ? known->user : known->place, MESSAGE_ID_SIZE, "%s of %s",
			body, message->recipient);
		return true;
	}
	if (strcmp(body, "stands") == 0) {
		(void)snprintf(known->id, MESSAGE_ID_SIZE, "17.1");
		return true;
	}
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(body, words[i].word) == 0) {
			failure_set(failure, words[i].kind, "%s", body);
			failure->retry_after_s = words[i].kind == FAILURE_THROTTLED ? RETRY_AFTER_S : 0;
			return false;
		}
	assert_string_equal("ok", body);
	return true;
}

static const struct messenger messenger = {
	.name = "played",
	.render = messenger_render,
	.verdict = messenger_verdict,
	.interval_ms = INTERVAL_MS,
};

static const struct messenger personal = {
	.name = "personal",
	.render = messenger_render,
	.verdict = messenger_verdict,
	.interval_ms = INTERVAL_MS,
	.is_personal = true,
};

/* ---- the fixture ---- */

static struct outbox *outbox;
static int idle;

static inline void on_idle(void *context)
{
	(void)context;
	idle++;
}

/* The first `count` of the channels a, b and c. */
static inline void configure(size_t count)
{
	static char names[3][2] = { "a", "b", "c" };
	static struct config_channel channels[3];
	static struct config config;

	for (size_t i = 0; i < count; i++)
		channels[i] =
			(struct config_channel){ .name = names[i], .messenger = &messenger, .settings = names[i] };
	config.channels = channels;
	config.channel_count = count;
	outbox_configure(outbox, &config);
}

/* Channel a, which can write to people. */
static inline void configure_personal(void)
{
	static char name[] = "a";
	static struct config_channel channel = { .name = name, .messenger = &personal, .settings = name };
	static struct config config = { .channels = &channel, .channel_count = 1 };

	outbox_configure(outbox, &config);
}

static int setup(void **state)
{
	(void)state;
	clock_ms = 1000000;
	asked = answered = sent = idle = 0;
	connected = true;
	outbox = outbox_new(NULL, NULL, NULL, "host/1", &(struct outbox_events){ .idle = on_idle });
	configure(1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	outbox = outbox_free(outbox);
	for (int i = 0; i < sent; i++)
		if (transfers[i].under_way)
			return -1;
	return 0;
}

/* Message `id` is claimed for channel a, the only one, and on its way. */
static inline void begin_delivery(const char *id)
{
	outbox_wake(outbox);
	expect("outbox_claim", "host/1", "{a}");
	answer_claim(id, "a", NULL, NULL);
	assert_non_null(under_way("a"));
	expect("outbox_next_at", "{}");
	answer_next(NULL);
	expect_nothing();
}

/* ... and delivered; what is due next is being asked, for no channel: the only one has just had a message. */
static inline void deliver_and_ask(const char *id)
{
	begin_delivery(id);
	respond("a", "ok");
	expect("outbox_sent", id, "host/1", "told a", "a");
	answer_done();
	expect("outbox_next_at", "{}");
}

#endif
