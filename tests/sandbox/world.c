#include "tests/sandbox/world_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)

const char *const world_stages[5] = { "Prospecting", "Proposal", "Negotiation", "Closed Won", "Closed Lost" };

void *world_allocate(void *old, size_t count, size_t size)
{
	void *memory = reallocarray(old, count ? count : 1, size);

	if (!memory) {
		fputs("sandbox: out of memory\n", stderr);
		abort();
	}
	return memory;
}

int64_t world_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct world *world_create(const struct world_options *options)
{
	struct world *world = world_allocate(NULL, 1, sizeof(*world));
	int64_t today = options->today ? options->today : world_now();

	*world = (struct world){
		.seed = options->seed,
		.accounts = options->accounts,
		.staff = options->accounts / 40 < 4 ? 4 : options->accounts / 40,
		.today = today - today % DAY_MS,
		.generation = 1,
	};
	world->generated[WORLD_STAFF] = world->staff;
	world->generated[WORLD_ACCOUNT] = world->accounts;
	world->generated[WORLD_CONTACT] = world->accounts * CONTACT_SLOTS;
	world->generated[WORLD_CASE] = world->accounts * CASE_SLOTS;
	world->generated[WORLD_OPPORTUNITY] = world->accounts * OPPORTUNITY_SLOTS;
	memcpy(world->limit, world->generated, sizeof(world->limit));
	return world;
}

static struct owned_text *change_texts(const struct change *change, enum world_kind kind, size_t *count)
{
	switch (kind) {
	case WORLD_ACCOUNT:
		*count = WORLD_VENDORS + 1;
		return change->as.account_data.texts;
	case WORLD_CONTACT:
		*count = WORLD_VENDORS;
		return change->as.contact_data.texts;
	case WORLD_CASE:
		*count = 1;
		return change->as.case_data.texts;
	case WORLD_OPPORTUNITY:
		*count = 1;
		return change->as.opportunity_data.texts;
	case WORLD_STAFF:
	case WORLD_KINDS:
		break;
	}
	*count = 0;
	return NULL;
}

static void change_free(struct change *change, enum world_kind kind)
{
	size_t count;
	struct owned_text *texts = change_texts(change, kind, &count);

	for (size_t at = 0; texts && at < count; at++)
		free(texts[at].bytes);
	free(texts);
	free(change);
}

static void pages_free(struct world *world, enum world_kind kind)
{
	for (size_t page = 0; page < world->page_count[kind]; page++) {
		struct change **records = world->pages[kind][page];

		for (size_t at = 0; records && at < PAGE_RECORDS; at++)
			if (records[at])
				change_free(records[at], kind);
		free(records);
	}
	free(world->pages[kind]);
}

void world_destroy(struct world *world)
{
	if (!world)
		return;
	for (int kind = 0; kind < WORLD_KINDS; kind++) {
		pages_free(world, (enum world_kind)kind);
		for (int vendor = 0; vendor < WORLD_VENDORS; vendor++) {
			free(world->timelines[vendor][kind].singles);
			free(world->timelines[vendor][kind].waves);
			free(world->timelines[vendor][kind].block_counts);
		}
	}
	free(world->transactions);
	for (size_t at = 0; at < world->written_count; at++)
		free(world->written[at].text.bytes);
	free(world->written);
	free(world->merges);
	free(world);
}

uint32_t world_accounts(const struct world *world)
{
	return world->accounts;
}

uint64_t world_seed(const struct world *world)
{
	return world->seed;
}

int64_t world_today(const struct world *world)
{
	return world->today;
}

uint64_t world_generation(const struct world *world)
{
	return world->generation;
}

uint32_t world_limit(const struct world *world, enum world_kind kind)
{
	return world->limit[kind];
}

/* splitmix64, twice: neighbours must look unrelated. */
uint64_t world_hash(const struct world *world, uint32_t stream, uint64_t index)
{
	uint64_t hash = world->seed * 0x9e3779b97f4a7c15u + ((uint64_t)stream << 40) + index + 0x632be59bd9b4e019u;

	for (int round = 0; round < 2; round++) {
		hash += 0x9e3779b97f4a7c15u;
		hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
		hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
		hash ^= hash >> 31;
	}
	return hash;
}

const struct change *world_change_find(const struct world *world, enum world_kind kind, uint32_t index)
{
	size_t page = index / PAGE_RECORDS;

	if (page >= world->page_count[kind] || !world->pages[kind][page])
		return NULL;
	return world->pages[kind][page][index % PAGE_RECORDS];
}

struct change *world_change_make(struct world *world, enum world_kind kind, uint32_t index)
{
	size_t page = index / PAGE_RECORDS;

	if (page >= world->page_count[kind]) {
		size_t count = page + 1 + page / 4;

		world->pages[kind] = world_allocate(world->pages[kind], count, sizeof(*world->pages[kind]));
		memset(world->pages[kind] + world->page_count[kind], 0,
			(count - world->page_count[kind]) * sizeof(*world->pages[kind]));
		world->page_count[kind] = count;
	}
	if (!world->pages[kind][page]) {
		world->pages[kind][page] = world_allocate(NULL, PAGE_RECORDS, sizeof(struct change *));
		memset(world->pages[kind][page], 0, PAGE_RECORDS * sizeof(struct change *));
	}
	struct change **change = &world->pages[kind][page][index % PAGE_RECORDS];

	if (*change)
		return *change;
	*change = world_allocate(NULL, 1, sizeof(**change));
	memset(*change, 0, sizeof(**change));
	(*change)->next_child = WORLD_NONE;
	(*change)->account = WORLD_NONE;
	if (kind == WORLD_ACCOUNT) {
		(*change)->as.account_data.merged_into = WORLD_NONE;
		(*change)->as.account_data.first_child = WORLD_NONE;
		(*change)->as.account_data.first_merged = WORLD_NONE;
		(*change)->as.account_data.next_merged = WORLD_NONE;
	}
	return *change;
}

int64_t world_base_stamp(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	/* Accounts are re-scored about weekly, the rest lies still for longer. */
	int64_t span = kind == WORLD_ACCOUNT ? 6 * DAY_MS : 300 * DAY_MS;
	uint32_t neighbours = kind == WORLD_STAFF ? 2 : NEIGHBOURS_PER_STAMP;
	uint32_t groups = world->generated[kind] / neighbours + 1;
	int64_t stamp = world->today - span - ((int64_t)vendor + 1) * 600000 +
			span / groups * (int64_t)(index / neighbours);

	return vendor == WORLD_SALESFORCE ? stamp - stamp % 1000 : stamp;
}

uint32_t world_generated_parent(enum world_kind kind, uint32_t index)
{
	switch (kind) {
	case WORLD_CONTACT:
		return index / CONTACT_SLOTS;
	case WORLD_CASE:
		return index / CASE_SLOTS;
	case WORLD_OPPORTUNITY:
		return index / OPPORTUNITY_SLOTS;
	case WORLD_ACCOUNT:
	case WORLD_STAFF:
	case WORLD_KINDS:
		break;
	}
	return index;
}

uint32_t world_parent(const struct world *world, enum world_kind kind, uint32_t index)
{
	const struct change *change = world_change_find(world, kind, index);

	if (change && change->account != WORLD_NONE)
		return change->account;
	return world_generated_parent(kind, index);
}

static bool account_generated_present(const struct world *world, enum world_vendor vendor, uint32_t index)
{
	if (vendor == WORLD_SALESFORCE)
		return true;
	uint64_t hash = world_hash(world, STREAM_PRESENCE, index);

	return vendor == WORLD_HUBSPOT ? hash % 100 < 90 : (hash >> 32) % 100 < 85;
}

static bool slot_used(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	uint32_t account = world_generated_parent(kind, index);

	if (kind == WORLD_CONTACT) {
		/* 2 to 4, most often 2 */
		static const uint8_t counts[4] = { 2, 2, 3, 4 };

		return index % CONTACT_SLOTS < counts[world_hash(world, STREAM_CONTACT_COUNT, account) % 4];
	}
	if (kind == WORLD_OPPORTUNITY)
		return vendor != WORLD_GAINSIGHT &&
		       (index % OPPORTUNITY_SLOTS == 0 || world_hash(world, STREAM_OPPORTUNITY, index) % 100 < 40);
	/* The first slot is Salesforce's, the second one HubSpot's. */
	uint32_t slot = index % CASE_SLOTS;

	return (slot == 0 ? vendor == WORLD_SALESFORCE : vendor == WORLD_HUBSPOT) &&
	       world_hash(world, STREAM_CASE, index) % 100 < (slot == 0 ? 20u : 10u);
}

bool world_generated_present(
	const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	if (index >= world->generated[kind])
		return false;
	if (kind == WORLD_STAFF)
		return true;
	if (kind == WORLD_ACCOUNT)
		return account_generated_present(world, vendor, index);
	return slot_used(world, vendor, kind, index) &&
	       account_generated_present(world, vendor, world_generated_parent(kind, index));
}

static bool record_existed(
	const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	if (index < world->generated[kind])
		return world_generated_present(world, vendor, kind, index);
	if (index >= world->limit[kind])
		return false;
	const struct change *change = world_change_find(world, kind, index);

	if (!change)
		return false;
	if (kind == WORLD_CASE)
		return change->as.case_data.home == vendor;
	return kind == WORLD_OPPORTUNITY && vendor != WORLD_GAINSIGHT &&
	       account_generated_present(world, vendor, change->account);
}

bool world_purged(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	const struct change *change = world_change_find(world, kind, index);

	return change && (change->purged & WORLD_IN(vendor));
}

bool world_present(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	return !world_purged(world, vendor, kind, index) && record_existed(world, vendor, kind, index);
}

bool world_deleted(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	const struct change *change = world_change_find(world, kind, index);

	return change && (change->deleted & WORLD_IN(vendor));
}

int64_t world_stamp(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	const struct change *change = world_change_find(world, kind, index);
	const struct timeline *timeline = &world->timelines[vendor][kind];
	int64_t stamp = change ? change->stamp[vendor] : 0;

	for (size_t at = timeline->wave_count; at-- > 0 && timeline->waves[at].stamp > stamp;)
		if (index >= timeline->waves[at].from && index < timeline->waves[at].to &&
			!(change && (change->deleted & WORLD_IN(vendor))))
			return timeline->waves[at].stamp;
	return stamp ? stamp : world_base_stamp(world, vendor, kind, index);
}

int64_t world_settled_until(const struct world *world)
{
	int64_t settled = world_now();

	for (size_t at = 0; at < world->transaction_count; at++)
		if (world->transactions[at] < settled)
			settled = world->transactions[at];
	return settled;
}

void world_transaction_begin(struct world *world, int64_t stamp)
{
	world->transactions =
		world_allocate(world->transactions, world->transaction_count + 1, sizeof(*world->transactions));
	world->transactions[world->transaction_count++] = stamp;
}

void world_transaction_end(struct world *world, int64_t stamp)
{
	for (size_t at = 0; at < world->transaction_count; at++) {
		if (world->transactions[at] != stamp)
			continue;
		world->transactions[at] = world->transactions[--world->transaction_count];
		return;
	}
}

void world_set_unstamped(struct world *world, unsigned vendors)
{
	world->unstamped = vendors;
}

void world_set_change_time(struct world *world, int64_t milliseconds)
{
	world->change_time = milliseconds;
}
