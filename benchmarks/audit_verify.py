"""How fast the auditor's log is verified: every entry, root and signature, the read models folded afresh.

    python benchmarks/audit_verify.py --events 100000

Prints JSON. `events_per_s`: by the clock; `processor_s_per_million`: of all processes together; `ratio`: verifying over
taking the same messages in, both by the clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from case_messages import fill
from measures import BATCH

from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.outbox.log_key import open_log_key, policy_in
from jinbao.platform.store.store import Store


def processor_s() -> float:
    """Seconds of a processor, of this process and of those that it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measured(folder: Path, events: int, seed: int) -> dict[str, object]:
    """Take a day's messages in, and verify the log that they make."""
    key = open_log_key(folder)
    with ExitStack() as stack:
        bus = stack.enter_context(closing(EmbeddedBus(folder / "bus.sqlite")))
        store = stack.enter_context(closing(Store(f"sqlite:///{folder}/platform.sqlite")))
        fill(bus, events, folder, seed)
        platform = stack.enter_context(
            closing(NationalPlatform(bus, store, batch_size=BATCH, log_key=key, follows=False))
        )
        began = time.perf_counter()
        while platform.step(time.time_ns() // 1_000):
            pass
        taken_s = time.perf_counter() - began
        platform.projections.catch_up()
        policy = policy_in(folder)
        assert policy is not None
        began, began_s = time.perf_counter(), processor_s()
        found = verify_store(store, policy)
        verified_s, used_s = time.perf_counter() - began, processor_s() - began_s
        assert not found.bad, found.bad[0]
    return {
        "events": events,
        "entries": found.size,
        "events_per_s": round(events / verified_s),
        "processor_s_per_million": round(used_s / events * 1_000_000, 1),
        "ratio": round(verified_s / taken_s, 2),
    }


def main() -> None:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(description="Verification of the auditor's log")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sys.stdout.write(json.dumps(measured(Path(name), options.events, options.seed), indent=2) + "\n")


if __name__ == "__main__":
    main()
