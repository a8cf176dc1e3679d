/* shipped.h - the messages' wording and samples that come with the program, carried inside it. */
#ifndef DAEMON_SHIPPED_H
#define DAEMON_SHIPPED_H

/* etc/messages.conf, and etc/samples.json: {kind: facts as that kind brings them}. */
extern const char shipped_messages[], shipped_samples[];

#endif
