#include "connectors/template.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "connectors/fact.h"
#include "connectors/instant.h"
#include "connectors/text.h"
#include "connectors/utf8.h"

enum { TEXT_BUDGET = 200, LONG_BUDGET = 500, NAME_BUDGET = 80, NAMES_MOST = 5, PLACE_SIZE = 64, DEPTH_MOST = 16 };

struct word {
	const char *name, *said;
};

static void truncate_to(struct buffer *out, size_t length)
{
	text_truncate(out, length);
	out->overflown = false;
}

const json_t *template_fact(const struct template_facts *facts, const char *name)
{
	const json_t *fact = json_object_get(facts->object, name);

	return fact == NULL || json_is_null(fact) || !fact_is_visible(name, facts->visible) ? NULL : fact;
}

/* Whether there is something that the message would tell others. */
static bool is_withheld(const struct template_facts *facts)
{
	const char *name;
	json_t *fact;

	/* The type asks for it; nothing is changed. */
	json_object_foreach ((json_t *)(uintptr_t)facts->object, name, fact)
		if (!json_is_null(fact) && fact_is_visible(name, facts->withheld))
			return true;
	return false;
}

/* A text, number or boolean as one line; false for anything else and for a text without content. */
static bool add_text(struct buffer *out, const json_t *fact, size_t budget, const struct template_facts *facts)
{
	if (json_is_string(fact)) {
		const char *text = json_string_value(fact);
		if (!text_has_content(text, json_string_length(fact)))
			return false;
		text_value(out, text, json_string_length(fact), budget, facts->markup);
		return true;
	}
	if (json_is_integer(fact))
		return buffer_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(fact));
	if (json_is_real(fact))
		return buffer_printf(out, "%.10g", json_real_value(fact));
	if (json_is_boolean(fact))
		return buffer_append_text(out, json_is_true(fact) ? "yes" : "no");
	return false;
}

static bool form_text(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	return add_text(out, fact, TEXT_BUDGET, facts);
}

static bool form_long(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	return add_text(out, fact, LONG_BUDGET, facts);
}

/* "48.00" is 48: PostgreSQL keeps the digits that a numeric was written with. */
static bool form_number(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	const char *text = json_string_value(fact);
	char digits[48];

	if (text == NULL || strlen(text) >= sizeof digits || strchr(text, '.') == NULL ||
		strspn(text, "-0123456789.") != strlen(text))
		return add_text(out, fact, NAME_BUDGET, facts);
	(void)snprintf(digits, sizeof digits, "%s", text);
	size_t length = strlen(digits);
	while (length > 0 && digits[length - 1] == '0')
		length--;
	if (length > 0 && digits[length - 1] == '.')
		length--;
	return buffer_append(out, digits, length);
}

/* "Priya N., Tom O. and 3 more"; a single text is a list of one. */
static bool form_names(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	size_t shown = 0, good = 0, count = json_array_size(fact);

	if (!json_is_array(fact))
		return add_text(out, fact, NAME_BUDGET, facts);
	for (size_t i = 0; i < count; i++) {
		const json_t *name = json_array_get(fact, i);
		good += json_is_string(name) && text_has_content(json_string_value(name), json_string_length(name));
	}
	for (size_t i = 0; i < count && shown < NAMES_MOST; i++) {
		const json_t *name = json_array_get(fact, i);
		if (!json_is_string(name) || !text_has_content(json_string_value(name), json_string_length(name)))
			continue;
		if (shown > 0)
			(void)buffer_append_text(out, shown + 1 == good ? " and " : ", ");
		(void)add_text(out, name, NAME_BUDGET, facts);
		shown++;
	}
	if (good > shown)
		(void)buffer_printf(out, " and %zu more", good - shown);
	return good > 0;
}

/* "is" or "are", after form_names. */
static bool form_is(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	(void)facts;
	return buffer_append_text(out, json_is_array(fact) && json_array_size(fact) != 1 ? "are" : "is");
}

static bool form_time(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	const char *text = json_string_value(fact);
	size_t length = json_string_length(fact);
	char day[INSTANT_TEXT_SIZE];
	int64_t ms;

	if (text != NULL && instant_parse_date(text, length, &ms)) {
		instant_format_date(ms, day);
		return buffer_append_text(out, day);
	}
	if (text == NULL || !instant_parse(text, length, &ms))
		return add_text(out, fact, NAME_BUDGET, facts);
	if (facts->dates)
		facts->markup->date(out, ms);
	else
		text_time(out, ms);
	return true;
}

static bool form_duration(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	(void)facts;
	if (!json_is_number(fact) || !(json_number_value(fact) >= 0 && json_number_value(fact) < 1e12))
		return false;
	text_duration(out, (int64_t)json_number_value(fact));
	return true;
}

/* An identifier as words: reference_call is "reference call". */
static bool form_words(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	if (!json_is_string(fact))
		return false;
	/* Before it is escaped: a destination may have a sign for '_'. */
	json_t *words = json_stringn_nocheck(json_string_value(fact), json_string_length(fact));
	char *text = (char *)(uintptr_t)json_string_value(words); /* ours alone */
	for (size_t i = 0; i < json_string_length(words); i++)
		if (text[i] == '_')
			text[i] = ' ';
	bool good = form_text(out, words, facts);
	json_decref(words);
	return good;
}

/* The word's meaning out of a table that ends with NULL, else the word itself. */
static bool add_word(
	struct buffer *out, const json_t *fact, const struct word *words, const struct template_facts *facts)
{
	const char *text = json_string_value(fact);

	for (; text != NULL && words->name != NULL; words++)
		if (strcasecmp(text, words->name) == 0)
			return buffer_append_text(out, words->said);
	return form_words(out, fact, facts);
}

static bool form_activity(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	static const struct word words[] = { { "rfp_support", "RFP support" }, { "quote", "customer quote" },
		{ "event_talk", "talk at an event" }, { "advisory_board", "seat on the advisory board" },
		{ "review", "public review" }, { NULL, NULL } };

	return add_word(out, fact, words, facts);
}

/* The rules of the domain's table in plain words; an operator's own rule is its name. */
static bool form_rule(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	static const struct word words[] = { { "health_low", "low health score" },
		{ "health_drop", "falling health score" }, { "support_escalation", "escalated support case" },
		{ "support_open", "long open support case" }, { "payment_delay", "late payment" },
		{ "churn_risk", "risk of churn" }, { "renewal_window", "renewal is near" },
		{ "nps_detractor", "dissatisfied in the NPS survey" }, { "stale_data", "health data too old" },
		{ NULL, NULL } };

	return add_word(out, fact, words, facts);
}

/* How a request stands, behind its name. */
static bool form_standing(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	static const struct word words[] = { { "submitted", "waits for the advocacy program team to look at it" },
		{ "triaged", "is taken on: an advocate is looked for" },
		{ "matching", "is taken on: an advocate is looked for" }, { "proposed", "has a candidate" },
		{ "awaiting_csm", "has a candidate, whose CSM is asked" },
		{ "awaiting_advocate", "has a candidate, who is asked" }, { "scheduled", "has its date" },
		{ "held", "took place: your feedback is wanted" },
		{ "feedback_due", "took place: your feedback is overdue" },
		{ "suspended_hold", "waits until it is decided whether it goes on" },
		{ "waiting_on_rep", "waits for you" }, { "waiting_on_prospect", "waits for the prospect" },
		{ NULL, NULL } };

	return add_word(out, fact, words, facts);
}

static bool form_signal(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	static const struct word words[] = { { "nps", "NPS" }, { "nps_score", "NPS" }, { "csat", "CSAT" },
		{ "arr", "ARR" }, { "health", "health score" }, { NULL, NULL } };

	return add_word(out, fact, words, facts);
}

/* What an SLA's metric asks to be done with a request: "was not …". */
static bool form_metric(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	static const struct word words[] = { { "acknowledge", "acknowledged" },
		{ "connect", "connected with an advocate" }, { "propose", "answered with a candidate" },
		{ "feedback", "answered with feedback" }, { "approval", "approved" }, { "takedown", "taken down" },
		{ "nomination_triage", "decided" }, { NULL, NULL } };

	return add_word(out, fact, words, facts);
}

static bool form_team(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	static const struct word words[] = { { "program", "the advocacy program team" },
		{ "advocacy", "the advocacy program team" }, { "rep", "the sales rep" }, { "sales", "Sales" },
		{ "cs", "Customer Success" }, { "csm", "the CSM" }, { "customer_success", "Customer Success" },
		{ "marketing", "Marketing" }, { "legal", "Legal" }, { "pr", "PR" }, { "security", "Security" },
		{ NULL, NULL } };

	return add_word(out, fact, words, facts);
}

/* A rule's threshold "< 60" tells when it bites; what it asks for is the opposite: "60 or more". */
static bool form_asks(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	static const struct {
		const char *operator, * before, *after;
	} asks[] = { { "<=", "more than ", "" }, { ">=", "less than ", "" }, { "<", "", " or more" },
		{ ">", "", " or less" }, { "=", "anything but ", "" } };
	const char *text = json_string_value(fact);

	for (size_t i = 0; text != NULL && i < sizeof asks / sizeof asks[0]; i++) {
		size_t length = strlen(asks[i].operator);
		if (strncmp(text, asks[i].operator, length) != 0)
			continue;
		text += length + strspn(text + length, " ");
		json_t *number = json_string_nocheck(text);
		(void)buffer_append_text(out, asks[i].before);
		bool good = form_number(out, number, facts);
		(void)buffer_append_text(out, asks[i].after);
		json_decref(number);
		return good;
	}
	return false;
}

static bool form_remedy(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	static const struct word words[] = {
		{ "transient", "it is tried again by itself; operations look into it when it lasts" },
		{ "throttled", "the vendor asks for fewer calls; it goes on by itself" },
		{ "expired", "it logs in again by itself; operations look into it when it lasts" },
		{ "credentials", "operations must renew the credentials: it has stopped until then" },
		{ "permanent", "operations must mend the cause: trying again changes nothing" }, { NULL, NULL }
	};

	return add_word(out, fact, words, facts);
}

/* How many: of a list, or as the number that it is. */
static bool form_count(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	if (json_is_array(fact))
		return buffer_printf(out, "%zu", json_array_size(fact));
	return form_number(out, fact, facts);
}

static bool form_records(struct buffer *out, const json_t *fact, const struct template_facts *facts)
{
	return form_count(out, fact, facts) &&
	       buffer_append_text(out, json_integer_value(fact) == 1 ? " record" : " records");
}

/* `name`, when it is true. */
static bool form_flag(struct buffer *out, const char *name, const json_t *fact)
{
	return json_is_true(fact) && buffer_append_text(out, name);
}

static const struct {
	const char *name;
	bool (*add)(struct buffer *out, const json_t *fact, const struct template_facts *facts);
} forms[] = {
	{ "text", form_text },
	{ "long", form_long },
	{ "number", form_number },
	{ "names", form_names },
	{ "is", form_is },
	{ "time", form_time },
	{ "duration", form_duration },
	{ "words", form_words },
	{ "activity", form_activity },
	{ "rule", form_rule },
	{ "standing", form_standing },
	{ "signal", form_signal },
	{ "metric", form_metric },
	{ "team", form_team },
	{ "asks", form_asks },
	{ "remedy", form_remedy },
	{ "count", form_count },
	{ "records", form_records },
};

static bool is_form(const char *name)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (strcmp(forms[i].name, name) == 0)
			return true;
	return strcmp(name, "flag") == 0;
}

/* Fills one place; `at` stands behind its '{' and is moved behind its '}'. */
static bool fill_place(struct buffer *out, const char **at, const struct template_facts *facts)
{
	char place[PLACE_SIZE];
	size_t length = strcspn(*at, "}");

	(void)snprintf(place, sizeof place, "%.*s", (int)length, *at);
	*at += length + ((*at)[length] == '}');
	if (strcmp(place, "withheld") == 0)
		return is_withheld(facts);
	char *form = strchr(place, ':');
	if (form != NULL)
		*form++ = '\0';
	const json_t *fact = template_fact(facts, place);
	if (fact == NULL)
		return false;
	if (form != NULL && strcmp(form, "flag") == 0)
		return form_flag(out, place, fact);
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (strcmp(forms[i].name, form == NULL ? "text" : form) == 0)
			return forms[i].add(out, fact, facts);
	return false;
}

static bool fill_clause(struct buffer *out, const char **at, const struct template_facts *facts);

/* The clauses of a bracket up to its closing `end`: the first that misses nothing stays. */
static bool fill_choice(struct buffer *out, const char **at, char end, const struct template_facts *facts)
{
	bool chosen = false;

	for (;;) {
		size_t begin = out->length;
		bool good = fill_clause(out, at, facts);
		if (chosen || !good)
			truncate_to(out, begin);
		chosen = chosen || good;
		if (**at != '|')
			break;
		(*at)++;
	}
	if (**at == end)
		(*at)++;
	return chosen;
}

/* Up to the '|', ']' or '>' that ends it. */
static bool fill_clause(struct buffer *out, const char **at, const struct template_facts *facts)
{
	bool good = true;

	while (**at != '\0' && **at != '|' && **at != ']' && **at != '>') {
		size_t length;
		unsigned c = utf8_next(*at, strlen(*at), &length);
		*at += length;
		if (c == '{')
			good = fill_place(out, at, facts) && good;
		else if (c == '[')
			(void)fill_choice(out, at, ']', facts);
		else if (c == '<')
			good = fill_choice(out, at, '>', facts) && good;
		else
			(void)facts->markup->escape(out, c);
	}
	return good;
}

bool template_fill(struct buffer *out, const char *template, const struct template_facts *facts)
{
	size_t begin = out->length;

	if (fill_clause(out, &template, facts))
		return true;
	truncate_to(out, begin);
	return false;
}

/* Checking ------------------------------------------------------------------------------------------- */

struct check {
	const char *at;
	const json_t *sample; /* NULL: any fact that is known at all */
	char *problem;
};

static bool complain(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool complain(struct check *check, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(check->problem, TEMPLATE_PROBLEM_SIZE, format, arguments);
	va_end(arguments);
	return false;
}

/* From behind its '{' to behind its '}'. */
static bool check_place(struct check *check)
{
	char place[PLACE_SIZE];
	size_t length = strcspn(check->at, "}");

	if (check->at[length] == '\0')
		return complain(check, "a '{' is not closed; write {fact} or {fact:form}");
	if (length >= sizeof place)
		return complain(check, "'{%.30s…' is no fact's name", check->at);
	(void)snprintf(place, sizeof place, "%.*s", (int)length, check->at);
	check->at += length + 1;
	char *form = strchr(place, ':');
	if (form != NULL)
		*form++ = '\0';
	if (form != NULL && !is_form(form))
		return complain(check, "'{%.30s:%.30s}' asks for a form that there isn't", place, form);
	if (strcmp(place, "withheld") == 0)
		return true;
	if (check->sample == NULL ? !fact_is_known(place) : json_object_get(check->sample, place) == NULL)
		return complain(check, "there is no fact '%.40s' here", place);
	return true;
}

/* Up to `end`, which stays; '\0' is the text's own. */
static bool check_clauses(struct check *check, char end, unsigned depth)
{
	if (depth > DEPTH_MOST)
		return complain(check, "brackets are nested deeper than %d", DEPTH_MOST);
	while (*check->at != end) {
		char c = *check->at;
		if (c == '\0')
			return complain(check, "a '%c' is not closed by '%c'", end == ']' ? '[' : '<', end);
		if (c == '|' && end == '\0')
			return complain(check, "'|' stands outside of brackets; write [one|other]");
		if (c == ']' || c == '>' || c == '}')
			return complain(check, "'%c' closes nothing", c);
		check->at++;
		if (c == '{' && !check_place(check))
			return false;
		if (c != '[' && c != '<')
			continue;
		if (!check_clauses(check, c == '[' ? ']' : '>', depth + 1))
			return false;
		check->at++;
	}
	return true;
}

bool template_check(const char *template, const json_t *sample, char problem[static TEMPLATE_PROBLEM_SIZE])
{
	struct check check = { .at = template, .sample = sample, .problem = problem };

	if (strlen(template) > TEMPLATE_LENGTH_MOST)
		return complain(&check, "it is longer than %d bytes", TEMPLATE_LENGTH_MOST);
	return check_clauses(&check, '\0', 0);
}
