#include "connectors/slack.h"

#include <string.h>

#define DANGER "danger"
#define WARNING "warning"
#define GOOD "good"
#define NEUTRAL "#439FE0"

/* "REQ-4 (reference call for Acme, opportunity Acme expansion)" */
#define REQUEST                                                                                                    \
	"[{request}|a request][ (<{activity_type:activity}[ for {account}]|for {account}>"                         \
	"[, opportunity {opportunity}])| (opportunity {opportunity})]"

/* "Priya N. and Tom O. of Acme are"; `are` stays when nobody is named. */
#define ADVOCATES "<{advocates:names}[ of {account}] {advocates:is}|the advocates of {account} are|an advocate is>"
#define ADVOCATES_MAY "<{advocates:names}[ of {account}]|the advocates of {account}|an advocate>"

/* "health score 48, was 82; the rule “low health score” asks for 60 or more" */
#define REASON                                                                                                     \
	"<{signal:signal} {value:number}[, was {previous:number}]"                                                 \
	"[; the rule “{rule:rule}” asks for {threshold:asks}|; rule “{rule:rule}”]"                        \
	"|rule “{rule:rule}”>"
#define SEEN "[ (from {source}[, seen {observed_at:time}])]"
#define HIDDEN "{withheld}The reason is kept out of this channel."

/* The fields that every message about a request ends with. */
/* clang-format off */
#define REQUEST_FIELDS \
	{"Request", "{request}"}, {"Wanted", "{activity_type:activity}"}, {"Account", "{account}"}, \
	{"Opportunity", "{opportunity}"}, {"Asked for by", "{requested_by}"}
/* clang-format on */

static const char *const suspended_sentences[] = {
	"SUSPENDED: " ADVOCATES " not offered for references until the risk is over.",
	"Why: " REASON SEEN ".",
	HIDDEN,
	"@list",
	"[CSM {csm_email}|The account's CSM]: please look at the account[, and decide what becomes of "
	"{requests:names}].",
	"It ends by itself when {clears_when}.",
	NULL,
};

static const struct slack_field suspended_fields[] = {
	{ "Account", "{account}" },
	{ "Advocates", "{advocates:names}" },
	{ "Signal", "{signal:signal} {value:number}[ (was {previous:number})]" },
	{ "Rule", "{rule:rule}[: asks for {threshold:asks}]" },
	{ "Severity", "{severity}" },
	{ "Seen", "{observed_at:time}[ in {source}]" },
	{ "CSM", "{csm_email}" },
	{ "Open requests", "{requests:names}" },
	{ "Ends when", "{clears_when}" },
	{ NULL, NULL },
};

static const char *const reinstated_sentences[] = {
	"REINSTATED: " ADVOCATES_MAY " may be asked for references again.",
	"Suspended since {suspended_at:time}.",
	"Why now: " REASON SEEN ".",
	HIDDEN,
	"Still suspended, for another reason: {still_suspended:names}.",
	"@list",
	"[CSM {csm_email}: nothing|Nothing] to do[; waiting: {requests:names}].",
	NULL,
};

static const struct slack_field reinstated_fields[] = {
	{ "Account", "{account}" },
	{ "Advocates", "{advocates:names}" },
	{ "Signal", "{signal:signal} {value:number}[ (was {previous:number})]" },
	{ "Rule", "{rule:rule}[: asks for {threshold:asks}]" },
	{ "Suspended since", "{suspended_at:time}" },
	{ "Still suspended", "{still_suspended:names}" },
	{ "Seen", "{observed_at:time}[ in {source}]" },
	{ "CSM", "{csm_email}" },
	{ "Open requests", "{requests:names}" },
	{ NULL, NULL },
};

static const char *const suspended_by_person_sentences[] = {
	"SUSPENDED: " ADVOCATES " not offered for references any more[; {actor} decided so[ on {at:time}]].",
	"Reason given: {reason:long}.",
	"It lasts until a person lifts it.",
	NULL,
};

static const char *const reinstated_by_person_sentences[] = {
	"REINSTATED: " ADVOCATES_MAY " may be asked for references again[; {actor} decided so[ on {at:time}]].",
	"Reason given: {reason:long}.",
	"Nothing to do.",
	NULL,
};

static const char *const lifted_by_person_sentences[] = {
	"LIFTED: the suspension that a person had put on " ADVOCATES_MAY
	" is over[; {actor} decided so[ on {at:time}]].",
	"Reason given: {reason:long}.",
	"Still not offered for references, for another reason[: {remaining}].",
	NULL,
};

static const struct slack_field by_person_fields[] = {
	{ "Account", "{account}" },
	{ "Advocate", "{advocates:names}" },
	{ "Decided by", "{actor}" },
	{ "At", "{at:time}" },
	{ "Reason given", "{reason:long}" },
	{ NULL, NULL },
};

static const char *const received_sentences[] = {
	"REQUEST: " REQUEST " is new[, asked for by {requested_by}].",
	"[The advocacy program team acknowledges it by {acknowledge_due_at:time}[ and connects an advocate "
	"by "
	"{connect_due_at:time}].|The advocacy program team connects an advocate by {connect_due_at:time}.]",
	"The deal needs it by {needed_by:time}.",
	"Why: {justification:long}.",
	"Audience: {audience}.",
	"Wanted outcome: {outcome}.",
	NULL,
};

static const struct slack_field received_fields[] = {
	REQUEST_FIELDS,
	{ "Acknowledge by", "{acknowledge_due_at:time}" },
	{ "Connect by", "{connect_due_at:time}" },
	{ "Needed by", "{needed_by:time}" },
	{ "Audience", "{audience}" },
	{ "Wanted outcome", "{outcome}" },
	{ NULL, NULL },
};

static const char *const matched_sentences[] = {
	"REQUEST MATCHED: an advocate is found for " REQUEST ".",
	"The advocacy program team asks the advocate and sets the date[ by {connect_due_at:time}].",
	"[{requested_by}: nothing|Nothing] to do yet.",
	NULL,
};

static const char *const scheduled_sentences[] = {
	"REQUEST SCHEDULED: " REQUEST " has its date[: {scheduled_for:time}].",
	"[{requested_by}|The requester]: please prepare the advocate's part, and say afterwards how it went.",
	NULL,
};

/* Never a reason: what ails an account is not for everybody who asks for references (domain.md c.11). */
static const char *const unavailable_sentences[] = {
	"ADVOCATE UNAVAILABLE: the advocate for " REQUEST " is no longer available.",
	"The advocacy program team looks for another one[ by {connect_due_at:time}].",
	"[{requested_by}: nothing|Nothing] to do.",
	NULL,
};

static const char *const consent_expiring_sentences[] = {
	"<CONSENT ENDED: since {ended_at:time} [{advocates:names}|an advocate][ of {account}] can't be asked "
	"any more|CONSENT ENDS: on {until:time} [{advocates:names}|an advocate][ of {account}] can't be asked "
	"any more>[ (what was allowed: {scope:words})].",
	"[CSM {csm_email}|The account's CSM]: please ask whether they want to go on; the advocacy program team "
	"records "
	"the answer.",
	NULL,
};

static const char *const consent_withdrawn_sentences[] = {
	"CONSENT WITHDRAWN: [{advocates:names}|an advocate][ of {account}] must not be asked any more[ "
	"(withdrawn: {scope:words})].",
	"Reason given: {reason:long}.",
	"Looked for anew: {requests:names}.",
	"[CSM {csm_email}|The account's CSM] and Marketing: please take down what was published with their name.",
	NULL,
};

static const struct slack_field consent_fields[] = {
	{ "Account", "{account}" },
	{ "Advocate", "{advocates:names}" },
	{ "Consent to", "{scope:words}" },
	{ "Until", "{until:time}" },
	{ "Recorded by", "{actor}" },
	{ "Reason given", "{reason:long}" },
	{ "Open requests", "{requests:names}" },
	{ NULL, NULL },
};

static const struct slack_field request_fields[] = {
	REQUEST_FIELDS,
	{ "Date", "{scheduled_for:time}" },
	{ "Due", "{connect_due_at:time}" },
	{ NULL, NULL },
};

static const char *const warning_sentences[] = {
	"SLA WARNING: " REQUEST " is to be <{metric:metric}|answered>[ by {due_at:time}].",
	"<{percent:number} % of the time is used[, {remaining_s:duration} of working time is left]"
	"|{remaining_s:duration} of working time is left>.",
	"Who acts: {owed_by:team}[; {owed_to:team} is waiting].",
	"Asked for by {requested_by}.",
	NULL,
};

static const char *const breach_sentences[] = {
	"SLA BREACH: " REQUEST " was not <{metric:metric}|answered>[ by {due_at:time}]"
	"[; {target_s:duration} of working time were agreed].",
	"Who acts, now: {owed_by:team}[; {owed_to:team} is waiting].",
	"Asked for by {requested_by}.",
	NULL,
};

static const struct slack_field sla_fields[] = {
	REQUEST_FIELDS,
	{ "Due", "{due_at:time}" },
	{ "Owed by", "{owed_by:team}[ to {owed_to:team}]" },
	{ "Used", "{percent:number} %" },
	{ "Working time left", "{remaining_s:duration}" },
	{ NULL, NULL },
};

static const struct slack_field breach_fields[] = {
	REQUEST_FIELDS,
	{ "Due", "{due_at:time}" },
	{ "Owed by", "{owed_by:team}[ to {owed_to:team}]" },
	{ "Agreed", "{target_s:duration} of working time" },
	{ "Breached", "{breached_at:time}" },
	{ "State", "{state:words}" },
	{ NULL, NULL },
};

static const char *const failing_sentences[] = {
	"SYNC FAILING: source [{source}|of unknown name][ ({connector})] can't be read[ since {since:time}].",
	"What happened: {detail:long}.",
	"What comes next: {failure_kind:remedy}.",
	"Risks are judged by the data of {last_success_at:time} until then.",
	NULL,
};

static const struct slack_field failing_fields[] = {
	{ "Source", "{source}[ ({connector})]" },
	{ "Kind", "{failure_kind}" },
	{ "Since", "{since:time}" },
	{ "Last good data", "{last_success_at:time}" },
	{ "Detail", "{detail:long}" },
	{ NULL, NULL },
};

static const char *const recovered_sentences[] = {
	"SYNC RECOVERED: source [{source}|of unknown name] is read again[ after {duration_s:duration}]"
	"[ (it failed since {since:time})].",
	"Nothing to do.",
	NULL,
};

static const struct slack_field recovered_fields[] = {
	{ "Source", "{source}" },
	{ "Failed since", "{since:time}" },
	{ "Lasted", "{duration_s:duration}" },
	{ NULL, NULL },
};

static const char *const rejected_sentences[] = {
	"REJECTED: [{count:records}|records] of [{source}|a source][ ({stream:words})] could not be "
	"understood: set "
	"aside, while all others were taken over.",
	"@list",
	"Operations: mend them at the source or in the mapping file; the table rejected_record lists them "
	"all.",
	NULL,
};

static const struct slack_field rejected_fields[] = {
	{ "Source", "{source}" },
	{ "Stream", "{stream:words}" },
	{ "Set aside", "{count:records}" },
	{ NULL, NULL },
};

static const char *const first_load_sentences[] = {
	"FIRST LOAD: [{source}|a source][ ({stream:words})] was read for the first time[; suspended: "
	"{suspended:count}].",
	"@list",
	"Accounts at risk: {accounts:names}.",
	"These are not told one by one. Advocacy program team: please look through them.",
	NULL,
};

static const struct slack_field first_load_fields[] = {
	{ "Source", "{source}" },
	{ "Stream", "{stream:words}" },
	{ "Suspended", "{suspended:count}" },
	{ "Accounts at risk", "{accounts:names}" },
	{ NULL, NULL },
};

static const char *const flapping_sentences[] = {
	"TO AND FRO: a risk of [{account}|an account] came and went {changes:count} times within 30 days.",
	"Why: " REASON SEEN ".",
	HIDDEN,
	"It stays until a person has looked.",
	"[CSM {csm_email}|The account's CSM]: please look at the account[; then the advocacy program team runs "
	"“{release}”].",
	NULL,
};

static const struct slack_field flapping_fields[] = {
	{ "Account", "{account}" },
	{ "Signal", "{signal:signal} {value:number}[ (was {previous:number})]" },
	{ "Rule", "{rule:rule}[: asks for {threshold:asks}]" },
	{ "Changes", "{changes:count}" },
	{ "Seen", "{observed_at:time}[ in {source}]" },
	{ "CSM", "{csm_email}" },
	{ "Once looked at", "{release}" },
	{ NULL, NULL },
};

static const char *const held_sentences[] = {
	"HELD: {count:count} advocates would have been suspended at once by what [{source}|a source][ "
	"({stream:words})] "
	"says; the limit is {limit:count}.",
	"Nobody was suspended. None of them is offered for new references until a person decides.",
	"@list",
	"Accounts, the first of them: {accounts:names}.",
	"Advocacy program team: if it is true, run “{release}”; if the data are wrong, run “{reject}”.",
	NULL,
};

static const struct slack_field held_fields[] = {
	{ "Source", "{source}" },
	{ "Would be suspended", "{count:count}" },
	{ "Limit", "{limit:count}" },
	{ "If it is true", "{release}" },
	{ "If the data are wrong", "{reject}" },
	{ NULL, NULL },
};

static const char *const drift_sentences[] = {
	"DRIFT: the field [“{field}”|of unknown name] of [{source}|a source][ ({stream:words})] doesn't come any "
	"more "
	"as it came.",
	"What was seen: {detail:long}.",
	"What was stored of it stays as it is, so it changes no suspension.",
	"@list",
	"Operations: mend it at the source or in the mapping file[; if it is right as it comes now, run "
	"“{accept}”].",
	NULL,
};

static const struct slack_field drift_fields[] = {
	{ "Source", "{source}" },
	{ "Stream", "{stream:words}" },
	{ "Field", "{field}" },
	{ "What happened", "{kind:words}" },
	{ "If it is right", "{accept}" },
	{ NULL, NULL },
};

static const char *const undone_sentences[] = {
	"TAKEN BACK: what was decided[ on {decided_at:time}][ by the data of {source}[ ({stream:words})]] doesn't "
	"hold "
	"any more[; {actor} decided so[ on {at:time}]].",
	"Reason given: {reason:long}.",
	"May be asked for references again: {advocates:names}.",
	"Suspended again, as before: {still_suspended:names}.",
	"Nothing to do.",
	NULL,
};

static const struct slack_field undone_fields[] = {
	{ "Source", "{source}" },
	{ "Stream", "{stream:words}" },
	{ "Decided", "{decided_at:time}" },
	{ "Suspensions that ended", "{lifted:count}" },
	{ "Suspended again", "{suspended_again:count}" },
	{ "Taken back by", "{actor}" },
	{ "Reason given", "{reason:long}" },
	{ NULL, NULL },
};

#define CASES                                                                                                      \
	"cases", "Open support cases",                                                                             \
		"{number}[ “{subject}”][ (<{priority}[, {escalated:flag}]|{escalated:flag}>)]"

static const struct slack_layout layouts[] = {
	{ "advocate_suspended", DANGER, suspended_sentences, suspended_fields, CASES },
	{ "advocate_reinstated", GOOD, reinstated_sentences, reinstated_fields, CASES },
	{ "advocate_suspended_by_person", DANGER, suspended_by_person_sentences, by_person_fields, NULL, NULL,
		NULL },
	{ "suspension_lifted_by_person", NEUTRAL, lifted_by_person_sentences, by_person_fields, NULL, NULL, NULL },
	{ "advocate_reinstated_by_person", GOOD, reinstated_by_person_sentences, by_person_fields, NULL, NULL,
		NULL },
	{ "request_received", NEUTRAL, received_sentences, received_fields, NULL, NULL, NULL },
	{ "request_matched", GOOD, matched_sentences, request_fields, NULL, NULL, NULL },
	{ "request_scheduled", GOOD, scheduled_sentences, request_fields, NULL, NULL, NULL },
	{ "advocate_unavailable", WARNING, unavailable_sentences, request_fields, NULL, NULL, NULL },
	{ "consent_expiring", WARNING, consent_expiring_sentences, consent_fields, NULL, NULL, NULL },
	{ "consent_withdrawn", DANGER, consent_withdrawn_sentences, consent_fields, NULL, NULL, NULL },
	{ "sla_warning", WARNING, warning_sentences, sla_fields, NULL, NULL, NULL },
	{ "sla_breach", DANGER, breach_sentences, breach_fields, NULL, NULL, NULL },
	{ "source_failing", DANGER, failing_sentences, failing_fields, NULL, NULL, NULL },
	{ "source_recovered", GOOD, recovered_sentences, recovered_fields, NULL, NULL, NULL },
	{ "records_rejected", WARNING, rejected_sentences, rejected_fields, "examples", "For example",
		"{remote_id}: <{field} {reason}|{reason}>" },
	{ "risk_flapping", WARNING, flapping_sentences, flapping_fields, NULL, NULL, NULL },
	{ "suspensions_held", DANGER, held_sentences, held_fields, "rules", "Rules", "{rule:rule}: {count:count}" },
	{ "first_load_summary", NEUTRAL, first_load_sentences, first_load_fields, "risks", "Risks found",
		"{rule:rule}: {count:count}" },
	{ "field_drift", WARNING, drift_sentences, drift_fields, "rules", "Rules that use it", "{rule:rule}" },
	{ "decisions_undone", NEUTRAL, undone_sentences, undone_fields, NULL, NULL, NULL },
};

const char *const slack_layout_kinds[] = { "advocate_suspended", "advocate_reinstated",
	"advocate_suspended_by_person", "advocate_reinstated_by_person", "suspension_lifted_by_person",
	"request_received", "request_matched", "request_scheduled", "advocate_unavailable", "consent_expiring",
	"consent_withdrawn", "sla_warning", "sla_breach", "source_failing", "source_recovered", "records_rejected",
	"risk_flapping", "suspensions_held", "first_load_summary", "field_drift", "decisions_undone", NULL };

const struct slack_layout *slack_layout_find(const char *kind)
{
	for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
		if (strcmp(layouts[i].kind, kind) == 0)
			return &layouts[i];
	return NULL;
}
