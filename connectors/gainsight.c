/* The normative algorithm of gainsight.md 7.2: no offsets, and no end but a proven one. */
#include "connectors/gainsight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connectors/instant.h"
#include "connectors/memory.h"

enum {
	REQUEST_TIMEOUT_S = 120, /* gainsight.md 2.3 */
	LIMIT_LEAST = 250,
	ERROR_BODY_LIMIT = 64 * 1024,
	CURSOR_LIMIT = 4 * 1024,
	SMALL_PAGE = 100, /* a server that has given more in one answer doesn't cut at so few */
	RETRY_AFTER_MOST_S = 3600,
	MINUTE_MS = 60000,
};

static const size_t PAGE_BODY_LIMIT = 64u * 1024 * 1024; /* gainsight.md 2.3 */
static const int64_t DAY_MS = 24 * 3600 * INT64_C(1000);

struct session {
	const char *base_url;
	const struct gainsight_settings *settings;
	int64_t limit;  /* rows a page; halved when an answer doesn't come through, doubled by each whole run
			 */
	int64_t minute; /* of the calls counted in `calls` */
	int64_t calls;
	unsigned throttled; /* answers in a row that said "too many requests" */
};

/* What is seen of a page while its rows pass. */
struct page {
	char last_id[GAINSIGHT_ID_SIZE]; /* empty: none could be read */
	int64_t last_modified_ms;        /* INT64_MIN: none could be read */
	bool ids_fall, times_fall;       /* not sorted as asked */
	bool strays;                     /* a row outside of the second that was asked for */
};

struct reading {
	struct session *session;
	const struct mapping_entity *mapping;
	const char *object;
	char fingerprint[MAPPING_FINGERPRINT_SIZE]; /* the mapping's */
	struct record_reader *reader;

	struct gainsight_cursor at;
	struct buffer cursor_text; /* empty: no page came through yet */
	bool may_widen;            /* a new run over changes, that may turn out to be due for a full read */
	size_t most_seen;          /* rows of the largest answer of this reading */
	size_t to_confirm;         /* CONFIRM: rows of the short page */
	unsigned pages;

	bool under_way; /* a request was made and has not come to an end that could be judged */
	int64_t asked_limit, asked_ms;
	int status;
	long retry_after_s;
	int64_t server_ms; /* INT64_MIN: the answer had no date */
	struct buffer error_body;
	struct page page;
};

static const struct option options[] = {
	{ .name = "access_key_file",
		.type = OPTION_SECRET,
		.offset = offsetof(struct gainsight_settings, access_key),
		.required = true,
		.help = "file with the tenant's API access key (Administration, Connectors 2.0, Gainsight API)" },
	{ .name = "page_size",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct gainsight_settings, page_size),
		.initial = "5000",
		.least = 1,
		.most = 5000,
		.help = "rows asked for in one query" },
	{ .name = "overlap",
		.type = OPTION_DURATION,
		.offset = offsetof(struct gainsight_settings, overlap_s),
		.initial = "24h",
		.least = 60,
		.most = 30 * 86400,
		.help = "how far behind the last run each run begins; Gainsight doesn't say in which time zone its "
			"filters "
			"are, so less than 14h is safe only where they are known to be in UTC" },
	{ .name = "full_read_every",
		.type = OPTION_DURATION,
		.offset = offsetof(struct gainsight_settings, full_read_every_s),
		.initial = "24h",
		.least = 0,
		.most = 30 * 86400,
		.help = "how often all rows are read, changed or not: scores shown through a lookup may change "
			"without "
			"the row's modified date; 0 for never" },
	{ .name = "calls_per_minute",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct gainsight_settings, calls_per_minute),
		.initial = "30",
		.least = 1,
		.most = 100,
		.help = "our share of the 100 calls a minute that all integrations of the tenant have together" },
};

static bool check_settings(const void *settings, struct failure *failure)
{
	const struct gainsight_settings *own = settings;

	if (own->access_key == NULL)
		return true;
	const char *key = secret_reveal(own->access_key);
	if (*key == '\0') {
		failure_set(failure, FAILURE_CREDENTIALS, "the file named by access_key_file is empty");
		return false;
	}
	for (; *key != '\0'; key++)
		if (*key <= 0x20 || *key >= 0x7f) {
			failure_set(failure, FAILURE_CREDENTIALS,
				"the file named by access_key_file must hold the key and nothing else: "
				"there is a "
				"blank, a line break or a letter that no key has");
			return false;
		}
	return true;
}

static const char *default_object(enum entity entity)
{
	return entity == ENTITY_STAFF ? "gsuser" : "Company";
}

static struct session *session_new(const char *base_url, const void *settings)
{
	struct session *session = memory_allocate(sizeof *session);

	session->base_url = base_url;
	session->settings = settings;
	session->limit = session->settings->page_size;
	return session;
}

static struct session *session_free(struct session *session)
{
	free(session);
	return NULL;
}

static void session_quota(const struct session *session, struct quota *ret_quota)
{
	(void)session;
	*ret_quota = (struct quota){ .used = -1, .allowed = -1 };
}

/* Counts a call and says how long it has to wait. The vendor's windows are clock minutes: half of our share
 * may go at once, then at an even pace, and what is over the share waits for the next minute. */
static unsigned session_pace_ms(struct session *session, int64_t now_ms)
{
	int64_t share = session->settings->calls_per_minute;
	int64_t minute = now_ms / MINUTE_MS;

	if (minute > session->minute) {
		session->minute = minute;
		session->calls = 0;
	}
	if (session->calls >= share) {
		session->minute++;
		session->calls = 1;
		/* A clock that was set back by hours must not stop us for hours. */
		int64_t wait_ms = session->minute * MINUTE_MS - now_ms;
		if (wait_ms > MINUTE_MS) {
			session->minute = minute + 1;
			wait_ms = session->minute * MINUTE_MS - now_ms;
		}
		return (unsigned)wait_ms;
	}
	session->calls++;
	return session->calls > (share + 1) / 2 ? (unsigned)(MINUTE_MS / share) : 0;
}

/* Sees each row as it passes: its place in the order asked for. */
static bool inspect(void *context, const struct value *id, int64_t modified_ms, struct value *values,
	const struct value *extras)
{
	struct reading *reading = context;
	struct page *page = &reading->page;
	char gsid[GAINSIGHT_ID_SIZE];

	(void)values;
	(void)extras;
	(void)snprintf(gsid, sizeof gsid, "%.*s", (int)id->length, id->text);
	if (page->last_id[0] != '\0' && strcasecmp(gsid, page->last_id) < 0)
		page->ids_fall = true;
	memcpy(page->last_id, gsid, sizeof gsid);
	if (modified_ms == INT64_MIN)
		return true;
	if (modified_ms < page->last_modified_ms)
		page->times_fall = true;
	page->last_modified_ms = modified_ms;
	if (reading->at.step == GAINSIGHT_DRAIN &&
		(modified_ms < reading->at.from_s * 1000 || modified_ms >= (reading->at.from_s + 1) * 1000))
		page->strays = true;
	return true;
}

static int64_t seconds_floor(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
}

static void begin_run(struct reading *reading, const char *cursor)
{
	struct gainsight_cursor *at = &reading->at;

	if (!gainsight_cursor_read(cursor, reading->fingerprint, at)) {
		*at = (struct gainsight_cursor){
			.step = GAINSIGHT_WALK, .watermark_ms = INT64_MIN, .full_read_ms = INT64_MIN
		};
		return;
	}
	if (at->step != GAINSIGHT_DONE)
		return; /* goes on where it was; its watermark stays that of its first answer */
	at->step = GAINSIGHT_SINCE;
	at->from_s = seconds_floor(at->watermark_ms) - reading->session->settings->overlap_s;
	if (!instant_exists(at->from_s * 1000))
		at->from_s = 0;
	at->gsid[0] = '\0';
	at->watermark_ms = INT64_MIN;
	at->doubt = GAINSIGHT_SURE;
	reading->may_widen = true;
}

static struct reading *read_open(struct session *session, enum entity entity, const struct mapping_entity *mapping,
	const char *cursor, const struct record_sink *sink)
{
	/* Both shapes are real (gainsight.md 5.4). */
	static const char *const containers[] = { "data.records", "data", NULL };
	struct reading *reading = memory_allocate(sizeof *reading);

	reading->session = session;
	reading->mapping = mapping;
	reading->object = mapping->object == NULL ? default_object(entity) : mapping->object;
	mapping_fingerprint(mapping, entity, reading->object, reading->fingerprint);
	buffer_init(&reading->cursor_text, CURSOR_LIMIT);
	buffer_init(&reading->error_body, ERROR_BODY_LIMIT);
	const struct record_reader_settings settings = {
		.entity = entity,
		.mapping = mapping,
		.containers = containers,
		.prefix = "",
		.id = "Gsid",
		.modified = "ModifiedDate",
		.fold_case = true,
		.inspect = inspect,
		.context = reading,
	};
	reading->reader = record_reader_new(&settings, sink);
	begin_run(reading, cursor);
	return reading;
}

static struct reading *read_free(struct reading *reading)
{
	if (reading == NULL)
		return NULL;
	record_reader_free(reading->reader);
	buffer_free(&reading->cursor_text);
	buffer_free(&reading->error_body);
	free(reading);
	return NULL;
}

/* A changed score may leave the modified date alone (gainsight.md 7.3). */
static void widen_when_due(struct reading *reading, int64_t now_ms)
{
	int64_t every_s = reading->session->settings->full_read_every_s;
	int64_t last_ms = reading->at.full_read_ms;

	if (reading->may_widen && every_s > 0 && (last_ms == INT64_MIN || now_ms - last_ms >= every_s * 1000)) {
		reading->at.step = GAINSIGHT_WALK;
		reading->at.gsid[0] = '\0';
	}
	reading->may_widen = false;
}

static void name_request(const struct reading *reading, char *what, size_t size)
{
	static const char *const orders[] = {
		[GAINSIGHT_WALK] = "by Gsid",
		[GAINSIGHT_SINCE] = "changes",
		[GAINSIGHT_CONFIRM] = "changes, confirming the end",
		[GAINSIGHT_DRAIN] = "one second of changes",
		[GAINSIGHT_DONE] = "",
	};
	static const char *const doubts[] = {
		[GAINSIGHT_SURE] = "",
		[GAINSIGHT_UNSORTED] = " (changes came unsorted)",
		[GAINSIGHT_FILTER] = " (filter isn't in UTC)",
	};

	(void)snprintf(what, size, "%.24s %s, page %u%s", reading->object, orders[reading->at.step],
		reading->pages + 1, doubts[reading->at.doubt]);
}

static bool fill_request(struct reading *reading, struct http_request *request)
{
	const struct session *session = reading->session;

	http_request_clear(request);
	request->is_post = true;
	request->accept_gzip = true;
	request->timeout_s = REQUEST_TIMEOUT_S;
	request->body_limit = PAGE_BODY_LIMIT;
	name_request(reading, request->what, sizeof request->what);
	return buffer_printf(&request->url, "%s/v1/data/objects/query/%s", session->base_url, reading->object) &&
	       http_request_header(request, "AccessKey", secret_reveal(session->settings->access_key)) &&
	       http_request_header(request, "Content-Type", "application/json") &&
	       http_request_header(request, "Accept", "application/json") &&
	       gainsight_query(&reading->at, reading->mapping, reading->asked_limit, &request->body);
}

static enum read_step read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure)
{
	struct session *session = reading->session;

	if (reading->at.step == GAINSIGHT_DONE)
		return READ_COMPLETE;
	/* The last answer never came, or not whole: ask for less (gainsight.md 2.3). */
	if (reading->under_way && session->limit > LIMIT_LEAST)
		session->limit = session->limit / 2 < LIMIT_LEAST ? LIMIT_LEAST : session->limit / 2;
	widen_when_due(reading, now_ms);
	reading->asked_limit = session->limit;
	reading->asked_ms = now_ms;
	if (session->settings->access_key == NULL || !fill_request(reading, request)) {
		failure_set(failure, FAILURE_CREDENTIALS,
			"no request can be made: access_key_file holds no usable key, or the mapping has "
			"too many fields");
		return READ_FAILED;
	}
	request->pause_before_ms = session_pace_ms(session, now_ms);
	reading->under_way = true;
	reading->status = 0;
	reading->retry_after_s = 0;
	reading->server_ms = INT64_MIN;
	reading->page = (struct page){ .last_modified_ms = INT64_MIN };
	record_reader_reset(reading->reader);
	buffer_clear(&reading->error_body);
	return READ_REQUEST;
}

static void read_head(struct reading *reading, const struct http_head *head)
{
	const char *date = http_head_value(head, "Date");

	reading->status = head->status;
	reading->retry_after_s = http_head_retry_after(head, RETRY_AFTER_MOST_S);
	if (date == NULL || !instant_parse_http(date, &reading->server_ms))
		reading->server_ms = INT64_MIN;
}

static bool is_good_status(int status)
{
	return status >= 200 && status < 300;
}

static bool read_feed(struct reading *reading, const char *bytes, size_t length)
{
	/* Rows of an answer that failed don't count, so they aren't handed out either. */
	if (is_good_status(reading->status))
		return record_reader_feed(reading->reader, bytes, length);
	return buffer_append(&reading->error_body, bytes, length);
}

static bool fault(const struct reading *reading, const char *sentence, struct failure *failure)
{
	failure_set(failure, FAILURE_PERMANENT, "%s: %s; what was read before is kept", reading->object, sentence);
	failure->http_status = reading->status;
	return false;
}

/* Reads everything by Gsid, in this same run. */
static bool fall_back(struct reading *reading, enum gainsight_doubt doubt)
{
	reading->at.step = GAINSIGHT_WALK;
	reading->at.gsid[0] = '\0';
	reading->at.doubt = doubt;
	return true;
}

static bool end_run(struct reading *reading)
{
	struct session *session = reading->session;

	if (reading->at.step == GAINSIGHT_WALK)
		reading->at.full_read_ms = reading->at.watermark_ms;
	reading->at.step = GAINSIGHT_DONE;
	reading->at.gsid[0] = '\0';
	session->limit = session->limit * 2 > session->settings->page_size ? session->settings->page_size
									   : session->limit * 2;
	return true;
}

/* Whether so many rows can't be but the last ones. A server may clamp `limit` in silence (gainsight.md 5.4),
 * but not to less than it has given before. */
static bool is_whole(const struct reading *reading, size_t count)
{
	return count < reading->most_seen || (count <= SMALL_PAGE && reading->at.most_rows > (int64_t)count);
}

/* Goes on after the page's last Gsid; false when that is no progress. */
static bool step_over(struct reading *reading, struct failure *failure)
{
	const struct page *page = &reading->page;

	if (page->last_id[0] == '\0')
		return fault(reading, "a page without one readable Gsid", failure);
	if (page->ids_fall)
		return fault(reading, "rows don't come sorted by Gsid, so nobody can tell whether all were read",
			failure);
	if (strcasecmp(page->last_id, reading->at.gsid) <= 0)
		return fault(
			reading, "rows up to a Gsid came again although only later ones were asked for", failure);
	memcpy(reading->at.gsid, page->last_id, sizeof page->last_id);
	return true;
}

/* A page of changes: its rows, if there are any, are newer than at.from_s and end within a second that may
 * have been cut in two. `confirming` when it was to confirm that a short page was the last. */
static bool after_changes(struct reading *reading, size_t count, bool confirming)
{
	struct gainsight_cursor *at = &reading->at;
	const struct page *page = &reading->page;
	bool full = (int64_t)count >= reading->asked_limit;

	if (count == 0) {
		/* At least the second's own rows should have come again. */
		if (confirming && !is_whole(reading, reading->to_confirm))
			return fall_back(reading, GAINSIGHT_FILTER);
		return end_run(reading);
	}
	if (page->times_fall)
		return fall_back(reading, GAINSIGHT_UNSORTED);
	bool whole = !full && is_whole(reading, count);
	if (confirming && whole)
		return end_run(reading);
	if (page->last_modified_ms == INT64_MIN || seconds_floor(page->last_modified_ms) < at->from_s)
		return whole ? end_run(reading) : fall_back(reading, GAINSIGHT_FILTER);
	at->from_s = seconds_floor(page->last_modified_ms);
	at->gsid[0] = '\0';
	at->step = full || confirming ? GAINSIGHT_DRAIN : GAINSIGHT_CONFIRM;
	reading->to_confirm = count;
	return true;
}

/* A part of one second. */
static bool after_part(struct reading *reading, size_t count, struct failure *failure)
{
	struct gainsight_cursor *at = &reading->at;

	/* The row that led here must be among them, and no row of another second. */
	if ((count == 0 && at->gsid[0] == '\0') || reading->page.strays)
		return fall_back(reading, GAINSIGHT_FILTER);
	bool whole = count == 0 || ((int64_t)count < reading->asked_limit && count < reading->most_seen);
	if (!whole)
		return step_over(reading, failure);
	/* This is how `from` always grows: no second is asked for twice. */
	at->from_s++;
	at->gsid[0] = '\0';
	at->step = GAINSIGHT_SINCE;
	return true;
}

static bool advance(struct reading *reading, size_t count, struct failure *failure)
{
	switch (reading->at.step) {
	case GAINSIGHT_WALK:
		return count == 0 ? end_run(reading) : step_over(reading, failure);
	case GAINSIGHT_SINCE:
		return after_changes(reading, count, false);
	case GAINSIGHT_CONFIRM:
		return after_changes(reading, count, true);
	case GAINSIGHT_DRAIN:
		return after_part(reading, count, failure);
	case GAINSIGHT_DONE:
		break;
	}
	return true;
}

/* The server's clock at the run's first answer. Without one, or when it is past belief, ours at the time of
 * asking: a watermark too early only means reading some rows twice. */
static void note_watermark(struct reading *reading)
{
	if (reading->at.watermark_ms != INT64_MIN)
		return;
	bool credible = reading->server_ms != INT64_MIN && reading->server_ms <= reading->asked_ms + DAY_MS;
	reading->at.watermark_ms = credible ? reading->server_ms : reading->asked_ms;
}

static bool read_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	struct session *session = reading->session;
	struct gainsight_answer answer = {
		.status = reading->status,
		.body = buffer_text(&reading->error_body),
		.length = reading->error_body.length,
		.object = reading->object,
		.mapping = reading->mapping,
		.now_ms = now_ms,
		.retry_after_s = reading->retry_after_s,
		.throttled = session->throttled,
	};

	if (reading->status == 0) {
		failure_set(failure, FAILURE_TRANSIENT, "%s: no answer came", reading->object);
		return false;
	}
	if (is_good_status(reading->status)) {
		if (!record_reader_finish(reading->reader, &answer.body, &answer.length, failure)) {
			failure_prefix(failure, "%s (status %d)", reading->object, reading->status);
			failure->http_status = reading->status;
			return false;
		}
		answer.has_rows = record_reader_found(reading->reader);
	}
	/* A gateway that ran out of time is a time-out as well: the next page is smaller. */
	reading->under_way = reading->status == 504;
	enum gainsight_verdict verdict = gainsight_classify(&answer, failure);
	bool throttled = verdict == GAINSIGHT_FAILED && failure->kind == FAILURE_THROTTLED;
	session->throttled = throttled ? session->throttled + 1 : 0;
	if (verdict == GAINSIGHT_FAILED)
		return false;

	size_t count = verdict == GAINSIGHT_ROWS ? record_reader_count(reading->reader) : 0;
	note_watermark(reading);
	if (!advance(reading, count, failure))
		return false;
	if (count > reading->most_seen)
		reading->most_seen = count;
	if ((int64_t)count > reading->at.most_rows)
		reading->at.most_rows = (int64_t)count;
	reading->pages++;
	gainsight_cursor_write(&reading->at, reading->fingerprint, &reading->cursor_text);
	return true;
}

static const char *read_cursor(const struct reading *reading)
{
	return reading->cursor_text.length == 0 ? NULL : buffer_text(&reading->cursor_text);
}

static int64_t read_complete_until(const struct reading *reading)
{
	return reading->at.watermark_ms;
}

static const enum entity streams[] = { ENTITY_STAFF, ENTITY_ACCOUNT, ENTITY_COUNT };

const struct connector connector_gainsight = {
	.name = "gainsight",
	.options = options,
	.option_count = sizeof options / sizeof options[0],
	.settings_size = sizeof(struct gainsight_settings),
	.check_settings = check_settings,
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
