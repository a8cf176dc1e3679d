#include "connectors/scale.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/instant.h"

enum scale_kind { SCALE_WORDS, SCALE_DATE, SCALE_RANGE, SCALE_LABELS };
enum { NUMBER_SIZE = 48, WORD_SIZE = 128 };

struct label {
	char *text;
	double number;
};

struct scale {
	enum scale_kind kind;
	char *how;
	double worst, best;
	struct label *labels; /* of words too, each 1 */
	size_t count;
};

static const char shapes[] =
	"write 'in WORD, WORD', 'date', 'from WORST to BEST' or 'labels LABEL NUMBER, LABEL NUMBER'";

/* Without the blanks around; what doesn't fit is cut, and then fits no label. */
static void trim(const char *text, size_t length, char out[static WORD_SIZE])
{
	while (length > 0 && isspace((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	length = length < WORD_SIZE ? length : WORD_SIZE - 1;
	memmove(out, text, length); /* it may be the same place */
	out[length] = '\0';
}

static bool read_number(const char *text, double *ret_number)
{
	char *end;
	double number = strtod(text, &end);

	if (*text == '\0' || *end != '\0' || strspn(text, "+-.0123456789") != strlen(text) || !isfinite(number))
		return false;
	*ret_number = number;
	return true;
}

static void add_label(struct scale *scale, const char *text, double number)
{
	scale->labels = memory_resize(scale->labels, (scale->count + 1) * sizeof *scale->labels);
	scale->labels[scale->count++] = (struct label){ memory_copy_text(text), number };
}

/* "A, B", or "A 95, B 60": the number is the last word. */
static bool read_labels(struct scale *scale, const char *list, struct failure *failure)
{
	char item[WORD_SIZE];

	for (; *list != '\0'; list += *list == ',') {
		size_t length = strcspn(list, ",");
		double number = 1;
		trim(list, length, item);
		list += length;
		if (*item == '\0')
			continue;
		if (scale->kind == SCALE_LABELS) {
			char *space = strrchr(item, ' ');
			if (space == NULL || !read_number(space + 1, &number)) {
				failure_set(failure, FAILURE_PERMANENT,
					"'%.60s' is no label with its number, as in Green 90", item);
				return false;
			}
			*space = '\0';
			trim(item, strlen(item), item);
		}
		for (size_t i = 0; i < scale->count; i++)
			if (strcmp(scale->labels[i].text, item) == 0) {
				failure_set(failure, FAILURE_PERMANENT, "'%.60s' is given twice", item);
				return false;
			}
		add_label(scale, item, number);
	}
	if (scale->count == 0)
		failure_set(failure, FAILURE_PERMANENT, "'| %.60s' names no word", scale->how);
	return scale->count > 0;
}

static bool read_range(struct scale *scale, const char *text, struct failure *failure)
{
	char worst[WORD_SIZE] = "", best[WORD_SIZE] = "";
	const char *to = strstr(text, " to ");

	if (to != NULL) {
		trim(text, (size_t)(to - text), worst);
		trim(to + 4, strlen(to + 4), best);
	}
	if (!read_number(worst, &scale->worst) || !read_number(best, &scale->best) || scale->worst == scale->best) {
		failure_set(failure, FAILURE_PERMANENT,
			"'| %.60s' is no scale: write from WORST to BEST, two different numbers, as in from 0 to "
			"10, "
			"or from 100 to 0 where less is better",
			scale->how);
		return false;
	}
	return true;
}

struct scale *scale_parse(const char *how, struct failure *failure)
{
	struct scale *scale = memory_allocate(sizeof *scale);
	bool good = true;

	scale->how = memory_copy_text(how);
	if (strncmp(how, "in ", 3) == 0) {
		scale->kind = SCALE_WORDS;
		good = read_labels(scale, how + 3, failure);
	} else if (strcmp(how, "date") == 0) {
		scale->kind = SCALE_DATE;
	} else if (strncmp(how, "from ", 5) == 0) {
		scale->kind = SCALE_RANGE;
		good = read_range(scale, how + 5, failure);
	} else if (strncmp(how, "labels ", 7) == 0) {
		scale->kind = SCALE_LABELS;
		good = read_labels(scale, how + 7, failure);
	} else {
		failure_set(failure, FAILURE_PERMANENT, "'| %.60s' is not understood: %s", how, shapes);
		good = false;
	}
	return good ? scale : scale_free(scale);
}

struct scale *scale_free(struct scale *scale)
{
	if (scale == NULL)
		return NULL;
	for (size_t i = 0; i < scale->count; i++)
		free(scale->labels[i].text);
	free(scale->labels);
	free(scale->how);
	free(scale);
	return NULL;
}

bool scale_takes(const struct scale *scale, enum column_type type)
{
	if (scale == NULL)
		return type == COLUMN_NUMBER || type == COLUMN_BOOLEAN;
	switch (scale->kind) {
	case SCALE_DATE:
		return type == COLUMN_DATE;
	case SCALE_RANGE:
		return type == COLUMN_NUMBER;
	case SCALE_WORDS:
	case SCALE_LABELS:
		break;
	}
	return type == COLUMN_TEXT;
}

struct scale *scale_copy(const struct scale *scale)
{
	if (scale == NULL)
		return NULL;
	struct scale *copy = memory_allocate(sizeof *copy);
	*copy = (struct scale){
		.kind = scale->kind, .how = memory_copy_text(scale->how), .worst = scale->worst, .best = scale->best
	};
	for (size_t i = 0; i < scale->count; i++)
		add_label(copy, scale->labels[i].text, scale->labels[i].number);
	return copy;
}

void scale_alias(struct scale *scale, const char *label, const char *alias)
{
	size_t known = scale == NULL ? 0 : scale->count;

	for (size_t i = 0; i < known; i++)
		if (strcmp(scale->labels[i].text, label) == 0) {
			add_label(scale, alias, scale->labels[i].number);
			return;
		}
}

const char *scale_text(const struct scale *scale)
{
	return scale == NULL ? "" : scale->how;
}

/* Conversion ------------------------------------------------------------------------------------------ */

/* At most six digits behind the point, none that say nothing. */
static void write_number(double number, struct arena *arena, struct value *ret_value)
{
	char *text = arena_take(arena, NUMBER_SIZE);
	int length = snprintf(text, NUMBER_SIZE, "%.6f", number);

	while (text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	*ret_value = (struct value){ text, (size_t)length };
}

static bool convert_number(
	const struct json_value *json, struct arena *arena, struct value *ret_value, const char **ret_problem)
{
	struct value yes;
	const char *ignored;

	if (value_convert(json, COLUMN_NUMBER, arena, ret_value, ret_problem))
		return true;
	if (!value_convert(json, COLUMN_BOOLEAN, arena, &yes, &ignored))
		return false;
	*ret_value = (struct value){ value_is(&yes, "t") ? "1" : "0", 1 };
	return true;
}

static bool convert_date(
	const struct json_value *json, struct arena *arena, struct value *ret_value, const char **ret_problem)
{
	struct value day;
	int64_t ms;

	if (!value_convert(json, COLUMN_DATE, arena, &day, ret_problem))
		return false;
	*ret_value = (struct value){ NULL, 0 };
	if (day.text == NULL)
		return true;
	*ret_problem = "is not a date";
	if (!instant_parse_date(day.text, day.length, &ms))
		return false;
	char *text = arena_take(arena, NUMBER_SIZE);
	int length = snprintf(text, NUMBER_SIZE, "%" PRId64, ms / 1000);
	*ret_value = (struct value){ text, (size_t)length };
	return true;
}

static bool convert_range(const struct scale *scale, const struct json_value *json, struct arena *arena,
	struct value *ret_value, const char **ret_problem)
{
	char text[NUMBER_SIZE];

	if (!value_convert(json, COLUMN_NUMBER, arena, ret_value, ret_problem))
		return false;
	if (ret_value->text == NULL)
		return true;
	(void)snprintf(text, sizeof text, "%.*s", (int)ret_value->length, ret_value->text);
	double share = (strtod(text, NULL) - scale->worst) / (scale->best - scale->worst);
	*ret_problem = "is outside of the scale that the mapping declares";
	if (!(share >= 0 && share <= 1))
		return false;
	write_number(share * 100, arena, ret_value);
	return true;
}

static bool convert_labels(const struct scale *scale, const struct json_value *json, struct arena *arena,
	struct value *ret_value, const char **ret_problem)
{
	struct value text;

	if (!value_convert(json, COLUMN_TEXT, arena, &text, ret_problem))
		return false;
	*ret_value = (struct value){ NULL, 0 };
	if (text.text == NULL)
		return true;
	for (size_t i = 0; i < scale->count; i++)
		if (value_is(&text, scale->labels[i].text)) {
			write_number(scale->labels[i].number, arena, ret_value);
			return true;
		}
	if (scale->kind == SCALE_WORDS) {
		*ret_value = (struct value){ "0", 1 };
		return true;
	}
	*ret_problem = "is none of the labels that the mapping knows";
	return false;
}

bool scale_convert(const struct scale *scale, const struct json_value *json, struct arena *arena,
	struct value *ret_value, const char **ret_problem)
{
	if (scale == NULL)
		return convert_number(json, arena, ret_value, ret_problem);
	switch (scale->kind) {
	case SCALE_DATE:
		return convert_date(json, arena, ret_value, ret_problem);
	case SCALE_RANGE:
		return convert_range(scale, json, arena, ret_value, ret_problem);
	case SCALE_WORDS:
	case SCALE_LABELS:
		break;
	}
	return convert_labels(scale, json, arena, ret_value, ret_problem);
}

/* The way back ---------------------------------------------------------------------------------------- */

static bool holds(double value, const char *operator, double number)
{
	if (value == number)
		return strchr(operator, '=') != NULL;
	return (value < number && operator[0] == '<') || (value > number && operator[0] == '>');
}

static bool invert_number(const char *operator, const char * number, struct record_test *test)
{
	bool is_yes = strcmp(operator, "=") == 0 && strcmp(number, "1") == 0;
	bool is_no = strcmp(operator, "=") == 0 && strcmp(number, "0") == 0;

	test->kind = is_yes ? RECORD_TEST_YES : is_no ? RECORD_TEST_NO : RECORD_TEST_NUMBER;
	(void)snprintf(test->operator, sizeof test->operator, "%s", operator);
	return snprintf(test->number, sizeof test->number, "%s", number) < (int)sizeof test->number;
}

/* A scale that runs down turns the operator round. */
static bool invert_range(const struct scale *scale, const char *operator, double number, struct record_test *test)
{
	static const char turned[] = { ['<'] = '>', ['>'] = '<', ['='] = '=' };
	bool falls = scale->best < scale->worst;

	test->kind = RECORD_TEST_NUMBER;
	(void)snprintf(test->operator, sizeof test->operator, "%c%s",
		falls ? turned[(unsigned char)operator[0]] : operator[0], operator+ 1);
	return snprintf(test->number, sizeof test->number, "%.6f",
		       scale->worst + number / 100 * (scale->best - scale->worst)) < (int)sizeof test->number;
}

static bool invert_labels(const struct scale *scale, const char *operator, double number, struct record_test *test)
{
	/* Any other word is 0: they can't be counted up. */
	if (scale->kind == SCALE_WORDS && holds(0, operator, number))
		return false;
	test->kind = RECORD_TEST_WORDS;
	for (size_t i = 0; i < scale->count; i++) {
		if (!holds(scale->labels[i].number, operator, number))
			continue;
		if (test->word_count == RECORD_WORDS_MOST)
			return false;
		test->words[test->word_count++] = scale->labels[i].text;
	}
	return test->word_count > 0;
}

bool scale_invert(
	const struct scale *scale, const char *operator, const char * number, struct record_test *ret_test)
{
	*ret_test = (struct record_test){ .kind = RECORD_TEST_NUMBER };
	if (scale == NULL)
		return invert_number(operator, number, ret_test);
	switch (scale->kind) {
	case SCALE_DATE:
		return false;
	case SCALE_RANGE:
		return invert_range(scale, operator, strtod(number, NULL), ret_test);
	case SCALE_WORDS:
	case SCALE_LABELS:
		break;
	}
	return invert_labels(scale, operator, strtod(number, NULL), ret_test);
}

/* Examples -------------------------------------------------------------------------------------------- */

static bool check_one(const struct scale *scale, const char *given, const char *wanted, struct arena *arena,
	struct failure *failure)
{
	struct json_value json = { .type = JSON_VALUE_STRING, .text = given, .length = strlen(given) };
	char text[NUMBER_SIZE] = "nothing";
	struct value value;
	const char *problem;
	double number;

	if (!read_number(wanted, &number)) {
		failure_set(failure, FAILURE_PERMANENT, "'%.60s' is no number; write examples as 25 is 75", wanted);
		return false;
	}
	if (!scale_convert(scale, &json, arena, &value, &problem)) {
		failure_set(failure, FAILURE_PERMANENT, "the example '%.60s' %s", given, problem);
		return false;
	}
	if (value.text != NULL)
		(void)snprintf(text, sizeof text, "%.*s", (int)value.length, value.text);
	if (value.text != NULL && fabs(strtod(text, NULL) - number) < 0.001)
		return true;
	failure_set(failure, FAILURE_PERMANENT,
		"the example '%.60s' comes out as %s, not as %s; is the scale the wrong way round?", given, text,
		wanted);
	return false;
}

bool scale_check(const struct scale *scale, const char *examples, struct failure *failure)
{
	struct arena *arena = arena_new();
	bool good = true;

	for (; good && *examples != '\0'; examples += *examples == ',') {
		char item[WORD_SIZE] = "", given[WORD_SIZE], wanted[WORD_SIZE];
		size_t length = strcspn(examples, ",");
		trim(examples, length, item);
		examples += length;
		const char *is = strstr(item, " is ");
		if (is == NULL) {
			failure_set(
				failure, FAILURE_PERMANENT, "'%.60s' is no example; write one as 25 is 75", item);
			good = false;
			continue;
		}
		trim(item, (size_t)(is - item), given);
		trim(is + 4, strlen(is + 4), wanted);
		good = check_one(scale, given, wanted, arena, failure);
	}
	arena_free(arena);
	return good;
}
