#include "connectors/fact.h"

#include <stddef.h>
#include <string.h>

enum fact_class {
	FACT_PUBLIC = 1,    /* the request, the deal, the deadline, colleagues */
	FACT_HEALTH = 2,    /* risks, rules and what they saw, NPS, usage */
	FACT_SUPPORT = 4,   /* support cases */
	FACT_PAYMENT = 8,   /* invoices and money owed */
	FACT_CONTACT = 16,  /* people at the customer's, and what they said about themselves */
	FACT_INTERNAL = 32, /* how this program runs: sources, records, commands */
};

/* Sorted by class. A name means the same in every kind of message; a list's class is that of all that is in it. */
static const struct {
	const char *name;
	enum fact_class class;
} facts[] = {
	{ "account", FACT_PUBLIC },
	{ "account_id", FACT_PUBLIC },
	{ "acknowledge_due_at", FACT_PUBLIC },
	{ "acknowledged_by", FACT_PUBLIC },
	{ "activity_type", FACT_PUBLIC },
	{ "actor", FACT_PUBLIC },
	{ "advocate_count", FACT_PUBLIC },
	{ "answer_by", FACT_PUBLIC },
	{ "approval", FACT_PUBLIC },
	{ "approver", FACT_PUBLIC },
	{ "approver_email", FACT_PUBLIC },
	{ "approvers", FACT_PUBLIC },
	{ "asset", FACT_PUBLIC },
	{ "at", FACT_PUBLIC },
	{ "audience", FACT_PUBLIC },
	{ "blind_since", FACT_PUBLIC },
	{ "breached_at", FACT_PUBLIC },
	{ "calls_held", FACT_PUBLIC },
	{ "candidate", FACT_PUBLIC },
	{ "candidates", FACT_PUBLIC },
	{ "clock", FACT_PUBLIC },
	{ "clocks", FACT_PUBLIC },
	{ "closed", FACT_PUBLIC },
	{ "completed", FACT_PUBLIC },
	{ "connect_due_at", FACT_PUBLIC },
	{ "count", FACT_PUBLIC },
	{ "csm_email", FACT_PUBLIC },
	{ "customer", FACT_PUBLIC },
	{ "decide_by", FACT_PUBLIC },
	{ "decided_at", FACT_PUBLIC },
	{ "due_at", FACT_PUBLIC },
	{ "ended_at", FACT_PUBLIC },
	{ "ended_because", FACT_PUBLIC },
	{ "event", FACT_PUBLIC },
	{ "exposure", FACT_PUBLIC },
	{ "feedback_owed", FACT_PUBLIC },
	{ "feedback_wanted", FACT_PUBLIC },
	{ "filing", FACT_PUBLIC },
	{ "first_at", FACT_PUBLIC },
	{ "from", FACT_PUBLIC },
	{ "happened_at", FACT_PUBLIC },
	{ "holidays", FACT_PUBLIC },
	{ "items", FACT_PUBLIC },
	{ "justification", FACT_PUBLIC },
	{ "keep", FACT_PUBLIC },
	{ "kind", FACT_PUBLIC },
	{ "last_seen_at", FACT_PUBLIC },
	{ "late_s", FACT_PUBLIC },
	{ "level", FACT_PUBLIC },
	{ "lifted", FACT_PUBLIC },
	{ "limit", FACT_PUBLIC },
	{ "manager", FACT_PUBLIC },
	{ "messages_sent", FACT_PUBLIC },
	{ "messages_untold", FACT_PUBLIC },
	{ "metric", FACT_PUBLIC },
	{ "move", FACT_PUBLIC },
	{ "needed_by", FACT_PUBLIC },
	{ "not_told", FACT_PUBLIC },
	{ "note", FACT_PUBLIC },
	{ "observed_at", FACT_PUBLIC },
	{ "opportunity", FACT_PUBLIC },
	{ "outcome", FACT_PUBLIC },
	{ "owed_by", FACT_PUBLIC },
	{ "owed_to", FACT_PUBLIC },
	{ "owner", FACT_PUBLIC },
	{ "pass", FACT_PUBLIC },
	{ "pause_reason", FACT_PUBLIC },
	{ "paused_at", FACT_PUBLIC },
	{ "people", FACT_PUBLIC },
	{ "percent", FACT_PUBLIC },
	{ "proof", FACT_PUBLIC },
	{ "refusal", FACT_PUBLIC },
	{ "refused_field", FACT_PUBLIC },
	{ "remaining_s", FACT_PUBLIC },
	{ "rep", FACT_PUBLIC },
	{ "replace", FACT_PUBLIC },
	{ "request", FACT_PUBLIC },
	{ "requested_by", FACT_PUBLIC },
	{ "requests", FACT_PUBLIC },
	{ "requests_connected", FACT_PUBLIC },
	{ "requests_new", FACT_PUBLIC },
	{ "requests_open", FACT_PUBLIC },
	{ "requests_overdue", FACT_PUBLIC },
	{ "resumed_at", FACT_PUBLIC },
	{ "role", FACT_PUBLIC },
	{ "scheduled_for", FACT_PUBLIC },
	{ "silence", FACT_PUBLIC },
	{ "sla_met", FACT_PUBLIC },
	{ "sla_verdicts", FACT_PUBLIC },
	{ "source", FACT_PUBLIC },
	{ "standing", FACT_PUBLIC },
	{ "state", FACT_PUBLIC },
	{ "still", FACT_PUBLIC },
	{ "suspended_again", FACT_PUBLIC },
	{ "suspended_at", FACT_PUBLIC },
	{ "target_s", FACT_PUBLIC },
	{ "tell", FACT_PUBLIC },
	{ "to", FACT_PUBLIC },
	{ "until", FACT_PUBLIC },
	{ "unverified", FACT_PUBLIC },
	{ "urgency", FACT_PUBLIC },
	{ "week", FACT_PUBLIC },

	{ "accounts", FACT_HEALTH },
	{ "cautions", FACT_HEALTH },
	{ "changes", FACT_HEALTH },
	{ "clears_when", FACT_HEALTH },
	{ "evidence", FACT_HEALTH },
	{ "previous", FACT_HEALTH },
	{ "remaining", FACT_HEALTH },
	{ "rule", FACT_HEALTH },
	{ "severity", FACT_HEALTH },
	{ "signal", FACT_HEALTH },
	{ "suspended_now", FACT_HEALTH },
	{ "threshold", FACT_HEALTH },
	{ "value", FACT_HEALTH },

	{ "cases", FACT_SUPPORT },
	{ "escalated", FACT_SUPPORT },
	{ "number", FACT_SUPPORT },
	{ "priority", FACT_SUPPORT },
	{ "subject", FACT_SUPPORT },

	{ "amount_due", FACT_PAYMENT },
	{ "days_overdue", FACT_PAYMENT },
	{ "invoice", FACT_PAYMENT },

	{ "active_advocates", FACT_CONTACT },
	{ "advocate", FACT_CONTACT },
	{ "advocates", FACT_CONTACT },
	{ "cap", FACT_CONTACT },
	{ "cap_allowed", FACT_CONTACT },
	{ "cap_used", FACT_CONTACT },
	{ "consents_ending", FACT_CONTACT },
	{ "contact_email", FACT_CONTACT },
	{ "gone", FACT_CONTACT },
	{ "newly_suspended", FACT_CONTACT },
	{ "reason", FACT_CONTACT },
	{ "reinstated", FACT_CONTACT },
	{ "place", FACT_CONTACT },
	{ "scope", FACT_CONTACT },
	{ "single_accounts", FACT_CONTACT },
	{ "still_suspended", FACT_CONTACT },
	{ "title", FACT_CONTACT },

	{ "accept", FACT_INTERNAL },
	{ "approve", FACT_INTERNAL },
	{ "calls_allowed", FACT_INTERNAL },
	{ "calls_used", FACT_INTERNAL },
	{ "channel", FACT_INTERNAL },
	{ "connector", FACT_INTERNAL },
	{ "cycle", FACT_INTERNAL },
	{ "detail", FACT_INTERNAL },
	{ "duration_s", FACT_INTERNAL },
	{ "examples", FACT_INTERNAL },
	{ "failure_kind", FACT_INTERNAL },
	{ "field", FACT_INTERNAL },
	{ "last_success_at", FACT_INTERNAL },
	{ "refuse", FACT_INTERNAL },
	{ "reject", FACT_INTERNAL },
	{ "release", FACT_INTERNAL },
	{ "remote_id", FACT_INTERNAL },
	{ "risks", FACT_INTERNAL },
	{ "rules", FACT_INTERNAL },
	{ "since", FACT_INTERNAL },
	{ "stale_sources", FACT_INTERNAL },
	{ "stream", FACT_INTERNAL },
	{ "suspended", FACT_INTERNAL },
	{ "what", FACT_INTERNAL },
	{ "whose", FACT_INTERNAL },
	{ "why", FACT_INTERNAL },
};

static const struct {
	const char *name;
	unsigned sees;
} audiences[AUDIENCE_COUNT] = {
	[AUDIENCE_REP] = { "rep", FACT_PUBLIC },
	[AUDIENCE_CSM] = { "csm", FACT_PUBLIC | FACT_HEALTH | FACT_SUPPORT | FACT_PAYMENT | FACT_CONTACT },
	[AUDIENCE_PROGRAM] = { "program",
		FACT_PUBLIC | FACT_HEALTH | FACT_SUPPORT | FACT_PAYMENT | FACT_CONTACT | FACT_INTERNAL },
	[AUDIENCE_OPS] = { "ops", FACT_PUBLIC | FACT_INTERNAL },
};

const char *audience_name(enum audience audience)
{
	return audiences[audience].name;
}

enum audience audience_find(const char *name)
{
	unsigned audience = 0;

	while (audience < AUDIENCE_COUNT && strcmp(audiences[audience].name, name) != 0)
		audience++;
	return (enum audience)audience;
}

unsigned audience_sees(enum audience audience)
{
	return audiences[audience].sees;
}

static unsigned class_of(const char *name)
{
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		if (strcmp(facts[i].name, name) == 0)
			return facts[i].class;
	return 0;
}

bool fact_is_known(const char *name)
{
	return class_of(name) != 0;
}

bool fact_is_visible(const char *name, unsigned classes)
{
	unsigned class = class_of(name);

	return ((class == 0 ? FACT_INTERNAL : class) & classes) != 0;
}
