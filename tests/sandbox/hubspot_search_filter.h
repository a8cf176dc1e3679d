/* The filters of a search: read from the request with HubSpot's own limits, then asked about records. */
#ifndef SANDBOX_HUBSPOT_SEARCH_FILTER_H
#define SANDBOX_HUBSPOT_SEARCH_FILTER_H

#include "tests/sandbox/hubspot_internal.h"

#define SEARCH_GROUPS 5
#define SEARCH_FILTERS 6
#define SEARCH_FILTERS_IN_ALL 18

enum search_comparison {
	SEARCH_EQ,
	SEARCH_NEQ,
	SEARCH_LT,
	SEARCH_LTE,
	SEARCH_GT,
	SEARCH_GTE,
	SEARCH_BETWEEN,
	SEARCH_IN,
	SEARCH_NOT_IN,
	SEARCH_HAS_PROPERTY,
	SEARCH_NOT_HAS_PROPERTY,
	SEARCH_CONTAINS_TOKEN,
	SEARCH_NOT_CONTAINS_TOKEN
};

struct search_value {
	const char *text; /* of the request's JSON, or of `space` */
	char space[32];
	double number;
	int64_t time;
};

struct search_filter {
	const struct hubspot_property *property;  /* NULL: associations.* */
	const struct hubspot_object *association; /* then: what must be associated */
	uint32_t association_index;               /* WORLD_NONE: an id that nobody has */
	enum search_comparison comparison;
	struct search_value value;
	struct search_value high;
	struct search_value *values; /* IN, NOT_IN */
	size_t value_count;
	json_t *json;
};

/* ANDed. Bounds on the modified date and the id are kept apart: they decide where to look. */
struct search_group {
	int64_t lowest_stamp;
	int64_t highest_stamp; /* inclusive */
	uint64_t lowest_id;
	uint64_t highest_id;
	uint32_t first_index; /* of these ids, with the one after the last */
	uint32_t end_index;
	struct search_filter filters[SEARCH_FILTERS]; /* the rest */
	size_t filter_count;
};

struct search_filters {
	struct search_group groups[SEARCH_GROUPS];
	size_t group_count; /* at least one; a group without anything matches all */
};

/* False: answered. Must be freed in either case. */
bool search_filters_read(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	json_t *body, struct search_filters *filters);
void search_filters_free(struct search_filters *filters);

/* `record` is read when a filter needs it; *record_read tells, and belongs to this record's index. */
bool search_group_matches(struct hubspot *hubspot, const struct hubspot_object *object,
	const struct search_group *group, uint32_t index, int64_t stamp, struct hubspot_record *record,
	bool *record_read);

#endif
