-- The keyed table that COPY, the upsert and the peer load: what the daemon keeps of one account record, without the
-- link to a customer (advocacy.account_source and the record's signals as they come), with its primary key and no
-- further index, foreign key or check.
CREATE SCHEMA bench;
CREATE TABLE bench.account (
	source text NOT NULL, remote_id text NOT NULL, salesforce_id text, name text, domain text, industry text,
	region text, segment text, arr numeric, renewal_on date, owner_remote_id text, owner_email text,
	csm_remote_id text, csm_email text, signals jsonb, modified_at timestamptz, deleted boolean NOT NULL,
	PRIMARY KEY (source, remote_id)
);
CREATE TABLE bench.cursor (stream text PRIMARY KEY, at timestamptz NOT NULL);

-- One number for what was loaded, whatever the order of rows: in the keyed table and in the daemon's tables.
-- Fresh are the rows that the run has touched: what the sandbox made up is older.
CREATE VIEW bench.loaded AS
	SELECT count(*) AS rows, count(*) FILTER (WHERE modified_at > now() - interval '30 minutes') AS fresh,
	       sum(hashtextextended(concat_ws('|', remote_id, salesforce_id, name, domain, industry, region, segment,
	           trim_scale(arr), renewal_on, owner_remote_id, owner_email, csm_remote_id,
	           trim_scale((signals ->> 'health_score')::numeric), deleted), 0)) AS checksum
	  FROM bench.account;
CREATE VIEW bench.synced AS
	SELECT count(*) AS rows, count(*) FILTER (WHERE s.modified_at > now() - interval '30 minutes') AS fresh,
	       sum(hashtextextended(concat_ws('|', s.remote_id, s.salesforce_id, s.name, s.domain, s.industry, s.region,
	           s.segment, trim_scale(s.arr), s.renewal_on, s.owner_remote_id, s.owner_email, s.csm_remote_id,
	           trim_scale(g.value), s.deleted), 0)) AS checksum
	  FROM advocacy.account_source AS s
	  JOIN advocacy.account AS a ON a.account_id = s.account_id AND a.name IS NOT DISTINCT FROM s.name
	  LEFT JOIN advocacy.signal AS g
	    ON g.account_id = s.account_id AND g.source = s.source AND g.name = 'health_score';
