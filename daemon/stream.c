#include "daemon/stream.h"

#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/loop.h"

enum {
	INSPECT_MS = 60 * 60 * 1000,     /* fields come and go while we run */
	INSPECT_SOON_MS = 5 * 60 * 1000, /* while a field is missing, that somebody may be mending */
};

static const struct mapping_entity *configured(const struct stream *stream)
{
	return &stream->source->mapping->entities[stream->entity];
}

void stream_init(struct stream *stream, const struct config_source *source, enum entity entity)
{
	*stream = (struct stream){ .source = source, .entity = entity, .full_ms = INT64_MAX };
	const struct mapping_entity *mapping = configured(stream);
	const char *object = mapping->object != NULL ? mapping->object : source->connector->default_object(entity);

	mapping_fingerprint(mapping, entity, object, stream->fingerprint);
	stream->mapping = *mapping;
	stream->mapping.fields = memory_allocate(mapping->count * sizeof *mapping->fields);
	for (size_t i = 0; i < mapping->count; i++)
		stream->mapping.fields[i] = mapping->fields[i];
}

void stream_free(struct stream *stream)
{
	free(stream->mapping.fields);
	stream->mapping.fields = NULL;
}

bool stream_describe(struct stream *stream, const struct description *description)
{
	const struct mapping_entity *mapping = configured(stream);
	size_t count = 0;

	if (description->unchanged)
		return false;
	struct mapped_field *served = stream->mapping.fields;
	struct mapped_field *fields = memory_allocate(mapping->count * sizeof *fields);
	bool was_calculated = stream->calculated, differs = false;
	size_t known = 0; /* the fields so far that were served before */
	stream->calculated = false;
	for (size_t i = 0; i < mapping->count; i++) {
		const struct mapped_field *field = &mapping->fields[i];
		if (description_find(description, NOTE_CALCULATED, field) != NULL)
			stream->calculated = true;
		bool was_served = known < stream->mapping.count && served[known].remote == field->remote &&
				  served[known].line == field->line;
		bool is_served = description_find(description, NOTE_MISSING, field) == NULL;
		known += was_served;
		differs = differs || is_served != was_served;
		stream->full_wanted = stream->full_wanted || (is_served && !was_served);
		if (is_served)
			fields[count++] = *field;
	}
	free(served);
	stream->mapping.fields = fields;
	stream->mapping.count = count;
	return differs || stream->calculated != was_calculated;
}

void stream_inspected(struct stream *stream, const struct failure *failure, int64_t now_ms)
{
	/* A vendor that refuses it for good is asked as rarely as one that answers. */
	bool is_answered = failure == NULL || failure->kind == FAILURE_PERMANENT;

	if (is_answered) {
		stream->inspect_failures = 0;
		stream->inspect_ms = now_ms + (stream_is_whole(stream) ? INSPECT_MS : INSPECT_SOON_MS);
		return;
	}
	int64_t wait_ms = loop_retry_ms(++stream->inspect_failures), asked_ms = failure->retry_after_s * 1000;
	stream->inspect_ms = now_ms + (asked_ms > wait_ms ? asked_ms : wait_ms);
}

bool stream_is_whole(const struct stream *stream)
{
	return stream->mapping.count == configured(stream)->count;
}

int64_t stream_full_every_s(const struct stream *stream)
{
	int64_t every_s = stream->source->full_read_every_s, calculated_s = stream->source->calculated_read_every_s;

	if (stream->full_wanted)
		return 1;
	if (!stream->calculated || calculated_s == 0)
		return every_s;
	return every_s == 0 || calculated_s < every_s ? calculated_s : every_s;
}

enum budget_purpose stream_purpose(const struct stream *stream)
{
	return stream->entity == ENTITY_STAFF || stream->entity == ENTITY_OPPORTUNITY ? BUDGET_FRESHNESS
										      : BUDGET_PROTECTION;
}

const char *stream_name(const struct stream *stream)
{
	return entity_shape(stream->entity)->name;
}
