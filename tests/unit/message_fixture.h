/* message_fixture.h - every kind of message as it is shipped, with facts for it, harmless and hostile. Included by the
 * tests of destinations. */
#ifndef TESTS_UNIT_MESSAGE_FIXTURE_H
#define TESTS_UNIT_MESSAGE_FIXTURE_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/config_message.h"

/* A kind that nobody wrote a layout for. */
#define UNKNOWN_KIND "disk_filling_up"

static inline struct layouts shipped_layouts(void)
{
	struct config_faults faults = { 0 };
	const struct config_file nothing = { 0 };
	struct layouts layouts = config_messages_build(&nothing, &faults);

	if (config_faults_count(&faults) > 0)
		config_faults_print(&faults, stderr);
	assert_int_equal(config_faults_count(&faults), 0);
	assert_true(layouts.count > 0);
	return layouts;
}

/* The kind of that number; behind the last comes the one without layout, and then NULL. */
static inline const char *kind_at(const struct layouts *layouts, size_t number)
{
	return number < layouts->count ? layouts->all[number].kind : number == layouts->count ? UNKNOWN_KIND : NULL;
}

static inline json_t *sample_of(const char *kind)
{
	static const char unknown[] =
		"{\"path\":\"/var/"
		"lib\",\"free_bytes\":1024,\"since\":\"2026-11-20T09:00:00Z\",\"hosts\":[\"a\",\"b\"],"
		"\"deep\":{\"x\":1},\"none\":null,\"value\":\"12\",\"request\":\"REQ-4\"}";
	json_t *sample =
		strcmp(kind, UNKNOWN_KIND) == 0 ? json_loads(unknown, 0, NULL) : config_messages_sample(kind);

	if (sample == NULL)
		fail_msg("etc/samples.json has no facts for %s", kind);
	return sample;
}

/* Values that somebody could write into the CRM; NULL behind the last. */
static inline json_t *hostile_value(int which)
{
	static const char *const texts[] = {
		"<!channel> <@U012AB3CD> <!subteam^SAZ94GDB8> & <https://evil.example|Reset your password>",
		"x\nEVIL: *SLA BREACH*\r\nEVIL\u2028EVIL",
		"\u202E\u200Bdrow\u2066ssap\uFEFF `rm -rf`\t",
		"\xFF\xC0\xBC!channel>\xED\xA0\x80",
		"<!date^1^{date}|x>",
		"{account} [x|y] {withheld} %s%n",
		"",
	};
	enum { TEXTS = sizeof texts / sizeof texts[0] };
	char *text;

	if (which < TEXTS)
		return json_string_nocheck(texts[which]);
	text = memory_allocate(10001);
	switch (which - TEXTS) {
	case 0:
		memset(text, '<', 10000);
		break;
	case 1:
		memset(text, 'W', 10000);
		break;
	case 2:
		for (int i = 0; i < 10000; i += 4)
			memcpy(text + i, "\xF0\x9F\x98\x80", 4);
		break;
	default:
		free(text);
		return which == TEXTS + 3   ? json_null()
		       : which == TEXTS + 4 ? json_integer(-9223372036854775807)
		       : which == TEXTS + 5 ? json_real(1e300)
		       : which == TEXTS + 6 ? json_true()
		       : which == TEXTS + 7 ? json_pack("[[s], {s:s}, n, i]", "<!channel>", "<a>", "<b>", 7)
		       : which == TEXTS + 8 ? json_pack("{s:s}", "<!here>", "<b>")
					    : NULL;
	}
	json_t *value = json_string_nocheck(text);
	free(text);
	return value;
}

/* Replaces every leaf of `value` by `with`, lists grown to `length`. */
static inline json_t *poisoned(const json_t *value, json_t *with, size_t length)
{
	const char *name;
	json_t *child, *result;

	if (json_is_object(value)) {
		result = json_object();
		json_object_foreach ((json_t *)(uintptr_t)value, name, child)
			(void)json_object_set_new(result, name, poisoned(child, with, length));
		return result;
	}
	if (json_is_array(value)) {
		result = json_array();
		for (size_t i = 0; i < length; i++)
			(void)json_array_append_new(result, poisoned(json_array_get(value, 0), with, length));
		return result;
	}
	return json_incref(with);
}

#endif
