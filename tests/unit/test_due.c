/* Which stream has its turn next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/due.h"

enum { COUNT = 3 };

struct fixture {
	struct mapping *mapping;
	struct config_source source;
	struct stream streams[COUNT]; /* of accounts, staff and cases */
	json_t *policy;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	static char name[] = "crm";
	static const enum entity entities[COUNT] = { ENTITY_ACCOUNT, ENTITY_STAFF, ENTITY_SUPPORT_CASE };
	struct failure failure;

	fixture = (struct fixture){ .mapping = mapping_new() };
	*state = &fixture;
	if (!mapping_set(fixture.mapping, "account", "signal.health_score", "Health__c", 1, &failure) ||
		!mapping_set(fixture.mapping, "staff", "email", "Email", 2, &failure) ||
		!mapping_set(fixture.mapping, "support_case", "escalated", "IsEscalated", 3, &failure))
		return -1;
	fixture.source = (struct config_source){
		.name = name, .connector = &connector_salesforce, .mapping = fixture.mapping
	};
	for (size_t i = 0; i < COUNT; i++)
		stream_init(&fixture.streams[i], &fixture.source, entities[i]);
	fixture.policy =
		json_loads("{\"risks\":["
			   "{\"signal\":\"health_score\",\"enter\":{\"operator\":\"<\",\"value\":\"60\"}},"
			   "{\"signal\":\"open_escalations\",\"enter\":{\"operator\":\">\",\"value\":\"0\"}}]}",
			0, NULL);
	return fixture.policy == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT; i++)
		stream_free(&fixture->streams[i]);
	mapping_free(fixture->mapping);
	json_decref(fixture->policy);
	return 0;
}

static void changes_in_the_order_of_their_time(void **state)
{
	struct stream *streams = ((struct fixture *)*state)->streams;

	assert_null(due_changes(streams, 0, false));
	assert_ptr_equal(due_changes(streams, COUNT, false), &streams[0]);
	streams[0].next_ms = 30;
	streams[1].next_ms = 20;
	streams[2].next_ms = 20;
	assert_ptr_equal(due_changes(streams, COUNT, false), &streams[1]);
	streams[1].ran = true;
	assert_ptr_equal(due_changes(streams, COUNT, false), &streams[1]);
	assert_ptr_equal(due_changes(streams, COUNT, true), &streams[2]);
	streams[0].ran = streams[2].ran = true;
	assert_null(due_changes(streams, COUNT, true));
}

static void all_records_where_they_are_due_first(void **state)
{
	struct stream *streams = ((struct fixture *)*state)->streams;

	assert_null(due_full(streams, 0));
	assert_ptr_equal(due_full(streams, COUNT), &streams[0]);
	streams[2].full_ms = 5;
	streams[1].full_ms = 6;
	assert_ptr_equal(due_full(streams, COUNT), &streams[2]);
}

/* Each once, and only where there is something to ask for; a source that has to wait isn't asked. */
static void each_stream_is_looked_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct stream *streams = fixture->streams;

	assert_null(due_look(streams, 0, fixture->policy, 0));
	assert_ptr_equal(due_look(streams, COUNT, fixture->policy, 0), &streams[0]);
	assert_false(streams[0].looked);
	streams[0].looked = true;
	assert_ptr_equal(due_look(streams, COUNT, fixture->policy, 0), &streams[2]);
	assert_true(streams[1].looked);
	streams[2].next_ms = 10;
	assert_null(due_look(streams, COUNT, fixture->policy, 9));
	assert_false(streams[2].looked);
	assert_ptr_equal(due_look(streams, COUNT, fixture->policy, 10), &streams[2]);
	streams[2].looked = true;
	assert_null(due_look(streams, COUNT, fixture->policy, 10));
}

static void without_rules_there_is_nothing_to_look_at(void **state)
{
	struct fixture *fixture = *state;
	json_auto_t *none = json_pack("{s:[]}", "risks");

	assert_null(due_look(fixture->streams, COUNT, none, 0));
	for (size_t i = 0; i < COUNT; i++)
		assert_true(fixture->streams[i].looked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes_in_the_order_of_their_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_records_where_they_are_due_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_stream_is_looked_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_rules_there_is_nothing_to_look_at, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("due", tests, NULL, NULL);
}
