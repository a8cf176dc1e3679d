/* Slack's Web API, as far as a bot writes messages with it: every answer is JSON with "ok", and a refusal is a word
 * with status 200, but for the rate limit's 429 (Slack, Web API). */
#include "tests/sandbox/slack_internal.h"
#include "tests/sandbox/world_internal.h"

#include <ctype.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UPDATE_TEXT_MOST 4000
#define POST_TEXT_MOST 40000
#define CHANNELS "C0CSMTEAM C0SALES00 C0OPS0000"
#define SCOPES "chat:write im:write users:read users:read.email channels:history groups:history im:history"

struct api_call {
	struct slack *slack;
	struct server_call *call;
	json_t *arguments; /* an object, whatever form they came in */
	const char *channel;
	struct slack_place *place;
};

/* ---- answers ---- */

static void refuse(struct server_call *call, const char *word)
{
	server_answer_json(call, 200, json_pack("{s:b, s:s}", "ok", 0, "error", word));
}

static void refuse_rate(struct server_call *call, long seconds)
{
	char header[24];

	snprintf(header, sizeof(header), "%ld", seconds);
	server_call_add_header(call, "Retry-After", header);
	server_answer_json(call, 429, json_pack("{s:b, s:s}", "ok", 0, "error", "ratelimited"));
}

static void refuse_scope(struct server_call *call, const char *needed, const char *provided)
{
	server_answer_json(call, 200,
		json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "error", "missing_scope", "needed", needed, "provided",
			provided));
}

bool slack_api_answer_fault(struct server_call *call, const struct fault *fault, const char *kind)
{
	if (strcmp(kind, "ratelimited") == 0 || strcmp(kind, "rate_limited") == 0 || strcmp(kind, "429") == 0)
		refuse_rate(call, fault_parameter_number(fault, "retry_after", 1));
	else if (isdigit((unsigned char)kind[0]))
		server_answer(call, atoi(kind), "text/html", "server error");
	else if (strcmp(kind, "missing_scope") == 0)
		refuse_scope(call, "chat:write", "");
	else
		refuse(call, kind);
	return true;
}

/* ---- lists in switches ---- */

static bool is_listed(struct slack *slack, const char *key, const char *otherwise, const char *word)
{
	const char *list = server_switch(slack->server, key, otherwise);
	size_t length = strlen(word);

	for (const char *at = list; *at;) {
		size_t next = strcspn(at, " ,");

		if (next == length && length > 0 && strncasecmp(at, word, length) == 0)
			return true;
		at += next + strspn(at + next, " ,");
	}
	return false;
}

static bool may(struct api_call *this, const char *scope)
{
	if (is_listed(this->slack, "slack.scopes", SCOPES, scope))
		return true;
	refuse_scope(this->call, scope, server_switch(this->slack->server, "slack.scopes", SCOPES));
	return false;
}

/* ---- arguments ---- */

static void take_values(json_t *arguments, const struct evkeyvalq *values)
{
	for (const struct evkeyval *each = values->tqh_first; each; each = each->next.tqe_next) {
		/* What is no text is JSON in a form's value. */
		bool is_structure = strcmp(each->key, "blocks") == 0 || strcmp(each->key, "attachments") == 0 ||
				    strcmp(each->key, "metadata") == 0;
		json_t *value = is_structure ? json_loads(each->value, 0, NULL) : NULL;

		json_object_set_new(arguments, each->key, value ? value : json_string(each->value));
	}
}

/* JSON is for methods that write; any takes a form or a query, which don't mix with JSON. */
static const char *take_arguments(struct api_call *this, bool writes)
{
	const char *type = server_call_header(this->call, "Content-Type");
	const char *body = server_call_body(this->call, NULL);
	struct evkeyvalq form;

	this->arguments = json_object();
	if (strcmp(server_call_method(this->call), "POST") == 0 && type &&
		strncasecmp(type, "application/json", 16) == 0) {
		json_t *sent = server_call_json(this->call);

		if (!sent)
			return "invalid_json";
		if (!json_is_object(sent))
			return "json_not_object";
		const char *key;
		json_t *value;

		/* A null is as good as nothing. */
		json_object_foreach (sent, key, value)
			if (writes && !json_is_null(value))
				json_object_set(this->arguments, key, value);
		return NULL;
	}
	take_values(this->arguments, server_call_parameters(this->call));
	if (!*body)
		return NULL;
	if (!type)
		return "missing_post_type";
	if (strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0)
		return "invalid_post_type";
	if (evhttp_parse_query_str(body, &form) != 0)
		return "invalid_form_data";
	take_values(this->arguments, &form);
	evhttp_clear_headers(&form);
	return NULL;
}

/* "" for what is not there. */
static const char *argument(const struct api_call *this, const char *name)
{
	const char *text = json_string_value(json_object_get(this->arguments, name));

	return text ? text : "";
}

static bool is_argument_true(const struct api_call *this, const char *name)
{
	return json_is_true(json_object_get(this->arguments, name)) || strcmp(argument(this, name), "true") == 0 ||
	       strcmp(argument(this, name), "1") == 0;
}

/* ---- people and conversations ---- */

static struct slack_user *user_by_id(struct slack *slack, const char *id)
{
	for (size_t at = 0; at < slack->user_count; at++)
		if (strcmp(slack->users[at].id, id) == 0)
			return &slack->users[at];
	return NULL;
}

static struct slack_user *user_by_place(struct slack *slack, const char *place)
{
	for (size_t at = 0; at < slack->user_count; at++)
		if (strcmp(slack->users[at].place, place) == 0)
			return &slack->users[at];
	return NULL;
}

/* Whoever has an address of the world's company is a member, unless a switch says that nobody has it. */
static struct slack_user *user_by_email(struct slack *slack, const char *email)
{
	const char *at_sign = strchr(email, '@');

	if (!at_sign || at_sign == email || strcasecmp(at_sign, "@vendor.example") != 0 ||
		is_listed(slack, "slack.unknown_users", "", email))
		return NULL;
	for (size_t at = 0; at < slack->user_count; at++)
		if (strcasecmp(slack->users[at].email, email) == 0)
			return &slack->users[at];
	slack->users = world_allocate(slack->users, slack->user_count + 1, sizeof(*slack->users));
	struct slack_user *user = &slack->users[slack->user_count++];

	*user = (struct slack_user){ .email = strdup(email) };
	snprintf(user->id, sizeof(user->id), "U0SAND%04zu", slack->user_count);
	return user;
}

static const char *user_open(struct slack_user *user)
{
	snprintf(user->place, sizeof(user->place), "D%s", user->id + 1);
	return user->place;
}

static struct slack_place *place_find(struct slack *slack, const char *id)
{
	for (size_t at = 0; at < slack->place_count; at++)
		if (strcmp(slack->places[at].id, id) == 0)
			return &slack->places[at];
	slack->places = world_allocate(slack->places, slack->place_count + 1, sizeof(*slack->places));
	struct slack_place *place = &slack->places[slack->place_count++];

	*place = (struct slack_place){ 0 };
	snprintf(place->id, sizeof(place->id), "%s", id);
	slack_bucket_fill(&place->bucket);
	return place;
}

/* The conversation that the call names; false: refused. */
static bool take_channel(struct api_call *this)
{
	const char *id = argument(this, "channel");
	struct slack_user *user = *id == 'U' ? user_by_id(this->slack, id) : NULL;

	if (user)
		id = user_open(user);
	if (!*id || (!user_by_place(this->slack, id) && !is_listed(this->slack, "slack.channels", CHANNELS, id))) {
		refuse(this->call, "channel_not_found");
		return false;
	}
	this->place = place_find(this->slack, id);
	this->channel = this->place->id;
	return true;
}

static bool is_archived(const struct api_call *this)
{
	return is_listed(this->slack, "slack.archived_channels", "", this->channel);
}

static const char *text_of(const json_t *record, const char *name)
{
	const char *text = json_string_value(json_object_get(record, name));

	return text ? text : "";
}

/* A message of the Web API; what came by a webhook has no name. */
static json_t *message_find(const struct api_call *this, const char *stamp)
{
	json_t *record;
	size_t at;

	json_array_foreach (this->slack->messages, at, record)
		if (*stamp && strcmp(text_of(record, "channel"), this->channel) == 0 &&
			strcmp(text_of(record, "ts"), stamp) == 0)
			return record;
	return NULL;
}

/* ---- methods ---- */

static void users_look_up(struct api_call *this)
{
	if (!may(this, "users:read.email"))
		return;
	const struct slack_user *user = user_by_email(this->slack, argument(this, "email"));

	if (!user) {
		refuse(this->call, *argument(this, "email") ? "users_not_found" : "invalid_arguments");
		return;
	}
	server_answer_json(this->call, 200,
		json_pack("{s:b, s:{s:s, s:s, s:b, s:b, s:{s:s}}}", "ok", 1, "user", "id", user->id, "team_id",
			"T0SANDBOX", "deleted", 0, "is_bot", 0, "profile", "email", user->email));
}

static void conversations_open(struct api_call *this)
{
	if (!may(this, "im:write"))
		return;
	struct slack_user *user = user_by_id(this->slack, argument(this, "users"));

	if (!user)
		refuse(this->call, *argument(this, "users") ? "user_not_found" : "invalid_arguments");
	else if (is_listed(this->slack, "slack.disabled_users", "", user->email))
		refuse(this->call, "user_disabled");
	else
		server_answer_json(
			this->call, 200, json_pack("{s:b, s:{s:s}}", "ok", 1, "channel", "id", user_open(user)));
}

static const char *metadata_check(const json_t *metadata)
{
	if (!metadata || json_is_null(metadata))
		return NULL;
	return json_is_object(metadata) && json_is_string(json_object_get(metadata, "event_type")) &&
			       json_is_object(json_object_get(metadata, "event_payload"))
		       ? NULL
		       : "invalid_metadata_format";
}

static const char *content_word(const struct api_call *this)
{
	const char *word = slack_content_check(this->arguments);

	if (word && strcmp(word, "invalid_payload") == 0)
		word = "invalid_arguments";
	return word ? word : metadata_check(json_object_get(this->arguments, "metadata"));
}

static void stamp_next(struct slack *slack, char stamp[static 40])
{
	int64_t now_us = world_now() * 1000;

	if (now_us <= slack->last_stamp_us)
		now_us = slack->last_stamp_us + 1;
	slack->last_stamp_us = now_us;
	snprintf(stamp, 40, "%" PRId64 ".%06" PRId64, now_us / 1000000, now_us % 1000000);
}

static json_t *message_cut(json_t *text)
{
	const char *bytes = json_string_value(text);
	size_t most = json_string_length(text);

	if (most > POST_TEXT_MOST)
		for (most = POST_TEXT_MOST; most > 0 && ((unsigned char)bytes[most] & 0xC0) == 0x80;)
			most--;
	return json_stringn(bytes ? bytes : "", most);
}

static void message_keep(struct api_call *this, const char *stamp)
{
	const struct slack_user *user = user_by_place(this->slack, this->channel);
	const char *thread = argument(this, "thread_ts");
	char time[32];

	text_format_iso_time(time, world_now());
	slack_record(this->slack,
		json_pack("{s:s, s:s?, s:s, s:s, s:s?, s:i, s:o, s:O}", "channel", this->channel, "to",
			user ? user->email : NULL, "received_at", time, "ts", stamp, "thread_ts",
			*thread ? thread : NULL, "edited", 0, "text",
			message_cut(json_object_get(this->arguments, "text")), "payload", this->arguments));
}

/* An answer is lost after the deed. */
static void answer_message(struct api_call *this, const char *stamp, json_t *message)
{
	if (server_call_fault(this->call, "answer-lost"))
		server_answer_reset(this->call);
	else
		server_answer_json(this->call, 200,
			json_pack("{s:b, s:s, s:s, s:O}", "ok", 1, "channel", this->channel, "ts", stamp, "message",
				json_object_get(message, "payload")));
}

static void chat_post(struct api_call *this)
{
	const char *thread = argument(this, "thread_ts");
	char stamp[40];

	if (!may(this, "chat:write") || !take_channel(this))
		return;
	const json_t *parent = *thread ? message_find(this, thread) : NULL;
	const char *word = is_archived(this) ? "is_archived" : content_word(this);

	/* A thread hangs on its first message, never on an answer. */
	if (!word && *thread && (!parent || *text_of(parent, "thread_ts")))
		word = "cannot_reply_to_message";
	if (!word && !slack_bucket_admits(this->slack, &this->place->bucket)) {
		refuse_rate(this->call, 1);
		return;
	}
	if (word) {
		refuse(this->call, word);
		return;
	}
	stamp_next(this->slack, stamp);
	message_keep(this, stamp);
	answer_message(this, stamp, message_find(this, stamp));
}

/* Text without blocks removes those; attachments and metadata stay unless they are given. */
static void message_change(json_t *record, json_t *arguments)
{
	json_t *payload = json_object_get(record, "payload");
	json_t *changed = json_copy(arguments);

	for (const char *const *kept = (const char *const[]){ "attachments", "metadata", "thread_ts", NULL }; *kept;
		kept++)
		if (!json_object_get(changed, *kept) && json_object_get(payload, *kept))
			json_object_set(changed, *kept, json_object_get(payload, *kept));
	json_object_set_new(record, "text", message_cut(json_object_get(arguments, "text")));
	json_object_set_new(record, "payload", changed);
	json_object_set_new(
		record, "edited", json_integer(json_integer_value(json_object_get(record, "edited")) + 1));
}

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

static void chat_update(struct api_call *this)
{
	if (!may(this, "chat:write") || !take_channel(this))
		return;
	json_t *record = message_find(this, argument(this, "ts"));
	const char *word = is_archived(this) ? "is_inactive" : !record ? "message_not_found" : content_word(this);

	if (!word && characters(argument(this, "text")) > UPDATE_TEXT_MOST)
		word = "msg_too_long";
	if (word) {
		refuse(this->call, word);
		return;
	}
	message_change(record, this->arguments);
	answer_message(this, text_of(record, "ts"), record);
}

/* A message as a reader gets it. */
static json_t *message_shown(const struct api_call *this, const json_t *record)
{
	json_t *payload = json_object_get(record, "payload");
	json_t *metadata = json_object_get(payload, "metadata");
	json_t *shown = json_pack("{s:s, s:s, s:s, s:O, s:s, s:O*, s:O*}", "type", "message", "bot_id", "B0SANDBOX",
		"user", "U0SANDBOT", "text", json_object_get(record, "text"), "ts", text_of(record, "ts"), "blocks",
		json_object_get(payload, "blocks"), "attachments", json_object_get(payload, "attachments"));

	if (*text_of(record, "thread_ts"))
		json_object_set(shown, "thread_ts", json_object_get(record, "thread_ts"));
	if (json_is_object(metadata) && is_argument_true(this, "include_all_metadata"))
		json_object_set(shown, "metadata", metadata);
	else if (json_is_object(metadata))
		json_object_set_new(shown, "metadata",
			json_pack("{s:O}", "event_type", json_object_get(metadata, "event_type")));
	return shown;
}

/* Stamps have as many digits before the point for the next centuries. */
static bool is_within(const struct api_call *this, const char *stamp)
{
	double at = strtod(stamp, NULL);
	const char *oldest = argument(this, "oldest"), *latest = argument(this, "latest");

	return (!*oldest || at > strtod(oldest, NULL)) && (!*latest || at < strtod(latest, NULL));
}

static bool may_read(struct api_call *this)
{
	switch (this->channel[0]) {
	case 'D':
		return may(this, "im:history");
	case 'G':
		return may(this, "groups:history");
	default:
		return may(this, "channels:history");
	}
}

/* History: what stands in the conversation itself, newest first. Replies: a thread's first message and what answers it,
 * oldest first. */
static void read_back(struct api_call *this, bool of_thread)
{
	const char *limit_text = argument(this, "limit"), *thread = argument(this, "ts");
	size_t limit = *limit_text ? strtoul(limit_text, NULL, 10) : 100;
	json_t *found = json_array(), *record;
	bool has_more = false;

	if (!take_channel(this) || !may_read(this)) {
		json_decref(found);
		return;
	}
	if (of_thread && !message_find(this, thread)) {
		json_decref(found);
		refuse(this->call, "thread_not_found");
		return;
	}
	size_t count = json_array_size(this->slack->messages);

	for (size_t at = 0; at < count && !has_more; at++) {
		record = json_array_get(this->slack->messages, of_thread ? at : count - 1 - at);
		bool is_parent = of_thread && strcmp(text_of(record, "ts"), thread) == 0;

		if (strcmp(text_of(record, "channel"), this->channel) != 0 ||
			strcmp(text_of(record, "thread_ts"), of_thread && !is_parent ? thread : "") != 0 ||
			(!is_parent && !is_within(this, text_of(record, "ts"))))
			continue;
		if (json_array_size(found) == limit)
			has_more = true;
		else
			json_array_append_new(found, message_shown(this, record));
	}
	server_answer_json(
		this->call, 200, json_pack("{s:b, s:o, s:b}", "ok", 1, "messages", found, "has_more", has_more));
}

static void conversations_history(struct api_call *this)
{
	read_back(this, false);
}

static void conversations_replies(struct api_call *this)
{
	read_back(this, true);
}

static const struct {
	const char *name;
	void (*answer)(struct api_call *this);
	bool writes;
} methods[] = {
	{ "chat.postMessage", chat_post, true },
	{ "chat.update", chat_update, true },
	{ "conversations.history", conversations_history, false },
	{ "conversations.open", conversations_open, true },
	{ "conversations.replies", conversations_replies, false },
	{ "users.lookupByEmail", users_look_up, false },
};

/* The token belongs into the header: a query is logged. */
static const char *token_check(const struct api_call *this)
{
	const char *header = server_call_header(this->call, "Authorization");

	if (!header || strncasecmp(header, "Bearer ", 7) != 0)
		return "not_authed";
	return strcmp(header + 7, this->slack->token) == 0 ? NULL : "invalid_auth";
}

void slack_api_handle(struct slack *slack, struct server_call *call)
{
	const char *name = server_call_path(call) + strlen("/api/");
	struct api_call this = { .slack = slack, .call = call };
	size_t at = 0;

	while (at < sizeof(methods) / sizeof(*methods) && strcmp(methods[at].name, name) != 0)
		at++;
	bool known = at < sizeof(methods) / sizeof(*methods);

	if (server_call_begin(call, "api", known ? name : "unknown"))
		return;
	if (!known) {
		refuse(call, "unknown_method");
		return;
	}
	const char *word = token_check(&this);

	if (!word)
		word = take_arguments(&this, methods[at].writes);
	if (word)
		refuse(call, word);
	else
		methods[at].answer(&this);
	json_decref(this.arguments);
}

void slack_api_register(struct slack *slack)
{
	server_switch_register(slack->server, "slack.channels", "ids of the channels there are (" CHANNELS ")");
	server_switch_register(slack->server, "slack.archived_channels", "ids of those that are archived (none)");
	server_switch_register(slack->server, "slack.scopes", "what the bot may do (all that it can ask for here)");
	server_switch_register(
		slack->server, "slack.unknown_users", "addresses @vendor.example that nobody in Slack has (none)");
	server_switch_register(
		slack->server, "slack.disabled_users", "addresses of people who can't be written to (none)");
}

void slack_api_free(struct slack *slack)
{
	for (size_t at = 0; at < slack->user_count; at++)
		free(slack->users[at].email);
	free(slack->users);
	free(slack->places);
	free(slack->token);
}
