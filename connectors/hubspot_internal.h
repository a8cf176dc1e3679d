/* hubspot_internal.h - what the files of the HubSpot connector share; nobody else includes this. */
#ifndef CONNECTORS_HUBSPOT_INTERNAL_H
#define CONNECTORS_HUBSPOT_INTERNAL_H

#include <jansson.h>

#include "connectors/buffer.h"
#include "connectors/connector.h"
#include "connectors/record_reader.h"
#include "connectors/secret.h"

enum {
	HUBSPOT_DOCUMENT_LIMIT = 4 * 1024 * 1024, /* of an answer that is read as a whole */
	HUBSPOT_PAGE_LIMIT =
		16 * 1024 * 1024,  /* of a page, or of an object's properties, 400 kB in a new account */
	HUBSPOT_LIST_MOST = 100,   /* records of a page of a list (HubSpot, Using object APIs) */
	HUBSPOT_AFTER_LIMIT = 512, /* characters of a paging cursor */
	HUBSPOT_LINKS_MOST = 1000, /* records that one question for their companies may name (Associate records) */
	HUBSPOT_FLAGS_MOST = 100,  /* inputs of a batch (Using object APIs) */
	HUBSPOT_CALLS_MOST = 200,  /* in ten seconds: 80 % of the highest limit (Usage guidelines) */
};

/* The earliest instant to ask for: others met 500 for a filter at the epoch itself. */
#define HUBSPOT_LO_LEAST_MS INT64_C(1000)

struct hubspot_settings {
	struct secret *token; /* either this, or the next three */
	char *client_id;
	struct secret *client_secret, *refresh_token;
	int64_t page_size, overlap_s, settle_s, late_s;
};

/* One stage of one pipeline; stage ids are unique only together with their pipeline's. */
struct hubspot_stage {
	char *pipeline, *stage;
	bool closed, won;
};

struct hubspot_pipelines {
	struct hubspot_stage *stages;
	size_t count;
	bool known;
	int64_t read_at_ms;
};

/* The pace of our calls; hubspot_limits.c. */
struct hubspot_pace {
	int64_t called_at_ms[HUBSPOT_CALLS_MOST]; /* a ring: `next` is behind the newest */
	size_t next, known;
	size_t allowed; /* in ten seconds */
	bool searched;
	int64_t searched_at_ms; /* when the last search's answer had ended */
	unsigned throttled;     /* answers of 429 in a row */
};

struct session {
	const char *base_url;
	const struct hubspot_settings *settings;
	struct quota quota;
	struct hubspot_pace pace;
	/* The vendor's clock less ours, from the Date of the newest answer. */
	bool clock_known;
	int64_t clock_ahead_ms;
	/* OAuth only. */
	struct secret *access_token;  /* NULL: none */
	struct secret *refresh_token; /* one that came with a token and isn't the configured one; else NULL */
	int64_t refresh_at_ms;
	bool renewed; /* the access token was refused, and nothing was answered well since */
	struct hubspot_pipelines tickets, deals;
};

/* The head of the answer that is being read. */
struct hubspot_answer {
	int status; /* 0: none came */
	bool is_json, is_html;
	long retry_after_s; /* up to a day; 0: none */
	bool dated;
	int64_t date_ms;
	char ray[48]; /* Cloudflare's name for the exchange; empty when there is none */
};

/* A record of the page and what is known of its company so far. */
struct hubspot_link {
	int64_t id;
	int64_t company; /* 0: none yet; the primary one once is_primary */
	bool is_primary, several;
	bool asked, pending; /* pending: an answer for it, or a further page of one, is still to come */
	char *after;
};

enum hubspot_step {
	HUBSPOT_STEP_START,
	HUBSPOT_STEP_PIPELINES,
	HUBSPOT_STEP_SEARCH,
	HUBSPOT_STEP_COUNT,
	HUBSPOT_STEP_LIST,
	HUBSPOT_STEP_LINKS,
	HUBSPOT_STEP_ARCHIVED,
	HUBSPOT_STEP_OWNERS,
	HUBSPOT_STEP_DONE,
};

struct reading {
	struct session *session;
	enum entity entity;
	enum read_mode mode;
	const struct record_filter *only; /* of a look; else NULL */
	bool searches;                    /* changes, or a look; else it lists */
	const struct mapping_entity *mapping;
	struct record_sink sink;
	struct record_reader *reader;
	enum hubspot_step step;
	unsigned page; /* from 1, for messages */
	/* Every page is a place to stop, before its records' companies have been asked for. */
	bool cautious;
	char fingerprint[MAPPING_FINGERPRINT_SIZE];

	/* What the stream is, fixed at the start; hubspot_stream.c. */
	const char *object;
	const char *modified;                       /* the property's name */
	char modified_path[64];                     /* the same in a record */
	const char *extras[3];                      /* what we need besides the mapping, NULL-terminated */
	bool follows_merges;                        /* extras[0] lists the ids that the record has absorbed */
	int closed_column, won_column, name_column; /* -1: the mapping fills it, or there is none */
	bool wants_links;
	int64_t primary_type; /* of an association to the primary company; 0: not known */

	/* The cursor, all in ms by HubSpot's clock; 0: never. */
	int64_t fresh;  /* changes have been seen up to here, as far as the index shows them at once */
	int64_t proven; /* nothing from before is still to come */
	int64_t walked; /* when the archived records had last been gone through */

	/* READ_CHANGES: the window, see hubspot_search.c. */
	bool prove, resumed;
	int64_t lo, hi;

	/* READ_ALL. */
	int64_t start;    /* the watermark: changes from here on are for READ_CHANGES; 0: not set yet */
	int64_t seen;     /* records so far that were last changed up to the watermark */
	int64_t expected; /* how many there are; -1: not known */
	bool listed;      /* to the end: only the count is still to be proven */
	unsigned short_counts;

	/* Both. */
	int64_t last; /* the highest id so far */
	char *after;  /* the next page of a listing; NULL: its first */
	size_t limit;

	/* The page that is being read. */
	int64_t page_last, page_seen;
	size_t page_inspected;
	bool disordered;
	bool stage_unknown, pipelines_fresh;
	bool page_is_last;
	struct hubspot_link *links;
	size_t link_count, link_room, page_links; /* page_links: as many as there were before the page */

	/* Archived records, in a run that proves. */
	char *walk; /* the next page; NULL: the first */
	struct record_reader *archived_reader;
	bool walking; /* a run that was broken off had come so far: only they are left to go through */

	/* Owners. */
	bool archived; /* the active ones are read */
	struct buffer name;

	struct hubspot_answer answer;
	struct buffer body; /* of what record_reader doesn't read */
	bool body_too_long;

	char *cursor;
	bool stoppable;
	int64_t fresh_until, complete_until;
};

/* ---- hubspot.c ---- */

/* The vendor's time as well as we know it. */
int64_t hubspot_server_time(const struct session *session, int64_t now_ms);
/* The same less the setting `settle`: what had changed by then has its final stamp. */
int64_t hubspot_settled_time(const struct session *session, int64_t now_ms);
/* A decimal number without sign, 64-bit. False for anything else. */
bool hubspot_parse_id(const char *text, size_t length, int64_t *ret_id);
/* Its own name for an entity's object. */
const char *hubspot_default_object(enum entity entity);
/* What an object is called in an address. */
const char *hubspot_path(const char *object);
/* Adds the headers, the token among them, to a request that has everything else. False: `failure` (EXPIRED: authorize
 * first). */
bool hubspot_dress(
	const struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure);

/* ---- hubspot_read.c; see struct connector ---- */

struct reading *hubspot_read_open(
	struct session *session, const struct reading_request *request, const struct record_sink *sink);
struct reading *hubspot_read_free(struct reading *reading);
enum read_step hubspot_read_next(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure);
void hubspot_read_head(struct reading *reading, const struct http_head *head);
bool hubspot_read_feed(struct reading *reading, const char *bytes, size_t length);
bool hubspot_read_finish(struct reading *reading, int64_t now_ms, struct failure *failure);
const char *hubspot_read_cursor(const struct reading *reading);
void hubspot_read_until(const struct reading *reading, int64_t *ret_fresh_ms, int64_t *ret_complete_ms);
int64_t hubspot_read_expected(const struct reading *reading);

/* ---- hubspot_cursor.c ---- */

/* Takes the cursor's text in; false when it is of no use for this reading (which is then as without one). */
bool hubspot_cursor_read(struct reading *reading, const char *text);
/* From here the reading can go on in its mode. */
void hubspot_cursor_write(struct reading *reading);
/* From here READ_CHANGES goes on, be it with the archived records, if those are the next step. */
void hubspot_cursor_write_done(struct reading *reading);
/* The active owners have been read, the archived ones have not. */
void hubspot_cursor_write_owners(struct reading *reading);

/* ---- hubspot_errors.c ---- */

void hubspot_answer_read(struct session *session, struct hubspot_answer *answer, const struct http_head *head);
/* Says in `failure` what an answer that isn't the one we asked for means (HubSpot, Error handling).
 * `what` names the request. The text holds no part of a secret. */
void hubspot_explain(struct session *session, const struct hubspot_answer *answer, const char *what,
	const char *body, size_t length, struct failure *failure);
/* Copies what the vendor says as vendor_text_copy does, without what the session keeps secret: HubSpot does quote the token
 * ("This oauth-token (...) does not have proper permissions!"). */
void hubspot_copy_text(const struct session *session, const char *text, size_t length, char *out, size_t size);

/* ---- hubspot_limits.c ---- */

void hubspot_limits_init(struct session *session);
/* What an answer says about our limits. */
void hubspot_limits_read(struct session *session, const struct http_head *head);
/* How long to wait before a call that is to be sent next, and counts it. */
unsigned hubspot_limits_pause(struct session *session, bool is_search, int64_t now_ms);
/* A search has been answered. */
void hubspot_limits_searched(struct session *session, int64_t now_ms);
/* The seconds that a 429 asks for; `policy` is its policyName or empty. */
int64_t hubspot_limits_throttled(struct session *session, const struct hubspot_answer *answer, const char *policy);

/* ---- hubspot_oauth.c ---- */

/* The bearer token for a call at `now_ms`; NULL with `failure` (EXPIRED, CREDENTIALS) when there is none. */
const char *hubspot_token(const struct session *session, int64_t now_ms, struct failure *failure);
/* The access token was refused. True: another one deserves a try; false: this was such a one. */
bool hubspot_token_expire(struct session *session);
/* See struct connector. */
bool hubspot_authorize(
	struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure);
bool hubspot_authorized(struct session *session, const struct http_head *head, const char *body, size_t length,
	int64_t now_ms, struct failure *failure);
void hubspot_session_secrets(
	const struct session *session, const struct secret **ret_configured, const struct secret **ret_renewed);
void hubspot_session_renew(struct session *session, const struct secret *renewed);

/* ---- hubspot_stream.c ---- */

/* Fills what of `reading` depends on entity and mapping. */
void hubspot_stream_open(struct reading *reading);
/* Appends the properties to ask for, each once and between two `quote`s, with commas. */
void hubspot_stream_write_properties(const struct reading *reading, const char *quote, struct buffer *out);
/* The head of an answer has come: the first page's Date bounds what the reading can promise. */
void hubspot_stream_head(struct reading *reading);
/* Ready for a page's bytes; records of an earlier try are forgotten. */
void hubspot_stream_begin_page(struct reading *reading);
/* After a page's last byte: its envelope, for the caller to json_decref. NULL: `failure`. */
json_t *hubspot_stream_end_page(struct reading *reading, struct record_reader *reader, struct failure *failure);
/* The next page's cursor in an envelope, owned by that; NULL when this is the last page. False: `failure`, when the
 * envelope doesn't say, or names the page at `before` again. */
bool hubspot_stream_next_page(const struct reading *reading, const json_t *envelope, const char *before,
	const char **ret_after, struct failure *failure);
/* After a refusal: asks for less when the page was too much for HubSpot. */
void hubspot_stream_soften(struct reading *reading);

/* ---- hubspot_search.c ---- */

/* Sets the window; false when there is nothing to ask yet. */
bool hubspot_search_start(struct reading *reading, int64_t now_ms);
/* False: `failure`, when the request can't be made. */
bool hubspot_search_request(struct reading *reading, struct http_request *request, struct failure *failure);
bool hubspot_search_finish(struct reading *reading, int64_t now_ms, struct failure *failure);
/* The page's rows and links are in: on to the next page, or to the end. */
void hubspot_search_advance(struct reading *reading, int64_t now_ms);
/* Asks how many records there are that were last changed up to the watermark. */
void hubspot_count_request(struct reading *reading, int64_t now_ms, struct http_request *request);
bool hubspot_count_finish(struct reading *reading, int64_t now_ms, struct failure *failure);

/* ---- hubspot_look.c ---- */

/* Appends what a search finds the next page of a look by. */
void hubspot_look_write_groups(struct reading *reading, struct buffer *out);

/* ---- hubspot_list.c ---- */

bool hubspot_list_request(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure);
bool hubspot_list_finish(struct reading *reading, struct failure *failure);
/* What is to be asked next. */
enum hubspot_step hubspot_list_step(const struct reading *reading);
/* A page's rows, or the companies of some pages, are in. */
void hubspot_list_advance(struct reading *reading);
/* All once more, from its first page. */
void hubspot_list_restart(struct reading *reading);

/* ---- hubspot_archived.c ---- */

/* Whether a run that proves should look at the archived records now. */
bool hubspot_archived_is_due(const struct reading *reading, int64_t now_ms);
void hubspot_archived_request(struct reading *reading, struct http_request *request);
bool hubspot_archived_finish(struct reading *reading, int64_t now_ms, struct failure *failure);

/* ---- hubspot_merges.c ---- */

/* Gives the sink a tombstone for each id that the record has absorbed. */
void hubspot_merges_emit(const struct reading *reading, const struct value *values, const struct value *absorbed);

/* ---- hubspot_owners.c ---- */

void hubspot_owners_open(struct reading *reading);
void hubspot_owners_start(struct reading *reading, int64_t now_ms);
void hubspot_owners_request(struct reading *reading, struct http_request *request);
bool hubspot_owners_finish(struct reading *reading, struct failure *failure);

/* ---- hubspot_pipelines.c ---- */

/* The account's pipelines of the reading's object. */
struct hubspot_pipelines *hubspot_pipelines_of(struct reading *reading);
bool hubspot_pipelines_are_needed(const struct reading *reading);
/* Whether they were read less than an hour before `now_ms`. */
bool hubspot_pipelines_are_current(const struct hubspot_pipelines *pipelines, int64_t now_ms);
void hubspot_pipelines_request(struct reading *reading, struct http_request *request);
bool hubspot_pipelines_finish(struct reading *reading, int64_t now_ms, struct failure *failure);
void hubspot_pipelines_clear(struct hubspot_pipelines *pipelines);
/* Fills the columns that the stage decides. False: the record must be seen again after the pipelines were. */
bool hubspot_pipelines_apply(struct reading *reading, struct value *values, const struct value *extras);

/* ---- hubspot_associations.c ---- */

void hubspot_links_add(struct reading *reading, int64_t id);
/* Lets go of all but the first `count`. */
void hubspot_links_cut(struct reading *reading, size_t count);
bool hubspot_links_are_pending(const struct reading *reading);
bool hubspot_links_request(struct reading *reading, struct http_request *request, struct failure *failure);
/* Takes an answer in; once none is pending any more, the rows have gone to the sink. */
bool hubspot_links_finish(struct reading *reading, int64_t now_ms, struct failure *failure);

/* ---- hubspot_flags.c; see struct connector ---- */

bool hubspot_flags_write(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure);
bool hubspot_flags_written(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_result *results, struct failure *failure);
bool hubspot_flags_read(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, int64_t now_ms, struct http_request *request, struct failure *failure);
bool hubspot_flags_found(struct session *session, const struct flag_target *target, const struct flag *flags,
	size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
	struct flag_found *found, struct failure *failure);

/* ---- hubspot_describe.c; see struct connector ---- */

bool hubspot_describe(struct session *session, const struct reading_request *reading, int64_t now_ms,
	struct http_request *request, struct failure *failure);
bool hubspot_described(struct session *session, const struct reading_request *reading, const struct http_head *head,
	const char *body, size_t length, int64_t now_ms, struct description *description, struct failure *failure);

#endif
