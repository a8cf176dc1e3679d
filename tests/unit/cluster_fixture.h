/* cluster_fixture.h - a private PostgreSQL cluster for a test program, made by tests/pgbox. */
#ifndef TESTS_UNIT_CLUSTER_FIXTURE_H
#define TESTS_UNIT_CLUSTER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/loop.h"

enum { CLUSTER_GIVE_UP_MS = 60000 };

static char cluster[80];           /* its folder */
static char cluster_conninfo[160]; /* how its superuser gets in */

/* Group set-up: makes and starts the cluster; -1 when that fails. */
static int cluster_up(void **state)
{
	char command[160], line[200] = "";

	(void)state;
	(void)snprintf(
		cluster, sizeof cluster, "/tmp/advocated-%.40s.%ld", program_invocation_short_name, (long)getpid());
	(void)snprintf(command, sizeof command, "PGBOX_OPTS='-c fsync=off' tests/pgbox up %s", cluster);
	FILE *out = popen(command, "r"); /* NOLINT(cert-env33-c) */
	if (out == NULL)
		return -1;
	bool good = fgets(line, sizeof line, out) != NULL;
	if (pclose(out) != 0 || !good)
		return -1;
	const char *host = strstr(line, "PGHOST=");
	if (host == NULL)
		return -1;
	(void)snprintf(cluster_conninfo, sizeof cluster_conninfo, "host=%.*s user=postgres dbname=postgres",
		(int)strcspn(host + 7, " \n"), host + 7);
	return 0;
}

/* Group tear-down: stops and removes it. */
static int cluster_down(void **state)
{
	char command[160];

	(void)state;
	(void)snprintf(command, sizeof command, "tests/pgbox down %s", cluster);
	return system(command); /* NOLINT(cert-env33-c) */
}

static void cluster_on_limit(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	(void)context;
	fail_msg("what was waited for did not come");
}

/* Runs the loop until a callback breaks it; the test fails when none does in time. */
static void cluster_wait(struct event_base *base)
{
	struct event *limit = loop_timer(base, cluster_on_limit, NULL);

	loop_arm(limit, CLUSTER_GIVE_UP_MS);
	(void)event_base_dispatch(base);
	(void)loop_event_free(limit);
}

#endif
