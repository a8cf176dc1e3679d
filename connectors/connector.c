#include "connectors/connector.h"

const struct connector *const connector_all[] = { &connector_salesforce, &connector_hubspot, &connector_gainsight,
	NULL };
