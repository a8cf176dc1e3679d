/* record_filter.h - which records of a stream to ask for: those of which all tests of some group hold. */
#ifndef CONNECTORS_RECORD_FILTER_H
#define CONNECTORS_RECORD_FILTER_H

#include <stdbool.h>
#include <stddef.h>

enum {
	RECORD_NUMBER_SIZE = 48,
	RECORD_WORDS_MOST = 24,
	RECORD_TESTS_MOST = 2,  /* of a group */
	RECORD_GROUPS_MOST = 5, /* HubSpot takes no more (HubSpot, CRM search) */
};

enum record_test_kind {
	RECORD_TEST_NUMBER, /* field operator number */
	RECORD_TEST_YES,    /* the field is yes */
	RECORD_TEST_NO,
	RECORD_TEST_WORDS, /* the field's text is one of `words` */
};

struct record_test {
	const char *field; /* the vendor's name, from a mapping: letters, digits, '_' and '.' */
	enum record_test_kind kind;
	char operator[3];                     /* "<", "<=", ">", ">=" or "=" */
	char number[RECORD_NUMBER_SIZE];      /* decimal */
	const char *words[RECORD_WORDS_MOST]; /* any characters */
	size_t word_count;
};

struct record_group {
	struct record_test tests[RECORD_TESTS_MOST];
	size_t count;
};

/* The texts it points to are another's, and must outlive it. */
struct record_filter {
	struct record_group groups[RECORD_GROUPS_MOST];
	size_t count;
	bool open; /* a connector that knows which of them are closed, where no field says so, may leave those out */
};

/* The name of a RECORD_TEST_NUMBER's operator that HubSpot and Gainsight have in common: LT, LTE, GT, GTE or EQ. */
const char *record_test_operator(const struct record_test *test);

#endif
