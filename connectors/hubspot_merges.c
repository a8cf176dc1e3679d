/* Merged records: as users report, the id that loses vanishes without being archived, and all that is left of it is
 * the survivor's list. Each id in it becomes a tombstone that names the survivor. Of a chain (1 into 2, 2 into 3) 3
 * usually lists both; should it list 2 alone, 1's own tombstone of earlier still leads to 2. */
#include <string.h>

#include "connectors/hubspot_internal.h"

/* A merge takes at most 250 identities (HubSpot, Error handling); what lists far more is not to fill the stage. */
enum { ABSORBED_MOST = 300 };

static void emit_one(const struct reading *reading, const struct value *survivor, struct value absorbed)
{
	struct value values[COLUMNS_MAX] = { 0 };

	values[COLUMN_REMOTE_ID] = absorbed;
	values[COLUMN_MODIFIED_AT] = survivor[COLUMN_MODIFIED_AT];
	values[COLUMN_DELETED] = (struct value){ "t", 1 };
	values[entity_column(reading->entity, "merged_into_remote_id")] = survivor[COLUMN_REMOTE_ID];
	reading->sink.record(reading->sink.context, reading->entity, values, entity_shape(reading->entity)->count);
}

void hubspot_merges_emit(const struct reading *reading, const struct value *values, const struct value *absorbed)
{
	const struct value *survivor = &values[COLUMN_REMOTE_ID];
	const char *at = absorbed->text, *end = at == NULL ? NULL : at + absorbed->length;
	int64_t id;

	for (int count = 0; at != NULL && at < end && count < ABSORBED_MOST; count++) {
		const char *semicolon = memchr(at, ';', (size_t)(end - at));
		const char *stop = semicolon == NULL ? end : semicolon;
		while (at < stop && *at == ' ')
			at++;
		size_t length = (size_t)(stop - at);
		while (length > 0 && at[length - 1] == ' ')
			length--;
		bool is_survivor = length == survivor->length && memcmp(at, survivor->text, length) == 0;
		if (!is_survivor && hubspot_parse_id(at, length, &id))
			emit_one(reading, values, (struct value){ at, length });
		at = stop + 1;
	}
}
