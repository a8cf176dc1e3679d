/* How fast we may call (HubSpot, Usage guidelines): a general bucket of calls in ten seconds, a pace for searches,
 * which all integrations of the account share, and the waits that the four kinds of 429 ask for. */
#include <string.h>

#include "connectors/hubspot_internal.h"

enum {
	ALLOWED_FIRST = 80, /* in ten seconds: 80 % of the smallest limit there is */
	ALLOWED_SHARE = 80, /* percent of the limit that HubSpot names: others may use the same token */
	WINDOW_MS = 10000,
	SEARCH_DISTANCE_MS = 250, /* 4 searches a second, of the 5 that the account has */
	RETRY_AFTER_MOST_S = 900, /* HubSpot documents Retry-After with 477 alone */
	WAIT_DAILY_S = 3600,      /* the account's midnight is not known here: look again each hour */
	WAIT_TEN_SECONDLY_S = 10,
	WAIT_UNNAMED_AGAIN_S = 60,
	WAIT_SECONDLY_MOST_S = 10,
};

void hubspot_limits_init(struct session *session)
{
	session->quota = (struct quota){ -1, -1 };
	session->pace.allowed = ALLOWED_FIRST;
}

static bool header_number(const struct http_head *head, const char *name, int64_t *ret)
{
	const char *text = http_head_value(head, name);

	return text != NULL && hubspot_parse_id(text, strlen(text), ret);
}

/* Search answers carry none of these, answers to an OAuth app none of the day's (HubSpot, Usage guidelines). */
void hubspot_limits_read(struct session *session, const struct http_head *head)
{
	int64_t allowed, left, most;

	if (header_number(head, "X-HubSpot-RateLimit-Daily", &allowed) &&
		header_number(head, "X-HubSpot-RateLimit-Daily-Remaining", &left))
		session->quota = (struct quota){ left > allowed ? 0 : allowed - left, allowed };
	if (header_number(head, "X-HubSpot-RateLimit-Max", &most) && most > 0) {
		int64_t share = most > HUBSPOT_CALLS_MOST * 2 ? HUBSPOT_CALLS_MOST : most * ALLOWED_SHARE / 100;
		share = share < 1 ? 1 : share;
		session->pace.allowed = share > HUBSPOT_CALLS_MOST ? HUBSPOT_CALLS_MOST : (size_t)share;
	}
}

static unsigned pause_for_search(const struct hubspot_pace *pace, int64_t now_ms)
{
	/* Counted from the end of the last one: when it was sent is not known here. */
	int64_t since = now_ms - pace->searched_at_ms;

	if (!pace->searched || since >= SEARCH_DISTANCE_MS)
		return 0;
	return since < 0 ? SEARCH_DISTANCE_MS : (unsigned)(SEARCH_DISTANCE_MS - since);
}

/* Until so many calls as are allowed lie ten seconds back, less one. */
static unsigned pause_for_call(struct hubspot_pace *pace, int64_t now_ms)
{
	unsigned pause = 0;

	if (pace->known >= pace->allowed) {
		size_t oldest = (pace->next + HUBSPOT_CALLS_MOST - pace->allowed) % HUBSPOT_CALLS_MOST;
		int64_t since = now_ms - pace->called_at_ms[oldest];
		if (since < -WINDOW_MS)
			pace->known = 0; /* our clock was set back: nothing of this is known any more */
		if (since < 0)
			pause = WINDOW_MS;
		else if (since < WINDOW_MS)
			pause = (unsigned)(WINDOW_MS - since);
	}
	pace->called_at_ms[pace->next] = now_ms + pause;
	pace->next = (pace->next + 1) % HUBSPOT_CALLS_MOST;
	if (pace->known < HUBSPOT_CALLS_MOST)
		pace->known++;
	return pause;
}

unsigned hubspot_limits_pause(struct session *session, bool is_search, int64_t now_ms)
{
	return is_search ? pause_for_search(&session->pace, now_ms) : pause_for_call(&session->pace, now_ms);
}

void hubspot_limits_searched(struct session *session, int64_t now_ms)
{
	session->pace.searched = true;
	session->pace.searched_at_ms = now_ms;
}

int64_t hubspot_limits_throttled(struct session *session, const struct hubspot_answer *answer, const char *policy)
{
	unsigned in_a_row = ++session->pace.throttled;

	/* Retry-After is clamped far below the rest of a day: it can't be meant for this one. */
	if (strcmp(policy, "DAILY") == 0) {
		session->quota.used = session->quota.allowed;
		return WAIT_DAILY_S;
	}
	if (answer->retry_after_s > 0)
		return answer->retry_after_s > RETRY_AFTER_MOST_S ? RETRY_AFTER_MOST_S : answer->retry_after_s;
	if (strcmp(policy, "SECONDLY") == 0)
		return in_a_row > WAIT_SECONDLY_MOST_S ? WAIT_SECONDLY_MOST_S : (int64_t)in_a_row;
	if (policy[0] == '\0' && in_a_row >= 3)
		return WAIT_UNNAMED_AGAIN_S;
	return WAIT_TEN_SECONDLY_S;
}
