#!/bin/bash
# What README.md, the manual pages, messages and the hints of refusals name in the database is there, and is for those they speak
# to: an operator runs the statements of README and of messages with advocacy_operator alone, and looks up what a hint names with
# advocacy_reader besides.
set -uo pipefail
. "$TOP/tests/lib.sh"
DATABASE=$PGDATABASE
sql 'SET client_min_messages = warning; DROP ROLE IF EXISTS test_documented, test_documented_reader'
sql 'CREATE ROLE test_documented IN ROLE advocacy_operator'
sql 'CREATE ROLE test_documented_reader IN ROLE advocacy_operator, advocacy_reader'

# Its ids are examples, so the answer may be a refusal; a statement that is wrong, or not allowed, is of SQLSTATE's class 42.
number=0
while IFS= read -r statement; do
	number=$((number + 1))
	answer=$(psql -XAtq -d "$DATABASE" -v VERBOSITY=sqlstate -c "BEGIN; SET LOCAL ROLE test_documented; $statement" 2>&1 >/dev/null)
	holds "$statement" test "${answer/ERROR:  42/}" = "$answer"
done < <(awk '/^    SELECT / { going = 1 } going { sub(/^ +/, ""); line = line " " $0 }
	going && /;/ { sub(/;[^;]*$/, ";", line); sub(/^ /, "", line); print line; line = ""; going = 0 }' "$TOP/README.md"
	jq -r '.. | strings | select(startswith("SELECT advocacy."))' "$TOP/etc/samples.json" | sort -u)
holds "there are such statements ($number)" test "$number" -gt 30

names() { grep -ohE 'advocacy\.[a-z][a-z_]*[a-z]\b' "$@" | grep -vxE 'advocacy\.dump' | sort -u | paste -sd,; }
named=$(names "$TOP/README.md" "$TOP"/docs/*.scd "$TOP/systemd/advocated.catalog" "$TOP"/etc/*.conf "$TOP"/etc/mapping/*.conf)
hinted=$(grep -rhE 'HINT = ' "$TOP/sql" | grep -oE "'[^']*'" | names -)
is '' "$(sql "SELECT n FROM unnest(string_to_array('$named,$hinted', ',')) AS n
	WHERE to_regclass(n) IS NULL AND n NOT IN (SELECT 'advocacy.' || proname FROM pg_proc WHERE pronamespace = 'advocacy'::regnamespace)")" 'what is named is there'
is '' "$(sql "SELECT n FROM unnest(string_to_array('$hinted', ',')) AS n
	WHERE NOT has_any_column_privilege('test_documented_reader', to_regclass(n), 'SELECT')")" 'the tables and views of hints can be read'
sql 'DROP ROLE test_documented, test_documented_reader'
done_testing
