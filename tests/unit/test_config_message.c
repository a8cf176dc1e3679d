/* What an operator may change of the messages' wording, and what is said of mistakes. */
#include "tests/unit/config_fixture.h"
#include "tests/unit/message_fixture.h"

#include "connectors/card.h"

/* The layouts with these sections; faults are in the fixture. */
static struct layouts build(struct fixture *fixture, const char *text)
{
	fixture_write(fixture, "own.conf", text);
	char *path = fixture_path(fixture, "own.conf");
	struct config_file *file = config_file_read(path, false, &fixture->faults);
	struct layouts layouts = config_messages_build(file, &fixture->faults);

	config_file_free(file);
	free(path);
	return layouts;
}

/* What a breach of the sample's request says. */
static char *breach_text(const struct layouts *layouts)
{
	json_t *facts = sample_of("sla_breach");
	const struct message message = { .kind = "sla_breach", .layouts = layouts, .facts = facts };
	struct card card = card_of(&message, AUDIENCE_REP, &text_plain);
	struct buffer text;

	buffer_init(&text, 10000);
	card_text(&card, 3000, &text);
	char *copy = memory_copy_text(buffer_text(&text));
	buffer_free(&text);
	json_decref(facts);
	return copy;
}

static void test_changes(void **state)
{
	struct fixture *fixture = *state;
	struct layouts layouts = build(fixture, "[message sla_breach]\n"
						"headline = LATE: {@request} [{value}|by {due_at:time}]; & <b|c>\n"
						"line.by =\n"
						"line.rule = We talk about it on Monday.\n"
						"action =\n"
						"field.Due =\n"
						"field.My own = {request}\n"
						"severity = warning\n"
						"[phrase request]\ntext = <{request}> for {account}\n");

	/* {value} is no fact of this kind. */
	fixture_expect(fixture, "own.conf", 2, "headline: there is no fact 'value' here");
	fixture_expect_count(fixture, 1);
	config_faults_clear(&fixture->faults);
	layouts_clear(&layouts);
	layouts = build(fixture, "[message sla_breach]\n"
				 "headline = LATE: {@request} by {due_at:time}, & <b|c>\n"
				 "line.by =\n"
				 "line.holidays =\n"
				 "line.unverified =\n"
				 "line.rule = We talk about it on Monday.\n"
				 "action =\n"
				 "field.Due =\n"
				 "field.My own = {request}\n"
				 "severity = warning\n"
				 "[phrase request]\ntext = <{request}> for {account}\n");
	fixture_expect_count(fixture, 0);
	char *text = breach_text(&layouts);
	assert_string_equal(
		text, "LATE: REQ-4 for Globex & Co by 2026-11-20 10:01 UTC, & b We talk about it on Monday.");
	free(text);
	const struct layout *layout = layout_find(&layouts, "sla_breach");
	assert_int_equal(layout->severity, SEVERITY_WARNING);
	assert_int_equal(layout->audience, AUDIENCE_REP); /* as shipped */
	assert_string_equal(layout->fields[layout->field_count - 1].name, "My own");
	for (size_t i = 0; i < layout->field_count; i++)
		assert_string_not_equal(layout->fields[i].name, "Due");
	/* The phrase is another one for the other kinds, too. */
	assert_non_null(strstr(layout_find(&layouts, "sla_warning")->headline, "<{request}> for {account}"));
	layouts_clear(&layouts);
}

static void test_faults(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *piece;
	} rows[] = {
		{ "[message sla_breech]\nheadline = x\n", 1, "'sla_breach' is the nearest" },
		{ "[message weather]\nheadline = x\n", 1, "is no kind of message" },
		{ "[message sla_breach]\nheadline =\n", 2, "can't do without one" },
		{ "[message sla_breach]\nheadline = {request\n", 2, "'{' is not closed" },
		{ "[message sla_breach]\nline.x = [{request}\n", 2, "line.x: a '[' is not closed by ']'" },
		{ "[message sla_breach]\nline.x = {@requst}\n", 2, "there is no [phrase requst]" },
		{ "[message sla_breach]\nline.x = {request:shout}\n", 2, "form" },
		{ "[message sla_breach]\nfield.<!here> = x\n", 2, "is no name" },
		{ "[message sla_breach]\nfield. = x\n", 2, "is no name" },
		{ "[message sla_breach]\ncolour = red\n", 2, "has no key 'colour'" },
		{ "[message sla_breach]\nseverity = awful\n", 2, "severity: 'awful' is none" },
		{ "[message sla_breach]\naudience = all\n", 2, "audience: 'all' is none" },
		{ "[message sla_breach]\nlist = request\n", 2, "there is no list 'request' here" },
		{ "[message advocate_suspended]\nlist_item = {account}\n", 2, "there is no fact 'account' here" },
		{ "[message advocate_suspended]\nlist_item =\n", 1, "it needs list_title and list_item" },
		{ "[phrase request]\ntext = {requst}\n", 2, "text: there is no fact 'requst'" },
		{ "[phrase mine]\n", 1, "lacks 'text'" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct layouts layouts = build(fixture, rows[i].text);
		fixture_expect(fixture, "own.conf", rows[i].line, rows[i].piece);
		fixture_expect_count(fixture, 1);
		config_faults_clear(&fixture->faults);
		layouts_clear(&layouts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_changes, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_faults, fixture_up, fixture_down),
	};

	return cmocka_run_group_tests_name("config_message", tests, NULL, NULL);
}
