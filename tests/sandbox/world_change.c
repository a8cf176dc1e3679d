#include "tests/sandbox/world_internal.h"

#include <stdlib.h>
#include <string.h>

static int64_t change_stamp(const struct world *world, enum world_vendor vendor)
{
	int64_t now = world->change_time ? world->change_time : world_now();

	return vendor == WORLD_SALESFORCE ? now - now % 1000 : now;
}

/* Drops the entries whose record has a later stamp: they only cost time. */
static void timeline_compact(
	const struct world *world, enum world_vendor vendor, enum world_kind kind, struct timeline *timeline)
{
	size_t kept = 0;

	for (size_t at = 0; at < timeline->single_count; at++) {
		const struct single *single = &timeline->singles[at];
		const struct change *change = world_change_find(world, kind, single->index);

		if (change && change->stamp[vendor] == single->stamp)
			timeline->singles[kept++] = *single;
	}
	timeline->single_count = kept;
}

static void timeline_add(
	struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index, int64_t stamp)
{
	struct timeline *timeline = &world->timelines[vendor][kind];

	if (timeline->single_count == timeline->single_capacity) {
		if (timeline->single_count)
			timeline_compact(world, vendor, kind, timeline);
		if (timeline->single_count >= timeline->single_capacity / 2) {
			timeline->single_capacity = timeline->single_capacity ? timeline->single_capacity * 2 : 64;
			timeline->singles = world_allocate(
				timeline->singles, timeline->single_capacity, sizeof(*timeline->singles));
		}
	}
	size_t at = timeline->single_count;

	while (at > 0 &&
		(timeline->singles[at - 1].stamp > stamp ||
			(timeline->singles[at - 1].stamp == stamp && timeline->singles[at - 1].index > index)))
		at--;
	memmove(timeline->singles + at + 1, timeline->singles + at,
		(timeline->single_count - at) * sizeof(*timeline->singles));
	timeline->singles[at] = (struct single){ .stamp = stamp, .index = index };
	timeline->single_count++;
}

static void record_stamp(struct world *world, enum world_kind kind, uint32_t index, unsigned vendors)
{
	struct change *change = world_change_make(world, kind, index);

	world->generation++;
	for (int at = 0; at < WORLD_VENDORS; at++) {
		enum world_vendor vendor = (enum world_vendor)at;
		int64_t stamp = change_stamp(world, vendor);

		if (!(vendors & WORLD_IN(at)) || !world_present(world, vendor, kind, index))
			continue;
		if (change->stamp[at] == stamp || (world->unstamped & WORLD_IN(at)))
			continue;
		change->stamp[at] = stamp;
		timeline_add(world, vendor, kind, index, stamp);
	}
}

static struct written *written_find(const struct world *world, enum world_vendor vendor, enum world_kind kind,
	uint32_t index, const char *field)
{
	for (size_t at = 0; at < world->written_count; at++) {
		struct written *one = &world->written[at];

		if (one->index == index && one->vendor == vendor && one->kind == kind &&
			strcmp(one->field, field) == 0)
			return one;
	}
	return NULL;
}

void world_field_write(struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index,
	const char *field, struct text_slice text)
{
	struct written *one = written_find(world, vendor, kind, index, field);

	if (!one) {
		if (world->written_count == world->written_capacity) {
			world->written_capacity = world->written_capacity ? world->written_capacity * 2 : 64;
			world->written =
				world_allocate(world->written, world->written_capacity, sizeof(*world->written));
		}
		one = &world->written[world->written_count++];
		*one = (struct written){ .vendor = vendor, .kind = kind, .index = index };
		strncpy(one->field, field, sizeof(one->field) - 1);
	}
	free(one->text.bytes);
	one->text = (struct owned_text){ NULL, 0 };
	if (text.bytes) {
		one->text.bytes = world_allocate(NULL, text.length + 1, 1);
		memcpy(one->text.bytes, text.bytes, text.length);
		one->text.bytes[text.length] = '\0';
		one->text.length = text.length;
	}
	one->times++;
	record_stamp(world, kind, index, WORLD_IN(vendor));
}

bool world_field_written(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index,
	const char *field, struct text_slice *out)
{
	const struct written *one = written_find(world, vendor, kind, index, field);

	if (one)
		*out = (struct text_slice){ one->text.bytes, one->text.length };
	return one != NULL;
}

bool world_written_next(const struct world *world, size_t *iterator, enum world_vendor *vendor,
	enum world_kind *kind, uint32_t *index, const char **field, struct text_slice *text, unsigned *times)
{
	if (*iterator >= world->written_count)
		return false;
	const struct written *one = &world->written[(*iterator)++];

	*vendor = one->vendor;
	*kind = one->kind;
	*index = one->index;
	*field = one->field;
	*text = (struct text_slice){ one->text.bytes, one->text.length };
	*times = one->times;
	return true;
}

static void text_set(struct owned_text **texts, size_t count, size_t at, struct text_slice text)
{
	if (!*texts) {
		*texts = world_allocate(NULL, count, sizeof(**texts));
		memset(*texts, 0, count * sizeof(**texts));
	}
	free((*texts)[at].bytes);
	(*texts)[at].bytes = world_allocate(NULL, text.length + 1, 1);
	memcpy((*texts)[at].bytes, text.bytes, text.length);
	(*texts)[at].bytes[text.length] = '\0';
	(*texts)[at].length = text.length;
}

void world_account_set_health(struct world *world, uint32_t account, unsigned vendors, bool scored, double health)
{
	struct change *change = world_change_make(world, WORLD_ACCOUNT, account);

	for (int vendor = 0; vendor < WORLD_VENDORS; vendor++) {
		if (!(vendors & WORLD_IN(vendor)))
			continue;
		change->as.account_data.health[vendor] = (float)health;
		change->as.account_data.health_set |= (uint8_t)WORLD_IN(vendor);
		if (scored)
			change->as.account_data.health_null &= (uint8_t)~WORLD_IN(vendor);
		else
			change->as.account_data.health_null |= (uint8_t)WORLD_IN(vendor);
	}
	record_stamp(world, WORLD_ACCOUNT, account, vendors);
}

void world_account_set_cta(struct world *world, uint32_t account, bool open)
{
	struct change *change = world_change_make(world, WORLD_ACCOUNT, account);

	change->as.account_data.cta = open ? WORLD_CTA_OPEN : WORLD_CTA_CLOSED;
	record_stamp(world, WORLD_ACCOUNT, account, WORLD_IN(WORLD_GAINSIGHT));
}

void world_account_rename(struct world *world, uint32_t account, unsigned vendors, struct text_slice name)
{
	struct change *change = world_change_make(world, WORLD_ACCOUNT, account);

	for (size_t vendor = 0; vendor < WORLD_VENDORS; vendor++)
		if (vendors & WORLD_IN(vendor))
			text_set(&change->as.account_data.texts, WORLD_VENDORS + 1, vendor, name);
	record_stamp(world, WORLD_ACCOUNT, account, vendors);
}

void world_account_set_domain(struct world *world, uint32_t account, struct text_slice domain)
{
	struct change *change = world_change_make(world, WORLD_ACCOUNT, account);

	text_set(&change->as.account_data.texts, WORLD_VENDORS + 1, WORLD_VENDORS, domain);
	record_stamp(world, WORLD_ACCOUNT, account, WORLD_EVERYWHERE);
}

static void record_set_deleted(
	struct world *world, enum world_kind kind, uint32_t index, unsigned vendors, bool deleted)
{
	struct change *change = world_change_make(world, kind, index);
	unsigned present = 0;

	for (int vendor = 0; vendor < WORLD_VENDORS; vendor++)
		if ((vendors & WORLD_IN(vendor)) && world_present(world, (enum world_vendor)vendor, kind, index) &&
			world_deleted(world, (enum world_vendor)vendor, kind, index) != deleted)
			present |= WORLD_IN(vendor);
	change->deleted = (uint8_t)(deleted ? change->deleted | present : change->deleted & ~present);
	record_stamp(world, kind, index, present);
}

/* Salesforce takes an account's children with it; Gainsight its people; HubSpot leaves them alone. */
static void children_set_deleted(struct world *world, uint32_t account, unsigned vendors, bool deleted)
{
	static const enum world_kind kinds[3] = { WORLD_CONTACT, WORLD_CASE, WORLD_OPPORTUNITY };

	for (size_t kind = 0; kind < 3; kind++) {
		for (int vendor = 0; vendor < WORLD_VENDORS; vendor++) {
			uint64_t iterator = 0;
			uint32_t child;

			if (vendor == WORLD_HUBSPOT || !(vendors & WORLD_IN(vendor)))
				continue;
			while (world_child_next(
				world, (enum world_vendor)vendor, kinds[kind], account, &iterator, &child))
				record_set_deleted(world, kinds[kind], child, WORLD_IN(vendor), deleted);
		}
	}
}

void world_record_delete(struct world *world, enum world_kind kind, uint32_t index, unsigned vendors)
{
	record_set_deleted(world, kind, index, vendors, true);
	if (kind == WORLD_ACCOUNT)
		children_set_deleted(world, index, vendors, true);
}

void world_record_undelete(struct world *world, enum world_kind kind, uint32_t index, unsigned vendors)
{
	record_set_deleted(world, kind, index, vendors, false);
	if (kind == WORLD_ACCOUNT) {
		world_change_make(world, kind, index)->as.account_data.merged_into = WORLD_NONE;
		children_set_deleted(world, index, vendors, false);
	}
}

static void record_set_purged(struct world *world, enum world_kind kind, uint32_t index, unsigned vendors)
{
	struct change *change = world_change_make(world, kind, index);

	change->purged |= (uint8_t)(vendors & change->deleted);
	world->generation++;
}

void world_record_purge(struct world *world, enum world_kind kind, uint32_t index, unsigned vendors)
{
	static const enum world_kind kinds[3] = { WORLD_CONTACT, WORLD_CASE, WORLD_OPPORTUNITY };

	for (int vendor = 0; vendor < WORLD_VENDORS; vendor++) {
		if (!(vendors & WORLD_IN(vendor)) || !world_deleted(world, (enum world_vendor)vendor, kind, index))
			continue;
		for (size_t at = 0; kind == WORLD_ACCOUNT && at < 3; at++) {
			uint64_t iterator = 0;
			uint32_t child;

			while (world_child_next(
				world, (enum world_vendor)vendor, kinds[at], index, &iterator, &child))
				record_set_purged(world, kinds[at], child, WORLD_IN(vendor));
		}
		record_set_purged(world, kind, index, WORLD_IN(vendor));
	}
}

static void child_link(struct world *world, uint32_t account, enum world_kind kind, uint32_t child)
{
	struct change *parent = world_change_make(world, WORLD_ACCOUNT, account);
	struct change *change = world_change_make(world, kind, child);

	change->account = account;
	change->next_child = parent->as.account_data.first_child;
	change->next_child_kind = parent->as.account_data.first_child_kind;
	parent->as.account_data.first_child = child;
	parent->as.account_data.first_child_kind = (uint8_t)kind;
}

static void child_unlink(struct world *world, uint32_t account, enum world_kind kind, uint32_t child)
{
	struct change *parent = world_change_make(world, WORLD_ACCOUNT, account);
	struct change *change = world_change_make(world, kind, child);
	uint32_t *next = &parent->as.account_data.first_child;
	uint8_t *next_kind = &parent->as.account_data.first_child_kind;

	while (*next != WORLD_NONE && !(*next == child && *next_kind == (uint8_t)kind)) {
		struct change *at = world_change_make(world, (enum world_kind) * next_kind, *next);

		next = &at->next_child;
		next_kind = &at->next_child_kind;
	}
	if (*next == WORLD_NONE)
		return;
	*next = change->next_child;
	*next_kind = change->next_child_kind;
	change->next_child = WORLD_NONE;
}

static void child_move(
	struct world *world, enum world_kind kind, uint32_t child, uint32_t from, uint32_t to, bool restamp)
{
	child_unlink(world, from, kind, child);
	child_link(world, to, kind, child);
	if (restamp)
		record_stamp(world, kind, child, WORLD_IN(WORLD_SALESFORCE) | WORLD_IN(WORLD_HUBSPOT));
}

void world_account_merge(struct world *world, uint32_t survivor, uint32_t loser, bool restamp_children)
{
	static const enum world_kind kinds[3] = { WORLD_CONTACT, WORLD_CASE, WORLD_OPPORTUNITY };
	unsigned vendors = WORLD_IN(WORLD_SALESFORCE) | WORLD_IN(WORLD_HUBSPOT);
	struct change *lost = world_change_make(world, WORLD_ACCOUNT, loser);
	struct change *kept = world_change_make(world, WORLD_ACCOUNT, survivor);

	if (survivor == loser || lost->as.account_data.merged_into != WORLD_NONE)
		return;
	for (size_t kind = 0; kind < 3; kind++) {
		for (int vendor = WORLD_SALESFORCE; vendor <= WORLD_HUBSPOT; vendor++) {
			uint64_t iterator = 0;
			uint32_t child;

			/* Moving changes what the iterator walks over, so start anew each time. */
			while (world_child_next(
				world, (enum world_vendor)vendor, kinds[kind], loser, &iterator, &child)) {
				child_move(world, kinds[kind], child, loser, survivor, restamp_children);
				iterator = 0;
			}
		}
	}
	lost->as.account_data.merged_into = survivor;
	lost->as.account_data.next_merged = kept->as.account_data.first_merged;
	kept->as.account_data.first_merged = loser;
	record_set_deleted(world, WORLD_ACCOUNT, loser, vendors, true);
	record_stamp(world, WORLD_ACCOUNT, survivor, vendors);
}

void world_contact_set_advocate(struct world *world, uint32_t contact, bool advocate)
{
	world_change_make(world, WORLD_CONTACT, contact)->as.contact_data.advocate = advocate ? 2 : 1;
	record_stamp(world, WORLD_CONTACT, contact, WORLD_IN(WORLD_SALESFORCE));
}

void world_contact_set_email(struct world *world, uint32_t contact, unsigned vendors, struct text_slice email)
{
	struct change *change = world_change_make(world, WORLD_CONTACT, contact);

	for (size_t vendor = 0; vendor < WORLD_VENDORS; vendor++)
		if (vendors & WORLD_IN(vendor))
			text_set(&change->as.contact_data.texts, WORLD_VENDORS, vendor, email);
	record_stamp(world, WORLD_CONTACT, contact, vendors);
}

uint32_t world_case_open(struct world *world, uint32_t account, enum world_vendor home, const char *priority,
	bool escalated, struct text_slice subject)
{
	uint32_t index = world->limit[WORLD_CASE]++;
	struct change *change = world_change_make(world, WORLD_CASE, index);

	change->as.case_data.created = true;
	change->as.case_data.home = (uint8_t)home;
	change->as.case_data.escalated = escalated;
	change->as.case_data.created_at = change_stamp(world, home);
	strncpy(change->as.case_data.priority, priority, sizeof(change->as.case_data.priority) - 1);
	text_set(&change->as.case_data.texts, 1, 0, subject);
	child_link(world, account, WORLD_CASE, index);
	record_stamp(world, WORLD_CASE, index, WORLD_IN(home));
	return index;
}

void world_case_change(struct world *world, uint32_t index, bool closed, bool escalated)
{
	struct change *change = world_change_make(world, WORLD_CASE, index);

	change->as.case_data.touched = true;
	change->as.case_data.escalated = escalated;
	if (closed && !change->as.case_data.closed)
		change->as.case_data.closed_at = change_stamp(world, WORLD_SALESFORCE);
	change->as.case_data.closed = closed;
	record_stamp(world, WORLD_CASE, index, WORLD_EVERYWHERE);
}

uint32_t world_opportunity_open(struct world *world, uint32_t account, struct text_slice name, int64_t amount)
{
	uint32_t index = world->limit[WORLD_OPPORTUNITY]++;
	struct change *change = world_change_make(world, WORLD_OPPORTUNITY, index);

	change->as.opportunity_data.created = true;
	change->as.opportunity_data.stage = 1;
	change->as.opportunity_data.amount = amount;
	change->as.opportunity_data.created_at = change_stamp(world, WORLD_SALESFORCE);
	text_set(&change->as.opportunity_data.texts, 1, 0, name);
	child_link(world, account, WORLD_OPPORTUNITY, index);
	record_stamp(world, WORLD_OPPORTUNITY, index, WORLD_EVERYWHERE);
	return index;
}

bool world_opportunity_set_stage(struct world *world, uint32_t index, const char *stage)
{
	for (size_t at = 0; at < sizeof(world_stages) / sizeof(*world_stages); at++) {
		if (strcmp(world_stages[at], stage) != 0)
			continue;
		struct change *change = world_change_make(world, WORLD_OPPORTUNITY, index);

		change->as.opportunity_data.stage = (uint8_t)(at + 1);
		change->as.opportunity_data.closed_at = change_stamp(world, WORLD_SALESFORCE);
		record_stamp(world, WORLD_OPPORTUNITY, index, WORLD_EVERYWHERE);
		return true;
	}
	return false;
}

void world_touch(struct world *world, unsigned vendors, enum world_kind kind, uint32_t from, uint32_t to)
{
	world->generation++;
	for (int vendor = 0; vendor < WORLD_VENDORS; vendor++) {
		struct timeline *timeline = &world->timelines[vendor][kind];
		struct wave wave = {
			.stamp = change_stamp(world, (enum world_vendor)vendor), .from = from, .to = to
		};

		if (!(vendors & WORLD_IN(vendor)))
			continue;
		if (timeline->wave_count == timeline->wave_capacity) {
			timeline->wave_capacity = timeline->wave_capacity ? timeline->wave_capacity * 2 : 8;
			timeline->waves =
				world_allocate(timeline->waves, timeline->wave_capacity, sizeof(*timeline->waves));
		}
		size_t at = timeline->wave_count++;

		while (at > 0 && timeline->waves[at - 1].stamp > wave.stamp) {
			timeline->waves[at] = timeline->waves[at - 1];
			at--;
		}
		timeline->waves[at] = wave;
	}
}
