#include "daemon/counter.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/exposition.h"

enum { LABELS_MOST = 4 };

struct count {
	struct count *next;
	char *values[LABELS_MOST];
	int64_t amount;
};

static const struct {
	const char *name, *help;
	const char *labels[LABELS_MOST + 1];
} rows[COUNTER_COUNT] = {
	[COUNTER_RUNS] = { "sync_runs_total",
		"Runs over a stream that this daemon has ended: complete, yielded, or the kind of their failure.",
		{ "source", "stream", "mode", "outcome" } },
	[COUNTER_CALLS] = { "sync_calls_total",
		"Requests of records that a vendor answered: ok, or the kind of the failure.",
		{ "source", "outcome" } },
	[COUNTER_DELIVERIES] = { "deliveries_total",
		"Attempts to deliver a message that this daemon has made: delivered, or the kind of the failure.",
		{ "channel", "outcome" } },
	[COUNTER_LINK_LOSSES] = { "database_losses_total",
		"How often a link to the database was lost or could not be had.", { "link" } },
	[COUNTER_DEADLINES] = { "deadlines_fired_total", "Deadlines that this daemon has fired.", { NULL } },
	[COUNTER_RELOADS] = { "reloads_total", "Reloads of the configuration.", { "outcome" } },
	[COUNTER_LOG] = { "log_messages_total", "Errors and warnings written to the log.", { "level" } },
};

static struct count *counts[COUNTER_COUNT];

static size_t label_count(enum counter counter)
{
	size_t count = 0;

	while (rows[counter].labels[count] != NULL)
		count++;
	return count;
}

static struct count *find(enum counter counter, const char *const *values)
{
	struct count **at = &counts[counter];
	size_t labels = label_count(counter);

	for (; *at != NULL; at = &(*at)->next) {
		size_t same = 0;
		while (same < labels && strcmp((*at)->values[same], values[same]) == 0)
			same++;
		if (same == labels)
			return *at;
	}
	*at = memory_allocate(sizeof **at);
	for (size_t i = 0; i < labels; i++)
		(*at)->values[i] = memory_copy_text(values[i]);
	return *at;
}

void counter_add(enum counter counter, int64_t amount, const char *const *values)
{
	find(counter, values)->amount += amount;
}

static void write_count(struct buffer *page, enum counter counter, const struct count *count)
{
	struct exposition_label labels[LABELS_MOST];
	size_t used = label_count(counter);

	for (size_t i = 0; i < used; i++)
		labels[i] = (struct exposition_label){ rows[counter].labels[i], count->values[i] };
	exposition_sample(page, rows[counter].name, labels, used, (double)count->amount);
}

void counter_write(struct buffer *page)
{
	for (enum counter counter = 0; counter < COUNTER_COUNT; counter++) {
		exposition_family(page, rows[counter].name, "counter", rows[counter].help);
		if (counts[counter] == NULL && label_count(counter) == 0)
			exposition_sample(page, rows[counter].name, NULL, 0, 0);
		for (const struct count *count = counts[counter]; count != NULL; count = count->next)
			write_count(page, counter, count);
	}
}

void counter_clear(void)
{
	for (enum counter counter = 0; counter < COUNTER_COUNT; counter++)
		while (counts[counter] != NULL) {
			struct count *count = counts[counter];
			counts[counter] = count->next;
			for (size_t i = 0; i < LABELS_MOST; i++)
				free(count->values[i]);
			free(count);
		}
}
