/* Slack's Web API from bytes: which request follows which answer, and what each error word means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "connectors/slack.h"
#include "tests/unit/message_fixture.h"

#define TOKEN "xoxb-SECRET"

struct bench {
	struct slack_settings settings;
	struct layouts layouts;
	json_t *facts;
	struct message message;
	struct http_request request;
	struct buffer text;
	struct failure failure;
	bool more, try_plain;
};

static int set_up(void **state)
{
	struct bench *bench = memory_allocate(sizeof *bench);

	bench->settings = (struct slack_settings){ .bot_token = secret_new(TOKEN),
		.channel_id = memory_copy_text("C0MAIN"),
		.api_url = memory_copy_text("https://slack.example/api"),
		.audience = memory_copy_text("rep") };
	bench->layouts = shipped_layouts();
	bench->facts = sample_of("advocate_suspended");
	bench->message = (struct message){
		.kind = "advocate_suspended", .layouts = &bench->layouts, .facts = bench->facts, .key = "41"
	};
	http_request_init(&bench->request);
	buffer_init(&bench->text, 64 * 1024);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	secret_free(bench->settings.bot_token);
	free(bench->settings.channel_id);
	free(bench->settings.api_url);
	free(bench->settings.audience);
	layouts_clear(&bench->layouts);
	json_decref(bench->facts);
	http_request_free(&bench->request);
	buffer_free(&bench->text);
	free(bench);
	return 0;
}

/* The next request goes there; its body, or NULL for a question without one. To be decref'd. */
static json_t *expect_request(struct bench *bench, const char *url)
{
	assert_true(messenger_slack_bot.render(
		&bench->settings, &bench->message, &bench->request, &bench->text, &bench->failure));
	assert_string_equal(buffer_text(&bench->request.url), url);
	assert_string_equal(buffer_text(&bench->request.headers[0]), "Authorization: Bearer " TOKEN);
	assert_null(strstr(bench->request.what, "SECRET"));
	assert_null(strstr(buffer_text(&bench->request.body), "SECRET"));
	return bench->request.is_post ? json_loads(buffer_text(&bench->request.body), 0, NULL) : NULL;
}

static bool answer(struct bench *bench, int status, const char *body)
{
	const struct http_head head = { status, NULL, 0 };

	return messenger_slack_bot.verdict(&bench->message, &head, body, strlen(body), &bench->message.known,
		&bench->more, &bench->try_plain, &bench->failure);
}

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "(none)" : text;
}

static void test_channel(void **state)
{
	struct bench *bench = *state;
	json_t *body = expect_request(bench, "https://slack.example/api/chat.postMessage");

	assert_true(bench->request.must_not_repeat);
	assert_string_equal(member(body, "channel"), "C0MAIN");
	assert_string_equal(member(body, "parse"), "none");
	assert_null(json_object_get(body, "thread_ts"));
	/* Nothing but our key: everybody in the workspace can read it. */
	json_t *wanted = json_pack("{s:s, s:{s:s, s:s}}", "event_type", "advocated_notification", "event_payload",
		"outbox_id", "41", "kind", "advocate_suspended");
	assert_true(json_equal(json_object_get(body, "metadata"), wanted));
	json_decref(wanted);
	/* The channel's readers are reps. */
	assert_null(strstr(buffer_text(&bench->request.body), "Priya"));
	json_decref(body);
	assert_true(answer(bench, 200, "{\"ok\":true,\"channel\":\"C0MAIN\",\"ts\":\"17.000300\"}"));
	assert_false(bench->more);
	assert_string_equal(bench->message.known.place, "C0MAIN");
	assert_string_equal(bench->message.known.id, "17.000300");
}

static void test_person(void **state)
{
	struct bench *bench = *state;

	bench->message.recipient = "dana+x@n.example";
	json_t *body =
		expect_request(bench, "https://slack.example/api/users.lookupByEmail?email=dana%2Bx%40n.example");
	assert_null(body);
	assert_true(
		answer(bench, 200, "{\"ok\":true,\"user\":{\"id\":\"U0DANA\",\"deleted\":false}}") && bench->more);
	body = expect_request(bench, "https://slack.example/api/conversations.open");
	assert_string_equal(member(body, "users"), "U0DANA");
	json_decref(body);
	assert_true(answer(bench, 200, "{\"ok\":true,\"channel\":{\"id\":\"D0DANA\"}}") && bench->more);
	body = expect_request(bench, "https://slack.example/api/chat.postMessage");
	assert_string_equal(member(body, "channel"), "D0DANA");
	/* It is for the CSM, and nobody else reads it. */
	assert_non_null(strstr(buffer_text(&bench->request.body), "Priya"));
	json_decref(body);
}

/* Where a person was found by another workspace's token: asked anew, once, and only if it wasn't asked just now. */
static void test_remembered_person(void **state)
{
	static const char refused[] = "{\"ok\":false,\"error\":\"channel_not_found\"}";
	struct bench *bench = *state;

	bench->message.recipient = "dana@n.example";
	bench->message.known = (struct message_known){ .user = "U0OLD", .place = "D0OLD", .remembered = true };
	json_t *body = expect_request(bench, "https://slack.example/api/chat.postMessage");
	assert_string_equal(member(body, "channel"), "D0OLD");
	json_decref(body);
	assert_true(answer(bench, 200, refused) && bench->more);
	body = expect_request(bench, "https://slack.example/api/users.lookupByEmail?email=dana%40n.example");
	assert_null(body);
	assert_true(answer(bench, 200, "{\"ok\":true,\"user\":{\"id\":\"U0NEW\"}}") && bench->more);
	body = expect_request(bench, "https://slack.example/api/conversations.open");
	assert_string_equal(member(body, "users"), "U0NEW");
	json_decref(body);
	assert_true(answer(bench, 200, "{\"ok\":true,\"channel\":{\"id\":\"D0NEW\"}}") && bench->more);
	body = expect_request(bench, "https://slack.example/api/chat.postMessage");
	assert_string_equal(member(body, "channel"), "D0NEW");
	json_decref(body);
	assert_false(answer(bench, 200, refused));
	assert_int_equal(bench->failure.kind, FAILURE_DESTINATION);
	/* A refusal that says nothing of the place forgets nobody. */
	bench->message.known = (struct message_known){ .user = "U0OLD", .place = "D0OLD", .remembered = true };
	assert_false(answer(bench, 200, "{\"ok\":false,\"error\":\"invalid_auth\"}"));
	assert_string_equal(bench->message.known.place, "D0OLD");
}

/* An answer in a thread of the old workspace is said by itself first, and then where the person is now. */
static void test_remembered_thread(void **state)
{
	static const char refused[] = "{\"ok\":false,\"error\":\"channel_not_found\"}";
	struct bench *bench = *state;

	bench->message.recipient = "dana@n.example";
	bench->message.thread_place = "D0OLD";
	bench->message.thread_id = "17.000300";
	bench->message.known = (struct message_known){ .user = "U0OLD", .place = "D0OLD", .remembered = true };
	assert_true(answer(bench, 200, refused) && bench->more && bench->message.known.alone);
	assert_true(answer(bench, 200, refused) && bench->more);
	assert_null(expect_request(bench, "https://slack.example/api/users.lookupByEmail?email=dana%40n.example"));
}

static void test_thread_and_edit(void **state)
{
	struct bench *bench = *state;

	bench->message.thread_place = "D0DANA";
	bench->message.thread_id = "17.000300";
	json_t *body = expect_request(bench, "https://slack.example/api/chat.postMessage");
	assert_string_equal(member(body, "thread_ts"), "17.000300");
	assert_string_equal(member(body, "channel"), "D0DANA");
	json_decref(body);
	bench->message.is_edit = true;
	body = expect_request(bench, "https://slack.example/api/chat.update");
	assert_false(bench->request.must_not_repeat);
	assert_string_equal(member(body, "ts"), "17.000300");
	assert_null(json_object_get(body, "thread_ts"));
	assert_non_null(json_object_get(body, "attachments"));
	json_decref(body);
	/* As plain text the old layout must go. */
	bench->message.plain = true;
	body = expect_request(bench, "https://slack.example/api/chat.update");
	assert_int_equal(json_array_size(json_object_get(body, "attachments")), 0);
	assert_non_null(json_object_get(body, "attachments"));
	json_decref(body);
	assert_false(answer(bench, 200, "{\"ok\":false,\"error\":\"cant_update_message\"}"));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
	/* What stands where nothing can be changed says nothing of where news go. */
	assert_false(answer(bench, 200, "{\"ok\":false,\"error\":\"is_inactive\"}"));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
	/* An edit may be repeated, whatever came of it. */
	assert_false(answer(bench, 200, "{\"ok\":false,\"error\":\"internal_error\"}"));
	assert_int_equal(bench->failure.kind, FAILURE_TRANSIENT);
}

/* Someone who left, or a program: nobody who would read it. */
static void test_nobody(void **state)
{
	struct bench *bench = *state;

	bench->message.recipient = "dana@n.example";
	assert_false(answer(bench, 200, "{\"ok\":true,\"user\":{\"id\":\"U0DANA\",\"deleted\":true}}"));
	assert_int_equal(bench->failure.kind, FAILURE_DESTINATION);
	assert_false(answer(bench, 200, "{\"ok\":true,\"user\":{\"id\":\"U0DANA\",\"is_bot\":true}}"));
	assert_int_equal(bench->failure.kind, FAILURE_DESTINATION);
	assert_string_equal(bench->message.known.user, "");
}

/* An answer whose thread, or whose thread's place, is gone is said by itself, where messages go now. */
static void test_lost_thread(void **state)
{
	static const char *const words[] = { "cannot_reply_to_message", "is_archived" };
	struct bench *bench = *state;
	char text[80];

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		bench->message.thread_place = "C0OLD";
		bench->message.thread_id = "17.000300";
		bench->message.known = (struct message_known){ 0 };
		(void)snprintf(text, sizeof text, "{\"ok\":false,\"error\":\"%s\"}", words[i]);
		assert_true(answer(bench, 200, text) && bench->more);
		json_t *body = expect_request(bench, "https://slack.example/api/chat.postMessage");
		assert_null(json_object_get(body, "thread_ts"));
		assert_string_equal(member(body, "channel"), "C0MAIN");
		json_decref(body);
		/* That place's own failure is one. */
		assert_false(answer(bench, 200, "{\"ok\":false,\"error\":\"is_archived\"}"));
		assert_int_equal(bench->failure.kind, FAILURE_DESTINATION);
	}
}

/* What may have arrived is looked for, and not said twice. */
static void test_lost_answer(void **state)
{
	static const char search[] =
		"https://slack.example/api/conversations.history?channel=C0MAIN&oldest=1795168915.000000"
		"&limit=200&include_all_metadata=true";
	struct bench *bench = *state;

	bench->message.tried_ms = INT64_C(1795168920000);
	assert_null(expect_request(bench, search));
	assert_true(answer(bench, 200,
		"{\"ok\":true,\"messages\":[{\"ts\":\"1.1\",\"metadata\":{\"event_payload\":{\"outbox_id\":\"40\"}}"
		"},"
		"{\"ts\":\"1.2\"},{\"ts\":\"1.3\",\"metadata\":{\"event_payload\":{\"outbox_id\":\"41\"}}}]}"));
	assert_false(bench->more);
	assert_string_equal(bench->message.known.id, "1.3");
	assert_true(bench->message.known.certain);
	/* It isn't there: it is sent, and that is certain. */
	bench->message.known = (struct message_known){ 0 };
	assert_true(
		answer(bench, 200, "{\"ok\":true,\"messages\":[]}") && bench->more && bench->message.known.certain);
	json_decref(expect_request(bench, "https://slack.example/api/chat.postMessage"));
	/* It isn't among the first, and there are more: it may be a repeat. */
	bench->message.known = (struct message_known){ 0 };
	assert_true(answer(bench, 200, "{\"ok\":true,\"messages\":[],\"has_more\":true}") && bench->more);
	assert_false(bench->message.known.certain);
	/* It can't be looked for: it is sent, and may be a repeat. */
	bench->message.known = (struct message_known){ 0 };
	assert_true(answer(bench, 200, "{\"ok\":false,\"error\":\"missing_scope\"}") && bench->more);
	assert_false(bench->message.known.certain);
	json_decref(expect_request(bench, "https://slack.example/api/chat.postMessage"));
	/* Later, when Slack has no time. */
	bench->message.known = (struct message_known){ 0 };
	assert_false(answer(bench, 429, "{\"ok\":false,\"error\":\"ratelimited\"}"));
	assert_int_equal(bench->failure.kind, FAILURE_THROTTLED);
	/* In a thread, among its answers. */
	bench->message.thread_place = "C0MAIN";
	bench->message.thread_id = "1.1";
	assert_null(expect_request(bench,
		"https://slack.example/api/"
		"conversations.replies?channel=C0MAIN&ts=1.1&oldest=1795168915.000000&limit=200"
		"&include_all_metadata=true"));
}

static void test_error_words(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
		bool try_plain;
	} rows[] = {
		{ 200, "{\"ok\":false,\"error\":\"invalid_blocks\"}", FAILURE_PERMANENT, true },
		{ 200, "{\"ok\":false,\"error\":\"msg_blocks_too_long\"}", FAILURE_PERMANENT, true },
		{ 200, "{\"ok\":false,\"error\":\"msg_too_long\"}", FAILURE_PERMANENT, false },
		{ 200, "{\"ok\":false,\"error\":\"a_new_word\"}", FAILURE_PERMANENT, false },
		{ 200, "{\"ok\":false,\"error\":\"channel_not_found\"}", FAILURE_DESTINATION, false },
		{ 200, "{\"ok\":false,\"error\":\"is_archived\"}", FAILURE_DESTINATION, false },
		{ 200, "{\"ok\":false,\"error\":\"users_not_found\"}", FAILURE_DESTINATION, false },
		{ 200, "{\"ok\":false,\"error\":\"token_revoked\"}", FAILURE_CREDENTIALS, false },
		{ 200, "{\"ok\":false,\"error\":\"missing_scope\"}", FAILURE_CREDENTIALS, false },
		{ 200, "{\"ok\":false,\"error\":\"ratelimited\"}", FAILURE_THROTTLED, false },
		{ 429, "", FAILURE_THROTTLED, false },
		/* It may have been posted. */
		{ 200, "{\"ok\":false,\"error\":\"fatal_error\"}", FAILURE_UNKNOWN, false },
		{ 200, "<html>SECRET</html>", FAILURE_UNKNOWN, false },
		{ 200, "", FAILURE_UNKNOWN, false },
		{ 200, "{\"ok\":true}", FAILURE_UNKNOWN, false },
		{ 503, "", FAILURE_UNKNOWN, false },
		{ 400, "{\"ok\":false,\"error\":\"SECRET <x>\"}", FAILURE_PERMANENT, false },
		{ 200, "[1]", FAILURE_PERMANENT, false },
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bench->message.known = (struct message_known){ 0 };
		bool good = answer(bench, rows[i].status, rows[i].body);
		if (good || bench->failure.kind != rows[i].kind || bench->try_plain != rows[i].try_plain)
			fail_msg("row %zu: %d %s %s", i, good, failure_kind_name(bench->failure.kind),
				bench->failure.text);
		assert_null(strstr(bench->failure.text, "SECRET"));
		if (rows[i].kind == FAILURE_THROTTLED)
			assert_true(bench->failure.retry_after_s >= 1);
	}
	/* No answer at all: only what was posted may have arrived. */
	bench->failure = (struct failure){ .kind = FAILURE_UNKNOWN };
	assert_false(messenger_slack_bot.verdict(&bench->message, NULL, NULL, 0, &bench->message.known,
		&bench->more, &bench->try_plain, &bench->failure));
	assert_int_equal(bench->failure.kind, FAILURE_UNKNOWN);
	bench->message.recipient = "dana@n.example";
	assert_false(messenger_slack_bot.verdict(&bench->message, NULL, NULL, 0, &bench->message.known,
		&bench->more, &bench->try_plain, &bench->failure));
	assert_int_equal(bench->failure.kind, FAILURE_TRANSIENT);
}

static void test_settings(void **state)
{
	struct bench *bench = *state;

	assert_true(messenger_slack_bot.check_settings(&bench->settings, &bench->failure));
	bench->settings.channel_id[0] = '#';
	assert_false(messenger_slack_bot.check_settings(&bench->settings, &bench->failure));
	bench->settings.channel_id[0] = 'C';
	secret_free(bench->settings.bot_token);
	bench->settings.bot_token = secret_new("xoxp-SECRET");
	assert_false(messenger_slack_bot.check_settings(&bench->settings, &bench->failure));
	assert_null(strstr(bench->failure.text, "SECRET"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_channel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_person, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_remembered_person, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_remembered_thread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_thread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_thread_and_edit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_error_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settings, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("slack_bot", tests, NULL, NULL);
}
