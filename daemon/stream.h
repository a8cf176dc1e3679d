/* stream.h - one stream of a source: its mapping as the vendor can serve it now, and what is due on it when. */
#ifndef DAEMON_STREAM_H
#define DAEMON_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/description.h"
#include "connectors/mapping.h"
#include "daemon/budget.h"
#include "daemon/config.h"

struct stream {
	const struct config_source *source;
	enum entity entity;
	/* Stands for the mapping as configured, also while a field of it is missing: a field that comes back brings a
	 * full read with it, not one that goes. */
	char fingerprint[MAPPING_FINGERPRINT_SIZE];
	struct mapping_entity mapping; /* without the fields that the vendor doesn't have */
	bool calculated;               /* some field changes without the records' modified time */
	bool full_wanted;              /* a field came back: the records that did not change have it too */

	/* All on the monotonic clock, in ms. */
	int64_t next_ms;    /* changes */
	int64_t full_ms;    /* all records; INT64_MAX: never, or not known yet */
	int64_t inspect_ms; /* the vendor's metadata */

	bool looked;    /* at what is at risk, before anything else is read */
	bool suspected; /* the last run failed for good, and the metadata was asked for because of it */
	/* in a row: of runs over changes, of full reads beside them, and of asking for the metadata */
	unsigned failures, full_failures, inspect_failures;
	int64_t calls_before; /* of the last run over changes */
	enum failure_kind failure;
	bool ran, succeeded;
};

/* `source` must outlive the stream. */
void stream_init(struct stream *stream, const struct config_source *source, enum entity entity);
void stream_free(struct stream *stream);
/* Takes over what the vendor's metadata says; true when that is another thing than before. */
bool stream_describe(struct stream *stream, const struct description *description);
/* The vendor's metadata was asked for, and came, or didn't (`failure`, else NULL): sets when it is asked for again. */
void stream_inspected(struct stream *stream, const struct failure *failure, int64_t now_ms);
/* Whether the vendor has all the fields of the configured mapping, as far as is known. */
bool stream_is_whole(const struct stream *stream);
/* How often all records have to be read, in seconds; 0: never. */
int64_t stream_full_every_s(const struct stream *stream);
enum budget_purpose stream_purpose(const struct stream *stream);
const char *stream_name(const struct stream *stream);

#endif
