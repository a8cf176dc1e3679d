/* credential.h - reads a secret from the file that its configuration key names. */
#ifndef DAEMON_CREDENTIAL_H
#define DAEMON_CREDENTIAL_H

#include "connectors/failure.h"
#include "connectors/secret.h"

enum { CREDENTIAL_LIMIT = 64 * 1024 }; /* bytes */

/* `name` is looked up in `credentials_directory` ($CREDENTIALS_DIRECTORY of systemd.exec(5); NULL: there is
 * none) when it is a plain file name, and is otherwise, or when it isn't there, the file `path`.
 *
 * Returns the file's content without the line ends at its end, owned by the caller. NULL, with a sentence
 * that names the file and never its content, when it can't be read, isn't a regular file, is empty, is longer
 * than CREDENTIAL_LIMIT, holds a NUL byte, or can be read by others than its owner (files in
 * credentials_directory are guarded by systemd, whatever their mode says). */
struct secret *credential_read(const char *name, const char *path, const char *credentials_directory,
	struct failure *failure) __attribute__((warn_unused_result));

#endif
