#include "tests/sandbox/salesforce_bulk.h"

#include "tests/sandbox/world_internal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_AT_ONCE 5

/* Rows that are delivered: all that were counted, unless a fault keeps some back. */
static uint32_t rows_delivered(const struct bulk_job *job)
{
	return job->row_count > job->withheld ? job->row_count - job->withheld : 0;
}

/* Opaque to callers: the number of the page's first row, as the reference's own example has it (MjUwMDA). */
static void locator_write(uint32_t row, char out[32])
{
	char number[16];
	int length = snprintf(number, sizeof(number), "%u", row);

	EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)number, length);
	out[strcspn(out, "=")] = '\0';
}

static bool locator_read(const char *locator, uint32_t count, uint32_t *row)
{
	char padded[20], again[32];
	unsigned char number[16] = { 0 };
	size_t length = strlen(locator);

	if (!length || length > 12)
		return false;
	memcpy(padded, locator, length);
	while (length % 4)
		padded[length++] = '=';
	if (EVP_DecodeBlock(number, (const unsigned char *)padded, (int)length) < 0)
		return false;
	*row = (uint32_t)strtoul((const char *)number, NULL, 10);
	locator_write(*row, again);
	return *row && *row < count && strcmp(again, locator) == 0;
}

static uint32_t page_rows(struct bulk_job *job, const char *most)
{
	long limit = server_switch_number(job->salesforce->server, "salesforce.bulk_page_rows", 50000);
	long wanted = most ? strtol(most, NULL, 10) : limit;

	return (uint32_t)(wanted < limit ? wanted : limit);
}

/* True when the job has a result for this caller; otherwise it has answered. */
static bool result_ready(struct bulk_job *job, struct server_call *call, int version)
{
	if (job->version != version) {
		salesforce_answer_error(call, 409, "VERSION_MISMATCH", /* code and text unconfirmed */
			"The API version of the request differs from the version of the job");
		return false;
	}
	if (job->state != BULK_JOB_COMPLETE) {
		salesforce_answer_error(
			call, 400, "INVALIDJOBSTATE", "The results of a job can be read when it is in JobComplete");
		return false;
	}
	return true;
}

/* The first row that the caller asks for. Otherwise it has answered. */
static bool first_row_read(struct bulk_job *job, struct server_call *call, uint32_t *row)
{
	const char *locator = server_call_parameter(call, "locator");

	*row = 0;
	if (!server_call_fault(call, "bulk-locator") &&
		(!locator || locator_read(locator, rows_delivered(job), row)))
		return true;
	salesforce_answer_error(call, 400, "INVALID_LOCATOR", "Invalid locator"); /* code unconfirmed */
	return false;
}

static void range_read(struct bulk_job *job, uint64_t from, uint64_t length, struct text_buffer *out)
{
	size_t place = out->length;

	out->capacity = place + length + 1;
	out->bytes = world_allocate(out->bytes, out->capacity, 1);
	if (fseeko(job->spool, (off_t)from, SEEK_SET) != 0 ||
		fread(out->bytes + place, 1, length, job->spool) != length) {
		perror("sandbox: a result cannot be read again");
		abort();
	}
	out->length += length;
}

static void page_headers_add(struct bulk_job *job, struct server_call *call, uint32_t from, uint32_t end)
{
	const struct fault *count = server_call_fault(call, "bulk-count");
	char locator[32] = "null";
	char number[24];

	if (end < rows_delivered(job))
		locator_write(end, locator);
	if (!server_call_fault(call, "bulk-no-locator"))
		server_call_add_header(call, "Sforce-Locator", locator);
	snprintf(number, sizeof(number), "%ld",
		(long)(end - from) + (count ? fault_parameter_number(count, "by", 1) : 0));
	server_call_add_header(call, "Sforce-NumberOfRecords", number);
}

void bulk_results_handle(struct bulk_job *job, struct server_call *call, int version)
{
	const char *most = server_call_parameter(call, "maxRecords");
	struct text_buffer page = { 0 };
	uint32_t from;

	if (!result_ready(job, call, version) || !first_row_read(job, call, &from))
		return;
	if (most && (strspn(most, "0123456789") != strlen(most) || strtol(most, NULL, 10) < 1)) {
		salesforce_answer_error(call, 400, "API_ERROR", "maxRecords must be a number from 1 on");
		return;
	}
	uint32_t left = rows_delivered(job) - from;
	uint32_t size = page_rows(job, most);
	uint32_t end = from + (left < size ? left : size);

	page_headers_add(job, call, from, end);
	range_read(job, 0, job->header_length, &page);
	range_read(job, job->offsets[from], job->offsets[end] - job->offsets[from], &page);
	/* Ends inside its last row, and nothing in the transport tells. */
	if (server_call_fault(call, "bulk-cut") && end > from)
		page.length -= (job->offsets[end] - job->offsets[end - 1]) / 2;
	if (server_call_fault(call, "false-gzip"))
		server_call_add_header(call, "Content-Encoding", "gzip");
	else if (!server_call_fault(call, "plain"))
		server_call_allow_gzip(call);
	server_answer_buffer(call, 200, "text/csv; charset=UTF-8", &page);
}

static void url_write(const struct bulk_job *job, const char *part, uint32_t row, char *out, size_t size)
{
	char locator[32];

	locator_write(row, locator);
	snprintf(out, size, "/services/data/v%d.0/jobs/query/%s/%s%s%s", job->version, job->id, part,
		row ? "?locator=" : "", row ? locator : "");
}

void bulk_result_pages_handle(struct bulk_job *job, struct server_call *call, int version)
{
	json_t *pages = json_array();
	uint32_t row;
	char url[160];

	if (!result_ready(job, call, version) || !first_row_read(job, call, &row)) {
		json_decref(pages);
		return;
	}
	uint32_t count = rows_delivered(job);
	uint32_t size = page_rows(job, NULL);

	do {
		url_write(job, "results", row, url, sizeof(url));
		json_array_append_new(pages, json_pack("{s:s}", "resultUrl", url));
		row = count - row > size ? row + size : count;
	} while (row < count && json_array_size(pages) < PAGES_AT_ONCE);
	json_t *answer = json_pack("{s:o, s:b}", "resultPages", pages, "done", row == count);

	url_write(job, "resultPages", row, url, sizeof(url));
	json_object_set_new(answer, "nextRecordsUrl", row < count ? json_string(url) : json_null());
	server_answer_json(call, 200, answer);
}
