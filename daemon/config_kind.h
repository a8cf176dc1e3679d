/* config_kind.h - the kinds of sections and the table rows of their keys, the policy's apart; manuals and samples are
 * checked against. */
#ifndef DAEMON_CONFIG_KIND_H
#define DAEMON_CONFIG_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/option.h"

/* One kind of section: [daemon], or [source NAME]. */
struct config_kind {
	const char *name;
	bool named;
	bool is_policy; /* explained in advocated-policy(5), the others in advocated.conf(5) */
	const struct option *options;
	size_t option_count;
};

/* One after the other, from 0; NULL behind the last one. */
const struct config_kind *config_kind_at(size_t index);
const struct config_kind *config_kind_find(const char *name); /* NULL when there is none */

#endif
