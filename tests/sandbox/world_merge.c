#include "tests/sandbox/world_internal.h"

/* HubSpot alone merges anything but accounts, and there are never many of these: a list is enough. */
void world_record_merge(struct world *world, enum world_kind kind, uint32_t survivor, uint32_t loser)
{
	if (survivor == loser || world_merged_into(world, kind, loser) != WORLD_NONE)
		return;
	if (kind == WORLD_ACCOUNT) {
		world_account_merge(world, survivor, loser, true);
		return;
	}
	if (world->merge_count == world->merge_capacity) {
		world->merge_capacity = world->merge_capacity ? world->merge_capacity * 2 : 16;
		world->merges = world_allocate(world->merges, world->merge_capacity, sizeof(*world->merges));
	}
	world->merges[world->merge_count++] = (struct merge){ .kind = kind, .survivor = survivor, .loser = loser };
	world_record_delete(world, kind, loser, WORLD_IN(WORLD_HUBSPOT));
	world_touch(world, WORLD_IN(WORLD_HUBSPOT), kind, survivor, survivor + 1);
}

uint32_t world_merged_into(const struct world *world, enum world_kind kind, uint32_t index)
{
	if (kind == WORLD_ACCOUNT) {
		const struct change *change = world_change_find(world, kind, index);

		return change ? change->as.account_data.merged_into : WORLD_NONE;
	}
	for (size_t at = 0; at < world->merge_count; at++)
		if (world->merges[at].kind == kind && world->merges[at].loser == index)
			return world->merges[at].survivor;
	return WORLD_NONE;
}

bool world_record_merged_next(
	const struct world *world, enum world_kind kind, uint32_t survivor, uint64_t *iterator, uint32_t *loser)
{
	if (kind == WORLD_ACCOUNT)
		return world_merged_next(world, survivor, iterator, loser);
	while (*iterator < world->merge_count) {
		const struct merge *merge = &world->merges[(*iterator)++];

		if (merge->kind != kind || merge->survivor != survivor)
			continue;
		*loser = merge->loser;
		return true;
	}
	return false;
}
