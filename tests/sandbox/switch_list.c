#include "tests/sandbox/switch_list.h"

#include <string.h>
#include <strings.h>

static const char *item_next(const char *item)
{
	item += strcspn(item, ",");
	return *item == ',' ? item + 1 : item;
}

bool switch_list_has(const char *list, const char *name)
{
	size_t length = strlen(name);
	if (strcmp(list, "*") == 0)
		return true;
	for (const char *item = list; *item != '\0'; item = item_next(item))
		if (strcspn(item, ",") == length && strncasecmp(item, name, length) == 0)
			return true;
	return false;
}

bool switch_list_find(
	const char *list, const char *object, const char *name, const char **ret_value, size_t *ret_length)
{
	size_t object_length = strlen(object);
	size_t name_length = strlen(name);
	for (const char *item = list; *item != '\0'; item = item_next(item)) {
		size_t length = strcspn(item, ",=");
		if (length != object_length + 1 + name_length || strncasecmp(item, object, object_length) != 0 ||
			item[object_length] != '.' || strncasecmp(item + object_length + 1, name, name_length) != 0)
			continue;
		*ret_value = item + length + (item[length] == '=' ? 1 : 0);
		*ret_length = strcspn(*ret_value, ",");
		return true;
	}
	return false;
}
