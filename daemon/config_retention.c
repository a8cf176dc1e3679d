#include "daemon/config_retention.h"

#include <stdint.h>

#include "daemon/config_fill.h"
#include "daemon/config_kind.h"
#include "daemon/policy_kind.h"

enum { DAY_S = 24 * 3600 };

/* The least of retention_policy() of the database: what rules, caps and reports look back at. */
static const struct {
	const char *key, *setting;
	size_t offset;
	int64_t least_days;
} histories[] = {
	{ "signals", "signals_s", offsetof(struct retention_settings, signals_s), 30 },
	{ "runs", "runs_s", offsetof(struct retention_settings, runs_s), 1 },
	{ "records", "records_s", offsetof(struct retention_settings, records_s), 7 },
	{ "messages", "messages_s", offsetof(struct retention_settings, messages_s), 30 },
	{ "decisions", "decisions_s", offsetof(struct retention_settings, decisions_s), 100 },
	{ "clocks", "clocks_s", offsetof(struct retention_settings, clocks_s), 100 },
	{ "audit", "audit_s", offsetof(struct retention_settings, audit_s), 100 },
};

json_t *config_retention_build(const struct config_file *file, struct config_faults *faults)
{
	static const struct config_section absent = { .file = "" };
	const struct config_section *section = config_file_find(file, "retention", NULL);
	const struct config_kind *kind = config_kind_find("retention");
	struct retention_settings settings = { 0 };
	struct config_table table = {
		.options = kind->options, .count = kind->option_count, .settings = &settings
	};
	json_t *retention = json_object();

	if (section == NULL)
		section = &absent;
	if (!config_fill(section, &table, 1, faults))
		return retention;
	for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++) {
		int64_t keep_s = *(const int64_t *)(const void *)((const char *)&settings + histories[i].offset);
		if (keep_s != 0 && keep_s < histories[i].least_days * DAY_S)
			config_section_fault(faults, section, histories[i].key,
				"%s: at least %dd, since that far back is looked; 0 keeps it for ever",
				histories[i].key, (int)histories[i].least_days);
		(void)json_object_set_new(retention, histories[i].setting, json_integer((json_int_t)keep_s));
	}
	return retention;
}
