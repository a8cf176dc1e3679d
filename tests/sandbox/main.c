/* The vendor sandbox: Salesforce, HubSpot, Gainsight and Slack on loopback, telling of one invented world. */
#include "tests/sandbox/control.h"
#include "tests/sandbox/scenario.h"
#include "tests/sandbox/vendor_gainsight.h"
#include "tests/sandbox/vendor_hubspot.h"
#include "tests/sandbox/vendor_salesforce.h"
#include "tests/sandbox/vendor_slack.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_WORDS 64

struct options {
	struct world_options world;
	struct server_options server;
	struct salesforce_options salesforce;
	const char *hubspot_token;
	const char *gainsight_key;
	const char *scenario_file;
	const char *ports_file;
	const char *slack_token;
	const char *slack_log;
	const char *webhooks[MOST_WORDS];
	size_t webhook_count;
	const char *switches[MOST_WORDS];
	size_t switch_count;
	bool help;
};

static const char *const default_webhooks[] = {
	"csm=/services/T0SANDBOX/B0CSMTEAM/csmcsmcsmcsmcsmcsmcsmcsm",
	"sales=/services/T0SANDBOX/B0SALES00/salesalesalesalesalesale",
	"ops=/services/T0SANDBOX/B0OPS0000/opsopsopsopsopsopsopsops",
};

enum option_code {
	OPTION_ACCOUNTS = 1000,
	OPTION_SEED,
	OPTION_TODAY,
	OPTION_SCENARIO,
	OPTION_PORTS,
	OPTION_LATENCY,
	OPTION_SET,
	OPTION_CLIENT_ID,
	OPTION_CLIENT_SECRET,
	OPTION_USERNAME,
	OPTION_JWT_KEY,
	OPTION_HUBSPOT,
	OPTION_GAINSIGHT,
	OPTION_WEBHOOK,
	OPTION_SLACK_TOKEN,
	OPTION_SLACK_LOG,
	OPTION_TLS,
	OPTION_HELP
};

static const struct option long_options[] = {
	{ "accounts", required_argument, NULL, OPTION_ACCOUNTS },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "today", required_argument, NULL, OPTION_TODAY },
	{ "scenario", required_argument, NULL, OPTION_SCENARIO },
	{ "ports-file", required_argument, NULL, OPTION_PORTS },
	{ "latency", required_argument, NULL, OPTION_LATENCY },
	{ "set", required_argument, NULL, OPTION_SET },
	{ "salesforce-client-id", required_argument, NULL, OPTION_CLIENT_ID },
	{ "salesforce-client-secret", required_argument, NULL, OPTION_CLIENT_SECRET },
	{ "salesforce-username", required_argument, NULL, OPTION_USERNAME },
	{ "salesforce-jwt-public-key", required_argument, NULL, OPTION_JWT_KEY },
	{ "hubspot-token", required_argument, NULL, OPTION_HUBSPOT },
	{ "gainsight-access-key", required_argument, NULL, OPTION_GAINSIGHT },
	{ "slack-webhook", required_argument, NULL, OPTION_WEBHOOK },
	{ "slack-token", required_argument, NULL, OPTION_SLACK_TOKEN },
	{ "slack-log", required_argument, NULL, OPTION_SLACK_LOG },
	{ "tls", required_argument, NULL, OPTION_TLS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static void help_print(const struct server *server, const struct options *options)
{
	struct text_buffer switches = { 0 };

	server_switch_list(server, &switches);
	printf("Usage: sandbox [OPTION...]\n"
	       "Plays Salesforce, HubSpot, Gainsight, Slack and Discord on 127.0.0.1 until SIGTERM.\n\n"
	       "  --accounts N        customers in the world (100)\n"
	       "  --seed S            the same seed gives the same world (1)\n"
	       "  --today YYYY-MM-DD  generated stamps lie before this midnight UTC (this day's)\n"
	       "  --scenario FILE     lines of `at 12.5s COMMAND`\n"
	       "  --ports-file FILE   written once everything listens: salesforce=http://127.0.0.1:PORT ...\n"
	       "  --latency MS        before each answer of every vendor (0)\n"
	       "  --tls FILE          PEM, certificate and key: the vendors speak TLS (the control listener "
	       "doesn't)\n"
	       "  --set SWITCH=VALUE  see below\n"
	       "  --slack-log FILE    a JSON line for each accepted message\n\n"
	       "Credentials, and the options that change them:\n"
	       "  --salesforce-client-id         %s\n"
	       "  --salesforce-client-secret     %s\n"
	       "  --salesforce-username          %s (`sub` of a JWT)\n"
	       "  --salesforce-jwt-public-key    FILE: PEM, turns the JWT bearer flow on\n"
	       "  --hubspot-token                %s\n"
	       "  --gainsight-access-key         %s\n"
	       "  --slack-token                  %s (of the bot)\n"
	       "  --slack-webhook NAME=PATH      any number; instead of\n",
		options->salesforce.client_id, options->salesforce.client_secret, options->salesforce.username,
		options->hubspot_token, options->gainsight_key, options->slack_token);
	for (size_t at = 0; at < sizeof(default_webhooks) / sizeof(*default_webhooks); at++)
		printf("      %s\n", default_webhooks[at]);
	printf("\nSwitches:\n%s\nCommands (scenario file, and POST /command to the control listener):\n%s",
		text_buffer_terminate(&switches), command_help);
	text_buffer_free(&switches);
}

static bool number_read(const char *text, unsigned long most, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return !errno && end != text && !*end && *text != '-' && *number <= most;
}

/* False when the value cannot be meant. */
static bool option_read(struct options *options, int option, const char *value)
{
	unsigned long number = 0;

	switch (option) {
	case OPTION_ACCOUNTS:
		if (!number_read(value, 20000000, &number) || !number)
			return false;
		options->world.accounts = (uint32_t)number;
		return true;
	case OPTION_SEED:
		if (!number_read(value, INT64_MAX, &number))
			return false;
		options->world.seed = number;
		return true;
	case OPTION_TODAY:
		return text_parse_time(value, strlen(value), &options->world.today);
	case OPTION_LATENCY:
		if (!number_read(value, 600000, &number))
			return false;
		options->server.latency_ms = (long)number;
		return true;
	case OPTION_SCENARIO:
		options->scenario_file = value;
		return true;
	case OPTION_PORTS:
		options->ports_file = value;
		return true;
	case OPTION_SET:
		if (options->switch_count == MOST_WORDS || !strchr(value, '='))
			return false;
		options->switches[options->switch_count++] = value;
		return true;
	case OPTION_CLIENT_ID:
		options->salesforce.client_id = value;
		return true;
	case OPTION_CLIENT_SECRET:
		options->salesforce.client_secret = value;
		return true;
	case OPTION_USERNAME:
		options->salesforce.username = value;
		return true;
	case OPTION_JWT_KEY:
		options->salesforce.jwt_public_key_file = value;
		return true;
	case OPTION_HUBSPOT:
		options->hubspot_token = value;
		return true;
	case OPTION_GAINSIGHT:
		options->gainsight_key = value;
		return true;
	case OPTION_WEBHOOK:
		if (options->webhook_count == MOST_WORDS || !strchr(value, '='))
			return false;
		options->webhooks[options->webhook_count++] = value;
		return true;
	case OPTION_SLACK_TOKEN:
		options->slack_token = value;
		return true;
	case OPTION_SLACK_LOG:
		options->slack_log = value;
		return true;
	case OPTION_TLS:
		options->server.tls_file = value;
		return true;
	case OPTION_HELP:
		options->help = true;
		return true;
	default:
		return false;
	}
}

static bool options_read(struct options *options, int count, char **words)
{
	int option, index = 0;

	while ((option = getopt_long(count, words, "", long_options, &index)) != -1) {
		if (option == '?')
			return false;
		if (option_read(options, option, optarg))
			continue;
		fprintf(stderr, "sandbox: --%s %s: not a value that this option takes\n", long_options[index].name,
			optarg ? optarg : "");
		return false;
	}
	if (optind < count) {
		fprintf(stderr, "sandbox: %s: no such argument\n", words[optind]);
		return false;
	}
	return true;
}

static bool webhooks_add(struct slack *slack, const struct options *options)
{
	const char *const *list = options->webhook_count ? options->webhooks : default_webhooks;
	size_t count = options->webhook_count ? options->webhook_count
					      : sizeof(default_webhooks) / sizeof(*default_webhooks);

	for (size_t at = 0; at < count; at++) {
		const char *equals = strchr(list[at], '=');
		char *name = strndup(list[at], (size_t)(equals - list[at]));
		const char *wrong = slack_add_webhook(slack, name, equals + 1);

		free(name);
		if (!wrong)
			continue;
		fprintf(stderr, "sandbox: --slack-webhook %s: %s\n", list[at], wrong);
		return false;
	}
	return true;
}

static bool switches_apply(struct server *server, const struct options *options)
{
	for (size_t at = 0; at < options->switch_count; at++) {
		const char *equals = strchr(options->switches[at], '=');
		char *key = strndup(options->switches[at], (size_t)(equals - options->switches[at]));
		bool known = server_switch_set(server, key, equals + 1);

		free(key);
		if (known)
			continue;
		fprintf(stderr, "sandbox: --set %s: no such switch, see --help\n", options->switches[at]);
		return false;
	}
	return true;
}

/* Whoever waits for the file must never read half of it. */
static bool ports_write(const struct server *server, const char *file)
{
	char temporary[4096];

	snprintf(temporary, sizeof(temporary), "%s.new", file);
	FILE *stream = fopen(temporary, "we");

	if (!stream) {
		fprintf(stderr, "sandbox: %s: %s\n", temporary, strerror(errno));
		return false;
	}
	for (int listener = 0; listener < SERVER_LISTENERS; listener++)
		fprintf(stream, "%s=%s://127.0.0.1:%u\n", server_vendor_name(listener),
			server_scheme(server, listener), server_port(server, listener));
	if (fclose(stream) != 0 || rename(temporary, file) != 0) {
		fprintf(stderr, "sandbox: %s: %s\n", file, strerror(errno));
		return false;
	}
	return true;
}

static void stop(evutil_socket_t signal_number, short events, void *argument)
{
	(void)signal_number;
	(void)events;
	event_base_loopexit(argument, NULL);
}

static int run(struct event_base *base, struct control *control, const struct options *options)
{
	struct event *terminate = evsignal_new(base, SIGTERM, stop, base);
	struct event *interrupt = evsignal_new(base, SIGINT, stop, base);
	bool fine = switches_apply(control->server, options) && webhooks_add(control->slack, options) &&
		    server_listen(control->server) &&
		    (!options->scenario_file || scenario_load(control->commander, options->scenario_file));

	event_add(terminate, NULL);
	event_add(interrupt, NULL);
	if (fine && options->ports_file)
		fine = ports_write(control->server, options->ports_file);
	if (fine) {
		for (int listener = 0; listener < SERVER_LISTENERS; listener++)
			printf("%s=%s://127.0.0.1:%u\n", server_vendor_name(listener),
				server_scheme(control->server, listener), server_port(control->server, listener));
		fflush(stdout);
		event_base_dispatch(base);
	}
	event_free(terminate);
	event_free(interrupt);
	return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **words)
{
	struct options options = {
		.world = { .accounts = 100, .seed = 1 },
		.salesforce = { .client_id = "3MVG9sandbox.client.id",
			.client_secret = "5A4DB0C5EC2E7",
			.username = "advocated@vendor.example" },
		.hubspot_token = "pat-na1-5a4db0c5-0000-4000-8000-000000000001",
		.gainsight_key = "gs-5a4db0c5-0000-4000-8000-000000000002",
		.slack_token = "xoxb-5a4db0c5-sandbox",
	};
	struct control control = { 0 };
	int status = EXIT_FAILURE;

	if (!options_read(&options, count, words))
		return 64;
	signal(SIGPIPE, SIG_IGN);
	struct event_base *base = event_base_new();

	control.world = world_create(&options.world);
	control.server = server_create(base, &options.server);
	control.slack = slack_register(control.server, options.slack_token, options.slack_log);
	control.discord = discord_register(control.server);
	hubspot_register(control.server, control.world, options.hubspot_token);
	gainsight_register(control.server, control.world, options.gainsight_key);
	if (control.slack && salesforce_register(control.server, control.world, &options.salesforce)) {
		control.commander = commander_create(control.server, control.world, control.slack);
		control_register(&control);
		if (options.help) {
			help_print(control.server, &options);
			status = EXIT_SUCCESS;
		} else {
			status = run(base, &control, &options);
		}
		commander_destroy(control.commander);
	}
	server_destroy(control.server);
	world_destroy(control.world);
	event_base_free(base);
	return status;
}
