/* Switches whose value is a list of names, as "companies.cs_health,deals.amount=string". */
#ifndef SANDBOX_SWITCH_LIST_H
#define SANDBOX_SWITCH_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the list names it, in any case; "*" names everything. */
bool switch_list_has(const char *list, const char *name);
/*
 * Whether the list names OBJECT.NAME, in any case. *ret_value is what stands behind its '=', up to the comma
 * (ret_length bytes; none without a '='), and points into the list.
 */
bool switch_list_find(
	const char *list, const char *object, const char *name, const char **ret_value, size_t *ret_length);

#endif
