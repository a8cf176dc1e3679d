#include "connectors/gainsight.h"

#include <stddef.h>
#include <stdlib.h>

#include "connectors/memory.h"

enum { MINUTE_MS = 60000, DAY_MS = 24 * 3600 * 1000, CALLS_PER_DAY = 50000 /* Gainsight, Company API */ };

const struct option gainsight_options[GAINSIGHT_OPTION_COUNT] = {
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
		.initial = "10m",
		.least = 0,
		.most = 30 * 86400,
		.help = "how far each run reaches back behind the one before" },
	{ .name = "late",
		.type = OPTION_DURATION,
		.offset = offsetof(struct gainsight_settings, late_s),
		.initial = "4h",
		.least = 0,
		.most = 30 * 86400,
		.help = "how late Gainsight's rules and imports, which write for long, may show their changes; "
			"proving "
			"runs read that much again" },
	{ .name = "calls_per_minute",
		.type = OPTION_INTEGER,
		.offset = offsetof(struct gainsight_settings, calls_per_minute),
		.initial = "30",
		.least = 1,
		.most = 100,
		.help = "our share of the 100 calls a minute that all integrations of the tenant have together" },
};

bool gainsight_check_settings(const void *settings, struct failure *failure)
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
				"the file named by access_key_file must hold the key and nothing else: there is a "
				"blank, a line break or a letter that no key has");
			return false;
		}
	return true;
}

const char *gainsight_default_object(enum entity entity)
{
	static const char *const objects[ENTITY_COUNT] = {
		[ENTITY_STAFF] = "gsuser",
		[ENTITY_ACCOUNT] = "Company",
		/* A call to action is what a case is elsewhere: somebody's open task about an account. */
		[ENTITY_SUPPORT_CASE] = "call_to_action",
		/* An example: tenants have names of their own (Gainsight, Scorecard Objects). */
		[ENTITY_OBSERVATION] = "customer_health_fact",
	};

	return (unsigned)entity < ENTITY_COUNT ? objects[entity] : NULL;
}

const char *gainsight_object(enum entity entity, const struct mapping_entity *mapping)
{
	return mapping->object == NULL ? gainsight_default_object(entity) : mapping->object;
}

struct session *gainsight_session_new(const char *base_url, const void *settings)
{
	struct session *session = memory_allocate(sizeof *session);

	session->base_url = base_url;
	session->settings = settings;
	session->limit = session->settings->page_size;
	return session;
}

struct session *gainsight_session_free(struct session *session)
{
	if (session == NULL)
		return NULL;
	for (int i = 0; i < ENTITY_COUNT; i++)
		gainsight_items_free(&session->items[i]);
	free(session);
	return NULL;
}

/* No answer says what is used up: these are our own calls since the program began, of a tenant's allowance. */
void gainsight_session_quota(const struct session *session, struct quota *ret_quota)
{
	*ret_quota = (struct quota){ .used = session->day_calls, .allowed = CALLS_PER_DAY };
}

/* The vendor's windows are clock minutes: half of our share may go at once, then at an even pace, and what is over
 * the share waits for the next minute. */
unsigned gainsight_session_pace(struct session *session, int64_t now_ms)
{
	int64_t share = session->settings->calls_per_minute;
	int64_t minute = now_ms / MINUTE_MS;

	if (now_ms / DAY_MS > session->day) {
		session->day = now_ms / DAY_MS;
		session->day_calls = 0;
	}
	session->day_calls++;
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

bool gainsight_session_sign(const struct session *session, struct http_request *request)
{
	request->accept_gzip = true;
	return session->settings->access_key != NULL &&
	       http_request_header(request, "AccessKey", secret_reveal(session->settings->access_key)) &&
	       http_request_header(request, "Accept", "application/json");
}
