#include "tests/sandbox/command_internal.h"

#include <string.h>

static bool wrong(struct text_buffer *answer, const char *message)
{
	text_buffer_add_string(answer, message);
	return false;
}

static bool kind_find(const char *object, enum world_kind *kind)
{
	static const char *const names[] = { "companies", "contacts", "tickets", "deals" };
	static const enum world_kind kinds[] = { WORLD_ACCOUNT, WORLD_CONTACT, WORLD_CASE, WORLD_OPPORTUNITY };

	for (size_t at = 0; at < sizeof(names) / sizeof(*names); at++) {
		if (strcmp(object, names[at]) != 0)
			continue;
		*kind = kinds[at];
		return true;
	}
	return false;
}

/* An id that HubSpot still tells of, archived or not: who was merged away or erased does not come back. */
static bool record_find(const struct world *world, enum world_kind kind, const char *id, uint32_t *index)
{
	return world_hubspot_find(world, kind, id, strlen(id), index) &&
	       world_present(world, WORLD_HUBSPOT, kind, *index) &&
	       !(world_deleted(world, WORLD_HUBSPOT, kind, *index) &&
		       world_merged_into(world, kind, *index) != WORLD_NONE);
}

bool command_hubspot(struct commander *commander, const struct command_line *line, struct text_buffer *answer)
{
	struct world *world = commander->world;
	const char *verb = command_word(line, 3);
	enum world_kind kind;
	uint32_t index, loser;

	if (!kind_find(command_word(line, 1), &kind))
		return wrong(answer, "hubspot takes companies, contacts, tickets or deals, then an id");
	if (!record_find(world, kind, command_word(line, 2), &index))
		return wrong(answer, "HubSpot has no such record");
	bool archived = world_deleted(world, WORLD_HUBSPOT, kind, index);

	if (strcmp(verb, "archive") == 0) {
		world_record_delete(world, kind, index, WORLD_IN(WORLD_HUBSPOT));
	} else if (strcmp(verb, "restore") == 0) {
		world_record_undelete(world, kind, index, WORLD_IN(WORLD_HUBSPOT));
	} else if (strcmp(verb, "gdpr-delete") == 0 && kind == WORLD_CONTACT) {
		world_record_delete(world, kind, index, WORLD_IN(WORLD_HUBSPOT));
		world_record_purge(world, kind, index, WORLD_IN(WORLD_HUBSPOT));
	} else if (strcmp(verb, "merge") == 0) {
		if (!record_find(world, kind, command_word(line, 4), &loser) || loser == index || archived ||
			world_deleted(world, WORLD_HUBSPOT, kind, loser))
			return wrong(answer, "merge takes the id of another live record, the one that goes");
		world_record_merge(world, kind, index, loser);
	} else {
		return wrong(
			answer, "hubspot OBJECT ID takes archive, restore, merge ID, or for contacts gdpr-delete");
	}
	return true;
}
