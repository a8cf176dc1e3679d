/* HubSpot's four limits (Usage guidelines): burst, search, associations and day, and what answers say of them. */
#include "tests/sandbox/hubspot_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)

static int64_t monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Rolling: a call counts for `span_ms`. A refused call does not count. `limit` 0 is no limit. */
static bool window_take(struct hubspot_window *window, long limit, int64_t span_ms)
{
	int64_t now = monotonic_ms();
	while (window->count > 0 && window->times[window->first] <= now - span_ms) {
		window->first = (window->first + 1) % window->capacity;
		window->count--;
	}
	if (limit <= 0)
		return true;
	if (window->count >= (size_t)limit)
		return false;
	if (window->count == window->capacity) {
		size_t capacity = window->capacity ? window->capacity * 2 : 256;
		int64_t *times = calloc(capacity, sizeof(*times));
		if (!times)
			abort();
		for (size_t i = 0; i < window->count; i++)
			times[i] = window->times[(window->first + i) % window->capacity];
		free(window->times);
		window->times = times;
		window->capacity = capacity;
		window->first = 0;
	}
	window->times[(window->first + window->count) % window->capacity] = now;
	window->count++;
	return true;
}

static void add_number_header(struct server_call *call, const char *name, long number)
{
	char text[24];
	snprintf(text, sizeof(text), "%ld", number);
	server_call_add_header(call, name, text);
}

/* The day is the account's, whose time zone is UTC. */
static void day_begin(struct hubspot *hubspot)
{
	int64_t day = world_now() / DAY_MS;
	if (day == hubspot->day)
		return;
	hubspot->day = day;
	hubspot->day_calls = 0;
	hubspot->day_association_calls = 0;
}

/* One more of the day's calls; false: answered with 429. */
static bool take_of_day(struct hubspot *hubspot, struct server_call *call, long limit, long *calls)
{
	if (limit > 0 && *calls >= limit) {
		hubspot_answer_limited(hubspot, call, "DAILY");
		return false;
	}
	++*calls;
	return true;
}

static bool take_search(struct hubspot *hubspot, struct server_call *call, bool oauth)
{
	long daily = oauth ? 0 : server_switch_number(hubspot->server, "hubspot.daily_limit", 650000);
	if (!window_take(&hubspot->search, server_switch_number(hubspot->server, "hubspot.search_per_second", 5),
		    1000)) {
		hubspot_answer_limited(hubspot, call, "SECONDLY");
		return false;
	}
	return take_of_day(hubspot, call, daily, &hubspot->day_calls);
}

static bool take_associations(struct hubspot *hubspot, struct server_call *call)
{
	long burst = server_switch_number(hubspot->server, "hubspot.associations_per_ten_seconds", 150);
	if (!window_take(&hubspot->associations, burst, 10000)) {
		hubspot_answer_limited(hubspot, call, "TEN_SECONDLY_ROLLING");
		return false;
	}
	return take_of_day(hubspot, call,
		server_switch_number(hubspot->server, "hubspot.associations_daily_limit", 500000),
		&hubspot->day_association_calls);
}

static bool take_general(struct hubspot *hubspot, struct server_call *call, bool oauth)
{
	long burst = server_switch_number(hubspot->server, "hubspot.calls_per_ten_seconds", oauth ? 110 : 190);
	long daily = oauth ? 0 : server_switch_number(hubspot->server, "hubspot.daily_limit", 650000);
	bool exhausted = daily > 0 && hubspot->day_calls >= daily;
	bool taken = !exhausted && window_take(&hubspot->burst, burst, 10000);
	if (taken)
		hubspot->day_calls++;
	if (burst > 0) {
		long left = burst - (long)hubspot->burst.count;
		add_number_header(call, "X-HubSpot-RateLimit-Max", burst);
		add_number_header(call, "X-HubSpot-RateLimit-Remaining", left > 0 ? left : 0);
		add_number_header(call, "X-HubSpot-RateLimit-Interval-Milliseconds", 10000);
	}
	if (daily > 0) {
		long left = daily - hubspot->day_calls;
		add_number_header(call, "X-HubSpot-RateLimit-Daily", daily);
		add_number_header(call, "X-HubSpot-RateLimit-Daily-Remaining", left > 0 ? left : 0);
	}
	if (!taken)
		hubspot_answer_limited(hubspot, call, exhausted ? "DAILY" : "TEN_SECONDLY_ROLLING");
	return taken;
}

bool hubspot_within_limits(
	struct hubspot *hubspot, struct server_call *call, enum hubspot_policy policy, bool oauth)
{
	day_begin(hubspot);
	switch (policy) {
	case HUBSPOT_POLICY_SEARCH:
		return take_search(hubspot, call, oauth);
	case HUBSPOT_POLICY_ASSOCIATIONS:
		return take_associations(hubspot, call);
	case HUBSPOT_POLICY_GENERAL:
		break;
	}
	return take_general(hubspot, call, oauth);
}

void hubspot_usage(struct hubspot *hubspot, struct server_call *call)
{
	char now[32], resets[32];
	text_format_iso_time(now, world_now());
	text_format_iso_time(resets, (world_now() / DAY_MS + 1) * DAY_MS);
	struct text_buffer body = { 0 };
	text_buffer_format(&body,
		"{\"results\":[{\"name\":\"private-apps-api-calls-daily\",\"usageLimit\":%ld,"
		"\"currentUsage\":%ld,\"collectedAt\":\"%s\",\"fetchStatus\":\"SUCCESS\","
		"\"resetsAt\":\"%s\"}]}",
		server_switch_number(hubspot->server, "hubspot.daily_limit", 650000), hubspot->day_calls, now,
		resets);
	server_answer_buffer(call, 200, HUBSPOT_JSON, &body);
	text_buffer_free(&body);
}
