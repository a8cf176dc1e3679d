#include "daemon/config_calendar.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "connectors/instant.h"
#include "connectors/memory.h"
#include "daemon/config_fill.h"

enum { DAYS = 7, DAY_S = 86400, SPANS_MOST = 64, TIME_LENGTH = 5, ZONE_LIMIT = 64 };

#define ZONES "/usr/share/zoneinfo/"

static const char *const day_names[DAYS] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

/* Half-open, in seconds since Monday's 00:00; one over Sunday's midnight is split. */
struct span {
	int from_s, to_s;
	int day; /* whose line it stands in */
};

struct week {
	struct span spans[SPANS_MOST];
	size_t count;
};

struct building {
	const struct config_section *section;
	struct config_faults *faults;
	struct week week;
	bool good;
};

static void refuse(struct building *building, int day, const char *text, const char *right)
{
	config_section_fault(
		building->faults, building->section, day_names[day], "%s: '%.60s' %s", day_names[day], text, right);
	building->good = false;
}

/* "09:30" in seconds of the day; 24:00 is one. -1: not a time. */
static int parse_time(const char *text)
{
	if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]) || text[2] != ':' ||
		!isdigit((unsigned char)text[3]) || !isdigit((unsigned char)text[4]))
		return -1;
	int hours = (text[0] - '0') * 10 + text[1] - '0', minutes = (text[3] - '0') * 10 + text[4] - '0';
	if (minutes > 59 || hours > 24 || (hours == 24 && minutes > 0))
		return -1;
	return hours * 3600 + minutes * 60;
}

static void add_span(struct building *building, int day, const char *text, int from_s, int to_s)
{
	struct week *week = &building->week;

	for (size_t i = 0; i < week->count; i++) {
		if (from_s >= week->spans[i].to_s || to_s <= week->spans[i].from_s)
			continue;
		if (week->spans[i].day == day)
			refuse(building, day, text,
				"overlaps other hours of that day; each moment belongs to one span");
		else
			config_section_fault(building->faults, building->section, day_names[day],
				"%s: '%.60s' overlaps the hours of %s; a span over midnight "
				"reaches into the next day",
				day_names[day], text, day_names[week->spans[i].day]);
		building->good = false;
		return;
	}
	if (week->count == SPANS_MOST) {
		refuse(building, day, text, "is one span too many for a week; put neighbouring hours together");
		return;
	}
	week->spans[week->count++] = (struct span){ from_s, to_s, day };
}

/* One "09:00-17:00". */
static json_t *build_span(struct building *building, int day, const char *text)
{
	bool shaped = strlen(text) == 2 * TIME_LENGTH + 1 && text[TIME_LENGTH] == '-';
	int from_s = shaped ? parse_time(text) : -1, to_s = shaped ? parse_time(text + TIME_LENGTH + 1) : -1;

	if (from_s < 0 || to_s < 0 || from_s == DAY_S) {
		refuse(building, day, text,
			"is no span of hours; write 09:00-17:00, from 00:00 to 24:00, or closed");
		return NULL;
	}
	if (to_s == DAY_S - 60) {
		refuse(building, day, text, "leaves a minute closed before midnight; the end of a day is 24:00");
		return NULL;
	}
	if (from_s == to_s) {
		refuse(building, day, text, "is empty; a whole day is 00:00-24:00, and a closed one is closed");
		return NULL;
	}
	int begin_s = day * DAY_S + from_s;
	if (to_s > from_s) {
		add_span(building, day, text, begin_s, day * DAY_S + to_s);
	} else {
		int next_s = (day + 1) % DAYS * DAY_S;
		add_span(building, day, text, begin_s, (day + 1) * DAY_S);
		if (to_s > 0)
			add_span(building, day, text, next_s, next_s + to_s);
	}
	return json_pack("[s%, s%]", text, (size_t)TIME_LENGTH, text + TIME_LENGTH + 1, (size_t)TIME_LENGTH);
}

/* The day's spans; an empty list when it is closed. */
static json_t *build_day(struct building *building, int day, const char *text)
{
	json_t *spans = json_array();

	if (strcmp(text, "closed") == 0)
		return spans;
	for (const char *at = text;; at++) {
		at += strspn(at, " \t");
		size_t length = strcspn(at, ","), kept = length;
		while (kept > 0 && isblank((unsigned char)at[kept - 1]))
			kept--;
		char *span = memory_copy(at, kept);
		json_t *built = build_span(building, day, span);
		if (built != NULL)
			(void)json_array_append_new(spans, built);
		free(span);
		at += length;
		if (*at == '\0')
			return spans;
	}
}

static json_t *build_always(void)
{
	json_t *hours = json_object();

	for (int day = 0; day < DAYS; day++)
		(void)json_object_set_new(hours, day_names[day], json_pack("[[s, s]]", "00:00", "24:00"));
	return hours;
}

static json_t *build_hours(struct building *building, const struct calendar_settings *settings)
{
	if (settings->always) {
		for (int day = 0; day < DAYS; day++)
			if (config_section_find(building->section, day_names[day]) != NULL)
				refuse(building, day, settings->days[day],
					"contradicts always = yes; give the days or always, not both");
		return build_always();
	}
	json_t *hours = json_object();
	for (int day = 0; day < DAYS; day++) {
		json_t *spans = build_day(building, day, settings->days[day]);
		if (json_array_size(spans) > 0)
			(void)json_object_set(hours, day_names[day], spans);
		json_decref(spans);
	}
	if (building->good && json_object_size(hours) == 0) {
		config_section_fault(building->faults, building->section, NULL,
			"has no open hour, so nothing would ever be due; give a day hours, or always = yes");
		building->good = false;
	}
	return hours;
}

static json_t *build_holidays(struct building *building, char **holidays)
{
	json_t *list = json_array();
	int64_t begins_ms;

	for (char **at = holidays; at != NULL && *at != NULL; at++) {
		if (!instant_parse_date(*at, strlen(*at), &begins_ms)) {
			config_section_fault(building->faults, building->section, "holidays",
				"holidays: '%.60s' is no date; write dates as 2026-12-25", *at);
			building->good = false;
			continue;
		}
		(void)json_array_append_new(list, json_string(*at));
	}
	return list;
}

/* As in "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC". */
static bool is_zone_name(const char *zone)
{
	bool begins = true;

	if (strlen(zone) > ZONE_LIMIT)
		return false;
	for (; *zone != '\0'; zone++) {
		if (*zone == '/') {
			if (begins)
				return false;
			begins = true;
			continue;
		}
		if (!isalpha((unsigned char)*zone) &&
			(begins || (!isdigit((unsigned char)*zone) && strchr("_+-", *zone) == NULL)))
			return false;
		begins = false;
	}
	return !begins;
}

/* Whether this host's zones, the very files that Debian's PostgreSQL reads, lack it. Where there are none it can't be
 * told here; the database refuses it then. */
static bool is_unknown_zone(const char *zone)
{
	char path[ZONE_LIMIT + sizeof ZONES];
	struct stat status;

	if (stat(ZONES "UTC", &status) != 0)
		return false;
	(void)snprintf(path, sizeof path, ZONES "%s", zone);
	return stat(path, &status) != 0 || !S_ISREG(status.st_mode);
}

json_t *config_calendar_build(const struct config_section *section, const struct calendar_settings *settings,
	struct config_faults *faults)
{
	struct building building = { .section = section, .faults = faults, .good = true };

	if (!is_zone_name(settings->time_zone) || is_unknown_zone(settings->time_zone)) {
		config_section_fault(faults, section, "time_zone",
			"time_zone: '%.60s' is no time zone; write an IANA name, as in Europe/Paris or UTC",
			settings->time_zone);
		building.good = false;
	}
	json_t *hours = build_hours(&building, settings);
	json_t *holidays = build_holidays(&building, settings->holidays);
	json_t *calendar = json_pack("{s:s, s:s, s:o, s:o}", "name", section->name, "time_zone",
		settings->time_zone, "weekly_hours", hours, "holidays", holidays);
	if (building.good)
		return calendar;
	json_decref(calendar);
	return NULL;
}
