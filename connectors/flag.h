/* flag.h - what is written back onto records of a CRM, many in a call: whether somebody may be asked, or what has become of a
 * request. */
#ifndef CONNECTORS_FLAG_H
#define CONNECTORS_FLAG_H

#include <stdbool.h>
#include <stdint.h>

#include "connectors/mapping.h"

/* Which records of which object; what it points to must outlive the call that takes it. */
struct flag_target {
	enum entity entity;
	const char *object;
	const struct mapping_write *fields;
};

struct flag {
	const char *remote_id;
	const char *value; /* NULL: the fields are cleared */
	int64_t since_ms;
	const char *reason; /* NULL: there is none */
};

enum flag_verdict {
	FLAG_SENT,    /* it stands in the CRM now */
	FLAG_AGAIN,   /* not written, and may be the next time: a locked row */
	FLAG_REFUSED, /* not written, and won't be until somebody mends something */
};

struct flag_result {
	enum flag_verdict verdict;
	char code[64];  /* the vendor's word; may be empty */
	char text[256]; /* one printable line; empty when it was sent */
};

/* What stands on a record. */
struct flag_found {
	bool present;    /* the record is there */
	char value[256]; /* of the state; empty: none. A longer one is cut: it isn't ours. */
};

#endif
