/* test_exposition.c - Prometheus' text format: what names and values become in it, and the counters on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "daemon/counter.h"
#include "daemon/exposition.h"

static void writes_a_family(void **state)
{
	struct buffer page;

	(void)state;
	buffer_init(&page, 4096);
	exposition_family(&page, "rows_total", "counter", "Rows \"read\",\nback\\slash.");
	exposition_sample(&page, "rows_total",
		(const struct exposition_label[]){ { "source", "a\"b\\c\nd" }, { "stream", "Kunden – größte" } }, 2,
		12345678901234.0);
	exposition_sample(&page, "rows_total", NULL, 0, 0.25);
	assert_string_equal(buffer_text(&page),
		"# HELP advocated_rows_total Rows \"read\",\\nback\\\\slash.\n"
		"# TYPE advocated_rows_total counter\n"
		"advocated_rows_total{source=\"a\\\"b\\\\c\\nd\",stream=\"Kunden – größte\"} 12345678901234\n"
		"advocated_rows_total 0.25\n");
	buffer_clear(&page);
	exposition_sample(&page, "x", NULL, 0, (double)NAN);
	exposition_sample(&page, "x", NULL, 0, (double)INFINITY);
	exposition_sample(&page, "x", NULL, 0, -(double)INFINITY);
	assert_string_equal(buffer_text(&page), "advocated_x NaN\nadvocated_x +Inf\nadvocated_x -Inf\n");
	buffer_free(&page);
}

static void counts(void **state)
{
	struct buffer page;

	(void)state;
	counter_clear();
	buffer_init(&page, 65536);
	COUNT(COUNTER_CALLS, 1, "crm", "ok");
	COUNT(COUNTER_CALLS, 2, "crm", "transient");
	COUNT(COUNTER_CALLS, 40, "crm", "ok");
	COUNT(COUNTER_CALLS, 1, "other", "ok");
	counter_write(&page);
	assert_non_null(
		strstr(buffer_text(&page), "advocated_sync_calls_total{source=\"crm\",outcome=\"ok\"} 41\n"));
	assert_non_null(
		strstr(buffer_text(&page), "advocated_sync_calls_total{source=\"crm\",outcome=\"transient\"} 2\n"));
	assert_non_null(
		strstr(buffer_text(&page), "advocated_sync_calls_total{source=\"other\",outcome=\"ok\"} 1\n"));
	/* Nothing was counted on it, and yet it is there: an alert needs the zero. */
	assert_non_null(strstr(buffer_text(&page), "\nadvocated_deadlines_fired_total 0\n"));
	buffer_clear(&page);
	COUNT(COUNTER_DEADLINES, 3, NULL);
	COUNT(COUNTER_DEADLINES, 4, NULL);
	counter_write(&page);
	assert_non_null(strstr(buffer_text(&page), "\nadvocated_deadlines_fired_total 7\n"));
	buffer_clear(&page);
	counter_clear();
	counter_write(&page);
	assert_null(strstr(buffer_text(&page), "crm"));
	buffer_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_family),
		cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
