/* Rows of a Bulk result as CSV (Bulk API 2.0, Get Results). */
#ifndef SANDBOX_SALESFORCE_CSV_H
#define SANDBOX_SALESFORCE_CSV_H

#include "tests/sandbox/soql.h"

struct salesforce_csv {
	const struct world *world;
	const struct soql_query *query;
	char delimiter;
	const char *line_end;
	struct text_buffer scratch; /* to be freed by whoever made the structure */
};

void salesforce_csv_add_header(const struct salesforce_csv *csv, struct text_buffer *out);
void salesforce_csv_add_row(struct salesforce_csv *csv, uint32_t index, struct text_buffer *out);

#endif
