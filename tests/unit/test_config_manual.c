/* The manual pages and the samples know every key, each key's default, and nothing else. */
#include "tests/unit/config_fixture.h"

#include "daemon/config.h"
#include "daemon/config_kind.h"
#include "tests/unit/message_fixture.h"

enum { TEXT_LIMIT = 256 * 1024 };

/* From the top of the source tree, where `make check` runs. */
static char *read_source(const char *name)
{
	const char *top = getenv("ADVOCATED_SOURCE");
	char *path = memory_format("%s/%s", top == NULL ? "." : top, name);
	char *text = memory_allocate(TEXT_LIMIT);
	FILE *file = fopen(path, "r");

	if (file == NULL)
		fail_msg("%s can't be opened; run from the top of the source tree, or set ADVOCATED_SOURCE", path);
	size_t length = fread(text, 1, TEXT_LIMIT - 1, file);
	assert_true(length > 0 && length < TEXT_LIMIT - 1);
	(void)fclose(file);
	free(path);
	return text;
}

/* The rows of one heading ----------------------------------------------------------------------------- */

struct rows {
	char *heading; /* in the manual page: "[source NAME]", "Connector salesforce" */
	bool is_policy;
	const struct option *options;
	size_t count;
};

static size_t all_rows(struct rows *rows)
{
	size_t made = 0;
	const struct config_kind *kind;

	for (; (kind = config_kind_at(made)) != NULL; made++)
		rows[made] = (struct rows){ memory_format("[%s%s]", kind->name, kind->named ? " NAME" : ""),
			kind->is_policy, kind->options, kind->option_count };
	for (const struct connector *const *at = connector_all; *at != NULL; at++)
		rows[made++] = (struct rows){ memory_format("Connector %s", (*at)->name), false, (*at)->options,
			(*at)->option_count };
	for (const struct messenger *const *at = messenger_all; *at != NULL; at++)
		rows[made++] = (struct rows){ memory_format("Connector %s", (*at)->name), false, (*at)->options,
			(*at)->option_count };
	return made;
}

/* "*poll* = _duration_, default 5m": the line that the manual page must have. */
static char *manual_line(const struct option *option)
{
	static const char *const types[] = {
		[OPTION_TEXT] = "_text_",
		[OPTION_URL] = "_address_",
		[OPTION_LIST] = "_list_",
		[OPTION_INTEGER] = "_number_",
		[OPTION_DURATION] = "_duration_",
		[OPTION_PERCENT] = "_percentage_",
		[OPTION_BOOLEAN] = "_yes or no_",
		[OPTION_SECRET] = "_file_",
		[OPTION_FILE] = "_file_",
	};
	char choices[200] = "";

	for (const char *at = option->type == OPTION_CHOICE ? option->choices : ""; *at != '\0'; at++)
		(void)snprintf(choices + strlen(choices), 8, *at == ' ' ? " | " : "%c", *at);
	return memory_format("*%s* = %s%s%s", option->name,
		option->type == OPTION_CHOICE ? choices : types[option->type],
		option->required          ? ", required"
		: option->initial != NULL ? ", default "
					  : "",
		!option->required && option->initial != NULL ? option->initial : "");
}

/* From behind the heading's line to the next heading; the caller frees it. */
static char *manual_part(const char *manual, const char *heading)
{
	char *line = memory_format("\n## %s\n", heading);
	const char *begin = strstr(manual, line);

	if (begin == NULL)
		fail_msg("the manual page has no heading '## %s'", heading);
	begin += strlen(line) - 1;
	const char *end = strstr(begin, "\n#");
	free(line);
	return end == NULL ? memory_copy_text(begin) : memory_copy(begin, (size_t)(end - begin));
}

static void test_manual_has_every_key(void **state)
{
	char *pages[2] = { read_source("docs/advocated.conf.5.scd"), read_source("docs/advocated-policy.5.scd") };
	struct rows rows[32];
	size_t count = all_rows(rows);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char *part = manual_part(pages[rows[i].is_policy], rows[i].heading);
		size_t lines = 0;
		for (size_t j = 0; j < rows[i].count; j++) {
			char *line = manual_line(&rows[i].options[j]), *whole = memory_format("\n%s\n\t", line);
			if (strstr(part, whole) == NULL)
				fail_msg("under '## %s' the manual page lacks the line '%s' and its "
					 "explanation",
					rows[i].heading, line);
			free(line);
			free(whole);
		}
		for (const char *at = part; (at = strstr(at, "\n*")) != NULL; at++) {
			size_t name = strcspn(at + 2, "*");
			lines += strncmp(at + 2 + name, "* = ", 4) == 0;
		}
		if (lines != rows[i].count)
			fail_msg("under '## %s' the manual page has %zu keys; there are %zu", rows[i].heading,
				lines, rows[i].count);
		free(part);
		free(rows[i].heading);
	}
	free(pages[0]);
	free(pages[1]);
}

static void test_manual_has_every_kind_of_notification(void **state)
{
	char *page = read_source("docs/advocated-policy.5.scd");

	(void)state;
	struct layouts layouts = shipped_layouts();
	for (size_t i = 0; i < layouts.count; i++) {
		char *line = memory_format("\n*%s*\n\t", layouts.all[i].kind);
		if (strstr(page, line) == NULL)
			fail_msg("the manual page lacks the notification '%s'", layouts.all[i].kind);
		free(line);
	}
	layouts_clear(&layouts);
	free(page);
}

/* Samples -------------------------------------------------------------------------------------------- */

/* "#key = value" and "#[section]" are settings that are switched off, "# words" are explanations. */
static void switch_on(char *text)
{
	char *out = text;

	for (const char *at = text; *at != '\0'; at++) {
		if ((at == text || at[-1] == '\n') && *at == '#' && at[1] != ' ' && at[1] != '\n' && at[1] != '\t')
			continue;
		*out++ = *at;
	}
	*out = '\0';
}

/* The sample has the key in a section of that kind or connector. */
static void expect_in_sample(const char *sample, const struct rows *rows, const struct option *option)
{
	char *bare = memory_format("\n%s = ", option->name);
	char *inside = rows->heading[0] == '['
			       ? memory_format("\n[%.*s", (int)strcspn(rows->heading + 1, " ]"), rows->heading + 1)
			       : memory_format("\nconnector = %s\n", rows->heading + strlen("Connector "));
	bool found = false;

	for (const char *at = sample; (at = strstr(at, inside)) != NULL; at++) {
		const char *end = strstr(at + 1, "\n[");
		char *section = end == NULL ? memory_copy_text(at) : memory_copy(at, (size_t)(end - at) + 1);
		found = found || strstr(section, bare) != NULL;
		free(section);
	}
	if (!found)
		fail_msg("the sample lacks '%s' of %s", option->name, rows->heading);
	free(bare);
	free(inside);
}

static void test_sample_has_every_key(void **state)
{
	char *main_text = read_source("etc/advocated.conf"), *policy_text = read_source("etc/policy.conf");
	struct rows rows[32];
	size_t count = all_rows(rows);

	(void)state;
	switch_on(main_text);
	switch_on(policy_text);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < rows[i].count; j++)
			expect_in_sample(
				rows[i].is_policy ? policy_text : main_text, &rows[i], &rows[i].options[j]);
		free(rows[i].heading);
	}
	free(main_text);
	free(policy_text);
}

/* A line that is switched off shows the default: switching it on changes nothing. */
static void expect_default_shown(const char *name, const char *sample, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (options[i].initial == NULL)
			continue;
		char *line = memory_format("\n#%s = %s\n", options[i].name, options[i].initial);
		if (strstr(sample, line) == NULL && strcmp(options[i].initial, "closed") != 0 &&
			option_find(options, count, options[i].name)->type != OPTION_BOOLEAN)
			fail_msg("%s should show the default in a line '#%s = %s'", name, options[i].name,
				options[i].initial);
		free(line);
	}
}

static void test_sample_shows_defaults(void **state)
{
	char *texts[2] = { read_source("etc/advocated.conf"), read_source("etc/policy.conf") };
	struct rows rows[32];
	size_t count = all_rows(rows);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		expect_default_shown(rows[i].heading, texts[rows[i].is_policy], rows[i].options, rows[i].count);
		free(rows[i].heading);
	}
	free(texts[0]);
	free(texts[1]);
}

/* Makes every secret that the samples name, in a credentials directory. */
static void make_secrets(struct fixture *fixture)
{
	static const char *const secrets[][2] = {
		{ "database-password", "p" },
		{ "salesforce-secret", "0123456789ABCDEF" },
		{ "salesforce-key.pem", "-----BEGIN PRIVATE KEY-----\n" },
		{ "hubspot-token", "pat-na1-11111111-2222-3333-4444-555555555555" },
		{ "hubspot-secret", "11111111-0000-4000-8000-000000000002" },
		{ "hubspot-refresh-token", "na1-2222-0000-4000-8000-000000000003" },
		{ "gainsight-key", "1f2d3c4b-0000-4000-8000-000000000001" },
		{ "slack-references", "https://hooks.slack.com/services/T000/B000/XXXX" },
		{ "slack-bot-token", "xoxb-1-sample" },
		{ "discord-community", "https://discord.com/api/webhooks/1/XXXX" },
		{ "slack-customer-success", "https://hooks.slack.com/services/T000/B000/YYYY" },
	};

	fixture_make_directory(fixture, "credentials");
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		char *name = memory_format("credentials/%s", secrets[i][0]);
		fixture_write(fixture, name, secrets[i][1]);
		free(name);
	}
	char *directory = fixture_path(fixture, "credentials");
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	free(directory);
}

/* Some authority, which nobody knows. */
static const char certificate[] = "-----BEGIN CERTIFICATE-----\n"
				  "MIIBdTCCARugAwIBAgIULX16DNJbnIA7gzBLttkeSkHKJakwCgYIKoZIzj0EAwIw\n"
				  "DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIxNDEzMDVaGA8yMTI2MTAyOTE0MTMw\n"
				  "NVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGmg\n"
				  "Vc8mr0SYEIHxD4gTsxmm3TYB2nxOA/7TsnIsmCB7uhg04/uyQxT1LuP7RipQurQd\n"
				  "Wmzjo7M/Wl0d+VpeSeijUzBRMB0GA1UdDgQWBBQ+L3W6QUAxk+HR7o26ff6qRvhD\n"
				  "xDAfBgNVHSMEGDAWgBQ+L3W6QUAxk+HR7o26ff6qRvhDxDAPBgNVHRMBAf8EBTAD\n"
				  "AQH/MAoGCCqGSM49BAMCA0gAMEUCICkj4Toz0fK52LmX1dOshFBtTy+MAkDCauuw\n"
				  "wzWdndQ0AiEA0MlYkiy3E438mNHe9Nxp+WHyEKjlKiCScZosyttZFkE=\n"
				  "-----END CERTIFICATE-----\n";

static struct config *load_samples(struct fixture *fixture, bool switched_on)
{
	static const char *const names[] = { "advocated.conf", "policy.conf", "mapping/salesforce.conf",
		"mapping/hubspot.conf", "mapping/gainsight.conf" };

	fixture_make_directory(fixture, "mapping");
	fixture_make_directory(fixture, "conf.d");
	make_secrets(fixture);
	fixture_write(fixture, "company-ca.pem", certificate);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char *source = memory_format("etc/%s", names[i]), *text = read_source(source);
		if (switched_on)
			switch_on(text);
		fixture_write(fixture, names[i], text);
		free(source);
		free(text);
	}
	char *path = fixture_path(fixture, "advocated.conf");
	struct config *config = config_load(path, &fixture->faults);
	free(path);
	unsetenv("CREDENTIALS_DIRECTORY");
	fixture_expect_count(fixture, 0);
	return config;
}

static void test_samples_load(void **state)
{
	struct config *config = load_samples(*state, false);

	assert_int_equal(config->source_count, 1);
	assert_int_equal(config->channel_count, 1);
	assert_int_equal(json_array_size(json_object_get(config->policy, "risks")), 6);
	assert_int_equal(json_array_size(json_object_get(config->policy, "slas")), 11);
	config_free(config);
}

static void test_samples_load_switched_on(void **state)
{
	struct config *config = load_samples(*state, true);

	assert_int_equal(config->source_count, 4);
	assert_int_equal(config->channel_count, 4);
	assert_int_equal(json_array_size(json_object_get(config->policy, "calendars")), 2);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual_has_every_key),
		cmocka_unit_test(test_manual_has_every_kind_of_notification),
		cmocka_unit_test(test_sample_has_every_key),
		cmocka_unit_test(test_sample_shows_defaults),
		cmocka_unit_test_setup_teardown(test_samples_load, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_samples_load_switched_on, fixture_up, fixture_down),
	};

	return cmocka_run_group_tests_name("config_manual", tests, NULL, NULL);
}
