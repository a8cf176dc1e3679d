#include "daemon/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const char default_file[] = ADVOCATED_SYSCONFDIR "/advocated/advocated.conf";

static const char help[] =
	"Usage: advocated [-c FILE] [COMMAND]\n"
	"\n"
	"Guards a company's customer advocates: syncs CRM and customer-success data into\n"
	"PostgreSQL, suspends advocates whose account is at risk, holds reference\n"
	"requests to their deadlines, and tells people in Slack.\n"
	"\n"
	"Commands\n"
	"  run                  stay in the foreground and work (the default)\n"
	"  check [--online]     validate configuration, mappings and policy;\n"
	"                       --online asks the database and every vendor too\n"
	"  migrate              bring the database schema up to date\n"
	"  once                 sync every stream once, evaluate, deliver, exit\n"
	"  status [--json]      sources, streams, backlog, next deadlines\n"
	"  explain ADVOCATE     why this advocate (number or e-mail) is available or not\n"
	"\n"
	"Options\n"
	"  -c, --config FILE    configuration, else " ADVOCATED_SYSCONFDIR "/advocated/advocated.conf\n"
	"  -h, --help           this help\n"
	"  -V, --version        the version\n"
	"\n"
	"Exit status: 0 done, 1 failed, 64 wrong usage, 69 a service is unavailable,\n"
	"78 wrong configuration (every fault is printed as file:line: what is wrong).\n"
	"See advocated(8), advocated.conf(5).\n";

static int usage(const char *problem, const char *word)
{
	(void)fprintf(stderr, "advocated: %s%s%s\nTry 'advocated --help'.\n", problem, word == NULL ? "" : ": ",
		word == NULL ? "" : word);
	return EX_USAGE;
}

static int read_arguments(int count, char **words, struct arguments *arguments)
{
	enum { OPTION_ONLINE = 1000, OPTION_JSON };
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "online", no_argument, NULL, OPTION_ONLINE },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	*arguments = (struct arguments){ .file = default_file, .command = "run" };
	opterr = 0;
	while ((letter = getopt_long(count, words, "c:hV", options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			arguments->file = optarg;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return EX_OK;
		case 'V':
			(void)puts("advocated " ADVOCATED_VERSION);
			return EX_OK;
		case OPTION_ONLINE:
			arguments->online = true;
			break;
		case OPTION_JSON:
			arguments->json = true;
			break;
		default:
			return usage("unknown option, or an option without its value", words[optind - 1]);
		}
	}
	if (optind < count)
		arguments->command = words[optind++];
	if (optind < count)
		arguments->subject = words[optind++];
	if (optind < count)
		return usage("too many words", words[optind]);
	return ARGUMENTS_GO_ON;
}

static int check_arguments(const struct arguments *arguments)
{
	static const char *const commands[] = { "run", "check", "migrate", "once", "status", "explain" };
	bool known = false;

	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		known = known || strcmp(arguments->command, commands[i]) == 0;
	if (!known)
		return usage("unknown command", arguments->command);
	bool is_explain = strcmp(arguments->command, "explain") == 0;
	if (is_explain && arguments->subject == NULL)
		return usage("explain needs an advocate: a number or an e-mail address", NULL);
	if (!is_explain && arguments->subject != NULL)
		return usage("too many words", arguments->subject);
	if (arguments->online && strcmp(arguments->command, "check") != 0)
		return usage("--online belongs to check", NULL);
	if (arguments->json && strcmp(arguments->command, "status") != 0)
		return usage("--json belongs to status", NULL);
	return ARGUMENTS_GO_ON;
}

int arguments_read(int count, char **words, struct arguments *arguments)
{
	int code = read_arguments(count, words, arguments);

	return code != ARGUMENTS_GO_ON ? code : check_arguments(arguments);
}
