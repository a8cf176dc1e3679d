/* address.h - the addresses that requests go to: https, or plain http towards this machine only. */
#ifndef CONNECTORS_ADDRESS_H
#define CONNECTORS_ADDRESS_H

enum address_fault {
	ADDRESS_GOOD,
	ADDRESS_SCHEME, /* neither https:// nor http:// */
	ADDRESS_USER,   /* a user or a password, which could hide another host */
	ADDRESS_HOST,
	ADDRESS_PORT,
	ADDRESS_PLAIN, /* http towards another machine */
};

/* Reads "https://HOST[:PORT]" at the begin of the text; *ret_rest, where it is good, is what follows: a path, a query, a
 * fragment or nothing, unchecked. */
enum address_fault address_read(const char *text, const char **ret_rest);

#endif
