/* salesforce_exchange.h - a reading of the Salesforce connector, asked and answered from bytes. */
#ifndef TESTS_UNIT_SALESFORCE_EXCHANGE_H
#define TESTS_UNIT_SALESFORCE_EXCHANGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"
#include "connectors/memory.h"
#include "connectors/salesforce_internal.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define JSON_TYPE "application/json;charset=UTF-8"
#define CSV_TYPE "text/csv; charset=UTF-8"
#define DATE "Fri, 20 Nov 2026 10:05:00 GMT"
#define DATE_MS INT64_C(1795169100000)
/* A local clock that is wrong on purpose: nothing may hang on it. */
#define NOW_MS INT64_C(1700000000000)
#define FINGERPRINT "0123456789abcdef"

#define salesforce (&connector_salesforce)

#define RECORD(id, name, owner, deleted, stamp)                                                                    \
	"{\"attributes\":{\"type\":\"Account\",\"url\":\"/services/data/v66.0/sobjects/Account/" id "\"},"         \
	"\"Id\":\"" id "\",\"Name\":\"" name "\",\"Owner\":" owner ",\"Health__c\":62.0,\"IsDeleted\":" deleted    \
	",\"SystemModstamp\":\"2026-11-20T" stamp ".000+0000\"}"
#define OWNER "{\"attributes\":{\"type\":\"User\"},\"Email\":\"kim@acme.example\"}"
#define NEXT(locator) "\"done\":false,\"nextRecordsUrl\":\"/services/data/v66.0/query/" locator "\""
#define A RECORD("0015e00000AbCdEAAV", "Bob's BBQ \\u2013 Gr\\u00fcn", OWNER, "false", "10:01:07")
#define B RECORD("0015e00000LoSeRAAV", "Old Duplicate", "null", "true", "10:03:00")
#define C RECORD("0015e00000MaStRAAV", "Survivor Ltd", OWNER, "false", "10:03:00")
#define PAGE(total, rest, records) "{\"totalSize\":" total "," rest ",\n \"records\":[\n " records "\n ]}"
#define PAGE_1 PAGE("3", NEXT("0r85e00000LoCaTAAV-2000"), A "," B)
#define PAGE_2 PAGE("3", "\"done\":true", C)
#define WHOLE PAGE("3", "\"done\":true", A "," B "," C)
#define PAGE_2_ALONE PAGE("1", "\"done\":true", C)
#define NOTHING PAGE("0", "\"done\":true", "")
#define ERROR(code, message) "[{\"message\":\"" message "\",\"errorCode\":\"" code "\"}]"
#define LOST ERROR("INVALID_QUERY_LOCATOR", "invalid query locator")
#define EXPIRED ERROR("INVALID_SESSION_ID", "Session expired or invalid")

#define SELECT "SELECT Id,SystemModstamp,IsDeleted,MasterRecordId,Name,Owner.Email,Health__c FROM Account"
#define FIRST " WHERE SystemModstamp >= 2026-11-20T08:55:00Z"
#define ORDER " ORDER BY SystemModstamp, Id"
#define HOST "https://acme.my.salesforce.com"
#define DATA HOST "/services/data/v66.0/"
#define QUERY DATA "queryAll?q="
#define KEYSET_B                                                                                                   \
	" WHERE (SystemModstamp = 2026-11-20T10:03:00Z AND Id > '0015e00000LoSeRAAV') OR "                         \
	"SystemModstamp > 2026-11-20T10:03:00Z"
#define WATERMARKS "{\"v\":2,\"fresh\":\"2026-11-20T09:00:00.000Z\",\"proven\":\"2026-11-20T08:00:00.000Z\""
#define REST_CURSOR(rest) WATERMARKS rest "}"
#define UNCHANGED_CURSOR REST_CURSOR("")
#define DONE_CURSOR "{\"v\":2,\"fresh\":\"2026-11-20T10:04:00.000Z\",\"proven\":\"2026-11-20T08:00:00.000Z\"}"
#define MIDDLE_CURSOR                                                                                              \
	REST_CURSOR(",\"hi\":\"2026-11-20T10:04:00.000Z\",\"at\":\"2026-11-20T10:03:00.000Z\","                    \
		    "\"id\":\"0015e00000LoSeRAAV\"")

struct fixture {
	struct salesforce_settings settings;
	struct session *session;
	struct mapping *mapping;
	enum entity entity;
	struct reading *reading;
	struct http_request request;
	struct failure failure;
	struct reading_request what;
	const struct record_filter *only;
	size_t piece;    /* bytes a feed; 0: all at once */
	char rows[4096]; /* what the sink got: "id|name|deleted;" or "!id:field;" */
	size_t row_count;
	char url[4096]; /* the last request's, decoded */
};

/* ---- sink ---- */

static inline void note(struct fixture *fixture, const char *text)
{
	size_t used = strlen(fixture->rows);

	fixture->row_count++;
	if (used + strlen(text) < sizeof fixture->rows)
		memcpy(fixture->rows + used, text, strlen(text) + 1);
}

static inline const char *column(
	enum entity entity, const struct value *values, const char *name, char *room, size_t size)
{
	int index = entity_column(entity, name);

	if (index < 0 || values[index].text == NULL)
		return "-";
	(void)snprintf(room, size, "%.*s", (int)values[index].length, values[index].text);
	return room;
}

static inline void take_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct fixture *fixture = context;
	char text[512], row[5][80];

	const char *merged = column(entity, values, "merged_into_remote_id", row[4], 80);

	assert_int_equal(entity, fixture->entity);
	assert_int_equal(count, entity_shape(entity)->count);
	(void)snprintf(text, sizeof text, "%s|%s|%s|%s%s%s;", column(entity, values, "remote_id", row[0], 80),
		column(entity, values, "name", row[1], 80), column(entity, values, "owner_email", row[2], 80),
		column(entity, values, "deleted", row[3], 80), merged[0] == '-' ? "" : ">",
		merged[0] == '-' ? "" : merged);
	note(fixture, text);
}

static inline void take_rejection(void *context, const struct rejection *rejection)
{
	char text[256];

	(void)snprintf(text, sizeof text, "!%s:%s;", rejection->remote_id,
		rejection->field == NULL ? "-" : rejection->field);
	note(context, text);
}

/* ---- fixture ---- */

static inline void map(struct fixture *fixture, const char *section, const char *key, const char *value)
{
	struct failure failure;

	if (!mapping_set(fixture->mapping, section, key, value, 12, &failure))
		fail_msg("%s", failure.text);
}

static inline void open_reading(
	struct fixture *fixture, enum entity entity, enum read_mode mode, bool prove, const char *cursor)
{
	const struct record_sink sink = { fixture, take_record, take_rejection };
	char *copy = cursor == NULL ? NULL : memory_copy_text(cursor);

	fixture->reading = salesforce->read_free(fixture->reading);
	fixture->entity = entity;
	fixture->rows[0] = '\0';
	fixture->row_count = 0;
	fixture->what = (struct reading_request){ .entity = entity,
		.mapping = &fixture->mapping->entities[entity],
		.fingerprint = FINGERPRINT,
		.mode = mode,
		.prove = prove,
		.cursor = copy,
		.only = fixture->only };
	fixture->reading = salesforce->read_open(fixture->session, &fixture->what, &sink);
	fixture->what.cursor = NULL;
	free(copy);
}

/* What changed since 9 o'clock; proven is all up to 8. */
static inline void open_changes(struct fixture *fixture, enum entity entity)
{
	open_reading(fixture, entity, READ_CHANGES, false, REST_CURSOR(",\"mapping\":\"" FINGERPRINT "\""));
}

static inline void open_all(struct fixture *fixture, const char *cursor)
{
	open_reading(fixture, ENTITY_ACCOUNT, READ_ALL, false, cursor);
}

static inline void give_token(struct fixture *fixture, const char *token, const char *origin)
{
	const struct http_header type = { "Content-Type", JSON_TYPE };
	const struct http_head head = { 200, &type, 1 };
	char body[256];

	(void)snprintf(body, sizeof body, "{\"access_token\":\"%s\",\"instance_url\":\"%s\"}", token, origin);
	assert_true(salesforce->authorized(fixture->session, &head, body, strlen(body), NOW_MS, &fixture->failure));
}

static inline int open_fixture(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);

	static char version[] = "v66.0", flow[] = "client_credentials", client[] = "3MVG9";

	fixture->settings = (struct salesforce_settings){ .api_version = version,
		.flow = flow,
		.client_id = client,
		.client_secret = secret_new("s3cret"),
		.overlap_s = 300,
		.settle_s = 60,
		.late_s = 900,
		.bulk_from = 50000,
		.page_size = 500 };
	fixture->session = salesforce->session_new("https://login.example", &fixture->settings);
	fixture->mapping = mapping_new();
	map(fixture, "account", "name", "Name");
	map(fixture, "account", "owner_email", "Owner.Email");
	map(fixture, "account", "signal.health", "Health__c");
	map(fixture, "staff", "name", "Name");
	http_request_init(&fixture->request);
	give_token(fixture, "00D!tok-1", "https://acme.my.salesforce.com");
	open_changes(fixture, ENTITY_ACCOUNT);
	*state = fixture;
	return 0;
}

static inline int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	salesforce->read_free(fixture->reading);
	salesforce->session_free(fixture->session);
	mapping_free(fixture->mapping);
	secret_free(fixture->settings.client_secret);
	http_request_free(&fixture->request);
	free(fixture);
	return 0;
}

/* ---- exchanges ---- */

static inline void decode(const char *text, char *out, size_t size)
{
	size_t used = 0;
	unsigned byte;

	while (*text != '\0' && used + 1 < size) {
		if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) {
			out[used++] = (char)byte;
			text += 3;
		} else {
			out[used++] = *text++;
		}
	}
	out[used] = '\0';
}

/* The next request; its decoded address. */
static inline const char *ask(struct fixture *fixture)
{
	fixture->failure = (struct failure){ .kind = FAILURE_NONE };
	enum read_step step = salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure);
	if (step != READ_REQUEST)
		fail_msg("no request: %s", fixture->failure.text);
	decode(buffer_text(&fixture->request.url), fixture->url, sizeof fixture->url);
	return fixture->url;
}

struct answer {
	int status;
	const char *type, *date, *limit, *retry_after, *records, *locator, *body;
	int64_t elapsed_ms;
};

static inline bool feed(struct fixture *fixture, const struct answer *answer, size_t length)
{
	struct http_header headers[6];
	struct http_head head = { .status = answer->status, .headers = headers };

	if (answer->type != NULL)
		headers[head.count++] = (struct http_header){ "content-type", answer->type };
	if (answer->date != NULL)
		headers[head.count++] = (struct http_header){ "Date", answer->date };
	if (answer->limit != NULL)
		headers[head.count++] = (struct http_header){ "Sforce-Limit-Info", answer->limit };
	if (answer->retry_after != NULL)
		headers[head.count++] = (struct http_header){ "Retry-After", answer->retry_after };
	if (answer->records != NULL)
		headers[head.count++] = (struct http_header){ "sforce-numberofrecords", answer->records };
	if (answer->locator != NULL)
		headers[head.count++] = (struct http_header){ "Sforce-Locator", answer->locator };
	salesforce->read_head(fixture->reading, &head);
	size_t piece = fixture->piece == 0 ? length : fixture->piece;
	for (size_t at = 0; at < length; at += piece) {
		size_t taken = length - at < piece ? length - at : piece;
		char *bytes = malloc(taken);
		memcpy(bytes, answer->body + at, taken);
		bool go_on = salesforce->read_feed(fixture->reading, bytes, taken);
		free(bytes);
		if (!go_on)
			break;
	}
	bool good = salesforce->read_finish(fixture->reading, NOW_MS + answer->elapsed_ms, &fixture->failure);
	assert_true(strlen(fixture->failure.text) <= 400);
	assert_null(strstr(fixture->failure.text, "tok-"));
	if (!good)
		assert_int_equal(fixture->failure.http_status, answer->status);
	return good;
}

static inline bool reply(struct fixture *fixture, int status, const char *body)
{
	const struct answer answer = { .status = status,
		.date = DATE,
		.body = body,
		.type = body[0] == '{' || body[0] == '[' ? JSON_TYPE : "text/html; charset=UTF-8" };

	return feed(fixture, &answer, strlen(body));
}

static inline void good_page(struct fixture *fixture, const char *body)
{
	if (!reply(fixture, 200, body))
		fail_msg("%s", fixture->failure.text);
}

static inline void refused(struct fixture *fixture, enum failure_kind kind, const char *word)
{
	if (fixture->failure.kind != kind || strstr(fixture->failure.text, word) == NULL)
		fail_msg("%s: %s", failure_kind_name(fixture->failure.kind), fixture->failure.text);
}

static inline const char *cursor_of(const struct fixture *fixture)
{
	const char *cursor = salesforce->read_cursor(fixture->reading);

	return cursor == NULL ? "none" : cursor;
}

/* The cursor without the mapping's hash. */
static inline void assert_cursor(const struct fixture *fixture, const char *wanted)
{
	char text[512];

	(void)snprintf(text, sizeof text, "%s", cursor_of(fixture));
	char *hash = strstr(text, ",\"mapping\":\"" FINGERPRINT "\"}");
	if (hash != NULL)
		(void)snprintf(hash, 2, "}");
	assert_string_equal(text, wanted);
}

static inline void assert_until(const struct fixture *fixture, int64_t fresh_ms, int64_t complete_ms)
{
	int64_t fresh, complete;

	salesforce->read_until(fixture->reading, &fresh, &complete);
	assert_int_equal(fresh, fresh_ms);
	assert_int_equal(complete, complete_ms);
}

static inline void assert_complete(struct fixture *fixture)
{
	assert_int_equal(salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure),
		READ_COMPLETE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

#endif
