/* config_authority.h - the certificates of [daemon] ca_file. */
#ifndef DAEMON_CONFIG_AUTHORITY_H
#define DAEMON_CONFIG_AUTHORITY_H

#include "connectors/failure.h"

/* What the file at `path` holds, PEM with at least one certificate, owned by the caller. NULL: `failure` says why. */
char *config_authority_read(const char *path, struct failure *failure) __attribute__((warn_unused_result));

#endif
