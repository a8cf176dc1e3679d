/* config_message.h - the wording of messages: the one that is shipped, with what the operator changed of it. */
#ifndef DAEMON_CONFIG_MESSAGE_H
#define DAEMON_CONFIG_MESSAGE_H

#include <jansson.h>

#include "connectors/layout.h"
#include "daemon/config_fault.h"
#include "daemon/config_file.h"

/* Every kind that there is, told as shipped where `file` has no [message KIND] or [phrase NAME] of its own. Adds a fault for
 * each that names no kind, no key, no fact, or isn't closed. To be cleared with layouts_clear. */
struct layouts config_messages_build(const struct config_file *file, struct config_faults *faults)
	__attribute__((warn_unused_result));
/* Facts such as the kind brings them; a new reference, NULL when there is no such kind. */
json_t *config_messages_sample(const char *kind) __attribute__((warn_unused_result));

#endif
