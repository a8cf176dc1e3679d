/* fuzz_config.c - any bytes are a configuration: it loads, or it has faults, and a loaded one can be
 * compared. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/config_difference.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char secret[] = "0123456789ABCDEF",
			  mapping[] = "[account]\nname = Name\nsignal.health_score = H\n";
	static int helpers[2] = { -1, -1 };
	struct config_faults faults = { 0 };
	char path[64];
	int file = memfd_create("configuration", MFD_CLOEXEC);

	/* Inputs name these as 3 (a secret) and 4 (a mapping): paths are relative to /proc/self/fd. */
	if (helpers[0] < 0) {
		helpers[0] = memfd_create("secret", MFD_CLOEXEC);
		helpers[1] = memfd_create("mapping", MFD_CLOEXEC);
		if (fchmod(helpers[0], 0600) != 0 || write(helpers[0], secret, sizeof secret - 1) < 0 ||
			write(helpers[1], mapping, sizeof mapping - 1) < 0)
			abort();
	}
	if (file < 0 || write(file, bytes, length) != (ssize_t)length)
		abort();
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	struct config *config = config_load(path, &faults);
	if ((config == NULL) != (config_faults_count(&faults) > 0))
		abort();
	if (config != NULL) {
		struct config_differences differences = config_differences(config, config);
		if (differences.count != 0)
			abort();
		config_differences_clear(&differences);
	}
	config_faults_clear(&faults);
	config_free(config);
	(void)close(file);
	return 0;
}
