/* hubspot_internal.h - what the files of the HubSpot connector share; nobody else includes this. */
#ifndef CONNECTORS_HUBSPOT_INTERNAL_H
#define CONNECTORS_HUBSPOT_INTERNAL_H

#include "connectors/buffer.h"
#include "connectors/connector.h"
#include "connectors/record_reader.h"
#include "connectors/secret.h"

enum {
	HUBSPOT_DOCUMENT_LIMIT = 4 * 1024 * 1024, /* of an answer that is read as a whole */
	HUBSPOT_PAGE_LIMIT = 16 * 1024 * 1024,    /* of a page of records, hubspot.md 4 */
	HUBSPOT_SEARCH_DISTANCE_MS = 250,         /* 4 searches a second, hubspot.md 17.4 */
};

struct hubspot_settings {
	struct secret *token;
	int64_t page_size, overlap_s, settle_s;
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

struct session {
	const char *base_url;
	const struct hubspot_settings *settings;
	struct quota quota;
	/* The vendor's clock less ours, from the Date of the newest answer. */
	bool clock_known;
	int64_t clock_ahead_ms;
	bool searched;
	int64_t searched_at_ms; /* when the last search's answer had ended */
	unsigned throttled;     /* answers of 429 in a row */
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
	HUBSPOT_STEP_PAGE,
	HUBSPOT_STEP_LINKS,
	HUBSPOT_STEP_OWNERS,
	HUBSPOT_STEP_DONE,
};

struct reading {
	struct session *session;
	enum entity entity;
	const struct mapping_entity *mapping;
	struct record_sink sink;
	struct record_reader *reader;
	enum hubspot_step step;
	unsigned page; /* from 1, for messages */

	/* What the stream is, fixed at the start. */
	const char *object;
	bool is_default_object;
	const char *modified; /* the property's name */
	const char *extras[3];
	int closed_column, won_column, name_column; /* -1: the mapping fills it, or there is none */
	bool wants_links;
	int64_t primary_type; /* of an association to the primary company; 0: not known */
	char fingerprint[MAPPING_FINGERPRINT_SIZE];

	/* The window, hubspot.md 7.4; all in ms. */
	bool resumed;
	int64_t lo, hi, last;
	int64_t watermark; /* up to where an earlier run was complete; 0: never */
	size_t limit;

	/* The page that is being read. */
	int64_t page_last;
	bool stage_unknown, pipelines_fresh;
	struct hubspot_link *links;
	size_t link_count, link_room;
	bool page_is_last;

	/* Owners. */
	bool archived;
	char *after;
	struct buffer name;

	struct hubspot_answer answer;
	struct buffer body; /* of what record_reader doesn't read */
	bool body_too_long;

	char cursor[192];
	bool stoppable;
	int64_t complete_until;
};

/* ---- hubspot.c ---- */

/* The vendor's time as well as we know it. */
int64_t hubspot_server_time(const struct session *session, int64_t now_ms);
/* A decimal number without sign, 64-bit. False for anything else. */
bool hubspot_parse_id(const char *text, size_t length, int64_t *ret_id);
/* Writes the cursor: a resume point while a window is open, else the watermark `hi`. */
void hubspot_write_cursor(struct reading *reading, bool finished);
/* Lets go of the links of a page. */
void hubspot_clear_links(struct reading *reading);

/* ---- hubspot_errors.c ---- */

void hubspot_read_head(struct session *session, struct hubspot_answer *answer, const struct http_head *head);
/* Says in `failure` what an answer that isn't the one we asked for means (hubspot.md 3.4, 17.3, 18.2, 18.4).
 * `what` names the request. The text holds no part of the token. */
void hubspot_explain(struct session *session, const struct hubspot_answer *answer, const char *what,
	const char *body, size_t length, struct failure *failure);

/* ---- hubspot_search.c ---- */

/* Fills what of `reading` depends on entity and mapping, and reads `cursor`. */
void hubspot_search_open(struct reading *reading, const char *cursor);
/* Sets the window; false when there is nothing to ask yet. */
bool hubspot_search_start(struct reading *reading, int64_t now_ms);
/* False: `failure`, when the request can't be made. */
bool hubspot_search_request(
	struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure);
bool hubspot_search_finish(struct reading *reading, struct failure *failure);
/* After a refusal: asks for less when the page was too much for HubSpot. */
void hubspot_search_soften(struct reading *reading);
/* The page's rows and links are in: on to the next page, or to the end. */
void hubspot_search_advance(struct reading *reading);

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
bool hubspot_links_are_pending(const struct reading *reading);
bool hubspot_links_request(struct reading *reading, struct http_request *request, struct failure *failure);
/* Takes an answer in; once none is pending any more, the rows have gone to the sink. */
bool hubspot_links_finish(struct reading *reading, struct failure *failure);

#endif
