/* config.h - the configuration in use: read whole, checked whole, and then never changed. */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "connectors/connector.h"
#include "connectors/mapping.h"
#include "connectors/messenger.h"
#include "connectors/secret.h"
#include "daemon/config_fault.h"

struct config_daemon {
	char *state_directory;
	char *metrics_listen; /* "127.0.0.1:9464", "[::1]:9464", "unix:/run/..."; NULL: none */
	char *log_level;      /* "error", "warning", "info" or "debug" */
	char *ca_file;        /* NULL: the system's authorities */
	char *tls_minimum;    /* "1.2" or "1.3" */

	char *authorities; /* what ca_file held when it was loaded: certificates, PEM */
};

struct config_database {
	char *conninfo;          /* libpq's string or URI; holds no password */
	struct secret *password; /* NULL: libpq's own ways (passfile, peer, certificate) */
	char *migrate_conninfo;  /* never NULL: conninfo, when it isn't given */
	char *schema;            /* "advocacy" */
};

struct config_source {
	char *name;
	const struct connector *connector;
	void *settings; /* the connector's own settings struct, filled and checked */
	char *base_url; /* without a slash at its end */
	struct mapping *mapping;
	enum entity streams[ENTITY_COUNT + 1]; /* at least one, in the connector's order; ENTITY_COUNT ends it */
	int64_t poll_s;
	int64_t stale_after_s;
	int64_t priority; /* the lower one wins where two sources know the same thing */
	int64_t checkpoint_rows;
	int64_t full_read_every_s, calculated_read_every_s, prove_every_s; /* 0: never by itself */
	int64_t api_budget, api_share; /* calls a day (0: no limit of our own); percent of the vendor's allowance */

	/* As written, for config_differences. */
	char *connector_name;
	char *mapping_file;
	char **stream_names; /* NULL: every stream that the mapping feeds */
};

struct config_channel {
	char *name;
	const struct messenger *messenger;
	void *settings; /* the messenger's own settings struct, filled and checked */

	char *connector_name;
};

/* Immutable once loaded. A reload loads a second one and swaps the pointers. */
struct config {
	char *file; /* as it was given */
	struct config_daemon daemon;
	struct config_database database;
	struct config_source *sources; /* at least one, in the file's order */
	size_t source_count;
	struct config_channel *channels;
	size_t channel_count;
	/* What the database is told, see config_policy.h for its shape. */
	json_t *policy;
	struct layouts layouts; /* how each kind of message is told */
};

/* What a source or channel may be connected to; both lists end with NULL. Tests bring their own. */
struct config_vendors {
	const struct connector *const *connectors;
	const struct messenger *const *messengers;
};

/* Reads and checks `path` with all that it names: included files, mappings, secret files. NULL when anything
 * at all is wrong; `faults` (appended to, then sorted) has every fault. The caller frees the result with
 * config_free, and the faults with config_faults_clear. Reads files, so it may take a moment; asks nobody
 * else. */
struct config *config_load(const char *path, struct config_faults *faults) __attribute__((warn_unused_result));
struct config *config_load_with(const char *path, const struct config_vendors *vendors,
	struct config_faults *faults) __attribute__((warn_unused_result));
/* The same for who only talks to the database: nothing but `database` and `file` is filled. The other sections are not
 * looked into, so that a person needs no right to the vendors' secrets. */
struct config *config_load_database(const char *path, struct config_faults *faults)
	__attribute__((warn_unused_result));
struct config *config_free(struct config *config); /* takes NULL, returns NULL */

/* NULL when there is none of that name. */
const struct config_source *config_find_source(const struct config *config, const char *name);
const struct config_channel *config_find_channel(const struct config *config, const char *name);

#endif
