/* What Gainsight's metadata says against a mapping, the labels of picklists, and scorecards' rows. */
#include "tests/unit/gainsight_bench.h"

#define STAGE_ADOPTION "1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1"
#define STAGE_RISK "1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA2"

/* An object's metadata, with a field of every kind that matters. */
static const char metadata[] =
	"{\"result\":true,\"errorCode\":null,\"requestId\":\"d100\",\"data\":[{\"objectName\":\"company\","
	"\"fields\":["
	"{\"fieldName\":\"NAME\",\"dataType\":\"STRING\",\"options\":[],\"meta\":{\"formulaField\":false}},"
	"{\"fieldName\":\"Stage\",\"dataType\":\"PICKLIST\",\"options\":["
	"{\"label\":\"Adoption\",\"value\":\"" STAGE_ADOPTION "\",\"active\":true},"
	"{\"label\":\"At Risk\",\"value\":\"" STAGE_RISK "\",\"active\":false}],\"meta\":{}},"
	"{\"fieldName\":\"Arr_f\",\"dataType\":\"CURRENCY\",\"options\":[],\"meta\":{\"formulaField\":true}},"
	"{\"fieldName\":\"Tags\",\"dataType\":\"MULTISELECTDROPDOWNLIST\",\"options\":[],\"meta\":{}},"
	"{\"fieldName\":\"Novel\",\"dataType\":\"HOLOGRAM\",\"options\":[],\"meta\":{}},"
	"{\"fieldName\":\"Csm\",\"dataType\":\"LOOKUP\",\"meta\":{\"lookupDetail\":{\"lookupName\":\"Csm__gr\"}}},"
	"{\"fieldName\":\"Boss\",\"dataType\":\"LOOKUP\",\"meta\":{\"lookupDetail\":{\"lookupName\":\"Chief__gr\"}}"
	"},"
	"{\"fieldName\":\"Renewal_Date\",\"dataType\":\"DATE\",\"meta\":{}}]}]}";

static bool describe(struct bench *bench, int status, const char *body, struct description *description)
{
	const struct mapping_entity *mapping = &bench->mapping->entities[bench->entity];
	const struct reading_request asked = { .entity = bench->entity, .mapping = mapping, .fingerprint = "" };
	const struct http_header header = { "Content-Type", "application/json" };

	description_clear(description);
	assert_true(gainsight->describe(bench->session, &asked, NOW_MS, &bench->request, &bench->failure));
	return gainsight->described(bench->session, &asked, &(struct http_head){ status, &header, 1 }, body,
		strlen(body), NOW_MS, description, &bench->failure);
}

static void test_request(void **state)
{
	struct bench *bench = *state;
	struct description description;

	description_init(&description);
	assert_true(describe(bench, 200, metadata, &description));
	assert_false(bench->request.is_post);
	assert_string_equal(buffer_text(&bench->request.url),
		"https://northwind.example/v1/meta/services/objects/Company/describe"
		"?ic=false&cl=0&idd=false&ihc=false&piec=false");
	assert_string_equal(buffer_text(&bench->request.headers[0]), "AccessKey: 0f6c2a7e-SECRET");
	/* All well: name in another case, a lookup's field, a date. */
	assert_int_equal(description.count, 0);
	description_clear(&description);
}

static void test_notes(void **state)
{
	static const struct {
		const char *key, *remote;
		int kind; /* -1: nothing is said */
	} rows[] = {
		{ "name", "name", -1 },
		{ "industry", "Indutsry", NOTE_MISSING },
		{ "industry", "Novel", -1 },
		{ "industry", "Stage", -1 },
		{ "industry", "Tags", NOTE_TYPE },
		{ "arr", "Arr_f", NOTE_CALCULATED },
		{ "arr", "Stage", NOTE_TYPE },
		{ "arr", "Renewal_Date", NOTE_TYPE },
		{ "renewal_on", "Arr_f", NOTE_TYPE },
		{ "renewal_on", "Novel", -1 },
		{ "signal.score", "Stage", NOTE_TYPE },
		{ "signal.score", "Name", -1 },
		{ "csm_email", "csm__GR.Email", -1 },
		{ "csm_email", "Chief__gr.Manager__gr.Email", -1 },
		{ "csm_email", "Boss__gr.Email", -1 },
		{ "csm_email", "Bos__gr.Email", NOTE_MISSING },
		{ "csm_email", "Csm.Email", NOTE_MISSING },
	};
	struct bench *bench = *state;
	struct description description;

	description_init(&description);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		mapping_free(bench->mapping);
		bench->mapping = mapping_new();
		map(bench, "account", rows[i].key, rows[i].remote);
		const struct mapped_field *field = &bench->mapping->entities[ENTITY_ACCOUNT].fields[0];
		assert_true(describe(bench, 200, metadata, &description));
		const struct note *note =
			rows[i].kind < 0 ? NULL
					 : description_find(&description, (enum note_kind)rows[i].kind, field);
		if ((rows[i].kind < 0) != (description.count == 0) || (rows[i].kind >= 0) != (note != NULL))
			fail_msg("row %zu: %s = %s: %zu notes", i, rows[i].key, rows[i].remote, description.count);
		if (note != NULL)
			assert_non_null(strstr(note->text, rows[i].remote));
	}
	description_clear(&description);
}

/* A document of another form says nothing about fields, and is never taken to say that all are missing. */
static void test_failures(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_kind kind;
	} rows[] = {
		{ 400,
			"{\"result\":false,\"title\":\"OBJECT_NOT_FOUND\",\"errorDesc\":\"Requested object not "
			"found.\"}",
			FAILURE_PERMANENT },
		{ 429, "{\"result\":false,\"errorCode\":\"GU_2400\"}", FAILURE_THROTTLED },
		{ 401, "{\"result\":false,\"errorCode\":\"GS_APIG_2401\"}", FAILURE_CREDENTIALS },
		{ 502, "<html>", FAILURE_TRANSIENT },
		{ 200, "<html>", FAILURE_TRANSIENT },
		{ 200, "{\"result\":true,\"data\":[]}", FAILURE_PERMANENT },
		{ 200, "{\"result\":true,\"data\":[{\"objectName\":\"company\",\"fields\":[]}]}",
			FAILURE_PERMANENT },
		{ 200,
			"{\"result\":true,\"data\":[{\"objectName\":\"person\",\"fields\":[{\"fieldName\":\"Name\","
			"\"dataType\":\"STRING\"}]}]}",
			FAILURE_PERMANENT },
		{ 200,
			"{\"result\":true,\"data\":[{\"objectName\":\"company\",\"fields\":[{\"fieldName\":"
			"\"Name\"}]}]}",
			FAILURE_PERMANENT },
		{ 200, "{\"result\":true,\"data\":[{\"objectName\":\"company\",\"fields\":[7]}]}",
			FAILURE_PERMANENT },
		{ 200, "{\"result\":false,\"errorDesc\":\"No data found\"}", FAILURE_TRANSIENT },
	};
	struct bench *bench = *state;
	struct description description;

	description_init(&description);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (describe(bench, rows[i].status, rows[i].body, &description) || description.count != 0 ||
			bench->failure.kind != rows[i].kind)
			fail_msg("row %zu: %s", i, bench->failure.text);
		assert_non_null(strstr(bench->failure.text, "Company"));
	}
	secret_free(bench->settings.access_key);
	bench->settings.access_key = secret_new("key\r\nHost: evil");
	const struct reading_request asked = {
		.entity = ENTITY_ACCOUNT, .mapping = &bench->mapping->entities[ENTITY_ACCOUNT], .fingerprint = ""
	};
	assert_false(gainsight->describe(bench->session, &asked, NOW_MS, &bench->request, &bench->failure));
	assert_int_equal(bench->failure.kind, FAILURE_CREDENTIALS);
	description_clear(&description);
}

/* Rows carry items' Gsids, or labels: a column shows the label either way; what is no item stays. */
static void test_picklist_labels(void **state)
{
	static const char *const stages[][2] = {
		{ STAGE_ADOPTION, "Adoption" },
		{ STAGE_RISK, "At Risk" },
		{ "At Risk", "At Risk" },
		{ "1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9", "1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9" },
	};
	struct bench *bench = *state;
	struct description description;

	description_init(&description);
	map(bench, "account", "industry", "stage");
	for (int described = 0; described < 2; described++) {
		for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
			char *rows = memory_format("[{\"Gsid\":\"1P02A\",\"Stage\":\"%s\"}]", stages[i][0]);
			open_all(bench, NULL);
			give(bench, rows);
			assert_string_equal(bench->seen.last_industry, stages[i][described]);
			free(rows);
		}
		assert_true(describe(bench, 200, metadata, &description));
	}
	/* Once more: what was kept before is given up. */
	assert_true(describe(bench, 200, metadata, &description));
	description_clear(&description);
}

/* "| in At Risk" takes the item of that label, whole and exact, and no other. */
static void test_picklist_words(void **state)
{
	static const struct {
		const char *stage, *risky;
	} rows[] = {
		{ "\"" STAGE_RISK "\"", "t" },
		{ "\"At Risk\"", "t" },
		{ "\"" STAGE_ADOPTION "\"", "f" },
		{ "\"at risk\"", "f" },
		{ "\"1I00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9\"", "f" },
		{ "null", "" },
	};
	struct bench *bench = *state;
	struct description description;

	description_init(&description);
	bench->entity = ENTITY_SUPPORT_CASE;
	map(bench, "support_case", "object", "Company");
	map(bench, "support_case", "account_remote_id", "Csm");
	map(bench, "support_case", "escalated", "Stage | in Adopt, At Risk");
	assert_true(describe(bench, 200, metadata, &description));
	assert_int_equal(description.count, 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *page = memory_format("[{\"Gsid\":\"1P02A\",\"Stage\":%s}]", rows[i].stage);
		open_all(bench, NULL);
		give(bench, page);
		assert_string_equal(bench->seen.last_escalated, rows[i].risky);
		free(page);
	}
	description_clear(&description);
}

/* Scorecard rows: those of another measure pass by; "not scored" is said. */
static void test_scorecard(void **state)
{
	struct bench *bench = *state;

	bench->entity = ENTITY_OBSERVATION;
	map(bench, "observation", "account_remote_id", "CompanyId");
	map(bench, "observation", "included", "MeasureId__gr.Name | in Overall Score");
	map(bench, "observation", "signal.health_score", "CurrentScoreId__gr.Score");
	open_all(bench, NULL);
	assert_int_equal(next(bench), READ_REQUEST);
	assert_non_null(strstr(buffer_text(&bench->request.url), "/query/customer_health_fact"));
	give(bench, "[{\"Gsid\":\"1S1\",\"CompanyId\":\"1P02A\",\"measureid__gr.name\":\"Overall Score\","
		    "\"CurrentScoreId__gr.Score\":22,\"ModifiedDate\":1790834400000},"
		    "{\"Gsid\":\"1S2\",\"CompanyId\":\"1P02A\",\"MeasureId__gr.Name\":\"Overall Score, old\","
		    "\"CurrentScoreId__gr.Score\":99,\"ModifiedDate\":1790834400000},"
		    "{\"Gsid\":\"1S3\",\"CompanyId\":\"1P02A\",\"MeasureId__gr.Name\":null,"
		    "\"CurrentScoreId__gr.Score\":98,\"ModifiedDate\":1790834400000}]");
	assert_int_equal(bench->seen.records, 1);
	assert_string_equal(bench->seen.last_account, "1P02A");
	assert_string_equal(bench->seen.last_signals, "{\"health_score\":\"22\"}");
	open_all(bench, NULL);
	give(bench, "[{\"Gsid\":\"1S1\",\"CompanyId\":\"1P02B\",\"MeasureId__gr.Name\":\"Overall Score\","
		    "\"CurrentScoreId__gr.Score\":null,\"ModifiedDate\":1790834401000}]");
	assert_string_equal(bench->seen.last_account, "1P02B");
	assert_string_equal(bench->seen.last_signals, "{\"health_score\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_notes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_picklist_labels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_picklist_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_scorecard, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("gainsight describe", tests, NULL, NULL);
}
