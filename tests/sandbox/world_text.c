#include "tests/sandbox/world_internal.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define PICK(array, hash) ((array)[(hash) % COUNT(array)])

static const char *const company_starts[] = {
	"Nor",
	"Blue",
	"Alpen",
	"Vega",
	"Quan",
	"Terra",
	"Helio",
	"Stone",
	"Silver",
	"Bright",
	"Cedar",
	"Delta",
	"Ever",
	"Fjord",
	"Granit",
	"Haven",
	"Iron",
	"Juni",
	"Kestrel",
	"Lumen",
	"Marin",
	"Nimbus",
	"Orbit",
	"Pine",
	"River",
	"Sol",
	"Tide",
	"Umbra",
	"Volt",
	"West",
	"Zephyr",
	"Copper",
};
static const char *const company_ends[] = {
	"vik",
	"field",
	"gate",
	"mark",
	"line",
	"works",
	"path",
	"point",
	"bridge",
	"stack",
	"ridge",
	"port",
	"lane",
	"grid",
	"loop",
	"forge",
	"wood",
	"leaf",
	"peak",
	"cast",
};
static const char *const company_trades[] = {
	"Systems",
	"Logistics",
	"Health",
	"Robotics",
	"Foods",
	"Energy",
	"Analytics",
	"Mobility",
	"Media",
	"Biotech",
	"Retail",
	"Finance",
	"Airways",
	"Insurance",
	"Learning",
	"Labs",
};

/* What people really type into CRM fields, and what some type to see what happens. */
static const char *const awkward_names[] = {
	"Bob's \"Original\" BBQ & Sons",
	"C:\\Temp\\Holdings \\ Partners",
	"Tab\tand\tSpace GmbH",
	"First Line\nSecond Line Ltd",
	"Caf\xc3\xa9 M\xc3\xbcnchen \xe2\x80\x93 Gr\xc3\xbcn & S\xc3\xb6hne",
	"\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe\xe6\x9d\xb1\xe4\xba\xac\xe3\x82\xb7\xe3\x82\xb9\xe3"
	"\x83\x86\xe3"
	"\x83\xa0",
	"\xe5\x8c\x97\xe4\xba\xac\xe7\xa7\x91\xe6\x8a\x80\xe6\x9c\x89\xe9\x99\x90\xe5\x85\xac\xe5\x8f\xb8",
	"\xd7\x97\xd7\x91\xd7\xa8\xd7\x94 \xd7\x9c\xd7\x93\xd7\x95\xd7\x92\xd7\x9e\xd7\x94",
	"\xd8\xb4\xd8\xb1\xd9\x83\xd8\xa9 \xd8\xa7\xd9\x84\xd9\x86\xd9\x88\xd8\xb1",
	"Rocket \xf0\x9f\x9a\x80 Corp \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
	"<!channel> free lunch",
	"<https://evil.example|Reset your password>",
	"*Bold* _Ideas_ `rm -rf` ~Inc~",
	"AT&amp;T Resellers",
	"Reversed \xe2\x80\xae gnirts\xe2\x80\xac plc",
	"'; DROP TABLE account; --",
	"100% Juice {curly} [square] $price",
	"\xf0\x9d\x94\x98\xf0\x9d\x94\xab\xf0\x9d\x94\xa6 Labs",
	"null",
	"N/A",
	"  Leading and trailing  ",
	"\xce\x91\xce\xb8\xce\xae\xce\xbd\xce\xb1 \xce\xa4\xcf\x81\xcf\x8c\xcf\x86\xce\xb9\xce\xbc\xce\xb1",
	"Comma, Inc.; Semicolon|Pipe",
	"\xe2\x82\xac uro Zone \xe2\x84\xa2 \xc2\xab Caf\xc3\xa9 \xc2\xbb",
};

static const char *const first_names[] = { "Anna", "Ben", "Chloe", "Daniel", "Elif", "Farid", "Grace", "Hugo",
	"Ines", "Jonas", "Keiko", "Liam", "Maya", "Nils", "Olga", "Pablo", "Quinn", "Rosa", "Sven", "Tara", "Umar",
	"Vera", "Wei", "Xenia", "Yusuf", "Zoe", "Amara", "Bj\xc3\xb6rn", "Cai", "Dara", "Jos\xc3\xa9",
	"Ren\xc3\xa9" };
static const char *const first_slugs[] = { "anna", "ben", "chloe", "daniel", "elif", "farid", "grace", "hugo",
	"ines", "jonas", "keiko", "liam", "maya", "nils", "olga", "pablo", "quinn", "rosa", "sven", "tara", "umar",
	"vera", "wei", "xenia", "yusuf", "zoe", "amara", "bjorn", "cai", "dara", "jose", "rene" };
static const char *const last_names[] = { "Almeida", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia",
	"Hansen", "Ivanova", "Jensen", "Kowalski", "Lind", "Moreau", "Nakamura", "O'Brien", "Patel", "Quist",
	"Rossi", "Smith", "Tanaka", "Ueda", "Varga", "Weber", "Xu", "Yilmaz", "Zhang", "Andersen", "Brandt", "Choi",
	"De la Cruz", "M\xc3\xbcller",
	"Nu\xc3\xb1"
	"ez",
	"\xc3\x98"
	"degaard",
	"\xe6\x9d\x8e", "\xd7\x9b\xd7\x94\xd7\x9f" };
static const char *const last_slugs[] = { "almeida", "becker", "costa", "dubois", "eriksen", "fischer", "garcia",
	"hansen", "ivanova", "jensen", "kowalski", "lind", "moreau", "nakamura", "obrien", "patel", "quist",
	"rossi", "smith", "tanaka", "ueda", "varga", "weber", "xu", "yilmaz", "zhang", "andersen", "brandt", "choi",
	"delacruz", "mueller", "nunez", "odegaard", "li", "cohen" };
static const char *const titles[] = {
	"VP Customer Experience",
	"Head of IT",
	"CTO",
	"Director, Operations",
	"Marketing Manager",
	"Chief of Staff",
	"RevOps Lead",
	"IT \"Admin\"",
	"Founder & CEO",
	"Engineering Manager",
};

struct place {
	const char *country;
	const char *region;
	const char *legal;
};

static const struct place places[] = {
	{ "US", "AMER", "Inc." },
	{ "DE", "EMEA", "GmbH" },
	{ "GB", "EMEA", "Ltd" },
	{ "FR", "EMEA", "SA" },
	{ "JP", "APAC", "K.K." },
	{ "US", "AMER", "LLC" },
	{ "SE", "EMEA", "AB" },
	{ "AU", "APAC", "Pty Ltd" },
	{ "BR", "AMER", "Ltda" },
	{ "US", "AMER", "Corp." },
	{ "IN", "APAC", "Pvt Ltd" },
	{ "NL", "EMEA", "B.V." },
};
static const char *const industries[] = {
	"Technology",
	"Healthcare",
	"Manufacturing",
	"Retail",
	"Financial Services",
	"Education",
	"Energy",
	"Media",
};

static struct text_slice space_take(const char *bytes, size_t length, char *space, size_t *used)
{
	if (length > WORLD_TEXT_SPACE - *used)
		length = WORLD_TEXT_SPACE - *used;
	memcpy(space + *used, bytes, length);
	struct text_slice slice = { .bytes = space + *used, .length = length };

	*used += length;
	return slice;
}

/* A million names must not cost a million printf calls, so texts are joined by hand. */
static struct text_slice space_join(const char *const *parts, size_t count, char *space, size_t *used)
{
	struct text_slice slice = { .bytes = space + *used };

	for (size_t at = 0; at < count; at++)
		slice.length += space_take(parts[at], strlen(parts[at]), space, used).length;
	return slice;
}

static void base36_write(uint32_t number, char *out)
{
	char digits[8];
	size_t count = 0;

	do {
		digits[count++] = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
		number /= 36;
	} while (number);
	while (count)
		*out++ = digits[--count];
	*out = '\0';
}

static const struct place *place_of(const struct world *world, uint32_t index)
{
	return &PICK(places, world_hash(world, STREAM_PLACE, index));
}

void world_text_place(const struct world *world, uint32_t index, struct world_account *out)
{
	const struct place *place = place_of(world, index);
	uint64_t hash = world_hash(world, STREAM_PLACE, index) >> 16;

	out->country = place->country;
	out->region = place->region;
	out->industry = hash % 40 == 0 ? NULL : PICK(industries, hash >> 8);
}

struct text_slice world_text_account_name(const struct world *world, uint32_t index, char *space, size_t *used)
{
	uint64_t hash = world_hash(world, STREAM_NAME, index);

	if (hash % 29 == 0) {
		const char *name = PICK(awkward_names, hash >> 8);

		return space_take(name, strlen(name), space, used);
	}
	const char *parts[] = { PICK(company_starts, hash >> 8), PICK(company_ends, hash >> 20), " ",
		PICK(company_trades, hash >> 32), " ", place_of(world, index)->legal };

	return space_join(parts, COUNT(parts), space, used);
}

struct text_slice world_text_domain(const struct world *world, uint32_t index, char *space, size_t *used)
{
	uint64_t hash = world_hash(world, STREAM_DOMAIN, index);
	char number[8];
	char slug[48];
	size_t length = 0;

	if (hash % 100 < 3)
		return (struct text_slice){ 0 };
	/* Two subsidiaries of one house: the domain does not tell them apart. */
	uint32_t owner = hash % 100 == 50 && index > 0 ? index - 1 : index;
	uint64_t name = world_hash(world, STREAM_NAME, owner);
	const char *words[] = { PICK(company_starts, name >> 8), PICK(company_ends, name >> 20) };

	for (size_t word = 0; word < 2; word++)
		for (const char *at = words[word]; *at; at++)
			slug[length++] = *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;
	slug[length] = '\0';
	base36_write(owner, number);
	const char *parts[] = { slug, "-", number, ".example" };

	return space_join(parts, COUNT(parts), space, used);
}

void world_text_staff(const struct world *world, uint32_t index, struct world_staff *out)
{
	uint64_t hash = world_hash(world, STREAM_STAFF, index) >> 8;
	size_t first = hash % COUNT(first_names);
	size_t last = (hash >> 16) % COUNT(last_names);
	char number[8];

	base36_write(index, number);
	snprintf(out->first_name, sizeof(out->first_name), "%s", first_names[first]);
	snprintf(out->last_name, sizeof(out->last_name), "%s", last_names[last]);
	snprintf(out->name, sizeof(out->name), "%s %s", first_names[first], last_names[last]);
	snprintf(out->email, sizeof(out->email), "%s.%s%s@vendor.example", first_slugs[first], last_slugs[last],
		number);
}

void world_text_contact(
	const struct world *world, uint32_t index, uint32_t domain_account, struct world_contact *out)
{
	uint64_t hash = world_hash(world, STREAM_CONTACT, index);
	size_t first = hash % COUNT(first_names);
	size_t last = (hash >> 8) % COUNT(last_names);
	size_t used = 0;
	char number[8];
	char digits[9];

	out->first_name = (hash >> 16) % 50 == 0 ? (struct text_slice){ 0 } : text_slice_of(first_names[first]);
	out->last_name = text_slice_of(last_names[last]);
	out->title = (hash >> 24) % 12 == 0 ? (struct text_slice){ 0 } : text_slice_of(PICK(titles, hash >> 32));
	for (size_t at = 0; at < 7; at++)
		digits[at] = (char)('0' + (hash >> (8 + at * 4)) % 10);
	digits[7] = '\0';
	const char *phone[] = { "+1 555 ", digits };

	out->phone = space_join(phone, COUNT(phone), out->space, &used);
	out->email = (struct text_slice){ 0 };
	if ((hash >> 40) % 33 == 0)
		return;
	struct text_slice domain = world_text_domain(world, domain_account, out->space, &used);
	char domain_text[64] = "mail.example";

	if (domain.bytes && domain.length < sizeof(domain_text)) {
		memcpy(domain_text, domain.bytes, domain.length);
		domain_text[domain.length] = '\0';
	}
	base36_write(index, number);
	const char *email[] = { first_slugs[first], ".", last_slugs[last], "+", number, "@", domain_text };

	out->email = space_join(email, COUNT(email), out->space, &used);
}

struct text_slice world_text_case_subject(uint64_t hash, char *space, size_t *used)
{
	static const char *const subjects[] = {
		"Cannot log in after SSO change",
		"Report shows \"NaN\" for Q3",
		"API returns 500 on /v2/orders?x=1&y=2",
		"How do I add a user?",
		"Export to C:\\Users\\me fails",
		"\xe3\x83\xad\xe3\x82\xb0\xe3\x82\xa4\xe3\x83\xb3\xe3\x81\xa7\xe3\x81\x8d\xe3\x81\xbe\xe3\x81"
		"\x9b\xe3\x82\x93",
		"Slow dashboard \xf0\x9f\x90\x8c",
		"<!here> please call back",
		"Invoice\twrong\namount",
		"Feature request: dark mode",
	};
	const char *subject = PICK(subjects, hash);

	return space_take(subject, strlen(subject), space, used);
}

struct text_slice world_text_opportunity_name(
	const struct world *world, uint32_t index, uint32_t account, char *space, size_t *used)
{
	static const char *const reasons[] = { " - Expansion", " - New seats", " - Platform \"Plus\"",
		" - Renewal" };
	size_t from = *used;
	struct text_slice name = world_text_account_name(world, account, space, used);
	const char *reason = PICK(reasons, world_hash(world, STREAM_OPPORTUNITY, index) >> 44);

	space_take(reason, strlen(reason), space, used);
	name.bytes = space + from;
	name.length = *used - from;
	return name;
}
