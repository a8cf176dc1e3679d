-- sla_attainment: what two teams owe each other and how much of it was kept, by quarter, both ways.
CREATE OR REPLACE VIEW advocacy.sla_attainment AS
SELECT q.quarter, c.agreement, c.version, c.owed_by, c.owed_to, c.commitment, c.kind, c.done, c.due, c.attainment,
       round(avg(c.attainment) OVER pair, 4) AS pair_attainment,
       count(c.attainment) OVER pair AS pair_commitments
FROM (SELECT DISTINCT d::date AS quarter FROM advocacy.agreement AS a
      CROSS JOIN LATERAL generate_series(date_trunc('quarter', a.signed_at AT TIME ZONE 'UTC'), now() AT TIME ZONE 'UTC', interval '3 months') AS d
      WHERE a.signed_at IS NOT NULL) AS q
CROSS JOIN LATERAL advocacy.commitment_attainment(q.quarter) AS c
WINDOW pair AS (PARTITION BY q.quarter, c.owed_by, c.owed_to);

COMMENT ON VIEW advocacy.sla_attainment IS 'What two teams owe each other and how much of it was kept, by quarter, both ways by the same formula.';
COMMENT ON COLUMN advocacy.sla_attainment.quarter IS 'First day of the quarter.';
COMMENT ON COLUMN advocacy.sla_attainment.agreement IS 'Name of the agreement.';
COMMENT ON COLUMN advocacy.sla_attainment.version IS 'Its version that held.';
COMMENT ON COLUMN advocacy.sla_attainment.owed_by IS 'Who owes it.';
COMMENT ON COLUMN advocacy.sla_attainment.owed_to IS 'To whom.';
COMMENT ON COLUMN advocacy.sla_attainment.commitment IS 'Name of the commitment.';
COMMENT ON COLUMN advocacy.sla_attainment.kind IS 'timed, counted, cadence or attested.';
COMMENT ON COLUMN advocacy.sla_attainment.done IS 'How much was kept.';
COMMENT ON COLUMN advocacy.sla_attainment.due IS 'How much was due.';
COMMENT ON COLUMN advocacy.sla_attainment.attainment IS 'The share, 0 to 1; NULL when nothing was due.';
COMMENT ON COLUMN advocacy.sla_attainment.pair_attainment IS 'The mean over all that this team owes that one in the quarter.';
COMMENT ON COLUMN advocacy.sla_attainment.pair_commitments IS 'Over how many commitments.';
