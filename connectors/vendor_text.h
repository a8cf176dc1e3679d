/* vendor_text.h - what a vendor says, made fit for a line of a log and for people. */
#ifndef CONNECTORS_VENDOR_TEXT_H
#define CONNECTORS_VENDOR_TEXT_H

#include <stddef.h>

#include "connectors/secret.h"

/* Copies `length` bytes of `text` to `out` as one line of valid UTF-8, cut between characters to `size` - 1 bytes: without
 * the tags of HTML, with one blank for a run of blanks and controls, and with "***" for what is also in one of the `count`
 * secrets of `hidden`, since an answer may quote the request (secret_shown). A NULL among them, or one that is too short to
 * be a secret, hides nothing. */
void vendor_text_copy(
	const char *text, size_t length, const struct secret *const *hidden, size_t count, char *out, size_t size);

#endif
