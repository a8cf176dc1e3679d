#!/bin/bash
# long
# The Debian package on a real systemd, as a stranger meets it: install, configure, start, reload, stop, hang, upgrade,
# remove, purge. systemd boots in a container over a copy-on-write view of this machine, and all of it goes at the end.
#   package.sh            PACKAGE=FILE tests that one instead of building it
set -uo pipefail
. "$TOP/tests/lib.sh"
# The cluster inside is meant, never the one of the other tests.
unset "${!PG@}"

skip() {
	ok "the package on a real systemd # SKIP $1"
	done_testing
	exit 0
}
memory_is_real || skip 'the unit allows no sanitizer and no valgrind'
[ "$(id -u)" = 0 ] || skip 'needs root'
for program in systemd-nspawn systemd-analyze nsenter dpkg-deb dh; do
	command -v $program >/dev/null || skip "needs $program"
done
[ -d /var/lib/postgresql/15/main ] || skip 'needs the cluster 15/main that the package postgresql-15 makes'

scratch
export SDBOX_DIR=$SCRATCH/sdbox
box=$TOP/tests/sdbox
clean_up_more() { "$box" down it >/dev/null 2>&1; }
inside() { "$box" sh it "$@"; }

# --- the package, and the same one as it would have been before ---
if [ -z "${PACKAGE:-}" ]; then
	DEB_BUILD_OPTIONS='noautodbgsym' make -s -C "$TOP" BUILD="$BUILD" DEB_OBJECTS="$BUILD" deb >"$SCRATCH/deb.log" 2>&1 ||
		{ not_ok 'the package is built' "$(tail -n 20 "$SCRATCH/deb.log")"; done_testing; exit 1; }
	PACKAGE=$(tail -n 1 "$SCRATCH/deb.log")
fi
dpkg-deb -R "$PACKAGE" "$SCRATCH/older" && sed -i 's/^Version: .*/Version: 0.0.9/' "$SCRATCH/older/DEBIAN/control" &&
	echo '# a line that the next version has no more' >>"$SCRATCH/older/etc/advocated/mapping/gainsight.conf" &&
	(cd "$SCRATCH/older" && find etc usr lib -type f -exec md5sum {} + >DEBIAN/md5sums) &&
	dpkg-deb --root-owner-group -Znone -b "$SCRATCH/older" "$SCRATCH/older.deb" >/dev/null || exit 1
is 'BIND_NOW DYN GNU_RELRO RW __stack_chk_fail __vsnprintf_chk' "$(readelf -Wlhd --dyn-syms "$SCRATCH/older/usr/sbin/advocated" |
	awk '/^ +Type: +DYN/ { print "DYN" } /GNU_STACK/ { print $(NF - 1) } match($0, /BIND_NOW|GNU_RELRO|__stack_chk_fail|__vsnprintf_chk/) {
		print substr($0, RSTART, RLENGTH) }' | LC_ALL=C sort -u | xargs)" 'the binary is hardened as the Makefile says'
if command -v lintian >/dev/null; then
	is '' "$(lintian --fail-on warning "$PACKAGE" 2>&1 | grep '^[EW]:')" 'lintian has nothing against the package'
else
	ok 'lintian # SKIP it is not installed'
fi
cat >"$SCRATCH/setup" <<SETUP
mkdir -p \$ROOT/root/in
cp "$PACKAGE" \$ROOT/root/in/newer.deb
cp "$SCRATCH/older.deb" "$BUILD/sandbox" \$ROOT/root/in/
# A machine that never had the package, whatever this one has.
rm -rf \$ROOT/etc/advocated \$ROOT/var/lib/advocated
SETUP
"$box" up it "$SCRATCH/setup" >"$SCRATCH/boot.log" 2>&1 || skip "no systemd boots here: $(tail -n 1 "$SCRATCH/boot.log")"
inside systemctl start postgresql@15-main || { not_ok 'PostgreSQL starts inside'; done_testing; exit 1; }

# What there is of files and users; what systemd and dpkg write about everything is no part of it.
inventory() {
	inside find /etc /lib /usr /var/lib -xdev \( -path /var/lib/dpkg -o -path /var/lib/postgresql -o -path /var/lib/systemd/catalog \
		-o -path '/etc/*-' \) -prune -o -print | sort
	inside cut -d: -f1 /etc/passwd /etc/group
}
property() { inside systemctl show -P "$1" advocated; }
entries() { inside journalctl --sync; inside journalctl -q -u advocated -o json --no-pager "$@"; }
# put FILE [MODE]: writes standard input to a file inside.
put() { inside tee "$1" >/dev/null && inside chmod "${2:-644}" "$1"; }

# --- install ---
inventory >"$SCRATCH/before"
holds 'it installs' inside dpkg -i /root/in/older.deb
is 'disabled inactive' "$(inside systemctl is-enabled advocated) $(inside systemctl is-active advocated)" \
	'it waits for somebody to fill the sample in'
is 'advocated 700 root' "$(inside id -un advocated) $(inside stat -c '%a %U' /etc/advocated/credentials)" \
	'there are a user and a folder for secrets'
is 78 "$(inside /usr/sbin/advocated check >/dev/null 2>&1; echo $?)" 'the sample does not pretend to be a configuration'

# --- configure, as the manual says ---
inside systemd-run -q --unit=vendors /root/in/sandbox --ports-file /run/vendors --accounts 40 --set slack.per_minute=0
until_ 'inside test -s /run/vendors'
address() { inside sed -n "s/^$1=//p" /run/vendors; }
HUBSPOT=$(address hubspot) SLACK=$(address slack) CONTROL=$(address control)
configure() {
	put /etc/advocated/advocated.conf <<-CONF
		[daemon]
		metrics_listen = unix:/run/advocated/metrics
		log_level = ${1:-info}
		[database]
		conninfo = host=/run/postgresql dbname=advocacy
		migrate_conninfo = host=/run/postgresql dbname=advocacy user=postgres
		[source hubspot]
		connector = hubspot
		base_url = $HUBSPOT
		token_file = hubspot-token
		mapping = mapping/hubspot.conf
		poll = 5s
		settle = 0s
		[channel ops]
		connector = slack
		webhook_url_file = slack-ops
		[route all]
		kinds = *
		channel = ops
	CONF
}
configure
printf 'pat-na1-5a4db0c5-0000-4000-8000-000000000001' | put /etc/advocated/credentials/hubspot-token 600
printf '%s' "$SLACK/services/T0SANDBOX/B0OPS0000/opsopsopsopsopsopsopsops" | put /etc/advocated/credentials/slack-ops 600
inside mkdir -p /etc/systemd/system/advocated.service.d
put /etc/systemd/system/advocated.service.d/test.conf <<-'CONF'
	[Service]
	LoadCredential=hubspot-token:/etc/advocated/credentials/hubspot-token
	LoadCredential=slack-ops:/etc/advocated/credentials/slack-ops
	WatchdogSec=4
	RestartSec=100ms
CONF
inside systemctl daemon-reload
inside runuser -u postgres -- createdb advocacy
holds 'the owner of the schema needs no secret to make it' inside runuser -u postgres -- advocated migrate
inside runuser -u postgres -- psql -qd advocacy -c 'CREATE ROLE advocated LOGIN; GRANT advocacy_daemon TO advocated'
holds 'root can check, with the secrets that the service will have' inside advocated check

# --- start ---
holds 'it starts' inside systemctl start advocated
is 'active' "$(property ActiveState)" 'and is ready when systemctl returns'
eventually 'its status reads as a sentence' '[[ "$(property StatusText)" =~ ^"1 source current"(, next deadline [0-9:]+)?$ ]]'
is 1 "$(inside curl -sS --unix-socket /run/advocated/metrics http://advocated/metrics | grep -c '^advocated_ready 1$')" 'its metrics are served'
is '1 0' "$(inside runuser -u postgres -- advocated status --json | jq -r '"\(.sources | length) \(.outbox.refused)"')" 'status answers'

# --- what it may ---
pid=$(property MainPID)
holds 'systemd judges it well shut in (1.0 or below)' inside systemd-analyze security --no-pager --threshold=10 advocated
is '1 2 0000000000000000' "$(inside awk '/^(NoNewPrivs|Seccomp|CapEff):/ { v[$1] = $2 } END { print v["NoNewPrivs:"], v["Seccomp:"], v["CapEff:"] }' "/proc/$pid/status")" \
	'no new privileges, a filter of system calls, no capabilities'
# seen COMMAND…: with the service's own view of the files, as its user
seen() { inside nsenter -t "$pid" -m -r -w -S "$(inside id -u advocated)" -- "$@" 2>/dev/null; }
is 'no no no yes' "$(for path in /home /root/in /var/lib/postgresql/15 /etc/advocated/advocated.conf; do
	seen test -e $path && echo yes || echo no; done | xargs)" 'of the files it sees what it needs'
is refused "$(seen touch /etc/advocated/x || echo refused)" 'and can write none of them'
is 'yes' "$(seen test -w /var/lib/advocated && echo yes)" 'but in its own folder'
holds '(there are secrets to read)' inside sh -c 'cat /run/credentials/advocated.service/* /etc/advocated/credentials/*'
refused="cat: '/run/credentials/advocated.service/*': Permission denied
cat: '/etc/advocated/credentials/*': Permission denied"
is "$refused" "$(inside runuser -u nobody -- sh -c 'cat /run/credentials/advocated.service/* /etc/advocated/credentials/*' 2>&1)" \
	'nobody else reads its secrets'
is INVOCATION_ID "$(inside cat "/proc/$pid/environ" "/proc/$pid/cmdline" | tr '\0' '\n' | grep -o -e ^INVOCATION_ID -e .*pat-na1.* -e .*opsops.*)" \
	'its environment and arguments hold none'
is '0 0' "$(inside awk '/^Max core file size/ { print $5, $6 }' "/proc/$pid/limits")" 'no core is written'
is '' "$(entries | grep -e pat-na1- -e opsopsops)" 'and its journal holds none'

# --- reload ---
configure debug
holds 'a reload' inside systemctl reload advocated
eventually 'is told' 'entries ADVOCATED_EVENT=configuration_changed | grep -q log_level'
inside sed -i 's/^poll = .*/poll = often/' /etc/advocated/advocated.conf
is 1 "$(inside systemctl reload advocated >/dev/null 2>&1; [ $? != 0 ] && echo 1)" 'a reload of a wrong file fails'
is "$pid active" "$(property MainPID) $(property ActiveState)" 'and the daemon goes on as it was'
is '/etc/advocated/advocated.conf:12 e62b735e917b4a3ea6c8ec56325ea48a' "$(entries ADVOCATED_EVENT=configuration_fault |
	jq -r '(.MESSAGE | split(": ")[0]) + " " + .MESSAGE_ID' | tail -n 1)" 'the journal names file and line'
is 1 "$(inside journalctl -x -q -u advocated ADVOCATED_EVENT=configuration_fault -n 1 --no-pager | grep -c 'Mend the line')" 'and what to do'
configure

# --- hangs ---
inside kill -STOP "$pid"
eventually 'a daemon that hangs is restarted' '[ "$(property NRestarts)" = 1 ] && [ "$(property ActiveState)" = active ]'
is t "$([ "$(property MainPID)" != "$pid" ] && echo t)" 'as another process'

# --- stops while it is busy ---
eventually '(it reads)' '[[ "$(property StatusText)" == "1 source current"* ]]'
inside curl -sS --data-binary $'latency hubspot 20000\nlatency slack 20000' "$CONTROL/command" >/dev/null
inside runuser -u postgres -- psql -qAtd advocacy -c "INSERT INTO advocacy.opportunity (source, remote_id) VALUES ('none', '1');
	SELECT advocacy.request_submit((SELECT max(opportunity_id) FROM advocacy.opportunity), 'quote', 'why', 'whom', 'what',
	now() + interval '1 day', 'rep@vendor.example')" >/dev/null
eventually '(a message is under way)' '[ "$(inside runuser -u postgres -- advocated status --json | jq .outbox.sending)" = 1 ]'
began=$(date +%s%N)
inside systemctl stop advocated
took_ms=$((($(date +%s%N) - began) / 1000000))
is t "$([ $took_ms -lt 5000 ] && echo t)" "it stops within 5 s while it waits for an answer ($took_ms ms)"
is 'success 0' "$(property Result) $(property ExecMainStatus)" 'and ends well'
inside curl -sS --data-binary $'latency hubspot 0\nlatency slack 0' "$CONTROL/command" >/dev/null

# --- a wrong secret ---
inside truncate -s 0 /etc/advocated/credentials/hubspot-token
inside systemctl start advocated >/dev/null 2>&1
is 'failed 78 0' "$(property ActiveState) $(property ExecMainStatus) $(property NRestarts)" 'with a wrong secret it fails, for good'
is 1 "$(entries ADVOCATED_EVENT=configuration_fault | jq -r .MESSAGE | grep -c 'token_file: the file /run/advocated-credentials/hubspot-token is empty')" \
	'the journal names the key and the file'
printf 'pat-na1-5a4db0c5-0000-4000-8000-000000000001' | put /etc/advocated/credentials/hubspot-token 600

# --- a socket of systemd's ---
inside systemctl enable -q advocated advocated-metrics.socket
inside systemctl start advocated
is ok "$(inside curl -sS --max-time 10 http://127.0.0.1:9464/healthz | cut -d: -f1)" 'a socket unit may hold the port for metrics'
inside systemctl restart advocated
is 'active ok' "$(property ActiveState) $(inside curl -sS --max-time 10 http://127.0.0.1:9464/healthz | cut -d: -f1)" 'also over a restart'
inside systemctl stop advocated
eventually '(the service is down)' '[ "$(property ActiveState)" = inactive ]'
is inactive "$(inside systemctl is-active advocated-metrics.socket)" 'and goes with the service: a scrape starts nothing'
inside systemctl start advocated

# --- upgrade ---
pid=$(property MainPID)
inside sed -i 's/^MIGRATE_AS=.*/MIGRATE_AS=postgres/' /etc/default/advocated
inside runuser -u postgres -- psql -qd advocacy -c 'DROP VIEW advocacy.metric'
sum=$(inside md5sum /etc/advocated/advocated.conf)
holds 'an upgrade' inside env DEBIAN_FRONTEND=noninteractive dpkg -i --force-confold /root/in/newer.deb
is "$sum" "$(inside md5sum /etc/advocated/advocated.conf)" 'keeps the configuration'
is 0 "$(inside grep -c 'the next version has no more' /etc/advocated/mapping/gainsight.conf)" 'brings what nobody has changed up to date'
is 1 "$(inside runuser -u postgres -- psql -Atd advocacy -c "SELECT 1 FROM pg_views WHERE viewname = 'metric'")" 'and the schema with it'
eventually 'restarts the daemon' '[ "$(property ActiveState)" = active ] && [ "$(property MainPID)" != "$pid" ]'
is enabled "$(inside systemctl is-enabled advocated)" 'and leaves it enabled'
eventually 'which goes on' '[[ "$(property StatusText)" == "1 source current"* ]]'

# --- another host has upgraded the schema beyond what this program knows ---
schema_says() { inside runuser -u postgres -- psql -qd advocacy -c "$1" -c 'NOTIFY advocacy_schema'; }
schema_says "INSERT INTO advocacy.schema_version (version, name, breaking, program) VALUES (9001, 'migrations/9001', true, 'newer')"
eventually 'it makes way' 'inside journalctl -q -u advocated --no-pager | grep -q status=69'
eventually 'is started again, and its status says what is to be done' \
	'[[ "$(property StatusText)" == *"too new"*"upgrade the program"* ]] && [ "$(property ActiveState)" = active ]'
schema_says 'DELETE FROM advocacy.schema_version WHERE version = 9001'
eventually 'then it goes on' '[[ "$(property StatusText)" == "1 source current"* ]]'

# --- remove, purge ---
holds 'a removal' inside dpkg -r advocated
is 'inactive yes no' "$(inside systemctl is-active advocated) $(inside test -e /etc/advocated/advocated.conf && echo yes) $(inside test -e /usr/sbin/advocated || echo no)" \
	'stops it and keeps the configuration'
# What the operator has made is the operator's.
inside rm -r /etc/systemd/system/advocated.service.d
holds 'a purge' inside dpkg -P advocated
inventory >"$SCRATCH/after"
is '' "$(diff "$SCRATCH/before" "$SCRATCH/after")" 'leaves nothing behind'
is 1 "$(inside runuser -u postgres -- psql -Atd advocacy -c 'SELECT count(*) FROM advocacy.source_status')" 'but the data'
done_testing
