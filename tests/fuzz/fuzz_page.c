/* Feeds any bytes as an answer to every connector's reading: the first byte chooses connector, stream, status and the
 * size of the pieces. Whatever comes, rows must be storable: a value is valid UTF-8 without NUL, or it was rejected. */
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

static void fill_mapping(struct mapping *mapping, enum entity entity)
{
	const struct entity_shape *shape = entity_shape(entity);
	struct failure failure;

	for (size_t i = COLUMN_FIRST_MAPPED; i < shape->count; i++)
		if (shape->columns[i].type != COLUMN_SIGNALS &&
			!mapping_set(
				mapping, shape->name, shape->columns[i].name, shape->columns[i].name, 1, &failure))
			abort();
	if (entity == ENTITY_ACCOUNT && !mapping_set(mapping, "account", "signal.health_score", "h", 2, &failure))
		abort();
}

static void answer(const struct connector *connector, struct reading *reading, int status, size_t piece,
	const unsigned char *bytes, size_t length)
{
	const struct http_header headers[] = { { "Content-Type", "application/json" },
		{ "Date", "Thu, 01 Oct 2026 08:00:01 GMT" }, { "Retry-After", "7" } };
	const struct http_head head = { status, headers, 3 };
	struct failure failure;

	connector->read_head(reading, &head);
	for (size_t at = 0; at < length; at += piece)
		if (!connector->read_feed(
			    reading, (const char *)bytes + at, length - at < piece ? length - at : piece))
			break;
	if (!connector->read_finish(reading, 1790841601000, &failure) &&
		(failure.kind == FAILURE_NONE || failure.text[0] == '\0' ||
			!utf8_valid(failure.text, strlen(failure.text))))
		abort();
	(void)connector->read_cursor(reading);
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
	const struct connector *connector = connector_all()[bytes[0] % 3];
	while (connector->streams[count] != ENTITY_COUNT)
		count++;
	enum entity entity = connector->streams[bytes[0] / 3 % count];
	void *settings = calloc(1, connector->settings_size);
	struct mapping *mapping = mapping_new();
	option_defaults(connector->options, connector->option_count, settings);
	fill_secrets(connector, settings);
	fill_mapping(mapping, entity);
	struct session *session = connector->session_new("http://127.0.0.1:1", settings);
	if (connector->authorize != NULL) {
		static const char token[] = "{\"access_token\":\"t\",\"instance_url\":\"http://127.0.0.1:1\"}";
		const struct http_header json = { "Content-Type", "application/json" };
		(void)connector->authorized(session, &(struct http_head){ 200, &json, 1 }, token, strlen(token),
			1790841600000, &failure);
	}
	struct reading *reading = connector->read_open(session, entity, &mapping->entities[entity], NULL,
		&(struct record_sink){ .record = on_record, .reject = on_reject });
	http_request_init(&request);
	for (int page = 0; page < 3; page++)
		if (connector->read_next(reading, 1790841600000, &request, &failure) == READ_REQUEST)
			answer(connector, reading, statuses[bytes[1] % 10], pieces[bytes[1] / 10 % 4], bytes + 2,
				length - 2);
	http_request_free(&request);
	connector->read_free(reading);
	connector->session_free(session);
	mapping_free(mapping);
	option_clear(connector->options, connector->option_count, settings);
	free(settings);
	return 0;
}
