-- approval_waiting: who waits for whose approval. Without the people's addresses it is for every reader.
CREATE OR REPLACE VIEW advocacy.approval_waiting AS
SELECT p.approval_id,
       'REQ-' || p.request_id AS request,
       p.request_id,
       r.requested_by,
       p.approver,
       p.people AS approver_emails,
       p.exposure,
       r.activity_type,
       a.name AS customer,
       a.industry,
       d.name AS deal_account,
       r.state AS request_state,
       r.needed_by,
       p.rule,
       p.asked_at,
       k.clock_id,
       k.due_at,
       k.breached_at,
       k.acknowledged_by
FROM advocacy.approval AS p
JOIN advocacy.request AS r ON r.request_id = p.request_id
JOIN advocacy.advocate AS v ON v.advocate_id = p.advocate_id
LEFT JOIN advocacy.account AS a ON a.account_id = v.account_id
LEFT JOIN advocacy.opportunity AS o ON o.opportunity_id = r.opportunity_id
LEFT JOIN advocacy.account AS d ON d.account_id = o.account_id
LEFT JOIN advocacy.sla_clock AS k ON (k.subject_kind, k.subject_id) = ('approval', p.approval_id) AND k.ended_at IS NULL
WHERE p.state = 'asked';

COMMENT ON VIEW advocacy.approval_waiting IS 'Who waits for whose approval: the request, the customer who would be shown, the team, and until when.';
COMMENT ON COLUMN advocacy.approval_waiting.approval_id IS 'Key, as approval_decide takes it.';
COMMENT ON COLUMN advocacy.approval_waiting.request IS 'The request as messages name it.';
COMMENT ON COLUMN advocacy.approval_waiting.request_id IS 'Its key.';
COMMENT ON COLUMN advocacy.approval_waiting.requested_by IS 'The rep who waits.';
COMMENT ON COLUMN advocacy.approval_waiting.approver IS 'The team that is waited for.';
COMMENT ON COLUMN advocacy.approval_waiting.approver_emails IS 'Who may decide for it; empty: whoever may call approval_decide.';
COMMENT ON COLUMN advocacy.approval_waiting.exposure IS 'How widely the customer would be shown.';
COMMENT ON COLUMN advocacy.approval_waiting.activity_type IS 'What is asked of the advocate.';
COMMENT ON COLUMN advocacy.approval_waiting.customer IS 'The advocate''s account, which would be shown.';
COMMENT ON COLUMN advocacy.approval_waiting.industry IS 'Its industry.';
COMMENT ON COLUMN advocacy.approval_waiting.deal_account IS 'The account that the reference is for.';
COMMENT ON COLUMN advocacy.approval_waiting.request_state IS 'Where the request stands.';
COMMENT ON COLUMN advocacy.approval_waiting.needed_by IS 'When the reference is needed.';
COMMENT ON COLUMN advocacy.approval_waiting.rule IS 'The policy''s section that asks for it.';
COMMENT ON COLUMN advocacy.approval_waiting.asked_at IS 'Since when.';
COMMENT ON COLUMN advocacy.approval_waiting.clock_id IS 'Its clock, as sla_acknowledge takes it; NULL: no promise.';
COMMENT ON COLUMN advocacy.approval_waiting.due_at IS 'Until when, in business time; NULL: no promise, or it is broken.';
COMMENT ON COLUMN advocacy.approval_waiting.breached_at IS 'When it was due; NULL: it isn''t late.';
COMMENT ON COLUMN advocacy.approval_waiting.acknowledged_by IS 'Who said that they are at it.';
