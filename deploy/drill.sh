#!/usr/bin/env bash
# Carries out the procedures of docs/operations.md on real engines: deploy/drill.sh [SUBMISSIONS]
# Leaves its folder under /tmp, to look at. Needs what `jinbao dev up` needs. Exit 0 when every step gave what it should.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
count=${1:-20000}
export PATH="$root/.venv/bin:$PATH" JINBAO_LANG=en PYTHONPATH="$root/benchmarks"
work=$(mktemp -d /tmp/jinbao-drill.XXXXXX) && chmod 755 "$work"
mkdir "$work/dev" && cd "$work"
server_binaries=$(python -c 'from jinbao.dev.postgres_binaries import find_binaries; from pathlib import Path; print(find_binaries(Path("."), None))')
export PATH="$server_binaries:$PATH"  # pg_dump must not be older than the server
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    jinbao dev down --data "$work/dev" >/dev/null
}
trap finish EXIT

say() { printf '%(%H:%M:%S)T  %s\n' -1 "$*"; }
field() { python -c "import json,sys; print(eval('d' + sys.argv[1], {'d': json.load(sys.stdin)}))" "$1"; }
same() { [ "$2" = "$3" ] || { say "FAILED: $1: $2 is not $3"; exit 1; }; say "$1: $2"; }
sql() { psql -qAtX "${1/+psycopg2/}" -c "$2"; }
fill() { python - "$JINBAO_BUS_URL" "$1" "$work" "$2" <<'PY'
import sys
from pathlib import Path
from case_messages import fill
from jinbao.bus.open_bus import open_bus
bus = open_bus(sys.argv[1])
folder = Path(sys.argv[3]) / f"fill-{sys.argv[4]}"
folder.mkdir(exist_ok=True)
fill(bus, int(sys.argv[2]), folder, int(sys.argv[4]))
bus.close()
PY
}
platform() { jinbao platform run --data "$work/$1" --database "$2" --log json >"$work/$1.out" 2>"$work/$1.log" & pids+=($!); }
books() { jinbao ledger --database "$1" --json | sha256sum | cut -c1-16; }

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
until [ "$(sql "$live" 'SELECT count(*) FROM intake' 2>/dev/null || echo 0)" -gt $((count / 5)) ]; do sleep 0.2; done
begun=$(date +%s%N)
pg_dump -Fc -f backup.dump "${live/+psycopg2/}"
say "pg_dump took $((($(date +%s%N) - begun) / 1000000)) ms, $(stat -c %s backup.dump) bytes"

say "a broker of three dies; then the database"
kill -9 "$(node kafka-2)"
for _ in 1 2 3; do fill 1000 2 2>fill.err && break; say "a new client met the dead broker, again: $(tail -1 fill.err)"; sleep 2; done
node kafka-2 >/dev/null
kill -9 "$(node postgres)"
sleep 3
node postgres >/dev/null
until [ "$(sql "$live" 'SELECT count(*) FROM intake' 2>/dev/null || echo 0)" -ge $((count + 1000)) ]; do sleep 0.5; done
say "both platforms went on by themselves"; kill -0 "${pids[@]}"

say "the database's password, one platform after the other"
sql "$admin" "ALTER ROLE drill PASSWORD 'second'"
old=$live; live="postgresql+psycopg2://drill:second@$address/live"
kill "${pids[0]}"; wait "${pids[0]}" || true; platform three "$live"
kill "${pids[1]}"; wait "${pids[1]}" || true; platform four "$live"
sleep 3; kill -0 "${pids[2]}" "${pids[3]}"
jinbao ledger --database "$old" >/dev/null 2>refused.txt && { say "FAILED: the old password still opens"; exit 1; }
say "old password: $(tr '\n' ' ' <refused.txt)"
kill "${pids[2]}" "${pids[3]}"; wait "${pids[2]}" "${pids[3]}" || true

say "rebuild, platforms stopped"
[ "$(sql "$live" 'SELECT count(*) FROM ledger_balances WHERE personal <> 0' 2>&1)" -gt 0 ] || { say "FAILED: an empty ledger"; exit 1; }
before=$(books "$live"); begun=$(date +%s%N)
jinbao projections rebuild --database "$live" --json >/dev/null 2>&1
say "rebuild took $((($(date +%s%N) - begun) / 1000000)) ms"
same "ledger after the rebuild" "$(books "$live")" "$before"

say "restore the backup into an empty database, and catch up from the bus"
restored="postgresql+psycopg2://drill:second@$address/restored"
pg_restore --no-owner -d "${restored/+psycopg2/}" backup.dump
say "restored with $(sql "$restored" 'SELECT count(*) FROM intake') of $((count + 1000)) submissions"
taken() { sql "$1" 'SELECT count(*) FROM intake' 2>/dev/null || echo 0; }
platform restored "$restored"
for _ in $(seq 120); do [ "$(taken "$restored")" -ge $((count + 1000)) ] && break; sleep 0.5; done
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
for _ in $(seq 30); do [ "$(letters)" -ge 1 ] && break; sleep 0.5; done
same "dead letters" "$(letters)" 1
number=$(jinbao dead-letters list --database "$live" --json | field '["dead_letters"][0]["number"]')
jinbao dead-letters replay "$number" --database "$live"
for _ in $(seq 30); do [ "$(letters)" -ge 2 ] && break; sleep 0.5; done
same "dead letters after sending it again, still unreadable" "$(letters)" 2

say "a province joins"
timeout -s INT 20 jinbao adapter run --province 41 --config "$root/examples/adapter-41.toml" --data "$work/adapter" --json \
    >adapter.json 2>adapter.log || true
say "adapter: $(tr -d ' \n' <adapter.json | cut -c1-200)"
[ "$(($(field '["done"]' <adapter.json) + $(field '["unreadable"]' <adapter.json)))" -gt 0 ] || { say "FAILED: its inbox was not read"; exit 1; }
say "size: $(sql "$live" 'SELECT pg_database_size(current_database())') bytes of database for $((count + 1000)) submissions"
say "all done"
