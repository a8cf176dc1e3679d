/* message_id.h - the identifiers by which the journal's catalog knows our events; made from systemd/advocated.catalog. */
#ifndef DAEMON_MESSAGE_ID_H
#define DAEMON_MESSAGE_ID_H

struct message_id {
	const char *event; /* as passed to log_write */
	const char *id;    /* 32 hexadecimal digits */
};

/* Ends with a row of NULL. */
extern const struct message_id message_ids[];

#endif
