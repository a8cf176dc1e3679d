/* sync_internal.h - a run, as sync.c, sync_pages.c and sync_commit.c share it with each other and with nobody else. */
#ifndef DAEMON_SYNC_INTERNAL_H
#define DAEMON_SYNC_INTERNAL_H

#include "daemon/pager.h"
#include "daemon/progress.h"
#include "daemon/stage.h"
#include "daemon/sync.h"

struct sync_run {
	struct sync_settings settings;
	struct sync_events events;
	struct sync_outcome outcome;
	struct stage *stage;
	struct reading *reading;
	struct http_request request;
	struct pager *pager;
	struct event *timer;     /* the wait before a page is asked for again, or zero: go on next turn */
	struct event *end_timer; /* zero: tells `done` */
	struct progress progress;
	bool authorizing, authorized_once;
	bool keeps_changes; /* a full read beside changes that go on: their cursor stays */
	bool cautious;      /* the run before this one was broken off */
	unsigned tries;     /* of the page under way */
	unsigned applying;  /* commits under way; pages come meanwhile */
	int64_t uncommitted_rows, uncommitted_calls;
	int64_t started_ms, started_wall_ms;
	int64_t rows_before; /* of the full read that goes on: read by earlier runs */
	bool ending;         /* nothing more is asked: commit what is staged, then say `failure` or complete */
	bool committed;      /* the last commit is under way */
	bool dead;           /* the link is gone or the stages are in doubt: nothing more can be committed */
	bool emptied;        /* dead: no COPY of ours is open or queued any more */
};

/* sync_pages.c */

/* Makes what pages are asked for with. */
void sync_run_open_pages(struct sync_run *run);
/* The next page, or the end. */
void sync_run_ask(struct sync_run *run);

/* sync_commit.c */

/* Makes what rows are staged in. */
void sync_run_open_stage(struct sync_run *run);
/* What is staged is committed, then the next page is asked for. */
void sync_run_commit(struct sync_run *run);
/* Nothing more will be asked. What is staged is kept, if the connector can say where to go on from there: so a
 * throttled or failing vendor slows a long load down but never sends it back to its beginning. */
void sync_run_finish(struct sync_run *run, const struct failure *failure);
/* The link broke or a statement failed: whatever is staged is lost with it, and comes again next time. A link that lives
 * may still have a COPY and a commit of ours queued: `done` waits for them, since they would call a run that is gone. */
void sync_run_die(struct sync_run *run, const struct failure *failure);
/* Ends the run on the loop's next turn: callers are deep in other people's callbacks. */
void sync_run_end(struct sync_run *run);

#endif
