/* Which records the policy takes for a risk: what a vendor is asked for before a first load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connectors/buffer.h"
#include "daemon/at_risk.h"

/* "[entity] key = field; key = field; ..." */
static struct mapping *mapping_of(const char *text)
{
	struct mapping *mapping = mapping_new();
	char copy[1000], *rest = NULL, *section;
	struct failure failure;

	(void)snprintf(copy, sizeof copy, "%s", text);
	section = strtok_r(copy, "[]", &rest);
	for (char *line = strtok_r(NULL, ";", &rest); line != NULL; line = strtok_r(NULL, ";", &rest)) {
		char *equal = strstr(line, " = ");
		line += strspn(line, "] ");
		assert_non_null(equal);
		*equal = '\0';
		if (!mapping_set(mapping, section, line, equal + 3, 1, &failure))
			fail_msg("%s", failure.text);
	}
	return mapping;
}

static void write_test(struct buffer *out, const struct record_test *test)
{
	(void)buffer_append_text(out, test->field);
	switch (test->kind) {
	case RECORD_TEST_NUMBER:
		(void)buffer_printf(out, " %s %s", test->operator, test->number);
		return;
	case RECORD_TEST_YES:
	case RECORD_TEST_NO:
		(void)buffer_append_text(out, test->kind == RECORD_TEST_YES ? " yes" : " no");
		return;
	case RECORD_TEST_WORDS:
		break;
	}
	for (size_t i = 0; i < test->word_count; i++)
		(void)buffer_printf(out, "%s%s", i == 0 ? " in " : "|", test->words[i]);
}

/* The filter in words; "nothing" when there is none. `risks` are the members of the policy's list, `top` those of
 * top_priorities. */
static void assert_filter(const char *risks, const char *top, const char *lines, const char *wanted)
{
	struct mapping *mapping = mapping_of(lines);
	char text[4000], section[40] = "";
	struct record_filter filter;
	struct buffer out;

	(void)sscanf(lines, "[%39[a-z_]", section);
	enum entity entity = entity_by_name(section);
	(void)snprintf(text, sizeof text, "{\"risks\":[%s],\"settings\":{\"top_priorities\":[%s]}}", risks, top);
	json_t *policy = json_loads(text, 0, NULL);
	assert_non_null(policy);
	buffer_init(&out, 4000);
	if (!at_risk_filter(policy, entity, &mapping->entities[entity], &filter))
		(void)buffer_append_text(&out, "nothing");
	for (size_t i = 0; i < filter.count; i++)
		for (size_t j = 0; j < filter.groups[i].count; j++) {
			(void)buffer_append_text(&out, j > 0 ? " and " : i > 0 ? " or " : "");
			write_test(&out, &filter.groups[i].tests[j]);
		}
	assert_string_equal(buffer_text(&out), wanted);
	assert_int_equal(filter.open, entity == ENTITY_SUPPORT_CASE && strstr(risks, "open_escalations") != NULL);
	buffer_free(&out);
	json_decref(policy);
	mapping_free(mapping);
}

#define RISK(signal, operator, value)                                                                              \
	"{\"signal\":\"" signal "\",\"enter\":{\"operator\":\"" operator"\",\"value\":\"" value "\"}}"
#define HEALTH "[account] signal.health_score = Health__c"
#define TICKET                                                                                                     \
	"[support_case] priority = hs_ticket_priority; escalated = hs_ticket_priority | in URGENT, CRITICAL; "     \
	"closed = "
#define ESCALATED RISK("open_escalations", ">", "0")

static void thresholds_of_what_is_mapped(void **state)
{
	(void)state;
	assert_filter(RISK("health_score", "<", "60"), "", HEALTH, "Health__c < 60");
	assert_filter(
		RISK("health_score", "<", "60"), "", "[observation] signal.health_score = Score", "Score < 60");
	assert_filter(RISK("health_score", "<", "40") "," RISK("health_score", "<", "60") "," RISK("nps", "<", "0"),
		"",
		"[observation] signal.health_score = Score; signal.nps = Nps; included = Measure | in Overall, All",
		"Score < 60 and Measure in Overall|All or Nps < 0 and Measure in Overall|All");
	assert_filter(RISK("health_score", "<", "60"), "",
		"[observation] signal.health_score = Score; included = IsOverall", "Score < 60 and IsOverall yes");
	assert_filter(RISK("health_score", "<", "60"), "", "[account] signal.nps = Nps__c", "nothing");
	assert_filter(RISK("health_score", "<", "60"), "", "[staff] email = Email", "nothing");
	assert_filter("", "", HEALTH, "nothing");
	assert_filter(RISK("health_score", "<", "60") "," RISK("churn_risk", "=", "1") "," RISK("paused", "=", "1"),
		"", HEALTH "; signal.churn_risk = Churn__c; signal.paused = Stage__c | in On hold, Paused",
		"Health__c < 60 or Churn__c yes or Stage__c in On hold|Paused");
	assert_filter(RISK("health_score", "<", "60"), "",
		"[account] signal.health_score = Color__c | labels Green 90, Red 20", "Color__c in Red");
	/* The rest of a rule is for the database: once is enough to be looked at. */
	assert_filter("{\"signal\":\"health_score\",\"enter\":{\"operator\":\"<\",\"value\":\"75\"},"
		      "\"drop\":{\"points\":\"20\",\"within_s\":1209600}}",
		"", HEALTH, "nothing");
	assert_filter("{\"signal\":\"renewal_on\",\"enter\":{\"operator\":\"<=\",\"value\":\"5184000\"},"
		      "\"date\":\"until\"}",
		"", "[account] renewal_on = Renewal__c", "nothing");
}

static void peoples_own_signals_are_asked_of_people(void **state)
{
	(void)state;
	assert_filter(RISK("contact.nps", "<=", "6"), "", "[contact] signal.nps = Nps__c", "Nps__c <= 6");
	assert_filter(RISK("contact.nps", "<=", "6"), "", "[account] signal.nps = Nps__c", "nothing");
	assert_filter(RISK("nps", "<=", "6"), "", "[contact] signal.nps = Nps__c", "nothing");
}

static void of_two_rules_over_one_score_the_wider_one_asks(void **state)
{
	(void)state;
	assert_filter(
		RISK("health_score", "<", "40") "," RISK("health_score", "<", "60"), "", HEALTH, "Health__c < 60");
	assert_filter(
		RISK("health_score", "<", "60") "," RISK("health_score", "<", "40"), "", HEALTH, "Health__c < 60");
	assert_filter(RISK("health_score", "<", "60") "," RISK("health_score", "<=", "60"), "", HEALTH,
		"Health__c <= 60");
	assert_filter(RISK("health_score", "<=", "60") "," RISK("health_score", "<", "60.0"), "", HEALTH,
		"Health__c <= 60");
	assert_filter(RISK("health_score", ">", "15") "," RISK("health_score", ">=", "15"), "", HEALTH,
		"Health__c >= 15");
	assert_filter(
		RISK("health_score", ">", "45") "," RISK("health_score", ">", "15"), "", HEALTH, "Health__c > 15");
	assert_filter(
		RISK("health_score", "<", "9") "," RISK("health_score", "<", "10"), "", HEALTH, "Health__c < 10");
	assert_filter(RISK("health_score", "<", "40") "," RISK("health_score", ">", "95"), "", HEALTH,
		"Health__c < 40 or Health__c > 95");
	assert_filter(RISK("health_score", "=", "7") "," RISK("health_score", "=", "8"), "", HEALTH,
		"Health__c = 7 or Health__c = 8");
}

static void no_more_is_asked_for_than_any_vendor_takes(void **state)
{
	(void)state;
	assert_filter(RISK("a", "<", "1") "," RISK("b", "<", "2") "," RISK("c", "<", "3") "," RISK(
			      "d", "<", "4") "," RISK("e", "<", "5") "," RISK("f", "<", "6"),
		"", "[account] signal.a = A; signal.b = B; signal.c = C; signal.d = D; signal.e = E; signal.f = F",
		"A < 1 or B < 2 or C < 3 or D < 4 or E < 5");
}

/* As signal_refresh_escalations counts them. */
static void cases_that_are_open_and_escalated_or_of_a_top_priority(void **state)
{
	(void)state;
	assert_filter(ESCALATED, "\"P1\",\"Urgent\"",
		"[support_case] priority = Priority; escalated = IsEscalated; closed = IsClosed",
		"IsEscalated yes and IsClosed no or Priority in P1|Urgent and IsClosed no");
	assert_filter(
		ESCALATED, "", "[support_case] priority = Priority; escalated = IsEscalated", "IsEscalated yes");
	assert_filter(ESCALATED, "\"Urgent\"", TICKET "hs_closed",
		"hs_ticket_priority in URGENT|CRITICAL and hs_closed no or hs_ticket_priority in Urgent and "
		"hs_closed no");
	/* Which words stand for open isn't known: closed ones come too. */
	assert_filter(ESCALATED, "\"Urgent\"", TICKET "stage | in 4, 5",
		"hs_ticket_priority in URGENT|CRITICAL or hs_ticket_priority in Urgent");
	/* Two risks of different severity: the cases are the same. */
	assert_filter(ESCALATED "," RISK("open_escalations", ">=", "3"), "\"P1\"",
		"[support_case] priority = Priority", "Priority in P1");
	assert_filter(ESCALATED, "\"P1\"", "[support_case] status = Status", "nothing");
	assert_filter(RISK("health_score", "<", "60"), "\"P1\"", "[support_case] priority = Priority", "nothing");
	assert_filter(ESCALATED, "\"P1\"", HEALTH, "nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thresholds_of_what_is_mapped),
		cmocka_unit_test(peoples_own_signals_are_asked_of_people),
		cmocka_unit_test(of_two_rules_over_one_score_the_wider_one_asks),
		cmocka_unit_test(no_more_is_asked_for_than_any_vendor_takes),
		cmocka_unit_test(cases_that_are_open_and_escalated_or_of_a_top_priority),
	};

	return cmocka_run_group_tests_name("at_risk", tests, NULL, NULL);
}
