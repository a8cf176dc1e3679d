#include "tests/sandbox/world_internal.h"

#include <stdlib.h>

/* First generated record whose base stamp is not before `stamp`. */
static uint32_t base_search(
	const struct world *world, enum world_vendor vendor, enum world_kind kind, int64_t stamp)
{
	uint32_t low = 0;
	uint32_t high = world->generated[kind];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (world_base_stamp(world, vendor, kind, middle) < stamp)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t single_search(const struct timeline *timeline, int64_t stamp, uint32_t index)
{
	size_t low = 0;
	size_t high = timeline->single_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct single *single = &timeline->singles[middle];

		if (single->stamp < stamp || (single->stamp == stamp && single->index < index))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t wave_search(const struct timeline *timeline, int64_t stamp)
{
	size_t at = 0;

	while (at < timeline->wave_count && timeline->waves[at].stamp < stamp)
		at++;
	return at;
}

void world_walk_start(struct world_walk *walk, const struct world *world, enum world_vendor vendor,
	enum world_kind kind, enum world_order order, enum world_walk_filter filter, int64_t from_stamp,
	uint32_t from_index)
{
	*walk = (struct world_walk){ .world = world,
		.vendor = vendor,
		.kind = kind,
		.order = order,
		.filter = filter,
		.lower_stamp = from_stamp,
		.lower_index = from_index };
	if (order == WORLD_BY_INDEX) {
		walk->base_next = from_index;
		return;
	}
	walk->base_next = base_search(world, vendor, kind, from_stamp);
	/* Equal stamps lie side by side in index order, so the tie can be entered in its middle. */
	if (walk->base_next < from_index && from_index < world->generated[kind] &&
		world_base_stamp(world, vendor, kind, from_index) == from_stamp)
		walk->base_next = from_index;
	else if (walk->base_next < world->generated[kind] && walk->base_next < from_index &&
		 world_base_stamp(world, vendor, kind, walk->base_next) == from_stamp)
		walk->base_next = base_search(world, vendor, kind, from_stamp + 1);
	walk->single_next = single_search(&world->timelines[vendor][kind], from_stamp, from_index);
	walk->wave_first = wave_search(&world->timelines[vendor][kind], from_stamp);
}

static bool filter_admits(const struct world_walk *walk, uint32_t index)
{
	if (walk->filter == WORLD_LIVE_AND_DELETED)
		return true;
	return world_deleted(walk->world, walk->vendor, walk->kind, index) == (walk->filter != WORLD_LIVE_ONLY);
}

static bool walk_shows(const struct world_walk *walk, uint32_t index)
{
	if (walk->filter == WORLD_DELETED_OR_PURGED && world_purged(walk->world, walk->vendor, walk->kind, index))
		return true;
	return world_present(walk->world, walk->vendor, walk->kind, index) && filter_admits(walk, index);
}

static bool walk_next_by_index(struct world_walk *walk, uint32_t *index, int64_t *stamp)
{
	while (walk->base_next < walk->world->limit[walk->kind]) {
		uint32_t at = walk->base_next++;

		if (!walk_shows(walk, at))
			continue;
		*index = at;
		*stamp = world_stamp(walk->world, walk->vendor, walk->kind, at);
		return true;
	}
	return false;
}

/* Whether the record still stands where it was generated. */
static bool base_unmoved(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	const struct change *change = world_change_find(world, kind, index);
	const struct timeline *timeline = &world->timelines[vendor][kind];

	if (change && change->stamp[vendor])
		return false;
	for (size_t at = 0; at < timeline->wave_count; at++)
		if (index >= timeline->waves[at].from && index < timeline->waves[at].to)
			return false;
	return true;
}

static bool walk_next_base(struct world_walk *walk, uint32_t *index, int64_t *stamp)
{
	/* Only deleted records are wanted: those have all been changed. */
	if (walk->filter == WORLD_DELETED_ONLY || walk->filter == WORLD_DELETED_OR_PURGED)
		walk->base_next = walk->world->generated[walk->kind];
	while (walk->base_next < walk->world->generated[walk->kind]) {
		uint32_t at = walk->base_next++;

		if (!world_generated_present(walk->world, walk->vendor, walk->kind, at) ||
			!base_unmoved(walk->world, walk->vendor, walk->kind, at))
			continue;
		*index = at;
		*stamp = world_base_stamp(walk->world, walk->vendor, walk->kind, at);
		return true;
	}
	return false;
}

/* The smallest index not below `lower` in the waves that share the first one's stamp. */
static uint32_t wave_group_next(const struct timeline *timeline, size_t first, uint32_t lower, size_t *group_end)
{
	uint32_t best = WORLD_NONE;
	size_t at = first;

	for (; at < timeline->wave_count && timeline->waves[at].stamp == timeline->waves[first].stamp; at++) {
		uint32_t candidate = timeline->waves[at].from > lower ? timeline->waves[at].from : lower;

		if (candidate < timeline->waves[at].to && candidate < best)
			best = candidate;
	}
	*group_end = at;
	return best;
}

static bool wave_candidate(
	struct world_walk *walk, const struct timeline *timeline, int64_t *stamp, uint32_t *index)
{
	while (walk->wave_first < timeline->wave_count) {
		size_t group_end;
		int64_t group_stamp = timeline->waves[walk->wave_first].stamp;
		uint32_t lower = group_stamp == walk->lower_stamp ? walk->lower_index : 0;

		if (group_stamp >= walk->lower_stamp) {
			*index = wave_group_next(timeline, walk->wave_first, lower, &group_end);
			*stamp = group_stamp;
			if (*index != WORLD_NONE)
				return true;
			walk->wave_first = group_end;
			continue;
		}
		walk->wave_first++;
	}
	return false;
}

static bool single_candidate(
	struct world_walk *walk, const struct timeline *timeline, int64_t *stamp, uint32_t *index)
{
	for (; walk->single_next < timeline->single_count; walk->single_next++) {
		const struct single *single = &timeline->singles[walk->single_next];

		if (single->stamp < walk->lower_stamp ||
			(single->stamp == walk->lower_stamp && single->index < walk->lower_index))
			continue;
		*stamp = single->stamp;
		*index = single->index;
		return true;
	}
	return false;
}

static bool walk_next_changed(struct world_walk *walk, uint32_t *index, int64_t *stamp)
{
	const struct timeline *timeline = &walk->world->timelines[walk->vendor][walk->kind];

	for (;;) {
		int64_t single_stamp = 0, wave_stamp = 0;
		uint32_t single_index = 0, wave_index = 0;
		bool single = single_candidate(walk, timeline, &single_stamp, &single_index);
		bool wave = wave_candidate(walk, timeline, &wave_stamp, &wave_index);

		if (!single && !wave)
			return false;
		bool take_single = single && (!wave || single_stamp < wave_stamp ||
						     (single_stamp == wave_stamp && single_index <= wave_index));

		*stamp = take_single ? single_stamp : wave_stamp;
		*index = take_single ? single_index : wave_index;
		walk->lower_stamp = *stamp;
		walk->lower_index = *index + 1;
		if (world_stamp(walk->world, walk->vendor, walk->kind, *index) == *stamp &&
			walk_shows(walk, *index))
			return true;
	}
}

bool world_walk_next(struct world_walk *walk, uint32_t *index, int64_t *stamp)
{
	bool found = walk->order == WORLD_BY_INDEX
			     ? walk_next_by_index(walk, index, stamp)
			     : walk_next_base(walk, index, stamp) || walk_next_changed(walk, index, stamp);

	if (found) {
		walk->index = *index;
		walk->stamp = *stamp;
	}
	return found;
}

static uint32_t base_count_before(
	const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	/* A cache of what the seed decides once for all, so a reader of the world may fill it. */
	struct timeline *timeline = (struct timeline *)(uintptr_t)&world->timelines[vendor][kind];
	uint32_t blocks = world->generated[kind] / COUNT_BLOCK + 1;

	if (!timeline->block_counts) {
		uint32_t count = 0;

		timeline->block_counts = world_allocate(NULL, blocks, sizeof(*timeline->block_counts));
		for (uint32_t at = 0; at < blocks * COUNT_BLOCK; at++) {
			if (at % COUNT_BLOCK == 0)
				timeline->block_counts[at / COUNT_BLOCK] = count;
			count += world_generated_present(world, vendor, kind, at);
		}
	}
	uint32_t count = timeline->block_counts[index / COUNT_BLOCK];

	for (uint32_t at = index - index % COUNT_BLOCK; at < index; at++)
		count += world_generated_present(world, vendor, kind, at);
	return count;
}

static uint64_t count_by_walking(const struct world *world, enum world_vendor vendor, enum world_kind kind,
	enum world_walk_filter filter, int64_t from, int64_t to)
{
	struct world_walk walk;
	uint32_t index;
	int64_t stamp;
	uint64_t count = 0;

	world_walk_start(&walk, world, vendor, kind, WORLD_BY_STAMP, filter, from, 0);
	while (world_walk_next(&walk, &index, &stamp) && stamp < to)
		count++;
	return count;
}

/* The part of a count that lies among generated stamps, less the records that have moved away since. */
static uint64_t base_count(
	const struct world *world, enum world_vendor vendor, enum world_kind kind, int64_t from, int64_t to)
{
	const struct timeline *timeline = &world->timelines[vendor][kind];
	uint32_t first = base_search(world, vendor, kind, from);
	uint32_t end = base_search(world, vendor, kind, to);

	if (end <= first)
		return 0;
	uint64_t count =
		base_count_before(world, vendor, kind, end) - base_count_before(world, vendor, kind, first);

	for (size_t at = 0; at < timeline->single_count; at++) {
		const struct single *single = &timeline->singles[at];

		/* Of several entries of one record only its latest one counts. */
		if (single->index < first || single->index >= end ||
			!world_generated_present(world, vendor, kind, single->index))
			continue;
		const struct change *change = world_change_find(world, kind, single->index);

		if (change && change->stamp[vendor] == single->stamp)
			count--;
	}
	return count;
}

uint64_t world_count(const struct world *world, enum world_vendor vendor, enum world_kind kind,
	enum world_walk_filter filter, int64_t from, int64_t to)
{
	const struct timeline *timeline = &world->timelines[vendor][kind];
	static struct {
		const struct world *world;
		uint64_t generation;
		uint64_t count;
		int64_t from;
		int64_t to;
		int key;
	} last;
	int key = ((int)vendor * WORLD_KINDS + (int)kind) * WORLD_WALK_FILTERS + (int)filter;

	if (from >= to)
		return 0;
	if (last.world == world && last.generation == world->generation && last.key == key && last.from == from &&
		last.to == to)
		return last.count;
	last.world = world;
	last.generation = world->generation;
	last.key = key;
	last.from = from;
	last.to = to;
	if (timeline->wave_count || filter == WORLD_DELETED_ONLY) {
		last.count = count_by_walking(world, vendor, kind, filter, from, to);
		return last.count;
	}
	last.count = base_count(world, vendor, kind, from, to < world->today ? to : world->today);
	if (to > world->today)
		last.count += count_by_walking(
			world, vendor, kind, filter, from > world->today ? from : world->today, to);
	return last.count;
}
