/* The faults that were ordered and have not been played to their end. */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault {
	int vendor;
	char kind[48];
	char object[48]; /* "": any */
	long count;      /* plays left; -1: until cleared or until `ends_at` */
	long every;      /* only each so many-th matching call */
	long after;      /* matching calls that pass first */
	long seen;
	int64_t ends_at; /* 0: no end */
	json_t *parameters;
};

struct fault_table;

struct fault_table *fault_table_create(void);
void fault_table_destroy(struct fault_table *table);

/*
 * `words` is what follows VENDOR KIND in the command, as an object of strings. Takes a copy. NULL when fine,
 * else what is wrong.
 */
const char *fault_table_add(struct fault_table *table, int vendor, const char *kind, json_t *words);
/* vendor -1: all of them. */
void fault_table_clear(struct fault_table *table, int vendor);

/*
 * The faults that this call must suffer, in the order they were set, up to `capacity`. Counts them as played.
 * Release each with fault_release().
 */
size_t fault_table_take(struct fault_table *table, int vendor, const char *endpoint, const char *object,
	struct fault *taken, size_t capacity);
void fault_release(struct fault *fault);
/* Whether the vendor's door is shut at the moment (`refuse` without a count). */
bool fault_table_refuses(struct fault_table *table, int vendor);
json_t *fault_table_json(const struct fault_table *table);

#endif
