/* flag_fixture.h - flags written through a connector, from bytes. Included by the tests of flags. */
#ifndef TESTS_UNIT_FLAG_FIXTURE_H
#define TESTS_UNIT_FLAG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/connector.h"
#include "connectors/memory.h"
#include "connectors/utf8.h"

#define FLAG_NOW INT64_C(1790845200000)   /* 2026-10-01T09:00:00Z */
#define FLAG_SINCE INT64_C(1790841600000) /* 2026-10-01T08:00:00Z */

enum { FLAGS = 3 };

struct fixture {
	const struct connector *connector;
	void *settings;
	struct session *session;
	struct mapping *mapping;
	struct flag_target target;
	struct flag flags[FLAGS];
	struct flag_result results[FLAGS];
	struct flag_found found[FLAGS];
	struct http_request request;
	struct failure failure;
};

static inline void fixture_open(struct fixture *f, const struct connector *connector)
{
	*f = (struct fixture){ .connector = connector, .settings = memory_allocate(connector->settings_size) };
	option_defaults(connector->options, connector->option_count, f->settings);
	for (size_t i = 0; i < connector->option_count; i++) {
		bool is_token = strcmp(connector->options[i].name, "token_file") == 0 ||
				strcmp(connector->options[i].name, "client_secret_file") == 0;
		if (!is_token || (connector == &connector_hubspot && connector->options[i].name[0] == 'c'))
			continue;
		struct secret *secret = secret_new("pat-na1-7d0f3c52");
		memcpy((char *)f->settings + connector->options[i].offset, &secret, sizeof secret);
	}
	f->session = connector->session_new("https://crm.example", f->settings);
	f->mapping = mapping_new();
	http_request_init(&f->request);
}

static inline void fixture_aim(struct fixture *f, enum entity entity, const char *object)
{
	int line;

	assert_true(mapping_write_check(f->mapping, entity, f->connector->default_object, &line, &f->failure));
	f->target = (struct flag_target){ entity, object, &f->mapping->entities[entity].write };
}

/* Whether contacts may be asked. */
static inline void fixture_start(
	struct fixture *f, const struct connector *connector, const char *object, const char *since)
{
	fixture_open(f, connector);
	assert_true(mapping_set(f->mapping, "contact", "email", "email", 1, &f->failure));
	assert_true(mapping_write_set(f->mapping, "contact", "availability", "Advocate_Status__c", 3, &f->failure));
	if (since != NULL)
		assert_true(mapping_write_set(f->mapping, "contact", "availability_since", since, 4, &f->failure));
	fixture_aim(f, ENTITY_CONTACT, object);
}

/* What has become of requests. */
static inline void fixture_start_requests(struct fixture *f, const struct connector *connector, const char *object)
{
	fixture_open(f, connector);
	assert_true(mapping_set(f->mapping, "request", "object", object, 1, &f->failure));
	assert_true(mapping_set(f->mapping, "request", "outcome", "Outcome__c", 2, &f->failure));
	assert_true(mapping_write_set(f->mapping, "request", "state", "State__c", 4, &f->failure));
	assert_true(mapping_write_set(f->mapping, "request", "reason", "Reason__c", 5, &f->failure));
	fixture_aim(f, ENTITY_REQUEST, object);
}

static inline void fixture_end(struct fixture *f)
{
	f->connector->session_free(f->session);
	mapping_free(f->mapping);
	http_request_free(&f->request);
	option_clear(f->connector->options, f->connector->option_count, f->settings);
	free(f->settings);
}

static inline bool fixture_header(const struct fixture *f, const char *header)
{
	for (size_t i = 0; i < f->request.header_count; i++)
		if (strcmp(buffer_text(&f->request.headers[i]), header) == 0)
			return true;
	return false;
}

static inline bool fixture_written(struct fixture *f, int status, const char *type, const char *body)
{
	const struct http_header headers[] = { { "Content-Type", type },
		{ "Sforce-Limit-Info", "api-usage=7/100" } };

	f->failure = (struct failure){ .kind = FAILURE_NONE };
	return f->connector->flags_written(f->session, &f->target, f->flags, FLAGS,
		&(struct http_head){ status, headers, 2 }, body, strlen(body), FLAG_NOW, f->results, &f->failure);
}

static inline bool fixture_found(struct fixture *f, int status, const char *type, const char *body)
{
	const struct http_header header = { "Content-Type", type };

	f->failure = (struct failure){ .kind = FAILURE_NONE };
	return f->connector->flags_found(f->session, &f->target, f->flags, FLAGS,
		&(struct http_head){ status, &header, 1 }, body, strlen(body), FLAG_NOW, f->found, &f->failure);
}

/* "SENT AGAIN REFUSED" */
static inline void expect_verdicts(const struct fixture *f, const char *expected)
{
	static const char *const names[] = { "SENT", "AGAIN", "REFUSED" };
	char text[64];

	(void)snprintf(text, sizeof text, "%s %s %s", names[f->results[0].verdict], names[f->results[1].verdict],
		names[f->results[2].verdict]);
	assert_string_equal(text, expected);
	for (size_t i = 0; i < FLAGS; i++) {
		assert_int_equal(f->results[i].text[0] == '\0', f->results[i].verdict == FLAG_SENT);
		assert_true(utf8_valid(f->results[i].text, strlen(f->results[i].text)));
		assert_null(strpbrk(f->results[i].text, "\n\r\t"));
	}
}

#endif
