#!/bin/bash
# What a person types, and what they get: answers, exit codes, faults that say what would be right, and no secrets.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_command
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 60 || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"

# run_ WORD…: runs the program; its exit code, answer and complaint are in code, $SCRATCH/out and $SCRATCH/err.
run_() {
	"${DAEMON_WRAPPER[@]}" "$BUILD/advocated" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
	code=$?
	cat "$SCRATCH/out" "$SCRATCH/err" >>"$SCRATCH/everything"
}
advocated() { run_ -c "$SCRATCH/advocated.conf" "$@"; }
says() { holds "$1" grep -qE -- "$2" "$SCRATCH/out" "$SCRATCH/err" || sed 's/^/#   /' "$SCRATCH/out" "$SCRATCH/err"; }
silent() { is '' "$(cat "$SCRATCH/$1")" "$2"; }

# --- help, version, usage ---------------------------------------------------------------------------------------------
run_ --help
is 0 $code '--help exits with 0'
silent err '--help complains of nothing'
holds '--help fits a screen of 24 lines' [ "$(wc -l <"$SCRATCH/out")" -le 24 ]
holds '--help has no line wider than 80 columns' [ "$(wc -L <"$SCRATCH/out")" -le 80 ]
for word in run check migrate once status explain decisions resync sample erase --config --help --version; do
	says "--help knows $word" "(^|[ ,])$word\b"
done
# Each command has its own, which fits too, and names every option that it takes.
for word in run 'check --online' migrate 'once --dry-run' 'status --json' explain 'decisions undo' 'resync --yes' 'sample --print' erase; do
	run_ "${word%% *}" --help
	is "0 $(grep -c . "$SCRATCH/err")" "$code 0" "${word%% *} --help"
	holds "... says how it is used" grep -qE "^Usage: advocated \[-c FILE\] ${word%% *}( |\$)" "$SCRATCH/out"
	holds "... with ${word##* }" grep -qE -- "${word##* }( |\$)" "$SCRATCH/out"
	holds '... in a few lines' eval '[ "$(wc -l <"$SCRATCH/out")" -le 12 ] && [ "$(wc -L <"$SCRATCH/out")" -le 80 ]'
done
# The manual and the completion of bash know each command with its actions and options, too.
completed() {
	COMP_WORDS=(advocated "$@" '') COMP_CWORD=$(($# + 1))
	_advocated
	printf '%s\n' "${COMPREPLY[@]}" | sort -u
}
. "$TOP/systemd/advocated.completion"
synopsis=$(sed -n '/^# SYNOPSIS/,/^# DESCRIPTION/p' "$TOP/docs/advocated.8.scd")
run_ --help
commands=$(sed -nE 's/^  ([a-z]+) .*/\1/p' "$SCRATCH/out")
is '' "$(comm -3 <(sort <<<"$commands") <(completed | grep -v '^--'))" 'completion has the commands'
for word in $commands; do
	run_ "$word" --help
	takes=$(grep -oE '^  (--)?[a-z-]+' "$SCRATCH/out" | tr -d ' ' | sort -u)
	is '' "$(comm -23 <(echo "$takes") <(completed "$word"))" "completion has what follows $word"
	is '' "$(for one in "$word" $takes; do grep -q -- "\*$one\*" <<<"$synopsis" || echo "$one"; done)" "the manual's synopsis has $word with it"
done
is '' "$(comm -23 <(sed -n 's/^# event: //p' "$TOP/systemd/advocated.catalog" | sort) \
	<(grep -ohE '"[a-z_]+"' "$TOP"/daemon/*.c | tr -d '"' | sort -u))" "the journal's catalog explains no event that is never logged"
run_ frobnicate --help
is 64 $code 'the help of an unknown command is wrong usage'
run_ --version
is "0 advocated $(sed -n 's/^VERSION = //p' "$TOP/Makefile")" "$code $(cat "$SCRATCH/out")" '--version says the version'

# wrong_usage WHAT PATTERN WORD…
wrong_usage() {
	local what=$1 pattern=$2
	shift 2
	run_ "$@"
	is 64 $code "$what: exit 64"
	says "$what: says so" "$pattern"
	says "$what: points at what is right" "advocated --help"
	silent out "$what: no answer"
}
wrong_usage 'an unknown command' 'unknown command: frobnicate' frobnicate
wrong_usage 'an unknown option' 'unknown option.*--frobnicate' --frobnicate
wrong_usage '-c without a file' '-c' -c
wrong_usage 'explain without an advocate' 'a number or an e-mail address' explain
wrong_usage 'a word too many' 'too many words: one' check one
wrong_usage '--online elsewhere' '--online belongs to check' status --online
wrong_usage '--json elsewhere' '--json belongs to status' check --json

# --- wrong configuration ----------------------------------------------------------------------------------------------
mkdir "$SCRATCH/wrong"
cp -r "$SCRATCH"/{*.conf,mapping,*-*} "$SCRATCH/wrong/"
conf=$SCRATCH/wrong/advocated.conf
sed -i -e '/^\[source hubspot\]/,/^\[/s/^poll = .*/poll = soon/' -e '/^\[source gainsight\]/,/^\[/s/^checkpoint_rows.*/checkpoint_rows = many/' \
	-e 's/^audience = rep/audiense = rep/' "$conf"
printf '[nonsense]\n[source salesforce2]\nconnector = salesforce\nclient_secret = 5p111ed\n' >>"$conf"
sed -i 's/^enter = < 60/enter = sixty/' "$SCRATCH/wrong/policy.conf"
# fault_at FILE TEXT WHAT: the fault is told with the line on which TEXT stands.
fault_at() {
	local line
	line=$(grep -nF -- "$2" "$1" | head -n 1 | cut -d: -f1)
	says "a fault is told as file:line: $3" "^$1:$line: .*$3"
}
for command in check run once; do
	run_ -c "$conf" "$command"
	is 78 $code "wrong configuration: $command exits with 78"
	fault_at "$conf" 'poll = soon' 'poll.*soon'
	fault_at "$conf" 'checkpoint_rows = many' 'checkpoint_rows.*many'
	fault_at "$conf" 'audiense' 'audiense'
	fault_at "$conf" '[nonsense]' 'nonsense'
	fault_at "$conf" 'client_secret = ' 'client_secret'
	fault_at "$SCRATCH/wrong/policy.conf" 'enter = sixty' 'enter.*sixty'
	silent out "wrong configuration: $command answers nothing"
done
# Who only asks the database needs no right to the vendors' secrets, so no more than [database] is looked into.
for command in migrate status; do
	run_ -c "$conf" "$command"
	is 78 $code "an unknown section: $command exits with 78"
	fault_at "$conf" '[nonsense]' 'nonsense'
	sed 's/^\[nonsense\]//' "$conf" >"$SCRATCH/wrong/half.conf"
	run_ -c "$SCRATCH/wrong/half.conf" "$command"
	is 0 $code "faults elsewhere are none of $command's business"
done
is 0 "$(sql 'SELECT count(*) FROM advocacy.sync_stream')" 'wrong configuration: nothing was started'
is 0 "$(sandbox_get calls | jq '[.. | numbers] | add // 0')" 'wrong configuration: no vendor was asked'
is '' "$(grep -F 5p111ed "$SCRATCH/everything")" 'wrong configuration: a secret in the wrong place is not shown'
run_ -c "$SCRATCH/missing.conf" check
is 78 $code 'a missing file exits with 78'
says 'a missing file is named' "$SCRATCH/missing.conf.*No such file"

# --- secrets ----------------------------------------------------------------------------------------------------------
# bad_secret FILE KEY WHAT PATTERN
bad_secret() {
	advocated check
	is 78 $code "$3: exit 78"
	says "$3: names the key and the file" "^$SCRATCH/advocated.conf:[0-9]+: .*$2: .*$SCRATCH/$1 .*$4"
	is 1 "$(wc -l <"$SCRATCH/err")" "$3: is the only fault"
}
for pair in salesforce-secret:client_secret_file hubspot-token:token_file gainsight-key:access_key_file slack-csm:webhook_url_file; do
	file=${pair%%:*} key=${pair##*:}
	cp -p "$SCRATCH/$file" "$SCRATCH/kept"
	chmod 640 "$SCRATCH/$file"
	bad_secret "$file" "$key" "$file that others can read" 'chmod 600'
	: >"$SCRATCH/$file"
	chmod 600 "$SCRATCH/$file"
	bad_secret "$file" "$key" "$file that is empty" 'is empty'
	rm "$SCRATCH/$file"
	bad_secret "$file" "$key" "$file that is missing" 'No such file'
	mv "$SCRATCH/kept" "$SCRATCH/$file"
done

# --- check ------------------------------------------------------------------------------------------------------------
advocated check
is 0 $code 'check: exit 0'
says 'check: says that it is good' "$SCRATCH/advocated.conf: good \(3 sources, 3 channels; [1-9][0-9]* risks, [1-9][0-9]* promises, [1-9][0-9]* routes\)"
advocated check --online
is 0 $code 'check --online: exit 0'
says 'check --online: the database' '^database: good'
for stream in 'salesforce account' 'hubspot contact' 'gainsight account'; do
	says "check --online: $stream" "^$stream: good, [1-9][0-9]* records"
done

sed -i.kept "s|^conninfo = .*|conninfo = host=$PGHOST dbname=$DATABASE user=nobody_at_all|" "$SCRATCH/advocated.conf"
advocated status
is 69 $code 'status as somebody whom the database does not know: exit 69'
says 'status as somebody whom the database does not know: says where the name is from' 'role "nobody_at_all" does not exist \(without user= in conninfo'
mv "$SCRATCH/advocated.conf.kept" "$SCRATCH/advocated.conf"

world $'set hubspot.health_calculated yes\nfault hubspot 429 object=companies retry_after=1 count=1\nfault hubspot 429 object=search retry_after=1 count=1' >/dev/null
advocated check --online
is 0 $code 'check --online: calls that are too many this second are made in the next one'
says 'check --online: and their stream is good' '^hubspot account: good, [1-9]'
is 1 "$(grep -c '^hubspot account: .* is calculated' "$SCRATCH/out")" 'check --online: what is to be said of a field is said once'
world 'set hubspot.health_calculated no' >/dev/null

sed -i 's/^signal.health_score = .*/signal.health_score = Helth_Score__c/' "$SCRATCH/mapping/salesforce.conf"
advocated check
is 0 $code 'a field that Salesforce does not have: check alone cannot know'
advocated check --online
is 78 $code 'a field that Salesforce does not have: check --online exits with 78'
says 'a field that Salesforce does not have: it is named' "^salesforce account: .*Helth_Score__c.* \(signal.health_score, line [0-9]+"
says 'a field that Salesforce does not have: the other streams are asked all the same' '^gainsight account: good'
cp "$TOP/etc/mapping/salesforce.conf" "$SCRATCH/mapping/"

world 'fault gainsight refuse' >/dev/null
advocated check --online
is 69 $code 'a vendor that is down: exit 69'
says 'a vendor that is down: it is named' "^gainsight account: .*connect"
says 'a vendor that is down: the others are asked all the same' '^salesforce account: good'
world 'clear gainsight' >/dev/null

cp -p "$SCRATCH/hubspot-token" "$SCRATCH/kept"
secret "$SCRATCH/hubspot-token" pat-na1-wr0ng000-0000-4000-8000-000000000001
advocated check --online
is 78 $code 'a wrong token: exit 78'
says 'a wrong token: it is named' '^hubspot account: .*token is wrong or was revoked'
world 'fault gainsight refuse' >/dev/null
advocated check --online
is 78 $code 'a wrong token and a vendor that is down: the wrong token decides'
world 'clear gainsight' >/dev/null
mv "$SCRATCH/kept" "$SCRATCH/hubspot-token"

# --- sample -----------------------------------------------------------------------------------------------------------
advocated sample sla_breach
is 0 $code 'sample: exit 0'
says 'sample: how it reads' '^sla_breach \(for rep, danger\): SLA BREACH: REQ-4 '
advocated sample sla_breach --print
is 'acknowledge reference_call' "$(sed 1d "$SCRATCH/out" | jq -r '"\(.metric) \(.activity_type)"')" 'sample --print: the facts by their names'
advocated sample advocate_suspended sales --print
is 'true false' "$(jq -r '"\(.text | startswith("SUSPENDED: the advocates of Acme"))
	 \(tostring | test("Priya|health"))"' "$SCRATCH/out" | tr -d '\n\t')" 'sample --print: as the channel would get it'
is 0 "$(messages length)" 'sample --print sends nothing'
advocated sample advocate_suspended csm
is '0 1' "$code $(messages 'map(select(.channel == "csm" and (.payload | tostring | test("event SAMPLE")))) | length')" \
	'sample CHANNEL sends one, and says that it is a sample'
world 'fault slack channel_is_archived object=csm' >/dev/null
advocated sample advocate_suspended csm
is 69 $code 'sample to a dead channel exits with 69'
says 'sample to a dead channel says why' 'not delivered: the channel is archived'
advocated sample weather
is 1 $code 'sample: an unknown kind'
advocated sample all
is "$(grep -c '^\[message ' "$TOP/etc/messages.conf")" "$(wc -l <"$SCRATCH/out")" 'sample all shows every kind'

# --- migrate ----------------------------------------------------------------------------------------------------------
catalogue() {
	sql "SELECT md5(string_agg(p.oid::regprocedure::text || p.prosrc, ' ' ORDER BY p.oid::regprocedure::text)) FROM pg_proc AS p
		WHERE p.pronamespace = 'advocacy'::regnamespace
		UNION ALL SELECT md5(string_agg(c.relname || a.attname || a.atttypid, ' ' ORDER BY c.relname, a.attnum))
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid WHERE c.relnamespace = 'advocacy'::regnamespace
		UNION ALL SELECT md5(string_agg(version || name || applied_at::text, ' ')) FROM advocacy.schema_version"
}
before=$(catalogue)
advocated migrate
is 0 $code 'migrate again: exit 0'
says 'migrate again: says the version' 'is at version [0-9]+'
is '' "$(grep applied "$SCRATCH/out")" 'migrate again: applies nothing'
is "$before" "$(catalogue)" 'migrate again: changes nothing'

FRESH=test_command_fresh
database_drop "$FRESH" && psql -XAtq -c "CREATE DATABASE $FRESH OWNER advocacy_owner" || exit 1
configuration_minimal "$SCRATCH" "$FRESH" && mv "$SCRATCH/advocated.conf" "$SCRATCH/fresh.conf"
"$BUILD/advocated" -c "$SCRATCH/fresh.conf" status >"$SCRATCH/out" 2>"$SCRATCH/err"
is 1 $? 'a database without the schema: status fails'
says 'a database without the schema: status says what to do' 'advocated migrate'
pids=()
for number in 1 2 3; do
	"$BUILD/advocated" -c "$SCRATCH/fresh.conf" migrate >"$SCRATCH/migrate$number" 2>&1 &
	pids+=($!)
done
codes=
for pid in "${pids[@]}"; do
	wait "$pid"
	codes+=$?
done
is 000 "$codes" 'three migrations at once: all end well' || cat "$SCRATCH"/migrate?
is "$(ls "$TOP"/sql/migrations/*.sql | wc -l)" "$(cat "$SCRATCH"/migrate? | grep -c '^applied')" \
	'three migrations at once: every file is applied once'
DATABASE=$FRESH
is "$(sed -n 1,2p <<<"$before")" "$(catalogue | sed -n 1,2p)" 'three migrations at once: the schema is the same as ever'
psql -XAtq -d "$FRESH" -c 'SET client_min_messages = warning; DROP SCHEMA advocacy CASCADE'
sed 's/user=advocacy_owner/user=advocated_app/' "$SCRATCH/fresh.conf" >"$SCRATCH/weak.conf"
run_ -c "$SCRATCH/weak.conf" migrate
is 1 $code 'migrate with a weak role: exit 1'
says 'migrate with a weak role: says what is missing' 'migrate: .*permission denied'
is '' "$(sql "SELECT nspname FROM pg_namespace WHERE nspname = 'advocacy'")" 'migrate with a weak role: leaves nothing behind'
run_ -c "$SCRATCH/fresh.conf" migrate
is 0 $code 'migrate with the owner after that: exit 0'
DATABASE=test_command
database_drop "$FRESH"
configuration_sandbox "$SCRATCH" "$DATABASE"

# --- status and explain -----------------------------------------------------------------------------------------------
sick=$(seq 0 59 | while read -r number; do
	sandbox_get "world/account/$number" | jq -r 'select(.open_cases == 0 or .open_cases == []) | select(.contacts[0].advocate) | .account'
done | head -n 1)
world "accounts 0..59 health 90 vendor=all
account $sick health 31 vendor=all" >/dev/null
holds 'once: exit 0' daemon_once "$SCRATCH" || show_logs
# The server frees what the daemon held a moment after it has gone.
eventually 'no daemon works on the sources any more' '[ "$(sql "SELECT count(*) FROM pg_stat_activity
	WHERE datname = current_database() AND application_name LIKE '"'advocated source %'"'")" = 0 ]'
advocated status
is 0 $code 'status: exit 0'
says 'status: the advocates' "^Advocates: $(sandbox_get summary | jq .advocates) enrolled, [0-9]+ available, [1-9][0-9]* suspended"
says 'status: the sources' '^salesforce \(salesforce\): current; no daemon works on it$'
says 'status: the streams' '^ +support_case +[0-9]+ s +[0-9]+ (s|min|h) +([0-9]+ +(s|min|h) +)?[0-9]+ +0 '
advocated status --json
is 0 $code 'status --json: exit 0'
holds 'status --json: is one valid document' jq -e -s 'length == 1 and (.[0].sources | length == 3) and (.[0].outbox.pending == 0)' "$SCRATCH/out"
is "$(sql 'SELECT count(*) FROM advocacy.advocate_availability WHERE available')" "$(jq .advocates.available "$SCRATCH/out")" \
	'status --json: counts what the view says'

email=$(sandbox_get "world/account/$sick" | jq -r '.contacts[0].email')
suspended=$(sql "SELECT a.advocate_id FROM advocacy.advocate AS a JOIN advocacy.contact AS c USING (contact_id) WHERE c.email = '$email'")
available=$(sql "SELECT v.advocate_id FROM advocacy.advocate_availability AS v WHERE v.available ORDER BY 1 LIMIT 1")
advocated explain "$available"
is '0 Available.' "$code $(head -n 1 "$SCRATCH/out")" 'explain: an available advocate, by number'
says 'explain: the observation that it rests on' '(salesforce|hubspot|gainsight) says health_score 90'
advocated explain "$suspended"
is '0 Not available: suspended by rule health_low.' "$code $(head -n 1 "$SCRATCH/out")" 'explain: a suspended advocate, by number'
says 'explain: since when, by which rule, why' '^Suspended since 20[^ ]+Z by rule health_low: health_score 31 of [a-z]+ is < 60'
says 'explain: when it ends' '^Available again when.* 75'
by_number=$(cat "$SCRATCH/out")
advocated explain "${email^^}"
is "0 $by_number" "$code $(cat "$SCRATCH/out")" 'explain: by e-mail address, in any case'
for nobody in 999999 nobody@nowhere.example "x' OR '1'='1" ''; do
	advocated explain "$nobody"
	is 1 $code "explain '$nobody': exit 1"
	is "advocated: no advocate has the number or e-mail address '$nobody'" "$(cat "$SCRATCH/err")" "explain '$nobody': a plain sentence"
done

# A stream that the configuration has no more.
cp "$SCRATCH/advocated.conf" "$SCRATCH/whole.conf"
sed -i '/^\[source hubspot\]/a streams = account, contact' "$SCRATCH/advocated.conf"
holds 'once with fewer streams: exit 0' daemon_once "$SCRATCH" || show_logs
advocated status
says 'status: a stream that was taken out' '^ +support_case +.* not in the configuration any more$'
is 'f f t' "$(sql "SELECT string_agg((taken_out_at IS NOT NULL)::text, ' ' ORDER BY stream) FROM advocacy.sync_stream
	WHERE source = 'hubspot' AND stream IN ('account', 'contact', 'support_case')" | sed 's/false/f/g; s/true/t/g')" 'only that one is'
mv "$SCRATCH/whole.conf" "$SCRATCH/advocated.conf"
holds 'once with all of them: exit 0' daemon_once "$SCRATCH" || show_logs
is 0 "$(sql 'SELECT count(*) FROM advocacy.sync_stream WHERE taken_out_at IS NOT NULL')" 'put back it counts again'

# --- decisions --------------------------------------------------------------------------------------------------------
advocated decisions
is 0 $code 'decisions: exit 0'
says 'decisions: what was decided' '^  cycle [0-9]+ at 20.*suspended'
cycle=$(sql "SELECT max(opened_in) FROM advocacy.suspension WHERE advocate_id = $suspended AND closed_at IS NULL")
is t "$(sql 'SELECT bool_and(mapping IS NOT NULL) FROM advocacy.sync_stream')" 'the version of each mapping is known, so that another one is observed'
batch=$(sql "INSERT INTO advocacy.decision_batch (direction, source, stream, opened_at, advocates, most, observed)
	VALUES ('suspend', 'gainsight', 'account', now(), 3, 0, 'first') RETURNING batch_id")
advocated decisions
says 'decisions: what is only observed' "^  batch $batch: suspensions, 3 advocates \(only observed: the first reading\), gainsight since 20"
advocated status
says 'status: what waits for a person' "^Decide: +batch $batch, gainsight account, only observed so far: 3 advocates"
sql "DELETE FROM advocacy.decision_batch WHERE batch_id = $batch"
for words in 'approve' 'approve x' 'reject 1 2' "undo $cycle" 'undo-batch 1' 'forget 1' 'list 1'; do
	# shellcheck disable=SC2086
	advocated decisions $words
	is 64 $code "decisions $words: exit 64"
done
advocated decisions approve 999
is 1 $code 'decisions: an unknown batch is refused'
holds 'decisions: in a plain sentence' grep -q '^advocated: there is no held batch 999' "$SCRATCH/err"
batch=$(sql "INSERT INTO advocacy.decision_batch (direction, source, stream, opened_at, advocates, most, decision, decided_at, decided_by, cycle_id)
	VALUES ('suspend', 'gainsight', 'account', now(), 3, 0, 'released', now(), 'mary', $cycle) RETURNING batch_id")
advocated decisions
says 'decisions: what was approved' "^  cycle $cycle at 20.* \\(batch $batch, approved by mary\\): [0-9]+ suspended"
advocated decisions undo "$cycle" 'it was a test'
is 0 $code 'decisions: a cycle is taken back'
is "it was a test|t" "$(sql "SELECT undo_reason, undone_by LIKE '% on the command line' FROM advocacy.decision_cycle WHERE cycle_id = $cycle")" \
	'decisions: with its reason and the person'
advocated decisions undo-batch "$batch" 'it was a test'
is 1 $code 'decisions: by the number of the batch it is the same'
holds 'decisions: so it can be done once' grep -q "^advocated: cycle $cycle was taken back by" "$SCRATCH/err"

# --- erase ------------------------------------------------------------------------------------------------------------
somebody=$(sql "SELECT email FROM advocacy.contact WHERE email IS NOT NULL AND NOT deleted ORDER BY contact_id DESC LIMIT 1")
run_ -c "$SCRATCH/advocated.conf" erase "$somebody"
is 0 $code "erase forgets a person by the address"
says 'erase says what it did' '^Erased: [1-9][0-9]* contacts'
is 0 "$(sql "SELECT count(*) FROM advocacy.contact WHERE lower(email) = lower('$somebody')")" 'nothing is left of it'
run_ -c "$SCRATCH/advocated.conf" erase "$somebody"
is 1 $code 'nobody is erased twice'
says 'erase says so' 'no contact has the number or e-mail address'
run_ -c "$SCRATCH/advocated.conf" erase "x' OR '1'='1"
is 1 $code 'nor anybody by a trick'

# --- the database is down ---------------------------------------------------------------------------------------------
sed "s#host=$PGHOST#host=$SCRATCH#" "$SCRATCH/advocated.conf" >"$SCRATCH/down.conf"
for words in status 'status --json' 'explain 1' decisions migrate 'check --online'; do
	# shellcheck disable=SC2086
	run_ -c "$SCRATCH/down.conf" $words
	is 69 $code "no database: $words exits with 69"
	says "no database: $words says so" "database.*can't be reached"
done

for file in salesforce-secret hubspot-token gainsight-key slack-csm slack-sales slack-ops; do
	is '' "$(grep -F "$(cat "$SCRATCH/$file")" "$SCRATCH/everything")" "the secret in $file is in no output"
done
done_testing
