#include "tests/sandbox/salesforce_bulk.h"

#include "tests/sandbox/soql_lexer.h"
#include "tests/sandbox/world_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	char delimiter;
} delimiters[] = { { "COMMA", ',' }, { "BACKQUOTE", '`' }, { "CARET", '^' }, { "PIPE", '|' }, { "SEMICOLON", ';' },
	{ "TAB", '\t' } };

/* Texts marked (U) below are unconfirmed: clients go by status and code. */
static bool refuse(struct server_call *call, const char *code, const char *message)
{
	salesforce_answer_error(call, 400, code, message);
	return false;
}

static bool token_is(const struct soql_lexer *lexer, const char *word)
{
	return lexer->kind == SOQL_TOKEN_WORD && strlen(word) == lexer->length &&
	       strncasecmp(word, lexer->token, lexer->length) == 0;
}

/* What REST would answer and Bulk does not, as the real service words it where that is known. */
static const char *word_unsupported(const struct soql_lexer *lexer, bool called, bool in_parentheses)
{
	static const char *const clauses[] = { "GROUP", "OFFSET", "TYPEOF" };
	static const char *const functions[] = { "count", "count_distinct", "sum", "avg", "min", "max" };

	if (in_parentheses && token_is(lexer, "SELECT"))
		return "Aggregate Relationships not supported in Bulk V2 Query with CSV content type.";
	for (size_t at = 0; at < sizeof(clauses) / sizeof(*clauses); at++)
		if (token_is(lexer, clauses[at]))
			return "GROUP BY, OFFSET and TYPEOF are not supported in Bulk V2 Query"; /* (U) */
	for (size_t at = 0; called && at < sizeof(functions) / sizeof(*functions); at++)
		if (token_is(lexer, functions[at]))
			return "Aggregate functions are not supported in Bulk V2 Query"; /* (U) */
	if (lexer->length > 7 && strncasecmp(lexer->token + lexer->length - 7, "Address", 7) == 0)
		return "Selecting compound data not supported in Bulk Query";
	return NULL;
}

static const char *text_unsupported(const char *text)
{
	const char *wrong = NULL;
	struct soql_lexer lexer;
	bool after_parenthesis = false;
	bool in_where = false;

	for (soql_lexer_start(&lexer, text); !wrong && lexer.kind != SOQL_TOKEN_END && lexer.kind != SOQL_TOKEN_BAD;
		soql_lexer_next(&lexer)) {
		in_where = in_where || token_is(&lexer, "WHERE");
		/* A subquery in WHERE is a semi-join, which is fine with Bulk. */
		if (lexer.kind == SOQL_TOKEN_WORD)
			wrong = word_unsupported(
				&lexer, lexer.at[strspn(lexer.at, " ")] == '(', after_parenthesis && !in_where);
		after_parenthesis = lexer.kind == SOQL_TOKEN_SYMBOL && *lexer.token == '(';
	}
	soql_lexer_end(&lexer);
	return wrong;
}

static bool quota_check(struct salesforce *salesforce, struct server_call *call)
{
	char message[128];
	struct salesforce_bulk_quota quota = salesforce_bulk_quota_of(salesforce);

	if (quota.jobs_used >= quota.jobs) {
		snprintf(message, sizeof(message), "Max bulk v2 query jobs (%ld) per 24 hrs has been reached",
			quota.jobs);
		return refuse(call, "LIMIT_EXCEEDED", message);
	}
	if (quota.kilobytes_used >= quota.kilobytes) {
		snprintf(message, sizeof(message),
			"Max bulk v2 query result size stored (%ld) kb per 24 hrs has been exceeded",
			quota.kilobytes);
		return refuse(call, "LIMIT_EXCEEDED", message);
	}
	return true;
}

static bool members_check(struct server_call *call, const json_t *request)
{
	static const char *const known[] = { "operation", "query", "contentType", "columnDelimiter", "lineEnding" };
	const char *key;
	json_t *value;
	char message[160];

	/* The casts take away a const that the iteration does not need. */
	json_object_foreach ((json_t *)(uintptr_t)request, key, value) {
		size_t at = 0;

		while (at < sizeof(known) / sizeof(*known) && strcmp(known[at], key) != 0)
			at++;
		if (at < sizeof(known) / sizeof(*known) && json_is_string(value))
			continue;
		snprintf(message, sizeof(message),
			at < sizeof(known) / sizeof(*known) ? "Cannot deserialize field \"%.64s\""
							    : "Unrecognized field \"%.64s\"",
			key);
		return refuse(call, "JSON_PARSER_ERROR", message);
	}
	return true;
}

static bool format_read(struct server_call *call, const json_t *request, struct bulk_job *job)
{
	const char *content = json_string_value(json_object_get(request, "contentType"));
	const char *ending = json_string_value(json_object_get(request, "lineEnding"));
	const char *name = json_string_value(json_object_get(request, "columnDelimiter"));
	size_t at = 0;

	if (content && strcmp(content, "CSV") != 0)
		return refuse(call, "API_ERROR", "contentType must be CSV"); /* (U) */
	if (ending && strcmp(ending, "LF") != 0 && strcmp(ending, "CRLF") != 0)
		return refuse(call, "API_ERROR", "lineEnding must be LF or CRLF"); /* (U) */
	while (name && at < sizeof(delimiters) / sizeof(*delimiters) && strcmp(delimiters[at].name, name) != 0)
		at++;
	if (at == sizeof(delimiters) / sizeof(*delimiters))
		return refuse(call, "API_ERROR",
			"columnDelimiter must be BACKQUOTE, CARET, COMMA, PIPE, SEMICOLON or TAB"); /* (U) */
	job->delimiter_name = delimiters[at].name;
	job->csv.delimiter = delimiters[at].delimiter;
	job->carriage_return = ending && strcmp(ending, "CRLF") == 0;
	job->csv.line_end = job->carriage_return ? "\r\n" : "\n";
	return true;
}

static bool query_read(
	struct salesforce *salesforce, struct server_call *call, const json_t *request, struct bulk_job *job)
{
	const char *text = json_string_value(json_object_get(request, "query"));
	const char *operation = json_string_value(json_object_get(request, "operation"));
	const char *refused = server_switch(salesforce->server, "salesforce.bulk_refused", "");
	struct soql_error error;
	char message[160];

	if (!operation || (strcmp(operation, "query") != 0 && strcmp(operation, "queryAll") != 0))
		return refuse(call, "API_ERROR", "operation must be query or queryAll"); /* (U) */
	if (!text || !*text)
		return refuse(call, "API_ERROR", "query is missing"); /* (U) */
	const char *unsupported = text_unsupported(text);

	if (unsupported)
		return refuse(call, "API_ERROR", unsupported);
	job->all = strcmp(operation, "queryAll") == 0;
	job->query = soql_parse(text, &error);
	if (!job->query)
		return refuse(call, error.code, error.message);
	if (salesforce_schema_lists(refused, job->query->object->name)) {
		snprintf(message, sizeof(message), "Entity '%s' is not supported by the Bulk API.",
			job->query->object->name);
		return refuse(call, "INVALIDENTITY", message);
	}
	job->csv.query = job->query;
	job->csv.world = salesforce->world;
	return true;
}

static void faults_read(struct server_call *call, struct bulk_job *job)
{
	const struct fault *stuck = server_call_fault(call, "bulk-stuck");
	const struct fault *fail = server_call_fault(call, "bulk-fail");
	const struct fault *few = server_call_fault(call, "bulk-short");

	if (stuck) {
		job->stuck = true;
		job->stuck_in = strcmp(fault_parameter(stuck, "state", ""), "UploadComplete") == 0
					? BULK_UPLOAD_COMPLETE
					: BULK_IN_PROGRESS;
	}
	if (fail) {
		const char *message = fault_parameter(fail, "message",
			"API retried more than 15 times. Please narrow down the filter criteria and try again.");

		job->fails = true;
		job->failure = strcmp(message, "none") == 0 ? NULL : strdup(message);
	}
	if (few)
		job->withheld = (uint32_t)fault_parameter_number(few, "by", 1);
}

void bulk_create_handle(struct salesforce *salesforce, struct server_call *call, int version)
{
	const json_t *request = server_call_json(call);

	if (!salesforce_takes_json(call))
		return;
	if (!json_is_object(request)) {
		refuse(call, "JSON_PARSER_ERROR", "The request body is no JSON object");
		return;
	}
	struct bulk_job *job = world_allocate(NULL, 1, sizeof(*job));

	*job = (struct bulk_job){ .version = version };
	if (!members_check(call, request) || !format_read(call, request, job) ||
		!query_read(salesforce, call, request, job) || !quota_check(salesforce, call)) {
		bulk_job_free(job);
		return;
	}
	faults_read(call, job);
	bulk_job_start(salesforce, job);
	server_answer_json(call, 200, bulk_job_json(job, false));
}
