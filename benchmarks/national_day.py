"""A day of the nation: how fast ingest is, against the plain idiom and the database's limit.

    python benchmarks/national_day.py --events 100000 [--engines real]

All figures are events per second of one run on one machine; only their ratios mean something elsewhere.
benchmarks/README.md tells what each key means and where the time goes.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import tempfile
from pathlib import Path

from case_messages import arriving, fill
from delays import DELAY_S, RATE_PER_S, caught_up_rate, delays
from measures import ingest, limit_rate, plain_replay_rate, rebuild_rate, replay_rate, tree_processor_s
from naive import naive_on_sqlite
from signed_day import signature_processor_s

from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform.store.store import Store

NAIVE_EVENTS = 5_000


def embedded(events: int, seed: int) -> dict[str, object]:
    """Every key of the embedded engines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store_url = f"sqlite:///{folder}/platform.sqlite"
        bus, store = EmbeddedBus(folder / "bus.sqlite"), Store(store_url)
        sys.stderr.write(f"filling the bus with {events} submissions\n")
        fill(bus, events, folder, seed)
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        taken = ingest(bus, store, events)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        alone = Store(f"sqlite:///{folder}/tree.sqlite")
        tree_s = tree_processor_s(store, alone)
        alone.close()
        signatures_s = signature_processor_s(store, folder, events, seed)
        target = Store(f"sqlite:///{folder}/limit.sqlite")
        result: dict[str, object] = {
            "ingest_per_s": round(taken.rate()),
            "ingest_per_s_by_tenth": [round(rate) for rate in taken.by_tenth()],
            "growth_ratio": taken.growth(),
            "growth_ratio_processor": taken.growth(of_processor=True),
            "memory_grown_mib": grown,
            "tree_cost": round(tree_s / taken.processor_s, 3),
            "signature_cost": round(signatures_s / taken.processor_s, 3),
            "naive_per_s": round(naive_on_sqlite(folder, min(events, NAIVE_EVENTS))),
            "limit_per_s": round(limit_rate(store, target, events)),
            "replay_per_s": round(replay_rate(store)),
            "plain_replay_per_s": round(plain_replay_rate(store)),
            "rebuild_per_s": round(rebuild_rate(store)),
        }
        result |= delays(bus, store, store_url, arriving(DELAY_S * RATE_PER_S, folder, seed), RATE_PER_S)
        target.close()
        store.close()
        again = Store(f"sqlite:///{folder}/again.sqlite")
        result["caught_up_per_s"] = round(caught_up_rate(bus, again, f"sqlite:///{folder}/again.sqlite", events))
        again.close()
        bus.close()
        return result


def main() -> None:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(description="A day of the nation")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--engines", choices=["embedded", "real"], default="embedded")
    options = parser.parse_args()
    if options.engines == "real":
        from real_engines import measure  # needs Kafka and PostgreSQL

        found = measure(options.events, options.seed, min(options.events, NAIVE_EVENTS))
    else:
        found = embedded(options.events, options.seed)
    result = {"engines": options.engines, "events": options.events, **found}
    for name, against in (
        ("ingest_over_naive", "naive_per_s"),
        ("ingest_over_limit", "limit_per_s"),
        ("ingest_over_peer", "peer_per_s"),
    ):
        if result.get(against):
            result[name] = round(result["ingest_per_s"] / result[against], 2)
    result["replay_over_plain"] = round(result["replay_per_s"] / result["plain_replay_per_s"], 1)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
