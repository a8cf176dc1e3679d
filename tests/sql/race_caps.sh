#!/bin/bash
# slow
# race_caps.sh [DATABASE [SIZE]] - many people want an advocate's last slot at once: one of them gets it. No cap of anybody,
# nor of an account, is ever exceeded, and nothing deadlocks.
set -euo pipefail
export PGDATABASE=${1:-${PGDATABASE:?database}} PGOPTIONS='-c client_min_messages=warning -c jit=off'
size=${2:-200}
psql -X -q -v ON_ERROR_STOP=1 -o /dev/null <<SQL
SELECT advocacy.policy_setting_define('caps', '{"per_30_days": 1, "per_quarter": 5, "per_365_days": 9, "account_per_30_days": 3, "rest_s": 0, "long_rest_s": 0, "share_percent": 0}');
INSERT INTO advocacy.opportunity (opportunity_id, source, remote_id) OVERRIDING SYSTEM VALUE VALUES (-99, 'none', '-99') ON CONFLICT DO NOTHING;
INSERT INTO advocacy.account (account_id, source, remote_id, name) OVERRIDING SYSTEM VALUE SELECT 910000 + g, 'race', 'b' || g, 'Account ' || g FROM generate_series(1, 2) AS g;
INSERT INTO advocacy.contact (contact_id, source, remote_id, account_id, opted_out) OVERRIDING SYSTEM VALUE SELECT 910000 + g, 'race', 'd' || g, 910001 + (g > 1)::int, false FROM generate_series(1, 11) AS g;
INSERT INTO advocacy.advocate (advocate_id, contact_id, account_id, enrolled_by) OVERRIDING SYSTEM VALUE SELECT 910000 + g, 910000 + g, 910001 + (g > 1)::int, 'race' FROM generate_series(1, 11) AS g;
CREATE TABLE public.wish (n integer PRIMARY KEY, first bigint, other bigint, other_advocate bigint);
-- Each wants one advocate's only slot, and every fifth then one of ten advocates of an account that allows three.
INSERT INTO wish SELECT g, advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'win', now(), 'caps'),
	CASE WHEN g % 5 = 0 THEN advocacy.request_submit(-99, 'quote', 'why', 'CIO', 'win', now(), 'caps') END, 910002 + g / 5 % 10
FROM generate_series(0, $size - 1) AS g;
CREATE TABLE public.outcome (answer text);
CREATE FUNCTION public.try(request bigint, advocate bigint) RETURNS void LANGUAGE plpgsql AS \$\$
DECLARE answer text;
BEGIN
	BEGIN
		PERFORM advocacy.request_match(request, advocate);
		answer := 'matched';
	EXCEPTION WHEN OTHERS THEN
		answer := SQLSTATE;
	END;
	INSERT INTO public.outcome VALUES (answer);
END \$\$;
SQL
scripts=$(mktemp -d)
trap 'rm -rf "$scripts"' EXIT
cat >"$scripts/wish.sql" <<'SQL'
SELECT public.try(first, 910001) FROM public.wish WHERE n = :client_id;
SELECT public.try(other, other_advocate) FROM public.wish WHERE n = :client_id AND other IS NOT NULL;
SQL
# pgbench connects everybody before anybody starts.
pgbench=$(ls -d /usr/lib/postgresql/*/bin/pgbench | sort -V | tail -n 1)
"$pgbench" -n -c "$size" -j 2 -t 1 -f "$scripts/wish.sql" >"$scripts/log" 2>&1 || sed 's/^/# /' "$scripts/log"
verdict=$(psql -X -At <<'SQL'
SELECT concat_ws(' ', count(*) FILTER (WHERE a.advocate_id = 910001), count(*) FILTER (WHERE a.advocate_id > 910001),
	max(a.n)) FROM (SELECT v.advocate_id, count(*) OVER (PARTITION BY v.advocate_id) AS n FROM advocacy.activity AS v WHERE v.advocate_id > 910000 AND v.status = 'asked') AS a
SQL
)
outcomes=$(psql -X -At -c "SELECT string_agg(answer || ' ' || n, ', ' ORDER BY answer) FROM (SELECT answer, count(*) AS n FROM public.outcome GROUP BY answer) AS o")
number=0
check() { number=$((number + 1)); if [ "$2" = "$3" ]; then echo "ok $number - $1"; else echo "not ok $number - $1"; echo "# $3 instead of $2"; fi; }
check "of $size requests for the last slot one gets it; an account's three slots go to three; nobody is asked twice" '1 3 1' "$verdict"
check 'everybody else is refused, and by that alone' "55000 $((size + size / 5 - 4)), matched 4" "$outcomes"
echo 1..2
