#include "daemon/config_condition.h"

#include <stdio.h>
#include <string.h>

#include "connectors/option.h"

enum { WORDS_MOST = 6, WORD_SIZE = 64, DAY = 86400 };

struct words {
	size_t count;
	char word[WORDS_MOST][WORD_SIZE];
};

/* False: more or longer words than any condition has. */
static bool split(const char *text, struct words *ret_words)
{
	*ret_words = (struct words){ 0 };
	for (text += strspn(text, " \t"); *text != '\0'; text += strspn(text, " \t")) {
		size_t length = strcspn(text, " \t");
		if (ret_words->count == WORDS_MOST || length >= WORD_SIZE)
			return false;
		memcpy(ret_words->word[ret_words->count++], text, length);
		text += length;
	}
	return true;
}

static bool refuse(struct failure *failure, const char *word, const char *right)
{
	failure_set(failure, FAILURE_PERMANENT, "'%.60s' is wrong; write %s", word, right);
	return false;
}

/* Whether the words at `from` are those of `wanted`, which has NULL where any word may stand. The last of the
 * written words that differs, or the end, is what *ret_wrong names. */
static bool follows(const struct words *words, const char *const *wanted, size_t count, const char **ret_wrong)
{
	for (size_t i = 0; i < count; i++) {
		*ret_wrong = i < words->count ? words->word[i] : "the end";
		if (i >= words->count || (wanted[i] != NULL && strcmp(words->word[i], wanted[i]) != 0))
			return false;
	}
	*ret_wrong = words->count > count ? words->word[count] : NULL;
	return words->count == count;
}

static bool parse_span(const char *text, int64_t *ret_span_s, struct failure *failure)
{
	static const struct option row = {
		.name = "time", .type = OPTION_DURATION, .offset = 0, .least = 1, .most = INT64_C(3660) * DAY
	};

	return option_set(&row, ret_span_s, text, failure);
}

static bool parse_drop(const struct words *words, struct condition *condition, struct failure *failure)
{
	static const char *const wanted[] = { "drops", NULL, "in", NULL };
	static const char right[] = "how far and within what time, as in drops 20 in 14d";
	struct threshold points;
	char text[WORD_SIZE + 2];
	const char *wrong;

	if (!follows(words, wanted, 4, &wrong))
		return refuse(failure, wrong, right);
	(void)snprintf(text, sizeof text, "> %s", words->word[1]);
	if (!threshold_parse(text, &points, failure))
		return false;
	if (threshold_compare(points.value, "0") <= 0)
		return refuse(failure, words->word[1], "a number above 0, as in drops 20 in 14d");
	memcpy(condition->points, points.value, sizeof condition->points);
	condition->kind = CONDITION_DROP;
	return parse_span(words->word[3], &condition->span_s, failure);
}

static bool parse_date(const struct words *words, const char *const *wanted, size_t count, size_t span,
	const char *right, struct condition *condition, struct failure *failure)
{
	const char *wrong;

	if (!follows(words, wanted, count, &wrong))
		return refuse(failure, wrong, right);
	(void)snprintf(condition->signal, sizeof condition->signal, "%s", words->word[count - 1]);
	return parse_span(words->word[span], &condition->span_s, failure);
}

bool condition_parse(const char *text, struct condition *ret_condition, struct failure *failure)
{
	static const char *const until[] = { "within", NULL, "of", NULL };
	static const char *const since[] = { "less", "than", NULL, "since", NULL };
	static const char *const after[] = { "more", "than", NULL, "since", NULL };
	struct condition condition = { 0 };
	struct words words;
	bool split_well = split(text, &words), good = false;

	if (split_well && strcmp(words.word[0], "drops") == 0) {
		good = parse_drop(&words, &condition, failure);
	} else if (split_well && strcmp(words.word[0], "within") == 0) {
		condition.kind = CONDITION_UNTIL;
		good = parse_date(&words, until, 4, 1, "how long before which date, as in within 60d of renewal_on",
			&condition, failure);
	} else if (split_well && strcmp(words.word[0], "less") == 0) {
		condition.kind = CONDITION_SINCE;
		good = parse_date(&words, since, 5, 2,
			"how long after which date, as in less than 180d since renewal_on", &condition, failure);
	} else if (split_well && strcmp(words.word[0], "more") == 0) {
		condition.kind = CONDITION_AFTER;
		good = parse_date(&words, after, 5, 2,
			"how long after which date, as in more than 7d since oldest_open_case_at", &condition,
			failure);
	} else {
		good = threshold_parse(text, &condition.threshold, failure);
	}
	if (good)
		*ret_condition = condition;
	return good;
}
