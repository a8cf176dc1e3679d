/* Gainsight has no total, no next-page mark and no time zone for its filters (Company API, Read). So nothing is
 * taken for an end but what a row proves.
 *
 * READ_ALL walks by Gsid, then asks for the row with the greatest Gsid: the walk has to have reached it. Last, the
 * newest row is asked for by its own second: that tells whether filters on ModifiedDate work, and in which zone. For
 * a look at some rows it walks so through one group of tests after the other, as nothing but AND between conditions is
 * shown by the vendor.
 *
 * READ_CHANGES begins no later than at the newest row that is known, which must come again: an answer without it is
 * no "nothing has changed" but a filter that failed. With nothing changed that one row is the whole answer. Where
 * no row is known (too many share the newest second) an empty answer has to be believed; the run then begins as far
 * back as changes may show themselves late. */
#include "connectors/gainsight_reading.h"

#include <string.h>
#include <strings.h>

enum {
	SMALL_PAGE = 100,  /* a server that has given more in one answer doesn't cut at so few */
	CROWD_MOST = 100,  /* rows within one second that may be read again at each run */
	ZONE_STEP_S = 900, /* all zones are whole quarters of an hour */
	ZONE_STEPS = 56,   /* 14 hours */
};

int64_t gainsight_second(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
}

static bool fault(
	const struct reading *reading, enum failure_kind kind, const char *sentence, struct failure *failure)
{
	failure_set(failure, kind, "%s: %s; what was read before is kept", reading->object, sentence);
	failure->http_status = reading->status;
	return false;
}

/* Everything is to be read: the cursor says so from now on. */
static bool doubt(struct reading *reading, enum gainsight_doubt doubt)
{
	reading->at.step = GAINSIGHT_DOUBTED;
	reading->at.doubt = doubt;
	return true;
}

static bool end_run(struct reading *reading)
{
	struct session *session = reading->session;
	struct gainsight_cursor *at = &reading->at;

	at->step = GAINSIGHT_DONE;
	at->gsid[0] = '\0';
	/* A second with many rows would be read again and again. */
	at->known = at->crowd <= CROWD_MOST ? at->newest : (struct gainsight_row){ 0 };
	at->newest = (struct gainsight_row){ 0 };
	at->crowd = 0;
	if (reading->mode == READ_ALL || at->proves) {
		int64_t proven_ms = at->started_ms - session->settings->late_s * 1000;
		at->proven_ms = proven_ms > at->proven_ms ? proven_ms : at->proven_ms;
	}
	session->limit = session->limit * 2 > session->settings->page_size ? session->settings->page_size
									   : session->limit * 2;
	return true;
}

/* Goes on after the page's last Gsid; false when that is no progress. */
static bool step_over(struct reading *reading, struct failure *failure)
{
	const struct page *page = &reading->page;

	if (page->last_id[0] == '\0')
		return fault(reading, FAILURE_PERMANENT, "a page without one readable Gsid", failure);
	if (page->ids_fall)
		return fault(reading, FAILURE_PERMANENT,
			"rows don't come sorted by Gsid, so nobody can tell whether all were read", failure);
	if (strcasecmp(page->last_id, reading->at.gsid) <= 0)
		return fault(reading, FAILURE_PERMANENT,
			"rows up to a Gsid came again although only later ones were asked for", failure);
	memcpy(reading->at.gsid, page->last_id, sizeof page->last_id);
	reading->top = TOP_NOT_ASKED;
	return true;
}

/* All rows are read. Without a newest one there is nothing to try a filter with, and nothing it could find. */
static bool end_walk(struct reading *reading)
{
	reading->at.step = GAINSIGHT_PROBE;
	reading->searched = false;
	return reading->at.newest.gsid[0] == '\0' ? doubt(reading, GAINSIGHT_FILTER) : true;
}

/* A look proves nothing: each group's walk ends at its first empty page. A short one may have been cut short. */
static bool after_look(struct reading *reading, size_t count, struct failure *failure)
{
	if (count > 0)
		return step_over(reading, failure);
	reading->at.gsid[0] = '\0';
	if (++reading->group >= reading->only->count)
		reading->at.step = GAINSIGHT_DONE;
	return true;
}

static bool after_walk(struct reading *reading, size_t count, struct failure *failure)
{
	if (reading->only != NULL)
		return after_look(reading, count, failure);
	if (count == 0 && reading->top == TOP_BEHIND)
		return end_walk(reading);
	if (count == 0 && reading->top == TOP_BEYOND)
		return fault(reading, FAILURE_TRANSIENT,
			"there is a later Gsid, but asked for later ones Gainsight gives none", failure);
	if (count > 0 && !step_over(reading, failure))
		return false;
	/* A short page may have been cut short, and an empty one proves nothing. */
	reading->at.step = (int64_t)count < reading->asked_limit ? GAINSIGHT_TOP : GAINSIGHT_WALK;
	return true;
}

static bool after_top(struct reading *reading, size_t count, struct failure *failure)
{
	const char *top = reading->page.last_id;
	const char *reached = reading->at.gsid;

	if (count == 0 && reached[0] == '\0')
		return end_walk(reading); /* two answers agree: there is no row at all */
	if (count == 0)
		return fault(reading, FAILURE_TRANSIENT, "there were rows, and now there are none", failure);
	int order = strcasecmp(top, reached);
	if (order == 0 && top[0] != '\0')
		return end_walk(reading);
	/* New rows have come behind the place; or the last one was deleted (or has no readable Gsid), which an empty
	 * page has to confirm. */
	reading->top = order > 0 ? TOP_BEYOND : TOP_BEHIND;
	reading->at.step = GAINSIGHT_WALK;
	return true;
}

static bool after_probe(struct reading *reading, size_t count)
{
	if (count > 0) {
		reading->session->zone_s = reading->at.zone_s;
		return end_run(reading);
	}
	if (reading->searched)
		return doubt(reading, GAINSIGHT_FILTER);
	reading->searched = true;
	reading->zone_low = -ZONE_STEPS - 1;
	reading->zone_high = ZONE_STEPS + 1;
	reading->at.zone_s = 0;
	reading->at.step = GAINSIGHT_SEARCH;
	return true;
}

/* The row comes while the text stands for its time or an earlier one: up to the zone, and not after it. */
static bool after_search(struct reading *reading, size_t count)
{
	int tried = (int)(reading->at.zone_s / ZONE_STEP_S);

	if (count > 0)
		reading->zone_low = tried;
	else
		reading->zone_high = tried;
	bool found = reading->zone_high - reading->zone_low == 1;
	if (found && reading->zone_low < -ZONE_STEPS)
		return doubt(reading, GAINSIGHT_FILTER);
	int next = found ? reading->zone_low : reading->zone_low + (reading->zone_high - reading->zone_low) / 2;
	reading->at.zone_s = (int64_t)next * ZONE_STEP_S;
	reading->at.step = found ? GAINSIGHT_PROBE : GAINSIGHT_SEARCH;
	return true;
}

/* Whether so many rows can't be but the last ones. A server may clamp `limit` in silence,
 * but not to less than it has given before. */
static bool is_whole(const struct reading *reading, size_t count)
{
	return (int64_t)count < reading->asked_limit &&
	       (count < reading->most_seen || (count <= SMALL_PAGE && reading->at.most_rows > (int64_t)count));
}

static bool end_changes(struct reading *reading)
{
	struct gainsight_cursor *at = &reading->at;

	if (at->known.gsid[0] != '\0' && !at->known_came)
		return doubt(reading, GAINSIGHT_GONE);
	if (reading->log_reader == NULL)
		return end_run(reading);
	at->step = GAINSIGHT_DELETED;
	at->from_s = gainsight_second(at->proven_ms);
	return true;
}

/* The log makes deletions known early and proves nothing, since reading everything finds them all: so whatever it
 * answers, it is no failure. */
static bool after_deletions(struct reading *reading, size_t count)
{
	struct gainsight_cursor *at = &reading->at;
	const int64_t last_ms = reading->page.last_modified_ms;

	if (count == 0 || last_ms == INT64_MIN || gainsight_second(last_ms) < at->from_s)
		return end_run(reading);
	if (gainsight_second(last_ms) > at->from_s)
		at->from_s = gainsight_second(last_ms);
	else if ((int64_t)count >= reading->asked_limit)
		at->from_s++; /* a page is full of one second: the rest of it can't be had */
	else
		return end_run(reading);
	return true;
}

/* A page of changes ends within a second that may have been cut in two. */
static bool after_changes(struct reading *reading, size_t count)
{
	struct gainsight_cursor *at = &reading->at;
	const struct page *page = &reading->page;
	bool confirming = at->step == GAINSIGHT_CONFIRM;
	bool full = (int64_t)count >= reading->asked_limit;

	/* What is to be confirmed has to come again; at the start the known row has to. */
	if (count == 0)
		return confirming ? doubt(reading, GAINSIGHT_FILTER) : end_changes(reading);
	if (page->times_fall)
		return doubt(reading, GAINSIGHT_UNSORTED);
	if (page->strays || page->last_modified_ms == INT64_MIN)
		return doubt(reading, GAINSIGHT_FILTER);
	if (is_whole(reading, count))
		return end_changes(reading);
	at->from_s = gainsight_second(page->last_modified_ms);
	at->gsid[0] = '\0';
	at->step = full || confirming ? GAINSIGHT_DRAIN : GAINSIGHT_CONFIRM;
	return true;
}

/* A part of one second. */
static bool after_part(struct reading *reading, size_t count, struct failure *failure)
{
	struct gainsight_cursor *at = &reading->at;

	/* The row that led here must be among them, and no row of another second. */
	if ((count == 0 && at->gsid[0] == '\0') || reading->page.strays)
		return doubt(reading, GAINSIGHT_FILTER);
	bool whole = count == 0 || ((int64_t)count < reading->asked_limit && count < reading->most_seen);
	if (!whole)
		return step_over(reading, failure);
	/* This is how `from` always grows: no second is asked for twice. */
	at->from_s++;
	at->gsid[0] = '\0';
	at->step = GAINSIGHT_SINCE;
	return true;
}

bool gainsight_advance(struct reading *reading, size_t count, struct failure *failure)
{
	switch (reading->at.step) {
	case GAINSIGHT_WALK:
		return after_walk(reading, count, failure);
	case GAINSIGHT_TOP:
		return after_top(reading, count, failure);
	case GAINSIGHT_PROBE:
		return after_probe(reading, count);
	case GAINSIGHT_SEARCH:
		return after_search(reading, count);
	case GAINSIGHT_SINCE:
	case GAINSIGHT_CONFIRM:
		return after_changes(reading, count);
	case GAINSIGHT_DRAIN:
		return after_part(reading, count, failure);
	case GAINSIGHT_DELETED:
		return after_deletions(reading, count);
	case GAINSIGHT_DONE:
	case GAINSIGHT_DOUBTED:
		break;
	}
	return true;
}
