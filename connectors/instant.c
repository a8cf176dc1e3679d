#include "connectors/instant.h"

#include <stdio.h>
#include <string.h>

static const int64_t DAY_MS = 86400000;

/* Days since 1970-01-01 of a proleptic Gregorian date; Howard Hinnant's days_from_civil. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	unsigned year_of_era = (unsigned)(year - era * 400);
	unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + (int64_t)day_of_era - 719468;
}

static void civil_from_days(int64_t days, int *year, unsigned *month, unsigned *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	unsigned day_of_era = (unsigned)(days - era * 146097);
	unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned shifted = (5 * day_of_year + 2) / 153;
	*day = day_of_year - (153 * shifted + 2) / 5 + 1;
	*month = shifted < 10 ? shifted + 3 : shifted - 9;
	*year = (int)((int64_t)year_of_era + era * 400 + (*month <= 2));
}

bool instant_exists(int64_t ms)
{
	return ms >= -62135596800000 && ms < 253402300800000;
}

/* Exactly `digits` decimal digits. */
static bool take_number(const char **at, const char *end, int digits, unsigned *ret)
{
	unsigned number = 0;

	if (end - *at < digits)
		return false;
	for (int i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		number = number * 10 + (unsigned)(**at - '0');
	}
	*ret = number;
	return true;
}

static bool take(const char **at, const char *end, char wanted)
{
	if (*at >= end || **at != wanted)
		return false;
	(*at)++;
	return true;
}

static bool take_date(const char **at, const char *end, int64_t *ret_ms)
{
	static const unsigned char days_in[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned year, month, day;

	if (!take_number(at, end, 4, &year) || !take(at, end, '-') || !take_number(at, end, 2, &month) ||
		!take(at, end, '-') || !take_number(at, end, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > days_in[month - 1] + (unsigned)(month == 2 && leap))
		return false;
	*ret_ms = days_from_civil(year, month, day) * DAY_MS;
	return true;
}

static bool take_zone(const char **at, const char *end, int64_t *ret_offset_ms)
{
	unsigned hours, minutes;

	if (take(at, end, 'Z')) {
		*ret_offset_ms = 0;
		return true;
	}
	int sign = take(at, end, '+') ? 1 : take(at, end, '-') ? -1 : 0;
	if (sign == 0 || !take_number(at, end, 2, &hours))
		return false;
	(void)take(at, end, ':');
	if (!take_number(at, end, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_offset_ms = sign * (int64_t)(hours * 60 + minutes) * 60000;
	return true;
}

bool instant_parse(const char *text, size_t length, int64_t *ret_ms)
{
	const char *at = text, *end = text + length;
	unsigned hour, minute, second, milliseconds = 0;
	int64_t day_ms, offset_ms;

	if (!take_date(&at, end, &day_ms) || !(take(&at, end, 'T') || take(&at, end, ' ')))
		return false;
	if (!take_number(&at, end, 2, &hour) || !take(&at, end, ':') || !take_number(&at, end, 2, &minute) ||
		!take(&at, end, ':') || !take_number(&at, end, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	if (take(&at, end, '.')) {
		unsigned digits = 0;
		for (; at < end && *at >= '0' && *at <= '9'; at++, digits++)
			if (digits < 3)
				milliseconds = milliseconds * 10 + (unsigned)(*at - '0');
		if (digits == 0)
			return false;
		for (; digits < 3; digits++)
			milliseconds *= 10;
	}
	if (!take_zone(&at, end, &offset_ms) || at != end)
		return false;
	int64_t ms = day_ms + (int64_t)(hour * 3600 + minute * 60 + second) * 1000 + milliseconds - offset_ms;
	if (!instant_exists(ms))
		return false;
	*ret_ms = ms;
	return true;
}

bool instant_parse_date(const char *text, size_t length, int64_t *ret_ms)
{
	const char *at = text, *end = text + length;
	int64_t ms;

	if (!take_date(&at, end, &ms) || at != end)
		return false;
	*ret_ms = ms;
	return true;
}

/* Writes the last `digits` decimal digits. Every record has a time: with snprintf that took longer than to read it. */
static void put_number(char *text, unsigned number, int digits)
{
	for (int i = digits - 1; i >= 0; i--, number /= 10)
		text[i] = (char)('0' + number % 10);
}

void instant_format(int64_t ms, char text[static INSTANT_TEXT_SIZE])
{
	int64_t days = ms / DAY_MS, rest = ms % DAY_MS;
	unsigned month, day;
	int year;

	if (rest < 0) {
		rest += DAY_MS;
		days--;
	}
	civil_from_days(days, &year, &month, &day);
	unsigned of_day = (unsigned)rest;
	memcpy(text, "YYYY-MM-DDThh:mm:ss.000Z", sizeof "YYYY-MM-DDThh:mm:ss.000Z");
	put_number(text, (unsigned)year, 4);
	put_number(text + 5, month, 2);
	put_number(text + 8, day, 2);
	put_number(text + 11, of_day / 3600000, 2);
	put_number(text + 14, of_day / 60000 % 60, 2);
	put_number(text + 17, of_day / 1000 % 60, 2);
	put_number(text + 20, of_day % 1000, 3);
}

void instant_format_date(int64_t ms, char text[static INSTANT_TEXT_SIZE])
{
	instant_format(ms, text);
	text[10] = '\0';
}

bool instant_parse_http(const char *text, int64_t *ret_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *at = text, *end = text + strlen(text);
	unsigned day, year, hour, minute, second;
	int64_t date_ms;

	if (end - at != 29 || at[3] != ',' || at[4] != ' ')
		return false;
	at += 5;
	if (!take_number(&at, end, 2, &day) || !take(&at, end, ' '))
		return false;
	char name[4] = { at[0], at[1], at[2], '\0' };
	const char *found = strstr(months, name);
	if (found == NULL || (found - months) % 3 != 0)
		return false;
	unsigned month = (unsigned)(found - months) / 3 + 1;
	at += 3;
	if (!take(&at, end, ' ') || !take_number(&at, end, 4, &year) || !take(&at, end, ' ') ||
		!take_number(&at, end, 2, &hour) || !take(&at, end, ':') || !take_number(&at, end, 2, &minute) ||
		!take(&at, end, ':') || !take_number(&at, end, 2, &second) || strcmp(at, " GMT") != 0)
		return false;
	char date[16];
	(void)snprintf(date, sizeof date, "%04u-%02u-%02u", year % 10000, month % 100, day % 100);
	if (hour > 23 || minute > 59 || second > 60 || !instant_parse_date(date, 10, &date_ms))
		return false;
	*ret_ms = date_ms + (int64_t)(hour * 3600 + minute * 60 + second) * 1000;
	return true;
}
