#include "daemon/config_threshold.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS_MOST = 30 };

static bool is_decimal(const char *text)
{
	text += *text == '-';
	size_t whole = strspn(text, "0123456789"), part = 0;
	if (text[whole] == '.') {
		part = strspn(text + whole + 1, "0123456789");
		if (part == 0)
			return false;
	}
	/* JSON knows no number with a zero in front: 07 is an error there. */
	if (whole == 0 || (whole > 1 && text[0] == '0') || whole + part > DIGITS_MOST)
		return false;
	return text[whole + part + (part > 0)] == '\0';
}

bool threshold_parse(const char *text, struct threshold *ret_threshold, struct failure *failure)
{
	/* What a mapping makes of yes and no. */
	if (strcmp(text, "is yes") == 0 || strcmp(text, "is no") == 0) {
		*ret_threshold = (struct threshold){ .operator= "=" };
		(void)snprintf(ret_threshold->value, sizeof ret_threshold->value, "%d", text[3] == 'y');
		return true;
	}
	size_t length = strspn(text, "<>=");
	const char *value = text + length + strspn(text + length, " \t");
	bool known = (length == 1 && strchr("<>=", text[0]) != NULL) ||
		     (length == 2 && (strncmp(text, "<=", 2) == 0 || strncmp(text, ">=", 2) == 0));

	if (!known) {
		failure_set(failure, FAILURE_PERMANENT,
			"'%.60s' is no condition; write <, <=, >, >= or = and a number, as in < 60; or is yes, is "
			"no",
			text);
		return false;
	}
	if (!is_decimal(value)) {
		failure_set(failure, FAILURE_PERMANENT,
			"'%.60s' is no number; write digits, at most %d, with a '.' for the fraction, as "
			"in < 60.5",
			value, DIGITS_MOST);
		return false;
	}
	*ret_threshold = (struct threshold){ 0 };
	memcpy(ret_threshold->operator, text, length);
	(void)snprintf(ret_threshold->value, sizeof ret_threshold->value, "%s", value);
	return true;
}

/* Numbers -------------------------------------------------------------------------------------------- */

/* Both without sign. */
static int compare_magnitudes(const char *one, const char *other)
{
	size_t one_whole, other_whole;

	one += strspn(one, "0");
	other += strspn(other, "0");
	one_whole = strspn(one, "0123456789");
	other_whole = strspn(other, "0123456789");
	if (one_whole != other_whole)
		return one_whole < other_whole ? -1 : 1;
	int order = strncmp(one, other, one_whole);
	if (order != 0)
		return order;
	one += one_whole + (one[one_whole] == '.');
	other += other_whole + (other[other_whole] == '.');
	while (*one != '\0' || *other != '\0') {
		char digit = *one == '\0' ? '0' : *one++, against = *other == '\0' ? '0' : *other++;
		if (digit != against)
			return digit < against ? -1 : 1;
	}
	return 0;
}

int threshold_compare(const char *one, const char *other)
{
	bool one_negative = *one == '-' && compare_magnitudes(one + 1, "0") != 0;
	bool other_negative = *other == '-' && compare_magnitudes(other + 1, "0") != 0;
	int order = compare_magnitudes(one + (*one == '-'), other + (*other == '-'));

	if (one_negative != other_negative)
		return one_negative ? -1 : 1;
	return one_negative ? -order : order;
}

/* Overlaps ------------------------------------------------------------------------------------------- */

static bool is_point(const struct threshold *threshold)
{
	return threshold->operator[0] == '=';
}

static bool includes_edge(const struct threshold *threshold)
{
	return is_point(threshold) || threshold->operator[1] == '=';
}

static bool meets(const char *value, const struct threshold *threshold)
{
	int order = threshold_compare(value, threshold->value);

	if (order == 0)
		return includes_edge(threshold);
	return (order < 0 && threshold->operator[0] == '<') || (order > 0 && threshold->operator[0] == '>');
}

bool threshold_overlap(const struct threshold *one, const struct threshold *other, char *which, size_t size)
{
	if (is_point(one) || is_point(other)) {
		const struct threshold *point = is_point(one) ? one : other;
		(void)snprintf(which, size, "the value %s", point->value);
		return meets(point->value, is_point(one) ? other : one);
	}
	if (one->operator[0] == other->operator[0]) {
		bool below = one->operator[0] == '<';
		bool one_is_inner = (threshold_compare(one->value, other->value) < 0) == below;
		(void)snprintf(which, size, "every value %s %s", below ? "below" : "above",
			one_is_inner ? one->value : other->value);
		return true;
	}
	const struct threshold *upper = one->operator[0] == '<' ? one : other; /* holds below its value */
	const struct threshold *lower = upper == one ? other : one;
	int order = threshold_compare(lower->value, upper->value);
	if (order < 0)
		(void)snprintf(which, size, "every value between %s and %s", lower->value, upper->value);
	if (order == 0)
		(void)snprintf(which, size, "the value %s", upper->value);
	return order < 0 || (order == 0 && includes_edge(upper) && includes_edge(lower));
}
