/* config_mapping.h - reads a source's mapping file and decides which streams the source has. */
#ifndef DAEMON_CONFIG_MAPPING_H
#define DAEMON_CONFIG_MAPPING_H

#include "connectors/connector.h"
#include "connectors/mapping.h"
#include "daemon/config.h"
#include "daemon/config_fault.h"
#include "daemon/config_file.h"

/* The mapping in `path`, owned by the caller; NULL when it added faults, each with the mapping file's own
 * line. `section` is the source's, to be blamed when there is no such file. A section that the connector
 * can't read is a fault: its lines would do nothing. */
struct mapping *config_mapping_load(const char *path, const struct config_section *section,
	const struct connector *connector, struct config_faults *faults) __attribute__((warn_unused_result));

/* Fills source->streams from its connector, its mapping and its `streams` key: those that are named, or all
 * that the mapping feeds. Associations have no section of their own: they come with the records that they
 * link. */
void config_mapping_streams(
	struct config_source *source, const struct config_section *section, struct config_faults *faults);

#endif
