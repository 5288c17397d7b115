#!/usr/bin/env bash
# Changes credentials under running programs, as docs/operations.md says: users of the bus (SASL), master key of the key ring.
# Leaves its folder under /tmp, to look at. Needs what `jinbao dev up` needs. Exit 0 when every step gave what it should.
set -euo pipefail
source "$(dirname "$0")/drill_tools.sh"

say "engines: a PostgreSQL, and a Kafka that asks for user and password (SCRAM)"
admin=$(jinbao dev up --data dev --json | field '["database_url"]')
broker() { python - "$work/dev/scram" "$@" <<'PY'
import sys
from pathlib import Path
from jinbao.dev import local_kafka
from jinbao.dev.engines import free_ports
from jinbao.dev.local_kafka import Node
folder, ports = Path(sys.argv[1]), [int(word) for word in sys.argv[2:]]
folder.mkdir(exist_ok=True)
fresh, (port, controller, secure) = not ports, ports or free_ports(3)
node = Node(1, port, controller)
if fresh:
    local_kafka.prepare([node], local_kafka.new_cluster_id(), folder)
    with (folder / "kafka-1" / "server.properties").open("a") as properties:
        properties.write(
            f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},SECURE://127.0.0.1:{secure}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{port},SECURE://127.0.0.1:{secure}\n"
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_PLAINTEXT\n"
            "listener.name.secure.sasl.enabled.mechanisms=SCRAM-SHA-512\n"
            "listener.name.secure.scram-sha-512.sasl.jaas.config="
            "org.apache.kafka.common.security.scram.ScramLoginModule required;\n"
        )
process = local_kafka.start_node(node, folder)
local_kafka.wait_until_ready([node], [process], folder)
print(process.pid, port, controller, secure)
PY
}
read -r broker_pid port controller secure < <(broker)
pids+=("$broker_pid")
jars=$(python -c 'from jinbao.dev.local_kafka import jars; print(jars())')
users() { java -cp "$jars/*" kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$port" --alter --entity-type users --entity-name "$@" 2>/dev/null; }
new_user() { users "$1" --add-config "SCRAM-SHA-512=[password=$2]" >/dev/null; }
url() { echo "kafka://$1:$2@127.0.0.1:$secure?security_protocol=SASL_PLAINTEXT"; }
new_user platform-a first
say "a platform as platform-a"
export JINBAO_BUS_URL; JINBAO_BUS_URL=$(url platform-a first)
jinbao platform init --database "$admin" >/dev/null
fill 3000 1
platform one "$admin"; one=$!
platform two "$admin"; two=$!
until_is 60 3000 taken "$admin"

say "another user beside the old one; the processes change over one after the other; the old one goes"
new_user platform-b second
old=$JINBAO_BUS_URL JINBAO_BUS_URL=$(url platform-b second)
kill "$one"; ends "$one" 0; platform three "$admin"; three=$!
fill 2000 2
kill "$two"; ends "$two" 0; platform four "$admin"; four=$!
users platform-a --delete-config SCRAM-SHA-512 >/dev/null
fill 2000 3
until_is 60 7000 taken "$admin"
say "all were taken in"; kill -0 "$three" "$four"
code=0; jinbao bus lag --bus "$old" >/dev/null 2>refused.txt || code=$?
same "exit code with the old user" "$code" 2
say "old user: $(cat refused.txt)"

say "a user is removed under running processes, and the broker starts again"
users platform-b --delete-config SCRAM-SHA-512 >/dev/null
kill -9 "$broker_pid"
read -r broker_pid _ < <(broker "$port" "$controller" "$secure")
pids+=("$broker_pid")
told() { grep -qE 'check (them|user, password and mechanism) in the bus URL' "$1.log" && echo yes; }
until_is 60 yes told three; until_is 60 yes told four
say "both say so: $(grep -ohE 'bus kafka.*in the bus URL' three.log | tail -1)"
kill "$three" "$four" 2>/dev/null || true; wait "$three" "$four" || true

data="$work/province"; config="$root/examples/adapter-41.toml"
unset JINBAO_BUS_URL JINBAO_MASTER_KEY
adapter() { jinbao adapter run --province 41 --config "$config" --data "$data" --log json >/dev/null 2>>"$work/adapter.log" & running=$!; pids+=("$running"); }
keys() { jinbao keys check --data "$data" --json | field '["keys"]'; }
applications() { python - "$root/examples/applications-41.csv" "$1" "$work/applications-$1.csv" <<'PY'
import sys
from pathlib import Path
rows = Path(sys.argv[1]).read_text("gb18030").splitlines()
others = [row.replace("2025-41-000", f"2025-41-{sys.argv[2]}0") for row in rows[1:]]
Path(sys.argv[3]).write_text("\n".join([rows[0], *others]) + "\n", "gb18030")
PY
jinbao adapter import "$work/applications-$1.csv" --data "$data" >/dev/null; }
say "the master key is changed while an adapter runs; it is in its file"
jinbao platform init --data "$data" >/dev/null
adapter
jinbao adapter import "$root/examples/applications-41.csv" --data "$data" >/dev/null
until_is 30 3 keys
submissions() { jinbao bus tail jinbao.submissions --from-start --json --data "$data" | wc -l; }
more_than() { [ "$(submissions)" -gt "$1" ] && echo yes; }
until_is 30 yes more_than 5
before=$(submissions)
jinbao keys backup "$work/before.sqlite" --data "$data"
jinbao keys rotate --data "$data"
applications 1
until_is 30 yes more_than "$before"
say "the adapter went on: $before submissions, then $(submissions)"; kill -0 "$running"
jinbao keys backup "$work/after.sqlite" --data "$data"

say "the ring is lost, and put back; a copy of before the change is refused"
kill "$running"; ends "$running" 0
rm "$data/keys.sqlite"*
jinbao keys restore "$work/before.sqlite" --data "$data" 2>refused.txt && failed "the master key of before still opens a ring"
say "the older copy: $(cat refused.txt)"
jinbao keys restore "$work/after.sqlite" --data "$data"
adapter
before=$(submissions); applications 2
until_is 30 yes more_than "$before"

say "the master key moves from its file into the environment"
JINBAO_NEW_MASTER_KEY=$(python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')
export JINBAO_NEW_MASTER_KEY
jinbao keys rotate --data "$data"
applications 3
ends "$running" 2
say "the adapter that did not know it: $(grep '^jinbao: ' adapter.log | tail -1)"
[ ! -e "$data/master.key" ] || failed "the old master key is still there"
export JINBAO_MASTER_KEY=$JINBAO_NEW_MASTER_KEY; unset JINBAO_NEW_MASTER_KEY
before=$(submissions)
adapter
until_is 30 yes more_than "$before"
say "started again: $before submissions, then $(submissions)"
jinbao keys check --data "$data"
say "all done"
