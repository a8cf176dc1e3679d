/* webhook_bench.h - a webhook and a message for it, and what is the same in every test of such a destination. Whoever
 * includes it says before: FOLDER, of the golden files; MESSENGER, SETTINGS (its struct) and VERDICT; WEBHOOK, whose
 * secret part begins with SECRET. */
#ifndef TESTS_UNIT_WEBHOOK_BENCH_H
#define TESTS_UNIT_WEBHOOK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/memory.h"
#include "connectors/messenger.h"
#include "tests/unit/message_fixture.h"

/* 2026-11-20T10:02:00Z, twenty seconds after the facts came about. */
#define NOW_MS INT64_C(1795168920000)

struct bench {
	struct SETTINGS settings;
	struct http_request request;
	struct buffer text;
	struct failure failure;
	struct message message;
	struct layouts layouts;
};

static int set_up(void **state)
{
	struct bench *bench = memory_allocate(sizeof *bench);

	bench->settings = (struct SETTINGS){ .webhook_url = secret_new(WEBHOOK),
		.account_url = memory_copy_text("https://acme.my.salesforce.example"),
		.audience = memory_copy_text("program") };
	bench->layouts = shipped_layouts();
	bench->message =
		(struct message){ .layouts = &bench->layouts, .created_ms = NOW_MS - 20000, .now_ms = NOW_MS };
	http_request_init(&bench->request);
	buffer_init(&bench->text, 64 * 1024);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	secret_free(bench->settings.webhook_url);
	free(bench->settings.account_url);
	free(bench->settings.audience);
	layouts_clear(&bench->layouts);
	http_request_free(&bench->request);
	buffer_free(&bench->text);
	free(bench);
	return 0;
}

static void write_to(struct bench *bench, const char *url)
{
	secret_free(bench->settings.webhook_url);
	bench->settings.webhook_url = secret_new(url);
}

/* NULL: no links to accounts. */
static inline void link_to(struct bench *bench, const char *url)
{
	free(bench->settings.account_url);
	bench->settings.account_url = url == NULL ? NULL : memory_copy_text(url);
}

static void read_as(struct bench *bench, const char *audience)
{
	free(bench->settings.audience);
	bench->settings.audience = memory_copy_text(audience);
}

static bool may_render(struct bench *bench)
{
	return MESSENGER.render(&bench->settings, &bench->message, &bench->request, &bench->text, &bench->failure);
}

/* The payload as the destination reads it; to be decref'd. */
static json_t *render(struct bench *bench, const char *kind, const json_t *facts)
{
	bench->message.kind = kind;
	bench->message.facts = facts;
	assert_true(may_render(bench));
	json_t *payload = json_loads(buffer_text(&bench->request.body), 0, NULL);
	assert_non_null(payload);
	return payload;
}

/* The address is the secret: nowhere but in the URL. */
static void check_secret(const struct bench *bench)
{
	assert_null(strstr(bench->request.what, "SECRET"));
	assert_null(strstr(buffer_text(&bench->request.body), "SECRET"));
	assert_null(strstr(buffer_text(&bench->text), "SECRET"));
}

/* The message of that kind, byte for byte. GOLDEN=write in the environment writes the files anew. */
static void check_golden(struct bench *bench, const char *kind)
{
	const char *top = getenv("TOP"), *golden = getenv("GOLDEN");
	json_t *facts = sample_of(kind);
	json_t *payload = render(bench, kind, facts);
	char *path = memory_format("%s/tests/unit/" FOLDER "/%s.json", top == NULL ? "." : top, kind);

	if (golden != NULL && strcmp(golden, "write") == 0)
		assert_int_equal(json_dump_file(payload, path, JSON_INDENT(2)), 0);
	json_t *wanted = json_load_file(path, 0, NULL);
	if (wanted == NULL || !json_equal(wanted, payload))
		fail_msg("%s: %s", path, buffer_text(&bench->request.body));
	json_decref(wanted);
	json_decref(payload);
	json_decref(facts);
	free(path);
}

/* Each kind with hostile facts. `check` tries that one of the eight ways to send it; all of them if it is below 0. */
static void check_hostile(
	struct bench *bench, void (*check)(struct bench *bench, const char *kind, const json_t *facts, int way))
{
	json_t *hostile;

	for (int which = 0; (hostile = hostile_value(which)) != NULL; which++) {
		const char *kind;
		for (size_t i = 0; (kind = kind_at(&bench->layouts, i)) != NULL; i++) {
			json_t *facts = sample_of(kind);
			const char *name;
			json_t *value;
			/* All at once, then each alone, as it is and in the place of a whole list, and none. */
			json_t *all = poisoned(facts, hostile, 30);
			check(bench, kind, all, -1);
			json_decref(all);
			json_object_foreach (facts, name, value) {
				json_t *one = json_deep_copy(facts);
				(void)json_object_set_new(one, name, poisoned(value, hostile, 3));
				check(bench, kind, one, 4);
				(void)json_object_set(one, name, hostile);
				check(bench, kind, one, which);
				(void)json_object_del(one, name);
				check(bench, kind, one, 4);
				json_decref(one);
			}
			json_decref(facts);
		}
		json_decref(hostile);
	}
}

struct verdict_row {
	int status;
	const char *body;
	enum failure_kind kind;
	bool try_plain;
	const char *code;
};

static void check_verdicts(const struct verdict_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct http_head head = { rows[i].status, NULL, 0 };
		struct failure failure = { 0 };
		bool try_plain = true;
		bool good = VERDICT(&head, rows[i].body, strlen(rows[i].body), &try_plain, &failure);
		if (good != (rows[i].kind == FAILURE_NONE) || failure.kind != rows[i].kind ||
			try_plain != rows[i].try_plain || strcmp(failure.code, rows[i].code) != 0)
			fail_msg("row %zu: %s %d '%s' %s", i, failure_kind_name(failure.kind), try_plain,
				failure.code, failure.text);
		assert_null(strstr(failure.text, "SECRET"));
		assert_int_equal(failure.http_status, good ? 0 : rows[i].status);
	}
	/* No answer: what the caller knows stays. */
	struct failure failure = { .kind = FAILURE_UNKNOWN, .text = "sent, then cut off" };
	bool try_plain = true;
	assert_false(VERDICT(NULL, NULL, 0, &try_plain, &failure));
	assert_false(try_plain);
	assert_int_equal(failure.kind, FAILURE_UNKNOWN);
	assert_string_equal(failure.text, "sent, then cut off");
}

struct retry_row {
	const char *header, *body;
	int64_t wanted_s;
};

/* How long an answer 429 asks us to wait. */
static void check_retry_after(const struct retry_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct http_header header = { "retry-after", rows[i].header };
		const struct http_head head = { 429, &header, rows[i].header == NULL ? 0 : 1 };
		struct failure failure;
		bool try_plain;
		assert_false(VERDICT(&head, rows[i].body, strlen(rows[i].body), &try_plain, &failure));
		assert_int_equal(failure.kind, FAILURE_THROTTLED);
		if (failure.retry_after_s != rows[i].wanted_s)
			fail_msg("row %zu: %lld s", i, (long long)failure.retry_after_s);
	}
}

#endif
