#include "daemon/command_sample.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "connectors/card.h"
#include "daemon/config_message.h"
#include "daemon/http.h"
#include "daemon/loop.h"
#include "daemon/terminal.h"

enum { TEXT_LIMIT = 64 * 1024, TEXT_BUDGET = 3500 };

struct sending {
	struct event_base *base;
	struct http *http;
	struct buffer answer;
	struct http_head_copy head;
	bool answered;
	struct failure failure;
};

static void on_head(void *context, const struct http_head *head)
{
	struct sending *sending = context;

	http_head_keep(&sending->head, head);
}

static bool on_body(void *context, const char *bytes, size_t length)
{
	struct sending *sending = context;

	return buffer_append(&sending->answer, bytes, length);
}

static void on_done(void *context, const struct failure *transport)
{
	struct sending *sending = context;

	sending->answered = transport == NULL;
	if (transport != NULL)
		sending->failure = *transport;
	(void)event_base_loopbreak(sending->base);
}

static bool send_request(struct sending *sending, const struct config_channel *channel,
	const struct message *message, const struct http_request *request)
{
	bool more, try_plain;

	buffer_clear(&sending->answer);
	(void)http_send(sending->http, request,
		&(struct transfer_events){ .context = sending, .head = on_head, .body = on_body, .done = on_done });
	(void)event_base_dispatch(sending->base);
	struct message_known known = message->known;
	return channel->messenger->verdict(message, sending->answered ? &sending->head.head : NULL,
		buffer_text(&sending->answer), sending->answer.length, &known, &more, &try_plain,
		&sending->failure);
}

static int show(const struct config *config, const struct message *message, const struct config_channel *channel,
	bool print, struct sending *sending)
{
	struct http_request request;
	struct buffer text;
	int code = EX_OK;

	http_request_init(&request);
	buffer_init(&text, TEXT_LIMIT);
	if (channel == NULL) {
		const struct layout *layout = layout_find(&config->layouts, message->kind);
		struct card card = card_of(message, AUDIENCE_PROGRAM, &text_plain);
		card_text(&card, TEXT_BUDGET, &text);
		(void)printf("%s (for %s, %s): ", message->kind, audience_name(layout->audience),
			severity_name(layout->severity));
		terminal_print(buffer_text(&text));
		(void)putchar('\n');
		if (print) {
			(void)json_dumpf(message->facts, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
			(void)putchar('\n');
		}
	} else if (!channel->messenger->render(channel->settings, message, &request, &text, &sending->failure)) {
		code = EXIT_FAILURE;
	} else if (print) {
		(void)printf("%s\n", buffer_text(&request.body));
	} else if (send_request(sending, channel, message, &request)) {
		(void)printf("%s: %s delivered\n", channel->name, message->kind);
	} else {
		code = EX_UNAVAILABLE;
	}
	if (code != EX_OK)
		(void)fprintf(stderr, "advocated: %s: %s not delivered: %s\n", channel->name, message->kind,
			sending->failure.text);
	buffer_free(&text);
	http_request_free(&request);
	return code;
}

static int show_kind(const struct config *config, const char *kind, const struct config_channel *channel,
	bool print, struct sending *sending)
{
	json_t *facts = config_messages_sample(kind);
	int64_t now_ms = loop_wall_ms();

	/* Its readers must not take it for news. */
	(void)json_object_set_new(facts, "event", json_string("SAMPLE"));
	const struct message message = {
		.kind = kind, .layouts = &config->layouts, .facts = facts, .created_ms = now_ms, .now_ms = now_ms
	};
	int code = show(config, &message, channel, print, sending);
	json_decref(facts);
	return code;
}

static int complain_kind(const struct config *config, const char *kind)
{
	(void)fprintf(stderr, "advocated: there is no kind of message '%s'; there are:", kind);
	for (size_t i = 0; i < config->layouts.count; i++)
		(void)fprintf(stderr, " %s", config->layouts.all[i].kind);
	(void)fputc('\n', stderr);
	return EXIT_FAILURE;
}

static bool open_sending(struct sending *sending, const struct config *config)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	sending->base = event_base_new();
	if (sending->base == NULL)
		return false;
	sending->http = http_new(sending->base);
	http_configure(sending->http, &config->daemon);
	return true;
}

static void close_sending(struct sending *sending)
{
	sending->http = http_free(sending->http);
	if (sending->base != NULL)
		event_base_free(sending->base);
	buffer_free(&sending->answer);
	curl_global_cleanup();
	libevent_global_shutdown();
}

int command_sample(const struct config *config, const char *kind, const char *channel, bool print)
{
	const struct config_channel *place = channel == NULL ? NULL : config_find_channel(config, channel);
	bool all = strcmp(kind, "all") == 0;
	struct sending sending = { 0 };
	int code = EX_OK;

	if (!all && layout_find(&config->layouts, kind) == NULL)
		return complain_kind(config, kind);
	if (all && channel != NULL && !print) {
		(void)fputs("advocated: 'all' are only shown; name one kind to send it\n", stderr);
		return EX_USAGE;
	}
	if (channel != NULL && place == NULL) {
		(void)fprintf(stderr, "advocated: there is no [channel %s] in %s\n", channel, config->file);
		return EXIT_FAILURE;
	}
	buffer_init(&sending.answer, TEXT_LIMIT);
	if (!open_sending(&sending, config)) {
		(void)fputs("advocated: the event loop or libcurl can't be started\n", stderr);
		code = EXIT_FAILURE;
	}
	for (size_t i = 0; code == EX_OK && i < config->layouts.count; i++) {
		const char *at = config->layouts.all[i].kind;
		if (!all && strcmp(at, kind) != 0)
			continue;
		code = show_kind(config, at, place, print, &sending);
	}
	close_sending(&sending);
	return code;
}
