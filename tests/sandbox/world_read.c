#include "tests/sandbox/world_internal.h"

#define DAY_MS INT64_C(86400000)

static struct text_slice slice_of(const struct owned_text *text)
{
	return (struct text_slice){ .bytes = text->bytes, .length = text->length };
}

void world_staff_read(const struct world *world, uint32_t index, struct world_staff *out)
{
	uint64_t hash = world_hash(world, STREAM_STAFF, index);

	*out = (struct world_staff){ .index = index };
	world_text_staff(world, index, out);
	/* Even indices sell, odd ones care; the first of each manages the others. */
	out->is_csm = index % 2 == 1;
	out->active = index < 4 || hash % 100 >= 6;
	out->manager = index < 2 ? WORLD_NONE : index % 2;
	out->modified_at = world_stamp(world, WORLD_SALESFORCE, WORLD_STAFF, index);
	out->created_at = out->modified_at - (int64_t)(100 + hash % 900) * DAY_MS;
}

/* A notch above the middle for those who advocate, a long tail below for the others. */
static double generated_health(const struct world *world, uint32_t index, bool *scored)
{
	uint64_t hash = world_hash(world, STREAM_HEALTH, index);
	bool advocates = world_hash(world, STREAM_ADVOCATE, index) % 100 < 35;
	unsigned chance = (unsigned)(hash % 100);
	unsigned spread = (unsigned)((hash >> 32) % 1000);

	*scored = chance >= (advocates ? 1u : 4u);
	if (advocates)
		return chance < 92 ? 76.0 + spread / 50 : 61.0 + spread / 67;
	if (chance < 60)
		return 70.0 + spread / 40;
	if (chance < 88)
		return 50.0 + spread / 50;
	return 12.0 + spread / 26;
}

enum world_cta world_account_cta(const struct world *world, uint32_t account)
{
	const struct change *change = world_change_find(world, WORLD_ACCOUNT, account);

	return change ? (enum world_cta)change->as.account_data.cta : WORLD_CTA_GENERATED;
}

double world_account_first_health(const struct world *world, uint32_t index, bool *scored)
{
	return generated_health(world, index, scored);
}

static double account_health(const struct world *world, enum world_vendor vendor, uint32_t index,
	const struct change *change, bool *scored)
{
	if (change && (change->as.account_data.health_set & WORLD_IN(vendor))) {
		*scored = !(change->as.account_data.health_null & WORLD_IN(vendor));
		return (double)change->as.account_data.health[vendor];
	}
	return generated_health(world, index, scored);
}

uint32_t world_account_owner(const struct world *world, uint32_t index)
{
	uint32_t representatives = (world->staff + 1) / 2;

	return (uint32_t)(world_hash(world, STREAM_PEOPLE, index) % representatives) * 2;
}

static void account_read_people(const struct world *world, uint32_t index, struct world_account *out)
{
	uint64_t hash = world_hash(world, STREAM_PEOPLE, index);
	uint32_t csms = world->staff / 2;

	out->owner = world_account_owner(world, index);
	out->csm = (hash >> 32) % 100 < 3 ? WORLD_NONE : (uint32_t)((hash >> 40) % csms) * 2 + 1;
}

void world_account_read(
	const struct world *world, enum world_vendor vendor, uint32_t index, struct world_account *out)
{
	const struct change *change = world_change_find(world, WORLD_ACCOUNT, index);
	const struct owned_text *texts = change ? change->as.account_data.texts : NULL;
	uint64_t size = world_hash(world, STREAM_SIZE, index);
	uint64_t renewal = world_hash(world, STREAM_RENEWAL, index);
	uint64_t created = world_hash(world, STREAM_CREATED, index);
	size_t used = 0;

	out->index = index;
	out->modified_at = world_stamp(world, vendor, WORLD_ACCOUNT, index);
	out->deleted = change && (change->deleted & WORLD_IN(vendor));
	out->deleted_at = out->deleted ? out->modified_at : 0;
	out->merged_into = change ? change->as.account_data.merged_into : WORLD_NONE;
	/* Nine in ten are customers for more than half a year. */
	out->created_at = world->today - 7 * DAY_MS -
			  (int64_t)(created % 10 ? 200 + (created >> 8) % 2400 : (created >> 8) % 170) * DAY_MS -
			  (int64_t)(created >> 40) % 86400 * 1000;
	out->name = texts && texts[vendor].bytes ? slice_of(&texts[vendor])
						 : world_text_account_name(world, index, out->space, &used);
	out->domain = texts && texts[WORLD_VENDORS].bytes ? slice_of(&texts[WORLD_VENDORS])
							  : world_text_domain(world, index, out->space, &used);
	world_text_place(world, index, out);
	out->employees = (uint32_t)(20 + (size % 1000) * (size % 1000) / 40 + (size >> 32) % 97);
	out->annual_recurring_revenue = size % 33 == 0 ? 0 : (int64_t)(6 + size % 60 * (size % 60) / 3) * 1000;
	if (size % 211 == 1)
		out->annual_recurring_revenue = 10000000;
	account_read_people(world, index, out);
	out->renewal_day = renewal % 100 < 3
				   ? WORLD_NO_DAY
				   : (int32_t)(world->today / DAY_MS) + (int32_t)((renewal >> 8) % 365) - 5;
	out->health = account_health(world, vendor, index, change, &out->has_health);
}

void world_contact_read(
	const struct world *world, enum world_vendor vendor, uint32_t index, struct world_contact *out)
{
	const struct change *change = world_change_find(world, WORLD_CONTACT, index);
	uint64_t flags = world_hash(world, STREAM_CONTACT_FLAGS, index);
	uint32_t home = world_generated_parent(WORLD_CONTACT, index);
	uint32_t slot = index % CONTACT_SLOTS;

	out->index = index;
	out->account = world_parent(world, WORLD_CONTACT, index);
	out->modified_at = world_stamp(world, vendor, WORLD_CONTACT, index);
	out->deleted = change && (change->deleted & WORLD_IN(vendor));
	out->deleted_at = out->deleted ? out->modified_at : 0;
	out->created_at = world->today - 302 * DAY_MS - (int64_t)(flags % 1500) * DAY_MS;
	world_text_contact(world, index, home, out);
	if (change && change->as.contact_data.texts && change->as.contact_data.texts[vendor].bytes)
		out->email = slice_of(&change->as.contact_data.texts[vendor]);
	out->advocate = world_hash(world, STREAM_ADVOCATE, home) % 100 < 35 &&
			(slot == 0 || (slot == 1 && (flags >> 20) % 4 == 0));
	if (change && change->as.contact_data.advocate)
		out->advocate = change->as.contact_data.advocate == 2;
	out->opted_out = !out->advocate && (flags >> 32) % 100 < 8;
	out->do_not_call = !out->advocate && (flags >> 40) % 100 < 5;
}

static void case_read_generated(const struct world *world, struct world_case *out, size_t *used)
{
	uint64_t hash = world_hash(world, STREAM_CASE, out->index) >> 16;

	out->home = out->index % CASE_SLOTS == 0 ? WORLD_SALESFORCE : WORLD_HUBSPOT;
	out->priority = hash % 20 == 0 ? "High" : hash % 3 == 0 ? "Low" : "Medium";
	out->closed = hash % 4 != 0;
	out->closed_at = world_base_stamp(world, out->home, WORLD_CASE, out->index);
	out->created_at = out->closed_at - (int64_t)(3600 + (hash >> 8) % 1000000) * 1000;
	out->contact = world_generated_parent(WORLD_CASE, out->index) * CONTACT_SLOTS + (uint32_t)(hash % 2);
	out->subject = world_text_case_subject(hash >> 12, out->space, used);
}

void world_case_read(const struct world *world, enum world_vendor vendor, uint32_t index, struct world_case *out)
{
	const struct change *change = world_change_find(world, WORLD_CASE, index);
	size_t used = 0;

	out->index = index;
	out->account = world_parent(world, WORLD_CASE, index);
	out->number = 1000 + index;
	out->contact = WORLD_NONE;
	out->escalated = false;
	out->closed = false;
	out->closed_at = 0;
	out->modified_at = world_stamp(world, vendor, WORLD_CASE, index);
	out->deleted = change && (change->deleted & WORLD_IN(vendor));
	out->deleted_at = out->deleted ? out->modified_at : 0;
	out->owner = (uint32_t)(world_hash(world, STREAM_PEOPLE, index) % world->staff);
	if (index < world->generated[WORLD_CASE]) {
		case_read_generated(world, out, &used);
	} else if (change) {
		out->home = (enum world_vendor)change->as.case_data.home;
		out->priority = change->as.case_data.priority;
		out->created_at = change->as.case_data.created_at;
		out->subject = slice_of(&change->as.case_data.texts[0]);
	}
	if (change && (change->as.case_data.created || change->as.case_data.touched)) {
		out->closed = change->as.case_data.closed;
		out->escalated = change->as.case_data.escalated;
		if (change->as.case_data.closed_at)
			out->closed_at = change->as.case_data.closed_at;
	}
	if (!out->closed)
		out->closed_at = 0;
}

static unsigned opportunity_generated_stage(uint64_t hash)
{
	unsigned chance = (unsigned)((hash >> 8) % 100);

	return chance < 45 ? 3 : chance < 65 ? 4 : chance < 78 ? 0 : chance < 90 ? 1 : 2;
}

void world_opportunity_read(
	const struct world *world, enum world_vendor vendor, uint32_t index, struct world_opportunity *out)
{
	static const int probabilities[5] = { 10, 50, 75, 100, 0 };
	const struct change *change = world_change_find(world, WORLD_OPPORTUNITY, index);
	uint64_t hash = world_hash(world, STREAM_OPPORTUNITY, index);
	unsigned stage = opportunity_generated_stage(hash);
	bool created = change && change->as.opportunity_data.created;
	int64_t base = created ? change->as.opportunity_data.created_at
			       : world_base_stamp(world, vendor, WORLD_OPPORTUNITY, index);
	size_t used = 0;

	if (change && change->as.opportunity_data.stage)
		stage = change->as.opportunity_data.stage - 1u;
	out->index = index;
	out->account = world_parent(world, WORLD_OPPORTUNITY, index);
	out->modified_at = world_stamp(world, vendor, WORLD_OPPORTUNITY, index);
	out->deleted = change && (change->deleted & WORLD_IN(vendor));
	out->deleted_at = out->deleted ? out->modified_at : 0;
	out->stage = world_stages[stage];
	out->probability = probabilities[stage];
	out->closed = stage >= 3;
	out->won = stage == 3;
	out->renewal = !created && index % OPPORTUNITY_SLOTS == 0 && hash % 3 == 0;
	out->amount = created ? change->as.opportunity_data.amount
			      : (hash % 29 == 0 ? 0 : (int64_t)(5 + (hash >> 16) % 240) * 500);
	out->created_at = created ? base : base - (int64_t)(10 + (hash >> 24) % 200) * DAY_MS;
	out->close_day = (int32_t)((base / DAY_MS) + (out->closed ? 0 : 20 + (int64_t)(hash >> 32) % 120));
	if (!out->closed && !created)
		out->close_day = (int32_t)(world->today / DAY_MS) + 5 + (int32_t)((hash >> 32) % 150);
	if (change && out->closed && change->as.opportunity_data.closed_at)
		out->close_day = (int32_t)(change->as.opportunity_data.closed_at / DAY_MS);
	out->owner = world_account_owner(world, out->account);
	out->name = created ? slice_of(&change->as.opportunity_data.texts[0])
			    : world_text_opportunity_name(world, index,
				      world_generated_parent(WORLD_OPPORTUNITY, index), out->space, &used);
}

/* The iterator counts the generated slots first, then remembers the last of the linked children. */
bool world_child_next(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t account,
	uint64_t *iterator, uint32_t *child)
{
	uint32_t slots = kind == WORLD_CONTACT ? CONTACT_SLOTS
			 : kind == WORLD_CASE  ? CASE_SLOTS
					       : OPPORTUNITY_SLOTS;
	const struct change *parent = world_change_find(world, WORLD_ACCOUNT, account);

	for (; *iterator < slots; ++*iterator) {
		uint32_t index = account * slots + (uint32_t)*iterator;

		if (world_parent(world, kind, index) != account || !world_present(world, vendor, kind, index))
			continue;
		/* A child that was taken away and came back is on the list below. */
		const struct change *change = world_change_find(world, kind, index);

		if (change && change->account != WORLD_NONE)
			continue;
		*child = index;
		++*iterator;
		return true;
	}
	if (!parent || *iterator == UINT64_MAX)
		return false;
	uint32_t at = parent->as.account_data.first_child;
	enum world_kind at_kind = (enum world_kind)parent->as.account_data.first_child_kind;

	if (*iterator > slots) {
		const struct change *last = world_change_find(world, kind, (uint32_t)(*iterator - slots - 1));

		at = last ? last->next_child : WORLD_NONE;
		at_kind = last ? (enum world_kind)last->next_child_kind : kind;
	}
	while (at != WORLD_NONE) {
		const struct change *change = world_change_find(world, at_kind, at);

		if (at_kind == kind && world_present(world, vendor, kind, at)) {
			*child = at;
			*iterator = (uint64_t)slots + 1 + at;
			return true;
		}
		at_kind = change ? (enum world_kind)change->next_child_kind : kind;
		at = change ? change->next_child : WORLD_NONE;
	}
	*iterator = UINT64_MAX;
	return false;
}

bool world_merged_next(const struct world *world, uint32_t account, uint64_t *iterator, uint32_t *loser)
{
	const struct change *change;
	uint32_t next;

	if (*iterator == UINT64_MAX)
		return false;
	if (*iterator == 0) {
		change = world_change_find(world, WORLD_ACCOUNT, account);
		next = change ? change->as.account_data.first_merged : WORLD_NONE;
	} else {
		change = world_change_find(world, WORLD_ACCOUNT, (uint32_t)(*iterator - 1));
		next = change ? change->as.account_data.next_merged : WORLD_NONE;
	}
	if (next == WORLD_NONE) {
		*iterator = UINT64_MAX;
		return false;
	}
	*loser = next;
	*iterator = (uint64_t)next + 1;
	return true;
}
