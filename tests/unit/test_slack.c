#include "connectors/slack.h"

#define FOLDER "slack"
#define MESSENGER messenger_slack
#define SETTINGS slack_settings
#define VERDICT slack_verdict
#define WEBHOOK "https://hooks.slack.example/services/T0EXAMPLE/B0EXAMPLE/SECRETabcdefghijklmnopqr"
#include "tests/unit/webhook_bench.h"

#include "connectors/slack_text.h"
#include "connectors/utf8.h"

#define HOSTILE_LINK "https://acme.my.salesforce.example/?a=1&b=<x>"

static const char *text_of(const json_t *payload)
{
	return json_string_value(json_object_get(payload, "text"));
}

static void test_request(void **state)
{
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_suspended");
	json_t *payload = render(bench, "advocate_suspended", facts);

	assert_true(bench->request.is_post);
	assert_true(bench->request.must_not_repeat);
	assert_int_equal(bench->request.timeout_s, 30);
	assert_int_equal(bench->request.body_limit, 64 * 1024);
	assert_int_equal(bench->request.header_count, 1);
	assert_string_equal(
		buffer_text(&bench->request.headers[0]), "Content-Type: application/json; charset=utf-8");
	assert_string_equal(buffer_text(&bench->request.url), WEBHOOK);
	check_secret(bench);
	assert_int_equal(messenger_slack.interval_ms, 1000);
	json_decref(payload);
	json_decref(facts);
}

static void test_golden(void **state)
{
	struct bench *bench = *state;
	const char *kind;

	for (size_t i = 0; (kind = kind_at(&bench->layouts, i)) != NULL; i++)
		check_golden(bench, kind);
}

/* What is wrong with a record is told as what it is: of one that was filed before, its request goes on. */
static void test_refused(void **state)
{
	struct bench *bench = *state;
	json_t *facts = sample_of("request_refused");
	json_t *payload = render(bench, "request_refused", facts);

	assert_non_null(strstr(text_of(payload), "NOT FILED: a request by sam@northwind.example for opportunity"));
	json_decref(payload);
	assert_int_equal(json_object_set_new(facts, "request", json_string("REQ-4")), 0);
	assert_int_equal(json_object_set_new(facts, "refusal", json_string("unknown priority \"asap\"")), 0);
	payload = render(bench, "request_refused", facts);
	assert_non_null(
		strstr(text_of(payload), "NOT TAKEN OVER: REQ-4 for opportunity Globex expansion stays as it was: "
					 "unknown priority \"asap\"."));
	json_decref(payload);
	json_decref(facts);
}

/* Each fact of each sample says who may see it, and each kind of etc/samples.json is told. */
static void test_every_fact_is_declared(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 0; i < bench->layouts.count; i++) {
		json_t *facts = sample_of(bench->layouts.all[i].kind), *fact;
		const char *name;
		json_object_foreach (facts, name, fact)
			if (!fact_is_known(name))
				fail_msg("connectors/fact.c doesn't say who may see '%s' of %s", name,
					bench->layouts.all[i].kind);
		json_decref(facts);
	}
	assert_null(layout_find(&bench->layouts, UNKNOWN_KIND));
}

/* The layout of a message: the text is the body, so there are no blocks at the top (Slack, chat.postMessage). */
static void check_shape(const json_t *payload)
{
	const json_t *attachments = json_object_get(payload, "attachments");

	assert_null(json_object_get(payload, "blocks"));
	assert_null(json_object_get(payload, "link_names"));
	assert_null(json_object_get(payload, "channel"));
	assert_string_equal(json_string_value(json_object_get(payload, "parse")), "none");
	assert_true(json_is_false(json_object_get(payload, "unfurl_links")));
	assert_true(json_is_false(json_object_get(payload, "unfurl_media")));
	assert_true(text_of(payload)[0] != '\0');
	assert_true(text_count(text_of(payload), strlen(text_of(payload))) <= SLACK_TEXT_BUDGET);
	if (attachments == NULL)
		return;
	assert_int_equal(json_array_size(attachments), 1);
	const json_t *blocks = json_object_get(json_array_get(attachments, 0), "blocks");
	assert_true(json_array_size(blocks) >= 1 && json_array_size(blocks) <= 20);
}

/* Every text object's size and `verbatim`, whatever it is in. */
static void check_text_objects(const json_t *value, const char *key, bool is_field)
{
	const char *name;
	const json_t *child;
	size_t i;

	if (json_is_object(value) && json_object_get(value, "verbatim") != NULL) {
		const char *text = json_string_value(json_object_get(value, "text"));
		size_t budget = is_field ? SLACK_FIELD_BUDGET : SLACK_SECTION_BUDGET;
		assert_true(json_is_true(json_object_get(value, "verbatim")));
		assert_true(*text != '\0' && text_count(text, strlen(text)) <= budget);
		return;
	}
	if (json_is_object(value) && json_object_get(value, "type") != NULL)
		assert_string_not_equal(json_string_value(json_object_get(value, "type")), "mrkdwn");
	if (key != NULL && strcmp(key, "fields") == 0)
		assert_true(json_array_size(value) >= 1 && json_array_size(value) <= 10);
	json_object_foreach ((json_t *)(uintptr_t)value, name, child)
		check_text_objects(child, name, is_field);
	json_array_foreach (value, i, child)
		check_text_objects(child, NULL, key != NULL && strcmp(key, "fields") == 0);
}

/* Skips markup of our own at `at`; NULL when it is none. */
static const char *skip_markup(const char *at)
{
	static const char date[] = "^{date_short_pretty} {time}|";
	static const char link[] = "<https://acme.my.salesforce.example/?a=1&amp;b=%3Cx%3E/";

	if (strncmp(at, link, strlen(link)) == 0) {
		at += strlen(link);
		at += strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
		return strncmp(at, "|Account>", 9) == 0 ? at + 9 : NULL;
	}
	if (strncmp(at, "<!date^", 7) != 0)
		return NULL;
	at += 7;
	at += strspn(at, "0123456789");
	if (strncmp(at, date, strlen(date)) != 0)
		return NULL;
	at += strlen(date);
	at += strspn(at, "0123456789-: ");
	return strncmp(at, "UTC>", 4) == 0 ? at + 4 : NULL;
}

/* No unescaped character of power but in markup of ours, no line that a value began, no hidden characters. */
static void check_leaf(const char *text)
{
	static const char *const never[] = { "\nEVIL", "\u202E", "\u200B", "\u2066", "\uFEFF", "\u2028", "`", "\r",
		"\t" };

	assert_true(utf8_valid(text, strlen(text)));
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		if (strstr(text, never[i]) != NULL)
			fail_msg("'%s' is in: %s", never[i], text);
	for (const char *at = text; *at != '\0';) {
		const char *behind = *at == '<' ? skip_markup(at) : at + 1;
		if (behind == NULL || *at == '>')
			fail_msg("raw markup: %s", at);
		if (*at == '&' && strncmp(at, "&amp;", 5) != 0 && strncmp(at, "&lt;", 4) != 0 &&
			strncmp(at, "&gt;", 4) != 0)
			fail_msg("raw ampersand: %s", at);
		at = behind;
	}
}

static void check_leaves(const json_t *value)
{
	const char *name;
	const json_t *child;
	size_t i;

	if (json_is_string(value))
		check_leaf(json_string_value(value));
	json_object_foreach ((json_t *)(uintptr_t)value, name, child)
		check_leaves(child);
	json_array_foreach (value, i, child)
		check_leaves(child);
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
		check_shape(payload);
		check_text_objects(payload, NULL, false);
		check_leaves(payload);
		assert_true((json_object_get(payload, "attachments") == NULL) == bench->message.plain);
		assert_null(strpbrk(text_of(payload), "<>\n"));
		json_decref(payload);
	}
}

static void test_hostile_facts(void **state)
{
	link_to(*state, HOSTILE_LINK);
	check_hostile(*state, check_message);
}

static void test_nothing_known(void **state)
{
	struct bench *bench = *state;
	json_t *empty = json_object(), *list = json_array();
	const json_t *none[] = { empty, list, NULL };

	for (size_t n = 0; n < 3; n++) {
		const char *kind;
		for (size_t i = 0; (kind = kind_at(&bench->layouts, i)) != NULL; i++)
			check_message(bench, kind, none[n], -1);
		check_message(bench, "<!channel>\n& `x`", none[n], -1);
		check_message(bench, "", none[n], -1);
	}
	json_decref(empty);
	json_decref(list);
}

/* What screen readers and notification pop-ups get: who, what, why, by when. */
static void test_text_is_complete(void **state)
{
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_suspended");
	json_t *payload = render(bench, "advocate_suspended", facts);

	assert_string_equal(buffer_text(&bench->text),
		"SUSPENDED: Priya N. and Tom O. of Acme & Sons are not offered for references "
		"until the risk is over. "
		"Why: health score 48, was 82; the rule “low health score” asks for 60 or more "
		"(from gainsight, seen "
		"2026-11-20 09:58 UTC). It ends by itself when health score is 75 or more for 48 h. Open support "
		"cases: 00012 “Login <broken>” (P1, "
		"escalated); 00013 “Slow report” "
		"(P3). CSM dana@northwind.example: please look at the account, and decide what "
		"becomes of REQ-4 by 2026-11-21 10:01 UTC.");
	assert_non_null(strstr(text_of(payload), "Acme &amp; Sons"));
	assert_non_null(strstr(text_of(payload), "“Login &lt;broken&gt;”"));
	json_decref(payload);
	json_decref(facts);
}

static bool mentions(const json_t *payload, const char *word)
{
	char *text = json_dumps(payload, 0);
	bool found = strstr(text, word) != NULL;

	free(text);
	return found;
}

static void test_health_is_withheld(void **state)
{
	static const char *const kinds[] = { "advocate_suspended", "advocate_reinstated" };
	static const char *const words[] = { "48", "82", "60 or more", "75 or more", "health", "Login", "Severity",
		"Priya", "Tom O." };
	struct bench *bench = *state;

	read_as(bench, "rep");
	for (size_t i = 0; i < 2; i++) {
		json_t *facts = sample_of(kinds[i]);
		json_t *payload = render(bench, kinds[i], facts);
		for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
			if (mentions(payload, words[w]))
				fail_msg("'%s' is in: %s", words[w], buffer_text(&bench->request.body));
		assert_true(mentions(payload, "kept out of this channel"));
		assert_true(mentions(payload, "Acme"));
		json_decref(payload);
		json_decref(facts);
	}
	/* What nobody declared is for those who may see everything. */
	json_t *facts = sample_of(UNKNOWN_KIND);
	json_t *payload = render(bench, UNKNOWN_KIND, facts);
	assert_true(mentions(payload, "REQ-4"));
	assert_false(mentions(payload, "free bytes") || mentions(payload, "value"));
	json_decref(payload);
	read_as(bench, "ops");
	payload = render(bench, UNKNOWN_KIND, facts);
	assert_true(mentions(payload, "free bytes: 1024"));
	assert_false(mentions(payload, "value"));
	json_decref(payload);
	json_decref(facts);
}

/* Facts of each class, each with a word that can be found again. */
static json_t *marked_facts(const json_t *sample, unsigned classes, const char *mark)
{
	json_t *facts = json_deep_copy(sample), *fact;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)sample, name, fact) {
		if (!fact_is_visible(name, classes))
			continue;
		json_t *word = json_string(mark);
		(void)json_object_set_new(facts, name, poisoned(fact, word, 2));
		json_decref(word);
	}
	return facts;
}

/* Whatever the kind and its wording, and whatever the facts hold: nobody reads what isn't for them. Where a kind is for
 * reps, not even in a channel whose readers may see everything. */
static void test_privacy_by_audience(void **state)
{
	struct bench *bench = *state;
	const char *kind;
	size_t told = 0;

	for (size_t i = 0; (kind = kind_at(&bench->layouts, i)) != NULL; i++) {
		const struct layout *layout = layout_find(&bench->layouts, kind);
		json_t *sample = sample_of(kind);
		for (unsigned readers = 0; readers < AUDIENCE_COUNT; readers++) {
			unsigned sees = audience_sees((enum audience)readers);
			if (layout != NULL)
				sees &= audience_sees(layout->audience);
			json_t *facts = marked_facts(sample, ~sees, "FORBIDDEN");
			read_as(bench, audience_name((enum audience)readers));
			json_t *payload = render(bench, kind, facts);
			if (mentions(payload, "FORBIDDEN") || strstr(buffer_text(&bench->text), "FORBIDDEN"))
				fail_msg("%s for %s: %s", kind, bench->settings.audience,
					buffer_text(&bench->request.body));
			json_decref(payload);
			json_decref(facts);
			facts = marked_facts(sample, sees, "ALLOWED");
			payload = render(bench, kind, facts);
			told += mentions(payload, "ALLOWED");
			json_decref(payload);
			json_decref(facts);
		}
		json_decref(sample);
	}
	assert_true(told > bench->layouts.count);
}

/* Words of the domain, on top of it: what a rep reads has none of these facts, in no kind. */
static void test_reps_read_no_health(void **state)
{
	struct bench *bench = *state;
	unsigned forbidden = audience_sees(AUDIENCE_CSM) & ~audience_sees(AUDIENCE_REP);

	static const char *const names[] = { "value", "rule", "signal", "cases", "advocates", "days_overdue",
		"reason", "still_suspended", "clears_when", "threshold", "severity", "accounts", "contact_email" };
	(void)bench;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_true(fact_is_visible(names[i], forbidden));
		assert_false(fact_is_visible(names[i], audience_sees(AUDIENCE_REP)));
	}
	assert_false(fact_is_visible("never_heard_of", audience_sees(AUDIENCE_REP)));
	assert_false(fact_is_visible("never_heard_of", audience_sees(AUDIENCE_CSM)));
}

/* Not even if the facts hold it, and the channel's readers might see it. */
static void test_unavailable_has_no_reason(void **state)
{
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_unavailable");

	(void)json_object_set_new(facts, "reason", json_string("health 12"));
	(void)json_object_set_new(facts, "value", json_string("12"));
	json_t *payload = render(bench, "advocate_unavailable", facts);
	assert_false(mentions(payload, "health") || mentions(payload, "12"));
	json_decref(payload);
	json_decref(facts);
}

static void test_repeat_and_delay(void **state)
{
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_reinstated");

	json_t *payload = render(bench, "advocate_reinstated", facts);
	assert_false(mentions(payload, "repeat") || mentions(payload, "delayed"));
	json_decref(payload);
	bench->message.possibly_repeated = true;
	bench->message.created_ms = NOW_MS - 120000;
	payload = render(bench, "advocate_reinstated", facts);
	assert_non_null(strstr(text_of(payload), "(may be a repeat)"));
	assert_false(mentions(payload, "delayed"));
	json_decref(payload);
	bench->message.created_ms = NOW_MS - 120001;
	payload = render(bench, "advocate_reinstated", facts);
	assert_non_null(
		strstr(text_of(payload), "(delayed: this happened at 2026-11-20 09:59 UTC) (may be a repeat)"));
	assert_true(mentions(payload, "· delayed · may be a repeat"));
	json_decref(payload);
	json_decref(facts);
}

static void test_links(void **state)
{
	static const char *const bad[] = { "", "../evil", "a b", "1|x", "<!channel>", "https://evil.example",
		"1?x=2", "12345678901234567890123456789012345678901234567890123456789012345" };
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_suspended");

	link_to(bench, HOSTILE_LINK);
	json_t *payload = render(bench, "advocate_suspended", facts);
	assert_true(mentions(payload, "b=%3Cx%3E/001XX000003DHPh|Account>"));
	json_decref(payload);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		(void)json_object_set_new(facts, "account_id", json_string(bad[i]));
		payload = render(bench, "advocate_suspended", facts);
		assert_false(mentions(payload, "|Account>"));
		json_decref(payload);
	}
	(void)json_object_set_new(facts, "account_id", json_string("001"));
	link_to(bench, NULL);
	payload = render(bench, "advocate_suspended", facts);
	assert_false(mentions(payload, "|Account>"));
	json_decref(payload);
	json_decref(facts);
}

/* What a webhook answers (Slack, Sending messages using incoming webhooks), and what users have met. */
static void test_verdicts(void **state)
{
	static const struct verdict_row rows[] = {
		{ 200, "ok", FAILURE_NONE, false, "" },
		{ 200, "ok\n", FAILURE_PERMANENT, false, "ok" },
		{ 200, "", FAILURE_PERMANENT, false, "" },
		{ 200, "<html>proxy</html>", FAILURE_PERMANENT, false, "" },
		{ 200, "{\"ok\":true}", FAILURE_PERMANENT, false, "" },
		{ 201, "ok", FAILURE_PERMANENT, false, "ok" },
		{ 400, "invalid_payload", FAILURE_PERMANENT, false, "invalid_payload" },
		{ 400, "no_text", FAILURE_PERMANENT, false, "no_text" },
		{ 400, "invalid_blocks", FAILURE_PERMANENT, true, "invalid_blocks" },
		{ 400, "invalid_blocks\n", FAILURE_PERMANENT, true, "invalid_blocks" },
		{ 400, "{\"ok\":false,\"error\":\"invalid_blocks\"}", FAILURE_PERMANENT, true, "invalid_blocks" },
		{ 400, "invalid_blocks_format", FAILURE_PERMANENT, true, "invalid_blocks_format" },
		{ 400, "too_many_attachments", FAILURE_PERMANENT, true, "too_many_attachments" },
		{ 400, "missing_text_or_fallback_or_attachments", FAILURE_PERMANENT, false,
			"missing_text_or_fallback_or_attachments" },
		{ 400, "user_not_found", FAILURE_DESTINATION, false, "user_not_found" },
		{ 403, "action_prohibited", FAILURE_DESTINATION, false, "action_prohibited" },
		{ 403, "posting_to_general_channel_denied", FAILURE_DESTINATION, false,
			"posting_to_general_channel_denied" },
		{ 403, "invalid_token", FAILURE_DESTINATION, false, "invalid_token" },
		{ 404, "channel_not_found", FAILURE_DESTINATION, false, "channel_not_found" },
		{ 404, "no_service", FAILURE_DESTINATION, false, "no_service" },
		{ 404, "no_active_hooks", FAILURE_DESTINATION, false, "no_active_hooks" },
		{ 404, "no_service_id", FAILURE_DESTINATION, false, "no_service_id" },
		{ 404, "no_team", FAILURE_DESTINATION, false, "no_team" },
		{ 403, "team_disabled", FAILURE_DESTINATION, false, "team_disabled" },
		{ 410, "channel_is_archived", FAILURE_DESTINATION, false, "channel_is_archived" },
		{ 404, "<html>Not Found /services/T0/B0/SECRETabc</html>", FAILURE_DESTINATION, false, "" },
		{ 302, "", FAILURE_DESTINATION, false, "" },
		{ 429, "{\"retry_after\":1,\"ok\":false,\"error\":\"rate_limited\"}", FAILURE_THROTTLED, false,
			"rate_limited" },
		{ 429, "slow", FAILURE_THROTTLED, false, "slow" },
		{ 500, "rollup_error", FAILURE_TRANSIENT, false, "rollup_error" },
		{ 503, "<html>SECRET</html>", FAILURE_TRANSIENT, false, "" },
		{ 408, "", FAILURE_TRANSIENT, false, "" },
		{ 400, "something_new", FAILURE_PERMANENT, false, "something_new" },
		{ 418, "SECRET text with blanks", FAILURE_PERMANENT, false, "" },
	};

	(void)state;
	check_verdicts(rows, sizeof rows / sizeof rows[0]);
}

static void test_retry_after(void **state)
{
	static const struct retry_row rows[] = {
		{ "17", "{\"retry_after\":1,\"ok\":false,\"error\":\"rate_limited\"}", 17 },
		{ NULL, "{\"retry_after\":5,\"ok\":false,\"error\":\"rate_limited\"}", 5 },
		{ NULL, "{\"retry_after\":0.5,\"error\":\"rate_limited\"}", 30 },
		{ NULL, "", 30 },
		{ "soon", "", 30 },
		{ "-5", "", 30 },
		{ "0", "", 1 },
		{ "999999", "", 3600 },
		{ NULL, "{\"retry_after\":999999}", 3600 },
		{ NULL, "{\"retry_after\":1e300}", 30 },
		{ NULL, "{\"retry_after\":\"5\"}", 30 },
	};

	(void)state;
	check_retry_after(rows, sizeof rows / sizeof rows[0]);
}

static void test_webhook_address(void **state)
{
	static const struct {
		const char *url;
		bool good;
	} rows[] = {
		{ WEBHOOK, true },
		{ "https://hooks.slack-gov.example/services/T/B/x", true },
		{ "http://127.0.0.1:8080/services/T/B/x", true },
		{ "http://localhost/x", true },
		{ "http://[::1]:99/x", true },
		{ "http://hooks.slack.example/services/SECRET", false },
		{ "http://127.0.0.1.evil.example/SECRET", false },
		{ "http://127.0.0.1@evil.example/SECRET", false },
		{ "http://localhost.evil.example/SECRET", false },
		{ "http://[::1].evil.example/SECRET", false },
		{ "https://user@evil.example/SECRET", false },
		{ "https:///SECRET", false },
		{ "https://", false },
		{ "https://hooks.slack.example/SECRET#x", false },
		{ "https://hooks.slack.example:/SECRET", false },
		{ "ftp://hooks.slack.example/SECRET", false },
		{ "hooks.slack.example/SECRET", false },
		{ "https://hooks.slack.example/SECRET x", false },
		{ "https://hooks.slack.example/SECRET\nHost: evil", false },
		{ "", false },
	};
	struct bench *bench = *state;
	json_t *facts = sample_of("advocate_suspended");
	struct slack_settings initial = { 0 };

	option_defaults(messenger_slack.options, messenger_slack.option_count, &initial);
	assert_true(strcmp(initial.audience, "rep") == 0 && initial.account_url == NULL);
	option_clear(messenger_slack.options, messenger_slack.option_count, &initial);
	bench->message.kind = "advocate_suspended";
	bench->message.facts = facts;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		write_to(bench, rows[i].url);
		if (messenger_slack.check_settings(&bench->settings, &bench->failure) != rows[i].good)
			fail_msg("%s", rows[i].url);
		assert_int_equal(may_render(bench), rows[i].good);
		assert_null(strstr(bench->failure.text, "SECRET"));
	}
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_golden, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_fact_is_declared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_facts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text_is_complete, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_health_is_withheld, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_privacy_by_audience, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reps_read_no_health, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unavailable_has_no_reason, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_repeat_and_delay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test_setup_teardown(test_webhook_address, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("slack", tests, NULL, NULL);
}
