/* Which rows the objects of the played Gainsight have, the log of deletions among them. */
#include "tests/sandbox/gainsight_internal.h"
#include "tests/sandbox/switch_list.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_UNDATED 1023
#define STREAM_VISIBLE 1024
#define DAY_MS INT64_C(86400000)
#define DELETE_LOG_DAYS 15
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add_deletion(
	struct gainsight *gainsight, size_t *capacity, enum world_gsid type, uint32_t index, int64_t deleted_at)
{
	if (gainsight->deletion_count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 64;
		gainsight->deletions = reallocarray(gainsight->deletions, *capacity, sizeof(*gainsight->deletions));
		if (!gainsight->deletions)
			abort();
	}
	gainsight->deletions[gainsight->deletion_count++] = (struct gainsight_deletion){ type, index, deleted_at };
}

/* Which of the two logs tells of an object's deletions is the tenant's matter. */
static bool log_has(struct gainsight *gainsight, const struct gainsight_object *log, uint32_t index)
{
	const char *elsewhere = server_switch(gainsight->server, "gainsight.high_volume", "");
	enum world_gsid type = gainsight->deletions[index].type;
	const struct gainsight_object *object = type == WORLD_GSID_COMPANY  ? &gainsight_company
						: type == WORLD_GSID_PERSON ? &gainsight_person
									    : &gainsight_company_person;
	/* Nobody has confirmed that a merge is logged. */
	if (type == WORLD_GSID_COMPANY &&
		world_merged_into(gainsight->world, WORLD_ACCOUNT, gainsight->deletions[index].index) !=
			WORLD_NONE &&
		strcmp(server_switch(gainsight->server, "gainsight.log_merges", "yes"), "yes") != 0)
		return false;
	return switch_list_has(elsewhere, object->name) == (log == &gainsight_high_volume_log);
}

static void read_delete_log(struct gainsight *gainsight)
{
	static const enum world_kind kinds[] = { WORLD_ACCOUNT, WORLD_CONTACT };
	int64_t oldest = world_now() - DELETE_LOG_DAYS * DAY_MS;
	uint64_t generation = world_generation(gainsight->world);
	if (gainsight->deletions && gainsight->deletion_generation == generation &&
		gainsight->deletion_day == oldest / DAY_MS)
		return;
	free(gainsight->deletions);
	gainsight->deletions = NULL;
	gainsight->deletion_count = 0;
	gainsight->deletion_generation = generation;
	gainsight->deletion_day = oldest / DAY_MS;
	size_t capacity = 0;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct world_walk walk;
		struct gainsight_row row;
		uint32_t index;
		int64_t stamp;
		/* Deleting moves the stamp, so nothing deleted lately stands before this. */
		world_walk_start(&walk, gainsight->world, WORLD_GAINSIGHT, kinds[i], WORLD_BY_STAMP,
			WORLD_DELETED_OR_PURGED, oldest, 0);
		while (world_walk_next(&walk, &index, &stamp)) {
			if (kinds[i] == WORLD_ACCOUNT) {
				world_account_read(gainsight->world, WORLD_GAINSIGHT, index, &row.of.account);
				if (row.of.account.deleted_at >= oldest)
					add_deletion(gainsight, &capacity, WORLD_GSID_COMPANY, index,
						row.of.account.deleted_at);
				continue;
			}
			world_contact_read(gainsight->world, WORLD_GAINSIGHT, index, &row.of.contact);
			if (row.of.contact.deleted_at < oldest)
				continue;
			add_deletion(gainsight, &capacity, WORLD_GSID_PERSON, index, row.of.contact.deleted_at);
			add_deletion(
				gainsight, &capacity, WORLD_GSID_COMPANY_PERSON, index, row.of.contact.deleted_at);
		}
	}
}

bool gainsight_object_dated(const struct gainsight_object *object)
{
	return object->source == GAINSIGHT_WORLD || object->source == GAINSIGHT_CTAS ||
	       object->source == GAINSIGHT_SCORES;
}

uint32_t gainsight_scheme_base(struct gainsight *gainsight)
{
	bool changed = strcmp(server_switch(gainsight->server, "gainsight.scheme", "numeric"), "changed") == 0;
	return changed ? GAINSIGHT_OTHER_SCHEME_BASE : 0;
}

uint32_t gainsight_rows(struct gainsight *gainsight, const struct gainsight_object *object)
{
	switch (object->source) {
	case GAINSIGHT_WORLD:
	case GAINSIGHT_CTAS:
	case GAINSIGHT_SCORES:
		return world_limit(gainsight->world, object->kind);
	case GAINSIGHT_MEASURES:
		return 1;
	case GAINSIGHT_SCHEME:
		return gainsight_scheme_base(gainsight) + GAINSIGHT_SCORES_IN_SCHEME;
	case GAINSIGHT_PICKLIST_ITEMS:
		return GAINSIGHT_PICKLIST_COUNT;
	case GAINSIGHT_DELETE_LOG:
		read_delete_log(gainsight);
		return (uint32_t)gainsight->deletion_count;
	}
	return 0;
}

/* Of the objects that are not the world's. */
static bool fixed_row_exists(struct gainsight *gainsight, const struct gainsight_object *object, uint32_t index)
{
	if (index >= gainsight_rows(gainsight, object))
		return false;
	if (object->source == GAINSIGHT_DELETE_LOG)
		return log_has(gainsight, object, index);
	return object->source != GAINSIGHT_SCHEME || index >= gainsight_scheme_base(gainsight);
}

bool gainsight_row_exists(struct gainsight *gainsight, const struct gainsight_object *object, uint32_t index)
{
	if (!gainsight_object_dated(object))
		return fixed_row_exists(gainsight, object, index);
	if (index >= world_limit(gainsight->world, object->kind) ||
		!world_present(gainsight->world, WORLD_GAINSIGHT, object->kind, index) ||
		world_deleted(gainsight->world, WORLD_GAINSIGHT, object->kind, index))
		return false;
	if (object->source == GAINSIGHT_CTAS)
		return world_account_cta(gainsight->world, index) != WORLD_CTA_GENERATED ||
		       world_hash(gainsight->world, GAINSIGHT_STREAM_CTA, index) % 12 == 0;
	if (object != &gainsight_company)
		return true;
	long percent = server_switch_number(gainsight->server, "gainsight.visible_percent", 100);
	return percent >= 100 || (long)(world_hash(gainsight->world, STREAM_VISIBLE, index) % 100) < percent;
}

bool gainsight_row_undated(struct gainsight *gainsight, const struct gainsight_object *object, uint32_t index)
{
	if (object->source != GAINSIGHT_WORLD)
		return false;
	long every = server_switch_number(gainsight->server, "gainsight.null_modified_every", 0);
	return every > 0 && world_hash(gainsight->world, STREAM_UNDATED + (uint32_t)object->gsid * 16, index) %
					    (uint64_t)every ==
				    0;
}

bool gainsight_row_find(
	struct gainsight *gainsight, const struct gainsight_object *object, struct text_slice gsid, uint32_t *index)
{
	return world_gainsight_find(gainsight->world, object->gsid, gsid.bytes, gsid.length, index) &&
	       gainsight_row_exists(gainsight, object, *index);
}
