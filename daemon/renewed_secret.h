/* renewed_secret.h - keeps a secret that a vendor gave in place of the configured one, so that it survives a restart. */
#ifndef DAEMON_RENEWED_SECRET_H
#define DAEMON_RENEWED_SECRET_H

#include "connectors/connector.h"

/* A file SOURCE.refresh-token in the state directory, beside the secret a fingerprint of the configured one that it
 * replaces: once the operator configures another, the kept one is of no use any more. Two calls go around every request
 * for a token, and whoever makes such a request makes both (the old token is void as soon as the answer
 * is there, and one who still used it would have both revoked). From the first to the second this process alone asks: a
 * lock on the file SOURCE.refresh-token.lock, which the kernel takes back from a process that is gone, holds off the
 * others that share the directory, such as a `check --online` beside the daemon. */
struct renewed_secret;

/* `connector` and `session` must outlive it; the texts are copied. NULL when there is nothing to keep: the connector's
 * secrets are never renewed, these settings have none that could be, or there is no directory (NULL). */
struct renewed_secret *renewed_secret_new(
	const char *directory, const char *source, const struct connector *connector, struct session *session);
/* The file stays. Takes NULL, returns NULL. */
struct renewed_secret *renewed_secret_free(struct renewed_secret *renewed);

/* Before a token is asked for: gives the session what is kept, which another process may have written a moment ago. A
 * file that can't be used is logged and otherwise as none. False (TRANSIENT): another process is asking just now, so ask
 * again soon. NULL does nothing, and is true. */
bool renewed_secret_recall(struct renewed_secret *renewed, struct failure *failure)
	__attribute__((warn_unused_result));
/* When no token came of it after all, whyever: others may ask. Also without a recall before. NULL does nothing. */
void renewed_secret_leave(struct renewed_secret *renewed);
/* Instead of that, after a token was granted and before it is used: when this returns, the session's new secret is on the
 * disk; it blocks until then. When that fails the log says so (error, once until it works again), the session goes on, and
 * the next call tries again. NULL does nothing. */
void renewed_secret_keep(struct renewed_secret *renewed);

#endif
