/* test_salesforce.c - the Salesforce connector reads streams: queries, pages, cursors and every refusal. */
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

static const struct connector *const salesforce = &connector_salesforce;
static const char DATE[] = "Fri, 20 Nov 2026 10:05:00 GMT";
static const int64_t DATE_MS = INT64_C(1795169100000);
/* A local clock that is wrong on purpose: nothing may hang on it. */
static const int64_t NOW_MS = INT64_C(1700000000000);

static char version[] = "v66.0", flow[] = "client_credentials", client[] = "3MVG9";

struct fixture {
	struct salesforce_settings settings;
	struct session *session;
	struct mapping *mapping;
	enum entity entity;
	struct reading *reading;
	struct http_request request;
	struct failure failure;
	size_t piece;    /* bytes a feed; 0: all at once */
	char rows[4096]; /* what the sink got: "id|name|deleted;" or "!id:field;" */
	size_t row_count;
	char url[4096]; /* the last request's, decoded */
};

/* ---- sink ---- */

static void note(struct fixture *fixture, const char *text)
{
	size_t used = strlen(fixture->rows);

	fixture->row_count++;
	if (used + strlen(text) < sizeof fixture->rows)
		memcpy(fixture->rows + used, text, strlen(text) + 1);
}

static const char *column(enum entity entity, const struct value *values, const char *name, char *room, size_t size)
{
	int index = entity_column(entity, name);

	if (index < 0 || values[index].text == NULL)
		return "-";
	(void)snprintf(room, size, "%.*s", (int)values[index].length, values[index].text);
	return room;
}

static void take_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct fixture *fixture = context;
	char text[512], row[4][80];

	assert_int_equal(entity, fixture->entity);
	assert_int_equal(count, entity_shape(entity)->count);
	(void)snprintf(text, sizeof text, "%s|%s|%s|%s;", column(entity, values, "remote_id", row[0], 80),
		column(entity, values, "name", row[1], 80), column(entity, values, "owner_email", row[2], 80),
		column(entity, values, "deleted", row[3], 80));
	note(fixture, text);
}

static void take_rejection(void *context, const struct rejection *rejection)
{
	char text[256];

	(void)snprintf(text, sizeof text, "!%s:%s;", rejection->remote_id,
		rejection->field == NULL ? "-" : rejection->field);
	note(context, text);
}

/* ---- fixture ---- */

static void map(struct fixture *fixture, const char *section, const char *key, const char *value)
{
	struct failure failure;

	if (!mapping_set(fixture->mapping, section, key, value, 12, &failure))
		fail_msg("%s", failure.text);
}

static void open_reading(struct fixture *fixture, enum entity entity, const char *cursor)
{
	const struct record_sink sink = { fixture, take_record, take_rejection };
	char *copy = cursor == NULL ? NULL : memory_copy_text(cursor);

	fixture->reading = salesforce->read_free(fixture->reading);
	fixture->entity = entity;
	fixture->rows[0] = '\0';
	fixture->row_count = 0;
	fixture->reading =
		salesforce->read_open(fixture->session, entity, &fixture->mapping->entities[entity], copy, &sink);
	free(copy);
}

static void give_token(struct fixture *fixture, const char *token, const char *origin)
{
	const struct http_header type = { "Content-Type", JSON_TYPE };
	const struct http_head head = { 200, &type, 1 };
	char body[256];

	(void)snprintf(body, sizeof body, "{\"access_token\":\"%s\",\"instance_url\":\"%s\"}", token, origin);
	assert_true(salesforce->authorized(fixture->session, &head, body, strlen(body), NOW_MS, &fixture->failure));
}

static int open_fixture(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);

	fixture->settings = (struct salesforce_settings){ .api_version = version,
		.flow = flow,
		.client_id = client,
		.client_secret = secret_new("s3cret"),
		.overlap_s = 300,
		.settle_s = 60,
		.page_size = 500 };
	fixture->session = salesforce->session_new("https://login.example", &fixture->settings);
	fixture->mapping = mapping_new();
	map(fixture, "account", "name", "Name");
	map(fixture, "account", "owner_email", "Owner.Email");
	map(fixture, "account", "signal.health", "Health__c");
	map(fixture, "staff", "name", "Name");
	http_request_init(&fixture->request);
	give_token(fixture, "00D!tok-1", "https://acme.my.salesforce.com");
	open_reading(fixture, ENTITY_ACCOUNT, NULL);
	*state = fixture;
	return 0;
}

static int close_fixture(void **state)
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

static void decode(const char *text, char *out, size_t size)
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
static const char *ask(struct fixture *fixture)
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
	const char *type, *date, *limit, *retry_after, *body;
	int64_t elapsed_ms;
};

static bool feed(struct fixture *fixture, const struct answer *answer, size_t length)
{
	struct http_header headers[4];
	struct http_head head = { .status = answer->status, .headers = headers };

	if (answer->type != NULL)
		headers[head.count++] = (struct http_header){ "content-type", answer->type };
	if (answer->date != NULL)
		headers[head.count++] = (struct http_header){ "Date", answer->date };
	if (answer->limit != NULL)
		headers[head.count++] = (struct http_header){ "Sforce-Limit-Info", answer->limit };
	if (answer->retry_after != NULL)
		headers[head.count++] = (struct http_header){ "Retry-After", answer->retry_after };
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

static bool reply(struct fixture *fixture, int status, const char *body)
{
	const struct answer answer = { .status = status,
		.date = DATE,
		.body = body,
		.type = body[0] == '{' || body[0] == '[' ? JSON_TYPE : "text/html; charset=UTF-8" };

	return feed(fixture, &answer, strlen(body));
}

static void good_page(struct fixture *fixture, const char *body)
{
	if (!reply(fixture, 200, body))
		fail_msg("%s", fixture->failure.text);
}

static void refused(struct fixture *fixture, enum failure_kind kind, const char *word)
{
	if (fixture->failure.kind != kind || strstr(fixture->failure.text, word) == NULL)
		fail_msg("%s: %s", failure_kind_name(fixture->failure.kind), fixture->failure.text);
}

static const char *cursor_of(const struct fixture *fixture)
{
	const char *cursor = salesforce->read_cursor(fixture->reading);

	return cursor == NULL ? "none" : cursor;
}

/* The cursor without the mapping's hash, which no test foretells. */
static void assert_cursor(const struct fixture *fixture, const char *wanted)
{
	char text[512];

	(void)snprintf(text, sizeof text, "%s", cursor_of(fixture));
	char *hash = strstr(text, ",\"mapping\":");
	if (hash != NULL)
		(void)snprintf(hash, 2, "}");
	assert_string_equal(text, wanted);
}

static void assert_complete(struct fixture *fixture)
{
	assert_int_equal(salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure),
		READ_COMPLETE);
}

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

#define SELECT "SELECT Id,SystemModstamp,IsDeleted,Name,Owner.Email,Health__c FROM Account"
#define ORDER " ORDER BY SystemModstamp, Id"
#define HOST "https://acme.my.salesforce.com"
#define QUERY HOST "/services/data/v66.0/queryAll?q="
#define KEYSET_B                                                                                                   \
	" WHERE (SystemModstamp = 2026-11-20T10:03:00Z AND Id > '0015e00000LoSeRAAV') OR "                         \
	"SystemModstamp > 2026-11-20T10:03:00Z"
#define DONE_CURSOR "{\"v\":1,\"lo\":\"2026-11-20T10:04:00.000Z\"}"
#define MIDDLE_CURSOR                                                                                              \
	"{\"v\":1,\"hi\":\"2026-11-20T10:04:00.000Z\",\"at\":\"2026-11-20T10:03:00.000Z\","                        \
	"\"id\":\"0015e00000LoSeRAAV\"}"

/* ---- requests ---- */

static void first_request_is_complete(void **state)
{
	struct fixture *fixture = *state;
	const struct http_request *request = &fixture->request;

	assert_string_equal(ask(fixture), QUERY SELECT ORDER);
	assert_null(strchr(buffer_text(&request->url), ' '));
	assert_null(strchr(buffer_text(&request->url), '\''));
	assert_false(request->is_post);
	assert_true(request->accept_gzip);
	assert_string_equal(request->what, "Account page 1");
	assert_int_equal(request->header_count, 4);
	assert_string_equal(buffer_text(&request->headers[0]), "Authorization: Bearer 00D!tok-1");
	assert_string_equal(buffer_text(&request->headers[1]), "Accept: application/json");
	assert_string_equal(buffer_text(&request->headers[2]), "Sforce-Query-Options: batchSize=500");
	assert_string_equal(buffer_text(&request->headers[3]), "Sforce-Call-Options: client=advocated");
	/* Asked again without an answer: the same, not twice as long. */
	assert_string_equal(ask(fixture), QUERY SELECT ORDER);
	assert_int_equal(request->header_count, 4);
	assert_false(salesforce->read_finish(fixture->reading, NOW_MS, &fixture->failure));
	refused(fixture, FAILURE_TRANSIENT, "no answer");
	assert_string_equal(cursor_of(fixture), "none");
	assert_int_equal(salesforce->read_complete_until(fixture->reading), INT64_MIN);
}

static void objects_and_fields_come_from_the_mapping(void **state)
{
	struct fixture *fixture = *state;

	open_reading(fixture, ENTITY_STAFF, NULL);
	assert_string_equal(
		ask(fixture), HOST "/services/data/v66.0/query?q=SELECT Id,SystemModstamp,Name FROM User" ORDER);
	good_page(fixture, "{\"totalSize\":1,\"done\":true,\"records\":[{\"Id\":\"0055e00000UsRaBAAV\","
			   "\"Name\":\"Kim\",\"SystemModstamp\":\"2026-11-20T10:01:07.000+0000\"}]}");
	assert_string_equal(fixture->rows, "0055e00000UsRaBAAV|Kim|-|f;");

	map(fixture, "staff", "object", "Advisor__c");
	open_reading(fixture, ENTITY_STAFF, NULL);
	assert_string_equal(ask(fixture), QUERY "SELECT Id,SystemModstamp,IsDeleted,Name FROM Advisor__c" ORDER);

	/* A field that feeds two columns, or is selected anyway, is selected once. */
	map(fixture, "contact", "first_name", "Name");
	map(fixture, "contact", "last_name", "Name");
	map(fixture, "contact", "title", "Id");
	open_reading(fixture, ENTITY_CONTACT, NULL);
	assert_string_equal(ask(fixture), QUERY "SELECT Id,SystemModstamp,IsDeleted,Name FROM Contact" ORDER);

	/* And so is one that is written in two ways. */
	map(fixture, "opportunity", "name", "Name");
	map(fixture, "opportunity", "owner_email", "nAME");
	map(fixture, "opportunity", "stage", "ID");
	open_reading(fixture, ENTITY_OPPORTUNITY, NULL);
	assert_string_equal(ask(fixture), QUERY "SELECT Id,SystemModstamp,IsDeleted,Name FROM Opportunity" ORDER);
	good_page(fixture, PAGE_2_ALONE);
	assert_string_equal(fixture->rows, "0015e00000MaStRAAV|Survivor Ltd|Survivor Ltd|f;");
}

/* The case of a mapped name doesn't matter to the server, whose reply has its own (2.4). */
static void reply_may_write_names_otherwise(void **state)
{
	struct fixture *fixture = *state;

	map(fixture, "opportunity", "name", "nAmE");
	map(fixture, "opportunity", "owner_email", "owner.EMAIL");
	open_reading(fixture, ENTITY_OPPORTUNITY, NULL);
	(void)ask(fixture);
	good_page(fixture, WHOLE);
	assert_non_null(strstr(fixture->rows, "0015e00000MaStRAAV|Survivor Ltd|kim@acme.example|f;"));
}

static void map_signals(struct fixture *fixture, int from, int to)
{
	char name[64], remote[128];

	for (int i = from; i < to; i++) {
		(void)snprintf(name, sizeof name, "signal.s%d", i);
		(void)snprintf(remote, sizeof remote,
			"A_field_with_a_name_that_is_rather_long_as_names_go_number_%d__c", i);
		map(fixture, "account", name, remote);
	}
	open_reading(fixture, ENTITY_ACCOUNT, NULL);
}

/* 16,384 bytes hold the address and the headers (2.1). */
static void too_many_fields_are_told(void **state)
{
	struct fixture *fixture = *state;
	char token[3000];

	map_signals(fixture, 0, 200);
	(void)ask(fixture);
	assert_in_range(fixture->request.url.length, 13000, 14000);

	memset(token, 't', sizeof token);
	token[sizeof token - 1] = '\0';
	secret_free(fixture->session->token);
	fixture->session->token = secret_new(token);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	refused(fixture, FAILURE_PERMANENT, "Account: its 203 mapped fields");

	give_token(fixture, "00D!tok-1", HOST);
	map_signals(fixture, 200, 260);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	refused(fixture, FAILURE_PERMANENT, "Account: its 263 mapped fields");
	map_signals(fixture, 260, 2000);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	refused(fixture, FAILURE_PERMANENT, "Account: its 2003 mapped fields");
}

/* ---- pages and cursors ---- */

static void a_run_in_pieces(void **state)
{
	static const size_t pieces[] = { 1, 7, 0 };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		fixture->piece = pieces[i];
		open_reading(fixture, ENTITY_ACCOUNT, NULL);
		(void)ask(fixture);
		good_page(fixture, PAGE_1);
		assert_cursor(fixture, MIDDLE_CURSOR);
		assert_int_equal(salesforce->read_complete_until(fixture->reading), DATE_MS - 60000);
		assert_string_equal(ask(fixture), HOST "/services/data/v66.0/query/0r85e00000LoCaTAAV-2000");
		assert_string_equal(fixture->request.what, "Account page 2");
		good_page(fixture, PAGE_2);
		assert_complete(fixture);
		assert_cursor(fixture, DONE_CURSOR);
		assert_int_equal(salesforce->read_complete_until(fixture->reading), DATE_MS - 60000);
		assert_string_equal(fixture->rows,
			"0015e00000AbCdEAAV|Bob's BBQ \xe2\x80\x93 Gr\xc3\xbcn|kim@acme.example|f;"
			"0015e00000LoSeRAAV|Old Duplicate|-|t;0015e00000MaStRAAV|Survivor "
			"Ltd|kim@acme.example|f;");
	}
}

/* The watermark is where the next run begins, less the overlap; and it never goes back. */
static void runs_follow_each_other(void **state)
{
	struct fixture *fixture = *state;
	struct answer early = {
		.status = 200, .type = JSON_TYPE, .date = "Fri, 20 Nov 2026 10:04:30 GMT", .body = NOTHING
	};

	(void)ask(fixture);
	good_page(fixture, WHOLE);
	assert_cursor(fixture, DONE_CURSOR);
	char *cursor = memory_copy_text(cursor_of(fixture));
	open_reading(fixture, ENTITY_ACCOUNT, cursor);
	assert_string_equal(cursor_of(fixture), cursor);
	assert_string_equal(ask(fixture), QUERY SELECT " WHERE SystemModstamp >= 2026-11-20T09:59:00Z" ORDER);
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_complete(fixture);
	assert_string_equal(cursor_of(fixture), cursor);
	assert_int_equal(salesforce->read_complete_until(fixture->reading), DATE_MS - 60000);

	/* Nor does it go anywhere when nothing tells the server's time. */
	open_reading(fixture, ENTITY_ACCOUNT, cursor);
	(void)ask(fixture);
	early.date = NULL;
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_complete(fixture);
	assert_string_equal(cursor_of(fixture), cursor);

	open_reading(fixture, ENTITY_ACCOUNT, cursor);
	(void)ask(fixture);
	early.date = "Fri, 20 Nov 2026 10:20:00 GMT";
	/* The query took 20 seconds: it saw the org as it was before its answer's Date. */
	early.elapsed_ms = 20000;
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_cursor(fixture, "{\"v\":1,\"lo\":\"2026-11-20T10:18:40.000Z\"}");
	open_reading(fixture, ENTITY_ACCOUNT, cursor);
	(void)ask(fixture);
	early.elapsed_ms = -20000;
	assert_true(feed(fixture, &early, strlen(early.body)));
	assert_cursor(fixture, "{\"v\":1,\"lo\":\"2026-11-20T10:19:00.000Z\"}");
	free(cursor);
}

/* A crash between two pages: the next run goes on behind the last row, with the watermark of the first part.
 */
static void a_crash_resumes_with_its_watermark(void **state)
{
	struct fixture *fixture = *state;
	struct answer later = { .status = 200,
		.type = JSON_TYPE,
		.date = "Sat, 21 Nov 2026 09:00:00 GMT",
		.body = PAGE("1", "\"done\":true", C) };

	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	open_reading(fixture, ENTITY_ACCOUNT, cursor_of(fixture));
	assert_cursor(fixture, MIDDLE_CURSOR);
	assert_int_equal(salesforce->read_complete_until(fixture->reading), DATE_MS - 60000);
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
	assert_true(feed(fixture, &later, strlen(later.body)));
	assert_complete(fixture);
	assert_cursor(fixture, DONE_CURSOR);
}

/* In an incremental run the committed watermark stays in the cursor until the run is complete. */
static void the_middle_of_an_incremental_run(void **state)
{
	struct fixture *fixture = *state;
	char cursor[256], hash[MAPPING_FINGERPRINT_SIZE];
	const struct salesforce_subject subject = { "Account", ENTITY_ACCOUNT,
		&fixture->mapping->entities[ENTITY_ACCOUNT] };

	mapping_fingerprint(subject.mapping, subject.entity, subject.object, hash);
	(void)snprintf(
		cursor, sizeof cursor, "{\"v\":1,\"lo\":\"2026-11-20T09:00:00.700Z\",\"mapping\":\"%s\"}", hash);
	open_reading(fixture, ENTITY_ACCOUNT, cursor);
	assert_string_equal(ask(fixture), QUERY SELECT " WHERE SystemModstamp >= 2026-11-20T08:55:00Z" ORDER);
	good_page(fixture, PAGE_1);
	assert_cursor(fixture, "{\"v\":1,\"lo\":\"2026-11-20T09:00:00.700Z\",\"hi\":\"2026-11-20T10:04:00.000Z\","
			       "\"at\":\"2026-11-20T10:03:00.000Z\",\"id\":\"0015e00000LoSeRAAV\"}");
	open_reading(fixture, ENTITY_ACCOUNT, cursor_of(fixture));
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
	good_page(fixture, PAGE("1", "\"done\":true", C));
	assert_cursor(fixture, DONE_CURSOR);
}

static void cursors_of_another_kind_are_a_first_load(void **state)
{
	static const char *const cursors[] = {
		"",
		"{}",
		"[]",
		"null",
		"nonsense",
		"{\"v\":1}",
		"{\"v\":2,\"lo\":\"2026-11-20T09:00:00.000Z\",\"mapping\":\"%s\"}",
		"{\"v\":1,\"lo\":\"yesterday\",\"mapping\":\"%s\"}",
		"{\"v\":1,\"lo\":5,\"mapping\":\"%s\"}",
		"{\"v\":1,\"lo\":\"2026-11-20T09:00:00.000Z\",\"mapping\":\"0123456789abcdef\"}",
		"{\"v\":1,\"at\":\"2026-11-20T09:00:00.000Z\",\"mapping\":\"%s\"}",
		"{\"v\":1,\"at\":\"2026-11-20T09:00:00.000Z\",\"id\":\"001A\",\"mapping\":\"%s\"}",
		"{\"v\":1,\"hi\":\"2026-11-20T09:00:00.000Z\",\"at\":\"2026-11-20T09:00:00.000Z\",\"id\":\"x'"
		" OR Id > '\","
		"\"mapping\":\"%s\"}",
		"{\"v\":1,\"hi\":\"2026-11-20T09:00:00.000Z\",\"id\":\"001A\",\"mapping\":\"%s\"}",
	};
	struct fixture *fixture = *state;
	char hash[MAPPING_FINGERPRINT_SIZE];
	const struct salesforce_subject subject = { "Account", ENTITY_ACCOUNT,
		&fixture->mapping->entities[ENTITY_ACCOUNT] };

	mapping_fingerprint(subject.mapping, subject.entity, subject.object, hash);
	for (size_t i = 0; i < COUNT_OF(cursors); i++) {
		const char *gap = strstr(cursors[i], "%s");
		char *cursor =
			gap == NULL ? memory_copy_text(cursors[i])
				    : memory_format("%.*s%s%s", (int)(gap - cursors[i]), cursors[i], hash, gap + 2);
		open_reading(fixture, ENTITY_ACCOUNT, cursor);
		assert_string_equal(ask(fixture), QUERY SELECT ORDER);
		assert_string_equal(cursor_of(fixture), "none");
		free(cursor);
	}
}

/* New columns must be filled for old rows; another order of the file's lines changes nothing. */
static void a_changed_mapping_is_a_first_load(void **state)
{
	static const char *const changes[][2] = { { "arr", "ARR__c" }, { "signal.nps", "NPS__c" },
		{ "object", "Customer__c" } };
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, WHOLE);
	char *cursor = memory_copy_text(cursor_of(fixture));
	mapping_free(fixture->mapping);
	fixture->mapping = mapping_new();
	map(fixture, "account", "signal.health", "Health__c");
	map(fixture, "account", "owner_email", "Owner.Email");
	map(fixture, "account", "name", "Name");
	open_reading(fixture, ENTITY_ACCOUNT, cursor);
	assert_non_null(strstr(ask(fixture), "WHERE SystemModstamp >= 2026-11-20T09:59:00Z"));
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		map(fixture, "account", changes[i][0], changes[i][1]);
		open_reading(fixture, ENTITY_ACCOUNT, cursor);
		assert_null(strstr(ask(fixture), "WHERE"));
		(void)reply(fixture, 200, NOTHING);
		free(cursor);
		cursor = memory_copy_text(cursor_of(fixture));
		open_reading(fixture, ENTITY_ACCOUNT, cursor);
		assert_non_null(strstr(ask(fixture), "WHERE"));
	}
	free(cursor);

	/* What two columns read, turned around; and other words for a yes-or-no column. */
	static const char *const turns[][4] = { { "first_name", "A__c", "last_name", "B__c" },
		{ "first_name", "B__c", "last_name", "A__c" }, { "advocate", "S__c | in Yes", "title", "T__c" },
		{ "advocate", "S__c | in Yes, Maybe", "title", "T__c" } };
	char hashes[COUNT_OF(turns)][MAPPING_FINGERPRINT_SIZE];
	for (size_t i = 0; i < COUNT_OF(turns); i++) {
		struct mapping *kept = fixture->mapping;
		fixture->mapping = mapping_new();
		map(fixture, "contact", turns[i][0], turns[i][1]);
		map(fixture, "contact", turns[i][2], turns[i][3]);
		const struct salesforce_subject subject = { "Contact", ENTITY_CONTACT,
			&fixture->mapping->entities[ENTITY_CONTACT] };
		mapping_fingerprint(subject.mapping, subject.entity, subject.object, hashes[i]);
		mapping_free(fixture->mapping);
		fixture->mapping = kept;
	}
	assert_string_not_equal(hashes[0], hashes[1]);
	assert_string_not_equal(hashes[2], hashes[3]);
}

/* A row that changed after the query began may be sent with its new stamp in its old place: going on behind
 * it would lose what stands between. It doesn't mark a place; nor does a record whose stamp or id can't be
 * read. */
static void only_settled_rows_mark_a_place(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE("9", NEXT("0r8-2"),
				   A "," B "," RECORD("001FRESH", "x", "null", "false",
					   "10:04:01") ","
						       "{\"Id\":\"001NOSTAMP\",\"SystemModstamp\":\"soon\"},"
						       "{\"Id\":\"it's\",\"SystemModstamp\":\"2026-11-20T10:"
						       "03:30.000+0000\",\"IsDeleted\":false},7"));
	assert_cursor(fixture, MIDDLE_CURSOR);
	assert_int_equal(fixture->row_count, 6);
	(void)ask(fixture);
	/* Later pages are measured by when their query began, not by their own Date. */
	const struct answer later = { .status = 200,
		.type = JSON_TYPE,
		.date = "Fri, 20 Nov 2026 10:30:00 GMT",
		.body = PAGE("9", NEXT("0r8-4"), RECORD("001FRESH2", "x", "null", "false", "10:20:00")) };
	assert_true(feed(fixture, &later, strlen(later.body)));
	assert_cursor(fixture, MIDDLE_CURSOR);
	(void)ask(fixture);
	good_page(fixture, PAGE("9", "\"done\":true", C "," C));
	assert_cursor(fixture, DONE_CURSOR);
}

/* Without a Date the newest stamp of the first page proves the server's time. */
static void a_missing_date_is_no_excuse(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer = { .status = 200, .type = JSON_TYPE, .body = PAGE_1 };

	(void)ask(fixture);
	assert_true(feed(fixture, &answer, strlen(answer.body)));
	assert_cursor(fixture, "{\"v\":1,\"hi\":\"2026-11-20T10:02:00.000Z\",\"at\":\"2026-11-20T10:03:00.000Z\","
			       "\"id\":\"0015e00000LoSeRAAV\"}");
	(void)ask(fixture);
	answer.body = PAGE_2;
	answer.date = "not a date";
	assert_true(feed(fixture, &answer, strlen(answer.body)));
	assert_cursor(fixture, "{\"v\":1,\"lo\":\"2026-11-20T10:02:00.000Z\"}");

	open_reading(fixture, ENTITY_ACCOUNT, NULL);
	(void)ask(fixture);
	answer.body = NOTHING;
	assert_true(feed(fixture, &answer, strlen(answer.body)));
	assert_complete(fixture);
	assert_string_equal(cursor_of(fixture), "none");
	assert_int_equal(salesforce->read_complete_until(fixture->reading), INT64_MIN);
}

static void bad_records_count_and_are_set_aside(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE("3", "\"done\":true",
				   A ","
				     "{\"Id\":\"0015e00000NuLlEAAV\",\"Name\":\"a\\u0000b\",\"SystemModstamp\":"
				     "\"2026-11-20T10:02:00Z\"},"
				     "{\"Id\":\"0015e00000BrOkEAAV\",\"Health__c\":\"good\",\"SystemModstamp\":"
				     "\"2026-11-20T10:02:00Z\"}"));
	assert_complete(fixture);
	assert_non_null(strstr(fixture->rows, "!0015e00000NuLlEAAV:Name;!0015e00000BrOkEAAV:Health__c;"));
}

/* Cut off anywhere, a page is no page: nothing moves, and asking again is right. */
static void a_cut_off_page_moves_nothing(void **state)
{
	struct fixture *fixture = *state;
	const struct answer answer = { .status = 200, .type = JSON_TYPE, .date = DATE, .body = PAGE_1 };
	size_t length = strlen(answer.body);

	for (size_t cut = 0; cut < length; cut++) {
		assert_string_equal(ask(fixture), QUERY SELECT ORDER);
		assert_false(feed(fixture, &answer, cut));
		assert_int_equal(fixture->failure.kind, FAILURE_TRANSIENT);
		assert_string_equal(cursor_of(fixture), "none");
	}
	(void)ask(fixture);
	assert_true(feed(fixture, &answer, length));
	assert_cursor(fixture, MIDDLE_CURSOR);
	/* The second page fails, then is repeated by its locator and counted once. */
	(void)ask(fixture);
	const struct answer second = { .status = 200, .type = JSON_TYPE, .date = DATE, .body = PAGE_2 };
	assert_false(feed(fixture, &second, strlen(second.body) - 1));
	assert_string_equal(ask(fixture), HOST "/services/data/v66.0/query/0r85e00000LoCaTAAV-2000");
	good_page(fixture, PAGE_2);
	assert_complete(fixture);
}

static void strange_answers_are_transient(void **state)
{
	static const struct {
		int status;
		const char *type, *body, *word;
	} rows[] = {
		{ 200, "text/html", "<html><body><h1>Maintenance</h1><p>back\nsoon</p></body></html>",
			"isn't JSON: Maintenance back soon" },
		{ 200, JSON_TYPE, "<html>Maintenance</html>", "not a whole JSON document" },
		{ 200, NULL, NOTHING, "isn't JSON" },
		{ 200, JSON_TYPE, "", "not a whole JSON document" },
		{ 200, JSON_TYPE, "[]", "no query result" },
		{ 200, JSON_TYPE, "{}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":0,\"done\":true}", "no query result" },
		{ 200, JSON_TYPE, "{\"done\":true,\"records\":[]}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":-1,\"done\":true,\"records\":[]}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":\"0\",\"done\":true,\"records\":[]}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":0,\"done\":1,\"records\":[]}", "no query result" },
		{ 200, JSON_TYPE, "{\"totalSize\":0,\"done\":true,\"records\":[]}x", "not a whole JSON document" },
		{ 204, NULL, "", "no answer to a query" },
		{ 302, "text/html", "", "points elsewhere" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false", A), "nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false,\"nextRecordsUrl\":7", A), "nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false,\"nextRecordsUrl\":\"https://evil.example/\"", A),
			"nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false,\"nextRecordsUrl\":\"//evil/services/data/\"", A),
			"nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", "\"done\":false,\"nextRecordsUrl\":\"@evil/services/data/\"", A),
			"nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", NEXT("a b"), A), "nextRecordsUrl" },
		{ 200, JSON_TYPE, PAGE("3", NEXT("a\\r\\nX-Evil: 1"), A), "nextRecordsUrl" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer answer = {
			.status = rows[i].status, .type = rows[i].type, .date = DATE, .body = rows[i].body
		};
		assert_string_equal(ask(fixture), QUERY SELECT ORDER);
		assert_false(feed(fixture, &answer, strlen(answer.body)));
		refused(fixture, FAILURE_TRANSIENT, rows[i].word);
		assert_string_equal(cursor_of(fixture), "none");
		assert_int_equal(salesforce->read_complete_until(fixture->reading), INT64_MIN);
	}
}

/* "totalSize equals rows or the cycle is void": the query begins again where it began. */
static void a_miscount_voids_the_query(void **state)
{
	static const char *const bodies[] = { PAGE("4", "\"done\":true", C), PAGE("3", "\"done\":true", B "," C),
		PAGE("2", NEXT("0r85e00000LoCaTAAV-4000"), B "," C) };
	struct fixture *fixture = *state;

	(void)ask(fixture);
	assert_false(reply(fixture, 200, PAGE("2", "\"done\":true", A)));
	refused(fixture, FAILURE_TRANSIENT, "counted 2 records and sent 1");
	assert_string_equal(cursor_of(fixture), "none");
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		open_reading(fixture, ENTITY_ACCOUNT, NULL);
		(void)ask(fixture);
		good_page(fixture, i == 0 ? PAGE("4", NEXT("0r8-2000"), A "," B) : PAGE_1);
		(void)ask(fixture);
		assert_false(reply(fixture, 200, bodies[i]));
		refused(fixture, FAILURE_TRANSIENT, "is asked again");
		assert_string_equal(cursor_of(fixture), "none");
		assert_string_equal(ask(fixture), QUERY SELECT ORDER);
		good_page(fixture, WHOLE);
		assert_complete(fixture);
		assert_cursor(fixture, DONE_CURSOR);
	}
	/* A resumed run is void back to where it was resumed. */
	open_reading(fixture, ENTITY_ACCOUNT, NULL);
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	open_reading(fixture, ENTITY_ACCOUNT, cursor_of(fixture));
	(void)ask(fixture);
	good_page(fixture, PAGE("3", NEXT("0r8-1"), C));
	(void)ask(fixture);
	assert_false(reply(fixture, 200, PAGE("3", "\"done\":true", C)));
	assert_cursor(fixture, MIDDLE_CURSOR);
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
}

static void a_page_that_adds_nothing_fails_loudly(void **state)
{
	static const char *const barren[] = { PAGE("3", NEXT("0r8-4000"), ""),
		PAGE("3", NEXT("0r85e00000LoCaTAAV-2000"), B) };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(barren); i++) {
		open_reading(fixture, ENTITY_ACCOUNT, NULL);
		(void)ask(fixture);
		good_page(fixture, PAGE_1);
		(void)ask(fixture);
		assert_false(reply(fixture, 200, barren[i]));
		refused(fixture, FAILURE_TRANSIENT, "adds none");
		assert_string_equal(ask(fixture), HOST "/services/data/v66.0/query/0r85e00000LoCaTAAV-2000");
		assert_false(reply(fixture, 200, barren[i]));
		refused(fixture, FAILURE_PERMANENT, "adds none");
		assert_cursor(fixture, MIDDLE_CURSOR);
	}
	/* When the second try is good, the next barren page has its own. */
	open_reading(fixture, ENTITY_ACCOUNT, NULL);
	(void)ask(fixture);
	assert_false(reply(fixture, 200, barren[0]));
	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	(void)ask(fixture);
	assert_false(reply(fixture, 200, barren[0]));
	refused(fixture, FAILURE_TRANSIENT, "adds none");
}

/* 5,000 rows of one stamp, and a locator lost among them. */
static void ties_are_walked_by_id(void **state)
{
	struct fixture *fixture = *state;
	struct buffer body;
	int at = 0;

	buffer_init(&body, 1024 * 1024);
	(void)ask(fixture);
	while (at < 5000) {
		buffer_clear(&body);
		int total = at == 2000 ? 5000 : 5000 - at;
		int end = at + 1000;
		(void)buffer_printf(&body, "{\"totalSize\":%d,\"records\":[",
			at < 2000   ? 5000
			: at < 3000 ? 3000
				    : total);
		for (int i = at; i < end; i++)
			(void)buffer_printf(&body,
				"%s{\"Id\":\"001%011dAAA\",\"SystemModstamp\":\"2026-11-19T10:00:"
				"00.000+0000\"}",
				i == at ? "" : ",", i);
		(void)buffer_printf(&body,
			"],\"done\":%s,\"nextRecordsUrl\":\"/services/data/v66.0/query/0r8-%d\"}",
			end == 5000 ? "true" : "false", end);
		good_page(fixture, buffer_text(&body));
		at = end;
		if (at == 5000)
			break;
		(void)ask(fixture);
		if (at == 2000) {
			assert_true(reply(fixture, 400, LOST));
			assert_string_equal(ask(fixture),
				QUERY SELECT " WHERE (SystemModstamp = 2026-11-19T10:00:00Z AND "
					     "Id > '00100000001999AAA') OR "
					     "SystemModstamp > 2026-11-19T10:00:00Z" ORDER);
		}
	}
	buffer_free(&body);
	assert_int_equal(fixture->row_count, 5000);
	assert_complete(fixture);
	assert_cursor(fixture, DONE_CURSOR);
}

/* ---- locators and sessions ---- */

static void lost_locators_begin_anew(void **state)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {
		{ 400, LOST },
		{ 400, ERROR("QUERY_LOCATOR_EXPIRED", "x") },
		{ 404, ERROR("QUERY_LOCATOR_NOT_FOUND", "x") },
		{ 400, ERROR("UNAUTHORIZED_USER_FOR_CURSOR", "x") },
		{ 400, ERROR("INVALID_QUERY_LOCATOR_FORMAT", "x") },
		{ 400, ERROR("LOCATOR_LOCATION_EXCEEDS_SIZE", "x") },
		{ 404, "<html>not found</html>" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		open_reading(fixture, ENTITY_ACCOUNT, NULL);
		(void)ask(fixture);
		good_page(fixture, PAGE_1);
		(void)ask(fixture);
		assert_true(reply(fixture, rows[i].status, rows[i].body));
		assert_cursor(fixture, MIDDLE_CURSOR);
		assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
		/* The fresh query has a count of its own. */
		good_page(fixture, PAGE("1", "\"done\":true", C));
		assert_complete(fixture);
		assert_cursor(fixture, DONE_CURSOR);
	}
	/* Without a locator in the request it is an error as any other. */
	open_reading(fixture, ENTITY_ACCOUNT, NULL);
	(void)ask(fixture);
	assert_false(reply(fixture, 400, LOST));
	refused(fixture, FAILURE_PERMANENT, "INVALID_QUERY_LOCATOR");
}

static void a_place_that_loses_twice_fails(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE("4", NEXT("0r8-1"), A));
	(void)ask(fixture);
	assert_true(reply(fixture, 400, LOST));
	(void)ask(fixture);
	/* Progress in between: the next loss is another one. */
	good_page(fixture, PAGE("3", NEXT("0r8-2"), B));
	(void)ask(fixture);
	assert_true(reply(fixture, 400, LOST));
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
	/* None this time: all that comes is too fresh to mark a place. */
	good_page(fixture, PAGE("2", NEXT("0r8-1"), RECORD("001FRESH", "x", "null", "false", "10:04:59")));
	(void)ask(fixture);
	assert_false(reply(fixture, 400, LOST));
	refused(fixture, FAILURE_PERMANENT, "lost the query's locator twice");
	assert_string_equal(fixture->failure.code, "INVALID_QUERY_LOCATOR");
	assert_cursor(fixture, MIDDLE_CURSOR);
}

static void an_ended_session_is_renewed_once(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	(void)ask(fixture);
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_EXPIRED, "Session expired or invalid");
	assert_string_equal(fixture->failure.code, "INVALID_SESSION_ID");
	assert_cursor(fixture, MIDDLE_CURSOR);
	assert_int_equal(
		salesforce->read_next(fixture->reading, NOW_MS, &fixture->request, &fixture->failure), READ_FAILED);
	refused(fixture, FAILURE_EXPIRED, "no session");

	/* The new token's instance, and a query from the last place: the locator died with its token. */
	give_token(fixture, "00D!tok-2", "https://acme2.my.salesforce.com");
	assert_string_equal(ask(fixture),
		"https://acme2.my.salesforce.com/services/data/v66.0/queryAll?q=" SELECT KEYSET_B ORDER);
	assert_string_equal(buffer_text(&fixture->request.headers[0]), "Authorization: Bearer 00D!tok-2");
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_CREDENTIALS, "a new session was refused at once");
	assert_null(fixture->session->token);

	/* After someone has mended it: two tries again, and an answer that works wipes the slate. */
	give_token(fixture, "00D!tok-3", HOST);
	(void)ask(fixture);
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_EXPIRED, "Session expired");
	give_token(fixture, "00D!tok-4", HOST);
	(void)ask(fixture);
	good_page(fixture, PAGE("2", NEXT("0r8-1"), C));
	(void)ask(fixture);
	assert_false(reply(fixture, 401, EXPIRED));
	refused(fixture, FAILURE_EXPIRED, "Session expired");
}

/* A token renewed by somebody else between two pages: the locator isn't used with it. */
static void a_locator_stays_with_its_token(void **state)
{
	struct fixture *fixture = *state;

	(void)ask(fixture);
	good_page(fixture, PAGE_1);
	give_token(fixture, "00D!tok-2", HOST);
	assert_string_equal(ask(fixture), QUERY SELECT KEYSET_B ORDER);
}

/* ---- refusals ---- */

static void each_error_has_its_class(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
		int64_t retry_after_s;
		const char *code, *word;
	} rows[] = {
		{ 401, ERROR("INVALID_AUTH_HEADER", "x"), FAILURE_CREDENTIALS, 0, "INVALID_AUTH_HEADER", "token" },
		{ 401, ERROR("SOMETHING", "no"), FAILURE_CREDENTIALS, 0, "SOMETHING", "refused" },
		{ 401, "", FAILURE_CREDENTIALS, 0, "", "refused" },
		{ 401, ERROR("INVALID_SESSION_ID", "Connected app is not attached to Agent"), FAILURE_CREDENTIALS,
			0, "INVALID_SESSION_ID", "not attached to Agent" },
		{ 403, ERROR("INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
			FAILURE_CREDENTIALS, 0, "INVALID_SESSION_ID", "REST API" },
		{ 403,
			ERROR("REQUEST_LIMIT_EXCEEDED",
				"ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
			FAILURE_THROTTLED, 60, "REQUEST_LIMIT_EXCEEDED", "at the same time" },
		{ 403, ERROR("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), FAILURE_THROTTLED, 1800,
			"REQUEST_LIMIT_EXCEEDED", "24 hours" },
		{ 400, ERROR("LIMIT_EXCEEDED", "x"), FAILURE_THROTTLED, 1800, "LIMIT_EXCEEDED", "limit" },
		{ 503, ERROR("SERVER_UNAVAILABLE", "x"), FAILURE_TRANSIENT, 0, "SERVER_UNAVAILABLE", "busy" },
		{ 403, ERROR("API_CURRENTLY_DISABLED", "x"), FAILURE_TRANSIENT, 1800, "API_CURRENTLY_DISABLED",
			"off" },
		{ 403, ERROR("API_DISABLED_FOR_ORG", "x"), FAILURE_CREDENTIALS, 0, "API_DISABLED_FOR_ORG",
			"edition" },
		{ 500, ERROR("UNKNOWN_EXCEPTION", "An unexpected error occurred."), FAILURE_TRANSIENT, 0,
			"UNKNOWN_EXCEPTION", "An unexpected" },
		{ 400, ERROR("REQUEST_RUNNING_TOO_LONG", "x"), FAILURE_TRANSIENT, 0, "REQUEST_RUNNING_TOO_LONG",
			"long" },
		{ 400, ERROR("QUERY_TIMEOUT", "Your query request was running for too long."), FAILURE_TRANSIENT, 0,
			"QUERY_TIMEOUT", "too long" },
		{ 400, ERROR("QUERY_TOO_COMPLICATED", "x"), FAILURE_PERMANENT, 0, "QUERY_TOO_COMPLICATED",
			"fewer" },
		{ 400, ERROR("OPERATION_TOO_LARGE", "exceeded 100000 distinct who/what's"), FAILURE_PERMANENT, 0,
			"OPERATION_TOO_LARGE", "View All Data" },
		{ 400, ERROR("TXN_SECURITY_METERING_ERROR", "x"), FAILURE_TRANSIENT, 0,
			"TXN_SECURITY_METERING_ERROR", "Exempt" },
		{ 400, ERROR("TOO_MANY_APEX_REQUESTS", "x"), FAILURE_TRANSIENT, 0, "TOO_MANY_APEX_REQUESTS",
			"Apex" },
		{ 400, ERROR("TEMPORARY_QUERY_MORE_FAILURE", "x"), FAILURE_TRANSIENT, 0,
			"TEMPORARY_QUERY_MORE_FAILURE", "next page" },
		{ 400, ERROR("UNABLE_TO_LOCK_ROW", "x"), FAILURE_TRANSIENT, 0, "UNABLE_TO_LOCK_ROW", "locked" },
		{ 400, ERROR("MALFORMED_QUERY", "unexpected token: FORM"), FAILURE_PERMANENT, 0, "MALFORMED_QUERY",
			"unexpected token: FORM" },
		{ 400, ERROR("INVALID_TYPE", "sObject type 'X__c' is not supported."), FAILURE_PERMANENT, 0,
			"INVALID_TYPE", "permission set; Salesforce says: sObject type 'X__c'" },
		{ 400, ERROR("INVALID_QUERY_FILTER_OPERATOR", "x"), FAILURE_PERMANENT, 0,
			"INVALID_QUERY_FILTER_OPERATOR", "filtered" },
		{ 404, ERROR("NOT_FOUND", "The requested resource does not exist"), FAILURE_PERMANENT, 0,
			"NOT_FOUND", "base_url" },
		{ 403, ERROR("INSUFFICIENT_ACCESS", "x"), FAILURE_PERMANENT, 0, "INSUFFICIENT_ACCESS",
			"permission" },
		{ 403, ERROR("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "x"), FAILURE_CREDENTIALS, 0,
			"INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "password" },
		{ 403, ERROR("PASSWORD_LOCKOUT", "x"), FAILURE_CREDENTIALS, 0, "PASSWORD_LOCKOUT", "locked" },
		{ 403, ERROR("LOGIN_DURING_RESTRICTED_TIME", "x"), FAILURE_CREDENTIALS, 0,
			"LOGIN_DURING_RESTRICTED_TIME", "hours" },
		{ 403, ERROR("ORG_LOCKED", "x"), FAILURE_CREDENTIALS, 0, "ORG_LOCKED", "org" },
		{ 403, ERROR("TRIAL_EXPIRED", "x"), FAILURE_CREDENTIALS, 0, "TRIAL_EXPIRED", "trial" },
		{ 410, ERROR("UNSUPPORTED_API_VERSION", "x"), FAILURE_PERMANENT, 0, "UNSUPPORTED_API_VERSION",
			"api_version" },
		{ 500, ERROR("UNSUPPORTED_API_VERSION", "x"), FAILURE_PERMANENT, 0, "UNSUPPORTED_API_VERSION",
			"api_version" },
		{ 400, ERROR("NEVER_SEEN", "a new thing"), FAILURE_PERMANENT, 0, "NEVER_SEEN", "a new thing" },
		{ 500, ERROR("NEVER_SEEN", "a new thing"), FAILURE_TRANSIENT, 0, "NEVER_SEEN", "a new thing" },
		/* An object instead of an array, a body that says nothing, and the second of two that
		   matters. */
		{ 400, "{\"message\":\"too long\",\"errorCode\":\"QUERY_TIMEOUT\"}", FAILURE_TRANSIENT, 0,
			"QUERY_TIMEOUT", "too long" },
		{ 400, "[]", FAILURE_PERMANENT, 0, "", "HTTP 400" },
		{ 400, "[7,null]", FAILURE_PERMANENT, 0, "", "HTTP 400" },
		{ 400, "[{\"errorCode\":9,\"message\":[]}]", FAILURE_PERMANENT, 0, "", "HTTP 400" },
		{ 400,
			"[{\"message\":\"first\",\"errorCode\":\"ODD\"},{\"message\":\"second\",\"errorCode\":"
			"\"UNABLE_TO_LOCK_ROW\"}]",
			FAILURE_TRANSIENT, 0, "UNABLE_TO_LOCK_ROW", "second" },
		{ 400, "[{\"message\":\"cut off", FAILURE_PERMANENT, 0, "", "HTTP 400" },
		/* By status alone (5.5). */
		{ 403, "", FAILURE_PERMANENT, 0, "", "HTTP 403" },
		{ 405, "", FAILURE_PERMANENT, 0, "", "HTTP 405" },
		{ 406, "", FAILURE_TRANSIENT, 0, "", "HTTP 406" },
		{ 409, "", FAILURE_PERMANENT, 0, "", "HTTP 409" },
		{ 410, "<html>Gone</html>", FAILURE_PERMANENT, 0, "", "api_version" },
		{ 414, "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", FAILURE_PERMANENT, 0, "",
			"Bad Message 414 reason: URI Too Long" },
		{ 420, "We are setting things up...", FAILURE_TRANSIENT, 0, "", "base_url" },
		{ 429, "", FAILURE_TRANSIENT, 0, "", "HTTP 429" },
		{ 431, "", FAILURE_PERMANENT, 0, "", "fewer fields" },
		{ 500, "", FAILURE_TRANSIENT, 0, "", "HTTP 500" },
		{ 502, "<html><body>Bad gateway</body></html>", FAILURE_TRANSIENT, 0, "", "Bad gateway" },
		{ 503,
			"<html><body><center><table bgcolor=\"white\" width=\"758\"><tbody><tr><td><span "
			"style=\"font-family: Verdana; font-weight: bold;\">We are down for "
			"maintenance.</span><br><br>"
			"Sorry for the inconvenience. We'll be back "
			"shortly.</td></tr></tbody></table></center></body></html>",
			FAILURE_TRANSIENT, 0, "",
			"We are down for maintenance. Sorry for the inconvenience. We'll be back shortly." },
		{ 504, "", FAILURE_TRANSIENT, 0, "", "HTTP 504" },
	};
	static const size_t pieces[] = { 1, 7, 0 };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(pieces); i++) {
		size_t row = i / COUNT_OF(pieces);
		fixture->piece = pieces[i % COUNT_OF(pieces)];
		give_token(fixture, "00D!tok-1", HOST);
		(void)ask(fixture);
		assert_false(reply(fixture, rows[row].status, rows[row].body));
		const struct failure *failure = &fixture->failure;
		if (failure->kind != rows[row].kind || strstr(failure->text, rows[row].word) == NULL ||
			failure->retry_after_s != rows[row].retry_after_s ||
			strcmp(failure->code, rows[row].code) != 0)
			fail_msg("row %zu: %s, %lld s, code '%s': %s", row, failure_kind_name(failure->kind),
				(long long)failure->retry_after_s, failure->code, failure->text);
		assert_memory_equal(failure->text, "Account: ", 9);
		assert_null(strchr(failure->text, '<'));
		assert_string_equal(cursor_of(fixture), "none");
		assert_int_equal(fixture->session->token == NULL, rows[row].kind == FAILURE_CREDENTIALS);
		assert_string_equal(fixture->rows, "");
	}
}

static void retry_after_is_heeded(void **state)
{
	struct fixture *fixture = *state;
	struct answer answer = { .status = 429, .retry_after = "17", .body = "" };

	(void)ask(fixture);
	assert_false(feed(fixture, &answer, 0));
	refused(fixture, FAILURE_THROTTLED, "too many");
	assert_int_equal(fixture->failure.retry_after_s, 17);
	answer.status = 503;
	(void)ask(fixture);
	assert_false(feed(fixture, &answer, 0));
	refused(fixture, FAILURE_TRANSIENT, "HTTP 503");
	assert_int_equal(fixture->failure.retry_after_s, 17);
}

/* The field at fault is named as it stands in the mapping, so that it can be mended there. */
static void a_missing_field_is_named(void **state)
{
	static const char query[] =
		"\\nSELECT Id,Health__c FROM Account\\n          ^\\nERROR at Row:1:Column:11\\n";
	static const struct {
		const char *message, *word;
	} rows[] = {
		{ "No such column 'Health__c' on entity 'Account'. If you are attempting to use a custom "
		  "field, be sure to "
		  "append the '__c' after the custom field name. Please reference your WSDL or the describe "
		  "call for the "
		  "appropriate names.",
			"the field 'Health__c' (signal.health, line 12 of the mapping)" },
		{ "No such column 'EMAIL' on entity 'User'.", "the field 'Owner.Email' (owner_email, line 12" },
		{ "Didn't understand relationship 'Owner' in field path.", "the field 'Owner.Email' (owner_email" },
		{ "No such column 'SystemModstamp' on entity 'X'.", "the field 'SystemModstamp' isn't there" },
		{ "field can not be filtered in a query call", "a mapped field isn't there" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char body[1024];
		(void)snprintf(body, sizeof body, "[{\"message\":\"%s%s\",\"errorCode\":\"INVALID_FIELD\"}]", query,
			rows[i].message);
		(void)ask(fixture);
		assert_false(reply(fixture, 400, body));
		refused(fixture, FAILURE_PERMANENT, rows[i].word);
		refused(fixture, FAILURE_PERMANENT, "mend the mapping or the permission set");
		refused(fixture, FAILURE_PERMANENT, "(INVALID_FIELD, HTTP 400)");
		assert_null(strstr(fixture->failure.text, "SELECT"));
	}
}

static void texts_are_folded(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "", "" },
		{ "  a \r\n\t b  ", "a b" },
		{ "<p>a</p><br/>b<!-- c -->", "a b" },
		{ "3 < 4 > 2", "3 < 4 > 2" },
		{ "cut <a href=", "cut" },
		{ "a\x01\x7f"
		  "b\xc2\x85"
		  "c\xe2\x80\xa8"
		  "d",
			"a b c d" },
		{ "Gr\xc3\xbcn \xff!", "Gr\xc3\xbcn \xef\xbf\xbd!" },
	};
	char out[32];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		salesforce_fold(rows[i].text, strlen(rows[i].text), out, sizeof out);
		assert_string_equal(out, rows[i].wanted);
	}
	/* Never half a character. */
	salesforce_fold("abc\xe2\x82\xac", 6, out, 6);
	assert_string_equal(out, "abc");
	salesforce_fold("abc\xe2\x82\xac", 6, out, 7);
	assert_string_equal(out, "abc\xe2\x82\xac");
}

static void quota_is_found_anywhere(void **state)
{
	static const struct {
		const char *limit;
		int64_t used, allowed;
	} rows[] = {
		{ NULL, -1, -1 },
		{ "", -1, -1 },
		{ "per-app-api-usage=40/20000(appName=advocated)", -1, -1 },
		{ "api-usage=10018/115000", 10018, 115000 },
		{ "api-usage=x/5; api-usage=7", 10018, 115000 },
		{ "api-usage=812/115000; per-app-api-usage=40/20000(appName=advocated)", 812, 115000 },
		{ "per-app-api-usage=40/20000(appName=advocated), api-usage=120000/115000", 120000, 115000 },
		{ "api-usage=99999999999999999999/1", 120000, 115000 },
	};
	struct fixture *fixture = *state;
	struct quota quota;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		/* On a refusal too. */
		const struct answer answer = { .status = 503, .limit = rows[i].limit, .body = "" };
		(void)ask(fixture);
		assert_false(feed(fixture, &answer, 0));
		salesforce->session_quota(fixture->session, &quota);
		assert_int_equal(quota.used, rows[i].used);
		assert_int_equal(quota.allowed, rows[i].allowed);
	}
}

static void streams_have_objects(void **state)
{
	static const char *const wanted[] = { "User", "Account", "Contact", "Case", "Opportunity" };
	size_t count = 0;

	(void)state;
	for (; salesforce->streams[count] != ENTITY_COUNT; count++)
		assert_string_equal(salesforce->default_object(salesforce->streams[count]), wanted[count]);
	assert_int_equal(count, COUNT_OF(wanted));
	assert_string_equal(salesforce->name, "salesforce");
	assert_null(salesforce->session_free(NULL));
	assert_null(salesforce->read_free(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_request_is_complete),
		TEST(objects_and_fields_come_from_the_mapping),
		TEST(reply_may_write_names_otherwise),
		TEST(too_many_fields_are_told),
		TEST(a_run_in_pieces),
		TEST(runs_follow_each_other),
		TEST(a_crash_resumes_with_its_watermark),
		TEST(the_middle_of_an_incremental_run),
		TEST(cursors_of_another_kind_are_a_first_load),
		TEST(a_changed_mapping_is_a_first_load),
		TEST(only_settled_rows_mark_a_place),
		TEST(a_missing_date_is_no_excuse),
		TEST(bad_records_count_and_are_set_aside),
		TEST(a_cut_off_page_moves_nothing),
		TEST(strange_answers_are_transient),
		TEST(a_miscount_voids_the_query),
		TEST(a_page_that_adds_nothing_fails_loudly),
		TEST(ties_are_walked_by_id),
		TEST(lost_locators_begin_anew),
		TEST(a_place_that_loses_twice_fails),
		TEST(an_ended_session_is_renewed_once),
		TEST(a_locator_stays_with_its_token),
		TEST(each_error_has_its_class),
		TEST(retry_after_is_heeded),
		TEST(a_missing_field_is_named),
		cmocka_unit_test(texts_are_folded),
		TEST(quota_is_found_anywhere),
		cmocka_unit_test(streams_have_objects),
	};

	return cmocka_run_group_tests_name("salesforce", tests, NULL, NULL);
}
