/* instant.h - reading and writing the vendors' dates and times, without the C library's time zone. */
#ifndef CONNECTORS_INSTANT_H
#define CONNECTORS_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An instant is milliseconds since 1970-01-01T00:00:00Z; only years 1 to 9999 exist. */
enum { INSTANT_TEXT_SIZE = sizeof "2026-11-20T10:01:07.000Z" };

/* ISO 8601 with a mandatory zone: "2026-11-20T10:01:07.000+0000" (Salesforce REST), "…Z" (HubSpot, Bulk),
 * "+00:00"; fractions are cut to milliseconds. */
bool instant_parse(const char *text, size_t length, int64_t *ret_ms);
/* "2026-11-20", as the instant at which it begins in UTC. */
bool instant_parse_date(const char *text, size_t length, int64_t *ret_ms);
/* Writes "2026-11-20T10:01:07.000Z". `ms` must lie in the years 1 to 9999. */
void instant_format(int64_t ms, char text[static INSTANT_TEXT_SIZE]);
/* Writes "2026-11-20". */
void instant_format_date(int64_t ms, char text[static INSTANT_TEXT_SIZE]);
/* An HTTP Date header (RFC 9110 IMF-fixdate): "Thu, 01 Oct 2026 08:00:01 GMT". */
bool instant_parse_http(const char *text, int64_t *ret_ms);
/* Whether `ms` lies in the years 1 to 9999. */
bool instant_exists(int64_t ms);

#endif
