// What a competent user would write instead of the daemon: reads accounts from Salesforce with jsforce, page by
// page, and keeps them in one keyed table. Each page goes by COPY to a stage and from there by an upsert into the
// table; rows and cursor commit together. The next page is asked for while this one is stored. Nothing is linked or
// judged.
//
// Environment: SALESFORCE, the org's address; PGHOST, PGUSER, PGDATABASE. Prints how many rows were read and
// written.
import jsforce from 'jsforce';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

const FIELDS = ['Id', 'SystemModstamp', 'IsDeleted', 'Name', 'Website', 'Industry', 'BillingCountry', 'Type',
	'AnnualRevenue', 'LastActivityDate', 'OwnerId', 'Owner.Email', 'LastModifiedById', 'Health_Score__c'];
const COLUMNS = ['source', 'remote_id', 'salesforce_id', 'name', 'domain', 'industry', 'region', 'segment', 'arr',
	'renewal_on', 'owner_remote_id', 'owner_email', 'csm_remote_id', 'csm_email', 'signals', 'modified_at', 'deleted'];

const SPECIAL = /[\\\n\r\t]/g;
const ESCAPES = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const field = (value) => {
	if (value === null || value === undefined)
		return '\\N';
	return typeof value === 'string' ? value.replace(SPECIAL, (c) => ESCAPES[c]) : String(value);
};

const domainOf = (website) => website && website.toLowerCase()
	.replace(/^[a-z][a-z0-9+.-]*:\/\//, '').replace(/[/?#].*$/, '').replace(/:\d*$/, '').replace(/^(www\.)+/, '');

const rowOf = (r) => [ 'salesforce', r.Id, r.Id, r.Name, domainOf(r.Website), r.Industry, r.BillingCountry, r.Type,
	r.AnnualRevenue, r.LastActivityDate, r.OwnerId, r.Owner?.Email, r.LastModifiedById, null,
	r.Health_Score__c === undefined ? null : `{"health_score":${r.Health_Score__c}}`, r.SystemModstamp, r.IsDeleted,
].map(field).join('\t') + '\n';

const UPSERT = `INSERT INTO bench.account AS t (${COLUMNS}) SELECT ${COLUMNS} FROM stage
	ON CONFLICT (source, remote_id) DO UPDATE SET ${COLUMNS.slice(2).map((c) => `${c} = excluded.${c}`)}
	WHERE (${COLUMNS.map((c) => `t.${c}`)}) IS DISTINCT FROM (${COLUMNS.map((c) => `excluded.${c}`)})`;

async function storePage(db, records) {
	await db.query('BEGIN');
	await new Promise((resolve, reject) => {
		const copy = db.query(copyFrom('COPY stage FROM STDIN'));
		copy.on('error', reject).on('finish', resolve);
		copy.end(records.map(rowOf).join(''));
	});
	const { rowCount } = await db.query({ name: 'upsert', text: UPSERT });
	const last = records[records.length - 1];
	await db.query({ name: 'cursor', text: `INSERT INTO bench.cursor (stream, at) VALUES ('account', $1)
		ON CONFLICT (stream) DO UPDATE SET at = excluded.at`, values: [last.SystemModstamp] });
	await db.query('COMMIT'); // empties the stage too
	return rowCount;
}

const db = new pg.Client();
await db.connect();
await db.query('CREATE TEMPORARY TABLE stage (LIKE bench.account) ON COMMIT DELETE ROWS');
const { rows: [cursor] } = await db.query(`SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at
	FROM bench.cursor WHERE stream = 'account'`);

const salesforce = new jsforce.Connection({ version: '66.0', instanceUrl: process.env.SALESFORCE, oauth2: {
	loginUrl: process.env.SALESFORCE, clientId: '3MVG9sandbox.client.id', clientSecret: '5A4DB0C5EC2E7' } });
await salesforce.authorize({ grant_type: 'client_credentials' });

let read = 0;
let written = 0;
let next = salesforce.query(`SELECT ${FIELDS} FROM Account ${cursor ? `WHERE SystemModstamp > ${cursor.at}` : ''}
	ORDER BY SystemModstamp, Id`, { autoFetch: false, scanAll: true });
while (next) {
	const page = await next;
	next = page.done ? null : salesforce.queryMore(page.nextRecordsUrl, { autoFetch: false });
	next?.catch(() => {}); // it is awaited once this page is stored
	if (page.records.length > 0)
		written += await storePage(db, page.records);
	read += page.records.length;
}
await db.end();
console.log(JSON.stringify({ read, written }));
