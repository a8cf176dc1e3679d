#!/bin/bash
# Over TLS, whom the daemon trusts and from which version on is configuration, and a reload takes it over.
set -uo pipefail
. "$TOP/tests/lib.sh"

scratch
DATABASE=test_tls
database_copy "$DATABASE" || exit 1
# authority NAME: a certificate of its own for 127.0.0.1, which is its own authority.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$SCRATCH/$1.key" -out "$SCRATCH/$1.pem" 2>/dev/null
}
authority ours && authority foreign || exit 1
cat "$SCRATCH/ours.pem" "$SCRATCH/ours.key" >"$SCRATCH/both.pem"
# The sandbox speaks no more than TLS 1.2.
printf 'openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = old\n[old]\nMaxProtocol = TLSv1.2\n' >"$SCRATCH/openssl.cnf"
OPENSSL_CONF=$SCRATCH/openssl.cnf sandbox_up "$SCRATCH" --accounts 6 --tls "$SCRATCH/both.pem" || exit 1
configuration_sandbox "$SCRATCH" "$DATABASE"
configuration_only "$SCRATCH" salesforce account

# daemon_says LINES…: what [daemon] says.
daemon_says() {
	sed -i -e '/^ca_file/d' -e '/^tls_minimum/d' "$SCRATCH/advocated.conf"
	[ $# = 0 ] || sed -i "s|^\[daemon\]|&\n$(printf '%s\\n' "$@" | sed 's/\\n$//')|" "$SCRATCH/advocated.conf"
}
run_() { "$BUILD/advocated" -c "$SCRATCH/advocated.conf" "$@" >"$SCRATCH/check.log" 2>&1; echo $?; }
check() { run_ check "$@"; }

is 69 "$(check --online)" 'an authority that the system does not know is refused'
holds 'and it is said why' grep -q 'certificate' "$SCRATCH/check.log"
cp "$SCRATCH/ours.pem" "$SCRATCH/trusted.pem"
daemon_says 'ca_file = trusted.pem'
is 0 "$(check --online)" 'with ca_file it is trusted'
sql "SELECT advocacy.source_register('salesforce', 'salesforce')" >/dev/null
is 0 "$(run_ once --dry-run)" 'by a rehearsal, too'
holds '(which reads)' grep -q 'account: 6 records would change' "$SCRATCH/check.log"
is 0 "$(run_ sample sla_breach ops)" 'and by a sample to a channel'
is 69 "$(https_proxy=http://127.0.0.1:1 check --online)" 'a proxy is asked'
is 0 "$(https_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 check --online)" 'but not for whom no_proxy names'
daemon_says 'ca_file = trusted.pem' 'tls_minimum = 1.3'
is 69 "$(check --online)" 'who speaks TLS 1.2 is refused with tls_minimum = 1.3'
daemon_says "ca_file = /etc/ssl/certs/ca-certificates.crt"
is 69 "$(check --online)" "the system's own do not know it"

for bad in absent.pem "$SCRATCH" ours.key; do
	daemon_says "ca_file = $bad"
	is 78 "$(check)" "ca_file = ${bad##*/}: refused"
	holds 'with file and line' grep -qE "advocated.conf:[0-9]+: .*ca_file: the file" "$SCRATCH/check.log"
done
sed '2s/./!/' "$SCRATCH/ours.pem" | cat "$SCRATCH/ours.pem" - >"$SCRATCH/half.pem"
daemon_says 'ca_file = half.pem'
is 78 "$(check)" 'one broken certificate among good ones: refused'
daemon_says 'tls_minimum = 1.1'
is 78 "$(check)" 'tls_minimum = 1.1: refused'

cp "$SCRATCH/foreign.pem" "$SCRATCH/trusted.pem"
daemon_says 'ca_file = trusted.pem'
daemon_up "$SCRATCH"
logged() { grep -q -- "$1" "$SCRATCH/advocated.log"; }
eventually 'by another authority nothing is read' 'logged "certificate"'
is 0 "$(sql 'SELECT count(*) FROM advocacy.account')" 'nothing at all'
cp "$SCRATCH/ours.pem" "$SCRATCH/trusted.pem"
kill -HUP "$daemon_pid"
eventually 'another content of the same file: a reload takes it over' '[ "$(sql "SELECT count(*) FROM advocacy.account")" = 6 ]'
holds 'and the log says so' logged 'configuration_changed: .*ca_file'
echo >"$SCRATCH/trusted.pem"
kill -HUP "$daemon_pid"
eventually 'a file without any is refused' 'logged reload_refused'
since=$(sql 'SELECT now()')
eventually 'and what was trusted still is' '[ "$(sql "SELECT last_success_at > '\''$since'\'' FROM advocacy.sync_stream WHERE stream = '\''account'\''")" = t ]'
cp "$SCRATCH/ours.pem" "$SCRATCH/trusted.pem"
daemon_says 'ca_file = trusted.pem' 'tls_minimum = 1.3'
kill -HUP "$daemon_pid"
eventually 'a stricter version holds for connections that stand, too' 'logged "SSL connect error"'
done_testing
