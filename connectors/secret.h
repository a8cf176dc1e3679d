/* secret.h - a credential as a type, so that it can't be printed or logged by accident. */
#ifndef CONNECTORS_SECRET_H
#define CONNECTORS_SECRET_H

#include <stddef.h>

enum {
	SECRET_RUN = 8,   /* so many bytes of a secret in a row never show in a message */
	SECRET_LEAST = 4, /* a shorter one is none, and would blot out everything */
};

struct secret;

/* Copies `value`. */
struct secret *secret_new(const char *value);
/* Wipes and frees; takes NULL, returns NULL. */
struct secret *secret_free(struct secret *secret);
/* The credential itself, owned by `secret`: for the one line that puts it into a request. */
const char *secret_reveal(const struct secret *secret);
/* How many bytes at the beginning of `text` also stand in the secret, in a row; 0 when they are too few to tell it. For
 * whoever passes on what a vendor says, which may be what it was sent. `revealed`: the credential itself. */
size_t secret_shown(const char *revealed, const char *text, size_t length);

#endif
