#include "connectors/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HOST_LIMIT = 254 };

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

static bool is_host(const char *host)
{
	struct in6_addr v6;
	char inner[HOST_LIMIT];
	size_t length = strlen(host);

	if (length == 0)
		return false;
	if (host[0] == '[') {
		if (length < 3 || host[length - 1] != ']')
			return false;
		memcpy(inner, host + 1, length - 2);
		inner[length - 2] = '\0';
		return inet_pton(AF_INET6, inner, &v6) == 1;
	}
	for (const char *at = host; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && *at != '-' && *at != '.')
			return false;
	return host[0] != '.' && host[0] != '-';
}

static bool is_port(const char *text, size_t length)
{
	if (length == 0 || length > 5 || strspn(text, "0123456789") < length)
		return false;
	long port = strtol(text, NULL, 10);
	return port >= 1 && port <= 65535;
}

enum address_fault address_read(const char *text, const char **ret_rest)
{
	bool tls = strncasecmp(text, "https://", 8) == 0;
	char host[HOST_LIMIT];

	if (!tls && strncasecmp(text, "http://", 7) != 0)
		return ADDRESS_SCHEME;
	const char *authority = text + (tls ? 8 : 7);
	size_t length = strcspn(authority, "/?#");
	if (memchr(authority, '@', length) != NULL)
		return ADDRESS_USER;
	size_t host_length = authority[0] == '[' ? strcspn(authority, "]") + 1 : strcspn(authority, ":/?#");
	if (host_length > length || host_length >= sizeof host)
		return ADDRESS_HOST;
	memcpy(host, authority, host_length);
	host[host_length] = '\0';
	if (!is_host(host))
		return ADDRESS_HOST;
	if (host_length < length &&
		(authority[host_length] != ':' || !is_port(authority + host_length + 1, length - host_length - 1)))
		return ADDRESS_PORT;
	if (!tls && !is_loopback(host))
		return ADDRESS_PLAIN;
	*ret_rest = authority + length;
	return ADDRESS_GOOD;
}
