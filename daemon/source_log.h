/* source_log.h - what the log and the database are told about a source's work. */
#ifndef DAEMON_SOURCE_LOG_H
#define DAEMON_SOURCE_LOG_H

#include "connectors/connector.h"
#include "daemon/db.h"
#include "daemon/stream.h"
#include "daemon/sync.h"

struct source_log {
	struct db *db; /* the source's own link */
	const struct config_source *source;
	int64_t quota_used; /* as last told; -1: never */
	bool dry;           /* the database is told nothing */
	bool unreported;    /* the database refused the last report: said once, not with every run */
};

/* A line for the log. */
void source_log_outcome(
	const struct source_log *log, const struct stream *stream, const struct sync_outcome *outcome);
/* What the look before a first load brought, if anything. */
void source_log_look(const struct source_log *log, const struct stream *stream, const struct sync_outcome *outcome);
void source_log_progress(
	const struct source_log *log, const struct stream *stream, const struct sync_outcome *so_far);
/* A refused credential: which keys of the configuration name its files, so that nobody has to guess. */
void source_log_name_credentials(const struct source_log *log, struct failure *failure);
/* The database keeps it, and tells people when it is worth telling. `state`: current, retrying, throttled or paused. */
void source_log_report(struct source_log *log, const struct stream *stream, const char *state,
	const struct failure *failure, const struct quota *quota);
/* What the vendor's metadata says against the mapping; `loud` when it is news. */
void source_log_description(
	struct source_log *log, const struct stream *stream, const struct description *description, bool loud);

#endif
