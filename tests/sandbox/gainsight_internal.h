/* What the files of the played Gainsight share; nobody else includes this. */
#ifndef SANDBOX_GAINSIGHT_INTERNAL_H
#define SANDBOX_GAINSIGHT_INTERNAL_H

#include "tests/sandbox/server.h"

#define GAINSIGHT_JSON "application/json;charset=UTF-8"

/* A deletion that the log still tells of. */
struct gainsight_deletion {
	enum world_gsid type;
	uint32_t index;
	int64_t deleted_at;
};

struct gainsight {
	struct server *server;
	struct world *world;
	const char *access_key;
	int64_t minute; /* the fixed windows, and what was used of them */
	long minute_calls;
	int64_t day;
	long day_calls;
	uint64_t serial;
	struct gainsight_deletion *deletions; /* read anew for each query of the log */
	size_t deletion_count;
	uint64_t deletion_generation;
	int64_t deletion_day;
};

#define GAINSIGHT_STREAM_CTA 1022
#define GAINSIGHT_SCORES_IN_SCHEME 101u   /* a numeric scheme: 0 to 100, a definition each */
#define GAINSIGHT_OTHER_SCHEME_BASE 1000u /* where the definitions of `gainsight.scheme=changed` start */

/* ---- gainsight_schema.c, gainsight_rows.c, gainsight_values.c ---- */

enum gainsight_type {
	GAINSIGHT_GSID,
	GAINSIGHT_LOOKUP,
	GAINSIGHT_PICKLIST,
	GAINSIGHT_STRING,
	GAINSIGHT_EMAIL,
	GAINSIGHT_NUMBER,
	GAINSIGHT_CURRENCY,
	GAINSIGHT_BOOLEAN,
	GAINSIGHT_DATETIME,
	GAINSIGHT_DATE
};

enum gainsight_attribute {
	ROW_GSID,
	ROW_CREATED,
	ROW_MODIFIED,
	ROW_EMPTY,
	COMPANY_NAME,
	COMPANY_STATUS,
	COMPANY_STAGE,
	COMPANY_INDUSTRY,
	COMPANY_EMPLOYEES,
	COMPANY_ARR,
	COMPANY_RENEWAL,
	COMPANY_CSM,
	COMPANY_SALESFORCE_ID,
	COMPANY_HUBSPOT_ID,
	COMPANY_SCORE,
	USER_NAME,
	USER_FIRST_NAME,
	USER_LAST_NAME,
	USER_EMAIL,
	USER_ACTIVE,
	USER_LICENSE,
	PERSON_FIRST_NAME,
	PERSON_LAST_NAME,
	PERSON_NAME,
	PERSON_EMAIL,
	PERSON_TITLE,
	PERSON_ACTIVE,
	PERSON_COMPANY,
	PERSON_PERSON,
	SCORE_MEASURE,
	SCORE_CURRENT,
	SCORE_PREVIOUS,
	SCORE_TREND,
	MEASURE_NAME,
	SCHEME_NAME,
	SCHEME_SCORE,
	SCHEME_COLOR,
	CTA_NAME,
	CTA_COMPANY,
	CTA_TYPE,
	CTA_STATUS,
	CTA_PRIORITY,
	CTA_REASON,
	CTA_OWNER,
	CTA_DUE,
	CTA_CLOSED,
	CTA_CLOSED_AT,
	ITEM_NAME,
	ITEM_CATEGORY,
	ITEM_ACTIVE,
	LOG_RECORD,
	LOG_OBJECT,
	LOG_DELETED_ON
};

struct gainsight_object;

struct gainsight_field {
	const char *name;
	const char *label;
	enum gainsight_type type;
	enum gainsight_attribute attribute;
	const struct gainsight_object *lookup; /* of a LOOKUP */
	const char *category;                  /* of a PICKLIST */
};

enum gainsight_source {
	GAINSIGHT_WORLD,
	GAINSIGHT_CTAS,
	GAINSIGHT_SCORES, /* one for each company, of one measure */
	GAINSIGHT_MEASURES,
	GAINSIGHT_SCHEME,
	GAINSIGHT_PICKLIST_ITEMS,
	GAINSIGHT_DELETE_LOG
};

struct gainsight_object {
	const char *name; /* lower case, as metadata has it; asked for in any case */
	const char *label;
	enum gainsight_source source;
	enum world_kind kind; /* WORLD: of the rows; CTAS, SCORES: of the accounts that have one each */
	enum world_gsid gsid;
	const struct gainsight_field *fields;
	size_t field_count;
};

/* One row of an object, read when first asked for a value. */
struct gainsight_row {
	const struct gainsight_object *object;
	uint32_t index;
	bool read;
	union {
		struct world_account account;
		struct world_contact contact;
		struct world_staff staff;
	} of;
};

enum gainsight_value_kind {
	GAINSIGHT_VALUE_NULL,
	GAINSIGHT_VALUE_TEXT,
	GAINSIGHT_VALUE_NUMBER,
	GAINSIGHT_VALUE_FLAG,
	GAINSIGHT_VALUE_TIME
};

struct gainsight_value {
	enum gainsight_value_kind kind;
	struct text_slice text; /* TEXT */
	double number;          /* NUMBER */
	bool flag;              /* FLAG */
	int64_t time;           /* TIME, milliseconds */
	char space[80];         /* `text` may point here, so do not copy the structure */
};

/* All picklists of the tenant; an item's place is its index. */
struct gainsight_picklist_item {
	const char *category;
	const char *label;
	bool active;
};

#define GAINSIGHT_PICKLIST_COUNT 23
extern const struct gainsight_picklist_item gainsight_picklist_items[GAINSIGHT_PICKLIST_COUNT];

extern const struct gainsight_object gainsight_company, gainsight_gsuser, gainsight_person,
	gainsight_company_person, gainsight_call_to_action, gainsight_da_picklist, gainsight_delete_log,
	gainsight_high_volume_log, gainsight_health_fact, gainsight_measure, gainsight_scheme;

const struct gainsight_object *gainsight_object_find(const char *name);
const struct gainsight_object *gainsight_object_at(size_t position); /* NULL at the end */
/* NULL for a field that the object does not have, or that `gainsight.hide_field` took away. */
const struct gainsight_field *gainsight_field_find(
	struct gainsight *gainsight, const struct gainsight_object *object, const char *name, size_t length);
bool gainsight_field_hidden(
	struct gainsight *gainsight, const struct gainsight_object *object, const struct gainsight_field *field);
/* The type that the metadata tells, which `gainsight.field_type` may have changed. */
enum gainsight_type gainsight_field_type(
	struct gainsight *gainsight, const struct gainsight_object *object, const struct gainsight_field *field);
const char *gainsight_type_name(enum gainsight_type type);
/* One more than the highest index of a row; the delete log is read by this. */
/* Its rows have dates, and the world walks them in the order of these. */
bool gainsight_object_dated(const struct gainsight_object *object);
/* Where the definitions of the scheme in force start. */
uint32_t gainsight_scheme_base(struct gainsight *gainsight);
uint32_t gainsight_rows(struct gainsight *gainsight, const struct gainsight_object *object);
bool gainsight_row_exists(struct gainsight *gainsight, const struct gainsight_object *object, uint32_t index);
/* The switch that makes some rows have no ModifiedDate. */
bool gainsight_row_undated(struct gainsight *gainsight, const struct gainsight_object *object, uint32_t index);
/* False for an id that is of no row of this object. */
bool gainsight_row_find(struct gainsight *gainsight, const struct gainsight_object *object, struct text_slice gsid,
	uint32_t *index);
void gainsight_row_set(struct gainsight_row *row, const struct gainsight_object *object, uint32_t index);
void gainsight_row_value(struct gainsight *gainsight, struct gainsight_row *row,
	const struct gainsight_field *field, struct gainsight_value *value);
/* The row on the other side of a lookup; false when it leads nowhere. */
bool gainsight_row_lookup(struct gainsight *gainsight, struct gainsight_row *row,
	const struct gainsight_field *field, uint32_t *index);
void gainsight_value_write(struct gainsight *gainsight, const struct gainsight_field *field,
	const struct gainsight_value *value, struct text_buffer *out);

/* ---- gainsight_metadata.c ---- */

void gainsight_describe(struct gainsight *gainsight, struct server_call *call,
	const struct gainsight_object *const *objects, size_t count);
void gainsight_object_list(struct gainsight *gainsight, struct server_call *call);
void gainsight_dropdown(struct gainsight *gainsight, struct server_call *call, const char *category_id);

/* ---- gainsight_query.c ---- */

void gainsight_query(struct gainsight *gainsight, struct server_call *call, const struct gainsight_object *object);

/* ---- vendor_gainsight.c ---- */

/* The envelope of a refusal. `code` NULL is null. */
void gainsight_error(struct gainsight *gainsight, struct server_call *call, int status, const char *code,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
void gainsight_no_object(struct gainsight *gainsight, struct server_call *call);
/* {"result":true,...,"data": and, after the caller's own text, the end of it. */
void gainsight_begin(struct gainsight *gainsight, struct text_buffer *out);
void gainsight_end(struct server_call *call, struct text_buffer *out);
/* The body as an object; NULL: answered. */
json_t *gainsight_body(struct gainsight *gainsight, struct server_call *call);

#endif
