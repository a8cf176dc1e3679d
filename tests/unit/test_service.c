/* test_service.c - what systemd hears, the watchdog above all; and that each event with advice is one that is logged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/loop.h"
#include "daemon/message_id.h"
#include "daemon/progress.h"
#include "daemon/service.h"

struct fixture {
	struct event_base *base;
	struct service *service;
	int ear; /* systemd's end */
	char folder[40], path[60];
	bool alive;
	int asked;
};

static void on_stop(void *context, int hurry)
{
	(void)context;
	(void)hurry;
}

static void on_reload(void *context)
{
	(void)context;
}

static bool on_alive(void *context)
{
	struct fixture *fixture = context;

	if (++fixture->asked == 3)
		(void)event_base_loopbreak(fixture->base);
	return fixture->alive;
}

static void set_up(struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*fixture = (struct fixture){ .base = event_base_new() };
	(void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/advocated-service.XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	(void)snprintf(fixture->path, sizeof fixture->path, "%s/notify", fixture->folder);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture->path);
	fixture->ear = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fixture->ear, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", fixture->path, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "20000", 1), 0);
	assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
	fixture->service = service_new(fixture->base,
		&(struct service_events){
			.context = fixture, .stop = on_stop, .reload = on_reload, .alive = on_alive });
}

static void tear_down(struct fixture *fixture)
{
	fixture->service = service_free(fixture->service);
	event_base_free(fixture->base);
	(void)close(fixture->ear);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(rmdir(fixture->folder), 0);
}

/* What has arrived, one message a line. */
static const char *heard(const struct fixture *fixture)
{
	static char text[2000];
	size_t length = 0;
	ssize_t got;

	while ((got = recv(fixture->ear, text + length, sizeof text - length - 2, 0)) > 0) {
		length += (size_t)got;
		text[length++] = '|';
	}
	text[length] = '\0';
	return text;
}

static void feeds_the_watchdog_while_work_moves(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture);
	fixture.alive = true;
	(void)event_base_dispatch(fixture.base);
	assert_string_equal(heard(&fixture), "WATCHDOG=1|WATCHDOG=1|WATCHDOG=1|");
	fixture.alive = false;
	fixture.asked = 0;
	(void)event_base_dispatch(fixture.base);
	assert_string_equal(heard(&fixture), "");
	/* A hiccup that is over. */
	fixture.alive = true;
	fixture.asked = 0;
	(void)event_base_dispatch(fixture.base);
	assert_string_equal(heard(&fixture), "WATCHDOG=1|WATCHDOG=1|WATCHDOG=1|");
	tear_down(&fixture);
}

static void tells_each_status_once(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture);
	service_ready(fixture.service, "one\nREADY=0");
	service_status(fixture.service, "two");
	service_status(fixture.service, "two");
	service_stopping(fixture.service, "three");
	assert_string_equal(heard(&fixture), "READY=1\nSTATUS=one READY=0|STATUS=two|STOPPING=1\nSTATUS=three|");
	tear_down(&fixture);
}

static void notices_what_stands_still(void **state)
{
	struct progress one = { 0 }, other = { 0 };

	(void)state;
	int64_t now_ms = loop_monotonic_ms();
	assert_null(progress_stalled(now_ms + 10 * PROGRESS_LIMIT_MS));
	progress_begin(&one, "one");
	progress_begin(&other, "other");
	assert_null(progress_stalled(now_ms + PROGRESS_LIMIT_MS - 1000));
	assert_non_null(progress_stalled(now_ms + PROGRESS_LIMIT_MS + 60000));
	/* What moves isn't stuck, whoever else is. */
	other.moved_ms += PROGRESS_LIMIT_MS;
	assert_ptr_equal(progress_stalled(now_ms + PROGRESS_LIMIT_MS + 60000), &one);
	progress_end(&one);
	progress_end(&one);
	assert_null(progress_stalled(now_ms + PROGRESS_LIMIT_MS + 60000));
	progress_begin(&other, "still the other");
	assert_non_null(progress_stalled(now_ms + PROGRESS_LIMIT_MS + 60000));
	progress_end(&other);
	assert_null(progress_stalled(now_ms + 10 * PROGRESS_LIMIT_MS));
}

static bool is_logged(const glob_t *files, const char *event)
{
	char line[400], quoted[80];
	bool found = false;

	(void)snprintf(quoted, sizeof quoted, "\"%s\"", event);
	for (size_t i = 0; i < files->gl_pathc && !found; i++) {
		FILE *file = fopen(files->gl_pathv[i], "r");
		assert_non_null(file);
		while (!found && fgets(line, sizeof line, file) != NULL)
			found = strstr(line, quoted) != NULL;
		(void)fclose(file);
	}
	return found;
}

static void catalog_speaks_of_events_that_happen(void **state)
{
	glob_t files;
	size_t count = 0;

	(void)state;
	assert_int_equal(glob("daemon/*.c", 0, NULL, &files), 0);
	for (const struct message_id *row = message_ids; row->event != NULL; row++, count++) {
		assert_int_equal(strlen(row->id), 32);
		assert_int_equal(strspn(row->id, "0123456789abcdef"), 32);
		if (!is_logged(&files, row->event))
			fail_msg("the catalog has advice for '%s', which nothing logs", row->event);
		for (const struct message_id *other = row + 1; other->event != NULL; other++)
			assert_true(strcmp(row->event, other->event) != 0 && strcmp(row->id, other->id) != 0);
	}
	assert_true(count > 10);
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feeds_the_watchdog_while_work_moves),
		cmocka_unit_test(tells_each_status_once),
		cmocka_unit_test(notices_what_stands_still),
		cmocka_unit_test(catalog_speaks_of_events_that_happen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
