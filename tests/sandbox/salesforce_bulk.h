/* Query jobs (Bulk API 2.0 Developer Guide): what the files that play them share. */
#ifndef SANDBOX_SALESFORCE_BULK_H
#define SANDBOX_SALESFORCE_BULK_H

#include "tests/sandbox/salesforce_csv.h"
#include "tests/sandbox/salesforce_internal.h"

#include <stdio.h>

enum bulk_state { BULK_UPLOAD_COMPLETE, BULK_IN_PROGRESS, BULK_JOB_COMPLETE, BULK_FAILED, BULK_ABORTED };

/*
 * A job's result is written to a nameless file while the job is in progress, so that it stays what it was
 * whatever happens to the rows later, may be read again and again, and costs no memory to speak of.
 */
struct bulk_job {
	struct salesforce *salesforce;
	struct bulk_job *next;
	struct bulk_job **link;
	char id[19];
	int version;
	bool all; /* queryAll */
	const char *delimiter_name;
	bool carriage_return;
	struct soql_query *query;
	enum bulk_state state;
	int64_t created_at;
	int64_t changed_at;
	struct event *timer;
	/* what happens to it on the way; from faults at its creation */
	bool stuck;
	enum bulk_state stuck_in;
	bool fails;
	char *failure;     /* NULL: a failed job without errorMessage */
	uint32_t withheld; /* rows that it counts but does not deliver */
	/* the result */
	struct salesforce_csv csv;
	uint32_t *rows;
	uint32_t row_count;
	uint32_t rows_done;
	FILE *spool;
	uint64_t *offsets; /* where each row begins, and where the last one ends */
	uint64_t header_length;
};

/* salesforce_bulk_create.c: POST jobs/query. Answers. */
void bulk_create_handle(struct salesforce *salesforce, struct server_call *call, int version);

/* salesforce_bulk.c */
const char *bulk_state_name(enum bulk_state state);
/* Takes the filled-in job into the org's list and sets it going. */
void bulk_job_start(struct salesforce *salesforce, struct bulk_job *job);
void bulk_job_free(struct bulk_job *job);
json_t *bulk_job_json(const struct bulk_job *job, bool whole);

/* salesforce_bulk_results.c: GET jobs/query/ID/results and .../resultPages. Both answer. */
void bulk_results_handle(struct bulk_job *job, struct server_call *call, int version);
void bulk_result_pages_handle(struct bulk_job *job, struct server_call *call, int version);

#endif
