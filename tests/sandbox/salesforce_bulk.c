#include "tests/sandbox/salesforce_bulk.h"

#include "tests/sandbox/world_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROWS_A_TURN 5000u /* written before other calls get their turn */

const char *bulk_state_name(enum bulk_state state)
{
	static const char *const names[] = { "UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted" };

	return names[state];
}

static bool job_ended(const struct bulk_job *job)
{
	return job->state != BULK_UPLOAD_COMPLETE && job->state != BULK_IN_PROGRESS;
}

static void result_free(struct bulk_job *job)
{
	if (job->spool)
		fclose(job->spool);
	free(job->rows);
	free(job->offsets);
	text_buffer_free(&job->csv.scratch);
	job->spool = NULL;
	job->rows = NULL;
	job->offsets = NULL;
}

void bulk_job_free(struct bulk_job *job)
{
	if (job->link) {
		*job->link = job->next;
		if (job->next)
			job->next->link = job->link;
	}
	if (job->timer)
		event_free(job->timer);
	result_free(job);
	soql_free(job->query);
	free(job->failure);
	free(job);
}

static void state_set(struct bulk_job *job, enum bulk_state state)
{
	job->state = state;
	job->changed_at = world_now();
}

static void step_schedule(struct bulk_job *job, long milliseconds)
{
	if (job->stuck && job->state == job->stuck_in)
		return;
	event_add(job->timer,
		&(struct timeval){ .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 });
}

static void spool_write(struct bulk_job *job, struct text_buffer *text)
{
	if (fwrite(text->bytes, 1, text->length, job->spool) != text->length) {
		perror("sandbox: a result does not fit in the temporary folder");
		abort();
	}
	job->salesforce->bulk_bytes += text->length;
	text_buffer_free(text);
}

static void job_begin(struct bulk_job *job)
{
	struct text_buffer header = { 0 };

	state_set(job, BULK_IN_PROGRESS);
	if (job->fails)
		return;
	job->rows = salesforce_rows_find(job->salesforce, job->query, job->all, &job->row_count);
	job->offsets = world_allocate(NULL, (size_t)job->row_count + 1, sizeof(*job->offsets));
	job->spool = tmpfile();
	if (!job->spool) {
		perror("sandbox: no temporary file");
		abort();
	}
	salesforce_csv_add_header(&job->csv, &header);
	job->header_length = header.length;
	job->offsets[0] = header.length;
	spool_write(job, &header);
}

static void rows_write(struct bulk_job *job)
{
	uint32_t end =
		job->row_count - job->rows_done > ROWS_A_TURN ? job->rows_done + ROWS_A_TURN : job->row_count;
	uint64_t begin = job->offsets[job->rows_done];
	struct text_buffer text = { 0 };

	for (; job->rows_done < end; job->rows_done++) {
		salesforce_csv_add_row(&job->csv, job->rows[job->rows_done], &text);
		job->offsets[job->rows_done + 1] = begin + text.length;
	}
	spool_write(job, &text);
}

static void job_end(struct bulk_job *job)
{
	free(job->rows);
	job->rows = NULL;
	state_set(job, job->fails ? BULK_FAILED : BULK_JOB_COMPLETE);
}

static void step_due(evutil_socket_t descriptor, short events, void *argument)
{
	struct bulk_job *job = argument;
	long running = server_switch_number(job->salesforce->server, "salesforce.bulk_running_ms", 200);

	(void)descriptor;
	(void)events;
	if (job->state == BULK_UPLOAD_COMPLETE) {
		job_begin(job);
		step_schedule(job, 0);
	} else if (job->rows_done < job->row_count) {
		rows_write(job);
		step_schedule(job, 0);
	} else if (world_now() < job->changed_at + running) {
		step_schedule(job, (long)(job->changed_at + running - world_now()));
	} else {
		job_end(job);
	}
}

void bulk_job_start(struct salesforce *salesforce, struct bulk_job *job)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t number = 1000 + salesforce->jobs_made++ * 7;

	memcpy(job->id, "7505g0000000000", 15);
	for (size_t at = 14; number; number /= 62)
		job->id[at--] = digits[number % 62];
	world_salesforce_suffix(job->id, job->id + 15);
	job->salesforce = salesforce;
	job->created_at = job->changed_at = world_now();
	job->next = salesforce->jobs;
	job->link = &salesforce->jobs;
	if (job->next)
		job->next->link = &job->next;
	salesforce->jobs = job;
	job->timer = event_new(server_event_base(salesforce->server), -1, 0, step_due, job);
	step_schedule(job, server_switch_number(salesforce->server, "salesforce.bulk_queued_ms", 100));
}

static void time_set(json_t *object, const char *key, int64_t time)
{
	char text[32];

	text_format_salesforce_time(text, time);
	json_object_set_new(object, key, json_string(text));
}

json_t *bulk_job_json(const struct bulk_job *job, bool whole)
{
	char user[19];

	world_salesforce_id(WORLD_STAFF, 0, user);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "id", job->id, "operation",
		job->all ? "queryAll" : "query", "object", job->query->object->name, "createdById", user);

	time_set(json, "createdDate", job->created_at);
	time_set(json, "systemModstamp", job->changed_at);
	json_object_update_new(json,
		json_pack("{s:s, s:s, s:s, s:f, s:s, s:s}", "state", bulk_state_name(job->state), "concurrencyMode",
			"Parallel", "contentType", "CSV", "apiVersion", (double)job->version, "lineEnding",
			job->carriage_return ? "CRLF" : "LF", "columnDelimiter", job->delimiter_name));
	if (!whole)
		return json;
	json_object_update_new(
		json, json_pack("{s:s, s:i, s:b}", "jobType", "V2Query", "retries", 0, "isPkChunkingSupported",
			      !job->query->order_count && job->query->limit == UINT32_MAX));
	/* Not there before there is something to count. */
	if (job->state != BULK_UPLOAD_COMPLETE) {
		json_object_set_new(json, "numberRecordsProcessed", json_integer(job->rows_done));
		json_object_set_new(json, "totalProcessingTime", json_integer(job->changed_at - job->created_at));
	}
	if (job->state == BULK_FAILED && job->failure)
		json_object_set_new(json, "errorMessage", json_string(job->failure));
	return json;
}

static void jobs_expire(struct salesforce *salesforce)
{
	long life = server_switch_number(salesforce->server, "salesforce.bulk_life_seconds", 604800);
	int64_t now = world_now();

	for (struct bulk_job *job = salesforce->jobs, *next; job; job = next) {
		next = job->next;
		if (job_ended(job) && now - job->changed_at > life * 1000)
			bulk_job_free(job);
	}
}

struct bulk_job *salesforce_bulk_find(struct salesforce *salesforce, const char *id)
{
	size_t length = strlen(id);

	jobs_expire(salesforce);
	for (struct bulk_job *job = salesforce->jobs; job; job = job->next)
		if ((length == 15 || length == 18) && strncmp(job->id, id, length) == 0)
			return job;
	return NULL;
}

const char *salesforce_bulk_object(const struct bulk_job *job)
{
	return job->query->object->name;
}

static void jobs_list(struct salesforce *salesforce, struct server_call *call)
{
	const char *type = server_call_parameter(call, "jobType");
	json_t *records = json_array();

	jobs_expire(salesforce);
	for (struct bulk_job *job = salesforce->jobs; job; job = job->next)
		if (!type || strcmp(type, "V2Query") == 0)
			json_array_append_new(records, bulk_job_json(job, false));
	server_answer_json(
		call, 200, json_pack("{s:b, s:o, s:n}", "done", 1, "records", records, "nextRecordsUrl"));
}

static void job_abort(struct bulk_job *job, struct server_call *call)
{
	const char *state = json_string_value(json_object_get(server_call_json(call), "state"));

	if (!state || strcmp(state, "Aborted") != 0) {
		salesforce_answer_error(
			call, 400, "API_ERROR", "The state of a query job can only be set to Aborted");
		return;
	}
	if (job_ended(job)) {
		salesforce_answer_error(call, 400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed");
		return;
	}
	event_del(job->timer);
	result_free(job);
	state_set(job, BULK_ABORTED);
	server_answer_json(call, 200, bulk_job_json(job, false));
}

static void job_delete(struct bulk_job *job, struct server_call *call)
{
	if (!job_ended(job)) {
		salesforce_answer_error(call, 400, "API_ERROR", "Only jobs in a terminal state can be deleted");
		return;
	}
	bulk_job_free(job);
	server_answer(call, 204, NULL, "");
}

void salesforce_bulk_free_all(struct salesforce *salesforce)
{
	while (salesforce->jobs)
		bulk_job_free(salesforce->jobs);
}

struct salesforce_bulk_quota salesforce_bulk_quota_of(struct salesforce *salesforce)
{
	struct server *server = salesforce->server;

	return (struct salesforce_bulk_quota){
		.jobs = server_switch_number(server, "salesforce.bulk_jobs_limit", 10000),
		.jobs_used =
			server_switch_number(server, "salesforce.bulk_jobs_used", 0) + (long)salesforce->jobs_made,
		.kilobytes = server_switch_number(server, "salesforce.bulk_storage_limit_kb", 1000000000),
		.kilobytes_used = server_switch_number(server, "salesforce.bulk_storage_used_kb", 0) +
				  (long)(salesforce->bulk_bytes / 1024),
	};
}

void salesforce_bulk_handle(
	struct salesforce *salesforce, struct server_call *call, int version, const char *id, const char *part)
{
	const char *method = server_call_method(call);
	bool get = strcmp(method, "GET") == 0;
	struct bulk_job *job = *id ? salesforce_bulk_find(salesforce, id) : NULL;

	if (*id && (!job || (*part && strcasecmp(part, "results") != 0 && strcasecmp(part, "resultPages") != 0)))
		salesforce_answer_error(call, 404, "NOT_FOUND", "The requested resource does not exist");
	else if (!*id && strcmp(method, "POST") == 0)
		bulk_create_handle(salesforce, call, version);
	else if (!*id && get)
		jobs_list(salesforce, call);
	else if (job && get && strcasecmp(part, "results") == 0)
		bulk_results_handle(job, call, version);
	else if (job && get && *part)
		bulk_result_pages_handle(job, call, version);
	else if (job && get)
		server_answer_json(call, 200, bulk_job_json(job, true));
	else if (job && !*part && strcmp(method, "PATCH") == 0)
		job_abort(job, call);
	else if (job && !*part && strcmp(method, "DELETE") == 0)
		job_delete(job, call);
	else
		salesforce_answer_error(call, 405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed");
}
