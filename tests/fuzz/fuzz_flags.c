/* Feeds any bytes as the answer to written and read flags: the first byte chooses connector and what was asked, the second
 * the status. Whatever comes, each flag has a result that can be stored: valid UTF-8 on one line, and a reason where it
 * wasn't written. */
#include <stdlib.h>
#include <string.h>

#include "connectors/connector.h"
#include "connectors/secret.h"
#include "connectors/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

enum { FLAGS = 3 };

static void check_text(const char *text)
{
	if (!utf8_valid(text, strlen(text)))
		abort();
}

static void check_result(const struct flag_result *result)
{
	if ((result->verdict == FLAG_SENT) != (result->text[0] == '\0') || strpbrk(result->text, "\r\n") != NULL)
		abort();
	check_text(result->text);
	check_text(result->code);
}

static void check_failure(const struct failure *failure)
{
	if (failure->kind == FAILURE_NONE || failure->text[0] == '\0')
		abort();
	check_text(failure->text);
}

/* The settings' secrets are the only members that defaults don't fill. */
static void fill_secrets(const struct connector *connector, void *settings)
{
	for (size_t i = 0; i < connector->option_count; i++)
		if (connector->options[i].type == OPTION_SECRET) {
			struct secret *secret = secret_new("secret");
			memcpy((char *)settings + connector->options[i].offset, &secret, sizeof secret);
		}
}

static void answer(const struct connector *connector, struct session *session, const struct flag_target *target,
	int status, bool was_read, const char *body, size_t length)
{
	static const struct flag flags[FLAGS] = { { "0035e00000XyZaBAAV", "Suspended", 0, NULL },
		{ "51204", NULL, 0, NULL }, { "7", "Available", 0, NULL } };
	const struct http_header headers[] = { { "Content-Type", "application/json" }, { "Retry-After", "7" } };
	const struct http_head head = { status, headers, 2 };
	struct flag_result results[FLAGS] = { 0 };
	struct flag_found found[FLAGS] = { 0 };
	struct failure failure = { .kind = FAILURE_NONE };
	bool good = was_read ? connector->flags_found(session, target, flags, FLAGS, &head, body, length,
				       1790841601000, found, &failure)
			     : connector->flags_written(session, target, flags, FLAGS, &head, body, length,
				       1790841601000, results, &failure);

	if (!good)
		check_failure(&failure);
	for (size_t i = 0; good && i < FLAGS; i++) {
		check_text(found[i].value);
		if (!was_read)
			check_result(&results[i]);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
	static const int statuses[] = { 200, 200, 200, 207, 400, 401, 403, 409, 429, 503 };
	static const char token[] = "{\"access_token\":\"t\",\"instance_url\":\"http://127.0.0.1:1\"}";
	const struct http_header json = { "Content-Type", "application/json" };
	struct failure failure;
	int line;

	if (length < 2)
		return 0;
	const struct connector *connector = bytes[0] % 2 == 0 ? &connector_salesforce : &connector_hubspot;
	void *settings = calloc(1, connector->settings_size);
	struct mapping *mapping = mapping_new();
	option_defaults(connector->options, connector->option_count, settings);
	fill_secrets(connector, settings);
	if (!mapping_set(mapping, "contact", "email", "Email", 1, &failure) ||
		!mapping_write_set(mapping, "contact", "availability", "A", 2, &failure) ||
		!mapping_write_check(mapping, ENTITY_CONTACT, connector->default_object, &line, &failure))
		abort();
	struct session *session = connector->session_new("http://127.0.0.1:1", settings);
	(void)connector->authorized(
		session, &(struct http_head){ 200, &json, 1 }, token, strlen(token), 1790841600000, &failure);
	const struct flag_target target = { ENTITY_CONTACT, "Contact", &mapping->entities[ENTITY_CONTACT].write };
	answer(connector, session, &target, statuses[bytes[1] % 10], bytes[0] / 2 % 2 == 1, (const char *)bytes + 2,
		length - 2);
	connector->session_free(session);
	mapping_free(mapping);
	option_clear(connector->options, connector->option_count, settings);
	free(settings);
	return 0;
}
