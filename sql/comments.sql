-- What every table and column means. Replaced by every migrate; what a function or view means stands in its own file.
-- tests/sql/comments.sql fails when anything in the schema has no comment.

COMMENT ON TABLE advocacy.source_status IS 'One row per source: its settings from the configuration, its state, its API budget.';
COMMENT ON COLUMN advocacy.source_status.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.source_status.connector IS 'Which connector reads it: salesforce, hubspot, gainsight, …';
COMMENT ON COLUMN advocacy.source_status.priority IS 'Whose values win where several sources know an account; smaller wins.';
COMMENT ON COLUMN advocacy.source_status.stale_after IS 'How long its values count after the last success of their stream.';
COMMENT ON COLUMN advocacy.source_status.state IS 'new, current, retrying, throttled or paused.';
COMMENT ON COLUMN advocacy.source_status.detail IS 'What stands behind the state, in a sentence.';
COMMENT ON COLUMN advocacy.source_status.state_since IS 'Since when it is in this state.';
COMMENT ON COLUMN advocacy.source_status.failures IS 'Failures in a row of the source as a whole (not of a stream).';
COMMENT ON COLUMN advocacy.source_status.failing_since IS 'First failure since all was well; NULL while all is well.';
COMMENT ON COLUMN advocacy.source_status.told_at IS 'When people were told that it fails; NULL: they were not.';
COMMENT ON COLUMN advocacy.source_status.told_kind IS 'person, once they were told that only a person can help.';
COMMENT ON COLUMN advocacy.source_status.stale_at IS 'Since when its data count no more, as people were told; NULL while they do.';
COMMENT ON COLUMN advocacy.source_status.calls_used IS 'API calls counted in the vendor''s current window.';
COMMENT ON COLUMN advocacy.source_status.calls_allowed IS 'API calls allowed in that window.';
COMMENT ON COLUMN advocacy.source_status.poll IS 'How often its streams are asked for what changed.';
COMMENT ON COLUMN advocacy.source_status.api_budget IS 'How many calls a day (UTC) it may make; NULL: no limit of its own.';
COMMENT ON COLUMN advocacy.source_status.updated_at IS 'When the row last changed.';

COMMENT ON TABLE advocacy.sync_stream IS 'One row per stream of a source: how far it has come, when it last succeeded, what it counted.';
COMMENT ON COLUMN advocacy.sync_stream.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.sync_stream.stream IS 'The stream, such as account.';
COMMENT ON COLUMN advocacy.sync_stream.entities IS 'Kinds of rows that it has ever delivered.';
COMMENT ON COLUMN advocacy.sync_stream.cursor IS 'Where the next run goes on; committed with the rows it covers.';
COMMENT ON COLUMN advocacy.sync_stream.fresh_until IS 'Changes up to then have been read, as far as the vendor shows them at once.';
COMMENT ON COLUMN advocacy.sync_stream.complete_until IS 'Nothing up to then can be missing any more: read again after all the vendor may show late.';
COMMENT ON COLUMN advocacy.sync_stream.proved_at IS 'When complete_until was last moved on.';
COMMENT ON COLUMN advocacy.sync_stream.full_cursor IS 'Where the full read under way goes on; NULL: none is.';
COMMENT ON COLUMN advocacy.sync_stream.full_began_at IS 'Start of the full read under way; NULL: none is.';
COMMENT ON COLUMN advocacy.sync_stream.full_lists IS 'Whether the full read under way keeps a list of what it sees; not when nothing was known before.';
COMMENT ON COLUMN advocacy.sync_stream.full_rows IS 'Records that the full read under way, or the last one, has read.';
COMMENT ON COLUMN advocacy.sync_stream.full_expected IS 'Records that the vendor says there are; NULL: it doesn''t say.';
COMMENT ON COLUMN advocacy.sync_stream.full_read_at IS 'When all records were last read.';
COMMENT ON COLUMN advocacy.sync_stream.last_started_at IS 'Start of the last run that applied something.';
COMMENT ON COLUMN advocacy.sync_stream.last_success_at IS 'End of the last complete run; freshness counts from here.';
COMMENT ON COLUMN advocacy.sync_stream.last_failure_at IS 'The last failure.';
COMMENT ON COLUMN advocacy.sync_stream.failure_kind IS 'Kind of the current failure; NULL: none.';
COMMENT ON COLUMN advocacy.sync_stream.failure IS 'The current failure, in a sentence.';
COMMENT ON COLUMN advocacy.sync_stream.failures IS 'Failures in a row.';
COMMENT ON COLUMN advocacy.sync_stream.rows_read IS 'Records read, ever.';
COMMENT ON COLUMN advocacy.sync_stream.rows_changed IS 'Records that were new or changed, ever.';
COMMENT ON COLUMN advocacy.sync_stream.rows_rejected IS 'Records newly rejected, ever.';
COMMENT ON COLUMN advocacy.sync_stream.calls IS 'API calls made, ever.';
COMMENT ON COLUMN advocacy.sync_stream.calls_day IS 'The day (UTC) that calls_today counts.';
COMMENT ON COLUMN advocacy.sync_stream.calls_today IS 'API calls made on that day.';
COMMENT ON COLUMN advocacy.sync_stream.mapping IS 'The version of the mapping by which it was last read, as the daemon names it.';
COMMENT ON COLUMN advocacy.sync_stream.observed IS 'Why its next full reading only says what it would do: mapping, it is another one; rejected, a person rejected what it said. NULL: it doesn''t. (What was never read completely is observed anyway.)';

COMMENT ON TABLE advocacy.sync_listing IS 'What the full reads under way have seen: what a finished one has not seen is gone.';
COMMENT ON COLUMN advocacy.sync_listing.source IS 'The source.';
COMMENT ON COLUMN advocacy.sync_listing.stream IS 'The stream that is read in full.';
COMMENT ON COLUMN advocacy.sync_listing.remote_id IS 'A record that has come.';
COMMENT ON TABLE advocacy.sync_run IS 'One row per apply that changed or rejected something.';
COMMENT ON COLUMN advocacy.sync_run.run_id IS 'Key.';
COMMENT ON COLUMN advocacy.sync_run.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.sync_run.stream IS 'The stream.';
COMMENT ON COLUMN advocacy.sync_run.started_at IS 'Start of the run.';
COMMENT ON COLUMN advocacy.sync_run.ended_at IS 'When it was applied.';
COMMENT ON COLUMN advocacy.sync_run.outcome IS 'complete, checkpoint (more to come) or failed.';
COMMENT ON COLUMN advocacy.sync_run.rows_read IS 'Records read.';
COMMENT ON COLUMN advocacy.sync_run.rows_changed IS 'Records that were new or changed.';
COMMENT ON COLUMN advocacy.sync_run.rows_rejected IS 'Records newly rejected.';
COMMENT ON COLUMN advocacy.sync_run.calls IS 'API calls made.';
COMMENT ON COLUMN advocacy.sync_run.detail IS 'What there is to say.';

COMMENT ON TABLE advocacy.resync IS 'Streams that an operator wants read anew beside the live tables, and what came of it.';
COMMENT ON COLUMN advocacy.resync.resync_id IS 'Its number.';
COMMENT ON COLUMN advocacy.resync.source IS 'The source.';
COMMENT ON COLUMN advocacy.resync.stream IS 'The stream.';
COMMENT ON COLUMN advocacy.resync.requested_by IS 'Who wants it.';
COMMENT ON COLUMN advocacy.resync.requested_at IS 'Since when.';
COMMENT ON COLUMN advocacy.resync.state IS 'wanted; reading; read: the difference is known and waits for a decision; applied, refused or failed.';
COMMENT ON COLUMN advocacy.resync.commit IS 'Whether it is to be applied; NULL: not decided yet.';
COMMENT ON COLUMN advocacy.resync.started_at IS 'When the daemon began to read.';
COMMENT ON COLUMN advocacy.resync.ended_at IS 'When it was over.';
COMMENT ON COLUMN advocacy.resync.difference IS 'What it changes, as sync_preview tells it.';
COMMENT ON COLUMN advocacy.resync.detail IS 'Why it failed or was refused.';
COMMENT ON TABLE advocacy.rejected_record IS 'Records that could not be understood. The row stored before stays as it was.';
COMMENT ON COLUMN advocacy.rejected_record.rejected_id IS 'Key.';
COMMENT ON COLUMN advocacy.rejected_record.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.rejected_record.stream IS 'The stream.';
COMMENT ON COLUMN advocacy.rejected_record.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.rejected_record.field IS 'The field at fault; NULL: the record as a whole.';
COMMENT ON COLUMN advocacy.rejected_record.reason IS 'What is wrong with it.';
COMMENT ON COLUMN advocacy.rejected_record.raw IS 'The record as the source gave it.';
COMMENT ON COLUMN advocacy.rejected_record.first_seen_at IS 'When it was first rejected.';
COMMENT ON COLUMN advocacy.rejected_record.last_seen_at IS 'When it was last rejected differently.';
COMMENT ON COLUMN advocacy.rejected_record.resolved_at IS 'When a good record took its place; NULL: still bad.';

COMMENT ON TABLE advocacy.field_drift IS 'Fields that do not come any more as they came: null for nearly all records, vanished, of another type, unreadable. What was stored of them stays while one is open.';
COMMENT ON COLUMN advocacy.field_drift.drift_id IS 'Key.';
COMMENT ON COLUMN advocacy.field_drift.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.field_drift.stream IS 'The stream.';
COMMENT ON COLUMN advocacy.field_drift.field IS 'The signal or column; for what the vendor describes, its field.';
COMMENT ON COLUMN advocacy.field_drift.kind IS 'null_for_all, vanished, type_changed, unreadable; incomplete: records are missing; reordered: the accounts'' scores are in another order.';
COMMENT ON COLUMN advocacy.field_drift.detail IS 'What was seen, in words.';
COMMENT ON COLUMN advocacy.field_drift.recovered IS 'Records that have brought a good value since it was last seen.';
COMMENT ON COLUMN advocacy.field_drift.first_seen_at IS 'When it was found.';
COMMENT ON COLUMN advocacy.field_drift.last_seen_at IS 'When it was last seen.';
COMMENT ON COLUMN advocacy.field_drift.resolved_at IS 'When it was over or accepted; NULL: open.';
COMMENT ON COLUMN advocacy.field_drift.resolution IS 'How it ended.';
COMMENT ON COLUMN advocacy.field_drift.accepted_by IS 'Who accepted it; NULL: nobody had to.';
COMMENT ON COLUMN advocacy.field_drift.lapsed_at IS 'When good values ended what was accepted; NULL: it still holds.';

COMMENT ON TABLE advocacy.policy_setting IS 'Small settings of the policy file that rules read.';
COMMENT ON COLUMN advocacy.policy_setting.name IS 'Name, such as top_priorities.';
COMMENT ON COLUMN advocacy.policy_setting.value IS 'Value.';
COMMENT ON COLUMN advocacy.policy_setting.changed_at IS 'When it last changed.';

COMMENT ON TABLE advocacy.account IS 'One row per customer, computed from its records by source priority.';
COMMENT ON COLUMN advocacy.account.account_id IS 'Key.';
COMMENT ON COLUMN advocacy.account.source IS 'Source of the record that made the account.';
COMMENT ON COLUMN advocacy.account.remote_id IS 'Id of the record that made the account.';
COMMENT ON COLUMN advocacy.account.name IS 'Name, of the best source that has one.';
COMMENT ON COLUMN advocacy.account.domain IS 'Web domain: lower case, without scheme, path and leading www.; NULL for none.';
COMMENT ON COLUMN advocacy.account.industry IS 'Industry.';
COMMENT ON COLUMN advocacy.account.region IS 'Sales region.';
COMMENT ON COLUMN advocacy.account.segment IS 'Segment, such as enterprise.';
COMMENT ON COLUMN advocacy.account.arr IS 'Annual recurring revenue.';
COMMENT ON COLUMN advocacy.account.renewal_on IS 'Day of the next renewal.';
COMMENT ON COLUMN advocacy.account.owner_email IS 'Address of the owner (sales).';
COMMENT ON COLUMN advocacy.account.csm_email IS 'Address of the customer success manager.';
COMMENT ON COLUMN advocacy.account.deleted IS 'Whether all its records are deleted.';
COMMENT ON COLUMN advocacy.account.merged_into IS 'The account that took over its records; NULL: it stands for itself.';
COMMENT ON COLUMN advocacy.account.created_at IS 'When it came up.';
COMMENT ON COLUMN advocacy.account.updated_at IS 'When its columns last changed.';

COMMENT ON TABLE advocacy.account_source IS 'Which remote record is which customer, with what each source says (the crosswalk).';
COMMENT ON COLUMN advocacy.account_source.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.account_source.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.account_source.account_id IS 'The customer.';
COMMENT ON COLUMN advocacy.account_source.link_reason IS 'Why: own (it stands for the customer), salesforce_id, domain, merged (into another record of its source), or person (never changed automatically).';
COMMENT ON COLUMN advocacy.account_source.salesforce_id IS 'Link key: the Salesforce id in its form of 18, for Salesforce the own id; NULL for none or an invalid one.';
COMMENT ON COLUMN advocacy.account_source.name IS 'Name.';
COMMENT ON COLUMN advocacy.account_source.domain IS 'Web domain: lower case, without scheme, path and leading www.; NULL for none.';
COMMENT ON COLUMN advocacy.account_source.industry IS 'Industry.';
COMMENT ON COLUMN advocacy.account_source.region IS 'Sales region.';
COMMENT ON COLUMN advocacy.account_source.segment IS 'Segment, such as enterprise.';
COMMENT ON COLUMN advocacy.account_source.arr IS 'Annual recurring revenue.';
COMMENT ON COLUMN advocacy.account_source.renewal_on IS 'Day of the next renewal.';
COMMENT ON COLUMN advocacy.account_source.owner_remote_id IS 'The owner''s id in the source.';
COMMENT ON COLUMN advocacy.account_source.owner_email IS 'Address of the owner (sales).';
COMMENT ON COLUMN advocacy.account_source.csm_remote_id IS 'The customer success manager''s id in the source.';
COMMENT ON COLUMN advocacy.account_source.csm_email IS 'Address of the customer success manager.';
COMMENT ON COLUMN advocacy.account_source.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.account_source.deleted IS 'Whether the source has deleted the record; rows are kept.';
COMMENT ON COLUMN advocacy.account_source.merged_into_remote_id IS 'The record of the same source that it was merged into; NULL: it was not merged.';
COMMENT ON COLUMN advocacy.account_source.missing_since IS 'When a full read first did not bring the record; deleted when a later one doesn''t either.';

COMMENT ON TABLE advocacy.source_disagreement IS 'Customers of whose health two sources say things more than 30 points apart; nothing is averaged, the worst fresh source counts.';
COMMENT ON COLUMN advocacy.source_disagreement.disagreement_id IS 'Key.';
COMMENT ON COLUMN advocacy.source_disagreement.account_id IS 'The customer.';
COMMENT ON COLUMN advocacy.source_disagreement.low_source IS 'The source with the lowest score.';
COMMENT ON COLUMN advocacy.source_disagreement.low IS 'Its score.';
COMMENT ON COLUMN advocacy.source_disagreement.high_source IS 'The source with the highest score.';
COMMENT ON COLUMN advocacy.source_disagreement.high IS 'Its score.';
COMMENT ON COLUMN advocacy.source_disagreement.since IS 'Since when they are so far apart.';
COMMENT ON COLUMN advocacy.source_disagreement.ended_at IS 'Until when; NULL: they still are.';
COMMENT ON TABLE advocacy.identity_review IS 'Records that share a Salesforce id or a domain, but may not be one customer: not linked until a person decides or the facts do. Decide with account_link, account_split.';
COMMENT ON COLUMN advocacy.identity_review.review_id IS 'Key.';
COMMENT ON COLUMN advocacy.identity_review.shared_by IS 'What they share: salesforce_id or domain.';
COMMENT ON COLUMN advocacy.identity_review.shared IS 'The Salesforce id or the domain.';
COMMENT ON COLUMN advocacy.identity_review.reason IS 'Why they were not linked, in words.';
COMMENT ON COLUMN advocacy.identity_review.records IS 'The records concerned: source, remote_id, name, account_id; the first 50.';
COMMENT ON COLUMN advocacy.identity_review.candidates IS 'The customers to choose from: account_id, name, and why in words; the first 50.';
COMMENT ON COLUMN advocacy.identity_review.opened_at IS 'When it was found.';
COMMENT ON COLUMN advocacy.identity_review.changed_at IS 'When the records concerned last changed.';
COMMENT ON COLUMN advocacy.identity_review.resolved_at IS 'When it was over; NULL: somebody has to decide.';
COMMENT ON COLUMN advocacy.identity_review.resolution IS 'How it ended.';
COMMENT ON COLUMN advocacy.identity_review.decided_by IS 'Who decided; NULL: the facts did.';

COMMENT ON TABLE advocacy.staff IS 'Our own people: success managers, sales representatives.';
COMMENT ON COLUMN advocacy.staff.staff_id IS 'Key.';
COMMENT ON COLUMN advocacy.staff.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.staff.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.staff.email IS 'Address.';
COMMENT ON COLUMN advocacy.staff.name IS 'Name.';
COMMENT ON COLUMN advocacy.staff.active IS 'Whether the person still works here.';
COMMENT ON COLUMN advocacy.staff.manager_remote_id IS 'The manager''s id in the source.';
COMMENT ON COLUMN advocacy.staff.time_zone IS 'Time zone, IANA name.';
COMMENT ON COLUMN advocacy.staff.slack_user_id IS 'User id in Slack; NULL: not known.';
COMMENT ON COLUMN advocacy.staff.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.staff.deleted IS 'Whether the source has deleted the record; rows are kept.';
COMMENT ON COLUMN advocacy.staff.missing_since IS 'When a full read first did not bring the record; deleted when a later one doesn''t either.';

COMMENT ON TABLE advocacy.contact IS 'The customers'' people.';
COMMENT ON COLUMN advocacy.contact.contact_id IS 'Key.';
COMMENT ON COLUMN advocacy.contact.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.contact.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.contact.account_id IS 'The customer account; NULL while its record has not arrived.';
COMMENT ON COLUMN advocacy.contact.account_remote_id IS 'The account''s id in the same source.';
COMMENT ON COLUMN advocacy.contact.account_by_association IS 'Whether the link came through an association of the source, which a record without an account does not wipe.';
COMMENT ON COLUMN advocacy.contact.email IS 'Address.';
COMMENT ON COLUMN advocacy.contact.first_name IS 'First name.';
COMMENT ON COLUMN advocacy.contact.last_name IS 'Last name.';
COMMENT ON COLUMN advocacy.contact.persona IS 'What kind of person a prospect would hear, such as CIO.';
COMMENT ON COLUMN advocacy.contact.language IS 'The language they speak with prospects.';
COMMENT ON COLUMN advocacy.contact.time_zone IS 'Their time zone.';
COMMENT ON COLUMN advocacy.contact.products IS 'The products they can speak about, separated by ; or ,';
COMMENT ON COLUMN advocacy.contact.use_cases IS 'The uses they can speak about, separated by ; or ,';
COMMENT ON COLUMN advocacy.contact.title IS 'Job title.';
COMMENT ON COLUMN advocacy.contact.opted_out IS 'Whether the contact refuses e-mail or calls; NULL: not known.';
COMMENT ON COLUMN advocacy.contact.advocate IS 'Whether the source marks the contact as an advocate; NULL: it says nothing.';
COMMENT ON COLUMN advocacy.contact.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.contact.deleted IS 'Whether the source has deleted the record; rows are kept.';
COMMENT ON COLUMN advocacy.contact.signals IS 'What the mapping''s lines signal.NAME say about the person: a number, or null for not scored.';
COMMENT ON COLUMN advocacy.contact.merged_into_remote_id IS 'The record of the same source that it was merged into; NULL: it was not merged.';
COMMENT ON COLUMN advocacy.contact.missing_since IS 'When a full read first did not bring the record; deleted when a later one doesn''t either.';
COMMENT ON COLUMN advocacy.contact.erased_at IS 'When the person was forgotten at their request; the sync keeps it so. NULL: never.';

COMMENT ON TABLE advocacy.support_case IS 'Support cases.';
COMMENT ON COLUMN advocacy.support_case.case_id IS 'Key.';
COMMENT ON COLUMN advocacy.support_case.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.support_case.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.support_case.account_id IS 'The customer account; NULL while its record has not arrived.';
COMMENT ON COLUMN advocacy.support_case.account_remote_id IS 'The account''s id in the same source.';
COMMENT ON COLUMN advocacy.support_case.account_by_association IS 'Whether the link came through an association of the source, which a record without an account does not wipe.';
COMMENT ON COLUMN advocacy.support_case.contact_remote_id IS 'The contact''s id in the same source.';
COMMENT ON COLUMN advocacy.support_case.number IS 'Number that people know the case by.';
COMMENT ON COLUMN advocacy.support_case.subject IS 'Subject line.';
COMMENT ON COLUMN advocacy.support_case.status IS 'Status, as the source words it.';
COMMENT ON COLUMN advocacy.support_case.priority IS 'Priority, as the source words it.';
COMMENT ON COLUMN advocacy.support_case.escalated IS 'Whether it is escalated; NULL: not known.';
COMMENT ON COLUMN advocacy.support_case.closed IS 'Whether it is closed; NULL: not known.';
COMMENT ON COLUMN advocacy.support_case.opened_at IS 'When it was opened.';
COMMENT ON COLUMN advocacy.support_case.closed_at IS 'When it was closed.';
COMMENT ON COLUMN advocacy.support_case.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.support_case.deleted IS 'Whether the source has deleted the record; rows are kept.';
COMMENT ON COLUMN advocacy.support_case.missing_since IS 'When a full read first did not bring the record; deleted when a later one doesn''t either.';

COMMENT ON TABLE advocacy.opportunity IS 'Sales opportunities (deals).';
COMMENT ON COLUMN advocacy.opportunity.opportunity_id IS 'Key.';
COMMENT ON COLUMN advocacy.opportunity.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.opportunity.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.opportunity.account_id IS 'The customer account; NULL while its record has not arrived.';
COMMENT ON COLUMN advocacy.opportunity.account_remote_id IS 'The account''s id in the same source.';
COMMENT ON COLUMN advocacy.opportunity.account_by_association IS 'Whether the link came through an association of the source, which a record without an account does not wipe.';
COMMENT ON COLUMN advocacy.opportunity.name IS 'Name.';
COMMENT ON COLUMN advocacy.opportunity.stage IS 'Sales stage, as the source words it.';
COMMENT ON COLUMN advocacy.opportunity.type IS 'Kind of deal, as the source words it.';
COMMENT ON COLUMN advocacy.opportunity.amount IS 'Amount.';
COMMENT ON COLUMN advocacy.opportunity.close_on IS 'Day it is expected to close, or closed.';
COMMENT ON COLUMN advocacy.opportunity.closed IS 'Whether it is closed; NULL: not known.';
COMMENT ON COLUMN advocacy.opportunity.won IS 'Whether it was won; NULL: not known.';
COMMENT ON COLUMN advocacy.opportunity.owner_remote_id IS 'The owner''s id in the source.';
COMMENT ON COLUMN advocacy.opportunity.owner_email IS 'Address of the owner (sales).';
COMMENT ON COLUMN advocacy.opportunity.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.opportunity.deleted IS 'Whether the source has deleted the record; rows are kept.';
COMMENT ON COLUMN advocacy.opportunity.missing_since IS 'When a full read first did not bring the record; deleted when a later one doesn''t either.';

COMMENT ON TABLE advocacy.stage_account IS 'Pattern of the temporary table that pages of accounts are copied into; always empty itself.';
COMMENT ON COLUMN advocacy.stage_account.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_account.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.stage_account.deleted IS 'Whether the source has deleted the record; NULL: no.';
COMMENT ON COLUMN advocacy.stage_account.salesforce_id IS 'The Salesforce id that the record carries, as the source gives it.';
COMMENT ON COLUMN advocacy.stage_account.name IS 'Name.';
COMMENT ON COLUMN advocacy.stage_account.domain IS 'Web site or domain, as the source gives it.';
COMMENT ON COLUMN advocacy.stage_account.industry IS 'Industry.';
COMMENT ON COLUMN advocacy.stage_account.region IS 'Sales region.';
COMMENT ON COLUMN advocacy.stage_account.segment IS 'Segment, such as enterprise.';
COMMENT ON COLUMN advocacy.stage_account.arr IS 'Annual recurring revenue.';
COMMENT ON COLUMN advocacy.stage_account.renewal_on IS 'Day of the next renewal.';
COMMENT ON COLUMN advocacy.stage_account.owner_remote_id IS 'The owner''s id in the source.';
COMMENT ON COLUMN advocacy.stage_account.owner_email IS 'Address of the owner (sales).';
COMMENT ON COLUMN advocacy.stage_account.csm_remote_id IS 'The customer success manager''s id in the source.';
COMMENT ON COLUMN advocacy.stage_account.csm_email IS 'Address of the customer success manager.';
COMMENT ON COLUMN advocacy.stage_account.merged_into_remote_id IS 'Of a tombstone, the record of the same source that it was merged into.';
COMMENT ON COLUMN advocacy.stage_account.signals IS 'Numbers by signal name; null: not scored; absent: says nothing.';

COMMENT ON TABLE advocacy.stage_staff IS 'Pattern of the temporary table that pages of staff are copied into; always empty itself.';
COMMENT ON COLUMN advocacy.stage_staff.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_staff.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.stage_staff.deleted IS 'Whether the source has deleted the record; NULL: no.';
COMMENT ON COLUMN advocacy.stage_staff.email IS 'Address.';
COMMENT ON COLUMN advocacy.stage_staff.name IS 'Name.';
COMMENT ON COLUMN advocacy.stage_staff.active IS 'Whether the person still works here.';
COMMENT ON COLUMN advocacy.stage_staff.manager_remote_id IS 'The manager''s id in the source.';
COMMENT ON COLUMN advocacy.stage_staff.time_zone IS 'Time zone, IANA name.';

COMMENT ON TABLE advocacy.stage_contact IS 'Pattern of the temporary table that pages of contacts are copied into; always empty itself.';
COMMENT ON COLUMN advocacy.stage_contact.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_contact.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.stage_contact.deleted IS 'Whether the source has deleted the record; NULL: no.';
COMMENT ON COLUMN advocacy.stage_contact.account_remote_id IS 'The account''s id in the same source.';
COMMENT ON COLUMN advocacy.stage_contact.email IS 'Address.';
COMMENT ON COLUMN advocacy.stage_contact.first_name IS 'First name.';
COMMENT ON COLUMN advocacy.stage_contact.last_name IS 'Last name.';
COMMENT ON COLUMN advocacy.stage_contact.persona IS 'What kind of person a prospect would hear, such as CIO.';
COMMENT ON COLUMN advocacy.stage_contact.language IS 'The language they speak with prospects.';
COMMENT ON COLUMN advocacy.stage_contact.time_zone IS 'Their time zone.';
COMMENT ON COLUMN advocacy.stage_contact.products IS 'The products they can speak about, separated by ; or ,';
COMMENT ON COLUMN advocacy.stage_contact.use_cases IS 'The uses they can speak about, separated by ; or ,';
COMMENT ON COLUMN advocacy.stage_contact.title IS 'Job title.';
COMMENT ON COLUMN advocacy.stage_contact.signals IS 'What the mapping''s lines signal.NAME say about the person.';
COMMENT ON COLUMN advocacy.stage_contact.opted_out IS 'Whether the contact refuses e-mail or calls; NULL: not known.';
COMMENT ON COLUMN advocacy.stage_contact.advocate IS 'Whether the source marks the contact as an advocate; NULL: it says nothing.';
COMMENT ON COLUMN advocacy.stage_contact.merged_into_remote_id IS 'Of a tombstone, the record of the same source that it was merged into.';

COMMENT ON TABLE advocacy.stage_support_case IS 'Pattern of the temporary table that pages of support cases are copied into; always empty itself.';
COMMENT ON COLUMN advocacy.stage_support_case.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_support_case.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.stage_support_case.deleted IS 'Whether the source has deleted the record; NULL: no.';
COMMENT ON COLUMN advocacy.stage_support_case.account_remote_id IS 'The account''s id in the same source.';
COMMENT ON COLUMN advocacy.stage_support_case.contact_remote_id IS 'The contact''s id in the same source.';
COMMENT ON COLUMN advocacy.stage_support_case.number IS 'Number that people know the case by.';
COMMENT ON COLUMN advocacy.stage_support_case.subject IS 'Subject line.';
COMMENT ON COLUMN advocacy.stage_support_case.status IS 'Status, as the source words it.';
COMMENT ON COLUMN advocacy.stage_support_case.priority IS 'Priority, as the source words it.';
COMMENT ON COLUMN advocacy.stage_support_case.escalated IS 'Whether it is escalated; NULL: not known.';
COMMENT ON COLUMN advocacy.stage_support_case.closed IS 'Whether it is closed; NULL: not known.';
COMMENT ON COLUMN advocacy.stage_support_case.opened_at IS 'When it was opened.';
COMMENT ON COLUMN advocacy.stage_support_case.closed_at IS 'When it was closed.';

COMMENT ON TABLE advocacy.stage_opportunity IS 'Pattern of the temporary table that pages of opportunities are copied into; always empty itself.';
COMMENT ON COLUMN advocacy.stage_opportunity.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_opportunity.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.stage_opportunity.deleted IS 'Whether the source has deleted the record; NULL: no.';
COMMENT ON COLUMN advocacy.stage_opportunity.account_remote_id IS 'The account''s id in the same source.';
COMMENT ON COLUMN advocacy.stage_opportunity.name IS 'Name.';
COMMENT ON COLUMN advocacy.stage_opportunity.stage IS 'Sales stage, as the source words it.';
COMMENT ON COLUMN advocacy.stage_opportunity.type IS 'Kind of deal, as the source words it.';
COMMENT ON COLUMN advocacy.stage_opportunity.amount IS 'Amount.';
COMMENT ON COLUMN advocacy.stage_opportunity.close_on IS 'Day it is expected to close, or closed.';
COMMENT ON COLUMN advocacy.stage_opportunity.closed IS 'Whether it is closed; NULL: not known.';
COMMENT ON COLUMN advocacy.stage_opportunity.won IS 'Whether it was won; NULL: not known.';
COMMENT ON COLUMN advocacy.stage_opportunity.owner_remote_id IS 'The owner''s id in the source.';
COMMENT ON COLUMN advocacy.stage_opportunity.owner_email IS 'Address of the owner (sales).';

COMMENT ON TABLE advocacy.stage_request IS 'Pattern of the temporary table that pages of requests filed in the CRM are copied into; always empty itself.';
COMMENT ON COLUMN advocacy.stage_request.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_request.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.stage_request.deleted IS 'Whether the source has deleted the record; NULL: no.';
COMMENT ON COLUMN advocacy.stage_request.opportunity_remote_id IS 'The deal''s id in the same source.';
COMMENT ON COLUMN advocacy.stage_request.activity_type IS 'What is asked for, as the source words it.';
COMMENT ON COLUMN advocacy.stage_request.justification IS 'Why.';
COMMENT ON COLUMN advocacy.stage_request.audience IS 'Who will hear or read it.';
COMMENT ON COLUMN advocacy.stage_request.outcome IS 'What it is to achieve.';
COMMENT ON COLUMN advocacy.stage_request.needed_by IS 'Until which day it is needed.';
COMMENT ON COLUMN advocacy.stage_request.priority IS 'Priority, as the source words it.';
COMMENT ON COLUMN advocacy.stage_request.requested_by_remote_id IS 'The rep''s id in the source.';
COMMENT ON COLUMN advocacy.stage_request.requested_by_email IS 'Address of the rep.';
COMMENT ON COLUMN advocacy.stage_request.submitted IS 'Whether the rep has submitted it; until then it is a draft.';
COMMENT ON COLUMN advocacy.stage_request.submitted_at IS 'When the rep submitted it; NULL where the source does not say.';
COMMENT ON COLUMN advocacy.stage_request.cancelled IS 'Whether the rep has taken it back.';
COMMENT ON TABLE advocacy.stage_observation IS 'Pattern of the temporary table for numbers about accounts that stand in records of their own; always empty itself.';
COMMENT ON COLUMN advocacy.stage_observation.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_observation.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.stage_observation.deleted IS 'Whether the source has deleted the record; NULL: no.';
COMMENT ON COLUMN advocacy.stage_observation.account_remote_id IS 'The account''s id in the same source.';
COMMENT ON COLUMN advocacy.stage_observation.included IS 'Whether the record counts; NULL: yes.';
COMMENT ON COLUMN advocacy.stage_observation.signals IS 'Its numbers by name; null: not scored.';

COMMENT ON TABLE advocacy.stage_association IS 'Pattern of the temporary table for links that a source keeps apart from its records; always empty itself.';
COMMENT ON COLUMN advocacy.stage_association.entity IS 'contact, support_case or opportunity.';
COMMENT ON COLUMN advocacy.stage_association.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_association.account_remote_id IS 'The account''s id in the same source; NULL: the source was asked, and there is none, or more than one.';

COMMENT ON TABLE advocacy.stage_rejected IS 'Pattern of the temporary table for records that could not be understood; always empty itself.';
COMMENT ON COLUMN advocacy.stage_rejected.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.stage_rejected.field IS 'The field at fault.';
COMMENT ON COLUMN advocacy.stage_rejected.reason IS 'What is wrong with it.';
COMMENT ON COLUMN advocacy.stage_rejected.raw IS 'The record as the source gave it.';

COMMENT ON TABLE advocacy.signal IS 'The newest observation of one number about one account from one source.';
COMMENT ON COLUMN advocacy.signal.account_id IS 'The account.';
COMMENT ON COLUMN advocacy.signal.name IS 'Name, such as health_score, nps, open_escalations.';
COMMENT ON COLUMN advocacy.signal.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.signal.stream IS 'The stream that delivers it; its success keeps the signal fresh.';
COMMENT ON COLUMN advocacy.signal.value IS 'The number; NULL: the source answers "not scored".';
COMMENT ON COLUMN advocacy.signal.observed_at IS 'When the source changed or confirmed it.';

COMMENT ON TABLE advocacy.signal_history IS 'Observations whose value differs from the one before.';
COMMENT ON COLUMN advocacy.signal_history.account_id IS 'The account.';
COMMENT ON COLUMN advocacy.signal_history.name IS 'Name of the signal.';
COMMENT ON COLUMN advocacy.signal_history.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.signal_history.value IS 'The number; NULL: not scored.';
COMMENT ON COLUMN advocacy.signal_history.observed_at IS 'When the source changed it.';
COMMENT ON COLUMN advocacy.signal_history.recorded_at IS 'When it was stored.';
COMMENT ON COLUMN advocacy.signal_history.repeated IS 'The value of before, observed again, and kept because a rule counted it.';

COMMENT ON TABLE advocacy.risk_rule IS 'When a signal makes an account risky, when it is well again, and what follows; from the policy.';
COMMENT ON COLUMN advocacy.risk_rule.rule IS 'Name.';
COMMENT ON COLUMN advocacy.risk_rule.version IS 'Goes up with every change.';
COMMENT ON COLUMN advocacy.risk_rule.signal IS 'The signal that it watches: one of the account, or contact.NAME, one of the advocate''s own contact.';
COMMENT ON COLUMN advocacy.risk_rule.enter_operator IS 'How the value is compared to become risky.';
COMMENT ON COLUMN advocacy.risk_rule.enter_value IS 'The threshold to become risky.';
COMMENT ON COLUMN advocacy.risk_rule.clear_operator IS 'How the value is compared to be well again.';
COMMENT ON COLUMN advocacy.risk_rule.clear_value IS 'The threshold to be well again.';
COMMENT ON COLUMN advocacy.risk_rule.clear_hold IS 'For how long all sources have to be well.';
COMMENT ON COLUMN advocacy.risk_rule.action IS 'watch (record only) or suspend.';
COMMENT ON COLUMN advocacy.risk_rule.severity IS 'soft, hard, caution, hold or ineligible, for contact.NAME also withdrawn or left: see suspension.severity.';
COMMENT ON COLUMN advocacy.risk_rule.enter_observations IS 'How many observations in a row have to meet the condition to become risky; they count only where the source''s own time differs.';
COMMENT ON COLUMN advocacy.risk_rule.enter_apart IS 'How far apart those have to be, by the source''s own time.';
COMMENT ON COLUMN advocacy.risk_rule.clear_observations IS 'How many observations in a row, of each source that knows the signal, have to be well again.';
COMMENT ON COLUMN advocacy.risk_rule.clear_apart IS 'How far apart those have to be, by the source''s own time.';
COMMENT ON COLUMN advocacy.risk_rule.dwell IS 'How long a risk lasts at least.';
COMMENT ON COLUMN advocacy.risk_rule.flaps IS 'After so many changes of an account within 30 days the risk stays open until a person looks; 0: never.';
COMMENT ON COLUMN advocacy.risk_rule.drop_points IS 'To become risky the value must also have fallen by so much; NULL: it need not.';
COMMENT ON COLUMN advocacy.risk_rule.drop_within IS 'Within what time it must have fallen.';
COMMENT ON COLUMN advocacy.risk_rule.date_side IS 'The signal is a date, and the values are seconds: until it (risky when at most so many are left) or since it (risky while fewer have passed); NULL: it is a number.';
COMMENT ON COLUMN advocacy.risk_rule.lapse IS 'For how long what a contact''s own signal says counts; NULL: until it says something else.';
COMMENT ON COLUMN advocacy.risk_rule.confirm IS 'Whether its advocates stay suspended, when it is over, until a person says yes (advocate_reinstate).';
COMMENT ON COLUMN advocacy.risk_rule.active IS 'Whether the policy still holds it.';
COMMENT ON COLUMN advocacy.risk_rule.changed_at IS 'When it last changed.';

COMMENT ON TABLE advocacy.risk_observation IS 'Observations in a row that a rule wanting several has counted.';
COMMENT ON COLUMN advocacy.risk_observation.account_id IS 'The account.';
COMMENT ON COLUMN advocacy.risk_observation.rule IS 'The rule.';
COMMENT ON COLUMN advocacy.risk_observation.source IS 'The source that observed.';
COMMENT ON COLUMN advocacy.risk_observation.clearing IS 'Whether they count towards the end of an open risk, or towards a new one.';
COMMENT ON COLUMN advocacy.risk_observation.counted IS 'How many.';
COMMENT ON COLUMN advocacy.risk_observation.first_at IS 'The first of them, by the source''s own time.';
COMMENT ON COLUMN advocacy.risk_observation.last_at IS 'The last one that was counted.';

COMMENT ON TABLE advocacy.risk_rule_version IS 'Every version of every risk rule, as it was; rows are only added.';
COMMENT ON COLUMN advocacy.risk_rule_version.rule IS 'The rule.';
COMMENT ON COLUMN advocacy.risk_rule_version.version IS 'Its version, as risks name it.';
COMMENT ON COLUMN advocacy.risk_rule_version.since IS 'From when on it held.';
COMMENT ON COLUMN advocacy.risk_rule_version.definition IS 'What it said, as the columns of risk_rule; NULL: from then on the rule was retired.';

COMMENT ON TABLE advocacy.risk_due IS 'When an account has to be judged by a rule though no news of it comes: when a date will make it risky; 24 hours after its advocates came back. Only what is still to come.';
COMMENT ON COLUMN advocacy.risk_due.account_id IS 'The account.';
COMMENT ON COLUMN advocacy.risk_due.rule IS 'The rule.';
COMMENT ON COLUMN advocacy.risk_due.due_at IS 'The instant.';

COMMENT ON TABLE advocacy.risk IS 'An account in a risk state by a rule, from when to when, with the evidence.';
COMMENT ON COLUMN advocacy.risk.risk_id IS 'Key.';
COMMENT ON COLUMN advocacy.risk.account_id IS 'The account.';
COMMENT ON COLUMN advocacy.risk.rule IS 'The rule.';
COMMENT ON COLUMN advocacy.risk.rule_version IS 'Its version when the risk opened.';
COMMENT ON COLUMN advocacy.risk.opened_at IS 'When it opened.';
COMMENT ON COLUMN advocacy.risk.evidence IS 'What it rests on: value, previous, source, remote_id, observed_at, threshold, cases; held: batch, count, limit.';
COMMENT ON COLUMN advocacy.risk.well_since IS 'Since when all sources are well; NULL: they are not.';
COMMENT ON COLUMN advocacy.risk.clear_due_at IS 'When it clears if that lasts; NULL: not by time alone, a source has to say so again.';
COMMENT ON COLUMN advocacy.risk.cleared_at IS 'When it was cleared; NULL: open.';
COMMENT ON COLUMN advocacy.risk.clear_evidence IS 'Why it was cleared.';
COMMENT ON COLUMN advocacy.risk.held_at IS 'Since when it suspends nobody until a person decides, because too many would have been suspended at once; NULL: it isn''t held.';
COMMENT ON COLUMN advocacy.risk.held_batch IS 'What it was held with, for risk_release and risk_reject; stays when that is decided; NULL: it never was held.';
COMMENT ON COLUMN advocacy.risk.clear_batch IS 'The decision_batch that keeps it from being cleared, or has kept it; NULL: none.';
COMMENT ON COLUMN advocacy.risk.opened_in IS 'The decision_cycle that opened it.';
COMMENT ON COLUMN advocacy.risk.cleared_in IS 'The decision_cycle that cleared it.';
COMMENT ON COLUMN advocacy.risk.pinned_at IS 'Since when it stays open until a person looks (risk_unpin), because it came and went too often; NULL: it isn''t pinned.';
COMMENT ON COLUMN advocacy.risk.unpinned_at IS 'When a person looked; changes before that no longer count as coming and going.';
COMMENT ON COLUMN advocacy.risk.undone_at IS 'When a person took back what was decided of it (decisions_undo): the same values don''t decide it again.';

COMMENT ON TABLE advocacy.decision_cycle IS 'What was decided together, by one apply, by deadlines or a change of the policy; decisions_undo takes it back.';
COMMENT ON COLUMN advocacy.decision_cycle.cycle_id IS 'Key.';
COMMENT ON COLUMN advocacy.decision_cycle.source IS 'The source that was applied; NULL: deadlines or the policy decided.';
COMMENT ON COLUMN advocacy.decision_cycle.stream IS 'Its stream.';
COMMENT ON COLUMN advocacy.decision_cycle.decided_at IS 'When.';
COMMENT ON COLUMN advocacy.decision_cycle.risks_opened IS 'Risks that it opened.';
COMMENT ON COLUMN advocacy.decision_cycle.risks_cleared IS 'Risks that it cleared.';
COMMENT ON COLUMN advocacy.decision_cycle.suspended IS 'Advocates that it suspended.';
COMMENT ON COLUMN advocacy.decision_cycle.reinstated IS 'Advocates that it made available again.';
COMMENT ON COLUMN advocacy.decision_cycle.held IS 'Advocates that it would have suspended, held for a person to decide.';
COMMENT ON COLUMN advocacy.decision_cycle.undone_at IS 'When it was taken back; NULL: it stands.';
COMMENT ON COLUMN advocacy.decision_cycle.undone_by IS 'Who took it back.';
COMMENT ON COLUMN advocacy.decision_cycle.undo_reason IS 'Why.';

COMMENT ON TABLE advocacy.advocate IS 'Customers who speak for us.';
COMMENT ON COLUMN advocacy.advocate.advocate_id IS 'Key.';
COMMENT ON COLUMN advocacy.advocate.contact_id IS 'The person.';
COMMENT ON COLUMN advocacy.advocate.account_id IS 'The contact''s account; NULL while it is not known.';
COMMENT ON COLUMN advocacy.advocate.enrolled_at IS 'When they were taken in.';
COMMENT ON COLUMN advocacy.advocate.enrolled_by IS 'A person, or sync:SOURCE.';
COMMENT ON COLUMN advocacy.advocate.former_contacts IS 'Contacts whose enrolment this one took over when they were merged.';
COMMENT ON COLUMN advocacy.advocate.calls_per_month IS 'How many calls a month they chose to be asked for at most; NULL: as the program says.';
COMMENT ON COLUMN advocacy.advocate.retired_at IS 'When they left; NULL: they have not.';
COMMENT ON COLUMN advocacy.advocate.retire_reason IS 'Why they left.';
COMMENT ON COLUMN advocacy.advocate.retire_rejected IS 'What the source says for retiring them and a person rejected, while it says so; NULL: nothing.';
COMMENT ON COLUMN advocacy.advocate.opt_out IS
	'What became of the contact''s opting out: followed; known: by a person''s yes, or from the start; rejected by a person; NULL: held, or none.';
COMMENT ON COLUMN advocacy.advocate.opt_out_at IS 'Since when; NULL: held, or none.';

COMMENT ON TABLE advocacy.consent IS 'What people allowed to be asked for and until when, and what they took back; rows are kept.';
COMMENT ON COLUMN advocacy.consent.consent_id IS 'Key.';
COMMENT ON COLUMN advocacy.consent.contact_id IS 'The person.';
COMMENT ON COLUMN advocacy.consent.scope IS 'The activity, or all.';
COMMENT ON COLUMN advocacy.consent.given_at IS 'Since when it holds; NULL: a withdrawal of what was never recorded, or was given with everything else.';
COMMENT ON COLUMN advocacy.consent.until IS 'When it ends by itself.';
COMMENT ON COLUMN advocacy.consent.source IS 'Where it was given.';
COMMENT ON COLUMN advocacy.consent.recorded_at IS 'When it was recorded here.';
COMMENT ON COLUMN advocacy.consent.recorded_by IS 'By whom.';
COMMENT ON COLUMN advocacy.consent.withdrawn_at IS 'When it was taken back; NULL: it was not.';
COMMENT ON COLUMN advocacy.consent.withdrawn_by IS 'Who recorded that.';
COMMENT ON COLUMN advocacy.consent.withdraw_reason IS 'The reason, where one was given.';
COMMENT ON COLUMN advocacy.consent.next_at IS 'When to warn of its end next, or when it ends; NULL: nothing is due.';

COMMENT ON TABLE advocacy.request_feedback IS 'What a rep says of the reference that they got.';
COMMENT ON COLUMN advocacy.request_feedback.request_id IS 'The request.';
COMMENT ON COLUMN advocacy.request_feedback.relevance IS 'Whether it was the right reference, 1 to 5.';
COMMENT ON COLUMN advocacy.request_feedback.overall IS 'How satisfied they are over all, 1 to 5; NULL: not said.';
COMMENT ON COLUMN advocacy.request_feedback.comment IS 'In words.';
COMMENT ON COLUMN advocacy.request_feedback.given_by IS 'By whom.';
COMMENT ON COLUMN advocacy.request_feedback.given_at IS 'When.';

COMMENT ON TABLE advocacy.activity IS 'What advocates were asked for and did; asked and scheduled ones are the reservations that caps count.';
COMMENT ON COLUMN advocacy.activity.activity_id IS 'Key.';
COMMENT ON COLUMN advocacy.activity.advocate_id IS 'Who.';
COMMENT ON COLUMN advocacy.activity.activity_type IS 'What.';
COMMENT ON COLUMN advocacy.activity.status IS 'asked, scheduled, completed; or released: it came to nothing, and counts no more.';
COMMENT ON COLUMN advocacy.activity.occurred_at IS 'When it took place; for what is scheduled, when it will; for what is asked, when that was.';
COMMENT ON COLUMN advocacy.activity.weight IS 'How much it counts, by the policy of the time.';
COMMENT ON COLUMN advocacy.activity.account_id IS 'The advocate''s account when it was asked or recorded; NULL: none.';
COMMENT ON COLUMN advocacy.activity.cell IS 'Its industry and region then, for concentration.';
COMMENT ON COLUMN advocacy.activity.request_id IS 'The request that it is for; NULL: recorded by a person without one.';
COMMENT ON COLUMN advocacy.activity.note IS 'In words.';
COMMENT ON COLUMN advocacy.activity.recorded_at IS 'When it was recorded first.';
COMMENT ON COLUMN advocacy.activity.recorded_by IS 'By whom.';

COMMENT ON TABLE advocacy.advocate_profile IS 'What matching looks at of an advocate who is in the program and has an account; kept by triggers.';
COMMENT ON COLUMN advocacy.advocate_profile.advocate_id IS 'The advocate.';
COMMENT ON COLUMN advocacy.advocate_profile.account_id IS 'Their account.';
COMMENT ON COLUMN advocacy.advocate_profile.cell IS 'Industry and region together, for concentration.';
COMMENT ON COLUMN advocacy.advocate_profile.industry IS 'The account''s industry, in small letters.';
COMMENT ON COLUMN advocacy.advocate_profile.region IS 'The account''s region, in small letters.';
COMMENT ON COLUMN advocacy.advocate_profile.segment IS 'The account''s segment, in small letters.';
COMMENT ON COLUMN advocacy.advocate_profile.persona IS 'The contact''s, in small letters.';
COMMENT ON COLUMN advocacy.advocate_profile.language IS 'The contact''s, in small letters.';
COMMENT ON COLUMN advocacy.advocate_profile.time_zone IS 'The contact''s, in small letters.';
COMMENT ON COLUMN advocacy.advocate_profile.products IS 'The contact''s, each by itself, in small letters.';
COMMENT ON COLUMN advocacy.advocate_profile.use_cases IS 'The contact''s, each by itself, in small letters.';
COMMENT ON COLUMN advocacy.advocate_profile.look IS 'All of these together; the same for those who look the same.';

COMMENT ON TABLE advocacy.advocate_look IS 'The profiles that differ, each to be compared once; kept with them.';
COMMENT ON COLUMN advocacy.advocate_look.look_id IS 'Key.';
COMMENT ON COLUMN advocacy.advocate_look.look IS 'What profiles refer to.';
COMMENT ON COLUMN advocacy.advocate_look.industry IS 'As in the profile.';
COMMENT ON COLUMN advocacy.advocate_look.region IS 'As in the profile.';
COMMENT ON COLUMN advocacy.advocate_look.segment IS 'As in the profile.';
COMMENT ON COLUMN advocacy.advocate_look.persona IS 'As in the profile.';
COMMENT ON COLUMN advocacy.advocate_look.language IS 'As in the profile.';
COMMENT ON COLUMN advocacy.advocate_look.time_zone IS 'As in the profile.';
COMMENT ON COLUMN advocacy.advocate_look.products IS 'As in the profile.';
COMMENT ON COLUMN advocacy.advocate_look.use_cases IS 'As in the profile.';
COMMENT ON COLUMN advocacy.advocate_look.cell IS 'As in the profile.';

COMMENT ON TABLE advocacy.decision_batch IS 'What the circuit breaker holds until a person decides, once; undecided after 72 hours it is discarded and judged anew.';
COMMENT ON COLUMN advocacy.decision_batch.batch_id IS 'Key, for risk_release and risk_reject.';
COMMENT ON COLUMN advocacy.decision_batch.direction IS 'suspend: risks that suspend nobody yet; reinstate: risks that are over but not cleared yet; retire: advocates whom a source would retire; opt_out: contacts who opted out; contact: causes by contacts'' own signals.';
COMMENT ON COLUMN advocacy.decision_batch.source IS 'The source whose data it rests on; NULL: several, by time.';
COMMENT ON COLUMN advocacy.decision_batch.stream IS 'Its stream, where one is known.';
COMMENT ON COLUMN advocacy.decision_batch.opened_at IS 'When it was held.';
COMMENT ON COLUMN advocacy.decision_batch.advocates IS 'How many advocates it would have suspended, reinstated, retired or taken off their requests at once.';
COMMENT ON COLUMN advocacy.decision_batch.most IS 'How many may be at once; 0 where nothing is done before a person says so.';
COMMENT ON COLUMN advocacy.decision_batch.observed IS 'Why nothing is done before a person says so, however few they are, and however long it takes: first, the stream was never read before; mapping, it is mapped otherwise now; rejected, a person rejected what it said last. NULL: they are too many at once.';
COMMENT ON COLUMN advocacy.decision_batch.decision IS 'released, rejected, or discarded: nobody decided in time; NULL: it waits.';
COMMENT ON COLUMN advocacy.decision_batch.decided_at IS 'When.';
COMMENT ON COLUMN advocacy.decision_batch.decided_by IS 'The person, or time.';
COMMENT ON TABLE advocacy.risk_override IS 'A person said that a rule, or all rules, don''t suspend an advocate or the advocates of an account for a while.';
COMMENT ON COLUMN advocacy.risk_override.override_id IS 'Key.';
COMMENT ON COLUMN advocacy.risk_override.advocate_id IS 'The advocate; NULL: it is for an account.';
COMMENT ON COLUMN advocacy.risk_override.account_id IS 'The account; NULL: it is for an advocate.';
COMMENT ON COLUMN advocacy.risk_override.rule IS 'The rule; NULL: all but those that are hard or ineligible, which must be named.';
COMMENT ON COLUMN advocacy.risk_override.until IS 'When it expires.';
COMMENT ON COLUMN advocacy.risk_override.reason IS 'In words.';
COMMENT ON COLUMN advocacy.risk_override.made_at IS 'Since when.';
COMMENT ON COLUMN advocacy.risk_override.made_by IS 'The person.';
COMMENT ON COLUMN advocacy.risk_override.ended_at IS 'When it ended; NULL: it is in force.';
COMMENT ON COLUMN advocacy.risk_override.ended_by IS 'time, or a person.';
COMMENT ON COLUMN advocacy.risk_override.end_reason IS 'Why it ended.';
COMMENT ON COLUMN advocacy.risk_override.warned_at IS 'When people were told that it ends within a day.';

COMMENT ON TABLE advocacy.suspension IS 'Why an advocate may not be asked, from when to when; each cause has its own row and its own life.';
COMMENT ON COLUMN advocacy.suspension.suspension_id IS 'Key.';
COMMENT ON COLUMN advocacy.suspension.advocate_id IS 'The advocate.';
COMMENT ON COLUMN advocacy.suspension.cause IS 'risk (a rule over the account; ends with its risk), own (a named cause of the advocate''s own: suspension_open), person (ends by a person, or its time) or consent.';
COMMENT ON COLUMN advocacy.suspension.risk_id IS 'The risk; for cause risk only.';
COMMENT ON COLUMN advocacy.suspension.rule IS 'Its rule; for cause own the cause''s name.';
COMMENT ON COLUMN advocacy.suspension.severity IS 'hard: suspended, people are told, open requests are matched anew; soft: as that, but open requests wait for the CSM''s answer (answer_due_at); ineligible: as hard, but nobody is told of the advocate; caution: only with the CSM''s yes, hold: not for now, both without a message and without an effect on open requests; withdrawn, left: never, for cause own only. NULL for consent.';
COMMENT ON COLUMN advocacy.suspension.reason IS 'In words.';
COMMENT ON COLUMN advocacy.suspension.evidence IS 'The risk''s evidence as it was.';
COMMENT ON COLUMN advocacy.suspension.opened_at IS 'Since when.';
COMMENT ON COLUMN advocacy.suspension.opened_by IS 'rule, or a person.';
COMMENT ON COLUMN advocacy.suspension.closed_at IS 'Until when; NULL: open.';
COMMENT ON COLUMN advocacy.suspension.closed_by IS 'rule, or a person.';
COMMENT ON COLUMN advocacy.suspension.close_reason IS 'Why it ended.';
COMMENT ON COLUMN advocacy.suspension.opened_in IS 'The decision_cycle that opened it.';
COMMENT ON COLUMN advocacy.suspension.closed_in IS 'The decision_cycle that closed it.';
COMMENT ON COLUMN advocacy.suspension.closed_by_override IS 'The override that closed it; its risk may go on.';
COMMENT ON COLUMN advocacy.suspension.until IS 'When it ends by itself; NULL: not by time. Not for cause risk.';
COMMENT ON COLUMN advocacy.suspension.answer_due_at IS 'Of a soft one whose advocate had an open request: until when the CSM may answer (risk_confirm, risk_override) before open requests go on without the advocate.';
COMMENT ON COLUMN advocacy.suspension.answered_at IS 'When it was answered, or the time for it was over.';
COMMENT ON COLUMN advocacy.suspension.answered_by IS 'The person, or time: nobody answered.';
COMMENT ON COLUMN advocacy.suspension.review_since IS 'Since when it is over by what the sources say and waits for a person''s yes (advocate_reinstate).';
COMMENT ON COLUMN advocacy.suspension.digested_at IS 'Of a caution: when it went into its CSM''s digest.';

COMMENT ON TABLE advocacy.request IS 'A sales representative''s request for an advocate.';
COMMENT ON COLUMN advocacy.request.request_id IS 'Key; people see REQ-<id>.';
COMMENT ON COLUMN advocacy.request.opportunity_id IS 'The deal that it is for; NULL: none.';
COMMENT ON COLUMN advocacy.request.activity_type IS 'What is asked of the advocate.';
COMMENT ON COLUMN advocacy.request.justification IS 'Why it is needed.';
COMMENT ON COLUMN advocacy.request.audience IS 'Who will meet the advocate.';
COMMENT ON COLUMN advocacy.request.outcome IS 'What shall come of it.';
COMMENT ON COLUMN advocacy.request.needed_by IS 'When it is needed.';
COMMENT ON COLUMN advocacy.request.requested_by IS 'Who asks.';
COMMENT ON COLUMN advocacy.request.priority IS 'normal or expedite.';
COMMENT ON COLUMN advocacy.request.exposure IS 'How widely the customer is shown: internal, logo, named or public.';
COMMENT ON COLUMN advocacy.request.state IS 'Where it stands.';
COMMENT ON COLUMN advocacy.request.advocate_id IS 'The advocate matched; NULL: none.';
COMMENT ON COLUMN advocacy.request.waiting_on IS 'Whom it waits for while its clocks pause.';
COMMENT ON COLUMN advocacy.request.decide_by IS 'Until when the CSM may decide about the call of a suspended advocate (request_decide); NULL: nothing to decide.';
COMMENT ON COLUMN advocacy.request.owes_feedback IS 'Whether the one who asks owed overdue feedback for two references or more when it was filed.';
COMMENT ON COLUMN advocacy.request.criteria IS 'Whom it asks for, as request_criteria takes it; NULL: somebody like the deal''s own account.';
COMMENT ON COLUMN advocacy.request.scheduled_for IS 'When the activity takes place.';
COMMENT ON COLUMN advocacy.request.submitted_at IS 'When it was filed.';
COMMENT ON COLUMN advocacy.request.updated_at IS 'When it last moved.';

COMMENT ON TABLE advocacy.approval_rule IS 'Whose yes it takes before a customer is shown, by exposure and industry: the policy''s [approval NAME].';
COMMENT ON COLUMN advocacy.approval_rule.rule IS 'Its name.';
COMMENT ON COLUMN advocacy.approval_rule.approver IS 'The team whose yes it takes, as legal, pr or security.';
COMMENT ON COLUMN advocacy.approval_rule.exposures IS 'For requests that show the customer so: internal, logo, named, public.';
COMMENT ON COLUMN advocacy.approval_rule.industries IS 'For customers of these industries, in small letters; NULL: of all.';
COMMENT ON COLUMN advocacy.approval_rule.activity_types IS 'For these activities; NULL: for all.';
COMMENT ON COLUMN advocacy.approval_rule.people IS 'Who may decide for the team, by e-mail address in small letters; NULL: whoever may call approval_decide.';

COMMENT ON TABLE advocacy.approval IS 'Approvals that requests were asked for, each for one advocate and exposure, and what came of them.';
COMMENT ON COLUMN advocacy.approval.approval_id IS 'Key.';
COMMENT ON COLUMN advocacy.approval.request_id IS 'The request.';
COMMENT ON COLUMN advocacy.approval.advocate_id IS 'The advocate it was to be with.';
COMMENT ON COLUMN advocacy.approval.approver IS 'The team whose yes it takes.';
COMMENT ON COLUMN advocacy.approval.exposure IS 'How widely the customer was to be shown.';
COMMENT ON COLUMN advocacy.approval.rule IS 'The approval_rule that asked for it.';
COMMENT ON COLUMN advocacy.approval.people IS 'Who may decide, by e-mail address; empty: whoever may call approval_decide.';
COMMENT ON COLUMN advocacy.approval.state IS 'asked, granted, refused; or withdrawn: it is needed no more.';
COMMENT ON COLUMN advocacy.approval.asked_at IS 'When it was asked for.';
COMMENT ON COLUMN advocacy.approval.ended_at IS 'When it was decided or withdrawn; NULL: asked.';
COMMENT ON COLUMN advocacy.approval.decided_by IS 'The person who decided.';
COMMENT ON COLUMN advocacy.approval.reason IS 'Why; a refusal always says so.';

COMMENT ON TABLE advocacy.request_record IS 'Requests as reps file them in the CRM, and what became of each.';
COMMENT ON COLUMN advocacy.request_record.source IS 'The source, as named in the configuration.';
COMMENT ON COLUMN advocacy.request_record.remote_id IS 'The record''s id in its source.';
COMMENT ON COLUMN advocacy.request_record.modified_at IS 'When the source last changed the record; NULL where it does not say.';
COMMENT ON COLUMN advocacy.request_record.deleted IS 'Whether the source has deleted the record; rows are kept.';
COMMENT ON COLUMN advocacy.request_record.opportunity_remote_id IS 'The deal''s id in the same source.';
COMMENT ON COLUMN advocacy.request_record.activity_type IS 'What is asked for, as the source words it.';
COMMENT ON COLUMN advocacy.request_record.justification IS 'Why.';
COMMENT ON COLUMN advocacy.request_record.audience IS 'Who will hear or read it.';
COMMENT ON COLUMN advocacy.request_record.outcome IS 'What it is to achieve.';
COMMENT ON COLUMN advocacy.request_record.needed_by IS 'Until which day it is needed.';
COMMENT ON COLUMN advocacy.request_record.priority IS 'Priority, as the source words it.';
COMMENT ON COLUMN advocacy.request_record.requested_by_remote_id IS 'The rep''s id in the source.';
COMMENT ON COLUMN advocacy.request_record.requested_by_email IS 'Address of the rep.';
COMMENT ON COLUMN advocacy.request_record.submitted IS 'Whether the rep has submitted it; until then it is a draft.';
COMMENT ON COLUMN advocacy.request_record.submitted_at IS 'When the rep submitted it; NULL where the source does not say.';
COMMENT ON COLUMN advocacy.request_record.cancelled IS 'Whether the rep has taken it back.';
COMMENT ON COLUMN advocacy.request_record.considered IS 'Whether what the record says now has been acted on.';
COMMENT ON COLUMN advocacy.request_record.state IS 'draft; waiting for its deal; refused; filed; withdrawn; past: submitted too long ago to be filed.';
COMMENT ON COLUMN advocacy.request_record.request_id IS 'The request that was filed for it.';
COMMENT ON COLUMN advocacy.request_record.refusal IS 'Why it was refused.';
COMMENT ON COLUMN advocacy.request_record.refused_field IS 'The missing or wrong field, as request_submit names it.';
COMMENT ON COLUMN advocacy.request_record.waiting_since IS 'Since when its deal is waited for.';
COMMENT ON TABLE advocacy.request_event IS 'Every move of a request; rows are only added.';
COMMENT ON COLUMN advocacy.request_event.event_id IS 'Key.';
COMMENT ON COLUMN advocacy.request_event.request_id IS 'The request.';
COMMENT ON COLUMN advocacy.request_event.move IS 'What happened.';
COMMENT ON COLUMN advocacy.request_event.from_state IS 'State before; NULL: none.';
COMMENT ON COLUMN advocacy.request_event.to_state IS 'State after.';
COMMENT ON COLUMN advocacy.request_event.actor IS 'Who did it.';
COMMENT ON COLUMN advocacy.request_event.reason IS 'Why.';
COMMENT ON COLUMN advocacy.request_event.occurred_at IS 'When it happened.';
COMMENT ON COLUMN advocacy.request_event.recorded_at IS 'When it was stored.';

COMMENT ON TABLE advocacy.calendar IS 'Business hours, one row per version; a changed calendar is a new version.';
COMMENT ON COLUMN advocacy.calendar.calendar_id IS 'Key.';
COMMENT ON COLUMN advocacy.calendar.name IS 'Name.';
COMMENT ON COLUMN advocacy.calendar.version IS 'Version.';
COMMENT ON COLUMN advocacy.calendar.time_zone IS 'Time zone, IANA name.';
COMMENT ON COLUMN advocacy.calendar.weekly_hours IS 'Opening hours by day of the week.';
COMMENT ON COLUMN advocacy.calendar.holidays IS 'Days that it is closed.';
COMMENT ON COLUMN advocacy.calendar.laid_from IS 'First day laid out as spans.';
COMMENT ON COLUMN advocacy.calendar.laid_to IS 'Day after the last one laid out.';
COMMENT ON COLUMN advocacy.calendar.created_at IS 'When the version was made.';

COMMENT ON TABLE advocacy.calendar_span IS 'A calendar laid out as open spans in UTC with a running sum.';
COMMENT ON COLUMN advocacy.calendar_span.calendar_id IS 'The calendar version.';
COMMENT ON COLUMN advocacy.calendar_span.opens_at IS 'Start of the span.';
COMMENT ON COLUMN advocacy.calendar_span.closes_at IS 'End of the span.';
COMMENT ON COLUMN advocacy.calendar_span.before_s IS 'Open seconds of the calendar before this span.';

COMMENT ON TABLE advocacy.calendar_page IS 'The newest version of each calendar in pages of 32 days, from which business_due_at answers.';
COMMENT ON COLUMN advocacy.calendar_page.calendar IS 'Name of the calendar.';
COMMENT ON COLUMN advocacy.calendar_page.from_at IS 'First instant whose due dates are on this page.';
COMMENT ON COLUMN advocacy.calendar_page.opens_at IS 'Openings: the last one up to from_at, and all of the 64 days from then on.';
COMMENT ON COLUMN advocacy.calendar_page.sum_s IS 'Open seconds of the calendar before each of them, and after the last.';

COMMENT ON TABLE advocacy.sla_policy IS 'What is promised: how much business time a step may take, what starts, ends and pauses it; a changed promise is a new version.';
COMMENT ON COLUMN advocacy.sla_policy.policy_id IS 'Key.';
COMMENT ON COLUMN advocacy.sla_policy.name IS 'Name.';
COMMENT ON COLUMN advocacy.sla_policy.version IS 'Version.';
COMMENT ON COLUMN advocacy.sla_policy.metric IS 'What is promised, see clock_metrics.';
COMMENT ON COLUMN advocacy.sla_policy.subject_kind IS 'What it is about: request, suspension, nomination, asset.';
COMMENT ON COLUMN advocacy.sla_policy.match_order IS 'The lowest that matches holds.';
COMMENT ON COLUMN advocacy.sla_policy.priority IS 'Subjects of which priority (of a suspension: severity); NULL: any.';
COMMENT ON COLUMN advocacy.sla_policy.activity_types IS 'Requests of which types; none: any.';
COMMENT ON COLUMN advocacy.sla_policy.segments IS 'Customers of which segments; none: any.';
COMMENT ON COLUMN advocacy.sla_policy.regions IS 'Customers of which regions; none: any.';
COMMENT ON COLUMN advocacy.sla_policy.calendar IS 'Calendar whose time counts.';
COMMENT ON COLUMN advocacy.sla_policy.business_day_s IS 'What a business day is, in seconds.';
COMMENT ON COLUMN advocacy.sla_policy.target_s IS 'Business seconds allowed.';
COMMENT ON COLUMN advocacy.sla_policy.breaches IS 'Whether somebody is late when it is exceeded; else the subject moves on.';
COMMENT ON COLUMN advocacy.sla_policy.starts IS 'Moves and states that start it.';
COMMENT ON COLUMN advocacy.sla_policy.fulfils IS 'Moves and states that fulfil it.';
COMMENT ON COLUMN advocacy.sla_policy.cancels IS 'Moves and states that cancel it.';
COMMENT ON COLUMN advocacy.sla_policy.pauses IS 'States and reasons while which it stands.';
COMMENT ON COLUMN advocacy.sla_policy.supersedes IS 'Whether a start while it runs begins it anew.';
COMMENT ON COLUMN advocacy.sla_policy.reopen_s IS 'Business seconds after its end within which a start continues the same cycle.';
COMMENT ON COLUMN advocacy.sla_policy.pause_cap_s IS 'Business seconds after which a pause ends by itself.';
COMMENT ON COLUMN advocacy.sla_policy.thresholds IS 'Percentages of the target and who is told: [[75, "owner"], ...].';
COMMENT ON COLUMN advocacy.sla_policy.ladder IS 'Who hears of a breach and how long after it: [{"role", "after_s"}, ...].';
COMMENT ON COLUMN advocacy.sla_policy.ladder_repeat_s IS 'Business seconds after which the ladder begins anew.';
COMMENT ON COLUMN advocacy.sla_policy.ladder_passes IS 'How often at most.';
COMMENT ON COLUMN advocacy.sla_policy.owners IS 'Whose time a state is, where it is not that of who owes it.';
COMMENT ON COLUMN advocacy.sla_policy.owed_by IS 'Who owes it.';
COMMENT ON COLUMN advocacy.sla_policy.owed_to IS 'To whom.';
COMMENT ON COLUMN advocacy.sla_policy.active IS 'Whether it holds for new clocks.';
COMMENT ON COLUMN advocacy.sla_policy.created_at IS 'When the version was made.';

COMMENT ON TABLE advocacy.sla_clock IS 'A clock against a promise: the sum of its events.';
COMMENT ON COLUMN advocacy.sla_clock.clock_id IS 'Key.';
COMMENT ON COLUMN advocacy.sla_clock.subject_kind IS 'What it is about: request, suspension, nomination, asset.';
COMMENT ON COLUMN advocacy.sla_clock.subject_id IS 'Its key.';
COMMENT ON COLUMN advocacy.sla_clock.request_id IS 'The request, if it is about one.';
COMMENT ON COLUMN advocacy.sla_clock.metric IS 'What is measured.';
COMMENT ON COLUMN advocacy.sla_clock.cycle IS 'Which time round, from 1.';
COMMENT ON COLUMN advocacy.sla_clock.policy_id IS 'The promise, in the version it holds to.';
COMMENT ON COLUMN advocacy.sla_clock.calendar_id IS 'The calendar version that counts.';
COMMENT ON COLUMN advocacy.sla_clock.state IS 'running, paused, met, met_late, cancelled or superseded.';
COMMENT ON COLUMN advocacy.sla_clock.started_at IS 'When it started.';
COMMENT ON COLUMN advocacy.sla_clock.target_s IS 'Business seconds allowed.';
COMMENT ON COLUMN advocacy.sla_clock.target_version IS 'Counts the changes of the target or calendar, and corrections.';
COMMENT ON COLUMN advocacy.sla_clock.spent_s IS 'Business seconds spent before running_since.';
COMMENT ON COLUMN advocacy.sla_clock.running_since IS 'Since when the span that runs runs; NULL: none does.';
COMMENT ON COLUMN advocacy.sla_clock.owner IS 'The team whose time it is.';
COMMENT ON COLUMN advocacy.sla_clock.span_from IS 'When the spans that it ran began.';
COMMENT ON COLUMN advocacy.sla_clock.span_to IS 'When they ended.';
COMMENT ON COLUMN advocacy.sla_clock.span_owner IS 'The team whose time each was.';
COMMENT ON COLUMN advocacy.sla_clock.paused_at IS 'Since when it is paused; NULL: it is not.';
COMMENT ON COLUMN advocacy.sla_clock.pause_reason IS 'Why it is paused.';
COMMENT ON COLUMN advocacy.sla_clock.due_at IS 'When the target is used up; NULL unless running.';
COMMENT ON COLUMN advocacy.sla_clock.breach_at IS 'The last instant that is in time; NULL unless running.';
COMMENT ON COLUMN advocacy.sla_clock.fired_percent IS 'The highest threshold passed.';
COMMENT ON COLUMN advocacy.sla_clock.warned_at IS 'When it passed that threshold.';
COMMENT ON COLUMN advocacy.sla_clock.breached_at IS 'When it was breached.';
COMMENT ON COLUMN advocacy.sla_clock.breach_cause IS 'time, or retarget: a changed target was exceeded already.';
COMMENT ON COLUMN advocacy.sla_clock.detected_at IS 'When the breach was noticed.';
COMMENT ON COLUMN advocacy.sla_clock.unverified IS 'The source that could not be read when it was breached; NULL: none.';
COMMENT ON COLUMN advocacy.sla_clock.excluded IS 'Whether the breach came of a change by the party it is owed to.';
COMMENT ON COLUMN advocacy.sla_clock.ladder IS 'The ladder as it was at the start.';
COMMENT ON COLUMN advocacy.sla_clock.ladder_from IS 'When the pass of the ladder began.';
COMMENT ON COLUMN advocacy.sla_clock.ladder_pass IS 'Which pass of the ladder, from 1; 0: none yet.';
COMMENT ON COLUMN advocacy.sla_clock.ladder_level IS 'The level last told; 0: none yet.';
COMMENT ON COLUMN advocacy.sla_clock.escalate_at IS 'When the next level is told.';
COMMENT ON COLUMN advocacy.sla_clock.acknowledged_at IS 'When somebody said that they are at it.';
COMMENT ON COLUMN advocacy.sla_clock.acknowledged_by IS 'Who did.';
COMMENT ON COLUMN advocacy.sla_clock.ended_at IS 'When it ended.';
COMMENT ON COLUMN advocacy.sla_clock.final_at IS 'Until when a start continues this cycle.';
COMMENT ON COLUMN advocacy.sla_clock.fire_at IS 'When somebody must look at it next; NULL: never.';

COMMENT ON TABLE advocacy.clock_event IS 'What happened to a clock; rows are only added.';
COMMENT ON COLUMN advocacy.clock_event.event_id IS 'Key.';
COMMENT ON COLUMN advocacy.clock_event.clock_id IS 'The clock.';
COMMENT ON COLUMN advocacy.clock_event.event IS 'activate, hand, pause, resume, warn, breach, escalate, acknowledge, retarget, correct, verify, fulfil, cancel, supersede or reopen.';
COMMENT ON COLUMN advocacy.clock_event.occurred_at IS 'When it happened.';
COMMENT ON COLUMN advocacy.clock_event.recorded_at IS 'When it was stored.';
COMMENT ON COLUMN advocacy.clock_event.percent IS 'Of a threshold: which.';
COMMENT ON COLUMN advocacy.clock_event.target_version IS 'Version of the target.';
COMMENT ON COLUMN advocacy.clock_event.details IS 'What the event brings: a target, a team, a level.';
COMMENT ON COLUMN advocacy.clock_event.reason IS 'Why.';

COMMENT ON TABLE advocacy.agreement IS 'What two teams owe each other; a changed agreement is a new version, which both sign.';
COMMENT ON COLUMN advocacy.agreement.agreement_id IS 'Key.';
COMMENT ON COLUMN advocacy.agreement.name IS 'Name.';
COMMENT ON COLUMN advocacy.agreement.version IS 'Version.';
COMMENT ON COLUMN advocacy.agreement.teams IS 'The two teams.';
COMMENT ON COLUMN advocacy.agreement.review_on IS 'When it is to be looked at again.';
COMMENT ON COLUMN advocacy.agreement.signed_by IS 'Who signed for each of them.';
COMMENT ON COLUMN advocacy.agreement.signed_at IS 'Since when both have.';
COMMENT ON COLUMN advocacy.agreement.created_at IS 'When the version was made.';

COMMENT ON TABLE advocacy.commitment IS 'One thing that a team owes another by an agreement.';
COMMENT ON COLUMN advocacy.commitment.commitment_id IS 'Key.';
COMMENT ON COLUMN advocacy.commitment.agreement_id IS 'The version of the agreement.';
COMMENT ON COLUMN advocacy.commitment.name IS 'Name.';
COMMENT ON COLUMN advocacy.commitment.owed_by IS 'Who owes it.';
COMMENT ON COLUMN advocacy.commitment.owed_to IS 'To whom.';
COMMENT ON COLUMN advocacy.commitment.kind IS 'timed (by clocks), counted (so many a quarter), cadence (every so many days), attested (yes or no each quarter).';
COMMENT ON COLUMN advocacy.commitment.metric IS 'Of a timed one: whose clocks.';
COMMENT ON COLUMN advocacy.commitment.at_least IS 'Of a counted one: how many a quarter.';
COMMENT ON COLUMN advocacy.commitment.every_days IS 'Of one with a cadence: how many days apart at most.';

COMMENT ON TABLE advocacy.commitment_observation IS 'What was seen of commitments; rows are only added.';
COMMENT ON COLUMN advocacy.commitment_observation.observation_id IS 'Key.';
COMMENT ON COLUMN advocacy.commitment_observation.agreement IS 'Name of the agreement.';
COMMENT ON COLUMN advocacy.commitment_observation.commitment IS 'Name of the commitment.';
COMMENT ON COLUMN advocacy.commitment_observation.happened_at IS 'When it happened.';
COMMENT ON COLUMN advocacy.commitment_observation.kept IS 'Whether it was kept; what is counted always was.';
COMMENT ON COLUMN advocacy.commitment_observation.actor IS 'Who says so.';
COMMENT ON COLUMN advocacy.commitment_observation.note IS 'What it was.';
COMMENT ON COLUMN advocacy.commitment_observation.recorded_at IS 'When it was stored.';

COMMENT ON TABLE advocacy.digest_turn IS 'When the weekly digests of those in a time zone are due; none where the policy says never.';
COMMENT ON COLUMN advocacy.digest_turn.zone IS 'The time zone.';
COMMENT ON COLUMN advocacy.digest_turn.since IS 'Until when the week was told last.';
COMMENT ON COLUMN advocacy.digest_turn.due_at IS 'When it is told next.';
COMMENT ON COLUMN advocacy.digest_turn.setting IS 'The policy''s day and hour, as they were taken.';
COMMENT ON TABLE advocacy.deadline_look IS 'When deadlines were last looked at.';
COMMENT ON COLUMN advocacy.deadline_look.single IS 'There is one row.';
COMMENT ON COLUMN advocacy.deadline_look.looked_at IS 'When.';
COMMENT ON COLUMN advocacy.deadline_look.zones_at IS 'When time zones were last compared.';

COMMENT ON TABLE advocacy.message_kind IS 'What the wording says of each kind of message; from the configuration.';
COMMENT ON COLUMN advocacy.message_kind.kind IS 'Kind of message.';
COMMENT ON COLUMN advocacy.message_kind.audience IS 'Whom it is for: rep, csm, program or ops.';
COMMENT ON COLUMN advocacy.message_kind.severity IS 'info, good, warning or danger.';
COMMENT ON COLUMN advocacy.message_kind.follows IS 'The kinds of problem that it ends: nothing is told where nobody was told of one of them.';
COMMENT ON COLUMN advocacy.message_kind.mutes IS 'The kinds that it makes superfluous for the same subject.';

COMMENT ON TABLE advocacy.silence IS 'What people don''t want to be told for a while; made by notification_silence.';
COMMENT ON COLUMN advocacy.silence.silence_id IS 'Key.';
COMMENT ON COLUMN advocacy.silence.kind IS 'Only this kind of message; NULL: all.';
COMMENT ON COLUMN advocacy.silence.owner IS 'Only messages for this person (e-mail address); NULL: everybody.';
COMMENT ON COLUMN advocacy.silence.account_id IS 'Only messages about this account; NULL: all.';
COMMENT ON COLUMN advocacy.silence.channel IS 'Only messages to this channel; NULL: all.';
COMMENT ON COLUMN advocacy.silence.until IS 'When it ends by itself.';
COMMENT ON COLUMN advocacy.silence.reason IS 'Why.';
COMMENT ON COLUMN advocacy.silence.made_at IS 'Since when.';
COMMENT ON COLUMN advocacy.silence.made_by IS 'Who made it.';
COMMENT ON COLUMN advocacy.silence.ended_at IS 'When a person ended it before its time.';
COMMENT ON COLUMN advocacy.silence.ended_by IS 'Who that was.';

COMMENT ON TABLE advocacy.route IS 'Which kinds of messages go to which channel; from the configuration.';
COMMENT ON COLUMN advocacy.route.route IS 'Name.';
COMMENT ON COLUMN advocacy.route.kinds IS 'Kinds of messages; * for those that no other route names.';
COMMENT ON COLUMN advocacy.route.channel IS 'Channel.';
COMMENT ON COLUMN advocacy.route.severities IS 'Only messages of these severities; NULL: all.';
COMMENT ON COLUMN advocacy.route.regions IS 'Only messages about accounts of these regions; NULL: all.';
COMMENT ON COLUMN advocacy.route.segments IS 'Only messages about accounts of these segments; NULL: all.';
COMMENT ON COLUMN advocacy.route.owners IS 'Only messages for these people (e-mail addresses); NULL: all.';
COMMENT ON COLUMN advocacy.route.recipient IS 'channel; or owner: to the person it is for, else the person''s manager, else the channel.';

COMMENT ON TABLE advocacy.channel_status IS 'Whether a channel takes messages.';
COMMENT ON COLUMN advocacy.channel_status.channel IS 'Channel.';
COMMENT ON COLUMN advocacy.channel_status.state IS 'open; waiting (to be left alone) or broken (it doesn''t work), both until closed_until.';
COMMENT ON COLUMN advocacy.channel_status.closed_until IS 'When to try again.';
COMMENT ON COLUMN advocacy.channel_status.detail IS 'What stands behind it.';
COMMENT ON COLUMN advocacy.channel_status.updated_at IS 'When it last changed.';

COMMENT ON TABLE advocacy.crm_target IS 'Where flags of availability are written: what the mapping of a source says.';
COMMENT ON COLUMN advocacy.crm_target.source IS 'The source.';
COMMENT ON COLUMN advocacy.crm_target.entity IS 'contact or account: which of its records carry a flag.';
COMMENT ON COLUMN advocacy.crm_target.fields IS 'The object and its fields that are written.';
COMMENT ON COLUMN advocacy.crm_target.words IS 'The word that is written for each state.';
COMMENT ON COLUMN advocacy.crm_target.started_at IS 'Since when it is written to; NULL: a person must say so (writeback_start).';
COMMENT ON COLUMN advocacy.crm_target.started_by IS 'Who said so.';
COMMENT ON COLUMN advocacy.crm_target.calls_day IS 'Day of calls_today, UTC.';
COMMENT ON COLUMN advocacy.crm_target.calls_today IS 'Calls made to the vendor for flags on that day.';

COMMENT ON TABLE advocacy.crm_flag IS 'What a record of a CRM shows, or is to show, of whether somebody may be asked.';
COMMENT ON COLUMN advocacy.crm_flag.source IS 'The source.';
COMMENT ON COLUMN advocacy.crm_flag.entity IS 'contact or account.';
COMMENT ON COLUMN advocacy.crm_flag.remote_id IS 'The record.';
COMMENT ON COLUMN advocacy.crm_flag.advocate_id IS 'Whose availability it shows; NULL for an account, which shows the best of its advocates.';
COMMENT ON COLUMN advocacy.crm_flag.account_id IS 'The account.';
COMMENT ON COLUMN advocacy.crm_flag.state IS 'The state that it is to show, as in advocate_availability; NULL: none any more.';
COMMENT ON COLUMN advocacy.crm_flag.wanted IS 'The word for that state; NULL: the field is to be cleared.';
COMMENT ON COLUMN advocacy.crm_flag.wanted_since IS 'Since when that is so.';
COMMENT ON COLUMN advocacy.crm_flag.sending IS 'The word that is under way.';
COMMENT ON COLUMN advocacy.crm_flag.sending_since IS 'The since that goes with it.';
COMMENT ON COLUMN advocacy.crm_flag.sent IS 'The word that was last written.';
COMMENT ON COLUMN advocacy.crm_flag.sent_since IS 'The since that went with it.';
COMMENT ON COLUMN advocacy.crm_flag.sent_at IS 'When it was written; NULL: never.';
COMMENT ON COLUMN advocacy.crm_flag.doubtful IS 'Whether something else may stand in the CRM than what was last written.';
COMMENT ON COLUMN advocacy.crm_flag.delivery IS 'pending, sending, current, or refused by the vendor.';
COMMENT ON COLUMN advocacy.crm_flag.attempts IS 'How often it was tried in vain since the last change.';
COMMENT ON COLUMN advocacy.crm_flag.not_before IS 'When it may be tried next.';
COMMENT ON COLUMN advocacy.crm_flag.claimed_by IS 'Who is sending it.';
COMMENT ON COLUMN advocacy.crm_flag.claimed_until IS 'Until when others leave it to them.';
COMMENT ON COLUMN advocacy.crm_flag.last_code IS 'The vendor''s word for the last failure.';
COMMENT ON COLUMN advocacy.crm_flag.last_error IS 'The last failure, in a sentence.';
COMMENT ON COLUMN advocacy.crm_flag.echo_from IS 'A change of the record from here on, by the vendor''s clock, is our own.';
COMMENT ON COLUMN advocacy.crm_flag.echo_until IS 'And until here.';
COMMENT ON COLUMN advocacy.crm_flag.checked_at IS 'When what stands in the CRM was last known for certain.';

COMMENT ON TABLE advocacy.outbox IS 'What has to be told or written back; a row is inserted by the transaction that makes it true.';
COMMENT ON COLUMN advocacy.outbox.outbox_id IS 'Key.';
COMMENT ON COLUMN advocacy.outbox.kind IS 'Kind of message.';
COMMENT ON COLUMN advocacy.outbox.dedup_key IS 'The fact; it is told once per channel.';
COMMENT ON COLUMN advocacy.outbox.channel IS 'Where it goes; NULL: no route names its kind.';
COMMENT ON COLUMN advocacy.outbox.facts IS 'What the message is made of.';
COMMENT ON COLUMN advocacy.outbox.priority IS 'Lower goes first.';
COMMENT ON COLUMN advocacy.outbox.created_at IS 'When it became true.';
COMMENT ON COLUMN advocacy.outbox.state IS 'pending, sending, sent, refused, nowhere; muted (not told, last_error says why), folded (told as part of folded_into, be it a digest).';
COMMENT ON COLUMN advocacy.outbox.not_before IS 'Not to be tried before.';
COMMENT ON COLUMN advocacy.outbox.attempts IS 'How often it was tried.';
COMMENT ON COLUMN advocacy.outbox.claimed_by IS 'Who is sending it.';
COMMENT ON COLUMN advocacy.outbox.claimed_until IS 'When that claim lapses.';
COMMENT ON COLUMN advocacy.outbox.possibly_repeated IS 'Whether an earlier try may have got through.';
COMMENT ON COLUMN advocacy.outbox.last_error IS 'What went wrong last.';
COMMENT ON COLUMN advocacy.outbox.ended_at IS 'When it was sent, refused for good, muted or folded.';
COMMENT ON COLUMN advocacy.outbox.audience IS 'Whom it is for, as its kind says; NULL: a kind without wording.';
COMMENT ON COLUMN advocacy.outbox.owner IS 'The person it is for, by e-mail address.';
COMMENT ON COLUMN advocacy.outbox.subject IS 'What it is about: a risk, a request''s promise, a source. Problem and recovery share it.';
COMMENT ON COLUMN advocacy.outbox.recipients IS 'People to try, in this order, before the channel itself.';
COMMENT ON COLUMN advocacy.outbox.untold IS 'It was muted, or is beyond what folded_into shows, and the owner''s next digest tells it.';
COMMENT ON COLUMN advocacy.outbox.edits IS 'The notification that this one changes; NULL: it is a message of its own.';
COMMENT ON COLUMN advocacy.outbox.tried_at IS 'When the first try began whose answer may be lost.';
COMMENT ON COLUMN advocacy.outbox.folded_into IS 'The message that tells this one with others.';

COMMENT ON TABLE advocacy.notification IS 'What was sent where and when; rows are only added.';
COMMENT ON COLUMN advocacy.notification.notification_id IS 'Key.';
COMMENT ON COLUMN advocacy.notification.outbox_id IS 'The outbox row.';
COMMENT ON COLUMN advocacy.notification.recipient IS 'The person it was sent to, by e-mail address; NULL: the channel.';
COMMENT ON COLUMN advocacy.notification.place IS 'Where it stands, as the destination names it.';
COMMENT ON COLUMN advocacy.notification.message_id IS 'What it can be answered and edited by there; NULL: it can''t be.';
COMMENT ON COLUMN advocacy.notification.subject IS 'What it is about, as in outbox.';

COMMENT ON TABLE advocacy.person_place IS 'Where to write to a person, as the destination said; asked anew after a day.';
COMMENT ON COLUMN advocacy.person_place.channel IS 'Channel.';
COMMENT ON COLUMN advocacy.person_place.email IS 'The person, by e-mail address in small letters.';
COMMENT ON COLUMN advocacy.person_place.user_id IS 'The person, as the destination names people.';
COMMENT ON COLUMN advocacy.person_place.place IS 'Where to write.';
COMMENT ON COLUMN advocacy.person_place.found_at IS 'When it said so.';
COMMENT ON COLUMN advocacy.notification.kind IS 'Kind of message.';
COMMENT ON COLUMN advocacy.notification.channel IS 'Where it went.';
COMMENT ON COLUMN advocacy.notification.text IS 'The words.';
COMMENT ON COLUMN advocacy.notification.possibly_repeated IS 'Whether people may have read it before.';
COMMENT ON COLUMN advocacy.notification.sent_at IS 'When the other side took it.';

COMMENT ON TABLE advocacy.audit_log IS 'What people did through functions; rows are only added.';
COMMENT ON COLUMN advocacy.audit_log.audit_id IS 'Key.';
COMMENT ON COLUMN advocacy.audit_log.at IS 'When.';
COMMENT ON COLUMN advocacy.audit_log.actor IS 'Who.';
COMMENT ON COLUMN advocacy.audit_log.action IS 'What, the function.';
COMMENT ON COLUMN advocacy.audit_log.subject IS 'To whom or what.';
COMMENT ON COLUMN advocacy.audit_log.reason IS 'Why.';
COMMENT ON COLUMN advocacy.audit_log.details IS 'What else matters.';

-- Made by the program before the first migration; a database set up by hand may do without.
DO $$
BEGIN
	IF pg_catalog.to_regclass('advocacy.schema_version') IS NOT NULL THEN
		COMMENT ON TABLE advocacy.schema_version IS 'The migrations that this database has had.';
		COMMENT ON COLUMN advocacy.schema_version.version IS 'Number of the migration.';
		COMMENT ON COLUMN advocacy.schema_version.name IS 'Its file.';
		COMMENT ON COLUMN advocacy.schema_version.breaking IS 'Whether older programs can''t live with it.';
		COMMENT ON COLUMN advocacy.schema_version.program IS 'Version of the program that applied it.';
		COMMENT ON COLUMN advocacy.schema_version.applied_at IS 'When it was applied.';
	END IF;
END $$;

-- Columns of views that their own file leaves to this one.
DO $$
DECLARE
	one pg_catalog.record;
BEGIN
	FOR one IN
		SELECT v.view, v.name, v.meaning FROM (VALUES
			('sla_report', 'clock_id', 'The clock.'),
			('sla_report', 'request_id', 'The request.'),
			('sla_report', 'metric', 'What is measured.'),
			('sla_report', 'activity_type', 'What is asked of the advocate.'),
			('sla_report', 'priority', 'Priority of the request.'),
			('sla_report', 'request_state', 'Where the request stands.'),
			('sla_report', 'waiting_on', 'Whom the request waits for.'),
			('sla_report', 'opportunity_id', 'The deal.'),
			('sla_report', 'account_id', 'The customer of the deal.'),
			('sla_report', 'policy', 'Name of the promise.'),
			('sla_report', 'policy_version', 'Its version.'),
			('sla_report', 'owed_by', 'Who owes it.'),
			('sla_report', 'owed_to', 'To whom.'),
			('sla_report', 'started_at', 'When the clock started.'),
			('sla_report', 'target_s', 'Business seconds allowed.'),
			('sla_report', 'warned_at', 'When it passed the warning.'),
			('sla_report', 'ended_at', 'When it ended.')
		) AS v (view, name, meaning)
		JOIN pg_catalog.pg_attribute AS a
		  ON a.attrelid = pg_catalog.to_regclass('advocacy.' || v.view) AND a.attname = v.name
		WHERE pg_catalog.col_description(a.attrelid, a.attnum) IS NULL
	LOOP
		EXECUTE pg_catalog.format('COMMENT ON COLUMN advocacy.%I.%I IS %L', one.view, one.name, one.meaning);
	END LOOP;
END $$;

COMMENT ON TABLE advocacy.retention IS 'How far the removal of old history has come, one row per table that it looks at.';
COMMENT ON COLUMN advocacy.retention.relation IS 'The table.';
COMMENT ON COLUMN advocacy.retention.history IS 'The history that it belongs to, as the policy''s [retention] names it.';
COMMENT ON COLUMN advocacy.retention.keep IS 'How long a row is kept after its end; NULL: for ever.';
COMMENT ON COLUMN advocacy.retention.reached IS 'The key up to which the pass under way has come; 0: none is.';
COMMENT ON COLUMN advocacy.retention.began_at IS 'When the pass under way, or the last one, began.';
COMMENT ON COLUMN advocacy.retention.ended_at IS 'When the last pass ended; NULL: none has.';
COMMENT ON COLUMN advocacy.retention.pass_removed IS 'Rows removed by the pass under way, or the last one.';
COMMENT ON COLUMN advocacy.retention.removed IS 'Rows removed ever.';
COMMENT ON COLUMN advocacy.retention.next_at IS 'When the next step, or the next pass, is due.';
