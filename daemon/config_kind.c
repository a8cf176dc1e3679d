#include "daemon/config_kind.h"

#include <string.h>

#include "daemon/config.h"
#include "daemon/policy_kind.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ROWS(array) (array), COUNT_OF(array)

enum { DAY = 86400 }; /* seconds */

static const struct option daemon_options[] = {
	{ .name = "state_directory",
		.type = OPTION_FILE,
		.offset = offsetof(struct config_daemon, state_directory),
		.initial = "/var/lib/advocated",
		.help = "where the program may keep files of its own" },
	{ .name = "metrics_listen",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_daemon, metrics_listen),
		.help = "where /metrics, /healthz and /readyz are served: ADDRESS:PORT or unix:PATH" },
	{ .name = "log_level",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct config_daemon, log_level),
		.initial = "info",
		.choices = "error warning info debug",
		.help = "the least urgent thing to log" },
	{ .name = "ca_file",
		.type = OPTION_FILE,
		.offset = offsetof(struct config_daemon, ca_file),
		.help = "the certificates (PEM) by which vendors and messengers are known, in place of the "
			"system's" },
	{ .name = "tls_minimum",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct config_daemon, tls_minimum),
		.initial = "1.2",
		.choices = "1.2 1.3",
		.help = "the least version of TLS to speak with them" },
};

static const struct option database_options[] = {
	{ .name = "conninfo",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_database, conninfo),
		.required = true,
		.help = "how to reach the database, as a connection string of libpq's, without a password" },
	{ .name = "password_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct config_database, password),
		.help = "the file that holds the password of the database" },
	{ .name = "migrate_conninfo",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_database, migrate_conninfo),
		.help = "what 'advocated migrate' connects with, as the schema's owner; otherwise conninfo" },
	{ .name = "schema",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_database, schema),
		.initial = "advocacy",
		.help = "the schema's name, which is always advocacy" },
};

static const struct option source_options[] = {
	{ .name = "connector",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_source, connector_name),
		.required = true,
		.help = "which vendor this is: salesforce, hubspot or gainsight" },
	{ .name = "base_url",
		.type = OPTION_URL,
		.offset = offsetof(struct config_source, base_url),
		.required = true,
		.help = "the address of the vendor's API" },
	{ .name = "mapping",
		.type = OPTION_FILE,
		.offset = offsetof(struct config_source, mapping_file),
		.required = true,
		.help = "the file that says which remote field feeds which column or signal" },
	{ .name = "poll",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, poll_s),
		.initial = "5m",
		.least = 5,
		.most = DAY,
		.help = "how often to ask for what changed" },
	{ .name = "streams",
		.type = OPTION_LIST,
		.offset = offsetof(struct config_source, stream_names),
		.help = "which entities to read; otherwise all that the mapping has" },
	{ .name = "priority",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct config_source, priority),
		.least = 1,
		.most = 1000000,
		.help = "the lower number wins where two sources know the same thing; otherwise 10 for the first "
			"source, 20 for the second and so on" },
	{ .name = "stale_after",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, stale_after_s),
		.initial = "48h",
		.least = 1,
		.most = 366 * DAY,
		.help = "how old what it knows may be before nobody is reinstated on it" },
	{ .name = "checkpoint_rows",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct config_source, checkpoint_rows),
		.initial = "10000",
		.least = 1,
		.most = 1000000,
		.help = "how many rows to commit at once in a long run" },
	{ .name = "full_read_every",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, full_read_every_s),
		.initial = "24h",
		.least = 0,
		.most = 90 * DAY,
		.help = "how often to read every record, changed or not, which proves that nothing was missed and "
			"shows "
			"what is gone; 0 for never" },
	{ .name = "calculated_read_every",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, calculated_read_every_s),
		.initial = "1h",
		.least = 0,
		.most = 90 * DAY,
		.help = "the same for a stream with mapped fields that change without their record, such as "
			"formulas" },
	{ .name = "prove_every",
		.type = OPTION_DURATION,
		.offset = offsetof(struct config_source, prove_every_s),
		.initial = "15m",
		.least = 0,
		.most = DAY,
		.help = "how often to look again at what the vendor may have shown late" },
	{ .name = "api_budget",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct config_source, api_budget),
		.initial = "0",
		.least = 0,
		.most = 100000000,
		.help = "how many calls a day (UTC) this source may make; 0 for no limit of its own" },
	{ .name = "api_share",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct config_source, api_share),
		.initial = "80",
		.least = 1,
		.most = 100,
		.help = "percent of the vendor's daily allowance that may be used up, by whomever, before this "
			"source "
			"stops" },
};

static const struct option channel_options[] = {
	{ .name = "connector",
		.type = OPTION_TEXT,
		.offset = offsetof(struct config_channel, connector_name),
		.required = true,
		.help = "what kind of destination this is: slack (an incoming webhook), slack-bot (a bot "
			"token) or discord (a webhook)" },
};

static const struct config_kind kinds[] = {
	{ "daemon", false, false, ROWS(daemon_options) },
	{ "database", false, false, ROWS(database_options) },
	{ "source", true, false, ROWS(source_options) },
	{ "channel", true, false, ROWS(channel_options) },
};

const struct config_kind *config_kind_at(size_t index)
{
	return index < COUNT_OF(kinds) ? &kinds[index] : policy_kind_at(index - COUNT_OF(kinds));
}

const struct config_kind *config_kind_find(const char *name)
{
	const struct config_kind *kind;

	for (size_t i = 0; (kind = config_kind_at(i)) != NULL; i++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	return NULL;
}
