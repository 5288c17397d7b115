#!/usr/bin/env bash
# Carries out the procedures of docs/operations.md on real engines: deploy/drill.sh [SUBMISSIONS]
# Leaves its folder under /tmp, to look at. Needs what `jinbao dev up` needs. Exit 0 when every step gave what it should.
set -euo pipefail
source "$(dirname "$0")/drill_tools.sh"
count=${1:-20000}

say "engines"
up=$(jinbao dev up --data dev --brokers 3 --json)
admin=$(field '["database_url"]' <<<"$up")
JINBAO_BUS_URL=$(field '["bus_url"]' <<<"$up"); export JINBAO_BUS_URL
node() { jinbao dev up --data "$work/dev" --json | field "[\"pids\"][\"$1\"]"; }
address=${admin#*@}; address=${address%/*}
sql "$admin" "CREATE ROLE drill LOGIN PASSWORD 'first'"
sql "$admin" "CREATE DATABASE live OWNER drill"
sql "$admin" "CREATE DATABASE restored OWNER drill"
live="postgresql+psycopg2://drill:first@$address/live"
jinbao platform init --database "$live" >/dev/null
say "$count submissions on the bus, two platforms"
fill "$count" 1
platform one "$live"; platform two "$live"

say "backup under load"
until [ "$(taken "$live" 2>/dev/null || echo 0)" -gt $((count / 5)) ]; do sleep 0.2; done
begun=$(date +%s%N)
pg_dump -Fc -f backup.dump "${live/+psycopg2/}"
say "pg_dump took $((($(date +%s%N) - begun) / 1000000)) ms, $(stat -c %s backup.dump) bytes"

say "a broker of three dies; then the database"
kill -9 "$(node kafka-2)"
fill 1000 2  # a new client, which finds the brokers that live
node kafka-2 >/dev/null
kill -9 "$(node postgres)"
sleep 3
node postgres >/dev/null
until_is 120 $((count + 1000)) taken "$live"
say "both platforms went on by themselves"; kill -0 "${pids[@]}"

say "the database's password, one platform after the other"
sql "$admin" "ALTER ROLE drill PASSWORD 'second'"
old=$live; live="postgresql+psycopg2://drill:second@$address/live"
kill "${pids[0]}"; wait "${pids[0]}" || true; platform three "$live"
kill "${pids[1]}"; wait "${pids[1]}" || true; platform four "$live"
sleep 3; kill -0 "${pids[2]}" "${pids[3]}"
jinbao ledger --database "$old" >/dev/null 2>refused.txt && failed "the old password still opens"
say "old password: $(tr '\n' ' ' <refused.txt)"
kill "${pids[2]}" "${pids[3]}"; wait "${pids[2]}" "${pids[3]}" || true

say "rebuild, platforms stopped"
[ "$(sql "$live" 'SELECT count(*) FROM ledger_balances WHERE personal <> 0' 2>&1)" -gt 0 ] || failed "an empty ledger"
before=$(books "$live"); begun=$(date +%s%N)
jinbao projections rebuild --database "$live" --json >/dev/null 2>&1
say "rebuild took $((($(date +%s%N) - begun) / 1000000)) ms"
same "ledger after the rebuild" "$(books "$live")" "$before"

say "restore the backup into an empty database, and catch up from the bus"
restored="postgresql+psycopg2://drill:second@$address/restored"
pg_restore --no-owner -d "${restored/+psycopg2/}" backup.dump
say "restored with $(taken "$restored") of $((count + 1000)) submissions"
platform restored "$restored"
until_is 120 $((count + 1000)) taken "$restored"
kill "${pids[4]}"; wait "${pids[4]}" || true
same "submissions after catching up" "$(taken "$restored")" "$(taken "$live")"
same "ledger after catching up" "$(books "$restored")" "$before"

say "a dead letter, listed and sent again"
platform five "$live"
python - "$JINBAO_BUS_URL" <<'PY'
import sys
from jinbao.bus.interface import OutgoingRecord
from jinbao.bus.open_bus import open_bus
bus = open_bus(sys.argv[1])
producer = bus.producer()
producer.send([OutgoingRecord("jinbao.submissions", b"0" * 16, b"not Avro", ())])
producer.close()
bus.close()
PY
letters() { jinbao dead-letters list --database "$live" --json | field '["dead_letters"].__len__()'; }
until_is 30 1 letters
say "dead letters: 1"
number=$(jinbao dead-letters list --database "$live" --json | field '["dead_letters"][0]["number"]')
jinbao dead-letters replay "$number" --database "$live"
until_is 30 2 letters
say "dead letters after sending it again, still unreadable: 2"

say "two brokers of three die, somebody sends, and they come back"
two=$(node kafka-2) three=$(node kafka-3)
kill -9 "$two" "$three"
fill 500 3 &
sender=$!; sleep 10; kill -0 "$sender"
node kafka-2 >/dev/null; wait "$sender"
until_is 120 $((count + 1502)) taken "$live"
say "the sender waited, and the platform went on"; kill -0 "${pids[5]}"

say "a province joins"
jinbao adapter run --once --province 41 --config "$root/examples/adapter-41.toml" --data "$work/adapter" --json >adapter.json
read_now=$(field '["set_aside"]' <adapter.json)  # synthetic messages, sealed under another ring
say "its inbox had $read_now messages waiting"; [ "$read_now" -gt 0 ] || failed "its inbox was not read"
say "size: $(sql "$live" 'SELECT pg_database_size(current_database())') bytes of database for $((count + 1500)) submissions"
say "size: $(cat dev/dev/kafka-1/log/jinbao.submissions-*/*.log | wc -c) bytes of submissions on one broker"
kill "${pids[5]}"; wait "${pids[5]}" || true

say "a database of the program before the last migration is upgraded"
versions=platform/store/migrations/versions
newest=$(cd "$root" && ls $versions/v*.py | tail -1)
before=$(git -C "$root" log -1 --format=%H --diff-filter=A -- "$newest")^
mkdir older && git -C "$root" archive "$before" | tar -x -C older
older() { PYTHONPATH="$work/older/.typing" python -m jinbao.cli.main "$@"; }
upgraded="postgresql+psycopg2://drill:second@$address/upgraded"
sql "$admin" "CREATE DATABASE upgraded OWNER drill"
export JINBAO_BUS_URL="embedded:///$work/older.sqlite"
fill 2000 4
older platform run --once --data "$work/older" --database "$upgraded" >/dev/null
before=$(books_of older "$upgraded")
jinbao ledger --database "$upgraded" >/dev/null 2>refused.txt && failed "the newer program takes an older schema"
say "newer program: $(cat refused.txt)"
pg_dump -Fc -f before.dump "${upgraded/+psycopg2/}"
say "$(jinbao platform upgrade --database "$upgraded")"
same "ledger after the upgrade" "$(books "$upgraded")" "$before"
older ledger --database "$upgraded" >/dev/null 2>refused.txt && failed "the older program takes a newer schema"
say "older program: $(cat refused.txt)"
fill 1000 5
same "received by the newer program" "$(jinbao platform run --once --data "$work/older" --database "$upgraded" --json | field '["ingest"]["received"]')" 3000
say "all done"
