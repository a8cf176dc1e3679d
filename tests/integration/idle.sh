#!/bin/bash
# A daemon with ten sources that has nothing to do keeps little memory and sleeps.
set -uo pipefail
. "$TOP/tests/lib.sh"

if ! memory_is_real; then
	ok 'memory at rest # SKIP means nothing under valgrind or a sanitizer'
	done_testing
	exit 0
fi
scratch
DATABASE=test_idle
database_copy "$DATABASE" || exit 1
sandbox_up "$SCRATCH" --accounts 100 --set slack.per_minute=0 --set hubspot.search_per_second=0 --set hubspot.calls_per_ten_seconds=0 \
	--set hubspot.associations_per_ten_seconds=0 || exit 1
POLL=1h configuration_sandbox "$SCRATCH" "$DATABASE"
# Seven more, each a source of its own.
awk -v RS='\n\\[' 'NR > 1 { $0 = "[" $0 } /^\[source / { for (n = 2; n <= (/gainsight/ ? 2 : 4); n++) {
	copy = $0; sub(/^\[source [a-z]+/, "&-" n, copy); print copy } }' "$SCRATCH/advocated.conf" >>"$SCRATCH/advocated.conf.more"
cat "$SCRATCH/advocated.conf.more" >>"$SCRATCH/advocated.conf"
sed -i "/^log_level/a metrics_listen = unix:$SCRATCH/metrics" "$SCRATCH/advocated.conf"
# Where a control group can be made, it says what systemd would (MemoryCurrent): what the kernel keeps for the process counts,
# too, and pages of files by whoever read them first, so without them.
group=
for folder in /sys/fs/cgroup/memory /sys/fs/cgroup; do
	[ -z "$group" ] && mkdir "$folder/$DATABASE" 2>/dev/null || continue
	group=$folder/$DATABASE
	[ -e "$group/memory.stat" ] || { rmdir "$group"; group=; }
done
clean_up_more() { [ -z "$group" ] || rmdir "$group"; }
[ -z "$group" ] || DAEMON_WRAPPER=(bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group")
counted() {
	local now
	now=$(cat "$group/memory.usage_in_bytes" 2>/dev/null || cat "$group/memory.current")
	echo $(((now - $(awk '$1 == "cache" || $1 == "file" { print $2 }' "$group/memory.stat")) / 1024))
}
daemon_up "$SCRATCH"
eventually 'ten sources are current' '[[ "$(curl -sS --unix-socket "$SCRATCH/metrics" http://advocated/readyz 2>/dev/null)" == "10 sources current"* ]]' || show_logs
eventually '(and told)' '[ "$(sql "SELECT count(*) FROM advocacy.outbox WHERE state IN ('\''pending'\'', '\''sending'\'')")" = 0 ]'

# rollup NAME: of the whole process, KiB.
rollup() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$daemon_pid/smaps_rollup"; }
# Every thread's that it asked for: that another program took the processor is no wake-up.
switches() { awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }' "/proc/$daemon_pid"/task/*/status; }
echo "# resident $(rollup Rss) KiB, of which shared with others $(($(rollup Shared_Clean) + $(rollup Shared_Dirty))); proportional $(rollup Pss); private $(($(rollup Private_Clean) + $(rollup Private_Dirty))), of it written $(rollup Private_Dirty); anonymous $(rollup Anonymous)"
# Six seconds; what the load has left to do may still be under way in the first ones.
rests() {
	local before began
	before=$(switches) began=$(date +%s%N)
	pause 6
	woken=$(($(switches) - before)) ms=$((($(date +%s%N) - began) / 1000000))
	echo "# $woken wake-ups in $ms ms"
	[ $((woken * 1000)) -lt $ms ]
}
written=$(rollup Private_Dirty)
is t "$([ "$written" -gt 500 ] && [ "$written" -lt 4608 ] && echo t)" "what is its own alone ($written KiB) is below 4.5 MiB"
if [ -n "$group" ]; then
	counted=$(counted)
	is t "$([ "$counted" -gt 500 ] && [ "$counted" -lt 10240 ] && echo t)" "what its control group counts ($counted KiB) is below 10 MiB"
fi
eventually 'it wakes less than once a second' rests
done_testing
