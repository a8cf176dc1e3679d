/* Reading a page of records: record_reader, beside jansson's tree of the same bytes and beside a bare memory scan. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "connectors/record_reader.h"
#include "daemon/copy_text.h"

enum { RECORDS = 2000, ROUNDS = 5, PAGES = 20 };

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* others at work on the machine don't count */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void make_page(struct buffer *page)
{
	(void)buffer_append_text(page, "{\"totalSize\":2000,\"done\":true,\"records\":[");
	for (int i = 0; i < RECORDS; i++)
		(void)buffer_printf(page,
			"%s{\"attributes\":{\"type\":\"Account\",\"url\":\"/services/data/v66.0/sobjects/Account/"
			"0015g%010dAAA\"},"
			"\"Id\":\"0015g%010dAAA\",\"Name\":\"Fj\\u00f8rdgrid %d \\\"Learning\\\" "
			"Ltd\",\"Website\":\"https://www.fjordgrid-%d.example\","
			"\"Industry\":\"Technology\",\"BillingCountry\":\"Norway\",\"Type\":\"Customer - "
			"Direct\",\"AnnualRevenue\":%d.0,"
			"\"NumberOfEmployees\":%d,\"Description\":\"Long-standing customer; renewed twice. Ask Kim "
			"before anything else.\","
			"\"OwnerId\":\"0055g%010dAAA\",\"Owner\":{\"attributes\":{\"type\":\"User\",\"url\":\"/"
			"x\"},\"Email\":\"kim%d@vendor.example\"},"
			"\"Health_Score__c\":%d.5,\"IsDeleted\":false,\"SystemModstamp\":\"2026-11-20T10:01:07.000+"
			"0000\"}",
			i == 0 ? "" : ",", i, i, i, i, i * 1000, i, i, i % 40, i % 100);
	(void)buffer_append_text(page, "]}");
}

static void on_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	struct buffer *rows = context;

	(void)entity;
	if (!copy_text_row(rows, values, count))
		abort();
}

static void on_reject(void *context, const struct rejection *rejection)
{
	(void)context;
	(void)fprintf(stderr, "rejected: %s\n", rejection->reason);
	abort();
}

static struct mapping *make_mapping(void)
{
	static const char *const lines[][2] = { { "name", "Name" }, { "domain", "Website" },
		{ "industry", "Industry" }, { "region", "BillingCountry" }, { "segment", "Type" },
		{ "arr", "AnnualRevenue" }, { "owner_remote_id", "OwnerId" }, { "owner_email", "Owner.Email" },
		{ "signal.health_score", "Health_Score__c" } };
	struct mapping *mapping = mapping_new();
	struct failure failure;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		if (!mapping_set(mapping, "account", lines[i][0], lines[i][1], (int)i, &failure))
			abort();
	return mapping;
}

/* Seconds for one page, from bytes to COPY rows. */
static double time_reader(const struct buffer *page, const struct mapping *mapping)
{
	static const char *const containers[] = { "records", NULL };
	const struct record_reader_settings settings = { .entity = ENTITY_ACCOUNT,
		.mapping = &mapping->entities[ENTITY_ACCOUNT],
		.containers = containers,
		.prefix = "",
		.id = "Id",
		.modified = "SystemModstamp",
		.deleted = "IsDeleted" };
	struct buffer rows;
	struct failure failure;
	const char *envelope;
	size_t length;

	buffer_init(&rows, 16 << 20);
	struct record_reader *reader = record_reader_new(
		&settings, &(struct record_sink){ .context = &rows, .record = on_record, .reject = on_reject });
	double begin = now_s();
	for (int i = 0; i < PAGES; i++) {
		record_reader_reset(reader);
		buffer_clear(&rows);
		for (size_t at = 0; at < page->length; at += 16384)
			if (!record_reader_feed(reader, page->bytes + at,
				    page->length - at < 16384 ? page->length - at : 16384))
				abort();
		if (!record_reader_finish(reader, &envelope, &length, &failure) ||
			record_reader_count(reader) != RECORDS)
			abort();
	}
	double spent = (now_s() - begin) / PAGES;
	record_reader_free(reader);
	buffer_free(&rows);
	return spent;
}

/* Seconds for one page's tree alone, without making rows of it. */
static double time_jansson(const struct buffer *page)
{
	double begin = now_s();

	json_t *tree = json_loadb(page->bytes, page->length, 0, NULL);
	if (json_array_size(json_object_get(tree, "records")) != RECORDS)
		abort();
	json_decref(tree);
	return now_s() - begin;
}

/* Seconds to look at each byte once, for the limit of what any scanner can do. */
static double time_scan(const struct buffer *page)
{
	double begin = now_s();
	size_t quotes = 0;

	for (int i = 0; i < PAGES; i++)
		for (size_t at = 0; at < page->length; at++)
			quotes += page->bytes[at] == '"';
	if (quotes == 0)
		abort();
	return (now_s() - begin) / PAGES;
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof *values, compare);
	return values[ROUNDS / 2];
}

int main(void)
{
	struct mapping *mapping = make_mapping();
	double reader[ROUNDS], jansson[ROUNDS], scan[ROUNDS];
	struct buffer page;

	buffer_init(&page, 16 << 20);
	make_page(&page);
	for (int i = 0; i < ROUNDS; i++) {
		reader[i] = time_reader(&page, mapping);
		jansson[i] = time_jansson(&page);
		scan[i] = time_scan(&page);
	}
	double ours = median(reader), theirs = median(jansson), bare = median(scan);
	(void)printf("a page of %d records, %.1f MB, medians of %d rounds\n", RECORDS, (double)page.length / 1e6,
		ROUNDS);
	(void)printf("  bytes to COPY rows:      %7.2f ms, %9.0f records a second\n", ours * 1e3, RECORDS / ours);
	(void)printf("  jansson, tree only:      %7.2f ms, %9.0f records a second; ours is %.1f times as fast\n",
		theirs * 1e3, RECORDS / theirs, theirs / ours);
	(void)printf("  one look at each byte:   %7.2f ms; ours takes %.1f times that\n", bare * 1e3, ours / bare);
	buffer_free(&page);
	mapping_free(mapping);
	return 0;
}
