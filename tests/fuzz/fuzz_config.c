/* fuzz_config.c - any bytes are a configuration: it loads, or it has faults, and a loaded one can be
 * compared. What stands behind a line "%mapping" is the mapping that it may name. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/config_difference.h"

/* Inputs name these files so: paths are relative to /proc/self/fd. */
enum { CONFIGURATION = 200, SECRET, WEBHOOK, MAPPING, BOT_TOKEN };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void make_file(int descriptor, const void *bytes, size_t length)
{
	int file = memfd_create("fuzz", MFD_CLOEXEC);

	if (file < 0 || fchmod(file, 0600) != 0 || write(file, bytes, length) != (ssize_t)length ||
		dup2(file, descriptor) != descriptor)
		abort();
	(void)close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char mark[] = "\n%mapping\n", secret[] = "0123456789ABCDEF", token[] = "xoxb-0123456789",
			  webhook[] = "https://hooks.example.com/services/T0FUZZ/B0FUZZ/fuzzfuzzfuzz";
	struct config_faults faults = { 0 };
	char path[64];

	const uint8_t *found = memmem(bytes, length, mark, sizeof mark - 1);
	size_t first = found == NULL ? length : (size_t)(found + 1 - bytes);
	size_t behind = found == NULL ? length : first + sizeof mark - 2;
	make_file(CONFIGURATION, bytes, first);
	make_file(SECRET, secret, sizeof secret - 1);
	make_file(WEBHOOK, webhook, sizeof webhook - 1);
	make_file(BOT_TOKEN, token, sizeof token - 1);
	make_file(MAPPING, bytes + behind, length - behind);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", CONFIGURATION);
	struct config *config = config_load(path, &faults);
	if ((config == NULL) != (config_faults_count(&faults) > 0))
		abort();
	if (getenv("FUZZ_SAY") != NULL)
		config_faults_print(&faults, stderr);
	if (config != NULL) {
		struct config_differences differences = config_differences(config, config);
		if (differences.count != 0)
			abort();
		config_differences_clear(&differences);
	}
	config_faults_clear(&faults);
	config_free(config);
	return 0;
}
