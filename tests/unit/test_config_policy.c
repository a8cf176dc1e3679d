#include "tests/unit/config_fixture.h"

#include "daemon/config_policy.h"
#include "daemon/config_threshold.h"
#include "daemon/duration.h"

static char kinds[][20] = { "advocate_suspended", "sla_breach", "sla_warning" };
static char muted[] = "sla_warning, x";
static struct layout told[] = { { .kind = kinds[0] }, { .kind = kinds[1], .mutes = muted }, { .kind = kinds[2] } };
static const struct layouts layouts = { told, 3 };
#define KIND(name) "{\"name\":\"" name "\",\"audience\":\"rep\",\"severity\":\"info\",\"follows\":[],\"mutes\":"
#define KINDS                                                                                                      \
	"\"kinds\":[" KIND("advocate_suspended") "[]}," KIND("sla_breach") "[\"sla_warning\",\"x\"]}," KIND(       \
		"sla_warning") "[]}],"
#define NOTIFICATIONS                                                                                              \
	",\"together\":3,\"weekly_most\":0,\"quiet_calendars\":[],\"digest_day\":\"mon\",\"digest_hour\":9,"       \
	"\"repeat_after_s\":86400"
static const struct messenger messenger = { .name = "fake" };
static char channel_name[] = "refs";
static const struct config_channel channels[] = { { .name = channel_name, .messenger = &messenger } };
static const char *const signals[] = { "health_score", "nps" };
static const struct config_policy_world world = {
	.signals = { signals, 2, true },
	.channels = channels,
	.channel_count = 1,
	.layouts = &layouts,
};

static json_t *build_in(struct fixture *fixture, const char *text, const struct config_policy_world *in)
{
	char *path = fixture_path(fixture, "policy.conf");

	config_faults_clear(&fixture->faults);
	fixture_write(fixture, "policy.conf", text);
	struct config_file *file = config_file_read(path, true, &fixture->faults);
	json_t *policy = config_policy_build(file, in, &fixture->faults);
	config_file_free(file);
	free(path);
	return policy;
}

static json_t *build(struct fixture *fixture, const char *text)
{
	return build_in(fixture, text, &world);
}

/* The text makes one fault, with that line and those words. */
static void expect_one(struct fixture *fixture, const char *text, int line, const char *piece)
{
	json_decref(build(fixture, text));
	fixture_expect(fixture, "policy.conf", line, piece);
	fixture_expect_count(fixture, 1);
}

static void expect_json(json_t *policy, const char *text)
{
	json_error_t error;
	json_t *wanted = json_loads(text, 0, &error);

	if (wanted == NULL)
		fail_msg("the test's own JSON: %s", error.text);
	if (!json_equal(policy, wanted)) {
		char *got = json_dumps(policy, JSON_INDENT(1));
		fail_msg("got %s", got);
	}
	json_decref(wanted);
}

#define CAPS                                                                                                       \
	"\"per_30_days\":2,\"per_quarter\":5,\"per_365_days\":12,\"account_per_30_days\":4,\"rest_s\":1209600,"    \
	"\"long_rest_s\":7776000,\"share_percent\":10,\"share_from\":20,\"reinstated_rest_s\":604800,"             \
	"\"reinstated_watch_s\":2592000,\"weights\":{\"case_study\":2,\"video_testimonial\":2,\"event_talk\":2,"   \
	"\"site_visit\":2,\"advisory_board\":2,\"beta_test\":2}"
#define RETENTION                                                                                                  \
	"\"retention\":{\"signals_s\":34560000,\"runs_s\":2592000,\"records_s\":7776000,\"messages_s\":15552000,"  \
	"\"decisions_s\":94608000,\"clocks_s\":94608000,\"audit_s\":94608000}"
#define COUNTS                                                                                                     \
	"\"enter_observations\":1,\"enter_apart_s\":0,\"clear_observations\":1,\"clear_apart_s\":0,\"dwell_s\":0," \
	"\"flaps\":3"

static void test_whole(void **state)
{
	struct fixture *fixture = *state;
	json_t *policy = build(fixture, "[risk low_health]\n"
					"signal = health_score\n"
					"enter = < 60.50\n"
					"clear = >75\n"
					"[risk escalated]\n"
					"signal = open_escalations\n"
					"enter = > 0\n"
					"clear = = 0\n"
					"hold = 14d\n"
					"action = watch\n"
					"severity = hard\n"
					"[calendar office]\n"
					"time_zone = America/New_York\n"
					"mon = 09:00-12:00, 13:00-17:00\n"
					"fri = 22:00-06:00\n"
					"sun = closed\n"
					"holidays = 2026-12-25, 2027-01-01\n"
					"[sla quick]\n"
					"metric = acknowledge\n"
					"calendar = office\n"
					"target = 4bh\n"
					"[sla rush]\n"
					"metric = connect\n"
					"priority = expedite\n"
					"calendar = office\n"
					"target = 2bd\n"
					"business_day = 7h\n"
					"warn = 50% silent, 75%, 150% manager\n"
					"escalate = 0 owner, 1bd program\n"
					"pause = waiting_on_rep\n"
					"owed_by = a\n"
					"owed_to = b\n"
					"[route all]\n"
					"kinds = *, sla_breach\n"
					"channel = refs\n"
					"[route some]\n"
					"kinds = sla_breach\n"
					"channel = refs\n"
					"to = owner\n"
					"severities = danger\n"
					"regions = East, West\n"
					"segments = smb\n"
					"owners = Dana@n.example\n"
					"[channel refs]\n"
					"[notifications]\n"
					"together = 0\n"
					"weekly_most = 7\n"
					"quiet_calendars = office\n"
					"digest_day = fri\n"
					"digest_hour = 0\n"
					"repeat_after = 2h\n"
					"[eligibility]\n"
					"top_priorities = High, P\xc3\xa9, P1\n");

	fixture_expect_count(fixture, 0);
	expect_json(policy,
		"{\"risks\":[{\"name\":\"low_health\",\"signal\":\"health_score\",\"enter\":{"
		"\"operator\":\"<\",\"value\":"
		"\"60.50\"},\"clear\":{\"operator\":\">\",\"value\":\"75\"},\"hold_s\":604800,"
		"\"action\":\"suspend\","
		"\"severity\":\"soft\"," COUNTS "},{\"name\":\"escalated\",\"signal\":\"open_escalations\","
		"\"enter\":{\"operator\":"
		"\">\",\"value\":\"0\"},\"clear\":{\"operator\":\"=\",\"value\":\"0\"},\"hold_"
		"s\":1209600,\"action\":"
		"\"watch\",\"severity\":\"hard\"," COUNTS
		",\"confirm\":true}],\"calendars\":[{\"name\":\"office\",\"time_"
		"zone\":\"America/New_York\","
		"\"weekly_hours\":{\"mon\":[[\"09:00\",\"12:00\"],[\"13:00\",\"17:00\"]],\"fri\":"
		"[[\"22:00\",\"06:00\"]]},"
		"\"holidays\":[\"2026-12-25\",\"2027-01-01\"]}],\"slas\":[{\"name\":\"quick\",\"metric\":"
		"\"acknowledge\","
		"\"calendar\":\"office\",\"target_s\":14400,\"business_day_s\":28800,\"order\":100,\"passes\":9},"
		"{\"name\":\"rush\",\"metric\":\"connect\",\"priority\":\"expedite\",\"calendar\":\"office\","
		"\"target_s\":50400,\"business_day_s\":25200,\"order\":100,\"pause\":[\"waiting_on_rep\"],"
		"\"thresholds\":[[50,\"silent\"],[75,\"owner\"],[150,\"manager\"]],"
		"\"ladder\":[{\"role\":\"owner\",\"after_s\":0},{\"role\":\"program\",\"after_s\":25200}],"
		"\"passes\":9,\"owed_by\":\"a\",\"owed_to\":\"b\"}],\"approvals\":[]," KINDS "\"routes\":[{"
		"\"name\":\"all\",\"kinds\":[\"*\",\"sla_breach\"],\"channel\":\"refs\",\"severities\":null,"
		"\"regions\":null,\"segments\":null,\"owners\":null,\"to\":\"channel\"},{\"name\":\"some\","
		"\"kinds\":[\"sla_breach\"],\"channel\":\"refs\",\"severities\":[\"danger\"],\"regions\":[\"East\","
		"\"West\"],"
		"\"segments\":[\"smb\"],\"owners\":[\"Dana@n.example\"],\"to\":\"owner\"}],"
		"\"settings\":{\"top_priorities\":"
		"[\"High\",\"P\\u00e9\",\"P1\"],\"breaker_percent\":10,\"breaker_least\":3,\"observe\":true,"
		"\"consent\":\"required\",\"consent_term_s\":31536000,"
		"\"caps\":{" CAPS "}," RETENTION
		",\"reinstate_percent\":5,\"reinstate_least\":2,\"answer_seconds\":28800,"
		"\"together\":0,\"weekly_most\":7,\"quiet_calendars\":[\"office\"],"
		"\"digest_day\":\"fri\",\"digest_hour\":0,\"repeat_after_s\":7200}}");
	json_decref(policy);
}

/* How long histories are kept: never less than what is looked back at, and 0 is for ever. */
static void test_retention(void **state)
{
	struct fixture *fixture = *state;
	json_t *policy = build(fixture, "[retention]\nsignals = 30d\nruns = 0\n");
	json_t *retention = json_object_get(json_object_get(policy, "settings"), "retention");

	fixture_expect_count(fixture, 0);
	assert_int_equal(7, json_object_size(retention));
	assert_int_equal(30 * 86400, json_integer_value(json_object_get(retention, "signals_s")));
	assert_int_equal(0, json_integer_value(json_object_get(retention, "runs_s")));
	assert_int_equal(180 * 86400, json_integer_value(json_object_get(retention, "messages_s")));
	json_decref(policy);
	expect_one(fixture, "[retention]\nsignals = 29d\n", 2, "signals: at least 30d");
	expect_one(fixture, "[retention]\naudit = 99d\n", 2, "at least 100d");
	expect_one(fixture, "[retention]\nclocks = 1bd\n", 2, "clocks");
	expect_one(fixture, "[retention]\nsignal = 90d\n", 2, "'signals' is the nearest");
	expect_one(fixture, "[retention]\nmessages = -1d\n", 2, "messages");
	expect_one(fixture, "[retention]\nruns = 1000000d\n", 2, "runs");
}

/* A section for caps with a fault: told where it stands, with what would be right. */
static void test_caps(void **state)
{
	struct fixture *fixture = *state;
	json_t *policy =
		build(fixture, "[caps]\nper_30_days = 3\nrest = 0\nshare = 25%\nweights = quote 3, review 1\n");
	json_t *caps = json_object_get(json_object_get(policy, "settings"), "caps");

	fixture_expect_count(fixture, 0);
	assert_int_equal(3, json_integer_value(json_object_get(caps, "per_30_days")));
	assert_int_equal(0, json_integer_value(json_object_get(caps, "rest_s")));
	assert_int_equal(25, json_integer_value(json_object_get(caps, "share_percent")));
	expect_json(json_object_get(caps, "weights"), "{\"quote\":3,\"review\":1}");
	json_decref(policy);
	expect_one(fixture, "[caps]\nper_30_days = -1\n", 2, "per_30_days");
	expect_one(fixture, "[caps]\nper_30_day = 1\n", 2, "'per_30_days' is the nearest");
	expect_one(fixture, "[caps]\nweights = quote\n", 2, "as in case_study 2");
	expect_one(fixture, "[caps]\nweights = quote 0\n", 2, "1 to 100");
	expect_one(fixture, "[caps]\nweights = quote 2x\n", 2, "as in case_study 2");
	expect_one(
		fixture, "[caps]\nweights = quotes 2\n", 2, "there is no activity 'quotes'; quote is the nearest");
	expect_one(fixture, "[caps]\nweights = quote 2, quote 3\n", 2, "named twice");
	expect_one(fixture, "[eligibility]\nconsent = maybe\n", 2, "required");
}

#define CLOCKED                                                                                                    \
	"[calendar o]\ntime_zone = UTC\nalways = yes\n[sla a]\nmetric = approval\ncalendar = o\ntarget = 2bd\n"

/* Who must say yes; an approval without a clock, or that names what there isn't, is told where it stands. */
static void test_approvals(void **state)
{
	struct fixture *fixture = *state;
	json_t *policy = build(fixture,
		CLOCKED "[sla b]\nmetric = approval\napprover = legal\ncalendar = o\ntarget = 1bd\n"
			"[approval law]\napprover = legal\nexposures = named, public\nindustries = Banking\n"
			"activity_types = quote\npeople = a@b.example\n"
			"[approval press]\napprover = pr\nexposures = public\n");

	fixture_expect_count(fixture, 0);
	expect_json(json_object_get(policy, "approvals"),
		"[{\"name\":\"law\",\"approver\":\"legal\",\"exposures\":[\"named\",\"public\"],"
		"\"industries\":[\"Banking\"],\"activity_types\":[\"quote\"],\"people\":[\"a@b.example\"]},"
		"{\"name\":\"press\",\"approver\":\"pr\",\"exposures\":[\"public\"]}]");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(json_object_get(policy, "slas"), 1), "priority")),
		"legal");
	json_decref(policy);
	expect_one(fixture, CLOCKED "[approval x]\nexposures = public\n", 8, "approver");
	expect_one(fixture, CLOCKED "[approval x]\napprover = pr\n", 8, "exposures");
	expect_one(fixture, CLOCKED "[approval x]\napprover = pr\nexposures = loud\n", 10,
		"'loud' is none; there are internal, logo, named and public");
	expect_one(fixture, CLOCKED "[approval x]\napprover = pr\nexposures = public\nactivity_types = quotes\n",
		11, "there is no activity 'quotes'; quote is the nearest");
	expect_one(fixture, CLOCKED "[approval x]\napprover = pr\nexposures = public\npeople = lea\n", 11,
		"'lea' is no e-mail address");
	expect_one(fixture, "[approval x]\napprover = pr\nexposures = public\n", 1, "has no clock");
	expect_one(fixture, CLOCKED "[sla c]\nmetric = approval\npriority = hard\ncalendar = o\ntarget = 1bd\n", 10,
		"write approver = TEAM");
	expect_one(fixture, CLOCKED "[sla c]\nmetric = connect\napprover = pr\ncalendar = o\ntarget = 1bd\n", 10,
		"goes with metric = approval");
}

/* What rules ask for besides thresholds: yes and no, days, people's own signals, a person's yes. */
static void test_shapes(void **state)
{
	static const char *const named[] = { "nda", "contact.nps", "contact.gone" };
	const struct config_policy_world all = { .signals = { named, 3, true } };
	struct fixture *fixture = *state;
	json_t *policy = build_in(fixture,
		"[risk nda]\nsignal = nda\nenter = is yes\nclear = is no\nseverity = ineligible\n"
		"[risk old_case]\nenter = more than 7d since oldest_open_case_at\n"
		"[risk nps]\nsignal = contact.nps\nenter = <= 6\nclear = >= 7\nlapse = 180d\nseverity = caution\n"
		"[risk gone]\nsignal = contact.gone\nenter = is yes\nclear = is no\nseverity = left\n"
		"[risk hard]\nsignal = nda\nenter = is yes\nclear = is no\nseverity = hard\nconfirm = no\n",
		&all);
	const json_t *risks = json_object_get(policy, "risks");

	fixture_expect_count(fixture, 0);
#define MEMBER(index, name) json_object_get(json_array_get(risks, index), name)
	assert_string_equal(json_string_value(json_object_get(MEMBER(0, "enter"), "value")), "1");
	assert_string_equal(json_string_value(json_object_get(MEMBER(0, "clear"), "value")), "0");
	assert_string_equal(json_string_value(json_object_get(MEMBER(1, "enter"), "value")), "-604800");
	assert_string_equal(json_string_value(MEMBER(1, "date")), "until");
	assert_int_equal(json_integer_value(MEMBER(2, "lapse_s")), 180 * 86400);
	assert_int_equal(json_integer_value(MEMBER(2, "hold_s")), 0);
	assert_int_equal(json_integer_value(MEMBER(2, "flaps")), 0);
	assert_string_equal(json_string_value(MEMBER(3, "severity")), "left");
	assert_null(MEMBER(4, "confirm"));
#undef MEMBER
	json_decref(policy);
}

static void test_shape_faults(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, "[risk a]\nsignal = nps\nenter = is maybe\nclear = is no\n", 3,
		"'is maybe' is no condition");
	expect_one(fixture, "[risk a]\nsignal = nps\nenter = is yes\nclear = <= 1\n", 4, "the value 1 meets both");
	expect_one(fixture, "[risk a]\nenter = more than 7d after renewal_on\n", 2, "'after' is wrong");
	expect_one(fixture, "[risk a]\nenter = more then 7d since renewal_on\n", 2, "'then' is wrong");
	expect_one(fixture, "[risk a]\nsignal = nps\nenter = < 5\nclear = > 6\nlapse = 9d\n", 5,
		"a signal contact.NAME alone");
	expect_one(fixture, "[risk a]\nsignal = nps\nenter = < 5\nclear = > 6\nseverity = left\n", 5,
		"is about a person");
	expect_one(fixture, "[risk a]\nsignal = contact.nps\nenter = < 5\nclear = > 6\n", 2,
		"add signal.nps = FIELD to a mapping's [contact]");
	expect_one(fixture, "[eligibility]\nreview_calendar = office\n", 2, "there is no [calendar office]");
}

static void test_empty(void **state)
{
	struct fixture *fixture = *state;
	json_t *policy = build(fixture, "# nothing\n");

	fixture_expect_count(fixture, 0);
	expect_json(policy,
		"{\"risks\":[],\"calendars\":[],\"slas\":[],\"approvals\":[]," KINDS
		"\"routes\":[],\"settings\":{\"top_priorities\":"
		"[\"P1\",\"Critical\",\"Urgent\",\"Highest\"],\"breaker_percent\":10,\"breaker_least\":3,"
		"\"observe\":true,"
		"\"consent\":\"required\",\"consent_term_s\":31536000,"
		"\"caps\":{" CAPS "}," RETENTION
		",\"reinstate_percent\":5,\"reinstate_least\":2,\"answer_seconds\":28800" NOTIFICATIONS "}}");
	json_decref(policy);
}

/* Every digit is kept, which a double would not do. */
static void test_numbers_are_exact(void **state)
{
	struct fixture *fixture = *state;
	json_t *policy = build(
		fixture, "[risk a]\nsignal = nps\nenter = >= -0.10\nclear = < -123456789012345678.123456789\n");
	json_t *risk = json_array_get(json_object_get(policy, "risks"), 0);

	fixture_expect_count(fixture, 0);
	expect_json(json_object_get(risk, "enter"), "{\"operator\":\">=\",\"value\":\"-0.10\"}");
	expect_json(
		json_object_get(risk, "clear"), "{\"operator\":\"<\",\"value\":\"-123456789012345678.123456789\"}");
	json_decref(policy);
}

static void test_overlaps(void **state)
{
	static const struct {
		const char *enter, *clear, *which; /* NULL: no value meets both */
	} cases[] = {
		{ "< 60", "> 75", NULL },
		{ "< 60", ">= 60", NULL },
		{ "<= 60", "> 60.0", NULL },
		{ "<= 60", ">= 60.00", "the value 60" },
		{ "< 60", "> 50", "every value between 50 and 60" },
		{ "> 50", "< 60", "every value between 50 and 60" },
		{ "< 60", "< 50", "every value below 50" },
		{ "> 60", ">= 50", "every value above 60" },
		{ "< 60", "<= 60", "every value below 60" },
		{ "= 1", "= 0", NULL },
		{ "= 1", "= 1.0", "the value 1" },
		{ "= 5", "< 6", "the value 5" },
		{ "> 0", "= 0", NULL },
		{ ">= 0", "= 0", "the value 0" },
		{ "< -1", "> -2", "every value between -2 and -1" },
		{ "< -2", "> -1", NULL },
		{ "<= 0", ">= -0.0", "the value 0" },
		{ "< 9", "> 10", NULL },
		{ "< 10", "> 9", "every value between 9 and 10" },
		{ "< 0.1", "> 0.09", "every value between 0.09 and 0.1" },
	};
	struct threshold one, other;
	struct failure failure;
	char which[128];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(threshold_parse(cases[i].enter, &one, &failure));
		assert_true(threshold_parse(cases[i].clear, &other, &failure));
		bool overlap = threshold_overlap(&one, &other, which, sizeof which);
		if (overlap != (cases[i].which != NULL))
			fail_msg("%s and %s", cases[i].enter, cases[i].clear);
		if (overlap)
			assert_string_equal(which, cases[i].which);
	}
}

static void test_thresholds(void **state)
{
	static const char *const bad[] = { "", "60", "<", "< ", "<> 5", "=< 5", "== 5", ">>5", "< 5%", "< 5 6",
		"< 07", "< .5", "< 5.", "< 1e3", "< +5", "< --5", "< 1,5", "< 0x10",
		"< 1234567890123456789012345678901" };
	struct threshold threshold;
	struct failure failure;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (threshold_parse(bad[i], &threshold, &failure))
			fail_msg("'%s' was taken", bad[i]);
	assert_true(threshold_parse(">=-0.50", &threshold, &failure));
	assert_string_equal(threshold.operator, ">=");
	assert_string_equal(threshold.value, "-0.50");
	assert_true(threshold_parse("< 0", &threshold, &failure));
	assert_true(threshold_parse("< 0.7", &threshold, &failure));
}

#define RISK "[risk a]\nsignal = nps\n"

static void test_risk_faults(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, RISK "enter = < 60\nclear = > 50\n", 4, "every value between 50 and 60 meets both");
	expect_one(fixture, RISK "enter = 60\nclear = > 70\n", 3, "enter: '60' is no condition");
	expect_one(fixture, RISK "enter = < 60\nclear = > low\n", 4, "'low' is no number");
	expect_one(fixture, RISK "enter = < 60\n", 1, "lacks 'clear'");
	expect_one(fixture, RISK "enter = < 60\nclear = > 70\nhold = 4bh\n", 5, "hold: '4bh' is business time");
	expect_one(fixture, RISK "enter = < 60\nclear = > 70\naction = stop\n", 5, "suspend watch");
	expect_one(fixture, RISK "enter = < 60\nclear = > 70\nsevrity = hard\n", 5, "'severity' is the nearest");
	expect_one(fixture, "[risk a]\nsignal = helth_score\nenter = < 60\nclear = > 70\n", 2,
		"'health_score' is the nearest");
	expect_one(fixture, "[risk a]\nsignal = escalations\nenter = < 60\nclear = > 70\n", 2, "no mapping feeds");
	expect_one(fixture, RISK "clear = > 70\n", 1, "lacks 'enter'");
	expect_one(fixture, "[risk a]\nenter = < 60\nclear = > 70\n", 1, "lacks 'signal'");
	expect_one(fixture, "[risk opt-out held]\nsignal = health_score\nenter = < 60\nclear = > 70\n", 1,
		"the program's own");
	expect_one(
		fixture, RISK "enter = < 60\nwhile = < 70\nclear = > 70\n", 4, "while: it goes with enter = drops");
	expect_one(fixture, RISK "enter = drops 20 in 14d\nclear = > 70\n", 1, "lacks 'while'");
	expect_one(fixture, RISK "enter = drops 20 in 14d\nwhile = < 75\nclear = > 70\n", 5,
		"every value between 70 and 75 meets both while = < 75 and clear = > 70");
	expect_one(
		fixture, RISK "enter = drops 20 within 14d\nwhile = < 75\nclear = > 75\n", 3, "'within' is wrong");
	expect_one(fixture, RISK "enter = drops 0 in 14d\nwhile = < 75\nclear = > 75\n", 3, "a number above 0");
	expect_one(fixture, RISK "enter = drops 20 in 2bd\nwhile = < 75\nclear = > 75\n", 3, "business time");
	expect_one(fixture, RISK "enter = drops 20\nwhile = < 75\nclear = > 75\n", 3, "'the end' is wrong");
	expect_one(fixture, "[risk a]\nenter = within 60d of renewal\n", 2, "'renewal_on' is the nearest");
	expect_one(fixture, "[risk a]\nenter = within 60d before renewal_on\n", 2, "'before' is wrong");
	expect_one(fixture, "[risk a]\nenter = within 0d of renewal_on\n", 2, "out of bounds");
	expect_one(fixture, "[risk a]\nenter = less than 180d after nps\n", 2, "'after' is wrong");
	expect_one(fixture, "[risk a]\nenter = less than 180d since nps now\n", 2, "'now' is wrong");
	expect_one(fixture, "[risk a]\nenter = within 60d of renewal_on\nclear = > 5\n", 3, "enter names a date");
	expect_one(fixture, RISK "enter = < 60\nclear = > 70\nenter_observations = 0\n", 5, "enter_observations");
	expect_one(fixture, RISK "enter = < 60\nclear = > 70\nseverity = mild\n", 5, "caution");
	/* A mapping at fault may be why a signal isn't known. */
	struct config_policy_world blind = world;
	blind.signals.known = false;
	json_decref(build_in(fixture, "[risk a]\nsignal = other\nenter = < 60\nclear = > 70\n", &blind));
	fixture_expect_count(fixture, 0);
}

/* What a risk's words become; those that it doesn't give have their defaults. */
static void expect_risk(struct fixture *fixture, const char *text, const char *wanted)
{
	json_t *policy = build(fixture, text);
	json_t *risk = json_array_get(json_object_get(policy, "risks"), 0);
	json_t *members = json_loads(wanted, 0, NULL), *value;
	const char *key;

	fixture_expect_count(fixture, 0);
	assert_non_null(members);
	json_object_foreach (members, key, value)
		if (!json_equal(json_object_get(risk, key), value) &&
			!(json_is_null(value) && json_object_get(risk, key) == NULL))
			fail_msg("%s of %s", key, text);
	json_decref(members);
	json_decref(policy);
}

static void test_conditions(void **state)
{
	struct fixture *fixture = *state;

	expect_risk(fixture,
		RISK
		"enter = < 60\nclear = > 75\nenter_observations = 2\nenter_apart = 6h\nclear_observations = 3\n"
		"clear_apart = 1d\ndwell = 7d\nflaps = 0\nseverity = caution\n",
		"{\"enter_observations\":2,\"enter_apart_s\":21600,\"clear_observations\":3,\"clear_apart_s\":"
		"86400,"
		"\"dwell_s\":604800,\"flaps\":0,\"severity\":\"caution\",\"drop\":null,\"date\":null}");
	expect_risk(fixture, RISK "enter = drops  20.5 in 14d\nwhile = < 75\nclear = > 75\n",
		"{\"signal\":\"nps\",\"enter\":{\"operator\":\"<\",\"value\":\"75\"},\"hold_s\":604800,"
		"\"drop\":{\"points\":\"20.5\",\"within_s\":1209600}}");
	expect_risk(fixture, "[risk a]\nenter = within 60d of renewal_on\nseverity = caution\n",
		"{\"signal\":\"renewal_on\",\"date\":\"until\",\"enter\":{\"operator\":\"<=\",\"value\":"
		"\"5184000\"},"
		"\"clear\":{\"operator\":\">\",\"value\":\"5184000\"},\"hold_s\":0}");
	expect_risk(fixture, "[risk a]\nenter = less than 180d since nps\nhold = 2d\nseverity = ineligible\n",
		"{\"signal\":\"nps\",\"date\":\"since\",\"enter\":{\"operator\":\"<\",\"value\":\"15552000\"},"
		"\"clear\":{\"operator\":\">=\",\"value\":\"15552000\"},\"hold_s\":172800}");
}

#define ZONE "[calendar c]\ntime_zone = UTC\n"

static void test_calendar_faults(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, ZONE "mon = 09:00-23:59\n", 3, "24:00");
	expect_one(fixture, ZONE "mon = 9:00-17:00\n", 3, "write 09:00-17:00");
	expect_one(fixture, ZONE "mon = 09:00 - 17:00\n", 3, "no span");
	expect_one(fixture, ZONE "mon = 09:00-24:30\n", 3, "no span");
	expect_one(fixture, ZONE "mon = 24:00-09:00\n", 3, "no span");
	expect_one(fixture, ZONE "mon = 09:00-09:60\n", 3, "no span");
	expect_one(fixture, ZONE "mon = 09:00-09:00\n", 3, "is empty");
	expect_one(fixture, ZONE "mon = 09:00-12:00, 11:00-17:00\n", 3, "overlaps other hours");
	expect_one(fixture, ZONE "mon = 22:00-06:00\ntue = 05:00-09:00\n", 4, "overlaps the hours of mon");
	expect_one(fixture, ZONE "mon = 05:00-09:00\nsun = 22:00-06:00\n", 4, "overlaps the hours of mon");
	expect_one(fixture, ZONE "mon = 09:00-12:00,\n", 3, "no span");
	expect_one(fixture, ZONE "mon = open\n", 3, "or closed");
	expect_one(fixture, ZONE, 1, "no open hour");
	expect_one(fixture, ZONE "sun = closed\n", 1, "no open hour");
	expect_one(fixture, ZONE "always = yes\nmon = 09:00-17:00\n", 4, "not both");
	expect_one(fixture, ZONE "always = yes\nholidays = 2026-02-30\n", 4, "no date");
	expect_one(fixture, ZONE "always = yes\nholidays = 25.12.2026\n", 4, "2026-12-25");
	expect_one(fixture, "[calendar c]\nalways = yes\n", 1, "lacks 'time_zone'");
	expect_one(fixture, "[calendar c]\nalways = yes\ntime_zone = +02:00\n", 3, "IANA");
	expect_one(fixture, "[calendar c]\nalways = yes\ntime_zone = Europe/\n", 3, "IANA");
	expect_one(fixture, "[calendar c]\nalways = yes\ntime_zone = 'UTC'\n", 3, "IANA");
	expect_one(fixture, "[calendar c]\nalways = yes\ntime_zone = Europe/Pariss\n", 3, "IANA");
	expect_one(fixture, "[calendar c]\nalways = yes\ntime_zone = Europe\n", 3, "IANA");
}

static void test_calendars(void **state)
{
	struct fixture *fixture = *state;
	json_t *policy =
		build(fixture, "[calendar always]\ntime_zone = Etc/GMT+5\nalways = yes\n"
			       "[calendar touching]\ntime_zone = America/Argentina/Buenos_Aires\n"
			       "mon = 00:00-12:00,12:00-24:00\nsun = 22:00-00:00\n"
			       "[calendar night]\ntime_zone = UTC\nsun = 22:00-06:00\nmon = 06:00-08:00\n");
	json_t *calendars = json_object_get(policy, "calendars");

	fixture_expect_count(fixture, 0);
	assert_int_equal(json_array_size(calendars), 3);
	json_t *hours = json_object_get(json_array_get(calendars, 0), "weekly_hours");
	assert_int_equal(json_object_size(hours), 7);
	expect_json(json_object_get(hours, "wed"), "[[\"00:00\",\"24:00\"]]");
	hours = json_object_get(json_array_get(calendars, 1), "weekly_hours");
	expect_json(
		hours, "{\"mon\":[[\"00:00\",\"12:00\"],[\"12:00\",\"24:00\"]],\"sun\":[[\"22:00\",\"00:00\"]]}");
	json_decref(policy);
}

static void test_targets(void **state)
{
	static const char *const bad[] = { "", "4", "2d", "bd", "0bh", "4 bh", "-1bh", "1.5bd", "4bw", "1bd4bh",
		"99999999999999999999bd", "401d", "9601bh" };
	struct failure failure;
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (duration_parse_target(bad[i], 28800, &seconds, &failure))
			fail_msg("'%s' was taken", bad[i]);
	assert_true(duration_parse_target("4bh", 28800, &seconds, &failure));
	assert_int_equal(seconds, 14400);
	assert_true(duration_parse_target("3bd", 27000, &seconds, &failure));
	assert_int_equal(seconds, 81000);
	assert_true(duration_parse_target("20s", 28800, &seconds, &failure));
	assert_int_equal(seconds, 20);
	assert_true(duration_parse_target("15m", 28800, &seconds, &failure));
	assert_int_equal(seconds, 900);
	assert_true(duration_parse_target("4h", 28800, &seconds, &failure));
	assert_int_equal(seconds, 14400);
	assert_false(duration_parse_target("2d", 28800, &seconds, &failure));
	assert_non_null(strstr(failure.text, "2bd"));
}

#define OFFICE "[calendar office]\ntime_zone = UTC\nalways = yes\n"
#define SLA OFFICE "[sla a]\nmetric = connect\ncalendar = office\n"

static void test_sla_faults(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, SLA "target = 2d\n", 7, "target: '2d' could mean");
	expect_one(fixture, SLA, 4, "lacks 'target'");
	expect_one(fixture, SLA "target = 1bd\nbusiness_day = 25h\n", 8, "write 1m to 1d");
	expect_one(fixture, SLA "target = 1bd\nwarn = 100%\n", 8, "100%, which is the breach itself");
	expect_one(fixture, SLA "target = 1bd\nwarn = 75% boss\n", 8, "silent, owner or manager");
	expect_one(fixture, SLA "target = 1bd\nwarn = 75%owner\n", 8, "is no threshold");
	expect_one(fixture, SLA "target = 1bd\nactivity_types = reference_call, case-study\n", 8,
		"no activity 'case-study'; case_study is the nearest");
	expect_one(fixture, SLA "target = 1bd\nwarn = 90%, 75%\n", 8, "thresholds rise");
	expect_one(fixture, SLA "target = 1bd\nescalate = 4bh\n", 8, "is no step");
	expect_one(fixture, SLA "target = 1bd\nescalate = 4x manager\n", 8, "'4x' is no target");
	expect_one(fixture, SLA "target = 1bd\nescalate = 1bd manager, 4bh program\n", 8, "steps rise");
	expect_one(fixture, SLA "target = 1bd\nstart = submit\nfulfil = scheduled, submit\n", 8,
		"both starts and ends");
	expect_one(fixture, SLA "target = 1bd\nreopen = 3d\n", 8, "reopen: '3d' could mean");
	expect_one(fixture, SLA "target = 1bd\npasses = 10\n", 8, "passes: ");
	expect_one(fixture, SLA "target = 1bd\npriority = urgent\n", 8, "normal expedite");
	expect_one(fixture, OFFICE "[sla a]\nmetric = close\ncalendar = office\ntarget = 1bd\n", 5,
		"acknowledge propose connect");
	expect_one(fixture, OFFICE "[sla a]\nmetric = connect\ncalendar = offices\ntarget = 1bd\n", 6,
		"[calendar office] is the nearest");
	expect_one(fixture, "[sla a]\nmetric = connect\ncalendar = x\ntarget = 1bd\n", 3, "add that section");
	expect_one(fixture, SLA "target = 1bd\n[sla b]\nmetric = connect\ncalendar = office\ntarget = 2bd\n", 9,
		"same metric and priority as [sla a]");
	/* A calendar at fault is there all the same. */
	expect_one(fixture,
		"[calendar c]\ntime_zone = UTC\n[sla a]\nmetric = connect\ncalendar = c\ntarget = 1bd\n", 1,
		"no open hour");
	json_decref(
		build(fixture, SLA "target = 1bd\n[sla b]\nmetric = connect\npriority = normal\ncalendar = office\n"
				   "target = 2bd\n"));
	fixture_expect_count(fixture, 0);
}

static void test_route_faults(void **state)
{
	struct fixture *fixture = *state;

	expect_one(fixture, "[channel refs]\n[route a]\nkinds = sla_braech\nchannel = refs\n", 3,
		"'sla_breach' is the nearest");
	expect_one(fixture, "[channel refs]\n[route a]\nkinds = weather\nchannel = refs\n", 3,
		"there is no kind 'weather'");
	expect_one(fixture, "[channel refs]\n[route a]\nkinds = *\nchannel = ref\n", 4,
		"[channel refs] is the nearest");
	expect_one(fixture, "[channel refs]\n[route a]\nchannel = refs\n", 2, "lacks 'kinds'");
	expect_one(fixture, "[channel refs]\n[route a]\nkinds = *\nchannel = refs\nseverities = awful\n", 5,
		"severities: 'awful' is none");
	expect_one(fixture, "[channel refs]\n[route a]\nkinds = *\nchannel = refs\nto = boss\n", 5, "to: ");
	expect_one(fixture, "[channel refs]\n[route a]\nkinds = sla_breach\nchannel = refs\n", 2,
		"none takes every message");
	expect_one(fixture, "[channel refs]\n[route a]\nkinds = *\nchannel = refs\nregions = East\n", 2,
		"none takes every message");
	expect_one(fixture, "[notifications]\nquiet_calendars = office\n", 2, "there is no [calendar office]");
	expect_one(fixture, "[channel refs]\n[route a]\nkinds = *\n", 2, "lacks 'channel'");
	expect_one(fixture, "[eligibility]\ntop_priority = P1\n", 2, "'top_priorities' is the nearest");
	expect_one(fixture, "[eligibility]\ntop_priorities = P1,,P2\n", 2, "empty place");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_caps),
		TEST(test_retention),
		TEST(test_approvals),
		TEST(test_empty),
		TEST(test_shapes),
		TEST(test_shape_faults),
		TEST(test_numbers_are_exact),
		TEST(test_overlaps),
		TEST(test_thresholds),
		TEST(test_conditions),
		TEST(test_risk_faults),
		TEST(test_calendar_faults),
		TEST(test_calendars),
		TEST(test_targets),
		TEST(test_sla_faults),
		TEST(test_route_faults),
	};

	return cmocka_run_group_tests_name("config_policy", tests, NULL, NULL);
}
