#include "connectors/webhook.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool is_loopback(const char *host, size_t length)
{
	if (length == 9 && strncasecmp(host, "localhost", length) == 0)
		return true;
	if (length == 5 && strncmp(host, "[::1]", length) == 0)
		return true;
	size_t digits = strspn(host, "0123456789.");
	return digits == length && length > 4 && strncmp(host, "127.", 4) == 0;
}

bool webhook_is_address(const char *url)
{
	bool is_plain = strncasecmp(url, "http://", 7) == 0;

	if (!is_plain && strncasecmp(url, "https://", 8) != 0)
		return false;
	for (const char *at = url; *at != '\0'; at++)
		if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f || strchr("\"<>\\^`{|}", *at) != NULL)
			return false;
	const char *host = url + (is_plain ? 7 : 8);
	size_t authority = strcspn(host, "/?#");
	if (memchr(host, '@', authority) != NULL)
		return false;
	size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
	if (length == 0 || length > authority || (host[length] != '\0' && strchr(":/?#", host[length]) == NULL))
		return false;
	return !is_plain || is_loopback(host, length);
}
