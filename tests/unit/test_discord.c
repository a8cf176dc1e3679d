#include "connectors/discord.h"

#define FOLDER "discord"
#define MESSENGER messenger_discord
#define SETTINGS discord_settings
#define VERDICT discord_verdict
#define WEBHOOK                                                                                                    \
	"https://discord.example/api/webhooks/223704706495545344/SECRET3d89bb7572e0fb30d8128367b3b1b44fecd1726"
#include "tests/unit/webhook_bench.h"

#include "connectors/utf8.h"

static const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static const json_t *embed_of(const json_t *payload)
{
	return json_array_get(json_object_get(payload, "embeds"), 0);
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
	check_secret(bench);
	json_decref(payload);
	write_to(bench, WEBHOOK "?thread_id=5");
	payload = render(bench, "advocate_suspended", facts);
	assert_string_equal(buffer_text(&bench->request.url), WEBHOOK "?thread_id=5&wait=true");
	json_decref(payload);
	write_to(bench, "http://discord.example/SECRET");
	assert_false(messenger_discord.check_settings(&bench->settings, &bench->failure));
	assert_false(may_render(bench));
	assert_int_equal(bench->failure.kind, FAILURE_DESTINATION);
	assert_null(strstr(bench->failure.text, "SECRET"));
	json_decref(facts);
}

/* Some kinds: fields, lists, none of both. That all of them keep within the limits is tested below. */
static void test_golden(void **state)
{
	static const char *const kinds[] = { "advocate_suspended", "advocate_unavailable", "channel_broken",
		"digest_csm", "digest_program", "digest_rep", "records_rejected", "request_received", "several",
		"sla_breach", UNKNOWN_KIND };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		check_golden(*state, kinds[i]);
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

/* Discord's limits (Discord, Embed Limits). */
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
	check_hostile(*state, check_message);
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
	static const struct verdict_row rows[] = {
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
	check_verdicts(rows, sizeof rows / sizeof rows[0]);
}

static void test_retry_after(void **state)
{
	static const struct retry_row rows[] = {
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
	check_retry_after(rows, sizeof rows / sizeof rows[0]);
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
