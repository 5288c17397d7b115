# What the drills share: a folder, engines that end with the script, and a few words. To be sourced.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
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
same() { [ "$2" = "$3" ] || failed "$1: $2 is not $3"; say "$1: $2"; }
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
failed() { say "FAILED: $*"; exit 1; }
# until_is SECONDS WANTED COMMAND…: wait until the command prints what is wanted
until_is() {
    local limit=$((SECONDS + $1)) wanted=$2 found; shift 2
    until found=$("$@" 2>/dev/null || echo none); [ "$found" = "$wanted" ]; do
        [ $SECONDS -lt $limit ] || failed "$*: $found is not $wanted"; sleep 0.3
    done
}
ends() { local code=0; wait "$1" || code=$?; same "exit code" "$code" "$2"; }
# They share the key of the transparency log.
platform() { mkdir -p "$work/audit" "$work/$1"; ln -sfn "$work/audit" "$work/$1/audit"; jinbao platform run --data "$work/$1" --database "$2" --log json >"$work/$1.out" 2>"$work/$1.log" & pids+=($!); }
# An accepted message is a row of the log, every other outcome one of the intake.
taken() { sql "$1" 'SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM intake)'; }
books_of() { "$1" ledger --database "$2" --json | sha256sum | cut -c1-16; }
books() { books_of jinbao "$1"; }
