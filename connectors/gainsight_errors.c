#include "connectors/gainsight.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The members that classification looks at; codes are copied only if they look like codes. */
struct envelope {
	bool is_object;
	bool has_result, result;
	bool no_data; /* a text that says that nothing was found */
	char code[64], request_id[65];
	const struct mapped_field *culprit; /* the mapped field that the error text speaks of */
};

enum { THROTTLE_MANY = 3, THROTTLE_PAUSE_S = 600, MINUTE_S = 60 };

/* Letters, digits, '_' and '-' only: what a vendor writes elsewhere may be a customer's data. */
static void copy_word(const json_t *value, char *out, size_t size)
{
	const char *text = json_string_value(value);

	out[0] = '\0';
	if (text == NULL || strlen(text) >= size)
		return;
	for (const char *at = text; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			return;
	(void)snprintf(out, size, "%s", text);
}

/* The one English text that decides something, seen by a client: "No data found for given criteria". */
static bool says_no_data(const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && strncasecmp(text, "no data found", strlen("no data found")) == 0;
}

static bool is_name_character(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Whether `text` holds `name` as a whole word. */
static bool speaks_of(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; (at = strcasestr(at, name)) != NULL; at++)
		if ((at == text || !is_name_character(at[-1])) && !is_name_character(at[length]))
			return true;
	return false;
}

/* The text itself is not to be shown, but a name out of the mapping file is ours. */
static const struct mapped_field *find_culprit(const json_t *text, const struct mapping_entity *mapping)
{
	const char *said = json_string_value(text);

	for (size_t i = 0; said != NULL && mapping != NULL && i < mapping->count; i++)
		if (speaks_of(said, mapping->fields[i].remote))
			return &mapping->fields[i];
	return NULL;
}

static void read_envelope(const struct gainsight_answer *answer, struct envelope *envelope)
{
	*envelope = (struct envelope){ 0 };
	json_t *object = json_loadb(answer->body == NULL ? "" : answer->body, answer->length, JSON_ALLOW_NUL, NULL);
	envelope->is_object = json_is_object(object);
	const json_t *result = json_object_get(object, "result");
	envelope->has_result = json_is_boolean(result);
	envelope->result = json_is_true(result);
	envelope->no_data = says_no_data(json_object_get(object, "errorDesc")) ||
			    says_no_data(json_object_get(object, "message"));
	const json_t *code = json_object_get(object, "errorCode");
	copy_word(code, envelope->code, sizeof envelope->code);
	bool is_empty =
		code == NULL || json_is_null(code) || (json_is_string(code) && json_string_length(code) == 0);
	if (!is_empty && envelope->code[0] == '\0')
		(void)snprintf(envelope->code, sizeof envelope->code, "unreadable-code");
	/* Metadata failures come with a title in the code's place, as a client has seen. */
	if (envelope->code[0] == '\0' && !envelope->result)
		copy_word(json_object_get(object, "title"), envelope->code, sizeof envelope->code);
	copy_word(json_object_get(object, "requestId"), envelope->request_id, sizeof envelope->request_id);
	envelope->culprit = find_culprit(json_object_get(object, "errorDesc"), answer->mapping);
	json_decref(object);
}

/* "… (status 400, GSOBJ_1002, request c004)": all that support asks for, nothing of the customer's. */
static enum gainsight_verdict fail(const struct gainsight_answer *answer, const struct envelope *envelope,
	enum failure_kind kind, const char *sentence, struct failure *failure)
{
	failure_set(failure, kind, "%s: %s (status %d%s%s%s%s)", answer->object, sentence, answer->status,
		envelope->code[0] == '\0' ? "" : ", ", envelope->code,
		envelope->request_id[0] == '\0' ? "" : ", request ", envelope->request_id);
	failure->http_status = answer->status;
	(void)snprintf(failure->code, sizeof failure->code, "%s", envelope->code);
	return GAINSIGHT_FAILED;
}

/* The windows are fixed minutes (Gainsight, Company API). A few seconds past the boundary, not the same for
 * everybody who waits; our clock's milliseconds serve as the dice. The third time in a row the others need the room
 * more. */
static int64_t throttle_wait_s(const struct gainsight_answer *answer)
{
	int64_t now_s = answer->now_ms / 1000;
	int64_t wait_s = MINUTE_S - now_s % MINUTE_S + 2 + answer->now_ms % 13;

	if (answer->throttled + 1 >= THROTTLE_MANY && wait_s < THROTTLE_PAUSE_S)
		wait_s = THROTTLE_PAUSE_S;
	return answer->retry_after_s > wait_s ? answer->retry_after_s : wait_s;
}

static bool is(const struct envelope *envelope, const char *code)
{
	return strcasecmp(envelope->code, code) == 0;
}

static enum gainsight_verdict fail_credentials(
	const struct gainsight_answer *answer, const struct envelope *envelope, struct failure *failure)
{
	if (is(envelope, "GS_APIG_2402"))
		return fail(answer, envelope, FAILURE_CREDENTIALS,
			"this host's address is not in the list of the Gainsight API connection; add the "
			"address "
			"that this host has on the Internet (a changed NAT address is the usual cause)",
			failure);
	return fail(answer, envelope, FAILURE_CREDENTIALS,
		"Gainsight refuses the access key; a reset makes every older key invalid: put the "
		"present one into "
		"access_key_file (Administration, Connectors 2.0, Gainsight API)",
		failure);
}

static enum gainsight_verdict fail_request(
	const struct gainsight_answer *answer, const struct envelope *envelope, struct failure *failure)
{
	char sentence[200];

	if (is(envelope, "GSOBJ_1002") && envelope->culprit != NULL) {
		(void)snprintf(sentence, sizeof sentence,
			"Gainsight doesn't know the field '%.80s' of the mapping file (line %d); "
			"correct its name there",
			envelope->culprit->remote, envelope->culprit->line);
		return fail(answer, envelope, FAILURE_PERMANENT, sentence, failure);
	}
	if (is(envelope, "GSOBJ_1002"))
		return fail(answer, envelope, FAILURE_PERMANENT,
			"Gainsight doesn't know a field that the mapping names; compare the mapping file "
			"with the "
			"object's field names (Administration, Data Management)",
			failure);
	if (is(envelope, "OBJECT_NOT_FOUND"))
		return fail(answer, envelope, FAILURE_PERMANENT,
			"Gainsight doesn't know the object; correct 'object = …' in the mapping file", failure);
	if (is(envelope, "GSOBJ_1023"))
		return fail(answer, envelope, FAILURE_PERMANENT,
			"this object can't be read through the object API; correct 'object = …' in the "
			"mapping file",
			failure);
	return fail(answer, envelope, FAILURE_PERMANENT, "Gainsight refuses the query", failure);
}

enum gainsight_verdict gainsight_classify(const struct gainsight_answer *answer, struct failure *failure)
{
	struct envelope envelope;

	read_envelope(answer, &envelope);
	if (answer->status >= 300 && answer->status < 400)
		return fail(answer, &envelope, FAILURE_PERMANENT,
			"the answer points to another address: wrong base_url (a login page, or not the "
			"API's host)",
			failure);
	if (answer->status == 429 || is(&envelope, "GU_2400")) {
		(void)fail(answer, &envelope, FAILURE_THROTTLED, "the tenant's calls of this minute are used up",
			failure);
		failure->retry_after_s = throttle_wait_s(answer);
		return GAINSIGHT_FAILED;
	}
	/* A refusal without a body is no gateway's error page. */
	if ((answer->status == 401 || answer->status == 403) && answer->length == 0)
		return fail_credentials(answer, &envelope, failure);
	if (answer->status >= 500 || is(&envelope, "GU_1101"))
		return fail(answer, &envelope, FAILURE_TRANSIENT, "Gainsight failed", failure);
	if (!envelope.is_object)
		return fail(answer, &envelope, FAILURE_TRANSIENT,
			"the answer is no JSON document but an error page or a cut-off body; should it stay so, "
			"check base_url",
			failure);
	if (is(&envelope, "GS_APIG_2401") || is(&envelope, "GS_APIG_2402") || is(&envelope, "GSOBJ_1024") ||
		answer->status == 401 || answer->status == 403)
		return fail_credentials(answer, &envelope, failure);
	bool refused = envelope.has_result && !envelope.result;
	if (is(&envelope, "GSOBJ_1011") || (refused && envelope.no_data))
		return GAINSIGHT_NO_ROWS;
	if (refused || envelope.code[0] != '\0')
		return fail_request(answer, &envelope, failure);
	if (envelope.result && answer->has_rows && answer->status >= 200 && answer->status < 300)
		return GAINSIGHT_ROWS;
	return fail(answer, &envelope, FAILURE_PERMANENT,
		"the answer is none that Gainsight describes; what was read before is kept", failure);
}
