#include "tests/sandbox/slack_blocks.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static size_t code_points(json_t *string)
{
	const char *text = json_string_value(string);
	size_t length = json_string_length(string);
	size_t count = 0;

	for (size_t at = 0; at < length; at++)
		count += ((unsigned char)text[at] & 0xc0) != 0x80;
	return count;
}

static bool string_within(json_t *string, size_t least, size_t most)
{
	if (!json_is_string(string))
		return false;
	size_t count = code_points(string);

	return count >= least && count <= most;
}

static bool optional_within(json_t *string, size_t most)
{
	return !string || string_within(string, 1, most);
}

static bool text_object_valid(json_t *object, size_t most, bool plain_only)
{
	const char *type = json_string_value(json_object_get(object, "type"));

	if (!type || !string_within(json_object_get(object, "text"), 1, most))
		return false;
	if (strcmp(type, "plain_text") == 0)
		return !json_object_get(object, "verbatim") &&
		       (!json_object_get(object, "emoji") || json_is_boolean(json_object_get(object, "emoji")));
	/* `emoji` belongs to plain_text, `verbatim` to mrkdwn. */
	return !plain_only && strcmp(type, "mrkdwn") == 0 && !json_object_get(object, "emoji") &&
	       (!json_object_get(object, "verbatim") || json_is_boolean(json_object_get(object, "verbatim")));
}

static bool image_valid(json_t *image)
{
	return (json_object_get(image, "slack_file") ||
		       string_within(json_object_get(image, "image_url"), 1, 3000)) &&
	       string_within(json_object_get(image, "alt_text"), 1, 2000);
}

static bool button_valid(json_t *button)
{
	const char *style = json_string_value(json_object_get(button, "style"));
	json_t *value = json_object_get(button, "value");

	if (style && strcmp(style, "primary") != 0 && strcmp(style, "danger") != 0)
		return false;
	return text_object_valid(json_object_get(button, "text"), 75, true) &&
	       optional_within(json_object_get(button, "action_id"), 255) &&
	       optional_within(json_object_get(button, "url"), 3000) && (!value || string_within(value, 0, 2000));
}

static bool element_valid(json_t *element)
{
	static const char *const others[] = { "static_select", "overflow", "datepicker", "users_select",
		"checkboxes", "radio_buttons", "external_select", "timepicker", "multi_static_select",
		"workflow_button", "conversations_select" };
	const char *type = json_string_value(json_object_get(element, "type"));

	if (!type)
		return false;
	if (strcmp(type, "button") == 0)
		return button_valid(element);
	if (strcmp(type, "image") == 0)
		return image_valid(element);
	for (size_t at = 0; at < sizeof(others) / sizeof(*others); at++)
		if (strcmp(type, others[at]) == 0)
			return true;
	return false;
}

static bool section_valid(json_t *block)
{
	json_t *text = json_object_get(block, "text");
	json_t *fields = json_object_get(block, "fields");
	json_t *accessory = json_object_get(block, "accessory");
	json_t *field;
	size_t at;

	if (!text && !fields)
		return false;
	if (text && !text_object_valid(text, 3000, false))
		return false;
	if (fields && (!json_is_array(fields) || json_array_size(fields) < 1 || json_array_size(fields) > 10))
		return false;
	json_array_foreach (fields, at, field) {
		if (!text_object_valid(field, 2000, false))
			return false;
	}
	return !accessory || element_valid(accessory);
}

static bool context_valid(json_t *block)
{
	json_t *elements = json_object_get(block, "elements");
	json_t *element;
	size_t at;

	if (!json_is_array(elements) || json_array_size(elements) < 1 || json_array_size(elements) > 10)
		return false;
	json_array_foreach (elements, at, element) {
		const char *type = json_string_value(json_object_get(element, "type"));
		bool image = type && strcmp(type, "image") == 0;

		if (image ? !image_valid(element) : !text_object_valid(element, 3000, false))
			return false;
	}
	return true;
}

static bool actions_valid(json_t *block)
{
	json_t *elements = json_object_get(block, "elements");
	json_t *element;
	size_t at, other;

	if (!json_is_array(elements) || json_array_size(elements) < 1 || json_array_size(elements) > 25)
		return false;
	json_array_foreach (elements, at, element) {
		const char *action = json_string_value(json_object_get(element, "action_id"));

		if (!element_valid(element))
			return false;
		for (other = 0; action && other < at; other++) {
			const char *before =
				json_string_value(json_object_get(json_array_get(elements, other), "action_id"));

			if (before && strcmp(before, action) == 0)
				return false;
		}
	}
	return true;
}

static bool keys_known(json_t *block, const char *known)
{
	const char *key;
	json_t *value;

	json_object_foreach (block, key, value) {
		const char *found = strstr(known, key);
		size_t length = strlen(key);

		while (found && !((found == known || found[-1] == ' ') && (!found[length] || found[length] == ' ')))
			found = strstr(found + 1, key);
		if (!found)
			return false;
	}
	return true;
}

static bool block_valid(json_t *block)
{
	const char *type = json_string_value(json_object_get(block, "type"));

	if (!type || !optional_within(json_object_get(block, "block_id"), 255))
		return false;
	if (strcmp(type, "header") == 0)
		return keys_known(block, "type block_id text level") &&
		       text_object_valid(json_object_get(block, "text"), 150, true);
	if (strcmp(type, "section") == 0)
		return keys_known(block, "type block_id text fields accessory expand") && section_valid(block);
	if (strcmp(type, "context") == 0)
		return keys_known(block, "type block_id elements") && context_valid(block);
	if (strcmp(type, "divider") == 0)
		return keys_known(block, "type block_id");
	if (strcmp(type, "actions") == 0)
		return keys_known(block, "type block_id elements") && actions_valid(block);
	if (strcmp(type, "image") == 0)
		return image_valid(block);
	if (strcmp(type, "markdown") == 0)
		return string_within(json_object_get(block, "text"), 1, 12000);
	if (strcmp(type, "rich_text") == 0)
		return json_is_array(json_object_get(block, "elements"));
	if (strcmp(type, "table") == 0)
		return json_is_array(json_object_get(block, "rows")) &&
		       json_array_size(json_object_get(block, "rows")) <= 100;
	return false;
}

const char *slack_blocks_check(json_t *blocks)
{
	json_t *block;
	size_t at, other;

	if (!json_is_array(blocks))
		return "invalid_blocks_format";
	if (json_array_size(blocks) > 50)
		return "invalid_blocks";
	json_array_foreach (blocks, at, block) {
		const char *id = json_string_value(json_object_get(block, "block_id"));

		if (!json_is_object(block))
			return "invalid_blocks_format";
		if (!block_valid(block))
			return "invalid_blocks";
		for (other = 0; id && other < at; other++) {
			const char *before =
				json_string_value(json_object_get(json_array_get(blocks, other), "block_id"));

			if (before && strcmp(before, id) == 0)
				return "invalid_blocks";
		}
	}
	return NULL;
}
