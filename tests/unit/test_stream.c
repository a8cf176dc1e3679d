/* A stream's mapping as the vendor can serve it, and how often all of it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/stream.h"

struct fixture {
	struct mapping *mapping;
	struct config_source source;
	struct stream stream;
	struct description description;
};

static const struct mapping_entity *configured(const struct fixture *fixture)
{
	return &fixture->mapping->entities[ENTITY_ACCOUNT];
}

static int set_up(void **state)
{
	static struct fixture fixture;
	static char name[] = "crm";
	struct failure failure;

	fixture = (struct fixture){ .mapping = mapping_new() };
	*state = &fixture;
	if (!mapping_set(fixture.mapping, "account", "name", "Name", 1, &failure) ||
		!mapping_set(fixture.mapping, "account", "arr", "AnnualRevenue", 2, &failure) ||
		!mapping_set(fixture.mapping, "account", "signal.health_score", "Health__c", 3, &failure))
		return -1;
	fixture.source = (struct config_source){ .name = name,
		.connector = &connector_salesforce,
		.mapping = fixture.mapping,
		.full_read_every_s = 86400,
		.calculated_read_every_s = 3600 };
	stream_init(&fixture.stream, &fixture.source, ENTITY_ACCOUNT);
	description_init(&fixture.description);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	description_clear(&fixture->description);
	stream_free(&fixture->stream);
	mapping_free(fixture->mapping);
	return 0;
}

static void a_field_goes_and_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stream = &fixture->stream;
	char before[MAPPING_FINGERPRINT_SIZE];

	assert_true(stream_is_whole(stream));
	memcpy(before, stream->fingerprint, sizeof before);
	description_note(&fixture->description, NOTE_MISSING, &configured(fixture)->fields[1], "gone");
	assert_true(stream_describe(stream, &fixture->description));
	assert_false(stream_is_whole(stream));
	assert_int_equal(stream->mapping.count, 2);
	assert_string_equal(stream->mapping.fields[0].remote, "Name");
	assert_string_equal(stream->mapping.fields[1].remote, "Health__c");
	/* The cursor stays good, and nothing is read for a field that isn't there. */
	assert_string_equal(stream->fingerprint, before);
	assert_int_equal(stream_full_every_s(stream), 86400);
	assert_false(stream_describe(stream, &fixture->description));

	description_clear(&fixture->description);
	assert_true(stream_describe(stream, &fixture->description));
	assert_true(stream_is_whole(stream));
	assert_string_equal(stream->mapping.fields[1].remote, "AnnualRevenue");
	/* Records that did not change have it too: all are read, at once. */
	assert_int_equal(stream_full_every_s(stream), 1);
}

static void what_is_calculated_is_read_more_often(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stream = &fixture->stream;

	assert_int_equal(stream_full_every_s(stream), 86400);
	description_note(&fixture->description, NOTE_CALCULATED, &configured(fixture)->fields[2], "a formula");
	assert_true(stream_describe(stream, &fixture->description));
	assert_true(stream_is_whole(stream));
	assert_int_equal(stream_full_every_s(stream), 3600);
	fixture->source.full_read_every_s = 60;
	assert_int_equal(stream_full_every_s(stream), 60);
	fixture->source.full_read_every_s = 0;
	assert_int_equal(stream_full_every_s(stream), 3600);
	fixture->source.calculated_read_every_s = 0;
	assert_int_equal(stream_full_every_s(stream), 0);
}

static void what_did_not_change_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stream = &fixture->stream;

	description_note(&fixture->description, NOTE_MISSING, &configured(fixture)->fields[0], "gone");
	assert_true(stream_describe(stream, &fixture->description));
	description_clear(&fixture->description);
	fixture->description.unchanged = true;
	assert_false(stream_describe(stream, &fixture->description));
	assert_false(stream_is_whole(stream));
}

static void when_metadata_is_asked_for_again(void **state)
{
	struct fixture *fixture = *state;
	struct stream *stream = &fixture->stream;
	struct failure failure = { .kind = FAILURE_TRANSIENT };
	const int64_t hour_ms = 3600 * 1000;

	stream_inspected(stream, NULL, 1000);
	assert_int_equal(stream->inspect_ms, 1000 + hour_ms);
	/* What didn't come is asked for like anything else that failed, and less often each time. */
	stream_inspected(stream, &failure, 0);
	assert_in_range(stream->inspect_ms, 1, 5000);
	for (int i = 0; i < 20; i++)
		stream_inspected(stream, &failure, 0);
	assert_in_range(stream->inspect_ms, hour_ms / 8, hour_ms / 4);
	failure.kind = FAILURE_THROTTLED;
	failure.retry_after_s = 7200;
	stream_inspected(stream, &failure, 0);
	assert_int_equal(stream->inspect_ms, 2 * hour_ms);
	failure = (struct failure){ .kind = FAILURE_PERMANENT };
	stream_inspected(stream, &failure, 0);
	assert_int_equal(stream->inspect_ms, hour_ms);
	failure.kind = FAILURE_TRANSIENT;
	stream_inspected(stream, &failure, 0);
	assert_in_range(stream->inspect_ms, 1, 5000);

	description_note(&fixture->description, NOTE_MISSING, &configured(fixture)->fields[1], "gone");
	(void)stream_describe(stream, &fixture->description);
	stream_inspected(stream, NULL, 0);
	assert_in_range(stream->inspect_ms, 1, hour_ms / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_field_goes_and_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_calculated_is_read_more_often, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_did_not_change_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(when_metadata_is_asked_for_again, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
