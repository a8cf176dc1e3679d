/* What the files of the played HubSpot share; nobody else includes this. */
#ifndef SANDBOX_HUBSPOT_INTERNAL_H
#define SANDBOX_HUBSPOT_INTERNAL_H

#include "tests/sandbox/server.h"

#define HUBSPOT_JSON "application/json;charset=utf-8"

/* Times of the calls still inside a rolling limit. */
struct hubspot_window {
	int64_t *times;
	size_t capacity;
	size_t first;
	size_t count;
};

/* The answer to one search, kept for its next page. */
struct hubspot_set {
	char *key;
	uint64_t generation;
	uint64_t last_used;
	uint32_t *indices;
	size_t count;
};

#define HUBSPOT_SETS 6
#define HUBSPOT_ACCESSES 16

/* An access token that a refresh token was exchanged for. */
struct hubspot_access {
	char token[320];
	int64_t expires_at;
	long calls;
};

struct hubspot {
	struct server *server;
	struct world *world;
	const char *token;
	struct hubspot_window burst;
	struct hubspot_window search;
	struct hubspot_window associations;
	int64_t day;
	long day_calls;
	long day_association_calls;
	struct hubspot_access accesses[HUBSPOT_ACCESSES];
	size_t next_access;
	char refresh_first[128]; /* the switch's that `refresh_token` goes back to */
	char refresh_token[128];
	uint64_t serial;
	uint64_t set_clock;
	struct hubspot_set sets[HUBSPOT_SETS];
};

/* ---- hubspot_schema.c, hubspot_records.c ---- */

enum hubspot_field {
	HUBSPOT_ID,
	HUBSPOT_CREATED,
	HUBSPOT_MODIFIED,
	HUBSPOT_MERGED_IDS,
	HUBSPOT_OWNER,
	HUBSPOT_EMPTY, /* defined in the account, never filled */
	HUBSPOT_CUSTOMER,
	COMPANY_NAME,
	COMPANY_DOMAIN,
	COMPANY_INDUSTRY,
	COMPANY_COUNTRY,
	COMPANY_REGION,
	COMPANY_EMPLOYEES,
	COMPANY_REVENUE,
	COMPANY_CSM,
	COMPANY_RENEWAL,
	COMPANY_HEALTH,
	COMPANY_SALESFORCE_ID,
	CONTACT_FIRST_NAME,
	CONTACT_LAST_NAME,
	CONTACT_EMAIL,
	CONTACT_TITLE,
	CONTACT_PHONE,
	CONTACT_COMPANY,
	CONTACT_ADVOCATE,
	CONTACT_OPTED_OUT,
	CONTACT_DO_NOT_CALL,
	DEAL_NAME,
	DEAL_AMOUNT,
	DEAL_STAGE,
	DEAL_PIPELINE,
	DEAL_CLOSE_DATE,
	DEAL_TYPE,
	DEAL_CLOSED,
	DEAL_WON,
	DEAL_PROBABILITY,
	TICKET_SUBJECT,
	TICKET_CONTENT,
	TICKET_PIPELINE,
	TICKET_STAGE,
	TICKET_PRIORITY,
	TICKET_CLOSED_AT,
	TICKET_ESCALATED
};

enum hubspot_type {
	HUBSPOT_STRING,
	HUBSPOT_NUMBER,
	HUBSPOT_BOOL,
	HUBSPOT_ENUMERATION,
	HUBSPOT_DATE,
	HUBSPOT_DATETIME,
	HUBSPOT_PHONE
};

struct hubspot_property {
	const char *name;
	const char *label;
	enum hubspot_type type;
	enum hubspot_field field;
	bool custom;         /* made by the customer, not HubSpot's own */
	bool calculated;     /* never moves the modified date; cannot be written */
	const char *options; /* internal values separated by ';' */
};

struct hubspot_object {
	const char *plural;
	const char *singular;
	const char *message_name; /* in error texts */
	const char *type_id;
	enum world_kind kind;
	const char *read_scope;
	const char *write_scope;
	const struct hubspot_property *properties;
	size_t property_count;
	const char *default_properties;
	const char *always_properties;   /* come unasked */
	const char *searched_properties; /* where `query` looks */
};

extern const struct hubspot_object hubspot_companies;
extern const struct hubspot_object hubspot_contacts;
extern const struct hubspot_object hubspot_deals;
extern const struct hubspot_object hubspot_tickets;

enum hubspot_value_kind { HUBSPOT_VALUE_NULL, HUBSPOT_VALUE_TEXT, HUBSPOT_VALUE_NUMBER, HUBSPOT_VALUE_TIME };

struct hubspot_value {
	enum hubspot_value_kind kind;
	struct text_slice text; /* as the wire has it, for every kind; NULL bytes for null */
	double number;          /* NUMBER */
	int64_t time;           /* TIME, milliseconds */
	char space[40];         /* `text` may point here, so do not copy the structure */
};

struct hubspot_record {
	const struct hubspot_object *object;
	uint32_t index;
	bool archived;
	int64_t archived_at;
	int64_t created_at;
	int64_t modified_at;
	union {
		struct world_account company;
		struct world_contact contact;
		struct world_opportunity deal;
		struct world_case ticket;
	} of;
	struct text_buffer merged_ids;
};

/* By plural name or type id; NULL when this account has no such object. */
const struct hubspot_object *hubspot_object_find(const char *name);
/* NULL for a property that is not defined, or that a switch hid or archived. */
const struct hubspot_property *hubspot_property_find(
	struct hubspot *hubspot, const struct hubspot_object *object, const char *name, size_t length);
/* Whatever the switches say of it. */
const struct hubspot_property *hubspot_property_known(
	const struct hubspot_object *object, const char *name, size_t length);
/* As `hubspot.archive_property` has it: its values are gone, its definition is listed among the archived. */
bool hubspot_property_archived(
	struct hubspot *hubspot, const struct hubspot_object *object, const struct hubspot_property *property);
/* The type that the metadata tells, which `hubspot.property_type` may have changed. */
enum hubspot_type hubspot_property_type(
	struct hubspot *hubspot, const struct hubspot_object *object, const struct hubspot_property *property);
const char *hubspot_type_name(enum hubspot_type type);
bool hubspot_property_read_only(struct hubspot *hubspot, const struct hubspot_property *property);
bool hubspot_property_calculated(struct hubspot *hubspot, const struct hubspot_property *property);

/* A record must be all zero before its first reading, and freed after its last. */
void hubspot_record_read(struct hubspot *hubspot, const struct hubspot_object *object, uint32_t index,
	struct hubspot_record *record);
void hubspot_record_free(struct hubspot_record *record);
void hubspot_record_value(struct hubspot *hubspot, struct hubspot_record *record,
	const struct hubspot_property *property, struct hubspot_value *value);
/* A set of properties of one object, a bit each. */
uint64_t hubspot_properties_of_list(
	struct hubspot *hubspot, const struct hubspot_object *object, const char *comma_separated);
bool hubspot_properties_of_json(
	struct hubspot *hubspot, const struct hubspot_object *object, json_t *names, uint64_t *properties);
/* From a query parameter that may be repeated, with the object's defaults when there is none. */
uint64_t hubspot_properties_of_call(
	struct hubspot *hubspot, const struct hubspot_object *object, struct server_call *call);
/* The record without the closing brace, so that associations can follow. */
void hubspot_record_write(
	struct hubspot *hubspot, struct hubspot_record *record, uint64_t properties, struct text_buffer *out);

/* First index whose id is not below `id`. */
uint32_t hubspot_index_from_id(struct hubspot *hubspot, enum world_kind kind, uint64_t id);
/* False for an id that was never given, or whose record was merged away: it is in no listing. */
bool hubspot_find(struct hubspot *hubspot, const struct hubspot_object *object, const char *id, size_t length,
	uint32_t *index);
bool hubspot_merged_away(struct hubspot *hubspot, const struct hubspot_object *object, uint32_t index);

struct hubspot_stage {
	const char *id;
	const char *label;
	const char *metadata; /* JSON */
};

struct hubspot_pipeline {
	const char *id;
	const char *label;
	const char *updated_at;
	size_t stage_count;
	struct hubspot_stage stages[8];
};

extern const struct hubspot_pipeline hubspot_deal_pipelines[2];
extern const struct hubspot_pipeline hubspot_ticket_pipelines[2];

/* ---- the endpoints ---- */

void hubspot_list(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object,
	const char *link_path);
void hubspot_record(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, const char *id);
void hubspot_batch_read(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object);

/* batch/update; `verb` names the other batches, which the sandbox has not. */
void hubspot_batch_write(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, const char *verb);

void hubspot_search(struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object);
void hubspot_search_free(struct hubspot *hubspot);

void hubspot_associations_batch(struct hubspot *hubspot, struct server_call *call,
	const struct hubspot_object *from, const struct hubspot_object *to);
void hubspot_associations_record(struct hubspot *hubspot, struct server_call *call,
	const struct hubspot_object *from, const char *id, const struct hubspot_object *to);
void hubspot_association_labels(struct hubspot *hubspot, struct server_call *call,
	const struct hubspot_object *from, const struct hubspot_object *to);
/* The `associations` member of a listed record, with a comma in front; nothing when there are none. */
void hubspot_associations_write(struct hubspot *hubspot, const struct hubspot_record *record,
	const struct hubspot_object *const *to, size_t to_count, struct text_buffer *out);

void hubspot_owners(struct hubspot *hubspot, struct server_call *call);
void hubspot_owner(struct hubspot *hubspot, struct server_call *call, const char *id);
void hubspot_pipelines(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, const char *id);
void hubspot_properties(
	struct hubspot *hubspot, struct server_call *call, const struct hubspot_object *object, const char *name);
void hubspot_account(struct hubspot *hubspot, struct server_call *call);

/* ---- hubspot_limits.c ---- */

enum hubspot_policy { HUBSPOT_POLICY_GENERAL, HUBSPOT_POLICY_SEARCH, HUBSPOT_POLICY_ASSOCIATIONS };

/* False: answered with 429. An OAuth app has another burst and no daily limit. */
bool hubspot_within_limits(
	struct hubspot *hubspot, struct server_call *call, enum hubspot_policy policy, bool oauth);
void hubspot_usage(struct hubspot *hubspot, struct server_call *call);

/* ---- hubspot_token.c ---- */

enum hubspot_standing { HUBSPOT_TOKEN_UNKNOWN, HUBSPOT_TOKEN_STATIC, HUBSPOT_TOKEN_OAUTH, HUBSPOT_TOKEN_EXPIRED };

void hubspot_token(struct hubspot *hubspot, struct server_call *call);
/* False when the token endpoint has no such refusal. */
bool hubspot_token_refuse(struct server_call *call, const char *fault);
/* `expired_at` is set for the tokens of OAuth only. */
enum hubspot_standing hubspot_token_standing(struct hubspot *hubspot, const char *token, int64_t *expired_at);
void hubspot_answer_expired(struct hubspot *hubspot, struct server_call *call, int64_t expired_at);

/* ---- hubspot_answer.c ---- */

void hubspot_answer_unauthenticated(struct hubspot *hubspot, struct server_call *call);
void hubspot_answer_missing_scope(struct hubspot *hubspot, struct server_call *call, const char *scope);
/* `policy` is TEN_SECONDLY_ROLLING, SECONDLY or DAILY. */
void hubspot_answer_limited(struct hubspot *hubspot, struct server_call *call, const char *policy);
/* A page of HTML from the edge in front of HubSpot. */
void hubspot_answer_edge(struct server_call *call, int status, const char *words);

/* The documented envelope. `more` is further JSON members with a comma in front, or NULL. */
void hubspot_error(struct hubspot *hubspot, struct server_call *call, int status, const char *category,
	const char *more, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* A whole number between lowest and highest, `otherwise` when absent; false: answered with a 400. */
bool hubspot_parameter_number(struct hubspot *hubspot, struct server_call *call, const char *name, long lowest,
	long highest, long otherwise, long *number);
/* False: answered with a 400. */
bool hubspot_parameter_flag(struct hubspot *hubspot, struct server_call *call, const char *name, bool *flag);
/* The body as an object; NULL: answered with a 400 or 415. */
json_t *hubspot_body(struct hubspot *hubspot, struct server_call *call);
/* A JSON string, or a number or bool as HubSpot's parser turns it into one; false: neither. */
bool hubspot_json_text(json_t *value, char *space, size_t space_size, const char **text);
bool hubspot_parse_id(const char *text, uint64_t *id);
void hubspot_add_uuid(struct hubspot *hubspot, struct text_buffer *out);

#endif
