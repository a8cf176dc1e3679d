/* oauth.h - signs the JSON Web Tokens with which a program asks for a session in its own name (RFC 7523). */
#ifndef CONNECTORS_OAUTH_H
#define CONNECTORS_OAUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "connectors/buffer.h"
#include "connectors/failure.h"
#include "connectors/secret.h"

/* Appends base64url without padding (RFC 4648, section 5). False when the buffer is full. */
bool oauth_append_base64url(struct buffer *buffer, const unsigned char *bytes, size_t length)
	__attribute__((warn_unused_result));

/* Appends the JWT of the JSON text `claims`, signed with RS256. `private_key` is a PEM text, PKCS#8 or
 * PKCS#1, without a passphrase. False: CREDENTIALS, with what is wrong with the key (never any of its text).
 */
bool oauth_append_jwt(struct buffer *buffer, const char *claims, const struct secret *private_key,
	struct failure *failure) __attribute__((warn_unused_result));

/* Whether oauth_append_jwt can sign with this key; the same failures. */
bool oauth_check_key(const struct secret *private_key, struct failure *failure) __attribute__((warn_unused_result));

#endif
