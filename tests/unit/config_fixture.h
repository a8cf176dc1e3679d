/* config_fixture.h - a directory of files for one test, and looking for faults. Included by the tests of the
 * configuration. */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "daemon/config_fault.h"

struct fixture {
	char directory[64];
	struct config_faults faults;
};

static inline int fixture_up(void **state)
{
	struct fixture *fixture = memory_allocate(sizeof *fixture);

	(void)snprintf(fixture->directory, sizeof fixture->directory, "/tmp/advocated-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	unsetenv("CREDENTIALS_DIRECTORY");
	*state = fixture;
	return 0;
}

static inline int fixture_remove(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline int fixture_down(void **state)
{
	struct fixture *fixture = *state;

	config_faults_clear(&fixture->faults);
	nftw(fixture->directory, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

/* The caller frees it. */
static inline char *fixture_path(const struct fixture *fixture, const char *name)
{
	return memory_format("%s/%s", fixture->directory, name);
}

static inline void fixture_write_bytes(
	const struct fixture *fixture, const char *name, const char *bytes, size_t length, unsigned mode)
{
	char *path = fixture_path(fixture, name);

	(void)unlink(path); /* one that was made read-only stands in the way of everybody but root */
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
	fixture_write_bytes(fixture, name, text, strlen(text), 0600);
}

static inline void fixture_make_directory(const struct fixture *fixture, const char *name)
{
	char *path = fixture_path(fixture, name);

	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

/* There is a fault of that file (its name within the directory) and line whose text holds `piece`. */
static inline void fixture_expect(const struct fixture *fixture, const char *name, int line, const char *piece)
{
	char *path = fixture_path(fixture, name);
	bool found = false;

	for (size_t i = 0; i < fixture->faults.count; i++) {
		const struct config_fault *fault = &fixture->faults.items[i];
		found = found || (strcmp(fault->file, path) == 0 && fault->line == line &&
					 strstr(fault->text, piece) != NULL);
	}
	free(path);
	if (found)
		return;
	config_faults_print(&fixture->faults, stderr);
	fail_msg("no fault '%s' at %s:%d", piece, name, line);
}

static inline void fixture_expect_count(const struct fixture *fixture, size_t count)
{
	if (config_faults_count(&fixture->faults) == count)
		return;
	config_faults_print(&fixture->faults, stderr);
	fail_msg("%zu faults where %zu are meant", config_faults_count(&fixture->faults), count);
}

#endif
