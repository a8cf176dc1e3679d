#include "tests/sandbox/command_internal.h"
#include "tests/sandbox/world_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wrong(struct text_buffer *answer, const char *message)
{
	text_buffer_add_string(answer, message);
	return false;
}

static bool health_read(const char *text, bool *scored, double *health)
{
	char *end;

	*scored = strcmp(text, "null") != 0;
	*health = *scored ? strtod(text, &end) : 0;
	return !*scored || (end != text && !*end);
}

/* The CS tool tells the truth; whom it does not know, the CRM tells of. */
static unsigned health_vendors(const struct commander *commander, const struct command_line *line, uint32_t account)
{
	bool known = world_present(commander->world, WORLD_GAINSIGHT, WORLD_ACCOUNT, account);

	return command_vendors(line, known ? WORLD_IN(WORLD_GAINSIGHT) : WORLD_IN(WORLD_SALESFORCE));
}

/* A formula's new value moves no stamp of its own (Object Reference, System Fields). */
static void formula_health_set(
	struct commander *commander, uint32_t account, unsigned vendors, bool scored, double health)
{
	const char *formulas = server_switch(commander->server, "salesforce.formula_field", "");
	unsigned quiet = commander->world->unstamped;

	if (strstr(formulas, "Account.Health_Score__c"))
		world_set_unstamped(commander->world, commander->world->unstamped | WORLD_IN(WORLD_SALESFORCE));
	/* Nor does a calculated property's, as a client found. */
	if (strcmp(server_switch(commander->server, "hubspot.health_calculated", "no"), "yes") == 0)
		world_set_unstamped(commander->world, commander->world->unstamped | WORLD_IN(WORLD_HUBSPOT));
	world_account_set_health(commander->world, account, vendors, scored, health);
	world_set_unstamped(commander->world, quiet);
}

static bool account_health(
	struct commander *commander, const struct command_line *line, uint32_t account, struct text_buffer *answer)
{
	unsigned vendors = health_vendors(commander, line, account);
	bool scored;
	double health;

	if (!vendors || !health_read(command_word(line, 3), &scored, &health))
		return wrong(answer, "account N health takes a number or null, then vendor=gainsight|salesforce|"
				     "hubspot|all");
	formula_health_set(commander, account, vendors, scored, health);
	return true;
}

static void case_id_add(enum world_vendor home, uint32_t index, struct text_buffer *answer)
{
	char id[19];

	world_salesforce_id(WORLD_CASE, index, id);
	if (home == WORLD_HUBSPOT)
		text_buffer_add_number(answer, (int64_t)world_hubspot_id(WORLD_CASE, index));
	else
		text_buffer_add_string(answer, id);
	text_buffer_add_char(answer, '\n');
}

static bool case_open(
	struct commander *commander, const struct command_line *line, uint32_t account, struct text_buffer *answer)
{
	const struct command_word *priority = command_option(line, "priority");
	const struct command_word *subject = command_option(line, "subject");
	const struct command_word *escalated = command_option(line, "escalated");
	unsigned vendors = command_vendors(line, WORLD_IN(WORLD_SALESFORCE));
	enum world_vendor home = vendors == WORLD_IN(WORLD_HUBSPOT) ? WORLD_HUBSPOT : WORLD_SALESFORCE;

	if (vendors != WORLD_IN(WORLD_SALESFORCE) && vendors != WORLD_IN(WORLD_HUBSPOT))
		return wrong(answer, "a case lives in vendor=salesforce or vendor=hubspot");
	if (!world_present(commander->world, home, WORLD_ACCOUNT, account))
		return wrong(answer, "this vendor does not know the account");
	uint32_t index = world_case_open(commander->world, account, home, priority ? priority->value : "High",
		escalated && strcmp(escalated->value, "true") == 0,
		subject ? (struct text_slice){ subject->value, subject->length }
			: text_slice_of("Production is down"));

	case_id_add(home, index, answer);
	return true;
}

/* The case of that id, or the account's latest open one. */
static bool case_find(struct commander *commander, const char *id, uint32_t account, uint32_t *index)
{
	enum world_kind kind;
	bool found = false;

	if (*id)
		return (world_salesforce_find(commander->world, id, strlen(id), &kind, index) &&
			       kind == WORLD_CASE) ||
		       world_hubspot_find(commander->world, WORLD_CASE, id, strlen(id), index);
	for (int vendor = WORLD_SALESFORCE; vendor <= WORLD_HUBSPOT; vendor++) {
		uint64_t iterator = 0;
		uint32_t child;

		while (world_child_next(
			commander->world, (enum world_vendor)vendor, WORLD_CASE, account, &iterator, &child)) {
			struct world_case support_case;

			world_case_read(commander->world, (enum world_vendor)vendor, child, &support_case);
			if (support_case.closed || support_case.deleted || (found && child < *index))
				continue;
			*index = child;
			found = true;
		}
	}
	return found;
}

static bool account_case(
	struct commander *commander, const struct command_line *line, uint32_t account, struct text_buffer *answer)
{
	const char *verb = command_word(line, 3);
	struct world_case support_case;
	uint32_t index;

	if (strcmp(verb, "open") == 0)
		return case_open(commander, line, account, answer);
	if (strcmp(verb, "close") != 0 && strcmp(verb, "escalate") != 0 && strcmp(verb, "delete") != 0)
		return wrong(answer, "account N case takes open, close, escalate or delete");
	if (!case_find(commander, command_word(line, 4), account, &index))
		return wrong(answer, "no such case, and no open one either");
	world_case_read(commander->world, WORLD_SALESFORCE, index, &support_case);
	if (strcmp(verb, "delete") == 0)
		world_record_delete(commander->world, WORLD_CASE, index, WORLD_EVERYWHERE);
	else if (strcmp(verb, "close") == 0)
		world_case_change(commander->world, index, true, support_case.escalated);
	else
		world_case_change(commander->world, index, support_case.closed, true);
	case_id_add(support_case.home, index, answer);
	return true;
}

static const struct command_word *text_word(const struct command_line *line, size_t at)
{
	for (size_t word = 0; word < line->count; word++)
		if (!line->words[word].key && at-- == 0)
			return &line->words[word];
	return NULL;
}

static bool account_text(
	struct commander *commander, const struct command_line *line, uint32_t account, struct text_buffer *answer)
{
	const struct command_word *text = text_word(line, 3);
	unsigned vendors = command_vendors(line, WORLD_EVERYWHERE);

	if (!text || !vendors)
		return wrong(answer, "rename and domain take a text in quotes, then vendor=");
	struct text_slice slice = { text->value, text->length };

	if (strcmp(command_word(line, 2), "domain") == 0)
		world_account_set_domain(commander->world, account, slice);
	else
		world_account_rename(commander->world, account, vendors, slice);
	return true;
}

/* The verb is delete, undelete or purge. */
static bool record_exists(struct commander *commander, const struct command_line *line, enum world_kind kind,
	uint32_t index, const char *verb, struct text_buffer *answer)
{
	unsigned vendors = command_vendors(line, WORLD_EVERYWHERE);

	if (!vendors)
		return wrong(answer, "vendor= takes gainsight, salesforce, hubspot or all");
	if (*verb == 'p')
		world_record_purge(commander->world, kind, index, vendors);
	else if (*verb == 'u')
		world_record_undelete(commander->world, kind, index, vendors);
	else
		world_record_delete(commander->world, kind, index, vendors);
	return true;
}

static bool exists_verb(const char *verb)
{
	return strcmp(verb, "delete") == 0 || strcmp(verb, "undelete") == 0 || strcmp(verb, "purge") == 0;
}

static bool child_find(struct commander *commander, const struct command_line *line, enum world_kind kind,
	uint32_t account, uint32_t *child)
{
	char *end;
	unsigned long number = strtoul(command_word(line, 3), &end, 10);
	uint64_t iterator = 0;
	unsigned long at = 0;

	if (end == command_word(line, 3) || *end)
		return false;
	while (world_child_next(commander->world, WORLD_SALESFORCE, kind, account, &iterator, child))
		if (at++ == number)
			return true;
	return false;
}

static bool account_contact(
	struct commander *commander, const struct command_line *line, uint32_t account, struct text_buffer *answer)
{
	const char *verb = command_word(line, 4);
	const struct command_word *text = text_word(line, 5);
	uint32_t contact;

	if (!child_find(commander, line, WORLD_CONTACT, account, &contact))
		return wrong(answer, "account N contact takes the contact's number, from 0 on");
	if (exists_verb(verb))
		return record_exists(commander, line, WORLD_CONTACT, contact, verb, answer);
	if (strcmp(verb, "advocate") == 0 && text &&
		(strcmp(text->value, "true") == 0 || strcmp(text->value, "false") == 0)) {
		world_contact_set_advocate(commander->world, contact, *text->value == 't');
		return true;
	}
	if (strcmp(verb, "email") == 0 && text && command_vendors(line, WORLD_EVERYWHERE)) {
		world_contact_set_email(commander->world, contact, command_vendors(line, WORLD_EVERYWHERE),
			(struct text_slice){ text->value, text->length });
		return true;
	}
	return wrong(
		answer, "account N contact K takes advocate true|false, email \"text\", delete, undelete or purge");
}

static bool account_opportunity(
	struct commander *commander, const struct command_line *line, uint32_t account, struct text_buffer *answer)
{
	const struct command_word *amount = command_option(line, "amount");
	const struct command_word *name = command_option(line, "name");
	const struct command_word *stage = text_word(line, 5);
	uint32_t opportunity;
	char id[19];

	if (strcmp(command_word(line, 3), "open") == 0) {
		opportunity = world_opportunity_open(commander->world, account,
			name ? (struct text_slice){ name->value, name->length } : text_slice_of("New deal"),
			amount ? strtoll(amount->value, NULL, 10) : 50000);
		world_salesforce_id(WORLD_OPPORTUNITY, opportunity, id);
		text_buffer_format(answer, "%s\n", id);
		return true;
	}
	if (child_find(commander, line, WORLD_OPPORTUNITY, account, &opportunity) &&
		strcmp(command_word(line, 4), "stage") == 0 && stage &&
		world_opportunity_set_stage(commander->world, opportunity, stage->value))
		return true;
	return wrong(answer, "account N opportunity takes open [amount=] [name=], or a number from 0 on and stage "
			     "Prospecting|Proposal|Negotiation|\"Closed Won\"|\"Closed Lost\"");
}

static bool account_cta(
	struct commander *commander, const struct command_line *line, uint32_t account, struct text_buffer *answer)
{
	const char *verb = command_word(line, 3);

	if (strcmp(verb, "open") != 0 && strcmp(verb, "close") != 0)
		return wrong(answer, "account N cta takes open or close");
	if (!world_present(commander->world, WORLD_GAINSIGHT, WORLD_ACCOUNT, account))
		return wrong(answer, "Gainsight does not know the account");
	world_account_set_cta(commander->world, account, *verb == 'o');
	return true;
}

static bool account_merge(
	struct commander *commander, const struct command_line *line, uint32_t account, struct text_buffer *answer)
{
	const struct command_word *restamp = command_option(line, "restamp");
	char *end;
	unsigned long loser = strtoul(command_word(line, 3), &end, 10);

	if (end == command_word(line, 3) || *end || loser >= world_accounts(commander->world) || loser == account)
		return wrong(answer, "account N merge takes the number of the account that goes");
	if (world_deleted(commander->world, WORLD_SALESFORCE, WORLD_ACCOUNT, account) ||
		world_deleted(commander->world, WORLD_SALESFORCE, WORLD_ACCOUNT, (uint32_t)loser))
		return wrong(answer, "deleted accounts cannot be merged");
	world_account_merge(
		commander->world, account, (uint32_t)loser, !restamp || strcmp(restamp->value, "false") != 0);
	/* Gainsight has no merge of its own that the CRM's would start; there the loser just disappears. */
	if (command_vendors(line, 0) == WORLD_EVERYWHERE)
		world_record_delete(commander->world, WORLD_ACCOUNT, (uint32_t)loser, WORLD_IN(WORLD_GAINSIGHT));
	return true;
}

static bool account_obey(
	struct commander *commander, const struct command_line *line, uint32_t index, struct text_buffer *answer)
{
	const char *verb = command_word(line, 2);

	if (strcmp(verb, "health") == 0)
		return account_health(commander, line, index, answer);
	if (strcmp(verb, "case") == 0)
		return account_case(commander, line, index, answer);
	if (strcmp(verb, "rename") == 0 || strcmp(verb, "domain") == 0)
		return account_text(commander, line, index, answer);
	if (exists_verb(verb))
		return record_exists(commander, line, WORLD_ACCOUNT, index, verb, answer);
	if (strcmp(verb, "cta") == 0)
		return account_cta(commander, line, index, answer);
	if (strcmp(verb, "merge") == 0)
		return account_merge(commander, line, index, answer);
	if (strcmp(verb, "contact") == 0)
		return account_contact(commander, line, index, answer);
	if (strcmp(verb, "opportunity") == 0)
		return account_opportunity(commander, line, index, answer);
	return wrong(answer, "account N takes health, case, rename, domain, delete, undelete, purge, merge, "
			     "contact or opportunity");
}

bool command_account(struct commander *commander, const struct command_line *line, struct text_buffer *answer)
{
	const struct command_word *stamp = command_option(line, "stamp");
	const char *verb = command_word(line, 2);
	char *end;
	unsigned long account = strtoul(command_word(line, 1), &end, 10);

	if (end == command_word(line, 1) || *end || account >= world_accounts(commander->world)) {
		text_buffer_format(answer, "accounts are numbered 0 to %u", world_accounts(commander->world) - 1);
		return false;
	}
	/* What is new or gone must be found by its stamp, so it cannot do without one. */
	if (stamp && (strcmp(stamp->value, "none") != 0 ||
			     (strcmp(verb, "health") != 0 && strcmp(verb, "rename") != 0 &&
				     strcmp(verb, "contact") != 0 && strcmp(verb, "undelete") != 0) ||
			     strcmp(command_word(line, 4), "delete") == 0))
		return wrong(answer, "stamp=none goes with health, rename, contact and undelete");
	if (stamp)
		world_set_unstamped(commander->world, WORLD_EVERYWHERE);
	bool fine = account_obey(commander, line, (uint32_t)account, answer);

	world_set_unstamped(commander->world, 0);
	return fine;
}

bool command_accounts(struct commander *commander, const struct command_line *line, struct text_buffer *answer)
{
	uint32_t from, to;
	bool scored;
	double health;

	if (!command_range(command_word(line, 1), world_accounts(commander->world), &from, &to) ||
		strcmp(command_word(line, 2), "health") != 0 ||
		!health_read(command_word(line, 3), &scored, &health) || !command_vendors(line, WORLD_EVERYWHERE))
		return wrong(answer, "accounts takes FROM..TO or all, health, a number or null, then vendor=");
	for (uint32_t account = from; account <= to; account++)
		formula_health_set(commander, account, health_vendors(commander, line, account), scored, health);
	return true;
}
