#include "daemon/db_address.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/buffer.h"
#include "connectors/memory.h"
#include "daemon/loop.h"
#include "daemon/resolver.h"

enum { HOSTS_MAX = 16, KEYWORDS_MAX = 64 };

struct db_address {
	struct event_base *base;
	db_address_fn *done;
	void *context;
	struct event *soon;
	char *keywords[KEYWORDS_MAX], *values[KEYWORDS_MAX];
	size_t count;
	char *hosts[HOSTS_MAX];
	/* Numeric, "a,b"; "" where the host is a socket directory or numeric itself; NULL where there is none. */
	char *addresses[HOSTS_MAX];
	char *ports; /* as configured: one for all, or one for each; "" for libpq's default */
	size_t host_count, resolved;
	unsigned first;
	struct resolver *resolver;
	char problem[300];
};

static void keep(struct db_address *address, const char *keyword, const char *value)
{
	if (address->count + 1 >= KEYWORDS_MAX)
		return;
	address->keywords[address->count] = memory_copy_text(keyword);
	address->values[address->count++] = memory_copy_text(value);
}

static bool needs_resolving(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	return *host != '\0' && *host != '/' && *host != '@' && inet_pton(AF_INET, host, &four) != 1 &&
	       inet_pton(AF_INET6, host, &six) != 1;
}

static void split_hosts(struct db_address *address, const char *list)
{
	while (address->host_count < HOSTS_MAX) {
		size_t length = strcspn(list, ",");
		address->hosts[address->host_count++] = memory_copy(list, length);
		if (list[length] == '\0')
			return;
		list += length + 1;
	}
}

/* The `index`th item of a comma-separated list; a list of one item serves every index, as libpq reads ports. */
static void append_item(struct buffer *to, const char *list, size_t index)
{
	if (strchr(list, ',') != NULL)
		for (; index > 0 && *list != '\0'; index--)
			list += strcspn(list, ",") + (list[strcspn(list, ",")] == ',');
	(void)buffer_append(to, list, strcspn(list, ","));
}

/* The lists libpq wants: each item of one stands for the same server as that of the others. */
struct lists {
	struct buffer hosts, numeric, ports;
	size_t count;
};

/* Appends the servers numbered from `from` up to, not including, `to`. A name with several addresses counts as several
 * servers of the same name, so that libpq tries them in turn. Returns how many there are. */
static size_t append_servers(const struct db_address *address, size_t from, size_t to, struct lists *lists)
{
	size_t number = 0;

	for (size_t i = 0; i < address->host_count; i++) {
		const char *at = address->addresses[i];
		for (bool more = at != NULL; more; number++) {
			size_t length = strcspn(at, ",");
			if (number >= from && number < to) {
				const char *comma = lists->count++ == 0 ? "" : ",";
				(void)buffer_printf(&lists->hosts, "%s%s", comma, address->hosts[i]);
				(void)buffer_printf(&lists->numeric, "%s%.*s", comma, (int)length, at);
				(void)buffer_append_text(&lists->ports, comma);
				append_item(&lists->ports, address->ports, i);
			}
			more = at[length] == ',';
			at += length + more;
		}
	}
	return number;
}

static void finish(struct db_address *address)
{
	struct lists lists = { .count = 0 };

	buffer_init(&lists.hosts, 16384);
	buffer_init(&lists.numeric, 16384);
	buffer_init(&lists.ports, 16384);
	size_t total = append_servers(address, 0, 0, &lists);
	size_t first = total == 0 ? 0 : address->first % total;
	(void)append_servers(address, first, total, &lists);
	(void)append_servers(address, 0, first, &lists);
	if (total > 0)
		keep(address, "host", buffer_text(&lists.hosts));
	/* Nothing but commas: socket directories and numeric hosts, which libpq looks up nowhere. */
	if (total > 0 && lists.numeric.length + 1 > total)
		keep(address, "hostaddr", buffer_text(&lists.numeric));
	if (*address->ports != '\0')
		keep(address, "port", total > 0 ? buffer_text(&lists.ports) : address->ports);
	buffer_free(&lists.hosts);
	buffer_free(&lists.numeric);
	buffer_free(&lists.ports);
	if (total == 0 && address->host_count > 0)
		address->done(address->context, NULL, NULL, address->problem);
	else
		address->done(address->context, (const char *const *)address->keywords,
			(const char *const *)address->values, NULL);
}

static void resolve_next(struct db_address *address);

static void on_resolved(void *context, const char *numeric, const char *problem)
{
	struct db_address *address = context;

	address->resolver = NULL;
	if (numeric == NULL)
		(void)snprintf(address->problem, sizeof address->problem, "host '%.100s': %.150s",
			address->hosts[address->resolved], problem);
	address->addresses[address->resolved++] = numeric == NULL ? NULL : memory_copy_text(numeric);
	resolve_next(address);
}

static void resolve_next(struct db_address *address)
{
	while (address->resolved < address->host_count && !needs_resolving(address->hosts[address->resolved]))
		address->addresses[address->resolved++] = memory_copy_text("");
	if (address->resolved == address->host_count)
		finish(address);
	else
		address->resolver =
			resolver_start(address->base, address->hosts[address->resolved], on_resolved, address);
}

static void on_soon(evutil_socket_t descriptor, short what, void *context)
{
	struct db_address *address = context;

	(void)descriptor;
	(void)what;
	if (address->problem[0] != '\0')
		address->done(address->context, NULL, NULL, address->problem);
	else
		resolve_next(address);
}

struct db_address *db_address_resolve(
	struct event_base *base, const struct db_address_settings *settings, db_address_fn *done, void *context)
{
	struct db_address *address = memory_allocate(sizeof *address);
	bool has_address = false;
	const char *hosts = NULL;

	*address = (struct db_address){ .base = base, .done = done, .context = context, .first = settings->first };
	address->ports = memory_copy_text("");
	address->soon = loop_timer(base, on_soon, address);
	loop_arm(address->soon, 0);
	PQconninfoOption *options = PQconninfoParse(settings->conninfo, NULL);
	if (options == NULL) {
		/* libpq's words for it quote the text, and what stands there by mistake may be a password. */
		(void)snprintf(address->problem, sizeof address->problem, "libpq can't read conninfo");
		return address;
	}
	keep(address, "application_name", settings->application_name);
	if (settings->password != NULL)
		keep(address, "password", settings->password);
	/* A word that comes again below, from conninfo, counts. */
	keep(address, "keepalives_idle", "30");
	keep(address, "keepalives_interval", "10");
	keep(address, "keepalives_count", "3");
	keep(address, "tcp_user_timeout", "60000");
	for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
		if (option->val == NULL || *option->val == '\0' || strcmp(option->keyword, "application_name") == 0)
			continue;
		if (strcmp(option->keyword, "host") == 0) {
			hosts = option->val;
		} else if (strcmp(option->keyword, "port") == 0) {
			free(address->ports);
			address->ports = memory_copy_text(option->val);
		} else {
			keep(address, option->keyword, option->val);
			has_address = has_address || strcmp(option->keyword, "hostaddr") == 0;
		}
	}
	if (hosts == NULL)
		hosts = getenv("PGHOST");
	if (hosts != NULL && has_address)
		keep(address, "host", hosts);
	else if (hosts != NULL)
		split_hosts(address, hosts);
	PQconninfoFree(options);
	return address;
}

struct db_address *db_address_free(struct db_address *address)
{
	if (address == NULL)
		return NULL;
	address->soon = loop_event_free(address->soon);
	address->resolver = resolver_cancel(address->resolver);
	for (size_t i = 0; i < address->count; i++) {
		explicit_bzero(address->values[i], strlen(address->values[i]));
		free(address->keywords[i]);
		free(address->values[i]);
	}
	for (size_t i = 0; i < address->host_count; i++) {
		free(address->hosts[i]);
		free(address->addresses[i]);
	}
	free(address->ports);
	free(address);
	return NULL;
}
