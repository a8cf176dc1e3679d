/* What people get wrong when they write a configuration for their own accounts, with the vendors as they are. */
#include "config_fixture.h"

#include <string.h>

#include "connectors/memory.h"
#include "daemon/config.h"

#define DATABASE "[database]\nconninfo = dbname=advocacy\n"
#define RISK "[risk r]\nsignal = health_score\nenter = < 1\nclear = > 2\n"

static int up(void **state)
{
	int result = fixture_up(state);

	fixture_write(*state, "key", "hunter2\n");
	fixture_write(*state, "crm.map", "[account]\nname = Name\nsignal.health_score = Health__c\n");
	return result;
}

static struct config *load_file(struct fixture *fixture)
{
	char *path = fixture_path(fixture, "main.conf");

	config_faults_clear(&fixture->faults);
	struct config *config = config_load(path, &fixture->faults);
	free(path);
	return config;
}

static void expect_one(struct fixture *fixture, const char *text, int line, const char *piece)
{
	fixture_write(fixture, "main.conf", text);
	assert_null(load_file(fixture));
	fixture_expect(fixture, "main.conf", line, piece);
	fixture_expect_count(fixture, 1);
}

/* What is told of one fault isn't followed by what only follows from it. */
static void test_no_aftermath(void **state)
{
	struct fixture *fixture = *state;

	expect_one(
		fixture, DATABASE "[sources crm]\nconnector = hubspot\n" RISK, 3, "[source NAME] is the nearest");
	expect_one(fixture, DATABASE "[source crm\nconnector = hubspot\n" RISK, 3, "not closed");
	expect_one(fixture, "include = none.conf\n[daemon]\nlog_level = info\n" RISK, 1, "none.conf can't be read");
	/* A key of all sources that is misspelt, where the vendor isn't known, isn't "lacking". */
	expect_one(fixture,
		DATABASE "[source crm]\nconector = hubspot\nbase_url = https://api.hubapi.com\nmapping = crm.map\n"
			 "token_file = key\n",
		4, "has no key 'conector'; 'connector' is the nearest");
	/* In UTF-16 every line is as wrong as the first. */
	fixture_write_bytes(fixture, "main.conf", "[\0d\0]\0\n\0a\0\n\0b\0\n\0", 16, 0600);
	assert_null(load_file(fixture));
	fixture_expect(fixture, "main.conf", 1, "holds a NUL byte; the file must be plain text, in UTF-8");
	fixture_expect_count(fixture, 1);
}

/* Whoever writes the secret where its file should be named finds it in no log. */
static void test_secret_in_place_of_file(void **state)
{
	static const char *const secrets[] = { "https://hooks.slack.com/services/T00/B00/hunter2",
		"xoxb-1234-hunter2", "pat-na1-01234567-89ab-cdef-0123-hunter2", "A1B2C3D4E5F6hunter2A1B2C3D4E5F6" };
	static const char *const names[] = { "salesforce-secret", "/run/secrets/ORG-2026-11-22-KEY-1" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		char *text = memory_format(DATABASE
			"[source crm]\nconnector = hubspot\nbase_url = https://api.hubapi.com\n"
			"mapping = crm.map\ntoken_file = %s\n",
			secrets[i]);
		expect_one(fixture, text, 7, "token_file: names no file, and looks like the secret itself");
		assert_null(strstr(fixture->faults.items[0].text, "hunter2"));
		free(text);
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char *text = memory_format(DATABASE
			"[source crm]\nconnector = hubspot\nbase_url = https://api.hubapi.com\n"
			"mapping = crm.map\ntoken_file = %s\n",
			names[i]);
		expect_one(fixture, text, 7, names[i]);
		free(text);
	}
}

/* The address that a browser shows is seldom that of the API. */
static void test_addresses(void **state)
{
	static const struct {
		const char *connector, *address, *more, *words; /* NULL: good */
	} rows[] = {
		{ "salesforce", "https://acme.my.salesforce.com", "", NULL },
		{ "salesforce", "https://acme--uat.sandbox.my.salesforce.com/", "", NULL },
		{ "salesforce", "https://acme.lightning.force.com", "", "write its My Domain" },
		{ "salesforce", "https://ACME.Lightning.Force.com/lightning", "", "write its My Domain" },
		{ "salesforce", "https://acme.my.salesforce.com/services/data/v60.0", "",
			"are added by the program" },
		{ "salesforce", "https://login.salesforce.com", "", "isn't served there" },
		{ "salesforce", "https://login.salesforce.com", "login_url = https://acme.my.salesforce.com\n",
			NULL },
		{ "hubspot", "https://api.hubapi.com", "", NULL },
		{ "hubspot", "https://app.hubspot.com", "", "write https://api.hubapi.com" },
		{ "hubspot", "https://app-eu1.hubspot.com/contacts/1", "", "write https://api.hubapi.com" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool is_salesforce = strcmp(rows[i].connector, "salesforce") == 0;
		char *text =
			memory_format(DATABASE "[source crm]\nconnector = %s\nbase_url = %s\nmapping = crm.map\n"
					       "%s%s",
				rows[i].connector, rows[i].address,
				is_salesforce ? "client_id = x\nclient_secret_file = key\n" : "token_file = key\n",
				rows[i].more);
		if (rows[i].words != NULL) {
			expect_one(fixture, text, 5, rows[i].words);
		} else {
			fixture_write(fixture, "main.conf", text);
			struct config *config = load_file(fixture);
			fixture_expect_count(fixture, 0);
			config_free(config);
		}
		free(text);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_aftermath),
		TEST(test_secret_in_place_of_file),
		TEST(test_addresses),
	};

	return cmocka_run_group_tests_name("config_mistakes", tests, NULL, NULL);
}
