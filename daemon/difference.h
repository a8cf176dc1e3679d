/* difference.h - what a run would change, in words for a person at a terminal. */
#ifndef DAEMON_DIFFERENCE_H
#define DAEMON_DIFFERENCE_H

/* Prints to stdout. `difference` is what advocacy.sync_preview returns, JSON. */
void difference_print(const char *source, const char *stream, const char *difference);

#endif
