/* Feeds any bytes as an answer to every connector's reading: the first byte chooses connector and stream, the second
 * status, size of the pieces and what is read. Whatever comes, rows must be storable: a value is valid UTF-8 without NUL,
 * or it was rejected. */
#include <stdlib.h>
#include <string.h>

#include "connectors/connector.h"
#include "connectors/secret.h"
#include "connectors/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

static void check_value(const struct value *value)
{
	if (value->text != NULL &&
		(!utf8_valid(value->text, value->length) || memchr(value->text, '\0', value->length) != NULL))
		abort();
}

static void on_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	(void)context;
	if (count != entity_shape(entity)->count || values[entity == ENTITY_ASSOCIATION].text == NULL)
		abort();
	for (size_t i = 0; i < count; i++)
		check_value(&values[i]);
}

static void on_reject(void *context, const struct rejection *rejection)
{
	(void)context;
	check_value(&rejection->raw);
	if (rejection->remote_id == NULL || rejection->reason == NULL)
		abort();
}

/* The settings' secrets are the only members that defaults don't fill. */
static void fill_secrets(const struct connector *connector, void *settings)
{
	for (size_t i = 0; i < connector->option_count; i++)
		if (connector->options[i].type == OPTION_SECRET) {
			struct secret *secret = secret_new("secret");
			memcpy((char *)settings + connector->options[i].offset, &secret, sizeof secret);
		}
}

static void fill_mapping(struct mapping *mapping, enum entity entity, bool has_object)
{
	const struct entity_shape *shape = entity_shape(entity);
	struct failure failure;

	for (size_t i = COLUMN_FIRST_MAPPED; i < shape->count; i++)
		if (shape->columns[i].type != COLUMN_SIGNALS &&
			!mapping_set(
				mapping, shape->name, shape->columns[i].name, shape->columns[i].name, 1, &failure))
			abort();
	/* What the configuration insists on. */
	if (!has_object && !mapping_set(mapping, shape->name, "object", "Custom__c", 2, &failure))
		abort();
	if (entity == ENTITY_ACCOUNT && !mapping_set(mapping, "account", "signal.health_score", "h", 2, &failure))
		abort();
}

#define ROOT "http://127.0.0.1:1"
#define FINGERPRINT "0123456789abcdef"
#define NINE "\"2026-11-20T09:00:00.000Z\""

/* What is read: all, what changed, a page of a Bulk job, the metadata. Those behind the first only Salesforce's connector
 * knows, whose cursors these are. */
enum { ALL, CHANGES, BULK, METADATA, MODES };

static const char *const cursors[MODES] = {
	[CHANGES] = "{\"v\":2,\"fresh\":" NINE ",\"proven\":" NINE ",\"mapping\":\"" FINGERPRINT "\"}",
	[BULK] = "{\"v\":2,\"all\":true,\"hi\":" NINE ",\"job\":\"750A\",\"jobs\":1,\"mapping\":\"" FINGERPRINT
		 "\"}",
};

static const struct record_filter at_risk = {
	.groups = { { .tests = { { .field = "h", .operator= "<", .number = "60" } }, .count = 1 },
		{ .tests = { { .field = "priority",
				     .kind = RECORD_TEST_WORDS,
				     .words = { "P1", "it's" },
				     .word_count = 2 },
			  { .field = "closed", .kind = RECORD_TEST_NO } },
			.count = 2 } },
	.count = 2,
	.open = true
};

static void check_failure(const struct failure *failure)
{
	if (failure->kind == FAILURE_NONE || failure->text[0] == '\0' ||
		!utf8_valid(failure->text, strlen(failure->text)))
		abort();
}

static void answer(const struct connector *connector, struct reading *reading, const char *type, int status,
	size_t piece, const unsigned char *bytes, size_t length)
{
	const struct http_header headers[] = { { "Content-Type", type },
		{ "Date", "Thu, 01 Oct 2026 08:00:01 GMT" }, { "Retry-After", "7" },
		{ "Sforce-NumberOfRecords", "1" } };
	const struct http_head head = { status, headers, 4 };
	struct http_request ahead;
	struct failure failure;

	http_request_init(&ahead);
	connector->read_head(reading, &head);
	for (size_t at = 0; at < length; at += piece) {
		if (!connector->read_feed(
			    reading, (const char *)bytes + at, length - at < piece ? length - at : piece))
			break;
		http_request_clear(&ahead);
		/* The token goes with it: to the same host, whatever the answer says. */
		if (connector->read_ahead != NULL && connector->read_ahead(reading, &ahead) &&
			strncmp(buffer_text(&ahead.url), ROOT "/services/data/",
				sizeof ROOT "/services/data/" - 1) != 0)
			abort();
	}
	http_request_free(&ahead);
	if (!connector->read_finish(reading, 1790841601000, &failure))
		check_failure(&failure);
	(void)connector->read_cursor(reading);
}

static void describe(const struct connector *connector, struct session *session,
	const struct reading_request *request, int status, const unsigned char *bytes, size_t length)
{
	const struct http_header json = { "Content-Type", "application/json" };
	struct description description;
	struct failure failure;

	description_init(&description);
	if (!connector->described(session, request, &(struct http_head){ status, &json, 1 }, (const char *)bytes,
		    length, 1790841601000, &description, &failure))
		check_failure(&failure);
	for (size_t i = 0; i < description.count; i++)
		if (!utf8_valid(description.notes[i].text, strlen(description.notes[i].text)))
			abort();
	description_clear(&description);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
	static const int statuses[] = { 200, 200, 200, 207, 400, 401, 403, 429, 500, 503 };
	static const size_t pieces[] = { 1, 7, 100, 100000 };
	struct failure failure;
	struct http_request request;
	size_t count = 0;

	if (length < 2)
		return 0;
	const struct connector *connector = connector_all[bytes[0] % 3];
	while (connector->streams[count] != ENTITY_COUNT)
		count++;
	enum entity entity = connector->streams[bytes[0] / 3 % count];
	void *settings = calloc(1, connector->settings_size);
	struct mapping *mapping = mapping_new();
	option_defaults(connector->options, connector->option_count, settings);
	fill_secrets(connector, settings);
	fill_mapping(mapping, entity, connector->default_object(entity) != NULL);
	struct session *session = connector->session_new(ROOT, settings);
	if (connector->authorize != NULL) {
		static const char token[] = "{\"access_token\":\"t\",\"instance_url\":\"" ROOT "\"}";
		const struct http_header json = { "Content-Type", "application/json" };
		(void)connector->authorized(session, &(struct http_head){ 200, &json, 1 }, token, strlen(token),
			1790841600000, &failure);
	}
	const int way = bytes[1] / 40 % MODES, mode = connector == &connector_salesforce ? way : ALL;
	const struct reading_request what = { .entity = entity,
		.mapping = &mapping->entities[entity],
		.fingerprint = FINGERPRINT,
		.mode = mode == CHANGES ? READ_CHANGES : READ_ALL,
		.cursor = cursors[mode],
		/* The other connectors', in the place of what only Salesforce's knows. */
		.cautious = way != mode && way == BULK,
		.only = way != mode && way == CHANGES ? &at_risk : NULL };
	const int status = statuses[bytes[1] % 10];
	const size_t piece = pieces[bytes[1] / 10 % 4];
	if (mode == METADATA)
		describe(connector, session, &what, status, bytes + 2, length - 2);
	struct reading *reading = connector->read_open(
		session, &what, &(struct record_sink){ .record = on_record, .reject = on_reject });
	http_request_init(&request);
	/* Not every stream can be looked at. */
	for (int page = 0; reading != NULL && page < 3; page++) {
		if (connector->read_next(reading, 1790841600000, &request, &failure) != READ_REQUEST)
			continue;
		static const char job[] =
			"{\"id\":\"750A\",\"state\":\"JobComplete\",\"numberRecordsProcessed\":1}";
		if (mode == BULK && page == 0)
			answer(connector, reading, "application/json", 200, sizeof job, (const unsigned char *)job,
				sizeof job - 1);
		else
			answer(connector, reading, mode == BULK ? "text/csv" : "application/json", status, piece,
				bytes + 2, length - 2);
	}
	http_request_free(&request);
	connector->read_free(reading);
	connector->session_free(session);
	mapping_free(mapping);
	option_clear(connector->options, connector->option_count, settings);
	free(settings);
	return 0;
}
