#include "daemon/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "connectors/utf8.h"
#include "daemon/exposition.h"

enum { STATE_COUNT = SCHEDULE_PAUSED + 1 };

static const char *const words[STATE_COUNT] = { "connecting", "standing by", "loading", "current", "failing",
	"paused" };
static const char *const labels[STATE_COUNT] = { "connecting", "standby", "loading", "current", "failing",
	"paused" };

/* ", salesforce at 120000 of 1000000 records, about 40 s to go" */
static void describe_loading(const struct schedule *schedule, struct buffer *sentence)
{
	int64_t expected = schedule_rows_expected(schedule), left_s = schedule_seconds_left(schedule);

	(void)buffer_printf(
		sentence, ", %s at %" PRId64, schedule_source(schedule), schedule_rows_loading(schedule));
	if (expected > 0)
		(void)buffer_printf(sentence, " of %" PRId64, expected);
	(void)buffer_append_text(sentence, " records");
	if (left_s >= 0)
		(void)buffer_printf(sentence, ", about %" PRId64 " s to go", left_s);
}

/* " (hubspot: too many connections)" */
static void describe_link(const struct report *report, struct buffer *sentence)
{
	for (size_t i = 0; i < report->count; i++) {
		const char *problem = schedule_link_problem(report->schedules[i]);
		if (*problem == '\0')
			continue;
		(void)buffer_printf(sentence, " (%s: %s)", schedule_source(report->schedules[i]), problem);
		return;
	}
}

static void describe_sources(const struct report *report, struct buffer *sentence)
{
	size_t counts[STATE_COUNT] = { 0 };

	for (size_t i = 0; i < report->count; i++)
		counts[schedule_state(report->schedules[i])]++;
	if (report->count > 0 && counts[SCHEDULE_STANDBY] == report->count) {
		(void)buffer_printf(
			sentence, "standing by: other daemons work on the source%s", report->count == 1 ? "" : "s");
		return;
	}
	for (size_t i = 0; i < STATE_COUNT; i++)
		if (counts[i] > 0)
			(void)buffer_printf(sentence, "%s%zu source%s %s", sentence->length == 0 ? "" : ", ",
				counts[i], counts[i] == 1 ? "" : "s", words[i]);
	describe_link(report, sentence);
	for (size_t i = 0; i < report->count; i++)
		if (schedule_rows_loading(report->schedules[i]) > 0)
			describe_loading(report->schedules[i], sentence);
}

void report_sentence(const struct report *report, char *text, size_t size)
{
	int64_t next_ms = control_next_deadline_ms(report->control);
	struct buffer sentence;
	char clock[16];
	struct tm local;

	if (control_state(report->control) != CONTROL_READY) {
		const char *problem = control_problem(report->control);
		(void)snprintf(text, size, "%s", *problem == '\0' ? "connecting to the database" : problem);
		utf8_drop_cut(text);
		return;
	}
	buffer_init(&sentence, size - 1);
	describe_sources(report, &sentence);
	if (next_ms != INT64_MAX) {
		time_t next = (time_t)(next_ms / 1000);
		(void)strftime(clock, sizeof clock, "%H:%M", localtime_r(&next, &local));
		(void)buffer_printf(&sentence, ", next deadline %s", clock);
	}
	(void)snprintf(text, size, "%s", sentence.length == 0 ? "starting" : buffer_text(&sentence));
	buffer_free(&sentence);
}

bool report_ready(const struct report *report, char *text, size_t size)
{
	bool is_ready = control_state(report->control) == CONTROL_READY && report->count > 0;

	for (size_t i = 0; i < report->count; i++)
		is_ready = is_ready && schedule_state(report->schedules[i]) != SCHEDULE_CONNECTING;
	report_sentence(report, text, size);
	return is_ready;
}

void report_gauges(const struct report *report, struct buffer *page)
{
	int64_t next_ms = control_next_deadline_ms(report->control);
	char sentence[16];

	exposition_single(page, "ready", "gauge", "1 while /readyz says yes.",
		report_ready(report, sentence, sizeof sentence));
	if (next_ms != INT64_MAX)
		exposition_single(page, "next_deadline_timestamp_seconds", "gauge",
			"When the next SLA clock or risk is due.", (double)next_ms / 1000);
	exposition_family(page, "source_state", "gauge",
		"1 for the state in which this daemon has the source; standby: another daemon works on it.");
	for (size_t i = 0; i < report->count; i++)
		for (size_t state = 0; state < STATE_COUNT; state++)
			exposition_sample(page, "source_state",
				(const struct exposition_label[]){
					{ "source", schedule_source(report->schedules[i]) },
					{ "state", labels[state] } },
				2, schedule_state(report->schedules[i]) == (enum schedule_state)state);
}
