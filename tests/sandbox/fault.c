#include "tests/sandbox/fault.h"

#include "tests/sandbox/server.h"
#include "tests/sandbox/world_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fault_table {
	struct fault *faults;
	size_t count;
};

struct fault_table *fault_table_create(void)
{
	struct fault_table *table = world_allocate(NULL, 1, sizeof(*table));

	*table = (struct fault_table){ 0 };
	return table;
}

void fault_release(struct fault *fault)
{
	json_decref(fault->parameters);
	fault->parameters = NULL;
}

static void fault_remove(struct fault_table *table, size_t at)
{
	fault_release(&table->faults[at]);
	table->count--;
	memmove(table->faults + at, table->faults + at + 1, (table->count - at) * sizeof(*table->faults));
}

void fault_table_destroy(struct fault_table *table)
{
	if (!table)
		return;
	fault_table_clear(table, -1);
	free(table->faults);
	free(table);
}

void fault_table_clear(struct fault_table *table, int vendor)
{
	for (size_t at = table->count; at-- > 0;)
		if (vendor < 0 || table->faults[at].vendor == vendor)
			fault_remove(table, at);
}

const char *fault_parameter(const struct fault *fault, const char *name, const char *otherwise)
{
	const char *value = json_string_value(json_object_get(fault->parameters, name));

	return value ? value : otherwise;
}

long fault_parameter_number(const struct fault *fault, const char *name, long otherwise)
{
	const char *value = fault_parameter(fault, name, NULL);

	return value ? strtol(value, NULL, 10) : otherwise;
}

static bool word_number(json_t *words, const char *name, double *number, const char **wrong)
{
	const char *value = json_string_value(json_object_get(words, name));
	char *end;

	if (!value)
		return false;
	*number = strtod(value, &end);
	if (end == value || *end || *number < 0)
		*wrong = "count, every, after, for and ms take a number, count also the word all";
	return !*wrong;
}

const char *fault_table_add(struct fault_table *table, int vendor, const char *kind, json_t *words)
{
	struct fault fault = { .vendor = vendor, .count = 1, .every = 1 };
	const char *object = json_string_value(json_object_get(words, "object"));
	const char *count = json_string_value(json_object_get(words, "count"));
	const char *wrong = NULL;
	size_t kind_length = strlen(kind);
	double number;

	if (kind_length >= sizeof(fault.kind) || (object && strlen(object) >= sizeof(fault.object)))
		return "kind and object are words of at most 47 characters";
	memcpy(fault.kind, kind, kind_length + 1);
	if (object)
		memcpy(fault.object, object, strlen(object) + 1);
	if (kind_length > 8 && strcmp(kind + kind_length - 8, "-forever") == 0)
		fault.count = -1;
	if (strcmp(kind, "refuse") == 0)
		fault.count = -1;
	if (word_number(words, "for", &number, &wrong)) {
		fault.count = -1;
		fault.ends_at = world_now() + (int64_t)(number * 1000);
	}
	if (count && strcmp(count, "all") == 0)
		fault.count = -1;
	else if (word_number(words, "count", &number, &wrong))
		fault.count = (long)number;
	if (word_number(words, "every", &number, &wrong) && number >= 1) {
		fault.every = (long)number;
		if (!count)
			fault.count = -1;
	}
	if (word_number(words, "after", &number, &wrong))
		fault.after = (long)number;
	word_number(words, "ms", &number, &wrong);
	if (wrong)
		return wrong;
	fault.parameters = json_deep_copy(words);
	table->faults = world_allocate(table->faults, table->count + 1, sizeof(*table->faults));
	table->faults[table->count++] = fault;
	return NULL;
}

static void table_expire(struct fault_table *table)
{
	int64_t now = world_now();

	for (size_t at = table->count; at-- > 0;)
		if (table->faults[at].count == 0 || (table->faults[at].ends_at && table->faults[at].ends_at <= now))
			fault_remove(table, at);
}

static bool fault_matches(const struct fault *fault, int vendor, const char *endpoint, const char *object)
{
	if (fault->vendor != vendor)
		return false;
	/* Nobody means the token endpoint unless he says so: a data fault must leave re-authentication whole.
	 */
	if (strcmp(endpoint, "token") == 0)
		return strcasecmp(fault->object, "token") == 0;
	return !*fault->object || strcasecmp(fault->object, object) == 0 ||
	       strcasecmp(fault->object, endpoint) == 0;
}

size_t fault_table_take(struct fault_table *table, int vendor, const char *endpoint, const char *object,
	struct fault *taken, size_t capacity)
{
	size_t count = 0;

	table_expire(table);
	for (size_t at = 0; at < table->count && count < capacity; at++) {
		struct fault *fault = &table->faults[at];

		if (!fault_matches(fault, vendor, endpoint, object))
			continue;
		long turn = fault->seen++ - fault->after;

		if (turn < 0 || turn % fault->every != fault->every - 1)
			continue;
		if (fault->count > 0)
			fault->count--;
		taken[count] = *fault;
		taken[count].parameters = json_incref(fault->parameters);
		count++;
	}
	return count;
}

bool fault_table_refuses(struct fault_table *table, int vendor)
{
	table_expire(table);
	for (size_t at = 0; at < table->count; at++)
		if (table->faults[at].vendor == vendor && strcmp(table->faults[at].kind, "refuse") == 0 &&
			table->faults[at].count < 0)
			return true;
	return false;
}

json_t *fault_table_json(const struct fault_table *table)
{
	json_t *list = json_array();

	for (size_t at = 0; at < table->count; at++) {
		const struct fault *fault = &table->faults[at];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:I, s:I}", "vendor", server_vendor_name(fault->vendor),
				      "kind", fault->kind, "object", fault->object, "count_left",
				      (json_int_t)fault->count, "calls_seen", (json_int_t)fault->seen));
	}
	return list;
}
