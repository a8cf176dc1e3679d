/* What Slack's two doors, the incoming webhooks and the Web API, share. */
#ifndef SANDBOX_SLACK_INTERNAL_H
#define SANDBOX_SLACK_INTERNAL_H

#include "tests/sandbox/vendor_slack.h"

#include <stdio.h>

/* About one message a second and place, with a burst of three (Slack, Rate limits). */
struct slack_bucket {
	double tokens;
	int64_t refilled_at;
};

struct webhook {
	char *name;
	char *path;
	struct slack_bucket bucket;
};

/* Somebody of the workspace who was asked for, or a conversation that was written to. */
struct slack_user {
	char id[16], place[16];
	char *email;
};

struct slack_place {
	char id[64];
	struct slack_bucket bucket;
};

struct slack {
	struct server *server;
	struct webhook *webhooks;
	size_t webhook_count;
	json_t *messages;
	FILE *log;
	char *token;
	struct slack_user *users;
	size_t user_count;
	struct slack_place *places;
	size_t place_count;
	int64_t last_stamp_us; /* a message's ts is its name: never given twice */
};

void slack_bucket_fill(struct slack_bucket *bucket);
bool slack_bucket_admits(struct slack *slack, struct slack_bucket *bucket);
/* The word that text, blocks and attachments deserve, NULL for good ones. */
const char *slack_content_check(json_t *message);
/* Keeps the record, and logs it. Takes the reference. */
void slack_record(struct slack *slack, json_t *record);

/* Of the Web API: /api/METHOD. */
void slack_api_register(struct slack *slack);
void slack_api_handle(struct slack *slack, struct server_call *call);
bool slack_api_answer_fault(struct server_call *call, const struct fault *fault, const char *kind);
void slack_api_free(struct slack *slack);

#endif
