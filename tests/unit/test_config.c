#include "tests/unit/config_fixture.h"

#include "daemon/config.h"
#include "daemon/config_difference.h"
#include "daemon/config_file.h"

/* A vendor of the tests' own ---------------------------------------------------------------------------- */

struct fake_settings {
	char *username;
	struct secret *token;
	int64_t page_size;
};

static const struct option fake_options[] = {
	{ .name = "username",
		.type = OPTION_TEXT,
		.offset = offsetof(struct fake_settings, username),
		.help = "who" },
	{ .name = "token_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct fake_settings, token),
		.required = true,
		.help = "the token" },
	{ .name = "page_size",
		.former = "batch",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct fake_settings, page_size),
		.initial = "100",
		.least = 1,
		.most = 200,
		.help = "records a page" },
};

static bool check_fake(const void *settings, struct failure *failure)
{
	const struct fake_settings *fake = settings;

	if (fake->username == NULL || strcmp(fake->username, "root") != 0)
		return true;
	failure_set(failure, FAILURE_PERMANENT, "username: root may not; name another user");
	return false;
}

static const enum entity fake_streams[] = { ENTITY_STAFF, ENTITY_ACCOUNT, ENTITY_CONTACT, ENTITY_REQUEST,
	ENTITY_ASSOCIATION, ENTITY_COUNT };

static const char *fake_object(enum entity entity)
{
	return entity == ENTITY_REQUEST ? NULL : "Thing";
}

static const struct connector fake_connector = {
	.name = "fake",
	.options = fake_options,
	.option_count = 3,
	.settings_size = sizeof(struct fake_settings),
	.check_settings = check_fake,
	.streams = fake_streams,
	.default_object = fake_object,
};

static const struct messenger fake_messenger = {
	.name = "fake",
	.options = fake_options,
	.option_count = 3,
	.settings_size = sizeof(struct fake_settings),
};

static const struct connector *const fake_connectors[] = { &fake_connector, NULL };
static const struct messenger *const fake_messengers[] = { &fake_messenger, NULL };
static const struct config_vendors vendors = { fake_connectors, fake_messengers };

#define DATABASE "[database]\nconninfo = host=/run/postgresql dbname=advocacy\n"
#define SOURCE                                                                                                     \
	"[source crm]\nconnector = fake\nbase_url = https://crm.example/\nmapping = crm.map\ntoken_file = "        \
	"token\n"
#define MAPPING "[account]\nname = Name\nsignal.health_score = Health__c\n[contact]\nemail = Email\n"

static int up(void **state)
{
	int result = fixture_up(state);

	fixture_write(*state, "token", "hunter2\n");
	fixture_write(*state, "crm.map", MAPPING);
	return result;
}

static struct config *load_file(struct fixture *fixture)
{
	char *path = fixture_path(fixture, "main.conf");

	config_faults_clear(&fixture->faults);
	struct config *config = config_load_with(path, &vendors, &fixture->faults);
	free(path);
	assert_true((config == NULL) == (config_faults_count(&fixture->faults) > 0));
	return config;
}

static struct config *load(struct fixture *fixture, const char *text)
{
	fixture_write(fixture, "main.conf", text);
	return load_file(fixture);
}

static struct config *load_good(struct fixture *fixture, const char *text)
{
	struct config *config = load(fixture, text);

	fixture_expect_count(fixture, 0);
	return config;
}

static void expect_one(struct fixture *fixture, const char *text, int line, const char *piece)
{
	assert_null(load(fixture, text));
	fixture_expect(fixture, "main.conf", line, piece);
	fixture_expect_count(fixture, 1);
}

/* Whole ---------------------------------------------------------------------------------------------- */

static void test_whole(void **state)
{
	struct fixture *fixture = *state;
	struct config *config =
		load_good(fixture, "; a comment\n[daemon]\nlog_level = debug ; another\n"
				   "metrics_listen = [::1]:9464\nstate_directory = state\n"
				   "[database]\nconninfo = host=a,b dbname=x\npassword_file = token\n"
				   "migrate_conninfo = host=a user=owner\n" SOURCE "poll = 1m\n"
				   "page_size = 7\n[source second]\nconnector = fake\n"
				   "base_url = http://127.0.0.1:1/x\nmapping = crm.map\n"
				   "token_file = token\nstreams = contact\npriority = 3\n"
				   "stale_after = 10d\ncheckpoint_rows = 5\n"
				   "[channel refs]\nconnector = fake\ntoken_file = token\n"
				   "[route all]\nkinds = *\nchannel = refs\n");
	char *directory = fixture_path(fixture, "state");

	assert_string_equal(config->daemon.log_level, "debug");
	assert_string_equal(config->daemon.metrics_listen, "[::1]:9464");
	assert_string_equal(config->daemon.state_directory, directory);
	free(directory);
	assert_string_equal(config->database.conninfo, "host=a,b dbname=x");
	assert_string_equal(config->database.migrate_conninfo, "host=a user=owner");
	assert_string_equal(secret_reveal(config->database.password), "hunter2");
	assert_string_equal(config->database.schema, "advocacy");
	assert_int_equal(config->source_count, 2);
	const struct config_source *source = config_find_source(config, "crm");
	assert_ptr_equal(source->connector, &fake_connector);
	assert_string_equal(source->base_url, "https://crm.example");
	assert_int_equal(source->poll_s, 60);
	assert_int_equal(source->priority, 10);
	assert_int_equal(source->stale_after_s, 48 * 3600);
	assert_int_equal(source->checkpoint_rows, 10000);
	assert_int_equal(source->full_read_every_s, 24 * 3600);
	assert_int_equal(source->calculated_read_every_s, 3600);
	assert_int_equal(source->prove_every_s, 15 * 60);
	assert_int_equal(source->api_budget, 0);
	assert_int_equal(source->api_share, 80);
	/* In the connector's order: what the mapping has, and the links of what it has. */
	assert_int_equal(source->streams[0], ENTITY_ACCOUNT);
	assert_int_equal(source->streams[1], ENTITY_CONTACT);
	assert_int_equal(source->streams[2], ENTITY_ASSOCIATION);
	assert_int_equal(source->streams[3], ENTITY_COUNT);
	assert_int_equal(source->mapping->entities[ENTITY_ACCOUNT].count, 2);
	const struct fake_settings *settings = source->settings;
	assert_int_equal(settings->page_size, 7);
	assert_string_equal(secret_reveal(settings->token), "hunter2");
	source = config_find_source(config, "second");
	assert_int_equal(source->priority, 3);
	assert_int_equal(source->stale_after_s, 864000);
	assert_int_equal(source->checkpoint_rows, 5);
	assert_int_equal(source->streams[0], ENTITY_CONTACT);
	assert_int_equal(source->streams[1], ENTITY_COUNT);
	assert_ptr_equal(config_find_channel(config, "refs")->messenger, &fake_messenger);
	assert_null(config_find_source(config, "third"));
	assert_null(config_find_channel(config, "crm"));
	assert_int_equal(json_array_size(json_object_get(config->policy, "routes")), 1);
	config_free(config);
}

static void test_defaults(void **state)
{
	struct config *config = load_good(*state, DATABASE SOURCE);

	assert_string_equal(config->daemon.state_directory, "/var/lib/advocated");
	assert_string_equal(config->daemon.log_level, "info");
	assert_null(config->daemon.metrics_listen);
	assert_null(config->daemon.authorities);
	assert_string_equal(config->daemon.tls_minimum, "1.2");
	assert_null(config->database.password);
	assert_string_equal(config->database.migrate_conninfo, config->database.conninfo);
	assert_int_equal(config->sources[0].poll_s, 300);
	assert_null(config_free(config));
	assert_null(config_free(NULL));
}

static void test_every_fault_is_told(void **state)
{
	struct fixture *fixture = *state;

	fixture_write_bytes(fixture, "open", "hunter2", 7, 0644);
	fixture_write(fixture, "crm.map", "[account]\nnmae = Name\n[lead]\nx = Y\nz = W\n");
	assert_null(load(fixture, "stray = 1\n"                          /* 1 */
				  "[deamon]\n"                           /* 2 */
				  "[daemon]\n"                           /* 3 */
				  "log_level = loud\n"                   /* 4 */
				  "metrics_listen = *:9464\n"            /* 5 */
				  "[database]\n"                         /* 6 */
				  "conninfo = host=x password=hunter2\n" /* 7 */
				  "shcema = other\n"                     /* 8 */
				  "just words\n"                         /* 9 */
				  "[source crm]\n"                       /* 10 */
				  "connector = fake\n"                   /* 11 */
				  "base_url = http://crm.example\n"      /* 12 */
				  "poll = 1s\n"                          /* 13 */
				  "poll = 1m\n"                          /* 14 */
				  "token_file = open\n"                  /* 15 */
				  "mapping = crm.map\n"                  /* 16 */
				  "[source crm]\n"                       /* 17 */
				  "ignored = yes\n"                      /* 18 */
				  "[source]\n"                           /* 19 */
				  "[source Bad]\n"                       /* 20 */
				  "connector = faek\n"                   /* 21 */
				  "priority = 0\n"                       /* 22 */
				  "its_own_key = fine\n"                 /* 23 */
				  "[database x]\n"                       /* 24 */
				  "[channel]x\n"                         /* 25 */
				  "[]\n"                                 /* 26 */
				  "[risk r]\n"                           /* 27 */
				  "signal = what\n"                      /* 28 */
				  " = 5\n" /* 29 */));
	fixture_expect(fixture, "main.conf", 1, "stray: stands before the first section");
	fixture_expect(fixture, "main.conf", 2, "[daemon] is the nearest");
	fixture_expect(fixture, "main.conf", 4, "log_level: 'loud'");
	fixture_expect(fixture, "main.conf", 7, "conninfo: holds a password");
	fixture_expect(fixture, "main.conf", 8, "has no key 'shcema'; 'schema' is the nearest");
	fixture_expect(fixture, "main.conf", 9, "neither [section] nor key = value");
	fixture_expect(fixture, "main.conf", 12, "base_url: http is for a test server");
	fixture_expect(fixture, "main.conf", 13, "poll: '1s' is out of bounds; write 5s to 1d");
	fixture_expect(fixture, "main.conf", 14, "poll: was given before in this section, on line 13");
	fixture_expect(fixture, "main.conf", 15, "token_file: the file");
	fixture_expect(fixture, "main.conf", 17, "[source crm] was given before");
	fixture_expect(fixture, "main.conf", 19, "write [source NAME]");
	fixture_expect(fixture, "main.conf", 20, "has a name that can't be used");
	fixture_expect(fixture, "main.conf", 20, "lacks 'base_url'");
	fixture_expect(fixture, "main.conf", 20, "lacks 'mapping'");
	fixture_expect(fixture, "main.conf", 21, "connector: there is no 'faek' here; write one of: fake");
	fixture_expect(fixture, "main.conf", 22, "priority: '0' is out of bounds");
	fixture_expect(fixture, "main.conf", 24, "write [database]");
	fixture_expect(fixture, "main.conf", 25, "not closed");
	fixture_expect(fixture, "main.conf", 26, "empty");
	fixture_expect(fixture, "main.conf", 27, "lacks 'enter'");
	fixture_expect(fixture, "main.conf", 27, "lacks 'clear'");
	fixture_expect(fixture, "main.conf", 29, "no key before '='");
	fixture_expect(fixture, "crm.map", 2, "no column 'nmae'");
	fixture_expect(fixture, "crm.map", 4, "no section [lead]");
	fixture_expect_count(fixture, 25);
	for (size_t i = 0; i < fixture->faults.count; i++) {
		assert_null(strstr(fixture->faults.items[i].text, "hunter2"));
		if (i > 0 && strcmp(fixture->faults.items[i].file, fixture->faults.items[i - 1].file) == 0)
			assert_true(fixture->faults.items[i].line >= fixture->faults.items[i - 1].line);
	}
}

/* All that there are, to the last. */
static void test_sections(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, DATABASE SOURCE "[zqxjkvwzqxjkvw]\n", 8,
		"is no section; there are [daemon], [database], [source NAME], ");
	assert_non_null(strstr(fixture->faults.items[0].text, ", [message NAME], [phrase NAME]"));
}

static void test_listen(void **state)
{
	static const char *const good[] = { "127.0.0.1:9464", "0.0.0.0:1", "[::]:65535",
		"unix:/run/advocated/m.sock" };
	static const char *const bad[] = { "*:9464", "localhost:9464", "9464", ":9464", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", "::1:9464", "[::1:9464",
		"unix:", "unix:m.sock" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		char *text = memory_format("[daemon]\nmetrics_listen = %s\n" DATABASE SOURCE, good[i]);
		config_free(load_good(fixture, text));
		free(text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *text = memory_format("[daemon]\nmetrics_listen = %s\n" DATABASE SOURCE, bad[i]);
		expect_one(fixture, text, 2, "no place to listen at");
		free(text);
	}
}

static void test_database(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, SOURCE, 1, "there is no [database]");
	expect_one(fixture, "[database]\n" SOURCE, 1, "lacks 'conninfo'");
	expect_one(fixture, "[database]\nconninfo = host=x password=my hunter2\n" SOURCE, 2, "libpq can't read it");
	assert_null(strstr(fixture->faults.items[0].text, "hunter2"));
	expect_one(fixture, "[database]\nconninfo = postgresql://u:hunter2@h/d\n" SOURCE, 2, "holds a password");
	assert_null(strstr(fixture->faults.items[0].text, "hunter2"));
	expect_one(fixture, "[database]\nconninfo = host=x sslpassword=hunter2\n" SOURCE, 2, "holds a sslpassword");
	expect_one(fixture, DATABASE "migrate_conninfo = password=hunter2\n" SOURCE, 3, "migrate_conninfo: holds");
	expect_one(fixture, DATABASE "schema = public\n" SOURCE, 3, "always called advocacy");
	expect_one(fixture, DATABASE "password_file = none\n" SOURCE, 3, "password_file: the file");
	config_free(load_good(fixture, "[database]\nconninfo = host=x passfile=/etc/p\n" SOURCE));
	config_free(load_good(
		fixture, "[database]\nconninfo = postgresql://h1,h2/d?target_session_attrs=read-write\n" SOURCE));
}

static void test_sources(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, DATABASE, 1, "there is no [source NAME]");
	expect_one(fixture, DATABASE SOURCE "streams = account, cases\n", 8, "no stream 'cases'");
	expect_one(fixture, DATABASE SOURCE "streams = account, support_case\n", 8,
		"fake has no stream 'support_case'");
	expect_one(fixture, DATABASE SOURCE "streams = account, staff\n", 8, "the mapping has no section [staff]");
	expect_one(fixture, DATABASE SOURCE "username = root\n", 3, "root may not");
	expect_one(
		fixture, DATABASE SOURCE "batch = 5\n", 8, "no key 'batch' any more; it is called 'page_size' now");
	expect_one(fixture, DATABASE SOURCE "token = hunter2\n", 8, "'token_file' is the nearest");
	assert_null(strstr(fixture->faults.items[0].text, "hunter2"));
	/* A name that the connector doesn't know is told even when the mapping can't be read. */
	fixture_write(fixture, "crm.map", "[account]\nnmae = Name\n");
	assert_null(load(fixture, DATABASE SOURCE "streams = cases, staff\n"));
	fixture_expect(fixture, "main.conf", 8, "no stream 'cases'; there are: staff, account");
	fixture_expect(fixture, "crm.map", 2, "no column 'nmae'");
	fixture_expect_count(fixture, 2);
	fixture_write(fixture, "crm.map", "[opportunity]\nname = Name\n");
	assert_null(load(fixture, DATABASE SOURCE));
	fixture_expect(fixture, "crm.map", 1, "would never be read: fake has no such stream");
	fixture_write(fixture, "crm.map", "[request]\nactivity_type = Kind__c\nsubmitted = Status__c | in Sent\n");
	assert_null(load(fixture, DATABASE SOURCE));
	fixture_expect(fixture, "crm.map", 1, "needs object = NAME");
	fixture_expect(fixture, "crm.map", 1, "needs a line justification = FIELD");
	fixture_expect(fixture, "crm.map", 1, "needs a line audience = FIELD");
	fixture_expect(fixture, "crm.map", 1, "needs a line outcome = FIELD");
	fixture_expect(fixture, "crm.map", 1, "needs a line needed_by = FIELD");
	fixture_expect(fixture, "crm.map", 1, "needs a line opportunity_remote_id = FIELD");
	fixture_expect(fixture, "crm.map", 1, "needs requested_by_email = FIELD or requested_by_remote_id = FIELD");
	fixture_expect_count(fixture, 7);
#define REQUEST                                                                                                    \
	"[request]\nobject = 2-3453932\nactivity_type = a\njustification = b\naudience = c\noutcome = d\n"         \
	"needed_by = e\nsubmitted = f | in Sent\nrequested_by_remote_id = g\nopportunity_remote_id = h\nexposure " \
	"= i\n"
	fixture_write(fixture, "crm.map", REQUEST);
	config_free(load_good(fixture, DATABASE SOURCE));
	fixture_write(fixture, "crm.map", REQUEST "[account]\nobject = 2-\nname = n\n");
	assert_null(load(fixture, DATABASE SOURCE));
	fixture_expect(fixture, "crm.map", 13, "is no object name");
	fixture_write(fixture, "crm.map", "stray = 1\n[account x]\nname = Name\n[contact]\n");
	assert_null(load(fixture, DATABASE SOURCE));
	fixture_expect(fixture, "crm.map", 1, "put it below a [section]");
	fixture_expect(fixture, "crm.map", 2, "takes no name");
	fixture_expect(fixture, "crm.map", 4, "maps nothing");
	fixture_write(fixture, "crm.map",
		"[account]\nname = Name\n[write account]\navailability = Flag\n[write]\na = b\n");
	assert_null(load(fixture, DATABASE SOURCE));
	fixture_expect(fixture, "crm.map", 3, "the connector fake can't write");
	fixture_expect(fixture, "crm.map", 5, "needs the name of what is written to");
	fixture_write(fixture, "crm.map", "# nothing\n");
	expect_one(fixture, DATABASE SOURCE, 6, "maps nothing that fake can read");
	fixture_write(fixture, "crm.map", "include = token\n");
	assert_null(load(fixture, DATABASE SOURCE));
	fixture_expect(fixture, "crm.map", 1, "a mapping is one file");
	expect_one(fixture,
		DATABASE "[source crm]\nconnector = fake\nbase_url = https://x.example\nmapping = none.map\n"
			 "token_file = token\n",
		6, "none.map can't be read");
}

static void test_channels(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, DATABASE SOURCE "[channel c]\n", 8, "lacks 'connector'");
	expect_one(fixture, DATABASE SOURCE "[channel c]\nconnector = slac\nown = 1\n", 9, "write one of: fake");
	expect_one(fixture, DATABASE SOURCE "[channel c]\nconnector = fake\n", 8, "lacks 'token_file'");
	expect_one(fixture, DATABASE SOURCE "[route r]\nkinds = *\nchannel = c\n", 10, "there is no [channel c]");
}

static void test_credentials(void **state)
{
	struct fixture *fixture = *state;
	char *directory = fixture_path(fixture, "given");

	fixture_make_directory(fixture, "given");
	fixture_write_bytes(fixture, "given/token", "from systemd\n", 13, 0440);
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	struct config *config = load_good(fixture, DATABASE SOURCE);
	const struct fake_settings *settings = config->sources[0].settings;
	assert_string_equal(secret_reveal(settings->token), "from systemd");
	config_free(config);
	unsetenv("CREDENTIALS_DIRECTORY");
	free(directory);
}

/* Files ---------------------------------------------------------------------------------------------- */

static void test_includes(void **state)
{
	struct fixture *fixture = *state;

	fixture_make_directory(fixture, "conf.d");
	fixture_make_directory(fixture, "other");
	fixture_write(fixture, "conf.d/20-source.conf",
		"[source crm]\nconnector = fake\nbase_url = https://x.example\n"
		"mapping = ../crm.map\ntoken_file = ../token\n");
	fixture_write(fixture, "conf.d/10-source.conf",
		"[source first]\nconnector = fake\nbase_url = https://x.example\n"
		"mapping = ../crm.map\ntoken_file = ../token\n");
	fixture_write(fixture, "conf.d/readme.txt", "not read\n");
	fixture_write(fixture, "conf.d/.hidden.conf", "not read\n");
	fixture_write(fixture, "conf.d/.conf", "not read\n");
	fixture_write(fixture, "other/policy.conf", "include = deeper.conf\n");
	fixture_write(fixture, "other/deeper.conf", "[eligibility]\ntop_priorities = X\n");
	struct config *config = load_good(fixture, "include = other/policy.conf\ninclude_dir = conf.d\n" DATABASE);
	assert_string_equal(config->sources[0].name, "first");
	assert_string_equal(config->sources[1].name, "crm");
	assert_int_equal(config->sources[1].priority, 20);
	assert_string_equal(
		json_string_value(json_array_get(
			json_object_get(json_object_get(config->policy, "settings"), "top_priorities"), 0)),
		"X");
	config_free(config);
}

static void test_include_faults(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, "include = none.conf\n" DATABASE SOURCE, 1, "none.conf can't be read");
	expect_one(fixture, "include_dir = none\n" DATABASE SOURCE, 1, "include_dir: the directory");
	expect_one(fixture, "include =\n" DATABASE SOURCE, 1, "has no value");
	expect_one(fixture, "include = main.conf\n" DATABASE SOURCE, 1, "includes itself");
	expect_one(fixture, DATABASE "include = x.conf\n" SOURCE, 3, "include: stands below a [section]");
	fixture_write(fixture, "a.conf", "include = b.conf\n");
	fixture_write(fixture, "b.conf", "include = a.conf\n");
	assert_null(load(fixture, "include = a.conf\n" DATABASE SOURCE));
	fixture_expect(fixture, "b.conf", 1, "includes itself");
	fixture_expect_count(fixture, 1);
	fixture_write(fixture, "c.conf", DATABASE);
	assert_null(load(fixture, "include = c.conf\ninclude = c.conf\n" SOURCE));
	fixture_expect(fixture, "c.conf", 1, "was given before, at");
	for (int i = 0; i < 10; i++) {
		char *name = memory_format("d%d.conf", i), *text = memory_format("include = d%d.conf\n", i + 1);
		fixture_write(fixture, name, i == 9 ? "" : text);
		free(name);
		free(text);
	}
	assert_null(load(fixture, "include = d0.conf\n" DATABASE SOURCE));
	fixture_expect(fixture, "d7.conf", 1, "more than 8 files deep");
	config_free(load_good(fixture, "include = d2.conf\n" DATABASE SOURCE));
	/* Two includes of two includes of two ...: breadth is bounded too. */
	for (int i = 0; i < 8; i++) {
		char *name = memory_format("e%d.conf", i);
		char *text = memory_format(
			"include=e%d.conf\ninclude=e%d.conf\ninclude=e%d.conf\n", i + 1, i + 1, i + 1);
		fixture_write(fixture, name, i == 7 ? "" : text);
		free(name);
		free(text);
	}
	assert_null(load(fixture, "include = e0.conf\n" DATABASE SOURCE));
	assert_non_null(strstr(fixture->faults.items[0].text, "one file too many"));
	char *path = fixture_path(fixture, "absent.conf");
	config_faults_clear(&fixture->faults);
	assert_null(config_load_with(path, &vendors, &fixture->faults));
	free(path);
	fixture_expect(fixture, "absent.conf", 1, "can't be read");
	fixture_expect_count(fixture, 1);
	config_faults_clear(&fixture->faults);
	assert_null(config_load_with(fixture->directory, &vendors, &fixture->faults));
	fixture_expect_count(fixture, 1);
}

static void test_lines(void **state)
{
	struct fixture *fixture = *state;
	char *longest = memory_allocate(5000);

	/* 4096 bytes are a line; one more is none, and its rest isn't another line. */
	memset(longest, 'x', 4999);
	char *text = memory_format("[daemon]\nstate_directory = /%.*s\n" DATABASE SOURCE, 4096 - 19, longest);
	struct config *config = load_good(fixture, text);
	assert_int_equal(strlen(config->daemon.state_directory), 4096 - 18);
	config_free(config);
	free(text);
	text = memory_format("[daemon]\nstate_directory = /%.*s\n" DATABASE SOURCE, 4096 - 18, longest);
	expect_one(fixture, text, 2, "longer than 4096 bytes");
	free(text);
	free(longest);
	expect_one(fixture, "[daemon]\n\xff\xfe\n" DATABASE SOURCE, 2, "UTF-8");
	expect_one(fixture, "[daemon]\nlog_level = info\x01\n" DATABASE SOURCE, 2, "control character");
	expect_one(fixture, DATABASE SOURCE "username = me # a comment\n", 8, "put the comment above");
	static const char nul[] = "[daemon]\nlog_level = info\0x\n" DATABASE SOURCE;
	fixture_write_bytes(fixture, "main.conf", nul, sizeof nul - 1, 0600);
	assert_null(load_file(fixture));
	fixture_expect(fixture, "main.conf", 2, "NUL");
	/* A byte order mark, DOS line ends, indented keys, no last line end, '#' within a word. */
	config = load_good(
		fixture, "\xef\xbb\xbf[daemon]\r\n   log_level = error\r\n" DATABASE SOURCE "  username = a#b");
	assert_string_equal(config->daemon.log_level, "error");
	assert_string_equal(((const struct fake_settings *)config->sources[0].settings)->username, "a#b");
	config_free(config);
	/* A line that goes on isn't silently more of the value above. */
	assert_null(load(fixture, DATABASE "   user=x\n   more\n" SOURCE));
	fixture_expect(fixture, "main.conf", 3, "has no key 'user'");
	fixture_expect(fixture, "main.conf", 4, "neither [section]");
	fixture_expect_count(fixture, 2);
}

static void test_many_faults(void **state)
{
	struct fixture *fixture = *state;
	char *text = memory_allocate(20000);

	for (int i = 0; i < 600; i++)
		(void)snprintf(text + strlen(text), 30, "stray%d = 1\n", i);
	assert_null(load(fixture, text));
	assert_int_equal(fixture->faults.count, CONFIG_FAULTS_MOST);
	assert_true(config_faults_count(&fixture->faults) > 600);
	free(text);
}

/* Differences ------------------------------------------------------------------------------------------ */

static void expect_difference(const struct config_differences *differences, const char *text, bool needs_restart)
{
	for (size_t i = 0; i < differences->count; i++)
		if (strcmp(differences->items[i].text, text) == 0) {
			assert_int_equal(differences->items[i].needs_restart, needs_restart);
			return;
		}
	for (size_t i = 0; i < differences->count; i++)
		print_message("%s\n", differences->items[i].text);
	fail_msg("no difference '%s'", text);
}

static void test_differences(void **state)
{
	struct fixture *fixture = *state;
	struct config *before = load_good(fixture,
		DATABASE SOURCE "[source gone]\nconnector = fake\n"
				"base_url = https://x.example\nmapping = crm.map\ntoken_file = token\n"
				"[risk a]\nsignal = health_score\nenter = < 60\nclear = > 75\n"
				"[risk b]\nsignal = health_score\nenter = < 60\nclear = > 75\n");
	struct config *same = load_file(fixture);
	struct config_differences differences = config_differences(before, same);
	assert_int_equal(differences.count, 0);
	config_differences_clear(&differences);
	config_free(same);

	fixture_write(fixture, "token", "hunter3\n");
	fixture_write(fixture, "crm.map",
		"[account]\nname = Label\nsignal.health_score = Health__c\n[contact]\nemail = Email\n");
	struct config *after =
		load_good(fixture, "[daemon]\nlog_level = debug\nstate_directory = /srv\n"
				   "[database]\nconninfo = host=other\n" SOURCE "poll = 1m\npage_size = 9\n"
				   "streams = account\n[source new]\nconnector = fake\n"
				   "base_url = https://x.example\nmapping = crm.map\ntoken_file = token\n"
				   "[channel refs]\nconnector = fake\ntoken_file = token\n"
				   "[risk a]\nsignal = health_score\nenter = < 55\nclear = > 75\nhold = 1d\n"
				   "[risk c]\nsignal = health_score\nenter = < 60\nclear = > 75\n"
				   "[eligibility]\ntop_priorities = X\n");
	differences = config_differences(before, after);
	expect_difference(&differences, "daemon: state_directory is now /srv; this needs a restart", true);
	expect_difference(&differences, "daemon: log_level is now debug", false);
	expect_difference(&differences, "database: conninfo is now host=other; this needs a restart", true);
	expect_difference(&differences, "source gone is gone", false);
	expect_difference(&differences, "source new is new", false);
	expect_difference(&differences, "source crm: poll is now 60s", false);
	expect_difference(&differences, "source crm: page_size is now 9", false);
	expect_difference(&differences, "source crm: streams is now account", false);
	expect_difference(&differences, "source crm: token_file is now another secret", false);
	expect_difference(&differences, "source crm: the mapping of account changed", false);
	expect_difference(&differences, "channel refs is new", false);
	expect_difference(&differences, "risk a: another enter, hold_s", false);
	expect_difference(&differences, "risk b is gone", false);
	expect_difference(&differences, "risk c is new", false);
	expect_difference(&differences, "eligibility: another top_priorities", false);
	for (size_t i = 0; i < differences.count; i++)
		assert_null(strstr(differences.items[i].text, "hunter"));
	config_differences_clear(&differences);
	config_free(before);
	config_free(after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_defaults),
		TEST(test_every_fault_is_told),
		TEST(test_sections),
		TEST(test_listen),
		TEST(test_database),
		TEST(test_sources),
		TEST(test_channels),
		TEST(test_credentials),
		TEST(test_includes),
		TEST(test_include_faults),
		TEST(test_lines),
		TEST(test_many_faults),
		TEST(test_differences),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
