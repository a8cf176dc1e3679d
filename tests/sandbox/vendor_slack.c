#include "tests/sandbox/vendor_slack.h"

#include "tests/sandbox/slack_blocks.h"
#include "tests/sandbox/slack_internal.h"
#include "tests/sandbox/world_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BURST 3.0

static const struct {
	const char *word;
	int status;
} errors[] = {
	{ "invalid_payload", 400 },
	{ "no_text", 400 },
	{ "invalid_blocks", 400 },
	{ "invalid_blocks_format", 400 },
	{ "too_many_attachments", 400 },
	{ "missing_text_or_fallback_or_attachments", 400 },
	{ "user_not_found", 400 },
	{ "action_prohibited", 403 },
	{ "posting_to_general_channel_denied", 403 },
	{ "invalid_token", 403 },
	{ "channel_not_found", 404 },
	{ "no_service", 404 },
	{ "no_active_hooks", 404 },
	{ "no_service_id", 404 },
	{ "no_team", 404 },
	{ "team_disabled", 403 },
	{ "channel_is_archived", 410 },
	{ "rollup_error", 500 },
	{ "500", 500 },
	{ "503", 503 },
};

static void error_answer(struct server_call *call, const char *word)
{
	for (size_t at = 0; at < sizeof(errors) / sizeof(*errors); at++) {
		if (strcmp(errors[at].word, word) != 0)
			continue;
		server_answer(call, errors[at].status, "text/html",
			isdigit((unsigned char)word[0]) ? "server error" : word);
		return;
	}
	server_answer(call, 400, "text/html", word);
}

static void rate_answer(struct server_call *call, long seconds)
{
	char header[24];

	snprintf(header, sizeof(header), "%ld", seconds);
	server_call_add_header(call, "Retry-After", header);
	server_answer_json(call, 429,
		json_pack("{s:i, s:b, s:s}", "retry_after", (int)seconds, "ok", 0, "error", "rate_limited"));
}

static bool answer_fault(struct server_call *call, const struct fault *fault, const char *kind, void *context)
{
	(void)context;
	if (strncmp(server_call_path(call), "/api/", 5) == 0)
		return slack_api_answer_fault(call, fault, kind);
	if (strcmp(kind, "rate_limited") == 0 || strcmp(kind, "429") == 0)
		rate_answer(call, fault_parameter_number(fault, "retry_after", 1));
	else
		error_answer(call, kind);
	return true;
}

void slack_bucket_fill(struct slack_bucket *bucket)
{
	*bucket = (struct slack_bucket){ .tokens = BURST, .refilled_at = world_now() };
}

bool slack_bucket_admits(struct slack *slack, struct slack_bucket *bucket)
{
	int64_t now = world_now();
	double rate = (double)server_switch_number(slack->server, "slack.per_minute", 60) / 60.0;

	if (rate <= 0)
		return true;
	bucket->tokens += (double)(now - bucket->refilled_at) / 1000.0 * rate;
	bucket->refilled_at = now;
	if (bucket->tokens > BURST)
		bucket->tokens = BURST;
	if (bucket->tokens < 1.0)
		return false;
	bucket->tokens -= 1.0;
	return true;
}

static bool same_segment(const char *left, const char *right, int segment)
{
	for (int at = 0; at < segment; at++) {
		left = left ? strchr(left + 1, '/') : NULL;
		right = right ? strchr(right + 1, '/') : NULL;
	}
	if (!left || !right)
		return false;
	size_t length = strcspn(left + 1, "/");

	return length == strcspn(right + 1, "/") && memcmp(left + 1, right + 1, length) == 0;
}

/* The webhook of a path, or the word for the part of it that is wrong. */
static struct webhook *webhook_find(struct slack *slack, const char *path, const char **word)
{
	*word = "no_team";
	for (size_t at = 0; at < slack->webhook_count; at++) {
		struct webhook *webhook = &slack->webhooks[at];

		if (strcmp(webhook->path, path) == 0)
			return webhook;
		if (!same_segment(webhook->path, path, 1))
			continue;
		if (same_segment(webhook->path, path, 2))
			*word = "invalid_token";
		else if (strcmp(*word, "invalid_token") != 0)
			*word = "no_service";
	}
	return NULL;
}

static bool content_type_is_json(struct server_call *call)
{
	const char *type = server_call_header(call, "Content-Type");

	if (!type || strncasecmp(type, "application/json", 16) != 0)
		return false;
	const char *charset = strcasestr(type, "charset=");

	return !charset || strncasecmp(charset + 8, "utf-8", 5) == 0;
}

const char *slack_content_check(json_t *message)
{
	json_t *text = json_object_get(message, "text");
	json_t *blocks = json_object_get(message, "blocks");
	json_t *attachments = json_object_get(message, "attachments");
	json_t *attachment;
	size_t at;

	if ((text && !json_is_string(text)) || (attachments && !json_is_array(attachments)))
		return "invalid_payload";
	if (json_array_size(attachments) > 100)
		return "too_many_attachments";
	if (!json_string_length(text) && !json_array_size(blocks) && !json_array_size(attachments))
		return "no_text";
	const char *word = blocks ? slack_blocks_check(blocks) : NULL;

	json_array_foreach (attachments, at, attachment) {
		json_t *inner = json_object_get(attachment, "blocks");

		if (!json_is_object(attachment))
			return "invalid_payload";
		if (!word && inner)
			word = slack_blocks_check(inner);
	}
	return word;
}

void slack_record(struct slack *slack, json_t *record)
{
	json_array_append_new(slack->messages, record);
	if (!slack->log)
		return;
	json_dumpf(record, slack->log, JSON_COMPACT);
	fputc('\n', slack->log);
	fflush(slack->log);
}

static void message_record(struct slack *slack, const struct webhook *webhook, json_t *message)
{
	char time[32];

	text_format_iso_time(time, world_now());
	slack_record(slack, json_pack("{s:s, s:s, s:O?, s:O}", "channel", webhook->name, "received_at", time,
				    "text", json_object_get(message, "text"), "payload", message));
}

/* The word that a webhook's message deserves, NULL for a good one. */
static const char *message_check(json_t *message)
{
	if (!json_is_object(message))
		return "invalid_payload";
	return json_object_get(message, "channel") ? "channel_not_found" : slack_content_check(message);
}

static void handle(struct server_call *call, void *context)
{
	struct slack *slack = context;
	const char *word;

	if (strncmp(server_call_path(call), "/api/", 5) == 0) {
		slack_api_handle(slack, call);
		return;
	}
	struct webhook *webhook = webhook_find(slack, server_call_path(call), &word);

	if (server_call_begin(call, "webhook", webhook ? webhook->name : "unknown"))
		return;
	if (strncmp(server_call_path(call), "/services/", 10) != 0) {
		server_answer(call, 404, "text/html", "not_found");
		return;
	}
	if (!webhook) {
		error_answer(call, word);
		return;
	}
	if (strcmp(server_call_method(call), "POST") != 0 || !content_type_is_json(call) ||
		!server_call_json(call)) {
		error_answer(call, "invalid_payload");
		return;
	}
	if (!slack_bucket_admits(slack, &webhook->bucket)) {
		rate_answer(call, 1);
		return;
	}
	word = message_check(server_call_json(call));
	if (word) {
		error_answer(call, word);
		return;
	}
	message_record(slack, webhook, server_call_json(call));
	if (server_call_fault(call, "answer-lost"))
		server_answer_reset(call);
	else
		server_answer(call, 200, "text/html", "ok");
}

static void destroy(void *context)
{
	struct slack *slack = context;

	for (size_t at = 0; at < slack->webhook_count; at++) {
		free(slack->webhooks[at].name);
		free(slack->webhooks[at].path);
	}
	free(slack->webhooks);
	slack_api_free(slack);
	json_decref(slack->messages);
	if (slack->log)
		fclose(slack->log);
	free(slack);
}

struct slack *slack_register(struct server *server, const char *token, const char *log_file)
{
	struct slack *slack = world_allocate(NULL, 1, sizeof(*slack));

	*slack = (struct slack){ .server = server, .messages = json_array(), .token = strdup(token) };
	if (log_file) {
		slack->log = fopen(log_file, "ae");
		if (!slack->log) {
			fprintf(stderr, "sandbox: cannot write %s\n", log_file);
			json_decref(slack->messages);
			free(slack->token);
			free(slack);
			return NULL;
		}
	}
	server_switch_register(server, "slack.per_minute",
		"messages a minute and webhook or channel, burst of 3 (60); 0: no limit");
	slack_api_register(slack);
	server_vendor_set(server, SERVER_SLACK,
		&(struct server_vendor_operations){ .handle = handle,
			.answer_fault = answer_fault,
			.fault_kinds = "invalid_payload no_text invalid_blocks invalid_blocks_format "
				       "too_many_attachments missing_text_or_fallback_or_attachments "
				       "user_not_found action_prohibited posting_to_general_channel_denied "
				       "invalid_token channel_not_found no_service no_active_hooks no_service_id "
				       "no_team team_disabled channel_is_archived rollup_error rate_limited 429 "
				       "500 503 answer-lost* "
				       "ratelimited not_authed invalid_auth token_revoked missing_scope "
				       "is_archived not_in_channel restricted_action msg_too_long "
				       "users_not_found user_disabled message_not_found cant_update_message "
				       "edit_window_closed cannot_reply_to_message internal_error fatal_error",
			.context = slack,
			.destroy = destroy });
	return slack;
}

const char *slack_add_webhook(struct slack *slack, const char *name, const char *path)
{
	const char *secret = strrchr(path, '/');

	if (strncmp(path, "/services/T", 11) != 0 || !strstr(path, "/B") || !secret || strlen(secret + 1) != 24)
		return "a webhook path is /services/T.../B.../ and 24 characters";
	slack->webhooks = world_allocate(slack->webhooks, slack->webhook_count + 1, sizeof(*slack->webhooks));
	slack->webhooks[slack->webhook_count++] = (struct webhook){ .name = strdup(name), .path = strdup(path) };
	slack_bucket_fill(&slack->webhooks[slack->webhook_count - 1].bucket);
	return NULL;
}

json_t *slack_webhooks(const struct slack *slack)
{
	json_t *webhooks = json_object();

	for (size_t at = 0; at < slack->webhook_count; at++)
		json_object_set_new(webhooks, slack->webhooks[at].name, json_string(slack->webhooks[at].path));
	return webhooks;
}

json_t *slack_messages(const struct slack *slack)
{
	return json_incref(slack->messages);
}

void slack_forget_messages(struct slack *slack)
{
	json_array_clear(slack->messages);
}
