/* json_splitter.h - cuts a page of records, as its bytes arrive, into one record after the other. */
#ifndef CONNECTORS_JSON_SPLITTER_H
#define CONNECTORS_JSON_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>

/* A page is {"…": …, "records": [ {record}, {record}, … ]}. The splitter hands out each element of the named
 * array as a run of bytes and keeps everything else, the envelope, as a small document with an empty array in
 * the records' place. It knows strings, escapes and nesting and nothing more: whether a record is valid JSON is
 * for its reader to say, so one bad record never spoils its page. Memory: one record and the envelope. */
struct json_splitter;

/* Called for each element. `bytes` lives until the call returns. With `too_long`, the record passed the
 * limit and only its beginning is here. Returning false stops the splitting: json_splitter_feed fails. */
typedef bool json_element_fn(void *context, const char *bytes, size_t length, bool too_long);

/* Most records lie whole in one piece of the page, and who reads one learns where it ends: each object is first offered
 * with what is there of it and behind it, up to the limit. Returns the length of the object, which is then done with, or
 * 0: it isn't whole or isn't understood. Then the splitter looks for its end, and calls `element`. */
typedef size_t json_object_fn(void *context, const char *bytes, size_t length);

/* `containers`: paths of the record array, NULL-terminated, e.g. {"data.records", "data", NULL}; kept, not
 * copied. The first array found under any of them is the one. `object` may be NULL. */
struct json_splitter *json_splitter_new(const char *const *containers, size_t record_limit, json_object_fn *object,
	json_element_fn *element, void *context);
struct json_splitter *json_splitter_free(struct json_splitter *splitter);
/* Ready for the next page. */
void json_splitter_reset(struct json_splitter *splitter);
/* False: nesting too deep, envelope past 64 KiB, bytes after the document, or the callback said stop. */
bool json_splitter_feed(struct json_splitter *splitter, const char *bytes, size_t length);
/* Whether exactly one whole document has been fed: false means the body was cut off. */
bool json_splitter_complete(const struct json_splitter *splitter);
/* Whether the record array was there, be it empty. */
bool json_splitter_found(const struct json_splitter *splitter);
/* Between two pieces that both belong to a record array of the document's own object: the envelope as far as it has come,
 * "[" being its last byte; else NULL. Valid until the next feed or reset. */
const char *json_splitter_begun(const struct json_splitter *splitter, size_t *ret_length);
/* Elements handed out since the reset. */
size_t json_splitter_count(const struct json_splitter *splitter);
/* The envelope, valid until the next feed or reset. */
const char *json_splitter_envelope(const struct json_splitter *splitter, size_t *ret_length);

#endif
