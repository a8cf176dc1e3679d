/* gainsight_read.c reads, gainsight_describe.c compares with the metadata, gainsight_session.c has the settings. */
#include "connectors/gainsight.h"

static const enum entity streams[] = { ENTITY_STAFF, ENTITY_ACCOUNT, ENTITY_OBSERVATION, ENTITY_SUPPORT_CASE,
	ENTITY_COUNT };

const struct connector connector_gainsight = {
	.name = "gainsight",
	.options = gainsight_options,
	.option_count = GAINSIGHT_OPTION_COUNT,
	.settings_size = sizeof(struct gainsight_settings),
	.check_settings = gainsight_check_settings,
	.streams = streams,
	.default_object = gainsight_default_object,
	.session_new = gainsight_session_new,
	.session_free = gainsight_session_free,
	.session_quota = gainsight_session_quota,
	.describe = gainsight_describe,
	.described = gainsight_described,
	.read_open = gainsight_read_open,
	.read_free = gainsight_read_free,
	.read_next = gainsight_read_next,
	.read_head = gainsight_read_head,
	.read_feed = gainsight_read_feed,
	.read_finish = gainsight_read_finish,
	.read_cursor = gainsight_read_cursor,
	.read_until = gainsight_read_until,
	.read_expected = gainsight_read_expected,
};
