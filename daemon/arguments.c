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
	"  once [--dry-run]     sync every stream once, evaluate, deliver, exit;\n"
	"                       --dry-run only says what that would change\n"
	"  status [--json]      sources, streams, backlog, next deadlines\n"
	"  explain ADVOCATE     why this advocate (number or e-mail) is available or not\n"
	"  decisions [approve BATCH | reject BATCH | undo CYCLE REASON]\n"
	"                       what waits for a person and what was decided lately;\n"
	"                       let it happen, call it broken data, take it back\n"
	"  erase CONTACT        forget a person: number or e-mail address of a contact\n"
	"  resync SOURCE [STREAM] [--yes | --dry-run]\n"
	"                       have the running daemon read everything anew, show the\n"
	"                       difference, and apply it at once or not at all\n"
	"  sample KIND [CHANNEL] [--print]\n"
	"                       how this kind of message (or all) reads; with a channel\n"
	"                       it is sent there, or with --print only shown\n"
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
	enum { OPTION_ONLINE = 1000, OPTION_JSON, OPTION_YES, OPTION_DRY_RUN, OPTION_PRINT };
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "online", no_argument, NULL, OPTION_ONLINE },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "yes", no_argument, NULL, OPTION_YES },
		{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
		{ "print", no_argument, NULL, OPTION_PRINT },
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
		case OPTION_YES:
			arguments->yes = true;
			break;
		case OPTION_DRY_RUN:
			arguments->dry_run = true;
			break;
		case OPTION_PRINT:
			arguments->print = true;
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
		arguments->detail = words[optind++];
	if (optind < count)
		arguments->reason = words[optind++];
	if (optind < count)
		return usage("too many words", words[optind]);
	return ARGUMENTS_GO_ON;
}

/* What may follow a command. */
struct command_shape {
	const char *name;
	const char *subject; /* what is missing without its first word; NULL: it takes none */
	bool optional;       /* the first word may be missing */
	bool detail;         /* a second word is fine */
	bool reason;         /* and a third */
	bool database_only;  /* it asks nobody else */
	bool online, json, yes, dry_run, print;
};

static const struct command_shape shapes[] = {
	{ .name = "run" },
	{ .name = "check", .online = true },
	{ .name = "migrate", .database_only = true },
	{ .name = "once", .dry_run = true },
	{ .name = "status", .database_only = true, .json = true },
	{ .name = "explain",
		.database_only = true,
		.subject = "explain needs an advocate: a number or an e-mail address" },
	{ .name = "erase",
		.database_only = true,
		.subject = "erase needs a contact: a number or an e-mail address" },
	{ .name = "resync",
		.database_only = true,
		.subject = "resync needs a source: a name from the configuration",
		.detail = true,
		.yes = true,
		.dry_run = true },
	{ .name = "decisions",
		.database_only = true,
		.subject = "",
		.optional = true,
		.detail = true,
		.reason = true },
	{ .name = "sample", .subject = "sample needs a kind of message, or all", .detail = true, .print = true },
};

static int check_arguments(struct arguments *arguments)
{
	const struct command_shape *shape = NULL;

	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		if (strcmp(arguments->command, shapes[i].name) == 0)
			shape = &shapes[i];
	if (shape == NULL)
		return usage("unknown command", arguments->command);
	arguments->database_only = shape->database_only;
	if (shape->subject != NULL && !shape->optional && arguments->subject == NULL)
		return usage(shape->subject, NULL);
	if (shape->subject == NULL && arguments->subject != NULL)
		return usage("too many words", arguments->subject);
	if (!shape->detail && arguments->detail != NULL)
		return usage("too many words", arguments->detail);
	if (!shape->reason && arguments->reason != NULL)
		return usage("too many words", arguments->reason);
	if (arguments->online && !shape->online)
		return usage("--online belongs to check", NULL);
	if (arguments->json && !shape->json)
		return usage("--json belongs to status", NULL);
	if (arguments->yes && !shape->yes)
		return usage("--yes belongs to resync", NULL);
	if (arguments->dry_run && !shape->dry_run)
		return usage("--dry-run belongs to once and resync", NULL);
	if (arguments->print && !shape->print)
		return usage("--print belongs to sample", NULL);
	if (arguments->yes && arguments->dry_run)
		return usage("--yes and --dry-run exclude each other", NULL);
	return ARGUMENTS_GO_ON;
}

int arguments_read(int count, char **words, struct arguments *arguments)
{
	int code = read_arguments(count, words, arguments);

	return code != ARGUMENTS_GO_ON ? code : check_arguments(arguments);
}
