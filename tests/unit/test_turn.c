/* test_turn.c - one turn of a stream: when the vendor's metadata is asked for, and what the run is told of it. Both are
 * played. */
#include "tests/unit/db_played.h"

#include "daemon/inspect.h"
#include "daemon/turn.h"

enum { HOUR_MS = 3600 * 1000 };

/* ---- the run ---- */

static struct sync_settings run;
static struct sync_events run_events;
static int runs, runs_freed, decisions, yields;

struct sync_run *sync_start(const struct sync_settings *settings, const struct sync_events *events)
{
	run = *settings;
	run_events = *events;
	runs++;
	return (struct sync_run *)&run;
}

struct sync_run *sync_free(struct sync_run *of)
{
	runs_freed += of != NULL;
	return NULL;
}

void sync_decide(struct sync_run *of, bool commit)
{
	assert_non_null(of);
	decisions += commit ? 1 : 10;
}

void sync_yield(struct sync_run *of)
{
	assert_non_null(of);
	yields++;
}

/* ---- the question for the metadata ---- */

static inspection_fn *inspected;
static void *inspected_context;
static int inspections, inspections_freed;

struct inspection *inspection_start(
	struct event_base *of, const struct inspection_settings *settings, inspection_fn *done, void *context)
{
	(void)of;
	assert_int_equal(settings->reading.entity, ENTITY_ACCOUNT);
	inspected = done;
	inspected_context = context;
	inspections++;
	return (struct inspection *)&inspections;
}

struct inspection *inspection_free(struct inspection *inspection)
{
	inspections_freed += inspection != NULL;
	return NULL;
}

static int descriptions, loud;

void source_log_description(
	struct source_log *log, const struct stream *stream, const struct description *description, bool is_news)
{
	(void)log;
	(void)stream;
	(void)description;
	descriptions++;
	loud += is_news;
}

/* ---- the turn ---- */

static struct connector connector;
static struct config_source source;
static struct stream stream;
static struct source_log source_log;
static struct description description;
static struct turn *turn;
static struct sync_outcome outcome;
static int dones, previews;

static void on_done(void *context, const struct sync_outcome *ended)
{
	(void)context;
	dones++;
	outcome = *ended;
}

static void on_progress(void *context, const struct sync_outcome *so_far)
{
	(void)context;
	outcome = *so_far;
}

static void on_previewed(void *context, const char *difference)
{
	(void)context;
	assert_string_equal(difference, "{}");
	previews++;
}

static int set_up(void **state)
{
	static char name[] = "crm";
	struct failure failure;

	(void)state;
	play_begin();
	runs = runs_freed = decisions = yields = inspections = inspections_freed = descriptions = loud = 0;
	dones = previews = 0;
	connector = connector_salesforce;
	source = (struct config_source){ .name = name,
		.connector = &connector,
		.mapping = mapping_new(),
		.checkpoint_rows = 11,
		.full_read_every_s = 22,
		.prove_every_s = 33 };
	if (!mapping_set(source.mapping, "account", "name", "Name", 1, &failure) ||
		!mapping_set(source.mapping, "account", "arr", "AnnualRevenue", 2, &failure))
		return -1;
	stream_init(&stream, &source, ENTITY_ACCOUNT);
	description_init(&description);
	source_log = (struct source_log){ .source = &source };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	turn = turn_free(turn);
	assert_int_equal(runs, runs_freed);
	description_clear(&description);
	stream_free(&stream);
	mapping_free(source.mapping);
	play_end();
	return 0;
}

static void begin(bool inspects)
{
	turn = turn_start(&(struct turn_settings){ .base = base,
				  .log = &source_log,
				  .stream = &stream,
				  .mode = READ_ALL,
				  .inspects = inspects,
				  .preview = true,
				  .yield_ms = 1,
				  .calls_most = 2,
				  .calls_again_s = 3,
				  .calls_known = 4 },
		&(struct sync_events){ .done = on_done, .progress = on_progress, .previewed = on_previewed });
}

static void answer_inspection(enum failure_kind kind)
{
	const struct failure failure = { .kind = kind, .text = "no metadata" };

	assert_int_equal(dones, 0);
	inspected(inspected_context, kind == FAILURE_NONE ? &description : NULL,
		kind == FAILURE_NONE ? NULL : &failure, 2);
}

static void end_run(enum failure_kind kind, int http_status)
{
	run_events.done(run_events.context, &(struct sync_outcome){ .complete = kind == FAILURE_NONE,
						    .mode = READ_ALL,
						    .calls = 5,
						    .failure = { .kind = kind, .http_status = http_status } });
}

static void the_run_gets_what_the_turn_was_given(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(inspections, 0);
	assert_int_equal(runs, 1);
	assert_int_equal(run.mode, READ_ALL);
	assert_true(run.preview);
	assert_int_equal(run.yield_ms, 1);
	assert_int_equal(run.calls_most, 2);
	assert_int_equal(run.calls_again_s, 3);
	assert_int_equal(run.calls_known, 4);
	assert_int_equal(run.checkpoint_rows, 11);
	assert_int_equal(run.full_read_every_s, 22);
	assert_int_equal(run.prove_every_s, 33);
	assert_string_equal(run.fingerprint, stream.fingerprint);
	run_events.progress(run_events.context, &(struct sync_outcome){ .rows_read = 9 });
	assert_int_equal(outcome.rows_read, 9);
	run_events.previewed(run_events.context, "{}");
	assert_int_equal(previews, 1);
	turn_decide(turn, true);
	assert_int_equal(decisions, 1);
	end_run(FAILURE_NONE, 0);
	assert_int_equal(dones, 1);
	assert_int_equal(outcome.calls, 5);
}

static void metadata_that_is_due_is_asked_for_first(void **state)
{
	(void)state;
	begin(true);
	assert_int_equal(inspections, 1);
	assert_int_equal(runs, 0);
	turn_decide(turn, true); /* there is nothing to decide yet */
	answer_inspection(FAILURE_NONE);
	assert_int_equal(runs, 1);
	assert_int_equal(descriptions, 1);
	assert_int_equal(loud, 0);
	end_run(FAILURE_NONE, 0);
	assert_int_equal(outcome.calls, 7); /* with those of the question */
	turn = turn_free(turn);
	begin(true);
	assert_int_equal(inspections, 1); /* not so soon again */
	turn = turn_free(turn);
	clock_ms += HOUR_MS;
	begin(true);
	assert_int_equal(inspections, 2);
}

static void a_vendor_without_metadata_is_not_asked(void **state)
{
	(void)state;
	connector.describe = NULL;
	begin(true);
	assert_int_equal(inspections, 0);
	end_run(FAILURE_PERMANENT, 400);
	assert_int_equal(inspections, 0);
	assert_int_equal(dones, 1);
}

static void the_run_goes_without_a_field_that_is_gone(void **state)
{
	(void)state;
	description_note(
		&description, NOTE_MISSING, &source.mapping->entities[ENTITY_ACCOUNT].fields[1], "it is gone");
	begin(true);
	answer_inspection(FAILURE_NONE);
	assert_int_equal(run.mapping->count, 1);
	assert_int_equal(loud, 1);
}

static void metadata_that_has_not_changed_is_no_news(void **state)
{
	(void)state;
	description.unchanged = true;
	begin(true);
	answer_inspection(FAILURE_NONE);
	assert_int_equal(runs, 1);
	assert_int_equal(descriptions, 0);
}

static void without_the_metadata_the_run_goes_on(void **state)
{
	(void)state;
	begin(true);
	answer_inspection(FAILURE_TRANSIENT);
	assert_int_equal(runs, 1);
	assert_int_equal(dones, 0);
	assert_true(stream.inspect_ms > clock_ms);
}

static void a_refused_credential_ends_the_turn(void **state)
{
	(void)state;
	begin(true);
	answer_inspection(FAILURE_CREDENTIALS);
	assert_int_equal(runs, 0);
	assert_int_equal(dones, 1);
	assert_int_equal(outcome.failure.kind, FAILURE_CREDENTIALS);
	assert_int_equal(outcome.calls, 2);
	assert_int_equal(outcome.calls_today, -1);
	assert_int_equal(outcome.mode, READ_ALL);
	assert_true(stream.inspect_ms <= clock_ms); /* due again with the next */
}

static void a_final_refusal_asks_for_the_metadata_once(void **state)
{
	(void)state;
	begin(false);
	end_run(FAILURE_PERMANENT, 400);
	assert_int_equal(dones, 0);
	assert_int_equal(inspections, 1);
	assert_int_equal(runs_freed, 1);
	turn_decide(turn, true); /* there is no run now */
	answer_inspection(FAILURE_NONE);
	assert_int_equal(runs, 2);
	end_run(FAILURE_PERMANENT, 400);
	assert_int_equal(inspections, 1);
	assert_int_equal(dones, 1);
	assert_int_equal(outcome.failure.kind, FAILURE_PERMANENT);
	assert_int_equal(outcome.calls, 5 + 2 + 5);
	/* Nor in the next turn, as long as it is the same; after one that went well it may. */
	turn = turn_free(turn);
	begin(false);
	end_run(FAILURE_PERMANENT, 400);
	assert_int_equal(inspections, 1);
	turn = turn_free(turn);
	begin(false);
	end_run(FAILURE_NONE, 0);
	turn = turn_free(turn);
	begin(false);
	end_run(FAILURE_PERMANENT, 400);
	assert_int_equal(inspections, 2);
}

static void what_the_database_refuses_is_no_field_of_the_vendor(void **state)
{
	(void)state;
	begin(false);
	end_run(FAILURE_PERMANENT, 0);
	assert_int_equal(inspections, 0);
	assert_int_equal(dones, 1);
}

static void what_may_pass_is_not_suspected(void **state)
{
	(void)state;
	begin(false);
	end_run(FAILURE_TRANSIENT, 500);
	assert_int_equal(inspections, 0);
	assert_int_equal(dones, 1);
}

static void it_yields_before_the_run_as_well(void **state)
{
	(void)state;
	begin(true);
	turn_yield(turn);
	answer_inspection(FAILURE_NONE);
	assert_int_equal(run.yield_ms, 0);
	assert_int_equal(yields, 0);
	turn_yield(turn);
	assert_int_equal(yields, 1);
}

/* ---- a look at what is at risk ---- */

/* Of a mapping that has one more line. */
static void map_stream(enum entity entity, const char *section, const char *key, const char *field)
{
	struct failure failure;

	assert_true(mapping_set(source.mapping, section, key, field, 3, &failure));
	stream_free(&stream);
	stream_init(&stream, &source, entity);
}

static void begin_look(json_t *policy, bool inspects)
{
	turn = turn_start(&(struct turn_settings){ .base = base,
				  .log = &source_log,
				  .stream = &stream,
				  .mode = READ_CHANGES,
				  .inspects = inspects,
				  .look = policy },
		&(struct sync_events){ .done = on_done });
}

static json_t *policy_of(const char *signal)
{
	json_t *policy = json_pack("{s:[{s:s, s:{s:s, s:s}}], s:{s:[s]}}", "risks", "signal", signal, "enter",
		"operator", ">", "value", "0", "settings", "top_priorities", "P1");

	assert_non_null(policy);
	return policy;
}

static void end_look(enum failure_kind kind, int http_status)
{
	run_events.done(run_events.context,
		&(struct sync_outcome){
			.looked = true, .calls = 5, .failure = { .kind = kind, .http_status = http_status } });
}

/* A reload may let go of the policy, whose words are asked for. */
static void a_look_keeps_the_policy_it_asks_by(void **state)
{
	json_t *policy = policy_of("open_escalations");

	(void)state;
	map_stream(ENTITY_SUPPORT_CASE, "support_case", "priority", "Priority");
	begin_look(policy, false);
	json_decref(policy);
	assert_int_equal(runs, 1);
	assert_int_equal(run.look->count, 1);
	assert_string_equal(run.look->groups[0].tests[0].words[0], "P1");
	end_look(FAILURE_NONE, 0);
	assert_true(outcome.looked);
}

/* Nor does it say anything of the mapping. */
static void a_look_that_is_refused_asks_for_no_metadata(void **state)
{
	json_t *policy = policy_of("health");

	(void)state;
	map_stream(ENTITY_ACCOUNT, "account", "signal.health", "Health__c");
	begin_look(policy, false);
	json_decref(policy);
	end_look(FAILURE_PERMANENT, 400);
	assert_int_equal(inspections, 0);
	assert_int_equal(dones, 1);
	turn = turn_free(turn);
	begin(false);
	end_run(FAILURE_PERMANENT, 400);
	assert_int_equal(inspections, 1);
}

static void a_look_ends_where_the_vendor_lacks_what_it_would_ask_for(void **state)
{
	json_t *policy = policy_of("health");

	(void)state;
	map_stream(ENTITY_ACCOUNT, "account", "signal.health", "Health__c");
	description_note(
		&description, NOTE_MISSING, &source.mapping->entities[ENTITY_ACCOUNT].fields[2], "it is gone");
	begin_look(policy, true);
	json_decref(policy);
	assert_int_equal(dones, 0);
	answer_inspection(FAILURE_NONE);
	assert_int_equal(runs, 0);
	assert_int_equal(dones, 1);
	assert_true(outcome.looked);
	assert_int_equal(outcome.failure.kind, FAILURE_NONE);
	assert_int_equal(outcome.calls, 2);
	assert_int_equal(outcome.calls_today, -1);
}

static void a_turn_that_is_dropped_drops_what_is_under_way(void **state)
{
	(void)state;
	begin(true);
	turn = turn_free(turn);
	assert_int_equal(inspections_freed, 1);
	assert_int_equal(dones, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_run_gets_what_the_turn_was_given),
		TEST(metadata_that_is_due_is_asked_for_first),
		TEST(a_vendor_without_metadata_is_not_asked),
		TEST(the_run_goes_without_a_field_that_is_gone),
		TEST(metadata_that_has_not_changed_is_no_news),
		TEST(without_the_metadata_the_run_goes_on),
		TEST(a_refused_credential_ends_the_turn),
		TEST(a_final_refusal_asks_for_the_metadata_once),
		TEST(what_the_database_refuses_is_no_field_of_the_vendor),
		TEST(what_may_pass_is_not_suspected),
		TEST(it_yields_before_the_run_as_well),
		TEST(a_look_keeps_the_policy_it_asks_by),
		TEST(a_look_that_is_refused_asks_for_no_metadata),
		TEST(a_look_ends_where_the_vendor_lacks_what_it_would_ask_for),
		TEST(a_turn_that_is_dropped_drops_what_is_under_way),
	};
	int failed = cmocka_run_group_tests_name("turn", tests, NULL, NULL);

	libevent_global_shutdown();
	return failed;
}
