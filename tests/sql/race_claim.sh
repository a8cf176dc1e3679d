#!/bin/bash
# slow
# race_claim.sh [DATABASE [SIZE]] - several claimants drain one outbox at once: nobody gets a row twice, no channel ever has two
# under way, and each channel keeps its order. Needs PGHOST/PGUSER; leaves the database's outbox empty.
set -euo pipefail
export PGDATABASE=${1:-${PGDATABASE:?database}} PGOPTIONS='-c client_min_messages=warning'
claimants=${2:-6} rows=${3:-300}
psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" <<'SQL'
TRUNCATE advocacy.outbox, advocacy.notification, advocacy.channel_status, advocacy.route;
DROP TABLE IF EXISTS public.race;
CREATE TABLE public.race (n bigint GENERATED ALWAYS AS IDENTITY, outbox_id bigint, channel text, claimant text, repeated boolean);
INSERT INTO advocacy.route VALUES ('a', '{x}', 'a'), ('b', '{x}', 'b'), ('c', '{x}', 'c');
SELECT count(advocacy.outbox_put('x', 'race ' || g, '{}')) FROM generate_series(1, :rows) AS g \g /dev/null
SQL
pending() { [ "$(psql -X -At -c "SELECT count(*) FROM advocacy.outbox WHERE state <> 'sent'")" != 0 ]; }
claimant() {
	# One statement per claim and per verdict, each its own transaction, as the daemon does it.
	while pending; do
		for _ in $(seq 1 200); do
			echo "INSERT INTO public.race (outbox_id, channel, claimant, repeated) SELECT outbox_id, channel, '$1', possibly_repeated FROM advocacy.outbox_claim('$1', '{a,b,c}', '1 hour');"
			echo "SELECT advocacy.outbox_sent(outbox_id, '$1', 'text') FROM advocacy.outbox WHERE claimed_by = '$1' ORDER BY outbox_id;"
		done | psql -X -q -v ON_ERROR_STOP=1 -o /dev/null
	done
}
pids=()
for i in $(seq 1 "$claimants"); do claimant "daemon/$i" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; done
verdict=$(psql -X -At -v ON_ERROR_STOP=1 -v rows="$rows" <<'SQL'
SELECT concat_ws(' ', 'left', (SELECT count(*) FROM advocacy.outbox WHERE state <> 'sent'),
	'claimed_twice', (SELECT count(*) FROM (SELECT FROM public.race GROUP BY outbox_id HAVING count(*) > 1) AS t),
	'repeated', (SELECT count(*) FROM public.race WHERE repeated),
	'missing', 3 * :rows - (SELECT count(*) FROM advocacy.notification),
	'out_of_order', (SELECT count(*) FROM (SELECT outbox_id < lag(outbox_id) OVER (PARTITION BY channel ORDER BY n) AS back FROM public.race) AS t WHERE back))
SQL
)
psql -X -At -c 'SELECT claimant, count(*) FROM public.race GROUP BY 1 ORDER BY 1' | sed 's/^/# /'
psql -X -q -c 'DROP TABLE public.race; TRUNCATE advocacy.outbox, advocacy.notification, advocacy.channel_status, advocacy.route'
echo "# $verdict"
if [ "$verdict" = "left 0 claimed_twice 0 repeated 0 missing 0 out_of_order 0" ]; then echo "ok 1 - nobody gets a row twice, no channel has two under way, each channel keeps its order"; else echo "not ok 1 - nobody gets a row twice, no channel has two under way, each channel keeps its order"; fi
echo 1..1
