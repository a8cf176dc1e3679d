/* gainsight_server.h - a Gainsight of a few rows inside the test: answers queries as the Company API
 * describes them. */
#ifndef TESTS_UNIT_GAINSIGHT_SERVER_H
#define TESTS_UNIT_GAINSIGHT_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/buffer.h"
#include "connectors/instant.h"
#include "connectors/memory.h"

enum { SERVER_ROWS_MAX = 20000 };

struct server_row {
	char gsid[40];
	int64_t modified_ms; /* 0: null */
	int64_t version;     /* counts the edits */
};

struct server {
	struct server_row rows[SERVER_ROWS_MAX];
	size_t count;
	size_t clamp;                     /* 0: none */
	int64_t filter_zone_ms;           /* filters are taken as local time this far ahead of UTC */
	struct server_row deletions[100]; /* the log; its modified_ms is when */
	size_t deletion_count;
	bool has_no_log;
	bool ignores_order, flat_container, says_1011, says_result_false;
	unsigned calls;
	size_t delivered;
};

static const struct server *server_sorting;
static json_t *server_order;

static int server_compare(const void *one, const void *other)
{
	const struct server_row *a = &server_sorting->rows[*(const size_t *)one];
	const struct server_row *b = &server_sorting->rows[*(const size_t *)other];
	const char *field;
	json_t *direction;

	json_object_foreach (server_order, field, direction) {
		if (strcmp(field, "Gsid") == 0) {
			int order = strcmp(a->gsid, b->gsid);
			if (order != 0)
				return strcmp(json_string_value(direction), "desc") == 0 ? -order : order;
		} else if (a->modified_ms != b->modified_ms) {
			return a->modified_ms < b->modified_ms ? -1 : 1;
		}
	}
	return 0;
}

static int64_t server_filter_ms(const struct server *server, const char *text)
{
	char iso[INSTANT_TEXT_SIZE];
	int64_t ms = 0;

	(void)snprintf(iso, sizeof iso, "%.10sT%.8sZ", text, text + 11);
	if (strlen(text) != 19 || !instant_parse(iso, strlen(iso), &ms))
		abort();
	return ms - server->filter_zone_ms;
}

static bool server_compares(int64_t one, const char *operator, int64_t other)
{
	return strcmp(operator, "LT") == 0    ? one < other
	       : strcmp(operator, "GTE") == 0 ? one >= other
	       : strcmp(operator, "EQ") == 0  ? one == other
					      : false;
}

static bool server_matches(const struct server *server, const struct server_row *row, const json_t *condition)
{
	const char *name = json_string_value(json_object_get(condition, "name"));
	const char *operator= json_string_value(json_object_get(condition, "operator"));
	const char *value = json_string_value(json_array_get(json_object_get(condition, "value"), 0));

	if (strcmp(name, "Gsid") == 0)
		return strcmp(operator, "EQ") == 0 ? strcmp(row->gsid, value) == 0
						   : strcmp(operator, "GT") == 0 && strcmp(row->gsid, value) > 0;
	if (strcmp(name, "Version") == 0)
		return server_compares(row->version, operator,
			json_integer_value(json_array_get(json_object_get(condition, "value"), 0)));
	return row->modified_ms != 0 &&
	       server_compares(row->modified_ms, operator, server_filter_ms(server, value));
}

/* record_delete_log (Gainsight, Retrieve Deleted Data API). */
static char *server_answer_log(const struct server *server, const json_t *query, int *ret_status)
{
	const json_t *conditions = json_object_get(json_object_get(query, "where"), "conditions");
	const json_t *object = json_array_get(json_object_get(json_array_get(conditions, 0), "value"), 0);
	const json_t *since = json_array_get(json_object_get(json_array_get(conditions, 1), "value"), 0);
	size_t limit = (size_t)json_integer_value(json_object_get(query, "limit")), count = 0;
	struct buffer out;

	buffer_init(&out, 1024 * 1024);
	if (server->has_no_log) {
		*ret_status = 400;
		(void)buffer_append_text(&out, "{\"result\":false,\"title\":\"OBJECT_NOT_FOUND\"}");
		return out.bytes;
	}
	(void)buffer_append_text(&out, "{\"result\":true,\"data\":{\"records\":[");
	for (size_t i = 0; i < server->deletion_count && count < limit; i++) {
		char iso[INSTANT_TEXT_SIZE];
		if (strcmp(json_string_value(object), "company") != 0 ||
			server->deletions[i].modified_ms < server_filter_ms(server, json_string_value(since)))
			continue;
		instant_format(server->deletions[i].modified_ms, iso);
		(void)buffer_printf(&out,
			"%s{\"RecordId\":\"%s\",\"ObjectName\":\"company\",\"DeletedOn\":\"%.23s+0000\"}",
			count++ == 0 ? "" : ",", server->deletions[i].gsid, iso);
	}
	(void)buffer_append_text(&out, "]}}");
	return out.bytes;
}

/* The answer's body, to be freed; its status in *ret_status. */
static char *server_answer(struct server *server, const char *body, int *ret_status)
{
	size_t *chosen = memory_allocate(SERVER_ROWS_MAX * sizeof *chosen);
	size_t count = 0;
	struct buffer out;
	json_t *query = json_loads(body, 0, NULL);

	server->calls++;
	*ret_status = 200;
	if (strcmp(json_string_value(json_array_get(json_object_get(query, "select"), 0)), "RecordId") == 0) {
		char *log = server_answer_log(server, query, ret_status);
		json_decref(query);
		free(chosen);
		return log;
	}
	for (size_t i = 0; i < server->count; i++) {
		json_t *conditions = json_object_get(json_object_get(query, "where"), "conditions");
		bool good = true;
		for (size_t c = 0; c < json_array_size(conditions); c++)
			good = good && server_matches(server, &server->rows[i], json_array_get(conditions, c));
		if (good)
			chosen[count++] = i;
	}
	server_sorting = server;
	server_order = json_object_get(query, "orderBy");
	bool sorts = !server->ignores_order || json_object_size(server_order) == 1;
	if (sorts)
		qsort(chosen, count, sizeof *chosen, server_compare);
	size_t limit = (size_t)json_integer_value(json_object_get(query, "limit"));
	if (server->clamp != 0 && limit > server->clamp)
		limit = server->clamp;
	if (count > limit)
		count = limit;
	server->delivered += count;
	buffer_init(&out, 64u * 1024 * 1024);
	if (count == 0 && server->says_1011) {
		*ret_status = 400;
		(void)buffer_append_text(&out, "{\"result\":false,\"errorCode\":\"GSOBJ_1011\",\"data\":null}");
	} else if (count == 0 && server->says_result_false) {
		(void)buffer_append_text(&out, "{\"result\":false,\"errorCode\":null,\"errorDesc\":\"No data "
					       "found for given criteria\","
					       "\"data\":null}");
	} else {
		(void)buffer_printf(&out, "{\"result\":true,\"errorCode\":null,\"requestId\":\"r-1\",\"data\":%s[",
			server->flat_container ? "" : "{\"records\":");
		for (size_t i = 0; i < count; i++) {
			const struct server_row *row = &server->rows[chosen[i]];
			(void)buffer_printf(&out,
				"%s{\"Gsid\":\"%s\",\"Name\":\"v%lld\",\"ModifiedDate\":", i == 0 ? "" : ",",
				row->gsid, (long long)row->version);
			if (row->modified_ms == 0)
				(void)buffer_append_text(&out, "null}");
			else
				(void)buffer_printf(&out, "%lld}", (long long)row->modified_ms);
		}
		(void)buffer_printf(&out, "]%s,\"message\":null}", server->flat_container ? "" : "}");
	}
	json_decref(query);
	free(chosen);
	return out.bytes;
}

#endif
