#!/bin/bash
# A hundred thousand accounts pass through little memory, and a second run over them writes no row.
set -uo pipefail
. "$TOP/tests/lib.sh"

if ! memory_is_real; then
	ok 'the peak of memory # SKIP means nothing under valgrind or a sanitizer'
	done_testing
	exit 0
fi
: "${ACCOUNTS:=100000}"
scratch
DATABASE=test_memory
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts "$ACCOUNTS" --set salesforce.limit_total=10000000 || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" salesforce account,contact
tables=(account account_source contact signal signal_history risk advocate suspension rejected_record sync_run outbox)

# Runs `once`; sets peak (KiB, the kernel's own high-water mark) and status.
measure() {
	local line started=$SECONDS
	"$BUILD/advocated" -c "$SCRATCH/advocated.conf" once >>"$SCRATCH/advocated.log" 2>&1 &
	daemon_pid=$! peak=0
	while kill -0 "$daemon_pid" 2>/dev/null && line=$(grep VmHWM "/proc/$daemon_pid/status" 2>/dev/null); do
		line=${line//[!0-9]/}
		[ "${line:-0}" -le "$peak" ] || peak=$line
		pause 0.1 # between two looks
	done
	wait "$daemon_pid"
	status=$? daemon_pid=
	seconds=$((SECONDS - started))
}

measure
is 0 "$status" 'the first load ends well' || show_logs
echo "# first load: $(sql 'SELECT count(*) FROM advocacy.account_source') accounts, $(sql 'SELECT count(*) FROM advocacy.contact') contacts in $seconds s, peak $((peak / 1024)) MiB ($peak KiB)"
is "$(sandbox_get summary | jq -r '.salesforce | "\(.accounts) \(.contacts)"')" \
	"$(sql 'SELECT (SELECT count(*) FROM advocacy.account_source) || '\'' '\'' || (SELECT count(*) FROM advocacy.contact)')" \
	'every account and contact is there'
is t "$([ "$peak" -gt 1024 ] && [ "$peak" -lt 49152 ] && echo t)" "the peak ($peak KiB) is below 48 MiB"
[ "$status" = 0 ] || show_logs

before=$(written_rows "${tables[@]}")
measure
is 0 "$status" 'the second run ends well'
echo "# second run, nothing changed: $seconds s, peak $((peak / 1024)) MiB ($peak KiB)"
is "$before" "$(written_rows "${tables[@]}")" 'the second run writes no row'

# Everything is read again, and nothing of it differs.
sql "UPDATE advocacy.sync_stream SET cursor = NULL" >/dev/null
before=$(written_rows "${tables[@]}")
measure
is 0 "$status" 'a run that reads all again ends well'
echo "# all read again, nothing changed: $seconds s, peak $((peak / 1024)) MiB ($peak KiB)"
is "$before" "$(written_rows "${tables[@]}")" 'and writes no row either'
is t "$([ "$peak" -lt 49152 ] && echo t)" "its peak ($peak KiB) is below 48 MiB"
is t "$(sql "SELECT bool_and(rows_read > $ACCOUNTS * 1.5) FROM advocacy.sync_stream")" 'everything was read twice'
done_testing
