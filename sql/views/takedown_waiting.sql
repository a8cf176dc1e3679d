-- takedown_waiting: what is still to be seen though the consent behind it is gone. No contact details.
CREATE OR REPLACE VIEW advocacy.takedown_waiting AS
SELECT s.asset_id,
       s.title,
       s.place,
       s.activity_type,
       s.advocate_id,
       a.name AS customer,
       s.published_at,
       s.withdrawn_at,
       k.clock_id,
       k.due_at,
       k.breached_at
FROM advocacy.asset AS s
JOIN advocacy.advocate AS v ON v.advocate_id = s.advocate_id
LEFT JOIN advocacy.account AS a ON a.account_id = v.account_id
LEFT JOIN advocacy.sla_clock AS k ON (k.subject_kind, k.subject_id) = ('asset', s.asset_id) AND k.ended_at IS NULL
WHERE s.state = 'withdrawn';

COMMENT ON VIEW advocacy.takedown_waiting IS 'What is still to be seen though the consent behind it is gone, and until when it is to come down.';
COMMENT ON COLUMN advocacy.takedown_waiting.asset_id IS 'Key, as asset_down takes it.';
COMMENT ON COLUMN advocacy.takedown_waiting.title IS 'What it is called.';
COMMENT ON COLUMN advocacy.takedown_waiting.place IS 'Where it is to be found.';
COMMENT ON COLUMN advocacy.takedown_waiting.activity_type IS 'What the advocate did for it.';
COMMENT ON COLUMN advocacy.takedown_waiting.advocate_id IS 'Whose it is.';
COMMENT ON COLUMN advocacy.takedown_waiting.customer IS 'Their account.';
COMMENT ON COLUMN advocacy.takedown_waiting.published_at IS 'Since when it is public.';
COMMENT ON COLUMN advocacy.takedown_waiting.withdrawn_at IS 'Since when it is to come down.';
COMMENT ON COLUMN advocacy.takedown_waiting.clock_id IS 'Its clock, as sla_acknowledge takes it; NULL: no promise.';
COMMENT ON COLUMN advocacy.takedown_waiting.due_at IS 'Until when, in business time; NULL: no promise, or it is broken.';
COMMENT ON COLUMN advocacy.takedown_waiting.breached_at IS 'When it was due; NULL: it isn''t late.';
