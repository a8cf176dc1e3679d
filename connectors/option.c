#include "connectors/option.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/address.h"
#include "connectors/memory.h"
#include "connectors/secret.h"

enum { NAME_LIMIT = 64 };

static void *member_of(const struct option *option, void *settings)
{
	return (char *)settings + option->offset;
}

static bool refuse(struct failure *failure, const struct option *option, const char *text, const char *right)
{
	failure_set(failure, FAILURE_PERMANENT, "%s: '%.60s' %s", option->name, text, right);
	return false;
}

static void set_text(const struct option *option, void *settings, char *text)
{
	char **member = member_of(option, settings);

	free(*member);
	*member = text;
}

/* Digits only, so that nothing is read which strtoll would forgive. */
static bool parse_digits(const char *text, size_t length, int64_t *ret_value)
{
	int64_t value = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)text[i]) || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, text[i] - '0', &value))
			return false;
	}
	*ret_value = value;
	return true;
}

/* Addresses ----------------------------------------------------------------------------------------- */

/* What RFC 3986 leaves to a path without a query or a fragment. */
static bool is_path(const char *path)
{
	return path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				 "-._~!$&'()*+,;=:@/%")] == '\0';
}

/* The address is not repeated in the message: people put credentials into addresses. */
static bool set_url(const struct option *option, void *settings, const char *text, struct failure *failure)
{
	static const char *const advice[] = {
		[ADDRESS_SCHEME] = "this is no address; write https://HOST, or https://HOST:PORT/PATH",
		[ADDRESS_USER] = "an address holds no user and no password; credentials have keys of their own",
		[ADDRESS_HOST] = "the host can't be read; write https://HOST",
		[ADDRESS_PORT] = "the port can't be read; write https://HOST:PORT with 1 to 65535",
		[ADDRESS_PLAIN] = "http is for a test server on localhost, 127.0.0.1 or [::1] only; write https://",
	};
	const char *path;
	enum address_fault fault = address_read(text, &path);

	if (fault != ADDRESS_GOOD) {
		failure_set(failure, FAILURE_PERMANENT, "%s: %s", option->name, advice[fault]);
		return false;
	}
	if (!is_path(path)) {
		failure_set(failure, FAILURE_PERMANENT,
			"%s: an address ends with its path: no blanks, no '?', no '#', and other characters as "
			"%%XX",
			option->name);
		return false;
	}
	size_t whole = strlen(text);
	while (text[whole - 1] == '/')
		whole--;
	set_text(option, settings, memory_copy(text, whole));
	return true;
}

/* Words ---------------------------------------------------------------------------------------------- */

static bool is_choice(const char *choices, const char *text)
{
	size_t length = strlen(text);

	for (const char *at = choices; *at != '\0';) {
		size_t word = strcspn(at, " ");
		if (word == length && strncmp(at, text, length) == 0)
			return true;
		at += word;
		at += strspn(at, " ");
	}
	return false;
}

static bool refuse_choice(struct failure *failure, const struct option *option, const char *text)
{
	char right[200];

	(void)snprintf(right, sizeof right, "is not understood; write one of: %s", option->choices);
	return refuse(failure, option, text, right);
}

static char **list_free(char **list)
{
	for (char **item = list; item != NULL && *item != NULL; item++)
		free(*item);
	free(list);
	return NULL;
}

static bool set_list(const struct option *option, void *settings, const char *text, struct failure *failure)
{
	char **list = memory_allocate(sizeof *list);
	size_t count = 0;

	for (const char *at = text;; at++) {
		at += strspn(at, " \t");
		size_t length = strcspn(at, ","), kept = length;
		while (kept > 0 && isblank((unsigned char)at[kept - 1]))
			kept--;
		if (kept == 0) {
			list_free(list);
			return refuse(failure, option, text, "has an empty place; write a, b, c");
		}
		list = memory_resize(list, (count + 2) * sizeof *list);
		list[count++] = memory_copy(at, kept);
		list[count] = NULL;
		if (option->choices != NULL && !is_choice(option->choices, list[count - 1])) {
			(void)refuse_choice(failure, option, list[count - 1]);
			list_free(list);
			return false;
		}
		at += length;
		if (*at == '\0')
			break;
	}
	char ***member = member_of(option, settings);
	list_free(*member);
	*member = list;
	return true;
}

/* Numbers -------------------------------------------------------------------------------------------- */

struct unit {
	char letter;
	int64_t seconds;
};

static const struct unit units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

/* 300 becomes "5m", for messages. */
static void write_duration(int64_t seconds, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (seconds != 0 && seconds % units[i].seconds == 0) {
			(void)snprintf(
				text, size, "%lld%c", (long long)(seconds / units[i].seconds), units[i].letter);
			return;
		}
	(void)snprintf(text, size, "0");
}

/* A row without bounds has both at zero. */
static bool within(const struct option *option, int64_t value)
{
	return (option->least == 0 && option->most == 0) || (value >= option->least && value <= option->most);
}

static void set_number(const struct option *option, void *settings, int64_t value)
{
	int64_t *member = member_of(option, settings);

	*member = value;
}

static bool set_duration(const struct option *option, void *settings, const char *text, struct failure *failure)
{
	size_t digits = strspn(text, "0123456789");
	char least[32], most[32], right[120];
	int64_t value, factor = 0;

	if (digits > 0 && (strcmp(text + digits, "bh") == 0 || strcmp(text + digits, "bd") == 0))
		return refuse(failure, option, text,
			"is business time, which only an SLA's target is given in; write 4h or 2d");
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (text[digits] == units[i].letter && text[digits + 1] == '\0')
			factor = units[i].seconds;
	if (strcmp(text, "0") == 0)
		factor = 1;
	if (factor == 0 || !parse_digits(text, digits, &value) || __builtin_mul_overflow(value, factor, &value))
		return refuse(
			failure, option, text, "is no duration; write a number and s, m, h or d, as in 90s or 15m");
	if (!within(option, value)) {
		write_duration(option->least, least, sizeof least);
		write_duration(option->most, most, sizeof most);
		(void)snprintf(right, sizeof right, "is out of bounds; write %s to %s", least, most);
		return refuse(failure, option, text, right);
	}
	set_number(option, settings, value);
	return true;
}

static bool set_integer(const struct option *option, void *settings, const char *text, struct failure *failure)
{
	bool negative = text[0] == '-';
	char right[120];
	int64_t value;

	if (!parse_digits(text + negative, strlen(text + negative), &value))
		return refuse(failure, option, text, "is no whole number; write digits only");
	value = negative ? -value : value;
	if (!within(option, value)) {
		(void)snprintf(right, sizeof right, "is out of bounds; write %lld to %lld",
			(long long)option->least, (long long)option->most);
		return refuse(failure, option, text, right);
	}
	set_number(option, settings, value);
	return true;
}

static bool set_percent(const struct option *option, void *settings, const char *text, struct failure *failure)
{
	size_t digits = strspn(text, "0123456789");
	int64_t least = option->most == 0 ? 0 : option->least, most = option->most == 0 ? 100 : option->most;
	char right[120];
	int64_t value;

	if ((strcmp(text + digits, "%") == 0 || text[digits] == '\0') && parse_digits(text, digits, &value) &&
		value >= least && value <= most) {
		set_number(option, settings, value);
		return true;
	}
	(void)snprintf(
		right, sizeof right, "is no percentage; write %lld%% to %lld%%", (long long)least, (long long)most);
	return refuse(failure, option, text, right);
}

static bool set_boolean(const struct option *option, void *settings, const char *text, struct failure *failure)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcasecmp(text, words[i]) == 0) {
			bool *member = member_of(option, settings);
			*member = i % 2 == 1;
			return true;
		}
	return refuse(failure, option, text, "is neither yes nor no; write yes or no");
}

/* Rows ----------------------------------------------------------------------------------------------- */

bool option_set(const struct option *option, void *settings, const char *text, struct failure *failure)
{
	if (*text == '\0') {
		failure_set(failure, FAILURE_PERMANENT, "%s: has no value; give one, or leave the line out",
			option->name);
		return false;
	}
	switch (option->type) {
	case OPTION_TEXT:
	case OPTION_FILE:
		set_text(option, settings, memory_copy_text(text));
		return true;
	case OPTION_CHOICE:
		if (!is_choice(option->choices, text))
			return refuse_choice(failure, option, text);
		set_text(option, settings, memory_copy_text(text));
		return true;
	case OPTION_URL:
		return set_url(option, settings, text, failure);
	case OPTION_LIST:
		return set_list(option, settings, text, failure);
	case OPTION_INTEGER:
		return set_integer(option, settings, text, failure);
	case OPTION_DURATION:
		return set_duration(option, settings, text, failure);
	case OPTION_PERCENT:
		return set_percent(option, settings, text, failure);
	case OPTION_BOOLEAN:
		return set_boolean(option, settings, text, failure);
	case OPTION_SECRET:
		break;
	}
	assert(!"a secret is read from its file by the program");
	return false;
}

void option_defaults(const struct option *options, size_t count, void *settings)
{
	struct failure failure;

	for (size_t i = 0; i < count; i++) {
		if (options[i].initial == NULL)
			continue;
		bool good = option_set(&options[i], settings, options[i].initial, &failure);
		assert(good);
		(void)good;
	}
}

void option_clear(const struct option *options, size_t count, void *settings)
{
	for (size_t i = 0; i < count; i++) {
		void *member = member_of(&options[i], settings);

		switch (options[i].type) {
		case OPTION_TEXT:
		case OPTION_URL:
		case OPTION_CHOICE:
		case OPTION_FILE:
			free(*(char **)member);
			*(char **)member = NULL;
			break;
		case OPTION_LIST:
			*(char ***)member = list_free(*(char ***)member);
			break;
		case OPTION_SECRET:
			*(struct secret **)member = secret_free(*(struct secret **)member);
			break;
		case OPTION_INTEGER:
		case OPTION_DURATION:
		case OPTION_PERCENT:
			*(int64_t *)member = 0;
			break;
		case OPTION_BOOLEAN:
			*(bool *)member = false;
			break;
		}
	}
}

const struct option *option_find(const struct option *options, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

/* Nearest names -------------------------------------------------------------------------------------- */

static size_t least_of(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* How many letters must be put in, left out, replaced or swapped with a neighbour (optimal string alignment).
 * Both texts are shorter than NAME_LIMIT. */
static size_t distance(const char *one, const char *other)
{
	size_t rows[3][NAME_LIMIT + 1];
	size_t width = strlen(other);

	for (size_t j = 0; j <= width; j++)
		rows[0][j] = j;
	for (size_t i = 1; one[i - 1] != '\0'; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= width; j++) {
			now[j] = least_of(
				least_of(before[j], now[j - 1]) + 1, before[j - 1] + (one[i - 1] != other[j - 1]));
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
				now[j] = least_of(now[j], older[j - 2] + 1);
		}
	}
	return rows[strlen(one) % 3][width];
}

/* "client_secret" means "client_secret_file", however many letters that is. */
static bool begins(const char *longer, const char *shorter)
{
	size_t length = strlen(shorter);

	return length >= 4 && strncmp(longer, shorter, length) == 0;
}

const char *option_nearest(const struct option *options, size_t count, const char *name)
{
	const char *nearest = NULL;
	size_t length = strlen(name), best = 0;

	if (length == 0 || length >= NAME_LIMIT)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *known = options[i].name;
		if (strlen(known) >= NAME_LIMIT)
			continue;
		size_t far = distance(name, known);
		if (far > length / 3 + 1 && (begins(known, name) || begins(name, known)))
			far = length / 3 + 1;
		if (far <= length / 3 + 1 && far < length && (nearest == NULL || far < best)) {
			nearest = known;
			best = far;
		}
	}
	return nearest;
}
