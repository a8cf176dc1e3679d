#!/bin/bash
# What three vendors hold is what the database holds: complete, exact, and written only when it changed.
set -uo pipefail
. "$TOP/tests/lib.sh"

tables=(account account_source staff contact support_case opportunity signal signal_history risk advocate suspension
	rejected_record sync_run outbox notification)

scratch
DATABASE=test_sync
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 200 --set slack.per_minute=0 || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"

# Text that breaks quoting, COPY, JSON or Slack somewhere in most programs. As JSON, the way the vendor sends it.
awkward=(
	'O\"Brien \\ Sons \\N \\. '\''x'\''; DROP TABLE account;--'
	'tab\there\nnew line\r\nand \u0001 and a backslash at the end \\'
	'\ud83e\udd16 robots \ud83d\udc69\u200d\ud83d\ude80 & <!channel> *bold* <http://x|y>'
	'\u682a\u5f0f\u4f1a\u793e\u65e5\u672c \u674e\u660e \u05e9\u05dc\u05d5\u05dd caf\u00e9 cafe\u0301'
)
number=10
for text in "${awkward[@]}"; do
	world "account $number rename \"$text\"" >/dev/null || exit 1
	number=$((number + 1))
done
# People are told of it, too.
world $'account 12 health 31\naccount 12 contact 0 advocate true\naccounts 40..70 health 41' >/dev/null || exit 1

# Every change is a second old before a run begins.
once() { second_passes && daemon_once "$SCRATCH"; }

holds 'the first load ends well' once || { show_logs; exit 1; }

summary=$(sandbox_get summary)
for vendor in salesforce hubspot gainsight; do
	for pair in account_source:accounts contact:contacts support_case:cases opportunity:opportunities staff:staff; do
		table=${pair%%:*}
		wanted=$(jq ".$vendor.${pair##*:}" <<<"$summary")
		# Gainsight's people aren't mapped.
		[ "$vendor $table" != 'gainsight contact' ] || wanted=0
		is "$wanted" "$(sql "SELECT count(*) FROM advocacy.$table WHERE source = '$vendor' AND NOT deleted")" \
			"$vendor: as many rows in $table as the vendor has"
	done
done

# Everything that the world knows of all accounts, compared in SQL.
curl -sS --noproxy '*' --fail -w '\n' "$CONTROL/world/account/[0-199]" >"$SCRATCH/world.json"
psql -XAtq -v ON_ERROR_STOP=1 -d "$DATABASE" <<SQL
CREATE TABLE public.world (truth jsonb);
\copy public.world FROM '$SCRATCH/world.json' (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')
SQL
is 200 "$(sql 'SELECT count(*) FROM world')" 'the world tells of 200 accounts'
is '' "$(sql "SELECT v.key, truth ->> 'account', truth -> 'names' ->> v.key, s.name
	FROM world CROSS JOIN jsonb_each_text(truth -> 'ids') AS v
	LEFT JOIN advocacy.account_source AS s ON s.source = v.key AND s.remote_id = v.value
	WHERE v.value IS NOT NULL AND truth -> 'names' ->> v.key IS DISTINCT FROM s.name")" \
	'the name of every account is exact, in each vendor'
is '' "$(sql "SELECT v.key, truth ->> 'account', truth -> 'health' ->> v.key, g.value
	FROM world CROSS JOIN jsonb_each_text(truth -> 'ids') AS v
	JOIN advocacy.account_source AS s ON s.source = v.key AND s.remote_id = v.value
	LEFT JOIN advocacy.signal AS g ON g.account_id = s.account_id AND g.source = v.key AND g.name = 'health_score'
	WHERE (truth -> 'health' ->> v.key)::numeric IS DISTINCT FROM g.value")" \
	'the health score of every account is exact, in each vendor'
is '' "$(sql "SELECT v.key, c -> 'ids', c ->> 'first_name', d.first_name, d.last_name, d.email
	FROM world CROSS JOIN jsonb_array_elements(truth -> 'contacts') AS c CROSS JOIN jsonb_each_text(c -> 'ids') AS v
	LEFT JOIN advocacy.contact AS d ON d.source = v.key AND d.remote_id = v.value
	WHERE v.key <> 'gainsight' AND v.value IS NOT NULL
	  AND (c ->> 'first_name', c ->> 'last_name', c ->> 'email') IS DISTINCT FROM (d.first_name, d.last_name, d.email)")" \
	'the name and address of every contact are exact'
is '' "$(sql "SELECT v.key, o -> 'ids', o ->> 'name', d.name, d.amount
	FROM world CROSS JOIN jsonb_array_elements(truth -> 'opportunities') AS o CROSS JOIN jsonb_each_text(o -> 'ids') AS v
	LEFT JOIN advocacy.opportunity AS d ON d.source = v.key AND d.remote_id = v.value
	WHERE v.value IS NOT NULL
	  AND (o ->> 'name', nullif((o ->> 'amount')::numeric, 0)) IS DISTINCT FROM (d.name, d.amount)")" \
	'the name and amount of every opportunity are exact'
is '' "$(sql "SELECT v.key, c -> 'ids' FROM world CROSS JOIN jsonb_array_elements(truth -> 'contacts') AS c
	CROSS JOIN jsonb_each_text(c -> 'ids') AS v
	JOIN advocacy.contact AS d ON d.source = v.key AND d.remote_id = v.value
	LEFT JOIN advocacy.account_source AS s ON s.source = v.key AND s.remote_id = truth -> 'ids' ->> v.key
	WHERE d.account_id IS DISTINCT FROM s.account_id")" 'every contact belongs to its account'
number=10
for text in "${awkward[@]}"; do
	is "$(jq -r . <<<"\"$text\"")" "$(sql "SELECT a.name FROM advocacy.account AS a
		JOIN advocacy.account_source AS s USING (account_id)
		JOIN world ON s.source = 'salesforce' AND s.remote_id = truth -> 'ids' ->> 'salesforce'
		WHERE truth ->> 'account' = '$number'")" "awkward text $number arrives as it was typed"
	number=$((number + 1))
done
is t "$(sql "SELECT count(*) > 100 AND bool_and(s.account_id = g.account_id)
	FROM advocacy.account_source AS g JOIN advocacy.account_source AS s ON s.source = 'salesforce'
	  AND s.salesforce_id = advocacy.salesforce_id_18(g.salesforce_id) WHERE g.source = 'gainsight'")" \
	'a company of Gainsight that knows its Salesforce id is the same account'
is '' "$(sql "SELECT source, remote_id FROM advocacy.account_source GROUP BY account_id, source, remote_id
	HAVING (SELECT count(*) FROM advocacy.account_source AS o WHERE o.account_id = account_source.account_id
	        AND o.source = account_source.source) > 1")" 'no two records of one vendor became one account'
is '' "$(sql "SELECT a.advocate_id FROM advocacy.advocate AS a
	JOIN advocacy.health_score AS h USING (account_id)
	WHERE a.retired_at IS NULL AND coalesce(h.score < 60, false) <> EXISTS (
		SELECT FROM advocacy.suspension AS s WHERE s.advocate_id = a.advocate_id AND s.rule = 'health_low'
		   AND s.closed_at IS NULL)")" 'suspended are exactly the advocates of accounts with a score below 60'
is t "$(sql "SELECT count(*) > 5 FROM advocacy.suspension WHERE rule = 'health_low'")" '(there are some)'
before=$(written_rows "${tables[@]}")
holds 'the second run ends well' once || show_logs
is "$before" "$(written_rows "${tables[@]}")" 'a second run with nothing changed writes no row'

world 'account 12 case open escalated=true subject="<!channel> & <@U1>"' >/dev/null
holds 'a run with an escalation ends well' once || show_logs
is '1 0' "$(sandbox_get slack/messages | jq -r '[.[] | select(.text | test("robots")) | tojson] |
	"\(length) \(map(select(test("<!channel>|<@U1>"))) | length)"')" 'a name from a CRM calls nobody in Slack'

# --- a record that can't be understood ---
old=$(sql "SELECT name FROM advocacy.account_source WHERE source = 'salesforce' AND remote_id = (SELECT truth -> 'ids' ->> 'salesforce'
	FROM world WHERE truth ->> 'account' = '20')")
bad="SELECT count(*) FROM advocacy.rejected_record WHERE source = 'salesforce' AND stream = 'account' AND field = 'Name'
	AND remote_id = (SELECT truth -> 'ids' ->> 'salesforce' FROM world WHERE truth ->> 'account' = '20')"
world 'account 20 rename "bad\u0000name" vendor=salesforce' >/dev/null
world 'account 21 rename "The one behind it" vendor=salesforce' >/dev/null
holds 'a run with a bad record ends well' once || show_logs
is 1 "$(sql "$bad AND resolved_at IS NULL AND position('\"bad\\u0000name\"' IN raw) > 0 AND raw LIKE '{%}' AND reason <> ''")" \
	'a name with \u0000 is set aside with its raw JSON and the reason'
is "$old" "$(sql "SELECT name FROM advocacy.account_source WHERE source = 'salesforce'
	AND remote_id = (SELECT truth -> 'ids' ->> 'salesforce' FROM world WHERE truth ->> 'account' = '20')")" \
	'its old row stays as it was'
is 1 "$(sql "SELECT count(*) FROM advocacy.account_source WHERE source = 'salesforce' AND name = 'The one behind it'")" \
	'the record beside it arrives'
is 1 "$(sandbox_get slack/messages | jq '[.[] | select(.channel == "ops")] | length')" 'the ops channel is told once'
before=$(written_rows rejected_record outbox)
holds 'the bad record comes again' once
is "$before" "$(written_rows rejected_record outbox)" 'and is neither written nor told again'
world 'account 20 rename "Mended" vendor=salesforce' >/dev/null
holds 'a run with the record mended ends well' once || show_logs
is 1 "$(sql "$bad AND resolved_at IS NOT NULL")" 'the record that is good again is resolved'
is Mended "$(sql "SELECT name FROM advocacy.account_source WHERE source = 'salesforce'
	AND remote_id = (SELECT truth -> 'ids' ->> 'salesforce' FROM world WHERE truth ->> 'account' = '20')")" \
	'and its new name arrives'

# --- deleted, and back ---
world 'account 30 delete' >/dev/null
holds 'a run after a deletion ends well' once || show_logs
is 't' "$(sql "SELECT deleted FROM advocacy.account_source WHERE source = 'salesforce'
	AND remote_id = (SELECT truth -> 'ids' ->> 'salesforce' FROM world WHERE truth ->> 'account' = '30')")" \
	'an account deleted in Salesforce is marked as deleted'
world 'account 30 undelete' >/dev/null
holds 'a run after an undeletion ends well' once || show_logs
is 'f' "$(sql "SELECT deleted FROM advocacy.account_source WHERE source = 'salesforce'
	AND remote_id = (SELECT truth -> 'ids' ->> 'salesforce' FROM world WHERE truth ->> 'account' = '30')")" \
	'and lives again when it is brought back'

# --- who is only ever run once and again has the full reads, too ---
sql "UPDATE advocacy.sync_stream SET full_read_at = now() - interval '2 days' WHERE stream IN ('account', 'contact')" >/dev/null
before=$(sql "SELECT count(*) FROM advocacy.sync_stream WHERE full_read_at > now() - interval '1 day'")
holds 'a run with full reads due ends well' once || show_logs
is '0 true' "$(sql "SELECT count(*) FILTER (WHERE full_read_at < now() - interval '1 day') || ' ' ||
	(count(*) FILTER (WHERE full_read_at > now() - interval '1 day') > $before) FROM advocacy.sync_stream")" \
	'what was due is read in full, in the same run'
holds 'a run after that ends well' once || show_logs
is 0 "$(sql 'SELECT count(*) FROM advocacy.sync_stream WHERE full_cursor IS NOT NULL')" 'and none is left half done'
sandbox_down
database_drop "$DATABASE"

# --- thousands of records with one stamp: a cursor that goes by time alone would lose some ---
DATABASE=test_sync_ties
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 2000 --set slack.per_minute=0 --set salesforce.page_size=200 --set gainsight.clamp=200 \
	--set hubspot.search_per_second=0 --set hubspot.calls_per_ten_seconds=0 --set hubspot.associations_per_ten_seconds=0 || exit 1
for case in salesforce:contact:contacts hubspot:contact:contacts gainsight:account:accounts; do
	IFS=: read -r vendor object counted <<<"$case"
	configuration_sandbox "$SCRATCH" "$DATABASE"
	CHECKPOINT=1500 configuration_only "$SCRATCH" "$vendor" "$object"
	table=$object
	[ "$object" = contact ] || table=account_source
	[ "$vendor" = gainsight ] || world "touch all stamp=same vendor=$vendor object=$object" >/dev/null
	wanted=$(sandbox_get summary | jq ".$vendor.$counted")
	holds "$vendor: the first load ends well" once || show_logs
	is "$wanted" "$(sql "SELECT count(*) FROM advocacy.$table WHERE source = '$vendor'")" \
		"$vendor: all $wanted of $object are read"
	world "touch all stamp=same vendor=$vendor object=$object" >/dev/null
	holds "$vendor: the run after the touch ends well" once || show_logs
	is "$wanted 1" "$(sql "SELECT count(*) || ' ' || count(DISTINCT modified_at) FROM advocacy.$table WHERE source = '$vendor'
		AND modified_at = (SELECT max(modified_at) FROM advocacy.$table WHERE source = '$vendor')")" \
		"$vendor: all are read again when one stamp is on all of them"
	[ "$vendor" != hubspot ] || continue # its pages are slow, and the path is the same
	before=$(written_rows contact account_source signal)
	holds "$vendor: one more run ends well" once || show_logs
	is "$before" "$(written_rows contact account_source signal)" "$vendor: and once more, without a write"
done

# --- a full read that breaks off in the middle claims nothing, and goes on where it was ---
configuration_sandbox "$SCRATCH" "$DATABASE"
CHECKPOINT=500 configuration_only "$SCRATCH" salesforce account
stream="FROM advocacy.sync_stream WHERE source = 'salesforce' AND stream = 'account'"
pages() { sandbox_get calls | jq '[.salesforce.endpoints | to_entries[] | select(.key | startswith("queryMore")) | .value] | add'; }
holds 'a first load of accounts ends well' once || show_logs
sql "UPDATE advocacy.sync_stream SET full_read_at = now() - interval '2 days' WHERE source = 'salesforce'" >/dev/null
world 'fault salesforce 403-limit object=queryMore after=6 count=all' >/dev/null
if once; then not_ok 'a run whose full read is refused in the middle fails'; else ok 'a run whose full read is refused in the middle fails'; fi
is 't|t' "$(sql "SELECT full_cursor IS NOT NULL, full_read_at < now() - interval '1 day' $stream")" 'it is not through, and its place is kept'
is 0 "$(sql "SELECT count(*) FROM advocacy.account_source WHERE source = 'salesforce' AND (deleted OR missing_since IS NOT NULL)")" \
	'what was not reached is not missed'
world 'clear salesforce' >/dev/null
before=$(pages)
holds 'the next run ends well' once || show_logs
is 't|t' "$(sql "SELECT full_cursor IS NULL, full_read_at > now() - interval '1 hour' $stream")" 'and is through'
is 2 "$(($(pages) - before))" 'with the pages that were left, behind the one that it begins with'

# --- a budget that is used up in the middle of a run ends it there, and what has been read is kept ---
calls() { sql "SELECT calls $stream"; }
restamped() { sql "SELECT count(*) FROM advocacy.account_source WHERE source = 'salesforce' AND modified_at > now() - interval '10 minutes'"; }
sed -i '/^settle = /d; /^\[source salesforce\]/a api_budget = 5\nsettle = 0s' "$SCRATCH/advocated.conf"
sql "UPDATE advocacy.sync_stream SET calls_today = 0" >/dev/null
world 'touch all stamp=same vendor=salesforce object=account' >/dev/null
before=$(calls)
if once; then not_ok 'a run that has no calls left is not through'; else ok 'a run that has no calls left is not through'; fi
is t "$([ $(($(calls) - before)) -le 6 ] && echo t || echo $(($(calls) - before)))" 'it makes no more than it may, but for the one that shows that there are more'
is t "$([ "$(restamped)" -ge 500 ] && [ "$(restamped)" -lt "$(sandbox_get summary | jq .salesforce.accounts)" ] && echo t || restamped)" 'part of the records have come'
is throttled "$(sql "SELECT state FROM advocacy.source_status WHERE source = 'salesforce'")" 'the source is throttled'
sql "UPDATE advocacy.sync_stream SET calls_day = (now() AT TIME ZONE 'UTC')::date, calls_today = 5 WHERE stream = 'account'" >/dev/null
before=$(calls)
if once; then not_ok 'nor is one that begins without any'; else ok 'nor is one that begins without any'; fi
is t "$([ $(($(calls) - before)) -le 3 ] && echo t || echo $(($(calls) - before)))" 'which only asks what the vendor says now'
sed -i '/^api_budget = 5/d' "$SCRATCH/advocated.conf"
before=$(calls)
holds 'without a budget the next run ends well' once || show_logs
is "$(sandbox_get summary | jq .salesforce.accounts)" "$(restamped)" 'the others have come'
is t "$([ $(($(calls) - before)) -le 8 ] && echo t || echo $(($(calls) - before)))" 'without those that had'
done_testing
