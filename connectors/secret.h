/* secret.h - a credential as a type, so that it can't be printed or logged by accident. */
#ifndef CONNECTORS_SECRET_H
#define CONNECTORS_SECRET_H

struct secret;

/* Copies `value`. */
struct secret *secret_new(const char *value);
/* Wipes and frees; takes NULL, returns NULL. */
struct secret *secret_free(struct secret *secret);
/* The credential itself, owned by `secret`: for the one line that puts it into a request. */
const char *secret_reveal(const struct secret *secret);

#endif
