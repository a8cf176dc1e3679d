/* What HubSpot's refusals mean. Decided by status and category, never by the message's wording, which differs
 * between HubSpot's services (hubspot.md 22, F22). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "connectors/hubspot_internal.h"
#include "connectors/instant.h"

enum {
	RETRY_AFTER_MOST_S = 86400, /* 477: a move between data centres takes up to a day */
	RETRY_AFTER_OTHERS_S = 900, /* hubspot.md 17.3 */
	WAIT_DAILY_S = 3600,        /* the account's midnight is not known here: look again each hour */
	WAIT_MOVE_S = 900,          /* 477 without Retry-After */
	WAIT_LOCK_S = 2,
	WAIT_TEN_SECONDLY_S = 10,
	WAIT_UNNAMED_AGAIN_S = 60,
	WAIT_SECONDLY_MOST_S = 10,
	TOKEN_RUN = 8,   /* so many bytes of the token in a row never show in a message */
	TOKEN_LEAST = 4, /* a shorter token is none, and would blot out everything */
};

/* What the envelope says; every member of it is optional (hubspot.md 18.1). */
struct complaint {
	char category[48], policy[40], correlation[48];
	char message[176];
	char scopes[112];
};

static bool header_number(const struct http_head *head, const char *name, int64_t *ret)
{
	const char *text = http_head_value(head, name);

	return text != NULL && hubspot_parse_id(text, strlen(text), ret);
}

void hubspot_read_head(struct session *session, struct hubspot_answer *answer, const struct http_head *head)
{
	const char *type = http_head_value(head, "Content-Type");
	const char *date = http_head_value(head, "Date");
	const char *ray = http_head_value(head, "cf-ray");
	int64_t allowed, left;

	*answer = (struct hubspot_answer){ .status = head->status };
	/* Without a type the body decides: it must parse, so nothing is taken on trust. */
	answer->is_json = type == NULL || http_head_is_json(head);
	answer->is_html = type != NULL && strncasecmp(type, "text/html", 9) == 0;
	answer->retry_after_s = http_head_retry_after(head, RETRY_AFTER_MOST_S);
	answer->dated = date != NULL && instant_parse_http(date, &answer->date_ms);
	if (ray != NULL && strspn(ray, "0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(ray))
		(void)snprintf(answer->ray, sizeof answer->ray, "%s", ray);
	/* Search answers carry neither of the two (hubspot.md 17.2). */
	if (header_number(head, "X-HubSpot-RateLimit-Daily", &allowed) &&
		header_number(head, "X-HubSpot-RateLimit-Daily-Remaining", &left))
		session->quota = (struct quota){ left > allowed ? 0 : allowed - left, allowed };
}

/* How many bytes at `text` also stand in the token, in a row. */
static size_t shared_with_token(const char *text, size_t length, const char *token)
{
	size_t most = 0;

	for (; *token != '\0'; token++) {
		size_t i = 0;
		while (i < length && token[i] != '\0' && token[i] == text[i])
			i++;
		most = i > most ? i : most;
	}
	return most;
}

/* Copies vendor text for a sentence: printable ASCII, blanks folded, and no piece of the token. HubSpot does
 * quote the token: "This oauth-token (…) does not have proper permissions!". */
static void copy_text(char *out, size_t size, const char *text, size_t length, const char *token)
{
	size_t run = strlen(token) < TOKEN_RUN ? strlen(token) : TOKEN_RUN;
	size_t used = 0;

	while (length > 0 && used + 4 < size) {
		size_t shared = shared_with_token(text, length, token);
		size_t taken = 1;
		if (run >= TOKEN_LEAST && shared >= run) {
			memcpy(out + used, "***", 3);
			used += 3;
			taken = shared;
		} else if ((unsigned char)*text > 0x20 && (unsigned char)*text < 0x7f) {
			out[used++] = *text;
		} else if ((unsigned char)*text >= 0x7f) {
			out[used++] = '?';
		} else if (used > 0 && out[used - 1] != ' ') {
			out[used++] = ' ';
		}
		text += taken;
		length -= taken;
	}
	out[used] = '\0';
}

/* A single word, such as a category or a correlationId (which as a UUID may well share a run with a token);
 * left out when it is no such word. */
static void copy_word(char *out, size_t size, const json_t *object, const char *name, const char *token)
{
	const char *word = json_string_value(json_object_get(object, name));

	if (word == NULL || strlen(word) >= size || strstr(word, token) != NULL ||
		(strlen(word) >= TOKEN_RUN && strstr(token, word) != NULL))
		return;
	for (const char *at = word; *at != '\0'; at++)
		if (*at <= 0x20 || *at >= 0x7f)
			return;
	memcpy(out, word, strlen(word) + 1);
}

/* errors[0].context.requiredGranularScopes, hubspot.md 3.2. */
static void copy_scopes(struct complaint *complaint, const json_t *envelope, const char *token)
{
	const json_t *error = json_array_get(json_object_get(envelope, "errors"), 0);
	const json_t *scopes = json_object_get(json_object_get(error, "context"), "requiredGranularScopes");
	char list[sizeof complaint->scopes] = "";
	size_t used = 0;

	for (size_t i = 0; i < json_array_size(scopes); i++) {
		const char *scope = json_string_value(json_array_get(scopes, i));
		if (scope == NULL || used + strlen(scope) + 3 > sizeof list)
			continue;
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used == 0 ? "" : ", ", scope);
	}
	copy_text(complaint->scopes, sizeof complaint->scopes, list, used, token);
}

static void read_envelope(struct complaint *complaint, const char *body, size_t length, const char *token)
{
	json_auto_t *envelope = json_loadb(body, length, JSON_ALLOW_NUL, NULL);

	if (!json_is_object(envelope)) {
		copy_text(complaint->message, sizeof complaint->message, body, length, token);
		return;
	}
	copy_word(complaint->category, sizeof complaint->category, envelope, "category", token);
	if (complaint->category[0] == '\0')
		copy_word(complaint->category, sizeof complaint->category, envelope, "errorType", token);
	copy_word(complaint->policy, sizeof complaint->policy, envelope, "policyName", token);
	copy_word(complaint->correlation, sizeof complaint->correlation, envelope, "correlationId", token);
	const json_t *message = json_object_get(envelope, "message");
	if (json_is_string(message))
		copy_text(complaint->message, sizeof complaint->message, json_string_value(message),
			json_string_length(message), token);
	copy_scopes(complaint, envelope, token);
}

/* What a 429 asks for, hubspot.md 17.3. */
static int64_t throttle_wait(const struct hubspot_answer *answer, const char *policy, unsigned in_a_row)
{
	/* Retry-After is clamped far below the rest of a day: it can't be meant for this one. */
	if (strcmp(policy, "DAILY") == 0)
		return WAIT_DAILY_S;
	if (answer->retry_after_s > 0)
		return answer->retry_after_s > RETRY_AFTER_OTHERS_S ? RETRY_AFTER_OTHERS_S : answer->retry_after_s;
	if (strcmp(policy, "SECONDLY") == 0)
		return in_a_row > WAIT_SECONDLY_MOST_S ? WAIT_SECONDLY_MOST_S : (int64_t)in_a_row;
	if (policy[0] == '\0' && in_a_row >= 3)
		return WAIT_UNNAMED_AGAIN_S;
	return WAIT_TEN_SECONDLY_S;
}

struct verdict {
	enum failure_kind kind;
	int64_t wait_s;
	const char *meaning;
};

static struct verdict judge(
	struct session *session, const struct hubspot_answer *answer, const struct complaint *complaint)
{
	int64_t wait = answer->retry_after_s > RETRY_AFTER_OTHERS_S ? RETRY_AFTER_OTHERS_S : answer->retry_after_s;

	switch (answer->status) {
	case 400:
		return (struct verdict){ FAILURE_PERMANENT, 0, "the query is refused" };
	case 401: /* a static token can't be renewed, so even EXPIRED_AUTHENTICATION needs a person */
		return (struct verdict){ FAILURE_CREDENTIALS, 0, "the token is wrong or was revoked" };
	case 403:
		/* The edge turning us away says nothing about what the token may do. */
		if (answer->is_html)
			return (struct verdict){ FAILURE_TRANSIENT, wait, "the edge turns us away" };
		return (struct verdict){ FAILURE_PERMANENT, 0, "the token lacks a permission" };
	case 404:
		return (struct verdict){ FAILURE_PERMANENT, 0, "there is no such object or address" };
	case 408:
		return (struct verdict){ FAILURE_TRANSIENT, wait, "the request came too slowly" };
	case 414:
		return (struct verdict){ FAILURE_PERMANENT, 0, "the address is too long" };
	case 423:
		return (struct verdict){ FAILURE_THROTTLED, wait > WAIT_LOCK_S ? wait : WAIT_LOCK_S,
			"records are locked by heavy writing" };
	case 429:
		session->throttled++;
		return (struct verdict){ FAILURE_THROTTLED,
			throttle_wait(answer, complaint->policy, session->throttled),
			strcmp(complaint->policy, "DAILY") == 0 ? "the account's calls of the day are used "
								  "up, by all its integrations together"
								: "too many calls" };
	case 477:
		return (struct verdict){ FAILURE_THROTTLED,
			answer->retry_after_s > 0 ? answer->retry_after_s : WAIT_MOVE_S,
			"the account is being moved between data centres" };
	case 522:
	case 525:
	case 526:
		return (struct verdict){ FAILURE_TRANSIENT, wait,
			"the edge can't connect to HubSpot; if it lasts, ask their support" };
	default:
		break;
	}
	if (answer->status >= 500)
		return (struct verdict){ FAILURE_TRANSIENT, wait, "HubSpot is in trouble" };
	if (answer->status >= 400)
		return (struct verdict){ FAILURE_PERMANENT, 0, "the request is refused" };
	if (answer->status >= 300)
		return (struct verdict){ FAILURE_PERMANENT, 0, "redirections are not followed: see base_url" };
	return (struct verdict){ FAILURE_TRANSIENT, 0, "not the document that was asked for" };
}

void hubspot_explain(struct session *session, const struct hubspot_answer *answer, const char *what,
	const char *body, size_t length, struct failure *failure)
{
	struct complaint complaint = { 0 };

	if (answer->status == 0) {
		failure_set(failure, FAILURE_TRANSIENT, "%s: no answer came", what);
		return;
	}
	const char *token = secret_reveal(session->settings->token);
	if (answer->is_json)
		read_envelope(&complaint, body, length, token);
	else
		copy_text(complaint.message, sizeof complaint.message, body, length, token);
	struct verdict verdict = judge(session, answer, &complaint);
	const char *code = complaint.policy[0] != '\0' ? complaint.policy : complaint.category;

	/* The message comes last: of all this it is what a cut may hurt. */
	failure_set(failure, verdict.kind, "%s: %s (%d%s%s%s%s%s%s)%s%s%s%s", what, verdict.meaning, answer->status,
		code[0] == '\0' ? "" : " ", code, complaint.correlation[0] == '\0' ? "" : ", correlationId ",
		complaint.correlation, answer->ray[0] == '\0' ? "" : ", cf-ray ", answer->ray,
		complaint.scopes[0] == '\0' ? "" : "; it needs one of the scopes ", complaint.scopes,
		complaint.message[0] == '\0' ? "" : ": ", complaint.message);
	failure->http_status = answer->status;
	failure->retry_after_s = verdict.wait_s;
	(void)snprintf(failure->code, sizeof failure->code, "%s", code);
}
