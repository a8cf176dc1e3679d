#include "daemon/difference.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/terminal.h"

static int64_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* A value in a few words: null, a number, a text. */
static void print_value(const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	terminal_print(text == NULL ? "?" : text);
	free(text);
}

static void print_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	terminal_print(text == NULL ? "?" : text);
}

static void print_example(const json_t *example)
{
	const json_t *fields = json_object_get(example, "fields");
	const char *name;
	json_t *values;

	(void)fputs("    ", stdout);
	print_text(example, "what");
	(void)putchar(' ');
	print_text(example, "remote_id");
	json_object_foreach ((json_t *)(uintptr_t)fields, name, values) {
		if (json_is_null(json_array_get(values, 0)) && json_is_null(json_array_get(values, 1)))
			continue;
		(void)printf("; %s: ", name);
		print_value(json_array_get(values, 0));
		(void)fputs(" -> ", stdout);
		print_value(json_array_get(values, 1));
	}
	(void)putchar('\n');
}

static void print_entity(const char *name, const json_t *entity)
{
	enum { EXAMPLES_MOST = 10 };
	const json_t *examples = json_object_get(entity, "examples");

	(void)printf("  %s: %" PRId64 " new, %" PRId64 " changed, %" PRId64 " gone\n", name,
		number_of(entity, "new"), number_of(entity, "changed"), number_of(entity, "gone"));
	for (size_t i = 0; i < json_array_size(examples) && i < EXAMPLES_MOST; i++)
		print_example(json_array_get(examples, i));
}

static void print_people(const json_t *advocates, const json_t *counts, const char *what)
{
	const json_t *people = json_object_get(advocates, what);

	if (json_array_size(people) == 0)
		return;
	(void)printf("  %" PRId64 " advocates %s:\n", number_of(counts, what), what);
	for (size_t i = 0; i < json_array_size(people); i++) {
		const json_t *person = json_array_get(people, i);
		(void)fputs("    ", stdout);
		print_text(person, "name");
		(void)fputs(" (", stdout);
		print_text(person, "account");
		(void)fputs("): ", stdout);
		print_text(person, "reason");
		(void)putchar('\n');
	}
}

static void print_drift(const json_t *drift)
{
	for (size_t i = 0; i < json_array_size(drift); i++) {
		(void)fputs("  field ", stdout);
		print_text(json_array_get(drift, i), "field");
		(void)fputs(": ", stdout);
		print_text(json_array_get(drift, i), "detail");
		(void)putchar('\n');
	}
}

void difference_print(const char *source, const char *stream, const char *difference)
{
	static const char *const whats[] = { "suspended", "held", "reinstated", "enrolled", "retired" };
	json_t *document = json_loads(difference, 0, NULL);
	const json_t *counts = json_object_get(document, "counts"), *links = json_object_get(document, "links");
	json_t *value;
	const char *name;

	(void)printf("%s %s: %" PRId64 " records would change, %" PRId64 " be set aside\n", source, stream,
		number_of(document, "rows_changed"), number_of(document, "rows_rejected"));
	json_object_foreach (json_object_get(document, "entities"), name, value)
		print_entity(name, value);
	if (number_of(links, "made") + number_of(links, "moved") > 0)
		(void)printf("  %" PRId64 " records linked to a customer, %" PRId64 " moved to another\n",
			number_of(links, "made"), number_of(links, "moved"));
	if (number_of(counts, "risks_opened") + number_of(counts, "risks_cleared") > 0)
		(void)printf("  %" PRId64 " risks opened, %" PRId64 " cleared\n", number_of(counts, "risks_opened"),
			number_of(counts, "risks_cleared"));
	for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++)
		print_people(json_object_get(document, "advocates"), counts, whats[i]);
	if (json_array_size(json_object_get(document, "reviews")) > 0)
		(void)printf("  %zu questions of identity for a person (advocacy.identity_review)\n",
			json_array_size(json_object_get(document, "reviews")));
	print_drift(json_object_get(document, "drift"));
	json_object_foreach (json_object_get(document, "messages"), name, value)
		(void)printf("  messages %s: %" PRId64 "\n", name, (int64_t)json_integer_value(value));
	json_decref(document);
}
