/* Slack's Web API with a bot token: finds people by e-mail, writes to them directly, answers in threads, edits what
 * it said, and looks for a message whose answer was lost (Slack, Web API). */
#include "connectors/slack.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	RETRY_DEFAULT_S = 30,
	RETRY_MOST_S = 3600,
	SEARCH_BEFORE_MS = 5000,
	TIMEOUT_S = 30,
	ANSWER_LIMIT = 512 * 1024
};

static const struct option options[] = {
	{ .name = "bot_token_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct slack_settings, bot_token),
		.required = true,
		.help = "file with the app's bot token (xoxb-…)" },
	{ .name = "channel_id",
		.type = OPTION_TEXT,
		.offset = offsetof(struct slack_settings, channel_id),
		.required = true,
		.help = "the channel for what isn't for one person, or whose person can't be reached: its id, such "
			"as "
			"C0123456789" },
	{ .name = "api_url",
		.type = OPTION_URL,
		.offset = offsetof(struct slack_settings, api_url),
		.initial = "https://slack.com/api",
		.help = "the address of the Web API" },
	MESSENGER_OPTIONS(struct slack_settings),
};

enum step { STEP_LOOK_UP, STEP_OPEN, STEP_SEARCH, STEP_POST, STEP_UPDATE };

/* What comes next, of a message about which this is known. */
static enum step next_step(const struct message *message)
{
	if (message->is_edit)
		return STEP_UPDATE;
	if (message->recipient != NULL && message->known.user[0] == '\0')
		return STEP_LOOK_UP;
	if (message->recipient != NULL && message->known.place[0] == '\0')
		return STEP_OPEN;
	return message->tried_ms != 0 && !message->known.searched ? STEP_SEARCH : STEP_POST;
}

static bool is_answer(const struct message *message)
{
	return message->thread_id != NULL && !message->is_edit && !message->known.alone;
}

static const char *place_of(const struct slack_settings *settings, const struct message *message)
{
	if ((message->is_edit || is_answer(message)) && message->thread_place != NULL &&
		*message->thread_place != '\0')
		return message->thread_place;
	return message->recipient != NULL ? message->known.place : settings->channel_id;
}

/* Requests ------------------------------------------------------------------------------------------- */

static bool begin(const struct slack_settings *settings, struct http_request *request, const char *method)
{
	struct buffer header;

	http_request_clear(request);
	request->timeout_s = TIMEOUT_S;
	request->body_limit = ANSWER_LIMIT;
	(void)snprintf(request->what, sizeof request->what, "Slack %.60s", method);
	buffer_init(&header, 1024);
	bool good = buffer_append_text(&header, "Bearer ") &&
		    buffer_append_text(&header, secret_reveal(settings->bot_token)) &&
		    http_request_header(request, "Authorization", buffer_text(&header)) &&
		    buffer_printf(&request->url, "%s/%s", settings->api_url, method);
	buffer_wipe(&header);
	buffer_free(&header);
	return good;
}

static bool add_body(struct http_request *request, json_t *body)
{
	bool good = buffer_append_json(&request->body, body) &&
		    http_request_header(request, "Content-Type", "application/json; charset=utf-8");

	request->is_post = true;
	json_decref(body);
	return good;
}

static bool ask_search(
	const struct slack_settings *settings, const struct message *message, struct http_request *request)
{
	bool in_thread = is_answer(message);
	int64_t oldest_ms = message->tried_ms - SEARCH_BEFORE_MS;

	if (!begin(settings, request, in_thread ? "conversations.replies" : "conversations.history") ||
		!buffer_append_text(&request->url, "?channel=") ||
		!buffer_append_encoded(&request->url, place_of(settings, message)))
		return false;
	if (in_thread && (!buffer_append_text(&request->url, "&ts=") ||
				 !buffer_append_encoded(&request->url, message->thread_id)))
		return false;
	return buffer_printf(&request->url, "&oldest=%" PRId64 ".000000&limit=200&include_all_metadata=true",
		oldest_ms > 0 ? oldest_ms / 1000 : 0);
}

/* Only our key is in the metadata: everybody in the workspace could read it. */
static json_t *metadata_of(const struct message *message)
{
	return json_pack("{s:s, s:{s:s, s:s}}", "event_type", "advocated_notification", "event_payload",
		"outbox_id", message->key, "kind", message->kind);
}

static bool ask_post(const struct slack_settings *settings, const struct message *message, json_t *payload,
	struct http_request *request)
{
	if (message->is_edit) {
		/* Text without attachments would leave the old ones (Slack, chat.update). */
		if (message->plain)
			(void)json_object_set_new(payload, "attachments", json_array());
		(void)json_object_set_new(payload, "ts", json_string(message->thread_id));
	} else {
		(void)json_object_set_new(payload, "metadata", metadata_of(message));
		if (is_answer(message))
			(void)json_object_set_new(payload, "thread_ts", json_string(message->thread_id));
		request->must_not_repeat = true;
	}
	(void)json_object_set_new(payload, "channel", json_string(place_of(settings, message)));
	return add_body(request, payload);
}

/* Takes the payload. */
static bool ask(const struct slack_settings *settings, const struct message *message, json_t *payload,
	struct http_request *request)
{
	enum step step = next_step(message);

	if (step == STEP_POST || step == STEP_UPDATE) {
		bool good = begin(settings, request, step == STEP_POST ? "chat.postMessage" : "chat.update");
		if (good)
			return ask_post(settings, message, payload, request);
		json_decref(payload);
		return false;
	}
	json_decref(payload);
	switch (step) {
	case STEP_LOOK_UP:
		return begin(settings, request, "users.lookupByEmail") &&
		       buffer_append_text(&request->url, "?email=") &&
		       buffer_append_encoded(&request->url, message->recipient);
	case STEP_OPEN:
		return begin(settings, request, "conversations.open") &&
		       add_body(request, json_pack("{s:s}", "users", message->known.user));
	default:
		return ask_search(settings, message, request);
	}
}

/* Verdicts ------------------------------------------------------------------------------------------- */

/* By the error words that Slack's methods list. `advice` says what a person can do. */
static const struct {
	const char *word;
	enum failure_kind kind;
	bool try_plain;
	const char *advice;
} words[] = {
	{ "invalid_blocks", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "invalid_blocks_format", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "msg_blocks_too_long", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "too_many_attachments", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "attachment_payload_limit_exceeded", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "invalid_attachments", FAILURE_PERMANENT, true, "Slack refuses the message's layout" },
	{ "channel_not_found", FAILURE_DESTINATION, false, "there is no such channel, or the bot may not see it" },
	{ "is_archived", FAILURE_DESTINATION, false, "the channel is archived: unarchive it" },
	{ "is_inactive", FAILURE_DESTINATION, false, "the channel is archived: unarchive it" },
	{ "not_in_channel", FAILURE_DESTINATION, false, "the bot isn't in the channel: invite it" },
	{ "restricted_action", FAILURE_DESTINATION, false, "a Slack administrator forbids to post there: ask one" },
	{ "restricted_action_read_only_channel", FAILURE_DESTINATION, false, "the channel is read-only" },
	{ "restricted_action_thread_only_channel", FAILURE_DESTINATION, false, "the channel takes answers only" },
	{ "restricted_action_non_threadable_channel", FAILURE_DESTINATION, false, "the channel takes no threads" },
	{ "restricted_action_thread_locked", FAILURE_DESTINATION, false, "the thread is locked" },
	{ "messages_tab_disabled", FAILURE_DESTINATION, false,
		"the app takes no direct messages: App Home, Messages tab" },
	{ "no_permission", FAILURE_DESTINATION, false, "the bot may not post there" },
	{ "team_not_found", FAILURE_DESTINATION, false, "there is no such workspace" },
	{ "user_not_found", FAILURE_DESTINATION, false, "there is no such person in Slack" },
	{ "users_not_found", FAILURE_DESTINATION, false, "nobody in Slack has this e-mail address" },
	{ "user_not_visible", FAILURE_DESTINATION, false, "the bot may not see this person" },
	{ "user_disabled", FAILURE_DESTINATION, false, "this person's account is disabled" },
	{ "cannot_dm_bot", FAILURE_DESTINATION, false, "this person is a bot" },
	{ "invalid_auth", FAILURE_CREDENTIALS, false, "Slack refuses the bot token, or this machine's address" },
	{ "not_authed", FAILURE_CREDENTIALS, false, "Slack refuses the bot token" },
	{ "account_inactive", FAILURE_CREDENTIALS, false,
		"the bot token belongs to nobody any more: make a new one" },
	{ "token_revoked", FAILURE_CREDENTIALS, false, "the bot token was revoked: make a new one" },
	{ "token_expired", FAILURE_CREDENTIALS, false, "the bot token has expired: make a new one" },
	{ "missing_scope", FAILURE_CREDENTIALS, false, "the bot token lacks a scope" },
	{ "not_allowed_token_type", FAILURE_CREDENTIALS, false, "this kind of token can't post: give a bot token" },
	{ "org_login_required", FAILURE_CREDENTIALS, false, "the workspace is being moved" },
	{ "ekm_access_denied", FAILURE_CREDENTIALS, false,
		"a Slack administrator has stopped all posting: ask one" },
	{ "access_denied", FAILURE_CREDENTIALS, false, "Slack denies access" },
	{ "accesslimited", FAILURE_CREDENTIALS, false, "Slack denies access, perhaps to this machine's address" },
	{ "enterprise_is_restricted", FAILURE_CREDENTIALS, false, "the organisation forbids it" },
	{ "team_access_not_granted", FAILURE_CREDENTIALS, false, "the app isn't granted access to the workspace" },
	{ "two_factor_setup_required", FAILURE_CREDENTIALS, false, "two-factor login has to be set up" },
	{ "metadata_must_be_sent_from_app", FAILURE_CREDENTIALS, false,
		"this kind of token can't post: give a bot token" },
	{ "ratelimited", FAILURE_THROTTLED, false, "Slack takes no more messages for now" },
	{ "rate_limited", FAILURE_THROTTLED, false, "Slack takes no more messages for now" },
	{ "message_limit_exceeded", FAILURE_THROTTLED, false, "Slack takes no more messages for now" },
	{ "update_failed", FAILURE_TRANSIENT, false, "Slack failed" },
	/* Part of the work may be done. */
	{ "internal_error", FAILURE_UNKNOWN, false, "Slack failed" },
	{ "fatal_error", FAILURE_UNKNOWN, false, "Slack failed" },
	{ "service_unavailable", FAILURE_UNKNOWN, false, "Slack failed" },
	{ "request_timeout", FAILURE_UNKNOWN, false, "Slack failed" },
	{ "team_added_to_org", FAILURE_UNKNOWN, false, "the workspace is being moved" },
};

static bool is_word(const char *text)
{
	return text != NULL && *text != '\0' && strlen(text) < 64 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

static bool fail(const struct http_head *head, const char *word, enum failure_kind kind, const char *advice,
	enum step step, struct failure *failure)
{
	/* Asking, or editing, again does no harm. */
	if (kind == FAILURE_UNKNOWN && step != STEP_POST)
		kind = FAILURE_TRANSIENT;
	failure_set(failure, kind, "%s (status %d%s%s)", advice, head->status, *word == '\0' ? "" : ", ", word);
	failure->http_status = head->status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", word);
	if (kind == FAILURE_THROTTLED) {
		failure->retry_after_s = http_head_retry_after(head, RETRY_MOST_S);
		if (failure->retry_after_s < 1)
			failure->retry_after_s = RETRY_DEFAULT_S;
	}
	return false;
}

static bool copy_id(char target[static MESSAGE_ID_SIZE], const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || *text == '\0' || strlen(text) >= MESSAGE_ID_SIZE)
		return false;
	(void)snprintf(target, MESSAGE_ID_SIZE, "%s", text);
	return true;
}

/* The message with our key among those that the conversation holds. */
static bool find_key(const json_t *answer, const char *key, struct message_known *known)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(answer, "messages"), i, one) {
		const json_t *payload = json_object_get(json_object_get(one, "metadata"), "event_payload");
		const char *found = json_string_value(json_object_get(payload, "outbox_id"));
		if (found != NULL && strcmp(found, key) == 0 && copy_id(known->id, json_object_get(one, "ts")))
			return true;
	}
	return false;
}

/* Who has left is no less "found" than a program with an address (Slack, users.lookupByEmail). */
static bool is_person(const json_t *user)
{
	return !json_is_true(json_object_get(user, "deleted")) && !json_is_true(json_object_get(user, "is_bot"));
}

/* A good answer: what it tells. False: it lacks what it must have. */
static bool learn(const struct message *message, enum step step, const json_t *answer, struct message_known *known,
	bool *ret_more)
{
	const json_t *user = json_object_get(answer, "user");

	*ret_more = true;
	switch (step) {
	case STEP_LOOK_UP:
		return copy_id(known->user, json_object_get(user, "id"));
	case STEP_OPEN:
		return copy_id(known->place, json_object_get(json_object_get(answer, "channel"), "id"));
	case STEP_SEARCH:
		known->searched = true;
		*ret_more = !find_key(answer, message->key, known);
		/* On a page that doesn't tell all, only what was found is certain. */
		known->certain = !*ret_more || !json_is_true(json_object_get(answer, "has_more"));
		if (!*ret_more && message->thread_place != NULL)
			(void)snprintf(known->place, sizeof known->place, "%s", message->thread_place);
		return true;
	default:
		*ret_more = false;
		return copy_id(known->place, json_object_get(answer, "channel")) &&
		       copy_id(known->id, json_object_get(answer, "ts"));
	}
}

static bool fail_word(const struct http_head *head, const char *word, enum step step, bool *ret_try_plain,
	struct failure *failure)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].word, word) == 0) {
			enum failure_kind kind = words[i].kind;
			/* A place where something old stands says nothing of where news go. */
			if (kind == FAILURE_DESTINATION && step == STEP_UPDATE)
				kind = FAILURE_PERMANENT;
			*ret_try_plain = words[i].try_plain && (step == STEP_POST || step == STEP_UPDATE);
			return fail(head, word, kind, words[i].advice, step, failure);
		}
	return fail(head, word, FAILURE_PERMANENT, "Slack refuses the message", step, failure);
}

/* The workspace may be another one than that in which the person was found, if the channel was given another one's token;
 * or that conversation is gone. So the person is looked for anew before somebody else gets the message. */
static bool forget_person(struct message_known *known)
{
	known->user[0] = known->place[0] = '\0';
	known->remembered = false;
	return true;
}

static bool verdict(const struct message *message, const struct http_head *head, const char *body, size_t length,
	struct message_known *known, bool *ret_more, bool *ret_try_plain, struct failure *failure)
{
	enum step step = next_step(message);

	*ret_more = *ret_try_plain = false;
	if (head == NULL) {
		if (failure->kind == FAILURE_UNKNOWN && step != STEP_POST)
			failure->kind = FAILURE_TRANSIENT;
		return false;
	}
	json_t *answer = json_loadb(body == NULL ? "" : body, length, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	char word[64];
	bool good = false;

	(void)snprintf(word, sizeof word, "%s", is_word(error) ? error : "");
	if (head->status == 429)
		(void)fail(head, word, FAILURE_THROTTLED, "Slack takes no more messages for now", step, failure);
	else if (head->status >= 500 || answer == NULL)
		/* A page of a proxy, too: whether the message came through can't be known. */
		(void)fail(head, word, FAILURE_UNKNOWN, "Slack failed", step, failure);
	else if (json_is_true(json_object_get(answer, "ok")) && step == STEP_LOOK_UP &&
		 !is_person(json_object_get(answer, "user")))
		(void)fail(
			head, "", FAILURE_DESTINATION, "the address belongs to no person in Slack", step, failure);
	else if (json_is_true(json_object_get(answer, "ok")))
		good = learn(message, step, answer, known, ret_more) ||
		       fail(head, "", FAILURE_UNKNOWN, "Slack's answer lacks what it must have", step, failure);
	else if (step == STEP_SEARCH) {
		/* It can't be looked for, for want of a scope: then it is sent again, and marked. */
		(void)fail_word(head, word, step, ret_try_plain, failure);
		known->searched = *ret_more = good =
			failure->kind != FAILURE_THROTTLED && failure->kind != FAILURE_TRANSIENT;
	} else {
		(void)fail_word(head, word, step, ret_try_plain, failure);
		/* News don't get lost with the thread they belong to, or with the place where it was. */
		if (step == STEP_POST && is_answer(message) &&
			(failure->kind == FAILURE_DESTINATION || strcmp(word, "cannot_reply_to_message") == 0))
			known->alone = *ret_more = good = true;
		else if (step == STEP_POST && failure->kind == FAILURE_DESTINATION && known->remembered)
			*ret_more = good = forget_person(known);
	}
	json_decref(answer);
	return good;
}

/* The channel ---------------------------------------------------------------------------------------- */

static bool check_settings(const void *settings, struct failure *failure)
{
	const struct slack_settings *own = settings;
	const char *id = own->channel_id;

	if (id != NULL && (strlen(id) < 3 || strlen(id) >= MESSAGE_ID_SIZE || strchr("CGD", id[0]) == NULL ||
				  strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != strlen(id))) {
		failure_set(failure, FAILURE_PERMANENT,
			"channel_id: '%.40s' is no channel's id; write one such as C0123456789, not its name", id);
		return false;
	}
	if (own->bot_token != NULL && strncmp(secret_reveal(own->bot_token), "xoxb-", 5) != 0) {
		failure_set(failure, FAILURE_PERMANENT,
			"the file named by bot_token_file must hold a bot token, which begins with xoxb-");
		return false;
	}
	return true;
}

static bool render(const void *settings, const struct message *message, struct http_request *request,
	struct buffer *text, struct failure *failure)
{
	const struct slack_settings *own = settings;
	const struct layout *layout = layout_find(message->layouts, message->kind);
	enum audience readers = audience_find(own->audience);

	/* What goes to the very person whom the kind is for has no other readers. */
	if (message->recipient != NULL && layout != NULL)
		readers = layout->audience;
	if (ask(own, message, slack_payload(own, message, readers, text), request))
		return true;
	failure_set(failure, FAILURE_PERMANENT, "the message can't be written as JSON");
	return false;
}

const struct messenger messenger_slack_bot = {
	.name = "slack-bot",
	.options = options,
	.option_count = sizeof options / sizeof options[0],
	.settings_size = sizeof(struct slack_settings),
	.check_settings = check_settings,
	.render = render,
	.verdict = verdict,
	.is_personal = true,
	.interval_ms = 1000, /* one a second and channel */
};
