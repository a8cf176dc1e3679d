#include "daemon/arguments.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const char default_file[] = ADVOCATED_SYSCONFDIR "/advocated/advocated.conf";

/* A command: what it does, and what may follow it. */
struct command_shape {
	const char *name;
	const char *words;   /* after its name, as the usage shows them */
	const char *brief;   /* its line of the general help, which has 54 columns for it */
	const char *more;    /* its own help, after that */
	const char *subject; /* what is missing without its first word; NULL: it takes none */
	bool optional;       /* the first word may be missing */
	bool detail;         /* a second word is fine */
	bool reason;         /* and a third */
	bool database_only;  /* it asks nobody else */
	bool online, json, yes, dry_run, print;
};

static const struct command_shape shapes[] = {
	{ .name = "run",
		.words = "",
		.brief = "stay in the foreground and work (the default)",
		.more = "SIGHUP reads the configuration again, SIGTERM stops.\n" },
	{ .name = "check",
		.words = " [--online]",
		.brief = "find faults in configuration, mappings and policy",
		.more = "Every fault is printed as file:line: what is wrong, and what would be right.\n"
			"  --online   ask the database and every vendor, too; nothing is changed\n",
		.online = true },
	{ .name = "migrate",
		.words = "",
		.brief = "make the database schema, or bring it up to date",
		.more = "Connects with migrate_conninfo, as the owner of the schema. Done twice it does\n"
			"nothing the second time.\n",
		.database_only = true },
	{ .name = "once",
		.words = " [--dry-run]",
		.brief = "sync every stream once, judge, deliver, exit",
		.more = "  --dry-run  only say what that would change, whom it would suspend and which\n"
			"             messages would go out; changes and sends nothing\n",
		.dry_run = true },
	{ .name = "status",
		.words = " [--json]",
		.brief = "sources, streams, backlog, next deadlines",
		.more = "  --json     the same for machines\n",
		.database_only = true,
		.json = true },
	{ .name = "explain",
		.words = " ADVOCATE",
		.brief = "why this advocate may be asked, or may not",
		.more = "ADVOCATE is a number or an e-mail address.\n",
		.database_only = true,
		.subject = "explain needs an advocate: a number or an e-mail address" },
	{ .name = "decisions",
		.words = " [ACTION …]",
		.brief = "what waits for a person, and what was decided lately",
		.more = "  approve BATCH        let happen what was held\n"
			"  reject BATCH         it was broken data: nothing of it happens\n"
			"  undo CYCLE REASON    take back what was decided together\n"
			"  undo-batch BATCH REASON\n"
			"                       take back what was approved\n",
		.database_only = true,
		.subject = "",
		.optional = true,
		.detail = true,
		.reason = true },
	{ .name = "resync",
		.words = " SOURCE [STREAM]",
		.brief = "read everything anew, show the difference, apply it",
		.more = "The running daemon reads it beside the live tables; what differs is shown, and\n"
			"applied at once or not at all.\n"
			"  --yes      apply without asking\n"
			"  --dry-run  only show\n",
		.database_only = true,
		.subject = "resync needs a source: a name from the configuration",
		.detail = true,
		.yes = true,
		.dry_run = true },
	{ .name = "sample",
		.words = " KIND [CHANNEL]",
		.brief = "how this kind of message (or all) reads",
		.more = "With a channel it is sent there.\n"
			"  --print    only show what would be sent there; without a channel, the facts\n"
			"             that a wording may name, too\n",
		.subject = "sample needs a kind of message, or all",
		.detail = true,
		.print = true },
	{ .name = "erase",
		.words = " CONTACT",
		.brief = "forget a person",
		.more = "CONTACT is the number or e-mail address of a contact. What was synced and said\n"
			"of the person goes, and does not come back with the next sync.\n",
		.database_only = true,
		.subject = "erase needs a contact: a number or an e-mail address" },
};
enum { SHAPE_COUNT = sizeof shapes / sizeof shapes[0] };

static const struct command_shape *find_shape(const char *name)
{
	for (size_t i = 0; i < SHAPE_COUNT; i++)
		if (strcmp(name, shapes[i].name) == 0)
			return &shapes[i];
	return NULL;
}

/* Of the program, on one screen of 24 lines; of a command where one is named. */
static void print_help(const struct command_shape *shape)
{
	if (shape != NULL) {
		(void)printf("Usage: advocated [-c FILE] %s%s\n\n%c%s.\n\n%s", shape->name, shape->words,
			toupper((unsigned char)*shape->brief), shape->brief + 1, shape->more);
		return;
	}
	(void)fputs("Usage: advocated [-c FILE] [COMMAND]\n"
		    "\n"
		    "Guards a company's customer advocates: syncs CRM data into PostgreSQL, suspends\n"
		    "those whose account is at risk, holds reference requests to their deadlines.\n"
		    "\n",
		stdout);
	for (size_t i = 0; i < SHAPE_COUNT; i++)
		/* The ellipsis is one column of three bytes. */
		(void)printf("  %s%-*s  %s\n", shapes[i].name,
			(int)(22 - strlen(shapes[i].name) + (strstr(shapes[i].words, "…") == NULL ? 0 : 2)),
			shapes[i].words, shapes[i].brief);
	(void)fputs("\n"
		    "  -c, --config FILE       else " ADVOCATED_SYSCONFDIR "/advocated/advocated.conf\n"
		    "  -h, --help              this help; after a command, that of the command\n"
		    "  -V, --version           the version\n"
		    "\n"
		    "Exit status: 0 done, 1 failed, 64 wrong usage, 69 a service is unavailable,\n"
		    "78 wrong configuration. See advocated(8), advocated.conf(5).\n",
		stdout);
}

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
	bool asks_help = false;
	int letter;

	*arguments = (struct arguments){ .file = default_file, .command = "run" };
	opterr = 0;
	while ((letter = getopt_long(count, words, "c:hV", options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			arguments->file = optarg;
			break;
		case 'h':
			asks_help = true;
			break;
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
	if (asks_help && optind < count && find_shape(words[optind]) == NULL)
		return usage("unknown command", words[optind]);
	if (asks_help) {
		print_help(optind < count ? find_shape(words[optind]) : NULL);
		return EX_OK;
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

static int check_arguments(struct arguments *arguments)
{
	const struct command_shape *shape = find_shape(arguments->command);

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
