#include "connectors/json_splitter.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"

enum { DEPTH_MAX = 16, PATH_MAX_BYTES = 256, ENVELOPE_LIMIT = 64 * 1024 };

enum place {
	IN_ENVELOPE, /* anywhere outside the record array */
	IN_ARRAY,    /* between records */
	IN_RECORD,
};

struct json_splitter {
	const char *const *containers;
	json_object_fn *object;
	json_element_fn *element;
	void *context;

	enum place place;
	bool found, complete, failed;
	bool in_string, escaped;
	size_t count;

	/* The envelope: open brackets, and the path of keys that leads to where we are. */
	unsigned depth;
	bool is_object[DEPTH_MAX + 1];
	size_t path_length[DEPTH_MAX + 1];
	char path[PATH_MAX_BYTES];
	bool expects_key, is_key;
	bool path_lost[DEPTH_MAX + 1]; /* a key too long, or with an escape: it can't be a container */
	struct buffer envelope;

	/* The record: nesting inside of it, and its bytes if it began in an earlier piece. */
	unsigned nesting;
	bool is_scalar, too_long;
	struct buffer record;
};

struct json_splitter *json_splitter_new(const char *const *containers, size_t record_limit, json_object_fn *object,
	json_element_fn *element, void *context)
{
	struct json_splitter *splitter = memory_allocate(sizeof *splitter);

	splitter->containers = containers;
	splitter->object = object;
	splitter->element = element;
	splitter->context = context;
	buffer_init(&splitter->envelope, ENVELOPE_LIMIT);
	buffer_init(&splitter->record, record_limit);
	return splitter;
}

struct json_splitter *json_splitter_free(struct json_splitter *splitter)
{
	if (splitter == NULL)
		return NULL;
	buffer_free(&splitter->envelope);
	buffer_free(&splitter->record);
	free(splitter);
	return NULL;
}

void json_splitter_reset(struct json_splitter *splitter)
{
	splitter->place = IN_ENVELOPE;
	splitter->found = splitter->complete = splitter->failed = false;
	splitter->in_string = splitter->escaped = false;
	splitter->count = 0;
	splitter->depth = 0;
	splitter->path_length[0] = 0;
	splitter->path_lost[0] = false;
	splitter->expects_key = splitter->is_key = false;
	buffer_clear(&splitter->envelope);
	buffer_clear(&splitter->record);
	splitter->too_long = false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_container(const struct json_splitter *splitter)
{
	size_t length = splitter->path_length[splitter->depth];

	if (splitter->path_lost[splitter->depth] || splitter->found)
		return false;
	for (const char *const *name = splitter->containers; *name != NULL; name++)
		if (strlen(*name) == length && memcmp(*name, splitter->path, length) == 0)
			return true;
	return false;
}

/* Whatever stands at the current depth has this key now. */
static void begin_key(struct json_splitter *splitter)
{
	size_t parent = splitter->path_length[splitter->depth - 1];

	splitter->path_lost[splitter->depth] = splitter->path_lost[splitter->depth - 1];
	splitter->path_length[splitter->depth] = parent;
	if (parent == 0)
		return;
	if (parent + 1 >= PATH_MAX_BYTES) {
		splitter->path_lost[splitter->depth] = true;
		return;
	}
	splitter->path[parent] = '.';
	splitter->path_length[splitter->depth] = parent + 1;
}

static void extend_key(struct json_splitter *splitter, char c)
{
	size_t *length = &splitter->path_length[splitter->depth];

	if (*length >= PATH_MAX_BYTES || c == '\\') {
		splitter->path_lost[splitter->depth] = true;
		return;
	}
	splitter->path[(*length)++] = c;
}

static bool open_bracket(struct json_splitter *splitter, bool is_object)
{
	if (splitter->depth >= DEPTH_MAX)
		return false;
	unsigned parent = splitter->depth++;
	splitter->is_object[splitter->depth] = is_object;
	splitter->path_length[splitter->depth] = splitter->path_length[parent];
	splitter->path_lost[splitter->depth] = splitter->path_lost[parent] || !is_object;
	splitter->expects_key = is_object;
	return true;
}

static bool close_bracket(struct json_splitter *splitter, bool is_object)
{
	if (splitter->depth == 0 || splitter->is_object[splitter->depth] != is_object)
		return false;
	splitter->depth--;
	splitter->expects_key = false;
	splitter->complete = splitter->depth == 0;
	return true;
}

/* One byte of the envelope. */
static bool envelope_byte(struct json_splitter *splitter, char c)
{
	if (splitter->complete)
		return is_space(c);
	if (!buffer_append(&splitter->envelope, &c, 1))
		return false;
	if (splitter->in_string) {
		if (splitter->escaped) {
			splitter->escaped = false;
			return true;
		}
		splitter->escaped = c == '\\';
		if (c == '"')
			splitter->in_string = splitter->is_key = false;
		else if (splitter->is_key)
			extend_key(splitter, c);
		return true;
	}
	switch (c) {
	case '"':
		if (splitter->depth == 0)
			return false;
		splitter->in_string = true;
		splitter->is_key = splitter->expects_key;
		if (splitter->is_key)
			begin_key(splitter);
		splitter->expects_key = false;
		return true;
	case '{':
		return open_bracket(splitter, true);
	case '[':
		if (splitter->depth > 0 && is_container(splitter)) {
			splitter->found = true;
			splitter->place = IN_ARRAY;
			return true;
		}
		return open_bracket(splitter, false);
	case '}':
		return close_bracket(splitter, true);
	case ']':
		return close_bracket(splitter, false);
	case ',':
		splitter->expects_key = splitter->depth > 0 && splitter->is_object[splitter->depth];
		return true;
	default:
		return splitter->depth > 0 || is_space(c);
	}
}

/* Keeps a piece of a record that arrives in several; past the limit exactly the limit's bytes, however it was cut. */
static void keep_piece(struct json_splitter *splitter, const char *bytes, size_t length)
{
	size_t room = splitter->record.limit - splitter->record.length;

	if (length > room) {
		splitter->too_long = true;
		length = room;
	}
	(void)buffer_append(&splitter->record, bytes, length);
}

static bool end_record(struct json_splitter *splitter, const char *bytes, size_t length)
{
	bool go_on;

	if (splitter->record.length > 0 || length > splitter->record.limit) {
		keep_piece(splitter, bytes, length);
		go_on = splitter->element(splitter->context, buffer_text(&splitter->record),
			splitter->record.length, splitter->too_long);
	} else {
		go_on = splitter->element(splitter->context, bytes, length, false);
	}
	buffer_clear(&splitter->record);
	splitter->too_long = false;
	splitter->place = IN_ARRAY;
	splitter->count++;
	return go_on;
}

/* Runs through a record from `at`; returns where it ends (one past its last byte), or `end` with `*ended`
 * false when it goes on in the next piece. */
static const char *skip_record(struct json_splitter *splitter, const char *at, const char *end, bool *ended)
{
	*ended = false;
	while (at < end) {
		char c = *at;
		if (splitter->in_string) {
			if (splitter->escaped)
				splitter->escaped = false;
			else if (c == '\\')
				splitter->escaped = true;
			else if (c == '"')
				splitter->in_string = false;
			at++;
			if (!splitter->in_string && splitter->nesting == 0 && !splitter->is_scalar) {
				*ended = true;
				return at;
			}
			continue;
		}
		if (splitter->is_scalar) {
			if (c == ',' || c == ']' || is_space(c)) {
				*ended = true;
				return at;
			}
			at++;
			continue;
		}
		at++;
		if (c == '"') {
			splitter->in_string = true;
		} else if (c == '{' || c == '[') {
			splitter->nesting++;
		} else if ((c == '}' || c == ']') && --splitter->nesting == 0) {
			*ended = true;
			return at;
		}
	}
	return at;
}

static bool feed_record(struct json_splitter *splitter, const char **at, const char *end)
{
	const char *begin = *at;
	bool ended;

	*at = skip_record(splitter, begin, end, &ended);
	if (ended)
		return end_record(splitter, begin, (size_t)(*at - begin));
	keep_piece(splitter, begin, (size_t)(*at - begin));
	return true;
}

/* Whether the object that begins here was whole and understood; `*at` is then behind it. */
static bool offer_object(struct json_splitter *splitter, const char **at, const char *end)
{
	size_t there = (size_t)(end - *at), limit = splitter->record.limit;

	size_t length = splitter->object(splitter->context, *at, there < limit ? there : limit);
	*at += length;
	splitter->count += length > 0;
	return length > 0;
}

static bool array_byte(struct json_splitter *splitter, const char **at, const char *end)
{
	char c = **at;

	if (is_space(c) || c == ',') {
		(*at)++;
		return true;
	}
	if (c == ']') {
		(*at)++;
		splitter->place = IN_ENVELOPE;
		return buffer_append(&splitter->envelope, "]", 1);
	}
	if (c == '{' && splitter->object != NULL && offer_object(splitter, at, end))
		return true;
	splitter->place = IN_RECORD;
	splitter->nesting = 0;
	splitter->is_scalar = c != '{' && c != '[' && c != '"';
	/* A stray '}' would be an endless empty scalar: it is part of a one-byte record instead. */
	if (c == '}') {
		(*at)++;
		return end_record(splitter, "}", 1);
	}
	return true;
}

bool json_splitter_feed(struct json_splitter *splitter, const char *bytes, size_t length)
{
	const char *at = bytes, *end = bytes + length;
	bool good = !splitter->failed;

	while (good && at < end) {
		switch (splitter->place) {
		case IN_ENVELOPE:
			good = envelope_byte(splitter, *at++);
			break;
		case IN_ARRAY:
			good = array_byte(splitter, &at, end);
			break;
		case IN_RECORD:
			good = feed_record(splitter, &at, end);
			break;
		}
	}
	splitter->failed = !good;
	return good;
}

bool json_splitter_complete(const struct json_splitter *splitter)
{
	return splitter->complete && !splitter->failed;
}

const char *json_splitter_begun(const struct json_splitter *splitter, size_t *ret_length)
{
	if (splitter->place == IN_ENVELOPE || splitter->failed || splitter->depth != 1)
		return NULL;
	*ret_length = splitter->envelope.length;
	return buffer_text(&splitter->envelope);
}

bool json_splitter_found(const struct json_splitter *splitter)
{
	return splitter->found;
}

size_t json_splitter_count(const struct json_splitter *splitter)
{
	return splitter->count;
}

const char *json_splitter_envelope(const struct json_splitter *splitter, size_t *ret_length)
{
	*ret_length = splitter->envelope.length;
	return buffer_text(&splitter->envelope);
}
