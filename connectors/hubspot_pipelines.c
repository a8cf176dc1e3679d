/* Whether a ticket or a deal is closed, and a deal won, is said by its stage alone (HubSpot, Pipelines): the
 * properties that say so are calculated ones. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "connectors/hubspot_internal.h"
#include "connectors/memory.h"

static const int64_t CACHE_MS = 3600 * 1000;

bool hubspot_pipelines_are_needed(const struct reading *reading)
{
	return reading->closed_column >= 0 || reading->won_column >= 0;
}

struct hubspot_pipelines *hubspot_pipelines_of(struct reading *reading)
{
	return reading->entity == ENTITY_SUPPORT_CASE ? &reading->session->tickets : &reading->session->deals;
}

bool hubspot_pipelines_are_current(const struct hubspot_pipelines *pipelines, int64_t now_ms)
{
	return pipelines->known && now_ms >= pipelines->read_at_ms && now_ms - pipelines->read_at_ms < CACHE_MS;
}

void hubspot_pipelines_clear(struct hubspot_pipelines *pipelines)
{
	for (size_t i = 0; i < pipelines->count; i++) {
		free(pipelines->stages[i].pipeline);
		free(pipelines->stages[i].stage);
	}
	free(pipelines->stages);
	*pipelines = (struct hubspot_pipelines){ 0 };
}

void hubspot_pipelines_request(struct reading *reading, struct http_request *request)
{
	(void)buffer_printf(&request->url, "%s/crm/v3/pipelines/%s", reading->session->base_url, reading->object);
	request->body_limit = HUBSPOT_DOCUMENT_LIMIT;
}

/* "1", "1.0": metadata holds texts. Not strtod, which a locale may teach to read a comma. */
static bool is_one(const char *text)
{
	if (*text++ != '1')
		return false;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0");
	return *text == '\0';
}

static bool text_is(const json_t *object, const char *name, const char *wanted)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && strcmp(text, wanted) == 0;
}

/* A pipeline or stage without an id can't be met in any record. */
static void add_stage(struct hubspot_pipelines *pipelines, bool is_ticket, const char *pipeline, const json_t *json)
{
	const char *id = json_string_value(json_object_get(json, "id"));
	const json_t *metadata = json_object_get(json, "metadata");

	if (pipeline == NULL || id == NULL)
		return;
	struct hubspot_stage stage = { memory_copy_text(pipeline), memory_copy_text(id), false, false };
	if (is_ticket) {
		stage.closed = text_is(metadata, "ticketState", "CLOSED");
	} else {
		const char *probability = json_string_value(json_object_get(metadata, "probability"));
		stage.closed = text_is(metadata, "isClosed", "true");
		stage.won = stage.closed && probability != NULL && is_one(probability);
	}
	pipelines->stages = memory_resize(pipelines->stages, (pipelines->count + 1) * sizeof stage);
	pipelines->stages[pipelines->count++] = stage;
}

bool hubspot_pipelines_finish(struct reading *reading, int64_t now_ms, struct failure *failure)
{
	struct hubspot_pipelines *pipelines = hubspot_pipelines_of(reading);
	json_auto_t *document = json_loadb(buffer_text(&reading->body), reading->body.length, JSON_ALLOW_NUL, NULL);
	const json_t *results = json_object_get(document, "results");
	size_t i, j;
	json_t *pipeline, *stage;

	if (!json_is_array(results)) {
		failure_set(failure, FAILURE_TRANSIENT,
			"pipelines of %s: the answer is not a whole list of pipelines", reading->object);
		return false;
	}
	hubspot_pipelines_clear(pipelines);
	json_array_foreach (results, i, pipeline) {
		const char *id = json_string_value(json_object_get(pipeline, "id"));
		json_array_foreach (json_object_get(pipeline, "stages"), j, stage)
			add_stage(pipelines, reading->entity == ENTITY_SUPPORT_CASE, id, stage);
	}
	pipelines->known = true;
	pipelines->read_at_ms = now_ms;
	reading->pipelines_fresh = true;
	reading->stage_unknown = false;
	reading->step = reading->searches ? HUBSPOT_STEP_SEARCH : HUBSPOT_STEP_LIST;
	return true;
}

bool hubspot_pipelines_apply(struct reading *reading, struct value *values, const struct value *extras)
{
	const struct hubspot_pipelines *pipelines = hubspot_pipelines_of(reading);
	const struct value *pipeline = &extras[0], *stage = &extras[1];
	const struct hubspot_stage *found = NULL;

	for (size_t i = 0; i < pipelines->count && found == NULL; i++)
		if (value_is(stage, pipelines->stages[i].stage) &&
			value_is(pipeline, pipelines->stages[i].pipeline))
			found = &pipelines->stages[i];
	/* A stage made since the pipelines were read: they are read once more and the page with them. What is
	 * then still unknown counts as open. */
	if (found == NULL && pipeline->text != NULL && stage->text != NULL && !reading->pipelines_fresh) {
		reading->stage_unknown = true;
		return false;
	}
	if (reading->closed_column >= 0)
		values[reading->closed_column] = (struct value){ found != NULL && found->closed ? "t" : "f", 1 };
	if (reading->won_column >= 0)
		values[reading->won_column] = (struct value){ found != NULL && found->won ? "t" : "f", 1 };
	return true;
}
