#include "tests/sandbox/world_internal.h"

#include <stdio.h>
#include <string.h>

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char *const salesforce_prefixes[WORLD_KINDS] = { "005", "001", "003", "500", "006" };

#define SALESFORCE_STEP UINT64_C(37)
#define SALESFORCE_BASE UINT64_C(3521614606208) /* 62^7: leaves two leading zeros of the nine digits */

void world_salesforce_suffix(const char *id, char *out)
{
	for (size_t group = 0; group < 3; group++) {
		unsigned bits = 0;

		for (size_t at = 0; at < 5; at++)
			if (id[group * 5 + at] >= 'A' && id[group * 5 + at] <= 'Z')
				bits |= 1u << at;
		out[group] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits];
	}
	out[3] = '\0';
}

void world_salesforce_id(enum world_kind kind, uint32_t index, char out[19])
{
	uint64_t counter = SALESFORCE_BASE + index * SALESFORCE_STEP + (unsigned)kind;

	memcpy(out, salesforce_prefixes[kind], 3);
	memcpy(out + 3, "5g0", 3);
	for (int at = 14; at >= 6; at--) {
		out[at] = base62[counter % 62];
		counter /= 62;
	}
	world_salesforce_suffix(out, out + 15);
}

bool world_salesforce_find(
	const struct world *world, const char *id, size_t length, enum world_kind *kind, uint32_t *index)
{
	char whole[19];
	uint64_t counter = 0;
	int found = 0;

	if (length != 15 && length != 18)
		return false;
	while (found < WORLD_KINDS && memcmp(id, salesforce_prefixes[found], 3) != 0)
		found++;
	if (found == WORLD_KINDS)
		return false;
	for (size_t at = 6; at < 15; at++) {
		const char *digit = id[at] ? strchr(base62, id[at]) : NULL;

		if (!digit)
			return false;
		counter = counter * 62 + (uint64_t)(digit - base62);
	}
	if (counter < SALESFORCE_BASE || (counter - SALESFORCE_BASE) / SALESFORCE_STEP >= world->limit[found])
		return false;
	*kind = (enum world_kind)found;
	*index = (uint32_t)((counter - SALESFORCE_BASE) / SALESFORCE_STEP);
	world_salesforce_id(*kind, *index, whole);
	return memcmp(whole, id, length) == 0;
}

struct hubspot_range {
	uint64_t base;
	uint64_t step;
};

static const struct hubspot_range hubspot_ranges[WORLD_KINDS] = {
	{ 41000000, 17 },
	{ 9100000000, 13 },
	{ 30200000000, 7 },
	{ 4100000000, 11 },
	{ 15500000000, 9 },
};

uint64_t world_hubspot_id(enum world_kind kind, uint32_t index)
{
	return hubspot_ranges[kind].base + hubspot_ranges[kind].step * index;
}

bool world_hubspot_find(
	const struct world *world, enum world_kind kind, const char *id, size_t length, uint32_t *index)
{
	uint64_t number = 0;

	if (!length || length > 18 || id[0] == '0')
		return false;
	for (size_t at = 0; at < length; at++) {
		if (id[at] < '0' || id[at] > '9')
			return false;
		number = number * 10 + (uint64_t)(id[at] - '0');
	}
	const struct hubspot_range *range = &hubspot_ranges[kind];

	if (number < range->base || (number - range->base) % range->step ||
		(number - range->base) / range->step >= world->limit[kind])
		return false;
	*index = (uint32_t)((number - range->base) / range->step);
	return true;
}

static const char *const gsid_prefixes[] = { "1P02", "1P01", "1P04", "1P05", "1I00", "1S01", "1SP0", "1SM0",
	"1SD0" };
static const char base36[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

void world_gainsight_id(const struct world *world, enum world_gsid type, uint32_t index, char out[37])
{
	uint64_t counter = UINT64_C(60466176) + index;
	uint64_t noise = world_hash(world, STREAM_GSID + ((uint32_t)type << 8), index);

	memcpy(out, gsid_prefixes[type], 4);
	for (int at = 13; at >= 4; at--) {
		out[at] = base36[counter % 36];
		counter /= 36;
	}
	for (int at = 14; at < 36; at++) {
		if (at == 25)
			noise = world_hash(
				world, STREAM_GSID + ((uint32_t)type << 8), index + UINT64_C(0x100000000));
		out[at] = base36[noise % 36];
		noise /= 36;
	}
	out[36] = '\0';
}

bool world_gainsight_find(
	const struct world *world, enum world_gsid type, const char *id, size_t length, uint32_t *index)
{
	static const enum world_kind kinds[] = { WORLD_ACCOUNT, WORLD_STAFF, WORLD_CONTACT, WORLD_CONTACT };
	char whole[37];
	uint64_t counter = 0;

	if (length != 36 || memcmp(id, gsid_prefixes[type], 4) != 0)
		return false;
	for (size_t at = 4; at < 14; at++) {
		const char *digit = id[at] ? strchr(base36, id[at]) : NULL;

		if (!digit)
			return false;
		counter = counter * 36 + (uint64_t)(digit - base36);
	}
	if (counter < 60466176 || counter - 60466176 >= UINT32_MAX)
		return false;
	*index = (uint32_t)(counter - 60466176);
	if (type <= WORLD_GSID_COMPANY_PERSON && *index >= world->limit[kinds[type]])
		return false;
	world_gainsight_id(world, type, *index, whole);
	return memcmp(whole, id, 36) == 0;
}

void world_gainsight_sfdc_id(const struct world *world, uint32_t account, char out[19])
{
	uint64_t form = world_hash(world, STREAM_SFDC_ID, account) % 100;

	world_salesforce_id(WORLD_ACCOUNT, account, out);
	if (form < 5)
		out[0] = '\0';
	else if (form < 45)
		out[15] = '\0';
}
