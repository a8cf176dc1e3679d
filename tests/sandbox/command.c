#include "tests/sandbox/command.h"

#include "tests/sandbox/command_internal.h"
#include "tests/sandbox/fault.h"
#include "tests/sandbox/world_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOUCH_ROWS 2000u

const char command_help[] =
	"  account N health VALUE|null [vendor=gainsight|salesforce|hubspot|all]\n"
	"  account N case open [priority=P1] [escalated=true] [subject=\"...\"] [vendor=...]   prints the "
	"id\n"
	"  account N case close|escalate [ID]            the latest open case when no id is given\n"
	"  account N rename \"text\" [vendor=...]          any JSON escapes, \\u0000 too\n"
	"  account N domain \"text\"\n"
	"  account N delete|undelete|purge [vendor=...]  purge empties the bin: gone from queryAll too\n"
	"  account N merge M [restamp=false] [vendor=all]   M goes, N stays; all: in Gainsight too\n"
	"  account N cta open|close                      the company's risk CTA in Gainsight\n"
	"  account N contact K advocate true|false       K counts from 0\n"
	"  account N contact K email \"text\" [vendor=...]\n"
	"  account N contact K delete|undelete|purge [vendor=...]\n"
	"      stamp=none after health, rename, contact or undelete: the change moves no stamp\n"
	"  account N opportunity open [amount=N] [name=\"...\"]   prints the id\n"
	"  account N opportunity K stage \"Closed Won\"\n"
	"  accounts FROM..TO health VALUE|null [vendor=...]\n"
	"  hubspot companies|contacts|tickets|deals ID archive|restore|merge ID   the named one stays\n"
	"  hubspot contacts ID gdpr-delete\n"
	"  touch all|FROM..TO [stamp=same] [vendor=...] [object=account|contact|case|opportunity]\n"
	"  fault VENDOR KIND [count=N|all] [every=K] [after=K] [for=SECONDS] [object=NAME] [ms=N] [...]\n"
	"      played once unless count=, every=, for= or the kind itself says otherwise\n"
	"  clear VENDOR|all\n"
	"  latency VENDOR|all MILLISECONDS\n"
	"  set SWITCH VALUE\n"
	"  late SECONDS COMMAND                          stamped now, visible only then\n"
	"  forget messages                               empties /slack/messages\n";

struct pending {
	struct commander *commander;
	struct pending *next;
	struct pending **link;
	struct event *timer;
	char *line; /* NULL: a touch that goes on */
	int64_t change_time;
	unsigned vendors;
	enum world_kind kind;
	uint32_t from;
	uint32_t to;
};

struct commander *commander_create(struct server *server, struct world *world, struct slack *slack)
{
	struct commander *commander = world_allocate(NULL, 1, sizeof(*commander));

	*commander = (struct commander){ .server = server, .world = world, .slack = slack };
	return commander;
}

static void pending_free(struct pending *pending)
{
	*pending->link = pending->next;
	if (pending->next)
		pending->next->link = pending->link;
	event_free(pending->timer);
	free(pending->line);
	free(pending);
}

void commander_destroy(struct commander *commander)
{
	while (commander->pending)
		pending_free(commander->pending);
	free(commander);
}

static void pending_add(
	struct commander *commander, const struct pending *what, event_callback_fn due, double seconds)
{
	struct pending *pending = world_allocate(NULL, 1, sizeof(*pending));
	struct timeval delay = { .tv_sec = (time_t)seconds,
		.tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6) };

	*pending = *what;
	pending->commander = commander;
	pending->link = &commander->pending;
	pending->next = commander->pending;
	if (pending->next)
		pending->next->link = &pending->next;
	commander->pending = pending;
	pending->timer = event_new(server_event_base(commander->server), -1, 0, due, pending);
	event_add(pending->timer, &delay);
}

static void line_due(evutil_socket_t descriptor, short events, void *argument)
{
	struct pending *pending = argument;
	struct world *world = pending->commander->world;
	struct text_buffer answer = { 0 };

	(void)descriptor;
	(void)events;
	world_set_change_time(world, pending->change_time);
	if (!command_execute(pending->commander, pending->line, &answer))
		fprintf(stderr, "sandbox: %s: %s\n", pending->line, text_buffer_terminate(&answer));
	world_set_change_time(world, 0);
	if (pending->change_time)
		world_transaction_end(world, pending->change_time);
	text_buffer_free(&answer);
	pending_free(pending);
}

void command_execute_later(struct commander *commander, const char *line, double seconds, int64_t change_time)
{
	if (change_time)
		world_transaction_begin(commander->world, change_time);
	pending_add(commander, &(struct pending){ .line = strdup(line), .change_time = change_time }, line_due,
		seconds);
}

/* ---- words ---- */

static const char *string_take(const char *at, struct command_word *word)
{
	const char *end = at + 1;

	while (*end && *end != '"')
		end += *end == '\\' && end[1] ? 2 : 1;
	if (*end != '"')
		return NULL;
	json_t *decoded = json_loadb(
		at, (size_t)(end + 1 - at), JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL);

	if (!decoded)
		return NULL;
	word->length = json_string_length(decoded);
	word->value = world_allocate(NULL, word->length + 1, 1);
	memcpy(word->value, json_string_value(decoded), word->length);
	word->value[word->length] = '\0';
	json_decref(decoded);
	return end + 1;
}

const char *command_split(const char *text, struct command_line *line)
{
	*line = (struct command_line){ 0 };
	while (*text) {
		text += strspn(text, " \t\r\n");
		if (!*text || *text == '#')
			return NULL;
		if (line->count == COMMAND_WORDS)
			return "too many words";
		struct command_word *word = &line->words[line->count++];
		size_t key = 0;

		while (isalnum((unsigned char)text[key]) || text[key] == '_' || text[key] == '-')
			key++;
		if (key && text[key] == '=') {
			word->key = strndup(text, key);
			text += key + 1;
		}
		if (*text == '"') {
			text = string_take(text, word);
			if (!text)
				return "a quoted text must be a JSON string: \"Acme \\u0000 Ltd\"";
			continue;
		}
		word->length = strcspn(text, " \t\r\n");
		word->value = strndup(text, word->length);
		text += word->length;
	}
	return NULL;
}

void command_release(struct command_line *line)
{
	for (size_t at = 0; at < line->count; at++) {
		free(line->words[at].key);
		free(line->words[at].value);
	}
}

const char *command_word(const struct command_line *line, size_t at)
{
	for (size_t word = 0; word < line->count; word++)
		if (!line->words[word].key && at-- == 0)
			return line->words[word].value;
	return "";
}

const struct command_word *command_option(const struct command_line *line, const char *key)
{
	for (size_t word = 0; word < line->count; word++)
		if (line->words[word].key && strcmp(line->words[word].key, key) == 0)
			return &line->words[word];
	return NULL;
}

unsigned command_vendors(const struct command_line *line, unsigned otherwise)
{
	const struct command_word *option = command_option(line, "vendor");

	if (!option)
		return otherwise;
	if (strcmp(option->value, "all") == 0)
		return WORLD_EVERYWHERE;
	int vendor = server_vendor_find(option->value);

	return vendor >= 0 && vendor < WORLD_VENDORS ? WORLD_IN(vendor) : 0;
}

bool command_range(const char *text, uint32_t limit, uint32_t *from, uint32_t *to)
{
	char *end;

	if (strcmp(text, "all") == 0) {
		*from = 0;
		*to = limit - 1;
		return limit > 0;
	}
	unsigned long first = strtoul(text, &end, 10);

	if (end == text || strncmp(end, "..", 2) != 0)
		return false;
	const char *second = end + 2;
	unsigned long last = strtoul(second, &end, 10);

	if (end == second || *end || last < first || last >= limit)
		return false;
	*from = (uint32_t)first;
	*to = (uint32_t)last;
	return true;
}

/* ---- commands that are about no account ---- */

static bool wrong(struct text_buffer *answer, const char *message)
{
	text_buffer_add_string(answer, message);
	return false;
}

static void touch_due(evutil_socket_t descriptor, short events, void *argument)
{
	struct pending *pending = argument;
	struct pending rest = *pending;
	uint32_t to = rest.from + TOUCH_ROWS < rest.to ? rest.from + TOUCH_ROWS : rest.to;

	(void)descriptor;
	(void)events;
	world_touch(rest.commander->world, rest.vendors, rest.kind, rest.from, to);
	pending_free(pending);
	rest.from = to;
	if (rest.from < rest.to)
		pending_add(rest.commander, &rest, touch_due, 0.05);
}

static bool command_touch(struct commander *commander, const struct command_line *line, struct text_buffer *answer)
{
	static const char *const names[] = { "account", "contact", "case", "opportunity" };
	static const uint32_t slots[] = { 1, CONTACT_SLOTS, CASE_SLOTS, OPPORTUNITY_SLOTS };
	const struct command_word *object = command_option(line, "object");
	unsigned vendors = command_vendors(line, WORLD_EVERYWHERE);
	uint32_t from, to;
	size_t kind = 0;

	while (object && kind < 4 && strcmp(names[kind], object->value) != 0)
		kind++;
	if (kind == 4 || !vendors ||
		!command_range(command_word(line, 1), world_accounts(commander->world), &from, &to))
		return wrong(answer, "touch takes all or FROM..TO (account numbers), then stamp=same, vendor=, "
				     "object=account|contact|case|opportunity");
	from *= slots[kind];
	to = (to + 1) * slots[kind];
	/* A transaction that commits late does so at once, whatever it did. */
	if (command_option(line, "stamp") || commander->world->change_time) {
		world_touch(commander->world, vendors, (enum world_kind)(WORLD_ACCOUNT + kind), from, to);
		return true;
	}
	pending_add(commander,
		&(struct pending){ .vendors = vendors,
			.kind = (enum world_kind)(WORLD_ACCOUNT + kind),
			.from = from,
			.to = to },
		touch_due, 0);
	return true;
}

static bool kind_known(const struct commander *commander, int vendor, const char *kind)
{
	static const char generic[] = "slow stall truncate reset refuse 502-html 200-html 200-empty";
	const char *lists[2] = { generic, server_vendor_fault_kinds(commander->server, vendor) };
	size_t length = strlen(kind);

	for (size_t list = 0; list < 2; list++)
		for (const char *at = lists[list]; (at = strstr(at, kind)); at += length)
			if ((at == lists[list] || at[-1] == ' ') &&
				(!at[length] || at[length] == ' ' || at[length] == '*'))
				return true;
	return false;
}

static bool command_fault(struct commander *commander, const struct command_line *line, struct text_buffer *answer)
{
	int vendor = server_vendor_find(command_word(line, 1));
	const char *kind = command_word(line, 2);
	json_t *words = json_object();

	if (vendor < 0 || !*kind || !kind_known(commander, vendor, kind)) {
		json_decref(words);
		if (vendor < 0)
			return wrong(answer,
				"fault takes salesforce, hubspot, gainsight, slack or discord, then a kind");
		text_buffer_format(answer,
			"%s has the faults slow stall truncate reset refuse 502-html 200-html 200-empty %s",
			server_vendor_name(vendor), server_vendor_fault_kinds(commander->server, vendor));
		return false;
	}
	for (size_t at = 0; at < line->count; at++)
		if (line->words[at].key)
			json_object_set_new(words, line->words[at].key, json_string(line->words[at].value));
	if (strncmp(kind, "token-", 6) == 0)
		json_object_set_new(words, "object", json_string("token"));
	const char *problem = fault_table_add(server_faults(commander->server), vendor, kind, words);

	json_decref(words);
	return problem ? wrong(answer, problem) : true;
}

static bool command_clear(struct commander *commander, const struct command_line *line, struct text_buffer *answer)
{
	const char *name = command_word(line, 1);
	int vendor = server_vendor_find(name);

	if (vendor < 0 && strcmp(name, "all") != 0)
		return wrong(answer, "clear takes salesforce, hubspot, gainsight, slack, discord or all");
	fault_table_clear(server_faults(commander->server), vendor);
	return true;
}

static bool command_latency(
	struct commander *commander, const struct command_line *line, struct text_buffer *answer)
{
	const char *name = command_word(line, 1);
	const char *number = command_word(line, 2);
	int only = server_vendor_find(name);

	if ((only < 0 && strcmp(name, "all") != 0) || !isdigit((unsigned char)*number))
		return wrong(answer, "latency takes a vendor or all, then milliseconds");
	for (int vendor = 0; vendor < SERVER_VENDORS; vendor++)
		if (only < 0 || only == vendor)
			server_set_latency(commander->server, vendor, strtol(number, NULL, 10));
	return true;
}

static bool command_set(struct commander *commander, const struct command_line *line, struct text_buffer *answer)
{
	if (line->count == 3 && server_switch_set(commander->server, command_word(line, 1), command_word(line, 2)))
		return true;
	text_buffer_add_string(answer, "set takes a switch and a value; the switches are\n");
	server_switch_list(commander->server, answer);
	return false;
}

static bool command_late(
	struct commander *commander, const char *text, const struct command_line *line, struct text_buffer *answer)
{
	double seconds = strtod(command_word(line, 1), NULL);
	const char *rest = strstr(text, command_word(line, 1));

	if (seconds <= 0 || line->count < 3 || !rest)
		return wrong(answer, "late takes seconds, then a command");
	rest += strlen(command_word(line, 1));
	command_execute_later(commander, rest + strspn(rest, " \t"), seconds, world_now());
	return true;
}

bool command_execute(struct commander *commander, const char *text, struct text_buffer *answer)
{
	struct command_line line;
	const char *problem = command_split(text, &line);
	const char *verb = command_word(&line, 0);
	bool fine;

	if (problem)
		fine = wrong(answer, problem);
	else if (!line.count)
		fine = true;
	else if (strcmp(verb, "account") == 0)
		fine = command_account(commander, &line, answer);
	else if (strcmp(verb, "accounts") == 0)
		fine = command_accounts(commander, &line, answer);
	else if (strcmp(verb, "hubspot") == 0)
		fine = command_hubspot(commander, &line, answer);
	else if (strcmp(verb, "touch") == 0)
		fine = command_touch(commander, &line, answer);
	else if (strcmp(verb, "fault") == 0)
		fine = command_fault(commander, &line, answer);
	else if (strcmp(verb, "clear") == 0)
		fine = command_clear(commander, &line, answer);
	else if (strcmp(verb, "latency") == 0)
		fine = command_latency(commander, &line, answer);
	else if (strcmp(verb, "set") == 0)
		fine = command_set(commander, &line, answer);
	else if (strcmp(verb, "late") == 0)
		fine = command_late(commander, text, &line, answer);
	else if (strcmp(verb, "forget") == 0 && strcmp(command_word(&line, 1), "messages") == 0) {
		slack_forget_messages(commander->slack);
		fine = true;
	} else {
		text_buffer_format(answer, "no such command; there are\n%s", command_help);
		fine = false;
	}
	command_release(&line);
	return fine;
}
