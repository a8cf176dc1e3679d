/* The HubSpot connector: objects by search, companies of records by associations, owners by listing. Facts
 * and rules come from hubspot.md, whose sections the comments name. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

static const struct option options[] = {
	{ .name = "token_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct hubspot_settings, token),
		.required = true,
		.help = "holds the bearer token: a service key, or a private app's or static-auth app's "
			"token" },
	{ .name = "page_size",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct hubspot_settings, page_size),
		.initial = "200",
		.least = 1,
		.most = 200,
		.help = "records for each search" },
	{ .name = "overlap",
		.type = OPTION_DURATION,
		.offset = offsetof(struct hubspot_settings, overlap_s),
		.initial = "300s",
		.least = 0,
		.most = 86400,
		.help = "how far each run reaches back behind the one before, for what HubSpot's index shows "
			"late" },
	{ .name = "settle",
		.type = OPTION_DURATION,
		.offset = offsetof(struct hubspot_settings, settle_s),
		.initial = "30s",
		.least = 0,
		.most = 3600,
		.help = "how far a run stays behind the present, where HubSpot's index is not complete yet" },
};

static const enum entity streams[] = { ENTITY_STAFF, ENTITY_ACCOUNT, ENTITY_CONTACT, ENTITY_SUPPORT_CASE,
	ENTITY_OPPORTUNITY, ENTITY_COUNT };

static const char *default_object(enum entity entity)
{
	switch (entity) {
	case ENTITY_STAFF:
		return "owners";
	case ENTITY_ACCOUNT:
		return "companies";
	case ENTITY_CONTACT:
		return "contacts";
	case ENTITY_SUPPORT_CASE:
		return "tickets";
	case ENTITY_OPPORTUNITY:
		return "deals";
	case ENTITY_ASSOCIATION:
	case ENTITY_COUNT:
		break;
	}
	return "";
}

/* ---- session ---- */

static struct session *session_new(const char *base_url, const void *settings)
{
	struct session *session = memory_allocate(sizeof *session);

	session->base_url = base_url;
	session->settings = settings;
	session->quota = (struct quota){ -1, -1 };
	return session;
}

static struct session *session_free(struct session *session)
{
	if (session == NULL)
		return NULL;
	hubspot_pipelines_clear(&session->tickets);
	hubspot_pipelines_clear(&session->deals);
	free(session);
	return NULL;
}

static void session_quota(const struct session *session, struct quota *ret_quota)
{
	*ret_quota = session->quota;
}

int64_t hubspot_server_time(const struct session *session, int64_t now_ms)
{
	return session->clock_known ? now_ms + session->clock_ahead_ms : now_ms;
}

bool hubspot_parse_id(const char *text, size_t length, int64_t *ret_id)
{
	int64_t id = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(id, 10, &id) ||
			__builtin_add_overflow(id, text[i] - '0', &id))
			return false;
	}
	*ret_id = id;
	return true;
}

/* ---- reading ---- */

static struct reading *read_open(struct session *session, enum entity entity, const struct mapping_entity *mapping,
	const char *cursor, const struct record_sink *sink)
{
	struct reading *reading = memory_allocate(sizeof *reading);

	reading->session = session;
	reading->entity = entity;
	reading->mapping = mapping;
	reading->sink = *sink;
	reading->page = 1;
	reading->closed_column = reading->won_column = reading->name_column = -1;
	reading->complete_until = INT64_MIN;
	buffer_init(&reading->body, HUBSPOT_DOCUMENT_LIMIT);
	if (entity == ENTITY_STAFF)
		hubspot_owners_open(reading);
	else
		hubspot_search_open(reading, cursor);
	return reading;
}

static struct reading *read_free(struct reading *reading)
{
	if (reading == NULL)
		return NULL;
	record_reader_free(reading->reader);
	hubspot_clear_links(reading);
	free(reading->links);
	free(reading->after);
	buffer_free(&reading->name);
	buffer_free(&reading->body);
	free(reading);
	return NULL;
}

void hubspot_write_cursor(struct reading *reading, bool finished)
{
	(void)snprintf(reading->cursor, sizeof reading->cursor,
		"{\"v\":1,\"lo\":%" PRId64 ",\"hi\":%" PRId64 ",\"last\":%" PRId64 ",\"mapping\":\"%s\"}",
		finished ? reading->hi : reading->lo, finished ? 0 : reading->hi, finished ? 0 : reading->last,
		reading->fingerprint);
	reading->stoppable = true;
}

static void start(struct reading *reading, int64_t now_ms)
{
	if (reading->entity == ENTITY_STAFF) {
		hubspot_owners_start(reading, now_ms);
		return;
	}
	if (hubspot_search_start(reading, now_ms)) {
		reading->step = HUBSPOT_STEP_PAGE;
		return;
	}
	reading->step = HUBSPOT_STEP_DONE;
	reading->complete_until = reading->hi;
	hubspot_write_cursor(reading, true);
}

/* What the request is, for the log and for failures. */
static void name_request(const struct reading *reading, char *what, size_t size)
{
	switch (reading->step) {
	case HUBSPOT_STEP_PIPELINES:
		(void)snprintf(what, size, "pipelines of %.40s", reading->object);
		return;
	case HUBSPOT_STEP_LINKS:
		(void)snprintf(what, size, "companies of %.40s, page %u", reading->object, reading->page);
		return;
	default:
		(void)snprintf(what, size, "%.40s page %u", reading->object, reading->page);
		return;
	}
}

static bool add_headers(const struct reading *reading, struct http_request *request, struct failure *failure)
{
	const char *token = secret_reveal(reading->session->settings->token);
	char *value = memory_format("Bearer %s", token);
	bool good = *token != '\0' && http_request_header(request, "Authorization", value);

	explicit_bzero(value, strlen(value));
	free(value);
	if (!good) {
		failure_set(failure, FAILURE_CREDENTIALS,
			"the token file is empty or holds something that can't stand in a header");
		return false;
	}
	request->accept_gzip = true;
	return http_request_header(request, "Accept", "application/json") &&
	       (!request->is_post || http_request_header(request, "Content-Type", "application/json"));
}

static bool fill_request(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	switch (reading->step) {
	case HUBSPOT_STEP_PIPELINES:
		hubspot_pipelines_request(reading, request);
		return true;
	case HUBSPOT_STEP_LINKS:
		return hubspot_links_request(reading, request, failure);
	case HUBSPOT_STEP_OWNERS:
		hubspot_owners_request(reading, request);
		return true;
	default:
		return hubspot_search_request(reading, now_ms, request, failure);
	}
}

static enum read_step read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	http_request_clear(request);
	if (reading->step == HUBSPOT_STEP_START)
		start(reading, now_ms);
	if (reading->step == HUBSPOT_STEP_DONE)
		return READ_COMPLETE;
	reading->stoppable = false;
	reading->answer = (struct hubspot_answer){ 0 };
	buffer_clear(&reading->body);
	reading->body_too_long = false;
	if (reading->step == HUBSPOT_STEP_PAGE && hubspot_pipelines_are_needed(reading) &&
		!hubspot_pipelines_are_current(hubspot_pipelines_of(reading), now_ms))
		reading->step = HUBSPOT_STEP_PIPELINES;
	if (!fill_request(reading, now_ms, request, failure) || !add_headers(reading, request, failure))
		return READ_FAILED;
	name_request(reading, request->what, sizeof request->what);
	return READ_REQUEST;
}

static void read_head(struct reading *reading, const struct http_head *head)
{
	hubspot_read_head(reading->session, &reading->answer, head);
}

/* Whether the answer is of the kind that was asked for, as far as its head tells. */
static bool is_wanted(const struct reading *reading)
{
	const struct hubspot_answer *answer = &reading->answer;

	/* 207: some of the records have no associations, hubspot.md 11. */
	return answer->is_json &&
	       (answer->status == 200 || (answer->status == 207 && reading->step == HUBSPOT_STEP_LINKS));
}

static bool read_feed(struct reading *reading, const char *bytes, size_t length)
{
	enum { COMPLAINT_MOST = 64 * 1024 };
	bool is_page = reading->step == HUBSPOT_STEP_PAGE || reading->step == HUBSPOT_STEP_OWNERS;

	if (!is_wanted(reading)) {
		/* Of a refusal the beginning will do: an error page is not worth a broken connection. */
		size_t room = COMPLAINT_MOST - reading->body.length;
		(void)buffer_append(&reading->body, bytes, length > room ? room : length);
		return true;
	}
	if (is_page)
		return record_reader_feed(reading->reader, bytes, length);
	reading->body_too_long = !buffer_append(&reading->body, bytes, length);
	return !reading->body_too_long;
}

/* The answer's Date against our clock at its end: too early by as long as the answer took, which is the
 * harmless side (a window that ends a little earlier). */
static void set_clock(struct reading *reading, int64_t now_ms)
{
	if (!reading->answer.dated)
		return;
	reading->session->clock_known = true;
	reading->session->clock_ahead_ms = reading->answer.date_ms - now_ms;
}

static bool finish_step(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	switch (reading->step) {
	case HUBSPOT_STEP_PIPELINES:
		return hubspot_pipelines_finish(reading, now_ms, failure);
	case HUBSPOT_STEP_LINKS:
		return hubspot_links_finish(reading, failure);
	case HUBSPOT_STEP_OWNERS:
		return hubspot_owners_finish(reading, failure);
	default:
		return hubspot_search_finish(reading, failure);
	}
}

static bool read_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	char what[96];

	set_clock(reading, now_ms);
	if (reading->step == HUBSPOT_STEP_PAGE) {
		reading->session->searched = true;
		reading->session->searched_at_ms = now_ms;
	}
	if (!is_wanted(reading)) {
		name_request(reading, what, sizeof what);
		hubspot_explain(reading->session, &reading->answer, what, buffer_text(&reading->body),
			reading->body.length, failure);
		hubspot_search_soften(reading);
		return false;
	}
	reading->session->throttled = 0;
	if (reading->body_too_long) {
		name_request(reading, what, sizeof what);
		failure_set(failure, FAILURE_PERMANENT, "%s: the answer is longer than %d bytes", what,
			HUBSPOT_DOCUMENT_LIMIT);
		return false;
	}
	if (finish_step(reading, now_ms, failure))
		return true;
	failure->http_status = reading->answer.status;
	return false;
}

static const char *read_cursor(const struct reading *reading)
{
	return reading->stoppable ? reading->cursor : NULL;
}

static int64_t read_complete_until(const struct reading *reading)
{
	return reading->complete_until;
}

const struct connector connector_hubspot = {
	.name = "hubspot",
	.options = options,
	.option_count = sizeof options / sizeof options[0],
	.settings_size = sizeof(struct hubspot_settings),
	.streams = streams,
	.default_object = default_object,
	.session_new = session_new,
	.session_free = session_free,
	.session_quota = session_quota,
	.read_open = read_open,
	.read_free = read_free,
	.read_next = read_next,
	.read_head = read_head,
	.read_feed = read_feed,
	.read_finish = read_finish,
	.read_cursor = read_cursor,
	.read_complete_until = read_complete_until,
};
