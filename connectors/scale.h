/* scale.h - how a mapping turns what a vendor says into a signal's number: words, yes or no, dates, scales, labels. */
#ifndef CONNECTORS_SCALE_H
#define CONNECTORS_SCALE_H

#include <stdbool.h>

#include "connectors/failure.h"
#include "connectors/record_filter.h"
#include "connectors/value.h"

/* What stands behind the bar of a line signal.NAME = FIELD | HOW:
 *
 *	(nothing)              a number as it is; yes and no are 1 and 0
 *	in A, B                1 where the text is exactly one of the words, else 0
 *	date                   the day, as seconds since 1970, at midnight UTC
 *	from WORST to BEST     a number between the two, stretched to 0 (worst) to 100 (best); the direction is declared so
 *	labels A 95, B 60      exactly these labels, as these numbers; another label is an error, never a guess
 */
struct scale;

/* `how` is the text behind the bar, NULL for none. NULL, with the wrong word and what would be right in `failure`. */
struct scale *scale_parse(const char *how, struct failure *failure) __attribute__((warn_unused_result));
struct scale *scale_free(struct scale *scale); /* takes NULL, returns NULL */
/* Fills a decimal number, or NULL for null and "". False when the value can't be one on this scale; *ret_problem says
 * why. The text lives in the arena, or as long as `json`. `scale` NULL: a number as it is. */
bool scale_convert(const struct scale *scale, const struct json_value *json, struct arena *arena,
	struct value *ret_value, const char **ret_problem) __attribute__((warn_unused_result));
/* Which values of a field come out so that `operator` and the decimal `number` hold, as in < 60: what to test the field for.
 * False when no such test can be told (of dates, or of any text but some); `ret_test` is then undefined, else its field is
 * left to the caller. The words are the scale's own. `scale` NULL: = 1 and = 0 are yes and no. */
bool scale_invert(const struct scale *scale, const char *operator, const char * number,
	struct record_test *ret_test) __attribute__((warn_unused_result));
/* Checks examples like "25 is 75, Green is 90": false, with the first that comes out otherwise in `failure`. */
bool scale_check(const struct scale *scale, const char *examples, struct failure *failure)
	__attribute__((warn_unused_result));
/* Whether a value of a column's type can be read on this scale; `check --online` compares that with the vendor's own. */
bool scale_takes(const struct scale *scale, enum column_type type);
/* A copy to add names to: where the vendor may send something else for a label (a Gainsight picklist item's Gsid), it
 * counts as that label. NULL for NULL. The caller frees it. */
struct scale *scale_copy(const struct scale *scale);
void scale_alias(struct scale *scale, const char *label, const char *alias);
/* What was written behind the bar; "" for NULL. */
const char *scale_text(const struct scale *scale);

#endif
