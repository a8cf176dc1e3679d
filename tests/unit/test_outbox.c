/* test_outbox.c - deliveries in every order that matters. The database, HTTP and the clock are played here, so that each
 * answer comes exactly when a test says so: what outbox.c asks for is looked at, and nothing is ever waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/messenger.h"
#include "daemon/loop.h"
#include "daemon/outbox.h"

enum {
	INTERVAL_MS = 1000, /* between two messages to one channel */
	PACE_MS = 100,      /* a look that is due comes no later */
	MINUTE_MS = 60000,  /* it looks at least as often */
	LINK_MS = 5000,     /* after a statement that failed as if the link were lost */
	RETRY_AFTER_S = 30,
	STATEMENTS_MOST = 32, /* in one test */
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
static void pass(int64_t ms)
{
	clock_ms += ms;
	if (timer_due_ms == NEVER || timer_due_ms > clock_ms)
		return;
	timer_due_ms = NEVER;
	timer_callback(-1, EV_TIMEOUT, timer_context);
}

/* ---- the database: statements lie here until a test answers them, in their order ---- */

static struct statement {
	char sql[500], values[7][80];
	db_result_fn *done;
	void *context;
} statements[STATEMENTS_MOST];
static int asked, answered;
static bool connected;

bool db_is_connected(const struct db *db)
{
	(void)db;
	return connected;
}

void db_query(
	struct db *db, const char *sql, int count, const char *const *values, db_result_fn *done, void *context)
{
	struct statement *statement = &statements[asked];

	(void)db;
	assert_in_range(asked, 0, STATEMENTS_MOST - 1);
	assert_in_range(count, 0, 7);
	asked++;
	*statement = (struct statement){ .done = done, .context = context };
	(void)snprintf(statement->sql, sizeof statement->sql, "%s", sql);
	for (int i = 0; i < count; i++)
		(void)snprintf(statement->values[i], sizeof statement->values[i], "%s", values[i]);
}

static void expect_nothing(void)
{
	if (answered < asked)
		fail_msg("'%s' is asked", statements[answered].sql);
}

/* The statement whose turn it is calls this function, with these values. */
#define expect(...) expect_call(__VA_ARGS__, NULL)
static void expect_call(const char *function, ...)
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
static void answer(int rows, int columns, const char *const *texts)
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

static void answer_done(void)
{
	answer(1, 1, (const char *const[]){ "t" });
}

/* To outbox_next_at: milliseconds, or NULL for nothing. */
static void answer_next(const char *ms)
{
	answer(1, 1, &ms);
}

#define NOBODY NULL, NULL, NULL, NULL, NULL, "f", NULL

/* To outbox_claim: up to two messages. */
static void answer_claim(const char *id, const char *channel, const char *other_id, const char *other_channel)
{
	const char *const rows[] = { id, "sla_breach", channel, "{}", "1", "f", "0", NOBODY, other_id, "sla_breach",
		other_channel, "{}", "1", "f", "0", NOBODY };

	answer((id != NULL) + (other_id != NULL), 14, rows);
}

/* ... or one for a person, whose place isn't known. */
static void answer_claim_for(const char *id, const char *person)
{
	const char *const rows[] = { id, "sla_breach", "a", "{}", "0", "f", "0", person, NULL, NULL, NULL, NULL,
		"f", NULL };

	answer(1, 14, rows);
}

static void answer_failure(enum failure_kind kind)
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

static struct transfer *under_way(const char *body)
{
	for (int i = 0; i < sent; i++)
		if (transfers[i].under_way && strcmp(transfers[i].body, body) == 0)
			return &transfers[i];
	return NULL;
}

/* The request that says `body` is answered: "ok", or a word that messenger_verdict knows; NULL: the answer is lost. */
static void respond(const char *body, const char *word)
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

static bool messenger_render(const void *settings, const struct message *message, struct http_request *request,
	struct buffer *text, struct failure *failure)
{
	(void)failure;
	return buffer_printf(&request->body, "%s%s", (const char *)settings, message->plain ? " plain" : "") &&
	       buffer_printf(text, "told %s", (const char *)settings);
}

static bool messenger_verdict(const struct message *message, const struct http_head *head, const char *body,
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

static void on_idle(void *context)
{
	(void)context;
	idle++;
}

/* The first `count` of the channels a, b and c. */
static void configure(size_t count)
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
static void configure_personal(void)
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
static void begin_delivery(const char *id)
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
static void deliver_and_ask(const char *id)
{
	begin_delivery(id);
	respond("a", "ok");
	expect("outbox_sent", id, "host/1", "told a", "a");
	answer_done();
	expect("outbox_next_at", "{}");
}

/* ---- when it looks ---- */

/* The database was not asked about this channel, and said that nothing is due; the channel is ready by now. */
static void test_ready_while_asked(void **state)
{
	(void)state;
	deliver_and_ask("1");
	pass(INTERVAL_MS);
	answer_next(NULL);
	assert_int_equal(0, idle);
	pass(PACE_MS);
	expect("outbox_claim", "host/1", "{a}");
	answer_claim("2", "a", NULL, NULL);
	assert_int_equal(2, sent);
}

/* The same behind another channel that has something due later: that one's time is not waited for. */
static void test_ready_while_another_waits(void **state)
{
	(void)state;
	deliver_and_ask("1");
	configure(2);
	outbox_wake(outbox);
	answer_next(NULL);
	expect("outbox_claim", "host/1", "{b}");
	answer_claim(NULL, NULL, NULL, NULL);
	expect("outbox_next_at", "{b}");
	pass(INTERVAL_MS);
	answer_next("45000");
	assert_int_equal(0, idle);
	pass(PACE_MS);
	expect("outbox_claim", "host/1", "{a,b}");
}

static void test_ready_after_it_was_asked(void **state)
{
	(void)state;
	deliver_and_ask("1");
	pass(400);
	answer_next(NULL);
	assert_int_equal(0, idle);
	pass(INTERVAL_MS - 401);
	expect_nothing(); /* not before its time */
	pass(1);
	expect("outbox_claim", "host/1", "{a}");
	answer_claim(NULL, NULL, NULL, NULL);
	expect("outbox_next_at", "{a}");
	answer_next(NULL);
	assert_int_equal(1, idle);
	/* Nothing is due, no channel has to cool down: the next look is the one for safety. */
	pass(MINUTE_MS - 1);
	expect_nothing();
	pass(1);
	expect("outbox_claim", "host/1", "{a}");
}

static void test_next_look(void **state)
{
	static const struct {
		const char *next;
		int64_t wait_ms;
		int idle;
	} cases[] = { { "700", 700, 0 }, { "0", PACE_MS, 0 } /* a rival's: no circle */, { "5000", 5000, 1 },
		{ "86400000", MINUTE_MS, 1 } };

	(void)state;
	outbox_wake(outbox);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		idle = 0;
		expect("outbox_claim", "host/1", "{a}");
		answer_claim(NULL, NULL, NULL, NULL);
		answer_next(cases[i].next);
		assert_int_equal(cases[i].idle, idle);
		pass(cases[i].wait_ms - 1);
		expect_nothing();
		pass(1);
	}
	/* A row that is put while it looks may have come too late for that look. */
	outbox_wake(outbox);
	answer_claim(NULL, NULL, NULL, NULL);
	outbox_wake(outbox);
	idle = 0;
	answer_next(NULL);
	assert_int_equal(0, idle);
	expect("outbox_claim", "host/1", "{a}");
	/* A look that fails is tried again. */
	answer_failure(FAILURE_TRANSIENT);
	pass(LINK_MS);
	expect("outbox_claim", "host/1", "{a}");
}

/* ---- channels ---- */

static void test_channels_are_independent(void **state)
{
	(void)state;
	configure(3);
	outbox_wake(outbox);
	expect("outbox_claim", "host/1", "{a,b,c}");
	answer_claim("1", "a", "2", "b");
	assert_non_null(under_way("a"));
	assert_non_null(under_way("b"));
	expect("outbox_next_at", "{c}");
	answer_next(NULL);
	assert_int_equal(0, idle);

	/* While a hasn't answered, b has its first message and its second. */
	respond("b", "ok");
	expect("outbox_sent", "2", "host/1", "told b", "b");
	answer_done();
	expect("outbox_claim", "host/1", "{c}");
	answer_claim(NULL, NULL, NULL, NULL);
	answer_next(NULL);
	pass(INTERVAL_MS);
	expect("outbox_claim", "host/1", "{b,c}");
	answer_claim("3", "b", NULL, NULL);
	expect("outbox_next_at", "{c}");
	answer_next(NULL);
	assert_int_equal(3, sent);

	/* That a is to be left alone says nothing about b. */
	respond("a", "later");
	expect("outbox_retry", "1", "host/1", "later", "30000 milliseconds", "a", "waiting");
	expect("channel_close");
	answer_done();
	expect("outbox_claim", "host/1", "{c}");
	assert_non_null(under_way("b"));
	answer_claim(NULL, NULL, NULL, NULL);
	answer_next(NULL);
	respond("b", "ok");
	expect("outbox_sent", "3", "host/1", "told b", "b");
	answer_done();
	assert_int_equal(0, idle);
}

/* Two messages to one channel never are under way at once, whatever the database gives. */
static void test_one_at_a_time(void **state)
{
	(void)state;
	outbox_wake(outbox);
	answer_claim("1", "a", "2", "a");
	assert_int_equal(1, sent);
	expect("outbox_release", "host/1", "2");
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *word, *function, *wait, *channel_state;
	} cases[] = {
		{ "error", "outbox_retry", "4000 milliseconds", "" },
		{ NULL, "outbox_unknown", "4000 milliseconds", "" },
		{ "bad", "outbox_refused", "", "" },
		{ "later", "channel_close", "30000 milliseconds", "waiting" },
		{ "gone", "channel_close", "3600000 milliseconds", "broken" },
		{ "who", "channel_close", "3600000 milliseconds", "broken" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		begin_delivery("7");
		respond("a", cases[i].word);
		expect(cases[i].function, "7", "host/1", cases[i].word == NULL ? "no answer came" : cases[i].word,
			cases[i].wait, cases[i].channel_state[0] == '\0' ? "" : "a", cases[i].channel_state);
		answer_done();
		answer_next(NULL);
		clock_ms += INTERVAL_MS;
	}
}

/* Where to write to a person is asked first, and kept; the answer says where the message stands. */
static void test_person(void **state)
{
	(void)state;
	configure_personal();
	outbox_wake(outbox);
	expect("outbox_claim", "host/1", "{a}", "120 seconds");
	answer_claim_for("7", "dana");
	respond("a", "user");
	assert_int_equal(2, sent);
	respond("a", "place");
	assert_int_equal(3, sent);
	expect("outbox_next_at");
	answer_next(NULL);
	expect("person_found", "a", "dana", "user of dana", "place of dana");
	answer_done();
	respond("a", "stands");
	expect("outbox_sent", "7", "host/1", "told a", "a", "place of dana", "17.1", "t");
	answer_done();
}

/* A person who isn't there is no dead channel: the message goes to somebody else at once. */
static void test_person_is_gone(void **state)
{
	(void)state;
	configure_personal();
	outbox_wake(outbox);
	answer_claim_for("7", "dana");
	expect("outbox_next_at");
	answer_next(NULL);
	respond("a", "gone");
	expect("outbox_redirect", "7", "host/1", "gone");
	answer_done();
}

/* Questions without end are broken off. */
static void test_questions_end(void **state)
{
	(void)state;
	configure_personal();
	outbox_wake(outbox);
	answer_claim_for("7", "dana");
	expect("outbox_next_at");
	answer_next(NULL);
	for (int i = 0; i < 7; i++)
		respond("a", "user");
	assert_null(under_way("a"));
	expect("outbox_retry", "7");
	answer_done();
}

static void test_layout_refused(void **state)
{
	(void)state;
	begin_delivery("1");
	respond("a", "layout");
	expect_nothing();
	respond("a plain", "layout");
	expect("outbox_refused", "1", "host/1", "layout");
}

/* ---- a lost link ---- */

static void test_verdict_while_link_is_lost(void **state)
{
	(void)state;
	begin_delivery("1");
	connected = false;
	respond("a", "ok");
	pass(2 * MINUTE_MS);
	expect_nothing();
	assert_true(outbox_is_busy(outbox));
	connected = true;
	outbox_wake(outbox);
	/* Before anything else: its row would be taken for a dead sender's. */
	expect("outbox_sent", "1", "host/1", "told a", "a");
	answer_done();
	answer_next(NULL);
	expect("outbox_claim", "host/1", "{a}");
	assert_int_equal(1, sent);
}

static void test_verdict_lost_with_link(void **state)
{
	(void)state;
	begin_delivery("1");
	respond("a", "ok");
	expect("outbox_sent", "1", "host/1", "told a", "a");
	connected = false;
	answer_failure(FAILURE_TRANSIENT);
	pass(LINK_MS);
	expect_nothing();
	connected = true;
	outbox_wake(outbox);
	expect("outbox_sent", "1", "host/1", "told a", "a");
	outbox_wake(outbox); /* not twice */
	/* A server that says "try again" doesn't end the link: nobody wakes us then. */
	answer_failure(FAILURE_TRANSIENT);
	expect("outbox_next_at", "{}");
	answer_next(NULL);
	expect("outbox_next_at", "{}");
	answer_next(NULL);
	expect_nothing();
	assert_true(outbox_is_busy(outbox));
	pass(LINK_MS);
	expect("outbox_sent", "1", "host/1", "told a", "a");
	answer_done();
	assert_int_equal(1, sent);
}

/* What the database refuses is no reason to stand still for ever. */
static void test_verdict_refused(void **state)
{
	(void)state;
	begin_delivery("1");
	respond("a", "ok");
	answer_failure(FAILURE_PERMANENT);
	answer_next(NULL);
	pass(INTERVAL_MS);
	expect("outbox_claim", "host/1", "{a}");
}

/* ---- the end ---- */

static void test_stopped_while_claiming(void **state)
{
	(void)state;
	configure(2);
	outbox_wake(outbox);
	outbox_stop(outbox);
	expect("outbox_claim", "host/1", "{a,b}");
	answer_claim("1", "a", "2", "b");
	assert_int_equal(0, sent);
	expect("outbox_release", "host/1", "1");
	answer_done();
	expect("outbox_release", "host/1", "2");
	assert_int_equal(0, idle); /* not before they are given back */
	answer_done();
	answer_next("0");
	assert_int_equal(1, idle);
	outbox_wake(outbox);
	pass(MINUTE_MS);
	expect_nothing();
}

static void test_stopped_while_sending(void **state)
{
	(void)state;
	begin_delivery("1");
	outbox_stop(outbox);
	outbox_wake(outbox);
	assert_int_equal(0, idle);
	respond("a", "ok");
	expect("outbox_sent", "1", "host/1", "told a", "a");
	assert_int_equal(0, idle);
	answer_done();
	assert_int_equal(1, idle);
	pass(MINUTE_MS);
	expect_nothing();
}

/* Who waits for the end would wait for ever. */
static void test_stopped_while_claim_fails(void **state)
{
	(void)state;
	outbox_wake(outbox);
	outbox_stop(outbox);
	answer_failure(FAILURE_TRANSIENT);
	assert_int_equal(1, idle);
	assert_false(outbox_is_busy(outbox));
}

static void test_channel_taken_away(void **state)
{
	(void)state;
	configure(2);
	outbox_wake(outbox);
	answer_claim("1", "b", NULL, NULL);
	answer_next(NULL);
	outbox_wake(outbox);
	expect("outbox_claim", "host/1", "{a}");
	configure(0);
	answer_claim("2", "a", NULL, NULL);
	expect("outbox_release", "host/1", "2");
	answer_done();
	answer_next(NULL);
	/* A delivery under way ends as it began, but its settings are gone: it can't be laid out anew. */
	respond("b", "layout");
	expect("outbox_refused", "1", "host/1", "layout");
	assert_int_equal(1, sent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ready_while_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ready_while_another_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ready_after_it_was_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_next_look, setup, teardown),
		cmocka_unit_test_setup_teardown(test_channels_are_independent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_person, setup, teardown),
		cmocka_unit_test_setup_teardown(test_person_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_questions_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layout_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdict_while_link_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdict_lost_with_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verdict_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stopped_while_claiming, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stopped_while_sending, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stopped_while_claim_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_channel_taken_away, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
