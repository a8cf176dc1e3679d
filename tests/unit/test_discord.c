#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/discord.h"
#include "connectors/memory.h"
#include "connectors/utf8.h"
#include "tests/unit/message_fixture.h"

#define WEBHOOK                                                                                                    \
	"https://discord.example/api/webhooks/223704706495545344/SECRET3d89bb7572e0fb30d8128367b3b1b44fecd1726"
/* 2026-11-20T10:02:00Z, twenty seconds after the facts came about. */
#define NOW_MS INT64_C(1795168920000)

struct bench {
	struct discord_settings settings;
	struct http_request request;
	struct buffer text;
	struct failure failure;
	struct message message;
	struct layouts layouts;
};

static int set_up(void **state)
{
	struct bench *bench = memory_allocate(sizeof *bench);

	bench->settings = (struct discord_settings){ .webhook_url = secret_new(WEBHOOK),
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

/* The payload as Discord reads it; to be decref'd. */
static json_t *render(struct bench *bench, const char *kind, const json_t *facts)
{
	bench->message.kind = kind;
	bench->message.facts = facts;
	assert_true(messenger_discord.render(
		&bench->settings, &bench->message, &bench->request, &bench->text, &bench->failure));
	json_t *payload = json_loads(buffer_text(&bench->request.body), 0, NULL);
	assert_non_null(payload);
	return payload;
}

static const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static const json_t *embed_of(const json_t *payload)
{
	return json_array_get(json_object_get(payload, "embeds"), 0);
}

static void read_as(struct bench *bench, const char *audience)
{
	free(bench->settings.audience);
	bench->settings.audience = memory_copy_text(audience);
}

static void test_request(void **state)
{
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_suspended");
	json_t *payload = render(bench, "advocate_suspended", facts);

	assert_true(bench->request.is_post);
	assert_true(bench->request.must_not_repeat);
	assert_string_equal(buffer_text(&bench->request.url), WEBHOOK "?wait=true");
	assert_string_equal(
		buffer_text(&bench->request.headers[0]), "Content-Type: application/json; charset=utf-8");
	/* The address is the secret: nowhere else. */
	assert_null(strstr(bench->request.what, "SECRET"));
	assert_null(strstr(buffer_text(&bench->request.body), "SECRET"));
	assert_null(strstr(buffer_text(&bench->text), "SECRET"));
	json_decref(payload);
	secret_free(bench->settings.webhook_url);
	bench->settings.webhook_url = secret_new(WEBHOOK "?thread_id=5");
	payload = render(bench, "advocate_suspended", facts);
	assert_string_equal(buffer_text(&bench->request.url), WEBHOOK "?thread_id=5&wait=true");
	json_decref(payload);
	secret_free(bench->settings.webhook_url);
	bench->settings.webhook_url = secret_new("http://discord.example/SECRET");
	assert_false(messenger_discord.check_settings(&bench->settings, &bench->failure));
	assert_false(messenger_discord.render(
		&bench->settings, &bench->message, &bench->request, &bench->text, &bench->failure));
	assert_int_equal(bench->failure.kind, FAILURE_DESTINATION);
	assert_null(strstr(bench->failure.text, "SECRET"));
	json_decref(facts);
}

/* What some kinds look like, byte for byte: fields, lists, none of both. GOLDEN=write in the environment writes the files
 * anew. That all of them keep within the limits is tested below. */
static void test_golden(void **state)
{
	static const char *const kinds[] = { "advocate_suspended", "advocate_unavailable", "channel_broken",
		"digest_csm", "digest_program", "digest_rep", "records_rejected", "request_received", "several",
		"sla_breach", UNKNOWN_KIND };
	struct bench *bench = *state;
	const char *top = getenv("TOP"), *golden = getenv("GOLDEN");
	bool writing = golden != NULL && strcmp(golden, "write") == 0;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		json_t *facts = sample_of(kinds[i]);
		json_t *payload = render(bench, kinds[i], facts);
		char *path = memory_format("%s/tests/unit/discord/%s.json", top == NULL ? "." : top, kinds[i]);
		if (writing)
			assert_int_equal(json_dump_file(payload, path, JSON_INDENT(2)), 0);
		json_t *wanted = json_load_file(path, 0, NULL);
		if (wanted == NULL || !json_equal(wanted, payload))
			fail_msg("%s: %s", path, buffer_text(&bench->request.body));
		json_decref(wanted);
		json_decref(payload);
		json_decref(facts);
		free(path);
	}
}

/* The length as the strictest reader counts it: UTF-16 units. */
static size_t units(const char *text)
{
	size_t count = 0;

	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
		count += (*at & 0xC0) == 0x80 ? 0 : *at >= 0xF0 ? 2 : 1;
	return count;
}

static size_t check_length(const json_t *object, const char *name, size_t most, bool required)
{
	const char *text = text_at(object, name);

	if (text == NULL) {
		assert_false(required);
		return 0;
	}
	size_t count = text_count(text, strlen(text));
	if (count == 0 || count > most)
		fail_msg("%s has %zu characters: %s", name, count, text);
	return count;
}

/* Discord's limits (vendor document: Discord, embed limits). */
static void check_limits(const json_t *payload, bool plain)
{
	const json_t *embeds = json_object_get(payload, "embeds"), *embed = embed_of(payload), *field;
	size_t i, total;

	(void)check_length(payload, "content", 2000, true);
	json_t *mentions = json_pack("{s:[]}", "parse");
	assert_true(json_equal(json_object_get(payload, "allowed_mentions"), mentions));
	json_decref(mentions);
	if (plain) {
		assert_null(embeds);
		assert_true(units(text_at(payload, "content")) <= 2000);
		return;
	}
	assert_int_equal(json_array_size(embeds), 1);
	assert_true(json_integer_value(json_object_get(embed, "color")) <= 0xFFFFFF);
	total = check_length(embed, "title", 256, false) + check_length(embed, "description", 4096, false) +
		check_length(json_object_get(embed, "footer"), "text", 2048, true);
	assert_true(json_array_size(json_object_get(embed, "fields")) <= 25);
	json_array_foreach (json_object_get(embed, "fields"), i, field)
		total += check_length(field, "name", 256, true) + check_length(field, "value", 1024, true);
	assert_true(total <= DISCORD_EMBED_MOST);
}

/* No sign of power but in markup of ours, no line that a value began, no hidden characters. */
static void check_leaf(const char *text)
{
	static const char *const never[] = { "\nEVIL", "\u202E", "\u200B", "\u2066", "\uFEFF", "\u2028", "\r", "\t",
		"://", "<@", " @" };

	assert_true(utf8_valid(text, strlen(text)));
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		if (strstr(text, never[i]) != NULL)
			fail_msg("'%s' is in: %s", never[i], text);
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '\\') {
			if (at[1] == '\0')
				fail_msg("cut within an escape: %s", text);
			at++;
		} else if (strncmp(at, "<t:", 3) == 0) {
			at += 3 + strspn(at + 3, "-0123456789");
			if (strncmp(at, ":f>", 3) != 0)
				fail_msg("raw markup: %s", text);
			at += 2;
		} else if (strncmp(at, "rejected_record", 15) == 0) {
			at += 14; /* our own wording */
		} else if (strchr("*_~`|<>#[]@", *at) != NULL) {
			fail_msg("raw markup: %s", at);
		}
	}
}

static void check_leaves(const json_t *payload)
{
	const json_t *embed = embed_of(payload), *field;
	const char *list = text_at(embed, "description");
	size_t i;

	check_leaf(text_at(payload, "content"));
	assert_null(strchr(text_at(payload, "content"), '\n'));
	if (list != NULL && strncmp(list, "**", 2) == 0)
		list = strchr(list, '\n');
	if (list != NULL)
		check_leaf(list);
	json_array_foreach (json_object_get(embed, "fields"), i, field)
		check_leaf(text_at(field, "value"));
	if (embed != NULL)
		assert_null(strchr(text_at(json_object_get(embed, "footer"), "text"), '\n'));
}

/* In each of the eight ways to send it, or in one of them. */
static void check_message(struct bench *bench, const char *kind, const json_t *facts, int only)
{
	for (int variant = 0; variant < 8; variant++) {
		if (only >= 0 && variant != only % 8)
			continue;
		bench->message.plain = variant & 1;
		bench->message.possibly_repeated = variant & 2;
		read_as(bench, variant & 4 ? "program" : "rep");
		json_t *payload = render(bench, kind, facts);
		check_limits(payload, bench->message.plain);
		check_leaves(payload);
		json_decref(payload);
	}
}

static void test_hostile_facts(void **state)
{
	struct bench *bench = *state;
	json_t *hostile;

	for (int which = 0; (hostile = hostile_value(which)) != NULL; which++) {
		const char *kind;
		for (size_t i = 0; (kind = kind_at(&bench->layouts, i)) != NULL; i++) {
			json_t *facts = sample_of(kind);
			json_t *all = poisoned(facts, hostile, 30);
			check_message(bench, kind, all, -1);
			json_decref(all);
			const char *name;
			json_t *value;
			json_object_foreach (facts, name, value) {
				json_t *one = json_deep_copy(facts);
				(void)json_object_set(one, name, hostile);
				check_message(bench, kind, one, which);
				json_decref(one);
			}
			json_decref(facts);
		}
		json_decref(hostile);
	}
}

static void test_markup(void **state)
{
	static const char hostile[] =
		"@everyone <@&42> [click](https://evil.example) `x` ~~y~~ ||z|| # h :smile: a_b\\";
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_suspended");

	(void)json_object_set_new(facts, "account", json_string(hostile));
	json_t *payload = render(bench, "advocate_suspended", facts);
	assert_non_null(strstr(text_at(payload, "content"),
		"of \\@everyone \\<\\@&42\\> \\[click\\](https:\\/\\/evil.example) \\`x\\` \\~\\~y\\~\\~ "
		"\\|\\|z\\|\\| \\# h "
		":smile: a\\_b\\\\ are"));
	/* What the notification table keeps is what was said, without markup. */
	assert_non_null(strstr(buffer_text(&bench->text), hostile));
	json_decref(payload);
	json_decref(facts);
}

static void test_privacy(void **state)
{
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_suspended");

	read_as(bench, "rep");
	json_t *payload = render(bench, "advocate_suspended", facts);
	char *all = json_dumps(payload, 0);
	assert_null(strstr(all, "Priya"));
	assert_null(strstr(all, "health"));
	assert_non_null(strstr(all, "kept out of this channel"));
	free(all);
	json_decref(payload);
	json_decref(facts);
}

static void test_repeat_and_link(void **state)
{
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_suspended");

	bench->message.possibly_repeated = true;
	bench->message.created_ms = NOW_MS - 200000;
	json_t *payload = render(bench, "advocate_suspended", facts);
	assert_non_null(strstr(text_at(payload, "content"), "(may be a repeat)"));
	assert_non_null(strstr(
		text_at(json_object_get(embed_of(payload), "footer"), "text"), " · delayed · may be a repeat"));
	assert_string_equal(
		text_at(embed_of(payload), "url"), "https://acme.my.salesforce.example/001XX000003DHPh");
	json_decref(payload);
	(void)json_object_set_new(facts, "account_id", json_string("../evil"));
	payload = render(bench, "advocate_suspended", facts);
	assert_null(json_object_get(embed_of(payload), "url"));
	json_decref(payload);
	json_decref(facts);
}

static void test_verdicts(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
		bool try_plain;
		const char *code;
	} rows[] = {
		{ 200, "{\"id\":\"1\",\"content\":\"x\"}", FAILURE_NONE, false, "" },
		{ 204, "", FAILURE_NONE, false, "" },
		{ 200, "<html>SECRET</html>", FAILURE_UNKNOWN, false, "" },
		{ 200, "{}", FAILURE_UNKNOWN, false, "" },
		{ 400, "{\"message\":\"Invalid Form Body\",\"code\":50035,\"errors\":{\"embeds\":[\"0\"]}}",
			FAILURE_PERMANENT, true, "50035" },
		{ 400, "{\"message\":\"Cannot send an empty message\",\"code\":50006}", FAILURE_PERMANENT, false,
			"50006" },
		{ 400, "{\"code\":220001,\"message\":\"forum\"}", FAILURE_DESTINATION, false, "220001" },
		{ 400, "{\"code\":200000,\"message\":\"blocked\"}", FAILURE_PERMANENT, true, "200000" },
		{ 400, "{\"code\":7,\"message\":\"SECRET\"}", FAILURE_PERMANENT, false, "7" },
		{ 401, "{\"message\":\"Invalid Webhook Token\",\"code\":50027}", FAILURE_DESTINATION, false,
			"50027" },
		{ 401, "", FAILURE_DESTINATION, false, "" },
		{ 403, "{\"code\":50013}", FAILURE_DESTINATION, false, "50013" },
		{ 404, "{\"message\":\"Unknown Webhook\",\"code\":10015}", FAILURE_DESTINATION, false, "10015" },
		{ 404, "<html>SECRET</html>", FAILURE_DESTINATION, false, "" },
		{ 408, "", FAILURE_TRANSIENT, false, "" },
		{ 413, "", FAILURE_PERMANENT, true, "" },
		{ 302, "", FAILURE_DESTINATION, false, "" },
		{ 429, "{\"message\":\"x\",\"retry_after\":0.3,\"global\":false}", FAILURE_THROTTLED, false, "" },
		{ 500, "{\"message\":\"500: Internal Server Error\",\"code\":0}", FAILURE_TRANSIENT, false, "" },
		{ 502, "", FAILURE_TRANSIENT, false, "" },
		{ 504, "", FAILURE_UNKNOWN, false, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct http_head head = { rows[i].status, NULL, 0 };
		struct failure failure = { 0 };
		bool try_plain = true;
		bool good = discord_verdict(&head, rows[i].body, strlen(rows[i].body), &try_plain, &failure);
		if (good != (rows[i].kind == FAILURE_NONE) || failure.kind != rows[i].kind ||
			try_plain != rows[i].try_plain || strcmp(failure.code, rows[i].code) != 0)
			fail_msg("row %zu: %s %d '%s' %s", i, failure_kind_name(failure.kind), try_plain,
				failure.code, failure.text);
		assert_null(strstr(failure.text, "SECRET"));
	}
	/* No answer: what the caller knows stays. */
	struct failure failure = { .kind = FAILURE_UNKNOWN };
	bool try_plain = true;
	assert_false(discord_verdict(NULL, NULL, 0, &try_plain, &failure));
	assert_int_equal(failure.kind, FAILURE_UNKNOWN);
}

static void test_retry_after(void **state)
{
	static const struct {
		const char *header, *body;
		int64_t wanted_s;
	} rows[] = {
		{ "65", "{\"retry_after\":64.57,\"global\":false}", 65 },
		{ NULL, "{\"retry_after\":64.57,\"global\":true}", 65 },
		{ NULL, "{\"retry_after\":3}", 3 },
		{ "1", "{\"retry_after\":1336.57}", 1337 },
		{ "17", "<html>", 17 },
		{ NULL, "", 30 },
		{ NULL, "{\"retry_after\":-1}", 30 },
		{ NULL, "{\"retry_after\":1e300}", 3600 },
		{ "999999", "", 3600 },
		{ NULL, "{\"retry_after\":\"5\"}", 30 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct http_header header = { "retry-after", rows[i].header };
		const struct http_head head = { 429, &header, rows[i].header == NULL ? 0 : 1 };
		struct failure failure;
		bool try_plain;
		assert_false(discord_verdict(&head, rows[i].body, strlen(rows[i].body), &try_plain, &failure));
		assert_int_equal(failure.kind, FAILURE_THROTTLED);
		if (failure.retry_after_s != rows[i].wanted_s)
			fail_msg("row %zu: %lld s", i, (long long)failure.retry_after_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_golden, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_facts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_markup, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_privacy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_repeat_and_link, set_up, tear_down),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_retry_after),
	};

	return cmocka_run_group_tests_name("discord", tests, NULL, NULL);
}
