#include "daemon/source_log.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/counter.h"
#include "daemon/log.h"

void source_log_outcome(
	const struct source_log *log, const struct stream *stream, const struct sync_outcome *outcome)
{
	const char *source = log->source->name;
	const char *name = stream_name(stream);
	double seconds = (double)outcome->duration_ms / 1000;
	const char *ended = outcome->complete  ? "complete"
			    : outcome->yielded ? "yielded"
					       : failure_kind_name(outcome->failure.kind);

	COUNT(COUNTER_RUNS, 1, source, name, outcome->mode == READ_ALL ? "all" : "changes", ended);
	if (!outcome->complete && !outcome->yielded) {
		log_write(LOG_LEVEL_WARNING, "sync_failed",
			LOG_FIELDS({ "SOURCE", source }, { "STREAM", name },
				{ "KIND", failure_kind_name(outcome->failure.kind) }),
			"%s %s: %s (after %" PRId64 " records, %" PRId64 " calls)", source, name,
			outcome->failure.text, outcome->rows_read, outcome->calls);
		return;
	}
	if (outcome->yielded) {
		log_write(LOG_LEVEL_DEBUG, "full_read_yields", LOG_FIELDS({ "SOURCE", source }, { "STREAM", name }),
			"%s %s: %" PRId64 " more records of the full read, %" PRId64 " changed", source, name,
			outcome->rows_read, outcome->rows_changed);
		return;
	}
	/* A steady state is silent: only what changed something is news. */
	bool is_news =
		outcome->rows_changed > 0 || outcome->rows_rejected > 0 || stream->failures > 0 || !stream->ran;
	log_write(is_news ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "synced",
		LOG_FIELDS({ "SOURCE", source }, { "STREAM", name }),
		"%s %s: %" PRId64 " records read, %" PRId64 " changed, %" PRId64 " rejected, %" PRId64
		" suspended, %" PRId64 " reinstated, %" PRId64 " calls, %.1f s",
		source, name, outcome->rows_read, outcome->rows_changed, outcome->rows_rejected, outcome->suspended,
		outcome->reinstated, outcome->calls, seconds);
}

void source_log_look(const struct source_log *log, const struct stream *stream, const struct sync_outcome *outcome)
{
	const char *source = log->source->name, *name = stream_name(stream);

	if (outcome->failure.kind != FAILURE_NONE)
		log_write(LOG_LEVEL_INFO, "look_refused", LOG_FIELDS({ "SOURCE", source }, { "STREAM", name }),
			"%s %s: what is at risk can't %sbe asked for before the rest, and comes with it: %s",
			source, name, outcome->rows_read > 0 ? "all " : "", outcome->failure.text);
	if (outcome->rows_read > 0)
		log_write(LOG_LEVEL_INFO, "looked", LOG_FIELDS({ "SOURCE", source }, { "STREAM", name }),
			"%s %s: %" PRId64 " records at risk read before the rest, %" PRId64 " suspended, %" PRId64
			" calls",
			source, name, outcome->rows_read, outcome->suspended, outcome->calls);
}

void source_log_progress(
	const struct source_log *log, const struct stream *stream, const struct sync_outcome *so_far)
{
	double a_second =
		(double)so_far->rows_read * 1000 / (double)(so_far->duration_ms > 0 ? so_far->duration_ms : 1);
	char of[64] = " so far";

	int64_t known = so_far->rows_known + so_far->rows_read;

	if (so_far->expected > known && a_second > 0)
		(void)snprintf(of, sizeof of, " of %" PRId64 ", about %.0f s to go", so_far->expected,
			(double)(so_far->expected - known) / a_second);
	log_write(LOG_LEVEL_INFO, "loading", LOG_FIELDS({ "SOURCE", log->source->name }),
		"%s %s: %" PRId64 " records%s, %.0f a second", log->source->name, stream_name(stream), known, of,
		a_second);
}

static bool is_given_secret(const struct option *option, const void *settings)
{
	return option->type == OPTION_SECRET &&
	       *(struct secret *const *)(const void *)((const char *)settings + option->offset) != NULL;
}

void source_log_name_credentials(const struct source_log *log, struct failure *failure)
{
	const struct config_source *source = log->source;
	const struct connector *connector = source->connector;
	size_t used = strlen(failure->text), count = 0;

	for (size_t i = 0; i < connector->option_count && used < sizeof failure->text; i++)
		if (is_given_secret(&connector->options[i], source->settings))
			used += (size_t)snprintf(failure->text + used, sizeof failure->text - used, "%s%s",
				count++ == 0 ? "; see " : " or ", connector->options[i].name);
	if (used < sizeof failure->text)
		(void)snprintf(failure->text + used, sizeof failure->text - used, " of [source %s]", source->name);
}

static void on_reported(void *context, const PGresult *result, const struct failure *failure)
{
	struct source_log *log = context;

	if (result == NULL)
		log_write(log->unreported ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "report_failed",
			LOG_FIELDS({ "SOURCE", log->source->name }),
			"%s: its state could not be recorded, so `advocated status` doesn't show it: %s",
			log->source->name, failure->text);
	log->unreported = result == NULL;
}

void source_log_report(struct source_log *log, const struct stream *stream, const char *state,
	const struct failure *failure, const struct quota *quota)
{
	bool went_well = failure->kind == FAILURE_NONE;
	const char *values[] = {
		log->source->name,
		stream_name(stream),
		state,
		went_well ? NULL : failure_kind_name(failure->kind),
		went_well ? NULL : failure->text,
	};
	char used[24], allowed[24];

	if (log->dry)
		return;
	db_query(log->db, "SELECT advocacy.source_report($1::text, $2::text, $3::text, $4::text, $5::text)", 5,
		values, on_reported, log);
	if (quota->used < 0 || quota->used == log->quota_used)
		return;
	log->quota_used = quota->used;
	(void)snprintf(used, sizeof used, "%" PRId64, quota->used);
	(void)snprintf(allowed, sizeof allowed, "%" PRId64, quota->allowed);
	const char *calls[] = { log->source->name, used, quota->allowed < 0 ? NULL : allowed };
	db_query(log->db, "SELECT advocacy.source_calls($1::text, $2::bigint, $3::bigint)", 3, calls, on_reported,
		log);
}

/* The signal's name, or the column's. */
static const char *field_name(const struct stream *stream, const struct mapped_field *field)
{
	return field->signal != NULL ? field->signal : entity_shape(stream->entity)->columns[field->column].name;
}

/* Also when there is nothing against it: then whatever was wrong before is well again. A field that the vendor has lost
 * keeps its values in the database, and people are told, once. */
void source_log_description(
	struct source_log *log, const struct stream *stream, const struct description *description, bool loud)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < description->count; i++) {
		const struct note *note = &description->notes[i];
		if (loud || note->kind == NOTE_UNWRITABLE)
			log_write(note->kind == NOTE_CALCULATED ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
				"mapping_note", LOG_FIELDS({ "SOURCE", log->source->name }), "%s %s: %s",
				log->source->name, stream_name(stream), note->text);
		if (note->kind == NOTE_CALCULATED || note->kind == NOTE_UNWRITABLE)
			continue;
		(void)json_array_append_new(notes,
			json_pack("{s:s, s:s, s:s}", "field", field_name(stream, note->field), "kind",
				note->kind == NOTE_MISSING ? "vanished" : "type_changed", "detail", note->text));
	}
	if (log->dry) {
		json_decref(notes);
		return;
	}
	char *text = json_dumps(notes, JSON_COMPACT);
	const char *values[] = { log->source->name, stream_name(stream), text };
	db_query(log->db, "SELECT advocacy.drift_describe($1::text, $2::text, $3::jsonb)", 3, values, on_reported,
		log);
	free(text);
	json_decref(notes);
}
