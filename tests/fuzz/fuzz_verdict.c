/* Any bytes as a destination's answer to a message: the first byte chooses the destination, the second the status. Whatever
 * comes, the failure is a sentence that the database takes, and it is waited for some time at most. */
#include <stdlib.h>
#include <string.h>

#include "connectors/messenger.h"
#include "connectors/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

enum { WAIT_MOST_S = 86400 };

static void check_text(const char *text)
{
	if (!utf8_valid(text, strlen(text)))
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
	static const int statuses[] = { 200, 204, 302, 400, 401, 403, 404, 413, 429, 500, 502, 504 };
	static const struct http_header headers[] = { { "Content-Type", "application/json" },
		{ "Retry-After", "7" } };
	size_t count = 0;

	if (length < 3)
		return 0;
	while (messenger_all[count] != NULL)
		count++;
	const struct messenger *messenger = messenger_all[bytes[0] % count];
	const struct http_head head = { statuses[bytes[1] % 12], headers, bytes[2] % 3u };
	struct message message = {
		.kind = "sla_breach", .key = "1", .recipient = bytes[2] & 64 ? "dana@example.com" : NULL
	};
	struct message_known known = { 0 };
	struct failure failure = { .kind = FAILURE_NONE };
	bool more = false, try_plain = false;

	/* Up to three answers, as to what is looked for before it is sent. */
	for (int i = 0; i < 3; i++) {
		message.known = known;
		message.tried_ms = bytes[2] & 128 ? 1790841600000 : 0;
		bool good = messenger->verdict(
			&message, &head, (const char *)bytes + 3, length - 3, &known, &more, &try_plain, &failure);
		check_text(known.user);
		check_text(known.place);
		check_text(known.id);
		if (good && more)
			continue;
		if (good)
			break;
		check_text(failure.text);
		check_text(failure.code);
		if (failure.kind == FAILURE_NONE || failure.text[0] == '\0' || failure.retry_after_s < 0 ||
			failure.retry_after_s > WAIT_MOST_S)
			abort();
		break;
	}
	return 0;
}
