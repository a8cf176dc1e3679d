/* discord.h - what the parts of the Discord messenger share; private to connectors/discord*.c and their tests. */
#ifndef CONNECTORS_DISCORD_H
#define CONNECTORS_DISCORD_H

#include <stdbool.h>

#include "connectors/messenger.h"
#include "connectors/secret.h"
#include "connectors/text.h"

struct discord_settings {
	struct secret *webhook_url;
	char *account_url; /* NULL: no links */
	char *audience;
};

/* Budgets in code points after escaping, below Discord's limits (Discord, Embed Limits): content 2000, description
 * 4096, 25 fields of a name of 256 and a value of 1024, and 6000 of all that is in the embeds. A text alone is
 * short enough even where a code point counts as two. */
enum {
	DISCORD_CONTENT_BUDGET = 1900,
	DISCORD_PLAIN_BUDGET = 950,
	DISCORD_LIST_BUDGET = 1800,
	DISCORD_NAME_BUDGET = 60,
	DISCORD_VALUE_BUDGET = 330,
	DISCORD_FOOTER_BUDGET = 100,
	DISCORD_FIELDS_MOST = 10,
	DISCORD_EMBED_MOST = 6000,
};

/* What Discord takes for markup is escaped by a backslash, and it is understood in every field but titles and footers. */
extern const struct text_markup discord_markup;

/* messenger.h's verdict, by the status and the code of the answer. */
bool discord_verdict(const struct http_head *head, const char *body, size_t length, bool *ret_try_plain,
	struct failure *failure);

#endif
