#include "tests/sandbox/control.h"

#include "tests/sandbox/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const vendor_keys[WORLD_VENDORS] = { "salesforce", "hubspot", "gainsight" };

static json_t *text_json(struct text_slice text)
{
	return text.bytes ? json_stringn(text.bytes, text.length) : json_null();
}

static json_t *time_json(int64_t time)
{
	char text[32];

	text_format_iso_time(text, time);
	return json_string(text);
}

static json_t *id_json(const struct world *world, enum world_vendor vendor, enum world_kind kind, uint32_t index)
{
	char id[40];

	if (!world_present(world, vendor, kind, index))
		return json_null();
	if (vendor == WORLD_SALESFORCE)
		world_salesforce_id(kind, index, id);
	else if (vendor == WORLD_HUBSPOT)
		snprintf(id, sizeof(id), "%lu", (unsigned long)world_hubspot_id(kind, index));
	else
		world_gainsight_id(
			world, kind == WORLD_ACCOUNT ? WORLD_GSID_COMPANY : WORLD_GSID_PERSON, index, id);
	return json_string(id);
}

static json_t *ids_json(const struct world *world, enum world_kind kind, uint32_t index)
{
	json_t *ids = json_object();

	for (int vendor = 0; vendor < WORLD_VENDORS; vendor++)
		json_object_set_new(
			ids, vendor_keys[vendor], id_json(world, (enum world_vendor)vendor, kind, index));
	return ids;
}

static json_t *staff_json(const struct world *world, uint32_t index)
{
	struct world_staff staff;

	if (index == WORLD_NONE)
		return json_null();
	world_staff_read(world, index, &staff);
	return json_pack("{s:s, s:s, s:b}", "name", staff.name, "email", staff.email, "active", staff.active);
}

static json_t *contacts_json(const struct world *world, uint32_t account)
{
	json_t *list = json_array();
	uint64_t iterator = 0;
	uint32_t index;

	while (world_child_next(world, WORLD_SALESFORCE, WORLD_CONTACT, account, &iterator, &index)) {
		struct world_contact contact;

		world_contact_read(world, WORLD_SALESFORCE, index, &contact);
		json_array_append_new(list,
			json_pack("{s:o, s:o, s:o, s:o, s:b, s:b}", "ids", ids_json(world, WORLD_CONTACT, index),
				"first_name", text_json(contact.first_name), "last_name",
				text_json(contact.last_name), "email", text_json(contact.email), "advocate",
				contact.advocate, "deleted", contact.deleted));
	}
	return list;
}

static json_t *open_cases_json(const struct world *world, uint32_t account)
{
	json_t *list = json_array();

	for (int at = WORLD_SALESFORCE; at <= WORLD_HUBSPOT; at++) {
		enum world_vendor vendor = (enum world_vendor)at;
		uint64_t iterator = 0;
		uint32_t index;

		while (world_child_next(world, vendor, WORLD_CASE, account, &iterator, &index)) {
			struct world_case support_case;

			world_case_read(world, vendor, index, &support_case);
			if (support_case.closed || support_case.deleted)
				continue;
			json_array_append_new(
				list, json_pack("{s:s, s:o, s:o, s:s, s:b}", "vendor", vendor_keys[at], "id",
					      id_json(world, vendor, WORLD_CASE, index), "subject",
					      text_json(support_case.subject), "priority", support_case.priority,
					      "escalated", support_case.escalated));
		}
	}
	return list;
}

static json_t *opportunities_json(const struct world *world, uint32_t account)
{
	json_t *list = json_array();
	uint64_t iterator = 0;
	uint32_t index;

	while (world_child_next(world, WORLD_SALESFORCE, WORLD_OPPORTUNITY, account, &iterator, &index)) {
		struct world_opportunity opportunity;

		world_opportunity_read(world, WORLD_SALESFORCE, index, &opportunity);
		json_array_append_new(list,
			json_pack("{s:o, s:o, s:s, s:I, s:b}", "ids", ids_json(world, WORLD_OPPORTUNITY, index),
				"name", text_json(opportunity.name), "stage", opportunity.stage, "amount",
				(json_int_t)opportunity.amount, "deleted", opportunity.deleted));
	}
	return list;
}

static json_t *account_json(const struct world *world, uint32_t index)
{
	json_t *health = json_object();
	json_t *deleted = json_object();
	json_t *modified = json_object();
	json_t *names = json_object();
	struct world_account account;
	char sfdc[19], day[32];

	for (int vendor = WORLD_VENDORS; vendor-- > 0;) {
		bool present = world_present(world, (enum world_vendor)vendor, WORLD_ACCOUNT, index);

		world_account_read(world, (enum world_vendor)vendor, index, &account);
		json_object_set_new(health, vendor_keys[vendor],
			present && account.has_health ? json_real(account.health) : json_null());
		json_object_set_new(deleted, vendor_keys[vendor], json_boolean(account.deleted));
		json_object_set_new(
			modified, vendor_keys[vendor], present ? time_json(account.modified_at) : json_null());
		json_object_set_new(names, vendor_keys[vendor], present ? text_json(account.name) : json_null());
	}
	/* What follows was read in Salesforce's view, the last of the loop. */
	world_gainsight_sfdc_id(world, index, sfdc);
	text_format_date(day, account.renewal_day * INT64_C(86400000));
	json_t *truth = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s?, s:s, s:s, s:i, s:I}", "account",
		(json_int_t)index, "ids", ids_json(world, WORLD_ACCOUNT, index), "names", names, "domain",
		text_json(account.domain), "health", health, "deleted", deleted, "modified_at", modified,
		"sfdc_account_id_in_gainsight", sfdc, "industry", account.industry, "region", account.region,
		"country", account.country, "employees", (int)account.employees, "annual_recurring_revenue",
		(json_int_t)account.annual_recurring_revenue);

	json_object_set_new(truth, "created_at", time_json(account.created_at));
	json_object_set_new(
		truth, "renewal_date", account.renewal_day == WORLD_NO_DAY ? json_null() : json_string(day));
	json_object_set_new(truth, "owner", staff_json(world, account.owner));
	json_object_set_new(truth, "csm", staff_json(world, account.csm));
	json_object_set_new(truth, "merged_into",
		account.merged_into == WORLD_NONE ? json_null() : json_integer(account.merged_into));
	json_object_set_new(truth, "contacts", contacts_json(world, index));
	json_object_set_new(truth, "open_cases", open_cases_json(world, index));
	json_object_set_new(truth, "opportunities", opportunities_json(world, index));
	return truth;
}

static json_int_t advocates_count(const struct world *world)
{
	struct world_contact contact;
	struct world_walk walk;
	json_int_t count = 0;
	uint32_t index;
	int64_t stamp;

	world_walk_start(&walk, world, WORLD_SALESFORCE, WORLD_CONTACT, WORLD_BY_INDEX, WORLD_LIVE_ONLY, 0, 0);
	while (world_walk_next(&walk, &index, &stamp)) {
		world_contact_read(world, WORLD_SALESFORCE, index, &contact);
		count += contact.advocate;
	}
	return count;
}

/* What calls have written into the vendors' fields. */
static json_t *written_json(const struct world *world)
{
	json_t *list = json_array();
	enum world_vendor vendor;
	enum world_kind kind;
	size_t iterator = 0;
	uint32_t index;
	const char *field;
	struct text_slice text;
	unsigned times;

	while (world_written_next(world, &iterator, &vendor, &kind, &index, &field, &text, &times)) {
		char id[32];

		if (vendor == WORLD_SALESFORCE)
			world_salesforce_id(kind, index, id);
		else
			snprintf(id, sizeof(id), "%" PRIu64, world_hubspot_id(kind, index));
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s?, s:i}", "vendor",
						    vendor == WORLD_SALESFORCE ? "salesforce" : "hubspot", "id", id,
						    "field", field, "value", text.bytes, "times", (int)times));
	}
	return list;
}

static json_t *summary_json(const struct world *world)
{
	static const char *const kinds[WORLD_KINDS] = { "staff", "accounts", "contacts", "cases", "opportunities" };
	json_t *summary = json_object();

	for (int vendor = 0; vendor < WORLD_VENDORS; vendor++) {
		json_t *counts = json_object();

		for (int kind = 0; kind < WORLD_KINDS; kind++)
			json_object_set_new(counts, kinds[kind],
				json_integer((json_int_t)world_count(world, (enum world_vendor)vendor,
					(enum world_kind)kind, WORLD_LIVE_ONLY, 0, INT64_MAX)));
		json_object_set_new(summary, vendor_keys[vendor], counts);
	}
	json_object_set_new(summary, "advocates", json_integer(advocates_count(world)));
	json_object_set_new(summary, "accounts", json_integer(world_accounts(world)));
	json_object_set_new(summary, "seed", json_integer((json_int_t)world_seed(world)));
	json_object_set_new(summary, "today", time_json(world_today(world)));
	return summary;
}

static void commands_obey(struct control *control, struct server_call *call)
{
	struct text_buffer answer = { 0 };
	const char *at = server_call_body(call, NULL);
	unsigned number = 0;

	while (*at) {
		size_t length = strcspn(at, "\n");
		char *line = strndup(at, length);
		struct text_buffer given = { 0 };
		bool fine = command_execute(control->commander, line, &given);

		number++;
		free(line);
		if (!fine) {
			text_buffer_free(&answer);
			text_buffer_format(&answer, "line %u: %s\n", number, text_buffer_terminate(&given));
			text_buffer_free(&given);
			server_answer_buffer(call, 400, "text/plain; charset=utf-8", &answer);
			return;
		}
		text_buffer_add(&answer, given.bytes, given.length);
		text_buffer_free(&given);
		at += length + (at[length] == '\n');
	}
	text_buffer_add_string(&answer, "ok\n");
	server_answer_buffer(call, 200, "text/plain; charset=utf-8", &answer);
}

static void account_answer(struct control *control, struct server_call *call, const char *number)
{
	char *end;
	unsigned long account = strtoul(number, &end, 10);

	if (end == number || *end || account >= world_accounts(control->world))
		server_answer(call, 404, "text/plain", "accounts are numbered from 0\n");
	else
		server_answer_json(call, 200, account_json(control->world, (uint32_t)account));
}

static void handle(struct server_call *call, void *context)
{
	struct control *control = context;
	const char *method = server_call_method(call);
	const char *path = server_call_path(call);

	if (strcmp(method, "POST") == 0 && strcmp(path, "/command") == 0) {
		commands_obey(control, call);
	} else if (strcmp(path, "/slack/messages") == 0) {
		if (strcmp(method, "DELETE") == 0)
			slack_forget_messages(control->slack);
		server_answer_json(call, 200, slack_messages(control->slack));
	} else if (strcmp(path, "/discord/messages") == 0) {
		if (strcmp(method, "DELETE") == 0)
			discord_forget_messages(control->discord);
		server_answer_json(call, 200, discord_messages(control->discord));
	} else if (strcmp(path, "/slack/webhooks") == 0) {
		server_answer_json(call, 200, slack_webhooks(control->slack));
	} else if (strcmp(path, "/calls") == 0) {
		server_answer_json(call, 200, server_calls_json(control->server));
	} else if (strcmp(path, "/faults") == 0) {
		server_answer_json(call, 200, fault_table_json(server_faults(control->server)));
	} else if (strcmp(path, "/written") == 0) {
		server_answer_json(call, 200, written_json(control->world));
	} else if (strcmp(path, "/summary") == 0) {
		server_answer_json(call, 200, summary_json(control->world));
	} else if (strncmp(path, "/world/account/", 15) == 0) {
		account_answer(control, call, path + 15);
	} else if (strcmp(path, "/health") == 0) {
		server_answer(call, 200, "text/plain", "ok\n");
	} else {
		server_answer(call, 404, "text/plain",
			"POST /command; GET /slack/messages /slack/webhooks /discord/messages /calls /faults "
			"/summary "
			"/world/account/N /health; DELETE /slack/messages /discord/messages\n");
	}
}

void control_register(struct control *control)
{
	server_control_set(control->server, handle, control);
}
