#include "daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "connectors/utf8.h"
#include "daemon/counter.h"
#include "daemon/message_id.h"

enum { MESSAGE_LIMIT = 1024, OWN_FIELDS = 4, FIELDS_LIMIT = 8 + OWN_FIELDS };

static enum log_level least_urgent = LOG_LEVEL_INFO;
static bool is_journal;

/* systemd sets JOURNAL_STREAM=device:inode of the journal's socket; it counts only while stderr still is it. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void log_open(enum log_level level)
{
	least_urgent = level;
	is_journal = stderr_is_journal();
}

bool log_is_journal(void)
{
	return is_journal;
}

static int priority(enum log_level level)
{
	static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

	return priorities[level];
}

static const char *message_id_of(const char *event)
{
	for (const struct message_id *row = message_ids; row->event != NULL; row++)
		if (strcmp(row->event, event) == 0)
			return row->id;
	return NULL;
}

static void to_journal(enum log_level level, const char *event, const struct log_field *fields, const char *message)
{
	const char *message_id = message_id_of(event);
	struct iovec vector[FIELDS_LIMIT];
	char *texts[FIELDS_LIMIT];
	int count = 0;

	texts[count++] = memory_format("MESSAGE=%s", message);
	texts[count++] = memory_format("PRIORITY=%d", priority(level));
	texts[count++] = memory_format("ADVOCATED_EVENT=%s", event);
	if (message_id != NULL)
		texts[count++] = memory_format("MESSAGE_ID=%s", message_id);
	for (; fields != NULL && fields->name != NULL && count < FIELDS_LIMIT; fields++)
		if (fields->value != NULL)
			texts[count++] = memory_format("ADVOCATED_%s=%s", fields->name, fields->value);
	for (int i = 0; i < count; i++)
		vector[i] = (struct iovec){ texts[i], strlen(texts[i]) };
	(void)sd_journal_sendv(vector, count);
	for (int i = 0; i < count; i++)
		free(texts[i]);
}

static void escape_into(FILE *out, const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		if (*at < 0x20 || *at == 0x7f)
			(void)fprintf(out, "\\x%02x", *at);
		else
			(void)fputc(*at, out);
	}
}

static void to_stderr(enum log_level level, const char *event, const struct log_field *fields, const char *message)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	char *line = NULL;
	size_t length = 0;
	struct timespec now;
	struct tm utc;
	char stamp[32];

	/* One write per line, so that lines of several processes don't mix. */
	FILE *out = open_memstream(&line, &length);
	if (out == NULL)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
	(void)fprintf(out, "%s.%03ldZ %s %s: ", stamp, now.tv_nsec / 1000000, names[level], event);
	escape_into(out, message);
	for (; fields != NULL && fields->name != NULL; fields++) {
		if (fields->value == NULL)
			continue;
		(void)fprintf(out, " %s=", fields->name);
		escape_into(out, fields->value);
	}
	(void)fputc('\n', out);
	if (fclose(out) == 0 && write(STDERR_FILENO, line, length) < 0) {
		/* Nowhere left to say so. */
	}
	free(line);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, const char *format, ...)
{
	char message[MESSAGE_LIMIT];
	va_list arguments;

	if (level <= LOG_LEVEL_WARNING)
		COUNT(COUNTER_LOG, 1, level == LOG_LEVEL_ERROR ? "error" : "warning");
	if (level > least_urgent)
		return;
	va_start(arguments, format);
	(void)vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	utf8_drop_cut(message);
	if (is_journal)
		to_journal(level, event, fields, message);
	else
		to_stderr(level, event, fields, message);
}
