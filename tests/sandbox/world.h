/*
 * The customers that all the played vendors tell of: one world, seen through each vendor's own ids, stamps
 * and gaps. Everything generated is computed from (seed, index) when asked for; only what commands changed is
 * stored. So a million customers cost nothing until somebody reads them.
 *
 * Every record is (kind, index). Indices are sparse: ask world_present() before reading one that did not come
 * from a walk. Index order is id order in every vendor (SOQL Id bytewise, HubSpot id as a number, Gsid
 * bytewise), and generated records' stamps never decrease with the index; generated stamps all lie before
 * midnight UTC of the sandbox's first day, changes by commands carry the time of the change.
 * About eight neighbours share one stamp, as after a small bulk update.
 */
#ifndef SANDBOX_WORLD_H
#define SANDBOX_WORLD_H

#include "tests/sandbox/text_buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum world_vendor { WORLD_SALESFORCE, WORLD_HUBSPOT, WORLD_GAINSIGHT, WORLD_VENDORS };

enum world_kind {
	WORLD_STAFF,       /* SF User, HubSpot owner, Gainsight gsuser; in all three vendors, never deleted */
	WORLD_ACCOUNT,     /* SF Account (all), HubSpot company (~90 %), Gainsight Company (~85 %) */
	WORLD_CONTACT,     /* SF Contact, HubSpot contact, Gainsight Person and company_person: where its account
			  is */
	WORLD_CASE,        /* SF Case or HubSpot ticket: a case lives in one vendor; never in Gainsight */
	WORLD_OPPORTUNITY, /* SF Opportunity, and HubSpot deal where the account is in HubSpot; not in
			      Gainsight */
	WORLD_KINDS
};

#define WORLD_NONE UINT32_MAX  /* no such index */
#define WORLD_NO_DAY INT32_MIN /* no such date */
#define WORLD_TEXT_SPACE 768   /* room inside the read structures; longer texts (renames) are pointed at */

struct world;

struct world_staff {
	uint32_t index;
	char name[64]; /* UTF-8, not always ASCII */
	char first_name[32];
	char last_name[32];
	char email[96]; /* ...@vendor.example, unique */
	bool active;
	bool is_csm;      /* else a sales representative */
	uint32_t manager; /* staff index or WORLD_NONE */
	int64_t created_at;
	int64_t modified_at;
};

/* Times are milliseconds since 1970; days are days since 1970. Texts live as long as the structure they are
 * in. */
struct world_account {
	uint32_t index;
	bool deleted;         /* in the vendor asked for */
	int64_t deleted_at;   /* when deleted */
	uint32_t merged_into; /* account index of the survivor, or WORLD_NONE */
	int64_t created_at;
	int64_t modified_at;      /* in the vendor asked for */
	struct text_slice name;   /* may be renamed per vendor; may hold NUL bytes when a command asked for it */
	struct text_slice domain; /* NULL bytes: none; about 1 % share theirs with another account */
	const char *industry;     /* NULL: not filled */
	const char *region;       /* "EMEA", "AMER", "APAC" */
	const char *country;      /* ISO code, "DE" */
	uint32_t employees;
	int64_t annual_recurring_revenue; /* whole units; 0: not filled */
	uint32_t owner;                   /* staff index of the sales representative */
	uint32_t csm;                     /* staff index; WORLD_NONE for a few */
	int32_t renewal_day;              /* WORLD_NO_DAY for a few */
	bool has_health;                  /* false: not scored (null) */
	double health; /* 0 to 100, this vendor's copy: Overall_Score__gc, Health_Score__c, cs_health */
	char space[WORLD_TEXT_SPACE];
};

struct world_contact {
	uint32_t index;
	uint32_t account; /* account index; changes when accounts merge */
	bool deleted;
	int64_t deleted_at;
	int64_t created_at;
	int64_t modified_at;
	struct text_slice first_name; /* NULL bytes for a few */
	struct text_slice last_name;
	struct text_slice email; /* NULL bytes for a few; the same in all vendors */
	struct text_slice title; /* NULL bytes for some */
	struct text_slice phone;
	bool advocate; /* Reference_Advocate__c; kept in Salesforce, but true for every vendor's reader */
	bool opted_out;
	bool do_not_call;
	char space[WORLD_TEXT_SPACE];
};

struct world_case {
	uint32_t index;
	uint32_t account;
	uint32_t contact; /* contact index or WORLD_NONE */
	enum world_vendor home;
	uint32_t number;
	bool deleted;
	int64_t deleted_at;
	int64_t created_at;
	int64_t modified_at;
	struct text_slice subject;
	const char *priority; /* as commanded: "P1", "High", ... ; generated: Low, Medium, High */
	bool escalated;
	bool closed;
	int64_t closed_at; /* when closed */
	uint32_t owner;    /* staff index */
	char space[WORLD_TEXT_SPACE];
};

struct world_opportunity {
	uint32_t index;
	uint32_t account;
	bool deleted;
	int64_t deleted_at;
	int64_t created_at;
	int64_t modified_at;
	struct text_slice name;
	const char *stage; /* Prospecting, Proposal, Negotiation, Closed Won, Closed Lost */
	int probability;
	bool closed;
	bool won;
	bool renewal;   /* SF Type "Renewal", else "New Business" */
	int64_t amount; /* 0: not filled */
	int32_t close_day;
	uint32_t owner;
	char space[WORLD_TEXT_SPACE];
};

/* ---- making ---- */

struct world_options {
	uint32_t accounts;
	uint64_t seed;
	int64_t today; /* milliseconds of the midnight before which all generated stamps lie; 0: this day's */
};

struct world *world_create(const struct world_options *options);
void world_destroy(struct world *world);
uint32_t world_accounts(const struct world *world);
uint64_t world_seed(const struct world *world);
int64_t world_today(const struct world *world);
int64_t world_now(void); /* the sandbox's clock, real time in milliseconds */
/* Grows with every change; whoever caches something computed from the world compares it. */
uint64_t world_generation(const struct world *world);
/* A hash of (seed, stream, index) for a vendor's own invented attributes: choose your own `stream` above
 * 1000. */
uint64_t world_hash(const struct world *world, uint32_t stream, uint64_t index);

/* ---- reading: `vendor` says whose view ---- */

/* First index never used by the kind; walks by index end here. */
uint32_t world_limit(const struct world *world, enum world_kind kind);
/* The vendor has or had this record (a deleted one is still present). */
bool world_present(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index);
/* Deleted, and then gone from the bin too: the vendor shows it to nobody, but has its deletion in its log. */
bool world_purged(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index);
bool world_deleted(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index);
int64_t world_stamp(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index);

void world_staff_read(const struct world *world, uint32_t index, struct world_staff *out);
void world_account_read(
	const struct world *world, enum world_vendor vendor, uint32_t index, struct world_account *out);
enum world_cta { WORLD_CTA_GENERATED, WORLD_CTA_OPEN, WORLD_CTA_CLOSED };

/* Whether a command opened or closed the company's CTA. */
enum world_cta world_account_cta(const struct world *world, uint32_t account);
/* The health from before all commands, which an index that lags still shows. */
double world_account_first_health(const struct world *world, uint32_t index, bool *scored);
/* Only the sales representative's staff index: cheaper than reading the account. */
uint32_t world_account_owner(const struct world *world, uint32_t index);
void world_contact_read(
	const struct world *world, enum world_vendor vendor, uint32_t index, struct world_contact *out);
void world_case_read(const struct world *world, enum world_vendor vendor, uint32_t index, struct world_case *out);
void world_opportunity_read(
	const struct world *world, enum world_vendor vendor, uint32_t index, struct world_opportunity *out);

/*
 * The contacts, cases or opportunities of an account in a vendor, deleted ones too, created and re-parented
 * ones included. Start with *iterator = 0; false at the end.
 */
bool world_child_next(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t account,
	uint64_t *iterator, uint32_t *child);
/* The accounts that were merged into this one (HubSpot's hs_merged_object_ids); iterator as above. */
bool world_merged_next(const struct world *world, uint32_t account, uint64_t *iterator, uint32_t *loser);
/* The same for records of any kind. */
bool world_record_merged_next(
	const struct world *world, enum world_kind kind, uint32_t survivor, uint64_t *iterator, uint32_t *loser);
/* The survivor that a record was merged into; WORLD_NONE when it was not. */
uint32_t world_merged_into(const struct world *world, enum world_kind kind, uint32_t index);

/* ---- ids ---- */

/* 18 characters and a NUL: the object's prefix (001, 003, 005, 500, 006), 5g, a counter, the check suffix. */
void world_salesforce_id(enum world_kind kind, uint32_t index, char out[19]);
/* Takes 15 or 18 characters; false for a wrong check suffix, an unknown prefix, or an index never used. */
bool world_salesforce_find(
	const struct world *world, const char *id, size_t length, enum world_kind *kind, uint32_t *index);

uint64_t world_hubspot_id(enum world_kind kind, uint32_t index);
bool world_hubspot_find(
	const struct world *world, enum world_kind kind, const char *id, size_t length, uint32_t *index);

enum world_gsid {
	WORLD_GSID_COMPANY,        /* 1P02 */
	WORLD_GSID_USER,           /* 1P01 */
	WORLD_GSID_PERSON,         /* 1P04; index = contact index (one person per contact) */
	WORLD_GSID_COMPANY_PERSON, /* 1P05; index = contact index */
	WORLD_GSID_PICKLIST,       /* 1I00; index is the vendor's own */
	WORLD_GSID_OTHER,          /* 1S01; index is the vendor's own */
	WORLD_GSID_SCORE,          /* 1SP0; index = account index */
	WORLD_GSID_MEASURE,        /* 1SM0; likewise the vendor\'s own, as below */
	WORLD_GSID_SCHEME          /* 1SD0 */
};
void world_gainsight_id(const struct world *world, enum world_gsid type, uint32_t index, char out[37]);
bool world_gainsight_find(
	const struct world *world, enum world_gsid type, const char *id, size_t length, uint32_t *index);
/* Company.SfdcAccountId as this tenant holds it: 15 characters, 18, or (some) empty "". */
void world_gainsight_sfdc_id(const struct world *world, uint32_t account, char out[19]);

/* ---- walking ---- */

enum world_order {
	WORLD_BY_STAMP, /* by (stamp in that vendor, index) */
	WORLD_BY_INDEX  /* by id */
};

enum world_walk_filter {
	WORLD_LIVE_ONLY,
	WORLD_DELETED_ONLY,
	WORLD_LIVE_AND_DELETED,
	WORLD_DELETED_OR_PURGED, /* what a log of deletions holds; for walking only */
	WORLD_WALK_FILTERS
};

/* Lives on the stack, needs no end. Changing the world while it walks is allowed (rows may then come twice or
 * not at all, as with a real vendor). */
struct world_walk {
	const struct world *world;
	enum world_vendor vendor;
	enum world_kind kind;
	enum world_order order;
	enum world_walk_filter filter;
	int64_t stamp; /* where it stands */
	uint32_t index;
	uint32_t base_next;
	size_t single_next;
	size_t wave_first;
	int64_t lower_stamp;
	uint32_t lower_index;
};

/*
 * Starts at the first record with (stamp, index) >= (from_stamp, from_index) for WORLD_BY_STAMP, or with
 * index >= from_index for WORLD_BY_INDEX (from_stamp is then ignored). Costs a binary search, not a scan, so
 * it may be done for each page.
 */
void world_walk_start(struct world_walk *walk, const struct world *world, enum world_vendor vendor,
	enum world_kind kind, enum world_order order, enum world_walk_filter filter, int64_t from_stamp,
	uint32_t from_index);
/* The next record; its index, and its stamp in that vendor. The caller stops at his own upper bound. */
bool world_walk_next(struct world_walk *walk, uint32_t *index, int64_t *stamp);

/* How many records have from <= stamp < to. Cheap enough to ask for on each page. */
uint64_t world_count(const struct world *world, enum world_vendor vendor, enum world_kind kind,
	enum world_walk_filter filter, int64_t from, int64_t to);

/* ---- changing: each moves the stamps of the record it changes, in the vendors it changes, to now ---- */

#define WORLD_IN(vendor) (1u << (vendor))
#define WORLD_EVERYWHERE 7u /* all the vendors that have the record */

void world_account_set_health(struct world *world, uint32_t account, unsigned vendors, bool scored, double health);
void world_account_rename(struct world *world, uint32_t account, unsigned vendors, struct text_slice name);
void world_account_set_domain(struct world *world, uint32_t account, struct text_slice domain);
void world_record_delete(struct world *world, enum world_kind kind, uint32_t index, unsigned vendors);
void world_record_undelete(struct world *world, enum world_kind kind, uint32_t index, unsigned vendors);
/* Empties the bin of a deleted record, and of the children that were deleted with it; nothing happens to a live
 * one. Moves no stamp: nobody is left to carry it. */
void world_record_purge(struct world *world, enum world_kind kind, uint32_t index, unsigned vendors);
/* The loser goes in Salesforce and HubSpot, its contacts, cases and opportunities move to the survivor. */
void world_account_merge(struct world *world, uint32_t survivor, uint32_t loser, bool restamp_children);
/* The company's risk CTA in Gainsight: opened when it has none. */
void world_account_set_cta(struct world *world, uint32_t account, bool open);
/* A merge of any kind in HubSpot, where the loser's id disappears; of accounts it is world_account_merge(). */
void world_record_merge(struct world *world, enum world_kind kind, uint32_t survivor, uint32_t loser);
void world_contact_set_advocate(struct world *world, uint32_t contact, bool advocate);
void world_contact_set_email(struct world *world, uint32_t contact, unsigned vendors, struct text_slice email);
uint32_t world_case_open(struct world *world, uint32_t account, enum world_vendor home, const char *priority,
	bool escalated, struct text_slice subject);
void world_case_change(struct world *world, uint32_t index, bool closed, bool escalated);
uint32_t world_opportunity_open(struct world *world, uint32_t account, struct text_slice name, int64_t amount);
bool world_opportunity_set_stage(struct world *world, uint32_t index, const char *stage);
/* Gives [from, to) of a kind one stamp, now, without changing anything else. */
void world_touch(struct world *world, unsigned vendors, enum world_kind kind, uint32_t from, uint32_t to);

/* A vendor's API writes a field (NULL bytes: clears it); only that vendor's stamp moves, whether or not it changed. */
void world_field_write(struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index,
	const char *field, struct text_slice text);
/* False when no call ever wrote it. *out is NULL bytes for a cleared one. */
bool world_field_written(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index,
	const char *field, struct text_slice *out);
/* All that was written, in the order of first writes; false at the end. */
bool world_written_next(const struct world *world, size_t *iterator, enum world_vendor *vendor,
	enum world_kind *kind, uint32_t *index, const char **field, struct text_slice *text, unsigned *times);

/* The time that changes carry from now on; 0: the real time. A transaction that commits late uses it. */
void world_set_change_time(struct world *world, int64_t milliseconds);
/* The vendors in which changes move no stamp from now on, as when a formula gives another value; 0: none. */
void world_set_unstamped(struct world *world, unsigned vendors);
/* Stamps from here on may still appear (a transaction is under way); world_now() when there is none. */
int64_t world_settled_until(const struct world *world);
void world_transaction_begin(struct world *world, int64_t stamp);
void world_transaction_end(struct world *world, int64_t stamp);

/* END OF INTERFACE */
#endif
