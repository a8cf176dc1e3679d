/* Reads any bytes as a page of records, once in one piece and once in pieces whose size the first byte says: where the page
 * is cut changes nothing of what comes out. */
#include <stdlib.h>
#include <string.h>

#include "connectors/record_reader.h"

enum { TOLD_LIMIT = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

/* Each text with its length: what is told is the same only if all of it is. */
static void tell(struct buffer *told, const char *text, size_t length)
{
	if (text == NULL)
		(void)buffer_append_text(told, "null ");
	else if (!buffer_printf(told, "%zu ", length) || !buffer_append(told, text, length))
		abort();
}

static void tell_text(struct buffer *told, const char *text)
{
	tell(told, text, text == NULL ? 0 : strlen(text));
}

static void on_record(void *context, enum entity entity, const struct value *values, size_t count)
{
	(void)entity;
	for (size_t i = 0; i < count; i++)
		tell(context, values[i].text, values[i].length);
	(void)buffer_append_text(context, "\n");
}

static void on_reject(void *context, const struct rejection *rejection)
{
	tell_text(context, rejection->remote_id);
	tell_text(context, rejection->field);
	tell_text(context, rejection->reason);
	tell(context, rejection->raw.text, rejection->raw.length);
	(void)buffer_append_text(context, "\n");
}

static bool feed(struct record_reader *reader, const char *bytes, size_t length, size_t piece)
{
	bool good = true;

	for (size_t at = 0; good && at < length; at += piece) {
		size_t here = length - at < piece ? length - at : piece;
		/* Of its exact size: a byte read behind it is found. */
		char *copy = malloc(here);
		memcpy(copy, bytes + at, here);
		good = record_reader_feed(reader, copy, here);
		free(copy);
	}
	return good;
}

static void read_page(const struct record_reader_settings *settings, const char *bytes, size_t length, size_t piece,
	struct buffer *told)
{
	struct failure failure;
	const char *envelope;
	size_t envelope_length;

	buffer_init(told, TOLD_LIMIT);
	struct record_reader *reader = record_reader_new(
		settings, &(struct record_sink){ .context = told, .record = on_record, .reject = on_reject });
	(void)buffer_append_text(told, feed(reader, bytes, length, piece) ? "taken " : "not taken ");
	if (record_reader_finish(reader, &envelope, &envelope_length, &failure))
		tell(told, envelope, envelope_length);
	else
		tell_text(told, failure.text);
	(void)buffer_printf(told, "%zu", record_reader_count(reader));
	record_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
	static const char *const containers[] = { "records", "data.records", NULL };
	static const char *const extras[] = { "e", NULL };
	static const char *const lines[][2] = { { "name", "n" }, { "arr", "a" }, { "renewal_on", "d" },
		{ "owner_email", "O.m" }, { "signal.health_score", "h" } };
	struct buffer whole, cut;
	struct failure failure;

	if (length == 0)
		return 0;
	struct mapping *mapping = mapping_new();
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		if (!mapping_set(mapping, "account", lines[i][0], lines[i][1], (int)i + 1, &failure))
			abort();
	const struct record_reader_settings settings = { .entity = ENTITY_ACCOUNT,
		.mapping = &mapping->entities[ENTITY_ACCOUNT],
		.containers = containers,
		.prefix = "",
		.id = "i",
		.modified = "s",
		.deleted = "g",
		.extras = extras,
		.fold_case = true };
	const char *page = (const char *)bytes + 1;
	read_page(&settings, page, length - 1, length, &whole);
	read_page(&settings, page, length - 1, (size_t)bytes[0] + 1, &cut);
	if (whole.length != cut.length || memcmp(buffer_text(&whole), buffer_text(&cut), cut.length) != 0)
		abort();
	buffer_free(&whole);
	buffer_free(&cut);
	mapping_free(mapping);
	return 0;
}
