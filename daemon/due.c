#include "daemon/due.h"

#include "daemon/at_risk.h"

struct stream *due_changes(struct stream *streams, size_t count, bool once)
{
	struct stream *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (once && streams[i].ran)
			continue;
		if (first == NULL || streams[i].next_ms < first->next_ms)
			first = &streams[i];
	}
	return first;
}

struct stream *due_look(struct stream *streams, size_t count, const json_t *policy, int64_t now_ms)
{
	struct record_filter filter;

	for (size_t i = 0; i < count; i++) {
		struct stream *stream = &streams[i];
		if (stream->looked || stream->next_ms > now_ms)
			continue;
		if (at_risk_filter(policy, stream->entity, &stream->mapping, &filter))
			return stream;
		stream->looked = true;
	}
	return NULL;
}

struct stream *due_full(struct stream *streams, size_t count)
{
	struct stream *first = NULL;

	for (size_t i = 0; i < count; i++)
		if (first == NULL || streams[i].full_ms < first->full_ms)
			first = &streams[i];
	return first;
}
