#include "connectors/record_filter.h"

const char *record_test_operator(const struct record_test *test)
{
	bool with_equal = test->operator[1] == '=';

	switch (test->operator[0]) {
	case '<':
		return with_equal ? "LTE" : "LT";
	case '>':
		return with_equal ? "GTE" : "GT";
	default:
		return "EQ";
	}
}
