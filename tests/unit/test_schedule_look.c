/* test_schedule_look.c - when what is at risk is asked for before a first load, and what becomes of it that this failed. */
#include "tests/unit/schedule_played.h"

static json_t *policy;

static void begin_looking(bool once)
{
	begin_with((struct schedule_settings){ .once = once, .policy = policy });
	lease_events.taken(lease_events.context);
}

static void expect_look(const char *what)
{
	expect_turn(what);
	assert_ptr_equal(turn.settings.look, policy);
}

static void expect_load(const char *what)
{
	expect_turn(what);
	assert_null(turn.settings.look);
}

static void look_ends(enum failure_kind kind)
{
	end_turn((struct sync_outcome){
		.looked = true, .mode = READ_ALL, .calls_today = -1, .calls = 3, .failure = { .kind = kind } });
}

static void all_are_looked_at_before_any_is_loaded(void **state)
{
	(void)state;
	begin_looking(false);
	expect_look("account changes");
	look_ends(FAILURE_NONE);
	expect_look("contact changes");
	look_ends(FAILURE_NONE);
	expect_load("account changes");
	/* Nobody is told that the stream has been read, or could not be. */
	assert_string_equal(reported, "");
	assert_int_equal(schedule_state(schedule), SCHEDULE_LOADING);
	assert_int_equal(turn.settings.calls_known, 6);
	turn_ends_well(-1);
	expect_load("contact changes");
	turn_ends_well(-1);
	turn_loop();
	expect_load("account changes");
}

static void a_look_that_failed_holds_up_no_load(void **state)
{
	static const enum failure_kind kinds[] = { FAILURE_PERMANENT, FAILURE_TRANSIENT };
	const bool once = *(const bool *)*state;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		begin_looking(once);
		look_ends(kinds[i]);
		expect_look("contact changes");
		look_ends(kinds[i]);
		expect_load("account changes");
		assert_string_equal(reported, "");
		end_turn((struct sync_outcome){ .complete = true, .calls_today = -1 });
		expect_load("contact changes");
		schedule = schedule_free(schedule);
		reported[0] = '\0';
	}
}

static void a_source_that_takes_no_calls_is_left_alone(void **state)
{
	static const struct {
		enum failure_kind kind;
		const char *report;
	} cases[] = { { FAILURE_THROTTLED, "throttled" }, { FAILURE_CREDENTIALS, "paused" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		begin_looking(false);
		look_ends(cases[i].kind);
		assert_string_equal(reported, cases[i].report);
		assert_false(turn.under_way);
		turn_loop();
		expect_look("contact changes");
		look_ends(FAILURE_NONE);
		expect_load("account changes");
		schedule = schedule_free(schedule);
	}
}

/* The link was lost, or the database refused, before anything was asked for. */
static void one_that_never_began_is_tried_again(void **state)
{
	(void)state;
	begin_looking(false);
	end_turn((struct sync_outcome){
		.mode = READ_CHANGES, .calls_today = -1, .failure = { .kind = FAILURE_TRANSIENT } });
	assert_string_equal(reported, "retrying");
	expect_look("contact changes");
	look_ends(FAILURE_NONE);
	expect_load("contact changes");
	turn_ends_well(-1);
	turn_loop();
	expect_look("account changes");
	look_ends(FAILURE_NONE);
	expect_load("account changes");
}

static void what_another_policy_takes_for_a_risk_is_looked_at(void **state)
{
	json_t *other = json_deep_copy(policy);

	(void)state;
	begin_looking(false);
	schedule_adopt(schedule, &source, &database, other);
	look_ends(FAILURE_NONE);
	expect_turn("contact changes");
	assert_ptr_equal(turn.settings.look, other);
	schedule = schedule_free(schedule);
	json_decref(other);
}

static void a_dry_run_shows_all_of_it_at_once(void **state)
{
	(void)state;
	begin_with((struct schedule_settings){ .once = true, .dry_run = true, .policy = policy });
	expect_load("account changes preview");
}

static int set_up_looking(void **state)
{
	static bool once;
	struct failure failure;

	once = *state != NULL;
	if (set_up(state) != 0 ||
		!mapping_set(source.mapping, "account", "signal.health_score", "Health__c", 1, &failure) ||
		!mapping_set(source.mapping, "contact", "signal.nps", "Nps__c", 2, &failure))
		return -1;
	policy = json_loads("{\"risks\":["
			    "{\"signal\":\"health_score\",\"enter\":{\"operator\":\"<\",\"value\":\"60\"}},"
			    "{\"signal\":\"contact.nps\",\"enter\":{\"operator\":\"<=\",\"value\":\"6\"}}]}",
		0, NULL);
	*state = &once;
	return policy == NULL ? -1 : 0;
}

static int tear_down_looking(void **state)
{
	int failed = tear_down(state);

	json_decref(policy);
	return failed;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_looking, tear_down_looking)

int main(void)
{
	static bool once = true;
	const struct CMUnitTest tests[] = {
		TEST(all_are_looked_at_before_any_is_loaded),
		TEST(a_look_that_failed_holds_up_no_load),
		cmocka_unit_test_prestate_setup_teardown(
			a_look_that_failed_holds_up_no_load, set_up_looking, tear_down_looking, &once),
		TEST(a_source_that_takes_no_calls_is_left_alone),
		TEST(one_that_never_began_is_tried_again),
		TEST(what_another_policy_takes_for_a_risk_is_looked_at),
		TEST(a_dry_run_shows_all_of_it_at_once),
	};
	int failed = cmocka_run_group_tests_name("schedule look", tests, NULL, NULL);

	libevent_global_shutdown();
	return failed;
}
