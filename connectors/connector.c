#include "connectors/connector.h"

#include <string.h>

static const struct connector *const connectors[] = { &connector_salesforce, &connector_hubspot,
	&connector_gainsight, NULL };

const struct connector *connector_find(const char *name)
{
	for (const struct connector *const *at = connectors; *at != NULL; at++)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	return NULL;
}

const struct connector *const *connector_all(void)
{
	return connectors;
}
