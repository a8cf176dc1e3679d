/* After Discord's own documents: webhook resource (execute webhook), message resource (embed limits, allowed mentions),
 * topics/rate-limits, topics/opcodes-and-status-codes. */
#include "tests/sandbox/vendor_discord.h"

#include "tests/sandbox/world_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BUCKET 5.0         /* messages */
#define BUCKET_SECONDS 2.0 /* within which they come back */

static const struct webhook_path {
	const char *name, *path;
} webhooks[] = { { "program", DISCORD_PROGRAM }, { "people", DISCORD_PEOPLE } };

enum { WEBHOOKS = sizeof(webhooks) / sizeof(*webhooks) };

struct discord {
	struct server *server;
	json_t *messages;
	double tokens[WEBHOOKS];
	int64_t refilled_at[WEBHOOKS];
};

static void error_answer(struct server_call *call, int status, int code, const char *message)
{
	server_answer_json(call, status, json_pack("{s:s, s:i}", "message", message, "code", code));
}

static void rate_answer(struct server_call *call, double seconds, bool global)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", (long)seconds + ((double)(long)seconds < seconds));
	server_call_add_header(call, "Retry-After", text);
	snprintf(text, sizeof(text), "%.3f", seconds);
	server_call_add_header(call, "X-RateLimit-Reset-After", text);
	server_call_add_header(call, "X-RateLimit-Limit", "5");
	server_call_add_header(call, "X-RateLimit-Remaining", "0");
	server_call_add_header(call, "X-RateLimit-Scope", global ? "global" : "user");
	if (global)
		server_call_add_header(call, "X-RateLimit-Global", "true");
	server_answer_json(call, 429,
		json_pack("{s:s, s:f, s:b}", "message", "You are being rate limited.", "retry_after", seconds,
			"global", global));
}

static bool answer_fault(struct server_call *call, const struct fault *fault, const char *kind, void *context)
{
	(void)context;
	if (strcmp(kind, "429") == 0 || strcmp(kind, "global") == 0)
		rate_answer(call, (double)fault_parameter_number(fault, "retry_after_ms", 1500) / 1000.0,
			strcmp(kind, "global") == 0);
	else if (strcmp(kind, "unknown_webhook") == 0)
		error_answer(call, 404, 10015, "Unknown Webhook");
	else if (strcmp(kind, "invalid_token") == 0)
		error_answer(call, 401, 50027, "Invalid Webhook Token");
	else if (strcmp(kind, "invalid_form") == 0)
		server_answer_json(call, 400,
			json_pack("{s:s, s:i, s:{s:[s]}}", "message", "Invalid Form Body", "code", 50035, "errors",
				"embeds", "0"));
	else if (strcmp(kind, "automod") == 0)
		error_answer(call, 400, 200000, "Message was blocked by automatic moderation");
	else
		error_answer(call, atoi(kind), 0, "Internal Server Error");
	return true;
}

static size_t characters(const json_t *text)
{
	size_t count = 0;

	for (const char *at = json_string_value(text); at && *at; at++)
		count += ((unsigned char)*at & 0xC0) != 0x80;
	return count;
}

/* Adds the text's length; false when it isn't a text of 1 to `most` characters, where there is one or must be one. */
static bool text_good(const json_t *object, const char *name, size_t most, bool required, size_t *total)
{
	const json_t *text = json_object_get(object, name);

	if (!text || json_is_null(text))
		return !required;
	size_t count = characters(text);

	*total += count;
	return json_is_string(text) && count >= 1 && count <= most;
}

/* Embed limits: those of each part, and 6000 characters of all embeds together. */
static bool embed_good(const json_t *embed, size_t *total)
{
	const json_t *fields = json_object_get(embed, "fields"), *footer = json_object_get(embed, "footer"), *field;
	const json_t *color = json_object_get(embed, "color");
	const char *url = json_string_value(json_object_get(embed, "url"));
	size_t at;

	if (!json_is_object(embed) || !text_good(embed, "title", 256, false, total) ||
		!text_good(embed, "description", 4096, false, total) ||
		(footer && !text_good(footer, "text", 2048, true, total)) || json_array_size(fields) > 25 ||
		(color && (!json_is_integer(color) || json_integer_value(color) > 0xFFFFFF)) ||
		(url && strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0))
		return false;
	json_array_foreach (fields, at, field)
		if (!text_good(field, "name", 256, true, total) || !text_good(field, "value", 1024, true, total))
			return false;
	return true;
}

/* The code that a message deserves, 0 for a good one. */
static int message_check(json_t *message)
{
	const json_t *embeds = json_object_get(message, "embeds"), *embed;
	size_t at, total = 0, content = 0;

	if (!json_is_object(message) || (embeds && !json_is_array(embeds)) || json_array_size(embeds) > 10)
		return 50035;
	if (characters(json_object_get(message, "content")) == 0 && json_array_size(embeds) == 0)
		return 50006;
	if (!text_good(message, "content", 2000, false, &content))
		return 50035;
	json_array_foreach (embeds, at, embed)
		if (!embed_good(embed, &total))
			return 50035;
	return total > 6000 ? 50035 : 0;
}

/* Seconds until the webhook takes another message; 0: now. */
static double bucket_wait(struct discord *discord, size_t which)
{
	int64_t now = world_now();
	double rate = BUCKET / BUCKET_SECONDS;

	discord->tokens[which] += (double)(now - discord->refilled_at[which]) / 1000.0 * rate;
	if (discord->tokens[which] > BUCKET)
		discord->tokens[which] = BUCKET;
	discord->refilled_at[which] = now;
	if (discord->tokens[which] < 1.0)
		return (1.0 - discord->tokens[which]) / rate;
	discord->tokens[which] -= 1.0;
	return 0;
}

static void accept_message(struct discord *discord, struct server_call *call, const struct webhook_path *webhook)
{
	const char *wait = server_call_parameter(call, "wait");
	json_t *message = server_call_json(call);
	char time[32], id[32];

	text_format_iso_time(time, world_now());
	json_array_append_new(
		discord->messages, json_pack("{s:s, s:s, s:O?, s:O}", "channel", webhook->name, "received_at", time,
					   "text", json_object_get(message, "content"), "payload", message));
	if (server_call_fault(call, "answer-lost")) {
		server_answer_reset(call);
	} else if (wait && strcmp(wait, "true") == 0) {
		snprintf(id, sizeof(id), "11000000000000%05zu", json_array_size(discord->messages));
		server_answer_json(call, 200,
			json_pack("{s:s, s:i, s:O?}", "id", id, "type", 0, "content",
				json_object_get(message, "content")));
	} else {
		server_answer(call, 204, "text/html", "");
	}
}

static void handle(struct server_call *call, void *context)
{
	struct discord *discord = context;
	const char *path = server_call_path(call), *type = server_call_header(call, "Content-Type");
	size_t which = 0, same = strrchr(path, '/') ? (size_t)(strrchr(path, '/') - path) : 0;

	while (which < WEBHOOKS && strncmp(webhooks[which].path, path, same + 1) != 0)
		which++;
	if (server_call_begin(call, "webhook", which < WEBHOOKS ? webhooks[which].name : "unknown"))
		return;
	if (strncmp(path, "/api/webhooks/", 14) != 0) {
		error_answer(call, 404, 0, "404: Not Found");
	} else if (which == WEBHOOKS) {
		error_answer(call, 404, 10015, "Unknown Webhook");
	} else if (strcmp(webhooks[which].path, path) != 0) {
		error_answer(call, 401, 50027, "Invalid Webhook Token");
	} else if (strcmp(server_call_method(call), "POST") != 0) {
		error_answer(call, 405, 0, "405: Method Not Allowed");
	} else if (!type || strncasecmp(type, "application/json", 16) != 0 || !server_call_json(call)) {
		error_answer(call, 400, 50109, "The request body contains invalid JSON.");
	} else {
		double wait = bucket_wait(discord, which);
		int code = wait > 0 ? 0 : message_check(server_call_json(call));

		if (wait > 0)
			rate_answer(call, wait, false);
		else if (code)
			error_answer(call, 400, code,
				code == 50006 ? "Cannot send an empty message" : "Invalid Form Body");
		else
			accept_message(discord, call, &webhooks[which]);
	}
}

static void destroy(void *context)
{
	struct discord *discord = context;

	json_decref(discord->messages);
	free(discord);
}

struct discord *discord_register(struct server *server)
{
	struct discord *discord = world_allocate(NULL, 1, sizeof(*discord));

	*discord = (struct discord){ .server = server, .messages = json_array() };
	for (size_t at = 0; at < WEBHOOKS; at++) {
		discord->tokens[at] = BUCKET;
		discord->refilled_at[at] = world_now();
	}
	server_vendor_set(server, SERVER_DISCORD,
		&(struct server_vendor_operations){ .handle = handle,
			.answer_fault = answer_fault,
			.fault_kinds =
				"429 global unknown_webhook invalid_token invalid_form automod 500 502 503 504 "
				"answer-lost*",
			.context = discord,
			.destroy = destroy });
	return discord;
}

json_t *discord_messages(const struct discord *discord)
{
	return json_incref(discord->messages);
}

void discord_forget_messages(struct discord *discord)
{
	json_array_clear(discord->messages);
}
