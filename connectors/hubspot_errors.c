/* What HubSpot's refusals mean. Decided by status and category, never by the message's wording, which differs
 * between HubSpot's services: a client that went by one wording of a 403 missed the other. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "connectors/hubspot_internal.h"
#include "connectors/instant.h"
#include "connectors/vendor_text.h"

enum {
	RETRY_AFTER_MOST_S = 86400, /* 477: a move between data centres takes up to a day */
	RETRY_AFTER_OTHERS_S = 900, /* the other statuses aren't documented to name a wait */
	WAIT_MOVE_S = 900,          /* 477 without Retry-After */
	WAIT_LOCK_S = 2,
	SECRETS_MOST = 5,
};

/* What the envelope says; every member of it is optional (HubSpot, Error handling). */
struct complaint {
	char category[48], policy[40], correlation[48];
	char message[176];
	char scopes[112];
};

void hubspot_answer_read(struct session *session, struct hubspot_answer *answer, const struct http_head *head)
{
	const char *type = http_head_value(head, "Content-Type");
	const char *date = http_head_value(head, "Date");
	const char *ray = http_head_value(head, "cf-ray");

	*answer = (struct hubspot_answer){ .status = head->status };
	/* Without a type the body decides: it must parse, so nothing is taken on trust. */
	answer->is_json = type == NULL || http_head_is_json(head);
	answer->is_html = type != NULL && strncasecmp(type, "text/html", 9) == 0;
	answer->retry_after_s = http_head_retry_after(head, RETRY_AFTER_MOST_S);
	answer->dated = date != NULL && instant_parse_http(date, &answer->date_ms);
	if (ray != NULL && strspn(ray, "0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(ray))
		(void)snprintf(answer->ray, sizeof answer->ray, "%s", ray);
	hubspot_limits_read(session, head);
}

/* All that must not be told; NULL where there is none. */
static void list_secrets(const struct session *session, const struct secret *secrets[static SECRETS_MOST])
{
	const struct hubspot_settings *settings = session->settings;
	const struct secret *const known[SECRETS_MOST] = { settings->token, settings->client_secret,
		settings->refresh_token, session->access_token, session->refresh_token };

	memcpy(secrets, known, sizeof known);
}

void hubspot_copy_text(const struct session *session, const char *text, size_t length, char *out, size_t size)
{
	const struct secret *secrets[SECRETS_MOST];

	list_secrets(session, secrets);
	vendor_text_copy(text, length, secrets, SECRETS_MOST, out, size);
}

/* Whether a secret stands in the word, or a whole word in a secret. */
static bool tells_secret(const struct session *session, const char *word)
{
	const struct secret *secrets[SECRETS_MOST];

	list_secrets(session, secrets);
	for (size_t i = 0; i < SECRETS_MOST; i++) {
		const char *known = secrets[i] == NULL ? "" : secret_reveal(secrets[i]);
		if (strlen(known) >= SECRET_LEAST &&
			(strstr(word, known) != NULL ||
				(strlen(word) >= SECRET_RUN && strstr(known, word) != NULL)))
			return true;
	}
	return false;
}

/* A single word, such as a category or a correlationId (which as a UUID may well share a run with a token);
 * left out when it is no such word. */
static void copy_word(char *out, size_t size, const json_t *object, const char *name, const struct session *session)
{
	const char *word = json_string_value(json_object_get(object, name));

	if (word == NULL || strlen(word) >= size || tells_secret(session, word))
		return;
	for (const char *at = word; *at != '\0'; at++)
		if (*at <= 0x20 || *at >= 0x7f)
			return;
	memcpy(out, word, strlen(word) + 1);
}

/* errors[0].context.requiredGranularScopes (HubSpot, Using object APIs). */
static void copy_scopes(struct complaint *complaint, const json_t *envelope, const struct session *session)
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
	hubspot_copy_text(session, list, used, complaint->scopes, sizeof complaint->scopes);
}

static void read_envelope(
	struct complaint *complaint, const char *body, size_t length, const struct session *session)
{
	json_auto_t *envelope = json_loadb(body, length, JSON_ALLOW_NUL, NULL);

	if (!json_is_object(envelope)) {
		hubspot_copy_text(session, body, length, complaint->message, sizeof complaint->message);
		return;
	}
	copy_word(complaint->category, sizeof complaint->category, envelope, "category", session);
	if (complaint->category[0] == '\0')
		copy_word(complaint->category, sizeof complaint->category, envelope, "errorType", session);
	copy_word(complaint->policy, sizeof complaint->policy, envelope, "policyName", session);
	copy_word(complaint->correlation, sizeof complaint->correlation, envelope, "correlationId", session);
	const json_t *message = json_object_get(envelope, "message");
	if (json_is_string(message))
		hubspot_copy_text(session, json_string_value(message), json_string_length(message),
			complaint->message, sizeof complaint->message);
	copy_scopes(complaint, envelope, session);
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
	case 401: /* a token made by hand can't be renewed, so even EXPIRED_AUTHENTICATION needs a person */
		if (hubspot_token_expire(session))
			return (struct verdict){ FAILURE_EXPIRED, 0, "the access token is not accepted" };
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
		return (struct verdict){ FAILURE_THROTTLED,
			hubspot_limits_throttled(session, answer, complaint->policy),
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
	return (struct verdict){ FAILURE_TRANSIENT, 0,
		"not the document that was asked for; should it stay so, see base_url" };
}

void hubspot_explain(struct session *session, const struct hubspot_answer *answer, const char *what,
	const char *body, size_t length, struct failure *failure)
{
	struct complaint complaint = { 0 };

	if (answer->status == 0) {
		failure_set(failure, FAILURE_TRANSIENT, "%s: no answer came", what);
		return;
	}
	if (answer->is_json)
		read_envelope(&complaint, body, length, session);
	else
		hubspot_copy_text(session, body, length, complaint.message, sizeof complaint.message);
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
