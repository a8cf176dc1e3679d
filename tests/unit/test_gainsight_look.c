/* The Gainsight connector's look at some records before all others. */
#include "tests/unit/gainsight_bench.h"

#define RISK "1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA2"
#define RISK_ONCE "1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3"
#define CHURN "1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4"

static const char metadata[] = "{\"result\":true,\"data\":[{\"objectName\":\"company\",\"fields\":["
			       "{\"fieldName\":\"Name\",\"dataType\":\"STRING\",\"options\":[]},"
			       "{\"fieldName\":\"Stage\",\"dataType\":\"PICKLIST\",\"options\":["
			       "{\"label\":\"Adoption\",\"value\":\"1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1\"},"
			       "{\"label\":\"At Risk\",\"value\":\"" RISK "\"},"
			       "{\"label\":\"At Risk\",\"value\":\"" RISK_ONCE "\"},"
			       "{\"label\":\"Churn\",\"value\":\"" CHURN "\"}]}]}]}";

static void learn_items(struct bench *bench)
{
	struct description description;
	const struct reading_request asked = {
		.entity = ENTITY_ACCOUNT, .mapping = &bench->mapping->entities[ENTITY_ACCOUNT], .fingerprint = ""
	};
	const struct http_header header = { "Content-Type", "application/json" };

	description_init(&description);
	assert_true(gainsight->describe(bench->session, &asked, NOW_MS, &bench->request, &bench->failure));
	assert_true(gainsight->described(bench->session, &asked, &(struct http_head){ 200, &header, 1 }, metadata,
		strlen(metadata), NOW_MS, &description, &bench->failure));
	description_clear(&description);
}

static struct record_test number(const char *field, const char *operator, const char * value)
{
	struct record_test test = { .field = field, .kind = RECORD_TEST_NUMBER };

	(void)snprintf(test.operator, sizeof test.operator, "%s", operator);
	(void)snprintf(test.number, sizeof test.number, "%s", value);
	return test;
}

static struct record_test words(const char *field, const char *one, const char *other)
{
	return (struct record_test){ .field = field,
		.kind = RECORD_TEST_WORDS,
		.words = { one, other },
		.word_count = other == NULL ? 1 : 2 };
}

/* Opens a look by one group of two tests (the second may have no field) and makes its first request. */
static void ask(struct bench *bench, struct record_test test, struct record_test besides)
{
	bench->only = (struct record_filter){
		.groups = { { .tests = { test, besides }, .count = besides.field == NULL ? 1 : 2 } }, .count = 1
	};
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
}

static void assert_conditions(struct bench *bench, const char *wanted)
{
	char *where = memory_format("\"where\":{\"conditions\":[%s],", wanted);

	assert_non_null(strstr(query(bench), "\"orderBy\":{\"Gsid\":\"asc\"},\"limit\":5000,\"offset\":0}"));
	if (strstr(query(bench), where) == NULL)
		fail_msg("%s\nis not\n%s", query(bench), where);
	free(where);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *operator, * number, *wanted;
	} rows[] = {
		{ "<", "60", "\"value\":[60],\"operator\":\"LT\"" },
		{ "<=", "-3", "\"value\":[-3],\"operator\":\"LTE\"" },
		{ ">", "0.5", "\"value\":[0.5],\"operator\":\"GT\"" },
		{ ">=", "40.000000", "\"value\":[40],\"operator\":\"GTE\"" },
		{ "=", "7", "\"value\":[7],\"operator\":\"EQ\"" },
		{ "<", "100000000000000000000", "\"value\":[1e20],\"operator\":\"LT\"" },
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *wanted =
			memory_format("{\"name\":\"CurrentScoreId__gr.Score\",\"alias\":\"A\",%s}", rows[i].wanted);
		ask(bench, number("CurrentScoreId__gr.Score", rows[i].operator, rows[i].number),
			(struct record_test){ 0 });
		assert_conditions(bench, wanted);
		assert_non_null(strstr(query(bench), "\"expression\":\"A\""));
		free(wanted);
	}
}

static void test_words(void **state)
{
	struct bench *bench = *state;
	const struct record_test no = { .field = "IsClosed", .kind = RECORD_TEST_NO };
	const struct record_test yes = { .field = "Escalated__gc", .kind = RECORD_TEST_YES };

	ask(bench, words("TypeId__gr.Name", "Risk", NULL), no);
	assert_conditions(bench,
		"{\"name\":\"TypeId__gr.Name\",\"alias\":\"A\",\"value\":[\"Risk\"],\"operator\":\"EQ\"},"
		"{\"name\":\"IsClosed\",\"alias\":\"B\",\"value\":[false],\"operator\":\"EQ\"}");
	assert_non_null(strstr(query(bench), "\"expression\":\"A AND B\""));
	ask(bench, yes, words("Stage", "At \"Risk\"", "\xc3\x84rger"));
	assert_conditions(bench,
		"{\"name\":\"Escalated__gc\",\"alias\":\"A\",\"value\":[true],\"operator\":\"EQ\"},"
		"{\"name\":\"Stage\",\"alias\":\"B\",\"value\":[\"At "
		"\\\"Risk\\\"\",\"\xc3\x84rger\"],\"operator\":\"IN\"}");
}

/* Whose picklist is known, is asked for the items: all of one label, and by their Gsids as well as by labels. */
static void test_picklist(void **state)
{
	static const struct {
		const char *one, *other, *wanted;
	} rows[] = {
		{ "Churn", "churn", "[\"" CHURN "\"],\"operator\":\"EQ\"" },
		{ "At Risk", CHURN, "[\"" RISK "\",\"" RISK_ONCE "\",\"" CHURN "\"],\"operator\":\"IN\"" },
		{ "Churning", "Risk", "[\"Churning\",\"Risk\"],\"operator\":\"IN\"" },
	};
	struct bench *bench = *state;

	map(bench, "account", "industry", "Stage");
	learn_items(bench);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *wanted = memory_format("{\"name\":\"stage\",\"alias\":\"A\",\"value\":%s}", rows[i].wanted);
		ask(bench, words("stage", rows[i].one, rows[i].other), (struct record_test){ 0 });
		assert_conditions(bench, wanted);
		free(wanted);
	}
	/* The items of one field are none of another's. */
	ask(bench, words("Name", "Churn", NULL), (struct record_test){ 0 });
	assert_conditions(bench, "{\"name\":\"Name\",\"alias\":\"A\",\"value\":[\"Churn\"],\"operator\":\"EQ\"}");
}

/* Each group by Gsid to its first empty page, whichever of the three empties it is; then the look is over, and proves
 * nothing. */
static void test_groups(void **state)
{
	static const char *const empties[] = { "{\"result\":true,\"data\":{\"records\":[]}}",
		"{\"result\":false,\"errorDesc\":\"No data found\",\"data\":null}",
		"{\"result\":false,\"errorCode\":\"GSOBJ_1011\"}" };
	struct bench *bench = *state;

	bench->only = (struct record_filter){ .groups = { { .tests = { number("Score", "<", "60") }, .count = 1 },
						      { .tests = { number("Nps", "<", "0") }, .count = 1 } },
		.count = 2 };
	for (size_t i = 0; i < sizeof empties / sizeof empties[0]; i++) {
		bench->seen = (struct seen){ 0 };
		open_all(bench, NULL);
		give(bench, "[{\"Gsid\":\"1P02A\",\"Name\":\"A\"},{\"Gsid\":\"1P02K\",\"Name\":\"K\"}]");
		assert_int_equal(bench->seen.records, 2);
		assert_int_equal(next(bench), READ_REQUEST);
		assert_conditions(bench,
			"{\"name\":\"Score\",\"alias\":\"A\",\"value\":[60],\"operator\":\"LT\"},"
			"{\"name\":\"Gsid\",\"alias\":\"B\",\"value\":[\"1P02K\"],\"operator\":\"GT\"}");
		assert_non_null(strstr(query(bench), "\"expression\":\"A AND B\""));
		assert_true(answer(bench, i == 2 ? 400 : 200, "application/json", empties[i]));
		assert_int_equal(next(bench), READ_REQUEST);
		/* The other group from its beginning. */
		assert_conditions(bench, "{\"name\":\"Nps\",\"alias\":\"A\",\"value\":[0],\"operator\":\"LT\"}");
		assert_true(answer(bench, i == 2 ? 400 : 200, "application/json", empties[i]));
		assert_int_equal(next(bench), READ_COMPLETE);
		assert_until(bench, NOW_MS, INT64_MIN);
	}
}

/* A server that gives less than was asked for, in silence: nothing that is at risk is left out, and nothing else asked for. */
static void test_pages(void **state)
{
	struct bench *bench = *state;
	struct server *server = server_new(1000, NOW_MS - 1000 * HOUR_MS, HOUR_MS);

	bench->only = (struct record_filter){ .groups = { { .tests = { number("Version", "<", "4") }, .count = 1 },
						      { .tests = { number("Version", "=", "8") }, .count = 1 } },
		.count = 2 };
	for (size_t i = 0; i < server->count; i++)
		server->rows[i].version = 1 + (int64_t)(i % 10);
	bench->settings.page_size = 50;
	renew_session(bench);
	server->clamp = 20;
	open_all(bench, NULL);
	run_through(bench, server, NULL);
	assert_int_equal(server->delivered, 400);
	assert_int_equal(bench->seen.records, 400);
	for (size_t i = 0; i < server->count; i++) {
		bool wanted = server->rows[i].version < 4 || server->rows[i].version == 8;
		assert_int_equal(bench->seen.versions[i], wanted ? server->rows[i].version : 0);
	}
	/* Full pages and an empty one for each group. */
	assert_int_equal(server->calls, 15 + 1 + 5 + 1);
	free(server);
}

/* What Gainsight won't be asked is told as such; so is a server that doesn't keep to the order. */
static void test_refused(void **state)
{
	struct bench *bench = *state;

	ask(bench, number("Score", "<", "60"), (struct record_test){ 0 });
	assert_false(answer(bench, 400, "application/json", "{\"result\":false,\"errorCode\":\"GU_1100\"}"));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
	ask(bench, number("Score", "<", "60"), (struct record_test){ 0 });
	assert_false(answer(bench, 200, "application/json",
		"{\"result\":true,\"data\":[{\"Gsid\":\"1P02K\"},{\"Gsid\":\"1P02A\"}]}"));
	assert_int_equal(bench->failure.kind, FAILURE_PERMANENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_picklist, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("gainsight look", tests, NULL, NULL);
}
