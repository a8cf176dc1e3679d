/* advocated - guards a company's customer advocates. This file picks the command; run.c is the daemon. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "connectors/memory.h"
#include "daemon/arguments.h"
#include "daemon/command.h"
#include "daemon/command_decisions.h"
#include "daemon/command_erase.h"
#include "daemon/command_resync.h"
#include "daemon/command_sample.h"
#include "daemon/config.h"
#include "daemon/dry_run.h"
#include "daemon/log.h"
#include "daemon/migrate.h"
#include "daemon/run.h"

static int run_command(const struct arguments *arguments, struct config *config)
{
	int code;

	if (strcmp(arguments->command, "run") == 0)
		return run_daemon(config, arguments->file, false);
	if (strcmp(arguments->command, "once") == 0 && arguments->dry_run)
		return dry_run(config);
	if (strcmp(arguments->command, "once") == 0)
		return run_daemon(config, arguments->file, true);
	if (strcmp(arguments->command, "migrate") == 0)
		code = migrate(config);
	else if (strcmp(arguments->command, "status") == 0)
		code = command_status(config, arguments->json);
	else if (strcmp(arguments->command, "explain") == 0)
		code = command_explain(config, arguments->subject);
	else if (strcmp(arguments->command, "erase") == 0)
		code = command_erase(config, arguments->subject);
	else if (strcmp(arguments->command, "resync") == 0)
		code = command_resync(
			config, arguments->subject, arguments->detail, arguments->yes, arguments->dry_run);
	else if (strcmp(arguments->command, "decisions") == 0)
		code = command_decisions(config, arguments->subject, arguments->detail, arguments->reason);
	else if (strcmp(arguments->command, "sample") == 0)
		code = command_sample(config, arguments->subject, arguments->detail, arguments->print);
	else
		code = command_check(config, arguments->online);
	config_free(config);
	return code;
}

/* To the journal each as an entry that its catalog explains; to a terminal as plain lines. */
static void complain(const struct config_faults *faults)
{
	log_open(LOG_LEVEL_INFO);
	if (log_is_journal())
		config_faults_log(faults);
	else
		config_faults_print(faults, stderr);
}

int main(int count, char **words)
{
	struct arguments arguments;
	struct config_faults faults = { 0 };

	int code = arguments_read(count, words, &arguments);
	if (code != ARGUMENTS_GO_ON)
		return code;
	/* Secrets would be in it; the unit says the same, but not everybody starts us by that. */
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	memory_keep_flat();
	struct config *config = arguments.database_only ? config_load_database(arguments.file, &faults)
							: config_load(arguments.file, &faults);
	if (config == NULL) {
		complain(&faults);
		config_faults_clear(&faults);
		return EX_CONFIG;
	}
	return run_command(&arguments, config);
}
