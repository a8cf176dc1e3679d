/* The HubSpot connector and a vendor that refuses every few calls for longer than a run waits: each single good answer must
 * bring the stream further, or no run will ever come to its end. */
#include "tests/unit/hubspot_exchange.h"

#define CHANGED                                                                                                    \
	"\"properties\":{\"lastmodifieddate\":\"2026-10-01T08:00:00Z\",\"hs_lastmodifieddate\":\"2026-10-01T08:"   \
	"00:00Z\""

enum { RECORDS = 5, RUNS_MOST = 60 };

/* What is refused, and how a run that meets that ends. */
enum refusal {
	THROTTLED, /* 429: what has been read is kept, if there is a place to stop */
	CUT,       /* in the middle of the answer: only what had been committed before is kept */
};

struct patience {
	struct fixture f;
	enum refusal refusal;
	unsigned calls, every; /* each call whose number is a multiple of `every` is refused */
	char *cursor;
	struct buffer kept; /* the rows that are committed, with the cursor */
};

/* ---- the vendor: five contacts, tickets or owners, of which the even ones have company 7 ---- */

static void add_records(struct buffer *out, int first, int count)
{
	for (int id = first; id < first + count; id++)
		buffer_printf(out,
			"%s{\"id\":\"%d\"," CHANGED ",\"hs_pipeline\":\"0\",\"hs_pipeline_stage\":\"4\"}}",
			id == first ? "" : ",", id);
}

static void list(struct buffer *out, const char *url)
{
	const char *after = strstr(url, "&after=");
	int first = after == NULL ? 1 : atoi(after + strlen("&after="));
	int count = first + 1 < RECORDS ? 2 : RECORDS + 1 - first;

	buffer_append_text(out, "{\"results\":[");
	add_records(out, first, count);
	buffer_append_text(out, "]");
	if (first + count <= RECORDS)
		buffer_printf(out, ",\"paging\":{\"next\":{\"after\":\"%d\"}}", first + count);
	buffer_append_text(out, "}");
}

static void search(struct buffer *out, const char *body)
{
	static const char behind[] = "\"operator\":\"GT\",\"value\":\"";
	const char *last = strstr(body, behind);

	if (last == NULL) { /* the count */
		buffer_printf(out, "{\"total\":%d,\"results\":[]}", RECORDS);
		return;
	}
	int first = atoi(last + strlen(behind)) + 1;
	int left = RECORDS + 1 - first;
	buffer_printf(out, "{\"total\":%d,\"results\":[", left);
	add_records(out, first, left < 2 ? left : 2);
	buffer_append_text(out, "]}");
}

static void companies(struct buffer *out, const char *body)
{
	const char *comma = "";

	buffer_append_text(out, "{\"results\":[");
	for (int id = 2; id <= RECORDS; id += 2) {
		char input[32];
		(void)snprintf(input, sizeof input, "{\"id\":\"%d\"}", id);
		if (strstr(body, input) == NULL)
			continue;
		buffer_printf(out, "%s{\"from\":{\"id\":\"%d\"},\"to\":[{\"toObjectId\":7}]}", comma, id);
		comma = ",";
	}
	buffer_append_text(out, "]}");
}

static void owners(struct buffer *out, const char *url)
{
	bool archived = strstr(url, "archived=true") != NULL;

	buffer_printf(out, "{\"results\":[{\"id\":\"%d\",\"archived\":%s}]}", archived ? 2 : 1,
		archived ? "true" : "false");
}

static void answer(const struct http_request *request, struct buffer *out)
{
	const char *url = buffer_text(&request->url);

	if (strstr(url, "/associations/") != NULL)
		companies(out, buffer_text(&request->body));
	else if (strstr(url, "/search") != NULL)
		search(out, buffer_text(&request->body));
	else if (strstr(url, "/owners") != NULL)
		owners(out, url);
	else if (strstr(url, "/pipelines/") != NULL)
		buffer_append_text(out, "{\"results\":[{\"id\":\"0\",\"stages\":[{\"id\":\"4\",\"metadata\":"
					"{\"ticketState\":\"CLOSED\"}}]}]}");
	else if (strstr(url, "archived=true") != NULL)
		buffer_append_text(out, "{\"results\":[]}");
	else
		list(out, url);
}

/* ---- the caller ---- */

/* Rows and cursor, together. */
static void commit(struct patience *p, const char *cursor)
{
	buffer_append(&p->kept, buffer_text(&p->f.rows), p->f.rows.length);
	buffer_clear(&p->f.rows);
	free(p->cursor);
	p->cursor = cursor == NULL ? NULL : memory_copy_text(cursor);
}

/* False: refused. */
static bool give_next(struct patience *p)
{
	bool refused = ++p->calls % p->every == 0;
	struct buffer body;

	p->f.now += 1000;
	if (refused && p->refusal == THROTTLED)
		return give_with(
			&p->f, 429, JSON_TYPE, "retry-after", "600", "{\"policyName\":\"TEN_SECONDLY_ROLLING\"}");
	buffer_init(&body, 1 << 16);
	answer(&p->f.request, &body);
	const struct http_header type = { "content-type", JSON_TYPE };
	const struct http_head head = { 200, &type, 1 };
	bool good = give_head(&p->f, &head, buffer_text(&body), refused ? body.length / 2 : body.length);
	buffer_free(&body);
	return good;
}

/* One run; false: it was broken off. */
static bool run(struct patience *p, enum entity entity, enum read_mode mode, bool cautious)
{
	const char *cursor;

	assert_true(open_as(&p->f, entity, mode, mode == READ_CHANGES, p->cursor, cautious));
	while (connector_hubspot.read_next(p->f.reading, p->f.now, &p->f.request, &p->f.failure) == READ_REQUEST) {
		bool good = give_next(p);
		cursor = connector_hubspot.read_cursor(p->f.reading);
		if (cursor != NULL && (!good || (cautious && p->refusal == CUT)))
			commit(p, cursor);
		if (!good)
			return false;
	}
	commit(p, connector_hubspot.read_cursor(p->f.reading));
	return true;
}

static void expect_kept(struct patience *p, const char *row)
{
	if (strstr(buffer_text(&p->kept), row) == NULL)
		fail_msg("every %u: '%s' is missing in\n%s", p->every, row, buffer_text(&p->kept));
}

static void expect_all(struct patience *p, enum entity entity)
{
	const char *name = entity_shape(entity)->name;
	char row[128];

	for (int id = 1; id <= (entity == ENTITY_STAFF ? 2 : RECORDS); id++) {
		(void)snprintf(row, sizeof row, "%s remote_id=%d ", name, id);
		expect_kept(p, row);
		if (entity == ENTITY_STAFF)
			continue;
		(void)snprintf(row, sizeof row, "association entity=%s remote_id=%d%s\n", name, id,
			id % 2 == 0 ? " account_remote_id=7" : "");
		expect_kept(p, row);
	}
}

static void play(enum entity entity, enum read_mode mode, enum refusal refusal, unsigned every)
{
	struct patience p = { .refusal = refusal, .every = every };
	int runs = 1;

	start(&p.f);
	buffer_init(&p.kept, 1 << 20);
	if (mode == READ_CHANGES && entity != ENTITY_STAFF)
		p.cursor = memory_copy_text(BEGINNING);
	while (!run(&p, entity, mode, runs > 1))
		if (++runs > RUNS_MOST)
			fail_msg("%s, every %u: no end after %d runs; the cursor is %s", entity_shape(entity)->name,
				every, runs, p.cursor == NULL ? "nothing" : p.cursor);
	expect_all(&p, entity);
	free(p.cursor);
	buffer_free(&p.kept);
	end(&p.f);
}

static void test_every_few_calls(void **state)
{
	static const enum entity entities[] = { ENTITY_STAFF, ENTITY_CONTACT, ENTITY_SUPPORT_CASE };

	(void)state;
	for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
		for (unsigned every = 2; every <= 4; every++) {
			play(entities[i], READ_ALL, THROTTLED, every);
			play(entities[i], READ_ALL, CUT, every);
			play(entities[i], READ_CHANGES, THROTTLED, every);
			play(entities[i], READ_CHANGES, CUT, every);
		}
}

/* ---- where it stops, and goes on ---- */

/* After a run that was broken off every good answer is a place to stop: the count, each page, the companies. */
static void test_cautious_list(void **state)
{
	struct fixture f;
	char *cursor;

	(void)state;
	start(&f);
	set_number(&f, "page_size", 100);
	assert_true(open_as(&f, ENTITY_CONTACT, READ_ALL, false, NULL, true));
	ask(&f);
	give(&f, total(1100));
	expect_cursor(&f, "{\"v\":2,\"mapping\":\"0123456789abcdef\",\"start\":1790845170000,\"last\":0,\"seen\":0,"
			  "\"expected\":1100}");
	for (int page = 0; page < 10; page++) {
		/* It makes no difference where it is broken off, nor that this costs time. */
		cursor = memory_copy_text(connector_hubspot.read_cursor(f.reading));
		assert_true(open_as(&f, ENTITY_CONTACT, READ_ALL, false, cursor, true));
		f.now += 60000;
		assert_null(connector_hubspot.read_cursor(f.reading));
		free(cursor);
		ask(&f);
		assert_false(f.request.is_post);
		if (page == 5) {
			assert_false(give_with(&f, 200, JSON_TYPE, NULL, NULL, "{\"results\":[{\"id\":\"501\","));
			assert_null(connector_hubspot.read_cursor(f.reading));
			ask(&f);
		}
		give_contacts(&f, 100 * page + 1, 100, 100 * page + 101);
		char wanted[128];
		(void)snprintf(wanted, sizeof wanted,
			"\"after\":\"%d\",\"last\":%d,\"seen\":%d,\"expected\":1100,\"links\":[1,2,",
			100 * page + 101, 100 * page + 100, 100 * page + 100);
		assert_non_null(strstr(connector_hubspot.read_cursor(f.reading), wanted));
	}
	cursor = memory_copy_text(connector_hubspot.read_cursor(f.reading));
	assert_true(open_as(&f, ENTITY_CONTACT, READ_ALL, false, cursor, true));
	ask(&f);
	assert_int_equal(inputs_of(&f), 1000);
	assert_false(give_with(&f, 429, JSON_TYPE, NULL, NULL, "{}"));
	assert_null(connector_hubspot.read_cursor(f.reading)); /* as before */
	ask(&f);
	assert_int_equal(inputs_of(&f), 1000);
	give(&f, "{\"results\":[]}");
	expect_cursor(&f, list_cursor("1001", 1000, 1000, 1100));
	free(cursor);
	end(&f);
}

/* A reading whose companies in question are no list of ids begins anew. */
static void test_spoilt_links(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	assert_true(open_mode(&f, ENTITY_CONTACT, READ_ALL, false,
		"{\"v\":2,\"mapping\":\"0123456789abcdef\",\"start\":1790845170000,\"last\":2,\"seen\":2,"
		"\"expected\":3,\"links\":[1,\"2\"]}"));
	ask(&f);
	assert_string_equal(f.request.what, "number of contacts");
	give(&f, total(1));
	ask(&f);
	give_contacts(&f, 1, 1, 0);
	ask(&f);
	assert_int_equal(inputs_of(&f), 1);
	end(&f);
}

/* A run that was refused them, when its window was closed: the next one that proves has only them to go through. But should
 * they be refused again, changes are read before they are asked for anew. */
static void test_archived_are_refused(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	for (int i = 0; i < 3; i++) {
		const char *cursor = walking_of(NOW - 80000, NOW - 90000, 0);
		assert_true(open_mode(&f, ENTITY_ACCOUNT, READ_CHANGES, i > 0, cursor));
		ask(&f);
		assert_int_equal(f.request.is_post, i == 0); /* a run that doesn't prove searches */
		if (i == 1) {
			give(&f, "{\"results\":[{\"id\":\"5\",\"archived\":true}]}");
			expect_until(&f, NOW - 80000, NOW - 90000);
			expect_cursor(&f, cursor_of(NOW - 80000, NOW - 90000, NOW));
		}
		if (i == 2) {
			assert_false(give_with(&f, 403, JSON_TYPE, NULL, NULL, "{}"));
			expect_cursor(&f, cursor_of(NOW - 80000, NOW - 90000, 0));
		}
	}
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_few_calls),
		cmocka_unit_test(test_cautious_list),
		cmocka_unit_test(test_spoilt_links),
		cmocka_unit_test(test_archived_are_refused),
	};

	return cmocka_run_group_tests_name("hubspot_patience", tests, NULL, NULL);
}
