/* hubspot_exchange.h - plays a caller of the HubSpot connector: asks for its requests, gives it recorded
 * answers. */
#ifndef TESTS_UNIT_HUBSPOT_EXCHANGE_H
#define TESTS_UNIT_HUBSPOT_EXCHANGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/buffer.h"
#include "connectors/connector.h"
#include "connectors/memory.h"
#include "connectors/secret.h"

#define JSON_TYPE "application/json;charset=utf-8"
#define TOKEN "pat-na1-7d0f3c52-91ab-4e6d-8c11-2f6a9be04d77"
#define BASE "https://api.hubapi.com"

static const int64_t NOW = 1790845200000; /* 2026-10-01T09:00:00Z */

struct fixture {
	void *settings;
	struct session *session;
	struct mapping *mapping;
	struct reading *reading;
	struct http_request request;
	struct failure failure;
	struct buffer rows;
	int64_t now;
	size_t piece; /* bytes fed at once; 0: all */
	const char *fingerprint;
};

/* ---- the harness ---- */

static inline void *setting(const struct fixture *f, const char *name)
{
	for (size_t i = 0; i < connector_hubspot.option_count; i++)
		if (strcmp(connector_hubspot.options[i].name, name) == 0)
			return (char *)f->settings + connector_hubspot.options[i].offset;
	fail_msg("no option %s", name);
	abort();
}

static inline void set_number(const struct fixture *f, const char *name, int64_t number)
{
	*(int64_t *)setting(f, name) = number;
}

/* NULL: none. */
static inline void set_secret(const struct fixture *f, const char *name, const char *text)
{
	struct secret **secret = setting(f, name);

	*secret = secret_free(*secret);
	if (text != NULL)
		*secret = secret_new(text);
}

static inline void set_token(const struct fixture *f, const char *token)
{
	set_secret(f, "token_file", token);
}

static inline void start(struct fixture *f)
{
	*f = (struct fixture){ .settings = memory_allocate(connector_hubspot.settings_size),
		.now = NOW,
		.fingerprint = "0123456789abcdef" };
	set_token(f, TOKEN);
	set_number(f, "page_size", 2);
	set_number(f, "overlap", 300);
	set_number(f, "settle", 30);
	set_number(f, "late", 3600);
	f->session = connector_hubspot.session_new(BASE, f->settings);
	f->mapping = mapping_new();
	http_request_init(&f->request);
	buffer_init(&f->rows, 1 << 20);
}

static inline void end(struct fixture *f)
{
	connector_hubspot.read_free(f->reading);
	connector_hubspot.session_free(f->session);
	mapping_free(f->mapping);
	http_request_free(&f->request);
	buffer_free(&f->rows);
	option_clear(connector_hubspot.options, connector_hubspot.option_count, f->settings);
	free(f->settings);
}

static inline void map(struct fixture *f, const char *section, const char *key, const char *remote)
{
	if (!mapping_set(f->mapping, section, key, remote, 1, &f->failure))
		fail_msg("%s", f->failure.text);
}

static inline void add_row(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct fixture *f = context;

	assert_int_equal(count, entity_shape(entity)->count);
	buffer_append_text(&f->rows, entity_shape(entity)->name);
	for (size_t i = 0; i < count; i++)
		if (values[i].text != NULL)
			buffer_printf(&f->rows, " %s=%.*s", entity_shape(entity)->columns[i].name,
				(int)values[i].length, values[i].text);
	buffer_append_text(&f->rows, "\n");
}

static inline void add_rejection(void *context, const struct rejection *rejection)
{
	struct fixture *f = context;

	buffer_printf(&f->rows, "rejected %s %s: %s\n", rejection->remote_id,
		rejection->field == NULL ? "-" : rejection->field, rejection->reason);
}

/* False: the cursor is of no use. */
static inline bool open_as(
	struct fixture *f, enum entity entity, enum read_mode mode, bool prove, const char *cursor, bool cautious)
{
	const struct record_sink sink = { f, add_row, add_rejection };
	char *copy = cursor == NULL ? NULL : memory_copy_text(cursor);
	const struct reading_request request = { entity, &f->mapping->entities[entity], f->fingerprint, mode, prove,
		copy, cautious, NULL };

	connector_hubspot.read_free(f->reading);
	f->reading = connector_hubspot.read_open(f->session, &request, &sink);
	free(copy); /* the cursor need not outlive the call */
	buffer_clear(&f->rows);
	return f->reading != NULL;
}

static inline bool open_mode(
	struct fixture *f, enum entity entity, enum read_mode mode, bool prove, const char *cursor)
{
	return open_as(f, entity, mode, prove, cursor, false);
}

/* Where READ_CHANGES goes on. */
static inline const char *cursor_of(int64_t fresh, int64_t proven, int64_t walked)
{
	static char text[256];

	(void)snprintf(text, sizeof text,
		"{\"v\":2,\"mapping\":\"0123456789abcdef\",\"fresh\":%lld,\"proven\":%lld,\"walked\":%lld}",
		(long long)fresh, (long long)proven, (long long)walked);
	return text;
}

/* The same in the middle of a window of a run that goes on from BEGINNING. */
static inline const char *window_of(int64_t lo, int64_t hi, int64_t last)
{
	static char text[256];

	(void)snprintf(text, sizeof text,
		"{\"v\":2,\"mapping\":\"0123456789abcdef\",\"fresh\":1000,\"proven\":1000,\"walked\":1000,"
		"\"lo\":%lld,\"hi\":%lld,\"last\":%lld,\"prove\":false}",
		(long long)lo, (long long)hi, (long long)last);
	return text;
}

/* The same in front of the archived records. */
static inline const char *walking_of(int64_t fresh, int64_t proven, int64_t walked)
{
	static char text[256];
	const char *cursor = cursor_of(fresh, proven, walked);

	(void)snprintf(text, sizeof text, "%.*s,\"walking\":true}", (int)strlen(cursor) - 1, cursor);
	return text;
}

#define BEGINNING cursor_of(1000, 1000, 1000)

/* Changes since ever. */
static inline void open_reading(struct fixture *f, enum entity entity)
{
	assert_true(open_mode(f, entity, READ_CHANGES, false, BEGINNING));
}

/* The next request goes to this path with this body (NULL: a GET). */
static inline void expect(struct fixture *f, const char *path, const char *body)
{
	enum read_step step = connector_hubspot.read_next(f->reading, f->now, &f->request, &f->failure);

	if (step != READ_REQUEST)
		fail_msg("no request but %d (%s)", (int)step, f->failure.text);
	assert_string_equal(buffer_text(&f->request.url) + strlen(BASE), path);
	assert_int_equal(f->request.is_post, body != NULL);
	assert_string_equal(buffer_text(&f->request.body), body == NULL ? "" : body);
}

static inline void ask(struct fixture *f)
{
	enum read_step step = connector_hubspot.read_next(f->reading, f->now, &f->request, &f->failure);

	if (step != READ_REQUEST)
		fail_msg("no request but %d (%s)", (int)step, f->failure.text);
}

static inline void expect_cursor(const struct fixture *f, const char *wanted)
{
	const char *cursor = connector_hubspot.read_cursor(f->reading);

	assert_non_null(cursor);
	assert_string_equal(cursor, wanted);
}

static inline void expect_until(struct fixture *f, int64_t fresh, int64_t complete)
{
	int64_t fresh_ms, complete_ms;

	assert_int_equal(connector_hubspot.read_next(f->reading, f->now, &f->request, &f->failure), READ_COMPLETE);
	connector_hubspot.read_until(f->reading, &fresh_ms, &complete_ms);
	assert_int_equal(fresh_ms, fresh);
	assert_int_equal(complete_ms, complete);
}

/* At the end of a run since ever that proves nothing. */
static inline void expect_complete(struct fixture *f, int64_t until)
{
	expect_until(f, until, INT64_MIN);
	expect_cursor(f, cursor_of(until, 1000, 1000));
}

static inline bool give_head(struct fixture *f, const struct http_head *head, const char *body, size_t length)
{
	size_t piece = f->piece == 0 ? length : f->piece;

	connector_hubspot.read_head(f->reading, head);
	for (size_t at = 0; at < length; at += piece) {
		/* A copy of its own, so that reading past a piece is seen. */
		size_t size = length - at < piece ? length - at : piece;
		char *copy = malloc(size);
		assert_non_null(copy);
		memcpy(copy, body + at, size);
		bool go_on = connector_hubspot.read_feed(f->reading, copy, size);
		free(copy);
		if (!go_on)
			break;
	}
	f->failure = (struct failure){ 0 };
	return connector_hubspot.read_finish(f->reading, f->now, &f->failure);
}

static inline bool give_with(
	struct fixture *f, int status, const char *type, const char *name, const char *value, const char *body)
{
	const struct http_header headers[] = { { "content-type", type }, { name, value } };
	const struct http_head head = { status, headers, name == NULL ? 1 : 2 };

	return give_head(f, &head, body, strlen(body));
}

static inline void give(struct fixture *f, const char *body)
{
	if (!give_with(f, 200, JSON_TYPE, NULL, NULL, body))
		fail_msg("%s", f->failure.text);
}

static inline void give_dated(struct fixture *f, const char *date, const char *body)
{
	if (!give_with(f, 200, JSON_TYPE, "date", date, body))
		fail_msg("%s", f->failure.text);
}

static inline void give_bad(struct fixture *f, const char *body, enum failure_kind kind, const char *words)
{
	assert_false(give_with(f, 200, JSON_TYPE, NULL, NULL, body));
	assert_int_equal(f->failure.kind, kind);
	if (strstr(f->failure.text, words) == NULL)
		fail_msg("'%s' does not say '%s'", f->failure.text, words);
	if (strstr(buffer_text(&f->request.url), "archived=true") == NULL)
		assert_null(connector_hubspot.read_cursor(f->reading));
}

static inline void expect_rows(struct fixture *f, const char *rows)
{
	assert_string_equal(buffer_text(&f->rows), rows);
	buffer_clear(&f->rows);
}

/* The body of a search (HubSpot, CRM search). */
static inline const char *search_of(
	const char *modified, int64_t lo, int64_t hi, int64_t last, const char *properties, int limit)
{
	static char body[4096];

	(void)snprintf(body, sizeof body,
		"{\"filterGroups\":[{\"filters\":["
		"{\"propertyName\":\"%s\",\"operator\":\"GTE\",\"value\":\"%lld\"},"
		"{\"propertyName\":\"%s\",\"operator\":\"LTE\",\"value\":\"%lld\"},"
		"{\"propertyName\":\"hs_object_id\",\"operator\":\"GT\",\"value\":\"%lld\"}]}],"
		"\"sorts\":[{\"propertyName\":\"hs_object_id\",\"direction\":\"ASCENDING\"}],"
		"\"properties\":[%s],\"limit\":%d}",
		modified, (long long)lo, modified, (long long)hi, (long long)last, properties, limit);
	return body;
}

#define COMPANIES "/crm/v3/objects/companies/search"
#define MODIFIED "hs_lastmodifieddate"
#define BARE "\"hs_lastmodifieddate\",\"hs_merged_object_ids\"" /* of a company without a mapping */
#define HIGHEST (NOW - 30000)                                   /* where a window ends */
#define EMPTY "{\"total\":0,\"results\":[]}"

static const size_t pieces[] = { 0, 1, 7 };

/* A record with nothing but what every record has. */
static inline const char *record(const char *id, const char *modified)
{
	static char text[4][256];
	static unsigned turn;
	char *out = text[turn++ % 4];

	(void)snprintf(out, sizeof text[0], "{\"id\":\"%s\",\"properties\":{\"hs_lastmodifieddate\":\"%s\"}}", id,
		modified);
	return out;
}

/* A search's page. */
static inline const char *page(int total, const char *one, const char *two)
{
	static char text[2048];

	(void)snprintf(
		text, sizeof text, "{\"total\":%d,\"results\":[%s%s%s]}", total, one, *two == '\0' ? "" : ",", two);
	return text;
}

/* ---- lists ---- */

/* A page of a list; `after` is NULL for the last one. */
static inline const char *list_page(const char *one, const char *two, const char *after)
{
	static char text[2048];
	int length = snprintf(text, sizeof text, "{\"results\":[%s%s%s]", one, *two == '\0' ? "" : ",", two);

	if (after != NULL)
		(void)snprintf(text + length, sizeof text - (size_t)length,
			",\"paging\":{\"next\":{\"after\":\"%s\",\"link\":\"https://api.hubapi.com/x\"}}}", after);
	else
		(void)snprintf(text + length, sizeof text - (size_t)length, "}");
	return text;
}

static inline const char *total(int number)
{
	static char text[64];

	(void)snprintf(text, sizeof text, "{\"total\":%d,\"results\":[]}", number);
	return text;
}

static inline const char *list_cursor(const char *after, int64_t last, int seen, int expected)
{
	static char text[256];

	(void)snprintf(text, sizeof text,
		"{\"v\":2,\"mapping\":\"0123456789abcdef\",\"start\":1790845170000,\"after\":\"%s\",\"last\":%lld,"
		"\"seen\":%d,\"expected\":%d}",
		after, (long long)last, seen, expected);
	return text;
}

static inline void append_contacts(struct buffer *out, int first, int count)
{
	for (int i = 0; i < count; i++)
		(void)buffer_printf(out,
			"%s{\"id\":\"%d\",\"properties\":{\"lastmodifieddate\":\"2026-10-01T08:00:00Z\"}}",
			i == 0 ? "" : ",", first + i);
}

static inline void give_contacts(struct fixture *f, int first, int count, int after)
{
	struct buffer body;

	buffer_init(&body, 1 << 20);
	(void)buffer_append_text(&body, "{\"results\":[");
	append_contacts(&body, first, count);
	(void)buffer_append_text(&body, "]");
	if (after != 0)
		(void)buffer_printf(&body, ",\"paging\":{\"next\":{\"after\":\"%d\"}}", after);
	(void)buffer_append_text(&body, "}");
	give(f, buffer_text(&body));
	buffer_free(&body);
}

static inline size_t inputs_of(const struct fixture *f)
{
	size_t count = 0;

	for (const char *at = buffer_text(&f->request.body); (at = strstr(at, "{\"id\":\"")) != NULL; at++)
		count++;
	return count;
}

#endif
