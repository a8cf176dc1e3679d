-- The tables of the first release: what is synced, what is derived, what is sent, what is remembered.
-- Functions, views and grants are files of their own (sql/functions, sql/views, sql/grants.sql), replaced
-- whole by every migrate; a migration holds only what can't be replaced: tables, indexes, constraints.

-- Operations ---------------------------------------------------------------------------------------------

CREATE TABLE advocacy.source_status (
	source        text PRIMARY KEY,
	connector     text NOT NULL,
	priority      integer NOT NULL DEFAULT 100,
	stale_after   interval NOT NULL DEFAULT '48 hours',
	state         text NOT NULL DEFAULT 'new'
	              CHECK (state IN ('new', 'current', 'retrying', 'throttled', 'paused')),
	detail        text,
	state_since   timestamptz NOT NULL DEFAULT now(),
	failures      integer NOT NULL DEFAULT 0,
	failing_since timestamptz,
	told_at       timestamptz,
	told_kind     text,
	stale_at      timestamptz,
	calls_used    bigint,
	calls_allowed bigint,
	poll          interval,
	api_budget    bigint,
	updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE advocacy.sync_stream (
	source          text NOT NULL REFERENCES advocacy.source_status,
	stream          text NOT NULL,
	entities        text[] NOT NULL DEFAULT '{}',
	cursor          text,
	fresh_until     timestamptz,
	complete_until  timestamptz,
	proved_at       timestamptz,
	full_cursor     text,
	full_began_at   timestamptz,
	full_lists      boolean NOT NULL DEFAULT false,
	full_rows       bigint NOT NULL DEFAULT 0,
	full_expected   bigint,
	full_read_at    timestamptz,
	last_started_at timestamptz,
	last_success_at timestamptz,
	last_failure_at timestamptz,
	failure_kind    text,
	failure         text,
	failures        integer NOT NULL DEFAULT 0,
	rows_read       bigint NOT NULL DEFAULT 0,
	rows_changed    bigint NOT NULL DEFAULT 0,
	rows_rejected   bigint NOT NULL DEFAULT 0,
	calls           bigint NOT NULL DEFAULT 0,
	calls_day       date,
	calls_today     bigint NOT NULL DEFAULT 0,
	mapping         text,
	observed        text CHECK (observed IN ('mapping', 'rejected')),
	taken_out_at    timestamptz,
	PRIMARY KEY (source, stream)
);

-- What a full read has seen so far: what it has not seen when it is through is gone. Not logged: after a crash of the
-- server the full read begins anew.
CREATE UNLOGGED TABLE advocacy.sync_listing (
	source    text NOT NULL,
	stream    text NOT NULL,
	remote_id text NOT NULL
);

CREATE TABLE advocacy.sync_run (
	run_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source        text NOT NULL,
	stream        text NOT NULL,
	started_at    timestamptz NOT NULL,
	ended_at      timestamptz NOT NULL DEFAULT now(),
	outcome       text NOT NULL CHECK (outcome IN ('complete', 'checkpoint', 'failed')),
	rows_read     bigint NOT NULL DEFAULT 0,
	rows_changed  bigint NOT NULL DEFAULT 0,
	rows_rejected bigint NOT NULL DEFAULT 0,
	calls         bigint NOT NULL DEFAULT 0,
	detail        text
);
CREATE INDEX sync_run_by_stream ON advocacy.sync_run (source, stream, ended_at);

-- An operator's wish that a stream be read anew beside the live tables, and what came of it.
CREATE TABLE advocacy.resync (
	resync_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source       text NOT NULL REFERENCES advocacy.source_status,
	stream       text NOT NULL,
	requested_by text NOT NULL,
	requested_at timestamptz NOT NULL DEFAULT now(),
	state        text NOT NULL DEFAULT 'wanted'
	             CHECK (state IN ('wanted', 'reading', 'read', 'applied', 'refused', 'failed')),
	commit       boolean,
	started_at   timestamptz,
	ended_at     timestamptz,
	difference   jsonb,
	detail       text,
	CHECK ((state IN ('applied', 'refused', 'failed')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX resync_open ON advocacy.resync (source, stream) WHERE ended_at IS NULL;

CREATE TABLE advocacy.rejected_record (
	rejected_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source        text NOT NULL,
	stream        text NOT NULL,
	remote_id     text NOT NULL,
	field         text,
	reason        text NOT NULL,
	raw           text NOT NULL,
	first_seen_at timestamptz NOT NULL DEFAULT now(),
	last_seen_at  timestamptz NOT NULL DEFAULT now(),
	resolved_at   timestamptz,
	UNIQUE (source, stream, remote_id)
);

-- Fields that don't come any more as they came. One that is open keeps what is stored of it.
CREATE TABLE advocacy.field_drift (
	drift_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source        text NOT NULL,
	stream        text NOT NULL,
	field         text NOT NULL,
	kind          text NOT NULL CHECK (kind IN ('null_for_all', 'vanished', 'type_changed', 'unreadable', 'incomplete', 'reordered')),
	detail        text NOT NULL,
	recovered     bigint NOT NULL DEFAULT 0,
	first_seen_at timestamptz NOT NULL,
	last_seen_at  timestamptz NOT NULL,
	resolved_at   timestamptz,
	resolution    text,
	accepted_by   text,
	lapsed_at     timestamptz,
	CHECK ((resolved_at IS NULL) = (resolution IS NULL)),
	CHECK (accepted_by IS NULL OR resolved_at IS NOT NULL),
	CHECK (lapsed_at IS NULL OR accepted_by IS NOT NULL)
);
CREATE UNIQUE INDEX field_drift_open ON advocacy.field_drift (source, stream, field) WHERE resolved_at IS NULL;

-- Small settings of the policy file that rules read, such as which case priorities count as top.
CREATE TABLE advocacy.policy_setting (
	name       text PRIMARY KEY,
	value      jsonb NOT NULL,
	changed_at timestamptz NOT NULL DEFAULT now()
);

-- Synced -------------------------------------------------------------------------------------------------

-- A tenth of each page is left free in what changes with every poll: a record that changes stays in its page then, and no
-- index has to be told of it (PostgreSQL, Heap-Only Tuples). Loading costs nothing more; where 1 % change, half the WAL.

CREATE TABLE advocacy.account (
	account_id  bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	source      text NOT NULL,
	remote_id   text NOT NULL,
	name        text,
	domain      text,
	industry    text,
	region      text,
	segment     text,
	arr         numeric,
	renewal_on  date,
	owner_email text,
	csm_email   text,
	deleted     boolean NOT NULL DEFAULT false,
	merged_into bigint, -- of account, without a foreign key: see account_source
	created_at  timestamptz NOT NULL DEFAULT now(),
	updated_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 90);
CREATE INDEX account_by_maker ON advocacy.account (source, remote_id) WHERE merged_into IS NOT NULL;

-- No foreign keys from here, from signal, risk and account itself to account: their check of every row, also of one that is
-- NULL, is a tenth of what storing it costs (a risk's would write the account once more, too, to lock it).
-- The only writers are our own functions (nobody else has the right), which take the account from the same statement
-- or from a locked world (sync_lock); accounts are never deleted. tests/sql/sync_paths.sql asks for orphans.
CREATE TABLE advocacy.account_source (
	source          text NOT NULL,
	remote_id       text NOT NULL,
	account_id      bigint NOT NULL, -- of account, without a foreign key: see above
	link_reason     text NOT NULL CHECK (link_reason IN ('own', 'salesforce_id', 'domain', 'person', 'merged')),
	salesforce_id   text COLLATE "C", -- these two are looked up by bytes for each record that comes
	name            text,
	domain          text COLLATE "C",
	industry        text,
	region          text,
	segment         text,
	arr             numeric,
	renewal_on      date,
	owner_remote_id text,
	owner_email     text,
	csm_remote_id   text,
	csm_email       text,
	modified_at     timestamptz,
	deleted         boolean NOT NULL DEFAULT false,
	merged_into_remote_id text,
	missing_since     timestamptz,
	PRIMARY KEY (source, remote_id)
) WITH (fillfactor = 90);
CREATE INDEX account_source_merged ON advocacy.account_source (source, merged_into_remote_id)
	WHERE merged_into_remote_id IS NOT NULL;
CREATE INDEX account_source_by_account ON advocacy.account_source (account_id, source);
CREATE INDEX account_source_by_salesforce_id ON advocacy.account_source (salesforce_id)
	WHERE salesforce_id IS NOT NULL;
CREATE INDEX account_source_by_domain ON advocacy.account_source (domain) WHERE domain IS NOT NULL;

-- Where records share a Salesforce id or a domain and yet can't be one customer for certain: a person decides.
CREATE TABLE advocacy.identity_review (
	review_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	shared_by   text NOT NULL CHECK (shared_by IN ('salesforce_id', 'domain')),
	shared      text NOT NULL,
	reason      text NOT NULL,
	records     jsonb NOT NULL,
	candidates  jsonb NOT NULL,
	opened_at   timestamptz NOT NULL,
	changed_at  timestamptz NOT NULL,
	resolved_at timestamptz,
	resolution  text,
	decided_by  text,
	CHECK ((resolved_at IS NULL) = (resolution IS NULL)),
	CHECK (decided_by IS NULL OR resolved_at IS NOT NULL)
);
CREATE UNIQUE INDEX identity_review_open ON advocacy.identity_review (shared_by, shared) WHERE resolved_at IS NULL;
CREATE INDEX identity_review_of ON advocacy.identity_review USING gin (candidates jsonb_path_ops) WHERE resolved_at IS NULL;

-- Where sources say very different things of one customer's health; the worst counts meanwhile, and people can see it.
CREATE TABLE advocacy.source_disagreement (
	disagreement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account_id      bigint NOT NULL REFERENCES advocacy.account,
	low_source      text NOT NULL,
	low             numeric NOT NULL,
	high_source     text NOT NULL,
	high            numeric NOT NULL,
	since           timestamptz NOT NULL,
	ended_at        timestamptz,
	CHECK (low < high)
);
CREATE UNIQUE INDEX source_disagreement_open ON advocacy.source_disagreement (account_id) WHERE ended_at IS NULL;

CREATE TABLE advocacy.staff (
	staff_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source            text NOT NULL,
	remote_id         text NOT NULL,
	email             text,
	name              text,
	active            boolean NOT NULL DEFAULT true,
	manager_remote_id text,
	time_zone         text,
	modified_at       timestamptz,
	deleted           boolean NOT NULL DEFAULT false,
	missing_since     timestamptz,
	UNIQUE (source, remote_id)
);
CREATE INDEX staff_by_email ON advocacy.staff (lower(email));

CREATE TABLE advocacy.contact (
	contact_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source            text NOT NULL,
	remote_id         text NOT NULL,
	account_id        bigint REFERENCES advocacy.account,
	account_remote_id text,
	account_by_association boolean NOT NULL DEFAULT false,
	email             text,
	first_name        text,
	last_name         text,
	title             text,
	opted_out         boolean,
	advocate          boolean,
	modified_at       timestamptz,
	deleted           boolean NOT NULL DEFAULT false,
	merged_into_remote_id text,
	signals           jsonb,
	missing_since     timestamptz,
	persona           text,
	language          text,
	time_zone         text,
	products          text,
	use_cases         text,
	erased_at         timestamptz,
	UNIQUE (source, remote_id)
) WITH (fillfactor = 90);
CREATE INDEX contact_erased ON advocacy.contact (source, remote_id) WHERE erased_at IS NOT NULL;
CREATE INDEX contact_merged ON advocacy.contact (source, merged_into_remote_id)
	WHERE merged_into_remote_id IS NOT NULL;
CREATE INDEX contact_by_account ON advocacy.contact (account_id);
CREATE INDEX contact_by_remote_account ON advocacy.contact (source, account_remote_id);

CREATE TABLE advocacy.support_case (
	case_id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source            text NOT NULL,
	remote_id         text NOT NULL,
	account_id        bigint REFERENCES advocacy.account,
	account_remote_id text,
	account_by_association boolean NOT NULL DEFAULT false,
	contact_remote_id text,
	number            text,
	subject           text,
	status            text,
	priority          text,
	escalated         boolean,
	closed            boolean,
	opened_at         timestamptz,
	closed_at         timestamptz,
	modified_at       timestamptz,
	deleted           boolean NOT NULL DEFAULT false,
	missing_since     timestamptz,
	UNIQUE (source, remote_id)
) WITH (fillfactor = 90);
CREATE INDEX support_case_by_account ON advocacy.support_case (account_id);
CREATE INDEX support_case_by_remote_account ON advocacy.support_case (source, account_remote_id);

CREATE TABLE advocacy.opportunity (
	opportunity_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source            text NOT NULL,
	remote_id         text NOT NULL,
	account_id        bigint REFERENCES advocacy.account,
	account_remote_id text,
	account_by_association boolean NOT NULL DEFAULT false,
	name              text,
	stage             text,
	type              text,
	amount            numeric,
	close_on          date,
	closed            boolean,
	won               boolean,
	owner_remote_id   text,
	owner_email       text,
	modified_at       timestamptz,
	deleted           boolean NOT NULL DEFAULT false,
	missing_since     timestamptz,
	UNIQUE (source, remote_id)
) WITH (fillfactor = 90);
CREATE INDEX opportunity_by_account ON advocacy.opportunity (account_id);
CREATE INDEX opportunity_by_remote_account ON advocacy.opportunity (source, account_remote_id);

-- What a page of a vendor's records looks like before it is merged. The daemon makes temporary tables
-- (LIKE these) on its own connection, so that two runs never meet in a stage and a crash leaves nothing.

CREATE TABLE advocacy.stage_account (
	remote_id text NOT NULL, modified_at timestamptz, deleted boolean,
	salesforce_id text, name text, domain text, industry text, region text, segment text,
	arr numeric, renewal_on date, owner_remote_id text, owner_email text, csm_remote_id text, csm_email text,
	merged_into_remote_id text, signals jsonb
);
CREATE TABLE advocacy.stage_staff (
	remote_id text NOT NULL, modified_at timestamptz, deleted boolean,
	email text, name text, active boolean, manager_remote_id text, time_zone text
);
CREATE TABLE advocacy.stage_contact (
	remote_id text NOT NULL, modified_at timestamptz, deleted boolean,
	account_remote_id text, email text, first_name text, last_name text, title text,
	opted_out boolean, advocate boolean, merged_into_remote_id text,
	persona text, language text, time_zone text, products text, use_cases text, signals jsonb
);
CREATE TABLE advocacy.stage_support_case (
	remote_id text NOT NULL, modified_at timestamptz, deleted boolean,
	account_remote_id text, contact_remote_id text, number text, subject text, status text, priority text,
	escalated boolean, closed boolean, opened_at timestamptz, closed_at timestamptz
);
CREATE TABLE advocacy.stage_opportunity (
	remote_id text NOT NULL, modified_at timestamptz, deleted boolean,
	account_remote_id text, name text, stage text, type text, amount numeric, close_on date,
	closed boolean, won boolean, owner_remote_id text, owner_email text
);
CREATE TABLE advocacy.stage_request (
	remote_id text NOT NULL, modified_at timestamptz, deleted boolean,
	opportunity_remote_id text, activity_type text, justification text, audience text, outcome text, needed_by date,
	priority text, exposure text, requested_by_remote_id text, requested_by_email text, submitted boolean,
	submitted_at timestamptz, cancelled boolean
);
-- Numbers about accounts from records of their own, which are not kept.
CREATE TABLE advocacy.stage_observation (
	remote_id text NOT NULL, modified_at timestamptz, deleted boolean,
	account_remote_id text, included boolean, signals jsonb
);
-- Where a vendor keeps the link between a record and its account apart from the record (HubSpot). No account: the vendor
-- was asked and there is none, or more than one; a link that came this way ends.
CREATE TABLE advocacy.stage_association (
	entity text NOT NULL CHECK (entity IN ('contact', 'support_case', 'opportunity')),
	remote_id text NOT NULL, account_remote_id text
);
CREATE TABLE advocacy.stage_rejected (
	remote_id text NOT NULL, field text, reason text NOT NULL, raw text NOT NULL
);

-- Signals and risk ---------------------------------------------------------------------------------------

CREATE TABLE advocacy.signal (
	account_id  bigint NOT NULL, -- of account, without a foreign key: see account_source
	name        text NOT NULL,
	source      text NOT NULL,
	stream      text NOT NULL,
	value       numeric,
	observed_at timestamptz NOT NULL,
	PRIMARY KEY (account_id, name, source)
) WITH (fillfactor = 90);

CREATE TABLE advocacy.signal_history (
	account_id  bigint NOT NULL,
	name        text NOT NULL,
	source      text NOT NULL,
	value       numeric,
	observed_at timestamptz NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT now(),
	repeated    boolean NOT NULL DEFAULT false
);
CREATE INDEX signal_history_by_account ON advocacy.signal_history (account_id, name, observed_at);

CREATE TABLE advocacy.risk_rule (
	rule           text PRIMARY KEY,
	version        integer NOT NULL DEFAULT 1,
	signal         text NOT NULL,
	enter_operator text NOT NULL CHECK (enter_operator IN ('<', '<=', '>', '>=', '=')),
	enter_value    numeric NOT NULL,
	clear_operator text NOT NULL CHECK (clear_operator IN ('<', '<=', '>', '>=', '=')),
	clear_value    numeric NOT NULL,
	clear_hold     interval NOT NULL DEFAULT '0' CHECK (clear_hold >= '0'),
	action         text NOT NULL DEFAULT 'suspend' CHECK (action IN ('watch', 'suspend')),
	severity       text NOT NULL DEFAULT 'soft'
	               CHECK (severity IN ('soft', 'hard', 'caution', 'hold', 'ineligible', 'withdrawn', 'left')),
	enter_observations integer NOT NULL DEFAULT 1 CHECK (enter_observations >= 1),
	enter_apart    interval NOT NULL DEFAULT '0' CHECK (enter_apart >= '0'),
	clear_observations integer NOT NULL DEFAULT 1 CHECK (clear_observations >= 1),
	clear_apart    interval NOT NULL DEFAULT '0' CHECK (clear_apart >= '0'),
	dwell          interval NOT NULL DEFAULT '0' CHECK (dwell >= '0'),
	flaps          integer NOT NULL DEFAULT 0 CHECK (flaps >= 0),
	drop_points    numeric CHECK (drop_points > 0),
	drop_within    interval CHECK (drop_within > '0'),
	date_side      text CHECK (date_side IN ('until', 'since')),
	lapse          interval CHECK (lapse > '0'),
	confirm        boolean NOT NULL DEFAULT false,
	active         boolean NOT NULL DEFAULT true,
	changed_at     timestamptz NOT NULL DEFAULT now(),
	CHECK ((drop_points IS NULL) = (drop_within IS NULL)),
	CHECK (signal LIKE 'contact.%' OR (lapse IS NULL AND severity NOT IN ('withdrawn', 'left')))
);

-- Every version of every rule, as it was: what it decided can be decided again. Rows are only added.
CREATE TABLE advocacy.risk_rule_version (
	rule       text NOT NULL REFERENCES advocacy.risk_rule,
	version    integer NOT NULL,
	since      timestamptz NOT NULL,
	definition jsonb,
	PRIMARY KEY (rule, version, since)
);

-- How many observations in a row a rule that wants several has seen. Only for those rules, and only while it matters.
CREATE TABLE advocacy.risk_observation (
	account_id  bigint NOT NULL, -- of account, without a foreign key: see account_source
	rule        text NOT NULL REFERENCES advocacy.risk_rule,
	source      text NOT NULL,
	clearing    boolean NOT NULL,
	counted     integer NOT NULL,
	first_at    timestamptz NOT NULL,
	last_at     timestamptz NOT NULL,
	PRIMARY KEY (account_id, rule, source)
);
CREATE INDEX risk_observation_entering ON advocacy.risk_observation (first_at) WHERE NOT clearing;

-- When time alone decides: a date will make an account risky; what was low within 24 hours of a return still is.
CREATE TABLE advocacy.risk_due (
	account_id  bigint NOT NULL, -- of account, without a foreign key: see account_source
	rule        text NOT NULL REFERENCES advocacy.risk_rule,
	due_at      timestamptz NOT NULL,
	PRIMARY KEY (account_id, rule)
);
CREATE INDEX risk_due_by_time ON advocacy.risk_due (due_at);

CREATE TABLE advocacy.risk (
	risk_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account_id     bigint NOT NULL, -- of account, without a foreign key: see account_source
	rule           text NOT NULL REFERENCES advocacy.risk_rule,
	rule_version   integer NOT NULL,
	opened_at      timestamptz NOT NULL,
	evidence       jsonb NOT NULL,
	well_since     timestamptz,
	clear_due_at   timestamptz,
	cleared_at     timestamptz,
	clear_evidence jsonb,
	held_at        timestamptz,
	held_batch     bigint,
	opened_in      bigint,
	cleared_in     bigint,
	undone_at      timestamptz,
	pinned_at      timestamptz,
	unpinned_at    timestamptz,
	clear_batch    bigint,
	merged         jsonb,
	CHECK (held_at IS NULL OR held_batch IS NOT NULL),
	CHECK (well_since IS NOT NULL OR clear_due_at IS NULL),
	CHECK ((cleared_at IS NULL) = (clear_evidence IS NULL))
);
CREATE UNIQUE INDEX risk_open ON advocacy.risk (account_id, rule) WHERE cleared_at IS NULL;
CREATE INDEX risk_by_account ON advocacy.risk (account_id, rule);
CREATE INDEX risk_clearing ON advocacy.risk (clear_due_at)
	WHERE cleared_at IS NULL AND clear_due_at IS NOT NULL;
CREATE INDEX risk_opened_in ON advocacy.risk (opened_in) WHERE opened_in IS NOT NULL;
CREATE INDEX risk_cleared_in ON advocacy.risk (cleared_in) WHERE cleared_in IS NOT NULL;
CREATE INDEX risk_undone ON advocacy.risk (account_id, rule) WHERE undone_at IS NOT NULL;
CREATE INDEX risk_clear_held ON advocacy.risk (clear_batch) WHERE clear_batch IS NOT NULL;
CREATE INDEX risk_held ON advocacy.risk (held_batch) WHERE held_batch IS NOT NULL;
CREATE INDEX risk_waiting ON advocacy.risk (held_batch) WHERE held_at IS NOT NULL AND cleared_at IS NULL;
CREATE INDEX risk_held_account ON advocacy.risk (account_id, rule) WHERE held_batch IS NOT NULL;

-- What the circuit breaker holds until a person decides, once: suspensions, reinstatements, or retirements.
CREATE TABLE advocacy.decision_batch (
	batch_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	direction  text NOT NULL CHECK (direction IN ('suspend', 'reinstate', 'retire', 'opt_out', 'contact')),
	source     text,
	stream     text,
	opened_at  timestamptz NOT NULL,
	advocates  integer NOT NULL,
	most       integer NOT NULL,
	observed   text CHECK (observed IN ('first', 'mapping', 'rejected')),
	decision   text CHECK (decision IN ('released', 'rejected', 'discarded')),
	decided_at timestamptz,
	decided_by text,
	cycle_id   bigint,
	CHECK ((decision IS NULL) = (decided_at IS NULL)),
	CHECK ((decision IS NULL) = (decided_by IS NULL)),
	CHECK (cycle_id IS NULL OR decision = 'released')
);
CREATE UNIQUE INDEX decision_batch_cycle ON advocacy.decision_batch (cycle_id) WHERE cycle_id IS NOT NULL;
CREATE INDEX decision_batch_open ON advocacy.decision_batch (opened_at) WHERE decision IS NULL;

-- What was decided together: by one apply, by deadlines, by a change of the policy, by the approval of a batch. It can be taken back together.
CREATE TABLE advocacy.decision_cycle (
	cycle_id      bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	source        text,
	stream        text,
	decided_at    timestamptz NOT NULL,
	risks_opened  integer NOT NULL,
	risks_cleared integer NOT NULL,
	suspended     integer NOT NULL,
	reinstated    integer NOT NULL,
	held          integer NOT NULL,
	undone_at     timestamptz,
	undone_by     text,
	undo_reason   text,
	CHECK ((undone_at IS NULL) = (undone_by IS NULL)),
	CHECK ((undone_at IS NULL) = (undo_reason IS NULL))
);
CREATE INDEX decision_cycle_by_time ON advocacy.decision_cycle (decided_at);

-- The program --------------------------------------------------------------------------------------------

CREATE TABLE advocacy.advocate (
	advocate_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	contact_id    bigint NOT NULL UNIQUE REFERENCES advocacy.contact,
	account_id    bigint REFERENCES advocacy.account,
	enrolled_at   timestamptz NOT NULL DEFAULT now(),
	enrolled_by   text NOT NULL,
	former_contacts bigint[] NOT NULL DEFAULT '{}',
	calls_per_month smallint CHECK (calls_per_month BETWEEN 1 AND 3),
	retired_at    timestamptz,
	retire_reason text,
	retire_rejected text,
	opt_out       text CHECK (opt_out IN ('followed', 'known', 'rejected')),
	opt_out_at    timestamptz,
	CHECK ((opt_out IS NULL) = (opt_out_at IS NULL)),
	CHECK ((retired_at IS NULL) = (retire_reason IS NULL))
);
CREATE INDEX advocate_by_account ON advocacy.advocate (account_id);
CREATE INDEX advocate_opted_out ON advocacy.advocate (opt_out_at) WHERE opt_out = 'followed';
CREATE INDEX advocate_retired ON advocacy.advocate (retired_at) WHERE retired_at IS NOT NULL;
CREATE INDEX advocate_formerly ON advocacy.advocate (advocate_id) WHERE former_contacts <> '{}';

-- What a person allowed to be asked for, and until when; and what they took back. Rows are kept: what was allowed at any
-- time can be told. One without given_at takes back what nobody had recorded.
CREATE TABLE advocacy.consent (
	consent_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	contact_id      bigint NOT NULL REFERENCES advocacy.contact,
	scope           text NOT NULL CHECK (scope IN ('all', 'reference_call', 'case_study', 'video_testimonial', 'quote',
	                'event_talk', 'site_visit', 'advisory_board', 'rfp_support', 'referral', 'review', 'beta_test')),
	given_at        timestamptz,
	until           timestamptz,
	source          text NOT NULL CHECK (source <> ''),
	recorded_at     timestamptz NOT NULL,
	recorded_by     text NOT NULL,
	withdrawn_at    timestamptz,
	withdrawn_by    text,
	withdraw_reason text,
	next_at         timestamptz,
	CHECK ((given_at IS NULL) = (until IS NULL)),
	CHECK (given_at < until),
	CHECK (given_at IS NOT NULL OR withdrawn_at IS NOT NULL),
	CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL)),
	CHECK (next_at IS NULL OR withdrawn_at IS NULL)
);
CREATE INDEX consent_by_contact ON advocacy.consent (contact_id);
CREATE INDEX consent_due ON advocacy.consent (next_at) WHERE next_at IS NOT NULL;

-- A person says that a cause doesn't suspend for a while.
CREATE TABLE advocacy.risk_override (
	override_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	advocate_id bigint REFERENCES advocacy.advocate,
	account_id  bigint REFERENCES advocacy.account,
	rule        text REFERENCES advocacy.risk_rule,
	until       timestamptz NOT NULL,
	reason      text NOT NULL CHECK (reason <> ''),
	made_at     timestamptz NOT NULL,
	made_by     text NOT NULL,
	ended_at    timestamptz,
	ended_by    text,
	end_reason  text,
	warned_at   timestamptz,
	CHECK ((advocate_id IS NULL) <> (account_id IS NULL)),
	CHECK (until > made_at),
	CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
	CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX risk_override_open ON advocacy.risk_override (until) WHERE ended_at IS NULL;
CREATE INDEX risk_override_by_advocate ON advocacy.risk_override (advocate_id);
CREATE INDEX risk_override_by_account ON advocacy.risk_override (account_id);

CREATE TABLE advocacy.suspension (
	suspension_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	advocate_id   bigint NOT NULL REFERENCES advocacy.advocate,
	cause         text NOT NULL CHECK (cause IN ('risk', 'person', 'consent', 'own')),
	risk_id       bigint REFERENCES advocacy.risk,
	rule          text,
	severity      text CHECK (severity IN ('soft', 'hard', 'caution', 'hold', 'ineligible', 'withdrawn', 'left')),
	reason        text NOT NULL CHECK (reason <> ''),
	evidence      jsonb NOT NULL DEFAULT '{}',
	opened_at     timestamptz NOT NULL DEFAULT now(),
	opened_by     text NOT NULL,
	closed_at     timestamptz,
	closed_by     text,
	close_reason  text,
	opened_in     bigint,
	closed_in     bigint,
	closed_by_override bigint REFERENCES advocacy.risk_override,
	until         timestamptz,
	answer_due_at timestamptz,
	answered_at   timestamptz,
	answered_by   text,
	review_since  timestamptz,
	digested_at   timestamptz,
	CHECK ((cause = 'risk') = (risk_id IS NOT NULL)),
	CHECK ((cause IN ('risk', 'own')) = (rule IS NOT NULL)),
	CHECK (cause NOT IN ('risk', 'own') OR severity IS NOT NULL),
	CHECK (cause <> 'risk' OR severity NOT IN ('withdrawn', 'left')),
	CHECK ((answered_at IS NULL) = (answered_by IS NULL)),
	CHECK (until IS NULL OR cause <> 'risk'),
	CHECK (review_since IS NULL OR cause = 'risk'),
	CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
	CHECK ((closed_at IS NULL) = (close_reason IS NULL))
);
CREATE UNIQUE INDEX suspension_open_risk ON advocacy.suspension (advocate_id, risk_id)
	WHERE closed_at IS NULL AND cause = 'risk';
CREATE UNIQUE INDEX suspension_open_person ON advocacy.suspension (advocate_id, cause, coalesce(rule, ''))
	WHERE closed_at IS NULL AND cause <> 'risk';
CREATE INDEX suspension_by_advocate ON advocacy.suspension (advocate_id, closed_at);
CREATE INDEX suspension_ending ON advocacy.suspension (until) WHERE closed_at IS NULL AND until IS NOT NULL;
CREATE INDEX suspension_unanswered ON advocacy.suspension (answer_due_at)
	WHERE closed_at IS NULL AND answered_at IS NULL AND answer_due_at IS NOT NULL;
CREATE INDEX suspension_undigested ON advocacy.suspension (opened_at)
	WHERE closed_at IS NULL AND severity = 'caution' AND digested_at IS NULL;
CREATE INDEX suspension_held ON advocacy.suspension ((evidence ->> 'batch')) WHERE closed_at IS NULL AND cause = 'own' AND severity = 'hold';
CREATE INDEX suspension_retirement_of ON advocacy.suspension (advocate_id) WHERE rule = 'retirement held';
CREATE INDEX suspension_by_risk ON advocacy.suspension (risk_id);
CREATE INDEX suspension_opened_in ON advocacy.suspension (opened_in) WHERE opened_in IS NOT NULL;
CREATE INDEX suspension_overridden ON advocacy.suspension (closed_by_override) WHERE closed_by_override IS NOT NULL;
CREATE INDEX suspension_closed_in ON advocacy.suspension (closed_in) WHERE closed_in IS NOT NULL;

CREATE TABLE advocacy.request (
	request_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	opportunity_id bigint REFERENCES advocacy.opportunity,
	activity_type  text NOT NULL CHECK (activity_type IN ('reference_call', 'case_study', 'video_testimonial',
	               'quote', 'event_talk', 'site_visit', 'advisory_board', 'rfp_support', 'referral', 'review',
	               'beta_test')),
	justification  text NOT NULL,
	audience       text NOT NULL,
	outcome        text NOT NULL,
	needed_by      timestamptz,
	requested_by   text NOT NULL,
	priority       text NOT NULL DEFAULT 'normal' CHECK (priority IN ('normal', 'expedite')),
	exposure       text NOT NULL DEFAULT 'internal' CHECK (exposure IN ('internal', 'logo', 'named', 'public')),
	state          text NOT NULL CHECK (state IN ('draft', 'submitted', 'triaged', 'matching', 'proposed',
	               'awaiting_csm', 'awaiting_advocate', 'scheduled', 'held', 'feedback_due', 'completed',
	               'declined', 'expired', 'cancelled', 'unfulfillable', 'suspended_hold')),
	advocate_id    bigint REFERENCES advocacy.advocate,
	waiting_on     text CHECK (waiting_on IN ('rep', 'prospect')),
	scheduled_for  timestamptz,
	criteria       jsonb,
	decide_by      timestamptz,
	owes_feedback  boolean NOT NULL DEFAULT false,
	submitted_at   timestamptz NOT NULL DEFAULT now(),
	updated_at     timestamptz NOT NULL DEFAULT now(),
	CHECK ((state = 'suspended_hold') = (decide_by IS NOT NULL))
);
CREATE INDEX request_undecided ON advocacy.request (decide_by) WHERE decide_by IS NOT NULL;
CREATE INDEX request_needed_by ON advocacy.request (needed_by)
	WHERE state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate');
CREATE INDEX request_feedback_due ON advocacy.request (requested_by) WHERE state = 'feedback_due';
CREATE INDEX request_held ON advocacy.request (updated_at) WHERE state = 'held';
CREATE INDEX request_of_deal ON advocacy.request (opportunity_id) WHERE opportunity_id IS NOT NULL
	AND state IN ('submitted', 'triaged', 'matching', 'proposed', 'awaiting_csm', 'awaiting_advocate', 'scheduled', 'suspended_hold');
CREATE INDEX request_by_advocate ON advocacy.request (advocate_id) WHERE advocate_id IS NOT NULL;

CREATE TABLE advocacy.request_event (
	event_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	request_id  bigint NOT NULL REFERENCES advocacy.request,
	move        text NOT NULL,
	from_state  text,
	to_state    text NOT NULL,
	actor       text NOT NULL,
	reason      text,
	occurred_at timestamptz NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX request_event_by_request ON advocacy.request_event (request_id, event_id);

-- Whose yes it takes before a customer is shown: by how widely, and by their industry. NULL: any.
CREATE TABLE advocacy.approval_rule (
	rule           text PRIMARY KEY,
	approver       text NOT NULL CHECK (approver <> ''),
	exposures      text[] NOT NULL CHECK (cardinality(exposures) > 0 AND exposures <@ '{internal,logo,named,public}'),
	industries     text[],
	activity_types text[],
	people         text[]
);

-- What an approver was asked about a request's advocate, and said.
CREATE TABLE advocacy.approval (
	approval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	request_id  bigint NOT NULL REFERENCES advocacy.request,
	advocate_id bigint NOT NULL REFERENCES advocacy.advocate,
	approver    text NOT NULL,
	exposure    text NOT NULL CHECK (exposure IN ('internal', 'logo', 'named', 'public')),
	rule        text NOT NULL,
	people      text[] NOT NULL DEFAULT '{}',
	state       text NOT NULL CHECK (state IN ('asked', 'granted', 'refused', 'withdrawn')),
	asked_at    timestamptz NOT NULL,
	ended_at    timestamptz,
	decided_by  text,
	reason      text,
	CHECK ((state = 'asked') = (ended_at IS NULL)),
	CHECK ((state IN ('granted', 'refused')) = (decided_by IS NOT NULL)),
	CHECK (state <> 'refused' OR reason IS NOT NULL)
);
CREATE UNIQUE INDEX approval_once ON advocacy.approval (request_id, advocate_id, approver, exposure) WHERE state <> 'withdrawn';
CREATE INDEX approval_asked ON advocacy.approval (request_id) WHERE state = 'asked';
CREATE INDEX approval_by_advocate ON advocacy.approval (advocate_id);

-- Requests as reps file them in the CRM, and what became of each.
CREATE TABLE advocacy.request_record (
	source                 text NOT NULL,
	remote_id              text NOT NULL,
	modified_at            timestamptz,
	deleted                boolean NOT NULL DEFAULT false,
	opportunity_remote_id  text,
	activity_type          text,
	justification          text,
	audience               text,
	outcome                text,
	needed_by              date,
	priority               text,
	exposure               text,
	requested_by_remote_id text,
	requested_by_email     text,
	submitted              boolean NOT NULL,
	submitted_at           timestamptz,
	cancelled              boolean NOT NULL,
	considered             boolean NOT NULL DEFAULT false,
	state                  text NOT NULL DEFAULT 'draft'
	                       CHECK (state IN ('draft', 'waiting', 'refused', 'filed', 'withdrawn', 'past')),
	request_id             bigint REFERENCES advocacy.request,
	priority_taken         text,
	exposure_taken         text,
	needed_by_taken        date,
	refusal                text,
	refused_field          text,
	waiting_since          timestamptz,
	PRIMARY KEY (source, remote_id),
	CHECK (state <> 'refused' OR refusal IS NOT NULL),
	CHECK ((state = 'waiting') = (waiting_since IS NOT NULL)),
	CHECK (state <> 'filed' OR request_id IS NOT NULL)
);
CREATE INDEX request_record_waiting ON advocacy.request_record (source) WHERE NOT considered OR state = 'waiting';
CREATE INDEX request_record_by_request ON advocacy.request_record (request_id) WHERE request_id IS NOT NULL;

-- What a rep says of the reference that they got.
CREATE TABLE advocacy.request_feedback (
	request_id bigint PRIMARY KEY REFERENCES advocacy.request,
	relevance  smallint NOT NULL CHECK (relevance BETWEEN 1 AND 5),
	overall    smallint CHECK (overall BETWEEN 1 AND 5),
	comment    text,
	given_by   text NOT NULL,
	given_at   timestamptz NOT NULL
);

-- What advocates were asked for and did. A row is made by the ask itself, in the transaction that matches: that is the
-- reservation that caps count. What was released doesn't count.
CREATE TABLE advocacy.activity (
	activity_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	advocate_id   bigint NOT NULL REFERENCES advocacy.advocate,
	activity_type text NOT NULL CHECK (activity_type IN ('reference_call', 'case_study', 'video_testimonial', 'quote',
	              'event_talk', 'site_visit', 'advisory_board', 'rfp_support', 'referral', 'review', 'beta_test')),
	status        text NOT NULL CHECK (status IN ('asked', 'scheduled', 'completed', 'released')),
	occurred_at   timestamptz NOT NULL,
	weight        integer NOT NULL CHECK (weight > 0),
	account_id    bigint,
	cell          text,
	request_id    bigint REFERENCES advocacy.request,
	note          text,
	recorded_at   timestamptz NOT NULL,
	recorded_by   text NOT NULL,
	CHECK (request_id IS NOT NULL OR status IN ('completed', 'released'))
);
CREATE UNIQUE INDEX activity_of_request ON advocacy.activity (request_id) WHERE status IN ('asked', 'scheduled');
CREATE INDEX activity_by_advocate ON advocacy.activity (advocate_id, occurred_at)
	INCLUDE (activity_type, weight, status, request_id) WHERE status <> 'released';
CREATE INDEX activity_by_time ON advocacy.activity (occurred_at) INCLUDE (advocate_id, activity_type, weight, account_id, cell)
	WHERE status <> 'released';

-- What was published with advocates' names, to be taken down when their consent is gone.
CREATE TABLE advocacy.asset (
	asset_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	advocate_id   bigint NOT NULL REFERENCES advocacy.advocate,
	activity_type text NOT NULL CHECK (activity_type IN ('reference_call', 'case_study', 'video_testimonial', 'quote',
	              'event_talk', 'site_visit', 'advisory_board', 'rfp_support', 'referral', 'review', 'beta_test')),
	title         text NOT NULL CHECK (title <> ''),
	place         text NOT NULL CHECK (place <> ''),
	request_id    bigint REFERENCES advocacy.request,
	published_at  timestamptz NOT NULL,
	published_by  text NOT NULL,
	state         text NOT NULL CHECK (state IN ('published', 'withdrawn', 'down')),
	withdrawn_at  timestamptz,
	down_at       timestamptz,
	down_by       text,
	evidence      text,
	CHECK (state <> 'withdrawn' OR withdrawn_at IS NOT NULL),
	CHECK ((state = 'down') = (down_at IS NOT NULL)),
	CHECK ((down_at IS NULL) = (down_by IS NULL)),
	CHECK ((down_at IS NULL) = (evidence IS NULL))
);
CREATE UNIQUE INDEX asset_once ON advocacy.asset (advocate_id, place) WHERE state <> 'down';
CREATE INDEX asset_withdrawn ON advocacy.asset (withdrawn_at) WHERE state = 'withdrawn';

-- What matching looks at of an advocate who is in the program, in small letters and side by side, so that 100,000 can be
-- compared at once. Kept by triggers (advocate_profile_follow).
CREATE TABLE advocacy.advocate_profile (
	advocate_id bigint PRIMARY KEY REFERENCES advocacy.advocate ON DELETE CASCADE,
	account_id  bigint NOT NULL,
	industry    text,
	region      text,
	segment     text,
	persona     text,
	language    text,
	time_zone   text,
	products    text[] NOT NULL,
	use_cases   text[] NOT NULL,
	cell        text NOT NULL,
	look        uuid NOT NULL
);
CREATE INDEX advocate_profile_by_look ON advocacy.advocate_profile (look, advocate_id);

-- The profiles that differ: advocates are many, looks are few. One is kept when nobody has it any more. Two at once may bring
-- the same one, so it may be here twice: a unique key would have one wait for the other.
CREATE TABLE advocacy.advocate_look (
	look_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	look      uuid NOT NULL,
	industry  text,
	region    text,
	segment   text,
	persona   text,
	language  text,
	time_zone text,
	products  text[] NOT NULL,
	use_cases text[] NOT NULL,
	cell      text NOT NULL
);
CREATE INDEX advocate_look_by_look ON advocacy.advocate_look (look);

-- Business time: a calendar version is laid out once as UTC spans with a running sum of open seconds.

CREATE TABLE advocacy.calendar (
	calendar_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name         text NOT NULL,
	version      integer NOT NULL,
	time_zone    text NOT NULL,
	weekly_hours jsonb NOT NULL,
	holidays     date[] NOT NULL,
	laid_from    date NOT NULL,
	laid_to      date NOT NULL,
	created_at   timestamptz NOT NULL DEFAULT now(),
	UNIQUE (name, version),
	CHECK (laid_from < laid_to)
);

CREATE TABLE advocacy.calendar_span (
	calendar_id bigint NOT NULL REFERENCES advocacy.calendar ON DELETE CASCADE,
	opens_at    timestamptz NOT NULL,
	closes_at   timestamptz NOT NULL,
	before_s    bigint NOT NULL,
	PRIMARY KEY (calendar_id, opens_at),
	UNIQUE (calendar_id, before_s),
	CHECK (opens_at < closes_at)
);

-- The newest version of each calendar, so arranged that a due date is one look-up: 32 days a page, and the open spans of 64.
-- Of opening n, sum_s[n] is what was open before it, and sum_s[n + 1] with it. Kept as it is: unpacking takes longer than reading.
CREATE TABLE advocacy.calendar_page (
	calendar text NOT NULL,
	from_at  timestamptz NOT NULL,
	opens_at timestamptz[] NOT NULL,
	sum_s    double precision[] NOT NULL,
	PRIMARY KEY (calendar, from_at),
	CHECK (cardinality(sum_s) = cardinality(opens_at) + 1)
) WITH (toast_tuple_target = 8160);

-- What is promised. A changed promise is a new version; clocks stay on the one they began with. What starts, ends and
-- pauses a clock are sets of moves and states of its subject.
CREATE TABLE advocacy.sla_policy (
	policy_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name            text NOT NULL,
	version         integer NOT NULL,
	metric          text NOT NULL,
	subject_kind    text NOT NULL,
	match_order     integer NOT NULL,
	priority        text,
	activity_types  text[] NOT NULL,
	segments        text[] NOT NULL,
	regions         text[] NOT NULL,
	calendar        text NOT NULL,
	business_day_s  integer NOT NULL CHECK (business_day_s > 0),
	target_s        bigint NOT NULL CHECK (target_s > 0),
	breaches        boolean NOT NULL,
	starts          text[] NOT NULL CHECK (cardinality(starts) > 0),
	fulfils         text[] NOT NULL CHECK (cardinality(fulfils) > 0),
	cancels         text[] NOT NULL,
	pauses          text[] NOT NULL,
	supersedes      boolean NOT NULL,
	reopen_s        bigint NOT NULL CHECK (reopen_s >= 0),
	pause_cap_s     bigint NOT NULL CHECK (pause_cap_s > 0),
	thresholds      jsonb NOT NULL,
	ladder          jsonb NOT NULL,
	ladder_repeat_s bigint NOT NULL CHECK (ladder_repeat_s > 0),
	ladder_passes   smallint NOT NULL CHECK (ladder_passes BETWEEN 1 AND 9),
	owners          jsonb NOT NULL,
	owed_by         text NOT NULL,
	owed_to         text NOT NULL,
	active          boolean NOT NULL DEFAULT true,
	created_at      timestamptz NOT NULL DEFAULT now(),
	UNIQUE (name, version),
	CHECK (NOT starts && (fulfils || cancels))
);
CREATE UNIQUE INDEX sla_policy_active ON advocacy.sla_policy (name) WHERE active;

-- A clock is what its events say (clock_apply): this row is their sum, kept so that nobody must add them up.
-- The spans are the times it ran, each with the team whose time it was.
CREATE TABLE advocacy.sla_clock (
	clock_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	subject_kind   text NOT NULL,
	subject_id     bigint NOT NULL,
	request_id     bigint REFERENCES advocacy.request,
	metric         text NOT NULL,
	cycle          integer NOT NULL,
	policy_id      bigint NOT NULL REFERENCES advocacy.sla_policy,
	calendar_id    bigint NOT NULL REFERENCES advocacy.calendar,
	state          text NOT NULL
	               CHECK (state IN ('running', 'paused', 'met', 'met_late', 'cancelled', 'superseded')),
	started_at     timestamptz NOT NULL,
	target_s       bigint NOT NULL,
	target_version integer NOT NULL,
	spent_s        bigint NOT NULL,
	running_since  timestamptz,
	owner          text NOT NULL,
	span_from      timestamptz[] NOT NULL,
	span_to        timestamptz[] NOT NULL,
	span_owner     text[] NOT NULL,
	paused_at      timestamptz,
	pause_reason   text,
	due_at         timestamptz,
	breach_at      timestamptz,
	fired_percent  integer NOT NULL,
	warned_at      timestamptz,
	breached_at    timestamptz,
	breach_cause   text CHECK (breach_cause IN ('time', 'retarget')),
	detected_at    timestamptz,
	unverified     text,
	excluded       boolean NOT NULL,
	ladder         jsonb NOT NULL,
	ladder_from    timestamptz,
	ladder_pass    smallint NOT NULL,
	ladder_level   smallint NOT NULL,
	escalate_at    timestamptz,
	acknowledged_at timestamptz,
	acknowledged_by text,
	ended_at       timestamptz,
	final_at       timestamptz,
	fire_at        timestamptz,
	UNIQUE (subject_kind, subject_id, metric, cycle),
	CHECK ((subject_kind = 'request') = (request_id IS NOT NULL) AND coalesce(request_id = subject_id, true)),
	CHECK ((state = 'running') = (running_since IS NOT NULL)),
	CHECK ((state = 'paused') = (paused_at IS NOT NULL)),
	CHECK (state = 'running' OR (due_at IS NULL AND breach_at IS NULL)),
	CHECK ((state IN ('running', 'paused')) = (ended_at IS NULL)),
	CHECK (ended_at IS NULL OR fire_at IS NULL),
	CHECK (state <> 'met' OR breached_at IS NULL),
	CHECK ((breached_at IS NULL) = (breach_cause IS NULL)),
	CHECK (unverified IS NULL OR breached_at IS NOT NULL)
);
CREATE INDEX sla_clock_by_request ON advocacy.sla_clock (request_id);
CREATE INDEX sla_clock_firing ON advocacy.sla_clock (fire_at) WHERE fire_at IS NOT NULL;
CREATE INDEX sla_clock_open ON advocacy.sla_clock (calendar_id) WHERE ended_at IS NULL;
CREATE INDEX sla_clock_unverified ON advocacy.sla_clock (clock_id) WHERE unverified IS NOT NULL;

CREATE TABLE advocacy.clock_event (
	event_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	clock_id       bigint NOT NULL REFERENCES advocacy.sla_clock ON DELETE CASCADE,
	event          text NOT NULL CHECK (event IN ('activate', 'hand', 'pause', 'resume', 'warn', 'breach', 'escalate',
	               'acknowledge', 'retarget', 'correct', 'verify', 'fulfil', 'cancel', 'supersede', 'reopen')),
	occurred_at    timestamptz NOT NULL,
	recorded_at    timestamptz NOT NULL DEFAULT now(),
	percent        integer,
	target_version integer,
	reason         text,
	details        jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX clock_event_by_clock ON advocacy.clock_event (clock_id, event_id);
-- Each threshold of a target is passed once, whoever looks and how many of them.
CREATE UNIQUE INDEX clock_event_once ON advocacy.clock_event (clock_id, target_version, percent)
	WHERE percent IS NOT NULL;

-- What two teams owe each other, in versions that both sign. What is kept of it is counted from clocks and observations.
CREATE TABLE advocacy.agreement (
	agreement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name         text NOT NULL,
	version      integer NOT NULL,
	teams        text[] NOT NULL CHECK (cardinality(teams) = 2 AND teams[1] <> teams[2]),
	review_on    date NOT NULL,
	signed_by    text[] NOT NULL DEFAULT '{NULL,NULL}' CHECK (cardinality(signed_by) = 2),
	signed_at    timestamptz,
	created_at   timestamptz NOT NULL DEFAULT now(),
	UNIQUE (name, version),
	CHECK ((signed_at IS NOT NULL) = (signed_by[1] IS NOT NULL AND signed_by[2] IS NOT NULL))
);

CREATE TABLE advocacy.commitment (
	commitment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	agreement_id  bigint NOT NULL REFERENCES advocacy.agreement,
	name          text NOT NULL,
	owed_by       text NOT NULL,
	owed_to       text NOT NULL,
	kind          text NOT NULL CHECK (kind IN ('timed', 'counted', 'cadence', 'attested')),
	metric        text,
	at_least      integer CHECK (at_least > 0),
	every_days    integer CHECK (every_days > 0),
	UNIQUE (agreement_id, name),
	CHECK ((kind = 'timed') = (metric IS NOT NULL)),
	CHECK ((kind = 'counted') = (at_least IS NOT NULL)),
	CHECK ((kind = 'cadence') = (every_days IS NOT NULL))
);

-- Observations belong to the name, so that they outlive a version of the agreement.
CREATE TABLE advocacy.commitment_observation (
	observation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	agreement      text NOT NULL,
	commitment     text NOT NULL,
	happened_at    timestamptz NOT NULL,
	kept           boolean NOT NULL,
	actor          text NOT NULL,
	note           text,
	recorded_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX commitment_observation_by_name ON advocacy.commitment_observation (agreement, commitment, happened_at);

-- When deadlines were last looked at: how long nobody looked.
CREATE TABLE advocacy.deadline_look (
	single    boolean PRIMARY KEY DEFAULT true CHECK (single),
	looked_at timestamptz NOT NULL,
	zones_at  timestamptz
);

-- The week is told by time zone: since when, and when next.
CREATE TABLE advocacy.digest_turn (
	zone    text PRIMARY KEY,
	since   timestamptz NOT NULL,
	due_at  timestamptz NOT NULL,
	setting text NOT NULL,
	CHECK (since < due_at)
);

-- What leaves --------------------------------------------------------------------------------------------

CREATE TABLE advocacy.message_kind (
	kind     text PRIMARY KEY,
	audience text NOT NULL CHECK (audience IN ('rep', 'csm', 'program', 'ops')),
	severity text NOT NULL CHECK (severity IN ('info', 'good', 'warning', 'danger')),
	follows  text[] NOT NULL DEFAULT '{}',
	mutes    text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE advocacy.route (
	route      text PRIMARY KEY,
	kinds      text[] NOT NULL,
	channel    text NOT NULL,
	severities text[],
	regions    text[],
	segments   text[],
	owners     text[],
	recipient  text NOT NULL DEFAULT 'channel' CHECK (recipient IN ('channel', 'owner'))
);

CREATE TABLE advocacy.silence (
	silence_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind       text,
	owner      text,
	account_id bigint REFERENCES advocacy.account,
	channel    text,
	until      timestamptz NOT NULL,
	reason     text NOT NULL CHECK (reason <> ''),
	made_at    timestamptz NOT NULL,
	made_by    text NOT NULL,
	ended_at   timestamptz,
	ended_by   text,
	CHECK (until > made_at),
	CHECK (num_nonnulls(kind, owner, account_id, channel) > 0),
	CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX silence_open ON advocacy.silence (until) WHERE ended_at IS NULL;
CREATE INDEX silence_by_account ON advocacy.silence (account_id) WHERE account_id IS NOT NULL;

CREATE TABLE advocacy.channel_status (
	channel      text PRIMARY KEY,
	state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'waiting', 'broken')),
	closed_until timestamptz,
	detail       text,
	updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE advocacy.outbox (
	outbox_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind              text NOT NULL,
	dedup_key         text NOT NULL,
	channel           text,
	facts             jsonb NOT NULL,
	priority          smallint NOT NULL DEFAULT 5,
	created_at        timestamptz NOT NULL DEFAULT now(),
	state             text NOT NULL DEFAULT 'pending'
	                  CHECK (state IN ('pending', 'sending', 'sent', 'refused', 'nowhere', 'muted', 'folded')),
	not_before        timestamptz NOT NULL DEFAULT now(),
	attempts          integer NOT NULL DEFAULT 0,
	claimed_by        text,
	claimed_until     timestamptz,
	possibly_repeated boolean NOT NULL DEFAULT false,
	last_error        text,
	ended_at          timestamptz,
	audience          text,
	owner             text,
	subject           text,
	recipients        text[] NOT NULL DEFAULT '{}',
	folded_into       bigint REFERENCES advocacy.outbox,
	untold            boolean NOT NULL DEFAULT false,
	edits             bigint,
	tried_at          timestamptz,
	CHECK ((state = 'sending') = (claimed_by IS NOT NULL)),
	CHECK ((state = 'sending') = (claimed_until IS NOT NULL)),
	CHECK ((state IN ('sent', 'refused', 'muted', 'folded')) = (ended_at IS NOT NULL)),
	CHECK ((state = 'folded') = (folded_into IS NOT NULL)),
	CHECK (NOT untold OR state IN ('muted', 'folded')),
	CHECK ((state = 'nowhere') = (channel IS NULL))
);
CREATE UNIQUE INDEX outbox_once ON advocacy.outbox (dedup_key, coalesce(channel, ''));
CREATE INDEX outbox_waiting ON advocacy.outbox (channel, priority, outbox_id)
	WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_sending ON advocacy.outbox (channel) WHERE state = 'sending';
CREATE INDEX outbox_by_subject ON advocacy.outbox (subject, kind) WHERE subject IS NOT NULL;
CREATE INDEX outbox_by_owner ON advocacy.outbox (owner, ended_at) WHERE state = 'sent';
CREATE INDEX outbox_folded ON advocacy.outbox (folded_into) WHERE folded_into IS NOT NULL;
CREATE INDEX outbox_untold ON advocacy.outbox (owner) WHERE untold;
CREATE INDEX outbox_editing ON advocacy.outbox (edits) WHERE edits IS NOT NULL;
CREATE INDEX outbox_delayed ON advocacy.outbox (channel, not_before) WHERE state = 'pending';

CREATE TABLE advocacy.notification (
	notification_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	outbox_id         bigint NOT NULL REFERENCES advocacy.outbox,
	kind              text NOT NULL,
	channel           text NOT NULL,
	text              text NOT NULL,
	possibly_repeated boolean NOT NULL,
	sent_at           timestamptz NOT NULL DEFAULT now(),
	recipient         text,
	place             text,
	message_id        text,
	subject           text
);
CREATE INDEX notification_by_outbox ON advocacy.notification (outbox_id);
CREATE INDEX notification_by_subject ON advocacy.notification (subject, channel) WHERE message_id IS NOT NULL;
ALTER TABLE advocacy.outbox ADD FOREIGN KEY (edits) REFERENCES advocacy.notification;

-- Where to write to a person, as the destination said.
CREATE TABLE advocacy.person_place (
	channel  text NOT NULL,
	email    text NOT NULL,
	user_id  text NOT NULL,
	place    text NOT NULL,
	found_at timestamptz NOT NULL,
	PRIMARY KEY (channel, email)
);

-- What the CRMs are told of advocates and requests. A target is what the mapping of a source says: which words stand for
-- which state.
CREATE TABLE advocacy.crm_target (
	source      text NOT NULL REFERENCES advocacy.source_status,
	entity      text NOT NULL CHECK (entity IN ('contact', 'account', 'request')),
	fields      text NOT NULL,
	words       jsonb NOT NULL CHECK (jsonb_typeof(words) = 'object'),
	started_at  timestamptz,
	started_by  text,
	calls_day   date,
	calls_today bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (source, entity),
	CHECK ((started_at IS NULL) = (started_by IS NULL))
);

-- One row for each record of a CRM that shows, or is to show, whether somebody may be asked, or what has become of a request.
CREATE TABLE advocacy.crm_flag (
	source        text NOT NULL,
	entity        text NOT NULL,
	remote_id     text NOT NULL,
	advocate_id   bigint REFERENCES advocacy.advocate,
	account_id    bigint, -- of account, without a foreign key: see account_source
	state         text,
	wanted        text,
	wanted_reason text,
	wanted_since  timestamptz NOT NULL,
	sending       text,
	sending_reason text,
	sending_since timestamptz,
	sent          text,
	sent_reason   text,
	sent_since    timestamptz,
	sent_at       timestamptz,
	doubtful      boolean NOT NULL DEFAULT false,
	delivery      text NOT NULL DEFAULT 'pending' CHECK (delivery IN ('pending', 'sending', 'current', 'refused')),
	attempts      integer NOT NULL DEFAULT 0,
	not_before    timestamptz NOT NULL,
	claimed_by    text,
	claimed_until timestamptz,
	last_code     text,
	last_error    text,
	echo_from     timestamptz,
	echo_until    timestamptz,
	checked_at    timestamptz,
	PRIMARY KEY (source, entity, remote_id),
	FOREIGN KEY (source, entity) REFERENCES advocacy.crm_target ON DELETE CASCADE,
	CHECK ((delivery = 'sending') = (claimed_by IS NOT NULL)),
	CHECK ((delivery = 'sending') = (claimed_until IS NOT NULL)),
	CHECK ((state IS NULL) = (wanted IS NULL)),
	CHECK (wanted_reason IS NULL OR wanted IS NOT NULL),
	CHECK (delivery <> 'current' OR (sent_at IS NOT NULL AND NOT doubtful
	       AND (sent, sent_reason) IS NOT DISTINCT FROM (wanted, wanted_reason))),
	CHECK ((echo_from IS NULL) = (echo_until IS NULL))
);
-- What a record is to show, for writeback_wish.
CREATE TYPE advocacy.crm_wish AS (
	source text, entity text, remote_id text, advocate_id bigint, account_id bigint, state text, wanted text, reason text
);
CREATE INDEX crm_flag_waiting ON advocacy.crm_flag (source, not_before) WHERE delivery <> 'current';
CREATE INDEX crm_flag_to_check ON advocacy.crm_flag (source, checked_at) WHERE delivery = 'current';
CREATE INDEX crm_flag_by_advocate ON advocacy.crm_flag (advocate_id);
CREATE INDEX crm_flag_by_account ON advocacy.crm_flag (account_id);

CREATE TABLE advocacy.audit_log (
	audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at       timestamptz NOT NULL DEFAULT now(),
	actor    text NOT NULL,
	action   text NOT NULL,
	subject  text NOT NULL,
	reason   text,
	details  jsonb NOT NULL DEFAULT '{}'
);

-- How far the removal of old history has come, one row per table that it looks at.
CREATE TABLE advocacy.retention (
	relation     text PRIMARY KEY,
	history      text NOT NULL,
	keep         interval CHECK (keep > '0'),
	reached      bigint NOT NULL DEFAULT 0,
	began_at     timestamptz,
	ended_at     timestamptz,
	pass_removed bigint NOT NULL DEFAULT 0,
	removed      bigint NOT NULL DEFAULT 0,
	next_at      timestamptz NOT NULL
);
