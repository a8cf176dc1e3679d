/* What the world's own files share; vendors include world.h only. */
#ifndef SANDBOX_WORLD_INTERNAL_H
#define SANDBOX_WORLD_INTERNAL_H

#include "tests/sandbox/world.h"

#define CONTACT_SLOTS 4u
#define CASE_SLOTS 2u
#define OPPORTUNITY_SLOTS 2u
#define PAGE_RECORDS 1024u
#define NEIGHBOURS_PER_STAMP 8u
#define COUNT_BLOCK 1024u

/* Streams of world_hash(): one for each attribute, so that no two attributes go hand in hand. */
enum world_stream {
	STREAM_STAFF,
	STREAM_NAME,
	STREAM_DOMAIN,
	STREAM_PLACE,
	STREAM_SIZE,
	STREAM_PEOPLE,
	STREAM_RENEWAL,
	STREAM_HEALTH,
	STREAM_ADVOCATE,
	STREAM_CREATED,
	STREAM_PRESENCE,
	STREAM_CONTACT_COUNT,
	STREAM_CONTACT,
	STREAM_CONTACT_FLAGS,
	STREAM_CASE,
	STREAM_OPPORTUNITY,
	STREAM_GSID,
	STREAM_SFDC_ID
};

struct owned_text {
	char *bytes;
	size_t length;
};

/* What commands did to one record. A zero stamp: not changed in that vendor. */
struct change {
	int64_t stamp[WORLD_VENDORS];
	uint32_t next_child; /* in the parent's list of children that are not generated ones */
	uint32_t account;    /* current parent, WORLD_NONE: the generated one */
	uint8_t next_child_kind;
	uint8_t deleted; /* a bit for each vendor */
	uint8_t purged;  /* likewise: gone for good, and deleted before */
	union {
		struct {
			float health[WORLD_VENDORS];
			uint8_t health_set;
			uint8_t health_null;
			uint8_t cta; /* enum world_cta */
			uint32_t merged_into;
			uint32_t first_child;
			uint8_t first_child_kind;
			uint32_t first_merged;
			uint32_t next_merged;
			struct owned_text *texts; /* name for each vendor, then the domain; NULL: none changed */
		} account_data;
		struct {
			uint8_t advocate;         /* 0: as generated, 1: false, 2: true */
			struct owned_text *texts; /* email for each vendor */
		} contact_data;
		struct {
			bool created; /* by a command: then all of this counts, else only closed and escalated
				       */
			bool touched;
			bool closed;
			bool escalated;
			uint8_t home;
			char priority[15];
			int64_t created_at;
			int64_t closed_at;
			struct owned_text *texts; /* subject */
		} case_data;
		struct {
			bool created;
			uint8_t stage; /* 0: as generated, else 1 + index of the stage */
			int64_t created_at;
			int64_t amount;
			int64_t closed_at;
			struct owned_text *texts; /* name */
		} opportunity_data;
	} as;
};

struct single {
	int64_t stamp;
	uint32_t index;
};

/* A mass update: records [from, to) were all stamped at once. */
struct wave {
	int64_t stamp;
	uint32_t from;
	uint32_t to;
};

/* HubSpot's merge of two records that are no accounts. */
struct merge {
	enum world_kind kind;
	uint32_t survivor;
	uint32_t loser;
};

/* What a call wrote into a vendor's field; it hides what the field was computed from. */
struct written {
	enum world_vendor vendor;
	enum world_kind kind;
	uint32_t index;
	char field[64];
	struct owned_text text; /* NULL bytes: cleared */
	unsigned times;         /* how often it was written */
};

/* The order of changes of one kind in one vendor; entries whose record has moved on are stale and skipped. */
struct timeline {
	struct single *singles;
	size_t single_count;
	size_t single_capacity;
	struct wave *waves;
	size_t wave_count;
	size_t wave_capacity;
	uint32_t *block_counts; /* how many generated records lie before each block; NULL: not counted yet */
};

struct world {
	uint64_t seed;
	uint32_t accounts;
	uint32_t staff;
	int64_t today;
	int64_t change_time;
	unsigned unstamped; /* vendors in which a change moves no stamp at the moment */
	uint64_t generation;
	uint32_t generated[WORLD_KINDS]; /* generated records have smaller indices than this */
	uint32_t limit[WORLD_KINDS];
	struct change ***pages[WORLD_KINDS];
	size_t page_count[WORLD_KINDS];
	struct timeline timelines[WORLD_VENDORS][WORLD_KINDS];
	struct merge *merges;
	size_t merge_count;
	size_t merge_capacity;
	int64_t *transactions;
	size_t transaction_count;
	struct written *written;
	size_t written_count;
	size_t written_capacity;
};

extern const char *const world_stages[5];

void *world_allocate(void *old, size_t count, size_t size);
const struct change *world_change_find(const struct world *world, enum world_kind kind, uint32_t index);
struct change *world_change_make(struct world *world, enum world_kind kind, uint32_t index);
int64_t world_base_stamp(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index);
uint32_t world_parent(const struct world *world, enum world_kind kind, uint32_t index);
uint32_t world_generated_parent(enum world_kind kind, uint32_t index);
/* A generated record that exists, whatever happened to it since. */
bool world_generated_present(
	const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index);

/* The three check characters, and a NUL, for the fifteen of an id. */
void world_salesforce_suffix(const char *id, char *out);

/* The texts: written into `space` at *used, which moves on. */
struct text_slice world_text_account_name(const struct world *world, uint32_t index, char *space, size_t *used);
struct text_slice world_text_domain(const struct world *world, uint32_t index, char *space, size_t *used);
void world_text_staff(const struct world *world, uint32_t index, struct world_staff *out);
void world_text_contact(
	const struct world *world, uint32_t index, uint32_t domain_account, struct world_contact *out);
struct text_slice world_text_case_subject(uint64_t hash, char *space, size_t *used);
struct text_slice world_text_opportunity_name(
	const struct world *world, uint32_t index, uint32_t account, char *space, size_t *used);
void world_text_place(const struct world *world, uint32_t index, struct world_account *out);

#endif
