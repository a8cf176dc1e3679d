/* connector.h - what a vendor's connector is: "stream S from cursor C" becomes requests, bytes become rows. */
#ifndef CONNECTORS_CONNECTOR_H
#define CONNECTORS_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/description.h"
#include "connectors/entity.h"
#include "connectors/failure.h"
#include "connectors/flag.h"
#include "connectors/http_message.h"
#include "connectors/mapping.h"
#include "connectors/option.h"
#include "connectors/record_filter.h"
#include "connectors/record_reader.h"
#include "connectors/secret.h"

/* A connector does no I/O and knows no clock: the caller sends its requests, feeds it the answers and tells it the
 * time. A session is a source's standing with its vendor (token, address, what it learnt); a reading is one run
 * over one stream. Both belong to the caller. One reading at a time uses a session.
 *
 * A run:
 *	reading = connector->read_open(session, &reading_request, &sink)
 *	while connector->read_next(reading, now, &request, &failure) == READ_REQUEST:
 *		send the request; connector->read_head(reading, &head);
 *		for each piece of the body: connector->read_feed(reading, bytes, length)     rows go to the sink
 *		connector->read_finish(reading, now, &failure)
 *		if connector->read_cursor(reading) != NULL: the rows so far may be committed together with it
 *	READ_COMPLETE: commit the rest with read_cursor and read_until
 *
 * A failure from read_finish of kind EXPIRED: connector->authorize(...) once, then read_next again, which repeats
 * the page. THROTTLED and TRANSIENT: wait, then read_next again repeats the page. Rows of a page that failed may
 * have reached the sink already: they are merged by id, so seeing them twice does no harm. */

struct session;
struct reading;

/* Two ways to read a stream. Which one is due is the caller's to know; a connector keeps to it. */
enum read_mode {
	/* What changed since the cursor. With `prove` from the proven watermark on: that lies behind all the vendor may
	 * show late (commits that take long, an index that lags), so that a run from there brings what earlier ones
	 * could not see, and moves it on. Without, from the fresh watermark on: as few rows as can be. */
	READ_CHANGES,
	/* Every record that lives, changed or not, each once: the first load, and from time to time the proof that
	 * nothing was missed, for what doesn't come is gone. In a stable order of the connector's choice, never one that
	 * a change would move a record in. */
	READ_ALL,
};

struct reading_request {
	enum entity entity;
	const struct mapping_entity *mapping; /* perhaps without fields that the vendor has lost */
	/* Stands in the cursor: a cursor with another one is of another mapping, and of no use (mapping_fingerprint). */
	const char *fingerprint;
	enum read_mode mode;
	bool prove; /* READ_CHANGES only */
	/* What read_cursor last gave for this stream and mode; NULL: from the beginning, for READ_ALL only. */
	const char *cursor;
	/* The run before this one was broken off: let every single good answer, where that can be, be a place to stop. A vendor
	 * that refuses again and again must not be able to send each run back to where the last one began. */
	bool cautious;
	/* READ_ALL without a cursor only: nothing but these, for a look at them before the rest; perhaps some of them twice, or
	 * more than these. It proves nothing, and its cursor is of no use. NULL: all. */
	const struct record_filter *only;
};

enum read_step {
	READ_REQUEST,  /* `request` is filled: send it */
	READ_COMPLETE, /* nothing more to ask */
	READ_FAILED,   /* `failure` says why: no request can be made (no token: EXPIRED) */
};

/* What the vendor's answers say about our quota; -1 where it says nothing. */
struct quota {
	int64_t used, allowed; /* calls in the vendor's day, of everybody who shares it */
};

struct connector {
	const char *name; /* "salesforce" */

	/* The keys of [source NAME] that are this vendor's own; the settings struct they fill. */
	const struct option *options;
	size_t option_count;
	size_t settings_size;
	/* What no single row can say ("jwt needs a private key"). NULL when there is nothing to say. */
	bool (*check_settings)(const void *settings, struct failure *failure);
	/* Whether `base_url` can be the vendor's API ("that is where its pages are"); after check_settings was good.
	 * NULL: nothing can be said. */
	bool (*check_address)(const char *base_url, const void *settings, struct failure *failure);

	/* The entities it can read, ENTITY_COUNT ends the list; in the order in which first loads should run. */
	const enum entity *streams;
	/* Its own name for an entity's object, unless the mapping names another: "Account". NULL where the vendor has no
	 * usual one, so that the mapping must name it. */
	const char *(*default_object)(enum entity entity);

	/* `base_url` without a trailing slash; `settings` is the filled settings struct. Both must outlive the
	 * session. */
	struct session *(*session_new)(const char *base_url, const void *settings);
	struct session *(*session_free)(struct session *session); /* takes NULL, returns NULL */
	/* Fills the request that gets a token. NULL in connectors whose credential is sent as it is; for those
	 * EXPIRED never happens. False: `failure` (a key that can't sign, …). */
	bool (*authorize)(
		struct session *session, int64_t now_ms, struct http_request *request, struct failure *failure);
	/* The answer to that request, whole. False: CREDENTIALS (a person must act), TRANSIENT or THROTTLED. */
	bool (*authorized)(struct session *session, const struct http_head *head, const char *body, size_t length,
		int64_t now_ms, struct failure *failure);
	/* For vendors that may give a new secret in place of a configured one, which is void from then on (a refresh token,
	 * RFC 6749, 6); NULL in connectors where that never happens. `ret_configured`: the one that may be renewed, NULL when
	 * these settings have none. `ret_renewed`: what came in its place, NULL when nothing did. The first is owned by the
	 * settings, the second by the session, until its next call. */
	void (*session_secrets)(const struct session *session, const struct secret **ret_configured,
		const struct secret **ret_renewed);
	/* Only where there is a configured one: from now on `renewed` (copied) is used in its place. */
	void (*session_renew)(struct session *session, const struct secret *renewed);
	/* The quota as last seen. */
	void (*session_quota)(const struct session *session, struct quota *ret_quota);

	/* What the vendor's metadata says against the mapping. Fills the request that asks for it; NULL in connectors that
	 * can't ask. False: `failure` (EXPIRED: authorize first). */
	bool (*describe)(struct session *session, const struct reading_request *reading, int64_t now_ms,
		struct http_request *request, struct failure *failure);
	/* The answer to that request, whole. Adds what is wrong to `description`, empty when all is well. False:
	 * `failure`, of the kinds of read_finish. */
	bool (*described)(struct session *session, const struct reading_request *reading,
		const struct http_head *head, const char *body, size_t length, int64_t now_ms,
		struct description *description, struct failure *failure);

	/* NULL for READ_CHANGES when the cursor can't be gone on from (none, an older form, another fingerprint): all must
	 * be read again; and when the vendor can't be asked for the records of `only`. An unusable cursor of READ_ALL is a
	 * beginning. What `request` (itself copied) and `sink` point to, `only` among it, must outlive the reading; the
	 * cursor's text need not. */
	struct reading *(*read_open)(
		struct session *session, const struct reading_request *request, const struct record_sink *sink);
	struct reading *(*read_free)(struct reading *reading); /* takes NULL, returns NULL */
	enum read_step (*read_next)(
		struct reading *reading, int64_t now_ms, struct http_request *request, struct failure *failure);
	void (*read_head)(struct reading *reading, const struct http_head *head);
	/* False: the answer is of no use any more, break it off; read_finish then says why. */
	bool (*read_feed)(struct reading *reading, const char *bytes, size_t length);
	/* Between two pieces of the body: whether the request behind this answer can be told already. Fills it as read_next
	 * will, when all goes well. Who sends it at once and keeps its answer back until read_next asks for the very same
	 * doesn't wait for the vendor while a page is read. NULL in connectors that can't tell. */
	bool (*read_ahead)(const struct reading *reading, struct http_request *request);
	/* After the last byte (or the break-off). False: `failure`. */
	bool (*read_finish)(struct reading *reading, int64_t now_ms, struct failure *failure);
	/* Where to go on in the same mode, if all rows given to the sink so far are kept; NULL when this is no place to
	 * stop. After READ_COMPLETE, whatever the mode: where READ_CHANGES goes on; after READ_ALL that is before its first
	 * request, so that nothing that changed meanwhile is missed. Owned by the reading, valid until the next call. */
	const char *(*read_cursor)(const struct reading *reading);
	/* After READ_COMPLETE. `ret_fresh_ms`: up to when changes have been seen, as far as the vendor shows them at once.
	 * `ret_complete_ms`: up to when nothing can be missing any more; INT64_MIN when this run proves nothing. */
	void (*read_until)(const struct reading *reading, int64_t *ret_fresh_ms, int64_t *ret_complete_ms);
	/* How many records the vendor says the whole reading has; -1 while it has not said so. For progress. */
	int64_t (*read_expected)(const struct reading *reading);

	/* Writing flags. How many records one call takes; 0 in connectors that can't write: those have none of these. */
	size_t flags_most;
	/* Fills the request that writes 1 to flags_most flags, each of another record. It may be sent twice. False: `failure`
	 * (EXPIRED: authorize first). */
	bool (*flags_write)(struct session *session, const struct flag_target *target, const struct flag *flags,
		size_t count, int64_t now_ms, struct http_request *request, struct failure *failure);
	/* The answer to that request, whole: a result for each of `flags`. False: `failure`, of the kinds of read_finish, and
	 * nothing is known of any of them; PERMANENT with http_status 400 or so may be the fault of a single one. */
	bool (*flags_written)(struct session *session, const struct flag_target *target, const struct flag *flags,
		size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
		struct flag_result *results, struct failure *failure);
	/* The same for reading back what stands there; of `flags` only the ids count. */
	bool (*flags_read)(struct session *session, const struct flag_target *target, const struct flag *flags,
		size_t count, int64_t now_ms, struct http_request *request, struct failure *failure);
	bool (*flags_found)(struct session *session, const struct flag_target *target, const struct flag *flags,
		size_t count, const struct http_head *head, const char *body, size_t length, int64_t now_ms,
		struct flag_found *found, struct failure *failure);
};

extern const struct connector connector_salesforce;
extern const struct connector connector_hubspot;
extern const struct connector connector_gainsight;

/* All of them, NULL-terminated. */
extern const struct connector *const connector_all[];

#endif
